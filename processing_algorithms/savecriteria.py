"""savecriteria: a criteria pack with some values changed, as a new version."""

from __future__ import annotations

from qgis.core import QgsProcessing

from ..core import schema
from ..core.errors import SttmError
from .criteriatables import CriteriaAlgorithm
from .whatif import CHANGES_HELP


class SaveCriteria(CriteriaAlgorithm):
    """A pack and some changes in; a new version of the pack out."""

    NAME = "savecriteria"
    DISPLAY_NAME = "Salva i criteri come nuova versione"
    HELP = (
        "Scrive una nuova versione di un pacchetto dei criteri con alcuni valori cambiati, dopo "
        "averlo convalidato. pacchetto.json dice chi, perché, quando e da quale versione (con la "
        "sua impronta). Il pacchetto fornito con il plugin non si sovrascrive, e nemmeno una "
        "versione già salvata. Un valore di norma o di letteratura che cambia diventa «proposta» e "
        "il riferimento ricorda che cosa diceva la fonte."
    )
    TAGS = ("criteri", "pacchetto", "versione", "soglie", "modifica")

    CHANGES, AUTHOR, REASON = "CHANGES", "AUTHOR", "REASON"
    VERSION, DATE = "VERSION", "DATE"
    OUTPUT, OUTPUT_CHANGES = "OUTPUT", "OUTPUT_CHANGES"

    def define(self):
        self.add_criteria()
        self.add_text(
            self.CHANGES, "Modifiche ai criteri", CHANGES_HELP, optional=False, multiline=True
        )
        self.add_text(
            self.VERSION,
            "Versione",
            "Numero della nuova versione, diverso da quello di partenza (per esempio 0.3.0).",
            optional=False,
        )
        self.add_text(self.AUTHOR, "Autore", "Nome e ruolo di chi la propone.", optional=False)
        self.add_text(self.REASON, "Motivo", "Perché i valori cambiano.", optional=False)
        self.add_text(self.DATE, "Data", "Data della versione (2026-01-31). Vuota: oggi.")
        self.add_file_output(
            self.OUTPUT,
            "Nuova versione",
            "Uno .zip, oppure pacchetto.json in una cartella nuova (le tabelle vi si scrivono).",
            "Pacchetto dei criteri (*.zip *.json)",
            optional=False,
        )
        self.add_sink(
            self.OUTPUT_CHANGES,
            "Valori cambiati",
            "Ogni valore cambiato, prima e dopo, provenienza compresa.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_numbers({"CHANGED": "Valori cambiati"})

    def check(self, parameters, context):
        self._draft(parameters, context)
        self._date(parameters, context)

    def compute(self, parameters, context, feedback):
        stages = self.stages(feedback, "Modifiche", "Scrittura")
        stages.next()
        draft, changed = self._draft(parameters, context)
        for one in changed:
            feedback.pushInfo(f"{one['chiave']}, {one['campo']}: {_told(one)}.")
        stages.next()
        target = self.file_output(parameters, self.OUTPUT, context)
        draft.save(
            target,
            self.text(parameters, self.AUTHOR, context),
            self.text(parameters, self.REASON, context),
            self.text(parameters, self.VERSION, context),
            self._date(parameters, context),
        )
        return {
            self.OUTPUT: target,
            self.OUTPUT_CHANGES: self.write_table(
                parameters, self.OUTPUT_CHANGES, context, feedback, changed, schema.PACK_CHANGES
            ),
            "CHANGED": len(changed),
        }

    def _draft(self, parameters, context):
        """Return the pack with its changes, and what changed.

        Raises:
            SttmError: a change has no place, nothing changes, or the pack is no longer sound.
        """
        from ..core.pack_tables import apply_changes, open_draft, parse_changes

        path = self.parameterAsFile(parameters, self.CRITERIA, context) or None
        draft = open_draft(path, sound=False)
        changed = apply_changes(draft, parse_changes(self.text(parameters, self.CHANGES, context)))
        if not changed:
            raise SttmError("Le modifiche indicate non cambiano alcun valore del pacchetto.")
        draft.pack()
        return draft, changed

    def _date(self, parameters, context):
        """Return the date given, None for today's."""
        import datetime

        text = self.text(parameters, self.DATE, context)
        if not text:
            return None
        try:
            return datetime.date.fromisoformat(text)
        except ValueError as error:
            raise SttmError(f"Data «{text}» non valida: scriverla come 2026-01-31.") from error


def _told(change):
    """Return what happened to a value; a row that comes or goes has nothing before or after."""
    if change["prima"] is None:
        return f"«{change['dopo']}», in una riga aggiunta"
    if change["dopo"] is None:
        return f"«{change['prima']}», in una riga tolta"
    return f"«{change['prima']}» diventa «{change['dopo']}»"
