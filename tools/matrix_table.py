"""Print what tools/test_matrix.sh found, as the table that stands in the README."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree  # noqa: S405  our own reports

FOLDER = Path(__file__).resolve().parent.parent / "build" / "matrix"
LAYERS = ("algorithms", "endtoend")


def counted(report: Path) -> str:
    """Return the outcome of a junit report in words."""
    if not report.is_file():
        return "non eseguite"
    suite = ElementTree.parse(report).getroot()  # noqa: S314
    suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    parts = [f"{total - skipped - failed} riuscite"]
    parts += [f"{failed} non riuscite"] if failed else []
    parts += [f"{skipped} saltate"] if skipped else []
    return ", ".join(parts)


def main(suites) -> None:
    """Print a row a suite."""
    print("| Debian | QGIS | Python | numpy | GeoPandas | algoritmi | dal pacchetto | Qt 6 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for suite in suites:
        place = FOLDER / suite
        try:
            lines = (place / "versions.txt").read_text(encoding="utf-8").split("\n")
            qt6 = (place / "qt6.txt").read_text(encoding="utf-8").strip().rpartition(", ")[2]
        except OSError:
            print(f"| {suite} | non preparata | | | | | | |")
            continue
        versions = dict(line.split(" ") for line in lines if line)
        names = ("qgis", "python3", "python3-numpy", "python3-geopandas")
        plain = [versions[name].split(":")[-1].split("+")[0].split("-")[0] for name in names]
        outcome = [counted(place / f"{layer}.xml") for layer in LAYERS]
        print(f"| {suite} | " + " | ".join([*plain, *outcome, qt6]) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
