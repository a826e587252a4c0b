"""Checks on the LUM: perimeters, what they host, what lies near them (STTM2-501 … 511)."""

from __future__ import annotations

import numpy as np

from ..context import meeting, sound
from ..reference import comune_of, istat_code
from ..shapes import union_of
from .common import area_of, each, located, name_of
from .engine import PLANNED, Failing, Outcome, check


def _rows(frame):
    return [] if frame is None else list(frame.itertuples())


def _value(row, name):
    """Return a field of a row, None where it is missing or empty."""
    value = getattr(row, name, None)
    return None if value is None or value != value or value == "" else value


def _sound(shape):
    return shape if shape is None or shape.is_valid else shape.buffer(0)


def _lum_name(row) -> str:
    return _value(row, "nome") or str(row.id_lum)


def _own_lum(plan):
    """Return (the LUM that concern the comune, whether that could be told of all).

    By the share of the LUM's area in the comune, at least the pack's; without COMUNI by the list
    of comuni of the LUM.
    """
    least = plan.pack.lum["quota_comune"]["valore"]
    own, sure = [], True
    for row in sorted(_rows(plan.lum), key=lambda row: str(row.id_lum)):
        codes = _value(row, "comuni")
        shape = _sound(row.geometry)
        if plan.boundary is not None and shape is not None and shape.area > 0:
            if shape.intersection(plan.boundary).area / shape.area >= least - 1e-9:
                own.append(row)
        elif codes is not None:
            if plan.comune.istat in _codes_in(codes):
                own.append(row)
        else:
            sure = False
    return own, sure


def _codes_in(text) -> list:
    """Return the ISTAT codes of a list such as ``015146;15140``."""
    return [istat_code(code) for code in str(text).split(";")]


def _perimeters(plan):
    """Return {id_lum: the comune's perimeter}; rows of other comuni are left out."""
    found: dict = {}
    for row in _rows(plan.lum_perimeters):
        if row.geometry is None or istat_code(_value(row, "istat")) not in (
            None,
            plan.comune.istat,
        ):
            continue
        shape = _sound(row.geometry)
        found[row.id_lum] = shape if row.id_lum not in found else found[row.id_lum].union(shape)
    return found


def _needs(plan, *names):
    """Return the outcome of a check whose layers were not given, None where they all were."""
    missing = tuple(name for name in names if getattr(plan, name.lower()) is None)
    return Outcome(0, missing=missing, concerned=1) if missing else None


def _of_lum(row, text=None, **more):
    read = {"nome": _lum_name(row), **(text or {})}
    return Failing(str(row.id_lum), testo=read, geometry=row.geometry, layer="lum", **more)


@check("perimetro_presente")
def perimeter_drawn(plan, controllo):
    lacking = _needs(plan, "LUM", "LUM_PERIMETERS")
    if lacking:
        return lacking
    own, sure = _own_lum(plan)
    drawn = _perimeters(plan)
    failing = [_of_lum(row) for row in own if row.id_lum not in drawn]
    return Outcome(len(own), failing, () if sure else ("COMUNI",), len(own) + (not sure))


def _nodes(plan, row):
    """Return the stops of a LUM: those with its id, else the one of no LUM nearest its middle."""
    if plan.stops is None:
        return []
    stops = plan.stops[located(plan.stops)]
    if "id_lum" in stops.columns:
        tied = list(stops.geometry[stops["id_lum"] == row.id_lum])
        if tied:
            return tied
        stops = stops[stops["id_lum"].isna()]
    inside = [shape for shape in stops.geometry if row.geometry.covers(shape)]
    middle = row.geometry.centroid
    return sorted(inside, key=lambda shape: (shape.distance(middle), shape.wkb_hex))[:1]


def _circle(plan, controllo, row):
    """Return the circle of the LUM's rank around its nodes, None where the nodes aren't known."""
    radius = controllo.parametri.get(_value(row, "rango"))
    if radius is None:
        return None
    if str(_value(row, "metodo") or "").startswith("cerchio") and _value(row, "raggio_m") == radius:
        return row.geometry
    nodes = _nodes(plan, row)
    if not nodes:
        return None
    circle = nodes[0].buffer(radius, 32)
    for node in nodes[1:]:
        circle = circle.union(node.buffer(radius, 32))
    return circle


@check("perimetro_e_raggio")
def perimeter_and_radius(plan, controllo):
    lacking = _needs(plan, "LUM", "LUM_PERIMETERS")
    if lacking:
        return lacking
    low, high = controllo.parametri["quota_minima"], controllo.parametri["quota_massima"]
    drawn = _perimeters(plan)
    own = [row for row in _own_lum(plan)[0] if row.id_lum in drawn and row.geometry is not None]
    failing, tried = [], 0
    for row in own:
        circle = _circle(plan, controllo, row)
        if circle is None:
            continue
        # A comune draws the part that lies in it.
        if plan.boundary is not None:
            circle = _sound(circle).intersection(plan.boundary)
        if circle.area <= 0:
            continue
        tried += 1
        shape = drawn[row.id_lum]
        inside = shape.intersection(circle).area / circle.area
        whole = shape.area / circle.area
        if inside >= low - 1e-9 and whole <= high + 1e-9:
            continue
        value, limit = (inside, low) if inside < low - 1e-9 else (whole, high)
        failing.append(
            _of_lum(
                row,
                {"p": round(100 * whole)},
                valore=value,
                soglia=limit,
                unita="quota del cerchio",
                margine=-abs(value - limit),
            )
        )
    missing = () if tried == len(own) else ("STOPS",)
    return Outcome(tried, failing, missing, len(own))


@check("nodo_nel_perimetro")
def node_inside(plan, controllo):
    lacking = _needs(plan, "LUM", "LUM_PERIMETERS", "STOPS")
    if lacking:
        return lacking
    drawn = _perimeters(plan)
    failing, tried, concerned = [], 0, 0
    for row in _own_lum(plan)[0]:
        if row.id_lum not in drawn or row.geometry is None:
            continue
        nodes = _nodes(plan, row)
        if plan.boundary is not None:
            # A node in another comune is that comune's to enclose.
            nodes = [node for node in nodes if plan.boundary.covers(node)]
        concerned += 1
        if not nodes:
            continue
        tried += 1
        away = max(drawn[row.id_lum].distance(node) for node in nodes)
        if away > 1e-6:
            failing.append(_of_lum(row, valore=away, soglia=0.0, unita="m", margine=-away))
    return Outcome(tried, failing, (), tried if tried else 0)


@check("lum_condiviso")
def shared_lum(plan, controllo):
    lacking = _needs(plan, "LUM")
    if lacking:
        return lacking
    least, most = controllo.parametri["quota"], controllo.parametri["distanza_m"]
    failing, tried, concerned, missing = [], 0, 0, set()
    for row in _own_lum(plan)[0]:
        codes = _comuni_of(plan, row, least)
        if codes is None:
            concerned += 1
            missing.add("COMUNI")
            continue
        others = [code for code in codes if code != plan.comune.istat]
        if plan.comune.istat not in codes or not others:
            continue
        concerned += 1
        by_comune = _perimeters_by_comune(plan, row.id_lum)
        if plan.comune.istat not in by_comune or not set(others) <= set(by_comune):
            missing.add("LUM_PERIMETERS")
            continue
        tried += 1
        for other in others:
            away = by_comune[plan.comune.istat].distance(by_comune[other])
            if away > most + 1e-6:
                names = {"a": plan.comune.nome, "b": _comune_name(other)}
                failing.append(
                    _of_lum(
                        row, names, altri=(other,), valore=away, soglia=most, unita="m",
                        margine=most - away,
                    )
                )  # fmt: skip
    return Outcome(tried, failing, tuple(sorted(missing)), concerned)


def _comuni_of(plan, row, least):
    """Return the comuni that hold at least a share of a LUM, None where it can't be told."""
    if plan.comuni is not None and row.geometry is not None and row.geometry.area > 0:
        shape = _sound(row.geometry)
        return [
            code
            for code, ground in zip(plan.comuni["istat"], plan.comuni.geometry)
            if shape.intersection(ground).area / shape.area >= least - 1e-9
        ]
    codes = _value(row, "comuni")
    return None if codes is None else _codes_in(codes)


def _perimeters_by_comune(plan, id_lum):
    found = {}
    for row in _rows(plan.lum_perimeters):
        if row.id_lum == id_lum and row.geometry is not None:
            found[istat_code(_value(row, "istat")) or plan.comune.istat] = _sound(row.geometry)
    return found


def _comune_name(istat) -> str:
    known = comune_of(istat)
    return known.nome if known else istat


# What a LUM hosts --------------------------------------------------------------------------


def _planned(plan):
    return plan.own_where(plan.own["stato"].isin(PLANNED) & plan.own["codice_sttm"].notna())


def _in_lum(plan, frame):
    """Return {row of the frame: LUM} of the services that lie in a LUM or say they do."""
    rows = _rows(plan.lum)
    by_id = {row.id_lum: row for row in rows}
    found = {}
    shapes = sound(plan.lum.geometry)
    for position, number in zip(*meeting(frame.geometry, shapes)):
        label = frame.index[position]
        if label not in found or rows[number].id_lum < found[label].id_lum:
            found[label] = rows[number]
    for label, id_lum in frame["id_lum"].items():
        if id_lum in by_id:
            found[label] = by_id[id_lum]
    return found


def _cells(plan, row, code):
    """Return {context: cell of the matrix}: one where the LUM's context is known, else all."""
    known = _value(row, "contesto")
    if known is None:
        drawn = [one for one in _rows(plan.lum_perimeters) if one.id_lum == row.id_lum]
        known = next((_value(one, "contesto") for one in drawn if _value(one, "contesto")), None)
    rank = _value(row, "rango")
    contexts = plan.pack.lum["colonne_matrice"].get(rank, {})
    chosen = [known] if known in contexts else sorted(contexts)
    return {context: plan.pack.cell(code, rank, context) for context in chosen}


@check("categoria_ammessa")
def category_admitted(plan, controllo):
    return _by_matrix(plan, lambda cell: cell.lettera not in controllo.parametri["ammesse"], None)


@check("condizioni_da_verificare")
def conditions(plan, controllo):
    letter = controllo.parametri["condizionata"]
    return _by_matrix(
        plan,
        lambda cell: cell.lettera == letter,
        lambda cell: cell.testo or "condizione della matrice",
    )


def _by_matrix(plan, fails, condition):
    """Try planned services in a LUM on the matrix; a context not known matters where it decides."""
    lacking = _needs(plan, "LUM")
    if lacking:
        return lacking
    frame = _planned(plan)
    failing, tried, concerned = [], 0, 0
    for label, lum in sorted(_in_lum(plan, frame).items()):
        service = frame.loc[label]
        cells = _cells(plan, lum, service["codice_sttm"])
        known = {context: cell for context, cell in cells.items() if cell is not None}
        if not known:
            continue
        concerned += 1
        verdicts = {fails(cell) for cell in known.values()}
        if len(verdicts) > 1:
            continue
        tried += 1
        if not verdicts.pop():
            continue
        context, cell = sorted(known.items())[0]
        text = {
            "nome": name_of(service),
            "cat": service["codice_sttm"],
            "rango": _value(lum, "rango"),
            "ambito": context if len(known) == 1 else "",
            "c": condition(cell) if condition else "",
        }
        failing.append(
            Failing(
                service["id_servizio"],
                (str(lum.id_lum),),
                cell.lettera,
                testo=text,
                geometry=service["geometry"],
            )
        )
    missing = ("campo:contesto",) if tried < concerned else ()
    return Outcome(tried, failing, missing, concerned)


@check("metropolitano_nei_lum")
def metropolitan_near_lum(plan, controllo):
    frame = _planned(plan)
    frame = frame[frame["valenza_calcolata"] == "metropolitana"]
    if frame.empty:
        return Outcome(0)
    lacking = _needs(plan, "LUM")
    if lacking:
        return lacking
    most = controllo.parametri["distanza_m"]
    here = frame[located(frame)]
    whole = union_of(plan.lum.geometry[located(plan.lum)])
    away = here.geometry.distance(whole) if len(plan.lum) else here.geometry.map(lambda _: np.inf)

    def make(row):
        metres = float(away[row.Index])
        return {
            "valore": metres if np.isfinite(metres) else None,
            "soglia": most,
            "unita": "m",
            "margine": most - metres if np.isfinite(metres) else None,
        }

    missing = ("campo:geometria",) if len(here) < len(frame) else ()
    return each(here, away > most + 1e-6, make, len(here), missing=missing, concerned=len(frame))


@check("aree_di_opportunita")
def opportunities(plan, controllo):
    lacking = _needs(plan, "LUM", "REGENERATION")
    if lacking:
        return lacking
    least = controllo.parametri["area_mq"]
    failing = []
    own, sure = _own_lum(plan)
    for row in own:
        areas = [area for area in _areas_in(plan, row) if area >= least - 1e-6]
        if areas:
            failing.append(
                _of_lum(
                    row, {"n": len(areas), "area": round(sum(areas))}, valore=sum(areas),
                    soglia=least, unita="mq",
                )
            )  # fmt: skip
    return Outcome(len(own), failing, () if sure else ("COMUNI",), len(own) + (not sure))


def _areas_in(plan, row):
    """Return the area in a LUM of each regeneration area that meets it, m²."""
    ground = _sound(row.geometry)
    shapes = [_sound(shape) for shape in plan.regeneration.geometry if shape is not None]
    parts = [shape.intersection(ground).area for shape in shapes if shape.intersects(ground)]
    return sorted((area for area in parts if area > 0), reverse=True)


@check("opportunita_non_usate")
def unused_opportunities(plan, controllo):
    frame = _planned(plan)
    frame = frame[located(frame)].reset_index(drop=True)
    if frame.empty:
        return Outcome(0)
    lacking = _needs(plan, "LUM", "REGENERATION", "LANDUSE")
    if lacking:
        return lacking
    codes = _landuse_codes(plan.landuse)
    if codes is None:
        return Outcome(0, missing=("LANDUSE",), concerned=len(frame))
    prefixes = tuple(controllo.parametri["suolo_libero"])
    free = plan.landuse[[code.startswith(prefixes) for code in codes]]
    on_free = set(meeting(frame.geometry.map(_inner_point), free.geometry)[0].tolist())
    within = _in_lum(plan, frame)
    best = max(
        ((area, row) for row in _rows(plan.lum) for area in _areas_in(plan, row)[:1]),
        key=lambda pair: pair[0],
        default=None,
    )
    wanted = area_of(frame)
    failing, tried = [], 0
    for position, row in enumerate(frame.itertuples()):
        if position not in on_free or position in within:
            tried += 1
            continue
        if np.isnan(wanted[position]):
            continue
        tried += 1
        if best is not None and best[0] >= wanted[position] - 1e-6:
            failing.append(
                Failing(
                    row.id_servizio,
                    (str(best[1].id_lum),),
                    best[0],
                    float(wanted[position]),
                    "mq",
                    float(wanted[position] - best[0]),
                    {"nome": name_of(row), "area": round(best[0])},
                    row.geometry,
                )
            )
    missing = ("campo:superficie_mq",) if tried < len(frame) else ()
    return Outcome(tried, failing, missing, len(frame))


def _inner_point(shape):
    return shape.representative_point()


def _landuse_codes(frame):
    """Return the land use codes as text, None where no column holds them."""
    names = {str(name).lower(): name for name in frame.columns}
    for name in ("codice", "cod_tot", "cod_dusaf", "dusaf", "codice_dusaf"):
        if name in names:
            return [
                "" if value is None or value != value else str(value).partition(".")[0]
                for value in frame[names[name]]
            ]
    return None


@check("livello_di_servizio")
def service_level(plan, controllo):
    lacking = _needs(plan, "LUM")
    if lacking:
        return lacking
    failing, tried = [], 0
    own, _ = _own_lum(plan)
    for row in own:
        level, least = _value(row, "livello_servizio"), controllo.parametri.get(row.rango)
        if level is None or least is None:
            continue
        tried += 1
        if level < least - 1e-9:
            failing.append(
                _of_lum(
                    row, {"v": float(level)}, valore=float(level), soglia=least, unita="su 100",
                    margine=float(level) - least,
                )
            )  # fmt: skip
    return Outcome(
        tried, failing, () if tried == len(own) else ("campo:livello_servizio",), len(own)
    )


@check("stato_del_lum")
def lum_state(plan, controllo):
    lacking = _needs(plan, "LUM")
    if lacking:
        return lacking
    planned = [row for row in _rows(plan.lum) if _value(row, "stato") in PLANNED]
    own = plan.supply()
    failing = []
    for row in sorted(planned, key=lambda row: str(row.id_lum)):
        # Dependent is what the plan itself ties to the LUM, not what happens to lie there.
        tied = sorted(own["id_servizio"][own["id_lum"] == row.id_lum].astype(str))
        if tied:
            failing.append(_of_lum(row, altri=tuple(tied), valore=len(tied), soglia=0))
    concerned = [row for row in planned if row.id_lum in {one.id_lum for one in _own_lum(plan)[0]}]
    tried = max(len(concerned), len(failing))
    return Outcome(tried, failing)
