"""Propose how a table would be imported: columns, values, what changed since last year."""

from __future__ import annotations

from qgis.core import QgsProcessing, QgsWkbTypes

from .base import Cancelled
from .importservices import ImportServices


class SuggestMapping(ImportServices):
    """A source is read as an import reads it, and nothing is imported."""

    NAME = "suggestmapping"
    DISPLAY_NAME = "Proponi le colonne"
    GROUP = "1 – Dati"
    TAGS = ("colonne", "mappatura", "profilo", "valori", "deriva", "importa")
    HELP = (
        "Legge una tabella o un layer e propone, senza importare nulla, quale colonna va in quale "
        "campo dei servizi e che cosa diventerebbe ogni valore. Di ogni colonna dice il punteggio, "
        "il motivo, cinque valori di esempio e le alternative: da 0,80 la proposta è sicura, fra "
        "0,55 e 0,80 è da confermare, sotto non si propone. L'assegnazione è una sola per tutta la "
        "tabella: una colonna serve a un campo solo.\n\n"
        "Il profilo salvato si corregge e si usa in «Importa servizi». Dato il profilo dell'anno "
        "prima, la tabella delle differenze dice che cosa è cambiato nella fonte nuova (colonne e "
        "valori nuovi, persi, rinominati) prima di importarla.\n\n"
        "Risultati: COLUMNS colonne lette, MAPPED colonne con un campo, UNMAPPED senza, TO_CONFIRM "
        "proposte da confermare, VALUES_COUNT valori elencati, VALUES_TO_DECIDE valori senza "
        "proposta, DRIFTED differenze dal profilo, DRIFTED_SERIOUS quelle che cambiano i dati."
    )

    VALUES = "VALUES"
    DRIFT = "DRIFT"

    def define(self):
        self.add_source(
            self.INPUT,
            "Layer o tabella da leggere",
            "Layer caricato o file: GeoPackage, shapefile, GeoJSON, CSV, Excel, ODS, KML, zip. "
            "La fonte non viene mai modificata.",
            optional=False,
        )
        self.add_file(
            self.PROFILE,
            "Profilo dell'anno precedente",
            "File JSON salvato da un'importazione o da questo algoritmo, oppure il nome di un "
            "profilo fornito con il plugin: le sue scelte vengono prima delle proposte, e le "
            "differenze sono elencate. Vuoto: il profilo fornito, se la fonte ha esattamente le "
            "sue colonne. «nessuno»: solo proposte.",
            "Profilo (*.json);;Tutti i file (*)",
        )
        self.add_text(
            self.SOURCE,
            "Fonte",
            "Nome della fonte, scritto nel profilo: fa parte dell'identità dei servizi.",
        )
        self.add_comune(optional=True)
        self.add_source(
            self.BOUNDARIES,
            "Confini dei comuni",
            "Poligoni con il codice ISTAT: fanno riconoscere anche i comuni di altre province.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        self.add_reading()
        self.add_criteria()
        table = QgsProcessing.SourceType.TypeVector
        self.add_sink(
            self.OUTPUT,
            "Colonne",
            "Una riga per colonna: campo proposto, punteggio, motivo, esempi, vuoti, alternative.",
            table,
            optional=False,
        )
        self.add_sink(
            self.VALUES,
            "Valori",
            "Una riga per valore diverso di stato, valenza, comune e tipo di servizio, con il "
            "valore o la categoria che avrebbe, quanti record, confidenza e motivo.",
            table,
        )
        self.add_sink(
            self.DRIFT,
            "Differenze dal profilo",
            "Colonne e valori nuovi, persi, rinominati o cambiati. Senza profilo è vuota.",
            table,
            by_default=False,
        )
        self.add_file_output(
            self.PROFILE_OUT,
            "Profilo proposto",
            "Da rivedere e usare in «Importa servizi».",
            "Profilo (*.json)",
        )
        self.add_numbers(
            {
                "COLUMNS": "Colonne lette",
                "MAPPED": "Colonne con un campo",
                "UNMAPPED": "Colonne senza campo",
                "TO_CONFIRM": "Proposte da confermare",
                "VALUES_COUNT": "Valori elencati",
                "VALUES_TO_DECIDE": "Valori da decidere",
                "DRIFTED": "Differenze dal profilo",
                "DRIFTED_SERIOUS": "Differenze che cambiano i dati",
            }
        )

    def check(self, parameters, context):
        self._check_encoding(parameters, context)

    def compute(self, parameters, context, feedback):
        from ..core.documents import canonical_json, write_bytes_whole
        from ..core.intake_proposal import propose
        from ..core.schema import COLUMNS, DRIFT, VALUES

        stages = self.stages(feedback, "lettura", "proposta", "scrittura")
        stages.next()
        read = self._read(parameters, context, feedback)
        settings = read[1]

        stages.next()
        found = propose(*read, stages.progress)
        if found is None:
            raise Cancelled

        stages.next()
        results = {}
        for name, rows, fields in (
            (self.OUTPUT, found.columns, COLUMNS),
            (self.VALUES, found.values, VALUES),
            (self.DRIFT, found.drift or [], DRIFT),
        ):
            written = self.write_rows(parameters, name, context, feedback, rows, fields)
            if written is not None:
                results[name] = written
        profile = self.file_output(parameters, self.PROFILE_OUT, context)
        if profile:
            write_bytes_whole(profile, canonical_json(found.profile))
            results[self.PROFILE_OUT] = profile
        self._tell(found, settings, feedback)
        return {**results, **found.counts}

    def _read(self, parameters, context, feedback):
        """Return the table, the settings, the pack, the places and the projector of a run."""
        from ..qgis_io.sources import Projector

        crs = self.utm32()
        pack = self.pack(parameters, context)
        projector = Projector(crs, context)
        places = self._places(parameters, context, feedback, crs, projector)
        settings = self._settings(parameters, context, pack)
        table = self._table(parameters, context, feedback, settings)
        return table, settings, pack, places, projector

    def _tell(self, found, settings, feedback):
        for _, _, gravity, before, after in found.notes:
            if gravity in ("W", "R"):
                feedback.pushInfo(f"{before}: {after}")
        for row in found.columns:
            if row["campo"]:
                score = f"{row['punteggio']:.2f}"
                feedback.pushInfo(f"{row['campo']} ← {row['colonna']} ({score}): {row['motivo']}")
            if row["dubbio"]:
                feedback.pushWarning(f"{row['campo']}: scelta non sicura fra {row['dubbio']}")
        counts = found.counts
        feedback.pushInfo(
            f"{counts['COLUMNS']} colonne: {counts['MAPPED']} con un campo (di cui "
            f"{counts['TO_CONFIRM']} da confermare), {counts['UNMAPPED']} senza; valori da "
            f"decidere {counts['VALUES_TO_DECIDE']} su {counts['VALUES_COUNT']}."
        )
        if settings.profile is None:
            return
        for row in found.drift:
            said = f"{row['oggetto']} {row['evento']}: {row['nome']}"
            if row["oggetto"] == "valore":
                said += f" = {row['dopo'] or row['prima']}"
            said += f" ({row['prima'] or '–'} → {row['dopo'] or '–'}); {row['cosa_fare']}"
            (feedback.pushWarning if row["grave"] else feedback.pushInfo)(said)
        if not found.drift:
            feedback.pushInfo(f"Nessuna differenza dal profilo «{settings.profile.file_name}».")

    def write_rows(self, parameters, name, context, feedback, rows, fields):
        """Write dicts as a table without geometry; None where it wasn't asked for."""
        import pandas as pd

        from ..core.schema import conform, names

        frame = conform(pd.DataFrame(rows, columns=list(names(fields)), dtype=object), fields)
        nothing = QgsWkbTypes.Type.NoGeometry
        return self.write(parameters, name, context, feedback, frame, fields, nothing, self.utm32())
