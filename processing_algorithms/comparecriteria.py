"""comparecriteria: what differs between two criteria packs."""

from __future__ import annotations

from collections import Counter

from qgis.core import QgsProcessing

from ..core import schema
from ..core.errors import SttmError
from .criteriatables import CriteriaAlgorithm


class CompareCriteria(CriteriaAlgorithm):
    """Two packs in; the values that differ out."""

    NAME = "comparecriteria"
    DISPLAY_NAME = "Confronta i criteri"
    HELP = (
        "Elenca i valori diversi fra due pacchetti dei criteri: file, chiave, campo, prima, dopo e "
        "provenienza. Due scritture dello stesso numero (0.10 e 0.1) non sono una differenza. Per "
        "sapere quali servizi cambierebbero valenza si usa «Prova altri criteri»."
    )
    TAGS = ("criteri", "pacchetto", "differenze", "versioni", "confronto")

    CRITERIA_A, CRITERIA_B = "CRITERIA_A", "CRITERIA_B"
    OUTPUT, REPORT_HTML = "OUTPUT", "REPORT_HTML"

    def define(self):
        kinds = "Pacchetto dei criteri (*.json *.zip)"
        self.add_file(
            self.CRITERIA_A,
            "Prima",
            "Il pacchetto di partenza: pacchetto.json o lo .zip della cartella. Vuoto: il "
            "pacchetto fornito con il plugin.",
            kinds,
        )
        self.add_file(
            self.CRITERIA_B,
            "Dopo",
            "Il pacchetto da confrontare. Vuoto: il pacchetto fornito con il plugin.",
            kinds,
        )
        self.add_sink(
            self.OUTPUT,
            "Differenze",
            "Una riga per ogni valore diverso.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_file_output(self.REPORT_HTML, "Rapporto", "Rapporto da leggere.", "HTML (*.html)")
        self.add_numbers(
            {
                "DIFFERENCES": "Valori diversi",
                "ADDED": "Valori aggiunti",
                "REMOVED": "Valori tolti",
                "CHANGED": "Valori cambiati",
            }
        )

    def check(self, parameters, context):
        if not any(self._path(parameters, name, context) for name in _BOTH):
            raise SttmError("Indicare almeno uno dei due pacchetti da confrontare.")

    def compute(self, parameters, context, feedback):
        from ..core import pack_review, pack_tables

        stages = self.stages(feedback, "Lettura", "Scrittura")
        stages.next()
        one, other = (
            pack_tables.open_draft(self._path(parameters, name, context)) for name in _BOTH
        )
        rows = pack_tables.differences(one, other)
        kinds = Counter(row["tipo"] for row in rows)
        feedback.pushInfo(f"{len(rows)} valori diversi.")
        stages.next()
        return {
            self.OUTPUT: self.write_table(
                parameters, self.OUTPUT, context, feedback, rows, schema.PACK_DIFFERENCES
            ),
            self.REPORT_HTML: self.write_page(
                parameters,
                self.REPORT_HTML,
                context,
                lambda: pack_review.comparison_html(one.pack(), other.pack(), rows),
            ),
            "DIFFERENCES": len(rows),
            "ADDED": kinds["aggiunto"],
            "REMOVED": kinds["tolto"],
            "CHANGED": kinds["cambiato"],
        }

    def _path(self, parameters, name, context):
        return self.parameterAsFile(parameters, name, context) or None


_BOTH = (CompareCriteria.CRITERIA_A, CompareCriteria.CRITERIA_B)
