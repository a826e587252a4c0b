"""The 133 comuni of the metropolitan city: zona omogenea, polo, extent, neighbours."""

from __future__ import annotations

import csv
import difflib
import functools
from dataclasses import dataclass
from pathlib import Path

from .errors import SttmError
from .text import normalise

_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "riferimento"

# DATO_RESTITUZIONE §3, cod_zo: codes of the project.
ZONE_CODES = {
    "Milano": "MIL",
    "Adda Martesana": "ADM",
    "Sud Est": "SUE",
    "Sud Ovest": "SUO",
    "Magentino Abbiatense": "MAG",
    "Alto Milanese": "ALM",
    "Nord Milano": "NMI",
    "Nord Ovest": "NOV",
}

# Comuni that no longer exist, with the one that took their place (FACTS §1) and their name.
SUCCESSORS = {
    "015235": ("015251", "Vermezzo"),
    "015246": ("015251", "Zelo Surrigone"),
}
# ISTAT numbers the provinces from 001 to 111.
_LAST_PROVINCE = 111
# The day Vermezzo con Zelo took the place of both.
SUPPRESSED_ON = "2019-02-08"


@dataclass(frozen=True)
class ZoneControl:
    """What the strategy's own table says of one zone: what our list must add up to."""

    zona_omogenea: str
    codice: str
    comuni: int
    poli: int
    citta_centrale: int
    lum: int
    popolazione: int
    superficie_km2: float


# Presentation of the STTM 2 (2023), per-zone boxes (SCHEDA_ZO §2).
ZONE_CONTROL = tuple(
    ZoneControl(nome, ZONE_CODES[nome], *figures)
    for nome, *figures in (
        ("Milano", 1, 0, 1, 0, 1371498, 181.93),
        ("Adda Martesana", 29, 3, 4, 16, 391155, 273.34),
        ("Sud Est", 15, 3, 2, 5, 176198, 180.25),
        ("Sud Ovest", 16, 1, 8, 10, 239866, 180.28),
        ("Magentino Abbiatense", 28, 2, 0, 5, 217586, 359.95),
        ("Alto Milanese", 22, 2, 0, 6, 256425, 215.58),
        ("Nord Milano", 6, 0, 6, 11, 266612, 49.55),
        ("Nord Ovest", 16, 2, 4, 9, 317761, 135.67),
    )
)


@dataclass(frozen=True)
class Comune:
    """One comune.

    Attributes:
        istat: six digits. belfiore: cadastral code, or None.
        zona_omogenea, codice_zo: name and code of the zone.
        polo: "sovracomunale", "metropolitano" (PTM) or None.
        citta_centrale: in the PTM's città centrale.
        popolazione: residents at 1.1.2023. superficie_km2: territorial area.
        envelope: (xmin, ymin, xmax, ymax), metres, EPSG:32632, of a generalised
            boundary: allow 200 m around it.
        contermini: ISTAT codes of the bordering comuni of the metropolitan city.
        note: what of all this is reconstructed.
    """

    istat: str
    nome: str
    zona_omogenea: str
    codice_zo: str
    polo: str | None
    citta_centrale: bool
    popolazione: int
    superficie_km2: float
    envelope: tuple[float, float, float, float]
    contermini: tuple[str, ...]
    note: str
    belfiore: str | None = None


@functools.lru_cache(maxsize=1)
def _comuni() -> dict:
    belfiore: dict = {}
    for row in _rows("codici_catastali.csv"):
        belfiore.setdefault(row["istat"], row["belfiore"])
    found = {}
    for row in _rows("comuni.csv"):
        corners = ("xmin_32632", "ymin_32632", "xmax_32632", "ymax_32632")
        found[row["istat"]] = Comune(
            istat=row["istat"],
            nome=row["nome"],
            zona_omogenea=row["zona_omogenea"],
            codice_zo=ZONE_CODES[row["zona_omogenea"]],
            polo=row["polo"] or None,
            citta_centrale=row["citta_centrale"] == "1",
            popolazione=int(row["popolazione"]),
            superficie_km2=float(row["superficie_km2"]),
            envelope=tuple(float(row[corner]) for corner in corners),
            contermini=tuple(code for code in row["contermini"].split(";") if code),
            note=row["nota"],
            belfiore=belfiore.get(row["istat"]),
        )
    return found


def comuni() -> dict:
    """Return {ISTAT code: Comune} of the 133, by code."""
    return dict(_comuni())


@functools.lru_cache(maxsize=1)
def belfiore_codes() -> dict:
    """Return {cadastral code: ISTAT code of today}, codes of merged comuni included."""
    return {row["belfiore"].upper(): row["istat"] for row in _rows("codici_catastali.csv")}


def comune_of(istat) -> Comune | None:
    """Return the comune with an ISTAT code in any of its spellings, or None."""
    code = istat_code(istat)
    return _comuni().get(code) if code else None


def istat_code(value) -> str | None:
    """Return a value as a six-digit ISTAT code of today, or None where it can't be one.

    15146, "15146", "15146.0", "015146" and 15.146 (a thousands dot) are all "015146"; a
    suppressed comune gives its successor. The code need not be of the metropolitan city.
    """
    if value is None or value != value:
        return None
    text = str(value).strip()
    head, dot, tail = text.partition(".")
    if dot and set(tail) == {"0"}:
        text = head
    elif dot and len(head) <= 3 and len(tail) <= 3:
        # 15.146 and, where the thousands dot was read as a decimal one, 15.21 for 015210.
        text = head.zfill(3) + tail.ljust(3, "0")
    if not (text.isascii() and text.isdigit()) or not 4 <= len(text) <= 6:
        return None
    code = text.zfill(6)
    return SUCCESSORS[code][0] if code in SUCCESSORS else code


def own_rows(codes, istat) -> list:
    """Return which records are of a comune: with its code, none, or one nobody has.

    A record whose code is of no comune would be in nobody's plan: the check on codes
    (STTM2-115) tells of it in the plan it was found in.

    Args:
        codes: of the records, as they write them. istat: of the comune, six digits.

    Returns:
        bool list, one a record.
    """
    known = {code: _is_own(code, istat) for code in set(codes)}
    return [known[code] for code in codes]


def _is_own(code, istat):
    today = istat_code(code)
    if today is None or today == istat:
        return True
    if today in _comuni():
        return False
    return today.startswith("015") or not 1 <= int(today[:3]) <= _LAST_PROVINCE


@functools.lru_cache(maxsize=1)
def _keys() -> dict:
    """Every cadastral code and comparable name → ISTAT codes."""
    keys: dict = {}
    for comune in _comuni().values():
        keys.setdefault(_plain(comune.nome), []).append(comune.istat)
    for successor, name in SUCCESSORS.values():
        keys.setdefault(_plain(name), []).append(successor)
    for row in _rows("codici_catastali.csv"):
        keys.setdefault(row["belfiore"].lower(), []).append(row["istat"])
    return keys


def find_comune(text) -> Comune | None:
    """Return the comune a text names, None where it names none or several."""
    written = "" if text is None else str(text).strip()
    if written.isascii() and written.isdigit():
        return _comuni().get(istat_code(written)) if len(written) in (5, 6) else None
    found = _keys().get(_plain(written), []) if written else []
    return _comuni()[found[0]] if len(found) == 1 else None


def resolve_comune(text) -> Comune:
    """Return the comune a user named.

    Args:
        text: ISTAT code (six digits, five padded), cadastral (Belfiore) code, or the name;
            case, accents, apostrophes and spaces don't count. Comuni that were merged
            give the one that took their place.

    Raises:
        SttmError: unknown or ambiguous; the sentence names the nearest three.
    """
    found = find_comune(text)
    if found is not None:
        return found
    written = "" if text is None else str(text).strip()
    if not written:
        raise SttmError("Comune non indicato: scrivere il codice ISTAT di sei cifre o il nome.")
    if written.isascii() and written.isdigit():
        raise SttmError(
            f"Comune «{written}» sconosciuto: non è il codice ISTAT di uno dei 133 comuni della "
            f"Città metropolitana di Milano. I codici più vicini sono {_near_codes(written)}."
        )
    reason = "ambiguo" if _keys().get(_plain(written)) else "sconosciuto"
    raise SttmError(
        f"Comune «{written}» {reason}: scrivere il codice ISTAT di sei cifre, il codice catastale "
        f"o il nome di uno dei 133 comuni della Città metropolitana di Milano. "
        f"I più vicini sono {_near_names(written)}."
    )


def _near_names(written: str) -> str:
    wanted = _plain(written)

    def likeness(comune):
        name = _plain(comune.nome)
        whole = difflib.SequenceMatcher(None, wanted, name).ratio()
        # "San Donato" is nearer to San Donato Milanese than to any shorter name.
        return max(whole, 0.99 if wanted and name.startswith(wanted) else 0.0)

    ordered = sorted(_comuni().values(), key=lambda comune: (-likeness(comune), comune.istat))
    return _listed(ordered[:3])


def _near_codes(written: str) -> str:
    wanted = written.zfill(6)

    def distance(code):
        likeness = difflib.SequenceMatcher(None, wanted, code).ratio()
        return (-likeness, abs(int(code) - int(wanted)), code)

    ordered = sorted(_comuni(), key=distance)
    return _listed([_comuni()[code] for code in ordered[:3]])


def _listed(found) -> str:
    return ", ".join(f"{comune.nome} ({comune.istat})" for comune in found)


def _plain(text: str) -> str:
    """A name without what people write differently: case, accents, apostrophes, spaces."""
    return normalise(text).replace(" ", "")


def zones() -> dict:
    """Return {name of the zone: tuple of its comuni}, in the order of ZONE_CONTROL."""
    grouped: dict = {control.zona_omogenea: [] for control in ZONE_CONTROL}
    for comune in _comuni().values():
        grouped[comune.zona_omogenea].append(comune)
    return {zone: tuple(members) for zone, members in grouped.items()}


def _rows(name: str) -> list:
    with open(_FOLDER / name, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
