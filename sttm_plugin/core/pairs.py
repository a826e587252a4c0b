"""Records that may be the same thing: those near each other, those that agree on a key."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from .progress import ask, asking

# One byte for the order, four for the kind, two coordinates.
_POINT_BYTES = 21
_SHAPES_AT_ONCE = 10_000


class Boxed(NamedTuple):
    """Shapes with the box of each.

    Attributes:
        shapes: object (n,). boxes: float64 (n, 4), west, south, east and north; NaN where there
        is nothing.
    """

    shapes: np.ndarray
    boxes: np.ndarray

    def take(self, rows):
        """Return some of them, in the order asked."""
        return Boxed(self.shapes[rows], self.boxes[rows])


def boxed(shapes) -> Boxed:
    """Return a GeoSeries with the box of each shape."""
    found = np.full((len(shapes), 4), np.nan)
    xy = point_places(shapes)
    found[:, :2], found[:, 2:] = xy, xy
    for row in asking(np.flatnonzero(np.isnan(xy[:, 0])).tolist()):
        shape = shapes.iat[row]
        if shape is not None and not shape.is_empty:
            found[row] = shape.bounds
    return Boxed(shapes.to_numpy(), found)


def near_pairs(left, right, distance, kinds=None):
    """Return (position in left, in right, metres) of the shapes at most ``distance`` apart.

    Args:
        left, right: GeoSeries or ``Boxed`` in one CRS, metres; missing and empty shapes are near
            nothing.
        distance: metres, included.
        kinds: (int (n,), int (m,)), what each is: only shapes of one kind are paired.
    """
    one = left if isinstance(left, Boxed) else boxed(left)
    two = one if right is left else right if isinstance(right, Boxed) else boxed(right)
    a, b = _near_boxes(one.boxes, two.boxes, distance, kinds)
    x = one.boxes[a, 0] - two.boxes[b, 0]
    y = one.boxes[a, 1] - two.boxes[b, 1]
    metres = np.hypot(x, y)
    flat_one, flat_two = (
        (side.boxes[:, :2] == side.boxes[:, 2:]).all(axis=1) for side in (one, two)
    )
    wide = np.flatnonzero(~(flat_one[a] & flat_two[b]))
    metres[wide] = apart(one.shapes[a[wide]], two.shapes[b[wide]])
    near = metres <= distance + 1e-6
    a, b, metres = a[near], b[near], metres[near]
    order = np.lexsort((b, a))
    return a[order], b[order], metres[order]


def apart(left, right):
    """Return the metres between two arrays of shapes, one by one, float64 (n,)."""
    import shapely

    if hasattr(shapely, "distance"):  # Shapely 2
        return shapely.distance(left, right)
    return np.array([one.distance(two) for one, two in asking(zip(left, right))], dtype=np.float64)


def point_places(shapes):
    """Return x and y of the points of a GeoSeries, float64 (n, 2); NaN for anything else."""
    # From the bytes, in one pass: reading x and y one by one takes ten times as long in Shapely 1.
    found = np.full((len(shapes), 2), np.nan)
    for first in range(0, len(shapes), _SHAPES_AT_ONCE):
        ask()
        blobs = shapes.iloc[first : first + _SHAPES_AT_ONCE].to_wkb()
        for place, blob in enumerate(blobs, first):
            if blob is not None and len(blob) == _POINT_BYTES:
                order = "<" if blob[0] else ">"
                kind, east, north = struct.unpack(f"{order}xIdd", blob)
                if kind == 1:
                    found[place] = east, north
    return found


def _near_boxes(left, right, distance, kinds):
    """Return (position in left, in right) of the boxes at most ``distance`` apart."""
    sides = []
    for boxes, kind in zip((left, right), kinds or (None, None)):
        rows = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        boxes = boxes[rows]
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        radius = np.hypot(*(boxes[:, 2:] - boxes[:, :2]).T) / 2
        # Sizes by powers of four: a park must not widen the search around every kiosk.
        size = np.ceil(np.log(np.maximum(radius, 1.0)) / np.log(4.0)).astype(np.int64)
        size[radius == 0] = -1
        kind = np.zeros(rows.size, dtype=np.int64) if kind is None else np.asarray(kind)[rows]
        parts = [np.flatnonzero(size == one) for one in np.unique(size)]
        sides.append(
            [(rows[at], boxes[at], centre[at], radius[at].max(), kind[at]) for at in parts]
        )
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for rows, boxes, centre, radius, kind in sides[0]:
        for columns, others, middle, more, what in sides[1]:
            for a, b in asking(
                _near_centres(centre, middle, distance + radius + more, kind, what), 1
            ):
                gap = np.maximum(boxes[a, :2] - others[b, 2:], others[b, :2] - boxes[a, 2:])
                gap = np.maximum(gap, 0.0)
                near = np.hypot(gap[:, 0], gap[:, 1]) <= distance + 1e-6
                found.append((rows[a[near]], columns[b[near]]))
    return tuple(np.concatenate(part) for part in zip(*found))


def _near_centres(one, two, reach, kind_one, kind_two):
    """Yield the pairs of places that lie in the same or in touching cells as wide as the reach."""
    lowest = np.minimum(one.min(axis=0), two.min(axis=0))
    side = max(reach, 1.0) + 1e-3
    cell_one = np.floor((one - lowest) / side).astype(np.int64) + 1
    cell_two = np.floor((two - lowest) / side).astype(np.int64) + 1
    wide, high = np.maximum(cell_one.max(axis=0), cell_two.max(axis=0)) + 2
    keys = (kind_two * wide + cell_two[:, 0]) * high + cell_two[:, 1]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    for east in (-1, 0, 1):
        here = (kind_one * wide + cell_one[:, 0] + east) * high + cell_one[:, 1]
        # The three cells of a column have keys that follow one another.
        first = np.searchsorted(keys, here - 1, side="left")
        count = np.searchsorted(keys, here + 1, side="right") - first
        yield _met(first, count, order)


def _met(first, count, order):
    """Return (a, b): each place a meets ``count`` places of an order, from its ``first`` on."""
    a = np.repeat(np.arange(len(first), dtype=np.int64), count)
    before = np.cumsum(count) - count
    b = order[np.arange(len(a), dtype=np.int64) - before[a] + first[a]] if len(a) else a
    return a, b


def same_keys(left, right):
    """Return (position in left, in right) of equal keys, int64 each, in the order of left.

    Args:
        left, right: int64 keys; repeated ones meet every equal one.
    """
    order = np.argsort(right, kind="stable")
    ordered = right[order]
    first = np.searchsorted(ordered, left, side="left")
    return _met(first, np.searchsorted(ordered, left, side="right") - first, order)


def pairs_within(shapes, distance, kind=None):
    """Return (i, j, metres), i < j, of the shapes of one series at most ``distance`` apart.

    Args: as in ``near_pairs``; ``kind`` int (n,), what each is.
    """
    a, b, metres = near_pairs(shapes, shapes, distance, None if kind is None else (kind, kind))
    once = a < b
    return a[once], b[once], metres[once]


def nearest(shapes, distance, kind=None):
    """Return (metres, position) of the nearest other of each shape, inf and −1 beyond the distance.

    Args: as in ``pairs_within``. Of several as near, the first.
    """
    every = shapes if isinstance(shapes, Boxed) else boxed(shapes)
    count = len(every.shapes)
    kind = np.zeros(count, dtype=np.int64) if kind is None else np.asarray(kind)
    best = np.full(count, np.inf)
    other = np.full(count, -1, dtype=np.int64)
    left = np.arange(count)
    # Wider and wider: where shapes are dense, few of the pairs in reach are looked at.
    reach = distance / 64
    while left.size and count > 1:
        ask()
        reach = min(reach, distance)
        a, b, metres = near_pairs(every.take(left), every, reach, (kind[left], kind))
        a = left[a]
        others = a != b
        a, b, metres = a[others], b[others], metres[others]
        order = np.lexsort((b, metres, a))
        a, first = np.unique(a[order], return_index=True)
        best[a], other[a] = metres[order][first], b[order][first]
        if reach >= distance:
            break
        left = np.flatnonzero(other < 0)
        reach *= 2
    return best, other


def nearest_pairs(shapes, distance, kind=None):
    """Return (i, j, metres), i < j, that join each shape to the nearest other, if it is in reach.

    Args: as in ``nearest``. Pairs that are each other's nearest come once.
    """
    best, other = nearest(shapes, distance, kind)
    found = np.flatnonzero(other >= 0)
    low, high = np.minimum(found, other[found]), np.maximum(found, other[found])
    _, once = np.unique(low * len(other) + high, return_index=True)
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
