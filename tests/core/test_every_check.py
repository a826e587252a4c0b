"""Every check of the pack finds the object that fails it, and is right at its limit."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

from sttm_plugin.core.checks.engine import PACKAGE_CHECKS, run_checks
from sttm_plugin.core.checks.engine import tests as known_tests
from sttm_plugin.core.pack import load_pack

from .every_check import CASES, MET
from .packages import PACKAGES, verdict_of

CODES = [one.codice for one in load_pack().controlli if one.codice not in PACKAGE_CHECKS]


def judged(code, make):
    plan = make()
    result = run_checks(plan, plan.pack, only={code})
    return result.checks["verdetto"].iloc[0], sorted(result.findings["id_oggetto"])


def test_every_check_has_its_three_cases_and_a_test():
    assert sorted(CASES) == CODES
    assert sorted(PACKAGES) == sorted(PACKAGE_CHECKS)
    known = known_tests()
    lacking = [one.codice for one in load_pack().controlli if one.prova not in known]
    assert lacking == list(PACKAGE_CHECKS)


@pytest.mark.parametrize("code", CODES)
def test_the_object_that_fails_is_found_and_only_it(code):
    case = CASES[code]
    assert judged(code, case.fails) == ("non_soddisfatto", [case.failing])


@pytest.mark.parametrize("code", CODES)
def test_the_object_that_passes_gives_no_finding(code):
    assert judged(code, CASES[code].passes) == (MET, [])


@pytest.mark.parametrize("code", CODES)
def test_at_the_limit(code):
    case = CASES[code]
    verdict, found = judged(code, case.limit)
    assert verdict == case.at_limit
    assert bool(found) == (case.at_limit == "non_soddisfatto")


@pytest.mark.parametrize(
    ("code", "which", "verdict"),
    [
        (code, which, verdict)
        for code, (*_, at_limit) in sorted(PACKAGES.items())
        for which, verdict in enumerate(("non_soddisfatto", MET, at_limit))
    ],
)
def test_what_belongs_to_a_package_is_told_of_a_package(code, which, verdict, tmp_path):
    assert verdict_of(code, PACKAGES[code][which], tmp_path) == verdict
