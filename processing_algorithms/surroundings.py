"""The services and the layers around them, as the algorithms of the valenza ask for them."""

from __future__ import annotations

from qgis.core import QgsProcessing

from .base import SttmAlgorithm, or_cancelled


class AroundServices(SttmAlgorithm):
    """Parameters on the services and on what lies around them, and how they are read."""

    SERVICES, COMUNI, LUM = "SERVICES", "COMUNI", "LUM"
    POPULATION, POP_FIELD, NETWORK = "POPULATION", "POP_FIELD", "NETWORK"

    def define_inputs(self):
        """Add the services and the layers around them."""
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

    def around(self, parameters, crs, context, feedback):
        """Read the layers once; return pack → them, as ``compute_attributes`` takes them."""
        from ..core import context as layers

        comuni = self.frame(parameters, self.COMUNI, crs, context, feedback)
        lum = self.frame(parameters, self.LUM, crs, context, feedback, ("id_lum", "rango"))
        population = self.frame(parameters, self.POPULATION, crs, context, feedback)
        if population is not None:
            field = self.field(parameters, self.POP_FIELD, context)
            population, wrong = layers.population_frame(population, field)
            if wrong:
                feedback.pushInfo(f"Popolazione: {wrong} righe senza un numero valido, contano 0.")
        read = {
            "comuni": None if comuni is None else layers.comuni_frame(comuni),
            "population": population,
            "street": self._street(parameters, crs, context, feedback),
        }
        return lambda pack: {**read, "lum": None if lum is None else layers.lum_frame(lum, pack)}

    def _street(self, parameters, crs, context, feedback):
        source = self.source(parameters, self.NETWORK, context)
        if source is None:
            return None
        from ..core.accessibility import Street
        from ..qgis_io.network import read_streets

        layer = self.whole_layer(parameters, self.NETWORK, context)
        streets = or_cancelled(read_streets(source, layer, crs, 0.001, context, feedback))
        return Street(streets.network, streets.index)
