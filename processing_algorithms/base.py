"""What every algorithm of ours does the same way: parameters, refusals, progress, sinks, styles."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from pathlib import Path

from qgis.core import (
    NULL,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
    QgsProcessingUtils,
    QgsProperty,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QIcon

from ..core.errors import SttmError
from ..core.expressions import lend
from ..core.progress import Stopped, asking, stopped_by
from ..qgis_io.expressions import QgisEvaluator
from ..qgis_io.layers import expand, layers_in, names_container
from ..qgis_io.sheets import SHEET_ENDINGS, PlainCells
from ..qgis_io.styles import apply_style
from . import icon_path
from .manual import manual_url

# The packs are read in many places: whoever runs an algorithm has QGIS to judge their expressions.
lend(QgisEvaluator())

# They cut names to ten characters and texts to 254.
_REFUSED_SINKS = (".shp", ".dbf", ".tab", ".mif")

_HOW_TO_ADD = {
    "win32": "aprire «OSGeo4W Shell» dal menu Start e scrivere: python -m pip install {names}",
    "darwin": "aprire il Terminale e scrivere: "
    "/Applications/QGIS.app/Contents/MacOS/bin/python3 -m pip install {names}",
    "linux": "installare i pacchetti della distribuzione (Debian e Ubuntu: "
    "sudo apt install python3-geopandas) oppure scrivere: python3 -m pip install {names}",
}


# What pyproj made for each thread that ran an algorithm, one small object a thread.
_proj_contexts = {}


def _keep_proj_context():
    """Keep this thread's PROJ context from being freed while PROJ may still use it.

    Python forgets a thread of Qt at the end of each run; pyproj 3.7 then frees the context of
    that thread and hands it out again at the next run there, and QGIS dies (its issue 1622).
    """
    module = sys.modules.get("pyproj._context")
    manager = module.get_context_manager() if hasattr(module, "get_context_manager") else None
    if manager is not None:
        _proj_contexts[id(manager)] = manager


class Stages:
    """Progress of a run in named stages, from 0 to 100 and never back."""

    def __init__(self, feedback, texts):
        self._feedback = feedback
        self._texts = list(texts)
        self._done = -1
        self._shown = 0.0

    def next(self) -> None:
        """Begin the next stage and say which one it is, i of n.

        Raises:
            Cancelled: the user stopped the run.
        """
        self.check()
        self._done += 1
        text = self._texts[self._done]
        self._feedback.setProgressText(f"{self._done + 1} di {len(self._texts)}: {text}")
        self._feedback.pushInfo(f"{self._done + 1} di {len(self._texts)}: {text}")
        self._show(0.0)

    def progress(self, share: float) -> bool:
        """Show the share (0-1) of this stage that is done; False when the user stopped the run."""
        self._show(share)
        return not self._feedback.isCanceled()

    def check(self) -> None:
        """Stop here when the user stopped the run.

        Raises:
            Cancelled: the user stopped the run.
        """
        if self._feedback.isCanceled():
            raise Cancelled

    def _show(self, share):
        reached = 100.0 * (max(self._done, 0) + min(max(share, 0.0), 1.0)) / len(self._texts)
        if reached >= self._shown:
            self._shown = reached
            self._feedback.setProgress(reached)


class Cancelled(Exception):  # noqa: N818
    """The user stopped the run: nothing was written."""


def or_cancelled(value):
    """Return a value, or stop: what a long function gives when the user stopped it is None.

    Raises:
        Cancelled: the value is None.
    """
    if value is None:
        raise Cancelled
    return value


class SttmAlgorithm(QgsProcessingAlgorithm):
    """Subclasses set the names and write ``define``, ``check`` and ``compute``."""

    NAME = DISPLAY_NAME = GROUP = HELP = ""
    TAGS: tuple = ()
    NEEDS: tuple = ("pandas", "geopandas", "shapely")

    CRS = "CRS"
    COMUNE = "COMUNE"
    CRITERIA = "CRITERIA"
    IMPORT_LOG = "IMPORT_LOG"

    def __init__(self):
        super().__init__()
        self._styled = {}
        self._made = []

    # What Processing asks ---------------------------------------------------------------

    def createInstance(self):  # noqa: N802
        return type(self)()

    def name(self):
        return self.NAME

    def displayName(self):  # noqa: N802
        return self.tr(self.DISPLAY_NAME)

    def group(self):
        return self.tr(self.GROUP)

    def groupId(self):  # noqa: N802
        return self.GROUP.lower().replace(" ", "_")

    def shortHelpString(self):  # noqa: N802
        return self.tr(self.HELP)

    def shortDescription(self):  # noqa: N802
        return self.tr(self.HELP.split(". ")[0])

    def helpUrl(self):  # noqa: N802
        return manual_url(f"algoritmi/{self.NAME}")

    def tags(self):
        return [self.tr(tag) for tag in (*self.TAGS, "STTM 2", "Piano dei Servizi")]

    def icon(self):
        return QIcon(icon_path(self.NAME))

    def svgIconPath(self):  # noqa: N802
        return icon_path(self.NAME)

    def tr(self, text):
        return QCoreApplication.translate("SttmAlgorithm", text)

    def canExecute(self):  # noqa: N802
        sentence = missing_packages(self.NEEDS)
        return not sentence, sentence

    def initAlgorithm(self, configuration=None):  # noqa: N802
        self.define()

    def checkParameterValues(self, parameters, context):  # noqa: N802
        sentence = missing_packages(self.NEEDS) or self._refused_sink(parameters, context)
        if sentence:
            return False, sentence
        accepted, message = super().checkParameterValues(parameters, context)
        if not accepted:
            return False, message
        try:
            if self.parameterDefinition(self.CRS) is not None:
                self.analysis_crs(parameters, context)
            if self.parameterDefinition(self.COMUNE) is not None:
                self.comune(parameters, context)
            self.check(parameters, context)
        except SttmError as error:
            return False, str(error)
        return True, ""

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        # processing.run asks neither canExecute nor, from a script, checkParameterValues.
        sentence = missing_packages(self.NEEDS) or self._refused_sink(parameters, context)
        if sentence:
            raise QgsProcessingException(sentence)
        try:
            with stopped_by(feedback.isCanceled):
                outputs = self.compute(parameters, context, feedback)
            if not feedback.isCanceled():
                feedback.setProgress(100.0)
            return outputs
        except (Cancelled, Stopped):
            failure = None
        except (SttmError, QgsProcessingException) as error:
            # Without its frames, which hold the outputs open.
            failure = QgsProcessingException(str(error))
            failure.__cause__ = error.with_traceback(None)
        finally:
            _keep_proj_context()
        self._drop_outputs(context)
        if failure is not None:
            raise failure
        return {}

    def postProcessAlgorithm(self, context, feedback):  # noqa: N802
        for layer_id, style_name in self._styled.items():
            layer = QgsProcessingUtils.mapLayerFromString(layer_id, context)
            if layer is None:
                continue
            try:
                apply_style(layer, style_name)
            except SttmError as error:
                # The result is right without its colours: warn, do not fail.
                feedback.reportError(str(error))
        return {}

    # What a subclass writes -------------------------------------------------------------

    def define(self):
        """Add the parameters and outputs."""
        raise NotImplementedError

    def check(self, parameters, context):
        """Raise SttmError when the parameters cannot go together."""

    def compute(self, parameters, context, feedback):
        """Read, call the core function, write; return the outputs."""
        raise NotImplementedError

    # Parameters ------------------------------------------------------------------------

    def add(self, parameter, help_text, advanced=False):
        """Add a parameter with its Italian help."""
        parameter.setHelp(self.tr(help_text))
        if advanced:
            flags = parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced
            parameter.setFlags(flags)
        self.addParameter(parameter)

    def add_source(self, name, label, help_text, kind=None, optional=True, advanced=False):
        """Add a layer or table: ``kind`` is a QgsProcessing.SourceType, any vector by default."""
        kinds = [QgsProcessing.SourceType.TypeVector if kind is None else kind]
        parameter = QgsProcessingParameterFeatureSource(
            name, self.tr(label), kinds, optional=optional
        )
        self.add(parameter, help_text, advanced)

    def add_layers(self, name, label, help_text, optional=False, kind=None):
        """Add a list of layers, points, areas and tables mixed by default."""
        kind = QgsProcessing.SourceType.TypeVector if kind is None else kind
        parameter = QgsProcessingParameterMultipleLayers(
            name, self.tr(label), kind, optional=optional
        )
        self.add(parameter, help_text)

    def add_field(
        self, name, label, help_text, parent, default=None, optional=True, advanced=False
    ):
        """Add the name of a field of another parameter's layer."""
        parameter = QgsProcessingParameterField(
            name, self.tr(label), default, parent, optional=optional
        )
        self.add(parameter, help_text, advanced)

    def add_text(
        self, name, label, help_text, default=None, optional=True, advanced=False, multiline=False
    ):
        """Add a text, of one line or of several."""
        parameter = QgsProcessingParameterString(name, self.tr(label), default, multiline, optional)
        self.add(parameter, help_text, advanced)

    def add_file(self, name, label, help_text, file_filter="", optional=True, advanced=False):
        """Add a file to read; ``file_filter`` as in "GTFS (*.zip)"."""
        parameter = QgsProcessingParameterFile(
            name, self.tr(label), optional=optional, fileFilter=file_filter
        )
        self.add(parameter, help_text, advanced)

    def add_sink(self, name, label, help_text, kind=None, optional=True, by_default=True):
        """Add a layer or table to write."""
        kind = QgsProcessing.SourceType.TypeVectorAnyGeometry if kind is None else kind
        parameter = QgsProcessingParameterFeatureSink(
            name, self.tr(label), kind, None, optional, by_default
        )
        self.add(parameter, help_text)

    def add_file_output(self, name, label, help_text, file_filter, optional=True, by_default=False):
        """Add a file to write."""
        parameter = QgsProcessingParameterFileDestination(
            name, self.tr(label), self.tr(file_filter), None, optional, by_default
        )
        self.add(parameter, help_text)

    def add_numbers(self, labels):
        """Add number outputs: {name: Italian label}."""
        for name, label in labels.items():
            self.addOutput(QgsProcessingOutputNumber(name, self.tr(label)))

    def add_boolean(self, name, label):
        """Add a boolean output."""
        self.addOutput(QgsProcessingOutputBoolean(name, self.tr(label)))

    def add_comune(self, optional=False):
        """Add COMUNE."""
        self.add_text(
            self.COMUNE,
            "Comune",
            "Codice ISTAT a sei cifre (015146), a cinque (15146), codice catastale (F205) oppure "
            "nome del comune. Accenti e maiuscole non contano.",
            optional=optional,
        )

    def add_criteria(self):
        """Add CRITERIA."""
        self.add_file(
            self.CRITERIA,
            "Pacchetto dei criteri",
            "File pacchetto.json di un pacchetto dei criteri, con le sue tabelle accanto, oppure "
            "lo .zip della cartella. Vuoto: il pacchetto fornito con il plugin (criteri proposti, "
            "non ufficiali).",
            "Pacchetto dei criteri (*.json *.zip)",
            advanced=True,
        )

    def add_import_log(self):
        """Add IMPORT_LOG."""
        self.add_file(
            self.IMPORT_LOG,
            "Registro dell'importazione",
            "Registro scritto da «Importa servizi»: il rapporto ne riporta il certificato di "
            "conservazione (elementi e metri quadrati letti, scritti, scartati).",
            "Registro (*.json)",
            advanced=True,
        )

    def add_crs(self):
        """Add CRS."""
        parameter = QgsProcessingParameterCrs(
            self.CRS, self.tr("Sistema di riferimento di analisi"), "EPSG:32632", optional=True
        )
        self.add(
            parameter,
            "Sistema metrico in cui si misurano distanze e superfici e in cui escono i risultati. "
            "Predefinito EPSG:32632. Non sono ammessi sistemi geografici, con unità diverse dal "
            "metro, né EPSG:3857 (che raddoppia le superfici).",
            advanced=True,
        )

    # Values of parameters --------------------------------------------------------------

    def analysis_crs(self, parameters, context):
        """Return the analysis CRS.

        Raises:
            SttmError: geographic, not in metres, or Web Mercator.
        """
        crs = self.parameterAsCrs(parameters, self.CRS, context)
        if not crs.isValid():
            from qgis.core import QgsCoordinateReferenceSystem

            given = parameters.get(self.CRS)
            if given not in (None, "", NULL):
                raise SttmError(
                    f"Sistema di analisi «{given}» non riconosciuto: indicare un codice EPSG "
                    "metrico, per esempio EPSG:32632."
                )
            return QgsCoordinateReferenceSystem("EPSG:32632")
        name = crs.authid() or crs.description()
        metres = QgsUnitTypes.DistanceUnit.DistanceMeters
        if crs.isGeographic() or crs.mapUnits() != metres or crs.authid() == "EPSG:3857":
            raise SttmError(
                f"Il sistema {name} non va bene per l'analisi: distanze e superfici si misurano in "
                "metri. Scegliere un sistema metrico, per esempio EPSG:32632 (UTM 32N)."
            )
        return crs

    def comune(self, parameters, context):
        """Return the ``core.reference.Comune`` of COMUNE, None when it is optional and empty.

        Raises:
            SttmError: unknown or ambiguous, with the nearest three.
        """
        text = self.text(parameters, self.COMUNE, context)
        if not text:
            definition = self.parameterDefinition(self.COMUNE)
            optional = QgsProcessingParameterDefinition.Flag.FlagOptional
            if definition is not None and not definition.flags() & optional:
                raise SttmError("Indicare il comune: codice ISTAT (per esempio 015146) o nome.")
            return None
        from ..core.reference import resolve_comune

        return resolve_comune(text)

    def pack(self, parameters, context):
        """Return the ``core.pack.Pack`` of CRITERIA, the bundled one when it is empty.

        Raises:
            SttmError: the pack can't be read or isn't valid: file, line and key are named.
        """
        from ..core.pack import load_pack

        path = self.parameterAsFile(parameters, self.CRITERIA, context)
        return load_pack(Path(path) if path else None)

    def text(self, parameters, name, context) -> str:
        """Return a text parameter without surrounding space, "" when there is none."""
        if parameters.get(name, None) in (None, NULL):
            definition = self.parameterDefinition(name)
            if definition is None or definition.defaultValue() in (None, NULL):
                return ""
        return (self.parameterAsString(parameters, name, context) or "").strip()

    def field(self, parameters, name, context) -> str:
        """Return the name of one field, "" when there is none."""
        # QGIS 3.40 renamed it; 3.22 has the old name alone.
        read = getattr(self, "parameterAsStrings", None) or self.parameterAsFields
        fields = read(parameters, name, context)
        return fields[0] if fields else ""

    def layers(self, parameters, name, context, needed, what, feedback=None) -> list:
        """Return the layers of a list; a .gpkg without a layer's name means all that fit."""
        layers = self.parameterAsLayerList(parameters, name, context)
        given = parameters.get(name)
        if given not in (None, NULL, "", []) and not layers:
            raise SttmError(
                f"{self._label(name)}: «{given}» non si apre. Controllare che il file "
                "esista e sia un layer vettoriale o una tabella."
            )
        vectors = [layer for layer in layers if isinstance(layer, QgsVectorLayer)]
        return expand(vectors, needed, what, feedback)

    def services(self, parameters, name, crs, context, feedback):
        """Return the services frame of a list parameter (None when cancelled or not given)."""
        from ..core.schema import SERVICES_NEEDED
        from ..qgis_io.frames import read_services

        layers = self.layers(
            parameters, name, context, SERVICES_NEEDED, "un layer di servizi", feedback
        )
        if not layers:
            definition = self.parameterDefinition(name)
            optional = QgsProcessingParameterDefinition.Flag.FlagOptional
            if definition.flags() & optional:
                return None
        frame = read_services(layers, crs, context, feedback)
        if frame is None:
            raise Cancelled
        for doubled in frame.attrs.get("doppi", []):
            feedback.pushInfo(f"Servizio {doubled}: presente come punto e come area, vale l'area.")
        return frame

    def source(self, parameters, name, context):
        """Return a feature source, None when it is optional and empty.

        Raises:
            SttmError: a layer is named but can't be opened.
        """
        if parameters.get(name) in (None, NULL, ""):
            return None
        source = self.parameterAsSource(parameters, name, context)
        if source is None:
            raise SttmError(
                f"{self._label(name)}: il layer «{_given(parameters[name])}» non si apre. "
                "Controllare che il file esista e sia leggibile."
            )
        return source

    def whole_layer(self, parameters, name, context):
        """Return the layer behind a source when all its features are meant, else None."""
        given = parameters.get(name)
        if isinstance(given, QgsProcessingFeatureSourceDefinition):
            part = given.selectedFeaturesOnly or given.featureLimit >= 0
            if part or getattr(given, "filterExpression", ""):
                return None
        return self.parameterAsVectorLayer(parameters, name, context)

    def table_rows(self, source, fields, feedback, key="id_rilievo") -> list:
        """Return the rows of a source as dicts, none where it isn't given.

        Raises:
            SttmError: the source lacks the key.
            Cancelled: the user stopped the run.
        """
        from ..qgis_io.tables import read_rows

        return [] if source is None else or_cancelled(read_rows(source, fields, feedback, key))

    def sources(self, parameters, name, context, needed=()) -> list:
        """Return the sources of a parameter: several for a .gpkg without a layer's name."""
        given = _given(parameters.get(name))
        if isinstance(given, str) and names_container(given) and Path(given).is_file():
            if len(layers_in(given)) > 1:
                layer = QgsVectorLayer(given, Path(given).stem, "ogr")
                return expand([layer], needed, self._label(name))
        source = self.source(parameters, name, context)
        return [] if source is None else [source]

    def frame(self, parameters, name, crs, context, feedback, needed=()):
        """Return a layer as a GeoDataFrame in the analysis CRS, None when it isn't given.

        Args:
            needed: lower-case fields the layer must have (any order of case).

        Raises:
            SttmError: it can't be opened, has no CRS, or lacks a needed field.
            Cancelled: the user stopped the run.
        """
        from ..qgis_io.frames import read_frame

        frames = []
        for source in self.sources(parameters, name, context, needed):
            present = {field.name().lower() for field in source.fields()}
            missing = [field for field in needed if field not in present]
            if missing:
                found = ", ".join(field.name() for field in source.fields())
                raise SttmError(
                    f"{self._label(name)}: manca il campo {', '.join(missing)} (trovati: "
                    f"{found or 'nessuno'}). Scegliere il layer giusto o rinominare la colonna."
                )
            read = read_frame(source, crs, context, feedback)
            if read is None:
                raise Cancelled
            frames.append(read)
        if not frames:
            return None
        if len(frames) == 1:
            return frames[0]
        import pandas as pd

        return pd.concat(frames, ignore_index=True)

    def _label(self, name):
        return self.parameterDefinition(name).description()

    # Outputs ---------------------------------------------------------------------------

    def wants(self, parameters, name) -> bool:
        """Tell whether an optional output was asked for."""
        value = parameters.get(name)
        if isinstance(value, QgsProcessingOutputLayerDefinition):
            return bool(value.sink.staticValue())
        return value not in (None, "", NULL)

    def write(self, parameters, name, context, feedback, frame, fields, wkb_type, crs, style=None):
        """Write a frame into the sink ``name`` and return its id; None when it wasn't asked for.

        Called after everything is computed, so that a run that fails leaves nothing behind.
        """
        from ..qgis_io.bulk import can_be_filled, fill_frame
        from ..qgis_io.frames import write_frame

        output = (parameters, name, context, _qgis_fields(fields), wkb_type, crs)
        sink, destination = self.open_sink(*output)
        if sink is None:
            return None
        written = False
        if len(frame) and can_be_filled(destination):
            del sink
            written = fill_frame(destination, frame, fields, wkb_type)
            sink = None if written else self.open_sink(*output)[0]
        if not written:
            write_frame(sink, frame, fields, wkb_type, feedback)
        del sink
        if style:
            self.style_output(destination, style)
        return destination

    def write_rows(self, parameters, name, context, rows, fields, wkb_type=None, crs=None):
        """Write rows (dicts) into the sink ``name`` and return its id; None when not asked for.

        Args:
            wkb_type: a table without geometry by default.
        """
        from ..qgis_io.tables import write_rows

        kind = QgsWkbTypes.Type.NoGeometry if wkb_type is None else wkb_type
        sink, destination = self.open_sink(
            parameters, name, context, _qgis_fields(fields), kind, crs
        )
        if sink is not None:
            write_rows(sink, rows, fields)
        return destination

    def open_sink(self, parameters, name, context, fields, wkb_type, crs):
        """Return (sink, id) of an output, (None, None) when it wasn't asked for.

        Raises:
            QgsProcessingException: it was asked for and can't be made.
        """
        if not self.wants(parameters, name):
            return None, None
        from qgis.core import QgsCoordinateReferenceSystem

        if wkb_type == QgsWkbTypes.Type.NoGeometry:
            crs = QgsCoordinateReferenceSystem()
        sink, destination = self.parameterAsSink(parameters, name, context, fields, wkb_type, crs)
        if sink is None:
            raise QgsProcessingException(self.invalidSinkError(parameters, name))
        # A table added to a file that holds others is no file of this run.
        if "|" not in destination and os.path.splitext(destination)[1]:
            self._made.append(destination)
        target = str(_given(parameters.get(name)) or "").partition("|")[0].lower()
        if target.endswith(SHEET_ENDINGS):
            sink = PlainCells(sink)
        return sink, destination

    def _drop_outputs(self, context):
        """Remove the files of a run that broke off: an output is there whole or not at all."""
        waiting = context.layersToLoadOnCompletion()
        context.setLayersToLoadOnCompletion(
            {key: value for key, value in waiting.items() if key not in self._made}
        )
        for path in self._made:
            for name in (path, f"{path}-wal", f"{path}-shm", f"{path}-journal"):
                with contextlib.suppress(OSError):
                    os.remove(name)
        self._made.clear()

    def style_output(self, layer_id, style_name):
        """Ask for a style on an output; it is applied in postProcessAlgorithm."""
        self._styled[layer_id] = style_name

    def file_output(self, parameters, name, context) -> str:
        """Return the path of a file to write, "" when it wasn't asked for."""
        if not self.wants(parameters, name):
            return ""
        return self.parameterAsFileOutput(parameters, name, context)

    def write_sheets(self, folder, services, comune, pack, feedback):
        """Write the drafts of recognition into a folder, each whole; all go if the run is stopped.

        Args: as in ``core.recognition.recognition_sheets``.
        """
        from ..core.documents import write_bytes_whole
        from ..core.recognition import recognition_sheets

        files = recognition_sheets(services, comune, pack)
        for name, text in asking(files.items(), 20):
            path = Path(folder) / name
            if not path.exists():
                self._made.append(str(path))
            write_bytes_whole(path, text.encode("utf-8"))
        feedback.pushInfo(f"Schede di riconoscimento scritte: {max(len(files) - 1, 0)}.")

    def stages(self, feedback, *texts) -> Stages:
        """Return the stages of this run; call ``next()`` at the start of each."""
        return Stages(feedback, texts)

    def _refused_sink(self, parameters, context):
        for definition in self.parameterDefinitions():
            if definition.type() != QgsProcessingParameterFeatureSink.typeName():
                continue
            target = _given(parameters.get(definition.name()))
            if not isinstance(target, str):
                continue
            # "ogr:dbname='…' table=…" names a GeoPackage or a database: fine.
            ending = os.path.splitext(target.partition("|")[0])[1].lower()
            if ending in _REFUSED_SINKS:
                return self.tr(
                    f"{definition.description()}: il formato {ending} taglia i nomi dei campi e i "
                    "testi. Salvare in GeoPackage (.gpkg)."
                )
        return ""


def missing_packages(names) -> str:
    """Return the sentence on how to add the packages that are missing here, "" if none is."""
    absent = [name for name in names if not _installed(name)]
    if not absent:
        return ""
    platform = sys.platform if sys.platform in _HOW_TO_ADD else "linux"
    how = _HOW_TO_ADD[platform].format(names=" ".join(absent))
    return (
        f"Questo algoritmo ha bisogno di {', '.join(absent)}, che in questo QGIS non c'è. "
        f"Per aggiungerlo: {how}; poi riavviare QGIS."
    )


def _installed(name) -> bool:
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _given(value):
    """Return what the user gave for a layer: the text inside a definition or a property."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    elif isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source
    if isinstance(value, QgsProperty):
        value = value.staticValue()
    return value


def _qgis_fields(fields):
    from ..qgis_io.fields import make_fields

    return make_fields(fields)
