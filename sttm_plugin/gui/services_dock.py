"""The dock "Piano dei Servizi": import, read, edit, classify the services of the plan."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject, QgsVectorLayer

from .dock import SttmDock
from .guidance import services_guide_html
from .project_state import recall, remember
from .result_layers import group
from .services_table import ServicesTable
from .services_unclassified import ToClassify
from .services_unplaced import ToPlace
from .services_valenza import Valenza
from .shared_inputs import SharedInputs, has_service_fields

DATA, SERVICES, UNCLASSIFIED, UNPLACED, VALENZA, GUIDE = range(6)


class ServicesDock(SttmDock):
    """The services of the plan from the file they come in to the valenza they have."""

    NAME, TITLE, ICON = "Services", "Piano dei Servizi", "pianoservizi"
    FORM = "services_panel"

    def __init__(self, iface, parent=None):
        super().__init__(iface, parent)
        panel = self.panel
        self._stale = self._lost = False
        self.inputs = SharedInputs(self)
        self.inputs.bind_comune(panel.comune, self.tr("nome o codice ISTAT"))
        self.inputs.bind_path("workspace", panel.workspace, "GeoPackage (*.gpkg)")
        self.inputs.bind_path("profilo", panel.profile, self.tr("Profilo (*.json)"))
        self.inputs.bind_services(panel.services)
        self.table = ServicesTable(panel, iface, self.inputs.services, self)
        self.texts = ToClassify(self, self.sources)
        self.places = ToPlace(self, self.table, self.inputs)
        self.valenza = Valenza(self, self.sources)
        self.add_guide(services_guide_html())
        for layout in (panel.data_form, panel.place_form):
            layout.setRowWrapPolicy(layout.RowWrapPolicy.WrapLongRows)
            layout.setFieldGrowthPolicy(layout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        panel.new_workspace.clicked.connect(self.create_workspace)
        panel.import_services.clicked.connect(self.import_wanted)
        panel.open_workspace_layers.clicked.connect(self.open_workspace_layers)
        panel.tabs.currentChanged.connect(self._on_page)
        self.inputs.changed.connect(self._on_choice)
        self.table.read.connect(self.places.list)
        self.table.failed.connect(self.warn)
        self.texts.decided.connect(self._on_written)
        self.places.placed.connect(self._on_written)
        self.valenza.classified.connect(self.table.reload)
        self.valenza.wanted.connect(self._go_to)
        project = QgsProject.instance()
        self.watch(project.writeProject, self.remember_view)
        self.watch(project.layersWillBeRemoved, self._on_any_going)
        self.watch(project.layersRemoved, self._on_layers_gone)
        self.begin()

    # What the services are ----------------------------------------------------------------

    def sources(self) -> list:
        """Return the ticked layers as an algorithm takes them."""
        return [layer.id() for layer in self.inputs.services()]

    def has_services(self) -> bool:
        """Tell whether there are services to work on; say what to do where there are none."""
        if self.sources():
            return True
        self.panel.tabs.setCurrentIndex(DATA)
        self.warn(
            self.tr(
                "Spuntare i layer dei servizi. Se il piano è ancora nelle sue colonne, «Importa…» "
                "lo porta nello schema."
            )
        )
        return False

    def open_workspace_layers(self):
        """Add the tables of services of the workspace to the project, and tick them."""
        workspace = self.workspace()
        if not workspace:
            self.warn(self.tr("Indicare l'area di lavoro, o crearla con «Nuova…»."))
            return
        project = QgsProject.instance()
        there = {layer.source() for layer in project.mapLayers().values()}
        found = []
        whole = QgsVectorLayer(workspace, "", "ogr")
        for sublayer in whole.dataProvider().subLayers():
            name = sublayer.split("!!::!!")[1]
            source = f"{workspace}|layername={name}"
            layer = QgsVectorLayer(source, name.replace("_", " ").capitalize(), "ogr")
            if source in there or not layer.isValid() or not has_service_fields(layer):
                continue
            if layer.featureCount() or name.startswith("servizi_"):
                found.append(layer)
        for layer in found:
            project.addMapLayer(layer, False)
            group().addLayer(layer)
        if found:
            self.inputs.tick([*self.inputs.services(), *found])
        self.tell(
            self.tr("{} layer di servizi aperti da {}.").format(len(found), Path(workspace).name)
            if found
            else self.tr("I servizi di {} sono già nel progetto.").format(Path(workspace).name)
        )

    def _tell_data(self):
        layers = self.inputs.services()
        if layers:
            every = sum(max(layer.featureCount(), 0) for layer in layers)
            said = self.tr("{} layer spuntati, {} servizi.").format(len(layers), every)
        else:
            said = self.tr(
                "Nessun layer spuntato. Qui compaiono i layer che hanno già lo schema dei servizi: "
                "«Importa…» vi porta quelli che hanno le colonne del comune."
            )
        self.panel.data_hint.setText(said)

    # Reactions ----------------------------------------------------------------------------

    def _on_choice(self, key):
        if key == "SERVICES":
            self._on_written()
        elif key == "profilo":
            self.texts.forget()

    def _on_written(self):
        """What was read is of before: read it again, as soon as somebody looks."""
        self._tell_data()
        self.texts.forget()
        self._stale = not self.isVisible()
        if not self._stale:
            self.table.reload()

    def showEvent(self, event):  # noqa: N802
        """Read what has changed while nobody was looking."""
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self.table.reload()

    def _on_page(self, page):
        if page != UNPLACED:
            self.places.stop()
        if page == UNCLASSIFIED:
            self.texts.look()
        elif page == VALENZA:
            self.valenza.tell()

    def _go_to(self, id_servizio):
        self.panel.tabs.setCurrentIndex(SERVICES)
        if not self.table.choose(id_servizio):
            self.table.set_filter_values([])
            self.table.choose(id_servizio)
        self.table.show_current()

    def _on_any_going(self, layer_ids):
        if set(layer_ids) & self.table.layer_ids():
            self._lost = True
            self.table.forget()

    def _on_layers_gone(self, *_):
        if self._lost:
            self._lost = False
            self._on_written()

    def on_told(self, key):
        """Follow a choice made in another panel."""
        self.inputs.follow(key)

    def on_busy(self, busy):
        """While something runs nothing else can be started."""
        self.panel.new_workspace.setEnabled(not busy)
        for page in (self.texts, self.places, self.valenza):
            page.allow()

    # State --------------------------------------------------------------------------------

    def restore(self):
        """Show what the project remembers: choices, filters, chosen service, page."""
        self.inputs.restore()
        self.valenza.restore()
        self.texts.model.set_rows([])
        self.table._chosen_id = recall("servizio")
        self._on_written()
        self.table.set_filter_values(recall("filtri_servizi", []))
        page = recall("scheda_servizi")
        first = DATA if recall("comune") or recall("SERVICES", []) else GUIDE
        self.panel.tabs.setCurrentIndex(int(page) if page.isdigit() else first)

    def remember_view(self, *_):
        """Write filters, page and chosen service: when the project is saved, not at each click."""
        values = self.table.filter_values()
        remember("filtri_servizi", values if any(values) else [])
        remember("servizio", self.table._chosen_id)
        remember("scheda_servizi", str(self.panel.tabs.currentIndex()))

    # Keys ---------------------------------------------------------------------------------

    def keys(self):
        """Return what the keys do here."""
        return {
            "F5": self._again,
            "Esc": self._stop,
            "Ctrl+F": self._to_search,
            "Ctrl+I": self.import_wanted.emit,
            "Ctrl+M": self.table.edit_current,
        }

    def _again(self):
        """Do again what the page shows."""
        page = self.panel.tabs.currentIndex()
        if page == UNCLASSIFIED:
            self.texts.list()
        elif page == VALENZA:
            self.valenza.classify()
        else:
            self.table.reload()

    def _stop(self):
        self.places.stop()
        self.cancel()

    def _to_search(self):
        self.panel.tabs.setCurrentIndex(SERVICES)
        self.panel.search.setFocus()
        self.panel.search.selectAll()

    def close_down(self):
        """Let go of the layers and of the map."""
        self.table.forget()
        self.places.close_down()
        super().close_down()
