"""Waivers: who may be justified, by whom, until when."""

from __future__ import annotations

import pytest

from sttm_plugin.core import waivers
from sttm_plugin.core.errors import SttmError

REASON = "La convenzione con i comuni contermini ne garantisce l'uso condiviso."
SIGNED = {"giustificazione": REASON, "tipo": "atto", "autore": "Anna Rossi", "data": "2024-05-31"}


def finding(number, **changed):
    return {
        "id_rilievo": f"r{number}",
        "codice": "STTM2-301",
        "titolo": "Sovra-dichiarazione",
        "id_oggetto": f"s{number}",
        "impronta": "aaaa",
        "stato": "aperto",
        "ammette_giustificazione": True,
        "giustificazione": None,
        "autore": None,
        "data": None,
        **changed,
    }


def test_a_waiver_carries_the_finding_and_the_words_of_its_author():
    [made] = waivers.make_waivers([finding(1)], ["r1"], documento=" atto.pdf ", **SIGNED)

    assert made["id_deroga"]
    assert {name: made[name] for name in made if name != "id_deroga"} == {
        "id_rilievo": "r1",
        "codice": "STTM2-301",
        "id_oggetto": "s1",
        "impronta": "aaaa",
        "giustificazione": REASON,
        "tipo_giustificazione": "atto",
        "riferimento_giustificazione": None,
        "autore": "Anna Rossi",
        "data": "2024-05-31",
        "documento": "atto.pdf",
        "revocata_il": None,
        "letto": None,
    }


@pytest.mark.parametrize(("length", "accepted"), [(39, False), (40, True), (41, True)])
def test_a_reason_has_at_least_forty_characters(length, accepted):
    reason = "x" * length
    if accepted:
        assert waivers.check_reason(f"  {reason} ") == reason
    else:
        with pytest.raises(SttmError, match="39 caratteri: ne servono almeno 40"):
            waivers.check_reason(f"  {reason} ")


def test_spaces_do_not_make_a_reason_longer():
    with pytest.raises(SttmError, match="ha 3 caratteri"):
        waivers.check_reason("a" + " " * 60 + "b")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"autore": "  "}, "Manca l'autore"),
        ({"tipo": "boh"}, "«boh» non previsto"),
        ({"data": "31/05/2024"}, "«31/05/2024» non valida"),
        ({"data": "2999-01-01"}, "2999-01-01 è nel futuro"),
    ],
)
def test_what_is_not_a_whole_answer_is_refused(changed, sentence):
    with pytest.raises(SttmError, match=sentence):
        waivers.make_waivers([finding(1)], ["r1"], **{**SIGNED, **changed})


def test_a_fault_of_the_data_is_corrected_not_justified():
    plan = [finding(1, ammette_giustificazione=False, codice="STTM2-106")]
    with pytest.raises(SttmError, match="STTM2-106 .* non si può giustificare"):
        waivers.make_waivers(plan, ["r1"], **SIGNED)


def test_a_resolved_finding_needs_no_reason():
    with pytest.raises(SttmError, match="già risolto"):
        waivers.make_waivers([finding(1, stato="risolto")], ["r1"], **SIGNED)


def test_an_unknown_finding_is_named():
    with pytest.raises(SttmError, match="Rilievo sconosciuto: r7"):
        waivers.make_waivers([finding(1)], ["r1", "r7"], **SIGNED)


def test_the_same_answer_twice_is_one_row():
    new = waivers.make_waivers([finding(1)], ["r1"], **SIGNED)
    rows, first = waivers.add_waivers([], new)
    rows, second = waivers.add_waivers(rows, new)
    assert (first, second, len(rows)) == (1, 0, 1)


def test_an_answer_given_again_after_it_was_taken_back_is_a_row_of_its_own():
    new = waivers.make_waivers([finding(1)], ["r1"], **SIGNED)
    rows, _ = waivers.add_waivers([], new)
    rows, _ = waivers.revoke_waivers(rows, ["r1"], "2024-06-30")
    rows, added = waivers.add_waivers(rows, new)
    assert added == 1
    assert [row["revocata_il"] for row in rows] == ["2024-06-30", None]
    assert rows[0]["id_deroga"] != rows[1]["id_deroga"]


def test_revoking_what_has_no_waiver_is_refused():
    with pytest.raises(SttmError, match="Nessuna giustificazione da revocare"):
        waivers.revoke_waivers([], ["r1"], "2024-06-30")


def test_the_latest_waiver_not_revoked_wins_and_a_part_of_one_is_none():
    def row(data, **changed):
        return {"id_rilievo": "r1", "giustificazione": REASON, "autore": "A", "data": data} | {
            "revocata_il": None,
            **changed,
        }

    rows = [
        row("2024-03-01", autore="B"),
        row("2024-01-01"),
        row("2024-05-01", revocata_il="2024-06-01"),
        row("2024-07-01", autore=None),
    ]
    assert waivers.waivers_in_force(rows)["r1"]["autore"] == "B"


def signed(reason, **changed):
    return {**SIGNED, "giustificazione": f"{reason}: {REASON}", **changed}


def in_force(rows):
    return waivers.waivers_in_force(rows)["r1"]["giustificazione"][:1]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_waivers_of_a_day_panel_and_check_take_the_same_in_any_order(turn):
    import pandas as pd

    from sttm_plugin.core.findings import waive

    rows = [
        {**row, "id_deroga": key}
        for key, reason in (("22222222", "due"), ("11111111", "uno"))
        for row in waivers.make_waivers([finding(1)], ["r1"], **signed(reason))
    ][::turn]
    [panel] = waivers.findings_after([finding(1)], rows)
    found = pd.DataFrame([{**finding(1), "descrizione": "", "letto": None, "cambiato": None}])
    check, notes = waive(found, pd.DataFrame(rows))
    assert panel["giustificazione"] == f"due: {REASON}"
    assert check["giustificazione"].tolist() == [f"due: {REASON}"]
    assert (check["stato"].tolist(), notes) == (["giustificato"], [])


def test_of_the_answers_of_one_day_the_last_given_counts():
    rows: list = []
    for reason in "ABCABAC":
        rows, added = waivers.add_waivers(
            rows, waivers.make_waivers([finding(1)], ["r1"], **signed(reason))
        )
        assert (added, in_force(rows), in_force(rows[::-1])) == (1, reason, reason)
        again = waivers.make_waivers([finding(1)], ["r1"], **signed(reason))
        assert waivers.add_waivers(rows, again)[1] == 0
    assert len({row["id_deroga"] for row in rows}) == 7


def test_an_answer_dated_before_another_does_not_count():
    rows, _ = waivers.add_waivers([], waivers.make_waivers([finding(1)], ["r1"], **signed("B")))
    earlier = waivers.make_waivers([finding(1)], ["r1"], **signed("A", data="2024-05-30"))
    rows, added = waivers.add_waivers(rows, earlier)
    assert (added, in_force(rows)) == (1, "B")
    assert waivers.add_waivers(rows, earlier)[1] == 0


@pytest.mark.parametrize(
    ("state", "mark", "expected"),
    [
        ("aperto", "aaaa", "giustificato"),
        ("nuovo", "aaaa", "giustificato"),
        ("aperto", "bbbb", "giustificazione_scaduta"),
        ("risolto", "aaaa", "risolto"),
    ],
)
def test_a_waiver_holds_until_the_object_changes(state, mark, expected):
    given = waivers.make_waivers([finding(1)], ["r1"], **SIGNED)
    [after] = waivers.findings_after([finding(1, stato=state, impronta=mark)], given)
    assert after["stato"] == expected


def test_a_waiver_taken_back_opens_the_finding_again():
    given = waivers.make_waivers([finding(1)], ["r1"], **SIGNED)
    justified = waivers.findings_after([finding(1)], given)
    rows, revoked = waivers.revoke_waivers(given, ["r1"], "2024-06-30")
    [after] = waivers.findings_after(justified, rows)
    assert revoked == 1
    assert (after["stato"], after["giustificazione"], after["autore"]) == ("aperto", None, None)


def test_ids_are_read_once_each_in_order():
    assert waivers.split_ids(" b; a ;b;; ") == ["b", "a"]
    with pytest.raises(SttmError, match="almeno un rilievo"):
        waivers.split_ids(" ; ")


def test_what_the_panel_offers_is_the_domain():
    # Read as text: the module imports no qgis, but its package does.
    import importlib.util
    from pathlib import Path

    from sttm_plugin.core.schema import DOMAINS

    path = Path(__file__).resolve().parents[2] / "processing_algorithms" / "choices.py"
    spec = importlib.util.spec_from_file_location("choices", path)
    choices = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(choices)
    assert tuple(kind for kind, _ in choices.REASON_TYPES) == DOMAINS["tipo_giustificazione"]
    assert choices.REASON_LENGTH == waivers.REASON_LENGTH


def test_the_code_of_a_check_stands_for_its_findings_that_wait():
    rows = [
        finding(1),
        finding(2, stato="giustificato"),
        finding(3, codice="STTM2-106"),
        finding(4, stato="giustificazione_scaduta"),
        finding(5, ammette_giustificazione=False),
    ]
    assert waivers.expand_ids(rows, ["r3", "STTM2-301", "r1"]) == ["r3", "r1", "r4"]
    assert waivers.expand_ids(rows, ["STTM2-301"], revoke=True) == ["r2", "r4"]
    with pytest.raises(SttmError, match="STTM2-106 non ha rilievi da revocare"):
        waivers.expand_ids(rows, ["STTM2-106"], revoke=True)


def test_a_lapsed_justification_says_what_changed_and_a_new_one_keeps_what_was_read():
    before = finding(1, letto='{"oggetti": {"s1": {"services": [{"gestore": "ASL"}]}}}')
    made = waivers.make_waivers([before], ["r1"], **SIGNED)
    after = {
        **before,
        "impronta": "bbbb",
        "letto": '{"oggetti": {"s1": {"services": [{"gestore": "Comune"}]}}}',
    }
    [lapsed] = waivers.findings_after([after], made)
    assert lapsed["stato"] == "giustificazione_scaduta"
    assert lapsed["cambiato"] == "Gestore: «ASL» → «Comune»."
    [same] = waivers.findings_after([before], made)
    assert (same["stato"], same["cambiato"]) == ("giustificato", None)
