"""QGIS layers to what the network engine reads: plain columns and WKB, without frames."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from qgis.core import NULL, QgsFeatureRequest, QgsFields, QgsGeometry, QgsWkbTypes

from ..core.cache import Cache
from ..core.errors import SttmError
from ..core.network import build_network
from ..core.progress import Stopped
from ..core.snapping import SegmentIndex
from ..core.wkb import read_lines, read_points, read_shape
from .bulk import file_of, read_columns, sound, to_crs
from .frames import (
    iter_features,
    plain_geometry,
    plain_value,
    source_crs,
    source_name,
    transform_to,
)

_CANCEL_EVERY = 512
_NAN = float("nan")


@dataclass
class Rows:
    """Features as they were read, in the order of the layer.

    Attributes:
        name: of the layer.
        fids: feature ids.
        columns: {field name as asked for: values, None where NULL}.
        geometries: QgsGeometry in the analysis CRS, None where there is none.
        attributes: every attribute of each row, where they were asked for.
    """

    name: str
    fids: list = field(default_factory=list)
    columns: dict = field(default_factory=dict)
    geometries: list = field(default_factory=list)
    attributes: list = field(default_factory=list)

    def __len__(self):
        return len(self.fids)


def read_rows(source, crs, context=None, feedback=None, fields=(), attributes=None):
    """Return the features of a source, in the analysis CRS, curves segmented.

    Args:
        source: QgsFeatureSource of an algorithm, or QgsVectorLayer.
        crs: QgsCoordinateReferenceSystem of the analysis.
        fields: names to read as columns; case doesn't count.
        attributes: positions of the attributes to keep row by row, as QGIS gives them.

    Returns:
        Rows; None when cancelled.

    Raises:
        SttmError: no CRS, a field that isn't there, a coordinate that can't be transformed.
    """
    transform = transform_to(source, crs, context)
    rows = Rows(source_name(source))
    places = [(name, field_place(source, name)) for name in fields if name]
    columns = [[] for _ in places]
    # Most layers need nothing but the geometry as it is: the fewest calls for each feature.
    kind = source.wkbType()
    known = QgsWkbTypes.geometryType(kind) != QgsWkbTypes.GeometryType.UnknownGeometry
    flat = not (QgsWkbTypes.hasZ(kind) or QgsWkbTypes.hasM(kind) or QgsWkbTypes.isCurvedType(kind))
    as_it_is = transform is None and known and flat
    wanted = [place for _, place in places] + list(attributes or ())
    request = QgsFeatureRequest().setSubsetOfAttributes(wanted)
    for number, feature in enumerate(iter_features(source, request)):
        if number % _CANCEL_EVERY == 0 and feedback is not None and feedback.isCanceled():
            return None
        if wanted:
            values = feature.attributes()
            for column, (_, place) in zip(columns, places):
                column.append(plain_value(values[place]))
            if attributes is not None:
                rows.attributes.append([values[place] for place in attributes])
        elif attributes is not None:
            rows.attributes.append([])
        rows.fids.append(feature.id())
        if as_it_is:
            geometry = feature.geometry()
            rows.geometries.append(None if geometry.isEmpty() else geometry)
        else:
            rows.geometries.append(plain_geometry(feature, transform, rows.name))
    rows.columns = {name: column for (name, _), column in zip(places, columns)}
    return rows


def field_place(source, name, needed=True) -> int:
    """Return the position of a field, case not counting; -1 where it isn't and isn't needed.

    Raises:
        SttmError: a needed field isn't there; those that are are named.
    """
    for place, existing in enumerate(source.fields()):
        if existing.name().lower() == name.lower():
            return place
    if not needed:
        return -1
    found = ", ".join(existing.name() for existing in source.fields())
    raise SttmError(
        f"Nel layer «{source_name(source)}» non c'è il campo «{name}» (trovati: "
        f"{found or 'nessuno'}). Scegliere un campo esistente."
    )


def blobs_of(geometries) -> list:
    """Return the WKB of geometries, None where there is none."""
    return [None if geometry is None else geometry.asWkb().data() for geometry in geometries]


def shapes_of(geometries) -> list:
    """Return geometries as ``core.wkb.Points`` or ``Area``; lines and the rest as None.

    Of a collection the areas count, else the points.
    """
    return [read_shape(blob) for blob in blobs_of(map(_main_parts, geometries))]


def _main_parts(geometry):
    """Return the areas of a collection, else its points; any other geometry as it is."""
    collection = QgsWkbTypes.Type.GeometryCollection
    if geometry is None or QgsWkbTypes.flatType(geometry.wkbType()) != collection:
        return geometry
    parts = geometry.asGeometryCollection()
    for kind in (
        QgsWkbTypes.GeometryType.PolygonGeometry,
        QgsWkbTypes.GeometryType.PointGeometry,
    ):
        chosen = [part for part in parts if part.type() == kind]
        if chosen:
            return QgsGeometry.collectGeometry(chosen)
    return None


def representative_points(geometries):
    """Return x, y of each geometry: a point's own place, else the pointOnSurface; NaN for none."""
    x, y = [], []
    nan = float("nan")
    for geometry in geometries:
        if geometry is None:
            x.append(nan)
            y.append(nan)
            continue
        if QgsWkbTypes.flatType(geometry.wkbType()) != QgsWkbTypes.Type.Point:
            geometry = geometry.pointOnSurface()
            if geometry.isNull() or geometry.isEmpty():
                x.append(nan)
                y.append(nan)
                continue
        point = geometry.asPoint()
        x.append(point.x())
        y.append(point.y())
    return x, y


def read_places(source, layer, crs, context=None, feedback=None, fields=()):
    """Return where each feature of a layer is, and some of its columns.

    Args: as for ``read_streets``.

    Returns:
        (x, y float64 (n,), NaN without a place; feature ids int64 (n,); {field: values}); None when
        cancelled.

    Raises:
        SttmError: no CRS, a field that isn't there, a coordinate that can't be transformed.
    """
    names = [source.fields()[field_place(source, name)].name() for name in fields]
    found = read_columns(layer, names, feedback)
    if found is not None and sound(found.blobs):
        places = read_points(found.blobs)
        if places is not None:
            known = np.isfinite(places[0])
            xy = np.column_stack(places)
            moved = to_crs(xy[known], layer, crs, context)
            if moved is not None:
                xy[known] = moved
                columns = {asked: found.columns[name] for asked, name in zip(fields, names)}
                return xy[:, 0], xy[:, 1], found.fids, columns
    rows = read_rows(source, crs, context, feedback, fields)
    if rows is None:
        return None
    x, y = representative_points(rows.geometries)
    return np.array(x), np.array(y), np.array(rows.fids, dtype=np.int64), rows.columns


def numbers_of(values):
    """Return values as floats, NaN where NULL or no number, and how many were no number."""
    if set(map(type, values)) <= {int, float, type(None)}:
        numbers = np.array([_NAN if value is None else value for value in values], dtype=float)
        bad = ~np.isfinite(numbers)
        numbers[bad] = _NAN
        return numbers.tolist(), int(bad.sum()) - values.count(None)
    numbers, wrong = [], 0
    for value in values:
        if value is None or value == NULL:
            numbers.append(float("nan"))
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if number != number or number in (float("inf"), float("-inf")):
            wrong += 1
            number = float("nan")
        numbers.append(number)
    return numbers, wrong


def tell_numbers(what, numbers, wrong, feedback):
    """Say how many values count zero, and why."""
    empty = sum(number != number for number in numbers) - wrong
    negative = sum(number < 0 for number in numbers)
    if empty or wrong or negative:
        feedback.pushInfo(
            f"{what}: {empty} valori assenti, {wrong} non numerici e {negative} negativi, contati "
            "zero."
        )


def plain_text(value):
    """Return a value as trimmed text, None where it is missing or blank; 5.0 is "5"."""
    if value is None:
        return None
    if isinstance(value, float) and value == value and value == int(value):
        value = int(value)
    return str(value).strip() or None


def check_lines(source):
    """Refuse a network that isn't made of lines.

    Raises:
        SttmError: it isn't.
    """
    kind = QgsWkbTypes.geometryType(source.wkbType())
    unknown = QgsWkbTypes.GeometryType.UnknownGeometry
    if kind not in (QgsWkbTypes.GeometryType.LineGeometry, unknown):
        raise SttmError(
            f"Rete: il layer «{source_name(source)}» non è di linee. Scegliere il layer delle "
            "strade o dei percorsi."
        )


# Streets ------------------------------------------------------------------------------------


@dataclass
class Streets:
    """A street layer, built.

    Attributes:
        network: ``core.network.Network``; index: ``core.snapping.SegmentIndex`` over it.
        columns: {field: values}, of those asked for.
        log: sentences on what was left out and what was built.
    """

    network: object
    index: object
    columns: dict
    log: list


# Networks built in this session: those of one metropolitan city, with room to spare.
_BUILT = Cache(600_000_000)
# Formats known to lie in one file, and in these beside it; of any other the content is looked at.
_BESIDE = {
    ".gpkg": ("-wal", "-journal"),
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".SHX", ".DBF", ".PRJ", ".CPG"),
    ".fgb": (),
    ".geojson": (),
}
# A file written so short a time before it is read may change again without its date showing it.
_SETTLED_S = 3.0


def read_streets(source, layer, crs, tolerance, context=None, feedback=None, fields=()):
    """Return the network of a street layer, from this session's cache where nothing has changed.

    Args:
        source: QgsFeatureSource of an algorithm, or QgsVectorLayer.
        layer: the layer behind it where all its features are meant, else None.
        tolerance: metres. fields: names to read as columns.

    Returns:
        Streets; None when cancelled.

    Raises:
        SttmError: it isn't made of lines, has no CRS, lacks a field, or no line can be used.
    """
    check_lines(source)
    names = [source.fields()[field_place(source, name)].name() for name in fields]
    declared = source_crs(source).toWkt()
    operation = _operation(source, crs, context)
    settings = (declared, crs.toWkt(), operation, float(tolerance), *names)
    key = _file_key(layer, names)
    built = _BUILT.get((key, settings)) if key else None
    if built is None:
        on_progress = feedback and (lambda _: not feedback.isCanceled())
        try:
            rows = _read_lines(source, layer, crs, context, feedback, names, on_progress)
            if rows is None:
                return None
            if key is None:
                key = _content_key(*rows)
                built = _BUILT.get((key, settings))
            if built is None:
                built = _build(*rows, tolerance, on_progress)
        except Stopped:
            return None
        _BUILT.put((key, settings), built)
    elif feedback is not None:
        feedback.pushInfo("Rete invariata: si usa quella già costruita in questa sessione.")
    for sentence in built.log if feedback is not None else ():
        feedback.pushInfo(sentence)
    columns = {asked: built.columns[name] for asked, name in zip(fields, names)}
    return Streets(built.network, built.index, columns, built.log)


def _read_lines(source, layer, crs, context, feedback, names, on_progress):
    """Return (Lines, feature ids, columns, log) of a layer; None when cancelled."""
    found = read_columns(layer, names, feedback)
    if found is not None and sound(found.blobs):
        lines = read_lines(found.blobs, on_progress)
        moved = to_crs(lines.xy, layer, crs, context, on_progress)
        if moved is not None:
            return lines._replace(xy=moved), found.fids, found.columns
    rows = read_rows(source, crs, context, feedback, names)
    if rows is None:
        return None
    fids = np.array(rows.fids, dtype=np.int64)
    return read_lines(blobs_of(rows.geometries), on_progress), fids, rows.columns


def _build(lines, fids, columns, tolerance, on_progress):
    network = build_network(lines, fids, tolerance, on_progress)
    drawn = np.zeros(fids.size, dtype=bool)
    drawn[lines.feature] = True
    drawn[lines.left_out] = True
    log = [
        f"Rete: {number} linee {why}, ignorate."
        for number, why in (
            (int((~drawn).sum()), "senza geometria"),
            (network.left_out, "che non sono linee o hanno coordinate non valide"),
            (network.zero_length, "di lunghezza zero"),
        )
        if number
    ]
    log.append(
        f"Rete: {network.size} archi, {network.node_x.size} nodi, "
        f"{int(network.part.max())} parti separate."
    )
    return Streets(network, SegmentIndex(network, on_progress), columns, log)


def _operation(source, crs, context):
    transform = transform_to(source, crs, context)
    return None if transform is None else transform.instantiatedCoordinateOperationDetails().proj


def _file_key(layer, names):
    """Return what tells the content of a layer's file, None where it can't be told."""
    if layer is None or layer.isEditable():
        return None
    place = file_of(layer)
    if place is None:
        return None
    # A virtual or joined field changes without its file.
    fields = layer.fields()
    own = QgsFields.FieldOrigin.OriginProvider
    if any(fields.fieldOrigin(fields.lookupField(name)) != own for name in names):
        return None
    path = Path(place["path"]).resolve()
    beside = _BESIDE.get(path.suffix.lower())
    if beside is None:
        return None
    states = []
    for name in (path, *(path.with_name(path.name + end) for end in beside if end[0] == "-"),
                 *(path.with_suffix(end) for end in beside if end[0] == ".")):  # fmt: skip
        try:
            state = name.stat()
        except OSError:
            continue
        if time.time() - state.st_mtime < _SETTLED_S:
            return None
        states.append((name.name, state.st_mtime_ns, state.st_size))
    return (str(path), place["layerName"], place["layerId"], layer.subsetString(), *states)


def _content_key(lines, fids, columns):
    """Return a digest of what was read."""
    digest = hashlib.sha256()
    for array in (lines.xy, lines.start, lines.feature, lines.left_out, fids):
        digest.update(np.ascontiguousarray(array).data)
    digest.update(repr(columns).encode())
    return digest.hexdigest()
