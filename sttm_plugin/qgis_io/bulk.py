"""Layers of files read and written in columns, many times faster than feature by feature."""

from __future__ import annotations

import itertools
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from qgis.core import (
    NULL,
    QgsCsException,
    QgsFields,
    QgsGeometry,
    QgsProviderRegistry,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core import rtree
from ..core.coded import Coded
from ..core.errors import SttmError
from ..core.progress import Steps, ask, asking
from ..core.schema import trimmed, typed
from .frames import stored_values, transform_to

_PLAIN = frozenset(
    (
        QgsWkbTypes.Type.Point,
        QgsWkbTypes.Type.MultiPoint,
        QgsWkbTypes.Type.LineString,
        QgsWkbTypes.Type.MultiLineString,
    )
)
_AREAS = frozenset((QgsWkbTypes.Type.Polygon, QgsWkbTypes.Type.MultiPolygon))
# The formats whose text is always UTF-8.
_UTF8 = frozenset(("GPKG", "FlatGeobuf", "GeoJSON"))


@dataclass
class Columns:
    """Features in the order of the layer, in the layer's CRS.

    Attributes:
        fids: int64 (n,).
        blobs: list of bytes, the WKB of each; None where there is no geometry.
        columns: {name: list of values, None where NULL}, for the fields asked for.
    """

    fids: np.ndarray
    blobs: list
    columns: dict


def read_columns(layer, names=(), feedback=None, areas=False) -> Columns | None:
    """Return the features of a layer that GDAL can read by columns.

    Args:
        layer: QgsVectorLayer, whole; None.
        names: fields, as the layer writes them.
        areas: areas are taken too; days (as ISO text) among the fields.

    Returns:
        Columns; None where the layer has to be read feature by feature: another provider, unsaved
        edits, curves, a field that isn't a plain number or text (a yes or no isn't), an old GDAL, a
        cancelled run.
    """
    found = _open(layer, names, areas)
    if found is None:
        return None
    dataset, table = found
    geometry = table.GetGeometryColumn() or "wkb_geometry"
    parts: dict = {name: [] for name in ("", geometry, *names)}
    try:
        identifier = table.GetFIDColumn() or "OGC_FID"
        for batch in table.GetArrowStreamAsNumPy(_STREAM):
            if feedback is not None and feedback.isCanceled():
                return None
            parts[""].append(np.asarray(batch[identifier], dtype=np.int64))
            for name in (geometry, *names):
                parts[name].append(_plain_list(batch[name]))
        # An error ends the stream as its end does.
        if sum(map(len, parts[""])) != table.GetFeatureCount():
            return None
    except (KeyError, RuntimeError, UnicodeDecodeError, TypeError):
        return None
    finally:
        del table, dataset
    fids = np.concatenate(parts.pop("")) if parts[""] else np.zeros(0, dtype=np.int64)
    blobs = [blob for part in parts[geometry] for blob in part]
    columns = {name: [value for part in parts[name] for value in part] for name in names}
    return Columns(fids, blobs, columns)


# Texts of a batch are as wide as the longest: of long ones few rows are held at once.
_STREAM = ["USE_MASKED_ARRAYS=YES", "MAX_FEATURES_IN_BATCH=8192"]


def _open(layer, names, areas):
    """Return GDAL's dataset and layer behind a layer of QGIS, None where they don't match it."""
    if not isinstance(layer, QgsVectorLayer) or layer.providerType() != "ogr":
        return None
    kinds = _PLAIN | _AREAS if areas else _PLAIN
    if layer.isEditable() or QgsWkbTypes.flatType(layer.wkbType()) not in kinds:
        return None
    place = file_of(layer)
    if place is None:
        return None
    try:
        from osgeo import gdal, gdal_array, ogr  # noqa: F401
    except ImportError:
        return None
    if not hasattr(ogr.Layer, "GetArrowStreamAsNumPy"):
        return None
    # GDAL tells a failure by None or, where somebody turned them on, by an exception.
    try:
        dataset = gdal.OpenEx(place["path"], gdal.OF_VECTOR)
        if place["layerName"]:
            table = dataset.GetLayerByName(place["layerName"])
        else:
            table = dataset.GetLayer(int(place["layerId"] or 0))
        if layer.subsetString() and table.SetAttributeFilter(layer.subsetString()) != 0:
            return None
        definition = table.GetLayerDefn()
        texts = dataset.GetDriver().ShortName in _UTF8
        for name in names:
            at = layer.fields().lookupField(name)
            if at < 0 or layer.fields().fieldOrigin(at) != QgsFields.FieldOrigin.OriginProvider:
                return None
            field = definition.GetFieldDefn(definition.GetFieldIndex(name))
            # GDAL 3.6 gives yes and no as bits that NumPy takes for bytes.
            if field.GetSubType() == ogr.OFSTBoolean:
                return None
            kind = field.GetType()
            number = kind in (ogr.OFTInteger, ogr.OFTInteger64, ogr.OFTReal)
            number |= areas and kind == ogr.OFTDate
            if not number and not (kind == ogr.OFTString and texts):
                return None
        every = [definition.GetFieldDefn(k).GetName() for k in range(definition.GetFieldCount())]
        # A filter on a field that is left unread lets nothing through, or everything.
        if not layer.subsetString():
            table.SetIgnoredFields([name for name in every if name not in names])
    except (RuntimeError, AttributeError, TypeError):
        return None
    return dataset, table


def file_of(layer) -> dict | None:
    """Return path, layerName and layerId of a layer read from one file; None for any other."""
    if not isinstance(layer, QgsVectorLayer) or layer.providerType() != "ogr":
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = str(parts.get("path") or "")
    others = set(parts) - {"path", "layerName", "layerId", "subset", "databaseName"}
    if others & {key for key in others if parts[key]}:
        return None
    if (
        "|geometrytype=" in layer.source().lower()
        or "|uniquegeometrytype" in layer.source().lower()
    ):
        return None
    if (
        not path
        or not Path(path).is_file()
        or layer.subsetString().lstrip()[:6].lower() == "select"
    ):
        return None
    return {
        "path": path,
        "layerName": parts.get("layerName") or "",
        "layerId": parts.get("layerId"),
    }


def _plain_list(values):
    """Return the values of a column as Python has them, None where they are masked."""
    if values.dtype.kind == "M":
        days = np.datetime_as_string(np.ma.getdata(values)).tolist()
        return [None if no else day for day, no in zip(days, np.ma.getmaskarray(values))]
    found = values.tolist()
    if values.dtype.kind == "S":
        found = [None if value is None else value.decode("utf-8") for value in found]
    return found


# Places handed to the transformation together.
_PLACES_AT_ONCE = 200_000


def to_crs(xy, layer, crs, context, on_progress=None):
    """Return places (n, 2) of a layer in the analysis CRS, many at once; None where one fails.

    Raises:
        SttmError: the layer has no CRS.
        Stopped: ``on_progress`` says stop.
    """
    transform = transform_to(layer, crs, context)
    if transform is None or transform.isShortCircuited() or not len(xy):
        return xy
    if not np.isfinite(xy).all():
        return None
    steps = Steps(on_progress, 1)
    moved = np.empty((len(xy), 2))
    for first in range(0, len(xy), _PLACES_AT_ONCE):
        steps.at(first / len(xy))
        part = xy[first : first + _PLACES_AT_ONCE]
        line = QgsGeometry()
        line.fromWkb(struct.pack("<BII", 1, 2, len(part)) + part.astype("<f8").tobytes())
        try:
            line.transform(transform)
        except QgsCsException:
            return None
        found = np.frombuffer(line.asWkb().data(), dtype="<f8", offset=9)
        moved[first : first + len(part)] = found.reshape(-1, 2)
    return moved if np.isfinite(moved).all() else None


def places_of(blobs):
    """Return x, y of plain points, float64 (n, 2), NaN where there is none; else None."""
    known = [blob for blob in blobs if blob]
    if any(len(blob) != _POINT_WKB.itemsize for blob in known):
        return None
    read = np.frombuffer(b"".join(known), dtype=_POINT_WKB)
    xy = np.column_stack((read["x"], read["y"]))
    if not ((read["order"] == 1) & (read["kind"] == 1)).all() or not np.isfinite(xy).all():
        return None
    places = np.full((len(blobs), 2), np.nan)
    places[[bool(blob) for blob in blobs]] = xy
    return places


def sound(blobs) -> bool:
    """Tell whether every WKB is little-endian and of points or lines without curves."""
    heads = {blob[:2] for blob in blobs if blob}
    return all(head[0] == 1 and head[1] in _CODES for head in heads)


# The lowest byte of the codes of point, line, multi-point and multi-line, also with Z (1000), M
# (2000) and both (3000) added.
_CODES = frozenset((code + more) & 0xFF for code in (1, 2, 4, 5) for more in (0, 1000, 2000, 3000))


# Values turned into Python's and bound together: between two lots the run can be stopped.
_VALUES_AT_ONCE = 400_000
_ROWS_AT_ONCE = _BOXES_AT_ONCE = 20_000
# Values older builds of SQLite bind at once; columns, with those of the key and the geometry.
_MOST_VALUES = 999
_MOST_COLUMNS = _MOST_VALUES - 9


def lot_of(columns) -> int:
    """Return how many rows of so many columns are handled at once."""
    return max(64, min(_ROWS_AT_ONCE, _VALUES_AT_ONCE // max(columns, 1)))


def fill_points(path, names, x, y, rows, ask=lambda: None) -> bool:
    """Write the rows of an empty GeoPackage of points, all or none of them.

    Args:
        path: of a file with one table, made by QGIS and closed.
        names: its fields, in their order.
        x, y: float64 (n,), NaN where there is no geometry.
        rows: iterable of lists of tuples, one for each row, in the order of x and y.
        ask: called between lots of the spatial index; what it raises undoes all of it.

    Returns:
        False where the rows have to be written one by one: it is no such file, or this build of
        SQLite can't; nothing was written and no row was asked for.

    Raises:
        SttmError: the file can't be written. Whatever ``rows`` raises undoes all of it.
    """
    return _fill(path, names, _Points(x, y), rows, ask)


def fill_lines(path, names, xy, start, rows, ask=lambda: None) -> bool:
    """Write the rows of an empty GeoPackage of lines, as ``fill_points`` does.

    Args:
        xy: float64 (v, 2), vertices of every line. start: int64 (n + 1,), line k has those from
            ``start[k]`` to ``start[k + 1]``.
    """
    return _fill(path, names, _Lines(xy, start), rows, ask)


def plain_values(rows, ask=lambda: None) -> list | None:
    """Return rows of attributes as SQLite stores them, None where one is no number or text."""
    made: list = []
    for first in range(0, len(rows), _BOXES_AT_ONCE):
        ask()
        part = [
            tuple(None if value == NULL else value for value in row)
            for row in rows[first : first + _BOXES_AT_ONCE]
        ]
        kinds = {type(value) for row in part for value in row}
        if kinds - {int, float, str, bool, type(None)} or not all(map(_plain_row, part)):
            return None
        made.extend(part)
    return made


def can_be_filled(path) -> bool:
    """Tell whether an output is a GeoPackage of its own, which ``fill_frame`` may fill."""
    return Path(str(path)).suffix.lower() == ".gpkg" and Path(str(path)).is_file()


def fill_frame(path, frame, fields, wkb_type) -> bool:
    """Write a frame into an empty GeoPackage as ``frames.write_frame`` does, many times faster.

    Args:
        frame: of ``core.schema.conform``. fields: its ``core.schema.Field``.
        wkb_type: Point, MultiPolygon or NoGeometry; for any other nothing is written.

    Returns:
        False where the rows have to be written one by one; nothing was written.

    Raises:
        SttmError: the file can't be written.
        Stopped: the user stopped the run (``core.progress.ask``); nothing was written.
    """
    shapes = _shapes_of(frame, wkb_type)
    if shapes is None:
        return False
    columns = []
    for field in fields:
        ask()
        columns.append(stored_values(frame[field.name], field.kind))
    # A text QGIS cuts or mends on its way is left to QGIS.
    if not all(map(_plain_texts, columns)):
        return False
    # What no row fills is left to the table: most services fill half the fields.
    filled = [place for place, column in enumerate(columns) if any(v is not None for v in column)]
    columns = [columns[place] for place in filled]
    lot = lot_of(len(columns) + 2)

    def lots():
        for first in range(0, len(frame), lot):
            ask()
            yield list(zip(*(column[first : first + lot] for column in columns)))

    return _fill(path, [field.name for field in fields], shapes, lots(), ask, filled)


def fill_lots(path, rows, wkb_type, ask=lambda: None, on_progress=lambda share: True) -> bool:
    """Write ``core.intake_rows.LotRows`` as ``fill_frame`` writes their frame, a lot at a time.

    Args:
        on_progress: told the share (0-1) of rows written.

    Returns, Raises:
        As ``fill_frame``.
    """
    import pandas as pd

    shapes = _Nowhere()
    if wkb_type == QgsWkbTypes.Type.Point and rows.x is not None:
        shapes = _Points(rows.x, rows.y)
    elif wkb_type != QgsWkbTypes.Type.NoGeometry:
        shapes = _shapely(rows.shapes or [], wkb_type)
    if shapes is None:
        return False
    columns = {}
    for field in rows.fields:
        ask()
        if field.name in rows.columns:
            coded = rows.columns[field.name]
            values = trimmed(coded.values) if field.kind == "text" else None
            if values is None:
                values = typed(pd.Series(coded.values, dtype=object), field)
                values = stored_values(values, field.kind)
            coded = Coded(coded.codes, values)
            # A text QGIS cuts or mends on its way is left to QGIS.
            if not _plain_texts(coded.values):
                return False
            if coded.true().any():
                columns[field.name] = coded
    names = [field.name for field in rows.fields]
    filled = [name for name in names if name in columns or name in rows.made]
    lot = lot_of(len(filled) + 2)

    def lots():
        for first in range(0, len(rows), lot):
            ask()
            on_progress(first / len(rows))
            places = np.arange(first, min(first + lot, len(rows)))
            values = [
                list(columns[name].at(places)) if name in columns else rows.made[name](places)
                for name in filled
            ]
            if not all(
                _plain_texts(rest) for name, rest in zip(filled, values) if name in rows.made
            ):
                raise _LeftToQgis
            yield tuple(values)

    try:
        return _fill(path, names, shapes, lots(), ask, [names.index(name) for name in filled])
    except _LeftToQgis:
        return False


class _LeftToQgis(Exception):  # noqa: N818
    """A text that QGIS cuts or mends on its way: it has to write every row."""


def _plain_texts(values) -> bool:
    """Tell whether the texts of a column, a list, are written as they are."""
    lots = asking(range(0, len(values), _ROWS_AT_ONCE), 1)
    return all(_plain_row(values[first : first + _ROWS_AT_ONCE]) for first in lots)


def _plain_row(values) -> bool:
    whole = "".join([value for value in values if type(value) is str])
    try:
        whole.encode()
    except UnicodeEncodeError:  # half of a letter of two
        return False
    return "\0" not in whole


def _shapes_of(frame, wkb_type):
    """Return the geometries of a frame as a table's column of them, None for kinds not filled."""
    if wkb_type == QgsWkbTypes.Type.NoGeometry:
        return _Nowhere()
    if "geometry" not in frame.columns:
        return None
    if wkb_type == QgsWkbTypes.Type.Point and "_wkb" in frame.columns:
        whole = np.frombuffer(b"".join(frame["_wkb"].tolist()), dtype=_POINT_WKB)
        return _Points(whole["x"].copy(), whole["y"].copy())
    if "_wkb" in frame.columns:
        return None
    if wkb_type == QgsWkbTypes.Type.Point and {"_x", "_y"} <= set(frame.columns):
        return _Points(*frame[["_x", "_y"]].to_numpy(dtype=np.float64).T.copy(), empty=True)
    return _shapely(frame["geometry"].tolist(), wkb_type)


def _shapely(shapes, wkb_type):
    """Return shapely geometries as a table's column of them, None for kinds not filled."""
    kinds = {
        None if shape is None or shape.is_empty else shape.geom_type for shape in asking(shapes)
    }
    if wkb_type == QgsWkbTypes.Type.Point and kinds <= {"Point", None}:
        nowhere = (np.nan, np.nan)
        places = [
            nowhere if shape is None or shape.is_empty else shape.coords[0][:2]
            for shape in asking(shapes)
        ]
        # Where there is no geometry QGIS writes an empty one of its own.
        return _Points(*np.array(places, dtype=np.float64).reshape(-1, 2).T, empty=True)
    if wkb_type == QgsWkbTypes.Type.MultiPolygon and kinds == {"MultiPolygon"}:
        return None if any(shape.has_z for shape in asking(shapes)) else _Areas(shapes)
    return None


def _fill(path, names, shapes, rows, ask, filled=None) -> bool:
    if not can_be_filled(path):
        return False
    try:
        with _Filling(path) as filling:
            return filling.fits(names, shapes) and filling.write(shapes, rows, ask, filled)
    except sqlite3.Error as error:
        raise SttmError(
            f"«{Path(path).name}» non è stato scritto ({error}): controllare lo spazio su disco e "
            "che il file non sia aperto altrove."
        ) from error


_POINT_WKB = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


class _Nowhere:
    """The rows of a table without geometry."""

    spatial = False

    def known(self):
        return np.zeros(0, dtype=np.int64)


class _Points:
    """Points as a GeoPackage holds them; where x is NaN none, or with ``empty`` an empty one."""

    spatial = True

    def __init__(self, x, y, empty=False):
        self.x, self.y, self.empty = x, y, empty

    def known(self):
        """Return the places of the rows that have a geometry."""
        return np.flatnonzero(np.isfinite(self.x) & np.isfinite(self.y))

    def boxes(self):
        """Return xmin, xmax, ymin, ymax of every row."""
        return self.x, self.x, self.y, self.y

    def blobs(self, part, srs):
        """Return some rows as GeoPackage writes them, None where there is no geometry."""
        x, y = self.x[part], self.y[part]
        made = np.zeros(
            x.size, dtype=[("head", "S4"), ("srs", "<i4"), *(
                (name, _POINT_WKB[name]) for name in _POINT_WKB.names)],
        )  # fmt: skip
        made["head"], made["srs"], made["order"], made["kind"] = b"GP\0\1", srs, 1, 1
        made["x"], made["y"] = x, y
        nowhere = ~(np.isfinite(x) & np.isfinite(y))
        if self.empty:
            made["head"][nowhere] = b"GP\0\x11"
        whole, width = made.tobytes(), made.dtype.itemsize
        blobs = [whole[at : at + width] for at in range(0, len(whole), width)]
        for place in () if self.empty else np.flatnonzero(nowhere).tolist():
            blobs[place] = None
        return blobs


class _Areas:
    """Areas (shapely MultiPolygon) as a GeoPackage holds them."""

    spatial = True

    def __init__(self, shapes):
        self.shapes = shapes
        bounds = np.array([shape.bounds for shape in asking(shapes)], dtype=np.float64)
        self._boxes = tuple(bounds[:, side] for side in (0, 2, 1, 3))

    def known(self):
        """Return the places of the rows that have a geometry."""
        return np.arange(len(self.shapes))

    def boxes(self):
        """Return xmin, xmax, ymin, ymax of every row."""
        return self._boxes

    def blobs(self, part, srs):
        """Return some rows as GeoPackage writes them."""
        head = struct.Struct("<4si4d")
        boxes = zip(self.shapes[part], *(side[part].tolist() for side in self._boxes))
        return [head.pack(b"GP\0\3", srs, *box) + shape.wkb for shape, *box in asking(boxes)]


class _Lines:
    """Lines as a GeoPackage holds them."""

    spatial = True

    def __init__(self, xy, start):
        self.xy, self.start = np.ascontiguousarray(xy, dtype="<f8"), start
        low = np.minimum.reduceat(self.xy, start[:-1]) if len(start) > 1 else self.xy
        high = np.maximum.reduceat(self.xy, start[:-1]) if len(start) > 1 else self.xy
        self._boxes = (low[:, 0], high[:, 0], low[:, 1], high[:, 1])

    def known(self):
        """Return the places of the rows that have a geometry."""
        return np.arange(len(self.start) - 1)

    def boxes(self):
        """Return xmin, xmax, ymin, ymax of every row."""
        return self._boxes

    def blobs(self, part, srs):
        """Return some rows as GeoPackage writes them."""
        head = struct.Struct("<4si4dBII")
        first, last = self.start[:-1][part].tolist(), self.start[1:][part].tolist()
        boxes = zip(first, last, *(side[part].tolist() for side in self._boxes))
        whole = self.xy[first[0] : last[-1]].tobytes()
        return [
            head.pack(b"GP\0\3", srs, *box, 1, 2, end - begin)
            + whole[16 * (begin - first[0]) : 16 * (end - first[0])]
            for begin, end, *box in boxes
        ]


class _Filling:
    """The one table of a GeoPackage, being filled past the triggers of its indexes."""

    def __init__(self, path):
        self._connection = sqlite3.connect(str(path), isolation_level=None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def _rows(self, sql, *values):
        return self._connection.execute(sql, values).fetchall()

    def fits(self, names, shapes) -> bool:
        """Tell whether the table has these fields, is empty, and can be filled here."""
        tables = self._rows("SELECT table_name FROM gpkg_contents")
        places = []
        if self._rows("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_geometry_columns'"):
            places = self._rows("SELECT column_name, srs_id FROM gpkg_geometry_columns")
        if len(tables) != 1 or len(places) != shapes.spatial or len(names) > _MOST_COLUMNS:
            return False
        self.table = tables[0][0]
        geometry, self.srs = places[0] if places else ("", 0)
        self.index = f"rtree_{self.table}_{geometry}"
        existing = [row[0] for row in self._rows("SELECT name FROM sqlite_master")]
        self.indexed = self.index in existing
        self.counted = "gpkg_ogr_contents" in existing
        if self.indexed:
            try:
                self._rows("CREATE VIRTUAL TABLE temp.prova USING rtree(id, a, b)")
            except sqlite3.OperationalError:
                return False
        found = self._rows("SELECT name FROM pragma_table_info(?)", self.table)
        held = self._rows(_sql("SELECT count(*) FROM", self.table))[0][0]
        self.lead = [found[0][0], geometry] if shapes.spatial else [found[0][0]]
        self.names = list(names)
        return [name for (name,) in found] == self.lead + self.names and not held

    def write(self, shapes, rows, ask, filled=None) -> bool:
        """Write every row, the spatial index and the counters, in one transaction.

        Args:
            rows: lots of them: a list of rows, or a tuple of columns.
            filled: places of the fields that the rows hold, None for all of them.
        """
        names = self.names if filled is None else [self.names[place] for place in filled]
        into = f"({','.join(map(_quoted, self.lead + names))})"
        insert = _sql("INSERT INTO", self.table, into)
        run = self._connection.execute
        triggers = self._rows(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?",
            self.table,
        )
        known = shapes.known()
        run("PRAGMA cache_size = -16384")
        run("BEGIN IMMEDIATE")
        try:
            for name, _ in triggers:
                run(_sql("DROP TRIGGER", name))
            number = 0
            for lot in rows:
                columns = lot if isinstance(lot, tuple) else tuple(zip(*lot))
                size = len(columns[0]) if columns else len(lot)
                lead = [range(number + 1, number + size + 1)]
                if shapes.spatial:
                    lead.append(shapes.blobs(slice(number, number + size), self.srs))
                self._insert(insert, (*lead, *columns), size)
                number += size
            if self.indexed and known.size:
                self._index(known, [side[known] for side in shapes.boxes()], ask)
            if self.counted:
                run(
                    "UPDATE gpkg_ogr_contents SET feature_count = ? WHERE table_name = ?",
                    (number, self.table),
                )
            if known.size:
                xmin, xmax, ymin, ymax = (side[known] for side in shapes.boxes())
                run(
                    "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?",
                    [float(end) for end in (xmin.min(), ymin.min(), xmax.max(), ymax.max())],
                )
            for _, sql in triggers:
                run(sql)
            run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                run("ROLLBACK")
            raise
        return True

    def _insert(self, insert, columns, size):
        """Insert rows, several with each statement: SQLite starts fewer of them."""
        row = f"({','.join('?' * len(columns))})"
        together = max(_MOST_VALUES // len(columns), 1)
        whole = size - size % together
        for part, number in ((slice(0, whole), together), (slice(whole, size), 1)):
            cells = list(itertools.chain.from_iterable(zip(*(column[part] for column in columns))))
            step = number * len(columns)
            lots = (cells[at : at + step] for at in range(0, len(cells), step))
            self._connection.executemany(f"{insert} VALUES {','.join([row] * number)}", lots)

    def _index(self, known, boxes, ask):
        """Fill the spatial index of the rows at some places with their boxes."""
        node, parent, rowid = (f"{self.index}_{part}" for part in ("node", "parent", "rowid"))
        size = self._rows(_sql("SELECT length(data) FROM", node))[0][0]
        ids, sides = known + 1, [boxes[0], boxes[1], boxes[2], boxes[3]]
        tree = rtree.packed(ids, *sides, size)
        lots = (
            (_sql("INSERT OR REPLACE INTO", node), tree.nodes),
            (_sql("INSERT INTO", parent), tree.parents),
            (_sql("INSERT INTO", rowid), (ids, tree.leaf_of)),
        )
        try:
            self._connection.execute(_sql("DELETE FROM", node, "WHERE 0"))
        except sqlite3.OperationalError:
            # Some builds let only the module itself write its tables.
            lots = ((_sql("INSERT INTO", self.index), (ids, *sides)),)
        for insert, columns in lots:
            for first in range(0, len(columns[0]), _BOXES_AT_ONCE):
                ask()
                part = [column[first : first + _BOXES_AT_ONCE] for column in columns]
                part = [one if isinstance(one, list) else one.tolist() for one in part]
                self._insert(insert, part, len(part[0]))


def _sql(verb, name, rest="") -> str:
    """Return a statement on a table whose name may hold anything."""
    return " ".join((verb, _quoted(name), rest))


def _quoted(name) -> str:
    return '"' + name.replace('"', '""') + '"'
