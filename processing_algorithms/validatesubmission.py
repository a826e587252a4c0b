"""validatesubmission: what the receiving side runs on a package."""

from __future__ import annotations

import tempfile
from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputString,
    QgsProcessingParameterFolderDestination,
)

from ..core import schema
from ..core.errors import SttmError
from .base import SttmAlgorithm, or_cancelled


class ValidateSubmission(SttmAlgorithm):
    """Checks a submission in three stages: package, schema, content."""

    NAME = "validatesubmission"
    DISPLAY_NAME = "Valida una consegna"
    GROUP = "4 – Consegna"
    HELP = (
        "Controlla un pacchetto ricevuto in tre fasi: il pacchetto (nomi, dimensioni, impronte), "
        "lo schema (tabelle, campi, sistema di riferimento), il contenuto (i controlli sui dati). "
        "Un archivio costruito ad arte o manomesso non viene aperto. Il rapporto dice che cosa non "
        "va e in quale fase. Una firma digitale attorno allo zip si legge, ma la sua validità non "
        "è giudicata qui."
    )
    TAGS = ("validazione", "consegna", "pacchetto", "zip", "p7m", "ricezione", "controlli")
    NEEDS = ("pandas", "geopandas", "shapely", "jinja2")

    INPUT, REPORT_HTML, REPORT_JSON = "INPUT", "REPORT_HTML", "REPORT_JSON"
    OUTPUT, SHEETS = "OUTPUT", "SHEETS"

    def define(self):
        self.add_file(
            self.INPUT,
            "Pacchetto",
            "Lo .zip della consegna, anche firmato (.zip.p7m), oppure il solo GeoPackage (.gpkg): "
            "questo può essere valido, ma la sua integrità non è dimostrata.",
            "Consegna (*.zip *.p7m *.gpkg)",
            optional=False,
        )
        self.add_criteria()
        self.add_file_output(self.REPORT_HTML, "Rapporto", "Rapporto da leggere.", "HTML (*.html)")
        self.add_file_output(
            self.REPORT_JSON, "Rapporto per altri programmi", "Lo stesso in JSON.", "JSON (*.json)"
        )
        self.add_sink(
            self.OUTPUT,
            "Esito per fase",
            "Una riga per ogni cosa che non va, con la fase (pacchetto, schema, contenuto) e come "
            "è finita; una riga sola per una fase senza nulla da dire.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        sheets = QgsProcessingParameterFolderDestination(
            self.SHEETS, self.tr("Schede di riconoscimento (bozze)"), None, True, False
        )
        self.add(
            sheets,
            "Cartella in cui scrivere una bozza di scheda (NdA del PTM, art. 10) per ogni servizio "
            "previsto del pacchetto di possibile rilevanza sovracomunale. Solo se il contenuto si "
            "legge.",
        )
        self.addOutput(
            QgsProcessingOutputString("SIGNERS", self.tr("Firmatari (validità non giudicata)"))
        )
        self.addOutput(
            QgsProcessingOutputString("SHA256", self.tr("Impronta SHA-256 del pacchetto"))
        )
        self.add_boolean("VALID", "Consegna valida")
        self.add_numbers({"ERRORS": "Errori, compresi quelli bloccanti", "WARNINGS": "Avvisi"})

    def compute(self, parameters, context, feedback):
        from ..core import review
        from ..core.documents import today, write_bytes_whole
        from ..core.package import open_package
        from ..qgis_io.frames import crs_name
        from ..qgis_io.submission import read_package

        stages = self.stages(
            feedback, "apertura del pacchetto", "lettura delle tabelle", "controlli", "rapporto"
        )
        stages.next()
        path = self.parameterAsFile(parameters, self.INPUT, context)
        if not path:
            raise SttmError("Indicare il pacchetto da validare (INPUT).")
        with tempfile.TemporaryDirectory(prefix="sttm-") as folder:
            opened = open_package(path, folder)
            for signer in opened.signers:
                feedback.pushInfo(f"Firmato da {signer} (validità della firma non verificata).")
            pack = self._pack(parameters, context, feedback, opened)
            stages.next()
            tables = services = crs = None
            if opened.geopackage is not None:
                tables, crs, services = self._tables(read_package, opened, context, feedback)
            stages.next()
            validation = or_cancelled(
                review.validate(
                    Path(path).name,
                    opened,
                    pack,
                    tables,
                    services,
                    crs_name(crs) if crs is not None else "",
                    today(),
                    stages.progress,
                )
            )
        stages.next()
        results = {}
        if self.wants(parameters, self.SHEETS) and services is not None and validation.comune:
            folder = self.parameterAsString(parameters, self.SHEETS, context)
            self.write_sheets(folder, services, validation.comune, pack, feedback)
            results[self.SHEETS] = folder
        for name, content in (
            (self.REPORT_HTML, lambda: review.validation_html(validation).encode("utf-8")),
            (self.REPORT_JSON, lambda: review.validation_json(validation)),
        ):
            target = self.file_output(parameters, name, context)
            if target:
                write_bytes_whole(target, content())
                results[name] = target
        results[self.OUTPUT] = self.write_rows(
            parameters,
            self.OUTPUT,
            context,
            review.validation_rows(validation),
            schema.SUBMISSION_PROBLEMS,
        )
        _tell(validation, feedback)
        return {
            **results,
            "SIGNERS": "; ".join(str(signer) for signer in validation.signers),
            "SHA256": opened.sha256,
            "VALID": validation.valid,
            "ERRORS": validation.errors,
            "WARNINGS": validation.warnings,
        }

    def _pack(self, parameters, context, feedback, opened):
        """Return the criteria: the given ones, else those the manifest names if they are known."""
        pack = self.pack(parameters, context)
        if self.parameterAsFile(parameters, self.CRITERIA, context):
            return pack
        named = (opened.manifest or {}).get("criteri")
        if isinstance(named, dict) and named.get("sha256") != pack.sha256:
            text = (
                f"La consegna usa i criteri {named.get('id')} {named.get('versione')}, non noti "
                f"qui: il contenuto è letto con {pack.id} {pack.versione}. Indicare il pacchetto "
                "dei criteri della consegna (CRITERIA)."
            )
            feedback.pushWarning(text)
            opened.add("avviso", text, "STTM2-947")
        return pack

    def _tables(self, read_package, opened, context, feedback):
        """Return (tables, CRS, services); a table that can't be read is a problem to tell."""
        from ..core.delivery import services_of
        from ..qgis_io.frames import crs_name

        try:
            tables, crs = read_package(opened.geopackage, None, context, feedback)
            return or_cancelled(tables), crs, services_of(tables, crs_name(crs))
        except SttmError as error:
            opened.add("errore", str(error), "STTM2-102")
            return None, None, None


def _tell(validation, feedback):
    for stage in validation.stages:
        feedback.pushInfo(f"{stage.titolo}: {stage.esito}.")
        for problem in stage.problems[:20]:
            say = feedback.pushWarning if problem.gravita == "errore" else feedback.pushInfo
            say(f"  {problem.gravita} {problem.codice}: {problem.messaggio}")
        if len(stage.problems) > 20:
            feedback.pushInfo(f"  … e altri {len(stage.problems) - 20}, nel rapporto.")
    verdict = "valida" if validation.valid else "non valida"
    feedback.pushInfo(
        f"Consegna {verdict}: {validation.errors} errori, {validation.warnings} avvisi."
    )
