"""Draws docs/immagini/accessibilita.png: who reaches what in 15 minutes in a real place, Povo.

Run by ``make accessibility-map``; reads the open data beside the project and our algorithm's style.
"""

from __future__ import annotations

import argparse
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
    "EPSG:32632. Elaborazione: plugin STTM 2 per QGIS, «Accessibilità ai servizi»."
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
    return services, boundary, streets, reached


def style(services, boundary, streets, reached):
    """Give the layers around the measures a quiet look, and each the name of its legend."""
    from qgis.core import QgsFillSymbol, QgsLineSymbol, QgsMarkerSymbol, QgsSingleSymbolRenderer

    services.setRenderer(QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple({
        "name": "circle", "size": "2.2", "color": "#1d3557", "outline_color": "white",
        "outline_width": "0.35",
    })))  # fmt: skip
    streets.setRenderer(QgsSingleSymbolRenderer(QgsLineSymbol.createSimple({
        "color": "70,70,70,130", "width": "0.16",
    })))  # fmt: skip
    services.setName(f"Servizi considerati ({services.featureCount()})")
    boundary.setName("Circoscrizione di Povo")
    streets.setName("Rete pedonale (parte principale)")
    reached.setName("In 15 minuti a piedi")
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
    """Export the page as a picture of few colours."""
    from qgis.core import QgsLayoutExporter, QgsProject

    from demo.maps import map_extent, page

    project = QgsProject.instance()
    project.setCrs(layers[-1].crs())
    project.addMapLayers(layers, False)
    extent = map_extent(attached_extent(layers[-1]))
    layout = page(project, "accessibilita", TITLE, SUBTITLE, layers, extent, SOURCES)
    if not QgsLayoutExporter(layout).renderPageToImage(0, dpi=130).save(str(path)):
        sys.exit(f"L'immagine non si scrive in {path}.")
    # Half of the size, and nothing is seen. Qt's own palette would show as a pattern.
    few = ["convert", str(path), "-strip", "+dither", "-colors", "200", f"PNG8:{path}"]
    subprocess.run(few, check=True)


def main():
    """Compute, draw, and say what the picture shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=str(ROOT / "docs" / "immagini" / "accessibilita.png"))
    path = Path(parser.parse_args().output)
    keep = start_qgis()
    layers = compute()
    style(*layers)
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
