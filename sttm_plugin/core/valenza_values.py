"""The values the rules of the valenza read: texts and finite floats, from whatever is given."""

from __future__ import annotations

import functools
import json
import math

import numpy as np

from .text import normalise

# Said not to be known: as good as missing.
_UNKNOWN = frozenset(("", "nn", "nd", "non noto", "non nota", "non disponibile"))


def stored_attributes(column):
    """Return {attribute: (values, natures)} of ``attributi``, object (n,) each, None where none."""
    stored: dict = {}
    memo: dict = {}
    for row, text in enumerate(column):
        if text is None:
            continue
        if text not in memo:
            memo[text] = _entries(text)
        for name, (value, nature) in memo[text].items():
            if name not in stored:
                stored[name] = np.full((2, len(column)), None, dtype=object)
            stored[name][0, row], stored[name][1, row] = value, nature
    return stored


def _entries(text):
    """Return {attribute: (value, nature)} of one ``attributi``; what can't be read is left out."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found = {}
    for name, entry in content.items() if isinstance(content, dict) else ():
        nature = "dichiarato"
        if isinstance(entry, dict):
            nature = _plain(str(entry.get("natura") or "rilevato"))
            entry = entry.get("valore")
        value = _known(entry)
        if value is not None:
            found[name] = (value, nature)
    return found


def each_value(values, function):
    """Return what a function gives of each value, object (n,)."""
    found = np.full(len(values), None, dtype=object)
    for position, value in enumerate(values):
        if value is not None:
            found[position] = function(value)
    return found


def known_values(values):
    """Return each value as the rules read it, object (n,), None where there is none."""
    return each_value(np.asarray(values, dtype=object), _known)


def _known(value):
    """Return a value the rules can read, a text or a float; None where there is none.

    A yes or no becomes "si" or "no": it is no number. A list, an infinity, "non noto" are none.
    """
    if isinstance(value, str):
        return None if _plain(value) in _UNKNOWN else value
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool):
        return "si" if value else "no"
    return finite_number(value) if isinstance(value, (int, float)) else None


_plain = functools.lru_cache(maxsize=4096)(normalise)


def finite_number(value):
    """Return a value as a finite float, None where it isn't one."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
