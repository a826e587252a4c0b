"""The whole job in one item: runs the model verifica_completa, without the steps that lack data."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    NULL,
    QgsApplication,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterFolderDestination,
)

from ..core.errors import SttmError
from .base import Cancelled, SttmAlgorithm
from .checkplan import CheckPlan
from .exportcompatibility import ExportCompatibility

_MODEL = Path("resources") / "modelli_processing" / "verifica_completa.model3"
# QgsProcessingModelChildParameterSource.StaticValue, as a model file writes it.
_STATIC_VALUE = 2


class VerificaCompleta(SttmAlgorithm):
    """Gives the model fixed names: QGIS prefixes a model's outputs with their step's id."""

    NAME = "verifica_completa"
    DISPLAY_NAME = "Verifica completa (modello)"
    GROUP = "3 – Verifica"
    TAGS = ("modello", "batch", "tutto", "conformità")
    HELP = (
        "Esegue tutta la verifica di un comune in un passo solo. Importa i servizi, calcola i "
        "bacini dei LUM se ci sono i nodi (lungo la rete se c'è, altrimenti con un cerchio), "
        "classifica i servizi, verifica il piano e, se richiesto, prepara la consegna. Bastano "
        "i servizi e il comune: ogni layer in più rende verificabili altri controlli. Con "
        "«Esegui come processo in serie» lavora su molti comuni. La consegna si scrive solo se "
        "non ci sono rilievi bloccanti. I criteri forniti sono proposti, non ufficiali."
    )

    INPUT = "INPUT"
    COMUNI = "COMUNI"
    STOPS = "STOPS"
    NETWORK = "NETWORK"
    POPULATION = "POPULATION"
    POP_FIELD = "POP_FIELD"
    WAIVERS = "WAIVERS"
    AUTHOR = "AUTHOR"
    OFFICE, ROLE, KEEP_PERSONAL = "OFFICE", "ROLE", "KEEP_PERSONAL"
    LUM_PERIMETERS, GTFS, PROTECTED = "LUM_PERIMETERS", "GTFS", "PROTECTED"
    REGENERATION, FUNDING, ORIGINS = "REGENERATION", "FUNDING", "ORIGINS"
    READING2, NEIGHBOURS = "READING2", "NEIGHBOURS"
    SETTLERS = "SETTLERS"
    RILIEVI = "RILIEVI"
    CONTROLLI = "CONTROLLI"
    REPORT_HTML = "REPORT_HTML"
    CONSEGNA = "CONSEGNA"
    SCHEDE, REGISTRO = "SCHEDE", "REGISTRO"

    _STEPS = (
        "importservices",
        "lumcatchment",
        "classifyservices",
        "checkplan",
        "exportcompatibility",
    )
    SOURCES = (
        INPUT, COMUNI, STOPS, NETWORK, POPULATION, WAIVERS, LUM_PERIMETERS, PROTECTED, REGENERATION,
        FUNDING, ORIGINS,
    )  # fmt: skip
    # Outputs of the model, by the step that makes each.
    _OUTPUTS = {
        RILIEVI: "verifica",
        CONTROLLI: "verifica",
        REPORT_HTML: "verifica",
        CONSEGNA: "consegna",
        SCHEDE: "consegna",
        REGISTRO: "consegna",
    }
    # Declared and explained where they are used.
    _AS_IN = (
        (
            CheckPlan,
            (
                LUM_PERIMETERS,
                READING2,
                NEIGHBOURS,
                GTFS,
                PROTECTED,
                REGENERATION,
                FUNDING,
                SETTLERS,
            ),
        ),
        (ExportCompatibility, (ORIGINS, OFFICE, ROLE, KEEP_PERSONAL)),
    )

    def flags(self):
        # As one of its steps: what must stay on the main thread keeps the whole job there.
        registry = QgsApplication.processingRegistry()
        steps = [registry.algorithmById(f"sttm:{name}") for name in self._STEPS]
        no_threading = self.Flag.FlagNoThreading
        bound = any(step is not None and step.flags() & no_threading for step in steps)
        return super().flags() | no_threading if bound else super().flags()

    def define(self):
        kinds = QgsProcessing.SourceType
        self.add_source(
            self.INPUT,
            "Servizi del piano",
            "Layer o tabella dei servizi, nelle colonne che ha: punti, aree o coordinate in due "
            "colonne. Le colonne si riconoscono dal nome e dai valori.",
            optional=False,
        )
        self.add_comune()
        self.add_source(
            self.COMUNI,
            "Confini comunali",
            "Poligoni dei comuni con il codice ISTAT (PRO_COM_T, PRO_COM, istat, COD_ISTAT o "
            "com_istat_code). Senza, si usano gli estremi della tabella fornita.",
            kinds.TypeVectorPolygon,
        )
        self.add_source(
            self.STOPS,
            "Nodi dei LUM",
            "Punti dei Luoghi urbani per la mobilità. Si leggono, se ci sono, i campi id_lum, "
            "nome, rango e stato. Senza, i controlli sui LUM restano non verificabili. Con il "
            "campo tipo valgono anche come fermate dei controlli sul trasporto pubblico.",
            kinds.TypeVectorPoint,
        )
        self.add_source(
            self.NETWORK,
            "Rete pedonale o stradale",
            "Linee su cui si misurano le distanze. Senza, si usano cerchi e distanze in linea "
            "d'aria corrette.",
            kinds.TypeVectorLine,
        )
        self.add_source(
            self.POPULATION,
            "Popolazione residente",
            "Sezioni di censimento, celle o punti con il numero di abitanti.",
        )
        self.add_field(
            self.POP_FIELD,
            "Campo degli abitanti",
            "Campo numerico del layer della popolazione (nelle sezioni ISTAT 2021: POP21).",
            self.POPULATION,
            default="popolazione",
        )
        self.add_criteria()
        self.add_source(
            self.WAIVERS,
            "Giustificazioni",
            "Tabella «deroghe» di un'area di lavoro, con le motivazioni già date.",
        )
        self.add_text(
            self.AUTHOR,
            "Autore della consegna",
            "Nome e ruolo di chi consegna: si scrive nei metadati del pacchetto.",
        )
        for algorithm, names in self._AS_IN:
            step = algorithm()
            step.define()
            for name in names:
                self.addParameter(step.parameterDefinition(name).clone())
        self.add_sink(
            self.RILIEVI,
            "Rilievi",
            "Che cosa non soddisfa i criteri, dove e perché.",
            kinds.TypeVectorPoint,
            optional=False,
        )
        self.add_sink(
            self.CONTROLLI,
            "Controlli",
            "Una riga per ogni controllo: verdetto, oggetti provati, dati mancanti.",
            kinds.TypeVector,
            by_default=False,
        )
        self.add_file_output(
            self.REPORT_HTML,
            "Rapporto",
            "Rapporto di verifica da leggere e stampare.",
            "HTML (*.html)",
            by_default=True,
        )
        self.add_file_output(
            self.CONSEGNA,
            "Pacchetto di consegna",
            "File .zip da consegnare. Si scrive solo senza rilievi bloccanti.",
            "ZIP (*.zip)",
        )
        sheets = QgsProcessingParameterFolderDestination(
            self.SCHEDE, self.tr("Schede di riconoscimento (bozze)"), None, True, False
        )
        self.add(sheets, "Con la consegna: una bozza per ogni servizio previsto sovracomunale.")
        self.add_file_output(
            self.REGISTRO,
            "Registro di ciò che non si consegna",
            "Con la consegna: che cosa è stato tolto, e da quale servizio. Resta nel comune.",
            "JSON (*.json)",
        )
        self.add_numbers(
            {
                "BLOCKING": "Rilievi bloccanti",
                "ERRORS": "Errori",
                "WARNINGS": "Avvisi",
                "INFOS": "Informazioni",
            }
        )

    def check(self, parameters, context):
        for name in (self.SCHEDE, self.REGISTRO):
            if self.wants(parameters, name) and not self.wants(parameters, self.CONSEGNA):
                raise SttmError(
                    f"{self._label(name)}: si scrive con la consegna. Indicare anche il pacchetto "
                    "di consegna (CONSEGNA)."
                )

    def compute(self, parameters, context, feedback):
        given = {
            name: parameters[name]
            for name in (definition.name() for definition in self.parameterDefinitions())
            if parameters.get(name) not in (None, NULL, "")
        }
        without, fixed = [], {}
        if self.STOPS in given:
            fixed.update(_stop_fields(self.source(parameters, self.STOPS, context)))
            # Without streets a LUM serves a circle.
            fixed["METHOD"] = 0 if self.NETWORK in given else 1
        else:
            without.append("bacini")
        if self.POPULATION not in given:
            given.pop(self.POP_FIELD, None)
        if not self.wants(parameters, self.CONSEGNA):
            without += ["consegna", "senza_blocchi"]
        model = load_model(without, {"bacini": fixed})

        run = {name: value for name, value in given.items() if name not in self._OUTPUTS}
        for name, child in self._OUTPUTS.items():
            if self.wants(parameters, name):
                run[f"{child}:{name}"] = parameters[name]
        heard = _Heard(feedback)
        try:
            results, succeeded = model.run(run, context, heard, catchExceptions=False)
        except QgsProcessingException as error:
            if feedback.isCanceled():
                raise Cancelled from error
            # A model tells which step failed, in English; the step has told why.
            steps = [step.description() for step in model.childAlgorithms().values()]
            raise QgsProcessingException(own_words(heard.reason or str(error), steps)) from error
        if feedback.isCanceled():
            raise Cancelled
        if not succeeded:
            raise QgsProcessingException(
                self.tr("La verifica si è interrotta: vedere il registro.")
            )
        return self._named(parameters, results, feedback)

    def _named(self, parameters, results, feedback):
        steps = results.get("CHILD_RESULTS", {})
        counts = steps.get("verifica", {})
        named = {name: counts.get(name) for name in ("BLOCKING", "ERRORS", "WARNINGS", "INFOS")}
        for name, child in self._OUTPUTS.items():
            if results.get(f"{child}:{name}") is not None:
                named[name] = results[f"{child}:{name}"]
        if self.wants(parameters, self.CONSEGNA) and self.CONSEGNA not in named:
            feedback.reportError(
                f"Consegna non scritta: {named['BLOCKING']:.0f} rilievi bloccanti. Correggerli "
                "(sono i primi del rapporto) e rieseguire."
            )
        if named.get(self.RILIEVI):
            self.style_output(named[self.RILIEVI], "rilievi")
        return named


class _Heard(QgsProcessingMultiStepFeedback):
    """Passes everything on, and keeps the last error told."""

    def __init__(self, feedback):
        super().__init__(1, feedback)
        self.reason = ""

    def reportError(self, error, fatalError=False):  # noqa: N802, N803
        self.reason = error
        super().reportError(error, fatalError)


def own_words(said, steps) -> str:
    """Return what a step said of its failure, without what QGIS 3.40 puts before it."""
    for step in steps:
        before, found, words = said.partition(f" {step}: ")
        # Anything longer, or of more sentences, is no introduction.
        if found and words and len(before) < 80 and "." not in before:
            return words
    return said


def model_path() -> Path:
    """Return the file of the model, in the source tree and once deployed."""
    from .. import __file__ as package_file

    return Path(package_file).resolve().parent / _MODEL


def load_model(without=(), fixed=None) -> QgsProcessingModelAlgorithm:
    """Return the model, every step resolved.

    Args:
        without: ids of the steps to leave out, with every link to them.
        fixed: {step: {parameter: value}} written in place of what the model says.

    Raises:
        SttmError: the file is missing, or one of its steps is not registered (a model read
            before its provider is registered loses its outputs without a word).
    """
    model = QgsProcessingModelAlgorithm()
    if not model.fromFile(str(model_path())):
        raise SttmError(
            f"Il modello {_MODEL.name} non si apre: reinstallare il plugin dal suo .zip."
        )
    # Changed as plain values: child algorithms edited through the API are freed twice.
    plan = model.toVariant()
    steps = {name: step for name, step in plan["children"].items() if name not in without}
    for name, step in steps.items():
        step["dependencies"] = [
            each for each in step["dependencies"] if each["child_id"] not in without
        ]
        sources = {
            parameter: [each for each in every if each.get("child_id") not in without]
            for parameter, every in step["params"].items()
        }
        # Without a source left a parameter must go: an empty list is a value, not an absence.
        step["params"] = {parameter: every for parameter, every in sources.items() if every}
        for parameter, value in (fixed or {}).get(name, {}).items():
            step["params"][parameter] = [{"source": _STATIC_VALUE, "static_value": value}]
    plan["children"] = steps
    adapted = QgsProcessingModelAlgorithm()
    adapted.loadVariant(plan)
    for child in adapted.childAlgorithms().values():
        if child.algorithm() is None:
            raise SttmError(
                f"Il passo «{child.description()}» ({child.algorithmId()}) non è disponibile: "
                "attivare i provider «STTM 2» e «QGIS (native c++)» nelle opzioni di Processing."
            )
    return adapted


def _stop_fields(stops):
    """Return the fields of the stops the catchments read, where they have the contract's names."""
    by_lower = {field.name().lower(): field.name() for field in stops.fields()}
    return {
        parameter: by_lower[name]
        for parameter, name in (("ID_FIELD", "id_lum"), ("RANK_FIELD", "rango"))
        if name in by_lower
    }
