"""The computed valenza: cases worked by hand, and a slow oracle that must always agree."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

pytest.importorskip("geopandas")

from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core import valenza, valenza_tried
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.valenza_values import stored_attributes

from .plans import services
from .valenza_oracle import judge

PACK = load_pack()
PARAMETERS = tuple(rule for rule in PACK.regole if rule.tipo_regola == "parametro")
MODEL = PACK.regole[7]
KINDS = {"CUL.02": "categoria", "LOC.01": "locale", "EXT.01": "fuori_tassonomia"}


def rule(valenza, tipo, attributo, operatore=">=", soglia=10.0, peso=0.0, **other):
    """A rule of CUL.02 on an attribute no field has; other fields by name."""
    changed = {
        "codice_regola": f"P-{valenza[:3]}-{tipo[:3]}-{attributo}{other.pop('n', '')}",
        "codice_categoria": "CUL.02",
        "dimensione": "capacità",
        "unita": "codice" if isinstance(soglia, (str, tuple)) else "pezzi",
        **other,
    }
    return dataclasses.replace(
        MODEL,
        valenza=valenza,
        tipo_regola=tipo,
        attributo=attributo,
        operatore=operatore,
        soglia=soglia,
        peso=float(peso),
        **changed,
    )


def pack_of(*rules):
    return dataclasses.replace(PACK, regole=(*PARAMETERS, *rules), _rules={})


def row(code="CUL.02", natura="rilevato", **values):
    """A service with these attributes; None is not written."""
    entries = {
        name: {"valore": value, "natura": natura}
        for name, value in values.items()
        if value is not None
    }
    return {"codice_sttm": code, "attributi": json.dumps(entries) if entries else None}


def judged(pack, *rows, computed=None):
    return valenza.classify(services(*rows), pack, computed)


def found(pack, code="CUL.02", **values):
    return judged(pack, row(code, **values))["valenza_calcolata"].iloc[0]


def reasons_of(frame, at=0):
    return {line["criterio"]: line for line in json.loads(frame["motivazione"].iloc[at])}


# Rules that any step of the precedence can be tried with. Weights: intercomunale a 60, b 40;
# metropolitana c 60, d 40. All thresholds are 10.
GRADED = (
    rule("intercomunale", "graduata", "a", peso=60),
    rule("intercomunale", "graduata", "b", peso=40),
    rule("metropolitana", "graduata", "c", peso=60),
    rule("metropolitana", "graduata", "d", peso=40),
)
SUFFICIENT = tuple(
    rule(level, "sufficiente", f"suff_{level[:3]}", "=", "si")
    for level in ("locale", "intercomunale", "metropolitana")
)
ACTS = tuple(
    rule(level, "sufficiente", f"atto_{level[:3]}", "=", "si", dimensione="atto formale")
    for level in ("locale", "intercomunale", "metropolitana")
)
NECESSARY = tuple(
    rule(level, "necessaria", f"serve_{level[:3]}") for level in ("intercomunale", "metropolitana")
)
ENTRANCE = (rule("ingresso", "necessaria", "soglia"),)
ALL = pack_of(*GRADED, *SUFFICIENT, *ACTS, *NECESSARY, *ENTRANCE)
LOW, HIGH = {"a": 1, "b": 1}, {"a": 20, "b": 20}
TOP = {"c": 20, "d": 20}


# --- precedence ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # The residual: everything known, nothing reached.
        (LOW, "locale"),
        # The score: 100 of 100.
        (HIGH, "intercomunale"),
        ({**HIGH, **TOP}, "metropolitana"),
        ({**LOW, **TOP}, "metropolitana"),
        # Missing data are never local: b alone is 40 of 100.
        ({}, "non_determinabile"),
        ({"b": 1}, "non_determinabile"),
        ({"b": 20, **TOP}, "non_determinabile"),
        ({"a": 20}, "intercomunale"),
        # Half of the metropolitana weight is needed: d alone is 40 of 100.
        ({**HIGH, "d": 20}, "intercomunale"),
        # What suffices: local closes, intercomunale is a floor, metropolitana closes above.
        ({**HIGH, **TOP, "suff_loc": "si"}, "locale"),
        ({"suff_loc": "si"}, "locale"),
        ({**HIGH, "suff_loc": "si", "suff_met": "si"}, "locale"),
        ({"suff_int": "si"}, "intercomunale"),
        ({**LOW, "suff_int": "si"}, "intercomunale"),
        ({**TOP, "suff_int": "si"}, "metropolitana"),
        ({"suff_met": "si"}, "metropolitana"),
        ({**LOW, "suff_met": "si", "suff_int": "si"}, "metropolitana"),
        ({**LOW, "suff_int": "no"}, "locale"),
        # What is necessary: out of reach by score, al_limite when something suffices.
        ({**HIGH, "serve_int": 9}, "locale"),
        ({**HIGH, "serve_int": 10}, "intercomunale"),
        ({**HIGH, "serve_int": 9, "suff_int": "si"}, "al_limite"),
        ({**HIGH, **TOP, "serve_met": 9}, "intercomunale"),
        ({**HIGH, "serve_met": 9, "suff_met": "si"}, "al_limite"),
        ({**TOP, "serve_int": 9, "suff_int": "si"}, "metropolitana"),
        # The entrance stands before all of them.
        ({**HIGH, **TOP, "soglia": 9}, "locale"),
        ({"soglia": 9}, "locale"),
        ({"soglia": 9, "suff_met": "si"}, "locale"),
        ({**HIGH, "soglia": 10}, "intercomunale"),
        # The formal acts stand before the entrance.
        ({"soglia": 9, "atto_met": "si"}, "metropolitana"),
        ({"soglia": 9, "atto_int": "si"}, "intercomunale"),
        ({**LOW, "serve_met": 9, "atto_met": "si"}, "metropolitana"),
        ({"atto_int": "si", "atto_met": "si"}, "metropolitana"),
        ({"atto_int": "si", "suff_loc": "si"}, "intercomunale"),
        ({"atto_int": "si", **TOP}, "metropolitana"),
        ({"atto_int": "si", "suff_met": "si"}, "metropolitana"),
        ({"atto_int": "si", "suff_met": "si", "serve_met": 9}, "intercomunale"),
        ({"atto_int": "si", "soglia": 9, **TOP}, "intercomunale"),
        ({"atto_int": "si", "suff_loc": "si", **TOP}, "intercomunale"),
        ({**HIGH, "atto_loc": "si"}, "locale"),
        ({"atto_loc": "si", "atto_int": "si"}, "intercomunale"),
    ],
)
def test_each_step_of_the_precedence(values, expected):
    assert found(ALL, **values) == expected


def everywhere(*rules):
    """The same rules for every category."""
    return pack_of(*(dataclasses.replace(one, codice_categoria="*") for one in rules))


@pytest.mark.parametrize(
    ("code", "values", "expected", "score"),
    [
        ("LOC.01", {**HIGH, **TOP}, "locale", math.nan),
        ("LOC.01", {"suff_met": "si"}, "locale", math.nan),
        ("LOC.01", {"atto_int": "si"}, "intercomunale", math.nan),
        ("LOC.01", {"atto_met": "si"}, "metropolitana", math.nan),
        # Its score is shown (a 60 of 100), its valenza is not judged by it.
        ("EXT.01", {"a": 20, "b": 1, **TOP}, "fuori_tassonomia", 60.0),
        ("EXT.01", {}, "fuori_tassonomia", math.nan),
        ("EXT.01", {"soglia": 9}, "fuori_tassonomia", math.nan),
        ("EXT.01", {"atto_int": "si", **TOP}, "intercomunale", math.nan),
        ("EXT.01", {"atto_met": "si", "c": 20, "d": 1}, "metropolitana", 60.0),
    ],
)
def test_local_and_external_categories_rise_by_act_alone(code, values, expected, score):
    pack = everywhere(*GRADED, *SUFFICIENT, *ACTS, *NECESSARY, *ENTRANCE)
    one = judged(pack, row(code, **values)).iloc[0]
    assert one["valenza_calcolata"] == expected
    assert one["punteggio"] == pytest.approx(score, nan_ok=True)


def test_a_service_without_a_known_category_is_not_judged():
    frame = judged(ALL, {"codice_sttm": None}, {"codice_sttm": "XXX.99"})
    assert list(frame["valenza_calcolata"]) == [None, None]
    assert list(frame["motivazione"]) == [None, None]
    assert list(frame["esito"]) == ["da_verificare", "da_verificare"]
    assert frame[["punteggio", "copertura"]].isna().all(axis=None)


def test_what_an_earlier_run_left_is_made_anew_and_what_a_person_confirmed_stays():
    old = {"valenza_calcolata": "metropolitana", "indicazione": "metropolitana", "punteggio": 99.0}
    one = judged(ALL, {**row(), **old, "valenza_confermata": "metropolitana"}).iloc[0]
    assert one["valenza_calcolata"] == "non_determinabile"
    assert one["indicazione"] is None
    assert math.isnan(one["punteggio"])
    assert one["valenza_confermata"] == "metropolitana"


def test_the_state_of_a_service_changes_nothing_of_its_own_valenza():
    states = ("esistente", "previsto", "in_corso", "sospeso", "dismesso", None)
    frame = judged(ALL, *({**row(**HIGH), "stato": state} for state in states))
    assert list(frame["valenza_calcolata"]) == ["intercomunale"] * 6
    assert list(frame["stato"]) == list(states)


# --- score, coverage, limits -----------------------------------------------------


@pytest.mark.parametrize(
    ("a", "intercomunale", "metropolitana"),
    [
        # S = a's weight of 100; the minimum is 0.6, the margin 0.1, ends included. Below the
        # minimum the metropolitana is not reached and doesn't decide: the intercomunale does.
        (49, "locale", "locale"),
        (50, "al_limite", "locale"),
        (59, "al_limite", "locale"),
        (60, "al_limite", "al_limite"),
        (70, "al_limite", "al_limite"),
        (71, "intercomunale", "metropolitana"),
    ],
)
def test_the_grey_zone_holds_its_ends(a, intercomunale, metropolitana):
    def two(level):
        first = rule(level, "graduata", "a", peso=a)
        return first, rule(level, "graduata", "b", peso=100 - a)

    assert found(pack_of(*two("intercomunale")), a=20, b=1) == intercomunale
    known = rule("intercomunale", "graduata", "z", peso=1)
    assert found(pack_of(*two("metropolitana"), known), a=20, b=1, z=1) == metropolitana


def test_the_margin_and_the_minimum_are_those_of_the_pack():
    parametri = {**PACK.parametri, "GEN-R01": 0.8, "GEN-R04": 0.0}
    pack = dataclasses.replace(pack_of(*GRADED), parametri=parametri)
    assert found(pack, a=20, b=1) == "locale"
    assert found(pack, **HIGH) == "intercomunale"


@pytest.mark.parametrize(("known", "expected"), [(50, "intercomunale"), (49, "non_determinabile")])
def test_half_of_the_weight_is_enough_to_judge(known, expected):
    pack = pack_of(
        rule("intercomunale", "graduata", "a", peso=known),
        rule("intercomunale", "graduata", "b", peso=100 - known),
    )
    one = judged(pack, row(a=20)).iloc[0]
    assert one["valenza_calcolata"] == expected
    assert one["copertura"] == known / 100
    assert one["punteggio"] == 100


def test_an_estimate_weighs_half_in_the_score_and_whole_in_the_coverage():
    values = {"a": {"valore": 20, "natura": " Stimato"}, "b": {"valore": 1, "natura": "rilevato"}}
    one = judged(ALL, {**row(), "attributi": json.dumps(values)}).iloc[0]
    # 60 / 2 met out of 60 / 2 + 40.
    assert one["punteggio"] == pytest.approx(100 * 30 / 70)
    assert one["copertura"] == 1.0


def test_a_weighted_necessary_rule_scores_and_an_informative_one_never_does():
    pack = pack_of(
        rule("intercomunale", "graduata", "a", peso=50),
        rule("intercomunale", "necessaria", "b", peso=30),
        rule("intercomunale", "informativa", "c", peso=20),
        rule("intercomunale", "necessaria", "d", peso=0),
    )
    one = judged(pack, row(a=20, c=1)).iloc[0]
    assert one["copertura"] == pytest.approx(50 / 80)
    assert one["punteggio"] == 100
    both = judged(pack, row(a=1, b=20, d=20)).iloc[0]
    assert both["punteggio"] == pytest.approx(100 * 30 / 80)


def test_score_and_coverage_are_those_of_the_valenza_reached():
    frame = judged(ALL, row(**HIGH, c=20, d=1), row(**HIGH, c=1, d=20), row(a=20, d=20))
    assert list(frame["valenza_calcolata"]) == ["al_limite", "intercomunale", "intercomunale"]
    assert list(frame["punteggio"]) == pytest.approx([60, 100, 100])
    assert list(frame["punteggio_intercomunale"]) == pytest.approx([100, 100, 100])
    assert list(frame["punteggio_metropolitana"]) == pytest.approx([60, 40, 100])
    assert list(frame["copertura"]) == pytest.approx([1, 1, 0.6])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"b": 20}, "intercomunale"),
        ({"d": 20}, "metropolitana"),
        ({"b": 1}, "locale"),
        ({"b": 20, "serve_int": 9}, "intercomunale"),
        ({"a": 20, "b": 1}, "intercomunale"),
        ({"a": 1, "b": 20}, "locale"),
        ({}, None),
    ],
)
def test_the_indication_is_what_the_score_says_whatever_the_coverage(values, expected):
    one = judged(ALL, row(**values)).iloc[0]
    assert one["indicazione"] == expected
    if len(values) < 2:
        assert one["valenza_calcolata"] == "non_determinabile"


# --- a rule and a value ----------------------------------------------------------


@pytest.mark.parametrize(
    ("operatore", "below", "at", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("<=", True, True, False),
        ("<", True, False, False),
        ("=", False, True, False),
    ],
)
def test_an_operator_at_its_threshold(operatore, below, at, above):
    one = rule("intercomunale", "graduata", "a", operatore, 0.3)
    assert [valenza_tried.meets(one, value) for value in (0.29, 0.3, 0.31)] == [below, at, above]
    # 0.1 + 0.2 is 0.30000000000000004: the slack takes it as 0.3.
    assert valenza_tried.meets(one, 0.1 + 0.2) is at
    assert [valenza_tried.meets(one, 0.3 - 1e-8), valenza_tried.meets(one, 0.3 + 1e-8)] == [
        below,
        above,
    ]


@pytest.mark.parametrize(
    ("soglia", "operatore", "value", "expected"),
    [
        (("base", "DEA_I"), "in", "dea i", True),
        (("base", "DEA_I"), "in", "DEA_II", False),
        ("giudice_di_pace", "=", "Giudice di pace", True),
        ("giudice_di_pace", "=", "procura", False),
        ("si", "=", "Sì", True),
        ("si", "=", "convenzione n. 12 del 2020", True),
        ("si", "=", "nessuno", False),
        ("si", "=", "No", False),
        ("si", "=", 1.0, True),
        ("si", "=", 0.0, False),
        (5.0, ">=", "7.5", True),
        (5.0, ">=", "molti", None),
        (5.0, ">=", "inf", None),
        (2.0, "=", 2, True),
        (("2", "3"), "in", 2.0, True),
    ],
)
def test_codes_yes_and_numbers_are_compared_as_what_they_are(soglia, operatore, value, expected):
    assert (
        valenza_tried.meets(rule("locale", "graduata", "a", operatore, soglia), value) is expected
    )


@pytest.mark.parametrize(
    "value", [None, "", "non noto", "N.D.", "nn", "molti", [20], {"x": 1}, True, 10**400, 1e999]
)
def test_a_value_that_is_no_number_is_a_missing_one(value):
    text = json.dumps({"a": {"valore": value, "natura": "rilevato"}, "b": {"valore": 20}})
    one = judged(ALL, {**row(), "attributi": text}).iloc[0]
    assert one["valenza_calcolata"] == "non_determinabile"
    assert one["copertura"] == 0.4


@pytest.mark.parametrize("text", ["{non json", "[1]", "3", "[" * 100000, '{"a": null}'])
def test_attributes_that_cannot_be_read_are_missing_data(text):
    assert judged(ALL, {**row(), "attributi": text})["valenza_calcolata"].iloc[0] == (
        "non_determinabile"
    )


def value_of(name, unit="pezzi", computed=None, **fields):
    """(value, nature) of an attribute of one service."""
    frame = services({"codice_sttm": "SAN.01", **fields})
    stored = stored_attributes(frame["attributi"])
    rows = np.array([0])
    values, nature = valenza_tried.attribute_values(
        lambda column: frame[column].to_numpy(dtype=object),
        stored,
        rows,
        name,
        unit,
        PACK,
        computed or {},
    )
    return values[0], nature[0]


def test_an_attribute_is_looked_for_in_its_order():
    entry = json.dumps({"area_mq": {"valore": 7, "natura": "stimato"}, "posti_letto": 9})
    made = {"area_mq": np.array([5.0], dtype=object), "posti_letto": np.array([3], dtype=object)}
    area = {"name": "area_mq", "unit": "mq", "computed": made}
    assert value_of(**area, superficie_mq=100.0, attributi=entry) == (100.0, "rilevato")
    assert value_of(**area, attributi=entry) == (7.0, "stimato")
    assert value_of(**area, capacita=6.0, capacita_um="mq") == (6.0, "rilevato")
    assert value_of(**area) == (5.0, "stimato")
    assert value_of("area_mq", "mq") == (None, None)
    beds = {"name": "posti_letto", "unit": "posti letto", "computed": made}
    size = {"capacita": 80.0, "capacita_um": "Posti_letto"}
    assert value_of(**beds, **size, attributi=entry) == (9.0, "dichiarato")
    assert value_of(**beds, **size) == (80.0, "rilevato")
    assert value_of(**beds, capacita=80.0, capacita_um="posti auto") == (3, "stimato")


def test_the_specific_type_gives_the_attribute_the_pack_says():
    assert value_of("livello_dm70", "codice", tipo_specifico="DEA_II") == ("DEA_II", "dichiarato")
    assert value_of("livello_dm70", "codice", tipo_specifico="casa_di_cura") == (None, None)
    stored = json.dumps({"livello_dm70": {"valore": "base"}})
    both = value_of("livello_dm70", "codice", tipo_specifico="DEA_II", attributi=stored)
    assert both == ("base", "rilevato")


def test_a_share_of_users_is_read_from_its_field():
    name = "quota_utenti_esterni"
    assert value_of(name, "quota 0-1", utenti_fuori_comune=0.25) == (0.25, "rilevato")
    assert value_of(name, "quota 0-1", capacita=0.4, capacita_um="quota 0-1") == (None, None)


def test_a_computed_value_counts_as_an_estimate():
    computed = {"a": np.array([20, None], dtype=object), "b": np.array([1, 1], dtype=object)}
    frame = judged(ALL, row(b=1), row(a=20), computed=computed)
    # First: a 60 / 2 met, b 40 known; second: a 60 met, b 40 / 2.
    assert list(frame["punteggio"]) == pytest.approx([100 * 30 / 70, 100 * 60 / 80])


# --- the bundled rules -----------------------------------------------------------


def test_a_theatre_by_the_bundled_rules():
    # intercomunale: own 25 + 20, general 25 + 15 + 20 + 15 + 10 + 10 + 5 + 10: 155 in all.
    # Known: posti 25, giorni 20, quota 25 met; comuni 15 not: S 70 / 85, C 85 / 155.
    values = {"posti_sedere": 500, "giorni_spettacolo_anno": 40, "n_comuni_serviti": 2}
    theatre = {**row(**values), "utenti_fuori_comune": 0.3}
    frame = judged(PACK, {**theatre, "valenza_dichiarata": "metropolitana"})
    one = frame.iloc[0]
    assert one["valenza_calcolata"] == "intercomunale"
    assert one["esito"] == "sovradichiarato"
    assert one["punteggio"] == pytest.approx(100 * 70 / 85)
    assert one["copertura"] == pytest.approx(85 / 155)
    assert one["punteggio_metropolitana"] == 0
    lines = reasons_of(frame)
    assert lines["CUL.02-R01"] == {
        "criterio": "CUL.02-R01",
        "valore": 500.0,
        "natura": "rilevato",
        "soglia": 300.0,
        "unita": "posti",
        "esito": "soddisfatta",
        "peso": 25.0,
        "margine": 200.0,
        "provenienza": lines["CUL.02-R01"]["provenienza"],
        "verificato": False,
        "riferimento": lines["CUL.02-R01"]["riferimento"],
    }
    assert (lines["CUL.02-R03"]["esito"], lines["CUL.02-R03"]["margine"]) == (
        "non_soddisfatta",
        -800.0,
    )
    unknown = lines["GEN-R22"]
    assert (unknown["esito"], unknown["valore"], unknown["natura"], unknown["margine"]) == (
        "non_valutabile",
        None,
        None,
        None,
    )
    assert lines["CUL.02-R04"]["soglia"][0] == "teatro_nazionale"
    assert "GEN-R28" not in lines


def test_too_few_data_are_said_in_words_with_italian_numbers():
    values = {"posti_sedere": 500, "giorni_spettacolo_anno": 40, "n_comuni_serviti": 2}
    frame = judged(PACK, {**row(**values), "utenti_fuori_comune": 0.3}, row(posti_sedere=500))
    line = json.loads(frame["motivazione"].iloc[0])[0]
    # Metropolitana: posti 30, quota 15, comuni 10 of 130.
    assert (line["criterio"], line["esito"], line["soglia"]) == ("GEN-R02", "non_soddisfatta", 0.5)
    assert line["valore"] == pytest.approx(55 / 130, abs=1e-6)
    assert line["margine"] == pytest.approx(55 / 130 - 0.5, abs=1e-6)
    assert line["riferimento"] == (
        "proposta di progetto. Dati noti per il 42,3% del peso dei criteri della valenza "
        "metropolitana, sotto il minimo del 50%: la valenza metropolitana conta come non raggiunta"
    )
    # Intercomunale: posti 25 of 155.
    assert frame["valenza_calcolata"].iloc[1] == "non_determinabile"
    assert reasons_of(frame, 1)["GEN-R02"]["riferimento"].endswith(
        "Dati noti per il 16,1% del peso dei criteri della valenza intercomunale, sotto il minimo "
        "del 50%: la valenza non è determinabile"
    )


@pytest.mark.parametrize(
    "values",
    [
        {**HIGH, **TOP},
        {**LOW, **TOP, "suff_loc": "si"},
        {**HIGH, "soglia": 9},
        {**HIGH, "suff_met": "si", "serve_met": 9},
        {"suff_loc": "si"},
    ],
)
def test_where_the_score_does_not_decide_nothing_is_said_of_too_few_data(values):
    assert "GEN-R02" not in reasons_of(judged(ALL, row(**values)))


def test_an_own_rule_takes_the_place_of_the_general_one():
    codes = {code: reasons_of(judged(PACK, {"codice_sttm": code})) for code in ("SAN.01", "CUL.01")}
    # bacino 80.000 and 600.000 in place of 30.000 and 250.000.
    assert {"SAN.01-R03", "SAN.01-R05"} <= set(codes["SAN.01"])
    assert not {"GEN-R11", "GEN-R22"} & set(codes["SAN.01"])
    # A sufficient ruolo_rete in place of the graded one; the metropolitana rules stay.
    assert "GEN-R15" not in codes["CUL.01"]
    assert {"GEN-R11", "GEN-R22"} <= set(codes["CUL.01"])


def test_a_weaker_own_rule_takes_no_place():
    general = rule("intercomunale", "graduata", "a", peso=60, codice_categoria="*", n=1)
    weaker = rule("intercomunale", "informativa", "a")
    other = rule("metropolitana", "graduata", "a", peso=60)
    assert judged(pack_of(general, weaker, other), row(a=20))["copertura"].iloc[0] == 1.0
    assert len(reasons_of(judged(pack_of(general, weaker, other), row(a=20)))) == 3


def test_acts_and_the_entrance_of_the_bundled_rules():
    frame = judged(
        PACK,
        {"codice_sttm": "VER.01", "superficie_mq": 5000.0},
        {"codice_sttm": "VER.01", "superficie_mq": 5000.1},
        {"codice_sttm": "LOC.01", "atto_gestione_associata": "convenzione n. 12 del 2020"},
        {"codice_sttm": "LOC.01", "riconoscimento_art10_ptm": "metropolitana"},
        {"codice_sttm": "EXT.01", "riconoscimento_art10_ptm": "sovracomunale"},
        {"codice_sttm": "CUL.02", "riconoscimento_art10_ptm": "in_corso"},
        {"codice_sttm": "LOC.01", "atto_gestione_associata": "nessuno"},
        {"codice_sttm": "SAN.01", "tipo_specifico": "DEA_II", "atto_gestione_associata": "si"},
    )
    assert list(frame["valenza_calcolata"]) == [
        "locale",
        "non_determinabile",
        "intercomunale",
        "metropolitana",
        "intercomunale",
        "non_determinabile",
        "locale",
        "metropolitana",
    ]


# --- esito, progress, the oracle ---------------------------------------------------


@pytest.mark.parametrize(
    ("dichiarata", "expected"),
    [
        # computed: locale, intercomunale, metropolitana
        (None, ("coerente", "sottodichiarato", "sottodichiarato")),
        ("locale", ("coerente", "sottodichiarato", "sottodichiarato")),
        ("intercomunale", ("sovradichiarato", "coerente", "sottodichiarato")),
        ("metropolitana", ("sovradichiarato", "sovradichiarato", "coerente")),
        ("sovracomunale", ("sovradichiarato", "coerente", "coerente")),
    ],
)
def test_the_outcome_of_every_declared_valenza_against_every_computed_one(dichiarata, expected):
    computed = ("locale", "intercomunale", "metropolitana")
    assert tuple(valenza.esito_of([dichiarata] * 3, computed)) == expected
    undecided = ("al_limite", "non_determinabile", "fuori_tassonomia", None)
    assert set(valenza.esito_of([dichiarata] * 4, undecided)) == {"da_verificare"}


def test_progress_grows_to_one_and_can_stop_the_run():
    frame = services(row(), row("LOC.01"), row("LOC.01"), row())
    shares = []
    valenza.classify(frame, ALL, on_progress=lambda share: shares.append(share) or True)
    assert shares == [0.5, 1.0]
    assert valenza.classify(frame, ALL, on_progress=lambda share: False) is None


def test_no_services_give_no_rows():
    assert list(valenza.classify(services(row()).iloc[:0], ALL)["esito"]) == []


NAMES = ("a", "b", "c")
LEVELS = ("ingresso", "locale", "intercomunale", "metropolitana")
KIND_OF_RULE = ("necessaria", "sufficiente", "graduata", "graduata", "informativa", "residuale")


@st.composite
def rules_of_any_kind(draw):
    drawn = []
    for number in range(draw(st.integers(1, 9))):
        coded = draw(st.integers(0, 4)) == 0
        operatore = draw(st.sampled_from(("in", "=") if coded else (">=", ">", "<=", "<", "=")))
        soglia = (
            {"in": ("uno", "due")}.get(operatore, "uno")
            if coded
            else float(draw(st.integers(1, 3)))
        )
        drawn.append(
            rule(
                draw(st.sampled_from(LEVELS)),
                draw(st.sampled_from(KIND_OF_RULE)),
                # Codes and numbers have names of their own: what is no number is tested above.
                draw(st.sampled_from(NAMES)) + ("_codice" if coded else ""),
                operatore,
                soglia,
                draw(st.integers(0, 4)),
                dimensione=draw(st.sampled_from(("capacità", "rete", "atto formale"))),
                codice_categoria=draw(st.sampled_from(("*", *KINDS))),
                n=number,
            )
        )
    return drawn


NATURE = st.sampled_from(("rilevato", "stimato", "dichiarato"))
NUMBERS = st.tuples(st.sampled_from((0, 1, 2, 3, 4)), NATURE)
TEXTS = st.tuples(st.sampled_from(("uno", "due", "tre")), NATURE)
VALUES = st.fixed_dictionaries(
    {}, optional={**{n: NUMBERS for n in NAMES}, **{f"{n}_codice": TEXTS for n in NAMES}}
)


def stored_row(code, have):
    entries = {name: {"valore": value, "natura": nature} for name, (value, nature) in have.items()}
    return {"codice_sttm": code, "attributi": json.dumps(entries)}


@settings(max_examples=200, deadline=None)
@given(
    rules=rules_of_any_kind(),
    several=st.lists(st.tuples(st.sampled_from(sorted(KINDS)), VALUES), min_size=1, max_size=8),
)
def test_the_slow_oracle_agrees_on_any_rules_and_services(rules, several):
    frame = judged(pack_of(*rules), *(stored_row(code, have) for code, have in several))
    for position, (code, have) in enumerate(several):
        compare(frame.iloc[position], judge(rules, code, KINDS[code], have))


@st.composite
def bundled_services(draw):
    """A category of the pack and values around the thresholds of its rules."""
    code = draw(st.sampled_from(sorted(PACK.categorie)))
    have = {}
    for one in PACK.rules_for(code):
        name = one.attributo
        if name in have or name == "codice_categoria" or not draw(st.booleans()):
            continue
        if isinstance(one.soglia, float):
            value = draw(st.sampled_from((one.soglia - 0.01, one.soglia, one.soglia + 0.01)))
        else:
            value = draw(st.sampled_from(("no", *np.atleast_1d(one.soglia).tolist())))
        have[name] = (value, draw(NATURE))
    return code, have


@settings(max_examples=80, deadline=None)
@given(st.lists(bundled_services(), min_size=1, max_size=6))
def test_the_slow_oracle_agrees_on_the_bundled_rules(several):
    frame = judged(PACK, *(stored_row(code, have) for code, have in several))
    for position, (code, have) in enumerate(several):
        kind = PACK.categorie[code].tipo_riga
        have = {**have, "codice_categoria": (code, "rilevato")}
        compare(frame.iloc[position], judge(PACK.regole, code, kind, have))


def compare(one, expected):
    for name in ("valenza_calcolata", "indicazione"):
        assert one[name] == expected[name]
    for name in ("punteggio", "punteggio_intercomunale", "punteggio_metropolitana"):
        share = expected[name]
        share = math.nan if share is None else 100 * float(share)
        assert one[name] == pytest.approx(share, nan_ok=True)
    assert one["copertura"] == pytest.approx(float(expected["copertura"]))
