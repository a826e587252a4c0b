"""Who answers for a finding: assigned by somebody to somebody, kept by the finding's id."""

from __future__ import annotations

from .documents import compact_json, generated_at
from .errors import SttmError
from .schema import ASSIGNMENTS, names
from .waivers import check_date

_FIELDS = names(ASSIGNMENTS)
_LONGEST = 2_000


def assign(known, findings, ids, *, assegnato_a, assegnato_da, data="", nota=""):
    """Return the table with the findings given to a person, or to nobody.

    One row a finding: a new one takes the place of the one before. A finding taken from
    everybody keeps its row, which says who took it away: a copy that still has it assigned must
    not bring it back.

    Args:
        known: rows of ``schema.ASSIGNMENTS`` as they are.
        findings: rows of ``schema.FINDINGS``. ids: ``id_rilievo`` values and codes of checks, as
            in ``waivers.split_ids``; a code stands for its findings that are not resolved.
        assegnato_a: a name, "" for nobody. assegnato_da: who decides. data: ISO date, "" for today.

    Returns:
        (rows, changed): known rows in their order, then new ones; how many findings changed hands.

    Raises:
        SttmError: nobody decides, an unknown finding, a bad date.
    """
    person, by = _name(assegnato_a), _name(assegnato_da)
    if not by:
        raise SttmError("Manca chi assegna: indicare nome e ruolo.")
    day, moment = check_date(data), generated_at()
    chosen = _chosen(findings, ids)
    rows = [{name: row.get(name) for name in row} for row in known]
    place = {row.get("id_rilievo"): at for at, row in enumerate(rows)}
    changed = 0
    for finding in chosen:
        at = place.get(finding["id_rilievo"])
        if (_name(rows[at]["assegnato_a"]) if at is not None else "") == person:
            continue
        row = {
            "id_rilievo": finding["id_rilievo"],
            "codice": finding.get("codice"),
            "id_oggetto": finding.get("id_oggetto"),
            "assegnato_a": person or None,
            "assegnato_da": by,
            "data": day,
            "momento": moment,
            "nota": _name(nota) or None,
        }
        changed += 1
        if at is None:
            rows.append(row)
        else:
            rows[at] = {**rows[at], **row}
    return rows, changed


def merge_assignments(mine, theirs):
    """Return (my rows with theirs brought in, how many changed): the later decision counts.

    Of two of the same second the one whose text sorts last: both copies end with the same rows.
    """
    rows = [dict(row) for row in mine]
    place = {row.get("id_rilievo"): at for at, row in enumerate(rows)}
    changed = 0
    for other in sorted(theirs, key=_order):
        at = place.get(other["id_rilievo"])
        if at is None:
            place[other["id_rilievo"]] = len(rows)
            rows.append(dict(other))
        elif _order(other) > _order(rows[at]):
            rows[at] = {**rows[at], **other}
        else:
            continue
        changed += 1
    return rows, changed


def plain_assignments(rows) -> list[dict]:
    """Return the rows as a file tells them: whole ones, texts, by finding."""
    plain = [{name: _text(row.get(name)) for name in _FIELDS} for row in rows]
    whole = [row for row in plain if not assignment_faults(row)]
    return sorted(whole, key=lambda row: row["id_rilievo"])


def assignment_faults(row) -> list[str]:
    """Return what is wrong with a row somebody else wrote, as phrases."""
    if not isinstance(row, dict):
        return ["non è un oggetto con i campi di un'assegnazione"]
    unknown = sorted(str(name)[:40] for name in row if name not in _FIELDS)
    if unknown:
        return [f"campo sconosciuto «{unknown[0]}»"]
    for name in _FIELDS:
        value = row.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > _LONGEST):
            return [f"«{name}» deve essere un testo di al più {_LONGEST} caratteri"]
    found = [
        f"manca «{name}»"
        for name in ("id_rilievo", "assegnato_da", "data", "momento")
        if not (row.get(name) or "").strip()
    ]
    if row.get("data"):
        try:
            check_date(row["data"])
        except SttmError as error:
            found.append(str(error).rstrip("."))
    if str(row.get("momento") or "")[:10] > generated_at()[:10]:
        # It would count for ever: no decision taken here would be later.
        found.append(f"«momento» {row['momento'][:20]} è nel futuro")
    return found


def _chosen(findings, ids):
    by_id = {finding.get("id_rilievo"): finding for finding in findings}
    by_code: dict = {}
    for finding in findings:
        if finding.get("stato") != "risolto":
            by_code.setdefault(finding.get("codice"), []).append(finding)
    chosen: dict = {}
    for one in ids:
        of_one = [by_id[one]] if one in by_id else by_code.get(one)
        if not of_one:
            raise SttmError(
                f"Rilievo sconosciuto: {one}. Rieseguire la verifica e scegliere fra i rilievi "
                "che elenca."
            )
        chosen.update((finding["id_rilievo"], finding) for finding in of_one)
    return list(chosen.values())


def _order(row):
    return str(row.get("momento") or ""), compact_json({n: _text(row.get(n)) for n in _FIELDS})


def _name(text) -> str:
    return " ".join(str(text or "").split())


def _text(value):
    return None if value is None or value != value or str(value) == "" else str(value)
