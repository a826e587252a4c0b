"""The ``motivazione`` of a computed valenza: what each rule found, as JSON text (INTERFACE §2)."""

from __future__ import annotations

import json

import numpy as np

from .documents import compact_json


def reasons(tried, notes):
    """Return the ``motivazione`` of each service, object (n,) of JSON texts.

    Args:
        tried: ``core.valenza.Tried``, the rules of a category on its services.
        notes: object (n,), the line that comes first, as JSON text; "" where there is none.
    """
    order = sorted(range(len(tried.rules)), key=lambda number: tried.rules[number].codice_regola)
    columns = [
        _lines(tried.rules[number], tried.readings[number], *tried.tables[number])
        for number in order
        if tried.rules[number].tipo_regola != "residuale"
    ]
    # One text for all the services that say the same: there are thousands of them.
    memo: dict = {}
    written = np.full(notes.size, None, dtype=object)
    for position, lines in enumerate(zip(notes, *columns)):
        if lines not in memo:
            memo[lines] = f"[{','.join(filter(None, lines))}]"
        written[position] = memo[lines]
    return written


def _lines(rule, reading, known, met):
    """Return the line of a rule for each service, object (n,).

    Each distinct value is written once, around the parts that never change; keys stay sorted.
    """
    before = compact_json({"criterio": rule.codice_regola})[:-1]
    middle = compact_json(
        {
            "peso": rule.peso,
            "provenienza": rule.provenienza,
            "riferimento": rule.riferimento,
            "soglia": rule.soglia,
            "unita": rule.unita,
        }
    )[1:-1]
    after = compact_json({"verificato": rule.verificato})[1:]
    texts = np.full(known.size, None, dtype=object)
    for at, (value, nature) in enumerate(reading.distinct):
        outcome = "non_valutabile"
        margin = shown = natura = "null"
        if known[at]:
            outcome = "soddisfatta" if met[at] else "non_soddisfatta"
            margin, shown, natura = _margin(rule, value), _json(value), _json(nature)
        texts[at] = (
            f'{before},"esito":"{outcome}","margine":{margin},"natura":{natura},'
            f'{middle},"valore":{shown},{after}'
        )
    return texts[reading.inverse]


def _json(value):
    """Return a text or a finite number as JSON, the number to 6 decimals."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(round(value, 6) + 0.0)  # + 0.0: no "-0.0"


def _margin(rule, value):
    """Return how far a number is from the threshold, positive on the side that meets the rule."""
    if isinstance(rule.soglia, (str, tuple)):
        return "null"
    difference = float(value) - float(rule.soglia)
    return _json(-difference if rule.operatore in ("<", "<=") else difference)


def too_few_data(described, model, level, share, effect):
    """Return the line that says the data of a valenza are too few, as JSON text.

    Args:
        described: ``core.pack.Parametro`` of the minimum. model: ``Model``. level: the valenza.
        share: what is known of the weight of its rules, 0-1. effect: what follows, in Italian.
    """
    return compact_json(
        {
            "criterio": model.codes[described.nome],
            "valore": share,
            "natura": "calcolato",
            "soglia": model.coverage,
            "unita": described.unita,
            "esito": "non_soddisfatta",
            "peso": 0.0,
            "margine": share - model.coverage,
            "provenienza": described.provenienza,
            "verificato": described.verificato,
            "riferimento": (
                f"{described.riferimento}. Dati noti per il {percent(share)} del peso dei criteri "
                f"della valenza {level}, sotto il minimo del {percent(model.coverage)}: {effect}"
            ),
        }
    )


def percent(share):
    """Return a share as Italians write it: 0.125 → "12,5%", 0.5 → "50%"."""
    return f"{100 * share:.1f}".replace(".0", "").replace(".", ",") + "%"
