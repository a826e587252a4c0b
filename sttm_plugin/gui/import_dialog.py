"""The import assistant: from a file with its own columns to the service layer, seen beforehand."""

from __future__ import annotations

import json
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayerProxyModel,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsFileWidget, QgsMessageBar
from qgis.PyQt.QtCore import QCoreApplication, QDate, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QDialog

from ..processing_algorithms import icon_path
from ..processing_algorithms.choices import profiles
from .category_choice import chosen_code, offer, offer_categories
from .comune_choice import choose_istat, chosen_istat, complete_comune, fill_comuni
from .explanation import number
from .forms import form
from .import_models import (
    ColumnsModel,
    CrsModel,
    FieldDelegate,
    RepairsModel,
    ValuesModel,
    is_open,
)
from .import_preview import MOST_MARKS, PreviewOnMap, repairs_of, shape_of
from .import_profile import CATEGORY, edited_profile, table_name
from .map_focus import show_on_map
from .messages import push_message
from .project_state import recall, remember_path
from .result_layers import is_result
from .rows_model import RowsModel, RowsProxy, layer_of, one_line, rows_of, set_up_table
from .run_bar import RunBar
from .shared_inputs import criteria_parameters

SOURCE, COLUMNS, VALUES, POSITION, PREVIEW = range(5)
# Profiles that aren't files.
_RECOGNISED, _NONE = "", "nessuno"
_MOST_ROWS = 5000
_TYPING_PAUSE_MS = 200
_SUCCESS_S = 12
_Filter = QgsMapLayerProxyModel.Filter


class ImportDialog(QDialog, form("import_dialog")):
    """Source, columns, values, position, preview; ``imported`` when services were written."""

    imported = pyqtSignal(list, str)
    workspace_wanted = pyqtSignal()

    def __init__(self, iface, parent=None):
        super().__init__(parent)
        self.iface = iface
        self.setupUi(self)
        self.setObjectName("SttmImportDialog")
        self.setWindowIcon(QIcon(icon_path("importservices")))
        self.message_bar = QgsMessageBar(self)
        self.dialog_layout.insertWidget(0, self.message_bar)
        self.runs = RunBar(self)
        self.dialog_layout.insertWidget(2, self.runs)
        self.preview = PreviewOnMap(iface.mapCanvas())
        self._proposed: dict = {}
        self._own_name = self._own_table = ""
        self._read_with = self._valued_with = self._previewed_with = None
        self._counts: dict = {}
        self._source_crs = ""
        self._set_up_source()
        self._set_up_columns()
        self._set_up_values()
        self._set_up_position()
        self._set_up_preview()
        self.runs.busy_changed.connect(self._on_busy)
        self.runs.failed.connect(self._on_failed)
        self.runs.cancelled.connect(self._on_cancelled)
        self.tabs.currentChanged.connect(self._on_page)
        self.back.clicked.connect(lambda: self.tabs.setCurrentIndex(self.tabs.currentIndex() - 1))
        self.next.clicked.connect(self.go_on)
        self.do_import.clicked.connect(self.write)
        self.close_button.clicked.connect(self.reject)
        self._show_page()

    # Set up -----------------------------------------------------------------------------

    def _set_up_source(self):
        own = [one for one in QgsProject.instance().mapLayers().values() if is_result(one)]
        kinds = ((self.layer, _Filter.VectorLayer), (self.boundaries, _Filter.PolygonLayer))
        for combo, kind in kinds:
            combo.setFilters(kind)
            combo.setExceptedLayerList(own)
            combo.setAllowEmptyLayer(True, self.tr("(nessuno)"))
            combo.setLayer(None)
            combo.model().rowsAboutToBeRemoved.connect(
                lambda _, first, last, combo=combo: _choose_none(combo, first, last)
            )
        self.file.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.file.setFilter(
            self.tr(
                "Tabelle e layer (*.gpkg *.shp *.geojson *.json *.csv *.txt *.xlsx *.xls *.ods "
                "*.kml *.dbf *.zip *.gml *.tab);;Tutti i file (*)"
            )
        )
        fill_comuni(self.comune, self.tr("nome o codice ISTAT"))
        self.comune.lineEdit().editingFinished.connect(lambda: complete_comune(self.comune))
        self.reading.addItem(self.tr("Lettura 1 (dal PGT)"))
        self.reading.addItem(self.tr("Lettura 2 (da un'altra fonte)"))
        self.decimal.addItems([self.tr("Automatico"), self.tr("Punto"), self.tr("Virgola")])
        self.profile.addItem(self.tr("Riconosci da solo"), _RECOGNISED)
        self.profile.addItem(self.tr("Nessun profilo: solo proposte"), _NONE)
        for name, title in profiles():
            self.profile.addItem(title, name)
        self.profile.setSizeAdjustPolicy(
            self.profile.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.profile_file.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.profile_file.setFilter(self.tr("Profilo (*.json)"))
        self.profile_file.lineEdit().setPlaceholderText(
            self.tr("oppure il profilo salvato l'anno scorso (.json)")
        )
        self.source.setPlaceholderText(self.tr("per esempio: Piano dei Servizi di Rho"))
        self.source_date.setPlaceholderText(self.tr("facoltativa, per esempio 31/12/2024"))
        self.encoding.setPlaceholderText(self.tr("automatica"))
        self.more.setCollapsed(True)
        self.reading.currentIndexChanged.connect(self._propose_destination)
        self.layer.layerChanged.connect(self._name_the_source)
        self.file.fileChanged.connect(self._name_the_source)

    def _set_up_columns(self):
        self.columns_model = ColumnsModel(self)
        self.columns_proxy = RowsProxy(self.columns_model, self)
        set_up_table(self.columns, self.columns_proxy, (17, 30, 30, 10, 30), ColumnsModel.REASON)
        self.columns.setItemDelegateForColumn(
            ColumnsModel.FIELD, FieldDelegate(self.columns_proxy, self)
        )
        self.columns_model.edited.connect(self._on_column_edited)
        self.drift_model = RowsModel(
            [
                ("oggetto", self.tr("Che cosa")),
                ("nome", self.tr("Nome")),
                ("evento", self.tr("Evento")),
                ("prima", self.tr("Prima")),
                ("dopo", self.tr("Ora")),
                ("n", self.tr("Record")),
                ("cosa_fare", self.tr("Che cosa fare")),
            ],
            self,
        )
        set_up_table(self.drift, RowsProxy(self.drift_model, self), (10, 18, 12, 18, 18, 8, 30), 6)
        self.columns_splitter.setStretchFactor(0, 3)
        self.columns_splitter.setStretchFactor(1, 1)
        self.drift_box.hide()

    def _set_up_values(self):
        self.values_model = ValuesModel(self)
        self.values_proxy = RowsProxy(self.values_model, self)
        set_up_table(self.values, self.values_proxy, (22, 7, 13, 27, 11, 20), ValuesModel.REASON)
        self.values.selectionModel().selectionChanged.connect(self._on_value_chosen)
        self.values_model.edited.connect(self._tell_values)
        for title, name in (
            (self.tr("Tutti i valori"), ""),
            (self.tr("Da decidere"), "open"),
            (self.tr("Solo categorie"), CATEGORY),
            (self.tr("Confidenza sotto 0,90"), "low"),
        ):
            self.values_filter.addItem(title, name)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._filter_values)
        self.values_text.textChanged.connect(lambda _: self._pause.start())
        self.values_filter.currentIndexChanged.connect(self._filter_values)
        self.choice_search.textChanged.connect(lambda _: self._offer())
        self.choice_search.returnPressed.connect(self._to_choices)
        self.choices.itemActivated.connect(lambda _: self.assign_choice())
        self.choices.currentItemChanged.connect(lambda *_: self._allow_choices())
        self.assign.clicked.connect(self.assign_choice)
        self.leave_empty.clicked.connect(lambda: self._decide(None))
        self.values_splitter.setStretchFactor(0, 3)
        self.values_splitter.setStretchFactor(1, 1)
        self.values_splitter.setSizes([690, 250])

    def _set_up_position(self):
        self.crs_model = CrsModel(self)
        self.crs_proxy = RowsProxy(self.crs_model, self)
        set_up_table(self.crs_table, self.crs_proxy, (40, 13, 13, 18, 22), 0)
        self.crs_table.doubleClicked.connect(self._take_crs)
        self.crs_own.toggled.connect(self.crs.setEnabled)
        self.crs.setEnabled(False)
        self.crs.crsChanged.connect(lambda *_: self.crs_own.setChecked(True))

    def _set_up_preview(self):
        self.repairs_model = RepairsModel(self)
        self.repairs_proxy = RowsProxy(self.repairs_model, self)
        set_up_table(self.repairs, self.repairs_proxy, (8, 15, 24, 30, 30, 9), 4)
        self.rejected_model = RowsModel(
            [
                ("fid_origine", self.tr("Record")),
                ("motivo_letto", self.tr("Motivo")),
                ("messaggio", self.tr("Perché")),
                ("difetto", self.tr("Difetto")),
                ("origine_letta", self.tr("Dati di origine")),
            ],
            self,
        )
        self.rejected_proxy = RowsProxy(self.rejected_model, self)
        set_up_table(self.rejected, self.rejected_proxy, (8, 22, 46, 9, 40), 4)
        self.services_model = RowsModel(
            [
                ("denominazione", self.tr("Denominazione")),
                ("codice_sttm", self.tr("Codice")),
                ("categoria", self.tr("Categoria")),
                ("stato", self.tr("Stato")),
                ("valenza_dichiarata", self.tr("Valenza dichiarata")),
                ("comune", self.tr("Comune")),
                ("confidenza", self.tr("Confidenza")),
            ],
            self,
        )
        self.services_proxy = RowsProxy(self.services_model, self)
        set_up_table(self.services, self.services_proxy, (34, 9, 28, 12, 18, 16, 11), 0)
        for view, proxy in (
            (self.repairs, self.repairs_proxy),
            (self.rejected, self.rejected_proxy),
            (self.services, self.services_proxy),
        ):
            view.selectionModel().currentRowChanged.connect(
                lambda index, _, proxy=proxy: self._show_row(proxy.row(index))
            )
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        font = self.summary.font()
        font.setBold(True)
        self.summary.setFont(font)
        self.zoom_all.clicked.connect(self.preview.zoom)
        self.workspace.setFilter("GeoPackage (*.gpkg)")
        self.workspace.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self.workspace.lineEdit().setPlaceholderText(self.tr("(layer temporanei)"))
        self.workspace.fileChanged.connect(self._on_workspace)
        self.new_workspace.clicked.connect(self.workspace_wanted)
        self.profile_out.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.profile_out.setFilter(self.tr("Profilo (*.json)"))
        self.table_name.textChanged.connect(self._tell_destination)

    def start_from(self, istat="", workspace="", boundaries=None, layer=None):
        """Show what is known already: the comune, where to write, the boundaries, the layer."""
        choose_istat(self.comune, istat)
        self.workspace.setFilePath(workspace)
        if boundaries is not None:
            self.boundaries.setLayer(boundaries)
        if layer is not None:
            self.layer.setLayer(layer)

    # Pages ------------------------------------------------------------------------------

    def go_on(self):
        """Go to the next page, doing what it needs."""
        if not self.runs.is_running():
            self._go_to(self.tabs.currentIndex() + 1)

    def _go_to(self, page):
        """Show a page; what it shows is computed first where it isn't up to date."""
        if self._need(page):
            self.tabs.setCurrentIndex(page)

    def _on_page(self, page):
        self._show_page()
        if not self.runs.is_running():
            self._need(page)

    def _need(self, page) -> bool:
        """Compute what a page shows; True when there is nothing to compute."""
        if page == SOURCE:
            return True
        missing = self.missing()
        if missing:
            self.tabs.setCurrentIndex(SOURCE)
            self._warn(missing)
            return False
        if self._read_with != self._source_parameters():
            self.read(page)
            return False
        if page in (VALUES, PREVIEW) and self._valued_with != self._fields():
            self._read_values(page)
            return False
        if page == PREVIEW and self._previewed_with != self._import_parameters_key():
            self.make_preview()
            return False
        return True

    def missing(self) -> str:
        """Return the sentence on what is needed and isn't there, "" when it can be read."""
        if not self.file.filePath().strip() and self.layer.currentLayer() is None:
            return self.tr("Scegliere un layer del progetto o indicare un file.")
        return ""

    def _show_page(self):
        page = self.tabs.currentIndex()
        self.back.setEnabled(page > SOURCE)
        self.next.setVisible(page < PREVIEW)
        self.do_import.setVisible(page == PREVIEW)
        (self.do_import if page == PREVIEW else self.next).setDefault(True)
        self.do_import.setEnabled(bool(self._counts.get("WRITTEN")))

    # 1 Source ---------------------------------------------------------------------------

    def _source_parameters(self) -> dict:
        """Return what says which source is read, and how."""
        layer = self.layer.currentLayer()
        given = self.file.filePath().strip()
        chosen = {"INPUT": given or (layer.id() if layer is not None else "")}
        profile = self.profile_file.filePath().strip() or self.profile.currentData()
        for name, value in (
            ("COMUNE", chosen_istat(self.comune)),
            ("SOURCE", self.source.text().strip()),
            ("PROFILE", profile),
            ("ENCODING", self.encoding.text().strip()),
        ):
            if value:
                chosen[name] = value
        chosen.update(criteria_parameters())
        if self.boundaries.currentLayer() is not None:
            chosen["BOUNDARIES"] = self.boundaries.currentLayer().id()
        if self.header_row.value() > 1:
            chosen["HEADER_ROW"] = self.header_row.value()
        if self.decimal.currentIndex():
            chosen["DECIMAL"] = self.decimal.currentIndex()
        return chosen

    def _name_the_source(self, *_):
        """Propose the name of the source, until somebody writes one."""
        if self.source.text().strip() not in ("", self._own_name):
            return
        path = self.file.filePath().strip()
        layer = self.layer.currentLayer()
        name = Path(path.partition("|")[0]).stem if path else (layer.name() if layer else "")
        self._own_name = name.strip()
        self.source.setText(self._own_name)

    def read(self, page=COLUMNS):
        """Run ``sttm:suggestmapping`` and ``sttm:diagnosecrs``, then show a page."""
        self.message_bar.clearWidgets()
        chosen = self._source_parameters()
        target = QgsProcessingUtils.generateTempFilename("profilo.json")
        sinks = dict.fromkeys(("OUTPUT", "VALUES", "DRIFT"), "TEMPORARY_OUTPUT")

        def on_read(run, results):
            self._proposed = _json_of(results["PROFILE_OUT"])
            self.columns_model.set_rows(rows_of(layer_of(run, results["OUTPUT"])))
            self.values_model.forget()
            self.values_model.set_rows(rows_of(layer_of(run, results["VALUES"])))
            changed = rows_of(layer_of(run, results.get("DRIFT")), _MOST_ROWS)
            self._show_drift(changed, chosen.get("PROFILE", ""))
            self._read_with, self._valued_with = chosen, self._fields()
            self._previewed_with = None
            self._forget_preview()
            self._tell_columns()
            self._tell_values()
            self._propose_destination()
            self._diagnose(chosen, page)

        self.runs.start("sttm:suggestmapping", {**chosen, **sinks, "PROFILE_OUT": target}, on_read)

    # 2 Columns --------------------------------------------------------------------------

    def _fields(self):
        """Return {column: field} as they are now."""
        return tuple((row["colonna"], row["campo"] or "") for row in self.columns_model.rows)

    def _on_column_edited(self, sentence):
        self._tell_columns()
        if sentence:
            self._tell(sentence)

    def _tell_columns(self):
        rows = self.columns_model.rows
        used = sum(1 for row in rows if row["campo"])
        said = self.tr("{} colonne: {} usate, {} solo fra i dati di origine.").format(
            len(rows), used, len(rows) - used
        )
        unsure = self.columns_model.to_confirm()
        if unsure:
            said += " " + self.tr("{} da confermare: guardare gli esempi.").format(unsure)
        if not any("denominazione" in str(row["campo"]).split(";") for row in rows):
            said += " " + self.tr("Nessuna colonna dà il nome del servizio.")
        said += " " + self.tr("Per cambiare un campo: doppio clic, o F2.")
        self.columns_hint.setText(said)

    def _show_drift(self, rows, profile):
        self.drift_model.set_rows(rows)
        self.drift_box.setVisible(bool(rows) or bool(profile and profile != _NONE))
        grave = sum(1 for row in rows if row["grave"])
        if not rows:
            self.drift_hint.setText(self.tr("Nulla: stesse colonne e stessi valori."))
        else:
            self.drift_hint.setText(
                self.tr("{} differenze, {} che cambiano i dati.").format(len(rows), grave)
            )
        self.drift.setVisible(bool(rows))

    # 3 Values ---------------------------------------------------------------------------

    def _read_values(self, page):
        """Read the values again: other columns say what a service is."""
        chosen = {**self._source_parameters(), "PROFILE": self._write_profile()}
        fields = self._fields()

        def on_read(run, results):
            self.values_model.set_rows(rows_of(layer_of(run, results["VALUES"])))
            self._valued_with = fields
            self._tell_values()
            self._arrive(page)

        sinks = dict.fromkeys(("OUTPUT", "VALUES"), "TEMPORARY_OUTPUT")
        self.runs.start("sttm:suggestmapping", {**chosen, **sinks}, on_read)

    def _tell_values(self):
        rows, waiting = len(self.values_model.rows), self.values_model.to_decide()
        if not rows:
            said = self.tr("Nessun valore da tradurre: la categoria si ricava dai nomi.")
        elif waiting:
            said = self.tr(
                "{} valori diversi, {} da decidere. Ciò che non si decide resta da classificare: "
                "non si tira a indovinare."
            ).format(rows, waiting)
        else:
            said = self.tr("{} valori diversi, tutti decisi.").format(rows)
        self.values_hint.setText(said)
        self.tabs.setTabText(
            VALUES, self.tr("3  Valori ({})").format(waiting) if waiting else self.tr("3  Valori")
        )
        self._on_value_chosen()

    def _filter_values(self, *_):
        kind, text = self.values_filter.currentData(), self.values_text.text().strip().casefold()

        def accepts(row):
            if kind == "open" and not is_open(row):
                return False
            if kind == CATEGORY and row["campo"] != CATEGORY:
                return False
            if kind == "low" and not (row["confidenza"] or 0) < 0.9:
                return False
            shown = f"{row['valore']} {row['proposto'] or ''} {row['etichetta'] or ''}"
            return text in shown.casefold()

        self.values_proxy.set_filter(accepts)

    def _chosen_values(self) -> list:
        rows = self.values.selectionModel().selectedRows()
        return [self.values_proxy.row(index) for index in rows]

    def _on_value_chosen(self, *_):
        chosen = self._chosen_values()
        fields = {row["campo"] for row in chosen}
        if not chosen:
            said = self.tr("Scegliere uno o più valori a sinistra.")
        elif len(fields) > 1:
            said = self.tr("I valori scelti sono di campi diversi: sceglierne di uno solo.")
        elif len(chosen) == 1:
            said = self.tr("Che cos'è «{}»?").format(one_line(chosen[0]["valore"])[:80])
        else:
            said = self.tr("{} valori scelti: avranno lo stesso significato.").format(len(chosen))
        self.choice_hint.setText(said)
        self.choice_search.setVisible(not chosen or fields == {CATEGORY})
        self._offer()

    def _offer(self):
        """Fill the list on the right: the categories found, or the words of the field."""
        chosen = self._chosen_values()
        fields = {row["campo"] for row in chosen}
        self.choices.clear()
        if len(fields) == 1:
            row = chosen[0]
            if row["campo"] == CATEGORY:
                likely = [row["proposto"], *str(row["alternative"] or "").split(";")]
                offer_categories(self.choices, self.choice_search.text().strip(), likely)
            else:
                for value, label in self.values_model.options(row["campo"], row):
                    offer(self.choices, value, label)
        self._allow_choices()

    def _allow_choices(self):
        ready = bool(self._chosen_values()) and bool(chosen_code(self.choices))
        self.assign.setEnabled(ready)
        self.leave_empty.setEnabled(len({row["campo"] for row in self._chosen_values()}) == 1)

    def _to_choices(self):
        if self.choices.count() == 1:
            self.assign_choice()
        else:
            self.choices.setFocus()

    def assign_choice(self):
        """Give the chosen values, and the equal ones, what is chosen on the right."""
        if chosen_code(self.choices):
            self._decide(chosen_code(self.choices))

    def _decide(self, meant):
        chosen = self._chosen_values()
        if len({row["campo"] for row in chosen}) != 1:
            return
        place = self.values.selectionModel().currentIndex().row()
        self.values_model.decide(chosen, meant)
        self._filter_values()
        # What waits next comes under the cursor, so that Enter goes down the list.
        self.choice_search.clear()
        count = self.values_proxy.rowCount()
        if count:
            shown = min(place if self.values_filter.currentData() else place + 1, count - 1)
            self.values.selectRow(max(shown, 0))

    # 4 Position -------------------------------------------------------------------------

    def _diagnose(self, chosen, page):
        """Run ``sttm:diagnosecrs``: a source without positions is told, not refused."""
        names = ("INPUT", "COMUNE", "BOUNDARIES", "ENCODING", "HEADER_ROW")
        parameters = {name: chosen[name] for name in names if name in chosen}
        for target, name in (("posizione_x", "X_FIELD"), ("posizione_y", "Y_FIELD")):
            for row in self.columns_model.rows:
                if target in str(row["campo"] or "").split(";"):
                    parameters[name] = row["colonna"]
        parameters["OUTPUT"] = "TEMPORARY_OUTPUT"

        def on_diagnosed(run, results):
            self._show_diagnosis(
                results["SENTENCE"], rows_of(layer_of(run, results["OUTPUT"])), results
            )
            self._arrive(page)

        def on_failure(message):
            self._show_diagnosis(message, [], {})
            self._arrive(page)

        self.runs.start("sttm:diagnosecrs", parameters, on_diagnosed, on_failure)

    def _show_diagnosis(self, sentence, rows, results):
        self.crs_sentence.setText(sentence)
        self.crs_model.set_rows(
            sorted(rows, key=lambda row: (not row["trovato"], not row["adatto"], row["ordine"]))
        )
        self.crs_auto.setChecked(True)
        found = next((row for row in rows if row["trovato"]), None)
        declared = bool(results.get("DECLARED"))
        warn = bool(rows) and (found is None or (declared and not results["DECLARED_OK"]))
        if found is None:
            said = self.tr("&Quello dichiarato, verificato sul comune")
        else:
            said = self.tr("&Quello trovato: {} (consigliato)").format(found["nome"])
        self.crs_auto.setText(said)
        self.tabs.setTabText(
            POSITION, self.tr("4  Posizione (!)") if warn else self.tr("4  Posizione")
        )

    def _take_crs(self, index):
        row = self.crs_proxy.row(index)
        if row is not None and row["epsg"]:
            self.crs.setCrs(QgsCoordinateReferenceSystem(row["epsg"]))
            self.crs_own.setChecked(True)

    # 5 Preview and import ---------------------------------------------------------------

    def _write_profile(self) -> str:
        """Write the profile as it is now to a temporary file, and return its path."""
        profile = edited_profile(
            self._proposed,
            self.columns_model.rows,
            self.values_model.decided(),
            recall("autore"),
            QDate.currentDate().toString(Qt.DateFormat.ISODate),
        )
        path = QgsProcessingUtils.generateTempFilename("profilo.json")
        Path(path).write_text(json.dumps(profile, ensure_ascii=False), encoding="utf-8")
        return path

    def _import_parameters(self) -> dict:
        chosen = {**self._source_parameters(), "READING": self.reading.currentIndex()}
        if self.source_date.text().strip():
            chosen["SOURCE_DATE"] = self.source_date.text().strip()
        if self.crs_own.isChecked() and self.crs.crs().isValid():
            chosen["SOURCE_CRS"] = self.crs.crs().authid()
        if self.split_parts.isChecked():
            chosen["SPLIT_PARTS"] = True
        earlier = self._earlier_tables()
        if earlier:
            chosen["PREVIOUS"] = earlier
        return chosen

    def _import_parameters_key(self):
        """Return what a preview depends on: where it is written isn't part of it."""
        chosen = self._import_parameters()
        chosen.pop("PREVIOUS", None)
        return chosen, self._fields(), dict(self.values_model.decisions)

    def make_preview(self):
        """Run ``sttm:importservices`` into temporary layers, and show what it would do."""
        self.message_bar.clearWidgets()
        key = self._import_parameters_key()
        names = ("OUTPUT", "OUTPUT_POINTS", "UNPLACED", "REJECTED")
        parameters = {
            **self._import_parameters(),
            **dict.fromkeys(names, "TEMPORARY_OUTPUT"),
            "PROFILE": self._write_profile(),
            "LOG": QgsProcessingUtils.generateTempFilename("registro.json"),
            "PROFILE_OUT": QgsProcessingUtils.generateTempFilename("profilo.json"),
        }
        self._profile_used = parameters["PROFILE"]

        def on_previewed(run, results):
            self._show_preview(run, results, names)
            self._previewed_with = key
            self._arrive(PREVIEW)

        def on_failure(message):
            # One stays on the page one was on: gone to, the preview would be computed again.
            self._forget_preview()
            self._complain(message)

        self._forget_preview()
        self.runs.start("sttm:importservices", parameters, on_previewed, on_failure)

    def _show_preview(self, run, results, names):
        found = {name: layer_of(run, results.get(name)) for name in names}
        self._counts = {
            name: int(results[name])
            for name in ("READ", "WRITTEN", "REPAIRED", "REJECTED_COUNT", "UNCLASSIFIED", "SPLIT")
        }
        self._empty = {
            name for name, layer in found.items() if layer is None or not layer.featureCount()
        }
        rejected = rows_of(found["REJECTED"], _MOST_ROWS)
        for row in rejected:
            row["motivo_letto"] = str(row["motivo"] or "").replace("_", " ")
            row["origine_letta"] = _told(row["attributi_origine"])
        repairs, whole_log = repairs_of(results["LOG"])
        services = []
        for name in names[:3]:
            services += rows_of(found[name], _MOST_ROWS - len(services))
        self.repairs_model.set_rows(repairs[:_MOST_ROWS])
        self.rejected_model.set_rows(rejected)
        self.services_model.set_rows(services)
        self._source_crs = _json_of(results["PROFILE_OUT"])["source"].get("crs", "")
        counts = self._counts
        said = self.tr("Letti {READ} = {WRITTEN} da scrivere + {REJECTED_COUNT} scartati.").format(
            **counts
        )
        said += " " + self.tr("Riparati {REPAIRED}, da classificare {UNCLASSIFIED}.").format(
            **counts
        )
        if counts["SPLIT"]:
            said += " " + self.tr("Nati dalla divisione dei record in più parti: {SPLIT}.").format(
                **counts
            )
        self.summary.setText(said)
        for at, title, count in (
            (0, self.tr("Riparati e da controllare"), len(repairs)),
            (1, self.tr("Scartati"), counts["REJECTED_COUNT"]),
            (2, self.tr("Servizi"), counts["WRITTEN"]),
        ):
            more = "" if at or whole_log else "+"
            self.preview_tabs.setTabText(at, f"{title} ({number(count)}{more})")
        self.preview_tabs.setCurrentIndex(1 if rejected else 0 if repairs else 2)
        layers = []
        for name in names[:2]:
            if name not in self._empty:
                layers.append(run.context.temporaryLayerStore().takeMapLayer(found[name]))
        repaired = dict.fromkeys(line["id_servizio"] for line in repairs if line["gravita"] == "R")
        self.preview.show(layers, filter(None, repaired), rejected, self._source_crs)
        self.preview.zoom()
        shown = self.tr(
            "Sulla mappa: i servizi, in arancio i riparati, in rosso gli scartati. "
            "Un clic su una riga porta al suo posto."
        )
        if max(len(repaired), len(rejected)) > MOST_MARKS:
            shown += " " + self.tr("Segnati i primi {}.").format(number(MOST_MARKS))
        if max(len(repairs), counts["REJECTED_COUNT"], counts["WRITTEN"]) > _MOST_ROWS:
            shown += " " + self.tr("Elencate le prime {} righe di ogni scheda.").format(
                number(_MOST_ROWS)
            )
        if not whole_log:
            shown += " " + self.tr(
                "Il registro è molto grande: «Riparati e da controllare» ne mostra l'inizio, "
                "quello salvato con l'importazione ha tutte le righe."
            )
        self.preview_hint.setText(shown)
        self._tell_destination()

    def _forget_preview(self):
        self._counts = {}
        self.preview.clear()
        for model in (self.repairs_model, self.rejected_model, self.services_model):
            model.set_rows([])
        self.summary.setText(self.tr("Anteprima non ancora calcolata."))
        self._show_page()

    def _show_row(self, row):
        """Bring the place of a row of the preview into view."""
        if row is None:
            return
        objects = []
        if row.get("id_servizio"):
            objects = self.preview.objects(row["id_servizio"])
        elif "geometria_wkt" in row:
            shape = shape_of(row)
            if shape is not None:
                objects = [(shape, QgsCoordinateReferenceSystem(self._source_crs))]
        show_on_map(self.iface.mapCanvas(), objects)

    def _propose_destination(self, *_):
        if not self._proposed or self.table_name.text().strip() not in ("", self._own_table):
            return  # nothing was read, or somebody named the table
        name = self.source.text().strip() or self._proposed["source"].get("fonte", "")
        self._own_table = table_name(name, self.reading.currentIndex() + 1)
        self.table_name.setText(self._own_table)
        self._propose_profile()

    def _propose_profile(self):
        workspace = self._workspace()
        table = self.table_name.text().strip()
        if workspace and table:
            self.profile_out.setFilePath(
                str(Path(workspace).parent / f"profilo_{table.partition('_')[2]}.json")
            )

    def _on_workspace(self, *_):
        self._propose_profile()
        self._tell_destination()

    def _workspace(self) -> str:
        return self.workspace.filePath().strip()

    def _tables(self) -> dict:
        """Return {output: table} of what an import writes in the workspace."""
        name = self.table_name.text().strip()
        return {
            "OUTPUT": name,
            "OUTPUT_POINTS": f"{name}_punti",
            "UNPLACED": f"{name}_senza_posizione",
            "REJECTED": f"scartati_{name.partition('_')[2] or name}",
        }

    def _earlier_tables(self) -> list:
        """Return the tables of an earlier import of this source: their ids are kept."""
        workspace = self._workspace()
        if not workspace or not Path(workspace).is_file():
            return []
        sources = [
            f"{workspace}|layername={table}"
            for output, table in self._tables().items()
            if output != "REJECTED"
        ]
        return [source for source in sources if QgsVectorLayer(source, "", "ogr").isValid()]

    def _tell_destination(self, *_):
        workspace = self._workspace()
        if not workspace:
            said = self.tr("Senza area di lavoro i servizi restano in layer temporanei.")
        elif not Path(workspace).is_file():
            said = self.tr("L'area di lavoro «{}» non esiste: crearla con «Nuova…».").format(
                workspace
            )
        elif self._earlier_tables():
            said = self.tr(
                "«{}» c'è già: i suoi servizi saranno sostituiti, quelli che restano conservano "
                "l'identificativo."
            ).format(self.table_name.text().strip())
        else:
            said = self.tr("Si scrive una tabella nuova.")
        self.destination_hint.setText(said)

    def write(self):
        """Run the import that was seen in the preview, into the workspace or temporary layers."""
        if self.runs.is_running() or not self._need(PREVIEW):
            return
        workspace = self._workspace()
        if workspace and not Path(workspace).is_file():
            self._warn(self.destination_hint.text())
            return
        if workspace and not self.table_name.text().strip():
            self._warn(self.tr("Indicare il nome della tabella da scrivere."))
            return
        self.message_bar.clearWidgets()
        parameters = {**self._import_parameters(), "PROFILE": self._profile_used}
        for name, table in self._tables().items():
            if name in self._empty and name != "OUTPUT":
                continue
            parameters[name] = _destination(workspace, table)
        saved = self.profile_out.filePath().strip()
        if saved:
            whole = saved if saved.lower().endswith(".json") else f"{saved}.json"
            parameters["PROFILE_OUT"] = whole
        if workspace:
            log = f"registro_{self.table_name.text().strip().partition('_')[2]}.json"
            parameters["LOG"] = str(Path(workspace).parent / log)
        self.runs.start("sttm:importservices", parameters, self._on_written)

    def _on_written(self, run, results):
        self.preview.clear()
        title = self.source.text().strip() or self.table_name.text().strip()
        names = {
            "OUTPUT": self.tr("Servizi"),
            "OUTPUT_POINTS": self.tr("Servizi (punti)"),
            "UNPLACED": self.tr("Servizi senza posizione"),
            "REJECTED": self.tr("Scartati"),
        }
        services = []
        for output, label in names.items():
            layer = take_layer(run, results.get(output), f"{label} – {title}")
            if layer is not None and output != "REJECTED":
                services.append(layer)
        said = self.tr("Scritti {} servizi su {} letti, {} scartati.").format(
            int(results["WRITTEN"]), int(results["READ"]), int(results["REJECTED_COUNT"])
        )
        if results.get("PROFILE_OUT"):
            # What is decided later of single texts is remembered there too.
            remember_path("profilo", results["PROFILE_OUT"])
            said += " " + self.tr("Profilo salvato: {}.").format(Path(results["PROFILE_OUT"]).name)
        if results.get("LOG"):
            # The reports of the check and of the delivery tell from it that nothing was lost.
            remember_path("IMPORT_LOG", results["LOG"])
        push_message(self.message_bar, self.tr("Fatto"), said, "Success", _SUCCESS_S)
        # Written once: another click would write the same again.
        self._counts = {}
        self._show_page()
        self._tell_destination()
        self.imported.emit(services, chosen_istat(self.comune))

    # Runs and messages ------------------------------------------------------------------

    def _arrive(self, page):
        """Show a page once what it needs is there; the next thing it needs is run at once."""
        # A run is ending: what comes next starts when it has.
        QTimer.singleShot(0, lambda: self._go_to(page))

    def _on_busy(self, busy):
        self.tabs.setEnabled(not busy)
        for button in (self.back, self.next, self.do_import):
            button.setEnabled(not busy)
        if not busy:
            self._show_page()

    def _on_failed(self, message):
        if self.tabs.currentIndex() != PREVIEW:
            self.tabs.setCurrentIndex(SOURCE)
        self._complain(message)

    def _complain(self, message):
        self.message_bar.clearWidgets()
        push_message(self.message_bar, self.tr("Non riuscito"), message, "Critical", 0)

    def _on_cancelled(self):
        if self._read_with is None:
            self.tabs.setCurrentIndex(SOURCE)
        self._tell(self.tr("Interrotto: nulla è stato scritto."))

    def _tell(self, text):
        self.message_bar.clearWidgets()
        push_message(self.message_bar, "", text, "Info", _SUCCESS_S)

    def _warn(self, text):
        self.message_bar.clearWidgets()
        push_message(self.message_bar, self.tr("Manca qualcosa"), text, "Warning", 0)

    def reject(self):
        """Esc stops what is running; else the dialog closes."""
        if self.runs.is_running():
            self.runs.cancel()
        else:
            super().reject()

    def done(self, result):
        """Take the preview off the map and let go of any run."""
        self.runs.close_down()
        self.preview.clear()
        self._previewed_with = None
        super().done(result)

    def tr(self, text):
        return _tr(text)


def _choose_none(combo, first, last):
    """Choose none where the chosen layer goes: a combo box would take the one beside it."""
    if first <= combo.currentIndex() <= last:
        combo.setCurrentIndex(0)


def take_layer(run, destination, name):
    """Put a result of a run in the project, or show the new rows of the layer that is there."""
    layer = layer_of(run, destination)
    if layer is None:
        return None
    project = QgsProject.instance()
    if project.mapLayer(layer.id()) is not None:
        layer.dataProvider().reloadData()
        layer.updateExtents()
        layer.triggerRepaint()
        return layer
    layer = run.context.temporaryLayerStore().takeMapLayer(layer)
    layer.setName(name)
    project.addMapLayer(layer)
    return layer


def _destination(workspace, table):
    if not workspace:
        return "TEMPORARY_OUTPUT"
    quoted = Path(workspace).as_posix().replace("'", "\\'")
    return f"ogr:dbname='{quoted}' table=\"{table}\" (geom)"


def _told(attributes):
    """Return the attributes of a record as a person reads them, those that say something."""
    filled = json.loads(attributes or "{}").items()
    return " · ".join(f"{name}: {value}" for name, value in filled if value not in (None, ""))


def _json_of(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _tr(text):
    return QCoreApplication.translate("ImportDialog", text)
