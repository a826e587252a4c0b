"""Checks on access, clusters, other sources, protected sites, funding, regeneration."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import LineString, MultiPolygon, Point, box

from sttm_plugin.core import context
from sttm_plugin.core.reference import resolve_comune

from .plans import CENTRE, ISTAT, failing_ids, layer, outcome_of, plan_with, services

X, Y = CENTRE


def at(dx, dy=0.0):
    return {"geometry": Point(X + dx, Y + dy)}


def people(*rows):
    frame, _ = context.population_frame(layer(*rows), "popolazione")
    return frame


def home(dx, count=10.0):
    return {"popolazione": count, **at(dx)}


# 15 minutes at 4.5 km/h are 1,125 m, and in a straight line 1,125 / 1.3 = 865.38.


@pytest.mark.parametrize(("away", "fails"), [(865.3, False), (865.5, True)])
def test_residents_on_foot_in_a_straight_line(away, fails):
    plan = plan_with(at(0), population=people(home(away)))
    verdict, findings = outcome_of("STTM2-601", plan)
    assert list(findings["id_oggetto"]) == (["s1"] if fails else [])
    if fails:
        assert findings["descrizione"][0] == "servizio 1: 0 ab entro 15 minuti a piedi"


def test_residents_on_foot_along_the_network():
    street = layer({"geometry": LineString([(X, Y), (X, Y + 500), (X + 800, Y + 500)])})
    plan = plan_with(at(0), population=people({"popolazione": 5.0, **at(624, 500)}), network=street)
    assert failing_ids("STTM2-601", plan)[0] == "soddisfatto"
    plan = plan_with(at(0), population=people({"popolazione": 5.0, **at(626, 500)}), network=street)
    assert failing_ids("STTM2-601", plan)[0] == "non_soddisfatto"


def test_a_service_the_network_does_not_reach_is_not_judged():
    street = layer({"geometry": LineString([(X, Y), (X + 500, Y)])})
    crowd = people({"popolazione": 5.0, **at(400)})
    plan = plan_with(at(0), at(900, 900), population=crowd, network=street)
    assert failing_ids("STTM2-601", plan) == ("non_verificabile", [])
    stop = layer({"tipo": "bus", **at(300)})
    plan = plan_with({**ABOVE, **at(900, 900)}, stops=stop, network=street)
    assert failing_ids("STTM2-604", plan) == ("non_verificabile", [])


def test_by_bicycle_one_goes_farther():
    # 3,750 m / 1.3 = 2,884.6 m.
    for away, verdict in ((2884.0, "soddisfatto"), (2885.0, "non_soddisfatto")):
        plan = plan_with(at(0), population=people(home(away)))
        assert failing_ids("STTM2-602", plan)[0] == verdict


def test_without_population_nobody_can_be_counted():
    assert failing_ids("STTM2-601", plan_with({}))[0] == "non_verificabile"
    closed = plan_with({"stato": "dismesso"}, population=people(home(0)))
    assert failing_ids("STTM2-601", closed)[0] == "non_applicabile"


ABOVE = {"valenza_dichiarata": "metropolitana"}


@pytest.mark.parametrize(
    ("stop", "away", "verdict"),
    [
        ("bus", 400 / 1.3 - 0.1, "soddisfatto"),
        ("bus", 400 / 1.3 + 0.1, "non_soddisfatto"),
        ("Stazione ferroviaria", 800 / 1.3 - 0.1, "soddisfatto"),
        ("Stazione ferroviaria", 800 / 1.3 + 0.1, "non_soddisfatto"),
    ],
)
def test_a_stop_in_walking_distance(stop, away, verdict):
    rows = layer({"tipo": stop, **at(away)}, {"tipo": "bus", **at(90_000)})
    found, findings = outcome_of("STTM2-604", plan_with({**ABOVE, **at(0)}, stops=rows))
    assert found == verdict
    if verdict == "non_soddisfatto":
        limit = 400 if stop == "bus" else 800
        assert findings["descrizione"][0] == f"servizio 1: fermata più vicina a {limit} m"


def test_stops_of_one_kind_do_not_prove_the_other_lacks():
    rail = layer({"tipo": "metropolitana", **at(3000)})
    assert failing_ids("STTM2-604", plan_with({**ABOVE, **at(0)}, stops=rail))[0] == (
        "non_verificabile"
    )
    assert failing_ids("STTM2-604", plan_with({**ABOVE}))[0] == "non_verificabile"
    assert failing_ids("STTM2-604", plan_with({}, stops=rail))[0] == "non_applicabile"


def test_estimates_without_a_network_are_told():
    plan = plan_with({}, population=people(home(0)))
    assert failing_ids("STTM2-607", plan) == ("non_soddisfatto", [ISTAT])
    street = layer({"geometry": LineString([(X, Y), (X + 9, Y)])})
    assert failing_ids("STTM2-607", plan_with({}, network=street))[0] == "soddisfatto"
    assert failing_ids("STTM2-607", plan_with({}))[0] == "non_verificabile"


def test_services_gather_in_the_lum_as_people_do():
    lum = layer({"id_lum": "L1", "geometry": Point(X, Y).buffer(500)})
    crowd = people(home(0, 50.0), home(5000, 50.0))
    rows = [{**ABOVE, **at(0)}, {**ABOVE, **at(5000)}]
    plan = plan_with(*rows, lum=lum, population=crowd)
    assert failing_ids("STTM2-701", plan)[0] == "soddisfatto"
    verdict, findings = outcome_of(
        "STTM2-701", plan_with(*rows, {**ABOVE, **at(6000)}, lum=lum, population=crowd)
    )
    assert verdict == "non_soddisfatto"
    assert findings["descrizione"][0] == "Indice 0,667 (1 = proporzionale)"


SEATS = {"capacita_um": "posti"}


@pytest.mark.parametrize(
    ("inside", "outside", "index"),
    [
        # Of 400 seats 100 are in the LUM: a quarter, for half of the people.
        ({**SEATS, "capacita": 100.0}, {**SEATS, "capacita": 300.0}, "0.5"),
        # Not known of both, or not in one unit: a service counts as a service.
        ({**SEATS, "capacita": 100.0}, {}, None),
        ({**SEATS, "capacita": 100.0}, {"capacita_um": "iscritti", "capacita": 300.0}, None),
        ({**SEATS, "capacita": 100.0}, {"capacita": 300.0}, None),
        # Another category: its capacities are not compared with these.
        ({**SEATS, "capacita": 100.0}, {**SEATS, "capacita": 300.0, "codice_sttm": "IST.01"}, None),
        ({**SEATS, "capacita": 300.0}, {**SEATS, "capacita": 100.0}, None),
    ],
)
def test_services_gather_by_their_capacity_where_it_is_known(inside, outside, index):
    lum = layer({"id_lum": "L1", "geometry": Point(X, Y).buffer(500)})
    crowd = people(home(0, 50.0), home(5000, 50.0))
    rows = ({**ABOVE, **inside, **at(0)}, {**ABOVE, **outside, **at(5000)})
    _, findings = outcome_of("STTM2-701", plan_with(*rows, lum=lum, population=crowd))
    assert list(findings["valore"]) == ([] if index is None else [index])


@pytest.mark.parametrize(
    ("away", "size", "fails"), [(3000, 33, True), (3001, 33, False), (3000, 34, False)]
)
def test_small_services_of_a_kind_close_together(away, size, fails):
    # Half the median of (size, size, 100, 100) is (size + 100) / 4: 33.25 and 33.5.
    rows = [{"capacita": c, "capacita_um": "posti"} for c in (size, size, 100, 100)]
    for row, dx in zip(rows, (0, away, 20_000, 30_000)):
        row.update(at(dx))
    verdict, findings = outcome_of("STTM2-702", plan_with(*rows))
    assert list(findings["altri_oggetti"]) == (["s2"] if fails else [])
    assert failing_ids("STTM2-702", plan_with(at(0), at(10)))[0] == "non_verificabile"


def test_clustered_and_regular_patterns_are_told():
    close = [at(10 * k) for k in range(8)]
    verdict, findings = outcome_of("STTM2-704", plan_with(*close))
    area = resolve_comune(ISTAT).superficie_km2 * 1e6
    ratio = 10 / (0.5 * math.sqrt(area / 8))
    assert findings["altri_oggetti"][0] == "CUL.01"
    assert float(findings["valore"][0]) == pytest.approx(ratio, abs=1e-6)
    assert failing_ids("STTM2-704", plan_with(*close[:7]))[0] == "non_applicabile"


def reading2(*rows):
    return services(
        *(
            {"id_servizio": f"r{k}", "lettura": 2, "fonte": "MIM", **row}
            for k, row in enumerate(rows)
        )
    )


NAMED = {"denominazione": "Biblioteca civica"}


@pytest.mark.parametrize(("away", "fails"), [(99.9, False), (100.1, True)])
def test_in_the_plan_but_not_elsewhere(away, fails):
    # The same name, 0.5, another category, 0: 0.8 takes a whole 0.3 of distance; the same
    # category adds 0.2, and a third of the distance is left: 100 of 150 m.
    two = reading2({**NAMED, **at(away)})
    plan = plan_with({**NAMED, **at(0)}, reading2=two)
    verdict, findings = outcome_of("STTM2-801", plan)
    assert list(findings["id_oggetto"]) == (["s1"] if fails else [])
    assert failing_ids("STTM2-801", plan_with({}))[0] == "non_verificabile"


def test_a_source_without_a_kind_says_nothing_of_it():
    two = reading2({**NAMED, **at(0)})
    plan = plan_with({"codice_sttm": "SPO.01", **at(0)}, reading2=two)
    assert failing_ids("STTM2-801", plan) == ("non_verificabile", [])


def test_elsewhere_but_not_in_the_plan():
    two = reading2({**NAMED, **at(0)}, {"denominazione": "Museo", **at(0)}, {**NAMED, **at(151)})
    verdict, findings = outcome_of("STTM2-802", plan_with({**NAMED, **at(0)}, reading2=two))
    assert sorted(findings["id_oggetto"]) == ["r1", "r2"]
    assert "Museo: presente in MIM, assente dal PdS" in list(findings["descrizione"])


@pytest.mark.parametrize(("away", "told"), [(101, True), (100, False)])
def test_a_pair_to_confirm(away, told):
    plan = plan_with({**NAMED, **at(0)}, reading2=reading2({**NAMED, **at(away)}))
    verdict, findings = outcome_of("STTM2-803", plan)
    assert list(findings["altri_oggetti"]) == (["r0"] if told else [])


@pytest.mark.parametrize(
    ("theirs", "field"),
    [
        ({"capacita": 110.0}, None),
        ({"capacita": 110.2}, "campo:capacita"),
        ({"stato": "sospeso"}, "campo:stato"),
        ({"stato": "previsto"}, "campo:stato"),
        ({"codice_sttm": "CUL.02"}, "campo:codice_sttm"),
    ],
)
def test_a_pair_that_differs(theirs, field):
    ours = {**NAMED, "capacita": 100.0, **at(0)}
    plan = plan_with(ours, reading2=reading2({**ours, **theirs}))
    verdict, findings = outcome_of("STTM2-804", plan)
    expected = [] if field is None else [";".join(sorted(("r0", field)))]
    assert list(findings["altri_oggetti"]) == expected


def test_what_the_plan_has_as_planned_is_not_absent_from_it_but_in_another_state():
    plan = plan_with(
        {**NAMED, "stato": "previsto", **at(0)}, reading2=reading2({**NAMED, **at(10)})
    )
    assert failing_ids("STTM2-802", plan) == ("soddisfatto", [])
    verdict, findings = outcome_of("STTM2-804", plan)
    assert list(findings["descrizione"]) == [
        "Biblioteca civica: stato previsto nel PGT, esistente in MIM"
    ]


def test_what_a_source_says_closed_is_found_there_in_another_state():
    two = reading2({**NAMED, "stato": "dismesso", **at(10)})
    plan = plan_with({**NAMED, **at(0)}, reading2=two)
    assert failing_ids("STTM2-801", plan) == ("soddisfatto", [])
    assert failing_ids("STTM2-804", plan) == ("non_soddisfatto", ["s1"])


def test_the_planned_extension_of_a_service_that_pairs_is_not_the_service():
    extension = {**NAMED, "stato": "previsto", **at(5)}
    plan = plan_with({**NAMED, **at(0)}, extension, reading2=reading2({**NAMED, **at(0)}))
    assert failing_ids("STTM2-804", plan) == ("soddisfatto", [])


def test_several_records_for_one():
    two = reading2({**NAMED, **at(0)}, {**NAMED, **at(10)})
    verdict, findings = outcome_of("STTM2-805", plan_with({**NAMED, **at(0)}, reading2=two))
    assert list(zip(findings["id_oggetto"], findings["altri_oggetti"])) == [("s1", "r0;r1")]
    one = reading2({**NAMED, **at(0)})
    plan = plan_with({**NAMED, **at(0)}, {**NAMED, **at(10)}, reading2=one)
    assert failing_ids("STTM2-805", plan) == ("non_soddisfatto", ["s1"])
    assert failing_ids("STTM2-805", plan_with({**NAMED, **at(0)}, reading2=one))[0] == "soddisfatto"


def test_share_of_services_that_pair():
    one = {**NAMED, **at(0)}
    plan = plan_with(one, {"denominazione": "Museo", **at(900)}, reading2=reading2(one))
    assert failing_ids("STTM2-806", plan)[0] == "soddisfatto"
    plan = plan_with(
        one, {"denominazione": "Museo", **at(900)}, {"denominazione": "Arena", **at(1900)},
        reading2=reading2(one),
    )  # fmt: skip
    assert failing_ids("STTM2-806", plan) == ("non_soddisfatto", [ISTAT])


def test_a_neighbour_that_says_otherwise():
    theirs = {**NAMED, **at(10), "istat": "015146", "valenza_dichiarata": "metropolitana"}
    ours = {**NAMED, **at(0), "valenza_dichiarata": "locale"}
    verdict, findings = outcome_of("STTM2-901", plan_with(ours, neighbours=services(theirs)))
    assert list(findings["id_oggetto"]) == ["s1"]
    assert findings["descrizione"][0] == "Biblioteca civica: discorde con Milano"
    same = plan_with({**ours, "valenza_dichiarata": "metropolitana"}, neighbours=services(theirs))
    assert failing_ids("STTM2-901", same)[0] == "soddisfatto"
    assert failing_ids("STTM2-901", plan_with(ours))[0] == "non_verificabile"


@pytest.mark.parametrize(("away", "fails"), [(500.0, True), (500.1, False)])
def test_a_plan_near_a_protected_site(away, fails):
    site = layer({"nome": "Parco Agricolo", "geometry": box(X + away, Y - 9, X + 900, Y + 9)})
    row = {"stato": "previsto", **at(0)}
    verdict, findings = outcome_of("STTM2-905", plan_with(row, protected=site))
    assert list(findings["id_oggetto"]) == (["s1"] if fails else [])
    if fails:
        assert findings["descrizione"][0] == "servizio 1: interferenza con Parco Agricolo"
    assert failing_ids("STTM2-905", plan_with(row))[0] == "non_verificabile"
    assert failing_ids("STTM2-905", plan_with({}, protected=site))[0] == "non_applicabile"


def funding(*rows):
    return layer(*({"istat": ISTAT, "geometry": None, **row} for row in rows))


def test_a_funded_project_by_its_cup_or_by_its_place():
    rows = funding(
        {"cup": "A11B22000010006", **at(100)},
        {"cup": "C33D22000010006"},
        {"cup": "E55F22000010006", **at(9000)},
        {"cup": "G77H22000010006", "istat": "015146"},
    )
    own = ({**at(0)}, {"attributi_origine": '{"cup": "c33d22000010006"}', **at(5000)})
    verdict, findings = outcome_of("STTM2-921", plan_with(*own, funding=rows))
    assert list(findings["altri_oggetti"]) == ["E55F22000010006"]
    assert findings["descrizione"][0] == ("Progetto E55F22000010006: servizio assente dal PdS")
    assert failing_ids("STTM2-921", plan_with(*own))[0] == "non_verificabile"


@pytest.mark.parametrize(
    ("state", "phase", "verdict"),
    [
        ("previsto", "cantiere", "non_soddisfatto"),
        ("previsto", "progetto", "soddisfatto"),
        ("in_corso", "gara", "non_soddisfatto"),
        ("in_corso", "cantiere", "soddisfatto"),
        ("previsto", None, "non_verificabile"),
        ("esistente", "cantiere", "non_soddisfatto"),
        ("esistente", "collaudo", "soddisfatto"),
        ("esistente", None, "non_applicabile"),
    ],
)
def test_state_and_phase_agree(state, phase, verdict):
    plan = plan_with({"stato": state, "fase_progetto": phase})
    assert failing_ids("STTM2-922", plan)[0] == verdict


def test_what_is_being_enlarged_exists_with_works_under_way():
    row = {"stato": "esistente", "fase_progetto": "cantiere"}
    plan = plan_with({**row, "attributi_origine": '{"STATO": "In ampliamento"}'})
    assert failing_ids("STTM2-922", plan) == ("soddisfatto", [])


def test_funding_is_checked_on_a_plan_without_services_of_today():
    projects = layer({"cup": "E55F22000010006", "istat": ISTAT, "geometry": None})
    planned = {"stato": "previsto", "attributi_origine": '{"cup": "E55F22000010006"}'}
    assert failing_ids("STTM2-921", plan_with(planned, funding=projects)) == ("soddisfatto", [])
    elsewhere = plan_with({"istat": "015146"}, funding=projects)
    assert failing_ids("STTM2-921", elsewhere) == ("non_soddisfatto", [ISTAT])


def test_an_idle_area_in_a_lum():
    areas = layer(
        {"nome": "Ex scalo", "geometry": MultiPolygon([box(X, Y, X + 50, Y + 20)])},
        {"nome": "Altrove", "geometry": MultiPolygon([box(X + 9000, Y, X + 9050, Y + 20)])},
    )
    lum = layer({"id_lum": "L1", "geometry": Point(X, Y).buffer(500)})
    verdict, findings = outcome_of("STTM2-923", plan_with(at(900), lum=lum, regeneration=areas))
    assert list(zip(findings["id_oggetto"], findings["altri_oggetti"])) == [("L1", "Ex scalo")]
    assert findings["descrizione"][0] == "Ex scalo: 1.000 mq senza funzione"
    used = plan_with({"stato": "previsto", **at(10, 10)}, lum=lum, regeneration=areas)
    assert failing_ids("STTM2-923", used)[0] == "soddisfatto"


@pytest.mark.parametrize(
    ("day", "state", "fails"),
    [
        ("2026-01-14", "in_corso", True),
        ("2026-01-15", "in_corso", False),
        ("2026-01-14", "esistente", False),
    ],
)
def test_a_deadline_that_has_passed(day, state, fails):
    rows = funding({"cup": "A11B22000010006", "data_fine_prevista": day, **at(0)})
    plan = plan_with({"stato": state, **at(0)}, funding=rows)
    assert failing_ids("STTM2-924", plan)[1] == (["s1"] if fails else [])
