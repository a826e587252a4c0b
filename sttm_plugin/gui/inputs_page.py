"""Page "Dati": the comune, the layers, where results are kept."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsFieldProxyModel, QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

from .comune_choice import choose_istat, chosen_istat, complete_comune, fill_comuni
from .forms import form
from .project_state import recall, recall_path, remember, remember_path
from .result_layers import is_result

_Filter = QgsMapLayerProxyModel.Filter
_SURFACES = _Filter.PolygonLayer
_ANY = _Filter.VectorLayer

# Optional layers of checkplan: what may be chosen, and how a file of that kind is often called.
LAYERS = {
    "COMUNI": (_SURFACES, ("confini", "comuni")),
    "LUM": (_SURFACES, ("bacini", "lum_bacini", "lum")),
    "LUM_PERIMETERS": (_SURFACES, ("perimetri", "lum_perimetri")),
    "STOPS": (_Filter.PointLayer, ("fermate", "stops")),
    "POPULATION": (_ANY, ("popolazione", "sezioni")),
    "NETWORK": (_Filter.LineLayer, ("rete", "strade")),
    "READING2": (_ANY, ("lettura2", "lettura_2")),
    "NEIGHBOURS": (_ANY, ("contermini",)),
    "REGENERATION": (_SURFACES, ("rigenerazione",)),
    "LANDUSE": (_SURFACES, ("dusaf", "uso_suolo")),
    "PROTECTED": (_SURFACES, ("vincoli", "aree_protette")),
    "FUNDING": (_ANY, ("pnrr", "finanziamenti")),
}
_SEVERAL = ("READING2", "NEIGHBOURS")
SERVICE_FIELDS = ("id_servizio", "denominazione", "codice_sttm")
_PEOPLE_FIELDS = ("popolazione", "pop21", "p1", "abitanti", "pop")


class InputsPage(QWidget, form("inputs_page")):
    """What a check is made on; ``changed`` whenever a choice changes."""

    changed = pyqtSignal()
    workspace_wanted = pyqtSignal()
    import_wanted = pyqtSignal()
    criteria_wanted = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setupUi(self)
        self._restoring = True
        fill_comuni(self.comune, self.tr("nome o codice ISTAT"))
        self._services_model = QgsMapLayerProxyModel(self)
        self._services_source().setItemsCheckable(True)
        self._services_model.setFilters(_ANY)
        self.services.setModel(self._services_model)
        self.combos = {name: getattr(self, f"layer_{name}") for name in (*LAYERS, "WAIVERS")}
        for name, combo in self.combos.items():
            combo.setFilters(_ANY if name == "WAIVERS" else LAYERS[name][0])
            combo.setAllowEmptyLayer(True, self.tr("(nessuno)"))
            combo.setLayer(None)
            # What the user chose, not what a layer's removal leaves.
            combo.activated.connect(self._on_change)
            combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
        self.field_POP_FIELD.setFilters(QgsFieldProxyModel.Filter.Numeric)
        self.layer_POPULATION.layerChanged.connect(self._on_population)
        self.field_POP_FIELD.activated.connect(self._on_change)
        self.workspace.setFilter("GeoPackage (*.gpkg)")
        self.file_GTFS.setFilter("GTFS (*.zip)")
        self.file_CRITERIA.setFilter(self.tr("Pacchetto dei criteri (*.json *.zip)"))
        for widget in (self.workspace, self.file_GTFS, self.file_CRITERIA):
            widget.setStorageMode(QgsFileWidget.StorageMode.GetFile)
            widget.fileChanged.connect(self._on_change)
        self.comune.activated.connect(self._on_change)
        self.comune.lineEdit().editingFinished.connect(self._complete_comune)
        self._services_source().dataChanged.connect(self._on_change)
        self.recognise.clicked.connect(self.recognise_layers)
        self.new_workspace.clicked.connect(self.workspace_wanted)
        self.import_services.clicked.connect(self.import_wanted)
        self.edit_criteria.clicked.connect(self.criteria_wanted)
        for layout in (self.needed_form, self.optional_form, self.kept_form):
            layout.setRowWrapPolicy(layout.RowWrapPolicy.WrapLongRows)
            layout.setFieldGrowthPolicy(layout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.optional.setCollapsed(True)
        self.kept.setCollapsed(True)
        QgsProject.instance().layersAdded.connect(self.hide_results)
        self._restoring = False
        self._tell_services()

    # What is chosen --------------------------------------------------------------------

    def istat(self) -> str:
        """Return the ISTAT code of the comune, what was typed when it is none of the list."""
        return chosen_istat(self.comune)

    def service_layers(self) -> list:
        """Return the layers ticked as services, in the order of the list."""
        ticked = self._services_source().layersChecked(Qt.CheckState.Checked)
        return [layer for layer in ticked if layer is not None and not is_result(layer)]

    def workspace_path(self) -> str:
        """Return the GeoPackage the results are kept in, "" when there is none."""
        return self.workspace.filePath().strip()

    def criteria_path(self) -> str:
        """Return the file of the criteria, "" for those that come with the plugin."""
        return self.file_CRITERIA.filePath().strip()

    def parameters(self) -> dict:
        """Return the parameters of ``sttm:checkplan`` that were chosen, layers by id."""
        chosen = {"COMUNE": self.istat(), "SERVICES": self.service_sources()}
        for name in LAYERS:
            layer = self.combos[name].currentLayer()
            if layer is not None:
                chosen[name] = [layer.id()] if name in _SEVERAL else layer.id()
        if "POPULATION" in chosen and self.field_POP_FIELD.currentField():
            chosen["POP_FIELD"] = self.field_POP_FIELD.currentField()
        for name, widget in (("GTFS", self.file_GTFS), ("CRITERIA", self.file_CRITERIA)):
            if widget.filePath().strip():
                chosen[name] = widget.filePath().strip()
        return chosen

    def service_sources(self) -> list:
        """Return the ids of the ticked layers; without any, the workspace itself."""
        ids = [layer.id() for layer in self.service_layers()]
        if not ids and self.workspace_path():
            ids = [self.workspace_path()]
        return ids

    def missing(self) -> str:
        """Return the sentence on what is needed and isn't there, "" when a check can start."""
        if not self.istat():
            return self.tr("Scegliere il comune: basta scrivere l'inizio del nome.")
        if not self.service_sources():
            return self.tr(
                "Spuntare almeno un layer di servizi, o indicare un'area di lavoro che ne contiene."
            )
        return ""

    # Choose by fields and names ----------------------------------------------------------

    def recognise_layers(self):
        """Tick service layers by their fields and choose the others by how they are called."""
        layers = [
            layer
            for layer in QgsProject.instance().mapLayers().values()
            if hasattr(layer, "fields") and not is_result(layer)
        ]
        services = [layer for layer in layers if _has_fields(layer, SERVICE_FIELDS)]
        taken_elsewhere = ("lettura2", "lettura_2", "contermini")
        own = [layer for layer in services if not _named(layer).startswith(taken_elsewhere)]
        if own and not self.service_layers():
            self._tick(own)
        for name, (_, beginnings) in LAYERS.items():
            combo = self.combos[name]
            if combo.currentLayer() is not None:
                continue
            offered = [combo.layer(at) for at in range(combo.count())]
            for beginning in beginnings:
                fits = [
                    layer
                    for layer in offered
                    if layer is not None
                    and not is_result(layer)
                    and _named(layer).startswith(beginning)
                    and layer not in own
                ]
                if fits:
                    combo.setLayer(fits[0])
                    break
        self._on_change()

    # Remembered in the project ------------------------------------------------------------

    def restore(self):
        """Show what the project remembers."""
        self._restoring = True
        try:
            self.choose_comune(recall("comune"))
            project = QgsProject.instance()
            remembered = recall("SERVICES", [])
            self._tick([project.mapLayer(key) for key in remembered if project.mapLayer(key)])
            for name, combo in self.combos.items():
                combo.setLayer(project.mapLayer(recall(name)) if recall(name) else None)
            self.field_POP_FIELD.setLayer(self.layer_POPULATION.currentLayer())
            if recall("POP_FIELD"):
                self.field_POP_FIELD.setField(recall("POP_FIELD"))
            for name, widget in self._files().items():
                widget.setFilePath(recall_path(name))
            self.hide_results()
        finally:
            self._restoring = False
        self._tell_services()

    def follow(self, key):
        """Show a choice that another panel has just written in the project."""
        project = QgsProject.instance()
        self._restoring, before = True, self._restoring
        try:
            if key == "comune" and self.istat() != recall(key):
                self.choose_comune(recall(key))
            elif key == "SERVICES":
                layers = [project.mapLayer(one) for one in recall(key, [])]
                self._tick([layer for layer in layers if layer is not None])
            elif key == "POP_FIELD" and recall(key):
                self.field_POP_FIELD.setField(recall(key))
            elif key in self.combos:
                self.combos[key].setLayer(project.mapLayer(recall(key)))
            elif key in self._files() and self._files()[key].filePath() != recall_path(key):
                self._files()[key].setFilePath(recall_path(key))
        finally:
            self._restoring = before
        self._tell_services()

    def add_services(self, layers):
        """Tick layers beside those that are ticked: they were just imported."""
        known = self.service_layers()
        self._tick([*known, *(layer for layer in layers if layer not in known)])
        self._on_change()

    def choose_comune(self, istat):
        """Show a comune by its ISTAT code; none for ""."""
        choose_istat(self.comune, istat)

    def hide_results(self, *_):
        """Keep our own results out of the lists of layers."""
        results = [
            layer for layer in QgsProject.instance().mapLayers().values() if is_result(layer)
        ]
        self._services_model.setExceptedLayerList(results)
        for name, combo in self.combos.items():
            if name != "WAIVERS":
                combo.setExceptedLayerList(results)

    def remember_choices(self):
        """Write the choices in the project."""
        remember("comune", self.istat())
        remember("SERVICES", [layer.id() for layer in self.service_layers()])
        for name, combo in self.combos.items():
            layer = combo.currentLayer()
            remember(name, layer.id() if layer is not None else "")
        remember("POP_FIELD", self.field_POP_FIELD.currentField())
        for name, widget in self._files().items():
            remember_path(name, widget.filePath().strip())

    def _files(self):
        return {
            "workspace": self.workspace,
            "GTFS": self.file_GTFS,
            "CRITERIA": self.file_CRITERIA,
        }

    # Reactions ------------------------------------------------------------------------------

    def _on_change(self, *_):
        if self._restoring:
            return
        self._tell_services()
        self.remember_choices()
        self.changed.emit()

    def _on_population(self, layer):
        self.field_POP_FIELD.setLayer(layer)
        if layer is None:
            return
        names = {field.name().lower(): field.name() for field in layer.fields()}
        for candidate in _PEOPLE_FIELDS:
            if candidate in names:
                self.field_POP_FIELD.setField(names[candidate])
                break

    def _tell_services(self):
        layers = self.service_layers()
        foreign = [layer.name() for layer in layers if not _has_fields(layer, SERVICE_FIELDS)]
        if foreign:
            text = self.tr(
                "«{}» non ha ancora lo schema dei servizi: importarlo prima con «Importa…», "
                "che legge le colonne che ha."
            ).format("», «".join(foreign))
        elif not layers and self.workspace_path():
            text = self.tr("Nessun layer spuntato: si usano i servizi dell'area di lavoro {}.")
            text = text.format(Path(self.workspace_path()).name)
        else:
            text = ""
        self.services_hint.setTextFormat(Qt.TextFormat.PlainText)
        self.services_hint.setText(text)
        self.services_hint.setVisible(bool(text))

    def _complete_comune(self):
        complete_comune(self.comune)
        self._on_change()

    def _tick(self, layers):
        self._services_source().setLayersChecked(layers)

    def _services_source(self):
        return self._services_model.sourceLayerModel()

    def tr(self, text):
        return QCoreApplication.translate("InputsPage", text)


def _has_fields(layer, names):
    present = {field.name().lower() for field in layer.fields()}
    return set(names) <= present


def _named(layer):
    return layer.name().lower().replace(" ", "_").rpartition("—_")[2]
