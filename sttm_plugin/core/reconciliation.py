"""The two readings of the same services side by side: pairs, what is in one only, duplicates."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field

import numpy as np

from . import schema
from .assignment import best_pairs
from .context import points_of
from .documents import compact_json
from .doubles import stands_for, without_doubles
from .errors import SttmError
from .ids import id_of
from .intake_model import spaced
from .names import (
    address_key,
    is_office,
    kinds_exclude,
    name_similarities,
    prepare_names,
    says_kind,
    shared_kinds,
    telling_words,
)
from .pairs import groups_of, near_pairs, pairs_within, point_places, same_keys
from .progress import asking
from .shapes import series_of

# Source: INTERFACE §5, reconcilereadings (``proposta``).
WEIGHT_NAME, WEIGHT_NEAR, WEIGHT_CATEGORY = 0.5, 0.3, 0.2
# The only two services of a category within reach of each other are nearly always the same one,
# whatever their names: they are proposed, never matched (benchmarks/RECONCILIATION.md).
ALONE = 0.55
ALONE_MOST = 0.79
# The only two of a category at one house number gain as much, and are proposed the same way.
ADDRESS = 0.55
# A school before the office of its institute.
_OFFICE = 0.45
# Gains of two poor pairs must not beat one good pair.
_POWER = 3.0
# What breaks ties between homonyms of one place.
_CAPACITY_AGREES = 0.01
_KIND_AGREES = 0.03
_CERTAIN = 2.0
# A candidate this near the chosen one makes the choice ambiguous.
AMBIGUOUS = 0.10
_SHOWN = 5
DECIDED = ("confermato", "respinto")


def pair_id(one, other) -> str:
    """Return the id of a pair, the same whichever reading comes first."""
    return id_of("|".join(("p", *sorted((str(one), str(other))))))


@dataclass
class Candidates:
    """Pairs that may be one service, arrays of one length.

    Attributes:
        a, b: int64, rows of reading 1 and 2. metres: NaN where a position lacks.
        similarity: of the names. same: 1 where the category (or the kind) is the same.
        alone: nothing else of the category is near either, no address differs.
        certain: equal official codes.
        capacity: the capacities agree. kind: share of their kinds that both have. office: one is
        the office of an institute, the other isn't. address: street and number are the same.
        score: 0-1.
    """

    a: np.ndarray
    b: np.ndarray
    metres: np.ndarray
    similarity: np.ndarray
    same: np.ndarray
    alone: np.ndarray
    certain: np.ndarray
    capacity: np.ndarray
    kind: np.ndarray
    office: np.ndarray
    address: np.ndarray
    score: np.ndarray


def pair_scores(left, right, most, alike=()):
    """Return (row in left, in right, score, similarity) of records within ``most`` metres.

    The score of ``candidates``; equal official codes don't count.
    """
    found = candidates(left, right, most, far=False, alike=alike)
    return found.a, found.b, found.score, found.similarity


def candidates(one, two, most, far=True, on_progress=None, alike=()):
    """Return the pairs of records that may be one service, with their scores.

    Args:
        one, two: services frames, EPSG in metres. most: metres, included; area to point is 0
            inside. far: also pairs known by official code, and by name, comune and category where
            a position lacks. alike: categories that only the area tells apart: one to a pair.

    Score: 0.5 name + 0.3 (1 − d / most) + 0.2 category. A category one of the two lacks is the
    same if the words of the names say so ("primaria"). Without a position the middle term is 0:
    at most 0.7. Pairs that are alone (ALONE), or at one house number (ADDRESS), gain that share of
    what their names lack, up to ALONE_MOST; the two signs add up. Equal official codes: 1.

    Source: INTERFACE §5, reconcilereadings; ``proposta``.
    """
    a, b, metres = near_pairs(one.geometry, two.geometry, most)
    names = _names(one, two)
    certain = np.zeros(len(a), dtype=bool)
    if far:
        a, b, metres, certain = _far(one, two, a, b, metres, names)
    similarity = name_similarities(names, a, b + len(one), on_progress)
    if similarity is None:
        return None
    same, known = _same_category(one, two, a, b, names, alike)
    placed = ~np.isnan(metres)
    reached = np.zeros(len(a), dtype=bool)
    reached[placed] = metres[placed] <= most + 1e-6
    near = np.zeros(len(a))
    near[reached] = np.clip(1 - metres[reached] / most, 0, 1) if most > 0 else 1.0
    score = WEIGHT_NAME * similarity + WEIGHT_NEAR * near + WEIGHT_CATEGORY * same
    (office_one, key_one), (office_two, key_two) = _of_origin(one), _of_origin(two)
    office = office_one[a] != office_two[b]
    told = (key_one[a] != _NOWHERE) & (key_two[b] != _NOWHERE)
    there = told & (key_one[a] == key_two[b])
    alone = _alone(a, b, same & reached, len(one), len(two)) & ~office & (there | ~told)
    address = same & ~office & there
    likeliest = _likeliest(a, b, similarity, address, len(one), len(two))
    address &= ~kinds_exclude(names, a, b + len(one))
    address = _alone(a, b, address, len(one), len(two)) & likeliest
    lift = WEIGHT_NAME * (1 - similarity) * (ALONE * alone + ADDRESS * address)
    score = np.maximum(score, np.where(lift > 0, np.minimum(score + lift, ALONE_MOST), score))
    score[certain] = 1.0
    keep = reached | certain | (known & ~placed)
    capacity = _capacity_agrees(one, two, a, b)
    kind = shared_kinds(names, a, b + len(one))
    parts = (a, b, metres, similarity, same, alone, certain, capacity, kind, office, address, score)
    return Candidates(*(part[keep] for part in parts))


def _names(*frames):
    """Return the names of some frames, one after the other, with what each service is."""
    titles = [value for frame in frames for value in frame["denominazione"].tolist()]
    istat = [value for frame in frames for value in frame["istat"].tolist()]
    kinds = [
        " ".join(text for text in (specific, _origin_kinds(origin)) if text)
        for frame in frames
        for specific, origin in zip(frame["tipo_specifico"], frame["attributi_origine"])
    ]
    return prepare_names(titles, istat, kinds)


_NOWHERE = ""
_STREET = re.compile(r"indirizz|address|\bvia\b|street|ubicaz")
_NUMBER = re.compile(r"civico|house ?number|\bn civ|numero civ")


def _of_origin(frame):
    """Return (is an institute's office, street and number or _NOWHERE), arrays (n,)."""
    told = [_office_and_address(origin) for origin in frame["attributi_origine"]]
    office = np.array([one for one, _ in told], dtype=bool)
    return office, np.array([key or _NOWHERE for _, key in told], dtype=object)


def _office_and_address(origin):
    try:
        values = json.loads(origin) if origin else {}
    except ValueError:
        values = {}
    if not isinstance(values, dict):
        return False, None
    texts = {spaced(name): text for name, text in values.items() if text not in (None, "")}
    office = any(isinstance(text, str) and is_office(text) for text in texts.values())
    street = next((text for name, text in texts.items() if _STREET.search(name)), None)
    if not isinstance(street, str) or len(street) > 200:
        return office, None
    number = next((text for name, text in texts.items() if _NUMBER.search(name)), "")
    return office, address_key(street) or address_key(f"{street} {number}")


def _origin_kinds(origin) -> str:
    """Return what the source's own columns say the service is: "LICEO SCIENTIFICO"."""
    if not origin:
        return ""
    try:
        values = json.loads(origin)
    except ValueError:
        return ""
    texts = values.values() if isinstance(values, dict) else ()
    return " ".join(
        text for text in texts if isinstance(text, str) and len(text) < 100 and says_kind(text)
    )


def _far(one, two, a, b, metres, names):
    """Add the pairs that position can't tell: equal official codes, and records without one."""
    lacking_one, lacking_two = _lacks_position(one), _lacks_position(two)
    more_a, more_b = [a], [b]
    if lacking_one.any() or lacking_two.any():
        c, d = _by_words(one, two, names)
        loose = lacking_one[c] | lacking_two[d]
        more_a.append(c[loose])
        more_b.append(d[loose])
    c, d = _by_code(one, two)
    every_a = np.concatenate([*more_a, c])
    every_b = np.concatenate([*more_b, d])
    keys, first = np.unique(every_a * max(len(two), 1) + every_b, return_index=True)
    coded = np.isin(keys, c * max(len(two), 1) + d)
    far_metres = np.full(len(every_a), np.nan)
    far_metres[: len(a)] = metres
    every_a, every_b, far_metres = every_a[first], every_b[first], far_metres[first]
    unknown = np.flatnonzero(np.isnan(far_metres))
    both = unknown[~lacking_one[every_a[unknown]] & ~lacking_two[every_b[unknown]]]
    shapes = one.geometry.iloc[every_a[both]].reset_index(drop=True)
    others = two.geometry.iloc[every_b[both]].reset_index(drop=True)
    far_metres[both] = shapes.distance(others).to_numpy(dtype=float)
    return every_a, every_b, far_metres, coded


def _lacks_position(frame):
    return (frame.geometry.isna() | frame.geometry.is_empty).to_numpy(dtype=bool)


def _by_words(one, two, names):
    """Return the pairs of one comune and category that share a telling word."""
    keys = []
    for frame, start in ((one, 0), (two, len(one))):
        rows, words = telling_words(names, start, start + len(frame))
        istat, code = frame["istat"].to_numpy(object), frame["codice_sttm"].to_numpy(object)
        texts = [
            None if istat[row] is None or code[row] is None else (istat[row], code[row], word)
            for row, word in zip(rows.tolist(), words.tolist())
        ]
        keys.append((rows, texts))
    return _join(*keys[0], *keys[1])


def _by_code(one, two):
    """Return the pairs whose official code is the same."""
    keys = []
    for frame in (one, two):
        texts = [
            "".join(str(code).upper().split()) if code is not None else None
            for code in frame["codice_fonte"].tolist()
        ]
        keys.append((np.arange(len(frame), dtype=np.int64), texts))
    return _join(*keys[0], *keys[1])


def _join(rows_one, keys_one, rows_two, keys_two):
    """Return the pairs of rows that have an equal key; None meets nothing."""
    places: dict = {}
    sides = []
    for rows, keys in ((rows_one, keys_one), (rows_two, keys_two)):
        kept = [at for at, key in enumerate(keys) if key is not None]
        numbers = [places.setdefault(keys[at], len(places)) for at in kept]
        sides.append((rows[kept] if kept else rows[:0], np.array(numbers, dtype=np.int64)))
    a, b = same_keys(sides[0][1], sides[1][1])
    return sides[0][0][a], sides[1][0][b]


def _same_category(one, two, a, b, names, alike):
    """Return (category or kind the same, both categories known and the same), bool (k,)."""
    places: dict = {None: -1, **dict.fromkeys(alike, 0)}
    codes = [
        np.array([places.setdefault(code, len(places)) for code in frame["codice_sttm"]], np.int64)
        for frame in (one, two)
    ]
    left, right = codes[0][a], codes[1][b]
    known = (left >= 0) & (right >= 0)
    kinds = (names.kinds[a] & names.kinds[b + len(one)]) != 0
    return (known & (left == right)) | (~known & kinds), known & (left == right)


def _alone(a, b, same, count_one, count_two):
    """Tell the pairs of a category that have no other candidate of it on either side."""
    of_one = np.bincount(a[same], minlength=count_one)
    of_two = np.bincount(b[same], minlength=count_two)
    return same & (of_one[a] == 1) & (of_two[b] == 1)


def _likeliest(a, b, similarity, among, count_one, count_two):
    """Tell the pairs that no other of some has a likelier name than, on either side.

    "Besta" and "Natta" at one number are not one service where another "Besta" is there too.
    """
    best_one, best_two = np.zeros(count_one), np.zeros(count_two)
    np.maximum.at(best_one, a[among], similarity[among])
    np.maximum.at(best_two, b[among], similarity[among])
    return (similarity >= best_one[a]) & (similarity >= best_two[b])


def _capacity_agrees(one, two, a, b):
    size_one = one["capacita"].to_numpy(dtype=float)[a]
    size_two = two["capacita"].to_numpy(dtype=float)[b]
    unit_one = one["capacita_um"].to_numpy(object)[a]
    unit_two = two["capacita_um"].to_numpy(object)[b]
    most = np.fmax(size_one, size_two)
    return (np.abs(size_one - size_two) <= 0.1 * most) & (most > 0) & (unit_one == unit_two)


@dataclass
class Reconciled:
    """What ``reconcile`` found.

    Attributes:
        pairs: GeoDataFrame of ``schema.PAIR_LINES``. only1, only2: GeoDataFrames of
            ``schema.UNPAIRED``, points. duplicates: DataFrame of ``schema.DUPLICATES``.
        notes: sentences for the log.
    """

    pairs: object
    only1: object
    only2: object
    duplicates: object
    notes: list = field(default_factory=list)


def reconcile(
    one, two, decided, most, least, duplicate_m, duplicate_alike, on_progress=None, alike=()
):
    """Pair two readings one to one, and tell what is left and what is twice.

    Args:
        one, two: services frames in the analysis CRS.
        decided: rows of ``schema.PAIRS``, dicts: pairs a person decided. They stay as decided:
            a confirmed pair is given whatever its score, a rejected one is never proposed.
        most: metres. least: lowest score proposed. duplicate_m, duplicate_alike: two records of
            one reading and category so near and with names so alike are one service twice.
        on_progress: called with the share done; None comes back when it says stop.
        alike: categories that only the area tells apart (``Pack.area_twins``).

    Pairs maximise the sum of score³ in all; ties go by a hash of the two ids, so that neither the
    order of the rows nor which reading is first matters.

    Raises:
        SttmError: a limit out of range.
    """
    check_limits(most, least)
    whole = (one, two)
    one, two = without_doubles(one), without_doubles(two)
    (one, anchors_one), (two, anchors_two) = _ordered(one), _ordered(two)
    tell = on_progress or (lambda share: True)
    found = candidates(one, two, most, on_progress=lambda share: tell(0.6 * share), alike=alike)
    if found is None:
        return None
    ids_one, ids_two = one["id_servizio"].tolist(), two["id_servizio"].tolist()
    decisions, notes = _decisions(decided, ids_one, ids_two)
    states = np.full(len(found.a), "", dtype=object)
    place_of = _places(found, len(two))
    for row in decisions.values():
        at = place_of(row["_a"], row["_b"])
        if at is not None:
            states[at] = row["stato"]
    taken_one = np.zeros(len(one), dtype=bool)
    taken_two = np.zeros(len(two), dtype=bool)
    fixed = []
    for row in decisions.values():
        i, j = row["_a"], row["_b"]
        fixed.append(row)
        if row["stato"] == "confermato":
            taken_one[i] = taken_two[j] = True
    free = (states == "") & (found.score >= least - 1e-9)
    open_ = np.flatnonzero(free & ~taken_one[found.a] & ~taken_two[found.b])
    gain = found.score[open_] ** _POWER + _CAPACITY_AGREES * found.capacity[open_]
    gain += _KIND_AGREES * found.kind[open_] - _OFFICE * found.office[open_]
    keys = {at: pair_id(ids_one[found.a[at]], ids_two[found.b[at]]) for at in open_.tolist()}
    gain += _CERTAIN * found.certain[open_] + 1e-9 * _fractions(keys.values())
    chosen = best_pairs(found.a[open_], found.b[open_], gain, lambda share: tell(0.6 + 0.3 * share))
    if chosen is None:
        return None
    chosen = open_[chosen]
    taken_one[found.a[chosen]] = taken_two[found.b[chosen]] = True
    chosen_rows = [
        *((int(found.a[at]), int(found.b[at]), at, {}) for at in chosen.tolist()),
        *((row["_a"], row["_b"], place_of(row["_a"], row["_b"]), row) for row in fixed),
    ]
    pairs = _pairs_frame(one, two, (anchors_one, anchors_two), found, chosen_rows, free)
    groups = []
    for reading, frame in ((1, one), (2, two)):
        if not tell(0.9 + 0.04 * reading):
            return None
        groups.append(duplicate_groups(frame, duplicate_m, duplicate_alike))
    left = np.flatnonzero(free | (states == "respinto"))
    only1 = _unpaired(
        one, taken_one, groups[0], found.a[left], found, left, ids_two, found.b, states
    )
    only2 = _unpaired(
        two, taken_two, groups[1], found.b[left], found, left, ids_one, found.a, states
    )
    for place, (frame, kept) in enumerate(zip(whole, (one, two))):
        if len(frame) > len(kept):
            groups[place] = duplicate_groups(frame, duplicate_m, duplicate_alike)
            notes.append(
                f"Lettura {place + 1}: {len(frame) - len(kept)} doppioni (campo doppione_di) non "
                "confrontati: sono nella tabella dei duplicati."
            )
        else:
            whole = (*whole[:place], kept, *whole[place + 1 :])
    duplicates = _duplicates_frame(whole, groups)
    return Reconciled(pairs, only1, only2, duplicates, notes)


def check_limits(most, least) -> None:
    """Raise SttmError unless the distance is positive and the score between 0 and 1."""
    if not (0 < most < float("inf")):
        raise SttmError(
            f"Distanza massima {most:g} m non ammessa: indicare un numero maggiore di 0 "
            "(predefinito 150)."
        )
    if not 0 < least <= 1:
        raise SttmError(
            f"Punteggio minimo {least:g} non ammesso: indicare un numero maggiore di 0 e fino a 1 "
            "(predefinito 0.60)."
        )


def own_reading(frame, reading):
    """Return the rows of a layer that holds both readings which belong to one of them.

    A layer with one reading only is taken as it is, whatever its field says.
    """
    values = frame["lettura"].to_numpy(dtype=float)
    if not ((values == 1).any() and (values == 2).any()):
        return frame
    other = 3 - reading
    return frame[values != other].reset_index(drop=True)


def _ordered(frame):
    """Return the rows in an order of their own, whatever order they came in, and their anchors."""
    anchors = anchor_places(frame.geometry)
    keys = [
        (str(name), str(title), *(repr(value) for value in place))
        for name, title, place in zip(
            frame["id_servizio"], frame["denominazione"], anchors.tolist()
        )
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return frame.iloc[order].reset_index(drop=True), anchors[order]


def anchor_places(shapes):
    """Return x and y of a point on each shape (a point's own), NaN where there is none."""
    places = point_places(shapes)
    others = np.flatnonzero(np.isnan(places[:, 0]))
    for place, point in asking(zip(others.tolist(), points_of(shapes.iloc[others]))):
        if point is not None and not point.is_empty:
            places[place] = point.x, point.y
    return places


def _fractions(keys):
    """Return for each pair a number 0-1 that depends on its id only."""
    digests = [hashlib.blake2b(key.encode(), digest_size=6).digest() for key in keys]
    return np.array([int.from_bytes(digest, "big") / 2**48 for digest in digests])


def _places(found, width):
    """Return a function: the place of the candidate (row in one, row in two), None if none."""
    codes = found.a * width + found.b
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]

    def place_of(i, j):
        at = int(np.searchsorted(ordered, i * width + j))
        return int(order[at]) if at < len(ordered) and ordered[at] == i * width + j else None

    return place_of


def _decisions(decided, ids_one, ids_two):
    """Return {id of pair: row, with the places of its records}, and notes on what was left out."""
    place_one: dict = {}
    place_two: dict = {}
    for at, identifier in enumerate(ids_one):
        place_one.setdefault(identifier, at)
    for at, identifier in enumerate(ids_two):
        place_two.setdefault(identifier, at)
    found: dict = {}
    gone = 0
    for row in decided:
        if row.get("stato") not in DECIDED:
            continue
        for first, second in ((row["id_1"], row["id_2"]), (row["id_2"], row["id_1"])):
            if first in place_one and second in place_two:
                key = pair_id(first, second)
                known = found.get(key)
                if known is None or str(row.get("data") or "") >= str(known.get("data") or ""):
                    found[key] = {**row, "_a": place_one[first], "_b": place_two[second]}
                break
        else:
            gone += 1
    notes = []
    if gone:
        notes.append(
            f"Coppie già decise di cui manca almeno un servizio nei layer indicati: {gone}. "
            "Restano nella tabella «coppie», qui non compaiono."
        )
    return dict(sorted(found.items())), notes


def _pairs_frame(one, two, anchors, found, rows, free):
    """Return the lines of the pairs: those chosen and those decided.

    Args:
        anchors: a place on each record of both. rows: (row in one, in two, candidate or None,
            decision). free: the candidates that could be proposed.
    """
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import LineString

    rivals = _rivals(found, free)
    ids_one, ids_two = one["id_servizio"].tolist(), two["id_servizio"].tolist()
    names_one, names_two = one["denominazione"].tolist(), two["denominazione"].tolist()
    lines, shapes = [], []
    for i, j, at, decision in asking(rows):
        others = [] if at is None else rivals(at)
        listed = [
            {
                "id_coppia": pair_id(ids_one[found.a[other]], ids_two[found.b[other]]),
                "id_1": ids_one[found.a[other]],
                "id_2": ids_two[found.b[other]],
                "punteggio": round(float(found.score[other]), 6),
            }
            for other in others
        ]
        lines.append(
            {
                "id_coppia": pair_id(ids_one[i], ids_two[j]),
                "id_1": ids_one[i],
                "id_2": ids_two[j],
                "punteggio": None if at is None else round(float(found.score[at]), 6),
                "distanza_m": _metres(found, at, one, two, i, j),
                "similarita_nome": None if at is None else round(float(found.similarity[at]), 6),
                "stato": decision.get("stato") or "proposto",
                **{name: decision.get(name) for name in ("autore", "data", "nota", "prevale")},
                "nome_1": names_one[i],
                "nome_2": names_two[j],
                "ambigua": bool(others) and not decision,
                "candidati": compact_json(listed),
                "motivo": compact_json(_reasons(found, at)),
            }
        )
        ends = anchors[0][i], anchors[1][j]
        lacking = np.isnan(ends).any()
        shapes.append(None if lacking else LineString(ends))
    frame = pd.DataFrame(lines, columns=schema.names(schema.PAIR_LINES))
    frame = gpd.GeoDataFrame(frame, geometry=series_of(shapes, one.crs))
    return frame.sort_values(["id_1", "id_2"], kind="stable").reset_index(drop=True)


def _metres(found, at, one, two, i, j):
    if at is not None:
        return None if np.isnan(found.metres[at]) else round(float(found.metres[at]), 3)
    metres = float(one.geometry.iloc[[i]].distance(two.geometry.iloc[[j]], align=False).iloc[0])
    return None if np.isnan(metres) else round(metres, 3)


def _rivals(found, free):
    """Return a function: the candidates nearly as good as one that share a record with it."""
    of_one: dict = {}
    of_two: dict = {}
    for at in np.flatnonzero(free).tolist():
        of_one.setdefault(int(found.a[at]), []).append(at)
        of_two.setdefault(int(found.b[at]), []).append(at)

    def rivals(at):
        near = {*of_one.get(int(found.a[at]), ()), *of_two.get(int(found.b[at]), ())} - {at}
        good = [other for other in near if found.score[other] >= found.score[at] - AMBIGUOUS - 1e-9]
        # Records are in an order of their own: so are places.
        return sorted(good, key=lambda other: (-found.score[other], other))[:_SHOWN]

    return rivals


def _reasons(found, at):
    """Return what a score is made of, for people who decide."""
    if at is None:
        return {"deciso": "coppia fuori dai limiti di distanza o di punteggio"}
    placed = not np.isnan(found.metres[at])
    return {
        "nome": round(float(found.similarity[at]), 4),
        "vicinanza": bool(placed) and round(float(found.metres[at]), 1),
        "stessa_categoria": bool(found.same[at]),
        "unica_candidata": bool(found.alone[at]),
        "codice_ufficiale": bool(found.certain[at]),
        "stesso_indirizzo": bool(found.address[at]),
        "capacita_concorde": bool(found.capacity[at]),
        "senza_posizione": not placed,
    }


def duplicate_groups(frame, most, least):
    """Return lists of rows of one reading that are the same service, in the frame's order.

    The same official code, or the same category within ``most`` metres with names at least
    ``least`` alike (check STTM2-110); or one is flagged as the other's double.
    """
    a, b, _ = pairs_within(frame.geometry, most)
    codes = frame["codice_sttm"].to_numpy(object)
    same = np.array([codes[i] is not None and codes[i] == codes[j] for i, j in zip(a, b)], bool)
    a, b = a[same], b[same]
    names = _names(frame)
    alike = name_similarities(names, a, b) >= least - 1e-9
    c, d = _by_code(frame, frame)
    once = c < d
    pairs = [*zip(a[alike].tolist(), b[alike].tolist()), *zip(c[once].tolist(), d[once].tolist())]
    pairs += [(row, other) for row, other in enumerate(stands_for(frame).tolist()) if row != other]
    return groups_of(len(frame), pairs)


def _unpaired(frame, taken, groups, rows, found, left, others, other_rows, states):
    """Return the records without a pair, with the reason and the best candidate they had."""
    best: dict = {}
    for row, at in zip(rows.tolist(), left.tolist()):
        key = (-found.score[at], str(others[int(other_rows[at])]))
        if row not in best or key < best[row][0]:
            best[row] = (key, at)
    twin = {
        member: next((one for one in members if taken[one]), None)
        for members in groups
        for member in members
    }
    ids = frame["id_servizio"].tolist()
    outcome, candidate, score = [], [], []
    kept = np.flatnonzero(~taken)
    for row in kept.tolist():
        at = best[row][1] if row in best else None
        candidate.append(None if at is None else others[int(other_rows[at])])
        score.append(None if at is None else round(float(found.score[at]), 6))
        if twin.get(row) is not None:
            outcome.append("duplicato_di_abbinato")
            candidate[-1], score[-1] = ids[twin[row]], None
        elif at is None:
            outcome.append("nessun_candidato")
        else:
            rejected = states[at] == "respinto"
            outcome.append("coppia_respinta" if rejected else "candidato_gia_abbinato")
    result = frame.iloc[kept].reset_index(drop=True)
    result = result.set_geometry(points_of(result.geometry))
    result["esito_riconciliazione"] = np.array(outcome, dtype=object)
    result["miglior_candidato"] = np.array(candidate, dtype=object)
    result["miglior_punteggio"] = np.array(score, dtype=np.float64)
    return result


def _duplicates_frame(frames, groups):
    import pandas as pd

    rows = []
    for reading, (frame, found) in enumerate(zip(frames, groups), 1):
        ids = frame["id_servizio"].tolist()
        for members in found:
            named = sorted(str(ids[member]) for member in members)
            group = id_of("|".join(("g", str(reading), *named)))
            rows.extend((group, name, reading) for name in named)
    frame = pd.DataFrame(rows, columns=schema.names(schema.DUPLICATES))
    return frame.sort_values(["lettura", "gruppo", "id_servizio"], kind="stable", ignore_index=True)
