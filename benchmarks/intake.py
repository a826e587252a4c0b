"""Import against GDAL's own conversion of the same file to GeoPackage: time, and memory by size.

Each pair is measured in one run, alternating: one conversion, one import. The memory of an import
is the peak of a process of its own.

Usage: python3 -m benchmarks.intake [--rounds N] [--records N] [--report FILE]
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

RHO = "015182"
# Inside Rho, EPSG:32632.
X, Y, SIDE = 499_500.0, 5_040_500.0, 4_000.0
RECORDS = 200_000
FORMATS = ("csv", "gpkg", "shp", "geojson")
_KINDS = (
    "biblioteca comunale",
    "scuola primaria",
    "liceo scientifico",
    "asilo nido",
    "parco urbano",
    "ambulatorio",
    "palestra",
    "farmacia",
    "centro civico",
    "impianto non classificato",
)
_SAINTS = "Ambrogio Carlo Vittore Paolo Giovanni Maria Anna Michele Rocco Stefano".split()


def rows(count, seed=7):
    """Yield records as a comune's register has them: repeated kinds, odd numbers, blanks."""
    draw = random.Random(seed)  # noqa: S311
    for number in range(count):
        kind = draw.choice(_KINDS)
        yield (
            f"S{number:07d}",
            f"{kind.capitalize()} San {draw.choice(_SAINTS)} {number}",
            kind,
            draw.choice(("esistente", "esistente", "previsto", "in corso")),
            draw.choice(("locale", "locale", "sovracomunale")),
            draw.choice(("120 posti", "25", "n.d.", "1.200", "")),
            draw.choice(("Comune di Rho", "Regione Lombardia", "Fondazione", "")),
            f"via San {draw.choice(_SAINTS)} {number % 200}",
            draw.choice(("31/12/2023", "2024-06-30", "")),
            "15182",
            round(X + draw.random() * SIDE, 2),
            round(Y + draw.random() * SIDE, 2),
        )


NAMES = (
    "COD_SERV DENOMINAZ TIPOLOGIA STATO LIVELLO CAP_MAX GESTORE INDIRIZZO DATA_RIF ISTAT".split()
)


def write_csv(path, count):
    """Write the records as a CSV with X and Y."""
    with open(path, "w", encoding="utf-8") as target:
        target.write(";".join((*NAMES, "X", "Y")) + "\n")
        for row in rows(count):
            target.write(";".join(map(str, row)) + "\n")


def write_layer(path, count):
    """Write the records as a layer of points, in the format of the file's ending."""
    from osgeo import ogr, osr

    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    driver = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}[path.suffix]
    options = {".geojson": ["RFC7946=NO"]}.get(path.suffix, [])
    source = ogr.GetDriverByName(driver).CreateDataSource(str(path))
    layer = source.CreateLayer(path.stem, crs, ogr.wkbPoint, options)
    for name in NAMES:
        field = ogr.FieldDefn(name, ogr.OFTString)
        field.SetWidth(80)
        layer.CreateField(field)
    layer.StartTransaction()
    for row in rows(count):
        feature = ogr.Feature(layer.GetLayerDefn())
        for place, value in enumerate(row[:-2]):
            if value:
                feature.SetField(place, value)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({row[-2]} {row[-1]})"))
        layer.CreateFeature(feature)
    layer.CommitTransaction()


def write(path, count):
    """Write the benchmark's file."""
    (write_csv if path.suffix == ".csv" else write_layer)(path, count)


def convert(source, target):
    """Convert with GDAL alone, as its ogr2ogr does; return the seconds."""
    from osgeo import gdal

    start = time.perf_counter()
    opened = gdal.OpenEx(
        str(source),
        gdal.OF_VECTOR,
        open_options=["X_POSSIBLE_NAMES=X", "Y_POSSIBLE_NAMES=Y"]
        if source.suffix == ".csv"
        else [],
    )
    made = gdal.VectorTranslate(str(target), opened, format="GPKG")
    del made
    return time.perf_counter() - start


def import_file(source, folder):
    """Import with the plugin; return (seconds, results)."""
    from qgis import processing

    folder.mkdir()
    parameters = {
        "INPUT": str(source),
        "COMUNE": RHO,
        "SOURCE": "Registro",
        "OUTPUT": str(folder / "servizi.gpkg"),
        "UNPLACED": str(folder / "senza.gpkg"),
        "REJECTED": str(folder / "scartati.gpkg"),
        "LOG": str(folder / "registro.json"),
    }
    start = time.perf_counter()
    found = processing.run("sttm:importservices", parameters)
    seconds = time.perf_counter() - start
    if found["READ"] != found["WRITTEN"] + found["REJECTED_COUNT"]:
        raise SystemExit("read is not written + rejected")
    return seconds, {name: found[name] for name in ("READ", "WRITTEN", "REPAIRED")}


def start_qgis():
    """Start QGIS with our provider; return what must be kept alive."""
    from qgis.core import QgsApplication

    application = QgsApplication([], False)
    application.initQgis()
    from processing.core.Processing import Processing

    from sttm_plugin.provider import SttmProvider

    Processing.initialize()
    provider = SttmProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    return application, provider


class Measured(NamedTuple):
    """An import in a process of its own: how long it took, its peak, and that before it."""

    seconds: float
    peak_mb: float
    before_mb: float


def measure_memory(path, folder) -> Measured:
    """Import in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake", "--one", str(path), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Measured(**json.loads(done.stdout.strip().splitlines()[-1]))


def _peak_mb():
    # What a process is started by counts in its ru_maxrss, on Linux, even when it is another.
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _one(path, folder):
    kept = start_qgis()
    before = _peak_mb()
    seconds, _ = import_file(Path(path), Path(folder))
    print(json.dumps({"seconds": seconds, "peak_mb": _peak_mb(), "before_mb": before}))
    sys.stdout.flush()
    return kept


def main():
    """Measure, print and write the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--report", default="")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--one", nargs=2)
    given = parser.parse_args()
    if given.one:
        kept = _one(*given.one)
        import os

        os._exit(0 if kept else 1)
    kept = start_qgis()
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        lines += _speed(scratch, given)
        if not given.no_memory:
            lines += _memory(scratch, given.records)
    report = "\n".join(lines) + "\n"
    print(report)
    if given.report:
        Path(given.report).write_text(report, encoding="utf-8")
    import os

    sys.stdout.flush()
    os._exit(0 if kept else 1)


def _speed(scratch, given):
    from osgeo import gdal
    from qgis.core import Qgis

    lines = [
        "# Import against GDAL's conversion",
        "",
        f"{given.records} records of ten text columns and a point, imported with `importservices` "
        "(services, unplaced, rejected to GeoPackage, log) and converted to GeoPackage with "
        "`gdal.VectorTranslate`, alternating in one run. The ratios are of each pair: of seconds "
        "on the clock, and of the processor's, which other work on the machine changes less.",
        "",
        f"QGIS {Qgis.QGIS_VERSION.split('-')[0]}, GDAL {gdal.__version__}, Python "
        f"{platform.python_version()}; {given.rounds} pairs a format. "
        "Regenerate with `make benchmark-intake`.",
        "",
        "| format | conversion s (median) | import s (median) | ratio min | median | max | "
        "processor: ratio min | median | max |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for ending in given.formats.split(","):
        path = scratch / f"servizi.{ending}"
        write(path, given.records)
        ratios, of_processor, conversions, imports = [], [], [], []
        # One of each first: imports of libraries and lists read once are nobody's time.
        few = scratch / f"pochi.{ending}"
        write(few, 2000)
        convert(few, scratch / f"prima_{ending}.gpkg")
        import_file(few, scratch / f"prima_{ending}")
        for number in range(given.rounds):
            start = time.process_time()
            conversions.append(convert(path, scratch / f"{ending}_{number}.gpkg"))
            between = time.process_time()
            imports.append(import_file(path, scratch / f"{ending}_{number}")[0])
            ratios.append(imports[-1] / conversions[-1])
            of_processor.append((time.process_time() - between) / (between - start))
        cells = [statistics.median(conversions), statistics.median(imports)]
        for found in (ratios, of_processor):
            cells += [min(found), statistics.median(found), max(found)]
        lines.append(f"| {ending} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")
        print(lines[-1], flush=True)
    return lines


def _memory(scratch, records):
    lines = ["", "Peak memory of an import (CSV, a process of its own):", ""]
    lines += ["| records | peak MB | of which before the import | seconds |", "|---|---|---|---|"]
    for count in (records // 2, records, records * 2):
        path = scratch / f"memoria_{count}.csv"
        write(path, count)
        seconds, peak, before = measure_memory(path, scratch / f"memoria_{count}")
        lines.append(f"| {count} | {peak:.0f} | {before:.0f} | {seconds:.1f} |")
        print(lines[-1], flush=True)
    return [*lines, "", *_HOW]


_HOW = (
    "What keeps it short: a column is codes and the values they stand for, so that what repeats is "
    "read, cleaned, classified and encoded once; records that read alike to the taxonomy are "
    "classified together; points are arrays of numbers, never a geometry each; a line of the log "
    "that many records have is kept once; the spatial index is packed and written whole.",
    "",
    "What bounds the memory: of a record stay its codes, its identifier and the texts that are its "
    "own. Rows, originals in JSON and lines of the log are made and written a lot at a time, "
    "within one transaction, so that an output is there whole or not at all. Areas stay in "
    "memory as they are: overlaps and gaps are facts of all of them.",
    "",
    "What limits it, by profile: SQLite filling some twenty columns (a seventh), the originals and "
    "the log in JSON (a sixth), identifiers, and each text that doesn't repeat being looked at a "
    "few times. Proposing the columns costs the same for any number of records. A "
    "GeoJSON is read whole whenever GDAL opens it, and QGIS opens it more often than GDAL alone.",
)


if __name__ == "__main__":
    main()
