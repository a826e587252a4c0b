"""Why a valenza, in words: what decided, how far it is from changing, what could still change it.

The contract's ``motivazione`` keeps every test as it is; this adds the fields of VALENZA_EXPLAINED.
"""

from __future__ import annotations

import numpy as np

from .text import normalise, written
from .valenza_decision import (
    AL_LIMITE,
    COVERAGE,
    FUORI_TASSONOMIA,
    GREY,
    LEVELS,
    MINIMUM,
    NON_DETERMINABILE,
    RANK,
    decide,
)
from .valenza_reasons import percent
from .valenza_tried import meets

SENSITIVITY = "sensibilita"
_SHARE = "quota 0-1"
_NAMES = {AL_LIMITE: "al limite", NON_DETERMINABILE: "non determinabile"}
_BEYOND = 1e-6


def explained(judged, frame, rows, pack):
    """Return {field of VALENZA_EXPLAINED: object (n,)} for the services of one category.

    Args:
        judged: ``core.valenza.Judged``. frame: services; rows: int (n,), those of the category.

    *Margin*: of the tests whose numeric value, carried across its threshold (with every other
    test that reads the same value), would change the valenza, the nearest one relative to its
    threshold; signed as in ``motivazione``. *Fragile*: one numeric threshold moved by the
    pack's ``sensibilita`` would change the valenza. *Ranges*: the rules of the score without a
    value counted as not met, then as met; rules that suffice stay out until their datum is there.
    """
    count = rows.size
    found = {"regola_decisiva": judged.of_each(judged.verdict.decisive)}
    found["regola_decisiva"][found["regola_decisiva"] == ""] = None
    patterns, model = judged.patterns, judged.model
    judged_by_score = judged.category.tipo_riga == "categoria"
    for level in LEVELS:
        bounds = patterns.score_range(level, model.estimate)
        for end, values in zip(("min", "max"), bounds):
            found[f"{level}_{end}"] = judged.of_each(100 * values).astype(object)
    for name, favourable in (("valenza_min", False), ("valenza_max", True)):
        filled = _completed(patterns, favourable)
        found[name] = judged.of_each(decide(filled, judged.category, model).valenza)
    levers = _Levers(judged, pack) if judged_by_score else None
    fragile, why = _fragile(judged, pack.parametri[SENSITIVITY])
    found["fragile"], found["fragile_per"] = fragile.astype(object), why
    nearest = levers.nearest() if levers else [None] * count
    rules = judged.tried.rules
    for name in ("regola_vicina", "margine", "margine_um", "valenza_oltre"):
        found[name] = np.full(count, None, dtype=object)
    for position, lever in enumerate(nearest):
        if lever is not None:
            number, gap, beyond = lever
            found["regola_vicina"][position] = rules[number].codice_regola
            found["margine"][position] = gap
            found["margine_um"][position] = rules[number].unita or None
            found["valenza_oltre"][position] = beyond
    found["spiegazione"] = _sentences(judged, frame, rows, pack, found, nearest)
    return found


def _completed(patterns, favourable):
    """Return the states with every datum of the score there, against the service or for it."""
    filled = patterns.take(np.arange(patterns.known.shape[1]))
    scored = [number for level in LEVELS for number in filled.weighed(level)]
    scored += filled.pick(
        lambda rule: rule.tipo_regola == "necessaria" and rule.valenza in (*LEVELS, "ingresso")
    )
    for number in scored:
        lacking = ~filled.known[number]
        filled.met[number, lacking] = favourable
        filled.known[number] = True
    return filled


def _numeric(rule):
    return isinstance(rule.soglia, float) and rule.operatore != "="


def _flipped(judged, rule_numbers, pattern_numbers, change):
    """Return where a change of the states changes the valenza, and into what, (m,) each."""
    columns = np.asarray(pattern_numbers, dtype=np.intp)
    if not columns.size:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=object)
    states = judged.patterns.take(columns)
    change(states, np.asarray(rule_numbers, dtype=np.intp))
    valenza = decide(states, judged.category, judged.model).valenza
    return valenza != judged.verdict.valenza[columns], valenza


def _fragile(judged, share):
    """Return (bool, codes of the rules or None) of each service: see ``explained``."""
    tried, patterns = judged.tried, judged.patterns
    count = judged.pattern.size
    fragile = np.zeros(count, dtype=bool)
    why = np.full(count, None, dtype=object)
    if judged.category.tipo_riga != "categoria":
        return fragile, why
    toggled = {}
    for number, rule in enumerate(tried.rules):
        if not _numeric(rule):
            continue
        reading, (known, met) = tried.readings[number], tried.tables[number]
        moved = np.zeros(met.size, dtype=bool)
        for factor in (1 - share, 1 + share):
            at = _Threshold(rule.operatore, rule.soglia * factor)
            for position in np.flatnonzero(known):
                moved[position] |= meets(at, reading.distinct[position][0]) != met[position]
        if moved.any():
            toggled[number] = moved[reading.inverse]
    if not toggled:
        return fragile, why
    pairs = [
        (number, pattern)
        for number, here in toggled.items()
        for pattern in np.unique(judged.pattern[here])
    ]

    def change(states, numbers):
        at = np.arange(numbers.size)
        states.met[numbers, at] ^= True

    changed, _ = _flipped(judged, *zip(*pairs), change)
    flips = np.zeros((len(tried.rules), patterns.known.shape[1]), dtype=bool)
    for (number, pattern), one in zip(pairs, changed):
        flips[number, pattern] = one
    codes: list = [[] for _ in range(count)]
    for number in sorted(toggled, key=lambda one: tried.rules[one].codice_regola):
        for position in np.flatnonzero(toggled[number] & flips[number, judged.pattern]):
            fragile[position] = True
            codes[position].append(tried.rules[number].codice_regola)
    for position in np.flatnonzero(fragile):
        why[position] = ";".join(codes[position])
    return fragile, why


class _Threshold:
    """A numeric threshold to try: what ``meets`` reads of a rule."""

    def __init__(self, operatore, soglia):
        self.operatore, self.soglia = operatore, soglia


class _Levers:
    """The numeric tests that would change the valenza if their value crossed the threshold."""

    def __init__(self, judged, pack):
        self._judged = judged
        tried, patterns = judged.tried, judged.patterns
        self._rules = tried.rules
        numbers = [number for number, rule in enumerate(tried.rules) if _numeric(rule)]
        together = {
            number: [one for one in numbers if tried.readings[one] is tried.readings[number]]
            for number in numbers
        }
        pairs = [
            (number, pattern)
            for number in numbers
            for pattern in np.flatnonzero(patterns.known[number])
        ]
        of = np.array([number for number, _ in pairs], dtype=np.intp)

        def change(states, _):
            # The value goes to the threshold, or just beyond: each test that reads it follows.
            for number in numbers:
                rule = tried.rules[number]
                here = np.flatnonzero(of == number)
                now = states.met[number, here].copy()
                for one in together[number]:
                    for met in (False, True):
                        there = meets(tried.rules[one], _crossing(rule, not met))
                        states.met[one, here[now == met]] = there

        changed, valenza = _flipped(judged, of, [pattern for _, pattern in pairs], change)
        self._levers: dict = {}
        for (number, pattern), one, beyond in zip(pairs, changed, valenza):
            if one:
                self._levers.setdefault(pattern, []).append((number, beyond))

    def nearest(self):
        """Return (rule's position, margin, valenza beyond) of each service, None without."""
        values = {}
        found = []
        for position, pattern in enumerate(self._judged.pattern):
            best = None
            for number, beyond in self._levers.get(pattern, ()):
                rule = self._rules[number]
                if number not in values:
                    values[number] = self._judged.tried.readings[number].numbers()
                gap = float(values[number][position] - rule.soglia)
                gap = -gap if rule.operatore in ("<", "<=") else gap
                key = (abs(gap) / max(abs(rule.soglia), 1e-9), rule.codice_regola)
                if best is None or key < best[0]:
                    best = (key, (number, gap, beyond))
            found.append(best and best[1])
        return found


def _crossing(rule, met):
    """Return the value nearest to the threshold that meets a rule, or that doesn't."""
    limit = rule.soglia
    step = max(_BEYOND, abs(limit) * _BEYOND)
    inside = rule.operatore in (">=", "<=")
    if met == inside:
        return limit
    upwards = rule.operatore == ">" if met else rule.operatore == "<="
    return limit + step if upwards else limit - step


# Sentences --------------------------------------------------------------------------------


def _sentences(judged, frame, rows, pack, found, nearest):
    labels = pack.testi.get("attributi", {})
    writer = _Writer(judged, labels, pack.parametri[SENSITIVITY])
    declared = frame["valenza_dichiarata"].to_numpy(dtype=object)[rows]
    texts = np.full(rows.size, None, dtype=object)
    for position in range(rows.size):
        pieces = [
            writer.head(position),
            writer.tests(position),
            writer.margin(position, nearest[position]),
            writer.fragile(found["fragile_per"][position]),
            writer.lacking(position, found),
            writer.against(judged.verdict.valenza[judged.pattern[position]], declared[position]),
        ]
        texts[position] = " ".join(filter(None, pieces))
    return texts


class _Writer:
    """Writes what happened to a service as a councillor reads it."""

    def __init__(self, judged, labels, share):
        self._judged, self._labels, self._share = judged, labels, share
        self._rules = judged.tried.rules
        self._by_code = {rule.codice_regola: at for at, rule in enumerate(self._rules)}
        self._memo: dict = {}

    def head(self, position):
        """The valenza and what decided it."""
        judged = self._judged
        pattern = judged.pattern[position]
        verdict, model = judged.verdict, judged.model
        valenza, code = verdict.valenza[pattern], verdict.decisive[pattern]
        level = LEVELS[int(verdict.on_top[pattern])]
        score, coverage = (float(part[pattern]) for part in verdict.scores[level])
        name = valenza.replace("_", " ").capitalize()
        known = f"dati noti per il {percent(coverage)} del peso dei criteri"
        if valenza == FUORI_TASSONOMIA:
            return (
                f"Fuori tassonomia: «{judged.category.categoria}» non è fra le categorie di questi "
                "criteri; solo un atto formale può darle una valenza sovracomunale."
            )
        if code in self._by_code and code != model.residual:
            return self._by_rule(position, name, code)
        if judged.category.tipo_riga == "locale":
            return f"Locale: la categoria «{judged.category.categoria}» è locale per natura."
        if code == model.codes[COVERAGE]:
            indication = verdict.indication[pattern]
            hint = f" Da quanto si sa sembrerebbe {indication}." if indication else ""
            return (
                f"Non determinabile: {known}, ne serve il {percent(model.coverage)}. Non vuol dire "
                f"che il servizio sia locale.{hint}"
            )
        if score != score:
            return f"{name}: nessun criterio pesato si applica."
        points = f"{written(round(100 * score, 1))} punti su 100 per la valenza {level}"
        needed = f"ne servono {written(round(100 * model.minimum, 1))}"
        if code == model.codes[GREY]:
            grey = written(round(100 * model.grey, 1))
            return (
                f"Al limite: {points}, entro {grey} punti dalla soglia ({needed}; {known}). Serve "
                "una motivazione."
            )
        return f"{name}: {points}, {needed} ({known})."

    def _by_rule(self, position, name, code):
        rule = self._rules[self._by_code[code]]
        shown = self._shown(position, self._by_code[code])
        if rule.dimensione == "atto formale":
            return f"{name} per atto formale: {shown} ({code})."
        if rule.tipo_regola == "necessaria" and rule.valenza == "ingresso":
            return f"{name}: non raggiunge la soglia di ingresso della categoria, {shown} ({code})."
        if rule.tipo_regola == "necessaria":
            return (
                f"{name}: un criterio basterebbe da solo, ma manca un requisito necessario, "
                f"{shown} ({code}). Serve una motivazione."
            )
        if rule.attributo == "codice_categoria":
            return f"{name}: la categoria «{self._judged.category.categoria}» lo è per natura."
        return f"{name}: basta da solo un criterio, {shown} ({code})."

    def tests(self, position):
        """What counted for and against, where the score decided: the heaviest first."""
        judged = self._judged
        pattern = judged.pattern[position]
        code = judged.verdict.decisive[pattern]
        model = judged.model
        by_score = {model.codes[MINIMUM], model.codes[GREY], model.residual}
        if judged.category.tipo_riga != "categoria" or code not in by_score:
            return ""
        level = LEVELS[int(judged.verdict.on_top[pattern])]
        weighed = judged.patterns.weighed(level)
        weighed = sorted(weighed, key=lambda number: (-self._rules[number].peso, number))
        states = judged.patterns
        texts = []
        for title, wanted in (("A favore", True), ("Contro", False)):
            chosen = [
                self._shown(position, number)
                for number in weighed
                if states.known[number, pattern] and states.met[number, pattern] == wanted
            ]
            if chosen:
                others = len(chosen) - 3
                more = (
                    "" if others < 1 else "; e un altro" if others == 1 else f"; e altri {others}"
                )
                texts.append(f"{title}: {'; '.join(chosen[:3])}{more}.")
        return " ".join(texts)

    def margin(self, position, lever):
        """How much is lacking to the opposite verdict."""
        if lever is None:
            return ""
        number, gap, beyond = lever
        rule = self._rules[number]
        more = (gap < 0) == (rule.operatore in (">", ">="))
        label = self._label(rule)
        if abs(gap) < 1e-9:
            amount = f"appena {'più' if more else 'meno'} di così"
        else:
            size = _amount(abs(gap), rule.unita, "")
            if rule.unita == _SHARE:
                size = f"{written(round(100 * abs(gap), 1))} punti percentuali"
            amount = f"{size} in {'più' if more else 'meno'}"
        changed = _NAMES.get(beyond, beyond)
        return f"Con {amount} ({label}) diventerebbe {changed}."

    def fragile(self, codes):
        """Which thresholds, moved a little, would change it."""
        if not codes:
            return ""
        return (
            f"Risultato fragile: una soglia diversa del {percent(self._share)} lo cambierebbe "
            f"({codes.replace(';', ', ')})."
        )

    def lacking(self, position, found):
        """What the data that lack could still change."""
        if self._judged.category.tipo_riga != "categoria":
            return ""
        low, high = found["valenza_min"][position], found["valenza_max"][position]
        if low == high:
            return ""
        ends = [found[f"intercomunale_{end}"][position] for end in ("min", "max")]
        span = ""
        if ends[0] == ends[0] and ends[1] - ends[0] > 1e-9:
            span = (
                f", il punteggio intercomunale fra {written(round(ends[0], 1))} e "
                f"{written(round(ends[1], 1))}"
            )
        low, high = (_NAMES.get(one, one) for one in (low, high))
        return f"I dati che mancano possono portare la valenza fra {low} e {high}{span}."

    def against(self, valenza, declared):
        """What the plan declares, where it isn't that."""
        if valenza not in RANK or declared is None:
            return ""
        if declared == "sovracomunale":
            over, under = valenza == "locale", False
        else:
            difference = RANK.get(declared, 0) - RANK[valenza]
            over, under = difference > 0, difference < 0
        if not over and not under:
            return ""
        return f"Il piano dichiara {'di più' if over else 'di meno'}: valenza {declared}."

    def _shown(self, position, number):
        """A test as words: what it reads, the value, the threshold."""
        reading = self._judged.tried.readings[number]
        at = reading.inverse[position]
        if (number, at) not in self._memo:
            self._memo[number, at] = self._test(self._rules[number], *reading.distinct[at])
        return self._memo[number, at]

    def _test(self, rule, value, nature):
        label = self._label(rule)
        estimated = ", stimato" if nature == "stimato" else ""
        if isinstance(rule.soglia, float):
            try:
                value = float(value)
            except (TypeError, ValueError):
                value = float("nan")
            shown, limit = (_amount(one, rule.unita, label) for one in (value, rule.soglia))
            return f"{label} {shown} ({_WORDS[rule.operatore]} {limit}{estimated})"
        if rule.unita == "booleano":
            return f"{label}: {'sì' if meets(rule, value) else 'no'}{estimated}"
        return f"{label}: {written(value).replace('_', ' ')}{estimated}"

    def _label(self, rule):
        return self._labels.get(rule.attributo) or rule.attributo.replace("_", " ")


_WORDS = {">=": "soglia almeno", ">": "soglia oltre", "<=": "soglia al più", "<": "soglia sotto"}
_WORDS["="] = "soglia"


def _amount(value, unit, label):
    """Return a quantity as Italians write it: 1.250 mq, 35%; no unit that the label says."""
    if unit == _SHARE:
        return percent(value)
    said = not unit or unit == "rapporto" or normalise(unit).split()[0] in normalise(label).split()
    return written(value) if said else f"{written(value)} {unit}"
