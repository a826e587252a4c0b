"""The runs kept in the workspace, newest first, each with what changed since the one before."""

from __future__ import annotations

import json

from qgis.core import NULL, QgsVectorLayer
from qgis.PyQt.QtCore import QCoreApplication, QDateTime, Qt
from qgis.PyQt.QtGui import QStandardItem, QStandardItemModel
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTreeView,
    QVBoxLayout,
)

_TABLE = "rilievi_storico"
_COUNTS = ("bloccanti", "errori", "avvisi", "informazioni", "giustificati")
_KINDS = ("nuovi", "risolti", "scadute")


class HistoryDialog(QDialog):
    """Runs as rows; under each the findings that came, went or lapsed."""

    def __init__(self, workspace, istat="", parent=None):
        super().__init__(parent)
        self.setWindowTitle(self.tr("Storico delle verifiche"))
        layout = QVBoxLayout(self)
        self.told = QLabel(self)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        layout.addWidget(self.told)
        self.tree = QTreeView(self)
        self.tree.setUniformRowHeights(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setAccessibleName(self.tr("Verifiche"))
        self.model = QStandardItemModel(self)
        self.tree.setModel(self.model)
        self.tree.expanded.connect(self._span)
        layout.addWidget(self.tree)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Chiudi"))
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.resize(760, 420)
        self._fill(workspace, istat)

    def _fill(self, workspace, istat):
        self.model.setHorizontalHeaderLabels(
            [
                self.tr("Verifica"),
                self.tr("Blocchi"),
                self.tr("Errori"),
                self.tr("Avvisi"),
                self.tr("Inform."),
                self.tr("Giustif."),
                self.tr("Criteri"),
            ]
        )
        rows = _rows(workspace, istat)
        for row in rows:
            head = [QStandardItem(_local(row["momento"]))]
            head += [QStandardItem(f"{row[name] or 0:.0f}") for name in _COUNTS]
            head.append(QStandardItem(f"{row['criteri'] or ''} {row['criteri_versione'] or ''}"))
            for branch in self._changes(row):
                head[0].appendRow(branch)
            for item in head[1:6]:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.model.appendRow(head)
        self.tree.setColumnWidth(0, 300)
        for column in range(1, 6):
            self.tree.setColumnWidth(column, 66)
        self.told.setText(
            self.tr("{} verifiche nell'area di lavoro, la più recente per prima.").format(len(rows))
            if rows
            else self.tr(
                "Nell'area di lavoro non ci sono ancora verifiche: la prossima (F5) sarà la prima."
            )
        )
        if rows:
            self.tree.expand(self.model.index(0, 0))

    def _span(self, index):
        """Give what lies under a run the whole width: it has one column only."""
        for row in range(self.model.rowCount(index)):
            self.tree.setFirstColumnSpanned(row, index, True)

    def _changes(self, row):
        labels = {
            "nuovi": self.tr("Nuovi ({})"),
            "risolti": self.tr("Risolti ({})"),
            "scadute": self.tr("Giustificazioni scadute ({})"),
        }
        changes = _changes_of(row["cambiamenti"])
        for kind in _KINDS:
            total = int(row[kind] or 0)
            if not total:
                continue
            branch = QStandardItem(labels[kind].format(total))
            for told in changes.get(kind, ()):
                text = f"{told.get('codice', '')}  {told.get('descrizione') or ''}"
                if told.get("cambiato"):
                    text += f" – {told['cambiato']}"
                item = QStandardItem(text)
                # Rich text would be taken from whatever looks like a tag.
                item.setToolTip(text.replace("<", "‹"))
                branch.appendRow(item)
            yield branch

    def tr(self, text):
        return QCoreApplication.translate("HistoryDialog", text)


def _rows(workspace, istat):
    """Return the runs of a comune, newest first; none where the workspace keeps none."""
    layer = QgsVectorLayer(f"{workspace}|layername={_TABLE}", _TABLE, "ogr")
    if not layer.isValid():
        return []
    names = layer.fields().names()
    rows = [
        {name: None if value == NULL else value for name, value in zip(names, one.attributes())}
        for one in layer.getFeatures()
    ]
    return [row for row in rows if not istat or row["istat"] == istat][::-1]


def _changes_of(text) -> dict:
    """Return the lists of a run; what a hand has spoiled is left out."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    found = found if isinstance(found, dict) else {}
    return {
        kind: [told for told in found.get(kind) or [] if isinstance(told, dict)] for kind in _KINDS
    }


def _local(moment):
    when = QDateTime.fromString(str(moment or ""), Qt.DateFormat.ISODate)
    if not when.isValid():
        return str(moment or "")
    return when.toLocalTime().toString("dd/MM/yyyy HH:mm")
