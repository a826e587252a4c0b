"""Checks on what must not leave the office (STTM2-941, 943, 944)."""

from __future__ import annotations

import json
import re

from ..layout import SERVICE_FIELDS
from ..schema import SERVICES, names
from ..text import normalise
from .common import each, located, name_of
from .engine import Failing, Outcome, check

_ALIASES = {field.name: field.alias or field.name for field in SERVICES}
# Codice fiscale (D.M. 12/3/1974, letters for digits in case of homocody); an address of a
# person; a mobile phone, which in Italy begins with 3.
PERSONAL = {
    "codice fiscale": re.compile(
        r"\b[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z]"
        r"[0-9LMNPQRSTUV]{3}[A-Z]\b",
        re.IGNORECASE,
    ),
    "posta elettronica di una persona": re.compile(
        r"\b[a-z]{2,}[._-][a-z]{2,}@[a-z0-9.-]+\.[a-z]{2,}\b", re.IGNORECASE
    ),
    "cellulare": re.compile(
        r"(?<![\d.,])(?:\+39[\s.-]?)?3[1-9]\d[\s.-]?\d{3}[\s.-]?\d{3,4}(?![\d.,])"
    ),
}


@check("dati_personali")
def personal_data(plan, controllo):
    failing = []
    for name in controllo.campi:
        column = plan.own[name]
        text = column[column.notna()].astype(str)
        for kind, pattern in sorted(PERSONAL.items()):
            for position in text.index[text.str.contains(pattern)]:
                row = plan.own.loc[position]
                failing.append(
                    Failing(
                        row["id_servizio"],
                        (f"campo:{name}",),
                        # Never the datum itself: the report travels.
                        kind,
                        testo={"n": 1, "nome": name_of(row), "campo": _ALIASES[name]},
                        geometry=row["geometry"],
                    )
                )
    return Outcome(len(plan.own), failing)


@check("da_non_localizzare")
def not_to_be_located(plan, controllo):
    codes, words = controllo.parametri["categorie"], controllo.parametri["parole"]
    words = [f" {normalise(word)} " for word in words]
    names = plan.own["denominazione"].map(lambda name: f" {normalise(name or '')} ")
    named = names.map(lambda name: any(word in name for word in words))
    frame = plan.own[plan.own["codice_sttm"].isin(codes) | named]
    return each(frame, located(frame), lambda row: {}, len(frame))


@check("dettagli_degli_impianti")
def needless_details(plan, controllo):
    categories, macros = plan.pack.categorie, controllo.parametri["macrocategorie"]
    codes = [code for code, one in categories.items() if one.codice_macro in macros]
    frame = plan.own[plan.own["codice_sttm"].isin(codes)]
    # What the package has a place for, and what the criteria read.
    foreseen = {*names(SERVICE_FIELDS), *(rule.attributo for rule in plan.pack.regole)}
    foreseen |= {one.attributo_criterio for one in categories.values()}
    needless = {
        position: sorted(_attribute_names(text) - foreseen)
        for position, text in frame["attributi"].items()
    }
    return each(
        frame,
        [bool(found) for found in needless.values()],
        lambda row: {"valore": needless[row.Index], "soglia": "attributi dello schema"},
        len(frame),
    )


def _attribute_names(text) -> set:
    """Return the names in one ``attributi``; none where it is no JSON object."""
    try:
        content = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return set()
    return set(content) if isinstance(content, dict) else set()
