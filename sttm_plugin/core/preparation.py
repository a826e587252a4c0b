"""Street lines made a sound network: what is wrong and what is repaired (preparenetwork)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .network import SLACK, Network, build_network, components, near_places, same_places
from .progress import Steps, Stopped, growing
from .snapping import SegmentIndex
from .wkb import Lines

# Python's own loops ask whether to stop once in so many turns.
_ASK_EVERY = 1024
# An end this near a line it doesn't touch is told even when gaps aren't closed (INTERFACE).
TOLD_WITHIN = 1.0

NEAR_MISS, DUPLICATE, ZERO_LENGTH = "quasi_contatto", "duplicato", "lunghezza_zero"
ISOLATED, CROSSING = "isolato", "incrocio"


class Issue(NamedTuple):
    """Something wrong at a place: ``feature`` is a row, ``distance`` metres or NaN."""

    tipo: str
    feature: int
    x: float
    y: float
    distance: float
    azione: str


@dataclass
class Prepared:
    """A sound network; ``node_number`` and ``edge_part`` number nodes by x, y and parts by length.

    Attributes:
        network: Network.
        node_number: int64 (n,), from 1.
        edge_part: int64 (e,), 1 is the longest.
        issues: ordered by kind, feature id and place.
        largest_share: length of part 1 over that of all, 0-1.
    """

    network: Network
    node_number: np.ndarray
    edge_part: np.ndarray
    issues: list
    largest_share: float


def prepare(lines, feature_id, tolerance=0.001, snap_gaps=0.0, split=False, on_progress=None):
    """Diagnose and repair street lines.

    Duplicates (the same vertices within the tolerance, either way round) leave the lowest feature
    id; lines without length are left out; with ``split`` lines that cross get a vertex where
    they do; with ``snap_gaps`` an end near a line it doesn't touch is moved to the nearest end in
    reach, else onto the line.

    Args:
        lines: ``core.wkb.Lines``.
        feature_id: int64 (f,).
        tolerance, snap_gaps: metres, included (1e-6 slack).
        on_progress: share 0-1 → False to stop.

    Returns:
        Prepared; None when stopped.

    Raises:
        SttmError: no line has a length.
    """
    feature_id = np.asarray(feature_id, dtype=np.int64)
    try:
        return _prepare(lines, feature_id, tolerance, snap_gaps, split, on_progress)
    except Stopped:
        return None


def _prepare(lines, feature_id, tolerance, snap_gaps, split, on_progress):
    stages = [_without_duplicates, *([_split_crossings] if split else []), _near_misses]
    issues = _without_length(lines)
    for number, stage in enumerate(stages):
        share = [(number + k) / (len(stages) + 1) for k in (0, 1)]
        lines, found = stage(lines, feature_id, tolerance, snap_gaps, growing(on_progress, *share))
        issues += found
    last = growing(on_progress, share[1], 1.0)
    network = build_network(lines, feature_id, tolerance, last)
    issues += _isolated(network, last)
    order = np.lexsort((network.node_y, network.node_x))
    node_number = np.empty(order.size, dtype=np.int64)
    node_number[order] = np.arange(1, order.size + 1)
    part = network.edge_part(np.arange(network.size))
    issues.sort(key=lambda issue: (issue.tipo, feature_id[issue.feature], issue.x, issue.y))
    return Prepared(
        network=network,
        node_number=node_number,
        edge_part=part,
        issues=issues,
        largest_share=float(network.length[part == 1].sum() / network.length.sum()),
    )


def _without_length(lines):
    """Return an issue for each part all of whose vertices are one place."""
    count = np.diff(lines.start)
    part = np.repeat(np.arange(count.size), count)
    first = lines.xy[np.minimum(lines.start[:-1], max(len(lines.xy) - 1, 0))]
    moved = np.bincount(part, weights=(lines.xy != first[part]).any(axis=1), minlength=count.size)
    found = []
    for number in np.flatnonzero((moved == 0) & (count > 0)).tolist():
        x, y = first[number].tolist()
        feature = int(lines.feature[number])
        found.append(Issue(ZERO_LENGTH, feature, x, y, 0.0, "scartata"))
    return found


# Duplicates ---------------------------------------------------------------------------------


def _without_duplicates(lines, feature_id, tolerance, _, on_progress):
    step_done = Steps(on_progress, 20)
    count = np.diff(lines.start)
    place = _places(lines.xy, tolerance, step_done)
    begin, end = place[lines.start[:-1]], place[lines.start[1:] - 1]
    total = np.add.reduceat(place, lines.start[:-1]) if count.size else place[:0]
    keys = (count, np.minimum(begin, end), np.maximum(begin, end), total)
    step_done()
    order = np.lexsort((feature_id[lines.feature], *keys))
    step_done()
    same = np.ones(max(order.size - 1, 0), dtype=bool)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    dropped = np.zeros(count.size, dtype=bool)
    issues = []
    # Only parts with the same ends and the same places in sum are compared, few in any network.
    heads = np.flatnonzero(np.append(True, ~same)) if order.size else order
    tails = np.append(heads[1:], order.size)
    several = tails - heads > 1
    for number, (low, high) in enumerate(zip(heads[several].tolist(), tails[several].tolist())):
        if number % _ASK_EVERY == 0:
            step_done()
        kept: list = []
        for number in order[low:high].tolist():
            run = place[lines.start[number] : lines.start[number + 1]]
            twin = next((one for one in kept if _same_run(run, one[1])), None)
            if twin is None:
                kept.append((number, run))
                continue
            dropped[number] = True
            x, y = _middle(lines, number)
            of = int(feature_id[lines.feature[twin[0]]])
            text = f"scartata, uguale alla linea {of}"
            issues.append(Issue(DUPLICATE, int(lines.feature[number]), x, y, 0.0, text))
    return _keep_parts(lines, ~dropped), issues


def _same_run(one, other):
    return bool((one == other).all() or (one == other[::-1]).all())


def _middle(lines, number):
    at = (lines.start[number] + lines.start[number + 1] - 1) // 2
    return tuple(lines.xy[at].tolist())


def _keep_parts(lines, keep):
    count = np.diff(lines.start)
    vertices = np.repeat(keep, count)
    start = np.concatenate(([0], np.cumsum(count[keep])))
    return Lines(lines.xy[vertices], start, lines.feature[keep], lines.left_out)


def _places(xy, tolerance, step_done=lambda: None):
    """Return for each vertex the number of its place: those within the tolerance are one."""
    if not len(xy):
        return np.zeros(0, dtype=np.int64)
    at, place = same_places(xy, step_done)
    step_done()
    a, b = near_places(at, tolerance + SLACK, step_done)
    step_done()
    return components(len(at), a, b, step_done)[place]


# Crossings ----------------------------------------------------------------------------------


def _split_crossings(lines, feature_id, tolerance, _, on_progress):
    """Give lines a vertex where they cross, and where one ends on another."""
    network = build_network(lines, feature_id, tolerance, on_progress)
    index = SegmentIndex(network, on_progress)
    step_done = Steps(on_progress, 1)
    i, j = index.meeting_pairs()
    step_done()
    reach = tolerance + SLACK
    # Of each pair: one, other, metres along one, x, y; the vertex goes into one.
    first, second, t, u, x, y = _by_lots(_crossed, index, i, j, reach, step_done)
    cuts = [(first, second, t, x, y), (second, first, u, x, y)]
    for one, other in ((i, j), (j, i)):
        for end in (0, 1):
            touched = lambda *given, end=end: _touched(*given, end)  # noqa: E731
            cuts.append(_by_lots(touched, index, one, other, reach, step_done))
    one, other, offset, x, y = (np.concatenate(columns) for columns in zip(*cuts))
    if not one.size:
        return lines, []
    # Several lines through one place take the very same coordinates.
    at = np.column_stack((x, y))
    _, first, group = np.unique(_places(at, tolerance), return_index=True, return_inverse=True)
    at = at[first][group.ravel()]
    made = _insert(network, index.vertex[one], offset, at)
    rows = network.feature[index.edge[one]], network.feature[index.edge[other]]
    swap = feature_id[rows[0]] > feature_id[rows[1]]
    lower, higher = np.where(swap, rows[1], rows[0]), np.where(swap, rows[0], rows[1])
    found = {}
    for row, with_row, (px, py) in zip(lower.tolist(), higher.tolist(), at.tolist()):
        text = f"divisa con la linea {int(feature_id[with_row])}"
        found[row, with_row, px, py] = Issue(CROSSING, row, px, py, 0.0, text)
    return made, list(found.values())


def _by_lots(find, index, one, other, reach, step_done):
    """Return what a function finds among pairs of segments, many at once but not all."""
    found = [find(index, one[:0], other[:0], reach)]
    for first in range(0, one.size, _PAIRS_AT_ONCE):
        step_done()
        part = slice(first, first + _PAIRS_AT_ONCE)
        found.append(find(index, one[part], other[part], reach))
    return [np.concatenate(columns) for columns in zip(*found)]


_PAIRS_AT_ONCE = 500_000


def _crossed(index, i, j, reach):
    """Return i, j, metres along each, x and y where two segments cross inside both."""
    ax, ay, bx, by = _ends_of(index, i)
    cx, cy, dx, dy = _ends_of(index, j)
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    long_u, long_v = np.hypot(ux, uy), np.hypot(vx, vy)
    cross = ux * vy - uy * vx
    with np.errstate(invalid="ignore", divide="ignore"):
        t = ((cx - ax) * vy - (cy - ay) * vx) / cross * long_u
        u = ((cx - ax) * uy - (cy - ay) * ux) / cross * long_v
    apart = np.abs(cross) > 1e-12 * long_u * long_v
    inside = apart & (t > reach) & (t < long_u - reach) & (u > reach) & (u < long_v - reach)
    found = np.flatnonzero(inside)
    share = t[found] / long_u[found]
    x, y = ax[found] + share * ux[found], ay[found] + share * uy[found]
    return i[found], j[found], t[found], u[found], x, y


def _touched(index, one, other, reach, end):
    """Return the cuts of ``one`` where an end of ``other`` lies on it."""
    network = index.network
    vertex = index.vertex[other] + end
    x, y = network.x[vertex], network.y[vertex]
    away, along = index.project(one, x, y)
    length = index.length(one)
    found = np.flatnonzero((away <= reach) & (along > reach) & (along < length - reach))
    return one[found], other[found], along[found], x[found], y[found]


def _ends_of(index, segment):
    network, vertex = index.network, index.vertex[segment]
    return network.x[vertex], network.y[vertex], network.x[vertex + 1], network.y[vertex + 1]


def _insert(network, vertex, offset, at):
    """Return the lines of a network with new vertices after some, in the order of ``offset``."""
    xy = np.column_stack((network.x, network.y))
    key = np.concatenate((np.arange(len(xy)), vertex))
    rank = np.concatenate((np.full(len(xy), -1.0), offset))
    every = np.concatenate((xy, at))
    order = np.lexsort((rank, key))
    begin, row = _parts_of(network)
    more = np.bincount(np.searchsorted(begin, vertex, side="right") - 1, minlength=begin.size)
    count = np.diff(np.append(begin, len(xy))) + more
    return Lines(every[order], np.concatenate(([0], np.cumsum(count))), row, _NONE)


_NONE = np.zeros(0, dtype=np.int64)


def _parts_of(network):
    """Return the first vertex and the feature of each line part of a network."""
    head = np.append(True, network.first[1:] != network.last[:-1])
    return network.first[head], network.feature[head]


# Near misses --------------------------------------------------------------------------------


def _near_misses(lines, feature_id, tolerance, snap_gaps, on_progress):
    """Tell the ends near a line they don't touch, and close the gaps up to ``snap_gaps``."""
    network = build_network(lines, feature_id, tolerance, on_progress)
    index = SegmentIndex(network, on_progress)
    step_done = Steps(on_progress, 1)
    begin, _ = _parts_of(network)
    xy = np.column_stack((network.x, network.y))
    place = _places(xy, tolerance, step_done)
    part = np.searchsorted(begin, np.arange(len(xy)), side="right") - 1
    finish = np.append(begin[1:], len(xy)) - 1
    tips = np.concatenate((begin, finish))
    reach = max(snap_gaps, TOLD_WITHIN) + SLACK
    misses = _misses(index, place, part, tips, reach, tolerance, snap_gaps, step_done)
    touched = set()
    moved: dict = {}
    issues, cuts = [], []
    for number, (distance, tip, segment, along, near_end) in enumerate(misses):
        if number % _ASK_EVERY == 0:
            step_done()
        here = int(place[tip])
        if here in touched:
            continue
        row = int(network.feature[index.edge[segment]])
        own = int(network.feature[np.searchsorted(network.first, tip, side="right") - 1])
        x, y = xy[tip].tolist()
        if distance > snap_gaps + SLACK or snap_gaps <= 0:
            touched.add(here)
            text = f"nessuna: a {distance:.3f} m dalla linea {int(feature_id[row])}"
            issues.append(Issue(NEAR_MISS, own, x, y, distance, text))
            continue
        if near_end >= 0:
            target = int(place[near_end])
            goal = moved.get(target, tuple(xy[near_end].tolist()))
            text = f"spostata sull'estremo della linea {int(feature_id[row])}"
            touched.add(target)
        else:
            vertex = index.vertex[segment]
            share = along / index.length(segment)
            goal = tuple((xy[vertex] + share * (xy[vertex + 1] - xy[vertex])).tolist())
            cuts.append((int(vertex), float(along), goal))
            text = f"spostata sulla linea {int(feature_id[row])}, che è divisa"
        touched.add(here)
        moved[here] = goal
        issues.append(Issue(NEAR_MISS, own, x, y, distance, text))
    for where, goal in moved.items():
        xy[place == where] = goal
    network.x, network.y = xy[:, 0].copy(), xy[:, 1].copy()
    vertex = np.array([cut[0] for cut in cuts], dtype=np.int64)
    offset = np.array([cut[1] for cut in cuts], dtype=np.float64)
    at = np.array([cut[2] for cut in cuts], dtype=np.float64).reshape(-1, 2)
    return _insert(network, vertex, offset, at), issues


def _misses(index, place, part, tips, reach, tolerance, snap_gaps, step_done):
    """Return (metres, tip, segment, metres along it, near end or -1), the surest first.

    A tip is a vertex at an end of a part. An end near enough to be moved to comes before a line.
    """
    network = index.network
    ids = network.feature_id[network.feature]
    edge = np.searchsorted(network.first, tips, side="right") - 1
    is_tip = np.zeros(network.x.size, dtype=bool)
    is_tip[tips] = True
    # One tip stands for all those at its place: that of the lowest feature id.
    order = np.lexsort((ids[edge], place[tips]))
    _, heads = np.unique(place[tips][order], return_index=True)
    tips, own_ids = tips[order[heads]], ids[edge[order[heads]]]
    x, y = network.x[tips], network.y[tips]
    found = []
    for begin in range(0, tips.size, 20_000):
        step_done()
        some = np.arange(begin, min(begin + 20_000, tips.size))
        found.append(_near_segments(index, x, y, reach, some))
    who, segment, away, along = (np.concatenate(columns) for columns in zip(*found))
    # The lines that touch the tip: those with a vertex at its place.
    pairs = np.unique(place * (int(part.max()) + 1) + part)
    step_done()
    of = place[tips[who]] * (int(part.max()) + 1) + part[index.vertex[segment]]
    apart = ~np.isin(of, pairs)
    who, segment, away, along = who[apart], segment[apart], away[apart], along[apart]
    length = index.length(segment)
    vertex = index.vertex[segment] + (along > length / 2)
    at_vertex = np.minimum(along, length - along) <= tolerance + SLACK
    # Reached along a line that touches the tip already: a short street, not a gap.
    tried = np.flatnonzero(at_vertex)
    wanted = np.union1d(place[tips[who[tried]]], place[vertex[tried]])
    parts_at: dict = {}
    where, which = np.divmod(pairs, int(part.max()) + 1)
    mine = np.isin(where, wanted)
    step_done()
    for at, number in zip(where[mine].tolist(), which[mine].tolist()):
        parts_at.setdefault(at, set()).add(number)
    own = np.zeros(who.size, dtype=bool)
    for number in tried.tolist():
        if number % _ASK_EVERY == 0:
            step_done()
        tip, other = int(place[tips[who[number]]]), int(place[vertex[number]])
        own[number] = not parts_at[tip].isdisjoint(parts_at[other])
    who, segment, away, along, vertex = (
        values[~own] for values in (who, segment, away, along, vertex)
    )
    # The end of the segment's side, where it is an end of its part and in reach itself.
    to_end = np.hypot(network.x[vertex] - x[who], network.y[vertex] - y[who])
    on_end = is_tip[vertex] & (snap_gaps > 0) & (to_end <= snap_gaps + SLACK)
    metres = np.where(on_end, to_end, away)
    # Of two ends that face each other the lower id stays.
    order = np.lexsort((ids[index.edge[segment]], -own_ids[who], metres, ~on_end))
    return [
        (
            float(metres[number]),
            int(tips[who[number]]),
            int(segment[number]),
            float(along[number]),
            int(vertex[number]) if on_end[number] else -1,
        )
        for number in order.tolist()
    ]


def _near_segments(index, x, y, reach, tips):
    """Return (tip, segment, metres between them, metres along it) of those in reach."""
    who, segment = index.candidates(x[tips], y[tips], reach)
    who = tips[who]
    ax, ay, bx, by = _ends_of(index, segment)
    beside = (
        (x[who] >= np.minimum(ax, bx) - reach)
        & (x[who] <= np.maximum(ax, bx) + reach)
        & (y[who] >= np.minimum(ay, by) - reach)
        & (y[who] <= np.maximum(ay, by) + reach)
    )
    who, segment = who[beside], segment[beside]
    away, along = index.project(segment, x[who], y[who])
    near = away <= reach
    return who[near], segment[near], away[near], along[near]


# Isolated parts -----------------------------------------------------------------------------


def _isolated(network, on_progress):
    """Return an issue for each part but the longest, with its distance from it."""
    part = network.edge_part(np.arange(network.size))
    if part.max() == 1:
        return []
    main = np.flatnonzero(part == 1)
    rest = SegmentIndex(network.only(main), on_progress)
    others = np.flatnonzero(part > 1)
    ends = np.concatenate((network.first[others], network.last[others]))
    found = rest.nearest(network.x[ends], network.y[ends], on_progress)
    if found is None:
        raise Stopped
    away, _ = found
    which = np.tile(part[others], 2)
    edge = np.tile(others, 2)
    order = np.lexsort((network.feature_id[network.feature[edge]], which))
    heads = order[np.append(True, which[order][1:] != which[order][:-1])]
    least = np.full(int(part.max()) + 1, np.inf)
    np.minimum.at(least, which, away)
    length = np.bincount(part, weights=network.length)
    issues = []
    for head in heads.tolist():
        number = int(which[head])
        vertex = ends[head]
        text = f"nessuna: parte {number}, lunga {length[number]:.1f} m, non collegata alla 1"
        row = int(network.feature[edge[head]])
        x, y = float(network.x[vertex]), float(network.y[vertex])
        issues.append(Issue(ISOLATED, row, x, y, float(least[number]), text))
    return issues
