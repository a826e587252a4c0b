"""Bare packages for the checks that belong to a package: what is wrong is said in a few words."""

from __future__ import annotations

import sqlite3

import pandas as pd

from sttm_plugin.core import layout
from sttm_plugin.core.gpkgschema import check_schema
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.package import Opened
from sttm_plugin.core.review import validate

from .plans import CRS, ISTAT, OGGI, services

_TYPES = {
    "text": "TEXT", "json": "TEXT", "int": "INTEGER", "real": "REAL", "bool": "BOOLEAN",
    "date": "DATE",
}  # fmt: skip
WHOLE = {"ente": "Comune di Rho", "ruolo_responsabile": "istruttore", "data_consegna": "2026-01-15"}


def geopackage(path, without=(), types=()):
    """Write the tables of a package, empty; some left out, some fields of another type."""
    types = dict(types)
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE gpkg_contents (table_name TEXT);"
        "CREATE TABLE gpkg_spatial_ref_sys"
        " (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER);"
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT,"
        " geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);"
        "INSERT INTO gpkg_spatial_ref_sys VALUES (32632, 'EPSG', 32632);"
    )
    for name, table in layout.TABLES.items():
        if name in without:
            continue
        columns = [
            f'"{field.name}" {types.get((name, field.name), _TYPES[field.kind])}'
            for field in table.fields
        ]
        if table.geometry:
            columns.append("geom BLOB")
            row = (name, "geom", table.geometry.upper(), 32632, 0, 0)
            connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", row)
        connection.execute(f'CREATE TABLE "{name}" (fid INTEGER, {", ".join(columns)})')
        connection.execute("INSERT INTO gpkg_contents VALUES (?)", (name,))
    connection.commit()
    connection.close()
    return path


def verdict_of(code, changes, folder):
    """Return the verdict of a package check on a package with some changes."""
    pack = load_pack()
    database = geopackage(
        folder / "restituzione.gpkg", changes.get("without", ()), changes.get("types", ())
    )
    criteria = {"versione": pack.versione, "sha256": pack.sha256}
    opened = Opened(
        problems=list(check_schema(database)),
        manifest=changes.get("manifest", {"istat": ISTAT, "criteri": criteria}),
        geopackage=database,
    )
    stated = {"versione_criteri": pack.versione, "impronta_criteri": pack.sha256}
    meta = pd.DataFrame([{**WHOLE, **stated, **changes.get("meta", {})}])
    found = validate("p.zip", opened, pack, {"metadati_consegna": meta}, services({}), CRS, OGGI)
    if found.result is None:
        problems = [one.codice for stage in found.stages for one in stage.problems]
        assert code in problems
        return "non_soddisfatto"
    checks = found.result.checks
    return checks.loc[checks["codice"] == code, "verdetto"].iloc[0]


# Each: what fails, what passes, what is at the limit and its verdict.
PACKAGES = {
    "STTM2-101": (
        {"without": ("metadati_consegna",)},
        {},
        # A package of areas only needs no layer of points.
        {"without": ("servizi_punti",)},
        "soddisfatto",
    ),
    "STTM2-102": (
        {"types": [(("servizi_punti", "stato"), "REAL")]},
        {},
        {"types": [(("servizi_punti", "stato"), "VARCHAR(20)")]},
        "soddisfatto",
    ),
    "STTM2-946": ({"meta": {"ente": None}}, {}, {"meta": {"ente": "  "}}, "non_soddisfatto"),
    "STTM2-947": (
        {"meta": {"versione_criteri": None}},
        {},
        # Stated in the package, and not in the manifest: they are known here.
        {"manifest": {"istat": ISTAT}},
        "soddisfatto",
    ),
}
