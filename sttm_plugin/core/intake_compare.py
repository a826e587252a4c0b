"""Intake, what only the whole shows: duplicates, overlaps, gaps, what is said twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import numpy as np

from .coded import Coded, places_of
from .context import meeting
from .doubles import FIELD as DOUBLE
from .intake_model import AREA, NOWHERE
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
_ORIGINS_AT_ONCE = 20_000
# D08: ED50 taken for UTM WGS84 moves the data by so much (PDS_SCHEMA §2.5).
ED50_SHIFT = (83.0, 198.0)


class CompareSteps:
    """The steps that look at all the records together, and at those of an earlier layer."""

    def compare(self):
        """Log duplicates, shared places and areas that don't match what is declared."""
        live = self.live()
        groups = self._same_places(live)
        equal = self._equal(groups, live[~self.has_place(live)])
        twins = {row for group in equal for row in group}
        self._doubles(equal)
        for group in groups:
            if not twins.issuperset(group):
                difetto = "D15" if self.kind[group[0]] == AREA else "D43"
                said = f"{len(group)} servizi"
                self.journal.same(np.array(group), difetto, "stessa_posizione", "W", said, "tenuti")
        areas = live[self.where[live] == AREA].tolist()
        self._overlaps(areas)
        self._gaps(areas)
        self._orphans(live, areas)
        self._said_before(areas)
        self._shifted(live)
        declared = self.values.get("superficie_dichiarata_mq")
        if declared is None:
            return
        for row in areas:
            if declared[row]:
                self._compare_area(row, declared[row], self.shapes[row].area)

    def _same_places(self, live) -> list:
        """Return the groups of records that are at one place, each in the order of the file."""
        points = live[~np.isnan(self.x[live])]
        at = self.x[points] + 1j * self.y[points]
        _, place, times = np.unique(at, return_inverse=True, return_counts=True)
        shared = times[place] > 1
        members = places_of(place[shared])
        groups = [points[shared][places].tolist() for places in members.values()]
        by_shape: dict = defaultdict(list)
        for row in sorted(self.shapes):
            if row not in self.rejected:
                by_shape[self.shapes[row].wkb].append(row)
        return groups + [group for group in by_shape.values() if len(group) > 1]

    def _equal(self, groups, nowhere) -> list:
        """Return the groups of records equal in everything, of those at one place or at none."""
        found = []
        for group in [*groups, nowhere.tolist()]:
            if len(group) < 2:
                continue
            self.pause()
            same: dict = defaultdict(list)
            for first in range(0, len(group), _ORIGINS_AT_ONCE):
                part = group[first : first + _ORIGINS_AT_ONCE]
                for row, read in zip(part, self.origins(part)):
                    if row in self.hidden:
                        read = repr((self.hidden_at[row], self.table.record(row)))
                    whole = read.encode("utf-8", "surrogatepass")
                    same[hashlib.blake2b(whole, digest_size=16).digest()].append(row)
            found += [equal for equal in same.values() if len(equal) > 1]
        return found

    def _doubles(self, groups):
        """Flag the exact doubles: of each group one record counts, the others say which (D14)."""
        given = self.values.get(DOUBLE)
        of = Coded.constant(None, self.count) if given is None else given
        before = {}
        if self.previous is not None:
            before = dict(zip(self.previous["id_servizio"], self.previous[DOUBLE]))
        left_out = 0
        changes: dict = {}
        for group in groups:
            own = [self.ids[row] for row in group]
            if given is None and all(name in before for name in own):
                # As decided in the earlier layer, where a person may have freed some.
                changes.update(zip(group, (before[name] for name in own)))
            elif given is None:
                # Equal rows get the plain id first, so that it is the same in any order.
                kept = [row for row, name in zip(group, own) if before.get(name, "") is None]
                active = (kept or group)[0]
                changes.update((row, None if row == active else self.ids[active]) for row in group)
            for row, name in zip(group, own):
                counts_for = changes[row] if given is None else of[row]
                others = ", ".join(sorted(other for other in own if other != name))
                said = f"escluso dalle somme, vale {counts_for}" if counts_for else "contato"
                left_out += bool(counts_for)
                self.journal.record(
                    row, "D14", "doppione_esatto", "W", "record uguali", f"{said}; uguali: {others}"
                )
        self.values[DOUBLE] = of.changed(changes)
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
        gross = sum(self.shape_of(row).area for row in rows)
        net = unary_union([self.shape_of(row) for row in rows]).area if len(rows) > 1 else gross
        self.certificate.ground(gross, net)
        if gross - net <= OVERLAP_MQ:
            return
        shared = 0
        if len(rows) <= _MOST_AREAS:
            for one, two in self._pairs(rows):
                metres = self.shapes[one].intersection(self.shapes[two]).area
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

        areas = gpd.GeoSeries([self.shape_of(row) for row in rows])
        for one, two in zip(*(found.tolist() for found in meeting(areas, areas))):
            if one < two:
                yield rows[one], rows[two]

    def _gaps(self, rows):
        """Log the slivers left between areas, and between them and the boundary (D17)."""
        if not 1 <= len(rows) <= _MOST_AREAS:
            return
        from shapely.ops import unary_union

        self.pause()
        whole = unary_union([self.shape_of(row) for row in rows])
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
        # What the boundary has by itself, away from the areas, is none of theirs.
        gaps = [gap for gap in gaps if gap.distance(whole) < 0.01]
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
        nothing = Coded.constant(None, self.count)
        names = self.values.get("denominazione", nothing)
        codes = self.values["codice_sttm"]
        keys = self.values.get("fonte_id", nothing)
        bare = [row for row in areas if not (names[row] or codes[row] or keys[row])]
        nowhere = rows[self.where[rows] == NOWHERE].tolist()
        lost = [row for row in nowhere if row not in self.hidden]
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
        own = gpd.GeoSeries([self.shape_of(row) for row in areas])
        ids, names = kept["id_servizio"].tolist(), kept["denominazione"].tolist()
        shapes = kept.geometry.tolist()
        said = self.values.get("denominazione", Coded.constant(None, self.count))
        common = []
        other = gpd.GeoSeries(shapes)
        for place, at in zip(*(found.tolist() for found in meeting(own, other))):
            row = areas[place]
            if ids[at] == self.ids[row]:
                continue
            part = self.shape_of(row).intersection(shapes[at])
            if part.area <= OVERLAP_MQ:
                continue
            common.append(part)
            share = part.area / min(self.shape_of(row).area, shapes[at].area)
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
            gross = sum(self.shape_of(row).area for row in areas) + sum(s.area for s in shapes)
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
        from shapely.affinity import translate
        from shapely.prepared import prep

        rows = rows[self.has_place(rows)]
        istat = self.istat.at(rows)
        groups: dict = defaultdict(list)
        for code, places in places_of(istat.codes).items():
            if istat.values[code] in self.places.exact:
                groups[istat.values[code]].append(places)
        for istat, lots in sorted(groups.items()):
            group = rows[np.sort(np.concatenate(lots))].tolist()
            if len(group) > _MOST_AREAS:
                group = group[:: len(group) // _MOST_AREAS + 1]
            ground = prep(self.places.grounds[istat])
            out = [row for row in group if not ground.intersects(self.shape_of(row))]
            if len(out) < 3:
                continue
            back = [translate(self.shape_of(row), -ED50_SHIFT[0], -ED50_SHIFT[1]) for row in group]
            moved = np.array([ground.intersects(shape) for shape in back])
            if len(group) - moved.sum() > 0.2 * len(out):
                continue
            metres = [self.places.distance(istat, self.shape_of(row)) for row in out]
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
