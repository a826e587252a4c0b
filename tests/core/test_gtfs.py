"""Timetables: what is read of them, which day counts, who arrives in time."""

from __future__ import annotations

import csv
import datetime
import zipfile
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("geopandas")

from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.gtfs import latest_boardings, read_timetable

from .every_check import at, home, people
from .plans import CENTRE, CRS, failing_ids, outcome_of, plan_with
from .timetables import WORKING, every, gtfs

X, Y = CENTRE
EIGHT = 8 * 3600
STOPS = {"a": (X, Y), "b": (X + 3000, Y), "c": (X + 6000, Y)}


def timetable(tmp_path, trips, stops=STOPS, **more):
    return read_timetable(gtfs(tmp_path / "orari.zip", stops, trips, **more), CRS)


def test_stops_lie_where_they_are_and_rail_is_told_from_buses(tmp_path):
    trips = [
        (2, "feriale", [("a", "8:00"), ("b", "8:10")]),
        (3, "feriale", [("b", "8:00"), ("c", "8:10")]),
    ]
    found = timetable(tmp_path, trips)
    assert list(found.stops["stop_id"]) == ["a", "b", "c"]
    assert list(found.stops["ferro"]) == [True, True, False]
    assert np.allclose(found.stops.geometry.x, [X, X + 3000, X + 6000], atol=0.01)
    assert list(zip(found.departure, found.arrival, found.start, found.end)) == [
        (EIGHT, EIGHT + 600, 0, 1),
        (EIGHT, EIGHT + 600, 1, 2),
    ]


def test_the_day_is_the_working_day_with_the_most_trips(tmp_path):
    trips = [
        ("3", "feriale", [("a", "8:00"), ("b", "8:10")]),
        ("3", "scuola", [("a", "9:00"), ("b", "9:10")]),
        ("3", "festa", [("a", "10:00"), ("b", "10:10")]),
        ("3", "festa", [("a", "11:00"), ("b", "11:10")]),
        ("3", "festa", [("a", "12:00"), ("b", "12:10")]),
    ]
    calendar = (
        "feriale,1,1,1,1,1,0,0,20260105,20260130",
        "scuola,1,1,1,1,1,0,0,20260112,20260130",
        "festa,0,0,0,0,0,1,1,20260105,20260130",
    )
    dates = "service_id,date,exception_type\nscuola,20260112,2\nscuola,20260106,2\n"
    found = timetable(tmp_path, trips, calendar=calendar, members={"calendar_dates": dates})
    # Monday 12 has no school; Sunday has more trips and is no working day.
    assert found.giorno == datetime.date(2026, 1, 13)
    assert list(found.departure) == [EIGHT, 9 * 3600]


def test_a_calendar_of_dates_alone_is_enough(tmp_path):
    dates = "service_id,date,exception_type\nfer,20260114,1\n"
    trips = [(3, "fer", [("a", "8:00"), ("b", "8:10")])]
    found = timetable(tmp_path, trips, calendar=(), members={"calendar_dates": dates})
    assert found.giorno == datetime.date(2026, 1, 14)


def test_trips_that_run_every_so_often_are_each_a_trip(tmp_path):
    trips = [(1, "feriale", [("a", "6:00"), ("b", "6:05"), ("c", "6:11")])]
    often = "trip_id,start_time,end_time,headway_secs\nt0,8:00:00,8:30:00,600\n"
    found = timetable(tmp_path, trips, members={"frequencies": often})
    assert list(found.departure // 60) == [480, 485, 490, 495, 500, 505]
    assert list(found.arrival[found.start == 1] // 60) == [491, 501, 511]
    assert len(set(found.trip)) == 3
    assert found.stops["ferro"].all()


def test_intervals_are_by_way_and_lines_that_share_it_count_together(tmp_path):
    trips = every(60, ["a", "b"]) + every(60, ["a", "b", "c"], begin=450) + every(20, ["b", "a"])
    found = timetable(tmp_path, trips)
    # From a: 12 + 12 in twelve hours; from b towards a 36, towards c 12.
    assert list(found.intervals(7, 19)) == [30.0, 20.0, np.inf]


def boardings(found, finish, walks=((0, 2, 0.0),), changes=None):
    target, stop, seconds = (np.array(column) for column in zip(*walks))
    return latest_boardings(found, 1, (target, stop, seconds), EIGHT, finish, changes or {})[:, 0]


def test_one_boards_as_late_as_one_still_arrives(tmp_path):
    trips = every(10, ["a", "b"], begin=480, finish=520) + every(
        15, ["b", "c"], begin=485, finish=530
    )
    found = timetable(tmp_path, trips)
    # To c by 8:30: from b at 8:20 at the latest, from a at 8:10.
    assert list(boardings(found, EIGHT + 1800) - EIGHT) == [600, 1200, -np.inf]
    # Four minutes on foot from the last stop: the 8:20 is in at 8:25, still in time.
    assert list(boardings(found, EIGHT + 1800, ((0, 2, 300.0),)) - EIGHT) == [600, 1200, -np.inf]
    assert list(boardings(found, EIGHT + 1800, ((0, 2, 301.0),)) - EIGHT) == [0, 300, -np.inf]


def test_one_changes_on_foot_between_stops_near_each_other(tmp_path):
    stops = {"a": (X, Y), "b": (X + 3000, Y), "d": (X + 3100, Y), "c": (X + 6000, Y)}
    trips = [
        (3, "feriale", [("a", "8:00"), ("b", "8:10")]),
        (3, "feriale", [("d", "8:12"), ("c", "8:20")]),
    ]
    found = timetable(tmp_path, trips, stops)
    a, b, c, d = range(4)
    near = {b: [(d, 104.0)], d: [(b, 104.0)]}
    assert boardings(found, EIGHT + 1800, ((0, c, 0.0),), near)[a] == EIGHT
    far = {b: [(d, 130.0)], d: [(b, 130.0)]}
    assert boardings(found, EIGHT + 1800, ((0, c, 0.0),), far)[a] == -np.inf


def exhaustive(found, walks, begin, finish):
    """Return where one can board first and arrive: every way of riding, one after another."""
    rides = [
        (int(d), int(a), int(s), int(e), int(t))
        for d, a, s, e, t in zip(found.departure, found.arrival, found.start, found.end, found.trip)
        if d >= begin and a <= finish
    ]
    out = {stop: seconds for _, stop, seconds in walks}

    def arrives(ride):
        departure, arrival, _, end, trip = ride
        if end in out and arrival + out[end] <= finish:
            return True
        return any(
            arrives(other)
            for other in rides
            if other is not ride
            and other[2] == end
            and other[0] >= arrival
            and other[0] > departure
        )

    best = np.full(len(found.stops), -np.inf)
    for ride in rides:
        if arrives(ride):
            best[ride[2]] = max(best[ride[2]], ride[0])
    return best


@pytest.mark.parametrize("seed", range(5))
def test_boardings_agree_with_trying_every_way(tmp_path, seed):
    rng = np.random.default_rng(seed)
    stops = {f"s{n}": (X + 2000 * n, Y) for n in range(6)}
    trips = []
    for _ in range(12):
        moment = 480 + int(rng.integers(0, 20))
        calls = []
        for stop in rng.permutation(6)[: int(rng.integers(2, 5))]:
            calls.append((f"s{stop}", f"{moment // 60}:{moment % 60:02d}"))
            moment += int(rng.integers(2, 8))
        trips.append((3, "feriale", calls))
    found = timetable(tmp_path, trips, stops)
    walks = ((0, 0, 60.0), (0, min(3, len(found.stops) - 1), 200.0))
    wanted = exhaustive(found, walks, EIGHT, EIGHT + 1800)
    assert np.array_equal(boardings(found, EIGHT + 1800, walks), wanted)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"members": {"stop_times": None}}, "manca stop_times.txt"),
        ({"members": {"stops": "stop_id,stop_lat\na,45\n"}}, "manca la colonna stop_lon"),
        ({"members": {"calendar": None}}, "mancano calendar.txt e calendar_dates.txt"),
        ({"members": {"calendar": WORKING + "\n"}}, "nessuna corsa in un giorno feriale"),
        ({"members": {"stop_times": ""}}, "stop_times.txt non si legge"),
    ],
)
def test_an_archive_that_is_not_a_timetable_is_told_what_lacks(tmp_path, tables, said):
    with pytest.raises(SttmError, match="orari.zip") as refused:
        timetable(tmp_path, [(3, "feriale", [("a", "8:00"), ("b", "8:10")])], **tables)
    assert said in str(refused.value)


def test_a_file_that_is_no_zip_is_a_sentence(tmp_path):
    (tmp_path / "orari.zip").write_text("stop_id")
    with pytest.raises(SttmError, match="non è uno zip leggibile"):
        read_timetable(tmp_path / "orari.zip", CRS)


def test_without_a_stop_near_the_timetable_says_nothing(tmp_path):
    found = timetable(tmp_path, every(10, ["a", "b"]))
    lonely = {"valenza_dichiarata": "metropolitana", **at(0, 5000)}
    plan = plan_with(lonely, gtfs=found, population=people(home(0)))
    for code in ("STTM2-603", "STTM2-605"):
        assert failing_ids(code, plan) == ("non_verificabile", [])
    text = outcome_of(
        "STTM2-605", plan_with({**lonely, **at(0)}, gtfs=timetable(tmp_path, every(40, ["a", "b"])))
    )[1]["descrizione"][0]
    assert text == "servizio 1: intervallo 40 minuti"


def test_the_trains_of_lombardia_are_read(tmp_path, shared_data):
    folder = shared_data / "trasporti" / "trenord_gtfs"
    path = tmp_path / "trenord.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.glob("*.txt")):
            archive.write(file, file.name)
    found = read_timetable(path, CRS)
    assert found.giorno.weekday() < 5
    assert found.stops["ferro"].all()
    # Rho, counted again row by row: trains towards the stop that follows most often, 7 to 19.
    (rho,) = (r["stop_id"] for r in rows(folder / "stops.txt") if r["stop_name"].strip() == "RHO")
    day = found.giorno.strftime("%Y%m%d")
    weekday = found.giorno.strftime("%A").lower()
    running = {
        r["service_id"]
        for r in rows(folder / "calendar.txt")
        if r[weekday] == "1" and r["start_date"] <= day <= r["end_date"]
    }
    for r in rows(folder / "calendar_dates.txt"):
        if r["date"] == day:
            (running.add if r["exception_type"] == "1" else running.discard)(r["service_id"])
    trips = {r["trip_id"] for r in rows(folder / "trips.txt") if r["service_id"] in running}
    calls = sorted(
        (r["trip_id"], int(r["stop_sequence"]), r["departure_time"], r["stop_id"])
        for r in rows(folder / "stop_times.txt")
        if r["trip_id"] in trips
    )
    towards = Counter(
        after[3]
        for call, after in zip(calls, calls[1:])
        if call[3] == rho and call[0] == after[0] and "07:00:00" <= call[2] < "19:00:00"
    )
    assert len(trips) == len(set(found.trip)) > 1000
    interval = dict(zip(found.stops["stop_id"], found.intervals(7, 19)))[rho]
    assert interval == pytest.approx(720 / max(towards.values()))


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))
