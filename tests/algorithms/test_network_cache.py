"""A network is built once a session while nothing changes, and anew as soon as anything does."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest


@pytest.fixture
def cache(qgis_processing, monkeypatch):
    """The networks built so far: none."""
    from sttm_plugin.core.cache import Cache
    from sttm_plugin.qgis_io import network

    found = Cache(10_000_000)
    monkeypatch.setattr(network, "_BUILT", found)
    return found


@pytest.fixture
def read(cache):
    """Return a function that reads a street layer in EPSG:32632 (or another CRS)."""
    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.qgis_io.network import read_streets

    def run(layer, tolerance=0.001, crs="EPSG:32632", fields=(), whole=True):
        crs = QgsCoordinateReferenceSystem(crs)
        return read_streets(layer, layer if whole else None, crs, tolerance, fields=fields)

    return run


def memory_layer(crs="EPSG:32632"):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    layer = QgsVectorLayer(f"LineString?crs={crs}&field=kmh:double", "strade", "memory")
    rows = []
    for number, speed in ((0, 30.0), (1, 50.0), (2, None)):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([speed])
        wkt = f"LINESTRING(0 {1000 * number}, 100 {1000 * number}, 100 {1000 * number + 100})"
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        rows.append(feature)
    layer.dataProvider().addFeatures(rows)
    return layer


@pytest.fixture(params=["gpkg", "shp", "geojson", "fgb", "tab"])
def saved(request, cache, tmp_path):
    """A street layer in a file written a minute ago."""
    from qgis.PyQt import sip

    layer = save(tmp_path / f"strade.{request.param}")
    yield layer
    # pytest lets go of it only after QGIS has gone.
    sip.delete(layer)


DRIVERS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "geojson": "GeoJSON", "fgb": "FlatGeobuf",
           "tab": "MapInfo File"}  # fmt: skip


def save(path):
    from qgis.core import QgsVectorFileWriter, QgsVectorLayer

    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = DRIVERS[path.suffix[1:]]
    layer = memory_layer()
    context = layer.transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)
    age(path.parent)
    return QgsVectorLayer(str(path), "strade", "ogr")


def age(folder, seconds=60):
    """Make every file of a folder that much older."""
    for path in folder.iterdir():
        stamp = path.stat().st_mtime_ns - seconds * 10**9
        os.utime(path, ns=(stamp, stamp))


def test_an_unchanged_file_is_built_once(saved, read):
    first, again = read(saved), read(saved)

    assert again.network is first.network
    assert again.index is first.index
    assert first.network.size == 3


def test_the_same_file_opened_twice_is_built_once(saved, read):
    from qgis.core import QgsVectorLayer

    other = QgsVectorLayer(saved.source(), "altro nome", "ogr")

    assert read(other).network is read(saved).network


def test_a_file_just_written_is_judged_by_its_content(cache, read, tmp_path):
    layer = save(tmp_path / "strade.gpkg")
    first = read(layer)
    assert layer.dataProvider().deleteFeatures([1])
    stamp = time.time_ns()
    for path in tmp_path.iterdir():
        os.utime(path, ns=(stamp, stamp))

    assert read(layer).network.size == first.network.size - 1
    # Content unchanged, the date is not trusted: built once all the same.
    assert read(layer).network is read(layer).network


@pytest.mark.parametrize("ending", ["gpkg", "shp", "tab"])
def test_an_edit_that_is_saved_is_seen(cache, read, tmp_path, ending):
    from qgis.core import QgsFeature, QgsGeometry

    layer = save(tmp_path / f"strade.{ending}")
    first = read(layer)
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("LINESTRING(0 9000, 50 9000)"))
    assert layer.startEditing() and layer.addFeature(feature) and layer.commitChanges()

    assert read(layer).network.size == first.network.size + 1


def test_unsaved_edits_are_seen(saved, read):
    from qgis.core import QgsGeometry

    first = read(saved)
    assert saved.startEditing()
    number = next(saved.getFeatures()).id()
    assert saved.changeGeometry(number, QgsGeometry.fromWkt("LINESTRING(0 0, 40 0)"))

    changed = read(saved)
    assert changed.network.length.sum() == pytest.approx(first.network.length.sum() - 160)
    assert saved.rollBack()
    assert read(saved).network.length.sum() == first.network.length.sum()


def test_a_filter_is_another_network(saved, read):
    first = read(saved)
    assert saved.setSubsetString("kmh = 50")

    assert read(saved).network.length.tolist() == [200.0]
    # MapInfo has no NULL.
    missing = "kmh = 0" if ".tab" in saved.source() else "kmh IS NULL"
    assert saved.setSubsetString(missing)
    assert read(saved).network.y.min() == 2000
    assert saved.setSubsetString("")
    assert read(saved).network.size == first.network.size == 3


@pytest.mark.parametrize("whole", [True, False])
def test_tolerance_and_crs_are_another_network(saved, read, whole):
    from qgis.core import QgsCoordinateReferenceSystem

    first = read(saved, whole=whole)
    wider = read(saved, tolerance=0.5, whole=whole)
    elsewhere = read(saved, crs="EPSG:7791", whole=whole)
    saved.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    moved = read(saved, whole=whole)

    assert wider.network is not first.network
    assert elsewhere.network is not first.network
    assert moved.network is not first.network
    assert abs(moved.network.x - first.network.x).min() > 1000


def test_other_fields_are_read_anew(saved, read):
    first = read(saved)
    with_speed = read(saved, fields=["kmh"])

    assert first.columns == {}
    assert {30.0, 50.0} < set(with_speed.columns["kmh"])
    assert read(saved, fields=["kmh"]).network is with_speed.network


def test_a_virtual_field_that_changes_is_seen(saved, read):
    from qgis.core import QgsField
    from qgis.PyQt.QtCore import QVariant

    place = saved.addExpressionField("10", QgsField("passo", QVariant.Type.Double))
    first = read(saved, fields=["passo"])
    saved.updateExpressionField(place, "20")

    assert first.columns["passo"] == [10.0] * 3
    assert read(saved, fields=["passo"]).columns["passo"] == [20.0] * 3


def test_a_memory_layer_is_known_by_its_content(read):
    from qgis.core import QgsGeometry

    layer = memory_layer()
    first = read(layer)
    assert read(layer).network is first.network
    assert read(memory_layer()).network is first.network

    layer.dataProvider().changeGeometryValues({1: QgsGeometry.fromWkt("LINESTRING(0 0, 7 0)")})
    assert read(layer).network is not first.network
    assert read(layer).network.length.sum() == 407.0


def test_some_features_are_not_the_whole_layer(saved, read):
    from qgis.core import QgsFeatureRequest

    first = read(saved)
    number = next(saved.getFeatures()).id()
    chosen = saved.materialize(QgsFeatureRequest().setFilterFid(number))

    assert read(chosen, whole=False).network.size == 1
    assert read(saved, whole=False).network.size == 3
    assert read(saved).network.size == first.network.size


def test_a_layer_of_a_database_is_never_known_by_a_file(cache):
    from qgis.core import QgsVectorLayer

    from sttm_plugin.qgis_io.network import _file_key

    layer = QgsVectorLayer("dbname='nessuno' table=\"strade\" (geom)", "strade", "postgres")

    assert layer.providerType() == "postgres"
    assert _file_key(layer, []) is None


def test_the_memory_kept_has_a_bound(cache, read):
    from sttm_plugin.core.cache import Cache, size_of

    bound = Cache(1000)
    for number in range(5):
        bound.put(number, np.zeros(50))
    assert [bound.get(number) is not None for number in range(5)] == [
        False, False, False, True, True,
    ]  # fmt: skip
    bound.put("large", np.zeros(500))
    assert bound.get("large") is None and bound.get(4) is not None
    streets = read(memory_layer())
    arrays = sum(v.nbytes for v in vars(streets.network).values() if isinstance(v, np.ndarray))
    assert size_of(streets) >= arrays + streets.index.vertex.nbytes
