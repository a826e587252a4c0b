"""The panel "Riconciliazione": pairs side by side, decided by key and by click, kept."""

from __future__ import annotations

import sqlite3
from html import unescape

import pytest

X, Y = 502000.0, 5042000.0
HOSTILE = "<img src=x onerror=alert(1)>'); DROP TABLE coppie;--"

FIRST = [
    ("a1", "Liceo scientifico B. Volta", "IST.01", 0),
    ("a2", "Biblioteca civica", "CUL.01", 900),
    ("a3", "Parco delle Querce", "VER.01", 5000),
    ("a4", HOSTILE, "SAN.01", 8000),
]
SECOND = [
    ("b1", "L.S. Volta", "IST.01", 75),
    ("b2", "BIBLIOTECA CIVICA", "CUL.01", 910),
    ("b3", "Ospedale civile", "SAN.01", 3000),
    ("b4", HOSTILE, "SAN.01", 8010),
]


def make_layer(name, reading, rows):
    from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer

    fields = "&".join(
        f"field={one}"
        for one in (
            "id_servizio:string",
            "denominazione:string",
            "codice_sttm:string",
            "lettura:integer",
        )
    )
    layer = QgsVectorLayer(f"Point?crs=EPSG:32632&{fields}", name, "memory")
    features = []
    for identifier, title, code, east in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes([identifier, title, code, reading])
        feature.setGeometry(QgsGeometry.fromWkt(f"Point({X + east} {Y})"))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def workspace(sttm_provider, tmp_path):
    from qgis import processing

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": "015182", "OUTPUT": path})
    return path


@pytest.fixture
def panel(window, workspace, qtbot):
    from qgis.core import QgsCoordinateReferenceSystem
    from qgis.PyQt.QtCore import Qt

    from sttm_plugin.gui.reconciliation_dock import ReconciliationDock

    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    make_layer("piano", 1, FIRST)
    make_layer("altre fonti", 2, SECOND)
    made = ReconciliationDock(window, window.window)
    window.window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, made)
    made.show()
    made.panel.workspace.setFilePath(workspace)
    made.panel.author.setText("Ada Rossi, ufficio di piano")
    made.panel.author.editingFinished.emit()
    yield made
    made.close_down()


def click(qtbot, button):
    from qgis.PyQt.QtCore import Qt

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.runs.is_running() and not panel._waiting, timeout=60000)


def run(qtbot, panel):
    click(qtbot, panel.panel.run)
    settle(qtbot, panel)


def press(qtbot, panel, key):
    from qgis.PyQt.QtCore import Qt

    qtbot.keyClick(panel.panel.pairs, getattr(Qt.Key, f"Key_{key}"))


def choose(panel, first):
    for at in range(panel.proxy.rowCount()):
        if panel.proxy.row(panel.proxy.index(at, 0))["id_1"] == first:
            panel.panel.pairs.selectRow(at)
            return
    raise AssertionError(first)


def states(panel):
    return {row["id_1"]: row["stato"] for row in panel.model.rows}


def stored(path):
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT id_1, id_2, stato, autore, prevale FROM coppie ORDER BY id_1"
        ).fetchall()
    database.close()
    return rows


def said(panel):
    item = panel.message_bar.currentItem()
    return "" if item is None else unescape(item.text())


AUTHOR = "Ada Rossi, ufficio di piano"


def test_readings_are_recognised_and_pairs_are_shown(qtbot, panel):
    assert [layer.name() for layer in panel.readings(1)] == ["piano"]
    assert [layer.name() for layer in panel.readings(2)] == ["altre fonti"]

    run(qtbot, panel)

    assert states(panel) == {"a1": "proposto", "a2": "proposto", "a4": "proposto"}
    assert panel.panel.tabs.currentIndex() == 1
    assert panel.panel.progress_hint.text() == "3 coppie, 3 da decidere"
    assert said(panel) == (
        "3 coppie proposte (0 ambigue), 0 confermate, 0 respinte; solo Lettura 1 1, "
        "solo Lettura 2 1."
    )
    assert [panel.panel.tabs.tabText(at) for at in (1, 2, 3)] == [
        "Coppie (3)",
        "Solo Lettura 1 (1)",
        "Solo Lettura 2 (1)",
    ]
    assert panel.current()["id_1"] == "a1"


def test_the_records_stand_side_by_side_with_what_differs_marked(qtbot, panel):
    run(qtbot, panel)
    choose(panel, "a1")
    shown = panel.panel.comparison.toPlainText()
    assert "Liceo scientifico B. Volta" in shown
    assert "L.S. Volta" in shown
    assert shown.count("≠") == 1  # the names; the code is the same
    assert "a 75 m · stessa categoria" in shown


def test_hostile_names_are_shown_as_text(qtbot, panel):
    run(qtbot, panel)
    choose(panel, "a4")
    assert HOSTILE in panel.panel.comparison.toPlainText()
    assert "<img" not in panel.panel.comparison.toHtml()
    press(qtbot, panel, "A")
    settle(qtbot, panel)
    assert states(panel)["a4"] == "confermato"


def test_letters_accept_reject_and_merge_and_the_cursor_goes_on(qtbot, panel, workspace):
    run(qtbot, panel)
    choose(panel, "a1")
    # Three keys in a row: those pressed while one is written wait for their turn.
    for key in ("A", "R", "M"):
        press(qtbot, panel, key)
    settle(qtbot, panel)

    assert states(panel) == {"a1": "confermato", "a2": "respinto", "a4": "confermato"}
    assert stored(workspace) == [
        ("a1", "b1", "confermato", AUTHOR, None),
        ("a2", "b2", "respinto", AUTHOR, None),
        ("a4", "b4", "confermato", AUTHOR, "a4"),
    ]
    assert panel.panel.progress_hint.text() == "3 coppie, 0 da decidere"


@pytest.mark.parametrize(
    ("button", "state", "prevails"),
    [
        ("accept", "confermato", None),
        ("refuse", "respinto", None),
        ("merge", "confermato", "b1"),
    ],
)
def test_buttons_decide_as_the_keys(qtbot, panel, workspace, button, state, prevails):
    run(qtbot, panel)
    choose(panel, "a1")
    panel.panel.keep.setCurrentIndex(1)
    click(qtbot, getattr(panel.panel, button))
    settle(qtbot, panel)
    assert stored(workspace) == [("a1", "b1", state, AUTHOR, prevails)]


def test_decisions_survive_a_new_run_and_a_new_panel(qtbot, panel, workspace, window):
    from sttm_plugin.gui.reconciliation_dock import ReconciliationDock

    run(qtbot, panel)
    choose(panel, "a1")
    press(qtbot, panel, "A")
    press(qtbot, panel, "R")
    settle(qtbot, panel)

    run(qtbot, panel)

    assert states(panel) == {"a1": "confermato", "a2": "respinto", "a4": "proposto"}
    other = ReconciliationDock(window, window.window)
    assert {row["id_1"]: row["stato"] for row in other.model.rows} == states(panel)
    assert other.panel.author.text() == AUTHOR
    assert other.workspace() == workspace
    assert [layer.name() for layer in other.readings(2)] == ["altre fonti"]
    other.close_down()


def test_a_decision_is_taken_back_by_a_key(qtbot, panel, workspace):
    run(qtbot, panel)
    choose(panel, "a1")
    press(qtbot, panel, "R")
    settle(qtbot, panel)
    choose(panel, "a1")
    assert not panel.panel.accept.isEnabled()
    press(qtbot, panel, "U")
    settle(qtbot, panel)
    assert states(panel)["a1"] == "proposto"
    assert stored(workspace) == [("a1", "b1", "proposto", AUTHOR, None)]


def test_several_pairs_are_decided_together(qtbot, panel, workspace):
    run(qtbot, panel)
    panel.panel.pairs.selectAll()
    assert panel.panel.comparison.toPlainText() == "3 coppie scelte: si decidono insieme."
    click(qtbot, panel.panel.accept)
    settle(qtbot, panel)
    assert set(states(panel).values()) == {"confermato"}
    assert len(stored(workspace)) == 3


def test_the_map_shows_both_records(qtbot, panel, window):
    run(qtbot, panel)
    choose(panel, "a1")
    press(qtbot, panel, "Return")
    centre = window.canvas.extent().center()
    assert (round(centre.x(), 1), round(centre.y(), 1)) == (X + 37.5, Y)


def test_the_map_follows_the_row_of_a_service_that_is_alone(qtbot, panel, window):
    run(qtbot, panel)
    panel.panel.tabs.setCurrentIndex(2)
    assert panel._others["ONLY1"].rows[0]["motivo_letto"] == "nessun candidato"
    panel.panel.only1.selectRow(0)
    assert round(window.canvas.extent().center().x()) == X + 5000


def test_duplicates_of_a_reading_are_listed_by_group(qtbot, panel):
    make_layer("doppioni", 1, [("a5", "Biblioteca civica", "CUL.01", 905)])
    panel.tick(1, [*panel.readings(1), project_layer("doppioni")])
    run(qtbot, panel)
    rows = panel._others["DUPLICATES"].rows
    assert [(row["numero"], row["lettura"], row["id_servizio"]) for row in rows] == [
        (1, 1, "a2"),
        (1, 1, "a5"),
    ]
    assert [row["denominazione"] for row in rows] == ["Biblioteca civica"] * 2
    assert panel.panel.tabs.tabText(4) == "Duplicati (1)"


def project_layer(name):
    from qgis.core import QgsProject

    [layer] = QgsProject.instance().mapLayersByName(name)
    return layer


def test_pairs_are_filtered_and_sorted(qtbot, panel):
    from qgis.PyQt.QtCore import Qt

    run(qtbot, panel)
    panel.panel.filter_text.setText("BIBLIO")
    panel._filter()
    assert panel.proxy.rowCount() == 1
    panel.panel.filter_text.clear()
    panel.panel.filter_state.setCurrentIndex(panel.panel.filter_state.findData("respinto"))
    assert panel.proxy.rowCount() == 0
    panel.panel.filter_state.setCurrentIndex(0)
    panel._filter()
    panel.panel.pairs.sortByColumn(panel.model.DISTANCE, Qt.SortOrder.DescendingOrder)
    metres = [panel.proxy.row(panel.proxy.index(at, 0))["distanza_m"] for at in range(3)]
    assert metres == [75.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("empty", "sentence"),
    [("workspace", "l'area di lavoro che tiene le decisioni"), ("author", "chi decide")],
)
def test_without_workspace_or_author_nothing_is_decided(qtbot, panel, workspace, empty, sentence):
    run(qtbot, panel)
    if empty == "workspace":
        panel.panel.workspace.setFilePath("")
    else:
        panel.panel.author.setText("")
    choose(panel, "a1")
    press(qtbot, panel, "A")
    assert sentence in said(panel)
    assert states(panel)["a1"] == "proposto"
    assert stored(workspace) == []


def test_a_decision_that_cannot_be_shows_its_sentence_and_takes_itself_back(
    qtbot, panel, workspace
):
    run(qtbot, panel)
    with sqlite3.connect(workspace) as database:
        database.execute("DROP TABLE coppie")
    database.close()
    choose(panel, "a1")
    press(qtbot, panel, "A")
    settle(qtbot, panel)
    assert "coppie" in said(panel)
    assert states(panel)["a1"] == "proposto"
    assert not any(row.get("in_attesa") for row in panel.model.rows)


def test_the_readings_are_counted_by_zone_and_the_report_opens(
    qtbot, panel, workspace, monkeypatch
):
    from pathlib import Path

    from sttm_plugin.gui import reconciliation_dock

    opened = []
    monkeypatch.setattr(
        reconciliation_dock.QDesktopServices,
        "openUrl",
        lambda url: opened.append(url.toLocalFile()),
    )
    run(qtbot, panel)
    click(qtbot, panel.panel.zones)
    settle(qtbot, panel)
    report = str(Path(workspace).parent / "letture_per_zona.html")
    assert opened == [report]
    assert said(panel) == "Lettura 1: 4 servizi, Lettura 2: 4. Rapporto: letture_per_zona.html."
    assert "<img" not in Path(report).read_text(encoding="utf-8")


def test_author_and_workspace_of_the_other_panels_are_followed(qtbot, window, workspace, tmp_path):
    import shutil

    from sttm_plugin.gui.project_state import recall, remember, remember_path
    from sttm_plugin.gui.reconciliation_dock import ReconciliationDock

    made = ReconciliationDock(window, window.window)
    remember("autore", "Ugo Verdi")
    remember_path("workspace", workspace)
    assert made.panel.author.text() == "Ugo Verdi"
    assert made.workspace() == workspace
    other = shutil.copy(workspace, tmp_path / "altra.gpkg")
    remember_path("workspace", str(other))
    assert made.workspace() == str(other)
    assert made.panel.inputs_hint.text().startswith("Le decisioni già prese in altra.gpkg")
    assert recall("coppie_in") == ""
    made.panel.workspace.setFilePath(workspace)
    remember_path("workspace", "")
    assert made.workspace() == workspace
    made.close_down()


def test_results_that_are_removed_are_shown_no_longer(qtbot, panel):
    from qgis.core import QgsProject

    run(qtbot, panel)
    assert panel.panel.tabs.tabText(2) == "Solo Lettura 1 (1)"
    for name in ("Solo nella Lettura 1", "Coppie"):
        QgsProject.instance().removeMapLayer(project_layer(name).id())
    assert panel._others["ONLY1"].rows == []
    assert panel.panel.tabs.tabText(2) == "Solo Lettura 1"
    assert panel.model.rows == []
    assert panel.panel.comparison.toPlainText() == ""


def test_what_is_missing_is_asked_for(qtbot, panel):
    panel.tick(2, [])
    run(qtbot, panel)
    assert said(panel) == "Spuntare i layer della Lettura 2."
    assert panel.panel.tabs.currentIndex() == 0


def test_the_panel_fits_a_small_screen(panel):
    size = panel.minimumSizeHint()
    assert size.width() <= 900
    assert size.height() <= 360
