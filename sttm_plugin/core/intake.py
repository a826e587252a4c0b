"""Any table or layer → the service layer: nothing lost, nothing silent (INTERFACE §5)."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np

from . import schema
from .certificate import Certificate
from .coded import Coded, Marks
from .documents import compact_json, json_values, need_no_escape
from .errors import SttmError
from .identity import Identified, Records, assign_ids
from .ids import source_name
from .intake_categories import CategorySteps
from .intake_columns import ColumnSteps
from .intake_compare import CompareSteps
from .intake_fields import FieldSteps, whole_key
from .intake_model import (
    AREA,
    NOWHERE,
    POINT,
    Intake,
    Journal,
    spaced,
)
from .intake_positions import PositionSteps
from .intake_rows import LotRows
from .mapping import ADDRESS, STREET
from .parts import PartSteps
from .personal import personal_kind
from .profile import make_profile, rule_fields
from .text import normalise
from .values import (
    decimal_evidence,
    parse_number,
)

# Fields whose words are decided once for each wording, and the most words that are a vocabulary.
DECIDED = ("stato", "valenza_dichiarata", "codice_sttm")
VOCABULARY = 300

_HIDDEN = "[omesso: servizio da non localizzare]"

_TOTAL = re.compile(r"^(sub ?totale|total[ei]?|tot|somma)\b")

# Most texts, told without making them comparable.
_NO_TOTAL = re.compile(r"[^0-9A-Za-z]*(?![sStT])[0-9A-Za-z]")

_PROGRESS_EVERY = 256
# Columns with more different values than these are encoded as they are written.
_FEW_VALUES = 5_000


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


class _Run(ColumnSteps, PositionSteps, FieldSteps, CategorySteps, PartSteps, CompareSteps):
    """One import: each step fills what the next one reads."""

    def __init__(self, table, settings, pack, places, projector, previous, on_progress):
        self.table, self.settings, self.pack = table, settings, pack
        self.places, self.projector, self.previous = places, projector, previous
        self.on_progress = on_progress
        self.count = table.count
        self.journal = Journal(table.layer)
        self.certificate = Certificate()
        self._live = np.arange(self.count)
        self.rejected: dict = {}  # row → (motivo, difetto, messaggio)
        self.warnings: list = []
        self.values: dict = {}  # field of ours → Coded
        self.used_source: dict = {}  # for the profile
        self.parts: dict = {}  # row → (number, how many) of the records that were one
        self.hidden: set = set()
        self._json: dict = {}  # column → its values as JSON

    def result(self):
        steps = (
            self.open,
            self.map_columns,
            self.split,
            self.read_positions,
            self.find_totals,
            self.find_comuni,
            self.place,
            self.settle_comuni,
            self.read_values,
            self.classify,
            self.settle_parts,
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

    def pause(self):
        """Stop here when the user wants."""
        if not self.on_progress(self.step_share[0]):
            raise _Stopped

    def value(self, target, row):
        """Return the value read for a field of ours, None where no column feeds it."""
        values = self.values.get(target)
        return None if values is None else values[row]

    def live(self):
        """Return the rows not rejected so far, int64, ascending."""
        if len(self._live) + len(self.rejected) != self.count:
            alive = np.ones(self.count, dtype=bool)
            alive[list(self.rejected)] = False
            self._live = np.flatnonzero(alive)
        return self._live

    def is_live(self, rows):
        """Tell which rows aren't rejected so far, bool (n,)."""
        return np.isin(rows, self.live(), assume_unique=True)

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

    # 4. Rows that are no records ----------------------------------------------------------

    def find_totals(self):
        """Reject the rows of totals of a sheet (D44)."""
        if self.table.geometry != "None" or not self.count:
            return
        name = self.rules.get("denominazione", {}).get("field")
        named = self.table.texts(name) if name in self.table.names else None
        rows = self.live()
        rows = rows[self.from_what[rows] == 0]
        # What may be a total: a word of it in some cell, or a record without a name.
        may = np.full(len(rows), name is not None and named is None)
        if named is not None and len(rows):
            may |= ~named.at(rows).true()
        for column in self.table.names if len(rows) else ():
            may |= self.table.texts(column).at(rows).true(_may_be_total)
        sums = None
        for row in rows[may].tolist():
            self.tick(row)
            cells = [self.table.texts(column)[row] for column in self.table.names]
            texts = [normalise(cell) for cell in cells if cell]
            said = any(_TOTAL.match(text) for text in texts[:3])
            if said and len(texts) <= max(len(cells) * 0.7, 2):
                self.reject(row, "riga_totale", "D44", f"Riga di totale: «{texts[0]}».")
                continue
            if name is None or (named is not None and named[row]) or not texts:
                continue
            sums = self._numeric_columns() if sums is None else sums
            found = [self._is_sum(numbers, row) for numbers in sums if numbers[row] is not None]
            if found and all(found) and len(found) == len(texts):
                self.reject(
                    row, "riga_totale", "D44", "Riga senza nome che somma le righe precedenti."
                )

    def _numeric_columns(self):
        """Return the columns of numbers, as numbers; None where a cell has none."""
        found = []
        for name, column in zip(self.table.names, self.columns):
            mark = "." if decimal_evidence(column.values) == "." else ","
            numbers = self.table.column(name).mapped(
                lambda value, mark=mark: getattr(parse_number(value, mark), "value", None)
            )
            if int(numbers.true().sum()) >= max(3, 0.5 * column.filled):
                found.append(list(numbers))
        return found

    @staticmethod
    def _is_sum(values, row):
        others = [value for place, value in enumerate(values) if place < row and value is not None]
        return len(others) > 1 and math.isclose(
            sum(others), values[row], rel_tol=1e-9, abs_tol=0.005
        )

    # 11. Which output each record goes to -----------------------------------------------------

    def sort_out(self):
        """Reject what has no output; fill ``self.where``: AREA, POINT, NOWHERE or 0."""
        self.where = np.zeros(self.count, dtype=np.int8)
        rows = self.live()
        any_area = bool((self.kind[rows] == AREA).any())
        there = self.has_place(rows)
        self.where[rows[there]] = self.kind[rows[there]]
        if any_area and not self.settings.points:
            for row in rows[self.where[rows] == POINT].tolist():
                self.reject(
                    row,
                    "geometria_mista",
                    "D19",
                    "Il layer contiene aree: per tenere i punti chiedere anche OUTPUT_POINTS.",
                )
        self._without_place(rows[~there].tolist())
        live = self.live()
        if any_area:
            self.output_kind = "area"
        elif (self.where[live] == POINT).any():
            self.output_kind = "punto"
        else:
            self.output_kind = "area" if self.table.geometry == "Polygon" else "punto"

    def _without_place(self, rows):
        reasons = Marks(self.count)
        for row in rows:
            reason = self.why_not.get(row, "vuota")
            if self.settings.unplaced:
                self.where[row] = NOWHERE
                if row not in self.hidden:
                    reasons.put(row, str(reason))
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
        said = reasons.column()
        lines = {
            code: ("D13", "senza_posizione", "W", reason, "tra i non localizzati", "regola")
            for code, reason in enumerate(said.values)
            if code
        }
        told = np.array(rows, dtype=np.int64)
        self.journal.records(told, said.codes[told], lines)

    # 12. Ids ------------------------------------------------------------------------------

    def identify(self):
        rows = self.live()
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
        nothing = Coded.constant(None, self.count)
        keys = self.values.get("fonte_id", nothing).at(rows)
        repeated = self._repeated_keys()
        records = self._identified(rows, keys, repeated)
        ids, rules = assign_ids(records, repeated, self._earlier(), self.pause)
        marks = np.zeros(self.count, dtype=np.int32)
        marks[rows] = np.arange(1, len(rows) + 1)
        self.ids = Coded(marks, [None, *ids])
        if repeated:
            lines = {
                code: ("D40", "chiave_ripetuta", "R", key, "identificativo dal nome", "regola")
                for code, key in enumerate(keys.values)
                if key in repeated
            }
            self.journal.records(rows, keys.codes, lines)
        given = self.values.get("id_servizio", nothing)
        if "fonte_id" in self.rules:
            without = rows[~keys.true() & ~given.at(rows).true()]
            dopo = "identificativo dal nome"
            self.journal.same(without, "D40", "chiave_mancante", "R", None, dopo)
        for place, rule in enumerate(rules):
            if rule == "precedente":
                self.journal.record(
                    rows[place], "", "identificativo_conservato", "A", None, ids[place], "PREVIOUS"
                )
        for row in rows[given.at(rows).true(bool)].tolist():
            if self.ids[row] != given[row]:
                kind = ("D40", "identificativo_doppio")
                if row in self.parts:
                    kind = ("D18", "identificativo_della_parte")
                self.journal.record(row, *kind, "R", given[row], self.ids[row])

    def _repeated_keys(self) -> frozenset:
        """Return the keys of more than one record.

        Whether a key is unique is a fact of the whole file, not of the comune asked for.
        """
        rule = self.rules.get("fonte_id")
        if rule is None:
            return frozenset()
        texts = self._rule_texts("fonte_id", rule)
        # The parts of a record have one key between them.
        first = np.ones(self.count, dtype=bool)
        first[[row for row, (number, _) in self.parts.items() if number > 1]] = False
        times_of = texts.at(first).counts()
        if times_of.max(initial=0) <= 1 and len(set(texts.values)) == len(texts.values):
            if not any(text.endswith(".0") for text in texts.values if text):
                return frozenset()
        counts: Counter = Counter()
        for text, times in zip(texts.values, times_of.tolist()):
            if text and text.casefold() not in self.settings.tokens:
                counts[whole_key(text)] += times
        return frozenset(key for key, times in counts.items() if times > 1)

    def _identified(self, rows, keys, repeated) -> Records:
        x, y = self.x[rows], self.y[rows]
        for place in np.flatnonzero(np.isnan(x)).tolist() if self.shapes else ():
            shape = self.shapes.get(int(rows[place]))
            if shape is not None:
                centre = shape if shape.geom_type == "Point" else shape.centroid
                x[place], y[place] = centre.x, centre.y
        x, y = self.projector.to_utm32(x, y)
        nothing = Coded.constant(None, self.count)
        own = self.values.get("id_servizio", nothing).at(rows)
        parts = [place for place, row in enumerate(rows.tolist()) if row in self.parts]
        if parts:
            of_parts = {}
            for place in parts:
                key = own[place] or (None if keys[place] in repeated else keys[place])
                of_parts[place] = self.part_key(key, float(x[place]), float(y[place]))
            own, keys = own.changed(dict.fromkeys(parts)), keys.changed(of_parts)
        return Records(
            own,
            self._fonti().at(rows),
            keys,
            self.istat.at(rows),
            self.values.get("denominazione", nothing).at(rows),
            x,
            y,
            lambda places: self.origins(rows[places].tolist()),
            lambda place: self.shape_of(int(rows[place])),
            lambda place: int(rows[place]) in self.parts,
        )

    def _earlier(self):
        """Return the records of an earlier services frame, or None."""
        if self.previous is None:
            return None
        return [
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
            for row in self.previous.itertuples(index=False)
        ]

    def _fonti(self) -> Coded:
        """Return the source of each record."""
        own = self.values.get("fonte")
        if own is None or self.settings.source:
            return Coded.constant(self.fonte, self.count)
        return own.mapped(lambda name: name or self.fonte)

    def origins(self, rows) -> list:
        """Return what was read of some rows, int list, as JSON."""
        found = list(self._encoded(rows))
        if self.hidden:
            for place, row in enumerate(rows):
                if row in self.hidden:
                    found[place] = compact_json(self._hidden_values(row))
        if self._is_service_layer():
            column = self.table.column("attributi_origine")
            for place, row in enumerate(rows):
                own = column[row]
                if own and row not in self.hidden:
                    # Imported again: what was first read, not our own fields around it.
                    found[place] = own
        return found

    def _encoded(self, rows):
        """Yield the JSON of some rows: each value is encoded as it repeats, not row by row."""
        names = sorted(name for name in self.table.names if name not in self.table.computed)
        fields, columns = [], []
        for name in names:
            mark, values = self._json_of(name, rows)
            fields.append(f"{compact_json(name)}:".replace("%", "%%") + mark)
            columns.append(values)
        template = "{" + ",".join(fields) + "}"
        return map(template.__mod__, zip(*columns)) if columns else ["{}"] * len(rows)

    def _json_of(self, name, rows):
        """Return (mark, values): what JSON has of a column in some rows is the mark filled."""
        column = self.table.column(name)
        if len(column.values) > _FEW_VALUES:
            values = list(column.at(rows))
            return ('"%s"', values) if need_no_escape(values) else ("%s", json_values(values))
        if name not in self._json:
            self._json[name] = json_values(column.values)
        return "%s", map(self._json[name].__getitem__, column.codes[rows].tolist())

    def _hidden_values(self, row) -> dict:
        """Return what was read of a record that must not be located, without where it is."""
        position = {self.suggested.x, self.suggested.y, self.suggested.wkt, self.suggested.pair}
        named = rule_fields(self.rules.get("denominazione", {}))
        values = {}
        for name, column in zip(self.table.names, self.table.columns):
            if name in self.table.computed:
                continue
            value = column[row]
            where = name in position or ADDRESS.search(spaced(name))
            if value is not None and (where or (name not in named and STREET.search(str(value)))):
                value = _HIDDEN
            values[name] = value
        return values

    # Delivery -------------------------------------------------------------------------------

    def deliver(self):
        rows = self.live()
        area, point, nowhere = (rows[self.where[rows] == one] for one in (AREA, POINT, NOWHERE))
        if self.output_kind == "area":
            main, others = self._services(area), self._services(point)
        else:
            main, others = self._services(point), self._services(rows[:0])
        unplaced = self._services(nowhere)
        written = len(area) + len(point) + len(nowhere)
        rejected = self._rejected_rows()
        counts = {
            "READ": self.count,
            "WRITTEN": written,
            "REPAIRED": self.journal.repaired(self.rejected),
            "REJECTED_COUNT": len(self.rejected),
            "UNCLASSIFIED": int((~self.values["codice_sttm"].at(rows).true()).sum()),
            "SPLIT": self.made_by_splitting(),
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
            rejected=rejected,
            log=self.journal.rows(self.table.fids, self.ids, self.rejected),
            profile=self.profile(),
            counts=counts,
            warnings=self.warnings,
            certificate=self.certificate.document(
                {row: self.shapes[row].area for row in area.tolist()},
                self.rejected,
                {
                    "aree": len(area),
                    "punti": len(point),
                    "senza_localizzazione": len(nowhere),
                    "scartati": len(self.rejected),
                },
                self.table.fids.tolist(),
                {row: self.ids[row] for row in area.tolist()},
                self.made_by_splitting(),
            ),
        )

    def _services(self, rows) -> LotRows:
        """Return some rows, int (n,), as services."""
        # Only the fields that hold something: the others are empty.
        columns = {}
        for item in schema.SERVICES:
            values = self.values.get(item.name)
            if values is not None:
                columns[item.name] = values.at(rows)
        categories = self.pack.categorie
        codes = columns["codice_sttm"]
        columns["macrocategoria"] = codes.mapped(lambda c: c and categories[c].macrocategoria)
        columns["categoria"] = codes.mapped(lambda c: c and categories[c].categoria)
        columns["id_servizio"] = self.ids.at(rows)
        columns["istat"] = self.istat.at(rows)
        columns["comune"] = columns["istat"].mapped(self.places.name_of)
        columns["lettura"] = Coded.constant(self.settings.lettura, len(rows))
        columns["fonte"] = self._fonti().at(rows)
        dates = self.values.get("data_rif", Coded.constant(None, self.count)).at(rows)
        columns["data_rif"] = dates.mapped(lambda date: date or self.settings.source_date)
        areas = [row for row in rows[self.kind[rows] == AREA].tolist()]
        if areas:
            columns["superficie_mq"] = Coded.of([self.shapes[row].area for row in areas])
        made = {"attributi_origine": lambda places: self.origins(rows[places].tolist())}
        found = LotRows(
            len(rows),
            schema.SERVICES,
            columns,
            made,
            self.projector.crs,
            self.table.layer,
            self.table.fids[rows],
        )
        if len(rows) and not np.isnan(self.x[rows]).any():
            found.x, found.y = self.x[rows], self.y[rows]
        else:
            found.shapes = [self.shape_of(row) for row in rows.tolist()]
        return found

    def _rejected_rows(self) -> LotRows:
        rows = np.array(sorted(self.rejected), dtype=np.int64)
        reasons = Marks(len(rows)), Marks(len(rows)), Marks(len(rows))
        for place, row in enumerate(rows.tolist()):
            motivo, difetto, messaggio = self.rejected[row]
            if row in self.hidden or (self.may_say[row] and self.says_unlocated(row)):
                self.hidden.add(row)
                messaggio = messaggio.partition(":")[0]
            for marks, value in zip(reasons, (motivo, difetto, messaggio)):
                marks.put(place, value)
        motivi, difetti, messaggi = (marks.column() for marks in reasons)

        def shape_text(row):
            if row in self.hidden:
                return None
            wkt = self.table.unreadable.get(row)
            shape = self.table.shapes[row]
            return wkt or (shape.wkt if shape is not None else None)

        return LotRows(
            len(rows),
            schema.REJECTED,
            {
                "layer": Coded.constant(self.table.layer, len(rows)),
                "fid_origine": Coded.of(self.table.fids[rows].tolist()),
                "motivo": motivi,
                "difetto": difetti,
                "messaggio": messaggi,
            },
            {
                "attributi_origine": lambda places: self.origins(rows[places].tolist()),
                "geometria_wkt": lambda places: list(map(shape_text, rows[places].tolist())),
            },
        )

    def seen_values(self) -> dict:
        """Return {column: texts} of the columns whose values are decided, for the next profile.

        Only columns of classes: what is different in every record is data, not vocabulary.
        """
        used = [*self.types]
        for target in DECIDED:
            used.extend(rule_fields(self.rules.get(target, {})))
        found = {}
        for name in dict.fromkeys(used):
            if name not in self.table.names:
                continue
            texts = self.table.texts(name)
            used = texts.used()
            if len({self.table.column(name).values[code] for code in used}) > 3 * VOCABULARY:
                continue
            distinct = sorted({texts.values[code] for code in used} - {None})
            few = len(distinct) <= VOCABULARY and len(distinct) <= max(20, self.count / 2)
            if few and not any(map(personal_kind, distinct)):
                found[name] = distinct
        return found

    def profile(self, algoritmo="importservices"):
        table = self.table
        source = {
            "encoding": table.encoding,
            "crs": self.used_source.get("crs", table.crs),
            "decimal": self.settings.decimal or self.used_source.get("decimal", ""),
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
        fingerprint = table.fingerprint()
        profile = self.settings.profile
        name = profile.name if profile is not None and profile.name else f"Profilo di {self.fonte}"
        if profile is not None and profile.source.get("only"):
            source["only"] = profile.source["only"]
        return make_profile(
            self.pack,
            name,
            fingerprint,
            table.found_geometry,
            source,
            columns,
            self.seen_values(),
            algoritmo,
        )


def _may_be_total(text) -> bool:
    """Tell whether a text begins as the rows of totals do."""
    if text is None or (text.isascii() and _NO_TOTAL.match(text)):
        return False
    return bool(_TOTAL.match(normalise(text)))
