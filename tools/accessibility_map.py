"""Draws docs/immagini/accessibilita.png: who reaches what in 15 minutes in a real place, Povo.

Run by ``make accessibility-map``; reads the open data beside the project and our algorithm's style.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
from pathlib import Path

from demo.run import start_qgis

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
CELL_M = 60
# The survey's names, read as the daily services of a place; what fits none is left out.
CATEGORIES = (
    ("Scuola dell'infanzia", r"scuola.*infanzia"),
    ("Scuola primaria", r"scuola primaria"),
    ("Biblioteca", r"biblioteca"),
    ("Farmacia", r"farmacia"),
    ("Punto prelievi", r"punto prelievi"),
    ("Servizi per anziani", r"centro servizi|casa melograno"),
    ("Ufficio postale", r"ufficio postale"),
    ("Banca", r"\bbanca\b"),
    ("Alimentari", r"famigl?i?a cooperativa"),
    ("Mercato", r"mercato settimanale"),
    ("Bar e ristorazione", r"^bar\b|pizz|gelateria|pane e non solo|agritur"),
    ("Sale e spazi sociali", r"casa sociale|^sala\b"),
)
TITLE = "Povo (Trento): servizi di ogni giorno raggiunti a piedi in 15 minuti"
SUBTITLE = (
    f"Quante delle {len(CATEGORIES)} categorie si raggiungono da ogni cella di {CELL_M} m, lungo "
    "la rete pedonale, a 4,5 km/h in piano"
)
SOURCES = (
    "Rete pedonale: © OpenStreetMap contributors (ODbL 1.0), da FBK, povociviccampus, 2026. "
    "Servizi: Circoscrizione di Povo e FBK (CC0 1.0), 2026. Confine: Comune di Trento (CC0 1.0). "
    "Elaborazione: plugin STTM 2, «Accessibilità ai servizi»."
)


def category_of(name) -> str | None:
    """Return the category a service's name tells."""
    return next((c for c, pattern in CATEGORIES if re.search(pattern, name, re.IGNORECASE)), None)


def open_layer(path, name):
    """Return a layer of the open data."""
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(str(DATA / path), name, "ogr")
    if not layer.isValid():
        sys.exit(f"Manca {DATA / path}: la mappa si disegna con i dati aperti accanto al progetto.")
    return layer


def services_layer():
    """Return the services that have a category, with what the algorithm asks for."""
    from qgis.core import QgsFeature, QgsVectorLayer

    source = open_layer("servizi/trento_povo_servizi.geojson", "servizi")
    fields = "&field=id_servizio:string&field=denominazione:string&field=codice_sttm:string"
    layer = QgsVectorLayer(f"Point?crs={source.crs().authid()}{fields}", "Servizi", "memory")
    for one in source.getFeatures():
        category = category_of(one["nome"])
        if category:
            feature = QgsFeature(layer.fields())
            feature.setAttributes([one["id_povo"], one["nome"], category])
            feature.setGeometry(one.geometry())
            layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    return layer


def run(name, **parameters):
    """Run an algorithm and return its layer."""
    import processing

    return processing.run(name, {"OUTPUT": "TEMPORARY_OUTPUT", **parameters})["OUTPUT"]


def compute():
    """Return the layers of the map: services, streets, boundary, cells with their measures."""
    streets = open_layer("rete/trento_povo_rete_pedonale.gpkg|layername=edges", "Rete pedonale")
    boundary = run(
        "native:reprojectlayer",
        INPUT=open_layer("confini/trento_povo_circoscrizione.geojson", "confine"),
        TARGET_CRS="EPSG:32632",
    )
    grid = run(
        "native:creategrid", TYPE=4, EXTENT=boundary.extent(), HSPACING=CELL_M, VSPACING=CELL_M,
        CRS="EPSG:32632",
    )  # fmt: skip
    cells = run("native:extractbylocation", INPUT=grid, PREDICATE=[0], INTERSECT=boundary)
    # What no street leads out of would leave holes where people do walk.
    parts = run("sttm:preparenetwork", INPUT=streets)
    streets = run("native:extractbyexpression", INPUT=parts, EXPRESSION='"componente" = 1')
    services = services_layer()
    reached = run("sttm:accessibility", ORIGINS=cells, SERVICES=[services], NETWORK=streets)
    return services, streets, boundary, reached


def style(services, streets, boundary):
    """Give the layers around the measures a quiet look."""
    from qgis.core import QgsFillSymbol, QgsLineSymbol, QgsMarkerSymbol, QgsSingleSymbolRenderer

    services.setRenderer(QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple({
        "name": "circle", "size": "2.2", "color": "#1d3557", "outline_color": "white",
        "outline_width": "0.35",
    })))  # fmt: skip
    streets.setRenderer(QgsSingleSymbolRenderer(QgsLineSymbol.createSimple({
        "color": "70,70,70,130", "width": "0.16",
    })))  # fmt: skip
    boundary.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple({
        "style": "no", "outline_color": "#444444", "outline_width": "0.5", "outline_style": "dash",
    })))  # fmt: skip


def attached_extent(reached):
    """Return the box of the cells from which something is reached, a little wider."""
    from qgis.core import QgsRectangle

    box = QgsRectangle()
    for one in reached.getFeatures('"n_categorie_15" > 0'):
        box.combineExtentWith(one.geometry().boundingBox())
    return box.buffered(150)


def draw(layers, path):
    """Export the page: title, map, legend, scale, north, sources."""
    from qgis.core import (
        QgsApplication,
        QgsLayerTree,
        QgsLayoutExporter,
        QgsLayoutItemLegend,
        QgsLayoutItemMap,
        QgsLayoutItemPicture,
        QgsLayoutItemScaleBar,
        QgsLegendStyle,
        QgsPrintLayout,
        QgsProject,
        QgsTextFormat,
        QgsUnitTypes,
    )
    from qgis.PyQt.QtCore import QSize

    services, streets, boundary, reached = layers
    project = QgsProject.instance()
    project.setCrs(reached.crs())
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()

    label(layout, TITLE, 15, True, (10, 6, 277, 9))
    label(layout, SUBTITLE, 10, False, (10, 14.5, 277, 7))
    label(layout, SOURCES, 7, False, (10, 198, 277, 9))

    page = QgsLayoutItemMap(layout)
    # A map without a size of its own has no extent to zoom to.
    page.setRect(0, 0, 1, 1)
    place(page, 10, 23, 212, 173)
    page.setCrs(reached.crs())
    page.setLayers([services, boundary, streets, reached])
    page.setKeepLayerSet(True)
    page.zoomToExtent(attached_extent(reached))
    page.setScale(math.ceil(page.scale() / 500) * 500)
    page.setFrameEnabled(True)
    layout.addLayoutItem(page)

    legend = QgsLayoutItemLegend(layout)
    tree = QgsLayerTree()
    for layer, name in (
        (reached, "In 15 minuti a piedi"),
        (services, f"Servizi considerati ({services.featureCount()})"),
        (streets, "Rete pedonale (parte principale)"),
        (boundary, "Circoscrizione di Povo"),
    ):
        tree.addLayer(layer).setCustomProperty("legend/title-label", name)
    legend.setAutoUpdateModel(False)
    legend.model().setRootGroup(tree)
    for component, size in (
        (QgsLegendStyle.Style.Subgroup, 10),
        (QgsLegendStyle.Style.Group, 10),
        (QgsLegendStyle.Style.SymbolLabel, 9),
    ):
        legend.setStyleFont(component, font(size, component == QgsLegendStyle.Style.Subgroup))
    legend.setBoxSpace(0)
    place(legend, 226, 23, 64, 90)
    layout.addLayoutItem(legend)

    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(page)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceMeters)
    bar.setUnitLabel("m")
    bar.setNumberOfSegments(2)
    bar.setNumberOfSegmentsLeft(0)
    bar.setUnitsPerSegment(250)
    bar.setTextFormat(QgsTextFormat.fromQFont(font(9)))
    place(bar, 226, 176, 60, 14)
    layout.addLayoutItem(bar)

    scale = f"Scala 1:{page.scale():,.0f} – {reached.crs().authid()}".replace(",", ".")
    label(layout, scale, 8, False, (226, 191, 62, 5))

    north = QgsLayoutItemPicture(layout)
    arrow = Path(QgsApplication.pkgDataPath()) / "svg" / "arrows" / "NorthArrow_02.svg"
    north.setPicturePath(str(arrow))
    place(north, 228, 158, 14, 15)
    layout.addLayoutItem(north)

    image = QgsLayoutExporter(layout).renderPageToImage(0, QSize(), 130)
    if not image.save(str(path)):
        sys.exit(f"L'immagine non si scrive in {path}.")
    # Few colours: half of the size, and nothing is seen. Qt's own would show as a pattern.
    few = ["convert", str(path), "-strip", "+dither", "-colors", "200", f"PNG8:{path}"]
    subprocess.run(few, check=True)


def font(size, bold=False):
    """Return the font of the page."""
    from qgis.PyQt.QtGui import QFont

    found = QFont("DejaVu Sans")
    found.setPointSizeF(size)
    found.setBold(bold)
    return found


def label(layout, text, size, bold, box):
    """Add a text to the page."""
    from qgis.core import QgsLayoutItemLabel
    from qgis.PyQt.QtCore import Qt

    item = QgsLayoutItemLabel(layout)
    item.setText(text)
    item.setFont(font(size, bold))
    item.setHAlign(Qt.AlignmentFlag.AlignLeft)
    place(item, *box)
    layout.addLayoutItem(item)


def place(item, x, y, width, height):
    """Put an item on the page, millimetres."""
    from qgis.core import QgsLayoutPoint, QgsLayoutSize

    item.attemptMove(QgsLayoutPoint(x, y))
    item.attemptResize(QgsLayoutSize(width, height))


def main():
    """Compute, draw, and say what the picture shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=str(ROOT / "docs" / "immagini" / "accessibilita.png"))
    path = Path(parser.parse_args().output)
    keep = start_qgis()
    layers = compute()
    style(*layers[:3])
    from qgis.core import QgsProject

    QgsProject.instance().addMapLayers(layers, False)
    draw(layers, path)
    counts = [one["n_categorie_15"] for one in layers[3].getFeatures()]
    known = [count for count in counts if isinstance(count, int)]
    print(
        f"{path.name}: {path.stat().st_size // 1000} kB; {len(counts)} celle, {len(known)} "
        f"agganciate alla rete, {sum(count > 8 for count in known)} con più di 8 categorie."
    )
    sys.stdout.flush()
    del keep
    # QGIS torn down while Python holds layers may crash.
    os._exit(0)


if __name__ == "__main__":
    main()
