"""The panel "LUM e accessibilità": network, catchments, what a LUM hosts, who reaches what."""

from __future__ import annotations

import pytest

from .test_services_dock import HOSTILE, RHO, a_service, cells, make_layer, said, select_row

X, Y = 502000.0, 5042000.0


def plain_layer(kind, fields, rows, name):
    from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer

    layer = QgsVectorLayer(f"{kind}?crs=EPSG:32632{fields}", name, "memory")
    features = []
    for *values, wkt in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(values)
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def layers(qgis_new_project):
    """A straight street of 4 km, two stops on it, four places where people live, five services."""
    stops = "&field=id_lum:string&field=nome:string&field=rango:string"
    return {
        "stops": plain_layer(
            "Point",
            stops,
            [
                ("A", HOSTILE, "metropolitano", f"Point({X} {Y})"),
                ("B", "Fermata", "sovracomunale", f"Point({X + 3000} {Y})"),
            ],
            "fermate",
        ),
        "network": plain_layer(
            "LineString",
            "&field=nome:string",
            [
                ("via", f"LineString({X - 1000} {Y},{X + 4000} {Y})"),
                ("isolata", f"LineString({X} {Y + 900},{X + 100} {Y + 900})"),
            ],
            "rete",
        ),
        "people": plain_layer(
            "Point",
            "&field=SEZ:string&field=POP21:integer",
            [
                ("1", 100, f"Point({X + 100} {Y})"),
                ("2", 30, f"Point({X + 450} {Y})"),
                ("3", 7, f"Point({X + 3200} {Y})"),
                ("4", 5, f"Point({X + 3900} {Y})"),
            ],
            "popolazione",
        ),
        "services": make_layer(
            "Point",
            "servizi",
            [
                a_service(0, "Ospedale", code="SAN.01", categoria="Ospedali"),
                a_service(1, HOSTILE, code="CUL.02", categoria="Musei"),
                a_service(2, "Futura", code="IST.01", stato="previsto"),
                a_service(3, "Chiusa", code="CUL.01", stato="dismesso"),
            ],
        ),
    }


@pytest.fixture
def dock(window, sttm_provider, layers, qtbot):
    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.gui.lum_dock import LumDock

    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    made = LumDock(window, window.window)
    window.window.addDockWidget(made.AREA, made)
    made.show()
    yield made
    if made.is_running():
        made.cancel()
    made.close_down()


@pytest.fixture
def chosen(dock):
    dock.recognise_layers()
    return dock


def wait_idle(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.is_running(), timeout=60000)


def compute(qtbot, dock):
    dock.panel.run_lum.click()
    wait_idle(qtbot, dock)


def test_the_layers_are_known_by_their_names_and_fields(chosen):
    panel = chosen.panel
    combos = (panel.stops, panel.network, panel.population)
    assert [combo.currentLayer().name() for combo in combos] == ["fermate", "rete", "popolazione"]
    fields = (panel.id_field, panel.rank_field, panel.people_field)
    assert [combo.currentField() for combo in fields] == ["id_lum", "rango", "POP21"]
    assert [layer.name() for layer in chosen.inputs.services()] == ["servizi"]
    assert panel.data_hint.text() == "C'è tutto: scheda LUM, «Calcola i bacini»."


def test_what_is_missing_is_said_with_where_to_get_it(dock):
    said_of = dock.panel.data_hint.text()
    for what in ("fermate (Agenzia di bacino", "rete (DBT comunale", "popolazione (ISTAT"):
        assert what in said_of
    dock.panel.run_lum.click()
    assert said(dock).startswith("Scegliere il layer delle fermate")
    assert dock.panel.tabs.currentIndex() == 0


def test_each_lum_has_its_people_and_what_it_hosts(qtbot, chosen):
    compute(qtbot, chosen)

    # 500 m along the street: 130 people; 350 m: the 7 at 200 m, not the 5 at 900 m.
    rows = {row["id_lum"]: row for row in chosen.lum.rows}
    assert {key: row["popolazione"] for key, row in rows.items()} == {"A": 130, "B": 7}
    assert (rows["A"]["n_servizi"], rows["A"]["n_previsti"]) == (3, 1)
    assert rows["A"]["categorie_presenti"] == "CUL.02;SAN.01"
    assert rows["B"]["n_servizi"] == 0
    assert chosen.panel.tabs.currentIndex() == 2
    assert said(chosen).startswith("2 LUM raggiungono 3 servizi;")
    select_row(chosen.panel.lum, chosen.lum.place_of("id_lum", "A"))
    assert [row["denominazione"] for row in chosen.reached.rows] == ["Futura", HOSTILE, "Ospedale"]
    detail = chosen.panel.lum_detail.toPlainText()
    assert "3, di cui 1 previsti" in detail and HOSTILE in detail
    assert "<img" not in chosen.panel.lum_detail.toHtml()


def test_the_map_goes_to_the_lum_and_a_lum_of_the_map_comes_under_the_cursor(qtbot, chosen, window):
    from sttm_plugin.gui.result_layers import result_layer

    compute(qtbot, chosen)
    select_row(chosen.panel.lum, chosen.lum.place_of("id_lum", "B"))
    chosen.show_lum()
    assert round(window.canvas.extent().center().x()) == X + 3000
    layer = result_layer("bacini")
    # What is selected would hide what lies in it.
    assert layer.selectedFeatureCount() == 0
    [other] = [one.id() for one in layer.getFeatures() if one["id_lum"] == "A"]
    layer.selectByIds([other])
    assert chosen._current_lum()["id_lum"] == "A"


def test_the_catchments_are_what_the_other_panels_start_from(qtbot, chosen, window):
    from sttm_plugin.gui.verification_dock import VerificationDock

    other = VerificationDock(window, window.window)
    compute(qtbot, chosen)
    assert other.inputs.combos["LUM"].currentLayer().name() == "Bacini dei LUM"
    compute(qtbot, chosen)
    assert other.inputs.combos["LUM"].currentLayer().name() == "Bacini dei LUM"
    other.close_down()


def test_without_services_the_lum_are_told_all_the_same(qtbot, chosen):
    chosen.inputs.tick([])
    compute(qtbot, chosen)
    assert [(row["id_lum"], row["popolazione"]) for row in chosen.lum.rows] == [
        ("A", 130), ("B", 7),
    ]  # fmt: skip
    assert said(chosen) == "2 LUM, senza servizi."


def test_circles_need_no_network(qtbot, chosen):
    from sttm_plugin.gui.project_state import remember

    remember("NETWORK", "")
    chosen.panel.run_lum.click()
    assert said(chosen).startswith("Scegliere la rete, oppure il metodo")
    chosen.panel.method.setCurrentIndex(1)
    compute(qtbot, chosen)
    assert len(chosen.lum.rows) == 2


def test_the_network_is_checked_and_its_faults_shown_on_the_map(qtbot, chosen, window):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.tabs.setCurrentIndex(1)
    qtbot.keyClick(chosen, Qt.Key.Key_F5)
    wait_idle(qtbot, chosen)

    # 5,000 of 5,100 metres.
    assert chosen.panel.network_summary.text() == (
        "2 archi, 4 nodi, 2 parti separate; la maggiore ha il 98 %. In tutto un difetto."
    )
    assert said(chosen) == "Rete controllata: un difetto."
    assert [row[0] for row in cells(chosen.issues)] == ["isolato"]
    select_row(chosen.panel.issues, 0)
    assert abs(window.canvas.extent().center().y() - (Y + 900)) < 1
    chosen.panel.use_network.click()
    assert chosen.panel.network.currentLayer().name() == "Rete preparata"


def test_who_reaches_what_is_counted(qtbot, chosen):
    chosen.panel.tabs.setCurrentIndex(3)
    chosen.panel.strategy.setCurrentIndex(0)
    assert chosen.panel.thresholds.text() == "500,1000,1500"
    chosen.panel.thresholds.setText("120,500")
    chosen.panel.run_accessibility.click()
    wait_idle(qtbot, chosen)

    found = {(row["categoria"], row["soglia"]): row["servita"] for row in chosen.shares.rows}
    # The hospital stands at the first stop: 100 people at 100 m, 30 at 450 m. What is planned
    # or closed serves nobody.
    assert found == {
        ("SAN.01", 120.0): 100, ("SAN.01", 500.0): 130,
        ("CUL.02", 120.0): 100, ("CUL.02", 500.0): 130,
    }  # fmt: skip
    assert chosen.panel.acc_summary.text() == "142 abitanti, 2 categorie di servizi."
    assert cells(chosen.shares)[-1] == ["SAN.01 Ospedali", "500", "130", "91,5"]

    chosen.panel.planned.setChecked(True)
    chosen.panel.run_accessibility.click()
    wait_idle(qtbot, chosen)
    assert {row["categoria"] for row in chosen.shares.rows} == {"SAN.01", "CUL.02", "IST.01"}


def test_esc_stops_what_runs_and_it_can_be_run_again(qtbot, chosen):
    from qgis.PyQt.QtCore import Qt

    chosen.panel.run_lum.click()
    assert not chosen.panel.run_lum.isEnabled()
    qtbot.keyClick(chosen, Qt.Key.Key_Escape)
    wait_idle(qtbot, chosen)
    assert said(chosen) == "Interrotto: nulla è stato scritto."
    assert chosen.lum.rows == []
    compute(qtbot, chosen)
    assert len(chosen.lum.rows) == 2


def test_a_bad_threshold_is_told(qtbot, chosen):
    chosen.panel.tabs.setCurrentIndex(3)
    chosen.panel.thresholds.setText("dieci")
    chosen.panel.run_accessibility.click()
    wait_idle(qtbot, chosen)
    assert "dieci" in said(chosen)


def test_the_project_remembers_choices_and_results(qtbot, chosen, tmp_path):
    from qgis import processing
    from qgis.core import QgsProject

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": RHO, "OUTPUT": path})
    chosen.panel.workspace.setFilePath(path)
    compute(qtbot, chosen)
    project = str(tmp_path / "progetto.qgz")
    assert QgsProject.instance().write(project)
    QgsProject.instance().clear()
    assert (chosen.lum.rows, chosen.panel.stops.currentLayer()) == ([], None)

    assert QgsProject.instance().read(project)

    assert chosen.panel.tabs.currentIndex() == 2
    # Kept in the workspace, while what was in memory is gone.
    assert sorted(row["id_lum"] for row in chosen.lum.rows) == ["A", "B"]
    assert chosen.workspace() == path


def test_results_that_are_taken_away_are_no_longer_shown(qtbot, chosen):
    from qgis.core import QgsProject

    from sttm_plugin.gui.result_layers import result_layer

    compute(qtbot, chosen)
    QgsProject.instance().removeMapLayer(result_layer("bacini").id())
    assert chosen.lum.rows == []
    chosen.show_lum()


def test_a_narrow_dock_of_a_small_screen_is_still_usable(dock):
    size = dock.minimumSizeHint()
    assert size.width() <= 320
    assert size.height() <= 560
