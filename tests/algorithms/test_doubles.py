"""A plan with the same record entered twice, from the file to the sums (D14)."""

from __future__ import annotations

import pytest

from tests.algorithms.intake_runs import X, Y, lines, made_id, square

RHO = "015182"


def _table(path, times):
    """Write a plan of three services, the library ``times`` times in it."""
    library = f"Biblioteca Villa Burba,biblioteca civica,{X},{Y},metropolitana"
    rows = [
        "nome,tipo,x,y,valenza",
        *[library] * times,
        f"Museo civico,museo,{X + 300},{Y},locale",
        f"Piscina Molinello,piscina comunale,{X - 400},{Y + 90},intercomunale",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def plans(importer, tmp_path):
    """Return the imports of the plan with the library once and three times."""
    found = []
    for times in (1, 3):
        path = tmp_path / f"piano{times}.csv"
        found.append(importer(_table(path, times), SOURCE_CRS="EPSG:32632"))
    return found


def test_one_of_equal_records_counts_and_the_others_say_which(plans):
    _, found = plans
    rows = {row["id_servizio"]: row for row in found["OUTPUT"]}
    cell = f"n|{RHO}|biblioteca villa burba|{X // 10 * 10:.0f}|{Y // 10 * 10:.0f}"
    library, second, third = (made_id(f"{cell}{turn}") for turn in ("", "|2", "|3"))

    assert (found["READ"], found["WRITTEN"], found["REJECTED_COUNT"]) == (5, 5, 0)
    assert {
        name: row["doppione_di"] for name, row in rows.items() if "Villa" in row["denominazione"]
    } == {
        library: None,
        second: library,
        third: library,
    }
    assert [line["dopo"].split(";")[0] for line in lines(found, "D14")] == [
        "contato",
        f"escluso dalle somme, vale {library}",
        f"escluso dalle somme, vale {library}",
    ]


def test_every_sum_of_services_is_that_of_the_plan_without_doubles(plans, sttm_provider, tmp_path):
    from qgis import processing

    ways = []
    for run in plans:
        layer = run["OUTPUT_LAYER"]
        classified = processing.run(
            "sttm:classifyservices",
            {"SERVICES": [layer], "OUTPUT_POINTS": "TEMPORARY_OUTPUT", "SUMMARY": "memory:"},
        )
        checked = processing.run(
            "sttm:checkplan",
            {"SERVICES": [layer], "COMUNE": RHO, "OUTPUT": "memory:", "CHECKS": "memory:"},
        )
        readings = processing.run(
            "sttm:readingsbyzone",
            {"SERVICES": [classified["OUTPUT_POINTS"]], "OUTPUT": "memory:"},
        )
        pairs = processing.run(
            "sttm:reconcilereadings",
            {
                "READING1": [layer],
                "READING2": [layer],
                "PAIRS": "memory:",
                "ONLY1": "memory:",
                "DUPLICATES": "memory:",
            },
        )
        origins = _layer("Point", "id:string", [("o", f"POINT({X} {Y})")])
        reached = processing.run(
            "sttm:accessibility",
            {
                "ORIGINS": origins,
                "SERVICES": [layer],
                "STRATEGY": 0,
                "THRESHOLDS": "5000",
                "OUTPUT": "memory:",
            },
        )
        (origin,) = reached["OUTPUT"].getFeatures()
        ways.append(
            {
                "esiti": [
                    classified[name]
                    for name in ("CONSISTENT", "OVERDECLARED", "UNDERDECLARED", "TO_VERIFY")
                ],
                "valenza": [row.attributes() for row in classified["SUMMARY"].getFeatures()],
                "letture": [readings["READING1"], readings["READING1_EXISTING"]],
                # Checks of the data look at every record: 110 names what was entered twice.
                "controlli": [
                    (row["codice"], row["verdetto"], row["oggetti_provati"])
                    for row in checked["CHECKS"].getFeatures()
                    if row["gruppo"] not in ("dati", "consegna e riservatezza")
                ],
                "coppie": [pairs[name] for name in ("PROPOSED", "ONLY1_COUNT", "ONLY2_COUNT")],
                "raggiunti": {
                    name: origin[name]
                    for name in origin.fields().names()
                    if name.startswith(("n_", "t_"))
                },
            }
        )
        run["checked"], run["pairs"], run["classified"] = checked, pairs, classified

    assert ways[0]["letture"] == [3, 3]
    assert ways[0]["coppie"] == [3, 0, 0]
    assert ways[0]["raggiunti"]["n_cul_01_5000"] == 1
    assert sum(ways[0]["esiti"]) == 3
    for name, told in ways[0].items():
        assert ways[1][name] == told, name
    assert plans[1]["classified"]["OUTPUT_POINTS"].featureCount() == 5
    assert plans[1]["pairs"]["DUPLICATES"].featureCount() == 6
    found = [row["codice"] for row in plans[1]["checked"]["OUTPUT"].getFeatures()]
    assert "STTM2-110" in found


def test_the_area_of_a_double_is_counted_once_in_the_plan(importer, layer, sttm_provider):
    from qgis import processing

    def park(times):
        rows = [("Parco Goglio", "parco pubblico", square(100))] * times
        source = layer("Polygon", "&field=nome:string&field=tipo:string", rows, "verde")
        run = importer(source)
        checked = processing.run(
            "sttm:checkplan",
            {"SERVICES": [run["OUTPUT_LAYER"]], "COMUNE": RHO, "OUTPUT": "memory:"},
        )
        return run, {
            row["codice"]: row["valore"]
            for row in checked["OUTPUT"].getFeatures()
            if row["codice"].startswith("STTM2-4")
        }

    (_, alone), (twice, doubled) = park(1), park(2)

    assert [row["superficie_mq"] for row in twice["OUTPUT"]] == [10000.0, 10000.0]
    assert alone["STTM2-401"] == doubled["STTM2-401"]
    assert alone == doubled


def test_what_a_person_freed_stays_counted_in_the_next_import(importer, tmp_path):
    source = _table(tmp_path / "piano.csv", 2)
    first = importer(source, SOURCE_CRS="EPSG:32632")
    layer = first["OUTPUT_LAYER"]
    again = importer(source, SOURCE_CRS="EPSG:32632", PREVIOUS=[layer])
    place = layer.fields().lookupField("doppione_di")
    layer.dataProvider().changeAttributeValues(
        {feature.id(): {place: None} for feature in layer.getFeatures()}
    )
    freed = importer(source, SOURCE_CRS="EPSG:32632", PREVIOUS=[layer])

    def said(run):
        return {row["id_servizio"]: row["doppione_di"] for row in run["OUTPUT"]}

    assert said(again) == said(first)
    assert sorted(filter(None, said(first).values())) != []
    assert list(filter(None, said(freed).values())) == []


def test_a_layer_of_services_imported_again_keeps_its_doubles_in_any_order(importer, tmp_path):
    from qgis import processing

    first = importer(_table(tmp_path / "piano.csv", 2), SOURCE_CRS="EPSG:32632")
    turned = processing.run(
        "native:orderbyexpression",
        {
            "INPUT": first["OUTPUT_LAYER"],
            "EXPRESSION": "id_servizio",
            "ASCENDING": False,
            "OUTPUT": "memory:",
        },
    )["OUTPUT"]

    again = importer(turned)

    def said(run):
        return {row["id_servizio"]: row["doppione_di"] for row in run["OUTPUT"]}

    assert said(again) == said(first)


def _layer(kind, fields, rows):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    layer = QgsVectorLayer(f"{kind}?crs=EPSG:32632&field={fields}", "origini", "memory")
    for *values, wkt in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(list(values))
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
    return layer
