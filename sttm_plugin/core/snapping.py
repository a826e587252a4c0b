"""Places attached to a network: points to the nearest edge, areas where edges meet them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .network import SAME_PLACE, SLACK
from .wkb import Area

_PAIRS_AT_ONCE = 2_000_000
_FAR_POINTS_AT_ONCE = 2_000_000


class SegmentIndex:
    """A grid over the segments of a network, for the nearest one and for those in a box.

    Attributes:
        vertex: int64 (s,), first vertex of each segment; edge: int64 (s,), its edge.
    """

    def __init__(self, network):
        self.network = network
        number = network.last - network.first
        self.edge = np.repeat(np.arange(network.size), number)
        step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        self.vertex = network.first[self.edge] + step
        self._origin = np.array([network.x.min(), network.y.min()])
        self.ax = network.x[self.vertex] - self._origin[0]
        self.ay = network.y[self.vertex] - self._origin[1]
        self.dx = network.x[self.vertex + 1] - network.x[self.vertex]
        self.dy = network.y[self.vertex + 1] - network.y[self.vertex]
        self.square = self.dx**2 + self.dy**2
        # Of segments equally near, that of the lowest feature id, then the first along it.
        feature_id = network.feature_id[network.feature[self.edge]]
        order = np.lexsort((self.vertex, feature_id))
        self.rank = np.empty(order.size, dtype=np.int64)
        self.rank[order] = np.arange(order.size)
        self._by_rank = order
        width = float(network.x.max() - network.x.min())
        height = float(network.y.max() - network.y.min())
        long = float(np.sqrt(self.square).sum())
        fine = max(np.sqrt(width * height / max(order.size, 1)), long / order.size, 1e-3)
        self._fine = _Grid(self, 1.5 * fine)
        self._coarse = None

    def nearest(self, x, y, on_progress=None):
        """Return distance and segment of the nearest edge to each point.

        Args:
            x, y: float64 (n,), metres; NaN gets (NaN, -1).

        Returns:
            (float64 (n,), int64 (n,)); None when ``on_progress`` says stop.
        """
        x = np.asarray(x, dtype=np.float64) - self._origin[0]
        y = np.asarray(y, dtype=np.float64) - self._origin[1]
        distance = np.full(x.size, np.nan)
        segment = np.full(x.size, -1, dtype=np.int64)
        left = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        total = max(left.size, 1)
        if self._coarse is None and left.size:
            self._coarse = _Grid(self, 8 * self._fine.cell)
        for grid, around in ((self._fine, True), (self._coarse, True), (self._coarse, False)):
            left = left[np.lexsort((x[left], np.floor(y[left] / grid.cell)))] if left.size else left
            done = []
            at = 0
            while at < left.size:
                if on_progress is not None and not on_progress(1 - (left.size - at) / total):
                    return None
                if around:
                    here = left[at : at + 50_000]
                    point, candidate = grid.around(x[here], y[here])
                else:
                    here = left[at : at + max(1, _FAR_POINTS_AT_ONCE // grid.cells.size)]
                    point, candidate = grid.within_reach(x[here], y[here])
                at += here.size
                near, found = self._best(x[here], y[here], point, candidate, on_progress)
                # Beyond one cell the neighbouring cells may miss a nearer segment.
                sure = near + SLACK <= grid.cell if around else np.isfinite(near)
                distance[here[sure]] = near[sure]
                segment[here[sure]] = found[sure]
                done.append(sure)
            if done:
                left = left[~np.concatenate(done)]
        return distance, segment

    def _best(self, x, y, point, candidate, on_progress):
        best = np.full(x.size, np.inf)
        rank = np.full(x.size, -1, dtype=np.int64)
        if not point.size:
            return best, rank
        # ``point`` is sorted: cut the pairs where a point begins.
        begins = np.flatnonzero(np.append(True, point[1:] != point[:-1]))
        ends = np.append(begins[1:], point.size)
        group = 0
        while group < begins.size:
            stop = begins[group] + _PAIRS_AT_ONCE
            until = max(int(np.searchsorted(ends, stop, side="right")), group + 1)
            part = slice(begins[group], ends[until - 1])
            who, which = point[part], candidate[part]
            away, _ = self.project(which, x[who], y[who], local=True)
            heads = begins[group:until] - begins[group]
            least = np.minimum.reduceat(away, heads)
            sizes = ends[group:until] - begins[group:until]
            tied = away <= np.repeat(least, sizes) + SLACK
            ranks = np.where(tied, self.rank[which], self.rank.size)
            best[who[heads]] = least
            rank[who[heads]] = np.minimum.reduceat(ranks, heads)
            group = until
            if on_progress is not None and group < begins.size and not on_progress(0.0):
                break
        found = np.where(rank >= 0, self._by_rank[rank], -1)
        seen = np.flatnonzero(found >= 0)
        best[seen] = self.project(found[seen], x[seen], y[seen], local=True)[0]
        return best, found

    def project(self, segment, x, y, local=False):
        """Return distance to segments and metres along them of the nearest point, pair by pair."""
        if not local:
            x, y = x - self._origin[0], y - self._origin[1]
        px, py = x - self.ax[segment], y - self.ay[segment]
        dx, dy, square = self.dx[segment], self.dy[segment], self.square[segment]
        share = np.clip((px * dx + py * dy) / square, 0.0, 1.0)
        away = np.hypot(px - share * dx, py - share * dy)
        return away, share * np.sqrt(square)

    def offset(self, segment, along):
        """Return metres from the beginning of the edge, of places along segments."""
        network = self.network
        edge = self.edge[segment]
        offset = network.along[self.vertex[segment]] - network.along[network.first[edge]] + along
        offset = np.clip(offset, 0.0, network.length[edge])
        # A projection on a node is that node.
        offset[offset <= SAME_PLACE] = 0.0
        at_end = offset >= network.length[edge] - SAME_PLACE
        offset[at_end] = network.length[edge][at_end]
        return offset

    def in_box(self, low_x, low_y, high_x, high_y):
        """Return the segments whose box meets a box, in the order of rank."""
        low_x, high_x = low_x - self._origin[0], high_x - self._origin[0]
        low_y, high_y = low_y - self._origin[1], high_y - self._origin[1]
        found = self._fine.in_box(low_x, low_y, high_x, high_y)
        bx, by = self.ax[found] + self.dx[found], self.ay[found] + self.dy[found]
        meets = (
            (np.maximum(self.ax[found], bx) >= low_x)
            & (np.minimum(self.ax[found], bx) <= high_x)
            & (np.maximum(self.ay[found], by) >= low_y)
            & (np.minimum(self.ay[found], by) <= high_y)
        )
        found = found[meets]
        return found[np.argsort(self.rank[found])]

    def candidates(self, x, y, reach):
        """Return (point, segment) pairs, all those at most ``reach`` metres apart among them."""
        grid = self._fine if reach <= self._fine.cell else _Grid(self, reach)
        return grid.around(x - self._origin[0], y - self._origin[1])

    def meeting_pairs(self):
        """Return the pairs of segments (i, j), each once, whose cells of the grid meet."""
        grid = self._fine
        number = grid.number
        # Each member of a cell with those after it there.
        after = np.repeat(grid.begin + number, number) - np.arange(grid.segment.size) - 1
        first = np.repeat(np.arange(grid.segment.size), after)
        step = np.arange(first.size) - np.repeat(np.cumsum(after) - after, after)
        second = first + step + 1
        i, j = grid.segment[first], grid.segment[second]
        low, high = np.minimum(i, j), np.maximum(i, j)
        key = np.unique(low * self.vertex.size + high)
        return key // self.vertex.size, key % self.vertex.size


class _Grid:
    """Cells of a grid and the segments that pass through them."""

    def __init__(self, index, cell):
        self.cell = float(cell)
        length = np.sqrt(index.square)
        # Pieces no longer than a cell: the box of each meets four cells at most.
        number = np.maximum(np.ceil(length / self.cell).astype(np.int64), 1)
        segment = np.repeat(np.arange(number.size), number)
        step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
        share = 1.0 / number[segment]
        x = [index.ax[segment] + index.dx[segment] * share * (step + k) for k in (0, 1)]
        y = [index.ay[segment] + index.dy[segment] * share * (step + k) for k in (0, 1)]
        columns = [np.floor(v / self.cell).astype(np.int64) for v in x]
        lines = [np.floor(v / self.cell).astype(np.int64) for v in y]
        key = np.concatenate([_key(c, r) for c in columns for r in lines])
        segment = np.tile(segment, 4)
        order = np.lexsort((segment, key))
        key, segment = key[order], segment[order]
        once = np.append(True, (key[1:] != key[:-1]) | (segment[1:] != segment[:-1]))
        key, self.segment = key[once], segment[once]
        self.cells, self.begin, self.number = np.unique(key, return_index=True, return_counts=True)
        self.column = (self.cells >> 32) - _SHIFT
        self.line = (self.cells & 0xFFFFFFFF) - _SHIFT

    def around(self, x, y):
        """Return (point, segment) pairs of the nine cells around each point, by point."""
        column = np.floor(x / self.cell).astype(np.int64)
        line = np.floor(y / self.cell).astype(np.int64)
        wanted = np.stack(
            [_key(column + i, line + j) for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=1
        ).ravel()
        at = np.minimum(np.searchsorted(self.cells, wanted), self.cells.size - 1)
        hit = self.cells[at] == wanted
        point = np.repeat(np.arange(x.size), 9)[hit]
        return self._expand(point, at[hit])

    def within_reach(self, x, y):
        """Return (point, segment) pairs of the cells that may hold the nearest one, by point."""
        low_x, low_y = self.column * self.cell, self.line * self.cell
        off_x = np.maximum(np.maximum(low_x - x[:, None], x[:, None] - low_x - self.cell), 0.0)
        off_y = np.maximum(np.maximum(low_y - y[:, None], y[:, None] - low_y - self.cell), 0.0)
        nearest = np.hypot(off_x, off_y)
        # A piece is kept by every cell its box meets: it lies at most a diagonal and a length away.
        reach = nearest.min(axis=1) + 2.5 * self.cell + SLACK
        point, cell = np.nonzero(nearest <= reach[:, None])
        return self._expand(point, cell)

    def in_box(self, low_x, low_y, high_x, high_y):
        """Return the segments of the cells a box meets."""
        meets = (
            (self.column >= np.floor(low_x / self.cell))
            & (self.column <= np.floor(high_x / self.cell))
            & (self.line >= np.floor(low_y / self.cell))
            & (self.line <= np.floor(high_y / self.cell))
        )
        cell = np.flatnonzero(meets)
        _, segment = self._expand(cell, cell)
        return np.unique(segment)

    def _expand(self, point, cell):
        number = self.number[cell]
        before = np.cumsum(number) - number
        at = np.repeat(self.begin[cell] - before, number) + np.arange(number.sum())
        return np.repeat(point, number), self.segment[at]


_SHIFT = 1 << 30


def _key(column, line):
    # A point far outside the network has no cell of its own: it is looked for from afar.
    limit = _SHIFT - 2
    column = np.clip(column, -limit, limit)
    line = np.clip(line, -limit, limit)
    return ((column + _SHIFT) << 32) | (line + _SHIFT)


@dataclass
class Attached:
    """Where some places (services, stops) are entered from the network.

    Attributes:
        place: int64 (k,), which place each entrance belongs to.
        edge, offset: int64, float64 (k,), where the entrance is.
        connector: float64 (k,), metres walked off the network.
        inside_place, inside_edge, inside_from, inside_to: stretches of edges inside an area,
            metres along the edge; from there the area is at no distance.
        distance: float64 (n,), metres from each place to the network, NaN without geometry,
            infinite for an area with no street within the largest distance allowed.
        attached: bool (n,).
    """

    place: np.ndarray
    edge: np.ndarray
    offset: np.ndarray
    connector: np.ndarray
    inside_place: np.ndarray
    inside_edge: np.ndarray
    inside_from: np.ndarray
    inside_to: np.ndarray
    distance: np.ndarray
    attached: np.ndarray


@dataclass
class _Entrances:
    rows: list = field(default_factory=list)
    inside: list = field(default_factory=list)

    def add(self, place, edge, offset, connector):
        size = np.size(edge)
        self.rows.append(
            (np.full(size, place), np.ravel(edge), np.ravel(offset), np.full(size, connector))
        )

    def add_inside(self, place, edge, begin, end):
        self.inside.append((np.full(edge.size, place), edge, begin, end))


def attach_points(index, x, y, max_snap, on_progress=None):
    """Attach single points to the nearest point of the nearest edge.

    Args:
        x, y: float64 (n,), metres; NaN where there is no geometry.
        max_snap: metres, included (1e-6 slack).

    Returns:
        (edge, offset, distance, attached), each (n,); offset in metres along the edge,
        distance NaN without geometry and given beyond ``max_snap`` too. None when stopped.
    """
    found = index.nearest(x, y, on_progress)
    if found is None:
        return None
    distance, segment = found
    seen = np.flatnonzero(segment >= 0)
    edge = np.full(distance.size, -1, dtype=np.int64)
    offset = np.full(distance.size, np.nan)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    _, along = index.project(segment[seen], x[seen], y[seen])
    edge[seen] = index.edge[segment[seen]]
    offset[seen] = index.offset(segment[seen], along)
    attached = np.zeros(distance.size, dtype=bool)
    attached[seen] = distance[seen] <= max_snap + SLACK
    return edge, offset, distance, attached


def attach_places(index, shapes, max_snap, on_progress=None):
    """Attach points and areas to a network.

    An area is entered at every crossing of its boundary with an edge and from edges inside
    it, with no connector; where it touches none, at the nearest pair of points. Each point of
    a multi-point is an entrance.

    Args:
        shapes: ``core.wkb.Points``, ``Area`` or None, one for each place.
        max_snap: metres, included (1e-6 slack).

    Returns:
        Attached; None when stopped.
    """
    entrances = _Entrances()
    distance = np.full(len(shapes), np.nan)
    attached = np.zeros(len(shapes), dtype=bool)
    xy, owner = [], []
    for number, shape in enumerate(shapes):
        if shape is None or isinstance(shape, Area):
            continue
        xy.append(shape.xy)
        owner.append(np.full(len(shape.xy), number))
    if xy:
        xy, owner = np.concatenate(xy), np.concatenate(owner)
        found = attach_points(index, xy[:, 0], xy[:, 1], max_snap, on_progress)
        if found is None:
            return None
        edge, offset, away, near = found
        entrances.rows.append((owner[near], edge[near], offset[near], away[near]))
        distance = np.fmin(distance, _least(owner, away, len(shapes)))
        attached[owner[near]] = True

    areas = [number for number, shape in enumerate(shapes) if isinstance(shape, Area)]
    for done, number in enumerate(areas):
        if on_progress is not None and not on_progress(done / len(areas)):
            return None
        distance[number] = _enter_area(index, shapes[number], number, max_snap, entrances)
        attached[number] = distance[number] <= max_snap + SLACK
    place, edge, offset, connector = _stack(entrances.rows, 2)
    inside_place, inside_edge, inside_from, inside_to = _stack(entrances.inside, 2)
    return Attached(
        place,
        edge,
        offset,
        connector,
        inside_place,
        inside_edge,
        inside_from,
        inside_to,
        distance,
        attached,
    )


def _least(owner, values, size):
    least = np.full(size, np.nan)
    np.fmin.at(least, owner, values)
    return least


def _stack(rows, whole):
    """Join tuples of columns; the first ``whole`` are integers."""
    columns = []
    for number in range(4):
        kind = np.int64 if number < whole else np.float64
        parts = [np.asarray(row[number], dtype=kind) for row in rows]
        columns.append(np.concatenate(parts) if parts else np.zeros(0, dtype=kind))
    return columns


def _enter_area(index, area, number, max_snap, entrances):
    rings = Rings(area)
    low_x, low_y, high_x, high_y = rings.box
    slack = SLACK
    segment = index.in_box(low_x - slack, low_y - slack, high_x + slack, high_y + slack)
    stretches = _stretches_inside(index, segment, rings)
    if stretches is not None:
        edge, begin, end = stretches
        entrances.add(number, edge, begin, 0.0)
        longer = end > begin + SAME_PLACE
        entrances.add(number, edge[longer], end[longer], 0.0)
        entrances.add_inside(number, edge[longer], begin[longer], end[longer])
        return 0.0
    reach = max_snap + SLACK
    if not index.in_box(low_x - reach, low_y - reach, high_x + reach, high_y + reach).size:
        return np.inf
    distance, edge, offset = _nearest_pair(index, rings)
    if distance <= reach:
        entrances.add(number, edge, offset, distance)
    return distance


class Rings:
    """The boundary of an area as segments (a, b), with the polygon each belongs to."""

    def __init__(self, area):
        a, b, polygon = [], [], []
        for number, rings in enumerate(area.polygons):
            for ring in rings:
                a.append(ring[:-1])
                b.append(ring[1:])
                polygon.append(np.full(len(ring) - 1, number))
        self.a, self.b = np.concatenate(a), np.concatenate(b)
        self.polygon = np.concatenate(polygon)
        real = (self.a != self.b).any(axis=1)
        if real.any():
            self.a, self.b, self.polygon = self.a[real], self.b[real], self.polygon[real]
        self._chunks = None

    @property
    def box(self):
        """Return low x, low y, high x, high y."""
        return (*self.a.min(axis=0), *self.a.max(axis=0))

    @property
    def chunks(self):
        """Return (slice, low x, low y, high x, high y, polygon) of runs of boundary segments.

        Segments that follow each other lie close: a run's box leaves out nearly everything.
        """
        if self._chunks is None:
            self._chunks = []
            for number in np.unique(self.polygon).tolist():
                first, last = np.searchsorted(self.polygon, (number, number + 1))
                for begin in range(first, last, _RUN):
                    run = slice(begin, min(begin + _RUN, last))
                    low = np.minimum(self.a[run], self.b[run]).min(axis=0)
                    high = np.maximum(self.a[run], self.b[run]).max(axis=0)
                    self._chunks.append((run, *low.tolist(), *high.tolist(), number))
        return self._chunks

    def distance(self, x, y):
        """Return metres from points to the area: 0 inside and on the boundary."""
        away = np.where(self.inside(x, y), 0.0, np.inf)
        self.lower(away, x, y)
        return away

    def lower(self, away, x, y):
        """Lower ``away`` to the metres from points to the boundary, where they are less."""
        for run, low_x, low_y, high_x, high_y, _ in self.chunks:
            off_x = np.maximum(np.maximum(low_x - x, x - high_x), 0.0)
            off_y = np.maximum(np.maximum(low_y - y, y - high_y), 0.0)
            near = np.flatnonzero(np.hypot(off_x, off_y) < away)
            if near.size:
                apart, _ = _to_segments(x[near], y[near], self.a[run], self.b[run])
                away[near] = np.minimum(away[near], apart.min(axis=1))

    def inside(self, x, y):
        """Tell which points lie in the area, a ray to the right crossing it an odd time."""
        inside = np.zeros(x.size, dtype=bool)
        odd, current = None, None
        for run, _, low_y, high_x, high_y, number in self.chunks:
            if number != current:
                if odd is not None:
                    inside |= odd
                odd, current = np.zeros(x.size, dtype=bool), number
            near = np.flatnonzero((y >= low_y) & (y <= high_y) & (x <= high_x))
            if near.size:
                odd[near] ^= self._crossings(run, x[near], y[near]) % 2 == 1
        return inside | odd

    def _crossings(self, run, x, y):
        a, b = self.a[run], self.b[run]
        ay, by = a[:, 1], b[:, 1]
        rise = np.where(by == ay, 1.0, by - ay)
        over = (ay > y[:, None]) != (by > y[:, None])
        cut = a[:, 0] + (y[:, None] - ay) * (b[:, 0] - a[:, 0]) / rise
        return (over & (x[:, None] < cut)).sum(axis=1)


# Boundary segments tried together.
_RUN = 32


def _to_segments(x, y, a, b):
    """Return distance and share along, of each point (rows) to each segment (columns)."""
    d = b - a
    square = (d**2).sum(axis=1)
    square = np.where(square > 0, square, 1.0)
    px, py = x[:, None] - a[:, 0], y[:, None] - a[:, 1]
    share = np.clip((px * d[:, 0] + py * d[:, 1]) / square, 0.0, 1.0)
    return np.hypot(px - share * d[:, 0], py - share * d[:, 1]), share


def _stretches_inside(index, segment, rings):
    """Return (edge, from, to) of the stretches of edges in an area, None when it has none.

    A point where an edge only touches the boundary is a stretch without length.
    """
    found = _cut_segments(index, segment, rings) if segment.size else []
    if not found:
        return None
    which, begin, end = (np.concatenate(column) for column in zip(*found))
    if not which.size:
        return None
    edge = index.edge[which]
    begin, end = index.offset(which, begin), index.offset(which, end)
    order = np.lexsort((end, begin, edge))
    edge, begin, end = edge[order], begin[order], end[order]
    # Stretches that meet are one: only its two ends are entrances.
    first = np.append(True, edge[1:] != edge[:-1])
    by_end = np.argsort(end, kind="stable")
    place = np.empty(end.size, dtype=np.int64)
    place[by_end] = np.arange(end.size)
    furthest = np.maximum.accumulate((np.cumsum(first) - 1) * end.size + place)
    reach = end[by_end[furthest % end.size]]
    apart = first.copy()
    apart[1:] |= begin[1:] > reach[:-1] + SAME_PLACE
    heads = np.flatnonzero(apart)
    return edge[heads], begin[heads], np.maximum.reduceat(reach, heads)


def _cut_segments(index, segment, rings):
    ox, oy = index._origin
    a = np.column_stack((index.ax[segment], index.ay[segment]))
    d = np.column_stack((index.dx[segment], index.dy[segment]))
    length = np.sqrt(index.square[segment])
    low, high = np.minimum(a, a + d) - SLACK, np.maximum(a, a + d) + SLACK
    rows, shares = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for run, low_x, low_y, high_x, high_y, _ in rings.chunks:
        near = np.flatnonzero(
            (low[:, 0] <= high_x - ox)
            & (high[:, 0] >= low_x - ox)
            & (low[:, 1] <= high_y - oy)
            & (high[:, 1] >= low_y - oy)
        )
        if near.size:
            p, q = rings.a[run] - (ox, oy), rings.b[run] - (ox, oy)
            for row, share in _meetings(a[near], d[near], length[near], p, q):
                rows.append(near[row])
                shares.append(share)
    row, share = np.concatenate(rows), np.concatenate(shares)
    touches = (segment[row], share * length[row], share * length[row])

    every = np.arange(segment.size)
    row = np.concatenate((row, every, every))
    share = np.concatenate((share, np.zeros(segment.size), np.ones(segment.size)))
    order = np.lexsort((share, row))
    row, share = row[order], share[order]
    between = (row[1:] == row[:-1]) & (share[1:] > share[:-1])
    row, begin, end = row[:-1][between], share[:-1][between], share[1:][between]
    middle = a[row] + d[row] * ((begin + end) / 2)[:, None] + (ox, oy)
    within = rings.inside(middle[:, 0], middle[:, 1])
    away = np.where(within, 0.0, 2 * SLACK)
    rings.lower(away, middle[:, 0], middle[:, 1])
    within = away <= SLACK
    row, begin, end = (
        row[within],
        begin[within] * length[row][within],
        end[within] * length[row][within],
    )
    return [touches, (segment[row], begin, end)]


def _meetings(a, d, length, p, q):
    """Yield (row, share along it) where segments a + d meet boundary segments p–q."""
    e = q - p
    span = np.hypot(e[:, 0], e[:, 1])
    span = np.where(span > 0, span, 1.0)
    turn = d[:, 0:1] * e[:, 1] - d[:, 1:2] * e[:, 0]
    wx, wy = p[:, 0] - a[:, 0:1], p[:, 1] - a[:, 1:2]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (wx * e[:, 1] - wy * e[:, 0]) / turn
        u = (wx * d[:, 1:2] - wy * d[:, 0:1]) / turn
    slack_t, slack_u = SLACK / length[:, None], SLACK / span
    # Nearly parallel lines have no reliable crossing: their ends are tried below.
    crossing = (
        (np.abs(turn) > 1e-12 * length[:, None] * span)
        & (t >= -slack_t)
        & (t <= 1 + slack_t)
        & (u >= -slack_u)
        & (u <= 1 + slack_u)
    )
    yield np.nonzero(crossing)[0], np.clip(t[crossing], 0.0, 1.0)
    # Corners of the area on an edge.
    away, share = _to_segments(p[:, 0], p[:, 1], a, a + d)
    corner, row = np.nonzero(away <= SLACK)
    yield row, share[corner, row]
    # Vertices of an edge on the boundary.
    for at_end in (0.0, 1.0):
        v = a + at_end * d
        away, _ = _to_segments(v[:, 0], v[:, 1], p, q)
        row = np.flatnonzero(away.min(axis=1) <= SLACK)
        yield row, np.full(row.size, at_end)


def _nearest_pair(index, rings):
    """Return distance, edge and offset of the nearest pair of points of an area and a network."""
    away, segment = index.nearest(rings.a[:, 0], rings.a[:, 1])
    bound = float(away.min()) + SLACK
    _, along = index.project(segment, rings.a[:, 0], rings.a[:, 1])
    low_x, low_y, high_x, high_y = rings.box
    near = index.in_box(low_x - bound, low_y - bound, high_x + bound, high_y + bound)
    distances, segments, alongs = [away], [segment], [along]
    for at_end in (0, 1):
        vertex = index.vertex[near] + at_end
        x, y = index.network.x[vertex], index.network.y[vertex]
        # Farther than the nearest corner nothing can win.
        apart = np.full(near.size, 2 * bound + 1.0)
        rings.lower(apart, x, y)
        distances.append(apart)
        segments.append(near)
        alongs.append(at_end * np.sqrt(index.square[near]))
    away = np.concatenate(distances)
    segment, along = np.concatenate(segments), np.concatenate(alongs)
    tied = np.flatnonzero(away <= away.min() + SLACK)
    best = tied[np.lexsort((along[tied], index.rank[segment[tied]]))[0]]
    offset = index.offset(segment[best : best + 1], along[best : best + 1])
    return float(away[best]), index.edge[segment[best]], offset[0]
