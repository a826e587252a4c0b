"""classifyservices through Processing: what comes out, and what a bad input is told."""

from __future__ import annotations

import json

import pytest

X, Y = 502000.0, 5042000.0


@pytest.fixture
def classify(sttm_provider, services):
    """Run the algorithm; sinks come back as {id_servizio: dict}, the summary as a list."""
    from qgis import processing

    def run(rows, feedback=None, **others):
        points, areas = services(rows)
        parameters = {
            "SERVICES": [points, areas],
            "OUTPUT_POINTS": "TEMPORARY_OUTPUT",
            "OUTPUT_AREAS": "TEMPORARY_OUTPUT",
            "SUMMARY": "TEMPORARY_OUTPUT",
            **others,
        }
        parameters = {name: value for name, value in parameters.items() if value is not None}
        found = processing.run("sttm:classifyservices", parameters, feedback=feedback)
        for name in ("OUTPUT_POINTS", "OUTPUT_AREAS", "SUMMARY"):
            if name in found:
                found[f"{name}_LAYER"] = found[name]
                found[name] = [as_dict(feature) for feature in found[name].getFeatures()]
        for name in ("OUTPUT_POINTS", "OUTPUT_AREAS"):
            if name in found:
                found[name] = {row["id_servizio"]: row for row in found[name]}
        return found

    return run


def as_dict(feature):
    from qgis.core import NULL

    row = {name: feature[name] for name in feature.fields().names()}
    return {name: None if value == NULL else value for name, value in row.items()}


def park(side, x=X):
    return f"MULTIPOLYGON((({x} {Y},{x + side} {Y},{x + side} {Y + side},{x} {Y + side},{x} {Y})))"


ROWS = [
    # A DEA of second level closes on metropolitana whatever the rest says.
    {
        "id_servizio": "osp",
        "denominazione": "Ospedale",
        "codice_sttm": "SAN.01",
        "macrocategoria": "Sanità",
        "tipo_specifico": "DEA_II",
        "valenza_dichiarata": "metropolitana",
        "stato": "esistente",
    },
    # A park below the entrance size is local.
    {
        "id_servizio": "verde",
        "denominazione": "Giardino",
        "codice_sttm": "VER.01",
        "macrocategoria": "Verde",
        "superficie_mq": 2500.0,
        "valenza_dichiarata": "metropolitana",
        "wkt": park(50),
    },
    # Nothing is known of this one: it is never local.
    {
        "id_servizio": "bib",
        "denominazione": "Biblioteca",
        "codice_sttm": "CUL.01",
        "macrocategoria": "Cultura",
        "wkt": "POINT EMPTY",
    },
]


def test_points_and_areas_come_out_classified_with_their_outcome(classify):
    found = classify(ROWS)
    assert set(found["OUTPUT_POINTS"]) == {"osp", "bib"}
    assert set(found["OUTPUT_AREAS"]) == {"verde"}
    hospital = found["OUTPUT_POINTS"]["osp"]
    assert hospital["valenza_calcolata"] == "metropolitana"
    assert hospital["esito"] == "coerente"
    garden = found["OUTPUT_AREAS"]["verde"]
    assert (garden["valenza_calcolata"], garden["esito"]) == ("locale", "sovradichiarato")
    library = found["OUTPUT_POINTS"]["bib"]
    assert (library["valenza_calcolata"], library["esito"]) == (
        "non_determinabile",
        "da_verificare",
    )
    assert found["CONSISTENT"] == 1
    assert found["OVERDECLARED"] == 1
    assert found["UNDERDECLARED"] == 0
    assert found["TO_VERIFY"] == 1


def test_every_reason_names_rule_value_threshold_and_provenance(classify):
    garden = classify(ROWS)["OUTPUT_AREAS"]["verde"]
    reasons = {reason["criterio"]: reason for reason in json.loads(garden["motivazione"])}
    entrance = reasons["VER.01-R01"]
    assert (entrance["valore"], entrance["soglia"], entrance["margine"]) == (
        2500.0,
        5000.0,
        -2500.0,
    )
    assert entrance["provenienza"] in ("norma", "letteratura", "proposta")
    assert set(entrance) == {
        "criterio", "valore", "natura", "soglia", "unita", "esito", "peso", "margine",
        "provenienza", "verificato", "riferimento",
    }  # fmt: skip


def test_the_summary_counts_services_and_areas(classify):
    rows = classify(ROWS)["SUMMARY"]
    assert [(row["macrocategoria"], row["n"], row["superficie_mq"]) for row in rows] == [
        ("Cultura", 1, None),
        ("Sanità", 1, None),
        ("Verde", 1, 2500.0),
    ]
    assert {row["zona_omogenea"] for row in rows} == {"Nord Ovest"}


def test_the_summary_takes_the_macrocategoria_from_a_code_that_comes_alone(classify):
    rows = classify([{**row, "macrocategoria": None} for row in ROWS])["SUMMARY"]
    assert [row["macrocategoria"] for row in rows] == ["CULTURALI", "SANITA'", "VERDE PUBBLICO"]


def test_a_lum_layer_places_services_in_it(classify, sttm_provider):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    lum = QgsVectorLayer(
        "MultiPolygon?crs=EPSG:32632&field=id_lum:string&field=rango:string", "lum", "memory"
    )
    feature = QgsFeature(lum.fields())
    feature["id_lum"], feature["rango"] = "LUM-1", "metropolitano"
    feature.setGeometry(QgsGeometry.fromWkt(park(400, X - 200)))
    lum.dataProvider().addFeature(feature)
    found = classify(ROWS, LUM=lum)
    assert found["OUTPUT_POINTS"]["osp"]["id_lum"] == "LUM-1"
    assert found["OUTPUT_POINTS"]["osp"]["in_lum"] is True
    assert found["OUTPUT_POINTS"]["bib"]["in_lum"] is False
    reasons = json.loads(found["OUTPUT_POINTS"]["osp"]["motivazione"])
    placed = next(reason for reason in reasons if reason["criterio"] == "GEN-R14")
    assert (placed["valore"], placed["natura"], placed["esito"]) == ("si", "stimato", "soddisfatta")


def test_results_carry_the_styles(classify):
    found = classify(ROWS)
    for name in ("OUTPUT_POINTS_LAYER", "OUTPUT_AREAS_LAYER"):
        assert found[name].renderer().type() != "singleSymbol"


def test_one_kind_alone_says_what_it_leaves_out(classify, messages):
    found = classify(ROWS, messages, OUTPUT_POINTS=None, SUMMARY=None)
    assert set(found["OUTPUT_AREAS"]) == {"verde"}
    assert any("2 servizi non scritti" in text for text in messages.texts)


def test_progress_grows_and_names_its_steps(classify, messages):
    classify(ROWS, messages)
    assert messages.shares == sorted(messages.shares)
    assert [text for text in messages.texts if " di 4: " in text] == [
        "1 di 4: Lettura",
        "2 di 4: Attributi",
        "3 di 4: Valenza",
        "4 di 4: Scrittura",
    ]


def test_a_cancelled_run_writes_nothing(classify, messages, tmp_path):
    from qgis.core import QgsProcessingException

    target = tmp_path / "punti.gpkg"
    messages.cancel()
    try:
        found = classify(ROWS, messages, OUTPUT_POINTS=str(target), OUTPUT_AREAS=None, SUMMARY=None)
    except QgsProcessingException:
        found = {}
    assert "CONSISTENT" not in found
    assert not target.exists()


def refusal(classify, rows=ROWS, **others):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as refused:
        classify(rows, **others)
    assert "Traceback" not in str(refused.value)
    return str(refused.value)


def test_no_output_is_refused(classify):
    text = refusal(classify, OUTPUT_POINTS=None, OUTPUT_AREAS=None)
    assert "almeno un risultato" in text


def test_a_layer_that_is_not_of_services_is_refused(classify):
    from qgis.core import QgsVectorLayer

    other = QgsVectorLayer("Point?crs=EPSG:32632&field=nome:string", "scuole", "memory")
    text = refusal(classify, SERVICES=[other])
    assert "scuole" in text
    assert "id_servizio" in text


def test_a_geographic_analysis_crs_is_refused(classify):
    assert "metri" in refusal(classify, CRS="EPSG:4326")


def test_a_layer_without_crs_is_refused(classify, services):
    points, areas = services(ROWS, crs="")
    from qgis.core import QgsCoordinateReferenceSystem

    points.setCrs(QgsCoordinateReferenceSystem())
    assert "sistema di riferimento" in refusal(classify, SERVICES=[points])


def test_a_broken_pack_names_file_and_line(classify, tmp_path, project_root):
    import shutil

    pack = tmp_path / "criteri"
    shutil.copytree(project_root / "sttm_plugin/resources/criteri/sttm2", pack)
    rules = (pack / "valenza.csv").read_text(encoding="utf-8").splitlines()
    line = next(number for number, rule in enumerate(rules) if rule.startswith("GEN-R08"))
    rules[line] = rules[line].replace("graduata", "gradevole")
    (pack / "valenza.csv").write_text("\n".join(rules) + "\n", encoding="utf-8")
    text = refusal(classify, CRITERIA=str(pack / "pacchetto.json"))
    assert "valenza.csv" in text
    assert f"riga {line + 1}" in text


def test_an_empty_layer_is_a_warning_not_a_failure(classify, messages):
    found = classify([], messages)
    assert found["CONSISTENT"] == 0
    assert any("vuoto" in text for text in messages.texts)


def reasons_of(row):
    return {
        one["criterio"]: (one["valore"], one["esito"]) for one in json.loads(row["motivazione"])
    }


def test_timetables_and_parks_give_the_rules_their_values(classify, layer, tmp_path):
    from tests.core.timetables import every, gtfs

    stops = {"here": (X, Y), "b": (X + 3000, Y)}
    path = gtfs(tmp_path / "orari.zip", stops, every(20, ["here", "b"], kind=2))
    parks = layer("Polygon", "&field=tipo:string", [("PLIS Molgora", park(500))])
    rows = [
        {"id_servizio": "stazione", "codice_sttm": "TRA.01", "denominazione": "Stazione"},
        {"id_servizio": "parco", "codice_sttm": "VER.01", "wkt": park(100)},
    ]
    found = classify(rows, GTFS=str(path), PROTECTED=parks)
    station = reasons_of(found["OUTPUT_POINTS"]["stazione"])
    assert station["TRA.01-R04"] == (1, "non_soddisfatta")
    assert station["TRA.01-R07"] == (20, "soddisfatta")
    green = found["OUTPUT_AREAS"]["parco"]
    assert reasons_of(green)["VER.01-R04"] == ("si", "soddisfatta")
    assert green["valenza_calcolata"] == "intercomunale"


def test_a_timetable_that_is_none_is_told(classify, tmp_path):
    from qgis.core import QgsProcessingException

    path = tmp_path / "orari.zip"
    path.write_text("niente")
    with pytest.raises(QgsProcessingException, match="Orari «orari.zip»: non è uno zip"):
        classify(ROWS, GTFS=str(path))
