"""The shortest paths alone, without QGIS: ours, the C heap and scipy on one graph, in turn.

python3 -m benchmarks.kernels <edges> <rounds>        (prints one line of JSON)
"""

from __future__ import annotations

import json
import sys
import tempfile
import time

import numpy as np

from sttm_plugin.core.network import build_network, split_network
from sttm_plugin.core.paths import Spreader, graph_of_pieces, groups_at_once
from sttm_plugin.core.snapping import SegmentIndex, attach_points
from sttm_plugin.core.wkb import Lines

from .city import CATEGORIES, make_city
from .jobs import LIMIT_M, peak_mb
from .kernel import Scipy, Yardstick, compile_kernel


class Ours:
    """Our engine on the graph and sources of ``kernel.Yardstick``."""

    def __init__(self, graph, source, first):
        self._graph, self._source, self._first = graph, source, first

    def nearest(self, limit):
        """Return what ``Yardstick.nearest`` does."""
        graph, first = self._graph, self._first
        categories = first.size - 1
        together = groups_at_once(graph, categories)
        spreader = Spreader(graph, together)
        cost = np.full((categories, graph.nodes), np.inf)
        for low in range(0, categories, together):
            high = min(low + together, categories)
            source = self._source[first[low] : first[high]]
            group = np.repeat(np.arange(high - low), np.diff(first[low : high + 1]))
            found = spreader.spread(group, source, np.zeros(source.size), limit)
            cost[low + found[0], found[1]] = found[2]
        return cost

    def pairs(self, limit):
        """Return what ``Yardstick.pairs`` does, by source and node."""
        together = groups_at_once(self._graph, self._source.size)
        spreader = Spreader(self._graph, together)
        found = []
        for low in range(0, self._source.size, together):
            source = self._source[low : low + together]
            number = np.arange(source.size)
            group, node, cost = spreader.spread(number, source, np.zeros(source.size), limit)
            found.append((low + group, node, cost))
        return tuple(np.concatenate(columns) for columns in zip(*found))


def _worst(found, truth):
    """Return the largest difference, infinite where something else was reached."""
    if truth is None:
        return None
    if isinstance(found, tuple):
        ordered = []
        for source, node, cost in (found, truth):
            order = np.lexsort((node, source))
            ordered.append((source[order], node[order], cost[order]))
        (source, node, found), (true_source, true_node, truth) = ordered
        if not (np.array_equal(source, true_source) and np.array_equal(node, true_node)):
            return float("inf")
    reached = np.isfinite(truth)
    if found.shape != truth.shape or not np.array_equal(reached, np.isfinite(found)):
        return float("inf")
    return float(np.abs(found[reached] - truth[reached]).max(initial=0.0))


def main(arguments) -> int:
    """Measure and print; the differences are from the C heap or, without one, from scipy."""
    edges, rounds = (int(text) for text in arguments)
    city = make_city(edges, 1)
    start = np.concatenate(([0], np.cumsum([len(line) for line in city.lines])))
    none = np.zeros(0, dtype=np.int64)
    every = np.arange(len(city.lines))
    lines = Lines(np.concatenate(city.lines), start, every, none)
    network = build_network(lines, every)
    order = np.argsort(city.category, kind="stable")
    x, y = city.services[order].T
    edge, offset, *_ = attach_points(SegmentIndex(network), x, y, np.inf)
    split = split_network(network, edge, offset)
    ones = np.ones(network.size)
    graph = graph_of_pieces(split, ones, ones)
    first = np.searchsorted(city.category[order], np.arange(CATEGORIES + 1))
    with tempfile.TemporaryDirectory() as folder:
        kernel = compile_kernel(folder)
    engines = {"ours": Ours(graph, split.cut_node, first)}
    if kernel is not None:
        engines["c"] = Yardstick(kernel, graph, split.cut_node, first)
    if Scipy.installed:
        engines["scipy"] = Scipy(graph, split.cut_node, first)
    tasks = (("nearest", np.inf), ("nearest", LIMIT_M), ("pairs", LIMIT_M))
    seconds: dict = {}
    worst: dict = {}
    for turn in range(rounds):
        for what, limit in tasks:
            task = f"{what} {limit:g}"
            found = {}
            for name, engine in engines.items():
                # Scipy takes its time: once is enough.
                if name == "scipy" and turn:
                    continue
                started = time.perf_counter()
                found[name] = getattr(engine, what)(limit)
                took = time.perf_counter() - started
                seconds.setdefault(task, {}).setdefault(name, []).append(took)
            truth = found.get("c", found.get("scipy"))
            worst.setdefault(task, []).append(_worst(found["ours"], truth))
    print(json.dumps({"edges": network.size, "seconds": seconds, "worst": worst,
                      "peak": peak_mb()}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
