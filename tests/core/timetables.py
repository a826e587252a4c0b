"""GTFS archives for the tests, from a few words each."""

from __future__ import annotations

import zipfile

import geopandas as gpd

from .plans import CRS

WORKING = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date"


def gtfs(path, stops, trips, calendar=("feriale,1,1,1,1,1,0,0,20260105,20260130",), members=None):
    """Write a GTFS zip and return its path.

    Args:
        stops: {stop_id: (x, y)}, metres. trips: [(route_type, service_id, [(stop_id, "8:00")])].
        members: more tables, or others in their place, by name: text, or None for none.
    """
    shapes = gpd.GeoSeries.from_xy(
        [x for x, _ in stops.values()], [y for _, y in stops.values()], crs=CRS
    ).to_crs("EPSG:4326")
    tables = {
        "stops": ["stop_id,stop_name,stop_lat,stop_lon"]
        + [f"{key},{key},{at.y:.9f},{at.x:.9f}" for key, at in zip(stops, shapes)],
        "routes": ["route_id,route_type"] + [f"r{kind},{kind}" for kind in {t[0] for t in trips}],
        "trips": ["route_id,service_id,trip_id"]
        + [f"r{kind},{service},t{n}" for n, (kind, service, _) in enumerate(trips)],
        "calendar": [WORKING, *calendar],
        "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"]
        + [
            f"t{n},{moment}:00,{moment}:00,{stop},{order}"
            for n, (_, _, calls) in enumerate(trips)
            for order, (stop, moment) in enumerate(calls, start=1)
        ],
    }
    contents = {name: "\n".join(lines) + "\n" for name, lines in tables.items()}
    contents.update(members or {})
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in sorted(contents.items()):
            if text is not None:
                archive.writestr(f"{name}.txt", text)
    return path


def every(minutes, stops, kind=3, begin=420, finish=1140, ride=5):
    """Return trips from stop to stop, one every so many minutes from ``begin`` (7:00) on."""
    found = []
    moment = begin
    while moment < finish:
        calls = [
            (stop, f"{(moment + ride * n) // 60}:{(moment + ride * n) % 60:02d}")
            for n, stop in enumerate(stops)
        ]
        found.append((kind, "feriale", calls))
        moment += minutes
    return found
