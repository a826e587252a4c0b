"""A row for each check that was run: when, with which criteria, what it counted, what changed."""

from __future__ import annotations

from .documents import compact_json, generated_at
from .doubles import counted
from .ids import id_of

# States a run tells of, and the key they have in ``cambiamenti``.
_TOLD = {"nuovo": "nuovi", "risolto": "risolti", "giustificazione_scaduta": "scadute"}
# A first run after an import may resolve thousands: the counts are whole, the list is a look.
_MOST = 500


def history_row(result, plan) -> dict:
    """Return a row of ``schema.HISTORY``.

    Args:
        result: ``engine.CheckResult``. plan: ``engine.Plan``.

    ``cambiamenti`` lists, by kind, at most _MOST findings with their code and description; a
    lapsed one with what changed.
    """
    found, counts, moment = result.findings, result.counts, generated_at()
    criteria = plan.pack.as_reference()
    changes: dict = {key: [] for key in _TOLD.values()}
    totals = dict.fromkeys(_TOLD.values(), 0)
    for state, code, key, text, changed in zip(
        found["stato"], found["codice"], found["id_rilievo"], found["descrizione"],
        found["cambiato"],
    ):  # fmt: skip
        kind = _TOLD.get(state)
        if kind is None:
            continue
        totals[kind] += 1
        if len(changes[kind]) < _MOST:
            told = {"id_rilievo": key, "codice": code, "descrizione": text}
            changes[kind].append({**told, "cambiato": changed} if kind == "scadute" else told)
    return {
        "id_verifica": id_of(f"v|{plan.comune.istat}|{moment}|{compact_json([counts, changes])}"),
        "momento": moment,
        "istat": plan.comune.istat,
        "criteri": criteria["id"],
        "criteri_versione": criteria["versione"],
        "criteri_sha256": criteria["sha256"],
        "servizi": int(counted(plan.own).sum()),
        "bloccanti": counts["BLOCKING"],
        "errori": counts["ERRORS"],
        "avvisi": counts["WARNINGS"],
        "informazioni": counts["INFOS"],
        "giustificati": counts["JUSTIFIED"],
        "eseguiti": counts["CHECKS_RUN"],
        "non_verificabili": counts["NOT_RUN"],
        "non_applicabili": counts["NOT_APPLICABLE"],
        **totals,
        "cambiamenti": compact_json(changes),
    }
