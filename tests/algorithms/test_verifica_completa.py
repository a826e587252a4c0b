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
