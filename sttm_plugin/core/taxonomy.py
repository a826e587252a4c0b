"""From the words of a plan to the categories of the taxonomy, with what speaks for and against."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .lexicon import ACCOSTO, TESTA, UNITA, Lexicon
from .progress import asking
from .text import normalise

# Where nothing competes the lexicon is nearly sure; 1 is kept for what a person decides.
_SURE = 0.95
# A root ("pala*") and an area that lifts a garden are proposals: taken, but just.
_PROPOSED = 0.8
_CODE_AGREES = 0.99
_CODE_ALONE = 0.95
_CODE_AGAINST = 0.85
_UNSURE = 0.6
# Measured on real texts (benchmarks/CLASSIFICATION.md): a lone keyword that comes after words
# nobody knows is right five times in six, one of several a little less, a complement seldom.
_AFTER_STRANGERS = 0.83
# "Residenza Giardino", "Pirelli - Università": a place that gives its name to what is near it.
_NAMED_AFTER = 0.6
_SEVERAL = 0.6
_OF_SOMETHING = 0.3
_BESIDE = 0.9
_KIND_OVER_NAME = 0.9
_NAME_OVER_GENERIC = 0.85

_HEADS = (TESTA, UNITA)

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

    @property
    def muta(self) -> bool:
        """Whether the words say nothing, for or against: another sign may speak."""
        return self.codice is None and not self.candidati and not _shut_out(self.esclusioni)


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
    words = _lexicon(pack)
    codes = codici_fonte if codici_fonte is not None else [None] * len(texts)
    areas = area_mq if area_mq is not None else [None] * len(texts)
    lexical: dict = {}
    whole: dict = {}
    results = []
    for own, code, area in asking(zip(texts, codes, areas)):
        own = tuple(own)
        side = area_side(pack, area)
        key = (own, code, side)
        if key not in whole:
            said = tuple("" if text is None or text != text else str(text) for text in own)
            said = tuple(words.lexicon.outlines(said))
            if said not in lexical:
                lexical[said] = words.match(said)
            code = None if code is None or code != code else str(code).strip() or None
            whole[key] = _with_area(_with_code(lexical[said], code, pack), side, pack)
        results.append(whole[key])
    return results


def outlines(texts, pack) -> list:
    """Return texts that the taxonomy reads as it reads these: most names become a few."""
    texts = [str(text) if text else "" for text in texts]
    return _lexicon(pack).lexicon.outlines(texts) if texts else []


def area_side(pack, area):
    """Tell on which side of the pack's area limit an area is: "sopra", "fino_a" or None."""
    rule = pack.superficie_decide
    if rule is None or area is None or area != area or area <= 0:
        return None
    return "sopra" if area > rule.soglia_mq else "fino_a"


# --- the lexicon -------------------------------------------------------------

_LEXICONS: dict = {}


def _lexicon(pack) -> _Words:
    if pack.sha256 not in _LEXICONS:
        if len(_LEXICONS) > 8:
            _LEXICONS.clear()
        _LEXICONS[pack.sha256] = _Words(pack)
    return _LEXICONS[pack.sha256]


class _Words:
    """What the words of a record say, by the keywords of a pack."""

    def __init__(self, pack):
        self.pack = pack
        self.lexicon = Lexicon(pack)
        self.kinds = {code: one.tipo_riga for code, one in pack.categorie.items()}
        self.order = {code: position for position, code in enumerate(pack.categorie)}
        self.generic = frozenset(normalise(one.forma) for one in pack.lessico.get("generica", ()))
        self.ambiguous = {
            (item.categoria, normalise(item.parola)): normalise(item.richiede)
            for item in pack.parole_ambigue
        }

    def match(self, texts: tuple) -> Match:
        """Return what the words alone say of a record: its name, then its kinds."""
        readings = [self.lexicon.read(text) for text in texts if text]
        if not any(reading.words for reading in readings):
            return Match(None, 0.0, motivo="nessun testo da classificare")
        named = bool(texts[0])
        against: dict = {}  # category → anti-keyword that stands
        everywhere = None  # a global exclusion
        speaking = []  # for each text, what speaks for a category
        for reading in readings:
            own = [one for one in reading.found if one.speaks_for]
            own = [one for one in own if self._admitted(one, readings)]
            speaking.append(own)
            for anti in reading.found:
                if anti.speaks_for:
                    continue
                same = [one for one in own if one.owner == anti.owner]
                if _held(anti, same) or self.lexicon.accompanies(anti, same, reading.words):
                    continue
                if anti.owner == "GEN.00":
                    everywhere = everywhere or anti
                else:
                    against.setdefault(anti.owner, anti)
        excluded = self._excluded(speaking, against, everywhere)
        shut_out = {owner for owner, _, _ in excluded}
        speaking = [[one for one in own if one.owner not in shut_out] for own in speaking]
        if excluded and not any(one.standing in _HEADS for own in speaking for one in own):
            # "Università di Milano. Biblioteca": with the whole shut out, the part is the head.
            speaking = [
                [replace(one, standing=TESTA) if one.standing == ACCOSTO else one for one in own]
                for own in speaking
            ]
        candidates, code, confidence, reason = self._decide(speaking, readings, named)
        if code is None and not candidates and _shut_out(excluded):
            owner, word, _ = excluded[0]
            reason = f"escluso da {owner} per «{word}»"
        return Match(
            codice=code,
            confidenza=confidence,
            candidati=tuple(
                (one.owner, one.keyword.punteggio, one.keyword.written) for one in candidates
            ),
            escluso_da=excluded[0][:2] if excluded else None,
            motivo=reason,
            esclusioni=tuple(excluded),
        )

    def _admitted(self, one, readings) -> bool:
        needed = self.ambiguous.get((one.owner, one.keyword.text))
        return needed is None or any(f" {needed} " in reading.text for reading in readings)

    def _excluded(self, speaking, against, everywhere) -> list:
        """Return (category, anti-keyword, keyword found or None), what was there first."""
        best = _longest(one for own in speaking for one in own)
        excluded = []
        for code in self.order:
            # Global exclusions are about the supra-municipal categories alone.
            anti = against.get(code)
            if anti is None and code in best and self.kinds[code] == "categoria":
                anti = everywhere
            if anti is not None:
                found = best.get(code)
                written = found.keyword.written if found else None
                excluded.append((code, anti.keyword.written, written))
        if everywhere is not None and not any(
            word == everywhere.keyword.written for _, word, _ in excluded
        ):
            excluded.append(("GEN.00", everywhere.keyword.written, None))
        excluded.sort(key=lambda one: one[2] is None)
        return excluded

    def _decide(self, speaking, readings, named):
        """Return (candidates, code, confidence, reason)."""
        every = [one for own in speaking for one in own]
        if not every:
            return [], None, 0.0, "nessuna parola chiave"
        heads = [one for one in every if one.standing in _HEADS]
        if not heads:
            candidates = self._sorted(every)
            first = candidates[0]
            reason = f"«{first.keyword.written}» sembra dire dove o di chi, non che cosa"
            return candidates, first.owner, _OF_SOMETHING, reason
        candidates = self._sorted([one for one in every if one.standing in (*_HEADS, ACCOSTO)])
        said = self._kind_decides(speaking, readings, named)
        if said is not None:
            return (candidates, *said)
        joined = next((one for one in heads if one.standing == UNITA), None)
        if joined is not None and len(candidates) > 1:
            words = " e ".join(f"{one.owner} («{one.keyword.written}»)" for one in candidates[:3])
            return candidates, candidates[0].owner, _SEVERAL, f"più servizi insieme: {words}"
        code, confidence, reason = self._best_of(heads, speaking)
        leading = {one.owner for one in heads}
        beside = [one for one in candidates if one.owner not in leading]
        if beside and code is not None:
            confidence = min(confidence, _BESIDE)
            reason += f"; accanto a «{beside[0].keyword.written}»"
        return candidates, code, confidence, reason

    def _sorted(self, found) -> list:
        best = _longest(found).values()
        return sorted(best, key=lambda one: (-one.keyword.punteggio, self.order[one.owner]))

    def _kind_decides(self, speaking, readings, named):
        """Return (code, confidence, reason) where the kind tells, None where words compete.

        A kind that says nothing but one category ("Scuola primaria") stands above a name that
        holds the keyword of another ("Casa circondariale"); a generic one ("Impianti
        sportivi") gives way to the name.
        """
        if not named or len(readings) < 2:
            return None
        names = _longest(one for one in speaking[0] if one.standing in _HEADS)
        kinds = _longest(
            one
            for own, reading in zip(speaking[1:], readings[1:])
            for one in own
            if one.standing == TESTA and (one.keyword.whole or reading.covered_by(one))
        )
        if len(kinds) != 1 or not names or set(kinds) & set(names):
            return None
        (code, kind), name = *kinds.items(), self._sorted(names.values())[0]
        said = f"il tipo dice «{kind.keyword.written}», il nome «{name.keyword.written}»"
        if kind.keyword.text in self.generic:
            if len(names) == 1:
                return name.owner, _NAME_OVER_GENERIC, f"{said}: più preciso il nome"
            return None
        return code, _KIND_OVER_NAME, f"{said}: vale il tipo"

    def _is_no_name(self, one) -> bool:
        """Whether a lone keyword after unknown words is what the service is, not its name.

        "MUDEC - Museo", "Fondazione Clinica" against "Residenza Giardino", "Cascina Orti".
        """
        sure, word = self.lexicon.sure, one.keyword.text
        if one.keyword.root or word in self.lexicon.places:
            return False
        return not sure or one.of_body or word in sure

    def _trust_in(self, one) -> tuple:
        """Return (the most a keyword is to be trusted, why), by where it stands."""
        most, reason = _SURE, ""
        if one.lead and (one.aside or len(one.keyword.tokens) == 1):
            reason = ", dopo parole che la tassonomia non conosce"
            most = _AFTER_STRANGERS if self._is_no_name(one) else _NAMED_AFTER
        if one.keyword.root:
            most = min(most, _PROPOSED)
        if one.named and (one.keyword.root or one.keyword.text in self.lexicon.vague):
            most, reason = _NAMED_AFTER, ", che è anche il nome di altro"
        return most, reason

    def _best_of(self, heads, speaking):
        candidates = self._sorted(heads)
        first = candidates[0]
        # Another text of the record, its kind, may say the same outright.
        others = [one for own in speaking if first not in own for one in own]
        same = [one for one in others if one.owner == first.owner and one.standing in _HEADS]
        most, reason = max(map(self._trust_in, [first, *same]), key=lambda trust: trust[0])
        reason = f"parola chiave «{first.keyword.written}»{reason}"
        if len(candidates) == 1:
            return first.owner, most, reason
        second = candidates[1]
        margin = 1 - second.keyword.punteggio / first.keyword.punteggio
        rivals = (
            f"{first.owner} («{first.keyword.written}») o "
            f"{second.owner} («{second.keyword.written}»)"
        )
        if margin == 0:
            return None, 0.0, f"parole chiave di pari lunghezza: {rivals}"
        least = self.pack.parametri["scarto_ambiguita"]
        if margin < least:
            reason = f"parole chiave di lunghezza vicina: {rivals}"
            return first.owner, round(0.5 + margin, 4), reason
        confidence = _PROPOSED + (_SURE - _PROPOSED) * (margin - least) / (1 - least)
        return first.owner, round(min(confidence, most), 4), reason


def _shut_out(excluded) -> bool:
    """Whether an exclusion met a keyword, or holds for every category."""
    return any(found is not None or owner == "GEN.00" for owner, _, found in excluded)


def _longest(found) -> dict:
    """Return {category: its longest keyword}."""
    best: dict = {}
    for one in found:
        now = best.get(one.owner)
        if now is None or _weight(one) > _weight(now):
            best[one.owner] = one
    return best


def _weight(one) -> tuple:
    return one.keyword.punteggio, not one.keyword.root


def _held(anti, same) -> bool:
    """Whether a longer keyword of the same category, found in the same text, holds the anti."""
    return any(
        one.keyword.punteggio > anti.keyword.punteggio
        and f" {anti.keyword.text} " in f" {one.keyword.text} "
        for one in same
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
        # "87.3*": every code that begins so, as in a classification of activities.
        root = one.valore.endswith("*") and value.startswith(one.valore[:-1])
        if one.sistema == system and (root or one.valore == value):
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


def with_macrocategoria(services, pack):
    """Return services with the macrocategoria of their code where they only have the code."""
    known = {code: category.macrocategoria for code, category in pack.categorie.items()}
    told = services["macrocategoria"].fillna(services["codice_sttm"].map(known))
    return services.assign(macrocategoria=told)
