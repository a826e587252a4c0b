"""Attributes computed from the layers around the services: values worked by hand."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

import json

from shapely.geometry import LineString, MultiPolygon, Point, box

from sttm_plugin.core import attributes, context, valenza
from sttm_plugin.core.accessibility import Street
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.network import build_network
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.reference import comuni, resolve_comune
from sttm_plugin.core.snapping import SegmentIndex
from sttm_plugin.core.wkb import read_lines

from .plans import CENTRE, CRS, ISTAT, layer, services

X, Y = CENTRE
# A comune of the metropolitan city that is neither polo nor città centrale.
SMALL = next(one.istat for one in comuni().values() if not one.polo and not one.citta_centrale)


def computed(frame, **around):
    return attributes.compute_attributes(frame, load_pack(), **around)


def square(x, y, side):
    return MultiPolygon([box(x, y, x + side, y + side)])


def lum(*rows):
    return layer(*({"stato": "esistente", "rango": "metropolitano", **row} for row in rows))


def test_a_point_on_the_edge_of_a_lum_is_inside_and_one_beyond_is_not():
    frame = services(
        {"istat": SMALL, "geometry": Point(X + 100, Y)},
        {"istat": SMALL, "geometry": Point(X + 100.01, Y)},
        {"istat": SMALL, "geometry": None},
    )
    found = computed(frame, lum=lum({"id_lum": "L1", "geometry": box(X, Y - 50, X + 100, Y + 50)}))
    assert list(found["id_lum"]) == ["L1", None, None]
    assert list(found["rango_lum"]) == ["metropolitano", "nessuno", None]
    assert list(found["in_lum_polo_o_citta_centrale"]) == ["si", "no", None]


def test_an_area_lies_in_the_lum_that_holds_most_of_it():
    frame = services({"geometry": square(X, Y, 100)})
    found = computed(
        frame,
        lum=lum(
            {"id_lum": "A", "geometry": box(X, Y, X + 30, Y + 100)},
            {"id_lum": "B", "rango": "sovracomunale", "geometry": box(X + 30, Y, X + 100, Y + 100)},
        ),
    )
    assert list(found["id_lum"]) == ["B"]
    assert list(found["rango_lum"]) == ["sovracomunale"]


def test_a_planned_lum_holds_only_planned_services():
    frame = services(
        {"stato": "esistente", "geometry": Point(X, Y)},
        {"stato": "previsto", "geometry": Point(X, Y)},
    )
    planned = lum({"id_lum": "L", "stato": "previsto", "geometry": box(X - 9, Y - 9, X + 9, Y + 9)})
    assert list(computed(frame, lum=planned)["id_lum"]) == [None, "L"]


def test_without_lum_only_a_polo_or_a_central_town_can_be_told():
    frame = services({"istat": ISTAT}, {"istat": SMALL}, {"istat": "015146"})
    assert resolve_comune(ISTAT).polo
    assert resolve_comune("015146").citta_centrale
    found = computed(frame)
    assert list(found["in_lum_polo_o_citta_centrale"]) == ["si", None, "si"]
    assert "id_lum" not in found


@pytest.mark.parametrize(
    ("body", "above"),
    [
        ("ATS della Città Metropolitana di Milano", "si"),
        ("Ministero dell'Istruzione", "si"),
        ("Comune di Rho", "no"),
        ("Fondazione Rossi", None),
        ("Atsara s.r.l.", None),
        (None, None),
    ],
)
def test_the_name_of_the_body_that_plans_tells_whether_it_is_above_the_comune(body, above):
    found = computed(services({"ente_pianificatore": body}))
    assert list(found["ente_programmatore_sovracomunale"]) == [above]


def test_similar_services_count_only_when_every_neighbour_has_records():
    near = resolve_comune(ISTAT).contermini
    rows = [{"istat": ISTAT, "codice_sttm": "CUL.01"}]
    rows += [{"istat": code, "codice_sttm": "SAN.01"} for code in near]
    rows += [
        {"istat": near[0], "codice_sttm": "CUL.01"},
        {"istat": near[0], "codice_sttm": "CUL.01", "stato": "previsto"},
        {"istat": near[1], "codice_sttm": "CUL.01", "stato": None},
    ]
    found = computed(services(*rows))["n_simili_comuni_contermini"]
    assert found[0] == 2
    rows[3]["istat"] = ISTAT  # the third neighbour has no record any more
    assert computed(services(*rows))["n_simili_comuni_contermini"][0] is None


def test_the_sites_of_a_complex_are_one_and_two_readings_are_not_added():
    near = resolve_comune(ISTAT).contermini
    rows = [{"istat": ISTAT}, *({"istat": code, "codice_sttm": "SAN.01"} for code in near)]
    rows += [
        {"istat": near[0], "id_complesso": "c1", "lettura": 1},
        {"istat": near[0], "id_complesso": "c1", "lettura": 1},
        {"istat": near[0], "lettura": 2},
    ]
    assert computed(services(*rows))["n_simili_comuni_contermini"][0] == 1


def test_rare_in_the_metropolitan_city_needs_every_comune():
    rows = [{"istat": code, "codice_sttm": "SAN.01"} for code in sorted(comuni())]
    rows += [
        {"istat": ISTAT, "codice_sttm": "CUL.02", "tipo_specifico": "teatro"},
        {"istat": SMALL, "codice_sttm": "CUL.02", "tipo_specifico": "teatro"},
        {"istat": SMALL, "codice_sttm": "CUL.02", "tipo_specifico": "cineteatro"},
    ]
    assert list(computed(services(*rows))["n_simili_cmm"][-3:]) == [2, 2, 1]
    assert computed(services(*rows[1:]))["n_simili_cmm"][-1] is None


def test_capacity_over_the_need_of_the_residents():
    people = resolve_comune(ISTAT).popolazione
    volumes = json.dumps({"patrimonio_volumi": {"valore": 4 * people, "natura": "rilevato"}})
    frame = services(
        {"codice_sttm": "SAN.01", "capacita": 0.0037 * people * 3, "capacita_um": "posti letto"},
        {"codice_sttm": "SAN.01", "capacita": 100.0, "capacita_um": "mq"},
        {"codice_sttm": "CUL.01", "attributi": volumes},
        {"codice_sttm": "CUL.01", "attributi": "{non json"},
    )
    found = computed(frame)["eccedenza_capacita"]
    assert found[0] == pytest.approx(3.0)
    assert found[1] is None
    assert found[2] == pytest.approx(2.0)
    assert found[3] is None


def two_comuni(at=X):
    """ISTAT to the west of ``at``, SMALL to its east."""
    return context.comuni_frame(
        layer(
            {"PRO_COM": int(ISTAT), "geometry": box(at - 5000, Y - 5000, at, Y + 5000)},
            {"PRO_COM": int(SMALL), "geometry": box(at, Y - 5000, at + 5000, Y + 5000)},
        )
    )


@pytest.mark.parametrize(("inside", "crosses"), [(10, "si"), (9.9, "no"), (90, "si"), (90.1, "no")])
def test_a_park_crosses_when_a_tenth_is_on_the_other_side(inside, crosses):
    frame = services({"codice_sttm": "VER.01", "geometry": square(X - inside, Y, 100)})
    found = computed(frame, comuni=two_comuni())["attraversa_confine_comunale"]
    assert list(found) == [crosses]


def test_outside_every_comune_crossing_is_not_known():
    frame = services({"codice_sttm": "VER.01", "geometry": square(X + 50000, Y, 100)})
    assert list(computed(frame, comuni=two_comuni())["attraversa_confine_comunale"]) == [None]


def people(*rows):
    frame, _ = context.population_frame(layer(*rows), "popolazione")
    return frame


def neighbours_with(code, **first):
    """A population of one row in every neighbour, far away, and one more."""
    far = [
        {"istat": one, "popolazione": 7.0, "geometry": Point(X + 40000, Y)}
        for one in resolve_comune(code).contermini
    ]
    return [*far, {"popolazione": 1000.0, **first}]


@pytest.mark.parametrize(("away", "counted"), [(1538.4, 1000.0), (1538.5, 0.0)])
def test_residents_of_other_comuni_within_two_kilometres_of_path(away, counted):
    # 2000 m / 1.3 = 1538.46 m in a straight line from the edge of the park.
    other = resolve_comune(ISTAT).contermini[0]
    rows = neighbours_with(ISTAT, istat=other, geometry=Point(X + 100 + away, Y + 50))
    frame = services({"codice_sttm": "VER.01", "geometry": square(X, Y, 100)})
    found = computed(frame, population=people(*rows))["pop_2km_altri_comuni_ab"]
    assert list(found) == [counted]


def test_own_residents_do_not_count_and_a_partial_population_tells_nothing():
    rows = neighbours_with(ISTAT, istat=ISTAT, geometry=Point(X + 150, Y + 50))
    frame = services(
        {"codice_sttm": "VER.01", "geometry": square(X, Y, 100)}, {"codice_sttm": "CUL.01"}
    )
    found = computed(frame, population=people(*rows))["pop_2km_altri_comuni_ab"]
    assert list(found) == [0.0, None]
    found = computed(frame, population=people(*rows[1:]))["pop_2km_altri_comuni_ab"]
    assert list(found) == [None, None]


def test_the_lum_row_of_its_ranks_radius_is_kept():
    frame = layer(
        {"id_lum": "B", "rango": "sovracomunale", "raggio_m": 350.0, "geometry": None},
        {"id_lum": "A", "rango": "metropolitano", "raggio_m": 800.0, "geometry": Point(0, 0)},
        {"id_lum": "A", "rango": "metropolitano", "raggio_m": 500.0, "geometry": Point(1, 1)},
        {"id_lum": "B", "rango": "sovracomunale", "raggio_m": 200.0, "geometry": Point(2, 2)},
    )
    kept = context.lum_frame(frame, load_pack())
    assert list(zip(kept["id_lum"], kept["raggio_m"])) == [("A", 500.0), ("B", 200.0)]


def test_a_population_without_numbers_is_refused_naming_the_field():
    with pytest.raises(SttmError, match="manca il campo «abitanti» \\(trovati: pop\\)"):
        context.population_frame(layer({"pop": 1, "geometry": Point(0, 0)}), "abitanti")
    with pytest.raises(SttmError, match="«pop» deve contenere numeri, e non «molti» \\(riga 1"):
        context.population_frame(layer({"pop": "molti", "geometry": Point(0, 0)}), "POP")
    frame, wrong = context.population_frame(
        layer({"pop": -1, "geometry": Point(0, 0)}, {"pop": 5, "geometry": Point(0, 0)}), "pop"
    )
    assert (list(frame["popolazione"]), wrong) == ([0.0, 5.0], 1)


def test_the_comune_of_a_row_comes_from_its_code_else_from_where_it_lies():
    frame = layer(
        {"PRO_COM": 15146, "geometry": Point(X - 1, Y)},
        {"PRO_COM": None, "geometry": Point(X + 1, Y)},
        {"PRO_COM": None, "geometry": Point(X + 90000, Y)},
    )
    assert frame.crs == CRS
    assert list(context.istat_of_rows(frame, two_comuni())) == ["015146", SMALL, None]


def test_progress_can_stop_the_run():
    rows = neighbours_with(ISTAT, istat=ISTAT, geometry=Point(X, Y))
    frame = services({"codice_sttm": "VER.01", "geometry": square(X, Y, 100)})
    stopped = computed(frame, population=people(*rows), on_progress=lambda share: False)
    assert stopped is None


# The shared catchment: (attribute, valenza), from who would choose each service.

OTHER = next(one.istat for one in comuni().values() if one.zona_omogenea != "Nord Ovest")
SHARED = (
    "bacino_effettivo_ab",
    "n_comuni_serviti",
    "quota_utenti_esterni",
    "quota_utenti_fuori_zo",
    "n_zo_servite",
)


def everywhere(*rows):
    """A service that competes with none in each comune, then these."""
    return services(*({"istat": one, "codice_sttm": None} for one in sorted(comuni())), *rows)


def residents(*rows, without=()):
    """Seven residents of each comune, far from everything, then these."""
    far = [
        {"istat": one, "popolazione": 7.0, "geometry": Point(X + 90_000, Y)}
        for one in sorted(comuni())
        if one not in without
    ]
    return people(*far, *rows)


def shared_of(frame, row=-1, valenza="intercomunale", **around):
    found = computed(frame, **around)
    return [found[name, valenza][row] for name in SHARED]


def here(istat, number, x=X, y=Y):
    return {"istat": istat, "popolazione": float(number), "geometry": Point(x, y)}


def test_who_would_use_a_service_its_competitors_considered():
    assert resolve_comune(ISTAT).zona_omogenea == "Nord Ovest"
    # 500 m × 1.3 at 30 km/h are 1.3 minutes, twice as far is 2.6: four fifths and one.
    rows = [{"geometry": Point(X + 500, Y)}, {"geometry": Point(X - 1000, Y)}]
    population = residents(here(ISTAT, 600), here(OTHER, 400))
    found = shared_of(everywhere(*rows), -2, population=population)
    assert found == [pytest.approx(800), 2, pytest.approx(0.4), pytest.approx(0.4), 2]
    assert shared_of(everywhere(*rows), -1, population=population)[0] == pytest.approx(200)
    # A planned one competes with those that exist; they don't know of it yet.
    rows[0]["stato"] = "previsto"
    assert shared_of(everywhere(*rows), -2, population=population)[0] == pytest.approx(800)
    assert shared_of(everywhere(*rows), -1, population=population)[0] == pytest.approx(1000)
    # A larger one pulls more: 2/1 against 1/4, where all have a size in one unit.
    sized = [
        {**row, "stato": "esistente", "capacita": size, "capacita_um": "mq"}
        for row, size in zip(rows, (20.0, 10.0))
    ]
    assert shared_of(everywhere(*sized), -2, population=population)[0] == pytest.approx(8e3 / 9)


def test_a_comune_counts_from_two_users_in_a_hundred_and_a_zone_from_five():
    near = [{"geometry": Point(X + 500, Y)}]
    assert shared_of(everywhere(*near), population=residents(here(ISTAT, 98), here(OTHER, 2)))[
        1:
    ] == [2, pytest.approx(0.02), pytest.approx(0.02), 1]
    assert shared_of(everywhere(*near), population=residents(here(ISTAT, 950), here(OTHER, 50)))[
        1:
    ] == [2, pytest.approx(0.05), pytest.approx(0.05), 2]
    assert (
        shared_of(everywhere(*near), population=residents(here(ISTAT, 981), here(OTHER, 19)))[1]
        == 1
    )


def test_each_valenza_has_its_own_time():
    # 6 km × 1.3 at 30 km/h are 15.6 minutes: beyond 15, within 45.
    frame = everywhere({"geometry": Point(X + 6000, Y)})
    population = residents(here(ISTAT, 1000))
    assert shared_of(frame, population=population) == [0.0, None, None, None, None]
    assert shared_of(frame, valenza="metropolitana", population=population)[0] == 1000


def test_the_catchment_is_known_only_when_everybody_around_is():
    frame = everywhere({"geometry": Point(X + 500, Y)})
    near = resolve_comune(ISTAT).contermini[0]
    whole = residents(here(ISTAT, 1000))
    assert shared_of(frame, population=whole)[0] == 1000
    assert shared_of(frame, population=residents(here(ISTAT, 1000), without=[near]))[0] is None
    assert shared_of(frame[frame["istat"] != near], population=whole)[0] is None


def test_along_the_network_where_there_is_one():
    frame = everywhere({"geometry": Point(X + 500, Y)}, {"geometry": Point(X + 500, Y + 900)})
    population = people(*(here(one, 10) for one in sorted(comuni())))

    def street(*ends):
        lines = read_lines([LineString([(X, Y), end]).wkb for end in ends])
        network = build_network(lines, range(len(ends)))
        return Street(network, SegmentIndex(network))

    found = shared_of(frame, -2, population=population, street=street((X + 1000, Y)))
    assert found[0] == pytest.approx(1330)
    assert shared_of(frame, population=population, street=street((X + 1000, Y))) == [None] * 5
    # A network that reaches few of the residents doesn't tell.
    alone = street((X, Y + 300_000))
    far = people(*(here(one, 10, X + 5000) for one in sorted(comuni())))
    assert shared_of(frame, -2, population=far, street=alone)[0] is None


def test_a_park_serves_the_comuni_that_hold_a_twentieth_of_it():
    rows = [
        {"codice_sttm": "VER.01", "geometry": square(X - inside, Y, 100)} for inside in (4.9, 5, 50)
    ]
    found = computed(services(*rows, {}), comuni=two_comuni())
    assert list(found["n_comuni_serviti", "metropolitana"]) == [1, 2, 2, None]


def test_the_catchment_counts_in_the_classification_as_estimated():
    frame = everywhere({"geometry": Point(X + 500, Y), "codice_sttm": "CUL.02"})
    population = residents(here(ISTAT, 20_000), here(OTHER, 20_000))
    pack = load_pack()
    told = valenza.classify(frame, pack, computed(frame, population=population))
    reasons = {one["criterio"]: one for one in json.loads(told["motivazione"].iloc[-1])}
    assert (reasons["GEN-R08"]["esito"], reasons["GEN-R08"]["natura"]) == ("soddisfatta", "stimato")
    assert reasons["GEN-R08"]["valore"] == pytest.approx(0.5)
    assert reasons["GEN-R11"]["valore"] == pytest.approx(40_000)
    # Only what somebody counted says that a service is local.
    assert reasons["GEN-R09"]["esito"] == "non_valutabile"


# --- informative: no weight, but shown ------------------------------------------------


def test_green_for_each_resident_adds_the_areas_of_the_comune():
    residents_here = resolve_comune(ISTAT).popolazione
    green = {"codice_sttm": "VER.01", "superficie_mq": 30_000.0}
    other = {**green, "istat": OTHER, "superficie_mq": 10_000.0}
    planned = {**green, "stato": "previsto", "superficie_mq": 99_000.0}
    twice = {**green, "lettura": 2, "superficie_mq": 50_000.0}
    frame = services(green, green, other, planned, twice, {"codice_sttm": "CUL.01"})
    found = computed(frame)["mq_ab_parchi_urbani_territoriali"]
    # 60,000 of the first reading, 50,000 of the second: the larger.
    assert found[0] == found[3] == pytest.approx(60_000 / residents_here)
    assert found[2] == pytest.approx(10_000 / resolve_comune(OTHER).popolazione)
    assert found[5] is None
    unmeasured = services(green, {**green, "superficie_mq": None})
    assert set(computed(unmeasured)["mq_ab_parchi_urbani_territoriali"]) == {None}


def test_beds_for_a_thousand_residents_need_every_comune_and_every_hospital():
    beds = {"codice_sttm": "SAN.01", "capacita": 300.0, "capacita_um": "posti letto"}
    total = sum(one.popolazione for one in comuni().values())
    found = computed(everywhere(beds, {**beds, "capacita": 100.0}))["posti_letto_1000ab"]
    assert found[-1] == found[-2] == pytest.approx(400_000 / total)
    assert found[0] is None
    assert set(computed(services(beds))["posti_letto_1000ab"]) == {None}
    unknown = {**beds, "capacita": None}
    assert set(computed(everywhere(beds, unknown))["posti_letto_1000ab"]) == {None}


@pytest.mark.parametrize(("away", "counted"), [(7692.3, 1000.0), (7692.4, 0.0)])
def test_residents_within_twenty_minutes_by_car(away, counted):
    # 20 minutes at 30 km/h are 10 km along the road, 10,000 / 1.3 in a straight line.
    station = {"codice_sttm": "SIC.06", "geometry": Point(X, Y)}
    population = residents(here(ISTAT, 1000, X + away))
    found = computed(everywhere(station), population=population)["pop_entro_20_min_ab"]
    assert found[-1] == counted
    near = resolve_comune(ISTAT).contermini[0]
    partial = residents(here(ISTAT, 1000), without=[near])
    assert computed(everywhere(station), population=partial)["pop_entro_20_min_ab"][-1] is None
