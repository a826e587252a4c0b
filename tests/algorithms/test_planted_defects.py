"""A plan with one defect for each check: each is found on its object, through Processing."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("geopandas")

from sttm_plugin.core.checks.engine import PACKAGE_CHECKS
from sttm_plugin.core.pack import load_pack

from .planted import RHO, TODAY, make

# They ask for another plan: a wrong reference system, most of it elsewhere, nothing planned.
APART = ("STTM2-104", "STTM2-107", "STTM2-406")


def as_layers(frame, name):
    """Return the memory layers of a frame: one for each kind of geometry, and the table."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsWkbTypes

    from sttm_plugin.core.schema import SERVICES, Field, conform_services
    from sttm_plugin.qgis_io.frames import memory_layer

    crs = QgsCoordinateReferenceSystem("EPSG:32632")
    if "id_servizio" in frame.columns:
        fields, frame = SERVICES, conform_services(frame)
    else:
        fields = [
            Field(column, "real" if frame[column].dtype.kind in "if" else "text")
            for column in frame.columns
            if column != "geometry"
        ]
    kinds = frame.geometry.map(lambda shape: "None" if shape is None else shape.geom_type)
    made = []
    for kind, wkb in (
        ("Point", QgsWkbTypes.Type.Point),
        ("MultiPolygon", QgsWkbTypes.Type.MultiPolygon),
    ):
        # A service without a place stands in the layer of points, that has a place for it.
        mine = kinds == kind if kind != "Point" else kinds.isin(("Point", "None"))
        if mine.any():
            part = frame[mine].reset_index(drop=True)
            made.append(memory_layer(part, fields, f"{name} {kind}", wkb, crs))
    return made


@pytest.fixture
def check(sttm_provider, tmp_path, monkeypatch):
    """Run checkplan on a planted or clean plan; findings as (codice, id_oggetto, severita)."""
    from qgis import processing

    monkeypatch.setenv("SOURCE_DATE_EPOCH", TODAY)

    def run(planted, change=None, order=None, **more):
        layers, expected = make(tmp_path, planted)
        if change is not None:
            change(layers)
        parameters = {"COMUNE": RHO, "OUTPUT": "TEMPORARY_OUTPUT", "CHECKS": "TEMPORARY_OUTPUT"}
        for name, value in layers.items():
            if isinstance(value, str):
                parameters[name] = value
                continue
            if order is not None:
                value = value.sample(frac=1.0, random_state=order).reset_index(drop=True)
            made = as_layers(value, name.lower())
            many = name in ("SERVICES", "NEIGHBOURS", "READING2")
            parameters[name] = made if many else made[0]
        parameters["REPORT_JSON"] = str(tmp_path / "rilievi.json")
        found = processing.run("sttm:checkplan", {**parameters, **more})
        rows = [
            (row["codice"], row["id_oggetto"], row["severita"])
            for row in found["OUTPUT"].getFeatures()
        ]
        verdicts = {row["codice"]: row["verdetto"] for row in found["CHECKS"].getFeatures()}
        return rows, expected, found, verdicts, (tmp_path / "rilievi.json").read_bytes()

    return run


def test_each_defect_is_found_on_its_object(check):
    rows, expected, _, verdicts, _ = check(planted=True)
    codes = {one.codice for one in load_pack().controlli}
    assert set(expected) == codes - set(PACKAGE_CHECKS) - set(APART)
    found = {(code, key) for code, key, _ in rows}
    assert [pair for pair in sorted(expected.items()) if pair not in found] == []
    assert {verdicts[code] for code in expected} == {"non_soddisfatto"}


def test_a_clean_plan_has_no_error(check):
    rows, _, found, verdicts, _ = check(planted=False)
    assert [row for row in rows if row[2] in ("blocco", "errore")] == []
    assert (found["BLOCKING"], found["ERRORS"]) == (0, 0)
    assert verdicts["STTM2-401"] == "soddisfatto"


def test_the_plan_in_another_reference_system(check):
    rows, *_ = check(planted=False, CRS="EPSG:3003")
    assert [key for code, key, _ in rows if code == "STTM2-104"] == [RHO]


def test_most_of_the_plan_elsewhere(check):
    def move(layers):
        layers["SERVICES"].geometry = layers["SERVICES"].geometry.translate(40_000, 0)

    rows, *_ = check(planted=False, change=move)
    assert [key for code, key, _ in rows if code == "STTM2-107"] == [RHO]


def test_a_pole_that_plans_nothing_more(check):
    rows, *_ = check(planted=False)
    assert [key for code, key, _ in rows if code == "STTM2-406"] == [RHO]


def test_runs_and_orders_of_rows_give_the_same_bytes(check):
    first = check(planted=True)[4]
    assert check(planted=True)[4] == first
    for order in (1, 2):
        assert check(planted=True, order=order)[4] == first
    document = json.loads(first)
    assert len(document["scenari"]) == 88
    ranks = [len(row["controlli"]) for row in document["mancanze"]]
    assert ranks == sorted(ranks, reverse=True)
