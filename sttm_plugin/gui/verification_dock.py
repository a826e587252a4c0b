"""The dock "Verifica STTM 2": runs the algorithms in the background and shows what came back."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingUtils, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QDialog, QFileDialog, QInputDialog

from . import result_layers
from .checks_page import ChecksPage
from .criteria_dialog import CriteriaDialog
from .dialogs import AssignDialog, JustifyDialog
from .dock import SttmDock
from .findings_model import read_findings
from .findings_page import FindingsPage
from .guidance import guidance_html
from .history_dialog import HistoryDialog
from .import_dialog import ImportDialog
from .inputs_page import InputsPage
from .map_focus import objects_of, show_on_map
from .project_state import recall, remember
from .rows_model import rows_of

INPUTS, FINDINGS, CHECKS, GUIDE = range(4)


class VerificationDock(SttmDock):
    """Choose comune and layers, check, read, justify, export."""

    NAME, TITLE, ICON, FORM = "Verification", "Verifica STTM 2", "sttm", "verification_panel"
    AREAS = Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea

    # Somebody wants to hand in: the panel "Consegna" does it.
    delivery_wanted = pyqtSignal()

    def __init__(self, iface, parent=None):
        super().__init__(iface, parent)
        self._add_pages()
        for button, action in (
            (self.panel.run, self.check),
            (self.panel.report, self.open_report),
            (self.panel.export_package, self.delivery_wanted.emit),
        ):
            button.clicked.connect(action)
        self.inputs.workspace_wanted.connect(self.create_workspace)
        self.inputs.import_wanted.connect(self.import_services)
        self.import_wanted.connect(self.import_services)
        self.inputs.criteria_wanted.connect(self.open_criteria)
        self.import_dialog = None
        self.criteria_dialog = None
        self.findings.show_wanted.connect(self.show_object)
        self.findings.justify_wanted.connect(self.justify)
        self.findings.revoke_wanted.connect(self.revoke)
        self.findings.assign_wanted.connect(self.assign)
        self.findings.unassign_wanted.connect(self.unassign)
        self.findings.history_wanted.connect(self.show_history)
        self.findings.export_wanted.connect(self.export_waivers)
        self.findings.import_wanted.connect(self.import_waivers)
        self.watch(QgsProject.instance().writeProject, self.remember_view)
        self.begin()

    def _add_pages(self):
        tabs = self.panel.tabs
        self.inputs = InputsPage(tabs)
        self.findings = FindingsPage(tabs)
        self.checks = ChecksPage(tabs)
        tabs.addTab(self.inputs, self.tr("Dati"))
        tabs.addTab(self.findings, self.tr("Rilievi"))
        tabs.addTab(self.checks, self.tr("Controlli"))
        self.guide = self.add_guide(guidance_html())

    def choices(self):
        """Return what the page "Dati" keeps alike with the other panels."""
        return self.inputs.shared

    # The check --------------------------------------------------------------------------

    def check(self):
        """Run ``sttm:checkplan`` on what is chosen."""
        if self.is_running():
            return
        missing = self.inputs.missing()
        if missing:
            self.panel.tabs.setCurrentIndex(INPUTS)
            self.warn(missing)
            return
        self.inputs.remember_choices()
        parameters = self.inputs.parameters()
        self._istat = parameters["COMUNE"]
        previous = result_layers.result_layer("rilievi")
        # The findings of another comune would all come back as resolved.
        if previous is not None and recall("comune_verificato") == self._istat:
            parameters["PREVIOUS"] = previous.id()
        waivers = self.waivers_source()
        if waivers:
            parameters["WAIVERS"] = waivers
        workspace = self.workspace()
        if workspace:
            parameters["WORKSPACE"] = workspace
        self._report = self._report_path(self._istat)
        parameters.update(
            OUTPUT=self.destination("rilievi", "(geom)"),
            CHECKS=self.destination("controlli"),
            REPORT_HTML=self._report,
        )
        self.start("sttm:checkplan", parameters, self._on_checked)

    def _on_checked(self, run, results):
        findings = self.take(run, results.get("OUTPUT"), "rilievi", self.tr("Rilievi"))
        checks = self.take(run, results.get("CHECKS"), "controlli", self.tr("Controlli"))
        remember("comune_verificato", self._istat)
        remember("report", results.get("REPORT_HTML") or self._report)
        self.show_findings(findings)
        self.checks.set_checks(checks)
        self.panel.tabs.setCurrentIndex(FINDINGS)
        if self.findings.current() is None:
            self.findings.tree.setCurrentIndex(self.findings.model.first_finding())
        self.findings.tree.setFocus()
        self.praise(self._summary(results))

    def _summary(self, results):
        """Return what a check found, in a sentence."""
        counts = {name: int(results.get(name) or 0) for name in _COUNTS}
        states = [finding.stato for finding in self.findings.model.findings()]
        new, resolved = states.count("nuovo"), states.count("risolto")
        lapsed = states.count("giustificazione_scaduta")
        parts = [
            _plural(counts["BLOCKING"], self.tr("blocco"), self.tr("blocchi")),
            _plural(counts["ERRORS"], self.tr("errore"), self.tr("errori")),
            _plural(counts["WARNINGS"], self.tr("avviso"), self.tr("avvisi")),
            _plural(counts["INFOS"], self.tr("informazione"), self.tr("informazioni")),
        ]
        found = ", ".join(part for part in parts if part) or self.tr("nessun rilievo aperto")
        sentences = [found[:1].upper() + found[1:] + "."]
        changes = ", ".join(
            part
            for part in (
                _plural(new, self.tr("nuovo"), self.tr("nuovi")),
                _plural(resolved, self.tr("risolto"), self.tr("risolti")),
                _plural(
                    lapsed,
                    self.tr("giustificazione scaduta"),
                    self.tr("giustificazioni scadute"),
                ),
            )
            if part
        )
        if changes:
            sentences.append(self.tr("Dalla volta prima: {}.").format(changes))
        if counts["NOT_RUN"]:
            sentences.append(
                self.tr("{} controlli eseguiti, {} non verificabili.").format(
                    counts["CHECKS_RUN"], counts["NOT_RUN"]
                )
            )
        return " ".join(sentences)

    def show_findings(self, layer):
        """Show the findings of a layer, none for None."""
        found = [] if layer is None else read_findings(layer)
        self.findings.set_findings(found, self._assignments())
        still = [finding for finding in self.findings.model.findings() if finding.is_open()]
        title = self.tr("Rilievi ({})").format(len(still)) if still else self.tr("Rilievi")
        self.panel.tabs.setTabText(FINDINGS, title)
        self.on_busy(self.is_running())

    def show_finding(self, id_rilievo):
        """Come forward on a finding, out of the filter if need be."""
        self.setUserVisible(True)
        self.panel.tabs.setCurrentIndex(FINDINGS)
        if not self.findings.select(id_rilievo):
            self.findings.set_filter_values("", "", "")
            if not self.findings.select(id_rilievo):
                self.tell(self.tr("Questo rilievo non è fra quelli dell'ultima verifica."))
        self.findings.tree.setFocus()

    # A finding --------------------------------------------------------------------------

    def show_object(self, finding):
        """Zoom to the object of a finding and flash it."""
        layers = [*self.inputs.service_layers()]
        for name in ("LUM", "LUM_PERIMETERS", "REGENERATION"):
            layer = self.inputs.combos[name].currentLayer()
            if layer is not None:
                layers.append(layer)
        if finding.id_oggetto == finding.istat:
            layers = []
        objects = objects_of(finding, result_layers.result_layer("rilievi"), layers)
        if not show_on_map(self.iface.mapCanvas(), objects):
            self.tell(
                self.tr("Questo rilievo riguarda il piano o un layer intero: non ha un luogo.")
            )

    def justify(self, findings):
        """Ask why the findings are acceptable, and run ``sttm:justifyfindings``."""
        dialog = JustifyDialog(findings, recall("autore"), self)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        values = dialog.values()
        remember("autore", values["AUTHOR"])
        self._decide(findings, values, self.tr("giustificati"))

    def revoke(self, findings):
        """Take back the justification of the findings."""
        self._decide(findings, {"REVOKE": True}, self.tr("da trattare di nuovo"))

    def _decide(self, findings, values, outcome):
        layer = result_layers.result_layer("rilievi")
        if layer is None:
            self.warn(self.tr("I rilievi non ci sono più: rieseguire la verifica."))
            return
        parameters = dict(values)
        parameters["FINDINGS"] = layer.id()
        parameters["IDS"] = ";".join(finding.id_rilievo for finding in findings)
        waivers = self.waivers_source()
        if waivers:
            parameters["WAIVERS"] = waivers
            kept = result_layers.result_layer("deroghe")
            # The table of a file is brought up to date; one of ours in memory is replaced.
            parameters["UPDATE_WAIVERS"] = kept is None or waivers != kept.id()
        parameters["OUTPUT"] = "TEMPORARY_OUTPUT"
        parameters["OUTPUT_FINDINGS"] = self.destination("rilievi", "(geom)")
        count = len(findings)

        def on_decided(run, results):
            if not parameters.get("UPDATE_WAIVERS"):
                self.take(run, results.get("OUTPUT"), "deroghe", self.tr("Deroghe"))
            else:
                _reload(parameters["WAIVERS"])
            shown = self.take(run, results.get("OUTPUT_FINDINGS"), "rilievi", self.tr("Rilievi"))
            self.show_findings(shown)
            self.panel.tabs.setCurrentIndex(FINDINGS)
            self.findings.tree.setFocus()
            what = self.tr("rilievo") if count == 1 else self.tr("rilievi")
            self.praise(f"{count} {what} {outcome}.")

        self.start("sttm:justifyfindings", parameters, on_decided)

    # Who answers for a finding -------------------------------------------------------------

    def assign(self, findings):
        """Ask who will answer for the findings, and run ``sttm:assignfindings``."""
        dialog = AssignDialog(findings, self.findings.model.people(), recall("autore"), self)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        values = dialog.values()
        remember("autore", values["ASSIGNED_BY"])
        self._assign(findings, values, self.tr("a {}").format(values["ASSIGNEE"]))

    def unassign(self, findings):
        """Take the findings from who has them."""
        by = recall("autore")
        if not by:
            by, _ = QInputDialog.getText(
                self, self.tr("Togli l'assegnazione"), self.tr("Chi la toglie (nome e ruolo):")
            )
        if by.strip():
            remember("autore", by.strip())
            values = {"CLEAR": True, "ASSIGNED_BY": by.strip()}
            self._assign(findings, values, self.tr("a nessuno"))

    def _assign(self, findings, values, to):
        layer = result_layers.result_layer("rilievi")
        if layer is None:
            self.warn(self.tr("I rilievi non ci sono più: rieseguire la verifica."))
            return
        parameters = {**values, "FINDINGS": layer.id()}
        parameters["IDS"] = ";".join(finding.id_rilievo for finding in findings)
        workspace = self.workspace()
        if workspace:
            parameters["WORKSPACE"] = workspace
        else:
            parameters["OUTPUT"] = "TEMPORARY_OUTPUT"
            made = result_layers.result_layer("assegnazioni")
            if made is not None:
                parameters["ASSIGNMENTS"] = made.id()
        count = len(findings)

        def on_assigned(run, results):
            if not workspace:
                self.take(run, results.get("OUTPUT"), "assegnazioni", self.tr("Rilievi assegnati"))
            else:
                _reload(f"{workspace}|layername=assegnazioni")
            self.show_assignments()
            self.findings.tree.setFocus()
            what = self.tr("rilievo assegnato") if count == 1 else self.tr("rilievi assegnati")
            self.praise(f"{count} {what} {to}.")

        self.start("sttm:assignfindings", parameters, on_assigned)

    def show_assignments(self):
        """Show again who answers for which finding."""
        self.findings.set_findings(self.findings.model.findings(), self._assignments())

    def _assignments(self):
        """Return {id_rilievo: row}: of the workspace's table, or of the one made here."""
        workspace = self.workspace()
        layer = (
            QgsVectorLayer(f"{workspace}|layername=assegnazioni", "assegnazioni", "ogr")
            if workspace
            else result_layers.result_layer("assegnazioni")
        )
        known = rows_of(layer) if layer is not None and layer.isValid() else []
        return {row["id_rilievo"]: row for row in known}

    # Justifications of others, history ----------------------------------------------------

    def export_waivers(self):
        """Ask where, and write the justifications for a colleague."""
        given = self._exchanged()
        if given is None:
            return
        proposed = str(Path(self.folder()) / f"giustificazioni_{self.inputs.istat()}.json")
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Esporta le giustificazioni"), proposed, _WAIVERS_FILTER
        )
        if not path:
            return
        path = path if path.lower().endswith(".json") else f"{path}.json"

        def on_exported(_run, results):
            count = int(results["EXPORTED"])
            what = self.tr("giustificazione") if count == 1 else self.tr("giustificazioni")
            self.praise(self.tr("{} {} in {}.").format(count, what, Path(path).name))

        given.update(DIRECTION=0, OUTPUT_FILE=path)
        self.start("sttm:exchangewaivers", given, on_exported)

    def import_waivers(self):
        """Ask which file, and merge the justifications of a colleague."""
        given = self._exchanged()
        if given is None:
            return
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Importa le giustificazioni"), self.folder(), _WAIVERS_FILTER
        )
        if not path:
            return
        given.update(DIRECTION=1, FILE=path, CONFLICTS="TEMPORARY_OUTPUT")
        if "WAIVERS" in given:
            given["OUTPUT"] = "TEMPORARY_OUTPUT"

        def on_imported(run, results):
            if "OUTPUT" in given:
                merged = self.take(run, results.get("OUTPUT"), "deroghe", self.tr("Deroghe"))
                if self.inputs.combos["WAIVERS"].currentLayer() is not None:
                    self.inputs.combos["WAIVERS"].setLayer(merged)
            else:
                _reload(f"{given['WORKSPACE']}|layername=deroghe")
                _reload(f"{given['WORKSPACE']}|layername=assegnazioni")
                self.show_assignments()
            conflicts = int(results["CONFLICTS_COUNT"])
            if conflicts:
                self.take(run, results.get("CONFLICTS"), "conflitti", self.tr("Conflitti"))
            told = self.tr("Giustificazioni: {} aggiunte, {} aggiornate, {} già uguali.").format(
                int(results["ADDED"]), int(results["UPDATED"]), int(results["UNCHANGED"])
            )
            if conflicts:
                told += self.tr(" {} da guardare nella tabella Conflitti.").format(conflicts)
            if int(results["ASSIGNMENTS"]):
                told += self.tr(" Rilievi assegnati: {}.").format(int(results["ASSIGNMENTS"]))
            self.praise(told + self.tr(" Rieseguire la verifica (F5) per applicarle."))

        self.start("sttm:exchangewaivers", given, on_imported)

    def _exchanged(self):
        """Return the parameters that say which justifications, None when there are none."""
        if self.is_running():
            return None
        waivers = self.waivers_source()
        if not waivers:
            self.warn(
                self.tr(
                    "Le giustificazioni si scambiano da un'area di lavoro: indicarla o crearla "
                    "nella scheda Dati."
                )
            )
            return None
        path, _, table = waivers.partition("|")
        return {"WORKSPACE": path} if table == "layername=deroghe" else {"WAIVERS": waivers}

    def show_history(self):
        """Show the runs kept in the workspace."""
        workspace = self.workspace()
        if not workspace:
            self.warn(
                self.tr(
                    "Lo storico si conserva in un'area di lavoro: indicarla o crearla nella "
                    "scheda Dati."
                )
            )
            return
        HistoryDialog(workspace, self.inputs.istat(), self).exec()

    # Report ----------------------------------------------------------------

    def open_report(self):
        """Open the report of the last check in the browser."""
        path = recall("report")
        if not path or not Path(path).is_file():
            self.warn(self.tr("Non c'è ancora un rapporto: eseguire la verifica (F5)."))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    def create_workspace(self):
        """Ask where, and run ``sttm:createworkspace`` for the comune chosen."""
        self.inputs.remember_choices()
        super().create_workspace()

    # Import -----------------------------------------------------------------------------

    def import_services(self):
        """Open the import assistant, with what this page knows already."""
        if self.import_dialog is None:
            self.import_dialog = ImportDialog(self.iface, self.window())
            self.import_dialog.imported.connect(self._on_imported)
            self.import_dialog.workspace_wanted.connect(self.create_workspace)
            self.import_dialog.finished.connect(self._forget_import)
            layer = self.iface.activeLayer()
            self.import_dialog.start_from(
                self.inputs.istat(),
                self.inputs.workspace_path(),
                self.inputs.combos["COMUNI"].currentLayer(),
                layer if isinstance(layer, QgsVectorLayer) else None,
            )
        self.import_dialog.show()
        self.import_dialog.raise_()
        self.import_dialog.activateWindow()

    def _forget_import(self, *_):
        dialog, self.import_dialog = self.import_dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def _on_imported(self, layers, istat):
        if istat and not self.inputs.istat():
            self.inputs.choose_comune(istat)
        self.inputs.add_services(layers)

    def on_busy(self, busy):
        """While something runs nothing else can be started."""
        for button in (self.panel.run, self.panel.export_package, self.inputs.new_workspace):
            button.setEnabled(not busy)
        self.findings.set_busy(busy)
        report = recall("report")
        self.panel.report.setEnabled(not busy and bool(report) and Path(report).is_file())

    # Criteria ---------------------------------------------------------------------------

    def open_criteria(self):
        """Open the editor of the criteria on the pack that is chosen here."""
        if self.criteria_dialog is None:
            self.criteria_dialog = CriteriaDialog(
                self.inputs.parameters, self.folder, recall("autore"), self.window()
            )
            self.criteria_dialog.saved.connect(self._on_criteria_saved)
            self.criteria_dialog.finished.connect(self._forget_criteria)
            self.criteria_dialog.open_path(self.inputs.criteria_path())
        self.criteria_dialog.show()
        self.criteria_dialog.raise_()
        self.criteria_dialog.activateWindow()

    def _on_criteria_saved(self, path, use):
        if use:
            self.inputs.file_CRITERIA.setFilePath(path)

    def _forget_criteria(self, *_):
        dialog, self.criteria_dialog = self.criteria_dialog, None
        if dialog is not None:
            dialog.deleteLater()

    # Sources and destinations --------------------------------------------------------------

    def chosen_waivers(self):
        """Return the table of waivers chosen here, None without one."""
        return self.inputs.combos["WAIVERS"].currentLayer()

    def istat(self) -> str:
        """Return the ISTAT code of the comune, what was typed when it is none of the list."""
        return self.inputs.istat()

    def workspace_path(self) -> str:
        """Return the path of the workspace, as it is in the page "Dati"."""
        return self.inputs.workspace_path()

    def _report_path(self, istat):
        workspace = self.inputs.workspace_path()
        if workspace and Path(workspace).parent.is_dir():
            return str(Path(workspace).parent / f"rapporto_{istat}.html")
        return QgsProcessingUtils.generateTempFilename(f"rapporto_{istat}.html")

    # State ------------------------------------------------------------------------------------

    def restore(self):
        """Show what the project remembers: choices, results, filter, chosen finding."""
        self.inputs.restore()
        self.findings.set_filter_values(
            *(recall(f"filtro_{name}") for name in ("testo", "severita", "stato", "persona"))
        )
        self.show_findings(result_layers.result_layer("rilievi"))
        self.checks.set_checks(result_layers.result_layer("controlli"))
        self.findings.select(recall("rilievo"))
        page = recall("scheda")
        first = INPUTS if recall("comune") else GUIDE
        self.panel.tabs.setCurrentIndex(int(page) if page.isdigit() else first)

    def remember_view(self, *_):
        """Write filter, page and chosen finding: when the project is saved, not at each click."""
        self.inputs.remember_choices()
        text, severity, state, person = self.findings.filter_values()
        current = self.findings.current()
        remember("filtro_testo", text)
        remember("filtro_severita", severity)
        remember("filtro_stato", state)
        remember("filtro_persona", person)
        remember("rilievo", current.id_rilievo if current else "")
        remember("scheda", str(self.panel.tabs.currentIndex()))

    def on_told(self, key):
        """Follow a choice made in another panel."""
        self.inputs.follow(key)
        if key == "workspace" and self.import_dialog is not None:
            self.import_dialog.workspace.setFilePath(self.workspace_path())

    def on_results_gone(self, roles):
        """Show no finding of a layer that goes."""
        if "rilievi" in roles:
            self.show_findings(None)

    # Keys -------------------------------------------------------------------------------------

    def keys(self):
        """Return what the keys do here."""
        return {
            "F5": self.check,
            "Ctrl+F": self._to_filter,
            "Ctrl+J": self.findings.ask_to_justify,
            "Ctrl+Shift+J": self.findings.ask_to_revoke,
            "Ctrl+G": self.findings.ask_to_assign,
            "Ctrl+Shift+G": self.findings.ask_to_unassign,
            "Ctrl+R": self.open_report,
            "Ctrl+E": self.delivery_wanted.emit,
            "Ctrl+I": self.import_services,
        }

    def _to_filter(self):
        self.panel.tabs.setCurrentIndex(FINDINGS)
        self.findings.filter_text.setFocus()
        self.findings.filter_text.selectAll()

    def close_down(self):
        """Close the windows it opened too."""
        for dialog in (self.import_dialog, self.criteria_dialog):
            if dialog is not None:
                dialog.done(0)
        super().close_down()


_COUNTS = ("BLOCKING", "ERRORS", "WARNINGS", "INFOS", "CHECKS_RUN", "NOT_RUN")
_WAIVERS_FILTER = "Giustificazioni (*.json)"


def _plural(count, one, many):
    return f"{count} {one if count == 1 else many}" if count else ""


def _reload(source):
    """Show the new rows of a table that is open in the project, named by id or by source."""
    path, _, table = source.partition("|")
    for layer in QgsProject.instance().mapLayers().values():
        if not isinstance(layer, QgsVectorLayer):
            continue
        same = layer.id() == source or (
            layer.source().partition("|")[0] == path and table and table in layer.source()
        )
        if same:
            layer.dataProvider().reloadData()
            layer.triggerRepaint()
