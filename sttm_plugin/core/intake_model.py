"""Intake, what goes in and what comes out: tables, settings, the journal."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from . import schema
from .profile import Profile
from .text import normalise
from .values import (
    clean,
    null_tokens,
)


@dataclass
class SourceTable:
    """A layer or table as read, in its own coordinates.

    Attributes:
        layer, file: name of the layer; name of the file, without folder, or "".
        names, kinds, widths: columns; kind text, int, real, date, bool; width 0 is unknown.
        rows: list of values a record; None is NULL. fids: the source's own feature ids.
        shapes: shapely or None, in the source's CRS. unreadable: {row: WKT} of geometries that
            no library reads. curved: rows whose curves were segmented.
        places: x, y of the shapes, float64 (n, 2), NaN for None, where all of them are points
            read as numbers; None for any other.
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
    _columns: dict = field(default_factory=dict, repr=False, compare=False)

    def values(self, name) -> list:
        """Return a column, as read; not to be changed."""
        place = self.names.index(name)
        rows, column = self._columns.get(place, (None, None))
        if rows is not self.rows:  # what is decoded again is other rows
            column = [row[place] for row in self.rows]
            self._columns[place] = (self.rows, column)
        return column

    @property
    def found_geometry(self) -> str:
        """What a profile compares: "None" also where a declared geometry is in no record.

        GDAL 3.10 gives points without place where GDAL 3.6 gives a table.
        """
        empty = self.shapes and not any(shape is not None for shape in self.shapes)
        return "None" if empty else self.geometry

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
        main: frame of OUTPUT. kind: "punto" or "area", its geometry. points: OUTPUT_POINTS.
        unplaced: frame without geometry. rejected: frame of REJECTED.
        log: rows of the log. profile: content of PROFILE_OUT. counts: the Results.
        warnings: sentences for the user. certificate: core.certificate's block of the log.
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
    certificate: dict = field(default_factory=dict)


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
