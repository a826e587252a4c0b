"""LUM catchments against QGIS's own service area, on one network and one machine.

    make bench            (or: python3 -m benchmarks.lum_catchments --side 120 --stops 62)

Ours must agree with a plain heap Dijkstra to a millionth of a metre before its times mean anything.
"""

from __future__ import annotations

import argparse
import heapq
import math
import os
import sys
import time

import numpy as np

from demo.run import start_qgis

RADIUS_M = 500.0
STEP_M = 110.0
# LUM compared with the slow oracle.
CHECKED = 8


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


def reached(nodes, edges, stop) -> float:
    """Return the street metres within the radius of a crossing: a heap Dijkstra, edge by edge."""
    near = {}
    for start, end in edges:
        length = math.dist(nodes[start], nodes[end])
        near.setdefault(start, []).append((end, length))
        near.setdefault(end, []).append((start, length))
    cost, queue = {stop: 0.0}, [(0.0, stop)]
    while queue:
        spent, node = heapq.heappop(queue)
        if spent > min(cost[node], RADIUS_M):
            continue
        for other, length in near[node]:
            if spent + length < cost.get(other, math.inf):
                cost[other] = spent + length
                heapq.heappush(queue, (spent + length, other))
    total = 0.0
    for start, end in edges:
        left = sum(max(0.0, RADIUS_M - cost.get(node, math.inf)) for node in (start, end))
        total += min(math.dist(nodes[start], nodes[end]), left)
    return total


def layers(side, stops):
    """Return (network, stops, true metres by LUM); the stops stand on crossings."""
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
    rows, truth = [], {}
    for number, k in enumerate(sorted(rng.choice(len(used), size=stops, replace=False))):
        row = QgsFeature(points.fields())
        row.setAttributes([f"L{number:03d}", "metropolitano"])
        row.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*nodes[used[k]])))
        rows.append(row)
        if number < CHECKED:
            truth[f"L{number:03d}"] = reached(nodes, edges, used[k])
    points.dataProvider().addFeatures(rows)
    return network, points, truth


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
    from qgis.core import QgsGeometry

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
    # It writes a street twice where both its ends are reached: count each once.
    return seconds, {
        row["id_lum"]: QgsGeometry.unaryUnion([row.geometry()]).length() for row in rows
    }


def main(arguments=None) -> int:
    """Measure and print; return 1 where ours differs from the oracle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=120, help="crossings along a side")
    parser.add_argument("--stops", type=int, default=62)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args(arguments)
    keep = start_qgis()
    network, points, truth = layers(options.side, options.stops)
    print(f"{network.featureCount()} street edges, {options.stops} LUM, {RADIUS_M:g} m")
    theirs_s, theirs = native(network, points)
    print(f"{theirs_s:8.2f} s  native:serviceareafromlayer (lines)")
    worst = 0.0
    for title, edges_only in (("street parts", True), ("exact polygons", False)):
        runs = [ours(network, points, edges_only) for _ in range(options.repeat)]
        first, best = runs[0][0], min(seconds for seconds, _ in runs)
        found = runs[0][1]
        worst = max(worst, max(abs(found[k] - truth[k]) for k in truth))
        print(
            f"{first:8.2f} s  sttm:lumcatchment, {title}: {theirs_s / first:.1f} times as fast; "
            f"best of {options.repeat} {best:.2f} s"
        )
    excess = sum(theirs[k] for k in truth) / sum(truth.values()) - 1
    print(f"against a heap Dijkstra: ours differs by at most {worst:.1e} m,")
    print(f"the service area of QGIS reaches {excess:+.1%} (whole edges between reached ends)")
    del keep
    return 0 if worst < 1e-6 else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
