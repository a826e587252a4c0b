"""Page "Da collocare": services without a place, put on the map by who knows where they are."""

from __future__ import annotations

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsReferencedPointXY, QgsWkbTypes
from qgis.gui import QgsMapToolEmitPoint
from qgis.PyQt.QtCore import QCoreApplication, QObject, Qt, pyqtSignal

from .explanation import number
from .project_state import recall
from .result_layers import refresh
from .rows_model import FilteredRows, select_row, set_up_table
from .service_text import origin_html, values_of
from .shared_inputs import has_service_fields, layer_parameters


class UnplacedModel(FilteredRows):
    """The services without a place."""

    def __init__(self, parent=None):
        super().__init__(
            [
                ("denominazione", _tr("Denominazione")),
                ("categoria", _tr("Categoria")),
                ("comune", _tr("Comune")),
            ],
            parent,
        )

    def shown(self, row, key):
        if key == "categoria" and not row["codice_sttm"]:
            return _tr("da classificare")
        return super().shown(row, key)


class ToPlace(QObject):
    """Lists the services of the ticked tables; a click on the map runs ``placeservice``."""

    placed = pyqtSignal()

    def __init__(self, dock, table, inputs):
        super().__init__(dock)
        self.dock, self.panel, self._table, self._inputs = dock, dock.panel, table, inputs
        self._before = None
        self.model = UnplacedModel(self)
        panel = self.panel
        set_up_table(panel.unplaced, self.model, (26, 20, 12))
        inputs.bind_layer(
            "collocati_in",
            panel.target,
            QgsMapLayerProxyModel.Filter.PointLayer,
            _tr("(scegliere)"),
            has_service_fields,
        )
        self.tool = QgsMapToolEmitPoint(dock.iface.mapCanvas())
        self.tool.canvasClicked.connect(self._on_map)
        self.tool.deactivated.connect(lambda: panel.place.setChecked(False))
        panel.place.toggled.connect(self._on_toggled)
        panel.unplaced.selectionModel().currentRowChanged.connect(lambda *_: self._tell_current())
        panel.unplaced.activated.connect(lambda _: panel.place.setChecked(True))
        panel.place_splitter.setStretchFactor(0, 3)
        panel.place_splitter.setStretchFactor(1, 2)
        self.list()

    def list(self):
        """Show the services that were read and have no place."""
        rows = [row for row in self._table.model.all_rows if not row["sulla_mappa"]]
        chosen = self.current()
        self.model.set_rows(rows)
        at = self.model.place_of("id_servizio", chosen["id_servizio"]) if chosen else -1
        if rows:
            select_row(self.panel.unplaced, max(at, 0))
        tabs, title = self.panel.tabs, _tr("Da collocare")
        tabs.setTabText(
            tabs.indexOf(self.panel.page_unplaced), f"{title} ({len(rows)})" if rows else title
        )
        self.panel.place_hint.setText(
            _tr(
                "{} servizi senza posizione. «Colloca sulla mappa», poi un clic dove sta il "
                "servizio. L'indirizzo resta qui: nessun servizio in rete lo riceve."
            ).format(number(len(rows)))
            if rows
            else _tr(
                "Nessun servizio da collocare. Quelli senza posizione stanno in una tabella che "
                "l'importazione scrive a parte: spuntarla nella scheda Dati."
            )
        )
        if self.panel.target.currentLayer() is None and not recall("collocati_in"):
            self.panel.target.setLayer(self._likely_target())
        self._tell_current()

    def current(self):
        """Return the row under the cursor, None where there is none."""
        return self.model.row(self.panel.unplaced.currentIndex())

    def stop(self):
        """Give the map back the tool it had."""
        self.panel.place.setChecked(False)

    def allow(self):
        """Allow what can be done now."""
        ready = self.current() is not None and not self.dock.is_running()
        self.panel.place.setEnabled(ready)
        self.panel.target.setEnabled(not self.dock.is_running())

    def close_down(self):
        """Leave the map as it was."""
        self.stop()
        self.tool.deleteLater()

    def _likely_target(self):
        point = QgsWkbTypes.GeometryType.PointGeometry
        points = [one for one in self._inputs.services() if one.geometryType() == point]
        return points[0] if points else None

    def _tell_current(self):
        row = self.current()
        feature = None if row is None else self._table.feature(row)[1]
        if feature is None:
            self.panel.unplaced_detail.clear()
            self.stop()
        else:
            self.panel.unplaced_detail.setHtml(origin_html(values_of(feature)))
        self.allow()

    def _on_toggled(self, wanted):
        canvas = self.dock.iface.mapCanvas()
        if not wanted:
            if canvas.mapTool() is self.tool:
                canvas.unsetMapTool(self.tool)
                if self._before is not None:
                    canvas.setMapTool(self._before)
            return
        if self.panel.target.currentLayer() is None:
            self.panel.place.setChecked(False)
            self.dock.warn(_tr("Scegliere il layer di punti in cui il servizio entra."))
            return
        self._before = canvas.mapTool()
        canvas.setMapTool(self.tool)
        canvas.setFocus()

    def _on_map(self, point, mouse_button):
        if mouse_button == Qt.MouseButton.LeftButton:
            self.place(point, self.dock.iface.mapCanvas().mapSettings().destinationCrs())
        else:
            self.stop()

    def place(self, point, crs):
        """Run ``sttm:placeservice`` for the chosen service."""
        row, target = self.current(), self.panel.target.currentLayer()
        if row is None or target is None or self.dock.is_running():
            return
        parameters = {
            "UNPLACED": row["layer_id"],
            "SERVICE_ID": row["id_servizio"],
            "POINT": QgsReferencedPointXY(point, crs),
            "TARGET": target.id(),
        }
        boundaries = layer_parameters(["COMUNI"]).get("COMUNI")
        if boundaries:
            parameters["BOUNDARIES"] = boundaries
        name = row["denominazione"] or row["id_servizio"]

        def on_placed(_run, results):
            for layer_id in (row["layer_id"], target.id()):
                layer = QgsProject.instance().mapLayer(layer_id)
                if layer is not None:
                    refresh(layer)
            said = _tr("«{}» collocato in «{}».").format(name, target.name())
            note = results.get("NOTE")
            self.dock.praise(f"{said} {note}" if note else said)
            services = self._inputs.services()
            if target not in services:
                self._inputs.tick([*services, target])
            self.placed.emit()

        self.dock.start("sttm:placeservice", parameters, on_placed)


def _tr(text):
    return QCoreApplication.translate("ToPlace", text)
