"""What may be personal in a text, found by pattern."""

from __future__ import annotations

import operator
import re

from .values import all_texts, clean

# Codice fiscale (D.M. 12/3/1974, letters for digits in case of homocody); a mobile phone, which
# in Italy begins with 3.
_TAX_CODE = (
    r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]"
)
_MOBILE = r"(?:(?:\+|00)39[\s.-]?)?3[1-9]\d[\s./-]?\d{3}[\s.-]?\d{3,4}"

# Inside a text: of addresses only those of a person.
PERSONAL = {
    "codice fiscale": re.compile(rf"\b{_TAX_CODE}\b", re.IGNORECASE),
    "posta elettronica di una persona": re.compile(
        r"\b[a-z]{2,}[._-][a-z]{2,}@[a-z0-9.-]+\.[a-z]{2,}\b", re.IGNORECASE
    ),
    "cellulare": re.compile(rf"(?<![\d.,]){_MOBILE}(?![\d.,])"),
}
# A whole value of a column: any address tells what the column holds.
_WHOLE = {
    "codice fiscale": re.compile(_TAX_CODE, re.IGNORECASE),
    "posta elettronica": re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE),
    "cellulare": re.compile(_MOBILE),
}
OMITTED = "[omesso]"


def kinds_in(text: str) -> list[str]:
    """Return the kinds of personal data a text may hold, in alphabetical order."""
    return [kind for kind, pattern in sorted(PERSONAL.items()) if pattern.search(text)]


def without_personal(text: str) -> str:
    """Return a text with what may be personal replaced by ``OMITTED``."""
    for pattern in PERSONAL.values():
        text = pattern.sub(OMITTED, text)
    return text


def may_be_personal(texts) -> list:
    """Tell at once of cleaned texts which are no personal datum; None is none.

    A necessary condition of ``personal_kind``: most are too short for one.
    """
    if all_texts(texts) and "@" not in "".join(texts):
        begins = map("+03".__contains__, map(operator.itemgetter(0), texts))
        return list(map(operator.or_, map((16).__eq__, map(len, texts)), begins))
    return [
        text is not None and ("@" in text or len(text) == 16 or text[0] in "+03") for text in texts
    ]


def personal_kind(value) -> str | None:
    """Return which personal datum a value looks like, None for none (D48)."""
    text = clean(value)
    if not may_be_personal([text])[0]:
        return None
    return next((kind for kind, pattern in _WHOLE.items() if pattern.fullmatch(text)), None)
