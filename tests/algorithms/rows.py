"""What the tests of the algorithms read from layers."""

from __future__ import annotations


def as_dict(feature):
    """Return {field: value} of a feature, None where NULL."""
    from qgis.core import NULL

    row = {name: feature[name] for name in feature.fields().names()}
    return {name: None if value == NULL else value for name, value in row.items()}


def shape_of(feature):
    """Return a feature's geometry as shapely, None where there is none."""
    from shapely import wkb

    geometry = feature.geometry()
    return None if geometry.isNull() else wkb.loads(geometry.asWkb().data())
