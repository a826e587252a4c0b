"""What would flip if the criteria were others: the same services under two packs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .attributes import compute_attributes, reads_of
from .doubles import without_doubles
from .schema import FLIPS, FLIPS_SUMMARY, conform_services, names
from .valenza import esito_of, judge, zone_of
from .valenza_decision import RANK, model_of
from .valenza_tried import Values

_NONE = "non classificato"


@dataclass
class WhatIf:
    """What two packs say of the same services.

    Attributes:
        flips: frame of the services whose valenza differs (FLIPS), by comune, category, name.
        before, after: object (n,), the valenza under each pack. recomputed: bool, the second
            pack reads other distances, limits or standards, and the attributes were computed anew.
    """

    flips: object
    before: np.ndarray
    after: np.ndarray
    recomputed: bool

    def counts(self) -> dict:
        """Return the numbers of the run: how many flip, rise, fall, stay."""
        flipped = self.flips
        ranks = [flipped[name].map(RANK) for name in ("prima", "dopo")]
        return {
            "SERVICES_COUNT": len(self.before),
            "FLIPPED": len(flipped),
            "RAISED": int((ranks[1] > ranks[0]).sum()),
            "LOWERED": int((ranks[1] < ranks[0]).sum()),
            "UNCHANGED": len(self.before) - len(flipped),
        }


def what_if(services, one, other, around=None, on_progress=None):
    """Return the services whose valenza is another under another pack; None when stopped.

    The values the rules read are looked for once; they are computed again only where the two
    packs compute them otherwise. A category whose rules are the same is judged once.

    Args:
        services: services frame. one, other: ``core.pack.Pack``, before and after.
        around: pack → the layers around the services, as ``compute_attributes`` takes them.
    """
    frame = conform_services(without_doubles(services))
    recomputed = reads_of(one) != reads_of(other)
    parts = 2 if recomputed else 1
    values = []
    for number, pack in enumerate((one, other)[:parts]):
        progress = _part(on_progress, 0.9 * number / parts, 0.9 / parts)
        layers = around(pack) if around else {}
        computed = compute_attributes(frame, pack, on_progress=progress, **layers)
        if computed is None:
            return None
        values.append(Values(frame, computed))
    before = _judged(values[0], one)
    if on_progress is not None and not on_progress(0.95):
        return None
    same = not recomputed and model_of(one) == model_of(other)
    after = _judged(values[-1], other, (one, before) if same else None)
    if on_progress is not None and not on_progress(1.0):
        return None
    return WhatIf(_flips(frame, before, after), before["valenza"], after["valenza"], recomputed)


def _part(on_progress, start, width):
    return on_progress and (lambda share: on_progress(start + width * share))


def _judged(values, pack, known=None):
    """Return {valenza, regola, punteggio, copertura: (n,)} of each service under a pack.

    Args:
        known: (pack, what it said): taken over for the categories whose rules are the same.
    """
    count = len(values.frame)
    found = {name: np.full(count, None, dtype=object) for name in ("valenza", "regola")}
    found.update({name: np.full(count, np.nan) for name in ("punteggio", "copertura")})
    for code, rows in values.groups.items():
        if known is not None and _same_category(known[0], pack, code):
            for name, column in found.items():
                column[rows] = known[1][name][rows]
            continue
        judged = judge(values, code, pack)
        if judged is None:
            continue
        columns = judged.numbers()
        found["valenza"][rows] = columns["valenza_calcolata"]
        found["regola"][rows] = judged.of_each(judged.verdict.decisive)
        found["punteggio"][rows] = columns["punteggio"]
        found["copertura"][rows] = columns["copertura"]
    return found


def _same_category(one, other, code):
    return (
        one.categorie.get(code) == other.categorie.get(code)
        and one.rules_for(code) == other.rules_for(code)
        and one.tipi_specifici.get(code) == other.tipi_specifici.get(code)
    )


def _flips(frame, before, after):
    import pandas as pd

    rows = np.flatnonzero(before["valenza"] != after["valenza"])
    chosen = frame.iloc[rows]
    table = pd.DataFrame(chosen.drop(columns="geometry", errors="ignore"))
    table = table.assign(
        zona_omogenea=[zone_of(istat) for istat in chosen["istat"]],
        prima=before["valenza"][rows],
        dopo=after["valenza"][rows],
        regola_prima=before["regola"][rows],
        regola_dopo=after["regola"][rows],
        esito_prima=esito_of(chosen["valenza_dichiarata"], before["valenza"][rows]),
        esito_dopo=esito_of(chosen["valenza_dichiarata"], after["valenza"][rows]),
        punteggio_prima=before["punteggio"][rows],
        punteggio_dopo=after["punteggio"][rows],
        copertura=after["copertura"][rows],
    )[names(FLIPS)]
    order = ["istat", "codice_sttm", "denominazione", "id_servizio"]
    return table.sort_values(order, kind="stable").reset_index(drop=True)


def flips_summary(result):
    """Return how many services go from which valenza to which (FLIPS_SUMMARY).

    In all, then by category, by comune and by zona omogenea.
    """
    import pandas as pd

    flips = result.flips.fillna({"prima": _NONE, "dopo": _NONE})
    parts = []
    for level, code, name in (
        ("totale", None, None),
        ("categoria", "codice_sttm", "categoria"),
        ("zona_omogenea", "zona_omogenea", "zona_omogenea"),
        ("comune", "istat", "comune"),
    ):
        part = flips.assign(
            livello=level,
            codice="" if code is None else flips[code].fillna(""),
            nome="" if name is None else flips[name].fillna(""),
        )
        keys = ["livello", "codice", "nome", "prima", "dopo"]
        parts.append(part.groupby(keys, sort=True).size().reset_index(name="n"))
    return pd.concat(parts, ignore_index=True)[names(FLIPS_SUMMARY)]
