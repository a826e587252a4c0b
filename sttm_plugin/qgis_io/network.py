"""QGIS layers to what the network engine reads: plain columns and WKB, without frames."""

from __future__ import annotations

from dataclasses import dataclass, field

from qgis.core import NULL, QgsFeatureRequest, QgsWkbTypes

from ..core.errors import SttmError
from ..core.network import build_network
from ..core.snapping import SegmentIndex
from ..core.wkb import read_lines, read_shape
from .frames import iter_features, plain_geometry, plain_value, source_name, transform_to

_CANCEL_EVERY = 512


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
    """Return geometries as ``core.wkb.Points`` or ``Area``; lines and the rest as None."""
    return [read_shape(blob) for blob in blobs_of(geometries)]


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


def numbers_of(values):
    """Return values as floats, NaN where NULL or no number, and how many were no number."""
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


def make_network(rows, tolerance, feedback):
    """Return the network of some rows and the index over it, telling what was left out.

    Raises:
        SttmError: no line can be used.
    """
    network = build_network(read_lines(blobs_of(rows.geometries)), rows.fids, tolerance)
    without = sum(geometry is None for geometry in rows.geometries)
    for number, why in (
        (without, "senza geometria"),
        (network.left_out, "che non sono linee o hanno coordinate non valide"),
        (network.zero_length, "di lunghezza zero"),
    ):
        if number:
            feedback.pushInfo(f"Rete: {number} linee {why}, ignorate.")
    feedback.pushInfo(
        f"Rete: {network.size} archi, {network.node_x.size} nodi, "
        f"{int(network.part.max())} parti separate."
    )
    return network, SegmentIndex(network)
