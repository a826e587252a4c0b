"""Checks on the data: for each an object that fails, one that passes, one at the limit."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import MultiPolygon, Point, Polygon, box

from sttm_plugin.core import context
from sttm_plugin.core.pack import load_pack

from .plans import CENTRE, ISTAT, failing_ids, layer, outcome_of, plan_with

X, Y = CENTRE
OTHER = "015146"


def square(side, x=X, y=Y):
    return MultiPolygon([box(x, y, x + side, y + side)])


def comuni(side=2000.0):
    """Rho: a square of 2 × side around the centre; Milan: the same to its east."""
    return context.comuni_frame(
        layer(
            {"istat": ISTAT, "geometry": box(X - side, Y - side, X + side, Y + side)},
            {"istat": OTHER, "geometry": box(X + side, Y - side, X + 3 * side, Y + side)},
        )
    )


def test_ids_missing_or_repeated():
    plan = plan_with({}, {"id_servizio": "s1"}, {"id_servizio": None}, {})
    verdict, findings = outcome_of("STTM2-103", plan)
    assert verdict == "non_soddisfatto"
    rows = zip(findings["id_oggetto"], findings["altri_oggetti"], findings["valore"])
    assert sorted(rows, key=str) == [(ISTAT, "campo:id_servizio", "1"), ("s1", None, "2")]
    assert failing_ids("STTM2-103", plan_with({}, {})) == ("soddisfatto", [])
    assert failing_ids("STTM2-103", plan_with({"istat": OTHER}))[0] == "non_applicabile"


@pytest.mark.parametrize(
    ("crs", "verdict"), [("EPSG:32632", "soddisfatto"), ("EPSG:3003", "non_soddisfatto")]
)
def test_reference_system(crs, verdict):
    plan = plan_with({})
    plan.crs = crs
    found, findings = outcome_of("STTM2-104", plan)
    assert found == verdict
    if verdict == "non_soddisfatto":
        assert findings["descrizione"][0] == "CRS EPSG:3003 non ammesso o assente"
        assert findings["id_oggetto"][0] == ISTAT


def test_geometry_missing_in_a_layer_but_not_in_a_table():
    plan = plan_with({}, {"geometry": None}, {"geometry": Point()})
    verdict, findings = outcome_of("STTM2-105", plan)
    assert (verdict, sorted(findings["id_oggetto"])) == ("non_soddisfatto", ["s2", "s3"])
    assert "servizio 2: senza geometria" in list(findings["descrizione"])
    table = plan_with({}, {"geometry": None})
    table.own["_spatial"] = [True, False]
    assert failing_ids("STTM2-105", table) == ("soddisfatto", [])


def test_invalid_geometries():
    bow = Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    plan = plan_with({"geometry": bow}, {"geometry": square(9)}, {"geometry": None})
    assert failing_ids("STTM2-106", plan) == ("non_soddisfatto", ["s1"])
    assert failing_ids("STTM2-106", plan_with({}))[0] == "soddisfatto"


def test_most_of_the_layer_elsewhere_is_a_wrong_reference_system():
    # 5,000 m beyond the border at X + 2000.
    far, near = Point(X + 7000.1, Y), Point(X + 7000.0, Y)
    plan = plan_with({"geometry": far}, {"geometry": far}, {"geometry": near}, comuni=comuni())
    verdict, findings = outcome_of("STTM2-107", plan)
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", [ISTAT])
    assert findings["descrizione"][0] == (
        "2 elementi su 3 fuori dal comune e dal tampone: probabile errore di CRS"
    )
    half = plan_with({"geometry": far}, {"geometry": near}, comuni=comuni())
    assert failing_ids("STTM2-107", half) == ("soddisfatto", [])


def test_without_boundaries_only_a_sure_error_of_extent_is_told():
    assert failing_ids("STTM2-107", plan_with({}))[0] == "non_verificabile"
    far = plan_with({"geometry": Point(X + 90_000, Y)})
    assert failing_ids("STTM2-107", far) == ("non_soddisfatto", [ISTAT])


def test_a_service_outside_the_border():
    rows = ({"geometry": Point(X + 2000, Y)}, {"geometry": Point(X + 2001, Y)}, {}, {})
    verdict, findings = outcome_of("STTM2-108", plan_with(*rows, comuni=comuni()))
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", ["s2"])
    assert (findings["valore"][0], findings["margine"][0]) == ("1", -1.0)
    assert failing_ids("STTM2-108", plan_with(*rows))[0] == "non_verificabile"
    # Of records without an id, which are one finding, the first tells its own distance.
    nameless = [{"id_servizio": None, "geometry": Point(X + 2000 + d, Y)} for d in (30, 70)]
    assert list(outcome_of("STTM2-108", plan_with(*nameless, comuni=comuni()))[1]["margine"]) == [
        -30.0
    ]
    # When the whole layer is elsewhere, that is what is told.
    far = plan_with({"geometry": Point(X + 90_000, Y)}, comuni=comuni())
    assert failing_ids("STTM2-108", far) == ("non_applicabile", [])


def test_a_point_where_an_area_is_expected():
    plan = plan_with(
        {"codice_sttm": "VER.01"},
        {"codice_sttm": "VER.01", "geometry": square(9)},
        {"codice_sttm": "CUL.01", "geometry": square(9)},
        {"codice_sttm": "CUL.01"},
    )
    verdict, findings = outcome_of("STTM2-109", plan)
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", ["s1"])
    assert findings["descrizione"][0] == "servizio 1: geometria puntuale, attesa poligonale"


def test_the_same_service_twice():
    same = {"denominazione": "Biblioteca civica"}
    plan = plan_with(
        {**same, "geometry": Point(X, Y)},
        {"denominazione": "Civica biblioteca", "geometry": Point(X + 50, Y)},
        {**same, "geometry": Point(X + 100.1, Y)},
        {**same, "codice_sttm": "CUL.02", "geometry": Point(X, Y)},
        {"denominazione": "Palestra", "geometry": Point(X, Y)},
    )
    verdict, findings = outcome_of("STTM2-110", plan)
    assert verdict == "non_soddisfatto"
    assert list(zip(findings["id_oggetto"], findings["altri_oggetti"])) == [("s1", "s2")]
    assert (
        findings["descrizione"][0] == "Biblioteca civica e Civica biblioteca: probabile duplicato"
    )


@pytest.mark.parametrize(("shift", "twice"), [(17.6, True), (17.7, False)])
def test_two_areas_that_share_seven_tenths_are_one(shift, twice):
    # IoU of squares of 100 m shifted by d: (100 − d) / (100 + d); 0.7 at 17.647.
    plan = plan_with(
        {"denominazione": "Uno", "geometry": square(100)},
        {"denominazione": "Altro", "geometry": square(100, X + shift)},
    )
    assert failing_ids("STTM2-110", plan)[1] == (["s1"] if twice else [])


@pytest.mark.parametrize(("width", "told"), [(5.0, False), (5.1, True)])
def test_areas_of_different_categories_that_overlap(width, told):
    # Of 100 × 100 m: 5 % is a strip of 5 m, and 500 m² is over the least of 100.
    plan = plan_with(
        {"geometry": square(100)},
        {"codice_sttm": "SPO.01", "geometry": square(100, X + 100 - width)},
        {"geometry": square(100, X, Y + 50)},
    )
    found = outcome_of("STTM2-111", plan)[1]
    assert list(zip(found["id_oggetto"], found["altri_oggetti"])) == (
        [("s1", "s2")] if told else []
    )


@pytest.mark.parametrize(("side", "told"), [(10.0, []), (10.1, [("s1", "s2")])])
def test_an_overlap_of_a_hundred_square_metres_is_let_pass(side, told):
    # The smaller lies wholly within the larger: its share is 1.
    plan = plan_with(
        {"denominazione": "Parco", "geometry": square(side)},
        {"denominazione": "Campo", "codice_sttm": "SPO.01", "geometry": square(100)},
    )
    found = outcome_of("STTM2-111", plan)[1]
    assert list(zip(found["id_oggetto"], found["altri_oggetti"])) == told
    if told:
        assert found["descrizione"][0] == "Parco e Campo si sovrappongono per 102 mq"


@pytest.mark.parametrize(("side", "told"), [(5.0, []), (4.99, ["s1"])])
def test_slivers(side, told):
    assert failing_ids("STTM2-112", plan_with({"geometry": square(side)}))[1] == told


def test_essential_fields_are_one_finding_each():
    plan = plan_with({"fonte": None, "gestore": None}, {"fonte": None}, {})
    verdict, findings = outcome_of("STTM2-113", plan)
    rows = list(
        zip(findings["altri_oggetti"], findings["severita"], findings["ammette_giustificazione"])
    )
    assert sorted(rows) == [("campo:fonte", "errore", False), ("campo:gestore", "avviso", True)]
    assert set(findings["id_oggetto"]) == {ISTAT}
    assert "Fonte: 2 valori mancanti" in list(findings["descrizione"])
    assert failing_ids("STTM2-113", plan_with({})) == ("soddisfatto", [])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"stato": "previsto"}, "campo:fase_progetto"),
        ({"stato": "in_corso", "fase_progetto": "cantiere"}, None),
        ({"stato": "dismesso"}, "campo:data_fine_validita"),
        ({"stato": "dismesso", "data_fine_validita": "2024-01-01"}, None),
        ({"capacita": 40.0}, "campo:capacita_um"),
        ({"capacita": 40.0, "capacita_um": "posti letto"}, None),
    ],
)
def test_fields_that_another_one_asks_for(row, field):
    verdict, findings = outcome_of("STTM2-113", plan_with(row, {}))
    told = list(zip(findings["altri_oggetti"], findings["severita"], findings["valore"]))
    assert told == ([] if field is None else [(field, "avviso", "1")])


def test_values_outside_their_lists():
    plan = plan_with({"stato": "aperto"}, {"codice_sttm": "ZZZ.99"}, {"stato": "previsto"})
    verdict, findings = outcome_of("STTM2-114", plan)
    assert sorted(zip(findings["id_oggetto"], findings["altri_oggetti"])) == [
        ("s1", "campo:stato"),
        ("s2", "campo:codice_sttm"),
    ]
    assert failing_ids("STTM2-114", plan_with({}))[0] == "soddisfatto"


def test_specific_types_are_those_of_the_category():
    plan = plan_with(
        {"codice_sttm": "SAN.01", "tipo_specifico": "DEA_II"},
        {"codice_sttm": "CUL.01", "tipo_specifico": "DEA_II"},
        {"codice_sttm": "LOC.07", "tipo_specifico": "aiuola"},
        {"codice_sttm": None, "tipo_specifico": "DEA_II"},
    )
    verdict, findings = outcome_of("STTM2-114", plan)
    assert list(findings["id_oggetto"]) == ["s2"]
    assert findings["descrizione"][0] == "Tipo specifico: valore 'DEA_II' non previsto"
    assert findings["soglia"][0] == "biblioteca_civica;biblioteca_universitaria;centro_sistema"


def test_code_of_the_comune_against_the_place():
    astride = MultiPolygon([box(X + 1990, Y, X + 2090, Y + 10)])
    rows = ({"geometry": astride}, {"geometry": Point(X + 2500, Y)}, {"istat": None}, {})
    verdict, findings = outcome_of("STTM2-115", plan_with(*rows, comuni=comuni()))
    assert sorted(findings["id_oggetto"]) == ["s1", "s3"]
    assert f"servizio 1: codice {ISTAT}, geometria in {OTHER}" in list(findings["descrizione"])
    assert failing_ids("STTM2-115", plan_with({}, comuni=comuni())) == ("soddisfatto", [])
    assert failing_ids("STTM2-115", plan_with({}))[0] == "non_verificabile"


@pytest.mark.parametrize("code", ["999999", "015999", "boh"])
def test_a_code_that_no_comune_has_is_told_in_the_plan_it_is_in(code):
    plan = plan_with({"istat": code}, {}, comuni=comuni())
    verdict, findings = outcome_of("STTM2-115", plan)
    assert list(findings["descrizione"]) == [f"servizio 1: codice {code}, geometria in {ISTAT}"]


def test_the_code_of_another_comune_or_province_is_of_its_plan():
    plan = plan_with({"istat": OTHER}, {"istat": "108033"}, {})
    assert list(plan.own["id_servizio"]) == ["s3"]


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"data_fine_validita": "2020-01-01"}, False),
        ({"data_fine_validita": "2019-12-31"}, True),
        ({"data_rif": "2026-01-15"}, False),
        ({"data_rif": "2026-01-16"}, True),
        ({"data_inizio_validita": "2027-01-15"}, False),
        ({"data_inizio_validita": "2027-01-16"}, True),
        ({"data_inizio_validita": "2027-01-16", "stato": "previsto"}, False),
        ({"data_rif": "l'anno scorso"}, True),
    ],
)
def test_dates_in_order(row, wrong):
    assert failing_ids("STTM2-116", plan_with(row))[1] == (["s1"] if wrong else [])


@pytest.mark.parametrize(("day", "old"), [("2024-01-15", False), ("2024-01-14", True)])
def test_data_older_than_two_years(day, old):
    verdict, findings = outcome_of("STTM2-117", plan_with({"data_rif": day}))
    assert list(findings["id_oggetto"]) == (["s1"] if old else [])
    if old:
        assert findings["descrizione"][0] == "servizio 1: dato più vecchio di 24 mesi"
        assert findings["margine"][0] == -1.0
    assert failing_ids("STTM2-117", plan_with({"data_rif": None}))[0] == "non_verificabile"


def test_numbers_out_of_range():
    limit = next(
        one
        for one in load_pack().intervalli
        if one.codice_categoria == "SAN.01" and one.capacita_um
    )
    size = {"codice_sttm": "SAN.01", "capacita_um": limit.capacita_um}
    plan = plan_with(
        {**size, "capacita": limit.massimo},
        {**size, "capacita": limit.massimo + 1},
        {**size, "capacita": limit.minimo - 1},
        {"capacita": -1.0},
        {"utenti_fuori_comune": 1.01},
        {"utenti_fuori_comune": 1.0},
        {**size, "capacita": limit.minimo},
    )
    verdict, findings = outcome_of("STTM2-118", plan)
    assert sorted(findings["id_oggetto"]) == ["s2", "s3", "s4", "s5"]
    assert set(findings["margine"][findings["id_oggetto"].isin(["s2", "s3"])]) == {-1.0}
    assert failing_ids("STTM2-118", plan_with({}))[0] == "non_applicabile"


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("Città di Rho – è già così", False),
        ("CittÃ\u00a0 di Rho", True),
        ("Museo della CittÃ", True),
        ("Nonâ€™", True),
        ("Caff\ufffd", True),
        ("Via\u0085Po", True),
    ],
)
def test_broken_text(name, broken):
    plan = plan_with({"denominazione": name})
    assert failing_ids("STTM2-119", plan)[1] == (["s1"] if broken else [])


def test_broken_text_names_its_field_and_a_correction_elsewhere_is_seen():
    row = {"denominazione": "Teatro", "gestore": "SocietÃ\u00a0 Arte", "capacita_um": "posti"}
    before = outcome_of("STTM2-119", plan_with(row))[1]
    assert before["descrizione"][0] == "Teatro: caratteri errati nel campo Gestore"
    assert (before["id_oggetto"][0], before["altri_oggetti"][0]) == ("s1", "campo:gestore")
    after = outcome_of("STTM2-119", plan_with({**row, "gestore": "SocietÃ\u00a0 Arti"}))[1]
    assert after["id_rilievo"][0] == before["id_rilievo"][0]
    assert after["impronta"][0] != before["impronta"][0]


def test_broken_text_is_looked_for_in_every_free_text():
    plan = plan_with({"atto_gestione_associata": "Deliberazione nÂ° 3 Caff\ufffd"})
    found = outcome_of("STTM2-119", plan)[1]
    assert list(found["altri_oggetti"]) == ["campo:atto_gestione_associata"]
