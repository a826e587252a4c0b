"""Layers of services and a feedback that listens, for the tests of the algorithms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.algorithms.intake_runs import as_dict

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


@pytest.fixture
def importer(sttm_provider, tmp_path):
    """Run the algorithm; return its results with every output read as dicts."""

    def run(source, **others):
        from qgis import processing

        parameters = {
            "INPUT": str(source) if isinstance(source, Path) else source,
            "COMUNE": RHO,
            "SOURCE": "PdS di Rho 2024",
            "OUTPUT": "TEMPORARY_OUTPUT",
            "OUTPUT_POINTS": "TEMPORARY_OUTPUT",
            "UNPLACED": "TEMPORARY_OUTPUT",
            "REJECTED": "TEMPORARY_OUTPUT",
            "LOG": str(tmp_path / "registro.json"),
            "PROFILE_OUT": str(tmp_path / "profilo.json"),
            **others,
        }
        parameters = {name: value for name, value in parameters.items() if value is not None}
        found = processing.run("sttm:importservices", parameters)
        for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED", "REJECTED"):
            if name in found:
                found[f"{name}_LAYER"] = found[name]
                found[name] = [as_dict(feature) for feature in found[name].getFeatures()]
        found["log"] = json.loads((tmp_path / "registro.json").read_text(encoding="utf-8"))
        found["profile"] = json.loads((tmp_path / "profilo.json").read_text(encoding="utf-8"))
        assert found["READ"] == found["WRITTEN"] + found["REJECTED_COUNT"]
        return found

    return run


@pytest.fixture
def table(tmp_path):
    """Write a CSV and return its path."""

    def write(text, name="servizi.csv", codec="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(codec))
        return path

    return write


@pytest.fixture
def plan(qgis_processing):
    """A memory layer of (wkt, {field: text}) records."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer

    def make(rows, kind="Point", crs="EPSG:32632", name="piano"):
        fields = list(dict.fromkeys(field for _, values in rows for field in values)) or ["nome"]
        listed = "&".join(f"field={field}:string" for field in fields)
        made = QgsVectorLayer(f"{kind}?crs={crs}&{listed}", name, "memory")
        if not crs:
            made.setCrs(QgsCoordinateReferenceSystem())
        features = []
        for wkt, values in rows:
            feature = QgsFeature(made.fields())
            feature.setAttributes([values.get(field) for field in fields])
            if wkt:
                feature.setGeometry(QgsGeometry.fromWkt(wkt))
            features.append(feature)
        made.dataProvider().addFeatures(features)
        return made

    return make
