"""Import services: any table or layer becomes the service layer, with a log of all done."""

from __future__ import annotations

import contextlib
import os
from collections import Counter

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingUtils,
    QgsProperty,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core.errors import SttmError
from .base import Cancelled, SttmAlgorithm


class ImportServices(SttmAlgorithm):
    """Any table or layer → service layer (INTERFACE §5, importservices)."""

    NAME = "importservices"
    DISPLAY_NAME = "Importa servizi"
    GROUP = "1 – Dati"
    TAGS = ("importa", "servizi", "CSV", "shapefile", "PGT", "colonne", "codifica", "ripara")
    HELP = (
        "Porta nello schema dei servizi una tabella o un layer qualsiasi. Riconosce le colonne dal "
        "nome e dai valori, la codifica dei testi, il separatore dei decimali, il sistema di "
        "riferimento e gli assi scambiati; ripara le geometrie e i codici ISTAT, riconosce la "
        "categoria, assegna identificativi stabili. Nulla si perde: ciò che non si può usare va "
        "tra gli scartati con il motivo, e ogni riparazione è una riga del registro.\n\n"
        "Lo stato e la valenza non chiari restano vuoti: non si indovinano mai. I servizi da non "
        "localizzare (case rifugio, centri antiviolenza) vanno nella tabella senza posizione.\n\n"
        "Di record uguali in tutto uno solo vale: gli altri sono tenuti, dicono in «doppione_di» "
        "qual è e non entrano nelle somme. Svuotare il campo per contarli."
    )

    INPUT = "INPUT"
    BOUNDARIES = "BOUNDARIES"
    READING = "READING"
    SOURCE = "SOURCE"
    SOURCE_DATE = "SOURCE_DATE"
    PROFILE = "PROFILE"
    X_FIELD = "X_FIELD"
    Y_FIELD = "Y_FIELD"
    SOURCE_CRS = "SOURCE_CRS"
    ENCODING = "ENCODING"
    HEADER_ROW = "HEADER_ROW"
    NULL_TOKENS = "NULL_TOKENS"
    DECIMAL = "DECIMAL"
    PREVIOUS = "PREVIOUS"
    ON_DOUBT = "ON_DOUBT"
    SPLIT_PARTS = "SPLIT_PARTS"
    OUTPUT = "OUTPUT"
    OUTPUT_POINTS = "OUTPUT_POINTS"
    UNPLACED = "UNPLACED"
    REJECTED = "REJECTED"
    LOG = "LOG"
    PROFILE_OUT = "PROFILE_OUT"

    _DECIMALS = ("", ".", ",")

    def define(self):
        self.add_source(
            self.INPUT,
            "Layer o tabella da importare",
            "Layer caricato o file: GeoPackage, shapefile, GeoJSON, CSV, Excel, ODS, KML, zip. "
            "I CSV e i DBF sono decodificati dal file stesso. La fonte non viene mai modificata.",
            optional=False,
        )
        self.add_comune(optional=True)
        self.add_source(
            self.BOUNDARIES,
            "Confini dei comuni",
            "Poligoni con il codice ISTAT nel campo istat, PRO_COM_T, PRO_COM, COD_ISTAT o "
            "com_istat_code. Senza, si usa il rettangolo di ingombro di ogni comune.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        self._choices(
            self.READING,
            "Lettura",
            "Lettura 1: servizi del PGT del comune. Lettura 2: servizi da altre fonti.",
            ["Lettura 1 (dal PGT)", "Lettura 2 (da un'altra fonte)"],
            0,
        )
        self.add_text(
            self.SOURCE,
            "Fonte",
            "Nome della fonte, per esempio «Piano dei Servizi di Rho». Fa parte dell'identità dei "
            "servizi: anni e date nel nome non contano. Vuoto: il nome del layer.",
        )
        self.add_text(
            self.SOURCE_DATE,
            "Data della fonte",
            "Data di riferimento, per esempio 2024-12-31 o 31/12/2024. Una colonna con la data "
            "prevale.",
        )
        self.add_file(
            self.PROFILE,
            "Profilo delle colonne",
            "File JSON salvato da un'importazione precedente (o scritto a mano) che dice quale "
            "colonna va in quale campo e come si traducono i valori; oppure il nome di un profilo "
            "fornito con il plugin. Vuoto: il profilo fornito, se la fonte ha esattamente le sue "
            "colonne, altrimenti le colonne sono riconosciute da sole. «nessuno»: nessun profilo.",
            "Profilo (*.json);;Tutti i file (*)",
        )
        self.add_reading()
        self.add_layers(
            self.PREVIOUS,
            "Servizi già importati",
            "Layer dei servizi di un'importazione precedente: lo stesso servizio (stessa chiave "
            "della fonte, oppure stesso nome entro 15 m) conserva il suo identificativo.",
            optional=True,
        )
        self._choices(
            self.ON_DOUBT,
            "Nel dubbio",
            "Su colonne, categoria, codifica e formato dei numeri: fermarsi e dire quali sono le "
            "possibilità, oppure prendere la migliore e scriverlo nel registro.",
            ["Fermarsi e indicare le possibilità", "Prendere la scelta migliore e annotarla"],
            1,
        )
        self.add(
            QgsProcessingParameterBoolean(
                self.SPLIT_PARTS, self.tr("Dividi i record in più parti"), False, True
            ),
            "Per i layer in cui una geometria tiene insieme più servizi: ogni area staccata, o "
            "ogni punto, diventa un servizio con il suo identificativo. Capacità e superficie "
            "dichiarata valgono per l'intero e si tolgono alle parti. Nei conteggi i record letti "
            "sono quelli della fonte più quelli nati dalla divisione.",
            advanced=True,
        )
        self.add_criteria()
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "Servizi",
            "I servizi con posizione: punti, oppure aree non appena ne è letta una.",
            optional=False,
        )
        self.add_sink(
            self.OUTPUT_POINTS,
            "Servizi puntuali di un layer misto",
            "I punti quando il layer contiene anche aree.",
            QgsProcessing.SourceType.TypeVectorPoint,
            by_default=False,
        )
        table = QgsProcessing.SourceType.TypeVector
        self.add_sink(
            self.UNPLACED,
            "Servizi senza localizzazione",
            "I servizi senza posizione usabile e quelli che non si devono localizzare.",
            table,
        )
        self.add_sink(
            self.REJECTED, "Scartati", "I record che non si possono usare, con il motivo.", table
        )
        self.add_file_output(
            self.LOG,
            "Registro",
            "Ogni riparazione, avviso e scelta, record per record.",
            "Registro (*.json)",
        )
        self.add_file_output(
            self.PROFILE_OUT,
            "Profilo usato",
            "Le scelte fatte, da riusare con le prossime consegne della stessa fonte.",
            "Profilo (*.json)",
        )
        self.add_numbers(
            {
                "READ": "Record letti",
                "WRITTEN": "Record scritti",
                "REPAIRED": "Record riparati",
                "REJECTED_COUNT": "Record scartati",
                "UNCLASSIFIED": "Record da classificare",
                "SPLIT": "Record nati dalla divisione",
            }
        )

    def add_reading(self, numbers=True):
        """Add what says how the source is read: position, encoding, header, numbers."""
        for name, axis in ((self.X_FIELD, "X (est, longitudine)"), (self.Y_FIELD, "Y (nord)")):
            self.add_field(
                name,
                f"Colonna {axis}",
                "Colonna con la coordinata, per le tabelle. Una sola delle due basta se contiene "
                "testi come «(45.47, 9.24)» o «POINT (9.24 45.47)». Vuoto: riconosciuta da sola.",
                self.INPUT,
                advanced=True,
            )
        self.add(
            QgsProcessingParameterCrs(
                self.SOURCE_CRS, self.tr("Sistema di riferimento dei dati"), None, optional=True
            ),
            "Prevale su quello dichiarato dal file. Vuoto: quello dichiarato, verificato sulla "
            "posizione del comune.",
            advanced=True,
        )
        self.add_text(
            self.ENCODING,
            "Codifica dei testi",
            "Per CSV e DBF: UTF-8, Windows-1252, ISO-8859-1… Vuoto: riconosciuta dal contenuto.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                self.HEADER_ROW,
                self.tr("Riga di intestazione"),
                QgsProcessingParameterNumber.Type.Integer,
                1,
                False,
                1,
            ),
            "Per CSV e fogli di calcolo: il numero della riga con i nomi delle colonne. Le righe "
            "che la precedono sono saltate.",
            advanced=True,
        )
        if not numbers:
            return
        self.add_text(
            self.NULL_TOKENS,
            "Testi che valgono «vuoto»",
            "Oltre a -, n.d., n/d, Non Disponibile, NULL: altri testi separati da virgola o punto "
            "e virgola.",
            advanced=True,
        )
        self._choices(
            self.DECIMAL,
            "Separatore dei decimali",
            "Automatico: riconosciuto colonna per colonna.",
            ["Automatico", "Punto", "Virgola"],
            0,
            advanced=True,
        )

    def _choices(self, name, label, help_text, options, default, advanced=False):
        parameter = QgsProcessingParameterEnum(
            name, self.tr(label), [self.tr(option) for option in options], False, default, True
        )
        self.add(parameter, help_text, advanced)

    def checkParameterValues(self, parameters, context):  # noqa: N802
        # The file first: QGIS's own sentence on a source it can't open says nothing useful.
        opened = None
        try:
            opened = self._open(parameters, context, running=False)
            parameters = self._with_file(parameters, opened)
            return super().checkParameterValues(parameters, context)
        except SttmError as error:
            return False, str(error)
        finally:
            if opened is not None:
                opened.close()

    def check(self, parameters, context):
        from ..core.values import given_date

        given_date(self.text(parameters, self.SOURCE_DATE, context))
        self._check_encoding(parameters, context)

    def _check_encoding(self, parameters, context):
        encoding = self.text(parameters, self.ENCODING, context)
        if encoding:
            from ..core.tabletext import codec_name

            codec_name(encoding)

    def compute(self, parameters, context, feedback):
        from ..core.progress import without_collector

        with without_collector():
            return self._import(parameters, context, feedback)

    def _import(self, parameters, context, feedback):
        from ..core.intake import import_services
        from ..qgis_io.sources import Projector

        stages = self.stages(feedback, "lettura", "importazione", "scrittura")
        stages.next()
        crs = self.analysis_crs(parameters, context)
        pack = self.pack(parameters, context)
        projector = Projector(crs, context)
        places = self._places(parameters, context, feedback, crs, projector)
        settings = self._settings(parameters, context, pack)
        table = self._table(parameters, context, feedback, settings)
        previous = self.services(parameters, self.PREVIOUS, crs, context, feedback)

        stages.next()
        found = import_services(table, settings, pack, places, projector, previous, stages.progress)
        if found is None:
            raise Cancelled
        for sentence in found.warnings:
            feedback.pushWarning(sentence)

        stages.next()
        area, point = QgsWkbTypes.Type.MultiPolygon, QgsWkbTypes.Type.Point
        nothing = QgsWkbTypes.Type.NoGeometry
        main = area if found.kind == "area" else point
        results = {}
        made = []  # what a run that stops here must not leave behind
        try:
            outputs = (
                (self.OUTPUT, found.main, main, _style_of(found.kind)),
                (self.OUTPUT_POINTS, found.points, point, _style_of("punto")),
                (self.UNPLACED, found.unplaced, nothing, None),
                (self.REJECTED, found.rejected, nothing, None),
            )
            begun = _Shares(stages, [len(rows) for _, rows, _, _ in outputs])
            for name, rows, kind, style in outputs:
                written = self._write(parameters, name, context, begun, rows, kind, crs, made)
                if written is not None:
                    results[name] = written
                    if style:
                        self.style_output(written, style)
            found.log.ask = stages.check
            results.update(self._write_files(parameters, context, found, pack))
        except BaseException:
            for path in made:
                _take_away(path)
            raise
        self._say(found, feedback)
        return {**results, **found.counts}

    def _write(self, parameters, name, context, begun, rows, wkb_type, crs, made):
        """Write an output a lot at a time and return its id; None when it wasn't asked for."""
        from ..qgis_io.bulk import can_be_filled, fill_lots
        from ..qgis_io.fields import make_fields
        from ..qgis_io.frames import write_frame

        output = (parameters, name, context, make_fields(rows.fields), wkb_type, crs)
        sink, destination = self.open_sink(*output)
        begun.next()
        if sink is None:
            return None
        if can_be_filled(destination):
            made.append(destination)
            if len(rows):
                del sink
                if fill_lots(destination, rows, wkb_type, begun.check, begun.progress):
                    return destination
                sink = self.open_sink(*output)[0]
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            begun.check()
            begun.progress(first / len(rows))
            places = np.arange(first, min(first + _ROWS_AT_ONCE, len(rows)))
            write_frame(sink, rows.frame(places), rows.fields, wkb_type)
        return destination

    def _write_files(self, parameters, context, found, pack) -> dict:
        """Write the log and the profile; return {output: path}."""
        from ..core.documents import canonical_json, head, write_bytes_whole, write_canonical

        results = {}
        log = self.file_output(parameters, self.LOG, context)
        if log:
            content = head("sttm.log/1", self.NAME, pack.as_reference())
            counts = found.counts
            content.update(
                {
                    "letti": counts["READ"],
                    "scritti": counts["WRITTEN"],
                    "scartati": counts["REJECTED_COUNT"],
                    "riparati": counts["REPAIRED"],
                    "certificato": found.certificate,
                    "righe": found.log,
                }
            )
            write_canonical(log, content)
            results[self.LOG] = log
        profile = self.file_output(parameters, self.PROFILE_OUT, context)
        if profile:
            write_bytes_whole(profile, canonical_json(found.profile))
            results[self.PROFILE_OUT] = profile
        return results

    @staticmethod
    def utm32():
        """Return the CRS of what has no parameter for one."""
        return QgsCoordinateReferenceSystem("EPSG:32632")

    def _say(self, found, feedback):
        counts = found.counts
        feedback.pushInfo(
            f"Letti {counts['READ']}, scritti {counts['WRITTEN']}, riparati {counts['REPAIRED']}, "
            f"scartati {counts['REJECTED_COUNT']}, da classificare {counts['UNCLASSIFIED']}."
        )
        if counts["SPLIT"]:
            feedback.pushInfo(
                f"Record in più parti divisi: ai {counts['READ'] - counts['SPLIT']} della fonte se "
                f"ne aggiungono {counts['SPLIT']}."
            )
        reasons = Counter(found.rejected.columns["motivo"])
        for reason in sorted(reasons):
            feedback.pushInfo(f"Scartati per {reason}: {reasons[reason]}.")
        if counts["READ"] and not counts["WRITTEN"]:
            feedback.pushWarning(
                "Nessun record è stato importato: guardare gli scartati e il comune indicato."
            )

    # Inputs ------------------------------------------------------------------------------

    def _path(self, parameters, context) -> str:
        """Return the path INPUT names, "" where it is a loaded layer."""
        given = parameters.get(self.INPUT)
        if isinstance(given, QgsProcessingFeatureSourceDefinition):
            given = given.source
        if isinstance(given, QgsProperty):
            given = given.staticValue()
        if not isinstance(given, str) or not given:
            return ""
        project = context.project()
        if project is not None and (given in project.mapLayers() or project.mapLayersByName(given)):
            return ""
        if context.temporaryLayerStore().mapLayer(given) is not None:
            return ""
        bare = given.partition("|")[0]
        if bare.startswith("/vsizip/"):
            return given
        is_file = os.path.exists(bare) or (os.path.splitext(bare)[1] and ":" not in bare[2:])
        return given if is_file else ""

    def _open(self, parameters, context, running=True):
        """Return the opened file of INPUT, None where it is a loaded layer.

        A GeoJSON is read whole each time it is opened: before the run it isn't.
        """
        path = self._path(parameters, context)
        if not path:
            return None
        from ..qgis_io.sources import is_geojson, is_text, open_file, single_layer

        opened = open_file(path)
        try:
            opened.path = single_layer(opened.path)
            if is_text(opened.path) or (not running and is_geojson(opened.path)):
                return opened
            opened.layer = QgsVectorLayer(opened.path, "input", "ogr")
            if not opened.layer.isValid():
                raise SttmError(
                    f"«{os.path.basename(path)}» non si apre: il file è vuoto, danneggiato o in un "
                    "formato che non è un layer né una tabella. Esportarlo di nuovo, per esempio "
                    "in GeoPackage o CSV."
                )
        except SttmError:
            opened.close()
            raise
        return opened

    def _with_file(self, parameters, opened):
        if opened is None:
            return parameters
        given = parameters[self.INPUT]
        changed = dict(parameters)
        if opened.layer is None:
            # Not opened yet, or read from its own bytes: no driver needs to open a text (some
            # one-column tables, and some encodings, none can).
            changed[self.INPUT] = QgsVectorLayer("None?field=riga:string", "testo", "memory")
        elif isinstance(given, QgsProcessingFeatureSourceDefinition):
            given = QgsProcessingFeatureSourceDefinition(given)
            given.source = QgsProperty.fromValue(opened.path)
            changed[self.INPUT] = given
        else:
            changed[self.INPUT] = opened.layer
        return changed

    def _table(self, parameters, context, feedback, settings):
        from ..qgis_io.sources import (
            add_expressions,
            position_of_text_layer,
            read_table,
            source_path,
        )

        opened = self._open(parameters, context)
        try:
            given = self._with_file(parameters, opened)
            source = self.source(given, self.INPUT, context)
            if source is None:
                raise SttmError("Indicare il layer o la tabella da importare.")
            layer = self._layer(given, context)
            path = opened.path if opened is not None else source_path(layer)
            profile = settings.profile
            encoding = self.text(parameters, self.ENCODING, context)
            header_row = self.parameterAsInt(parameters, self.HEADER_ROW, context)
            if profile is not None:
                encoding = encoding or str(profile.source.get("encoding") or "")
                if header_row == 1:
                    header_row = int(profile.source.get("header_row") or 1)
            x, y, crs = position_of_text_layer(layer)
            table = read_table(
                source,
                layer=layer,
                selected=not _whole(given.get(self.INPUT)),
                path=path,
                encoding=encoding,
                header_row=header_row,
                notes=opened.notes if opened is not None else (),
                feedback=feedback,
                name=_title(self._path(parameters, context), source),
                whole=_whole(given.get(self.INPUT)),
            )
        finally:
            if opened is not None:
                opened.close()
        if table is None:
            raise Cancelled
        if x and not settings.x_field:
            settings.x_field, settings.y_field = x, y
            table.crs = crs
        if not self.text(parameters, self.PROFILE, context):
            profile = self._recognised(table, settings, parameters, context, feedback)
        if profile is not None:
            add_expressions(
                table,
                {
                    target: rule["expression"]
                    for target, rule in profile.columns.items()
                    if "expression" in rule
                },
            )
        return table

    def _recognised(self, table, settings, parameters, context, feedback):
        """Return the bundled profile a source is sure to be of, put into the settings, or None."""
        from ..core import schema
        from ..core.profile import recognise
        from ..core.values import null_tokens

        known = schema.names(schema.SERVICES)
        version = self.pack(parameters, context).versione
        found = recognise(table.fingerprint(), table.found_geometry, version, known)
        titles = "; ".join(f"{profile.file_name[:-5]} ({profile.name})" for profile in found)
        if len(found) == 1:
            settings.profile = found[0]
            extra = self.text(parameters, self.NULL_TOKENS, context)
            tokens = map(str, found[0].source.get("null_tokens", []))
            settings.tokens = null_tokens(";".join([extra, *tokens]))
            table.notes.append(
                ("", "profilo_riconosciuto", "A", "dalle colonne della fonte", titles, "regola")
            )
            feedback.pushInfo(
                f"Fonte riconosciuta dalle colonne: profilo {titles}. Per farne a meno scrivere "
                "«nessuno» in PROFILE."
            )
        elif found:
            table.notes.append(
                (
                    "",
                    "profilo_incerto",
                    "A",
                    titles,
                    "nessuno applicato: più d'uno va bene",
                    "regola",
                )
            )
            feedback.pushInfo(f"Più profili vanno bene ({titles}): nessuno è stato applicato.")
        return settings.profile

    def _layer(self, parameters, context):
        given = parameters.get(self.INPUT)
        if isinstance(given, QgsProcessingFeatureSourceDefinition):
            given = given.source
        if isinstance(given, QgsProperty):
            given = given.staticValue()
        if isinstance(given, QgsVectorLayer):
            return given
        if not isinstance(given, str):
            return None
        layer = QgsProcessingUtils.mapLayerFromString(given, context)
        return layer if isinstance(layer, QgsVectorLayer) else None

    def _places(self, parameters, context, feedback, crs, projector):
        from ..core.places import places_from_boxes, places_from_frame

        to_analysis = None
        if crs.authid() != "EPSG:32632":

            def to_analysis(shapes):
                return projector.shapes("EPSG:32632", shapes)

        frame = self.frame(parameters, self.BOUNDARIES, crs, context, feedback)
        if frame is None:
            return places_from_boxes(to_analysis)
        return places_from_frame(frame, to_analysis)

    def _settings(self, parameters, context, pack):
        from ..core import schema
        from ..core.intake_model import Settings
        from ..core.profile import NO_PROFILE, read_profile
        from ..core.values import given_date, null_tokens

        path = self.text(parameters, self.PROFILE, context)
        profile = None
        if path and path != NO_PROFILE:
            profile = read_profile(path, pack.versione, schema.names(schema.SERVICES))
        comune = self.comune(parameters, context)
        source_crs = self.parameterAsCrs(parameters, self.SOURCE_CRS, context)
        extra = self.text(parameters, self.NULL_TOKENS, context)
        if profile is not None:
            extra = ";".join([extra, *map(str, profile.source.get("null_tokens", []))])
        from ..qgis_io.frames import crs_name

        return Settings(
            istat=comune.istat if comune is not None else "",
            lettura=self.parameterAsEnum(parameters, self.READING, context) + 1,
            source=self.text(parameters, self.SOURCE, context),
            source_date=given_date(self.text(parameters, self.SOURCE_DATE, context)),
            profile=profile,
            x_field=self.field(parameters, self.X_FIELD, context),
            y_field=self.field(parameters, self.Y_FIELD, context),
            source_crs=crs_name(source_crs) if source_crs.isValid() else "",
            tokens=null_tokens(extra),
            decimal=self._DECIMALS[self.parameterAsEnum(parameters, self.DECIMAL, context)],
            on_doubt=self.parameterAsEnum(parameters, self.ON_DOUBT, context),
            unplaced=self.wants(parameters, self.UNPLACED),
            points=self.wants(parameters, self.OUTPUT_POINTS),
            split=self.parameterAsBoolean(parameters, self.SPLIT_PARTS, context),
        )


_ROWS_AT_ONCE = 5_000


class _Shares:
    """Progress over outputs of some rows each, and whether to stop."""

    def __init__(self, stages, rows):
        self._stages, self._total = stages, max(sum(rows), 1)
        self._rows, self._done, self._of = iter(rows), 0, 0
        self.check = stages.check

    def next(self):
        """Begin the next output."""
        self._done += self._of
        self._of = next(self._rows)
        self._stages.check()

    def progress(self, share):
        """Tell the share of the rows of this output that is done."""
        return self._stages.progress((self._done + share * self._of) / self._total)


def _take_away(path):
    """Remove a file of a run that didn't end; one that is open elsewhere stays, empty."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def _whole(given) -> bool:
    """Tell whether every feature of the layer is meant."""
    if not isinstance(given, QgsProcessingFeatureSourceDefinition):
        return True
    part = given.selectedFeaturesOnly or given.featureLimit >= 0
    return not part and not getattr(given, "filterExpression", "")


def _title(path, source) -> str:
    """Return the name of the layer as the user knows it."""
    bare, _, rest = path.partition("|")
    if not bare:
        return source.sourceName()
    for piece in rest.split("|"):
        if piece.startswith("layername="):
            return piece.partition("=")[2]
    return os.path.splitext(os.path.basename(bare))[0]


def _style_of(kind) -> str:
    return "servizi_aree" if kind == "area" else "servizi"
