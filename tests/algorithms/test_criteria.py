"""The algorithms on criteria packs, through Processing: try, validate, compare, save."""

from __future__ import annotations

import json
import shutil

import pytest

ROWS = [
    {
        "id_servizio": "teatro",
        "denominazione": "Teatro",
        "codice_sttm": "CUL.02",
        "istat": "015182",
        "comune": "Rho",
        "utenti_fuori_comune": 0.3,
        "valenza_dichiarata": "intercomunale",
        "attributi": json.dumps(
            {
                name: {"valore": value, "natura": "rilevato"}
                for name, value in (
                    ("posti_sedere", 310),
                    ("giorni_spettacolo_anno", 60),
                    ("n_comuni_serviti", 2),
                )
            }
        ),
    },
    {"id_servizio": "far", "denominazione": "Farmacia", "codice_sttm": "LOC.05"},
]


@pytest.fixture
def run(sttm_provider):
    """Run an algorithm; sinks that are layers come back as lists of dicts."""
    from qgis import processing

    def call(name, **parameters):
        found = processing.run(f"sttm:{name}", parameters)
        return {key: rows(value) for key, value in found.items()}

    return call


def rows(value):
    from qgis.core import NULL

    if not hasattr(value, "getFeatures"):
        return value
    return [
        {
            name: None if feature[name] == NULL else feature[name]
            for name in feature.fields().names()
        }
        for feature in value.getFeatures()
    ]


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled pack that a test may break."""
    from sttm_plugin.core.pack import BUNDLED

    copy = tmp_path / "criteri"
    shutil.copytree(BUNDLED.parent, copy)
    return copy


def refusal(name, **parameters):
    from qgis.core import QgsApplication, QgsProcessingContext

    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"sttm:{name}")
    accepted, message = algorithm.checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted
    return message


SAVE = {
    "CHANGES": "CUL.02-R01=350",
    "VERSION": "0.9.0",
    "AUTHOR": "Ufficio piano",
    "REASON": "prova",
    "DATE": "2026-02-01",
}


# --- whatif ------------------------------------------------------------------------


def test_a_changed_threshold_shows_which_services_flip(run, services):
    found = run(
        "whatif",
        SERVICES=list(services(ROWS)),
        CHANGES="CUL.02-R01=350",
        OUTPUT="TEMPORARY_OUTPUT",
        SUMMARY="TEMPORARY_OUTPUT",
    )
    (flip,) = found["OUTPUT"]
    assert (flip["id_servizio"], flip["comune"], flip["prima"], flip["dopo"]) == (
        "teatro",
        "Rho",
        "intercomunale",
        "al_limite",
    )
    assert (flip["regola_prima"], flip["regola_dopo"]) == ("GEN-R01", "GEN-R04")
    assert (found["SERVICES_COUNT"], found["FLIPPED"], found["UNCHANGED"]) == (2, 1, 1)
    assert (found["RAISED"], found["LOWERED"]) == (0, 0)
    assert {(row["livello"], row["codice"], row["n"]) for row in found["SUMMARY"]} == {
        ("totale", "", 1),
        ("categoria", "CUL.02", 1),
        ("zona_omogenea", "Nord Ovest", 1),
        ("comune", "015182", 1),
    }


def test_a_change_that_says_the_same_flips_nothing(run, services):
    layers = list(services(ROWS))
    found = run("whatif", SERVICES=layers, CHANGES="GEN-R01=0.60", OUTPUT="TEMPORARY_OUTPUT")
    assert (found["FLIPPED"], found["OUTPUT"]) == (0, [])


def test_whatif_says_what_classifyservices_says_with_the_saved_pack(run, services, tmp_path):
    layers = list(services(ROWS))
    path = str(tmp_path / "criteri.zip")
    run("savecriteria", **SAVE, OUTPUT=path)
    tried = run("whatif", SERVICES=layers, CHANGES=SAVE["CHANGES"], OUTPUT="TEMPORARY_OUTPUT")
    given = run("whatif", SERVICES=layers, CRITERIA_B=path, OUTPUT="TEMPORARY_OUTPUT")
    assert tried["OUTPUT"] == given["OUTPUT"]
    again = run(
        "classifyservices", SERVICES=layers, CRITERIA=path, OUTPUT_POINTS="TEMPORARY_OUTPUT"
    )
    now = {row["id_servizio"]: row["valenza_calcolata"] for row in again["OUTPUT_POINTS"]}
    assert now["teatro"] == tried["OUTPUT"][0]["dopo"]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "Indicare che cosa provare"),
        ({"CHANGES": "GEN-R01"}, "chiave=valore"),
        ({"CHANGES": "GEN-R99=1"}, "«GEN-R99» non è nel pacchetto"),
        ({"CHANGES": "GEN-R01=0,55"}, "valenza.csv, riga 2, chiave «soglia»: «0,55»"),
        ({"CRITERIA_B": "/assente.zip"}, "non trovato"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_a_sentence(
    sttm_provider, services, parameters, sentence
):
    layers = list(services(ROWS))
    told = refusal("whatif", SERVICES=layers, OUTPUT="TEMPORARY_OUTPUT", **parameters)
    assert sentence in told


# --- validatecriteria ------------------------------------------------------------------


def test_the_bundled_pack_is_valid_and_its_values_are_listed(run, tmp_path):
    page = tmp_path / "rapporto.html"
    found = run(
        "validatecriteria",
        OUTPUT="TEMPORARY_OUTPUT",
        VALUES="TEMPORARY_OUTPUT",
        REPORT_HTML=str(page),
    )
    assert (found["VALID"], found["ERRORS"]) == (True, 0)
    assert found["WARNINGS"] == len(found["OUTPUT"]) > 0
    values = {(row["tabella"], row["chiave"], row["campo"]): row for row in found["VALUES"]}
    assert values["valenza", "SAN.01-R03", "soglia"]["valore"] == "80000"
    assert values["valenza", "SAN.01-R03", "soglia"]["riga"] == 54
    assert "Il pacchetto si può usare" in page.read_text(encoding="utf-8")


def test_a_bad_pack_is_a_result_with_file_line_key_and_value(run, folder, tmp_path):
    for name, old, new in (
        ("parametri.csv", "tortuosita,1.3", "tortuosita,uno"),
        ("controlli.csv", "errore,no,si", "grave,no,si"),
    ):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    page = tmp_path / "rapporto.html"
    found = run(
        "validatecriteria",
        CRITERIA=str(folder / "pacchetto.json"),
        OUTPUT="TEMPORARY_OUTPUT",
        VALUES="TEMPORARY_OUTPUT",
        REPORT_HTML=str(page),
    )
    assert (found["VALID"], found["ERRORS"], found["WARNINGS"]) == (False, 2, 0)
    assert [
        (row["file"], row["riga"], row["chiave"], row["valore"]) for row in found["OUTPUT"]
    ] == [
        ("controlli.csv", 11, "severita", "grave"),
        ("parametri.csv", 2, "valore", "uno"),
    ]
    assert found["OUTPUT"][0]["ammessi"] == "blocco, errore, avviso, info"
    assert found["VALUES"] == []
    assert "non si può usare" in page.read_text(encoding="utf-8")


def test_changes_are_judged_before_anything_is_saved(run):
    given = {"OUTPUT": "TEMPORARY_OUTPUT", "VALUES": "TEMPORARY_OUTPUT"}
    found = run("validatecriteria", CHANGES="SAN.01-R03=molti", ALL_VALUES=True, **given)
    assert (found["VALID"], found["ERRORS"]) == (False, 1)
    assert [(row["riga"], row["chiave"]) for row in found["OUTPUT"]] == [(54, "soglia")]
    values = {(row["tabella"], row["chiave"], row["campo"]): row for row in found["VALUES"]}
    assert values["valenza", "SAN.01-R03", "soglia"]["valore"] == "molti"
    found = run("validatecriteria", CHANGES="SAN.01-R03=90000", **given)
    assert (found["VALID"], found["ERRORS"]) == (True, 0)


# --- savecriteria and comparecriteria ------------------------------------------------------


def test_a_saved_version_differs_from_the_first_by_what_was_changed(run, tmp_path):
    path, page = tmp_path / "nuovo" / "pacchetto.json", tmp_path / "confronto.html"
    saved = run("savecriteria", **SAVE, OUTPUT=str(path), OUTPUT_CHANGES="TEMPORARY_OUTPUT")
    assert saved["CHANGED"] == 1
    assert saved["OUTPUT_CHANGES"] == [
        {
            "tabella": "valenza",
            "chiave": "CUL.02-R01",
            "campo": "soglia",
            "prima": "300",
            "dopo": "350",
        }
    ]
    found = run(
        "comparecriteria",
        CRITERIA_B=str(path),
        OUTPUT="TEMPORARY_OUTPUT",
        REPORT_HTML=str(page),
    )
    changed = [row for row in found["OUTPUT"] if row["file"] == "valenza.csv"]
    assert [(row["chiave"], row["campo"], row["prima"], row["dopo"]) for row in changed] == [
        ("CUL.02-R01", "soglia", "300", "350")
    ]
    assert found["DIFFERENCES"] == found["ADDED"] + found["REMOVED"] + found["CHANGED"]
    assert (found["CHANGED"], found["REMOVED"]) == (2, 0)  # the threshold and the version
    assert "CUL.02-R01" in page.read_text(encoding="utf-8")


def test_two_runs_save_the_same_bytes(run, tmp_path):
    for name in ("a.zip", "b.zip"):
        run("savecriteria", **SAVE, OUTPUT=str(tmp_path / name))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"CHANGES": "GEN-R01=0.6"}, "non cambiano alcun valore"),
        ({"CHANGES": "GEN-R01=molto"}, "«molto» non è un numero"),
        ({"DATE": "ieri"}, "Data «ieri» non valida"),
    ],
)
def test_a_version_that_cannot_be_saved_is_refused(sttm_provider, tmp_path, parameters, sentence):
    given = {**SAVE, "OUTPUT": str(tmp_path / "a.zip"), **parameters}
    assert sentence in refusal("savecriteria", **given)
    assert not (tmp_path / "a.zip").exists()


def test_a_saved_version_is_not_overwritten(run, tmp_path):
    from qgis.core import QgsProcessingException

    run("savecriteria", **SAVE, OUTPUT=str(tmp_path / "a.zip"))
    with pytest.raises(QgsProcessingException, match="non ne sovrascrive"):
        run("savecriteria", **SAVE, OUTPUT=str(tmp_path / "a.zip"))


def test_two_packs_are_needed_to_compare(sttm_provider):
    assert "almeno uno" in refusal("comparecriteria", OUTPUT="TEMPORARY_OUTPUT")


# --- other strategies ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sttm1", "sttm3"])
def test_another_strategy_classifies_and_checks_a_plan(run, services, tmp_path, name):
    from sttm_plugin.core.pack import BUNDLED

    pack = str(BUNDLED.parent.parent / name / "pacchetto.json")
    layers = list(services(ROWS))
    given = {"SERVICES": layers, "CRITERIA": pack}
    found = run("classifyservices", **given, OUTPUT_POINTS="TEMPORARY_OUTPUT")
    valenze = {row["id_servizio"]: row["valenza_calcolata"] for row in found["OUTPUT_POINTS"]}
    assert valenze == {"teatro": "fuori_tassonomia", "far": None}
    page = tmp_path / "rapporto.html"
    checked = run(
        "checkplan",
        **given,
        COMUNE="015182",
        OUTPUT="TEMPORARY_OUTPUT",
        CHECKS="TEMPORARY_OUTPUT",
        REPORT_HTML=str(page),
        REPORT_JSON=str(tmp_path / "rilievi.json"),
    )
    verdicts = {row["codice"]: row["verdetto"] for row in checked["CHECKS"]}
    assert set(verdicts.values()) <= {
        "soddisfatto", "non_soddisfatto", "non_verificabile", "non_applicabile",
    }  # fmt: skip
    total = checked["CHECKS_RUN"] + checked["NOT_RUN"] + checked["NOT_APPLICABLE"]
    assert total == len(verdicts) == 10
    assert "Scheletro di criteri" in page.read_text(encoding="utf-8")
