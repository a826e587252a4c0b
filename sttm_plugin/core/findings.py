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


def fingerprint(plan, controllo, failing) -> str:
    """Return the impronta of a finding: SHA-256 of what its check reads of every object involved.

    Stored attributes (the pack's ``campi``) and, where the check reads it, the geometry as WKB in
    the analysis CRS rounded to 0.01 m. Not computed values, thresholds, pack version or date.
    """
    content = _content(plan, controllo, failing, _Read.row)
    return hashlib.sha256(compact_json(content).encode("utf-8")).hexdigest()


def reading(plan, controllo, failing) -> str:
    """Return what the impronta is made of as JSON text, geometries summed up.

    Kept with a justification: when it lapses, ``changes.what_changed`` compares the two.
    """
    return compact_json(_content(plan, controllo, failing, _Read.told))


def _content(plan, controllo, failing, read_row):
    read = _read_once(plan)
    content = {"codice": controllo.codice, "oggetti": {}}
    for object_id in [failing.id_oggetto, *sorted(str(other) for other in failing.altri)]:
        rows: dict = {}
        for where, position in read.index.get(object_id, ()):
            row = read_row(read, where, position, controllo.campi, controllo.legge_geometria)
            rows.setdefault(where, []).append(row)
        content["oggetti"][object_id] = {
            where: sorted(found, key=str) for where, found in rows.items()
        }
    if failing.impronta:
        content["altro"] = failing.impronta
    return content


class _Read:
    """What fingerprints read of a plan, found once: rows by object, columns as arrays."""

    def __init__(self, plan):
        self.index: dict = {}
        self._columns: dict = {}
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
            for position, object_id in enumerate(self._columns[where][key]):
                if object_id is not None:
                    self.index.setdefault(object_id, []).append((where, position))

    def row(self, where, position, fields, with_geometry) -> str:
        """Return the canonical text of some fields of a row."""
        key = (where, position, fields, with_geometry)
        if key not in self._rows:
            columns = self._columns[where]
            row = {name: columns[name][position] for name in fields if name in columns}
            if with_geometry:
                row["geometria"] = _rounded_wkb(columns["geometry"][position])
            self._rows[key] = compact_json(row)
        return self._rows[key]

    def told(self, where, position, fields, with_geometry) -> dict:
        """Return the same fields of a row, the geometry as ``changes.shape_summary``."""
        row = json.loads(self.row(where, position, fields, with_geometry))
        if with_geometry:
            shape = self._columns[where]["geometry"][position]
            row["geometria"] = shape_summary(row["geometria"], shape)
        return row


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
            # Adding zero makes −0.0 the same as 0.0.
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
