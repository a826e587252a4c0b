"""Justifications of two copies: exported and merged alike whoever starts; bad files refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.ids import id_of
from sttm_plugin.core.schema import WAIVERS, names
from sttm_plugin.core.waiverexchange import export_document, merge_waivers, read_document

REASON = "La convenzione con i comuni contermini ne garantisce l'uso condiviso."


def waiver(number=1, finding=1, **changed):
    row = dict.fromkeys(names(WAIVERS))
    row.update(
        id_deroga=id_of(f"d{number}"),
        id_rilievo=id_of(f"r{finding}"),
        codice="STTM2-301",
        giustificazione=REASON,
        tipo_giustificazione="atto",
        autore="Anna Rossi",
        data="2024-05-31",
    )
    return {**row, **changed}


def by_id(rows):
    return {row["id_deroga"]: row for row in rows}


def test_what_is_exported_comes_back_whole_in_any_order(tmp_path):
    rows = [waiver(2), waiver(1, documento="dgc.pdf", letto='{"oggetti": {}}')]
    first, left = export_document(rows)
    second, _ = export_document(rows[::-1])
    assert (first, left) == (second, [])
    (tmp_path / "d.json").write_bytes(first)
    assert by_id(read_document(tmp_path / "d.json")[0]) == by_id(rows)


def test_a_row_without_author_is_left_out_and_named():
    content, left = export_document([waiver(1), waiver(2, autore=None)])
    assert left == [id_of("d2")]
    assert [row["id_deroga"] for row in json.loads(content)["deroghe"]] == [id_of("d1")]


def test_new_ones_are_added_and_a_second_time_nothing_changes():
    rows, changed, counts, conflicts = merge_waivers([waiver(1)], [waiver(1), waiver(2, 2)])
    assert [row["id_deroga"] for row in rows] == [id_of("d1"), id_of("d2")]
    assert (changed, counts) == (1, {"aggiunte": 1, "aggiornate": 0, "uguali": 1})
    assert conflicts == []
    again = merge_waivers(rows, [waiver(1), waiver(2, 2)])
    assert again[0] == rows
    assert again[1] == 0


def test_the_later_date_wins_and_what_loses_is_listed():
    mine, theirs = waiver(1, data="2024-05-31"), waiver(1, data="2024-06-02", documento="b.pdf")
    for one, other in ((mine, theirs), (theirs, mine)):
        rows, _, _, [conflict] = merge_waivers([one], [other])
        assert (rows[0]["data"], rows[0]["documento"]) == ("2024-06-02", "b.pdf")
        assert conflict["tipo"] == "testo_diverso"
        assert conflict["campi"] == "data"
        assert conflict["non_vale"] == '{"data":"2024-05-31"}'
        assert conflict["provenienza_non_vale"] == ("questa copia" if one is mine else "file")


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"),
    [
        (None, "2024-07-01", "2024-07-01"),
        ("2024-07-01", None, "2024-07-01"),
        ("2024-07-01", "2024-06-15", "2024-06-15"),
    ],
)
def test_a_revocation_survives(mine, theirs, kept):
    rows, _, _, conflicts = merge_waivers(
        [waiver(1, revocata_il=mine)], [waiver(1, revocata_il=theirs)]
    )
    assert rows[0]["revocata_il"] == kept
    assert conflicts == []


def test_two_justifications_of_a_finding_both_stay_and_are_told():
    mine, theirs = waiver(1), waiver(2, data="2024-06-02", autore="Bruno Neri")
    rows, _, _, [conflict] = merge_waivers([mine], [theirs])
    assert len(rows) == 2
    assert conflict["tipo"] == "due_giustificazioni"
    assert conflict["vale"].endswith("Bruno Neri, 2024-06-02")
    assert conflict["provenienza_non_vale"] == "questa copia"
    assert merge_waivers([waiver(1, revocata_il="2024-06-01")], [theirs])[3] == []


ROWS = st.lists(
    st.builds(
        waiver,
        st.integers(1, 4),
        st.integers(1, 2),
        data=st.sampled_from(["2024-05-31", "2024-06-02"]),
        documento=st.sampled_from([None, "a.pdf", "b.pdf"]),
        revocata_il=st.sampled_from([None, "2024-07-01", "2024-08-01"]),
    ),
    max_size=5,
    unique_by=lambda row: row["id_deroga"],
)


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_both_copies_end_with_the_same_rows_and_nothing_is_lost(mine, theirs):
    here, there = merge_waivers(mine, theirs)[0], merge_waivers(theirs, mine)[0]
    assert by_id(here) == by_id(there)
    assert set(by_id(here)) == {*by_id(mine), *by_id(theirs)}
    for row in (*mine, *theirs):
        if row["revocata_il"]:
            assert by_id(here)[row["id_deroga"]]["revocata_il"]
    assert merge_waivers(here, theirs)[:2] == (here, 0)


def told(**changed):
    return {"schema": "sttm.deroghe/1", "deroghe": [{**waiver(1), **changed}]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "non è un file di giustificazioni leggibile"),
        (b"\xff\xfe\x00", "non è un file di giustificazioni leggibile"),
        (b"[" * 100_000, "non è un file di giustificazioni leggibile"),
        (b"[]", "non è un file di giustificazioni: «schema» vale «None»"),
        ({"schema": "sttm.rilievi/1"}, "«schema» vale «sttm.rilievi/1»"),
        ({"schema": "sttm.deroghe/1", "deroghe": {}}, "manca l'elenco"),
        ({"schema": "sttm.deroghe/1", "deroghe": [3]}, "giustificazione 1: non è un oggetto"),
        (told(formula="=1+1"), "campo sconosciuto «formula»"),
        (told(autore={"a": 1}), "«autore» deve essere un testo"),
        (told(autore=" "), "manca l'autore"),
        (told(autore="x" * 2001), "«autore» supera 2000 caratteri"),
        (told(data=None), "manca la data"),
        (told(data="31/05/2024"), "«data» 31/05/2024 non è una data"),
        (told(data="2999-01-01"), "«data» 2999-01-01 è dopo oggi"),
        (told(revocata_il="ieri"), "«revocata_il» ieri non è una data"),
        (told(giustificazione="corta"), "ha 5 caratteri: ne servono almeno 40"),
        (told(tipo_giustificazione="simpatia"), "«simpatia» non previsto"),
        (told(id_rilievo="'; DROP TABLE deroghe; --"), "«id_rilievo» non è un codice valido"),
        (
            {"schema": "sttm.deroghe/1", "deroghe": [waiver(1), waiver(1)]},
            "giustificazione 2: id_deroga .* ripetuto",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole_with_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "d.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(SttmError, match=sentence):
        read_document(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SttmError, match="«manca.json» non si legge"):
        read_document(tmp_path / "manca.json")
