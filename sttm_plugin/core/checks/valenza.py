"""Checks on the valenza: declared against computed, and the reasons given (STTM2-301 … 310)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .common import each
from .engine import PLANNED, Failing, Outcome, check

_RANK = {"locale": 0, "intercomunale": 1, "metropolitana": 2}
# A declared "sovracomunale" is above locale, and says no more.
_DECLARED = {**_RANK, "sovracomunale": 1}
_RECOGNISED = {"sovracomunale": "intercomunale", "metropolitana": "metropolitana"}


def _levels(plan):
    """Return (declared, computed) as ranks, NaN for a computed valenza that is none of them."""
    own = plan.own
    declared = own["valenza_dichiarata"].map(_DECLARED).fillna(0).to_numpy(dtype=float)
    return declared, own["valenza_calcolata"].map(_RANK).to_numpy(dtype=float)


def _unclear(plan):
    """Return ("campo:…",) where some computed valenza can't be compared, else ()."""
    own = plan.own
    unclear = own["codice_sttm"].notna() & ~own["valenza_calcolata"].isin(
        [*_RANK, "fuori_tassonomia"]
    )
    return ("campo:attributi",) if unclear.any() else ()


def _written_values(row):
    return {
        "valore": row.valenza_calcolata,
        "soglia": row.valenza_dichiarata,
        "testo": {
            "a": row.valenza_dichiarata,
            "b": row.valenza_calcolata,
            "s": row.punteggio,
            "k": row.copertura,
        },
    }


def _over(plan, controllo):
    declared, computed = _levels(plan)
    with np.errstate(invalid="ignore"):
        covered = plan.own["copertura"].to_numpy(dtype=float) >= (
            controllo.parametri["copertura"] - 1e-9
        )
    return (declared > 0) & (computed == 0) & covered


def _kind(plan, code):
    category = plan.pack.categorie.get(code)
    return None if category is None else category.tipo_riga


@check("sovradichiarazione")
def over_declared(plan, controllo):
    declared, computed = _levels(plan)
    tried = int(((declared > 0) & ~np.isnan(computed)).sum())
    concerned = int((declared > 0).sum())
    missing = _unclear(plan) if concerned > tried else ()
    return each(
        plan.own,
        _over(plan, controllo),
        _written_values,
        tried,
        missing=missing,
        concerned=concerned,
    )


def _one_step_over(plan):
    own = plan.own
    return (own["valenza_dichiarata"] == "metropolitana") & (
        own["valenza_calcolata"] == "intercomunale"
    )


@check("sovradichiarazione_di_un_grado")
def over_by_one(plan, controllo):
    concerned = plan.own["valenza_dichiarata"] == "metropolitana"
    _, computed = _levels(plan)
    tried = int((concerned & ~np.isnan(computed)).sum())
    missing = _unclear(plan) if concerned.sum() > tried else ()
    return each(
        plan.own,
        _one_step_over(plan),
        _written_values,
        tried,
        missing=missing,
        concerned=int(concerned.sum()),
    )


def _under(plan, controllo):
    declared, computed = _levels(plan)
    with np.errstate(invalid="ignore"):
        covered = plan.own["copertura"].to_numpy(dtype=float) >= (
            controllo.parametri["copertura"] - 1e-9
        )
        # "sovracomunale" doesn't say which of the two: it is never below.
        above = (computed > declared) & (plan.own["valenza_dichiarata"] != "sovracomunale")
    return np.asarray(above, dtype=bool) & covered


@check("sottodichiarazione")
def under_declared(plan, controllo):
    _, computed = _levels(plan)
    known = ~np.isnan(computed)
    concerned = int(plan.own["codice_sttm"].notna().sum())
    missing = _unclear(plan) if concerned > known.sum() else ()
    return each(
        plan.own,
        _under(plan, controllo),
        _written_values,
        int(known.sum()),
        missing=missing,
        concerned=max(concerned, int(known.sum())),
    )


def _local_by_nature(plan):
    own = plan.own
    rule = plan.pack.superficie_decide
    # Its lower category is judged by area, in STTM2-205.
    local = own["codice_sttm"].map(
        lambda code: _kind(plan, code) == "locale" and (rule is None or code != rule.fino_a)
    )
    return local.astype(bool)


def _with_act(own):
    return own["atto_gestione_associata"].notna() | own["riconoscimento_art10_ptm"].isin(
        _RECOGNISED
    )


def _local_declared_above(plan):
    declared, _ = _levels(plan)
    return _local_by_nature(plan) & (declared > 0) & ~_with_act(plan.own)


@check("locale_per_natura")
def local_declared_above(plan, controllo):
    return each(
        plan.own,
        _local_declared_above(plan),
        lambda row: {"valore": row.valenza_dichiarata, "soglia": "locale"},
        int(_local_by_nature(plan).sum()),
    )


@check("valenza_determinabile")
def undetermined(plan, controllo):
    least = controllo.parametri["copertura"]
    own = plan.own[plan.own["codice_sttm"].notna()]

    def make(row):
        share = 0.0 if row.copertura != row.copertura else row.copertura
        return {
            "valore": share,
            "soglia": least,
            "unita": "quota 0-1",
            "margine": share - least,
            "testo": {"k": round(100 * share)},
        }

    return each(own, own["valenza_calcolata"] == "non_determinabile", make, len(own))


def _deviating(plan):
    """Return which services fail 301, 302, 303 or 304."""
    pack = plan.pack
    return (
        _over(plan, pack.check("STTM2-301"))
        | _one_step_over(plan).to_numpy()
        | _under(plan, pack.check("STTM2-303"))
        | _local_declared_above(plan).to_numpy()
    )


@check("motivazione_presente")
def reason_given(plan, controllo):
    least = controllo.parametri["caratteri"]
    frame = plan.own_where(_deviating(plan))
    length = frame["giustificazione"].fillna("").str.strip().str.len()
    lacking = (length < least) | frame["tipo_giustificazione"].isna()

    def make(row):
        count = len((row.giustificazione or "").strip())
        return {
            "valore": count,
            "soglia": least,
            "unita": "caratteri",
            "margine": float(count - least),
        }

    return each(frame, lacking, make, len(frame))


@check("motivazione_documentata")
def reason_documented(plan, controllo):
    frame = plan.own[plan.own["giustificazione"].notna()]
    return each(frame, frame["riferimento_giustificazione"].isna(), lambda row: {}, len(frame))


@check("valenza_confermata")
def confirmed(plan, controllo):
    frame = plan.own[plan.own["riconoscimento_art10_ptm"].isin(_RECOGNISED)]
    differs = frame["valenza_confermata"] != frame["riconoscimento_art10_ptm"].map(_RECOGNISED)

    def make(row):
        return {
            "valore": row.valenza_confermata,
            "soglia": _RECOGNISED[row.riconoscimento_art10_ptm],
            "testo": {"r": row.riconoscimento_art10_ptm},
        }

    return each(frame, differs, make, len(frame))


@check("previsione_sovracomunale")
def planned_above(plan, controllo):
    frame = plan.own[plan.own["stato"] == "previsto"]
    above = frame["valenza_calcolata"].isin(("intercomunale", "metropolitana", "al_limite"))
    unknown = frame["valenza_calcolata"].isin(("non_determinabile",)) | (
        frame["valenza_calcolata"].isna()
    )
    return each(
        frame,
        above,
        lambda row: {"valore": row.valenza_calcolata, "soglia": "locale"},
        int((~unknown).sum()),
        missing=("campo:attributi",) if unknown.any() else (),
        concerned=len(frame),
    )


@check("sensibilita")
def sensitive(plan, controllo):
    """Classify again with every numeric threshold a share lower, then higher."""
    from ..attributes import compute_attributes
    from ..valenza import valenze
    from ..valenza_tried import Values

    own = plan.own[plan.own["codice_sttm"].notna()]
    if own.empty:
        return Outcome(0)
    share = controllo.parametri["variazione"]
    computed = plan.computed
    if computed is None:
        computed = compute_attributes(
            plan.services, plan.pack, comuni=plan.comuni, lum=plan.lum, population=plan.population,
            timetable=plan.gtfs, stops=plan.stops, protected=plan.protected,
        )  # fmt: skip
    rows = own["_pos"].to_numpy()
    part = {
        name: values[rows] for name, values in computed.items() if name not in ("id_lum", "in_lum")
    }
    values = Values(own, part)
    now = valenze(values, plan.pack)
    changed = np.zeros(len(own), dtype=bool)
    for factor in (1 - share, 1 + share):
        changed |= valenze(values, _scaled(plan.pack, factor)) != now
    if not changed.any():
        return Outcome(len(own))
    part = float(changed.mean())
    ids = sorted(own["id_servizio"][changed].astype(str))
    failing = Failing(
        plan.comune.istat,
        (),
        part,
        0,
        "quota 0-1",
        -part,
        {"p": round(100 * part)},
        impronta={"cambiano": ids},
    )
    existing = ~own["stato"].isin(PLANNED).to_numpy()
    return Outcome(len(own), [failing], today=int(changed[existing].any()))


def _scaled(pack, factor):
    """Return the pack with the graded rules' numeric thresholds multiplied."""
    rules = tuple(
        replace(rule, soglia=rule.soglia * factor)
        if rule.tipo_regola == "graduata" and isinstance(rule.soglia, (int, float))
        else rule
        for rule in pack.regole
    )
    return replace(pack, regole=rules, _rules={})
