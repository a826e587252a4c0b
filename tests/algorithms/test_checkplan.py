"""checkplan through Processing: results, statuses, reports, and what bad input is told."""

from __future__ import annotations

import json

import pytest

X, Y = 502000.0, 5042000.0
RHO = "015182"
ROWS = [
    {
        "id_servizio": "a",
        "denominazione": "Ex macello",
        "codice_sttm": "CUL.01",
        "stato": "esistente",
    },
    {"id_servizio": "b", "denominazione": "Biblioteca", "codice_sttm": "CUL.01", "stato": "aperto"},
    {"id_servizio": "c", "denominazione": "Museo", "codice_sttm": None, "wkt": "POINT EMPTY"},
    {
        "id_servizio": "d",
        "denominazione": "Giardino",
        "codice_sttm": "VER.01",
        "stato": "esistente",
        "valenza_dichiarata": "metropolitana",
        "superficie_mq": 2500.0,
        "wkt": f"MULTIPOLYGON((({X} {Y},{X + 50} {Y},{X + 50} {Y + 50},{X} {Y + 50},{X} {Y})))",
    },
    {"id_servizio": "z", "denominazione": "Ex altro", "codice_sttm": "CUL.01", "istat": "015146"},
]


@pytest.fixture
def check(sttm_provider, services, tmp_path, monkeypatch):
    """Run the algorithm; findings and verdicts come back as dicts, the JSON as bytes."""
    from qgis import processing

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")

    def run(rows=ROWS, feedback=None, **others):
        parameters = {
            "SERVICES": services(rows),
            "COMUNE": RHO,
            "OUTPUT": "TEMPORARY_OUTPUT",
            "CHECKS": "TEMPORARY_OUTPUT",
            "REPORT_JSON": str(tmp_path / "rilievi.json"),
            "REPORT_HTML": str(tmp_path / "rapporto.html"),
            **others,
        }
        parameters = {name: value for name, value in parameters.items() if value is not None}
        found = processing.run("sttm:checkplan", parameters, feedback=feedback)
        found["layer"] = found["OUTPUT"]
        found["findings"] = [as_dict(feature) for feature in found["OUTPUT"].getFeatures()]
        if "CHECKS" in found:
            found["verdicts"] = {
                row["codice"]: row["verdetto"] for row in found["CHECKS"].getFeatures()
            }
        if found.get("REPORT_JSON"):
            found["bytes"] = (tmp_path / "rilievi.json").read_bytes()
        return found

    return run


def as_dict(feature):
    from qgis.core import NULL

    row = {name: feature[name] for name in feature.fields().names()}
    row = {name: None if value == NULL else value for name, value in row.items()}
    row["wkt"] = feature.geometry().asWkt(0) if feature.hasGeometry() else None
    return row


def objects(found, code):
    return sorted(row["id_oggetto"] for row in found["findings"] if row["codice"] == code)


def test_services_and_comune_are_enough(check, tmp_path):
    found = check()
    assert objects(found, "STTM2-208") == ["a"]
    assert objects(found, "STTM2-114") == ["b"]
    assert objects(found, "STTM2-201") == ["c"]
    assert objects(found, "STTM2-105") == ["c"]
    assert objects(found, "STTM2-301") == []
    assert objects(found, "STTM2-205") == ["d"]
    assert len(found["verdicts"]) == 88
    assert found["CHECKS_RUN"] + found["NOT_RUN"] + found["NOT_APPLICABLE"] == 88
    assert found["verdicts"]["STTM2-501"] == "non_verificabile"
    assert found["verdicts"]["STTM2-101"] == "non_applicabile"
    assert found["BLOCKING"] == 1
    assert "Ex macello: risulta cessato" in (tmp_path / "rapporto.html").read_text("utf-8")


def test_only_the_comune_has_findings_and_they_lie_on_their_objects(check):
    found = check()
    assert "z" not in {row["id_oggetto"] for row in found["findings"]}
    garden = next(row for row in found["findings"] if row["codice"] == "STTM2-205")
    assert garden["wkt"] == f"Point ({X + 25:.0f} {Y + 25:.0f})"
    assert garden["layer"] == "servizi MultiPolygon"
    plan = next(row for row in found["findings"] if row["codice"] == "STTM2-113")
    assert (plan["id_oggetto"], plan["wkt"]) == (RHO, None)
    assert {row["stato"] for row in found["findings"]} == {"aperto"}
    keys = [(row["codice"], row["id_rilievo"]) for row in found["findings"]]
    assert keys == sorted(keys)


def test_shuffled_rows_give_the_same_ids_and_the_same_bytes(check):
    first = check()
    again = check([ROWS[number] for number in (3, 0, 4, 2, 1)])
    assert [row["id_rilievo"] for row in again["findings"]] == [
        row["id_rilievo"] for row in first["findings"]
    ]
    assert again["bytes"] == first["bytes"]
    assert check()["bytes"] == first["bytes"]


def test_the_counts_in_the_file_are_the_results(check):
    found = check()
    document = json.loads(found["bytes"])
    names = (
        "BLOCKING", "ERRORS", "WARNINGS", "INFOS", "JUSTIFIED", "CHECKS_RUN", "NOT_RUN",
        "NOT_APPLICABLE",
    )  # fmt: skip
    assert document["conteggi"] == {name: found[name] for name in names}
    assert len(document["rilievi"]) == len(found["findings"])


def test_against_an_earlier_run(check):
    first = check()
    rows = [{**row} for row in ROWS]
    rows[0]["denominazione"] = "Macello"
    rows[3]["denominazione"] = "Ex giardino"
    states = {
        (row["codice"], row["id_oggetto"]): row["stato"]
        for row in check(rows, PREVIOUS=first["layer"])["findings"]
    }
    assert states["STTM2-208", "a"] == "risolto"
    assert states["STTM2-208", "d"] == "nuovo"
    assert states["STTM2-114", "b"] == "aperto"


@pytest.fixture
def waiver(qgis_processing):
    """Return a function that makes the deroghe table of some findings."""
    from qgis.core import QgsFeature, QgsVectorLayer

    from sttm_plugin.core.schema import WAIVERS
    from sttm_plugin.qgis_io.fields import make_fields

    def make(*findings):
        table = QgsVectorLayer("NoGeometry", "deroghe", "memory")
        table.dataProvider().addAttributes(make_fields(WAIVERS).toList())
        table.updateFields()
        for number, finding in enumerate(findings):
            feature = QgsFeature(table.fields())
            feature["id_deroga"] = f"d{number}"
            for name in ("id_rilievo", "codice", "id_oggetto", "impronta"):
                feature[name] = finding[name]
            feature["giustificazione"] = "Resta in elenco fino alla riconversione già finanziata."
            feature["autore"], feature["data"] = "A. Rossi", "2025-11-03"
            table.dataProvider().addFeature(feature)
        return table

    return make


def test_a_justification_holds_until_the_object_changes(check, waiver):
    first = check()
    ceased = next(row for row in first["findings"] if row["codice"] == "STTM2-208")
    found = check(WAIVERS=waiver(ceased))
    row = next(row for row in found["findings"] if row["codice"] == "STTM2-208")
    assert (row["stato"], row["autore"]) == ("giustificato", "A. Rossi")
    assert (found["JUSTIFIED"], found["ERRORS"]) == (1, first["ERRORS"] - 1)
    rows = [{**row} for row in ROWS]
    rows[0]["denominazione"] = "Ex macello comunale"
    lapsed = check(rows, WAIVERS=waiver(ceased))
    row = next(row for row in lapsed["findings"] if row["codice"] == "STTM2-208")
    assert row["stato"] == "giustificazione_scaduta"
    assert lapsed["JUSTIFIED"] == 0


def test_what_cannot_be_justified_stays_with_a_sentence(check, waiver, messages):
    first = check()
    domain = next(row for row in first["findings"] if row["codice"] == "STTM2-114")
    found = check(feedback=messages, WAIVERS=waiver(domain))
    row = next(row for row in found["findings"] if row["codice"] == "STTM2-114")
    assert row["stato"] == "aperto"
    assert any("non si giustifica" in text for text in messages.texts)


def test_progress_grows_and_names_its_steps(check, messages):
    check(feedback=messages)
    assert messages.shares == sorted(messages.shares)
    assert [text for text in messages.texts if " di 4: " in text] == [
        "1 di 4: lettura dei layer",
        "2 di 4: classificazione dei servizi",
        "3 di 4: controlli",
        "4 di 4: scrittura dei risultati",
    ]


def test_a_cancelled_run_leaves_nothing(check, messages, tmp_path):
    from qgis.core import QgsProcessingException

    messages.cancel()
    with pytest.raises((QgsProcessingException, KeyError)):
        check(feedback=messages, OUTPUT=str(tmp_path / "rilievi.gpkg"))
    assert list(tmp_path.iterdir()) == []


def refusal(check, rows=ROWS, **others):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as refused:
        check(rows, **others)
    assert "Traceback" not in str(refused.value)
    return str(refused.value)


def test_an_unknown_comune_names_the_nearest(check):
    text = refusal(check, COMUNE="Rhoo")
    assert "Rho" in text
    assert "999999" in refusal(check, COMUNE="999999")


def test_a_report_that_cannot_be_written_is_a_sentence(check, tmp_path):
    (tmp_path / "occupato").write_text("un file, non una cartella")
    text = refusal(check, REPORT_HTML=str(tmp_path / "occupato" / "rapporto.html"))
    assert "rapporto.html" in text


def test_a_lum_layer_without_its_field_is_refused(check):
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer("MultiPolygon?crs=EPSG:32632&field=nome:string", "aree", "memory")
    assert "id_lum" in refusal(check, LUM=layer)


def test_a_shapefile_for_the_findings_is_refused(check, tmp_path):
    assert ".shp" in refusal(check, OUTPUT=str(tmp_path / "rilievi.shp"))


def test_no_service_of_the_comune_is_a_warning(check, messages):
    found = check([ROWS[4]], feedback=messages)
    assert objects(found, "STTM2-208") == []
    assert any("Nessun servizio è di Rho" in text for text in messages.texts)


def test_each_run_leaves_a_row_in_the_history_with_what_changed(check, waiver, tmp_path):
    import sqlite3
    from contextlib import closing

    import processing

    workspace = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": "Rho", "OUTPUT": workspace})
    first = check(WORKSPACE=workspace)
    ceased = next(row for row in first["findings"] if row["codice"] == "STTM2-208")
    with closing(sqlite3.connect(workspace)) as connection, connection:
        # A workspace made by an earlier version has no history: it gets one.
        rows = connection.execute("SELECT count(*) FROM rilievi_storico").fetchone()
        connection.execute("DROP TABLE rilievi_storico")
        connection.execute("DELETE FROM gpkg_contents WHERE table_name = 'rilievi_storico'")
    assert rows == (1,)
    changed = [{**row} for row in ROWS]
    changed[0]["denominazione"] = "Ex macello comunale"
    table = waiver(ceased)
    table.dataProvider().changeAttributeValues(
        {1: {table.fields().lookupField("letto"): ceased["letto"]}}
    )
    second = check(changed, PREVIOUS=first["layer"], WAIVERS=table, WORKSPACE=workspace)
    with closing(sqlite3.connect(workspace)) as connection:
        [row] = connection.execute(
            "SELECT istat, criteri, errori, scadute, nuovi, cambiamenti FROM rilievi_storico"
        )
    assert row[:5] == ("015182", "sttm2", second["ERRORS"], 1, 0)
    [lapsed] = json.loads(row[5])["scadute"]
    assert lapsed["id_rilievo"] == ceased["id_rilievo"]
    assert lapsed["cambiato"] == "Denominazione: «Ex macello» → «Ex macello comunale»."
    from qgis.core import QgsVectorLayer

    assert QgsVectorLayer(f"{workspace}|layername=rilievi_storico", "s", "ogr").featureCount() == 1
