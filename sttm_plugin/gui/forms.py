"""The .ui files, loaded when a window needs them."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt import uic
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QDialogButtonBox, QWidget


def form(name: str):
    """Return the form class of a .ui file of this folder."""
    return uic.loadUiType(_path(name))[0]


def filled(name: str, parent=None):
    """Return a new widget with what a .ui file says in it."""
    return uic.loadUi(_path(name), QWidget(parent))


def confirming(dialog, said):
    """Connect the ``buttons`` of a dialog, in Italian; return the one that confirms."""
    confirms = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    confirms.setText(said)
    cancels = dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    cancels.setText(QCoreApplication.translate("forms", "Annulla"))
    dialog.buttons.accepted.connect(dialog.accept)
    dialog.buttons.rejected.connect(dialog.reject)
    return confirms


def _path(name):
    return str(Path(__file__).with_name(f"{name}.ui"))
