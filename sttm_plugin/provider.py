"""The Processing provider: its id, its name, its algorithms."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .processing_algorithms import algorithm_classes, icon_path


class SttmProvider(QgsProcessingProvider):
    """Every algorithm is called as ``sttm:<id>``."""

    def id(self):
        return "sttm"

    def name(self):
        return "STTM 2 – Servizi sovracomunali"

    def longName(self):  # noqa: N802
        return self.name()

    def icon(self):
        return QIcon(icon_path("sttm"))

    def svgIconPath(self):  # noqa: N802
        return icon_path("sttm")

    def loadAlgorithms(self):  # noqa: N802
        for algorithm in algorithm_classes():
            self.addAlgorithm(algorithm())
