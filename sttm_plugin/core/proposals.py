"""What a person is shown to settle the categories: each distinct value, and what it could be."""

from __future__ import annotations

from dataclasses import dataclass

from .taxonomy import classify_text
from .text import normalise


@dataclass(frozen=True)
class Proposal:
    """One distinct value of a source.

    Attributes:
        testi: its texts, as the first record writes them. quanti: how many records have it.
        codice: the category it gets by itself, None where a person has to choose.
        confidenza: of what the words say, 0-1, taken or not. motivo: why, in Italian.
        alternative: codes worth offering first, best first, ``codice`` among them.
    """

    testi: tuple
    quanti: int
    codice: str | None
    confidenza: float
    motivo: str
    alternative: tuple


def propose(texts, pack, codici_fonte=None, area_mq=None) -> list:
    """Return a Proposal for each distinct value, what is open first, then the most frequent.

    Args:
        texts, codici_fonte, area_mq: as in ``classify_text``. Values that differ in case,
            accents or punctuation are one, whatever their code and area.
    """
    matches = classify_text(texts, pack, codici_fonte, area_mq)
    least = pack.parametri["confidenza_minima"]
    found: dict = {}
    comparable: dict = {}
    for own, match in zip(texts, matches):
        own = tuple(own)
        if own not in comparable:
            comparable[own] = tuple(normalise(text) for text in own)
        # One value may lie on both sides of an area limit: two proposals.
        key = comparable[own], match.codice
        if key in found:
            found[key][2] += 1
        else:
            found[key] = [own, match, 1]
    proposals = [
        Proposal(
            testi=own,
            quanti=number,
            codice=match.codice if match.confidenza >= least else None,
            confidenza=match.confidenza,
            motivo=match.motivo,
            alternative=alternatives(match, pack),
        )
        for own, match, number in found.values()
    ]
    return sorted(proposals, key=lambda one: (one.codice is not None, -one.quanti))


def alternatives(match, pack) -> tuple:
    """Return the categories worth offering for a match: found, shut out, of the same kind."""
    named = [match.codice, *(one[0] for one in match.candidati)]
    # Shut out by an anti-keyword although its own was there: a person may think otherwise.
    named += [code for code, _, word in match.esclusioni if word is not None]
    first = next((code for code in named if code), None)
    if first is not None:
        macro = pack.categorie[first].codice_macro if first in pack.categorie else ""
        if macro not in ("LOC", "EXT"):
            named += [code for code, one in pack.categorie.items() if one.codice_macro == macro]
    return tuple(dict.fromkeys(code for code in named if code in pack.categorie))


def search(query, pack) -> list:
    """Return the codes of the categories a search finds, those named so first.

    Each word of the query must begin a word of the code, of the name, of the macrocategoria
    or of a keyword. An empty query finds them all, in the taxonomy's order.
    """
    wanted = normalise(query).split()
    ranked = []
    for position, (code, one) in enumerate(pack.categorie.items()):
        named = f"{normalise(code)} {normalise(one.categoria)}"
        places = (named, normalise(one.macrocategoria), normalise(" ; ".join(one.parole_chiave)))
        ranks = [
            next((rank for rank, text in enumerate(places) if _begins(word, text)), None)
            for word in wanted
        ]
        if None not in ranks:
            ranked.append((max(ranks, default=0), position, code))
    return [code for _, _, code in sorted(ranked)]


def _begins(word: str, text: str) -> bool:
    return f" {word}" in f" {text}"
