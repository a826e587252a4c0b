"""The id of each service: kept, made from its key, or from its name (INTERFACE §2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from .ids import id_from_key, id_of, name_key, source_name, valid_uuid
from .text import normalise

# Same name within so many metres: the same service of an earlier delivery (a proposal of ours).
SAME_PLACE_M = 15.0


@dataclass
class Identified:
    """What an id is made from.

    Attributes:
        own: the id the source gives, or None. fonte, fonte_id: source and its key, or None.
        istat, nome: comune and name. x, y: its point in EPSG:32632, or None.
        canonical: its attributes as one text, the last resort to tell records apart.
        shape: in the analysis CRS, or None. part: one of the parts of a record that was split.
    """

    own: str | None
    fonte: str | None
    fonte_id: str | None
    istat: str | None
    nome: str | None
    x: float | None
    y: float | None
    canonical: str
    shape: object = None
    part: bool = False


def assign_ids(records, repeated_keys=frozenset(), previous=None):
    """Return the id of each record, the same whatever the order of the records.

    Args:
        records: Identified list.
        repeated_keys: keys that the source gives to more than one record: treated as no key.
        previous: Identified list of an earlier layer (``own`` is its id), or None.

    Returns:
        (ids, rules): the id of each record, and how it came: "uuid", "precedente", "chiave",
        "nome".

    Source: INTERFACE §2.1; DATO_RESTITUZIONE §7.
    """
    ids: list = [None] * len(records)
    rules = ["nome"] * len(records)
    order = sorted(range(len(records)), key=lambda place: _canonical_order(records[place]))
    taken = set()
    for place in order:
        own = records[place].own
        if own and valid_uuid(own) and own.lower() not in taken:
            ids[place], rules[place] = own.lower(), "uuid"
            taken.add(own.lower())
    for place, earlier in _earlier(records, ids, order, previous or []):
        if earlier not in taken:
            ids[place], rules[place] = earlier, "precedente"
            taken.add(earlier)
    for place in order:
        record = records[place]
        if ids[place] is not None or not record.fonte_id or record.fonte_id in repeated_keys:
            continue
        made = id_from_key(record.fonte, record.fonte_id)
        if made not in taken:
            ids[place], rules[place] = made, "chiave"
            taken.add(made)
    _by_name(records, ids, order, taken)
    return ids, rules


def _canonical_order(record):
    return (record.canonical, record.x or 0.0, record.y or 0.0)


def _by_name(records, ids, order, taken):
    """Name the records still without an id; homonyms and unnamed ones add their 10 m cell."""
    groups: dict = {}
    for place in order:
        record = records[place]
        if record.fonte_id is None or ids[place] is None:
            groups.setdefault((record.istat, normalise(record.nome)), []).append(place)
    for (istat, nome), places in sorted(groups.items(), key=lambda item: str(item[0])):
        alone = len(places) == 1 and nome
        by_key: dict = {}
        for place in places:
            record = records[place]
            key = name_key(istat, nome) if alone else name_key(istat, nome, record.x, record.y)
            by_key.setdefault(key, []).append(place)
        for key, same in by_key.items():
            turn = 0
            for place in same:
                if ids[place] is not None:
                    continue
                turn += 1
                made = id_of(key if turn == 1 else f"{key}|{turn}")
                while made in taken:
                    turn += 1
                    made = id_of(f"{key}|{turn}")
                ids[place] = made
                taken.add(made)


def _earlier(records, ids, order, previous):
    """Yield (place, earlier id): same key of the same source, else same name within 15 m."""
    by_key: dict = {}
    by_name: dict = {}
    for earlier in previous:
        if not earlier.own:
            continue
        if earlier.fonte_id:
            by_key.setdefault((source_name(earlier.fonte), earlier.fonte_id), []).append(earlier)
        by_name.setdefault((earlier.istat, normalise(earlier.nome)), []).append(earlier)
    used = set()
    waiting = []
    for place in order:
        if ids[place] is not None:
            continue
        record = records[place]
        key = (source_name(record.fonte), record.fonte_id)
        matches = by_key.get(key, []) if record.fonte_id else []
        if len(matches) == 1 and matches[0].own not in used:
            used.add(matches[0].own)
            yield place, matches[0].own
        else:
            waiting.append(place)
    pairs = []
    for place in waiting:
        record = records[place]
        name = normalise(record.nome)
        if not name:
            continue
        for earlier in by_name.get((record.istat, name), []):
            metres = _metres(record.shape, earlier.shape)
            if record.part and not _same_extent(record.shape, earlier.shape):
                continue  # the whole of an earlier import isn't one of its parts
            if metres is not None and metres <= SAME_PLACE_M and earlier.own not in used:
                pairs.append((metres, earlier.own, record.canonical, place))
    matched = set()
    for _, own, _, place in sorted(pairs):
        if own not in used and place not in matched:
            used.add(own)
            matched.add(place)
            yield place, own


def _same_extent(first, second) -> bool:
    if first is None or second is None:
        return first is second
    return all(abs(a - b) <= SAME_PLACE_M for a, b in zip(first.bounds, second.bounds))


def _metres(first, second):
    if first is None and second is None:
        return 0.0
    if first is None or second is None:
        return None
    return float(first.distance(second))
