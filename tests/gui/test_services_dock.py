"""The panel "Piano dei Servizi": read in slices, filtered, edited, classified, placed."""

from __future__ import annotations

import json
import time
from html import unescape

import pytest

X, Y = 502000.0, 5042000.0
RHO = "015182"
HOSTILE = "<img src=x onerror=alert(1)>'); DROP TABLE servizi;--"


def make_layer(kind, name, rows):
    """A layer of the services' whole schema, dressed as the import leaves it, in the project."""
    from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer

    from sttm_plugin.core.schema import SERVICES
    from sttm_plugin.qgis_io.attributeforms import dress
    from sttm_plugin.qgis_io.fields import make_fields

    crs = "" if kind == "NoGeometry" else "?crs=EPSG:32632"
    layer = QgsVectorLayer(f"{kind}{crs}", name, "memory")
    layer.dataProvider().addAttributes(make_fields(SERVICES).toList())
    layer.updateFields()
    features = []
    for number, row in enumerate(rows):
        feature = QgsFeature(layer.fields())
        feature["istat"], feature["comune"], feature["lettura"] = RHO, "Rho", 1
        for field, value in row.items():
            feature[field] = value
        if kind == "Point":
            feature.setGeometry(QgsGeometry.fromWkt(f"Point({X + 100 * number} {Y})"))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    dress(layer, SERVICES)
    QgsProject.instance().addMapLayer(layer)
    return layer


def a_service(number, name, kind=None, code=None, **more):
    return {
        "id_servizio": f"s{number}",
        "denominazione": name,
        "codice_sttm": code,
        "attributi_origine": json.dumps({"NOME": name, "TIPO": kind, "VIA": f"via Roma {number}"}),
        **more,
    }


POINTS = [
    a_service(1, "Ospedale civile", "Ospedale", "SAN.01", categoria="Ospedali",
              macrocategoria="Sanità", stato="esistente", tipo_specifico="DEA_II",
              valenza_dichiarata="locale"),
    a_service(2, "Àncora", "Casa delle idee", valenza_dichiarata="metropolitana"),
    a_service(3, "Bottega", "CASA DELLE IDEE", stato="previsto"),
    a_service(4, HOSTILE, HOSTILE),
]  # fmt: skip
TABLE = [
    a_service(8, "Centro civico", "Centro civico", "CUL.01", categoria="Biblioteche"),
    a_service(9, "Casa rifugio", "Accoglienza"),
]


@pytest.fixture
def window(window, monkeypatch):
    """The window with QGIS's form in it: what it was asked to open is kept."""
    from qgis.core import QgsCoordinateReferenceSystem

    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    window.forms = []

    def open_form(layer, feature, *_):
        window.forms.append((layer.name(), feature["id_servizio"]))
        return True

    window.openFeatureForm = open_form
    return window


@pytest.fixture
def dock(window, sttm_provider, qtbot):
    from sttm_plugin.gui.services_dock import ServicesDock

    made = ServicesDock(window, window.window)
    window.window.addDockWidget(made.AREA, made)
    made.show()
    yield made
    if made.is_running():
        made.cancel()
    made.close_down()


@pytest.fixture
def chosen(dock, qtbot):
    """The panel on four points and two services without a place."""
    points, table = make_layer("Point", "punti", POINTS), make_layer("NoGeometry", "senza", TABLE)
    dock.inputs.tick([points, table])
    wait_read(qtbot, dock)
    dock.points, dock.nowhere = points, table
    return dock


def wait_read(qtbot, dock):
    qtbot.waitUntil(
        lambda: not dock.table.reader.is_reading() and not dock.table._soon.isActive(),
        timeout=20000,
    )


def wait_idle(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.is_running(), timeout=60000)
    wait_read(qtbot, dock)


def said(dock):
    item = dock.message_bar.currentItem()
    return "" if item is None else unescape(item.text())


def names(dock):
    return [row["denominazione"] for row in dock.table.model.rows]


def select_row(view, row):
    from sttm_plugin.gui.rows_model import select_row

    select_row(view, row)


def choose(combo, data):
    at = combo.findData(data)
    assert at >= 0, data
    combo.setCurrentIndex(at)


def cells(model):
    from qgis.PyQt.QtCore import Qt

    return [
        [model.index(row, column).data(Qt.ItemDataRole.DisplayRole)
         for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]  # fmt: skip


def test_the_ticked_layers_are_one_table(chosen):
    assert cells(chosen.table.model)[0] == [
        "Ospedale civile", "locale", "", "", "Ospedali", "esistente",
    ]  # fmt: skip
    assert cells(chosen.table.model)[1] == [
        "Àncora", "metropolitana", "", "", "da classificare", "",
    ]  # fmt: skip
    assert chosen.panel.shown.text() == "6 servizi"
    assert chosen.panel.data_hint.text() == "2 layer spuntati, 6 servizi."


def test_only_layers_of_the_schema_are_offered(dock):
    from qgis.core import QgsProject, QgsVectorLayer

    points = make_layer("Point", "punti", [])
    raw = QgsVectorLayer("Point?crs=EPSG:32632&field=NOME:string", "scuole", "memory")
    QgsProject.instance().addMapLayer(raw)
    model = dock.panel.services.model()
    offered = [model.index(at, 0).data() for at in range(model.rowCount())]
    assert offered == [points.name()]


@pytest.mark.parametrize(
    ("combo", "data", "expected"),
    [
        ("filter_macro", "Sanità", ["Ospedale civile"]),
        ("filter_category", "Biblioteche", ["Centro civico"]),
        ("filter_state", "previsto", ["Bottega"]),
        ("filter_state", "-", ["Àncora", HOSTILE, "Centro civico", "Casa rifugio"]),
        ("filter_valenza", "d:metropolitana", ["Àncora"]),
        ("filter_valenza", "d:-", ["Bottega", HOSTILE, "Centro civico", "Casa rifugio"]),
        ("filter_kind", "senza_categoria", ["Àncora", "Bottega", HOSTILE, "Casa rifugio"]),
        ("filter_kind", "senza_posizione", ["Centro civico", "Casa rifugio"]),
    ],
)
def test_a_filter_keeps_what_it_says(chosen, combo, data, expected):
    choose(getattr(chosen.panel, combo), data)
    assert names(chosen) == expected
    assert chosen.panel.shown.text() == f"{len(expected)} di 6"


def test_a_search_looks_into_name_code_and_category(qtbot, chosen):
    for text, expected in (("OSPED", ["Ospedale civile"]), ("cul.01", ["Centro civico"])):
        chosen.panel.search.setText(text)
        qtbot.waitUntil(lambda expected=expected: names(chosen) == expected, timeout=5000)


def test_a_column_is_sorted_without_minding_case_and_accents(chosen):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert names(chosen) == [
        HOSTILE, "Àncora", "Bottega", "Casa rifugio", "Centro civico", "Ospedale civile",
    ]  # fmt: skip


def test_names_from_a_file_are_plain_text_everywhere(chosen):
    from qgis.PyQt.QtCore import Qt

    chosen.table.choose("s4")
    assert HOSTILE in chosen.panel.detail.toPlainText()
    assert "<img" not in chosen.panel.detail.toHtml()
    index = chosen.table.model.index(chosen.panel.table.currentIndex().row(), 0)
    assert "<" not in index.data(Qt.ItemDataRole.ToolTipRole)


def test_enter_brings_the_map_to_the_service(qtbot, chosen, window):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.tabs.setCurrentIndex(1)
    chosen.table.choose("s3")
    qtbot.keyClick(chosen.panel.table, Qt.Key.Key_Return)
    centre = window.canvas.extent().center()
    assert (round(centre.x()), round(centre.y())) == (X + 200, Y)


def test_a_service_chosen_on_the_map_comes_under_the_cursor(chosen):
    [wanted] = [one.id() for one in chosen.points.getFeatures() if one["id_servizio"] == "s3"]
    chosen.points.selectByIds([wanted])
    assert chosen.table.current()["id_servizio"] == "s3"


def test_editing_opens_the_form_of_qgis_and_what_changes_waits_to_be_saved(qtbot, chosen, window):
    from qgis.core import QgsFeatureRequest
    from qgis.PyQt.QtCore import Qt

    chosen.panel.tabs.setCurrentIndex(1)
    assert not chosen.panel.editing_row.isVisibleTo(chosen)
    chosen.table.choose("s3")
    qtbot.keyClick(chosen.panel.table, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert window.forms == [("punti", "s3")]
    assert chosen.points.isEditable()

    row = chosen.table.current()
    place = chosen.points.fields().lookupField("denominazione")
    assert chosen.points.changeAttributeValue(row["fid"], place, "Bottega nuova")
    qtbot.waitUntil(lambda: "Bottega nuova" in chosen.panel.detail.toPlainText(), timeout=5000)
    assert names(chosen)[2] == "Bottega nuova"
    assert chosen.panel.editing_hint.text() == "Modifiche da salvare in «punti»."

    chosen.panel.discard_edits.click()
    wait_read(qtbot, chosen)
    assert names(chosen)[2] == "Bottega"
    assert not chosen.points.isEditable()

    chosen.table.edit_current()
    chosen.points.changeAttributeValue(row["fid"], place, "Bottega vera")
    qtbot.waitUntil(chosen.panel.save_edits.isEnabled, timeout=5000)
    chosen.panel.save_edits.click()
    wait_read(qtbot, chosen)
    stored = next(chosen.points.dataProvider().getFeatures(QgsFeatureRequest(row["fid"])))
    assert stored["denominazione"] == "Bottega vera"
    assert not chosen.panel.editing_row.isVisibleTo(chosen)


def test_a_layer_that_cannot_be_edited_is_told(chosen, window):
    chosen.points.setReadOnly(True)
    chosen.table.choose("s1")
    chosen.table.edit_current()
    assert "sola lettura" in said(chosen)
    assert window.forms == []


def test_a_category_is_given_once_for_equal_texts_and_remembered(qtbot, chosen, tmp_path):
    profile = tmp_path / "profilo.json"
    rule = {"fields": ["TIPO"], "unmapped": "ask"}
    content = {"columns": {"denominazione": {"field": "NOME"}, "codice_sttm": rule}}
    profile.write_text(json.dumps(content), encoding="utf-8")
    chosen.panel.profile.setFilePath(str(profile))

    chosen.panel.tabs.setCurrentIndex(2)
    wait_idle(qtbot, chosen)
    assert [row[:2] for row in cells(chosen.texts.model)][0] == ["Casa delle idee", "2"]
    select_row(chosen.panel.texts, 0)
    chosen.panel.choice_search.setText("CUL.03")
    assert chosen.panel.choices.currentItem().text().startswith("CUL.03  ")
    chosen.panel.assign.click()
    wait_idle(qtbot, chosen)
    wait_idle(qtbot, chosen)

    assert said(chosen) == (
        "2 servizi classificati come CUL.03. La decisione è ricordata in profilo.json."
    )
    codes = {one["id_servizio"]: one["codice_sttm"] for one in chosen.points.getFeatures()}
    assert (codes["s2"], codes["s3"]) == ("CUL.03", "CUL.03")
    assert "Casa delle idee" not in [row["testo"] for row in chosen.texts.model.rows]
    written = json.loads(profile.read_text(encoding="utf-8"))["columns"]["codice_sttm"]
    assert written["map"] == {"Casa delle idee": "CUL.03"}
    assert chosen.table.model.rows[1]["codice_sttm"] == "CUL.03"


def test_a_category_is_not_given_while_the_layer_is_being_edited(qtbot, chosen):
    chosen.panel.tabs.setCurrentIndex(2)
    wait_idle(qtbot, chosen)
    chosen.points.startEditing()
    select_row(chosen.panel.texts, 0)
    chosen.panel.choice_search.setText("CUL.03")
    chosen.panel.assign.click()
    wait_idle(qtbot, chosen)
    assert "è in modifica" in said(chosen)
    chosen.points.rollBack()


def test_a_click_on_the_map_places_a_service(qtbot, chosen, window):
    from qgis.core import QgsPointXY
    from qgis.PyQt.QtCore import Qt

    chosen.panel.tabs.setCurrentIndex(3)
    assert [row["denominazione"] for row in chosen.places.model.rows] == [
        "Centro civico", "Casa rifugio",
    ]  # fmt: skip
    assert "via Roma 8" in chosen.panel.unplaced_detail.toPlainText()
    chosen.panel.target.setLayer(chosen.points)
    chosen.panel.place.click()
    assert window.canvas.mapTool() is chosen.places.tool

    chosen.places.tool.canvasClicked.emit(QgsPointXY(X + 7, Y + 9), Qt.MouseButton.LeftButton)
    wait_idle(qtbot, chosen)

    assert said(chosen) == "«Centro civico» collocato in «punti»."
    [placed] = [one for one in chosen.points.getFeatures() if one["id_servizio"] == "s8"]
    point = placed.geometry().asPoint()
    assert (point.x(), point.y()) == (X + 7, Y + 9)
    assert [row["id_servizio"] for row in chosen.places.model.rows] == ["s9"]
    assert "Centro civico" in names(chosen)


def test_a_service_that_must_not_be_located_stays_without_a_place(qtbot, chosen):
    from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY

    chosen.panel.target.setLayer(chosen.points)
    select_row(chosen.panel.unplaced, 1)
    chosen.places.place(QgsPointXY(X, Y), QgsCoordinateReferenceSystem("EPSG:32632"))
    wait_idle(qtbot, chosen)
    assert "da non localizzare" in said(chosen)
    assert chosen.nowhere.featureCount() == 2


def test_esc_and_another_page_give_the_map_its_tool_back(qtbot, chosen, window):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.target.setLayer(chosen.points)
    chosen.panel.tabs.setCurrentIndex(3)
    chosen.panel.place.click()
    qtbot.keyClick(chosen, Qt.Key.Key_Escape)
    assert window.canvas.mapTool() is not chosen.places.tool
    chosen.panel.place.click()
    chosen.panel.tabs.setCurrentIndex(0)
    assert (window.canvas.mapTool() is chosen.places.tool, chosen.panel.place.isChecked()) == (
        False,
        False,
    )


def test_the_valenza_is_told_with_its_reasons_beside_the_declared_one(qtbot, chosen):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.tabs.setCurrentIndex(4)
    qtbot.keyClick(chosen, Qt.Key.Key_F5)
    wait_idle(qtbot, chosen)

    assert said(chosen).startswith("0 coerenti, 0 sovradichiarati, 1 sottodichiarati")
    row = chosen.table.model.rows[0]
    # A DEA of second level is metropolitana whatever the rest says.
    assert (row["valenza_calcolata"], row["esito"]) == ("metropolitana", "sottodichiarato")
    chosen.table.choose("s1")
    detail = chosen.panel.detail.toPlainText()
    assert "dichiarata meno di quanto i criteri riconoscano" in detail
    assert "DEA" in detail and "Fragile" in detail
    choose(chosen.panel.filter_kind, "sottodichiarato")
    assert names(chosen) == ["Ospedale civile"]


def test_classified_services_stay_beside_the_workspace_and_are_replaced(qtbot, chosen, tmp_path):
    from qgis import processing
    from qgis.core import QgsProject, QgsVectorLayer

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": RHO, "OUTPUT": path})
    chosen.panel.workspace.setFilePath(path)
    for _ in range(2):
        chosen.valenza.classify()
        wait_idle(qtbot, chosen)
        assert said(chosen).startswith("0 coerenti, 0 sovradichiarati, 1 sottodichiarati")
        kept = QgsVectorLayer(f"{tmp_path}/area_valenza_punti.gpkg", "t", "ogr")
        assert kept.featureCount() == 6
    # In the workspace they would be services of the plan, each of them twice.
    assert QgsVectorLayer(f"{path}|layername=servizi_punti", "t", "ogr").featureCount() == 0
    shown = [layer.name() for layer in QgsProject.instance().mapLayers().values()]
    assert shown.count("Valenza calcolata (punti)") == 1


def test_many_values_changed_at_once_are_shown_together(qtbot, dock):
    rows = [a_service(n, f"Servizio {n}", "Tipo", "CUL.01") for n in range(3000)]
    layer = make_layer("Point", "tanti", rows)
    dock.inputs.tick([layer])
    wait_read(qtbot, dock)
    shown = []
    dock.table.model.dataChanged.connect(lambda *_: shown.append(1))
    layer.startEditing()
    place = layer.fields().lookupField("stato")
    for fid in layer.allFeatureIds():
        layer.changeAttributeValue(fid, place, "previsto")
    qtbot.waitUntil(lambda: bool(shown), timeout=5000)
    assert len(shown) == 1
    assert {row["stato"] for row in dock.table.model.rows} == {"previsto"}
    layer.rollBack()


def test_nothing_is_read_while_nobody_looks(qtbot, dock):
    dock.hide()
    dock.inputs.tick([make_layer("Point", "punti", POINTS)])
    assert not dock.table.reader.is_reading()
    dock.show()
    wait_read(qtbot, dock)
    assert dock.panel.shown.text() == "4 servizi"


def test_other_criteria_are_tried_and_nothing_is_kept(qtbot, dock):
    from qgis.PyQt.QtCore import Qt

    known = (("posti_sedere", 310), ("giorni_spettacolo_anno", 60), ("n_comuni_serviti", 2))
    attributi = json.dumps({name: {"valore": n, "natura": "rilevato"} for name, n in known})
    theatre = a_service(
        1, "Teatro", "Teatro", "CUL.02", attributi=attributi, utenti_fuori_comune=0.3
    )
    dock.inputs.tick([make_layer("Point", "punti", [theatre, a_service(2, "Altro")])])
    dock.panel.tabs.setCurrentIndex(4)
    dock.panel.changes.setText("CUL.02-R01=350")

    qtbot.keyClick(dock.panel.changes, Qt.Key.Key_Return)
    wait_idle(qtbot, dock)

    assert cells(dock.valenza.model) == [["Teatro", "intercomunale", "al limite", "GEN-R04"]]
    assert dock.panel.whatif_hint.text().startswith("1 servizi su 2 cambierebbero")
    dock.panel.flips.activated.emit(dock.valenza.model.index(0, 0))
    assert dock.panel.tabs.currentIndex() == 1
    assert dock.table.current()["id_servizio"] == "s1"

    dock.panel.changes.setText("NON-ESISTE=1")
    dock.valenza.try_changes()
    wait_idle(qtbot, dock)
    assert "NON-ESISTE" in said(dock)


def test_esc_stops_what_runs_and_it_can_be_run_again(qtbot, chosen):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.tabs.setCurrentIndex(4)
    chosen.panel.classify.click()
    assert not chosen.panel.classify.isEnabled()
    qtbot.keyClick(chosen, Qt.Key.Key_Escape)
    wait_idle(qtbot, chosen)
    assert said(chosen) == "Interrotto: nulla è stato scritto."
    assert {row["valenza_calcolata"] for row in chosen.table.model.rows} == {None}
    chosen.panel.classify.click()
    wait_idle(qtbot, chosen)
    assert chosen.table.model.rows[0]["valenza_calcolata"] == "metropolitana"


def test_without_services_the_panel_says_what_to_do(qtbot, dock):
    dock.panel.tabs.setCurrentIndex(4)
    dock.panel.classify.click()
    assert said(dock).startswith("Spuntare i layer dei servizi")
    assert dock.panel.tabs.currentIndex() == 0


def test_twenty_thousand_services_have_no_widget_each_and_never_hold_the_window(qtbot, dock):
    from qgis.PyQt.QtWidgets import QWidget

    rows = [a_service(n, f"Servizio {n}", "Tipo", "CUL.01") for n in range(20000)]
    layer = make_layer("Point", "tanti", rows)
    widgets = len(dock.findChildren(QWidget))
    times = [time.process_time()]
    dock.table.reader.progressed.connect(lambda _: times.append(time.process_time()))
    dock.table.read.connect(lambda: times.append(time.process_time()))
    dock.inputs.tick([layer])
    wait_read(qtbot, dock)

    assert dock.panel.shown.text() == "20.000 servizi"
    # Read in many slices: the window had its turn between one and the next.
    slices = [after - before for before, after in zip(times, times[1:])]
    assert len(slices) > 5
    assert max(slices) < 0.25 * sum(slices)
    assert len(dock.findChildren(QWidget)) - widgets < 20
    choose(dock.panel.filter_kind, "senza_categoria")
    assert dock.panel.shown.text() == "0 di 20.000"


def test_reading_is_given_up_when_the_layer_goes(qtbot, dock):
    from qgis.core import QgsProject

    rows = [a_service(n, f"Servizio {n}", "Tipo", "CUL.01") for n in range(5000)]
    layer = make_layer("Point", "tanti", rows)
    dock.inputs.tick([layer])
    assert dock.table.reader.is_reading()
    QgsProject.instance().removeMapLayer(layer.id())
    wait_read(qtbot, dock)
    assert dock.table.model.rows == []


def test_the_project_remembers_layers_filters_and_the_chosen_service(qtbot, chosen, tmp_path):
    from qgis.core import QgsProject

    choose(chosen.panel.filter_state, "previsto")
    chosen.table.choose("s3")
    chosen.panel.tabs.setCurrentIndex(1)
    path = str(tmp_path / "progetto.qgz")
    assert QgsProject.instance().write(path)
    QgsProject.instance().clear()
    wait_read(qtbot, chosen)
    assert (names(chosen), chosen.panel.filter_state.currentData()) == ([], "")

    assert QgsProject.instance().read(path)
    wait_read(qtbot, chosen)

    assert [layer.name() for layer in chosen.inputs.services()] == ["punti", "senza"]
    assert chosen.panel.filter_state.currentData() == "previsto"
    assert chosen.panel.tabs.currentIndex() == 1


def test_looking_does_not_change_the_project(qtbot, chosen):
    from qgis.core import QgsProject

    QgsProject.instance().setDirty(False)
    choose(chosen.panel.filter_state, "previsto")
    chosen.table.choose("s3")
    chosen.panel.tabs.setCurrentIndex(1)
    assert not QgsProject.instance().isDirty()


def test_a_choice_made_in_a_panel_is_shown_by_the_other(qtbot, dock, window):
    from sttm_plugin.gui.verification_dock import VerificationDock

    other = VerificationDock(window, window.window)
    layer = make_layer("Point", "punti", POINTS)
    dock.inputs.tick([layer])
    assert [one.name() for one in other.inputs.service_layers()] == ["punti"]
    other.inputs.choose_comune(RHO)
    assert dock.istat() == RHO
    assert dock.panel.comune.currentData() == RHO
    other.inputs.add_services([])
    other.close_down()


def test_the_tables_of_the_workspace_are_opened_and_ticked(qtbot, dock, tmp_path):
    from qgis import processing

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": RHO, "OUTPUT": path})
    dock.panel.workspace.setFilePath(path)
    dock.panel.open_workspace_layers.click()
    wait_read(qtbot, dock)
    opened = [layer.source().partition("layername=")[2] for layer in dock.inputs.services()]
    assert sorted(opened) == [
        "servizi_poligoni", "servizi_punti", "servizi_senza_localizzazione",
    ]  # fmt: skip
    dock.panel.open_workspace_layers.click()
    assert said(dock) == "I servizi di area.gpkg sono già nel progetto."


def test_a_narrow_dock_of_a_small_screen_is_still_usable(dock):
    size = dock.minimumSizeHint()
    assert size.width() <= 320
    assert size.height() <= 560


def test_every_control_has_a_name_for_who_does_not_see_it(dock):
    from qgis.PyQt.QtWidgets import QAbstractItemView, QComboBox, QTextBrowser

    for kind in (QAbstractItemView, QComboBox, QTextBrowser):
        for widget in dock.panel.findChildren(kind):
            own = not widget.objectName().startswith("qt_") and widget.objectName()
            if own and "guide" not in own and widget.parent() is not None:
                label = [one for one in dock.panel.findChildren(type(dock.panel.label_comune))
                         if one.buddy() is widget]  # fmt: skip
                assert widget.accessibleName() or label, widget.objectName()
