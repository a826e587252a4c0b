"""One-to-one assignments against brute force and SciPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sttm_plugin.core.assignment import assign


def total(worth, pairs):
    return sum(worth[row, column] for row, column in pairs)


def test_the_best_total_is_not_the_sum_of_the_best_pairs():
    worth = np.array([[0.9, 0.8], [0.85, 0.1]])

    assert assign(worth) == [(0, 1), (1, 0)]


def test_pairs_worth_nothing_are_not_made():
    assert assign([[0.0, 0.5], [0.0, 0.9], [np.nan, -1.0]]) == [(1, 1)]
    assert assign(np.zeros((0, 3))) == []


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (5, 2), (4, 4), (3, 6)])
def test_no_other_assignment_is_worth_more(shape):
    numbers = np.random.default_rng(shape[0] * 10 + shape[1])
    for _ in range(20):
        worth = np.where(numbers.random(shape) < 0.4, 0.0, numbers.random(shape))
        wide = worth if shape[0] <= shape[1] else worth.T
        best = max(
            sum(wide[row, column] for row, column in enumerate(chosen))
            for chosen in itertools.permutations(range(wide.shape[1]), wide.shape[0])
        )
        pairs = assign(worth)
        assert total(worth, pairs) == pytest.approx(best)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)


def test_large_ones_agree_with_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    numbers = np.random.default_rng(7)
    for shape in ((60, 60), (40, 90), (90, 40)):
        worth = np.where(numbers.random(shape) < 0.7, 0.0, numbers.random(shape))
        expected = worth[optimize.linear_sum_assignment(worth, maximize=True)].sum()
        assert total(worth, assign(worth)) == pytest.approx(expected)
