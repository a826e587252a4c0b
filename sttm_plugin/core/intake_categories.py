"""Intake, the categories: what each service is, and what must not be located."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import replace

import numpy as np

from .coded import Coded, Marks, places_of, together
from .errors import SttmError
from .intake_model import (
    AREA,
    match_key,
    spaced,
)
from .osmtags import category_of_tags, tag_keys
from .profile import rule_fields
from .taxonomy import area_side, classify_text, outlines
from .text import normalise
from .unlocated import unlocated_of
from .values import (
    all_texts,
    clean,
    is_null,
    mend_mojibake,
    parse_number,
)

# INTERFACE §1, Doubt: a proposal of ours.
LEAST_CONFIDENCE = 0.8


class CategorySteps:
    """The steps that classify, and hide what must not be located."""

    # 9. Categories ------------------------------------------------------------------------

    def classify(self):
        names = self.values.get("denominazione", Coded.constant(None, self.count))
        columns = [names, *(self._words_of(name) for name in self.types)]
        rows = self.live()
        matches = self._matches(rows, columns)
        by_person = self._codes_by_person()
        codes, confidences = Marks(self.count), Marks(self.count)
        doubtful: dict = {}
        unclear = []
        for group, places in places_of(matches.codes).items():
            match, members = matches.values[group], rows[places]
            if by_person:
                members = np.array([row for row in members.tolist() if row not in by_person], int)
            if match.codice is not None and match.confidenza >= LEAST_CONFIDENCE:
                codes.put(members, match.codice)
                confidences.put(members, float(match.confidenza))
            else:
                unclear.append((members, match))
        for row, code in by_person.items():
            if code is not None:
                codes.put(row, code)
                confidences.put(row, self._own_confidence(row))
        self.values["codice_sttm"] = codes.column()
        self.values["confidenza"] = confidences.column()
        for row, code in by_person.items():
            if code is None and row not in self.rejected:
                decided = "nessuna categoria, per decisione del tecnico"
                said = _joined(columns, row) or None
                self.journal.record(row, "D34", "da_classificare", "W", said, decided, "profilo")
        for members, match in unclear:
            self._leave(members, match, columns, doubtful)
        if doubtful:
            named = "; ".join(
                f"«{text}»: {', '.join(codes)}" for text, codes in sorted(doubtful.items())[:6]
            )
            self.doubt(f"Categoria non sicura per {len(doubtful)} diciture: {named}.")
        self.values["tipo_specifico"] = self._specific_types(rows, columns)
        self._attributes()

    def _matches(self, rows, columns) -> Coded:
        """Return what the taxonomy says of some rows: what reads the same is read once."""
        official = self.values["codice_fonte"]
        areas, sides = np.full(self.count, np.nan), Marks(self.count)
        for row in rows[self.kind[rows] == AREA].tolist():
            areas[row] = self.shapes[row].area
            sides.put(row, area_side(self.pack, areas[row]))
        alike = [
            Coded.of(outlines(column.values, self.pack)).codes[column.codes] for column in columns
        ]
        tags = self._tags()
        groups, first = together(
            *(codes[rows] for codes in alike),
            official.codes[rows],
            sides.column().codes[rows],
            *(tag.codes[rows] for tag in tags.values()),
        )
        some = rows[first].tolist()
        texts = [
            [columns[0][row], *(c[row] for c in columns[1:] if c[row] is not None)] for row in some
        ]
        sizes = [None if np.isnan(areas[row]) else float(areas[row]) for row in some]
        given = [official[row] for row in some]
        matches = classify_text(texts, self.pack, codici_fonte=given, area_mq=sizes)
        matches = self._with_tags(some, self._with_context(matches, sizes), sizes, tags)
        return Coded(groups.astype(np.int32), matches)

    def _words_of(self, name) -> Coded:
        """Return a column of words, mended, None where it says nothing; each wording once."""
        tokens = self.settings.tokens
        return self.table.column(name).mapped(
            lambda value: None if is_null(value, tokens) else clean(mend_mojibake(str(value)))
        )

    def _own_confidence(self, row):
        """Return the confidence a service layer gives itself; 1 where a person decided."""
        if not self._is_service_layer():
            return 1.0
        number = parse_number(self.table.column("confidenza")[row], ".")
        return number.value if number is not None and 0 <= number.value <= 1 else 1.0

    def _is_service_layer(self) -> bool:
        ours = {"id_servizio", "codice_sttm", "confidenza", "attributi_origine"}
        return ours <= set(self.table.names)

    def _codes_by_person(self):
        """Return {row: code} that a profile's map, a constant or a column of codes gives.

        A value that the map gives to null was looked at: it stays without a category.
        """
        rule = self.rules.get("codice_sttm")
        if rule is None:
            return {}
        mapped = {match_key(key): value for key, value in rule.get("map", {}).items()}
        decided: dict = {}
        unseen: Counter = Counter()
        column, texts = (
            self._rule_column("codice_sttm", rule),
            self._rule_texts("codice_sttm", rule),
        )
        rows_of = places_of(column.codes)
        for place, text in enumerate(texts.values):
            rows = rows_of.get(place)
            if text is None or rows is None:
                continue
            key = match_key(text)
            code = mapped.get(key) if mapped else text.upper()
            if code in self.pack.categorie or (code is None and key in mapped):
                decided.update(dict.fromkeys(rows.tolist(), code))
            elif code is not None and (mapped or "constant" in rule):
                raise SttmError(
                    f"La categoria «{code}» non è nella tassonomia {self.pack.versione}: "
                    "correggere il profilo."
                )
            elif text.casefold() not in self.settings.tokens:
                unseen[text] += len(rows)
        if unseen:
            named = ", ".join(f"«{text}» ({n})" for text, n in sorted(unseen.items())[:8])
            by, whose = ("profilo", "il profilo") if mapped else ("regola", "la tassonomia")
            self.doubt(f"Valori di categoria che {whose} non conosce: {named}.")
            self.journal.file("D34", "valori_nuovi", "A", named, "classificati dal testo", by)
        return decided

    def _with_context(self, matches, areas):
        """Let the header of the names speak where a name alone doesn't ("DESCRIZIONE_FARMACIA").

        A name that says something else than its header is left to a person.
        """
        columns = rule_fields(self.rules.get("denominazione", {}))
        header = [spaced(name) for name in columns]
        title = ", ".join(columns)
        spoken = classify_text([header] * len(matches), self.pack, area_mq=areas)
        decided = []
        for match, said in zip(matches, spoken):
            if said.codice is None or said.confidenza < LEAST_CONFIDENCE:
                decided.append(match)
                continue
            reason = f"l'intestazione «{title}» dice {said.codice}"
            if match.muta:
                match = replace(said, confidenza=LEAST_CONFIDENCE, motivo=reason)
            elif match.codice not in (None, said.codice) and match.confidenza < 0.99:
                candidates = tuple(dict.fromkeys((*match.candidati, *said.candidati)))
                reason += f", il nome dice {match.codice}"
                match = replace(
                    match, codice=None, confidenza=0.0, candidati=candidates, motivo=reason
                )
            decided.append(match)
        return decided

    def _tags(self) -> dict:
        """Return {key of OpenStreetMap: texts} of every column, where one of them is a tag."""
        lower = {name.lower(): name for name in self.table.names}
        if not tag_keys(self.pack) & set(lower):
            return {}
        return {key: self.table.texts(name) for key, name in lower.items()}

    def _with_tags(self, rows, matches, areas, tags):
        """Let OpenStreetMap's tags speak where neither name nor code does."""
        if not tags:
            return matches
        decided = []
        for row, match, area in zip(rows, matches, areas):
            if match.muta:
                own = {key: texts[row] for key, texts in tags.items()}
                code, said = category_of_tags({k: v for k, v in own.items() if v}, self.pack)
                if code is not None:
                    # Through the category's own word, so that the area still decides.
                    word = self.pack.categorie[code].parole_chiave[0]
                    match = classify_text([[word]], self.pack, area_mq=[area])[0]
                    match = replace(match, motivo=f"etichetta OSM {said}")
            decided.append(match)
        return decided

    def _leave(self, rows, match, columns, doubtful):
        """Leave some records without a category, and say what their words are."""
        candidates = [candidate[0] for candidate in match.candidati]
        reason = match.motivo or "nessuna parola della tassonomia"
        wordings = Coded.of([_joined(columns, row) for row in rows.tolist()])
        if candidates or match.codice:
            doubtful.update(dict.fromkeys(wordings.values, candidates or [match.codice]))
        lines = {
            code: ("D34", "da_classificare", "A", said or None, reason, "regola")
            for code, said in enumerate(wordings.values)
        }
        self.journal.records(rows, wordings.codes, lines)

    def _specific_types(self, rows, columns) -> Coded:
        """Return the tipo_specifico each record's own words name, among those of its category."""
        given = self.values.get("tipo_specifico", Coded.constant(None, self.count))
        chosen = Marks(self.count)
        categories = self.values["codice_sttm"].at(rows)
        for place, members in places_of(categories.codes).items():
            known = _specific_names(self.pack, categories.values[place])
            left = rows[members] if known else rows[:0]
            for column in (given, *columns[1:], columns[0]):
                words = column.at(left)
                named = [None] * len(words.values)
                for code in words.used() if len(left) else ():
                    word = words.values[code]
                    named[code] = known.get(normalise(word)) if word else None
                hits = Coded(words.codes, named)
                found = hits.true()
                for code, places in places_of(hits.codes[found]).items():
                    chosen.put(left[found][places], named[code])
                left = left[~found]
        return chosen.column()

    # 10. What must not be located -----------------------------------------------------------

    @functools.cached_property
    def unlocated(self):
        """What must not be located, as the pack names it."""
        return unlocated_of(self.pack)

    def _say_unlocated(self):
        """Return which records may have such words, bool (n,): most layers have none."""
        names = [*rule_fields(self.rules.get("denominazione", {})), *self.types]
        may = np.zeros(self.count, dtype=bool)
        # The longest word of each, its letters perhaps apart: "R.I.F.U.G.I.O." is a word too.
        longest = {max(known.split(), key=len) for known in self.unlocated.parole}
        if not longest:
            return may
        maybe = re.compile("|".join("[^0-9a-z]*".join(word) for word in sorted(longest)))
        for name in dict.fromkeys(names):
            column = self.table.column(name)
            if _says_nowhere(column.values, maybe):
                continue
            plain = [
                value if type(value) is str and value.isascii() else normalise(value)
                for value in column.values
            ]
            if maybe.search("\n".join(plain).lower()):
                words = Coded(column.codes, plain)
                may |= words.true(lambda text: maybe.search(text.lower()))
        return may

    def says_unlocated(self, row) -> bool:
        """Tell whether the words of a record are those of a service not to be located."""
        names = [*rule_fields(self.rules.get("denominazione", {})), *self.types]
        words = (self.table.column(name)[row] for name in names)
        return self.unlocated.told_by(words)

    def hide(self):
        """Take the position off the services that must have none (DATO_RESTITUZIONE §6)."""
        self.may_say = self._say_unlocated()
        rows = self.live()
        never = self.values["codice_sttm"].at(rows).true(self.unlocated.categorie.__contains__)
        hidden = [
            row
            for row, sure in zip(rows.tolist(), never.tolist())
            if sure or (self.may_say[row] and self.says_unlocated(row))
        ]
        self.hidden = set(hidden)
        # Told to nobody, but it tells apart two that are equal in all the rest.
        self.hidden_at = {
            row: self.shapes[row].wkb if row in self.shapes else (self.x[row], self.y[row])
            for row in hidden
        }
        for row in hidden:
            self.shapes.pop(row, None)
            self.unplace(row, "servizio da non localizzare")
        if not hidden:
            return
        rows = np.array(hidden, dtype=np.int64)
        self.kind[rows] = 0
        self.x[rows] = self.y[rows] = np.nan
        # The lines written so far may say where it is.
        self.journal.forget(rows, ("D09", "D10"))
        self.journal.same(rows, "D48", "da_non_localizzare", "R", "posizione e indirizzo", "tolti")


def _says_nowhere(values, pattern) -> bool:
    """Tell at once of plain texts that a pattern is in none of them."""
    if not all_texts(values):
        return False
    whole = "\n".join(values)
    return whole.isascii() and not pattern.search(whole.lower())


def _joined(columns, row) -> str:
    """Return the words of a record in some columns, one after the other."""
    return " | ".join(word for word in (column[row] for column in columns) if word)


def _specific_names(pack, code) -> dict:
    """Return {comparable text: tipo_specifico} of a category."""
    known = {}
    for item in pack.tipi_specifici.get(code, ()) if code else ():
        name = getattr(item, "tipo_specifico", item)
        known[normalise(str(name).replace("_", " "))] = name
        label = getattr(item, "etichetta", "")
        if label:
            known[normalise(label)] = name
    return known
