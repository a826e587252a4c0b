"""Compile the domain's tables into the criteria pack and the reference comuni.

    python3 tools/build_pack.py ../shared/domain

Rewrites, deterministically, ``tassonomia.csv``, ``valenza.csv``, ``controlli.csv`` and
``lum_matrice.csv`` of the bundled pack and ``resources/riferimento/comuni.csv``. The other
files of the pack and ``riferimento/codici_catastali.csv`` are written by hand: never touched.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACK = Path("sttm_plugin/resources/criteri/sttm2")
REFERENCE = Path("sttm_plugin/resources/riferimento")

SEVERITA = {
    "errore bloccante": "blocco",
    "errore": "errore",
    "avviso": "avviso",
    "informazione": "info",
}
YES_NO = {"si": "si", "no": "no"}

# domain column → pack column, where the contract of the interface names it otherwise
RULE_COLUMNS = {
    "severita_se_non_soddisfatta": "severita",
    "formula_o_fonte_dato": "formula",
}
CHECK_COLUMNS = {
    "ammette_motivazione": "ammette_giustificazione",
    "input": "dati_richiesti",
    "correzione_suggerita": "suggerimento",
}
# A finding is about one object: the messages that count them are written again for one.
MESSAGES = {
    "STTM2-105": "{nome}: senza geometria",
    "STTM2-106": "{nome}: geometria non valida",
    "STTM2-110": "{a} e {b}: probabile duplicato",
    "STTM2-112": "{nome}: poligono di {area} mq, sotto {soglia} mq",
    "STTM2-117": "{nome}: dato più vecchio di {mesi} mesi",
    "STTM2-119": "{nome}: caratteri errati nel campo {campo}",
    "STTM2-603": "{nome}: {v} ab entro {minuti} minuti TPL",
    "STTM2-941": "{nome}: possibile dato personale nel campo {campo}",
    "STTM2-942": "{nome}: {n} celle di utenti sotto soglia",
}
MATRIX_COLUMNS = ("MU", "MP", "SU", "SP")


def compile_pack(domain: Path) -> dict:
    """Return {path below the project root: bytes} of every compiled file."""
    return {
        PACK / "tassonomia.csv": _taxonomy(domain),
        PACK / "valenza.csv": _rules(domain),
        PACK / "controlli.csv": _checks(domain),
        PACK / "lum_matrice.csv": _matrix(domain),
        REFERENCE / "comuni.csv": _comuni(domain),
    }


def _taxonomy(domain: Path) -> bytes:
    header, rows = _read(domain / "TASSONOMIA.csv")
    return _csv(header, rows)


def _rules(domain: Path) -> bytes:
    header, rows = _read(domain / "CRITERI_VALENZA.csv")
    for row in rows:
        row["severita_se_non_soddisfatta"] = SEVERITA[row["severita_se_non_soddisfatta"]]
    return _renamed(header, rows, RULE_COLUMNS)


def _checks(domain: Path) -> bytes:
    header, rows = _read(domain / "CONTROLLI.csv")
    for row in rows:
        row["severita"] = SEVERITA[row["severita"]]
        row["bloccante"] = YES_NO[row["bloccante"]]
        row["ammette_motivazione"] = YES_NO[row["ammette_motivazione"]]
        row["messaggio"] = MESSAGES.get(row["codice"], row["messaggio"])
    return _renamed(header, rows, CHECK_COLUMNS)


def _matrix(domain: Path) -> bytes:
    """The matrix of LUM.md §6; the conditions are those of its last column, for its own C or N."""
    text = (domain / "LUM.md").read_text(encoding="utf-8")
    rows = []
    note = ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 7 or not re.fullmatch(r"[A-Z]{3}\.\d\d", cells[0]):
            continue
        note = note if cells[6] == "come sopra" else cells[6]
        row = {"codice_categoria": cells[0], **dict(zip(MATRIX_COLUMNS, cells[2:6]))}
        row.update(_conditions(note))
        row["provenienza"] = "proposta"
        rows.append(row)
    header = ["codice_categoria", *MATRIX_COLUMNS, "condizione_c", "ragione_n", "provenienza"]
    return _csv(header, rows)


def _conditions(note: str) -> dict:
    """Return what the last column says of a C and of an N ("C: …; N: …")."""
    found = {"condizione_c": "", "ragione_n": ""}
    for piece in note.split(";"):
        letter, colon, text = piece.strip().partition(":")
        if colon and letter in ("C", "N"):
            found["condizione_c" if letter == "C" else "ragione_n"] = text.strip()
        elif piece.strip():
            found["ragione_n"] = piece.strip()
    return found


def _comuni(domain: Path) -> bytes:
    header, rows = _read(domain / "comuni_cmm.csv")
    header = [name for name in header if name != "comune_lum"]
    return _csv(header, sorted(rows, key=lambda row: row["istat"]))


def _read(path: Path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    return list(reader.fieldnames), rows


def _renamed(header, rows, names) -> bytes:
    columns = [names.get(name, name) for name in header]
    renamed = [{names.get(name, name): row[name] for name in header} for row in rows]
    return _csv(columns, renamed)


def _csv(header, rows) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(
        buffer, header, extrasaction="ignore", quoting=csv.QUOTE_MINIMAL, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8")


def main(arguments: list) -> int:
    """Write every compiled file; return the exit code."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    for name, content in compile_pack(Path(arguments[0])).items():
        target = ROOT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        print(f"{name}: {len(content)} byte")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
