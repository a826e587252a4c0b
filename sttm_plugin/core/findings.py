"""Findings that live: fingerprints, statuses against an earlier run, justifications."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from .changes import shape_summary, what_changed
from .documents import compact_json
from .waivers import judge_waivers
from .wkb import plane_views


def fingerprints(plan, controllo, failing) -> list:
    """Return the impronta of each finding: SHA-256 of what its check reads of every object.

    Stored attributes (the pack's ``campi``) and, where the check reads it, the geometry as WKB in
    the analysis CRS rounded to 0.01 m. Not computed values, thresholds, pack version or date.
    """
    objects = _Objects(plan, controllo, _Read.row, _quoted)
    return [hashlib.sha256(objects.text(one).encode("utf-8")).hexdigest() for one in failing]


def readings(plan, controllo, failing) -> list:
    """Return what the impronta of each finding is made of as JSON text, geometries summed up.

    Kept with a justification: when it lapses, ``changes.what_changed`` compares the two.
    """
    objects = _Objects(plan, controllo, _Read.told, str)
    return [objects.text(one) for one in failing]


class _Objects:
    """The canonical JSON of what one check reads of each object, written once an object.

    Args:
        read_row: of ``_Read``, the text of a row. put: how that text stands in the JSON.
    """

    def __init__(self, plan, controllo, read_row, put):
        self._read = _read_once(plan)
        self._controllo, self._read_row, self._put = controllo, read_row, put
        self._codice = _quoted(controllo.codice)
        self._texts: dict = {}

    def text(self, failing) -> str:
        """Return what the check reads of a failing, keys sorted, no spaces."""
        ids = {failing.id_oggetto, *map(str, failing.altri)}
        objects = ",".join([self._of(one) for one in sorted(ids, key=str)])
        other = f'"altro":{compact_json(failing.impronta)},' if failing.impronta else ""
        return f'{{{other}"codice":{self._codice},"oggetti":{{{objects}}}}}'

    def _of(self, object_id):
        if object_id not in self._texts:
            rows: dict = {}
            fields, shaped = self._controllo.campi, self._controllo.legge_geometria
            for where, position in self._read.index.get(object_id, ()):
                row = self._read_row(self._read, where, position, fields, shaped)
                rows.setdefault(where, []).append(row)
            found = ",".join(
                f'"{where}":[{",".join(map(self._put, sorted(rows[where])))}]'
                for where in sorted(rows)
            )
            self._texts[object_id] = f"{_quoted(str(object_id))}:{{{found}}}"
        return self._texts[object_id]


class _Read:
    """What fingerprints read of a plan, found once: rows by object, columns as arrays."""

    def __init__(self, plan):
        self.index: dict = {}
        self._columns: dict = {}
        self._places: dict = {}
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
                name: frame[name].to_numpy(dtype=object) for name in frame.columns
            }
            self._places[where] = _rounded_points(frame)
            for position, object_id in enumerate(self._columns[where][key]):
                if object_id is not None:
                    self.index.setdefault(object_id, []).append((where, position))

    def row(self, where, position, fields, with_geometry) -> str:
        """Return the canonical text of some fields of a row."""
        key = (where, position, fields, with_geometry)
        if key not in self._rows:
            shape = self._wkb(where, position) if with_geometry else None
            self._rows[key] = self._text(where, position, fields, with_geometry, shape)
        return self._rows[key]

    def told(self, where, position, fields, with_geometry) -> str:
        """Return the same fields of a row, the geometry as ``changes.shape_summary``."""
        if not with_geometry:
            return self.row(where, position, fields, False)
        shape = self._columns[where]["geometry"][position]
        summary = shape_summary(self._wkb(where, position), shape)
        return self._text(where, position, fields, True, summary)

    def _text(self, where, position, fields, with_geometry, shape):
        columns = self._columns[where]
        parts = {name: columns[name][position] for name in fields if name in columns}
        if with_geometry:
            parts["geometria"] = shape
        written = [f'"{name}":{_value(parts[name])}' for name in sorted(parts)]
        return "{" + ",".join(written) + "}"

    def _wkb(self, where, position):
        place = self._places[where].get(position)
        return _rounded_wkb(self._columns[where]["geometry"][position]) if place is None else place


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


def _rounded_wkb(shape):
    if shape is None or shape.is_empty:
        return None
    content = bytearray(shape.wkb)
    try:
        for xy in plane_views(content):
            xy[:] = np.round(xy, 2) + 0.0
    except ValueError:
        return _rounded_with_heights(shape)
    return content.hex().upper()


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
    for position, key in zip(found.index, found["id_rilievo"]):
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
