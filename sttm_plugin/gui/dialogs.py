"""Dialogs that collect what an algorithm needs: a justification, an assignment."""

from __future__ import annotations

from pathlib import Path

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, QDate, Qt
from qgis.PyQt.QtWidgets import QDialog

from ..processing_algorithms.choices import REASON_LENGTH, REASON_TYPES
from .forms import confirming, form


class JustifyDialog(QDialog, form("justify_dialog")):
    """Asks why findings are acceptable; "OK" opens only when the answer is whole."""

    def __init__(self, findings, author="", parent=None):
        super().__init__(parent)
        self.setupUi(self)
        first = findings[0]
        what = f"{first.codice} – {first.titolo or ''}\n{first.descrizione or ''}"
        if len(findings) > 1:
            what = self.tr("{} rilievi con lo stesso motivo. Il primo: {}").format(
                len(findings), what
            )
        self.what.setText(what)
        for _, label in REASON_TYPES:
            self.reason_type.addItem(label)
        self.author.setText(author)
        self.date.setDate(QDate.currentDate())
        self.date.setMaximumDate(QDate.currentDate())
        self.document.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.reason.textChanged.connect(self._judge)
        self.author.textChanged.connect(self._judge)
        self._ok = confirming(self, self.tr("Giustifica"))
        self._judge()
        self.reason.setFocus()

    def values(self) -> dict:
        """Return the parameters of ``sttm:justifyfindings`` that were filled in."""
        document = self.document.filePath().strip()
        return {
            "REASON": self._reason(),
            "REASON_TYPE": self.reason_type.currentIndex(),
            "REFERENCE": self.reference.text().strip(),
            "AUTHOR": self.author.text().strip(),
            "DATE": self.date.date().toString(Qt.DateFormat.ISODate),
            # The name is enough: a path of this machine says nothing to who receives it.
            "DOCUMENT": Path(document).name if document else "",
        }

    def _reason(self):
        return " ".join(self.reason.toPlainText().split())

    def _judge(self):
        length = len(self._reason())
        self.count.setText(
            self.tr("{} caratteri, ne servono almeno {}").format(length, REASON_LENGTH)
            if length < REASON_LENGTH
            else self.tr("{} caratteri").format(length)
        )
        self._ok.setEnabled(length >= REASON_LENGTH and bool(self.author.text().strip()))

    def tr(self, text):
        return QCoreApplication.translate("JustifyDialog", text)


class AssignDialog(QDialog, form("assign_dialog")):
    """Asks who will answer for some findings, and who decides it."""

    def __init__(self, findings, people, by="", parent=None):
        """``people``: names to offer; ``by``: who decides, as the project remembers it."""
        super().__init__(parent)
        self.setupUi(self)
        first = findings[0]
        what = f"{first.codice} – {first.titolo or ''}\n{first.descrizione or ''}"
        if len(findings) > 1:
            what = self.tr("{} rilievi alla stessa persona. Il primo: {}").format(
                len(findings), what
            )
        self.what.setText(what)
        self.assignee.addItems(people)
        self.assignee.setCurrentIndex(-1)
        self.assignee.setEditText(first.assignee if len(findings) == 1 else "")
        self.assignee.lineEdit().setPlaceholderText(self.tr("nome e cognome"))
        self.assigned_by.setText(by)
        self.assignee.editTextChanged.connect(self._judge)
        self.assigned_by.textChanged.connect(self._judge)
        self._ok = confirming(self, self.tr("Assegna"))
        self._judge()
        self.assignee.setFocus()

    def values(self) -> dict:
        """Return the parameters of ``sttm:assignfindings`` that were filled in."""
        return {
            "ASSIGNEE": self.assignee.currentText().strip(),
            "ASSIGNED_BY": self.assigned_by.text().strip(),
            "NOTE": self.note.text().strip(),
        }

    def _judge(self, *_):
        given = self.values()
        self._ok.setEnabled(bool(given["ASSIGNEE"] and given["ASSIGNED_BY"]))

    def tr(self, text):
        return QCoreApplication.translate("AssignDialog", text)
