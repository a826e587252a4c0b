"""accessibility through Processing: every field by hand, and what bad input is told."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.algorithms.rows import as_dict


@pytest.fixture
def street(layer):
    """A straight street of 3 km and one of its own, 5 km away."""
    rows = [
        ("avanti", 30.0, "LINESTRING(0 0, 1000 0, 2000 0)"),
        ("avanti", 30.0, "LINESTRING(2000 0, 3000 0)"),
        (None, None, "LINESTRING(0 5000, 100 5000)"),
    ]
    return layer("LineString", "&field=senso:string&field=kmh:double", rows, "strade")


@pytest.fixture
def origins(layer):
    rows = [
        ("A", 100, "POINT(0 0)"),
        ("B", 50, "POINT(1000 100)"),
        ("C", 10, "POINT(50 5000)"),
        ("D", 5, "POINT(1000 900)"),
        ("E", 3, None),
    ]
    fields = "&field=codice:string&field=abitanti:integer"
    return layer("Point", fields, rows, "origini")


@pytest.fixture
def services(layer):
    fields = "&field=id_servizio:string&field=codice_sttm:string&field=capacita:double"
    rows = [
        ("s2", "CUL.01", 10.0, "POINT(600 0)"),
        ("s1", "CUL.01", 30.0, "POINT(1400 0)"),
        ("s3", "IST.01", 5.0, "POINT(2900 0)"),
        ("s4", None, 5.0, "POINT(10 0)"),
    ]
    return layer("Point", fields, rows, "servizi")


@pytest.fixture
def measure(sttm_provider, origins, services, street):
    from qgis import processing

    def run(feedback=None, **others):
        given = {
            "ORIGINS": origins,
            "SERVICES": [services],
            "NETWORK": street,
            "STRATEGY": 0,
            "OUTPUT": "TEMPORARY_OUTPUT",
            **others,
        }
        given = {name: value for name, value in given.items() if value is not None}
        found = processing.run("sttm:accessibility", given, feedback=feedback)
        for name in ("OUTPUT", "SUMMARY"):
            if name in found:
                found[f"{name}_LAYER"] = found[name]
                found[name] = [as_dict(one) for one in found[name].getFeatures()]
        if "codice" in found["OUTPUT"][0]:
            found["OUTPUT"] = {row["codice"]: row for row in found["OUTPUT"]}
        return found

    return run


def test_nearest_and_counts_in_metres(measure):
    found = measure()
    rows = found["OUTPUT"]
    assert list(rows["A"]) == [
        "codice", "abitanti", "stato_aggancio", "distanza_aggancio_m",
        "t_cul_01", "id_cul_01", "motivo_cul_01",
        "n_cul_01_500", "n_cul_01_1000", "n_cul_01_1500",
        "t_ist_01", "id_ist_01", "motivo_ist_01",
        "n_ist_01_500", "n_ist_01_1000", "n_ist_01_1500", "n_categorie_15",
    ]  # fmt: skip
    a = rows["A"]
    assert (a["t_cul_01"], a["id_cul_01"], a["motivo_cul_01"]) == (600.0, "s2", None)
    assert [a[f"n_cul_01_{t}"] for t in (500, 1000, 1500)] == [0, 1, 2]
    assert (a["t_ist_01"], a["id_ist_01"], a["motivo_ist_01"]) == (None, None, "oltre_soglia")
    assert (a["n_ist_01_1500"], a["n_categorie_15"]) == (0, 1)
    # B walks 100 m to the street; both libraries are 400 m on: the lower id wins.
    b = rows["B"]
    assert (b["distanza_aggancio_m"], b["t_cul_01"], b["id_cul_01"]) == (100.0, 500.0, "s1")
    assert b["n_cul_01_500"] == 2


def test_what_is_missing_has_its_reason(measure):
    rows = measure()["OUTPUT"]
    assert (rows["C"]["stato_aggancio"], rows["C"]["motivo_cul_01"]) == (
        "agganciato",
        "non_raggiunto",
    )
    assert rows["C"]["n_cul_01_1500"] == 0
    d = rows["D"]
    assert (d["stato_aggancio"], d["distanza_aggancio_m"]) == ("non_agganciato", 900.0)
    assert (d["motivo_cul_01"], d["n_cul_01_1500"], d["n_categorie_15"]) == (
        "non_agganciato",
        None,
        None,
    )
    assert rows["E"]["stato_aggancio"] == "senza_geometria"


def test_minutes_on_foot_are_the_default(measure):
    rows = measure(STRATEGY=None)["OUTPUT"]
    # 600 m at 4.5 km/h: 8 minutes.
    assert rows["A"]["t_cul_01"] == pytest.approx(8.0, abs=1e-9)
    assert [rows["A"][f"n_cul_01_{t}"] for t in (5, 10, 15)] == [0, 1, 1]


def test_speed_and_direction_of_the_streets(measure):
    rows = measure(
        STRATEGY=1, SPEED_FIELD="kmh", DIRECTION_FIELD="senso", VALUE_FORWARD="avanti"
    )["OUTPUT"]  # fmt: skip
    # 600 m at 30 km/h: 1.2 minutes; B, once on the street, can't go back to 600.
    assert rows["A"]["t_cul_01"] == pytest.approx(1.2, abs=1e-9)
    assert (rows["B"]["id_cul_01"], rows["B"]["n_cul_01_15"]) == ("s1", 1)
    assert rows["B"]["t_cul_01"] == pytest.approx(0.1 * 60 / 4.5 + 0.4 * 2, abs=1e-9)


def test_supply_for_each_inhabitant(measure):
    rows = measure(
        THRESHOLDS="1000", MEASURES=[2, 3, 4], ZONES="500=1,1000=0.5", POP_FIELD="abitanti",
        CAPACITY_FIELD="capacita", DECAY=1, BETA=1.0,
    )["OUTPUT"]  # fmt: skip
    # Within 1,000 m: s2 (10) is reached by A (600 m) and B (500 m), s1 (30) by B alone.
    r1, r2 = 30 / 50, 10 / 150
    assert rows["A"]["s2_cul_01"] == pytest.approx(r2, abs=1e-12)
    assert rows["B"]["s2_cul_01"] == pytest.approx(r1 + r2, abs=1e-12)
    w2 = 10 / (0.5 * 100 + 50)
    assert rows["A"]["e2_cul_01"] == pytest.approx(0.5 * w2, abs=1e-12)
    assert rows["B"]["e2_cul_01"] == pytest.approx(30 / 50 + w2, abs=1e-12)
    assert rows["A"]["g_cul_01"] == pytest.approx(10 / 600, abs=1e-12)
    assert rows["C"]["s2_cul_01"] == 0.0
    assert rows["D"]["s2_cul_01"] is None
    assert "t_cul_01" not in rows["A"]


def test_without_a_network_the_straight_line_is_lengthened(measure):
    row = measure(NETWORK=None, DETOUR=1.3)["OUTPUT"]["A"]
    assert row["t_cul_01"] == pytest.approx(780.0, abs=1e-9)
    assert row["distanza_aggancio_m"] is None


def test_an_area_is_entered_at_its_edge_and_wins_over_its_point(measure, layer, services, messages):
    park = layer(
        "Polygon", "&field=id_servizio:string&field=codice_sttm:string&field=capacita:double",
        [("s2", "CUL.01", 1.0, "POLYGON((200 -50, 800 -50, 800 50, 200 50, 200 -50))")],
    )  # fmt: skip
    again = layer(
        "Point", "&field=id_servizio:string&field=codice_sttm:string&field=capacita:double",
        [("s1", "CUL.01", 1.0, "POINT(0 0)"), ("s2", "CUL.01", 1.0, "POINT(0 0)")],
    )  # fmt: skip
    rows = measure(messages, SERVICES=[services, park, again])["OUTPUT"]
    assert (rows["A"]["t_cul_01"], rows["A"]["id_cul_01"]) == (200.0, "s2")
    assert rows["B"]["t_cul_01"] == 300.0
    assert "2 servizi presenti come punto e come area, vale l'area: s2, s2." in messages.texts
    assert "1 servizi con un identificativo già letto, lasciati fuori: s1." in messages.texts


def test_names_come_from_codes_and_thresholds(measure, layer):
    rows = [("s1", "Città d'Arte – 2", "POINT(300 0)"), ("s2", "Città d'Arte – 2", "POINT(9 0)")]
    named = layer("Point", "&field=id_servizio:string&field=codice_sttm:string", rows)
    row = measure(SERVICES=[named], THRESHOLDS="10.0; 7.5,.25")["OUTPUT"]["A"]
    assert [name for name in row if name.startswith(("t_", "n_", "motivo_"))] == [
        "t_citta_d_arte_2", "motivo_citta_d_arte_2", "n_citta_d_arte_2_0_25",
        "n_citta_d_arte_2_7_5", "n_citta_d_arte_2_10", "n_categorie_15",
    ]  # fmt: skip
    assert [row[f"n_citta_d_arte_2_{t}"] for t in ("0_25", "7_5", "10")] == [0, 0, 1]


def test_services_without_an_id_are_named_by_layer_and_feature(measure, layer):
    nameless = layer("Point", "&field=codice_sttm:string", [("A", "POINT(30 0)")], "scuole")
    some = layer(
        "Point", "&field=id_servizio:string&field=codice_sttm:string",
        [(" ", "A", "POINT(2990 0)")], "licei",
    )  # fmt: skip
    rows = measure(SERVICES=[nameless, some], THRESHOLDS="5000")["OUTPUT"]
    assert (rows["A"]["id_a"], rows["A"]["n_a_5000"]) == ("scuole:1", 2)
    far = measure(SERVICES=[some], THRESHOLDS="5000")["OUTPUT"]["A"]
    assert far["id_a"] == "licei:1"


def test_a_service_of_any_state_is_taken(measure, layer):
    fields = "&field=id_servizio:string&field=codice_sttm:string&field=stato:string"
    states = ("dismesso", "previsto", None)
    rows = [(f"s{k}", "A", state, f"POINT({100 + k} 0)") for k, state in enumerate(states)]
    row = measure(SERVICES=[layer("Point", fields, rows)])["OUTPUT"]["A"]
    assert (row["id_a"], row["n_a_500"]) == ("s0", 3)


def test_origins_that_are_too_far_are_named_by_their_id(measure, messages):
    measure(messages, ORIGIN_ID="codice")
    assert any(text.endswith("non agganciate: D.") for text in messages.texts)


def test_by_bicycle_and_by_car_minutes_are_fewer(measure):
    bicycle = measure(STRATEGY=1, DEFAULT_SPEED=15)["OUTPUT"]["A"]
    car = measure(STRATEGY=1, DEFAULT_SPEED=50, SPEED_FIELD="kmh")["OUTPUT"]
    assert bicycle["t_cul_01"] == pytest.approx(600 * 0.06 / 15, abs=1e-9)
    # The streets say 30 km/h; the way to them is driven at the default.
    assert car["B"]["t_cul_01"] == pytest.approx(100 * 0.06 / 50 + 400 * 0.06 / 30, abs=1e-9)


def test_the_zones_of_metres_are_the_default_and_never_reach_beyond_the_largest_threshold(measure):
    rows = measure(MEASURES=[3], POP_FIELD="abitanti", THRESHOLDS="1000")["OUTPUT"]
    # s2: A at 600 m weighs 0.68, B at 500 m weighs 1; s1 is 1,400 m from A: beyond.
    ratio = 1 / (0.68 * 100 + 50)
    assert rows["A"]["e2_cul_01"] == pytest.approx(0.68 * ratio, abs=1e-12)
    assert rows["B"]["e2_cul_01"] == pytest.approx(ratio + 1 / 50, abs=1e-12)
    shorter = measure(MEASURES=[3], POP_FIELD="abitanti", THRESHOLDS="550")["OUTPUT"]
    assert shorter["A"]["e2_cul_01"] == 0.0


def test_the_log_balances_supply_and_capacity_that_is_none_is_told(measure, layer, messages):
    fields = "&field=id_servizio:string&field=codice_sttm:string&field=posti:double"
    rows = [("a", "X", 12.5, "POINT(10 0)"), ("b", "X", None, "POINT(20 0)"),
            ("c", "Y", 0.0, "POINT(30 0)"), ("d", "Y", 4.0, "POINT(40 0)")]  # fmt: skip
    measure(
        messages, SERVICES=[layer("Point", fields, rows)], CAPACITY_FIELD="posti",
        POP_FIELD="abitanti", MEASURES=[2],
    )  # fmt: skip
    assert any(text.startswith("2 servizi senza capacità") for text in messages.texts)
    assert (
        "Bilancio 2SFCA: la somma di accessibilità × popolazione è 16.500, l'offerta raggiungibile "
        "è 16.500: coincidono."
    ) in messages.texts


def test_people_that_are_none_or_negative_count_zero_and_are_told(measure, layer, messages):
    rows = [(10, "POINT(0 0)"), (None, "POINT(1 0)"), (-4, "POINT(2 0)")]
    origins = layer("Point", "&field=abitanti:integer", rows, "o")
    found = measure(messages, ORIGINS=origins, POP_FIELD="abitanti", SUMMARY="TEMPORARY_OUTPUT")
    assert {row["popolazione"] for row in found["SUMMARY"]} == {10.0}
    assert any("1 valori assenti" in text and "1 negativi" in text for text in messages.texts)


def test_origins_and_services_in_degrees_are_moved_to_the_analysis_system(measure, layer, street):
    from qgis import processing

    def moved(source):
        given = {"INPUT": source, "TARGET_CRS": "EPSG:4326", "OUTPUT": "TEMPORARY_OUTPUT"}
        return processing.run("native:reprojectlayer", given)["OUTPUT"]

    x, y = 512_000, 5_034_000
    net = layer("LineString", "", [(f"LINESTRING({x} {y}, {x + 900} {y})",)])
    start = layer("Point", "&field=codice:string", [("A", f"POINT({x} {y + 30})")])
    fields = "&field=id_servizio:string&field=codice_sttm:string"
    park = f"POLYGON(({x + 500} {y - 9}, {x + 600} {y - 9}, {x + 600} {y + 9}, {x + 500} {y - 9}))"
    area = layer("Polygon", fields, [("p", "A", park)])
    found = measure(ORIGINS=moved(start), SERVICES=[moved(area)], NETWORK=net)
    assert found["OUTPUT"]["A"]["t_a"] == pytest.approx(30 + 550, abs=1e-3)
    assert found["OUTPUT_LAYER"].crs().authid() == "EPSG:32632"


def test_directions_and_speeds_are_those_of_the_network_algorithms_of_qgis(measure, layer):
    from qgis import processing
    from qgis.core import Qgis, QgsProcessingContext, QgsProcessingException, QgsProject

    chance = np.random.default_rng(4)
    # QGIS takes a speed of zero for no way at all and another unit below it: not ours to follow.
    ways, speeds = ("A", "B", "T", "altro", None), (3.0, 5.0, 20.0)
    corner = [(499700 + 120.0 * i + chance.uniform(-30, 30),
               5034000 + 100.0 * j + chance.uniform(-30, 30))
              for i in range(6) for j in range(6)]  # fmt: skip
    rows = []
    for k, (x, y) in enumerate(corner):
        for other in ([k + 6] if k < 30 else []) + ([k + 1] if k % 6 < 5 else []):
            line = f"LINESTRING({x} {y}, {corner[other][0]} {corner[other][1]})"
            rows.append((ways[chance.integers(5)], speeds[chance.integers(3)], line))
    net = layer("LineString", "&field=senso:string&field=kmh:double", rows, "rete")
    starts = [(str(k), f"POINT({x} {y})") for k, (x, y) in enumerate(corner)]
    start = layer("Point", "&field=codice:string", starts)
    end = layer(
        "Point", "&field=id_servizio:string&field=codice_sttm:string",
        [("s", "A", f"POINT({corner[14][0]} {corner[14][1]})")],
    )  # fmt: skip
    shared = {
        "STRATEGY": 1, "DIRECTION_FIELD": "senso", "VALUE_FORWARD": "A", "VALUE_BACKWARD": "B",
        "VALUE_BOTH": "T", "DEFAULT_DIRECTION": 1, "SPEED_FIELD": "kmh", "DEFAULT_SPEED": 4.5,
    }  # fmt: skip
    ours = measure(ORIGINS=start, SERVICES=[end], NETWORK=net, THRESHOLDS="60", **shared)["OUTPUT"]
    reached = 0
    for k, (x, y) in enumerate(corner):
        given = {
            "INPUT": net, "START_POINT": f"{x},{y} [EPSG:32632]", "TOLERANCE": 0,
            "END_POINT": f"{corner[14][0]},{corner[14][1]} [EPSG:32632]", **shared,
            "OUTPUT": "TEMPORARY_OUTPUT",
        }  # fmt: skip
        # Not on the ellipsoid: ours are metres of the map.
        project, context = QgsProject(), QgsProcessingContext()
        project.setEllipsoid("NONE")
        context.setProject(project)
        try:
            route = processing.run("native:shortestpathpointtopoint", given, context=context)
            cost = route["TRAVEL_COST"] * 60
            # Older ones measure on it all the same; there a metre of ours is 0.9996.
            if Qgis.versionInt() < 33000:
                cost *= 0.9996
        except QgsProcessingException as error:
            assert "no route" in str(error).lower()
            cost = None
        if k == 14:
            cost = 0.0
        if cost is None:
            assert (ours[str(k)]["t_a"], ours[str(k)]["motivo_a"]) == (None, "non_raggiunto")
        else:
            reached += 1
            assert ours[str(k)]["t_a"] == pytest.approx(cost, rel=1e-6, abs=1e-9)
    assert 15 < reached < 36


def test_summary_by_zone_and_comune(measure, layer):
    comuni = layer(
        "Polygon", "&field=PRO_COM:integer",
        [
            (15146, "POLYGON((-500 -500, 500 -500, 500 500, -500 500, -500 -500))"),
            (15182, "POLYGON((500 -500, 4000 -500, 4000 999, 500 999, 500 -500))"),
        ],
    )  # fmt: skip
    found = measure(COMUNI=comuni, POP_FIELD="abitanti", SUMMARY="TEMPORARY_OUTPUT")
    rows = {
        (row["livello"], row["nome"], row["categoria"], row["soglia"]): row
        for row in found["SUMMARY"]
    }
    whole = rows["totale", None, "CUL.01", 1000.0]
    # Everybody counts, attached or not: 168; A and B are served.
    assert (whole["popolazione"], whole["popolazione_servita"]) == (168.0, 150.0)
    assert whole["quota"] == pytest.approx(150 / 168)
    rho = rows["comune", "Rho", "CUL.01", 500.0]
    assert (rho["codice"], rho["popolazione"], rho["popolazione_servita"]) == ("015182", 55.0, 50.0)
    assert ("zona_omogenea", "Nord Ovest", "IST.01", 1500.0) in rows


def test_original_fields_named_like_ours_are_kept(measure, layer):
    origins = layer("Point", "&field=stato_aggancio:string", [("mio", "POINT(0 0)")], "o")
    (row,) = measure(ORIGINS=origins)["OUTPUT"]
    assert (row["stato_aggancio_orig"], row["stato_aggancio"]) == ("mio", "agganciato")


def test_results_are_styled(measure, layer):
    assert measure()["OUTPUT_LAYER"].renderer().type() == "RuleRenderer"
    cells = layer("Polygon", "", [("POLYGON((0 0, 9 0, 9 9, 0 9, 0 0))",)], "celle")
    found = measure(ORIGINS=cells)
    labels = [rule.label() for rule in found["OUTPUT_LAYER"].renderer().rootRule().children()]
    assert labels == ["Categorie raggiunte", "Origine non agganciata alla rete"]


def test_steps_are_told_and_progress_grows(measure, messages):
    measure(messages)
    assert messages.shares == sorted(messages.shares)
    assert len([text for text in messages.texts if " di 5: " in text]) == 5
    assert any("1 servizi senza categoria" in text for text in messages.texts)
    assert any("1 origini troppo lontane dalla rete" in text for text in messages.texts)


def refusal(measure, **others):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as refused:
        measure(**others)
    assert "Traceback" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"MEASURES": [2]}, "popolazione"),
        ({"THRESHOLDS": "5;dieci"}, "dieci"),
        ({"THRESHOLDS": "-5"}, "-5"),
        ({"ZONES": "5=1,5=2", "MEASURES": [3], "POP_FIELD": "abitanti"}, "ripetut"),
        ({"CRS": "EPSG:4326"}, "metri"),
        ({"CATEGORY_FIELD": "tipo"}, "tipo"),
        ({"DEFAULT_SPEED": 0.01, "CRS": "EPSG:3857"}, "3857"),
        ({"VALUE_FORWARD": "x", "VALUE_BOTH": "x", "DIRECTION_FIELD": "senso"}, "due volte"),
    ],
)
def test_bad_parameters_are_told(measure, others, sentence):
    assert sentence in refusal(measure, **others)


def test_two_codes_with_one_name_are_refused(measure, layer):
    rows = [("s1", "CUL.01", "POINT(1 0)"), ("s2", "cul 01", "POINT(2 0)")]
    twins = layer("Point", "&field=id_servizio:string&field=codice_sttm:string", rows)
    assert "stesso nome di campo" in refusal(measure, SERVICES=[twins])


def test_a_network_of_points_is_refused(measure, origins):
    assert "linee" in refusal(measure, NETWORK=origins)


def test_layers_without_crs_are_refused(measure, layer):
    from qgis.core import QgsCoordinateReferenceSystem

    lost = layer("Point", "&field=codice:string", [("A", "POINT(0 0)")])
    lost.setCrs(QgsCoordinateReferenceSystem())
    assert "sistema di riferimento" in refusal(measure, ORIGINS=lost)


def test_cancelling_writes_nothing(measure, messages, tmp_path):
    from qgis.core import QgsProcessingException

    messages.cancel()
    with pytest.raises((QgsProcessingException, KeyError)):
        measure(messages, OUTPUT=str(tmp_path / "fuori.gpkg"))
    assert not (tmp_path / "fuori.gpkg").exists()


# One town, every network algorithm; what they give is printed.
_TOWN = """
import json, sys
for name in {blocked!r}:
    sys.modules[name] = None
sys.path.insert(0, {root!r})
from demo.run import start_qgis
keep = start_qgis()
import os
import processing
from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

def layer(kind, fields, rows):
    made = QgsVectorLayer(kind + "?crs=EPSG:32632" + fields, kind, "memory")
    features = []
    for *values, wkt in rows:
        feature = QgsFeature(made.fields())
        feature.setAttributes(values)
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        features.append(feature)
    made.dataProvider().addFeatures(features)
    return made

lines = [f"LINESTRING({{90 * i}} {{80 * j}}, {{90 * i + 90}} {{80 * j + 7 * (i % 3)}})"
         for i in range(12) for j in range(12)]
lines += [f"LINESTRING({{90 * i}} {{80 * j}}, {{90 * i + 5}} {{80 * j + 40}}, "
          f"{{90 * i}} {{80 * j + 80}})"
          for i in range(13) for j in range(11)]
streets = layer("LineString", "", [(wkt,) for wkt in lines])
people = layer("Point", "&field=popolazione:integer",
               [(k % 7, f"POINT({{37 * k % 1000}} {{53 * k % 900}})") for k in range(200)])
places = layer("Point", "&field=id_servizio:string&field=codice_sttm:string&field=posti:double",
               [(f"s{{k}}", "AB"[k % 2], k + 1.0, f"POINT({{131 * k % 1000}} {{71 * k % 900}})")
                for k in range(14)])
areas = layer("Polygon", "&field=id_servizio:string&field=codice_sttm:string&field=posti:double",
              [("p", "B", 9.0, "POLYGON((300 300, 430 310, 420 420, 310 400, 300 300))")])
given = {{
    "preparenetwork": {{"INPUT": streets, "SPLIT_AT_CROSSINGS": True, "SNAP_GAPS": 15.0,
                       "ISSUES": "TEMPORARY_OUTPUT"}},
    "lumcatchment": {{"STOPS": places, "NETWORK": streets, "POPULATION": people,
                     "EDGES": "TEMPORARY_OUTPUT", "BANDS": "200"}},
    "accessibility": {{"ORIGINS": people, "POP_FIELD": "popolazione", "SERVICES": [places, areas],
                      "CAPACITY_FIELD": "posti", "NETWORK": streets, "MEASURES": [0, 1, 2, 3, 4],
                      "SUMMARY": "TEMPORARY_OUTPUT"}},
}}
result = {{}}
for name, parameters in given.items():
    found = processing.run("sttm:" + name, {{**parameters, "OUTPUT": "TEMPORARY_OUTPUT"}})
    for key, value in found.items():
        if isinstance(value, QgsVectorLayer):
            value = [[str(v) for v in one.attributes()] + [one.geometry().asWkt(9)]
                     for one in value.getFeatures()]
        result[name + " " + key] = value
print("RISULTATO" + json.dumps(result))
sys.stdout.flush()
os._exit(0)
"""


def test_network_algorithms_give_the_same_without_pandas_geopandas_shapely_scipy(project_root):
    def run(*blocked):
        script = _TOWN.format(blocked=blocked, root=str(project_root))
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False
        )
        assert "RISULTATO" in done.stdout, done.stderr[-2000:]
        return json.loads(done.stdout.partition("RISULTATO")[2])

    everything = run()

    assert len(everything["lumcatchment OUTPUT"]) == 28
    assert len(everything["accessibility OUTPUT"]) == 200
    assert everything["preparenetwork EDGES"] > 250
    assert run("scipy") == everything
    assert run("scipy", "pandas", "geopandas", "shapely") == everything
