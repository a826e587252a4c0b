"""placeservice: a place on the map for a service that had none."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpression,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingOutputString,
    QgsProcessingParameterPoint,
)

from ..core import schema
from ..core.errors import SttmError
from .base import SttmAlgorithm


class PlaceService(SttmAlgorithm):
    """Moves one service from the table of those without a place to a layer of points."""

    NAME = "placeservice"
    DISPLAY_NAME = "Colloca un servizio"
    GROUP = "1 – Dati"
    HELP = (
        "Dà un punto a un servizio senza posizione: il servizio passa dalla tabella dei servizi "
        "senza posizione al layer dei punti, con lo stesso identificativo e tutti i suoi "
        "attributi; se qualcosa non riesce resta dov'era. Il punto lo sceglie una persona: nessun "
        "indirizzo è inviato a servizi di geocodifica. I servizi da non localizzare (case rifugio, "
        "centri antiviolenza) sono rifiutati, e così un punto oltre 5 km dal comune del servizio; "
        "un punto appena fuori dal comune è segnalato. Parametri: UNPLACED, SERVICE_ID, POINT, "
        "TARGET, BOUNDARIES, CRS; risultati PLACED e NOTE."
    )
    TAGS = ("posizione", "indirizzo", "senza posizione", "punto", "collocare", "mappa")

    UNPLACED, SERVICE_ID, POINT = "UNPLACED", "SERVICE_ID", "POINT"
    TARGET, BOUNDARIES = "TARGET", "BOUNDARIES"

    def define(self):
        self.add_source(
            self.UNPLACED,
            "Servizi senza posizione",
            "Tabella scritta da «Importa servizi» (UNPLACED): il servizio ne esce.",
            optional=False,
        )
        self.add_text(
            self.SERVICE_ID,
            "Servizio",
            "Identificativo (id_servizio) del servizio da collocare.",
            optional=False,
        )
        self.add(
            QgsProcessingParameterPoint(self.POINT, self.tr("Punto")),
            "Dove sta il servizio: x,y [EPSG:codice]. Senza codice, nel sistema di analisi.",
        )
        self.add_source(
            self.TARGET,
            "Layer dei servizi (punti)",
            "Layer di punti con lo schema dei servizi: il servizio vi entra.",
            QgsProcessing.SourceType.TypeVectorPoint,
            optional=False,
        )
        self.add_source(
            self.BOUNDARIES,
            "Confini dei comuni",
            "Per controllare che il punto sia nel comune del servizio. Senza, si usa il rettangolo "
            "fornito con il plugin.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        self.add_crs()
        self.add_numbers({"PLACED": "Servizi collocati"})
        self.addOutput(QgsProcessingOutputString("NOTE", self.tr("Che cosa controllare")))

    def compute(self, parameters, context, feedback):
        from shapely.geometry import Point

        from ..core.placing import check_place
        from ..qgis_io.tables import move_row

        stages = self.stages(feedback, "Lettura", "Scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        source = self._layer(parameters, self.UNPLACED, context)
        target = self._layer(parameters, self.TARGET, context)
        row = self._row(parameters, source, context, feedback)
        point = self.parameterAsPoint(parameters, self.POINT, context, crs)
        places = self._places(parameters, crs, context, feedback)
        note = check_place(row, places, Point(point.x(), point.y()))
        if _has(target, row["id_servizio"]):
            raise SttmError(
                f"Nel layer «{target.name()}» c'è già un servizio con l'identificativo "
                f"{row['id_servizio']}: spostare quello, o togliere il doppione dalla tabella."
            )
        stages.next()
        geometry = QgsGeometry.fromPointXY(point)
        if target.crs() != crs:
            geometry.transform(
                QgsCoordinateTransform(crs, target.crs(), context.transformContext())
            )
        move_row(source, row, target, geometry, schema.SERVICES)
        if note:
            feedback.pushWarning(note)
        return {"PLACED": 1, "NOTE": note}

    def _layer(self, parameters, name, context):
        layer = self.whole_layer(parameters, name, context)
        if layer is None:
            raise SttmError(
                f"{self._label(name)}: indicare un layer intero che si possa scrivere, non una "
                "selezione."
            )
        return layer

    def _row(self, parameters, source, context, feedback):
        identifier = self.text(parameters, self.SERVICE_ID, context)
        for row in self.table_rows(source, schema.SERVICES, feedback, "id_servizio"):
            if row["id_servizio"] == identifier:
                return row
        raise SttmError(
            f"Nessun servizio con l'identificativo «{identifier}» in «{source.name()}»: forse è "
            "già stato collocato."
        )

    def _places(self, parameters, crs, context, feedback):
        from ..core.places import places_from_boxes, places_from_frame
        from ..qgis_io.frames import shapes_from_wkb

        transform = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem("EPSG:32632"), crs, context.transformContext()
        )

        def to_analysis(shapes):
            moved = []
            for shape in shapes:
                geometry = QgsGeometry()
                geometry.fromWkb(shape.wkb)
                geometry.transform(transform)
                moved.append(geometry.asWkb().data())
            return shapes_from_wkb(moved)

        frame = self.frame(parameters, self.BOUNDARIES, crs, context, feedback)
        if frame is None:
            return places_from_boxes(to_analysis)
        return places_from_frame(frame, to_analysis)


def _has(layer, identifier) -> bool:
    request = QgsFeatureRequest().setLimit(1).setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setFilterExpression(f'"id_servizio" = {QgsExpression.quotedValue(identifier)}')
    return any(True for _ in layer.getFeatures(request))
