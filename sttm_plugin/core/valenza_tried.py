"""The rules of the valenza tried on the services: what each reads, and whether it is met."""

from __future__ import annotations

import numpy as np

from .progress import ask
from .schema import SERVICES, names
from .text import normalise
from .valenza_values import each_value, finite_number, known_values, stored_attributes

_SLACK = 1e-9

# The names the rules use for a field of the service layer.
FIELD_OF = {
    "area_mq": "superficie_mq",
    "quota_utenti_esterni": "utenti_fuori_comune",
    "codice_categoria": "codice_sttm",
}
SERVICE_FIELDS = frozenset(names(SERVICES)) - {"attributi"}
# What is no quantity has no unit a capacity could be in.
_NO_QUANTITY = ("codice", "booleano", "quota 0-1", "")
_YES = frozenset(("si", "vero", "true", "1", "yes"))
_NO = frozenset(("no", "falso", "false", "0", "nessuno", "nessuna"))


def attribute_values(column, stored, rows, attribute, unit, pack, computed):
    """Return the values of an attribute and their nature, object (k,) each, None where missing.

    In order: the field of that name, ``attributi``, ``tipo_specifico`` where the pack says it gives
    the attribute, ``capacita`` where ``capacita_um`` is the unit, the value computed in this run.
    A value is a text or a finite float.

    Args:
        column: field → its values for the services of ``rows``, object (k,).
        stored: what ``attributi`` hold (``stored_attributes``), of all services.
    """
    ask()
    values = np.full(rows.size, None, dtype=object)
    nature = np.full(rows.size, None, dtype=object)

    def fill(found, natura):
        free = np.equal(values, None) & np.not_equal(found, None)
        values[free] = found[free]
        nature[free] = natura if isinstance(natura, str) else natura[free]

    field = FIELD_OF.get(attribute, attribute)
    if field in SERVICE_FIELDS:
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
    if unit not in _NO_QUANTITY:
        wanted = {normalise(unit), normalise(attribute.replace("_", " "))}
        ours = [um for um in set(column("capacita_um")) if um and normalise_code(um) in wanted]
        if ours:
            sizes = known_values(column("capacita"))
            fill(np.where(np.isin(column("capacita_um"), ours), sizes, None), "rilevato")
    if attribute in computed:
        fill(computed[attribute][rows], "stimato")
    return values, nature


def source_of(rule, pack) -> str:
    """Return where the value of a rule may come from, in Italian, in the order it is looked for."""
    attribute = rule.attributo
    field = FIELD_OF.get(attribute, attribute)
    places = [f"campo {field}"] if field in SERVICE_FIELDS else []
    places.append(f"«{attribute}» in attributi")
    if any(
        kind.attributo == attribute
        for code, kinds in pack.tipi_specifici.items()
        if rule.codice_categoria in ("*", code)
        for kind in kinds
    ):
        places.append("campo tipo_specifico")
    if rule.unita not in _NO_QUANTITY:
        places.append(f"campo capacita con unità «{rule.unita}»")
    if attribute in COMPUTED_FROM:
        places.append(f"calcolato con {COMPUTED_FROM[attribute]}")
    return "; ".join(places)


_CATCHMENT = "POPULATION con i servizi di tutti i comuni intorno (e NETWORK, COMUNI)"
# What this plugin computes (core.attributes), and what it asks for.
COMPUTED_FROM = {
    "ente_programmatore_sovracomunale": "il campo ente_pianificatore",
    "n_simili_comuni_contermini": "i servizi di tutti i comuni contermini",
    "n_simili_cmm": "i servizi dei 133 comuni",
    "eccedenza_capacita": "il campo capacita e gli abitanti del comune",
    "rango_lum": "LUM",
    "in_lum_polo_o_citta_centrale": "il campo istat e LUM",
    "attraversa_confine_comunale": "COMUNI",
    "pop_2km_altri_comuni_ab": "POPULATION con tutti i comuni contermini",
    "in_plis_o_parco_regionale_attrezzato": "PROTECTED con il tipo di parco",
    "servizio_viaggiatori": "GTFS",
    "n_linee_ferroviarie": "GTFS",
    "frequenza_ora_punta_min": "GTFS",
    "corse_giorno": "GTFS",
    "interscambio_metropolitana": "GTFS o STOPS con le fermate della metropolitana",
    "n_comuni_linee": "GTFS e COMUNI",
    "n_linee_extraurbane": "GTFS e COMUNI",
    "linee_solo_interne_comune": "GTFS e COMUNI",
    "accessibilita_tpl_45_ab": "GTFS e POPULATION dei 133 comuni",
    "tempo_tpl_medio_min": "GTFS, POPULATION e utenti_per_comune in attributi",
    "pop_entro_20_min_ab": "POPULATION con tutti i comuni intorno (e NETWORK, COMUNI)",
    "mq_ab_parchi_urbani_territoriali": "le aree dei servizi dello stesso comune",
    "posti_letto_1000ab": "i posti letto dei servizi dei 133 comuni",
    "bacino_effettivo_ab": _CATCHMENT,
    "n_comuni_serviti": _CATCHMENT,
    "quota_utenti_esterni": _CATCHMENT,
    "quota_utenti_fuori_zo": _CATCHMENT,
    "n_zo_servite": _CATCHMENT,
}


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

    def numbers(self):
        """Return each service's value as a number, NaN where it is none, float64 (n,)."""
        found = [finite_number(value) for value, _ in self.distinct]
        return np.array([np.nan if one is None else one for one in found])[self.inverse]


class Values:
    """What the rules read of the services, looked for once and kept for the next pack.

    Attributes:
        groups: {code: positions of its services}.
    """

    def __init__(self, frame, computed=None):
        self.frame = frame
        self.computed = {name: known_values(values) for name, values in (computed or {}).items()}
        self.groups = _groups(frame["codice_sttm"].to_numpy(dtype=object))
        self._stored = stored_attributes(frame["attributi"])
        self._columns: dict = {}
        self._readings: dict = {}

    def reading(self, code, rule, pack) -> Reading:
        """Return the values a rule reads of the services of a category."""
        # What is computed within a time limit differs from one valenza to the other.
        limited = (rule.attributo, rule.valenza) in self.computed
        kinds = pack.tipi_specifici.get(code, ())
        key = (code, rule.attributo, rule.unita, rule.valenza if limited else None, kinds)
        if key not in self._readings:
            given = self.computed
            if limited:
                given = {rule.attributo: self.computed[rule.attributo, rule.valenza]}
            rows = self.groups[code]
            asked = (rule.attributo, rule.unita, pack, given)
            found = attribute_values(self._column_of(rows), self._stored, rows, *asked)
            self._readings[key] = Reading(*found)
        return self._readings[key]

    def _column_of(self, rows):
        def column(name):
            if name not in self._columns:
                self._columns[name] = self.frame[name].to_numpy(dtype=object)
            return self._columns[name][rows]

        return column


def _groups(codes):
    """Return {code: positions} for the codes that are not None."""
    groups: dict = {}
    for position, code in enumerate(codes):
        if code is not None:
            groups.setdefault(code, []).append(position)
    return {code: np.asarray(rows) for code, rows in groups.items()}


class States:
    """Whether each rule has a value, is met, rests on an estimate.

    Attributes:
        rules: tuple (r,). known, met, estimated: bool (r, n).
    """

    def __init__(self, rules, known, met, estimated):
        self.rules, self.known, self.met, self.estimated = rules, known, met, estimated

    def take(self, columns):
        """Return the states of some services, that may be changed."""
        parts = (self.known, self.met, self.estimated)
        return States(self.rules, *(part[:, columns] for part in parts))

    def patterns(self):
        """Return (states of the distinct patterns, int (n,) the pattern of each service)."""
        count = self.known.shape[1]
        if not count or not self.rules:
            return self.take(np.arange(min(count, 1))), np.zeros(count, dtype=np.intp)
        bits = np.packbits(np.concatenate((self.known, self.met, self.estimated)), axis=0)
        rows = np.ascontiguousarray(bits.T)
        keys = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        return self.take(first), inverse.ravel()

    def pick(self, test):
        """Return the positions of the rules a test takes."""
        return [number for number, rule in enumerate(self.rules) if test(rule)]

    def weighed(self, level):
        """Return the positions of the rules that make the score of a level."""
        return self.pick(
            lambda rule: (
                rule.valenza == level
                and rule.peso > 0
                and rule.tipo_regola in ("graduata", "necessaria")
            )
        )

    def score(self, level, estimated_weight):
        """Return (S, C) of a level: S NaN where no rule has a value, C the nominal share."""
        total, reached, known, nominal = self._weights(level, estimated_weight)
        with np.errstate(invalid="ignore", divide="ignore"):
            score = np.where(total > 0, reached / total, np.nan)
        return score, known / nominal if nominal else np.zeros(total.size)

    def score_range(self, level, estimated_weight):
        """Return (lowest, highest) S that the data that lack could give; NaN without rules.

        The rules without a value count their whole weight: none of them met, then all.
        """
        total, reached, known, nominal = self._weights(level, estimated_weight)
        if not nominal:
            return np.full(total.size, np.nan), np.full(total.size, np.nan)
        lacking = nominal - known
        return reached / (total + lacking), (reached + lacking) / (total + lacking)

    def _weights(self, level, estimated_weight):
        numbers = self.weighed(level)
        nominal = np.array([self.rules[number].peso for number in numbers])[:, None]
        known = self.known[numbers]
        weight = nominal * np.where(self.estimated[numbers], estimated_weight, 1.0) * known
        reached = (weight * self.met[numbers]).sum(axis=0)
        held = (nominal * known).sum(axis=0)
        return weight.sum(axis=0), reached, held, float(nominal.sum())


class Tried(States):
    """Each rule of a category tried on its services.

    Attributes:
        readings: Reading of each rule. tables: (known, met) of its distinct values.
    """

    def __init__(self, values, code, rules, pack):
        self.readings = [values.reading(code, rule, pack) for rule in rules]
        self.tables = [reading.tried(rule) for reading, rule in zip(self.readings, rules)]
        count = values.groups[code].size
        known = np.zeros((len(rules), count), dtype=bool)
        met, estimated = known.copy(), known.copy()
        for number, (reading, (one, other)) in enumerate(zip(self.readings, self.tables)):
            known[number] = one[reading.inverse]
            met[number] = other[reading.inverse]
            estimated[number] = reading.estimated[reading.inverse]
        super().__init__(rules, known, met, estimated)
