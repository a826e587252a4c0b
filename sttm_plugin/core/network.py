"""Street lines as a graph: nodes, edges, parts, cuts (INTERFACE §5, Network semantics)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .errors import SttmError
from .progress import Steps

# Limits include their end, and costs this close are equal (INTERFACE §5).
SLACK = 1e-6
# Two places this close along an edge are the same: rounding, not distance.
SAME_PLACE = 1e-9


@dataclass
class Network:
    """Edges between nodes; vertices ``first[e] … last[e]`` draw edge e.

    Attributes:
        x, y: float64 (v,), metres, vertices of all parts.
        along: float64 (v,), metres from the beginning of the vertex's part.
        first, last: int64 (e,), vertices an edge begins and ends with.
        node_from, node_to: int64 (e,).
        length: float64 (e,), metres, planar.
        feature: int64 (e,), row of the feature an edge belongs to.
        feature_id: int64 (f,), feature ids: of edges equally near, the lowest wins.
        node_x, node_y: float64 (n,), metres; nodes near each other have near numbers.
        part: int64 (n,), part of the network a node is in; part 1 is the longest.
        zero_length: number of lines left out because they have no length.
        left_out: number of features left out because they are no usable line.
        gaps: metres between the vertices joined within the tolerance, summed: no path is shorter
            than the straight line by more.
    """

    x: np.ndarray
    y: np.ndarray
    along: np.ndarray
    first: np.ndarray
    last: np.ndarray
    node_from: np.ndarray
    node_to: np.ndarray
    length: np.ndarray
    feature: np.ndarray
    feature_id: np.ndarray
    node_x: np.ndarray
    node_y: np.ndarray
    part: np.ndarray
    zero_length: int = 0
    left_out: int = 0
    gaps: float = 0.0

    @property
    def size(self) -> int:
        """Return the number of edges."""
        return self.first.size

    def edge_part(self, edge):
        """Return the part of the network some edges are in."""
        return self.part[self.node_from[edge]]

    def only(self, edges):
        """Return a network of some of the edges, its nodes numbered anew."""
        used = np.zeros(self.node_x.size, dtype=bool)
        used[self.node_from[edges]] = True
        used[self.node_to[edges]] = True
        number = np.cumsum(used) - 1
        return replace(
            self,
            first=self.first[edges],
            last=self.last[edges],
            node_from=number[self.node_from[edges]],
            node_to=number[self.node_to[edges]],
            length=self.length[edges],
            feature=self.feature[edges],
            node_x=self.node_x[used],
            node_y=self.node_y[used],
            part=self.part[used],
        )


def build_network(lines, feature_id, tolerance: float = 0.001, on_progress=None) -> Network:
    """Return the network of some lines.

    The ends of a part are nodes. A vertex is one too when another vertex, of another part or
    of the same part but not next to it, lies within the tolerance; such vertices are one
    node, transitively and at no cost. Lines that merely cross don't connect.

    Args:
        lines: ``core.wkb.Lines``.
        feature_id: int64 (f,), id of each feature.
        tolerance: metres, included (1e-6 slack).
        on_progress: share 0-1 → False to stop, asked between passes over the vertices.

    Raises:
        SttmError: no line has a length.
        Stopped: ``on_progress`` says stop.
    """
    step_done = Steps(on_progress, 14)
    feature_id = np.asarray(feature_id, dtype=np.int64)
    x, y, start, feature, zero = _sound_parts(lines)
    step_done()
    if start.size <= 1:
        raise SttmError(
            "La rete non ha nessuna linea utilizzabile: controllare che il layer contenga linee "
            "con una lunghezza e che non sia filtrato."
        )
    ends = np.zeros(x.size, dtype=bool)
    ends[start[:-1]] = True
    ends[start[1:] - 1] = True
    node, is_node, gaps = _join_vertices(x, y, start, ends, float(tolerance) + SLACK, step_done)

    # Between two nodes of a part that follow each other lies an edge.
    at = np.flatnonzero(is_node)
    number = np.bincount(np.searchsorted(start, at, side="right") - 1, minlength=start.size - 1)
    follows = np.ones(at.size, dtype=bool)
    follows[np.cumsum(number) - 1] = False
    begins = np.flatnonzero(follows)
    first, last = at[begins], at[begins + 1]
    step = np.hypot(np.diff(x), np.diff(y))
    step[start[1:-1] - 1] = 0.0
    along = np.concatenate(([0.0], np.cumsum(step)))
    along -= np.repeat(along[start[:-1]], np.diff(start))
    length = np.add.reduceat(np.append(step, 0.0), np.column_stack((first, last)).ravel())[::2]

    step_done()
    # A node stands where its first vertex is.
    stands = np.full(x.size, -1, dtype=np.int64)
    stands[node[at[::-1]]] = at[::-1]
    used = np.flatnonzero(stands >= 0)
    stands = stands[used]
    step_done()
    order = np.argsort(_morton(x[stands], y[stands]), kind="stable")
    step_done()
    numbers = np.empty(x.size, dtype=np.int64)
    numbers[used[order]] = np.arange(used.size)
    node_from, node_to = numbers[node[first]], numbers[node[last]]
    node_x, node_y = x[stands[order]], y[stands[order]]
    return Network(
        x=x,
        y=y,
        along=along,
        first=first,
        last=last,
        node_from=node_from,
        node_to=node_to,
        length=length,
        feature=np.repeat(feature, number - 1),
        feature_id=feature_id,
        node_x=node_x,
        node_y=node_y,
        part=_parts(node_x, node_y, node_from, node_to, length, step_done),
        zero_length=zero,
        left_out=int(lines.left_out.size),
        gaps=gaps,
    )


def _sound_parts(lines):
    """Return x, y, start and feature of the parts without repeated vertices and without length."""
    x, y = np.ascontiguousarray(lines.xy[:, 0]), np.ascontiguousarray(lines.xy[:, 1])
    start, feature = lines.start, lines.feature
    repeated = np.zeros(x.size, dtype=bool)
    repeated[1:] = (x[1:] == x[:-1]) & (y[1:] == y[:-1])
    repeated[start[:-1][start[:-1] < x.size]] = False
    count = np.diff(start)
    if not repeated.any() and (count >= 2).all():
        return x, y, start, feature, 0
    part = np.repeat(np.arange(count.size), count)
    count = np.bincount(part[~repeated], minlength=count.size)
    long_enough = count >= 2
    keep = ~repeated & long_enough[part]
    start = np.concatenate(([0], np.cumsum(count[long_enough])))
    return x[keep], y[keep], start, feature[long_enough], int((~long_enough).sum())


def _morton(x, y):
    """Return keys that go through the plane so that near places have near keys, uint64 (n,)."""
    extent = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    keys = np.zeros(x.size, dtype=np.uint64)
    for shift, values in ((0, x), (1, y)):
        bits = ((values - values.min()) * (0xFFFFFF / extent)).astype(np.uint64)
        for move, mask in _SPREAD_BITS:
            bits = (bits | (bits << np.uint64(move))) & np.uint64(mask)
        keys |= bits << np.uint64(shift)
    return keys


_SPREAD_BITS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def _join_vertices(x, y, start, ends, tolerance, step_done):
    """Return the node of each vertex, below their number, which are nodes, and the gaps joined."""
    order = np.argsort(x)
    step_done()
    sorted_x, sorted_y = x[order], y[order]
    step_x = np.diff(sorted_x)
    # Vertices within the tolerance follow one another along x: runs are judged apart.
    apart = step_x > tolerance
    same = (step_x == 0.0) & (sorted_y[1:] == sorted_y[:-1])
    run = np.concatenate(([0], np.cumsum(apart)))
    # Most joints of a real network are exact: a run of a single place is one node.
    mixed = np.zeros(int(run[-1]) + 1, dtype=bool)
    mixed[run[1:][~apart & ~same]] = True
    size = np.bincount(run)
    node = np.empty(x.size, dtype=np.int64)
    node[order] = run
    shared = ((size > 1) & ~mixed)[node]
    step_done()
    gaps = 0.0
    if mixed.any():
        chosen = np.flatnonzero(mixed[node])
        joined, several, gaps = _join_mixed(x, y, start, chosen, tolerance, step_done)
        # A run is numbered below its first vertex: numbers above the runs' are free.
        free = np.flatnonzero(np.bincount(node[~mixed[node]], minlength=x.size) == 0)
        node[chosen] = free[joined]
        shared[chosen] = several
    return node, ends | shared, gaps


def _join_mixed(x, y, start, chosen, tolerance, step_done):
    """Join some vertices: return the node of each, from 0, which are shared, and the gaps."""
    at, place = same_places(np.column_stack((x[chosen], y[chosen])))
    members = np.bincount(place)
    shared = members > 1
    step_done()
    a, b = near_places(at, tolerance, step_done)
    joined = np.arange(len(at))
    gaps = 0.0
    if a.size:
        # Vertices that follow one another in a part.
        beside = np.flatnonzero(np.diff(chosen) == 1)
        beside = beside[~np.isin(chosen[beside + 1], start, assume_unique=True)]
        a, b = _not_only_neighbours(a, b, place[beside], place[beside + 1], members)
        step_done()
        joined = components(len(at), a, b, step_done)
        shared[a] = True
        shared[b] = True
        gaps = float(np.hypot(*(at[a] - at[b]).T).sum())
    return joined[place], shared[place], gaps


def same_places(xy, step_done=lambda: None):
    """Return the distinct places (n, 2), by x and y, and the place of each vertex, int64 (v,)."""
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    order = np.argsort(x, kind="stable")
    step_done()
    sorted_x, sorted_y = x[order], y[order]
    same_x = sorted_x[1:] == sorted_x[:-1]
    differs = same_x & (sorted_y[1:] != sorted_y[:-1])
    if differs.any():
        # Only runs of one x and several y need sorting again: few in any real network.
        run = np.concatenate(([0], np.cumsum(~same_x)))
        mixed = np.zeros(int(run[-1]) + 1, dtype=bool)
        mixed[run[1:][differs]] = True
        at = np.flatnonzero(mixed[run])
        order[at] = order[at][np.lexsort((sorted_y[at], run[at]))]
        sorted_x, sorted_y = x[order], y[order]
    step_done()
    new = np.ones(len(xy), dtype=bool)
    new[1:] = (sorted_x[1:] != sorted_x[:-1]) | (sorted_y[1:] != sorted_y[:-1])
    place = np.empty(len(xy), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    step_done()
    return np.column_stack((sorted_x[new], sorted_y[new])), place


def near_places(at, tolerance, step_done=None):
    """Return the pairs (a < b), int64 (k,) each, of places (n, 2) at most a tolerance apart."""
    low = at.min(axis=0)
    extent = float((at - low).max())
    # Cells of four tolerances: two near places share a cell of one of four grids, each half a
    # cell from the other. 2^30 cells a side keep the packed key inside 64 bits.
    cell = max(4 * tolerance, extent / 2**30)
    grids, found = [], [np.zeros(0, dtype=np.int64)]
    for shift_x in (0.0, 0.5):
        for shift_y in (0.0, 0.5):
            column = np.floor((at[:, 0] - low[0]) / cell + shift_x).astype(np.int64)
            line = np.floor((at[:, 1] - low[1]) / cell + shift_y).astype(np.int64)
            grid = (column << 32) | line
            order = np.argsort(grid, kind="stable")
            key = grid[order]
            step = 1
            here = np.flatnonzero(key[1:] == key[:-1])
            while here.size:
                if step_done is not None:
                    step_done()
                a, b = order[here], order[here + step]
                near = np.hypot(at[a, 0] - at[b, 0], at[a, 1] - at[b, 1]) <= tolerance
                # Those that share a cell of an earlier grid are known.
                for earlier in grids:
                    near &= earlier[a] != earlier[b]
                a, b = a[near], b[near]
                found.append(np.minimum(a, b) * len(at) + np.maximum(a, b))
                step += 1
                here = here[here + step < len(key)]
                here = here[key[here + step] == key[here]]
            grids.append(grid)
    pairs = np.sort(np.concatenate(found))
    return pairs // len(at), pairs % len(at)


def _not_only_neighbours(a, b, before, after, members):
    """Drop the pairs of places all of whose vertices are next to each other in a part.

    Args:
        a < b: int64 (k,), places. before, after: int64 (m,), the places of vertices that follow
            one another. members: int64 (places,), vertices at each.
    """
    count = len(members)
    low, high = np.minimum(before, after), np.maximum(before, after)
    key, number = np.unique(low * count + high, return_counts=True)
    if not key.size:
        return a, b
    wanted = a * count + b
    at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    beside = np.where(key[at] == wanted, number[at], 0)
    keep = members[a] * members[b] > beside
    return a[keep], b[keep]


def scatter_min(array, index, values):
    """Lower ``array[index]`` to ``values`` where they are lower, repeated indexes included."""
    lower = values < array[index]
    index, values = index[lower], values[lower]
    # The last of the repeated writes wins: few turns where few repeat.
    for _ in range(_TURNS):
        array[index] = values
        lost = array[index] > values
        index, values = index[lost], values[lost]
        if not index.size:
            return
    order = np.lexsort((values, index))
    index, values = index[order], values[order]
    first = np.append(True, index[1:] != index[:-1])
    array[index[first]] = values[first]


_TURNS = 8


def components(count, a, b, step_done=None):
    """Return for each of ``count`` nodes the lowest node it is connected to by pairs (a, b)."""
    label = np.arange(count)
    while True:
        if step_done is not None:
            step_done()
        label_a, label_b = label[a], label[b]
        apart = label_a != label_b
        if not apart.any():
            return label
        a, b = a[apart], b[apart]
        label_a, label_b = label_a[apart], label_b[apart]
        scatter_min(label, np.maximum(label_a, label_b), np.minimum(label_a, label_b))
        while True:
            shorter = label[label]
            if (shorter == label).all():
                break
            label = shorter


def _parts(x, y, node_from, node_to, length, step_done):
    """Return the part of each node: 1 is the longest, of equally long ones that of least x, y."""
    label = components(x.size, node_from, node_to, step_done)
    roots = np.flatnonzero(label == np.arange(x.size))
    total = np.round(np.bincount(label[node_from], weights=length, minlength=x.size)[roots], 6)
    number = np.empty(x.size, dtype=np.int64)
    position = np.empty(x.size, dtype=np.int64)
    position[roots] = np.arange(roots.size)
    # Backwards, so that the least of each part stays.
    least = np.empty(roots.size, dtype=np.int64)
    by_place = np.lexsort((y, x))[::-1]
    step_done()
    least[position[label[by_place]]] = np.arange(x.size)[::-1]
    order = np.lexsort((least, -total))
    number[roots[order]] = np.arange(1, order.size + 1)
    return number[label]


@dataclass
class Split:
    """A network whose edges are cut at some places, which become nodes.

    Attributes:
        network: the network.
        nodes: number of nodes, the cuts among them.
        edge: int64 (s,), edge of each piece; pieces are in the order of edges.
        begin, end: float64 (s,), metres along the edge.
        node_from, node_to: int64 (s,).
        first_piece: int64 (e,), the first piece of each edge.
        cut_node: int64 (k,), node of each cut, in the order they were given.
    """

    network: Network
    nodes: int
    edge: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    node_from: np.ndarray
    node_to: np.ndarray
    first_piece: np.ndarray
    cut_node: np.ndarray

    @property
    def length(self):
        """Return the length of each piece, metres."""
        return self.end - self.begin

    def piece_at(self, edge, offset):
        """Return the piece that holds a place on an edge: of two, the one that begins there."""
        piece = self.first_piece[edge]
        moving = np.arange(piece.size)
        while moving.size:
            following = piece[moving] + 1
            inside = following < self.edge.size
            moving, following = moving[inside], following[inside]
            ahead = (self.edge[following] == edge[moving]) & (
                self.begin[following] <= offset[moving]
            )
            moving = moving[ahead]
            piece[moving] += 1
        return piece


def split_network(network, edge, offset) -> Split:
    """Return the network cut at places along its edges.

    Args:
        edge: int64 (k,).
        offset: float64 (k,), metres from the edge's beginning. An offset at an end is the
            node there; equal ones are one node.
    """
    edge = np.asarray(edge, dtype=np.int64)
    offset = np.asarray(offset, dtype=np.float64)
    cut_node = np.full(edge.size, -1, dtype=np.int64)
    at_begin = offset <= SAME_PLACE
    at_end = ~at_begin & (offset >= network.length[edge] - SAME_PLACE)
    cut_node[at_begin] = network.node_from[edge[at_begin]]
    cut_node[at_end] = network.node_to[edge[at_end]]
    inside = np.flatnonzero(cut_node < 0)
    inside = inside[np.lexsort((offset[inside], edge[inside]))]
    new = np.ones(inside.size, dtype=bool)
    new[1:] = (edge[inside[1:]] != edge[inside[:-1]]) | (np.diff(offset[inside]) > SAME_PLACE)
    nodes = network.node_x.size
    cut_node[inside] = nodes + np.cumsum(new) - 1
    cut = inside[new]

    every = np.arange(network.size)
    piece_edge = np.concatenate((every, edge[cut]))
    begin = np.concatenate((np.zeros(network.size), offset[cut]))
    node_from = np.concatenate((network.node_from, cut_node[cut]))
    order = np.lexsort((begin, piece_edge))
    piece_edge, begin, node_from = piece_edge[order], begin[order], node_from[order]
    same = piece_edge[1:] == piece_edge[:-1]
    end = network.length[piece_edge]
    node_to = network.node_to[piece_edge]
    end[:-1][same] = begin[1:][same]
    node_to[:-1][same] = node_from[1:][same]
    first_piece = np.searchsorted(piece_edge, every)
    return Split(
        network=network,
        nodes=nodes + cut.size,
        edge=piece_edge,
        begin=begin,
        end=end,
        node_from=node_from,
        node_to=node_to,
        first_piece=first_piece,
        cut_node=cut_node,
    )
