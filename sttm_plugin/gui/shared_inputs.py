"""Widgets bound to choices the panels share: what one writes in the project the others show."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsFieldProxyModel, QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal

from .comune_choice import choose_istat, chosen_istat, complete_comune, fill_comuni
from .project_state import recall, recall_path, remember, remember_path
from .result_layers import is_result

SERVICE_FIELDS = ("id_servizio", "denominazione", "codice_sttm")
_PEOPLE_FIELDS = ("popolazione", "pop21", "p1", "abitanti", "pop")


class SharedInputs(QObject):
    """Keeps widgets and project alike; ``changed(key)`` after a choice made here or elsewhere."""

    changed = pyqtSignal(str)

    def __init__(self, parent):
        super().__init__(parent)
        self._show: dict = {}
        self._write: dict = {}
        self._listed: list = []
        self._layers: list = []
        self._quiet = False

    # Binding ------------------------------------------------------------------------------

    def bind_comune(self, combo, placeholder):
        """Bind an editable combo box to the comune."""
        fill_comuni(combo, placeholder)
        self._bind(
            "comune",
            lambda: choose_istat(combo, recall("comune")),
            lambda: remember("comune", chosen_istat(combo)),
        )

        def complete():
            complete_comune(combo)
            self._on_change("comune")

        combo.activated.connect(lambda _: self._on_change("comune"))
        combo.lineEdit().editingFinished.connect(complete)

    def bind_path(self, key, widget, file_filter):
        """Bind a file widget to a path."""
        widget.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        widget.setFilter(file_filter)
        self._bind(
            key,
            lambda: widget.setFilePath(recall_path(key)),
            lambda: remember_path(key, widget.filePath().strip()),
        )
        widget.fileChanged.connect(lambda _: self._on_change(key))

    def bind_number(self, key, spin):
        """Bind a spin box of whole numbers; its least value is shown as nothing, and is none."""
        spin.setSpecialValueText(" ")
        spin.setClearValue(spin.minimum())

        def show():
            said = recall(key)
            spin.setValue(int(said) if said.isdigit() else spin.minimum())

        def write():
            remember(key, "" if spin.value() == spin.minimum() else str(spin.value()))

        self._bind(key, show, write)
        spin.valueChanged.connect(lambda _: self._on_change(key))

    def bind_layer(self, key, combo, filters, none, fits=None, results=False):
        """Bind a combo box of layers to the id of one; ``fits(layer)`` says which are offered.

        Args:
            results: our own results are offered too.
        """
        combo.setFilters(filters)
        combo.setAllowEmptyLayer(True, none)
        combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(8)

        def write():
            layer = combo.currentLayer()
            remember(key, "" if layer is None else layer.id())

        def offer(layers):
            left_out = [
                one
                for one in layers
                if (is_result(one) and not results) or not (fits is None or fits(one))
            ]
            combo.setExceptedLayerList(left_out)

        self._listed.append(offer)

        def show():
            layer = QgsProject.instance().mapLayer(recall(key))
            combo.setLayer(layer)
            if layer is None:
                combo.setCurrentIndex(0)  # «none» is read: without an item one sees nothing

        self._bind(key, show, write)
        self._layers.append(key)
        combo.activated.connect(lambda _: self._on_change(key))

    def bind_field(self, key, combo, layers, likely=(), numeric=False):
        """Bind a combo box of fields of the layer another one shows; a likely name is proposed."""
        if numeric:
            combo.setFilters(QgsFieldProxyModel.Filter.Numeric)
        else:
            combo.setAllowEmptyFieldName(True)
        combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(6)

        def show():
            layer = layers.currentLayer()
            combo.setLayer(layer)
            if layer is not None:
                combo.setField(_likely_field(layer, key, likely))

        self._bind(key, show, lambda: remember(key, combo.currentField()))
        layers.layerChanged.connect(lambda _: show())
        combo.activated.connect(lambda _: self._on_change(key))

    def bind_people_field(self, combo, layers):
        """Bind the field of the inhabitants."""
        self.bind_field("POP_FIELD", combo, layers, _PEOPLE_FIELDS, numeric=True)

    def bind_services(self, view, foreign=False):
        """Bind a list view to the layers ticked as services.

        Args:
            foreign: layers that haven't that schema yet are offered too.
        """
        model = QgsMapLayerProxyModel(self)
        model.setFilters(QgsMapLayerProxyModel.Filter.VectorLayer)
        source = model.sourceLayerModel()
        source.setItemsCheckable(True)
        view.setModel(model)
        self._ticks, self._foreign = source, foreign
        self._listed.append(
            lambda layers: model.setExceptedLayerList(
                [one for one in layers if not self._is_offered(one)]
            )
        )
        self._bind(
            "SERVICES",
            lambda: source.setLayersChecked(_known(recall("SERVICES", []))),
            lambda: remember("SERVICES", [layer.id() for layer in self.services()]),
        )
        source.dataChanged.connect(lambda *_: self._on_change("SERVICES"))

    # What is chosen -----------------------------------------------------------------------

    def services(self) -> list:
        """Return the layers ticked as services, in the order of the list."""
        ticked = self._ticks.layersChecked(Qt.CheckState.Checked)
        return [one for one in ticked if one is not None and self._is_offered(one)]

    def tick(self, layers):
        """Tick these layers, and no other, as services."""
        self._ticks.setLayersChecked(layers)
        self._on_change("SERVICES")

    def _is_offered(self, layer) -> bool:
        return not is_result(layer) and (self._foreign or has_service_fields(layer))

    def write(self, key):
        """Write in the project a choice as its widget shows it."""
        self._on_change(key)

    def write_all(self):
        """Write in the project every choice as the widgets show it."""
        for write in self._write.values():
            self._quietly(write)

    # Following the project ----------------------------------------------------------------

    def restore(self):
        """Show what the project remembers."""
        self.list_layers()
        for key in self._show:
            self._quietly(self._show[key])

    def follow(self, key) -> bool:
        """Show a choice written by another panel; False when it is none of ours."""
        if key not in self._show or self._quiet:
            return False
        self._quietly(self._show[key])
        self.changed.emit(key)
        return True

    def list_layers(self, *_):
        """Offer the layers there are now, our own results left out."""
        layers = list(QgsProject.instance().mapLayers().values())
        for offer in self._listed:
            self._quietly(lambda offer=offer: offer(layers))

    def drop_removed(self, *_):
        """Show none where the chosen layer is gone: a combo box would take the one beside it."""
        project = QgsProject.instance()
        for key in self._layers:
            if recall(key) and project.mapLayer(recall(key)) is None:
                self._quietly(self._show[key])
                self.changed.emit(key)

    def _bind(self, key, show, write):
        self._show[key], self._write[key] = show, write

    def _on_change(self, key):
        if self._quiet:
            return
        self._quietly(self._write[key])
        self.changed.emit(key)

    def _quietly(self, do):
        self._quiet, before = True, self._quiet
        try:
            do()
        finally:
            self._quiet = before


def has_service_fields(layer) -> bool:
    """Tell whether a layer has the fields by which services are known."""
    if not hasattr(layer, "fields"):
        return False
    present = {field.name().lower() for field in layer.fields()}
    return set(SERVICE_FIELDS) <= present


def criteria_parameters() -> dict:
    """Return {"CRITERIA": path} of the pack the panels work with, {} for the bundled one."""
    path = recall_path("CRITERIA")
    return {"CRITERIA": path} if path else {}


def import_log() -> str:
    """Return the log of the last import, "" where it is no longer there."""
    path = recall_path("IMPORT_LOG")
    return path if path and Path(path).is_file() else ""


def layer_parameters(names) -> dict:
    """Return {parameter: layer id} of those that the project remembers and still has."""
    project = QgsProject.instance()
    found = {name: recall(name) for name in names}
    found = {name: key for name, key in found.items() if project.mapLayer(key) is not None}
    if "POPULATION" in found:
        field = _likely_field(project.mapLayer(found["POPULATION"]), "POP_FIELD", _PEOPLE_FIELDS)
        if field:
            found["POP_FIELD"] = field
    return found


def _likely_field(layer, key, likely) -> str:
    """Return the field that was chosen, else the first of the likely names that is there."""
    present = {field.name().lower(): field.name() for field in layer.fields()}
    known = [recall(key).lower(), *likely]
    return next((present[name] for name in known if name in present), "")


def _known(ids):
    layers = (QgsProject.instance().mapLayer(one) for one in ids)
    return [layer for layer in layers if layer is not None]
