"""How many services each reading counts, where, and how many are declared above their valenza."""

from __future__ import annotations

import numpy as np

from .checks.engine import written
from .documents import generated_at, plugin_version
from .doubles import without_doubles
from .reference import ZONE_CODES, comune_of
from .report import render
from .schema import READINGS, names

LEVELS = ("totale", "zona_omogenea", "comune")
SITUATIONS = {
    "esistente": "esistente",
    "previsto": "previsto",
    "in_corso": "previsto",
    "sospeso": "sospeso",
    "dismesso": "dismesso",
}
UNDECLARED = "non_dichiarato"
NO_VALENZA = "non_dichiarata"
NO_CATEGORY = "Senza categoria"
_JUDGED = ("coerente", "sovradichiarato", "sottodichiarato")


def matched_ids(pairs, least):
    """Return the ids of services that are in a pair: confirmed, or proposed with enough score.

    Args:
        pairs: rows with ``id_1``, ``id_2``, ``stato``, ``punteggio``; None gives None.
        least: score from which a proposed pair counts as matched.

    Returns:
        (ids of reading 1, ids of reading 2), sets.
    """
    if pairs is None:
        return None
    found = (set(), set())
    for row in pairs:
        score = row.get("punteggio")
        good = row.get("stato") == "proposto" and score is not None and score >= least - 1e-9
        if good or row.get("stato") == "confermato":
            found[0].add(row["id_1"])
            found[1].add(row["id_2"])
    return found


def count_readings(services, matched=None):
    """Return the long table of ``schema.READINGS``: each service once at each level.

    Args:
        services: services frame; ``lettura`` missing counts as 1. matched: of ``matched_ids``.

    Levels are the whole, each Zona Omogenea and each comune; a service whose comune isn't known
    is in a row without zone or comune. ``n_valutati`` are the services whose declared valenza was
    compared with the computed one; the share is of those. Without pairs ``n_abbinati`` and
    ``n_solo`` are empty. Doubles of a service don't count.
    """
    import pandas as pd

    services = without_doubles(services)
    # Placed and unplaced, or in two layers: an id is one service.
    again = services["id_servizio"].notna() & services["id_servizio"].duplicated()
    services = services[~again]
    base = pd.DataFrame(
        {
            "istat": services["istat"].to_numpy(object),
            "macrocategoria": services["macrocategoria"].fillna(NO_CATEGORY).to_numpy(object),
            "lettura": services["lettura"].fillna(1).astype(int).to_numpy(),
            "situazione": [SITUATIONS.get(value, UNDECLARED) for value in services["stato"]],
            "valenza_dichiarata": services["valenza_dichiarata"]
            .fillna(NO_VALENZA)
            .to_numpy(object),
            "n": 1,
            "n_valutati": services["esito"].isin(_JUDGED).to_numpy(int),
            "n_sovradichiarati": (services["esito"] == "sovradichiarato").to_numpy(int),
            "n_abbinati": _in_pair(services, matched),
        }
    )
    comuni = {istat: comune_of(istat) if istat else None for istat in base["istat"].unique()}
    for name, attribute in (("zona_omogenea", "zona_omogenea"), ("comune", "nome")):
        told = {istat: getattr(one, attribute, None) for istat, one in comuni.items()}
        base[name] = [told[istat] for istat in base["istat"]]
    places = ["zona_omogenea", "istat", "comune"]
    parts = []
    for level, kept in zip(LEVELS, ([], places[:1], places)):
        part = base.assign(livello=level)
        for name in places:
            if name not in kept:
                part[name] = None
        parts.append(part)
    whole = pd.concat(parts, ignore_index=True)
    keys = names(READINGS)[: names(READINGS).index("n")]
    filled = whole.assign(**{name: whole[name].fillna("") for name in places})
    sums = filled.groupby(keys, sort=False)[
        ["n", "n_valutati", "n_sovradichiarati", "n_abbinati"]
    ].sum()
    table = sums.reset_index()
    table["quota_sovradichiarata"] = np.where(
        table["n_valutati"] > 0,
        table["n_sovradichiarati"] / table["n_valutati"].where(table["n_valutati"] > 0, 1),
        np.nan,
    ).round(6)
    table["n_solo"] = table["n"] - table["n_abbinati"]
    if matched is None:
        table["n_abbinati"] = table["n_solo"] = np.nan
    table["_level"] = table["livello"].map(LEVELS.index)
    table = table.sort_values(["_level", *keys[1:]], kind="stable", ignore_index=True)
    for name in places:
        table[name] = [value or None for value in table[name]]
    return table[names(READINGS)]


def _in_pair(services, matched):
    if matched is None:
        return 0
    reading = services["lettura"].fillna(1).to_numpy(dtype=float)
    ids = services["id_servizio"].tolist()
    return [int(name in matched[1 if which == 2 else 0]) for name, which in zip(ids, reading)]


def totals(table, **where) -> dict:
    """Return the counts of some rows of one level: {reading: {measure: number}}."""
    rows = table
    for name, value in where.items():
        rows = rows[rows[name].isna()] if value is None else rows[rows[name] == value]
    found = {}
    for reading in (1, 2):
        part = rows[rows["lettura"] == reading]
        by_situation = part.groupby("situazione")["n"].sum()
        judged = int(part["n_valutati"].sum())
        over = int(part["n_sovradichiarati"].sum())
        existing = int(by_situation.get("esistente", 0)) + int(by_situation.get(UNDECLARED, 0))
        matched = part["n_abbinati"].sum(min_count=1)
        found[reading] = {
            "n": int(part["n"].sum()),
            "esistenti": existing,
            "con_previsti": existing + int(by_situation.get("previsto", 0)),
            "non_dichiarati": int(by_situation.get(UNDECLARED, 0)),
            "valutati": judged,
            "sovradichiarati": over,
            "quota": over / judged if judged else None,
            "abbinati": None if matched != matched else int(matched),
            "solo": None if matched != matched else int(part["n"].sum()) - int(matched),
        }
    return found


def readings_html(table, title, pairs_given) -> str:
    """Return the report for people: the readings by zone, macrocategoria and comune."""
    whole = table[table["livello"] == "totale"]
    zones = table[table["livello"] == "zona_omogenea"]
    comuni = table[table["livello"] == "comune"]
    present = set(zones["zona_omogenea"].dropna())
    listed = [name for name in ZONE_CODES if name in present]
    by_zone = [(name, totals(zones, zona_omogenea=name)) for name in listed]
    if zones["zona_omogenea"].isna().any():
        by_zone.append(("Comune non indicato", totals(zones, zona_omogenea=None)))
    by_category = [
        (name, totals(whole, macrocategoria=name))
        for name in sorted(whole["macrocategoria"].unique())
    ]
    pairs = comuni[["istat", "comune"]].dropna(subset=["istat"]).drop_duplicates()
    by_comune = [
        (name or istat, totals(comuni, istat=istat))
        for istat, name in sorted(pairs.itertuples(index=False), key=lambda one: str(one[1]))
    ]
    moment = generated_at()
    return render(
        "letture.html.j2",
        titolo=title,
        giorno="/".join(reversed(moment[:10].split("-"))),
        plugin=plugin_version(),
        coppie=pairs_given,
        tavole=[
            {"titolo": heading, "colonna": column, "righe": [_row(*line) for line in lines]}
            for heading, column, lines in (
                ("Insieme", "Tutti i servizi", [("Totale", totals(whole))]),
                ("Per Zona Omogenea", "Zona Omogenea", by_zone),
                ("Per macrocategoria", "Macrocategoria", by_category),
                ("Per comune", "Comune", by_comune),
            )
        ],
    )


def _row(name, counts):
    one, two = counts[1], counts[2]
    judged = one["valutati"] + two["valutati"]
    over = one["sovradichiarati"] + two["sovradichiarati"]
    share = f"{written(round(100 * over / judged, 1))} %" if judged else "—"
    shown = [
        one["esistenti"], one["con_previsti"], two["esistenti"], two["con_previsti"],
        one["non_dichiarati"] + two["non_dichiarati"], one["abbinati"], one["solo"], two["solo"],
        judged, over,
    ]  # fmt: skip
    return {
        "nome": name,
        "valori": [*("—" if value is None else written(value) for value in shown), share],
    }
