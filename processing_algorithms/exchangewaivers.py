"""Exchange justifications between two technicians' copies, through a file."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsProcessingParameterEnum

from ..core import schema
from ..core.errors import SttmError
from .base import SttmAlgorithm
from .choices import EXCHANGES

_EXPORT, _IMPORT = range(2)


class ExchangeWaivers(SttmAlgorithm):
    """The table of waivers out to a file, or a file merged into the table."""

    NAME = "exchangewaivers"
    DISPLAY_NAME = "Scambia le giustificazioni"
    GROUP = "3 – Verifica"
    NEEDS = ()
    TAGS = ("deroghe", "giustificazioni", "esporta", "importa", "unisci", "colleghi")
    HELP = (
        "Porta le giustificazioni da una copia dell'area di lavoro a un'altra. «Esporta» scrive "
        "la tabella deroghe in un file JSON: le stesse righe danno sempre lo stesso file. "
        "«Importa» unisce un file alla tabella, in una sola operazione: o tutto o nulla; "
        "ripetere l'importazione non cambia niente. Regole: le giustificazioni nuove si "
        "aggiungono, anche quando il rilievo ne ha già una (vale la più recente); la stessa "
        "giustificazione con testi diversi tiene quello con la data più recente; una revoca "
        "fatta in una delle due copie resta, e fra due vale la prima; ciò che una sola copia ha "
        "compilato si conserva. Quello che non vale è elencato per intero nella tabella dei "
        "conflitti. Con l'area di lavoro viaggiano anche i rilievi assegnati: di ogni rilievo vale "
        "l'assegnazione più recente. Un file rovinato o scritto male si rifiuta tutto. "
        "Parametri: DIRECTION (0 "
        "esporta, 1 importa), WORKSPACE, WAIVERS, FILE (da importare), OUTPUT_FILE (da "
        "esportare), OUTPUT, CONFLICTS; risultati EXPORTED, LEFT_OUT, ADDED, UPDATED, "
        "UNCHANGED, CONFLICTS_COUNT, ASSIGNMENTS (assegnazioni esportate o cambiate qui)."
    )

    DIRECTION, WORKSPACE, WAIVERS, FILE = "DIRECTION", "WORKSPACE", "WAIVERS", "FILE"
    OUTPUT_FILE, OUTPUT, CONFLICTS = "OUTPUT_FILE", "OUTPUT", "CONFLICTS"

    def define(self):
        self.add(
            QgsProcessingParameterEnum(
                self.DIRECTION,
                self.tr("Che cosa fare"),
                [self.tr(label) for label in EXCHANGES],
                defaultValue=_EXPORT,
            ),
            "Esportare le giustificazioni di questa copia, o importare quelle di un'altra.",
        )
        self.add_file(
            self.WORKSPACE,
            "Area di lavoro",
            "GeoPackage creato con «Crea l'area di lavoro»: le sue tabelle deroghe e assegnazioni "
            "si leggono e, importando, si aggiornano.",
            "GeoPackage (*.gpkg)",
        )
        self.add_source(
            self.WAIVERS,
            "Giustificazioni",
            "Senza area di lavoro: una tabella deroghe. Non viene modificata: la tabella unita è "
            "il risultato «Deroghe».",
        )
        self.add_file(
            self.FILE,
            "File da importare",
            "File JSON esportato dall'altra copia con questo stesso algoritmo.",
            "Giustificazioni (*.json)",
        )
        self.add_file_output(
            self.OUTPUT_FILE,
            "File da esportare",
            "File JSON da dare all'altro tecnico.",
            "Giustificazioni (*.json)",
        )
        table = QgsProcessing.SourceType.TypeVector
        self.add_sink(
            self.OUTPUT, "Deroghe", "La tabella delle deroghe dopo lo scambio.", table,
            by_default=False,
        )  # fmt: skip
        self.add_sink(
            self.CONFLICTS,
            "Conflitti",
            "Una riga per ogni giustificazione che nelle due copie è diversa, o doppia: che cosa "
            "vale, che cosa no e da quale copia viene.",
            table,
            by_default=False,
        )
        self.add_numbers(
            {
                "EXPORTED": "Giustificazioni esportate",
                "LEFT_OUT": "Righe non esportate",
                "ADDED": "Aggiunte",
                "UPDATED": "Aggiornate",
                "UNCHANGED": "Già uguali",
                "CONFLICTS_COUNT": "Conflitti",
                "ASSIGNMENTS": "Assegnazioni",
            }
        )

    def check(self, parameters, context):
        given = [
            name
            for name in (self.WORKSPACE, self.WAIVERS)
            if parameters.get(name) not in (None, "")
        ]
        if len(given) != 1:
            raise SttmError(
                "Indicare l'area di lavoro oppure una tabella di giustificazioni: una delle due."
            )
        if self._imports(parameters, context):
            if not self.parameterAsFile(parameters, self.FILE, context):
                raise SttmError("Indicare il file di giustificazioni da importare (FILE).")
        elif not self.file_output(parameters, self.OUTPUT_FILE, context):
            raise SttmError("Indicare il file in cui esportare le giustificazioni (OUTPUT_FILE).")

    def compute(self, parameters, context, feedback):
        self.check(parameters, context)
        stages = self.stages(feedback, "lettura delle giustificazioni", "scambio", "scrittura")
        stages.next()
        run = self._import if self._imports(parameters, context) else self._export
        rows, conflicts, outputs = run(parameters, context, feedback, stages)
        stages.next()
        for name, fields, content in (
            (self.OUTPUT, schema.WAIVERS, rows),
            (self.CONFLICTS, schema.CONFLICTS, conflicts),
        ):
            destination = self.write_rows(parameters, name, context, content, fields)
            if destination is not None:
                outputs[name] = destination
        return outputs

    def _export(self, parameters, context, feedback, stages):
        from ..core.assignees import plain_assignments
        from ..core.documents import write_bytes_whole
        from ..core.waiverexchange import export_document

        rows, assignments = self._rows(parameters, context, feedback)
        stages.next()
        content, left = export_document(rows, assignments)
        path = self.file_output(parameters, self.OUTPUT_FILE, context)
        stages.check()
        write_bytes_whole(path, content)
        if left:
            shown = ", ".join(left[:5]) + (f" e altre {len(left) - 5}" if len(left) > 5 else "")
            feedback.pushWarning(
                f"{len(left)} righe non sono giustificazioni intere (motivo, autore, data, codici) "
                f"e restano solo qui: {shown}."
            )
        exported = len(rows) - len(left)
        feedback.pushInfo(f"Giustificazioni esportate: {exported}.")
        outputs = {self.OUTPUT_FILE: path, "EXPORTED": exported, "LEFT_OUT": len(left)}
        outputs["ASSIGNMENTS"] = len(plain_assignments(assignments))
        return rows, [], outputs

    def _import(self, parameters, context, feedback, stages):
        from ..core.assignees import merge_assignments
        from ..core.waiverexchange import merge_waivers, read_document
        from ..qgis_io.workspacetables import change_decisions

        theirs, assigned = read_document(self.parameterAsFile(parameters, self.FILE, context))
        stages.next()
        workspace = self.parameterAsFile(parameters, self.WORKSPACE, context)
        if workspace:
            stages.check()
            merged, (_, handed) = change_decisions(
                workspace,
                lambda mine: merge_waivers(mine, theirs),
                lambda mine: merge_assignments(mine, assigned),
            )
        else:
            merged = merge_waivers(self._rows(parameters, context, feedback)[0], theirs)
            handed = 0
            if assigned:
                feedback.pushWarning(
                    f"Il file ha anche {len(assigned)} assegnazioni: si importano in un'area di "
                    "lavoro."
                )
        rows, _, counts, conflicts = merged
        feedback.pushInfo(
            f"Giustificazioni nel file: {len(theirs)}. Aggiunte {counts['aggiunte']}, aggiornate "
            f"{counts['aggiornate']}, già uguali {counts['uguali']}, conflitti {len(conflicts)}; "
            f"rilievi assegnati {handed}."
        )
        outputs = {
            "ADDED": counts["aggiunte"],
            "UPDATED": counts["aggiornate"],
            "UNCHANGED": counts["uguali"],
            "CONFLICTS_COUNT": len(conflicts),
            "ASSIGNMENTS": handed,
        }
        return rows, conflicts, outputs

    def _imports(self, parameters, context):
        return self.parameterAsEnum(parameters, self.DIRECTION, context) == _IMPORT

    def _rows(self, parameters, context, feedback):
        """Return the waivers, and the assignments where they come from a workspace."""
        from ..qgis_io.workspacetables import read_decisions

        workspace = self.parameterAsFile(parameters, self.WORKSPACE, context)
        if workspace:
            return read_decisions(workspace)
        source = self.source(parameters, self.WAIVERS, context)
        return self.table_rows(source, schema.WAIVERS, feedback), []
