"""Checks on the valenza and on the areas for services."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import MultiPolygon, Point, box

from sttm_plugin.core.checks.engine import run_checks
from sttm_plugin.core.reference import comuni, resolve_comune

from .plans import CENTRE, ISTAT, failing_ids, layer, outcome_of, plan_with, services

X, Y = CENTRE
PEOPLE = resolve_comune(ISTAT).popolazione


def told(code, row, **layers):
    verdict, found = failing_ids(code, plan_with(row, **layers))
    return verdict, found == ["s1"]


@pytest.mark.parametrize(
    ("declared", "computed", "coverage", "verdict"),
    [
        ("metropolitana", "locale", 0.5, "non_soddisfatto"),
        ("sovracomunale", "locale", 0.9, "non_soddisfatto"),
        ("metropolitana", "locale", 0.49, "soddisfatto"),
        ("metropolitana", "intercomunale", 0.9, "soddisfatto"),
        ("locale", "locale", 0.9, "non_applicabile"),
        (None, "locale", 0.9, "non_applicabile"),
        ("metropolitana", "non_determinabile", 0.2, "non_verificabile"),
    ],
)
def test_declared_above_what_is_computed_local(declared, computed, coverage, verdict):
    row = {"valenza_dichiarata": declared, "valenza_calcolata": computed, "copertura": coverage}
    assert told("STTM2-301", row) == (verdict, verdict == "non_soddisfatto")


def test_the_message_gives_score_and_coverage():
    row = {
        "valenza_dichiarata": "metropolitana",
        "valenza_calcolata": "locale",
        "copertura": 0.75,
        "punteggio": 12.5,
    }
    findings = outcome_of("STTM2-301", plan_with(row))[1]
    assert findings["descrizione"][0] == (
        "servizio 1: dichiarato metropolitana, i criteri indicano locale (punteggio 12,5, "
        "copertura 0,75)"
    )


@pytest.mark.parametrize(
    ("declared", "computed", "verdict"),
    [
        ("metropolitana", "intercomunale", "non_soddisfatto"),
        ("metropolitana", "metropolitana", "soddisfatto"),
        ("metropolitana", "al_limite", "non_verificabile"),
        ("sovracomunale", "intercomunale", "non_applicabile"),
    ],
)
def test_declared_one_step_above(declared, computed, verdict):
    row = {"valenza_dichiarata": declared, "valenza_calcolata": computed}
    assert told("STTM2-302", row)[0] == verdict


@pytest.mark.parametrize(
    ("declared", "computed", "coverage", "below"),
    [
        (None, "intercomunale", 0.5, True),
        ("locale", "metropolitana", 0.9, True),
        ("intercomunale", "metropolitana", 0.9, True),
        ("locale", "intercomunale", 0.49, False),
        ("sovracomunale", "metropolitana", 0.9, False),
        ("metropolitana", "metropolitana", 0.9, False),
    ],
)
def test_declared_below(declared, computed, coverage, below):
    row = {"valenza_dichiarata": declared, "valenza_calcolata": computed, "copertura": coverage}
    assert told("STTM2-303", row)[1] is below


@pytest.mark.parametrize(
    ("row", "fails"),
    [
        ({"valenza_dichiarata": "intercomunale"}, True),
        ({"valenza_dichiarata": "intercomunale", "atto_gestione_associata": "DGC 1/2024"}, False),
        (
            {"valenza_dichiarata": "intercomunale", "riconoscimento_art10_ptm": "sovracomunale"},
            False,
        ),
        ({"valenza_dichiarata": "intercomunale", "riconoscimento_art10_ptm": "nessuno"}, True),
        ({"valenza_dichiarata": "locale"}, False),
        ({"valenza_dichiarata": "intercomunale", "codice_sttm": "LOC.07"}, False),
        ({"valenza_dichiarata": "intercomunale", "codice_sttm": "CUL.01"}, False),
    ],
)
def test_local_by_nature_declared_above(row, fails):
    assert told("STTM2-304", {"codice_sttm": "LOC.05", **row})[1] is fails


def test_not_enough_data_to_tell():
    plan = plan_with(
        {"valenza_calcolata": "non_determinabile", "copertura": 0.25},
        {"valenza_calcolata": "locale", "copertura": 0.5},
    )
    verdict, findings = outcome_of("STTM2-305", plan)
    assert list(findings["id_oggetto"]) == ["s1"]
    assert findings["descrizione"][0] == "servizio 1: dati sufficienti solo per il 25%"
    assert findings["margine"][0] == -0.25


OVER = {"valenza_dichiarata": "metropolitana", "valenza_calcolata": "locale", "copertura": 0.9}


@pytest.mark.parametrize(
    ("row", "fails"),
    [
        ({}, True),
        ({"giustificazione": "x" * 40, "tipo_giustificazione": "atto"}, False),
        ({"giustificazione": "x" * 39, "tipo_giustificazione": "atto"}, True),
        ({"giustificazione": "x" * 60}, True),
    ],
)
def test_a_deviation_needs_a_reason_and_its_kind(row, fails):
    assert told("STTM2-306", {**OVER, **row})[1] is fails


def test_without_deviation_no_reason_is_due():
    assert told("STTM2-306", {"valenza_dichiarata": "locale"})[0] == "non_applicabile"


def test_a_reason_needs_a_document():
    assert told("STTM2-307", {"giustificazione": "perché sì"}) == ("non_soddisfatto", True)
    row = {"giustificazione": "perché sì", "riferimento_giustificazione": "DCC 3/2025"}
    assert told("STTM2-307", row) == ("soddisfatto", False)
    assert told("STTM2-307", {})[0] == "non_applicabile"


@pytest.mark.parametrize(
    ("recognised", "confirmed", "fails"),
    [
        ("sovracomunale", "intercomunale", False),
        ("sovracomunale", "metropolitana", True),
        ("metropolitana", "metropolitana", False),
        ("metropolitana", None, True),
        ("in_corso", None, False),
    ],
)
def test_a_recognition_and_the_confirmed_valenza_agree(recognised, confirmed, fails):
    row = {"riconoscimento_art10_ptm": recognised, "valenza_confermata": confirmed}
    assert told("STTM2-308", row)[1] is fails


@pytest.mark.parametrize(
    ("state", "computed", "verdict"),
    [
        ("previsto", "intercomunale", "non_soddisfatto"),
        ("previsto", "al_limite", "non_soddisfatto"),
        ("previsto", "locale", "soddisfatto"),
        ("previsto", "non_determinabile", "non_verificabile"),
        ("esistente", "metropolitana", "non_applicabile"),
    ],
)
def test_a_plan_that_may_matter_beyond_the_comune(state, computed, verdict):
    assert told("STTM2-309", {"stato": state, "valenza_calcolata": computed})[0] == verdict


def test_thresholds_a_fifth_away_change_some_valenze():
    # Each of these values is a little below its threshold: a fifth lower, they meet it.
    near = {
        "codice_sttm": "VER.01",
        "superficie_mq": 45_000.0,
        "utenti_fuori_comune": 0.24,
        "attributi": '{"n_comuni_serviti": {"valore": 3, "natura": "rilevato"},'
        ' "bacino_effettivo_ab": {"valore": 29000, "natura": "rilevato"},'
        ' "pop_2km_altri_comuni_ab": {"valore": 4500, "natura": "rilevato"}}',
    }
    plan = plan_with(near, {"codice_sttm": "VER.01", "superficie_mq": 100.0})
    verdict, findings = outcome_of("STTM2-310", plan)
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", [ISTAT])
    assert findings["descrizione"][0] == "50% dei servizi cambia valenza con soglie +/-20%"
    steady = plan_with({"codice_sttm": "VER.01", "superficie_mq": 100.0})
    assert failing_ids("STTM2-310", steady)[0] == "soddisfatto"


# Areas for services --------------------------------------------------------------------------


@pytest.mark.parametrize(("per_head", "fails"), [(18.0, False), (17.999, True)])
def test_area_for_each_inhabitant(per_head, fails):
    verdict, found = told("STTM2-401", {"superficie_mq": per_head * PEOPLE})
    assert verdict == ("non_soddisfatto" if fails else "soddisfatto")


def test_what_is_closed_or_counted_elsewhere_gives_no_area():
    whole = {"superficie_mq": 18.0 * PEOPLE}
    for row in ({"stato": "dismesso"}, {"computo_dotazione": "sovracomunale"}):
        verdict, found = failing_ids("STTM2-401", plan_with({**whole, **row}, {"superficie_mq": 9}))
        assert (verdict, found) == ("non_soddisfatto", [ISTAT])
    planned = plan_with({**whole, "stato": "previsto"})
    assert failing_ids("STTM2-401", planned)[0] == "soddisfatto"


def settling(number, **layers):
    plan = plan_with({"superficie_mq": 18.0 * PEOPLE}, **layers)
    plan.settlers = number
    return plan


def missing_of(code, plan):
    (check,) = run_checks(plan, plan.pack, only={code}).checks.to_dict("records")
    return check["verdetto"], check["dati_mancanti"]


def test_who_the_plan_settles_shares_the_areas():
    assert missing_of("STTM2-401", settling(0.0)) == ("soddisfatto", None)
    verdict, findings = outcome_of("STTM2-401", settling(PEOPLE / 2))
    assert (verdict, findings["valore"][0]) == ("non_soddisfatto", "12")


def test_where_the_plan_does_not_say_who_it_settles_residents_count_and_it_is_told():
    assert missing_of("STTM2-401", settling(None)) == ("soddisfatto", "SETTLERS")
    plan = settling(None)
    (lacking,) = run_checks(plan, plan.pack, only={"STTM2-401"}).mancanze
    assert (lacking["dato"], lacking["controlli"]) == ("SETTLERS", ["STTM2-401"])
    assert "soli residenti" in lacking["dove_trovarlo"]


def test_who_is_settled_is_read_from_the_areas_of_the_comune():
    ground = Point(CENTRE).buffer(9)
    areas = layer(
        {"istat": ISTAT, "Abitanti teorici": PEOPLE / 4, "geometry": ground},
        {"istat": ISTAT, "Abitanti teorici": None, "geometry": ground},
        {"istat": "015146", "Abitanti teorici": 9e9, "geometry": ground},
    )
    verdict, findings = outcome_of("STTM2-401", settling(None, regeneration=areas))
    assert (verdict, findings["valore"][0]) == ("non_soddisfatto", "14.4")


def test_what_is_today_is_shared_by_residents_alone():
    plan = plan_with({"superficie_mq": 18.0 * PEOPLE}, {"superficie_mq": 9.0, "stato": "previsto"})
    plan.settlers = PEOPLE / 2
    (scenario,) = run_checks(plan, plan.pack, only={"STTM2-401"}).scenari
    assert (scenario["oggi"], scenario["previsto"]) == (0, 1)


def test_an_area_not_known_can_only_add():
    assert failing_ids("STTM2-401", plan_with({"superficie_mq": 9}, {}))[0] == "non_verificabile"
    enough = plan_with({"superficie_mq": 18.0 * PEOPLE}, {})
    assert failing_ids("STTM2-401", enough)[0] == "soddisfatto"


def test_area_by_group():
    plan = plan_with(
        {"codice_sttm": "IST.01", "superficie_mq": 4.5 * PEOPLE},
        {"codice_sttm": "CUL.01", "superficie_mq": 1.99 * PEOPLE},
        {"codice_sttm": "SPO.01", "superficie_mq": 9.0 * PEOPLE},
        {"codice_sttm": "LOC.08", "superficie_mq": 2.5 * PEOPLE},
    )
    verdict, findings = outcome_of("STTM2-402", plan)
    assert list(findings["altri_oggetti"]) == ["campo:interesse_comune"]
    assert findings["descrizione"][0] == "interesse comune: 1,99 mq/ab"


def test_the_zone_is_judged_only_with_all_its_comuni():
    zone = resolve_comune(ISTAT).zona_omogenea
    members = [one for one in comuni().values() if one.zona_omogenea == zone]
    people = sum(one.popolazione for one in members)
    park = {"codice_sttm": "VER.01", "valenza_dichiarata": "sovracomunale"}
    rows = [
        {**park, "istat": one.istat, "id_servizio": one.istat, "superficie_mq": 10.0}
        for one in members
    ]
    rows.sort(key=lambda row: row["istat"] != ISTAT)
    small = plan_with(rows[0], neighbours=services(*rows))
    assert failing_ids("STTM2-403", small) == ("non_soddisfatto", [ISTAT])
    rows[1]["superficie_mq"] = 17.5 * people
    enough = plan_with(rows[0], neighbours=services(*rows))
    assert failing_ids("STTM2-403", enough)[0] == "soddisfatto"
    assert failing_ids("STTM2-403", plan_with(park))[0] == "non_verificabile"


@pytest.mark.parametrize(("overlap", "fails"), [(10, False), (11, True)])
def test_an_area_counted_twice(overlap, fails):
    plan = plan_with(
        {"geometry": MultiPolygon([box(X, Y, X + 10, Y + 40)]), "computo_dotazione": "locale"},
        {
            "geometry": MultiPolygon([box(X, Y + 40 - overlap, X + 10, Y + 90)]),
            "computo_dotazione": "sovracomunale",
        },
    )
    assert failing_ids("STTM2-404", plan)[1] == (["s1"] if fails else [])


@pytest.mark.parametrize(
    ("declared", "confirmed", "count", "fails"),
    [
        ("metropolitana", None, "locale", True),
        ("metropolitana", "locale", "locale", False),
        ("locale", "intercomunale", "locale", True),
        ("metropolitana", None, "ripartito", False),
        ("metropolitana", None, "sovracomunale", False),
        ("locale", None, "locale", False),
    ],
)
def test_what_serves_above_the_comune_is_not_counted_for_it_alone(
    declared, confirmed, count, fails
):
    plan = plan_with(
        {
            "geometry": MultiPolygon([box(X, Y, X + 10, Y + 40)]),
            "valenza_dichiarata": declared,
            "valenza_confermata": confirmed,
            "computo_dotazione": count,
        }
    )
    assert failing_ids("STTM2-404", plan)[1] == (["s1"] if fails else [])


def test_areas_without_their_count_cannot_be_compared():
    plan = plan_with({"geometry": MultiPolygon([box(X, Y, X + 10, Y + 40)])})
    assert failing_ids("STTM2-404", plan)[0] == "non_verificabile"


def test_a_pole_plans_more_than_it_needs():
    assert failing_ids("STTM2-406", plan_with({})) == ("non_soddisfatto", [ISTAT])
    planned = plan_with({"stato": "previsto", "valenza_calcolata": "intercomunale"})
    assert failing_ids("STTM2-406", planned)[0] == "soddisfatto"
    small = next(one.istat for one in comuni().values() if not one.polo)
    assert failing_ids("STTM2-406", plan_with({"istat": small}, comune=small))[0] == (
        "non_applicabile"
    )


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"gestore": "Alfa S.r.l."}, "non_soddisfatto"),
        ({"gestore": "Alfa S.r.l.", "titolo_servizio": "nn"}, "non_soddisfatto"),
        ({"gestore": "Alfa S.r.l.", "titolo_servizio": "privato_convenzionato"}, "soddisfatto"),
        ({"gestore": "Comune di Rho"}, "soddisfatto"),
        ({"gestore": None}, "non_verificabile"),
    ],
)
def test_a_private_service_needs_an_act(row, verdict):
    assert told("STTM2-407", row)[0] == verdict
