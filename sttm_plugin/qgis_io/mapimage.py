"""A map as a picture, drawn in the thread that asks for it."""

from __future__ import annotations

import math

from qgis.core import (
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsLineSymbol,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsMarkerSymbol,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF

from ..core.progress import asking

_SIZE = QSize(1280, 900)
_MARGIN = 24
_INK = QColor("#1a1a1a")


def draw_map(classes, crs, lines=(), boundary=None) -> bytes:
    """Return a PNG of some geometries, with a bar of scale and the grid's north; b"" if none.

    Args:
        classes: [(colour, shapely points and areas)], the first drawn on top.
        crs: QgsCoordinateReferenceSystem of everything, metric.
        lines: [(colour, shapely areas)] of which the outline alone is drawn.
        boundary: (colour, shapely area) drawn as a dashed line, or None.
    """
    layers = []
    for colour, shapes in classes:
        points = [shape for shape in shapes if shape is not None and shape.geom_type == "Point"]
        areas = [shape for shape in shapes if shape is not None and shape.geom_type != "Point"]
        marker = {"name": "circle", "color": colour, "outline_color": "#1a1a1a", "size": "3"}
        fill = {"color": colour, "outline_color": "#1a1a1a", "outline_width": "0.2"}
        layers.append(_layer("Point", points, crs, QgsMarkerSymbol.createSimple(marker)))
        layers.append(_layer("MultiPolygon", areas, crs, QgsFillSymbol.createSimple(fill)))
    # Points above areas, whatever their class.
    layers = layers[0::2] + layers[1::2]
    for colour, shapes in lines:
        symbol = QgsLineSymbol.createSimple({"line_color": colour, "line_width": "0.8"})
        layers.append(_layer("MultiLineString", [one.boundary for one in shapes], crs, symbol))
    if boundary is not None:
        colour, shape = boundary
        symbol = QgsLineSymbol.createSimple(
            {"line_color": colour, "line_width": "0.5", "line_style": "dash"}
        )
        layers.append(_layer("MultiLineString", [shape.boundary], crs, symbol))
    layers = [layer for layer in layers if layer.featureCount()]
    if not layers:
        return b""
    extent = QgsRectangle()
    for layer in layers:
        extent.combineExtentWith(layer.extent())
    # One service alone has no extent: 500 m around it are shown.
    if max(extent.width(), extent.height()) < 1000:
        extent.grow(500)
    extent.scale(1.08)
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(crs)
    settings.setOutputSize(_SIZE)
    settings.setOutputDpi(144)
    settings.setExtent(extent)
    settings.setFlag(QgsMapSettings.Flag.Antialiasing, True)
    image = QImage(_SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    try:
        job = QgsMapRendererCustomPainterJob(settings, painter)
        job.renderSynchronously()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _scale_bar(painter, settings.mapUnitsPerPixel())
        _north(painter)
        painter.setPen(QPen(QColor("#b9c2cc"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(1, 1, _SIZE.width() - 2, _SIZE.height() - 2)
    finally:
        painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(content)


def _layer(kind, shapes, crs, symbol):
    layer = QgsVectorLayer(f"{kind}?crs={crs.authid()}", kind, "memory")
    features = []
    for shape in asking(shapes):
        if shape is None or shape.is_empty:
            continue
        geometry = QgsGeometry()
        geometry.fromWkb(shape.wkb)
        if kind.startswith("Multi"):
            geometry.convertToMultiType()
        feature = QgsFeature()
        feature.setGeometry(geometry)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    layer.setRenderer(QgsSingleSymbolRenderer(symbol))
    return layer


def round_length(longest: float) -> float:
    """Return the longest of 1, 2, 5 by a power of ten that isn't above a length."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest)


def _scale_bar(painter, metres_per_pixel):
    length = round_length(metres_per_pixel * _SIZE.width() / 4)
    width = length / metres_per_pixel
    left, bottom = _MARGIN, _SIZE.height() - _MARGIN
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(255, 255, 255, 215))
    painter.drawRect(QRectF(left - 10, bottom - 48, width + 110, 62))
    painter.setPen(QPen(_INK, 3))
    painter.drawLine(QPointF(left, bottom - 8), QPointF(left + width, bottom - 8))
    for share in (0, 0.5, 1):
        at = left + width * share
        painter.drawLine(QPointF(at, bottom - 18), QPointF(at, bottom - 8))
    painter.setFont(_font(22))
    painter.drawText(QPointF(left - 2, bottom - 24), "0")
    painter.drawText(QPointF(left + width - 10, bottom - 24), text)


def _north(painter):
    x, top = _SIZE.width() - _MARGIN - 22, _MARGIN
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(255, 255, 255, 215))
    painter.drawRect(QRectF(x - 26, top - 8, 56, 100))
    painter.setBrush(_INK)
    painter.drawPolygon(
        QPolygonF(
            [QPointF(x, top), QPointF(x + 14, top + 52), QPointF(x, top + 40),
             QPointF(x - 14, top + 52)]
        )
    )  # fmt: skip
    painter.setPen(QPen(_INK, 1))
    painter.setFont(_font(26))
    painter.drawText(QRectF(x - 24, top + 54, 50, 36), Qt.AlignmentFlag.AlignCenter, "N")


def _font(pixels):
    font = QFont("Sans Serif")
    font.setPixelSize(pixels)
    font.setBold(True)
    return font
