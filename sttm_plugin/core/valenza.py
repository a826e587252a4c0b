"""The computed valenza: rules, scores, coverage, and the reasons of each (INTERFACE §5)."""

from __future__ import annotations

import numpy as np

from .reference import comune_of
from .schema import SERVICES, VALENZA_SUMMARY, conform_services, names
from .text import normalise
from .valenza_reasons import COVERAGE_RULE, reasons, too_few_data
from .valenza_values import each_value, finite_number, known_values, stored_attributes

AL_LIMITE = "al_limite"
NON_DETERMINABILE = "non_determinabile"
FUORI_TASSONOMIA = "fuori_tassonomia"
LEVELS = ("intercomunale", "metropolitana")
_RANK = {"locale": 0, "intercomunale": 1, "metropolitana": 2}
_SLACK = 1e-9
_FORMAL = "atto formale"

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

# The names the rules use for a field of the service layer.
FIELD_OF = {
    "area_mq": "superficie_mq",
    "quota_utenti_esterni": "utenti_fuori_comune",
    "codice_categoria": "codice_sttm",
}
_YES = frozenset(("si", "vero", "true", "1", "yes"))
_NO = frozenset(("no", "falso", "false", "0", "nessuno", "nessuna"))


def classify(services, pack, computed=None, on_progress=None):
    """Give each service its valenza, its scores, the share of data they rest on, and why.

    Args:
        services: services frame. pack: ``core.pack.Pack``.
        computed: {attribute, or (attribute, valenza) for what depends on the valenza's time
            limit: values, object (n,), None where not determinable} made in this run;
            they count as estimated.
        on_progress: share 0-1 → False to stop.

    Returns:
        The services frame with ``valenza_calcolata``, ``punteggio``, ``punteggio_intercomunale``,
        ``punteggio_metropolitana`` (0-100), ``copertura`` (0-1), ``indicazione``, ``motivazione``
        and ``esito`` set anew; ``valenza_confermata`` is never touched. None when stopped.

    Source: DATO_RESTITUZIONE §9; INTERFACE §5; thresholds GEN-R01…R04 of the pack (``proposta``).
    """
    result = conform_services(services)
    count = len(result)
    computed = {name: known_values(values) for name, values in (computed or {}).items()}
    columns = {
        name: np.full(count, None, dtype=object)
        for name in ("valenza_calcolata", "indicazione", "motivazione")
    }
    numbers = {
        name: np.full(count, np.nan)
        for name in (
            "punteggio",
            "punteggio_intercomunale",
            "punteggio_metropolitana",
            "copertura",
        )
    }
    codes = result["codice_sttm"].to_numpy(dtype=object)
    stored = stored_attributes(result["attributi"])
    groups = _groups(codes)
    done = 0
    for code, rows in groups.items():
        category = pack.categorie.get(code)
        if category is not None:
            part = _classify_category(result, rows, stored, category, pack, computed)
            for name, values in part.items():
                (columns if name in columns else numbers)[name][rows] = values
        done += rows.size
        if on_progress is not None and not on_progress(done / max(count, 1)):
            return None
    for name, values in {**columns, **numbers}.items():
        result[name] = values
    result["esito"] = esito_of(result["valenza_dichiarata"], result["valenza_calcolata"])
    return result


def summary(classified):
    """Return how many services there are of each kind, and their area (schema VALENZA_SUMMARY).

    Rows are ordered by their fields; ``superficie_mq`` is NaN where no service has one.
    """
    keys = [name for name in names(VALENZA_SUMMARY) if name not in ("n", "superficie_mq")]
    zones = {}
    for istat in classified["istat"].unique():
        comune = comune_of(istat)
        zones[istat] = None if comune is None else comune.zona_omogenea
    frame = classified[[name for name in keys if name != "zona_omogenea"]].assign(
        zona_omogenea=classified["istat"].map(zones), superficie_mq=classified["superficie_mq"]
    )
    groups = frame.groupby(keys, dropna=False, sort=True)["superficie_mq"]
    table = groups.agg(n="size", superficie_mq=lambda areas: areas.sum(min_count=1)).reset_index()
    return table[names(VALENZA_SUMMARY)]


def esito_of(dichiarata, calcolata):
    """Return the outcome of the declared valenza against the computed one, object (n,).

    Declared NULL counts as locale. Source: INTERFACE §5, *Esito*.
    """
    outcomes = np.full(len(calcolata), None, dtype=object)
    for number, (declared, found) in enumerate(zip(dichiarata, calcolata)):
        outcomes[number] = _esito(declared, found)
    return outcomes


def _esito(declared, found):
    if found not in _RANK:
        return "da_verificare"
    if declared == "sovracomunale":
        return "sovradichiarato" if found == "locale" else "coerente"
    difference = _RANK.get(declared, 0) - _RANK[found]
    if difference > 0:
        return "sovradichiarato"
    return "sottodichiarato" if difference < 0 else "coerente"


def _groups(codes):
    """Return {code: positions} for the codes that are not None."""
    groups: dict = {}
    for position, code in enumerate(codes):
        if code is not None:
            groups.setdefault(code, []).append(position)
    return {code: np.asarray(rows) for code, rows in groups.items()}


# Attributes -------------------------------------------------------------------------------


def attribute_values(frame, rows, stored, attribute, unit, pack, computed):
    """Return the values of an attribute and their nature, object (k,) each, None where missing.

    In order: the field of that name, ``attributi``, ``tipo_specifico`` where the pack says it gives
    the attribute, ``capacita`` where ``capacita_um`` is the unit, the value computed in this run.
    A value is a text or a finite float.
    """
    values = np.full(rows.size, None, dtype=object)
    nature = np.full(rows.size, None, dtype=object)

    def fill(found, natura):
        free = np.equal(values, None) & np.not_equal(found, None)
        values[free] = found[free]
        nature[free] = natura if isinstance(natura, str) else natura[free]

    def column(name):
        return frame[name].to_numpy(dtype=object)[rows]

    field = FIELD_OF.get(attribute, attribute)
    if field in _SERVICE_FIELDS:
        fill(known_values(column(field)), "rilevato")
    if attribute in stored:
        found, natures = stored[attribute]
        fill(found[rows], natures[rows])
    kinds = {
        kind.tipo_specifico: kind.valore
        for code in set(column("codice_sttm"))
        for kind in pack.tipi_specifici.get(code, ())
        if kind.attributo == attribute
    }
    if kinds:
        fill(each_value(column("tipo_specifico"), kinds.get), "dichiarato")
    if unit not in ("codice", "booleano", "quota 0-1", ""):
        wanted = {normalise(unit), normalise(attribute.replace("_", " "))}
        ours = [um for um in set(column("capacita_um")) if um and normalise_code(um) in wanted]
        if ours:
            sizes = known_values(column("capacita"))
            fill(np.where(np.isin(column("capacita_um"), ours), sizes, None), "rilevato")
    if attribute in computed:
        fill(computed[attribute][rows], "stimato")
    return values, nature


_SERVICE_FIELDS = frozenset(names(SERVICES)) - {"attributi"}


_COMPARE = {
    ">=": lambda number, limit: number >= limit - _SLACK,
    ">": lambda number, limit: number > limit + _SLACK,
    "<=": lambda number, limit: number <= limit + _SLACK,
    "<": lambda number, limit: number < limit - _SLACK,
    "=": lambda number, limit: abs(number - limit) <= _SLACK,
}


def meets(rule, value):
    """Return whether a value meets a rule; None when the value can't be compared with it.

    Limits include their end where the operator does, with 1e-9 slack.
    """
    if rule.operatore == "in":
        return normalise_code(value) in {normalise_code(code) for code in rule.soglia}
    if isinstance(rule.soglia, str):
        if normalise(rule.soglia) in _YES:
            return normalise(value) not in _NO if isinstance(value, str) else bool(value)
        return normalise_code(value) == normalise_code(rule.soglia)
    number = finite_number(value)
    if number is None:
        return None
    return _COMPARE[rule.operatore](number, float(rule.soglia))


def normalise_code(value):
    """Return a code as codes are compared: "DEA II" and "dea_ii" are one."""
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return normalise(text.replace("_", " "))


# One category ------------------------------------------------------------------------------


class Reading:
    """The values of an attribute: each distinct one with its nature, and where it stands.

    Attributes:
        distinct: list of (value, nature). inverse: int (n,), the position of each service's own.
    """

    def __init__(self, values, nature):
        positions: dict = {}
        self.inverse = np.fromiter(
            (positions.setdefault(pair, len(positions)) for pair in zip(values, nature)),
            dtype=np.intp,
            count=len(values),
        )
        self.distinct = list(positions)
        self.estimated = np.array([nature == "stimato" for _, nature in self.distinct], dtype=bool)

    def tried(self, rule):
        """Return (known, met) of a rule for each distinct value, bool (m,) each."""
        known = np.zeros(len(self.distinct), dtype=bool)
        met = np.zeros(len(self.distinct), dtype=bool)
        for position, (value, _) in enumerate(self.distinct):
            outcome = None if value is None else meets(rule, value)
            known[position], met[position] = outcome is not None, bool(outcome)
        return known, met


class Tried:
    """Each rule tried on the services of one category.

    Attributes:
        rules: tuple (r,). readings: Reading of each. tables: (known, met) of its distinct values.
        known, met, estimated: bool (r, n).
    """

    def __init__(self, frame, rows, stored, rules, pack, computed):
        self.rules = rules
        self.readings = []
        cache: dict = {}
        for rule in rules:
            # What is computed within a time limit differs from one valenza to the other.
            limited = (rule.attributo, rule.valenza) in computed
            key = (rule.attributo, rule.unita, rule.valenza if limited else None)
            if key not in cache:
                given = {rule.attributo: computed[key[0], key[2]]} if limited else computed
                found = attribute_values(frame, rows, stored, *key[:2], pack, given)
                cache[key] = Reading(*found)
            self.readings.append(cache[key])
        self.tables = [reading.tried(rule) for reading, rule in zip(self.readings, rules)]
        self.known = np.zeros((len(rules), rows.size), dtype=bool)
        self.met = np.zeros((len(rules), rows.size), dtype=bool)
        self.estimated = np.zeros((len(rules), rows.size), dtype=bool)
        for number, (reading, (known, met)) in enumerate(zip(self.readings, self.tables)):
            self.known[number] = known[reading.inverse]
            self.met[number] = met[reading.inverse]
            self.estimated[number] = reading.estimated[reading.inverse]

    def pick(self, test):
        """Return the positions of the rules a test takes."""
        return [number for number, rule in enumerate(self.rules) if test(rule)]

    def any_met(self, numbers):
        """Return where at least one of these rules is met."""
        return self.met[numbers].any(axis=0) if numbers else np.zeros(self.met.shape[1], dtype=bool)

    def any_failed(self, numbers):
        """Return where at least one of these rules has a value that doesn't meet it."""
        failed = self.known & ~self.met
        return failed[numbers].any(axis=0) if numbers else np.zeros(failed.shape[1], dtype=bool)

    def score(self, level, estimated_weight):
        """Return (S, C) of a level: S NaN where no rule has a value, C the nominal share."""
        numbers = self.pick(
            lambda rule: (
                rule.valenza == level
                and rule.peso > 0
                and rule.tipo_regola in ("graduata", "necessaria")
            )
        )
        count = self.met.shape[1]
        if not numbers:
            return np.full(count, np.nan), np.zeros(count)
        nominal = np.array([self.rules[number].peso for number in numbers])[:, None]
        known = self.known[numbers]
        weight = nominal * np.where(self.estimated[numbers], estimated_weight, 1.0) * known
        total = weight.sum(axis=0)
        reached = (weight * self.met[numbers]).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.where(total > 0, reached / total, np.nan)
        return score, (nominal * known).sum(axis=0) / nominal.sum()


def _classify_category(frame, rows, stored, category, pack, computed):
    rules = pack.rules_for(category.codice)
    tried = Tried(frame, rows, stored, rules, pack, computed)
    minimum, coverage_minimum = pack.parametri["GEN-R01"], pack.parametri["GEN-R02"]
    margin, estimated = pack.parametri["GEN-R04"], pack.parametri["GEN-R03"]
    scores = {level: tried.score(level, estimated) for level in LEVELS}
    s_int, c_int = scores["intercomunale"]
    s_met, c_met = scores["metropolitana"]
    with np.errstate(invalid="ignore"):
        high_int, high_met = s_int >= minimum - _SLACK, s_met >= minimum - _SLACK
        near = {level: np.abs(scores[level][0] - minimum) <= margin + _SLACK for level in LEVELS}
    covered_int = c_int >= coverage_minimum - _SLACK
    covered_met = c_met >= coverage_minimum - _SLACK
    sufficient = {
        (formal, level): tried.any_met(
            tried.pick(
                lambda rule, formal=formal, level=level: (
                    rule.tipo_regola == "sufficiente"
                    and rule.valenza == level
                    and (rule.dimensione == _FORMAL) == formal
                )
            )
        )
        for formal in (True, False)
        for level in _RANK
    }
    failed = {
        level: tried.any_failed(
            tried.pick(
                lambda rule, level=level: rule.tipo_regola == "necessaria" and rule.valenza == level
            )
        )
        for level in (*LEVELS, "ingresso")
    }
    reached_int = high_int & covered_int & ~failed["intercomunale"]
    reached_met = high_met & covered_met & ~failed["metropolitana"]
    valenza = np.full(rows.size, "locale", dtype=object)
    decided = np.full(rows.size, "intercomunale", dtype=object)
    # From what weighs least to what weighs most: each later line overrules those above.
    limit = near["intercomunale"] & ~failed["intercomunale"]
    valenza[limit] = AL_LIMITE
    valenza[reached_int & ~near["intercomunale"]] = "intercomunale"
    valenza[~covered_int] = NON_DETERMINABILE
    floor = sufficient[(False, "intercomunale")]
    valenza[floor] = np.where(failed["intercomunale"][floor], AL_LIMITE, "intercomunale")
    by_score_met = reached_met & (covered_int | floor)
    valenza[by_score_met] = np.where(
        near["metropolitana"][by_score_met], AL_LIMITE, "metropolitana"
    )
    decided[by_score_met] = "metropolitana"
    top = sufficient[(False, "metropolitana")]
    valenza[top] = np.where(failed["metropolitana"][top], AL_LIMITE, "metropolitana")
    decided[top] = "metropolitana"
    closed = sufficient[(False, "locale")]
    valenza[closed] = "locale"
    decided[closed] = "intercomunale"
    valenza[failed["ingresso"]] = "locale"
    decided[failed["ingresso"]] = "intercomunale"
    judged = category.tipo_riga == "categoria"
    if not judged:
        valenza[:] = "locale" if category.tipo_riga == "locale" else FUORI_TASSONOMIA
        decided[:] = "intercomunale"
    valenza[sufficient[(True, "locale")]] = "locale"
    decided[sufficient[(True, "locale")]] = "intercomunale"
    # An intercomunale act is a floor; whoever leaves the category or is closed stays on it.
    act = sufficient[(True, "intercomunale")]
    above = (top & ~failed["metropolitana"]) | (reached_met & ~near["metropolitana"])
    raised = act & above & ~closed & ~failed["ingresso"] & judged
    valenza[act] = np.where(raised[act], "metropolitana", "intercomunale")
    decided[act] = np.where(raised[act], "metropolitana", "intercomunale")
    act_top = sufficient[(True, "metropolitana")]
    valenza[act_top] = "metropolitana"
    decided[act_top] = "metropolitana"
    on_top = decided == "metropolitana"
    indication = np.where(high_met, "metropolitana", np.where(high_int, "intercomunale", "locale"))
    # A level that the score never came to decide has nothing to say of its data.
    scored = judged & ~closed & ~failed["ingresso"] & ~on_top
    unknown = valenza == NON_DETERMINABILE
    notes = _notes(unknown, scored & ~unknown, c_int, c_met, pack)
    silent = np.isnan(s_int) & np.isnan(s_met)
    indication = indication.astype(object)
    indication[silent] = None
    return {
        "valenza_calcolata": valenza,
        "punteggio": 100 * np.where(on_top, s_met, s_int),
        "punteggio_intercomunale": 100 * s_int,
        "punteggio_metropolitana": 100 * s_met,
        "copertura": np.where(on_top, c_met, c_int),
        "indicazione": indication,
        "motivazione": reasons(tried, notes),
    }


def _notes(unknown, scored, c_int, c_met, pack):
    """Return the line of ``motivazione`` on data that are too few, "" where they are enough."""
    rule = next(rule for rule in pack.regole if rule.codice_regola == COVERAGE_RULE)
    notes = np.full(unknown.size, "", dtype=object)
    not_known = "la valenza non è determinabile"
    not_reached = "la valenza metropolitana conta come non raggiunta"
    for where, level, shares, effect in (
        (unknown, "intercomunale", c_int, not_known),
        (scored, "metropolitana", c_met, not_reached),
    ):
        few = where & (shares < rule.soglia - _SLACK)
        for share in np.unique(shares[few]):
            notes[few & (shares == share)] = too_few_data(rule, level, float(share), effect)
    return notes
