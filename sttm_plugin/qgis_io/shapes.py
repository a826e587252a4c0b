"""Polygons of what was reached, and how much of other layers lies in them."""

from __future__ import annotations

import struct

from qgis.core import (
    Qgis,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
    QgsSpatialIndex,
    QgsWkbTypes,
)

from ..core.catchment import cover
from ..core.errors import SttmError
from ..core.reference import istat_code
from .frames import source_name
from .network import field_place, plain_text, read_rows

ISTAT_FIELDS = ("istat", "pro_com_t", "pro_com", "cod_istat", "com_istat_code")

_ROUND_CAP = Qgis.EndCapStyle.Round
_ROUND_JOIN = Qgis.JoinStyle.Round
_CIRCLE_SEGMENTS = 32
_BUFFER_SEGMENTS = 8


def circle(x, y, radius) -> QgsGeometry:
    """Return the union of the circles around some points, 32 segments a quarter."""
    circles = [
        QgsGeometry.fromPointXY(QgsPointXY(px, py)).buffer(radius, _CIRCLE_SEGMENTS)
        for px, py in zip(x, y)
    ]
    return circles[0] if len(circles) == 1 else QgsGeometry.unaryUnion(circles)


def lines_geometry(xy, start) -> QgsGeometry:
    """Return parts of lines (``core.wkb.Lines``) as one MultiLineString, through WKB."""
    xy = xy.astype("<f8", copy=False)
    pieces = [struct.pack("<BII", 1, 5, len(start) - 1)]
    for first, last in zip(start[:-1].tolist(), start[1:].tolist()):
        pieces.append(struct.pack("<BII", 1, 2, last - first))
        pieces.append(xy[first:last].tobytes())
    geometry = QgsGeometry()
    geometry.fromWkb(b"".join(pieces))
    return geometry


def line_geometries(xy, start):
    """Yield each part of some lines as a LineString."""
    xy = xy.astype("<f8", copy=False)
    for first, last in zip(start[:-1].tolist(), start[1:].tolist()):
        geometry = QgsGeometry()
        geometry.fromWkb(struct.pack("<BII", 1, 2, last - first) + xy[first:last].tobytes())
        yield geometry


def street_polygon(xy, start, width, within) -> QgsGeometry:
    """Return the streets reached, widened and cut to a circle.

    Args:
        xy, start: parts of lines.
        width: metres on each side.
        within: QgsGeometry the result is cut to.

    Returns:
        MultiPolygon, round ends, 8 segments a quarter, holes kept; null where nothing is left.
    """
    if len(start) < 2:
        return QgsGeometry()
    lines = lines_geometry(xy, start)
    joined = lines.mergeLines()
    if not joined.isNull() and not joined.isEmpty():
        lines = joined
    # Part by part: GEOS widens many lines at once several times more slowly, and falls back
    # to a coarser grid where they nearly touch.
    wide = QgsGeometry.unaryUnion(
        [
            part.buffer(width, _BUFFER_SEGMENTS, _ROUND_CAP, _ROUND_JOIN, 2.0)
            for part in lines.asGeometryCollection()
        ]
    )
    return polygons_only(wide.intersection(within))


def street_preview(xy, start, width, x, y, radius) -> QgsGeometry:
    """Return about what ``street_polygon`` does, on a grid of cells, many times faster.

    For a quick look, not for delivery. Streets thinner than cells are drawn exactly.
    """
    cells = cover(xy, start, width, x, y, radius) if len(start) > 1 else None
    try:
        from osgeo import gdal, gdal_array, ogr
    except ImportError:
        cells = None
    if cells is None:
        return street_polygon(xy, start, width, circle(x, y, radius))
    raster = gdal_array.OpenArray(cells.covered.astype("uint8"))
    raster.SetGeoTransform((cells.x, cells.side, 0.0, cells.y, 0.0, cells.side))
    driver = ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")
    source = driver.CreateDataSource("")
    layer = source.CreateLayer("celle", None, ogr.wkbPolygon)
    band = raster.GetRasterBand(1)
    gdal.Polygonize(band, band, layer, -1, [])
    parts = []
    for feature in layer:
        part = QgsGeometry()
        part.fromWkb(bytes(feature.GetGeometryRef().ExportToWkb()))
        parts.append(part)
    return polygons_only(QgsGeometry.collectGeometry(parts)) if parts else QgsGeometry()


def polygons_only(geometry) -> QgsGeometry:
    """Return the polygons of a geometry as one MultiPolygon, null where it has none."""
    if geometry.isNull() or geometry.isEmpty():
        return QgsGeometry()
    if geometry.type() != QgsWkbTypes.GeometryType.PolygonGeometry:
        parts = [
            part
            for part in geometry.asGeometryCollection()
            if part.type() == QgsWkbTypes.GeometryType.PolygonGeometry
        ]
        if not parts:
            return QgsGeometry()
        geometry = QgsGeometry.unaryUnion(parts)
    geometry = QgsGeometry(geometry)
    geometry.convertToMultiType()
    return geometry


class Places:
    """Geometries of a layer, found by their boxes; invalid areas are made valid once.

    Args:
        geometries: QgsGeometry or None.
        values: a number for each.
    """

    def __init__(self, geometries, values):
        self.geometries, self.values = list(geometries), list(values)
        self.repaired = []
        self._index = QgsSpatialIndex()
        for number, geometry in enumerate(self.geometries):
            if geometry is None:
                continue
            if geometry.type() == QgsWkbTypes.GeometryType.PolygonGeometry:
                if not geometry.isGeosValid():
                    geometry = polygons_only(geometry.makeValid())
                    self.repaired.append(number)
                self.geometries[number] = geometry
            feature = QgsFeature(number)
            feature.setGeometry(geometry)
            self._index.addFeature(feature)

    def total_within(self, area) -> float:
        """Return the sum of values in an area: areas by share, points inside or on its edge."""
        if area.isNull():
            return 0.0
        engine = QgsGeometry.createGeometryEngine(area.constGet())
        engine.prepareGeometry()
        total = 0.0
        # In the order of the rows: sums of floats depend on it.
        for number in sorted(self._index.intersects(_wider(area.boundingBox()))):
            geometry, value = self.geometries[number], self.values[number]
            if value and engine.intersects(geometry.constGet()):
                total += value * self._share(geometry, area, engine)
        return total

    def _share(self, geometry, area, engine):
        kind = geometry.type()
        if kind == QgsWkbTypes.GeometryType.PointGeometry:
            points = geometry.asMultiPoint() if geometry.isMultipart() else [geometry.asPoint()]
            # Kept while they are asked about: what constGet gives dies with its geometry.
            shapes = [QgsGeometry.fromPointXY(point) for point in points]
            return sum(engine.intersects(shape.constGet()) for shape in shapes) / len(shapes)
        if kind != QgsWkbTypes.GeometryType.PolygonGeometry or not geometry.area() > 0:
            return 0.0
        if engine.contains(geometry.constGet()):
            return 1.0
        return geometry.intersection(area).area() / geometry.area()

    def shares_of(self, area) -> dict:
        """Return {number: share of the area that lies in each geometry}."""
        if area.isNull() or not area.area() > 0:
            return {}
        shares = {}
        for number in sorted(self._index.intersects(_wider(area.boundingBox()))):
            geometry = self.geometries[number]
            if geometry.type() == QgsWkbTypes.GeometryType.PolygonGeometry:
                shares[number] = geometry.intersection(area).area() / area.area()
        return shares

    def locate(self, x, y, on_progress=None):
        """Return for each point the lowest geometry that holds it, -1 for none.

        Returns:
            list; None when ``on_progress`` says stop.
        """
        engines: dict = {}
        found = []
        for number, (px, py) in enumerate(zip(x, y)):
            if number % 1024 == 0 and on_progress and not on_progress(number / len(x)):
                return None
            place = -1
            if px == px:
                point = QgsGeometry.fromPointXY(QgsPointXY(px, py))
                for candidate in sorted(self._index.intersects(QgsRectangle(px, py, px, py))):
                    if candidate not in engines:
                        engine = QgsGeometry.createGeometryEngine(
                            self.geometries[candidate].constGet()
                        )
                        engine.prepareGeometry()
                        engines[candidate] = engine
                    if engines[candidate].intersects(point.constGet()):
                        place = candidate
                        break
            found.append(place)
        return found


def _wider(box):
    return QgsRectangle(
        box.xMinimum() - 1e-6, box.yMinimum() - 1e-6, box.xMaximum() + 1e-6, box.yMaximum() + 1e-6
    )


class Comuni:
    """Polygons of comuni with their ISTAT codes."""

    def __init__(self, places, codes, names, zones):
        self.places, self.codes, self.names, self.zones = places, codes, names, zones

    def shares(self, area) -> dict:
        """Return {ISTAT code: share of the area}."""
        shares: dict = {}
        for number, share in self.places.shares_of(area).items():
            code = self.codes[number]
            shares[code] = shares.get(code, 0.0) + share
        return shares


def read_comuni(source, crs, context, feedback):
    """Return the comuni of a polygon layer; None when cancelled.

    Raises:
        SttmError: no field with an ISTAT code; those that are there are named.
    """
    field = next((f for f in ISTAT_FIELDS if field_place(source, f, needed=False) >= 0), None)
    if field is None:
        found = ", ".join(existing.name() for existing in source.fields())
        raise SttmError(
            f"Comuni: nel layer «{source_name(source)}» non c'è un codice ISTAT (istat, PRO_COM_T, "
            f"PRO_COM, COD_ISTAT o com_istat_code). Trovati: {found or 'nessuno'}."
        )
    named = [
        f
        for f in ("comune", "nome", "denominazione", "com_name", "zona_omogenea")
        if field_place(source, f, needed=False) >= 0
    ]
    rows = read_rows(source, crs, context, feedback, [field, *named])
    if rows is None:
        return None
    codes = [_istat(value) for value in rows.columns[field]]
    missing = sum(code is None for code in codes)
    if missing:
        feedback.pushInfo(f"Comuni: {missing} poligoni senza codice ISTAT, ignorati.")
    zones = [plain_text(v) for v in rows.columns.get("zona_omogenea", [None] * len(rows))]
    texts = [[plain_text(v) for v in rows.columns[f]] for f in named if f != "zona_omogenea"]
    names = [next((t for t in row if t), None) for row in zip(*texts)] or [None] * len(rows)
    geometries = [
        geometry if code is not None else None for geometry, code in zip(rows.geometries, codes)
    ]
    places = Places(geometries, [0.0] * len(rows))
    tell_repaired(places, rows, "Comuni", feedback)
    return Comuni(places, codes, names, zones)


def _istat(value):
    if isinstance(value, float):
        value = int(value) if value == value else None
    text = plain_text(value)
    if text is None:
        return None
    return istat_code(text) or text


def tell_repaired(places, rows, what, feedback):
    """Say which polygons were made valid for the computation."""
    if places.repaired:
        named = ", ".join(str(rows.fids[n]) for n in places.repaired[:10])
        feedback.pushInfo(
            f"{what}: {len(places.repaired)} poligoni non validi corretti per il calcolo "
            f"(elementi {named}{' …' if len(places.repaired) > 10 else ''})."
        )
