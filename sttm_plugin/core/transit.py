"""Public transport around the services: who arrives, which lines stop or end there, how often.

What a timetable doesn't tell is not known, never "no": it may be another company's.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np

from .accessibility import METRES, Supply, make_options, reach
from .context import POPULATION_FIELD, column_of, coordinates_of, istat_of_rows
from .gtfs import SLACK, latest_boardings
from .origins import cells_of, origins_of
from .pairs import near_pairs, pairs_within
from .reference import comuni as all_comuni
from .reference import istat_code
from .text import normalise
from .wkb import read_shape

YES, NO = "si", "no"
# route_type of trains and of the underground, extended ones included.
_TRAIN, _METRO = (2, *range(100, 118)), (1, *range(400, 405))
# Services whose boardings are sought together: stops × services of float64 stay small.
_TOGETHER = 256


def services_reached(shapes, frame, strategy, limit, street, detour, speed=4.5):
    """Return (service, origin, cost, attached) of a frame's services within a limit of shapes.

    ``attached`` bool: which services the network reaches.
    """
    x, y = coordinates_of(shapes)
    ids = [str(number) for number in range(len(frame))]
    supply = Supply(ids, ids, [read_shape(shape.wkb) for shape in frame.geometry])
    options = make_options(f"{limit:g}", strategy=strategy, speed=speed, detour=detour)
    return reach(x, y, supply, street, options)


class Travel:
    """Who gets where by a timetable, leaving at an hour of the pack.

    Args:
        plan: has ``gtfs``, ``population`` and ``pack``; keeps the ways of the population.
        limits: ``partenza`` ("08:00"), ``a_piedi_m``.
        street: ``core.accessibility.Street``, or None.
    """

    def __init__(self, plan, limits, street):
        self.plan, self.table, self.street = plan, plan.gtfs, street
        hours, minutes = (int(piece) for piece in limits["partenza"].split(":"))
        self.begin = hours * 3600 + minutes * 60
        self.walk = float(limits["a_piedi_m"])
        self.pace = 3.6 / plan.pack.parametri["velocita_piedi_kmh"]
        self.detour = plan.pack.parametri["tortuosita"]
        self._changes = None

    def _on_foot(self, shapes, frame):
        service, other, metres, _ = services_reached(
            shapes, frame, METRES, self.walk, self.street, self.detour
        )
        return service, other, metres * self.pace

    def _ways(self, frame):
        """Return (service, stop, seconds on foot); where each service is on a frame's row."""
        return self._on_foot(self.table.stops.geometry, frame)

    def has_stop(self, frame):
        """Return which services have a stop in walking distance, bool (n,)."""
        found = np.zeros(len(frame), dtype=bool)
        found[self._ways(frame)[0]] = True
        return found

    def _homes(self):
        """Return (stop, cell, seconds on foot), ordered by cell; found once a plan."""
        found = getattr(self.plan, "_homes_of_stops", None)
        if found is None or found[0] != self.walk:
            stop, cell, seconds = self._on_foot(self.plan.population.geometry, self.table.stops)
            order = np.lexsort((stop, cell))
            found = self.plan._homes_of_stops = (
                self.walk, stop[order], cell[order], seconds[order],
            )  # fmt: skip
        return found[1:]

    def changes(self):
        """Return {stop: [(stop near, seconds on foot)]}."""
        if self._changes is None:
            one, other, metres = pairs_within(
                self.table.stops.geometry, self.walk / self.detour / 2
            )
            seconds = metres * self.detour * self.pace
            self._changes = {}
            for a, b, walk in zip(one.tolist(), other.tolist(), seconds.tolist()):
                self._changes.setdefault(a, []).append((b, walk))
                self._changes.setdefault(b, []).append((a, walk))
        return self._changes

    def reached(self, frame, minutes):
        """Yield (row of the frame, cells of the population whose people arrive in time)."""
        service, stop, walk = self._ways(frame)
        home_stop, cell, seconds = self._homes()
        rows = np.unique(service)
        for first in range(0, rows.size, _TOGETHER):
            chosen = rows[first : first + _TOGETHER]
            mine = np.isin(service, chosen)
            target = np.searchsorted(chosen, service[mine])
            board = latest_boardings(
                self.table,
                chosen.size,
                (target, stop[mine], walk[mine]),
                self.begin,
                self.begin + minutes * 60,
                self.changes(),
            )
            for number, row in enumerate(chosen.tolist()):
                good = board[home_stop, number] >= self.begin + seconds - SLACK
                yield row, np.unique(cell[good])

    def minutes(self, frame, cells, longest=180):
        """Yield (row of the frame, minutes of each cell of the population), inf without a way.

        To arrive by the hour of the pack: by public transport, or on foot all the way.
        """
        service, stop, walk = self._ways(frame)
        home_stop, cell, seconds = self._homes()
        on_foot = self._on_foot(self.plan.population.geometry, frame)
        for row in range(len(frame)):
            mine = service == row
            ways = (np.zeros(int(mine.sum()), dtype=np.int64), stop[mine], walk[mine])
            begin = self.begin - longest * 60
            board = latest_boardings(self.table, 1, ways, begin, self.begin, self.changes())
            found = np.full(cells, np.inf)
            np.minimum.at(found, cell, self.begin - (board[home_stop, 0] - seconds))
            near = on_foot[0] == row
            np.minimum.at(found, on_foot[1][near], on_foot[2][near])
            yield row, found / 60.0


# What the rules of the valenza read ------------------------------------------------------------

_NODE = (
    "servizio_viaggiatori",
    "n_linee_ferroviarie",
    "interscambio_metropolitana",
    "frequenza_ora_punta_min",
    "n_comuni_linee",
    "n_linee_extraurbane",
    "corse_giorno",
    "linee_solo_interne_comune",
)
_PEOPLE, _MEAN_TIME = "accessibilita_tpl_45_ab", "tempo_tpl_medio_min"
ATTRIBUTES = (*_NODE, _PEOPLE, _MEAN_TIME)
# The pack's parameters they are measured by: without one of them none is computed.
PARAMETERS = (
    "raggio_nodo_tpl_m", "interscambio_m", "tpl_a_piedi_m", "tpl_partenza_h", "tpl_dalle_h",
    "tpl_alle_h",
)  # fmt: skip


def transit_attributes(
    services, pack, timetable=None, stops=None, comuni=None, population=None, street=None,
    on_progress=None,
):  # fmt: skip
    """Return {attribute: object (n,)} of what the rules read of public transport; None if stopped.

    Args:
        timetable: ``core.gtfs.Timetable``, or None. stops: GeoDataFrame with ``tipo``, or None:
            it tells where the underground is where the timetable doesn't.
        The others as in ``core.attributes.compute_attributes``.

    Source: GEN-R25, IST.01-R09, TRA.01-R01 … R07, TRA.02-R02 … R06, column *formula*.
    """
    found = {name: np.full(len(services), None, dtype=object) for name in ATTRIBUTES}
    if any(name not in pack.parametri for name in PARAMETERS):
        return found
    located = ~(services.geometry.isna() | services.geometry.is_empty).to_numpy(dtype=bool)
    rows = {
        name: np.flatnonzero(located & services["codice_sttm"].isin(codes).to_numpy(dtype=bool))
        for name, codes in _categories(pack).items()
    }
    around = _Around(services, pack, timetable, stops, comuni, population, street)
    around.interchange(found, rows)
    if timetable is None:
        return found
    around.stations(found, rows)
    around.terminals(found, rows)
    if population is not None and len(population):
        if not around.people(found[_PEOPLE], rows[_PEOPLE], on_progress):
            return None
        if not around.mean_times(found[_MEAN_TIME], rows[_MEAN_TIME], on_progress):
            return None
    return found


def _categories(pack) -> dict:
    """Return {attribute: categories whose rules read it}."""
    found: dict = {name: set() for name in ATTRIBUTES}
    for code in pack.categorie:
        for rule in pack.rules_for(code):
            if rule.attributo in found:
                found[rule.attributo].add(code)
    return found


class _Around:
    """The timetable around the services of one run."""

    def __init__(self, services, pack, timetable, stops, comuni, population, street):
        self.services, self.pack, self.values = services, pack, pack.parametri
        self.table, self.layer, self.comuni, self.street = timetable, stops, comuni, street
        limits = {
            "partenza": f"{self.values['tpl_partenza_h']:g}:00",
            "a_piedi_m": self.values["tpl_a_piedi_m"],
        }
        plan = SimpleNamespace(gtfs=timetable, pack=pack, population=population)
        self.population = population
        self.travel = Travel(plan, limits, street) if timetable is not None else None

    # Nodes ------------------------------------------------------------------------------

    def _near(self, rows):
        """Return {row of the services: stops within the node}, of those with any."""
        shapes = self.services.geometry.iloc[rows].reset_index(drop=True)
        pairs = near_pairs(shapes, self.table.stops.geometry, self.values["raggio_nodo_tpl_m"])
        found: dict = {}
        for one, stop, _ in zip(*(column.tolist() for column in pairs)):
            found.setdefault(int(rows[one]), []).append(stop)
        return found

    def _of_type(self, kinds):
        """Return which rides are of lines of some types, bool (c,)."""
        return np.isin(self.table.route_type[self.table.line], kinds)

    def stations(self, found, rows):
        """TRA.01-R01, R04, R07: lines and frequency of the trains that stop at a station."""
        table, wanted = self.table, rows["n_linee_ferroviarie"]
        train = self._of_type(_TRAIN)
        lines: dict = {}
        for column in (table.start, table.end):
            for stop, line in set(zip(column[train].tolist(), table.line[train].tolist())):
                lines.setdefault(stop, set()).add(line)
        begin, finish = self.values["tpl_dalle_h"], self.values["tpl_alle_h"]
        interval = table.intervals(begin, finish)
        for row, stops in self._near(wanted).items():
            here = [stop for stop in stops if stop in lines]
            if not here:
                continue
            found["servizio_viaggiatori"][row] = YES
            every = set().union(*(lines[stop] for stop in here))
            found["n_linee_ferroviarie"][row] = len(every)
            # Without a departure in the whole time the interval is at least that long.
            best = float(np.min(interval[here]))
            found["frequenza_ora_punta_min"][row] = min(best, (finish - begin) * 60.0)

    def interchange(self, found, rows):
        """TRA.01-R05: a stop of the underground within the distance on foot."""
        places = []
        if self.table is not None:
            metro = self._of_type(_METRO)
            at = np.unique(np.concatenate((self.table.start[metro], self.table.end[metro])))
            places.append(self.table.stops.geometry.iloc[at])
        if self.layer is not None:
            kind = column_of(self.layer, "tipo", "modo")
            words = [normalise(w) for w in self.pack.testi.get("fermate", {}).get("metro", ())]
            texts = [] if kind is None else [normalise(str(value or "")) for value in kind]
            said = np.array([any(w in text.split() for w in words) for text in texts], dtype=bool)
            if said.any():
                places.append(self.layer.geometry[said])
        wanted = rows["interscambio_metropolitana"]
        if not wanted.size or not sum(map(len, places)):
            return
        import pandas as pd

        frame = self.services.iloc[wanted].reset_index(drop=True)
        shapes = pd.concat(places, ignore_index=True)
        limit, detour = self.values["interscambio_m"], self.values["tortuosita"]
        near, _, _, attached = services_reached(shapes, frame, METRES, limit, self.street, detour)
        values = np.full(len(frame), NO, dtype=object)
        values[near] = YES
        values[~np.asarray(attached, dtype=bool)] = None
        found["interscambio_metropolitana"][wanted] = values

    def terminals(self, found, rows):
        """TRA.02-R02 … R06: the lines that end at a node, the comuni they touch, the departures."""
        table, wanted = self.table, rows["n_linee_extraurbane"]
        near = self._near(wanted)
        if not near:
            return
        ends = self._ends()
        comuni = self._comuni_of_lines()
        for row, stops in near.items():
            leaving = np.isin(table.start, stops)
            found["corse_giorno"][row] = int(np.unique(table.trip[leaving]).size)
            lines = set().union(*(ends.get(stop, set()) for stop in stops))
            if comuni is None:
                continue
            touched = [comuni[line] for line in lines]
            found["n_linee_extraurbane"][row] = sum(len(one) > 1 for one in touched)
            every = set().union(*touched)
            found["n_comuni_linee"][row] = len(every)
            if lines:
                found["linee_solo_interne_comune"][row] = YES if len(every) == 1 else NO

    def _ends(self) -> dict:
        """Return {stop: lines with a trip that begins or ends there}."""
        table = self.table
        order = np.lexsort((table.departure, table.trip))
        trip = table.trip[order]
        first = np.flatnonzero(np.r_[True, trip[1:] != trip[:-1]])
        last = np.r_[first[1:] - 1, len(trip) - 1]
        found: dict = {}
        for stops, rides in ((table.start, order[first]), (table.end, order[last])):
            for stop, line in set(zip(stops[rides].tolist(), table.line[rides].tolist())):
                found.setdefault(stop, set()).add(line)
        return found

    def _comuni_of_lines(self):
        """Return {line: comuni its stops lie in}, None without boundaries.

        What lies outside every boundary is one comune more, at least: it is called None.
        """
        if self.comuni is None:
            return None
        table = self.table
        codes = istat_of_rows(table.stops, self.comuni)
        found: dict = {}
        for column in (table.start, table.end):
            for line, stop in set(zip(table.line.tolist(), column.tolist())):
                found.setdefault(line, set()).add(codes[stop])
        return found

    # People -----------------------------------------------------------------------------

    def people(self, values, rows, on_progress) -> bool:
        """GEN-R25: residents within the rule's minutes, door to door; False when stopped.

        Known where a stop is near; where not every comune has inhabitants here, only if those that
        are here are enough.
        """
        if not rows.size:
            return True
        limits = {}
        for code in set(self.services["codice_sttm"].iloc[rows]):
            rules = [one for one in self.pack.rules_for(code) if one.attributo == _PEOPLE]
            limits[code] = (
                max(float(one.tempo_max_min or 0) for one in rules),
                min(float(one.soglia) for one in rules),
            )
        weight = self.population[POPULATION_FIELD].to_numpy(dtype=float)
        homes = istat_of_rows(self.population, self.comuni)
        complete = set(all_comuni()) <= set(homes[weight > 0])
        for minutes, enough in sorted(set(limits.values())):
            same = [code for code, limit in limits.items() if limit == (minutes, enough)]
            chosen = rows[self.services["codice_sttm"].iloc[rows].isin(same).to_numpy()]
            frame = self.services.iloc[chosen].reset_index(drop=True)
            total = np.full(len(frame), np.nan)
            total[self.travel.has_stop(frame)] = 0.0
            for done, (row, cells) in enumerate(self.travel.reached(frame, minutes)):
                total[row] = weight[cells].sum()
                if on_progress is not None and not on_progress(done / len(frame)):
                    return False
            for row, people in zip(chosen, total):
                if people == people and (complete or people >= enough):
                    values[row] = float(people)
        return True

    def mean_times(self, values, rows, on_progress) -> bool:
        """IST.01-R09: mean minutes door to door to arrive by the hour; False when stopped.

        Weighted on the users of each comune of origin, where the service says them; within a
        comune on its residents. Known where nearly all of both have a way.
        """
        name, _ = origins_of(self.pack)
        origins = [(row, _users(self.services["attributi"].iat[row], name)) for row in rows]
        origins = [(row, users) for row, users in origins if users]
        if not origins:
            return True
        weight = self.population[POPULATION_FIELD].to_numpy(dtype=float)
        homes = istat_of_rows(self.population, self.comuni)
        frame = self.services.iloc[[row for row, _ in origins]].reset_index(drop=True)
        least = self.values["quota_popolazione_in_rete"]
        minutes = self.travel.minutes(frame, len(weight))
        for done, ((row, users), (_, times)) in enumerate(zip(origins, minutes)):
            told = known = 0.0
            for home, number in users.items():
                here = (homes == home) & (weight > 0)
                fine = here & np.isfinite(times)
                if here.any() and weight[fine].sum() >= least * weight[here].sum() - 1e-9:
                    told += number * float(np.average(times[fine], weights=weight[fine]))
                    known += number
            if known >= least * sum(users.values()) - 1e-9:
                values[row] = told / known
            if on_progress is not None and not on_progress((done + 1) / len(origins)):
                return False
        return True


def _users(text, name) -> dict:
    """Return {comune of origin: users} of one ``attributi``, those of no comune left out."""
    try:
        content = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    entry = content.get(name) if isinstance(content, dict) else None
    if isinstance(entry, dict) and "valore" in entry:
        entry = entry["valore"]
    cells = {istat_code(code): number for code, number in cells_of(entry).items() if number > 0}
    cells.pop(None, None)
    return cells if entry is not None else {}
