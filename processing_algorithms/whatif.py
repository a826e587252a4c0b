"""whatif: which services would change valenza under other criteria."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsWkbTypes

from ..core import schema
from ..core.errors import SttmError
from .base import or_cancelled
from .surroundings import AroundServices

# What CHANGES understands, said the same way wherever it is asked for.
CHANGES_HELP = (
    "Una o più modifiche separate da «;» o da un a capo, ciascuna [tabella:]chiave[.campo]=valore. "
    "La chiave è il codice di una regola (campi: soglia, se non si dice altro, soglia_max, "
    "tempo_max_min, peso, operatore), il nome o il codice di un parametro, o il percorso di un "
    "valore di lum.json. Esempi: SAN.01-R03.soglia=120000; GEN-R01=0.55; tortuosita=1.2; "
    "SAN.01-R02=base|DEA_I; lum:ranghi.metropolitano.raggio_m=450. Decimali con il punto. Un "
    "valore che contiene «;» si scrive nella forma JSON: "
    '[{"tabella": "tassonomia", "chiave": "CUL.01", "campo": "parole_chiave", "valore": "a;b"}]. '
    "Nella stessa forma una riga intera si aggiunge "
    '({"tabella": "parametri", "azione": "aggiungi", "valori": {"nome": "…", "valore": "…"}}) o si '
    'toglie ({"tabella": "dizionario", "azione": "togli", "chiave": "CUL.01|+|biblio"}).'
)


class WhatIf(AroundServices):
    """Two packs, or one and some changes: the services whose valenza is another."""

    NAME = "whatif"
    DISPLAY_NAME = "Prova altri criteri"
    GROUP = "5 – Criteri"
    HELP = (
        "Dice quali servizi cambierebbero valenza se i criteri fossero altri: con alcune modifiche "
        "(soglie, pesi, parametri) o con un secondo pacchetto. Il calcolo è lo stesso di "
        "«Classifica i servizi»; i valori dei servizi si cercano una volta sola. Nulla viene "
        "salvato nei criteri: per farlo, «Salva i criteri come nuova versione». Di ogni servizio "
        "che cambia si leggono la valenza prima e dopo e la regola che decide."
    )
    TAGS = ("e se", "simulazione", "soglie", "sensibilità", "criteri", "valenza")

    CRITERIA_B, CHANGES = "CRITERIA_B", "CHANGES"
    OUTPUT, SUMMARY = "OUTPUT", "SUMMARY"

    def define(self):
        self.define_inputs()
        self.add_text(self.CHANGES, "Modifiche ai criteri", CHANGES_HELP, multiline=True)
        self.add_file(
            self.CRITERIA_B,
            "Secondo pacchetto dei criteri",
            "Pacchetto da confrontare con il primo. Le modifiche, se ci sono, si applicano a "
            "questo. Vuoto: il primo pacchetto con le modifiche.",
            "Pacchetto dei criteri (*.json *.zip)",
        )
        self.add_criteria()
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "Servizi che cambiano",
            "Una riga per ogni servizio la cui valenza cambia: prima, dopo, regole che decidono, "
            "punteggi, esito rispetto alla valenza dichiarata.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_sink(
            self.SUMMARY,
            "Riepilogo dei cambiamenti",
            "Quanti servizi passano da quale a quale valenza: in tutto, per categoria, Zona "
            "Omogenea e comune.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_numbers(
            {
                "SERVICES_COUNT": "Servizi",
                "FLIPPED": "Servizi che cambiano valenza",
                "RAISED": "Servizi che salgono",
                "LOWERED": "Servizi che scendono",
                "UNCHANGED": "Servizi che restano",
            }
        )

    def check(self, parameters, context):
        self._packs(parameters, context)

    def compute(self, parameters, context, feedback):
        from ..core import whatif

        stages = self.stages(feedback, "Lettura", "Confronto", "Scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        one, other = self._packs(parameters, context)
        services = self.services(parameters, self.SERVICES, crs, context, feedback)
        around = self.around(parameters, crs, context, feedback)
        stages.next()
        result = or_cancelled(whatif.what_if(services, one, other, around, stages.progress))
        counts = result.counts()
        if result.recomputed:
            feedback.pushInfo(
                "Le modifiche toccano distanze, tempi o fabbisogni: i valori calcolati sono stati "
                "calcolati di nuovo."
            )
        feedback.pushInfo(
            f"{counts['FLIPPED']} servizi su {counts['SERVICES_COUNT']} cambiano valenza: "
            f"{counts['RAISED']} salgono, {counts['LOWERED']} scendono, gli altri passano da o a "
            "una valenza incerta."
        )
        tables = [(self.OUTPUT, result.flips, schema.FLIPS)]
        if self.wants(parameters, self.SUMMARY):
            tables.append((self.SUMMARY, whatif.flips_summary(result), schema.FLIPS_SUMMARY))
        stages.next()
        none = QgsWkbTypes.Type.NoGeometry
        for name, frame, fields in tables:
            counts[name] = self.write(parameters, name, context, feedback, frame, fields, none, crs)
        return counts

    def _packs(self, parameters, context):
        """Return the pack before and the pack after.

        Raises:
            SttmError: nothing changes, a pack isn't sound, a change has no place.
        """
        from ..core.pack_tables import apply_changes, open_draft, parse_changes

        changes = parse_changes(self.text(parameters, self.CHANGES, context))
        second = self.parameterAsFile(parameters, self.CRITERIA_B, context)
        if not changes and not second:
            raise SttmError(
                "Indicare che cosa provare: almeno una modifica (per esempio GEN-R01=0.55) o un "
                "secondo pacchetto dei criteri."
            )
        one = self.pack(parameters, context)
        draft = open_draft(second or self.parameterAsFile(parameters, self.CRITERIA, context))
        apply_changes(draft, changes)
        return one, draft.pack()
