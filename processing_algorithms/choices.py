"""What a panel or a dialog offers to choose from, told without opening the core to it."""

from __future__ import annotations

# The order is part of the contract of ``justifyfindings``: REASON_TYPE is a position in it.
REASON_TYPES = (
    ("atto", "Atto o convenzione"),
    ("dato_utenza", "Dato di utenza"),
    ("previsione", "Previsione di piano"),
    ("ruolo_storico", "Ruolo storico"),
    ("altro", "Altro"),
)

# Shortest reason that is a justification (INTERFACE, createworkspace: deroghe).
REASON_LENGTH = 40

# DECISION of decidepairs, in order.
PAIR_DECISIONS = (
    ("confermato", "Conferma: sono lo stesso servizio"),
    ("respinto", "Respingi: sono servizi diversi"),
    ("unito", "Unisci: sono lo stesso servizio, prevale un record"),
    ("proposto", "Annulla la decisione"),
)
# KEEP of decidepairs, in order.
PAIR_KEEP = ("Record della Lettura 1", "Record della Lettura 2")

# KIND of exportcompatibility, in order.
DELIVERY_KINDS = ("Prima consegna", "Aggiornamento", "Rettifica")


def comuni() -> list[tuple[str, str, str]]:
    """Return (ISTAT code, name, zona omogenea) of the 133 comuni, by name."""
    from ..core.reference import comuni as reference
    from ..core.text import normalise

    known = reference().values()
    return [
        (comune.istat, comune.nome, comune.zona_omogenea)
        for comune in sorted(known, key=lambda comune: normalise(comune.nome))
    ]
