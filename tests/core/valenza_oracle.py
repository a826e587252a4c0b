"""The valenza of one service, one step after the other: slow and plain.

Written from INTERFACE §5 (classifyservices) and DATO_RESTITUZIONE §9, not from the module it tests.
"""

from __future__ import annotations

from fractions import Fraction

MINIMUM, COVERAGE, ESTIMATED, MARGIN = (
    Fraction("0.6"),
    Fraction("0.5"),
    Fraction(1, 2),
    Fraction(1, 10),
)
STRENGTH = {"necessaria": 2, "sufficiente": 2, "graduata": 1, "informativa": 0, "residuale": 0}


def applying(rules, code, kind):
    """The rules of a category: a general one goes where an own one takes its place."""
    own = [rule for rule in rules if rule.codice_categoria == code]
    kept = list(own)
    for rule in rules:
        if rule.codice_categoria != "*" or rule.tipo_regola == "parametro":
            continue
        replaced = False
        for one in own:
            same = one.attributo == rule.attributo and one.valenza == rule.valenza
            if same and STRENGTH[one.tipo_regola] >= STRENGTH[rule.tipo_regola]:
                replaced = True
        if not replaced:
            kept.append(rule)
    if kind == "locale":
        kept = [rule for rule in kept if rule.tipo_regola != "graduata"]
    return kept


def satisfied(rule, values):
    """True, False, or None where the datum is missing."""
    if rule.attributo not in values:
        return None
    value, limit = values[rule.attributo][0], rule.soglia
    if rule.operatore == "in":
        return value in limit
    if isinstance(limit, str):
        return value == limit
    if rule.operatore == ">=":
        return value >= limit
    if rule.operatore == ">":
        return value > limit
    if rule.operatore == "<=":
        return value <= limit
    if rule.operatore == "<":
        return value < limit
    return value == limit


def score(rules, values, level):
    """(S, C): S None where no rule of the level has a value."""
    met = total = known = nominal = Fraction(0)
    for rule in rules:
        if rule.valenza != level or rule.tipo_regola not in ("graduata", "necessaria"):
            continue
        weight = Fraction(rule.peso)
        nominal += weight
        outcome = satisfied(rule, values)
        if outcome is None:
            continue
        known += weight
        if values[rule.attributo][1] == "stimato":
            weight *= ESTIMATED
        total += weight
        if outcome:
            met += weight
    return (met / total if total else None), (known / nominal if nominal else Fraction(0))


def judge(rules, code, kind, values):
    """What the model says of one service.

    Args:
        rules: of the pack, all. code, kind: of the category.
        values: {attribute: (value, "rilevato", "dichiarato" or "stimato")}, without those missing.
    """
    rules = applying(rules, code, kind)

    def any_sufficient(level, formal):
        return any(
            rule.tipo_regola == "sufficiente"
            and rule.valenza == level
            and (rule.dimensione == "atto formale") is formal
            and satisfied(rule, values)
            for rule in rules
        )

    def any_failed(level):
        return any(
            rule.tipo_regola == "necessaria"
            and rule.valenza == level
            and satisfied(rule, values) is False
            for rule in rules
        )

    s_int, c_int = score(rules, values, "intercomunale")
    s_met, c_met = score(rules, values, "metropolitana")

    def high(share):
        return share is not None and share >= MINIMUM

    def near(share):
        return share is not None and abs(share - MINIMUM) <= MARGIN

    met_by_score = high(s_met) and c_met >= COVERAGE and not any_failed("metropolitana")
    int_by_score = high(s_int) and c_int >= COVERAGE and not any_failed("intercomunale")

    def outcome():
        # 1. The formal acts.
        if any_sufficient("metropolitana", True):
            return "metropolitana", "metropolitana"
        if any_sufficient("intercomunale", True):
            may_rise = (
                kind == "categoria"
                and not any_failed("ingresso")
                and not any_sufficient("locale", False)
            )
            by_rule = any_sufficient("metropolitana", False) and not any_failed("metropolitana")
            if may_rise and (by_rule or (met_by_score and not near(s_met))):
                return "metropolitana", "metropolitana"
            return "intercomunale", "intercomunale"
        if any_sufficient("locale", True):
            return "locale", None
        # 2. The kinds of category that are not judged by the rest.
        if kind == "locale":
            return "locale", None
        if kind == "fuori_tassonomia":
            return "fuori_tassonomia", None
        # 3. The entrance.
        if any_failed("ingresso"):
            return "locale", None
        # 4. What suffices, limited by what is necessary.
        if any_sufficient("locale", False):
            return "locale", None
        if any_sufficient("metropolitana", False):
            limited = any_failed("metropolitana")
            return ("al_limite" if limited else "metropolitana"), "metropolitana"
        floor = any_sufficient("intercomunale", False)
        # 5. Data that are too few.
        if c_int < COVERAGE and not floor:
            return "non_determinabile", None
        # 6. The score, from the highest valenza.
        if met_by_score:
            return ("al_limite" if near(s_met) else "metropolitana"), "metropolitana"
        if floor:
            limited = any_failed("intercomunale")
            return ("al_limite" if limited else "intercomunale"), "intercomunale"
        if near(s_int) and not any_failed("intercomunale"):
            return "al_limite", "intercomunale"
        if int_by_score:
            return "intercomunale", "intercomunale"
        # 7. What is left.
        return "locale", None

    valenza, level = outcome()
    shown = (s_met, c_met) if level == "metropolitana" else (s_int, c_int)
    indication = None
    if s_int is not None or s_met is not None:
        indication = "intercomunale" if high(s_int) else "locale"
        if high(s_met):
            indication = "metropolitana"
    return {
        "valenza_calcolata": valenza,
        "punteggio": shown[0],
        "copertura": shown[1],
        "punteggio_intercomunale": s_int,
        "punteggio_metropolitana": s_met,
        "indicazione": indication,
    }
