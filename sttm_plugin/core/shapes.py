"""Geometries of a source made points or areas: repaired, or refused with the reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .progress import asking

# D20: ends of a drawn ring nearer than this are one point. D12: more than this share is lost.
CLOSING_M = 0.1
LOSS_SHARE = 0.01
SMALL_PART_MQ = 1.0


class Note(NamedTuple):
    """A line for the log: defect, rule, severity, before, after."""

    difetto: str
    regola: str
    gravita: str
    prima: str
    dopo: str


class Conditioned(NamedTuple):
    """A geometry fit for the service layer, or why there is none.

    ``kind`` is "punto" or "area"; where it is "" ``motivo`` and ``difetto`` say why.
    """

    kind: str
    shape: object
    motivo: str
    difetto: str
    messaggio: str
    notes: tuple


class PointsAt(Sequence):
    """Points at places, float64 (n, 2), made when they are asked for; None where they are NaN."""

    def __init__(self, places):
        self._places = places

    def __len__(self):
        return len(self._places)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [point_at(x, y) for x, y in self._places[place].tolist()]
        return point_at(*self._places[place].tolist())


def point_at(x, y):
    """Return a point, None at NaN."""
    from shapely.geometry import Point

    return Point(x, y) if x == x else None


def condition(shape) -> Conditioned:
    """Return a geometry as a Point or a MultiPolygon, in the CRS it is in (metres).

    Lines are refused, but closed ones are areas; of a collection the areas stay, else the
    points; of several points the first. An invalid area is repaired and refused when the
    repair leaves no area or loses more than LOSS_SHARE of it.

    Source: PDS_SCHEMA §2.6 and D11, D12, D18-D20; INTERFACE §5, importservices.
    """
    polygons, lines, points = _parts(shape)
    if not all(_finite(part) for part in (*polygons, *lines, *points)):
        return _refused("coordinate_non_valide", "D09", "La geometria ha coordinate non numeriche.")
    notes = []
    if lines and not polygons:
        rings, open_gap = _rings(lines)
        if rings is None:
            return _refused(
                "geometria_lineare",
                "D20",
                "La geometria è una linea"
                + (f" aperta di {open_gap:.2f} m" if open_gap < 10 else "")
                + ": un servizio è un punto o un'area.",
            )
        polygons, lines = rings, []
        notes.append(
            Note("D20", "linea_chiusa", "R", "linea chiusa", f"area di {len(rings)} parti")
        )
    if polygons:
        if lines or points:
            notes.append(
                Note(
                    "D19",
                    "raccolta_mista",
                    "R",
                    f"{len(polygons)} aree, {len(lines)} linee, {len(points)} punti",
                    f"tenute le {len(polygons)} aree",
                )
            )
        return _area(polygons, notes)
    if not points:
        return _refused("senza_posizione", "D13", "La geometria è vuota.")
    if len(points) > 1:
        notes.append(
            Note("D18", "primo_punto", "R", f"{len(points)} punti", "tenuto il primo punto")
        )
    return Conditioned("punto", points[0], "", "", "", tuple(notes))


def series_of(shapes, crs):
    """Return a list of shapes as a GeoSeries; a long one is made in parts, so that it can stop."""
    import geopandas as gpd
    import pandas as pd

    starts = range(0, max(len(shapes), 1), _SHAPES_AT_ONCE)
    parts = [
        gpd.GeoSeries(shapes[first : first + _SHAPES_AT_ONCE], crs=crs)
        for first in asking(starts, 1)
    ]
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


_SHAPES_AT_ONCE = 10_000


def union_of(shapes):
    """Return the union of some shapes (a list, a GeoSeries), those that are None left out."""
    # Not the GeoSeries' own: its name changed with GeoPandas 1.0.
    from shapely.ops import unary_union

    return unary_union([shape for shape in shapes if shape is not None])


def _refused(motivo, difetto, messaggio):
    return Conditioned("", None, motivo, difetto, messaggio, ())


def _parts(shape):
    kind = shape.geom_type
    if shape.is_empty:
        return [], [], []
    if kind == "Polygon":
        return [shape], [], []
    if kind in ("LineString", "LinearRing"):
        return [], [shape], []
    if kind == "Point":
        return [], [], [shape]
    polygons, lines, points = [], [], []
    for part in shape.geoms:
        inner = _parts(part)
        polygons += inner[0]
        lines += inner[1]
        points += inner[2]
    return polygons, lines, points


def _finite(part) -> bool:
    # bounds skip NaN vertices: every coordinate is looked at.
    rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
    return all(math.isfinite(value) for ring in rings for xy in ring.coords for value in xy[:2])


def _rings(lines):
    """Return ([Polygon], 0) when every line closes on itself, (None, gap) when one doesn't."""
    from shapely.geometry import Polygon
    from shapely.ops import linemerge

    if len(lines) > 1:
        merged = linemerge(lines)
        lines = list(merged.geoms) if hasattr(merged, "geoms") else [merged]
    rings = []
    for line in lines:
        coords = list(line.coords)
        gap = math.hypot(coords[0][0] - coords[-1][0], coords[0][1] - coords[-1][1])
        if len(coords) < 4 or gap > CLOSING_M:
            return None, gap
        rings.append(Polygon([*coords[:-1], coords[0]] if gap > 0 else coords))
    return rings, 0.0


def _area(polygons, notes):
    from shapely.geometry import MultiPolygon

    whole = MultiPolygon(polygons)
    before = sum(polygon.area for polygon in polygons)
    if not whole.is_valid:
        from shapely.validation import explain_validity, make_valid

        reason = explain_validity(whole)
        # One by one first: parts that overlap are one area, not a hole in each other.
        mended = [part for polygon in polygons for part in _parts(make_valid(polygon))[0]]
        kept = sum(part.area for part in mended)
        if len(mended) > 1:
            from shapely.ops import unary_union

            mended = _parts(unary_union(mended))[0]
        mended = [part for part in mended if part.area > 0]
        after = sum(part.area for part in mended)
        if not mended or kept < before * (1 - LOSS_SHARE) - 1e-9:
            return _refused(
                "geometria_irreparabile",
                "D12",
                f"L'area non è valida ({_italian(reason)}) e la riparazione ne perderebbe una "
                f"parte: da {before:.2f} a {kept:.2f} m².",
            )
        small = [part for part in mended if part.area < SMALL_PART_MQ]
        said = f"valida, {after:.2f} m², {len(mended)} parti"
        if small:
            said += f", di cui {len(small)} sotto 1 m²"
        notes.append(
            Note("D11", "area_riparata", "R", f"{_italian(reason)}, {before:.2f} m²", said)
        )
        whole = MultiPolygon(mended)
    if whole.area <= 0:
        return _refused("geometria_irreparabile", "D12", "L'area non ha superficie.")
    return Conditioned("area", whole, "", "", "", tuple(notes))


def _italian(reason: str) -> str:
    for english, italian in (
        ("Ring Self-intersection", "anello che si tocca"),
        ("Self-intersection", "autointersezione"),
        ("Hole lies outside shell", "foro fuori dal contorno"),
        ("Holes are nested", "fori uno dentro l'altro"),
        ("Nested shells", "parti una dentro l'altra"),
        ("Duplicate Rings", "anelli doppi"),
        ("Too few points in geometry component", "troppo pochi punti"),
        ("Interior is disconnected", "interno diviso"),
        ("Invalid Coordinate", "coordinata non numerica"),
    ):
        reason = reason.replace(english, italian)
    return reason
