"""Checks on the LUM: perimeters, what they host, what lies near them."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import MultiPolygon, Point, box

from sttm_plugin.core import context
from sttm_plugin.core.pack import load_pack

from .plans import CENTRE, ISTAT, failing_ids, layer, outcome_of, plan_with

X, Y = CENTRE
OTHER = "015146"


def comuni(edge=1000.0):
    """Rho to the west of X + edge, Milan to its east."""
    return context.comuni_frame(
        layer(
            {"istat": ISTAT, "geometry": box(X - 5000, Y - 5000, X + edge, Y + 5000)},
            {"istat": OTHER, "geometry": box(X + edge, Y - 5000, X + 9000, Y + 5000)},
        )
    )


def lum(**more):
    """A metropolitano LUM: a circle of 500 m around the centre."""
    row = {
        "id_lum": "L1",
        "nome": "Rho centro",
        "rango": "metropolitano",
        "stato": "esistente",
        "raggio_m": 500.0,
        "metodo": "cerchio",
        "geometry": Point(X, Y).buffer(500, 32),
    }
    return layer({**row, **more})


def perimeter(shape, **more):
    return layer({"id_lum": "L1", "geometry": shape, **more})


def stops(x=X, y=Y, **more):
    return layer({"tipo": "ferrovia", "geometry": Point(x, y), **more})


CIRCLE = Point(X, Y).buffer(500, 32)


def test_a_lum_of_the_comune_needs_its_perimeter():
    other = layer({"id_lum": "L2", "geometry": CIRCLE})
    plan = plan_with({}, lum=lum(), lum_perimeters=other, comuni=comuni())
    verdict, findings = outcome_of("STTM2-501", plan)
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", ["L1"])
    assert findings["descrizione"][0] == "LUM Rho centro: perimetro non presente nel PGT"
    assert findings["layer"][0] == "lum"
    drawn = plan_with({}, lum=lum(), lum_perimeters=perimeter(CIRCLE), comuni=comuni())
    assert failing_ids("STTM2-501", drawn) == ("soddisfatto", [])
    for layers in ({"lum": lum()}, {"lum_perimeters": other}, {}):
        assert failing_ids("STTM2-501", plan_with({}, **layers))[0] == "non_verificabile"


@pytest.mark.parametrize(
    ("edge", "verdict"), [(-340.0, "non_soddisfatto"), (-347.0, "non_applicabile")]
)
def test_a_lum_with_less_than_a_tenth_in_the_comune_is_not_its_own(edge, verdict):
    # A chord 0.6873 radii from the centre leaves a tenth of the circle: 343.7 m of 500.
    other = layer({"id_lum": "L2", "geometry": CIRCLE})
    plan = plan_with({}, lum=lum(), lum_perimeters=other, comuni=comuni(edge))
    assert failing_ids("STTM2-501", plan)[0] == verdict


def test_without_boundaries_the_list_of_comuni_tells():
    other = layer({"id_lum": "L2", "geometry": CIRCLE})
    plan = plan_with({}, lum=lum(comuni=f"{OTHER};{ISTAT}"), lum_perimeters=other)
    assert failing_ids("STTM2-501", plan) == ("non_soddisfatto", ["L1"])
    plan = plan_with({}, lum=lum(comuni=OTHER), lum_perimeters=other)
    assert failing_ids("STTM2-501", plan)[0] == "non_applicabile"


@pytest.mark.parametrize(
    ("share", "fails"), [(0.59, True), (0.61, False), (1.49, False), (1.51, True)]
)
def test_the_perimeter_against_the_circle_of_the_rank(share, fails):
    drawn = Point(X, Y).buffer(500 * math.sqrt(share), 32)
    plan = plan_with({}, lum=lum(), lum_perimeters=perimeter(drawn), comuni=comuni())
    verdict, findings = outcome_of("STTM2-502", plan)
    assert verdict == ("non_soddisfatto" if fails else "soddisfatto")
    if fails:
        assert findings["descrizione"][0] == (
            f"LUM Rho centro: perimetro pari al {round(100 * share)}% del cerchio"
        )


def test_along_the_network_the_circle_needs_the_stop():
    row = lum(metodo="rete", geometry=Point(X, Y).buffer(300, 8))
    drawn = perimeter(CIRCLE)
    plan = plan_with({}, lum=row, lum_perimeters=drawn, comuni=comuni())
    assert failing_ids("STTM2-502", plan)[0] == "non_verificabile"
    plan = plan_with({}, lum=row, lum_perimeters=drawn, comuni=comuni(), stops=stops())
    assert failing_ids("STTM2-502", plan)[0] == "soddisfatto"


@pytest.mark.parametrize(("west", "fails"), [(0.0, False), (1.0, True)])
def test_the_stop_lies_in_the_perimeter(west, fails):
    drawn = box(X + west, Y - 200, X + 300, Y + 200)
    layers = {"lum": lum(), "lum_perimeters": perimeter(drawn), "comuni": comuni()}
    plan = plan_with({}, stops=stops(id_lum="L1"), **layers)
    verdict, findings = outcome_of("STTM2-503", plan)
    assert list(findings["id_oggetto"]) == (["L1"] if fails else [])
    assert failing_ids("STTM2-503", plan_with({}, **layers))[0] == "non_verificabile"


def test_a_stop_of_no_lum_is_a_node_by_its_place():
    drawn = perimeter(CIRCLE)
    nodes = stops(id_lum=None)
    plan = plan_with({}, lum=lum(), lum_perimeters=drawn, comuni=comuni(), stops=nodes)
    assert failing_ids("STTM2-503", plan) == ("soddisfatto", [])


def test_the_code_of_a_perimeter_may_lack_its_zero():
    drawn = perimeter(CIRCLE, istat=ISTAT.lstrip("0"))
    plan = plan_with({}, lum=lum(), lum_perimeters=drawn, comuni=comuni())
    assert failing_ids("STTM2-501", plan) == ("soddisfatto", [])


def test_a_stop_of_another_comune_is_not_for_this_one_to_enclose():
    drawn = perimeter(box(X - 400, Y - 200, X - 100, Y + 200))
    plan = plan_with({}, lum=lum(), lum_perimeters=drawn, comuni=comuni(-50), stops=stops())
    assert failing_ids("STTM2-503", plan)[0] == "non_applicabile"


@pytest.mark.parametrize(("gap", "fails"), [(10.0, False), (10.1, True)])
def test_a_shared_lum_has_joined_perimeters(gap, fails):
    rows = layer(
        {"id_lum": "L1", "istat": ISTAT, "geometry": box(X - 300, Y - 99, X, Y + 99)},
        {"id_lum": "L1", "istat": OTHER, "geometry": box(X + gap, Y - 99, X + 300, Y + 99)},
    )
    plan = plan_with({}, lum=lum(), lum_perimeters=rows, comuni=comuni(0))
    verdict, findings = outcome_of("STTM2-504", plan)
    assert list(findings["id_oggetto"]) == (["L1"] if fails else [])
    if fails:
        assert findings["descrizione"][0] == (
            "LUM Rho centro: perimetri dei comuni Rho e Milano non raccordati"
        )


def test_a_lum_of_one_comune_has_nothing_to_join():
    plan = plan_with({}, lum=lum(), lum_perimeters=perimeter(CIRCLE), comuni=comuni(4000))
    assert failing_ids("STTM2-504", plan)[0] == "non_applicabile"
    alone = plan_with({}, lum=lum(), lum_perimeters=perimeter(CIRCLE), comuni=comuni(0))
    assert failing_ids("STTM2-504", alone)[0] == "non_verificabile"


PLANNED = {"stato": "previsto", "geometry": Point(X, Y)}


def cell_with(letters):
    """A category whose cells for a rank are these letters by column."""
    pack = load_pack()
    for code, cells in sorted(pack.matrice.items()):
        if {column: cell.lettera for column, cell in cells.items()}.items() >= letters.items():
            return code
    raise AssertionError(letters)


def test_a_planned_service_the_hierarchy_does_not_admit():
    code = cell_with({"SU": "C", "SP": "N"})
    ranked = {"rango": "sovracomunale"}
    row = {**PLANNED, "codice_sttm": code}
    verdict, findings = outcome_of(
        "STTM2-505", plan_with(row, lum=lum(**ranked, contesto="periurbano"))
    )
    assert (verdict, list(findings["id_oggetto"])) == ("non_soddisfatto", ["s1"])
    assert findings["descrizione"][0] == (
        f"servizio 1: categoria {code} non preferita nel LUM sovracomunale periurbano"
    )
    assert findings["altri_oggetti"][0] == "L1"
    urban = plan_with(row, lum=lum(**ranked, contesto="urbano"))
    assert failing_ids("STTM2-505", urban) == ("soddisfatto", [])
    assert failing_ids("STTM2-505", plan_with(row, lum=lum(**ranked)))[0] == "non_verificabile"
    existing = plan_with({**row, "stato": "esistente"}, lum=lum(**ranked))
    assert failing_ids("STTM2-505", existing)[0] == "non_applicabile"


def test_the_condition_of_a_cell_is_told():
    code = cell_with({"SU": "C", "SP": "N"})
    plan = plan_with(
        {**PLANNED, "codice_sttm": code}, lum=lum(rango="sovracomunale", contesto="urbano")
    )
    verdict, findings = outcome_of("STTM2-506", plan)
    condition = load_pack().cell(code, "sovracomunale", "urbano").testo
    assert findings["descrizione"][0] == f"servizio 1: condizione '{condition}' da verificare"


@pytest.mark.parametrize(("away", "fails"), [(1000.0, False), (1000.1, True)])
def test_a_planned_metropolitan_service_far_from_every_lum(away, fails):
    row = {
        "stato": "previsto",
        "valenza_calcolata": "metropolitana",
        "geometry": Point(X + away, Y),
    }
    plan = plan_with(row, lum=lum())
    assert failing_ids("STTM2-507", plan)[1] == (["s1"] if fails else [])
    assert failing_ids("STTM2-507", plan_with(row))[0] == "non_verificabile"
    assert failing_ids("STTM2-507", plan_with({}, lum=lum()))[0] == "non_applicabile"


@pytest.mark.parametrize(("side", "told"), [(32.0, True), (31.0, False)])
def test_areas_to_use_in_a_lum(side, told):
    # 32 × 32 m are 1,024 m², 31 × 31 m 961.
    areas = layer({"geometry": MultiPolygon([box(X, Y, X + side, Y + side)])})
    plan = plan_with({}, lum=lum(), regeneration=areas, comuni=comuni())
    verdict, findings = outcome_of("STTM2-508", plan)
    assert list(findings["id_oggetto"]) == (["L1"] if told else [])
    if told:
        assert findings["descrizione"][0] == "LUM Rho centro: 1 aree per 1.024 mq"


def test_free_land_taken_while_a_lum_has_room():
    far = {"stato": "previsto", "geometry": MultiPolygon([box(X - 3000, Y, X - 2950, Y + 20)])}
    areas = layer({"geometry": MultiPolygon([box(X, Y, X + 50, Y + 20)])})
    fields = layer({"COD_TOT": "2111", "geometry": box(X - 4000, Y - 500, X - 2000, Y + 500)})
    town = layer({"COD_TOT": "1111", "geometry": box(X - 4000, Y - 500, X - 2000, Y + 500)})
    layers = {"lum": lum(), "regeneration": areas}
    verdict, findings = outcome_of("STTM2-509", plan_with(far, landuse=fields, **layers))
    assert list(findings["id_oggetto"]) == ["s1"]
    assert findings["descrizione"][0] == "servizio 1: disponibili 1.000 mq in LUM"
    assert failing_ids("STTM2-509", plan_with(far, landuse=town, **layers))[0] == "soddisfatto"
    assert failing_ids("STTM2-509", plan_with(far, **layers))[0] == "non_verificabile"
    small = layer({"geometry": MultiPolygon([box(X, Y, X + 49, Y + 20)])})
    plan = plan_with(far, landuse=fields, lum=lum(), regeneration=small)
    assert failing_ids("STTM2-509", plan)[0] == "soddisfatto"


@pytest.mark.parametrize(("level", "fails"), [(60.0, False), (59.9, True)])
def test_level_of_service(level, fails):
    plan = plan_with({}, lum=lum(livello_servizio=level), comuni=comuni())
    assert failing_ids("STTM2-510", plan)[1] == (["L1"] if fails else [])
    plain = plan_with({}, lum=lum(), comuni=comuni())
    assert failing_ids("STTM2-510", plain)[0] == "non_verificabile"


def test_a_planned_lum_with_services_that_depend_on_it():
    tied = plan_with({"id_lum": "L1"}, {}, lum=lum(stato="previsto"), comuni=comuni())
    verdict, findings = outcome_of("STTM2-511", tied)
    assert (verdict, list(findings["altri_oggetti"])) == ("non_soddisfatto", ["s1"])
    free = plan_with({}, lum=lum(stato="previsto"), comuni=comuni())
    assert failing_ids("STTM2-511", free)[0] == "soddisfatto"
    assert failing_ids("STTM2-511", plan_with({}, lum=lum()))[0] == "non_applicabile"
