"""The zip, installed in a clean profile: listed, explained, run, refused."""

from __future__ import annotations

import json
import zipfile

import pytest

pytestmark = pytest.mark.endtoend

ALGORITHMS = (
    "createworkspace",
    "diagnosecrs",
    "suggestmapping",
    "importservices",
    "findunclassified",
    "assigncategory",
    "placeservice",
    "reconcilereadings",
    "decidepairs",
    "classifyservices",
    "readingsbyzone",
    "whatif",
    "preparenetwork",
    "lumcatchment",
    "lumservices",
    "accessibility",
    "checkplan",
    "justifyfindings",
    "assignfindings",
    "exchangewaivers",
    "checkdelivery",
    "exportcompatibility",
    "validatesubmission",
    "validatecriteria",
    "comparecriteria",
    "savecriteria",
    "verifica_completa",
    "verificacomuni",
)
SPATIAL = ("servizi_punti", "servizi_poligoni", "lum", "lum_perimetri", "popolazione", "rilievi")


def rows(path, table, where="1=1"):
    """Return the rows of a table of a GeoPackage as dictionaries."""
    import sqlite3

    connection = sqlite3.connect(str(path))
    connection.row_factory = sqlite3.Row
    try:
        query = f'SELECT * FROM "{table}" WHERE {where}'  # noqa: S608 - names of our own tables
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


def test_the_zip_is_one_folder_with_its_metadata_model_and_styles(plugin_zip):
    with zipfile.ZipFile(plugin_zip) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0] for name in names} == {"sttm_plugin"}
    assert {
        "sttm_plugin/metadata.txt",
        "sttm_plugin/LICENSE",
        "sttm_plugin/processing_algorithms/checkplan.py",
        "sttm_plugin/styles/rilievi.qml",
        "sttm_plugin/resources/criteri/sttm2/pacchetto.json",
        "sttm_plugin/resources/modelli_processing/verifica_completa.model3",
        "sttm_plugin/resources/manuale/index.html",
        "sttm_plugin/resources/manuale/controlli/dati.html",
        *(f"sttm_plugin/resources/manuale/algoritmi/{name}.html" for name in ALGORITHMS),
    } <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def test_every_algorithm_is_listed(qgis_process):
    done = qgis_process.call("list", "--json")
    providers = json.loads(done.stdout)["providers"]
    assert sorted(providers["sttm"]["algorithms"]) == sorted(f"sttm:{name}" for name in ALGORITHMS)


def test_help_speaks_italian_and_names_the_contract(qgis_process):
    done = qgis_process.call("help", "--json", "sttm:verifica_completa")
    described = json.loads(done.stdout)
    contract = {
        "INPUT", "COMUNE", "COMUNI", "STOPS", "NETWORK", "POPULATION", "POP_FIELD", "CRITERIA",
        "WAIVERS", "AUTHOR", "RILIEVI", "CONTROLLI", "REPORT_HTML", "CONSEGNA",
    }  # fmt: skip
    assert contract <= set(described["parameters"])
    needed = {name for name, one in described["parameters"].items() if not one["optional"]}
    assert needed == {"INPUT", "COMUNE", "RILIEVI"}
    assert described["parameters"]["POPULATION"]["description"] == "Popolazione residente"
    spoken = qgis_process.call("help", "sttm:verifica_completa").stdout
    assert "proposti, non ufficiali" in " ".join(spoken.split())


@pytest.fixture(scope="module")
def job(qgis_process, demo, tmp_path_factory):
    """Every algorithm once, each on what the one before left; the results by algorithm."""
    folder = tmp_path_factory.mktemp("job")
    done = {"folder": folder}
    done["createworkspace"] = qgis_process.run(
        "createworkspace", COMUNE="015108", OUTPUT=folder / "comune.gpkg"
    )
    for name, source in (("punti", "servizi_puntuali.csv"), ("aree", "servizi_aree.shp")):
        done[f"importservices_{name}"] = qgis_process.run(
            "importservices",
            INPUT=demo / source,
            COMUNE="Gorgonzola",
            BOUNDARIES=demo / "confini.geojson",
            SOURCE=source,
            OUTPUT=folder / f"{name}.gpkg",
            UNPLACED=folder / f"{name}_senza.gpkg",
            REJECTED=folder / f"{name}_scartati.gpkg",
            LOG=folder / f"{name}.json",
        )
    done["lumcatchment"] = qgis_process.run(
        "lumcatchment",
        STOPS=demo / "lum.geojson",
        ID_FIELD="id_lum",
        RANK_FIELD="rango",
        NETWORK=demo / "rete.geojson",
        COMUNI=demo / "confini.geojson",
        OUTPUT=folder / "lum.gpkg",
    )
    done["classifyservices"] = qgis_process.run(
        "classifyservices",
        SERVICES=[folder / "punti.gpkg", folder / "aree.gpkg"],
        COMUNI=demo / "confini.geojson",
        LUM=folder / "lum.gpkg",
        OUTPUT_POINTS=folder / "classificati_punti.gpkg",
        OUTPUT_AREAS=folder / "classificati_aree.gpkg",
    )
    classified = [folder / "classificati_punti.gpkg", folder / "classificati_aree.gpkg"]
    done["accessibility"] = qgis_process.run(
        "accessibility",
        ORIGINS=demo / "popolazione.geojson",
        ORIGIN_ID="SEZ21_ID",
        POP_FIELD="POP21",
        SERVICES=classified,
        CATEGORY_FIELD="macrocategoria",
        NETWORK=demo / "rete.geojson",
        OUTPUT=folder / "accessibilita.gpkg",
    )
    done["checkplan"] = qgis_process.run(
        "checkplan",
        SERVICES=classified,
        COMUNE="015108",
        COMUNI=demo / "confini.geojson",
        LUM=folder / "lum.gpkg",
        LUM_PERIMETERS=demo / "perimetri_lum.geojson",
        OUTPUT=folder / "rilievi.gpkg",
        CHECKS=folder / "controlli.gpkg",
        REPORT_HTML=folder / "rapporto.html",
        REPORT_JSON=folder / "rilievi.json",
    )
    done["exportcompatibility"] = qgis_process.run(
        "exportcompatibility",
        SERVICES=classified,
        COMUNE="015108",
        LUM=folder / "lum.gpkg",
        AUTHOR="Tecnico di prova",
        ALLOW_BLOCKING="true",
        OUTPUT=folder / "sttm2_pds_015108_20250101_v1.zip",
    )
    done["validatesubmission"] = qgis_process.run(
        "validatesubmission",
        INPUT=folder / "sttm2_pds_015108_20250101_v1.zip",
        REPORT_JSON=folder / "validazione.json",
    )
    return done


def test_the_workspace_has_every_table_empty(job):
    for table in (*SPATIAL, "controlli", "deroghe", "coppie", "criteri"):
        assert isinstance(rows(job["folder"] / "comune.gpkg", table), list)
    assert rows(job["folder"] / "comune.gpkg", "servizi_punti") == []


def test_nothing_is_lost_on_import(job):
    for name in ("punti", "aree"):
        found = job[f"importservices_{name}"]
        assert found["READ"] == found["WRITTEN"] + found["REJECTED_COUNT"]
    assert job["importservices_punti"]["READ"] == 66
    assert job["importservices_aree"]["READ"] == 40


def test_the_total_row_and_the_null_island_are_rejected_with_their_reason(job):
    rejected = rows(job["folder"] / "punti_scartati.gpkg", "punti_scartati")
    reasons = {json.loads(row["attributi_origine"])["DENOMINAZIONE"]: row["motivo"]
               for row in rejected}  # fmt: skip
    assert reasons["TOTALE SERVIZI"] == "riga_totale"
    assert reasons["Centro sportivo «Le Vigne»"] in ("fuori_area", "coordinate_non_valide")


def test_the_two_lum_have_the_radius_of_their_rank(job):
    found = {
        row["id_lum"]: (row["rango"], row["stato"], row["raggio_m"], row["metodo"])
        for row in rows(job["folder"] / "lum.gpkg", "lum")
    }
    assert found == {
        "LUM-OVEST": ("metropolitano", "esistente", 500.0, "rete"),
        "LUM-EST": ("sovracomunale", "previsto", 350.0, "rete"),
    }


def test_a_pharmacy_stays_local_whatever_it_declares(job):
    table = job["folder"] / "classificati_punti.gpkg"
    found = rows(table, "classificati_punti", "denominazione = 'Farmacia Centrale'")
    assert [(row["codice_sttm"], row["valenza_calcolata"], row["esito"]) for row in found] == [
        ("LOC.05", "locale", "sovradichiarato")
    ]


def test_every_section_keeps_its_people_and_says_how_it_is_attached(job):
    found = rows(job["folder"] / "accessibilita.gpkg", "accessibilita")
    assert len(found) == 192
    assert sum(row["POP21"] for row in found) == 21092
    assert {row["stato_aggancio"] for row in found} <= {"agganciato", "non_agganciato"}


def test_the_checks_add_up_to_the_pack(job):
    found = job["checkplan"]
    assert found["CHECKS_RUN"] + found["NOT_RUN"] + found["NOT_APPLICABLE"] == 88
    assert len(rows(job["folder"] / "controlli.gpkg", "controlli")) == 88


def test_planted_faults_become_findings(job):
    document = json.loads((job["folder"] / "rilievi.json").read_text(encoding="utf-8"))
    codes = {finding["codice"] for finding in document["rilievi"]}
    assert {"STTM2-208", "STTM2-304", "STTM2-501"} <= codes


def test_the_package_is_whole_and_valid_for_who_receives_it(job):
    with zipfile.ZipFile(job["folder"] / "sttm2_pds_015108_20250101_v1.zip") as archive:
        assert sorted(archive.namelist()) == [
            "manifest.json", "rapporto.html", "rapporto.pdf", "restituzione.gpkg", "rilievi.json",
        ]  # fmt: skip
    assert job["validatesubmission"]["VALID"] in (True, "true")


def test_the_model_does_the_whole_job_in_one_item(qgis_process, demo, tmp_path):
    found = qgis_process.run(
        "verifica_completa",
        INPUT=demo / "servizi_aree.shp",
        COMUNE="015108",
        COMUNI=demo / "confini.geojson",
        STOPS=demo / "lum.geojson",
        NETWORK=demo / "rete.geojson",
        POPULATION=demo / "popolazione.geojson",
        POP_FIELD="POP21",
        AUTHOR="Tecnico di prova",
        RILIEVI=tmp_path / "rilievi.gpkg",
        CONTROLLI=tmp_path / "controlli.gpkg",
        REPORT_HTML=tmp_path / "rapporto.html",
        CONSEGNA=tmp_path / "sttm2_pds_015108_20250101_v1.zip",
    )
    codes = {row["codice"] for row in rows(tmp_path / "rilievi.gpkg", "rilievi")}
    assert "STTM2-205" in codes
    lacking = {
        row["codice"]: row["dati_mancanti"]
        for row in rows(tmp_path / "controlli.gpkg", "controlli")
    }
    assert lacking["STTM2-501"] == "LUM_PERIMETERS"
    assert len(rows(tmp_path / "controlli.gpkg", "controlli")) == 88
    assert (tmp_path / "rapporto.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert found["BLOCKING"] == 0
    assert zipfile.is_zipfile(tmp_path / "sttm2_pds_015108_20250101_v1.zip")


def test_the_model_works_from_services_and_comune_alone(qgis_process, demo, tmp_path):
    qgis_process.run(
        "verifica_completa",
        INPUT=demo / "servizi_aree.shp",
        COMUNE="Gorgonzola",
        RILIEVI=tmp_path / "rilievi.gpkg",
        CONTROLLI=tmp_path / "controlli.gpkg",
    )
    verdicts = {
        row["codice"]: row["verdetto"] for row in rows(tmp_path / "controlli.gpkg", "controlli")
    }
    assert verdicts["STTM2-501"] == "non_verificabile"
    assert verdicts["STTM2-205"] == "non_soddisfatto"


@pytest.mark.parametrize(
    ("algorithm", "given", "sentence"),
    [
        ("importservices", {"COMUNE": "999999"}, "999999"),
        ("importservices", {"COMUNE": "015108", "CRS": "EPSG:4326"}, "metri"),
        ("verifica_completa", {"COMUNE": "Gorgonzolla"}, "Gorgonzola"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    qgis_process, demo, tmp_path, algorithm, given, sentence
):
    output = {"importservices": "OUTPUT", "verifica_completa": "RILIEVI"}[algorithm]
    target = tmp_path / "uscita.gpkg"
    said = qgis_process.refuse(
        algorithm, INPUT=demo / "servizi_aree.shp", **given, **{output: target}
    )
    assert sentence in said
    assert not target.exists()
