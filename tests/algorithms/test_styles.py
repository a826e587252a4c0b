"""Each style loads on the table it is named after and tells apart what it must."""

from __future__ import annotations

import pytest

TABLES = ("servizi_punti", "servizi_poligoni", "lum", "lum_perimetri", "rilievi", "popolazione")


@pytest.fixture
def styled(qgis_app):
    """Return a function that gives an empty layer of a workspace table its style."""
    # Rules and symbols die with their layer: keep each one for the whole test.
    kept = []

    def make(name):
        from qgis.core import QgsVectorLayer

        from sttm_plugin.core.schema import WORKSPACE
        from sttm_plugin.qgis_io.fields import make_fields
        from sttm_plugin.qgis_io.styles import apply_style

        geometry, fields = WORKSPACE[name]
        layer = QgsVectorLayer(f"{geometry}?crs=EPSG:32632", name, "memory")
        layer.dataProvider().addAttributes(list(make_fields(fields)))
        layer.updateFields()
        apply_style(layer, name)
        kept.append(layer)
        return layer

    return make


def rules(layer):
    """Return {label: rule} of every rule below the root."""
    return {rule.label(): rule for rule in layer.renderer().rootRule().descendants()}


@pytest.mark.parametrize("name", TABLES)
def test_the_style_loads_on_its_table(styled, name):
    kinds = {"popolazione": "graduatedSymbol"}
    assert styled(name).renderer().type() == kinds.get(name, "RuleRenderer")


@pytest.mark.parametrize(
    ("codice", "valenza", "label", "size"),
    [
        ("SAN.01", "metropolitana", "Sanità", 5.6),
        ("SAN.01", "intercomunale", "Sanità", 4.2),
        ("IST.01", "metropolitana", "Istruzione", 5.6),
        ("LOC.05", "locale", "Valenza locale", 2.0),
        ("SAN.01", None, "Valenza non ancora calcolata", 2.4),
    ],
)
def test_the_higher_the_valenza_the_larger_the_symbol(styled, codice, valenza, label, size):
    from qgis.core import (
        QgsExpressionContext,
        QgsExpressionContextUtils,
        QgsFeature,
        QgsRenderContext,
    )

    layer = styled("servizi_punti")
    feature = QgsFeature(layer.fields())
    feature["codice_sttm"], feature["valenza_calcolata"] = codice, valenza
    context = QgsRenderContext()
    expressions = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    expressions.setFeature(feature)
    context.setExpressionContext(expressions)
    renderer = layer.renderer().clone()
    renderer.startRender(context, layer.fields())
    found = renderer.symbolsForFeature(feature, context)[0].symbolLayer(0).size()
    keys = renderer.legendKeysForFeature(feature, context)
    renderer.stopRender(context)
    assert found == pytest.approx(size)
    root = layer.renderer().rootRule()
    assert label in {root.findRuleByKey(key).label() for key in keys}


def test_each_macrocategoria_has_a_shape_and_a_colour_of_its_own(styled):
    group = rules(styled("servizi_punti"))["Valenza metropolitana"]
    layers = [rule.symbol().symbolLayer(0) for rule in group.children()[:8]]
    assert len({layer.shape() for layer in layers}) == 8
    assert len({layer.color().name() for layer in layers}) == 8


def test_each_severity_has_a_shape_and_a_size_of_its_own(styled):
    found = rules(styled("rilievi"))
    sizes = {
        label: found[label].symbol().size()
        for label in ("Blocco: la consegna si ferma", "Errore", "Avviso", "Informazione")
    }
    assert sizes == {
        "Blocco: la consegna si ferma": 6.0,
        "Errore": 5.2,
        "Avviso": 4.6,
        "Informazione": 3.6,
    }


def test_a_planned_lum_is_dashed_and_hatched(styled):
    from qgis.PyQt.QtCore import Qt

    group = rules(styled("lum"))["LUM metropolitano"]
    existing, planned = (rule.symbol() for rule in group.children())
    assert existing.symbolLayer(0).strokeStyle() == Qt.PenStyle.SolidLine
    assert planned.symbolLayer(0).strokeStyle() == Qt.PenStyle.DashLine
    assert [layer.layerType() for layer in planned.symbolLayers()] == [
        "SimpleFill",
        "LinePatternFill",
    ]


def test_the_classes_of_population_are_those_of_the_urban_thresholds(styled):
    ranges = styled("popolazione").renderer().ranges()
    assert [each.upperValue() for each in ranges][:4] == [5, 15, 60, 120]


def test_every_rule_of_every_style_is_an_expression_qgis_reads(qgis_app, project_root):
    import re
    from html import unescape

    from qgis.core import QgsExpression

    seen = 0
    for path in sorted((project_root / "styles").glob("*.qml")):
        for text in re.findall(r'<rule[^>]* filter="([^"]*)"', path.read_text(encoding="utf-8")):
            expression = QgsExpression(unescape(text))
            assert unescape(text) == "ELSE" or not expression.hasParserError(), (path.name, text)
            seen += 1
    assert seen > 40
