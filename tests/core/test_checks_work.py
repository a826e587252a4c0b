"""How much work the checks do: each thing is looked at once, whatever number of findings names it.

Counts, not seconds: they say the same on every machine.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("geopandas")

import geopandas as gpd
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from sttm_plugin.core import findings, pairs, valenza_tried, wkb
from sttm_plugin.core.checks import dati
from sttm_plugin.core.checks.engine import run_checks

from .plans import CENTRE, plan_with


@pytest.fixture
def counted(monkeypatch):
    """Count the calls of a function of a module: returns the list their arguments go to."""

    def count(module, name):
        calls, original = [], getattr(module, name)

        def asked(*args, **more):
            calls.append(args)
            return original(*args, **more)

        monkeypatch.setattr(module, name, asked)
        return calls

    return count


def square(dx, side):
    x, y = CENTRE[0] + dx, CENTRE[1]
    return MultiPolygon([box(x, y, x + side, y + side)])


# Near shapes ----------------------------------------------------------------------------------


def _shapes(rng, count):
    """Points, areas small and large, and nothing."""
    made = []
    for _ in range(count):
        x, y = rng.uniform(0, 600, 2).round()
        side = rng.choice([0.0, 3.0, 40.0, 250.0])
        made.append(None if rng.random() < 0.1 else box(x, y, x + side, y + side))
        if side == 0.0 and made[-1] is not None:
            made[-1] = Point(x, y)
    return gpd.GeoSeries(made, crs="EPSG:32632")


@given(st.integers(0, 2**31), st.sampled_from([0.0, 10.0, 90.0]))
@settings(max_examples=25, deadline=None)
def test_near_shapes_of_one_kind_are_those_that_measuring_all_finds(seed, most):
    rng = np.random.default_rng(seed)
    shapes, kinds = _shapes(rng, 30), rng.integers(0, 3, 30)

    i, j, metres = pairs.pairs_within(shapes, most, kinds)

    expected = [
        (a, b, shapes[a].distance(shapes[b]))
        for a in range(30)
        for b in range(a + 1, 30)
        if kinds[a] == kinds[b] and shapes[a] is not None and shapes[b] is not None
    ]
    expected = [row for row in expected if row[2] <= most + 1e-6]
    assert list(zip(i, j)) == [row[:2] for row in expected]
    assert metres == pytest.approx([row[2] for row in expected])


@given(st.integers(0, 2**31), st.sampled_from([5.0, 90.0, 2000.0]))
@settings(max_examples=25, deadline=None)
def test_the_nearest_of_each_kind_is_the_one_that_measuring_all_finds(seed, most):
    rng = np.random.default_rng(seed)
    shapes, kinds = _shapes(rng, 30), rng.integers(0, 3, 30)

    metres, other = pairs.nearest(shapes, most, kinds)

    for a in range(30):
        near = [
            shapes[a].distance(shapes[b])
            for b in range(30)
            if a != b and kinds[a] == kinds[b] and None not in (shapes[a], shapes[b])
        ]
        if near and min(near) <= most + 1e-6:
            assert metres[a] == pytest.approx(min(near))
            assert shapes[a].distance(shapes[other[a]]) == pytest.approx(min(near))
        else:
            assert (metres[a], other[a]) == (np.inf, -1)


def test_only_areas_whose_boxes_are_near_are_measured(counted):
    shapes = gpd.GeoSeries([square(100.0 * at, 20.0) for at in range(200)])
    measured = counted(pairs, "apart")

    near = pairs.pairs_within(shapes, 85.0)

    assert len(near[0]) == 199
    # Each with itself and its two neighbours, of 40,000 pairs.
    assert sum(len(one) for one, _ in measured) == 200 + 2 * 199


# Impronte --------------------------------------------------------------------------------------


def test_a_geometry_is_summed_up_once_however_many_findings_name_it(counted):
    # Three overlapping areas of three categories: each pair is a finding that names two.
    plan = plan_with(
        {"geometry": square(0, 100), "codice_sttm": "CUL.01"},
        {"geometry": square(10, 100), "codice_sttm": "CUL.02"},
        {"geometry": square(20, 100), "codice_sttm": "CUL.03"},
    )
    summed = counted(findings, "shape_summary")

    found = run_checks(plan, plan.pack).findings

    named = found["letto"].dropna().str.count('"geometria"').sum()
    assert named == 6
    assert len(summed) == 3


def test_a_rounded_geometry_is_that_of_its_rounded_coordinates():
    holed = Polygon(
        [(0, 0), (10.004, 0), (10.006, 10), (0, 10)], [[(1.111, 1), (2, 1), (2, 2.229)]]
    )
    expected = Polygon([(0, 0), (10.0, 0), (10.01, 10), (0, 10)], [[(1.11, 1), (2, 1), (2, 2.23)]])
    point, near_zero = Point(1.234, -1.236), Point(-0.001, 5)

    found = wkb.rounded_hex(
        [
            holed.wkb,
            None,
            MultiPolygon([holed, box(20, 20, 30.001, 30)]).wkb,
            point.wkb,
            near_zero.wkb,
            Point(1, 2, 3).wkb,
        ],
        2,
    )

    assert found == [
        expected.wkb_hex,
        None,
        MultiPolygon([expected, box(20, 20, 30, 30)]).wkb_hex,
        Point(1.23, -1.24).wkb_hex,
        Point(0.0, 5).wkb_hex,
        None,
    ]


# Distinct values -------------------------------------------------------------------------------


def test_what_the_rules_read_is_looked_for_once_for_all_the_thresholds_tried(counted):
    plan = plan_with(*[{"codice_sttm": "CUL.01", "capacita": 10.0 * n} for n in range(5)])
    asked = counted(valenza_tried, "attribute_values")

    run_checks(plan, plan.pack, only={"STTM2-310"})

    rules = {(rule.attributo, rule.unita) for rule in plan.pack.rules_for("CUL.01")}
    # Once a rule's attribute, not once a rule and a set of thresholds.
    assert 0 < len(asked) <= len(rules)


def test_equal_dates_are_judged_once(counted):
    rows = [{"data_inizio_validita": "2035-01-01"}] * 3 + [{"data_rif": "2027-01-01"}] * 40
    plan = plan_with(*rows)
    judged = counted(dati, "_wrong_dates")

    found = run_checks(plan, plan.pack, only={"STTM2-116"}).findings

    assert len(found) == 43
    assert len(judged) == 2
