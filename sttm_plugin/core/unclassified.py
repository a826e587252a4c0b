"""Services still without a category: equal texts told once, and one decision for all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from .errors import SttmError
from .mapping import TYPE_SYNONYMS, name_score
from .profile import comparable, rule_fields
from .proposals import alternatives
from .taxonomy import classify_text
from .values import clean, is_null, null_tokens

# A column whose name is surely one of those that say what a service is (as in ``mapping``).
_SURE = 0.75
_EXAMPLES = 3
NAME = "denominazione"


@dataclass
class Wording:
    """One text that several services share.

    Attributes:
        testo: as the first of them writes it. colonna: where it stands, NAME for the name.
        ids: their ``id_servizio``. esempi: names of the first few.
    """

    testo: str
    colonna: str
    ids: list = field(default_factory=list)
    esempi: list = field(default_factory=list)


def wordings(rows, columns=()) -> dict:
    """Return {comparable text: Wording} of the rows without a category, most frequent first.

    Args:
        rows: dicts of id_servizio, denominazione, codice_sttm, attributi_origine (JSON text).
        columns: columns of the source that say what a service is, the most telling first; without
            any they are known by their names. The first that says something speaks; where none
            does, the name does.
    """
    found: dict = {}
    known: dict = {}
    tokens = null_tokens()
    for row in rows:
        if clean(row["codice_sttm"]) is not None or not row["id_servizio"]:
            continue
        original = _original(row["attributi_origine"])
        header = tuple(original)
        if header not in known:
            known[header] = tuple(columns) or _telling(header)
        name = clean(row["denominazione"])
        for column, text in (*((c, clean(original.get(c))) for c in known[header]), (NAME, name)):
            key = "" if is_null(text, tokens) else comparable(text)
            if not key:
                continue
            one = found.setdefault(key, Wording(str(text), column))
            one.ids.append(row["id_servizio"])
            if name is not None and name not in one.esempi and len(one.esempi) < _EXAMPLES:
                one.esempi.append(name)
            break
    return dict(sorted(found.items(), key=lambda item: (-len(item[1].ids), item[0])))


def described(found, pack) -> list:
    """Return a row for each wording: what it is, how many share it, and what it could be."""
    texts = [[None, one.testo] for one in found.values()]
    matches = classify_text(texts, pack) if texts else []
    rows = []
    for one, match in zip(found.values(), matches):
        offered = alternatives(match, pack)
        best = match.codice or (offered[0] if offered else None)
        rows.append(
            {
                "testo": one.testo,
                "colonna": one.colonna,
                "n": len(one.ids),
                "esempi": "; ".join(one.esempi) or None,
                "proposto": best,
                "etichetta": pack.categorie[best].categoria if best else None,
                "confidenza": float(match.confidenza),
                "motivo": match.motivo or "nessuna parola della tassonomia",
                "alternative": ";".join(offered) or None,
            }
        )
    return rows


def assigned(rows, texts, codice, pack, columns=()):
    """Return the rows with a category given to every service whose text is one of those told.

    Args:
        rows: as for ``wordings``, with categoria, macrocategoria and confidenza too.
        texts: wordings as a person reads them: case, accents and spaces don't count.
        codice: of the pack's taxonomy.

    Returns:
        (rows in their order, those concerned changed; {text as told: Wording}).

    Raises:
        SttmError: an unknown category; a text that no service without a category has.
    """
    category = pack.categorie.get(codice)
    if category is None:
        near = ", ".join(sorted(pack.categorie)[:3])
        raise SttmError(
            f"La categoria «{codice}» non è nella tassonomia {pack.versione}: indicare un codice "
            f"come {near}."
        )
    found = wordings(rows, columns)
    wanted = {text: found.get(comparable(text)) for text in texts}
    unknown = [text for text, one in wanted.items() if one is None]
    if unknown:
        raise SttmError(
            f"Nessun servizio da classificare ha il testo «{unknown[0]}»: rileggere l'elenco con "
            "«Elenca i servizi da classificare»."
        )
    ids = {identifier for one in wanted.values() for identifier in one.ids}
    values = {
        "codice_sttm": codice,
        "categoria": category.categoria,
        "macrocategoria": category.macrocategoria,
        # A person decided.
        "confidenza": 1.0,
    }
    after = [
        {**row, **values} if row["id_servizio"] in ids and clean(row["codice_sttm"]) is None
        else row
        for row in rows
    ]  # fmt: skip
    return after, wanted


def remembered(content, wanted, codice, name_column=""):
    """Return a profile that gives these texts their category at every import to come.

    Args:
        content: a profile as its file holds it. wanted: as ``assigned`` returns them.
        name_column: column of the source that holds the names, for texts that are names.

    Raises:
        SttmError: the profile fixes one category for the whole source.
    """
    content = json.loads(json.dumps(content))
    rule = content["columns"].get("codice_sttm")
    rule = {"field": rule} if isinstance(rule, str) else dict(rule or {"unmapped": "ask"})
    if {"constant", "expression"} & set(rule):
        raise SttmError(
            "Il profilo dà a tutti i servizi della fonte una sola categoria: la decisione non si "
            "può ricordare lì. Togliere prima «constant» o «expression» da codice_sttm."
        )
    read = rule_fields(rule)
    for one in wanted.values():
        column = name_column if one.colonna == NAME else one.colonna
        if column and column not in read:
            read.append(column)
    rule.pop("field", None)
    rule["fields"] = read
    told = {comparable(one.testo) for one in wanted.values()}
    kept = {key: code for key, code in rule.get("map", {}).items() if comparable(key) not in told}
    rule["map"] = {**kept, **{one.testo: codice for one in wanted.values()}}
    content["columns"]["codice_sttm"] = rule
    return content


def _original(text) -> dict:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _telling(names) -> tuple:
    ranked = [
        (level, -score, place, name)
        for place, name in enumerate(names)
        for level, words in enumerate(TYPE_SYNONYMS)
        for score in [name_score(name, words.split())]
        if score >= _SURE
    ]
    return tuple(dict.fromkeys(name for *_, name in sorted(ranked)))
