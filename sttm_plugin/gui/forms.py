"""The .ui files, loaded when a window needs them."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt import uic
from qgis.PyQt.QtWidgets import QWidget


def form(name: str):
    """Return the form class of a .ui file of this folder."""
    return uic.loadUiType(_path(name))[0]


def filled(name: str, parent=None):
    """Return a new widget with what a .ui file says in it."""
    return uic.loadUi(_path(name), QWidget(parent))


def _path(name):
    return str(Path(__file__).with_name(f"{name}.ui"))
