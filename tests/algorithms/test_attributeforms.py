"""The form of the services: Italian names, lists, constraints that say why, tabs, defaults."""

from __future__ import annotations

import pytest

from sttm_plugin.core.schema import DOMAINS, SERVICES, names


@pytest.fixture
def layer(qgis_app):
    """An empty layer of services with its style."""
    from qgis.core import QgsVectorLayer

    from sttm_plugin.qgis_io.fields import make_fields
    from sttm_plugin.qgis_io.styles import apply_style

    made = QgsVectorLayer("Point?crs=EPSG:32632", "servizi", "memory")
    made.dataProvider().addAttributes(list(make_fields(SERVICES)))
    made.updateFields()
    apply_style(made, "servizi_punti")
    return made


def choices(layer, name):
    """Return {value: label} of a drop-down; the choice of no value under None."""
    from qgis.core import QgsValueMapFieldFormatter

    setup = layer.editorWidgetSetup(layer.fields().lookupField(name))
    assert setup.type() == "ValueMap"
    pairs = [pair for entry in setup.config()["map"] for pair in entry.items()]
    empty = QgsValueMapFieldFormatter.NULL_VALUE
    return {None if value == empty else value: label for label, value in pairs}


def test_every_domain_is_a_list_with_no_value_among_its_choices(layer):
    for name, values in DOMAINS.items():
        assert list(choices(layer, name)) == [None, *map(str, values)], name
    assert choices(layer, "lettura")["1"] == "Lettura 1 – Piano dei Servizi (PGT)"
    assert choices(layer, "titolo_servizio")["privato_accreditato"] == "Privato accreditato"


def test_the_category_is_chosen_from_the_taxonomy(layer):
    from sttm_plugin.core.pack import load_pack

    offered = choices(layer, "codice_sttm")
    assert list(offered)[1:] == list(load_pack().categorie)
    assert offered["CUL.01"] == f"CUL.01 – {load_pack().categorie['CUL.01'].categoria}"


def test_every_field_has_its_name_and_its_place_in_one_tab(layer):
    from qgis.core import QgsEditFormConfig

    form = layer.editFormConfig()
    assert form.layout() == QgsEditFormConfig.EditorLayout.TabLayout
    placed = [child.name() for tab in form.tabs() for child in tab.children()]
    assert sorted(placed) == sorted(names(SERVICES))
    assert [tab.name() for tab in form.tabs()] == [
        "Servizio",
        "Stato e date",
        "Gestione",
        "Dimensioni",
        "Valenza",
        "Provenienza",
    ]
    assert layer.attributeAlias(layer.fields().lookupField("capacita_um")) == "Unità della capacità"


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("istat", "015146", True),
        ("istat", "15146", False),
        ("istat", None, False),
        ("denominazione", " ", False),
        ("codice_sttm", None, False),
        ("superficie_dichiarata_mq", 0.0, False),
        ("superficie_dichiarata_mq", None, True),
        ("utenti_fuori_comune", 1.0, True),
        ("utenti_fuori_comune", 35.0, False),
        ("anno_previsto", 27, False),
        ("giustificazione", "x" * 39, False),
        ("giustificazione", "x" * 40, True),
    ],
)
def test_a_value_that_is_wrong_is_told_and_can_still_be_saved(layer, name, value, accepted):
    from qgis.core import QgsFeature, QgsFieldConstraints, QgsVectorLayerUtils

    feature = QgsFeature(layer.fields())
    feature[name] = value
    position = layer.fields().lookupField(name)
    strength = QgsFieldConstraints.ConstraintStrength
    soft = strength.ConstraintStrengthSoft
    found, _ = QgsVectorLayerUtils.validateAttribute(layer, feature, position, soft)
    assert found is accepted
    hard = strength.ConstraintStrengthHard
    assert QgsVectorLayerUtils.validateAttribute(layer, feature, position, hard)[0] is True
    assert layer.constraintDescription(position)


def test_a_new_service_gets_its_id_and_the_names_of_its_category(layer):
    from qgis.core import QgsGeometry, QgsVectorLayerUtils

    from sttm_plugin.core.ids import valid_uuid
    from sttm_plugin.core.pack import load_pack

    made = QgsVectorLayerUtils.createFeature(
        layer, QgsGeometry(), {layer.fields().lookupField("codice_sttm"): "CUL.01"}
    )
    category = load_pack().categorie["CUL.01"]
    assert valid_uuid(made["id_servizio"])
    assert made["lettura"] == 1
    assert (made["categoria"], made["macrocategoria"]) == (
        category.categoria,
        category.macrocategoria,
    )


def test_what_is_computed_is_not_written_by_hand(layer):
    form = layer.editFormConfig()
    read_only = {
        name for name in names(SERVICES) if form.readOnly(layer.fields().lookupField(name))
    }
    assert {"valenza_calcolata", "punteggio", "esito", "superficie_mq"} <= read_only
    assert not {"valenza_dichiarata", "valenza_confermata", "denominazione"} & read_only


def test_the_workspace_keeps_the_form_and_knows_its_comune(sttm_provider, tmp_path):
    import processing
    from qgis.core import QgsGeometry, QgsVectorLayer, QgsVectorLayerUtils

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": "Rho", "OUTPUT": path})
    for name in ("servizi_punti", "servizi_poligoni", "servizi_senza_localizzazione"):
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        layer.loadDefaultStyle()
        assert choices(layer, "stato")["in_corso"] == "In corso di realizzazione"
        assert len(layer.editFormConfig().tabs()) == 6
        assert QgsVectorLayerUtils.createFeature(layer, QgsGeometry())["istat"] == "015182"


def test_the_form_draws_with_its_tabs_and_its_lists(qtbot, layer):
    from qgis.core import QgsFeature
    from qgis.gui import QgsAttributeForm, QgsGui
    from qgis.PyQt.QtWidgets import QComboBox, QTabWidget

    QgsGui.editorWidgetRegistry().initEditors()
    layer.startEditing()
    form = QgsAttributeForm(layer, QgsFeature(layer.fields()))
    qtbot.addWidget(form)
    form.resize(620, 420)
    form.show()
    [tabs] = form.findChildren(QTabWidget)
    assert tabs.count() == 6
    lists = [
        [combo.itemText(row) for row in range(combo.count())]
        for combo in form.findChildren(QComboBox)
    ]
    assert [
        "(vuoto)",
        "Esistente",
        "Previsto",
        "In corso di realizzazione",
        "Sospeso",
        "Dismesso",
    ] in lists
    layer.rollBack()
