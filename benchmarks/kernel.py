"""A plain heap Dijkstra in C, compiled on the spot; and scipy's, where it is installed."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).with_name("kernel.c")


def compile_kernel(folder):
    """Return the compiled kernel; None where there is no compiler."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    built = Path(folder) / "kernel.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(built), str(SOURCE)], check=True)
    kernel = ctypes.CDLL(str(built))
    kernel.pairs.restype = ctypes.c_int64
    return kernel


def _at(array):
    return array.ctypes.data_as(ctypes.c_void_p)


class Yardstick:
    """The C kernel on one graph (``core.paths.Graph``) with sources by category.

    Args:
        source: int64 (s,), nodes, category by category; first: int64 (categories + 1,).
    """

    # Pairs the kernel has room for.
    ROOM = 30_000_000

    def __init__(self, kernel, graph, source, first):
        self._kernel, self._nodes = kernel, graph.nodes
        self._graph = (
            graph.begin.astype(np.int64),
            graph.target.astype(np.int32),
            np.ascontiguousarray(graph.cost, dtype=np.float64),
        )
        self._source, self._first = source.astype(np.int32), first.astype(np.int64)

    def nearest(self, limit):
        """Return the cost of the nearest source of each category, (categories, nodes)."""
        categories = self._first.size - 1
        cost = np.full((categories, self._nodes), np.inf)
        self._kernel.nearest(
            *map(_at, self._graph), ctypes.c_int64(self._nodes), _at(self._source),
            _at(self._first), ctypes.c_int64(categories), ctypes.c_double(limit), _at(cost),
        )  # fmt: skip
        return cost

    def pairs(self, limit):
        """Return (source, node, cost) within the limit, each source by itself."""
        found = [np.empty(self.ROOM, dtype=kind) for kind in (np.int32, np.int32, np.float64)]
        count = self._kernel.pairs(
            *map(_at, self._graph), ctypes.c_int64(self._nodes), _at(self._source),
            ctypes.c_int64(self._source.size), ctypes.c_double(limit), *map(_at, found),
            ctypes.c_int64(self.ROOM),
        )  # fmt: skip
        return tuple(column[:count] for column in found)


class Scipy:
    """``scipy.sparse.csgraph.dijkstra`` on the same; ``installed`` tells whether it is there."""

    try:
        from scipy.sparse import csgraph, csr_matrix

        installed = True
    except ImportError:
        installed = False

    # Sources whose dense rows are held at once.
    _AT_ONCE = 64

    def __init__(self, graph, source, first):
        size = (graph.nodes, graph.nodes)
        self._matrix = self.csr_matrix((graph.cost, graph.target, graph.begin), shape=size)
        self._source, self._first = source, first

    def nearest(self, limit):
        """Return what ``Yardstick.nearest`` does."""
        rows = [
            self.csgraph.dijkstra(
                self._matrix, indices=self._source[low:high], min_only=True, limit=limit
            )
            for low, high in zip(self._first[:-1], self._first[1:])
        ]
        return np.array(rows)

    def pairs(self, limit):
        """Return what ``Yardstick.pairs`` does, by source and node."""
        found = []
        for low in range(0, self._source.size, self._AT_ONCE):
            part = self._source[low : low + self._AT_ONCE]
            table = self.csgraph.dijkstra(self._matrix, indices=part, limit=limit)
            row, node = np.nonzero(np.isfinite(table))
            found.append((row + low, node, table[row, node]))
        return tuple(np.concatenate(columns) for columns in zip(*found))
