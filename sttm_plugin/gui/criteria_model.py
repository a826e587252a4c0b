"""A criteria pack as tables: a row a key, a column a field, what is changed told."""

from __future__ import annotations

from dataclasses import dataclass, field

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QFont
from qgis.PyQt.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QStyledItemDelegate

from ..processing_algorithms.choices import pack_column
from .rows_model import SORT_ROLE, RowsModel, one_line, plain

KEY, SOURCE = "chiave", "_origine"
# What is typed in a cell of its own height.
_SHORT = 60
LONG_KINDS = ("json", "parole", "espressione")
LISTS = ("elenco",)
_FIXED = ("chiave", "fisso")
UNREAD = "da riscontrare"
# What happened to a row since the pack was opened.
ADDED, REMOVED = "aggiunta", "tolta"
_SIGNS = {ADDED: "+ ", REMOVED: "− "}


@dataclass
class PackTable:
    """A table of a pack, as ``validatecriteria`` lists its values.

    Attributes:
        cells: {key: {column: text}}, in the order of the file. lines: {key: line in the file}.
        sources: {key: provenance as it is shown}. states: {key: ADDED or REMOVED}, of those rows.
    """

    name: str
    file: str
    columns: list = field(default_factory=list)
    cells: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    states: dict = field(default_factory=dict)


def tables_of(rows) -> dict:
    """Return {name: PackTable} of rows of ``validatecriteria``, VALUES."""
    tables: dict = {}
    for row in rows:
        table = tables.get(row["tabella"])
        if table is None:
            table = tables[row["tabella"]] = PackTable(row["tabella"], row["file"])
        key, column = row["chiave"] or "", row["campo"]
        if column not in table.columns:
            table.columns.append(column)
        table.cells.setdefault(key, {})[column] = row["valore"] or ""
        table.lines[key] = row["riga"]
        table.sources[key] = row["provenienza"] or ""
    return tables


def source_label(source) -> str:
    """Return a provenance as it is read: ours is never taken for an official one."""
    return _tr("proposta, non ufficiale") if source == "proposta" else source


class PackTableModel(RowsModel):
    """One table at a time; ``edited(table, key, column, text)`` when a cell is given a value."""

    edited = pyqtSignal(str, str, str, str)

    def __init__(self, parent=None):
        super().__init__([], parent)
        self.table = None
        self._before = None

    def show_table(self, table, before):
        """Show a table; ``before`` is the same as it was opened."""
        self.beginResetModel()
        self.table, self._before = table, before
        names = [] if table is None else table.columns
        titles = {name: pack_column(table.name, name).titolo for name in names}
        # What decides comes first: a table may have twenty columns.
        decide = [name for name in names if self._decides(name)]
        self.columns = [(SOURCE, _tr("Da dove viene"))]
        self.columns += [
            (name, _tr("Valore") if name == "valore" else titles[name])
            for name in (*decide, *(name for name in names if name not in decide))
        ]
        self.rows = [] if table is None else [self._row(key) for key in table.cells]
        self.endResetModel()

    def _decides(self, name):
        kind = pack_column(self.table.name, name).tipo
        return kind in ("soglia", "numero") or name in ("operatore", "unita")

    def renew(self):
        """Show the values the table has now; the rows stay where they are."""
        for number, row in enumerate(self.rows):
            fresh = self._row(row[KEY])
            if fresh != row:
                self.rows[number] = fresh
                self.changed(number)

    def _row(self, key):
        table = self.table
        changed = [
            name for name, text in table.cells[key].items() if text != self.before(key, name)
        ]
        return {
            KEY: key,
            SOURCE: source_label(table.sources[key]),
            "_cambiati": changed,
            "_riga": table.states.get(key, ""),
            **table.cells[key],
        }

    def before(self, key, column) -> str:
        """Return what was in a cell when the pack was opened."""
        cells = {} if self._before is None else self._before.cells
        return cells.get(key, {}).get(column, "")

    def place(self, index):
        """Return (key, column) of a cell that can hold a value, None elsewhere."""
        if not index.isValid():
            return None
        name = self.columns[index.column()][0]
        return None if name == SOURCE else (self.rows[index.row()][KEY], name)

    def described(self, index):
        """Return what the column of a cell is (``pack_column``)."""
        key, name = self.place(index)
        return pack_column(self.table.name, name, key)

    def kind(self, index) -> str:
        """Return how a cell is edited: a kind of ``pack_column``, a JSON value by what it holds."""
        kind = self.described(index).tipo
        if kind in ("valore", "soglia"):
            return "numero" if _is_number(self.before(*self.place(index))) else kind
        return kind

    def row_of(self, key) -> int:
        """Return the number of the row of a key, -1 where there is none."""
        return next((at for at, row in enumerate(self.rows) if row[KEY] == key), -1)

    def column_of(self, name) -> int:
        """Return the number of a column, -1 where there is none."""
        return next((at for at, (one, _) in enumerate(self.columns) if one == name), -1)

    # What a view asks -----------------------------------------------------------------------

    def headerData(self, section, orientation, role=Qt.ItemDataRole.DisplayRole):  # noqa: N802
        if orientation == Qt.Orientation.Vertical and role == Qt.ItemDataRole.DisplayRole:
            row = self.rows[section]
            return _SIGNS.get(row["_riga"], "") + one_line(row[KEY])
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Vertical:
            row = self.rows[section]
            where = _tr("{}, riga {}").format(self.table.file, self.table.lines.get(row[KEY], 0))
            if row["_riga"]:
                where = _tr("{}, riga {}").format(self.table.file, row["_riga"])
            return plain(f"{row[KEY]}\n{where}")
        if role == Qt.ItemDataRole.ToolTipRole:
            name = self.columns[section][0]
            if name != SOURCE:
                return plain(pack_column(self.table.name, name).aiuto)
        return super().headerData(section, orientation, role)

    def flags(self, index):
        flags = super().flags(index)
        gone = self.rows[index.row()]["_riga"] == REMOVED
        if not gone and self.place(index) is not None and self.kind(index) not in _FIXED:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if not index.isValid():
            return None
        row, name = self.rows[index.row()], self.columns[index.column()][0]
        if role == Qt.ItemDataRole.EditRole:
            return row.get(name, "")
        if role == SORT_ROLE:
            text = row.get(name, "")
            return float(text) if _is_number(text) else text
        if role == Qt.ItemDataRole.FontRole and (row["_riga"] or name in row["_cambiati"]):
            font = QFont()
            font.setBold(name in row["_cambiati"])
            font.setStrikeOut(row["_riga"] == REMOVED)
            return font
        if role == Qt.ItemDataRole.ToolTipRole and name in row["_cambiati"]:
            before = self.before(row[KEY], name) or _tr("(vuoto)")
            return plain(_tr("Prima: {}").format(before))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return None
        return super().data(index, role)

    def setData(self, index, value, role=Qt.ItemDataRole.EditRole):  # noqa: N802
        place = self.place(index)
        if role != Qt.ItemDataRole.EditRole or place is None:
            return False
        text = str("" if value is None else value)
        if self.kind(index) == "numero":
            text = as_number(text)
        if text != self.rows[index.row()].get(place[1], ""):
            self.edited.emit(self.table.name, *place, text)
        return True


class CellEditor(QStyledItemDelegate):
    """Edits a cell by what it takes: a list, a line, or a box for long texts."""

    def __init__(self, model, parent=None):
        super().__init__(parent)
        self._model = model

    def createEditor(self, parent, option, index):  # noqa: N802
        at = self._at(index)
        kind, text = self._model.kind(at), at.data(Qt.ItemDataRole.EditRole)
        if kind in LISTS:
            editor = QComboBox(parent)
            offered = self._model.described(at).ammessi.split("|")
            # What is there and isn't accepted must be seen, to be changed.
            editor.addItems(offered if text in offered else [text, *offered])
        elif kind in LONG_KINDS or len(text) > _SHORT or "\n" in text:
            editor = QPlainTextEdit(parent)
            editor.setTabChangesFocus(True)
        else:
            editor = QLineEdit(parent)
        editor.setAccessibleName(self._model.described(at).titolo)
        return editor

    def setEditorData(self, editor, index):  # noqa: N802
        text = index.data(Qt.ItemDataRole.EditRole)
        if isinstance(editor, QComboBox):
            editor.setCurrentText(text)
        elif isinstance(editor, QPlainTextEdit):
            editor.setPlainText(text)
        else:
            editor.setText(text)

    def setModelData(self, editor, model, index):  # noqa: N802
        if isinstance(editor, QComboBox):
            text = editor.currentText()
        else:
            long = isinstance(editor, QPlainTextEdit)
            text = editor.toPlainText() if long else editor.text()
        model.setData(index, text, Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor, option, index):  # noqa: N802
        place = option.rect
        if isinstance(editor, QPlainTextEdit):
            around = editor.parentWidget().rect()
            place.setWidth(max(place.width(), min(420, around.width())))
            place.setHeight(max(place.height(), min(110, around.height())))
            place.moveRight(min(place.right(), around.right()))
            place.moveBottom(min(place.bottom(), around.bottom()))
        editor.setGeometry(place)

    def _at(self, index):
        proxy = index.model()
        return proxy.mapToSource(index) if hasattr(proxy, "mapToSource") else index


def as_number(text) -> str:
    """Return a number as a pack writes it, where a text is one as Italians write it."""
    plain_text = text.strip()
    comma = plain_text.replace(".", "").replace(",", ".") if "," in plain_text else plain_text
    return comma if _is_number(comma) else text


def _is_number(text) -> bool:
    try:
        return float(text) == float(text)
    except (TypeError, ValueError):
        return False


def _tr(text):
    return QCoreApplication.translate("CriteriaModel", text)
