"""Texts made comparable, and names made from codes."""

from __future__ import annotations

import functools
import re
import unicodedata

import numpy as np

from .errors import SttmError

_NOT_WORD = re.compile(r"[^0-9a-z]+")
_ORDINALS = {ord("º"): " ", ord("ª"): " "}
_LONE_LETTERS = re.compile(r"\b[a-z](?: [a-z])+\b")


def without_accents(text: str) -> str:
    """Return the text with accents, ligatures and other marks taken off its letters."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def normalise(text) -> str:
    """Return a text as the dictionaries of the taxonomy compare it.

    Lower case, no accents, punctuation as one space, consecutive single letters
    joined ("I.T.I.S." → "itis"). None → "".

    Source: DATO_RESTITUZIONE §9, Parole chiave.
    """
    if text is None:
        return ""
    return _normalised(str(text))


# Names, kinds and states repeat: the same text is made comparable once.
@functools.lru_cache(maxsize=1 << 16)
def _normalised(text: str) -> str:
    if text.isascii():
        words = _NOT_WORD.sub(" ", text.lower()).strip()
        return _LONE_LETTERS.sub(lambda run: run.group().replace(" ", ""), words)
    # The ordinal signs are letters to Unicode: "1º grado" would become "1o grado".
    plain = without_accents(text.translate(_ORDINALS))
    words = _NOT_WORD.sub(" ", plain.lower()).strip()
    return _LONE_LETTERS.sub(lambda run: run.group().replace(" ", ""), words)


def code_name(code) -> str:
    """Return the piece of a field name made from a code: "SAN.01" → "san_01"."""
    return _NOT_WORD.sub("_", without_accents(str(code)).lower())


def code_names(codes) -> dict:
    """Return {code: name} in the order given.

    Raises:
        SttmError: two codes give the same name.
    """
    names: dict = {}
    seen: dict = {}
    for code in codes:
        name = code_name(code)
        if name in seen and seen[name] != code:
            raise SttmError(
                f"Le categorie «{seen[name]}» e «{code}» darebbero lo stesso nome di campo "
                f"«{name}»: cambiare uno dei due codici."
            )
        seen[name] = code
        names[code] = name
    return names


def threshold_name(value: float) -> str:
    """Return a threshold as a piece of a field name: 7.5 → "7_5", 10.0 → "10"."""
    shortest = repr(float(value))
    if shortest.endswith(".0"):
        shortest = shortest[:-2]
    return shortest.replace(".", "_")


def number_list(text: str, what: str) -> list[float]:
    """Return the sorted numbers of a text list such as "5, 10;15".

    Args:
        text: numbers split by ``,`` or ``;``, decimal point, spaces ignored.
        what: how the sentence names the list.

    Raises:
        SttmError: a piece is not a number, is negative, or repeats.
    """
    numbers: list[float] = []
    for piece in re.split(r"[,;]", str(text)):
        piece = piece.strip()
        if not piece:
            continue
        numbers.append(_positive(piece, what))
        if numbers.count(numbers[-1]) > 1:
            raise SttmError(f"{what}: il valore «{piece}» è ripetuto.")
    return sorted(numbers)


def number_pairs(text: str, what: str) -> list[tuple[str, float]]:
    """Return the pairs of a text list such as "metropolitano=500,sovracomunale=350".

    Raises:
        SttmError: a piece is not name=number, a number is negative, or a name repeats.
    """
    pairs: list[tuple[str, float]] = []
    for piece in re.split(r"[,;]", str(text)):
        piece = piece.strip()
        if not piece:
            continue
        name, equals, number = piece.partition("=")
        name = name.strip()
        if not equals or not name:
            raise SttmError(f"{what}: «{piece}» non è nella forma nome=numero.")
        if name in (known for known, _ in pairs):
            raise SttmError(f"{what}: «{name}» è ripetuto.")
        pairs.append((name, _positive(number.strip(), what)))
    return pairs


def _positive(piece: str, what: str) -> float:
    try:
        number = float(piece)
    except ValueError:
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise SttmError(
            f"{what}: «{piece}» non è un numero ammesso. Scrivere numeri non negativi con il "
            "punto decimale, separati da virgola o punto e virgola."
        )
    return number


def written(value) -> str:
    """Return a value as an Italian sentence shows it: decimal comma, no needless decimals."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if number == int(number) and abs(number) < 1e15:
            return f"{int(number):,}".replace(",", ".")
        digits = 0 if abs(number) >= 1000 else 3 if abs(number) < 1 else 2
        text = f"{number:,.{digits}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return text.translate(str.maketrans(",.", ".,"))
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}".replace(",", ".")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(written(item) for item in value)
    return str(value)
