"""The reference system of a source, tried on the boundary of a real comune."""

from __future__ import annotations

import math

import pytest

RHO = "015182"


@pytest.fixture(scope="module")
def rho(shared_data):
    """The boundary of Rho, in degrees."""
    import json

    from shapely.geometry import shape

    path = shared_data / "confini" / "limits_P_15_municipalities.geojson"
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        if feature["properties"]["com_istat_code"] == RHO:
            return shape(feature["geometry"])
    raise AssertionError("Rho is not in the boundaries")


@pytest.fixture
def layer(qgis_processing, rho):
    """Rho, or points spread over it, written in one CRS and declared in another."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsFeature,
        QgsGeometry,
        QgsProject,
        QgsVectorLayer,
    )

    def make(written, declared, swap=False, points=0, dx=0.0):
        shapes = [rho]
        if points:
            shapes = spread(rho, points)
        transform = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:4326"),
            QgsCoordinateReferenceSystem(written),
            QgsProject.instance().transformContext(),
        )
        kind = "Point" if points else "MultiPolygon"
        made = QgsVectorLayer(f"{kind}?crs={declared}&field=nome:string", "piano", "memory")
        if not declared:
            made.setCrs(QgsCoordinateReferenceSystem())
        features = []
        for number, shape in enumerate(shapes):
            geometry = QgsGeometry.fromWkt(shape.wkt)
            geometry.transform(transform)
            if dx:
                geometry.translate(dx, 0.0)
            if swap:
                geometry.get().swapXy()
            if not points:
                geometry.convertToMultiType()
            feature = QgsFeature(made.fields())
            feature.setAttributes([f"servizio {number}"])
            feature.setGeometry(geometry)
            features.append(feature)
        made.dataProvider().addFeatures(features)
        return made

    return make


def spread(ground, count):
    """The nodes of a regular grid that fall inside, evenly thinned."""
    from shapely.geometry import Point
    from shapely.prepared import prep

    xmin, ymin, xmax, ymax = ground.bounds
    inside = prep(ground)
    found = []
    for i in range(60):
        for j in range(60):
            point = Point(
                xmin + (xmax - xmin) * (i + 0.5) / 60, ymin + (ymax - ymin) * (j + 0.5) / 60
            )
            if inside.contains(point):
                found.append(point)
    return found[:: max(len(found) // count, 1)]


@pytest.fixture
def diagnose(sttm_provider, shared_data):
    def run(source, **others):
        from qgis import processing

        parameters = {
            "INPUT": source,
            "COMUNE": RHO,
            "BOUNDARIES": str(shared_data / "confini" / "limits_P_15_municipalities.geojson"),
            "OUTPUT": "TEMPORARY_OUTPUT",
            **others,
        }
        parameters = {name: value for name, value in parameters.items() if value is not None}
        found = processing.run("sttm:diagnosecrs", parameters)
        names = found["OUTPUT"].fields().names()
        found["rows"] = [dict(zip(names, f.attributes())) for f in found["OUTPUT"].getFeatures()]
        return found

    return run


@pytest.mark.parametrize(
    ("written", "declared"),
    [
        ("EPSG:32632", "EPSG:32632"),
        ("EPSG:7791", "EPSG:7791"),
        ("EPSG:6707", "EPSG:6707"),
        ("EPSG:3003", "EPSG:3003"),
        ("EPSG:4326", "EPSG:4326"),
        ("EPSG:3857", "EPSG:3857"),
        ("EPSG:23032", "EPSG:23032"),
    ],
)
def test_a_right_declaration_is_confirmed(diagnose, layer, written, declared):
    found = diagnose(layer(written, declared))

    assert (found["CRS_FOUND"], found["DECLARED_OK"], found["DEFECT"]) == (declared, True, "")
    assert found["INSIDE_SHARE"] == 1.0
    assert found["OFFSET_M"] < 1.0
    assert "dichiarato e confermato" in found["SENTENCE"]


@pytest.mark.parametrize(
    ("written", "declared", "swap", "crs", "defect"),
    [
        ("EPSG:3003", "EPSG:32632", False, "EPSG:3003", "D04"),
        ("EPSG:32632", "EPSG:3003", False, "EPSG:32632", "D04"),
        ("EPSG:4326", "EPSG:32632", False, "EPSG:4326", "D04"),
        ("EPSG:3857", "EPSG:4326", False, "EPSG:3857", "D04"),
        ("EPSG:32632", "EPSG:4326", False, "EPSG:32632", "D04"),
        ("EPSG:3003", "", False, "EPSG:3003", "D03"),
        ("EPSG:32632", "", False, "EPSG:32632", "D03"),
        ("EPSG:6707", "EPSG:6707", True, "EPSG:6707", "D05"),
        ("EPSG:4326", "EPSG:4326", True, "EPSG:4326", "D05"),
        ("EPSG:3003", "EPSG:32632", True, "EPSG:3003", "D05"),
    ],
)
def test_a_wrong_declaration_is_named_with_the_one_that_fits(
    diagnose, layer, written, declared, swap, crs, defect
):
    found = diagnose(layer(written, declared, swap))

    assert (found["CRS_FOUND"], found["SWAPPED"], found["DEFECT"]) == (crs, swap, defect)
    assert (found["DECLARED"], found["DECLARED_OK"]) == (declared, False)
    assert found["OFFSET_M"] < 1.0
    (row,) = [row for row in found["rows"] if row["trovato"]]
    assert (row["epsg"], row["assi_scambiati"], row["quota_comune"]) == (crs, swap, 1.0)
    assert "100% delle posizioni cade nel comune" in found["SENTENCE"]


# PDS_SCHEMA §2.5, Milano: ED50 is 83 m E and 198 m N off, the cut easting 28 m E and 20 m N.
@pytest.mark.parametrize(
    ("written", "dx", "crs", "east", "north"),
    [("EPSG:23032", 0.0, "EPSG:23032", 83, 198), ("EPSG:3003", -1_000_000.0, "EPSG:3003", 28, 20)],
)
def test_a_shift_of_datum_is_measured_on_the_boundary_and_not_applied(
    diagnose, layer, written, dx, crs, east, north
):
    found = diagnose(layer(written, "EPSG:32632", dx=dx))

    assert (found["CRS_FOUND"], found["DECLARED_OK"], found["DEFECT"]) == (crs, False, "D08")
    assert found["OFFSET_E_M"] == pytest.approx(east, abs=4)
    assert found["OFFSET_N_M"] == pytest.approx(north, abs=4)
    assert found["OFFSET_M"] == pytest.approx(math.hypot(east, north), abs=5)
    assert "Nulla è stato spostato" in found["SENTENCE"]


def test_points_tell_ed50_by_how_many_fall_in_the_comune(diagnose, layer):
    shifted = diagnose(layer("EPSG:23032", "EPSG:32632", points=400))
    right = diagnose(layer("EPSG:32632", "EPSG:32632", points=400))

    assert (shifted["CRS_FOUND"], shifted["DEFECT"]) == ("EPSG:23032", "D08")
    assert shifted["OFFSET_M"] == pytest.approx(215, abs=5)
    assert (right["CRS_FOUND"], right["DECLARED_OK"]) == ("EPSG:32632", True)


def test_without_boundaries_the_datum_is_said_to_be_unknown(diagnose, layer):
    found = diagnose(layer("EPSG:32632", "EPSG:32632"), BOUNDARIES=None)

    assert found["DECLARED_OK"] is True
    assert "Senza i confini" in found["SENTENCE"]


def test_an_outline_moved_by_hand_is_no_known_system(diagnose, layer):
    found = diagnose(layer("EPSG:32632", "EPSG:32632", dx=60.0))

    assert (found["CRS_FOUND"], found["DEFECT"]) == ("EPSG:32632", "D08")
    assert found["OFFSET_E_M"] == pytest.approx(60, abs=1)
    assert "Nessun sistema provato lo spiega" in found["SENTENCE"]


def test_data_of_another_place_fit_nowhere_and_say_so(diagnose, shared_data):
    found = diagnose(str(shared_data / "sporchi" / "siena_coordinate_scambiate.geojson"))

    assert (found["CRS_FOUND"], found["DECLARED_OK"], found["FITTING"]) == ("", False, 0)
    assert "nessun candidato ci riesce" in found["SENTENCE"]


def test_columns_of_coordinates_are_diagnosed_too(diagnose, shared_data):
    name = "milano_catalogo_servizi_scuole_infanzia_campione.geojson"

    found = diagnose(str(shared_data / "pgt" / name), COMUNE="Milano")

    assert found["CRS_FOUND"] == "EPSG:3003"
    assert found["TESTED"] == 1


def test_a_table_without_positions_is_refused_with_what_to_do(diagnose, tmp_path):
    from qgis.core import QgsProcessingException

    path = tmp_path / "indirizzi.csv"
    path.write_text("nome;via\nNido;via Roma\n", encoding="utf-8")

    with pytest.raises(QgsProcessingException, match="Indicare X_FIELD e Y_FIELD"):
        diagnose(str(path))
