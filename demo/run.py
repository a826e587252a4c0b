"""Runs the whole job on the demonstration comune, or on a folder of the user's own layers.

python3 -m demo.run [--input FOLDER] [--comune CODE] [--output build/demo]
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
for folder in (str(PROJECT_ROOT), "/usr/share/qgis/python/plugins"):
    if folder not in sys.path:
        sys.path.insert(0, folder)

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsFeature,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

from demo.inputs import InputError, Inputs, find_inputs, population_field  # noqa: E402

# Services that a resident can use today.
_SUPPLY = '("stato" IS NULL OR "stato" IN (\'esistente\')) AND "codice_sttm" IS NOT NULL'


class Job:
    """One run of the whole job: steps, their times, and what they found."""

    def __init__(self, inputs: Inputs, output: Path, made_up: bool = False):
        self.inputs = inputs
        self.output = output
        self.work = output / "lavoro"
        self.made_up = made_up
        self.access = None
        self.times: list[tuple[str, float]] = []
        self.lines: list[str] = []
        self.results: dict[str, dict] = {}
        self.workspace = str(output / "comune.gpkg")

    # The steps -------------------------------------------------------------------------

    def run(self) -> dict:
        """Do every step and return the results of each algorithm, by step."""
        if self.output.is_dir():
            shutil.rmtree(self.output)
        self.work.mkdir(parents=True)
        self.create_workspace()
        self.import_services()
        self.catchments()
        self.classify()
        self.accessibility()
        self.check()
        self.export()
        self.validate()
        return self.results

    def create_workspace(self):
        self.algorithm(
            "Area di lavoro",
            "createworkspace",
            COMUNE=self.inputs.comune,
            BOUNDARIES=self.inputs.confini,
            OUTPUT=self.workspace,
        )

    def import_services(self):
        """Import each layer; what has no usable place goes to the table without location."""
        self.imported, self.unplaced = [], []
        read = written = repaired = rejected = unclassified = 0
        for number, path in enumerate(self.inputs.servizi):
            found = self.import_layer(path, 0, f"servizi_{number}")
            self.imported += [found["OUTPUT"], found["OUTPUT_POINTS"]]
            self.unplaced.append(found["UNPLACED"])
            read += found["READ"]
            written += found["WRITTEN"]
            repaired += found["REPAIRED"]
            rejected += found["REJECTED_COUNT"]
            unclassified += found["UNCLASSIFIED"]
        self.reading2 = []
        for number, path in enumerate(self.inputs.lettura2):
            found = self.import_layer(path, 1, f"lettura2_{number}")
            self.reading2 += [found["OUTPUT"], found["OUTPUT_POINTS"]]
        self.say(
            f"Servizi letti {read:.0f}: scritti {written:.0f}, scartati {rejected:.0f}; "
            f"riparati {repaired:.0f}, ancora da classificare {unclassified:.0f}"
        )

    def import_layer(self, path, reading, name):
        """Import one layer and return the results."""
        sinks = {
            sink: f"{self.work / f'{name}_{sink.lower()}'}.gpkg"
            for sink in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED", "REJECTED")
        }
        return self.algorithm(
            f"Importazione {Path(path).name}",
            "importservices",
            key=name,
            INPUT=path,
            COMUNE=self.inputs.comune,
            BOUNDARIES=self.inputs.confini,
            READING=reading,
            SOURCE=Path(path).stem,
            CRITERIA=self.inputs.criteri,
            LOG=str(self.work / f"{name}_log.json"),
            **sinks,
        )

    def catchments(self):
        """Compute the LUM catchments: along the network where there is one, else circles."""
        self.lum = None
        if not self.inputs.lum:
            self.say("LUM: nessun layer lum*, bacini non calcolati")
            return
        found = self.algorithm(
            "Bacini dei LUM",
            "lumcatchment",
            STOPS=self.inputs.lum,
            **_present(self.inputs.lum, ID_FIELD=("id_lum", "id"), RANK_FIELD=("rango", "rank")),
            NETWORK=self.inputs.rete,
            METHOD=0 if self.inputs.rete else 1,
            POPULATION=self.inputs.popolazione,
            POP_FIELD=self.pop_field(),
            COMUNI=self.inputs.confini,
            OUTPUT="TEMPORARY_OUTPUT",
        )
        self.fill("lum", found["OUTPUT"])
        self.lum = self.table("lum")
        for lum in QgsVectorLayer(self.lum, "lum", "ogr").getFeatures():
            people = lum["popolazione"]
            self.say(
                f"LUM {lum['nome'] or lum['id_lum']} ({lum['rango']}, {lum['stato']}): "
                f"{lum['raggio_m']:.0f} m, {lum['area_mq'] or 0:.0f} m²"
                + (f", {people:.0f} abitanti" if isinstance(people, float) else "")
            )

    def classify(self):
        found = self.algorithm(
            "Classificazione",
            "classifyservices",
            SERVICES=self.imported,
            COMUNI=self.inputs.confini,
            POPULATION=self.inputs.popolazione,
            POP_FIELD=self.pop_field(),
            NETWORK=self.inputs.rete,
            LUM=self.lum,
            CRITERIA=self.inputs.criteri,
            OUTPUT_POINTS="TEMPORARY_OUTPUT",
            OUTPUT_AREAS="TEMPORARY_OUTPUT",
            SUMMARY=str(self.work / "riepilogo_valenze.gpkg"),
        )
        self.fill("servizi_punti", found["OUTPUT_POINTS"])
        self.fill("servizi_poligoni", found["OUTPUT_AREAS"])
        for table in self.unplaced:
            self.fill("servizi_senza_localizzazione", table)
        self.say(
            f"Valenza: {found['CONSISTENT']:.0f} coerenti, "
            f"{found['OVERDECLARED']:.0f} sovradichiarati, "
            f"{found['UNDERDECLARED']:.0f} sottodichiarati, "
            f"{found['TO_VERIFY']:.0f} da verificare"
        )

    def accessibility(self):
        """Tell who reaches what in 15 minutes on foot, by macrocategoria."""
        if not self.inputs.popolazione:
            self.say("Accessibilità: nessun layer popolazione*, non calcolata")
            return
        supply = [
            f"{self.table(name)}|subset={_SUPPLY}" for name in ("servizi_punti", "servizi_poligoni")
        ]
        self.access = str(self.output / "accessibilita.gpkg")
        self.algorithm(
            "Accessibilità a piedi",
            "accessibility",
            ORIGINS=self.inputs.popolazione,
            POP_FIELD=self.pop_field(),
            SERVICES=supply,
            CATEGORY_FIELD="macrocategoria",
            NETWORK=self.inputs.rete,
            DETOUR=1.0 if self.inputs.rete else 1.3,
            OUTPUT=self.access,
            SUMMARY=str(self.work / "riepilogo_accessibilita.gpkg"),
        )
        summary = QgsVectorLayer(str(self.work / "riepilogo_accessibilita.gpkg"), "r", "ogr")
        shares = {}
        for row in summary.getFeatures():
            if row["livello"] == "totale" and row["soglia"] == 15 and row["quota"]:
                shares[row["categoria"]] = row["quota"]
        worst = sorted(shares.items(), key=lambda item: item[1])
        if worst:
            self.say(
                "Entro 15 minuti a piedi: "
                + ", ".join(f"{name.lower()} {share:.0%}" for name, share in reversed(worst))
            )

    def check(self):
        """Check the plan and keep the findings in the workspace."""
        self.report = str(self.output / "rapporto.html")
        inputs = self.inputs
        found = self.algorithm(
            "Verifica del piano",
            "checkplan",
            SERVICES=[self.workspace],
            COMUNE=inputs.comune,
            COMUNI=inputs.confini,
            LUM=self.lum,
            LUM_PERIMETERS=inputs.perimetri,
            STOPS=inputs.fermate,
            POPULATION=inputs.popolazione,
            POP_FIELD=self.pop_field(),
            READING2=self.reading2 or None,
            REGENERATION=inputs.rigenerazione,
            NETWORK=inputs.rete,
            NEIGHBOURS=inputs.contermini or None,
            CRITERIA=inputs.criteri,
            WAIVERS=inputs.deroghe or self.table("deroghe"),
            OUTPUT="TEMPORARY_OUTPUT",
            CHECKS="TEMPORARY_OUTPUT",
            REPORT_HTML=self.report,
            REPORT_JSON=str(self.output / "rilievi.json"),
        )
        self.fill("rilievi", found["OUTPUT"])
        self.fill("controlli", found["CHECKS"])
        if inputs.perimetri:
            self.fill("lum_perimetri", inputs.perimetri)
        if inputs.popolazione:
            self.fill("popolazione", inputs.popolazione, {"popolazione": self.pop_field()})
        self.say(
            f"Rilievi: {found['BLOCKING']:.0f} bloccanti, {found['ERRORS']:.0f} errori, "
            f"{found['WARNINGS']:.0f} avvisi, {found['INFOS']:.0f} informazioni"
        )
        self.say(
            f"Controlli: {found['CHECKS_RUN']:.0f} eseguiti, {found['NOT_RUN']:.0f} non "
            f"verificabili per dati mancanti, {found['NOT_APPLICABLE']:.0f} non applicabili"
        )

    def export(self):
        """Pack the plan, unless a finding blocks it."""
        blocking = self.results["checkplan"]["BLOCKING"]
        if blocking:
            self.package = None
            self.say(f"Consegna non scritta: {blocking:.0f} rilievi bloccanti da correggere prima")
            return
        istat = self._istat()
        day = time.strftime("%Y%m%d", time.gmtime(_now()))
        self.package = str(self.output / f"sttm2_pds_{istat}_{day}_v1.zip")
        self.algorithm(
            "Pacchetto di consegna",
            "exportcompatibility",
            SERVICES=[self.workspace],
            COMUNE=self.inputs.comune,
            LUM=self.lum,
            LUM_PERIMETERS=self.inputs.perimetri,
            COMUNI=self.inputs.confini,
            FINDINGS=self.table("rilievi"),
            WAIVERS=self.inputs.deroghe or self.table("deroghe"),
            CRITERIA=self.inputs.criteri,
            AUTHOR="Tecnico comunale",
            OFFICE="Ufficio di piano",
            ROLE="Responsabile del procedimento",
            KIND=0,
            ALLOW_BLOCKING=False,
            OUTPUT=self.package,
            SHEETS=str(self.output / "schede_riconoscimento"),
            LOG=str(self.output / "registro_consegna.json"),
        )

    def validate(self):
        """Check the package as the receiving side does."""
        if self.package is None:
            return
        found = self.algorithm(
            "Controllo di chi riceve",
            "validatesubmission",
            INPUT=self.package,
            REPORT_HTML=str(self.work / "validazione.html"),
            REPORT_JSON=str(self.work / "validazione.json"),
        )
        self.say(
            f"Consegna {Path(self.package).name}: {'valida' if found['VALID'] else 'NON valida'} "
            f"({found['ERRORS']:.0f} errori, {found['WARNINGS']:.0f} avvisi)"
        )

    # Tools -----------------------------------------------------------------------------

    def algorithm(self, title, name, key=None, **parameters):
        """Run an algorithm of the plugin, keep its time and its results."""
        import processing

        started = time.perf_counter()
        given = {key: value for key, value in parameters.items() if value is not None}
        results = processing.run(f"sttm:{name}", given, feedback=QuietFeedback())
        self.times.append((title, time.perf_counter() - started))
        self.results[key or name] = results
        return results

    def fill(self, table, layer, renamed=None):
        """Copy the rows of a layer into a table of the workspace, field by field."""
        source = layer if isinstance(layer, QgsVectorLayer) else _open(layer)
        target = _open(self.table(table))
        renamed = renamed or {}
        from qgis.core import QgsCoordinateTransform, QgsProject

        transform = QgsCoordinateTransform(source.crs(), target.crs(), QgsProject.instance())
        by_lower = {field.name().lower(): field.name() for field in source.fields()}
        features = []
        for row in source.getFeatures():
            feature = QgsFeature(target.fields())
            for field in target.fields():
                name = renamed.get(field.name()) or by_lower.get(field.name())
                if name and field.name() != "fid":
                    feature[field.name()] = row[name]
            if target.isSpatial() and row.hasGeometry():
                geometry = row.geometry()
                if source.crs() != target.crs():
                    geometry.transform(transform)
                if target.wkbType() != geometry.wkbType():
                    geometry = geometry.coerceToType(target.wkbType())[0]
                feature.setGeometry(geometry)
            features.append(feature)
        written, _ = target.dataProvider().addFeatures(features)
        if not written:
            raise QgsProcessingException(
                f"La tabella «{table}» dell'area di lavoro non si scrive: "
                f"{target.dataProvider().lastError() or 'file bloccato'}."
            )

    def table(self, name) -> str:
        """Return the source of a table of the workspace."""
        return f"{self.workspace}|layername={name}"

    def count(self, name) -> int:
        """Return how many rows a table of the workspace has."""
        return _open(self.table(name)).featureCount()

    def pop_field(self):
        """Return the field that counts people."""
        if not self.inputs.popolazione:
            return None
        names = [field.name() for field in _open(self.inputs.popolazione).fields()]
        found = population_field(names)
        if found is None:
            raise InputError(
                f"Nel layer della popolazione nessun campo ha un nome noto (trovati: "
                f"{', '.join(names)}): rinominare quello degli abitanti in «popolazione»."
            )
        return found

    def say(self, line):
        """Keep a line of the summary."""
        self.lines.append(line)

    def _istat(self):
        from sttm_plugin.core.reference import resolve_comune

        return resolve_comune(self.inputs.comune).istat


class QuietFeedback(QgsProcessingFeedback):
    """Says nothing but the warnings, on standard error."""

    def __init__(self):
        super().__init__(False)

    def reportError(self, error, fatalError=False):  # noqa: N802, N803
        print(f"  ! {error}", file=sys.stderr)


def _open(source):
    layer = QgsVectorLayer(source, Path(source.partition("|")[0]).stem, "ogr")
    if not layer.isValid():
        raise InputError(f"Il layer «{source}» non si apre.")
    return layer


def _present(source, **wanted):
    """Return {parameter: field} for the first field of each list that the layer has."""
    names = {field.name().lower(): field.name() for field in _open(source).fields()}
    found = {}
    for parameter, candidates in wanted.items():
        for candidate in candidates:
            if candidate in names:
                found[parameter] = names[candidate]
                break
    return found


def _now():
    return int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())


def leave(main):
    """Run a program on QGIS and end the process with its exit code.

    No exitQgis(): it may crash while Python still holds layers of the run.
    """
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def start_qgis():
    """Start QGIS without a window and register Processing and the plugin's provider."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # With the GUI libraries: layouts need fonts and SVG.
    application = QgsApplication([], True)
    application.initQgis()
    from processing.core.Processing import Processing

    Processing.initialize()
    from sttm_plugin.provider import SttmProvider

    provider = SttmProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    return application, provider


def close_journals(folder):
    """Fold the journals QGIS leaves beside the GeoPackages it had open back into them."""
    from qgis.core import QgsProject

    QgsProject.instance().clear()
    gc.collect()
    for path in folder.glob("*.gpkg"):
        connection = sqlite3.connect(path, timeout=1)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            print(f"{path.name}: resta il suo file di giornale ({error}).", file=sys.stderr)
        finally:
            connection.close()


def main(arguments=None) -> int:
    """Run the job and print the summary; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Verifica STTM 2 di un comune, dall'inizio alla fine."
    )
    parser.add_argument("--input", help="cartella dei propri layer (vuota: comune dimostrativo)")
    parser.add_argument("--comune", default=os.environ.get("COMUNE", ""), help="codice ISTAT")
    parser.add_argument("--output", default="build/demo", help="cartella dei risultati")
    parser.add_argument("--no-maps", action="store_true", help="senza progetto e mappe")
    options = parser.parse_args(arguments)
    output = Path(options.output).resolve()
    keep = start_qgis()
    try:
        if options.input:
            inputs = find_inputs(options.input, options.comune)
        else:
            from demo.generator import generate

            folder = output.parent / "comune_dimostrativo"
            shutil.rmtree(folder, ignore_errors=True)
            generate(folder)
            inputs = find_inputs(folder)
            print("Comune dimostrativo: dati di fantasia, generati sul posto.")
        job = Job(inputs, output, made_up=not options.input)
        job.run()
        if not options.no_maps:
            from demo.maps import write_project_and_maps

            started = time.perf_counter()
            maps = write_project_and_maps(job)
            job.times.append(("Progetto e mappe", time.perf_counter() - started))
            job.say(f"Mappe: {', '.join(maps)}")
    except (InputError, QgsProcessingException) as error:
        print(f"Interrotto: {error}", file=sys.stderr)
        return 1
    close_journals(output)
    print("\n".join(["", "Che cosa è stato trovato", *(f"  {line}" for line in job.lines)]))
    print("\nTempi (secondi)")
    for title, seconds in job.times:
        print(f"  {seconds:7.2f}  {title}")
    print(f"  {sum(seconds for _, seconds in job.times):7.2f}  in tutto")
    print(f"\nRisultati in {output}")
    del keep
    return 0


if __name__ == "__main__":
    leave(main)
