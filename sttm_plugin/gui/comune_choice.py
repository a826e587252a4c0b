"""A combo box of the 133 comuni: a part of the name or the code is enough."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QCompleter

from ..processing_algorithms.choices import comuni


def fill_comuni(combo, placeholder):
    """Fill an editable combo box with every comune, by name, with its ISTAT code as data."""
    for istat, nome, zona in comuni():
        combo.addItem(f"{nome} ({istat})", istat)
        combo.setItemData(combo.count() - 1, zona, Qt.ItemDataRole.ToolTipRole)
    combo.setCurrentIndex(-1)
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    combo.lineEdit().setPlaceholderText(placeholder)
    completer = QCompleter(combo.model(), combo)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    completer.setFilterMode(Qt.MatchFlag.MatchContains)
    completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    combo.setCompleter(completer)


def chosen_istat(combo) -> str:
    """Return the ISTAT code of the comune, what was typed when it is none of the list."""
    at = combo.findText(combo.currentText(), Qt.MatchFlag.MatchFixedString)
    if at >= 0:
        return combo.itemData(at) or ""
    return combo.currentText().strip()


def choose_istat(combo, istat):
    """Show a comune by its ISTAT code; none for ""."""
    at = combo.findData(istat) if istat else -1
    combo.setCurrentIndex(at)
    if at < 0:
        combo.setEditText(istat or "")


def complete_comune(combo):
    """Take the only comune that has what was typed, so that Tab is enough."""
    typed = combo.currentText().strip()
    if not typed or combo.findText(typed, Qt.MatchFlag.MatchFixedString) >= 0:
        combo.setCurrentIndex(combo.findText(typed, Qt.MatchFlag.MatchFixedString) if typed else -1)
        return
    found = [
        at
        for at in range(combo.count())
        if combo.itemText(at).casefold().startswith(typed.casefold())
        or combo.itemData(at).endswith(typed)
    ]
    if len(found) == 1:
        combo.setCurrentIndex(found[0])
