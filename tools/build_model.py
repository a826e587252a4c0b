"""Writes the model verifica_completa.model3 through QGIS's own model API."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
for folder in (str(PROJECT_ROOT), "/usr/share/qgis/python/plugins"):
    sys.path.insert(0, folder)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (  # noqa: E402
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildDependency,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QPointF  # noqa: E402

TARGET = PROJECT_ROOT / "sttm_plugin" / "resources" / "modelli_processing"

_SOURCE = QgsProcessingModelChildParameterSource


def given(name):
    """Return the source that is a parameter of the model."""
    return [_SOURCE.fromModelParameter(name)]


def result(child, output):
    """Return the source that is an output of another step."""
    return _SOURCE.fromChildOutput(child, output)


def fixed(value):
    """Return the source that is a value written in the model."""
    return [_SOURCE.fromStaticValue(value)]


# The steps: (id, algorithm, what it does, parameters, outputs of the model).
SERVICES = [result("classifica", "OUTPUT_POINTS"), result("classifica", "OUTPUT_AREAS")]
LUM = [result("bacini", "OUTPUT")]
STEPS = (
    (
        "importa",
        "sttm:importservices",
        "Importa i servizi",
        {
            "INPUT": given("INPUT"),
            "COMUNE": given("COMUNE"),
            "BOUNDARIES": given("COMUNI"),
            "READING": fixed(0),
            "CRITERIA": given("CRITERIA"),
        },
        {},
    ),
    (
        "bacini",
        "sttm:lumcatchment",
        "Bacini dei LUM",
        {
            "STOPS": given("STOPS"),
            "NETWORK": given("NETWORK"),
            "METHOD": fixed(0),
            "POPULATION": given("POPULATION"),
            "POP_FIELD": given("POP_FIELD"),
            "COMUNI": given("COMUNI"),
        },
        {},
    ),
    (
        "classifica",
        "sttm:classifyservices",
        "Classifica i servizi",
        {
            "SERVICES": [result("importa", "OUTPUT"), result("importa", "OUTPUT_POINTS")],
            "COMUNI": given("COMUNI"),
            "POPULATION": given("POPULATION"),
            "POP_FIELD": given("POP_FIELD"),
            "NETWORK": given("NETWORK"),
            "LUM": LUM,
            "STOPS": given("STOPS"),
            "GTFS": given("GTFS"),
            "PROTECTED": given("PROTECTED"),
            "CRITERIA": given("CRITERIA"),
        },
        {},
    ),
    (
        "verifica",
        "sttm:checkplan",
        "Verifica il piano",
        {
            "SERVICES": [*SERVICES, result("importa", "UNPLACED")],
            "COMUNE": given("COMUNE"),
            "COMUNI": given("COMUNI"),
            "LUM": LUM,
            "POPULATION": given("POPULATION"),
            "POP_FIELD": given("POP_FIELD"),
            "NETWORK": given("NETWORK"),
            "STOPS": given("STOPS"),
            "LUM_PERIMETERS": given("LUM_PERIMETERS"),
            "READING2": given("READING2"),
            "NEIGHBOURS": given("NEIGHBOURS"),
            "GTFS": given("GTFS"),
            "PROTECTED": given("PROTECTED"),
            "REGENERATION": given("REGENERATION"),
            "FUNDING": given("FUNDING"),
            "SETTLERS": given("SETTLERS"),
            "CRITERIA": given("CRITERIA"),
            "WAIVERS": given("WAIVERS"),
            "IMPORT_LOG": [result("importa", "LOG")],
        },
        {"RILIEVI": "OUTPUT", "CONTROLLI": "CHECKS", "REPORT_HTML": "REPORT_HTML"},
    ),
    (
        "consegna",
        "sttm:exportcompatibility",
        "Prepara la consegna",
        {
            "SERVICES": [*SERVICES, result("importa", "UNPLACED")],
            "COMUNE": given("COMUNE"),
            "COMUNI": given("COMUNI"),
            "LUM": LUM,
            "LUM_PERIMETERS": given("LUM_PERIMETERS"),
            "REGENERATION": given("REGENERATION"),
            "FUNDING": given("FUNDING"),
            "ORIGINS": given("ORIGINS"),
            "FINDINGS": [result("verifica", "OUTPUT")],
            "WAIVERS": given("WAIVERS"),
            "IMPORT_LOG": [result("importa", "LOG")],
            "CRITERIA": given("CRITERIA"),
            "AUTHOR": given("AUTHOR"),
            "OFFICE": given("OFFICE"),
            "ROLE": given("ROLE"),
            "KEEP_PERSONAL": given("KEEP_PERSONAL"),
        },
        {"CONSEGNA": "OUTPUT", "SCHEDE": "SHEETS", "REGISTRO": "LOG"},
    ),
)
# Only a plan without blocking findings is packed.
GATE = ("senza_blocchi", "Nessun rilievo bloccante?", "@Verifica_il_piano_BLOCKING = 0")

HELP = {
    "ALG_DESC": "Tutta la verifica di un comune in un passo solo: importa i servizi, calcola i "
    "bacini dei LUM, classifica, verifica il piano e prepara la consegna. I criteri forniti sono "
    "proposti, non ufficiali.",
    "INPUT": "Layer o tabella dei servizi, nelle colonne che ha.",
    "COMUNE": "Codice ISTAT o nome del comune.",
    "COMUNI": "Confini comunali con un codice ISTAT.",
    "STOPS": "Nodi dei LUM (stazioni e fermate).",
    "NETWORK": "Rete pedonale o stradale.",
    "POPULATION": "Popolazione residente: sezioni di censimento, celle o punti.",
    "POP_FIELD": "Campo degli abitanti.",
    "CRITERIA": "Pacchetto dei criteri; vuoto: quello fornito.",
    "WAIVERS": "Tabella delle giustificazioni (deroghe).",
    "AUTHOR": "Chi firma la consegna.",
    "OFFICE": "Ufficio responsabile del dato.",
    "ROLE": "Ruolo di chi risponde del dato (non il nome).",
    "LUM_PERIMETERS": "Perimetri dei LUM disegnati dal comune.",
    "READING2": "Gli stessi servizi secondo altre fonti (Lettura 2).",
    "NEIGHBOURS": "Servizi dei comuni vicini o della Zona Omogenea.",
    "GTFS": "Orari del trasporto pubblico (archivio GTFS).",
    "PROTECTED": "Parchi, PLIS, siti di Natura 2000.",
    "REGENERATION": "Aree di rigenerazione del comune.",
    "FUNDING": "Interventi finanziati (PNRR e altri).",
    "ORIGINS": "Utenti dei servizi per comune di origine.",
    "SETTLERS": "Abitanti che il piano prevede di insediare.",
    "KEEP_PERSONAL": "Consegna anche ciò che sembra un dato personale.",
}


def parameters():
    """Return the parameters of the model, in order."""
    kinds = QgsProcessing.SourceType
    source = QgsProcessingParameterFeatureSource
    return (
        source("INPUT", "Servizi del piano", [kinds.TypeVector]),
        QgsProcessingParameterString("COMUNE", "Comune"),
        source("COMUNI", "Confini comunali", [kinds.TypeVectorPolygon], optional=True),
        source("STOPS", "Nodi dei LUM", [kinds.TypeVectorPoint], optional=True),
        source("NETWORK", "Rete", [kinds.TypeVectorLine], optional=True),
        source("POPULATION", "Popolazione", [kinds.TypeVector], optional=True),
        QgsProcessingParameterField(
            "POP_FIELD", "Campo degli abitanti", "popolazione", "POPULATION", optional=True
        ),
        QgsProcessingParameterFile("CRITERIA", "Pacchetto dei criteri", optional=True),
        source("WAIVERS", "Giustificazioni", [kinds.TypeVector], optional=True),
        QgsProcessingParameterString("AUTHOR", "Autore della consegna", optional=True),
        QgsProcessingParameterString("OFFICE", "Ufficio", optional=True),
        QgsProcessingParameterString("ROLE", "Ruolo", optional=True),
        source("LUM_PERIMETERS", "Perimetri dei LUM", [kinds.TypeVectorPolygon], optional=True),
        QgsProcessingParameterMultipleLayers(
            "READING2", "Lettura 2", kinds.TypeVector, optional=True
        ),
        QgsProcessingParameterMultipleLayers(
            "NEIGHBOURS", "Servizi dei comuni vicini", kinds.TypeVector, optional=True
        ),
        QgsProcessingParameterFile("GTFS", "Orari del trasporto pubblico", optional=True),
        source("PROTECTED", "Aree protette", [kinds.TypeVectorPolygon], optional=True),
        source("REGENERATION", "Aree di rigenerazione", [kinds.TypeVectorPolygon], optional=True),
        source("FUNDING", "Interventi finanziati", [kinds.TypeVector], optional=True),
        source("ORIGINS", "Utenti per comune di origine", [kinds.TypeVector], optional=True),
        QgsProcessingParameterNumber("SETTLERS", "Abitanti da insediare", optional=True),
        QgsProcessingParameterBoolean(
            "KEEP_PERSONAL", "Consegna anche i possibili dati personali", False, True
        ),
    )


def build() -> QgsProcessingModelAlgorithm:
    """Return the model; the provider must be registered."""
    model = QgsProcessingModelAlgorithm("verifica_completa", "Verifica STTM 2")
    for number, definition in enumerate(parameters()):
        place = QgsProcessingModelParameter(definition.name())
        place.setPosition(QPointF(120 + 210 * number, 60))
        model.addModelParameter(definition, place)
    for number, (child_id, algorithm, description, sources, outputs) in enumerate(STEPS):
        if child_id == "consegna":
            model.addChildAlgorithm(_gate(number))
        child = QgsProcessingModelChildAlgorithm(algorithm)
        child.setChildId(child_id)
        child.setDescription(description)
        child.setPosition(QPointF(400 + 260 * number, 260 + 130 * number))
        for name, wanted in sources.items():
            child.addParameterSources(name, wanted)
        if child_id == "consegna":
            child.setDependencies([QgsProcessingModelChildDependency(GATE[0], "si")])
        child.setModelOutputs(
            {
                name: _output(name, child_id, output, place)
                for place, (name, output) in enumerate(outputs.items())
            }
        )
        if child.algorithm() is None:
            raise SystemExit(f"{algorithm} is not registered: the model would lose its outputs.")
        model.addChildAlgorithm(child)
    model.setHelpContent(HELP)
    model.updateDestinationParameters()
    return model


def _gate(number):
    child = QgsProcessingModelChildAlgorithm("native:condition")
    child.setConfiguration({"conditions": [{"name": "si", "expression": GATE[2]}]})
    child.setChildId(GATE[0])
    child.setDescription(GATE[1])
    child.setDependencies([QgsProcessingModelChildDependency("verifica")])
    child.setPosition(QPointF(300 + 260 * number, 200 + 130 * number))
    return child


def _output(name, child_id, output, place):
    made = QgsProcessingModelOutput(name, name)
    made.setChildId(child_id)
    made.setChildOutputName(output)
    made.setPosition(QPointF(1900, 300 + 120 * place + (200 if child_id == "consegna" else 0)))
    return made


def main():
    """Write the model."""
    from demo.run import start_qgis

    keep = start_qgis()
    model = build()
    TARGET.mkdir(parents=True, exist_ok=True)
    path = TARGET / "verifica_completa.model3"
    if not model.toFile(str(path)):
        raise SystemExit(f"{path} can't be written")
    names = [definition.name() for definition in model.destinationParameterDefinitions()]
    print(f"{path.relative_to(PROJECT_ROOT)}: {', '.join(names)}")
    sys.stdout.flush()
    del keep
    os._exit(0)


if __name__ == "__main__":
    main()
