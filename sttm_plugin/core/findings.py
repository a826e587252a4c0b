"""Findings that live: fingerprints, statuses against an earlier run, justifications."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from .changes import GEOMETRY, shape_summary, what_changed
from .documents import compact_json
from .progress import asking
from .waivers import judge_waivers
from .wkb import rounded_hex


def fingerprints(plan, controllo, failing) -> list:
    """Return the impronta of each finding: SHA-256 of what its check reads of every object.

    Stored attributes (the pack's ``campi``) and, where the check reads it, the geometry as WKB in
    the analysis CRS rounded to 0.01 m. Not computed values, thresholds, pack version or date.
    """
    objects = _Objects(plan, controllo, failing, _Read.shape, _quoted)
    return [
        hashlib.sha256(objects.text(one).encode("utf-8")).hexdigest() for one in asking(failing)
    ]


def readings(plan, controllo, failing) -> list:
    """Return what the impronta of each finding is made of as JSON text, geometries summed up.

    Kept with a justification: when it lapses, ``changes.what_changed`` compares the two.
    """
    objects = _Objects(plan, controllo, failing, _Read.summary, str)
    return [objects.text(one) for one in asking(failing)]


class _Objects:
    """The canonical JSON of what one check reads of each object, written once an object.

    Args:
        shape: of ``_Read``, the text of a geometry. put: how the text of a row stands in the JSON.
    """

    def __init__(self, plan, controllo, failing, shape, put):
        self._read = _read_once(plan)
        self._fields, self._shape, self._put = controllo.campi, shape, put
        self._shaped = controllo.legge_geometria
        self._codice = _quoted(controllo.codice)
        self._texts: dict = {}
        if self._shaped:
            self._read.round_shapes(
                object_id for one in failing for object_id in (one.id_oggetto, *one.altri)
            )

    def text(self, failing) -> str:
        """Return what the check reads of a failing, keys sorted, no spaces."""
        ids = {failing.id_oggetto, *map(str, failing.altri)}
        objects = ",".join([self._of(one) for one in sorted(ids, key=str)])
        other = f'"altro":{compact_json(failing.impronta)},' if failing.impronta else ""
        return f'{{{other}"codice":{self._codice},"oggetti":{{{objects}}}}}'

    def _of(self, object_id):
        if object_id not in self._texts:
            rows: dict = {}
            for where, position in self._read.index.get(object_id, ()):
                rows.setdefault(where, []).append(self._row(where, position))
            found = ",".join(
                [
                    f'"{where}":[{",".join(map(self._put, sorted(rows[where])))}]'
                    for where in sorted(rows)
                ]
            )
            self._texts[object_id] = f"{_quoted(str(object_id))}:{{{found}}}"
        return self._texts[object_id]

    def _row(self, where, position):
        around = self._read.fields(where, position, self._fields, self._shaped)
        if not self._shaped:
            return around[0]
        return self._shape(self._read, where, position).join(around)


class _Read:
    """What fingerprints read of a plan, found once: rows by object, columns as arrays."""

    def __init__(self, plan):
        self.index: dict = {}
        self._columns: dict = {}
        self._shapes: dict = {}
        self._summaries: dict = {}
        self._rows: dict = {}
        for where, key in (
            ("services", "id_servizio"),
            ("reading2", "id_servizio"),
            ("neighbours", "id_servizio"),
            ("lum", "id_lum"),
            ("lum_perimeters", "id_lum"),
        ):
            frame = getattr(plan, where)
            if frame is None or key not in frame.columns:
                continue
            self._columns[where] = {
                name: frame[name].to_numpy(dtype=object) for name in asking(frame.columns, 1)
            }
            self._shapes[where] = _rounded_points(frame)
            for position, object_id in enumerate(asking(self._columns[where][key])):
                if object_id is not None:
                    self.index.setdefault(object_id, []).append((where, position))

    def fields(self, where, position, names, shaped) -> tuple:
        """Return the canonical text of some fields of a row: before and after its geometry.

        Without ``shaped`` it is all in one piece.
        """
        key = (where, position, names, shaped)
        if key not in self._rows:
            columns = self._columns[where]
            parts = [
                f'"{name}":{_value(columns[name][position])}'
                for name in sorted(set(names) - {GEOMETRY})
                if name in columns
            ]
            if not shaped:
                self._rows[key] = ("{" + ",".join(parts) + "}",)
            else:
                before = sum(part < f'"{GEOMETRY}"' for part in parts)
                first = "{" + "".join([part + "," for part in parts[:before]]) + f'"{GEOMETRY}":'
                self._rows[key] = (first, "".join(["," + part for part in parts[before:]]) + "}")
        return self._rows[key]

    def round_shapes(self, object_ids):
        """Round the geometries of some objects, all at once."""
        asked: dict = {}
        for object_id in asking(object_ids):
            for where, position in self.index.get(object_id, ()):
                if position not in self._shapes[where]:
                    asked.setdefault(where, set()).add(position)
        for where, positions in asked.items():
            rows = sorted(positions)
            shapes = [self._columns[where]["geometry"][row] for row in rows]
            self._shapes[where].update(zip(rows, _rounded_wkbs(shapes)))

    def shape(self, where, position) -> str:
        """Return a rounded geometry as the text of its WKB, in JSON."""
        found = self._shapes[where].get(position)
        return "null" if found is None else f'"{found}"'

    def summary(self, where, position) -> str:
        """Return a rounded geometry as ``changes.shape_summary`` tells it, in JSON."""
        key = (where, position)
        if key not in self._summaries:
            columns = self._columns[where]
            place = None
            if "_point" in columns and columns["_point"][position]:
                place = columns["_x"][position], columns["_y"][position]
            told = shape_summary(
                self._shapes[where].get(position), columns["geometry"][position], place
            )
            self._summaries[key] = _value(told)
        return self._summaries[key]


def _value(value) -> str:
    """Return a value as ``compact_json`` writes it."""
    if type(value) is str:
        return _quoted(value)
    return "null" if value is None else compact_json(value)


_quoted = json.encoder.encode_basestring
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("place", "<f8", 2)])


def _rounded_points(frame) -> dict:
    """Return {position: rounded WKB} of the points of a measured frame; {} of any other."""
    if "_point" not in frame.columns:
        return {}
    rows = np.flatnonzero(frame["_point"].to_numpy(dtype=bool))
    made = np.empty(rows.size, dtype=_POINT)
    made["order"], made["kind"] = 1, 1
    # Adding zero makes −0.0 the same as 0.0.
    made["place"] = np.round(frame[["_x", "_y"]].to_numpy(dtype=np.float64)[rows], 2) + 0.0
    text, size = made.tobytes().hex().upper(), 2 * _POINT.itemsize
    return {row: text[size * at : size * (at + 1)] for at, row in enumerate(rows.tolist())}


def _read_once(plan) -> _Read:
    read = getattr(plan, "_read", None)
    if read is None:
        read = plan._read = _Read(plan)
    return read


def _rounded_wkbs(shapes) -> list:
    """Return the WKB of shapes rounded to 0.01, in hexadecimal; None where there is nothing."""
    blobs = [None if shape is None or shape.is_empty else shape.wkb for shape in asking(shapes)]
    return [
        _rounded_with_heights(shape) if found is None and blob is not None else found
        for shape, blob, found in zip(shapes, blobs, rounded_hex(blobs, 2))
    ]


def _rounded_with_heights(shape):
    import shapely

    if hasattr(shapely, "transform"):
        return shapely.transform(shape, lambda xy: np.round(xy, 2) + 0.0).wkb_hex
    from shapely.ops import transform

    def rounded(x, y, z=None):
        return np.round(np.asarray(x), 2) + 0.0, np.round(np.asarray(y), 2) + 0.0

    return transform(rounded, shape).wkb_hex


def merge_previous(found, previous, checks):
    """Return the findings with their status against an earlier run.

    Without ``previous`` all are ``aperto``. With it: unknown → ``nuovo``, known → ``aperto``,
    known and gone → a row ``risolto``, unless its check is now ``non_verificabile``: then the row
    stays as it was.
    """
    if previous is None:
        return found
    known = previous.drop_duplicates("id_rilievo") if len(previous) else previous
    known_ids = set(known["id_rilievo"])
    # What was already resolved and comes back is new.
    closed = set(known.loc[known["stato"] == "risolto", "id_rilievo"])
    found = found.copy()
    found["stato"] = [
        "aperto" if key in known_ids and key not in closed else "nuovo"
        for key in found["id_rilievo"]
    ]
    gone = known[~known["id_rilievo"].isin(set(found["id_rilievo"]))].copy()
    if not len(gone):
        return found
    verdicts = dict(zip(checks["codice"], checks["verdetto"]))
    unseen = [
        verdicts.get(code, "non_verificabile") == "non_verificabile" for code in gone["codice"]
    ]
    gone["stato"] = [state if kept else "risolto" for state, kept in zip(gone["stato"], unseen)]
    found = found[[name for name in found.columns if not name.startswith("_")]]
    for name in found.columns:
        if name not in gone.columns:
            gone[name] = None
    gone = gone[list(found.columns)]
    import geopandas as gpd

    # Column by column, as objects: frames of different kinds are not guessed into one.
    columns = {
        name: pd.Series([*found[name], *gone[name]], dtype=object)
        for name in found.columns
        if name != "geometry"
    }
    columns["margine"] = pd.to_numeric(columns["margine"]).astype(float)
    shapes = gpd.GeoSeries([*found["geometry"], *gone["geometry"]], crs=found.crs)
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=found.crs)


def waive(found, waivers):
    """Return the findings with their justifications, and the sentences on those refused.

    The same ``impronta`` → ``giustificato``; another → ``giustificazione_scaduta``. A waiver on a
    finding that can't be justified is refused with a sentence.
    """
    rows = [] if waivers is None else waivers.where(waivers.notna(), None).to_dict("records")
    chosen, notes = judge_waivers(rows)
    if not chosen:
        return found, notes
    found = found.copy()
    for position, key in asking(zip(found.index, found["id_rilievo"])):
        waiver = chosen.get(key)
        if waiver is None or found.at[position, "stato"] == "risolto":
            continue
        if not found.at[position, "ammette_giustificazione"]:
            notes.append(
                f"Il rilievo {found.at[position, 'codice']} «{found.at[position, 'descrizione']}» "
                "non si giustifica: va corretto. La giustificazione è ignorata."
            )
            continue
        same = waiver.get("impronta") == found.at[position, "impronta"]
        found.at[position, "stato"] = "giustificato" if same else "giustificazione_scaduta"
        found.at[position, "giustificazione"] = waiver.get("giustificazione")
        found.at[position, "autore"] = waiver.get("autore")
        found.at[position, "data"] = str(waiver.get("data"))[:10]
        if not same:
            found.at[position, "cambiato"] = what_changed(
                waiver.get("letto"), found.at[position, "letto"]
            )
    return found, notes
