"""What every dock has: messages, a run bar, keys, the manual, results, state in the project."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject
from qgis.gui import QgsDockWidget, QgsMessageBar
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication, QEvent, Qt, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QIcon, QKeySequence
from qgis.PyQt.QtWidgets import QFileDialog, QTextBrowser, QToolButton

from ..processing_algorithms import icon_path
from . import result_layers
from .forms import filled
from .manual_page import open_manual
from .messages import push_message
from .project_state import recall, recall_path, remember_path, told
from .rows_model import layer_of
from .run_bar import RunBar

_SUCCESS_S = 12


class SttmDock(QgsDockWidget):
    """A form of ``panel_layout`` with ``tabs`` in it, and what a panel does around it.

    A subclass says its names, and writes ``restore`` (show what the project remembers) and, where
    it needs them, ``keys``, ``on_busy``, ``on_cancelled`` and ``on_results_gone``.
    """

    # SttmVerificationDock and SttmVerificationAction are those of "Verification".
    NAME = TITLE = ICON = FORM = ""
    AREA = Qt.DockWidgetArea.RightDockWidgetArea
    AREAS = Qt.DockWidgetArea.AllDockWidgetAreas

    # Somebody wants to import: there is one assistant, whichever panel asks for it.
    import_wanted = pyqtSignal()

    def __init__(self, iface, parent=None):
        super().__init__(parent)
        self.iface = iface
        self.setObjectName(f"Sttm{self.NAME}Dock")
        self.setWindowTitle(self.tr(self.TITLE))
        self.setWindowIcon(QIcon(icon_path(self.ICON)))
        self.setAllowedAreas(self.AREAS)
        self.panel = filled(self.FORM, self)
        self.setWidget(self.panel)
        self.message_bar = QgsMessageBar(self.panel)
        self.panel.panel_layout.insertWidget(0, self.message_bar)
        self.runs = RunBar(self.panel)
        self.panel.panel_layout.insertWidget(2, self.runs)
        self.runs.busy_changed.connect(self.on_busy)
        self.runs.failed.connect(self.complain)
        self.runs.cancelled.connect(self.on_cancelled)
        self._taking = False
        self._keys: dict = {}
        self._watched: list = []
        self._windows: list = []
        self._add_help()

    def begin(self):
        """Follow the project and show what it remembers: the last thing a subclass sets up."""
        self._keys = {QKeySequence(key).toString(): do for key, do in self._all_keys().items()}
        project = QgsProject.instance()
        self.watch(project.readProject, self._restore)
        self.watch(project.cleared, self._restore)
        self.watch(project.layersWillBeRemoved, self._on_layers_going)
        self.watch(told.changed, self.on_told)
        shared = self.choices()
        if shared is not None:
            self.watch(project.layersAdded, shared.list_layers)
            self.watch(project.layersRemoved, shared.drop_removed)
        self.restore()

    def watch(self, signal, slot):
        """Connect a signal of what outlives the dock, until it closes down."""
        signal.connect(slot)
        self._watched.append((signal, slot))

    def close_down(self):
        """Let go of the project and of any run, before the dock is deleted."""
        for signal, slot in self._watched:
            signal.disconnect(slot)
        self._watched = []
        self.runs.close_down()
        # Their algorithms go with the provider.
        for window in self._windows:
            if not sip.isdeleted(window):
                window.close()

    # What a subclass writes ---------------------------------------------------------------

    def choices(self):
        """Return the ``SharedInputs`` of the panel, None where it has none."""
        return getattr(self, "inputs", None)

    def restore(self):
        """Show what the project remembers."""

    def keys(self) -> dict:
        """Return {key: what it does} while the dock has the focus."""
        return {}

    def on_told(self, key):
        """Follow a choice made in another panel, now remembered under a key."""

    def on_busy(self, busy):
        """Allow or not what can't be done while something runs."""

    def on_cancelled(self):
        """Tell that the run was stopped."""
        self.tell(self.tr_shared("Interrotto: nulla è stato scritto."))

    def on_results_gone(self, roles):
        """Forget what is shown of results that are being taken out of the project."""

    # Comune, workspace, results -----------------------------------------------------------

    def istat(self) -> str:
        """Return the ISTAT code of the comune the panels work on, "" when none is chosen."""
        return recall("comune")

    def workspace_path(self) -> str:
        """Return the path of the workspace, as it was given."""
        return recall_path("workspace")

    def workspace(self) -> str:
        """Return the path of the workspace, "" when none is chosen or it isn't there."""
        path = self.workspace_path()
        return path if path and Path(path).is_file() else ""

    def folder(self) -> str:
        """Return the folder where files are proposed: the workspace's, the project's, home."""
        path = self.workspace_path()
        if path:
            return str(Path(path).parent)
        return QgsProject.instance().homePath() or str(Path.home())

    def waivers_source(self) -> str:
        """Return the table of waivers: the one chosen, the workspace's, or the one made here."""
        chosen = self.chosen_waivers()
        if chosen is not None:
            return chosen.id()
        if self.workspace():
            return f"{self.workspace()}|layername=deroghe"
        made = result_layers.result_layer("deroghe")
        return "" if made is None else made.id()

    def chosen_waivers(self):
        """Return the table of waivers that was chosen, None without one."""
        return QgsProject.instance().mapLayer(recall("WAIVERS"))

    def destination(self, table, geometry="", path=""):
        """Return where a result goes: a table of the workspace or of a file, else in memory."""
        path = path or self.workspace()
        if not path:
            return "TEMPORARY_OUTPUT"
        quoted = Path(path).as_posix().replace("'", "\\'")
        return f"ogr:dbname='{quoted}' table=\"{table}\" {geometry}".rstrip()

    def take(self, run, destination, role, name):
        """Put a result of a run in the project and return it, None where there is none."""
        if not destination:
            return None
        layer = layer_of(run, destination)
        if layer is None:
            self.warn(self.tr_shared("Il risultato «{}» non si apre.").format(name))
            return None
        if QgsProject.instance().mapLayer(layer.id()) is not None:
            # The table of the workspace was already open: it has new rows.
            result_layers.refresh(layer)
            layer.setCustomProperty(result_layers.ROLE, role)
            return layer
        layer = run.context.temporaryLayerStore().takeMapLayer(layer)
        self._taking = True
        try:
            return result_layers.show_result(layer, role, name)
        finally:
            self._taking = False

    def create_workspace(self):
        """Ask where, and run ``sttm:createworkspace`` for the comune chosen."""
        if self.runs.is_running():
            return
        if not self.istat():
            self.warn(self.tr_shared("Scegliere prima il comune dell'area di lavoro."))
            return
        proposed = str(Path(self.folder()) / f"sttm2_{self.istat()}.gpkg")
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr_shared("Nuova area di lavoro"), proposed, "GeoPackage (*.gpkg)"
        )
        if not path:
            return
        path = path if path.lower().endswith(".gpkg") else f"{path}.gpkg"
        parameters = {"COMUNE": self.istat(), "OUTPUT": path}
        boundaries = recall("COMUNI")
        if QgsProject.instance().mapLayer(boundaries) is not None:
            parameters["BOUNDARIES"] = boundaries

        def on_created(_run, results):
            made = results.get("OUTPUT") or path
            remember_path("workspace", made)
            self.praise(self.tr_shared("Area di lavoro creata: {}.").format(Path(made).name))

        self.start("sttm:createworkspace", parameters, on_created)

    def start(self, algorithm_id, parameters, on_success, on_failure=None):
        """Run an algorithm in the background, with the messages of before out of the way."""
        self.message_bar.clearWidgets()
        self.runs.start(algorithm_id, parameters, on_success, on_failure)

    def is_running(self) -> bool:
        """Tell whether something is running."""
        return self.runs.is_running()

    def cancel(self):
        """Stop what is running."""
        self.runs.cancel()

    def _restore(self, *_):
        self.restore()

    def _on_layers_going(self, layer_ids):
        if self._taking:
            return  # replaced, not taken away
        project = QgsProject.instance()
        layers = [project.mapLayer(layer_id) for layer_id in layer_ids]
        roles = {layer.customProperty(result_layers.ROLE) for layer in layers if layer is not None}
        if any(roles):
            self.on_results_gone(roles)

    # Manual and guide -----------------------------------------------------------------------

    def _add_help(self):
        self.help_button = QToolButton(self.panel)
        self.help_button.setObjectName("help")
        self.help_button.setAutoRaise(True)
        self.help_button.setText("?")
        self.help_button.setIcon(QIcon(":/images/themes/default/mActionHelpContents.svg"))
        said = self.tr_shared("Apre la pagina del manuale su questo pannello (F1)")
        self.help_button.setToolTip(said)
        self.help_button.setAccessibleName(self.tr_shared("Manuale"))
        self.help_button.clicked.connect(lambda _checked=False: self.open_manual())
        self.panel.tabs.setCornerWidget(self.help_button, Qt.Corner.TopRightCorner)

    def open_manual(self):
        """Open the page of the manual that tells this panel."""
        problem = open_manual(f"pannelli/{type(self).__module__.rpartition('.')[2]}")
        if problem:
            self.tell(problem)

    def add_guide(self, html):
        """Add the page "Guida": its links open the manual or the window of an algorithm."""
        guide = QTextBrowser(self.panel.tabs)
        guide.setOpenLinks(False)
        guide.setHtml(html)
        guide.anchorClicked.connect(self.follow_link)
        self.panel.tabs.addTab(guide, self.tr_shared("Guida"))
        return guide

    def follow_link(self, url):
        """Open the page of the manual, or do what a link names.

        What the panels do themselves they do here too: the window of the algorithm, which knows
        nothing of the choices made, is for the others.
        """
        name = url.toString()
        ours = {
            "sttm:importservices": self.import_wanted.emit,
            "sttm:createworkspace": self.create_workspace,
        }
        if url.isLocalFile():
            QDesktopServices.openUrl(url)
        elif name in ours:
            ours[name]()
        elif name.startswith("sttm:"):
            import processing

            dialog = processing.createAlgorithmDialog(name, {})
            if dialog is not None:
                self._windows = [one for one in self._windows if not sip.isdeleted(one)]
                self._windows.append(dialog)
                dialog.show()

    # Keys -----------------------------------------------------------------------------------

    def _all_keys(self):
        keys = {"Esc": self.cancel, "F1": self.open_manual}
        for page in range(self.panel.tabs.count()):
            keys[f"Ctrl+{page + 1}"] = lambda page=page: self.panel.tabs.setCurrentIndex(page)
        return {**keys, **self.keys()}

    def event(self, event):
        """Keep our keys for ourselves while the dock has the focus.

        QGIS uses some of them (F5 redraws the map): as shortcuts of the dock they would be
        ambiguous, and Qt then obeys neither.
        """
        if event.type() == QEvent.Type.ShortcutOverride and self._action_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event):  # noqa: N802
        action = self._action_of(event)
        if action is None:
            super().keyPressEvent(event)
            return
        event.accept()
        action()

    def _action_of(self, event):
        # Events arrive while QgsDockWidget's own constructor runs.
        keys = getattr(self, "_keys", None)
        if not keys:
            return None
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        try:
            pressed = QKeySequence(int(modifiers) | int(event.key()))
        except TypeError:  # Qt 6: modifiers are no number
            pressed = QKeySequence(event.keyCombination())
        return keys.get(pressed.toString())

    # Messages -------------------------------------------------------------------------------

    def praise(self, text):
        """Tell what was done."""
        self._push(self.tr_shared("Fatto"), text, "Success", _SUCCESS_S)

    def tell(self, text):
        """Tell something that asks for nothing."""
        self._push(self.tr(self.TITLE), text, "Info", _SUCCESS_S)

    def warn(self, text):
        """Tell what is missing, in the place of what was told before."""
        self.message_bar.clearWidgets()
        self._push(self.tr_shared("Manca qualcosa"), text, "Warning", 0)

    def complain(self, text):
        """Tell why a run failed, in the place of what was told before."""
        self.message_bar.clearWidgets()
        self._push(self.tr_shared("Non riuscito"), text, "Critical", 0)

    def _push(self, title, text, level, seconds):
        push_message(self.message_bar, title, text, level, seconds)

    def tr(self, text):
        return QCoreApplication.translate(type(self).__name__, text)

    def tr_shared(self, text):
        """Return a text that every dock says the same way."""
        return QCoreApplication.translate("SttmDock", text)
