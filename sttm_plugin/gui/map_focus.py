"""Bring the object of a finding into view and flash it."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateTransform,
    QgsCsException,
    QgsExpression,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsWkbTypes,
)

_POINT_WIDTH_M = 400.0


def objects_of(finding, findings_layer, layers):
    """Return (geometry, CRS) of the objects a finding names, its own point where none is found.

    Args:
        finding: ``findings_model.Finding``.
        findings_layer: QgsVectorLayer the finding was read from, or None.
        layers: QgsVectorLayer list where services and LUM are.
    """
    ids = [finding.id_oggetto, *str(finding.altri_oggetti or "").split(";")]
    # "campo:<name>" is a field, not an object.
    ids = [identifier for identifier in ids if identifier and not identifier.startswith("campo:")]
    found = []
    for layer in layers:
        for name in ("id_servizio", "id_lum", "id_perimetro"):
            if ids and layer.isSpatial() and layer.fields().lookupField(name) >= 0:
                values = ", ".join(QgsExpression.quotedValue(identifier) for identifier in ids)
                wanted = f"{QgsExpression.quotedColumnRef(name)} IN ({values})"
                request = QgsFeatureRequest().setFilterExpression(wanted)
                request.setNoAttributes()
                found += [
                    (QgsGeometry(feature.geometry()), layer.crs())
                    for feature in layer.getFeatures(request)
                    if feature.hasGeometry()
                ]
    if not found and findings_layer is not None:
        feature = findings_layer.getFeature(finding.fid)
        if feature.hasGeometry():
            found.append((QgsGeometry(feature.geometry()), findings_layer.crs()))
    return found


def show_on_map(canvas, objects) -> bool:
    """Zoom to the objects and flash them; False when there is nothing to show."""
    target = canvas.mapSettings().destinationCrs()
    shapes = []
    for geometry, crs in objects:
        if crs.isValid() and target.isValid() and crs != target:
            try:
                geometry.transform(QgsCoordinateTransform(crs, target, QgsProject.instance()))
            except QgsCsException:
                continue
        if not geometry.isEmpty():
            shapes.append(geometry)
    if not shapes:
        return False
    extent = QgsRectangle(shapes[0].boundingBox())
    for geometry in shapes[1:]:
        extent.combineExtentWith(geometry.boundingBox())
    # A point has no size: show its surroundings, in the canvas's own unit.
    least = _POINT_WIDTH_M * (1e-5 if target.isGeographic() else 1.0)
    centre = extent.center()
    width = max(extent.width() * 1.6, least)
    height = max(extent.height() * 1.6, least)
    canvas.setExtent(
        QgsRectangle(
            centre.x() - width / 2,
            centre.y() - height / 2,
            centre.x() + width / 2,
            centre.y() + height / 2,
        )
    )
    canvas.refresh()
    by_kind: dict = {}
    for geometry in shapes:
        kind = QgsWkbTypes.geometryType(geometry.wkbType())
        by_kind.setdefault(kind, []).append(geometry)
    for geometries in by_kind.values():
        canvas.flashGeometries(geometries, target)
    return True
