"""The .ui files, loaded when a window needs them."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt import uic


def form(name: str):
    """Return the form class of a .ui file of this folder."""
    return uic.loadUiType(str(Path(__file__).with_name(f"{name}.ui")))[0]
