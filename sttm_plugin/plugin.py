"""Hooks the provider and the docks into QGIS, and undoes it. Computes nothing."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from .processing_algorithms import icon_path
from .provider import SttmProvider

MENU = "STTM 2"


class SttmPlugin:
    """What QGIS loads: ``initProcessing`` without a window, ``initGui`` with one."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None
        self.docks = {}
        self.actions = []

    @property
    def dock(self):
        """The dock "Verifica STTM 2", None without a window."""
        return self.docks.get("Verification")

    def initProcessing(self):  # noqa: N802
        """Register the provider, once."""
        if self.provider is None:
            self.provider = SttmProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802
        """Add the provider, the docks, and the actions that show and hide them."""
        self.initProcessing()
        # qgis_process loads the plugin without a window: gui is imported only here.
        from .gui.docks import DOCKS

        for made in DOCKS:
            self._add_dock(made(self.iface, self.iface.mainWindow()))
            if made.NAME == "Verification":
                action = self._add_action(
                    "Import",
                    "importservices",
                    self.tr("Importa servizi…"),
                    self.tr("Porta un layer o un file con le sue colonne nello schema dei servizi"),
                )
                action.triggered.connect(self.dock.import_services)
                action = self._add_action(
                    "Criteria",
                    "savecriteria",
                    self.tr("Criteri…"),
                    self.tr("Apre i criteri come tabelle: valori, provenienza, prove, versioni"),
                )
                action.triggered.connect(self.dock.open_criteria)
        # One assistant, whichever panel asks for it.
        self.docks["Services"].import_wanted.connect(self.dock.import_services)
        delivery = self.docks["Delivery"]
        self.dock.delivery_wanted.connect(delivery.show_package)
        delivery.finding_wanted.connect(self.dock.show_finding)

    def _add_dock(self, dock):
        title = dock.windowTitle()
        hint = self.tr("Mostra o nasconde il pannello «{}»").format(title)
        action = self._add_action(dock.NAME, dock.ICON, title, hint)
        self.iface.addDockWidget(dock.AREA, dock)
        # One above the other they would share the height of a small screen.
        for other in self.docks.values():
            if other.AREA == dock.AREA:
                self.iface.mainWindow().tabifyDockWidget(other, dock)
        dock.setToggleVisibilityAction(action)
        dock.hide()
        self.docks[dock.NAME] = dock

    def _add_action(self, name, icon, title, hint):
        from qgis.PyQt.QtWidgets import QAction

        action = QAction(QIcon(icon_path(icon)), title, self.iface.mainWindow())
        action.setObjectName(f"Sttm{name}Action")
        action.setToolTip(hint)
        self.actions.append(action)
        self.iface.addToolBarIcon(action)
        self.iface.addPluginToMenu(MENU, action)
        return action

    def unload(self):
        """Take away everything that was added."""
        for dock in self.docks.values():
            dock.close_down()
            self.iface.removeDockWidget(dock)
            dock.deleteLater()
        self.docks = {}
        for action in self.actions:
            self.iface.removePluginMenu(MENU, action)
            self.iface.removeToolBarIcon(action)
            action.deleteLater()
        self.actions = []
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None

    @staticmethod
    def tr(text):
        return QCoreApplication.translate("SttmPlugin", text)
