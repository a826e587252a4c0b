"""Intake, the ground: where each record is, in which reference system, of which comune."""

from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np

from .coded import Coded, Marks, places_of
from .crsdoctor import diagnose
from .errors import SttmError
from .intake_model import (
    AREA,
    POINT,
    bare,
    match_key,
)
from .places import SURROUNDINGS_M
from .profile import rule_fields
from .reference import SUPPRESSED_ON
from .shapes import condition, point_at
from .values import (
    clean,
    cleaned,
    is_null,
    parse_number,
    parse_pair,
)

# D10: less than this share outside the comune is digitising.
OUTSIDE_SHARE = 0.01

# Where a position was read, and how the log says it.
GEOMETRY, COLUMNS, TEXT, WKT = 1, 2, 3, 4
WORDS = {GEOMETRY: "geometria", COLUMNS: "colonne", TEXT: "testo", WKT: "wkt"}

_SAYS_NOTHING = (None, "", None)

_MOST_DIGITS = 31
_PLAIN_NUMBER = re.compile(rf"(?=.{{1,{_MOST_DIGITS}}}\Z)-?\d+(?:\.\d+)?", re.ASCII).fullmatch

# As many positions tell the reference system as well as all of a large file.
_DIAGNOSED = 2000


class PositionSteps:
    """The steps on positions and comuni."""

    # 3. Positions -----------------------------------------------------------------------

    def read_positions(self):
        """Fill ``self.from_what``, ``xs``, ``ys``, ``read_shape`` and ``why_not``."""
        table, found = self.table, self.suggested
        xs = self._numbers_of(found.x) if found.x and found.y else None
        ys = self._numbers_of(found.y) if xs is not None else None
        wkt = table.column(found.wkt) if found.wkt else None
        pair = table.column(found.pair) if found.pair else None
        self._nowhere()
        self._from_geometry()
        if xs is not None:
            (x, written_x), (y, written_y) = xs, ys
            both = (self.from_what == 0) & ~np.isnan(x) & ~np.isnan(y)
            self.from_what[both] = COLUMNS
            self.xs[both], self.ys[both] = x[both], y[both]
            said = (self.from_what == 0) & (written_x.true() | written_y.true())
            for row in np.flatnonzero(said).tolist():
                where = f"coordinate «{written_x[row] or ''}», «{written_y[row] or ''}»"
                self.why_not[row] = where
        if pair is not None or wkt is not None:
            for row in np.flatnonzero(self.from_what == 0).tolist():
                self._from_text(row, pair and pair[row], wkt and wkt[row])

    def _nowhere(self):
        """No record has a position yet.

        ``from_what``: GEOMETRY, COLUMNS, TEXT, WKT or 0, int8 (n,). ``xs``, ``ys``: positions as
        written, NaN for none. ``read_shape``: {row: shape as read} where it isn't known by its
        numbers. ``why_not``: {row: reason} where it isn't simply empty.
        """
        self.from_what = np.zeros(self.count, dtype=np.int8)
        self.xs, self.ys = np.full(self.count, np.nan), np.full(self.count, np.nan)
        self.read_shape: dict = {}
        self.why_not: dict = {}

    def _from_geometry(self):
        if self.explicit:
            return
        table = self.table
        if table.places is not None:
            placed = ~np.isnan(table.places[:, 0])
            self.from_what[placed] = GEOMETRY
            self.xs[placed], self.ys[placed] = table.places[placed].T
            return
        for row, shape in enumerate(table.shapes):
            if shape is not None and not shape.is_empty:
                self.from_what[row] = GEOMETRY
                self.read_shape[row] = shape
                self.xs[row], self.ys[row] = _centre(shape)

    def _from_text(self, row, pair, wkt):
        """Place a record by a pair of numbers or a well-known text, or say why it can't be."""
        tokens = self.settings.tokens
        if not is_null(pair, tokens):
            both = parse_pair(pair)
            if both:
                # "(lat, lon)" is how these texts are written: the second one goes east.
                self.from_what[row] = TEXT
                self.xs[row], self.ys[row] = both[1], both[0]
                return
            self.why_not[row] = f"coordinate «{clean(pair)}»"
        if not is_null(wkt, tokens):
            shape = _from_wkt(clean(wkt))
            if shape is None:
                self.why_not[row] = f"WKT «{clean(wkt)[:60]}»"
                return
            self.from_what[row] = WKT
            self.read_shape[row] = shape
            self.xs[row], self.ys[row] = _centre(shape)

    def unplace(self, row, reason):
        """Take the position off a record, with the reason."""
        self.from_what[row] = 0
        self.why_not[row] = reason

    def _numbers_of(self, name):
        """Return (numbers, float64 (n,), NaN for none; the texts, Coded) of coordinates."""
        column, texts = self.table.column(name), self.table.texts(name)
        tokens = self.settings.tokens
        plain = _plain_numbers(texts.values)
        if plain is not None and not any(map(_PLAIN_NUMBER, tokens)):
            return plain[column.codes], texts
        numbers, written = np.full(len(column.values), np.nan), list(texts.values)
        comma = False
        used = column.counts() > 0
        for code, (value, text) in enumerate(zip(column.values, texts.values)):
            if text is None or text.casefold() in tokens:
                written[code] = None
                continue
            if _PLAIN_NUMBER(text):
                numbers[code] = float(text)
                continue
            # One sign alone is decimal in a coordinate: 45.471 is no thousand.
            mark = "," if "," in text and "." not in text else "."
            comma |= bool(used[code]) and isinstance(value, str) and mark == ","
            number = parse_number(value, mark)
            if number is not None and not number.unit.strip("°"):
                numbers[code] = number.value
        if comma:
            self.journal.file(
                "D37", "virgola_decimale", "R", f"colonna {name}: virgola decimale", "numeri"
            )
            self.used_source["decimal"] = ","
        return numbers[column.codes], Coded(column.codes, written)

    # 5. Comuni --------------------------------------------------------------------------

    def find_comuni(self):
        """Fill ``self.said``: per row (ISTAT code or None, how, text) of the source's column."""
        self.said = Coded.constant(_SAYS_NOTHING, self.count)
        rule = self.rules.get("istat")
        if rule is None:
            return
        mapped = {match_key(key): value for key, value in rule.get("map", {}).items()}

        def comune_of(text):
            if text is None or text.casefold() in self.settings.tokens:
                return _SAYS_NOTHING
            meant = str(mapped.get(match_key(text), text)) if mapped else text
            return (*self.places.resolve(bare(meant)), meant)

        self.said = self._rule_texts("istat", rule).mapped(comune_of)

    def _rule_column(self, target, rule) -> Coded:
        """Return what feeds a field: a constant, a column, the first filled of several."""
        if "constant" in rule:
            return Coded.constant(rule["constant"], self.count)
        if "expression" in rule:
            name = f"={target}"
            if name not in self.table.names:
                raise SttmError(
                    f"Profilo: l'espressione del campo «{target}» non è stata calcolata."
                )
            return self.table.column(name)
        names = rule_fields(rule)
        for name in names:
            self._needed(name, f"campo «{target}»")
        if len(names) == 1:
            return self.table.column(names[0])
        first = Marks(self.count)
        for name in names:
            takes = first.empty() & self.table.texts(name).true()
            first.put_column(np.flatnonzero(takes), self.table.column(name))
        return first.column()

    def _rule_texts(self, target, rule) -> Coded:
        """Return ``_rule_column`` as ``clean`` makes it."""
        names = rule_fields(rule)
        if len(names) == 1 and "constant" not in rule and "expression" not in rule:
            self._needed(names[0], f"campo «{target}»")
            return self.table.texts(names[0])
        column = self._rule_column(target, rule)
        return Coded(column.codes, cleaned(column.values))

    # 6. Coordinates to the analysis CRS ----------------------------------------------------

    def place(self):
        """Diagnose each group of positions and bring it to the analysis CRS.

        Fills ``self.kind`` (AREA, POINT, 0), ``self.x`` and ``self.y`` of the points known by
        their numbers, ``self.shapes`` {row: shape} of the others, all in the analysis CRS.
        """
        self.kind = np.zeros(self.count, dtype=np.int8)
        self.shapes: dict = {}
        self.x, self.y = np.full(self.count, np.nan), np.full(self.count, np.nan)
        live = self.live()
        for what in (GEOMETRY, COLUMNS, TEXT, WKT):
            rows = live[self.from_what[live] == what]
            if len(rows):
                self._place_group(what, rows)
        self.kind[~np.isnan(self.x)] = POINT  # their numbers were looked at already
        for row in sorted(self.shapes):
            self.tick(row)
            if row not in self.rejected:
                self._condition(row)

    def _place_group(self, what, rows):
        xs, ys = np.full(self.count, np.nan), np.full(self.count, np.nan)
        xs[rows], ys[rows] = self.xs[rows], self.ys[rows]
        for row in rows[(xs[rows] == 0) & (ys[rows] == 0)].tolist():
            self.reject(
                row,
                "coordinate_non_valide",
                "D09",
                "Coordinate 0, 0: stanno per «posizione ignota».",
            )
        for row in rows[~(np.isfinite(xs[rows]) & np.isfinite(ys[rows]))].tolist():
            self.unplace(row, "coordinate non numeriche")
        rows = rows[self.is_live(rows) & (self.from_what[rows] != 0)]
        if not len(rows):
            return
        declared, chosen = self._declared(what)
        expected = self._expected(rows)
        crs, swap = declared, False
        if expected:
            found = self._diagnose(xs, ys, declared, chosen, expected, what)
            crs, swap = found.crs, found.swapped
        elif not declared:
            # Every record belongs elsewhere: they will be rejected, wherever they lie.
            return
        numbers = what == GEOMETRY and self.table.places is not None
        if what in (GEOMETRY, WKT) and not numbers:
            self._move_shapes(crs, swap, rows)
            return
        first, second = (ys, xs) if swap else (xs, ys)
        east, north = self.projector.points(crs, first[rows], second[rows], as_shapes=numbers)
        there = np.isfinite(east) & np.isfinite(north)
        self.x[rows[there]], self.y[rows[there]] = east[there], north[there]
        for row in rows[~there].tolist():
            said = "" if numbers else f"{xs[row]:g}, {ys[row]:g} "
            self.unplace(row, f"coordinate {said}fuori dal sistema di riferimento")

    def _move_shapes(self, crs, swap, rows):
        rows = rows.tolist()
        moved = self.projector.shapes(crs, [self.read_shape[row] for row in rows], swap)
        for row, shape in zip(rows, moved):
            if shape is None:
                self.unplace(row, "coordinate fuori dal sistema di riferimento")
            elif shape is self.read_shape[row] and shape.geom_type == "Point":
                self.x[row], self.y[row] = self.xs[row], self.ys[row]
            else:
                self.shapes[row] = shape

    def shape_of(self, row):
        """Return the shape of a record in the analysis CRS, None where it has none."""
        shape = self.shapes.get(row)
        return shape if shape is not None else point_at(float(self.x[row]), float(self.y[row]))

    def has_place(self, rows):
        """Tell which records have a position in the analysis CRS, bool (n,)."""
        known = ~np.isnan(self.x[rows])
        if self.shapes:
            known |= np.fromiter((row in self.shapes for row in rows.tolist()), bool, len(rows))
        return known

    def _declared(self, what):
        if self.settings.source_crs:
            return self.settings.source_crs, True
        profile = self.settings.profile
        if profile is not None and profile.source.get("crs"):
            return profile.source["crs"], False
        if what == GEOMETRY:
            return self.table.crs, False
        if what in (COLUMNS, WKT) and self.table.geometry == "None" and self.table.crs:
            return self.table.crs, False
        if what == COLUMNS and _says_degrees(self.suggested.x, self.suggested.y):
            return "EPSG:4326", False
        return "", False

    def _expected(self, rows) -> dict:
        """Return {ISTAT code: rows whose position should fall near it}; "*": near any of them."""

        def ground_of(said):
            code, how, _ = said
            if code is None and how != "altrove":
                code = self.settings.istat
            return code if self.places.knows(code) else None

        said = self.said.at(rows)
        grounds = said.mapped(ground_of)
        by_code = places_of(grounds.codes)
        expected = defaultdict(list)
        for code, places in by_code.items():
            if grounds.values[code]:
                expected[grounds.values[code]].append(rows[places])
        if expected:
            return {istat: np.sort(np.concatenate(lots)) for istat, lots in expected.items()}
        if not self.settings.istat and self.places.exact:
            # Nobody says the comune: anywhere on the boundaries will do.
            return {"*": rows}
        return {}

    def _diagnose(self, xs, ys, declared, chosen, groups, what):
        kind = WORDS[what]
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

        def judge(mask):
            self.pause()
            return diagnose(
                np.where(mask, xs, np.nan),
                np.where(mask, ys, np.nan),
                declared,
                inside,
                self.projector.points,
                chosen=chosen,
                geojson=what == GEOMETRY and self.table.geojson,
                near=near,
            )

        found = None
        if tested.sum() > _DIAGNOSED:
            some = np.zeros(self.count, dtype=bool)
            picked = np.flatnonzero(tested)
            some[picked[:: math.ceil(picked.size / _DIAGNOSED)]] = True
            try:
                found = judge(some)
            except SttmError:
                found = None
            # A comune may hold few records of a large file: then all are looked at.
            if found is not None and max((c.inside for c in found.tried), default=0) < 20:
                found = None
        found = found or judge(tested)
        if found.changed:
            said = found.crs + (", assi scambiati" if found.swapped else "")
            operation = self.projector.operation(found.crs)
            if found.crs in ("EPSG:3003", "EPSG:23032") and operation:
                said += f"; trasformazione: {operation}"
            difetto = found.difetto
            if difetto == "D04" and what == COLUMNS and declared == "EPSG:4326":
                # Words around the numbers, not a CRS of the file: the numbers prevail.
                difetto = "D07"
            gravity = "R" if declared or found.swapped else "A"
            rule = "assi_scambiati" if found.swapped else "sistema_di_riferimento"
            self.journal.file(difetto, rule, gravity, found.sentence, said)
            self.warnings.append(f"Posizioni ({kind}): {found.sentence}.")
        elif declared and what != GEOMETRY:
            self.journal.file("", "sistema_di_riferimento", "A", declared, found.sentence)
        self.used_source["crs"] = found.crs
        return found

    def _condition(self, row):
        """Make the shape of a row a point or an area, or say why it has none."""
        shape = self.shapes[row]
        if shape.geom_type not in ("Point", "MultiPoint"):
            self.certificate.read(row, shape.area)
        made = condition(shape)
        if not made.kind:
            del self.shapes[row]
            if made.motivo in ("senza_posizione", "coordinate_non_valide"):
                self.unplace(row, made.messaggio)
                return
            self.reject(row, made.motivo, made.difetto, made.messaggio)
            return
        for note in made.notes:
            self.journal.record(row, *note)
        self.shapes[row] = made.shape
        self.kind[row] = AREA if made.kind == "area" else POINT
        parts = len(made.shape.geoms) if made.kind == "area" else 1
        if parts > 1:
            self.journal.record(
                row, "D18", "area_in_piu_parti", "W", f"{parts} parti", "tenute insieme"
            )

    # 7. Which comune each record is of ------------------------------------------------------

    def settle_comuni(self):
        wanted = self.settings.istat
        if self.count and not wanted and "istat" not in self.rules and not self.places.exact:
            raise SttmError(
                "Non si sa di quale comune siano i servizi: indicare il comune (COMUNE), oppure i "
                f"confini (BOUNDARIES), oppure una colonna con il codice ISTAT tra quelle di "
                f"«{self.table.layer}» ({', '.join(self.table.names)})."
            )
        live = self.live()
        said = self.said.at(live)
        comuni = Marks(self.count)
        for code, places in places_of(said.codes).items():
            self.pause()
            settle = self._of_wanted if wanted else self._of_any
            settle(comuni, live[places], *said.values[code])
        self.istat = comuni.column()

    def _of_wanted(self, comuni, rows, code, how, text):
        wanted = self.settings.istat
        if code is not None and code != wanted or how == "altrove":
            name = self.places.name_of(code) or text
            self._all_of_another(rows, f"Il record è del comune {name} ({text}).")
            return
        if code is None and text:
            there = self.has_place(rows)
            self._all_of_another(
                rows[~there], f"Comune «{text}» non riconosciuto e nessuna posizione."
            )
            rows = rows[there]
            self.journal.same(rows, "D26", "comune_non_riconosciuto", "W", text, wanted)
        comuni.put(rows, wanted)
        self._comune_log(rows, code, how, text)
        self._distances(rows, wanted)

    def _all_of_another(self, rows, message):
        for row in rows.tolist():
            self.reject(row, "altro_comune", "D28", message)

    def _of_any(self, comuni, rows, code, how, text):
        if code is None and how != "altrove":
            there = self.has_place(rows)
            for row in rows[there].tolist():
                self.tick(row)
                self._of_ground(comuni, row, text)
            rows = rows[~there]
        if how == "altrove" or (code is not None and not self.places.knows(code)):
            self._all_of_another(
                rows, f"Il comune «{text}» non è della Città metropolitana né tra i confini dati."
            )
            return
        if code is None and text:
            self._all_of_another(rows, f"Comune «{text}» non riconosciuto e nessuna posizione.")
            return
        if code is None:
            self.journal.same(rows, "D28", "comune_ignoto", "W", text, None)
            return
        comuni.put(rows, code)
        self._comune_log(rows, code, how, text)
        self._distances(rows, code)

    def _of_ground(self, comuni, row, text):
        """Take the comune of a record from where it lies."""
        code, metres = self.places.comune_at(self.shape_of(row))
        if code is None and not self.places.exact:
            said = f"Comune «{text}» non riconosciuto" if text else "Comune non indicato"
            advice = "dare i confini (BOUNDARIES) perché lo dica la posizione."
            self.reject(row, "altro_comune", "D28", f"{said}: {advice}")
            return
        if code is None:
            self.reject(
                row, "fuori_area", "D09", "La posizione è a più di 5 km da ogni confine dato."
            )
            return
        if metres > 0 and text:
            # Its own words name another place: the nearest comune isn't its own.
            self.reject(
                row,
                "altro_comune",
                "D28",
                f"Il comune «{text}» non è tra quelli noti e la posizione è fuori dai confini.",
            )
            return
        comuni.put(row, code)
        if text:
            self.journal.record(row, "D26", "comune_non_riconosciuto", "W", text, code)
        if metres > 0:
            self.journal.record(row, "D09", "fuori_confine", "W", f"{metres:.0f} m fuori", "tenuto")

    def _comune_log(self, rows, code, how, text):
        rules = {
            "zeri": ("D25", "istat_riparato", "R"),
            "catastale": ("D26", "istat_da_catastale", "R"),
            "nome": ("D26", "istat_da_nome", "R"),
            "soppresso": ("D27", "istat_soppresso", "W"),
        }
        if how in rules:
            since = f", dal {SUPPRESSED_ON}" if how == "soppresso" else ""
            self.journal.same(rows, *rules[how], text, f"{code}{since}")

    def _distances(self, rows, istat):
        """Log the records that lie outside their comune, reject those too far from it."""
        if not self.places.knows(istat):
            return
        rows = rows[self.has_place(rows)]
        rows = rows[~self.places.hold(istat, self.x[rows], self.y[rows])]
        known = self.places.distances_to_box(istat, self.x[rows], self.y[rows])
        if not self.places.exact:
            # No boundary says where such a point falls: they are told by their metres.
            near = (known > 0) & (known <= SURROUNDINGS_M)
            metres = np.rint(known[near]).astype(np.int64)
            lines = {far: self._outside(far, istat, "tenuto") for far in np.unique(metres).tolist()}
            self.journal.records(rows[near], metres, lines)
            rows, known = rows[~near], known[~near]
        for row, metres in zip(rows.tolist(), known.tolist()):
            self.tick(row)
            self._distance(row, istat, metres)

    def _outside(self, metres, istat, kept):
        said = f"{metres:.0f} m fuori da {self.places.name_of(istat)}"
        return ("D09", "fuori_confine", "W", said, kept, "regola")

    def _distance(self, row, istat, metres):
        """Log or reject a record; ``metres`` away from its comune where that is known, or NaN."""
        shape = None
        if metres != metres:
            shape = self.shape_of(row)
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
            where = None
            if self.places.exact:
                where = self.places.comune_at(shape or self.shape_of(row))[0]
            kept = f"tenuto; ricade in {self.places.name_of(where)}" if where else "tenuto"
            self.journal.record(row, *self._outside(metres, istat, kept))
            return
        if self.kind[row] == AREA and istat in self.places.exact:
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


def _plain_numbers(texts):
    """Return texts as numbers where all of them are plain ones, None else."""
    if not texts or None in texts or max(map(len, texts)) > _MOST_DIGITS:
        return None
    whole = "\n".join(["", *texts, ""])
    # Digits, a sign before them and a point between them: what is left is told one by one.
    if whole.strip("0123456789.-\n") or any(mark in whole for mark in ("\n.", "-.", ".\n")):
        return None
    try:
        return np.array(list(map(float, texts)))
    except ValueError:
        return None


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
