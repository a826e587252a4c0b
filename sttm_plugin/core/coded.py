"""Columns as codes and the values they stand for: what repeats is looked at once."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np

from .values import all_texts

# A first lot with more different values than this share of it is not worth looking up.
_MOSTLY_DIFFERENT = 0.6
_ENOUGH = 2000


class Coded:
    """A column of n values: that of row k is ``values[codes[k]]``.

    ``codes`` is int32 (n,); ``values`` a list, in which equal values may come more than once and
    some may belong to no row. Neither is to be changed.
    """

    __slots__ = ("codes", "values")

    def __init__(self, codes, values):
        self.codes, self.values = codes, values

    @classmethod
    def of(cls, values) -> Coded:
        """Return a column of some values."""
        coder = Coder()
        coder.add(list(values))
        return coder.column()

    @classmethod
    def constant(cls, value, count) -> Coded:
        """Return a column with one value."""
        return cls(np.zeros(count, dtype=np.int32), [value])

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, row):
        return self.values[self.codes[row]]

    def __iter__(self):
        return map(self.values.__getitem__, self.codes.tolist())

    def at(self, rows) -> Coded:
        """Return the column of some rows (an index of numpy)."""
        return Coded(self.codes[rows], self.values)

    def mapped(self, function) -> Coded:
        """Return the column of what a function makes of each value."""
        return Coded(self.codes, [function(value) for value in self.values])

    def changed(self, values) -> Coded:
        """Return the column with other values on some rows, {row: value}."""
        codes, rows = self.codes.copy(), list(values)
        codes[rows] = np.arange(len(self.values), len(self.values) + len(rows))
        return Coded(codes, [*self.values, *values.values()])

    def true(self, test=None):
        """Return which rows have a value that passes a test (default: is not None), bool (n,)."""
        if test is None:
            if all_texts(self.values) or None not in self.values:
                return np.ones(len(self.codes), dtype=bool)
            passed = [value is not None for value in self.values]
        else:
            passed = list(map(bool, map(test, self.values)))
        return np.array(passed, dtype=bool)[self.codes] if passed else np.zeros(0, dtype=bool)

    def counts(self):
        """Return how many rows each of ``values`` has, int64 (len(values),)."""
        return np.bincount(self.codes, minlength=len(self.values))

    def used(self) -> list:
        """Return the codes that some row has, lowest first."""
        return np.flatnonzero(self.counts()).tolist()

    def different(self) -> int:
        """Return how many different values the rows have."""
        used = self.used()
        if len(used) == len(self.values):
            return len(set(self.values))
        return len({self.values[code] for code in used})

    def distinct(self) -> list:
        """Return the values of the rows, each code once, in the order rows first have them."""
        codes, first = np.unique(self.codes, return_index=True)
        return [self.values[code] for code in codes[np.argsort(first)].tolist()]


class Coder:
    """A column in the making, its values added a lot at a time."""

    def __init__(self, read=None):
        """``read``: what is made of a list of values added; where one repeats it is made once."""
        self._read = read
        self._known = defaultdict(itertools.count().__next__)
        self._lots: list = []
        self._values: list = []
        self._plain = False
        self._nothing = False  # whether None is among the values

    def add(self, values):
        """Add some values (a sequence); return their codes."""
        before = len(self._values)
        if self._plain:
            codes = np.arange(len(self._values), len(self._values) + len(values), dtype=np.int32)
            new = list(values)
            self._values.extend(new if self._read is None else self._read(new))
        else:
            codes = np.fromiter(
                map(self._known.__getitem__, _keys(values)), dtype=np.int32, count=len(values)
            )
            new = itertools.islice(self._known, len(self._values), None)
            new = [key[1] if type(key) is tuple else key for key in new]
            self._values.extend(new if self._read is None else self._read(new))
            few = len(self._values) <= max(_ENOUGH, _MOSTLY_DIFFERENT * len(values))
            if len(self._lots) == 0 and not few:
                self._plain, self._known = True, None
        self._nothing = self._nothing or None in self._values[before:]
        self._lots.append(codes)
        return codes

    def missing(self, codes):
        """Return which of some codes stand for None, bool (n,)."""
        values = self._values
        if not self._nothing:
            return np.zeros(len(codes), dtype=bool)
        return np.fromiter(
            (values[code] is None for code in codes.tolist()), dtype=bool, count=len(codes)
        )

    def keep(self, chosen):
        """Keep of the last lot the rows chosen, bool (n,)."""
        self._lots[-1] = self._lots[-1][chosen]

    def column(self) -> Coded:
        """Return the column of all that was added."""
        codes = np.concatenate(self._lots) if self._lots else np.zeros(0, dtype=np.int32)
        return Coded(codes, self._values)


class Marks:
    """A column in the making, values put on some of its rows; the others have None."""

    def __init__(self, count):
        self._codes = np.zeros(count, dtype=np.int32)
        self._values: list = [None]
        self._known: dict = {}

    def put(self, rows, value):
        """Put a value (a text or a number) on a row, or on an index of them."""
        place = self._known.setdefault(value, len(self._values))
        if place == len(self._values):
            self._values.append(value)
        self._codes[rows] = place

    def put_column(self, rows, column):
        """Put on some rows, int (n,), the values that another column has there."""
        self._codes[rows] = column.codes[rows] + len(self._values)
        self._values += column.values

    def empty(self):
        """Return which rows had nothing put on them, bool (n,)."""
        return self._codes == 0

    def column(self) -> Coded:
        """Return the column of what was put."""
        return Coded(self._codes, self._values)


def _keys(values):
    """Return values as the keys of a dict tell them apart: True, 1 and 1.0 are three."""
    if all_texts(values):
        return values
    if {str, type(None), bytes}.issuperset(set(map(type, values))):
        return values
    return [
        value if value is None or type(value) in (str, bytes) else (type(value), value)
        for value in values
    ]


def places_of(codes):
    """Return {code: rows that have it, ascending} of some codes, int (n,)."""
    order = np.argsort(codes, kind="stable")
    found, first = np.unique(codes[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, first[1:])))


def together(*columns):
    """Return (group of each row, a row of each group) of rows equal in every code column.

    Args:
        columns: int (n,) each.

    Returns:
        int64 (n,) from 0, int64 (groups,) the first row of each.
    """
    groups = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _, dense = np.unique(column, return_inverse=True)
        wide = groups * (int(dense.max(initial=0)) + 1) + dense
        _, groups = np.unique(wide, return_inverse=True)
    _, first = np.unique(groups, return_index=True)
    return groups, first
