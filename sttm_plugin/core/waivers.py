"""Waivers (deroghe): a finding explained by a named person, until the object changes."""

from __future__ import annotations

import datetime

from .changes import what_changed
from .documents import today
from .errors import SttmError
from .ids import id_of
from .schema import DOMAINS

REASON_LENGTH = 40

# A finding in one of these states still waits for an answer.
OPEN_STATES = ("aperto", "nuovo", "giustificazione_scaduta")


def make_waivers(
    findings, ids, *, giustificazione, tipo, autore, data, riferimento="", documento=""
):
    """Give each finding named in ``ids`` a waiver with the same reason.

    Args:
        findings: rows of ``schema.FINDINGS``, dicts.
        ids: ``id_rilievo`` of the findings to justify.
        giustificazione: the planner's words, at least REASON_LENGTH characters.
        tipo: one of ``DOMAINS["tipo_giustificazione"]``.
        autore: the person who answers for it.
        data: ISO date of the reason, not in the future.

    Returns:
        Rows of ``schema.WAIVERS``, dicts, in the order of ``ids``. The same reason by the same
        person for the same state of the object has the same ``id_deroga``.

    Raises:
        SttmError: reason too short, no author, bad date or type, unknown finding, or one that
            can't be justified.
    """
    reason = check_reason(giustificazione)
    check_type(tipo)
    author = " ".join(str(autore or "").split())
    if not author:
        raise SttmError("Manca l'autore: una giustificazione vale solo se qualcuno la firma.")
    day = check_date(data)
    waivers = []
    for finding in _named(findings, ids):
        if finding.get("ammette_giustificazione") is not True:
            raise SttmError(
                f"Il rilievo {finding['codice']} «{finding.get('titolo') or ''}» non si può "
                "giustificare: è un difetto del dato, va corretto."
            )
        if finding.get("stato") == "risolto":
            raise SttmError(
                f"Il rilievo {finding['codice']} «{finding.get('titolo') or ''}» è già risolto: "
                "non c'è nulla da giustificare."
            )
        waivers.append(
            {
                "id_deroga": id_of("|".join(("d", *_who_and_what(finding), author, day, reason))),
                "id_rilievo": finding["id_rilievo"],
                "codice": finding["codice"],
                "id_oggetto": finding.get("id_oggetto"),
                "impronta": finding.get("impronta"),
                "giustificazione": reason,
                "tipo_giustificazione": tipo,
                "riferimento_giustificazione": _text(riferimento),
                "autore": author,
                "data": day,
                "documento": _text(documento),
                "revocata_il": None,
                "letto": finding.get("letto"),
            }
        )
    return waivers


def add_waivers(waivers, new):
    """Return the table with the new rows at its end, and how many were not there yet.

    Args:
        waivers: rows of the table as it is.
        new: rows of ``make_waivers``.

    Returns:
        (rows, added). The same answer in force is not added twice; one that was revoked comes
        back as a row of its own. Given after another of the same day, a row has an ``id_deroga``
        that sorts after the other's, so that it is the one that counts (see ``order_of``).
    """
    every = {row.get("id_deroga") for row in waivers}
    given = {_answer(row) for row in waivers if not row.get("revocata_il")}
    counting = waivers_in_force(waivers)
    added = []
    for row in new:
        now = counting.get(row["id_rilievo"])
        behind = now is not None and _day(now) == _day(row) and _answer(now) != _answer(row)
        if _answer(row) in given and not behind:
            continue
        fresh = dict(row)
        turn = 1
        while fresh["id_deroga"] in every or (behind and order_of(fresh) < order_of(now)):
            turn += 1
            fresh["id_deroga"] = id_of(f"{row['id_deroga']}|{turn}")
        every.add(fresh["id_deroga"])
        given.add(_answer(fresh))
        if now is None or order_of(fresh) > order_of(now):
            counting[row["id_rilievo"]] = fresh
        added.append(fresh)
    return [*waivers, *added], len(added)


def revoke_waivers(waivers, ids, data):
    """Return the table with every waiver in force of the findings ``ids`` revoked on a day.

    Args:
        waivers: rows of the table.
        ids: ``id_rilievo`` of the findings.
        data: ISO date.

    Returns:
        (rows, revoked): rows in their order, and how many were changed.

    Raises:
        SttmError: none of the findings has a waiver in force, or the date is bad.
    """
    day = check_date(data)
    wanted = set(ids)
    rows, revoked = [], 0
    for row in waivers:
        if row.get("id_rilievo") in wanted and not row.get("revocata_il"):
            row = {**row, "revocata_il": day}
            revoked += 1
        rows.append(row)
    if not revoked:
        raise SttmError("Nessuna giustificazione da revocare per i rilievi scelti.")
    return rows, revoked


def expand_ids(findings, ids, revoke=False) -> list[str]:
    """Return the ids with each check's code replaced by its findings: equal ones go together.

    Args:
        findings: rows of ``schema.FINDINGS``, dicts.
        ids: ``id_rilievo`` values and codes of checks ("STTM2-301").
        revoke: take the findings that have a justification instead of those that wait for one.

    Raises:
        SttmError: a code has no finding that can be justified (or revoked).
    """
    states = ("giustificato", "giustificazione_scaduta") if revoke else OPEN_STATES
    expanded = []
    for identifier in ids:
        of_code = [row for row in findings if row.get("codice") == identifier]
        if not of_code:
            expanded.append(identifier)
            continue
        able = [
            row["id_rilievo"]
            for row in of_code
            if row.get("stato") in states and row.get("ammette_giustificazione") is True
        ]
        if not able:
            what = "da revocare" if revoke else "da giustificare"
            raise SttmError(f"Il controllo {identifier} non ha rilievi {what}.")
        expanded += able
    return list(dict.fromkeys(expanded))


def order_of(waiver) -> tuple:
    """Return what tells which of two waivers of a finding counts: the one that sorts last.

    The later day; on the same day the id, which is the same in every copy whatever the order of
    the rows.
    """
    return _day(waiver), str(waiver.get("id_deroga") or "")


def judge_waivers(waivers):
    """Return ({id_rilievo: the waiver that counts}, a sentence for each row that is none).

    Revoked rows are passed over. Without reason (REASON_LENGTH), author or date a row is not a
    waiver.

    Args:
        waivers: rows of ``schema.WAIVERS``, dicts, in any order.
    """
    found: dict = {}
    notes = []
    for row in sorted(waivers, key=order_of):
        if row.get("revocata_il"):
            continue
        reason = str(row.get("giustificazione") or "").strip()
        lacks = [
            name
            for name, present in (
                (f"motivo di almeno {REASON_LENGTH} caratteri", len(reason) >= REASON_LENGTH),
                ("autore", bool(row.get("autore"))),
                ("data", bool(row.get("data"))),
            )
            if not present
        ]
        if lacks:
            notes.append(
                f"La giustificazione {row.get('id_deroga') or 'senza codice'} sul rilievo "
                f"{row.get('id_rilievo')} non vale: manca {', '.join(lacks)}."
            )
            continue
        found[row.get("id_rilievo")] = row
    return found, notes


def waivers_in_force(waivers) -> dict:
    """Return {id_rilievo: the waiver that counts} (see ``judge_waivers``)."""
    return judge_waivers(waivers)[0]


def findings_after(findings, waivers):
    """Return the findings with the state the waivers give them now.

    Args:
        findings: rows of ``schema.FINDINGS``, dicts; unchanged.
        waivers: rows of ``schema.WAIVERS``.

    Returns:
        Rows in the same order: ``stato``, ``giustificazione``, ``autore``, ``data``, ``cambiato``
        renewed.
        A resolved finding stays as it is; one whose waiver was taken away is ``aperto`` again.
    """
    in_force = waivers_in_force(waivers)
    after = []
    for finding in findings:
        state = finding.get("stato")
        waiver = in_force.get(finding.get("id_rilievo"))
        if state == "risolto" or finding.get("ammette_giustificazione") is not True:
            after.append(dict(finding))
            continue
        if waiver is None:
            answered = state in ("giustificato", "giustificazione_scaduta")
            changed = {
                "stato": "aperto" if answered else state,
                "giustificazione": None,
                "autore": None,
                "data": None,
                "cambiato": None,
            }
        else:
            same = waiver.get("impronta") == finding.get("impronta")
            changed = {
                "stato": "giustificato" if same else "giustificazione_scaduta",
                "giustificazione": waiver["giustificazione"],
                "autore": waiver["autore"],
                "data": waiver["data"],
                "cambiato": None
                if same
                else what_changed(waiver.get("letto"), finding.get("letto")),
            }
        after.append({**finding, **changed})
    return after


def split_ids(text) -> list[str]:
    """Return the ids of a ``;`` list, in order, without repetitions.

    Raises:
        SttmError: the list is empty.
    """
    ids = list(dict.fromkeys(part.strip() for part in str(text or "").split(";") if part.strip()))
    if not ids:
        raise SttmError("Indicare almeno un rilievo: gli id_rilievo separati da «;».")
    return ids


def check_reason(text) -> str:
    """Return a reason with single spaces.

    Raises:
        SttmError: shorter than REASON_LENGTH characters.
    """
    reason = " ".join(str(text or "").split())
    if len(reason) < REASON_LENGTH:
        raise SttmError(
            f"La giustificazione ha {len(reason)} caratteri: ne servono almeno {REASON_LENGTH}. "
            "Dire perché il servizio o l'area fa eccezione e su quale atto o dato si basa."
        )
    return reason


def check_type(tipo) -> None:
    """Raise SttmError unless the type is one of the domain."""
    kinds = DOMAINS["tipo_giustificazione"]
    if tipo not in kinds:
        raise SttmError(
            f"Tipo di giustificazione «{tipo or ''}» non previsto: scegliere fra "
            f"{', '.join(kinds)}."
        )


def check_date(data) -> str:
    """Return a date as ISO text; today's when there is none.

    Raises:
        SttmError: not a date, or in the future.
    """
    if not data:
        return today().isoformat()
    try:
        day = datetime.date.fromisoformat(str(data)[:10])
    except ValueError:
        raise SttmError(f"Data «{data}» non valida: scriverla come 2026-01-31.") from None
    if day > today():
        raise SttmError(f"La data {day.isoformat()} è nel futuro: indicare quando si è deciso.")
    return day.isoformat()


def _named(findings, ids):
    by_id = {finding.get("id_rilievo"): finding for finding in findings}
    unknown = [identifier for identifier in ids if identifier not in by_id]
    if unknown:
        raise SttmError(
            f"Rilievo sconosciuto: {', '.join(unknown[:3])}"
            + (f" e altri {len(unknown) - 3}" if len(unknown) > 3 else "")
            + ". Rieseguire la verifica e scegliere fra i rilievi che elenca."
        )
    return [by_id[identifier] for identifier in ids]


def _who_and_what(finding):
    return finding["id_rilievo"], finding.get("impronta") or ""


def _answer(waiver):
    """Return what makes two rows the same answer."""
    names = ("id_rilievo", "impronta", "autore", "giustificazione")
    return (*(waiver.get(name) for name in names), _day(waiver))


def _day(waiver) -> str:
    return str(waiver.get("data") or "")[:10]


def _text(value):
    text = str(value or "").strip()
    return text or None
