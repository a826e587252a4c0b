"""Real comuni, from open data beside the project; skipped with a reason where it isn't there."""

from __future__ import annotations

import csv

import pytest

pytestmark = pytest.mark.acceptance

# ISTAT code: schools of the comune in the regional register of February 2026, counted by hand
# with a spreadsheet filter on Codice_ISTAT_comune_SEDE.
SCHOOLS = {"015209": 46, "015182": 35}


@pytest.fixture(scope="module")
def places():
    from acceptance.places import PLACES, missing_data

    reason = missing_data()
    if reason:
        pytest.skip(reason)
    return {place.istat: place for place in PLACES}


@pytest.mark.parametrize("istat", sorted(SCHOOLS))
def test_the_whole_job_runs_on_a_real_comune(sttm_provider, places, shared_data, tmp_path, istat):
    from acceptance.places import SERVICES, inputs_of
    from demo.run import Job

    job = Job(inputs_of(places[istat], tmp_path / "dati"), tmp_path / "esito")
    results = job.run()

    imports = [results[key] for key in results if key.startswith("servizi_")]
    for found in imports:
        assert found["READ"] == found["WRITTEN"] + found["REJECTED_COUNT"]
    with (shared_data / SERVICES["scuole"]).open(encoding="utf-8", newline="") as file:
        assert imports[0]["READ"] == sum(1 for _ in csv.reader(file)) - 1
    assert imports[0]["WRITTEN"] == SCHOOLS[istat]

    check = results["checkplan"]
    assert check["CHECKS_RUN"] + check["NOT_RUN"] + check["NOT_APPLICABLE"] == 88
    assert check["BLOCKING"] == 0
    assert results["validatesubmission"]["VALID"] is True
