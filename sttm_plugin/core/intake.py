"""Any table or layer → the service layer: nothing lost, nothing silent (INTERFACE §5)."""

from __future__ import annotations

import functools
import math
import re
import struct
from collections import Counter

from . import schema
from .certificate import Certificate
from .documents import compact_rows
from .errors import SttmError
from .identity import Identified, assign_ids
from .ids import source_name
from .intake_categories import CategorySteps
from .intake_columns import ColumnSteps
from .intake_compare import CompareSteps
from .intake_fields import FieldSteps
from .intake_model import (
    Intake,
    Journal,
    spaced,
)
from .intake_positions import PositionSteps
from .mapping import (
    ADDRESS,
)
from .parts import PartSteps
from .personal import personal_kind
from .profile import make_profile, rule_fields
from .text import normalise
from .values import (
    clean,
    cleaned,
    decimal_evidence,
    parse_number,
)

# Fields whose words are decided once for each wording, and the most words that are a vocabulary.
DECIDED = ("stato", "valenza_dichiarata", "codice_sttm")
VOCABULARY = 300

_HIDDEN = "[omesso: servizio da non localizzare]"

_TOTAL = re.compile(r"^(sub ?totale|total[ei]?|tot|somma)\b")

_PROGRESS_EVERY = 256
_ORIGINS_AT_ONCE = 20_000


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
        self.count = len(table.rows)
        self.journal = Journal(table.layer)
        self.certificate = Certificate()
        self.rejected: dict = {}  # row → (motivo, difetto, messaggio)
        self.warnings: list = []
        self.values: dict = {}  # field of ours → list
        self.used_source: dict = {}  # for the profile
        self.parts: dict = {}  # row → (number, how many) of the records that were one

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

    # 4. Rows that are no records ----------------------------------------------------------

    def find_totals(self):
        """Reject the rows of totals of a sheet (D44)."""
        if self.table.geometry != "None" or not self.count:
            return
        name = self.rules.get("denominazione", {}).get("field")
        named = self.table.values(name) if name in self.table.names else [None] * self.count
        sums = None
        for row in self.live():
            self.tick(row)
            if self.at[row][0] is not None:
                continue
            cells = self.table.rows[row]
            texts = [normalise(clean(cell)) for cell in cells if clean(cell)]
            said = any(_TOTAL.match(text) for text in texts[:3])
            if said and len(texts) <= max(len(cells) * 0.7, 2):
                self.reject(row, "riga_totale", "D44", f"Riga di totale: «{texts[0]}».")
                continue
            if name is None or clean(named[row]) or not texts:
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
        for place, column in enumerate(self.columns):
            mark = "." if decimal_evidence(column.values) == "." else ","
            numbers = [parse_number(row[place], mark) for row in self.table.rows]
            filled = sum(1 for number in numbers if number is not None)
            if filled >= max(3, 0.5 * column.filled):
                found.append([None if number is None else number.value for number in numbers])
        return found

    @staticmethod
    def _is_sum(values, row):
        others = [value for place, value in enumerate(values) if place < row and value is not None]
        return len(others) > 1 and math.isclose(
            sum(others), values[row], rel_tol=1e-9, abs_tol=0.005
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
        origins = self._origins(rows, self.pause)
        self.repeated = repeated
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
                kind = ("D40", "identificativo_doppio")
                if row in self.parts:
                    kind = ("D18", "identificativo_della_parte")
                self.journal.record(row, *kind, "R", given[row], self.ids[row])
        self.origins = origins

    def _all_keys(self):
        rule = self.rules.get("fonte_id")
        if rule is None:
            return []
        values = self._rule_values("fonte_id", rule)
        texts = cleaned(values)
        return [
            re.sub(r"^(\d+)\.0$", r"\1", text) if text.endswith(".0") else text
            for row, text in enumerate(texts)
            if text
            and text.casefold() not in self.settings.tokens
            # The parts of a record have one key between them.
            and self.parts.get(row, (1,))[0] == 1
        ]

    def _identified(self, row, key, origin):
        x = y = None
        shape = self.shape[row]
        if shape is not None:
            if row in self.xy:
                x, y = self.xy[row]
            else:
                centre = shape if shape.geom_type == "Point" else shape.centroid
                x, y = centre.x, centre.y
            x, y = self.projector.to_utm32(x, y)
        own = self.value("id_servizio", row)
        if row in self.parts:
            own, key = None, self.part_key(own or (None if key in self.repeated else key), x, y)
        return Identified(
            own=own,
            fonte=self._fonte_of(row),
            fonte_id=key,
            istat=self.istat[row],
            nome=self.value("denominazione", row),
            x=x,
            y=y,
            canonical=origin,
            shape=shape,
            part=row in self.parts,
        )

    def _fonte_of(self, row):
        own = self.values.get("fonte")
        if own is not None and own[row] and not self.settings.source:
            return own[row]
        return self.fonte

    def _origins(self, rows, ask=lambda: None) -> dict:
        """Return {row: what was read, as JSON} of some rows, many encoded at once."""
        found: dict = {}
        for first in range(0, len(rows), _ORIGINS_AT_ONCE):
            part = rows[first : first + _ORIGINS_AT_ONCE]
            ask()
            found.update(zip(part, compact_rows([self._read_values(row) for row in part])))
        if self._is_service_layer():
            place = self.table.names.index("attributi_origine")
            hidden = getattr(self, "hidden", ())
            for row in rows:
                own = self.table.rows[row][place]
                if own and row not in hidden:
                    # Imported again: what was first read, not our own fields around it.
                    found[row] = own
        return found

    def _read_values(self, row) -> dict:
        """Return what was read of a record, without where it is if that must not be told."""
        cells = self.table.rows[row]
        values = {name: cells[place] for place, name in self._read_names}
        if row in getattr(self, "hidden", ()):
            position = {self.suggested.x, self.suggested.y, self.suggested.wkt, self.suggested.pair}
            values = {
                name: _HIDDEN
                if value is not None and (name in position or ADDRESS.search(spaced(name)))
                else value
                for name, value in values.items()
            }
        return values

    @functools.cached_property
    def _read_names(self) -> list:
        """Places and names of the columns that are the source's own."""
        return [(k, name) for k, name in enumerate(self.table.names) if not name.startswith("=")]

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
            rejected=self._rejected_frame(),
            log=self.journal.rows(self.table.fids, self.ids, self.rejected),
            profile=self.profile(),
            counts=counts,
            warnings=self.warnings,
            certificate=self.certificate.document(
                {row: self.shape[row].area for row in area},
                self.rejected,
                {
                    "aree": len(area),
                    "punti": len(point),
                    "senza_localizzazione": len(nowhere),
                    "scartati": len(self.rejected),
                },
                self.table.fids,
                self.ids,
                self.made_by_splitting(),
            ),
        )

    def _frame(self, rows):
        import geopandas as gpd
        import numpy as np
        import pandas as pd

        # Only the fields that hold something: conform adds the others, empty.
        columns = {"codice_sttm": [self.values["codice_sttm"][row] for row in rows]}
        for item in schema.SERVICES:
            values = self.values.get(item.name)
            if values is not None and any(value is not None for value in values):
                columns[item.name] = [values[row] for row in rows]
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
        if rows and all(row in self.xy for row in rows):
            # Shapely takes long to write a point: these are known as numbers.
            points = [struct.pack("<BIdd", 1, 1, *self.xy[row]) for row in rows]
            frame["_wkb"] = pd.Series(points, dtype=object)
        # One by one: numpy and pandas ask each shape of a list for its coordinates.
        shapes = np.empty(len(rows), dtype=object)
        for place, row in enumerate(rows):
            shapes[place] = self.shape[row]
        shapes = gpd.array.GeometryArray(shapes, crs=self.projector.crs)
        return schema.conform_services(gpd.GeoDataFrame(frame, geometry=shapes))

    def _rejected_frame(self):
        import pandas as pd

        lines = []
        for row in sorted(self.rejected):
            motivo, difetto, messaggio = self.rejected[row]
            hidden = row in self.hidden or self.says_unlocated(row)
            shape = None if hidden else self.table.shapes[row]
            wkt = self.table.unreadable.get(row) if not hidden else None
            if hidden:
                self.hidden.add(row)
                messaggio = messaggio.partition(":")[0]
            lines.append(
                {
                    "layer": self.table.layer,
                    "fid_origine": self.table.fids[row],
                    "motivo": motivo,
                    "difetto": difetto,
                    "messaggio": messaggio,
                    "attributi_origine": self._origins([row])[row],
                    "geometria_wkt": wkt or (shape.wkt if shape is not None else None),
                }
            )
        names = schema.names(schema.REJECTED)
        return schema.conform(pd.DataFrame(lines, columns=names, dtype=object), schema.REJECTED)

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
            values = self.table.values(name)
            written = set(values)
            if len(written) > 3 * VOCABULARY:
                continue
            distinct = sorted({text for text in map(clean, written) if text})
            few = len(distinct) <= VOCABULARY and len(distinct) <= max(20, len(values) / 2)
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
        fingerprint = [name for name in table.fingerprint() if not name.startswith("=")]
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
