"""Services that must have no position, as the criteria pack names them (DATO_RESTITUZIONE §6)."""

from __future__ import annotations

from typing import NamedTuple

from .pack import load_pack
from .text import normalise

# The test that every pack with such services has among its checks.
_TEST = "da_non_localizzare"


class Unlocated(NamedTuple):
    """``categorie``: codes. ``parole``: what a name says, normalised."""

    categorie: frozenset
    parole: tuple

    def told_by(self, words) -> bool:
        """Tell whether some texts of a service say that it must have no place on a map."""
        said = " ".join(normalise(word) for word in words if word)
        return any(known in said for known in self.parole)


def unlocated_of(pack) -> Unlocated:
    """Return what a pack names as not to be located; the bundled one's where it names nothing."""
    for one in (pack, load_pack()):
        for controllo in one.controlli:
            if controllo.prova == _TEST:
                wanted = controllo.parametri
                words = map(normalise, wanted.get("parole", ()))
                return Unlocated(frozenset(wanted.get("categorie", ())), tuple(filter(None, words)))
    return Unlocated(frozenset(), ())
