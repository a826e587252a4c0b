"""lumservices: the services each LUM reaches, the categories it hosts and those it misses."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsWkbTypes

from ..core import schema
from .base import SttmAlgorithm, or_cancelled


class LumServices(SttmAlgorithm):
    """One row a LUM, and one a LUM and service."""

    NAME = "lumservices"
    DISPLAY_NAME = "Servizi dei LUM"
    GROUP = "2 – LUM e accessibilità"
    HELP = (
        "Dice di ogni LUM quali servizi raggiunge nel suo bacino, quali categorie ospita, quali "
        "di quelle che la matrice dei criteri preferisce gli mancano e quali ospita pur non "
        "essendo preferite. Conta come ospitata una categoria con almeno un servizio esistente; i "
        "servizi previsti si contano a parte, quelli dismessi e sospesi no. Del LUM vale la "
        "distanza del suo rango. Dove il contesto (urbano, suburbano, periurbano) non è noto vale "
        "ciò su cui tutti i contesti concordano. La matrice è una proposta del progetto, non "
        "ufficiale. Parametri: LUM, SERVICES, CRITERIA, CRS, OUTPUT, REACHED; risultati "
        "LUM_COUNT, REACHED_COUNT e MISSING_COUNT."
    )
    TAGS = ("LUM", "bacino", "categorie", "servizi raggiunti", "matrice", "mancanti")

    LUM, SERVICES = "LUM", "SERVICES"
    OUTPUT, REACHED = "OUTPUT", "REACHED"

    def define(self):
        self.add_source(
            self.LUM,
            "Bacini dei LUM",
            "Aree prodotte da «Bacini dei LUM». Servono id_lum e rango.",
            QgsProcessing.SourceType.TypeVectorPolygon,
            optional=False,
        )
        self.add_layers(
            self.SERVICES, "Servizi", "Uno o più layer di servizi, punti e aree insieme."
        )
        self.add_criteria()
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "LUM e categorie",
            "Una riga per LUM: servizi, categorie ammesse, presenti, mancanti.",
            QgsProcessing.SourceType.TypeVector,
            optional=False,
        )
        self.add_sink(
            self.REACHED,
            "Servizi raggiunti",
            "Una riga per LUM e servizio, nel punto del servizio (per un'area, un suo punto "
            "interno), con il giudizio della matrice e la quota dell'area nel bacino.",
            QgsProcessing.SourceType.TypeVectorPoint,
            by_default=False,
        )
        self.add_numbers(
            {
                "LUM_COUNT": "LUM",
                "REACHED_COUNT": "Servizi raggiunti da almeno un LUM",
                "MISSING_COUNT": "Categorie preferite che mancano, in tutti i LUM",
            }
        )

    def compute(self, parameters, context, feedback):
        from ..core.context import lum_frame
        from ..core.lumservices import services_of_lum

        stages = self.stages(feedback, "Lettura", "Confronto", "Scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        pack = self.pack(parameters, context)
        lum = self.frame(parameters, self.LUM, crs, context, feedback, ("id_lum", "rango"))
        lum = lum_frame(lum, pack)
        services = or_cancelled(self.services(parameters, self.SERVICES, crs, context, feedback))
        stages.next()
        profiles, reached = services_of_lum(services, lum, pack)
        stages.check()
        for row in reached:
            row["_geometry"] = row["shape"].representative_point().wkb
        stages.next()
        results = {
            self.OUTPUT: self.write_rows(
                parameters, self.OUTPUT, context, profiles, schema.LUM_SERVICES
            )
        }
        if self.wants(parameters, self.REACHED):
            results[self.REACHED] = self.write_rows(
                parameters,
                self.REACHED,
                context,
                reached,
                schema.LUM_REACHED,
                QgsWkbTypes.Type.Point,
                crs,
            )
        found = {row["id_servizio"] for row in reached}
        feedback.pushInfo(f"{len(found)} servizi raggiunti da {len(profiles)} LUM.")
        return {
            **results,
            "LUM_COUNT": len(profiles),
            "REACHED_COUNT": len(found),
            "MISSING_COUNT": sum(row["n_mancanti"] for row in profiles),
        }
