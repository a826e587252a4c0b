"""Networks, origins and services as bad as they come: a sentence or a NULL with its reason."""

from __future__ import annotations

import math

import pytest

from tests.algorithms.rows import as_dict

SERVICE_FIELDS = "&field=id_servizio:string&field=codice_sttm:string"
RECTANGLE = "LINESTRING(0 0, 300 0, 300 200, 0 200, 0 0)"


def broken(*vertices):
    """Return a line whose coordinates may be no numbers, which WKT can't say."""
    from qgis.core import QgsGeometry, QgsLineString, QgsPoint

    return QgsGeometry(QgsLineString([QgsPoint(x, y) for x, y in vertices]))


@pytest.fixture
def streets(layer):
    """Return a function that makes a network of WKT or geometries."""
    from qgis.core import QgsFeature

    def make(*lines, kind="LineString", fields="", rows=()):
        made = layer(kind, fields, [], "strade")
        for number, line in enumerate(lines):
            feature = QgsFeature(made.fields())
            if rows:
                feature.setAttributes([rows[number]])
            if isinstance(line, str):
                from qgis.core import QgsGeometry

                line = QgsGeometry.fromWkt(line)
            if line is not None:
                feature.setGeometry(line)
            made.dataProvider().addFeature(feature)
        return made

    return make


@pytest.fixture
def points(layer):
    return lambda *rows, kind="Point": layer(kind, SERVICE_FIELDS, rows, "servizi")


@pytest.fixture
def mixed(qgis_processing, tmp_path):
    """Return a function that makes a file of any geometries: rows of texts with WKT last."""
    from osgeo import ogr
    from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer

    def make(*rows, fields=()):
        path = str(tmp_path / "misto.gpkg")
        file = ogr.GetDriverByName("GPKG").CreateDataSource(path)
        table = file.CreateLayer("misto", None, ogr.wkbUnknown)
        for name in fields:
            table.CreateField(ogr.FieldDefn(name, ogr.OFTString))
        for *values, wkt in rows:
            feature = ogr.Feature(table.GetLayerDefn())
            for name, value in zip(fields, values):
                feature[name] = value
            feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
            table.CreateFeature(feature)
        del table, file
        layer = QgsVectorLayer(f"{path}|layername=misto", "misto", "ogr")
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
        return layer

    return make


@pytest.fixture
def reach(sttm_provider, layer, messages):
    """Run accessibility in metres from points (x, y); the rows and what was told."""
    from qgis import processing

    def run(network, services, *origins, **others):
        start = layer("Point", "", [(f"POINT({x} {y})",) for x, y in origins], "origini")
        given = {
            "ORIGINS": start, "SERVICES": services, "NETWORK": network, "STRATEGY": 0,
            "THRESHOLDS": "1000", "OUTPUT": "TEMPORARY_OUTPUT", **others,
        }  # fmt: skip
        found = processing.run("sttm:accessibility", given, feedback=messages)
        return [as_dict(one) for one in found["OUTPUT"].getFeatures()], messages.texts

    return run


@pytest.fixture
def catch(sttm_provider, layer, messages):
    """Run lumcatchment from a point; the only row and what was told."""
    from qgis import processing

    def run(network, x, y, **others):
        given = {
            "STOPS": layer("Point", "", [(f"POINT({x} {y})",)], "fermate"), "NETWORK": network,
            "RADII": "100", "OUTPUT": "TEMPORARY_OUTPUT", **others,
        }  # fmt: skip
        (one,) = processing.run("sttm:lumcatchment", given, feedback=messages)[
            "OUTPUT"
        ].getFeatures()
        return as_dict(one), messages.texts

    return run


def told(texts, *pieces):
    return any(all(piece in text for piece in pieces) for text in texts)


# The network ----------------------------------------------------------------------------------


def test_a_network_without_a_usable_line_is_refused(streets, points, reach, catch):
    from qgis.core import QgsProcessingException

    for network in (
        streets(),
        streets(None),
        streets("LINESTRING(5 5, 5 5)"),
        streets(broken((0, 0), (math.nan, 9))),
        streets("LINESTRING EMPTY"),
    ):
        with pytest.raises(QgsProcessingException, match="nessuna linea utilizzabile"):
            reach(network, [points(("s", "A", "POINT(0 0)"))], (0, 0))
        with pytest.raises(QgsProcessingException, match="nessuna linea utilizzabile"):
            catch(network, 0, 0)


def test_nothing_is_reached_where_every_street_is_isolated(streets, points, reach):
    network = streets(*(f"LINESTRING(0 {300 * k}, 100 {300 * k})" for k in range(4)))
    services = points(("s", "A", "POINT(50 300)"))

    rows, texts = reach(network, [services], (50, 0), (50, 300), (50, 600))

    assert [row["t_a"] for row in rows] == [None, 0.0, None]
    assert [row["motivo_a"] for row in rows] == ["non_raggiunto", None, "non_raggiunto"]
    assert [row["n_a_1000"] for row in rows] == [0, 1, 0]
    assert told(texts, "4 parti separate")
    assert told(texts, "origini agganciati a parti isolate")


def test_lines_with_coordinates_that_are_no_numbers_are_left_out_and_told(
    streets, points, reach, catch
):
    network = streets(
        "LINESTRING(0 0, 400 0)",
        broken((0, 0), (math.inf, 0)),
        broken((0, 5), (400, math.nan)),
        None,
    )
    services = points(("s", "A", "POINT(400 0)"))

    (row,), texts = reach(network, [services], (0, 0))
    lum, _ = catch(network, 200, 0)

    assert (row["t_a"], lum["lunghezza_rete_m"]) == (400.0, 200.0)
    assert told(texts, "2 linee che non sono linee o hanno coordinate non valide")
    assert told(texts, "1 linee senza geometria")


def test_negative_null_and_unreadable_speeds_are_the_default_and_told(streets, points, reach):
    lines = [f"LINESTRING({75 * k} 0, {75 * k + 75} 0)" for k in range(4)]
    network = streets(*lines, fields="&field=kmh:string", rows=["-30", None, "veloce", "9"])
    services = points(("s", "A", "POINT(300 0)"))

    (row,), texts = reach(
        network, [services], (0, 0), STRATEGY=1, SPEED_FIELD="kmh", THRESHOLDS="15"
    )

    # Three at 4.5 km/h take a minute each, the last half of it.
    assert row["t_a"] == pytest.approx(3.5, abs=1e-9)
    assert told(texts, "Velocità: 3 linee", "1 non numerici", "4.5 km/h")


def test_a_ring_alone_is_walked_both_ways_round(streets, points, reach, catch):
    network = streets(RECTANGLE)
    services = points(("s", "A", "POINT(0 150)"))

    rows, _ = reach(network, [services], (50, 0), (300, 100))
    lum, _ = catch(network, 150, 0, RADII="700")

    assert [row["t_a"] for row in rows] == [200.0, 450.0]
    assert lum["lunghezza_rete_m"] == 1000.0


def test_a_one_way_ring_is_walked_one_way_round(streets, points, reach):
    network = streets(RECTANGLE, fields="&field=senso:string", rows=["avanti"])
    services = points(("s", "A", "POINT(0 150)"))

    rows, _ = reach(network, [services], (50, 0), DIRECTION_FIELD="senso", VALUE_FORWARD="avanti")

    assert rows[0]["t_a"] == 800.0


def test_a_line_that_touches_itself_connects_there(streets, points, reach):
    # An eight: the vertex (100, 0) is met twice.
    network = streets("LINESTRING(0 0, 100 0, 200 0, 200 50, 100 50, 100 0, 100 -80)")
    services = points(("s", "A", "POINT(100 -80)"))

    (row,), _ = reach(network, [services], (0, 0))

    assert row["t_a"] == 180.0


def test_parts_of_zero_length_and_empty_parts_do_no_harm(streets, points, reach):
    network = streets(
        "MULTILINESTRING((0 0, 200 0), (7 7, 7 7), (200 0, 200 0, 300 0))",
        "LINESTRING(300 0, 300 0)",
        kind="MultiLineString",
    )

    (row,), texts = reach(network, [points(("s", "A", "POINT(300 0)"))], (0, 0))

    assert row["t_a"] == 300.0
    assert told(texts, "2 linee di lunghezza zero")


def test_collections_and_polygons_are_no_streets(streets, points, reach, mixed):
    from qgis.core import QgsProcessingException

    network = mixed(("LINESTRING(0 0, 90 0)",), ("GEOMETRYCOLLECTION(LINESTRING(0 0, 100 0))",))
    (row,), texts = reach(network, [points(("s", "A", "POINT(90 0)"))], (0, 0))
    assert row["t_a"] == 90.0
    assert told(texts, "1 linee che non sono linee")

    areas = streets("POLYGON((0 0, 9 0, 9 9, 0 0))", kind="Polygon")
    with pytest.raises(QgsProcessingException, match="non è di linee"):
        reach(areas, [points(("s", "A", "POINT(90 0)"))], (0, 0))


def test_curves_with_z_and_m_are_walked_along_the_curve(streets, points, reach):
    network = streets("CIRCULARSTRING ZM(0 0 1 2, 100 100 3 4, 200 0 5 6)", kind="CompoundCurveZM")

    (row,), _ = reach(network, [points(("s", "A", "POINT(200 0)"))], (0, 0))

    # Half a circle of radius 100, drawn by chords.
    assert row["t_a"] == pytest.approx(math.pi * 100, rel=1e-4)


# Origins --------------------------------------------------------------------------------------


def test_an_origin_a_kilometre_off_is_not_attached_and_says_how_far(streets, points, reach):
    network = streets("LINESTRING(0 0, 400 0)")

    (row,), texts = reach(network, [points(("s", "A", "POINT(0 0)"))], (200, 1000))

    assert (row["stato_aggancio"], row["distanza_aggancio_m"]) == ("non_agganciato", 1000.0)
    assert (row["t_a"], row["n_a_1000"], row["motivo_a"]) == (None, None, "non_agganciato")
    assert row["n_categorie_15"] is None
    assert told(texts, "1 origini troppo lontane dalla rete")


def test_origins_without_a_place_keep_their_row(streets, points, reach, layer):
    from qgis.core import QgsFeature, QgsGeometry, QgsPoint

    network = streets("LINESTRING(0 0, 400 0)")
    start = layer("Point", "&field=nome:string", [("vuota", None)], "origini")
    for x, y in ((math.nan, 0.0), (math.inf, 0.0), (10.0, 0.0)):
        feature = QgsFeature(start.fields())
        feature.setAttributes([f"{x}"])
        feature.setGeometry(QgsGeometry(QgsPoint(x, y)))
        start.dataProvider().addFeature(feature)

    rows, _ = reach(network, [points(("s", "A", "POINT(0 0)"))], ORIGINS=start)

    assert [row["nome"] for row in rows] == ["vuota", "nan", "inf", "10.0"]
    assert [row["stato_aggancio"] for row in rows] == ["senza_geometria"] * 3 + ["agganciato"]
    assert [row["t_a"] for row in rows] == [None, None, None, 10.0]


def test_a_polygon_origin_starts_from_a_point_of_its_own(streets, points, reach, layer):
    # A horseshoe: its centroid lies outside, on the far side of the street.
    shoe = "POLYGON((0 10, 100 10, 100 60, 90 60, 90 20, 10 20, 10 60, 0 60, 0 10))"
    start = layer("Polygon", "", [(shoe,)], "celle")
    from qgis.core import QgsGeometry

    inside = QgsGeometry.fromWkt(shoe).pointOnSurface().asPoint()
    (row,), _ = reach(
        streets("LINESTRING(0 0, 400 0)"), [points(("s", "A", "POINT(400 0)"))], ORIGINS=start
    )

    assert row["distanza_aggancio_m"] == pytest.approx(inside.y(), abs=1e-9)
    assert row["t_a"] == pytest.approx(400 - inside.x() + inside.y(), abs=1e-9)


def test_no_origins_give_an_empty_result(streets, points, reach):
    rows, _ = reach(streets("LINESTRING(0 0, 9 0)"), [points(("s", "A", "POINT(0 0)"))])

    assert rows == []


# Services -------------------------------------------------------------------------------------


def test_a_category_none_of_whose_services_is_attached_says_so(streets, points, reach):
    network = streets("LINESTRING(0 0, 400 0)")
    services = points(
        ("vicino", "A", "POINT(0 0)"), ("lontano", "B", "POINT(0 5000)"), ("perso", "C", None)
    )

    rows, texts = reach(network, [services], (100, 0), (100, 900), MEASURES=[0, 1, 4])

    row, far = rows
    assert (row["t_a"], row["n_categorie_15"]) == (100.0, 1)
    for code in ("b", "c"):
        assert (row[f"t_{code}"], row[f"id_{code}"]) == (None, None)
        assert row[f"motivo_{code}"] == "senza_servizi"
        assert (row[f"n_{code}_1000"], row[f"g_{code}"]) == (0, 0.0)
        assert (far[f"motivo_{code}"], far[f"n_{code}_1000"]) == ("non_agganciato", None)
    assert told(texts, "1 servizi a più di 200 m dalla rete", "lontano")
    assert told(texts, "1 servizi senza posizione")


def test_services_that_all_lack_a_category_leave_nothing_to_reach(streets, points, reach):
    network = streets("LINESTRING(0 0, 400 0)")

    for services in (points(("s", None, "POINT(0 0)"), ("t", "  ", "POINT(9 0)")), points()):
        (row,), texts = reach(network, [services], (100, 0))

        assert row == {
            "stato_aggancio": "agganciato", "distanza_aggancio_m": 0.0, "n_categorie_15": 0,
        }  # fmt: skip
        assert told(texts, "Nessun servizio ha una categoria")
    assert told(texts, "2 servizi senza categoria")


def test_an_invalid_area_is_entered_at_its_boundary(streets, points, reach):
    bow = "POLYGON((100 -50, 200 50, 200 -50, 100 50, 100 -50))"

    rows, _ = reach(
        streets("LINESTRING(0 0, 400 0)"), [points(("p", "A", bow), kind="Polygon")],
        (0, 0), (400, 0), (150, 0),
    )  # fmt: skip

    assert [row["t_a"] for row in rows] == [100.0, 200.0, 0.0]


def test_areas_of_several_parts_with_holes_are_entered_at_the_nearest(streets, points, reach):
    # From within the hole, 40 m to its edge; the other part is nearer to the far end.
    area = (
        "MULTIPOLYGON(((100 -100, 300 -100, 300 100, 100 100, 100 -100), "
        "(160 -40, 240 -40, 240 40, 160 40, 160 -40)), ((900 -5, 910 -5, 910 5, 900 5, 900 -5)))"
    )

    rows, _ = reach(
        streets("LINESTRING(0 0, 1000 0)"), [points(("p", "A", area), kind="MultiPolygon")],
        (0, 0), (200, 0), (800, 0), (130, 0),
    )  # fmt: skip

    assert [row["t_a"] for row in rows] == [100.0, 40.0, 100.0, 0.0]


def test_of_a_collection_the_areas_count_else_the_points_and_lines_are_told(streets, mixed, reach):
    services = mixed(
        ("area", "A", "GEOMETRYCOLLECTION(POINT(9 0), POLYGON((100 -9, 150 -9, 150 9, 100 -9)))"),
        ("punti", "B", "GEOMETRYCOLLECTION(POINT(20 0), LINESTRING(0 0, 5 0))"),
        ("linea", "C", "LINESTRING(0 0, 5 0)"),
        fields=("id_servizio", "codice_sttm"),
    )

    (row,), texts = reach(streets("LINESTRING(0 0, 400 0)"), [services], (0, 0))

    assert row["t_a"] == pytest.approx(125.0)
    assert row["t_b"] == 20.0
    assert (row["t_c"], row["motivo_c"]) == (None, "senza_servizi")
    assert told(texts, "1 servizi senza posizione, o che non sono né punti né aree")


def test_curved_areas_with_z_are_entered_at_their_curve(streets, points, reach):
    disc = "CURVEPOLYGON Z(CIRCULARSTRING Z(100 0 1, 200 100 1, 300 0 1, 200 -100 1, 100 0 1))"
    services = points(("p", "A", disc), kind="CurvePolygonZ")

    (row,), _ = reach(streets("LINESTRING(0 0, 400 0)"), [services], (0, 0))

    assert row["t_a"] == pytest.approx(100.0, abs=1e-6)


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:6706", "EPSG:3857", "EPSG:2263"])
def test_systems_that_are_not_metric_are_refused(streets, points, reach, catch, code):
    from qgis.core import QgsProcessingException

    network = streets("LINESTRING(0 0, 400 0)")
    with pytest.raises(QgsProcessingException, match="metri"):
        reach(network, [points(("s", "A", "POINT(0 0)"))], (0, 0), CRS=code)
    with pytest.raises(QgsProcessingException, match="metri"):
        catch(network, 0, 0, CRS=code)
