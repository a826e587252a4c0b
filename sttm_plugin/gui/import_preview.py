"""What an import would give, on the map: a layer and marks that go away with the dialog."""

from __future__ import annotations

import json
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsExpression,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsWkbTypes,
)
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QColor

# More marks than these are a carpet, and the map slows down.
MOST_MARKS = 2000
# Of a longer log only so many bytes are read: the first rows, not a wait.
_MOST_BYTES = 30_000_000
_ROWS = '\n  "righe": ['
# What the log says of a record: repaired, and worth a look.
GRAVITIES = {"R": "riparato", "W": "da controllare"}
_REPAIRED, _REJECTED = QColor(230, 130, 0), QColor(200, 0, 40)


def repairs_of(path) -> tuple:
    """Return (lines of a log on single records, rejections left out; whether it was read whole)."""
    path = Path(path)
    if not path.is_file():
        return [], True
    whole = path.stat().st_size <= _MOST_BYTES
    if whole:
        rows = json.loads(path.read_text(encoding="utf-8"))["righe"]
    else:
        with path.open("rb") as file:
            rows = _first_rows(file.read(_MOST_BYTES).decode("utf-8", "ignore"))
    lines = [line for line in rows if line["fid"] is not None and line["gravita"] in GRAVITIES]
    return lines, whole


def _first_rows(text):
    """Yield the rows of a log that is cut somewhere."""
    start = text.find(_ROWS)
    if start < 0:
        return
    place, read = start + len(_ROWS), json.JSONDecoder().raw_decode
    while True:
        while place < len(text) and text[place] in " \n,":
            place += 1
        try:
            row, place = read(text, place)
        except ValueError:  # the end of the list, or of what was read
            return
        yield row


class PreviewOnMap:
    """The layers and the marks of a preview; ``clear`` takes all away."""

    def __init__(self, canvas):
        self._canvas = canvas
        self._bands: list = []
        self._layers: list = []

    def show(self, layers, repaired, rejected, source_crs):
        """Show the services of a preview, the repaired and the rejected ones marked.

        Args:
            layers: QgsVectorLayer list, taken over. repaired: ids of services. rejected: rows
                of REJECTED. source_crs: authority code the geometries of ``rejected`` are in.
        """
        self.clear()
        project = QgsProject.instance()
        clean = not project.isDirty()
        for layer in layers:
            layer.setName(_tr("Anteprima dell'importazione (non salvata)"))
            layer.setCustomProperty("sttm/anteprima", True)
            project.addMapLayer(layer, False)
            project.layerTreeRoot().insertLayer(0, layer)
            self._layers.append(layer.id())
        if clean:
            project.setDirty(False)
        marks = []
        wanted = list(repaired)[:MOST_MARKS]
        for layer in layers:
            if wanted and layer.isSpatial():
                marks += [(shape, layer.crs()) for shape in _shapes_of(layer, wanted)]
        self._mark(marks, _REPAIRED)
        crs = QgsCoordinateReferenceSystem(source_crs)
        shapes = [(shape_of(row), crs) for row in rejected[:MOST_MARKS]]
        self._mark([pair for pair in shapes if pair[0] is not None], _REJECTED)

    def zoom(self):
        """Go where the services are."""
        target = self._canvas.mapSettings().destinationCrs()
        project = QgsProject.instance()
        extent = None
        for layer_id in self._layers:
            layer = project.mapLayer(layer_id)
            if layer is None or not layer.isSpatial() or not layer.featureCount():
                continue
            transform = QgsCoordinateTransform(layer.crs(), target, project)
            try:
                found = transform.transformBoundingBox(layer.extent())
            except QgsCsException:
                continue
            if extent is None:
                extent = found
            else:
                extent.combineExtentWith(found)
        if extent is not None and extent.isFinite():
            extent.scale(1.15)
            self._canvas.setExtent(extent)
            self._canvas.refresh()

    def objects(self, id_servizio) -> list:
        """Return (geometry, CRS) of a service of the preview."""
        return [
            (shape, layer.crs())
            for layer in self.layers()
            if layer.isSpatial()
            for shape in _shapes_of(layer, [id_servizio])
        ]

    def layers(self) -> list:
        """Return the layers shown."""
        project = QgsProject.instance()
        return [project.mapLayer(one) for one in self._layers if project.mapLayer(one) is not None]

    def marks(self) -> int:
        """Return how many shapes are marked."""
        return sum(band.numberOfVertices() > 0 for band in self._bands)

    def clear(self):
        """Take layers and marks off the map."""
        for band in self._bands:
            self._canvas.scene().removeItem(band)
        self._bands = []
        project = QgsProject.instance()
        gone = [one for one in self._layers if project.mapLayer(one) is not None]
        self._layers = []
        if gone:
            clean = not project.isDirty()
            project.removeMapLayers(gone)
            if clean:
                project.setDirty(False)
        self._canvas.refresh()

    def _mark(self, shapes, colour):
        by_kind: dict = {}
        target = self._canvas.mapSettings().destinationCrs()
        for shape, crs in shapes:
            if crs.isValid() and target.isValid() and crs != target:
                try:
                    shape.transform(QgsCoordinateTransform(crs, target, QgsProject.instance()))
                except QgsCsException:
                    continue
            kind = QgsWkbTypes.geometryType(shape.wkbType())
            if kind not in by_kind:
                by_kind[kind] = self._band(kind, colour)
            by_kind[kind].addGeometry(shape, None)

    def _band(self, kind, colour):
        band = QgsRubberBand(self._canvas, kind)
        band.setStrokeColor(colour)
        filling = QColor(colour)
        filling.setAlpha(60)
        band.setFillColor(filling)
        band.setWidth(2)
        band.setIcon(QgsRubberBand.IconType.ICON_CIRCLE)
        band.setIconSize(14)
        self._bands.append(band)
        return band


def shape_of(row):
    """Return the geometry of a rejected record, None without one."""
    shape = QgsGeometry.fromWkt(row.get("geometria_wkt") or "")
    return None if shape.isNull() or shape.isEmpty() else shape


def _shapes_of(layer, ids):
    values = ", ".join(QgsExpression.quotedValue(one) for one in ids)
    request = QgsFeatureRequest().setFilterExpression(f'"id_servizio" IN ({values})')
    request.setNoAttributes()
    return [
        QgsGeometry(feature.geometry())
        for feature in layer.getFeatures(request)
        if feature.hasGeometry()
    ]


def _tr(text):
    return QCoreApplication.translate("ImportPreview", text)
