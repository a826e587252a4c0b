"""Places attached to a network: points to the nearest edge, areas where edges meet them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .network import SAME_PLACE, SLACK
from .progress import Steps
from .wkb import Area

_POINTS_AT_ONCE = 50_000
_PAIRS_AT_ONCE = 2_000_000
# Cells a side, around a point, before a coarser grid is made.
_MOST_CELLS = 9


class SegmentIndex:
    """A grid over the segments of a network, for the nearest one and for those in a box.

    Args:
        network: ``core.network.Network``.
        on_progress: share 0-1 → False to stop, asked between passes over the segments: then
            ``core.progress.Stopped`` is raised.

    Attributes:
        vertex: int32 (s,), first vertex of each segment; edge: int32 (s,), its edge.
    """

    def __init__(self, network, on_progress=None):
        step_done = Steps(on_progress, 10)
        self.network = network
        number = network.last - network.first
        self.edge = np.repeat(np.arange(network.size, dtype=np.int32), number)
        # From the first vertex of an edge on, one segment after another.
        begins = network.first - (np.cumsum(number) - number)
        self.vertex = np.repeat(begins.astype(np.int32), number)
        self.vertex += np.arange(self.edge.size, dtype=np.int32)
        self._origin = np.array([network.x.min(), network.y.min()])
        # Together in memory, as they are read: x, y of the first end, then the way to the other.
        self._rows = np.empty((self.vertex.size, 4))
        self._rows[:, 0] = network.x[self.vertex]
        self._rows[:, 1] = network.y[self.vertex]
        self._rows[:, 2] = network.x[self.vertex + 1] - self._rows[:, 0]
        self._rows[:, 3] = network.y[self.vertex + 1] - self._rows[:, 1]
        self._rows[:, :2] -= self._origin
        step_done()
        feature_id = network.feature_id[network.feature]
        # Of most layers the segments come in the order of rank.
        self._by_rank = self._rank = None
        if (np.diff(feature_id) < 0).any():
            self._by_rank = np.lexsort((self.vertex, feature_id[self.edge]))
            self._rank = np.empty(self.vertex.size, dtype=np.int64)
            self._rank[self._by_rank] = np.arange(self.vertex.size)
        step_done()
        width, height = float(np.ptp(network.x)), float(np.ptp(network.y))
        long = float(network.length.sum())
        each = max(self.vertex.size, 1)
        fine = max(np.sqrt(width * height / each), long / each, 1e-3)
        self._fine = _Grid(self._rows, 1.5 * fine, step_done)
        self._coarse = None

    def rank(self, segment):
        """Return the rank of some segments, int64.

        Of segments equally near the lowest wins: that of the lowest feature id, then the first
        along it.
        """
        return segment if self._rank is None else self._rank[segment]

    def length(self, segment):
        """Return the length of some segments, metres."""
        return np.hypot(self._rows[segment, 2], self._rows[segment, 3])

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
        left = left[np.lexsort((x[left], np.floor(y[left] / self._fine.cell)))]
        # The four cells around a point hold the nearest segment of most; then more, then larger.
        for coarse, cells in (
            (False, 2),
            (False, 3),
            (False, _MOST_CELLS),
            (True, 3),
            (True, None),
        ):
            if not left.size:
                break
            if coarse and self._coarse is None:
                self._coarse = _Grid(self._rows, 8 * self._fine.cell)
            grid = self._coarse if coarse else self._fine
            at_once = _POINTS_AT_ONCE
            if cells is None:
                at_once = max(1, _PAIRS_AT_ONCE // grid.filled.size)
            missed = []
            for at in range(0, left.size, at_once):
                if on_progress is not None and not on_progress(1 - (left.size - at) / total):
                    return None
                here = left[at : at + at_once]
                if cells is None:
                    point, candidate = grid.within_reach(x[here], y[here])
                    sure_within = np.full(here.size, np.inf)
                else:
                    point, candidate, sure_within = grid.around(x[here], y[here], cells)
                near, found = self._best(x[here], y[here], point, candidate, on_progress)
                # Farther than the cells reach, a neighbouring cell may hold a nearer one.
                sure = np.isfinite(near) & (near + SLACK <= sure_within)
                distance[here[sure]] = near[sure]
                segment[here[sure]] = found[sure]
                missed.append(here[~sure])
            left = np.concatenate(missed)
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
            away = self._square_away(which, x[who], y[who])[0]
            heads = begins[group:until] - begins[group]
            sizes = ends[group:until] - begins[group:until]
            least = np.sqrt(np.minimum.reduceat(away, heads))
            tied = away <= np.repeat((least + SLACK) ** 2, sizes)
            ranks = np.where(tied, self.rank(which), self.vertex.size)
            best[who[heads]] = least
            rank[who[heads]] = np.minimum.reduceat(ranks, heads)
            group = until
            if on_progress is not None and group < begins.size and not on_progress(0.0):
                break
        found = rank if self._by_rank is None else np.where(rank >= 0, self._by_rank[rank], -1)
        seen = np.flatnonzero(found >= 0)
        best[seen] = np.sqrt(self._square_away(found[seen], x[seen], y[seen])[0])
        return best, found

    def _square_away(self, segment, x, y):
        """Return the square of the distance to segments, the share along them, their square."""
        ax, ay, dx, dy = self._rows.take(segment, axis=0).T
        px, py = x - ax, y - ay
        square = dx * dx + dy * dy
        share = np.clip((px * dx + py * dy) / square, 0.0, 1.0)
        px -= share * dx
        py -= share * dy
        return px * px + py * py, share, square

    def project(self, segment, x, y):
        """Return distance to segments and metres along them of the nearest point, pair by pair."""
        away, share, square = self._square_away(segment, x - self._origin[0], y - self._origin[1])
        return np.sqrt(away), share * np.sqrt(square)

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
        ax, ay, dx, dy = self._rows.take(found, axis=0).T
        meets = (
            (np.maximum(ax, ax + dx) >= low_x)
            & (np.minimum(ax, ax + dx) <= high_x)
            & (np.maximum(ay, ay + dy) >= low_y)
            & (np.minimum(ay, ay + dy) <= high_y)
        )
        found = found[meets]
        return found[np.argsort(self.rank(found))]

    def candidates(self, x, y, reach):
        """Return (point, segment) pairs, all those at most ``reach`` metres apart among them."""
        grid = self._fine if reach <= self._fine.cell else _Grid(self._rows, reach)
        return grid.around(x - self._origin[0], y - self._origin[1], 3)[:2]

    def meeting_pairs(self):
        """Return the pairs of segments (i, j), each once, whose cells of the grid meet."""
        grid = self._fine
        number = grid.number
        # Each member of a cell with those after it there.
        after = np.repeat(grid.begin + number, number) - np.arange(grid.segment.size) - 1
        first = np.repeat(np.arange(grid.segment.size), after)
        step = np.arange(first.size) - np.repeat(np.cumsum(after) - after, after)
        second = first + step + 1
        i, j = (grid.segment[at].astype(np.int64) for at in (first, second))
        low, high = np.minimum(i, j), np.maximum(i, j)
        key = np.unique(low * self.vertex.size + high)
        return key // self.vertex.size, key % self.vertex.size


class _Grid:
    """Cells of a grid and the segments that pass through them.

    Args:
        rows: float64 (s, 4), x, y and way of each segment, from 0. cell: metres.

    Attributes:
        segment: int32 (k,), those of each filled cell one after another, each once.
        filled: int64 (c,), the cells that hold some, numbered column by column.
        begin, number: int32 (c,), where a cell's segments begin and how many there are.
    """

    def __init__(self, rows, cell, step_done=lambda: None):
        self.cell = float(cell)
        ax, ay, dx, dy = rows.T
        # Pieces no longer than a cell: the box of each meets four cells at most.
        pieces = np.maximum(np.ceil(np.hypot(dx, dy) / self.cell).astype(np.int64), 1)
        segment = np.arange(pieces.size)
        ends = (ax, ax + dx), (ay, ay + dy)
        if pieces.size and pieces.max() > 1:
            segment = np.repeat(segment, pieces)
            step = np.arange(segment.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
            share = 1.0 / pieces[segment]
            ends = [
                [v[segment] + d[segment] * share * (step + k) for k in (0, 1)]
                for v, d in ((ax, dx), (ay, dy))
            ]
        step_done()
        columns, lines = ([np.floor(v / self.cell).astype(np.int64) for v in end] for end in ends)
        # A border of empty cells, so that there are as many as are asked for at once.
        border = _MOST_CELLS // 2
        self._low = tuple(min(int(v.min()) for v in side) - border for side in (columns, lines))
        self._size = tuple(
            max(int(v.max()) for v in side) - low + border + 1
            for side, low in zip((columns, lines), self._low)
        )
        step_done()
        moves, rises = columns[0] != columns[1], lines[0] != lines[1]
        both = []
        for k, h, mine in (
            (0, 0, slice(None)), (1, 0, moves), (0, 1, rises), (1, 1, moves & rises),
        ):  # fmt: skip
            key = (columns[k][mine] - self._low[0]) * self._size[1] + lines[h][mine] - self._low[1]
            # As one number, cell and segment are sorted faster than as two.
            both.append(key * pieces.size + segment[mine])
            step_done()
        del ends, columns, lines, moves, rises, key, segment
        both = np.concatenate(both)
        both.sort()
        step_done()
        if pieces.size and pieces.max() > 1:
            both = both[np.append(True, both[1:] != both[:-1])]
        key, segment = np.divmod(both, pieces.size)
        step_done()
        self.segment = segment.astype(np.int32)
        heads = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
        self.filled = key[heads]
        self.begin = heads.astype(np.int32)
        self.number = np.diff(np.append(heads, key.size)).astype(np.int32)
        # The place of each cell among the filled ones, where the grid isn't nearly empty.
        self._place = None
        if self._size[0] * self._size[1] <= 8 * pieces.size + 1_000_000:
            self._place = np.full(self._size[0] * self._size[1], -1, dtype=np.int32)
            self._place[self.filled] = np.arange(self.filled.size, dtype=np.int32)

    def _find(self, cell):
        """Return the place of some cells among the filled ones, -1 for an empty one."""
        if self._place is not None:
            return self._place[cell]
        at = np.minimum(np.searchsorted(self.filled, cell), self.filled.size - 1)
        return np.where(self.filled[at] == cell, at, -1)

    def around(self, x, y, cells):
        """Return the segments of the cells around each point, so many a side.

        Returns:
            (point, segment, metres (n,) within which none is missing), by point.
        """
        start, within = [], None
        for values, low, size in zip((x, y), self._low, self._size):
            at = values / self.cell - (cells - 1) / 2
            first = np.floor(at)
            inside = at - first + (cells - 1) / 2
            room = np.minimum(inside, cells - inside) * self.cell
            within = room if within is None else np.minimum(within, room)
            # Moved inside the grid they are still all those of the grid that are wanted.
            start.append(np.clip(first - low, 0, size - cells).astype(np.int64))
        steps = np.arange(cells)
        offsets = (steps[:, None] * self._size[1] + steps).ravel()
        place = self._find(((start[0] * self._size[1] + start[1])[:, None] + offsets).ravel())
        hit = np.flatnonzero(place >= 0)
        return (*self._expand(hit // offsets.size, place[hit]), within)

    def within_reach(self, x, y):
        """Return (point, segment) pairs of the cells that may hold the nearest one, by point."""
        low_x = (self.filled // self._size[1] + self._low[0]) * self.cell
        low_y = (self.filled % self._size[1] + self._low[1]) * self.cell
        off_x = np.maximum(np.maximum(low_x - x[:, None], x[:, None] - low_x - self.cell), 0.0)
        off_y = np.maximum(np.maximum(low_y - y[:, None], y[:, None] - low_y - self.cell), 0.0)
        nearest = np.hypot(off_x, off_y)
        # A piece is kept by every cell its box meets: it lies at most a diagonal and a length away.
        reach = nearest.min(axis=1) + 2.5 * self.cell + SLACK
        point, cell = np.nonzero(nearest <= reach[:, None])
        return self._expand(point, cell)

    def in_box(self, low_x, low_y, high_x, high_y):
        """Return the segments of the cells a box meets, each once."""
        spans = []
        for low, high, first, size in zip(
            (low_x, low_y), (high_x, high_y), self._low, self._size
        ):  # fmt: skip
            begin = min(max(np.floor(low / self.cell) - first, 0), size)
            end = min(max(np.floor(high / self.cell) - first + 1, begin), size)
            spans.append(np.arange(int(begin), int(end)))
        if spans[0].size * spans[1].size > self.filled.size:
            column, line = self.filled // self._size[1], self.filled % self._size[1]
            meets = np.isin(column, spans[0]) & np.isin(line, spans[1])
            place = np.flatnonzero(meets)
        else:
            place = self._find((spans[0][:, None] * self._size[1] + spans[1]).ravel())
            place = place[place >= 0]
        return np.unique(self._expand(place, place)[1])

    def _expand(self, point, cell):
        number = self.number[cell]
        before = np.cumsum(number) - number
        at = np.repeat(self.begin[cell] - before, number) + np.arange(number.sum())
        return np.repeat(point, number), self.segment[at].astype(np.int64)


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
    a, d = index._rows[segment, :2], index._rows[segment, 2:]
    length = index.length(segment)
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
        alongs.append(at_end * index.length(near))
    away = np.concatenate(distances)
    segment, along = np.concatenate(segments), np.concatenate(alongs)
    tied = np.flatnonzero(away <= away.min() + SLACK)
    best = tied[np.lexsort((along[tied], index.rank(segment[tied])))[0]]
    offset = index.offset(segment[best : best + 1], along[best : best + 1])
    return float(away[best]), index.edge[segment[best]], offset[0]
