"""Hooks the provider and the docks into QGIS, and undoes it. Computes nothing."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from .processing_algorithms import icon_path
from .provider import SttmProvider

MENU = "STTM 2"
# The panels that have their place in the window, by name.
_ARRANGED = "sttm/pannelli_disposti"


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

        self.iface.initializationCompleted.connect(self._on_ready)
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
        for dock in self.docks.values():
            if dock is not self.dock:
                dock.import_wanted.connect(self.dock.import_services)
        if self.iface.mainWindow().isVisible():
            self._arrange(again=True)  # added to a QGIS that is open already
        delivery = self.docks["Delivery"]
        self.dock.delivery_wanted.connect(delivery.show_package)
        delivery.finding_wanted.connect(self.dock.show_finding)

    def _add_dock(self, dock):
        title = dock.windowTitle()
        hint = self.tr("Mostra o nasconde il pannello «{}»").format(title)
        action = self._add_action(dock.NAME, dock.ICON, title, hint)
        self.iface.addDockWidget(dock.AREA, dock)
        dock.setToggleVisibilityAction(action)
        dock.hide()
        self.docks[dock.NAME] = dock

    def _on_ready(self):
        self._arrange()

    def _arrange(self, again=False):
        """Put the docks of a side in tabs: those never arranged before, or all of them again.

        One above the other they would share the height of a small screen. QGIS remembers where
        they are put, but not what was put before it had restored its own window.
        """
        settings = QgsSettings()
        known = settings.value(_ARRANGED, "", type=str).split(",")
        beside: dict = {}
        for dock in self.docks.values():
            before = beside.get(dock.AREA)
            if before is not None and (again or dock.NAME not in known):
                self.iface.mainWindow().tabifyDockWidget(before, dock)
            beside[dock.AREA] = dock
        settings.setValue(_ARRANGED, ",".join(self.docks))

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
        if self.docks:
            self.iface.initializationCompleted.disconnect(self._on_ready)
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
