"""classifyservices: the computed valenza of each service, with its reasons."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsWkbTypes

from ..core import schema
from ..core.errors import SttmError
from .base import or_cancelled
from .surroundings import AroundServices


class ClassifyServices(AroundServices):
    """Gives each service its valenza by the rules of the pack, and the outcome of the declared."""

    NAME = "classifyservices"
    DISPLAY_NAME = "Classifica i servizi"
    GROUP = "1 – Dati"
    HELP = (
        "Calcola la valenza di ogni servizio (locale, intercomunale, metropolitana) con le regole "
        "del pacchetto dei criteri, e la confronta con quella dichiarata nel piano. Di ogni "
        "servizio restano i punteggi, la quota di dati disponibili e il motivo di ogni regola. "
        "Un dato che manca non rende mai un servizio locale: sotto la copertura minima la valenza "
        "è «non determinabile» e l'indicazione dice che cosa suggeriscono i dati presenti. "
        "Ogni risultato è spiegato a parole: la regola che decide, quanto manca al verdetto "
        "opposto (margine), se è fragile (una soglia diversa del 20% lo cambierebbe), fra quali "
        "estremi può spostarlo ciò che non si sa. "
        "Bastano i servizi; ogni layer in più permette di valutare altre regole. I criteri sono "
        "proposti, non ufficiali."
    )
    TAGS = ("valenza", "intercomunale", "metropolitano", "criteri", "classificazione", "servizi")
    NEEDS = ("pandas", "geopandas", "shapely")

    OUTPUT_POINTS, OUTPUT_AREAS, SUMMARY = "OUTPUT_POINTS", "OUTPUT_AREAS", "SUMMARY"
    MISMATCHES, RULES = "MISMATCHES", "RULES"

    def define(self):
        area = QgsProcessing.SourceType.TypeVectorPolygon
        self.define_inputs()
        self.add_criteria()
        self.add_crs()
        self.add_sink(
            self.OUTPUT_POINTS,
            "Servizi classificati (punti)",
            "I servizi puntuali e quelli senza posizione. Indicare questo, quello delle aree o "
            "entrambi.",
            QgsProcessing.SourceType.TypeVectorPoint,
        )
        self.add_sink(
            self.OUTPUT_AREAS, "Servizi classificati (aree)", "I servizi poligonali.", area
        )
        self.add_sink(
            self.SUMMARY,
            "Riepilogo",
            "Numero e superficie dei servizi per comune, macrocategoria, lettura, stato, valenza "
            "dichiarata e calcolata, esito.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_sink(
            self.MISMATCHES,
            "Sovra e sottodichiarati",
            "I servizi dichiarati più o meno di quanto i criteri riconoscono, per Zona Omogenea e "
            "comune, con la spiegazione.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_sink(
            self.RULES,
            "Regole provate",
            "Per ogni regola: quanti servizi riguarda, per quanti c'era il dato, con quale esito, "
            "e da dove il dato può venire.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )
        self.add_numbers(
            {
                "CONSISTENT": "Servizi coerenti",
                "OVERDECLARED": "Servizi sovradichiarati",
                "UNDERDECLARED": "Servizi sottodichiarati",
                "TO_VERIFY": "Servizi da verificare",
                "FRAGILE": "Servizi con valenza fragile",
            }
        )

    def check(self, parameters, context):
        if not any(
            self.wants(parameters, name) for name in (self.OUTPUT_POINTS, self.OUTPUT_AREAS)
        ):
            raise SttmError(
                "Indicare almeno un risultato: i servizi classificati come punti, come aree o "
                "entrambi."
            )

    def compute(self, parameters, context, feedback):
        from ..core import attributes, valenza
        from ..core.doubles import without_doubles
        from ..core.taxonomy import with_macrocategoria

        stages = self.stages(feedback, "Lettura", "Attributi", "Valenza", "Scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        pack = self.pack(parameters, context)
        services = self.services(parameters, self.SERVICES, crs, context, feedback)
        around = self.around(parameters, crs, context, feedback)(pack)
        undeclared = int(services["stato"].isna().sum())
        if undeclared:
            feedback.pushInfo(f"{undeclared} servizi senza stato: valgono come esistenti.")
        if services.empty:
            feedback.pushWarning("Il layer dei servizi è vuoto: non c'è nulla da classificare.")
        stages.next()
        computed = or_cancelled(
            attributes.compute_attributes(services, pack, on_progress=stages.progress, **around)
        )
        for name in ("id_lum", "in_lum"):
            if name in computed:
                services[name] = computed.pop(name)
        stages.next()
        classified = or_cancelled(
            valenza.classify(services, pack, computed, stages.progress, explain=True)
        )
        once = without_doubles(classified)
        if len(once) < len(classified):
            feedback.pushInfo(
                f"{len(classified) - len(once)} doppioni (campo doppione_di): classificati ma "
                "fuori dai conteggi."
            )
        counts = once["esito"].value_counts()
        _tell(once, counts, feedback)
        stages.next()
        area = classified.geometry.map(_is_area).astype(bool).to_numpy()
        tables = {
            self.SUMMARY: (
                valenza.summary,
                (with_macrocategoria(classified, pack),),
                schema.VALENZA_SUMMARY,
            ),
            self.MISMATCHES: (valenza.mismatches, (classified,), schema.VALENZA_MISMATCHES),
            self.RULES: (valenza.rules_tried, (services, pack, computed), schema.VALENZA_RULES),
        }
        # Everything is made before the first sink is opened.
        tables = {
            name: (make(*given), fields)
            for name, (make, given, fields) in tables.items()
            if self.wants(parameters, name)
        }
        stages.check()
        results = self._write(parameters, context, feedback, classified, area, crs)
        for name, (frame, fields) in tables.items():
            results[name] = self.write(
                parameters,
                name,
                context,
                feedback,
                frame,
                fields,
                QgsWkbTypes.Type.NoGeometry,
                crs,
            )
        return {
            **results,
            "CONSISTENT": int(counts.get("coerente", 0)),
            "OVERDECLARED": int(counts.get("sovradichiarato", 0)),
            "UNDERDECLARED": int(counts.get("sottodichiarato", 0)),
            "TO_VERIFY": int(counts.get("da_verificare", 0)),
            "FRAGILE": int(once["fragile"].eq(True).sum()),
        }

    def _write(self, parameters, context, feedback, classified, area, crs):
        points, areas = classified[~area], classified[area]
        fields = (*schema.SERVICES, *schema.VALENZA_EXPLAINED)
        results = {}
        for name, part, kind, style in (
            (self.OUTPUT_POINTS, points, QgsWkbTypes.Type.Point, "servizi_punti"),
            (self.OUTPUT_AREAS, areas, QgsWkbTypes.Type.MultiPolygon, "servizi_poligoni"),
        ):
            if not self.wants(parameters, name):
                if len(part):
                    what = self._label(name)
                    feedback.pushWarning(f"{len(part)} servizi non scritti: non c'è «{what}».")
                continue
            results[name] = self.write(
                parameters, name, context, feedback, part, fields, kind, crs, style
            )
        return results


def _is_area(shape):
    return shape is not None and shape.geom_type in ("Polygon", "MultiPolygon")


def _tell(classified, counts, feedback):
    valenze = classified["valenza_calcolata"].fillna("non classificato").value_counts()
    for title, found in (("Valenza calcolata", valenze), ("Esito", counts)):
        texts = [f"{str(name).replace('_', ' ')} {number}" for name, number in found.items()]
        feedback.pushInfo(f"{title}: {', '.join(texts) or 'nessun servizio'}.")
