"""The four worked cases of LUM.md §7 and the limits of their formulas."""

from __future__ import annotations

import math

import pytest

from sttm_plugin.core import lumprofile
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.pack import load_pack

# LUM.md §7, column by column; areas in hectares of the exact circle.
CASES = [
    {
        "rank": "metropolitano", "state": "esistente", "r": 500, "a": 0.93, "n": 0.05,
        "people": 7100, "n_pa": 7, "modes": 5, "walk": 0.58, "ha": 3.2, "v": 0.10,
        "tpl": 410_000, "p": (4, 12), "d": 90.4, "context": "urbano", "iu": 98.0, "ils": 93.5,
        "ida": 63.8, "reading": "consolidare e specializzare", "case": 1,
    },
    {
        "rank": "metropolitano", "state": "esistente", "r": 500, "a": 0.38, "n": 0.60,
        "people": 900, "n_pa": 3, "modes": 4, "walk": 0.37, "ha": 9.5, "v": 0.28,
        "tpl": 190_000, "p": (5, 8), "d": 11.5, "context": "periurbano", "iu": 32.9, "ils": 56.3,
        "ida": 82.6, "reading": "priorità di insediamento", "case": 2,
    },
    {
        "rank": "metropolitano", "state": "previsto", "r": 500, "a": 0.81, "n": 0.15,
        "people": 5200, "n_pa": 5, "modes": 2, "walk": 0.51, "ha": 6.0, "v": 0.08,
        "tpl": 320_000, "p": (7, 12), "d": 66.2, "context": "urbano", "iu": 94.0, "ils": 61.4,
        "ida": 82.3, "reading": "consolidare e specializzare, dopo l'opera", "case": 3,
    },
    {
        "rank": "sovracomunale", "state": "previsto", "r": 350, "a": 0.31, "n": 0.68,
        "people": 260, "n_pa": 1, "modes": 2, "walk": 0.33, "ha": 2.1, "v": 0.35,
        "tpl": 62_000, "p": (4, 5), "d": 6.8, "context": "periurbano", "iu": 25.5, "ils": 34.8,
        "ida": 62.5, "reading": "priorità di insediamento", "case": 4,
    },
]  # fmt: skip


@pytest.fixture(scope="module")
def lum():
    return load_pack().lum


@pytest.mark.parametrize("case", CASES, ids=["caso 1", "caso 2", "caso 3", "caso 4"])
def test_the_four_worked_cases(case, lum):
    area = math.pi * case["r"] ** 2 / 10_000
    d = case["people"] / area

    context, _ = lumprofile.context_of(case["a"], d, lum)
    ils = lumprofile.service_level(case["rank"], case["n_pa"], case["modes"], case["walk"], lum)
    ida = lumprofile.readiness(
        case["rank"], case["ha"], area, case["v"], case["tpl"], *case["p"], lum
    )

    assert d == pytest.approx(case["d"], abs=0.05)
    assert context == case["context"]
    assert lumprofile.urbanity(case["a"], d, case["n"], lum) == pytest.approx(case["iu"], abs=0.05)
    assert ils.value == pytest.approx(case["ils"], abs=0.05)
    assert ida.value == pytest.approx(case["ida"], abs=0.05)
    assert (ils.coverage, ida.coverage) == (1.0, 1.0)
    reading = lumprofile.reading_of(case["rank"], case["state"], ils.value, ida.value, lum)
    assert reading == case["reading"]
    assert lumprofile.case_of(case["rank"], case["state"], context) == case["case"]


def test_case_1_shares_its_circle_between_two_comuni():
    # A straight border 120 m from the centre: the circular segment beyond it.
    r, h = 500.0, 120.0
    beyond = r**2 * math.acos(h / r) - h * math.sqrt(r**2 - h**2)

    assert beyond / (math.pi * r**2) == pytest.approx(0.3487, abs=5e-5)
    assert beyond / 10_000 == pytest.approx(27.39, abs=0.005)


@pytest.mark.parametrize(
    ("a", "d", "context", "near"),
    [
        (0.70, 15.0, "urbano", True),
        (0.6999, 15.0, "suburbano", True),
        (0.70, 14.999, "suburbano", True),
        (0.50, 90.0, "periurbano", True),
        (0.5001, 90.0, "suburbano", True),
        (0.60, 4.999, "periurbano", True),
        (0.60, 5.0, "suburbano", True),
        (0.60, 10.0, "suburbano", False),
        (0.95, 90.0, "urbano", False),
        (0.30, 1.0, "periurbano", False),
        (None, 90.0, None, False),
        (0.30, math.nan, "periurbano", False),
    ],
)
def test_contexts_at_their_limits(a, d, context, near, lum):
    assert lumprofile.context_of(a, d, lum) == (context, near)


def test_a_missing_component_leaves_its_weight_to_the_others(lum):
    ils = lumprofile.service_level("metropolitano", 4, 5, None, lum)
    ida = lumprofile.readiness("sovracomunale", None, None, 0.5, None, 1, 2, lum)
    nothing = lumprofile.service_level("metropolitano", None, None, math.nan, lum)

    assert ils.value == pytest.approx(100 * (0.45 * 0.5 + 0.30 * 1.0) / 0.75)
    assert ils.coverage == pytest.approx(0.75)
    assert ida.value == pytest.approx(50.0)
    assert ida.coverage == pytest.approx(0.40)
    assert (nothing.value, nothing.coverage) == (None, 0.0)


@pytest.mark.parametrize(
    ("rank", "ils", "ida", "text"),
    [
        ("metropolitano", 60.0, 60.0, "consolidare e specializzare"),
        ("metropolitano", 60.0, 59.9, "mantenere, qualificare lo spazio pubblico"),
        ("metropolitano", 59.9, 60.0, "priorità di insediamento"),
        ("sovracomunale", 45.0, 60.0, "consolidare e specializzare"),
        ("sovracomunale", 44.9, 0.0, "potenziare prima la mobilità e l'accesso"),
        ("sovracomunale", None, 60.0, None),
    ],
)
def test_readings_at_their_limits(rank, ils, ida, text, lum):
    assert lumprofile.reading_of(rank, "esistente", ils, ida, lum) == text


def test_a_rank_without_references_is_named(lum):
    with pytest.raises(SttmError, match="«locale»"):
        lumprofile.service_level("locale", 1, 1, 0.5, lum)


def test_other_combinations_are_no_case():
    assert lumprofile.case_of("sovracomunale", "esistente", "urbano") == 0
    assert lumprofile.case_of("metropolitano", "esistente", "suburbano") == 2
