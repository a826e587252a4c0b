"""Checks on the timetables of public transport (STTM2-603, 605)."""

from __future__ import annotations

import numpy as np

from ..accessibility import METRES
from ..context import POPULATION_FIELD
from ..gtfs import SLACK, latest_boardings
from ..pairs import pairs_within
from .accessibilita import reached
from .common import each, located
from .engine import SUPPLY, Outcome, check

# Services whose boardings are sought together: stops × services of float64 stay small.
_TOGETHER = 256


@check("popolazione_con_tpl", scenario=SUPPLY)
def people_by_transport(plan, controllo):
    """Tell the services that nobody reaches by public transport, door to door.

    Who leaves at the set hour, walks to a stop, rides once or more and walks to the service. Those
    who walk all the way are STTM2-601's.
    """
    frame = plan.supply()
    if frame.empty:
        return Outcome(0)
    missing = tuple(name for name in ("GTFS", "POPULATION") if getattr(plan, name.lower()) is None)
    if missing:
        return Outcome(0, missing=missing, concerned=len(frame))
    limits = controllo.parametri
    here = frame[located(frame)]
    times = sorted(limits["minuti"])
    people = {minutes: np.zeros(len(here)) for minutes in times}
    weight = plan.population[POPULATION_FIELD].to_numpy()
    travel = Travel(plan, limits)
    for minutes in times:
        for row, cells in travel.reached(here, minutes):
            people[minutes][row] = weight[cells].sum()
    served = travel.has_stop(here)
    least = limits["minimo_ab"]
    worst = np.full(len(here), np.nan)
    for minutes in times:
        worst[people[minutes] < least] = minutes
    found = {
        index: (minutes, 0.0 if minutes != minutes else float(people[minutes][row]))
        for row, (index, minutes) in enumerate(zip(here.index, worst))
    }

    def make(row):
        minutes, value = found[row.Index]
        return {
            "valore": value,
            "soglia": least,
            "unita": "abitanti",
            "margine": value - least,
            "testo": {"v": round(value), "minuti": int(minutes)},
        }

    lacking = ("campo:geometria",) if len(here) < len(frame) else ()
    # Where the timetable has no stop near, it may be that of another company.
    lacking += () if served.all() else ("GTFS",)
    return each(
        here,
        served & ~np.isnan(worst),
        make,
        int(served.sum()),
        missing=lacking,
        concerned=len(frame),
    )


class Travel:
    """Who gets where by the timetable of a plan, leaving at an hour of the pack."""

    def __init__(self, plan, limits):
        self.plan, self.table = plan, plan.gtfs
        hours, minutes = (int(piece) for piece in limits["partenza"].split(":"))
        self.begin = hours * 3600 + minutes * 60
        self.walk = float(limits["a_piedi_m"])
        self.pace = 3.6 / plan.pack.parametri["velocita_piedi_kmh"]
        self.detour = plan.pack.parametri["tortuosita"]
        self._changes = None

    def _on_foot(self, shapes, frame):
        service, other, metres, _ = reached(self.plan, shapes, frame, METRES, self.walk)
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


@check("frequenza_tpl", scenario=SUPPLY)
def frequency(plan, controllo):
    """Tell the metropolitan services whose stops have few departures."""
    frame = plan.supply()
    frame = frame[
        (frame["valenza_calcolata"] == "metropolitana")
        | (frame["valenza_dichiarata"] == "metropolitana")
    ]
    if frame.empty:
        return Outcome(0)
    if plan.gtfs is None:
        return Outcome(0, missing=("GTFS",), concerned=len(frame))
    limits = controllo.parametri
    here = frame[located(frame)]
    stops = plan.gtfs.stops
    far = max(limits["ferro_m"], limits["autobus_m"])
    service, stop, metres, attached = reached(plan, stops.geometry, here, METRES, far)
    near = metres <= np.where(
        stops["ferro"].to_numpy()[stop], limits["ferro_m"], limits["autobus_m"]
    )
    interval = plan.gtfs.intervals(limits["dalle"], limits["alle"])
    best = np.full(len(here), np.inf)
    served = np.zeros(len(here), dtype=bool)
    served[service[near]] = True
    np.minimum.at(best, service[near], interval[stop[near]])
    most = limits["intervallo_min"]
    found = dict(zip(here.index, best.tolist()))

    def make(row):
        value = found[row.Index]
        known = np.isfinite(value)
        return {
            "valore": value if known else None,
            "soglia": most,
            "unita": "minuti",
            "margine": most - value if known else None,
            "testo": {"v": round(value, 1) if known else "senza corse, oltre 720"},
        }

    missing = () if attached.all() else ("NETWORK",)
    # A service without a stop is STTM2-604's; this timetable doesn't say how often it is served.
    missing += () if served[attached].all() else ("GTFS",)
    missing += ("campo:geometria",) if len(here) < len(frame) else ()
    return each(
        here,
        served & (best > most + 1e-9),
        make,
        int(served.sum()),
        missing=missing,
        concerned=len(frame),
    )
