"""The button "…" of the findings: equal ones, copy, history, exchange with a colleague."""

from __future__ import annotations

import json

import pytest

from .rows import SERVICE_ID, a_finding
from .test_verification_dock import REASON, said, wait_until_idle


@pytest.fixture
def page(qtbot, findings_layer):
    """A page with three findings of one check, in two severities, and one of another."""
    from sttm_plugin.gui.findings_model import read_findings
    from sttm_plugin.gui.findings_page import FindingsPage

    made = FindingsPage()
    qtbot.addWidget(made)
    rows = [
        a_finding(1),
        a_finding(2, severita="errore", descrizione='=HYPERLINK("x")\t<b>due</b>\nrighe'),
        a_finding(3, codice="STTM2-302"),
        a_finding(4, stato="giustificazione_scaduta", cambiato="Gestore: «ASL» → «Comune»."),
    ]
    made.set_findings(read_findings(findings_layer(rows)))
    return made


def test_equal_findings_are_chosen_together_and_justified_at_once(qtbot, page):
    page.select("r1")
    page.select_equal()
    assert sorted(finding.id_rilievo for finding in page.selected()) == ["r1", "r2", "r4"]
    with qtbot.waitSignal(page.justify_wanted) as wanted:
        page.justify.click()
    assert sorted(finding.id_rilievo for finding in wanted.args[0]) == ["r1", "r2", "r4"]


def test_only_what_the_filter_shows_is_equal(page):
    page.set_filter_values("", "errore", "")
    page.select("r2")
    page.select_equal()
    assert [finding.id_rilievo for finding in page.selected()] == ["r2"]


def test_the_copy_is_a_table_that_runs_no_formula(page):
    from qgis.PyQt.QtGui import QGuiApplication

    page.select("r2")
    page.copy()
    head, row, end = QGuiApplication.clipboard().text().split("\n")
    cells = dict(zip(head.split("\t"), row.split("\t")))
    assert cells["Descrizione"] == '\'=HYPERLINK("x") <b>due</b> righe'
    assert (cells["Controllo"], cells["Severità"], cells["Valore"]) == ("STTM2-301", "errore", "12")
    assert (cells["Oggetto"], end) == (SERVICE_ID, "")


def test_without_a_choice_all_that_is_shown_is_copied(page):
    from qgis.PyQt.QtGui import QGuiApplication

    page.tree.clearSelection()
    page.set_filter_values("", "avviso", "")
    page.tree.clearSelection()
    page.copy()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 1 + 3


def test_the_detail_of_a_lapsed_justification_says_what_changed(page):
    page.select("r4")
    assert "Gestore: «ASL» → «Comune»." in page.detail.toPlainText()


@pytest.fixture
def workspace(sttm_provider, tmp_path):
    """A workspace of Milano with two runs in its history and one justification."""
    import processing

    from sttm_plugin.core import schema
    from sttm_plugin.core.ids import id_of
    from sttm_plugin.qgis_io.workspacetables import add_history, change_decisions

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": "015146", "OUTPUT": path})
    lapsed = {"codice": "STTM2-301", "descrizione": "<b>Asilo</b>", "cambiato": "Gestore: a → b."}
    for day, changes in (("01", {}), ("02", {"scadute": [lapsed]})):
        row = dict.fromkeys(schema.names(schema.HISTORY), 0)
        row.update(
            id_verifica=day, momento=f"2026-02-{day}T10:00:00Z", istat="015146", criteri="sttm2",
            criteri_versione="0.1", criteri_sha256="", avvisi=3, scadute=len(changes),
            cambiamenti=json.dumps(changes),
        )  # fmt: skip
        add_history(path, row)
    waiver = dict.fromkeys(schema.names(schema.WAIVERS))
    waiver.update(
        id_deroga=id_of("d1"), id_rilievo=id_of("r1"), giustificazione=REASON,
        tipo_giustificazione="atto", autore="Anna Rossi", data="2024-05-31",
    )  # fmt: skip
    change_decisions(path, lambda rows: ([*rows, waiver], 1), lambda rows: (rows, 0))
    return path


def test_the_history_shows_runs_newest_first_with_what_changed(qtbot, workspace):
    from sttm_plugin.gui.history_dialog import HistoryDialog

    dialog = HistoryDialog(workspace, "015146")
    qtbot.addWidget(dialog)
    runs = [dialog.model.item(row) for row in range(dialog.model.rowCount())]
    assert [run.text()[:10] for run in runs] == ["02/02/2026", "01/02/2026"]
    assert dialog.model.item(0, 3).text() == "3"
    [branch] = [runs[0].child(row) for row in range(runs[0].rowCount())]
    assert branch.text() == "Giustificazioni scadute (1)"
    assert branch.child(0).text() == "STTM2-301  <b>Asilo</b> – Gestore: a → b."
    assert "<" not in branch.child(0).toolTip()
    assert dialog.tree.isFirstColumnSpanned(0, runs[0].index())
    assert runs[1].rowCount() == 0
    other = HistoryDialog(workspace, "015108")
    qtbot.addWidget(other)
    assert "non ci sono ancora verifiche" in other.told.text()


def test_justifications_go_out_and_come_back_through_the_dock(
    qtbot, workspace, chosen, tmp_path, monkeypatch
):
    from qgis.PyQt.QtWidgets import QFileDialog

    path = str(tmp_path / "per_bruno")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (path, ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a: (f"{path}.json", ""))
    chosen.findings.actions_by_name["export"].trigger()
    assert said(chosen).startswith("Le giustificazioni si scambiano")

    chosen.inputs.workspace.setFilePath(workspace)
    chosen.findings.actions_by_name["export"].trigger()
    wait_until_idle(qtbot, chosen)
    assert said(chosen) == "1 giustificazione in per_bruno.json."

    chosen.findings.actions_by_name["import"].trigger()
    wait_until_idle(qtbot, chosen)
    assert said(chosen) == (
        "Giustificazioni: 0 aggiunte, 0 aggiornate, 1 già uguali. Rieseguire la verifica (F5) per "
        "applicarle."
    )
