"""A search box over the list of the categories that the criteria in use have."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QListWidgetItem

from ..processing_algorithms.choices import categories, found_categories
from .project_state import recall_path
from .rows_model import plain

CODE = Qt.ItemDataRole.UserRole


def known_categories() -> dict:
    """Return {code: (category, macrocategoria)} of the criteria in use."""
    return {code: (name, macro) for code, name, macro in categories(recall_path("CRITERIA"))}


def offer_categories(choices, query, likely):
    """Fill a list with the categories that a search finds; without one, the likely ones first."""
    known = known_categories()
    codes = found_categories(query, recall_path("CRITERIA")) if query else [*likely, *known]
    for code in dict.fromkeys(codes):
        if code in known:
            name, macro = known[code]
            offer(choices, code, f"{code}  {name}").setToolTip(plain(macro))
    if not choices.count():
        said = QCoreApplication.translate("CategoryChoice", "Nessuna categoria con queste parole")
        QListWidgetItem(said, choices).setFlags(Qt.ItemFlag.NoItemFlags)


def offer(choices, value, label):
    """Add a choice to a list, the first one under the cursor; return its item."""
    item = QListWidgetItem(label, choices)
    item.setData(CODE, value)
    if choices.currentRow() < 0:
        choices.setCurrentRow(0)
    return item


def chosen_code(choices) -> str:
    """Return what is under the cursor of a list, "" where it is nothing to choose."""
    item = choices.currentItem()
    return "" if item is None else item.data(CODE) or ""
