"""reconcilereadings: Lettura 1 against Lettura 2, pairs and what is left."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsWkbTypes

from ..core import schema
from .base import SttmAlgorithm, or_cancelled
from .parameters import number_parameter


class ReconcileReadings(SttmAlgorithm):
    """Pairs the services of two readings one to one; tells what is left, what is twice."""

    NAME = "reconcilereadings"
    DISPLAY_NAME = "Riconcilia le letture"
    GROUP = "1 – Dati"
    HELP = (
        "Mette a confronto i servizi della Lettura 1 (dal PGT) e della Lettura 2 (altre fonti) e "
        "propone le coppie che sono lo stesso servizio, una a una: per vicinanza, nome, categoria "
        "e, dove c'è, codice ufficiale. Punteggio = 0,5 × somiglianza dei nomi + 0,3 × (1 − "
        "distanza / distanza massima) + 0,2 se la categoria è la stessa (pesi proposti). Le uniche "
        "due della stessa categoria a portata l'una dell'altra si propongono anche se i nomi sono "
        "diversi, ma restano sotto 0,80: le decide una persona. Due codici ufficiali uguali sono "
        "una coppia certa. Da 0,80 le verifiche la contano come abbinata. Ogni coppia automatica è "
        "«proposta»; quelle confermate o respinte in «Coppie già decise» non cambiano mai. I "
        "servizi senza posizione si confrontano per nome, comune e categoria, al massimo 0,70. "
        "Il campo motivo dice da che cosa viene ogni punteggio, candidati quali altre coppie erano "
        "quasi pari."
    )
    TAGS = ("riconciliazione", "letture", "abbinamento", "duplicati", "coppie", "record linkage")

    READING1, READING2, CONFIRMED = "READING1", "READING2", "CONFIRMED"
    MAX_DISTANCE, MIN_SCORE = "MAX_DISTANCE", "MIN_SCORE"
    PAIRS, ONLY1, ONLY2, DUPLICATES = "PAIRS", "ONLY1", "ONLY2", "DUPLICATES"

    def define(self):
        point = QgsProcessing.SourceType.TypeVectorPoint
        table = QgsProcessing.SourceType.TypeVector
        self.add_layers(
            self.READING1, "Lettura 1", "Servizi dal PGT: punti, aree e tabelle, anche insieme."
        )
        self.add_layers(
            self.READING2,
            "Lettura 2",
            "Gli stessi servizi secondo altre fonti. Un layer che contiene tutte e due le letture "
            "può stare in entrambi i parametri: vale il suo campo lettura.",
        )
        self.add(
            number_parameter(self.MAX_DISTANCE, self.tr("Distanza massima (m)"), 150.0),
            "Oltre questa distanza due servizi non formano una coppia. Da un'area si misura dal "
            "bordo (dentro: 0). Valore proposto.",
        )
        self.add(
            number_parameter(self.MIN_SCORE, self.tr("Punteggio minimo"), 0.6, maximum=1.0),
            "Sotto questo punteggio una coppia non si propone. Valore proposto.",
        )
        self.add_source(
            self.CONFIRMED,
            "Coppie già decise",
            "Tabella coppie dell'area di lavoro: coppie confermate e respinte da una persona.",
        )
        self.add_criteria()
        self.add_crs()
        self.add_sink(
            self.PAIRS,
            "Coppie",
            "Una linea per coppia, dal servizio della Lettura 1 a quello della Lettura 2.",
            QgsProcessing.SourceType.TypeVectorLine,
            optional=False,
        )
        self.add_sink(
            self.ONLY1,
            "Solo nella Lettura 1",
            "Servizi del PGT senza coppia, con il motivo e il miglior candidato.",
            point,
        )
        self.add_sink(
            self.ONLY2,
            "Solo nella Lettura 2",
            "Servizi di altre fonti senza coppia, con il motivo e il miglior candidato.",
            point,
        )
        self.add_sink(
            self.DUPLICATES,
            "Duplicati interni",
            "Record della stessa lettura che sono lo stesso servizio, per gruppo.",
            table,
        )
        self.add_numbers(
            {
                "READ1": "Servizi della Lettura 1",
                "READ2": "Servizi della Lettura 2",
                "PROPOSED": "Coppie proposte",
                "MATCHED": "Coppie abbinate (confermate o da 0,80)",
                "AMBIGUOUS": "Coppie ambigue",
                "CONFIRMED_COUNT": "Coppie confermate",
                "REJECTED_PAIRS": "Coppie respinte",
                "ONLY1_COUNT": "Solo nella Lettura 1",
                "ONLY2_COUNT": "Solo nella Lettura 2",
                "DUPLICATE_GROUPS": "Gruppi di duplicati",
            }
        )

    def check(self, parameters, context):
        from ..core.reconciliation import check_limits

        check_limits(*self._limits(parameters, context))

    def _limits(self, parameters, context):
        return (
            self.parameterAsDouble(parameters, self.MAX_DISTANCE, context),
            self.parameterAsDouble(parameters, self.MIN_SCORE, context),
        )

    def compute(self, parameters, context, feedback):
        from ..core.reconciliation import own_reading, reconcile

        stages = self.stages(feedback, "lettura dei layer", "confronto", "scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        pack = self.pack(parameters, context)
        readings = [
            own_reading(self.services(parameters, name, crs, context, feedback), number)
            for number, name in ((1, self.READING1), (2, self.READING2))
        ]
        decided = self._decided(parameters, context, feedback)
        for number, frame in enumerate(readings, 1):
            feedback.pushInfo(f"Lettura {number}: {len(frame)} servizi.")
            if not len(frame):
                feedback.pushWarning(f"La Lettura {number} non ha servizi.")
        stages.next()
        limits = pack.check("STTM2-110").parametri
        found = or_cancelled(
            reconcile(
                *readings,
                decided,
                *self._limits(parameters, context),
                limits["distanza_m"],
                limits["similarita"],
                stages.progress,
                pack.area_twins,
            )
        )
        for note in found.notes:
            feedback.pushWarning(note)
        stages.next()
        stages.check()
        results = _counts(found, readings, pack.check("STTM2-801").parametri["punteggio"])
        for name, frame, fields, kind, style in (
            (
                self.PAIRS,
                found.pairs,
                schema.PAIR_LINES,
                QgsWkbTypes.Type.LineString,
                "coppie_linee",
            ),
            (self.ONLY1, found.only1, schema.UNPAIRED, QgsWkbTypes.Type.Point, "servizi_punti"),
            (self.ONLY2, found.only2, schema.UNPAIRED, QgsWkbTypes.Type.Point, "servizi_punti"),
            (
                self.DUPLICATES,
                found.duplicates,
                schema.DUPLICATES,
                QgsWkbTypes.Type.NoGeometry,
                None,
            ),
        ):
            written = self.write(
                parameters, name, context, feedback, frame, fields, kind, crs, style
            )
            if written is not None:
                results[name] = written
        feedback.pushInfo(
            f"Coppie proposte {results['PROPOSED']}, di cui ambigue {results['AMBIGUOUS']}; "
            f"confermate {results['CONFIRMED_COUNT']}; solo Lettura 1 {results['ONLY1_COUNT']}, "
            f"solo Lettura 2 {results['ONLY2_COUNT']}."
        )
        return results

    def _decided(self, parameters, context, feedback):
        source = self.source(parameters, self.CONFIRMED, context)
        return self.table_rows(source, schema.PAIRS, feedback, "id_coppia")


def _counts(found, readings, matched):
    """Return the numbers the run gives."""
    pairs = found.pairs
    proposed = pairs["stato"] == "proposto"
    confirmed = pairs["stato"] == "confermato"
    return {
        "READ1": len(readings[0]),
        "READ2": len(readings[1]),
        "PROPOSED": int(proposed.sum()),
        "MATCHED": int((confirmed | (proposed & (pairs["punteggio"] >= matched - 1e-9))).sum()),
        "AMBIGUOUS": int(pairs["ambigua"].astype(bool).sum()),
        "CONFIRMED_COUNT": int(confirmed.sum()),
        "REJECTED_PAIRS": int((pairs["stato"] == "respinto").sum()),
        "ONLY1_COUNT": len(found.only1),
        "ONLY2_COUNT": len(found.only2),
        "DUPLICATE_GROUPS": int(found.duplicates["gruppo"].nunique()),
    }
