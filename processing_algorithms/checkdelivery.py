"""checkdelivery: what a comune must still do before it hands in."""

from __future__ import annotations

import tempfile

from qgis.core import QgsProcessing

from ..core import schema
from .exportcompatibility import STAGES, ExportCompatibility


class CheckDelivery(ExportCompatibility):
    """The same delivery, built and checked but not written: what stands in its way."""

    NAME = "checkdelivery"
    DISPLAY_NAME = "Controlla se la consegna è pronta"
    HELP = (
        "Dice che cosa manca prima di consegnare, senza scrivere il pacchetto: che cosa blocca, "
        "quali metadati mancano, dove ci sono forse dati personali (mai il dato), che cosa va "
        "corretto, quali rilievi non sono ancora spiegati, che cosa nessuno ha potuto verificare e "
        "dove si trova il dato che serve. Prepara e controlla gli stessi dati di «Esporta la "
        "consegna», con gli stessi parametri. Risultati: READY (nulla blocca), BLOCKING, METADATA, "
        "PERSONAL, TO_MEND, UNEXPLAINED, NOT_VERIFIED."
    )
    TAGS = ("consegna", "pronta", "elenco", "mancanze", "blocchi", "dati personali")

    def define(self):
        self.define_inputs()
        self.add_sink(
            self.OUTPUT,
            "Che cosa manca",
            "Una riga per ogni cosa: voce (blocca, metadati, dati_personali, da_correggere, "
            "da_spiegare, non_verificato), gravità, testo, che cosa fare.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_boolean("READY", "Nulla blocca la consegna")
        self.add_numbers(
            {
                "BLOCKING": "Blocchi",
                "METADATA": "Metadati mancanti",
                "PERSONAL": "Possibili dati personali",
                "TO_MEND": "Rilievi da correggere",
                "UNEXPLAINED": "Rilievi da spiegare",
                "NOT_VERIFIED": "Dati che mancano ai controlli",
            }
        )

    def check(self, parameters, context):
        self.check_inputs(parameters, context)

    def compute(self, parameters, context, feedback):
        from ..core.readiness import counted, readiness

        self.check(parameters, context)
        stages = self.stages(feedback, *STAGES, "elenco")
        with tempfile.TemporaryDirectory(prefix="sttm-") as folder:
            made = self.prepare(parameters, context, feedback, stages, folder)
        stages.next()
        rows = readiness(made.delivery, made.outcome, made.declaration, made.pack)
        counts = counted(rows)
        feedback.pushInfo(
            f"Blocchi {counts['BLOCKING']}, metadati mancanti {counts['METADATA']}, possibili dati "
            f"personali {counts['PERSONAL']}, da correggere {counts['TO_MEND']}, da spiegare "
            f"{counts['UNEXPLAINED']}, dati che mancano {counts['NOT_VERIFIED']}."
        )
        output = self.write_rows(parameters, self.OUTPUT, context, rows, schema.READINESS)
        return {self.OUTPUT: output, "READY": not counts["BLOCKING"], **counts}
