"""checkplan: the Piano dei Servizi of a comune against the criteria of the pack."""

from __future__ import annotations

from qgis.core import NULL, QgsProcessing, QgsProcessingParameterNumber, QgsWkbTypes

from ..core import schema
from .base import or_cancelled
from .surroundings import AroundServices


class CheckPlan(AroundServices):
    """Runs the pack's checks on a plan: findings, verdicts, report."""

    NAME = "checkplan"
    DISPLAY_NAME = "Verifica il piano dei servizi"
    GROUP = "3 – Verifica"
    HELP = (
        "Confronta il Piano dei Servizi di un comune con i criteri STTM 2 del pacchetto: che cosa "
        "non torna, dove, rispetto a quale soglia e con quale riferimento. Bastano i servizi e il "
        "comune: ogni layer in più permette altri controlli, e il rapporto dice quali e dove si "
        "trova. Un rilievo si corregge o, dove il controllo lo ammette, si giustifica. La verifica "
        "è di supporto, con criteri proposti e non ufficiali."
    )
    TAGS = ("verifica", "controlli", "conformità", "PdS", "PGT", "PTM", "rilievi", "rapporto")
    NEEDS = ("pandas", "geopandas", "shapely", "jinja2")

    LUM_PERIMETERS, READING2, REGENERATION = "LUM_PERIMETERS", "READING2", "REGENERATION"
    LANDUSE, FUNDING, NEIGHBOURS, SETTLERS = "LANDUSE", "FUNDING", "NEIGHBOURS", "SETTLERS"
    WAIVERS, PREVIOUS = "WAIVERS", "PREVIOUS"
    OUTPUT, CHECKS = "OUTPUT", "CHECKS"
    REPORT_HTML, REPORT_JSON = "REPORT_HTML", "REPORT_JSON"
    WORKSPACE = "WORKSPACE"

    def define(self):
        point = QgsProcessing.SourceType.TypeVectorPoint
        area = QgsProcessing.SourceType.TypeVectorPolygon
        table = QgsProcessing.SourceType.TypeVector
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Layer e tabelle dei servizi, punti e aree insieme. Quelli senza valenza calcolata si "
            "classificano qui. I servizi di altri comuni sono contesto: non danno rilievi.",
        )
        self.add_comune()
        self.define_around()
        self.add_source(
            self.LUM_PERIMETERS,
            "Perimetri dei LUM nel piano",
            "Perimetri dei LUM disegnati dal comune nel PGT: id_lum.",
            area,
        )
        self.add_layers(
            self.READING2,
            "Lettura 2",
            "Gli stessi servizi secondo altre fonti, importati con «Importa servizi» (lettura 2).",
            optional=True,
        )
        self.add_source(
            self.REGENERATION,
            "Aree di rigenerazione",
            "Ambiti e aree disponibili. Un campo abitanti_da_insediare si somma ai residenti nella "
            "dotazione di aree per servizi.",
            area,
        )
        settlers = QgsProcessingParameterNumber(
            self.SETTLERS, self.tr("Abitanti da insediare"), optional=True, minValue=0
        )
        self.add(
            settlers,
            "Abitanti che il piano prevede di insediare, per la dotazione di aree per servizi. "
            "Vuoto: dalle aree di rigenerazione, se li dicono; altrimenti contano i residenti.",
        )
        self.add_source(self.LANDUSE, "Uso del suolo", "Poligoni con il codice DUSAF.", area)
        self.add_source(
            self.FUNDING,
            "Interventi finanziati",
            "Interventi PNRR e altri, con stato e date.",
            table,
        )
        self.add_layers(
            self.NEIGHBOURS,
            "Servizi dei comuni vicini",
            "Layer di servizi dei contermini o dell'intera Zona Omogenea.",
            optional=True,
        )
        self.add_criteria()
        self.add_source(
            self.WAIVERS,
            "Giustificazioni",
            "Tabella deroghe dell'area di lavoro: motivo, autore e data di ogni giustificazione.",
            table,
        )
        self.add_source(
            self.PREVIOUS,
            "Rilievi precedenti",
            "Rilievi di una verifica precedente: si vede che cosa è nuovo e che cosa è risolto.",
            table,
        )
        self.add_import_log()
        self.add_file(
            self.WORKSPACE,
            "Area di lavoro per lo storico",
            "GeoPackage creato con «Crea l'area di lavoro»: la tabella rilievi_storico riceve una "
            "riga con data, criteri, conteggi e che cosa è cambiato. Vuoto: nessuno storico.",
            "GeoPackage (*.gpkg)",
            advanced=True,
        )
        self.add_crs()
        self.add_sink(
            self.OUTPUT,
            "Rilievi",
            "Un punto per ogni rilievo; senza geometria quelli sul piano intero.",
            point,
            optional=False,
        )
        self.add_sink(
            self.CHECKS,
            "Controlli",
            "Una riga per ogni controllo del pacchetto, con il verdetto.",
            table,
            by_default=False,
        )
        self.add_file_output(
            self.REPORT_HTML, "Rapporto", "Rapporto da leggere e stampare.", "HTML (*.html)"
        )
        self.add_file_output(
            self.REPORT_JSON, "Rilievi per altri programmi", "rilievi.json.", "JSON (*.json)"
        )
        self.add_numbers(
            {
                "BLOCKING": "Rilievi bloccanti",
                "ERRORS": "Errori",
                "WARNINGS": "Avvisi",
                "INFOS": "Informazioni",
                "JUSTIFIED": "Rilievi giustificati",
                "CHECKS_RUN": "Controlli eseguiti",
                "NOT_RUN": "Controlli non verificabili",
                "NOT_APPLICABLE": "Controlli non applicabili",
            }
        )

    def compute(self, parameters, context, feedback):
        from ..core.checks.engine import run_checks
        from ..core.checks.zona import outside_catchments

        stages = self.stages(
            feedback,
            "lettura dei layer",
            "classificazione dei servizi",
            "controlli",
            "scrittura dei risultati",
        )
        stages.next()
        crs = self.analysis_crs(parameters, context)
        comune, pack = self.comune(parameters, context), self.pack(parameters, context)
        services = self.services(parameters, self.SERVICES, crs, context, feedback)
        layers = self._layers(parameters, crs, pack, context, feedback)
        stages.next()
        plan = self._plan(services, layers, comune, pack, crs, feedback, stages)
        stages.next()
        result = or_cancelled(run_checks(plan, pack, stages.progress))
        result.bacini = outside_catchments(plan)
        for note in result.notes:
            feedback.pushWarning(note)
        _tell(result, comune, pack, feedback)
        stages.next()
        return self._write(parameters, context, feedback, plan, result, crs)

    # Reading ----------------------------------------------------------------------------

    def _layers(self, parameters, crs, pack, context, feedback):
        """Return the optional layers as the plan takes them, by the names of its fields."""
        from ..core import context as around

        def read(name, needed=()):
            return self.frame(parameters, name, crs, context, feedback, needed)

        comuni, lum = read(self.COMUNI), read(self.LUM, ("id_lum",))
        settlers = None
        if parameters.get(self.SETTLERS) not in (None, NULL, ""):
            settlers = self.parameterAsDouble(parameters, self.SETTLERS, context)
        return {
            "comuni": None if comuni is None else around.comuni_frame(comuni),
            "lum": None if lum is None else around.lum_frame(lum, pack),
            "lum_perimeters": read(self.LUM_PERIMETERS, ("id_lum",)),
            "stops": read(self.STOPS),
            "population": self.population(parameters, crs, context, feedback),
            "reading2": self.services(parameters, self.READING2, crs, context, feedback),
            "regeneration": read(self.REGENERATION),
            "network": read(self.NETWORK),
            "landuse": read(self.LANDUSE),
            "protected": read(self.PROTECTED),
            "funding": read(self.FUNDING),
            "neighbours": self.services(parameters, self.NEIGHBOURS, crs, context, feedback),
            "gtfs": self.timetable(parameters, crs, context),
            "settlers": settlers,
            "waivers": read(self.WAIVERS, ("id_rilievo",)),
            "previous": read(self.PREVIOUS, ("id_rilievo", "codice", "stato")),
        }

    def _plan(self, services, layers, comune, pack, crs, feedback, stages):
        from ..core.attributes import classify_missing, compute_attributes
        from ..core.checks.engine import Plan
        from ..core.documents import today
        from ..core.reference import own_rows
        from ..qgis_io.frames import crs_name

        if services.empty:
            feedback.pushWarning("Il layer dei servizi è vuoto: restano i controlli sul piano.")
        elif not any(own_rows(services["istat"].tolist(), comune.istat)):
            feedback.pushWarning(
                f"Nessun servizio è di {comune.nome} ({comune.istat}): controllare il comune "
                "scelto e il campo istat."
            )
        undeclared = int(services["stato"].isna().sum())
        if undeclared:
            feedback.pushInfo(f"{undeclared} servizi senza stato: valgono come esistenti.")
        names = ("comuni", "lum", "population", "stops", "protected")
        around = {"timetable": layers["gtfs"], **{name: layers[name] for name in names}}
        computed = or_cancelled(
            compute_attributes(services, pack, on_progress=stages.progress, **around)
        )
        classified = or_cancelled(classify_missing(services, pack, stages.progress, computed))
        return Plan(
            services=classified,
            computed=computed,
            comune=comune,
            pack=pack,
            crs=crs_name(crs),
            oggi=today(),
            **layers,
        )

    # Writing ----------------------------------------------------------------------------

    def _write(self, parameters, context, feedback, plan, result, crs):
        """Write the sinks, then the files: each is there whole or not at all."""
        from ..core import report
        from ..core.certificate import read_log
        from ..core.documents import write_bytes_whole

        files = {}
        log = self.parameterAsFile(parameters, self.IMPORT_LOG, context)
        certificate = read_log(log) if log else None
        for name, content in (
            (
                self.REPORT_HTML,
                lambda: report.report_html(result, plan, certificate).encode("utf-8"),
            ),
            (self.REPORT_JSON, lambda: report.rilievi_document(result, plan)),
        ):
            path = self.file_output(parameters, name, context)
            if path:
                files[name] = (path, content())
        results = {}
        for name, frame, fields, kind, style in (
            (self.OUTPUT, result.findings, schema.FINDINGS, QgsWkbTypes.Type.Point, "rilievi"),
            (self.CHECKS, result.checks, schema.CHECKS, QgsWkbTypes.Type.NoGeometry, None),
        ):
            if self.wants(parameters, name):
                results[name] = self.write(
                    parameters, name, context, feedback, frame, fields, kind, crs, style
                )
        for name, (path, content) in files.items():
            write_bytes_whole(path, content)
            results[name] = path
        workspace = self.parameterAsFile(parameters, self.WORKSPACE, context)
        if workspace:
            from ..core.history import history_row
            from ..qgis_io.workspacetables import add_history

            # Last: a run is in the history when everything of it was written.
            add_history(workspace, history_row(result, plan))
        return {**results, **result.counts}


def _tell(result, comune, pack, feedback):
    from ..core.checks.engine import data_text

    counts = result.counts
    feedback.pushInfo(
        f"{comune.nome}: {counts['BLOCKING']} rilievi bloccanti, {counts['ERRORS']} errori, "
        f"{counts['WARNINGS']} avvisi, {counts['INFOS']} informazioni, {counts['JUSTIFIED']} "
        "giustificati."
    )
    feedback.pushInfo(
        f"Controlli: {counts['CHECKS_RUN']} eseguiti, {counts['NOT_RUN']} non verificabili, "
        f"{counts['NOT_APPLICABLE']} non applicabili."
    )
    for lacking in result.mancanze:
        count = len(lacking["controlli"])
        feedback.pushInfo(
            f"Manca: {data_text(pack, lacking['dato'], 'nome')} ({lacking['dato']}). Servirebbe a "
            f"{count} {'controllo' if count == 1 else 'controlli'}. {lacking['dove_trovarlo']}"
        )
