"""The computed valenza: rules, scores, coverage, and the reasons of each (INTERFACE §5)."""

from __future__ import annotations

import json

import numpy as np

from .documents import compact_json
from .reference import comune_of
from .schema import SERVICES, VALENZA_SUMMARY, conform_services, names
from .text import normalise

AL_LIMITE = "al_limite"
NON_DETERMINABILE = "non_determinabile"
FUORI_TASSONOMIA = "fuori_tassonomia"
LEVELS = ("intercomunale", "metropolitana")
_RANK = {"locale": 0, "intercomunale": 1, "metropolitana": 2}
_SLACK = 1e-9
_FORMAL = "atto formale"
_COVERAGE_RULE = "GEN-R02"

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
# Said not to be known: as good as missing.
_UNKNOWN = frozenset(("", "nn", "nd", "non noto", "non nota", "non disponibile"))


def classify(services, pack, computed=None, on_progress=None):
    """Give each service its valenza, its scores, the share of data they rest on, and why.

    Args:
        services: services frame. pack: ``core.pack.Pack``.
        computed: {attribute: (values, object (n,), None where not determinable)} made in this
            run; they count as estimated.
        on_progress: share 0-1 → False to stop.

    Returns:
        The services frame with ``valenza_calcolata``, ``punteggio``, ``punteggio_intercomunale``,
        ``punteggio_metropolitana`` (0-100), ``copertura`` (0-1), ``indicazione``, ``motivazione``
        and ``esito`` set anew; ``valenza_confermata`` is never touched. None when stopped.

    Source: DATO_RESTITUZIONE §9; INTERFACE §5; thresholds GEN-R01…R04 of the pack (``proposta``).
    """
    result = conform_services(services)
    count = len(result)
    computed = computed or {}
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
    stored = _stored_attributes(result["attributi"])
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


def _stored_attributes(column):
    """Return the ``attributi`` of each service as a dict, {} where they are none or bad."""
    stored = []
    memo: dict = {}
    for text in column:
        if text is None:
            stored.append({})
            continue
        if text not in memo:
            try:
                content = json.loads(text)
            except (ValueError, RecursionError):
                content = {}
            memo[text] = content if isinstance(content, dict) else {}
        stored.append(memo[text])
    return stored


# Attributes -------------------------------------------------------------------------------


def attribute_values(frame, rows, stored, attribute, unit, pack, computed):
    """Return the values of an attribute and their nature, object (k,) each, None where missing.

    In order: the field of that name, ``attributi``, ``tipo_specifico`` where the pack says it gives
    the attribute, ``capacita`` where ``capacita_um`` is the unit, the value computed in this run.
    """
    values = np.full(rows.size, None, dtype=object)
    nature = np.full(rows.size, None, dtype=object)

    def fill(found, natura):
        free = np.array([value is None for value in values], dtype=bool)
        for position in np.flatnonzero(free):
            value = _known(found[position])
            if value is None:
                continue
            values[position] = value
            nature[position] = natura if isinstance(natura, str) else natura[position]

    field = FIELD_OF.get(attribute, attribute)
    if field in _SERVICE_FIELDS:
        fill(frame[field].to_numpy(dtype=object)[rows], "rilevato")
    entries = [_entry(stored[row].get(attribute)) for row in rows]
    fill([value for value, _ in entries], [natura for _, natura in entries])
    kinds = {
        kind.tipo_specifico: kind.valore
        for code in set(frame["codice_sttm"].to_numpy(dtype=object)[rows])
        for kind in pack.tipi_specifici.get(code, ())
        if kind.attributo == attribute
    }
    if kinds:
        specific = frame["tipo_specifico"].to_numpy(dtype=object)[rows]
        fill([kinds.get(value) for value in specific], "dichiarato")
    if unit not in ("codice", "booleano", "quota 0-1", ""):
        wanted = {normalise(unit), normalise(attribute.replace("_", " "))}
        units = frame["capacita_um"].to_numpy(dtype=object)[rows]
        sizes = frame["capacita"].to_numpy(dtype=object)[rows]
        fill(
            [
                size if um is not None and normalise(um.replace("_", " ")) in wanted else None
                for um, size in zip(units, sizes)
            ],
            "rilevato",
        )
    if attribute in computed:
        fill(np.asarray(computed[attribute], dtype=object)[rows], "stimato")
    return values, nature


_SERVICE_FIELDS = frozenset(names(SERVICES)) - {"attributi"}


def _known(value):
    """Return a value the rules can read, a text or a float; None where there is none.

    A yes or no becomes "si" or "no": it is no number. A list, an infinity, "non noto" are none.
    """
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool):
        return "si" if value else "no"
    if isinstance(value, str):
        return None if normalise(value) in _UNKNOWN else value
    return _number(value) if isinstance(value, (int, float)) else None


def _number(value):
    """Return a value as a finite float, None where it isn't one."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if np.isfinite(number) else None


def _entry(stored):
    if isinstance(stored, dict):
        return stored.get("valore"), normalise(stored.get("natura")) or "rilevato"
    return stored, "dichiarato"


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
    number = _number(value)
    if number is None:
        return None
    limit = float(rule.soglia)
    return {
        ">=": number >= limit - _SLACK,
        ">": number > limit + _SLACK,
        "<=": number <= limit + _SLACK,
        "<": number < limit - _SLACK,
        "=": abs(number - limit) <= _SLACK,
    }[rule.operatore]


def normalise_code(value):
    """Return a code as codes are compared: "DEA II" and "dea_ii" are one."""
    return normalise(str(value).replace("_", " "))


# One category ------------------------------------------------------------------------------


class _Outcomes:
    """Each rule tried on the services of one category."""

    def __init__(self, frame, rows, stored, rules, pack, computed):
        self.rules = rules
        shape = (len(rules), rows.size)
        self.known = np.zeros(shape, dtype=bool)
        self.met = np.zeros(shape, dtype=bool)
        self.values = np.full(shape, None, dtype=object)
        self.nature = np.full(shape, None, dtype=object)
        cache: dict = {}
        for number, rule in enumerate(rules):
            key = (rule.attributo, rule.unita)
            if key not in cache:
                cache[key] = attribute_values(frame, rows, stored, *key, pack, computed)
            self.values[number], self.nature[number] = cache[key]
            memo: dict = {}
            for position, value in enumerate(self.values[number]):
                if value is None:
                    continue
                found = memo.get(value, "new") if _hashable(value) else "new"
                if found == "new":
                    found = meets(rule, value)
                    if _hashable(value):
                        memo[value] = found
                if found is not None:
                    self.known[number, position] = True
                    self.met[number, position] = found

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
        weight = (
            nominal * np.where(self.nature[numbers] == "stimato", estimated_weight, 1.0) * known
        )
        total = weight.sum(axis=0)
        reached = (weight * self.met[numbers]).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.where(total > 0, reached / total, np.nan)
        return score, (nominal * known).sum(axis=0) / nominal.sum()


def _hashable(value):
    return isinstance(value, (str, int, float, bool))


def _classify_category(frame, rows, stored, category, pack, computed):
    rules = pack.rules_for(category.codice)
    tried = _Outcomes(frame, rows, stored, rules, pack, computed)
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
        "motivazione": _reasons(tried, _coverage_rows(valenza, c_int, c_met, judged, pack)),
    }


def _coverage_rows(valenza, c_int, c_met, judged, pack):
    """Return what ``motivazione`` says of data that are too few, one dict or None each."""
    rule = next(rule for rule in pack.regole if rule.codice_regola == _COVERAGE_RULE)
    rows = np.full(valenza.size, None, dtype=object)
    if not judged:
        return rows
    for position, outcome in enumerate(valenza):
        if outcome == NON_DETERMINABILE:
            level, share = "intercomunale", c_int[position]
            effect = "la valenza non è determinabile"
        else:
            level, share = "metropolitana", c_met[position]
            effect = "la valenza metropolitana conta come non raggiunta"
        if outcome == "metropolitana" or share >= rule.soglia - _SLACK:
            continue
        rows[position] = {
            "criterio": rule.codice_regola,
            "valore": float(share),
            "natura": "calcolato",
            "soglia": rule.soglia,
            "unita": rule.unita,
            "esito": "non_soddisfatta",
            "peso": 0.0,
            "margine": float(share - rule.soglia),
            "provenienza": rule.provenienza,
            "verificato": rule.verificato,
            "riferimento": (
                f"{rule.riferimento}. Dati noti per il {_percent(share)} del peso dei criteri "
                f"della valenza {level}, sotto il minimo del {_percent(rule.soglia)}: {effect}"
            ),
        }
    return rows


def _percent(share):
    """Return a share as Italians write it: 0.125 → "12,5%"."""
    return f"{100 * share:.1f}".replace(".0", "").replace(".", ",") + "%"


def _reasons(tried, coverage_rows):
    """Return the ``motivazione`` of each service: what each rule found, as JSON text."""
    count = tried.met.shape[1]
    written = np.full(count, None, dtype=object)
    order = sorted(range(len(tried.rules)), key=lambda number: tried.rules[number].codice_regola)
    for position in range(count):
        lines = [] if coverage_rows[position] is None else [coverage_rows[position]]
        for number in order:
            rule = tried.rules[number]
            if rule.tipo_regola == "residuale":
                continue
            known = tried.known[number, position]
            value = tried.values[number, position]
            lines.append(
                {
                    "criterio": rule.codice_regola,
                    "valore": value if known else None,
                    "natura": tried.nature[number, position] if known else None,
                    "soglia": list(rule.soglia) if isinstance(rule.soglia, tuple) else rule.soglia,
                    "unita": rule.unita,
                    "esito": _RESULT[(bool(known), bool(tried.met[number, position]))],
                    "peso": rule.peso,
                    "margine": _margin(rule, value) if known else None,
                    "provenienza": rule.provenienza,
                    "verificato": rule.verificato,
                    "riferimento": rule.riferimento,
                }
            )
        written[position] = compact_json(lines)
    return written


_RESULT = {
    (False, False): "non_valutabile",
    (True, False): "non_soddisfatta",
    (True, True): "soddisfatta",
}


def _margin(rule, value):
    """Return how far a number is from the threshold, positive on the side that meets the rule."""
    if isinstance(rule.soglia, (str, tuple)):
        return None
    difference = float(value) - float(rule.soglia)
    return -difference if rule.operatore in ("<", "<=") else difference
