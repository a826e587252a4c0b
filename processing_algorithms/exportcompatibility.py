"""What a comune hands in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..core.errors import SttmError
from ..core.shapes import union_of
from .base import SttmAlgorithm, or_cancelled
from .choices import DELIVERY_KINDS

STAGES = (
    "lettura dei servizi e dei LUM",
    "tabelle della consegna",
    "controlli su ciò che si consegna",
)


class Prepared(NamedTuple):
    """What would be handed in, checked."""

    delivery: object
    outcome: object
    declaration: object
    comune: object
    pack: object
    crs: object


class ExportCompatibility(SttmAlgorithm):
    """The submission package: data, findings, report and manifest in one flat zip."""

    NAME = "exportcompatibility"
    DISPLAY_NAME = "Esporta la consegna"
    GROUP = "4 – Consegna"
    HELP = (
        "Prepara il pacchetto di consegna del comune: un file .zip con restituzione.gpkg (dati), "
        "rilievi.json, rapporto.html, rapporto.pdf e manifest.json con le impronte. I controlli "
        "bloccanti si ripetono su ciò che viene scritto: se uno non è soddisfatto la consegna non "
        "parte. I servizi da non localizzare perdono la geometria e ciò che sembra un dato "
        "personale (codice fiscale, posta elettronica di una persona, cellulare) non si "
        "consegna: nei layer del comune resta tutto, e il registro dice che cosa è stato tolto. "
        "La firma digitale si appone dopo: attorno al file .zip (.zip.p7m) oppure accanto, con lo "
        "stesso nome. Formato proposto, non ufficiale."
    )
    TAGS = ("consegna", "pacchetto", "restituzione", "zip", "compatibilità", "PTM")

    SERVICES = "SERVICES"
    LUM = "LUM"
    LUM_PERIMETERS = "LUM_PERIMETERS"
    FINDINGS = "FINDINGS"
    WAIVERS = "WAIVERS"
    AUTHOR = "AUTHOR"
    OFFICE = "OFFICE"
    ROLE = "ROLE"
    KIND = "KIND"
    PREVIOUS_PACKAGE = "PREVIOUS_PACKAGE"
    NOTES = "NOTES"
    ALLOW_BLOCKING = "ALLOW_BLOCKING"
    COMUNI, KEEP_PERSONAL = "COMUNI", "KEEP_PERSONAL"
    ORIGINS, REGENERATION, FUNDING = "ORIGINS", "REGENERATION", "FUNDING"
    OUTPUT, SHEETS, LOG = "OUTPUT", "SHEETS", "LOG"

    def define(self):
        self.define_inputs()
        option = QgsProcessingParameterBoolean(
            self.ALLOW_BLOCKING, self.tr("Scrivi anche con rilievi bloccanti"), False, True
        )
        self.add(
            option,
            "Per una prova interna: il pacchetto si scrive anche se i controlli bloccanti non "
            "sono soddisfatti. Chi riceve lo respingerà.",
            advanced=True,
        )
        self.define_outputs()

    def define_inputs(self):
        """Add what is handed in, and what who hands it in declares."""
        self.add_layers(
            self.SERVICES,
            "Servizi",
            "Layer e tabelle dei servizi, punti e aree insieme, già classificati; quelli senza "
            "valenza calcolata si classificano qui. Di altri comuni non si consegna nulla.",
        )
        self.add_comune()
        area = QgsProcessing.SourceType.TypeVectorPolygon
        self.add_source(
            self.LUM, "LUM", "Bacini dei LUM (uscita di «Bacini dei LUM»): rango e raggio.", area
        )
        self.add_source(
            self.LUM_PERIMETERS,
            "Perimetri dei LUM",
            "Perimetri dei LUM disegnati dal comune: diventano il layer lum_perimetri.",
            area,
        )
        self.add_source(
            self.COMUNI,
            "Confini dei comuni",
            "Poligoni dei comuni con il codice ISTAT: il confine entra nella mappa del rapporto "
            "e i controlli sulla posizione si ripetono.",
            area,
        )
        self.add_source(
            self.FINDINGS,
            "Rilievi",
            "Rilievi di «Verifica il piano dei servizi», trovati con più dati: si aggiungono a "
            "quelli dei controlli ripetuti qui su ciò che si consegna.",
        )
        self.add_source(
            self.WAIVERS,
            "Giustificazioni",
            "Tabella deroghe dell'area di lavoro.",
            QgsProcessing.SourceType.TypeVector,
        )
        table = QgsProcessing.SourceType.TypeVector
        self.add_source(
            self.ORIGINS,
            "Utenti per comune di origine",
            "Tabella con id_servizio, cod_istat_origine, utenti, anno, natura_valore, fonte: "
            "diventa servizi_bacino. Dove non dice nulla si legge la voce utenti_per_comune di "
            "attributi. Le origini sotto la soglia di divulgazione si raggruppano (999999).",
            table,
        )
        self.add_source(
            self.REGENERATION,
            "Aree di rigenerazione",
            "Ambiti e aree disponibili del comune: diventano aree_opportunita.",
            area,
        )
        self.add_source(
            self.FUNDING,
            "Interventi finanziati",
            "Interventi PNRR e altri, con CUP, importi e date: diventano finanziamenti.",
            table,
        )
        self.add_import_log()
        self.add_criteria()
        self.add_crs()
        self.add_text(self.AUTHOR, "Autore", "Chi consegna: nei metadati del pacchetto.")
        self.add_text(self.OFFICE, "Ufficio", "Ufficio responsabile del dato.")
        self.add_text(self.ROLE, "Ruolo", "Ruolo di chi risponde del dato (non il nome).")
        kind = QgsProcessingParameterEnum(
            self.KIND,
            self.tr("Tipo di consegna"),
            [self.tr(text) for text in DELIVERY_KINDS],
            False,
            0,
            True,
        )
        self.add(
            kind,
            "Prima consegna: tutti i servizi. Aggiornamento: solo quelli nuovi, cambiati o chiusi "
            "rispetto alla consegna precedente. Rettifica: tutti, per lo stesso periodo; dire il "
            "motivo nelle note.",
        )
        self.add_file(
            self.PREVIOUS_PACKAGE,
            "Consegna precedente",
            "Pacchetto .zip o .zip.p7m consegnato prima: serve per aggiornamenti e rettifiche.",
            "Pacchetto (*.zip *.p7m)",
        )
        notes = QgsProcessingParameterString(
            self.NOTES, self.tr("Note"), None, multiLine=True, optional=True
        )
        self.add(notes, "Note per chi riceve, senza dati personali.")
        option = QgsProcessingParameterBoolean(
            self.KEEP_PERSONAL, self.tr("Consegna anche i possibili dati personali"), False, True
        )
        self.add(
            option,
            "Solo se ciò che è stato riconosciuto non è un dato personale: nel dubbio lasciare "
            "spento.",
            advanced=True,
        )

    def define_outputs(self):
        """Add the package and what stays in the comune."""
        self.add_file_output(
            self.OUTPUT,
            "Pacchetto di consegna",
            "File .zip da scrivere. Se si indica una cartella il nome è quello proposto: "
            "sttm2_pds_<istat>_<aaaammgg>_v<n>.zip.",
            "Pacchetto di consegna (*.zip)",
            optional=False,
            by_default=True,
        )
        sheets = QgsProcessingParameterFolderDestination(
            self.SHEETS, self.tr("Schede di riconoscimento (bozze)"), None, True, False
        )
        self.add(
            sheets,
            "Cartella in cui scrivere una bozza di scheda (NdA del PTM, art. 10) per ogni servizio "
            "previsto di possibile rilevanza sovracomunale, con ciò che manca. Restano fuori dal "
            "pacchetto.",
        )
        self.add_file_output(
            self.LOG,
            "Registro di ciò che non si consegna",
            "Che cosa è stato tolto, di quale servizio e in quale campo, con il valore: resta nel "
            "comune, non si consegna.",
            "JSON (*.json)",
        )

        self.addOutput(
            QgsProcessingOutputString("SHA256", self.tr("Impronta SHA-256 del pacchetto"))
        )

    def check(self, parameters, context):
        self.check_inputs(parameters, context)
        path = self.file_output(parameters, self.OUTPUT, context)
        if path and not Path(path).is_dir() and Path(path).suffix.lower() != ".zip":
            raise SttmError(
                f"La consegna è un file .zip: «{Path(path).name}» deve finire con .zip."
            )

    def check_inputs(self, parameters, context):
        """Raise SttmError when the parameters of ``define_inputs`` cannot go together."""
        from ..core.layout import CRS_CODES

        crs = self.analysis_crs(parameters, context)
        allowed = [f"EPSG:{code}" for code in CRS_CODES]
        if crs.authid() not in allowed:
            raise SttmError(
                f"La consegna non si può scrivere in {crs.authid() or crs.description()}: sono "
                f"ammessi {', '.join(allowed)}."
            )
        kind = self.parameterAsEnum(parameters, self.KIND, context)
        if kind and not self.parameterAsFile(parameters, self.PREVIOUS_PACKAGE, context):
            raise SttmError(
                f"{DELIVERY_KINDS[kind]}: serve la consegna precedente (PREVIOUS_PACKAGE). "
                "Indicare il pacchetto .zip consegnato prima, oppure scegliere la prima consegna."
            )

    def compute(self, parameters, context, feedback):
        from ..core.delivery import omissions_log
        from ..core.documents import file_sha256, write_bytes_whole
        from ..core.layout import proposed_name

        self.check(parameters, context)
        stages = self.stages(feedback, *STAGES, "scrittura del pacchetto")
        with tempfile.TemporaryDirectory(prefix="sttm-") as folder:
            made = self.prepare(parameters, context, feedback, stages, folder, picture=True)
            delivery, comune, pack = made.delivery, made.comune, made.pack
            self._stop_if_blocked(made.outcome, parameters, context, feedback)

            stages.next()
            results = {}
            if self.wants(parameters, self.SHEETS):
                # Before the package: its file is the last that can be stopped.
                sheets = self.parameterAsString(parameters, self.SHEETS, context)
                self.write_sheets(sheets, delivery.whole, comune, pack, feedback)
                results[self.SHEETS] = sheets
            target = Path(self.file_output(parameters, self.OUTPUT, context))
            name = proposed_name(comune.istat, made.declaration.giorno, delivery.numero)
            if target.is_dir():
                target = target / name
            elif target.name != name:
                feedback.pushInfo(f"Nome proposto per la consegna: {name}")
            self._write(
                target, folder, delivery, made.outcome, comune, pack, made.crs, feedback, stages
            )
        feedback.pushInfo(f"Pacchetto scritto: {target.name}")
        results.update({self.OUTPUT: str(target), "SHA256": file_sha256(target)})
        log = self.file_output(parameters, self.LOG, context)
        if log:
            write_bytes_whole(log, omissions_log(delivery, pack))
            results[self.LOG] = log
        return results

    def prepare(self, parameters, context, feedback, stages, folder, picture=False) -> Prepared:
        """Read, build and check what would be handed in; nothing is written but in ``folder``."""
        from ..core.attributes import classify_missing
        from ..core.certificate import read_log
        from ..core.context import boundary_of, comuni_frame, lum_frame
        from ..core.delivery import build_delivery
        from ..core.review import check_delivery
        from ..qgis_io.frames import crs_name

        stages.next()
        crs = self.analysis_crs(parameters, context)
        comune, pack = self.comune(parameters, context), self.pack(parameters, context)
        services = self.services(parameters, self.SERVICES, crs, context, feedback)

        def read(name, needed=()):
            return self.frame(parameters, name, crs, context, feedback, needed)

        lum, perimeters = (read(name, ("id_lum",)) for name in (self.LUM, self.LUM_PERIMETERS))
        given = read(self.FINDINGS, ("id_rilievo", "codice", "stato"))
        waivers = read(self.WAIVERS, ("id_rilievo",))
        comuni = read(self.COMUNI)
        comuni = None if comuni is None else comuni_frame(comuni)
        origins = read(self.ORIGINS, ("id_servizio", "cod_istat_origine"))
        regeneration, funding = read(self.REGENERATION), read(self.FUNDING)
        log = self.parameterAsFile(parameters, self.IMPORT_LOG, context)
        certificate = read_log(log) if log else None
        keep = self.parameterAsBoolean(parameters, self.KEEP_PERSONAL, context)
        declaration = self._declaration(parameters, context, feedback, keep)
        previous = self._previous(parameters, context, feedback, declaration, folder)

        stages.next()
        around = None if lum is None else lum_frame(lum, pack)
        services = or_cancelled(classify_missing(services, pack, stages.progress, lum=around))
        delivery = build_delivery(
            services,
            comune=comune,
            pack=pack,
            declaration=declaration,
            perimeters=perimeters,
            lum=lum,
            previous=previous,
            keep_personal=keep,
            boundary=None if comuni is None else boundary_of(comuni, comune),
            origins=origins,
            regeneration=regeneration,
            funding=funding,
        )
        for note in delivery.notes:
            feedback.pushWarning(note)

        stages.next()
        outcome = or_cancelled(
            check_delivery(
                delivery,
                comune=comune,
                pack=pack,
                crs=crs_name(crs),
                day=declaration.giorno,
                lum=lum,
                perimeters=perimeters,
                comuni=comuni,
                regeneration=regeneration,
                funding=funding,
                given=given,
                waivers=waivers,
                picture=_map_of(delivery, comune, comuni, crs) if picture else b"",
                certificate=certificate,
                keep_personal=keep,
                on_progress=stages.progress,
            )
        )
        return Prepared(delivery, outcome, declaration, comune, pack, crs)

    def _declaration(self, parameters, context, feedback, keep):
        from ..core.delivery import Declaration, plain_declaration
        from ..core.documents import today
        from ..core.layout import KINDS

        declaration = Declaration(
            autore=self.text(parameters, self.AUTHOR, context),
            ufficio=self.text(parameters, self.OFFICE, context),
            ruolo=self.text(parameters, self.ROLE, context),
            tipo=KINDS[self.parameterAsEnum(parameters, self.KIND, context)],
            note=self.text(parameters, self.NOTES, context),
            giorno=today(),
        )
        if declaration.tipo == "rettifica" and not declaration.note:
            feedback.pushWarning("Rettifica senza motivo: scriverlo nelle note (NOTES).")
        return declaration if keep else plain_declaration(declaration)

    # Steps -----------------------------------------------------------------------------

    def _previous(self, parameters, context, feedback, declaration, folder):
        """Return the package before this one as ``core.delivery.Previous``, or None."""
        path = self.parameterAsFile(parameters, self.PREVIOUS_PACKAGE, context)
        if not path:
            return None
        if declaration.tipo == "prima":
            feedback.pushWarning("Prima consegna: il pacchetto precedente indicato non si usa.")
            return None
        from ..core.delivery import Previous
        from ..core.package import open_package
        from ..qgis_io.submission import read_package_services

        before = Path(folder) / "precedente"
        before.mkdir()
        opened = open_package(path, before)
        if opened.bare or not opened.sound:
            faults = [one.messaggio for one in opened.problems if one.gravita == "errore"]
            raise SttmError(
                f"La consegna precedente «{Path(path).name}» non si può usare: "
                f"{' '.join(faults[:3]) or 'serve il pacchetto .zip, non il solo GeoPackage.'}"
            )
        crs = self.analysis_crs(parameters, context)
        services = read_package_services(opened.geopackage, crs, context, feedback)
        return Previous(opened.manifest, services, opened.sha256)

    def _stop_if_blocked(self, outcome, parameters, context, feedback):
        for sentence in outcome.privacy:
            feedback.pushWarning(sentence)
        if not outcome.blocking:
            return
        listed = "; ".join(outcome.blocking[:5])
        more = f" e altri {len(outcome.blocking) - 5}" if len(outcome.blocking) > 5 else ""
        if not self.parameterAsBoolean(parameters, self.ALLOW_BLOCKING, context):
            raise SttmError(
                f"La consegna non parte: {len(outcome.blocking)} rilievi bloccanti "
                f"({listed}{more}). Correggere i dati e riprovare; i dettagli sono nei rilievi di "
                "«Verifica il piano dei servizi»."
            )
        feedback.pushWarning(
            f"Il pacchetto ha {len(outcome.blocking)} rilievi bloccanti ({listed}{more}): chi "
            "riceve lo respingerà."
        )

    def _write(self, target, folder, delivery, outcome, comune, pack, crs, feedback, stages):
        """Write the GeoPackage, the report in its three forms, and the zip around them."""
        from ..core import layout
        from ..core.delivery import metadata_of
        from ..core.documents import generated_at
        from ..core.gpkgextras import describe
        from ..core.package import write_package
        from ..qgis_io.geopackage import settle, write_tables
        from ..qgis_io.pdf import pdf_of
        from ..qgis_io.styles import style_texts

        geopackage = Path(folder) / layout.GEOPACKAGE
        tables = {
            name: (table.geometry, table.fields, delivery.tables[name])
            for name, table in layout.TABLES.items()
        }
        write_tables(geopackage, tables, crs, feedback, plain=True)
        stages.check()
        # The day, not the second: the data are the same bytes whenever it is written that day.
        day = delivery.tables["metadati_consegna"]["data_consegna"].iloc[0]
        moment = f"{day}T00:00:00.000Z"
        describe(
            geopackage,
            metadata=metadata_of(delivery, comune, pack, crs.authid()),
            styles=style_texts(layout.TABLES),
            moment=moment,
        )
        settle(geopackage, moment)
        stages.progress(0.5)
        title = f"Verifica STTM 2 – {comune.nome}"
        files = {
            layout.GEOPACKAGE: geopackage,
            layout.FINDINGS_FILE: outcome.json,
            layout.REPORT_FILE: outcome.html.encode("utf-8"),
            layout.PDF_FILE: pdf_of(outcome.html, title, generated_at()),
        }
        stages.check()
        target.parent.mkdir(parents=True, exist_ok=True)
        write_package(
            target,
            files,
            istat=comune.istat,
            tipo=delivery.tables["metadati_consegna"]["tipo"].iloc[0],
            numero=delivery.numero,
            precedente=delivery.precedente,
            conteggi=delivery.conteggi,
            criteri=pack.as_reference(),
        )
        stages.progress(1.0)


def _map_of(delivery, comune, comuni, crs):
    """Return the PNG of the report's map: services by valenza, perimeters, boundary."""
    from ..core.deliverypage import BOUNDARY, MAP_CLASSES, PERIMETER, map_class
    from ..qgis_io.mapimage import draw_map

    shapes = {name: [] for name, _, _ in MAP_CLASSES}
    columns = ("valenza_calcolata", "valenza_confermata")
    services = delivery.services
    for shape, *valenze in zip(services.geometry, *(services[name] for name in columns)):
        shapes[map_class(*valenze)].append(shape)
    perimeters = delivery.tables["lum_perimetri"].geometry
    own = None if comuni is None else comuni[comuni["istat"] == comune.istat].geometry
    return draw_map(
        [(colour, shapes[name]) for name, _, colour in MAP_CLASSES],
        crs,
        [(PERIMETER[1], [shape for shape in perimeters if shape is not None])],
        None if own is None or own.empty else (BOUNDARY[1], union_of(own)),
    )
