"""Checks on protected sites, funding and regeneration areas (STTM2-905, 921 … 924)."""

from __future__ import annotations

import math

import numpy as np

from ..context import column_of, meeting, sound
from ..pairs import near_pairs
from ..reference import istat_code
from .common import date_of, each, located, name_of
from .engine import PLANNED, TODAY, Failing, Outcome, check


def text_of(value) -> str:
    """Return a value as text, "" where there is none; a whole number without decimals."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).strip()


@check("aree_protette")
def protected_sites(plan, controllo):
    frame = plan.own[plan.own["stato"].isin(PLANNED)]
    if frame.empty:
        return Outcome(0)
    if plan.protected is None:
        return Outcome(0, missing=("PROTECTED",), concerned=len(frame))
    here = frame[located(frame)].reset_index(drop=True)
    most = controllo.parametri["distanza_m"]
    sites = plan.protected.geometry
    sites = sound(sites)
    named = column_of(plan.protected, "nome", "denominazione", "nome_sito", "sito", "name")
    nearest: dict = {}
    for row, site, metres in zip(*near_pairs(here.geometry, sites, most)):
        label = text_of(named.iloc[site]) if named is not None else ""
        key = (float(metres), label or f"sito {site + 1}")
        nearest[row] = min(nearest.get(row, (math.inf, "")), key)

    def make(row):
        metres, label = nearest[row.Index]
        return {
            "valore": metres,
            "soglia": most,
            "unita": "m",
            "margine": metres - most,
            "testo": {"sito": label},
        }

    missing = ("campo:geometria",) if len(here) < len(frame) else ()
    return each(
        here,
        here.index.isin(list(nearest)),
        make,
        len(here),
        missing=missing,
        concerned=len(frame),
    )


# Funding -------------------------------------------------------------------------------------


class Projects:
    """The funded projects of the comune, and the services each one is about.

    Attributes:
        frame: the projects. services: {row of it: rows of the comune's services}.
    """

    def __init__(self, plan, distance):
        frame = plan.funding
        mine = np.ones(len(frame), dtype=bool)
        codes = column_of(frame, "istat", "cod_istat", "pro_com_t", "pro_com", "codice_istat")
        if codes is not None:
            mine = np.array([istat_code(code) == plan.comune.istat for code in codes], dtype=bool)
        elif plan.boundary is not None:
            placed = located(frame)
            mine = ~placed | (frame.geometry.distance(plan.boundary).to_numpy() <= 1e-6)
        self.frame = frame[mine].reset_index(drop=True)
        cup = column_of(self.frame, "cup", "codice_cup", "cup_progetto")
        self.cups = [text_of(value).upper() for value in cup] if cup is not None else None
        self.services = self._services(plan.own, distance)

    def label(self, row) -> str:
        """Return how a project is called: its CUP, else its row."""
        return (self.cups[row] if self.cups else "") or f"riga {row + 1}"

    def _services(self, own, distance):
        """Return {project: rows of own}: as it says, by CUP anywhere in the record, by place."""
        found: dict = {}
        place = {ids: row for row, ids in enumerate(own["id_servizio"]) if ids is not None}
        named = column_of(self.frame, "id_servizio")
        for row, ids in enumerate(() if named is None else named):
            if ids in place:
                found[row] = [place[ids]]
        columns = ("fonte_id", "codice_fonte", "attributi", "attributi_origine", "denominazione")
        texts = [
            " ".join(text or "" for text in said).upper()
            for said in zip(*(own[name] for name in columns))
        ]
        for row, cup in enumerate(self.cups or ()):
            if cup:
                alike = [service for service, text in enumerate(texts) if cup in text]
                found[row] = list(dict.fromkeys([*found.get(row, ()), *alike]))
        for row, service, _ in zip(*near_pairs(self.frame.geometry, own.geometry, distance)):
            if service not in found.setdefault(int(row), []):
                found[int(row)].append(int(service))
        return found


def _projects(plan):
    found = getattr(plan, "_projects", None)
    if found is None:
        distance = plan.pack.check("STTM2-921").parametri["distanza_m"]
        found = plan._projects = Projects(plan, distance)
    return found


@check("finanziati_nel_piano", scenario=TODAY)
def funded_in_plan(plan, controllo):
    if plan.funding is None:
        return Outcome(0, missing=("FUNDING",), concerned=1)
    projects = _projects(plan)
    placed = located(projects.frame)
    failing, tried = [], 0
    for row in range(len(projects.frame)):
        if not placed[row] and not (projects.cups and projects.cups[row]):
            continue
        tried += 1
        if projects.services.get(row):
            continue
        cup = projects.label(row)
        failing.append(
            Failing(
                plan.comune.istat, (cup,), testo={"cup": cup},
                geometry=projects.frame.geometry.iloc[row], layer="finanziamenti", impronta={},
            )
        )  # fmt: skip
    missing = () if tried == len(projects.frame) else ("campo:cup",)
    return Outcome(tried, failing, missing, len(projects.frame))


@check("stato_e_fase")
def state_and_phase(plan, controllo):
    limits = controllo.parametri
    frame = plan.own[plan.own["stato"].isin(list(limits["incompatibili"]))]
    # Of what exists only that with a project is meant.
    frame = frame[frame["stato"].isin(PLANNED) | frame["fase_progetto"].notna()]
    known = frame[frame["fase_progetto"].notna()]
    # A service that is being enlarged exists and has works under way.
    works = limits.get("cantieri", ())
    enlarged = [
        state == "esistente" and any(word in (text or "").lower() for word in works)
        for state, text in zip(known["stato"], known["attributi_origine"])
    ]
    wrong = [
        phase in limits["incompatibili"][state] and not under_way
        for state, phase, under_way in zip(known["stato"], known["fase_progetto"], enlarged)
    ]
    missing = ("campo:fase_progetto",) if len(known) < len(frame) else ()
    return each(
        known,
        wrong,
        lambda row: {
            "valore": row.fase_progetto,
            "testo": {"a": row.stato, "b": row.fase_progetto},
        },
        len(known),
        missing=missing,
        concerned=len(frame),
    )


@check("aree_senza_funzione", scenario=TODAY)
def idle_areas(plan, controllo):
    missing = tuple(name for name in ("LUM", "REGENERATION") if getattr(plan, name.lower()) is None)
    if missing:
        return Outcome(0, missing=missing, concerned=1)
    areas = plan.regeneration[located(plan.regeneration)].reset_index(drop=True)
    shapes = sound(areas.geometry)
    ground = sound(plan.lum.geometry)
    planned = plan.own[plan.own["stato"].isin(PLANNED)]
    used = set(meeting(shapes, planned.geometry)[0].tolist())
    names = column_of(areas, "id_area", "nome", "denominazione", "codice", "id")
    failing, tried = [], set()
    for row, number in zip(*meeting(shapes, ground)):
        inside = shapes[row].intersection(ground.iloc[number]).area
        outside = plan.boundary is not None and not shapes[row].intersects(plan.boundary)
        if inside <= 0 or outside:
            continue
        tried.add(int(row))
        if row in used:
            continue
        label = (text_of(names.iloc[row]) if names is not None else "") or f"area {row + 1}"
        failing.append(
            Failing(
                str(plan.lum["id_lum"].iloc[number]), (label,), float(shapes[row].area),
                unita="mq", testo={"area": label, "mq": round(shapes[row].area)},
                geometry=shapes[row], layer="rigenerazione",
            )
        )  # fmt: skip
    return Outcome(len(tried), failing)


@check("scadenza_superata")
def deadline_passed(plan, controllo):
    if plan.funding is None:
        return Outcome(0, missing=("FUNDING",), concerned=1)
    projects = _projects(plan)
    column = column_of(
        projects.frame, "data_fine_prevista", "data_fine", "fine_prevista", "scadenza"
    )
    if column is None:
        concerned = len(projects.frame)
        missing = ("campo:data_fine_prevista",) if concerned else ()
        return Outcome(0, missing=missing, concerned=concerned)
    failing, tried, concerned = [], 0, 0
    for row, services in sorted(projects.services.items()):
        end = date_of(text_of(column.iloc[row]))
        concerned += len(services)
        if end is None:
            continue
        for position in services:
            service = plan.own.iloc[position]
            tried += 1
            if end < plan.oggi and service["stato"] not in (None, "esistente"):
                failing.append(
                    Failing(
                        service["id_servizio"], (projects.label(row),), end.isoformat(),
                        plan.oggi.isoformat(), "data", float((end - plan.oggi).days),
                        {"nome": name_of(service)}, service["geometry"],
                    )
                )  # fmt: skip
    missing = ("campo:data_fine_prevista",) if tried < concerned else ()
    return Outcome(tried, failing, missing, concerned)
