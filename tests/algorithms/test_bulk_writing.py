"""Rows written in columns into a GeoPackage are those QGIS would have written one by one."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest


@pytest.fixture
def made(qgis_processing, tmp_path):
    """Return a function that makes an empty GeoPackage of points as a sink does."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransformContext,
        QgsField,
        QgsFields,
        QgsVectorFileWriter,
        QgsWkbTypes,
    )
    from qgis.PyQt.QtCore import QVariant

    def make(name="punti.gpkg", fill=lambda writer: None):
        fields = QgsFields()
        fields.append(QgsField('no"me', QVariant.Type.String))
        fields.append(QgsField("costo", QVariant.Type.Double))
        options = QgsVectorFileWriter.SaveVectorOptions()
        writer = QgsVectorFileWriter.create(
            str(tmp_path / name),
            fields,
            QgsWkbTypes.Type.Point,
            QgsCoordinateReferenceSystem("EPSG:32632"),
            QgsCoordinateTransformContext(),
            options,
        )
        assert writer.errorMessage() == ""
        fill(writer)
        del writer
        return tmp_path / name

    return make


X, Y = np.array([10.0, np.nan, 30.0]), np.array([1.0, np.nan, 3.0])
ROWS = [[("uno", 1.5), (None, None)], [("tre", 3.5)]]


def test_rows_geometry_and_extent_are_there(made):
    from qgis.core import QgsRectangle, QgsVectorLayer

    from sttm_plugin.qgis_io.bulk import fill_points

    path = made()

    assert fill_points(path, ['no"me', "costo"], X, Y, iter(ROWS))

    layer = QgsVectorLayer(str(path), "punti", "ogr")
    assert layer.featureCount() == 3
    assert layer.crs().authid() == "EPSG:32632"
    assert layer.extent() == QgsRectangle(10, 1, 30, 3)
    rows = [(f.id(), f['no"me'], f["costo"], f.geometry().asWkt()) for f in layer.getFeatures()]
    assert rows[0] == (1, "uno", 1.5, "Point (10 1)")
    assert rows[1][0] == 2 and not rows[1][1] and not rows[1][2] and rows[1][3] == ""
    assert rows[2] == (3, "tre", 3.5, "Point (30 3)")
    near = [f.id() for f in layer.getFeatures(QgsRectangle(29, 2, 31, 4))]
    assert near == [3]


def test_indexes_and_counters_go_on_working(made):
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer

    from sttm_plugin.qgis_io.bulk import fill_points

    path = made()
    fill_points(path, ['no"me', "costo"], X, Y, iter(ROWS))
    layer = QgsVectorLayer(str(path), "punti", "ogr")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POINT(50 5)"))
    assert layer.dataProvider().addFeatures([feature])[0]
    del layer

    again = QgsVectorLayer(str(path), "punti", "ogr")
    assert again.featureCount() == 4
    assert [f.id() for f in again.getFeatures(QgsRectangle(49, 4, 51, 6))] == [4]
    with sqlite3.connect(path) as connection:
        (count,) = connection.execute("SELECT feature_count FROM gpkg_ogr_contents").fetchone()
        (state,) = connection.execute("SELECT rtreecheck('rtree_punti_geom')").fetchone()
    assert (count, state) == (4, "ok")


def test_a_run_that_stops_half_way_leaves_no_row_and_every_trigger(made):
    from sttm_plugin.qgis_io.bulk import fill_points

    def rows():
        yield ROWS[0]
        raise KeyboardInterrupt

    path = made()
    with sqlite3.connect(path) as connection:
        before = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()

    with pytest.raises(KeyboardInterrupt):
        fill_points(path, ['no"me', "costo"], X, Y, rows())

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM punti").fetchone() == (0,)
        assert connection.execute("SELECT name, sql FROM sqlite_master").fetchall() == before


@pytest.mark.parametrize("names", [["no"], ["costo", 'no"me']])
def test_a_table_with_other_fields_is_left_alone(made, names):
    from sttm_plugin.qgis_io.bulk import fill_points

    path = made()

    assert not fill_points(path, names, X, Y, iter(ROWS))

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM punti").fetchone() == (0,)


def test_a_geopackage_and_a_memory_layer_hold_the_same_measures(sttm_provider, tmp_path):
    from qgis import processing
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorFileWriter, QgsVectorLayer

    origins = QgsVectorLayer(
        "Point?crs=EPSG:32632&field=nome:string&field=abitanti:integer", "origini", "memory"
    )
    services = QgsVectorLayer("Point?crs=EPSG:32632&field=codice_sttm:string", "servizi", "memory")
    for layer, rows in (
        (origins, [(["città", 5], "POINT(0 0)"), ([None, None], None), (["b", 7], "POINT(9 0)")]),
        (services, [(["CUL.01"], "POINT(400 0)"), (["IST.01"], "POINT(90000 0)")]),
    ):
        for values, wkt in rows:
            feature = QgsFeature(layer.fields())
            feature.setAttributes(values)
            if wkt:
                feature.setGeometry(QgsGeometry.fromWkt(wkt))
            layer.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    saved = str(tmp_path / "origini.gpkg")
    context = origins.transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(origins, saved, context, options)

    found = []
    for given, output in (
        (origins, "TEMPORARY_OUTPUT"),
        (saved, str(tmp_path / "misure.gpkg")),
    ):
        result = processing.run(
            "sttm:accessibility",
            {"ORIGINS": given, "POP_FIELD": "abitanti", "SERVICES": [services], "STRATEGY": 0,
             "MEASURES": [0, 1, 2, 3, 4], "OUTPUT": output},
        )["OUTPUT"]  # fmt: skip
        layer = result if isinstance(result, QgsVectorLayer) else QgsVectorLayer(result, "m", "ogr")
        names = [f.name() for f in layer.fields() if f.name() != "fid"]
        rows = [([f[name] for name in names], f.geometry().asWkt(3)) for f in layer.getFeatures()]
        found.append((names, rows))

    assert found[0] == found[1]
    assert found[0][1][0][0][:2] == ["città", 5]
    assert found[0][1][0][0][found[0][0].index("t_cul_01")] == 400.0


def _content(path):
    """Return every row, box and counter of a GeoPackage of one table."""
    found = []
    with sqlite3.connect(path) as connection:
        run = connection.execute
        (table,) = run("SELECT table_name FROM gpkg_contents").fetchone()
        found += run("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        found += run(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608
        found += run("SELECT feature_count FROM gpkg_ogr_contents").fetchall()
        index = f"rtree_{table}_geom"
        if run("SELECT 1 FROM sqlite_master WHERE name = ?", (index,)).fetchone():
            found += run(f"SELECT * FROM {index} ORDER BY id").fetchall()  # noqa: S608
            box = run("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents").fetchone()
            found.append(tuple(round(side, 6) for side in box))
    return found


@pytest.mark.parametrize("kind", ["Point", "MultiPolygon", "NoGeometry"])
def test_a_frame_in_columns_is_the_frame_written_feature_by_feature(
    qgis_processing, tmp_path, kind
):
    import geopandas as gpd
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransformContext,
        QgsVectorFileWriter,
        QgsWkbTypes,
    )
    from shapely.geometry import MultiPolygon, Point, box

    from sttm_plugin.core import schema
    from sttm_plugin.qgis_io.bulk import fill_frame
    from sttm_plugin.qgis_io.fields import make_fields
    from sttm_plugin.qgis_io.frames import write_frame

    shapes = {
        "Point": [Point(500000.25, 5040000.75), Point(-1, 0), Point(1, 2)],
        "MultiPolygon": [
            MultiPolygon([box(0, 0, 10, 5)]),
            MultiPolygon([box(0, 0, 1, 1), box(7.5, 7, 9, 9)]),
            MultiPolygon([box(-3, 0, 1, 1)]),
        ],
        "NoGeometry": [None, None, None],
    }[kind]
    frame = schema.conform_services(
        gpd.GeoDataFrame(
            {
                "id_servizio": ["a", "b", "c"],
                "denominazione": ["Scuola «Rosa»", None, "  x'y\"z\n😀 "],
                "lettura": [1, 2, None],
                "capacita": [1.5, None, float("inf")],
                "data_rif": ["2024-12-31", "31/12/2024", None],
            },
            geometry=gpd.array.from_shapely(shapes),
        )
    )
    wkb_type = getattr(QgsWkbTypes.Type, kind)
    paths = [tmp_path / way / "servizi.gpkg" for way in ("colonne", "elementi")]
    for path in paths:
        path.parent.mkdir()
        writer = QgsVectorFileWriter.create(
            str(path),
            make_fields(schema.SERVICES),
            wkb_type,
            QgsCoordinateReferenceSystem("EPSG:32632" if kind != "NoGeometry" else ""),
            QgsCoordinateTransformContext(),
            QgsVectorFileWriter.SaveVectorOptions(),
        )
        if path == paths[1]:
            write_frame(writer, frame, schema.SERVICES, wkb_type)
        del writer

    assert fill_frame(paths[0], frame, schema.SERVICES, wkb_type)

    assert _content(paths[0]) == _content(paths[1])
    frame.loc[1, "geometry"] = None
    assert kind == "NoGeometry" or not fill_frame(paths[0], frame, schema.SERVICES, wkb_type)


def test_a_text_that_qgis_mends_is_left_to_it(made):
    import pandas as pd

    from sttm_plugin.core import schema
    from sttm_plugin.qgis_io.bulk import fill_frame

    fields = (schema.Field('no"me', "text"), schema.Field("costo", "real"))
    from qgis.core import QgsWkbTypes

    for text in ("a\0b", "a\ud800"):
        frame = pd.DataFrame({'no"me': [text], "costo": [1.0], "geometry": [None]})
        assert not fill_frame(made(), frame, fields, QgsWkbTypes.Type.Point)


def test_a_layer_of_points_read_in_columns_is_the_one_read_feature_by_feature(
    qgis_processing, tmp_path
):
    from osgeo import ogr, osr
    from qgis.core import QgsVectorLayer

    from sttm_plugin.qgis_io.sources import read_table

    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    path = tmp_path / "punti.gpkg"
    file = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = file.CreateLayer("punti", crs, ogr.wkbPoint)
    for name, kind in (
        ("nome", ogr.OFTString),
        ("anno", ogr.OFTInteger),
        ("grande", ogr.OFTInteger64),
        ("mq", ogr.OFTReal),
    ):
        layer.CreateField(ogr.FieldDefn(name, kind))
    rows = [("però 😀", 2020, 2**40, 1.5, "POINT (1 2)"), ("", None, None, 0.1, None)]
    rows = [("tolto", 1, 1, 1.0, "POINT (9 9)"), *rows, (None, 0, 0, 0.0, "POINT (3.25 4)")]
    for *values, wkt in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for place, value in enumerate(values):
            if value is not None:
                feature.SetField(place, value)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt) if wkt else None)
        layer.CreateFeature(feature)
    layer.DeleteFeature(1)
    del layer, file
    source = QgsVectorLayer(str(path), "punti", "ogr")

    quick = read_table(source, layer=source, whole=True)
    slow = read_table(source, layer=source)

    assert quick.places is not None and slow.places is None
    rows = [[table.record(row) for row in range(table.count)] for table in (quick, slow)]
    assert rows[0] == rows[1] and quick.fids.tolist() == slow.fids.tolist() == [2, 3, 4]
    assert [[type(v) for v in row] for row in rows[0]] == [
        [type(v) for v in row] for row in rows[1]
    ]
    assert [s and s.wkt for s in quick.shapes] == [s and s.wkt for s in slow.shapes]
    assert (quick.names, quick.kinds, quick.widths) == (slow.names, slow.kinds, slow.widths)


def test_a_finding_without_a_place_is_written_as_qgis_writes_it(made):
    import geopandas as gpd
    from qgis.core import QgsWkbTypes
    from shapely.geometry import Point

    from sttm_plugin.core.schema import Field
    from sttm_plugin.qgis_io.bulk import fill_frame
    from sttm_plugin.qgis_io.frames import write_frame

    fields = (Field('no"me'), Field("costo", "real"))
    frame = gpd.GeoDataFrame(
        {'no"me': ["uno", "due"], "costo": [1.5, 2.5]}, geometry=[Point(10, 1), None], crs=32632
    )
    kind = QgsWkbTypes.Type.Point
    quick = made("colonne.gpkg")
    slow = made("qgis.gpkg", lambda writer: write_frame(writer, frame, fields, kind))

    assert fill_frame(quick, frame, fields, kind)

    rows = []
    for path in (quick, slow):
        with sqlite3.connect(path) as database:
            (table,) = database.execute("SELECT table_name FROM gpkg_contents").fetchone()
            rows.append(database.execute(f'SELECT * FROM "{table}" ORDER BY 1').fetchall())  # noqa: S608
    assert rows[0] == rows[1]
    assert rows[0][1][1][3] == 0x11
