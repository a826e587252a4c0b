"""The shared catchment of services that compete: who would use which, by comune of residence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .accessibility import reach
from .network import SLACK


@dataclass
class Catchment:
    """Users of each service within one time limit.

    Attributes:
        minutes: the limit.
        users: float64 (s,), residents that choose each service.
        by_home: float64 (s, h), the same by home; its columns are ``homes``.
        homes: the comuni of the origins, sorted.
        attached: bool (s,), the services that the origins can reach: on the network, or placed.
    """

    minutes: float
    users: np.ndarray
    by_home: np.ndarray
    homes: list
    attached: np.ndarray

    def shares(self):
        """Return the share of each home among a service's users, NaN where it has none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.by_home / self.users[:, None]


def share_out(x, y, population, homes, supply, street, options, limits, exponent, on_progress=None):
    """Divide the residents among the services that compete for them (Huff).

    P_ij = (C_j / t_ij^b) / Σ_k (C_k / t_ik^b) over the services k within the limit of origin i;
    t in minutes, at least 1. Residents that reach no service are nobody's.

    Args:
        x, y: float64 (o,), metres, of the origins; population: float64 (o,).
        homes: object (o,), comune of each origin, None where it isn't known.
        supply: ``core.accessibility.Supply`` of one category; without capacity all weigh the same.
        street: ``core.accessibility.Street``, None for straight lines × detour.
        options: ``core.accessibility.Options`` in minutes; its thresholds aren't used.
        limits: minutes, each included.
        exponent: b.

    Returns:
        {minutes: Catchment}; None when stopped.

    Source: Huff 1964; CRITERI_VALENZA GEN-R05 (the formula), GEN-R11 and GEN-R22 (the limits).
    """
    options.thresholds = tuple(sorted(limits))
    pairs = reach(x, y, supply, street, options, on_progress)
    if pairs is None:
        return None
    service, origin, cost, attached = pairs
    names = sorted({home for home in homes if home is not None})
    number = {name: column for column, name in enumerate(names)}
    home = np.array([number.get(one, len(names)) for one in homes], dtype=np.int64)
    capacity = np.ones(len(supply.ids)) if supply.capacity is None else supply.capacity
    pull = np.nan_to_num(capacity, nan=0.0)[service] * np.maximum(cost, 1.0) ** -exponent
    people = np.nan_to_num(np.asarray(population, dtype=np.float64), nan=0.0)
    width = len(names) + 1
    found = {}
    for limit in options.thresholds:
        near = cost <= limit + SLACK
        total = np.bincount(origin[near], weights=pull[near], minlength=people.size)
        with np.errstate(invalid="ignore", divide="ignore"):
            chosen = np.where(total[origin[near]] > 0, pull[near] / total[origin[near]], 0.0)
        users = people[origin[near]] * chosen
        key = service[near] * width + home[origin[near]]
        table = np.bincount(key, weights=users, minlength=len(supply.ids) * width)
        table = table.reshape(-1, width)
        found[limit] = Catchment(limit, table.sum(axis=1), table[:, :-1], names, attached)
    return found
