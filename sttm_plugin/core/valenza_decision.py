"""From rules tried to a valenza: order of precedence, scores, and what decided (INTERFACE §5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AL_LIMITE = "al_limite"
NON_DETERMINABILE = "non_determinabile"
FUORI_TASSONOMIA = "fuori_tassonomia"
LEVELS = ("intercomunale", "metropolitana")
RANK = {"locale": 0, "intercomunale": 1, "metropolitana": 2}
SLACK = 1e-9
_FORMAL = "atto formale"

# The parameters of the model, by name: a pack may give them any code.
MINIMUM, COVERAGE = "punteggio_minimo_valenza", "copertura_minima_dati"
ESTIMATE, GREY = "peso_dato_stimato", "margine_zona_grigia"
MODEL = (MINIMUM, COVERAGE, ESTIMATE, GREY)


@dataclass
class Model:
    """The numbers of the model, and the code each goes by.

    Attributes:
        minimum, coverage, estimate, grey: numbers. codes: {name: code}. residual: code of the
            rule that says what is left is local, "" where the pack has none.
    """

    minimum: float
    coverage: float
    estimate: float
    grey: float
    codes: dict
    residual: str


def model_of(pack) -> Model:
    """Return the model of a pack."""
    codes = {name: name for name in MODEL}
    residual = ""
    for rule in pack.regole:
        if rule.tipo_regola == "parametro" and rule.attributo in codes:
            codes[rule.attributo] = rule.codice_regola
        elif rule.tipo_regola == "residuale" and rule.valenza == "locale" and not residual:
            residual = rule.codice_regola
    return Model(*(pack.parametri[codes[name]] for name in MODEL), codes, residual)


def model_names(pack) -> set:
    """Return the names and codes the parameters of the model go by."""
    return {*MODEL, *model_of(pack).codes.values()}


@dataclass
class Verdict:
    """What the model says of some services, arrays (n,).

    Attributes:
        valenza: object. on_top: bool, the metropolitana is what decided.
        scores: {level: (S, C)}, float64, S NaN where no rule of the level has a value.
        decisive: object, the code of the rule or parameter that decided, "" where none did.
        indication: object, what the score alone would say.
        told: bool, the metropolitana was left to its score, that may have too few data.
    """

    valenza: np.ndarray
    on_top: np.ndarray
    scores: dict
    decisive: np.ndarray
    indication: np.ndarray
    told: np.ndarray


def decide(states, category, model) -> Verdict:
    """Give each service the valenza its tried rules lead to.

    Args:
        states: ``core.valenza_tried.States``. category: ``core.pack.Categoria``.
        model: ``Model``.

    Source: DATO_RESTITUZIONE §9; INTERFACE §5; thresholds of the pack (``proposta``).
    """
    scores = {level: states.score(level, model.estimate) for level in LEVELS}
    s_int, c_int = scores["intercomunale"]
    s_met, c_met = scores["metropolitana"]
    minimum = model.minimum
    with np.errstate(invalid="ignore"):
        high_int, high_met = s_int >= minimum - SLACK, s_met >= minimum - SLACK
        near = {level: np.abs(scores[level][0] - minimum) <= model.grey + SLACK for level in LEVELS}
    covered_int = c_int >= model.coverage - SLACK
    covered_met = c_met >= model.coverage - SLACK
    step = _Steps(states, model)
    failed = {level: step.failed(level) for level in (*LEVELS, "ingresso")}
    reached_int = high_int & covered_int & ~failed["intercomunale"]
    reached_met = high_met & covered_met & ~failed["metropolitana"]
    judged = category.tipo_riga == "categoria"
    # From what weighs least to what weighs most: each later line overrules those above.
    step.say("locale", "intercomunale", True, model.residual)
    limit = near["intercomunale"] & ~failed["intercomunale"]
    step.say(AL_LIMITE, "intercomunale", limit, model.codes[GREY])
    clear = reached_int & ~near["intercomunale"]
    step.say("intercomunale", "intercomunale", clear, model.codes[MINIMUM])
    step.say(NON_DETERMINABILE, "intercomunale", ~covered_int, model.codes[COVERAGE])
    floor = step.sufficient("intercomunale", False)
    step.say("intercomunale", "intercomunale", floor, step.which)
    halted = floor & failed["intercomunale"]
    step.say(AL_LIMITE, "intercomunale", halted, step.which_failed("intercomunale"))
    by_score_met = reached_met & (covered_int | floor)
    step.say("metropolitana", "metropolitana", by_score_met, model.codes[MINIMUM])
    unsure = by_score_met & near["metropolitana"]
    step.say(AL_LIMITE, "metropolitana", unsure, model.codes[GREY])
    top = step.sufficient("metropolitana", False)
    top_rule = step.which
    step.say("metropolitana", "metropolitana", top, top_rule)
    halted = top & failed["metropolitana"]
    step.say(AL_LIMITE, "metropolitana", halted, step.which_failed("metropolitana"))
    closed = step.sufficient("locale", False)
    closing = step.which
    step.say("locale", "intercomunale", closed, closing)
    step.say("locale", "intercomunale", failed["ingresso"], step.which_failed("ingresso"))
    if not judged:
        kind = "locale" if category.tipo_riga == "locale" else FUORI_TASSONOMIA
        why = np.where(closed, closing, model.residual if kind == "locale" else "")
        step.say(kind, "intercomunale", True, why)
    act = step.sufficient("locale", True)
    step.say("locale", "intercomunale", act, step.which)
    # An intercomunale act is a floor; whoever leaves the category or is closed stays on it.
    act = step.sufficient("intercomunale", True)
    step.say("intercomunale", "intercomunale", act, step.which)
    by_rule = top & ~failed["metropolitana"]
    above = by_rule | (reached_met & ~near["metropolitana"])
    raised = act & above & ~closed & ~failed["ingresso"] & judged
    why = np.where(by_rule, top_rule, model.codes[MINIMUM])
    step.say("metropolitana", "metropolitana", raised, why)
    act = step.sufficient("metropolitana", True)
    step.say("metropolitana", "metropolitana", act, step.which)
    indication = np.where(high_met, "metropolitana", np.where(high_int, "intercomunale", "locale"))
    indication = indication.astype(object)
    indication[np.isnan(s_int) & np.isnan(s_met)] = None
    # A level that the score never came to decide has nothing to say of its data.
    told = judged & ~closed & ~failed["ingresso"] & ~step.on_top
    return Verdict(step.valenza, step.on_top, scores, step.decisive, indication, told)


class _Steps:
    """The verdicts as each step of the precedence leaves them."""

    def __init__(self, states, model):
        count = states.known.shape[1]
        self._states = states
        self.valenza = np.full(count, None, dtype=object)
        self.on_top = np.zeros(count, dtype=bool)
        self.decisive = np.full(count, "", dtype=object)
        self.which = self.decisive

    def say(self, valenza, level, where, why):
        """Overrule what was said before: ``why`` is a code, or one for each service."""
        where = np.broadcast_to(where, self.on_top.shape)
        self.valenza[where] = valenza
        self.on_top[where] = level == "metropolitana"
        self.decisive[where] = why if isinstance(why, str) else why[where]

    def sufficient(self, level, formal):
        """Return where a rule that suffices is met; ``which`` keeps the first one's code."""
        numbers = self._states.pick(
            lambda rule: (
                rule.tipo_regola == "sufficiente"
                and rule.valenza == level
                and (rule.dimensione == _FORMAL) == formal
            )
        )
        self.which = self._first(numbers, self._states.met)
        return self.which != ""

    def failed(self, level):
        """Return where a necessary rule of a level has a value that doesn't meet it."""
        return self.which_failed(level) != ""

    def which_failed(self, level):
        """Return the code of the first necessary rule of a level that isn't met."""
        numbers = self._states.pick(
            lambda rule: rule.tipo_regola == "necessaria" and rule.valenza == level
        )
        return self._first(numbers, self._states.known & ~self._states.met)

    def _first(self, numbers, table):
        found = np.full(self.on_top.shape, "", dtype=object)
        for number in reversed(numbers):
            found[table[number]] = self._states.rules[number].codice_regola
        return found
