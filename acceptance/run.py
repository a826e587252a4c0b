"""Runs the whole job on real comuni and prints what came out as one table.

python3 -m acceptance.run [015209 015182 …]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from demo.run import Job, leave, start_qgis

from .places import PLACES, PROJECT_ROOT, inputs_of, missing_data

COLUMNS = (
    ("letti", "READ"),
    ("scritti", "WRITTEN"),
    ("scartati", "REJECTED_COUNT"),
    ("da classificare", "UNCLASSIFIED"),
)


def figures(place, folder: Path) -> dict:
    """Do the whole job on a place and return its figures."""
    started = time.perf_counter()
    job = Job(inputs_of(place, folder / "dati"), folder / "esito")
    results = job.run()
    imports = [found for key, found in results.items() if key.startswith("servizi_")]
    found = {"comune": place.name}
    for title, name in COLUMNS:
        found[title] = int(sum(each[name] for each in imports))
    check = results["checkplan"]
    found.update(
        {
            "da verificare": int(results["classifyservices"]["TO_VERIFY"]),
            "LUM": job.count("lum"),
            "bloccanti": int(check["BLOCKING"]),
            "errori": int(check["ERRORS"]),
            "avvisi": int(check["WARNINGS"]),
            "info": int(check["INFOS"]),
            "controlli": int(check["CHECKS_RUN"]),
            "valida": "sì" if results.get("validatesubmission", {}).get("VALID") else "no",
            "secondi": round(time.perf_counter() - started, 1),
        }
    )
    found["righe"] = list(job.lines)
    return found


def table(rows: list[dict]) -> str:
    """Return the figures as a Markdown table."""
    names = [name for name in rows[0] if name != "righe"]
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(row[name]) for name in names) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def main(arguments=None) -> int:
    """Try the places named, or all of them; return the exit code."""
    wanted = sys.argv[1:] if arguments is None else arguments
    reason = missing_data()
    if reason:
        print(f"Accettazione: {reason}.")
        return 0
    keep = start_qgis()
    rows = []
    target = PROJECT_ROOT / "build" / "acceptance"
    for place in PLACES:
        if wanted and place.istat not in wanted:
            continue
        print(f"== {place.name}", flush=True)
        found = figures(place, target / place.istat)
        print("\n".join(f"  {line}" for line in found["righe"]), flush=True)
        rows.append(found)
    text = table(rows)
    (target / "cifre.md").write_text(text + "\n", encoding="utf-8")
    print(f"\n{text}")
    del keep
    return 0


if __name__ == "__main__":
    leave(main)
