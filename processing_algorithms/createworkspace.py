"""A GeoPackage to work in."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsRectangle,
)

from ..core.errors import SttmError
from .base import SttmAlgorithm

_AROUND_M = 1000.0


class CreateWorkspace(SttmAlgorithm):
    """Every table of the schema, empty, with styles and a styled project inside."""

    NAME = "createworkspace"
    DISPLAY_NAME = "Crea l'area di lavoro"
    GROUP = "1 – Dati"
    HELP = (
        "Crea un GeoPackage vuoto in cui lavorare: tutte le tabelle dello schema STTM 2 (servizi, "
        "LUM, popolazione, rilievi, controlli, giustificazioni), gli stili e un progetto QGIS "
        "pronto. Un file che contiene già dati non viene sovrascritto. Il progetto si apre dal "
        "menu Progetto › Apri da › GeoPackage."
    )
    TAGS = ("area di lavoro", "GeoPackage", "modello dati", "progetto")
    NEEDS = ("pandas", "geopandas", "shapely")

    BOUNDARIES = "BOUNDARIES"
    OUTPUT = "OUTPUT"

    def flags(self):
        # A project is made and stored: QgsProject belongs to the main thread.
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def define(self):
        self.add_comune()
        self.add_source(
            self.BOUNDARIES,
            "Confini dei comuni",
            "Poligoni dei comuni con il codice ISTAT nel campo istat, PRO_COM_T, PRO_COM, "
            "COD_ISTAT o com_istat_code: il progetto si apre sul comune. Senza, si usa il "
            "rettangolo del comune fornito con il plugin.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        self.add_crs()
        self.add_file_output(
            self.OUTPUT,
            "Area di lavoro",
            "GeoPackage da creare (.gpkg). Se esiste e contiene dati l'operazione si ferma.",
            "GeoPackage (*.gpkg)",
            optional=False,
            by_default=True,
        )

    def check(self, parameters, context):
        path = self.file_output(parameters, self.OUTPUT, context)
        if path and Path(path).suffix.lower() != ".gpkg":
            raise SttmError(
                f"L'area di lavoro è un GeoPackage: «{Path(path).name}» deve finire con .gpkg."
            )

    def compute(self, parameters, context, feedback):
        from ..qgis_io.geopackage import PROJECT_NAME, create_workspace

        self.check(parameters, context)
        stages = self.stages(feedback, "confini del comune", "tabelle, stili e progetto")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        comune = self.comune(parameters, context)
        extent = self._extent(parameters, context, feedback, comune, crs)
        stages.next()
        path = self.file_output(parameters, self.OUTPUT, context)
        title = f"STTM 2 – {comune.nome}"
        for warning in create_workspace(path, crs, title, extent, comune.istat, feedback):
            feedback.pushWarning(warning)
        stages.check()
        stages.progress(1.0)
        feedback.pushInfo(
            f"Area di lavoro di {comune.nome} in «{Path(path).name}», progetto «{PROJECT_NAME}»."
        )
        return {self.OUTPUT: path}

    def _extent(self, parameters, context, feedback, comune, crs):
        """Return where the comune lies, in the analysis CRS, with some room around it."""
        frame = self.frame(parameters, self.BOUNDARIES, crs, context, feedback)
        if frame is not None:
            from ..core.places import places_from_frame

            places = places_from_frame(frame)
            if comune.istat in places.exact:
                return QgsRectangle(*places.grounds[comune.istat].bounds).buffered(_AROUND_M)
            feedback.pushWarning(
                f"I confini indicati non comprendono {comune.nome} ({comune.istat}): si usa il "
                "rettangolo fornito con il plugin."
            )
        transform = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:32632"), crs, context.transformContext()
        )
        return transform.transformBoundingBox(QgsRectangle(*comune.envelope)).buffered(_AROUND_M)
