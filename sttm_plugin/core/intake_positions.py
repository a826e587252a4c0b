"""Intake, the ground: where each record is, in which reference system, of which comune."""

from __future__ import annotations

import math
import re
from collections import defaultdict

from .crsdoctor import diagnose
from .errors import SttmError
from .intake_model import (
    bare,
    match_key,
)
from .places import SURROUNDINGS_M
from .profile import rule_fields
from .reference import SUPPRESSED_ON
from .shapes import condition
from .values import (
    clean,
    cleaned,
    is_null,
    parse_number,
    parse_pair,
)

# D10: less than this share outside the comune is digitising.
OUTSIDE_SHARE = 0.01


_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?").fullmatch

# As many positions tell the reference system as well as all of a large file.
_DIAGNOSED = 2000


class PositionSteps:
    """The steps on positions and comuni."""

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
        placed = self._placed()
        for row in range(self.count):
            if placed[row]:
                self.at.append(("geometria", table.shapes[row]))
                continue
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

    def _placed(self) -> list:
        """Tell of each row whether its geometry is a point known by its numbers."""
        if self.explicit or self.table.places is None:
            return [False] * self.count
        return [x == x for x in self.table.places[:, 0].tolist()]

    def _numbers_of(self, name):
        """Return [(number or None, text or None)] of a column of coordinates."""
        values = self.table.values(name)
        pairs = []
        comma = False
        tokens = self.settings.tokens
        for value, text in zip(values, cleaned(values)):
            if text is None or text.casefold() in tokens:
                pairs.append((None, None))
                continue
            if _PLAIN_NUMBER(text):
                pairs.append((float(text), text))
                continue
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

    # 5. Comuni --------------------------------------------------------------------------

    def find_comuni(self):
        """Fill ``self.said``: per row (ISTAT code or None, how, text) of the source's column."""
        rule = self.rules.get("istat")
        self.said = [(None, "", None)] * self.count
        if rule is None:
            return
        values = self._rule_values("istat", rule)
        mapped = {match_key(key): value for key, value in rule.get("map", {}).items()}
        known: dict = {}
        for row, text in enumerate(cleaned(values)):
            if text is None or text.casefold() in self.settings.tokens:
                continue
            if text not in known:
                meant = str(mapped.get(match_key(text), text)) if mapped else text
                known[text] = (*self.places.resolve(bare(meant)), meant)
            self.said[row] = known[text]

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
        self.xy: dict = {}  # row → (x, y) of the points, in the analysis CRS
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
        known = kind == "geometria" and self.table.places is not None
        if known:
            xs[rows], ys[rows] = self.table.places[rows].T
        else:
            where = (self.at[row][1] for row in rows)
            xs[rows], ys[rows] = np.array([_centre(w) if of_shapes else w for w in where]).T
        picked = np.array(rows)
        for row in picked[(xs[picked] == 0) & (ys[picked] == 0)].tolist():
            self.reject(
                row,
                "coordinate_non_valide",
                "D09",
                "Coordinate 0, 0: stanno per «posizione ignota».",
            )
        for row in picked[~(np.isfinite(xs[picked]) & np.isfinite(ys[picked]))].tolist():
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
            places = zip(xs[rows].tolist(), ys[rows].tolist())
            for row, shape, xy in zip(rows, moved, places):
                self.shape[row] = shape
                if shape is self.at[row][1] and (known or shape.geom_type == "Point"):
                    self.xy[row] = xy
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
                self.xy[row] = (x, y)
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

        def judge(mask):
            self.pause()
            return diagnose(
                np.where(mask, xs, np.nan),
                np.where(mask, ys, np.nan),
                declared,
                inside,
                self.projector.points,
                chosen=chosen,
                geojson=kind == "geometria" and self.table.geojson,
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
            if difetto == "D04" and kind == "colonne" and declared == "EPSG:4326":
                # Words around the numbers, not a CRS of the file: the numbers prevail.
                difetto = "D07"
            gravity = "R" if declared or found.swapped else "A"
            rule = "assi_scambiati" if found.swapped else "sistema_di_riferimento"
            self.journal.file(difetto, rule, gravity, found.sentence, said)
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
        if row in self.xy:  # its numbers were looked at already
            self.kind[row] = "punto"
            return
        if shape.geom_type not in ("Point", "MultiPoint"):
            self.certificate.read(row, shape.area)
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
            if metres > 0 and text:
                # Its own words name another place: the nearest comune isn't its own.
                self.reject(
                    row,
                    "altro_comune",
                    "D28",
                    f"Il comune «{text}» non è tra quelli noti e la posizione è fuori dai confini.",
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
        if code is None and text:
            self.reject(
                row, "altro_comune", "D28", f"Comune «{text}» non riconosciuto e nessuna posizione."
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
            since = f", dal {SUPPRESSED_ON}" if how == "soppresso" else ""
            self.journal.record(row, *rules[how], text, f"{code}{since}")

    def _distance(self, row, istat):
        shape = self.shape[row]
        if shape is None or not self.places.knows(istat):
            return
        if row in self.xy and self.places.holds(istat, *self.xy[row]):
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
            where = self.places.comune_at(shape)[0]
            kept = f"tenuto; ricade in {self.places.name_of(where)}" if where else "tenuto"
            said = f"{metres:.0f} m fuori da {name}"
            self.journal.record(row, "D09", "fuori_confine", "W", said, kept)
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
