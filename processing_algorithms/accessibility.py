"""accessibility: who reaches what, how much of it, and how evenly."""

from __future__ import annotations

import numpy as np
from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterEnum,
    QgsWkbTypes,
)

from ..core import accessibility, schema
from ..core.accessibility import CUMULATIVE, ENHANCED, NEAREST, TWO_STEP
from ..core.doubles import FIELD as DOUBLE
from ..core.doubles import standing
from ..core.errors import SttmError
from ..core.reference import comune_of
from ..core.text import code_names, threshold_name
from ..core.wkb import Area
from ..qgis_io.bulk import fill_points, lot_of, read_columns
from ..qgis_io.fields import KEY_FIELDS, make_fields, with_original
from ..qgis_io.frames import iter_features, plain_geometry, source_name, transform_to
from ..qgis_io.network import (
    field_place,
    numbers_of,
    plain_text,
    read_places,
    read_rows,
    read_streets,
    shapes_of,
    tell_numbers,
)
from ..qgis_io.shapes import read_comuni
from .base import SttmAlgorithm, or_cancelled
from .parameters import number_parameter


class Accessibility(SttmAlgorithm):
    """Measures for each origin how far the services are and how many it reaches."""

    NAME = "accessibility"
    DISPLAY_NAME = "Accessibilità ai servizi"
    GROUP = "2 – LUM e accessibilità"
    HELP = (
        "Per ogni origine (sezione di censimento, cella, civico) e per ogni categoria di servizi: "
        "il servizio più vicino e quanto costa raggiungerlo, quanti se ne raggiungono entro ogni "
        "soglia e, se richieste, le misure che tengono conto della capacità e di chi altro la usa "
        "(2SFCA, E2SFCA) o della distanza (gravità). I percorsi sono i più brevi, esatti, lungo la "
        "rete; senza rete si usa la linea d'aria per il coefficiente di percorso. Un valore che "
        "manca ha il suo motivo nel campo accanto."
    )
    TAGS = ("accessibilità", "isocrona", "15 minuti", "2SFCA", "gravità", "distanza", "rete")
    NEEDS = ()

    ORIGINS, ORIGIN_ID, POP_FIELD = "ORIGINS", "ORIGIN_ID", "POP_FIELD"
    SERVICES, CATEGORY_FIELD = "SERVICES", "CATEGORY_FIELD"
    CAPACITY_FIELD, NETWORK, STRATEGY = "CAPACITY_FIELD", "NETWORK", "STRATEGY"
    DIRECTION_FIELD, VALUE_FORWARD = "DIRECTION_FIELD", "VALUE_FORWARD"
    VALUE_BACKWARD, VALUE_BOTH = "VALUE_BACKWARD", "VALUE_BOTH"
    DEFAULT_DIRECTION, SPEED_FIELD = "DEFAULT_DIRECTION", "SPEED_FIELD"
    DEFAULT_SPEED, TOLERANCE, THRESHOLDS = "DEFAULT_SPEED", "TOLERANCE", "THRESHOLDS"
    MEASURES, ZONES, DECAY, BETA = "MEASURES", "ZONES", "DECAY", "BETA"
    DETOUR, MAX_SNAP, COMUNI = "DETOUR", "MAX_SNAP", "COMUNI"
    OUTPUT, SUMMARY = "OUTPUT", "SUMMARY"

    STRATEGIES = ("Distanza (m)", "Tempo (minuti)")
    DIRECTIONS = ("Verso della linea", "Verso opposto", "Entrambi i versi")
    MEASURE_NAMES = (
        "Servizio più vicino",
        "Numero di servizi entro le soglie",
        "2SFCA: offerta per abitante",
        "E2SFCA: offerta per abitante, pesata per zone",
        "Gravità: offerta attenuata dalla distanza",
    )
    DECAYS = ("Esponenziale", "Potenza", "Gaussiana")

    def define(self):
        line = QgsProcessing.SourceType.TypeVectorLine
        area = QgsProcessing.SourceType.TypeVectorPolygon
        self.add_source(
            self.ORIGINS,
            "Origini",
            "Punti o poligoni da cui si parte: sezioni di censimento, celle, civici. Un poligono "
            "parte da un suo punto interno.",
            optional=False,
        )
        self.add_field(
            self.ORIGIN_ID,
            "Identificativo dell'origine",
            "Campo con cui nominare le origini nei messaggi. Vuoto: il numero dell'elemento.",
            self.ORIGINS,
        )
        self.add_field(
            self.POP_FIELD,
            "Campo della popolazione",
            "Abitanti di ogni origine: serve alle misure 2SFCA ed E2SFCA e al riepilogo.",
            self.ORIGINS,
        )
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Layer di servizi, punti e aree insieme. Si usano tutti, qualunque sia lo stato: "
            "filtrarli prima se serve. In un'area si entra dove il suo bordo incontra la rete.",
        )
        self.add_text(
            self.CATEGORY_FIELD,
            "Campo della categoria",
            "Campo dei servizi che dà le categorie. I servizi senza categoria restano fuori, "
            "contati.",
            "codice_sttm",
        )
        self.add_text(
            self.CAPACITY_FIELD,
            "Campo della capacità",
            "Offerta di ogni servizio, per 2SFCA, E2SFCA e gravità. Vuoto: 1 per tutti.",
        )
        self.add_source(
            self.NETWORK,
            "Rete stradale o pedonale",
            "Linee connesse nei vertici condivisi. Senza, linea d'aria per il coefficiente.",
            line,
        )
        self._enum(
            self.STRATEGY, "Costo", self.STRATEGIES, 1, "Si misura in metri o in minuti di viaggio."
        )
        self.add_text(
            self.THRESHOLDS,
            "Soglie",
            "Una o più, separate da virgola, nell'unità del costo. Vuoto: 5,10,15 minuti oppure "
            "500,1000,1500 m (città dei 15 minuti).",
        )
        measures = QgsProcessingParameterEnum(
            self.MEASURES,
            self.tr("Misure"),
            [self.tr(text) for text in self.MEASURE_NAMES],
            True,
            [NEAREST, CUMULATIVE],
        )
        self.add(measures, "Che cosa calcolare per ogni categoria.")
        self._add_travel()
        self._add_measures()
        self.add_source(
            self.COMUNI,
            "Confini dei comuni",
            "Per il riepilogo per comune e Zona Omogenea. Senza, si usa il codice ISTAT delle "
            "origini, se c'è.",
            area,
        )
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "Accessibilità",
            "Ogni origine con i suoi campi e le misure.",
            QgsProcessing.SourceType.TypeVectorAnyGeometry,
            optional=False,
        )
        self.add_sink(
            self.SUMMARY,
            "Riepilogo",
            "Popolazione servita, quota, indice di Gini e rapporto 90/10 per comune, Zona "
            "Omogenea e categoria.",
            QgsProcessing.SourceType.TypeVector,
            by_default=False,
        )

    def _enum(self, name, label, options, default, help_text, advanced=False):
        texts = [self.tr(text) for text in options]
        parameter = QgsProcessingParameterEnum(
            name, self.tr(label), texts, False, default, optional=True
        )
        self.add(parameter, help_text, advanced)

    def _number(self, name, label, default, help_text, minimum=0.0, optional=False):
        parameter = number_parameter(name, self.tr(label), default, minimum, optional)
        self.add(parameter, help_text, advanced=True)

    def _add_travel(self):
        self._number(
            self.DEFAULT_SPEED,
            "Velocità predefinita (km/h)",
            4.5,
            "Velocità a piedi, fuori dalla rete e dove il campo della velocità manca.",
            0.01,
        )
        self.add_field(
            self.SPEED_FIELD,
            "Campo della velocità (km/h)",
            "Velocità su ogni linea. Vuota, zero o negativa: quella predefinita.",
            self.NETWORK,
            advanced=True,
        )
        self.add_field(
            self.DIRECTION_FIELD,
            "Campo del senso di marcia",
            "Senza, ogni linea si percorre nei due versi.",
            self.NETWORK,
            advanced=True,
        )
        for name, label in (
            (self.VALUE_FORWARD, "Valore per il verso della linea"),
            (self.VALUE_BACKWARD, "Valore per il verso opposto"),
            (self.VALUE_BOTH, "Valore per entrambi i versi"),
        ):
            help_text = "Valore del campo del senso di marcia; confronto esatto, come testo."
            self.add_text(name, label, help_text, advanced=True)
        self._enum(
            self.DEFAULT_DIRECTION,
            "Senso di marcia predefinito",
            self.DIRECTIONS,
            2,
            "Per le linee il cui valore non è nessuno dei tre.",
            advanced=True,
        )
        self._number(
            self.TOLERANCE,
            "Tolleranza di connessione (m)",
            0.001,
            "Estremi e vertici più vicini di questa distanza sono lo stesso nodo.",
        )
        self._number(
            self.MAX_SNAP,
            "Distanza massima dalla rete (m)",
            200.0,
            "Origini e servizi più lontani dalla rete non si agganciano (proposta).",
        )
        self._number(
            self.DETOUR,
            "Coefficiente di percorso senza rete",
            1.0,
            "Senza rete la linea d'aria si moltiplica per questo numero (nei controlli 1,3).",
            0.01,
        )

    def _add_measures(self):
        self.add_text(
            self.ZONES,
            "Zone dell'E2SFCA",
            "Coppie fine=peso, per esempio 5=1,10=0.68,15=0.22 (Luo e Qi 2009). Una zona va dalla "
            "fine della precedente, esclusa, alla propria, inclusa.",
            advanced=True,
        )
        self._enum(
            self.DECAY,
            "Attenuazione della gravità",
            self.DECAYS,
            0,
            "Esponenziale e^(−βc), potenza max(c,1)^(−β), gaussiana e^(−c²/2β²).",
            advanced=True,
        )
        self._number(
            self.BETA,
            "Beta della gravità",
            None,
            "Vuoto: 0,1 per l'esponenziale, 2 per la potenza, metà della soglia maggiore per la "
            "gaussiana.",
            1e-9,
            optional=True,
        )

    def check(self, parameters, context):
        options = self._options(parameters, context)
        needs_people = options.measures & {TWO_STEP, ENHANCED}
        if needs_people and not self.field(parameters, self.POP_FIELD, context):
            raise SttmError(
                "Le misure 2SFCA ed E2SFCA hanno bisogno della popolazione: indicare il campo "
                "POP_FIELD delle origini, oppure togliere quelle misure."
            )

    def compute(self, parameters, context, feedback):
        # A script may come here without checkParameterValues.
        self.check(parameters, context)
        options = self._options(parameters, context)
        crs = self.analysis_crs(parameters, context)
        stages = self.stages(
            feedback,
            "lettura di origini e servizi",
            "costruzione della rete",
            "percorsi e misure",
            "riepilogo",
            "scrittura",
        )
        stages.next()
        source = self.source(parameters, self.ORIGINS, context)
        if source is None:
            raise SttmError("Indicare il layer delle origini (ORIGINS).")
        field = self.field(parameters, self.POP_FIELD, context)
        named = self.field(parameters, self.ORIGIN_ID, context)
        istat = "istat" if field_place(source, "istat", needed=False) >= 0 else ""
        wanted = [name for name in dict.fromkeys((field, named, istat)) if name]
        layer = self.whole_layer(parameters, self.ORIGINS, context)
        x, y, fids, found = or_cancelled(read_places(source, layer, crs, context, feedback, wanted))
        people = self._people(found[field], feedback) if field else None
        supply = self._supply(parameters, crs, context, feedback)
        names = code_names(sorted(set(supply.categories)))
        stages.next()
        street = self._street(parameters, crs, context, feedback)
        stages.next()
        result = or_cancelled(
            accessibility.measure(x, y, people, supply, street, options, stages.progress)
        )
        for sentence in result.log:
            feedback.pushInfo(sentence)
        _tell_far(found[named] if named else fids, result, feedback)
        stages.next()
        summary = []
        if self.wants(parameters, self.SUMMARY):
            istats = found.get(istat)
            groups = self._groups(parameters, crs, context, feedback, istats, (x, y), stages)
            summary = accessibility.summarise(result, people, groups, options)
        stages.next()
        columns = _columns(result, supply, names, options)
        origins = source, layer
        written = self._write(parameters, context, stages, crs, origins, fids, (x, y), columns)
        results = {self.OUTPUT: written}
        written = self._write_summary(parameters, context, crs, summary)
        if written is not None:
            results[self.SUMMARY] = written
        return results

    # Reading ----------------------------------------------------------------------------

    def _options(self, parameters, context):
        beta = parameters.get(self.BETA)
        number = self.parameterAsDouble(parameters, self.BETA, context)
        return accessibility.make_options(
            self.text(parameters, self.THRESHOLDS, context),
            self.text(parameters, self.ZONES, context),
            self.parameterAsEnums(parameters, self.MEASURES, context),
            strategy=self.parameterAsEnum(parameters, self.STRATEGY, context),
            decay=self.parameterAsEnum(parameters, self.DECAY, context),
            beta=None if beta in (None, "") else number,
            speed=self.parameterAsDouble(parameters, self.DEFAULT_SPEED, context),
            detour=self.parameterAsDouble(parameters, self.DETOUR, context),
            max_snap=self.parameterAsDouble(parameters, self.MAX_SNAP, context),
        )

    def _people(self, values, feedback):
        numbers, wrong = numbers_of(values)
        tell_numbers("Popolazione", numbers, wrong, feedback)
        return np.maximum(np.nan_to_num(np.array(numbers), nan=0.0), 0.0)

    def _supply(self, parameters, crs, context, feedback):
        """Return the services with a category; the same id twice: the area wins."""
        category = self.text(parameters, self.CATEGORY_FIELD, context) or "codice_sttm"
        capacity = self.text(parameters, self.CAPACITY_FIELD, context)
        needed = [name.lower() for name in (category, capacity) if name]
        layers = self.layers(parameters, self.SERVICES, context, needed, "servizi", feedback)
        if not layers:
            raise SttmError("Indicare almeno un layer di servizi (SERVICES).")
        found: dict = {}
        doubles: dict = {}
        without = wrong = 0
        doubled, replaced = [], []
        for layer in layers:
            named = field_place(layer, "id_servizio", needed=False) >= 0
            says = named and field_place(layer, DOUBLE, needed=False) >= 0
            wanted = [
                category,
                *(["id_servizio"] if named else []),
                *([DOUBLE] if says else []),
                *([capacity] if capacity else []),
            ]
            rows = or_cancelled(read_rows(layer, crs, context, feedback, wanted))
            numbers, bad = numbers_of(rows.columns[capacity]) if capacity else ([], 0)
            wrong += bad
            shapes = shapes_of(rows.geometries)
            for place, (fid, code) in enumerate(zip(rows.fids, rows.columns[category])):
                code = plain_text(code)
                if code is None:
                    without += 1
                    continue
                key = plain_text(rows.columns["id_servizio"][place]) if named else None
                own = (key or f"{rows.name}:{fid}", code, shapes[place])
                own += (numbers[place] if capacity else 1.0,)
                twin = key is not None and key in found
                if twin:
                    area, known = isinstance(own[2], Area), isinstance(found[key][2], Area)
                    (doubled if area == known else replaced).append(key)
                    if known or not area:
                        continue
                found[own[0]] = own
                doubles[own[0]] = plain_text(rows.columns[DOUBLE][place]) if says else None
        ids = list(found)
        left = [
            own
            for row, (own, other) in enumerate(zip(ids, standing(ids, list(doubles.values()))))
            if row != other
        ]
        for own in left:
            del found[own]
        for keys, what in (
            (replaced, "presenti come punto e come area, vale l'area"),
            (doubled, "con un identificativo già letto, lasciati fuori"),
            (left, "doppioni di un altro (campo doppione_di), contati una volta"),
        ):
            if keys:
                named = ", ".join(keys[:10]) + (" …" if len(keys) > 10 else "")
                feedback.pushInfo(f"{len(keys)} servizi {what}: {named}.")
        if without:
            feedback.pushInfo(f"{without} servizi senza categoria, lasciati fuori.")
        if wrong:
            feedback.pushInfo(f"Capacità: {wrong} valori non numerici, come se mancassero.")
        if not found:
            feedback.pushWarning("Nessun servizio ha una categoria: non c'è nulla da raggiungere.")
        rows = [found[key] for key in sorted(found)]
        placeless = sum(row[2] is None for row in rows)
        if placeless:
            feedback.pushInfo(
                f"{placeless} servizi senza posizione, o che non sono né punti né aree: non "
                "raggiungibili."
            )
        return accessibility.Supply(
            ids=[row[0] for row in rows],
            categories=[row[1] for row in rows],
            shapes=[row[2] for row in rows],
            capacity=np.array([row[3] for row in rows], dtype=float) if capacity else None,
        )

    def _street(self, parameters, crs, context, feedback):
        source = self.source(parameters, self.NETWORK, context)
        if source is None:
            return None
        direction = self.field(parameters, self.DIRECTION_FIELD, context)
        speed = self.field(parameters, self.SPEED_FIELD, context)
        streets = or_cancelled(
            read_streets(
                source,
                self.whole_layer(parameters, self.NETWORK, context),
                crs,
                self.parameterAsDouble(parameters, self.TOLERANCE, context),
                context,
                feedback,
                [name for name in (direction, speed) if name],
            )
        )
        street = accessibility.Street(streets.network, streets.index)
        if direction:
            street.direction = self._directions(streets.columns[direction], parameters, context)
        if speed:
            numbers, wrong = numbers_of(streets.columns[speed])
            street.speed = np.array(numbers)
            slow = int((~(street.speed > 0)).sum())
            if slow:
                default = self.parameterAsDouble(parameters, self.DEFAULT_SPEED, context)
                feedback.pushInfo(
                    f"Velocità: {slow} linee senza un valore maggiore di zero ({wrong} non "
                    f"numerici), percorse a {default:g} km/h."
                )
        return street

    def _directions(self, values, parameters, context):
        ways = {}
        for name, way in (
            (self.VALUE_FORWARD, accessibility.FORWARD),
            (self.VALUE_BACKWARD, accessibility.BACKWARD),
            (self.VALUE_BOTH, accessibility.BOTH),
        ):
            text = self.text(parameters, name, context)
            if text in ways:
                raise SttmError(f"Senso di marcia: il valore «{text}» è indicato due volte.")
            if text:
                ways[text] = way
        default = self.parameterAsEnum(parameters, self.DEFAULT_DIRECTION, context)
        return np.array([ways.get(plain_text(value) or "", default) for value in values])

    def _groups(self, parameters, crs, context, feedback, istat, at, stages):
        """Return (livello, nome, codice, members) of the whole, each zone and each comune.

        Args:
            istat: the ISTAT code each origin carries, None where they carry none.
            at: x, y of the origins.
        """
        size = len(at[0])
        groups = [("totale", None, None, np.ones(size, dtype=bool))]
        names, zones = {}, {}
        layer = self.source(parameters, self.COMUNI, context)
        if layer is not None:
            comuni = or_cancelled(read_comuni(layer, crs, context, feedback))
            places = or_cancelled(comuni.places.locate(*at, stages.progress))
            codes = [comuni.codes[place] if place >= 0 else None for place in places]
            names = dict(zip(comuni.codes, comuni.names))
            zones = dict(zip(comuni.codes, comuni.zones))
        else:
            if istat is None:
                return groups
            known = [comune_of(value) for value in istat]
            codes = [comune.istat if comune else None for comune in known]
        codes = np.array(codes, dtype=object)
        found = sorted({code for code in codes if code is not None})
        zone_of = {}
        for code in found:
            comune = comune_of(code)
            zone_of[code] = zones.get(code) or (comune.zona_omogenea if comune else None)
            names[code] = (comune.nome if comune else None) or names.get(code) or code
        for zone in sorted({zone for zone in zone_of.values() if zone}):
            members = np.isin(codes.astype(str), [c for c in found if zone_of[c] == zone])
            groups.append(("zona_omogenea", zone, zone, members))
        for code in found:
            groups.append(("comune", names[code], code, codes == code))
        return groups

    # Writing ----------------------------------------------------------------------------

    def _write(self, parameters, context, stages, crs, origins, fids, at, columns):
        """Write the origins with their own fields and the measures; return where.

        Args:
            origins: (source, layer), the layer where all its features are meant, else None.
            fids: int64 (n,), of the origins; at: their x, y.
            columns: of ``_columns``.
        """
        source, layer = origins
        kept = [
            place
            for place, field in enumerate(source.fields())
            if field.name().lower() not in KEY_FIELDS
        ]
        fields = with_original(
            make_fields(field for field, _ in columns),
            [source.fields()[place] for place in kept],
            original_first=True,
        )
        kind = QgsWkbTypes.linearType(QgsWkbTypes.flatType(source.wkbType()))
        output = (parameters, self.OUTPUT, context, fields, kind, crs)
        sink, target = self.open_sink(*output)
        shape = QgsWkbTypes.geometryType(kind)
        point = shape == QgsWkbTypes.GeometryType.PointGeometry
        self.style_output(target, "accessibilita_punti" if point else "accessibilita")
        rows = _Rows(columns)
        if kind == QgsWkbTypes.Type.Point:
            own = read_columns(layer, [source.fields()[place].name() for place in kept])
            if own is not None and np.array_equal(own.fids, fids):
                # Their geometries aren't needed any more.
                del sink, own.blobs
                lots = _lots(list(own.columns.values()), rows, len(fids), stages)
                names = [field.name() for field in fields]
                if fill_points(target, names, *at, lots, stages.check):
                    return target
                sink, target = self.open_sink(*output)
        transform = transform_to(source, crs, context)
        place_of = {fid: place for place, fid in enumerate(fids.tolist())}
        request = QgsFeatureRequest().setSubsetOfAttributes(kept)
        written = 0
        for original in iter_features(source, request):
            if written % 512 == 0:
                stages.progress(written / max(len(fids), 1))
                stages.check()
            row = place_of.get(original.id())
            if row is None:
                break
            written += 1
            values = original.attributes()
            feature = QgsFeature(fields)
            feature.setAttributes([*(values[place] for place in kept), *rows[row]])
            geometry = plain_geometry(original, transform, source_name(source))
            if geometry is not None:
                feature.setGeometry(geometry)
            if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                raise QgsProcessingException(self.writeFeatureError(sink, parameters, self.OUTPUT))
        if written != len(fids):
            raise SttmError(
                f"Il layer «{source_name(source)}» è cambiato durante il calcolo: salvare le "
                "modifiche e ripetere."
            )
        return target

    def _write_summary(self, parameters, context, crs, summary):
        """Write the rows of the summary; return where, None when it wasn't asked for."""
        fields = make_fields(schema.ACCESSIBILITY_SUMMARY)
        table = QgsWkbTypes.Type.NoGeometry
        sink, target = self.open_sink(parameters, self.SUMMARY, context, fields, table, crs)
        if sink is not None:
            for row in summary:
                feature = QgsFeature(fields)
                feature.setAttributes([row[field.name] for field in schema.ACCESSIBILITY_SUMMARY])
                sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
        return target


def _tell_far(names, result, feedback):
    far = np.flatnonzero(result.located & ~result.attached)
    if far.size:
        shown = ", ".join(str(names[row]) for row in far[:10].tolist())
        feedback.pushWarning(
            f"{far.size} origini troppo lontane dalla rete, non agganciate: {shown}"
            f"{' …' if far.size > 10 else ''}."
        )


def _columns(result, supply, names, options):
    """Return (Field, values) of every measure.

    Values are an array, masked where they are missing, or (names, places among them).
    """
    attached = result.attached
    ids = np.array([*supply.ids, None], dtype=object)
    reasons = np.array(accessibility.REASONS, dtype=object)
    columns = [
        (schema.Field("stato_aggancio"), result.states),
        (schema.Field("distanza_aggancio_m", "real"), result.snap_m),
    ]
    for code, measured in result.categories.items():
        name = names[code]
        if NEAREST in options.measures:
            columns += [
                (schema.Field(f"t_{name}", "real"), measured.cost),
                (schema.Field(f"id_{name}"), (ids, measured.service)),
                (schema.Field(f"motivo_{name}"), (reasons, measured.reason)),
            ]
        for threshold, count in measured.count.items():
            field = schema.Field(f"n_{name}_{threshold_name(threshold)}", "int")
            columns.append((field, np.ma.array(count, mask=~attached)))
        for prefix, values in (
            ("s2", measured.two_step),
            ("e2", measured.enhanced),
            ("g", measured.gravity),
        ):
            if values is not None:
                masked = np.ma.array(values, mask=~attached)
                columns.append((schema.Field(f"{prefix}_{name}", "real"), masked))
    reached = np.ma.array(result.categories_reached, mask=~attached)
    columns.append((schema.Field("n_categorie_15", "int"), reached))
    return columns


def _lots(own, rows, size, stages):
    """Yield the rows of the output, some at once: the origins' own values, then the measures."""
    at_once = rows.at_once
    for first in range(0, size, at_once):
        stages.progress(first / size)
        stages.check()
        part = slice(first, first + at_once)
        yield list(zip(*(column[part] for column in own), *rows.columns(part)))


class _Rows:
    """The values of each row, None where a number is missing or isn't finite.

    They are turned into Python's some rows at once: whole columns of them would take gigabytes.
    """

    def __init__(self, columns):
        self._columns = columns
        self.at_once = lot_of(len(columns))
        self._first, self._rows = -1, []

    def columns(self, part):
        """Return the values of some rows, column by column."""
        return [_plain(values, part) for _, values in self._columns]

    def __getitem__(self, row):
        first = row - row % self.at_once
        if first != self._first:
            self._rows = list(zip(*self.columns(slice(first, first + self.at_once))))
            self._first = first
        return self._rows[row - first]


def _plain(values, part):
    if isinstance(values, tuple):
        names, place = values
        return names[place[part]].tolist()
    values = values[part]
    if values.dtype.kind == "f" and not isinstance(values, np.ma.MaskedArray):
        values = np.ma.masked_invalid(values, copy=False)
    return values.tolist()
