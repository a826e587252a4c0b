"""Checks on who reaches the services (STTM2-601, 602, 604, 607) and on how they cluster (701 …)."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ..accessibility import METRES, MINUTES, Street
from ..context import POPULATION_FIELD, meeting, points_of, sound
from ..network import build_network
from ..pairs import Boxed, nearest, nearest_pairs
from ..snapping import SegmentIndex
from ..text import normalise
from ..transit import services_reached
from ..wkb import read_lines
from .common import each, located, serving_above
from .engine import SUPPLY, Failing, Outcome, boxed_of, check


def street_of(plan):
    """Return the network ready to travel on, built once a plan; None without NETWORK."""
    if plan.network is None:
        return None
    street = getattr(plan, "_street", None)
    if street is None:
        shapes = plan.network.geometry
        blobs = [None if shape is None or shape.is_empty else shape.wkb for shape in shapes]
        network = build_network(read_lines(blobs), np.arange(len(blobs)))
        street = plan._street = Street(network, SegmentIndex(network))
    return street


def reached(plan, shapes, frame, strategy, limit, speed=4.5):
    """Return (service, origin, cost, attached) of a frame's services within a limit of shapes.

    A service that the network doesn't reach can't be judged: ``attached`` bool tells which are.
    """
    detour = plan.pack.parametri["tortuosita"]
    return services_reached(shapes, frame, strategy, limit, street_of(plan), detour, speed)


def _people_near(plan, controllo):
    """Tell the services that fewer residents than the least reach within the time."""
    frame = plan.supply()
    here = frame[located(frame)]
    if frame.empty:
        return Outcome(0)
    if plan.population is None:
        return Outcome(0, missing=("POPULATION",), concerned=len(frame))
    limits = controllo.parametri
    service, origin, _, attached = reached(
        plan, plan.population.geometry, here, MINUTES, limits["minuti"], limits["velocita_kmh"]
    )
    people = plan.population[POPULATION_FIELD].to_numpy()
    counted = np.bincount(service, weights=people[origin], minlength=len(here))
    found = dict(zip(here.index, counted))

    def make(row):
        value = float(found[row.Index])
        return {
            "valore": value,
            "soglia": limits["minimo_ab"],
            "unita": "abitanti",
            "margine": value - limits["minimo_ab"],
            "testo": {"v": round(value)},
        }

    missing = ("campo:geometria",) if len(here) < len(frame) else ()
    missing += () if attached.all() else ("NETWORK",)
    return each(
        here,
        attached & (counted < limits["minimo_ab"]),
        make,
        int(attached.sum()),
        missing=missing,
        concerned=len(frame),
    )


check("popolazione_a_piedi", scenario=SUPPLY)(_people_near)
check("popolazione_in_bici", scenario=SUPPLY)(_people_near)


@check("fermata_raggiungibile", scenario=SUPPLY)
def stop_in_reach(plan, controllo):
    frame = serving_above(plan.supply())
    if frame.empty:
        return Outcome(0)
    if plan.stops is None:
        return Outcome(0, missing=("STOPS",), concerned=len(frame))
    here = frame[located(frame)]
    limits = controllo.parametri
    rail = _is_rail(plan.stops, limits["parole_ferro"])
    service, stop, cost, attached = reached(
        plan, plan.stops.geometry, here, METRES, limits["distanza_massima_m"]
    )
    nearest = {}
    for name, mask in (("ferro", rail[stop]), ("autobus", ~rail[stop])):
        nearest[name] = np.full(len(here), np.inf)
        np.minimum.at(nearest[name], service[mask], cost[mask])
    good = (nearest["ferro"] <= limits["ferro_m"] + 1e-6) | (
        nearest["autobus"] <= limits["autobus_m"] + 1e-6
    )
    # Where the layer has no bus stop at all, what lacks is the data.
    told = ~good & attached if (~rail).any() else np.zeros(len(here), dtype=bool)
    least = np.minimum(nearest["ferro"], nearest["autobus"])
    found = dict(zip(here.index, zip(least, nearest["ferro"] <= nearest["autobus"])))

    def make(row):
        metres, by_rail = found[row.Index]
        limit = limits["ferro_m"] if by_rail else limits["autobus_m"]
        known = math.isfinite(metres)
        return {
            "valore": float(metres) if known else None,
            "soglia": limit,
            "unita": "m",
            "margine": float(limit - metres) if known else None,
            "testo": {"d": round(metres) if known else f"oltre {limits['distanza_massima_m']:g}"},
        }

    tried = int((good | told).sum())
    missing = () if attached.all() else ("NETWORK",)
    missing += ("STOPS",) if tried < int(attached.sum()) else ()
    missing += ("campo:geometria",) if len(here) < len(frame) else ()
    return each(here, told, make, tried, missing=missing, concerned=len(frame))


def _is_rail(stops, words):
    words = [normalise(word) for word in words]
    found = np.zeros(len(stops), dtype=bool)
    for name in ("tipo", "modo", "modi", "linee"):
        if name in stops.columns:
            texts = [normalise(value) if isinstance(value, str) else "" for value in stops[name]]
            found |= np.array([any(word in text for word in words) for text in texts], dtype=bool)
    return found


@check("rete_di_calcolo")
def network_given(plan, controllo):
    if plan.network is not None:
        return Outcome(1)
    if plan.population is None and plan.stops is None:
        return Outcome(0, missing=("NETWORK",), concerned=1)
    factor = plan.pack.parametri["tortuosita"]
    failing = Failing(plan.comune.istat, (), factor, None, "fattore", impronta={})
    return Outcome(1, [failing])


# How services cluster --------------------------------------------------------------------------


@check("concentrazione_nei_lum", scenario=SUPPLY)
def concentration(plan, controllo):
    """The share of supply in the LUM against the share of people: as much where it is 1."""
    frame = serving_above(plan.supply())
    frame = frame[located(frame)]
    if frame.empty:
        return Outcome(0)
    missing = tuple(name for name in ("LUM", "POPULATION") if getattr(plan, name.lower()) is None)
    if missing:
        return Outcome(0, missing=missing, concerned=1)
    ground = sound(plan.lum.geometry)
    inside = np.unique(meeting(frame.geometry, ground)[0])
    weight, sized = _weights(frame)
    share = weight[inside].sum() / weight.sum()
    people = plan.population[POPULATION_FIELD].to_numpy()
    within = np.unique(meeting(points_of(plan.population.geometry), ground)[0])
    if people.sum() <= 0 or people[within].sum() <= 0:
        return Outcome(0, missing=("POPULATION",), concerned=1)
    value, least = share / (people[within].sum() / people.sum()), controllo.parametri["minimo"]
    if value >= least - 1e-9:
        return Outcome(1)
    read = {"servizi": sorted(frame["id_servizio"].astype(str))}
    if sized:
        read["capacita"] = sorted(zip(frame["id_servizio"].astype(str), frame["capacita"]))
    failing = Failing(
        plan.comune.istat, (), float(value), least, "indice", float(value - least),
        {"v": float(value)}, impronta=read,
    )  # fmt: skip
    return Outcome(1, [failing])


def _weights(frame):
    """Return (what each service counts, whether any capacity was used).

    Its capacity over the mean of its category, where all of the category have one in one unit;
    else 1. So each category counts as many as it has services.
    """
    weight, sized = np.ones(len(frame)), False
    frame = frame.reset_index(drop=True)
    for _, group in frame.groupby(frame["codice_sttm"].fillna(""), sort=True):
        sizes = group["capacita"].to_numpy(dtype=float)
        if group["capacita_um"].isna().any() or group["capacita_um"].nunique() != 1:
            continue
        if len(group) > 1 and (sizes > 0).all():
            weight[group.index], sized = sizes / sizes.mean(), True
    return weight, sized


@check("dispersione", scenario=SUPPLY)
def dispersion(plan, controllo):
    limits = controllo.parametri
    everyone = plan.services[located(plan.services) & plan.services["codice_sttm"].notna()]
    everyone = plan.supply(everyone).reset_index(drop=True)
    own = set(plan.own["id_servizio"])
    frame = pd.DataFrame(
        {
            "codice": everyone["codice_sttm"],
            "unita": everyone["capacita_um"].fillna(""),
            "capacita": everyone["capacita"],
            "mia": np.array([key in own for key in everyone["id_servizio"]], dtype=bool),
        }
    )
    # Of the categories the comune has, with something to be near to.
    kinds = frame.groupby("codice", sort=True)["mia"]
    frame = frame[(kinds.transform("any") & (kinds.transform("size") > 1)).to_numpy(dtype=bool)]
    concerned = int(frame["mia"].sum())
    lacking = bool(frame["capacita"][frame["mia"]].isna().any())
    frame = frame[frame["capacita"].notna()]
    tried = int(frame["mia"].sum())
    # Only capacities in one unit can be compared.
    groups = frame.groupby(["codice", "unita"], sort=True)
    limit = groups["capacita"].transform("median") * limits["quota_mediana"]
    kind = groups.ngroup()[frame["capacita"] < limit - 1e-9]
    small = everyone.loc[kind.index]
    # The nearest of each says it; all pairs of a dense town would say nothing.
    pairs = nearest_pairs(boxed_of(small), limits["distanza_m"], kind.to_numpy(dtype=np.int64))
    ids, codes, shapes = (
        small[name].to_numpy(dtype=object) for name in ("id_servizio", "codice_sttm", "geometry")
    )
    names = [name or "servizio senza nome" for name in small["denominazione"]]
    # Of a pair that is the comune's whole, the lower id is told.
    rank = [(not mine, str(one)) for mine, one in zip(frame["mia"][kind.index], ids)]
    failing = []
    for i, j, metres in zip(*(column.tolist() for column in pairs)):
        first, second = (i, j) if rank[i] <= rank[j] else (j, i)
        if rank[first][0]:
            continue
        failing.append(
            Failing(
                ids[first],
                (ids[second],),
                metres,
                limits["distanza_m"],
                "m",
                metres - limits["distanza_m"],
                {
                    "a": names[first],
                    "b": names[second],
                    "cat": codes[first],
                    "d": round(metres),
                },
                shapes[first],
            )
        )
    return Outcome(tried, failing, ("campo:capacita",) if lacking else (), concerned)


@check("distribuzione", scenario=SUPPLY)
def pattern(plan, controllo):
    """Clark and Evans 1954: mean distance to the nearest against that of points at random."""
    frame = plan.supply(plan.own[located(plan.own) & plan.own["codice_sttm"].notna()])
    area = plan.boundary.area if plan.boundary is not None else plan.comune.superficie_km2 * 1e6
    least, limit = controllo.parametri["punti"], controllo.parametri["z"]
    failing, tried = [], 0
    codes, kind = np.unique(frame["codice_sttm"].to_numpy(dtype=str), return_inverse=True)
    # Services on one place are one place.
    at = np.unique(np.column_stack((kind, frame["_x"], frame["_y"])), axis=0)
    number = np.bincount(at[:, 0].astype(np.int64), minlength=codes.size)
    wanted = number >= least
    at = at[wanted[at[:, 0].astype(np.int64)]]
    of = at[:, 0].astype(np.int64)
    extent = float(np.hypot(*np.ptp(at[:, 1:], axis=0))) if len(at) else 0.0
    places = Boxed(np.empty(len(at), dtype=object), np.column_stack((at[:, 1:], at[:, 1:])))
    apart, _ = nearest(places, extent, of)
    for one in np.flatnonzero(wanted).tolist():
        tried += 1
        count = int(number[one])
        mean, expected = apart[of == one].mean(), 0.5 * math.sqrt(area / count)
        z = (mean - expected) / (0.26136 / math.sqrt(count**2 / area))
        if abs(z) < limit:
            continue
        ratio, code = float(mean / expected), str(codes[one])
        read = {"servizi": sorted(frame["id_servizio"][kind == one].astype(str))}
        failing.append(
            Failing(
                plan.comune.istat, (code,), ratio, 1.0, "R", ratio - 1.0,
                {"cat": code, "v": ratio}, impronta=read,
            )
        )  # fmt: skip
    return Outcome(tried, failing)
