"""Any table or layer → the service layer: nothing lost, nothing silent (INTERFACE §5)."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from . import schema
from .crsdoctor import diagnose
from .documents import compact_json
from .errors import SttmError
from .identity import Identified, assign_ids
from .ids import source_name, valid_uuid
from .mapping import (
    ADDRESS,
    SYNONYMS,
    capacity_unit,
    joined_name,
    make_column,
    name_score,
    scientific_keys,
    suggest,
)
from .places import SURROUNDINGS_M
from .profile import Profile, compare_fingerprint, make_profile, rule_fields
from .shapes import condition
from .taxonomy import classify_text
from .text import normalise
from .values import (
    NULL_NUMBERS,
    OPERATING_WORDS,
    area_factor,
    clean,
    decimal_evidence,
    is_null,
    looks_like_wkt,
    mend_mojibake,
    null_tokens,
    official_code,
    parse_date,
    parse_number,
    parse_pair,
    parse_stato,
    parse_valenza,
    personal_kind,
)

# INTERFACE §1, Doubt: a proposal of ours.
LEAST_CONFIDENCE = 0.8
# D38: declared and measured area may differ by so much.
AREA_SHARE = 0.05
# D10: less than this share outside the comune is digitising.
OUTSIDE_SHARE = 0.01
UNLOCATED_CATEGORY = "EXT.07"
_UNLOCATED_WORDS = (
    "casa rifugio",
    "case rifugio",
    "centro antiviolenza",
    "centri antiviolenza",
    "antiviolenza",
    "casa protetta donne",
    "rifugio per donne",
)
_HIDDEN = "[omesso: servizio da non localizzare]"
_TOTAL = re.compile(r"^(sub ?totale|total[ei]?|tot|somma)\b")
_TEXT_FIELDS = (
    "denominazione proprietario gestore ente_pianificatore atto_gestione_associata "
    "giustificazione riferimento_giustificazione id_complesso fonte"
).split()
_DOMAIN_FIELDS = (
    "fase_progetto titolo_servizio computo_dotazione ruolo_rete riconoscimento_art10_ptm "
    "validato_da valenza_confermata tipo_giustificazione"
).split()
_DATE_FIELDS = ("data_rif", "data_inizio_validita", "data_fine_validita", "data_verifica")
_PROGRESS_EVERY = 256


@dataclass
class SourceTable:
    """A layer or table as read, in its own coordinates.

    Attributes:
        layer, file: name of the layer; name of the file, without folder, or "".
        names, kinds, widths: columns; kind text, int, real, date, bool; width 0 is unknown.
        rows: list of values a record; None is NULL. fids: the source's own feature ids.
        shapes: shapely or None, in the source's CRS. unreadable: {row: WKT} of geometries that
            no library reads. curved: rows whose curves were segmented.
        geometry: "Point", "Polygon", "LineString", "None" or "Mixed": what the layer declares.
        crs: authority code or WKT, "" where none is declared. geojson: its CRS is nobody's word.
        flattened: Z or M was dropped. broken: {row: why it can't be read}.
        notes: file-level lines for the log: (difetto, regola, gravita, prima, dopo).
        encoding, delimiter, header_row: how it was decoded, for the profile.
        doubts: sentences on what the reading had to choose.
    """

    layer: str
    file: str
    names: list
    kinds: list
    widths: list
    rows: list
    fids: list
    shapes: list
    geometry: str = "None"
    crs: str = ""
    geojson: bool = False
    flattened: bool = False
    unreadable: dict = field(default_factory=dict)
    curved: set = field(default_factory=set)
    broken: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 1
    doubts: list = field(default_factory=list)

    def values(self, name) -> list:
        """Return a column, as read."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def fingerprint(self) -> list:
        """Return "NAME:Kind" of each column."""
        words = {"text": "String", "int": "Integer", "real": "Real", "date": "Date"}
        return [
            f"{name}:{words.get(kind, 'Boolean')}" for name, kind in zip(self.names, self.kinds)
        ]


@dataclass
class Settings:
    """What the user asked for.

    Attributes:
        istat: 6-digit code of COMUNE, "" where the source says it.
        lettura: 1 or 2. source, source_date: name of the source; ISO date or None.
        profile: core.profile.Profile or None. x_field, y_field: "" for none.
        source_crs: overrides what the file declares, "" for none.
        tokens: texts read as NULL. decimal: "", "." or ",". on_doubt: 1 takes the best.
        unplaced, points: whether those outputs were asked for.
    """

    istat: str = ""
    lettura: int = 1
    source: str = ""
    source_date: str | None = None
    profile: Profile | None = None
    x_field: str = ""
    y_field: str = ""
    source_crs: str = ""
    tokens: frozenset = field(default_factory=null_tokens)
    decimal: str = ""
    on_doubt: int = 1
    unplaced: bool = True
    points: bool = True


@dataclass
class Intake:
    """What came out.

    Attributes:
        main: frame of OUTPUT. kind: "punto" or "area", its geometry. points: OUTPUT_POINTS.
        unplaced: frame without geometry. rejected: frame of REJECTED.
        log: rows of the log. profile: content of PROFILE_OUT. counts: the Results.
        warnings: sentences for the user.
    """

    main: object
    kind: str
    points: object
    unplaced: object
    rejected: object
    log: list
    profile: dict
    counts: dict
    warnings: list


class Journal:
    """The log as it is written: lines on the file, lines on a record, rejections."""

    def __init__(self, layer):
        self.layer = layer
        self.of_file: list = []
        self.of_record: dict = defaultdict(list)
        self.quiet = False

    def file(self, difetto, regola, gravita, prima, dopo, deciso_da="regola"):
        """Add a line on the whole file."""
        if self.quiet:
            return
        self.of_file.append((difetto, regola, gravita, prima, dopo, deciso_da))

    def record(self, row, difetto, regola, gravita, prima, dopo, deciso_da="regola"):
        """Add a line on one record."""
        if self.quiet:
            return
        self.of_record[row].append((difetto, regola, gravita, prima, dopo, deciso_da))

    def rows(self, fids, ids, rejected) -> list:
        """Return the rows of the log; of a rejected record only what is left of it."""
        keys = ("difetto", "regola", "gravita", "prima", "dopo", "deciso_da")

        def line(values, fid, own):
            return {"layer": self.layer, "fid": fid, "id_servizio": own, **dict(zip(keys, values))}

        lines = [line(values, None, None) for values in self.of_file]
        for row, fid in enumerate(fids):
            if row in rejected:
                reason = rejected[row]
                values = (reason[1], reason[0], "Q", None, reason[2], "regola")
                lines.append(line(values, fid, None))
                continue
            lines.extend(line(values, fid, ids.get(row)) for values in self.of_record[row])
        return lines

    def repaired(self, rejected) -> int:
        """Return how many records that weren't rejected have a repair."""
        return sum(
            1
            for row, lines in self.of_record.items()
            if row not in rejected and any(line[2] == "R" for line in lines)
        )


def import_services(table, settings, pack, places, projector, previous=None, on_progress=None):
    """Return a foreign table as service layers, with what was left out and a log of it all.

    Args:
        table: SourceTable.
        settings: Settings.
        pack: the criteria pack.
        places: core.places.Places in the analysis CRS.
        projector: has ``points(crs, xs, ys)`` → (xs, ys), ``shapes(crs, shapes, swap)`` → shapes,
            both in the analysis CRS, ``to_utm32(xs, ys)`` from there, ``crs`` the analysis
            CRS as geopandas takes it, ``operation(crs)`` the transformation's name.
        previous: an earlier services frame in the analysis CRS, or None.
        on_progress: share → False to stop.

    Returns:
        Intake; None when stopped. Always: read = written + rejected.

    Raises:
        SttmError: the doubts of INTERFACE §1 that stop; wrong columns; no comune.
    """
    run = _Run(table, settings, pack, places, projector, previous, on_progress or _go_on)
    return run.result()


def _go_on(share):
    return True


class _Stopped(Exception):  # noqa: N818
    pass


class _Run:
    """One import: each step fills what the next one reads."""

    def __init__(self, table, settings, pack, places, projector, previous, on_progress):
        self.table, self.settings, self.pack = table, settings, pack
        self.places, self.projector, self.previous = places, projector, previous
        self.on_progress = on_progress
        self.count = len(table.rows)
        self.journal = Journal(table.layer)
        self.rejected: dict = {}  # row → (motivo, difetto, messaggio)
        self.warnings: list = []
        self.values: dict = {}  # field of ours → list
        self.used_source: dict = {}  # for the profile

    def result(self):
        steps = (
            self.open,
            self.map_columns,
            self.read_positions,
            self.find_totals,
            self.find_comuni,
            self.place,
            self.settle_comuni,
            self.read_values,
            self.classify,
            self.hide,
            self.sort_out,
            self.identify,
            self.compare,
        )
        for number, step in enumerate(steps):
            self.step_share = (number / len(steps), 1 / len(steps))
            try:
                if not self.on_progress(self.step_share[0]):
                    return None
                step()
            except _Stopped:
                return None
        return self.deliver()

    def tick(self, row):
        """Show progress inside a step, and stop when the user wants."""
        if row % _PROGRESS_EVERY == 0:
            begin, size = self.step_share
            if not self.on_progress(begin + size * row / max(self.count, 1)):
                raise _Stopped

    def live(self):
        """Yield the rows not rejected so far."""
        for row in range(self.count):
            if row not in self.rejected:
                yield row

    def reject(self, row, motivo, difetto, messaggio):
        """Put a record among the rejected; the first reason stays."""
        self.rejected.setdefault(row, (motivo, difetto, messaggio))

    def doubt(self, sentence):
        """Stop on a doubt when the user wants to decide."""
        if not self.settings.on_doubt:
            raise SttmError(
                f"{sentence} Indicare la scelta nel profilo o nei parametri, oppure ripetere con "
                "ON_DOUBT = 1 perché sia presa la migliore."
            )

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
        if re.search(r"(^|[_ ])(previst|esistent|progett)", normalise(self.table.layer)):
            self.layer_says_state = True
        else:
            self.layer_says_state = False

    def _cut_texts(self):
        for name, width in zip(self.table.names, self.table.widths):
            if width < 8:
                continue
            texts = [value for value in self.table.values(name) if isinstance(value, str)]
            cut = sum(1 for text in texts if len(text.encode("utf-8", "replace")) >= width)
            # Codes all as long as the column are whole.
            if 0 < cut < len(texts):
                self.journal.file(
                    "D22",
                    "testo_al_limite",
                    "W",
                    f"colonna {name}, {width} caratteri",
                    f"{cut} valori lunghi quanto la colonna: forse tagliati",
                )

    def _personal_data(self):
        for name in self.table.names:
            kinds = Counter(
                kind for kind in map(personal_kind, self.table.values(name)) if kind is not None
            )
            for kind, found in sorted(kinds.items()):
                if kind == "cellulare" and not re.search(
                    r"tel|cell|mobil|contatt|fax", name.lower()
                ):
                    continue
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
        self.columns = [
            make_column(name, kind, table.values(name), tokens)
            for name, kind in zip(table.names, table.kinds)
        ]
        attributes = _rule_attributes(self.pack)
        self.suggested = suggest(
            self.columns,
            which_comune=self._which_comune,
            knows_type=self._knows_type,
            categories=frozenset(self.pack.categorie),
            attributes=attributes,
        )
        if self.settings.profile is not None:
            self._apply_profile()
        else:
            self._apply_suggestion()
        self._explicit_position()

    def _which_comune(self, text):
        code = self.places.resolve(_bare(text))[0]
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
                    "calcolo ha trasformato i codici in numeri e le ultime cifre sono perse (D45). "
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
        profile = self.settings.profile
        faults, notes = compare_fingerprint(profile, self.table.fingerprint(), self.table.geometry)
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

    def _all_codes(self, name):
        values = [clean(value) for value in self.table.values(name)]
        return all(value.upper() in self.pack.categorie for value in values if value)

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
        sample = [value for value in self.table.values(name) if clean(value)][:200]
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

    # 3. Positions -----------------------------------------------------------------------

    def read_positions(self):
        """Fill ``self.at``: per row ("geometria"|"colonne"|"testo", value) or (None, reason)."""
        table, found = self.table, self.suggested
        xs = self._numbers_of(found.x) if found.x and found.y else None
        ys = self._numbers_of(found.y) if xs is not None else None
        wkt = table.values(found.wkt) if found.wkt else None
        pair = table.values(found.pair) if found.pair else None
        tokens = self.settings.tokens
        self.at: list = []
        for row in range(self.count):
            shape = None if self.explicit else table.shapes[row]
            if shape is not None and not shape.is_empty:
                self.at.append(("geometria", shape))
                continue
            reason = "vuota"
            place = None
            if xs is not None:
                (x, written_x), (y, written_y) = xs[row], ys[row]
                if x is not None and y is not None:
                    place = ("colonne", (x, y))
                elif written_x or written_y:
                    reason = f"coordinate «{written_x or ''}», «{written_y or ''}»"
            if place is None and pair is not None and not is_null(pair[row], tokens):
                both = parse_pair(pair[row])
                # "(lat, lon)" is how these texts are written: the second one goes east.
                place = ("testo", (both[1], both[0])) if both else None
                reason = reason if both else f"coordinate «{clean(pair[row])}»"
            if place is None and wkt is not None and not is_null(wkt[row], tokens):
                shape = _from_wkt(clean(wkt[row]))
                place = ("wkt", shape) if shape is not None else None
                reason = reason if shape is not None else f"WKT «{clean(wkt[row])[:60]}»"
            self.at.append(place or (None, reason))

    def _numbers_of(self, name):
        """Return [(number or None, text or None)] of a column of coordinates."""
        values = self.table.values(name)
        pairs = []
        comma = False
        for value in values:
            if is_null(value, self.settings.tokens):
                pairs.append((None, None))
                continue
            text = clean(value)
            # One sign alone is decimal in a coordinate: 45.471 is no thousand.
            comma |= isinstance(value, str) and "," in text and "." not in text
            number = parse_number(value, "," if "," in text and "." not in text else ".")
            usable = number is not None and not number.unit.strip("°")
            pairs.append((number.value if usable else None, text))
        if comma:
            self.journal.file(
                "D37", "virgola_decimale", "R", f"colonna {name}: virgola decimale", "numeri"
            )
            self.used_source["decimal"] = ","
        return pairs

    # 4. Rows that are no records ----------------------------------------------------------

    def find_totals(self):
        """Reject the rows of totals of a sheet (D44)."""
        if self.table.geometry != "None" or not self.count:
            return
        numeric = {}
        for place, column in enumerate(self.columns):
            evidence = decimal_evidence(column.values)
            mark = "." if evidence == "." else ","
            numbers = [parse_number(row[place], mark) for row in self.table.rows]
            filled = [row for row, number in enumerate(numbers) if number is not None]
            if len(filled) >= 3 and len(filled) >= 0.5 * column.filled:
                numeric[place] = [None if n is None else n.value for n in numbers]
        name = self.rules.get("denominazione", {}).get("field")
        for row in self.live():
            cells = self.table.rows[row]
            texts = [normalise(clean(cell)) for cell in cells if clean(cell)]
            if self.at[row][0] is not None or not texts:
                continue
            said = any(_TOTAL.match(text) for text in texts[:3])
            if said and len(texts) <= max(len(cells) * 0.7, 2):
                self.reject(row, "riga_totale", "D44", f"Riga di totale: «{texts[0]}».")
                continue
            named = name is not None and clean(cells[self.table.names.index(name)])
            if named or not numeric:
                continue
            sums = [
                values[row] is not None and self._is_sum(values, row)
                for values in numeric.values()
                if values[row] is not None
            ]
            if sums and all(sums) and len(sums) == len(texts):
                self.reject(
                    row, "riga_totale", "D44", "Riga senza nome che somma le righe precedenti."
                )

    @staticmethod
    def _is_sum(values, row):
        others = [value for place, value in enumerate(values) if place < row and value is not None]
        return len(others) > 1 and math.isclose(
            sum(others), values[row], rel_tol=1e-9, abs_tol=0.005
        )

    # 5. Comuni --------------------------------------------------------------------------

    def find_comuni(self):
        """Fill ``self.said``: per row (ISTAT code or None, how, text) of the source's column."""
        rule = self.rules.get("istat")
        self.said = [(None, "", None)] * self.count
        if rule is None:
            return
        values = self._rule_values("istat", rule)
        mapped = {_match_key(key): value for key, value in rule.get("map", {}).items()}
        for row, value in enumerate(values):
            if is_null(value, self.settings.tokens):
                continue
            text = clean(value)
            if _match_key(text) in mapped:
                text = str(mapped[_match_key(text)])
            code, how = self.places.resolve(_bare(text))
            self.said[row] = (code, how, text)

    def _rule_values(self, target, rule):
        if "constant" in rule:
            return [rule["constant"]] * self.count
        if "expression" in rule:
            name = f"={target}"
            if name not in self.table.names:
                raise SttmError(
                    f"Profilo: l'espressione del campo «{target}» non è stata calcolata."
                )
            return self.table.values(name)
        names = rule_fields(rule)
        for name in names:
            self._needed(name, f"campo «{target}»")
        columns = [self.table.values(name) for name in names]
        if len(columns) == 1:
            return columns[0]
        return [next((v for v in cells if clean(v)), None) for cells in zip(*columns)]

    # 6. Coordinates to the analysis CRS ----------------------------------------------------

    def place(self):
        """Diagnose each group of positions and bring it to the analysis CRS (``self.shape``)."""
        self.shape: list = [None] * self.count
        groups = defaultdict(list)
        for row in self.live():
            kind = self.at[row][0]
            if kind is not None:
                groups[kind].append(row)
        for kind in ("geometria", "colonne", "testo", "wkt"):
            if groups[kind]:
                self._place_group(kind, groups[kind])
        for row in self.live():
            self.tick(row)
            self._condition(row)

    def _place_group(self, kind, rows):
        import numpy as np

        of_shapes = kind in ("geometria", "wkt")
        xs, ys = np.full(self.count, np.nan), np.full(self.count, np.nan)
        for row in rows:
            xs[row], ys[row] = _centre(self.at[row][1]) if of_shapes else self.at[row][1]
        zero = [row for row in rows if xs[row] == 0 and ys[row] == 0]
        for row in zero:
            self.reject(
                row,
                "coordinate_non_valide",
                "D09",
                "Coordinate 0, 0: stanno per «posizione ignota».",
            )
        bad = [row for row in rows if not (math.isfinite(xs[row]) and math.isfinite(ys[row]))]
        for row in bad:
            self.at[row] = (None, "coordinate non numeriche")
        rows = [row for row in rows if row not in self.rejected and self.at[row][0] is not None]
        if not rows:
            return
        declared, chosen = self._declared(kind)
        expected = self._expected(rows)
        crs, swap = declared, False
        if any(istat for istat in expected.values()):
            found = self._diagnose(xs, ys, declared, chosen, expected, kind)
            crs, swap = found.crs, found.swapped
        elif not declared:
            # Every record belongs elsewhere: they will be rejected, wherever they lie.
            return
        if of_shapes:
            moved = self.projector.shapes(crs, [self.at[row][1] for row in rows], swap)
            for row, shape in zip(rows, moved):
                self.shape[row] = shape
                if shape is None:
                    self.at[row] = (None, "coordinate fuori dal sistema di riferimento")
            return
        from shapely.geometry import Point

        picked = np.array(rows)
        first, second = (ys, xs) if swap else (xs, ys)
        east, north = self.projector.points(crs, first[picked], second[picked])
        for row, x, y in zip(rows, east.tolist(), north.tolist()):
            if math.isfinite(x) and math.isfinite(y):
                self.shape[row] = Point(x, y)
            else:
                self.at[row] = (
                    None,
                    f"coordinate {xs[row]:g}, {ys[row]:g} fuori dal sistema di riferimento",
                )

    def _declared(self, kind):
        if self.settings.source_crs:
            return self.settings.source_crs, True
        profile = self.settings.profile
        if profile is not None and profile.source.get("crs"):
            return profile.source["crs"], False
        if kind == "geometria":
            return self.table.crs, False
        if kind in ("colonne", "wkt") and self.table.geometry == "None" and self.table.crs:
            return self.table.crs, False
        if kind == "colonne" and _says_degrees(self.suggested.x, self.suggested.y):
            return "EPSG:4326", False
        return "", False

    def _expected(self, rows):
        """Return {row: ISTAT code of the ground its position should fall near, or None}."""
        expected = {}
        for row in rows:
            code, how, _ = self.said[row]
            if code is None and how != "altrove":
                code = self.settings.istat
            expected[row] = code if self.places.knows(code) else None
        if not any(expected.values()) and not self.settings.istat and self.places.exact:
            # Nobody says the comune: anywhere on the boundaries will do.
            expected = dict.fromkeys(rows, "*")
        return expected

    def _diagnose(self, xs, ys, declared, chosen, expected, kind):
        import numpy as np

        groups = defaultdict(list)
        for row, istat in expected.items():
            if istat:
                groups[istat].append(row)
        tested = np.zeros(self.count, dtype=bool)
        for rows in groups.values():
            tested[rows] = True
        xmin, ymin, xmax, ymax = self.places.whole()

        def inside(east, north):
            hits = np.zeros(self.count, dtype=bool)
            for istat, rows in groups.items():
                if istat == "*":
                    slack = SURROUNDINGS_M
                    with np.errstate(invalid="ignore"):
                        within = (east[rows] >= xmin - slack) & (east[rows] <= xmax + slack)
                        within &= (north[rows] >= ymin - slack) & (north[rows] <= ymax + slack)
                    hits[rows] = within
                else:
                    hits[rows] = self.places.inside(istat, east[rows], north[rows])
            return hits

        def near(east, north):
            # Italy, seen from here: a wrong CRS puts the data well outside it.
            with np.errstate(invalid="ignore"):
                return (
                    (east > xmin - 400_000)
                    & (east < xmax + 850_000)
                    & (north > ymin - 1_200_000)
                    & (north < ymax + 250_000)
                )

        found = diagnose(
            np.where(tested, xs, np.nan),
            np.where(tested, ys, np.nan),
            declared,
            inside,
            self.projector.points,
            chosen=chosen,
            geojson=kind == "geometria" and self.table.geojson,
            near=near,
        )
        if found.changed:
            said = found.crs + (", assi scambiati" if found.swapped else "")
            operation = self.projector.operation(found.crs)
            if found.crs in ("EPSG:3003", "EPSG:23032") and operation:
                said += f"; trasformazione: {operation}"
            gravity = "R" if declared or found.swapped else "A"
            rule = "assi_scambiati" if found.swapped else "sistema_di_riferimento"
            self.journal.file(found.difetto, rule, gravity, found.sentence, said)
            self.warnings.append(f"Posizioni ({kind}): {found.sentence}.")
        elif declared and kind != "geometria":
            self.journal.file("", "sistema_di_riferimento", "A", declared, found.sentence)
        self.used_source["crs"] = found.crs
        return found

    def _condition(self, row):
        """Make the shape of a row a point or an area, or say why it has none."""
        self.kind = getattr(self, "kind", None) or [""] * self.count
        kind, what = self.at[row]
        shape = self.shape[row]
        if shape is None:
            return
        made = condition(shape)
        if not made.kind:
            self.shape[row] = None
            if made.motivo in ("senza_posizione", "coordinate_non_valide"):
                self.at[row] = (None, made.messaggio)
                return
            self.reject(row, made.motivo, made.difetto, made.messaggio)
            return
        for note in made.notes:
            self.journal.record(row, *note)
        self.shape[row], self.kind[row] = made.shape, made.kind
        parts = len(made.shape.geoms) if made.kind == "area" else 1
        if parts > 1:
            self.journal.record(
                row, "D18", "area_in_piu_parti", "W", f"{parts} parti", "tenute insieme"
            )

    # 7. Which comune each record is of ------------------------------------------------------

    def settle_comuni(self):
        self.kind = getattr(self, "kind", None) or [""] * self.count
        wanted = self.settings.istat
        if self.count and not wanted and "istat" not in self.rules and not self.places.exact:
            raise SttmError(
                "Non si sa di quale comune siano i servizi: indicare il comune (COMUNE), oppure i "
                f"confini (BOUNDARIES), oppure una colonna con il codice ISTAT tra quelle di "
                f"«{self.table.layer}» ({', '.join(self.table.names)})."
            )
        self.istat: list = [None] * self.count
        for row in self.live():
            self.tick(row)
            if wanted:
                self._of_wanted(row, wanted)
            else:
                self._of_any(row)

    def _of_wanted(self, row, wanted):
        code, how, text = self.said[row]
        if code is not None and code != wanted or how == "altrove":
            name = self.places.name_of(code) or text
            self.reject(row, "altro_comune", "D28", f"Il record è del comune {name} ({text}).")
            return
        if code is None and text and self.shape[row] is None:
            self.reject(
                row, "altro_comune", "D28", f"Comune «{text}» non riconosciuto e nessuna posizione."
            )
            return
        self.istat[row] = wanted
        self._comune_log(row)
        self._distance(row, wanted)

    def _of_any(self, row):
        code, how, text = self.said[row]
        shape = self.shape[row]
        if code is None and how != "altrove" and shape is not None:
            code, metres = self.places.comune_at(shape)
            if code is None:
                self.reject(
                    row, "fuori_area", "D09", "La posizione è a più di 5 km da ogni confine dato."
                )
                return
            self.istat[row] = code
            if metres > 0:
                self.journal.record(
                    row, "D09", "fuori_confine", "W", f"{metres:.0f} m fuori", "tenuto"
                )
            return
        if how == "altrove" or (code is not None and not self.places.knows(code)):
            self.reject(
                row,
                "altro_comune",
                "D28",
                f"Il comune «{text}» non è della Città metropolitana né tra i confini dati.",
            )
            return
        self.istat[row] = code
        if code is None:
            self.journal.record(row, "D28", "comune_ignoto", "W", text, None)
            return
        self._comune_log(row)
        self._distance(row, code)

    def _comune_log(self, row):
        code, how, text = self.said[row]
        rules = {
            "zeri": ("D25", "istat_riparato", "R"),
            "catastale": ("D26", "istat_da_catastale", "R"),
            "nome": ("D26", "istat_da_nome", "R"),
            "soppresso": ("D27", "istat_soppresso", "W"),
        }
        if how in rules:
            self.journal.record(row, *rules[how], text, code)

    def _distance(self, row, istat):
        shape = self.shape[row]
        if shape is None or not self.places.knows(istat):
            return
        metres = self.places.distance(istat, shape)
        name = self.places.name_of(istat)
        if metres > SURROUNDINGS_M:
            self.reject(
                row,
                "fuori_area",
                "D09",
                f"La posizione è a {metres / 1000:.1f} km da {name}: oltre 5 km non si importa.",
            )
            return
        if metres > 0:
            self.journal.record(
                row, "D09", "fuori_confine", "W", f"{metres:.0f} m fuori da {name}", "tenuto"
            )
            return
        if self.kind[row] == "area" and istat in self.places.exact:
            outside = 1 - shape.intersection(self.places.grounds[istat]).area / shape.area
            if outside > OUTSIDE_SHARE:
                self.journal.record(
                    row,
                    "D10",
                    "a_cavallo_del_confine",
                    "W",
                    f"{outside:.0%} fuori da {name}",
                    "intero",
                )

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
        mapped = {_match_key(key): value for key, value in rule.get("map", {}).items()}
        for row in self.live():
            self.tick(row)
            text = clean(values[row])
            if text is None:
                continue
            if mapped and target not in ("stato", "valenza_dichiarata"):
                found = mapped.get(_match_key(text), text)
                text = None if found is None else str(found)
                if text is None:
                    continue
            if text.casefold() in self.settings.tokens:
                self.journal.record(row, "D36", "valore_nullo", "R", f"{target}: {text}", None)
                continue
            yield row, text

    def _text_field(self, target, rule, values):
        for row, text in self._cells(target, rule, values):
            self.values[target][row] = self._mended(row, target, text)

    def _mended(self, row, target, text):
        mended = mend_mojibake(text)
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
        for row, text in self._cells(target, rule, values):
            found = parse_date(text)
            self.values[target][row] = found
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
        mapped = {_match_key(key): value for key, value in rule.get("map", {}).items()}
        unknown: Counter = Counter()
        self.decisions = getattr(self, "decisions", {})
        decided = self.decisions.setdefault(target, {})
        for row, text in self._cells(target, rule, values):
            key = _match_key(text)
            phase = None
            by = "regola"
            if mapped:
                value, by = mapped.get(key), "profilo"
                if value is not None and target == "stato":
                    value, phase = parse_stato(value)
                elif value is not None:
                    value = parse_valenza(value)
            elif target == "stato":
                value, phase = parse(text)
            else:
                value = parse(text)
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
            return chosen
        return self.file_decimal or ","

    def _numbers(self, target, rule, values):
        """Yield (row, Number, text); zeros and 9999 that mean unknown are logged (D35, D36)."""
        mark = self._decimal(target, [value for value in values if isinstance(value, str)])
        for row, text in self._cells(target, rule, values):
            raw = values[row]
            number = parse_number(raw if not isinstance(raw, str) else text, mark)
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
        units = _rule_attributes(self.pack)
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
            self.values[target][row] = re.sub(r"^(\d+)\.0$", r"\1", text)

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
            for row, value in enumerate(self.table.values(name)):
                if found[row] is None and not is_null(value, self.settings.tokens):
                    found[row] = official_code(value, name)
        self.values["codice_fonte"] = found

    # 9. Categories ------------------------------------------------------------------------

    def classify(self):
        names = self.values.get("denominazione", [None] * self.count)
        columns = [self.table.values(name) for name in self.types]
        tokens = self.settings.tokens
        rows = list(self.live())
        texts = []
        for row in rows:
            words = [names[row]]
            for column in columns:
                if not is_null(column[row], tokens):
                    words.append(mend_mojibake(clean(column[row])))
            texts.append(words)
        areas = [self.shape[row].area if self.kind[row] == "area" else None for row in rows]
        codes = [self.values["codice_fonte"][row] for row in rows]
        matches = classify_text(texts, self.pack, codici_fonte=codes, area_mq=areas)
        matches = self._with_context(matches)
        by_person = self._codes_by_person()
        self.values["codice_sttm"] = [None] * self.count
        self.values["confidenza"] = [None] * self.count
        doubtful: dict = {}
        for row, words, match in zip(rows, texts, matches):
            if by_person.get(row):
                self.values["codice_sttm"][row] = by_person[row]
                self.values["confidenza"][row] = 1.0
                continue
            self._take_match(row, words, match, doubtful)
        if doubtful:
            named = "; ".join(
                f"«{text}»: {', '.join(codes)}" for text, codes in sorted(doubtful.items())[:6]
            )
            self.doubt(f"Categoria non sicura per {len(doubtful)} diciture: {named}.")
        self.values["tipo_specifico"] = self._specific_types(rows, texts)
        self._attributes()

    def _codes_by_person(self):
        """Return {row: code} that a profile's map, a constant or a column of codes gives."""
        rule = self.rules.get("codice_sttm")
        if rule is None:
            return {}
        mapped = {_match_key(key): value for key, value in rule.get("map", {}).items()}
        decided = {}
        unseen: Counter = Counter()
        for row, value in enumerate(self._rule_values("codice_sttm", rule)):
            text = clean(value)
            if text is None:
                continue
            code = mapped.get(_match_key(text)) if mapped else text.upper()
            if code in self.pack.categorie:
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

    def _with_context(self, matches):
        """Let the header of the names speak where a name alone doesn't ("DESCRIZIONE_FARMACIA").

        A name that says something else than its header is left to a person.
        """
        columns = rule_fields(self.rules.get("denominazione", {}))
        said = classify_text([[_spaced(name) for name in columns]], self.pack)[0]
        if said.codice is None or said.confidenza < LEAST_CONFIDENCE:
            return matches
        title = f"l'intestazione «{', '.join(columns)}» dice {said.codice}"
        decided = []
        for match in matches:
            if match.codice is None and not match.candidati and match.escluso_da is None:
                match = replace(said, confidenza=LEAST_CONFIDENCE, motivo=title)
            elif match.codice not in (None, said.codice) and match.confidenza < 0.99:
                candidates = tuple(dict.fromkeys((*match.candidati, *said.candidati)))
                reason = f"{title}, il nome dice {match.codice}"
                match = replace(
                    match, codice=None, confidenza=0.0, candidati=candidates, motivo=reason
                )
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
        for row, words in zip(rows, texts):
            known = _specific_names(self.pack, self.values["codice_sttm"][row])
            for word in (given[row], *words[1:], *words[:1]):
                match = known.get(normalise(word)) if word else None
                if match:
                    found[row] = match
                    break
        return found

    # 10. What must not be located -----------------------------------------------------------

    def hide(self):
        """Take the position off the services that must have none (DATO_RESTITUZIONE §6)."""
        names = self.values.get("denominazione", [None] * self.count)
        columns = [self.table.values(name) for name in self.types]
        self.hidden = set()
        for row in self.live():
            said = normalise(
                " ".join(str(v) for v in (names[row], *(c[row] for c in columns)) if v)
            )
            if self.values["codice_sttm"][row] != UNLOCATED_CATEGORY and not any(
                known in said for known in _UNLOCATED_WORDS
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

    # 11. Which output each record goes to -----------------------------------------------------

    def sort_out(self):
        """Reject what has no output; fill ``self.where``: "area", "punto" or "senza"."""
        self.where: list = [""] * self.count
        rows = list(self.live())
        any_area = any(self.kind[row] == "area" for row in rows)
        for row in rows:
            if self.shape[row] is not None:
                self.where[row] = self.kind[row]
                if self.kind[row] == "punto" and any_area and not self.settings.points:
                    self.reject(
                        row,
                        "geometria_mista",
                        "D19",
                        "Il layer contiene aree: per tenere i punti chiedere anche OUTPUT_POINTS.",
                    )
                continue
            reason = self.at[row][1]
            if self.settings.unplaced:
                self.where[row] = "senza"
                if row not in self.hidden:
                    self.journal.record(
                        row, "D13", "senza_posizione", "W", str(reason), "tra i non localizzati"
                    )
            elif row in self.hidden:
                self.reject(
                    row,
                    "senza_posizione",
                    "D48",
                    "Servizio da non localizzare: per tenerlo chiedere la tabella UNPLACED.",
                )
            elif reason == "vuota":
                self.reject(row, "senza_posizione", "D13", "Il record non ha posizione.")
            else:
                self.reject(
                    row, "coordinate_non_valide", "D09", f"La posizione non è usabile: {reason}."
                )
        live = list(self.live())
        if any_area:
            self.output_kind = "area"
        elif any(self.where[row] == "punto" for row in live):
            self.output_kind = "punto"
        else:
            self.output_kind = "area" if self.table.geometry == "Polygon" else "punto"

    # 12. Ids ------------------------------------------------------------------------------

    def identify(self):
        rows = list(self.live())
        profile = self.settings.profile
        kept = profile.source.get("fonte", "") if profile is not None else ""
        self.fonte = self.settings.source or kept or self.table.layer
        if not (self.settings.source or kept) and "fonte" not in self.rules and self.count:
            self.journal.file(
                "",
                "fonte_dal_nome",
                "A",
                "SOURCE non indicata",
                f"fonte «{self.fonte}» (identità: «{source_name(self.fonte)}»)",
            )
        keys = self.values.get("fonte_id", [None] * self.count)
        # Whether a key is unique is a fact of the whole file, not of the comune asked for.
        counts = Counter(self._all_keys())
        repeated = frozenset(key for key, times in counts.items() if times > 1)
        origins = {row: self._origin(row) for row in rows}
        records = [self._identified(row, keys[row], origins[row]) for row in rows]
        earlier = _earlier_records(self.previous)
        ids, rules = assign_ids(records, repeated, earlier)
        self.ids = dict(zip(rows, ids))
        for row, rule in zip(rows, rules):
            if keys[row] in repeated:
                self.journal.record(
                    row, "D40", "chiave_ripetuta", "R", keys[row], "identificativo dal nome"
                )
            if rule == "precedente":
                self.journal.record(
                    row, "", "identificativo_conservato", "A", None, self.ids[row], "PREVIOUS"
                )
        given = self.values.get("id_servizio", [None] * self.count)
        for row in rows:
            if given[row] and self.ids[row] != given[row]:
                self.journal.record(
                    row, "D40", "identificativo_doppio", "R", given[row], self.ids[row]
                )
        self.origins = origins

    def _all_keys(self):
        rule = self.rules.get("fonte_id")
        if rule is None:
            return []
        values = self._rule_values("fonte_id", rule)
        texts = (clean(value) for value in values)
        return [
            re.sub(r"^(\d+)\.0$", r"\1", text)
            for text in texts
            if text and text.casefold() not in self.settings.tokens
        ]

    def _identified(self, row, key, origin):
        x = y = None
        shape = self.shape[row]
        if shape is not None:
            centre = shape if shape.geom_type == "Point" else shape.centroid
            x, y = self.projector.to_utm32(centre.x, centre.y)
        return Identified(
            own=self.values.get("id_servizio", [None] * self.count)[row],
            fonte=self._fonte_of(row),
            fonte_id=key,
            istat=self.istat[row],
            nome=self.values.get("denominazione", [None] * self.count)[row],
            x=x,
            y=y,
            canonical=origin,
            shape=shape,
        )

    def _fonte_of(self, row):
        own = self.values.get("fonte")
        if own is not None and own[row] and not self.settings.source:
            return own[row]
        return self.fonte

    def _origin(self, row):
        values = dict(zip(self.table.names, self.table.rows[row]))
        values = {name: value for name, value in values.items() if not name.startswith("=")}
        if row in getattr(self, "hidden", ()):
            position = {self.suggested.x, self.suggested.y, self.suggested.wkt, self.suggested.pair}
            values = {
                name: _HIDDEN
                if value is not None and (name in position or ADDRESS.search(_spaced(name)))
                else value
                for name, value in values.items()
            }
        return compact_json({name: _as_read(value) for name, value in values.items()})

    # 13. What only the whole shows ------------------------------------------------------------

    def compare(self):
        """Log duplicates, shared places and areas that don't match what is declared."""
        rows = list(self.live())
        same: dict = defaultdict(list)
        spots: dict = defaultdict(list)
        for row in rows:
            shape = self.shape[row]
            wkb = shape.wkb if shape is not None else b""
            same[(self.origins[row], wkb)].append(row)
            if wkb:
                spots[wkb].append(row)
        twins = set()
        for group in same.values():
            if len(group) > 1:
                ids = sorted(self.ids[row] for row in group)
                twins.update(group)
                for row in group:
                    others = ", ".join(own for own in ids if own != self.ids[row])
                    self.journal.record(row, "D14", "doppione_esatto", "W", "record uguali", others)
        for group in spots.values():
            if len(group) > 1 and not twins.issuperset(group):
                difetto = "D15" if self.kind[group[0]] == "area" else "D43"
                for row in group:
                    self.journal.record(
                        row, difetto, "stessa_posizione", "W", f"{len(group)} servizi", "tenuti"
                    )
        declared = self.values.get("superficie_dichiarata_mq")
        if declared is None:
            return
        for row in rows:
            if self.kind[row] == "area" and declared[row]:
                self._compare_area(row, declared[row], self.shape[row].area)

    def _compare_area(self, row, declared, measured):
        ratio = declared / measured
        if abs(ratio - 1) <= AREA_SHARE:
            return
        said = f"misurata {measured:.1f} m²"
        for factor in (10.0, 100.0, 10000.0, 0.1, 0.01, 0.0001):
            if abs(ratio / factor - 1) <= AREA_SHARE:
                said += f": fattore {factor:g}, forse un errore di unità"
        self.journal.record(
            row, "D38", "superficie_diversa", "W", f"dichiarata {declared:.1f} m²", said
        )

    # Delivery -------------------------------------------------------------------------------

    def deliver(self):
        rows = list(self.live())
        area = [row for row in rows if self.where[row] == "area"]
        point = [row for row in rows if self.where[row] == "punto"]
        nowhere = [row for row in rows if self.where[row] == "senza"]
        if self.output_kind == "area":
            main, others = self._frame(area), self._frame(point)
        else:
            main, others = self._frame(point), self._frame([])
        unplaced = self._frame(nowhere)
        written = len(area) + len(point) + len(nowhere)
        codes = self.values.get("codice_sttm", [])
        counts = {
            "READ": self.count,
            "WRITTEN": written,
            "REPAIRED": self.journal.repaired(self.rejected),
            "REJECTED_COUNT": len(self.rejected),
            "UNCLASSIFIED": sum(1 for row in rows if codes[row] is None),
        }
        if self.count != written + len(self.rejected):  # a promise, not a hope
            raise SttmError(
                f"Errore interno: lette {self.count} righe, scritte {written}, scartate "
                f"{len(self.rejected)}. Nulla è stato scritto: segnalare il caso."
            )
        return Intake(
            main=main,
            kind=self.output_kind,
            points=others,
            unplaced=unplaced,
            rejected=self._rejected_frame(),
            log=self.journal.rows(self.table.fids, self.ids, self.rejected),
            profile=self._profile(),
            counts=counts,
            warnings=self.warnings,
        )

    def _frame(self, rows):
        import geopandas as gpd
        import pandas as pd

        columns = {}
        for item in schema.SERVICES:
            values = self.values.get(item.name)
            columns[item.name] = [None] * len(rows) if values is None else [values[r] for r in rows]
        categories = self.pack.categorie
        codes = columns["codice_sttm"]
        columns["macrocategoria"] = [c and categories[c].macrocategoria for c in codes]
        columns["categoria"] = [c and categories[c].categoria for c in codes]
        columns["id_servizio"] = [self.ids[row] for row in rows]
        columns["istat"] = [self.istat[row] for row in rows]
        columns["comune"] = [self.places.name_of(self.istat[row]) for row in rows]
        columns["lettura"] = [self.settings.lettura] * len(rows)
        columns["fonte"] = [self._fonte_of(row) for row in rows]
        dates = self.values.get("data_rif", [None] * self.count)
        columns["data_rif"] = [dates[row] or self.settings.source_date for row in rows]
        columns["superficie_mq"] = [
            self.shape[row].area if self.kind[row] == "area" else None for row in rows
        ]
        columns["attributi_origine"] = [self.origins[row] for row in rows]
        frame = pd.DataFrame(columns, dtype=object)
        frame["_layer"] = pd.Series([self.table.layer] * len(rows), dtype=object)
        frame["_fid"] = pd.Series([self.table.fids[row] for row in rows], dtype="int64")
        shapes = gpd.GeoSeries([self.shape[row] for row in rows], crs=self.projector.crs)
        return schema.conform_services(gpd.GeoDataFrame(frame, geometry=shapes))

    def _rejected_frame(self):
        import pandas as pd

        lines = []
        for row in sorted(self.rejected):
            motivo, difetto, messaggio = self.rejected[row]
            hidden = row in self.hidden
            shape = None if hidden else self.table.shapes[row]
            wkt = self.table.unreadable.get(row) if not hidden else None
            lines.append(
                {
                    "layer": self.table.layer,
                    "fid_origine": self.table.fids[row],
                    "motivo": motivo,
                    "difetto": difetto,
                    "messaggio": messaggio,
                    "attributi_origine": self._origin(row),
                    "geometria_wkt": wkt or (shape.wkt if shape is not None else None),
                }
            )
        names = schema.names(schema.REJECTED)
        return schema.conform(pd.DataFrame(lines, columns=names, dtype=object), schema.REJECTED)

    def _profile(self):
        table = self.table
        source = {
            "encoding": table.encoding,
            "crs": self.used_source.get("crs", table.crs),
            "decimal": self.settings.decimal or self.used_source.get("decimal", "."),
            "null_tokens": sorted(self.settings.tokens),
            "zero_is_null": sorted(self.used_source.get("zero_is_null", ())),
            "header_row": table.header_row,
            "delimiter": table.delimiter,
            "fonte": self.fonte,
            "x_field": self.suggested.x if self.suggested.y else "",
            "y_field": self.suggested.y,
        }
        columns = {target: dict(rule) for target, rule in self.rules.items()}
        for target, decided in getattr(self, "decisions", {}).items():
            if decided and "map" not in columns[target] and "constant" not in columns[target]:
                columns[target].update({"map": dict(decided), "unmapped": "ask"})
        if "codice_sttm" not in columns and self.types:
            columns["codice_sttm"] = {"fields": list(self.types), "unmapped": "ask"}
        fingerprint = [name for name in table.fingerprint() if not name.startswith("=")]
        profile = self.settings.profile
        name = profile.name if profile is not None and profile.name else f"Profilo di {self.fonte}"
        return make_profile(self.pack, name, fingerprint, table.geometry, source, columns)


# Small things -----------------------------------------------------------------------------


def _bare(text):
    """A comune's name without its province: "Rho (MI)", "RHO - MI" → "Rho"."""
    return re.sub(r"\s*(?:\(\s*[A-Za-z]{2}\s*\)|[-,]\s*MI)\s*$", "", str(text))


def _match_key(text) -> str:
    return normalise(clean(text)) or (clean(text) or "").casefold()


def _spaced(name) -> str:
    return normalise(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name)).replace("_", " "))


def _surface_kind(name) -> str:
    joined = joined_name(name)
    if joined.startswith(("slp", "sl", "suplorda", "superficielorda")):
        return "slp"
    if "cop" in joined:
        return "coperta"
    return "fondiaria"


def _says_degrees(x_name, y_name) -> bool:
    marks = {"lat", "lon", "long", "lng", "latitude", "longitude", "latitudine", "longitudine"}
    words = set(re.findall(r"[a-z]+", f"{x_name} {y_name}".lower()))
    return bool(marks & words)


def _centre(shape):
    xmin, ymin, xmax, ymax = shape.bounds
    return (xmin + xmax) / 2, (ymin + ymax) / 2


def _from_wkt(text):
    import shapely.errors
    import shapely.wkt

    body = text.split(";", 1)[-1].strip()
    try:
        shape = shapely.wkt.loads(body)
    except (shapely.errors.WKTReadingError, ValueError, TypeError):
        return None
    return None if shape.is_empty else shape


def _as_read(value):
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _rule_attributes(pack) -> dict:
    """Return {attribute: unit} of what the rules read and the service layer has no field for."""
    fields = set(schema.names(schema.SERVICES))
    skip = fields | {"codice_categoria", "area_mq", "esito_modello"}
    return {
        rule.attributo: rule.unita
        for rule in pack.regole
        if rule.tipo_regola != "parametro" and rule.attributo not in skip
    }


def _attribute(value, unit, fonte) -> dict:
    return {"valore": value, "unita": unit, "natura": "dichiarato", "fonte": fonte}


def _plain_word(text):
    plain = normalise(text)
    if plain in ("si", "s", "vero", "true", "1", "yes"):
        return "si"
    if plain in ("no", "n", "falso", "false", "0"):
        return "no"
    return text


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


def _earlier_records(previous):
    """Return the records of an earlier services frame, or None."""
    if previous is None:
        return None
    found = []
    for row in previous.itertuples(index=False):
        found.append(
            Identified(
                own=row.id_servizio,
                fonte=row.fonte,
                fonte_id=row.fonte_id,
                istat=row.istat,
                nome=row.denominazione,
                x=None,
                y=None,
                canonical="",
                shape=row.geometry,
            )
        )
    return found
