"""Say which reference system a source is in, tried on the ground of the comune."""

from __future__ import annotations

import math

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputString,
)

from ..core.errors import SttmError
from .suggestmapping import SuggestMapping


class DiagnoseCrs(SuggestMapping):
    """Declared against found; the source isn't touched."""

    NAME = "diagnosecrs"
    DISPLAY_NAME = "Verifica il sistema di riferimento"
    GROUP = "1 – Dati"
    TAGS = ("CRS", "EPSG", "Gauss-Boaga", "ED50", "assi scambiati", "coordinate", "datum")
    HELP = (
        "Prova i dati sul confine del comune in ogni sistema in cui potrebbero essere: geografico, "
        "UTM 32 (32632, 25832, 7791, 6707), Gauss-Boaga (3003), Web Mercator, ED50 (23032), "
        "UTM 33, ciascuno anche con gli assi scambiati, e Gauss-Boaga con l'est tagliato di "
        "1.000.000 m. Dice quale va bene, se è quello dichiarato, e lo scarto medio in metri. La "
        "fonte non viene modificata: il sistema giusto si indica in SOURCE_CRS di «Importa "
        "servizi».\n\n"
        "Con i confini (BOUNDARIES) si vedono anche gli scarti di datum: se i dati seguono il "
        "confine del comune lo scarto è misurato sul loro contorno, altrimenti si confronta quante "
        "posizioni cadono nel comune.\n\n"
        "Risultati: CRS_FOUND sistema che va bene (vuoto: nessuno, o più d'uno), SWAPPED assi "
        "scambiati, DECLARED sistema dichiarato, DECLARED_OK se è quello giusto, DEFECT codice del "
        "difetto (D03 non dichiarato, D04 dichiarato sbagliato, D05 assi scambiati, D06 GeoJSON in "
        "metri, D08 scarto di datum), OFFSET_M scarto medio in metri con OFFSET_E_M e OFFSET_N_M, "
        "INSIDE_SHARE quota nel comune, SENTENCE la frase, TESTED posizioni provate."
    )

    # As many positions tell a reference system as well as all of a large file.
    _TESTED = 2000
    _UNITED = 5000

    def define(self):
        self.add_source(
            self.INPUT,
            "Layer o tabella da verificare",
            "Layer caricato o file, anche una tabella con le coordinate in due colonne.",
            optional=False,
        )
        self.add_comune(optional=True)
        self.add_source(
            self.BOUNDARIES,
            "Confini dei comuni",
            "Poligoni con il codice ISTAT. Senza, si usa il rettangolo di ingombro del comune; "
            "senza comune, l'insieme dei confini dati o della Città metropolitana.",
            QgsProcessing.SourceType.TypeVectorPolygon,
        )
        self.add_reading(numbers=False)
        self.add_sink(
            self.OUTPUT,
            "Sistemi provati",
            "Una riga per sistema: quota nel comune e nei dintorni, scarto medio, se va bene.",
            QgsProcessing.SourceType.TypeVector,
        )
        for name, label in (
            ("CRS_FOUND", "Sistema che va bene"),
            ("DECLARED", "Sistema dichiarato"),
            ("DEFECT", "Difetto"),
            ("SENTENCE", "Frase"),
        ):
            self.addOutput(QgsProcessingOutputString(name, self.tr(label)))
        self.add_boolean("DECLARED_OK", "Il sistema dichiarato è quello giusto")
        self.add_boolean("SWAPPED", "Assi scambiati")
        self.add_numbers(
            {
                "TESTED": "Posizioni provate",
                "FITTING": "Sistemi che portano i dati nel comune",
                "OFFSET_M": "Scarto medio (m)",
                "OFFSET_E_M": "Scarto medio verso est (m)",
                "OFFSET_N_M": "Scarto medio verso nord (m)",
                "INSIDE_SHARE": "Quota nel comune",
            }
        )

    def compute(self, parameters, context, feedback):
        from ..core.crssurvey import survey
        from ..core.intake_proposal import positions_of
        from ..core.schema import CRS_CANDIDATES

        stages = self.stages(feedback, "lettura", "prova dei sistemi", "scrittura")
        stages.next()
        read = self._read(parameters, context, feedback)
        table, _, _, places, projector = read
        found = positions_of(*read, self._TESTED, self._UNITED)
        if found is None:
            raise SttmError(
                f"In «{table.layer}» non c'è nessuna posizione: né geometrie né colonne di "
                f"coordinate (colonne: {', '.join(table.names) or 'nessuna'}). Indicare X_FIELD e "
                "Y_FIELD."
            )
        xs, ys, outline, declared = found
        ground, exact, name = self._ground(parameters, context, places)

        stages.next()
        seen = survey(
            xs,
            ys,
            outline,
            declared,
            ground,
            projector.points,
            lambda system, shape, swapped: projector.shapes(system, [shape], swapped)[0],
            exact=exact,
            geojson=table.geojson,
        )
        stages.check()

        stages.next()
        sentence = self._with_operation(seen, projector)
        if seen.declared_ok:
            feedback.pushInfo(f"{name}: {sentence}")
        else:
            feedback.pushWarning(f"{name}: {sentence}")
        rows = _rows(seen)
        output = self.write_rows(parameters, self.OUTPUT, context, feedback, rows, CRS_CANDIDATES)
        fits = seen.readings[seen.found] if seen.found >= 0 else None
        east, north = seen.offset or (0.0, 0.0)
        results = {
            "CRS_FOUND": _authority(fits) if fits else "",
            "SWAPPED": bool(fits and fits.swapped),
            "DECLARED": declared,
            "DECLARED_OK": seen.declared_ok,
            "DEFECT": seen.difetto,
            "SENTENCE": sentence,
            "TESTED": len(xs),
            "FITTING": sum(1 for row in rows if row["quota_dintorni"] >= 0.5),
            "OFFSET_M": round(math.hypot(east, north), 2),
            "OFFSET_E_M": round(east, 2),
            "OFFSET_N_M": round(north, 2),
            "INSIDE_SHARE": round(fits.inside, 4) if fits else 0.0,
        }
        if output is not None:
            results[self.OUTPUT] = output
        return results

    def _ground(self, parameters, context, places):
        """Return (area to test on, whether it is a boundary, how it is called)."""
        from shapely.geometry import box
        from shapely.ops import unary_union

        comune = self.comune(parameters, context)
        if comune is not None:
            exact = comune.istat in places.exact
            return places.grounds[comune.istat], exact, comune.nome
        if places.exact:
            shapes = [places.grounds[istat] for istat in sorted(places.exact)]
            return unary_union(shapes), True, f"{len(shapes)} comuni"
        return box(*places.whole()), False, "Città metropolitana"

    @staticmethod
    def _with_operation(seen, projector):
        sentence = seen.sentence
        if seen.found >= 0:
            system = _authority(seen.readings[seen.found])
            operation = projector.operation(system)
            if system in ("EPSG:3003", "EPSG:23032") and operation:
                sentence += f" Trasformazione: {operation}."
        return sentence


def _authority(reading) -> str:
    from ..core.crssurvey import CUT

    return "EPSG:3003" if reading.crs == CUT else reading.crs


def _rows(seen):
    found = seen.readings[seen.found] if seen.found >= 0 else None
    rows = []
    for order, reading in enumerate(seen.readings, start=1):
        east = north = None
        if reading.offset is not None:
            east, north = reading.offset
        elif found is not None and reading.centre is not None and found.centre is not None:
            east = reading.centre[0] - found.centre[0]
            north = reading.centre[1] - found.centre[1]
        x, y = reading.centre or (None, None)
        where = f"{reading.inside:.0%} nel comune, {reading.around:.0%} entro 5 km"
        if reading.centre is None:
            where = "le coordinate non hanno senso in questo sistema"
        rows.append(
            {
                "ordine": order,
                "epsg": _authority(reading),
                "nome": reading.title,
                "assi_scambiati": reading.swapped,
                "dichiarato": bool(seen.declared)
                and reading.crs == seen.declared
                and not reading.swapped,
                "trovato": reading is found,
                "adatto": reading.around >= 0.5,
                "n": len(reading.east),
                "quota_comune": reading.inside,
                "quota_dintorni": reading.around,
                "scarto_medio_m": None if east is None else math.hypot(east, north),
                "scarto_est_m": east,
                "scarto_nord_m": north,
                "distanza_confine_m": reading.beyond,
                "x_centro": x,
                "y_centro": y,
                "frase": f"{reading.title}: {where}",
            }
        )
    return rows
