"""Checks against other sources: Lettura 2, neighbouring plans (STTM2-801 … 806, 901)."""

from __future__ import annotations

import numpy as np

from ..reconciliation import pair_scores
from ..reference import comune_of
from .common import located, name_of
from .engine import Failing, Outcome, check


class _Readings:
    """The comune's services of the plan, those of the other sources, and how they pair.

    Attributes:
        one, two: the services that exist. pairs: (row in one, in two, score, similarity).
        all_one, all_two: with those planned, closed or suspended. of_states: pairs of these of
            which one at least is so, as ``pairs``.
    """

    def __init__(self, plan, most):
        twins = plan.pack.area_twins
        own = plan.own[plan.own["lettura"].fillna(1) == 1].reset_index(drop=True)
        two = plan.reading2
        here = two["istat"].isna() | (two["istat"] == plan.comune.istat)
        two = two[here].reset_index(drop=True)
        existing_one, existing_two = plan.supply(own), plan.supply(two)
        self.one = existing_one.reset_index(drop=True)
        self.two = existing_two.reset_index(drop=True)
        self.pairs = pair_scores(self.one, self.two, most, twins)
        self.all_one, self.all_two = own, two
        self.of_states = tuple(part[:0] for part in self.pairs)
        if len(self.one) < len(own) or len(self.two) < len(two):
            every = pair_scores(own, two, most, twins)
            both = np.isin(every[0], existing_one.index) & np.isin(every[1], existing_two.index)
            self.of_states = tuple(part[~both] for part in every)

    def matched(self, least):
        """Return {row in one: [(row in two, score)]} of the pairs that reach a score."""
        found: dict = {}
        for i, j, score, _ in zip(*self.pairs):
            if score >= least - 1e-9:
                found.setdefault(int(i), []).append((int(j), float(score)))
        return found

    def in_other_state(self, least):
        """Return [(record of the plan, of the other sources)] of one service in another state.

        A record that pairs with an existing one is that one: the extension of a school isn't
        the school.
        """
        matched = self.matched(least)
        paired = {self.one.at[i, "id_servizio"] for i in matched}
        paired |= {self.two.at[j, "id_servizio"] for others in matched.values() for j, _ in others}
        rows, others, scores, _ = self.of_states
        same = scores >= least - 1e-9
        same &= ~self.all_one["id_servizio"].isin(paired).to_numpy(dtype=bool)[rows]
        same &= ~self.all_two["id_servizio"].isin(paired).to_numpy(dtype=bool)[others]
        return [
            (self.all_one.loc[i], self.all_two.loc[j]) for i, j in zip(rows[same], others[same])
        ]


def _readings(plan):
    """Return the readings, paired once a plan, with the pack's distance (STTM2-801)."""
    found = getattr(plan, "_readings", None)
    if found is None:
        most = plan.pack.check("STTM2-801").parametri["distanza_m"]
        found = plan._readings = _Readings(plan, most)
    return found


def _with_readings(test):
    """Make a check not verifiable without READING2."""

    def run(plan, controllo):
        if plan.reading2 is None:
            return Outcome(0, missing=("READING2",), concerned=1)
        return test(plan, controllo, _readings(plan))

    return run


def _register(name):
    def register(test):
        check(name)(_with_readings(test))
        return test

    return register


def matching_score(plan):
    return plan.pack.check("STTM2-801").parametri["punteggio"]


@_register("solo_nel_piano")
def only_in_plan(plan, controllo, readings):
    least = controllo.parametri["punteggio"]
    best = np.zeros(len(readings.one))
    rows, _, scores, _ = readings.pairs
    np.maximum.at(best, rows, scores)
    # What another source has as planned, or as closed, is known to it.
    rows, _, scores, _ = readings.of_states
    known = set(readings.all_one["id_servizio"].to_numpy()[rows[scores >= least - 1e-9]])
    best[readings.one["id_servizio"].isin(known).to_numpy(dtype=bool)] = 1.0
    # A source that has nothing of a kind says nothing of the services of that kind.
    kinds = {str(code)[:3] for code in plan.reading2["codice_sttm"].dropna()}
    covered = readings.one["codice_sttm"].map(lambda code: str(code)[:3] in kinds).astype(bool)
    placed = located(readings.one) & covered.to_numpy()
    failing = [
        Failing(
            row.id_servizio, (), float(best[row.Index]), least, "punteggio",
            float(best[row.Index] - least), {"nome": name_of(row)}, row.geometry,
        )
        for row in readings.one[placed & (best < least - 1e-9)].itertuples()
    ]  # fmt: skip
    missing = () if covered.all() else ("READING2",)
    missing += () if placed.sum() == covered.sum() else ("campo:geometria",)
    return Outcome(int(placed.sum()), failing, missing, len(readings.one))


@_register("solo_altrove")
def only_elsewhere(plan, controllo, readings):
    least = controllo.parametri["similarita"]
    _, rows, scores, alike = readings.pairs
    paired = np.zeros(len(readings.two), dtype=bool)
    paired[rows[(alike >= least - 1e-9) | (scores >= matching_score(plan) - 1e-9)]] = True
    # What the plan has as planned, or as closed, isn't absent from it.
    _, rows, scores, alike = readings.of_states
    same = (alike >= least - 1e-9) | (scores >= matching_score(plan) - 1e-9)
    known = set(readings.all_two["id_servizio"].to_numpy()[rows[same]])
    paired |= readings.two["id_servizio"].isin(known).to_numpy(dtype=bool)
    placed = located(readings.two)
    failing = [
        Failing(
            row.id_servizio, (), testo={"nome": name_of(row), "fonte": row.fonte or "altra fonte"},
            geometry=row.geometry, layer=getattr(row, "_layer", None) or "lettura 2",
        )
        for row in readings.two[placed & ~paired].itertuples()
    ]  # fmt: skip
    missing = () if placed.all() else ("campo:geometria",)
    return Outcome(int(placed.sum()), failing, missing, len(readings.two))


@_register("abbinamento_incerto")
def uncertain(plan, controllo, readings):
    low, high = controllo.parametri["minimo"], controllo.parametri["massimo"]
    best: dict = {}
    for i, j, score, _ in zip(*readings.pairs):
        key = (-score, str(readings.two.at[j, "id_servizio"]))
        if i not in best or key < best[i][0]:
            best[i] = (key, j, float(score))
    failing = []
    for i, (_, j, score) in sorted(best.items()):
        if low - 1e-9 <= score < high - 1e-9:
            one, two = readings.one.loc[i], readings.two.loc[j]
            failing.append(
                Failing(
                    one["id_servizio"], (two["id_servizio"],), score, high, "punteggio",
                    score - high, {"a": name_of(one), "b": name_of(two), "s": score},
                    one["geometry"],
                )
            )  # fmt: skip
    return Outcome(len(best), failing)


@_register("attributi_concordi")
def attributes_agree(plan, controllo, readings):
    failing = []
    least = matching_score(plan)
    pairs = [
        (readings.one.loc[i], readings.two.loc[j])
        for i, others in sorted(readings.matched(least).items())
        for j, _ in others
    ]
    pairs += readings.in_other_state(least)
    for one, two in pairs:
        source = two["fonte"] or "altra fonte"
        for name, label, a, b in _differences(one, two, controllo.parametri["scarto_capacita"]):
            failing.append(
                Failing(
                    one["id_servizio"], (two["id_servizio"], f"campo:{name}"), a, b,
                    testo={
                        "nome": name_of(one), "campo": label, "a": a, "b": b, "fonte": source,
                    },
                    geometry=one["geometry"],
                )
            )  # fmt: skip
    return Outcome(len(pairs), failing)


def _differences(one, two, most):
    """Yield (field, label, ours, theirs) of what two records of one service say differently."""
    for name, label in (("codice_sttm", "categoria"), ("stato", "stato")):
        if one[name] is not None and two[name] is not None and one[name] != two[name]:
            yield name, label, one[name], two[name]
    a, b = one["capacita"], two["capacita"]
    units = {one["capacita_um"], two["capacita_um"]} - {None}
    if a == a and b == b and len(units) <= 1 and abs(a - b) > most * max(abs(a), 1e-9) + 1e-9:
        yield "capacita", "capacità", float(a), float(b)


@_register("molti_a_uno")
def many_to_one(plan, controllo, readings):
    failing, tried = [], set()
    matched = readings.matched(matching_score(plan))
    by_two: dict = {}
    for i, others in matched.items():
        tried.add(i)
        for j, _ in others:
            by_two.setdefault(j, []).append(i)
        if len(others) > 1:
            one = readings.one.loc[i]
            ids = tuple(readings.two.at[j, "id_servizio"] for j, _ in others)
            failing.append(_several(one, ids))
    for members in by_two.values():
        if len(members) > 1:
            rows = readings.one.loc[members].sort_values("id_servizio")
            failing.append(_several(rows.iloc[0], tuple(rows["id_servizio"].iloc[1:])))
    return Outcome(len(tried), failing)


def _several(row, others):
    number = len(others)
    text = {"nome": name_of(row), "n": number}
    return Failing(
        row["id_servizio"], others, number, 1, "record", 1.0 - number, text, row["geometry"]
    )


@_register("copertura_riconciliazione")
def overlap_of_readings(plan, controllo, readings):
    least = controllo.parametri["minimo"]
    matched = readings.matched(matching_score(plan))
    pairs = min(len(matched), len({j for others in matched.values() for j, _ in others}))
    total = len(readings.one) + len(readings.two) - pairs
    if not total:
        return Outcome(0)
    value = pairs / total
    if value >= least - 1e-9:
        return Outcome(1)
    read = {"servizi": sorted(readings.one["id_servizio"].astype(str))}
    failing = Failing(
        plan.comune.istat, (), value, least, "indice", value - least, {"v": value}, impronta=read
    )
    return Outcome(1, [failing])


@check("concordanza_con_i_contermini")
def neighbours_agree(plan, controllo):
    others = plan.others
    if plan.neighbours is not None:
        import pandas as pd

        new = plan.neighbours[plan.neighbours["istat"] != plan.comune.istat]
        others = pd.concat([others, new], ignore_index=True) if len(others) else new
        others = others.drop_duplicates("id_servizio").reset_index(drop=True)
    if plan.neighbours is None and not len(others):
        return Outcome(0, missing=("NEIGHBOURS",), concerned=1)
    own = plan.own[located(plan.own)].reset_index(drop=True)
    least = matching_score(plan)
    failing, tried = [], 0
    most = controllo.parametri["distanza_m"]
    for i, j, score, _ in zip(*pair_scores(own, others, most, plan.pack.area_twins)):
        if score < least - 1e-9:
            continue
        tried += 1
        one, two = own.loc[i], others.loc[j]
        differing = [
            name
            for name in ("valenza_dichiarata", "stato", "codice_sttm")
            if one[name] is not None and two[name] is not None and one[name] != two[name]
        ]
        if differing:
            known = comune_of(two["istat"]) if two["istat"] else None
            failing.append(
                Failing(
                    one["id_servizio"], (two["id_servizio"],),
                    ", ".join(f"{name}: {one[name]}" for name in differing),
                    ", ".join(f"{name}: {two[name]}" for name in differing),
                    testo={
                        "nome": name_of(one),
                        "comune": known.nome if known else two["istat"],
                    },
                    geometry=one["geometry"],
                )
            )  # fmt: skip
    return Outcome(tried, failing)
