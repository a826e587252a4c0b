"""checkplan on plans of growing size: seconds, memory, and whether they grow with the services.

    make benchmark-checkplan      (or: python3 -m benchmarks.checkplan --sizes 20000,40000,60000)

Each size runs in a process of its own, through ``sttm:checkplan``, from a GeoPackage to the
findings, the verdicts and both reports. Writes benchmarks/CHECKPLAN.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, MEGABYTES = 60.0, 2048.0
# Services of a square kilometre: as the comune of Milano has.
DENSITY = 400.0
RHO = "015182"
X, Y = 502000.0, 5042000.0


def make_plan(count: int, seed: int = 7):
    """Return a services frame: points and areas of every category, one in twenty with a fault."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from shapely.geometry import MultiPolygon, Point, box

    from sttm_plugin.core.pack import load_pack
    from sttm_plugin.core.schema import conform_services

    rng = np.random.default_rng(seed)
    categories = list(load_pack().categorie.values())
    side = 1000 * (count / DENSITY) ** 0.5
    across = int(np.ceil(count**0.5))
    rows = []
    for number in range(count):
        category = categories[int(rng.integers(len(categories)))]
        # On a bent grid: services of one kind may be near, plots seldom overlap.
        i, j = divmod(number, across)
        shift = rng.uniform(0.0, 0.4, 2)
        x = X + side * ((i + shift[0]) / across - 0.5)
        y = Y + side * ((j + shift[1]) / across - 0.5)
        area = category.geometria_attesa == "poligono" or rng.random() < 0.3
        wide, high = rng.uniform(10, 0.6 * side / across, 2)
        words = [word.strip("=*") for word in category.parole_chiave]
        planned = rng.random() < 0.15
        rows.append(
            {
                "id_servizio": f"{number:08d}-0000-4000-8000-000000000000",
                "istat": RHO,
                "comune": "Rho",
                "denominazione": f"{words[int(rng.integers(len(words)))]} {number}".capitalize(),
                "codice_sttm": category.codice,
                "stato": "previsto" if planned else "esistente",
                "fase_progetto": "progetto" if planned else None,
                "lettura": 1,
                "fonte": "PGT",
                "gestore": ("Comune di Rho", "Alfa S.r.l.", "ATS Milano")[number % 3],
                "titolo_servizio": "privato_convenzionato" if number % 3 == 1 else "pubblico",
                "data_rif": "2025-12-31",
                "data_inizio_validita": "2020-01-01",
                "capacita": float(np.round(rng.lognormal(5.0, 0.4))),
                "capacita_um": "posti",
                "valenza_dichiarata": (None, "locale", "intercomunale")[int(rng.integers(3))],
                "geometry": MultiPolygon([box(x, y, x + wide, y + high)]) if area else Point(x, y),
                **(_fault(number // 20) if number % 20 == 0 else {}),
            }
        )
    return conform_services(gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=32632))


def _fault(number):
    faults = (
        {"codice_sttm": None},
        {"stato": "aperto"},
        {"denominazione": "CittÃ\u00a0"},
        {"data_rif": "2012-01-01"},
        {"valenza_dichiarata": "metropolitana"},
        {"data_fine_validita": "2010-01-01"},
        {"gestore": "mario.rossi@comune.rho.mi.it"},
        {"utenti_fuori_comune": 7.0},
    )
    return faults[number % len(faults)]


def write_plan(count: int, folder) -> list:
    """Write a plan as a GeoPackage of points and one of areas; return their paths."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsProject,
        QgsVectorFileWriter,
        QgsWkbTypes,
    )

    from sttm_plugin.core.schema import SERVICES
    from sttm_plugin.qgis_io.frames import memory_layer

    crs = QgsCoordinateReferenceSystem("EPSG:32632")
    frame = make_plan(count)
    points = frame.geometry.geom_type == "Point"
    paths = []
    for name, mine in (("Point", points), ("MultiPolygon", ~points)):
        wkb = QgsWkbTypes.parseType(name)
        layer = memory_layer(frame[mine].reset_index(drop=True), SERVICES, name, wkb, crs)
        path = os.path.join(folder, f"{name}.gpkg")
        options = QgsVectorFileWriter.SaveVectorOptions()
        context = QgsProject.instance().transformContext()
        QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context, options)
        paths.append(path)
    return paths


def measure(count: int) -> dict:
    """Make a plan, check it, and return what it took; to be called in a process of its own."""
    from qgis import processing

    from demo.run import start_qgis

    keep = start_qgis()
    with tempfile.TemporaryDirectory() as folder:
        sources = write_plan(count, folder)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started, spent = time.perf_counter(), time.process_time()
        found = processing.run(
            "sttm:checkplan",
            {
                "SERVICES": sources,
                "COMUNE": RHO,
                "OUTPUT": os.path.join(folder, "rilievi.gpkg"),
                "CHECKS": os.path.join(folder, "controlli.gpkg"),
                "REPORT_HTML": os.path.join(folder, "rapporto.html"),
                "REPORT_JSON": os.path.join(folder, "rilievi.json"),
            },
        )
        seconds, cpu = time.perf_counter() - started, time.process_time() - spent
        counts = ("BLOCKING", "ERRORS", "WARNINGS", "INFOS")
        result = {
            "servizi": count,
            "secondi": seconds,
            "cpu": cpu,
            "megabyte": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "prima": before,
            "rilievi": sum(found[name] for name in counts),
            "controlli": found["CHECKS_RUN"],
        }
    del keep
    return result


def report(rows, carico) -> str:
    """Return the Markdown of the measures."""
    lines = [
        "# checkplan: tempi e memoria",
        "",
        "`make benchmark-checkplan`: un piano sintetico di un solo comune (punti e aree di tutte",
        "le categorie, un servizio su venti con un difetto, il 15% previsto), da GeoPackage ai",
        "rilievi, ai verdetti e ai due rapporti, con `sttm:checkplan`, un processo per misura.",
        "",
        f"{platform.machine()}, {os.cpu_count()} processori, Python {platform.python_version()};",
        f"carico medio della macchina all'inizio {carico:.1f}: il tempo di CPU è del lavoro,",
        "i secondi dipendono anche da che cos'altro gira.",
        "",
        "| servizi | rilievi | controlli eseguiti | secondi | secondi di CPU "
        "| CPU per 1.000 servizi | memoria massima (MB) |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row['servizi']} | {row['rilievi']} | {row['controlli']} | {row['secondi']:.1f} | "
            f"{row['cpu']:.1f} | {1000 * row['cpu'] / row['servizi']:.2f} | {row['megabyte']:.0f} |"
        )
    first, last = rows[0], rows[-1]
    growth = (last["cpu"] / first["cpu"]) / (last["servizi"] / first["servizi"])
    lines += [
        "",
        f"Da {first['servizi']} a {last['servizi']} servizi il tempo per servizio è "
        f"{growth:.2f} volte (1 = lineare).",
        "",
    ]
    return "\n".join(lines)


def main(arguments=None) -> int:
    """Measure each size in a process of its own; write the report; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="20000,40000,60000")
    parser.add_argument("--one", type=int, help="measure one size here and print it")
    parser.add_argument("--output", default=str(Path(__file__).with_name("CHECKPLAN.md")))
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.one)))
        return 0
    load = os.getloadavg()[0]
    rows = []
    for size in options.sizes.split(","):
        command = [sys.executable, "-m", "benchmarks.checkplan", "--one", size]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
        rows.append(json.loads(done.stdout.strip().splitlines()[-1]))
        print(rows[-1], flush=True)
    Path(options.output).write_text(report(rows, load), encoding="utf-8")
    worst = rows[-1]
    return int(worst["secondi"] > SECONDS or worst["megabyte"] > MEGABYTES)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
