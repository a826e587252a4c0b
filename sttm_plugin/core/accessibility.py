"""Who reaches what: nearest, cumulative, 2SFCA, E2SFCA, gravity (INTERFACE §5, accessibility)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .errors import SttmError
from .network import SLACK, scatter_min, split_network
from .paths import TABLE_CELLS, Spreader, graph_of_pieces
from .progress import Steps, Stopped, growing
from .snapping import Rings, attach_places, attach_points
from .text import number_list, number_pairs
from .wkb import Area, Points

METRES, MINUTES = 0, 1
NEAREST, CUMULATIVE, TWO_STEP, ENHANCED, GRAVITY = range(5)
EXPONENTIAL, POWER, GAUSSIAN = range(3)
FORWARD, BACKWARD, BOTH = range(3)

THRESHOLDS = {METRES: "500,1000,1500", MINUTES: "5,10,15"}
ZONES = {METRES: "500=1,1000=0.68,1500=0.22", MINUTES: "5=1,10=0.68,15=0.22"}

ATTACHED, NOT_ATTACHED, NO_GEOMETRY = "agganciato", "non_agganciato", "senza_geometria"
# Where a measure of supply is kept.
SUMMED = {TWO_STEP: "two_step", ENHANCED: "enhanced", GRAVITY: "gravity"}
REASONS = (None, "non_agganciato", "non_raggiunto", "oltre_soglia", "senza_servizi")
_UNATTACHED, _NO_PATH, _BEYOND, _NO_SERVICES = range(1, 5)


@dataclass
class Options:
    """What is measured and how: see ``make_options`` for the texts of the parameters.

    Attributes:
        strategy: METRES or MINUTES; costs, thresholds and zones are in its unit.
        thresholds: increasing; the last is the limit of every measure.
        measures: set of NEAREST … GRAVITY.
        zones: (ends, weights), float64, ends increasing.
        decay, beta: of gravity.
        speed: km/h off the network and where an edge has none.
        detour: straight-line distances are multiplied by it, where there is no network.
        max_snap: metres.
    """

    strategy: int = MINUTES
    thresholds: tuple = (5.0, 10.0, 15.0)
    measures: frozenset = frozenset({NEAREST, CUMULATIVE})
    zones: tuple = ((5.0, 10.0, 15.0), (1.0, 0.68, 0.22))
    decay: int = EXPONENTIAL
    beta: float | None = None
    speed: float = 4.5
    detour: float = 1.0
    max_snap: float = 200.0

    @property
    def limit(self) -> float:
        """Return the largest threshold."""
        return self.thresholds[-1]

    def cost_of_metres(self, speed=None):
        """Return the cost of a metre at a speed (km/h), the default one when None."""
        if self.strategy == METRES:
            return 1.0 if speed is None else np.ones_like(np.asarray(speed, dtype=np.float64))
        return 0.06 / (self.speed if speed is None else np.asarray(speed, dtype=np.float64))

    def zone_weight(self, cost):
        """Return the weight of the zone each cost falls in: (previous end, end], beyond 0."""
        ends, weights = self.zones
        zone = np.searchsorted(np.asarray(ends) + SLACK, cost, side="left")
        return np.append(weights, 0.0)[zone]

    def decayed(self, cost):
        """Return f(c) of gravity."""
        beta = self.beta
        if beta is None:
            beta = {EXPONENTIAL: 0.1, POWER: 2.0, GAUSSIAN: self.limit / 2}[self.decay]
        if self.decay == EXPONENTIAL:
            return np.exp(-beta * cost)
        if self.decay == POWER:
            return np.maximum(cost, 1.0) ** -beta
        return np.exp(-(cost**2) / (2 * beta**2))


def make_options(thresholds="", zones="", measures=(NEAREST, CUMULATIVE), **others) -> Options:
    """Return the options of an ``accessibility`` run from the texts of its parameters.

    Raises:
        SttmError: a list that can't be read, a number out of range; the piece is named.
    """
    strategy = others.get("strategy", MINUTES)
    limits = number_list(thresholds or THRESHOLDS[strategy], "Soglie")
    if not limits or limits[-1] <= 0:
        raise SttmError("Soglie: indicare almeno un numero maggiore di zero, per esempio 5,10,15.")
    measures = frozenset(int(measure) for measure in measures)
    if not measures:
        raise SttmError("Misure: sceglierne almeno una.")
    for name, label in (("speed", "Velocità predefinita"), ("detour", "Coefficiente di percorso")):
        if name in others and not 0 < others[name] < np.inf:
            raise SttmError(f"{label}: il valore {others[name]:g} deve essere maggiore di zero.")
    beta = others.get("beta")
    if beta is not None and not 0 < beta < np.inf:
        raise SttmError(f"Beta: il valore {beta:g} deve essere maggiore di zero.")
    return Options(
        thresholds=tuple(limits),
        measures=measures,
        zones=_read_zones(zones or ZONES[strategy]),
        **others,
    )


def _read_zones(text):
    pairs = []
    for name, weight in number_pairs(text, "Zone"):
        end = number_list(name, "Zone")
        if len(end) != 1:
            raise SttmError(f"Zone: «{name}» non è un numero.")
        if end[0] in [known for known, _ in pairs]:
            raise SttmError(f"Zone: il valore «{name}» è ripetuto.")
        pairs.append((end[0], weight))
    if not pairs:
        raise SttmError("Zone: indicare almeno una coppia, per esempio 5=1,10=0.68,15=0.22.")
    pairs.sort()
    return tuple(end for end, _ in pairs), tuple(weight for _, weight in pairs)


@dataclass
class Street:
    """A network as ``accessibility`` travels on it.

    Attributes:
        network: ``core.network.Network``; index: ``core.snapping.SegmentIndex`` over it.
        direction: int8 (f,), FORWARD, BACKWARD or BOTH for each feature; None = BOTH.
        speed: float64 (f,), km/h, NaN = the default; None = the default everywhere.
    """

    network: object
    index: object
    direction: np.ndarray | None = None
    speed: np.ndarray | None = None

    def cost_of_edges(self, options):
        """Return the cost of a metre of each edge, forward and backward; inf where closed."""
        feature = self.network.feature
        if options.strategy == METRES or self.speed is None:
            cost = np.full(feature.size, options.cost_of_metres())
        else:
            speed = np.where(self.speed > 0, self.speed, options.speed)
            cost = options.cost_of_metres(speed)[feature]
        forward, backward = cost.copy(), cost.copy()
        if self.direction is not None:
            way = self.direction[feature]
            forward[way == BACKWARD] = np.inf
            backward[way == FORWARD] = np.inf
        return forward, backward


@dataclass
class Measured:
    """What was measured for one category; arrays (o,) in the order of the origins.

    Attributes:
        cost: of the nearest service, inf beyond the largest threshold or unreached.
        service: index of that service, -1 where there is none; as narrow as the indexes are.
        reason: int8, index in REASONS.
        count: {threshold: unsigned, as wide as the category has services}.
        two_step, enhanced, gravity: float64, None when not asked for.
    """

    cost: np.ndarray
    service: np.ndarray
    reason: np.ndarray
    count: dict = field(default_factory=dict)
    two_step: np.ndarray | None = None
    enhanced: np.ndarray | None = None
    gravity: np.ndarray | None = None


@dataclass
class Accessibility:
    """Result of ``measure``.

    Attributes:
        attached, located: bool (o,); snap_m: float64 (o,), NaN without network or geometry.
        categories: {code: Measured}, in the order of codes.
        log: Italian sentences on what was left out and why.
    """

    attached: np.ndarray
    located: np.ndarray
    snap_m: np.ndarray
    categories: dict
    log: list

    @property
    def states(self):
        """Return ``stato_aggancio`` of each origin."""
        state = np.where(self.attached, ATTACHED, NOT_ATTACHED).astype(object)
        state[~self.located] = NO_GEOMETRY
        return state

    @property
    def categories_reached(self):
        """Return the number of categories within the largest threshold; -1 if not attached."""
        reached = np.zeros(self.attached.size, dtype=np.int64)
        for measured in self.categories.values():
            reached += np.isfinite(measured.cost)
        reached[~self.attached] = -1
        return reached


@dataclass
class Supply:
    """The services of a run, those with a category.

    Attributes:
        ids: text of each service, ties are broken by it (code points).
        categories: code of each.
        shapes: ``core.wkb.Points``, ``Area`` or None, of each.
        capacity: float64 (s,), NaN or ≤ 0 = out of the measures of supply; None = 1 each.
    """

    ids: list
    categories: list
    shapes: list
    capacity: np.ndarray | None = None

    def chosen(self, rows):
        """Return the services of some rows, in their order."""
        rows = np.asarray(rows, dtype=np.int64).tolist()
        return Supply(
            [self.ids[row] for row in rows],
            [self.categories[row] for row in rows],
            [self.shapes[row] for row in rows],
            None if self.capacity is None else np.asarray(self.capacity)[rows],
        )


def measure(x, y, population, supply, street, options, on_progress=None):
    """Measure what each origin reaches.

    Args:
        x, y: float64 (o,), metres, NaN without geometry.
        population: float64 (o,), NaN = 0; None when it isn't known.
        supply: Supply.
        street: Street, None for straight lines × ``options.detour``.
        options: Options.

    Returns:
        Accessibility; None when ``on_progress`` says stop.

    Raises:
        SttmError: 2SFCA or E2SFCA without population.

    Source: Hansen 1959 (gravity); Luo and Wang 2003 (2SFCA); Luo and Qi 2009 (E2SFCA, whose
    weights 1, 0.68, 0.22 are the default zones).
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if population is None and options.measures & {TWO_STEP, ENHANCED}:
        raise SttmError(
            "Le misure 2SFCA ed E2SFCA hanno bisogno della popolazione: indicare il campo della "
            "popolazione delle origini."
        )
    people = np.zeros(x.size) if population is None else np.nan_to_num(population, nan=0.0)
    codes = sorted(set(supply.categories))
    number_of = {code: number for number, code in enumerate(codes)}
    category = np.array([number_of[code] for code in supply.categories], dtype=np.int64)
    # Category by category, so that the services worked on together are of few.
    order = np.argsort(category, kind="stable")
    supply, category = supply.chosen(order), category[order]
    engine = _Straight if street is None else _Streets
    ways = engine.prepare(x, y, supply, street, options, growing(on_progress, 0.0, 0.4))
    if ways is None:
        return None
    sums = _Sums(ways, supply, category, codes, people, options)
    if not sums.run(growing(on_progress, 0.4, 1.0)):
        return None
    for measured in sums.measured:
        found = measured.service >= 0
        measured.service[found] = order[measured.service[found]]
    return Accessibility(
        ways.origin_attached,
        np.isfinite(x) & np.isfinite(y),
        ways.snap_m,
        dict(zip(codes, sums.measured)),
        ways.log + sums.log,
    )


def reach(x, y, supply, street, options, on_progress=None):
    """Return every origin and service within the limit of each other.

    Args: as in ``measure``; the categories don't count.

    Returns:
        (service int64 (k,), origin int64 (k,), cost float64 (k,), attached bool (s,): the services
        that the network reaches, or that have a place where there is none); None when stopped.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    engine = _Straight if street is None else _Streets
    ways = engine.prepare(x, y, supply, street, options, growing(on_progress, 0.0, 0.3))
    if ways is None:
        return None
    services = np.arange(len(supply.ids))
    one = np.zeros(services.size, dtype=np.int64)
    found = [(services[:0], services[:0], np.zeros(0))]
    progress = growing(on_progress, 0.3, 1.0)
    for pairs in ways.pairs(np.zeros(1, dtype=np.int64), services, one, None, True, progress):
        if pairs is None:
            return None
        found.append(pairs)
    return (*(np.concatenate(columns) for columns in zip(*found)), ways.service_attached)


class _Sums:
    """The measures of every category, summed over the ways batch by batch."""

    def __init__(self, ways, supply, category, codes, people, options):
        self.ways, self.options, self.people = ways, options, people
        self.category = category
        self.log = []
        self.ranks = np.empty(len(supply.ids), dtype=np.int32)
        # Python compares code points; equal ids keep the order they were given in.
        order = sorted(range(len(supply.ids)), key=supply.ids.__getitem__)
        self.ranks[order] = np.arange(len(order))
        self.by_rank = np.array(order, dtype=np.int64)
        self.capacity = np.ones(len(supply.ids)) if supply.capacity is None else supply.capacity
        self.supplies = np.nan_to_num(self.capacity, nan=0.0) > 0
        wanted = options.measures
        supply_measures = wanted & {TWO_STEP, ENHANCED, GRAVITY}
        if supply_measures and not self.supplies.all():
            self.log.append(
                f"{int((~self.supplies).sum())} servizi senza capacità, o con capacità zero o "
                "negativa: esclusi da 2SFCA, E2SFCA e gravità, contati nelle altre misure."
            )
        self.no_people = np.zeros(len(supply.ids), dtype=bool)
        # Supply of the services somebody reaches.
        self.offered = {m: 0.0 for m in (TWO_STEP, ENHANCED) if m in wanted}
        self.measured = [Measured(None, None, None) for _ in codes]

    def _begin(self, batch, nearest):
        """Give the categories of a batch what they are summed in; return the ranks (c, origins).

        The rows of the batch are their costs and services: nothing of 200,000 origins is there
        twice, nor before its turn.
        """
        wanted, size = self.options.measures, self.people.size
        rank = np.full(
            nearest.shape, len(self.ranks), dtype=np.min_scalar_type(-len(self.ranks) - 1)
        )
        for code, cost, service in zip(batch.tolist(), nearest, rank):
            measured = self.measured[code]
            measured.cost, measured.service = cost, service
            measured.reason = np.zeros(size, dtype=np.int8)
            if CUMULATIVE in wanted:
                most = np.min_scalar_type(int((self.category == code).sum()))
                measured.count = {t: np.zeros(size, most) for t in self.options.thresholds}
            for measure, name in SUMMED.items():
                if measure in wanted:
                    setattr(measured, name, np.zeros(size))
        return rank

    def run(self, on_progress) -> bool:
        """Fill the measures; False when stopped."""
        ways, options = self.ways, self.options
        every_way = bool(options.measures - {NEAREST})
        number = len(self.measured)
        for batch, share in ways.category_batches(number):
            progress = _between(on_progress, share)
            services = np.flatnonzero((self.category >= batch[0]) & (self.category <= batch[-1]))
            nearest = ways.nearest(batch, services, self.category, growing(progress, 0.0, 0.3))
            if nearest is None:
                return False
            rank = self._begin(batch, nearest)
            if NEAREST in options.measures or every_way:
                for pairs in ways.pairs(
                    batch, services, self.category, nearest, every_way,
                    growing(progress, 0.3, 1.0),
                ):  # fmt: skip
                    if pairs is None:
                        return False
                    self._add(batch[0], pairs, nearest, rank, every_way)
            for code in batch:
                if progress is not None and not progress(1.0):
                    return False
                self._finish(code)
        if (self.no_people).any():
            self.log.append(
                f"{int(self.no_people.sum())} servizi senza popolazione entro la soglia: non hanno "
                "un rapporto offerta/domanda e non entrano in 2SFCA o E2SFCA."
            )
        self._tell_balance()
        return True

    def _tell_balance(self):
        """Say whether what the origins get is what their services offer.

        Σ_i P_i A_i = Σ_j S_j over the services somebody reaches, for 2SFCA and E2SFCA: nothing
        is shared out twice, nothing is lost.
        """
        for measure, offered in self.offered.items():
            name, field = {TWO_STEP: ("2SFCA", "two_step"), ENHANCED: ("E2SFCA", "enhanced")}[
                measure
            ]
            received = sum(float(getattr(one, field) @ self.people) for one in self.measured)
            equal = abs(offered - received) <= 1e-6 * max(offered, 1.0)
            self.log.append(
                f"Bilancio {name}: la somma di accessibilità × popolazione è {received:.3f}, "
                f"l'offerta raggiungibile è {offered:.3f}: "
                + ("coincidono." if equal else "NON coincidono, i valori non sono affidabili.")
            )

    def _add(self, first, pairs, nearest, rank, every_way):
        service, origin, cost = pairs
        group = self.category[service] - first
        if NEAREST in self.options.measures:
            key = group * nearest.shape[1] + origin
            tied = cost <= nearest.ravel()[key] + SLACK
            scatter_min(rank.reshape(-1), key[tied], self.ranks[service[tied]])
        if not every_way:
            return
        for code in np.unique(group):
            mine = group == code
            self._add_category(self.measured[first + code], service[mine], origin[mine], cost[mine])

    def _add_category(self, measured, service, origin, cost):
        options, size = self.options, self.people.size
        for threshold, count in measured.count.items():
            within = cost <= threshold + SLACK
            count += np.bincount(origin[within], minlength=size).astype(count.dtype)
        able = self.supplies[service]
        service, origin, cost = service[able], origin[able], cost[able]
        capacity = self.capacity[service]
        people = self.people[origin]
        for measure, sums, weight in (
            (TWO_STEP, measured.two_step, None),
            (ENHANCED, measured.enhanced, options.zone_weight),
        ):
            if sums is None:
                continue
            part = np.ones(cost.size) if weight is None else weight(cost)
            demand = np.bincount(service, weights=people * part, minlength=self.ranks.size)
            self.no_people[service[(demand[service] <= 0)]] = True
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(demand[service] > 0, capacity / demand[service], 0.0)
            sums += np.bincount(origin, weights=ratio * part, minlength=size)
            self.offered[measure] += float(self.capacity[demand > 0].sum())
        if measured.gravity is not None:
            measured.gravity += np.bincount(
                origin, weights=capacity * options.decayed(cost), minlength=size
            )

    def _finish(self, code):
        ways, measured = self.ways, self.measured[code]
        attached = ways.origin_attached
        beyond = ~(measured.cost <= self.options.limit + SLACK)
        measured.cost[beyond] = np.inf
        reason, service = measured.reason, measured.service
        found = ~beyond & (service < self.ranks.size)
        service[found] = self.by_rank[service[found]]
        service[~found] = -1
        services = np.flatnonzero(self.category == code)
        if ways.service_attached[services].any():
            connected = ways.connected(services)
            reason[beyond] = np.where(connected[beyond], _BEYOND, _NO_PATH)
        else:
            reason[:] = _NO_SERVICES
        reason[~attached] = _UNATTACHED


# Nodes whose origins are gathered together.
_NODES_AT_ONCE = 250_000
# In a straight line: cells of the largest distance, services and pairs looked at together.
_CELLS_A_REACH = 4
_SERVICES_AT_ONCE = 2_000
_PAIRS_AT_ONCE = 200_000


def _between(on_progress, share):
    if on_progress is None:
        return None
    return lambda part: on_progress(share[0] + (share[1] - share[0]) * part)


class _Streets:
    """Ways along a network."""

    @classmethod
    def prepare(cls, x, y, supply, street, options, on_progress):
        """Attach origins and services and build the graph; None when stopped."""
        self = cls()
        self.options, self.street, self.log = options, street, []
        found = attach_points(street.index, x, y, options.max_snap, growing(on_progress, 0, 0.6))
        if found is None:
            return None
        edge, offset, self.snap_m, self.origin_attached = found
        entered = attach_places(
            street.index, supply.shapes, options.max_snap, growing(on_progress, 0.6, 0.9)
        )
        if entered is None:
            return None
        self.service_attached = entered.attached
        try:
            self._cut(entered, edge, offset, Steps(_between(on_progress, (0.9, 1.0)), 8))
        except Stopped:
            return None
        self._tell(entered, supply)
        return self

    def _cut(self, entered, edge, offset, step_done):
        options, street = self.options, self.street
        split = split_network(
            street.network,
            np.concatenate((entered.edge, entered.inside_edge)),
            np.concatenate((entered.offset, entered.inside_from)),
        )
        step_done()
        forward, backward = street.cost_of_edges(options)
        self.graph = graph_of_pieces(split, forward, backward, towards_sources=True)
        step_done()
        size = max(self.graph.nodes, self.origin_attached.size, 1)
        self.together = int(max(1, min(TABLE_CELLS // size, self.service_attached.size)))
        self.spreader = Spreader(self.graph, self.together, self.origin_attached.size)
        off_road = options.cost_of_metres()
        network_part = street.network.edge_part(entered.edge)
        self.entrance_place = entered.place
        self.entrance_node = split.cut_node[: entered.edge.size]
        self.entrance_cost = entered.connector * off_road
        order = np.argsort(self.entrance_place, kind="stable")
        self.entrance_place = self.entrance_place[order]
        self.entrance_node = self.entrance_node[order]
        self.entrance_cost = self.entrance_cost[order]
        step_done()
        # Where every edge is open both ways, what is in one part is connected.
        open_both_ways = bool(np.isfinite(forward).all() and np.isfinite(backward).all())
        self.entrance_part = network_part[order] if open_both_ways else None

        # From an origin to the two ends of the piece it is attached to.
        origin = np.flatnonzero(self.origin_attached)
        edge, offset = edge[origin], offset[origin]
        piece = split.piece_at(edge, offset)
        back, ahead = offset - split.begin[piece], split.end[piece] - offset
        connector = self.snap_m[origin] * off_road
        with np.errstate(invalid="ignore"):
            to_from = np.where(back <= 1e-9, 0.0, back * backward[edge])
            to_to = np.where(ahead <= 1e-9, 0.0, ahead * forward[edge])
        self.end_origin = [origin, origin]
        self.end_node = [split.node_from[piece], split.node_to[piece]]
        self.end_cost = [connector + to_from, connector + to_to]
        step_done()
        self.ends_at = [_grouped(node, self.graph.nodes) for node in self.end_node]
        step_done()
        self.connector = np.full(self.origin_attached.size, np.nan)
        self.connector[origin] = connector
        self.origin_part = np.zeros(self.origin_attached.size, dtype=np.int64)
        self.origin_part[origin] = street.network.edge_part(edge)
        self._find_inside(entered, split, origin, edge, offset)

    def _find_inside(self, entered, split, origin, edge, offset):
        """Pair the areas with the origins attached to a stretch inside them."""
        by_edge = _grouped(edge, self.street.network.size)
        at, number = by_edge.of(entered.inside_edge)
        where = np.repeat(np.arange(entered.inside_edge.size), number)
        within = (offset[at] >= entered.inside_from[where] - 1e-9) & (
            offset[at] <= entered.inside_to[where] + 1e-9
        )
        service, who = entered.inside_place[where[within]], origin[at[within]]
        pairs = np.unique(np.column_stack((service, who)), axis=0)
        self.inside_service, self.inside_origin = pairs[:, 0], pairs[:, 1]

    def _tell(self, entered, supply):
        network = self.street.network
        far = np.flatnonzero(~entered.attached & ~np.isnan(entered.distance))
        if far.size:
            named = ", ".join(sorted(supply.ids[number] for number in far)[:10])
            self.log.append(
                f"{far.size} servizi a più di {self.options.max_snap:g} m dalla rete, non "
                f"agganciati: {named}{' …' if far.size > 10 else ''}."
            )
        self._tell_parts("origini", self.origin_part[self.origin_attached])
        if entered.edge.size:
            part = network.edge_part(entered.edge)
            main = np.unique(entered.place[part == 1])
            alone = ~np.isin(entered.place, main)
            _, first = np.unique(entered.place[alone], return_index=True)
            self._tell_parts("servizi", part[alone][first])

    def _tell_parts(self, what, part):
        number, count = np.unique(part[part > 1], return_counts=True)
        if number.size:
            named = ", ".join(f"parte {n} ({c})" for n, c in zip(number[:10], count[:10]))
            self.log.append(
                f"{int(count.sum())} {what} agganciati a parti isolate della rete (numerate per "
                f"lunghezza, 1 è la principale): {named}{' …' if number.size > 10 else ''}."
            )

    def category_batches(self, number):
        """Yield (categories, shares of the work) that fit in memory together."""
        together = self.together
        for first in range(0, number, together):
            batch = np.arange(first, min(first + together, number))
            yield batch, (first / number, (batch[-1] + 1) / number)

    def _spread_categories(self, batch, services, category, limit, on_progress):
        chosen = np.isin(self.entrance_place, services)
        group = category[self.entrance_place[chosen]] - batch[0]
        return self.spreader.spread(
            group,
            self.entrance_node[chosen],
            self.entrance_cost[chosen],
            limit,
            on_progress=on_progress,
        )

    def nearest(self, batch, services, category, on_progress):
        """Return the cost of the nearest service, (categories, origins), inf if none in reach."""
        limit = self.options.limit
        found = self._spread_categories(batch, services, category, limit, on_progress)
        if found is None:
            return None
        if self.options.measures == {NEAREST}:
            # Farther than the nearest of its category no service has to look.
            self._ceiling = np.full(len(batch) * self.graph.nodes, -np.inf)
            self._ceiling[found[0] * self.graph.nodes + found[1]] = found[2] + SLACK
        result = np.full((len(batch), self.origin_attached.size), np.inf)
        for group, origin, cost in self._to_origins(*found):
            if on_progress is not None and not on_progress(1.0):
                return None
            scatter_min(result.reshape(-1), group * result.shape[1] + origin, cost)
        mine = np.isin(self.inside_service, services)
        group = category[self.inside_service[mine]] - batch[0]
        origin = self.inside_origin[mine]
        scatter_min(result.reshape(-1), group * result.shape[1] + origin, self.connector[origin])
        return result

    def _to_origins(self, group, node, cost):
        """Yield (group, origin, cost) through each end of the origins' pieces, some at once."""
        for first in range(0, node.size, _NODES_AT_ONCE):
            part = slice(first, first + _NODES_AT_ONCE)
            for ends, origin, off in zip(self.ends_at, self.end_origin, self.end_cost):
                at, number = ends.of(node[part])
                total = np.repeat(cost[part], number) + off[at]
                near = np.isfinite(total)
                yield np.repeat(group[part], number)[near], origin[at[near]], total[near]

    def pairs(self, batch, services, category, nearest, every_way, on_progress):
        """Yield (service, origin, cost) in reach, each service in one batch; None when stopped.

        Args:
            every_way: False leaves out what can't be the nearest.
        """
        together = self.together
        limit = self.options.limit
        width = self.origin_attached.size
        table = self.spreader.table
        for first in range(0, services.size, together):
            part = services[first : first + together]
            begin = np.searchsorted(self.entrance_place, part, side="left")
            number = np.searchsorted(self.entrance_place, part, side="right") - begin
            before = np.cumsum(number) - number
            at = np.repeat(begin - before, number) + np.arange(number.sum())
            ceiling = None
            if not every_way:
                nodes = self.graph.nodes
                rows = self._ceiling.reshape(-1, nodes)[category[part] - batch[0]]
                ceiling = rows.reshape(-1)
            share = (first / services.size, (first + part.size) / services.size)
            found = self.spreader.spread(
                np.repeat(np.arange(part.size), number),
                self.entrance_node[at],
                self.entrance_cost[at],
                limit,
                ceiling,
                _between(on_progress, share),
            )
            if found is None:
                yield None
                return
            keys, costs = [], []
            for group, origin, cost in self._to_origins(*found):
                keys.append(group * width + origin)
                costs.append(cost)
            mine = np.flatnonzero(np.isin(self.inside_service, part))
            # ``services`` is increasing, and so is every part of it.
            key = np.searchsorted(part, self.inside_service[mine]) * width
            keys.append(key + self.inside_origin[mine])
            costs.append(self.connector[self.inside_origin[mine]])
            key, cost = np.concatenate(keys), np.concatenate(costs)
            within = np.flatnonzero(cost <= limit + SLACK)
            key, cost = key[within], cost[within]
            scatter_min(table, key, cost)
            best = np.flatnonzero(table[key] == cost)
            # Sorted, and the few reached equally well from two sides once.
            key = np.sort(key[best])
            if key.size:
                key = key[np.append(True, key[1:] != key[:-1])]
            cost = table[key]
            table[key] = np.inf
            yield part[key // width], key % width, cost

    def connected(self, services):
        """Tell which origins have any way, of any length, to one of the services."""
        chosen = np.isin(self.entrance_place, services)
        if self.entrance_part is not None:
            return np.isin(self.origin_part, self.entrance_part[chosen])
        nodes = np.unique(self.entrance_node[chosen])
        reached = np.zeros(self.graph.nodes, dtype=bool)
        reached[nodes] = True
        while nodes.size:
            first = self.graph.begin[nodes]
            number = self.graph.begin[nodes + 1] - first
            before = np.cumsum(number) - number
            arc = np.repeat(first - before, number) + np.arange(number.sum())
            nodes = self.graph.target[arc]
            nodes = np.unique(nodes[~reached[nodes]])
            reached[nodes] = True
        result = np.zeros(self.origin_attached.size, dtype=bool)
        for origin, node, cost in zip(self.end_origin, self.end_node, self.end_cost):
            result[origin] |= reached[node] & np.isfinite(cost)
        result[self.inside_origin[np.isin(self.inside_service, services)]] = True
        return result


class _grouped:  # noqa: N801
    """The places of each key in an array of keys."""

    def __init__(self, keys, size):
        self.order = np.argsort(keys, kind="stable")
        self.begin = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=size))))

    def of(self, keys):
        """Return the places of some keys one after another, and how many each has."""
        first = self.begin[keys]
        number = self.begin[keys + 1] - first
        before = np.cumsum(number) - number
        return self.order[np.repeat(first - before, number) + np.arange(number.sum())], number


class _Straight:
    """Ways in a straight line × detour."""

    @classmethod
    def prepare(cls, x, y, supply, street, options, on_progress):
        """Put the origins into cells, so that each service sees only those about in reach."""
        self = cls()
        self.options, self.log = options, []
        self.origin_attached = np.isfinite(x) & np.isfinite(y)
        self.snap_m = np.full(x.size, np.nan)
        self.shapes = supply.shapes
        self.service_attached = np.array([shape is not None for shape in supply.shapes], dtype=bool)
        # Where the services of a single point are, nearly all of them; NaN for the others.
        self.point = np.full((len(supply.shapes), 2), np.nan)
        for row, shape in enumerate(supply.shapes):
            if isinstance(shape, Points) and len(shape.xy) == 1:
                self.point[row] = shape.xy[0]
        self.cost = options.detour * options.cost_of_metres()
        self.reach = (options.limit + 2 * SLACK) / self.cost
        self.origin = np.flatnonzero(self.origin_attached)
        if not self.origin.size:
            return self
        x, y = x[self.origin], y[self.origin]
        self.low = np.array([x.min(), y.min()])
        extent = max(float(np.ptp(x)), float(np.ptp(y)))
        self.cell = max(self.reach / _CELLS_A_REACH, extent / 1e6, 1e-9)
        column, line = self._cell_of(x, 0), self._cell_of(y, 1)
        self.lines = int(line.max()) + 1
        self.last = int(column.max()), self.lines - 1
        key = column * self.lines + line
        order = np.argsort(key, kind="stable")
        self.key, self.x, self.y = key[order], x[order], y[order]
        self.origin = self.origin[order]
        return self

    def _cell_of(self, values, axis):
        return np.floor((values - self.low[axis]) / self.cell).astype(np.int64)

    def category_batches(self, number):
        """Yield one category at a time, with its share of the work."""
        for code in range(number):
            yield np.array([code]), (code / number, (code + 1) / number)

    def _in_reach(self, services, on_progress):
        """Yield (service, origin, cost) of some services at once; None when stopped."""
        services = services[self.service_attached[services]]
        if not self.origin.size:
            return
        for first in range(0, services.size, _SERVICES_AT_ONCE):
            here = services[first : first + _SERVICES_AT_ONCE]
            others = {}
            for place in np.flatnonzero(np.isnan(self.point[here, 0])).tolist():
                shape = self.shapes[here[place]]
                others[place] = Rings(shape) if isinstance(shape, Area) else shape.xy
            owner, begin, number = self._about(here, others)
            # As many services as have few enough origins about them, one at least.
            ends = np.cumsum(np.bincount(owner, weights=number, minlength=here.size))
            at = 0
            while at < here.size:
                if on_progress is not None and not on_progress((first + at) / services.size):
                    yield None
                    return
                most = (ends[at - 1] if at else 0) + _PAIRS_AT_ONCE
                until = max(int(np.searchsorted(ends, most, side="right")), at + 1)
                runs = slice(*np.searchsorted(owner, (at, until)))
                before = np.cumsum(number[runs]) - number[runs]
                near = np.repeat(begin[runs] - before, number[runs])
                near += np.arange(near.size)
                who = np.repeat(owner[runs], number[runs])
                these = {k: shape for k, shape in others.items() if at <= k < until}
                cost = self._away(here, these, who, near) * self.cost
                within = np.flatnonzero(cost <= self.options.limit + SLACK)
                yield here[who[within]], self.origin[near[within]], cost[within]
                at = until

    def _about(self, here, others):
        """Return (place in ``here``, first, number) of the runs of origins about each service."""
        low = self.point[here]
        high = low.copy()
        for place, shape in others.items():
            box = shape.box if isinstance(shape, Rings) else (*shape.min(0), *shape.max(0))
            low[place], high[place] = box[:2], box[2:]
        first_column, first_line = (
            np.maximum(self._cell_of(low[:, axis] - self.reach, axis), 0) for axis in (0, 1)
        )
        last_column, last_line = (
            np.minimum(self._cell_of(high[:, axis] + self.reach, axis), self.last[axis])
            for axis in (0, 1)
        )
        columns = np.maximum(last_column - first_column + 1, 0)
        columns[last_line < first_line] = 0
        owner = np.repeat(np.arange(here.size), columns)
        column = np.arange(owner.size) - np.repeat(np.cumsum(columns) - columns, columns)
        column = (column + first_column[owner]) * self.lines
        begin = np.searchsorted(self.key, column + first_line[owner], side="left")
        end = np.searchsorted(self.key, column + last_line[owner], side="right")
        return owner, begin, end - begin

    def _away(self, here, others, who, near):
        """Return the metres between services and origins, pair by pair; ``who`` is in order."""
        x, y = self.x[near], self.y[near]
        to = self.point[here[who]]
        away = np.hypot(x - to[:, 0], y - to[:, 1])
        for place, shape in others.items():
            mine = slice(*np.searchsorted(who, (place, place + 1)))
            if isinstance(shape, Rings):
                away[mine] = shape.distance(x[mine], y[mine])
            else:
                away[mine] = np.inf
                for px, py in shape:
                    away[mine] = np.minimum(away[mine], np.hypot(x[mine] - px, y[mine] - py))
        return away

    def nearest(self, batch, services, category, on_progress):
        """Return the cost of the nearest service, (1, origins), inf if none is in reach."""
        result = np.full((1, self.origin_attached.size), np.inf)
        for pairs in self._in_reach(services, on_progress):
            if pairs is None:
                return None
            scatter_min(result[0], pairs[1], pairs[2])
        return result

    def pairs(self, batch, services, category, nearest, every_way, on_progress):
        """Yield (service, origin, cost) in reach, each service in one batch; None when stopped."""
        yield from self._in_reach(services, on_progress)

    def connected(self, services):
        """Tell which origins have a way to one of the services: all that have a place."""
        return self.origin_attached


# Equity -------------------------------------------------------------------------------------


def gini(values, weights) -> float:
    """Return the Gini index of some values, weighted; NaN without weight or with mean 0.

    G = Σ_i Σ_j w_i w_j |v_i − v_j| / (2 W² m), m the weighted mean: 0 when all are equal.
    """
    values, weights = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    seen = weights > 0
    values, weights = values[seen], weights[seen]
    total = weights.sum()
    amount = (weights * values).sum()
    if not total > 0 or not amount > 0:
        return float("nan")
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    below = np.cumsum(weights) - weights
    # Σ_i Σ_j w_i w_j |v_i − v_j| = 2 Σ_i w_i v_i (weight below − weight above).
    spread = (weights * values * (2 * below + weights - total)).sum()
    return float(max(spread, 0.0) / (total * amount))


def ratio_90_10(values, weights) -> float:
    """Return the 90th percentile over the 10th, weighted; NaN where the 10th is 0.

    A percentile is the lowest value with at least that share of the weight up to it.
    """
    values, weights = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    seen = weights > 0
    values, weights = values[seen], weights[seen]
    if not values.size:
        return float("nan")
    order = np.argsort(values, kind="stable")
    up_to = np.cumsum(weights[order])
    low, high = (
        values[order][np.searchsorted(up_to, share * up_to[-1] * (1 - 1e-12), side="left")]
        for share in (0.1, 0.9)
    )
    return float(high / low) if low > 0 else float("nan")


def summarise(result, population, groups, options):
    """Return the rows of SUMMARY.

    Args:
        result: Accessibility.
        population: float64 (o,), NaN = 0; None gives rows without population.
        groups: [(livello, nome, codice, bool (o,))], the last tells the origins in it.

    Returns:
        list of dicts with the fields of ``core.schema.ACCESSIBILITY_SUMMARY``; None = missing.
    """
    rows = []
    people = None if population is None else np.nan_to_num(population, nan=0.0)
    for livello, nome, codice, members in groups:
        for code, measured in result.categories.items():
            values = _judged(measured, options)
            fair = unfair = None
            if people is not None and values is not None:
                chosen = members & result.attached & np.isfinite(values)
                fair = _or_none(gini(values[chosen], people[chosen]))
                unfair = _or_none(ratio_90_10(values[chosen], people[chosen]))
            total = None if people is None else float(people[members].sum())
            for threshold in options.thresholds:
                served = None
                if people is not None:
                    within = members & (measured.cost <= threshold + SLACK)
                    served = float(people[within].sum())
                rows.append(
                    {
                        "livello": livello,
                        "nome": nome,
                        "codice": codice,
                        "categoria": code,
                        "soglia": threshold,
                        "popolazione": total,
                        "popolazione_servita": served,
                        "quota": served / total if total else None,
                        "gini": fair,
                        "rapporto_90_10": unfair,
                    }
                )
    return rows


def _judged(measured, options):
    """Return the values equity is judged by: e2, else s2, else g, else t."""
    for asked, values in (
        (ENHANCED, measured.enhanced),
        (TWO_STEP, measured.two_step),
        (GRAVITY, measured.gravity),
        (NEAREST, measured.cost),
    ):
        if asked in options.measures:
            return values
    return None


def _or_none(value):
    return None if value != value else value
