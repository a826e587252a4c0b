"""The dock "Riconciliazione": the two readings side by side, and what a person decides of them."""

from __future__ import annotations

from pathlib import Path

from qgis.core import NULL, QgsFeatureRequest, QgsMapLayerProxyModel, QgsProcessingUtils, QgsProject
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QEvent, Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices

from ..processing_algorithms.choices import PAIR_KEEP
from . import result_layers
from .dock import SttmDock
from .map_focus import show_on_map
from .pairs_model import PairsModel, comparison_html, record_of
from .project_state import recall, recall_path, remember, remember_path
from .rows_model import RowsModel, RowsProxy, layer_of, rows_of, set_up_table
from .shared_inputs import SERVICE_FIELDS

INPUTS, PAIRS, ONLY1, ONLY2, DUPLICATES = range(5)
ACCEPT, REFUSE, MERGE, UNDO = range(4)
_TYPING_PAUSE_MS = 200
_FOLLOW_PAUSE_MS = 120
_ROLES = {"PAIRS": "coppie", "ONLY1": "solo1", "ONLY2": "solo2", "DUPLICATES": "duplicati"}


class ReconciliationDock(SttmDock):
    """Choose the readings, compare, accept, reject or merge; decisions stay in the workspace."""

    NAME, TITLE, ICON = "Reconciliation", "Riconciliazione", "reconcilereadings"
    FORM = "reconciliation_panel"
    AREA = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, iface, parent=None):
        super().__init__(iface, parent)
        self._waiting: list = []
        self._set_up_inputs()
        self._set_up_pairs()
        self._set_up_others()
        self.panel.run.clicked.connect(self.reconcile)
        self.panel.zones.clicked.connect(self.count_by_zone)
        self.watch(QgsProject.instance().layersAdded, self._hide_results)
        self.begin()

    # Set up -----------------------------------------------------------------------------

    def _set_up_inputs(self):
        self._models = []
        for view in (self.panel.reading1, self.panel.reading2):
            model = QgsMapLayerProxyModel(self)
            model.setFilters(QgsMapLayerProxyModel.Filter.VectorLayer)
            model.sourceLayerModel().setItemsCheckable(True)
            view.setModel(model)
            model.sourceLayerModel().dataChanged.connect(self._on_inputs)
            self._models.append(model)
        self.panel.workspace.setFilter("GeoPackage (*.gpkg)")
        self.panel.workspace.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.panel.workspace.fileChanged.connect(self._on_inputs)
        self.panel.author.editingFinished.connect(self._on_inputs)

    def _set_up_pairs(self):
        panel = self.panel
        self.model = PairsModel(self)
        self.proxy = RowsProxy(self.model, self)
        set_up_table(panel.pairs, self.proxy, (30, 30, 10, 12, 19, 11), PairsModel.FIRST)
        header = panel.pairs.horizontalHeader()
        header.setSectionResizeMode(PairsModel.SECOND, header.ResizeMode.Stretch)
        panel.pairs.selectionModel().selectionChanged.connect(self._on_selection)
        panel.pairs.selectionModel().currentRowChanged.connect(self._on_selection)
        panel.pairs.installEventFilter(self)
        panel.pairs.doubleClicked.connect(lambda _: self.show_current())
        for title, name in (
            (self.tr("Tutte le coppie"), ""),
            (self.tr("Da decidere"), "proposto"),
            (self.tr("Ambigue"), "ambigua"),
            (self.tr("Proposte da 0,80"), "alta"),
            (self.tr("Proposte sotto 0,80"), "bassa"),
            (self.tr("Confermate"), "confermato"),
            (self.tr("Respinte"), "respinto"),
        ):
            panel.filter_state.addItem(title, name)
        panel.filter_state.currentIndexChanged.connect(self._filter)
        self._pause = _timer(self, _TYPING_PAUSE_MS, self._filter)
        panel.filter_text.textChanged.connect(lambda _: self._pause.start())
        # The map follows when the cursor rests, not through every row passed by.
        self._follow_pause = _timer(self, _FOLLOW_PAUSE_MS, self.show_current)
        panel.keep.addItems([self.tr("Prevale: {}").format(one) for one in PAIR_KEEP])
        panel.accept.clicked.connect(lambda: self.decide(ACCEPT))
        panel.refuse.clicked.connect(lambda: self.decide(REFUSE))
        panel.merge.clicked.connect(lambda: self.decide(MERGE))
        panel.undo.clicked.connect(lambda: self.decide(UNDO))
        panel.comparison.anchorClicked.connect(self._on_link)
        panel.splitter.setStretchFactor(0, 5)
        panel.splitter.setStretchFactor(1, 3)

    def _set_up_others(self):
        columns = [
            ("denominazione", self.tr("Denominazione")),
            ("categoria", self.tr("Categoria")),
            ("comune", self.tr("Comune")),
            ("motivo_letto", self.tr("Perché è solo")),
            ("miglior_punteggio", self.tr("Miglior punteggio")),
            ("fonte", self.tr("Fonte")),
        ]
        self._others = {}
        for name, view, number_of in (
            ("ONLY1", self.panel.only1, 1),
            ("ONLY2", self.panel.only2, 2),
        ):
            model = RowsModel(columns, self)
            proxy = RowsProxy(model, self)
            set_up_table(view, proxy, (34, 24, 18, 28, 16, 22), 0)
            self._connect_place(view, proxy, number_of)
            self._others[name] = model
        model = RowsModel(
            [
                ("numero", self.tr("Gruppo")),
                ("lettura", self.tr("Lettura")),
                ("denominazione", self.tr("Denominazione")),
                ("id_servizio", self.tr("Identificativo")),
            ],
            self,
        )
        proxy = RowsProxy(model, self)
        set_up_table(self.panel.duplicates, proxy, (8, 8, 40, 38), 2)
        self._connect_place(self.panel.duplicates, proxy, None)
        self._others["DUPLICATES"] = model

    def _connect_place(self, view, proxy, number_of):
        def show(index, _):
            row = proxy.row(index)
            if row is not None and self.panel.follow.isChecked():
                self._show_records([(number_of or row["lettura"], row["id_servizio"])])

        view.selectionModel().currentRowChanged.connect(show)

    # Inputs -----------------------------------------------------------------------------

    def readings(self, number_of) -> list:
        """Return the layers ticked as a reading, 1 or 2."""
        model = self._models[number_of - 1].sourceLayerModel()
        return [one for one in model.layersChecked(Qt.CheckState.Checked) if one is not None]

    def tick(self, number_of, layers):
        """Tick these layers as a reading."""
        self._models[number_of - 1].sourceLayerModel().setLayersChecked(layers)

    def recognise_layers(self):
        """Tick the layers of services by the reading their first record says."""
        found: dict = {1: [], 2: []}
        for layer in QgsProject.instance().mapLayers().values():
            if not hasattr(layer, "fields") or result_layers.is_result(layer):
                continue
            names = {field.name().lower() for field in layer.fields()}
            if not {*SERVICE_FIELDS, "lettura"} <= names:
                continue
            request = QgsFeatureRequest().setLimit(1)
            for feature in layer.getFeatures(request):
                said = feature["lettura"]
                found[2 if said not in (None, NULL) and int(said) == 2 else 1].append(layer)
        for number_of, layers in found.items():
            if not self.readings(number_of):
                self.tick(number_of, layers)

    def missing(self) -> str:
        """Return the sentence on what is needed and isn't there, "" when all is."""
        for number_of in (1, 2):
            if not self.readings(number_of):
                return self.tr("Spuntare i layer della Lettura {}.").format(number_of)
        return ""

    def workspace_path(self) -> str:
        """Return the GeoPackage the decisions are kept in, "" when there is none."""
        return self.panel.workspace.filePath().strip()

    def _on_inputs(self, *_):
        if self._restoring:
            return
        for number_of in (1, 2):
            remember(f"lettura{number_of}", [one.id() for one in self.readings(number_of)])
        remember_path("coppie_in", self.workspace_path())
        remember("autore", self.panel.author.text().strip())
        self._tell_inputs()

    def _tell_inputs(self):
        if self.workspace_path() and not self.workspace():
            said = self.tr("L'area di lavoro «{}» non esiste.").format(self.workspace_path())
        elif not self.workspace():
            said = self.tr(
                "Senza area di lavoro si confrontano le letture, ma non si decide: le decisioni "
                "si conservano lì, con autore e data."
            )
        else:
            said = self.tr(
                "Le decisioni già prese in {} si rispettano a ogni nuovo confronto."
            ).format(Path(self.workspace()).name)
        self.panel.inputs_hint.setText(said)

    # Reconcile --------------------------------------------------------------------------

    def reconcile(self):
        """Run ``sttm:reconcilereadings`` on what is ticked."""
        if self.runs.is_running():
            return
        missing = self.missing()
        if missing:
            self.panel.tabs.setCurrentIndex(INPUTS)
            self.warn(missing)
            return
        parameters = {
            "READING1": [layer.id() for layer in self.readings(1)],
            "READING2": [layer.id() for layer in self.readings(2)],
            "MAX_DISTANCE": self.panel.max_distance.value(),
            "MIN_SCORE": self.panel.min_score.value(),
            **dict.fromkeys(_ROLES, "TEMPORARY_OUTPUT"),
        }
        if self.workspace():
            parameters["CONFIRMED"] = f"{self.workspace()}|layername=coppie"
        self.start("sttm:reconcilereadings", parameters, self._on_reconciled)

    def _on_reconciled(self, run, results):
        titles = {
            "PAIRS": self.tr("Coppie"),
            "ONLY1": self.tr("Solo nella Lettura 1"),
            "ONLY2": self.tr("Solo nella Lettura 2"),
            "DUPLICATES": self.tr("Duplicati"),
        }
        for name, title in titles.items():
            self.take(run, results.get(name), _ROLES[name], title)
        self._show_results()
        self.panel.tabs.setCurrentIndex(PAIRS)
        if self.proxy.rowCount():
            self.panel.pairs.selectRow(0)
        self.panel.pairs.setFocus()
        said = self.tr("{PROPOSED} coppie proposte ({AMBIGUOUS} ambigue), {CONFIRMED_COUNT} ")
        said += self.tr("confermate, {REJECTED_PAIRS} respinte; solo Lettura 1 {ONLY1_COUNT}, ")
        said += self.tr("solo Lettura 2 {ONLY2_COUNT}.")
        self.praise(said.format(**{name: int(results.get(name) or 0) for name in _COUNTS}))

    def _show_results(self):
        """Show the results that are in the project."""
        tabs = self.panel.tabs
        found = {name: result_layers.result_layer(role) for name, role in _ROLES.items()}
        self.model.set_rows(rows_of(found["PAIRS"]))
        for name, title, page in (
            ("ONLY1", self.tr("Solo Lettura 1"), ONLY1),
            ("ONLY2", self.tr("Solo Lettura 2"), ONLY2),
        ):
            rows = rows_of(found[name])
            for row in rows:
                row["motivo_letto"] = _OUTCOMES.get(row["esito_riconciliazione"], "")
            self._others[name].set_rows(rows)
            tabs.setTabText(page, f"{title} ({len(rows)})" if rows else title)
        rows = rows_of(found["DUPLICATES"])
        names = self._names_of({row["id_servizio"] for row in rows})
        groups: dict = {}
        for row in rows:
            row["numero"] = groups.setdefault(row["gruppo"], len(groups) + 1)
            row["denominazione"] = names.get(row["id_servizio"])
        self._others["DUPLICATES"].set_rows(rows)
        title = self.tr("Duplicati")
        tabs.setTabText(DUPLICATES, f"{title} ({len(groups)})" if groups else title)
        self._tell_progress()
        self._on_selection()

    def _names_of(self, ids) -> dict:
        names = {}
        for layer in [*self.readings(1), *self.readings(2)] if ids else ():
            request = QgsFeatureRequest()
            request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
            request.setSubsetOfAttributes(["id_servizio", "denominazione"], layer.fields())
            for feature in layer.getFeatures(request):
                if feature["id_servizio"] in ids:
                    names[feature["id_servizio"]] = feature["denominazione"]
        return names

    def _tell_progress(self):
        rows = self.model.rows
        waiting = sum(1 for row in rows if row["stato"] == "proposto")
        title = self.tr("Coppie")
        self.panel.tabs.setTabText(PAIRS, f"{title} ({len(rows)})" if rows else title)
        self.panel.progress_hint.setText(
            self.tr("{} coppie, {} da decidere").format(len(rows), waiting) if rows else ""
        )

    def _filter(self, *_):
        kind = self.panel.filter_state.currentData()
        text = self.panel.filter_text.text().strip().casefold()

        def accepts(row):
            score, proposed = row["punteggio"] or 0, row["stato"] == "proposto"
            wanted = {
                "": True,
                "ambigua": bool(row["ambigua"]),
                "alta": proposed and score >= _MATCHED,
                "bassa": proposed and score < _MATCHED,
            }.get(kind, row["stato"] == kind)
            names = f"{row['nome_1'] or ''} {row['nome_2'] or ''}"
            return wanted and text in names.casefold()

        self.proxy.set_filter(accepts)
        self._on_selection()

    # A pair -----------------------------------------------------------------------------

    def current(self):
        """Return the pair under the cursor, None where there is none."""
        return self.proxy.row(self.panel.pairs.selectionModel().currentIndex())

    def selected(self) -> list:
        """Return the pairs selected."""
        rows = self.panel.pairs.selectionModel().selectedRows()
        return [self.proxy.row(index) for index in rows]

    def _on_selection(self, *_):
        row, chosen = self.current(), self.selected()
        if len(chosen) > 1:
            self.panel.comparison.setPlainText(
                self.tr("{} coppie scelte: si decidono insieme.").format(len(chosen))
            )
        elif row is None:
            self.panel.comparison.clear()
        else:
            records = [record_of(self.readings(n), row[f"id_{n}"]) for n in (1, 2)]
            values = [None if found is None else found[0] for found in records]
            self.panel.comparison.setHtml(comparison_html(row, *values))
            if self.panel.follow.isChecked() and chosen:
                self._follow_pause.start()
        self._allow()

    def _allow(self):
        chosen = self.selected()
        proposed = any(row["stato"] == "proposto" for row in chosen)
        for button in (self.panel.accept, self.panel.refuse, self.panel.merge):
            button.setEnabled(proposed)
        self.panel.undo.setEnabled(any(row["stato"] != "proposto" for row in chosen))

    def show_current(self):
        """Bring both records of the current pair into view and flash them."""
        row = self.current()
        if row is not None:
            self._show_records([(1, row["id_1"]), (2, row["id_2"])])

    def _show_records(self, wanted):
        objects = []
        for number_of, id_servizio in wanted:
            found = record_of(self.readings(int(number_of)), id_servizio)
            if found is not None and found[1] is not None:
                objects.append((found[1], found[2]))
        show_on_map(self.iface.mapCanvas(), objects)

    def _on_link(self, url):
        """Go to another pair of the same records."""
        at = self.model.place_of(url.toString().partition(":")[2])
        index = self.proxy.mapFromSource(self.model.index(at, 0)) if at >= 0 else None
        if index is None or not index.isValid():
            self.tell(self.tr("Quella coppia non è fra quelle mostrate."))
            return
        self.panel.pairs.selectRow(index.row())

    def decide(self, decision):
        """Decide the selected pairs; decisions made meanwhile wait for their turn."""
        undoing = decision == UNDO
        chosen = [row for row in self.selected() if (row["stato"] != "proposto") == undoing]
        chosen = [row for row in chosen if not row.get("in_attesa")]
        if not chosen:
            return
        problem = self._cannot_decide()
        if problem:
            self.warn(problem)
            return
        place = self.panel.pairs.selectionModel().currentIndex().row()
        ids = [row["id_coppia"] for row in chosen]
        for row in chosen:
            row["in_attesa"] = True
            self.model.changed(self.model.place_of(row["id_coppia"]))
        self._waiting.append((ids, decision, self.panel.keep.currentIndex()))
        if place + 1 < self.proxy.rowCount():
            self.panel.pairs.selectRow(place + 1)
        self._next_decision()

    def _cannot_decide(self) -> str:
        if not self.workspace():
            return self.tr(
                "Indicare nella scheda «Letture» l'area di lavoro che tiene le decisioni."
            )
        if not self.panel.author.text().strip():
            return self.tr("Indicare nella scheda «Letture» chi decide.")
        return ""

    def _next_decision(self):
        if self.runs.is_running() or not self._waiting:
            return
        ids, decision, keep = self._waiting[0]
        pairs = result_layers.result_layer("coppie")
        parameters = {
            "WORKSPACE": self.workspace(),
            "PAIR_IDS": ";".join(ids),
            "DECISION": decision,
            "KEEP": keep,
            "AUTHOR": self.panel.author.text().strip(),
            "OUTPUT": "TEMPORARY_OUTPUT",
        }
        if pairs is not None:
            parameters["PAIRS"] = pairs.id()

        def on_decided(run, results):
            self._waiting.pop(0)
            decided = {row["id_coppia"]: row for row in rows_of(layer_of(run, results["OUTPUT"]))}
            for identifier in ids:
                self._write_row(identifier, decided.get(identifier, {}))
            self._tell_progress()
            self._on_selection()
            self._next_decision()

        def on_failure(message):
            self._give_up()
            self.complain(message)

        self.runs.start("sttm:decidepairs", parameters, on_decided, on_failure)

    def _write_row(self, identifier, decided):
        """Show in the table, and in the layer on the map, what was decided of a pair."""
        at = self.model.place_of(identifier)
        if at < 0:
            return
        row = self.model.rows[at]
        row["in_attesa"] = False
        for name in ("stato", "autore", "data", "nota", "prevale"):
            if name in decided:
                row[name] = decided[name]
        row["ambigua"] = bool(row["ambigua"]) and row["stato"] == "proposto"
        self.model.changed(at)
        self.proxy.invalidateFilter()
        layer = result_layers.result_layer("coppie")
        if layer is None:
            return
        fields = layer.fields()
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        request.setFilterExpression(f"\"id_coppia\" = '{identifier}'")
        changes = {
            feature.id(): {
                fields.lookupField(name): row[name]
                for name in ("stato", "autore", "data", "nota", "prevale", "ambigua")
            }
            for feature in layer.getFeatures(request)
        }
        layer.dataProvider().changeAttributeValues(changes)
        layer.triggerRepaint()

    def _give_up(self):
        """Take back what was waiting to be written."""
        for ids, _, _ in self._waiting:
            for identifier in ids:
                at = self.model.place_of(identifier)
                if at >= 0:
                    self.model.rows[at]["in_attesa"] = False
                    self.model.changed(at)
        self._waiting = []
        self._on_selection()

    # Counts by zone ---------------------------------------------------------------------

    def count_by_zone(self):
        """Run ``sttm:readingsbyzone`` and open its report."""
        if self.runs.is_running():
            return
        layers = [layer.id() for n in (1, 2) for layer in self.readings(n)]
        if not layers:
            self.panel.tabs.setCurrentIndex(INPUTS)
            self.warn(self.tr("Spuntare i layer di almeno una lettura."))
            return
        workspace = self.workspace()
        name = "letture_per_zona.html"
        report = QgsProcessingUtils.generateTempFilename(name)
        if workspace:
            report = str(Path(workspace).parent / name)
        parameters = {
            "SERVICES": list(dict.fromkeys(layers)),
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REPORT_HTML": report,
        }
        pairs = result_layers.result_layer("coppie")
        if pairs is not None:
            parameters["PAIRS"] = pairs.id()

        def on_counted(run, results):
            title = self.tr("Letture per Zona Omogenea")
            self.take(run, results["OUTPUT"], "letture", title)
            self.praise(
                self.tr("Lettura 1: {} servizi, Lettura 2: {}. Rapporto: {}.").format(
                    int(results["READING1"]), int(results["READING2"]), Path(report).name
                )
            )
            QDesktopServices.openUrl(QUrl.fromLocalFile(report))

        self.start("sttm:readingsbyzone", parameters, on_counted)

    # State ------------------------------------------------------------------------------

    def restore(self):
        """Show what the project remembers: readings, workspace, author, pairs."""
        self._restoring = True
        try:
            project = QgsProject.instance()
            for number_of in (1, 2):
                known = map(project.mapLayer, recall(f"lettura{number_of}", []))
                self.tick(number_of, [layer for layer in known if layer is not None])
            self.panel.workspace.setFilePath(recall_path("coppie_in") or recall_path("workspace"))
            self.panel.author.setText(recall("autore"))
            self._hide_results()
        finally:
            self._restoring = False
        self._waiting = []
        self._tell_inputs()
        self._show_results()

    def showEvent(self, event):  # noqa: N802
        """Fill what is still empty from what the other panel knows by now."""
        super().showEvent(event)
        if recall("workspace") and not self.workspace_path():
            self.panel.workspace.setFilePath(recall_path("workspace"))
        if not self.panel.author.text().strip():
            self.panel.author.setText(recall("autore"))
        self.recognise_layers()

    def _hide_results(self, *_):
        layers = QgsProject.instance().mapLayers().values()
        results = [layer for layer in layers if result_layers.is_result(layer)]
        for model in self._models:
            model.setExceptedLayerList(results)

    def on_results_gone(self, roles):
        """Show nothing of the layers that go."""
        if "coppie" in roles:
            self.model.set_rows([])
            self._tell_progress()
            self._on_selection()
        for name, title, page in (
            ("ONLY1", self.tr("Solo Lettura 1"), ONLY1),
            ("ONLY2", self.tr("Solo Lettura 2"), ONLY2),
            ("DUPLICATES", self.tr("Duplicati"), DUPLICATES),
        ):
            if _ROLES[name] in roles:
                self._others[name].set_rows([])
                self.panel.tabs.setTabText(page, title)

    def on_told(self, key):
        """Follow a choice made in another panel."""
        if key == "autore" and self.panel.author.text().strip() != recall(key):
            self.panel.author.setText(recall(key))
        elif key == "workspace" and not recall("coppie_in"):
            # Followed, not chosen here: the next one is followed too.
            self._restoring, before = True, self._restoring
            self.panel.workspace.setFilePath(recall_path(key))
            self._restoring = before
            self._tell_inputs()

    def on_busy(self, busy):
        """While something runs nothing else can be started."""
        self.panel.run.setEnabled(not busy)
        self.panel.zones.setEnabled(not busy)

    def on_cancelled(self):
        """Take back the decisions that were waiting."""
        self._give_up()
        super().on_cancelled()

    # Keys -------------------------------------------------------------------------------

    def eventFilter(self, watched, event):  # noqa: N802
        """Letters decide while the table of the pairs has the focus, and only then."""
        if watched is self.panel.pairs and event.type() in (
            QEvent.Type.ShortcutOverride,
            QEvent.Type.KeyPress,
        ):
            plain = event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.ShiftModifier,
                Qt.KeyboardModifier.KeypadModifier,
            )
            action = self._letters().get(event.key()) if plain else None
            if action is not None:
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    action()
                return True
        return super().eventFilter(watched, event)

    def keys(self):
        """Return what the keys do here."""
        return {"F5": self.reconcile}

    def _letters(self):
        return {
            Qt.Key.Key_A: lambda: self.decide(ACCEPT),
            Qt.Key.Key_R: lambda: self.decide(REFUSE),
            Qt.Key.Key_M: lambda: self.decide(MERGE),
            Qt.Key.Key_U: lambda: self.decide(UNDO),
            Qt.Key.Key_Return: self.show_current,
            Qt.Key.Key_Enter: self.show_current,
        }

    def close_down(self):
        """Follow no pair any more."""
        self._follow_pause.stop()
        super().close_down()


# From here on the checks count a pair as matched (told in the algorithm's help).
_MATCHED = 0.80
_COUNTS = (
    "PROPOSED",
    "AMBIGUOUS",
    "CONFIRMED_COUNT",
    "REJECTED_PAIRS",
    "ONLY1_COUNT",
    "ONLY2_COUNT",
)
_OUTCOMES = {
    "nessun_candidato": "nessun candidato",
    "candidato_gia_abbinato": "il candidato è già abbinato",
    "coppia_respinta": "coppia respinta",
    "duplicato_di_abbinato": "duplicato di un abbinato",
}


def _timer(parent, milliseconds, slot):
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
