"""Intake, what goes in and what comes out: tables, settings, the journal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from . import schema
from .coded import Coded, places_of
from .documents import EncodedRows, one_value
from .profile import Profile
from .text import normalise
from .values import (
    clean,
    cleaned,
    null_tokens,
)

# What a record became: an area, a point, a record without a place.
AREA, POINT, NOWHERE = 1, 2, 3


@dataclass
class SourceTable:
    """A layer or table as read, in its own coordinates.

    Attributes:
        layer, file: name of the layer; name of the file, without folder, or "".
        names, kinds, widths: columns; kind text, int, real, date, bool; width 0 is unknown.
        columns: core.coded.Coded each; None is NULL. fids: the source's own feature ids,
            int64 (n,).
        shapes: a sequence of shapely or None, in the source's CRS. unreadable: {row: WKT} of
            geometries that no library reads. curved: rows whose curves were segmented.
        places: x, y of the shapes, float64 (n, 2), NaN for None, where all of them are points
            read as numbers; None for any other.
        geometry: "Point", "Polygon", "LineString", "None" or "Mixed": what the layer declares.
        crs: authority code or WKT, "" where none is declared. geojson: its CRS is nobody's word.
        flattened: Z or M was dropped. broken: {row: why it can't be read}.
        notes: file-level lines for the log: (difetto, regola, gravita, prima, dopo).
        encoding, delimiter, header_row: how it was decoded, for the profile.
        doubts: sentences on what the reading had to choose. computed: names of the columns that a
            profile's expressions made: they are no columns of the source.
    """

    layer: str
    file: str
    names: list
    kinds: list
    widths: list
    columns: list
    fids: np.ndarray
    shapes: Sequence
    geometry: str = "None"
    crs: str = ""
    geojson: bool = False
    places: object = None
    flattened: bool = False
    unreadable: dict = field(default_factory=dict)
    curved: set = field(default_factory=set)
    broken: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 1
    doubts: list = field(default_factory=list)
    computed: set = field(default_factory=set)
    _texts: dict = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.fids)

    def column(self, name) -> Coded:
        """Return a column, as read."""
        return self.columns[self.names.index(name)]

    def texts(self, name) -> Coded:
        """Return a column as ``clean`` makes it."""
        column = self.column(name)
        known = self._texts.get(name)
        if known is None or known[0] is not column:  # what is decoded again is another column
            known = self._texts[name] = (column, Coded(column.codes, cleaned(column.values)))
        return known[1]

    def record(self, row) -> list:
        """Return the values of a record."""
        return [column[row] for column in self.columns]

    def only(self, rows) -> SourceTable:
        """Return the table of some of its records, int (n,), ascending."""
        new = {old: place for place, old in enumerate(rows.tolist())}
        return replace(
            self,
            columns=[column.at(rows) for column in self.columns],
            fids=self.fids[rows],
            shapes=[self.shapes[row] for row in rows.tolist()],
            places=None if self.places is None else self.places[rows],
            broken={new[row]: why for row, why in self.broken.items() if row in new},
            unreadable={new[row]: wkt for row, wkt in self.unreadable.items() if row in new},
            curved={new[row] for row in self.curved if row in new},
        )

    @property
    def found_geometry(self) -> str:
        """What a profile compares: "None" also where a declared geometry is in no record.

        GDAL 3.10 gives points without place where GDAL 3.6 gives a table.
        """
        empty = self.shapes and not any(shape is not None for shape in self.shapes)
        return "None" if empty else self.geometry

    def fingerprint(self) -> list:
        """Return "NAME:Kind" of each column of the source."""
        words = {"text": "String", "int": "Integer", "real": "Real", "date": "Date"}
        return [
            f"{name}:{words.get(kind, 'Boolean')}"
            for name, kind in zip(self.names, self.kinds)
            if name not in self.computed
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
        unplaced, points: whether those outputs were asked for. split: a record for each part.
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
    split: bool = False


@dataclass
class Intake:
    """What came out.

    Attributes:
        main: LotRows of OUTPUT. kind: "punto" or "area", its geometry. points: OUTPUT_POINTS.
        unplaced: LotRows without geometry. rejected: LotRows of REJECTED.
        log: LogRows. profile: content of PROFILE_OUT. counts: the Results.
        warnings: sentences for the user. certificate: core.certificate's block of the log.
    """

    main: object
    kind: str
    points: object
    unplaced: object
    rejected: object
    log: LogRows
    profile: dict
    counts: dict
    warnings: list
    certificate: dict = field(default_factory=dict)


class Journal:
    """The log as it is written: lines on the file, lines on records, rejections.

    A line that is the same of many records is kept once; of each record only which lines it has.
    """

    def __init__(self, layer):
        self.layer = layer
        self.of_file: list = []
        self.quiet = False
        self._lines: list = []
        self._known: dict = {}  # line → its place in ``_lines``
        self._lots: list = []  # (rows, places of their lines), in the order they were told
        self._loose: list = []  # (row, place) told one by one since the last lot

    def file(self, difetto, regola, gravita, prima, dopo, deciso_da="regola"):
        """Add a line on the whole file."""
        if self.quiet:
            return
        self.of_file.append((difetto, regola, gravita, prima, dopo, deciso_da))

    def record(self, row, difetto, regola, gravita, prima, dopo, deciso_da="regola"):
        """Add a line on one record."""
        if self.quiet:
            return
        line = (difetto, regola, gravita, prima, dopo, deciso_da)
        self._loose.append((int(row), self._place(line)))

    def records(self, rows, codes, lines):
        """Add lines on many records.

        Args:
            rows: int (n,). codes: int (n,), of each row the code of its line, or one without a
                line. lines: {code: line}, (difetto, regola, gravita, prima, dopo, deciso_da).
        """
        if self.quiet or not lines or not len(rows):
            return
        self._gather()
        places = np.full(int(np.max(codes)) + 1, -1, dtype=np.int64)
        for code, line in lines.items():
            if code < len(places):
                places[code] = self._place(line)
        found = places[codes]
        told = found >= 0
        if told.any():
            self._lots.append((np.asarray(rows, dtype=np.int64)[told], found[told]))

    def same(self, rows, difetto, regola, gravita, prima, dopo, deciso_da="regola"):
        """Add one line on each of many records, int (n,)."""
        line = (difetto, regola, gravita, prima, dopo, deciso_da)
        self.records(rows, np.zeros(len(rows), dtype=np.int64), {0: line})

    def forget(self, rows, difetti):
        """Take the lines of some defects off some records."""
        told, places = self._whole()
        gone = {place for place, line in enumerate(self._lines) if line[0] in difetti}
        stays = ~(np.isin(told, rows) & np.isin(places, sorted(gone)))
        self._lots = [(told[stays], places[stays])]

    def spread(self, origin):
        """Let each record have the lines of the one it comes from, int (n,) of its row before."""
        told, places = self._whole()
        now = places_of(np.asarray(origin, dtype=np.int64))
        pairs = [
            (row, place)
            for before, place in zip(told.tolist(), places.tolist())
            for row in now.get(before, np.zeros(0, dtype=np.int64)).tolist()
        ]
        self._lots, self._loose = [], pairs

    def _place(self, line) -> int:
        place = self._known.setdefault(line, len(self._lines))
        if place == len(self._lines):
            self._lines.append(line)
        return place

    def _gather(self):
        if self._loose:
            lot = np.array(self._loose, dtype=np.int64)
            self._lots.append((lot[:, 0], lot[:, 1]))
            self._loose = []

    def _whole(self):
        """Return (rows, places) of every line on a record, in the order they were told."""
        self._gather()
        if not self._lots:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self._lots = [tuple(np.concatenate(side) for side in zip(*self._lots))]
        return self._lots[0]

    def rows(self, fids, ids, rejected) -> LogRows:
        """Return the rows of the log; of a rejected record only what is left of it.

        Args:
            fids: int64 (n,). ids: Coded, of each record. rejected: {row: (motivo, difetto,
                messaggio)}.
        """
        told, places = self._whole()
        lost = np.array(sorted(rejected), dtype=np.int64)
        stays = ~np.isin(told, lost)
        reasons = [
            self._place((difetto, motivo, "Q", None, messaggio, "regola"))
            for motivo, difetto, messaggio in (rejected[row] for row in lost.tolist())
        ]
        rows = np.concatenate((told[stays], lost))
        places = np.concatenate((places[stays], np.array(reasons, dtype=np.int64)))
        order = np.argsort(rows, kind="stable")
        return LogRows(self.layer, self.of_file, self._lines, rows[order], places[order], fids, ids)

    def repaired(self, rejected) -> int:
        """Return how many records that weren't rejected have a repair."""
        told, places = self._whole()
        repairs = np.array([line[2] == "R" for line in self._lines], dtype=bool)
        rows = np.unique(told[repairs[places]]) if len(told) else told
        return int((~np.isin(rows, np.array(sorted(rejected), dtype=np.int64))).sum())


class LogRows(EncodedRows):
    """The rows of the log, encoded a lot at a time."""

    def __init__(self, layer, of_file, lines, rows, places, fids, ids):
        self._layer, self._of_file, self._lines = layer, of_file, lines
        self._rows, self._places, self._fids, self._ids = rows, places, fids, ids
        self.ask = lambda: None

    def encoded(self, inner):
        """Yield lots of rows as the text of JSON objects, ``inner`` before each key.

        ``ask`` is called before each; what it raises stops the writing.
        """
        if self._of_file:
            yield [
                start + "null" + middle + "null" + end
                for start, middle, end in (self._pieces(line, inner) for line in self._of_file)
            ]
        pieces: dict = {}
        for first in range(0, len(self._rows), _LINES_AT_ONCE):
            self.ask()
            part = slice(first, first + _LINES_AT_ONCE)
            places, rows = self._places[part].tolist(), self._rows[part]
            if len(pieces) > _LINES_AT_ONCE:
                pieces.clear()
            new = set(places).difference(pieces)
            pieces.update((place, self._pieces(self._lines[place], inner)) for place in new)
            lot = []
            own_ids = list(self._ids.at(rows))
            if None in own_ids or not _PLAIN_IDS("".join(own_ids)):
                own_ids = list(map(one_value, own_ids))
            else:
                own_ids = [f'"{own}"' for own in own_ids]
            for place, fid, own in zip(places, self._fids[rows].tolist(), own_ids):
                start, middle, end = pieces[place]
                lot.append(f"{start}{fid}{middle}{own}{end}")
            yield lot

    def _pieces(self, line, inner):
        """Return what stands before the fid, between it and the id, and after, in JSON."""
        difetto, regola, gravita, prima, dopo, deciso_da = map(one_value, line)
        start = (
            f'{{{inner}"deciso_da": {deciso_da},{inner}"difetto": {difetto},'
            f'{inner}"dopo": {dopo},{inner}"fid": '
        )
        middle = f',{inner}"gravita": {gravita},{inner}"id_servizio": '
        end = f',{inner}"layer": {one_value(self._layer)},{inner}"prima": {prima}'
        return start, middle, f'{end},{inner}"regola": {regola}'


_LINES_AT_ONCE = 20_000
_PLAIN_IDS = re.compile(r"[0-9A-Za-z-]*").fullmatch


def bare(text):
    """A comune's name without its province: "Rho (MI)", "RHO - MI" → "Rho"."""
    return re.sub(r"\s*(?:\(\s*[A-Za-z]{2}\s*\)|[-,]\s*MI)\s*$", "", str(text))


def match_key(text) -> str:
    """Return a wording as profiles and classes are compared."""
    return normalise(clean(text)) or (clean(text) or "").casefold()


def spaced(name) -> str:
    return normalise(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name)).replace("_", " "))


def rule_attributes(pack) -> dict:
    """Return {attribute: unit} of what the rules read and the service layer has no field for."""
    fields = set(schema.names(schema.SERVICES))
    skip = fields | {"codice_categoria", "area_mq", "esito_modello"}
    return {
        rule.attributo: rule.unita
        for rule in pack.regole
        if rule.tipo_regola != "parametro" and rule.attributo not in skip
    }
