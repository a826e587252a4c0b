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
        self.reconciliation = None
        self.action = None
        self.actions = []

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

        from .gui.reconciliation_dock import ReconciliationDock
        from .gui.verification_dock import VerificationDock

        main_window = self.iface.mainWindow()
        self.dock = VerificationDock(self.iface, main_window)
        self.action = QAction(QIcon(icon_path("sttm")), self.tr("Verifica STTM 2"), main_window)
        self.action.setObjectName("SttmVerificationAction")
        self.action.setToolTip(self.tr("Mostra o nasconde il pannello «Verifica STTM 2»"))
        self._add(self.action)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.setToggleVisibilityAction(self.action)
        self.dock.hide()
        importing = QAction(
            QIcon(icon_path("importservices")), self.tr("Importa servizi…"), main_window
        )
        importing.setObjectName("SttmImportAction")
        importing.setToolTip(
            self.tr("Porta un layer o un file con le sue colonne nello schema dei servizi")
        )
        importing.triggered.connect(self.dock.import_services)
        self._add(importing)
        self.reconciliation = ReconciliationDock(self.iface, main_window)
        reconciling = QAction(
            QIcon(icon_path("reconcilereadings")), self.tr("Riconciliazione"), main_window
        )
        reconciling.setObjectName("SttmReconciliationAction")
        reconciling.setToolTip(self.tr("Mostra o nasconde il pannello «Riconciliazione»"))
        self._add(reconciling)
        self.iface.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.reconciliation)
        self.reconciliation.setToggleVisibilityAction(reconciling)
        self.reconciliation.hide()

    def _add(self, action):
        self.actions.append(action)
        self.iface.addToolBarIcon(action)
        self.iface.addPluginToMenu(MENU, action)

    def unload(self):
        """Take away everything that was added."""
        for dock in (self.dock, self.reconciliation):
            if dock is not None:
                dock.close_down()
                self.iface.removeDockWidget(dock)
                dock.deleteLater()
        self.dock = self.reconciliation = None
        for action in self.actions:
            self.iface.removePluginMenu(MENU, action)
            self.iface.removeToolBarIcon(action)
            action.deleteLater()
        self.actions, self.action = [], None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None

    @staticmethod
    def tr(text):
        return QCoreApplication.translate("SttmPlugin", text)
