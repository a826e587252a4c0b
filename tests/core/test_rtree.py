"""An R-tree made at once is the one SQLite's module would answer from."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from sttm_plugin.core.rtree import packed


@pytest.fixture
def tree():
    connection = sqlite3.connect(":memory:")
    for name in ("own", "made"):
        try:
            connection.execute(f"CREATE VIRTUAL TABLE {name} USING rtree(id, a, b, c, d)")
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no R-tree")
    yield connection
    connection.close()


def boxes(count):
    draw = np.random.default_rng(count)
    low = draw.normal(0, 1e6, (count, 2))
    high = low + draw.exponential(100, (count, 2)) * (draw.random((count, 1)) < 0.5)
    return low[:, 0], high[:, 0], low[:, 1], high[:, 1]


@pytest.mark.parametrize("count", [1, 51, 52, 300, 7000])
def test_every_box_is_found_where_sqlite_would_have_put_it(tree, count):
    sides = boxes(count)
    ids = np.arange(count) * 3 + 7
    columns = [ids.tolist(), *(side.tolist() for side in sides)]
    tree.executemany("INSERT INTO own VALUES (?,?,?,?,?)", zip(*columns))
    size = tree.execute("SELECT length(data) FROM made_node").fetchone()[0]

    found = packed(ids, *sides, size)

    tree.executemany("INSERT OR REPLACE INTO made_node VALUES (?,?)", zip(*found.nodes))
    tree.executemany("INSERT INTO made_parent VALUES (?,?)", zip(*found.parents))
    tree.executemany(
        "INSERT INTO made_rowid VALUES (?,?)", zip(ids.tolist(), found.leaf_of.tolist())
    )
    assert tree.execute("SELECT rtreecheck('made')").fetchone() == ("ok",)
    every = "SELECT * FROM {} ORDER BY id"
    assert (
        tree.execute(every.format("made")).fetchall()
        == tree.execute(every.format("own")).fetchall()
    )
    part = "SELECT id FROM {} WHERE a > -2e5 AND b < 4e5 AND c > -1e5 AND d < 9e5 ORDER BY id"
    assert (
        tree.execute(part.format("made")).fetchall() == tree.execute(part.format("own")).fetchall()
    )
    # What is added and taken away later finds its place.
    more = [(10**6 + k, k, k + 1.0, -k, -k + 1.0) for k in range(200)]
    tree.executemany("INSERT INTO made VALUES (?,?,?,?,?)", more)
    tree.execute("DELETE FROM made WHERE id < 100")
    assert tree.execute("SELECT rtreecheck('made')").fetchone() == ("ok",)
