"""Checks on the data themselves: identifiers, geometries, fields (STTM2-103 … 119)."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from shapely.prepared import prep

from ..context import meeting, points_of, sound
from ..names import name_similarities, prepare_names
from ..pairs import pairs_within
from ..schema import DOMAINS, SERVICES
from .common import (
    area_of,
    date_of,
    each,
    is_area,
    located,
    mapped,
    months_before,
    name_of,
)
from .engine import TODAY, Failing, Outcome, boxed_of, check

_ALIASES = {field.name: field.alias or field.name for field in SERVICES}


@check("identificativo_univoco")
def unique_ids(plan, controllo):
    own, istat = plan.own, plan.comune.istat
    counts = Counter(own["id_servizio"])
    failing = []
    lacking = counts.pop(None, 0)
    if lacking:
        failing.append(Failing(istat, ("campo:id_servizio",), lacking, 0, testo={"n": lacking}))
    first = own.drop_duplicates("id_servizio").set_index("id_servizio").geometry
    for key in sorted(key for key, number in counts.items() if number > 1):
        number = counts[key]
        failing.append(Failing(key, (), number, 1, geometry=first[key], testo={"n": number}))
    return Outcome(len(own), failing)


@check("sistema_ammesso")
def allowed_crs(plan, controllo):
    allowed = [f"EPSG:{code}" for code in controllo.parametri["epsg"]]
    failing = []
    if plan.crs not in allowed:
        read = {"epsg": plan.crs}
        failing.append(Failing(plan.comune.istat, (), plan.crs, allowed, testo=read, impronta=read))
    return Outcome(1 if len(plan.own) else 0, failing)


@check("geometria_presente")
def geometry_present(plan, controllo):
    frame = plan.own[_of_spatial_layers(plan.own)]
    return each(frame, ~located(frame), lambda row: {}, len(frame))


def _of_spatial_layers(frame):
    """Return which rows come from a layer that has a place for geometries."""
    if "_spatial" in frame.columns:
        return frame["_spatial"].to_numpy(dtype=bool)
    if "_layer" not in frame.columns:
        return np.ones(len(frame), dtype=bool)
    some = set(frame["_layer"][located(frame)])
    return frame["_layer"].isin(some).to_numpy()


@check("geometria_valida")
def geometry_valid(plan, controllo):
    frame = plan.own_where(located(plan.own))
    return each(frame, ~frame.geometry.is_valid, lambda row: {}, len(frame))


@check("estensione_attesa", scenario=TODAY)
def expected_extent(plan, controllo):
    frame = plan.own_where(located(plan.own))
    ground, exact = _ground(plan)
    if ground is None or not len(frame):
        return Outcome(0, missing=("COMUNI",), concerned=len(frame))
    reach, most = controllo.parametri["tampone_m"], controllo.parametri["quota"]
    away = _away(plan, frame, ground)
    outside = int((away > reach + 1e-6).sum())
    share = outside / len(frame)
    if share > most + 1e-9:
        text = {"n": outside, "totale": len(frame)}
        failing = [
            Failing(
                plan.comune.istat, (), share, most, "quota 0-1", most - share, text,
                impronta={"fuori": sorted(frame["id_servizio"][away > reach + 1e-6].astype(str))},
            )
        ]  # fmt: skip
        return Outcome(len(frame), failing)
    return Outcome(len(frame) if exact else 0, missing=() if exact else ("COMUNI",))


def _away(plan, frame, ground):
    """Return the metres from the comune of each of its located services, found once a plan."""
    found = getattr(plan, "_metres_away", None)
    if found is None:
        near = prep(ground).intersects
        found = plan._metres_away = np.array(
            [0.0 if near(shape) else shape.distance(ground) for shape in frame.geometry.to_numpy()]
            + [0.0]
        )[:-1]
    return found


def _ground(plan):
    """Return (the comune's polygon, True), or (its bundled box, False), or (None, False).

    Whoever is outside the box is outside the comune; inside it nothing is certain.
    """
    if plan.boundary is not None:
        return plan.boundary, True
    if plan.crs not in ("EPSG:32632", "EPSG:25832", "EPSG:7791", "EPSG:6707"):
        return None, False
    from shapely.geometry import box

    from ..places import bundled_boxes

    return box(*bundled_boxes()[plan.comune.istat]), False


@check("dentro_il_confine")
def inside_the_border(plan, controllo):
    if expected_extent(plan, plan.pack.check("STTM2-107")).failing:
        return Outcome(0)
    frame = plan.own_where(located(plan.own))
    ground, exact = _ground(plan)
    if ground is None or not len(frame):
        return Outcome(0, missing=("COMUNI",), concerned=len(frame))
    away = _away(plan, frame, ground)
    outside = away > 1e-6
    metres = dict(zip(frame.index, away))

    def make(row):
        distance = float(metres[row.Index])
        return {"valore": distance, "soglia": 0.0, "unita": "m", "margine": -distance}

    tried = len(frame) if exact else int(outside.sum())
    return each(frame, outside, make, tried, missing=() if exact else ("COMUNI",))


@check("geometria_attesa")
def expected_geometry(plan, controllo):
    categories = plan.pack.categorie
    expected = plan.own["codice_sttm"].map(
        lambda code: categories[code].geometria_attesa if code in categories else None
    )
    concerned = located(plan.own) & expected.notna().to_numpy() & (expected != "qualsiasi")
    frame, expected = plan.own_where(concerned), expected[np.asarray(concerned, dtype=bool)]
    # An area always serves where a point is expected.
    wrong = (expected == "poligono").to_numpy() & ~is_area(frame)
    return each(
        frame,
        wrong,
        lambda row: {
            "valore": "punto",
            "soglia": "poligono",
            "testo": {"tipo": "puntuale", "atteso": "poligonale"},
        },
        len(frame),
    )


@check("duplicati_interni")
def duplicates(plan, controllo):
    frame = plan.own_where(located(plan.own) & plan.own["codice_sttm"].notna())
    limits = controllo.parametri
    kinds = frame["codice_sttm"].factorize(sort=True)[0]
    ids, names = (frame[name].to_numpy(dtype=object) for name in ("id_servizio", "denominazione"))
    shapes = frame["geometry"].to_numpy()
    areas = is_area(frame)
    i, j, metres = pairs_within(boxed_of(frame), limits["distanza_m"], kinds)
    # Of records with one id the last pair counts: in a set order.
    order = np.lexsort((j, i, kinds[i]))
    i, j, metres = i[order], j[order], metres[order]
    rows, at = np.unique(np.concatenate((i, j)), return_inverse=True)
    one, other = at.reshape(2, -1)
    likeness = name_similarities(prepare_names(names[rows]), one, other)
    alike = likeness >= limits["similarita"] - 1e-9
    failing = {}
    for at in np.flatnonzero(alike | (areas[i] & areas[j])).tolist():
        one, other = sorted((i[at], j[at]), key=lambda row: str(ids[row]))
        if alike[at]:
            value, limit, unit = float(likeness[at]), limits["similarita"], "similarità dei nomi"
        else:
            value, limit = _overlap(shapes[one], shapes[other]), limits["iou"]
            unit = "sovrapposizione (IoU)"
            if value < limit - 1e-9:
                continue
        a, b = (names[row] or "servizio senza nome" for row in (one, other))
        failing[ids[one], ids[other]] = Failing(
            ids[one],
            (ids[other],),
            value,
            limit,
            unit,
            limit - value,
            {"n": 1, "a": a, "b": b, "metri": float(metres[at])},
            shapes[one],
        )
    return Outcome(len(frame), list(failing.values()))


def _overlap(one, other) -> float:
    """Return the share of two areas' union that they have in common."""
    if one.area <= 0 or other.area <= 0:
        return 0.0
    common = _common(one, other)
    return common / (one.area + other.area - common)


def _common(one, other) -> float:
    return _sound(one).intersection(_sound(other)).area


def _sound(shape):
    return shape if shape.is_valid else shape.buffer(0)


@check("sovrapposizioni")
def overlaps(plan, controllo):
    frame = plan.own_where(is_area(plan.own)).reset_index(drop=True)
    least, share = controllo.parametri["area_mq"], controllo.parametri["quota"]
    failing = []
    # Invalid areas are another check's: here they are taken as repaired.
    shapes = sound(frame.geometry)
    codes = frame["codice_sttm"]
    for i, j in zip(*meeting(shapes, shapes)):
        if i >= j or codes[i] == codes[j]:
            continue
        common = shapes[i].intersection(shapes[j]).area
        part = common / min(shapes[i].area, shapes[j].area) if common else 0.0
        if common > least + 1e-6 and part > share + 1e-9:
            one, other = sorted((i, j), key=lambda row: str(frame.at[row, "id_servizio"]))
            failing.append(
                Failing(
                    frame.at[one, "id_servizio"],
                    (frame.at[other, "id_servizio"],),
                    common,
                    least,
                    "mq",
                    least - common,
                    {
                        "a": frame.at[one, "denominazione"],
                        "b": frame.at[other, "denominazione"],
                        "area": round(common),
                    },
                    frame.at[one, "geometry"],
                )
            )
    return Outcome(len(frame), failing)


@check("poligoni_minimi")
def slivers(plan, controllo):
    frame = plan.own_where(is_area(plan.own))
    least = controllo.parametri["area_mq"]

    def make(row):
        area = row.geometry.area
        return {
            "valore": area,
            "soglia": least,
            "unita": "mq",
            "margine": area - least,
            "testo": {"soglia": least, "area": area},
        }

    return each(frame, frame.geometry.area < least - 1e-6, make, len(frame))


# STTM2-113 names them: an error for the first, a warning that can be explained for the others.
_ESSENTIAL = ("denominazione", "codice_sttm", "fonte")
_ADVISED = ("gestore", "stato", "data_rif", "data_inizio_validita")


@check("attributi_essenziali", scenario=TODAY)
def essential_fields(plan, controllo):
    own, most = plan.own, controllo.parametri["quota"]
    conditions = controllo.parametri.get("condizionati", {})
    failing = []
    for name in (*_ESSENTIAL, *_ADVISED, *conditions):
        asked = own
        for other, values in conditions.get(name, {}).items():
            asked = asked[asked[other].isin(values) if values else asked[other].notna()]
        lacking = asked[asked[name].isna()]
        if len(asked) and len(lacking) / len(asked) > most:
            failing.append(
                Failing(
                    plan.comune.istat,
                    (f"campo:{name}",),
                    len(lacking),
                    most * len(asked),
                    "valori mancanti",
                    most * len(asked) - len(lacking),
                    {"campo": _ALIASES[name], "n": len(lacking)},
                    impronta={name: sorted(str(key) for key in lacking["id_servizio"])},
                    severita=None if name in _ESSENTIAL else "avviso",
                    ammette=None if name in _ESSENTIAL else True,
                )
            )
    return Outcome(len(own), failing)


@check("domini_rispettati")
def domains(plan, controllo):
    own = plan.own
    known = {name: set(values) for name, values in DOMAINS.items() if name not in _COMPUTED}
    known["codice_sttm"] = set(plan.pack.categorie)
    failing = []
    for name, allowed in sorted(known.items()):
        wrong = own[own[name].notna() & ~own[name].isin(allowed)]
        failing += [_unforeseen(row, name, allowed) for row in wrong.itertuples()]
    types = {
        code: {kind.tipo_specifico for kind in kinds}
        for code, kinds in plan.pack.tipi_specifici.items()
    }
    # A category without a list takes any specific type.
    for row in own[own["tipo_specifico"].notna() & own["codice_sttm"].isin(types)].itertuples():
        if row.tipo_specifico not in types[row.codice_sttm]:
            failing.append(_unforeseen(row, "tipo_specifico", types[row.codice_sttm]))
    return Outcome(len(own), failing)


def _unforeseen(row, name, allowed):
    value = getattr(row, name)
    return Failing(
        row.id_servizio,
        (f"campo:{name}",),
        value,
        sorted(allowed, key=str) if len(allowed) < 20 else None,
        testo={"campo": _ALIASES[name], "v": value, "nome": name_of(row)},
        geometry=row.geometry,
    )


_COMPUTED = ("valenza_calcolata", "esito")


@check("istat_coerente")
def istat_matches(plan, controllo):
    own = plan.own
    # What is in the plan with another code has one that no comune has (``reference.own_rows``).
    right = (own["istat"] == plan.comune.istat).to_numpy(dtype=bool)
    failing = [
        Failing(
            row.id_servizio,
            (),
            row.istat,
            plan.comune.istat,
            testo={"nome": name_of(row), "a": row.istat or "mancante", "b": plan.comune.istat},
            geometry=row.geometry,
        )
        for row in own[~right].itertuples()
    ]
    frame = plan.own_where(located(own) & right).reset_index(drop=True)
    if plan.comuni is None:
        return Outcome(len(failing), failing, ("COMUNI",) if len(frame) else ())
    where = np.full(len(frame), None, dtype=object)
    codes = plan.comuni["istat"].to_numpy(dtype=object)
    for row, number in zip(*meeting(points_of(frame.geometry), plan.comuni.geometry)):
        if where[row] is None or codes[number] == plan.comune.istat:
            where[row] = codes[number]
    inside = np.zeros(len(frame), dtype=bool)
    if plan.boundary is not None:
        # Those outside the border are STTM2-108's.
        away = _away(plan, plan.own_where(located(own)), plan.boundary)
        inside = away[right[located(own)]] <= 1e-6
    for row in frame[inside & (where != plan.comune.istat)].itertuples():
        found = where[row.Index]
        failing.append(
            Failing(
                row.id_servizio,
                (),
                found,
                plan.comune.istat,
                testo={"nome": name_of(row), "a": row.istat, "b": found or "nessun comune noto"},
                geometry=row.geometry,
            )
        )
    missing = () if plan.boundary is not None or not len(frame) else ("COMUNI",)
    return Outcome(len(own) if plan.boundary is not None else len(failing), failing, missing)


@check("date_coerenti")
def dates(plan, controllo):
    names = ("data_inizio_validita", "data_fine_validita", "data_rif")
    latest = months_before(plan.oggi, -controllo.parametri["mesi_futuri"])
    own = plan.own
    texts = [own[name].to_numpy(dtype=object) for name in names]
    given = np.any([column != np.array(None) for column in texts], axis=0)
    days = [
        mapped(column, lambda text: None if text is None else date_of(text)) for column in texts
    ]
    states = own["stato"].to_numpy(dtype=object)
    found: dict = {}
    # Few combinations of dates and state stand for all services.
    for position, told in enumerate(zip(*texts, *days, states)):
        if given[position]:
            found.setdefault(told, []).append(position)
    failing = []
    for told, positions in found.items():
        fault = _wrong_dates(told[:3], told[3:6], told[6], plan.oggi, latest)
        failing += [(position, fault) for position in positions if fault]
    rows = sorted(failing)
    frame = own.iloc[[position for position, _ in rows]]
    return Outcome(
        int(given.sum()),
        [
            Failing(row.id_servizio, (), fault, testo={"nome": name_of(row)}, geometry=row.geometry)
            for row, (_, fault) in zip(frame.itertuples(), rows)
        ],
    )


def _wrong_dates(texts, days, state, today, latest):
    """Return what is wrong with the begin, the end and the date of reference, None if nothing."""
    for text, day in zip(texts, days):
        if text is not None and day is None:
            return text
    begin, end, seen = days
    if begin and end and begin > end:
        return f"inizio {begin} dopo la fine {end}"
    if seen and seen > today:
        return f"riferimento {seen} nel futuro"
    if begin and state in (None, "esistente") and begin > latest:
        return f"inizio {begin} dopo il {latest} per un servizio esistente"
    return None


@check("dato_aggiornato")
def up_to_date(plan, controllo):
    months = controllo.parametri["mesi"]
    oldest = months_before(plan.oggi, months)
    days = mapped(plan.own["data_rif"], date_of)
    dated = days != np.array(None)
    known = plan.own_where(dated)
    old = mapped(days[dated], lambda day: day < oldest).astype(bool)

    def make(row):
        return {
            "valore": row.data_rif,
            "soglia": oldest.isoformat(),
            "margine": float((date_of(row.data_rif) - oldest).days),
            "unita": "giorni",
            "testo": {"mesi": int(months)},
        }

    lacking = len(plan.own) - len(known)
    missing = ("campo:data_rif",) if lacking else ()
    return each(known, old, make, len(known), missing=missing, concerned=len(plan.own))


@check("valori_plausibili")
def plausible(plan, controllo):
    own = plan.own
    failing, tried = [], np.zeros(len(own), dtype=bool)
    areas = area_of(own)
    codes = own["codice_sttm"].to_numpy(dtype=object)
    units = own["capacita_um"].to_numpy(dtype=object)
    values = {"superficie_mq": areas, "capacita": own["capacita"].to_numpy(dtype=float)}
    told = _Told(own)
    limits = [
        (one.campo, (codes == one.codice_categoria) & _same_unit(one, units), one)
        for one in plan.pack.intervalli
    ]
    for name, mask, one in limits:
        value = values[name]
        known = mask & ~np.isnan(value)
        tried |= known
        for position in np.flatnonzero(known & ((value < one.minimo) | (value > one.massimo))):
            number = float(value[position])
            limit = one.minimo if number < one.minimo else one.massimo
            margin = number - limit if number < one.minimo else limit - number
            failing.append(told.implausible(position, name, number, limit, one.unita, margin))
    flagged = {(one.id_oggetto, one.altri) for one in failing}
    for name in ("superficie_mq", "superficie_dichiarata_mq", "capacita", "utenti_fuori_comune"):
        value = own[name].to_numpy(dtype=float)
        most = 1.0 if name == "utenti_fuori_comune" else np.inf
        tried |= ~np.isnan(value)
        for position in np.flatnonzero((value < 0) | (value > most)):
            number = float(value[position])
            limit = 0.0 if number < 0 else most
            one = told.implausible(position, name, number, limit, None, -abs(number - limit))
            if (one.id_oggetto, one.altri) not in flagged:
                failing.append(one)
    return Outcome(int(tried.sum()), failing)


def _same_unit(interval, units):
    from ..text import normalise

    if interval.campo != "capacita":
        return np.ones(len(units), dtype=bool)
    wanted = normalise(interval.capacita_um.replace("_", " "))
    same = mapped(
        units, lambda unit: unit is not None and normalise(unit.replace("_", " ")) == wanted
    )
    return same.astype(bool)


class _Told:
    """The columns a message on a number of a service asks for."""

    def __init__(self, own):
        self._ids, self._names, self._shapes = (
            own[name].to_numpy(dtype=object)
            for name in ("id_servizio", "denominazione", "geometry")
        )

    def implausible(self, position, name, value, limit, unit, margin):
        called = self._names[position] or "servizio senza nome"
        return Failing(
            self._ids[position],
            (f"campo:{name}",),
            value,
            limit,
            unit,
            margin,
            {"nome": called, "attributo": _ALIASES[name], "v": value},
            self._shapes[position],
        )


# UTF-8 read as Latin-1 or Windows-1252, the replacement character, control characters.
_BROKEN = re.compile(
    "Ã(?=\\s|$)|Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ¡-¿]|Â[\u00a0-\u00bf]|â€|ï¿½|\ufffd|"
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"
)


def _is_broken(value) -> bool:
    missing = value is None or value != value
    return not missing and _BROKEN.search(str(value)) is not None


@check("testi_leggibili")
def readable(plan, controllo):
    failing = []
    for name in controllo.campi:
        broken = mapped(plan.own[name], _is_broken).astype(bool)
        for row in plan.own[broken].itertuples() if broken.any() else ():
            failing.append(
                Failing(
                    row.id_servizio,
                    (f"campo:{name}",),
                    getattr(row, name),
                    testo={"n": 1, "nome": name_of(row), "campo": _ALIASES[name]},
                    geometry=row.geometry,
                )
            )
    return Outcome(len(plan.own), failing)
