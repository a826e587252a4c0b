"""Rows of a table as a view shows them: plain text, sorted by value."""

from __future__ import annotations

import unicodedata

from qgis.core import NULL, QgsFeatureRequest, QgsProcessingUtils
from qgis.PyQt.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView

from .explanation import number

SORT_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_ROLE = Qt.ItemDataRole.UserRole + 2
_LONGEST = 300


class RowsModel(QAbstractTableModel):
    """Rows (dicts) under columns of (key, title); never more than what a view needs."""

    def __init__(self, columns, parent=None):
        super().__init__(parent)
        self.columns = list(columns)
        self.rows: list = []

    def set_rows(self, rows):
        """Show these rows in the place of those before."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def changed(self, number):
        """Tell the views that a row has changed."""
        last = self.index(number, len(self.columns) - 1)
        self.dataChanged.emit(self.index(number, 0), last)

    def rowCount(self, parent=QModelIndex()):  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent=QModelIndex()):  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section, orientation, role=Qt.ItemDataRole.DisplayRole):  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section][1]
        return None

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        key = self.columns[index.column()][0]
        if role == ROW_ROLE:
            return row
        if role == SORT_ROLE:
            value = row.get(key)
            return "" if value is None else value
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(self.shown(row, key))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(self.shown(row, key))
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(row.get(key), (int, float)):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def shown(self, row, key) -> str:
        """Return a value as it is read."""
        value = row.get(key)
        if isinstance(value, bool):
            return "sì" if value else "no"
        if isinstance(value, (int, float)):
            return number(value)
        return "" if value is None else str(value)


class RowsProxy(QSortFilterProxyModel):
    """Sorts by value and keeps the rows a function accepts."""

    def __init__(self, model, parent=None):
        super().__init__(parent)
        self._accepts = None
        self.setSourceModel(model)
        self.setSortRole(SORT_ROLE)
        self.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setSortLocaleAware(True)

    def set_filter(self, accepts):
        """Keep the rows for which ``accepts(row)`` is true; None keeps all."""
        self._accepts = accepts
        self.invalidateFilter()

    def filterAcceptsRow(self, row, parent):  # noqa: N802
        return self._accepts is None or bool(self._accepts(self.sourceModel().rows[row]))

    def row(self, index):
        """Return the row under an index, None where there is none."""
        return self.data(index, ROW_ROLE) if index.isValid() else None


class FilteredRows(RowsModel):
    """Rows filtered and sorted by itself: for tens of thousands a proxy in Python is too slow."""

    def __init__(self, columns, parent=None):
        super().__init__(columns, parent)
        self.all_rows: list = []
        self._accepts = None
        self._order = (-1, False)

    def set_rows(self, rows):
        """Take these rows in the place of those before, and show those that are accepted."""
        self.all_rows = list(rows)
        self._show()

    def set_filter(self, accepts):
        """Keep the rows for which ``accepts(row)`` is true; None keeps all."""
        self._accepts = accepts
        self._show()

    def sort(self, column, order=Qt.SortOrder.AscendingOrder):
        """Sort by a column, as they came for -1; called by the view's header."""
        self._order = (column, order == Qt.SortOrder.DescendingOrder)
        self._show()

    def row(self, index):
        """Return the row under an index, None where there is none."""
        return self.rows[index.row()] if index.isValid() else None

    def place_of(self, key, value) -> int:
        """Return the number of the shown row that has a value, -1 where there is none."""
        return next((at for at, row in enumerate(self.rows) if row.get(key) == value), -1)

    def _show(self):
        accepts, (column, downwards) = self._accepts, self._order
        shown = self.all_rows if accepts is None else [one for one in self.all_rows if accepts(one)]
        if 0 <= column < len(self.columns):
            key = self.columns[column][0]
            shown = sorted(shown, key=lambda row: _sortable(row.get(key)), reverse=downwards)
        super().set_rows(shown)


def _sortable(value):
    """Return a key that orders nothing, then numbers, then texts without case and accents."""
    if value is None or value == "":
        return (0, 0, "")
    if isinstance(value, (int, float)):
        return (1, value, "")
    plain_text = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode()
    return (2, 0, plain_text.casefold())


def one_line(text) -> str:
    """Return a text that fits a cell."""
    text = " ".join(str(text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def plain(text) -> str:
    """Return a text that Qt shows as it is: rich text is taken from whatever looks like a tag."""
    return str(text).replace("<", "‹")


def rows_of(layer, most=None, request=None) -> list:
    """Return the rows of a layer as dicts with None for NULL, the first ones where many."""
    if layer is None:
        return []
    request = request or QgsFeatureRequest()
    request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    if most is not None:
        request.setLimit(most)
    names = layer.fields().names()
    return [
        {
            name: None if value is None or value == NULL else value
            for name, value in zip(names, feature.attributes())
        }
        for feature in layer.getFeatures(request)
    ]


def layer_of(run, destination):
    """Return the layer of a result of a run, None when there is none."""
    if not destination:
        return None
    return QgsProcessingUtils.mapLayerFromString(destination, run.context)


def set_up_table(view, proxy, widths, stretch=None):
    """Give a table its model, the width of its columns in characters, and a sane behaviour.

    The column ``stretch`` takes what is left; without one all keep their width, as a narrow panel
    needs, and the last one fills what is left over.
    """
    view.setModel(proxy)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setAlternatingRowColors(True)
    view.setWordWrap(False)
    view.verticalHeader().hide()
    height = view.fontMetrics().height() + 8
    view.verticalHeader().setDefaultSectionSize(height)
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setStretchLastSection(stretch is None)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    character = view.fontMetrics().averageCharWidth()
    for column, width in enumerate(widths):
        header.resizeSection(column, width * character + 14)
    if stretch is not None:
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    view.setSortingEnabled(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    proxy.sort(-1)


def select_row(view, row):
    """Select a row, and no other: ``selectRow`` toggles it while Ctrl is held."""
    flags = QItemSelectionModel.SelectionFlag
    index = view.model().index(row, 0)
    view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
    view.scrollTo(index)
