"""Checks on the timetables of public transport (STTM2-603, 605)."""

from __future__ import annotations

import numpy as np

from ..accessibility import METRES
from ..context import POPULATION_FIELD
from ..transit import Travel
from .accessibilita import reached, street_of
from .common import each, located
from .engine import SUPPLY, Outcome, check


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
    travel = Travel(plan, limits, street_of(plan))
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
