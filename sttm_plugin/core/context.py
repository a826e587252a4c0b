"""The layers around the services, made ready: comuni, LUM, population."""

from __future__ import annotations

import warnings

import numpy as np

from .errors import SttmError
from .pairs import point_places
from .places import ISTAT_FIELDS, places_from_frame
from .progress import asking
from .reference import istat_code
from .schema import first_not_a_number
from .shapes import union_of

POPULATION_FIELD = "popolazione"


def comuni_frame(frame):
    """Return boundaries as a GeoDataFrame of ``istat``, ``nome`` and one geometry a comune.

    Where the layer says the zone (``zona_omogenea``, ``cod_zo``), so does the result.

    Raises:
        SttmError: no field with an ISTAT code, or no code is usable (``places_from_frame``).
    """
    import geopandas as gpd

    places = places_from_frame(frame)
    codes = sorted(places.exact)
    lower = {str(name).lower(): name for name in frame.columns}
    zone = next((lower[name] for name in ("cod_zo", "zona_omogenea") if name in lower), None)
    more = {}
    if zone is not None:
        said = dict(zip(istat_of_rows(frame), frame[zone]))
        more["zona_omogenea"] = [said.get(code) for code in codes]
    return gpd.GeoDataFrame(
        {"istat": codes, "nome": [places.name_of(code) for code in codes], **more},
        geometry=[places.grounds[code] for code in codes],
        crs=frame.crs,
    )


def column_of(frame, *names):
    """Return the first of these columns, None where there is none.

    Case doesn't count, nor spaces where the name has ``_``.
    """
    lower = {"_".join(str(name).lower().split()): name for name in reversed(frame.columns)}
    found = next((lower[name] for name in names if name in lower), None)
    return None if found is None else frame[found]


def of_comune(frame, comune, boundary):
    """Return which rows of a layer are of a comune, bool (n,).

    By a field with an ISTAT code, else by a point of the row in ``boundary``; all without either.
    """
    codes = column_of(frame, "istat", "cod_istat", "pro_com_t", "pro_com", "codice_istat")
    if codes is not None:
        return np.array([istat_code(code) == comune.istat for code in codes], dtype=bool)
    if boundary is None:
        return np.ones(len(frame), dtype=bool)
    points = points_of(frame.geometry)
    return np.array([one is not None and boundary.intersects(one) for one in points], dtype=bool)


def boundary_of(comuni, comune):
    """Return the polygon of a comune, None where the boundaries don't have it."""
    found = comuni[comuni["istat"] == comune.istat]
    return union_of(found.geometry) if len(found) else None


def lum_frame(frame, pack):
    """Return one row for each LUM: of the several distances, that of its rank's radius.

    Rows without a geometry don't stand for a LUM that has another one.

    Raises:
        SttmError: a row has no ``id_lum``.
    """
    if frame["id_lum"].isna().any():
        raise SttmError(
            "LUM: c'è almeno una riga senza id_lum. Usare il layer prodotto da «Bacini dei LUM» o "
            "completare il campo."
        )
    ranks = pack.lum.get("ranghi", {})
    empty = frame.geometry.isna() | frame.geometry.is_empty
    away = np.zeros(len(frame))
    if "raggio_m" in frame.columns and "rango" in frame.columns:
        own = [
            ranks[rank]["raggio_m"] if rank in ranks else np.nan
            for rank in frame["rango"].fillna("").str.strip().str.lower()
        ]
        away = (frame["raggio_m"].astype(float) - np.array(own, dtype=float)).abs().fillna(np.inf)
    order = frame.assign(_empty=np.asarray(empty, dtype=bool), _away=np.asarray(away, dtype=float))
    order = order.sort_values(["id_lum", "_empty", "_away"], kind="stable")
    kept = order.drop_duplicates("id_lum").drop(columns=["_empty", "_away"])
    return kept.reset_index(drop=True)


def population_frame(frame, pop_field):
    """Return the population layer with ``popolazione``, float64, nothing missing or negative.

    Of each row a point stays, where its people count: found once for all that ask.

    Returns:
        (frame, how many rows had no usable number and count 0).

    Raises:
        SttmError: there is no such field, or it doesn't hold numbers.
    """
    import pandas as pd

    wanted = (pop_field or POPULATION_FIELD).lower()
    name = next((name for name in frame.columns if str(name).lower() == wanted), None)
    if name is None:
        found = ", ".join(str(name) for name in frame.columns if name[0] != "_")
        raise SttmError(
            f"Popolazione: manca il campo «{pop_field or POPULATION_FIELD}» (trovati: "
            f"{found.replace(', geometry', '') or 'nessuno'}). Indicare il campo con gli abitanti."
        )
    try:
        people = pd.to_numeric(frame[name]).astype(float)
    except (TypeError, ValueError) as error:
        raise SttmError(
            f"Popolazione: il campo «{name}» deve contenere numeri, e non "
            f"{first_not_a_number(frame[name])}."
        ) from error
    wrong = ~(people >= 0) | np.isinf(people)
    frame = frame.assign(**{POPULATION_FIELD: people.where(~wrong, 0.0)})
    return frame.set_geometry(points_of(frame.geometry).set_axis(frame.index)), int(wrong.sum())


def istat_of_rows(frame, comuni=None):
    """Return the comune each row of a layer belongs to, object (n,), None where it isn't known.

    From a field with an ISTAT code, else by the position of a point of the row in ``comuni``.
    """
    lower = {str(name).lower(): name for name in frame.columns}
    column = next((lower[name] for name in ISTAT_FIELDS if name in lower), None)
    codes = np.full(len(frame), None, dtype=object)
    if column is not None:
        codes[:] = [istat_code(value) for value in frame[column]]
    lacking = np.array([code is None for code in codes], dtype=bool)
    if comuni is None or not lacking.any():
        return codes
    points = points_of(frame.geometry[lacking])
    grounds, rows = meeting(comuni.geometry, points)
    where = np.flatnonzero(lacking)
    # On a shared boundary the lower code, whatever the order.
    for row, ground in sorted(zip(rows, comuni["istat"].to_numpy(dtype=object)[grounds])):
        if codes[where[row]] is None:
            codes[where[row]] = ground
    return codes


def meeting(left, right, predicate="intersects"):
    """Return the positions (in left, in right) of the shapes that meet, int64 (k,) each.

    Args:
        left, right: GeoSeries in one CRS; missing and empty shapes meet nothing.
        predicate: left … right, as in ``geopandas.sjoin``.
    """
    here = np.flatnonzero(~(left.isna() | left.is_empty).to_numpy(dtype=bool))
    there = np.flatnonzero(~(right.isna() | right.is_empty).to_numpy(dtype=bool))
    if not here.size or not there.size:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    a, b = _pairs_near(left.iloc[here].to_numpy(), right.iloc[there].to_numpy(), predicate)
    a, b = here[np.asarray(a, dtype=np.int64)], there[np.asarray(b, dtype=np.int64)]
    order = np.lexsort((b, a))
    return a[order], b[order]


def _pairs_near(left, right, predicate):
    """Return the positions of the pairs of two arrays of shapes that hold a predicate.

    With Shapely's own tree: the index of GeoPandas 0.x asks for a package more (rtree or
    pygeos), which many QGIS builds lack.
    """
    from shapely.prepared import prep
    from shapely.strtree import STRtree

    if not hasattr(STRtree, "query_items"):  # Shapely 2
        return STRtree(right).query(left, predicate=predicate)
    # Of one shape met twice in the list both places count: it is known by its object.
    shapes = right.tolist()
    places: dict = {}
    for place, shape in enumerate(shapes):
        places.setdefault(id(shape), []).append(place)
    with warnings.catch_warnings():
        # It announces Shapely 2, which is answered above.
        warnings.simplefilter("ignore")
        tree = STRtree(shapes)
    a, b = [], []
    for place, shape in enumerate(asking(left)):
        near = tree.query(shape)
        if len(near):
            holds = getattr(prep(shape), predicate)
            met = [other for one in near if holds(one) for other in places[id(one)]]
            a.extend([place] * len(met))
            b.extend(met)
    return a, b


def points_of(shapes):
    """Return a point on each shape (a point's own), a GeoSeries; empty ones stay as they are."""
    import geopandas as gpd

    others = np.flatnonzero(np.isnan(point_places(shapes)[:, 0])).tolist()
    if not others:
        return shapes.reset_index(drop=True)
    points = shapes.to_numpy(dtype=object, copy=True)
    for row in asking(others):
        shape = points[row]
        if shape is not None and not shape.is_empty:
            points[row] = shape.representative_point()
    return gpd.GeoSeries(points, crs=shapes.crs)


def coordinates_of(shapes):
    """Return x and y of a point on each shape, NaN where there is none."""
    found = point_places(points_of(shapes))
    return found[:, 0], found[:, 1]


def sound(shapes):
    """Return the shapes, those not valid repaired (``buffer(0)``); the others are the same."""
    invalid = ~(shapes.is_valid | shapes.isna()).to_numpy(dtype=bool)
    if not invalid.any():
        return shapes
    shapes = shapes.copy()
    shapes.loc[invalid] = shapes.loc[invalid].buffer(0)
    return shapes
