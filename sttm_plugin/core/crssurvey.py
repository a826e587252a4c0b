"""Every reference system some data could be in, tried on the ground of a comune."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .crsdoctor import (
    CANDIDATES,
    SECOND_CANDIDATES,
    UTM_32,
    Diagnosis,
    crs_title,
    diagnose,
)
from .errors import SttmError
from .places import in_box

# PDS_SCHEMA §2.5: Gauss-Boaga with its false easting merely cut is no UTM.
CUT_EASTING = 1_000_000.0
CUT = "EPSG:3003-1000000"
_CUT_TITLE = "Gauss-Boaga ovest con l'est tagliato di 1.000.000 m (EPSG:3003)"
# Positions that close are the same place in frames of different datum.
_SAME_PLACE_M = 1000.0
# An outline is the comune's own where it covers the same ground once put back in place.
_OUTLINE_SHARE = 0.03
# Less than this is digitising, not a datum.
_SHIFT_M = 10.0
# Positions inside the boundary tell two datums apart from these on.
_LEAST_POINTS, _LEAST_GAIN = 30, 0.03


@dataclass
class Reading:
    """The data read in one reference system.

    Attributes:
        crs: authority code, or CUT; swapped: x and y change places first.
        inside, around: share of the positions inside the comune and within its surroundings.
        beyond: mean metres from the comune, 0 inside; NaN where nothing can be placed.
        east, north: metres (n,), in the analysis CRS. centre: the median position, or None.
        offset: (E, N) metres from the comune's boundary to the data's own outline, where the data
            follow it, else None.
    """

    crs: str
    swapped: bool
    inside: float
    around: float
    beyond: float
    east: object
    north: object
    centre: tuple | None
    offset: tuple | None = None

    @property
    def title(self) -> str:
        """The reading as a person names it."""
        name = _CUT_TITLE if self.crs == CUT else crs_title(self.crs)
        return f"{name} con assi scambiati" if self.swapped else name


@dataclass
class Survey:
    """Every reading, the one that fits, and what to say of it.

    Attributes:
        readings: in the order tried. found: index of the one that fits, -1 for none.
        declared: authority code, "" for none. declared_ok: it is the one that fits.
        difetto: D code, "" where all is right. sentence: what was found, for a person.
        offset: (E, N) mean metres between declared and found reading of the same place, or of
            the declared one from the boundary; None where there is nothing to measure.
    """

    readings: list
    found: int
    declared: str
    declared_ok: bool
    difetto: str
    sentence: str
    offset: tuple | None


def survey(xs, ys, outline, declared, ground, project, move, *, exact=True, geojson=False):
    """Return what some data look like in each reference system they could be in.

    Args:
        xs, ys: float64 (n,), a position of each record as written; NaN where there is none.
        outline: shapely union of the areas as written, or None.
        declared: authority code, "" for none. ground: shapely area of the comune, analysis CRS.
        project: (crs, xs, ys) → (xs, ys) in the analysis CRS, NaN where it can't be.
        move: (crs, shape, swapped) → shape in the analysis CRS, or None.
        exact: the ground is a boundary, not an envelope.
        geojson: the source is GeoJSON, whose CRS nobody wrote (D06).

    Source: PDS_SCHEMA §2.5, D03-D08.
    """
    xs, ys = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    usable = np.isfinite(xs) & np.isfinite(ys) & ~((xs == 0) & (ys == 0))
    if not usable.any():
        return Survey([], -1, declared, False, "D13", "Nessuna posizione da verificare.", None)
    look = _Look(xs[usable], ys[usable], outline, ground, project, move)
    systems = [declared] if declared else []
    systems += [crs for crs in (*CANDIDATES, *SECOND_CANDIDATES) if crs != declared]
    readings = [look.read(crs, swapped) for crs in systems for swapped in (False, True)]
    readings.append(look.read(CUT, False))
    try:
        first = diagnose(xs, ys, declared, look.near_ground, project, geojson=geojson)
    except SttmError as error:
        return Survey(readings, -1, declared, False, "D04" if declared else "D03", str(error), None)
    found = _index_of(readings, first.crs, first.swapped)
    _measure(readings, found, look if exact else None)
    best, how = _refine(readings, found, exact)
    return _told(readings, found, best, how, declared, first, exact)


class _Look:
    """The data and the ground, ready to be put one on the other."""

    def __init__(self, xs, ys, outline, ground, project, move):
        from shapely.prepared import prep

        self.xs, self.ys, self.outline = xs, ys, outline
        self.ground, self._prepared = ground, prep(ground)
        self.project, self.move = project, move
        self.bounds = ground.bounds

    def near_ground(self, east, north):
        """Return which positions lie in the surroundings of the ground."""
        return in_box(self.bounds, east, north)

    def read(self, crs, swapped) -> Reading:
        """Return the data as they fall in one reference system."""
        from shapely.geometry import Point

        first, second = (self.ys, self.xs) if swapped else (self.xs, self.ys)
        if crs == CUT:
            first = first + CUT_EASTING
        east, north = self.project("EPSG:3003" if crs == CUT else crs, first, second)
        placed = np.isfinite(east) & np.isfinite(north)
        around = self.near_ground(east, north) & placed
        distances = np.full(len(east), np.nan)
        if around.any():
            for place in np.flatnonzero(around):
                point = Point(east[place], north[place])
                inside = self._prepared.intersects(point)
                distances[place] = 0.0 if inside else self.ground.distance(point)
        far = placed & ~around
        xmin, ymin, xmax, ymax = self.bounds
        distances[far] = np.hypot(
            np.maximum(np.maximum(xmin - east[far], east[far] - xmax), 0.0),
            np.maximum(np.maximum(ymin - north[far], north[far] - ymax), 0.0),
        )
        centre = None
        if placed.any():
            centre = (float(np.median(east[placed])), float(np.median(north[placed])))
        return Reading(
            crs,
            swapped,
            float((distances == 0).mean()),
            float(around.mean()),
            float(distances[placed].mean()) if placed.any() else math.nan,
            east,
            north,
            centre,
        )

    def offset(self, reading):
        """Return how far (E, N) the data's outline lies from the ground, None where it isn't it."""
        from shapely.affinity import translate

        if self.outline is None or reading.centre is None:
            return None
        if reading.crs == CUT:
            moved = self.move("EPSG:3003", translate(self.outline, CUT_EASTING), False)
        else:
            moved = self.move(reading.crs, self.outline, reading.swapped)
        if moved is None or moved.is_empty:
            return None
        moved = moved if moved.is_valid else moved.buffer(0)
        there, here = moved.centroid, self.ground.centroid
        east, north = there.x - here.x, there.y - here.y
        back = translate(moved, -east, -north)
        differing = back.symmetric_difference(self.ground).area
        return (east, north) if differing <= _OUTLINE_SHARE * self.ground.area else None


def _index_of(readings, crs, swapped) -> int:
    for place, reading in enumerate(readings):
        if reading.crs == crs and reading.swapped == swapped:
            return place
    return -1


def _measure(readings, found, look):
    """Measure the outline of the readings that fall in the place of the one found."""
    if look is None or found < 0:
        return
    for place in _same_place(readings, found):
        readings[place].offset = look.offset(readings[place])


def _same_place(readings, found) -> list:
    centre = readings[found].centre
    if centre is None:
        return [found]
    return [
        place
        for place, reading in enumerate(readings)
        if reading.centre is not None
        and math.dist(reading.centre, centre) <= _SAME_PLACE_M
        and not (reading.crs in UTM_32 and readings[found].crs in UTM_32 and place != found)
    ]


def _refine(readings, found, exact):
    """Return (index of the datum that fits best, how it is known): "confine", "punti" or ""."""
    if found < 0 or not exact:
        return found, ""
    here = _same_place(readings, found)
    measured = [place for place in here if readings[place].offset is not None]
    if found in measured:
        best = min(measured, key=lambda place: math.hypot(*readings[place].offset))
        far, near = (math.hypot(*readings[place].offset) for place in (found, best))
        return (best, "confine") if far > _SHIFT_M and near < far / 3 else (found, "confine")
    if len(readings[found].east) < _LEAST_POINTS:
        return found, ""
    best = max(here, key=lambda place: (readings[place].inside, place == found))
    gain = readings[best].inside - readings[found].inside
    if gain >= _LEAST_GAIN and readings[best].inside >= 0.98:
        return best, "punti"
    return found, "punti" if readings[found].inside >= 0.98 else ""


def _shift(first, second):
    """Return the mean (E, N) metres from the second reading to the first one."""
    with np.errstate(invalid="ignore"):
        east, north = first.east - second.east, first.north - second.north
    good = np.isfinite(east) & np.isfinite(north)
    return (float(east[good].mean()), float(north[good].mean())) if good.any() else None


def said_offset(offset) -> str:
    """Return an offset as a person reads it: metres, and how much east and north."""
    east, north = offset
    return (
        f"{math.hypot(east, north):.0f} m ({abs(east):.0f} m a {'est' if east >= 0 else 'ovest'}, "
        f"{abs(north):.0f} m a {'nord' if north >= 0 else 'sud'})"
    )


def _told(readings, found, best, how, declared, first: Diagnosis, exact):
    chosen = readings[best]
    place = f"{chosen.inside:.0%} delle posizioni cade nel comune, {chosen.around:.0%} entro 5 km"
    if best != found:
        offset = _shift(readings[found], chosen)
        was = "dichiarato " if declared and not first.changed else ""
        if how == "confine":
            offset = readings[found].offset
            evidence = f"il contorno dei dati dista dal confine in media {said_offset(offset)}"
        else:
            evidence = (
                f"con quello cade nel comune il {readings[found].inside:.0%} delle posizioni; lo "
                f"scarto medio fra i due è di {said_offset(offset)}"
            )
        sentence = (
            f"Sistema {was}{readings[found].title}: {evidence}. È lo scarto di {chosen.title}, con "
            f"cui {place}. Nulla è stato spostato: "
        )
        if chosen.crs == CUT:
            sentence += "sommare 1.000.000 alle X e leggere i dati come EPSG:3003."
        else:
            sentence += f"per leggerli così indicare {chosen.crs} in SOURCE_CRS."
        return Survey(readings, best, declared, False, "D08", sentence, offset)
    offset = chosen.offset
    if first.changed:
        sentence = f"{first.sentence[0].upper()}{first.sentence[1:]}; {place}."
        if how and chosen.crs in UTM_32:
            # The boundary has told it apart from ED50.
            sentence = sentence.replace(
                ". ED50 / UTM 32N (EPSG:23032), che dista circa 200 m, non è escluso", ""
            )
    else:
        sentence = f"{chosen.title}: dichiarato e confermato, {place}."
    if offset is not None:
        far = math.hypot(*offset)
        sentence += f" Il contorno dei dati dista dal confine in media {said_offset(offset)}."
        if far > _SHIFT_M:
            sentence += " Nessun sistema provato lo spiega: controllare da dove viene il disegno."
            return Survey(readings, best, declared, False, "D08", sentence, offset)
    elif not exact:
        sentence += " Senza i confini (BOUNDARIES) uno scarto di datum (ED50: 200 m) non si vede."
    elif not how:
        sentence += " Uno scarto di datum (ED50: 200 m) non si può escludere da queste posizioni."
    return Survey(readings, best, declared, not first.changed, first.difetto, sentence, offset)
