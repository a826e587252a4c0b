"""Assign findings to a person, or take them back."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsProcessingParameterBoolean

from ..core import schema
from ..core.errors import SttmError
from .base import SttmAlgorithm


class AssignFindings(SttmAlgorithm):
    """Findings and a name in; the table of who answers for which finding out."""

    NAME = "assignfindings"
    DISPLAY_NAME = "Assegna rilievi"
    GROUP = "3 – Verifica"
    TAGS = ("rilievi", "assegna", "incarico", "persona", "compiti", "ufficio")
    NEEDS = ()
    HELP = (
        "Assegna uno o più rilievi a una persona, con la data e chi li assegna, o li toglie a chi "
        "li ha. Si conserva nella tabella assegnazioni dell'area di lavoro, per id_rilievo: una "
        "nuova verifica non la cambia. Serve all'ufficio per dividersi il lavoro: non entra nei "
        "rilievi, nel rapporto né nella consegna. «Scambia le giustificazioni» la porta in "
        "un'altra copia dell'area di lavoro. Parametri: FINDINGS, IDS (id_rilievo separati da «;»; "
        "un codice di controllo vale per tutti i suoi rilievi non risolti), ASSIGNEE, ASSIGNED_BY, "
        "DATE, NOTE, CLEAR (toglie), WORKSPACE oppure ASSIGNMENTS, OUTPUT; risultati ASSIGNED e "
        "CLEARED."
    )

    FINDINGS, IDS, ASSIGNEE, ASSIGNED_BY = "FINDINGS", "IDS", "ASSIGNEE", "ASSIGNED_BY"
    DATE, NOTE, CLEAR = "DATE", "NOTE", "CLEAR"
    WORKSPACE, ASSIGNMENTS, OUTPUT = "WORKSPACE", "ASSIGNMENTS", "OUTPUT"

    def define(self):
        self.add_source(
            self.FINDINGS,
            "Rilievi",
            "Rilievi prodotti da «Verifica il piano».",
            optional=False,
        )
        self.add_text(
            self.IDS,
            "Rilievi da assegnare",
            "Valori di id_rilievo, separati da «;». Un codice di controllo (STTM2-301) vale per "
            "tutti i suoi rilievi non risolti.",
            optional=False,
        )
        self.add_text(self.ASSIGNEE, "Assegnati a", "Nome di chi se ne occupa.")
        self.add_text(
            self.ASSIGNED_BY, "Assegnati da", "Nome e ruolo di chi assegna.", optional=False
        )
        self.add_text(self.DATE, "Data", "Data dell'assegnazione (2026-01-31). Vuota: oggi.")
        self.add_text(self.NOTE, "Nota", "Che cosa c'è da fare, per chi se ne occupa.")
        self.add(
            QgsProcessingParameterBoolean(self.CLEAR, self.tr("Togli l'assegnazione"), False),
            "I rilievi indicati non sono più di nessuno; resta scritto chi li ha tolti e quando.",
        )
        self.add_file(
            self.WORKSPACE,
            "Area di lavoro",
            "GeoPackage creato con «Crea l'area di lavoro»: la sua tabella assegnazioni si "
            "aggiorna, in una sola operazione.",
            "GeoPackage (*.gpkg)",
        )
        self.add_source(
            self.ASSIGNMENTS,
            "Rilievi già assegnati",
            "Senza area di lavoro: il risultato di un'esecuzione precedente. Non viene modificato.",
        )
        self.add_sink(
            self.OUTPUT,
            "Rilievi assegnati",
            "La tabella delle assegnazioni dopo questa decisione.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_numbers({"ASSIGNED": "Rilievi assegnati", "CLEARED": "Assegnazioni tolte"})

    def check(self, parameters, context):
        from ..core import waivers

        waivers.split_ids(self.text(parameters, self.IDS, context))
        waivers.check_date(self.text(parameters, self.DATE, context))
        if not self.text(parameters, self.ASSIGNED_BY, context):
            raise SttmError("Manca chi assegna: indicare nome e ruolo.")
        clear = self.parameterAsBool(parameters, self.CLEAR, context)
        if not clear and not self.text(parameters, self.ASSIGNEE, context):
            raise SttmError(
                "Indicare a chi assegnare i rilievi (ASSIGNEE), oppure toglierli (CLEAR)."
            )
        workspace = self.parameterAsFile(parameters, self.WORKSPACE, context)
        if workspace and parameters.get(self.ASSIGNMENTS) not in (None, ""):
            raise SttmError(
                "Indicare l'area di lavoro oppure una tabella di assegnazioni: una delle due."
            )
        if not workspace and not self.wants(parameters, self.OUTPUT):
            raise SttmError(
                "Senza area di lavoro indicare dove scrivere i rilievi assegnati (OUTPUT)."
            )

    def compute(self, parameters, context, feedback):
        from ..core import assignees, waivers
        from ..qgis_io.workspacetables import change_assignments

        stages = self.stages(feedback, "lettura dei rilievi", "assegnazione", "scrittura")
        stages.next()
        self.check(parameters, context)
        source = self.source(parameters, self.FINDINGS, context)
        findings = self.table_rows(source, schema.FINDINGS, feedback)
        given = self.source(parameters, self.ASSIGNMENTS, context)
        known = self.table_rows(given, schema.ASSIGNMENTS, feedback)
        clear = self.parameterAsBool(parameters, self.CLEAR, context)

        def change(rows):
            return assignees.assign(
                rows,
                findings,
                waivers.split_ids(self.text(parameters, self.IDS, context)),
                assegnato_a="" if clear else self.text(parameters, self.ASSIGNEE, context),
                assegnato_da=self.text(parameters, self.ASSIGNED_BY, context),
                data=self.text(parameters, self.DATE, context),
                nota=self.text(parameters, self.NOTE, context),
            )

        stages.next()
        stages.check()
        workspace = self.parameterAsFile(parameters, self.WORKSPACE, context)
        rows, changed = change_assignments(workspace, change) if workspace else change(known)
        stages.next()
        outputs = {"ASSIGNED": 0 if clear else changed, "CLEARED": changed if clear else 0}
        outputs[self.OUTPUT] = self.write_rows(
            parameters, self.OUTPUT, context, rows, schema.ASSIGNMENTS
        )
        return outputs
