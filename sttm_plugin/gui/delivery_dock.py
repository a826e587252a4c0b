"""The dock "Consegna": ready or not, the package, its check; and the package one receives."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from html import escape
from pathlib import Path

from qgis.core import QgsMapLayerProxyModel, QgsProcessingUtils, QgsProject
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QDate, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog

from ..processing_algorithms.choices import DELIVERY_KINDS, comuni
from .dock import SttmDock
from .findings_model import short_code
from .guidance import delivery_guide_html
from .project_state import recall, recall_path, remember, remember_path
from .result_layers import result_layer
from .rows_model import FilteredRows, layer_of, rows_of, set_up_table
from .shared_inputs import SharedInputs, criteria_parameters, import_log, layer_parameters

READY, PACKAGE, RECEIVE, GUIDE = range(4)
_Filter = QgsMapLayerProxyModel.Filter
# Chosen here; the others in the panel "Verifica STTM 2".
_OWN = {
    "ORIGINS": _Filter.VectorLayer,
    "REGENERATION": _Filter.PolygonLayer,
    "FUNDING": _Filter.VectorLayer,
}
_LAYERS = ("LUM", "LUM_PERIMETERS", "COMUNI", *_OWN)
# Remembered in the project under these keys; the author is everybody's.
_TEXTS = {"author": "autore", "office": "ufficio", "role": "ruolo"}
_PACKAGES = "Consegna (*.zip *.p7m *.gpkg)"
_REPORT = "rapporto.html"
# Longer than any report of ours: what is beyond isn't one.
_MOST_BYTES = 64 * 1024 * 1024


class DeliveryDock(SttmDock):
    """For who hands in: what is missing, the package, its check. For who receives: the stages."""

    NAME, TITLE, ICON, FORM = "Delivery", "Consegna", "exportcompatibility", "delivery_panel"

    # The finding somebody wants to see, by its id.
    finding_wanted = pyqtSignal(str)

    def __init__(self, iface, parent=None):
        super().__init__(iface, parent)
        self._sheets = self._validation_report = ""
        self._validated: list = []
        self._set_up_ready()
        self._set_up_package()
        self._set_up_receive()
        self.add_guide(delivery_guide_html())
        self.watch(QgsProject.instance().writeProject, self.remember_view)
        self.begin()

    # Set up -------------------------------------------------------------------------------

    def _set_up_ready(self):
        panel = self.panel
        self.items = FilteredRows(
            [("titolo", self.tr("Voce")), ("numero", "N."), ("testo", self.tr("Che cosa"))], self
        )
        set_up_table(panel.items, self.items, (13, 4, 30), 2)
        panel.items.selectionModel().currentRowChanged.connect(self._tell_item)
        panel.items.activated.connect(lambda _: self.show_finding())
        panel.filter_group.addItem(self.tr("Tutto"), "")
        for name, title in _groups(self.tr).items():
            panel.filter_group.addItem(title, name)
        panel.filter_group.currentIndexChanged.connect(self._filter_items)
        panel.check_ready.clicked.connect(self.check_ready)
        panel.to_finding.clicked.connect(self.show_finding)
        panel.ready_splitter.setStretchFactor(0, 3)
        panel.ready_splitter.setStretchFactor(1, 1)

    def _set_up_package(self):
        panel = self.panel
        panel.kind.addItems(DELIVERY_KINDS)
        panel.previous.setFilter(self.tr("Pacchetto (*.zip *.p7m)"))
        panel.previous.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        panel.output.setFilter("ZIP (*.zip)")
        panel.output.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.inputs = SharedInputs(self)
        for name, kind in _OWN.items():
            self.inputs.bind_layer(
                name, getattr(panel, f"layer_{name}"), kind, self.tr("(nessuno)")
            )
        self.inputs.bind_path("IMPORT_LOG", panel.file_IMPORT_LOG, self.tr("Registro (*.json)"))
        panel.more.setCollapsed(True)
        for layout in (panel.package_form, panel.more_form):
            layout.setRowWrapPolicy(layout.RowWrapPolicy.WrapLongRows)
            layout.setFieldGrowthPolicy(layout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, key in _TEXTS.items():
            widget = getattr(panel, name)
            widget.textChanged.connect(self._judge)
            widget.editingFinished.connect(
                lambda widget=widget, key=key: remember(key, widget.text().strip())
            )
        panel.kind.currentIndexChanged.connect(self._judge)
        panel.previous.fileChanged.connect(self._judge)
        panel.output.fileChanged.connect(self._judge)
        panel.export_package.clicked.connect(self.export)
        panel.open_report.clicked.connect(self.open_report)
        panel.open_folder.clicked.connect(self.open_folder)
        panel.written.anchorClicked.connect(QDesktopServices.openUrl)

    def _set_up_receive(self):
        panel = self.panel
        panel.received.setFilter(self.tr(_PACKAGES))
        panel.received.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        panel.received.fileChanged.connect(lambda _: self._show_validation(None))
        self.stages = FilteredRows(
            [
                ("titolo", self.tr("Fase")),
                ("esito", self.tr("Esito")),
                ("errori", self.tr("Errori")),
                ("avvisi", self.tr("Avvisi")),
            ],
            self,
        )
        set_up_table(panel.stages, self.stages, (20, 14, 8, 8), 0)
        self.problems = FilteredRows(
            [
                ("gravita", self.tr("Gravità")),
                ("numero", "N."),
                ("messaggio", self.tr("Che cosa non va")),
                ("dove", self.tr("Dove")),
            ],
            self,
        )
        set_up_table(panel.problems, self.problems, (8, 4, 30, 10), 2)
        panel.stages.selectionModel().currentRowChanged.connect(self._show_problems)
        panel.problems.selectionModel().currentRowChanged.connect(self._tell_problem)
        panel.validate.clicked.connect(self.validate)
        panel.validation_report.clicked.connect(self._open_validation)
        panel.drafts.clicked.connect(self.write_drafts)
        for at, share in enumerate((2, 4, 1)):
            panel.receive_splitter.setStretchFactor(at, share)

    # What is handed in --------------------------------------------------------------------

    def parameters(self) -> dict:
        """Return the parameters that ``checkdelivery`` and ``exportcompatibility`` share."""
        panel = self.panel
        given = {
            "COMUNE": self.istat(),
            "SERVICES": self._services(),
            **layer_parameters(_LAYERS),
            **criteria_parameters(),
        }
        for name, key in _TEXTS.items():
            remember(key, getattr(panel, name).text().strip())
        given.update(
            AUTHOR=panel.author.text().strip(),
            OFFICE=panel.office.text().strip(),
            ROLE=panel.role.text().strip(),
            KIND=panel.kind.currentIndex(),
            NOTES=panel.notes.toPlainText().strip(),
            KEEP_PERSONAL=panel.keep_personal.isChecked(),
        )
        if panel.kind.currentIndex():
            given["PREVIOUS_PACKAGE"] = panel.previous.filePath().strip()
        findings = result_layer("rilievi")
        if findings is not None and recall("comune_verificato") == self.istat():
            given["FINDINGS"] = findings.id()
        for name, value in (
            ("WAIVERS", self.waivers_source()),
            ("IMPORT_LOG", import_log()),
        ):
            if value:
                given[name] = value
        return {name: value for name, value in given.items() if value != ""}

    def missing(self) -> str:
        """Return the sentence on what is needed and isn't there, "" when one can go on."""
        if not self.istat():
            return self.tr("Scegliere il comune nel pannello «Verifica STTM 2».")
        if not self._services():
            return self.tr("Spuntare i layer dei servizi nel pannello «Verifica STTM 2».")
        return ""

    def _services(self):
        project = QgsProject.instance()
        ids = [one for one in recall("SERVICES", []) if project.mapLayer(one) is not None]
        return ids or [path for path in [self.workspace()] if path]

    def _tell_data(self):
        missing = self.missing()
        if missing:
            self.panel.data_told.setText(missing)
            return
        named = {istat: nome for istat, nome, _ in comuni()}
        project = QgsProject.instance()
        layers = [project.mapLayer(one) for one in recall("SERVICES", [])]
        titles = [layer.name() for layer in layers if layer is not None]
        told = ", ".join(titles) or Path(self.workspace()).name
        checked = recall("comune_verificato") == self.istat() and result_layer("rilievi")
        self.panel.data_told.setText(
            self.tr("{} ({}): {}. {}").format(
                named.get(self.istat(), ""),
                self.istat(),
                told,
                self.tr("Con i rilievi dell'ultima verifica.")
                if checked
                else self.tr("Senza rilievi: eseguire prima la verifica."),
            )
        )

    # Ready? -------------------------------------------------------------------------------

    def check_ready(self):
        """Run ``sttm:checkdelivery``."""
        if self.is_running():
            return
        self.panel.tabs.setCurrentIndex(READY)
        missing = self.missing() or self._missing_previous()
        if missing:
            self.warn(missing)
            return
        given = {**self.parameters(), "OUTPUT": "TEMPORARY_OUTPUT"}
        self.start("sttm:checkdelivery", given, self._on_ready)

    def _on_ready(self, run, results):
        groups = _groups(self.tr)
        rows = rows_of(layer_of(run, results["OUTPUT"]))
        for row in rows:
            row["titolo"] = groups.get(row["voce"], row["voce"])
            row["numero"] = short_code(row["codice"])
        self.items.set_rows(rows)
        for at in range(1, self.panel.filter_group.count()):
            name = self.panel.filter_group.itemData(at)
            count = sum(row["voce"] == name for row in rows)
            self.panel.filter_group.setItemText(at, f"{groups[name]} ({count})")
        blocking = int(results["BLOCKING"])
        if blocking:
            told = self.tr("Non ancora: blocchi {}.").format(blocking)
        else:
            told = self.tr("Nulla la blocca.")
        others = [
            f"{groups[name].lower()} {int(results[key])}"
            for name, key in _RESULTS.items()
            if int(results[key])
        ]
        if others:
            told += self.tr(" Da guardare: {}.").format(", ".join(others))
        self.panel.ready_told.setText(told)
        if rows:
            self.panel.items.selectRow(0)
        self.panel.items.setFocus()

    def _filter_items(self, *_):
        group = self.panel.filter_group.currentData()
        self.items.set_filter((lambda row: row["voce"] == group) if group else None)

    def _item(self):
        return self.items.row(self.panel.items.currentIndex())

    def _tell_item(self, *_):
        row = self._item()
        self.panel.to_finding.setEnabled(bool(row and row["id_rilievo"]))
        if row is None:
            self.panel.item_detail.clear()
            return
        pieces = [f"<p><b>{escape(row['titolo'])}</b> {escape(row['codice'] or '')}</p>"]
        pieces.append(f"<p>{escape(row['testo'] or '')}</p>")
        if row["che_fare"]:
            what = escape(self.tr("Che cosa fare"))
            pieces.append(f"<p><i>{what}</i>: {escape(row['che_fare'])}</p>")
        if row["id_oggetto"]:
            pieces.append(f"<p><small>{escape(row['id_oggetto'])}</small></p>")
        self.panel.item_detail.setHtml("".join(pieces))

    def show_finding(self):
        """Ask for the finding of the row to be shown in its own panel."""
        row = self._item()
        if row is not None and row["id_rilievo"]:
            self.finding_wanted.emit(row["id_rilievo"])

    # Package ------------------------------------------------------------------------------

    def show_package(self):
        """Come forward on the page of the package."""
        self.setUserVisible(True)
        self.panel.tabs.setCurrentIndex(PACKAGE)
        self.panel.author.setFocus()

    def _missing_previous(self):
        follows = self.panel.kind.currentIndex() > 0
        if follows and not self.panel.previous.filePath().strip():
            return self.tr("Un aggiornamento o una rettifica indica la consegna precedente.")
        return ""

    def problem(self) -> str:
        """Return the sentence on what the package still needs, "" when it can be written."""
        if self.missing():
            return self.missing()
        if not self.panel.author.text().strip():
            return self.tr("Manca l'autore.")
        if not self.panel.output.filePath().strip().lower().endswith(".zip"):
            return self.tr("Indicare un file .zip da scrivere.")
        return self._missing_previous()

    def _judge(self, *_):
        self.panel.previous.setEnabled(self.panel.kind.currentIndex() > 0)
        problem = self.problem()
        self.panel.problem.setText(problem)
        self.panel.problem.setVisible(bool(problem))
        self.panel.export_package.setEnabled(not problem and not self.is_running())

    def export(self):
        """Run ``sttm:exportcompatibility``, then validate what was written."""
        if self.is_running():
            return
        self.panel.tabs.setCurrentIndex(PACKAGE)
        problem = self.problem()
        if problem:
            self.warn(problem)
            return
        path = self.panel.output.filePath().strip()
        given = {
            **self.parameters(),
            "OUTPUT": path,
            "ALLOW_BLOCKING": self.panel.allow_blocking.isChecked(),
        }
        if self.panel.sheets.isChecked():
            given["SHEETS"] = str(Path(path).with_suffix("")) + "_schede"
        if self.panel.log.isChecked():
            given["LOG"] = str(Path(path).with_suffix("")) + "_non_consegnato.json"
        self.start("sttm:exportcompatibility", given, self._on_exported)

    def _on_exported(self, _run, results):
        written = results["OUTPUT"]
        remember_path("consegna", written)
        self._sheets = results.get("SHEETS") or ""
        self._show_written(written, results.get("SHA256", ""))
        given = {"INPUT": written, "OUTPUT": "TEMPORARY_OUTPUT", **criteria_parameters()}
        self.runs.start(
            "sttm:validatesubmission",
            given,
            lambda run, found: self._on_own_validated(run, found, written, results),
        )

    def _on_own_validated(self, run, found, written, results):
        rows = rows_of(layer_of(run, found["OUTPUT"]))
        self._show_written(written, results.get("SHA256", ""), rows, found)
        self.praise(self.tr("Consegna scritta e validata: {}.").format(Path(written).name))
        self._propose()

    def _show_written(self, path, digest="", rows=None, found=None):
        """Tell the package: where it is, its hashes, its check, where the signature goes."""
        file = Path(path) if path else None
        there = file is not None and file.is_file()
        self.panel.open_report.setEnabled(there)
        self.panel.open_folder.setEnabled(there)
        if not there:
            self.panel.written.clear()
            return
        size = max(file.stat().st_size // 1024, 1)
        pieces = [f"<p><b>{escape(file.name)}</b> ({size} KiB)<br>{escape(str(file.parent))}</p>"]
        if rows is not None:
            valid = self.tr("valido, nulla lo blocca") if found["VALID"] else self.tr("non valido")
            counts = self.tr("da guardare: errori {}, avvisi {}").format(
                int(found["ERRORS"]), int(found["WARNINGS"])
            )
            pieces.append(f"<p><b>{escape(self.tr('Controllo'))}</b>: {valid} ({counts})</p><ul>")
            pieces += [
                f"<li>{escape(stage['titolo'])}: {escape(stage['esito'])}</li>"
                for stage in _stages(rows, self.tr)
            ]
            pieces.append("</ul>")
        if self._sheets and (Path(self._sheets) / "indice.html").is_file():
            link = QUrl.fromLocalFile(str(Path(self._sheets) / "indice.html")).toString()
            said = escape(self.tr("Bozze delle schede di riconoscimento"))
            pieces.append(f'<p><a href="{escape(link)}">{said}</a></p>')
        pieces.append(
            "<p><b>{}</b>: {}</p>".format(
                escape(self.tr("Firma")),
                escape(
                    self.tr(
                        "si firma questo file, intero, con il dispositivo dell'ente: ne esce "
                        "{}.p7m, da mettere accanto o da consegnare al suo posto. Dentro non si "
                        "aggiunge e non si toglie nulla."
                    ).format(file.name)
                ),
            )
        )
        # Not in a table: a hash is broken where the panel ends.
        pieces.append("<p><b>SHA-256</b></p>")
        pieces += [
            f"<p>{escape(name)}<br><small><code>{escape(one)}</code></small></p>"
            for name, one in [(file.name, digest), *_manifest_hashes(file)]
            if one
        ]
        self.panel.written.setHtml("".join(pieces))

    def open_report(self):
        """Open the report that lies in the package."""
        path = recall_path("consegna")
        content = _member(Path(path), _REPORT) if path else b""
        if not content:
            self.warn(self.tr("Non c'è ancora un pacchetto: esportare la consegna (Ctrl+E)."))
            return
        folder = tempfile.mkdtemp(prefix="sttm-", dir=QgsProcessingUtils.tempFolder())
        report = Path(folder) / _REPORT
        report.write_bytes(content)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(report)))

    def open_folder(self):
        """Open the folder of the package."""
        path = recall_path("consegna")
        if path:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))

    def _propose(self):
        """Propose the file to write, with the first number that is free."""
        istat = self.istat()
        self.panel.output.setFilePath(str(proposed_path(self.folder(), istat)) if istat else "")

    # Receive ------------------------------------------------------------------------------

    def validate(self):
        """Run ``sttm:validatesubmission`` on the package received."""
        if self.is_running():
            return
        self.panel.tabs.setCurrentIndex(RECEIVE)
        given = self._received()
        if given is None:
            return
        report = QgsProcessingUtils.generateTempFilename("validazione.html")
        given.update(OUTPUT="TEMPORARY_OUTPUT", REPORT_HTML=report)
        self.start("sttm:validatesubmission", given, self._on_validated)

    def _received(self):
        path = self.panel.received.filePath().strip()
        if not path:
            self.warn(self.tr("Scegliere il pacchetto ricevuto: .zip, .zip.p7m o .gpkg."))
            return None
        remember_path("consegna_ricevuta", path)
        return {"INPUT": path, **criteria_parameters()}

    def _on_validated(self, run, results):
        rows = rows_of(layer_of(run, results["OUTPUT"]))
        for row in rows:
            row["numero"] = short_code(row["codice"])
        self._validation_report = results.get("REPORT_HTML") or ""
        self._show_validation(rows, results)

    def _show_validation(self, rows, results=None):
        """Show the three stages, nothing for None."""
        self._validated = rows or []
        stages = _stages(self._validated, self.tr)
        self.stages.set_rows(stages)
        self.problems.set_rows([])
        self.panel.problem_detail.clear()
        self.panel.validation_report.setEnabled(bool(rows) and bool(self._validation_report))
        self.panel.drafts.setEnabled(bool(rows))
        if results is None:
            self.panel.verdict.setText("")
            return
        valid = self.tr("Valida, nulla la blocca") if results["VALID"] else self.tr("Non valida")
        told = self.tr("{}: errori {}, avvisi {}.").format(
            valid, int(results["ERRORS"]), int(results["WARNINGS"])
        )
        if results["SIGNERS"]:
            told += self.tr(" Firmata da {} (la validità della firma non è giudicata qui).").format(
                results["SIGNERS"]
            )
        else:
            told += self.tr(" Nessuna firma letta.")
        self.panel.verdict.setText(told)
        # The first stage that didn't go well is what one looks for.
        wrong = [at for at, stage in enumerate(stages) if stage["esito"] != "superata"]
        self.panel.stages.selectRow(wrong[0] if wrong else len(stages) - 1)
        if results["SHA256"]:
            self.panel.problem_detail.setPlainText(f"SHA-256\n{results['SHA256']}")

    def _show_problems(self, *_):
        stage = self.stages.row(self.panel.stages.currentIndex())
        if stage is None:
            return
        self.problems.set_rows(
            [row for row in self._validated if row["fase"] == stage["fase"] and row["messaggio"]]
        )
        self.panel.problem_detail.clear()

    def _tell_problem(self, *_):
        row = self.problems.row(self.panel.problems.currentIndex())
        text = "" if row is None else f"{row['messaggio']}\n{row['dove'] or ''}"
        self.panel.problem_detail.setPlainText(text)

    def _open_validation(self):
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._validation_report))

    def write_drafts(self):
        """Ask where, and write the drafts of recognition of the package received."""
        if self.is_running():
            return
        given = self._received()
        if given is None:
            return
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Cartella delle bozze"), self.folder()
        )
        if not folder:
            return
        given["SHEETS"] = folder

        def on_written(_run, results):
            index = Path(folder) / "indice.html"
            if results.get("SHEETS") and index.is_file():
                self.praise(self.tr("Bozze scritte in {}.").format(folder))
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(index)))
            else:
                self.tell(
                    self.tr(
                        "Nessuna bozza: nel pacchetto non ci sono servizi previsti di possibile "
                        "rilevanza sovracomunale, o il contenuto non si legge."
                    )
                )

        self.start("sttm:validatesubmission", given, on_written)

    # State --------------------------------------------------------------------------------

    def restore(self):
        """Show what the project remembers."""
        panel = self.panel
        self.inputs.restore()
        for name, key in _TEXTS.items():
            getattr(panel, name).setText(recall(key))
        previous = recall_path("consegna")
        panel.previous.setFilePath(previous if previous and Path(previous).is_file() else "")
        kind = recall("consegna_tipo")
        panel.kind.setCurrentIndex(int(kind) if kind.isdigit() else 0)
        panel.notes.setPlainText(recall("consegna_note"))
        panel.received.setFilePath(recall_path("consegna_ricevuta"))
        page = recall("consegna_scheda")
        first = READY if recall("comune") else GUIDE
        panel.tabs.setCurrentIndex(int(page) if page.isdigit() else first)
        self.items.set_rows([])
        panel.ready_told.setText("")
        self._sheets = ""
        self._show_written(previous)
        self._show_validation(None)
        self._propose()
        self._tell_item()
        self._tell_data()
        self._judge()

    def remember_view(self, *_):
        """Write the page and what was typed: when the project is saved."""
        for name, key in _TEXTS.items():
            remember(key, getattr(self.panel, name).text().strip())
        kind = self.panel.kind.currentIndex()
        remember("consegna_tipo", str(kind) if kind else "")
        remember("consegna_note", self.panel.notes.toPlainText().strip())
        remember_path("consegna_ricevuta", self.panel.received.filePath().strip())
        remember("consegna_scheda", str(self.panel.tabs.currentIndex()))

    def on_told(self, key):
        """Follow a choice made in another panel."""
        self.inputs.follow(key)
        for name, one in _TEXTS.items():
            if key == one and getattr(self.panel, name).text().strip() != recall(key):
                getattr(self.panel, name).setText(recall(key))
        if key in ("comune", "workspace"):
            self._propose()
        if key in ("comune", "workspace", "SERVICES", "comune_verificato"):
            self._tell_data()
            self._judge()

    def on_busy(self, busy):
        """Nothing else is run meanwhile."""
        for button in (self.panel.check_ready, self.panel.validate):
            button.setEnabled(not busy)
        self.panel.drafts.setEnabled(not busy and bool(self._validated))
        self._judge()

    def on_results_gone(self, roles):
        """The findings that went are no longer told."""
        if "rilievi" in roles:
            self._tell_data()

    def keys(self):
        """Return what the keys do here."""
        return {"F5": self._run_page, "Ctrl+E": self.export, "Ctrl+R": self.open_report}

    def _run_page(self):
        if self.panel.tabs.currentIndex() == RECEIVE:
            self.validate()
        else:
            self.check_ready()


def _groups(tr) -> dict:
    """Return {group of ``checkdelivery``: its title}, in order."""
    return {
        "blocca": tr("Blocca"),
        "metadati": tr("Metadati"),
        "dati_personali": tr("Dati personali"),
        "da_correggere": tr("Da correggere"),
        "da_spiegare": tr("Da spiegare"),
        "non_verificato": tr("Non verificato"),
    }


_RESULTS = {
    "metadati": "METADATA",
    "dati_personali": "PERSONAL",
    "da_correggere": "TO_MEND",
    "da_spiegare": "UNEXPLAINED",
    "non_verificato": "NOT_VERIFIED",
}


def _stages(rows, tr) -> list:
    """Return a row for each stage of a validation, in order."""
    titles = {
        "pacchetto": tr("1. Pacchetto"),
        "schema": tr("2. Schema"),
        "contenuto": tr("3. Contenuto"),
    }
    found: dict = {}
    for row in rows:
        stage = found.setdefault(
            row["fase"],
            {
                "fase": row["fase"],
                "titolo": titles.get(row["fase"], row["fase"]),
                "esito": row["esito"],
                "errori": 0,
                "avvisi": 0,
            },
        )
        stage["errori"] += row["gravita"] == "errore"
        stage["avvisi"] += row["gravita"] == "avviso"
    return list(found.values())


def _member(path, name) -> bytes:
    """Return a file of a package we wrote, b"" where it can't be read."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
            return stream.read(_MOST_BYTES)
    except (OSError, KeyError, RuntimeError, zipfile.BadZipFile):
        return b""


def _manifest_hashes(path) -> list:
    """Return (name, SHA-256) of the files a package says it holds."""
    try:
        listed = json.loads(_member(path, "manifest.json") or b"{}").get("file", [])
        return [(str(one["nome"]), str(one["sha256"])) for one in listed]
    except (ValueError, AttributeError, KeyError, TypeError):
        return []


def proposed_path(folder, istat, day=None) -> Path:
    """Return the name the contract proposes, with the first number that is free in the folder."""
    day = day or QDate.currentDate().toString("yyyyMMdd")
    folder = Path(folder)
    pattern = re.compile(rf"sttm2_pds_{re.escape(istat)}_\d{{8}}_v(\d+)\.zip")
    taken = [0]
    if folder.is_dir():
        taken += [
            int(found.group(1))
            for found in (pattern.fullmatch(path.name) for path in folder.iterdir())
            if found
        ]
    return folder / f"sttm2_pds_{istat}_{day}_v{max(taken) + 1}.zip"
