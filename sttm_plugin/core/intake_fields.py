"""Intake, the values: numbers, dates, states and codes of the mapped columns."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict

from . import schema
from .documents import compact_json
from .ids import valid_uuid
from .intake_model import (
    match_key,
    rule_attributes,
)
from .mapping import (
    capacity_unit,
)
from .profile import rule_fields
from .text import normalise
from .values import (
    NULL_NUMBERS,
    OPERATING_WORDS,
    area_factor,
    clean,
    cleaned,
    decimal_evidence,
    is_null,
    mend_mojibake,
    official_code,
    parse_date,
    parse_number,
    parse_stato,
    parse_valenza,
)

_TEXT_FIELDS = (
    "denominazione proprietario gestore ente_pianificatore atto_gestione_associata "
    "giustificazione riferimento_giustificazione id_complesso fonte"
).split()

_DOMAIN_FIELDS = (
    "fase_progetto titolo_servizio computo_dotazione ruolo_rete riconoscimento_art10_ptm "
    "validato_da valenza_confermata tipo_giustificazione"
).split()

_DATE_FIELDS = ("data_rif", "data_inizio_validita", "data_fine_validita", "data_verifica")


class FieldSteps:
    """The steps on the values of the mapped columns."""

    # 8. Values --------------------------------------------------------------------------

    def read_values(self):
        self.decimal_of: dict = {}
        self.file_decimal = self._file_decimal()
        reader = {
            **dict.fromkeys(_TEXT_FIELDS, self._text_field),
            **dict.fromkeys(_DOMAIN_FIELDS, self._domain_field),
            **dict.fromkeys(_DATE_FIELDS, self._date_field),
            "stato": self._stato_field,
            "valenza_dichiarata": self._valenza_field,
            "superficie_dichiarata_mq": self._area_field,
            "capacita": self._capacity_field,
            "capacita_um": self._text_field,
            "utenti_fuori_comune": self._share_field,
            "anno_previsto": self._year_field,
            "fonte_id": self._key_field,
            "codice_fonte": self._code_field,
            "id_servizio": self._uuid_field,
            "doppione_di": self._text_field,
            "tipo_specifico": self._text_field,
        }
        for target, rule in self.rules.items():
            if target in reader:
                self.values[target] = [None] * self.count
                reader[target](target, rule, self._rule_values(target, rule))
        self._official_codes()
        if "stato" not in self.rules and self.count:
            advice = "stato non dichiarato nella fonte: resta vuoto"
            if self.layer_says_state:
                advice += "; il nome del layer ne parla: fissarlo come costante nel profilo"
            self.journal.file(
                "D30" if self.layer_says_state else "D29",
                "stato_assente",
                "W",
                self.table.layer,
                advice,
            )

    def _cells(self, target, rule, values):
        """Yield (row, text) of the rows with a value; tokens for NULL are logged (D36)."""
        mapped = {match_key(key): value for key, value in rule.get("map", {}).items()}
        texts = cleaned(values)
        for row in self.live():
            self.tick(row)
            text = texts[row]
            if text is None:
                continue
            if mapped and target not in ("stato", "valenza_dichiarata"):
                found = mapped.get(match_key(text), text)
                text = None if found is None else str(found)
                if text is None:
                    continue
            if text.casefold() in self.settings.tokens:
                self.journal.record(row, "D36", "valore_nullo", "R", f"{target}: {text}", None)
                continue
            yield row, text

    def _text_field(self, target, rule, values):
        for row, text in self._cells(target, rule, values):
            # Before trimming: the space that cannot break is half of a broken "à".
            raw = values[row]
            if isinstance(raw, str) and raw.isascii():
                self.values[target][row] = text
                continue
            written = raw if isinstance(raw, str) and clean(raw) == text else text
            self.values[target][row] = self._mended(row, target, text, written)

    def _mended(self, row, target, text, written):
        mended = clean(mend_mojibake(written))
        if mended != text:
            self.journal.record(row, "D23", "testo_ricodificato", "R", f"{target}: {text}", mended)
        return mended

    def _domain_field(self, target, rule, values):
        domain = schema.DOMAINS[target]
        for row, text in self._cells(target, rule, values):
            value = normalise(text).replace(" ", "_")
            if value in domain:
                self.values[target][row] = value
            else:
                self.journal.record(row, "D34", "fuori_dominio", "W", f"{target}: {text}", None)

    def _date_field(self, target, rule, values):
        known: dict = {}
        for row, text in self._cells(target, rule, values):
            if text not in known:
                known[text] = parse_date(text)
            found = self.values[target][row] = known[text]
            if found != text[:10]:
                self.journal.record(
                    row, "D42", "data_riscritta", "R" if found else "W", f"{target}: {text}", found
                )

    def _stato_field(self, target, rule, values):
        self.values.setdefault("fase_progetto", [None] * self.count)
        self._decided(target, rule, values, parse_stato)

    def _valenza_field(self, target, rule, values):
        self._decided(target, rule, values, parse_valenza)

    def _decided(self, target, rule, values, parse):
        """Fill a field whose words are decided once for each wording, never guessed."""
        mapped = {match_key(key): value for key, value in rule.get("map", {}).items()}
        unknown: Counter = Counter()
        self.decisions = getattr(self, "decisions", {})
        decided = self.decisions.setdefault(target, {})
        known: dict = {}
        by = "profilo" if mapped else "regola"
        for row, text in self._cells(target, rule, values):
            if text not in known:
                meant = mapped.get(match_key(text)) if mapped else text
                read = parse(meant) if meant is not None else None
                known[text] = read if isinstance(read, tuple) else (read, None)
            value, phase = known[text]
            if value is None:
                unknown[text] += 1
                difetto = "D29" if target == "stato" else "D34"
                self.journal.record(row, difetto, f"{target}_non_chiaro", "A", text, None, by)
                continue
            decided[text] = value if phase is None else text
            self.values[target][row] = value
            if phase is not None and self.values["fase_progetto"][row] is None:
                self.values["fase_progetto"][row] = phase
                self.journal.record(
                    row, "D29", "stato_con_fase", "R", text, f"{value}, fase_progetto {phase}", by
                )
            if target == "stato" and normalise(text) in OPERATING_WORDS:
                self.journal.record(row, "D29", "stato_di_esercizio", "W", text, value, by)
        if unknown:
            named = ", ".join(f"«{text}» ({n})" for text, n in sorted(unknown.items())[:8])
            known = ", ".join(schema.DOMAINS[target])
            self.doubt(f"Valori di «{target}» non chiari: {named}; ammessi: {known}.")
            self.warnings.append(f"Valori di «{target}» non chiari, lasciati vuoti: {named}.")

    # Numbers

    def _file_decimal(self):
        """Return the decimal sign that other columns of the file prove, "" for none."""
        if self.settings.decimal:
            return self.settings.decimal
        profile = self.settings.profile
        if profile is not None and profile.source.get("decimal") in (",", "."):
            return profile.source["decimal"]
        signs = Counter(decimal_evidence(column.values) for column in self.columns)
        if signs[","] and not signs["."]:
            return ","
        if signs["."] and not signs[","]:
            return "."
        return ""

    def _decimal(self, target, values):
        """Return the decimal sign of a column: one decision a column (D37)."""
        if self.settings.decimal:
            return self.settings.decimal
        evidence = decimal_evidence(values)
        if evidence in (",", "."):
            if evidence == ",":
                self.journal.file("D37", "virgola_decimale", "R", target, "numeri")
                self.used_source["decimal"] = ","
            return evidence
        if evidence in ("ambiguo", "misto"):
            sample = next(
                text for text in map(clean, values) if text and re.search(r"\d[.,]\d{3}", text)
            )
            chosen = self.file_decimal or ","
            readings = f"{parse_number(sample, '.').value:g} o {parse_number(sample, ',').value:g}"
            self.doubt(
                f"Nella colonna di «{target}» il valore «{sample}» può valere {readings} (D37)."
            )
            self.journal.file(
                "D37",
                "separatore_ambiguo",
                "A",
                f"{target}: {sample} può valere {readings}",
                f"{parse_number(sample, chosen).value:g}",
            )
            self.used_source["decimal"] = chosen
            return chosen
        return self.file_decimal or ","

    def _numbers(self, target, rule, values):
        """Yield (row, Number, text); zeros and 9999 that mean unknown are logged (D35, D36)."""
        mark = self._decimal(target, [value for value in values if isinstance(value, str)])
        known: dict = {}
        for row, text in self._cells(target, rule, values):
            raw = values[row]
            if not isinstance(raw, str):
                number = parse_number(raw, mark)
            else:
                if text not in known:
                    known[text] = parse_number(text, mark)
                number = known[text]
            if number is None:
                self.journal.record(row, "D37", "non_numero", "W", f"{target}: {text}", None)
            elif number.value in NULL_NUMBERS or number.value < 0:
                self.journal.record(row, "D36", "valore_nullo", "R", f"{target}: {text}", None)
            elif number.value == 0:
                self.journal.record(row, "D35", "zero_ignoto", "R", f"{target}: {text}", None)
                self.used_source.setdefault("zero_is_null", set()).update(rule_fields(rule))
            else:
                yield row, number, text

    def _area_field(self, target, rule, values):
        words = " ".join(rule_fields(rule)).lower()
        column_factor = 10000.0 if re.search(r"(^|[^a-z])(ha|ettari)([^a-z]|$)", words) else 1.0
        for row, number, text in self._numbers(target, rule, values):
            factor = area_factor(number.unit) if number.unit else column_factor
            if factor is None:
                self.journal.record(row, "D37", "unita_ignota", "W", f"{target}: {text}", None)
                continue
            self.values[target][row] = number.value * factor
            if number.unit or factor != 1.0:
                self.journal.record(
                    row,
                    "D37",
                    "unita_letta",
                    "R",
                    f"{target}: {text}",
                    f"{number.value * factor:g} m²",
                )

    def _capacity_field(self, target, rule, values):
        units = self.values.setdefault("capacita_um", [None] * self.count)
        by_column = rule.get("unit") or capacity_unit(" ".join(rule_fields(rule)))
        for row, number, text in self._numbers(target, rule, values):
            self.values[target][row] = number.value
            unit = normalise(number.unit)
            unit = {"pl": "posti letto", "letti": "posti letto", "posto": "posti"}.get(unit, unit)
            if "capacita_um" not in self.rules:
                units[row] = unit or by_column
            if unit:
                self.journal.record(
                    row, "D37", "unita_letta", "R", f"{target}: {text}", f"{number.value:g} {unit}"
                )

    def _share_field(self, target, rule, values):
        for row, number, text in self._numbers(target, rule, values):
            share = number.value / 100 if number.unit == "%" or number.value > 1 else number.value
            if share <= 1:
                self.values[target][row] = share
            if share != number.value or share > 1:
                self.journal.record(
                    row, "D37", "quota", "R", f"{target}: {text}", share if share <= 1 else None
                )

    def _year_field(self, target, rule, values):
        for row, number, text in self._numbers(target, rule, values):
            if number.value.is_integer() and 1900 <= number.value <= 2200:
                self.values[target][row] = number.value
            else:
                self.journal.record(row, "D37", "anno_non_valido", "W", text, None)

    def _attributes(self):
        """Gather the attributes of the rules that the source has, as one JSON a record."""
        units = rule_attributes(self.pack)
        gathered: dict = defaultdict(dict)
        fonte = self.settings.source or self.table.layer
        used = {
            column
            for target, rule in self.rules.items()
            if not target.startswith("attributi.")
            for column in rule_fields(rule)
        }
        for target, rule in self.rules.items():
            if not target.startswith("attributi."):
                continue
            # What a column's values lost is in the log once.
            self.journal.quiet = bool(used & set(rule_fields(rule)))
            name = target.partition(".")[2]
            unit = rule.get("unit") or units.get(name, "")
            values = self._rule_values(target, rule)
            if unit in ("codice", "booleano", ""):
                for row, text in self._cells(name, rule, values):
                    gathered[row][name] = _attribute(_plain_word(text), unit, fonte)
            else:
                for row, number, _ in self._numbers(name, rule, values):
                    gathered[row][name] = _attribute(number.value, unit, fonte)
        self.journal.quiet = False
        if "attributi" in self.rules:
            rule = self.rules["attributi"]
            for row, text in self._cells("attributi", rule, self._rule_values("attributi", rule)):
                try:
                    own = json.loads(text)
                except ValueError:
                    own = None
                if isinstance(own, dict):
                    gathered[row] = {**own, **gathered.get(row, {})}
                else:
                    self.journal.record(row, "D37", "attributi_illeggibili", "W", text[:80], None)
        for row, found in gathered.items():
            self._keep_readable(row, found)
        self.values["attributi"] = [
            compact_json(gathered[row]) if gathered.get(row) else None for row in range(self.count)
        ]

    def _keep_readable(self, row, found):
        """Leave out the attributes that no rule of the record's category reads."""
        code = self.values["codice_sttm"][row]
        if code is None or "attributi" in self.rules:
            return
        read = {rule.attributo for rule in self.pack.rules_for(code)}
        for name in set(found) - read:
            del found[name]

    def _key_field(self, target, rule, values):
        for row, text in self._cells(target, rule, values):
            whole = re.sub(r"^(\d+)\.0$", r"\1", text) if text.endswith(".0") else text
            self.values[target][row] = whole

    def _code_field(self, target, rule, values):
        name = " ".join(rule_fields(rule))
        for row, text in self._cells(target, rule, values):
            self.values[target][row] = official_code(text, name) or text

    def _uuid_field(self, target, rule, values):
        for row, text in self._cells(target, rule, values):
            if valid_uuid(text):
                self.values[target][row] = text.lower()
            else:
                self.journal.record(row, "D40", "identificativo_non_uuid", "R", text, "generato")

    def _official_codes(self):
        """Take official codes from the columns that hold them where no column was mapped."""
        if "codice_fonte" in self.rules:
            return
        found: list = [None] * self.count
        for name in self.codes:
            values = self.table.values(name)
            said = {
                value: None if is_null(value, self.settings.tokens) else official_code(value, name)
                for value in set(values)
            }
            for row, value in enumerate(values):
                if found[row] is None:
                    found[row] = said[value]
        self.values["codice_fonte"] = found


def _attribute(value, unit, fonte) -> dict:
    return {"valore": value, "unita": unit, "natura": "dichiarato", "fonte": fonte}


def _plain_word(text):
    plain = normalise(text)
    if plain in ("si", "s", "vero", "true", "1", "yes"):
        return "si"
    if plain in ("no", "n", "falso", "false", "0"):
        return "no"
    return text
