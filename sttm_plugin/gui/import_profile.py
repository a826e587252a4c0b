"""A proposed profile with what a person changed, as ``importservices`` reads it."""

from __future__ import annotations

import copy
import re

from ..processing_algorithms.choices import value_key

CATEGORY = "codice_sttm"
_POSITIONS = {"posizione_x": "x_field", "posizione_y": "y_field"}


def edited_profile(proposed, columns, decisions, author="", day="") -> dict:
    """Return a profile with the columns and the values as a person left them.

    Args:
        proposed: content of PROFILE_OUT of ``suggestmapping``.
        columns: its rows of OUTPUT, ``campo`` as edited: one or more fields, ";".
        decisions: {(campo, columns of the source, value): what it becomes or None}.
    """
    profile = copy.deepcopy(proposed)
    before = profile["columns"]
    assigned: dict = {}
    for row in columns:
        for target in filter(None, str(row["campo"] or "").split(";")):
            assigned.setdefault(target, []).append(row["colonna"])
    computed = {f"={target}": rule for target, rule in before.items() if "expression" in rule}
    rules = {target: rule for target, rule in before.items() if "constant" in rule}
    for target, names in assigned.items():
        if target == CATEGORY or target.startswith("posizione"):
            continue
        old = before.get(target, {})
        if names[0] in _reads(target, old):
            rules[target] = old
        elif names[0] in computed:
            # Not a column of the file: the profile says how it is made.
            rules[target] = {"expression": computed[names[0]]["expression"]}
        else:
            rules[target] = {"field": names[0]}
    kinds = assigned.get(CATEGORY, [])
    old = before.get(CATEGORY)
    if old is not None and (_reads(CATEGORY, old) == kinds or ("constant" in old and not kinds)):
        rules[CATEGORY] = old
    else:
        # An empty list says that no column does: it wouldn't be looked for again.
        rules[CATEGORY] = {"fields": kinds, "unmapped": "ask"}
    for target, key in _POSITIONS.items():
        profile["source"][key] = (assigned.get(target) or [""])[0]
    profile["columns"] = rules
    for (campo, names, value), meant in decisions.items():
        _decide(rules, campo, names, value, meant)
    profile["confirmed_by"], profile["confirmed_on"] = author, day
    return profile


def _reads(target, rule) -> list:
    """Return the columns a rule reads, as ``suggestmapping`` names them."""
    if "expression" in rule:
        return [f"={target}"]
    return [rule["field"]] if "field" in rule else list(rule.get("fields", []))


def _decide(rules, campo, names, value, meant):
    rule = rules.setdefault(campo, {"unmapped": "ask"})
    if not _reads(campo, rule) and "constant" not in rule:
        rule["fields"] = list(names)
    wanted = value_key(value)
    known = {key: said for key, said in rule.get("map", {}).items() if value_key(key) != wanted}
    rule["map"] = {**known, value: meant}


def table_name(source, reading) -> str:
    """Return the name of the table that holds the services of a source."""
    plain = re.sub(r"[^a-z0-9]+", "_", value_key(source))
    # Years and dates don't make another source: next year's file goes to the same table.
    plain = re.sub(r"_(19|20)\d{2}(?=_|$)", "", f"_{plain}").strip("_")
    return f"servizi_l{reading}_{plain or 'importati'}"[:50].rstrip("_")
