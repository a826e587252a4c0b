"""What the rules read of timetables and parks: values worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import MultiPolygon, Point, box

from sttm_plugin.core import attributes, context, valenza
from sttm_plugin.core.gtfs import read_timetable
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.reference import comuni as all_comuni

from .plans import CENTRE, CRS, ISTAT, layer, services
from .timetables import gtfs

X, Y = CENTRE
OTHER, THIRD = "015146", "015011"
STATION = {"codice_sttm": "TRA.01", "geometry": Point(X, Y)}
TERMINAL = {"codice_sttm": "TRA.02", "geometry": Point(X, Y)}
WIDE = 10_000


def ground(*codes):
    """Boundaries side by side, 10 km wide each, the first around the centre."""
    return context.comuni_frame(
        layer(
            *(
                {
                    "istat": code,
                    "nome": code,
                    "geometry": box(left, Y - WIDE, left + WIDE, Y + WIDE),
                }
                for code, left in zip(codes, range(int(X) - WIDE // 2, 10**9, WIDE))
            )
        )
    )


@pytest.fixture
def timetable(tmp_path):
    """Return a function: stops {id: metres east}, lines [(type, [(stop, "8:00")], …)] → timetable.

    Each line is a route of its own.
    """

    def make(stops, lines):
        trips = [(kind, "feriale", calls) for kind, *runs in lines for calls in runs]
        routes = ["route_id,route_type"] + [f"l{n},{kind}" for n, (kind, *_) in enumerate(lines)]
        owners = [n for n, (_, *runs) in enumerate(lines) for _ in runs]
        rows = ["route_id,service_id,trip_id"]
        rows += [f"l{line},feriale,t{trip}" for trip, line in enumerate(owners)]
        members = {"routes": "\n".join(routes), "trips": "\n".join(rows)}
        at = {stop: (X + east, Y) for stop, east in stops.items()}
        return read_timetable(gtfs(Path(tmp_path) / "g.zip", at, trips, members=members), CRS)

    return make


def computed(*rows, **around):
    found = attributes.compute_attributes(services(*rows), load_pack(), **around)
    return {name: list(values) for name, values in found.items() if isinstance(name, str)}


def run(minute, *stops, hour=8):
    return [(stop, f"{hour}:{minute + 5 * n:02d}") for n, stop in enumerate(stops)]


# --- stations ---------------------------------------------------------------------------


def test_the_trains_of_a_station_are_its_lines_and_their_frequency(timetable):
    table = timetable(
        {"here": 100, "b": 3000, "c": 6000, "away": 151},
        [
            (2, run(0, "here", "b"), run(30, "here", "b"), run(0, "here", "b", hour=7)),
            (100, run(10, "c", "here")),
            # A bus is no railway line, a stop beyond 150 m is no part of the station.
            (3, run(10, "here", "c")),
            (2, run(10, "away", "c")),
        ],
    )
    found = computed(STATION, {**STATION, "geometry": Point(X + 4000, Y)}, timetable=table)
    assert found["n_linee_ferroviarie"] == [2, None]
    assert found["servizio_viaggiatori"] == ["si", None]
    # Three trains towards b between 7 and 9: one every 40 minutes.
    assert found["frequenza_ora_punta_min"] == [40.0, None]


def test_a_station_without_trains_in_the_peak_has_at_least_the_whole_peak_between_two(timetable):
    table = timetable({"here": 0, "b": 3000}, [(2, run(0, "here", "b", hour=12))])
    assert computed(STATION, timetable=table)["frequenza_ora_punta_min"] == [120.0]


@pytest.mark.parametrize(("away", "value"), [(300 / 1.3 - 0.1, "si"), (300 / 1.3 + 0.1, "no")])
def test_an_interchange_with_the_underground_is_a_short_walk(timetable, away, value):
    table = timetable({"m": away, "n": 5000}, [(1, run(0, "m", "n"))])
    assert computed(STATION, timetable=table)["interscambio_metropolitana"] == [value]


def test_the_layer_of_the_stops_tells_the_underground_where_the_timetable_has_none(timetable):
    table = timetable({"t": 0, "u": 5000}, [(2, run(0, "t", "u"))])
    stops = layer(
        {"tipo": "Metro", "geometry": Point(X + 100, Y)}, {"tipo": "bus", "geometry": Point(X, Y)}
    )
    name = "interscambio_metropolitana"
    assert computed(STATION, timetable=table)[name] == [None]
    assert computed(STATION, timetable=table, stops=stops)[name] == ["si"]
    far = layer({"tipo": "metro", "geometry": Point(X + 1000, Y)})
    assert computed(STATION, stops=far)[name] == ["no"]
    # A metrotranvia is no underground.
    tram = layer({"tipo": "metrotranvia", "geometry": Point(X, Y)})
    assert computed(STATION, stops=tram)[name] == [None]


# --- terminals ---------------------------------------------------------------------------


def test_the_lines_that_end_at_a_node_and_the_comuni_they_touch(timetable):
    table = timetable(
        {"node": 0, "edge": 150, "in": 3000, "two": WIDE, "three": 2 * WIDE},
        [
            (3, run(0, "node", "in"), run(20, "in", "node")),
            (3, run(0, "node", "in", "two"), run(10, "node", "in", "two")),
            (3, run(0, "three", "two", "edge")),
            # It passes through: no terminus, but its departure is one of the node.
            (3, run(0, "in", "node", "three")),
        ],
    )
    found = computed(
        TERMINAL, {**TERMINAL, "geometry": Point(X + 9000, Y)},
        timetable=table, comuni=ground(ISTAT, OTHER, THIRD),
    )  # fmt: skip
    assert found["n_linee_extraurbane"] == [2, None]
    assert found["n_comuni_linee"] == [3, None]
    assert found["corse_giorno"] == [4, None]
    assert found["linee_solo_interne_comune"] == ["no", None]


def test_lines_that_stay_in_the_comune_are_local(timetable):
    table = timetable({"node": 0, "in": 3000}, [(3, run(0, "node", "in"))])
    found = computed(TERMINAL, timetable=table, comuni=ground(ISTAT))
    assert found["linee_solo_interne_comune"] == ["si"]
    assert (found["n_linee_extraurbane"], found["n_comuni_linee"]) == ([0], [1])
    # What lies beyond every boundary is another comune; without boundaries nothing is known.
    table = timetable({"node": 0, "out": 3 * WIDE}, [(3, run(0, "node", "out"))])
    found = computed(TERMINAL, timetable=table, comuni=ground(ISTAT))
    assert (found["n_comuni_linee"], found["linee_solo_interne_comune"]) == ([2], ["no"])
    found = computed(TERMINAL, timetable=table)
    assert (found["n_comuni_linee"], found["corse_giorno"]) == ([None], [1])


# --- people ------------------------------------------------------------------------------


def homes(*rows):
    frame = layer(
        *(
            {"istat": code, "popolazione": float(count), "geometry": Point(X + east, Y)}
            for code, east, count in rows
        )
    )
    return context.population_frame(frame, "popolazione")[0]


def everywhere(*rows):
    """Homes, and one far away in each other comune of the 133."""
    present = {code for code, _, _ in rows}
    others = [(code, 900_000, 1) for code in sorted(all_comuni()) if code not in present]
    return homes(*rows, *others)


def test_people_within_the_time_door_to_door(timetable):
    # Out of the door at 8:00; the bus leaves at 8:02, one arrives at 8:40 and one at 8:50.
    table = timetable(
        {"a": 20_000, "b": 40_000, "here": 0},
        [(3, [("a", "8:02"), ("here", "8:40")]), (3, [("b", "8:02"), ("here", "8:50")])],
    )
    museum = {"codice_sttm": "CUL.01", "geometry": Point(X, Y)}
    people = everywhere((ISTAT, 20_000, 700), (OTHER, 40_000, 900))
    name = "accessibilita_tpl_45_ab"
    # The second is beyond 800 m of any stop; the third has no graded rule.
    rows = (museum, {**museum, "geometry": Point(X + 5000, Y)}, {**museum, "codice_sttm": "LOC.01"})
    assert computed(*rows, timetable=table, population=people)[name] == [700.0, None, None]


def test_people_of_a_part_count_only_where_they_are_enough(timetable):
    table = timetable({"a": 20_000, "here": 0}, [(3, [("a", "8:02"), ("here", "8:40")])])
    museum = {"codice_sttm": "CUL.01", "geometry": Point(X, Y)}
    name = "accessibilita_tpl_45_ab"
    for count, value in ((499_999, None), (500_000, 500_000.0)):
        people = homes((ISTAT, 20_000, count))
        assert computed(museum, timetable=table, population=people)[name] == [value]


def test_the_mean_time_of_the_pupils_where_they_come_from(timetable):
    # To be there at 8:00: from a 30 minutes, from b 50, door to door.
    table = timetable(
        {"a": 20_000, "b": 40_000, "here": 0},
        [(3, [("a", "7:30"), ("here", "8:00")]), (3, [("b", "7:10"), ("here", "7:50")])],
    )
    people = homes((ISTAT, 20_000, 10), (OTHER, 40_000, 10), (THIRD, 90_000, 10))
    users = {ISTAT: 300, OTHER: 100}

    def mean(users, **more):
        said = {"utenti_per_comune": {"valore": users, "natura": "rilevato"}}
        school = {"codice_sttm": "IST.01", "geometry": Point(X, Y), "attributi": json.dumps(said)}
        found = computed({**school, **more}, timetable=table, population=people)
        return found["tempo_tpl_medio_min"]

    assert mean(users) == [pytest.approx((300 * 30 + 100 * 50) / 400)]
    # A twentieth of the pupils without a way is little, a fifth is not.
    assert mean({**users, THIRD: 20}) == [pytest.approx(35.0)]
    assert mean({**users, THIRD: 100}) == [None]
    assert mean({}) == [None]
    assert mean(users, attributi="[") == [None]


# --- parks -------------------------------------------------------------------------------


def park(kind, width=100, **more):
    return {"tipo": kind, "geometry": box(X, Y, X + width, Y + 100), **more}


GREEN = {"codice_sttm": "VER.01", "geometry": MultiPolygon([box(X, Y, X + 100, Y + 100)])}


@pytest.mark.parametrize(
    ("parks", "value"),
    [
        ([park("PLIS", 50)], "si"),
        ([park("PLIS", 49.9)], "no"),
        ([park("Parco locale di interesse sovracomunale")], "si"),
        ([park("Parco regionale")], None),
        ([park("Parco regionale", zona="agricola")], None),
        ([park("Parco regionale", zona="parte attrezzata")], "si"),
        ([park("Parco regionale", attrezzata=True)], "si"),
        # Two parks on the same ground hold it once.
        ([park("PLIS", 40), park("PLIS", 40)], "no"),
        ([park("ZSC")], None),
        ([park("ZSC", zona="parte attrezzata")], None),
        ([{"geometry": box(X, Y, X + 100, Y + 100)}], None),
    ],
)
def test_most_of_a_green_area_lies_in_a_local_park(parks, value):
    point = {"codice_sttm": "VER.01", "geometry": Point(X, Y)}
    found = computed(GREEN, point, protected=layer(*parks))
    assert found["in_plis_o_parco_regionale_attrezzato"] == [value, None]


def test_a_pack_without_the_parameters_computes_none_of_it(timetable):
    import dataclasses

    pack = load_pack()
    without = {name: value for name, value in pack.parametri.items() if "tpl_" not in name}
    pack = dataclasses.replace(pack, parametri=without)
    table = timetable({"here": 0, "b": 3000}, [(2, run(0, "here", "b"))])
    found = attributes.compute_attributes(services(STATION), pack, timetable=table)
    assert list(found["n_linee_ferroviarie"]) == [None]


def test_a_stopped_run_gives_nothing(timetable):
    table = timetable({"a": 20_000, "here": 0}, [(3, [("a", "8:02"), ("here", "8:40")])])
    museum = {"codice_sttm": "CUL.01", "geometry": Point(X, Y)}
    found = attributes.compute_attributes(
        services(museum), load_pack(), timetable=table, population=homes((ISTAT, 20_000, 10)),
        on_progress=lambda share: False,
    )  # fmt: skip
    assert found is None


def test_the_rules_are_judged_with_what_was_computed(timetable):
    table = timetable(
        {"here": 0, "m": 100, "b": 3000},
        [(2, run(0, "here", "b"), run(20, "here", "b"), run(40, "here", "b"), run(1, "here", "b")),
         (2, run(0, "here", "b")), (2, run(0, "here", "b")), (1, run(0, "m", "b"))],
    )  # fmt: skip
    frame, pack = services(STATION), load_pack()
    found = attributes.compute_attributes(frame, pack, timetable=table)
    tried = {
        one["criterio"]: (one["esito"], one["natura"])
        for one in json.loads(valenza.classify(frame, pack, found)["motivazione"][0])
    }
    wanted = ("TRA.01-R01", "TRA.01-R04", "TRA.01-R05", "TRA.01-R07")
    assert {tried[code] for code in wanted} == {("soddisfatta", "stimato")}
