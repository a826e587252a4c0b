"""What changed after a justification: said with the names of the fields, before and after."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from shapely.geometry import Point, box

from sttm_plugin.core.changes import shape_summary, what_changed


def letto(**row):
    return json.dumps({"codice": "STTM2-301", "oggetti": {"s1": {"services": [row]}}})


def summary(shape):
    return shape_summary(shape.wkb_hex, shape)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            {"denominazione": "Asilo", "superficie_dichiarata_mq": 1200.0},
            {"denominazione": "Asilo", "superficie_dichiarata_mq": 1500.5},
            "Superficie dichiarata (m²): 1200 → 1500,5.",
        ),
        ({"gestore": None}, {"gestore": "ASL"}, "Gestore: vuoto → «ASL»."),
        ({"in_lum": True}, {"in_lum": False}, "In un LUM: sì → no."),
        ({"gestore": "ASL"}, {}, "il controllo non legge più Gestore."),
        (
            {"geometria": summary(Point(500000, 5030000))},
            {"geometria": summary(Point(500003, 5030004))},
            "geometria: spostata di 5 m.",
        ),
        (
            {"geometria": summary(box(0, 0, 10, 10))},
            {"geometria": summary(box(0, 0, 10, 12))},
            "geometria: spostata di 1 m, da 100 a 120 m².",
        ),
        ({"geometria": None}, {"geometria": summary(Point(1, 2))}, "geometria: prima non c'era."),
        ({"geometria": summary(Point(1, 2))}, {"geometria": None}, "geometria: tolta."),
        (
            {"geometria": summary(Point(1, 2))},
            {"geometria": summary(box(0, 0, 1, 1))},
            "geometria: Point → Polygon.",
        ),
    ],
)
def test_a_change_is_told_with_its_field_before_and_after(before, after, sentence):
    assert what_changed(letto(**before), letto(**after)) == sentence


def test_objects_that_come_and_go_are_named():
    before = json.dumps({"oggetti": {"a": {"services": [{"stato": "esistente"}]}, "b": {}}})
    after = json.dumps({"oggetti": {"a": {}, "b": {"services": [{"stato": "esistente"}]}}})
    assert what_changed(before, after) == "a: non c'è più; b: prima non c'era."


def test_the_seventh_difference_is_counted():
    fields = "comune categoria gestore proprietario fonte stato esito".split()
    told = what_changed(
        letto(**dict.fromkeys(fields, "prima")), letto(**dict.fromkeys(fields, "dopo"))
    )
    assert told.count("→") == 6
    assert told.endswith("; e altre 1 differenze.")


@pytest.mark.parametrize("kept", [None, "", "{", "[1]", '{"oggetti": 3}'])
def test_without_what_was_read_it_says_so(kept):
    assert "che cosa non si può dire" in what_changed(kept, letto(stato="esistente"))


def test_a_lapsed_justification_says_what_changed(scripted_plan):
    first = scripted_plan({"denominazione": "Biblioteca"})
    row = first.findings.iloc[0]
    waiver = {
        "id_deroga": "d1",
        "id_rilievo": row["id_rilievo"],
        "impronta": row["impronta"],
        "letto": row["letto"],
        "giustificazione": "Sono due servizi distinti nello stesso edificio.",
        "autore": "Arch. Rossi",
        "data": "2025-01-10",
        "revocata_il": None,
    }
    waivers = pd.DataFrame([waiver])
    same = scripted_plan({"denominazione": "Biblioteca"}, waivers=waivers).findings.iloc[0]
    assert (same["stato"], same["cambiato"]) == ("giustificato", None)
    lapsed = scripted_plan({"denominazione": "Biblioteca civica"}, waivers=waivers)
    found = lapsed.findings.iloc[0]
    assert found["stato"] == "giustificazione_scaduta"
    assert found["cambiato"] == "Denominazione: «Biblioteca» → «Biblioteca civica»."


@pytest.fixture
def scripted_plan(monkeypatch):
    """Run one check that reads the name and fails on s1, on a plan of one row."""
    from dataclasses import replace

    from sttm_plugin.core.checks import engine
    from sttm_plugin.core.checks.engine import Failing, Outcome, run_checks
    from sttm_plugin.core.pack import load_pack

    from .plans import plan_with

    bundled = load_pack()
    one = next(each for each in bundled.controlli if each.ammette_giustificazione)
    pack = replace(bundled, controlli=(replace(one, prova="prova", campi=("denominazione",)),))
    tests = {"prova": lambda plan, controllo: Outcome(1, [Failing("s1")])}
    monkeypatch.setattr(engine, "tests", lambda: tests)
    return lambda row, **layers: run_checks(plan_with(row, **layers), pack)
