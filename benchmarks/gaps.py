"""The longest time each stage of each algorithm goes without asking whether to stop, on big inputs.

    python3 -m benchmarks.gaps [algorithm …] [--services 60000] [--records 200000] [--edges 418000]

Times are of the processor: how long a user waits on a machine that does nothing else. Of each
gap that is too long it is said where it was spent. Inputs are kept for the next time.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from qgis.core import QgsProcessingFeedback

RHO = "015182"
# What a user has to wait at most, seconds.
MOST = 1.0
# The functions named, of those a gap is spent in.
_PLACES = 5
_REASON = "Prova di durata: nessun servizio vero è giustificato da questo testo"
_CHANGES = "GEN-R01=0.55"
_OURS = ("sttm_plugin", "processing_algorithms")


class Watch(QgsProcessingFeedback):
    """Notes how long ago it was last asked, stage by stage, and what was done meanwhile."""

    def __init__(self):
        super().__init__()
        self.stage, self.longest, self.long = "avvio", {}, []
        self._since = []
        self._last = time.process_time()

    def asked(self):
        """Note that it was asked."""
        now = time.process_time()
        gap = now - self._last
        self.longest[self.stage] = max(self.longest.get(self.stage, 0.0), gap)
        if gap > MOST:
            places = Counter(self._since).most_common(_PLACES)
            spent = ", ".join(f"{n / len(self._since):.0%} {place}" for place, n in places)
            self.long.append((self.stage, gap, spent))
        self._last, self._since = now, []

    def isCanceled(self):  # noqa: N802
        self.asked()
        return super().isCanceled()

    def setProgressText(self, text):  # noqa: N802
        self.asked()
        self.stage = text

    def look(self, thread):
        """Note where a thread of our code is."""
        frame = sys._current_frames().get(thread)
        while frame is not None and not any(part in frame.f_code.co_filename for part in _OURS):
            frame = frame.f_back
        if frame is not None:
            name = Path(frame.f_code.co_filename).name
            self._since.append(f"{name} {frame.f_code.co_name}")


def watched(algorithm, given) -> Watch:
    """Run an algorithm and return who watched it."""
    import processing

    watch, main, ended = Watch(), threading.get_ident(), threading.Event()

    def look():
        while not ended.wait(0.02):
            watch.look(main)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        watch.results = processing.run(algorithm, given, feedback=watch)
    finally:
        ended.set()
        looking.join()
    watch.asked()
    return watch


class Inputs:
    """Big inputs, made where they aren't there yet."""

    def __init__(self, options):
        self.options, self.work = options, options.work

    def city(self):
        """Return the GeoPackage of a city of streets, buildings, services and stops."""
        from .city import make_city, write_city

        path = self.work / f"city_{self.options.edges}_200000.gpkg"
        if not path.is_file():
            partial = path.with_name("partial.gpkg")
            partial.unlink(missing_ok=True)
            write_city(make_city(self.options.edges), partial)
            partial.replace(path)
        return path

    def plan(self):
        """Return the layers of a plan of one comune."""
        from .checkplan import write_plan

        folder = self.work / f"plan_{self.options.services}"
        paths = [str(folder / f"{name}.gpkg") for name in ("Point", "MultiPolygon")]
        if not all(map(os.path.isfile, paths)):
            folder.mkdir(parents=True, exist_ok=True)
            write_plan(self.options.services, folder)
        return paths

    def register(self, ending):
        """Return a register of services as a comune has it, in the format of an ending."""
        from .intake import write

        path = self.work / f"register_{self.options.records}.{ending}"
        if not path.is_file():
            write(path, self.options.records)
        return str(path)

    def findings(self):
        """Return the findings of the plan."""
        path = self.out("rilievi.gpkg")
        if not path.is_file():
            run(self, "checkplan")
        return str(path)

    def ids(self):
        """Return the ids of the findings, as a user's choice of all of them."""
        from qgis.core import QgsVectorLayer

        layer = QgsVectorLayer(self.findings(), "rilievi", "ogr")
        return ";".join(row["id_rilievo"] for row in layer.getFeatures())

    def package(self):
        """Return the delivery of the plan."""
        path = self.out("consegna.zip")
        if not path.is_file():
            run(self, "exportcompatibility")
        return str(path)

    def out(self, name):
        """Return the path of an output."""
        return self.work / f"out_{self.options.services}_{name}"


def parameters(inputs, name) -> dict:
    """Return what an algorithm is given."""
    from . import jobs

    out = lambda name: str(inputs.out(name))  # noqa: E731
    city = inputs.city
    plan = {"SERVICES": inputs.plan, "COMUNE": RHO}
    around = {
        "POPULATION": lambda: f"{city()}|layername=edifici",
        "POP_FIELD": "popolazione",
        "NETWORK": lambda: f"{city()}|layername=strade",
    }
    made = {
        "lumcatchment": lambda: {
            **jobs._lum(city(), EDGES=out("archi.gpkg")), "OUTPUT": out("lum.gpkg"),
        },
        "accessibility": lambda: jobs._accessibility(city(), out("misure.gpkg")),
        "accessibility, linea d'aria": lambda: {
            **jobs._accessibility(city(), out("misure.gpkg")), "NETWORK": None,
        },
        "preparenetwork": lambda: {
            "INPUT": f"{city()}|layername=strade",
            "OUTPUT": out("rete.gpkg"),
            "ISSUES": out("rete_rilievi.gpkg"),
        },
        "preparenetwork, incroci e vuoti": lambda: {
            "INPUT": f"{city()}|layername=strade",
            "SPLIT_AT_CROSSINGS": True,
            "SNAP_GAPS": 2.0,
            "OUTPUT": out("rete.gpkg"),
        },
        "checkplan": lambda: {
            **plan, "OUTPUT": out("rilievi.gpkg"), "CHECKS": out("controlli.gpkg"),
            "REPORT_HTML": out("rapporto.html"), "REPORT_JSON": out("rilievi.json"),
        },
        "checkplan, con rete e popolazione": lambda: {
            **plan, **around, "OUTPUT": out("rilievi_rete.gpkg"),
        },
        "classifyservices": lambda: {
            **plan, "OUTPUT_POINTS": out("punti.gpkg"), "OUTPUT_AREAS": out("aree.gpkg"),
            "SUMMARY": out("riepilogo.gpkg"), "MISMATCHES": out("scarti.gpkg"),
            "RULES": out("regole.gpkg"),
        },
        "importservices": lambda: {
            "INPUT": inputs.register("csv"), "COMUNE": RHO, "OUTPUT": out("aree.gpkg"),
            "OUTPUT_POINTS": out("punti.gpkg"), "UNPLACED": out("senza.gpkg"),
            "REJECTED": out("scartati.gpkg"), "LOG": out("registro.json"),
            "PROFILE_OUT": out("profilo.json"),
        },
        "importservices, GeoPackage": lambda: {
            "INPUT": inputs.register("gpkg"), "COMUNE": RHO, "OUTPUT": out("aree.gpkg"),
            "OUTPUT_POINTS": out("punti.gpkg"), "UNPLACED": out("senza.gpkg"),
            "REJECTED": out("scartati.gpkg"), "LOG": out("registro.json"),
        },
        "suggestmapping": lambda: {
            "INPUT": inputs.register("csv"), "COMUNE": RHO, "OUTPUT": out("campi.gpkg"),
            "VALUES": out("valori.gpkg"),
        },
        "diagnosecrs": lambda: {
            "INPUT": inputs.register("gpkg"), "COMUNE": RHO, "OUTPUT": out("sistemi.gpkg"),
        },
        "findunclassified": lambda: {"SERVICES": inputs.plan(), "OUTPUT": out("testi.gpkg")},
        "reconcilereadings": lambda: {
            "READING1": inputs.plan(), "READING2": inputs.plan(), "PAIRS": out("coppie.gpkg"),
            "ONLY1": out("solo1.gpkg"), "ONLY2": out("solo2.gpkg"),
            "DUPLICATES": out("doppi.gpkg"),
        },
        "readingsbyzone": lambda: {
            "SERVICES": inputs.plan(), "OUTPUT": out("letture.gpkg"),
            "REPORT_HTML": out("letture.html"),
        },
        "whatif": lambda: {
            "SERVICES": inputs.plan(), "CHANGES": _CHANGES,
            "OUTPUT": out("cambiano.gpkg"),
        },
        "lumservices": lambda: {
            "LUM": out("lum.gpkg"), "SERVICES": inputs.plan(), "OUTPUT": out("lum_servizi.gpkg"),
            "REACHED": out("raggiunti.gpkg"),
        },
        "justifyfindings": lambda: {
            "FINDINGS": inputs.findings(), "IDS": inputs.ids(), "REASON": _REASON,
            "REASON_TYPE": 0, "AUTHOR": "Prova", "DATE": "2026-01-31",
            "OUTPUT": out("deroghe.gpkg"), "OUTPUT_FINDINGS": out("giustificati.gpkg"),
        },
        "assignfindings": lambda: {
            "FINDINGS": inputs.findings(), "IDS": inputs.ids(), "ASSIGNEE": "Prova",
            "ASSIGNED_BY": "Prova", "DATE": "2026-01-31", "OUTPUT": out("assegnazioni.gpkg"),
        },
        "checkdelivery": lambda: {
            **plan, "FINDINGS": inputs.findings(), "KIND": 0, "OUTPUT": out("manca.gpkg"),
        },
        "exportcompatibility": lambda: {
            **plan, "FINDINGS": inputs.findings(), "KIND": 0, "AUTHOR": "Prova", "OFFICE": "Prova",
            "ROLE": "Prova", "ALLOW_BLOCKING": True, "OUTPUT": out("consegna.zip"),
            "SHEETS": str(inputs.work / "schede"), "LOG": out("consegna.json"),
        },
        "validatesubmission": lambda: {
            "INPUT": inputs.package(), "REPORT_HTML": out("validazione.html"),
            "REPORT_JSON": out("validazione.json"), "OUTPUT": out("validazione.gpkg"),
            "SHEETS": str(inputs.work / "schede_ricevute"),
        },
    }  # fmt: skip
    if name is None:
        return made
    return {key: value() if callable(value) else value for key, value in made[name]().items()}


def run(inputs, name) -> Watch:
    """Run an algorithm on big inputs."""
    given = {key: value for key, value in parameters(inputs, name).items() if value is not None}
    return watched(f"sttm:{name.split(',')[0]}", given)


def main(arguments=None) -> int:
    """Run the algorithms and print the gaps; 1 where one is longer than a user may wait."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--services", type=int, default=60_000)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--edges", type=int, default=418_000)
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    from demo.run import start_qgis

    keep = start_qgis()
    inputs, long = Inputs(options), 0
    for name in options.names or parameters(inputs, None):
        started = time.process_time()
        try:
            watch = run(inputs, name)
        except Exception as error:  # noqa: BLE001 - the others are still to be measured
            print(f"{name}: {error}", flush=True)
            long += 1
            continue
        print(f"{name}: {time.process_time() - started:.1f} s", flush=True)
        for stage, gap in watch.longest.items():
            print(f"  {gap:6.2f}  {stage}", flush=True)
        for stage, gap, spent in watch.long:
            print(f"  !! {gap:.2f}  {stage}: {spent}", flush=True)
        long += len(watch.long)
    del keep
    return int(long > 0)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
