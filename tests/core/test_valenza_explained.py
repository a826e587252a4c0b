"""What decides a valenza, how far it is from changing, and the words that say it."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("geopandas")

from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core import valenza
from sttm_plugin.core.pack import load_pack

from .plans import services
from .test_valenza import (
    ALL,
    GRADED,
    HIGH,
    LOW,
    PACK,
    TOP,
    bundled_services,
    found,
    pack_of,
    row,
    rule,
    rules_of_any_kind,
    stored_row,
)


def explained(pack, *rows):
    return valenza.classify(services(*rows), pack, explain=True)


def one(pack, code="CUL.02", **values):
    return explained(pack, row(code, **values)).iloc[0]


# --- what decides ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "decisive"),
    [
        (LOW, "GEN-R28"),
        (HIGH, "GEN-R01"),
        ({**HIGH, **TOP}, "GEN-R01"),
        ({"b": 1}, "GEN-R02"),
        # 60 of 100 for the intercomunale: within the grey zone.
        ({"a": 20, "b": 1}, "GEN-R04"),
        ({**LOW, "suff_int": "si"}, "P-int-suf-suff_int"),
        ({"suff_met": "si"}, "P-met-suf-suff_met"),
        ({"suff_loc": "si"}, "P-loc-suf-suff_loc"),
        ({**HIGH, "serve_int": 9, "suff_int": "si"}, "P-int-nec-serve_int"),
        ({**HIGH, "serve_met": 9, "suff_met": "si"}, "P-met-nec-serve_met"),
        ({**HIGH, **TOP, "soglia": 9}, "P-ing-nec-soglia"),
        ({"soglia": 9, "atto_met": "si"}, "P-met-suf-atto_met"),
        ({"atto_int": "si", "suff_loc": "si"}, "P-int-suf-atto_int"),
        ({"atto_int": "si", **TOP}, "GEN-R01"),
        ({"atto_int": "si", "suff_met": "si"}, "P-met-suf-suff_met"),
    ],
)
def test_the_rule_that_decides_is_named(values, decisive):
    residual = dataclasses.replace(
        rule("locale", "residuale", "esito", "=", "x"), codice_regola="GEN-R28"
    )
    pack = pack_of(*(one for one in ALL.regole if one.tipo_regola != "parametro"), residual)
    assert one(pack, **values)["regola_decisiva"] == decisive


# --- margin -----------------------------------------------------------------------


SIZE = pack_of(rule("intercomunale", "graduata", "a", peso=100, unita="posti"))


@pytest.mark.parametrize(
    ("value", "margin", "now", "beyond"),
    [
        (4, -6.0, "locale", "intercomunale"),
        (9, -1.0, "locale", "intercomunale"),
        (10, 0.0, "intercomunale", "locale"),
        (13, 3.0, "intercomunale", "locale"),
    ],
)
def test_the_margin_is_what_lacks_to_the_opposite_verdict(value, margin, now, beyond):
    found_one = one(SIZE, a=value)
    assert found_one["valenza_calcolata"] == now
    assert (found_one["regola_vicina"], found_one["margine"], found_one["margine_um"]) == (
        "P-int-gra-a",
        margin,
        "posti",
    )
    assert found_one["valenza_oltre"] == beyond


def test_the_margin_of_an_inverse_rule_is_positive_where_it_is_met():
    pack = pack_of(rule("intercomunale", "graduata", "a", "<=", 10.0, 100))
    assert [one(pack, a=value)["margine"] for value in (7, 10, 12)] == [3.0, 0.0, -2.0]
    assert one(pack, a=7)["spiegazione"].endswith("Con 3 pezzi in più (a) diventerebbe locale.")


def test_the_nearest_test_is_the_one_named_and_one_that_changes_nothing_is_not():
    pack = pack_of(
        rule("intercomunale", "graduata", "a", peso=100),
        rule("intercomunale", "graduata", "b", soglia=1000.0, peso=1),
    )
    # b is nearer to its threshold, but its weight decides nothing.
    assert one(pack, a=5, b=999)["regola_vicina"] == "P-int-gra-a"


def test_a_value_carried_across_a_threshold_carries_the_other_tests_that_read_it():
    # Weights 40 and 60: reaching 10 alone changes nothing; reaching 20 meets both, 100 of 100.
    pack = pack_of(
        rule("intercomunale", "graduata", "a", soglia=10.0, peso=40),
        rule("intercomunale", "graduata", "a", soglia=20.0, peso=60, n=2),
    )
    found_one = one(pack, a=5)
    assert (found_one["valenza_calcolata"], found_one["regola_vicina"]) == (
        "locale",
        "P-int-gra-a2",
    )
    assert (found_one["margine"], found_one["valenza_oltre"]) == (-15.0, "intercomunale")


def test_nothing_is_near_where_no_number_could_change_it():
    found_one = one(ALL, **LOW, atto_met="si")
    assert found_one["regola_vicina"] is None
    assert math.isnan(found_one["margine"])


# --- fragile -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "fragile"),
    [(7.9, False), (8, True), (9.99, True), (10, True), (11.9, True), (12, False), (12.1, False)],
)
def test_a_threshold_that_moves_by_a_fifth_makes_fragile_what_it_flips(value, fragile):
    # Thresholds 8 and 12: at 8 a threshold of 8 is met, at 12 both 8 and 12 still are.
    found_one = one(SIZE, a=value)
    assert found_one["fragile"] is fragile
    assert found_one["fragile_per"] == ("P-int-gra-a" if fragile else None)
    assert ("fragile" in found_one["spiegazione"]) is fragile


def test_a_flip_that_leaves_the_valenza_alone_is_not_fragile():
    pack = pack_of(
        rule("intercomunale", "graduata", "a", peso=90),
        rule("intercomunale", "graduata", "b", peso=10),
    )
    assert one(pack, a=100, b=9)["fragile"] is False


def test_the_share_is_the_packs_own():
    parametri = {**PACK.parametri, "sensibilita": 0.5}
    wide = dataclasses.replace(SIZE, parametri=parametri)
    assert one(wide, a=6)["fragile"] is True
    assert one(SIZE, a=6)["fragile"] is False
    assert PACK.parametri_descritti["sensibilita"].provenienza == "proposta"


def varied(pack, code, factor):
    """The pack with one threshold moved."""
    rules = tuple(
        dataclasses.replace(each, soglia=each.soglia * factor)
        if each.codice_regola == code
        else each
        for each in pack.regole
    )
    return dataclasses.replace(pack, regole=rules, _rules={})


@settings(max_examples=40, deadline=None)
@given(rules_of_any_kind(), st.lists(st.tuples(*[st.sampled_from(range(9, 60))] * 3), min_size=1))
def test_fragile_is_what_a_second_run_on_each_moved_threshold_says(rules, several):
    rules = [dataclasses.replace(each, codice_categoria="CUL.02") for each in rules]
    pack = pack_of(*rules)
    rows = [row(**{name: value / 10 for name, value in zip("abc", values)}) for values in several]
    frame = explained(pack, *rows)
    expected = [set() for _ in rows]
    for each in rules:
        if isinstance(each.soglia, float) and each.operatore != "=":
            for factor in (0.8, 1.2):
                again = valenza.classify(services(*rows), varied(pack, each.codice_regola, factor))
                changed = again["valenza_calcolata"] != frame["valenza_calcolata"]
                for position in np.flatnonzero(changed):
                    expected[position].add(each.codice_regola)
    assert [set((text or "").split(";")) - {""} for text in frame["fragile_per"]] == expected
    assert list(frame["fragile"]) == [bool(codes) for codes in expected]


# --- ranges ---------------------------------------------------------------------------


def test_what_is_not_known_gives_a_range_and_not_a_number():
    # a 60 known and met, b 40 unknown: between 60 and 100 of 100.
    found_one = one(ALL, a=20)
    assert (found_one["intercomunale_min"], found_one["intercomunale_max"]) == (60.0, 100.0)
    assert (found_one["metropolitana_min"], found_one["metropolitana_max"]) == (0.0, 100.0)
    assert (found_one["valenza_min"], found_one["valenza_max"]) == ("locale", "metropolitana")
    assert "fra locale e metropolitana" in found_one["spiegazione"]


def test_the_range_closes_where_all_is_known():
    pack = pack_of(*GRADED)
    found_one = one(pack, **HIGH, c=1, d=1)
    assert (found_one["intercomunale_min"], found_one["intercomunale_max"]) == (100.0, 100.0)
    assert (found_one["valenza_min"], found_one["valenza_max"]) == ("intercomunale",) * 2
    assert "mancano" not in found_one["spiegazione"]


@settings(max_examples=60, deadline=None)
@given(st.lists(bundled_services(), min_size=1, max_size=6))
def test_the_score_lies_in_its_range(several):
    frame = explained(PACK, *(stored_row(code, have) for code, have in several))
    for level in ("intercomunale", "metropolitana"):
        score = frame[f"punteggio_{level}"].to_numpy()
        known = ~np.isnan(score)
        assert (frame[f"{level}_min"].to_numpy()[known] <= score[known] + 1e-6).all()
        assert (frame[f"{level}_max"].to_numpy()[known] >= score[known] - 1e-6).all()


# --- monotone ---------------------------------------------------------------------------


RANK = {"locale": 0, "intercomunale": 1, "metropolitana": 2}
# Without a grey zone, that stands on both sides of the minimum.
CLEAR = {**PACK.parametri, "GEN-R04": -1.0}


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(("necessaria", "sufficiente")),
    st.lists(
        st.tuples(
            st.sampled_from(("intercomunale", "metropolitana")),
            st.booleans(),
            st.sampled_from("abc"),
            st.sampled_from((">=", ">")),
            st.sampled_from((1.0, 2.0, 3.0)),
            st.integers(1, 4),
        ),
        min_size=1,
        max_size=8,
    ),
    st.tuples(*[st.integers(0, 4)] * 3),
    st.sampled_from("abc"),
    st.integers(1, 3),
)
def test_a_higher_value_never_lowers_the_valenza_where_no_rule_is_inverse(
    strong, drawn, values, raised, more
):
    rules = [
        rule(level, "graduata" if graded else strong, *rest, n=number)
        for number, (level, graded, *rest) in enumerate(drawn)
    ]
    pack = dataclasses.replace(pack_of(*rules), parametri=CLEAR)
    low = dict(zip("abc", values))
    before, after = found(pack, **low), found(pack, **{**low, raised: low[raised] + more})
    # The same data are known before and after.
    assert (before == "non_determinabile") <= (after in ("non_determinabile", *RANK))
    if before != "non_determinabile":
        assert RANK[after] >= RANK[before]


# --- words ---------------------------------------------------------------------------------


def test_the_sentence_of_a_theatre():
    values = {"posti_sedere": 310, "giorni_spettacolo_anno": 60, "n_comuni_serviti": 2}
    theatre = {
        **row(**values),
        "utenti_fuori_comune": 0.3,
        "valenza_dichiarata": "metropolitana",
        "codice_sttm": "CUL.02",
    }
    text = explained(PACK, theatre).iloc[0]["spiegazione"]
    assert text == (
        "Intercomunale: 82,4 punti su 100 per la valenza intercomunale, ne servono 60 (dati noti "
        "per il 54,8% del peso dei criteri). A favore: utenti di altri comuni 30% (soglia almeno "
        "25%); posti a sedere 310 (soglia almeno 300); giorni di spettacolo all'anno 60 (soglia "
        "almeno 40). Contro: comuni serviti 2 (soglia almeno 3). Con 10 posti in meno (posti a "
        "sedere) diventerebbe al limite. Risultato fragile: una soglia diversa del 20% lo "
        "cambierebbe (CUL.02-R01). I dati che mancano possono portare la valenza fra locale e "
        "intercomunale, il punteggio intercomunale fra 45,2 e 90,3. Il piano dichiara di più: "
        "valenza metropolitana."
    )


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        (
            {"codice_sttm": "VER.01", "superficie_mq": 2500.0},
            "Locale: non raggiunge la soglia di ingresso della categoria, superficie 2.500 mq "
            "(soglia oltre 5.000 mq) (VER.01-R01).",
        ),
        (
            {"codice_sttm": "SAN.01", "tipo_specifico": "DEA_II"},
            "Metropolitana: basta da solo un criterio, livello dell'ospedale: DEA II (SAN.01-R04).",
        ),
        (
            {"codice_sttm": "LOC.05"},
            "Locale: la categoria «Farmacia» lo è per natura.",
        ),
        (
            {"codice_sttm": "LOC.05", "atto_gestione_associata": "convenzione 12/2020"},
            "Intercomunale per atto formale: atto di gestione associata: sì (GEN-R16).",
        ),
        (
            {"codice_sttm": "EXT.02"},
            "Fuori tassonomia: «Formazione professionale e ITS» non è fra le categorie di questi "
            "criteri; solo un atto formale può darle una valenza sovracomunale.",
        ),
        (
            {"codice_sttm": "CUL.01"},
            "Non determinabile: dati noti per il 0% del peso dei criteri, ne serve il 50%. Non "
            "vuol dire che il servizio sia locale.",
        ),
    ],
)
def test_what_decided_comes_first_in_plain_words(fields, start):
    text = explained(PACK, {**row(), **fields}).iloc[0]["spiegazione"]
    assert text.startswith(start)


def test_every_attribute_of_the_rules_has_a_name_people_read():
    labels = PACK.testi["attributi"]
    read = {
        each.attributo for each in PACK.regole if each.tipo_regola not in ("parametro", "residuale")
    }
    assert read == set(labels)


def test_explanations_change_nothing_of_what_the_contract_has():
    rows = [row(**HIGH), row(**LOW), row("LOC.05"), row("EXT.01"), {"codice_sttm": None}]
    plain, more = valenza.classify(services(*rows), ALL), explained(ALL, *rows)
    assert list(more.columns[: len(plain.columns)]) == list(plain.columns)
    for name in valenza.RESULTS:
        assert plain[name].tolist() == more[name].tolist() or plain[name].isna().any()


# --- tables -----------------------------------------------------------------------------------


def test_over_and_under_declared_are_listed_by_zone_and_comune():
    high, low = row(**HIGH), row(**LOW)
    frame = explained(
        ALL,
        {**low, "valenza_dichiarata": "metropolitana", "istat": "015146", "comune": "Milano"},
        {**high, "valenza_dichiarata": "locale"},
        {**low, "valenza_dichiarata": "intercomunale"},
        {**high, "valenza_dichiarata": "intercomunale"},
    )
    table = valenza.mismatches(frame)
    assert table[["zona_omogenea", "comune", "esito", "id_servizio"]].to_numpy().tolist() == [
        ["Milano", "Milano", "sovradichiarato", "s1"],
        ["Nord Ovest", "Rho", "sottodichiarato", "s2"],
        ["Nord Ovest", "Rho", "sovradichiarato", "s3"],
    ]
    assert table["spiegazione"].str.contains("Il piano dichiara di").all()


def test_every_rule_of_the_pack_can_be_met_and_not_met():
    """Each of the rules gives a verdict as soon as its datum is there, whatever the category."""
    judged = [each for each in PACK.regole if each.tipo_regola not in ("parametro", "residuale")]
    assert len(judged) == 163 - 7 - 1
    wrong = []
    for each in judged:
        code = each.codice_categoria
        if code == "*":
            code = next(
                one
                for one, category in PACK.categorie.items()
                if category.tipo_riga == "categoria" and each in PACK.rules_for(one)
            )
        if each.attributo == "codice_categoria":
            values = [each.soglia]
        elif isinstance(each.soglia, float):
            values = [each.soglia - 1, each.soglia, each.soglia + 1]
        else:
            values = ["no", *np.atleast_1d(each.soglia).tolist()]
        rows = [{**row(), **stored_row(code, {each.attributo: (v, "rilevato")})} for v in values]
        table = valenza.rules_tried(services(*rows), PACK).set_index("codice_regola")
        seen = table.loc[each.codice_regola]
        if seen["valutate"] != len(values) or not seen["soddisfatte"]:
            wrong.append(each.codice_regola)
        if each.attributo != "codice_categoria" and not seen["non_soddisfatte"]:
            wrong.append(each.codice_regola)
    assert wrong == []


def test_a_rule_without_its_datum_says_where_it_may_come_from():
    table = valenza.rules_tried(services({"codice_sttm": "SAN.01"}), PACK)
    table = table.set_index("codice_regola")
    beds = table.loc["SAN.01-R01"]
    assert (beds["servizi"], beds["valutate"], beds["senza_dato"]) == (1, 0, 1)
    assert beds["da_dove"] == "«posti_letto» in attributi; campo capacita con unità «posti letto»"
    assert "calcolato con POPULATION" in table.loc["SAN.01-R03", "da_dove"]
    assert "campo tipo_specifico" in table.loc["SAN.01-R04", "da_dove"]
    assert table.loc["CUL.01-R03", "servizi"] == 0


def test_what_is_said_to_be_computed_is_computed():
    from sttm_plugin.core import attributes, transit, valenza_tried

    source = "".join(Path(one.__file__).read_text("utf-8") for one in (attributes, transit))
    for name in valenza_tried.COMPUTED_FROM:
        assert f'"{name}"' in source


def test_two_runs_and_any_order_of_rows_write_the_same():
    rows = [row(a=value, b=value) for value in (1, 9, 10, 11, 30)]
    first = explained(ALL, *rows)
    again = explained(ALL, *rows[::-1]).iloc[::-1].reset_index(drop=True)
    for name in ("spiegazione", "fragile_per", "regola_vicina", "motivazione", "valenza_max"):
        assert first[name].tolist() == again[name].tolist()
    assert json.loads(first["motivazione"].iloc[0])
    assert load_pack() is PACK
