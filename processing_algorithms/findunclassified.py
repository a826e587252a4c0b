"""findunclassified: the texts of the services that still have no category."""

from __future__ import annotations

from qgis.core import QgsProcessing

from ..core import schema
from .base import SttmAlgorithm, or_cancelled
from .originals import ServiceTexts


class FindUnclassified(ServiceTexts, SttmAlgorithm):
    """Each text once, with how many services share it and what it could be."""

    NAME = "findunclassified"
    DISPLAY_NAME = "Elenca i servizi da classificare"
    GROUP = "1 – Dati"
    HELP = (
        "Raccoglie i servizi senza categoria per testo uguale: il tipo scritto nella fonte o, "
        "dove manca, la denominazione. Di ogni testo dice quanti servizi lo hanno e quale "
        "categoria della tassonomia gli somiglia di più. La scelta è di una persona: si fa una "
        "volta per testo con «Assegna la categoria». Maiuscole, accenti e spazi non contano. "
        "Parametri: SERVICES, PROFILE, CRITERIA, OUTPUT; risultati TEXTS e UNCLASSIFIED."
    )
    TAGS = ("categoria", "tassonomia", "da classificare", "classificazione", "testi")

    OUTPUT = "OUTPUT"

    def define(self):
        self.define_services()
        self.add_profile(
            "Il profilo dell'importazione dice quali colonne della fonte danno il tipo. Senza, si "
            "riconoscono dal nome."
        )
        self.add_criteria()
        self.add_sink(
            self.OUTPUT,
            "Testi da classificare",
            "Una riga per testo, dal più frequente, con la categoria proposta.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_numbers({"TEXTS": "Testi diversi", "UNCLASSIFIED": "Servizi da classificare"})

    def compute(self, parameters, context, feedback):
        from ..core.unclassified import described, wordings

        stages = self.stages(feedback, "Lettura dei servizi", "Confronto con la tassonomia")
        stages.next()
        pack = self.pack(parameters, context)
        columns = self.type_columns(parameters, context, pack)
        tables = or_cancelled(self.read_texts(parameters, context, feedback))
        rows = [row for _, read in tables for row in read]
        stages.next()
        found = wordings(rows, columns)
        output = self.write_rows(
            parameters, self.OUTPUT, context, described(found, pack), schema.WORDINGS
        )
        waiting = sum(len(one.ids) for one in found.values())
        feedback.pushInfo(f"{waiting} servizi da classificare, {len(found)} testi diversi.")
        return {self.OUTPUT: output, "TEXTS": len(found), "UNCLASSIFIED": waiting}
