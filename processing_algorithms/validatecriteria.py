"""validatecriteria: everything wrong in a criteria pack, at once."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsProcessingParameterBoolean

from ..core import schema
from .criteriatables import CriteriaAlgorithm
from .whatif import CHANGES_HELP


class ValidateCriteria(CriteriaAlgorithm):
    """A pack in; its faults and its values out."""

    NAME = "validatecriteria"
    DISPLAY_NAME = "Convalida i criteri"
    HELP = (
        "Controlla un pacchetto dei criteri e dice tutti gli errori insieme: file, riga, chiave, "
        "valore trovato e che cosa è ammesso. Gli avvisi indicano ciò che forse non si voleva "
        "(quote fuori da 0-1, soglie invertite, pesi nulli, riferimenti da riscontrare). Un "
        "pacchetto con errori non ferma l'esecuzione: il risultato lo dice. La tabella dei valori "
        "elenca ogni valore del pacchetto con la sua provenienza. Con alcune modifiche (CHANGES, "
        "come in «Prova altri criteri») si controlla ciò che il pacchetto diventerebbe; nulla "
        "viene salvato."
    )
    TAGS = ("criteri", "pacchetto", "validazione", "errori", "soglie")

    OUTPUT, VALUES, REPORT_HTML = "OUTPUT", "VALUES", "REPORT_HTML"
    CHANGES, ALL_VALUES = "CHANGES", "ALL_VALUES"

    def define(self):
        self.add_criteria()
        self.add_text(
            self.CHANGES, "Modifiche ai criteri", CHANGES_HELP, advanced=True, multiline=True
        )
        self.add(
            QgsProcessingParameterBoolean(
                self.ALL_VALUES, self.tr("Elenca anche i valori di un pacchetto con errori"), False
            ),
            "La tabella dei valori ha quelli delle tabelle che si leggono, per correggerli.",
            advanced=True,
        )
        table = QgsProcessing.SourceType.TypeVector
        self.add_sink(
            self.OUTPUT, "Errori e avvisi", "Una riga per errore o avviso.", table, optional=False
        )
        self.add_sink(
            self.VALUES,
            "Valori del pacchetto",
            "Ogni valore con tabella, file, riga, chiave, campo e provenienza. Vuota se il "
            "pacchetto ha errori, se non si chiede altrimenti (ALL_VALUES).",
            table,
            by_default=False,
        )
        self.add_file_output(self.REPORT_HTML, "Rapporto", "Rapporto da leggere.", "HTML (*.html)")
        self.add_boolean("VALID", "Il pacchetto si può usare")
        self.add_numbers({"ERRORS": "Errori", "WARNINGS": "Avvisi"})

    def check(self, parameters, context):
        from ..core.pack_tables import parse_changes

        parse_changes(self.text(parameters, self.CHANGES, context))

    def compute(self, parameters, context, feedback):
        from ..core import pack_review
        from ..core.pack_tables import parse_changes

        stages = self.stages(feedback, "Controllo", "Scrittura")
        stages.next()
        path = self.parameterAsFile(parameters, self.CRITERIA, context)
        changes = parse_changes(self.text(parameters, self.CHANGES, context))
        found = pack_review.review(path or None, changes)
        every = self.parameterAsBool(parameters, self.ALL_VALUES, context)
        values = found.values if every or found.pack is not None else []
        errors, warnings = found.count("errore"), found.count("avviso")
        for fault in found.faults[:20]:
            say = feedback.pushWarning if fault.gravita == "errore" else feedback.pushInfo
            say(f"{fault.gravita}: {fault}")
        feedback.pushInfo(f"{errors} errori, {warnings} avvisi.")
        stages.next()
        rows = [vars(fault) for fault in found.faults]
        written = (parameters, context, feedback)
        return {
            self.OUTPUT: self._table(self.OUTPUT, rows, schema.PACK_FAULTS, *written),
            self.VALUES: self._table(self.VALUES, values, schema.PACK_VALUES, *written),
            self.REPORT_HTML: self.write_page(
                parameters,
                self.REPORT_HTML,
                context,
                lambda: pack_review.validation_html(found),
            ),
            "VALID": found.valid,
            "ERRORS": errors,
            "WARNINGS": warnings,
        }

    def _table(self, name, rows, fields, parameters, context, feedback):
        return self.write_table(parameters, name, context, feedback, rows, fields)
