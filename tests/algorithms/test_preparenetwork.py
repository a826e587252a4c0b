"""preparenetwork through Processing: fields, repairs, what a bad layer is told."""

from __future__ import annotations

import pytest


@pytest.fixture
def prepare(sttm_provider):
    from qgis import processing
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    def opened(layer):
        return layer if isinstance(layer, QgsVectorLayer) else QgsVectorLayer(layer, "rete", "ogr")

    def run(lines, crs="EPSG:32632", kind="LineString", feedback=None, **others):
        layer = QgsVectorLayer(
            f"{kind}?crs={crs}&field=nome:string&field=componente:integer", "strade", "memory"
        )
        for number, wkt in enumerate(lines):
            feature = QgsFeature(layer.fields())
            feature.setAttributes([f"via {number}", 70 + number])
            if wkt is not None:
                geometry = QgsGeometry.fromWkt(wkt) if isinstance(wkt, str) else wkt
                feature.setGeometry(geometry)
            layer.dataProvider().addFeature(feature)
        given = {"INPUT": layer, "OUTPUT": "TEMPORARY_OUTPUT", "ISSUES": "TEMPORARY_OUTPUT"}
        found = processing.run("sttm:preparenetwork", {**given, **others}, feedback=feedback)
        found["CRS"] = opened(found["OUTPUT"]).crs().authid()
        for name in ("OUTPUT", "ISSUES"):
            layer = opened(found[name])
            found[f"{name}_FIELDS"] = layer.fields().names()
            found[name] = [
                {
                    **dict(zip(layer.fields().names(), one.attributes())),
                    "wkt": one.geometry().asWkt(2),
                }
                for one in layer.getFeatures()
            ]
        return found

    return run


CROSS = ["LINESTRING(0 0, 100 0)", "LINESTRING(50 -20, 50 20)", "LINESTRING(200 0, 210 0)"]


def test_edges_carry_our_fields_then_the_original_ones(prepare):
    found = prepare(CROSS, SPLIT_AT_CROSSINGS=True)
    assert found["OUTPUT_FIELDS"] == [
        "fid_origine", "da_nodo", "a_nodo", "lunghezza_m", "componente", "nome", "componente_orig",
    ]  # fmt: skip
    assert found["OUTPUT"][0] == {
        "fid_origine": 1,
        "da_nodo": 1,
        "a_nodo": 3,
        "lunghezza_m": 50.0,
        "componente": 1,
        "nome": "via 0",
        "componente_orig": 70,
        "wkt": "LineString (0 0, 50 0)",
    }
    assert (found["NODES"], found["EDGES"], found["COMPONENTS"]) == (7, 5, 2)
    assert found["LARGEST_COMPONENT_SHARE"] == pytest.approx(140 / 150)
    assert [(one["tipo"], one["fid_origine"], one["distanza_m"]) for one in found["ISSUES"]] == [
        ("incrocio", 1, 0.0),
        ("isolato", 3, 100.0),
    ]


def test_a_geopackage_filled_in_columns_holds_what_a_memory_layer_does(
    prepare, tmp_path, monkeypatch
):
    from osgeo import ogr

    from sttm_plugin.processing_algorithms import preparenetwork

    filled = []
    whole = preparenetwork.fill_lines
    monkeypatch.setattr(
        preparenetwork, "fill_lines", lambda *given: filled.append(whole(*given)) or filled[-1]
    )
    memory = prepare(CROSS, SPLIT_AT_CROSSINGS=True)["OUTPUT"]
    path = tmp_path / "rete.gpkg"
    done = prepare(CROSS, SPLIT_AT_CROSSINGS=True, OUTPUT=str(path))

    assert filled == [True]
    assert [one.pop("fid") for one in done["OUTPUT"]] == list(range(1, len(memory) + 1))
    assert done["OUTPUT"] == memory
    assert done["EDGES"] == len(memory)
    opened = ogr.Open(str(path))
    table = opened.GetLayer(0)
    assert table.GetExtent() == (0.0, 210.0, -20.0, 20.0)
    # The spatial index answers: the street far away is alone there.
    table.SetSpatialFilterRect(190, -5, 220, 5)
    assert [one["fid_origine"] for one in table] == [3]


def test_nothing_is_changed_unless_asked(prepare):
    found = prepare([*CROSS, "LINESTRING(100.5 0, 120 0)"])
    assert [one["wkt"] for one in found["OUTPUT"]] == [
        "LineString (0 0, 100 0)",
        "LineString (50 -20, 50 20)",
        "LineString (200 0, 210 0)",
        "LineString (100.5 0, 120 0)",
    ]
    near = [one for one in found["ISSUES"] if one["tipo"] == "quasi_contatto"]
    assert [(one["fid_origine"], one["distanza_m"]) for one in near] == [(1, 0.5), (4, 0.5)]
    assert near[0]["azione"].startswith("nessuna")


def test_the_prepared_network_gives_the_same_network_again(prepare):
    first = prepare(CROSS, SPLIT_AT_CROSSINGS=True)
    again = prepare([one["wkt"] for one in first["OUTPUT"]], SPLIT_AT_CROSSINGS=True, SNAP_GAPS=1)
    assert [one["wkt"] for one in again["OUTPUT"]] == [one["wkt"] for one in first["OUTPUT"]]
    assert [one["tipo"] for one in again["ISSUES"]] == ["isolato"]


def test_multi_parts_z_and_curves_are_read(prepare):
    found = prepare(
        ["MULTILINESTRING Z((0 0 5, 10 0 9), (10 0 9, 10 10 2))"], kind="MultiLineStringZ"
    )
    assert (found["EDGES"], found["NODES"]) == (2, 3)
    assert {one["lunghezza_m"] for one in found["OUTPUT"]} == {10.0}


def test_a_gap_is_closed_and_the_change_is_a_point(prepare):
    lines = ["LINESTRING(0 0, 100 0)", "LINESTRING(60 0.8, 60 50)"]
    left = prepare(lines)
    closed = prepare(lines, SNAP_GAPS=2)
    (told,) = [one for one in left["ISSUES"] if one["tipo"] == "quasi_contatto"]
    assert (told["fid_origine"], told["distanza_m"]) == (2, pytest.approx(0.8))
    assert told["azione"].startswith("nessuna")
    assert (left["COMPONENTS"], closed["COMPONENTS"]) == (2, 1)
    assert sorted(one["lunghezza_m"] for one in closed["OUTPUT"]) == [40.0, 50.0, 60.0]
    (moved,) = [one for one in closed["ISSUES"] if one["tipo"] == "quasi_contatto"]
    assert moved["azione"] == "spostata sulla linea 1, che è divisa"
    assert closed["ISSUES_FIELDS"] == ["tipo", "fid_origine", "distanza_m", "azione"]


def test_of_duplicates_the_lowest_feature_stays_and_lines_without_length_go(prepare):
    found = prepare(["LINESTRING(9 9, 9 9)", "LINESTRING(0 0, 50 0)", "LINESTRING(50 0, 0 0)"])
    assert [(one["fid_origine"], one["nome"]) for one in found["OUTPUT"]] == [(2, "via 1")]
    assert [(one["tipo"], one["fid_origine"]) for one in found["ISSUES"]] == [
        ("duplicato", 3),
        ("lunghezza_zero", 1),
    ]


def test_curves_are_measured_along_the_curve(prepare):
    found = prepare(["CIRCULARSTRING(0 0, 100 100, 200 0)"], kind="CompoundCurve")
    assert found["OUTPUT"][0]["lunghezza_m"] == pytest.approx(314.159265, rel=1e-4)


def test_lines_in_degrees_come_out_in_metres(prepare):
    found = prepare(["LINESTRING(9 45, 9 45.001)"], crs="EPSG:4326")
    # On the central meridian of zone 32: 111.132 m of meridian, 0.9996 of them.
    assert found["OUTPUT"][0]["lunghezza_m"] == pytest.approx(111.13 * 0.9996, abs=0.02)
    assert found["CRS"] == "EPSG:32632"


def test_what_is_left_out_is_told(prepare, messages):
    from qgis.core import QgsGeometry, QgsLineString, QgsPoint

    bad = QgsGeometry(QgsLineString([QgsPoint(0, 0), QgsPoint(float("nan"), 1)]))
    found = prepare(["LINESTRING(0 0, 50 0)", None, bad], feedback=messages)
    assert found["EDGES"] == 1
    assert "1 elementi senza geometria, esclusi dalla rete." in messages.texts
    assert any("1 elementi che non sono linee o hanno coordinate" in t for t in messages.texts)


@pytest.mark.parametrize(
    ("lines", "others", "sentence"),
    [
        ([], {}, "nessuna linea utilizzabile"),
        (["LINESTRING(1 1, 1 1)"], {}, "nessuna linea utilizzabile"),
        (CROSS, {"CRS": "EPSG:4326"}, "metri"),
    ],
)
def test_bad_input_gets_a_sentence(prepare, lines, others, sentence):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match=sentence):
        prepare(lines, **others)
