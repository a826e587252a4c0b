"""decidepairs: what a person decides of the pairs, kept in the workspace."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsProcessingParameterEnum

from ..core import schema
from ..core.errors import SttmError
from .base import SttmAlgorithm
from .choices import PAIR_DECISIONS, PAIR_KEEP


class DecidePairs(SttmAlgorithm):
    """Pairs and a decision in; the table ``coppie`` of the workspace keeps it, signed and dated."""

    NAME = "decidepairs"
    DISPLAY_NAME = "Decidi le coppie"
    GROUP = "1 – Dati"
    NEEDS = ()
    HELP = (
        "Conferma, respinge o unisce coppie proposte da «Riconcilia le letture» e scrive la "
        "decisione nella tabella coppie dell'area di lavoro, con autore e data: in una sola "
        "operazione, o tutte o nessuna. Ripetere la stessa decisione non cambia nulla. Una coppia "
        "già decisa in altro modo, o un servizio già in un'altra coppia confermata, fermano "
        "l'operazione: prima si annulla la decisione di allora (resta scritto chi l'ha annullata e "
        "quando). «Unisci» conferma la coppia e dice quale record prevale. Le decisioni valgono "
        "per ogni esecuzione successiva che riceve la tabella in «Coppie già decise». Parametri: "
        "WORKSPACE, PAIRS, PAIR_IDS, DECISION (0 conferma, 1 respingi, 2 unisci, 3 annulla), KEEP "
        "(0 Lettura 1, 1 Lettura 2), AUTHOR, DATE, NOTE, OUTPUT; risultati WRITTEN e UNCHANGED."
    )
    TAGS = ("riconciliazione", "coppie", "conferma", "respingi", "unisci", "abbinamento")

    WORKSPACE, PAIRS, PAIR_IDS = "WORKSPACE", "PAIRS", "PAIR_IDS"
    DECISION, KEEP = "DECISION", "KEEP"
    AUTHOR, DATE, NOTE, OUTPUT = "AUTHOR", "DATE", "NOTE", "OUTPUT"

    def define(self):
        self.add_file(
            self.WORKSPACE,
            "Area di lavoro",
            "GeoPackage creato con «Crea l'area di lavoro»: la sua tabella coppie si aggiorna.",
            "GeoPackage (*.gpkg)",
            optional=False,
        )
        self.add_source(
            self.PAIRS,
            "Coppie",
            "Coppie prodotte da «Riconcilia le letture». Non serve per le coppie che sono già "
            "nell'area di lavoro.",
        )
        self.add_text(
            self.PAIR_IDS,
            "Coppie da decidere",
            "Valori di id_coppia, separati da «;».",
            optional=False,
        )
        self.add(
            QgsProcessingParameterEnum(
                self.DECISION,
                self.tr("Decisione"),
                [self.tr(label) for _, label in PAIR_DECISIONS],
                defaultValue=0,
            ),
            "Che cosa si decide delle coppie indicate.",
        )
        self.add(
            QgsProcessingParameterEnum(
                self.KEEP,
                self.tr("Record che prevale"),
                [self.tr(label) for label in PAIR_KEEP],
                defaultValue=0,
            ),
            "Per «Unisci»: di quale lettura è il record che vale. L'altro non si cancella.",
        )
        self.add_text(self.AUTHOR, "Autore", "Nome e ruolo di chi decide.", optional=False)
        self.add_text(
            self.DATE,
            "Data",
            "Data della decisione (2026-01-31 o 31/01/2026). Vuota: la data di oggi.",
        )
        self.add_text(self.NOTE, "Nota", "Perché, se serve ricordarlo.")
        self.add_sink(
            self.OUTPUT,
            "Coppie decise",
            "La tabella coppie dopo la decisione.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_numbers({"WRITTEN": "Decisioni scritte", "UNCHANGED": "Già decise così"})

    def check(self, parameters, context):
        from ..core.waivers import check_date

        self._ids(parameters, context)
        check_date(self._date(parameters, context))
        if not self.text(parameters, self.AUTHOR, context):
            raise SttmError("Manca l'autore: una decisione vale solo se qualcuno la firma.")

    def _date(self, parameters, context):
        """Return the date given, in any usual form, as ISO text; None where it is empty."""
        from ..core.values import given_date

        return given_date(self.text(parameters, self.DATE, context))

    def compute(self, parameters, context, feedback):
        from ..core.pairdecisions import decide_pairs
        from ..qgis_io.workspacetables import change_pairs

        self.check(parameters, context)
        stages = self.stages(feedback, "lettura delle coppie", "decisione")
        stages.next()
        source = self.source(parameters, self.PAIRS, context)
        proposed = self.table_rows(source, schema.PAIRS, feedback, "id_coppia")
        ids = self._ids(parameters, context)
        stages.next()
        decision = PAIR_DECISIONS[self.parameterAsEnum(parameters, self.DECISION, context)][0]
        rows, written = change_pairs(
            self.parameterAsFile(parameters, self.WORKSPACE, context),
            lambda known: decide_pairs(
                known,
                proposed,
                ids,
                decision,
                self.text(parameters, self.AUTHOR, context),
                self._date(parameters, context),
                self.text(parameters, self.NOTE, context),
                1 + self.parameterAsEnum(parameters, self.KEEP, context),
            ),
        )
        feedback.pushInfo(f"Decisioni scritte: {written} su {len(ids)} coppie indicate.")
        outputs = {"WRITTEN": written, "UNCHANGED": len(ids) - written}
        destination = self.write_rows(parameters, self.OUTPUT, context, rows, schema.PAIRS)
        if destination is not None:
            outputs[self.OUTPUT] = destination
        return outputs

    def _ids(self, parameters, context):
        text = self.text(parameters, self.PAIR_IDS, context)
        ids = list(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))
        if not ids:
            raise SttmError("Indicare almeno una coppia: gli id_coppia separati da «;».")
        return ids
