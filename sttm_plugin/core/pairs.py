"""Records that may be the same thing: those near each other, those that agree on a key."""

from __future__ import annotations

import struct

import numpy as np

from .context import meeting

# One byte for the order, four for the kind, two coordinates.
_POINT_BYTES = 21


def near_pairs(left, right, distance):
    """Return (position in left, in right, metres) of the shapes at most ``distance`` apart.

    Args:
        left, right: GeoSeries in one CRS, metres; missing and empty shapes are near nothing.
        distance: metres, included.
    """
    at_left = point_places(left)
    at_right = at_left if right is left else point_places(right)
    points_left, points_right = ~np.isnan(at_left[:, 0]), ~np.isnan(at_right[:, 0])
    parts = [_near_points(at_left, points_left, at_right, points_right, distance)]
    areas_left, areas_right = ~points_left, ~points_right
    if areas_left.any():
        parts.append(_near_shapes(left, np.flatnonzero(areas_left), right, None, distance))
    if areas_right.any() and points_left.any():
        parts.append(
            _near_shapes(
                left, np.flatnonzero(points_left), right, np.flatnonzero(areas_right), distance
            )
        )
    a, b, metres = (np.concatenate(part) for part in zip(*parts))
    order = np.lexsort((b, a))
    return a[order], b[order], metres[order]


def point_places(shapes):
    """Return x and y of the points of a GeoSeries, float64 (n, 2); NaN for anything else."""
    # From the bytes, in one pass: reading x and y one by one takes ten times as long in Shapely 1.
    found = np.full((len(shapes), 2), np.nan)
    for place, blob in enumerate(shapes.to_wkb()):
        if blob is not None and len(blob) == _POINT_BYTES:
            order = "<" if blob[0] else ">"
            kind, east, north = struct.unpack(f"{order}xIdd", blob)
            if kind == 1:
                found[place] = east, north
    return found


def _near_shapes(left, rows, right, columns, distance):
    """Return the near pairs of some shapes of ``left`` and of ``right`` (None: all)."""
    one = left.iloc[rows]
    two = right if columns is None else right.iloc[columns]
    a, b = meeting(one.buffer(distance + 0.01), two)
    metres = one.iloc[a].reset_index(drop=True).distance(two.iloc[b].reset_index(drop=True))
    metres = metres.to_numpy(dtype=float)
    near = metres <= distance + 1e-6
    return rows[a[near]], (b if columns is None else columns[b])[near], metres[near]


def _near_points(left, in_left, right, in_right, distance):
    """Return the near pairs of points, found cell by cell of a grid as wide as the distance."""
    rows, columns = np.flatnonzero(in_left), np.flatnonzero(in_right)
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    if rows.size and columns.size:
        one, two = left[rows], right[columns]
        lowest = np.minimum(one.min(axis=0), two.min(axis=0))
        side = max(distance, 1.0) + 1e-3
        cell_one = np.floor((one - lowest) / side).astype(np.int64) + 1
        cell_two = np.floor((two - lowest) / side).astype(np.int64) + 1
        width = int(max(cell_one[:, 1].max(), cell_two[:, 1].max())) + 2
        keys = cell_two[:, 0] * width + cell_two[:, 1]
        for east in (-1, 0, 1):
            for north in (-1, 0, 1):
                here = (cell_one[:, 0] + east) * width + cell_one[:, 1] + north
                a, b = same_keys(here, keys)
                metres = np.hypot(one[a, 0] - two[b, 0], one[a, 1] - two[b, 1])
                near = metres <= distance + 1e-6
                found.append((rows[a[near]], columns[b[near]], metres[near]))
    return tuple(np.concatenate(part) for part in zip(*found))


def same_keys(left, right):
    """Return (position in left, in right) of equal keys, int64 each, in the order of left.

    Args:
        left, right: int64 keys; repeated ones meet every equal one.
    """
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    first = np.searchsorted(ordered, left, side="left")
    count = np.searchsorted(ordered, left, side="right") - first
    a = np.repeat(np.arange(len(left), dtype=np.int64), count)
    before = np.cumsum(count) - count
    b = order[np.arange(len(a), dtype=np.int64) - before[a] + first[a]] if len(a) else a
    return a, b


def pairs_within(shapes, distance):
    """Return (i, j, metres), i < j, of the shapes of one series at most ``distance`` apart."""
    a, b, metres = near_pairs(shapes, shapes, distance)
    once = a < b
    return a[once], b[once], metres[once]


def nearest_pairs(shapes, distance):
    """Return (i, j, metres), i < j, that join each shape to the nearest other, if it is in reach.

    Args: as in ``pairs_within``. Of several as near, the first. Pairs that are each other's
    nearest come once.
    """
    count = len(shapes)
    best = np.full(count, np.inf)
    other = np.full(count, -1, dtype=np.int64)
    left = np.arange(count)
    # Wider and wider: where shapes are dense, few of the pairs in reach are looked at.
    reach = distance / 64
    while left.size and count > 1:
        reach = min(reach, distance)
        a, b, metres = near_pairs(shapes.iloc[left], shapes, reach)
        a = left[a]
        apart = a != b
        a, b, metres = a[apart], b[apart], metres[apart]
        order = np.lexsort((b, metres, a))
        a, first = np.unique(a[order], return_index=True)
        best[a], other[a] = metres[order][first], b[order][first]
        if reach >= distance:
            break
        left = np.flatnonzero(other < 0)
        reach *= 2
    found = np.flatnonzero(other >= 0)
    low, high = np.minimum(found, other[found]), np.maximum(found, other[found])
    _, once = np.unique(low * count + high, return_index=True)
    return low[once], high[once], best[found][once]


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
