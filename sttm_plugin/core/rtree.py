"""The R-tree of many boxes made at once, as SQLite keeps it: inserting one by one takes long."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# https://www.sqlite.org/rtree.html: what a node's cell holds, big-endian.
_CELL = np.dtype([("id", ">i8"), ("box", ">f4", 4)])
_HEAD = 4
# Room for what is added later: a full node splits at its first.
_FULL = 0.9
# SQLite's own rounding to single precision (rtreeValueDown, rtreeValueUp).
_AWAY, _TOWARDS = 1.0 + 1.0 / 8388608.0, 1.0 - 1.0 / 8388608.0


class Packed(NamedTuple):
    """The shadow tables of an R-tree.

    Attributes:
        nodes: (numbers, their bytes), the root is 1. parents: (numbers, those above).
        leaf_of: int64 (n,), the node that holds each box.
    """

    nodes: tuple
    parents: tuple
    leaf_of: np.ndarray


def packed(ids, xmin, xmax, ymin, ymax, node_size) -> Packed:
    """Return the tree of some boxes: neighbours share nodes, nodes are nearly full.

    Args:
        ids: int64 (n,), n > 0. xmin, xmax, ymin, ymax: float64 (n,).
        node_size: bytes of a node.

    Source: Leutenegger et al., STR: A Simple and Efficient Algorithm for R-Tree Packing (1997).
    """
    most = (node_size - _HEAD) // _CELL.itemsize
    cells = np.zeros(len(ids), dtype=_CELL)
    cells["id"] = ids
    cells["box"][:, 0], cells["box"][:, 1] = _down(xmin), _up(xmax)
    cells["box"][:, 2], cells["box"][:, 3] = _down(ymin), _up(ymax)
    numbers, blobs, children, above = [], [], [], []
    leaf_of, following, depth = None, 2, 0
    while len(cells) > most:
        order, starts = _tiles(cells["box"].astype(np.float64), max(int(most * _FULL), 2))
        made = np.arange(following, following + len(starts))
        following += len(starts)
        held = np.diff(np.append(starts, len(cells)))
        node_of = np.empty(len(cells), dtype=np.int64)
        node_of[order] = np.repeat(made, held)
        if leaf_of is None:
            leaf_of = node_of
        else:
            children.extend(cells["id"].tolist())
            above.extend(node_of.tolist())
        cells = cells[order]
        numbers.extend(made.tolist())
        blobs.extend(_blobs(cells, starts, held, node_size, 0))
        upper = np.zeros(len(starts), dtype=_CELL)
        upper["id"] = made
        boxes = cells["box"].astype(np.float64)
        for side, reduce in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
            upper["box"][:, side] = reduce.reduceat(boxes[:, side], starts)
        cells, depth = upper, depth + 1
    if leaf_of is None:
        leaf_of = np.ones(len(cells), dtype=np.int64)
    else:
        children.extend(cells["id"].tolist())
        above.extend([1] * len(cells))
    numbers.append(1)
    blobs.extend(_blobs(cells, np.zeros(1, np.int64), np.array([len(cells)]), node_size, depth))
    return Packed((numbers, blobs), (children, above), leaf_of)


def _tiles(boxes, most):
    """Return (order, starts) of boxes put into nodes: strips along x, each cut along y."""
    count = len(boxes)
    x, y = boxes[:, 0] + boxes[:, 1], boxes[:, 2] + boxes[:, 3]
    strips = int(np.ceil(np.sqrt(np.ceil(count / most))))
    strip = np.empty(count, dtype=np.int64)
    strip[np.argsort(x, kind="stable")] = np.arange(count) * strips // count
    order = np.lexsort((y, strip))
    starts = []
    ends = np.searchsorted(strip[order], np.arange(strips), side="right")
    for first, last in zip([0, *ends[:-1].tolist()], ends.tolist()):
        nodes = -(-(last - first) // most)
        starts.extend(first + (last - first) * k // nodes for k in range(nodes))
    return order, np.array(starts, dtype=np.int64)


def _blobs(cells, starts, held, node_size, depth) -> list:
    whole, made = cells.tobytes(), []
    for start, count in zip(starts.tolist(), held.tolist()):
        head = depth.to_bytes(2, "big") + count.to_bytes(2, "big")
        width = _CELL.itemsize
        made.append((head + whole[start * width : (start + count) * width]).ljust(node_size, b"\0"))
    return made


def _down(values):
    near = values.astype(np.float32)
    lower = np.where(values < 0, values * _AWAY, values * _TOWARDS).astype(np.float32)
    return np.where(near > values, lower, near)


def _up(values):
    near = values.astype(np.float32)
    upper = np.where(values < 0, values * _TOWARDS, values * _AWAY).astype(np.float32)
    return np.where(near < values, upper, near)
