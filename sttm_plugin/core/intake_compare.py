"""Intake, what only the whole shows: duplicates, overlaps, gaps, what is said twice."""

from __future__ import annotations

from collections import defaultdict

from .context import meeting
from .doubles import FIELD as DOUBLE
from .text import normalise

# D16: less is a sliver of digitising; more areas than this are left to the checks.
OVERLAP_MQ = 1.0
_MOST_AREAS = 5000
# D17: what is narrower than this between two areas, or an area and the boundary, is a gap.
GAP_M = 1.0
GAP_MQ = 0.1
# D38: declared and measured area may differ by so much.
AREA_SHARE = 0.05
# D51: so much of the smaller area in common, and names that share a word.
SAME_AREA_SHARE = 0.8
# D08: ED50 taken for UTM WGS84 moves the data by so much (PDS_SCHEMA §2.5).
ED50_SHIFT = (83.0, 198.0)


class CompareSteps:
    """The steps that look at all the records together, and at those of an earlier layer."""

    def compare(self):
        """Log duplicates, shared places and areas that don't match what is declared."""
        rows = list(self.live())
        same: dict = defaultdict(list)
        spots: dict = defaultdict(list)
        for row in rows:
            self.tick(row)
            shape = self.shape[row]
            wkb = self.xy.get(row) or (shape.wkb if shape is not None else b"")
            # Of those not to be located the place is hidden, yet it tells them apart.
            read = repr(self.table.rows[row]) if row in self.hidden else self.origins[row]
            same[(read, wkb)].append(row)
            if wkb:
                spots[wkb].append(row)
        groups = [group for group in same.values() if len(group) > 1]
        twins = {row for group in groups for row in group}
        self._doubles(groups)
        for group in spots.values():
            if len(group) > 1 and not twins.issuperset(group):
                difetto = "D15" if self.kind[group[0]] == "area" else "D43"
                for row in group:
                    self.journal.record(
                        row, difetto, "stessa_posizione", "W", f"{len(group)} servizi", "tenuti"
                    )
        areas = [row for row in rows if self.where[row] == "area"]
        self._overlaps(areas)
        self._gaps(areas)
        self._orphans(rows, areas)
        self._said_before(areas)
        self._shifted(rows)
        declared = self.values.get("superficie_dichiarata_mq")
        if declared is None:
            return
        for row in rows:
            if self.kind[row] == "area" and declared[row]:
                self._compare_area(row, declared[row], self.shape[row].area)

    def _doubles(self, groups):
        """Flag the exact doubles: of each group one record counts, the others say which (D14)."""
        given = self.values.get(DOUBLE)
        of = self.values.setdefault(DOUBLE, [None] * self.count)
        before = {}
        if self.previous is not None:
            before = dict(zip(self.previous["id_servizio"], self.previous[DOUBLE]))
        left_out = 0
        for group in groups:
            own = [self.ids[row] for row in group]
            if given is None and all(name in before for name in own):
                # As decided in the earlier layer, where a person may have freed some.
                for row, name in zip(group, own):
                    of[row] = before[name]
            elif given is None:
                # Equal rows get the plain id first, so that it is the same in any order.
                kept = [row for row, name in zip(group, own) if before.get(name, "") is None]
                active = (kept or group)[0]
                for row in group:
                    of[row] = None if row == active else self.ids[active]
            for row, name in zip(group, own):
                others = ", ".join(sorted(other for other in own if other != name))
                said = f"escluso dalle somme, vale {of[row]}" if of[row] else "contato"
                left_out += bool(of[row])
                self.journal.record(
                    row, "D14", "doppione_esatto", "W", "record uguali", f"{said}; uguali: {others}"
                )
        if left_out:
            self.warnings.append(
                f"{left_out} record sono uguali in tutto ad altri: sono tenuti ma esclusi dalle "
                "somme. Il campo doppione_di dice quale servizio vale al loro posto; svuotarlo per "
                "contarli."
            )

    def _overlaps(self, rows):
        """Log the areas that cover the same ground, and the sum net of it (D16)."""
        if not rows:
            return
        from shapely.ops import unary_union

        self.pause()
        gross = sum(self.shape[row].area for row in rows)
        net = unary_union([self.shape[row] for row in rows]).area if len(rows) > 1 else gross
        self.certificate.ground(gross, net)
        if gross - net <= OVERLAP_MQ:
            return
        shared = 0
        if len(rows) <= _MOST_AREAS:
            for one, two in self._pairs(rows):
                metres = self.shape[one].intersection(self.shape[two]).area
                if metres > OVERLAP_MQ:
                    shared += 1
                    said = f"{metres:.1f} m² in comune"
                    self.journal.record(one, "D16", "aree_sovrapposte", "W", said, self.ids[two])
        self.journal.file(
            "D16",
            "somma_netta",
            "W",
            f"{shared or 'molte'} sovrapposizioni, somma lorda {gross:.0f} m²",
            f"somma netta {net:.0f} m²",
        )

    def _pairs(self, rows):
        """Yield the pairs of areas that touch, each once, in the order of the file."""
        import geopandas as gpd

        areas = gpd.GeoSeries([self.shape[row] for row in rows])
        for one, two in zip(*(found.tolist() for found in meeting(areas, areas))):
            if one < two:
                yield rows[one], rows[two]

    def _gaps(self, rows):
        """Log the slivers left between areas, and between them and the boundary (D17)."""
        if not 1 <= len(rows) <= _MOST_AREAS:
            return
        from shapely.ops import unary_union

        self.pause()
        whole = unary_union([self.shape[row] for row in rows])
        grounds = [
            self.places.grounds[istat]
            for istat in sorted({self.istat[row] for row in rows} & self.places.exact)
        ]
        thin = GAP_M / 2
        edges = unary_union([ground.boundary.buffer(0.001) for ground in grounds])
        held = whole.union(edges) if grounds else whole
        # Closing fills what is narrower than twice the distance; corners are kept by the mitre.
        closed = held.buffer(thin, join_style=2).buffer(-thin, join_style=2)
        found = closed.difference(held)
        if grounds:
            found = found.intersection(unary_union(grounds))
        gaps = [gap for gap in getattr(found, "geoms", [found]) if gap.area > GAP_MQ]
        # A gap has areas, or an area and the boundary, on both sides: a corner filled has not.
        gaps = [gap for gap in gaps if gap.length > 4 * GAP_M]
        if gaps:
            total = sum(gap.area for gap in gaps)
            self.journal.file(
                "D17",
                "fessure",
                "W",
                f"{len(gaps)} fessure più strette di {GAP_M:g} m tra le aree o lungo il confine",
                f"{total:.1f} m², lasciate come sono",
            )

    def _orphans(self, rows, areas):
        """Log the areas without a sheet and the sheets without an area (D41)."""
        if not areas:
            return
        names = self.values.get("denominazione", [None] * self.count)
        codes = self.values["codice_sttm"]
        keys = self.values.get("fonte_id", [None] * self.count)
        bare = [row for row in areas if not (names[row] or codes[row] or keys[row])]
        lost = [row for row in rows if self.where[row] == "senza" and row not in self.hidden]
        for row in bare:
            self.journal.record(
                row, "D41", "area_senza_scheda", "W", "nessun nome, tipo o chiave", "tenuta"
            )
        if bare or lost:
            self.journal.file(
                "D41",
                "schede_e_aree",
                "W",
                f"{len(bare)} aree senza scheda, {len(lost)} schede senza area",
                "tenute tutte",
            )

    def _said_before(self, areas):
        """Log the areas that an earlier layer counts too (D51, D52)."""
        previous = self.previous
        if previous is None or not areas or not len(previous):
            return
        import geopandas as gpd
        from shapely.ops import unary_union

        kept = previous[
            previous.geometry.map(lambda s: s is not None and s.geom_type.endswith("Polygon"))
        ]
        if not len(kept):
            return
        self.pause()
        own = gpd.GeoSeries([self.shape[row] for row in areas])
        ids, names = kept["id_servizio"].tolist(), kept["denominazione"].tolist()
        shapes = kept.geometry.tolist()
        said = self.values.get("denominazione", [None] * self.count)
        common = []
        other = gpd.GeoSeries(shapes)
        for place, at in zip(*(found.tolist() for found in meeting(own, other))):
            row = areas[place]
            if ids[at] == self.ids[row]:
                continue
            part = self.shape[row].intersection(shapes[at])
            if part.area <= OVERLAP_MQ:
                continue
            common.append(part)
            share = part.area / min(self.shape[row].area, shapes[at].area)
            alike = set(normalise(said[row]).split()) & set(normalise(names[at]).split())
            if share > SAME_AREA_SHARE and alike:
                self.journal.record(
                    row,
                    "D51",
                    "stesso_servizio",
                    "A",
                    f"{share:.0%} dell'area è di «{names[at]}»",
                    ids[at],
                )
            else:
                self.journal.record(
                    row, "D52", "area_gia_contata", "W", f"{part.area:.1f} m² in comune", ids[at]
                )
        if common:
            gross = sum(self.shape[row].area for row in areas) + sum(s.area for s in shapes)
            twice = unary_union(common).area
            self.journal.file(
                "D52",
                "somma_netta_con_il_precedente",
                "W",
                f"somma lorda dei due layer {gross:.0f} m²",
                f"{twice:.0f} m² contati due volte",
            )

    def _shifted(self, rows):
        """Log data that lie in the boundary only when moved as ED50 moves them (D08)."""
        import numpy as np
        from shapely.affinity import translate
        from shapely.prepared import prep

        groups: dict = defaultdict(list)
        for row in rows:
            if self.shape[row] is not None and self.istat[row] in self.places.exact:
                groups[self.istat[row]].append(row)
        for istat, group in sorted(groups.items()):
            if len(group) > _MOST_AREAS:
                group = group[:: len(group) // _MOST_AREAS + 1]
            ground = prep(self.places.grounds[istat])
            out = [row for row in group if not ground.intersects(self.shape[row])]
            if len(out) < 3:
                continue
            back = [translate(self.shape[row], -ED50_SHIFT[0], -ED50_SHIFT[1]) for row in group]
            moved = np.array([ground.intersects(shape) for shape in back])
            if len(group) - moved.sum() > 0.2 * len(out):
                continue
            metres = [self.places.distance(istat, self.shape[row]) for row in out]
            self.journal.file(
                "D08",
                "spostamento",
                "W",
                f"{len(out)} di {len(group)} posizioni fuori da {self.places.name_of(istat)}, in "
                f"media di {np.mean(metres):.0f} m",
                f"rientrano spostate di {ED50_SHIFT[0]:.0f} m a ovest e {ED50_SHIFT[1]:.0f} a sud: "
                "forse sono in ED50 (EPSG:23032). Nulla è stato spostato; indicarlo in SOURCE_CRS",
            )

    def _compare_area(self, row, declared, measured):
        ratio = declared / measured
        if abs(ratio - 1) <= AREA_SHARE:
            return
        said = f"misurata {measured:.1f} m²"
        for factor in (10.0, 100.0, 10000.0, 0.1, 0.01, 0.0001):
            if abs(ratio / factor - 1) <= AREA_SHARE:
                said += f": fattore {factor:g}, forse un errore di unità"
        self.journal.record(
            row, "D38", "superficie_diversa", "W", f"dichiarata {declared:.1f} m²", said
        )
