"""Justifications and assignments exchanged between two copies of a workspace, none lost."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

from .assignees import assignment_faults, plain_assignments
from .documents import canonical_json, compact_json, today
from .errors import SttmError
from .ids import valid_uuid
from .schema import ASSIGNMENTS, WAIVERS, names
from .waivers import check_date, check_reason, check_type, order_of

SCHEMA = "sttm.deroghe/1"
# A file of twenty thousand justifications is some 30 MB.
_LARGEST_BYTES = 100 * 1024 * 1024
_LONGEST = {"giustificazione": 20_000, "letto": 2_000_000}
_LONGEST_OTHER = 2_000
_SHOWN = 5
_FIELDS = names(WAIVERS)
# What may be filled in where one copy has it and the other has not.
_FILLABLE = tuple(
    name for name in _FIELDS if name not in ("id_deroga", "id_rilievo", "autore", "data")
)


def export_document(rows, assignments=()):
    """Return the bytes of the file to exchange, and the ids of the rows left out.

    The same rows give the same bytes in whatever order: no date, no author of the export.

    Args:
        rows: of ``schema.WAIVERS``, dicts. assignments: of ``schema.ASSIGNMENTS``.

    Returns:
        (bytes, ids): a row without reason, author or date is not a justification and stays.
    """
    whole, left = [], []
    for row in rows:
        plain = {name: _text(row.get(name)) for name in _FIELDS}
        if _faults(plain):
            left.append(plain["id_deroga"] or plain["id_rilievo"] or "senza codice")
        else:
            whole.append(plain)
    whole.sort(key=compact_json)
    body = {"schema": SCHEMA, "deroghe": whole}
    assigned = plain_assignments(assignments)
    if assigned:
        body["assegnazioni"] = assigned
    return canonical_json(body), sorted(left)


def read_document(path) -> tuple[list, list]:
    """Return the waivers and the assignments of a file somebody else wrote.

    Raises:
        SttmError: not such a file, or some rows are wrong: nothing of it is taken.
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > _LARGEST_BYTES:
            raise SttmError(
                f"«{file.name}» è di {size // 1024**2} MiB: un file di giustificazioni non supera "
                f"{_LARGEST_BYTES // 1024**2} MiB. Controllare di aver scelto il file giusto."
            )
        content = json.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SttmError(
            f"«{file.name}» non si legge ({error.strerror or error}): controllare che esista e che "
            "sia leggibile."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SttmError(
            f"«{file.name}» non è un file di giustificazioni leggibile: serve il JSON scritto da "
            "«Scambia le giustificazioni», intero."
        ) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, dict) else None
        raise SttmError(
            f"«{file.name}» non è un file di giustificazioni: «schema» vale «{str(found)[:60]}» "
            f"invece di «{SCHEMA}». Chiedere un file esportato con «Scambia le giustificazioni»."
        )
    rows, assignments = content.get("deroghe"), content.get("assegnazioni", [])
    if not isinstance(rows, list) or not isinstance(assignments, list):
        raise SttmError(f"«{file.name}»: manca l'elenco «deroghe», o «assegnazioni» non lo è.")
    faults, seen = [], set()
    for number, row in enumerate(rows, 1):
        of_row = _faults(row)
        if not of_row and row["id_deroga"] in seen:
            of_row = [f"id_deroga {row['id_deroga']} ripetuto"]
        elif not of_row:
            seen.add(row["id_deroga"])
        faults += [f"giustificazione {number}: {fault}" for fault in of_row]
    for number, row in enumerate(assignments, 1):
        faults += [f"assegnazione {number}: {fault}" for fault in assignment_faults(row)]
    if faults:
        more = f"; e altri {len(faults) - _SHOWN} difetti" if len(faults) > _SHOWN else ""
        raise SttmError(
            f"«{file.name}» non si importa, nulla è cambiato: {'; '.join(faults[:_SHOWN])}{more}."
        )
    return (
        [{name: row.get(name) for name in _FIELDS} for row in rows],
        [{name: row.get(name) for name in names(ASSIGNMENTS)} for row in assignments],
    )


def _faults(row) -> list[str]:
    """Return what is wrong with a row of the file, as phrases."""
    if not isinstance(row, dict):
        return ["non è un oggetto con i campi di una giustificazione"]
    unknown = sorted(str(name)[:40] for name in row if name not in _FIELDS)
    if unknown:
        return [f"campo sconosciuto «{unknown[0]}»"]
    for name in _FIELDS:
        value = row.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            return [f"«{name}» deve essere un testo"]
        longest = _LONGEST.get(name, _LONGEST_OTHER)
        if len(value) > longest:
            return [f"«{name}» supera {longest} caratteri"]
    found = [
        f"«{name}» non è un codice valido"
        for name in ("id_deroga", "id_rilievo")
        if not valid_uuid(row.get(name))
    ]
    if not (row.get("autore") or "").strip():
        found.append("manca l'autore")
    if not row.get("data"):
        found.append("manca la data")
    for check, name in ((check_reason, "giustificazione"), (_check_kind, "tipo_giustificazione")):
        try:
            check(row.get(name))
        except SttmError as error:
            found.append(str(error).rstrip("."))
    for name in ("data", "revocata_il"):
        if row.get(name):
            found += _day_faults(name, row[name])
    return found


def _check_kind(tipo):
    # Tables written by hand may lack the type; a wrong one is an error.
    if tipo is not None:
        check_type(tipo)


def _day_faults(name, value):
    try:
        if value != datetime.date.fromisoformat(value).isoformat():
            raise ValueError
        check_date(value)
    except ValueError:
        return [f"«{name}» {value[:20]} non è una data come 2026-01-31"]
    except SttmError:
        return [f"«{name}» {value} è dopo oggi ({today().isoformat()})"]
    return []


def merge_waivers(mine, theirs):
    """Return my table with theirs brought in: whoever starts, both copies end with the same rows.

    The same ``id_deroga``: the later ``data`` wins, and on the same day the text that sorts last;
    a revocation on either side stays, the earlier of two; what only one side filled in is kept.
    Another ``id_deroga`` is a row of its own.

    Args:
        mine: rows of ``schema.WAIVERS`` as they are. theirs: rows of ``read_document``.

    Returns:
        (rows, changed, counts, conflicts): my rows in their order, then new ones; counts has
        ``aggiunte``, ``aggiornate``, ``uguali``; conflicts are rows of ``schema.CONFLICTS``.
    """
    rows = [dict(row) for row in mine]
    place = {row.get("id_deroga"): at for at, row in enumerate(rows)}
    counts = {"aggiunte": 0, "aggiornate": 0, "uguali": 0}
    conflicts, fresh = [], []
    for other in sorted(theirs, key=lambda row: (row["data"], row["id_deroga"])):
        if other["id_deroga"] not in place:
            fresh.append(dict(other))
            counts["aggiunte"] += 1
            continue
        at = place[other["id_deroga"]]
        own = {name: _text(rows[at].get(name)) for name in _FIELDS}
        merged, differing, mine_counts = _merged(own, other)
        if differing:
            loser = other if mine_counts else own
            conflicts.append(_differing_row(merged, loser, differing, loser is own))
        if merged == own:
            counts["uguali"] += 1
        else:
            rows[at].update(merged)
            counts["aggiornate"] += 1
    conflicts += _both_justified(rows, fresh)
    return [*rows, *fresh], counts["aggiunte"] + counts["aggiornate"], counts, conflicts


def _merged(own, other):
    """Return the row both copies end with, the fields that differ, and whether mine counts."""
    differing = [
        name
        for name in _FIELDS
        if name != "revocata_il"
        and own[name] != other[name]
        and not (name in _FILLABLE and (own[name] is None or other[name] is None))
    ]
    # By what both say and say differently: what only one filled in must not decide, or a second
    # import would decide otherwise.
    mine, theirs = (
        (row["data"] or "", compact_json({name: row[name] for name in differing}))
        for row in (own, other)
    )
    winner, loser = (own, other) if mine >= theirs else (other, own)
    merged = {
        name: loser[name] if name in _FILLABLE and winner[name] is None else winner[name]
        for name in _FIELDS
    }
    taken_back = [row["revocata_il"] for row in (own, other) if row["revocata_il"]]
    merged["revocata_il"] = min(taken_back) if taken_back else None
    return merged, differing, winner is own


def _differing_row(merged, loser, differing, was_mine):
    return {
        "tipo": "testo_diverso",
        "id_deroga": merged["id_deroga"],
        "id_rilievo": merged["id_rilievo"],
        "codice": merged["codice"],
        "campi": ";".join(differing),
        "vale": compact_json({name: merged[name] for name in differing}),
        "non_vale": compact_json({name: loser[name] for name in differing}),
        "provenienza_non_vale": "questa copia" if was_mine else "file",
        "nota": "La stessa giustificazione ha testi diversi nelle due copie: vale la data più "
        "recente. Il testo che non vale è qui, per intero.",
    }


def _both_justified(rows, fresh):
    """Return a row for each finding that had a justification in force and got another one."""
    present: dict = {}
    for row in rows:
        if not row.get("revocata_il"):
            present.setdefault(row.get("id_rilievo"), []).append(row)
    found = []
    for new in fresh:
        others = present.get(new["id_rilievo"], ())
        if new["revocata_il"] or not others:
            continue
        own = max(others, key=order_of)
        winner, loser = (new, own) if order_of(new) > order_of(own) else (own, new)
        found.append(
            {
                "tipo": "due_giustificazioni",
                "id_deroga": new["id_deroga"],
                "id_rilievo": new["id_rilievo"],
                "codice": new["codice"],
                "campi": None,
                "vale": _signed(winner),
                "non_vale": _signed(loser),
                "provenienza_non_vale": "questa copia" if loser is own else "file",
                "nota": "Lo stesso rilievo è giustificato in tutte e due le copie: restano tutte e "
                "due, vale la più recente. Revocare quella che non serve.",
            }
        )
    return found


def _signed(row):
    return f"{row.get('giustificazione')} – {row.get('autore')}, {row.get('data')}"


def _text(value):
    if value is None or value != value:
        return None
    text = str(value)
    return text or None
