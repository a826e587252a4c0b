"""Timetables of public transport (GTFS): read for one working day, and travelled backwards.

The day is the working day with the most trips: a feed has summers, strikes and old seasons.
"""

from __future__ import annotations

import datetime
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .errors import SttmError

# A whole region's stop_times is some hundred megabytes.
_MAX_MEMBER = 1 << 30
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
# route_type: tram, metro, rail, funicular … 100-199 rail, 400-499 metro, 900-999 tram.
RAIL_TYPES = {0, 1, 2, 5, 7, 12, *range(100, 200), *range(400, 500), *range(900, 1000)}
# Seconds: times are whole, ways on foot are not.
SLACK = 0.5
# A feed of more trips a day than this is not a timetable of ours.
_MAX_FREQUENCY_TRIPS = 200_000


@dataclass
class Timetable:
    """The trips of one working day, as rides from a stop to the next.

    Attributes:
        stops: GeoDataFrame, ``stop_id``, ``ferro`` bool, geometry in the analysis CRS; only
            those where something stops that day.
        departure, arrival: int32 (c,), seconds after midnight. start, end: int32 (c,), rows of
            stops. trip: int64 (c,); rides ordered by departure, those of a trip in its order.
        giorno: the day, a date.
        line: int32 (c,), the line (route) of each ride. route_type: float64, of each line.
    """

    stops: object
    departure: np.ndarray
    arrival: np.ndarray
    start: np.ndarray
    end: np.ndarray
    trip: np.ndarray
    giorno: datetime.date
    line: np.ndarray
    route_type: np.ndarray

    def intervals(self, begin, finish):
        """Return the mean minutes between departures at each stop, float64 (s,); inf without any.

        Args:
            begin, finish: hours; departures at ``finish`` are out.

        Towards the next stop that is served most: the lines that share a way count together,
        the two ways apart.
        """
        inside = (self.departure >= begin * 3600) & (self.departure < finish * 3600)
        ways = self.start[inside].astype(np.int64) * len(self.stops) + self.end[inside]
        way, number = np.unique(ways, return_counts=True)
        most = np.zeros(len(self.stops), dtype=np.int64)
        np.maximum.at(most, way // max(len(self.stops), 1), number)
        with np.errstate(divide="ignore"):
            return np.where(most > 0, (finish - begin) * 60.0 / most, np.inf)


def read_timetable(path, crs) -> Timetable:
    """Return the timetable of a GTFS archive.

    Raises:
        SttmError: not a zip, a table or a column lacks, nothing runs on a working day.
    """
    name = Path(path).name
    tables = _tables(path, name)
    day, active = _working_day(tables, name)
    return _rides(tables, active, day, crs, name)


_NEEDED = {
    "stops": ("stop_id", "stop_lat", "stop_lon"),
    "routes": ("route_id", "route_type"),
    "trips": ("route_id", "service_id", "trip_id"),
    "stop_times": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
}
_OPTIONAL = {
    "calendar": ("service_id", *_DAYS, "start_date", "end_date"),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
}


def _tables(path, name):
    try:
        with zipfile.ZipFile(path) as archive:
            members = {entry.filename.rpartition("/")[2]: entry for entry in archive.infolist()}
            tables = {}
            for table, columns in {**_NEEDED, **_OPTIONAL}.items():
                entry = members.get(f"{table}.txt")
                if entry is not None:
                    tables[table] = _table(archive, entry, columns, name)
                elif table in _NEEDED:
                    raise SttmError(_lacks(name, f"manca {table}.txt"))
    except OSError as error:
        raise SttmError(
            f"Orari «{name}»: il file non si legge ({error.strerror or error})."
        ) from error
    except (zipfile.BadZipFile, RuntimeError, EOFError) as error:
        raise SttmError(_lacks(name, "non è uno zip leggibile")) from error
    if not {"calendar", "calendar_dates"} & set(tables):
        raise SttmError(_lacks(name, "mancano calendar.txt e calendar_dates.txt"))
    return tables


def _lacks(name, what):
    return (
        f"Orari «{name}»: {what}. Serve un archivio GTFS (.zip) con stops, routes, trips, "
        "stop_times e il calendario, come lo pubblicano le aziende di trasporto."
    )


def _table(archive, entry, columns, name):
    import pandas as pd

    if entry.file_size > _MAX_MEMBER:
        raise SttmError(f"Orari «{name}»: «{entry.filename}» supera {_MAX_MEMBER >> 20} MB.")
    wanted = set(columns)
    try:
        with archive.open(entry) as stream:
            frame = pd.read_csv(
                stream,
                dtype=str,
                usecols=lambda column: column.strip() in wanted,
                skipinitialspace=True,
                encoding="utf-8-sig",
                encoding_errors="replace",
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise SttmError(_lacks(name, f"{entry.filename} non si legge ({error})")) from error
    frame.columns = [column.strip() for column in frame.columns]
    for column in columns:
        if column not in frame.columns:
            raise SttmError(_lacks(name, f"in {entry.filename} manca la colonna {column}"))
        frame[column] = frame[column].str.strip()
    return frame


def _seconds(texts):
    """Return "8:05:00" as seconds, NaN where it is none; beyond 24 hours as it is written."""
    import pandas as pd

    codes, unique = pd.factorize(texts)
    values = np.full(len(unique) + 1, np.nan)
    for number, text in enumerate(unique):
        pieces = str(text).split(":")
        if len(pieces) in (2, 3) and all(piece.strip().isdigit() for piece in pieces):
            hours, minutes, *rest = (int(piece) for piece in pieces)
            values[number] = hours * 3600 + minutes * 60 + (rest[0] if rest else 0)
    return values[codes]


def _working_day(tables, name):
    """Return (the working day with the most trips, the earliest of several; its services)."""
    import pandas as pd

    trips = tables["trips"]["service_id"].value_counts()
    weight = {service: int(number) for service, number in trips.items()}
    total: dict = {}
    changes: dict = {}
    if "calendar_dates" in tables:
        frame = tables["calendar_dates"].drop_duplicates()
        for service, text, kind in zip(frame["service_id"], frame["date"], frame["exception_type"]):
            changes.setdefault(text, []).append((service, kind))
    running: dict = {}
    if "calendar" in tables:
        frame = tables["calendar"]
        start, end = (
            pd.to_datetime(frame[column], format="%Y%m%d", errors="coerce")
            for column in ("start_date", "end_date")
        )
        open_on = frame[list(_DAYS)].eq("1").to_numpy()
        services = frame["service_id"].to_numpy(dtype=object)
        known = (start.notna() & end.notna()).to_numpy()
        if known.any():
            first = start[known].min()
            days = min((end[known].max() - first).days + 1, 1100)
            begin = (start - first).dt.days.to_numpy()
            finish = (end - first).dt.days.to_numpy()
            for number in range(days):
                day = (first + pd.Timedelta(days=number)).date()
                if day.weekday() > 4:
                    continue
                on = known & (begin <= number) & (number <= finish) & open_on[:, day.weekday()]
                running[day] = set(services[on])
    for text in changes:
        day = _date(text)
        if day is not None and day.weekday() <= 4:
            running.setdefault(day, set())
    for day, services in running.items():
        for service, kind in changes.get(day.strftime("%Y%m%d"), ()):
            (services.add if kind == "1" else services.discard)(service)
        total[day] = sum(weight.get(service, 0) for service in services)
    best = max(sorted(total), key=lambda day: total[day], default=None)
    if best is None or not total[best]:
        raise SttmError(_lacks(name, "nessuna corsa in un giorno feriale"))
    return best, running[best]


def _date(text):
    try:
        return datetime.datetime.strptime(str(text), "%Y%m%d").date()
    except ValueError:
        return None


def _rides(tables, active, day, crs, name):
    import geopandas as gpd
    import pandas as pd

    trips = tables["trips"]
    trips = trips[trips["service_id"].isin(active)].drop_duplicates("trip_id")
    times = tables["stop_times"]
    times = times[times["trip_id"].isin(set(trips["trip_id"]))]
    sequence = pd.to_numeric(times["stop_sequence"], errors="coerce").to_numpy(dtype=float)
    arrival, departure = _seconds(times["arrival_time"]), _seconds(times["departure_time"])
    arrival = np.where(np.isnan(arrival), departure, arrival)
    departure = np.where(np.isnan(departure), arrival, departure)
    stop = times["stop_id"].to_numpy(dtype=object)
    # Stops that are passed without a time are not stops one can count on.
    known = ~np.isnan(arrival) & ~np.isnan(sequence)
    trip_code, trip_ids = pd.factorize(times["trip_id"], sort=True)
    order = np.lexsort((sequence, trip_code))
    order = order[known[order]]
    trip_code, stop = trip_code[order], stop[order]
    arrival, departure = arrival[order], departure[order]
    follows = np.flatnonzero(trip_code[1:] == trip_code[:-1])
    follows = follows[arrival[follows + 1] >= departure[follows]]
    columns = [
        departure[follows], arrival[follows + 1], stop[follows], stop[follows + 1],
        trip_code[follows],
    ]  # fmt: skip
    if "frequencies" in tables:
        columns = _repeated(columns, tables["frequencies"], trip_ids, name)
    departure, arrival, start, end, trip = columns
    if not len(departure):
        raise SttmError(_lacks(name, "nessuna corsa con orari leggibili"))
    routes = tables["routes"].drop_duplicates("route_id").sort_values("route_id")
    kind = pd.to_numeric(routes["route_type"], errors="coerce").to_numpy(dtype=float)
    number_of = {one: row for row, one in enumerate(routes["route_id"])}
    route_of = dict(zip(trips["trip_id"], trips["route_id"].map(number_of).fillna(-1)))
    # A trip of a line that routes.txt doesn't tell is of the last one, of no known type.
    line = np.array([int(route_of.get(one, -1)) for one in trip_ids], dtype=np.int32)
    kind = np.append(kind, np.nan)
    line[line < 0] = len(kind) - 1
    line = line[trip % max(len(trip_ids), 1)]
    by_rail = np.isin(kind[line], list(RAIL_TYPES))
    rail_stops = set(start[by_rail]) | set(end[by_rail])
    used = set(start) | set(end)
    frame = tables["stops"].drop_duplicates("stop_id")
    frame = frame[frame["stop_id"].isin(used)].sort_values("stop_id").reset_index(drop=True)
    lat, lon = (
        pd.to_numeric(frame[column], errors="coerce").to_numpy()
        for column in ("stop_lat", "stop_lon")
    )
    stops = gpd.GeoDataFrame(
        {"stop_id": frame["stop_id"], "ferro": frame["stop_id"].isin(rail_stops)},
        geometry=gpd.points_from_xy(lon, lat),
        crs="EPSG:4326",
    )
    stops = stops[np.isfinite(lat) & np.isfinite(lon) & ((lat != 0) | (lon != 0))]
    stops = stops.reset_index(drop=True).to_crs(crs)
    number = {one: row for row, one in enumerate(stops["stop_id"])}
    a = np.array([number.get(one, -1) for one in start], dtype=np.int64)
    b = np.array([number.get(one, -1) for one in end], dtype=np.int64)
    kept = np.flatnonzero((a >= 0) & (b >= 0))
    kept = kept[np.argsort(departure[kept], kind="stable")]
    return Timetable(
        stops,
        departure[kept].astype(np.int32),
        arrival[kept].astype(np.int32),
        a[kept].astype(np.int32),
        b[kept].astype(np.int32),
        trip[kept].astype(np.int64),
        day,
        line[kept],
        kind,
    )


def _repeated(columns, frequencies, trip_ids, name):
    """Return the rides with those of the trips that run every so often, each its own trip."""
    departure, arrival, start, end, trip = columns
    code = {one: number for number, one in enumerate(trip_ids)}
    begin, finish = _seconds(frequencies["start_time"]), _seconds(frequencies["end_time"])
    added = []
    repeated: set = set()
    run = 0
    for row, one in enumerate(frequencies["trip_id"]):
        number = code.get(one)
        try:
            headway = float(frequencies["headway_secs"].iat[row])
        except (TypeError, ValueError):
            continue
        if number is None or not headway > 0 or not begin[row] < finish[row]:
            continue
        repeated.add(number)
        rides = np.flatnonzero(trip == number)
        if not rides.size:
            continue
        first = departure[rides].min()
        for moment in np.arange(begin[row], finish[row], headway):
            run += 1
            if run > _MAX_FREQUENCY_TRIPS:
                raise SttmError(_lacks(name, "frequencies.txt ripete troppe corse"))
            shift = moment - first
            # Apart from every other trip, and still told of which it is (modulo).
            added.append(
                (departure[rides] + shift, arrival[rides] + shift, start[rides], end[rides],
                 np.full(rides.size, number + run * len(trip_ids), dtype=np.int64))
            )  # fmt: skip
    kept = ~np.isin(trip, sorted(repeated))
    own = [column[kept] for column in columns]
    joined = [np.concatenate(parts) for parts in zip(own, *added)]
    return joined


def latest_boardings(timetable, targets, walks, begin, finish, changes):
    """Return the latest moment to board at each stop and still arrive, (stops, targets).

    Args:
        targets: number of places to arrive at. walks: (target int (k,), stop int (k,), seconds
            float (k,)), the ways on foot from a stop to a place.
        begin, finish: seconds: boarding not before ``begin``, at the place not after ``finish``.
        changes: {stop: [(other stop, seconds on foot), …]}.

    Returns:
        float64 (stops, targets), −inf where there is no way.

    A connection scan (Dibbelt and others 2013) run backwards: one pass over the rides, all
    targets at once.
    """
    count = len(timetable.stops)
    board = np.full((count, targets), -np.inf)
    arrive_by = np.full((count, targets), -np.inf)
    target, stop, seconds = walks
    np.maximum.at(arrive_by, (stop, target), finish - seconds + SLACK)
    inside = np.flatnonzero((timetable.departure >= begin) & (timetable.arrival <= finish))
    _, trip = np.unique(timetable.trip[inside], return_inverse=True)
    aboard = np.zeros((int(trip.max(initial=-1)) + 1, targets), dtype=bool)
    rides = zip(
        timetable.departure[inside][::-1].tolist(),
        timetable.arrival[inside][::-1].tolist(),
        timetable.start[inside][::-1].tolist(),
        timetable.end[inside][::-1].tolist(),
        trip[::-1].tolist(),
    )
    for departure, arrival, start, end, number in rides:
        good = aboard[number]
        good |= arrive_by[end] >= arrival
        # Later rides came first: what is already boarded later stays.
        new = good & (board[start] < departure)
        if not new.any():
            continue
        board[start][new] = departure
        row = arrive_by[start]
        row[new] = np.maximum(row[new], departure)
        for other, walk in changes.get(start, ()):
            row = arrive_by[other]
            row[new] = np.maximum(row[new], departure - walk)
    return board
