"""The services and the layers around them, as the algorithms of the valenza ask for them."""

from __future__ import annotations

from qgis.core import QgsProcessing

from .base import SttmAlgorithm, or_cancelled


class AroundServices(SttmAlgorithm):
    """Parameters on the services and on what lies around them, and how they are read."""

    SERVICES, COMUNI, LUM = "SERVICES", "COMUNI", "LUM"
    POPULATION, POP_FIELD, NETWORK = "POPULATION", "POP_FIELD", "NETWORK"
    STOPS, GTFS, PROTECTED = "STOPS", "GTFS", "PROTECTED"

    def define_inputs(self):
        """Add the services and the layers around them."""
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Uno o più layer di servizi (punti, aree, tabelle), anche quelli dei comuni vicini. "
            "Servono i campi id_servizio, denominazione e codice_sttm, come li produce «Importa "
            "servizi».",
        )
        self.define_around()

    def define_around(self):
        """Add the layers around the services."""
        area = QgsProcessing.SourceType.TypeVectorPolygon
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
            "rango. Servono id_lum, rango e, se c'è, stato.",
            area,
        )
        self.add_source(
            self.STOPS,
            "Fermate e nodi",
            "Punti di stazioni e fermate, con tipo e linee. Le fermate della metropolitana dicono "
            "l'interscambio di una stazione dove gli orari non le hanno.",
            QgsProcessing.SourceType.TypeVectorPoint,
        )
        self.add_file(
            self.GTFS,
            "Orari del trasporto pubblico",
            "Archivio GTFS con fermate, corse e orari: linee e frequenze di stazioni e capolinea, "
            "chi arriva con i mezzi e in quanto tempo.",
            "GTFS (*.zip)",
        )
        self.add_source(
            self.PROTECTED,
            "Aree protette",
            "Parchi, PLIS, siti di Natura 2000. Con il campo tipo (PLIS, parco regionale …) e, per "
            "i parchi regionali, attrezzata o zona, si sa quali aree verdi sono sovracomunali per "
            "atto.",
            area,
        )

    def around(self, parameters, crs, context, feedback):
        """Read the layers once; return pack → them, as ``compute_attributes`` takes them."""
        from ..core import context as layers

        comuni = self.frame(parameters, self.COMUNI, crs, context, feedback)
        lum = self.frame(parameters, self.LUM, crs, context, feedback, ("id_lum", "rango"))
        read = {
            "comuni": None if comuni is None else layers.comuni_frame(comuni),
            "population": self.population(parameters, crs, context, feedback),
            "street": self._street(parameters, crs, context, feedback),
            "timetable": self.timetable(parameters, crs, context),
            "stops": self.frame(parameters, self.STOPS, crs, context, feedback),
            "protected": self.frame(parameters, self.PROTECTED, crs, context, feedback),
        }
        return lambda pack: {**read, "lum": None if lum is None else layers.lum_frame(lum, pack)}

    def population(self, parameters, crs, context, feedback):
        """Return the population with its inhabitants told, None where it isn't given."""
        from ..core.context import population_frame

        people = self.frame(parameters, self.POPULATION, crs, context, feedback)
        if people is None:
            return None
        field = self.field(parameters, self.POP_FIELD, context)
        population, wrong = population_frame(people, field)
        if wrong:
            feedback.pushInfo(f"Popolazione: {wrong} righe senza un numero valido, contano 0.")
        return population

    def timetable(self, parameters, crs, context):
        """Return the timetable, None where it isn't given."""
        from ..core.gtfs import read_timetable
        from ..qgis_io.frames import crs_name

        path = self.parameterAsFile(parameters, self.GTFS, context)
        return read_timetable(path, crs_name(crs)) if path else None

    def _street(self, parameters, crs, context, feedback):
        source = self.source(parameters, self.NETWORK, context)
        if source is None:
            return None
        from ..core.accessibility import Street
        from ..qgis_io.network import read_streets

        layer = self.whole_layer(parameters, self.NETWORK, context)
        streets = or_cancelled(read_streets(source, layer, crs, 0.001, context, feedback))
        return Street(streets.network, streets.index)
