"""The best one-to-one assignment between two lists, on numpy alone."""

from __future__ import annotations

import numpy as np


def assign(worth) -> list:
    """Return the pairs (row, column) of the assignment with the highest total worth.

    Args:
        worth: float64 (n, m); 0 or less, or NaN, is a pair that must not be made.

    Returns:
        Pairs by row, each row and column at most once; of equal totals the same one each time.

    Source: shortest augmenting paths, Jonker and Volgenant 1987, as told by Crouse, "On
    implementing 2D rectangular assignment algorithms", 2016, section II.B.
    """
    worth = np.nan_to_num(np.asarray(worth, dtype=np.float64), nan=0.0)
    if worth.size == 0:
        return []
    if worth.shape[0] > worth.shape[1]:
        return sorted((row, column) for column, row in assign(worth.T))
    # A pair worth nothing costs nothing: rows may stay alone by taking one.
    cost = -np.maximum(worth, 0.0)
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    column_of = np.full(rows, -1)
    row_of = np.full(columns, -1)
    for start in range(rows):
        shortest = np.full(columns, np.inf)
        before = np.full(columns, -1)
        done_rows, done_columns = [], np.zeros(columns, dtype=bool)
        row, reached, sink = start, 0.0, -1
        while sink < 0:
            done_rows.append(row)
            through = reached + cost[row] - row_price[row] - column_price
            better = ~done_columns & (through < shortest)
            shortest[better], before[better] = through[better], row
            column = int(np.argmin(np.where(done_columns, np.inf, shortest)))
            reached = float(shortest[column])
            done_columns[column] = True
            row = int(row_of[column])
            if row < 0:
                sink = column
        row_price[start] += reached
        for other in done_rows[1:]:
            row_price[other] += reached - shortest[column_of[other]]
        column_price[done_columns] -= reached - shortest[done_columns]
        column = sink
        while True:
            row = int(before[column])
            row_of[column] = row
            column_of[row], column = column, column_of[row]
            if row == start:
                break
    return [(row, int(column_of[row])) for row in range(rows) if worth[row, column_of[row]] > 0]
