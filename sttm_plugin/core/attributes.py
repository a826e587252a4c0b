"""Attributes of the valenza rules computed from the layers around the services.

Each is given only where it can be told: None is "not known", never "no".
"""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
from shapely.ops import unary_union

from .accessibility import METRES, NEAREST, Supply, make_options, measure, reach
from .context import POPULATION_FIELD, column_of, coordinates_of, istat_of_rows, meeting, sound
from .doubles import stands_for
from .huff import share_out
from .places import bundled_boxes
from .progress import asking
from .reference import comune_of
from .reference import comuni as all_comuni
from .snapping import attach_points
from .text import normalise
from .transit import ATTRIBUTES as TRANSIT
from .transit import transit_attributes
from .valenza_decision import model_names
from .wkb import read_shape

YES, NO = "si", "no"
_PLANNED = ("previsto", "in_corso")
# The categories whose capacity per resident the pack knows: standard_capacita.<codice>.
_STANDARD = "standard_capacita."


def compute_attributes(
    services, pack, comuni=None, lum=None, population=None, street=None, timetable=None,
    stops=None, protected=None, on_progress=None,
):  # fmt: skip
    """Compute what the rules read and the services don't carry.

    Args:
        services: services frame, whole: the comune's and the others'.
        comuni: ``core.context.comuni_frame``; lum: ``core.context.lum_frame``;
        population: ``core.context.population_frame``. None where not given.
        street: ``core.accessibility.Street``; None is the straight line times the pack's detour.
        timetable: ``core.gtfs.Timetable``. stops: stops with ``tipo``. protected: parks with their
        kind.
        on_progress: share 0-1 → False to stop.

    Returns:
        {attribute, or (attribute, valenza): object (n,)}; with ``lum`` also ``id_lum`` and
        ``in_lum``; the double of a service has that one's. None when stopped.

    Source: CRITERI_VALENZA, column *formula*, of the rules named beside each function.
    """
    stand_in = stands_for(services)
    active = np.flatnonzero(stand_in == np.arange(stand_in.size))
    if active.size < stand_in.size:
        # A double is no second supply: it is told what its service is.
        whole = services.iloc[active].reset_index(drop=True)
        found = compute_attributes(
            whole, pack, comuni=comuni, lum=lum, population=population, street=street,
            timetable=timetable, stops=stops, protected=protected, on_progress=on_progress,
        )  # fmt: skip
        place = np.searchsorted(active, stand_in)
        return found and {name: values[place] for name, values in found.items()}
    count = len(services)
    if population is not None:
        # Asked by each attribute: where every row says its comune nothing is searched again.
        population = population.assign(istat=istat_of_rows(population, comuni))
    found = {
        "ente_programmatore_sovracomunale": planner_above(services, pack),
        "n_simili_comuni_contermini": similar_nearby(services, comuni),
        "n_simili_cmm": similar_in_cmm(services),
        "eccedenza_capacita": excess_capacity(services, pack),
        _GREEN: green_per_resident(services, pack),
        _BEDS: beds_per_thousand(services, pack),
    }
    within = np.full(count, None, dtype=object)
    if lum is not None:
        within, rank = lum_of(services, lum)
        found["id_lum"] = within
        found["in_lum"] = np.array([each is not None for each in within], dtype=object)
        found["rango_lum"] = rank
    found["in_lum_polo_o_citta_centrale"] = well_placed(services, within, lum is not None)
    if comuni is not None:
        found["attraversa_confine_comunale"] = across_border(services, comuni, pack)
    if population is not None:
        people = outside_people(services, pack, comuni, population, street, on_progress)
        if people is None:
            return None
        found[_PEOPLE] = people
        driving = people_within_a_drive(services, pack, comuni, population, street, on_progress)
        if driving is None:
            return None
        found[_DRIVE] = driving
        shared = shared_catchments(services, pack, comuni, population, street, on_progress)
        if shared is None:
            return None
        found.update(shared)
    if protected is not None:
        found[_PARK] = in_local_park(services, pack, protected)
    if timetable is not None or stops is not None:
        public = transit_attributes(
            services, pack, timetable, stops, comuni, population, street, on_progress
        )
        if public is None:
            return None
        found.update(public)
    if comuni is not None:
        _comuni_of_parks(found, services, pack, comuni)
    return found


def reads_of(pack):
    """Return what ``compute_attributes`` reads of a pack: equal for two packs, equal attributes."""
    return (
        {name: one for name, one in pack.parametri.items() if name not in model_names(pack)},
        {code: catchment_limits(pack, code) for code in pack.categorie},
        {
            (rule.codice_categoria, rule.attributo, rule.valenza)
            for rule in pack.regole
            if rule.attributo in (_PEOPLE, _GREEN, _BEDS, "n_comuni_serviti")
        },
        {
            rule.codice_categoria: rule.tempo_max_min
            for rule in pack.regole
            if rule.attributo == _DRIVE
        },
        {
            (rule.codice_categoria, rule.attributo, rule.tempo_max_min, rule.soglia)
            for rule in pack.regole
            if rule.attributo in (_PARK, *TRANSIT)
        },
        pack.testi.get("fermate"),
        pack.testi.get("aree_protette"),
        {
            name: one.unita
            for name, one in pack.parametri_descritti.items()
            if name.startswith(_STANDARD)
        },
        pack.testi.get("enti_programmatori"),
        pack.lum.get("ranghi"),
    )


def lum_of(services, lum):
    """Return the LUM each service lies in and its rank, object (n,) each; rank "nessuno" outside.

    A point on the edge is inside. An area: the LUM that holds most of it; several as good: the
    metropolitano, then the lower id. A planned LUM holds only planned services.
    """
    count = len(services)
    within = np.full(count, None, dtype=object)
    rank = np.full(count, None, dtype=object)
    located = ~(services.geometry.isna() | services.geometry.is_empty).to_numpy(dtype=bool)
    rank[located] = "nessuno"
    ids = lum["id_lum"].to_numpy(dtype=object)
    ranks = _column(lum, "rango")
    planned_lum = np.isin(_column(lum, "stato").astype(str), _PLANNED)
    planned = services["stato"].isin(_PLANNED).to_numpy()
    shapes, grounds = services.geometry.to_numpy(), lum.geometry.to_numpy()
    best: dict = {}
    for row, number in zip(*meeting(services.geometry, lum.geometry)):
        if planned_lum[number] and not planned[row]:
            continue
        shape = shapes[row]
        held = shape.intersection(grounds[number]).area if shape.area > 0 else 1.0
        if shape.area > 0 and held <= 0:
            continue
        key = (-round(held, 2), ranks[number] != "metropolitano", str(ids[number]))
        if row not in best or key < best[row][0]:
            best[row] = (key, number)
    for row, (_, number) in best.items():
        within[row], rank[row] = ids[number], ranks[number]
    return within, rank


def well_placed(services, within, lum_known):
    """GEN-R14: in a LUM, or in a comune that is polo or città centrale."""
    found = np.full(len(services), None, dtype=object)
    memo: dict = {}
    located = ~(services.geometry.isna() | services.geometry.is_empty).to_numpy(dtype=bool)
    for row, code in enumerate(asking(services["istat"])):
        if code not in memo:
            known = comune_of(code) if code is not None else None
            memo[code] = None if known is None else bool(known.polo or known.citta_centrale)
        if memo[code] or within[row] is not None:
            found[row] = YES
        elif memo[code] is False and lum_known and located[row]:
            found[row] = NO
    return found


def planner_above(services, pack):
    """GEN-R17: whether the body that plans the service covers several comuni, by its name."""
    words = pack.testi.get("enti_programmatori", {})
    above = [f" {normalise(word)} " for word in words.get("sovracomunali", ())]
    own = [f" {normalise(word)} " for word in words.get("comunali", ())]
    memo: dict = {None: None}
    found = np.full(len(services), None, dtype=object)
    for row, name in enumerate(services["ente_pianificatore"]):
        if name not in memo:
            text = f" {normalise(name)} "
            if any(word in text for word in above):
                memo[name] = YES
            else:
                memo[name] = NO if any(word in text for word in own) else None
        found[row] = memo[name]
    return found


def similar_nearby(services, comuni=None):
    """GEN-R13: active services of the same category in the bordering comuni.

    Known only where every bordering comune has some record here. Neighbours: the bundled
    table's, which has those of the metropolitan city only, and those that touch in ``comuni``.
    """
    known, counts = _counts(services, ["codice_sttm"])
    touching = _touching(comuni)
    found = np.full(len(services), None, dtype=object)
    for row, (istat, code) in enumerate(zip(services["istat"], services["codice_sttm"])):
        comune = comune_of(istat) if istat is not None else None
        near = set(touching.get(istat, ()))
        near.update(comune.contermini if comune is not None else ())
        if code is not None and near and near <= known:
            found[row] = sum(counts.get((one, code), 0) for one in near)
    return found


def similar_in_cmm(services):
    """GEN-R24: active services of the same category and specific type in the 133 comuni.

    Known only where every comune has some record here: a partial list would make each rare.
    """
    known, counts = _counts(services, ["codice_sttm", "tipo_specifico"])
    found = np.full(len(services), None, dtype=object)
    if not set(all_comuni()) <= known:
        return found
    total: Counter = Counter()
    for (_, *kind), number in counts.items():
        total[tuple(kind)] += number
    kinds = zip(services["codice_sttm"], services["tipo_specifico"])
    for row, (code, kind) in enumerate(kinds):
        if code is not None:
            found[row] = total[(code, kind)]
    return found


def _counts(services, kinds):
    """Return (comuni with a record, {(istat, *kinds): active services}).

    The sites of a complex are one; the two readings list the same ground twice: the richer counts.
    """
    known = {code for code in services["istat"] if code is not None}
    state = services["stato"]
    active = services[(state.isna() | (state == "esistente")) & services["codice_sttm"].notna()]
    whole = active["id_complesso"].where(active["id_complesso"].notna(), active["id_servizio"])
    distinct: dict = {}
    columns = [active[name] for name in ("istat", *kinds)]
    for key, reading, one in asking(zip(zip(*columns), active["lettura"].fillna(1), whole)):
        distinct.setdefault((key, reading), set()).add(one)
    counts: dict = {}
    for (key, _), members in distinct.items():
        counts[key] = max(counts.get(key, 0), len(members))
    return known, counts


def _touching(comuni):
    """Return {istat: codes of the comuni that touch it}."""
    found: dict = {}
    if comuni is None:
        return found
    codes = comuni["istat"].to_numpy(dtype=object)
    # Boundaries of different sources rarely coincide to the millimetre.
    for one, other in zip(*meeting(comuni.geometry.buffer(1.0), comuni.geometry)):
        if one != other:
            found.setdefault(codes[one], []).append(codes[other])
    return found


def excess_capacity(services, pack):
    """GEN-R12: capacity over what the residents of the comune need, where the pack has a standard.

    The unit of ``capacita`` must be that of the standard (posti letto, volumi).
    """
    found = np.full(len(services), None, dtype=object)
    codes = services["codice_sttm"].to_numpy(dtype=object)
    for name, described in pack.parametri_descritti.items():
        if not name.startswith(_STANDARD):
            continue
        unit = normalise(described.unita.partition("/")[0])
        for row in np.flatnonzero(codes == name[len(_STANDARD) :]):
            size = _size(services, row, unit)
            comune = comune_of(services["istat"].iat[row])
            if size is not None and comune is not None:
                found[row] = size / (comune.popolazione * described.valore)
    return found


def _size(services, row, unit):
    """Return the capacity of a service in a unit, from ``capacita`` or from ``attributi``."""
    if normalise((services["capacita_um"].iat[row] or "").replace("_", " ")) == unit:
        size = services["capacita"].iat[row]
        if size == size:
            return float(size)
    try:
        entries = json.loads(services["attributi"].iat[row] or "{}")
    except ValueError:
        return None
    if not isinstance(entries, dict):
        return None
    for name, entry in sorted(entries.items()):
        words = normalise(name.replace("_", " "))
        if isinstance(entry, dict) and (words == unit or words.endswith(f" {unit}")):
            try:
                return float(entry.get("valore"))
            except (TypeError, ValueError):
                return None
    return None


def green_per_resident(services, pack):
    """VER.01-R09: m² of existing green areas of a comune for each of its residents.

    Known only where each of them has a measured area. The two readings list the same ground
    twice: the larger total counts.
    """
    found = np.full(len(services), None, dtype=object)
    kind = _of_rule(services, pack, _GREEN)
    state = services["stato"]
    active = kind & (state.isna() | (state == "esistente")).to_numpy()
    totals: dict = {}
    chosen = services[active]
    for istat, reading, area in zip(
        chosen["istat"], chosen["lettura"].fillna(1), chosen["superficie_mq"]
    ):
        by_reading = totals.setdefault(istat, {})
        by_reading[reading] = by_reading.get(reading, 0.0) + area
    for row in np.flatnonzero(kind):
        istat = services["istat"].iat[row]
        comune = comune_of(istat) if istat is not None else None
        known = [total for total in totals.get(istat, {}).values() if total == total]
        if comune is not None and known and len(known) == len(totals[istat]):
            found[row] = max(known) / comune.popolazione
    return found


def beds_per_thousand(services, pack):
    """SAN.01-R07: existing beds for every thousand residents of the metropolitan city.

    Known only where every comune has some record here, and every hospital its beds.
    """
    found = np.full(len(services), None, dtype=object)
    kind = _of_rule(services, pack, _BEDS)
    state = services["stato"]
    active = kind & (state.isna() | (state == "esistente")).to_numpy()
    if not kind.any() or not set(all_comuni()) <= set(services["istat"].dropna()):
        return found
    totals: dict = {}
    for row in np.flatnonzero(active):
        beds = _size(services, row, "posti letto")
        if beds is None:
            return found
        reading = services["lettura"].iat[row]
        reading = reading if reading == reading else 1
        totals[reading] = totals.get(reading, 0.0) + beds
    if totals:
        residents = sum(comune.popolazione for comune in all_comuni().values())
        found[kind] = 1000 * max(totals.values()) / residents
    return found


def _of_rule(services, pack, attribute):
    """Return where a service is of a category with a rule on an attribute, bool (n,)."""
    codes = {rule.codice_categoria for rule in pack.regole if rule.attributo == attribute}
    return services["codice_sttm"].isin(codes).to_numpy()


_GREEN, _BEDS = "mq_ab_parchi_urbani_territoriali", "posti_letto_1000ab"


def across_border(services, comuni, pack):
    """VER.01-R05: an area of which at least two comuni hold ``quota_area_comune`` each."""
    least = pack.parametri["quota_area_comune"]
    found = np.full(len(services), None, dtype=object)
    for row, shares in _parts_in_comuni(services, comuni).items():
        held = sum(share >= least - 1e-9 for share in shares.values())
        # Outside every comune known here nothing can be said.
        if held:
            found[row] = YES if held >= 2 else NO
    return found


_PARK = "in_plis_o_parco_regionale_attrezzato"


def in_local_park(services, pack, protected):
    """VER.01-R04: an area most of which lies in a PLIS or in the equipped part of a regional park.

    The layer says the kind of each park, and of a regional one whether it is equipped; the words
    are the pack's. "no" only where the layer knows PLIS at all.
    """
    found = np.full(len(services), None, dtype=object)
    words = pack.testi.get("aree_protette", {})
    least = pack.parametri.get("quota_area_parco")
    kinds = column_of(protected, "tipo", "tipologia", "categoria", "classe", "tipo_area")
    if least is None or kinds is None:
        return found
    local = _says(kinds, words.get("plis", ()))
    equipped = np.zeros(len(protected), dtype=bool)
    for name in ("attrezzata", "fruibile", "fruizione", "zona", "azzonamento"):
        column = column_of(protected, name)
        if column is not None:
            equipped |= _says(column, words.get("attrezzata", ()))
    equipped &= _says(kinds, words.get("parco_regionale", ()))
    parks = sound(protected.geometry[local | equipped].reset_index(drop=True))
    shapes = sound(services.geometry)
    areal = _of_rule(services, pack, _PARK) & (shapes.area > 0).to_numpy()
    meeting_parks: dict = {}
    for row, park in zip(*meeting(shapes.where(areal, None), parks)):
        meeting_parks.setdefault(int(row), []).append(parks.iloc[park])
    for row in np.flatnonzero(areal).tolist():
        shape = shapes.iloc[row]
        pieces = [shape.intersection(park) for park in meeting_parks.get(row, ())]
        held = unary_union(pieces).area / shape.area if pieces else 0.0
        if held >= least - 1e-9:
            found[row] = YES
        elif local.any():
            found[row] = NO
    return found


def _says(column, words):
    """Return which texts hold one of some words, bool (n,); yes is as good as a word."""
    wanted = [f" {normalise(word)}" for word in words]

    def holds(value):
        if value is True:
            return True
        text = f" {normalise(str(value))}" if value is not None and value == value else ""
        return text in (" si", " true", " 1") or any(word in text for word in wanted)

    return np.array([holds(value) for value in column], dtype=bool)


def _parts_in_comuni(services, comuni):
    """Return {row of an area: {comune: share of the area in it}}."""
    shapes, grounds = services.geometry.to_numpy(), comuni.geometry.to_numpy()
    codes = comuni["istat"].to_numpy(dtype=object)
    areas = [row for row, shape in enumerate(shapes) if shape is not None and shape.area > 0]
    found: dict = {}
    for position, number in zip(*meeting(services.geometry.iloc[areas], comuni.geometry)):
        shape = shapes[areas[position]]
        share = shape.intersection(grounds[number]).area / shape.area
        found.setdefault(areas[position], {})[codes[number]] = share
    return found


def outside_people(services, pack, comuni, population, street=None, on_progress=None):
    """VER.01-R06: residents of other comuni within ``raggio_parchi_m`` of a green area.

    Along the network where there is one, else in a straight line times the pack's detour.
    Each area of the population counts where its point lies. Known only where the population of
    every bordering comune is given. None when stopped.
    """
    found = np.full(len(services), None, dtype=object)
    codes = services["codice_sttm"].to_numpy(dtype=object)
    green = {rule.codice_categoria for rule in pack.regole if rule.attributo == _PEOPLE}
    shapes = services.geometry.to_numpy()
    rows = [
        row
        for row, code in enumerate(codes)
        if code in green and shapes[row] is not None and services["istat"].iat[row] is not None
    ]
    homes = istat_of_rows(population, comuni)
    known = np.array([code is not None for code in homes], dtype=bool)
    if not rows or not known.any():
        return found
    x, y = coordinates_of(population.geometry)
    # Each area is a category of its own: its cost for every origin, in one pass.
    names = [str(row) for row in rows]
    supply = Supply(names, names, [read_shape(shapes[row].wkb) for row in rows])
    options = make_options(
        f"{pack.parametri['raggio_parchi_m']:g}",
        measures=(NEAREST,),
        strategy=METRES,
        detour=pack.parametri["tortuosita"],
    )
    result = measure(x, y, None, supply, street, options, on_progress)
    if result is None:
        return None
    people = population[POPULATION_FIELD].to_numpy()
    present = set(homes[known])
    for row, name in zip(rows, names):
        istat = services["istat"].iat[row]
        comune = comune_of(istat)
        if comune is not None and set(comune.contermini) <= present:
            outside = np.isfinite(result.categories[name].cost) & known & (homes != istat)
            found[row] = float(people[outside].sum())
    return found


_PEOPLE = "pop_2km_altri_comuni_ab"


def people_within_a_drive(services, pack, comuni, population, street=None, on_progress=None):
    """SIC.06-R03: residents within the rule's minutes by car, competitors not considered.

    Known only where every comune the limit reaches has inhabitants here, and the network, where
    there is one, reaches the service. None when stopped.
    """
    found = np.full(len(services), None, dtype=object)
    limits = {
        rule.codice_categoria: float(rule.tempo_max_min)
        for rule in pack.regole
        if rule.attributo == _DRIVE and rule.tempo_max_min
    }
    located = ~(services.geometry.isna() | services.geometry.is_empty).to_numpy(dtype=bool)
    homes = istat_of_rows(population, comuni)
    origins = _origins(population)
    codes = services["codice_sttm"].to_numpy(dtype=object)
    for code, minutes in sorted(limits.items()):
        rows = np.flatnonzero(located & (codes == code))
        if not rows.size:
            continue
        inhabited = _inhabited(origins, homes, street, pack)
        bounds = services.geometry.iloc[rows].to_crs("EPSG:32632").bounds.to_numpy()
        sure = [_around(each, minutes, pack, street) <= inhabited for each in bounds]
        rows = rows[np.array(sure, dtype=bool)]
        if not rows.size:
            continue
        names = [str(row) for row in rows]
        shapes = [read_shape(services.geometry.iat[row].wkb) for row in rows]
        options = make_options(
            f"{minutes:g}",
            speed=pack.parametri["velocita_auto_kmh"],
            detour=pack.parametri["tortuosita"],
        )
        x, y, people = origins
        supply = Supply(names, ["" for _ in names], shapes)
        pairs = reach(x, y, supply, street, options, on_progress)
        if pairs is None:
            return None
        service, origin, _, attached = pairs
        total = np.bincount(service, np.nan_to_num(people)[origin], minlength=rows.size)
        found[rows[attached]] = total[attached]
    return found


_DRIVE = "pop_entro_20_min_ab"


# The shared catchment ---------------------------------------------------------------------


def shared_catchments(services, pack, comuni, population, street=None, on_progress=None):
    """GEN-R08 … R22: who would use each service, its competitors considered (``core.huff``).

    By car, along the network where there is one, else in a straight line times the pack's
    detour; within the time limit that the rules of the category give to each valenza. A planned
    service competes with the existing ones and with the other planned ones. Known only where
    every comune of the metropolitan city that the limit reaches has both inhabitants (on the
    network, but for a few) and some service here; comuni of other provinces don't count.

    Returns:
        {(attribute, valenza): object (n,)}; None when stopped.
    """
    count = len(services)
    found: dict = {}
    for valenza in ("intercomunale", "metropolitana"):
        for name in _SHARED:
            found[name, valenza] = np.full(count, None, dtype=object)
    homes = istat_of_rows(population, comuni)
    origins = _origins(population)
    inhabited = _inhabited(origins, homes, street, pack)
    complete = inhabited & set(services["istat"].dropna())
    located = ~(services.geometry.isna() | services.geometry.is_empty).to_numpy(dtype=bool)
    state = services["stato"].to_numpy(dtype=object)
    existing = located & np.array([one in (None, "esistente") for one in state], dtype=bool)
    planned = located & np.isin(state.astype(str), _PLANNED)
    codes = services["codice_sttm"].to_numpy(dtype=object)
    # The envelopes of the bundled table are in this CRS.
    bounds = services.geometry.to_crs("EPSG:32632").bounds.to_numpy()
    work = []
    for code in sorted({code for code in codes if code in pack.categorie}):
        limits = catchment_limits(pack, code)
        for judged, supply in ((existing, existing), (planned, existing | planned)):
            rows = np.flatnonzero(judged & (codes == code))
            rows = [row for row in rows if services["istat"].iat[row] in complete]
            if limits and rows:
                work.append((limits, rows, np.flatnonzero(supply & (codes == code))))
    for number, (limits, rows, competing) in enumerate(work):
        if on_progress is not None and not on_progress(number / len(work)):
            return None
        sure = {
            minutes: [
                row for row in rows if _around(bounds[row], minutes, pack, street) <= complete
            ]
            for minutes in set(limits.values())
        }
        if not any(sure.values()):
            continue
        progress = _part_of(on_progress, number, len(work))
        if not _share(
            found, services, pack, origins, homes, limits, sure, competing, street, progress
        ):
            return None
    return found


def _part_of(on_progress, number, total):
    return on_progress and (lambda share: on_progress((number + share) / total))


_SHARED = (
    "bacino_effettivo_ab",
    "n_comuni_serviti",
    "quota_utenti_esterni",
    "quota_utenti_fuori_zo",
    "n_zo_servite",
)


def catchment_limits(pack, code):
    """Return {valenza: minutes} of the catchment's rules of a category."""
    return {
        rule.valenza: float(rule.tempo_max_min)
        for rule in pack.rules_for(code)
        if rule.attributo == "bacino_effettivo_ab" and rule.tempo_max_min
    }


def _origins(population):
    """Return x, y, inhabitants of each row of the population, NaN without a place."""
    people = population[POPULATION_FIELD].to_numpy(dtype=float)
    return (*coordinates_of(population.geometry), people)


def _inhabited(origins, homes, street, pack) -> set:
    """Return the comuni with inhabitants here, and on the network where there is one."""
    x, y, people = origins
    placed = np.isfinite(x)
    if street is not None:
        placed = attach_points(street.index, x, y, make_options().max_snap)[3]
    total, on_it = Counter(), Counter()
    for home, number, here in zip(homes.tolist(), np.nan_to_num(people).tolist(), placed.tolist()):
        total[home] += number
        on_it[home] += number * here
    least = pack.parametri["quota_popolazione_in_rete"]
    return {
        home for home, number in total.items() if home and 0 < number * least <= on_it[home] + 1e-9
    }


def _around(bounds, minutes, pack, street) -> set:
    """Return the comuni of the metropolitan city whose envelope a time limit reaches."""
    reach = minutes / 60 * pack.parametri["velocita_auto_kmh"] * 1000
    if street is None:
        reach /= pack.parametri["tortuosita"]
    xmin, ymin, xmax, ymax = bounds
    return {
        code
        for code, (low_x, low_y, high_x, high_y) in bundled_boxes().items()
        if low_x <= xmax + reach
        and high_x >= xmin - reach
        and low_y <= ymax + reach
        and high_y >= ymin - reach
    }


def _share(
    found, services, pack, origins, homes, limits, sure, competing, street, on_progress
) -> bool:
    """Fill the attributes of the services of one category; False when stopped."""
    values = pack.parametri
    chosen = services.iloc[competing]
    sizes = chosen["capacita"].to_numpy(dtype=float)
    # Sizes pull only where all are known, and in one unit.
    comparable = (sizes > 0).all() and chosen["capacita_um"].fillna("").nunique() == 1
    supply = Supply(
        [str(row) for row in competing],
        ["" for _ in competing],
        [read_shape(shape.wkb) for shape in chosen.geometry],
        sizes if comparable else None,
    )
    options = make_options(speed=values["velocita_auto_kmh"], detour=values["tortuosita"])
    x, y, people = origins
    exponent = values["esponente_decadimento_distanza"]
    shared = share_out(
        x, y, people, homes, supply, street, options, set(limits.values()), exponent, on_progress
    )
    if shared is None:
        return False
    for valenza, minutes in limits.items():
        catchment = shared[minutes]
        shares = catchment.shares()
        zones = [_zone(home) for home in catchment.homes]
        place = {row: position for position, row in enumerate(competing.tolist())}
        for row in sure[minutes]:
            if not catchment.attached[place[row]]:
                continue
            own, users = shares[place[row]], float(catchment.users[place[row]])
            found["bacino_effettivo_ab", valenza][row] = users
            if users <= 0:
                continue
            home = services["istat"].iat[row]
            at_home = np.array([one == home for one in catchment.homes], dtype=bool)
            in_zone = np.array([zone == _zone(home) for zone in zones], dtype=bool)
            by_zone: Counter = Counter()
            for zone, share in zip(zones, own):
                by_zone[zone] += share
            served = own >= values["soglia_minima_comune_servito"] - 1e-9
            found["n_comuni_serviti", valenza][row] = int(served.sum())
            found["quota_utenti_esterni", valenza][row] = float(own[~at_home].sum())
            found["quota_utenti_fuori_zo", valenza][row] = float(own[~in_zone].sum())
            found["n_zo_servite", valenza][row] = sum(
                share >= values["quota_zo_servita"] - 1e-9 for share in by_zone.values()
            )
    return True


def _zone(istat):
    comune = comune_of(istat)
    return None if comune is None else comune.zona_omogenea


def _comuni_of_parks(found, services, pack, comuni):
    """VER.01-R08: the comuni that hold ``quota_area_comune_servito`` of a green area."""
    key = ("n_comuni_serviti", "metropolitana")
    values = found.setdefault(key, np.full(len(services), None, dtype=object))
    green = {
        rule.codice_categoria
        for rule in pack.regole
        if (rule.attributo, rule.valenza) == key and rule.codice_categoria != "*"
    }
    parts = _parts_in_comuni(services, comuni)
    least = pack.parametri["quota_area_comune_servito"]
    for row, shares in parts.items():
        if services["codice_sttm"].iat[row] in green:
            values[row] = sum(share >= least - 1e-9 for share in shares.values())


def _column(frame, name):
    if name not in frame.columns:
        return np.full(len(frame), None, dtype=object)
    return frame[name].to_numpy(dtype=object)


def classify_missing(services, pack, on_progress=None, computed=None, **around):
    """Return the services frame with a valenza for those that had none (INTERFACE, checkplan).

    Args:
        computed: what ``compute_attributes`` said of them, if it was asked already.
        around: the layers, as in ``compute_attributes``.

    Returns:
        The frame, ``id_lum`` and ``in_lum`` filled where a LUM layer tells them and they were
        empty; what was already computed stays as it was. None when stopped.
    """
    from .valenza import RESULTS, classify

    services = services.copy()
    if computed is None:
        computed = compute_attributes(services, pack, on_progress=on_progress, **around)
    if computed is None:
        return None
    computed = dict(computed)
    for name in ("id_lum", "in_lum"):
        if name in computed:
            values = computed.pop(name)
            services[name] = services[name].where(services[name].notna(), values)
    lacking = services["valenza_calcolata"].isna().to_numpy()
    if not lacking.any():
        return services
    chosen = services[lacking]
    part = {name: values[lacking] for name, values in computed.items()}
    classified = classify(chosen, pack, part, on_progress)
    if classified is None:
        return None
    for name in RESULTS:
        values = services[name].to_numpy(copy=True)
        values[lacking] = classified[name].to_numpy()
        services[name] = values
    return services
