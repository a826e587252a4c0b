"""Where the pages of the manual are, in the plugin as it is installed."""

from __future__ import annotations

import re
from pathlib import Path

from .. import __file__ as package_file
from ..core.text import normalise

FOLDER = Path(package_file).resolve().parent / "resources" / "manuale"


def manual_url(page="index", anchor="") -> str:
    """Return the address of a page, "" where the manual has none (or was not built)."""
    path = FOLDER / f"{page}.html"
    if not path.is_file():
        return ""
    return path.as_uri() + (f"#{anchor}" if anchor else "")


def check_page(gruppo) -> str:
    """Return the page that tells the checks of a group."""
    return "controlli/" + normalise(gruppo or "").replace(" ", "_")


def check_url(codice, gruppo) -> str:
    """Return the address of what the manual says of a check, "" where it says nothing.

    A check that a pack adds has no part of its own: the manual tells how such checks are written.
    """
    if not re.fullmatch(r"STTM2-\d+", codice or ""):
        return manual_url("criteri", "espressioni")
    return manual_url(check_page(gruppo), codice)
