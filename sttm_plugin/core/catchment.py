"""What each LUM serves along the streets: ranks, radii, reached edges (INTERFACE §5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from .errors import SttmError
from .network import SLACK, split_network
from .paths import Spreader, graph_of_pieces, groups_at_once
from .progress import Steps, Stopped
from .snapping import attach_points
from .text import normalise, number_list, number_pairs

METROPOLITANO, SOVRACOMUNALE, LOCALE = "metropolitano", "sovracomunale", "locale"
NETWORK, CIRCLE, FALLBACK = "rete", "cerchio", "cerchio_ripiego"

_RAIL_LINE = re.compile(r"(?:S|R|RE|RV|RX|RXP|MXP|REX|SFM|IC|EC|FR)\d{1,3}[A-Z]?")
_METRO_LINE = re.compile(r"MM?\d{1,2}")
_RAIL_KIND = re.compile(r"ferro|\btreni?\b|\brail|\btrain")
_METRO_KIND = re.compile(r"metropolitana|\bmetro\b|\bmm\b|\bsubway\b")


# Parameters ---------------------------------------------------------------------------------


def read_radii(text, pack_radii):
    """Return {rank: metres} of RADII; a number alone is the radius of every rank.

    Args:
        text: "metropolitano=500,sovracomunale=350", "400", or "" for the pack's.
        pack_radii: {rank: metres}.

    Returns:
        {rank: metres}, ranks normalised; {None: metres} for every rank.

    Raises:
        SttmError: a piece can't be read, repeats, or isn't above zero.
    """
    text = str(text or "").strip()
    if not text:
        return dict(pack_radii)
    if "=" not in text:
        numbers = number_list(text, "Raggi")
        if len(numbers) != 1:
            raise SttmError(
                f"Raggi: «{text}» contiene più numeri senza rango. Scrivere un solo numero per "
                "tutti i ranghi, oppure metropolitano=500,sovracomunale=350."
            )
        radii = {None: numbers[0]}
    else:
        radii = {}
        for name, metres in number_pairs(text, "Raggi"):
            rank = rank_name(name)
            if rank in radii:
                raise SttmError(f"Raggi: «{name}» è ripetuto.")
            radii[rank] = metres
    for rank, metres in radii.items():
        if metres <= 0:
            where = f"«{rank}={metres:g}»" if rank else f"«{metres:g}»"
            raise SttmError(f"Raggi: {where} deve essere maggiore di zero.")
    return radii


def read_bands(text):
    """Return the increasing distances of BANDS, metres.

    Raises:
        SttmError: a piece can't be read, repeats, or isn't above zero.
    """
    bands = number_list(text or "", "Fasce")
    if bands and bands[0] <= 0:
        raise SttmError(f"Fasce: «{bands[0]:g}» deve essere maggiore di zero.")
    return bands


def rank_name(text) -> str:
    """Return a rank as it is compared: lower case, no accents, one space."""
    return normalise(text)


# Ranks --------------------------------------------------------------------------------------


def derive_rank(lines, kinds) -> str:
    """Return the rank of a node from its lines and kinds of transport.

    Args:
        lines: texts such as "S5 S6 R4", "M2", or a number of lines, one for each stop.
        kinds: texts such as "ferrovia", "ferrovia;metropolitana", "interscambio".

    Returns:
        ``metropolitano`` for an interchange of rail and metro or three rail lines or more,
        else ``sovracomunale``.

    Source: LUM.md §2 rule 5, ``proposta``.
    """
    rail, metro, counted = set(), set(), 0
    for text in (str(text).upper() for text in lines if text is not None):
        if re.fullmatch(r"\s*\d{1,2}(?:[.,]0+)?\s*", text):
            counted = max(counted, int(float(text.replace(",", "."))))
        for line in re.split(r"[^0-9A-Z]+", text):
            if _METRO_LINE.fullmatch(line):
                metro.add(line)
            elif _RAIL_LINE.fullmatch(line):
                rail.add(line)
    kinds = [normalise(kind) for kind in kinds if kind is not None]
    has_rail = bool(rail) or any(_RAIL_KIND.search(kind) for kind in kinds)
    has_metro = bool(metro) or any(_METRO_KIND.search(kind) for kind in kinds)
    if (has_rail and has_metro) or "interscambio" in kinds or len(rail) >= 3:
        return METROPOLITANO
    # A number alone counts the lines: of the railway, unless the node has only the metro.
    if counted >= 3 and not has_metro:
        return METROPOLITANO
    return SOVRACOMUNALE


@dataclass
class Stops:
    """Stops as they are read, one row each.

    Attributes:
        ids: text, the same id is one LUM; ranks, names, states: text or None.
        lines, kinds: text or None, from which a missing rank is derived.
        shapes: ``core.wkb.Points`` or None.
        labels: how sentences name each stop.
    """

    ids: list
    ranks: list
    names: list
    states: list
    lines: list
    kinds: list
    shapes: list
    labels: list


@dataclass
class Lum:
    """One LUM: ``x``, ``y`` are its sources; ``radii`` the increasing distances asked for."""

    id_lum: str
    nome: str | None
    rango: str
    rango_derivato: bool
    stato: str
    radii: list = field(default_factory=list)
    x: np.ndarray = field(default_factory=lambda: np.zeros(0))
    y: np.ndarray = field(default_factory=lambda: np.zeros(0))
    labels: list = field(default_factory=list)


def group_stops(stops, radii, bands):
    """Return the LUM of some stops, by id (code points), and what there is to say.

    A rank that is missing is derived from lines and kinds (LUM.md §2 rule 5) and marked; a
    state that is missing is ``esistente``. Of several ranks of a LUM the one with the
    widest radius counts.

    Returns:
        (list of Lum, list of sentences).

    Raises:
        SttmError: a rank ``radii`` lacks; both are named.
    """
    rows: dict = {}
    for number, key in enumerate(stops.ids):
        rows.setdefault(key, []).append(number)
    found, log, derived, assumed = [], [], [], []
    for key in sorted(rows):
        members = rows[key]
        rank, is_derived = _rank_of(stops, members, key, radii, log)
        states = [stops.states[n] for n in members if stops.states[n]]
        if len(set(states)) > 1:
            log.append(
                f"LUM «{key}»: le fermate dichiarano stati diversi "
                f"({', '.join(sorted(set(states)))}): vale «{states[0]}», della prima."
            )
        if not states:
            assumed.append(key)
        if is_derived:
            derived.append(f"{key} → {rank}")
        points = [stops.shapes[n] for n in members]
        xy = [shape.xy for shape in points if shape is not None]
        sources = np.concatenate(xy) if xy else np.zeros((0, 2))
        found.append(
            Lum(
                id_lum=key,
                nome=next((stops.names[n] for n in members if stops.names[n]), None),
                rango=rank,
                rango_derivato=is_derived,
                stato=states[0] if states else "esistente",
                radii=sorted({radii.get(None, radii.get(rank)), *bands}),
                x=sources[:, 0],
                y=sources[:, 1],
                labels=[
                    stops.labels[n]
                    for n, shape in zip(members, points)
                    if shape is not None
                    for _ in shape.xy
                ],
            )
        )
    if derived:
        log.append(f"Rango assente, derivato per {len(derived)} LUM: {_some(derived)}.")
    if assumed:
        log.append(
            f"Stato non dichiarato per {len(assumed)} LUM, considerati esistenti: {_some(assumed)}."
        )
    return found, log


def _rank_of(stops, members, key, radii, log):
    declared = []
    for number in members:
        rank = rank_name(stops.ranks[number]) if stops.ranks[number] else ""
        if rank and rank not in declared:
            declared.append(rank)
    for rank in declared:
        if None not in radii and rank not in radii:
            known = ", ".join(sorted(radii))
            raise SttmError(
                f"Il LUM «{key}» ha rango «{rank}», che manca fra i raggi indicati ({known}): "
                f"aggiungere {rank}=<metri> ai raggi o correggere il rango della fermata."
            )
    if not declared:
        rank = derive_rank([stops.lines[n] for n in members], [stops.kinds[n] for n in members])
        if None not in radii and rank not in radii:
            known = ", ".join(sorted(radii))
            raise SttmError(
                f"Il LUM «{key}» non ha rango e quello derivato è «{rank}», che manca fra i raggi "
                f"indicati ({known}): aggiungere {rank}=<metri> ai raggi o indicare il rango."
            )
        return rank, True
    order = {METROPOLITANO: 0, SOVRACOMUNALE: 1, LOCALE: 2}
    declared.sort(key=lambda rank: (-radii.get(None, radii.get(rank, 0)), order.get(rank, 3), rank))
    if len(declared) > 1:
        log.append(
            f"LUM «{key}»: le fermate hanno ranghi diversi ({', '.join(declared)}): vale "
            f"«{declared[0]}»."
        )
    return declared[0], False


def _some(names, most=10):
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


# Reached edges ------------------------------------------------------------------------------


@dataclass
class Reached:
    """What a LUM reaches within one distance.

    Attributes:
        edge: int64 (k,); begin, end: float64 (k,), metres along the edge, from the cheaper
            end to the dearer one (so that ``begin`` may be above ``end``).
        cost_begin, cost_end: float64 (k,), metres from the LUM.
        length: metres of network.
    """

    edge: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    cost_begin: np.ndarray
    cost_end: np.ndarray
    length: float


@dataclass
class Catchment:
    """One LUM on the network.

    Attributes:
        snap_m: float64 (sources,), metres from each source to the network.
        attached: bool (sources,), within MAX_SNAP.
        reached: {metres: Reached}, for each of the LUM's radii.
    """

    snap_m: np.ndarray
    attached: np.ndarray
    reached: dict


def reach_lum(network, index, lum_list, max_snap, on_progress=None):
    """Return what each LUM reaches along the network within each of its distances.

    The connector of a source is taken off the distance and isn't part of the length, which is
    min(w, max(0, R − c_u) + max(0, R − c_v)) of each edge.

    Args:
        network: ``core.network.Network``; index: ``core.snapping.SegmentIndex`` over it.
        lum_list: Lum.
        max_snap: metres, included.

    Returns:
        list of Catchment, in the order of ``lum_list``; None when ``on_progress`` says stop.
    """
    owner = np.repeat(np.arange(len(lum_list)), [lum.x.size for lum in lum_list])
    x = np.concatenate([lum.x for lum in lum_list]) if lum_list else np.zeros(0)
    y = np.concatenate([lum.y for lum in lum_list]) if lum_list else np.zeros(0)
    found = attach_points(index, x, y, max_snap, on_progress and (lambda s: on_progress(0.2 * s)))
    if found is None:
        return None
    edge, offset, snap_m, attached = found
    widest = np.array([max(lum.radii) for lum in lum_list])
    # No path leaves the square around its stop; of a large network only that is travelled.
    near = _edges_around(index, x[attached], y[attached], widest[owner][attached])
    near = np.union1d(near, edge[attached])
    place = np.zeros(network.size, dtype=np.int64)
    place[near] = np.arange(near.size)
    # Each of these takes up to a second on a million edges.
    step_done = Steps(on_progress and (lambda _: on_progress(0.2)), 5)
    try:
        step_done()
        network = network.only(near)
        step_done()
        split = split_network(network, place[edge[attached]], offset[attached])
        step_done()
        ones = np.ones(network.size)
        graph = graph_of_pieces(split, ones, ones)
        step_done()
        node = np.full(x.size, -1, dtype=np.int64)
        node[attached] = split.cut_node
        around = _pieces_of_nodes(split)
        step_done()
    except Stopped:
        return None

    order = np.argsort(widest, kind="stable")
    together = groups_at_once(graph, len(lum_list))
    spreader = Spreader(graph, together)
    result: list = [None] * len(lum_list)
    for first in range(0, order.size, together):
        batch = order[first : first + together]
        mine = np.flatnonzero(attached & np.isin(owner, batch))
        group = np.empty(len(lum_list), dtype=np.int64)
        group[batch] = np.arange(batch.size)
        spread = spreader.spread(
            group[owner[mine]], node[mine], snap_m[mine], float(widest[batch].max()),
            on_progress=on_progress and (lambda _: on_progress(0.2)),
        )  # fmt: skip
        if spread is None:
            return None
        bounds = np.searchsorted(spread[0], np.arange(batch.size + 1))
        for number, which in enumerate(batch):
            if on_progress and not on_progress(0.2 + 0.8 * (first + number) / order.size):
                return None
            part = slice(bounds[number], bounds[number + 1])
            sources = owner == which
            result[which] = Catchment(
                snap_m[sources],
                attached[sources],
                {
                    radius: _reached(split, around, spread[1][part], spread[2][part], radius, near)
                    for radius in lum_list[which].radii
                },
            )
    return result


def _edges_around(index, x, y, radius):
    """Return the edges that a path from some places, so long at most, can touch."""
    reach = radius + index.network.gaps + 1.0
    wanted = np.zeros(index.network.size, dtype=bool)
    for px, py, metres in zip(x.tolist(), y.tolist(), reach.tolist()):
        found = index.in_box(px - metres, py - metres, px + metres, py + metres)
        wanted[index.edge[found]] = True
    return np.flatnonzero(wanted)


def _pieces_of_nodes(split):
    """Return (begin, pieces): the pieces of node n are ``pieces[begin[n]:begin[n + 1]]``."""
    node = np.concatenate((split.node_from, split.node_to))
    piece = np.tile(np.arange(split.edge.size), 2)
    order = np.argsort(node, kind="stable")
    return np.concatenate(([0], np.cumsum(np.bincount(node, minlength=split.nodes)))), piece[order]


def _reached(split, around, node, cost, radius, names):
    """Return what is reached within a radius from nodes with known costs.

    Args:
        names: int64, the edges of the whole network that those of ``split`` are.
    """
    within = cost <= radius + SLACK
    node, cost = node[within], cost[within]
    begin, pieces = around
    number = begin[node + 1] - begin[node]
    before = np.cumsum(number) - number
    piece = np.unique(pieces[np.repeat(begin[node] - before, number) + np.arange(number.sum())])
    at = np.full(split.nodes, np.inf)
    at[node] = cost
    low, high = at[split.node_from[piece]], at[split.node_to[piece]]
    width = split.length[piece]
    from_low = np.clip(radius - low, 0.0, width)
    from_high = np.clip(radius - high, 0.0, width)
    length = np.minimum(width, from_low + from_high)

    # Where the two ways meet inside a piece, it is cut: on each side the cost only grows.
    whole = from_low + from_high >= width - SLACK
    meet = np.where(whole, _meeting(low, high, width), from_low)
    rest = np.where(whole, width - meet, from_high)
    edge, start, end = names[split.edge[piece]], split.begin[piece], split.end[piece]
    ahead, back = meet > SLACK, rest > SLACK
    # Loops and pieces reached from one end only keep a single part.
    return Reached(
        edge=np.concatenate((edge[ahead], edge[back])),
        begin=np.concatenate((start[ahead], end[back])),
        end=np.concatenate(((start + meet)[ahead], (end - rest)[back])),
        cost_begin=np.concatenate((low[ahead], high[back])),
        cost_end=np.concatenate(((low + meet)[ahead], (high + rest)[back])),
        length=float(length.sum()),
    )


def _meeting(low, high, width):
    """Return metres from the lower end at which both ways of a piece cost the same."""
    with np.errstate(invalid="ignore"):
        meet = (high - low + width) / 2
    meet = np.where(np.isnan(meet), 0.0, meet)
    return np.clip(meet, 0.0, width)


def draw(network, reached):
    """Return the vertices of reached parts: (xy, start), as ``core.wkb.Lines`` has them.

    Each part runs the way its cost grows and ends exactly where it was cut.
    """
    low = np.minimum(reached.begin, reached.end)
    high = np.maximum(reached.begin, reached.end)
    first, last = network.first[reached.edge], network.last[reached.edge]
    base = network.along[first]
    number = last - first + 1
    before = np.cumsum(number) - number
    part = np.repeat(np.arange(first.size), number)
    vertex = np.repeat(first - before, number) + np.arange(number.sum())
    along = network.along[vertex] - base[part]
    inside = (along > low[part] + 1e-9) & (along < high[part] - 1e-9)
    part, vertex, along = part[inside], vertex[inside], along[inside]
    every = np.arange(first.size)
    ends = [_place(network, reached.edge, metres) for metres in (low, high)]
    part = np.concatenate((every, part, every))
    along = np.concatenate((low, along, high))
    x = np.concatenate((ends[0][0], network.x[vertex], ends[1][0]))
    y = np.concatenate((ends[0][1], network.y[vertex], ends[1][1]))
    backwards = (reached.begin > reached.end)[part]
    order = np.lexsort((np.where(backwards, -along, along), part))
    start = np.concatenate(([0], np.cumsum(np.bincount(part, minlength=first.size))))
    return np.column_stack((x, y))[order], start.astype(np.int64)


def _place(network, edge, offset):
    """Return x, y of places along edges."""
    first, last = network.first[edge], network.last[edge]
    # An end of an edge is its vertex to the last digit.
    at_begin = offset <= 1e-9
    at_end = ~at_begin & (network.length[edge] - offset <= 1e-9)
    vertex = np.where(at_end, last - 1, first)
    share = at_end.astype(np.float64)
    inner = np.flatnonzero(~(at_begin | at_end))
    target = network.along[first[inner]] + offset[inner]
    # Halving: the last vertex of each edge that isn't beyond the place.
    low, high = first[inner], last[inner]
    while (low < high).any():
        middle = (low + high + 1) // 2
        before = network.along[middle] <= target
        low, high = np.where(before, middle, low), np.where(before, high, middle - 1)
        high = np.maximum(low, high)
    low = np.minimum(low, last[inner] - 1)
    step = network.along[low + 1] - network.along[low]
    vertex[inner] = low
    share[inner] = np.clip((target - network.along[low]) / np.where(step > 0, step, 1.0), 0, 1)
    x = network.x[vertex] * (1 - share) + network.x[vertex + 1] * share
    y = network.y[vertex] * (1 - share) + network.y[vertex + 1] * share
    return x, y


@dataclass
class Cells:
    """Square cells that are covered: ``covered`` bool (lines, columns), from the south-west.

    Attributes:
        x, y: metres, the south-west corner. side: metres.
    """

    covered: np.ndarray
    x: float
    y: float
    side: float


# Cells a side of a preview, at most, and those that half a street's width takes, at least.
_MOST_CELLS, _LEAST_CELLS = 500, 2.0


def cover(xy, start, width, x, y, radius) -> Cells | None:
    """Return the cells nearer than ``width`` to some lines and within circles around x, y.

    For a quick look: a cell counts by its centre, to a third of a cell or so.

    Args:
        xy, start: parts of lines. width, radius: metres. x, y: float64 (k,), the centres.

    Returns:
        Cells; None where streets would be thinner than cells.
    """
    low = np.array([x.min(), y.min()]) - radius
    extent = float(max(np.ptp(x), np.ptp(y)) + 2 * radius)
    side = max(width / 4, extent / _MOST_CELLS)
    if width / side < _LEAST_CELLS or not len(xy):
        return None
    size = int(np.ceil(extent / side))
    border = int(np.ceil(width / side)) + 1
    ends = np.ones(len(xy) - 1, dtype=bool)
    ends[start[1:-1] - 1] = False
    begin, way = xy[:-1][ends], np.diff(xy, axis=0)[ends]
    number = np.maximum(np.ceil(np.hypot(*way.T) / (side / 2)).astype(np.int64), 1) + 1
    which = np.repeat(np.arange(number.size), number)
    step = np.arange(which.size) - np.repeat(np.cumsum(number) - number, number)
    places = begin[which] + way[which] * (step / (number[which] - 1))[:, None]
    at = np.floor((places - low) / side).astype(np.int64) + border
    at = at[((at >= 0) & (at < size + 2 * border)).all(axis=1)]
    marked = np.zeros((size + 2 * border, size + 2 * border + 1), dtype=np.int32)
    marked[at[:, 1], at[:, 0] + 1] = 1
    # Marks to the left of each column: a run of cells holds one where their number grows.
    before = np.cumsum(marked, axis=1, dtype=np.int32)
    covered = np.zeros((size, size), dtype=bool)
    # A mark stands for places up to half a cell off.
    reach = width / side - 0.3
    for line in range(-int(reach), int(reach) + 1):
        half = int(np.sqrt(reach**2 - line**2))
        rows = before[border + line : border + line + size]
        right = rows[:, border + half + 1 : border + half + 1 + size]
        covered |= right > rows[:, border - half : border - half + size]
    centre = (np.arange(size) + 0.5) * side
    within = np.zeros((size, size), dtype=bool)
    for px, py in zip(x - low[0], y - low[1]):
        within |= (centre - px) ** 2 + ((centre - py) ** 2)[:, None] <= radius**2
    return Cells(covered & within, float(low[0]), float(low[1]), side)


# Comuni -------------------------------------------------------------------------------------


def share_out(quote, least):
    """Return (codes by falling share, {code: share}) of the comuni a LUM lies in.

    Args:
        quote: {ISTAT code: share 0-1}.
        least: lowest share that counts, included.

    Source: LUM.md §2 rule 4, ``proposta``.
    """
    rounded = {code: round(float(share), 6) for code, share in quote.items() if share > 1e-9}
    counted = [code for code, share in rounded.items() if share >= least - SLACK]
    counted.sort(key=lambda code: (-rounded[code], code))
    return counted, dict(sorted(rounded.items()))
