"""readingsbyzone: what each reading counts, by zone, comune and macrocategoria."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessing, QgsWkbTypes

from ..core import schema
from .base import SttmAlgorithm


class ReadingsByZone(SttmAlgorithm):
    """Services of both readings in; counts by zone, comune, macrocategoria, state, valenza out."""

    NAME = "readingsbyzone"
    DISPLAY_NAME = "Letture per Zona Omogenea"
    GROUP = "1 – Dati"
    HELP = (
        "Conta i servizi per lettura, macrocategoria, comune, Zona Omogenea, stato e valenza "
        "dichiarata, con la quota di quelli sovradichiarati: la vista della strategia (1.300 "
        "servizi, 1.503 con le previsioni, 2.453 da altre fonti) sui propri dati. Ogni servizio "
        "conta una volta per livello (totale, Zona Omogenea, comune). I servizi senza stato si "
        "contano a parte (non_dichiarato). La quota si calcola sui servizi già classificati con "
        "«Classifica i servizi»: quelli da verificare non contano. Con le coppie di «Riconcilia le "
        "letture» si vede quanti servizi sono in entrambe le letture e quanti in una sola. "
        "Parametri: SERVICES, PAIRS, COMUNI, CRITERIA, CRS, OUTPUT, REPORT_HTML."
    )
    TAGS = ("letture", "conteggi", "zone omogenee", "riepilogo", "sovradichiarati")
    NEEDS = ("pandas", "geopandas", "shapely", "jinja2")

    SERVICES, PAIRS, COMUNI = "SERVICES", "PAIRS", "COMUNI"
    OUTPUT, REPORT_HTML = "OUTPUT", "REPORT_HTML"

    def define(self):
        table = QgsProcessing.SourceType.TypeVector
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Layer e tabelle dei servizi delle due letture; il campo lettura dice quale (1 se "
            "manca).",
        )
        self.add_source(
            self.PAIRS,
            "Coppie",
            "Coppie di «Riconcilia le letture»: contano quelle confermate e quelle proposte con "
            "punteggio da 0,80.",
        )
        self.add_source(
            self.COMUNI,
            "Confini dei comuni",
            "Poligoni con il codice ISTAT: danno il comune ai servizi che non lo dicono. La Zona "
            "Omogenea viene dalla tabella fornita con il plugin.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        self.add_criteria()
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "Letture",
            "Una riga per livello, luogo, macrocategoria, lettura, stato e valenza dichiarata.",
            table,
            optional=False,
        )
        self.add_file_output(
            self.REPORT_HTML, "Rapporto", "Tavole da leggere e stampare.", "HTML (*.html)"
        )
        self.add_numbers(
            {
                "READING1": "Lettura 1: servizi",
                "READING1_EXISTING": "Lettura 1: esistenti",
                "READING1_PLANNED": "Lettura 1: esistenti e previsti",
                "READING2": "Lettura 2: servizi",
                "READING2_EXISTING": "Lettura 2: esistenti",
                "READING2_PLANNED": "Lettura 2: esistenti e previsti",
                "WITHOUT_COMUNE": "Servizi senza comune",
            }
        )

    def compute(self, parameters, context, feedback):
        from ..core.documents import write_bytes_whole
        from ..core.readings import count_readings, matched_ids, readings_html, totals
        from ..core.taxonomy import with_macrocategoria

        stages = self.stages(feedback, "lettura dei servizi", "conteggi", "scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        pack = self.pack(parameters, context)
        least = pack.check("STTM2-801").parametri["punteggio"]
        services = self.services(parameters, self.SERVICES, crs, context, feedback)
        services = self._with_comune(services, parameters, crs, context, feedback)
        matched = matched_ids(self._pairs(parameters, context, feedback), least)
        stages.next()
        table = count_readings(with_macrocategoria(services, pack), matched)
        counts = totals(table, livello="totale")
        unknown = int(services["istat"].isna().sum())
        _tell(services, unknown, feedback)
        title = f"{int(counts[1]['n'] + counts[2]['n'])} servizi"
        stages.next()
        stages.check()
        results = {"WITHOUT_COMUNE": unknown}
        for reading in (1, 2):
            results[f"READING{reading}"] = counts[reading]["n"]
            results[f"READING{reading}_EXISTING"] = counts[reading]["esistenti"]
            results[f"READING{reading}_PLANNED"] = counts[reading]["con_previsti"]
        page = self.file_output(parameters, self.REPORT_HTML, context)
        if page:
            html = readings_html(table, title, matched is not None)
            write_bytes_whole(Path(page), html.encode("utf-8", "replace"))
            results[self.REPORT_HTML] = page
        results[self.OUTPUT] = self.write(
            parameters,
            self.OUTPUT,
            context,
            feedback,
            table,
            schema.READINGS,
            QgsWkbTypes.Type.NoGeometry,
            crs,
        )
        return results

    def _with_comune(self, services, parameters, crs, context, feedback):
        comuni = self.frame(parameters, self.COMUNI, crs, context, feedback)
        if comuni is None:
            return services
        from ..core.context import comuni_frame, istat_of_rows

        found = istat_of_rows(services, comuni_frame(comuni))
        return services.assign(istat=found)

    def _pairs(self, parameters, context, feedback):
        source = self.source(parameters, self.PAIRS, context)
        if source is None:
            return None
        return self.table_rows(source, schema.PAIR_LINES, feedback, "id_coppia")


def _tell(services, unknown, feedback):
    if services.empty:
        feedback.pushWarning("Il layer dei servizi è vuoto: non c'è nulla da contare.")
    if unknown:
        feedback.pushWarning(
            f"{unknown} servizi senza comune: contano nel totale, non nelle zone. Indicare i "
            "confini dei comuni per assegnarli dalla posizione."
        )
    without = int(services["lettura"].isna().sum())
    if without:
        feedback.pushInfo(f"{without} servizi senza lettura: valgono come Lettura 1.")
    if len(services) and services["esito"].isna().all():
        feedback.pushInfo(
            "Nessun servizio ha un esito: la quota di sovradichiarati resta vuota. Classificarli "
            "prima con «Classifica i servizi»."
        )
