"""Page "Controlli": what each check said, and which data would unlock those that could not run."""

from __future__ import annotations

from qgis.core import NULL
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtGui import QStandardItem, QStandardItemModel
from qgis.PyQt.QtWidgets import QAbstractItemView, QTreeView, QVBoxLayout, QWidget

from ..processing_algorithms.choices import data_told
from .project_state import recall_path
from .rows_model import plain

VERDICTS = ("non_soddisfatto", "non_verificabile", "soddisfatto", "non_applicabile")


class ChecksPage(QWidget):
    """The checks by verdict: a model of some ninety rows, one view."""

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        self.tree = QTreeView(self)
        self.tree.setUniformRowHeights(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setAccessibleName(self.tr("Controlli"))
        self.model = QStandardItemModel(self)
        self.tree.setModel(self.model)
        layout.addWidget(self.tree)
        self.set_checks(None)

    def set_checks(self, layer):
        """Show the checks of a table, nothing for None."""
        self.model.clear()
        self._known: dict = {}
        self.model.setHorizontalHeaderLabels(
            [self.tr("Controllo"), self.tr("Difformi"), self.tr("Dati mancanti")]
        )
        rows = [] if layer is None else [_row(feature) for feature in layer.getFeatures()]
        for verdict in VERDICTS:
            of_verdict = [row for row in rows if row["verdetto"] == verdict]
            if not of_verdict:
                continue
            head = QStandardItem(f"{self._label(verdict)} ({len(of_verdict)})")
            font = head.font()
            font.setBold(True)
            head.setFont(font)
            for row in of_verdict:
                head.appendRow(self._items(row))
            self.model.appendRow([head, QStandardItem(), QStandardItem()])
        self.tree.expandToDepth(0 if len(rows) <= 100 else -1)
        self.tree.setColumnWidth(0, 220)
        self.tree.setColumnWidth(1, 70)

    def _items(self, row):
        tried, failed = row["oggetti_provati"], row["oggetti_non_conformi"]
        counts = f"{failed:.0f} / {tried:.0f}" if tried else ""
        lacking = [self._told(name) for name in (row["dati_mancanti"] or "").split(";") if name]
        where = "\n".join(f"{name}: {where}" if where else name for name, where in lacking)
        items = [
            QStandardItem(f"{row['codice'].rpartition('-')[2]}  {row['titolo'] or ''}"),
            QStandardItem(counts),
            QStandardItem(", ".join(name for name, _ in lacking)),
        ]
        for item, text in zip(items, (row["titolo"], counts, where)):
            item.setToolTip(plain(text or ""))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        return items

    def _told(self, name):
        """Return what a missing input is called, and where it is found."""
        if name not in self._known:
            self._known[name] = data_told(name, recall_path("CRITERIA"))
        return self._known[name]

    def _label(self, verdict):
        return {
            "non_soddisfatto": self.tr("Non soddisfatti"),
            "non_verificabile": self.tr("Non verificabili: mancano dati"),
            "soddisfatto": self.tr("Soddisfatti"),
            "non_applicabile": self.tr("Non applicabili"),
        }[verdict]

    def tr(self, text):
        return QCoreApplication.translate("ChecksPage", text)


def _row(feature):
    names = "codice titolo verdetto oggetti_provati oggetti_non_conformi dati_mancanti".split()
    present = {field.name() for field in feature.fields()}
    values = {name: feature[name] if name in present else None for name in names}
    return {name: None if value == NULL else value for name, value in values.items()}
