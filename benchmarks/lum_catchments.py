"""LUM catchments against QGIS's own service area, on one network and one machine.

    make bench            (or: python3 -m benchmarks.lum_catchments --side 120 --stops 62)

Both give the reached street parts at 500 m; the lengths must agree before times mean anything.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import numpy as np

from demo.run import start_qgis

RADIUS_M = 500.0
STEP_M = 110.0


def street_grid(side: int, seed: int = 7):
    """Return (nodes {(i, j): (x, y)}, edges) of a bent grid with gaps."""
    rng = np.random.default_rng(seed)
    shift = rng.uniform(-20, 20, size=(side, side, 2))
    nodes = {
        (i, j): (
            500000.0 + STEP_M * i + float(shift[i, j, 0]),
            5030000.0 + STEP_M * j + float(shift[i, j, 1]),
        )
        for i in range(side)
        for j in range(side)
    }
    edges = [((i, j), (i + 1, j)) for i in range(side - 1) for j in range(side)]
    edges += [((i, j), (i, j + 1)) for i in range(side) for j in range(side - 1)]
    kept = rng.random(len(edges)) > 0.06
    return nodes, [edge for edge, keep in zip(edges, kept) if keep]


def layers(side, stops):
    """Return the network and the stops as memory layers; the stops stand on crossings."""
    from qgis.core import QgsFeature, QgsGeometry, QgsPointXY, QgsVectorLayer

    nodes, edges = street_grid(side)
    network = QgsVectorLayer("LineString?crs=EPSG:32632", "rete", "memory")
    rows = []
    for start, end in edges:
        row = QgsFeature()
        line = [QgsPointXY(*nodes[start]), QgsPointXY(*nodes[end])]
        row.setGeometry(QgsGeometry.fromPolylineXY(line))
        rows.append(row)
    network.dataProvider().addFeatures(rows)
    points = QgsVectorLayer(
        "Point?crs=EPSG:32632&field=id_lum:string&field=rango:string", "nodi", "memory"
    )
    rng = np.random.default_rng(11)
    used = sorted({node for edge in edges for node in edge})
    rows = []
    for number, k in enumerate(sorted(rng.choice(len(used), size=stops, replace=False))):
        row = QgsFeature(points.fields())
        row.setAttributes([f"L{number:03d}", "metropolitano"])
        row.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*nodes[used[k]])))
        rows.append(row)
    points.dataProvider().addFeatures(rows)
    return network, points


def ours(network, points, edges_only):
    """Return (seconds, reached metres by LUM) of lumcatchment."""
    import processing

    given = {
        "STOPS": points,
        "ID_FIELD": "id_lum",
        "RANK_FIELD": "rango",
        "NETWORK": network,
        "METHOD": 0,
        "RADII": f"metropolitano={RADIUS_M:g}",
        "POLYGONS": 1 if edges_only else 0,
        "OUTPUT": "TEMPORARY_OUTPUT",
    }
    if edges_only:
        given["EDGES"] = "TEMPORARY_OUTPUT"
    started = time.perf_counter()
    found = processing.run("sttm:lumcatchment", given)
    seconds = time.perf_counter() - started
    rows = found["OUTPUT"].getFeatures()
    return seconds, {row["id_lum"]: row["lunghezza_rete_m"] for row in rows}


def native(network, points):
    """Return (seconds, reached metres by LUM) of native:serviceareafromlayer."""
    import processing

    started = time.perf_counter()
    found = processing.run(
        "native:serviceareafromlayer",
        {
            "INPUT": network,
            "STRATEGY": 0,
            "START_POINTS": points,
            "TRAVEL_COST2": RADIUS_M,
            "OUTPUT_LINES": "TEMPORARY_OUTPUT",
        },
    )
    seconds = time.perf_counter() - started
    rows = found["OUTPUT_LINES"].getFeatures()
    return seconds, {row["id_lum"]: row.geometry().length() for row in rows}


def main(arguments=None) -> int:
    """Measure and print; return 1 where the two don't reach the same streets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=120, help="crossings along a side")
    parser.add_argument("--stops", type=int, default=62)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(arguments)
    keep = start_qgis()
    network, points = layers(options.side, options.stops)
    print(f"{network.featureCount()} street edges, {options.stops} LUM, {RADIUS_M:g} m")
    theirs_s, theirs = native(network, points)
    print(f"{theirs_s:8.2f} s  native:serviceareafromlayer (lines)")
    worst = 0.0
    for title, edges_only in (("street parts", True), ("exact polygons", False)):
        runs = [ours(network, points, edges_only) for _ in range(options.repeat)]
        first, best = runs[0][0], min(seconds for seconds, _ in runs)
        reached = runs[0][1]
        worst = max(worst, max(abs(reached[k] - theirs[k]) for k in theirs))
        print(
            f"{first:8.2f} s  sttm:lumcatchment, {title}: {theirs_s / first:.0f} times faster; "
            f"best of {options.repeat} {best:.2f} s"
        )
    print(f"largest difference of reached length: {worst:.6f} m")
    del keep
    return 0 if worst < 0.01 else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
