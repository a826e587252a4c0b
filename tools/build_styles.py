"""Writes styles/*.qml through PyQGIS renderers: a style is code that can be read and redone.

Shapes tell the macrocategoria and sizes the valenza, so that the maps hold in black and white and
for colour-blind readers; colours are those of Okabe and Ito (2008).
"""

from __future__ import annotations

import os
import re
import sys
import uuid
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT_ROOT))

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsCentroidFillSymbolLayer,
    QgsCoordinateReferenceSystem,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMarkerSymbol,
    QgsPalLayerSettings,
    QgsProperty,
    QgsRendererRange,
    QgsRuleBasedRenderer,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbolLayer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor, QFont  # noqa: E402

from sttm_plugin.core import schema  # noqa: E402
from sttm_plugin.qgis_io.fields import make_fields  # noqa: E402

STYLES = PROJECT_ROOT / "styles"

# Code prefix: (macrocategoria, colour, marker).
MACROCATEGORIE = {
    "VER": ("Verde pubblico", "#009e73", "circle"),
    "TRA": ("Trasporti", "#4d4d4d", "square"),
    "SAN": ("Sanità", "#d55e00", "cross_fill"),
    "SIC": ("Sicurezza", "#0072b2", "hexagon"),
    "SPO": ("Sport e tempo libero", "#e69f00", "triangle"),
    "CUL": ("Cultura", "#cc79a7", "pentagon"),
    "IST": ("Istruzione", "#56b4e9", "diamond"),
    "IMP": ("Impianti tecnologici", "#f0e442", "star"),
}
INK = QColor("#1a1a1a")
PALE = QColor("#bdbdbd")

VALENZA = 'coalesce("valenza_confermata", "valenza_calcolata")'
PLANNED = "\"stato\" IN ('previsto','in_corso')"

_SHAPES = "CASE {} ELSE 'circle' END".format(
    " ".join(
        f"WHEN left(\"codice_sttm\",3)='{code}' THEN '{shape}'"
        for code, (_, _, shape) in MACROCATEGORIE.items()
    )
)

SEVERITA = {
    "blocco": ("Blocco: la consegna si ferma", "#7f0000", "octagon", 6.0),
    "errore": ("Errore", "#d55e00", "triangle", 5.2),
    "avviso": ("Avviso", "#e69f00", "diamond", 4.6),
    "info": ("Informazione", "#56b4e9", "circle", 3.6),
}


def marker(shape, colour, size, outline=0.3, ink=INK):
    """Return a marker symbol of one simple layer."""
    layer = QgsSimpleMarkerSymbolLayer()
    known, found = QgsSimpleMarkerSymbolLayer.decodeShape(shape)
    if not found:
        raise SystemExit(f"{shape}: QGIS 3.22 doesn't draw this shape")
    layer.setShape(known)
    layer.setSize(size)
    layer.setColor(QColor(colour))
    layer.setStrokeColor(ink)
    layer.setStrokeWidth(outline)
    symbol = QgsMarkerSymbol()
    symbol.changeSymbolLayer(0, layer)
    return symbol


def with_planned_dot(symbol, size):
    """Add the white dot that says planned: it shows only where stato is previsto or in_corso."""
    dot = QgsSimpleMarkerSymbolLayer()
    # A size, not the layer's switch: a legend, which has no feature, falls back on zero.
    dot.setSize(0.0)
    dot.setColor(QColor("white"))
    dot.setStrokeColor(INK)
    dot.setStrokeWidth(0.2)
    dot.setDataDefinedProperty(
        QgsSymbolLayer.Property.PropertySize,
        QgsProperty.fromExpression(f"if({PLANNED}, {size * 0.4:.2f}, 0)"),
    )
    symbol.appendSymbolLayer(dot)
    return symbol


def by_shape(symbol):
    """Make the first layer take the shape of the macrocategoria."""
    symbol.symbolLayer(0).setDataDefinedProperty(
        QgsSymbolLayer.Property.PropertyName, QgsProperty.fromExpression(_SHAPES)
    )
    return symbol


def area(colour, alpha, outline, shape=None, size=0.0, ink=None, pattern=False):
    """Return a fill; with ``shape`` the marker of the macrocategoria stands in its middle."""
    fill = QgsSimpleFillSymbolLayer()
    tint = QColor(colour)
    tint.setAlphaF(alpha)
    fill.setFillColor(tint)
    fill.setStrokeColor(ink or QColor(colour).darker(170))
    fill.setStrokeWidth(outline)
    fill.setDataDefinedProperty(
        QgsSymbolLayer.Property.PropertyStrokeStyle,
        QgsProperty.fromExpression(f"if({PLANNED}, 'dash', 'solid')"),
    )
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, fill)
    if pattern:
        symbol.appendSymbolLayer(hatch(QColor(colour).darker(150)))
    if shape:
        centre = QgsCentroidFillSymbolLayer()
        centre.setPointOnSurface(True)
        centre.setSubSymbol(with_planned_dot(marker(shape, colour, size), size))
        symbol.appendSymbolLayer(centre)
    return symbol


def hatch(colour, angle=45.0, distance=1.8, width=0.25):
    """Return a layer of parallel lines."""
    lines = QgsLinePatternFillSymbolLayer()
    lines.setLineAngle(angle)
    lines.setDistance(distance)
    lines.setLineWidth(width)
    lines.setColor(colour)
    return lines


class Rules:
    """A tree of rules whose keys are the same each time the style is written."""

    def __init__(self, name):
        self._name = name
        self._count = 0
        self.root = QgsRuleBasedRenderer.Rule(None)
        self._key(self.root)

    def add(self, label, expression, symbol=None, parent=None):
        """Add a rule and return it."""
        rule = QgsRuleBasedRenderer.Rule(symbol, 0, 0, expression, label)
        self._key(rule)
        (parent or self.root).appendChild(rule)
        return rule

    def renderer(self):
        """Return the renderer."""
        return QgsRuleBasedRenderer(self.root)

    def _key(self, rule):
        key = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._name}|{self._count}")
        rule.setRuleKey(f"{{{key}}}")
        self._count += 1


def services_rules(name, symbol_of, plain_symbol):
    """Return the rules of services: valenza first, then macrocategoria."""
    rules = Rules(name)
    active = '("stato" IS NULL OR "stato" <> \'dismesso\')'
    for valenza in ("metropolitana", "intercomunale"):
        group = rules.add(f"Valenza {valenza}", f"{active} AND {VALENZA} = '{valenza}'")
        for code, (label, colour, shape) in MACROCATEGORIE.items():
            rules.add(
                label,
                f"left(\"codice_sttm\",3) = '{code}'",
                symbol_of(valenza, colour, shape),
                group,
            )
        rules.add("Altra categoria", "ELSE", symbol_of(valenza, "#ffffff", None), group)
    for valenza, label in (
        ("al_limite", "Al limite fra due valenze"),
        ("non_determinabile", "Non determinabile: dati insufficienti"),
        ("locale", "Valenza locale"),
        ("fuori_tassonomia", "Fuori dalle categorie STTM 2"),
    ):
        rules.add(label, f"{active} AND {VALENZA} = '{valenza}'", plain_symbol(valenza))
    rules.add("Dismesso", "\"stato\" = 'dismesso'", plain_symbol("dismesso"))
    rules.add("Valenza non ancora calcolata", "ELSE", plain_symbol(None))
    return rules.renderer()


def services_points():
    """Points: size is the valenza, shape and colour the macrocategoria."""
    sizes = {"metropolitana": (5.6, 0.6), "intercomunale": (4.2, 0.35)}

    def symbol_of(valenza, colour, shape):
        size, outline = sizes[valenza]
        return with_planned_dot(marker(shape or "circle", colour, size, outline), size)

    def plain_symbol(valenza):
        if valenza == "al_limite":
            return with_planned_dot(by_shape(marker("circle", "#fee8c8", 3.8, 0.6)), 3.8)
        if valenza == "non_determinabile":
            return with_planned_dot(by_shape(marker("circle", "#ffffff", 3.2, 0.4)), 3.2)
        if valenza == "locale":
            return by_shape(marker("circle", "#9e9e9e", 2.0, 0.15))
        if valenza == "fuori_tassonomia":
            return marker("cross", "#9e9e9e", 2.2, 0.35, QColor("#757575"))
        if valenza == "dismesso":
            return marker("cross2", "#7f0000", 2.8, 0.5, QColor("#7f0000"))
        return marker("circle", "#ffffff", 2.4, 0.3, QColor("#757575"))

    return services_rules("servizi_punti", symbol_of, plain_symbol)


def services_areas():
    """Areas: filled and thick where the valenza is high, pale where it is local."""
    weights = {"metropolitana": (0.75, 0.7, 4.4), "intercomunale": (0.5, 0.45, 3.4)}

    def symbol_of(valenza, colour, shape):
        alpha, outline, size = weights[valenza]
        return area(colour, alpha, outline, shape or "circle", size, INK)

    def plain_symbol(valenza):
        if valenza == "al_limite":
            return area("#e0a060", 0.25, 0.5, pattern=True, ink=INK)
        if valenza == "non_determinabile":
            return area("#ffffff", 0.4, 0.4, pattern=True, ink=QColor("#616161"))
        if valenza == "locale":
            return area("#bdbdbd", 0.45, 0.2, ink=QColor("#757575"))
        if valenza == "dismesso":
            return area("#7f0000", 0.1, 0.4, pattern=True, ink=QColor("#7f0000"))
        return area("#ffffff", 0.3, 0.26, ink=QColor("#9e9e9e"))

    return services_rules("servizi_poligoni", symbol_of, plain_symbol)


def lum():
    """LUM: colour and thickness are the rank, dashes and hatching say planned."""
    rules = Rules("lum")
    for rango, label, colour in (
        ("metropolitano", "LUM metropolitano", "#0072b2"),
        ("sovracomunale", "LUM sovracomunale", "#d55e00"),
        ("locale", "LUM locale", "#616161"),
    ):
        group = rules.add(label, f"\"rango\" = '{rango}'")
        rules.add(
            "esistente",
            '"stato" IS NULL OR "stato" <> \'previsto\'',
            lum_symbol(colour, False),
            group,
        )
        rules.add("previsto", "\"stato\" = 'previsto'", lum_symbol(colour, True), group)
    rules.add("LUM di rango non indicato", "ELSE", lum_symbol("#9e9e9e", False))
    return rules.renderer()


def lum_symbol(colour, planned, alpha=0.16):
    """Return the fill of a LUM."""
    fill = QgsSimpleFillSymbolLayer()
    tint = QColor(colour)
    tint.setAlphaF(0.05 if planned else alpha)
    fill.setFillColor(tint)
    fill.setStrokeColor(QColor(colour))
    fill.setStrokeWidth(0.8)
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, fill)
    if planned:
        fill.setStrokeStyle(pen_style("DashLine"))
        symbol.appendSymbolLayer(hatch(QColor(colour), distance=2.6))
    return symbol


def lum_perimeters():
    """The comune's own perimeters: an outline only, so that the circle stays readable below."""
    rules = Rules("lum_perimetri")
    for rango, label, colour in (
        ("metropolitano", "Perimetro comunale, LUM metropolitano", "#004c7a"),
        ("sovracomunale", "Perimetro comunale, LUM sovracomunale", "#8c3d00"),
    ):
        rules.add(label, f"\"rango\" = '{rango}'", outline(colour))
    rules.add("Perimetro comunale di un LUM", "ELSE", outline("#424242"))
    return rules.renderer()


def outline(colour):
    """Return an empty fill with a dash-dotted outline."""
    fill = QgsSimpleFillSymbolLayer()
    fill.setBrushStyle(brush_style("NoBrush"))
    fill.setStrokeColor(QColor(colour))
    fill.setStrokeWidth(0.9)
    fill.setStrokeStyle(pen_style("DashDotLine"))
    symbol = QgsFillSymbol()
    symbol.changeSymbolLayer(0, fill)
    return symbol


def findings():
    """Findings: shape and colour are the severity; hollow when justified, grey when resolved."""
    rules = Rules("rilievi")
    open_states = "\"stato\" IS NULL OR \"stato\" IN ('aperto','nuovo','giustificazione_scaduta')"
    group = rules.add("Da esaminare", open_states)
    for severita, (label, colour, shape, size) in SEVERITA.items():
        rules.add(label, f"\"severita\" = '{severita}'", marker(shape, colour, size, 0.35), group)
    justified = marker("circle", "#ffffff", 3.4, 0.6)
    rules.add("Giustificato", "\"stato\" = 'giustificato'", justified)
    rules.add("Risolto", "\"stato\" = 'risolto'", marker("cross2", "#9e9e9e", 2.6, 0.4, PALE))
    return rules.renderer()


def pairs():
    """Pairs between the readings: full when decided or sure, dashed when a person must look."""
    rules = Rules("coppie_linee")
    rules.add("Confermata", "\"stato\" = 'confermato'", line("#009e73", 0.9))
    rules.add("Respinta", "\"stato\" = 'respinto'", line("#9e9e9e", 0.5, "DotLine"))
    sure = '"punteggio" >= 0.8 AND NOT coalesce("ambigua", false)'
    rules.add("Proposta, abbinata (da 0,80)", sure, line("#0072b2", 0.8))
    rules.add("Proposta, da decidere", "ELSE", line("#d55e00", 0.8, "DashLine"))
    return rules.renderer()


def line(colour, width, style="SolidLine"):
    """Return a line symbol."""
    stroke = QgsSimpleLineSymbolLayer(QColor(colour), width)
    stroke.setPenStyle(pen_style(style))
    symbol = QgsLineSymbol()
    symbol.changeSymbolLayer(0, stroke)
    return symbol


def population():
    """Population: inhabitants a hectare, one hue from pale to dark."""
    classes = (
        (0, 5, "#f2f0f7", "fino a 5 ab/ha"),
        (5, 15, "#cbc9e2", "da 5 a 15"),
        (15, 60, "#9e9ac8", "da 15 a 60"),
        (60, 120, "#756bb1", "da 60 a 120"),
        (120, 1e9, "#54278f", "oltre 120"),
    )
    ranges = []
    for lower, upper, colour, label in classes:
        fill = QgsSimpleFillSymbolLayer()
        fill.setFillColor(QColor(colour))
        fill.setStrokeColor(QColor("#ffffff"))
        fill.setStrokeWidth(0.1)
        symbol = QgsFillSymbol()
        symbol.changeSymbolLayer(0, fill)
        symbol.setOpacity(0.8)
        ranges.append(QgsRendererRange(lower, upper, symbol, label))
    expression = 'coalesce("popolazione", 0) / (area($geometry) / 10000)'
    return QgsGraduatedSymbolRenderer(expression, ranges)


def catchments():
    """Catchments: the nearer, the darker; hatching says a circle for want of streets."""
    rules = Rules("lum_bacini")
    classes = (
        ("fino a 250 m", '"raggio_m" <= 250', "#08519c"),
        ("da 250 a 400 m", '"raggio_m" > 250 AND "raggio_m" <= 400', "#3182bd"),
        ("da 400 a 600 m", '"raggio_m" > 400 AND "raggio_m" <= 600', "#6baed6"),
        ("oltre 600 m", '"raggio_m" > 600', "#bdd7e7"),
    )
    group = rules.add("Distanza dal nodo", '"metodo" IS NULL OR "metodo" <> \'cerchio_ripiego\'')
    for label, expression, colour in classes:
        rules.add(label, expression, area(colour, 0.4, 0.4, ink=INK), group)
    fallback = area("#d9d9d9", 0.3, 0.5, pattern=True, ink=QColor("#616161"))
    rules.add("Cerchio di ripiego: nodo lontano dalla rete", "ELSE", fallback)
    renderer = rules.renderer()
    # Bands are one inside the other: the largest is drawn first.
    order = QgsFeatureRequest.OrderByClause('"raggio_m"', False)
    renderer.setOrderBy(QgsFeatureRequest.OrderBy([order]))
    renderer.setOrderByEnabled(True)
    return renderer


ACCESS_CLASSES = (
    ("Nessuna categoria", '"n_categorie_15" = 0', "#fde0c5"),
    ("1 o 2 categorie", '"n_categorie_15" >= 1 AND "n_categorie_15" <= 2', "#facba6"),
    ("da 3 a 5 categorie", '"n_categorie_15" >= 3 AND "n_categorie_15" <= 5', "#7fbfb0"),
    ("da 6 a 8 categorie", '"n_categorie_15" >= 6 AND "n_categorie_15" <= 8', "#2f7f8f"),
    ("più di 8 categorie", '"n_categorie_15" > 8', "#123f5a"),
)


def access(name, symbol_of, apart):
    """Access: how many categories are within the largest threshold."""
    rules = Rules(name)
    group = rules.add("Categorie raggiunte", '"n_categorie_15" IS NOT NULL')
    for label, expression, colour in ACCESS_CLASSES:
        rules.add(label, expression, symbol_of(colour), group)
    rules.add("Origine non agganciata alla rete", "ELSE", apart)
    return rules.renderer()


def labels(expression, size, colour="#1a1a1a", scale=0, bold=False):
    """Return labelling with a white halo; ``scale`` is the smallest scale at which it shows."""
    text = QgsTextFormat()
    text.setFont(QFont("DejaVu Sans", 8, QFont.Weight.Bold if bold else QFont.Weight.Normal))
    text.setSize(size)
    text.setSizeUnit(QgsUnitTypes.RenderUnit.RenderPoints)
    text.setColor(QColor(colour))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.9)
    halo.setColor(QColor("white"))
    text.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.fieldName = expression
    settings.isExpression = True
    settings.setFormat(text)
    if scale:
        settings.scaleVisibility = True
        settings.minimumScale = scale
        settings.maximumScale = 0
    return QgsVectorLayerSimpleLabeling(settings)


def pen_style(name):
    """Return a Qt pen style by name (scoped in Qt6, reached the same way in Qt5)."""
    from qgis.PyQt.QtCore import Qt

    return getattr(Qt.PenStyle, name)


def brush_style(name):
    """Return a Qt brush style by name."""
    from qgis.PyQt.QtCore import Qt

    return getattr(Qt.BrushStyle, name)


SERVICE_LABELS = (
    f"if({VALENZA} IN ('metropolitana','intercomunale'), wordwrap(\"denominazione\", 24), '')"
)


ACCESS_FIELDS = (schema.Field("stato_aggancio"), schema.Field("n_categorie_15", "int"))


def styles():
    """Return {style: (geometry, fields, renderer, labelling)}; a table has no renderer."""
    services = labels(SERVICE_LABELS, 6.5, scale=20000)
    name = labels('"nome"', 8, bold=True)
    return {
        "servizi_punti": ("Point", schema.SERVICES, services_points(), services),
        "servizi_poligoni": ("MultiPolygon", schema.SERVICES, services_areas(), services),
        "servizi_senza_localizzazione": (None, schema.SERVICES, None, None),
        "lum": ("MultiPolygon", schema.LUM, lum(), name),
        "lum_perimetri": ("MultiPolygon", schema.LUM_PERIMETERS, lum_perimeters(), None),
        "rilievi": ("Point", schema.FINDINGS, findings(), None),
        "coppie_linee": ("LineString", schema.PAIR_LINES, pairs(), None),
        "popolazione": ("MultiPolygon", schema.POPULATION, population(), None),
        "lum_bacini": ("MultiPolygon", schema.LUM, catchments(), name),
        "accessibilita": (
            "MultiPolygon",
            ACCESS_FIELDS,
            access(
                "accessibilita",
                lambda colour: area(colour, 0.85, 0.1, ink=QColor("#ffffff")),
                area("#ffffff", 0.5, 0.1, pattern=True, ink=QColor("#757575")),
            ),
            None,
        ),
        "accessibilita_punti": (
            "Point",
            ACCESS_FIELDS,
            access(
                "accessibilita_punti",
                lambda colour: marker("circle", colour, 2.6, 0.15),
                marker("cross2", "#9e9e9e", 2.0, 0.3, QColor("#757575")),
            ),
            None,
        ),
    }


def write(name, geometry, fields, renderer, labelling):
    """Write one style."""
    kind = f"{geometry}?crs=EPSG:32632" if geometry else "None"
    layer = QgsVectorLayer(kind, name, "memory")
    layer.dataProvider().addAttributes(list(make_fields(fields)))
    layer.updateFields()
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    for field in fields:
        if field.alias:
            layer.setFieldAlias(layer.fields().indexOf(field.name), field.alias)
    shown = {"denominazione": '"denominazione"', "nome": '"nome"', "titolo": '"titolo"'}
    for field, expression in shown.items():
        if layer.fields().indexOf(field) >= 0:
            layer.setDisplayExpression(expression)
            break
    if renderer is not None:
        layer.setRenderer(renderer)
    if labelling is not None:
        layer.setLabeling(labelling.clone())
        layer.setLabelsEnabled(True)
    category = QgsMapLayer.StyleCategory
    kept = category.Symbology | category.Labeling | category.Fields | category.MapTips
    path = STYLES / f"{name}.qml"
    message, saved = layer.saveNamedStyle(str(path), kept)
    if not saved:
        raise SystemExit(f"{path.name}: {message}")
    text = path.read_text(encoding="utf-8")
    # The version of QGIS that wrote it is no part of the style.
    text = re.sub(r'(<qgis [^>]*?)version="[^"]*"', r'\1version="3.22.0"', text)
    path.write_text(text, encoding="utf-8")


def main():
    """Write every style of this script."""
    application = QgsApplication([], False)
    application.initQgis()
    STYLES.mkdir(exist_ok=True)
    for name, parts in styles().items():
        write(name, *parts)
        print(f"styles/{name}.qml")
    # No exitQgis(): it crashes while Python still holds the renderers.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
