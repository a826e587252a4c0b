"""Whether a delivery is ready: what stops it, what must be said, what nobody could check."""

from __future__ import annotations

from collections import Counter

from .checks.engine import OPEN, data_text
from .progress import asking

# In the order a technician deals with them.
BLOCKS, MISSING, PERSONAL, MEND, EXPLAIN, UNVERIFIED = (
    "blocca", "metadati", "dati_personali", "da_correggere", "da_spiegare", "non_verificato",
)  # fmt: skip
GROUPS = (BLOCKS, MISSING, PERSONAL, MEND, EXPLAIN, UNVERIFIED)
_DECLARED = (
    ("autore", "Manca l'autore: chi consegna."),
    ("ufficio", "Manca l'ufficio responsabile del dato."),
    ("ruolo", "Manca il ruolo di chi risponde del dato."),
)
_WARNED = ("errore", "avviso")


def readiness(delivery, outcome, declaration, pack) -> list:
    """Return what stands between a delivery and its being handed in, rows of ``schema.READINESS``.

    Args:
        delivery: ``core.delivery.Delivery``. outcome: ``core.review.Reviewed`` of it.
        declaration: ``core.delivery.Declaration``. pack: whose words say what is missing.

    Personal data are told by object, field and kind, never quoted.
    """
    rows = [*_of_findings(outcome.result), *_of_declaration(declaration), *_of_personal(delivery)]
    rows += _of_lacking(outcome.result.mancanze, pack)
    return sorted(rows, key=lambda row: GROUPS.index(row["voce"]))


def counted(rows) -> dict:
    """Return how many rows each group has, by the names of ``checkdelivery``'s results."""
    found = Counter(row["voce"] for row in rows)
    names = ("BLOCKING", "METADATA", "PERSONAL", "TO_MEND", "UNEXPLAINED", "NOT_VERIFIED")
    return {name: found[group] for name, group in zip(names, GROUPS)}


def _row(voce, gravita, testo, codice=None, oggetto=None, rilievo=None, che_fare=None):
    return {
        "voce": voce,
        "gravita": gravita,
        "codice": codice,
        "testo": testo,
        "che_fare": che_fare,
        "id_oggetto": oggetto,
        "id_rilievo": rilievo,
    }


def _of_findings(result):
    findings = result.findings
    for row in asking(findings[findings["stato"].isin(OPEN)].itertuples()):
        if row.severita == "blocco":
            voce = BLOCKS
        elif row.severita not in _WARNED:
            continue
        else:
            voce = EXPLAIN if row.ammette_giustificazione is True else MEND
        yield _row(
            voce,
            row.severita,
            row.descrizione,
            row.codice,
            row.id_oggetto,
            row.id_rilievo,
            row.suggerimento,
        )


def _of_declaration(declaration):
    for name, text in _DECLARED:
        if not getattr(declaration, name).strip():
            yield _row(MISSING, "avviso", text, "STTM2-946", che_fare="Compilare il pacchetto.")
    if declaration.tipo == "rettifica" and not declaration.note.strip():
        what = "Scriverlo nelle note."
        yield _row(MISSING, "avviso", "Rettifica senza motivo.", "STTM2-946", che_fare=what)


def _of_personal(delivery):
    for one in delivery.omitted:
        if one["campo"] == "geometria":
            text = "La posizione non si consegna: è un servizio da non localizzare."
            yield _row(PERSONAL, "info", text, "STTM2-943", one["id_servizio"])
            continue
        yield _row(
            PERSONAL,
            "info",
            f"Nel campo {one['campo']} c'è forse: {one['tipo']}. Non si consegna, resta qui.",
            "STTM2-941",
            one["id_servizio"],
            che_fare="Guardare se è un dato personale: il registro dice che cosa si toglie.",
        )


def _of_lacking(lacking, pack):
    for one in lacking:
        count = len(one["controlli"])
        yield _row(
            UNVERIFIED,
            "info",
            f"{data_text(pack, one['dato'], 'nome')}: "
            + (
                "1 controllo non verificabile."
                if count == 1
                else f"{count} controlli non verificabili."
            ),
            che_fare=one["dove_trovarlo"],
        )
