"""Intake, the categories: what each service is, and what must not be located."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import replace

from .errors import SttmError
from .intake_model import (
    match_key,
    spaced,
)
from .osmtags import category_of_tags, tag_keys
from .profile import rule_fields
from .taxonomy import classify_text
from .text import normalise
from .unlocated import unlocated_of
from .values import (
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
        names = self.values.get("denominazione", [None] * self.count)
        columns = [self._words_of(name) for name in self.types]
        rows = list(self.live())
        texts = [
            [names[row], *(column[row] for column in columns if column[row] is not None)]
            for row in rows
        ]
        areas = [self.shape[row].area if self.kind[row] == "area" else None for row in rows]
        codes = [self.values["codice_fonte"][row] for row in rows]
        matches = classify_text(texts, self.pack, codici_fonte=codes, area_mq=areas)
        matches = self._with_tags(rows, self._with_context(matches, areas), areas)
        by_person = self._codes_by_person()
        self.values["codice_sttm"] = [None] * self.count
        self.values["confidenza"] = [None] * self.count
        doubtful: dict = {}
        for row, words, match in zip(rows, texts, matches):
            if row in by_person:
                self._take_decision(row, by_person[row], words)
                continue
            self._take_match(row, words, match, doubtful)
        if doubtful:
            named = "; ".join(
                f"«{text}»: {', '.join(codes)}" for text, codes in sorted(doubtful.items())[:6]
            )
            self.doubt(f"Categoria non sicura per {len(doubtful)} diciture: {named}.")
        self.values["tipo_specifico"] = self._specific_types(rows, texts)
        self._attributes()

    def _take_decision(self, row, code, words):
        """Write what a person decided: a category, or that the value names none."""
        self.values["codice_sttm"][row] = code
        if code is not None:
            self.values["confidenza"][row] = self._own_confidence(row)
            return
        said = " | ".join(word for word in words if word)
        decided = "nessuna categoria, per decisione del tecnico"
        self.journal.record(row, "D34", "da_classificare", "W", said or None, decided, "profilo")

    def _words_of(self, name) -> list:
        """Return a column of words, mended, None where it says nothing; each wording once."""
        values, tokens = self.table.values(name), self.settings.tokens
        known = {
            value: None if is_null(value, tokens) else clean(mend_mojibake(str(value)))
            for value in dict.fromkeys(values)
        }
        return [known[value] for value in values]

    def _own_confidence(self, row):
        """Return the confidence a service layer gives itself; 1 where a person decided."""
        if not self._is_service_layer():
            return 1.0
        number = parse_number(self.table.rows[row][self.table.names.index("confidenza")], ".")
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
        decided = {}
        unseen: Counter = Counter()
        for row, value in enumerate(self._rule_values("codice_sttm", rule)):
            text = clean(value)
            if text is None:
                continue
            key = match_key(text)
            code = mapped.get(key) if mapped else text.upper()
            if code in self.pack.categorie or (code is None and key in mapped):
                decided[row] = code
            elif code is not None:
                raise SttmError(
                    f"La categoria «{code}» non è nella tassonomia {self.pack.versione}: "
                    "correggere il profilo o la colonna dei codici."
                )
            else:
                unseen[text] += 1
        if unseen:
            named = ", ".join(f"«{text}» ({n})" for text, n in sorted(unseen.items())[:8])
            self.doubt(f"Valori di categoria che il profilo non conosce: {named}.")
            self.journal.file(
                "D34", "valori_nuovi", "A", named, "classificati dal testo", "profilo"
            )
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

    def _with_tags(self, rows, matches, areas):
        """Let OpenStreetMap's tags speak where neither name nor code does."""
        keys = tag_keys(self.pack)
        lower = {name.lower(): place for place, name in enumerate(self.table.names)}
        if not keys & set(lower):
            return matches
        decided = []
        for row, match, area in zip(rows, matches, areas):
            if match.muta:
                cells = self.table.rows[row]
                tags = {key: clean(cells[place]) for key, place in lower.items()}
                code, said = category_of_tags({k: v for k, v in tags.items() if v}, self.pack)
                if code is not None:
                    # Through the category's own word, so that the area still decides.
                    word = self.pack.categorie[code].parole_chiave[0]
                    match = classify_text([[word]], self.pack, area_mq=[area])[0]
                    match = replace(match, motivo=f"etichetta OSM {said}")
            decided.append(match)
        return decided

    def _take_match(self, row, words, match, doubtful):
        if match.codice is not None and match.confidenza >= LEAST_CONFIDENCE:
            self.values["codice_sttm"][row] = match.codice
            self.values["confidenza"][row] = float(match.confidenza)
            return
        said = " | ".join(word for word in words if word)
        candidates = [candidate[0] for candidate in match.candidati]
        if candidates or match.codice:
            doubtful[said] = candidates or [match.codice]
        reason = match.motivo or "nessuna parola della tassonomia"
        self.journal.record(row, "D34", "da_classificare", "A", said or None, reason)

    def _specific_types(self, rows, texts):
        """Return the tipo_specifico each record's own words name, among those of its category."""
        given = self.values.get("tipo_specifico", [None] * self.count)
        found: list = [None] * self.count
        names: dict = {}
        for row, words in zip(rows, texts):
            code = self.values["codice_sttm"][row]
            if code not in names:
                names[code] = _specific_names(self.pack, code)
            known = names[code]
            if not known:
                continue
            for word in (given[row], *words[1:], *words[:1]):
                match = known.get(normalise(word)) if word else None
                if match:
                    found[row] = match
                    break
        return found

    # 10. What must not be located -----------------------------------------------------------

    @functools.cached_property
    def unlocated(self):
        """What must not be located, as the pack names it."""
        return unlocated_of(self.pack)

    def _some_say_unlocated(self) -> bool:
        """Tell whether any record may have such words: most layers have none, told at once."""
        names = [*rule_fields(self.rules.get("denominazione", {})), *self.types]
        # The longest word of each, its letters perhaps apart: "R.I.F.U.G.I.O." is a word too.
        longest = {max(known.split(), key=len) for known in self.unlocated.parole}
        if not longest:
            return False
        maybe = re.compile("|".join("[^0-9a-z]*".join(word) for word in sorted(longest)))
        for name in dict.fromkeys(names):
            values = self.table.values(name)
            plain = [
                value if type(value) is str and value.isascii() else normalise(value)
                for value in values
            ]
            if maybe.search("\n".join(plain).lower()):
                return True
        return False

    def says_unlocated(self, row) -> bool:
        """Tell whether the words of a record are those of a service not to be located."""
        names = [*rule_fields(self.rules.get("denominazione", {})), *self.types]
        cells = self.table.rows[row]
        words = (cells[self.table.names.index(name)] for name in names)
        return self.unlocated.told_by(words)

    def hide(self):
        """Take the position off the services that must have none (DATO_RESTITUZIONE §6)."""
        self.hidden = set()
        codes = self.values["codice_sttm"]
        said = self._some_say_unlocated()
        for row in self.live():
            if codes[row] not in self.unlocated.categorie and not (
                said and self.says_unlocated(row)
            ):
                continue
            self.hidden.add(row)
            self.shape[row], self.kind[row] = None, ""
            self.at[row] = (None, "servizio da non localizzare")
            # The lines written so far may say where it is.
            self.journal.of_record[row] = [
                line for line in self.journal.of_record[row] if line[0] not in ("D09", "D10")
            ]
            self.journal.record(
                row, "D48", "da_non_localizzare", "R", "posizione e indirizzo", "tolti"
            )


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
