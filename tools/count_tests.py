"""Print how many tests each layer ran, and fail when one ran none or any failed."""

from __future__ import annotations

import sys
from pathlib import Path

from defusedxml import ElementTree

LAYERS = ("core", "algorithms", "gui", "endtoend")


def count(report: Path) -> tuple[int, int, int]:
    """Return (passed, failed, skipped) of a junit report; zeros where there is none."""
    if not report.is_file():
        return 0, 0, 0
    suite = ElementTree.parse(report).getroot()
    suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    return total - skipped - failed, failed, skipped


def main(folder: Path) -> int:
    """Print one line a layer and the closing line; return the exit code."""
    totals = [0, 0, 0]
    empty = []
    for layer in LAYERS:
        counts = count(folder / f"{layer}.xml")
        print(f"tests/{layer}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
        totals = [total + number for total, number in zip(totals, counts)]
        if counts[0] + counts[1] == 0:
            empty.append(layer)
    if empty:
        print(f"No test ran in: {', '.join(empty)}")
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if empty or totals[1] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
