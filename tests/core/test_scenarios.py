"""What each check counts today and with what is planned; who comes from outside."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

from sttm_plugin.core.checks.engine import run_checks
from sttm_plugin.core.checks.zona import outside_catchments
from sttm_plugin.core.report import report_html

from .every_check import OTHER, PEOPLE, TWIN, at, home, people
from .plans import ISTAT, plan_with


def counted(code, *rows, **layers):
    """Return (today, planned) of one check."""
    plan = plan_with(*rows, **layers)
    (row,) = run_checks(plan, plan.pack, only={code}).scenari
    if None not in (row["oggi"], row["previsto"]):
        assert row["differenza"] == row["previsto"] - row["oggi"]
    return row["oggi"], row["previsto"]


PLANNED = {"stato": "previsto", "fase_progetto": "progetto"}


def test_findings_on_what_is_planned_are_not_of_today():
    assert counted("STTM2-201", {"codice_sttm": None}, {**PLANNED, "codice_sttm": None}) == (1, 2)
    # A pair is of today where both are.
    pair = ({**TWIN, **at()}, {**TWIN, **PLANNED, **at(10)})
    assert counted("STTM2-110", *pair) == (0, 1)


def test_areas_grow_with_what_is_planned():
    rows = ({"superficie_mq": 17.0 * PEOPLE}, {**PLANNED, "superficie_mq": 2.0 * PEOPLE})
    assert counted("STTM2-401", *rows) == (1, 0)


def test_what_is_planned_may_be_out_of_everybodys_reach():
    rows = ({**at()}, {**PLANNED, **at(5000)})
    assert counted("STTM2-601", *rows, population=people(home(0))) == (0, 1)


def test_without_plans_the_two_scenarios_are_one():
    assert counted("STTM2-401", {"superficie_mq": 9.0}) == (1, 1)


def test_what_cannot_be_verified_is_not_counted():
    assert counted("STTM2-601", {}, PLANNED) == (None, None)


def test_the_share_of_a_catchment_beyond_the_border():
    # CUL.01 reaches by car well beyond a kilometre: seventy of a hundred live in Milan.
    crowd = people(home(0, 30.0, istat=ISTAT), home(900, 70.0, istat=OTHER))
    above = {"valenza_dichiarata": "intercomunale", "denominazione": "<b>Biblioteca</b>", **at()}
    plan = plan_with(
        {**above, "utenti_fuori_comune": 0.4}, {**above, "utenti_fuori_comune": None}, {},
        population=crowd,
    )  # fmt: skip
    rows = outside_catchments(plan)
    assert [row["id_servizio"] for row in rows] == ["s1", "s2"]
    assert [row["bacino_ab"] for row in rows] == [100.0, 100.0]
    assert [row["quota_bacino_fuori_comune"] for row in rows] == [0.7, 0.7]
    assert [row["quota_utenti_fuori_comune"] for row in rows] == [0.4, None]
    assert [row["natura_quota_utenti"] for row in rows] == ["dichiarato", None]
    result = run_checks(plan, plan.pack)
    result.bacini = rows
    page = report_html(result, plan)
    assert "Chi viene da fuori" in page
    assert "<b>Biblioteca" not in page


def test_people_whose_comune_is_not_known_are_in_no_share():
    plan = plan_with({"valenza_dichiarata": "intercomunale", **at()}, population=people(home(0)))
    (row,) = outside_catchments(plan)
    assert (row["bacino_ab"], row["quota_bacino_fuori_comune"]) == (10.0, None)
    (bare,) = outside_catchments(plan_with({"valenza_dichiarata": "intercomunale"}))
    assert (bare["bacino_ab"], bare["quota_utenti_fuori_comune"]) == (None, None)


def test_the_report_shows_only_what_changes():
    plan = plan_with({"superficie_mq": 17.0 * PEOPLE}, {**PLANNED, "superficie_mq": 2.0 * PEOPLE})
    page = report_html(run_checks(plan, plan.pack), plan)
    table = page[page.index("Oggi e con le previsioni") : page.index("Tutti i controlli")]
    assert "STTM2-401" in table
    assert "−1" in table
    assert "STTM2-103" not in table
