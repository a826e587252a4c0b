"""Intake, the values: numbers, dates, states and codes of the mapped columns."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict

import numpy as np

from . import schema
from .coded import Coded, Marks
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
    all_said,
    all_texts,
    area_factor,
    clean,
    decimal_evidence,
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
                self.pause()
                reading = _Reading(self, target, rule)
                reader[target](reading)
                self.values[target] = reading.close()
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

    def _text_field(self, reading):
        texts, written = reading.plain(), reading.column.values
        if texts is not None and all_texts(written) and "".join(written).isascii():
            reading.made = texts
            return
        for code, text in reading.cells():
            # Before trimming: the space that cannot break is half of a broken "à".
            raw = reading.column.values[code]
            if not isinstance(raw, str) or not raw.isascii():
                written = raw if isinstance(raw, str) and clean(raw) == text else text
                text = self._mended(reading, code, text, written)
            reading.made[code] = text

    def _mended(self, reading, code, text, written):
        mended = clean(mend_mojibake(written))
        if mended != text:
            said = f"{reading.target}: {text}"
            reading.log(code, "D23", "testo_ricodificato", "R", said, mended)
        return mended

    def _domain_field(self, reading):
        domain = schema.DOMAINS[reading.target]
        for code, text in reading.cells():
            value = normalise(text).replace(" ", "_")
            if value in domain:
                reading.made[code] = value
            else:
                said = f"{reading.target}: {text}"
                reading.log(code, "D34", "fuori_dominio", "W", said, None)

    def _date_field(self, reading):
        for code, text in reading.cells():
            found = reading.made[code] = parse_date(text)
            if found != text[:10]:
                said = f"{reading.target}: {text}"
                gravity = "R" if found else "W"
                reading.log(code, "D42", "data_riscritta", gravity, said, found)

    def _stato_field(self, reading):
        self._decided(reading, parse_stato)

    def _valenza_field(self, reading):
        self._decided(reading, parse_valenza)

    def _decided(self, reading, parse):
        """Fill a field whose words are decided once for each wording, never guessed."""
        target = reading.target
        mapped = {match_key(key): value for key, value in reading.rule.get("map", {}).items()}
        unknown: Counter = Counter()
        self.decisions = getattr(self, "decisions", {})
        decided = self.decisions.setdefault(target, {})
        phases = {}
        by = "profilo" if mapped else "regola"
        for code, text in reading.cells():
            meant = mapped.get(match_key(text)) if mapped else text
            read = parse(meant) if meant is not None else None
            value, phase = read if isinstance(read, tuple) else (read, None)
            if value is None:
                unknown[text] += reading.times[code]
                difetto = "D29" if target == "stato" else "D34"
                reading.log(code, difetto, f"{target}_non_chiaro", "A", text, None, by)
                continue
            decided[text] = value if phase is None else text
            reading.made[code] = value
            if phase is not None:
                phases[code] = (text, value, phase)
        if target == "stato":
            self._phases(reading, phases, by)
            for code, text in reading.said.items():
                if reading.made[code] is not None and normalise(text) in OPERATING_WORDS:
                    value = reading.made[code]
                    reading.log(code, "D29", "stato_di_esercizio", "W", text, value, by)
        if unknown:
            named = ", ".join(f"«{text}» ({n})" for text, n in sorted(unknown.items())[:8])
            known = ", ".join(schema.DOMAINS[target])
            self.doubt(f"Valori di «{target}» non chiari: {named}; ammessi: {known}.")
            self.warnings.append(f"Valori di «{target}» non chiari, lasciati vuoti: {named}.")

    def _phases(self, reading, phases, by):
        """Give the project's phase that a state tells to the records that have none."""
        before = self.values.get("fase_progetto", Coded.constant(None, self.count))
        codes, values = before.codes.copy(), list(before.values)
        for code, (text, value, phase) in phases.items():
            rows = reading.rows_of(code)
            rows = rows[~before.at(rows).true()]
            codes[rows] = len(values)
            values.append(phase)
            dopo = f"{value}, fase_progetto {phase}"
            self.journal.same(rows, "D29", "stato_con_fase", "R", text, dopo, by)
        self.values["fase_progetto"] = Coded(codes, values)

    # Numbers

    def _file_decimal(self):
        """Return the decimal sign that other columns of the file prove, "" for none."""
        if self.settings.decimal:
            return self.settings.decimal
        profile = self.settings.profile
        if profile is not None and profile.source.get("decimal") in (",", "."):
            return profile.source["decimal"]
        # Coordinates are written by a program, the other numbers by people.
        placed = {self.suggested.x, self.suggested.y}
        others = (column for column in self.columns if column.name not in placed)
        signs = Counter(decimal_evidence(column.values) for column in others)
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
            sample, point, comma = _two_readings(values)
            chosen = self.file_decimal or ","
            if target == "capacita":
                # Places and pupils are whole.
                chosen = "." if point.is_integer() else ","
            readings = f"{point:g} o {comma:g}"
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

    def _numbers(self, reading):
        """Yield (code, Number, text); zeros and 9999 that mean unknown are logged (D35, D36)."""
        values = reading.column.distinct()
        mark = self._decimal(reading.target, [value for value in values if isinstance(value, str)])
        for code, text in reading.cells():
            raw = reading.column.values[code]
            number = parse_number(text if isinstance(raw, str) else raw, mark)
            said = f"{reading.target}: {text}"
            if number is None:
                reading.log(code, "D37", "non_numero", "W", said, None)
            elif number.value in NULL_NUMBERS or number.value < 0:
                reading.log(code, "D36", "valore_nullo", "R", said, None)
            elif number.value == 0:
                reading.log(code, "D35", "zero_ignoto", "R", said, None)
                self.used_source.setdefault("zero_is_null", set()).update(rule_fields(reading.rule))
            else:
                yield code, number, text

    def _area_field(self, reading):
        words = " ".join(rule_fields(reading.rule)).lower()
        column_factor = 10000.0 if re.search(r"(^|[^a-z])(ha|ettari)([^a-z]|$)", words) else 1.0
        for code, number, text in self._numbers(reading):
            said = f"{reading.target}: {text}"
            factor = area_factor(number.unit) if number.unit else column_factor
            if factor is None:
                reading.log(code, "D37", "unita_ignota", "W", said, None)
                continue
            metres = reading.made[code] = number.value * factor
            if number.unit or factor != 1.0:
                reading.log(code, "D37", "unita_letta", "R", said, f"{metres:g} m²")

    def _capacity_field(self, reading):
        by_column = reading.rule.get("unit") or capacity_unit(" ".join(rule_fields(reading.rule)))
        units = [None] * len(reading.column.values)
        for code, number, text in self._numbers(reading):
            reading.made[code] = number.value
            unit = normalise(number.unit)
            unit = {"pl": "posti letto", "letti": "posti letto", "posto": "posti"}.get(unit, unit)
            units[code] = unit or by_column
            if unit:
                said = f"{reading.target}: {text}"
                reading.log(code, "D37", "unita_letta", "R", said, f"{number.value:g} {unit}")
        if "capacita_um" not in self.rules:
            self.values["capacita_um"] = Coded(reading.column.codes, units)

    def _share_field(self, reading):
        for code, number, text in self._numbers(reading):
            share = number.value / 100 if number.unit == "%" or number.value > 1 else number.value
            if share <= 1:
                reading.made[code] = share
            if share != number.value or share > 1:
                said = f"{reading.target}: {text}"
                reading.log(code, "D37", "quota", "R", said, share if share <= 1 else None)

    def _year_field(self, reading):
        for code, number, text in self._numbers(reading):
            if number.value.is_integer() and 1900 <= number.value <= 2200:
                reading.made[code] = number.value
            else:
                reading.log(code, "D37", "anno_non_valido", "W", text, None)

    def _attributes(self):
        """Gather the attributes of the rules that the source has, as one JSON a record."""
        units = rule_attributes(self.pack)
        named = [target for target in self.rules if target.startswith("attributi.")]
        if not named and "attributi" not in self.rules:
            self.values["attributi"] = Coded.constant(None, self.count)
            return
        gathered: dict = defaultdict(dict)
        fonte = self.settings.source or self.table.layer
        used = {
            column
            for target, rule in self.rules.items()
            if not target.startswith("attributi.")
            for column in rule_fields(rule)
        }
        for target in named:
            rule = self.rules[target]
            # What a column's values lost is in the log once.
            self.journal.quiet = bool(used & set(rule_fields(rule)))
            name = target.partition(".")[2]
            unit = rule.get("unit") or units.get(name, "")
            reading = _Reading(self, name, rule, target)
            if unit in ("codice", "booleano", ""):
                for code, text in reading.cells():
                    reading.made[code] = _attribute(_plain_word(text), unit, fonte)
            else:
                for code, number, _ in self._numbers(reading):
                    reading.made[code] = _attribute(number.value, unit, fonte)
            found = reading.close()
            for row in reading.rows[found.at(reading.rows).true()].tolist():
                gathered[row][name] = found[row]
        self.journal.quiet = False
        if "attributi" in self.rules:
            reading = _Reading(self, "attributi", self.rules["attributi"])
            for code, text in reading.cells():
                try:
                    own = json.loads(text)
                except ValueError:
                    own = None
                if isinstance(own, dict):
                    reading.made[code] = own
                else:
                    reading.log(code, "D37", "attributi_illeggibili", "W", text[:80], None)
            found = reading.close()
            for row in reading.rows[found.at(reading.rows).true()].tolist():
                gathered[row] = {**found[row], **gathered.get(row, {})}
        for row, found in gathered.items():
            self._keep_readable(row, found)
        written = Marks(self.count)
        for row, found in gathered.items():
            if found:
                written.put(row, compact_json(found))
        self.values["attributi"] = written.column()

    def _keep_readable(self, row, found):
        """Leave out the attributes that no rule of the record's category reads."""
        code = self.values["codice_sttm"][row]
        if code is None or "attributi" in self.rules:
            return
        read = {rule.attributo for rule in self.pack.rules_for(code)}
        for name in set(found) - read:
            del found[name]

    def _key_field(self, reading):
        texts = reading.plain()
        if texts is not None and ".0\n" not in "\n".join([*texts, ""]):
            reading.made = texts
            return
        for code, text in reading.cells():
            reading.made[code] = whole_key(text)

    def _code_field(self, reading):
        name = " ".join(rule_fields(reading.rule))
        for code, text in reading.cells():
            reading.made[code] = official_code(text, name) or text

    def _uuid_field(self, reading):
        for code, text in reading.cells():
            if valid_uuid(text):
                reading.made[code] = text.lower()
            else:
                reading.log(code, "D40", "identificativo_non_uuid", "R", text, "generato")

    def _official_codes(self):
        """Take official codes from the columns that hold them where no column was mapped."""
        if "codice_fonte" in self.rules:
            return
        found = Marks(self.count)
        for name in self.codes:
            column, texts = self.table.column(name), self.table.texts(name)
            said = [
                None
                if text is None or text.casefold() in self.settings.tokens
                else official_code(value, name)
                for value, text in zip(column.values, texts.values)
            ]
            codes = Coded(column.codes, said)
            found.put_column(np.flatnonzero(found.empty() & codes.true()), codes)
        self.values["codice_fonte"] = found.column()


class _Reading:
    """What is made of a field's column: of each value that records not rejected have.

    Attributes:
        made: what each value of ``column`` becomes, None where it is lost. said: {code: its
            text}. times: how many records have each. rows: the records not rejected.
    """

    def __init__(self, run, target, rule, fed_by=None):
        self.run, self.target, self.rule = run, target, rule
        self.column = run._rule_column(fed_by or target, rule)
        self._texts = run._rule_texts(fed_by or target, rule)
        self.rows = run.live()
        self.codes = self.column.codes[self.rows]
        self.times = np.bincount(self.codes, minlength=len(self.column.values)).tolist()
        self.made: list = [None] * len(self.column.values)
        self.said: dict = {}
        self._lines: list = [{}]

    def cells(self):
        """Yield (code, text) of the values there are; tokens for NULL are logged (D36)."""
        target, tokens, texts = self.target, self.run.settings.tokens, self._texts.values
        mapped = {match_key(key): value for key, value in self.rule.get("map", {}).items()}
        if target in ("stato", "valenza_dichiarata"):
            mapped = {}
        for code, times in enumerate(self.times):
            text = texts[code] if times else None
            if text is None:
                continue
            if mapped:
                found = mapped.get(match_key(text), text)
                if found is None:
                    continue
                text = str(found)
            if text.casefold() in tokens:
                self.log(code, "D36", "valore_nullo", "R", f"{target}: {text}", None)
                continue
            self.said[code] = text
            yield code, text

    def plain(self):
        """Return the texts of the values where ``cells`` would yield each as it is, else None."""
        texts = self._texts.values
        if self.rule.get("map") or not all_said(texts, self.run.settings.tokens):
            return None
        return texts

    def log(self, code, difetto, regola, gravita, prima, dopo, deciso_da="regola"):
        """Add a line for the log on each record with a value."""
        lot = next((lot for lot in self._lines if code not in lot), None)
        if lot is None:
            lot = {}
            self._lines.append(lot)
        lot[code] = (difetto, regola, gravita, prima, dopo, deciso_da)

    def rows_of(self, code):
        """Return the records with a value, int (n,)."""
        return self.rows[self.codes == code]

    def close(self) -> Coded:
        """Write the lines; return the column of what was made."""
        for lot in self._lines:
            self.run.journal.records(self.rows, self.codes, lot)
        return Coded(self.column.codes, self.made)


def whole_key(text) -> str:
    """Return a key without the decimals a spreadsheet gave it: "12.0" → "12"."""
    return re.sub(r"^(\d+)\.0$", r"\1", text) if text.endswith(".0") else text


def _attribute(value, unit, fonte) -> dict:
    return {"valore": value, "unita": unit, "natura": "dichiarato", "fonte": fonte}


def _plain_word(text):
    plain = normalise(text)
    if plain in ("si", "s", "vero", "true", "1", "yes"):
        return "si"
    if plain in ("no", "n", "falso", "false", "0"):
        return "no"
    return text


def _two_readings(values):
    """Return (a text, its value with a decimal point, with a comma): one the sign changes, if any.

    Args:
        values: texts of which ``decimal_evidence`` says "ambiguo" or "misto".
    """
    found = None
    for text in map(clean, values):
        read = [parse_number(text, sign) for sign in ".,"] if text else [None]
        if None in read or not re.search(r"[.,]", text):
            continue
        point, comma = (number.value for number in read)
        if point != comma:
            return text, point, comma
        found = found or (text, point, comma)
    return found
