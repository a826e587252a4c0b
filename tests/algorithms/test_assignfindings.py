"""assignfindings: who answers for a finding, kept in the workspace beside the runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.gui.conftest import findings_layer  # noqa: F401 - a fixture
from tests.gui.rows import a_finding

HOSTILE = "<b>Anna</b>'); DROP TABLE assegnazioni;--"


@pytest.fixture
def workspace(sttm_provider, tmp_path):
    import processing

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": "015146", "OUTPUT": path})
    return path


@pytest.fixture
def assign(sttm_provider, findings_layer):  # noqa: F811
    import processing

    layer = findings_layer([a_finding(1), a_finding(2), a_finding(3, codice="STTM2-302")])

    def run(ids, **given):
        fixed = {"FINDINGS": layer, "IDS": ids, "ASSIGNED_BY": "Capo ufficio"}
        return processing.run("sttm:assignfindings", {**fixed, **given})

    return run


def stored(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT id_rilievo, assegnato_a, assegnato_da, data, nota FROM assegnazioni "
            "ORDER BY id_rilievo"
        ).fetchall()


def test_findings_are_assigned_changed_and_taken_back_in_the_workspace(assign, workspace):
    found = assign("STTM2-301", ASSIGNEE=HOSTILE, WORKSPACE=workspace, DATE="2024-05-31")
    assert (found["ASSIGNED"], found["CLEARED"]) == (2, 0)
    assert stored(workspace) == [
        ("r1", HOSTILE, "Capo ufficio", "2024-05-31", None),
        ("r2", HOSTILE, "Capo ufficio", "2024-05-31", None),
    ]
    assign("r2;r3", ASSIGNEE="Bruno", NOTE="sopralluogo", WORKSPACE=workspace, DATE="2024-06-01")
    found = assign("r1", CLEAR=True, WORKSPACE=workspace, DATE="2024-06-02")
    assert (found["ASSIGNED"], found["CLEARED"]) == (0, 1)
    assert stored(workspace) == [
        ("r1", None, "Capo ufficio", "2024-06-02", None),
        ("r2", "Bruno", "Capo ufficio", "2024-06-01", "sopralluogo"),
        ("r3", "Bruno", "Capo ufficio", "2024-06-01", "sopralluogo"),
    ]


def test_a_workspace_made_before_gets_the_table(assign, workspace):
    from qgis.core import QgsVectorLayer

    with closing(sqlite3.connect(workspace)) as connection, connection:
        connection.execute("DROP TABLE assegnazioni")
        connection.execute("DELETE FROM gpkg_contents WHERE table_name = 'assegnazioni'")
    assign("r1", ASSIGNEE="Bruno", WORKSPACE=workspace)
    layer = QgsVectorLayer(f"{workspace}|layername=assegnazioni", "a", "ogr")
    assert [one["assegnato_a"] for one in layer.getFeatures()] == ["Bruno"]


def test_without_a_workspace_the_table_goes_from_run_to_run(assign):
    first = assign("r1", ASSIGNEE="Anna", OUTPUT="TEMPORARY_OUTPUT")["OUTPUT"]
    second = assign("r2", ASSIGNEE="Bruno", ASSIGNMENTS=first, OUTPUT="TEMPORARY_OUTPUT")["OUTPUT"]
    rows = [(one["id_rilievo"], one["assegnato_a"]) for one in second.getFeatures()]
    assert rows == [("r1", "Anna"), ("r2", "Bruno")]
    assert first.featureCount() == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Indicare a chi assegnare"),
        ({"ASSIGNEE": "Anna", "ASSIGNED_BY": " "}, "Manca chi assegna"),
        ({"ASSIGNEE": "Anna"}, "Senza area di lavoro indicare dove scrivere"),
        ({"ASSIGNEE": "Anna", "DATE": "domani"}, "«domani» non valida"),
    ],
)
def test_what_cannot_be_assigned_is_refused(assign, given, sentence):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=sentence):
        assign("r1", **given)


def test_an_unknown_finding_leaves_the_table_as_it_was(assign, workspace):
    from qgis.core import QgsProcessingException

    assign("r1", ASSIGNEE="Anna", WORKSPACE=workspace)
    before = stored(workspace)
    with pytest.raises(QgsProcessingException, match="Rilievo sconosciuto: r9"):
        assign("r2;r9", ASSIGNEE="Bruno", WORKSPACE=workspace)
    assert stored(workspace) == before


def test_assignments_travel_with_the_justifications(assign, workspace, tmp_path):
    import processing

    assign("r1;r2", ASSIGNEE="Anna", WORKSPACE=workspace, DATE="2024-05-31")
    other, file = str(tmp_path / "altra.gpkg"), str(tmp_path / "d.json")
    processing.run("sttm:createworkspace", {"COMUNE": "015146", "OUTPUT": other})
    sent = processing.run(
        "sttm:exchangewaivers", {"DIRECTION": 0, "WORKSPACE": workspace, "OUTPUT_FILE": file}
    )
    given = {"DIRECTION": 1, "WORKSPACE": other, "FILE": file}
    taken = [processing.run("sttm:exchangewaivers", given)["ASSIGNMENTS"] for _ in range(2)]
    assert (sent["ASSIGNMENTS"], taken) == (2, [2, 0])
    assert stored(other) == stored(workspace)
