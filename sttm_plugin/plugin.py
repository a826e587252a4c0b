"""Hooks the provider and the dock into QGIS, and undoes it. Computes nothing."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtGui import QIcon

from .processing_algorithms import icon_path
from .provider import SttmProvider

MENU = "STTM 2"


class SttmPlugin:
    """What QGIS loads: ``initProcessing`` without a window, ``initGui`` with one."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None
        self.dock = None
        self.action = None

    def initProcessing(self):  # noqa: N802
        """Register the provider, once."""
        if self.provider is None:
            self.provider = SttmProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802
        """Add the provider, the dock, and the action that shows and hides it."""
        self.initProcessing()
        # qgis_process loads the plugin without a window: gui is imported only here.
        from qgis.PyQt.QtWidgets import QAction

        from .gui.verification_dock import VerificationDock

        main_window = self.iface.mainWindow()
        self.dock = VerificationDock(self.iface, main_window)
        self.action = QAction(QIcon(icon_path("sttm")), self.tr("Verifica STTM 2"), main_window)
        self.action.setObjectName("SttmVerificationAction")
        self.action.setToolTip(self.tr("Mostra o nasconde il pannello «Verifica STTM 2»"))
        self.iface.addToolBarIcon(self.action)
        self.iface.addPluginToMenu(MENU, self.action)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.setToggleVisibilityAction(self.action)
        self.dock.hide()

    def unload(self):
        """Take away everything that was added."""
        if self.dock is not None:
            self.dock.close_down()
            self.iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.dock = None
        if self.action is not None:
            self.iface.removePluginMenu(MENU, self.action)
            self.iface.removeToolBarIcon(self.action)
            self.action.deleteLater()
            self.action = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None

    @staticmethod
    def tr(text):
        return QCoreApplication.translate("SttmPlugin", text)
