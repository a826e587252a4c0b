"""Page "Da classificare": each text once, and the category a person gives it."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QAbstractItemView

from .category_choice import chosen_code, offer_categories
from .explanation import number
from .project_state import recall_path
from .rows_model import FilteredRows, layer_of, one_line, rows_of, select_row, set_up_table
from .shared_inputs import criteria_parameters


class WordingsModel(FilteredRows):
    """The texts still without a category."""

    def __init__(self, parent=None):
        super().__init__(
            [
                ("testo", _tr("Testo")),
                ("n", _tr("Servizi")),
                ("etichetta", _tr("Somiglia a")),
                ("esempi", _tr("Per esempio")),
            ],
            parent,
        )


class ToClassify(QObject):
    """Lists the texts with ``findunclassified`` and decides them with ``assigncategory``."""

    decided = pyqtSignal()

    def __init__(self, dock, sources):
        """``sources()`` returns the layers of services, as an algorithm takes them."""
        super().__init__(dock)
        self.dock, self.panel, self._sources = dock, dock.panel, sources
        self._stale = True
        self.model = WordingsModel(self)
        panel = self.panel
        set_up_table(panel.texts, self.model, (26, 8, 24, 30))
        panel.texts.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        panel.texts.selectionModel().selectionChanged.connect(lambda *_: self._offer())
        panel.texts.activated.connect(lambda _: panel.choices.setFocus())
        panel.choice_search.textChanged.connect(lambda _: self._offer_categories())
        panel.choice_search.returnPressed.connect(panel.choices.setFocus)
        panel.choices.itemActivated.connect(lambda _: self.assign())
        panel.choices.currentItemChanged.connect(lambda *_: self.allow())
        panel.assign.clicked.connect(self.assign)
        panel.refresh_texts.clicked.connect(self.list)
        panel.todo_splitter.setStretchFactor(0, 3)
        panel.todo_splitter.setStretchFactor(1, 2)
        self._tell()
        self._offer()

    def forget(self):
        """What is listed may be of before: it is read again when it is looked at."""
        self._stale = True

    def look(self):
        """Read the texts again where they may have changed."""
        if self._stale and self._sources() and not self.dock.is_running():
            self.list()

    def list(self):
        """Run ``sttm:findunclassified``."""
        if self.dock.is_running() or not self.dock.has_services():
            return
        self.dock.message_bar.clearWidgets()
        self._list(0)

    def _list(self, place):
        parameters = {"SERVICES": self._sources(), "OUTPUT": "TEMPORARY_OUTPUT"}
        parameters.update(self._profile(), **criteria_parameters())

        def on_listed(run, results):
            self._stale = False
            self.model.set_rows(rows_of(layer_of(run, results["OUTPUT"])))
            self._waiting = int(results["UNCLASSIFIED"])
            self._tell()
            if self.model.rows:
                select_row(self.panel.texts, min(place, len(self.model.rows) - 1))
            self._offer()

        self.dock.runs.start("sttm:findunclassified", parameters, on_listed)

    def assign(self):
        """Run ``sttm:assigncategory`` for the chosen texts and the chosen category."""
        code, chosen = chosen_code(self.panel.choices), self._chosen()
        if self.dock.is_running() or not code or not chosen:
            return
        place = self.panel.texts.currentIndex().row()
        parameters = {
            "SERVICES": self._sources(),
            "TEXTS": "\n".join(row["testo"] for row in chosen),
            "CODE": code,
            **self._profile(),
            **criteria_parameters(),
        }

        def on_assigned(_run, results):
            said = _tr("{} servizi classificati come {}.").format(
                number(int(results["ASSIGNED"])), code
            )
            if int(results["REMEMBERED"]):
                said += " " + _tr("La decisione è ricordata in {}.").format(
                    Path(parameters["PROFILE"]).name
                )
            self.dock.praise(said)
            self.decided.emit()
            self._list(place)

        self.dock.start("sttm:assigncategory", parameters, on_assigned)

    def _profile(self):
        path = recall_path("profilo")
        return {"PROFILE": path} if path and Path(path).is_file() else {}

    # What is shown ------------------------------------------------------------------------

    def _tell(self):
        rows = self.model.all_rows
        title = _tr("Da classificare")
        tabs = self.panel.tabs
        tabs.setTabText(
            tabs.indexOf(self.panel.page_unclassified), f"{title} ({len(rows)})" if rows else title
        )
        if rows:
            said = _tr("{} testi diversi, {} servizi. Una scelta vale per tutti quelli uguali.")
            said = said.format(number(len(rows)), number(self._waiting))
        elif self._stale:
            said = _tr("I servizi senza categoria si leggono con «Rileggi».")
        else:
            said = _tr("Tutti i servizi hanno una categoria.")
        if rows and not self._profile():
            said += " " + _tr("Senza profilo (scheda Dati) la scelta vale solo per ora.")
        self.panel.todo_hint.setText(said)

    def _chosen(self):
        rows = self.panel.texts.selectionModel().selectedRows()
        return [self.model.row(index) for index in rows]

    def _offer(self):
        chosen = self._chosen()
        if not chosen:
            said = _tr("Scegliere uno o più testi.")
        elif len(chosen) == 1:
            said = _tr("Che cos'è «{}»?").format(one_line(chosen[0]["testo"])[:80])
        else:
            said = _tr("{} testi scelti: avranno la stessa categoria.").format(len(chosen))
        self.panel.choice_hint.setText(said)
        self._offer_categories()

    def _offer_categories(self):
        chosen, choices = self._chosen(), self.panel.choices
        choices.clear()
        if not chosen:
            self.allow()
            return
        likely = [chosen[0]["proposto"], *str(chosen[0]["alternative"] or "").split(";")]
        offer_categories(choices, self.panel.choice_search.text().strip(), likely)
        self.allow()

    def allow(self):
        """Allow what can be done now."""
        ready = bool(chosen_code(self.panel.choices)) and bool(self._chosen())
        self.panel.assign.setEnabled(ready and not self.dock.is_running())
        self.panel.refresh_texts.setEnabled(not self.dock.is_running())


def _tr(text):
    return QCoreApplication.translate("ToClassify", text)
