"""What was changed in a criteria pack since it was opened: cells and rows, undone and redone."""

from __future__ import annotations

from typing import NamedTuple

from .criteria_model import ADDED, REMOVED, PackTable


class Edits(NamedTuple):
    """Changes as they stand: never changed themselves, so that to undo is to take the last ones.

    Attributes:
        cells: {(table, key, column): text}. added: {(table, key): {column: text}}, the key columns
            among them. removed: {(table, key): None}; what is added under the same key stands
            in its place.
    """

    cells: dict = {}
    added: dict = {}
    removed: dict = {}

    def count(self, table="") -> int:
        """Return how many cells and rows are changed, in a table or in all."""
        every = (*self.cells, *self.added, *self.removed)
        return sum(not table or one[0] == table for one in every)

    def changes(self) -> list:
        """Return them as the algorithms take them in JSON, rows first."""
        gone = [{"tabella": one, "azione": "togli", "chiave": key} for one, key in self.removed]
        new = [
            {"tabella": table, "azione": "aggiungi", "valori": values}
            for (table, _), values in self.added.items()
        ]
        cells = [
            {"tabella": table, "chiave": key, "campo": column, "valore": value}
            for (table, key, column), value in self.cells.items()
        ]
        return [*gone, *new, *cells]


class PackEdits:
    """The changes to a pack, over its tables as they were opened."""

    def __init__(self):
        self.begin({})

    def begin(self, before):
        """Forget every change; ``before``: {name: PackTable} as the pack is."""
        self.before = before
        self.now = Edits()
        self._done: list = []
        self._undone: list = []

    def set(self, table, key, column, text):
        """Give a cell a value."""
        row = table, key
        if row in self.now.added:
            values = {**self.now.added[row], column: text}
            now = self.now._replace(added={**self.now.added, row: values})
        else:
            cells = {**self.now.cells, (*row, column): text}
            if text == self.before[table].cells[key].get(column, ""):
                del cells[(*row, column)]
            now = self.now._replace(cells=cells)
        self._do(now, (*row, column))

    def add(self, table, key, values):
        """Add a row; ``values``: {column: text}, its key among them."""
        self._do(
            self.now._replace(added={**self.now.added, (table, key): values}), (table, key, "")
        )

    def remove(self, table, key):
        """Take off a row: one that was added is as if it had never been."""
        row, now = (table, key), self.now
        if row in now.added:
            added = {one: values for one, values in now.added.items() if one != row}
            now = now._replace(added=added)
        else:
            cells = {one: text for one, text in now.cells.items() if one[:2] != row}
            now = now._replace(cells=cells, removed={**now.removed, row: None})
        self._do(now, (table, key, ""))

    def put_back(self, table, key):
        """Have a row that was taken off again."""
        removed = {row: None for row in self.now.removed if row != (table, key)}
        self._do(self.now._replace(removed=removed), (table, key, ""))

    def state(self, table, key) -> str:
        """Return ADDED, REMOVED or "" of a row."""
        if (table, key) in self.now.added:
            return ADDED
        return REMOVED if (table, key) in self.now.removed else ""

    def undo(self):
        """Take back the last change; return its place, None where there is none."""
        return self._step(self._done, self._undone)

    def redo(self):
        """Make again what was taken back last; return its place, None where there is none."""
        return self._step(self._undone, self._done)

    def can_undo(self) -> bool:
        """Tell whether a change can be taken back."""
        return bool(self._done)

    def can_redo(self) -> bool:
        """Tell whether a change can be made again."""
        return bool(self._undone)

    def _do(self, now, place):
        self._done.append((self.now, place))
        self._undone = []
        self.now = now

    def _step(self, from_here, to_there):
        if not from_here:
            return None
        state, place = from_here.pop()
        to_there.append((self.now, place))
        self.now = state
        return place

    def shown(self, judged, made) -> dict:
        """Return {name: PackTable} as they are now.

        Args:
            judged: {name: PackTable} as the last check found them. made: the Edits it judged.
        """
        return {
            name: self._shown(name, judged.get(name), made)
            for name in dict.fromkeys([*self.before, *judged])
        }

    def _shown(self, name, judged, made):
        before = self.before.get(name) or PackTable(name, judged.file, judged.columns)
        judged = judged or PackTable(name, before.file)
        table = PackTable(name, before.file, before.columns or judged.columns)
        added = {key: values for (one, key), values in self.now.added.items() if one == name}
        for key in dict.fromkeys([*before.cells, *added]):
            state = self.state(name, key)
            cells = judged.cells.get(key, {}) if state != REMOVED else {}
            old = before.cells.get(key, {})
            # A value that was judged and is no longer: the one before.
            cells = {
                column: old.get(column, "") if (name, key, column) in made.cells else text
                for column, text in {**dict.fromkeys(table.columns, ""), **old, **cells}.items()
            }
            if state == ADDED:
                cells = {column: added[key].get(column, "") for column in table.columns}
            for column in table.columns:
                cells[column] = self.now.cells.get((name, key, column), cells[column])
            table.cells[key] = cells
            table.lines[key] = judged.lines.get(key, 0) if state != REMOVED else 0
            known = judged.sources.get(key) or before.sources.get(key, "")
            table.sources[key] = known or cells.get("provenienza", "")
            if state:
                table.states[key] = state
        return table
