"""What may be personal in a text, found by pattern."""

from __future__ import annotations

import re

# Codice fiscale (D.M. 12/3/1974, letters for digits in case of homocody); an address of a
# person; a mobile phone, which in Italy begins with 3.
PERSONAL = {
    "codice fiscale": re.compile(
        r"\b[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z]"
        r"[0-9LMNPQRSTUV]{3}[A-Z]\b",
        re.IGNORECASE,
    ),
    "posta elettronica di una persona": re.compile(
        r"\b[a-z]{2,}[._-][a-z]{2,}@[a-z0-9.-]+\.[a-z]{2,}\b", re.IGNORECASE
    ),
    "cellulare": re.compile(
        r"(?<![\d.,])(?:\+39[\s.-]?)?3[1-9]\d[\s.-]?\d{3}[\s.-]?\d{3,4}(?![\d.,])"
    ),
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
