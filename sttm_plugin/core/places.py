"""Which comune a text or a position belongs to, and how far from it a record lies."""

from __future__ import annotations

import math
import re

from .errors import SttmError
from .reference import SUCCESSORS, belfiore_codes, comune_of, comuni, find_comune, istat_code
from .text import normalise

# INTERFACE §1, Doubt and §5, importservices: a proposal of ours.
SURROUNDINGS_M = 5000.0
# The bundled envelopes come from a generalised boundary (FACTS §1).
ENVELOPE_SLACK_M = 200.0

ISTAT_FIELDS = ("istat", "pro_com_t", "pro_com", "cod_istat", "com_istat_code")
_NAME_FIELDS = ("comune", "nome", "name", "denominazione", "com_name")
_BELFIORE = re.compile(r"^[A-Z]\d{3}$", re.IGNORECASE)
_SHORT = {"san": "s", "santo": "s", "santa": "s", "sul": "s", "sull": "s", "s": "s"}


class Places:
    """The comuni known to a run: their ground, their names, and the records' distances.

    Args:
        grounds: {ISTAT code: shapely area in the analysis CRS}: the boundaries where given,
            else the bundled envelopes.
        names: {ISTAT code: name}.
        exact: the codes whose ground is a boundary.
    """

    def __init__(self, grounds: dict, names: dict, exact=frozenset()):
        self.exact = frozenset(exact)
        self.grounds = dict(sorted(grounds.items()))
        self.names = names
        self._by_name: dict = {}
        for istat, name in sorted(names.items()):
            self._by_name.setdefault(_name_key(name), []).append(istat)
        self._bounds = {istat: ground.bounds for istat, ground in self.grounds.items()}
        self._resolved: dict = {}
        self._prepared: dict = {}

    def name_of(self, istat) -> str | None:
        """Return the name of a comune, None for one nobody knows here."""
        known = comune_of(istat)
        return self.names.get(istat) or (known.nome if known else None)

    def knows(self, istat) -> bool:
        """Tell whether a comune has a ground here."""
        return istat in self.grounds

    def resolve(self, value) -> tuple[str | None, str]:
        """Return (ISTAT code, how it was written), (None, "") where a value names no comune.

        How: "uguale", "zeri", "catastale", "nome", "soppresso"; (None, "altrove") for a
        cadastral code of none of the comuni known.
        """
        key = str(value)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(value)
        return self._resolved[key]

    def _resolve(self, value):
        if value is None or value != value:
            return None, ""
        text = str(value).strip()
        code = istat_code(value)
        if code is not None:
            if text.partition(".")[0].zfill(6) in SUCCESSORS:
                return code, "soppresso"
            return code, "uguale" if code == text else "zeri"
        if _BELFIORE.match(text):
            found = belfiore_codes().get(text.upper())
            return (found, "catastale") if found else (None, "altrove")
        matches = self._by_name.get(_name_key(text), [])
        if len(matches) == 1:
            return matches[0], "nome"
        if matches or len(text) < 3:
            return None, ""
        # A name of another province, or of no comune, is none.
        known = find_comune(text)
        return (known.istat, "nome") if known else (None, "")

    def distance(self, istat, shape) -> float:
        """Return the metres from a comune's ground to a shape, 0 where they touch."""
        return float(self.grounds[istat].distance(shape))

    def hold(self, istat, xs, ys):
        """Return which points surely lie in a comune's ground; False may mean "look closer".

        Args:
            xs, ys: float64 (n,), analysis CRS; NaN is nowhere.

        Returns:
            bool (n,).
        """
        held = in_box(self._bounds[istat], xs, ys, 0.0)
        if self._is_box(istat):
            return held
        ground = self.grounds[istat]
        import shapely
        from shapely.prepared import prep

        if hasattr(shapely, "contains_xy"):  # shapely 2
            shapely.prepare(ground)
            held[held] = shapely.contains_xy(ground, xs[held], ys[held])
            return held
        from shapely.geometry import Point

        if istat not in self._prepared:
            self._prepared[istat] = prep(ground)
        contains = self._prepared[istat].contains
        rows = [contains(Point(x, y)) for x, y in zip(xs[held].tolist(), ys[held].tolist())]
        held[held] = rows
        return held

    def _is_box(self, istat) -> bool:
        """Tell whether a ground is an envelope, which is known by its bounds."""
        xmin, ymin, xmax, ymax = self._bounds[istat]
        return math.isclose(self.grounds[istat].area, (xmax - xmin) * (ymax - ymin), rel_tol=1e-9)

    def distances_to_box(self, istat, xs, ys):
        """Return the metres from a comune's envelope to points outside it, float64 (n,).

        NaN where the ground is no envelope, or a point is nowhere. The metres are those of
        ``distance``, to the last bit: the same sums on each side of the envelope.
        """
        import numpy as np

        if not self._is_box(istat):
            return np.full(len(xs), np.nan)
        xmin, ymin, xmax, ymax = self._bounds[istat]
        corners = ((xmax, ymin), (xmax, ymax), (xmin, ymax), (xmin, ymin), (xmax, ymin))
        best = np.full(len(xs), np.inf)
        for (ax, ay), (bx, by) in zip(corners, corners[1:]):
            long = (bx - ax) * (bx - ax) + (by - ay) * (by - ay)
            along = ((xs - ax) * (bx - ax) + (ys - ay) * (by - ay)) / long
            across = ((ay - ys) * (bx - ax) - (ax - xs) * (by - ay)) / long
            metres = np.abs(across) * math.sqrt(long)
            at_a = np.sqrt((xs - ax) * (xs - ax) + (ys - ay) * (ys - ay))
            at_b = np.sqrt((xs - bx) * (xs - bx) + (ys - by) * (ys - by))
            metres = np.where(along <= 0, at_a, np.where(along >= 1, at_b, metres))
            best = np.where(np.isnan(metres), np.nan, np.minimum(best, metres))
        return best

    def inside(self, istat, xs, ys, slack=SURROUNDINGS_M):
        """Return which points lie within ``slack`` metres of a comune's envelope.

        Args:
            xs, ys: float64 (n,), analysis CRS; NaN is nowhere.

        Returns:
            bool (n,).
        """
        return in_box(self._bounds[istat], xs, ys, slack)

    def whole(self) -> tuple[float, float, float, float]:
        """Return the envelope of every ground known."""
        bounds = list(self._bounds.values())
        return (
            min(box[0] for box in bounds),
            min(box[1] for box in bounds),
            max(box[2] for box in bounds),
            max(box[3] for box in bounds),
        )

    def comune_at(self, shape) -> tuple[str | None, float]:
        """Return (ISTAT code, metres away) of the boundary a shape lies in or nearest to.

        Only boundaries can tell: with envelopes, which overlap, (None, inf).
        """
        if not self.exact or shape is None:
            return None, float("inf")
        point = shape if shape.geom_type == "Point" else shape.representative_point()
        best = (float("inf"), None)
        for istat in sorted(self.exact):
            ground = self.grounds[istat]
            xmin, ymin, xmax, ymax = self._bounds[istat]
            away = max(xmin - point.x, point.x - xmax, ymin - point.y, point.y - ymax, 0.0)
            if away >= best[0] or away > SURROUNDINGS_M:
                continue
            metres = ground.distance(point)
            if metres < best[0]:
                best = (metres, istat)
            if metres == 0.0:
                break
        return best[1], best[0]


def in_box(bounds, xs, ys, slack=SURROUNDINGS_M):
    """Return which points lie within ``slack`` metres of an envelope, bool (n,); NaN don't."""
    import numpy as np

    xmin, ymin, xmax, ymax = bounds
    with np.errstate(invalid="ignore"):
        return (
            (xs >= xmin - slack)
            & (xs <= xmax + slack)
            & (ys >= ymin - slack)
            & (ys <= ymax + slack)
        )


def bundled_boxes() -> dict:
    """Return {ISTAT code: (xmin, ymin, xmax, ymax)} in EPSG:32632 of the 133, with their slack."""
    boxes = {}
    for istat, comune in comuni().items():
        xmin, ymin, xmax, ymax = comune.envelope
        slack = ENVELOPE_SLACK_M
        boxes[istat] = (xmin - slack, ymin - slack, xmax + slack, ymax + slack)
    return boxes


def places_from_boxes(to_analysis=None) -> Places:
    """Return the places of the bundled table.

    Args:
        to_analysis: shapes in EPSG:32632 → shapes in the analysis CRS; None when it is 32632.
    """
    from shapely.geometry import box

    boxes = bundled_boxes()
    shapes = [box(*bounds) for bounds in boxes.values()]
    if to_analysis is not None:
        shapes = to_analysis(shapes)
    names = {istat: comune.nome for istat, comune in comuni().items()}
    return Places(dict(zip(boxes, shapes)), names)


def places_from_frame(frame, to_analysis=None) -> Places:
    """Return the places of a layer of boundaries in the analysis CRS.

    The comuni it lacks keep their envelope, so that their records are known for what they are.

    Raises:
        SttmError: no field with an ISTAT code, or no code is usable.
    """
    from shapely.ops import unary_union

    lower = {str(name).lower(): name for name in frame.columns}
    column = next((lower[name] for name in ISTAT_FIELDS if name in lower), None)
    if column is None:
        found = ", ".join(str(name) for name in frame.columns if not str(name).startswith("_"))
        raise SttmError(
            "Confini dei comuni: manca il campo con il codice ISTAT (istat, PRO_COM_T, PRO_COM, "
            f"COD_ISTAT o com_istat_code). Campi trovati: {found or 'nessuno'}."
        )
    named = next((lower[name] for name in _NAME_FIELDS if name in lower), None)
    parts: dict = {}
    names: dict = {}
    for row, shape in zip(frame[column].tolist(), frame.geometry.tolist()):
        istat = istat_code(row)
        if istat is not None and shape is not None and not shape.is_empty:
            parts.setdefault(istat, []).append(shape if shape.is_valid else shape.buffer(0))
    if parts and not any(
        "Polygon" in shape.geom_type for shapes in parts.values() for shape in shapes
    ):
        raise SttmError(
            "Confini dei comuni: il layer non contiene aree. Servono i poligoni dei comuni, per "
            "esempio quelli dell'ISTAT."
        )
    if not parts:
        raise SttmError(
            f"Confini dei comuni: nessun codice ISTAT leggibile nel campo «{column}». Servono "
            "codici come 015146 o 15146."
        )
    if named:
        for code, name in zip(frame[column].tolist(), frame[named].tolist()):
            istat = istat_code(code)
            if istat is not None and name is not None and name == name:
                names.setdefault(istat, str(name))
    for istat in parts:
        known = comune_of(istat)
        if known is not None:
            names[istat] = known.nome
    grounds = {
        istat: shapes[0] if len(shapes) == 1 else unary_union(shapes)
        for istat, shapes in parts.items()
    }
    others = places_from_boxes(to_analysis)
    return Places({**others.grounds, **grounds}, {**others.names, **names}, frozenset(grounds))


def _name_key(name) -> str:
    """A name of a comune without what people shorten: "CERNUSCO S/NAVIGLIO", "S. GIULIANO"."""
    return " ".join(_SHORT.get(word, word) for word in normalise(name).split())
