"""OpenStreetMap tags → categories, by the taxonomy's own conditions (``tag_osm``)."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from .text import normalise
from .values import parse_number

_CONDITION = re.compile(r"^([a-z:_]+)\s*(<=|>=|=|~|>|<)\s*(.+)$", re.IGNORECASE)
# What every object has: no sign that a table comes from OpenStreetMap.
_COMMON = {"name", "operator", "access", "age", "building"}


class Condition(NamedTuple):
    """One tag to be tested."""

    key: str
    operator: str
    value: str


@functools.lru_cache(maxsize=8)
def _alternatives(written: tuple) -> tuple:
    """Return ((code, (Condition, …)), …); those that ask for a person's eye are left out."""
    found = []
    for code, alternatives in written:
        for alternative in alternatives:
            # Text in brackets is a limit to be applied by hand (DATO_RESTITUZIONE §9).
            if "(" in alternative:
                continue
            parts = [_CONDITION.match(part.strip()) for part in alternative.split(" + ")]
            if all(parts):
                found.append((code, tuple(Condition(*part.groups()) for part in parts)))
    return tuple(found)


def _of_pack(pack) -> tuple:
    return _alternatives(
        tuple((code, tuple(one.tag_osm)) for code, one in pack.categorie.items() if one.tag_osm)
    )


def tag_keys(pack) -> frozenset:
    """Return the keys that say what an object is: a table with one of them speaks OSM."""
    keys = {condition.key for _, conditions in _of_pack(pack) for condition in conditions}
    return frozenset(keys - _COMMON)


def category_of_tags(tags: dict, pack) -> tuple[str | None, str]:
    """Return (code, the condition met) of an object's tags.

    The alternative with most conditions wins; two categories with as many give None.

    Args:
        tags: {key: text}, without empty ones.

    Source: DATO_RESTITUZIONE §9, Etichette OSM.
    """
    best: dict = {}
    most = 0
    for code, conditions in _of_pack(pack):
        if len(conditions) < most or not all(_met(tags, one) for one in conditions):
            continue
        if len(conditions) > most:
            most, best = len(conditions), {}
        said = " + ".join(f"{one.key}{one.operator}{one.value}" for one in conditions)
        best.setdefault(code, said)
    if len(best) != 1:
        return None, ""
    return next(iter(best.items()))


def _met(tags: dict, condition: Condition) -> bool:
    written = tags.get(condition.key)
    if not written:
        return False
    if condition.operator == "=":
        return condition.value == "*" or written.strip().lower() == condition.value.lower()
    if condition.operator == "~":
        return normalise(condition.value) in normalise(written)
    number, limit = parse_number(written, "."), parse_number(condition.value, ".")
    if number is None or limit is None:
        return False
    return {
        ">": number.value > limit.value,
        ">=": number.value >= limit.value,
        "<": number.value < limit.value,
        "<=": number.value <= limit.value,
    }[condition.operator]
