"""Justify findings, or take a justification back."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsWkbTypes,
)

from ..core.errors import SttmError
from .base import SttmAlgorithm
from .choices import REASON_TYPES


class JustifyFindings(SttmAlgorithm):
    """Findings and a reason in; the table of waivers and the findings with their new state out."""

    NAME = "justifyfindings"
    DISPLAY_NAME = "Giustifica rilievi"
    GROUP = "3 – Verifica"
    TAGS = ("deroghe", "giustificazione", "motivazione", "rilievi")
    NEEDS = ()
    HELP = (
        "Giustifica uno o più rilievi con le parole di chi pianifica: motivo (almeno 40 "
        "caratteri), tipo, autore e data. La giustificazione vale finché l'oggetto non cambia; "
        "poi risulta scaduta, dice che cosa è cambiato (prima e dopo) e va riesaminata. Si "
        "giustificano solo i rilievi che lo ammettono: "
        "i difetti del dato si correggono. Con «Revoca» le giustificazioni in vigore dei rilievi "
        "indicati si chiudono alla data, senza cancellarle. Il risultato è la tabella delle "
        "deroghe da dare alla verifica e alla consegna. Parametri: FINDINGS, IDS, REASON, "
        "REASON_TYPE (0 atto, 1 dato di utenza, 2 previsione, 3 ruolo storico, 4 altro), "
        "REFERENCE, AUTHOR, DATE, DOCUMENT, WAIVERS, REVOKE, UPDATE_WAIVERS, OUTPUT, "
        "OUTPUT_FINDINGS; risultati WRITTEN e REVOKED."
    )

    FINDINGS = "FINDINGS"
    IDS = "IDS"
    REASON = "REASON"
    REASON_TYPE = "REASON_TYPE"
    REFERENCE = "REFERENCE"
    AUTHOR = "AUTHOR"
    DATE = "DATE"
    DOCUMENT = "DOCUMENT"
    WAIVERS = "WAIVERS"
    REVOKE = "REVOKE"
    UPDATE_WAIVERS = "UPDATE_WAIVERS"
    OUTPUT = "OUTPUT"
    OUTPUT_FINDINGS = "OUTPUT_FINDINGS"

    def define(self):
        self.add_source(
            self.FINDINGS,
            "Rilievi",
            "Rilievi prodotti da «Verifica il piano».",
            optional=False,
        )
        self.add_text(
            self.IDS,
            "Rilievi da giustificare",
            "Valori di id_rilievo, separati da «;». Un codice di controllo (STTM2-301) vale per "
            "tutti i suoi rilievi ancora da trattare: i rilievi uguali si giustificano insieme.",
            optional=False,
        )
        self.add_text(
            self.REASON,
            "Motivo",
            "Perché il servizio o l'area fa eccezione, in almeno 40 caratteri. Non serve per "
            "revocare.",
        )
        self.add(
            QgsProcessingParameterEnum(
                self.REASON_TYPE,
                self.tr("Tipo di giustificazione"),
                [self.tr(label) for _, label in REASON_TYPES],
                defaultValue=0,
            ),
            "Su che cosa si fonda: un atto, un dato di utenza, una previsione, un ruolo storico.",
        )
        self.add_text(
            self.REFERENCE,
            "Riferimento",
            "Atto, delibera, convenzione o fonte del dato (numero e data).",
        )
        self.add_text(self.AUTHOR, "Autore", "Nome e ruolo di chi risponde della giustificazione.")
        self.add_text(
            self.DATE, "Data", "Data della decisione (2026-01-31). Vuota: la data di oggi."
        )
        self.add_text(
            self.DOCUMENT, "Documento", "Nome del file o collegamento al documento che la sostiene."
        )
        self.add_source(
            self.WAIVERS,
            "Giustificazioni già date",
            "Tabella «deroghe» di un'area di lavoro, o il risultato di un'esecuzione precedente.",
        )
        self.add(
            QgsProcessingParameterBoolean(self.REVOKE, self.tr("Revoca"), False),
            "Chiude le giustificazioni in vigore dei rilievi indicati invece di aggiungerne.",
        )
        self.add(
            QgsProcessingParameterBoolean(
                self.UPDATE_WAIVERS, self.tr("Aggiorna la tabella delle giustificazioni"), False
            ),
            "Scrive anche nella tabella «Giustificazioni già date», in una sola operazione: o "
            "tutte le righe o nessuna.",
        )
        self.add_sink(
            self.OUTPUT,
            "Deroghe",
            "La tabella delle deroghe dopo questa decisione.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_sink(
            self.OUTPUT_FINDINGS,
            "Rilievi aggiornati",
            "Gli stessi rilievi con lo stato che le giustificazioni danno loro.",
            QgsProcessing.SourceType.TypeVectorPoint,
            by_default=False,
        )
        self.add_numbers({"WRITTEN": "Giustificazioni scritte", "REVOKED": "Revocate"})

    def check(self, parameters, context):
        from ..core import waivers

        waivers.split_ids(self.text(parameters, self.IDS, context))
        waivers.check_date(self.text(parameters, self.DATE, context))
        if self.parameterAsBool(parameters, self.REVOKE, context):
            return
        waivers.check_reason(self.text(parameters, self.REASON, context))
        if not self.text(parameters, self.AUTHOR, context):
            raise SttmError("Manca l'autore: una giustificazione vale solo se qualcuno la firma.")

    def compute(self, parameters, context, feedback):
        from ..core import schema, waivers
        from ..qgis_io import tables

        stages = self.stages(feedback, "lettura dei rilievi", "giustificazione", "scrittura")
        stages.next()
        self.check(parameters, context)
        source = self.source(parameters, self.FINDINGS, context)
        findings = self.table_rows(source, schema.FINDINGS, feedback)
        given = self.source(parameters, self.WAIVERS, context)
        known = self.table_rows(given, schema.WAIVERS, feedback)

        stages.next()
        revoke = self.parameterAsBool(parameters, self.REVOKE, context)
        ids = waivers.split_ids(self.text(parameters, self.IDS, context))
        ids = waivers.expand_ids(findings, ids, revoke)
        day = self.text(parameters, self.DATE, context)
        written = revoked = 0
        if revoke:
            rows, revoked = waivers.revoke_waivers(known, ids, day)
        else:
            new = waivers.make_waivers(
                findings,
                ids,
                giustificazione=self.text(parameters, self.REASON, context),
                tipo=REASON_TYPES[self.parameterAsEnum(parameters, self.REASON_TYPE, context)][0],
                autore=self.text(parameters, self.AUTHOR, context),
                data=day,
                riferimento=self.text(parameters, self.REFERENCE, context),
                documento=self.text(parameters, self.DOCUMENT, context),
            )
            rows, written = waivers.add_waivers(known, new)
        after = waivers.findings_after(findings, rows)

        stages.next()
        stages.check()
        if self.parameterAsBool(parameters, self.UPDATE_WAIVERS, context):
            layer = self.parameterAsVectorLayer(parameters, self.WAIVERS, context)
            if layer is None:
                raise SttmError(
                    "Per aggiornare la tabella delle giustificazioni bisogna indicarla in "
                    "«Giustificazioni già date»."
                )
            tables.update_rows(layer, known, rows, schema.WAIVERS)
        outputs = {"WRITTEN": written, "REVOKED": revoked}
        outputs[self.OUTPUT] = self.write_rows(
            parameters, self.OUTPUT, context, rows, schema.WAIVERS
        )
        findings_id = self.write_rows(
            parameters,
            self.OUTPUT_FINDINGS,
            context,
            after,
            schema.FINDINGS,
            QgsWkbTypes.Type.Point,
            source.sourceCrs(),
        )
        if findings_id is not None:
            outputs[self.OUTPUT_FINDINGS] = findings_id
            self.style_output(findings_id, "rilievi")
        return outputs
