"""Many comuni, one after the other: one summary table, and no comune stops the others."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFolderDestination,
)

from ..core import schema
from ..core.errors import SttmError
from .base import Cancelled, SttmAlgorithm
from .verifica_completa import VerificaCompleta

_FILES = {
    VerificaCompleta.RILIEVI: "rilievi.gpkg",
    VerificaCompleta.CONTROLLI: "controlli.gpkg",
    VerificaCompleta.REPORT_HTML: "rapporto.html",
}
# Beside a package: they stay in the comune.
_LOG, _SHEETS = "registro.json", "schede"


class VerificaComuni(SttmAlgorithm):
    """Runs verifica_completa for each row of a table."""

    NAME = "verificacomuni"
    DISPLAY_NAME = "Verifica molti comuni"
    GROUP = "3 – Verifica"
    TAGS = ("batch", "serie", "tutti i comuni", "133", "riepilogo", "modello")
    NEEDS = VerificaCompleta.NEEDS
    HELP = (
        "Esegue «Verifica completa» per ogni riga di una tabella (CSV, foglio di calcolo, "
        "layer) e scrive una tabella di riepilogo. Un comune che non riesce è nel riepilogo "
        "con il motivo e non ferma gli altri. La tabella ha le colonne comune (codice o nome) "
        "e servizi (file, anche file.gpkg|layername=layer); facoltative: confini, nodi, rete, "
        "popolazione, campo_abitanti, giustificazioni, perimetri, lettura2, contermini, "
        "orari, aree_protette, rigenerazione, finanziamenti, origini, abitanti_da_insediare. I "
        "percorsi relativi partono dalla cartella della tabella. Ciò che una riga non indica "
        "vale per tutti dai parametri. Per ogni comune nasce la cartella <istat>_<nome> con "
        "rilievi.gpkg, controlli.gpkg, rapporto.html e, se richiesta e senza blocchi, la "
        "consegna con registro.json e la cartella schede. I file di una verifica precedente del "
        "comune si sostituiscono. Parametri: JOBS, COMUNI, STOPS, NETWORK, POPULATION, POP_FIELD, "
        "CRITERIA, AUTHOR, OFFICE, ROLE, LUM_PERIMETERS, READING2, NEIGHBOURS, GTFS, "
        "PROTECTED, REGENERATION, FUNDING, ORIGINS, KEEP_PERSONAL, PACKAGES, OUTPUT_FOLDER, "
        "OUTPUT; risultati DONE, FAILED, BLOCKED."
    )

    JOBS, PACKAGES = "JOBS", "PACKAGES"
    OUTPUT_FOLDER, OUTPUT = "OUTPUT_FOLDER", "OUTPUT"
    # Parameters of verifica_completa that hold for every comune.
    _SHARED = (
        "COMUNI", "STOPS", "NETWORK", "POPULATION", "POP_FIELD", "CRITERIA", "AUTHOR", "OFFICE",
        "ROLE", "LUM_PERIMETERS", "READING2", "NEIGHBOURS", "GTFS", "PROTECTED", "REGENERATION",
        "FUNDING", "ORIGINS", "KEEP_PERSONAL",
    )  # fmt: skip

    def flags(self):
        # What binds one comune to the main thread binds them all.
        return super().flags() | (VerificaCompleta().flags() & self.Flag.FlagNoThreading)

    def define(self):
        self.add_source(
            self.JOBS,
            "Elenco dei comuni",
            "Tabella con le colonne comune e servizi, una riga per comune.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        whole = VerificaCompleta()
        whole.define()
        for name in self._SHARED:
            shared = whole.parameterDefinition(name).clone()
            shared.setHelp(self.tr("Per tutti i comuni. ") + shared.help())
            self.addParameter(shared)
        self.add(
            QgsProcessingParameterBoolean(self.PACKAGES, self.tr("Prepara le consegne"), False),
            "Scrive il pacchetto di consegna di ogni comune senza rilievi bloccanti.",
        )
        self.add(
            QgsProcessingParameterFolderDestination(
                self.OUTPUT_FOLDER, self.tr("Cartella dei risultati")
            ),
            "Vi nasce una cartella per comune.",
        )
        self.add_sink(
            self.OUTPUT,
            "Riepilogo",
            "Una riga per comune: esito, rilievi per severità, motivo se non è riuscito, cartella.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_numbers(
            {
                "DONE": "Comuni verificati",
                "FAILED": "Comuni non riusciti",
                "BLOCKED": "Comuni con rilievi bloccanti",
            }
        )

    def compute(self, parameters, context, feedback):
        jobs = self._jobs(parameters, context)
        folder = Path(self.parameterAsString(parameters, self.OUTPUT_FOLDER, context))
        shared = {
            name: parameters[name]
            for name in self._SHARED
            if parameters.get(name) not in (None, "")
        }
        steps = QgsProcessingMultiStepFeedback(len(jobs), feedback)
        packages = self.parameterAsBool(parameters, self.PACKAGES, context)
        rows = []
        for number, job in enumerate(jobs):
            steps.setCurrentStep(number)
            name = job.comune.nome if job.comune else job.text or "senza nome"
            feedback.setProgressText(f"{number + 1} di {len(jobs)}: {name}")
            row = self._verify(job, shared, folder, packages, context, steps)
            # What stopped midway is no failure of the comune.
            if feedback.isCanceled():
                raise Cancelled
            if row["esito"] == "fallito":
                feedback.reportError(f"{name}: {row['messaggio']}")
            rows.append(row)
        steps.setCurrentStep(len(jobs))
        counts = {
            "DONE": sum(row["esito"] != "fallito" for row in rows),
            "FAILED": sum(row["esito"] == "fallito" for row in rows),
            "BLOCKED": sum(row["esito"] == "con_blocchi" for row in rows),
        }
        feedback.pushInfo(
            f"Comuni verificati {counts['DONE']} su {len(rows)}, non riusciti {counts['FAILED']}, "
            f"con rilievi bloccanti {counts['BLOCKED']}."
        )
        summary = self.write_rows(parameters, self.OUTPUT, context, rows, schema.BATCH)
        return {self.OUTPUT: summary, self.OUTPUT_FOLDER: str(folder), **counts}

    def _jobs(self, parameters, context):
        from ..core.batch import read_jobs
        from ..qgis_io.frames import iter_features, plain_value

        source = self.source(parameters, self.JOBS, context)
        fields = [field.name() for field in source.fields()]
        rows = [
            dict(zip(fields, map(plain_value, feature.attributes())))
            for feature in iter_features(source)
        ]
        layer = self.whole_layer(parameters, self.JOBS, context)
        path = Path("" if layer is None else layer.source().partition("|")[0])
        folder = path.parent if path.is_file() else Path(context.project().homePath() or ".")
        return read_jobs(fields, rows, folder.resolve())

    def _verify(self, job, shared, folder, packages, context, feedback):
        """Return the row of the summary of one comune, whatever happens to it."""
        from ..core.batch import folder_name
        from ..core.documents import today

        row = dict.fromkeys(schema.names(schema.BATCH))
        row["comune"] = job.text or None
        if job.comune is not None:
            row.update(
                istat=job.comune.istat,
                comune=job.comune.nome,
                zona_omogenea=job.comune.zona_omogenea,
            )
        if job.fault:
            return {**row, "esito": "fallito", "messaggio": job.fault}
        place = folder / folder_name(job.comune)
        given = {**shared, **job.parameters, self.COMUNE: job.comune.istat}
        given.update({name: str(place / file) for name, file in _FILES.items()})
        if packages:
            name = f"sttm2_pds_{job.comune.istat}_{today():%Y%m%d}_v1.zip"
            given[VerificaCompleta.CONSEGNA] = str(place / name)
            given[VerificaCompleta.SCHEDE] = str(place / _SHEETS)
            given[VerificaCompleta.REGISTRO] = str(place / _LOG)
        try:
            results = self._run(given, place, context, feedback)
        except (QgsProcessingException, SttmError) as error:
            return {**row, "esito": "fallito", "messaggio": _sentence(error)}
        counts = {
            column: int(results.get(name) or 0)
            for column, name in (
                ("bloccanti", "BLOCKING"),
                ("errori", "ERRORS"),
                ("avvisi", "WARNINGS"),
                ("informazioni", "INFOS"),
            )
        }
        return {
            **row,
            **counts,
            "esito": "con_blocchi" if counts["bloccanti"] else "riuscito",
            "cartella": str(place),
            "consegna": results.get(VerificaCompleta.CONSEGNA),
        }

    def _run(self, given, place, context, feedback):
        from ..core.documents import write_error

        try:
            place.mkdir(parents=True, exist_ok=True)
            # What an earlier run left must not be taken for the result of this one.
            for file in (*_FILES.values(), _LOG):
                (place / file).unlink(missing_ok=True)
            for file in (place / _SHEETS).glob("*.html"):
                file.unlink()
        except OSError as error:
            raise write_error(place, error) from error
        algorithm = VerificaCompleta().create()
        # One context a comune: its intermediate layers go away with it.
        own = QgsProcessingContext()
        own.setProject(context.project())
        own.setTransformContext(context.transformContext())
        own.setFeedback(feedback)
        # Opened first: QGIS would refuse what doesn't open in its words, not in ours.
        for name in VerificaCompleta.SOURCES:
            algorithm.source(given, name, own)
        accepted, message = algorithm.checkParameterValues(given, own)
        if not accepted:
            raise SttmError(message)
        results, _ = algorithm.run(given, own, feedback, {}, False)
        if not results:
            raise SttmError("La verifica si è interrotta: vedere il registro.")
        return results


def _sentence(error):
    """Return what a run complained of, without the traceback of a fault of ours."""
    text = str(error).strip()
    if not text or "Traceback (most recent call last)" in text:
        return "La verifica si è fermata per un difetto del plugin: vedere il registro."
    return text
