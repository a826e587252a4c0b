"""The engine: runs the checks a pack declares and turns what they find into findings."""

from __future__ import annotations

import datetime
import pkgutil
import string
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from .. import schema
from ..context import boundary_of
from ..doubles import counted, without_doubles
from ..findings import fingerprints, merge_previous, readings, waive
from ..ids import finding_id
from ..pairs import Boxed, point_places
from ..progress import ask, asking
from ..reference import own_rows
from ..shapes import series_of
from ..text import written

MET = "soddisfatto"
NOT_MET = "non_soddisfatto"
NOT_VERIFIABLE = "non_verificabile"
NOT_APPLICABLE = "non_applicabile"

# They look at the package itself: validatesubmission runs them, checkplan can't.
PACKAGE_CHECKS = ("STTM2-101", "STTM2-102", "STTM2-946", "STTM2-947")

# They look at every record that is handed in; the other groups count each service once.
_OF_EVERY_RECORD = ("dati", "consegna e riservatezza")

# States of a service that is not there yet.
PLANNED = ("previsto", "in_corso")

NOT_YET = "prova non ancora disponibile in questa versione"

_TESTS: dict = {}
_SCENARIOS: dict = {}
# What a check counts in the two scenarios, where its findings alone don't tell it.
TODAY = "oggi"  # it judges what is planned together with what exists: today it has less
SUPPLY = "offerta"  # it judges what exists: what is planned will be there too


def check(name, scenario=None):
    """Register a test function under the name a pack calls it by.

    Args:
        scenario: TODAY or SUPPLY where one service's outcome depends on the others; None where
            findings on planned services can be told from the others.
    """

    def register(function):
        _TESTS[name] = function
        _SCENARIOS[name] = scenario
        return function

    return register


def tests() -> dict:
    """Return {name: function} of every test there is."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        # As the statement does, and not by importlib: what QGIS doesn't see imported stays behind
        # when the plugin is loaded again, and its tests stay with the engine of before.
        __import__(f"{__package__}.{module.name}")
    return _TESTS


@dataclass
class Failing:
    """An object that fails a check.

    Attributes:
        id_oggetto: a service or a LUM; the ISTAT code for the plan or a layer.
        altri: the other objects' ids, or ``campo:<name>``.
        testo: the values of the message's placeholders.
        impronta: stored attributes read beside the pack's ``campi``.
        severita, ammette: only where one check has two severities (STTM2-113).
    """

    id_oggetto: str
    altri: tuple = ()
    valore: object = None
    soglia: object = None
    unita: str | None = None
    margine: float | None = None
    testo: dict = field(default_factory=dict)
    geometry: object = None
    layer: str | None = None
    impronta: dict | None = None
    severita: str | None = None
    ammette: bool | None = None


@dataclass
class Outcome:
    """What one check found: objects tried, those that fail, data that some object lacks.

    ``concerned`` counts the objects the check is about, tried or not; None is those tried,
    and one more where something is missing. ``today``: how many fail without what is planned,
    where the test knows it. ``unsaid``: data that would refine the verdict and don't stop it.
    """

    tried: int
    failing: list = field(default_factory=list)
    missing: tuple = ()
    concerned: int | None = None
    today: int | None = None
    unsaid: tuple = ()


def _goes_on():
    """Nobody stops a plan that isn't in a run."""


@dataclass
class Plan:
    """What is checked, everything in the analysis CRS; what wasn't given is None.

    Attributes:
        services: services frame, classified; those of other comuni are context.
        oggi: the date of the run.
        computed: ``core.attributes.compute_attributes`` of the services.
        comuni: ``istat``, geometry. population: ``popolazione`` float. lum: one polygon an id_lum.
        settlers: inhabitants the plan settles (STTM2-401).
        origins: ``servizi_bacino`` of a package, empty where it tells of no users.
        going: what a long test calls now and then; it raises where the run was stopped.
    """

    services: gpd.GeoDataFrame
    comune: object
    pack: object
    crs: str
    oggi: datetime.date
    comuni: gpd.GeoDataFrame | None = None
    lum: gpd.GeoDataFrame | None = None
    lum_perimeters: gpd.GeoDataFrame | None = None
    stops: gpd.GeoDataFrame | None = None
    population: gpd.GeoDataFrame | None = None
    reading2: gpd.GeoDataFrame | None = None
    regeneration: gpd.GeoDataFrame | None = None
    network: object = None
    landuse: gpd.GeoDataFrame | None = None
    protected: gpd.GeoDataFrame | None = None
    funding: gpd.GeoDataFrame | None = None
    neighbours: gpd.GeoDataFrame | None = None
    gtfs: object = None
    waivers: pd.DataFrame | None = None
    previous: pd.DataFrame | None = None
    computed: dict | None = None
    origins: pd.DataFrame | None = None
    settlers: float | None = None
    going: object = _goes_on

    def __post_init__(self):
        self.services = measured(self.services)
        # A record without a code, or with one nobody has, is the plan's own: the check on codes
        # says so.
        mine = np.array(own_rows(self.services["istat"].tolist(), self.comune.istat), dtype=bool)
        own = self.services[mine].copy()
        own["_pos"] = np.flatnonzero(mine)
        # Rows come in any order: findings must not depend on it.
        self.own = own.sort_values("id_servizio", kind="stable", na_position="last").reset_index(
            drop=True
        )
        self.others = self.services[~mine].reset_index(drop=True)
        self._boundary = None
        # Around the plan a double is never more than a service too many.
        for name in ("reading2", "neighbours"):
            frame = getattr(self, name)
            if frame is not None and not counted(frame).all():
                setattr(self, name, without_doubles(frame).reset_index(drop=True))

    def counting_once(self):
        """Return the plan without the doubles of its services, itself where there are none."""
        once = counted(self.services)
        if once.all():
            return self
        computed = self.computed
        if computed is not None:
            computed = {name: values[once] for name, values in computed.items()}
        services = self.services[once].reset_index(drop=True)
        return replace(self, services=services, computed=computed)

    @property
    def boundary(self):
        """The polygon of the comune, None without COMUNI or where it isn't in it."""
        if self._boundary is None and self.comuni is not None:
            self._boundary = boundary_of(self.comuni, self.comune)
        return self._boundary

    def own_where(self, mask):
        """Return the comune's services in a boolean mask, index kept."""
        mask = np.asarray(mask, dtype=bool)
        # A copy of sixty columns is worth doing without.
        return self.own if mask.all() else self.own[mask]

    def supply(self, frame=None):
        """Return the services that exist today: ``esistente``, or state not declared."""
        frame = self.own if frame is None else frame
        state = frame["stato"]
        return frame[state.isna() | (state == "esistente")]


# Of a shape: a point on it, its area, its box.
_MEASURES = ("_x", "_y", "_drawn", "_west", "_south", "_east", "_north")


def measured(frame):
    """Return the frame with what the checks ask of its shapes again and again, asked once.

    ``_located``, ``_is_area``, ``_point`` bool; ``_x``, ``_y`` of a point on the shape, ``_drawn``
    its area, ``_west`` … ``_north`` its box: NaN where there is none. A part of the frame carries
    its part of them.
    """
    if "_located" in frame.columns:
        return frame
    count = len(frame)
    located, area = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    numbers = np.full((count, len(_MEASURES)), np.nan)
    places = point_places(frame.geometry)
    numbers[:, :2], numbers[:, 3:5], numbers[:, 5:] = places, places, places
    points = ~np.isnan(places[:, 0])
    located[points] = True
    shapes = frame.geometry.to_numpy()
    for row in asking(np.flatnonzero(~points).tolist()):
        shape = shapes[row]
        if shape is None or shape.is_empty:
            continue
        located[row] = True
        numbers[row, :2] = shape.representative_point().coords[0][:2]
        numbers[row, 3:] = shape.bounds
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            area[row], numbers[row, 2] = True, shape.area
    columns = dict(zip(_MEASURES, numbers.T))
    return frame.assign(_located=located, _is_area=area, _point=points, **columns)


def boxed_of(frame) -> Boxed:
    """Return the shapes of a measured frame with their boxes."""
    return Boxed(frame["geometry"].to_numpy(), frame[list(_MEASURES[3:])].to_numpy())


@dataclass
class CheckResult:
    """Findings (schema.FINDINGS and geometry), verdicts (schema.CHECKS), and what lacks.

    Attributes:
        scenari: what each check counts today and with what is planned (``Scenario`` as dicts).
        bacini: who comes from outside to each service (``checks.zona.outside_catchments``).
    """

    findings: gpd.GeoDataFrame
    checks: pd.DataFrame
    mancanze: list
    counts: dict
    notes: list
    scenari: list = field(default_factory=list)
    bacini: list = field(default_factory=list)


def run_checks(plan: Plan, pack, on_progress=None, only=None) -> CheckResult | None:
    """Run the checks of a pack on a plan.

    Args:
        only: codes to run; None is all of the pack's.
        on_progress: share 0-1 → False to stop.

    Returns:
        CheckResult, findings ordered by ``codice`` and ``id_rilievo``; None when stopped.

    Raises:
        SttmError: a waiver on a finding that can't be justified (``findings.waive``).
    """
    known = tests()
    rows, findings, lacking, scenarios = [], _Findings(plan), {}, []
    once = plan.counting_once()
    two = _Scenarios(once)
    two_of_all = two if once is plan else _Scenarios(plan)
    wanted = [one for one in pack.controlli if only is None or one.codice in only]
    wanted.sort(key=lambda one: one.codice)
    for number, controllo in enumerate(wanted):
        of = two_of_all if controllo.gruppo in _OF_EVERY_RECORD else two
        of.plan.going = _going(on_progress, number / len(wanted))
        try:
            verdict, outcome = _verdict(of.plan, controllo, known)
            scenarios.append(of.of(controllo, verdict, outcome, known))
        except _StoppedError:
            return None
        rows.append(_row(controllo, verdict, outcome))
        findings.add(of.plan, controllo, outcome.failing)
        for name in (*(outcome.missing if verdict == NOT_VERIFIABLE else ()), *outcome.unsaid):
            lacking.setdefault(name, []).append(controllo.codice)
        if on_progress is not None and not on_progress((number + 1) / len(wanted)):
            return None
    checks = pd.DataFrame(rows, columns=schema.names(schema.CHECKS))
    found = findings.frame(plan.crs)
    ask()
    found = merge_previous(found, plan.previous, checks)
    ask()
    found, notes = waive(found, plan.waivers)
    ask()
    found = found.sort_values(["codice", "id_rilievo"], kind="stable").reset_index(drop=True)
    return CheckResult(
        findings=found,
        checks=checks,
        mancanze=_lacking(lacking, pack),
        counts=counts_of(found, checks),
        notes=notes,
        scenari=scenarios,
    )


class _StoppedError(Exception):
    """The run was stopped in the middle of a test."""


def _going(on_progress, share):
    def going():
        if on_progress is not None and not on_progress(share):
            raise _StoppedError

    return going


# What was prepared from layers that are the same in every scenario.
_SAME = ("_street", "_homes", "_homes_of_stops")


class _Scenarios:
    """The plan as it is today and as it will be, for what each check counts in the two."""

    def __init__(self, plan):
        self.plan = plan
        own = plan.own
        self.planned = set(own["id_servizio"][own["stato"].isin(PLANNED)])
        self._plans: dict = {}

    def of(self, controllo, verdict, outcome, known) -> dict:
        """Return the objects that fail today and in the planned scenario; None = not known."""
        now = after = None
        if verdict != NOT_VERIFIABLE:
            after = {one.id_oggetto for one in outcome.failing}
            now = {
                one.id_oggetto
                for one in outcome.failing
                if self.planned.isdisjoint((one.id_oggetto, *one.altri))
            }
            kind = _SCENARIOS.get(controllo.prova) if self.planned else None
            if kind == TODAY:
                now = self._failing(TODAY, controllo, known)
            elif kind == SUPPLY:
                after = self._failing(SUPPLY, controllo, known)
        now = None if now is None else len(now)
        after = None if after is None else len(after)
        if now is not None and outcome.today is not None:
            now = outcome.today
        return {
            "codice": controllo.codice,
            "oggi": now,
            "previsto": after,
            "differenza": None if now is None or after is None else after - now,
        }

    def _failing(self, kind, controllo, known):
        verdict, outcome = _verdict(self._plan(kind), controllo, known)
        if verdict == NOT_VERIFIABLE:
            return None
        return {one.id_oggetto for one in outcome.failing}

    def _plan(self, kind):
        if kind not in self._plans:
            plan = self.plan
            kept = ~plan.services["stato"].isin(PLANNED).to_numpy() if kind == TODAY else None
            computed = plan.computed
            if computed is not None and kept is not None:
                computed = {name: values[kept] for name, values in computed.items()}
            made = replace(
                plan,
                services=_as_in(kind, plan.services),
                neighbours=None if plan.neighbours is None else _as_in(kind, plan.neighbours),
                computed=computed,
                settlers=0.0 if kind == TODAY else plan.settlers,
            )
            for name in _SAME:
                if hasattr(plan, name):
                    setattr(made, name, getattr(plan, name))
            self._plans[kind] = made
        return self._plans[kind]


def _as_in(kind, services):
    """Return the services without those planned (TODAY), or with those as existing (SUPPLY)."""
    planned = services["stato"].isin(PLANNED)
    if kind == TODAY:
        return services[~planned].reset_index(drop=True)
    return services.assign(stato=services["stato"].where(~planned, "esistente"))


def _verdict(plan, controllo, known):
    if controllo.codice in PACKAGE_CHECKS:
        return NOT_APPLICABLE, Outcome(0)
    test = known.get(controllo.prova)
    if test is None:
        return NOT_VERIFIABLE, Outcome(0, missing=(NOT_YET,))
    outcome = test(plan, controllo)
    concerned = outcome.concerned
    if concerned is None:
        concerned = outcome.tried + (1 if outcome.missing else 0)
    if not concerned:
        return NOT_APPLICABLE, outcome
    if outcome.failing:
        return NOT_MET, outcome
    return (NOT_VERIFIABLE if outcome.missing else MET), outcome


def _row(controllo, verdict, outcome):
    failing = {one.id_oggetto for one in outcome.failing}
    return {
        "codice": controllo.codice,
        "gruppo": controllo.gruppo,
        "titolo": controllo.titolo,
        "verdetto": verdict,
        "oggetti_provati": float(outcome.tried),
        "oggetti_non_conformi": float(len(failing)),
        "dati_mancanti": ";".join(sorted({*outcome.missing, *outcome.unsaid})) or None,
    }


class _Message(string.Formatter):
    """Fills a message; a placeholder without a value stays readable."""

    def get_value(self, key, args, kwargs):
        value = kwargs.get(key)
        return "non noto" if value is None else value

    def format_field(self, value, format_spec):
        return written(value)


_MESSAGE = _Message()


def _filled(message, texts) -> list:
    """Return a message with the values of each of some placeholders' dicts."""
    pieces = list(_MESSAGE.parse(message))
    if not all(name is None or name.isidentifier() for _, name, _, _ in pieces):
        return [_MESSAGE.vformat(message, (), text) for text in texts]
    found = []
    for text in texts:
        parts = []
        for literal, name, _, _ in pieces:
            parts.append(literal)
            if name is not None:
                value = text.get(name)
                parts.append("non noto" if value is None else written(value))
        found.append("".join(parts))
    return found


def _stored(value):
    """Return a value or threshold as the text of a field: numbers with a point, six decimals."""
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "si" if value else "no"
    if isinstance(value, (float, np.floating)):
        text = f"{float(value):.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if isinstance(value, (list, tuple, set, frozenset)):
        return ";".join(str(_stored(item)) for item in value)
    return str(value)


class _Findings:
    """The findings of a run, gathered in columns."""

    def __init__(self, plan):
        own = plan.own
        self._columns: dict = {name: [] for name in (*schema.names(schema.FINDINGS), "geometry")}
        self._layers: dict = {}
        if "_layer" in own.columns:
            self._layers = dict(zip(own["id_servizio"], own["_layer"]))
        self._points: dict = {}
        # Of the plan's own shapes the point on each is known.
        places = zip(*(plan.services[name].tolist() for name in ("_x", "_y")))
        shapes = plan.services["geometry"].to_numpy()
        self._places = {id(shape): place for shape, place in zip(shapes, places)}
        self._x, self._y = [], []

    def add(self, plan, controllo, failing):
        """Add what fails a check on a plan."""
        if not failing:
            return
        count = len(failing)
        others = [tuple(sorted(map(str, one.altri))) for one in failing]
        asked = controllo.ammette_giustificazione
        justifiable = [asked if one.ammette is None else one.ammette for one in failing]
        # Only what can be justified can lapse.
        letto: list = [None] * count
        if any(justifiable):
            letto = readings(plan, controllo, failing)
            letto = [text if may else None for text, may in zip(letto, justifiable)]
        same = {
            "codice": controllo.codice,
            "gruppo": controllo.gruppo,
            "titolo": controllo.titolo,
            "istat": plan.comune.istat,
            "zona_omogenea": plan.comune.zona_omogenea,
            "riferimento": controllo.riferimento,
            "provenienza": controllo.provenienza,
            "verificato": controllo.verificato,
            "suggerimento": controllo.suggerimento,
            "stato": "aperto",
            "giustificazione": None,
            "autore": None,
            "data": None,
            "cambiato": None,
        }
        made = {
            "id_rilievo": [
                finding_id(controllo.codice, one.id_oggetto, more)
                for one, more in zip(failing, others)
            ],
            "severita": [one.severita or controllo.severita for one in failing],
            "descrizione": _filled(controllo.messaggio, [one.testo for one in failing]),
            "id_oggetto": [one.id_oggetto for one in failing],
            "altri_oggetti": [";".join(more) or None for more in others],
            "layer": [one.layer or self._layers.get(one.id_oggetto) for one in failing],
            "valore": [_stored(one.valore) for one in failing],
            "soglia": [_stored(one.soglia) for one in failing],
            "unita": [one.unita for one in failing],
            "margine": [np.nan if one.margine is None else float(one.margine) for one in failing],
            "ammette_giustificazione": justifiable,
            "impronta": fingerprints(plan, controllo, failing),
            "letto": letto,
            "geometry": [self._point_on(one.geometry) for one in asking(failing)],
        }
        for name, column in self._columns.items():
            column.extend(made[name] if name in made else [same[name]] * count)

    def _point_on(self, shape):
        """Return a point on a shape, after noting where it lies."""
        if shape is None:
            x, y, point = np.nan, np.nan, None
        else:
            # Kept with its shape, or another one could come to have its number.
            key = id(shape)
            if key not in self._points:
                self._points[key] = (shape, *self._place_of(shape))
            _, x, y, point = self._points[key]
        self._x.append(x)
        self._y.append(y)
        return point

    def _place_of(self, shape):
        if shape.is_empty:
            return np.nan, np.nan, None
        point = shape if shape.geom_type == "Point" else shape.representative_point()
        place = self._places.get(id(shape))
        # Shapely 1 takes long to give the coordinates of a point.
        x, y = point.coords[0][:2] if place is None else place
        return x, y, point

    def frame(self, crs):
        """Return the findings ordered by check and id, each once."""
        shapes = self._columns.pop("geometry")
        columns = {
            name: pd.Series(values, dtype=object)
            for name, values in asking(self._columns.items(), 1)
        }
        columns["margine"] = columns["margine"].astype(float)
        columns.update(_x=pd.Series(self._x, dtype=float), _y=pd.Series(self._y, dtype=float))
        for name in ("verificato", "ammette_giustificazione"):
            columns[name] = columns[name].infer_objects()
        ask()
        frame = pd.DataFrame(columns)
        ask()
        # Two failings of one check on the same objects are one finding: the first, in a set order.
        order = frame[["codice", "id_rilievo", "descrizione"]]
        for name in ("descrizione", "id_rilievo", "codice"):
            ask()
            order = order.sort_values(name, kind="stable")
        ask()
        kept = order.index[~order.duplicated("id_rilievo")]
        frame = frame.loc[kept].reset_index(drop=True)
        ask()
        return gpd.GeoDataFrame(frame, geometry=series_of([shapes[row] for row in kept], crs))


def _lacking(lacking, pack):
    """Return what lacks and the checks it would unlock, the most useful first."""
    rows = [
        {
            "dato": name,
            "controlli": sorted(codes),
            "dove_trovarlo": data_text(pack, name, "dove_trovarlo"),
        }
        for name, codes in lacking.items()
        if name != NOT_YET
    ]
    return sorted(rows, key=lambda row: (-len(row["controlli"]), row["dato"]))


def data_text(pack, name, what) -> str:
    """Return a pack's text ("nome", "dove_trovarlo") on an input or on a field ("campo:stato")."""
    texts = pack.testi.get("dati", {})
    field = name.partition("campo:")[2]
    text = texts.get(name) or (texts.get("campo") if field else None) or {}
    label = _ALIASES.get(field, field.replace("_", " "))
    return str(text.get(what, name)).replace("{campo}", f"«{label}»")


_ALIASES = {one.name: one.alias for one in schema.SERVICES if one.alias}


# States of a finding that still asks for something.
OPEN = ("aperto", "nuovo", "giustificazione_scaduta")


def counts_of(found, checks) -> dict:
    """Return the Results of checkplan from findings and verdicts (INTERFACE §5)."""
    still = found[found["stato"].isin(OPEN)]
    severity = still["severita"].value_counts()
    verdict = checks["verdetto"].value_counts()
    return {
        "BLOCKING": int(severity.get("blocco", 0)),
        "ERRORS": int(severity.get("errore", 0)),
        "WARNINGS": int(severity.get("avviso", 0)),
        "INFOS": int(severity.get("info", 0)),
        "JUSTIFIED": int((found["stato"] == "giustificato").sum()),
        "CHECKS_RUN": int(verdict.get(MET, 0) + verdict.get(NOT_MET, 0)),
        "NOT_RUN": int(verdict.get(NOT_VERIFIABLE, 0)),
        "NOT_APPLICABLE": int(verdict.get(NOT_APPLICABLE, 0)),
    }
