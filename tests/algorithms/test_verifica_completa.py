"""The model: steps resolved, those without data left out, outputs with the names promised."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def comune(tmp_path_factory):
    """The folder of the demonstration comune."""
    from demo.generator import generate

    folder = tmp_path_factory.mktemp("comune")
    generate(folder)
    return folder


@pytest.fixture
def verify(sttm_provider, comune):
    """Return a function that runs the model on the areas of the demonstration comune."""
    import processing

    def run(**more):
        given = {
            "INPUT": str(comune / "servizi_aree.shp"),
            "COMUNE": "015108",
            "RILIEVI": "TEMPORARY_OUTPUT",
            **more,
        }
        return processing.run("sttm:verifica_completa", given)

    return run


def test_every_step_of_the_model_is_resolved(sttm_provider):
    from sttm_plugin.processing_algorithms.verifica_completa import load_model

    steps = {name: child.algorithmId() for name, child in load_model().childAlgorithms().items()}
    assert steps == {
        "importa": "sttm:importservices",
        "bacini": "sttm:lumcatchment",
        "classifica": "sttm:classifyservices",
        "verifica": "sttm:checkplan",
        "senza_blocchi": "native:condition",
        "consegna": "sttm:exportcompatibility",
    }


def test_without_the_provider_the_model_refuses_to_run_half(qgis_processing):
    from sttm_plugin.core.errors import SttmError
    from sttm_plugin.processing_algorithms.verifica_completa import load_model

    with pytest.raises(SttmError, match="non è disponibile"):
        load_model()


def test_services_and_comune_are_enough(verify):
    found = verify(CONTROLLI="TEMPORARY_OUTPUT")
    verdicts = {row["codice"]: row["verdetto"] for row in found["CONTROLLI"].getFeatures()}
    assert len(verdicts) == 88
    assert verdicts["STTM2-501"] == "non_verificabile"
    assert "CONSEGNA" not in found


def test_findings_are_styled_by_severity(verify):
    layer = verify()["RILIEVI"]
    labels = [rule.label() for rule in layer.renderer().rootRule().children()]
    assert labels == ["Da esaminare", "Giustificato", "Risolto"]


def test_nodes_without_a_network_give_circles_and_lum_checks(verify, comune):
    stops, grounds = str(comune / "lum.geojson"), str(comune / "confini.geojson")
    found = verify(STOPS=stops, COMUNI=grounds, CONTROLLI="TEMPORARY_OUTPUT")
    lacking = {row["codice"]: row["dati_mancanti"] for row in found["CONTROLLI"].getFeatures()}
    # The LUM are known now: what lacks is what the comune drew around them.
    assert lacking["STTM2-501"] == "LUM_PERIMETERS"
    alone = verify(CONTROLLI="TEMPORARY_OUTPUT")
    lacking = {row["codice"]: row["dati_mancanti"] for row in alone["CONTROLLI"].getFeatures()}
    assert lacking["STTM2-501"] == "LUM;LUM_PERIMETERS"


def test_the_package_is_written_when_nothing_blocks(verify, tmp_path):
    import zipfile

    target = tmp_path / "sttm2_pds_015108_20250101_v1.zip"
    found = verify(CONSEGNA=str(target), AUTHOR="Tecnico di prova")
    assert found["BLOCKING"] == 0
    with zipfile.ZipFile(target) as archive:
        assert "manifest.json" in archive.namelist()


def test_an_unknown_comune_is_refused_before_anything_runs(verify):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Gorgonzola"):
        verify(COMUNE="Gorgonzolla")


def test_other_readings_neighbours_and_stops_reach_the_checks(verify, comune, services):
    from qgis.core import QgsProject

    other = {"codice_sttm": "CUL.01", "stato": "esistente", "fonte": "Anagrafe"}
    layers = [
        services([{**other, "id_servizio": f"r{number}", "lettura": number}])[0]
        for number in (1, 2)
    ]
    for one in layers:
        QgsProject.instance().addMapLayer(one)
    found = verify(
        CONTROLLI="TEMPORARY_OUTPUT",
        STOPS=str(comune / "lum.geojson"),
        READING2=[layers[1]],
        NEIGHBOURS=[layers[0]],
    )
    lacking = {row["codice"]: str(row["dati_mancanti"]) for row in found["CONTROLLI"].getFeatures()}
    assert "READING2" not in lacking["STTM2-806"]
    assert "NEIGHBOURS" not in lacking["STTM2-901"]
    # The nodes given to the model are stops for the checks too.
    assert "STOPS" not in lacking["STTM2-503"]


def test_what_the_delivery_asks_for_goes_through_the_model(verify, comune, layer, tmp_path):
    import json
    import sqlite3
    import zipfile

    x, y = 526000.0, 5042500.0
    ground = f"POLYGON(({x} {y},{x + 50} {y},{x + 50} {y + 50},{x} {y + 50},{x} {y}))"
    fields = "&field=istat:string&field=nome:string&field=abitanti_da_insediare:integer"
    target = tmp_path / "sttm2_pds_015108_20250101_v1.zip"
    found = verify(
        CONSEGNA=str(target),
        REGISTRO=str(tmp_path / "registro.json"),
        SCHEDE=str(tmp_path / "schede"),
        CONTROLLI="TEMPORARY_OUTPUT",
        COMUNI=str(comune / "confini.geojson"),
        REGENERATION=layer("Polygon", fields, [("015108", "Ex filanda", 100, ground)]),
        FUNDING=layer("None", "&field=cup:string&field=istat:string", [("C1", "015108", None)]),
        OFFICE="Ufficio di piano",
        ROLE="Responsabile",
        SETTLERS=1200,
    )
    assert found["REGISTRO"] == str(tmp_path / "registro.json")
    assert json.loads((tmp_path / "registro.json").read_text("utf-8"))["schema"] == "sttm.log/1"
    assert (tmp_path / "schede").is_dir()
    lacking = {row["codice"]: row["dati_mancanti"] for row in found["CONTROLLI"].getFeatures()}
    assert "SETTLERS" not in str(lacking["STTM2-401"])
    with zipfile.ZipFile(target) as archive:
        archive.extract("restituzione.gpkg", tmp_path)
        # The balance of the import, which only its log knows.
        assert "ertificato di conservazione" in archive.read("rapporto.html").decode()
    connection = sqlite3.connect(tmp_path / "restituzione.gpkg")
    counts = {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for name in ("aree_opportunita", "finanziamenti")
    }
    office = connection.execute("SELECT ufficio, ruolo_responsabile FROM metadati_consegna")
    assert office.fetchone() == ("Ufficio di piano", "Responsabile")
    connection.close()
    assert counts == {"aree_opportunita": 1, "finanziamenti": 1}


def test_what_comes_with_a_delivery_needs_one(verify, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="si scrive con la consegna"):
        verify(REGISTRO=str(tmp_path / "registro.json"))


def test_what_newer_qgis_puts_before_the_words_of_a_step_is_left_out():
    from sttm_plugin.processing_algorithms.verifica_completa import own_words

    steps = ["Importa i servizi", "Prepara la consegna"]
    said = "Nessun servizio di Melzo: controllare i layer."
    assert own_words(f"Error encountered while running Prepara la consegna: {said}", steps) == said
    assert own_words(said, steps) == said
    own = "Il file manca. Nel passo Prepara la consegna: niente."
    assert own_words(own, steps) == own
