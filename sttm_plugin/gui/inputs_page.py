"""Page "Dati": the comune, the layers, where results are kept."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsMapLayerProxyModel, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

from .comune_choice import choose_istat, chosen_istat
from .forms import form
from .result_layers import is_result
from .shared_inputs import SharedInputs, has_service_fields, import_log

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


class InputsPage(QWidget, form("inputs_page")):
    """What a check is made on; ``changed`` whenever a choice changes."""

    changed = pyqtSignal()
    workspace_wanted = pyqtSignal()
    import_wanted = pyqtSignal()
    criteria_wanted = pyqtSignal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setupUi(self)
        none = self.tr("(nessuno)")
        self.combos = {name: getattr(self, f"layer_{name}") for name in (*LAYERS, "WAIVERS")}
        self.shared = shared = SharedInputs(self)
        shared.bind_comune(self.comune, self.tr("nome o codice ISTAT"))
        shared.bind_services(self.services, foreign=True)
        for name, combo in self.combos.items():
            kind = _ANY if name == "WAIVERS" else LAYERS[name][0]
            shared.bind_layer(name, combo, kind, none, results=name == "WAIVERS")
        shared.bind_people_field(self.field_POP_FIELD, self.layer_POPULATION)
        shared.bind_number("SETTLERS", self.number_SETTLERS)
        shared.bind_path("workspace", self.workspace, "GeoPackage (*.gpkg)")
        shared.bind_path("GTFS", self.file_GTFS, "GTFS (*.zip)")
        shared.bind_path("IMPORT_LOG", self.file_IMPORT_LOG, self.tr("Registro (*.json)"))
        shared.bind_path(
            "CRITERIA", self.file_CRITERIA, self.tr("Pacchetto dei criteri (*.json *.zip)")
        )
        shared.changed.connect(self._on_change)
        self.recognise.clicked.connect(self.recognise_layers)
        self.new_workspace.clicked.connect(self.workspace_wanted)
        self.import_services.clicked.connect(self.import_wanted)
        self.edit_criteria.clicked.connect(self.criteria_wanted)
        for layout in (self.needed_form, self.optional_form, self.kept_form):
            layout.setRowWrapPolicy(layout.RowWrapPolicy.WrapLongRows)
            layout.setFieldGrowthPolicy(layout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.optional.setCollapsed(True)
        self.kept.setCollapsed(True)
        self._tell_services()

    # What is chosen --------------------------------------------------------------------

    def istat(self) -> str:
        """Return the ISTAT code of the comune, what was typed when it is none of the list."""
        return chosen_istat(self.comune)

    def service_layers(self) -> list:
        """Return the layers ticked as services, in the order of the list."""
        return self.shared.services()

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
        for name in ("GTFS", "CRITERIA"):
            path = getattr(self, f"file_{name}").filePath().strip()
            if path:
                chosen[name] = path
        if import_log():
            chosen["IMPORT_LOG"] = import_log()
        if self.number_SETTLERS.value() > self.number_SETTLERS.minimum():
            chosen["SETTLERS"] = self.number_SETTLERS.value()
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
        services = [layer for layer in layers if has_service_fields(layer)]
        taken_elsewhere = ("lettura2", "lettura_2", "contermini")
        own = [layer for layer in services if not _named(layer).startswith(taken_elsewhere)]
        if own and not self.service_layers():
            self.shared.tick(own)
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
        self.remember_choices()
        self._on_change()

    # Remembered in the project ------------------------------------------------------------

    def restore(self):
        """Show what the project remembers."""
        self.shared.restore()
        self._tell_services()

    def follow(self, key):
        """Show a choice that another panel has just written in the project."""
        self.shared.follow(key)

    def add_services(self, layers):
        """Tick layers beside those that are ticked: they were just imported."""
        known = self.service_layers()
        self.shared.tick([*known, *(layer for layer in layers if layer not in known)])

    def choose_comune(self, istat):
        """Choose a comune by its ISTAT code; none for ""."""
        choose_istat(self.comune, istat)
        self.shared.write("comune")

    def remember_choices(self):
        """Write the choices in the project."""
        self.shared.write_all()

    # Reactions ------------------------------------------------------------------------------

    def _on_change(self, *_):
        self._tell_services()
        self.changed.emit()

    def _tell_services(self):
        layers = self.service_layers()
        foreign = [layer.name() for layer in layers if not has_service_fields(layer)]
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

    def tr(self, text):
        return QCoreApplication.translate("InputsPage", text)


def _named(layer):
    return layer.name().lower().replace(" ", "_").rpartition("—_")[2]
