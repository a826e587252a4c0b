"""classifyservices: the computed valenza of each service, with its reasons."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsWkbTypes

from ..core import schema
from ..core.errors import SttmError
from .base import SttmAlgorithm, or_cancelled


class ClassifyServices(SttmAlgorithm):
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

    SERVICES, COMUNI, LUM = "SERVICES", "COMUNI", "LUM"
    POPULATION, POP_FIELD, NETWORK = "POPULATION", "POP_FIELD", "NETWORK"
    OUTPUT_POINTS, OUTPUT_AREAS, SUMMARY = "OUTPUT_POINTS", "OUTPUT_AREAS", "SUMMARY"
    MISMATCHES, RULES = "MISMATCHES", "RULES"

    def define(self):
        area = QgsProcessing.SourceType.TypeVectorPolygon
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Uno o più layer di servizi (punti, aree, tabelle), anche quelli dei comuni vicini. "
            "Servono i campi id_servizio, denominazione e codice_sttm, come li produce «Importa "
            "servizi».",
        )
        self.add_source(
            self.COMUNI,
            "Confini dei comuni",
            "Poligoni con il codice ISTAT (istat, PRO_COM_T, PRO_COM, COD_ISTAT o com_istat_code). "
            "Servono a sapere quali parchi attraversano un confine e di quale comune sono i "
            "residenti. Senza, si usa la tabella dei 133 comuni per poli e contermini.",
            area,
        )
        self.add_source(
            self.POPULATION,
            "Popolazione",
            "Sezioni di censimento o celle con gli abitanti, anche dei comuni vicini. Con i "
            "servizi di tutti i comuni intorno si stima il bacino condiviso: quanti "
            "sceglierebbero ogni servizio, da quali comuni e Zone Omogenee, tenendo conto dei "
            "servizi concorrenti (modello di Huff).",
        )
        self.add_field(
            self.POP_FIELD,
            "Campo della popolazione",
            "Campo con il numero di abitanti.",
            self.POPULATION,
            "popolazione",
        )
        self.add_source(
            self.NETWORK,
            "Rete stradale o pedonale",
            "Linee connesse nei vertici condivisi, su cui si misurano distanze e bacini; anche dei "
            "comuni vicini. Senza, le distanze sono in linea d'aria per il coefficiente di "
            "percorso del pacchetto.",
            QgsProcessing.SourceType.TypeVectorLine,
        )
        self.add_source(
            self.LUM,
            "LUM",
            "Bacini prodotti da «Bacini dei LUM»: dicono quali servizi sono in un LUM e di che "
            "rango. Servono id_lum e rango.",
            area,
        )
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

        stages = self.stages(feedback, "Lettura", "Attributi", "Valenza", "Scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        pack = self.pack(parameters, context)
        services = self.services(parameters, self.SERVICES, crs, context, feedback)
        around = self._around(parameters, crs, pack, context, feedback)
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
        counts = classified["esito"].value_counts()
        _tell(classified, counts, feedback)
        stages.next()
        area = classified.geometry.map(_is_area).astype(bool).to_numpy()
        tables = {
            self.SUMMARY: (valenza.summary, (classified,), schema.VALENZA_SUMMARY),
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
            "FRAGILE": int(classified["fragile"].eq(True).sum()),
        }

    def _around(self, parameters, crs, pack, context, feedback):
        """Return the layers around the services as ``compute_attributes`` takes them."""
        from ..core import context as layers

        comuni = self.frame(parameters, self.COMUNI, crs, context, feedback)
        lum = self.frame(parameters, self.LUM, crs, context, feedback, ("id_lum", "rango"))
        population = self.frame(parameters, self.POPULATION, crs, context, feedback)
        if population is not None:
            field = self.field(parameters, self.POP_FIELD, context)
            population, wrong = layers.population_frame(population, field)
            if wrong:
                feedback.pushInfo(f"Popolazione: {wrong} righe senza un numero valido, contano 0.")
        return {
            "comuni": None if comuni is None else layers.comuni_frame(comuni),
            "lum": None if lum is None else layers.lum_frame(lum, pack),
            "population": population,
            "street": self._street(parameters, crs, context, feedback),
        }

    def _street(self, parameters, crs, context, feedback):
        source = self.source(parameters, self.NETWORK, context)
        if source is None:
            return None
        from ..core.accessibility import Street
        from ..qgis_io.network import read_streets

        layer = self.whole_layer(parameters, self.NETWORK, context)
        streets = or_cancelled(read_streets(source, layer, crs, 0.001, context, feedback))
        return Street(streets.network, streets.index)

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
