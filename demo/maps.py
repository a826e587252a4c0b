"""The QGIS project of a run and its maps, drawn with QGIS layouts."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsBasicNumericFormat,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLayerTree,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendStyle,
    QgsLineSymbol,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsSingleSymbolRenderer,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QFont

from sttm_plugin.core.errors import SttmError
from sttm_plugin.qgis_io.styles import apply_style

_MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters
_DPI = 150
_MAP_MM = (200, 168)

# Map: (file, title, layers from the top of the drawing to its bottom).
MAPS = (
    (
        "mappa_servizi",
        "Servizi per macrocategoria e valenza calcolata",
        ("servizi_punti", "servizi_poligoni", "lum", "confini", "rete"),
    ),
    (
        "mappa_lum",
        "Luoghi urbani per la mobilità: bacini, perimetri comunali e popolazione",
        ("lum_perimetri", "lum", "rete", "popolazione", "confini"),
    ),
    (
        "mappa_accessibilita",
        "Accessibilità a piedi: categorie di servizi entro 15 minuti",
        ("lum", "rete", "accessibilita", "confini"),
    ),
    (
        "mappa_rilievi",
        "Rilievi della verifica per severità",
        ("rilievi", "lum", "confini", "rete"),
    ),
)

NAMES = {
    "servizi_punti": "Servizi (punti)",
    "servizi_poligoni": "Servizi (aree)",
    "lum": "Bacini dei LUM",
    "lum_perimetri": "Perimetri comunali dei LUM",
    "rilievi": "Rilievi",
    "popolazione": "Popolazione residente",
    "accessibilita": "Accessibilità",
    "rete": "Rete stradale",
    "confini": "Confini comunali",
}
# Base layers anybody reads without a legend.
_PLAIN = (NAMES["rete"], NAMES["confini"])

PLANNED = "Punto bianco al centro: previsto o in corso. "
ATTRIBUTION = (
    "Criteri proposti, non ufficiali: verifica di supporto, non sostituisce la valutazione di "
    "compatibilità con il PTM. EPSG:32632. Elaborazione: plugin STTM 2 per QGIS."
)


def write_project_and_maps(job) -> list[str]:
    """Write verifica.qgz and one PNG for each map; return the names of the PNG files."""
    project = QgsProject.instance()
    project.clear()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    project.setTitle(f"Verifica STTM 2 – {_place(job)}")
    layers = _layers(job)
    # The last one added lies on top.
    order = ("confini", "rete", "popolazione", "accessibilita", "lum", "lum_perimetri")
    for name in (*order, "servizi_poligoni", "servizi_punti", "rilievi"):
        if name in layers:
            project.addMapLayer(layers[name])
    for hidden in ("popolazione", "accessibilita"):
        if hidden in layers:
            project.layerTreeRoot().findLayer(layers[hidden].id()).setItemVisibilityChecked(False)
    extent = _extent(layers)
    crs = project.crs()
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(extent, crs))
    written = []
    for file_name, title, wanted in MAPS:
        shown = [layers[name] for name in wanted if name in layers]
        if wanted[0] not in layers and file_name != "mappa_lum":
            continue
        if not any(name in layers for name in wanted[:3]):
            continue
        planned = "" if file_name != "mappa_servizi" else PLANNED
        layout = page(project, file_name, title, _place(job), shown, extent, planned + ATTRIBUTION)
        project.layoutManager().addLayout(layout)
        path = job.output / f"{file_name}.png"
        # exportToImage would try to write the place into the PNG, and GDAL complain.
        image = QgsLayoutExporter(layout).renderPageToImage(0, dpi=_DPI)
        if not image.save(str(path)):
            raise SttmError(f"La mappa «{path.name}» non si scrive: disco pieno o protetto.")
        written.append(path.name)
    if not project.write(str(job.output / "verifica.qgz")):
        raise SttmError(f"Il progetto non si scrive in «{job.output}»: disco pieno o protetto.")
    return written


def _place(job):
    from sttm_plugin.core.reference import resolve_comune

    comune = resolve_comune(job.inputs.comune)
    made_up = " (dati di fantasia)" if job.made_up else ""
    return f"{comune.nome}{made_up}"


def _layers(job):
    layers = {}
    for table in ("servizi_punti", "servizi_poligoni", "lum", "lum_perimetri", "rilievi"):
        layers[table] = _styled(job.table(table), table, table)
    layers["popolazione"] = _styled(job.table("popolazione"), "popolazione", "popolazione")
    layers = {name: layer for name, layer in layers.items() if layer.featureCount() > 0}
    if job.access:
        layers["accessibilita"] = _styled(job.access, "accessibilita", "accessibilita")
    base = job.output / "base.gpkg"
    for name, source in (("rete", job.inputs.rete), ("confini", job.inputs.confini)):
        if source:
            layers[name] = _copied(source, base, name)
    if "rete" in layers:
        symbol = QgsLineSymbol.createSimple({"line_color": "#c8c8c8", "line_width": "0.2"})
        layers["rete"].setRenderer(QgsSingleSymbolRenderer(symbol))
    if "confini" in layers:
        symbol = QgsFillSymbol.createSimple(
            {"color": "255,255,255,0", "outline_color": "#5f5f5f", "outline_width": "0.4"}
        )
        layers["confini"].setRenderer(QgsSingleSymbolRenderer(symbol))
    return layers


def _styled(source, name, style):
    layer = QgsVectorLayer(source, NAMES[name], "ogr")
    try:
        apply_style(layer, style)
    except SttmError as error:
        # A map without its colours is still a map.
        print(f"  ! {error}")
    return layer


def _copied(source, base: Path, name):
    """Copy a layer of the user's beside the project, so that the folder can be moved."""
    layer = QgsVectorLayer(source, name, "ogr")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = name
    if base.is_file():
        options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile(1)
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(base), context, options)
    return QgsVectorLayer(f"{base}|layername={name}", NAMES[name], "ogr")


def _extent(layers):
    for name in ("popolazione", "servizi_poligoni", "servizi_punti"):
        if name in layers:
            extent = QgsRectangle(layers[name].extent())
            break
    if "lum" in layers:
        extent.combineExtentWith(layers["lum"].extent())
    extent.scale(1.06)
    return map_extent(extent)


def map_extent(extent):
    """Return a box widened to the map's own shape: setExtent would change the item's height."""
    width = max(extent.width(), extent.height() * _MAP_MM[0] / _MAP_MM[1])
    height = width * _MAP_MM[1] / _MAP_MM[0]
    return QgsRectangle.fromCenterAndSize(extent.center(), width, height)


def page(project, name, title, place, shown, extent, attribution):
    """Return a layout with a title, a line below it, the map, its legend and scale, the sources.

    Args:
        shown: layers from the top of the drawing to its bottom; extent: of ``map_extent``.
    """
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName(name)
    _label(layout, title, 10, 6, 277, 9, 15, bold=True)
    _label(layout, place, 10, 15, 277, 6, 10)

    view = QgsLayoutItemMap(layout)
    view.attemptMove(QgsLayoutPoint(10, 24, _MM))
    view.attemptResize(QgsLayoutSize(*_MAP_MM, _MM))
    view.setFrameEnabled(True)
    view.setLayers(shown)
    view.setKeepLayerSet(True)
    view.setCrs(project.crs())
    layout.addLayoutItem(view)
    view.setExtent(extent)

    legend = QgsLayoutItemLegend(layout)
    layout.addLayoutItem(legend)
    legend.setTitle("Legenda")
    legend.setAutoUpdateModel(False)
    legend.setLinkedMap(view)
    root = QgsLayerTree()
    for layer in shown:
        if layer.name() not in _PLAIN:
            root.addLayer(layer)
    legend.model().setRootGroup(root)
    layout.legend_root = root  # Python must keep it as long as the layout
    for part, size in (
        (QgsLegendStyle.Style.Title, 11),
        (QgsLegendStyle.Style.Subgroup, 8.5),
        (QgsLegendStyle.Style.SymbolLabel, 7.5),
    ):
        style = legend.style(part)
        _letter(style, size, part != QgsLegendStyle.Style.SymbolLabel)
        legend.setStyle(part, style)
    for part, top in (
        (QgsLegendStyle.Style.Symbol, 0.7),
        (QgsLegendStyle.Style.Subgroup, 2.0),
    ):
        style = legend.style(part)
        style.setMargin(QgsLegendStyle.Side.Top, top)
        if part == QgsLegendStyle.Style.Subgroup:
            style.setMargin(QgsLegendStyle.Side.Bottom, 1.5)
        legend.setStyle(part, style)
    legend.setSymbolHeight(3.2)
    legend.setSymbolWidth(5.5)
    legend.setBoxSpace(1)
    legend.setLegendFilterByMapEnabled(True)
    legend.attemptMove(QgsLayoutPoint(214, 24, _MM))
    legend.attemptResize(QgsLayoutSize(75, 168, _MM))
    legend.adjustBoxSize()

    bar = QgsLayoutItemScaleBar(layout)
    bar.setStyle("Single Box")
    bar.setLinkedMap(view)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceMeters)
    bar.setUnitLabel("m")
    bar.setNumberOfSegments(4)
    bar.setNumberOfSegmentsLeft(0)
    bar.setUnitsPerSegment(250)
    text = bar.textFormat()
    text.setSize(8)
    bar.setTextFormat(text)
    bar.setHeight(2)
    plain = QgsBasicNumericFormat()
    # 1000, not 1,000: QGIS writes the separator of its own locale.
    plain.setShowThousandsSeparator(False)
    bar.setNumericFormat(plain)
    bar.update()
    layout.addLayoutItem(bar)
    # Beside the map: on it, it would hide what is there.
    bar.attemptMove(QgsLayoutPoint(214, 181, _MM))

    arrow = QgsLayoutItemPicture(layout)
    arrow.setPicturePath(str(Path(__file__).parent / "nord.svg"))
    layout.addLayoutItem(arrow)
    arrow.attemptMove(QgsLayoutPoint(195, 27, _MM))
    arrow.attemptResize(QgsLayoutSize(12, 16, _MM))

    _label(layout, attribution, 10, 194, 200, 12, 7)
    return layout


def _letter(item, size, bold, colour=None):
    """Give a part of the layout its letters."""
    font = QFont("DejaVu Sans")
    font.setPointSizeF(size)
    font.setBold(bold)
    # QGIS 3.30 renamed it; 3.22 has the old names alone.
    if not hasattr(item, "setTextFormat"):
        item.setFont(font)
        if colour is not None:
            item.setFontColor(colour)
        return
    text = QgsTextFormat()
    text.setFont(font)
    text.setSize(size)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    if colour is not None:
        text.setColor(colour)
    item.setTextFormat(text)


def _label(layout, text, x, y, width, height, size, bold=False):
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    _letter(label, size, bold, QColor("#1a1a1a"))
    label.setVAlign(Qt.AlignmentFlag.AlignVCenter)
    layout.addLayoutItem(label)
    label.attemptMove(QgsLayoutPoint(x, y, _MM))
    label.attemptResize(QgsLayoutSize(width, height, _MM))
