"""Profile of a LUM: context, urbanity, level of service, readiness, reading (LUM.md §3-§5, §7)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import SttmError

URBANO, SUBURBANO, PERIURBANO = "urbano", "suburbano", "periurbano"
PREVISTO = "previsto"


def missing(value) -> bool:
    """Tell whether a measure is missing: None or NaN."""
    return value is None or math.isnan(value)


def context_of(a, d, lum):
    """Return the context of a LUM and whether it is near the threshold that decides it.

    Args:
        a: built-up share 0-1 (urban green left out above and below the line).
        d: residents per hectare.
        lum: the ``lum`` of a criteria pack.

    Returns:
        (``urbano``, ``suburbano``, ``periurbano``, or None where a measure that decides is
        missing; True where a or d is less than the pack's margin from its threshold).

    Source: LUM.md §3; 15 ab/ha is Eurostat's degree of urbanisation (``letteratura``), the
    rest ``proposta``.
    """
    urban, rural = lum["contesto"]["urbano"], lum["contesto"]["periurbano"]
    margin = lum["contesto"]["margine_limite"]["valore"]
    known_a, known_d = not missing(a), not missing(d)
    if (known_a and a <= rural["a_massimo"]) or (known_d and d < rural["d_massimo_ab_ha"]):
        context = PERIURBANO
    elif not known_a or not known_d:
        return None, False
    elif a >= urban["a_minimo"] and d >= urban["d_minimo_ab_ha"]:
        context = URBANO
    else:
        context = SUBURBANO
    near = any(
        known and abs(value - threshold) < margin * threshold
        for known, value, threshold in _deciding(context, a, d, known_a, known_d, urban, rural)
    )
    return context, near


def _deciding(context, a, d, known_a, known_d, urban, rural):
    """Return (known, value, threshold) of the measures that decide a context."""
    to_urban = [(known_a, a, urban["a_minimo"]), (known_d, d, urban["d_minimo_ab_ha"])]
    to_rural = [(known_a, a, rural["a_massimo"]), (known_d, d, rural["d_massimo_ab_ha"])]
    if context == URBANO:
        return to_urban
    if context == PERIURBANO:
        return to_rural
    return to_urban + to_rural


def urbanity(a, d, n, lum):
    """Return IU, 0-100, None where a measure is missing.

    IU = 100 × [w_a min(a/0.70; 1) + w_d min(d/60; 1) + w_n (1 − min(n/0.50; 1))].

    Args:
        a: built-up share 0-1; d: residents per hectare; n: farmed and natural share 0-1.

    Source: LUM.md §3, ``proposta``.
    """
    if missing(a) or missing(d) or missing(n):
        return None
    weight, top = lum["iu"]["pesi"], lum["iu"]["riferimenti"]
    return 100 * (
        weight["a"] * min(a / top["a"], 1)
        + weight["d"] * min(d / top["d"], 1)
        + weight["n"] * (1 - min(n / top["n"], 1))
    )


@dataclass(frozen=True)
class Index:
    """An index from weighted components.

    Attributes:
        value: 0-100, None where no component is known.
        coverage: 0-1, weight of the components that are known; the others' is shared out.
        components: {name: 0-1, or None where it is missing}.
    """

    value: float | None
    coverage: float
    components: dict


def _weighted(components, weights):
    known = {name: value for name, value in components.items() if not missing(value)}
    total = sum(weights[name] for name in known)
    if not total:
        return Index(None, 0.0, components)
    value = 100 * sum(weights[name] * value for name, value in known.items()) / total
    return Index(value, total / sum(weights[name] for name in components), components)


def service_level(rank, categories_pa, modes, pedestrian_ratio, lum) -> Index:
    """Return ILS.

    Args:
        rank: ``metropolitano``, ``sovracomunale``.
        categories_pa: categories of letter P or A that are there as existing services.
        modes: how many of the pack's five modes the node has.
        pedestrian_ratio: area reached on foot within r metres of network / area of the circle.
        lum: the ``lum`` of a criteria pack; a measure that is None is left out.

    Raises:
        SttmError: the pack has no reference for this rank.

    Source: LUM.md §4, ``proposta``; 0.60 from pedestrian sheds (``letteratura``).
    """
    rules = lum["ils"]
    reference = _of_rank(rules["categorie_riferimento"], rank)
    return _weighted(
        {
            "D": None if missing(categories_pa) else min(categories_pa / reference, 1.0),
            "T": None if missing(modes) else min(modes / rules["modi_riferimento"], 1.0),
            "Q": None
            if missing(pedestrian_ratio)
            else min(pedestrian_ratio / rules["permeabilita_riferimento"], 1.0),
        },
        rules["pesi"],
    )


def readiness(
    rank, opportunity_area, lum_area, constrained_share, tpl_population, missing_p, all_p, lum
) -> Index:
    """Return IDA.

    Args:
        rank: ``metropolitano``, ``sovracomunale``.
        opportunity_area, lum_area: in the same unit.
        constrained_share: share of the LUM under constraints that forbid building, 0-1.
        tpl_population: people within 30 minutes of public transport.
        missing_p, all_p: categories of letter P that are absent, and all of them.
        lum: the ``lum`` of a criteria pack; a measure that is None is left out.

    Raises:
        SttmError: the pack has no reference for this rank.

    Source: LUM.md §5, ``proposta``.
    """
    rules = lum["ida"]
    people = _of_rank(rules["popolazione_tpl_riferimento"], rank)
    share = None
    if not missing(opportunity_area) and not missing(lum_area) and lum_area > 0:
        share = min(opportunity_area / (rules["quota_opportunita"] * lum_area), 1.0)
    gap = None
    if not missing(missing_p) and not missing(all_p) and all_p > 0:
        gap = missing_p / all_p
    return _weighted(
        {
            "O": share,
            # The weight is that of V; the component that adds to the index is 1 − V.
            "V": None if missing(constrained_share) else 1.0 - constrained_share,
            "A": None if missing(tpl_population) else min(tpl_population / people, 1.0),
            "M": gap,
        },
        rules["pesi"],
    )


def reading_of(rank, state, ils, ida, lum):
    """Return how ILS and IDA read together, None where either is missing.

    Source: LUM.md §5 and, for a LUM that isn't there yet, §7; ``proposta``.
    """
    if missing(ils) or missing(ida):
        return None
    served = "alto" if ils >= _of_rank(lum["ils"]["soglie"], rank) else "basso"
    ready = "alto" if ida >= lum["ida"]["soglia"] else "basso"
    text = lum["lettura"][f"ils_{served}_ida_{ready}"]
    # Where the level of service relies on the work that is planned, the reading says so.
    if state == PREVISTO and served == "alto":
        text += lum["lettura"]["previsto"]
    return text


def case_of(rank, state, context) -> int:
    """Return which of the four example cases a LUM is like, 0 for none.

    1 metropolitano esistente urbano, 2 metropolitano esistente periurbano, 3 metropolitano
    previsto urbano, 4 sovracomunale previsto periurbano; suburbano counts as periurbano.

    Source: LUM.md §7 (the four cases) and §3 (two contexts only), ``proposta``.
    """
    context = PERIURBANO if context == SUBURBANO else context
    cases = {
        ("metropolitano", "esistente", URBANO): 1,
        ("metropolitano", "esistente", PERIURBANO): 2,
        ("metropolitano", PREVISTO, URBANO): 3,
        ("sovracomunale", PREVISTO, PERIURBANO): 4,
    }
    return cases.get((rank, state, context), 0)


def _of_rank(table, rank):
    if rank not in table:
        raise SttmError(
            f"Il pacchetto dei criteri non ha valori di riferimento per il rango «{rank}»: sono "
            f"previsti {', '.join(sorted(table))}. Correggere il rango o il file lum.json."
        )
    return table[rank]
