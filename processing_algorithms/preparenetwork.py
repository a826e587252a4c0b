"""preparenetwork: street lines made a sound network, with a list of what was wrong."""

from __future__ import annotations

from collections import Counter

import numpy as np
from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsGeometry,
    QgsPointXY,
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsWkbTypes,
)

from ..core import preparation, schema
from ..core.errors import SttmError
from ..core.progress import Stopped
from ..core.wkb import read_lines
from ..qgis_io.bulk import can_be_filled, fill_lines, lot_of, plain_values
from ..qgis_io.fields import KEY_FIELDS, make_fields, with_original
from ..qgis_io.network import blobs_of, check_lines, read_rows
from ..qgis_io.shapes import line_geometries
from .base import Cancelled, SttmAlgorithm, or_cancelled
from .parameters import number_parameter

_TOLD = {
    preparation.NEAR_MISS: "quasi contatti",
    preparation.DUPLICATE: "linee duplicate",
    preparation.ZERO_LENGTH: "linee di lunghezza zero",
    preparation.ISOLATED: "parti isolate",
    preparation.CROSSING: "incroci divisi",
}

# Geometries turned to bytes between two questions whether to stop.
_AT_ONCE = 50_000


class PrepareNetwork(SttmAlgorithm):
    """Splits street lines at their nodes, numbers nodes and parts, tells and repairs defects."""

    NAME = "preparenetwork"
    DISPLAY_NAME = "Prepara la rete"
    GROUP = "2 – LUM e accessibilità"
    HELP = (
        "Trasforma un layer di strade o percorsi in una rete adatta al calcolo: le linee sono "
        "divise ai nodi, i nodi e le parti separate sono numerati. Segnala duplicati, linee di "
        "lunghezza zero, estremi che mancano di poco un'altra linea e parti isolate; su richiesta "
        "chiude i vuoti e divide le linee dove si incrociano. Ogni modifica è un punto del layer "
        "delle segnalazioni."
    )
    TAGS = ("rete", "strade", "grafo", "topologia", "nodi", "connessioni", "correzione")
    NEEDS = ()

    INPUT, TOLERANCE, SNAP_GAPS = "INPUT", "TOLERANCE", "SNAP_GAPS"
    SPLIT_AT_CROSSINGS, OUTPUT, ISSUES = "SPLIT_AT_CROSSINGS", "OUTPUT", "ISSUES"

    def define(self):
        line = QgsProcessing.SourceType.TypeVectorLine
        self.add_source(
            self.INPUT,
            "Strade o percorsi",
            "Layer di linee. Si usano gli estremi e i vertici condivisi; Z e M non contano.",
            line,
            optional=False,
        )
        self.add(
            number_parameter(self.TOLERANCE, self.tr("Tolleranza di connessione (m)"), 0.001),
            "Estremi e vertici più vicini di questa distanza sono lo stesso nodo.",
        )
        self.add(
            QgsProcessingParameterBoolean(
                self.SPLIT_AT_CROSSINGS, self.tr("Dividi le linee che si incrociano"), False
            ),
            "Crea un nodo dove due linee si incrociano senza un vertice in comune. Lasciare "
            "spento se nella rete ci sono ponti e sottopassi.",
        )
        self.add(
            number_parameter(self.SNAP_GAPS, self.tr("Chiudi i vuoti fino a (m)"), 0.0),
            "Un estremo più vicino di così a una linea che non tocca è spostato sull'estremo più "
            "vicino, altrimenti sulla linea, che viene divisa. 0: i vuoti si segnalano soltanto, "
            "fino a 1 m.",
        )
        self.add_crs()
        self.add_sink(
            self.OUTPUT, "Rete", "Un arco per riga, con tutti i campi di origine.", line, False
        )
        self.add_sink(
            self.ISSUES,
            "Segnalazioni",
            "Un punto per ogni difetto trovato, con quello che è stato fatto.",
            QgsProcessing.SourceType.TypeVectorPoint,
        )
        self.add_numbers(
            {
                "NODES": "Nodi",
                "EDGES": "Archi",
                "COMPONENTS": "Parti separate",
                "LARGEST_COMPONENT_SHARE": "Quota di lunghezza della parte maggiore",
            }
        )

    def compute(self, parameters, context, feedback):
        stages = self.stages(
            feedback, "lettura delle linee", "diagnosi e correzione", "scrittura della rete"
        )
        stages.next()
        crs = self.analysis_crs(parameters, context)
        source = self.source(parameters, self.INPUT, context)
        if source is None:
            raise SttmError("Indicare il layer delle strade o dei percorsi (INPUT).")
        check_lines(source)
        kept = [
            place
            for place, field in enumerate(source.fields())
            if field.name().lower() not in KEY_FIELDS
        ]
        rows = or_cancelled(read_rows(source, crs, context, feedback, attributes=kept))
        stages.check()
        try:
            blobs = []
            for first in range(0, len(rows.geometries), _AT_ONCE):
                stages.check()
                blobs += blobs_of(rows.geometries[first : first + _AT_ONCE])
            lines = read_lines(blobs, lambda _: not feedback.isCanceled())
        except Stopped:
            raise Cancelled from None
        without = sum(geometry is None for geometry in rows.geometries)
        for number, why in (
            (without, "senza geometria"),
            (lines.left_out.size, "che non sono linee o hanno coordinate non valide"),
        ):
            if number:
                feedback.pushWarning(f"{number} elementi {why}, esclusi dalla rete.")
        stages.next()
        prepared = or_cancelled(
            preparation.prepare(
                lines,
                rows.fids,
                self.parameterAsDouble(parameters, self.TOLERANCE, context),
                self.parameterAsDouble(parameters, self.SNAP_GAPS, context),
                self.parameterAsBoolean(parameters, self.SPLIT_AT_CROSSINGS, context),
                stages.progress,
            )
        )
        self._tell(prepared, feedback)
        stages.next()
        fields = with_original(
            make_fields(schema.NETWORK), [source.fields()[place] for place in kept]
        )
        results = {}
        for name, make, given, kind in (
            (self.OUTPUT, _edges, fields, QgsWkbTypes.Type.LineString),
            (self.ISSUES, _issues, make_fields(schema.NETWORK_ISSUES), QgsWkbTypes.Type.Point),
        ):
            output = (parameters, name, context, given, kind, crs)
            sink, target = self.open_sink(*output)
            if sink is None:
                continue
            if name == self.OUTPUT and can_be_filled(target):
                del sink
                if _fill_edges(target, prepared, rows, given, stages.check):
                    results[name] = target
                    continue
                sink, target = self.open_sink(*output)
            for number, feature in enumerate(make(prepared, rows, given)):
                if number % 512 == 0:
                    stages.check()
                sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
            results[name] = target
            stages.progress(0.9)
        network = prepared.network
        return {
            **results,
            "NODES": int(network.node_x.size),
            "EDGES": int(network.size),
            "COMPONENTS": int(prepared.edge_part.max()),
            "LARGEST_COMPONENT_SHARE": prepared.largest_share,
        }

    def _tell(self, prepared, feedback):
        network = prepared.network
        feedback.pushInfo(
            f"{network.size} archi, {network.node_x.size} nodi, {int(prepared.edge_part.max())} "
            f"parti; la maggiore ha il {100 * prepared.largest_share:.1f} % della lunghezza."
        )
        for kind, number in sorted(Counter(one.tipo for one in prepared.issues).items()):
            feedback.pushInfo(f"{_TOLD[kind]}: {number}.")


def _drawn(prepared):
    """Return vertices and starts of the edges, and the columns of ours."""
    network = prepared.network
    count = network.last - network.first + 1
    vertex = np.repeat(network.first - np.cumsum(count) + count, count) + np.arange(count.sum())
    xy = np.column_stack((network.x[vertex], network.y[vertex]))
    start = np.concatenate(([0], np.cumsum(count)))
    columns = (
        network.feature_id[network.feature],
        prepared.node_number[network.node_from],
        prepared.node_number[network.node_to],
        network.length,
        prepared.edge_part,
    )
    return xy, start, columns


def _fill_edges(path, prepared, rows, fields, ask) -> bool:
    """Write the edges in columns: closing a sink of a million rows can't be stopped."""
    originals = plain_values(rows.attributes, ask)
    if originals is None:
        return False
    xy, start, columns = _drawn(prepared)
    feature = prepared.network.feature
    lot = lot_of(len(fields))

    def lots():
        for first in range(0, feature.size, lot):
            ask()
            part = slice(first, first + lot)
            ours = zip(*(column[part].tolist() for column in columns))
            yield [own + originals[row] for own, row in zip(ours, feature[part].tolist())]

    return fill_lines(path, [field.name() for field in fields], xy, start, lots(), ask)


def _edges(prepared, rows, fields):
    xy, start, columns = _drawn(prepared)
    ours = zip(*(column.tolist() for column in columns))
    every = zip(line_geometries(xy, start), prepared.network.feature.tolist(), ours)
    for geometry, row, values in every:
        feature = QgsFeature(fields)
        feature.setAttributes([*values, *rows.attributes[row]])
        feature.setGeometry(geometry)
        yield feature


def _issues(prepared, rows, fields):
    for issue in prepared.issues:
        feature = QgsFeature(fields)
        distance = issue.distance if issue.distance == issue.distance else None
        feature.setAttributes([issue.tipo, rows.fids[issue.feature], distance, issue.azione])
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(issue.x, issue.y)))
        yield feature
