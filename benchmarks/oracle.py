"""What is reached in a city, slowly and plainly: nothing of the plugin is used here."""

from __future__ import annotations

import heapq
import math

import numpy as np


class Oracle:
    """The streets of a city as a graph of their ends, travelled by a heap Dijkstra."""

    # East and west of a place: farther than it may be from a street and than a street is long.
    WIDE_M = 500.0

    def __init__(self, city):
        ends = np.concatenate([line[[0, -1]] for line in city.lines])
        _, node = np.unique(ends, axis=0, return_inverse=True)
        self._ends = node.reshape(-1, 2)
        self._length = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in city.lines]
        self._lines = city.lines
        self._near: dict = {}
        for line, (begin, end) in enumerate(self._ends.tolist()):
            self._near.setdefault(begin, []).append((end, line))
            self._near.setdefault(end, []).append((begin, line))
        begin = np.concatenate([line[:-1] for line in city.lines])
        way = np.concatenate([line[1:] for line in city.lines]) - begin
        count = np.array([len(line) - 1 for line in city.lines])
        line = np.repeat(np.arange(count.size), count)
        inner = np.arange(line.size) - np.repeat(np.cumsum(count) - count, count)
        west_first = np.argsort(begin[:, 0], kind="stable")
        self._begin, self._way, self._line, self._inner = (
            column[west_first] for column in (begin, way, line, inner)
        )

    def attach(self, place):
        """Return (line, metres along it, metres to it): every segment around is looked at."""
        span = np.searchsorted(self._begin[:, 0], (place[0] - self.WIDE_M, place[0] + self.WIDE_M))
        here = slice(*span.tolist())
        begin, way = self._begin[here], self._way[here]
        square = (way**2).sum(axis=1)
        share = np.clip(((place - begin) * way).sum(axis=1) / square, 0, 1)
        away = np.hypot(*(place - begin - share[:, None] * way).T)
        best = int(np.argmin(away))
        line, inner = int(self._line[here][best]), int(self._inner[here][best])
        before = np.hypot(*np.diff(self._lines[line][: inner + 1], axis=0).T).sum()
        along = float(before) + float(share[best] * math.sqrt(square[best]))
        return line, along, float(away[best])

    def costs(self, place, limit):
        """Return (attachment, {node: metres}) of a place, its connector counted."""
        line, along, away = self.attach(place)
        begin, end = self._ends[line].tolist()
        queue = [(away + along, begin), (away + self._length[line] - along, end)]
        heapq.heapify(queue)
        cost: dict = {}
        while queue:
            spent, node = heapq.heappop(queue)
            if node in cost or spent > limit:
                continue
            cost[node] = spent
            for other, way in self._near[node]:
                if other not in cost:
                    heapq.heappush(queue, (spent + self._length[way], other))
        return (line, along, away), cost

    def reached_metres(self, place, radius):
        """Return the metres of street within a radius of a place."""
        (line, along, away), cost = self.costs(place, radius)
        total = 0.0
        for way in {way for node in cost for _, way in self._near[node]} | {line}:
            left = [max(0.0, radius - cost.get(n, math.inf)) for n in self._ends[way].tolist()]
            if way != line:
                total += min(self._length[way], sum(left))
                continue
            for width, from_end in zip((along, self._length[way] - along), left):
                total += min(width, max(0.0, radius - away) + from_end)
        return total

    def metres_to(self, place, limit, others):
        """Return the metres from a place to each of some others, inf beyond the limit.

        Args:
            others: attachments, of ``attach``.
        """
        (line, along, away), cost = self.costs(place, limit)
        found = []
        for other, at, off in others:
            begin, end = self._ends[other].tolist()
            ways = [cost.get(begin, math.inf) + at, cost.get(end, math.inf)
                    + self._length[other] - at]  # fmt: skip
            if other == line:
                ways.append(away + abs(at - along))
            found.append(min(ways) + off)
        return np.array([metres if metres <= limit else math.inf for metres in found])
