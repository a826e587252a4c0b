"""The engine of the checks: verdicts, identifiers, fingerprints, statuses, justifications."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sttm_plugin.core.checks import engine
from sttm_plugin.core.checks.engine import Failing, Outcome, run_checks, written
from sttm_plugin.core.ids import finding_id
from sttm_plugin.core.pack import load_pack

from .plans import OGGI, plan_with


@pytest.fixture(scope="module")
def pack():
    """The bundled pack, each check calling a test named after its code."""
    bundled = load_pack()
    checks = tuple(
        replace(one, prova=one.codice, campi=("denominazione",)) for one in bundled.controlli
    )
    return replace(bundled, controlli=checks)


@pytest.fixture
def scripted(monkeypatch, pack):
    """Run the checks with tests that return what is said: {codice: Outcome}."""

    def run(outcomes, *rows, **layers):
        tests = {
            one.codice: lambda plan, controllo: outcomes.get(controllo.codice, Outcome(0))
            for one in pack.controlli
        }
        monkeypatch.setattr(engine, "tests", lambda: tests)
        return run_checks(plan_with(*(rows or ({}, {}, {})), **layers), pack)

    return run


def verdicts(result):
    return dict(zip(result.checks["codice"], result.checks["verdetto"]))


def test_verdicts_follow_the_contract(scripted):
    result = scripted(
        {
            "STTM2-103": Outcome(3, [Failing("s1")], missing=("LUM",)),
            "STTM2-105": Outcome(3, missing=("campo:stato",)),
            "STTM2-106": Outcome(3),
            "STTM2-109": Outcome(0),
            "STTM2-111": Outcome(0, missing=("COMUNI",)),
        }
    )
    found = verdicts(result)
    assert found["STTM2-101"] == found["STTM2-947"] == "non_applicabile"
    assert found["STTM2-103"] == "non_soddisfatto"
    assert found["STTM2-105"] == "non_verificabile"
    assert found["STTM2-106"] == "soddisfatto"
    assert found["STTM2-109"] == "non_applicabile"
    # A withheld input never makes a check not applicable.
    assert found["STTM2-111"] == "non_verificabile"
    assert len(result.checks) == 88
    counts = result.counts
    assert counts["CHECKS_RUN"] + counts["NOT_RUN"] + counts["NOT_APPLICABLE"] == 88
    assert counts["BLOCKING"] == 1


def test_a_finding_has_a_stable_id_and_a_point_on_its_object(scripted):
    shape = plan_with({}).own.at[0, "geometry"]
    failing = Failing("s1", ("s9", "s2"), 12.5, 50.0, geometry=shape)
    (finding,) = scripted({"STTM2-110": Outcome(1, [failing])}).findings.to_dict("records")

    assert finding["id_rilievo"] == finding_id("STTM2-110", "s1", ("s2", "s9"))
    assert finding["altri_oggetti"] == "s2;s9"
    assert (finding["valore"], finding["soglia"]) == ("12.5", "50")
    assert finding["stato"] == "aperto"
    assert finding["geometry"].equals(shape)


def fingerprint_of(scripted, row, code="STTM2-110"):
    return scripted({code: Outcome(1, [Failing("s1")])}, row).findings["impronta"].iloc[0]


def test_the_fingerprint_follows_what_the_check_reads_and_nothing_else(scripted):
    first = fingerprint_of(scripted, {"denominazione": "Biblioteca"})

    assert fingerprint_of(scripted, {"denominazione": "Biblioteca", "punteggio": 80.0}) == first
    assert fingerprint_of(scripted, {"denominazione": "Biblioteca civica"}) != first


def run_twice(scripted, first, second, waivers=None):
    previous = scripted({"STTM2-110": Outcome(2, [Failing(key) for key in first])}).findings
    outcome = second if isinstance(second, Outcome) else Outcome(2, [Failing(k) for k in second])
    found = scripted({"STTM2-110": outcome}, previous=previous, waivers=waivers).findings
    return dict(zip(found["id_oggetto"], found["stato"])), previous


def test_statuses_against_an_earlier_run(scripted):
    states, _ = run_twice(scripted, ["s1", "s2"], ["s2", "s3"])

    assert states == {"s1": "risolto", "s2": "aperto", "s3": "nuovo"}


def test_what_can_no_longer_be_verified_stays_as_it_was(scripted):
    states, _ = run_twice(scripted, ["s1"], Outcome(0, missing=("COMUNI",)))

    assert states == {"s1": "aperto"}


def waiver(previous, **changes):
    row = {
        "id_deroga": "d1",
        "id_rilievo": previous["id_rilievo"].iloc[0],
        "impronta": previous["impronta"].iloc[0],
        "giustificazione": "Sono due servizi distinti nello stesso edificio.",
        "autore": "Arch. Rossi",
        "data": OGGI.isoformat(),
        "revocata_il": None,
    }
    return {**row, **changes}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "giustificato"),
        ({"impronta": "altra"}, "giustificazione_scaduta"),
        ({"giustificazione": "x" * 39}, "aperto"),
        ({"giustificazione": "x" * 40}, "giustificato"),
        ({"autore": None}, "aperto"),
        ({"data": None}, "aperto"),
        ({"revocata_il": "2026-01-10"}, "aperto"),
    ],
)
def test_a_justification_counts_when_it_is_whole_and_its_object_unchanged(scripted, changes, state):
    _, previous = run_twice(scripted, ["s1"], ["s1"])
    waivers = pd.DataFrame([waiver(previous, **changes)])
    states, _ = run_twice(scripted, ["s1"], ["s1"], waivers)

    assert states == {"s1": state}


def test_what_cannot_be_justified_is_not(scripted):
    outcome = {"STTM2-103": Outcome(1, [Failing("s1")])}
    previous = scripted(outcome).findings
    result = scripted(outcome, waivers=pd.DataFrame([waiver(previous)]))

    assert result.findings["stato"].tolist() == ["aperto"]
    assert "non si giustifica" in result.notes[0]


def test_numbers_are_written_in_the_italian_way():
    assert [written(value) for value in (1234567.0, 0.6125, 12.5, 3, True)] == [
        "1.234.567",
        "0,613",
        "12,5",
        "3",
        "sì",
    ]
