"""From the words of a plan to the categories of the taxonomy, with what speaks for and against."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from .text import normalise

# Where nothing competes the lexicon is nearly sure; 1 is kept for what a person decides.
_SURE = 0.95
# A root ("pala*") and an area that lifts a garden are proposals: taken, but just.
_PROPOSED = 0.8
_CODE_AGREES = 0.99
_CODE_ALONE = 0.95
_CODE_AGAINST = 0.85
_UNSURE = 0.6

# Province, kind of school, then six characters: "MIPS01000X"; the Region adds the number of
# the site: "MIMM8F201Q-02".
_MIM = re.compile(r"[A-Z]{2}([A-Z0-9]{2})[A-Z0-9]{6}(-[A-Z0-9]+)?")
_ISIL = re.compile(r"IT-?[A-Z]{2}-?\d{4}")


@dataclass(frozen=True)
class Match:
    """What the taxonomy says of one record.

    Attributes:
        codice: the category, or None: nothing found, excluded, or two equally good.
        confidenza: 0-1; below the pack's ``confidenza_minima`` a person should choose.
        candidati: (codice, punteggio, parola) of every category found and not excluded,
            best first; the punteggio of a keyword is its length.
        escluso_da: (codice, parola): the category an anti-keyword shut out, one whose own
            keyword was there first; ("GEN.00", parola) where a global exclusion met none.
        motivo: why, in Italian.
        esclusioni: (codice, anti-keyword, keyword found or None) of every exclusion.
    """

    codice: str | None
    confidenza: float
    candidati: tuple = ()
    escluso_da: tuple | None = None
    motivo: str = ""
    esclusioni: tuple = ()


def classify_text(texts, pack, codici_fonte=None, area_mq=None) -> list:
    """Return the category of each record, with its reasons.

    Args:
        texts: for each record its texts (name, kind, description; not the address: "via
            Stazione" would shut out every category); None and "" are passed over.
        pack: the criteria pack.
        codici_fonte: official code of each record ("MIM:MIPS01000X", "HSP:…", "ISIL:…",
            "GTFS:2"), or None; a bare school or library code is recognised too.
        area_mq: measured area of each record, m²; None and NaN where there is none.

    Returns:
        A list of Match, in the order of ``texts``.

    Source: DATO_RESTITUZIONE §9: the lexicon, then the code, then the area. Keywords compete
    by length over all texts of a record. An anti-keyword in one text shuts the category out
    for the whole record, unless a longer keyword of that category, in the same text, holds it.
    """
    lexicon = _lexicon(pack)
    codes = codici_fonte if codici_fonte is not None else [None] * len(texts)
    areas = area_mq if area_mq is not None else [None] * len(texts)
    lexical: dict = {}
    whole: dict = {}
    results = []
    for own, code, area in zip(texts, codes, areas):
        words = tuple(normalise(text) for text in own)
        code = None if code is None or code != code else str(code).strip() or None
        side = _side(pack, area)
        key = (words, code, side)
        if key not in whole:
            if words not in lexical:
                lexical[words] = lexicon.match(words)
            match = _with_code(lexical[words], code, pack)
            whole[key] = _with_area(match, side, pack)
        results.append(whole[key])
    return results


def _side(pack, area):
    """On which side of the pack's area limit: "sopra", "fino_a" or None."""
    rule = pack.superficie_decide
    if rule is None or area is None or area != area or area <= 0:
        return None
    return "sopra" if area > rule.soglia_mq else "fino_a"


# --- the lexicon -------------------------------------------------------------


@dataclass(frozen=True)
class _Keyword:
    text: str  # normalised, without = and *
    written: str
    whole: bool
    root: bool
    tokens: tuple

    @property
    def punteggio(self) -> int:
        return len(self.text)


def _keyword(written: str) -> _Keyword | None:
    whole = written.startswith("=")
    root = written.endswith("*")
    text = normalise(written)
    if not text:
        return None
    return _Keyword(text, written, whole, root, tuple(text.split()))


_LEXICONS: dict = {}


def _lexicon(pack):
    if pack.sha256 not in _LEXICONS:
        if len(_LEXICONS) > 8:
            _LEXICONS.clear()
        _LEXICONS[pack.sha256] = _Lexicon(pack)
    return _LEXICONS[pack.sha256]


class _Lexicon:
    """Every keyword of a pack, found in one pass over the words of a text."""

    def __init__(self, pack):
        self.pack = pack
        self.kinds = {code: one.tipo_riga for code, one in pack.categorie.items()}
        self.order = {code: position for position, code in enumerate(pack.categorie)}
        self.ambiguous = {
            (item.categoria, normalise(item.parola)): normalise(item.richiede)
            for item in pack.parole_ambigue
        }
        self.by_first: dict = {}  # first word → [(keyword, owner, for or against)]
        self.roots: list = []  # keywords whose first word is a root
        self.wholes: dict = {}  # whole text → [(keyword, owner)]
        for code, category in pack.categorie.items():
            for written in category.parole_chiave:
                self.add(_keyword(written), code, True)
            # A field that holds the taxonomy's own name of a category says it outright.
            if normalise(category.categoria) not in map(normalise, category.parole_chiave):
                self.add(_keyword("=" + category.categoria), code, True)
            for written in category.anti_parole_chiave:
                self.add(_keyword(written), code, False)
        for written in pack.esclusioni:
            self.add(_keyword(written), "GEN.00", False)
        self.scan = functools.lru_cache(maxsize=65536)(self.scan_text)

    def add(self, keyword, owner, speaks_for):
        if keyword is None:
            return
        entry = (keyword, owner, speaks_for)
        if keyword.whole:
            self.wholes.setdefault(keyword.text, []).append(entry)
        elif keyword.root and len(keyword.tokens) == 1:
            self.roots.append(entry)
        else:
            self.by_first.setdefault(keyword.tokens[0], []).append(entry)

    def scan_text(self, text: str) -> tuple:
        """Return the distinct (keyword, owner, for or against) found in a normalised text."""
        found = dict.fromkeys(self.wholes.get(text, ()))
        words = text.split()
        for position, word in enumerate(words):
            for entry in self.by_first.get(word, ()):
                if _stands_at(entry[0], words, position):
                    found[entry] = None
            for entry in self.roots:
                if word.startswith(entry[0].text):
                    found[entry] = None
        return tuple(found)

    def match(self, texts: tuple) -> Match:
        """Return what the words alone say of a record."""
        best: dict = {}  # category → longest keyword found
        against: dict = {}  # category → anti-keyword that stands
        everywhere = None  # a global exclusion
        for text in texts:
            found = self.scan(text) if text else ()
            speaking: dict = {}
            for keyword, owner, speaks_for in found:
                if speaks_for and self.admitted(keyword, owner, texts):
                    speaking.setdefault(owner, []).append(keyword)
            for owner, keywords in speaking.items():
                longest = max(keywords, key=lambda one: (one.punteggio, not one.root))
                if owner not in best or longest.punteggio > best[owner].punteggio:
                    best[owner] = longest
            for keyword, owner, speaks_for in found:
                if speaks_for or _held(keyword, speaking.get(owner, ())):
                    continue
                if owner == "GEN.00":
                    everywhere = everywhere or keyword
                else:
                    against.setdefault(owner, keyword)
        return self.decide(best, against, everywhere)

    def admitted(self, keyword, owner, texts) -> bool:
        needed = self.ambiguous.get((owner, keyword.text))
        return needed is None or any(f" {needed} " in f" {text} " for text in texts)

    def decide(self, best, against, everywhere) -> Match:
        excluded = []
        for code in self.order:
            # Global exclusions are about the supra-municipal categories alone.
            own = against.get(code)
            if own is None and code in best and self.kinds[code] == "categoria":
                own = everywhere
            if own is not None:
                keyword = best.pop(code, None)
                excluded.append((code, own.written, keyword.written if keyword else None))
        if everywhere is not None and not any(
            word == everywhere.written for _, word, _ in excluded
        ):
            excluded.append(("GEN.00", everywhere.written, None))
        excluded.sort(key=lambda one: one[2] is None)
        candidates = sorted(
            best.items(), key=lambda item: (-item[1].punteggio, self.order[item[0]])
        )
        code, confidence, reason = self.best_of(candidates)
        if code is None and not candidates and excluded:
            owner, word, _ = excluded[0]
            reason = f"escluso da {owner} per «{word}»"
        return Match(
            codice=code,
            confidenza=confidence,
            candidati=tuple((code, one.punteggio, one.written) for code, one in candidates),
            escluso_da=excluded[0][:2] if excluded else None,
            motivo=reason,
            esclusioni=tuple(excluded),
        )

    def best_of(self, candidates):
        if not candidates:
            return None, 0.0, "nessuna parola chiave"
        code, keyword = candidates[0]
        reason = f"parola chiave «{keyword.written}»"
        if len(candidates) == 1:
            return code, _PROPOSED if keyword.root else _SURE, reason
        second, other = candidates[1]
        margin = (keyword.punteggio - other.punteggio) / keyword.punteggio
        rivals = f"{code} («{keyword.written}») o {second} («{other.written}»)"
        if margin == 0:
            return None, 0.0, f"parole chiave di pari lunghezza: {rivals}"
        least = self.pack.parametri["scarto_ambiguita"]
        if margin < least:
            return code, round(0.5 + margin, 4), f"parole chiave di lunghezza vicina: {rivals}"
        confidence = _PROPOSED + (_SURE - _PROPOSED) * (margin - least) / (1 - least)
        return code, round(_PROPOSED if keyword.root else confidence, 4), reason


def _stands_at(keyword: _Keyword, words: list, position: int) -> bool:
    tokens = keyword.tokens
    there = words[position : position + len(tokens)]
    if len(there) < len(tokens):
        return False
    if not keyword.root:
        return tuple(there) == tokens
    return tuple(there[:-1]) == tokens[:-1] and there[-1].startswith(tokens[-1])


def _held(anti: _Keyword, keywords) -> bool:
    """Whether a longer keyword of the same category, found in the same text, holds the anti."""
    return any(
        one.punteggio > anti.punteggio and f" {anti.text} " in f" {one.text} " for one in keywords
    )


# --- the official code -------------------------------------------------------


def category_of_code(codice_fonte, pack):
    """Return (category, note) that an official code says, or None.

    Source: TASSONOMIA, codifiche_esterne; table ``codici`` of the pack.
    """
    if codice_fonte is None or codice_fonte != codice_fonte:
        return None
    system, colon, value = str(codice_fonte).strip().upper().partition(":")
    if not colon:
        system, value = _system_of(system), system
    system, value = system.strip(), value.strip()
    if not value:
        return None
    if system == "MIM":
        school = _MIM.fullmatch(value)
        value = school.group(1) if school else ""
    for one in pack.codici:
        if one.sistema == system and one.valore in ("*", value):
            return one.codice_categoria, one.nota
    return None


def _system_of(code: str) -> str:
    if _ISIL.fullmatch(code):
        return "ISIL"
    return "MIM" if _MIM.fullmatch(code) else ""


def _with_code(match: Match, codice_fonte, pack) -> Match:
    said = category_of_code(codice_fonte, pack)
    if said is None:
        return match
    code, note = said
    because = f"codice ufficiale {codice_fonte} ({note})"
    shut_out = next((word for owner, word, _ in match.esclusioni if owner == code), None)
    if match.codice == code:
        return _changed(match, code, _CODE_AGREES, f"{match.motivo}; {because}")
    if shut_out is not None and str(codice_fonte).strip().upper().startswith(("HSP", "ISIL", "IT")):
        # A beds code does not make a hospital of an "ospedale di comunità".
        if match.codice is not None:
            reason = f"{match.motivo}; il {because} direbbe {code}, escluso per «{shut_out}»"
            return _changed(match, match.codice, min(match.confidenza, _PROPOSED), reason)
        return _changed(match, code, _UNSURE, f"{because}, malgrado «{shut_out}»")
    if match.codice is None and not match.candidati:
        gone = any(owner == "GEN.00" or found for owner, _, found in match.esclusioni)
        return _changed(match, code, _UNSURE if gone else _CODE_ALONE, because)
    return _changed(match, code, _CODE_AGAINST, f"{because}; il testo direbbe {match.motivo}")


# --- the area ----------------------------------------------------------------


def _with_area(match: Match, side, pack) -> Match:
    rule = pack.superficie_decide
    if side == "fino_a" and match.codice == rule.sopra:
        reason = f"{match.motivo}; superficie fino a {rule.soglia_mq:g} mq"
        return _changed(match, rule.fino_a, match.confidenza, reason)
    if side == "sopra" and match.codice == rule.fino_a:
        if any(owner in (rule.sopra, "GEN.00") for owner, _, _ in match.esclusioni):
            return match  # "aiuola", "giardino di quartiere": shut out by name at any size
        reason = f"{match.motivo}; superficie oltre {rule.soglia_mq:g} mq"
        return _changed(match, rule.sopra, min(match.confidenza, _PROPOSED), reason)
    return match


def _changed(match: Match, codice, confidenza, motivo) -> Match:
    return Match(codice, confidenza, match.candidati, match.escluso_da, motivo, match.esclusioni)
