"""The benchmark makes its whole table, checks what it measures, and says what it could not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.__main__ import Bench
from benchmarks.report import Row, exponent

pytestmark = pytest.mark.endtoend

GOALS = ("≥ 30×", "≥ 20×", "≥ 300×", "≤ 2×", "≤ 4×", "≤ 5 s", "≤ 700 MB", "linear", "≤ 15×",
         "≤ 2,000 MB")  # fmt: skip


@pytest.mark.timeout(1800)
def test_a_quick_run_makes_every_row_and_agrees_with_the_oracle(project_root, tmp_path):
    page = tmp_path / "RISULTATI.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--rounds", "1",
         "--output", str(page), "--work", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=project_root, env=dict(os.environ),
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    text = page.read_text(encoding="utf-8")
    assert text in done.stdout
    assert "Every result was compared with an oracle" in text
    assert "differ from the oracle" not in text
    for goal in GOALS:
        assert f"| {goal}" in text
    # A quick run never claims a goal.
    assert "| met |" not in text and "| not met |" not in text
    for stage in ("costruzione della rete", "percorsi e misure", "diagnosi e correzione"):
        assert stage in text
    assert (tmp_path / "RISULTATI.svg").stat().st_size > 5_000


def test_a_goal_is_judged_by_its_median():
    assert Row("a", "≥ 30×", [10, 31, 40], 30, True).verdict == "met"
    assert Row("a", "≥ 30×", [10, 29, 90], 30, True).verdict == "not met"
    assert Row("a", "≤ 2×", [1, 2, 9], 2).verdict == "met"
    assert Row("a", "≤ 2×", [1, 2.1, 9], 2).verdict == "not met"
    assert Row("a", "≤ 2×", [1, 2.04, 9], 2).figures == "1 / 2.04 / 9 ×"


def test_what_was_not_measured_says_why():
    row = Row("a", "≤ 2×", [], 2, why="no compiler")

    assert (row.figures, row.verdict) == ("not measured: no compiler", "–")


def test_a_result_apart_from_the_oracle_is_told(tmp_path):
    bench = Bench(tmp_path, 10)
    bench.compare("near", 1e-7)
    bench.compare("far", 2e-6)
    bench.compare("not reached", float("inf"))
    bench.compare("no number", float("nan"))

    assert [text.split(":")[0] for text in bench.wrong] == ["far", "not reached", "no number"]


def test_growth_is_the_slope_of_logarithms():
    assert exponent([100, 200, 400], [3.0, 6.0, 12.0]) == pytest.approx(1.0)
    assert exponent([100, 200, 400], [1.0, 4.0, 16.0]) == pytest.approx(2.0)
