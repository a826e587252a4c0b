"""Layers of services and a feedback that listens, for the tests of the algorithms."""

from __future__ import annotations

import pytest

X, Y = 502000.0, 5042000.0
RHO = "015182"


@pytest.fixture
def services(qgis_processing):
    """Return a function that makes the two service layers of some rows with ``wkt``."""
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    from sttm_plugin.core.schema import SERVICES
    from sttm_plugin.qgis_io.fields import make_fields

    def make(rows, crs="EPSG:32632"):
        made = []
        for kind in ("Point", "MultiPolygon"):
            layer = QgsVectorLayer(f"{kind}?crs={crs}", f"servizi {kind}", "memory")
            layer.dataProvider().addAttributes(make_fields(SERVICES).toList())
            layer.updateFields()
            for row in rows:
                wkt = row.get("wkt", f"POINT({X} {Y})")
                if ("POLYGON" in wkt) != (kind == "MultiPolygon"):
                    continue
                feature = QgsFeature(layer.fields())
                feature["istat"], feature["lettura"] = RHO, 1
                for name, value in row.items():
                    if name != "wkt":
                        feature[name] = value
                feature.setGeometry(QgsGeometry.fromWkt(wkt))
                layer.dataProvider().addFeature(feature)
            made.append(layer)
        return made

    return make


@pytest.fixture
def layer(qgis_processing):
    """Return a function that makes a memory layer: fields, then rows of values with WKT last."""
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    kept = []

    def make(kind, fields, rows, name="dati", crs="EPSG:32632"):
        found = QgsVectorLayer(f"{kind}?crs={crs}{fields}", name, "memory")
        for *values, wkt in rows:
            feature = QgsFeature(found.fields())
            feature.setAttributes(list(values))
            if wkt:
                feature.setGeometry(QgsGeometry.fromWkt(wkt))
            found.dataProvider().addFeature(feature)
        kept.append(found)
        return found

    return make


@pytest.fixture
def messages(qgis_processing):
    """A feedback that keeps what it is told and every progress."""
    from qgis.core import QgsProcessingFeedback

    class Kept(QgsProcessingFeedback):
        def __init__(self):
            super().__init__(False)
            self.texts, self.shares = [], []
            self.progressChanged.connect(self.shares.append)

        def pushInfo(self, info):  # noqa: N802
            self.texts.append(info)

        def pushWarning(self, warning):  # noqa: N802
            self.texts.append(warning)

        def reportError(self, error, fatalError=False):  # noqa: N802, N803
            self.texts.append(error)

    return Kept()
