"""What a person decides of the pairs between the readings: kept, dated, never overturned."""

from __future__ import annotations

from .errors import SttmError
from .waivers import check_date

CONFIRMED, REJECTED, MERGED, UNDONE = "confermato", "respinto", "unito", "proposto"
DECISIONS = (CONFIRMED, REJECTED, MERGED, UNDONE)
_SHOWN = 3


def decide_pairs(known, proposed, ids, decision, autore, data, nota="", keep=1):
    """Return the table of pairs after a decision, and how many rows changed.

    Args:
        known: rows of ``schema.PAIRS`` as they are, dicts. proposed: rows with ``id_coppia``,
            ``id_1``, ``id_2``: the pairs a run gave; may be empty for pairs already in the table.
        ids: ``id_coppia`` of the pairs decided.
        decision: one of DECISIONS. "unito" is a confirmed pair in which one record prevails: that
            of reading ``keep`` (1 or 2). "proposto" takes a decision back; the row stays, with who
            took it back and when.
        autore, data: required; the date as ISO text, today when empty.

    Returns:
        (rows, changed): the known rows in their order, then new ones. A pair already decided that
        way is left as it is: first author and date stay.

    Raises:
        SttmError: no author, a bad date, an unknown pair, a pair decided otherwise, or a record
            that is already in another confirmed pair.
    """
    author = " ".join(str(autore or "").split())
    if not author:
        raise SttmError("Manca l'autore: una decisione vale solo se qualcuno la firma.")
    day = check_date(data)
    if decision not in DECISIONS:
        raise SttmError(f"Decisione «{decision}» non prevista: {', '.join(DECISIONS)}.")
    rows = [dict(row) for row in known]
    place = {row["id_coppia"]: at for at, row in enumerate(rows)}
    pairs = {row["id_coppia"]: row for row in (*rows, *proposed)}
    _check_known(ids, pairs, place, decision)
    changed = 0
    for identifier in ids:
        pair = pairs[identifier]
        row = rows[place[identifier]] if identifier in place else None
        state = CONFIRMED if decision == MERGED else decision
        winner = pair["id_1" if keep == 1 else "id_2"] if decision == MERGED else None
        now = (row.get("stato"), row.get("prevale")) if row else (None, None)
        if now == (state, winner):
            continue
        if decision != UNDONE:
            _check_free(rows, pair, row, state)
        after = {
            "id_coppia": identifier,
            "id_1": pair["id_1"],
            "id_2": pair["id_2"],
            "stato": state,
            "autore": author,
            "data": day,
            "nota": str(nota or "").strip() or None,
            "prevale": winner,
        }
        changed += 1
        if row is None:
            place[identifier] = len(rows)
            rows.append(after)
        else:
            row.update(after)
    return rows, changed


def _check_known(ids, pairs, place, decision):
    unknown = [identifier for identifier in ids if identifier not in pairs]
    if unknown:
        raise SttmError(
            f"Coppia sconosciuta: {_listed(unknown)}. Rieseguire «Riconcilia le letture» e "
            "scegliere fra le coppie che elenca (campo id_coppia)."
        )
    without = [i for i in ids if not (pairs[i].get("id_1") and pairs[i].get("id_2"))]
    if without:
        raise SttmError(
            f"Coppia senza i suoi due servizi (id_1, id_2): {_listed(without)}. Rieseguire "
            "«Riconcilia le letture»."
        )
    undecided = [identifier for identifier in ids if identifier not in place]
    if decision == UNDONE and undecided:
        raise SttmError(
            f"Nessuna decisione da annullare per la coppia {_listed(undecided)}: nell'area di "
            "lavoro non è stata decisa."
        )


def _check_free(rows, pair, row, state):
    """Raise SttmError when the pair was decided otherwise, or a record is in another pair."""
    before = row.get("stato") if row else None
    if before in (CONFIRMED, REJECTED) and before != state:
        raise SttmError(
            f"La coppia {pair['id_coppia']} è già stata decisa: «{before}» da "
            f"{row.get('autore') or 'autore non indicato'} il {row.get('data') or '—'}. Annullare "
            "prima quella decisione."
        )
    if state != CONFIRMED:
        return
    mine = {pair["id_1"], pair["id_2"]}
    for other in rows:
        if other["id_coppia"] == pair["id_coppia"] or other.get("stato") != CONFIRMED:
            continue
        common = mine & {other["id_1"], other["id_2"]}
        if common:
            raise SttmError(
                f"Il servizio {min(common)} è già nella coppia confermata {other['id_coppia']} "
                f"({other.get('autore') or 'autore non indicato'}, {other.get('data') or '—'}): "
                "annullare prima quella decisione, oppure indicare il servizio come doppione."
            )


def _listed(ids) -> str:
    more = f" e altre {len(ids) - _SHOWN}" if len(ids) > _SHOWN else ""
    return ", ".join(str(identifier) for identifier in ids[:_SHOWN]) + more
