"""The list of comuni: what each run is given, and what is wrong with a row stays with its row."""

from __future__ import annotations

import pytest

from sttm_plugin.core.batch import COLUMNS, folder_name, read_jobs
from sttm_plugin.core.errors import SttmError


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of two comuni."""
    for name in ("rho.csv", "monza.gpkg"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    return tmp_path


def test_paths_start_from_the_folder_and_a_layer_keeps_its_name(folder):
    rows = [
        {"Comune": "Rho", "SERVIZI": "rho.csv", "campo_abitanti": "POP21"},
        {"Comune": 15146.0, "SERVIZI": f"{folder / 'monza.gpkg'}|layername=servizi"},
        {"Comune": None, "SERVIZI": "  "},
    ]
    jobs = read_jobs(["Comune", "SERVIZI", "campo_abitanti"], rows, folder)
    assert [(job.comune.istat, job.parameters, job.fault) for job in jobs] == [
        ("015182", {"INPUT": str(folder / "rho.csv"), "POP_FIELD": "POP21"}, ""),
        ("015146", {"INPUT": f"{folder / 'monza.gpkg'}|layername=servizi"}, ""),
    ]
    assert folder_name(jobs[0].comune) == "015182_rho"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"comune": "Rhoo", "servizi": "rho.csv"}, "Rhoo"),
        ({"comune": None, "servizi": "rho.csv"}, "Manca il comune"),
        ({"comune": "Rho", "servizi": None}, "Manca il file dei servizi"),
        ({"comune": "Rho", "servizi": "manca.csv"}, "«manca.csv» (colonna servizi) non esiste"),
        ({"comune": "milano", "servizi": "rho.csv"}, "Milano è già nell'elenco"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_in_its_job(folder, row, fault):
    jobs = read_jobs(
        ["comune", "servizi"], [{"comune": "Milano", "servizi": "rho.csv"}, row], folder
    )
    assert jobs[0].fault == ""
    assert fault in jobs[1].fault


@pytest.mark.parametrize(
    ("fields", "rows", "sentence"),
    [
        (["nome", "servizi"], [], "non ha la colonna comune .trovate: nome, servizi"),
        (["nome"], [], "comune e servizi"),
        (["comune", "servizi"], [], "è vuoto"),
    ],
)
def test_a_list_that_is_no_list_is_refused(folder, fields, rows, sentence):
    with pytest.raises(SttmError, match=sentence):
        read_jobs(fields, rows, folder)


def test_every_input_of_a_comune_has_its_column(folder):
    row = {name: "rho.csv" for name in COLUMNS}
    row.update(comune="Rho", campo_abitanti="POP21", abitanti_da_insediare="1.200")
    (job,) = read_jobs(list(row), [row], folder)
    assert job.fault == ""
    assert set(job.parameters) == set(COLUMNS.values())
    assert job.parameters["SETTLERS"] == 1200.0
    assert job.parameters["GTFS"] == str(folder / "rho.csv")
    (job,) = read_jobs(list(row), [{**row, "abitanti_da_insediare": "molti"}], folder)
    assert "abitanti_da_insediare: «molti» non è un numero" in job.fault
