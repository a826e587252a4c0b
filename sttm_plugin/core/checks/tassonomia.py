"""Checks on the categories (STTM2-201 … 208)."""

from __future__ import annotations

import numpy as np

from ..context import sound
from ..pairs import groups_of, pairs_within
from ..progress import asking
from ..shapes import union_of
from ..taxonomy import classify_text
from ..text import normalise
from .common import SOVRACOMUNALI, area_of, each, is_area, name_of
from .engine import TODAY, Failing, Outcome, check


@check("servizio_classificato")
def classified(plan, controllo):
    own = plan.own
    return each(own, own["codice_sttm"].isna(), lambda row: {}, len(own))


def _matches(plan):
    """Return what the taxonomy says of each of the comune's names, once a plan."""
    found = getattr(plan, "_matches", None)
    if found is None:
        texts = [[name] for name in plan.own["denominazione"]]
        found = plan._matches = classify_text(texts, plan.pack)
    return found


@check("classificazione_univoca")
def ambiguous(plan, controllo):
    own, least = plan.own, controllo.parametri["scarto"]
    # What a person chose, or an official code says, is not in doubt.
    open_to_doubt = (own["confidenza"].fillna(0.0) < 1.0) & own["codice_fonte"].isna()
    frame = own[open_to_doubt & own["denominazione"].notna()]
    close = {}
    for position in asking(frame.index):
        best = _best_two(_matches(plan)[position])
        if best and (best[0][1] - best[1][1]) / best[0][1] < least - 1e-9:
            close[position] = best

    def make(row):
        (first, p1, _), (second, p2, _) = close[row.Index]
        names = [plan.pack.categorie[code].categoria for code in (first, second)]
        share = (p1 - p2) / p1
        return {
            "valore": share,
            "soglia": least,
            "unita": "scarto relativo",
            "margine": share - least,
            "testo": {"c1": f"{first} {names[0]}", "c2": f"{second} {names[1]}"},
        }

    return each(frame, frame.index.isin(list(close)), make, len(frame))


def _best_two(match):
    """Return the two best candidates of different categories, None where there is one."""
    seen: dict = {}
    for code, score, word in match.candidati:
        if code not in seen:
            seen[code] = (code, score, word)
    best = sorted(seen.values(), key=lambda one: (-one[1], one[0]))[:2]
    return best if len(best) == 2 and best[0][1] > 0 else None


@check("esclusione_lessicale")
def excluded(plan, controllo):
    frame = plan.own[plan.own["denominazione"].notna()]
    # Only where the category's own keyword was there too: the others never were in question.
    shut_out = {}
    for position in frame.index:
        for code, anti_word, word in _matches(plan)[position].esclusioni:
            if word is not None and code in plan.pack.categorie:
                shut_out.setdefault(position, (code, anti_word))

    def make(row):
        code, word = shut_out[row.Index]
        category = plan.pack.categorie[code].categoria
        return {"valore": word, "testo": {"categoria": f"{code} {category}", "parola": word}}

    return each(frame, frame.index.isin(list(shut_out)), make, len(frame))


@check("macrocategoria_coerente")
def same_macro(plan, controllo):
    categories = plan.pack.categorie
    own = plan.own[plan.own["macrocategoria"].notna() & plan.own["codice_sttm"].isin(categories)]
    derived = own["codice_sttm"].map(lambda code: categories[code].macrocategoria)
    short = own["codice_sttm"].map(lambda code: categories[code].codice_macro)
    written = own["macrocategoria"].map(normalise)
    differs = (written != derived.map(normalise)) & (written != short.map(normalise))

    def make(row):
        return {
            "valore": row.macrocategoria,
            "soglia": derived[row.Index],
            "testo": {"a": row.macrocategoria, "b": derived[row.Index]},
        }

    return each(own, differs, make, len(own))


def _green(plan):
    rule = plan.pack.superficie_decide
    return () if rule is None else (rule.sopra, rule.fino_a)


@check("verde_sotto_soglia")
def small_green(plan, controllo):
    most = controllo.parametri["area_mq"]
    mask = plan.own["codice_sttm"].isin(_green(plan)) & plan.own["valenza_dichiarata"].isin(
        SOVRACOMUNALI
    )
    frame = plan.own[mask]
    areas = dict(zip(frame.index, area_of(frame)))
    known = np.array([areas[position] == areas[position] for position in frame.index], dtype=bool)
    small = np.array([areas[position] <= most + 1e-9 for position in frame.index], dtype=bool)

    def make(row):
        area = float(areas[row.Index])
        return {
            "valore": area,
            "soglia": most,
            "unita": "mq",
            "margine": area - most,
            "testo": {"area": round(area)},
        }

    missing = () if known.all() else ("campo:superficie_mq",)
    return each(frame, small, make, known.sum(), missing=missing, concerned=len(frame))


@check("verde_frammentato", scenario=TODAY)
def scattered_green(plan, controllo):
    most, distance = controllo.parametri["area_mq"], controllo.parametri["distanza_m"]
    frame = plan.own[plan.own["codice_sttm"].isin(_green(plan)) & is_area(plan.own)]
    frame = frame[frame.geometry.area <= most + 1e-9].reset_index(drop=True)
    pairs = [(i, j) for i, j, _ in zip(*pairs_within(frame.geometry, distance))]
    failing = []
    for members in groups_of(len(frame), pairs):
        shapes = frame.geometry.iloc[members]
        whole = union_of(sound(shapes))
        if whole.area <= most + 1e-9:
            continue
        first, *others = sorted(frame["id_servizio"].iloc[members].astype(str))
        at = frame["id_servizio"].astype(str).eq(first).idxmax()
        failing.append(
            Failing(
                first,
                tuple(others),
                whole.area,
                most,
                "mq",
                whole.area - most,
                {"n": len(members), "area": round(whole.area), "nome": name_of(frame.loc[at])},
                frame.at[at, "geometry"],
            )
        )
    return Outcome(len(frame), failing)


@check("fuori_tassonomia")
def out_of_taxonomy(plan, controllo):
    categories = plan.pack.categorie
    frame = plan.own[plan.own["codice_sttm"].isin(categories)]
    outside = frame["codice_sttm"].map(
        lambda code: categories[code].tipo_riga == "fuori_tassonomia"
    )
    return each(frame, outside, lambda row: {"valore": row.codice_sttm}, len(frame))


@check("servizio_cessato")
def ceased(plan, controllo):
    own = plan.own
    former = own["denominazione"].map(
        lambda name: name is not None and normalise(name).startswith("ex ")
    )
    closed = own["stato"] == "dismesso"
    return each(
        own,
        former | closed,
        lambda row: {"valore": row.stato if row.stato == "dismesso" else "ex"},
        len(own),
    )
