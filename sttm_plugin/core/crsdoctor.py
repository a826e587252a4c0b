"""Which reference system coordinates are in, judged by where they fall (INTERFACE §1, Doubt)."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import SttmError

# Tried first; the UTM 32 frames (32632, 25832, 7791, 6707) are one candidate.
CANDIDATES = ("EPSG:4326", "EPSG:32632", "EPSG:3003", "EPSG:3857")
# Only when none of those fits.
SECOND_CANDIDATES = ("EPSG:23032", "EPSG:32633")
UTM_32 = ("EPSG:32632", "EPSG:25832", "EPSG:7791", "EPSG:6707")

NAMES = {
    "EPSG:4326": "geografico WGS 84 (EPSG:4326)",
    "EPSG:32632": "UTM 32N (EPSG:32632, uguale a 25832, 7791 e 6707)",
    "EPSG:3003": "Gauss-Boaga ovest, Monte Mario (EPSG:3003)",
    "EPSG:3857": "Web Mercator (EPSG:3857)",
    "EPSG:23032": "ED50 / UTM 32N (EPSG:23032)",
    "EPSG:32633": "UTM 33N (EPSG:32633)",
}
# Two candidates that put the data in the same place are one (metres).
_SAME_PLACE_M = 2.0


@dataclass(frozen=True)
class Candidate:
    """A reference system tried: how many of the coordinates fall where they should."""

    crs: str
    swapped: bool
    inside: int
    tested: int
    centre: tuple | None = None

    @property
    def title(self) -> str:
        """The candidate as a person reads it."""
        name = crs_title(self.crs)
        return f"{name} con assi scambiati" if self.swapped else name


@dataclass(frozen=True)
class Diagnosis:
    """What the coordinates are in.

    Attributes:
        crs: authority code to read them with; swapped: x and y change places first.
        changed: the CRS or the axes aren't those declared. difetto: D code, "" for none.
        sentence: what was found and done. tried: every candidate.
    """

    crs: str
    swapped: bool
    changed: bool
    difetto: str
    sentence: str
    tried: tuple = field(default=())


def crs_title(crs: str) -> str:
    """Return a reference system as a person reads it; of a WKT its name."""
    if crs in NAMES:
        return NAMES[crs]
    return crs.split('"')[1] if crs.count('"') > 1 else crs


def diagnose(xs, ys, declared, inside, project, *, chosen=False, geojson=False, near=None):
    """Return the reference system some coordinates are in.

    Args:
        xs, ys: float64 (n,), as written; NaN where there is none.
        declared: authority code the source (or the user) declares, "" for none.
        inside: (xs, ys) in the analysis CRS → bool (n,), which fall in the surroundings of
            the comune they belong to.
        project: (crs, xs, ys) → (xs, ys) in the analysis CRS, NaN where it can't be.
        chosen: the user chose ``declared``: only the axes may change.
        geojson: the source is GeoJSON, whose CRS nobody wrote (D06).
        near: (xs, ys) in the analysis CRS → bool (n,), which fall in the wider area: when the
            declared CRS puts the data there the data are elsewhere, not the CRS wrong.

    Raises:
        SttmError: no candidate fits, or several do; the sentence names them.

    Source: PDS_SCHEMA §2.5.
    """
    import numpy as np

    xs, ys = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    usable = np.isfinite(xs) & np.isfinite(ys) & ~((xs == 0) & (ys == 0))
    if not usable.any():
        return Diagnosis(declared, False, False, "", "nessuna coordinata da verificare")

    def attempt(crs, swapped):
        first, second = (ys, xs) if swapped else (xs, ys)
        east, north = project(crs, first, second)
        hits = inside(east, north) & usable
        found = int(hits.sum())
        centre = None
        if found:
            centre = (float(np.median(east[hits])), float(np.median(north[hits])))
        return Candidate(crs, swapped, found, int(usable.sum()), centre)

    first = [attempt(declared, False)] if declared else []
    if first and first[0].inside and _leads(first[0], _round(attempt, CANDIDATES, first)):
        return Diagnosis(
            declared, False, False, "", f"{first[0].title}: confermato dalla posizione", (first[0],)
        )
    if declared and chosen:
        tried = [first[0], attempt(declared, True)]
        fitting = _fitting(tried)
        if len(fitting) == 1:
            return _found(fitting[0], declared, geojson, tried)
        if near is not None and _is_near(xs, ys, declared, near, project, usable):
            return _elsewhere(declared, tried)
        raise _stop(fitting, tried, declared)
    # The declared one first: of equal frames it is the one that stays.
    before = [*first, attempt(declared, True)] if declared else []
    tried = _round(attempt, CANDIDATES, before)
    fitting = _fitting(tried)
    if not fitting and declared and near is not None:
        if _is_near(xs, ys, declared, near, project, usable):
            return _elsewhere(declared, tried)
    if not fitting:
        second = _round(attempt, SECOND_CANDIDATES, [])
        tried = [*tried, *second]
        fitting = _fitting(second)
    if len(fitting) == 1:
        return _found(fitting[0], declared, geojson, tried)
    raise _stop(fitting, tried, declared)


def _round(attempt, systems, before):
    tried = list(before)
    for crs in systems:
        for swapped in (False, True):
            if any(old.crs == crs and old.swapped == swapped for old in tried):
                continue
            tried.append(attempt(crs, swapped))
    return tried


def _leads(candidate, tried) -> bool:
    """Tell whether no other candidate puts more than twice as many records in their place."""
    return candidate.inside * 2 >= max(other.inside for other in tried)


def _fitting(tried) -> list:
    """Return the candidates that fit, one for each place: those far behind the best don't."""
    best = max((candidate.inside for candidate in tried), default=0)
    fitting: list = []
    for candidate in tried:
        if candidate.inside == 0 or candidate.inside * 2 < best:
            continue
        same = any(
            abs(candidate.centre[0] - other.centre[0]) < _SAME_PLACE_M
            and abs(candidate.centre[1] - other.centre[1]) < _SAME_PLACE_M
            for other in fitting
        )
        if not same:
            fitting.append(candidate)
    return fitting


def _is_near(xs, ys, declared, near, project, usable) -> bool:
    east, north = project(declared, xs, ys)
    return bool((near(east, north) & usable).sum() * 2 >= usable.sum())


def _elsewhere(declared, tried):
    sentence = (
        f"{crs_title(declared)}: i dati cadono vicino alla Città metropolitana ma non "
        "nei dintorni del comune; il sistema di riferimento non è in dubbio"
    )
    return Diagnosis(declared, False, False, "", sentence, tuple(tried))


def _found(candidate, declared, geojson, tried):
    if candidate.crs == declared and candidate.swapped:
        difetto = "D05"
    elif candidate.crs in SECOND_CANDIDATES:
        difetto = "D08"
    elif geojson:
        difetto = "D06"
    elif not declared:
        difetto = "D05" if candidate.swapped else "D03"
    elif candidate.swapped:
        difetto = "D05"
    else:
        difetto = "D04"
    was = f"dichiarato {crs_title(declared)}" if declared else "nessun sistema dichiarato"
    sentence = (
        f"{was}; {candidate.inside} di {candidate.tested} posizioni cadono nei dintorni del comune "
        f"solo con {candidate.title}"
    )
    if candidate.crs in UTM_32:
        sentence += ". ED50 / UTM 32N (EPSG:23032), che dista circa 200 m, non è escluso"
    return Diagnosis(candidate.crs, candidate.swapped, True, difetto, sentence, tuple(tried))


def _stop(fitting, tried, declared):
    was = (
        f"Il sistema di riferimento dichiarato, {crs_title(declared)}, non porta i dati "
        "nei dintorni del comune"
        if declared
        else "I dati non hanno un sistema di riferimento"
    )
    if fitting:
        names = "; ".join(
            f"{candidate.title} ({candidate.inside} di {candidate.tested})" for candidate in fitting
        )
        return SttmError(
            f"{was} e più candidati vanno bene: {names}. Indicare quello giusto in SOURCE_CRS "
            "(Sistema di riferimento dei dati)."
        )
    names = "; ".join(dict.fromkeys(candidate.title for candidate in tried))
    return SttmError(
        f"{was} e nessun candidato ci riesce (provati: {names}). Controllare il comune indicato, "
        "oppure indicare il sistema giusto in SOURCE_CRS (Sistema di riferimento dei dati)."
    )
