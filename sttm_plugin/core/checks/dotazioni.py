"""Checks on the areas for services (STTM2-401 … 407)."""

from __future__ import annotations

import numpy as np

from ..context import column_of, meeting, of_comune, sound
from ..text import normalise
from .common import (
    SOVRACOMUNALI,
    area_of,
    attribute_of,
    each,
    is_area,
    mapped,
    members_of,
    name_of,
    serving_above,
    with_neighbours,
)
from .engine import PLANNED, TODAY, Failing, Outcome, check

# What stands or will stand: closed and suspended services give no area.
_COUNTED = ("esistente", "previsto", "in_corso")


def _counted(frame):
    """Return the services whose area counts: not those the plan leaves out of the count."""
    stands = frame["stato"].isna() | frame["stato"].isin(_COUNTED)
    return frame[stands & ~frame["computo_dotazione"].isin(("non_computato", "sovracomunale"))]


def _in_group(frame, prefixes):
    return frame["codice_sttm"].map(
        lambda code: code is not None and code.startswith(tuple(prefixes))
    )


@check("dotazione_minima", scenario=TODAY)
def least_area(plan, controllo):
    """Area for each resident and each inhabitant the plan settles, where the plan says how many."""
    frame = _counted(plan.own)
    settlers = _settlers(plan, controllo.parametri["attributi"])
    people = plan.comune.popolazione + (settlers or 0.0)
    outcome = _judged(plan, frame, controllo.parametri["mq_ab"], people, {})
    if settlers is None and len(frame):
        outcome.unsaid = ("SETTLERS",)
    return outcome


def _settlers(plan, names):
    """Return how many inhabitants the plan settles: as given, else as its areas say."""
    if plan.settlers is not None or plan.regeneration is None:
        return plan.settlers
    areas = plan.regeneration[of_comune(plan.regeneration, plan.comune, plan.boundary)]
    column = column_of(areas, *names)
    return None if column is None else float(sum(_number(value) for value in column))


def _judged(plan, frame, least, people, text, others=()):
    """Return the outcome of an area per inhabitant; areas not known only ever add to it."""
    if frame.empty:
        return Outcome(0)
    areas = area_of(frame)
    value = float(np.nansum(areas)) / people
    if value >= least - 1e-9:
        return Outcome(len(frame))
    if np.isnan(areas).any():
        return Outcome(0, missing=("campo:superficie_mq",), concerned=len(frame))
    failing = Failing(
        plan.comune.istat,
        others,
        value,
        least,
        "mq/ab",
        value - least,
        {"v": value, **text},
        impronta={
            "aree": sorted(zip(frame["id_servizio"].astype(str), np.round(areas, 2).tolist()))
        },
    )
    return Outcome(len(frame), [failing])


@check("dotazione_per_gruppo", scenario=TODAY)
def area_by_group(plan, controllo):
    groups = controllo.parametri["gruppi"]
    frame = _counted(plan.own)
    if frame.empty:
        return Outcome(0)
    failing, missing, tried = [], set(), 0
    for name in sorted(groups):
        part = frame[_in_group(frame, groups[name])]
        least = controllo.parametri[name]
        if part.empty:
            text = {"gruppo": name.replace("_", " "), "v": 0.0}
            failing.append(
                Failing(
                    plan.comune.istat, (f"campo:{name}",), 0.0, least, "mq/ab", -least, text,
                    impronta={"aree": []},
                )
            )  # fmt: skip
            tried += 1
            continue
        text = {"gruppo": name.replace("_", " ")}
        people = plan.comune.popolazione
        outcome = _judged(plan, part, least, people, text, (f"campo:{name}",))
        failing += outcome.failing
        missing.update(outcome.missing)
        tried += 0 if outcome.missing else 1
    return Outcome(tried, failing, tuple(sorted(missing)), len(groups))


@check("dotazione_di_zona", scenario=TODAY)
def area_of_zone(plan, controllo):
    zone = plan.comune.zona_omogenea
    members = members_of(zone)
    frame = with_neighbours(plan)
    present = {code for code in frame["istat"] if code is not None}
    if not set(members) <= present:
        return Outcome(0, missing=("NEIGHBOURS",), concerned=1)
    counted = frame["stato"].isna() | frame["stato"].isin(_COUNTED)
    frame = serving_above(frame[frame["istat"].isin(members) & counted])
    prefixes = [one for group in controllo.parametri["gruppi"].values() for one in group]
    frame = frame[_in_group(frame, prefixes)]
    people = sum(one.popolazione for one in members.values())
    if frame.empty:
        return Outcome(0)
    return _judged(plan, frame, controllo.parametri["mq_ab"], people, {"zo": zone})


@check("doppio_conteggio")
def counted_twice(plan, controllo):
    """Areas counted for the comune that overlap areas counted above it, or serve above it."""
    frame = plan.own_where(is_area(plan.own)).reset_index(drop=True)
    local = np.flatnonzero(frame["computo_dotazione"] == "locale")
    above = np.flatnonzero(frame["computo_dotazione"] == "sovracomunale")
    known = frame["computo_dotazione"].notna()
    shapes = sound(frame.geometry)
    limit = controllo.parametri["area_mq"]
    failing = []
    for i, j in zip(*meeting(shapes.iloc[local], shapes.iloc[above])):
        one, other = local[i], above[j]
        common = shapes[one].intersection(shapes[other]).area
        if common > limit:
            failing.append(
                Failing(
                    frame.at[one, "id_servizio"],
                    (frame.at[other, "id_servizio"],),
                    common,
                    limit,
                    "mq",
                    limit - common,
                    {"nome": name_of(frame.loc[one])},
                    frame.at[one, "geometry"],
                )
            )
    # Counted here among the areas of the comune, and in its zone among those that serve above it.
    valenza = frame["valenza_confermata"].fillna(frame["valenza_dichiarata"])
    for row in frame[(frame["computo_dotazione"] == "locale") & valenza.isin(SOVRACOMUNALI)].index:
        failing.append(
            Failing(
                frame.at[row, "id_servizio"],
                (),
                valenza[row],
                "locale",
                testo={"nome": name_of(frame.loc[row])},
                geometry=frame.at[row, "geometry"],
            )
        )
    missing = () if known.all() else ("campo:computo_dotazione",)
    return Outcome(int(known.sum()), failing, missing, len(frame))


@check("popolazione_gravitante", scenario=TODAY)
def gravitating_people(plan, controllo):
    """Services that serve more than their comune, and a plan that counts none of their users.

    Told where the services (``attributi``) or the population layer carry the figure at all:
    without any, it is not known whether the plan has it in its report.
    """
    names = controllo.parametri["attributi"]
    stands = plan.own["stato"].isna() | plan.own["stato"].isin(_COUNTED)
    frame = serving_above(plan.own[stands])
    if frame.empty:
        return Outcome(0)
    said = attribute_of(plan.own, *names)
    figures = [_number(value) for value in said if value is not None]
    if plan.population is not None:
        lower = {str(name).lower(): name for name in plan.population.columns}
        column = next((lower[name] for name in names if name in lower), None)
        if column is not None:
            figures += [_number(value) for value in plan.population[column]]
    if any(figure > 0 for figure in figures):
        return Outcome(1)
    if not figures:
        return Outcome(0, missing=(f"campo:{names[0]}",), concerned=1)
    failing = Failing(
        plan.comune.istat, (), 0, 1, "abitanti", -1.0, {"n": len(frame)},
        impronta={"servizi": sorted(frame["id_servizio"].astype(str))},
    )  # fmt: skip
    return Outcome(1, [failing])


def _number(value) -> float:
    """Return a figure, 0 where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if number == number else 0.0


@check("servizi_aggiuntivi_nei_poli", scenario=TODAY)
def more_in_poles(plan, controllo):
    if not plan.comune.polo:
        return Outcome(0)
    if serving_above(plan.own[plan.own["stato"].isin(PLANNED)]).shape[0]:
        return Outcome(1)
    return Outcome(1, [Failing(plan.comune.istat, (), 0, 1, "previsioni", -1.0, impronta={})])


@check("privato_regolato")
def private_without_act(plan, controllo):
    words = [f" {normalise(word)} " for word in controllo.parametri["parole_private"]]

    def private(name):
        return name is not None and any(word in f" {normalise(name)} " for word in words)

    own = plan.own
    open_title = own["titolo_servizio"].isna() | (own["titolo_servizio"] == "nn")
    managed = mapped(own["gestore"], private).astype(bool)
    unknown = open_title & own["gestore"].isna()
    return each(
        own,
        open_title & managed,
        lambda row: {"valore": row.gestore},
        int((~unknown).sum()),
        missing=("campo:gestore",) if unknown.any() else (),
        concerned=len(own),
    )
