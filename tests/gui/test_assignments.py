"""Findings given to people in the panel: by key, shown, filtered, taken back, kept by a run."""

from __future__ import annotations

import pytest

from .rows import a_finding
from .test_verification_dock import run, said, wait_until_idle

HOSTILE = "<b>Anna</b>'); DROP TABLE assegnazioni;--"


def row(finding, to, **changed):
    made = {"id_rilievo": finding, "assegnato_a": to, "assegnato_da": "Capo", "data": "2024-05-31"}
    return {finding: {**made, "nota": None, **changed}}


@pytest.fixture
def page(qtbot, findings_layer):
    """A page with four findings: one of Anna's, two of Bruno's, one taken back."""
    from sttm_plugin.gui.findings_model import read_findings
    from sttm_plugin.gui.findings_page import FindingsPage

    made = FindingsPage()
    qtbot.addWidget(made)
    assigned = {
        **row("r1", HOSTILE, nota="entro <giugno>"),
        **row("r2", "Bruno"),
        **row("r3", "Bruno"),
        **row("r4", None),
    }
    made.set_findings(read_findings(findings_layer([a_finding(n) for n in range(1, 5)])), assigned)
    return made


def shown(page):
    return sorted(finding.id_rilievo for finding in page.model.shown_findings())


def offered(page):
    return [page.filter_person.itemText(at) for at in range(page.filter_person.count())]


def test_the_filter_offers_nobody_somebody_and_each_person(page):
    assert offered(page) == [
        "Di tutti",
        "non assegnati",
        "assegnati",
        f"{HOSTILE} (1)",
        "Bruno (2)",
    ]
    found = {}
    for at in range(5):
        page.filter_person.setCurrentIndex(at)
        found[at] = shown(page)
    assert found == {
        0: ["r1", "r2", "r3", "r4"], 1: ["r4"], 2: ["r1", "r2", "r3"], 3: ["r1"], 4: ["r2", "r3"],
    }  # fmt: skip


def test_the_person_has_a_column_only_where_somebody_is_assigned(page):
    from sttm_plugin.gui.findings_model import FindingsModel

    index = page.model.index_of("r2").siblingAtColumn(FindingsModel.PERSON)
    assert (index.data(), page.tree.isColumnHidden(FindingsModel.PERSON)) == ("Bruno", False)
    page.set_findings(page.model.findings())
    assert page.tree.isColumnHidden(FindingsModel.PERSON)
    assert index.data() is None or index.data() == ""


def test_a_hostile_name_is_plain_text_everywhere(page):
    from qgis.PyQt.QtCore import Qt

    from sttm_plugin.gui.findings_model import FindingsModel

    page.select("r1")
    told = page.detail.toPlainText()
    assert f"Assegnato a {HOSTILE}, il 31/05/2024, da Capo: entro <giugno>" in told
    tip = page.model.index_of("r1").siblingAtColumn(FindingsModel.PERSON)
    assert "<" not in tip.data(Qt.ItemDataRole.ToolTipRole)


def test_a_name_that_nobody_bears_any_more_stays_chosen_and_shows_nothing(page):
    page.set_filter_values("", "", "", "a:Bruno")
    page.set_findings(page.model.findings())
    assert (page.filter_values()[3], shown(page)) == ("a:Bruno", [])


def answer(monkeypatch, to, by="Capo ufficio", note=""):
    from qgis.PyQt.QtWidgets import QDialog

    from sttm_plugin.gui import verification_dock

    class Answered(verification_dock.AssignDialog):
        def exec(self):
            Answered.offered = [self.assignee.itemText(at) for at in range(self.assignee.count())]
            self.assignee.setEditText(to)
            self.assigned_by.setText(by)
            self.note.setText(note)
            return QDialog.DialogCode.Accepted

    monkeypatch.setattr(verification_dock, "AssignDialog", Answered)
    return Answered


def people(dock):
    return {one.id_rilievo: one.assignee for one in dock.findings.model.findings()}


def press(qtbot, dock, shift=False):
    from qgis.PyQt.QtCore import Qt

    modifier = Qt.KeyboardModifier.ControlModifier
    if shift:
        modifier |= Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(dock.findings.tree, Qt.Key.Key_G, modifier)
    wait_until_idle(qtbot, dock)


def test_without_a_workspace_assignments_stay_in_the_project_and_outlive_a_run(
    qtbot, probe, chosen, monkeypatch
):
    probe.rows = (a_finding(1), a_finding(2))
    run(qtbot, chosen)
    answer(monkeypatch, "Bruno Neri")
    chosen.findings.select("r1")
    press(qtbot, chosen)
    assert said(chosen) == "1 rilievo assegnato a Bruno Neri."
    run(qtbot, chosen)
    assert people(chosen) == {"r1": "Bruno Neri", "r2": ""}

    asked = answer(monkeypatch, "Carla")
    chosen.findings.tree.selectAll()
    press(qtbot, chosen)
    assert (said(chosen), asked.offered) == ("2 rilievi assegnati a Carla.", ["Bruno Neri"])
    chosen.findings.select("r2")
    press(qtbot, chosen, shift=True)
    assert said(chosen) == "1 rilievo assegnato a nessuno."
    assert people(chosen) == {"r1": "Carla", "r2": ""}


def test_in_a_workspace_they_survive_a_real_check_by_the_finding_s_id(
    qtbot, sttm_provider, chosen, tmp_path, monkeypatch
):
    import processing
    from qgis.core import QgsVectorLayer

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": "015146", "OUTPUT": path})
    chosen.inputs.workspace.setFilePath(path)
    chosen.check()
    qtbot.waitUntil(lambda: not chosen.is_running(), timeout=120000)
    findings = people(chosen)
    assert len(findings) >= 2
    answer(monkeypatch, "Bruno", note="telefonare")
    one = chosen.findings.current().id_rilievo
    press(qtbot, chosen)
    chosen.check()
    qtbot.waitUntil(lambda: not chosen.is_running(), timeout=120000)
    assert people(chosen) == {**findings, one: "Bruno"}
    [stored] = QgsVectorLayer(f"{path}|layername=assegnazioni", "a", "ogr").getFeatures()
    assert (stored["assegnato_da"], stored["nota"]) == ("Capo ufficio", "telefonare")


def test_assigning_needs_a_name_on_both_sides(qtbot, chosen, findings_layer):
    from sttm_plugin.gui.dialogs import AssignDialog
    from sttm_plugin.gui.findings_model import read_findings

    findings = read_findings(findings_layer([a_finding(), a_finding(2)]))
    for one in findings:
        one.assigned = None
    dialog = AssignDialog(findings, ["Anna"])
    qtbot.addWidget(dialog)
    dialog.assignee.setEditText("Anna")
    assert not dialog._ok.isEnabled()
    dialog.assigned_by.setText("Capo")
    assert dialog._ok.isEnabled()
    assert dialog.what.text().startswith("2 rilievi alla stessa persona. Il primo: STTM2-301")


def test_the_filter_of_people_comes_back_with_the_project(qtbot, probe, chosen):
    run(qtbot, chosen)
    chosen.findings.set_filter_values("", "", "", "a:Bruno")
    chosen.remember_view()
    chosen.findings.set_filter_values("", "", "")
    chosen.restore()
    assert chosen.findings.filter_values()[3] == "a:Bruno"
