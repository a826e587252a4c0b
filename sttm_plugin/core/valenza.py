"""The computed valenza: rules, scores, coverage, and the reasons of each (INTERFACE §5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .doubles import counted, without_doubles
from .pack import Categoria, provenance_text
from .reference import comune_of
from .schema import (
    SERVICES,
    VALENZA_EXPLAINED,
    VALENZA_MISMATCHES,
    VALENZA_RULES,
    VALENZA_SUMMARY,
    conform_services,
    names,
)
from .valenza_decision import (
    COVERAGE,
    LEVELS,
    NON_DETERMINABILE,
    RANK,
    SLACK,
    Model,
    Verdict,
    decide,
    model_of,
)
from .valenza_explained import explained
from .valenza_reasons import reasons, too_few_data
from .valenza_tried import States, Tried, Values, source_of

# What ``classify`` sets.
RESULTS = (
    "valenza_calcolata",
    "punteggio",
    "punteggio_intercomunale",
    "punteggio_metropolitana",
    "copertura",
    "indicazione",
    "motivazione",
    "esito",
)


def classify(services, pack, computed=None, on_progress=None, explain=False):
    """Give each service its valenza, its scores, the share of data they rest on, and why.

    Args:
        services: services frame. pack: ``core.pack.Pack``.
        computed: {attribute, or (attribute, valenza) for what depends on the valenza's time
            limit: values, object (n,), None where not determinable} made in this run;
            they count as estimated.
        on_progress: share 0-1 → False to stop.
        explain: add the fields of VALENZA_EXPLAINED.

    Returns:
        The services frame with ``valenza_calcolata``, ``punteggio``, ``punteggio_intercomunale``,
        ``punteggio_metropolitana`` (0-100), ``copertura`` (0-1), ``indicazione``, ``motivazione``
        and ``esito`` set anew; ``valenza_confermata`` is never touched. None when stopped.

    Source: DATO_RESTITUZIONE §9; INTERFACE §5; thresholds GEN-R01…R04 of the pack (``proposta``).
    """
    result = conform_services(services)
    values = Values(result, computed)
    wanted = [name for name in RESULTS if name != "esito"]
    if explain:
        wanted += names(VALENZA_EXPLAINED)
    columns = {name: np.full(len(result), None, dtype=object) for name in wanted}
    done = 0
    for code, rows in values.groups.items():
        judged = judge(values, code, pack)
        if judged is not None:
            part = judged.columns(pack)
            if explain:
                part.update(explained(judged, result, rows, pack))
            for name, found in part.items():
                columns[name][rows] = found
        done += rows.size
        if on_progress is not None and not on_progress(done / max(len(result), 1)):
            return None
    for name, found in columns.items():
        result[name] = found.astype(np.float64) if name in _NUMBERS else found
    result["esito"] = esito_of(result["valenza_dichiarata"], result["valenza_calcolata"])
    return result


_NUMBERS = frozenset(
    field.name for field in (*SERVICES, *VALENZA_EXPLAINED) if field.kind == "real"
)


@dataclass
class Judged:
    """The services of one category with what the model says of them.

    Attributes:
        category: ``core.pack.Categoria``. tried: ``Tried``. model: ``Model``.
        patterns: ``States`` of the distinct ways the rules were tried. pattern: int (n,), the
            one of each service. verdict: ``Verdict`` of each pattern.
    """

    category: Categoria
    tried: Tried
    model: Model
    patterns: States
    pattern: np.ndarray
    verdict: Verdict

    def of_each(self, values):
        """Return for each service what holds of its pattern."""
        return values[self.pattern]

    def numbers(self):
        """Return {field: values (n,)} of what ``classify`` sets, but for the reasons."""
        verdict = self.verdict
        (s_int, c_int), (s_met, c_met) = (verdict.scores[level] for level in LEVELS)
        found = {
            "valenza_calcolata": verdict.valenza,
            "punteggio": 100 * np.where(verdict.on_top, s_met, s_int),
            "punteggio_intercomunale": 100 * s_int,
            "punteggio_metropolitana": 100 * s_met,
            "copertura": np.where(verdict.on_top, c_met, c_int),
            "indicazione": verdict.indication,
        }
        return {name: self.of_each(values) for name, values in found.items()}

    def columns(self, pack):
        """Return {field: values (n,)} of what ``classify`` sets, ``esito`` apart."""
        notes = _notes(self.verdict, pack, self.model)
        return {**self.numbers(), "motivazione": reasons(self.tried, self.of_each(notes))}


def judge(values, code, pack):
    """Return what a pack says of the services of one category, None where it has no such code.

    Args:
        values: ``Values`` of the services; what one pack read stays for the next one.
    """
    category = pack.categorie.get(code)
    if category is None:
        return None
    tried = Tried(values, code, pack.rules_for(code), pack)
    patterns, pattern = tried.patterns()
    model = model_of(pack)
    verdict = decide(patterns, category, model)
    return Judged(category, tried, model, patterns, pattern, verdict)


def valenze(values, pack):
    """Return the valenza a pack gives each service, object (n,), and nothing of its reasons.

    Args: ``values`` as in ``judge``.
    """
    found = np.full(len(values.frame), None, dtype=object)
    for code, rows in values.groups.items():
        judged = judge(values, code, pack)
        if judged is not None:
            found[rows] = judged.of_each(judged.verdict.valenza)
    return found


def summary(classified):
    """Return how many services there are of each kind, and their area (schema VALENZA_SUMMARY).

    Rows are ordered by their fields; ``superficie_mq`` is NaN where no service has one. Doubles
    of a service don't count, here and below.
    """
    classified = without_doubles(classified)
    keys = [name for name in names(VALENZA_SUMMARY) if name not in ("n", "superficie_mq")]
    zones = {istat: zone_of(istat) for istat in classified["istat"].unique()}
    frame = classified[[name for name in keys if name != "zona_omogenea"]].assign(
        zona_omogenea=classified["istat"].map(zones), superficie_mq=classified["superficie_mq"]
    )
    groups = frame.groupby(keys, dropna=False, sort=True)["superficie_mq"]
    table = groups.agg(n="size", superficie_mq=lambda areas: areas.sum(min_count=1)).reset_index()
    return table[names(VALENZA_SUMMARY)]


def mismatches(classified):
    """Return the services declared above or below their computed valenza (VALENZA_MISMATCHES).

    Ordered by zona omogenea, comune, outcome, name. Args: ``classified`` with explanations.
    """
    classified = without_doubles(classified)
    chosen = classified[classified["esito"].isin(("sovradichiarato", "sottodichiarato"))]
    wanted = names(VALENZA_MISMATCHES)
    table = chosen[[name for name in wanted if name in chosen.columns]].assign(
        zona_omogenea=[zone_of(istat) for istat in chosen["istat"]]
    )
    order = ["zona_omogenea", "comune", "istat", "esito", "denominazione", "id_servizio"]
    return table[wanted].sort_values(order, kind="stable").reset_index(drop=True)


def zone_of(istat):
    """Return the zona omogenea of a comune, None where it isn't of the 133."""
    comune = comune_of(istat) if istat is not None else None
    return None if comune is None else comune.zona_omogenea


def rules_tried(services, pack, computed=None):
    """Return how often each rule had a value and was met, and where it comes from (VALENZA_RULES).

    A rule no service had a value for says what it waits for. Parameters are not rules.
    """
    import pandas as pd

    once = counted(services)
    part = None if computed is None else {name: each[once] for name, each in computed.items()}
    values = Values(conform_services(services[once]), part)
    counts = {rule.codice_regola: np.zeros(3, dtype=np.int64) for rule in pack.regole}
    for code, rows in values.groups.items():
        rules = pack.rules_for(code)
        tried = Tried(values, code, rules, pack)
        for number, rule in enumerate(rules):
            known, met = tried.known[number], tried.met[number]
            counts[rule.codice_regola] += (rows.size, known.sum(), met.sum())
    found = []
    for rule in sorted(pack.regole, key=lambda rule: rule.codice_regola):
        if rule.tipo_regola in ("parametro", "residuale"):
            continue
        total, known, met = (int(number) for number in counts[rule.codice_regola])
        limit = "|".join(rule.soglia) if isinstance(rule.soglia, tuple) else rule.soglia
        found.append(
            {
                **{name: getattr(rule, name) for name in _OF_RULE},
                "soglia": f"{limit:.15g}" if isinstance(limit, float) else limit,
                "servizi": total,
                "valutate": known,
                "soddisfatte": met,
                "non_soddisfatte": known - met,
                "senza_dato": total - known,
                "da_dove": source_of(rule, pack),
                "provenienza": provenance_text(rule.provenienza, rule.verificato),
            }
        )
    return pd.DataFrame(found, columns=names(VALENZA_RULES))


_OF_RULE = ("codice_regola", "codice_categoria", "valenza", "tipo_regola", "attributo", "unita")


def esito_of(dichiarata, calcolata):
    """Return the outcome of the declared valenza against the computed one, object (n,).

    Declared NULL counts as locale. Source: INTERFACE §5, *Esito*.
    """
    outcomes = np.full(len(calcolata), None, dtype=object)
    for number, (declared, found) in enumerate(zip(dichiarata, calcolata)):
        outcomes[number] = _esito(declared, found)
    return outcomes


def _esito(declared, found):
    if found not in RANK:
        return "da_verificare"
    if declared == "sovracomunale":
        return "sovradichiarato" if found == "locale" else "coerente"
    difference = RANK.get(declared, 0) - RANK[found]
    if difference > 0:
        return "sovradichiarato"
    return "sottodichiarato" if difference < 0 else "coerente"


def _notes(verdict, pack, model):
    """Return the line of ``motivazione`` on data that are too few, "" where they are enough."""
    c_int, c_met = (verdict.scores[level][1] for level in LEVELS)
    unknown = verdict.valenza == NON_DETERMINABILE
    notes = np.full(unknown.size, "", dtype=object)
    not_known = "la valenza non è determinabile"
    not_reached = "la valenza metropolitana conta come non raggiunta"
    described = pack.parametri_descritti[COVERAGE]
    for where, level, shares, effect in (
        (unknown, "intercomunale", c_int, not_known),
        (verdict.told & ~unknown, "metropolitana", c_met, not_reached),
    ):
        few = where & (shares < model.coverage - SLACK)
        for share in np.unique(shares[few]):
            text = too_few_data(described, model, level, float(share), effect)
            notes[few & (shares == share)] = text
    return notes
