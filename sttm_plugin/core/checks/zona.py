"""Checks on the Zona Omogenea and the comuni around (STTM2-606, 703, 902, 903, 904)."""

from __future__ import annotations

import json

import numpy as np

from ..accessibility import MINUTES, NEAREST, Supply, make_options, measure, reach
from ..attributes import catchment_limits
from ..context import POPULATION_FIELD, coordinates_of, istat_of_rows
from ..reference import ZONE_CODES, comune_of, istat_code
from ..text import normalise
from ..transit import Travel
from ..wkb import read_shape
from .accessibilita import street_of
from .common import (
    attribute_of,
    located,
    members_of,
    name_of,
    serving_above,
    with_neighbours,
)
from .engine import PLANNED, SUPPLY, Failing, Outcome, check
from .riconciliazione import matching_score, pair_scores


def _homes(plan):
    """Return the comune each row of the population belongs to, found once a plan."""
    found = getattr(plan, "_homes", None)
    if found is None:
        found = plan._homes = istat_of_rows(plan.population, plan.comuni)
    return found


def _supply(frame, categories=None):
    ids = [str(row) for row in range(len(frame))]
    shapes = [read_shape(shape.wkb) for shape in frame.geometry]
    return Supply(ids, ids if categories is None else categories, shapes)


def _within(plan, frame, minutes, speed):
    """Return which rows of the population reach a service of the frame in time, bool (p,)."""
    if frame.empty:
        return np.zeros(len(plan.population), dtype=bool)
    x, y = coordinates_of(plan.population.geometry)
    options = make_options(
        f"{minutes:g}", measures=(NEAREST,), strategy=MINUTES, speed=speed,
        detour=plan.pack.parametri["tortuosita"],
    )  # fmt: skip
    found = measure(x, y, None, _supply(frame, ["x"] * len(frame)), street_of(plan), options)
    return np.isfinite(found.categories["x"].cost)


@check("squilibrio_nella_zona", scenario=SUPPLY)
def imbalance(plan, controllo):
    """The share of the comune's people near a service, against that of its Zona Omogenea."""
    members = members_of(plan.comune.zona_omogenea)
    if len(members) < 2:
        return Outcome(0)
    everyone = with_neighbours(plan)
    missing = () if set(members) <= set(everyone["istat"]) else ("NEIGHBOURS",)
    if plan.population is None:
        return Outcome(0, missing=("POPULATION", *missing), concerned=1)
    homes = _homes(plan)
    people = plan.population[POPULATION_FIELD].to_numpy()
    inhabited = {home for home, number in zip(homes, people) if number > 0}
    if not set(members) <= inhabited:
        missing = (*missing, "POPULATION")
    if missing:
        return Outcome(0, missing=missing, concerned=1)
    frame = plan.supply(everyone[located(everyone)])
    values = plan.pack.parametri
    served = _within(plan, frame, values["tempo_prossimita_min"], values["velocita_piedi_kmh"])
    here = np.array([home in members for home in homes], dtype=bool)
    own = homes == plan.comune.istat
    mean = people[here & served].sum() / people[here].sum()
    if not mean:
        return Outcome(1)
    share = people[own & served].sum() / people[own].sum()
    value, least = float(share / mean), controllo.parametri["rapporto"]
    if value >= least - 1e-9:
        return Outcome(1)
    failing = Failing(
        plan.comune.istat, (), value, least, "rapporto", value - least,
        {"comune": plan.comune.nome, "v": value},
        impronta={"servizi": sorted(plan.supply()["id_servizio"].astype(str))},
    )  # fmt: skip
    return Outcome(1, [failing])


@check("copertura_di_zona", scenario=SUPPLY)
def zone_covered(plan, controllo):
    """The categories that the Zona Omogenea lacks, and most of its people are far from."""
    zone = plan.comune.zona_omogenea
    members = members_of(zone)
    everyone = with_neighbours(plan)
    present = set(everyone["istat"])
    around = set(members).union(*(one.contermini for one in members.values()))
    missing = () if around <= present else ("NEIGHBOURS",)
    if plan.population is None:
        return Outcome(0, missing=("POPULATION", *missing), concerned=1)
    homes = _homes(plan)
    people = plan.population[POPULATION_FIELD].to_numpy()
    here = np.array([home in members for home in homes], dtype=bool)
    if not set(members) <= {home for home, number in zip(homes, people) if number > 0}:
        missing = (*missing, "POPULATION")
    if missing:
        return Outcome(0, missing=missing, concerned=1)
    limits, values = controllo.parametri, plan.pack.parametri
    supply = plan.supply(everyone[located(everyone) & everyone["codice_sttm"].notna()])
    travel = None if plan.gtfs is None else Travel(plan, limits, street_of(plan))
    failing, tried, unsure, concerned = [], 0, False, 0
    for code, category in sorted(plan.pack.categorie.items()):
        if category.tipo_riga != "categoria":
            continue
        concerned += 1
        frame = supply[supply["codice_sttm"] == code].reset_index(drop=True)
        if frame["istat"].isin(members).any():
            tried += 1
            continue
        near = _within(plan, frame, limits["auto_min"], values["velocita_auto_kmh"])
        share = _share_of(people, here & ~near, here)
        if share > limits["quota"] + 1e-9 and travel is not None:
            for _, cells in travel.reached(frame, limits["tpl_min"]):
                near[cells] = True
            share = _share_of(people, here & ~near, here)
        elif share > limits["quota"] + 1e-9:
            # Public transport may still bring them there.
            unsure = True
            continue
        tried += 1
        if share > limits["quota"] + 1e-9:
            failing.append(
                Failing(
                    plan.comune.istat, (code,), share, limits["quota"], "quota 0-1",
                    limits["quota"] - share,
                    {"zo": zone, "cat": f"{code} {category.categoria}", "p": round(100 * share)},
                    impronta={"servizi": sorted(frame["id_servizio"].astype(str))},
                )
            )  # fmt: skip
    return Outcome(tried, failing, ("GTFS",) if unsure else (), concerned)


def _share_of(people, mask, whole) -> float:
    return float(people[mask].sum() / people[whole].sum())


# Neighbouring plans ----------------------------------------------------------------------------


def _codes(value) -> list:
    """Return the ISTAT codes of a list, however it is written."""
    if isinstance(value, dict):
        value = list(value)
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                value = json.loads(text)
            except ValueError:
                value = text
    pieces = value if isinstance(value, (list, tuple)) else str(value).replace(",", ";").split(";")
    return sorted({code for code in map(istat_code, pieces) if code is not None})


@check("dichiarazione_reciproca")
def mutual(plan, controllo):
    """Services said to serve a comune whose own plan doesn't mention them."""
    said = attribute_of(plan.own, "comuni_serviti")
    served = {
        row: [code for code in _codes(value) if code != plan.comune.istat]
        for row, value in enumerate(said)
        if value is not None
    }
    served = {row: codes for row, codes in served.items() if codes}
    above = set(np.flatnonzero(plan.own.index.isin(serving_above(plan.own).index)).tolist())
    concerned = len(above | set(served))
    if not concerned:
        return Outcome(0)
    missing = set() if above <= set(served) else {"campo:comuni_serviti"}
    everyone = with_neighbours(plan)
    others = everyone[everyone["istat"].notna() & (everyone["istat"] != plan.comune.istat)]
    if plan.neighbours is not None:
        # The same record in two plans keeps one id: what NEIGHBOURS says of it counts too.
        import pandas as pd

        same = plan.neighbours["id_servizio"].isin(set(plan.own["id_servizio"]))
        theirs = plan.neighbours[same & (plan.neighbours["istat"] != plan.comune.istat)]
        others = pd.concat([others, theirs], ignore_index=True)
    others = others.reset_index(drop=True)
    homes = others["istat"].to_numpy(dtype=object)
    mentions = set(zip(others["id_servizio"], homes))
    rows = sorted(served)
    own = plan.own.iloc[rows].reset_index(drop=True)
    pairs = set()
    if len(own) and len(others):
        least, most = matching_score(plan), controllo.parametri["distanza_m"]
        for i, j, score, _ in zip(*pair_scores(own, others, most, plan.pack.area_twins)):
            if score >= least - 1e-9:
                pairs.add((rows[i], homes[j]))
    present = set(homes)
    failing, tried = [], 0
    for row in rows:
        service = plan.own.iloc[row]
        known = [code for code in served[row] if code in present]
        if len(known) < len(served[row]):
            missing.add("NEIGHBOURS")
        tried += bool(known)
        for code in known:
            if (row, code) in pairs or (service["id_servizio"], code) in mentions:
                continue
            comune = comune_of(code)
            failing.append(
                Failing(
                    service["id_servizio"], (code,),
                    testo={"nome": name_of(service), "comune": comune.nome if comune else code},
                    geometry=service["geometry"],
                )
            )  # fmt: skip
    return Outcome(tried, failing, tuple(sorted(missing)), concerned)


@check("previsioni_concorrenti")
def competing(plan, controllo):
    """Planned services of one category, here and in another comune of the zone, for one public."""
    planned = plan.own[plan.own["stato"].isin(PLANNED) & plan.own["codice_sttm"].notna()]
    if planned.empty:
        return Outcome(0)
    members = members_of(plan.comune.zona_omogenea)
    everyone = with_neighbours(plan)
    missing = () if set(members) <= set(everyone["istat"]) else ("NEIGHBOURS",)
    if plan.population is None:
        return Outcome(0, missing=("POPULATION", *missing), concerned=len(planned))
    others = everyone[
        everyone["istat"].isin(set(members) - {plan.comune.istat})
        & everyone["stato"].isin(PLANNED)
        & located(everyone)
    ]
    here = planned[located(planned)]
    missing += ("campo:geometria",) if len(here) < len(planned) else ()
    people = plan.population[POPULATION_FIELD].to_numpy()
    least = controllo.parametri["sovrapposizione"]
    failing = []
    for code, group in here.groupby("codice_sttm", sort=True):
        rivals = others[others["codice_sttm"] == code]
        if rivals.empty:
            continue
        ours, theirs = _catchments(plan, group, code), _catchments(plan, rivals, code)
        for i, cells in enumerate(ours):
            for j, their_cells in enumerate(theirs):
                smaller = min(people[cells].sum(), people[their_cells].sum())
                if smaller <= 0:
                    continue
                common = people[np.intersect1d(cells, their_cells)].sum()
                share = float(common / smaller)
                if share < least - 1e-9:
                    continue
                one, two = group.iloc[i], rivals.iloc[j]
                failing.append(
                    Failing(
                        one["id_servizio"], (two["id_servizio"],), share, least, "quota 0-1",
                        least - share, {"a": name_of(one), "b": name_of(two)}, one["geometry"],
                    )
                )  # fmt: skip
    sure = "NEIGHBOURS" not in missing
    return Outcome(len(here) if sure else len(failing), failing, missing, len(planned))


def _catchments(plan, frame, code) -> list:
    """Return the rows of the population that each service's catchment holds, arrays.

    By car within the time of the category's rules; on foot where it has none.
    """
    values = plan.pack.parametri
    limits = catchment_limits(plan.pack, code)
    minutes = max(limits.values()) if limits else values["tempo_prossimita_min"]
    speed = values["velocita_auto_kmh" if limits else "velocita_piedi_kmh"]
    x, y = coordinates_of(plan.population.geometry)
    options = make_options(
        f"{minutes:g}", strategy=MINUTES, speed=speed, detour=values["tortuosita"]
    )
    service, cell, _, _ = reach(x, y, _supply(frame), street_of(plan), options)
    order = np.lexsort((cell, service))
    ends = np.searchsorted(service[order], np.arange(len(frame) + 1))
    return [np.unique(cell[order][a:b]) for a, b in zip(ends[:-1], ends[1:])]


# Which zone ------------------------------------------------------------------------------------

_FIELDS = ("cod_zo", "zona_omogenea", "codice_zo")
# The field of a package, which the service layer has not.
_DELIVERED = "_cod_zo"
_ZONES = {normalise(name): code for name, code in ZONE_CODES.items()}
_ZONES.update({code.lower(): code for code in ZONE_CODES.values()})


@check("zona_corretta")
def right_zone(plan, controllo):
    """What the services, or the boundaries, say of the zone of the comune."""
    expected = plan.comune.codice_zo
    said = attribute_of(plan.own, *_FIELDS)
    if _DELIVERED in plan.own.columns:
        written = plan.own[_DELIVERED].to_numpy(dtype=object)
        said = np.where(np.equal(written, None), said, written)
    failing, tried = [], 0
    for row in np.flatnonzero([value is not None for value in said]).tolist():
        tried += 1
        if _ZONES.get(normalise(str(said[row]))) != expected:
            service = plan.own.iloc[row]
            failing.append(
                _wrong_zone(plan, service["id_servizio"], said[row], service["geometry"])
            )
    comuni = plan.comuni
    if comuni is not None and "zona_omogenea" in comuni.columns:
        for value in comuni.loc[comuni["istat"] == plan.comune.istat, "zona_omogenea"]:
            if value is None or value != value:
                continue
            tried += 1
            if _ZONES.get(normalise(str(value))) != expected:
                failing.append(_wrong_zone(plan, plan.comune.istat, value, None))
    return Outcome(tried, failing, () if tried else ("campo:cod_zo",), max(tried, 1))


def _wrong_zone(plan, id_oggetto, value, shape):
    comune = plan.comune
    return Failing(
        id_oggetto, ("campo:cod_zo",), str(value), comune.codice_zo,
        testo={
            "comune": comune.nome, "a": str(value),
            "b": f"{comune.codice_zo} ({comune.zona_omogenea})",
        },
        geometry=shape, impronta={"zona": str(value)},
    )  # fmt: skip


# Who comes from outside -----------------------------------------------------------------------


def outside_catchments(plan) -> list:
    """Return, for each service that serves more than its comune, who it serves outside it.

    Returns:
        Dicts ordered by ``id_servizio``: people in the catchment and the share of them that lives
        in other comuni; the share of users that come from there, as declared or as estimated by
        the shared catchment (Huff). None = not known.
    """
    frame = serving_above(plan.own)
    frame = frame[frame["stato"].isna() | frame["stato"].isin(("esistente", *PLANNED))]
    inside: dict = {}
    if plan.population is not None:
        homes = _homes(plan)
        people = plan.population[POPULATION_FIELD].to_numpy()
        # Where no row says its comune, nobody can be told to live elsewhere.
        known = np.array([home is not None for home in homes], dtype=bool)
        elsewhere = known & (homes != plan.comune.istat)
        placed = frame[located(frame)]
        for code, group in placed.groupby("codice_sttm", sort=True):
            for position, cells in zip(group["_pos"], _catchments(plan, group, code)):
                total = float(people[cells].sum())
                sure = total > 0 and known[cells].all()
                share = float(people[cells[elsewhere[cells]]].sum()) / total if sure else None
                inside[position] = (total, share)
    estimated = _estimated_shares(plan)
    rows = []
    ordered = frame.sort_values("id_servizio", kind="stable")
    for position, key, name, state, declared in zip(
        ordered["_pos"], ordered["id_servizio"], ordered["denominazione"], ordered["stato"],
        ordered["utenti_fuori_comune"],
    ):  # fmt: skip
        total, share = inside.get(position, (None, None))
        users, nature = (float(declared), "dichiarato") if declared == declared else (None, None)
        if users is None and estimated.get(position) is not None:
            users, nature = estimated[position], "stimato"
        rows.append(
            {
                "id_servizio": key,
                "denominazione": name,
                "stato": state or "esistente",
                "bacino_ab": total,
                "quota_bacino_fuori_comune": share,
                "quota_utenti_fuori_comune": users,
                "natura_quota_utenti": nature,
            }
        )
    return rows


def _estimated_shares(plan) -> dict:
    """Return {row of the services: share of users from other comuni} where it was computed."""
    found: dict = {}
    for valenza in ("metropolitana", "intercomunale"):
        values = (plan.computed or {}).get(("quota_utenti_esterni", valenza), ())
        for row, value in enumerate(values):
            if value is not None:
                found.setdefault(row, float(value))
    return found
