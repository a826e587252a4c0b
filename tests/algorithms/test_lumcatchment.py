"""lumcatchment through Processing: every sentence of its contract, by hand or by Shapely."""

from __future__ import annotations

import json
import math

import pytest

from tests.algorithms.rows import as_dict, shape_of

sg = pytest.importorskip("shapely.geometry", reason="expected areas come from Shapely")
FIELDS = [
    "id_lum", "nome", "rango", "rango_derivato", "stato", "raggio_m", "metodo", "poligono",
    "area_mq", "lunghezza_rete_m", "popolazione", "comuni", "quote_comuni", "n_comuni",
    "distanza_aggancio_m",
]  # fmt: skip
STOP_FIELDS = "&field=lum:string&field=rango:string&field=nome:string&field=stato:string"
# A street of 1 km, another that leaves it at its middle, a block of 100 m beyond.
STREETS = (
    "LINESTRING(0 0, 500 0, 1000 0)",
    "LINESTRING(500 0, 500 300)",
    "LINESTRING(500 300, 600 300, 600 400, 500 400, 500 300)",
)


@pytest.fixture
def streets(layer):
    return layer("LineString", "", [(wkt,) for wkt in STREETS], "strade")


@pytest.fixture
def stops(layer):
    """Return a function that makes a layer of stops: (lum, rango, nome, stato, wkt)."""
    return lambda *rows, kind="Point", **others: layer(kind, STOP_FIELDS, rows, "fermate", **others)


@pytest.fixture
def run(sttm_provider, streets, stops):
    """Run lumcatchment, one stop at (500, -20) by default; rows are dicts with ``shape``."""
    from qgis import processing

    def catchments(feedback=None, **others):
        given = {
            "STOPS": others.get("STOPS") or stops(("L", None, None, None, "POINT(500 -20)")),
            "ID_FIELD": "lum",
            "RANK_FIELD": "rango",
            "NETWORK": streets,
            "RADII": "100",
            "OUTPUT": "TEMPORARY_OUTPUT",
            **others,
        }
        given = {name: value for name, value in given.items() if value is not None}
        found = processing.run("sttm:lumcatchment", given, feedback=feedback)
        for name in ("OUTPUT", "EDGES"):
            if name in found:
                found[f"{name}_LAYER"] = found[name]
                found[name] = [
                    {**as_dict(one), "shape": shape_of(one)} for one in found[name].getFeatures()
                ]
        return found

    return catchments


def refusal(run, **others):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as refused:
        run(**others)
    assert "Traceback" not in str(refused.value)
    return str(refused.value)


def differ(one, other):
    """Return the share of two areas that lies in one of them only."""
    return one.symmetric_difference(other).area / max(other.area, 1e-9)


def circle(x, y, radius):
    return sg.Point(x, y).buffer(radius, 32)


# Rows, ranks and radii ------------------------------------------------------------------------


def test_one_row_for_each_lum_and_distance_nested_and_not_rings(run, stops):
    places = stops(
        ("b", "metropolitano", "Due", "previsto", "POINT(100 0)"),
        ("a", "sovracomunale", "Uno", None, "POINT(900 0)"),
    )
    found = run(STOPS=places, RADII="metropolitano=200,sovracomunale=120", BANDS="150, 50")
    rows = found["OUTPUT"]

    assert found["OUTPUT_LAYER"].fields().names() == FIELDS
    assert [(row["id_lum"], row["raggio_m"]) for row in rows] == [
        ("a", 50.0), ("a", 120.0), ("a", 150.0), ("b", 50.0), ("b", 150.0), ("b", 200.0),
    ]  # fmt: skip
    assert [row["lunghezza_rete_m"] for row in rows] == [100, 220, 250, 100, 250, 300]
    for inner, outer in ((0, 1), (1, 2), (3, 4), (4, 5)):
        assert rows[inner]["shape"].difference(rows[outer]["shape"]).area < 1e-6
        assert rows[inner]["shape"].intersects(rows[outer]["shape"].representative_point())
    assert [rows[k]["nome"] for k in (0, 3)] == ["Uno", "Due"]
    assert [rows[k]["rango"] for k in (0, 3)] == ["sovracomunale", "metropolitano"]
    assert {row["rango_derivato"] for row in rows} == {False}


def test_the_state_is_copied_or_existing_and_told(run, stops, messages):
    places = stops(
        ("a", "metropolitano", None, "previsto", "POINT(100 0)"),
        ("b", "metropolitano", None, None, "POINT(900 0)"),
    )

    rows = run(messages, STOPS=places)["OUTPUT"]

    assert [row["stato"] for row in rows] == ["previsto", "esistente"]
    assert any("considerati esistenti: b" in text for text in messages.texts)


def test_the_radii_of_the_pack_are_the_default_and_a_band_equal_to_one_is_one_row(run, stops):
    places = stops(
        ("m", "Metropolitano", None, None, "POINT(100 0)"),
        ("s", "sovracomunale", None, None, "POINT(100 0)"),
    )

    rows = run(STOPS=places, RADII=None, BANDS="350")["OUTPUT"]

    assert [(row["id_lum"], row["raggio_m"]) for row in rows] == [
        ("m", 350.0), ("m", 500.0), ("s", 350.0),
    ]  # fmt: skip


def test_a_missing_rank_is_derived_from_lines_and_kind_and_marked(run, layer, messages):
    fields = "&field=lum:string&field=rango:string&field=linee:string&field=tipo:string"
    places = layer(
        "Point", fields,
        [
            ("a", None, "S5;S6;RE2", "ferrovia", "POINT(100 0)"),
            ("b", "", "S9", "ferrovia", "POINT(500 0)"),
            ("c", None, "M1 S6", None, "POINT(900 0)"),
            ("d", "sovracomunale", "S1 S2 S3", None, "POINT(700 0)"),
        ],
    )  # fmt: skip

    rows = run(messages, STOPS=places, RADII=None)["OUTPUT"]

    assert [(row["rango"], row["rango_derivato"], row["raggio_m"]) for row in rows] == [
        ("metropolitano", True, 500.0),
        ("sovracomunale", True, 350.0),
        ("metropolitano", True, 500.0),
        ("sovracomunale", False, 350.0),
    ]
    assert any("derivato per 3 LUM: a → metropolitano" in text for text in messages.texts)


def test_without_lines_or_kind_a_missing_rank_is_sovracomunale(run):
    (row,) = run(RADII="metropolitano=90,sovracomunale=40", RANK_FIELD=None)["OUTPUT"]

    assert (row["rango"], row["rango_derivato"], row["raggio_m"]) == ("sovracomunale", True, 40.0)


def test_a_rank_the_radii_lack_is_refused_and_both_are_named(run, stops):
    places = stops(("Nord", "locale", None, None, "POINT(1 0)"))
    said = refusal(run, STOPS=places, RADII="metropolitano=500,sovracomunale=350")

    assert "«Nord»" in said
    assert "«locale»" in said
    assert "metropolitano, sovracomunale" in said


def test_without_id_field_each_stop_is_a_lum_named_by_its_feature(run, stops):
    places = stops(("x", None, None, None, "POINT(100 0)"), ("x", None, None, None, "POINT(150 0)"))

    rows = run(STOPS=places, ID_FIELD=None)["OUTPUT"]

    assert [(row["id_lum"], row["lunghezza_rete_m"]) for row in rows] == [
        ("1", 200.0),
        ("2", 200.0),
    ]


def test_stops_of_one_id_are_one_lum_with_several_sources(run, stops):
    places = stops(
        ("x", None, None, None, "POINT(100 0)"),
        ("x", None, None, None, "POINT(150 10)"),
        (None, None, None, None, "POINT(900 0)"),
    )

    rows = run(STOPS=places)["OUTPUT"]

    # From 0 to 240: the second stop walks 10 m first.
    assert [(row["id_lum"], row["lunghezza_rete_m"]) for row in rows] == [
        ("fermate:3", 200.0),
        ("x", 240.0),
    ]
    assert rows[1]["distanza_aggancio_m"] == 0.0
    street = sg.LineString([(0, 0), (240, 0)]).buffer(30, 8)
    within = circle(100, 0, 100).union(circle(150, 10, 100))
    assert differ(rows[1]["shape"], street.intersection(within)) < 1e-9


# Along the network ----------------------------------------------------------------------------


def test_the_connector_is_taken_off_the_radius_and_is_not_in_the_length(run):
    (row,) = run()["OUTPUT"]

    # 20 m to the street leave 80 m, each of three ways.
    assert row["lunghezza_rete_m"] == pytest.approx(240.0, abs=1e-9)
    assert row["distanza_aggancio_m"] == pytest.approx(20.0, abs=1e-9)
    assert (row["metodo"], row["poligono"]) == ("rete", "esatto")
    assert (row["popolazione"], row["comuni"], row["quote_comuni"], row["n_comuni"]) == (None,) * 4


def test_the_exact_polygon_is_the_widened_streets_cut_to_the_circle(run):
    (row,) = run(BUFFER=25)["OUTPUT"]

    reached = sg.MultiLineString([[(420, 0), (580, 0)], [(500, 0), (500, 80)]])
    expected = reached.buffer(25, 8).intersection(circle(500, -20, 100))
    assert differ(row["shape"], expected) < 1e-9
    assert row["area_mq"] == pytest.approx(expected.area, rel=1e-9)
    assert row["shape"].geom_type == "MultiPolygon"
    # The round end beyond the reach of the cross street is cut by the circle: 80 m north.
    assert row["shape"].bounds[3] == pytest.approx(80.0, abs=1e-6)


def test_round_ends_have_eight_segments_a_quarter(run, layer):
    lone = layer("LineString", "", [("LINESTRING(480 0, 520 0)",)])
    (row,) = run(NETWORK=lone)["OUTPUT"]

    # Two half circles of 16 segments each.
    assert len(row["shape"].geoms[0].exterior.coords) - 1 == 2 * 17


def test_holes_are_kept(run):
    (row,) = run(RADII="1000", BUFFER=20)["OUTPUT"]

    (whole,) = row["shape"].geoms
    (hole,) = whole.interiors
    assert sg.Polygon(hole).area == pytest.approx(60 * 60, rel=1e-9)
    assert row["lunghezza_rete_m"] == pytest.approx(1700.0, abs=1e-9)


def test_edges_are_cut_exactly_at_the_limit_with_their_costs(run):
    edges = run(EDGES="TEMPORARY_OUTPUT", BANDS="50")

    assert edges["EDGES_LAYER"].fields().names() == ["id_lum", "raggio_m", "costo_da", "costo_a"]
    rows = sorted(
        (row["raggio_m"], row["costo_da"], row["costo_a"], *row["shape"].coords)
        for row in edges["EDGES"]
    )
    assert rows == [
        (50.0, 20.0, 50.0, (500.0, 0.0), (470.0, 0.0)),
        (50.0, 20.0, 50.0, (500.0, 0.0), (500.0, 30.0)),
        (50.0, 20.0, 50.0, (500.0, 0.0), (530.0, 0.0)),
        (100.0, 20.0, 100.0, (500.0, 0.0), (420.0, 0.0)),
        (100.0, 20.0, 100.0, (500.0, 0.0), (500.0, 80.0)),
        (100.0, 20.0, 100.0, (500.0, 0.0), (580.0, 0.0)),
    ]
    assert {row["id_lum"] for row in edges["EDGES"]} == {"L"}


def test_an_edge_reached_from_both_ends_is_two_parts_that_meet(run, stops):
    ring = stops(("L", None, None, None, "POINT(500 300)"))

    edges = run(STOPS=ring, RADII="205", EDGES="TEMPORARY_OUTPUT")["EDGES"]

    # The block is 400 m around: both ways meet after 200.
    block = [row for row in edges if row["shape"].bounds[3] > 300]
    assert sorted((row["costo_da"], row["costo_a"]) for row in block) == [(0.0, 200.0)] * 2
    assert {row["shape"].coords[-1] for row in block} == {(600.0, 400.0)}


def test_the_length_comes_from_costs_and_not_from_clipping(run, layer, stops):
    # A street that turns back: within 100 m as the crow flies lie 160 m more than are reached.
    hairpin = layer("LineString", "", [("LINESTRING(0 0, 80 0, 80 5, 0 5)",)])
    place = stops(("L", None, None, None, "POINT(0 0)"))

    (row,) = run(STOPS=place, NETWORK=hairpin)["OUTPUT"]

    assert row["lunghezza_rete_m"] == pytest.approx(100.0, abs=1e-9)


def test_a_stop_whose_connector_exceeds_the_radius_has_length_zero_and_no_area(run, messages):
    rows = run(messages, RADII="100", BANDS="20,20.5")["OUTPUT"]

    assert [row["lunghezza_rete_m"] for row in rows] == pytest.approx([0.0, 1.5, 240.0], abs=1e-9)
    assert (rows[0]["shape"], rows[0]["metodo"], rows[0]["area_mq"]) == (None, "rete", 0.0)
    assert rows[0]["distanza_aggancio_m"] == 20.0
    assert any("«L»" in text and "raggio di 20 m" in text for text in messages.texts)


def test_a_stop_beyond_max_snap_has_the_circle_and_a_warning_that_names_it(run, stops, messages):
    places = stops(
        ("lontano", None, "Cascina", None, "POINT(500 -250)"),
        ("vicino", None, None, None, "POINT(500 -199)"),
    )

    rows = run(messages, STOPS=places, RADII="300")["OUTPUT"]

    far, near = rows
    assert (far["metodo"], far["poligono"]) == ("cerchio_ripiego", "esatto")
    assert (far["lunghezza_rete_m"], far["distanza_aggancio_m"]) == (None, 250.0)
    assert differ(far["shape"], circle(500, -250, 300)) < 1e-9
    assert (near["metodo"], near["lunghezza_rete_m"]) == ("rete", pytest.approx(303.0, abs=1e-9))
    warned = [text for text in messages.texts if "cerchio_ripiego" in text]
    assert len(warned) == 1
    assert "«Cascina»" in warned[0]
    assert "250 m" in warned[0]


@pytest.mark.parametrize(("allowed", "method"), [(20.0, "rete"), (19.99, "cerchio_ripiego")])
def test_max_snap_includes_its_end(run, allowed, method):
    assert run(MAX_SNAP=allowed)["OUTPUT"][0]["metodo"] == method


def test_of_a_lum_with_one_stop_off_the_network_the_circle_is_added(run, stops):
    places = stops(
        ("L", None, None, None, "POINT(100 0)"), ("L", None, None, None, "POINT(100 -900)")
    )

    (row,) = run(STOPS=places)["OUTPUT"]

    street = sg.LineString([(0, 0), (200, 0)]).buffer(30, 8).intersection(circle(100, 0, 100))
    assert (row["metodo"], row["lunghezza_rete_m"]) == ("cerchio_ripiego", None)
    assert differ(row["shape"], street.union(circle(100, -900, 100))) < 1e-9


def test_a_lum_on_an_isolated_part_keeps_what_it_reaches_and_is_told(run, layer, stops, messages):
    net = layer("LineString", "", [("LINESTRING(0 0, 1000 0)",), ("LINESTRING(0 5000, 60 5000)",)])
    place = stops(("isola", None, None, None, "POINT(30 5000)"))

    (row,) = run(messages, NETWORK=net, STOPS=place)["OUTPUT"]

    assert row["lunghezza_rete_m"] == 60.0
    assert any("isola (parte 2)" in text for text in messages.texts)


def test_the_fast_preview_says_so_and_is_near_the_exact_area(run):
    (exact,) = run(RADII="400")["OUTPUT"]
    (fast,) = run(RADII="400", POLYGONS=1)["OUTPUT"]

    assert (fast["metodo"], fast["poligono"]) == ("rete", "rapido")
    assert fast["lunghezza_rete_m"] == exact["lunghezza_rete_m"]
    # A look, on cells of a quarter of the street's width: half a cell on each side.
    assert differ(fast["shape"], exact["shape"]) < 1 / 8 + 0.02


# Circles --------------------------------------------------------------------------------------


def test_circles_have_32_segments_a_quarter_and_those_of_one_lum_are_one_area(run, stops):
    places = stops(
        ("due", None, None, None, "POINT(0 0)"),
        ("due", None, None, None, "POINT(90 0)"),
        ("uno", None, None, None, "POINT(5000 0)"),
    )

    two, one = run(STOPS=places, METHOD=1, NETWORK=None, EDGES="TEMPORARY_OUTPUT")["OUTPUT"]

    assert len(one["shape"].geoms[0].exterior.coords) - 1 == 4 * 32
    assert differ(one["shape"], circle(5000, 0, 100)) < 1e-9
    assert one["area_mq"] == pytest.approx(4 * 32 * 100**2 / 2 * math.sin(math.pi / 64), rel=1e-9)
    assert differ(two["shape"], circle(0, 0, 100).union(circle(90, 0, 100))) < 1e-9
    assert {(row["metodo"], row["poligono"]) for row in (one, two)} == {("cerchio", "esatto")}
    assert (one["lunghezza_rete_m"], one["distanza_aggancio_m"]) == (None, None)


def test_circles_do_not_ask_the_network(run):
    found = run(METHOD=1, EDGES="TEMPORARY_OUTPUT")

    assert found["OUTPUT"][0]["metodo"] == "cerchio"
    assert found["EDGES"] == []


def test_along_the_network_without_one_is_refused(run):
    assert "NETWORK" in refusal(run, NETWORK=None)


# Population and comuni ------------------------------------------------------------------------


def test_population_of_areas_is_shared_by_surface(run, layer, messages):
    cells = [
        (100, "POLYGON((500 -20, 700 -20, 700 180, 500 180, 500 -20))"),
        (80, "MULTIPOLYGON(((450 -30, 500 -30, 500 -20, 450 -20, 450 -30)), "
             "((5000 0, 5050 0, 5050 10, 5000 10, 5000 0)))"),
        (None, "POLYGON((400 -120, 500 -120, 500 -20, 400 -20, 400 -120))"),
        (-7, "POLYGON((400 -120, 500 -120, 500 -20, 400 -20, 400 -120))"),
        (1000, "POLYGON((900 0, 999 0, 999 9, 900 9, 900 0))"),
    ]  # fmt: skip
    people = layer("MultiPolygon", "&field=abitanti:integer", cells, "sezioni")

    (row,) = run(messages, METHOD=1, POPULATION=people, POP_FIELD="abitanti")["OUTPUT"]

    disc = circle(500, -20, 100)
    quarter = disc.intersection(sg.box(500, -20, 700, 180)).area / 200**2
    # Of the second cell half lies far away; the other half is inside.
    assert row["popolazione"] == pytest.approx(100 * quarter + 40, rel=1e-9)
    assert any("1 valori assenti" in text and "1 negativi" in text for text in messages.texts)


def test_population_of_points_counts_those_inside_or_on_the_edge(run, layer, messages):
    places = [
        (5, "POINT(500 -20)"),
        (7, "POINT(600 -20)"),
        (11, "POINT(600.001 -20)"),
        (None, "POINT(500 -21)"),
        (13, None),
    ]
    people = layer("Point", "&field=popolazione:integer", places)

    (row,) = run(messages, METHOD=1, POPULATION=people)["OUTPUT"]

    assert row["popolazione"] == 12.0
    assert any("1 elementi di «dati» non sono né punti né aree" in text for text in messages.texts)


def test_comuni_by_falling_share_of_a_tenth_at_least(run, layer):
    # The circle is cut at x = 500 in two halves, and a strip of a twentieth is taken away.
    disc = circle(500, -20, 100)
    strip = sg.box(582, -200, 700, 200)
    parts = {
        "015146": sg.box(300, -200, 500, 200),
        "015182": sg.box(500, -200, 582, 200),
        "015009": strip,
        "015011": sg.box(900, 0, 950, 9),
    }
    layer_of = layer("Polygon", "&field=PRO_COM_T:string",
                     [(code, shape.wkt) for code, shape in parts.items()], "comuni")  # fmt: skip

    (row,) = run(METHOD=1, COMUNI=layer_of)["OUTPUT"]

    shares = {code: disc.intersection(shape).area / disc.area for code, shape in parts.items()}
    assert 0.02 < shares["015009"] < 0.1
    assert (row["comuni"], row["n_comuni"]) == ("015146;015182", 2)
    given = json.loads(row["quote_comuni"])
    assert list(given) == ["015009", "015146", "015182"]
    assert given == {code: round(shares[code], 6) for code in given}


def test_a_comune_of_the_east_that_has_more_comes_first(run, layer):
    rows = [
        (15146, "POLYGON((300 -200, 480 -200, 480 200, 300 200, 300 -200))"),
        (15182, "POLYGON((480 -200, 700 -200, 700 200, 480 200, 480 -200))"),
    ]
    comuni = layer("Polygon", "&field=pro_com:integer", rows)

    assert run(METHOD=1, COMUNI=comuni)["OUTPUT"][0]["comuni"] == "015182;015146"


def test_the_milano_network_by_shapely(run, shared_data, layer):
    """Area, population and shares of real catchments, computed again with GeoPandas."""
    gpd = pytest.importorskip("geopandas", reason="expected values come from GeoPandas")
    from qgis.core import QgsVectorLayer
    from shapely.ops import unary_union

    path = str(shared_data / "rete" / "osm_milano_centro_pedonale.geojson")
    network = QgsVectorLayer(path, "rete", "ogr")
    cells = QgsVectorLayer(
        str(shared_data / "popolazione" / "griglia_500m_istat2021_cmm.geojson"), "griglia", "ogr"
    )
    field = next(name for name in cells.fields().names() if name.lower().startswith("pop"))
    places = [(9.1855, 45.4641), (9.1932, 45.4601), (9.1900, 45.4685)]
    stops = layer(
        "Point", "&field=lum:string",
        [(f"L{k}", f"POINT({x} {y})") for k, (x, y) in enumerate(places)], crs="EPSG:4326",
    )  # fmt: skip

    found = run(
        STOPS=stops, RANK_FIELD=None, NETWORK=network, RADII="350", POPULATION=cells,
        POP_FIELD=field, EDGES="TEMPORARY_OUTPUT",
    )  # fmt: skip

    people = gpd.read_file(
        shared_data / "popolazione" / "griglia_500m_istat2021_cmm.geojson"
    ).to_crs("EPSG:32632")
    centres = gpd.GeoSeries.from_xy(*zip(*places), crs="EPSG:4326").to_crs("EPSG:32632")
    for row, centre in zip(found["OUTPUT"], centres):
        mine = [edge["shape"] for edge in found["EDGES"] if edge["id_lum"] == row["id_lum"]]
        assert len(mine) > 100
        assert row["lunghezza_rete_m"] == pytest.approx(sum(line.length for line in mine), abs=1e-5)
        expected = unary_union([line.buffer(30, 8) for line in mine])
        expected = expected.intersection(centre.buffer(350, 32))
        # Where streets bend, round joins and round ends differ by slivers.
        assert differ(row["shape"], expected) < 1e-3
        shared = people.intersection(row["shape"]).area / people.area
        assert row["popolazione"] == pytest.approx((people[field] * shared).sum(), rel=1e-6)


# Inputs of every kind -------------------------------------------------------------------------


def test_z_m_multi_parts_and_curves_are_read(run, layer, stops):
    place = stops(("L", None, None, None, "MULTIPOINT ZM((500 -20 7 8))"), kind="MultiPointZM")
    net = layer(
        "CompoundCurveZ", "",
        [
            ("COMPOUNDCURVE Z((0 0 1, 500 0 900), (500 0 900, 1000 0 3))",),
            ("COMPOUNDCURVE Z((500 0 900, 500 300 2))",),
        ],
    )  # fmt: skip

    (row,) = run(STOPS=place, NETWORK=net)["OUTPUT"]

    assert row["lunghezza_rete_m"] == pytest.approx(240.0, abs=1e-9)


def test_inputs_in_other_systems_give_the_same_rows(run, layer, stops):
    from qgis import processing

    def moved(source, code):
        given = {"INPUT": source, "TARGET_CRS": code, "OUTPUT": "TEMPORARY_OUTPUT"}
        return processing.run("native:reprojectlayer", given)["OUTPUT"]

    x, y = 512_000, 5_034_000
    net = layer("LineString", "", [(f"LINESTRING({x} {y}, {x + 1000} {y})",)])
    place = stops(("L", None, None, None, f"POINT({x + 500} {y - 20})"))
    people = layer("Point", "&field=popolazione:integer", [(9, f"POINT({x + 520} {y})")])

    (here,) = run(STOPS=place, NETWORK=net, POPULATION=people)["OUTPUT"]
    (there,) = run(
        STOPS=moved(place, "EPSG:4326"), NETWORK=moved(net, "EPSG:3003"),
        POPULATION=moved(people, "EPSG:3857"),
    )["OUTPUT"]  # fmt: skip

    # Monte Mario comes back from its datum to some centimetres.
    assert there["lunghezza_rete_m"] == pytest.approx(here["lunghezza_rete_m"], abs=0.2)
    assert differ(there["shape"], here["shape"]) < 1e-3
    assert there["popolazione"] == here["popolazione"] == 9.0


def test_the_output_is_in_the_analysis_system(run, layer, stops):
    found = run(CRS="EPSG:25832", EDGES="TEMPORARY_OUTPUT")

    assert found["OUTPUT_LAYER"].crs().authid() == "EPSG:25832"
    assert found["EDGES_LAYER"].crs().authid() == "EPSG:25832"


def test_no_stops_give_no_rows_and_a_warning(run, stops, messages):
    found = run(messages, STOPS=stops(), EDGES="TEMPORARY_OUTPUT")

    assert (found["OUTPUT"], found["EDGES"]) == ([], [])
    assert any("fermate è vuoto" in text for text in messages.texts)


def test_a_stop_without_a_place_keeps_its_row_without_area(run, stops, messages):
    places = stops(("dove", None, None, None, None), ("L", None, None, None, "POINT(500 -20)"))

    known, lost = run(messages, STOPS=places)["OUTPUT"]

    assert known["lunghezza_rete_m"] == pytest.approx(240.0)
    assert (lost["id_lum"], lost["shape"], lost["metodo"]) == ("dove", None, None)
    assert lost["lunghezza_rete_m"] is None
    assert any("«dove»" in text and "posizione" in text for text in messages.texts)


def test_empty_population_and_comuni_count_nothing(run, layer):
    people = layer("Polygon", "&field=popolazione:integer", [])
    comuni = layer("Polygon", "&field=istat:string", [])

    (row,) = run(POPULATION=people, COMUNI=comuni)["OUTPUT"]

    assert (row["popolazione"], row["comuni"], row["n_comuni"]) == (0.0, "", 0)
    assert row["quote_comuni"] == "{}"


def test_invalid_polygons_of_population_are_mended_and_told(run, layer, messages):
    bow = "POLYGON((400 -120, 600 80, 600 -120, 400 80, 400 -120))"
    people = layer("Polygon", "&field=popolazione:integer", [(100, bow)])

    (row,) = run(messages, METHOD=1, POPULATION=people)["OUTPUT"]

    bow = sg.MultiPolygon([
        sg.Polygon([(400, -120), (500, -20), (400, 80)]),
        sg.Polygon([(600, -120), (500, -20), (600, 80)]),
    ])  # fmt: skip
    expected = 100 * bow.intersection(circle(500, -20, 100)).area / bow.area
    assert row["popolazione"] == pytest.approx(expected, rel=1e-9)
    assert any("Popolazione: 1 poligoni non validi" in text for text in messages.texts)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"RADII": "metropolitano=abc"}, "«abc»"),
        ({"RADII": "500,350"}, "«500,350»"),
        ({"RADII": "sovracomunale=1,Sovracomunale=2"}, "ripetuto"),
        ({"BANDS": "100;cento"}, "«cento»"),
        ({"BANDS": "0"}, "«0»"),
        ({"CRS": "EPSG:4326"}, "metri"),
        ({"CRS": "EPSG:3857"}, "3857"),
    ],
)
def test_bad_parameters_are_told(run, others, sentence):
    assert sentence in refusal(run, **others)


def test_bad_layers_are_told(run, layer, stops, streets):
    from qgis.core import QgsCoordinateReferenceSystem

    empty = layer("LineString", "", [], "vuota")
    assert "nessuna linea utilizzabile" in refusal(run, NETWORK=empty)
    assert "linee" in refusal(run, NETWORK=stops(("L", None, None, None, "POINT(0 0)")))
    nameless = layer("Polygon", "&field=codice:string", [], "confini")
    assert "codice" in refusal(run, COMUNI=nameless)
    lost = layer("LineString", "", [("LINESTRING(0 0, 9 0)",)], "ignota")
    lost.setCrs(QgsCoordinateReferenceSystem())
    assert "«ignota»" in refusal(run, NETWORK=lost)
    assert "sistema di riferimento" in refusal(run, NETWORK=lost)


def test_progress_grows_steps_are_told_and_the_result_is_styled(run, messages):
    found = run(messages)

    assert messages.shares == sorted(messages.shares)
    assert len([text for text in messages.texts if " di 5: " in text]) == 5
    assert found["OUTPUT_LAYER"].renderer().type() != "singleSymbol"


def test_cancelling_writes_nothing(run, messages, tmp_path):
    messages.cancel()

    assert run(messages, OUTPUT=str(tmp_path / "fuori.gpkg")) == {}
    assert not (tmp_path / "fuori.gpkg").exists()


def test_the_same_inputs_give_the_same_rows(run, stops):
    places = stops(*((f"L{k}", None, None, None, f"POINT({90 * k} {k})") for k in range(10)))

    first, second = (run(STOPS=places, BANDS="300")["OUTPUT"] for _ in range(2))

    assert [{**row, "shape": row["shape"].wkb} for row in first] == [
        {**row, "shape": row["shape"].wkb} for row in second
    ]
