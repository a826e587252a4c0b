"""lumcatchment: the area each LUM serves, along the network or as a circle."""

from __future__ import annotations

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsWkbTypes,
)

from ..core import catchment, schema
from ..core.documents import compact_json
from ..core.errors import SttmError
from ..core.pack import load_pack
from ..core.text import written
from ..core.wkb import Points
from ..qgis_io.fields import make_fields
from ..qgis_io.network import (
    field_place,
    numbers_of,
    plain_text,
    read_rows,
    read_streets,
    shapes_of,
    tell_numbers,
)
from ..qgis_io.shapes import (
    Places,
    circle,
    line_geometries,
    polygons_only,
    read_comuni,
    street_polygon,
    street_preview,
    tell_repaired,
)
from .base import Cancelled, SttmAlgorithm, or_cancelled
from .parameters import number_parameter

_NAME_FIELDS = ("nome", "denominazione", "nome_fermata", "stop_name", "name")


class LumCatchment(SttmAlgorithm):
    """One row for each LUM and distance: how far one gets, how many live there, in which comuni."""

    NAME = "lumcatchment"
    DISPLAY_NAME = "Bacini dei LUM"
    GROUP = "2 – LUM e accessibilità"
    HELP = (
        "Calcola l'area servita da ogni LUM (Luogo Urbano per la Mobilità) entro il raggio del suo "
        "rango e, se richieste, entro altre distanze. La misura è esatta lungo la rete stradale o "
        "pedonale; in alternativa si disegna il cerchio. Per ogni area: lunghezza di rete, "
        "popolazione, comuni interessati e quote. I raggi predefiniti sono proposte di progetto, "
        "non valori ufficiali."
    )
    TAGS = ("bacino", "isocrona", "area di servizio", "LUM", "stazione", "rete", "raggio")
    NEEDS = ()

    STOPS, ID_FIELD, RANK_FIELD = "STOPS", "ID_FIELD", "RANK_FIELD"
    NETWORK, METHOD, RADII, BANDS = "NETWORK", "METHOD", "RADII", "BANDS"
    TOLERANCE, MAX_SNAP, BUFFER, POLYGONS = "TOLERANCE", "MAX_SNAP", "BUFFER", "POLYGONS"
    POPULATION, POP_FIELD, COMUNI = "POPULATION", "POP_FIELD", "COMUNI"
    OUTPUT, EDGES = "OUTPUT", "EDGES"

    METHODS = ("Lungo la rete", "Cerchio")
    POLYGON_KINDS = ("Esatti", "Anteprima rapida")

    def define(self):
        points = QgsProcessing.SourceType.TypeVectorPoint
        self.add_source(
            self.STOPS,
            "Fermate e nodi dei LUM",
            "Punti di stazioni, fermate e nodi. Si leggono anche i campi nome, stato, tipo e "
            "linee, dove ci sono.",
            points,
            optional=False,
        )
        self.add_field(
            self.ID_FIELD,
            "Identificativo del LUM",
            "Le fermate con lo stesso identificativo formano un solo LUM con più ingressi. Vuoto: "
            "ogni fermata è un LUM.",
            self.STOPS,
        )
        self.add_field(
            self.RANK_FIELD,
            "Rango",
            "Campo con il rango: metropolitano, sovracomunale (o locale, se indicato nei raggi). "
            "Dove manca si deriva da linee e tipo: metropolitano se il nodo è interscambio "
            "ferro–metropolitana o ha almeno tre linee ferroviarie, altrimenti sovracomunale.",
            self.STOPS,
        )
        self.add_source(
            self.NETWORK,
            "Rete stradale o pedonale",
            "Linee connesse agli estremi e nei vertici condivisi; le linee che si incrociano senza "
            "un vertice in comune non comunicano. Necessaria con il metodo lungo la rete.",
            QgsProcessing.SourceType.TypeVectorLine,
        )
        method = QgsProcessingParameterEnum(
            self.METHOD, self.tr("Metodo"), [self.tr(text) for text in self.METHODS], False, 0
        )
        self.add(
            method,
            "Lungo la rete: distanza percorsa a partire dalla fermata. Cerchio: distanza in linea "
            "d'aria, per il confronto e come base del perimetro.",
        )
        self.add_text(
            self.RADII,
            "Raggi per rango (m)",
            "Per esempio metropolitano=500,sovracomunale=350, oppure un solo numero per tutti. "
            "Vuoto: i raggi del pacchetto dei criteri (proposta).",
        )
        self.add_text(
            self.BANDS,
            "Altre distanze (m)",
            "Distanze aggiuntive separate da virgola, per esempio 200,800. Le aree sono una dentro "
            "l'altra, non anelli.",
        )
        self.add_source(
            self.POPULATION,
            "Popolazione",
            "Aree (sezioni di censimento) ripartite per superficie, oppure punti contati se "
            "interni o sul bordo.",
        )
        self.add_field(
            self.POP_FIELD,
            "Campo della popolazione",
            "Numero di residenti. I valori assenti contano zero e sono segnalati.",
            self.POPULATION,
            "popolazione",
        )
        self.add_source(
            self.COMUNI,
            "Comuni",
            "Confini comunali con il codice ISTAT nel campo istat, PRO_COM_T, PRO_COM, COD_ISTAT o "
            "com_istat_code. Servono per le quote di ciascun comune.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        kinds = [self.tr(text) for text in self.POLYGON_KINDS]
        self.add(
            QgsProcessingParameterEnum(self.POLYGONS, self.tr("Poligoni"), kinds, False, 0),
            "Esatti: unione delle strade raggiunte, allargate. Anteprima rapida: più approssimati, "
            "solo per uno sguardo; il risultato lo dichiara nel campo «poligono».",
            advanced=True,
        )
        self.add(
            number_parameter(self.BUFFER, self.tr("Larghezza attorno alle strade (m)"), 30.0, 0.01),
            "Distanza di cui si allargano le strade raggiunte per disegnare l'area (proposta).",
            advanced=True,
        )
        self.add(
            number_parameter(self.TOLERANCE, self.tr("Tolleranza di connessione (m)"), 0.001),
            "Estremi e vertici più vicini di questa distanza sono lo stesso nodo.",
            advanced=True,
        )
        self.add(
            number_parameter(self.MAX_SNAP, self.tr("Distanza massima dalla rete (m)"), 200.0),
            "Una fermata più lontana dalla rete non si aggancia: per essa si disegna il cerchio, "
            "con un avviso (proposta).",
            advanced=True,
        )
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "Bacini dei LUM",
            "Una riga per ogni LUM e distanza.",
            QgsProcessing.SourceType.TypeVectorPolygon,
            optional=False,
        )
        self.add_sink(
            self.EDGES,
            "Archi raggiunti",
            "Tratti di rete raggiunti, tagliati esattamente al limite, con la distanza all'inizio "
            "e alla fine (percorsi dal punto più vicino al più lontano).",
            QgsProcessing.SourceType.TypeVectorLine,
            by_default=False,
        )

    def check(self, parameters, context):
        self._radii(parameters, context)
        catchment.read_bands(self.text(parameters, self.BANDS, context))
        along = self.parameterAsEnum(parameters, self.METHOD, context) == 0
        if along and self.source(parameters, self.NETWORK, context) is None:
            raise SttmError(
                "Il metodo lungo la rete ha bisogno della rete: indicare il layer delle strade "
                "(NETWORK) oppure scegliere il metodo «Cerchio»."
            )

    def compute(self, parameters, context, feedback):
        # A script may come here without checkParameterValues.
        self.check(parameters, context)
        crs = self.analysis_crs(parameters, context)
        along = self.parameterAsEnum(parameters, self.METHOD, context) == 0
        stages = self.stages(
            feedback,
            "lettura delle fermate e dei layer",
            "costruzione della rete",
            "distanze lungo la rete",
            "aree, popolazione e comuni",
            "scrittura",
        )
        stages.next()
        lum_list = self._read_lum(parameters, context, feedback, crs)
        people = self._read_people(parameters, context, feedback, crs)
        comuni = None
        source = self.source(parameters, self.COMUNI, context)
        if source is not None:
            comuni = or_cancelled(read_comuni(source, crs, context, feedback))

        stages.next()
        network = found = None
        if along:
            streets = or_cancelled(
                read_streets(
                    self.source(parameters, self.NETWORK, context),
                    self.whole_layer(parameters, self.NETWORK, context),
                    crs,
                    self.parameterAsDouble(parameters, self.TOLERANCE, context),
                    context,
                    feedback,
                )
            )
            network, index = streets.network, streets.index
        stages.next()
        if along:
            max_snap = self.parameterAsDouble(parameters, self.MAX_SNAP, context)
            found = or_cancelled(
                catchment.reach_lum(network, index, lum_list, max_snap, stages.progress)
            )
            _tell_snapped(lum_list, found, max_snap, network, index, feedback)

        stages.next()
        drawing = _Drawing(
            network,
            self.parameterAsDouble(parameters, self.BUFFER, context),
            self.parameterAsEnum(parameters, self.POLYGONS, context) == 1,
            people,
            comuni,
            feedback,
        )
        if not self.wants(parameters, self.EDGES):
            drawing.drawn = None
        output = []
        for number, lum in enumerate(lum_list):
            for place, radius in enumerate(lum.radii):
                share = (number + place / len(lum.radii)) / len(lum_list)
                if not stages.progress(share):
                    raise Cancelled
                output.append(drawing.row(lum, found and found[number], radius))

        stages.next()
        return self._write(parameters, context, stages, crs, lum_list, found, output, drawing.drawn)

    # Reading ----------------------------------------------------------------------------

    def _radii(self, parameters, context):
        pack_radii = {
            rank: float(values["raggio_m"])
            for rank, values in load_pack().lum["ranghi"].items()
            if values.get("attivo", True)
        }
        return catchment.read_radii(self.text(parameters, self.RADII, context), pack_radii)

    def _read_lum(self, parameters, context, feedback, crs):
        source = self.source(parameters, self.STOPS, context)
        if source is None:
            raise SttmError("Indicare il layer delle fermate (STOPS).")
        kind = QgsWkbTypes.geometryType(source.wkbType())
        unknown = QgsWkbTypes.GeometryType.UnknownGeometry
        if kind not in (QgsWkbTypes.GeometryType.PointGeometry, unknown):
            raise SttmError(
                f"{self._label(self.STOPS)}: il layer «{source.sourceName()}» non è di punti. "
                "Scegliere il layer delle stazioni o delle fermate."
            )
        id_field = self.field(parameters, self.ID_FIELD, context)
        rank_field = self.field(parameters, self.RANK_FIELD, context)
        optional = {
            name: name
            for name in ("stato", "linee", "tipo", *_NAME_FIELDS)
            if field_place(source, name, needed=False) >= 0
        }
        if not rank_field and field_place(source, "rango", needed=False) >= 0:
            feedback.pushInfo(
                "Le fermate hanno un campo «rango» ma RANK_FIELD non è indicato: il rango viene "
                "derivato. Indicare RANK_FIELD=rango per usarlo."
            )
        wanted = [name for name in dict.fromkeys((id_field, rank_field, *optional)) if name]
        rows = or_cancelled(read_rows(source, crs, context, feedback, wanted))
        shapes = shapes_of(rows.geometries)
        if not len(rows):
            feedback.pushWarning("Il layer delle fermate è vuoto: nessun bacino da calcolare.")

        def column(name):
            return [plain_text(v) for v in rows.columns[name]] if name else [None] * len(rows)

        ids, labels, unnamed = [], [], []
        name_fields = [name for name in _NAME_FIELDS if name in optional]
        names = [
            next((text for text in texts if text), None)
            for texts in zip(*(column(name) for name in name_fields))
        ] or [None] * len(rows)
        for fid, key, name in zip(rows.fids, column(id_field), names):
            if key is None and id_field:
                unnamed.append(str(fid))
                key = f"{rows.name}:{fid}"
            ids.append(key if key is not None else str(fid))
            labels.append(f"«{name}»" if name else f"{fid} di «{rows.name}»")
        if unnamed:
            feedback.pushInfo(
                f"{len(unnamed)} fermate senza identificativo, ognuna un LUM a sé: "
                f"{', '.join(unnamed[:10])}{' …' if len(unnamed) > 10 else ''}."
            )
        stops = catchment.Stops(
            ids=ids,
            ranks=column(rank_field),
            names=names,
            states=column("stato" if "stato" in optional else ""),
            lines=column("linee" if "linee" in optional else ""),
            kinds=column("tipo" if "tipo" in optional else ""),
            shapes=[shape if isinstance(shape, Points) else None for shape in shapes],
            labels=labels,
        )
        lum_list, log = catchment.group_stops(
            stops,
            self._radii(parameters, context),
            catchment.read_bands(self.text(parameters, self.BANDS, context)),
        )
        for sentence in log:
            feedback.pushInfo(sentence)
        for lum in lum_list:
            if not lum.x.size:
                feedback.pushWarning(
                    f"LUM «{lum.id_lum}»: nessuna fermata ha una posizione; la riga resta senza "
                    "area."
                )
        return lum_list

    def _read_people(self, parameters, context, feedback, crs):
        source = self.source(parameters, self.POPULATION, context)
        if source is None:
            return None
        name = self.field(parameters, self.POP_FIELD, context) or "popolazione"
        rows = or_cancelled(read_rows(source, crs, context, feedback, [name]))
        numbers, wrong = numbers_of(rows.columns[name])
        tell_numbers("Popolazione", numbers, wrong, feedback)
        uncounted = sum(
            geometry is None
            or geometry.type()
            not in (
                QgsWkbTypes.GeometryType.PointGeometry,
                QgsWkbTypes.GeometryType.PolygonGeometry,
            )
            for geometry in rows.geometries
        )
        if uncounted:
            feedback.pushWarning(
                f"Popolazione: {uncounted} elementi di «{rows.name}» non sono né punti né aree, o "
                "non hanno geometria: i loro residenti non sono contati."
            )
        places = Places(rows.geometries, [number if number > 0 else 0.0 for number in numbers])
        tell_repaired(places, rows, "Popolazione", feedback)
        return places

    # Writing ----------------------------------------------------------------------------

    def _write(self, parameters, context, stages, crs, lum_list, found, output, drawn):
        fields = make_fields(schema.LUM)
        multi = QgsWkbTypes.Type.MultiPolygon
        sink, destination = self.open_sink(parameters, self.OUTPUT, context, fields, multi, crs)
        for number, (attributes, geometry) in enumerate(output):
            if not stages.progress(0.5 * number / len(output)):
                raise Cancelled
            _add(self, sink, parameters, self.OUTPUT, fields, attributes, geometry)
        del sink
        self.style_output(destination, "lum_bacini")
        results = {self.OUTPUT: destination}

        fields = make_fields(schema.EDGES)
        line = QgsWkbTypes.Type.LineString
        sink, destination = self.open_sink(parameters, self.EDGES, context, fields, line, crs)
        if sink is None:
            return results
        for number, lum in enumerate(lum_list if found else []):
            for radius, reached in found[number].reached.items():
                if not stages.progress(0.5 + 0.5 * number / len(lum_list)):
                    raise Cancelled
                geometries = line_geometries(*drawn[lum.id_lum, radius])
                costs = zip(reached.cost_begin.tolist(), reached.cost_end.tolist())
                for geometry, (begin, end) in zip(geometries, costs):
                    row = [lum.id_lum, radius, begin, end]
                    _add(self, sink, parameters, self.EDGES, fields, row, geometry)
        del sink
        results[self.EDGES] = destination
        return results


class _Drawing:
    """Draws the area of a LUM within a distance and measures what lies in it."""

    def __init__(self, network, width, preview, people, comuni, feedback):
        self._network, self._width, self._preview = network, width, preview
        self._people, self._comuni = people, comuni
        self._least = float(load_pack().lum["quota_comune"]["valore"])
        self._feedback = feedback
        # The lines reached, by LUM and distance; None where nobody asks for them.
        self.drawn = {}

    def row(self, lum, found, radius):
        """Return (attributes in the order of ``schema.LUM``, geometry)."""
        length = snap = None
        method, kind = catchment.CIRCLE, "esatto"
        if not lum.x.size:
            geometry, method, kind = QgsGeometry(), None, None
        elif found is None:
            geometry = polygons_only(circle(lum.x, lum.y, radius))
        else:
            snap = float(found.snap_m.min())
            geometry, method, kind, length = self._along(lum, found, radius)
        people = None if self._people is None else self._people.total_within(geometry)
        listed = shares = number = None
        if self._comuni is not None:
            codes, quote = catchment.share_out(self._comuni.shares(geometry), self._least)
            listed, shares, number = ";".join(codes), compact_json(quote), len(codes)
        area = 0.0 if geometry.isNull() else geometry.area()
        attributes = [
            lum.id_lum,
            lum.nome,
            lum.rango,
            lum.rango_derivato,
            lum.stato,
            radius,
            method,
            kind,
            area,
            length,
            people,
            listed,
            shares,
            number,
            snap,
        ]
        return attributes, geometry

    def _along(self, lum, found, radius):
        reached = found.reached[radius]
        attached = found.attached
        geometry = QgsGeometry()
        lines = catchment.draw(self._network, reached)
        if self.drawn is not None:
            self.drawn[lum.id_lum, radius] = lines
        if reached.edge.size:
            at = lum.x[attached], lum.y[attached], radius
            if self._preview:
                geometry = street_preview(*lines, self._width, *at)
            else:
                geometry = street_polygon(*lines, self._width, circle(*at))
        kind = "rapido" if self._preview else "esatto"
        if attached.all():
            if not reached.edge.size:
                self._feedback.pushInfo(
                    f"LUM «{lum.id_lum}»: la fermata dista dalla rete quanto il raggio di "
                    f"{radius:g} m o di più; lunghezza zero e nessuna area."
                )
            return geometry, catchment.NETWORK, kind, reached.length
        around = polygons_only(circle(lum.x[~attached], lum.y[~attached], radius))
        if geometry.isNull():
            return around, catchment.FALLBACK, "esatto", None
        both = polygons_only(QgsGeometry.unaryUnion([geometry, around]))
        return both, catchment.FALLBACK, kind, None


def _tell_snapped(lum_list, found, max_snap, network, index, feedback):
    alone = []
    for lum, caught in zip(lum_list, found):
        for label, metres, near in zip(lum.labels, caught.snap_m, caught.attached):
            if not near:
                feedback.pushWarning(
                    f"La fermata {label} del LUM «{lum.id_lum}» è a "
                    f"{written(round(float(metres), 1))} m dalla rete, oltre il massimo di "
                    f"{written(float(max_snap))} m: al posto del bacino c'è il cerchio "
                    "(cerchio_ripiego). Completare la rete o spostare la fermata."
                )
        _, segment = index.nearest(lum.x[caught.attached], lum.y[caught.attached])
        parts = network.edge_part(index.edge[segment])
        if parts.size and (parts > 1).all():
            alone.append(f"{lum.id_lum} (parte {int(parts.min())})")
    if alone:
        feedback.pushInfo(
            f"{len(alone)} LUM agganciati a parti isolate della rete (numerate per lunghezza, 1 è "
            f"la principale): {', '.join(alone[:10])}{' …' if len(alone) > 10 else ''}."
        )


def _add(algorithm, sink, parameters, name, fields, attributes, geometry):
    feature = QgsFeature(fields)
    feature.setAttributes(list(attributes))
    if not geometry.isNull():
        feature.setGeometry(geometry)
    if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
        raise QgsProcessingException(algorithm.writeFeatureError(sink, parameters, name))
