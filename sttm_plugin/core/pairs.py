"""Records that may be the same thing: how alike their names are, how near they lie."""

from __future__ import annotations

import difflib
import functools

import numpy as np

from .context import meeting
from .text import normalise


@functools.lru_cache(maxsize=65536)
def _words(name) -> str:
    return " ".join(sorted(normalise(name).split()))


@functools.lru_cache(maxsize=65536)
def name_similarity(one, other) -> float:
    """Return how alike two names are, 0-1: order of words, case, accents and points don't count.

    The Ratcliff-Obershelp ratio of the normalised words in alphabetical order; 0 where a name is
    missing.
    """
    if not one or not other:
        return 0.0
    one, other = _words(one), _words(other)
    if one == other:
        return 1.0 if one else 0.0
    # The ratio is not symmetric: the order of the two must not matter.
    low, high = sorted((one, other))
    return difflib.SequenceMatcher(None, low, high, autojunk=False).ratio()


def near_pairs(left, right, distance):
    """Return (position in left, in right, metres) of the shapes at most ``distance`` apart.

    Args:
        left, right: GeoSeries in one CRS, metres; missing and empty shapes are near nothing.
        distance: metres, included.
    """
    wide = left.buffer(distance + 0.01)
    a, b = meeting(wide, right)
    metres = left.iloc[a].reset_index(drop=True).distance(right.iloc[b].reset_index(drop=True))
    metres = metres.to_numpy(dtype=float)
    near = metres <= distance + 1e-6
    return a[near], b[near], metres[near]


def pairs_within(shapes, distance):
    """Return (i, j, metres), i < j, of the shapes of one series at most ``distance`` apart."""
    a, b, metres = near_pairs(shapes, shapes, distance)
    once = a < b
    return a[once], b[once], metres[once]


def groups_of(count, pairs):
    """Return lists of positions that pairs join, transitively; only groups of two or more."""
    from .network import components

    a = np.array([one for one, _ in pairs], dtype=np.int64)
    b = np.array([other for _, other in pairs], dtype=np.int64)
    label = components(count, a, b) if a.size else np.arange(count)
    found: dict = {}
    for position, root in enumerate(label.tolist()):
        found.setdefault(root, []).append(position)
    return [members for members in found.values() if len(members) > 1]
