"""One measured run in a process of its own: what it took, its peak of memory, what it found.

python3 -m benchmarks.jobs <job> <city.gpkg>        (prints one line of JSON)
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from .city import CATEGORIES

RADIUS_M = 500.0
LIMIT_M = 1125.0
SPEED_KMH = 4.5
# Of the origins, those compared with the oracle.
CHECKED = 20
UNCHANGED_RUNS = 5


def peak_mb() -> float:
    """Return the most memory this process has had so far, megabytes (0 on Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if MAC else 10))


MAC = sys.platform == "darwin"


def checked_rows(buildings):
    """Return the rows of the origins that are compared with the oracle."""
    return np.linspace(0, buildings - 1, CHECKED).astype(int)


def _run(algorithm, given):
    import processing

    started = time.perf_counter()
    found = processing.run(algorithm, given)
    return time.perf_counter() - started, found


def _lum(path, **others):
    return {
        "STOPS": f"{path}|layername=fermate",
        "ID_FIELD": "id_lum",
        "RANK_FIELD": "rango",
        "NETWORK": f"{path}|layername=strade",
        "METHOD": 0,
        "RADII": f"metropolitano={RADIUS_M:g}",
        "OUTPUT": "TEMPORARY_OUTPUT",
        **others,
    }


def _lengths(layer):
    return {row["id_lum"]: row["lunghezza_rete_m"] for row in layer.getFeatures()}


def lum_edges(path):
    """Street parts reached by each LUM: cold, then with the network unchanged."""
    given = _lum(path, POLYGONS=1, EDGES="TEMPORARY_OUTPUT")
    cold, found = _run("sttm:lumcatchment", given)
    peak = peak_mb()
    again = [_run("sttm:lumcatchment", given)[0] for _ in range(UNCHANGED_RUNS)]
    return {
        "seconds": cold,
        "peak": peak,
        "unchanged": sorted(again)[len(again) // 2],
        "metres": _lengths(found["OUTPUT"]),
    }


def lum_polygons(path):
    """The exact polygon of each LUM, cold."""
    seconds, found = _run("sttm:lumcatchment", _lum(path))
    return {"seconds": seconds, "peak": peak_mb(), "metres": _lengths(found["OUTPUT"])}


def native(path):
    """QGIS's own service area from the same stops."""
    from qgis.core import QgsGeometry

    seconds, found = _run(
        "native:serviceareafromlayer",
        {
            "INPUT": f"{path}|layername=strade",
            "STRATEGY": 0,
            "START_POINTS": f"{path}|layername=fermate",
            "TRAVEL_COST2": RADIUS_M,
            "OUTPUT_LINES": "TEMPORARY_OUTPUT",
        },
    )
    peak = peak_mb()
    # It writes a street twice where both its ends are reached: each counts once.
    metres = {
        row["id_lum"]: QgsGeometry.unaryUnion([row.geometry()]).length()
        for row in found["OUTPUT_LINES"].getFeatures()
    }
    return {"seconds": seconds, "peak": peak, "metres": metres}


def _accessibility(path, output):
    return {
        "ORIGINS": f"{path}|layername=edifici",
        "POP_FIELD": "popolazione",
        "SERVICES": [f"{path}|layername=servizi"],
        "CAPACITY_FIELD": "capacita",
        "NETWORK": f"{path}|layername=strade",
        "STRATEGY": 1,
        "DEFAULT_SPEED": SPEED_KMH,
        "THRESHOLDS": "5,10,15",
        "MEASURES": [0, 1, 3, 4],
        "OUTPUT": output,
    }


def accessibility(path):
    """The whole job up to its output, what it found, and the output after it."""
    return _measured(path, writes=True)


def accessibility_unwritten(path):
    """The whole job, stopped where its output would begin."""
    return _measured(path, writes=False)


def _measured(path, writes):
    from sttm_plugin.processing_algorithms.accessibility import Accessibility
    from sttm_plugin.processing_algorithms.base import Cancelled

    seen = {}
    started = time.perf_counter()

    class Stopwatch(Accessibility):
        """The algorithm, its clock read where it begins to write."""

        def _write(self, *given):
            seen.update(seconds=time.perf_counter() - started, peak=peak_mb())
            *_, at, columns = given
            rows = checked_rows(len(at[0]))
            for field, values in columns:
                if field.name.startswith(("t_", "n_cat", "g_")):
                    seen[field.name] = np.asarray(values)[rows].tolist()
            if not writes:
                raise Cancelled
            return super()._write(*given)

    with tempfile.TemporaryDirectory() as folder:
        seconds, _ = _run(
            Stopwatch().create(), _accessibility(path, str(Path(folder) / "misure.gpkg"))
        )
    return {**seen, "written": seconds, "written_peak": peak_mb()}


def plain_pyqgis(path):
    """What reading the inputs and writing as many values takes, feature by feature in PyQGIS."""
    from qgis.core import (
        QgsCoordinateTransformContext,
        QgsFeature,
        QgsField,
        QgsFields,
        QgsVectorFileWriter,
        QgsVectorLayer,
        QgsWkbTypes,
    )
    from qgis.PyQt.QtCore import QVariant

    started = time.perf_counter()
    places = []
    for name in ("strade", "servizi", "edifici"):
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        read = [(one.geometry(), one.attributes()) for one in layer.getFeatures()]
        if name == "edifici":
            places = read
        del read
    fields = QgsFields()
    kinds = {"t": QVariant.Type.Double, "id": QVariant.Type.String, "m": QVariant.Type.String,
             "n5": QVariant.Type.LongLong, "n10": QVariant.Type.LongLong,
             "n15": QVariant.Type.LongLong, "e2": QVariant.Type.Double,
             "g": QVariant.Type.Double}  # fmt: skip
    for number in range(CATEGORIES):
        for name, kind in kinds.items():
            fields.append(QgsField(f"{name}_{number:02d}", kind))
    near, far = [9.5, "s00001", None, 0, 1, 1, 0.25, 12.5], [None, None, "oltre", 0, 0, 0, 0.0, 0.0]
    values = [value for number in range(CATEGORIES) for value in (near if number % 3 else far)]
    with tempfile.TemporaryDirectory() as folder:
        writer = QgsVectorFileWriter.create(
            str(Path(folder) / "valori.gpkg"), fields, QgsWkbTypes.Type.Point, layer.crs(),
            QgsCoordinateTransformContext(), QgsVectorFileWriter.SaveVectorOptions(),
        )  # fmt: skip
        for geometry, _ in places:
            feature = QgsFeature(fields)
            feature.setGeometry(geometry)
            feature.setAttributes(list(values))
            writer.addFeature(feature)
        del writer
    return {"seconds": time.perf_counter() - started, "peak": peak_mb()}


def gaps(path):
    """The longest time each stage of each algorithm goes without asking whether to stop."""
    from .gaps import watched

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, given in (
            ("lumcatchment", _lum(path, EDGES="TEMPORARY_OUTPUT")),
            ("accessibility", _accessibility(path, str(Path(folder) / "misure.gpkg"))),
            ("preparenetwork", {"INPUT": f"{path}|layername=strade",
                                "OUTPUT": str(Path(folder) / "rete.gpkg")}),
        ):  # fmt: skip
            found[name] = watched(f"sttm:{name}", given).longest
    return {"gaps": found, "peak": peak_mb()}


JOBS = {
    job.__name__: job
    for job in (
        lum_edges, lum_polygons, native, accessibility, accessibility_unwritten, plain_pyqgis, gaps
    )
}  # fmt: skip


def main(arguments) -> int:
    """Run one job and print what it gave."""
    from demo.run import start_qgis

    keep = start_qgis()
    idle = peak_mb()
    print(json.dumps({**JOBS[arguments[0]](arguments[1]), "idle": idle}))
    del keep
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
