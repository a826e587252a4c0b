"""Coordinates of many WKB geometries at once, on numpy only."""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from .progress import Steps, ask

_LINE, _POLYGON, _MULTI_POINT, _MULTI_LINE, _MULTI_POLYGON = 2, 3, 4, 5, 6
_HAS_Z, _HAS_M, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000


class Lines(NamedTuple):
    """Parts of lines: vertices of part p are ``xy[start[p]:start[p + 1]]``.

    Attributes:
        xy: float64 (v, 2), metres.
        start: int64 (p + 1,).
        feature: int64 (p,), the row of the feature a part belongs to.
        left_out: rows whose geometry is no line or holds a coordinate that is no number.
    """

    xy: np.ndarray
    start: np.ndarray
    feature: np.ndarray
    left_out: np.ndarray


class Points(NamedTuple):
    """One or more points: ``xy`` float64 (k, 2)."""

    xy: np.ndarray


class Area(NamedTuple):
    """Polygons, each a list of rings, each float64 (k, 2) and closed."""

    polygons: list


def read_lines(blobs, on_progress=None) -> Lines:
    """Return the parts of little-endian WKB lines and multi-lines, Z and M left out.

    Args:
        blobs: one bytes for each feature, None where it has no geometry.
        on_progress: share 0-1 → False to stop, asked between passes.

    Raises:
        Stopped: ``on_progress`` says stop.
    """
    step_done = Steps(on_progress, 6)
    row, kept = np.arange(len(blobs)), blobs
    if not all(blobs):
        row = np.array([i for i, blob in enumerate(blobs) if blob], dtype=np.int64)
        kept = [blobs[i] for i in row]
    if not kept:
        none = np.zeros(0, dtype=np.int64)
        return Lines(np.zeros((0, 2)), np.zeros(1, dtype=np.int64), none, none)
    step_done()
    raw = np.frombuffer(b"".join(kept), dtype=np.uint8)
    step_done()
    sizes = np.fromiter(map(len, kept), dtype=np.int64, count=len(kept))
    begin = np.cumsum(sizes) - sizes
    code, dims, header = _kinds(raw, begin)

    feature, where, count, width = [], [], [], []
    single = np.flatnonzero(code == _LINE)
    feature.append(row[single])
    where.append(begin[single] + header[single] + 4)
    count.append(_uint(raw, begin[single] + header[single]))
    width.append(dims[single])

    step_done()
    # The parts of a multi-line follow one another: the k-th of every feature in one step.
    multi = np.flatnonzero(code == _MULTI_LINE)
    parts = _uint(raw, begin[multi] + header[multi])
    at = begin[multi] + header[multi] + 4
    step = 0
    while True:
        more = parts > step
        if not more.any():
            break
        multi, parts, at = multi[more], parts[more], at[more]
        _, part_dims, part_header = _kinds(raw, at)
        size = _uint(raw, at + part_header)
        feature.append(row[multi])
        where.append(at + part_header + 4)
        count.append(size)
        width.append(part_dims)
        at = at + part_header + 4 + size * part_dims * 8
        step += 1
        step_done()

    feature, where = np.concatenate(feature), np.concatenate(where)
    count, width = np.concatenate(count), np.concatenate(width)
    order = np.argsort(where, kind="stable")
    order = order[count[order] > 0]
    feature, where, count, width = feature[order], where[order], count[order], width[order]
    step_done()
    xy = _coordinates(raw, where, count, width)
    step_done()
    others = row[(code != _LINE) & (code != _MULTI_LINE)]
    return _without_bad(xy, count, feature, others)


def _without_bad(xy, count, feature, others):
    start = np.concatenate(([0], np.cumsum(count)))
    bad_vertex = ~np.isfinite(xy).all(axis=1)
    if bad_vertex.any():
        part = np.repeat(np.arange(count.size), count)
        bad = np.bincount(part[bad_vertex], minlength=count.size) > 0
        others = np.union1d(others, feature[bad])
        xy = xy[~bad[part]]
        count, feature = count[~bad], feature[~bad]
        start = np.concatenate(([0], np.cumsum(count)))
    return Lines(xy, start.astype(np.int64), feature, others.astype(np.int64))


def _kinds(raw, at):
    """Return geometry code, numbers in a vertex and bytes before the first count."""
    kind = _uint(raw, at + 1)
    base = kind & 0x0FFFFFFF
    iso = base // 1000
    has_z = ((kind & _HAS_Z) > 0) | (iso == 1) | (iso == 3)
    has_m = ((kind & _HAS_M) > 0) | (iso == 2) | (iso == 3)
    header = np.where(kind & _HAS_SRID, 9, 5)
    return base % 1000, 2 + has_z.astype(np.int64) + has_m, header


def _uint(raw, at):
    return _numbers_at(raw, at, "<u4").astype(np.int64)


def _numbers_at(raw, at, kind):
    """Return the numbers that begin at some bytes, wherever they lie."""
    width = np.dtype(kind).itemsize
    if raw.size < width:
        return np.zeros(0, dtype=kind)
    every = np.ndarray((raw.size - width + 1,), dtype=kind, buffer=raw, strides=(1,))
    return every[at]


def _coordinates(raw, where, count, width):
    """Return the first two numbers of each vertex of the parts that begin at ``where``."""
    before = np.cumsum(count) - count
    if where.size and (width == 2).all():
        at = np.repeat(where - 16 * before, count)
        at += 16 * np.arange(at.size)
    else:
        step = np.arange(count.sum()) - np.repeat(before, count)
        at = np.repeat(where, count) + 8 * np.repeat(width, count) * step
    xy = np.empty((at.size, 2))
    xy[:, 0] = _numbers_at(raw, at, "<f8")
    xy[:, 1] = _numbers_at(raw, at + 8, "<f8")
    return xy


def read_points(blobs):
    """Return x, y (n,) of little-endian WKB points, NaN for none; None where one is no point."""
    xy = np.full((len(blobs), 2), np.nan)
    row = np.array([i for i, blob in enumerate(blobs) if blob], dtype=np.int64)
    if row.size:
        kept = [blobs[i] for i in row]
        raw = np.frombuffer(b"".join(kept), dtype=np.uint8)
        sizes = np.fromiter(map(len, kept), dtype=np.int64, count=len(kept))
        begin = np.cumsum(sizes) - sizes
        code, _, header = _kinds(raw, begin)
        if (code != 1).any():
            return None
        xy[row, 0] = _numbers_at(raw, begin + header, "<f8")
        xy[row, 1] = _numbers_at(raw, begin + header + 8, "<f8")
        xy[~np.isfinite(xy).all(axis=1)] = np.nan
    return xy[:, 0], xy[:, 1]


def read_shape(blob):
    """Return one WKB geometry as Points or Area; None where it is neither, or empty.

    A coordinate that is no number makes the geometry None.
    """
    if not blob:
        return None
    code, width, at = _kind(blob, 0)
    if code == 1:
        return _points([_vertex(blob, at)])
    if code == _MULTI_POINT:
        return _points(_each(blob, at, lambda at: _point_part(blob, at)))
    if code == _POLYGON:
        return _area([_rings(blob, at, width)[0]])
    if code == _MULTI_POLYGON:
        return _area(_each(blob, at, lambda at: _polygon_part(blob, at)))
    return None


def _kind(blob, at):
    kind = struct.unpack_from("<I", blob, at + 1)[0]
    base = kind & 0x0FFFFFFF
    iso = base // 1000
    has_z = bool(kind & _HAS_Z) or iso in (1, 3)
    has_m = bool(kind & _HAS_M) or iso in (2, 3)
    return base % 1000, 2 + has_z + has_m, at + (9 if kind & _HAS_SRID else 5)


def _each(blob, at, read):
    parts = []
    number = struct.unpack_from("<I", blob, at)[0]
    at += 4
    for _ in range(number):
        part, at = read(at)
        parts.append(part)
    return parts


def _vertex(blob, at):
    return np.frombuffer(blob, dtype="<f8", count=2, offset=at)


def _point_part(blob, at):
    _, width, at = _kind(blob, at)
    return _vertex(blob, at), at + width * 8


def _polygon_part(blob, at):
    _, width, at = _kind(blob, at)
    return _rings(blob, at, width)


def _rings(blob, at, width):
    rings = []
    number = struct.unpack_from("<I", blob, at)[0]
    at += 4
    for _ in range(number):
        size = struct.unpack_from("<I", blob, at)[0]
        at += 4
        flat = np.frombuffer(blob, dtype="<f8", count=size * width, offset=at)
        rings.append(flat.reshape(size, width)[:, :2].astype(np.float64))
        at += size * width * 8
    return rings, at


def _points(vertices):
    xy = np.array(vertices, dtype=np.float64).reshape(-1, 2)
    if not xy.size or not np.isfinite(xy).all():
        return None
    return Points(xy)


def _area(polygons):
    polygons = [[ring for ring in rings if len(ring) >= 4] for rings in polygons]
    polygons = [rings for rings in polygons if rings]
    if not polygons or not all(np.isfinite(ring).all() for rings in polygons for ring in rings):
        return None
    return Area(polygons)


def rounded_hex(blobs, decimals) -> list:
    """Return plane WKB with its coordinates rounded, in hexadecimal; −0 becomes 0.

    Args:
        blobs: bytes, None where there is none.

    Returns:
        One text a blob; None where there is none, where it has heights or measures, or where it is
        neither of points, lines or areas.
    """
    found: list = [None] * len(blobs)
    for first in range(0, len(blobs), _ROUNDED_AT_ONCE):
        ask()
        rows, begin, number, size = [], [], [], 0
        for row, blob in enumerate(blobs[first : first + _ROUNDED_AT_ONCE], first):
            runs: list = []
            if blob is not None and _runs(blob, 0, runs) == len(blob):
                rows.append(row)
                begin.extend([size + at for at, _ in runs])
                number.extend([2 * count for _, count in runs])
                size += len(blob)
        if not rows:
            continue
        content = bytearray(b"".join([blobs[row] for row in rows]))
        begin, number = np.array(begin, dtype=np.int64), np.array(number, dtype=np.int64)
        at = np.repeat(begin - 8 * (np.cumsum(number) - number), number)
        at += 8 * np.arange(at.size)
        every = np.ndarray((len(content) - 7,), dtype="<f8", buffer=content, strides=(1,))
        every[at] = np.round(every[at], decimals) + 0.0
        text, end = content.hex().upper(), 0
        for row in rows:
            begin_of_row, end = end, end + 2 * len(blobs[row])
            found[row] = text[begin_of_row:end]
    return found


_ROUNDED_AT_ONCE = 10_000


def _runs(content, at, runs):
    """Add (first byte, vertices) of each run of vertices; return where it ends, −1 if it can't."""
    if content[at] != 1:
        return -1
    kind, count = struct.unpack_from("<II", content, at + 1)
    if kind == 1:
        runs.append((at + 5, 1))
        return at + 21
    at += 9
    if kind == 2:
        runs.append((at, count))
        return at + 16 * count
    if kind not in (3, 4, 5, 6):
        return -1
    for _ in range(count):
        if kind == 3:
            (points,) = struct.unpack_from("<I", content, at)
            runs.append((at + 4, points))
            at += 4 + 16 * points
        else:
            at = _runs(content, at, runs)
            if at < 0:
                return -1
    return at
