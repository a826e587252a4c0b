"""The engine against its peers and its goals, in one run: make benchmark.

    python3 -m benchmarks [--quick] [--output benchmarks/RESULTS.md] [--work build/benchmarks]

Every run is a process of its own; those that are compared take turns. What a run found is compared
with an oracle before its time counts. Cities are kept in the work folder for the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .city import CATEGORIES, SERVICES, STOPS, make_city, write_city
from .jobs import LIMIT_M, RADIUS_M, SPEED_KMH, checked_rows
from .kernel import Scipy
from .oracle import Oracle
from .report import Row, exponent, goals, plot, table

# The network the goals were set on, and those that show how cost grows.
GOAL_EDGES, MILLION = 418_000, 1_000_000
GROWTH_EDGES = (100_000, 300_000, MILLION)
BUILDINGS = 200_000
SAME = 1e-6
NO_COMPILER = "no compiler"


@dataclass
class Bench:
    """Runs jobs on cities and keeps what was measured and what was found wrong."""

    work: Path
    buildings: int
    quick: bool = False
    wrong: list = field(default_factory=list)
    worst: float = 0.0
    _cities: dict = field(default_factory=dict)

    def say(self, text):
        """Print a line at once."""
        print(text, flush=True)

    def path(self, edges):
        """Return the GeoPackage of a city, made where it isn't there yet."""
        path = self.work / f"city_{edges}_{self.buildings}.gpkg"
        if not path.is_file():
            self.say(f"making the city of {edges} edges …")
            partial = path.with_name("partial.gpkg")
            partial.unlink(missing_ok=True)
            write_city(self.city(edges), partial)
            partial.replace(path)
        return path

    def city(self, edges):
        """Return the arrays of a city."""
        if edges not in self._cities:
            self._cities.clear()
            self._cities[edges] = make_city(edges, self.buildings)
        return self._cities[edges]

    def job(self, name, edges):
        """Run a job of ``jobs`` on a city and return what it printed."""
        started = time.perf_counter()
        found = self._child("benchmarks.jobs", name, str(self.path(edges)))
        took = time.perf_counter() - started
        self.say(f"  {name}, {edges} edges: {found.get('seconds', took):.2f} s")
        return found

    def kernels(self, edges, rounds):
        """Run ``kernels`` and return what it printed."""
        self.say(f"  shortest paths alone, {edges} edges, {rounds} rounds …")
        found = self._child("benchmarks.kernels", str(edges), str(rounds))
        for task, differences in found["worst"].items():
            for difference in differences:
                if difference is not None:
                    self.compare(f"shortest paths, {task}", difference)
        return found

    def _child(self, module, *given):
        done = subprocess.run(
            [sys.executable, "-m", module, *given], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"{module} {' '.join(given)} failed:\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def compare(self, what, difference):
        """Note how far from the oracle something is."""
        if np.isfinite(difference):
            self.worst = max(self.worst, difference)
        if not difference <= SAME:
            self.wrong.append(f"{what}: {difference:g}")


def lum_truth(bench, edges) -> dict:
    """Return the metres each LUM reaches, by the oracle."""
    city = bench.city(edges)
    oracle = Oracle(city)
    return {f"L{k:03d}": oracle.reached_metres(place, RADIUS_M)
            for k, place in enumerate(city.stops)}  # fmt: skip


def access_truth(bench, edges) -> dict:
    """Return {field: values of the checked origins}: nearest, counts and gravity, by the oracle."""
    city = bench.city(edges)
    oracle = Oracle(city)
    metre = 0.06 / SPEED_KMH
    found: dict = {}
    for row in checked_rows(len(city.buildings)).tolist():
        place = city.buildings[row]
        near = np.flatnonzero(np.hypot(*(city.services - place).T) <= LIMIT_M)
        others = [oracle.attach(city.services[k]) for k in near]
        cost = oracle.metres_to(place, LIMIT_M, others) * metre
        for category in range(CATEGORIES):
            mine = cost[city.category[near] == category]
            capacity = city.capacity[near][city.category[near] == category]
            values = {f"t_cat_{category:02d}": float(mine.min(initial=np.inf))}
            for minutes in (5, 10, 15):
                values[f"n_cat_{category:02d}_{minutes}"] = int((mine <= minutes).sum())
            reached = np.isfinite(mine)
            values[f"g_cat_{category:02d}"] = float(
                (capacity[reached] * np.exp(-0.1 * mine[reached])).sum()
            )
            for name, value in values.items():
                found.setdefault(name, []).append(value)
    return found


def check_lum(bench, what, found, truth):
    """Compare the metres of every LUM."""
    bench.compare(what, max(abs(found["metres"][key] - truth[key]) for key in truth))


def check_access(bench, what, found, truth):
    """Compare the measures of the checked origins; an unreached one is infinite in both."""
    for name, values in truth.items():
        ours, theirs = (
            np.array([np.inf if v is None else v for v in column], dtype=float)
            for column in (found[name], values)
        )
        same = ours == theirs
        apart = np.abs(np.where(same, 0.0, ours) - np.where(same, 0.0, theirs))
        bench.compare(f"{what}, {name}", float(apart.max()))


def measure(bench, options) -> str:
    """Run everything and return the page."""
    goal_edges, growth_edges, rounds = GOAL_EDGES, GROWTH_EDGES, options.rounds
    if bench.quick:
        goal_edges, growth_edges, rounds = 4_000, (2_000, 4_000, 8_000), 1
    largest = growth_edges[-1]

    bench.say("LUM catchments")
    truth = lum_truth(bench, goal_edges)
    turns = []
    for _ in range(rounds):
        turn = {name: bench.job(name, goal_edges) for name in ("lum_edges", "native",
                                                               "lum_polygons")}  # fmt: skip
        for name in ("lum_edges", "lum_polygons"):
            check_lum(bench, name, turn[name], truth)
        turns.append(turn)
    excess = sum(turns[0]["native"]["metres"].values()) / sum(truth.values()) - 1

    bench.say("Shortest paths")
    kernels = {edges: bench.kernels(edges, rounds if edges == goal_edges else 1)
               for edges in (*growth_edges, goal_edges)}  # fmt: skip
    alone = kernels[goal_edges]["seconds"]
    near_all, near, pairs = (alone[task] for task in alone)
    heap = [sum(times) for times in zip(near.get("c", ()), pairs.get("c", ()))]

    bench.say("The whole job")
    truth = access_truth(bench, goal_edges)
    whole, plain, big = [], [], []
    for _ in range(rounds):
        whole.append(bench.job("accessibility", goal_edges))
        plain.append(bench.job("plain_pyqgis", goal_edges))
        big.append(bench.job("accessibility_unwritten", largest))
        check_access(bench, "accessibility", whole[-1], truth)
    truth = access_truth(bench, largest)
    for found in big:
        check_access(bench, "accessibility, largest", found, truth)
    growth = {edges: bench.job("accessibility_unwritten", edges)["seconds"]
              for edges in growth_edges[:-1]}  # fmt: skip
    growth[largest] = float(np.median([found["seconds"] for found in big]))
    power = exponent(list(growth), list(growth.values()))
    written = [found["written"] - bare["seconds"] for found, bare in zip(whole, plain)]

    bench.say("Longest time between two questions whether to stop")
    gaps = bench.job("gaps", largest)["gaps"]

    def over(first, second):
        return [a / b for a, b in zip(first, second)]

    def each(name, key, of=turns):
        return [turn[name][key] for turn in of]

    theirs = each("native", "seconds")
    seconds = [found["seconds"] for found in whole]
    rows = [
        Row("LUM catchments, edges, cold: QGIS service area ÷ ours", "≥ 30×",
            over(theirs, each("lum_edges", "seconds")), 30, True),
        Row("… with exact polygons, cold", "≥ 20×",
            over(theirs, each("lum_polygons", "seconds")), 20, True),
        Row("… network unchanged", "≥ 300×",
            over(theirs, each("lum_edges", "unchanged")), 300, True),
        Row("nearest of 25 categories, unbounded: ours ÷ C heap", "≤ 2×",
            over(near_all["ours"], near_all.get("c", ())), 2, why=NO_COMPILER),
        Row(f"… within {LIMIT_M:g} m", "≤ 2×",
            over(near["ours"], near.get("c", ())), 2, why=NO_COMPILER),
        Row("costs of 2,500 services within 15 min: ours ÷ C heap", "≤ 4×",
            over(pairs["ours"], pairs.get("c", ())), 4, why=NO_COMPILER),
        Row("whole job, output not counted", "≤ 5 s", seconds, 5, unit="s"),
        Row("… peak of memory, QGIS included", "≤ 700 MB",
            [found["peak"] for found in whole], 700, unit="MB"),
        Row("… growth: seconds ≈ edges^p", "linear (p ≤ 1.1)", [power], 1.1, unit=""),
        Row("whole job with output, less plain PyQGIS: ÷ C heap", "≤ 15×",
            over(written, heap), 15, why=NO_COMPILER),
        Row("whole job at a million edges ÷ at the goal's network", "≤ 4×",
            over([found["seconds"] for found in big], seconds), 4),
        Row("… peak of memory, QGIS included", "≤ 2,000 MB",
            [found["peak"] for found in big], 2000, unit="MB"),
    ]  # fmt: skip
    if bench.quick:
        for row in rows:
            row.limit = None
    others = [
        Row("nearest of 25 categories, unbounded: scipy ÷ C heap", "",
            over(near_all.get("scipy", ()), near_all.get("c", ())),
            why="scipy or a compiler is missing"),
        Row(f"… within {LIMIT_M:g} m", "", over(near.get("scipy", ()), near.get("c", ())),
            why="scipy or a compiler is missing"),
        Row("costs of 2,500 services within 15 min: scipy ÷ C heap", "",
            over(pairs.get("scipy", ()), pairs.get("c", ())),
            why="scipy or a compiler is missing"),
    ]  # fmt: skip
    for title, values in (
        ("LUM catchments, edges, cold", each("lum_edges", "seconds")),
        ("LUM catchments, exact polygons, cold", each("lum_polygons", "seconds")),
        ("LUM catchments, network unchanged", each("lum_edges", "unchanged")),
        ("native:serviceareafromlayer", theirs),
        ("C heap, nearest and costs", heap),
        ("whole job with its output", [found["written"] for found in whole]),
        ("plain PyQGIS: reading the inputs and writing as many values",
         [found["seconds"] for found in plain]),
        ("whole job at a million edges, output not counted", [found["seconds"] for found in big]),
    ):  # fmt: skip
        others.append(Row(title, "", values, unit="s", why=NO_COMPILER))
    for title, values in (
        ("peak of memory, LUM catchments", each("lum_edges", "peak")),
        ("peak of memory, native:serviceareafromlayer", each("native", "peak")),
        ("peak of memory, whole job with its output", [found["written_peak"] for found in whole]),
        ("memory of QGIS before anything", [found["idle"] for found in whole]),
    ):
        others.append(Row(title, "", values, unit="MB"))

    lines = {"whole job": (list(growth), list(growth.values()))}
    for task in alone:
        for engine in alone[task]:
            measured = {edges: kernels[edges]["seconds"][task][engine] for edges in growth_edges}
            times = [float(np.median(measured[edges])) for edges in growth_edges]
            lines[f"{task} m, {engine}"] = (list(growth_edges), times)
    shown = {name: lines[name] for name in lines if "scipy" not in name}
    picture = options.output.with_suffix(".svg")
    drawn = plot(picture, shown)
    return page(bench, goal_edges, rounds, rows, others, lines, gaps, excess,
                picture.name if drawn else None)  # fmt: skip


def page(bench, goal_edges, rounds, rows, others, lines, gaps, excess, picture) -> str:
    """Return RESULTS.md."""
    agreed = (
        f"Every result was compared with an oracle in the same run; the largest difference is "
        f"{bench.worst:.1e} (at most {SAME:g} counts as equal)."
    )
    if bench.wrong:
        agreed = "**Results differ from the oracle; the times do not count:** " + "; ".join(
            bench.wrong[:10]
        )
    parts = [
        "# What the network engine takes",
        "`make benchmark` writes this page. "
        + ("**A quick run on small networks: it shows that the table is made, no more.** "
           if bench.quick else "")
        + f"{rounds} rounds, those that are compared taking turns, each run in a process of its "
        f"own; {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"numpy {np.__version__}, scipy {'installed' if Scipy.installed else 'not installed'}.",
        f"The city is synthetic: {goal_edges:,} street edges where nothing else is said, {STOPS} "
        f"LUM of {RADIUS_M:g} m, {SERVICES:,} services in {CATEGORIES} categories, "
        f"{bench.buildings:,} buildings. {agreed}",
        goals(rows),
        f"The service area of QGIS reaches {excess:+.1%} of the street metres there are within the "
        "radius. The C heap is a plain binary-heap Dijkstra compiled with -O2; plain PyQGIS reads "
        "the inputs and writes as many values feature by feature.",
        "## In seconds and megabytes",
        goals(others),
        "## How cost grows",
        table(["", *(f"{edges:,}" for edges in lines["whole job"][0]), "p of edges^p"],
              [[name, *(f"{value:.2f} s" for value in times), f"{exponent(edges, times):.2f}"]
               for name, (edges, times) in lines.items()]),
        *([f"![Seconds over edges]({picture})"] if picture else []),
        f"## Cancel, at {lines['whole job'][0][-1]:,} edges",
        "The longest time each stage goes without asking whether to stop.",
        table(["algorithm", "stage", "seconds"],
              [[name, stage, f"{longest:.2f}"] for name, stages in gaps.items()
               for stage, longest in stages.items()]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def main(arguments=None) -> int:
    """Measure, print and write the page; return 1 where a result differs from the oracle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small networks, for a test")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/RESULTS.md"))
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.work, 2_000 if options.quick else BUILDINGS, options.quick)
    text = measure(bench, options)
    options.output.write_text(text, encoding="utf-8")
    print(text)
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
