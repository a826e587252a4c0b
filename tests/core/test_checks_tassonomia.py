"""Checks on the categories."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import MultiPolygon, box

from sttm_plugin.core.pack import load_pack

from .plans import CENTRE, failing_ids, outcome_of, plan_with

X, Y = CENTRE


def square(side, x=X):
    return MultiPolygon([box(x, Y, x + side, Y + side)])


def test_a_service_without_category():
    verdict, findings = outcome_of("STTM2-201", plan_with({"codice_sttm": None}, {}))
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", ["s1"])
    assert findings["descrizione"][0] == "servizio 1: non classificabile"
    assert failing_ids("STTM2-201", plan_with({}))[0] == "soddisfatto"


def test_a_name_of_two_categories_is_ambiguous_until_a_person_chooses():
    # "teatro" and "cinema" have six letters each; "biblioteca" and "museo" are half apart.
    even = {"denominazione": "Cinema e teatro Roma"}
    plan = plan_with(
        {**even, "confidenza": 0.5},
        {**even, "confidenza": 1.0},
        {**even, "codice_fonte": "ISIL:IT-MI0001", "confidenza": 0.9},
        {"denominazione": "Museo e biblioteca", "confidenza": 0.9},
    )
    verdict, findings = outcome_of("STTM2-202", plan)
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", ["s1"])
    assert findings["descrizione"][0].startswith("Cinema e teatro Roma: CUL.02 ")
    assert (findings["valore"][0], findings["soglia"][0]) == ("0", "0.15")


def test_a_name_shut_out_by_an_anti_keyword():
    plan = plan_with(
        {"denominazione": "Farmacia ospedale maggiore"},
        {"denominazione": "Farmacia San Carlo"},
        {"denominazione": "Biblioteca comunale"},
    )
    verdict, findings = outcome_of("STTM2-203", plan)
    # A chemist's was never taken for a hospital: nothing was shut out there.
    assert list(findings["id_oggetto"]) == ["s1"]
    assert findings["descrizione"][0] == (
        "Farmacia ospedale maggiore: escluso da SAN.01 Ospedali per 'farmacia'"
    )


def test_macrocategoria_declared_against_derived():
    plan = plan_with(
        {"macrocategoria": "Sport"},
        {"macrocategoria": load_pack().categorie["CUL.01"].macrocategoria.upper()},
        {"macrocategoria": "CUL"},
        {"macrocategoria": None},
    )
    verdict, findings = outcome_of("STTM2-204", plan)
    assert list(findings["id_oggetto"]) == ["s1"]
    assert findings["valore"][0] == "Sport"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"superficie_mq": 5000.0}, True),
        ({"superficie_mq": 5000.1}, False),
        ({"superficie_mq": 100.0, "valenza_dichiarata": "locale"}, False),
        ({"superficie_mq": 100.0, "codice_sttm": "LOC.07"}, True),
        ({"superficie_mq": 100.0, "codice_sttm": "SPO.01"}, False),
        ({"geometry": square(70)}, True),
    ],
)
def test_small_green_declared_above_the_comune(row, told):
    plan = plan_with({"codice_sttm": "VER.01", "valenza_dichiarata": "sovracomunale", **row})
    assert failing_ids("STTM2-205", plan)[1] == (["s1"] if told else [])


def test_green_of_unknown_area_cannot_be_verified():
    plan = plan_with({"codice_sttm": "VER.01", "valenza_dichiarata": "sovracomunale"})
    assert failing_ids("STTM2-205", plan)[0] == "non_verificabile"


@pytest.mark.parametrize(("gap", "told"), [(20.0, ["s1"]), (20.1, [])])
def test_pieces_of_green_that_make_one(gap, told):
    # Twice 55 × 55 m are 6,050 m².
    plan = plan_with(
        {"codice_sttm": "LOC.07", "geometry": square(55)},
        {"codice_sttm": "LOC.07", "geometry": square(55, X + 55 + gap)},
    )
    verdict, findings = outcome_of("STTM2-206", plan)
    assert list(findings["id_oggetto"]) == told
    if told:
        assert findings["descrizione"][0] == "2 aree contigue formano 6.050 mq"
        assert findings["altri_oggetti"][0] == "s2"


def test_pieces_that_stay_small_or_are_large_already_are_not_told():
    small = plan_with(
        {"codice_sttm": "LOC.07", "geometry": square(50)},
        {"codice_sttm": "LOC.07", "geometry": square(50, X + 50)},
    )
    assert failing_ids("STTM2-206", small) == ("soddisfatto", [])
    large = plan_with({"codice_sttm": "VER.01", "geometry": square(80)})
    assert failing_ids("STTM2-206", large)[0] == "non_applicabile"


def test_outside_the_eight_macrocategorie():
    plan = plan_with({"codice_sttm": "EXT.01"}, {})
    assert failing_ids("STTM2-207", plan) == ("non_soddisfatto", ["s1"])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"denominazione": "Ex ospedale"}, True),
        ({"denominazione": "EX-Macello"}, True),
        ({"denominazione": "Expo"}, False),
        ({"stato": "dismesso"}, True),
        ({"stato": None}, False),
    ],
)
def test_what_has_closed(row, told):
    assert failing_ids("STTM2-208", plan_with(row))[1] == (["s1"] if told else [])
