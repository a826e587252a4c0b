"""Asks for a new row of a criteria pack: its key, where it comes from, its values."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QPlainTextEdit

from ..processing_algorithms.choices import pack_column, pack_row_key
from .criteria_model import LISTS, LONG_KINDS, as_number, source_label
from .forms import confirming, form
from .rows_model import plain

_SOURCE, _REFERENCE, _READ = "provenienza", "riferimento", "stato_riscontro"
# Nobody has read a source by adding a row: who has, says so in the cell.
_STATES = {"proposta": "non applicabile"}
_UNREAD = "da riscontrare sul testo vigente"
_NUMBERS = ("numero", "soglia")
_LINES = 3


class CriteriaRowDialog(QDialog, form("criteria_row_dialog")):
    """ "Aggiungi" opens when the key is new and it is said where the row comes from."""

    def __init__(self, table, title, keys, columns, taken, like=None, parent=None):
        """
        Args:
            table: its name. title: as it is shown. keys, columns: of its rows, in order.
            taken: the keys there are. like: {column: text} of the row it begins as.
        """
        super().__init__(parent)
        self.setupUi(self)
        self._table, self._keys, self._taken, self._columns = table, keys, set(taken), columns
        self.what.setText(
            self.tr(
                "Nuova riga di «{}». I valori sono quelli della riga scelta: cambiare almeno la "
                "chiave ({}), dire da dove viene."
            ).format(title, ", ".join(self._title(name) for name in keys))
        )
        self.widgets: dict = {}
        first = [*keys, *(name for name in (_SOURCE, _REFERENCE) if name in columns)]
        for name in [*first, *(one for one in columns if one not in first and one != _READ)]:
            given = "" if name in (_SOURCE, _REFERENCE) else (like or {}).get(name, "")
            self._add(name, given)
        self._ok = confirming(self, self.tr("Aggiungi"))
        self.resize(620, min(self.sizeHint().height() + 26 * len(self.widgets), 560))
        self._judge()
        self.widgets[keys[-1]].setFocus()

    def values(self) -> dict:
        """Return {column: text} of the row."""
        found = {name: self._text(name) for name in self.widgets}
        if _READ in self._columns:
            found[_READ] = _STATES.get(found.get(_SOURCE), _UNREAD)
        return {name: found.get(name, "") for name in self._columns}

    def key(self) -> str:
        """Return the key of the row."""
        return pack_row_key(self._table, self.values())

    def problem_of_row(self) -> str:
        """Return the sentence on what the row still needs, "" when it can be added."""
        missing = [name for name in self._keys[:1] if not self._text(name).strip()]
        if missing or not self.key().strip("|"):
            return self.tr("Manca: {}.").format(self._title(self._keys[0]))
        if self.key() in self._taken:
            return self.tr("«{}» c'è già: la chiave deve essere nuova.").format(self.key())
        source = self._text(_SOURCE)
        if _SOURCE in self.widgets and not source:
            return self.tr("Dire da dove viene: norma, letteratura o proposta (non ufficiale).")
        if source in ("norma", "letteratura") and _REFERENCE in self.widgets:
            if not self._text(_REFERENCE).strip():
                return self.tr(
                    "Una provenienza «{}» chiede il riferimento: norma, articolo o studio, con la "
                    "data."
                ).format(source)
        return ""

    def _add(self, name, text):
        what = pack_column(self._table, name)
        if what.tipo in LISTS:
            widget = QComboBox(self)
            for option in ["", *what.ammessi.split("|")]:
                widget.addItem(source_label(option), option)
            widget.setCurrentIndex(max(widget.findData(text), 0))
            widget.currentIndexChanged.connect(self._judge)
        elif what.tipo in LONG_KINDS:
            widget = QPlainTextEdit(text, self)
            widget.setTabChangesFocus(True)
            widget.setMaximumHeight(widget.fontMetrics().lineSpacing() * _LINES + 12)
            widget.textChanged.connect(self._judge)
        else:
            widget = QLineEdit(text, self)
            widget.textChanged.connect(self._judge)
        widget.setObjectName(f"field_{name}")
        widget.setAccessibleName(what.titolo)
        said = "\n".join(filter(None, (what.aiuto, what.ammessi.replace("|", ", "))))
        widget.setToolTip(plain(said))
        label = QLabel(what.titolo, self)
        label.setToolTip(plain(said))
        label.setBuddy(widget)
        self.row_form.addRow(label, widget)
        self.widgets[name] = widget

    def _text(self, name) -> str:
        widget = self.widgets.get(name)
        if widget is None:
            return ""
        if isinstance(widget, QComboBox):
            return widget.currentData()
        if isinstance(widget, QPlainTextEdit):
            return widget.toPlainText()
        number = pack_column(self._table, name).tipo in _NUMBERS
        return as_number(widget.text()) if number else widget.text()

    def _title(self, name) -> str:
        return pack_column(self._table, name).titolo

    def _judge(self, *_):
        problem = self.problem_of_row()
        self.problem.setText(problem)
        self._ok.setEnabled(not problem)

    def tr(self, text):
        return QCoreApplication.translate("CriteriaRowDialog", text)
