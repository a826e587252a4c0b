"""Page "Rilievi": the tree of findings, the filter, the detail."""

from __future__ import annotations

from qgis.PyQt.QtCore import (
    QCoreApplication,
    QItemSelection,
    QItemSelectionModel,
    Qt,
    QTimer,
    pyqtSignal,
)
from qgis.PyQt.QtGui import QDesktopServices, QGuiApplication, QKeySequence
from qgis.PyQt.QtWidgets import QAction, QHeaderView, QMenu, QWidget

from .explanation import explain
from .findings_model import (
    NOBODY,
    PERSON,
    SEVERITIES,
    SOMEBODY,
    STATES,
    FindingsModel,
    as_table_text,
    severity_label,
    state_label,
)
from .forms import form

# Above this many the groups stay closed: a technician starts from the figures.
_OPEN_UP_TO = 60
_TYPING_PAUSE_MS = 200


class FindingsPage(QWidget, form("findings_page")):
    """Shows findings; says what the user wants done with them."""

    show_wanted = pyqtSignal(object)
    justify_wanted = pyqtSignal(list)
    revoke_wanted = pyqtSignal(list)
    assign_wanted = pyqtSignal(list)
    unassign_wanted = pyqtSignal(list)
    filter_changed = pyqtSignal()
    history_wanted = pyqtSignal()
    export_wanted = pyqtSignal()
    import_wanted = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setupUi(self)
        self.model = FindingsModel(self)
        self.tree.setModel(self.model)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        self.tree.setColumnWidth(1, self.fontMetrics().horizontalAdvance("giustificato") + 26)
        self.filter_severity.addItem(self.tr("Tutte le severità"), "")
        for severity in SEVERITIES:
            self.filter_severity.addItem(severity_label(severity), severity)
        self.filter_state.addItem(self.tr("Tutti gli stati"), "")
        self.filter_state.addItem(self.tr("da trattare"), "da_trattare")
        for state in STATES:
            self.filter_state.addItem(state_label(state), state)
        self._offer_people()
        self.tree.setColumnHidden(FindingsModel.PERSON, True)
        for combo in (self.filter_severity, self.filter_state, self.filter_person):
            combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(7)
            combo.currentIndexChanged.connect(self._filter)
        # Filter when the typing pauses, not at each letter.
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._filter)
        self.filter_text.textChanged.connect(lambda _: self._pause.start())
        self.tree.selectionModel().selectionChanged.connect(self._on_selection)
        self.tree.clicked.connect(self._on_activated)
        self.tree.activated.connect(self._on_activated)
        self.detail.anchorClicked.connect(QDesktopServices.openUrl)
        self.show_object.clicked.connect(self.show_current)
        self.justify.clicked.connect(self.ask_to_justify)
        self.revoke.clicked.connect(self.ask_to_revoke)
        self._add_menu()
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self._busy = False
        self._on_selection()

    def _add_menu(self):
        """Offer the rest under one button, and with the right click."""
        self.menu = QMenu(self)
        self.actions_by_name = {}
        for name, label, key, slot in (
            ("equal", self.tr("Scegli i rilievi &uguali"), "Ctrl+U", self.select_equal),
            ("copy", self.tr("&Copia come tabella"), "Ctrl+C", self.copy),
            (None, None, None, None),
            ("assign", self.tr("&Assegna…"), "Ctrl+G", self.ask_to_assign),
            ("unassign", self.tr("&Togli l'assegnazione"), "Ctrl+Shift+G", self.ask_to_unassign),
            (None, None, None, None),
            ("history", self.tr("&Storico delle verifiche…"), "", self.history_wanted.emit),
            ("export", self.tr("&Esporta le giustificazioni…"), "", self.export_wanted.emit),
            ("import", self.tr("&Importa le giustificazioni…"), "", self.import_wanted.emit),
        ):
            if name is None:
                self.menu.addSeparator()
                continue
            action = QAction(label, self.tree)
            if key:
                action.setShortcut(QKeySequence(key))
                # Only in the tree: Ctrl+C in the detail copies its text.
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
                self.tree.addAction(action)
            action.triggered.connect(lambda _checked=False, slot=slot: slot())
            self.menu.addAction(action)
            self.actions_by_name[name] = action
        self.more.setMenu(self.menu)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(
            lambda place: self.menu.popup(self.tree.viewport().mapToGlobal(place))
        )

    # What is shown ------------------------------------------------------------------------

    def set_findings(self, findings, assignments=None):
        """Show these findings, keeping the chosen one chosen.

        ``assignments``: {id_rilievo: row of ``assegnazioni``}.
        """
        chosen = self.current()
        self.model.set_findings(findings, assignments)
        people = self.model.people()
        self.tree.setColumnHidden(FindingsModel.PERSON, not people)
        self._offer_people(people)
        self._open_branches()
        self.select(chosen.id_rilievo if chosen else "")

    def _offer_people(self, people=()):
        """Fill the filter of people, keeping what is chosen, if only a name now without any."""
        chosen = self.filter_person.currentData() or ""
        self.filter_person.blockSignals(True)
        self.filter_person.clear()
        self.filter_person.addItem(self.tr("Di tutti"), "")
        self.filter_person.addItem(self.tr("non assegnati"), NOBODY)
        self.filter_person.addItem(self.tr("assegnati"), SOMEBODY)
        for name in people:
            self.filter_person.addItem(f"{name} ({people[name]})", PERSON + name)
        if self.filter_person.findData(chosen) < 0:
            self.filter_person.addItem(chosen[len(PERSON) :], chosen)
        self.filter_person.setCurrentIndex(self.filter_person.findData(chosen))
        self.filter_person.blockSignals(False)

    def set_busy(self, busy):
        """While something runs nothing can be justified."""
        self._busy = busy
        self._on_selection()

    def current(self):
        """Return the finding under the cursor, None on a severity or a group."""
        return self.model.finding(self.tree.currentIndex())

    def selected(self) -> list:
        """Return the findings selected, those of a selected branch included."""
        found = {}
        for index in self.tree.selectionModel().selectedRows():
            for finding in self.model.findings_under(index):
                found[finding.id_rilievo] = finding
        return list(found.values())

    def select(self, id_rilievo) -> bool:
        """Bring a finding under the cursor; False when it isn't shown."""
        index = self.model.index_of(id_rilievo) if id_rilievo else None
        if index is None or not index.isValid():
            self._on_selection()
            return False
        # Not the view's: it would look at the keys held down, and Ctrl adds to the selection.
        flags = QItemSelectionModel.SelectionFlag
        self.tree.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.tree.scrollTo(index)
        return True

    def filter_values(self) -> tuple:
        """Return (text, severity, state, person) of the filter."""
        return (
            self.filter_text.text(),
            self.filter_severity.currentData() or "",
            self.filter_state.currentData() or "",
            self.filter_person.currentData() or "",
        )

    def set_filter_values(self, text, severity, state, person=""):
        """Set the filter."""
        self.filter_text.setText(text)
        self.filter_severity.setCurrentIndex(max(self.filter_severity.findData(severity), 0))
        self.filter_state.setCurrentIndex(max(self.filter_state.findData(state), 0))
        if person and self.filter_person.findData(person) < 0:
            self.filter_person.addItem(person[len(PERSON) :], person)
        self.filter_person.setCurrentIndex(max(self.filter_person.findData(person), 0))
        self._pause.stop()
        self._filter()

    # What the user does ---------------------------------------------------------------------

    def show_current(self):
        """Ask for the object of the current finding on the map."""
        finding = self.current()
        if finding is not None:
            self.show_wanted.emit(finding)

    def ask_to_justify(self):
        """Ask to justify the selected findings that can be."""
        chosen = [finding for finding in self.selected() if _can_be_justified(finding)]
        if chosen and not self._busy:
            self.justify_wanted.emit(chosen)

    def ask_to_revoke(self):
        """Ask to take back the justification of the selected findings."""
        chosen = [finding for finding in self.selected() if _is_justified(finding)]
        if chosen and not self._busy:
            self.revoke_wanted.emit(chosen)

    def ask_to_assign(self):
        """Ask who will answer for the selected findings."""
        chosen = self.selected()
        if chosen and not self._busy:
            self.assign_wanted.emit(chosen)

    def ask_to_unassign(self):
        """Ask to take the selected findings from who has them."""
        chosen = [finding for finding in self.selected() if finding.assignee]
        if chosen and not self._busy:
            self.unassign_wanted.emit(chosen)

    def select_equal(self):
        """Select the findings of the same check, so that one reason answers for all."""
        finding = self.current()
        if finding is None:
            return
        selection = QItemSelection()
        for one in self.model.equal_to(finding):
            index = self.model.index_of_finding(one)
            selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.tree.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)

    def copy(self):
        """Put the selected findings, or all those shown, on the clipboard as a table."""
        chosen = self.selected() or self.model.shown_findings()
        QGuiApplication.clipboard().setText(as_table_text(chosen))

    def _on_activated(self, index):
        if self.model.finding(index) is not None:
            self.show_current()

    def _on_selection(self, *_):
        finding = self.current()
        chosen = self.selected()
        if finding is not None and len(chosen) <= 1:
            self.detail.setHtml(explain(finding))
        elif len(chosen) > 1:
            able = sum(_can_be_justified(one) for one in chosen)
            self.detail.setPlainText(
                self.tr("{} rilievi scelti, {} si possono giustificare insieme.").format(
                    len(chosen), able
                )
            )
        else:
            self.detail.clear()
        self.actions_by_name["equal"].setEnabled(finding is not None)
        self.actions_by_name["assign"].setEnabled(not self._busy and bool(chosen))
        self.actions_by_name["unassign"].setEnabled(
            not self._busy and any(one.assignee for one in chosen)
        )
        self.show_object.setEnabled(finding is not None)
        self.justify.setEnabled(not self._busy and any(_can_be_justified(one) for one in chosen))
        self.revoke.setEnabled(not self._busy and any(_is_justified(one) for one in chosen))

    def _filter(self, *_):
        chosen = self.current()
        self.model.set_filter(*self.filter_values())
        self._open_branches()
        self.select(chosen.id_rilievo if chosen else "")
        self.filter_changed.emit()

    def _open_branches(self):
        shown, every = self.model.shown(), len(self.model.findings())
        if shown <= _OPEN_UP_TO:
            self.tree.expandAll()
        else:
            self.tree.expandToDepth(0)
        self.shown.setText(
            self.tr("{} rilievi").format(every)
            if shown == every
            else self.tr("{} di {} rilievi").format(shown, every)
        )

    def tr(self, text):
        return QCoreApplication.translate("FindingsPage", text)

    def keyPressEvent(self, event):  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tree.hasFocus():
            self.show_current()
            return
        super().keyPressEvent(event)


def _can_be_justified(finding):
    return finding.ammette_giustificazione is True and finding.stato in (
        "aperto",
        "nuovo",
        "giustificazione_scaduta",
    )


def _is_justified(finding):
    return finding.stato in ("giustificato", "giustificazione_scaduta")
