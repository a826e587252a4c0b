"""Records of several parts, each a service of its own: split before anything is read (D18)."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np

from .documents import compact_json
from .pairs import groups_of

# What is said of the whole, and of none of its parts.
QUANTITIES = ("capacita", "capacita_um", "superficie_dichiarata_mq")


def split_parts(table, on_row=lambda row: None):
    """Return a source table with a record for each part, and which record each one comes from.

    Areas that touch are one part, as they are one ground; lines and collections stay whole. Parts
    follow each other from west to east, so that their order in the geometry doesn't matter.

    Args:
        table: ``core.intake_model.SourceTable``, left as it is.
        on_row: called with each row looked at; it may raise to stop.

    Returns:
        (SourceTable, [row in the table given, of each record]).
    """
    origin, shapes = [], []
    for row, shape in enumerate(table.shapes):
        on_row(row)
        found = [shape] if row in table.unreadable else _distinct(shape)
        origin += [row] * len(found)
        shapes += found
    if len(origin) == table.count:
        return table, origin
    first = {row: at for at, row in reversed(list(enumerate(origin)))}
    split = replace(
        table,
        columns=[column.at(origin) for column in table.columns],
        fids=table.fids[origin],
        shapes=shapes,
        places=None,
        unreadable={first[row]: text for row, text in table.unreadable.items()},
        curved={at for at, row in enumerate(origin) if row in table.curved},
        broken={first[row]: text for row, text in table.broken.items()},
    )
    return split, origin


def _distinct(shape) -> list:
    """Return the parts of a geometry that stand apart, by their west, then south end."""
    if shape is None or shape.geom_type not in ("MultiPolygon", "MultiPoint"):
        return [shape]
    pieces = [piece for piece in shape.geoms if not piece.is_empty]
    if len(pieces) < 2:
        return [shape]
    if shape.geom_type == "MultiPoint":
        groups = [[piece] for piece in {piece.wkb: piece for piece in pieces}.values()]
    else:
        groups = _touching(pieces)
    groups.sort(key=lambda group: min((*piece.bounds, piece.wkb) for piece in group))
    if len(groups) == 1:
        return [shape]
    whole = type(shape)
    return [group[0] if len(group) == 1 else whole(group) for group in groups]


def _touching(pieces) -> list:
    import geopandas as gpd

    from .context import meeting

    # A ring that crosses itself can't be asked what it touches: its repaired form can.
    areas = gpd.GeoSeries([piece if piece.is_valid else piece.buffer(0) for piece in pieces])
    pairs = [(int(a), int(b)) for a, b in zip(*meeting(areas, areas)) if a < b]
    joined = groups_of(len(pieces), pairs)
    alone = set(range(len(pieces))).difference(*joined)
    return [[pieces[at] for at in group] for group in (*joined, *([at] for at in alone))]


class PartSteps:
    """The steps on records that are a part of one of the source."""

    def split(self):
        """Make a record of each part where it was asked for; columns were told from the whole."""
        if not self.settings.split:
            return
        before = self.count
        self.table, origin = split_parts(self.table, self.tick)
        self.count = len(origin)
        if self.count == before:
            return
        many = Counter(origin)
        turn: Counter = Counter()
        rejected, self.rejected = self.rejected, {}
        self._live = np.arange(self.count)
        self.journal.spread(origin)
        for at, row in enumerate(origin):
            turn[row] += 1
            if many[row] > 1:
                self.parts[at] = (turn[row], many[row])
            if row in rejected:
                self.rejected[at] = rejected[row]

    def settle_parts(self):
        """Tell of each part where it comes from; what was said of the whole is none of theirs."""
        changes: dict = {name: {} for name in (*QUANTITIES, "attributi")}
        for row, (number, count) in self.parts.items():
            if row in self.rejected:
                continue
            self.journal.record(
                row, "D18", "parte_divisa", "R", f"{count} parti", f"parte {number} di {count}"
            )
            said = []
            for name in QUANTITIES:
                value = self.value(name, row)
                if value is not None:
                    changes[name][row] = None
                    said.append(f"{name}: {value:g}" if isinstance(value, float) else value)
            attributes = json.loads(self.value("attributi", row) or "{}")
            kept = {name: one for name, one in attributes.items() if not _is_quantity(one)}
            if len(kept) < len(attributes):
                changes["attributi"][row] = compact_json(kept) if kept else None
                said += [name for name in attributes if name not in kept]
            if said:
                self.journal.record(
                    row,
                    "D18",
                    "quantita_del_record_intero",
                    "W",
                    ", ".join(map(str, said)),
                    "tolte alle parti, restano in attributi_origine",
                )

        for name, values in changes.items():
            if values:
                self.values[name] = self.values[name].changed(values)

    def made_by_splitting(self) -> int:
        """Return how many records there are more than the source has."""
        return sum(1 for number, _ in self.parts.values() if number > 1)

    @staticmethod
    def part_key(key, x, y):
        """Return the key of a part: that of its record, and the 10 m cell it lies in."""
        if key is None or math.isnan(x):
            return None
        return f"{key}|{x // 10 * 10:.0f}|{y // 10 * 10:.0f}"


def _is_quantity(one) -> bool:
    value = one.get("valore") if isinstance(one, dict) else one
    return isinstance(value, (int, float)) and not isinstance(value, bool)
