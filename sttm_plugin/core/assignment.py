"""One-to-one choice of the best pairs among many candidates."""

from __future__ import annotations

import heapq

import numpy as np

_TELL_EVERY = 64


def assign(worth) -> list:
    """Return the pairs (row, column) of the assignment of a small table with the highest total.

    Args:
        worth: float64 (n, m); 0 or less, or NaN, is a pair that must not be made.

    Returns:
        Pairs by row, each row and column at most once; of equal totals the same one each time.
    """
    worth = np.nan_to_num(np.asarray(worth, dtype=np.float64), nan=0.0)
    rows, columns = np.nonzero(worth > 0)
    chosen = best_pairs(rows, columns, worth[rows, columns])
    return list(zip(rows[chosen].tolist(), columns[chosen].tolist()))


def best_pairs(left, right, gain, on_progress=None):
    """Choose pairs so that nothing is in two of them and the gains sum to the most.

    Args:
        left, right: int (k,), what each candidate pair joins. gain: float (k,), above 0; a pair
            given twice counts once, with its larger gain.

    Returns:
        int64, positions of the chosen candidates, increasing; None when ``on_progress`` (called
        with the share done) says stop.

    Successive shortest paths with potentials on the sparse graph (Jonker, Volgenant, "A shortest
    augmenting path algorithm for dense and sparse linear assignment problems", 1987); leaving a
    record alone costs nothing. Ties are for the caller to break in ``gain``.
    """
    left, right = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    gain = np.asarray(gain, dtype=np.float64)
    if not len(left):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((-gain, right, left))
    first = np.ones(len(order), dtype=bool)
    same = (left[order][1:] == left[order][:-1]) & (right[order][1:] == right[order][:-1])
    first[1:] = ~same
    order = order[first]
    rows, row = np.unique(left[order], return_inverse=True)
    columns, column = np.unique(right[order], return_inverse=True)
    row, column = row.ravel(), column.ravel()
    alone = (np.bincount(row)[row] == 1) & (np.bincount(column)[column] == 1)
    chosen = order[alone].tolist()
    rest = np.flatnonzero(~alone)
    edges: dict = {}
    for place in rest.tolist():
        edges.setdefault(int(row[place]), []).append((int(column[place]), place))
    cost = -gain[order]
    taken = _augment(edges, cost.tolist(), on_progress)
    if taken is None:
        return None
    chosen.extend(int(order[place]) for place in taken)
    return np.array(sorted(chosen), dtype=np.int64)


def _augment(edges, cost, on_progress):
    """Return the places of the chosen edges; ``edges``: {row: [(column, place)]}."""
    price_row = {row: min(cost[place] for _, place in near) for row, near in edges.items()}
    price_column: dict = {}
    row_of: dict = {}
    held: dict = {}
    for number, start in enumerate(sorted(edges)):
        if number % _TELL_EVERY == 0 and on_progress is not None:
            if not on_progress(number / len(edges)):
                return None
        # Shortest path, in reduced costs, from a free row to a free column, or to a row that is
        # better left alone (at no cost).
        best, end = np.inf, None
        distance, reached, through = {start: 0.0}, {}, {}
        heap = [(0.0, start)]
        while heap:
            spent, row = heapq.heappop(heap)
            if spent >= best:
                break
            if spent > distance[row]:
                continue
            if spent - price_row[row] < best:
                best, end = spent - price_row[row], (row, None)
            for column, place in edges[row]:
                reduced = cost[place] - price_row[row] - price_column.get(column, 0.0)
                length = spent + max(reduced, 0.0)
                if length >= reached.get(column, np.inf):
                    continue
                reached[column] = length
                through[column] = row, place
                owner = row_of.get(column)
                if owner is None:
                    if length < best:
                        best, end = length, (None, column)
                elif length < distance.get(owner, np.inf):
                    distance[owner] = length
                    heapq.heappush(heap, (length, owner))
        for row, length in distance.items():
            if length < best:
                price_row[row] += best - length
        for column, length in reached.items():
            if length < best:
                price_column[column] = price_column.get(column, 0.0) - (best - length)
        _flip(start, end, through, row_of, held)
    return sorted(place for _, place in held.values())


def _flip(start, end, through, row_of, held):
    """Give each row of the path the column the path found for it; the last may be left alone."""
    row, column = end
    if row is not None:
        if row == start:
            return
        column = held.pop(row)[0]
    while True:
        row, place = through[column]
        before = held.get(row)
        row_of[column] = row
        held[row] = column, place
        if row == start:
            return
        column = before[0]
