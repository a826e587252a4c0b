"""What the checks share: masks, names, dates."""

from __future__ import annotations

import datetime
import json

import numpy as np

from ..progress import asking
from ..reference import comuni as all_comuni
from .engine import Failing, Outcome

SOVRACOMUNALI = ("sovracomunale", "intercomunale", "metropolitana")
ABOVE = ("intercomunale", "metropolitana")


def located(frame):
    """Return which rows have a geometry with something in it, bool (n,)."""
    if "_located" in frame.columns:
        return frame["_located"].to_numpy(dtype=bool)
    shapes = frame.geometry
    return ~(shapes.isna() | shapes.is_empty).to_numpy(dtype=bool)


def serving_above(frame):
    """Return the services that serve more than their comune, declared or computed."""
    return frame[
        frame["valenza_dichiarata"].isin(SOVRACOMUNALI) | frame["valenza_calcolata"].isin(ABOVE)
    ]


def mapped(column, function):
    """Return a function of each value of a column, object (n,): asked once of each value."""
    memo = {value: function(value) for value in set(column)}
    return np.array([memo[value] for value in column] + [None], dtype=object)[:-1]


def is_area(frame):
    """Return which rows are areas, bool (n,)."""
    if "_is_area" in frame.columns:
        return frame["_is_area"].to_numpy(dtype=bool)
    kinds = frame.geometry.geom_type.isin(("Polygon", "MultiPolygon"))
    return kinds.to_numpy(dtype=bool) & located(frame)


def name_of(row) -> str:
    """Return how a message calls a service."""
    return row.denominazione or "servizio senza nome"


def area_of(frame):
    """Return the area of each service, m², NaN where none is known.

    The measured field, else the polygon's own, else what the source declares.
    """
    measured = frame["superficie_mq"].to_numpy(dtype=float)
    if "_drawn" in frame.columns:
        drawn = frame["_drawn"].to_numpy(dtype=float)
    else:
        drawn = np.where(is_area(frame), frame.geometry.area, np.nan)
    declared = frame["superficie_dichiarata_mq"].to_numpy(dtype=float)
    found = np.where(np.isnan(measured), drawn, measured)
    return np.where(np.isnan(found), declared, found)


def date_of(text):
    """Return an ISO date, None where the text is none."""
    try:
        return datetime.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def months_before(day, months):
    """Return the day so many months before; the 31st falls back to a month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - int(months), 12)
    for last in (day.day, 30, 29, 28):
        try:
            return datetime.date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)


def each(frame, mask, make, tried, **outcome) -> Outcome:
    """Return an outcome with one failing for each row of a mask.

    Args:
        make: row (a named tuple) → keyword arguments of ``Failing``; ``testo`` gets the name.
    """
    failing = []
    for row in asking(frame[np.asarray(mask, dtype=bool)].itertuples()):
        more = make(row)
        text = {"nome": name_of(row), "n": 1, **more.pop("testo", {})}
        failing.append(Failing(row.id_servizio, geometry=row.geometry, testo=text, **more))
    return Outcome(int(tried), failing, **outcome)


def attribute_of(frame, *names):
    """Return what each service says in ``attributi``, else in ``attributi_origine``, of a name.

    Args:
        names: the first one found counts; case doesn't.

    Returns:
        object (n,), None where nothing is said. ``{"valore": …}`` gives its value.
    """
    found = np.full(len(frame), None, dtype=object)
    wanted = [name.lower() for name in names]
    for column in ("attributi", "attributi_origine"):
        for row, text in enumerate(frame[column].tolist()):
            if text is None or found[row] is not None:
                continue
            lower = text.lower()
            if not any(f'"{name}"' in lower for name in wanted):
                continue
            try:
                content = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if not isinstance(content, dict):
                continue
            known = {str(name).lower(): value for name, value in content.items()}
            for name in wanted:
                value = known.get(name)
                if isinstance(value, dict) and "valore" in value:
                    value = value["valore"]
                if value not in (None, "") and found[row] is None:
                    found[row] = value
    return found


def with_neighbours(plan):
    """Return the services of the plan and, after them, those of NEIGHBOURS it doesn't have."""
    found = getattr(plan, "_everyone", None)
    if found is None:
        found = plan.services
        if plan.neighbours is not None and len(plan.neighbours):
            import pandas as pd

            new = ~plan.neighbours["id_servizio"].isin(set(found["id_servizio"]))
            found = pd.concat([found, plan.neighbours[new]], ignore_index=True)
        plan._everyone = found
    return found


def members_of(zone) -> dict:
    """Return {ISTAT code: Comune} of a Zona Omogenea."""
    return {one.istat: one for one in all_comuni().values() if one.zona_omogenea == zone}
