"""Services of a plain GeoPackage are read in columns, with what reading them one by one gives."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")


@pytest.fixture
def stored(qgis_processing, tmp_path):
    """Return a function that writes services (rows as dicts) into a GeoPackage of one kind."""
    import geopandas as gpd
    import pandas as pd
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsProject,
        QgsVectorFileWriter,
        QgsVectorLayer,
        QgsWkbTypes,
    )

    from sttm_plugin.core.schema import SERVICES, conform_services
    from sttm_plugin.qgis_io.frames import memory_layer

    def make(kind, rows):
        frame = conform_services(
            gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:32632")
        )
        wkb = QgsWkbTypes.parseType(kind)
        crs = QgsCoordinateReferenceSystem("EPSG:32632")
        layer = memory_layer(frame, SERVICES, kind, wkb, crs)
        path = str(tmp_path / f"{kind}.gpkg")
        options = QgsVectorFileWriter.SaveVectorOptions()
        transforms = QgsProject.instance().transformContext()
        QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, transforms, options)
        return QgsVectorLayer(path, kind, "ogr")

    return make


def _rows(shapes):
    return [
        {
            "id_servizio": f"s{number}",
            "istat": "015182",
            "denominazione": ("Città dei servizi", None, " ", "Nido «Ape»")[number % 4],
            "data_rif": ("2025-12-31", None)[number % 2],
            "in_lum": (True, False, None)[number % 3],
            "lettura": 1,
            "anno_previsto": (2028.0, None)[number % 2],
            "capacita": (None, 12.5, 0.0)[number % 3],
            "attributi": ('{"a": "à"}', None)[number % 2],
            "geometry": shape,
        }
        for number, shape in enumerate(shapes)
    ]


@pytest.fixture
def one_by_one(monkeypatch):
    """Return a function that reads a layer feature by feature."""
    from sttm_plugin.qgis_io import frames

    def read(layer):
        with monkeypatch.context() as patch:
            patch.setattr(frames, "columns_at_once", lambda *_: None)
            return frames.read_frame(layer, layer.crs())

    return read


@pytest.mark.parametrize("kind", ["Point", "MultiPolygon"])
def test_columns_hold_what_reading_one_by_one_gives(stored, one_by_one, monkeypatch, kind):
    from pandas.testing import assert_frame_equal
    from shapely.geometry import MultiPolygon, Point, box

    from sttm_plugin.qgis_io import frames

    points = [Point(502000 + n, 5042000.25) for n in range(7)]
    areas = [MultiPolygon([box(p.x, p.y, p.x + 5, p.y + 5)]) for p in points]
    areas[1] = MultiPolygon([box(0, 0, 1, 1), box(5, 5, 9, 9)])
    layer = stored(kind, _rows(points if kind == "Point" else areas))
    expected = one_by_one(layer)
    # From here on no feature is asked for.
    monkeypatch.setattr(frames, "iter_features", None)

    found = frames.read_frame(layer, layer.crs())

    assert [shape.wkb for shape in found.geometry] == [shape.wkb for shape in expected.geometry]
    assert_frame_equal(
        found.drop(columns="geometry"), expected.drop(columns="geometry"), check_column_type=False
    )
    assert found["in_lum"].tolist()[:3] == [True, False, None]
    assert found["data_rif"].tolist()[:2] == ["2025-12-31", None]


@pytest.mark.parametrize("shape", [None, "POINT EMPTY"])
def test_what_has_no_place_is_left_to_qgis_or_read_as_nothing(stored, one_by_one, shape):
    from shapely import wkt
    from shapely.geometry import Point

    from sttm_plugin.qgis_io import frames

    empty = None if shape is None else wkt.loads(shape)
    layer = stored("Point", _rows([Point(502000, 5042000), empty]))

    found = frames.read_frame(layer, layer.crs())

    assert found.geometry.isna().tolist() == [False, True]
    assert one_by_one(layer).geometry.isna().tolist() == [False, True]


def test_a_layer_being_edited_gives_what_is_on_the_screen(stored):
    from shapely.geometry import Point

    from sttm_plugin.qgis_io import frames

    layer = stored("Point", _rows([Point(502000, 5042000)]))
    layer.startEditing()
    layer.changeAttributeValue(1, layer.fields().indexOf("denominazione"), "Cambiato ora")

    assert frames.read_frame(layer, layer.crs())["denominazione"].tolist() == ["Cambiato ora"]
    layer.rollBack()


def test_an_area_that_was_not_measured_is_measured_and_a_short_code_gets_its_zero(services):
    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.qgis_io.frames import read_services

    park = "MULTIPOLYGON(((0 0,100 0,100 30.5,0 30.5,0 0)))"
    bow = "MULTIPOLYGON(((0 0,10 10,10 0,0 10,0 0)))"
    rows = [
        {"id_servizio": "a", "wkt": park, "istat": "15182"},
        {"id_servizio": "b", "wkt": park, "superficie_mq": 2900.0},
        {"id_servizio": "c", "wkt": bow},
        {"id_servizio": "d", "istat": "15235"},
        {"id_servizio": "e", "istat": "boh"},
    ]
    read = read_services(services(rows), QgsCoordinateReferenceSystem("EPSG:32632"))
    assert list(read["superficie_mq"].fillna(-1.0)) == [3050.0, 2900.0, -1.0, -1.0, -1.0]
    # A suppressed comune keeps its code: the check on codes tells of it.
    assert list(read["istat"]) == ["015182", "015182", "015182", "015235", "boh"]
