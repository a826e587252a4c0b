"""Street lines as a graph: nodes, edges, parts, cuts (INTERFACE §5, Network semantics)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import SttmError

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
        node_x, node_y: float64 (n,), metres.
        part: int64 (n,), part of the network a node is in; part 1 is the longest.
        zero_length: number of lines left out because they have no length.
        left_out: number of features left out because they are no usable line.
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

    @property
    def size(self) -> int:
        """Return the number of edges."""
        return self.first.size

    def edge_part(self, edge):
        """Return the part of the network some edges are in."""
        return self.part[self.node_from[edge]]


def build_network(lines, feature_id, tolerance: float = 0.001) -> Network:
    """Return the network of some lines.

    The ends of a part are nodes. A vertex is one too when another vertex, of another part or
    of the same part but not next to it, lies within the tolerance; such vertices are one
    node, transitively and at no cost. Lines that merely cross don't connect.

    Args:
        lines: ``core.wkb.Lines``.
        feature_id: int64 (f,), id of each feature.
        tolerance: metres, included (1e-6 slack).

    Raises:
        SttmError: no line has a length.
    """
    feature_id = np.asarray(feature_id, dtype=np.int64)
    xy, start, feature, zero = _sound_parts(lines)
    if start.size <= 1:
        raise SttmError(
            "La rete non ha nessuna linea utilizzabile: controllare che il layer contenga linee "
            "con una lunghezza e che non sia filtrato."
        )
    ends = np.zeros(len(xy), dtype=bool)
    ends[start[:-1]] = True
    ends[start[1:] - 1] = True
    part = np.repeat(np.arange(start.size - 1), np.diff(start))
    node, is_node = _join_vertices(xy, part, ends, float(tolerance) + SLACK)

    # Between two nodes of a part that follow each other lies an edge.
    at = np.flatnonzero(is_node)
    follows = part[at[:-1]] == part[at[1:]]
    first, last = at[:-1][follows], at[1:][follows]
    step = np.hypot(np.diff(xy[:, 0]), np.diff(xy[:, 1]))
    step[part[:-1] != part[1:]] = 0.0
    along = np.concatenate(([0.0], np.cumsum(step)))
    along -= along[start[:-1]][part]
    length = np.add.reduceat(np.append(step, 0.0), np.column_stack((first, last)).ravel())[::2]

    used, renumbered = np.unique(node[is_node], return_inverse=True)
    numbers = np.full(len(xy), -1, dtype=np.int64)
    numbers[is_node] = renumbered
    node_from, node_to = numbers[first], numbers[last]
    node_x, node_y = np.empty(used.size), np.empty(used.size)
    # Backwards, so that a node stands where its first vertex is.
    node_x[renumbered[::-1]] = xy[is_node, 0][::-1]
    node_y[renumbered[::-1]] = xy[is_node, 1][::-1]
    return Network(
        x=np.ascontiguousarray(xy[:, 0]),
        y=np.ascontiguousarray(xy[:, 1]),
        along=along,
        first=first,
        last=last,
        node_from=node_from,
        node_to=node_to,
        length=length,
        feature=feature[part[first]],
        feature_id=feature_id,
        node_x=node_x,
        node_y=node_y,
        part=_parts(used.size, node_from, node_to, length),
        zero_length=zero,
        left_out=int(lines.left_out.size),
    )


def _sound_parts(lines):
    """Return the parts without repeated vertices, those without length left out."""
    xy, start, feature = lines.xy, lines.start, lines.feature
    count = np.diff(start)
    part = np.repeat(np.arange(count.size), count)
    repeated = np.zeros(len(xy), dtype=bool)
    repeated[1:] = (part[1:] == part[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    count = np.bincount(part[~repeated], minlength=count.size)
    long_enough = count >= 2
    keep = ~repeated & long_enough[part]
    start = np.concatenate(([0], np.cumsum(count[long_enough])))
    return xy[keep], start, feature[long_enough], int((~long_enough).sum())


def _join_vertices(xy, part, ends, tolerance):
    """Return the node of each vertex and which vertices are nodes."""
    # Vertices at the same place first: most joints of a real network are exact.
    at, place = same_places(xy)
    members = np.bincount(place)

    a, b = near_places(at, tolerance)
    if a.size:
        a, b = _not_only_neighbours(a, b, place, part, members)
    joined = components(len(at), a, b) if a.size else np.arange(len(at))
    shared = members > 1
    shared[a] = True
    shared[b] = True
    return joined[place], ends | shared[place]


def same_places(xy):
    """Return the distinct places (n, 2), by x and y, and the place of each vertex, int64 (v,)."""
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    new = np.ones(len(xy), dtype=bool)
    new[1:] = (xy[order[1:]] != xy[order[:-1]]).any(axis=1)
    place = np.empty(len(xy), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return xy[order[new]], place


def near_places(at, tolerance):
    """Return the pairs (a < b), int64 (k,) each, of places (n, 2) at most a tolerance apart."""
    low = at.min(axis=0)
    extent = float((at - low).max())
    # Cells of four tolerances: two near places share a cell of one of four grids, each half a
    # cell from the other. 2^30 cells a side keep the packed key inside 64 bits.
    cell = max(4 * tolerance, extent / 2**30)
    pairs = []
    for shift_x in (0.0, 0.5):
        for shift_y in (0.0, 0.5):
            column = np.floor((at[:, 0] - low[0]) / cell + shift_x).astype(np.int64)
            line = np.floor((at[:, 1] - low[1]) / cell + shift_y).astype(np.int64)
            key = (column << 32) | line
            order = np.argsort(key, kind="stable")
            key = key[order]
            step = 1
            here = np.flatnonzero(key[1:] == key[:-1])
            while here.size:
                a, b = order[here], order[here + step]
                near = np.hypot(*(at[a] - at[b]).T) <= tolerance
                pairs.append(np.sort(np.column_stack((a[near], b[near])), axis=1))
                step += 1
                here = here[here + step < len(key)]
                here = here[key[here + step] == key[here]]
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    found = np.unique(np.concatenate(pairs), axis=0)
    return found[:, 0], found[:, 1]


def _not_only_neighbours(a, b, place, part, members):
    """Drop the pairs of places all of whose vertices are next to each other in a part."""
    count = len(members)
    low = np.minimum(place[1:], place[:-1])
    high = np.maximum(place[1:], place[:-1])
    same_part = part[1:] == part[:-1]
    key, number = np.unique((low * count + high)[same_part], return_counts=True)
    wanted = a * count + b
    at = np.minimum(np.searchsorted(key, wanted), max(key.size - 1, 0))
    beside = np.where(key[at] == wanted, number[at], 0)
    keep = members[a] * members[b] > beside
    return a[keep], b[keep]


def scatter_min(array, index, values):
    """Lower ``array[index]`` to ``values`` where they are lower, repeated indexes included."""
    lower = values < array[index]
    index, values = index[lower], values[lower]
    while index.size:
        array[index] = values
        lost = array[index] > values
        index, values = index[lost], values[lost]


def components(count, a, b):
    """Return for each of ``count`` nodes the lowest node it is connected to by pairs (a, b)."""
    label = np.arange(count)
    while True:
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


def _parts(count, node_from, node_to, length):
    label = components(count, node_from, node_to)
    total = np.bincount(label[node_from], weights=length, minlength=count)
    roots = np.unique(label)
    # The longest first; equally long ones by their lowest node, which is that of the lowest x, y.
    order = roots[np.lexsort((roots, -np.round(total[roots], 6)))]
    number = np.empty(count, dtype=np.int64)
    number[order] = np.arange(1, order.size + 1)
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
