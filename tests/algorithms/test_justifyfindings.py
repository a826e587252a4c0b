"""justifyfindings: the table of waivers, the findings after, what is refused."""

from __future__ import annotations

import pytest

REASON = "La convenzione con i comuni contermini ne garantisce l'uso condiviso."


@pytest.fixture
def findings_layer(qgis_app):
    """Three findings at points, the third one a fault that can't be justified."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer

    from sttm_plugin.core.schema import FINDINGS
    from sttm_plugin.qgis_io.fields import make_fields

    layer = QgsVectorLayer("Point", "rilievi", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    layer.dataProvider().addAttributes(list(make_fields(FINDINGS)))
    layer.updateFields()
    for number, justifiable in ((1, True), (2, True), (3, False)):
        feature = QgsFeature(layer.fields())
        feature["id_rilievo"] = f"r{number}"
        feature["codice"] = "STTM2-301" if justifiable else "STTM2-106"
        feature["titolo"] = "Titolo"
        feature["id_oggetto"] = f"s{number}"
        feature["stato"] = "aperto"
        feature["impronta"] = f"impronta{number}"
        feature["ammette_giustificazione"] = justifiable
        feature.setGeometry(QgsGeometry.fromWkt(f"Point({500000 + number} 5030000)"))
        layer.dataProvider().addFeatures([feature])
    return layer


@pytest.fixture
def waivers_file(tmp_path, qgis_app):
    """An empty table of waivers in a GeoPackage."""
    from qgis.core import QgsProject, QgsVectorFileWriter, QgsVectorLayer

    from sttm_plugin.core.schema import WAIVERS
    from sttm_plugin.qgis_io.fields import make_fields

    empty = QgsVectorLayer("None", "deroghe", "memory")
    empty.dataProvider().addAttributes(list(make_fields(WAIVERS)))
    empty.updateFields()
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "deroghe"
    path = tmp_path / "area.gpkg"
    QgsVectorFileWriter.writeAsVectorFormatV3(
        empty, str(path), QgsProject.instance().transformContext(), options
    )
    return f"{path}|layername=deroghe"


def run(findings, ids, **changed):
    import processing

    given = {
        "FINDINGS": findings,
        "IDS": ids,
        "REASON": REASON,
        "REASON_TYPE": 1,
        "AUTHOR": "Anna Rossi",
        "DATE": "2024-05-31",
        "OUTPUT": "TEMPORARY_OUTPUT",
        "OUTPUT_FINDINGS": "TEMPORARY_OUTPUT",
        **changed,
    }
    return processing.run("sttm:justifyfindings", given)


def test_two_findings_get_the_same_reason_and_their_new_state(sttm_provider, findings_layer):
    done = run(findings_layer, "r2; r1", REFERENCE="DGC 12/2024", DOCUMENT="dgc12.pdf")

    rows = [
        [row[name] for name in ("id_rilievo", "impronta", "tipo_giustificazione", "autore")]
        for row in done["OUTPUT"].getFeatures()
    ]
    assert rows == [
        ["r2", "impronta2", "dato_utenza", "Anna Rossi"],
        ["r1", "impronta1", "dato_utenza", "Anna Rossi"],
    ]
    first = next(done["OUTPUT"].getFeatures())
    assert first["data"].toString("yyyy-MM-dd") == "2024-05-31"
    assert (first["riferimento_giustificazione"], first["documento"]) == (
        "DGC 12/2024",
        "dgc12.pdf",
    )
    after = [[row["id_rilievo"], row["stato"]] for row in done["OUTPUT_FINDINGS"].getFeatures()]
    assert after == [["r1", "giustificato"], ["r2", "giustificato"], ["r3", "aperto"]]
    assert done["OUTPUT_FINDINGS"].crs().authid() == "EPSG:32632"
    assert done["OUTPUT_FINDINGS"].getFeature(2).geometry().asWkt() == "Point (500002 5030000)"
    assert (done["WRITTEN"], done["REVOKED"]) == (2, 0)


def test_a_table_of_a_file_is_brought_up_to_date_and_a_waiver_can_be_taken_back(
    sttm_provider, findings_layer, waivers_file
):
    from qgis.core import QgsVectorLayer

    run(findings_layer, "r1", WAIVERS=waivers_file, UPDATE_WAIVERS=True)
    run(findings_layer, "r2", WAIVERS=waivers_file, UPDATE_WAIVERS=True)
    run(
        findings_layer, "r1", WAIVERS=waivers_file, UPDATE_WAIVERS=True, REVOKE=True,
        REASON="", AUTHOR="", DATE="2024-06-30",
    )  # fmt: skip

    table = QgsVectorLayer(waivers_file, "deroghe", "ogr")
    rows = [
        [row["id_rilievo"], row["revocata_il"].toString("yyyy-MM-dd") if row["revocata_il"] else ""]
        for row in table.getFeatures()
    ]
    assert rows == [["r1", "2024-06-30"], ["r2", ""]]


@pytest.mark.parametrize(
    ("ids", "changed", "sentence"),
    [
        ("r3", {}, "non si può giustificare"),
        ("r9", {}, "Rilievo sconosciuto: r9"),
        ("", {}, "IDS|Rilievi da giustificare"),
        ("r1", {"REASON": "Va bene così."}, "ha 13 caratteri"),
        ("r1", {"AUTHOR": ""}, "Manca l'autore"),
        ("r1", {"DATE": "domani"}, "«domani» non valida"),
        ("r1", {"REVOKE": True}, "Nessuna giustificazione da revocare"),
    ],
)
def test_what_is_not_an_answer_is_refused_and_nothing_is_written(
    sttm_provider, findings_layer, waivers_file, ids, changed, sentence
):
    from qgis.core import QgsProcessingException, QgsVectorLayer

    with pytest.raises(QgsProcessingException, match=sentence):
        run(findings_layer, ids, WAIVERS=waivers_file, UPDATE_WAIVERS=True, **changed)
    assert QgsVectorLayer(waivers_file, "deroghe", "ogr").featureCount() == 0


def test_a_layer_that_holds_no_findings_is_named(sttm_provider, findings_layer):
    from qgis.core import QgsProcessingException, QgsVectorLayer

    other = QgsVectorLayer("Point?crs=EPSG:32632&field=nome:string", "scuole", "memory")
    with pytest.raises(QgsProcessingException, match="«scuole» non ha il campo id_rilievo"):
        run(other, "r1")


def test_it_runs_without_pandas(sttm_provider, findings_layer, monkeypatch):
    import sys

    for name in ("pandas", "geopandas", "shapely"):
        monkeypatch.setitem(sys.modules, name, None)
    assert run(findings_layer, "r1")["WRITTEN"] == 1
