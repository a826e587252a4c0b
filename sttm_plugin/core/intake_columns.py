"""Intake, the columns: what the file says of itself, and which column feeds which field."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import numpy as np

from .errors import SttmError
from .intake_model import (
    bare,
    match_key,
    rule_attributes,
)
from .mapping import (
    SYNONYMS,
    TYPE_SYNONYMS,
    aligned,
    joined_name,
    make_column,
    name_score,
    scientific_keys,
    suggest,
)
from .personal import may_be_personal, personal_kind
from .profile import compare_fingerprint, rule_fields
from .taxonomy import classify_text
from .text import normalise
from .values import (
    clean,
    looks_like_wkt,
    parse_number,
    parse_pair,
)

# D39: surfaces that aren't the ground a service takes.
_OTHER_SURFACES = frozenset(
    "slp sl suplorda superficielorda slpmq supcop supcoperta superficiecoperta".split()
)
_TEXTS = frozenset((str, type(None)))
_LONGEST_DBF = 254
# D33: "E", "12", "A1" say nothing without a legend. D54: "13", "eta_6", "0-5".
_CODE = re.compile(r"^[A-Za-z]?\d{0,3}[A-Za-z]?$")
_AGE = re.compile(r"^(?:(?:eta|età|anni|age)[ _]?)?\d{1,2}(?:[-_/ ]\d{1,2})?(?:[ _]?anni)?$", re.I)


class ColumnSteps:
    """The steps on the file and its columns."""

    # 1. The file ------------------------------------------------------------------------

    def open(self):
        for note in self.table.notes:
            self.journal.file(*note)
        for sentence in self.table.doubts:
            self.doubt(sentence)
        if self.table.flattened:
            self.journal.file(
                "D19",
                "quote_tolte",
                "R",
                "geometrie con Z o M",
                "coordinate piane",
            )
        for row in sorted(self.table.curved):
            self.journal.record(
                row, "D19", "curve_segmentate", "R", "curva", "segmenti, scarto massimo 0,05 m"
            )
        for row, message in self.table.broken.items():
            self.reject(row, "illeggibile", "D49", message)
        for row, wkt in self.table.unreadable.items():
            self.reject(
                row,
                "geometria_irreparabile",
                "D12",
                f"La geometria non è leggibile: {wkt[:80]}",
            )
        if not self.count:
            self.warnings.append(f"«{self.table.layer}» non contiene righe: nulla da importare.")
        self._cut_texts()
        self._personal_data()
        said = normalise(self.table.layer)
        self.layer_says_state = bool(re.search(r"\b(previst|esistent|progett)", said))

    def _cut_texts(self):
        for name, width in zip(self.table.names, self.table.widths):
            if width < 8:
                continue
            column = self.table.column(name)
            counts = column.counts().tolist()
            texts = cut = words = 0
            for value, times in zip(column.values, counts):
                if isinstance(value, str):
                    texts += times
                    # A letter is four bytes at most.
                    if 4 * len(value) >= width and len(value.encode("utf-8", "replace")) >= width:
                        cut += times
                        words += times if " " in value else 0
            # Codes all as long as the column are whole.
            if cut and (cut < texts or words or width >= _LONGEST_DBF):
                self.journal.file(
                    "D22",
                    "testo_al_limite",
                    "W",
                    f"colonna {name}, {width} caratteri",
                    f"{cut} valori lunghi quanto la colonna: forse tagliati",
                )

    def _personal_data(self):
        for name in self.table.names:
            self.pause()
            kinds: Counter = Counter()
            column, texts = self.table.column(name), self.table.texts(name)
            worth = itertools.repeat(True)
            if _TEXTS.issuperset(map(type, column.values)):
                worth = may_be_personal(texts.values)
            times_of = column.counts()
            for code in itertools.compress(range(len(texts.values)), worth):
                kind, times = personal_kind(str(column.values[code])), int(times_of[code])
                if kind is not None and times:
                    kinds[kind] += times
            # Any long number looks like a mobile phone: the name of the column must say so.
            if not re.search(r"tel|cell|mobil|contatt|fax", name.lower()):
                kinds.pop("cellulare", None)
            for kind, found in sorted(kinds.items()):
                self.journal.file(
                    "D48",
                    "dati_personali",
                    "W",
                    f"colonna {name}",
                    f"{found} valori sembrano {kind}: restano in attributi_origine, fuori dalla "
                    "consegna",
                )

    # 2. The columns ---------------------------------------------------------------------

    def map_columns(self):
        table, tokens = self.table, self.settings.tokens
        self.columns = []
        for name, kind in zip(table.names, table.kinds):
            self.pause()
            values, texts = table.column(name), table.texts(name)
            self.columns.append(make_column(name, kind, values, tokens, table.layer, texts))
        attributes = rule_attributes(self.pack)
        self.suggested = suggest(
            self.columns,
            which_comune=self._which_comune,
            knows_type=self._knows_type,
            categories=frozenset(self.pack.categorie),
            attributes=attributes,
            areas=[self._metres(shape) for shape in aligned(table.shapes)],
        )
        if self.settings.profile is not None:
            self._apply_profile()
        else:
            self._apply_suggestion()
        self._explicit_position()
        self._wordings()
        self._bare_codes()
        self._ages()

    def _wordings(self):
        """Log the classes written in more than one way: they are matched as one (D32)."""
        for name in dict.fromkeys(self.types):
            written: dict = {}
            for value in dict.fromkeys(self.table.column(name).distinct()):
                if clean(value):
                    written.setdefault(match_key(value), []).append(str(value))
            several = {key: forms for key, forms in written.items() if len(forms) > 1}
            if several:
                forms = "; ".join(
                    " = ".join(f"«{form}»" for form in forms)
                    for _, forms in sorted(several.items())[:6]
                )
                self.journal.file(
                    "D32",
                    "diciture_uguali",
                    "R",
                    f"colonna {name}: {forms}",
                    f"{len(several)} classi; gli originali restano in attributi_origine",
                )

    def _bare_codes(self):
        """Log the columns of type codes that come without their legend (D33)."""
        names = " ".join(TYPE_SYNONYMS).split()
        used = {column for rule in self.rules.values() for column in rule_fields(rule)}
        for column in self.columns:
            if column.name in used or name_score(column.name, names) < 0.75:
                continue
            values = dict.fromkeys(column.values)
            bare_codes = values and all(_CODE.match(text) for text in values)
            if not bare_codes or any(map(self._knows_type, values)):
                continue
            named = ", ".join(f"«{text}»" for text in list(values)[:8])
            self.doubt(
                f"La colonna «{column.name}» contiene codici senza legenda ({named}): indicarne il "
                "significato nel profilo (D33)."
            )
            self.journal.file(
                "D33",
                "codici_senza_legenda",
                "A",
                f"colonna {column.name}: {named}",
                "da classificare: il profilo può dire che cosa vale ogni codice",
            )

    def _ages(self):
        """Log the columns whose name is an age: only the source's own paper says which (D54)."""
        named = [
            column.name
            for column in self.columns
            if _AGE.match(column.name.strip()) and column.values
        ]
        if not named:
            return
        said = ", ".join(f"«{name}»" for name in named)
        self.doubt(
            f"Le colonne {said} sembrano classi di età: il numero può essere solo l'inizio della "
            "classe («13» per 14-18 anni). Il significato è nella documentazione della fonte (D54)."
        )
        self.journal.file(
            "D54",
            "colonne_di_eta",
            "A",
            f"colonne {said}",
            "non usate: il numero può essere solo l'inizio della classe («13» per 14-18 anni), "
            "vedere la documentazione della fonte",
        )

    def _metres(self, shape):
        """Return the area of a shape as the source has it, None where it isn't in metres."""
        if shape is None or "Polygon" not in shape.geom_type:
            return None
        # Degrees are small: no comune lies within 1,000 metres of an origin of coordinates.
        return shape.area if max(map(abs, shape.bounds)) > 1000 else None

    def _which_comune(self, text):
        code = self.places.resolve(bare(text))[0]
        return code if self.places.knows(code) else None

    def _knows_type(self, text):
        match = classify_text([[text]], self.pack)[0]
        return match.codice is not None or bool(match.candidati)

    def _apply_suggestion(self):
        chosen = self.suggested
        self.rules = {
            target: {"field": column} for target, column in sorted(chosen.columns.items())
        }
        self.types = list(chosen.types)
        self.codes = list(chosen.codes)
        for column in self.columns:
            broken = scientific_keys(column)
            if broken and name_score(column.name, SYNONYMS["fonte_id"].split()) >= 0.8:
                raise SttmError(
                    f"La colonna chiave «{column.name}» contiene «{broken[0]}»: il foglio di "
                    "calcolo ha trasformato i codici in numeri o date e la chiave è persa (D45). "
                    "Formattare la colonna come testo nel file di origine ed esportarlo di nuovo."
                )
        for target, named in chosen.doubts:
            self.doubt(f"Per il campo «{target}» la scelta della colonna non è sicura: {named}.")
            self.journal.file("D21", "colonna_dubbia", "A", named, self._chosen(target))
        said = "; ".join(f"{target} ← {rule['field']}" for target, rule in self.rules.items())
        said += f"; tipo ← {', '.join(self.types) or 'nessuna'}"
        self.journal.file("", "colonne_proposte", "A", ", ".join(self.table.names), said)
        if self.count and "denominazione" not in self.rules:
            self.warnings.append(
                f"In «{self.table.layer}» nessuna colonna sembra contenere il nome del servizio "
                f"(colonne: {', '.join(self.table.names) or 'nessuna'}): la denominazione resta "
                "vuota. Indicarla con un profilo."
            )
        surfaces = [item.field for item in chosen.suggestions.get("superficie_dichiarata_mq", ())]
        surfaces += [
            column.name
            for column in self.columns
            if column.name not in surfaces
            and joined_name(column.name) in _OTHER_SURFACES
            and _mostly_numbers(column.values)
        ]
        kinds = {_surface_kind(name) for name in surfaces}
        if len(kinds) > 1:
            taken = chosen.columns.get("superficie_dichiarata_mq", "")
            self.doubt(f"Più colonne contengono una superficie: {', '.join(surfaces)} (D39).")
            self.journal.file("D39", "superficie_scelta", "A", ", ".join(surfaces), taken)

    def _chosen(self, target):
        if target == "posizione":
            return f"{self.suggested.x} / {self.suggested.y}"
        return self.suggested.columns.get(target, "")

    def _apply_profile(self):
        profile, renamed = self.settings.profile.adapted(self.table.names)
        self.settings.profile = profile
        for old, new in renamed:
            self.doubt(f"La colonna «{old}» del profilo «{profile.file_name}» ora è «{new}».")
            self.journal.file("D21", "colonna_rinominata", "A", old, new, "profilo")
        faults, notes = compare_fingerprint(
            profile, self.table.fingerprint(), self.table.found_geometry
        )
        if faults:
            raise SttmError(
                f"Il profilo «{profile.file_name}» non va bene per «{self.table.layer}»: "
                f"{'; '.join(faults)}. Colonne trovate: {', '.join(self.table.names)}."
            )
        for note in notes:
            if not note.startswith("colonne nuove"):
                self.doubt(f"Il profilo «{profile.file_name}» era per un altro layer: {note}.")
            self.journal.file("", "profilo_diverso", "W", profile.file_name, note, "profilo")
        self.rules = {
            target: dict(rule)
            for target, rule in sorted(profile.columns.items())
            if target != "codice_sttm"
        }
        self._leave_others_out(profile.source.get("only", {}))
        rule = profile.columns.get("codice_sttm")
        self.types = rule_fields(rule) if rule else list(self.suggested.types)
        if rule and "constant" in rule:
            self.rules["codice_sttm"] = rule
        elif rule and rule.get("map"):
            self.rules["codice_sttm"] = rule
        elif rule and "field" in rule and self._all_codes(rule["field"]):
            self.rules["codice_sttm"] = rule
        self.codes = list(self.suggested.codes)
        for key, place in (("x_field", "x"), ("y_field", "y")):
            if profile.source.get(key):
                self._needed(profile.source[key], "profilo")
                setattr(self.suggested, place, profile.source[key])
        said = "; ".join(
            f"{target} ← {', '.join(rule_fields(one)) or one.get('constant', 'espressione')}"
            for target, one in self.rules.items()
        )
        self.journal.file("", "profilo_applicato", "A", profile.file_name, said, "profilo")

    def _leave_others_out(self, only):
        """Reject the records that a profile doesn't take for services."""
        for column, texts in sorted(only.items()):
            self._needed(column, "profilo, «only»")
            wanted = {match_key(text) for text in texts}
            values = self.table.column(column)
            others = values.mapped(match_key).true(lambda key, wanted=wanted: key not in wanted)
            for row in np.flatnonzero(others).tolist():
                said = f"{column}: {clean(values[row]) or 'vuoto'}"
                self.reject(row, "non_servizio", "", f"Non è un servizio ({said}).")

    def _all_codes(self, name):
        texts = self.table.texts(name)
        return all(
            text.upper() in self.pack.categorie
            for text in (texts.values[code] for code in texts.used())
            if text
        )

    def _needed(self, name, where):
        if name not in self.table.names:
            raise SttmError(
                f"La colonna «{name}» ({where}) non c'è in «{self.table.layer}». Colonne trovate: "
                f"{', '.join(self.table.names) or 'nessuna'}."
            )

    def _explicit_position(self):
        settings = self.settings
        self.explicit = bool(settings.x_field or settings.y_field)
        if not self.explicit:
            return
        for name, where in ((settings.x_field, "X_FIELD"), (settings.y_field, "Y_FIELD")):
            if name:
                self._needed(name, where)
        if settings.x_field and settings.y_field:
            self.suggested.x, self.suggested.y = settings.x_field, settings.y_field
            self.suggested.wkt = self.suggested.pair = ""
            return
        name = settings.x_field or settings.y_field
        values = self.table.column(name)
        filled = np.flatnonzero(self.table.texts(name).true())[:200]
        sample = [values[row] for row in filled.tolist()]
        if sample and sum(map(looks_like_wkt, sample)) * 2 >= len(sample):
            self.suggested.x = self.suggested.y = self.suggested.pair = ""
            self.suggested.wkt = name
        elif sample and sum(1 for v in sample if parse_pair(v)) * 2 >= len(sample):
            self.suggested.x = self.suggested.y = self.suggested.wkt = ""
            self.suggested.pair = name
        elif sample:
            raise SttmError(
                f"La colonna «{name}» da sola non basta per la posizione: indicare sia X_FIELD sia "
                "Y_FIELD, oppure una colonna con testi come «(45.47, 9.24)» o «POINT (9.24 45.47)»."
            )


def _mostly_numbers(texts) -> bool:
    """Tell whether most of some texts are numbers."""
    return sum(1 for text in texts if parse_number(text)) * 2 > len(texts)


def _surface_kind(name) -> str:
    joined = joined_name(name)
    if joined.startswith(("slp", "sl", "suplorda", "superficielorda")):
        return "slp"
    if "cop" in joined:
        return "coperta"
    return "fondiaria"
