"""Exact shortest paths on arrays: many sources at once, bounded, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .network import SLACK, scatter_min

# Cells of the table of costs held at once: 8 + 4 bytes each.
TABLE_CELLS = 5_000_000
# Arcs of a node relaxed in one gather; the few nodes with more have the rest aside.
_WIDTH = 4


@dataclass
class Graph:
    """Arcs by the node they leave: those of node n are ``begin[n]:begin[n + 1]``.

    Attributes:
        begin: int64 (n + 1,).
        target: int32 (a,).
        cost: float64 (a,), not negative.
        step: cost up to which nodes are settled together; any value gives the same costs.
        next_node, next_cost: (n, 4), int32 and float64, the first arcs of each node; a missing one
            leads to the node itself at infinite cost.
        crowded: bool (n,), the nodes with more arcs; None when there is none.
    """

    begin: np.ndarray
    target: np.ndarray
    cost: np.ndarray
    step: float
    next_node: np.ndarray
    next_cost: np.ndarray
    crowded: np.ndarray | None

    @property
    def nodes(self) -> int:
        """Return the number of nodes."""
        return self.begin.size - 1


def build_graph(nodes, source, target, cost) -> Graph:
    """Return the graph of some arcs; an arc of infinite cost is no arc."""
    passable = np.isfinite(cost)
    if not passable.all():
        source, target, cost = source[passable], target[passable], cost[passable]
    order = np.argsort(source, kind="stable")
    number = np.bincount(source, minlength=nodes)
    begin = np.concatenate(([0], np.cumsum(number)))
    target, cost = target[order].astype(np.int32), cost[order]
    next_node = np.repeat(np.arange(nodes, dtype=np.int32)[:, None], _WIDTH, axis=1)
    next_cost = np.full((nodes, _WIDTH), np.inf)
    for place in range(_WIDTH):
        rows = np.flatnonzero(number > place)
        next_node[rows, place] = target[begin[rows] + place]
        next_cost[rows, place] = cost[begin[rows] + place]
    crowded = number > _WIDTH
    step = 5.0 * float(cost.mean()) if cost.size else 1.0
    return Graph(
        begin,
        target,
        cost,
        step or 1.0,
        next_node,
        next_cost,
        crowded if crowded.any() else None,
    )


def graph_of_pieces(split, cost_forward, cost_backward, towards_sources=False) -> Graph:
    """Return the graph of a split network.

    Args:
        split: ``core.network.Split``.
        cost_forward, cost_backward: float64 (e,), cost of a metre of each edge along its line
            and against it; infinite where that way is closed.
        towards_sources: True gives the costs of travelling *to* the sources of ``spread``.
    """
    forward = split.length * cost_forward[split.edge]
    backward = split.length * cost_backward[split.edge]
    # 0 × inf: a piece without length of a closed way is closed.
    forward[np.isnan(forward)] = np.inf
    backward[np.isnan(backward)] = np.inf
    if towards_sources:
        forward, backward = backward, forward
    return build_graph(
        split.nodes,
        np.concatenate((split.node_from, split.node_to)),
        np.concatenate((split.node_to, split.node_from)),
        np.concatenate((forward, backward)),
    )


class Spreader:
    """Spreads costs from groups of sources over a graph, its tables kept from call to call."""

    def __init__(self, graph, groups, width=0):
        """Prepare tables for at most ``groups`` groups at once (see ``groups_at_once``).

        Args:
            width: cells of a group in ``table`` where it is lent for more than the nodes.
        """
        self.graph = graph
        self.groups = groups
        # Infinite everywhere between calls: whoever uses it meanwhile leaves it so.
        self.table = np.full(groups * max(graph.nodes, width), np.inf)
        self._mark = np.empty(groups * graph.nodes, dtype=np.int32)

    def spread(self, group, node, cost, limit, ceiling=None, on_progress=None):
        """Return the cheapest way from each group to each node it reaches.

        Args:
            group: int64 (k,), group of each source, below ``groups``; sources of a group
                compete, groups don't see one another.
            node: int64 (k,), node of each source.
            cost: float64 (k,), cost a source begins with.
            limit: costs up to here are kept (1e-6 slack); may be infinite.
            ceiling: float64 (groups × nodes,), further limits, each for a group and a node.
            on_progress: called between steps with the share done; False stops.

        Returns:
            (group, node, cost), ordered by group and node; None when stopped.
        """
        nodes = self.graph.nodes
        table = self.table
        key = np.asarray(group, dtype=np.int64) * nodes + node
        cost = np.asarray(cost, dtype=np.float64)
        allowed = cost <= limit + SLACK
        if ceiling is not None:
            allowed &= cost <= ceiling[key]
        key, cost = key[allowed], cost[allowed]
        scatter_min(table, key, cost)
        pending = self._once(key)
        touched = [pending]
        stopped = False
        while pending.size:
            if on_progress is not None and not on_progress(self._share(pending, limit)):
                stopped = True
                break
            reached = table.take(pending)
            bound = reached.min() + self.graph.step
            near = reached <= bound
            active, cost = pending.compress(near), reached.compress(near)
            later = [pending.compress(~near)]
            while active.size:
                key, cost, new = self._relax(active, cost, limit, ceiling)
                touched.append(new)
                key, cost = self._settle(key, cost)
                near = cost <= bound
                later.append(key.compress(~near))
                active, cost = key.compress(near), cost.compress(near)
            pending = np.concatenate(later)
            # Some were reached more cheaply, and settled, after they were put off.
            pending = self._once(pending.compress(table.take(pending) > bound))
        key = np.sort(self._once(np.concatenate(touched)))
        cost = table[key]
        table[key] = np.inf
        if stopped:
            return None
        return key // nodes, key % nodes, cost

    # ``take`` and ``compress`` do what brackets do, up to ten times faster.

    def _relax(self, active, spent, limit, ceiling):
        """Return the keys an arc away that become cheaper, their costs, and those that are new."""
        graph = self.graph
        node = active % graph.nodes
        key = graph.next_node.take(node, axis=0) + (active - node)[:, None]
        cost = graph.next_cost.take(node, axis=0)
        cost += spent[:, None]
        key, cost = key.ravel(), cost.ravel()
        if graph.crowded is not None:
            many = np.flatnonzero(graph.crowded[node])
            if many.size:
                more = self._aside(node[many], active[many], spent[many])
                key, cost = np.concatenate((key, more[0])), np.concatenate((cost, more[1]))
        known = self.table.take(key)
        cheaper = cost < known
        cheaper &= cost <= limit + SLACK
        if ceiling is not None:
            cheaper &= cost <= ceiling.take(key)
        cheaper = np.flatnonzero(cheaper)
        key, cost = key.take(cheaper), cost.take(cheaper)
        return key, cost, key.compress(np.isinf(known.take(cheaper)))

    def _settle(self, key, cost):
        """Lower the table to cheaper costs; return each lowered key once, with its cost."""
        table = self.table
        table[key] = cost
        kept = table.take(key)
        lost = np.flatnonzero(kept > cost)
        if lost.size:
            scatter_min(table, key.take(lost), cost.take(lost))
            kept = table.take(key)
        cheapest = np.flatnonzero(kept == cost)
        key, cost = key.take(cheapest), cost.take(cheapest)
        once = self._first(key)
        return key.compress(once), cost.compress(once)

    def _aside(self, node, active, spent):
        """Return keys and costs along the arcs of crowded nodes beyond the first ones."""
        graph = self.graph
        first = graph.begin[node] + _WIDTH
        number = graph.begin[node + 1] - first
        before = np.cumsum(number) - number
        arc = np.repeat(first - before, number) + np.arange(number.sum())
        key = np.repeat(active - node, number) + graph.target[arc]
        return key, np.repeat(spent, number) + graph.cost[arc]

    def _once(self, key):
        """Return the keys without repetitions."""
        return key.compress(self._first(key))

    def _first(self, key):
        """Tell which of some keys to keep, so that each is there once."""
        number = np.arange(key.size, dtype=np.int32)
        self._mark[key] = number
        return self._mark.take(key) == number

    def _share(self, pending, limit):
        if not np.isfinite(limit) or limit <= 0:
            return 0.0
        return min(float(self.table[pending].min()) / limit, 1.0)


def groups_at_once(graph, wanted, cells=None) -> int:
    """Return how many groups of sources fit in the table of costs."""
    cells = TABLE_CELLS if cells is None else cells
    return int(max(1, min(wanted, cells // max(graph.nodes, 1))))
