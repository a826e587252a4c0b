"""Fail when detect-secrets finds anything in a folder, and say where."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main(folder: str) -> int:
    """Scan every file of the folder; print each finding; return the exit code."""
    scan = subprocess.run(
        [str(Path(sys.executable).parent / "detect-secrets"), "scan", folder, "--all-files"],
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(scan.stdout)["results"]
    for name, findings in sorted(results.items()):
        for finding in findings:
            print(f"{name}:{finding['line_number']}: {finding['type']}")
    if not results:
        print("detect-secrets: nessun segreto trovato")
    return 1 if results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
