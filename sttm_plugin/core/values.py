"""Single values as people write them: blanks, numbers with units, dates, states, valenze."""

from __future__ import annotations

import datetime
import math
import re
from typing import NamedTuple

from .errors import SttmError
from .text import normalise

# PDS_SCHEMA §1.4 and D36, compared without case and surrounding space.
NULL_TOKENS = (
    "-",
    "--",
    "---",
    "n.d.",
    "n.d",
    "nd",
    "n/d",
    "n.a.",
    "n/a",
    "non disponibile",
    "non noto",
    "non dichiarato",
    "null",
    "none",
    "nan",
    "#n/d",
    "#n/a",
    "<null>",
    "(null)",
    "?",
)
# Numbers that stand for "unknown" where they are out of any scale.
NULL_NUMBERS = (9999.0, 99999.0, 999999.0, -9999.0, -999.0, -99.0, -1.0)

_SPACE = re.compile(r"[\s\u00a0\u2000-\u200b\u202f\ufeff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(value) -> str | None:
    """Return a value as trimmed text, runs of space as one, control signs gone; blank is None."""
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            # Nearly every cell: only blanks to bring together, if that.
            if "  " not in value and value[:1] != " " and value[-1:] != " ":
                return value or None
            return " ".join(value.split()) or None
        return _SPACE.sub(" ", _CONTROL.sub(" ", value)).strip() or None
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = _SPACE.sub(" ", _CONTROL.sub(" ", str(value))).strip()
    return text or None


def all_texts(values) -> bool:
    """Tell whether all of some values are texts, without looking at each from Python."""
    try:
        "".join(values)
    except TypeError:
        return False
    return True


def all_said(texts, tokens) -> bool:
    """Tell whether each of some cleaned texts says something: none is None or stands for NULL."""
    if not all_texts(texts):
        return False
    # A letter may become two when its case is folded, never one of two.
    longest = max(map(len, tokens), default=0)
    sure = min(map(len, texts), default=0) > longest
    return sure or tokens.isdisjoint(map(str.casefold, texts))


# What ``clean`` changes in plain letters between ends of line: looked for as they are, many
# times faster than by a pattern.
_TO_CLEAN = ("\n\n", "\n ", " \n", "  ")
_PRINTABLE = b"\n" + bytes(range(0x20, 0x7F))


def cleaned(values) -> list:
    """Return ``clean`` of each value; most columns need nothing, which is told at once."""
    texts = [value for value in values if type(value) is str]
    whole = "\n".join(["", *texts, ""])
    plain = whole.isascii() and whole.count("\n") == len(texts) + 1
    plain = plain and not whole.encode().translate(None, _PRINTABLE)
    if plain and not any(blank in whole for blank in _TO_CLEAN):
        if len(texts) == len(values):
            return texts
        return [value if type(value) is str else clean(value) for value in values]
    return [clean(value) for value in values]


# What makes a spreadsheet run the text of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Return a text that a spreadsheet shows and doesn't run: an apostrophe before a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def written_cell(value):
    """Return the text that ``plain_cell`` was given; other values as they are."""
    quoted = isinstance(value, str) and value.startswith("'") and value[1:].startswith(_FORMULA)
    return value[1:] if quoted else value


def null_tokens(extra="") -> frozenset:
    """Return the texts read as NULL: ours and those of a list split by ``,`` or ``;``."""
    given = extra if isinstance(extra, (list, tuple)) else re.split(r"[,;]", str(extra or ""))
    added = [str(token).strip().casefold() for token in given]
    return frozenset(token for token in (*NULL_TOKENS, *added) if token)


def is_null(value, tokens) -> bool:
    """Tell whether a value is blank or one of the tokens."""
    text = clean(value)
    return text is None or text.casefold() in tokens


# Numbers ---------------------------------------------------------------------------------

_NUMBER = re.compile(
    r"^(?P<sign>[+-]?)(?P<digits>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)"
    r"(?:[eE](?P<exponent>[+-]?\d{1,3}))?(?P<unit>.*)$"
)
_GROUPED = {".": re.compile(r"^\d{1,3}(?:\.\d{3})+$"), ",": re.compile(r"^\d{1,3}(?:,\d{3})+$")}
SCIENTIFIC = re.compile(r"^\d[.,]?\d*E\+\d{2,}$", re.IGNORECASE)
# What a spreadsheet makes of "1-2": "01-feb", "2024-02-01 00:00:00", "01/02/2024".
SHEET_DATE = re.compile(
    r"^(?:\d{1,2}[-/ ](?:gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic|jan|may|jun|jul|aug|sep|"
    r"oct|dec)[a-z]*|\d{4}[-/]\d\d[-/]\d\d(?:[T ]00:00:00)?|\d\d/\d\d/\d{4})$",
    re.IGNORECASE,
)

_AREA_UNITS = {
    "": 1.0,
    "mq": 1.0,
    "m2": 1.0,
    "metri quadri": 1.0,
    "metri quadrati": 1.0,
    "metro quadro": 1.0,
    "sqm": 1.0,
    "a": 100.0,
    "are": 100.0,
    "ha": 10000.0,
    "ettari": 10000.0,
    "ettaro": 10000.0,
    "kmq": 1000000.0,
    "km2": 1000000.0,
}


class Number(NamedTuple):
    """A number read from a text, with the unit written after it ("" where there is none)."""

    value: float
    unit: str


def parse_number(value, decimal: str = ",") -> Number | None:
    """Return the number a text holds, None where it holds none.

    Args:
        value: text or number.
        decimal: the sign that is decimal in this column where the text alone can't tell
            ("1.234"): "," or ".".
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return Number(float(value), "") if math.isfinite(value) else None
    text = clean(value)
    if text is None:
        return None
    found = _NUMBER.match(text)
    if found is None:
        return None
    # A unit has no digits but in m2, km2: "12 - 14" or "3 di 5" isn't one number.
    unit = found["unit"].strip(" .")
    if re.search(r"\d", unit.replace("m2", "")):
        return None
    digits = re.sub(r"['’ \u00a0\u202f]", "", found["digits"]).rstrip(".,")
    plain = _plain_digits(digits, decimal)
    if plain is None:
        return None
    number = float(f"{found['sign']}{plain}e{found['exponent'] or 0}")
    return Number(number, unit) if math.isfinite(number) else None


def _plain_digits(digits: str, decimal: str) -> str | None:
    points, commas = digits.count("."), digits.count(",")
    if points and commas:
        # With both signs the last one is decimal, whatever the column says.
        mark = "." if digits.rfind(".") > digits.rfind(",") else ","
        other = "," if mark == "." else "."
        whole, _, part = digits.rpartition(mark)
        if mark in whole or not _GROUPED[other].match(whole):
            return None
        return f"{whole.replace(other, '')}.{part}"
    sign = "." if points else ","
    count = points + commas
    if count == 0:
        return digits
    if count > 1:
        return digits.replace(sign, "") if _GROUPED[sign].match(digits) else None
    if sign != decimal and _GROUPED[sign].match(digits) and not digits.startswith("0"):
        return digits.replace(sign, "")
    return digits.replace(sign, ".")


def decimal_evidence(values) -> str:
    """Return which decimal sign some texts prove.

    Returns:
        "," or "." where proved, "misto" where both are, "ambiguo" where each sign could be a
        thousands one ("1.234"), "" where no text has a sign.
    """
    comma = point = doubtful = False
    for value in values:
        if isinstance(value, (int, float)) or value is None:
            continue
        found = _NUMBER.match(clean(value) or "")
        if found is None:
            continue
        digits = re.sub(r"['’ \u00a0\u202f]", "", found["digits"]).rstrip(".,")
        points, commas = digits.count("."), digits.count(",")
        if points and commas:
            comma |= digits.rfind(",") > digits.rfind(".")
            point |= digits.rfind(".") > digits.rfind(",")
        elif points > 1 or commas > 1:
            comma |= points > 1
            point |= commas > 1
        elif points or commas:
            sign = "." if points else ","
            if _GROUPED[sign].match(digits) and not digits.startswith("0"):
                doubtful = True
            else:
                point |= sign == "."
                comma |= sign == ","
    if comma and point:
        return "misto"
    if comma or point:
        return "," if comma else "."
    return "ambiguo" if doubtful else ""


def area_factor(unit: str) -> float | None:
    """Return how many m² one unit of area is, None where it isn't a unit of area."""
    text = unit.lower().replace("²", "2").replace(".", "").strip()
    return _AREA_UNITS.get(text)


# Dates -----------------------------------------------------------------------------------

_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$")
_YEAR_FIRST = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?: .*)?$")
_DAY_FIRST = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?: .*)?$")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\d{6})?(?:\.0)?$")
_WORDS = re.compile(r"^(\d{1,2})°? ([a-z]+) (\d{4})$", re.IGNORECASE)
_MONTHS = ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic")


def parse_date(value) -> str | None:
    """Return a date as ISO text, None where the text is no date of the calendar.

    dd/mm/yyyy, dd/mm/yy (70-99 are 19xx), yyyy-mm-dd, yyyymmdd, "5 marzo 2020"; a time
    after it is dropped.
    """
    text = clean(value)
    if text is None:
        return None
    for pattern, order in (
        (_ISO, (0, 1, 2)),
        (_YEAR_FIRST, (0, 1, 2)),
        (_DAY_FIRST, (2, 1, 0)),
        (_COMPACT, (0, 1, 2)),
    ):
        found = pattern.match(text)
        if found:
            parts = [found.groups()[place] for place in order]
            year = int(parts[0])
            if len(parts[0]) == 2:
                year += 1900 if year >= 70 else 2000
            return _date(year, int(parts[1]), int(parts[2]))
    found = _WORDS.match(text)
    if found and found[2][:3].lower() in _MONTHS:
        return _date(int(found[3]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1]))
    return None


def _date(year, month, day) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def given_date(text: str) -> str | None:
    """Return the date of a parameter as ISO text, None where it is empty.

    Raises:
        SttmError: it is no date.
    """
    if not clean(text):
        return None
    found = parse_date(text)
    if found is None:
        raise SttmError(
            f"Data «{text}» non riconosciuta: scriverla come 2024-12-31 oppure 31/12/2024."
        )
    return found


# Coordinates in a text ----------------------------------------------------------------------

_PAIR = re.compile(
    r"^[\[(]?\s*([+-]?\d+(?:\.\d+)?)\s*[,; ]\s*([+-]?\d+(?:\.\d+)?)\s*[\])]?$",
)
_COMMA_PAIR = re.compile(r"^[\[(]?\s*([+-]?\d+,\d+)\s*[; ]\s*([+-]?\d+,\d+)\s*[\])]?$")
_WKT = re.compile(
    r"^(?:SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*Z?M?\s*\(",
    re.IGNORECASE,
)


def parse_pair(value) -> tuple[float, float] | None:
    """Return the two numbers of a text such as "(45.47, 9.24)", in the order written."""
    text = clean(value)
    if text is None:
        return None
    found = _PAIR.match(text) or _COMMA_PAIR.match(text)
    if found is None:
        return None
    first, second = (float(piece.replace(",", ".")) for piece in found.groups())
    return first, second


def looks_like_wkt(value) -> bool:
    """Tell whether a text begins as well-known text of a geometry."""
    text = clean(value)
    return text is not None and _WKT.match(text) is not None


# Words of the plan ---------------------------------------------------------------------------

_STATES = {
    "esistente": (
        "esistente esistenti esist e attuato attuata attuati attuate attivo attiva attive attivi "
        "confermato confermata funzionante operativo operativa realizzato realizzata"
    ).split()
    + ["in essere", "in esercizio", "in attivita", "stato di fatto", "di fatto"],
    "previsto": (
        "previsto prevista previsti previste p progetto programmato programmata nuovo nuova "
        "previsione pianificato pianificata"
    ).split()
    + [
        "in previsione",
        "di progetto",
        "di previsione",
        "da realizzare",
        "non attuato",
        "non attuata",
        "in progetto",
        "nuova previsione",
        "in programma",
    ],
    "in_corso": [
        "in corso",
        "in costruzione",
        "in corso di realizzazione",
        "in realizzazione",
        "in corso di attuazione",
        "in attuazione",
        "cantiere",
        "in cantiere",
        "in corso d opera",
        "in fase di realizzazione",
    ],
    "sospeso": ["sospeso", "sospesa", "temporaneamente chiuso", "temporaneamente sospeso"],
    "dismesso": [
        "dismesso",
        "dismessa",
        "dismessi",
        "dismesse",
        "cessato",
        "cessata",
        "soppresso",
        "soppressa",
    ],
}
# "In ampliamento" and the like exist, and have a project under way (INTERFACE §2).
_PHASES = {
    "in ampliamento": "cantiere",
    "in ristrutturazione": "cantiere",
    "parzialmente attuato": "cantiere",
    "parzialmente attuata": "cantiere",
    "in riqualificazione": "cantiere",
    "da riqualificare": "progetto",
    "da ampliare": "progetto",
    "da ristrutturare": "progetto",
    "esistente in ampliamento": "cantiere",
    "esistente da riqualificare": "progetto",
    "esistente da ampliare": "progetto",
}
_STATE_OF = {wording: state for state, wordings in _STATES.items() for wording in wordings}
# Words that decide inside a longer text such as "SERVIZI PUBBLICI ESISTENTI" (D31).
_DECIDING = {
    "esistente": "esistente",
    "esistenti": "esistente",
    "previsto": "previsto",
    "prevista": "previsto",
    "previsti": "previsto",
    "previste": "previsto",
    "progetto": "previsto",
    "dismesso": "dismesso",
    "dismessa": "dismesso",
    "dismessi": "dismesso",
    "dismesse": "dismesso",
}
_BLURRING = {"non", "parzialmente", "parte", "ex", "o", "da", "in", "ampliamento"}
# How a place works today, not what the plan says of it (D29).
OPERATING_WORDS = {"in esercizio", "attivo", "attiva", "operativo", "operativa", "funzionante"}


class State(NamedTuple):
    """The stato and fase_progetto a wording stands for; both None where it isn't clear."""

    stato: str | None
    fase: str | None


def parse_stato(value) -> State:
    """Return the state a wording stands for; unknown wording stays unknown.

    Source: PDS_SCHEMA §1.5 (wordings), INTERFACE §2 (in ampliamento, chiuso).
    """
    text = normalise(clean(value))
    if text.replace(" ", "_") in _STATES:
        return State(text.replace(" ", "_"), None)
    if text in _PHASES:
        return State("esistente", _PHASES[text])
    if text in _STATE_OF:
        return State(_STATE_OF[text], None)
    words = text.split()
    if len(words) > 1 and not _BLURRING & set(words):
        found = {_DECIDING[word] for word in words if word in _DECIDING}
        if len(found) == 1:
            return State(found.pop(), None)
    return State(None, None)


_VALENZE = {
    "locale": "locale comunale local livello locale livello comunale",
    "intercomunale": "intercomunale intercomunali",
    "metropolitana": "metropolitana metropolitano metropolitani metropolitane",
    "sovracomunale": "sovracomunale sovracomunali sovralocale sovraccomunale extracomunale",
}
_VALENZA_OF = {word: valenza for valenza, words in _VALENZE.items() for word in words.split()}
_VALENZA_FILLERS = frozenset("livello valenza rango scala rilevanza servizio servizi di".split())


def parse_valenza(value) -> str | None:
    """Return the declared valenza a wording stands for; unknown wording is None."""
    text = normalise(clean(value)).replace("sovra comunale", "sovracomunale")
    text = text.replace("sovra locale", "sovralocale").replace("inter comunale", "intercomunale")
    words = [word for word in text.split() if word not in _VALENZA_FILLERS]
    return _VALENZA_OF.get(words[0]) if len(words) == 1 else None


# Official codes --------------------------------------------------------------------------------

# Province, kind of school, six signs; the Region adds the number of the seat ("-02", "-TT").
_MIM = re.compile(r"^[A-Z]{2}(?:[A-Z]{2}|[1-9][A-Z])(?=[A-Z]*\d)[A-Z0-9]{6}(?:-[A-Z0-9]{1,3})?$")
_ISIL = re.compile(r"^IT-[A-Z]{2}\d{4}$")
_HSP = re.compile(r"^0\d{5}(?:-\d{2})?$")
_PREFIXED = re.compile(r"^(MIM|HSP|ISIL|CUDES|CUP):\S+$")


def official_code(value, column: str = "") -> str | None:
    """Return an official code with its register's prefix ("MIM:MIPS01000A"), None for others.

    Args:
        value: the text of a cell.
        column: its column's name: an HSP code is six digits, which only the name tells apart.
    """
    text = (clean(value) or "").upper()
    if _PREFIXED.match(text):
        return text
    if _ISIL.match(text):
        return f"ISIL:{text}"
    if _MIM.match(text):
        return f"MIM:{text}"
    words = set(normalise(column).split())
    if _HSP.match(text) and words & {"struttura", "ricovero", "hsp", "hsp11", "hsp12"}:
        return f"HSP:{text}"
    return None


# Mojibake --------------------------------------------------------------------------------------

_BROKEN = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u2018-\u203a\u20ac\u2122\u0152-\u0178\u0192]?"
    # Curly quotes, dashes and dots: "lâ€™asilo".
    "|\u00e2\u20ac[\u0080-\u00bf\u2018-\u203a\u2122\u0152-\u0178\u02c6\u02dc]"
)
# "è" encoded twice, with the unprintable sign of the first round lost on the way.
_LOST = re.compile("\u00c3\u00c2([\u00a0-\u00bf])")
# "à" whose second half, the space that cannot break, became a plain one or was trimmed.
_SPACED = re.compile("(?<=[a-z])\u00c3(?= |$)")


def mend_mojibake(text: str) -> str:
    """Return a text with UTF-8 read as Windows-1252 put right, up to twice; else as it was.

    "UniversitÃ\u00a0" → "Università", "De AndrÃÂ¨" → "De Andrè" (D23).
    """
    if not _BROKEN.search(text):
        return text
    mended = _SPACED.sub("\u00c3\u00a0", _LOST.sub("\u00c3\\1", text))
    for _ in range(2):
        try:
            step = _windows_bytes(mended).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            break
        if step == mended:
            break
        mended = step
    return mended if not _BROKEN.search(mended) else text


def _windows_bytes(text: str) -> bytes:
    pieces = []
    for sign in text:
        try:
            pieces.append(sign.encode("cp1252"))
        except UnicodeEncodeError:
            pieces.append(sign.encode("latin-1"))
    return b"".join(pieces)
