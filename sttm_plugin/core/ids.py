"""Identifiers that stay the same when rows move (INTERFACE §2.1, checkplan *Ids*)."""

from __future__ import annotations

import functools
import hashlib
import math
import re
import uuid

import numpy as np

from .text import normalise

NS = uuid.uuid5(uuid.NAMESPACE_OID, "sttm2")

_DATE = re.compile(
    r"\b(?:\d{8}|\d{6}|\d{1,2}[-/._]\d{1,2}[-/._]\d{2,4}|(?:19|20)\d{2}(?:\d{4})?)\b"
)
_CELL_M = 10.0


def source_name(fonte) -> str:
    """Return the part of a source's name that is its identity: normalised, no years, no dates."""
    return _source_name(str(fonte or ""))


@functools.lru_cache(maxsize=1024)
def _source_name(fonte: str) -> str:
    return normalise(_DATE.sub(" ", fonte.replace("_", " ")))


def valid_uuid(text) -> bool:
    """Tell whether a text is a UUID written in full."""
    try:
        return str(uuid.UUID(str(text))) == str(text).lower()
    except ValueError:
        return False


def id_from_key(fonte, fonte_id) -> str:
    """Return the id of a service whose source has a unique key."""
    return id_of(f"{before_key(fonte)}{fonte_id}")


def before_key(fonte) -> str:
    """Return what makes a key of a source the key of an id, written before it."""
    return f"k|{source_name(fonte)}|"


def name_key(istat, nome, x=None, y=None) -> str:
    """Return the key of a service known by name; with a point, told apart by its 10 m cell.

    Args:
        istat: 6-digit code.
        nome: the name as written; normalised here. None or "" is an unnamed record.
        x, y: metres in EPSG:32632, or None when the name is enough or there is no position.
    """
    key = f"n|{istat or ''}|{normalise(nome)}"
    if x is not None and y is not None and math.isfinite(x) and math.isfinite(y):
        east = int(math.floor(x / _CELL_M) * _CELL_M)
        north = int(math.floor(y / _CELL_M) * _CELL_M)
        key += f"|{east}|{north}"
    return key


def id_of(key: str) -> str:
    """Return the UUID made from a key: ``uuid.uuid5``, without an object for each."""
    made = hashlib.sha1(NS.bytes + key.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(made[16], 16) & 3]
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{variant}{made[17:20]}-{made[20:32]}"


def ids_of(keys) -> list:
    """Return ``id_of`` of each of many keys, their texts made at once."""
    begun = hashlib.sha1(NS.bytes, usedforsecurity=False).copy
    digests = []
    for key in keys:
        made = begun()  # a third less than one from nothing
        made.update(key.encode())
        digests.append(made.digest())
    made = b"".join(digests)
    parts = np.frombuffer(made, dtype=np.uint8).reshape(-1, 20)[:, :16].copy()
    parts[:, 6] = parts[:, 6] & 0x0F | 0x50
    parts[:, 8] = parts[:, 8] & 0x3F | 0x80
    signs = np.frombuffer(parts.tobytes().hex().encode(), dtype=np.uint8).reshape(-1, 32)
    texts = np.full((len(signs), 36), ord("-"), dtype=np.uint8)
    for first, last, moved in ((0, 8, 0), (8, 12, 1), (12, 16, 2), (16, 20, 3), (20, 32, 4)):
        texts[:, first + moved : last + moved] = signs[:, first:last]
    whole = texts.tobytes().decode()
    return [whole[at : at + 36] for at in range(0, len(whole), 36)]


def finding_id(codice: str, id_oggetto: str, altri_oggetti=()) -> str:
    """Return the id of a finding: the check, the object and the other objects it names."""
    others = ";".join(sorted(str(other) for other in altri_oggetti))
    return id_of(f"r|{codice}|{id_oggetto}|{others}")
