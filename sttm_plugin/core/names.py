"""How alike the names of services are: words, not letters, and the telling words most."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .progress import asking
from .reference import comune_of
from .text import without_accents

_WORDS = Path(__file__).resolve().parent.parent / "resources" / "riferimento" / "parole_nomi.csv"
_PIECE = re.compile(r"[0-9]+|[a-z]+")
_ORDINAL = re.compile(r"(?<=\d)\s*[°ºª^]|(?<=\d)[oa]\b")
_ROMAN = re.compile(r"(x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10}

# Weights of words the table does not list (a proposal of ours, measured in benchmarks).
WEIGHT_NUMBER = 0.3
WEIGHT_INITIAL = 0.1
WEIGHT_COMUNE = 0.1
# What two different words count for: an initial for its word, a word cut short, a slip of the pen.
ALIKE_INITIAL, ALIKE_CUT, ALIKE_SLIP = 0.9, 0.9, 0.85
# Names of different kinds ("primaria", "infanzia") are at most this share of their likeness.
OTHER_KIND = 0.6
# Lowest weight of a word that tells services apart.
TELLING = 0.4
_MOST_WORDS = 14
# An institute has its office where one of its schools is, under the same name.
_OFFICES = (("istituto", "comprensivo"), ("istituto", "superiore"))
_LONGEST_FORM = 6
_CHUNK = 20_000


@functools.lru_cache(maxsize=1)
def _table():
    """Return {form: words}, {word: weight}, {word: number of its group}."""
    forms, weights, groups, numbers = {}, {}, {}, {}
    with open(_WORDS, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = tuple(row["parole"].split())
            forms[row["forma"]] = words
            for word in words:
                if row["peso"] and (len(words) == 1 or word not in weights):
                    weights[word] = float(row["peso"])
            if row["gruppo"]:
                groups[words[-1]] = numbers.setdefault(row["gruppo"], len(numbers))
    return forms, weights, groups


@functools.lru_cache(maxsize=131072)
def words_of(name) -> tuple:
    """Return the words a name is made of: forms spelt out, Roman and ordinal numbers as digits.

    ("I.C. S. Ambrogio", "Ist. Comprensivo Sant'Ambrogio") → both ("istituto", "comprensivo",
    "san", "ambrogio"). Articles and prepositions are left out, lone letters are initials.
    """
    if name is None or name != name:
        return ()
    forms, _, _ = _table()
    plain = without_accents(_ORDINAL.sub(" ", str(name).lower())).lower()
    pieces = _PIECE.findall(plain)
    found = []
    at = 0
    while at < len(pieces):
        for size in range(min(_LONGEST_FORM, len(pieces) - at), 0, -1):
            part = pieces[at : at + size]
            words = forms.get(" ".join(part))
            if words is None and size > 1 and all(len(piece) == 1 for piece in part):
                words = _initials(part, at + size < len(pieces), forms)
            if words is not None:
                found.extend(words)
                at += size
                break
        else:
            found.append(_number(pieces[at]))
            at += 1
    return tuple(dict.fromkeys(word for word in found if word))


def _initials(letters, followed, forms):
    """Return the words lone letters stand for; the S of "I.C. S. Ambrogio" is the saint's."""
    saint = followed and len(letters) > 2 and letters[-1] == "s" and "".join(letters[:-1]) in forms
    return None if saint else forms.get("".join(letters))


def _number(piece: str) -> str:
    """Return a number as digits without zeros in front, any other word as it is."""
    if piece[0].isdigit():
        return piece.lstrip("0") or "0"
    if len(piece) > 1 and _ROMAN.fullmatch(piece):
        digits = [_ROMAN_DIGITS[sign] for sign in piece]
        after = [*digits[1:], 0]
        return str(sum(-one if one < two else one for one, two in zip(digits, after)))
    return piece


def _weight(word, weights) -> float:
    if word in weights:
        return weights[word]
    if word[0].isdigit():
        return WEIGHT_NUMBER
    return WEIGHT_INITIAL if len(word) == 1 else 1.0


@functools.lru_cache(maxsize=65536)
def says_kind(text) -> bool:
    """Tell whether a text says what a service is and nothing else ("IST. TECNICO COMMERCIALE")."""
    _, weights, groups = _table()
    words = words_of(text)
    return any(word in groups for word in words) and all(
        weights.get(word, 1.0) <= WEIGHT_COMUNE for word in words
    )


@functools.lru_cache(maxsize=1024)
def _comune_words(istat) -> frozenset:
    comune = comune_of(istat) if istat else None
    return frozenset(words_of(comune.nome)) if comune else frozenset()


@functools.lru_cache(maxsize=65536)
def address_key(text) -> str | None:
    """Return what two writings of an address share, None where it has no house number.

    The word that tells the street and the number: "V.le U. Dini 7/a", "via Dini, 7" → "dini 7".
    """
    _, weights, _ = _table()
    street = None
    for word in words_of(text):
        if word[0].isdigit():
            if street is not None:
                return f"{street} {word}"
        elif _weight(word, weights) >= TELLING:
            street = word
    return None


@functools.lru_cache(maxsize=4096)
def is_office(text) -> bool:
    """Tell whether a kind is that of an institute's office, not of one of its schools."""
    return words_of(text) in _OFFICES


@dataclass
class Names:
    """Names as arrays, one row each.

    Attributes:
        words: int32 (n, k), places in ``vocabulary``; −1 beyond the last.
        weights: float64 (n, k), 0 beyond the last. kinds: int64 (n,), bits of the words of kind.
        masks: int64 (g,), the bits that belong to one group of kinds.
        vocabulary: list of words.
    """

    words: np.ndarray
    weights: np.ndarray
    kinds: np.ndarray
    masks: np.ndarray
    vocabulary: list


def prepare_names(names, istat=None, kinds=None) -> Names:
    """Return names as arrays ready to be compared.

    Args:
        names: texts or None. istat: code of each one's comune or None: the words of the comune's
            own name tell little ("Ospedale di Legnano" in Legnano).
        kinds: further text on what each is ("liceo_scientifico") or None: no part of the name, but
            names of kinds that exclude each other are less alike.
    """
    _, weights, groups = _table()
    kind_words = sorted(groups)
    bit = {word: 1 << place for place, word in enumerate(kind_words)}
    masks = [0] * (max(groups.values()) + 1)
    for word, group in groups.items():
        masks[group] |= bit[word]
    places: dict = {}
    codes = istat if istat is not None else [None] * len(names)
    rows = []
    for name, code in asking(zip(names, codes)):
        here = _comune_words(code) if isinstance(code, str) else frozenset()
        row = [
            (min(_weight(word, weights), WEIGHT_COMUNE if word in here else 1.0), word)
            for word in words_of(name)
        ]
        if len(row) > _MOST_WORDS:
            row = sorted(row, key=lambda one: (-one[0], one[1]))[:_MOST_WORDS]
        rows.append(row)
    width = max((len(row) for row in rows), default=0) or 1
    made = Names(
        np.full((len(rows), width), -1, dtype=np.int32),
        np.zeros((len(rows), width)),
        np.zeros(len(rows), dtype=np.int64),
        np.array(masks, dtype=np.int64),
        [],
    )
    for at, row in enumerate(rows):
        for place, (weight, word) in enumerate(row):
            made.words[at, place] = places.setdefault(word, len(places))
            made.weights[at, place] = weight
            made.kinds[at] |= bit.get(word, 0)
    for at, text in enumerate(kinds if kinds is not None else ()):
        for word in words_of(text):
            made.kinds[at] |= bit.get(word, 0)
    made.vocabulary = list(places)
    return made


def telling_words(names: Names, start, stop):
    """Return (row, word) of the words that tell services apart, of rows start … stop − 1.

    Rows count from ``start``.
    """
    rows, columns = np.nonzero(names.weights[start:stop] >= TELLING)
    return rows.astype(np.int64), names.words[start:stop][rows, columns].astype(np.int64)


def name_similarities(names: Names, i, j, on_progress=None):
    """Return how alike the names at i and at j are, float64 0-1, the same both ways round.

    Each word counts what it weighs times its likeness to the nearest word of the other name:
    Σ over both names / Σ of their weights. 1 where the words are the same, 0 where a name has
    none. Names whose kinds exclude each other keep OTHER_KIND of it. None when ``on_progress``
    (called with the share done) says stop.

    Source: the soft cosine of words of Cohen, Ravikumar, Fienberg, "A comparison of string
    distance metrics for name-matching tasks", 2003 (SoftTFIDF), with fixed weights; ``proposta``.
    """
    i, j = np.asarray(i, dtype=np.int64), np.asarray(j, dtype=np.int64)
    result = np.empty(len(i))
    likeness = _Likeness(names.vocabulary)
    for start in range(0, len(i), _CHUNK):
        if on_progress is not None and not on_progress(start / len(i)):
            return None
        part = slice(start, start + _CHUNK)
        result[part] = _similarity_block(names, i[part], j[part], likeness)
    return result


def shared_kinds(names: Names, i, j) -> np.ndarray:
    """Return which share of the words of kind the names at i and at j have in common, 0-1."""
    one, two = names.kinds[np.asarray(i)], names.kinds[np.asarray(j)]
    common, every = _bits(one & two), _bits(one | two)
    return np.divide(common, every, out=np.zeros(len(one)), where=every > 0)


def kinds_exclude(names: Names, i, j) -> np.ndarray:
    """Tell where what the names at i and at j say of their kind can't be of one service."""
    one, two = names.kinds[np.asarray(i)], names.kinds[np.asarray(j)]
    found = np.zeros(len(one), dtype=bool)
    for mask in names.masks:
        left, right = one & mask, two & mask
        found |= (left != 0) & (right != 0) & ((left & right) == 0)
    return found


def _bits(values):
    octets = np.ascontiguousarray(values, dtype=np.int64).view(np.uint8).reshape(len(values), 8)
    return np.unpackbits(octets, axis=1).sum(axis=1).astype(np.float64)


def _similarity_block(names, i, j, likeness):
    one, two = names.words[i], names.words[j]
    weight_one, weight_two = names.weights[i], names.weights[j]
    alike = likeness(one[:, :, None], two[:, None, :])
    met = (weight_one * alike.max(axis=2)).sum(axis=1) + (weight_two * alike.max(axis=1)).sum(
        axis=1
    )
    total = weight_one.sum(axis=1) + weight_two.sum(axis=1)
    ratio = np.divide(met, total, out=np.zeros(len(i)), where=total > 0)
    for mask in names.masks:
        kinds_one, kinds_two = names.kinds[i] & mask, names.kinds[j] & mask
        other = (kinds_one != 0) & (kinds_two != 0) & ((kinds_one & kinds_two) == 0)
        ratio[other] *= OTHER_KIND
    return ratio


class _Likeness:
    """How alike words of one vocabulary are; pairs of different words are looked at once."""

    def __init__(self, vocabulary):
        self._words = vocabulary
        self._first = np.array([ord(word[0]) for word in vocabulary] or [0], dtype=np.int32)
        self._size = np.array([len(word) for word in vocabulary] or [0], dtype=np.int32)
        self._digit = np.array([word[0].isdigit() for word in vocabulary] or [False])
        self._known: dict = {}

    def __call__(self, one, two):
        one, two = np.broadcast_arrays(one, two)
        alike = ((one == two) & (one >= 0)).astype(np.float64)
        # Only what begins alike can be an initial, a cut word or a slip.
        near = (one >= 0) & (two >= 0) & (one != two) & (self._first[one] == self._first[two])
        near &= ~self._digit[one]
        low = np.minimum(self._size[one], self._size[two])
        near &= (low == 1) | (low >= 3)
        if near.any():
            a, b = one[near].astype(np.int64), two[near].astype(np.int64)
            codes = np.minimum(a, b) * len(self._words) + np.maximum(a, b)
            found, inverse = np.unique(codes, return_inverse=True)
            values = np.array([self._value(code) for code in found.tolist()])
            alike[near] = values[inverse.ravel()]
        return alike

    def _value(self, code):
        if code not in self._known:
            a, b = divmod(code, len(self._words))
            self._known[code] = word_likeness(self._words[a], self._words[b])
        return self._known[code]


def word_likeness(one: str, two: str) -> float:
    """Return how alike two different words are, 0-1, by what usually parts them."""
    short, long = sorted((one, two), key=lambda word: (len(word), word))
    if short == long:
        return 1.0
    if short[0].isdigit() or long[0].isdigit():
        return 0.0
    if len(short) == 1:
        return ALIKE_INITIAL if long.startswith(short) else 0.0
    if len(short) >= 3 and long.startswith(short):
        return ALIKE_CUT
    if len(short) >= 5 and len(long) - len(short) <= 2:
        allowed = 1 if len(short) < 8 else 2
        if _slips(short, long, allowed) <= allowed:
            return ALIKE_SLIP
    return 0.0


def _slips(one, two, most) -> int:
    """Return the letters changed, added, lost or swapped between two words, at most ``most`` + 1.

    Source: optimal string alignment distance.
    """
    before, row = None, list(range(len(two) + 1))
    for i, sign in enumerate(one, 1):
        now = [i]
        for j, other in enumerate(two, 1):
            cost = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (sign != other))
            if before and j > 1 and sign == two[j - 2] and one[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, row = row, now
    return row[-1]


@functools.lru_cache(maxsize=65536)
def name_similarity(one, other, istat=None) -> float:
    """Return how alike two names are, 0-1: ``name_similarities`` of a single pair."""
    names = prepare_names([one, other], [istat, istat])
    return float(name_similarities(names, [0], [1])[0])
