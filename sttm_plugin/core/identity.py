"""The id of each service: kept, made from its key, or from its name (INTERFACE §2.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .coded import Coded
from .ids import before_key, id_of, ids_of, name_key, source_name, valid_uuid
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


class Records:
    """The same of many records, as columns, in the order of the file.

    Attributes:
        own, fonte, fonte_id, istat, nome: core.coded.Coded each. x, y: float64 (n,), NaN for
            none. canonical: rows → their texts; shape: row → its shape; part: row → bool; asked
            of few.
    """

    def __init__(self, own, fonte, fonte_id, istat, nome, x, y, canonical, shape, part):
        self.own, self.fonte, self.fonte_id = own, fonte, fonte_id
        self.istat, self.nome, self.x, self.y = istat, nome, x, y
        self.canonical, self.shape, self.part = canonical, shape, part

    @classmethod
    def of(cls, records) -> Records:
        """Return some Identified as columns."""
        texts = ("own", "fonte", "fonte_id", "istat", "nome")
        xy = [(math.nan, math.nan) if one.x is None else (one.x, one.y) for one in records]
        x, y = np.array(xy, dtype=np.float64).reshape(-1, 2).T
        return cls(
            *(Coded.of([getattr(one, name) for one in records]) for name in texts),
            x,
            y,
            lambda rows: [records[row].canonical for row in rows],
            lambda row: records[row].shape,
            lambda row: records[row].part,
        )

    def __len__(self):
        return len(self.x)

    def ordered(self, rows) -> list:
        """Return some rows in an order that is the same however the file has them."""
        rows = sorted(rows)
        zero = np.nan_to_num
        keys = zip(self.canonical(rows), zero(self.x[rows]).tolist(), zero(self.y[rows]).tolist())
        return [row for _, row in sorted(zip(keys, rows), key=lambda one: one[0])]


def assign_ids(records, repeated_keys=frozenset(), previous=None, ask=lambda: None):
    """Return the id of each record, the same whatever the order of the records.

    Args:
        records: Records, or an Identified list.
        repeated_keys: keys that the source gives to more than one record: treated as no key.
        previous: Identified list of an earlier layer (``own`` is its id), or None.
        ask: called between lots of records; it may raise to stop.

    Returns:
        (ids, rules): the id of each record, and how it came: "uuid", "precedente", "chiave",
        "nome".

    Source: INTERFACE §2.1; DATO_RESTITUZIONE §7.
    """
    if not isinstance(records, Records):
        records = Records.of(records)
    ids: list = [None] * len(records)
    rules = ["nome"] * len(records)
    taken: set = set()

    def give(rows, wanted, rule):
        """Give rows the ids they want: of those that want the same the first in order has it."""
        different = set(wanted)
        if len(different) == len(wanted) and taken.isdisjoint(different):
            for row, made in zip(rows, wanted):
                ids[row], rules[row] = made, rule
            taken.update(different)
            return
        rivals: dict = {}
        for row, made in zip(rows, wanted):
            rivals.setdefault(made, []).append(row)
        for made, rows in rivals.items():
            if made not in taken:
                row = rows[0] if len(rows) == 1 else records.ordered(rows)[0]
                ids[row], rules[row] = made, rule
                taken.add(made)

    owns = records.own.mapped(lambda own: own.lower() if own and valid_uuid(own) else None)
    rows = np.flatnonzero(owns.true())
    give(rows.tolist(), list(owns.at(rows)), "uuid")
    if previous:
        earlier = dict(_earlier(records, ids, previous))
        give(list(earlier), list(earlier.values()), "precedente")
    keys = records.fonte_id.mapped(lambda key: key if key and key not in repeated_keys else None)
    rows = [row for row in np.flatnonzero(keys.true()).tolist() if ids[row] is None]
    give(rows, _key_ids(records.fonte.at(rows), keys.at(rows), ask), "chiave")
    _by_name(records, ids, taken, ask)
    return ids, rules


def _key_ids(fonte, keys, ask) -> list:
    """Return the ids that keys of sources make, as ``id_from_key`` does."""
    begin = list(map(before_key, fonte.values))
    made: list = []
    for first in range(0, len(keys), _KEYS_AT_ONCE):
        ask()
        part = slice(first, first + _KEYS_AT_ONCE)
        pairs = zip(fonte.codes[part].tolist(), keys.codes[part].tolist())
        made += ids_of([begin[source] + keys.values[key] for source, key in pairs])
    return made


_KEYS_AT_ONCE = 20_000


def _by_name(records, ids, taken, ask):
    """Name the records still without an id; homonyms and unnamed ones add their 10 m cell."""
    keyed = records.fonte_id.true()
    rows = [row for row in range(len(records)) if not keyed[row] or ids[row] is None]
    if not rows:
        return
    groups: dict = {}
    for row, istat, nome in zip(rows, records.istat.at(rows), records.nome.at(rows)):
        groups.setdefault((istat, normalise(nome)), []).append(row)
    for number, ((istat, nome), places) in enumerate(groups.items()):
        if number % _KEYS_AT_ONCE == 0:
            ask()
        alone = len(places) == 1 and nome
        if len(places) > 1:
            places = records.ordered(places)
        by_key: dict = {}
        for place in places:
            x, y = records.x[place], records.y[place]
            key = name_key(istat, nome) if alone else name_key(istat, nome, x, y)
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


def _earlier(records, ids, previous):
    """Yield (row, earlier id): same key, else same name within 15 m.

    Two sources may both have a "1": of another source than the row's, the earlier record must
    also have its name or its place.
    """
    by_key: dict = {}
    by_name: dict = {}
    for earlier in previous:
        if not earlier.own:
            continue
        if earlier.fonte_id:
            by_key.setdefault(earlier.fonte_id, []).append(earlier)
        by_name.setdefault((earlier.istat, normalise(earlier.nome)), []).append(earlier)
    used = set()
    waiting = []
    sources = records.fonte.mapped(source_name)
    rows = [row for row in range(len(records)) if ids[row] is None]
    matched: dict = {}
    for row in rows:
        key = records.fonte_id[row]
        found = _same_key(by_key[key], records, row, sources[row]) if key in by_key else []
        if len(found) == 1:
            matched.setdefault(found[0].own, []).append(row)
        else:
            waiting.append(row)
    for own, rivals in matched.items():
        first, *others = rivals if len(rivals) == 1 else records.ordered(rivals)
        used.add(own)
        yield first, own
        waiting.extend(others)
    pairs = []
    for row in waiting:
        name = normalise(records.nome[row])
        near = by_name.get((records.istat[row], name), []) if name else []
        shape = records.shape(row) if near else None
        for earlier in near:
            metres = _metres(shape, earlier.shape)
            if records.part(row) and not _same_extent(shape, earlier.shape):
                continue  # the whole of an earlier import isn't one of its parts
            if metres is not None and metres <= SAME_PLACE_M and earlier.own not in used:
                pairs.append((metres, earlier.own, row))
    asked = [row for _, _, row in pairs]
    texts = dict(zip(asked, records.canonical(asked)))
    matched_rows = set()
    for _, own, _, row in sorted((m, own, texts[row], row) for m, own, row in pairs):
        if own not in used and row not in matched_rows:
            used.add(own)
            matched_rows.add(row)
            yield row, own


def _same_key(earlier, records, row, source) -> list:
    """Return the earlier records of a row's key that are of it, those of its source first."""
    same = [one for one in earlier if source_name(one.fonte) == source]
    if same:
        return same
    name, shape = normalise(records.nome[row]), records.shape(row)
    found = []
    for one in earlier:
        metres = _metres(shape, one.shape) if shape is not None else None
        near = metres is not None and metres <= SAME_PLACE_M
        if not one.fonte or near or (name and name == normalise(one.nome)):
            found.append(one)
    return found


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
