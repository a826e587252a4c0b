"""Geometries made points or areas, or refused."""

from __future__ import annotations

import pytest
from shapely import wkt

from sttm_plugin.core.shapes import condition


def made(text):
    return condition(wkt.loads(text))


@pytest.mark.parametrize(
    ("text", "kind", "area"),
    [
        ("POINT (1 2)", "punto", 0.0),
        ("MULTIPOINT ((1 2))", "punto", 0.0),
        ("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))", "area", 100.0),
        ("MULTIPOLYGON (((0 0, 10 0, 10 10, 0 0)))", "area", 50.0),
    ],
)
def test_points_and_areas_need_no_repair(text, kind, area):
    found = made(text)

    assert (found.kind, found.shape.area, found.notes) == (kind, area, ())
    assert found.shape.geom_type == ("Point" if kind == "punto" else "MultiPolygon")


def test_of_several_points_the_first_stays_logged():
    found = made("MULTIPOINT ((1 2), (3 4))")

    assert found.shape.wkt == "POINT (1 2)"
    assert [note.difetto for note in found.notes] == ["D18"]


def test_a_bow_tie_is_repaired_with_area_before_and_after():
    found = made("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")

    assert found.kind == "area"
    assert found.shape.area == 50.0
    (note,) = found.notes
    assert (note.difetto, note.gravita) == ("D11", "R")
    assert "0.00 m²" in note.prima
    assert "50.00 m²" in note.dopo


@pytest.mark.parametrize(
    ("text", "motivo", "difetto"),
    [
        ("POLYGON ((0 0, 10 0, 5 0, 0 0))", "geometria_irreparabile", "D12"),
        ("LINESTRING (0 0, 10 0)", "geometria_lineare", "D20"),
        ("LINESTRING (0 0, 10 0, 10 10, 0.2 0)", "geometria_lineare", "D20"),
        ("GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))", "geometria_lineare", "D20"),
    ],
)
def test_what_is_neither_point_nor_area_is_refused(text, motivo, difetto):
    found = made(text)

    assert (found.kind, found.motivo, found.difetto) == ("", motivo, difetto)
    assert found.messaggio


def test_a_repair_that_loses_more_than_one_percent_is_refused():
    # Winds twice around 4 m² of 100: what overlaps itself would be lost.
    found = made("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0, 2 0, 2 2, 0 2, 0 0))")

    assert (found.motivo, found.difetto) == ("geometria_irreparabile", "D12")


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_a_closed_line_is_an_area(gap):
    found = made(f"LINESTRING (0 0, 10 0, 10 10, 0 10, 0 {gap})")

    assert (found.kind, found.shape.area) == ("area", 100.0)
    assert found.notes[0].difetto == "D20"


def test_of_a_collection_the_areas_stay():
    found = made("GEOMETRYCOLLECTION (POINT (50 50), POLYGON ((0 0, 10 0, 10 10, 0 0)))")

    assert (found.kind, found.shape.area) == ("area", 50.0)
    assert found.notes[0].difetto == "D19"


def test_parts_that_overlap_are_one_area():
    found = made("MULTIPOLYGON (((0 0, 10 0, 10 10, 0 10, 0 0)), ((5 0, 15 0, 15 10, 5 10, 5 0)))")

    assert found.shape.area == 150.0
