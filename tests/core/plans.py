"""Plans for the tests of the checks, from a few words each."""

from __future__ import annotations

import datetime

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from sttm_plugin.core.checks.engine import Plan, run_checks
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.reference import resolve_comune
from sttm_plugin.core.schema import conform_services

CRS = "EPSG:32632"
# Rho: the envelope of the bundled table is 498-506 km E, 5039-5047 km N.
ISTAT = "015182"
CENTRE = (502000.0, 5042000.0)
OGGI = datetime.date(2026, 1, 15)

WHOLE = {
    "istat": ISTAT,
    "comune": "Rho",
    "codice_sttm": "CUL.01",
    "stato": "esistente",
    "fonte": "prova",
    "gestore": "Comune di Rho",
    "data_rif": "2025-12-31",
    "data_inizio_validita": "2020-01-01",
    "lettura": 1,
    "valenza_calcolata": "locale",
    "copertura": 0.9,
    "punteggio": 10.0,
}


def services(*rows):
    """Return a services frame: each row a dict over WHOLE; ids default to s1, s2, …"""
    filled = []
    for number, row in enumerate(rows, start=1):
        name = f"servizio {number}"
        filled.append({"id_servizio": f"s{number}", "denominazione": name, **WHOLE, **row})
    for number, row in enumerate(filled):
        row.setdefault("geometry", Point(CENTRE[0] + 500 * number, CENTRE[1]))
    frame = gpd.GeoDataFrame(pd.DataFrame(filled), geometry="geometry", crs=CRS)
    frame["_layer"] = "servizi"
    return conform_services(frame)


def layer(*rows):
    """Return a layer: each row a dict with its columns and ``geometry``."""
    return gpd.GeoDataFrame(pd.DataFrame(list(rows)), geometry="geometry", crs=CRS)


def plan_with(*rows, comune=ISTAT, **layers):
    """Return a plan of these services (dicts over WHOLE) and layers."""
    return Plan(
        services=services(*rows),
        comune=resolve_comune(comune),
        pack=load_pack(),
        crs=CRS,
        oggi=OGGI,
        **layers,
    )


def outcome_of(code, plan):
    """Return (verdict, findings) of one check."""
    result = run_checks(plan, plan.pack, only={code})
    return result.checks["verdetto"].iloc[0], result.findings


def failing_ids(code, plan):
    """Return the verdict and the sorted ids of the objects that fail one check."""
    verdict, findings = outcome_of(code, plan)
    return verdict, sorted(findings["id_oggetto"])
