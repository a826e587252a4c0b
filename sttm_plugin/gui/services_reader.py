"""Services read in short slices, so that the window never waits for them."""

from __future__ import annotations

import time
from itertools import islice

from qgis.core import NULL, QgsFeatureRequest
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

# What the table shows and filters; the rest is read when a service is chosen.
FIELDS = (
    *("id_servizio", "denominazione", "codice_sttm", "categoria", "macrocategoria", "comune"),
    *("stato", "valenza_dichiarata", "valenza_calcolata", "esito", "fragile"),
)
COMPUTED = ("valenza_calcolata", "esito", "fragile")
_SLICE_S = 0.012
_AT_ONCE = 64


class ServicesReader(QObject):
    """Reads layers of services and of computed valenze; ``finished(rows)`` when it has."""

    progressed = pyqtSignal(int)
    # Not "list": Qt would turn every row of it into a value of its own, and back.
    finished = pyqtSignal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._read_slice)
        self.stop()

    def start(self, services, computed=()):
        """Begin to read; what was being read is given up.

        Args:
            services: QgsVectorLayer list. computed: layers of ``classifyservices``, whose values
                stand for those of the service with the same id.
        """
        self.stop()
        self._left = [(layer, False) for layer in services]
        self._left += [(layer, True) for layer in computed]
        self._timer.start()

    def stop(self):
        """Give up: nothing is held open."""
        self._timer.stop()
        self._left, self._features, self._rows, self._by_id = [], None, [], {}

    def is_reading(self) -> bool:
        """Tell whether it has not finished."""
        return self._timer.isActive()

    def _read_slice(self):
        until = time.perf_counter() + _SLICE_S
        while time.perf_counter() < until:
            if self._features is None and not self._open_next():
                rows, found = self._rows, self._by_id
                self.stop()
                self.finished.emit(_joined(rows, found))
                return
            several = list(islice(self._features, _AT_ONCE))
            if not several:
                self._features = None
                continue
            for feature in several:
                self._take(feature)
        self.progressed.emit(len(self._rows))

    def _open_next(self) -> bool:
        if not self._left:
            return False
        layer, self._is_computed = self._left.pop(0)
        self._layer_id, self._is_spatial = layer.id(), layer.isSpatial()
        self._places = places_of(layer)
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        request.setSubsetOfAttributes([at for at in self._places.values() if at >= 0])
        self._features = layer.getFeatures(request)
        return True

    def _take(self, feature):
        row = row_of(feature, self._places)
        row["layer_id"], row["fid"] = self._layer_id, feature.id()
        if self._is_computed:
            self._by_id[row["id_servizio"]] = row
            return
        row["sulla_mappa"] = self._is_spatial
        self._rows.append(row)


def places_of(layer) -> dict:
    """Return {field of FIELDS: its position in the layer, -1 where it isn't there}."""
    return {name: layer.fields().lookupField(name) for name in FIELDS}


def row_of(feature, places) -> dict:
    """Return the values of a feature, None for NULL."""
    row = {}
    for name, at in places.items():
        value = feature.attribute(at) if at >= 0 else None
        row[name] = None if value is None or value == NULL else value
    row["cercato"] = searched(row)
    return row


def searched(row) -> str:
    """Return the text of a row that a search looks into."""
    names = ("denominazione", "codice_sttm", "categoria", "comune")
    return " ".join(str(row[name]) for name in names if row[name] is not None).casefold()


def _joined(rows, computed) -> list:
    for row in rows:
        found = computed.get(row["id_servizio"])
        if found is not None:
            row.update({name: found[name] for name in COMPUTED})
            row["calcolo"] = (found["layer_id"], found["fid"])
    return rows
