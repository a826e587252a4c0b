"""Checks that a pack writes as QGIS expressions (``core.expressions``)."""

from __future__ import annotations

from ..expressions import (
    EACH,
    ENTRY,
    LACKS,
    WHOLE,
    evaluator,
    rows_of,
    stored_name,
    variables_of,
)
from .common import name_of
from .engine import TODAY, Failing, Outcome, check

_COMPARE = {
    ">=": lambda value, limit: value >= limit - 1e-9,
    ">": lambda value, limit: value > limit + 1e-9,
    "<=": lambda value, limit: value <= limit + 1e-9,
    "<": lambda value, limit: value < limit - 1e-9,
}


@check(EACH)
def object_by_object(plan, controllo):
    """Tell the objects whose expression is false, or beyond the threshold.

    What isn't in the filter isn't concerned; NULL, or a value that can't be judged, is not known.
    """
    said, layer = controllo.parametri, controllo.parametri["layer"]
    if controllo.dati and getattr(plan, controllo.dati[0].lower()) is None:
        return Outcome(0, missing=controllo.dati, concerned=1)
    frame = _objects(plan, layer)
    if evaluator() is None:
        return Outcome(0, missing=(LACKS,), concerned=len(frame))
    if said["filtro"]:
        chosen = _values(plan, controllo, "filtro", frame)
        frame = frame[[_truth(value) is True for value in chosen]].reset_index(drop=True)
    values = _values(plan, controllo, "espressione", frame)
    met = [_met(value, said) for value in values]
    key = "id_servizio" if layer == "servizi" else "id_lum"
    failing = []
    for row, value, good in zip(frame.itertuples(), values, met):
        if good is False:
            name = name_of(row) if layer == "servizi" else _lum_name(row)
            object_id = str(getattr(row, key))
            failing.append(_failing(plan, said, value, object_id, name, row.geometry, layer))
    unknown = [row for row, good in enumerate(met) if good is None]
    tried = len(frame) - len(unknown)
    missing = _lacking(frame.iloc[unknown], said) if unknown else ()
    return Outcome(tried, failing, missing, len(frame))


@check(WHOLE, scenario=TODAY)
def on_the_plan(plan, controllo):
    """Tell whether one value of the comune's services as a whole is as the pack wants it."""
    said = controllo.parametri
    if evaluator() is None:
        return Outcome(0, missing=(LACKS,), concerned=1)
    rows = _rows(plan, controllo, "espressione", plan.own)
    value = evaluator().whole(said["espressione"], rows, plan.going)
    good = _met(value, said)
    if good is None:
        return Outcome(0, missing=(LACKS,), concerned=1)
    if good:
        return Outcome(1)
    read = {"servizi": sorted(plan.own["id_servizio"].astype(str))}
    name = plan.comune.nome
    failing = _failing(plan, said, value, plan.comune.istat, name, None, "piano", impronta=read)
    return Outcome(1, [failing])


def _objects(plan, layer):
    if layer == "servizi":
        return plan.own
    frame = plan.lum if layer == "lum" else plan.lum_perimeters
    if layer == "lum":
        from .lum import _own_lum

        own = {str(row.id_lum) for row in _own_lum(plan)[0]}
        frame = frame[frame["id_lum"].astype(str).isin(own)]
    elif "istat" in frame.columns:
        frame = frame[frame["istat"].isna() | (frame["istat"] == plan.comune.istat)]
    return frame.sort_values("id_lum", kind="stable").reset_index(drop=True)


def _rows(plan, controllo, key, frame):
    said = controllo.parametri
    columns = said["colonne"].get(key, ())
    variables = variables_of(plan, said["soglia"])
    return rows_of(frame, columns, said["layer"], plan.crs, controllo.legge_geometria, variables)


def _values(plan, controllo, key, frame):
    rows = _rows(plan, controllo, key, frame)
    return evaluator().each(controllo.parametri[key], rows, plan.going)


def _truth(value):
    """Return what a test says: true, false, None for what is neither."""
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return bool(value)
    return None


def _met(value, said):
    if not said["operatore"]:
        return _truth(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
    return _COMPARE[said["operatore"]](float(value), said["soglia"]) if number else None


def _failing(plan, said, value, object_id, name, shape, layer, **more):
    limit, margin = said["soglia"], None
    if said["operatore"]:
        value = float(value)
        margin = value - limit if said["operatore"].startswith(">") else limit - value
    shown = value if said["operatore"] else None
    return Failing(
        object_id,
        valore=shown,
        soglia=limit,
        unita=said["unita"] or None,
        margine=margin,
        testo={
            "nome": name,
            "valore": shown,
            "soglia": limit,
            "unita": said["unita"],
            "comune": plan.comune.nome,
            "zona_omogenea": plan.comune.zona_omogenea,
        },
        geometry=shape,
        layer=None if layer in ("servizi", "piano") else layer,
        **more,
    )


def _lum_name(row):
    name = getattr(row, "nome", None)
    return str(name) if name and name == name else str(row.id_lum)


def _lacking(frame, said):
    """Return the fields the expression reads that these objects lack; its own fault otherwise."""
    found = set()
    for name in said["colonne"].get("espressione", ()):
        column = stored_name(name)
        if name.lower().startswith(ENTRY):
            found.add(f"campo:{name[len(ENTRY) :]}")
        elif column not in frame.columns or frame[column].isna().any():
            found.add(f"campo:{column}")
    return tuple(sorted(found)) or (LACKS,)
