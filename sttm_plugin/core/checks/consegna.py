"""Checks on what must not leave the office (STTM2-941 … 945)."""

from __future__ import annotations

import json

import numpy as np

from ..layout import SERVICE_FIELDS
from ..origins import cells_of, small_cells
from ..personal import PERSONAL
from ..schema import SERVICES, names
from ..text import normalise
from .common import attribute_of, each, located, name_of
from .engine import TODAY, Failing, Outcome, check

_ALIASES = {field.name: field.alias or field.name for field in SERVICES}


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


@check("origini_riservate")
def reserved_origins(plan, controllo):
    """Users by comune of origin, so few that they may be known persons.

    Of a package also those of its table, where their absence is known too.
    """
    name, least = controllo.parametri["attributo"], controllo.parametri["utenti"]
    said = attribute_of(plan.own, name)
    table: dict = {}
    if plan.origins is not None:
        columns = (plan.origins[one] for one in ("id_servizio", "cod_istat_origine", "utenti"))
        for ids, code, users in zip(*columns):
            if users == users and users is not None:
                table.setdefault(ids, []).append((str(code), float(users)))
    told = plan.own["id_servizio"].isin(list(table)).to_numpy(dtype=bool)
    failing, tried = [], 0
    for row in np.flatnonzero(np.not_equal(said, None) | told).tolist():
        cells = {} if said[row] is None else cells_of(said[row])
        rows = [*cells.items(), *table.get(plan.own["id_servizio"].iat[row], ())]
        tried += 1
        small = [number for code, number in rows if small_cells({code: number}, least)]
        if not small:
            continue
        service, lowest = plan.own.iloc[row], min(small)
        failing.append(
            Failing(
                service["id_servizio"], (f"campo:{name}",), lowest, least, "utenti",
                float(lowest - least), {"n": len(small), "nome": name_of(service)},
                service["geometry"],
            )
        )  # fmt: skip
    if not tried and plan.origins is None:
        return Outcome(0, missing=(f"campo:{name}",), concerned=len(plan.own))
    return Outcome(tried, failing)


@check("licenza_delle_fonti", scenario=TODAY)
def licences(plan, controllo):
    """Sources whose data can't be handed on, as far as the records say: one finding a source.

    The comune's own plan (Lettura 1) needs no licence; those of the sources the pack knows are the
    pack's.
    """
    own, limits = plan.own, controllo.parametri
    allowed = [f" {normalise(word)} " for word in limits["licenze"]]
    known = [(f" {normalise(word)} ", text) for word, text in sorted(limits["fonti"].items())]
    written = attribute_of(own, "licenza", "license")
    sources: dict = {}
    for row, (source, reading) in enumerate(zip(own["fonte"], own["lettura"])):
        licence = written[row]
        if licence is None and source is not None:
            text = f" {normalise(source)} "
            licence = next((one for word, one in known if word in text), None)
            if licence is None and not reading > 1:
                continue
        sources.setdefault(source, []).append((row, None if licence is None else str(licence)))
    failing = []
    for source, records in sorted(sources.items(), key=lambda one: str(one[0])):
        bad = [
            (row, licence)
            for row, licence in records
            if source is None
            or licence is None
            or not any(word in f" {normalise(licence)} " for word in allowed)
        ]
        if not bad:
            continue
        rows = [row for row, _ in bad]
        text = "senza fonte" if source is None else source
        failing.append(
            Failing(
                plan.comune.istat, (text.replace(";", ","),), bad[0][1] or "non indicata",
                "licenza ammessa", testo={"fonte": text},
                impronta={
                    "servizi": sorted(own["id_servizio"].iloc[rows].astype(str)),
                    "licenze": sorted({licence or "" for _, licence in bad}),
                },
            )
        )  # fmt: skip
    return Outcome(len(own), failing)
