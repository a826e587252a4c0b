"""Page "Servizi": the services as a table, the one chosen in full, and its edits."""

from __future__ import annotations

from qgis.core import NULL, QgsGeometry, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from .explanation import number
from .map_focus import show_on_map
from .result_layers import result_layer
from .rows_model import FilteredRows, select_row, set_up_table
from .service_text import service_html, values_of
from .services_reader import FIELDS, ServicesReader, searched

_PAUSE_MS = 200
COMPUTED_ROLES = ("valenza_punti", "valenza_aree")


class ServicesModel(FilteredRows):
    """The services as a table shows them."""

    def __init__(self, parent=None):
        super().__init__(
            [
                ("denominazione", _tr("Denominazione")),
                ("valenza_dichiarata", _tr("Dichiarata")),
                ("valenza_calcolata", _tr("Calcolata")),
                ("esito", _tr("Confronto")),
                ("categoria", _tr("Categoria")),
                ("stato", _tr("Stato")),
            ],
            parent,
        )

    def shown(self, row, key):
        if key == "categoria" and not row["codice_sttm"]:
            return _tr("da classificare")
        text = super().shown(row, key)
        return text if key in ("denominazione", "categoria") else text.replace("_", " ")


class ServicesTable(QObject):
    """Reads the ticked layers, filters them, follows the map and the edit buffers."""

    read = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, panel, iface, services, parent):
        """``services()`` returns the layers that are ticked now."""
        super().__init__(parent)
        self.panel, self.iface, self._services = panel, iface, services
        self.model = ServicesModel(self)
        set_up_table(panel.table, self.model, (19, 14, 15, 14, 26, 10))
        self.reader = ServicesReader(self)
        self.reader.progressed.connect(self._tell_reading)
        self.reader.finished.connect(self._on_read)
        self._soon = _timer(self, self.reload)
        self._typing = _timer(self, self.filter)
        self._focus = _timer(self, self._follow)
        # A field calculator changes thousands of values: they are shown together.
        self._touched = _timer(self, self._show_touched)
        self._layers: list = []
        self._rows: dict = {}
        self._chosen_id = ""
        self._choosing = False
        panel.search.textChanged.connect(lambda _: self._typing.start())
        self._fill_filters([])
        for combo in self._filters():
            combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
            combo.currentIndexChanged.connect(self.filter)
        panel.table.selectionModel().currentRowChanged.connect(self._on_row)
        panel.table.activated.connect(lambda _: self.show_current())
        panel.show_service.clicked.connect(self.show_current)
        panel.edit_service.clicked.connect(self.edit_current)
        panel.save_edits.clicked.connect(self.save)
        panel.discard_edits.clicked.connect(self.discard)
        panel.services_splitter.setStretchFactor(0, 3)
        panel.services_splitter.setStretchFactor(1, 2)

    # Reading ------------------------------------------------------------------------------

    def reload(self):
        """Read the ticked layers again, in slices."""
        self._listen(self._services())
        computed = [result_layer(role) for role in COMPUTED_ROLES]
        self.reader.start(self._layers, [layer for layer in computed if layer is not None])
        self.tell_edits()

    def forget(self):
        """Read nothing more: a layer is going."""
        for timer in (self._soon, self._focus, self._touched):
            timer.stop()
        self.reader.stop()
        self._listen([])

    def layer_ids(self) -> set:
        """Return the ids of the layers that are read, computed valenze included."""
        computed = [result_layer(role) for role in COMPUTED_ROLES]
        return {layer.id() for layer in (*self._layers, *computed) if layer is not None}

    def _tell_reading(self, count):
        self.panel.shown.setText(_tr("Lettura… {}").format(number(count)))

    def _on_read(self, rows):
        self._fill_filters(rows)
        self._rows = {(row["layer_id"], row["fid"]): row for row in rows}
        self.model.all_rows = rows
        self.filter()
        self.read.emit()

    # Filters ------------------------------------------------------------------------------

    def _filters(self):
        panel = self.panel
        return (
            panel.filter_macro,
            panel.filter_category,
            panel.filter_state,
            panel.filter_valenza,
            panel.filter_kind,
        )

    def _fill_filters(self, rows):
        """Offer what there is to choose from, what was chosen kept."""
        states, classes = _STATES, _CLASSES
        for combo, first, items in zip(
            self._filters(),
            (_tr("Tutte le macrocategorie"), _tr("Tutte le categorie"), _tr("Tutti gli stati"),
             _tr("Tutte le valenze"), _tr("Tutti i servizi")),
            (
                [(name, name) for name in _distinct(rows, "macrocategoria")],
                [(name, name) for name in _distinct(rows, "categoria")],
                [(name.replace("_", " "), name) for name in states]
                + [(_tr("non dichiarato"), "-")],
                [(_tr("dichiarata {}").format(name), f"d:{name}") for name in classes[:4]]
                + [(_tr("non dichiarata"), "d:-")]
                + [
                    (_tr("calcolata {}").format(name.replace("_", " ")), f"c:{name}")
                    for name in (*classes[:3], *classes[4:])
                ],
                [(_tr(title), name) for name, title in _KINDS],
            ),
        ):  # fmt: skip
            chosen = combo.currentData()
            combo.blockSignals(True)
            combo.clear()
            combo.addItem(first, "")
            for title, name in items:
                combo.addItem(title, name)
            combo.setCurrentIndex(max(combo.findData(chosen), 0))
            combo.blockSignals(False)

    def filter_values(self) -> list:
        """Return what is searched for and chosen in the filters."""
        return [self.panel.search.text(), *(combo.currentData() or "" for combo in self._filters())]

    def set_filter_values(self, values):
        """Search for a text and choose in the filters; what isn't offered is passed over."""
        text, *chosen = [*values, "", "", "", "", "", ""][:6]
        self.panel.search.setText(text)
        for combo, name in zip(self._filters(), chosen):
            combo.setCurrentIndex(max(combo.findData(name), 0))
        self._typing.stop()
        self.filter()

    def filter(self, *_):
        """Show the rows that are searched for, the chosen one kept."""
        text, macro, category, state, valenza, kind = self.filter_values()
        text = text.strip().casefold()
        which, _sep, wanted = valenza.partition(":")
        field = {"d": "valenza_dichiarata", "c": "valenza_calcolata"}.get(which)
        wanted = None if wanted == "-" else wanted
        state_wanted = None if state == "-" else state

        def accepts(row):
            return (
                (not text or text in row["cercato"])
                and (not macro or row["macrocategoria"] == macro)
                and (not category or row["categoria"] == category)
                and (not state or row["stato"] == state_wanted)
                and (field is None or row[field] == wanted)
                and (not kind or _is_of_kind(row, kind))
            )

        self._choosing = True
        self.model.set_filter(accepts if any(self.filter_values()) else None)
        self._choosing = False
        self.choose(self._chosen_id)
        shown, every = len(self.model.rows), len(self.model.all_rows)
        self.panel.shown.setText(
            _tr("{} servizi").format(number(every))
            if shown == every
            else _tr("{} di {}").format(number(shown), number(every))
        )

    # The service chosen -------------------------------------------------------------------

    def current(self):
        """Return the row under the cursor, None where there is none."""
        return self.model.row(self.panel.table.currentIndex())

    def choose(self, id_servizio) -> bool:
        """Bring a service under the cursor; False when it isn't shown."""
        at = self.model.place_of("id_servizio", id_servizio) if id_servizio else -1
        if at < 0:
            self._tell_current(self.current())
            return False
        select_row(self.panel.table, at)
        return True

    def feature(self, row):
        """Return (layer, feature) of a row, (None, None) where it is gone."""
        layer = QgsProject.instance().mapLayer(row["layer_id"])
        if layer is None:
            return None, None
        feature = layer.getFeature(row["fid"])
        return (layer, feature) if feature.isValid() else (None, None)

    def show_current(self):
        """Bring the chosen service into view and flash it."""
        row = self.current()
        if row is None:
            return
        layer, feature = self.feature(row)
        if layer is None:
            return
        if not feature.hasGeometry():
            self.failed.emit(
                _tr("«{}» non ha posizione: si colloca nella scheda «Da collocare».").format(
                    row["denominazione"] or row["id_servizio"]
                )
            )
            return
        show_on_map(self.iface.mapCanvas(), [(QgsGeometry(feature.geometry()), layer.crs())])

    def _on_row(self, index, _before):
        if self._choosing:
            return
        row = self.model.row(index)
        if row is not None:
            self._chosen_id = row["id_servizio"]
        self._tell_current(row)
        if row is not None and self.panel.follow.isChecked():
            # The map follows when the cursor rests, not through every row passed by.
            self._focus.start()

    def _follow(self):
        row = self.current()
        if row is not None and row["sulla_mappa"]:
            self.show_current()

    def _tell_current(self, row):
        self.panel.show_service.setEnabled(row is not None and row["sulla_mappa"])
        self.panel.edit_service.setEnabled(row is not None)
        layer, feature = (None, None) if row is None else self.feature(row)
        if layer is None:
            self.panel.detail.clear()
            return
        computed = None
        if row.get("calcolo"):
            layer_id, fid = row["calcolo"]
            result = QgsProject.instance().mapLayer(layer_id)
            if result is not None:
                computed = values_of(result.getFeature(fid))
        self.panel.detail.setHtml(service_html(values_of(feature), computed))

    # Edits --------------------------------------------------------------------------------

    def edit_current(self):
        """Open QGIS's own form on the chosen service; what is changed waits to be saved."""
        row = self.current()
        layer, feature = (None, None) if row is None else self.feature(row)
        if layer is None:
            return
        if not layer.isEditable() and not layer.startEditing():
            self.failed.emit(
                _tr("Il layer «{}» non si può modificare: è in sola lettura.").format(layer.name())
            )
            return
        self.iface.openFeatureForm(layer, feature, False, False)

    def save(self):
        """Write the edits of every layer; what can't be written is told and stays."""
        for layer in self._edited():
            name = layer.name()
            if not layer.commitChanges():
                why = "; ".join(layer.commitErrors()) or _tr("motivo non indicato")
                self.failed.emit(_tr("«{}» non si salva: {}.").format(name, why))
        self.tell_edits()

    def discard(self):
        """Put every layer back as it was before the edits."""
        for layer in self._edited():
            layer.rollBack()
        self.tell_edits()

    def tell_edits(self, *_):
        """Say which layers are being edited."""
        edited = self._edited()
        changed = [layer.name() for layer in edited if layer.isModified()]
        self.panel.editing_row.setVisible(bool(edited))
        if changed:
            said = _tr("Modifiche da salvare in «{}».").format("», «".join(changed))
        else:
            said = _tr("In modifica, senza cambiamenti finora.")
        self.panel.editing_hint.setText(said)
        self.panel.save_edits.setEnabled(bool(changed))

    def _edited(self):
        return [layer for layer in self._layers if layer.isEditable()]

    def _listen(self, layers):
        """Follow what happens to these layers, and no longer to those of before."""
        project = QgsProject.instance()
        for layer in self._layers:
            if project.mapLayer(self._ids.get(id(layer), "")) is layer:
                for signal, slot in self._slots(layer):
                    signal.disconnect(slot)
        self._layers = list(layers)
        self._ids = {id(layer): layer.id() for layer in layers}
        for layer in self._layers:
            for signal, slot in self._slots(layer):
                signal.connect(slot)

    def _slots(self, layer):
        return (
            (layer.editingStarted, self.tell_edits),
            (layer.editingStopped, self.tell_edits),
            (layer.layerModified, self._on_modified),
            (layer.attributeValueChanged, self._on_value),
            (layer.featureAdded, self._on_rows),
            (layer.featureDeleted, self._on_rows),
            (layer.afterCommitChanges, self._on_rows),
            (layer.afterRollBack, self._on_rows),
            (layer.selectionChanged, self._on_selected),
        )

    def _on_rows(self, *_):
        self._soon.start()

    def _on_modified(self):
        self._touched.start()

    def _on_value(self, fid, at, value):
        layer = self.sender()
        row = self._rows.get((layer.id(), fid))
        name = layer.fields().at(at).name().lower()
        if row is not None and name in FIELDS:
            row[name] = None if value is None or value == NULL else value
            row["cercato"] = searched(row)
        self._touched.start()

    def _show_touched(self):
        self.tell_edits()
        if self.model.rows:
            last = self.model.index(len(self.model.rows) - 1, self.model.columnCount() - 1)
            self.model.dataChanged.emit(self.model.index(0, 0), last)
        self._tell_current(self.current())

    def _on_selected(self, selected, _deselected, _clear):
        """A service chosen on the map comes under the cursor."""
        layer = self.sender()
        if len(selected) != 1:
            return
        for place, row in enumerate(self.model.rows):
            if row["fid"] == selected[0] and row["layer_id"] == layer.id():
                select_row(self.panel.table, place)
                return


_STATES = ("esistente", "previsto", "in_corso", "sospeso", "dismesso")
_CLASSES = (
    *("locale", "intercomunale", "metropolitana", "sovracomunale"),
    *("al_limite", "non_determinabile", "fuori_tassonomia"),
)
_KINDS = (
    ("senza_categoria", "da classificare"),
    ("da_verificare", "da verificare"),
    ("sovradichiarato", "sovradichiarati"),
    ("sottodichiarato", "sottodichiarati"),
    ("fragile", "con valenza fragile"),
    ("senza_posizione", "senza posizione"),
)


def _is_of_kind(row, kind):
    if kind == "senza_categoria":
        return not row["codice_sttm"]
    if kind == "fragile":
        return row["fragile"] is True
    if kind == "senza_posizione":
        return not row["sulla_mappa"]
    return row["esito"] == kind


def _distinct(rows, name):
    return sorted({row[name] for row in rows if row[name]}, key=str.casefold)


def _timer(parent, slot):
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(_PAUSE_MS)
    timer.timeout.connect(slot)
    return timer


def _tr(text):
    return QCoreApplication.translate("ServicesTable", text)
