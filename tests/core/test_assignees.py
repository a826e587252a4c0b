"""Who answers for a finding: one row a finding, the later decision counts in every copy."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sttm_plugin.core.assignees import assign, assignment_faults, merge_assignments
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.schema import ASSIGNMENTS, names
from sttm_plugin.core.waiverexchange import export_document, read_document

FINDINGS = [
    {"id_rilievo": "r1", "codice": "STTM2-301", "id_oggetto": "s1", "stato": "aperto"},
    {"id_rilievo": "r2", "codice": "STTM2-301", "id_oggetto": "s2", "stato": "risolto"},
    {"id_rilievo": "r3", "codice": "STTM2-302", "id_oggetto": "s1", "stato": "nuovo"},
]


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780300800")  # 2026-06-01T08:00:00Z


def assigned(ids, to="Bruno Neri", known=(), by="Anna Rossi", **others):
    return assign(known, FINDINGS, ids, assegnato_a=to, assegnato_da=by, **others)


def row(finding="r1", moment="2026-05-01T10:00:00Z", **changed):
    made = dict.fromkeys(names(ASSIGNMENTS))
    made.update(id_rilievo=finding, assegnato_a="Anna", assegnato_da="Capo", data="2026-05-01")
    return {**made, "momento": moment, **changed}


def test_a_finding_is_given_to_a_person_by_another_on_a_day():
    rows, changed = assigned(["r1"], to="  Bruno   Neri ", nota="telefonare")
    assert changed == 1
    assert rows == [
        {
            "id_rilievo": "r1",
            "codice": "STTM2-301",
            "id_oggetto": "s1",
            "assegnato_a": "Bruno Neri",
            "assegnato_da": "Anna Rossi",
            "data": "2026-06-01",
            "momento": "2026-06-01T08:00:00Z",
            "nota": "telefonare",
        }
    ]


def test_a_code_stands_for_its_findings_that_are_not_resolved():
    rows, changed = assigned(["STTM2-301", "r3", "r1"])
    assert ([one["id_rilievo"] for one in rows], changed) == (["r1", "r3"], 2)


def test_another_person_takes_the_place_and_the_same_one_changes_nothing():
    rows, _ = assigned(["r1", "r3"])
    again, changed = assigned(["r1"], known=rows, by="Altro")
    assert (again, changed) == (rows, 0)
    rows, changed = assigned(["r1"], to="Carla", known=rows)
    assert [(one["id_rilievo"], one["assegnato_a"]) for one in rows] == [
        ("r1", "Carla"),
        ("r3", "Bruno Neri"),
    ]
    assert changed == 1


def test_who_takes_a_finding_away_stays_written():
    rows, _ = assigned(["r1"])
    rows, changed = assigned(["r1", "r3"], to="", known=rows, by="Dirigente")
    assert changed == 1
    assert [(one["assegnato_a"], one["assegnato_da"]) for one in rows] == [(None, "Dirigente")]


@pytest.mark.parametrize(
    ("given_", "sentence"),
    [
        ({"by": " "}, "Manca chi assegna"),
        ({"ids": ["r9"]}, "Rilievo sconosciuto: r9"),
        ({"data": "2027-01-01"}, "nel futuro"),
        ({"data": "ieri"}, "«ieri» non valida"),
    ],
)
def test_what_cannot_be_assigned_is_refused(given_, sentence):
    with pytest.raises(SttmError, match=sentence):
        assigned(**{"ids": ["r1"], **given_})


def test_the_later_decision_counts_and_a_second_time_nothing_changes():
    mine = [row(), row("r2", assegnato_a="Anna")]
    theirs = [
        row(moment="2026-05-02T10:00:00Z", assegnato_a=None),
        row("r2", moment="2026-04-30T10:00:00Z", assegnato_a="Bruno"),
        row("r3", assegnato_a="Bruno"),
    ]
    rows, changed = merge_assignments(mine, theirs)
    assert [(one["id_rilievo"], one["assegnato_a"]) for one in rows] == [
        ("r1", None),
        ("r2", "Anna"),
        ("r3", "Bruno"),
    ]
    assert changed == 2
    assert merge_assignments(rows, theirs) == (rows, 0)


_rows = st.lists(
    st.builds(
        lambda finding, second, to: row(finding, f"2026-05-01T10:00:0{second}Z", assegnato_a=to),
        st.sampled_from(["r1", "r2", "r3"]),
        st.integers(0, 2),
        st.sampled_from(["Anna", "Bruno", None]),
    ),
    max_size=4,
    unique_by=lambda one: one["id_rilievo"],
)


@given(_rows, _rows)
def test_whoever_starts_both_copies_end_alike(mine, theirs):
    def sorted_(rows):
        return sorted(rows, key=lambda one: one["id_rilievo"])

    one = sorted_(merge_assignments(mine, theirs)[0])
    assert one == sorted_(merge_assignments(theirs, mine)[0])


def test_a_file_without_assignments_has_the_bytes_it_always_had(tmp_path):
    assert json.loads(export_document([])[0]) == {"schema": "sttm.deroghe/1", "deroghe": []}
    content, _ = export_document([], [row("r2"), row("r1"), row("r3", assegnato_da=None)])
    assert content == export_document([], [row("r1"), row("r2")])[0]
    (tmp_path / "d.json").write_bytes(content)
    assert read_document(tmp_path / "d.json") == ([], [row("r1"), row("r2")])


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"assegnato_da": None}, "manca «assegnato_da»"),
        ({"assegnato_a": 7}, "«assegnato_a» deve essere un testo di al più 2000 caratteri"),
        ({"momento": "2026-06-02T00:00:00Z"}, "«momento» 2026-06-02T00:00:00Z è nel futuro"),
        ({"data": "2026-13-01"}, "Data «2026-13-01» non valida: scriverla come 2026-01-31"),
        ({"altro": "x"}, "campo sconosciuto «altro»"),
    ],
)
def test_a_bad_row_of_a_file_is_told_and_nothing_is_taken(tmp_path, changed, fault):
    assert assignment_faults(row(**changed)) == [fault]
    text = json.dumps({"schema": "sttm.deroghe/1", "deroghe": [], "assegnazioni": [row(**changed)]})
    (tmp_path / "d.json").write_text(text, encoding="utf-8")
    with pytest.raises(SttmError, match="assegnazione 1: "):
        read_document(tmp_path / "d.json")
