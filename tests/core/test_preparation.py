"""Street lines made sound: what is found, what is moved, what is left."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.preparation import prepare
from sttm_plugin.core.wkb import Lines


def lines_of(*parts):
    xy = np.array([vertex for part in parts for vertex in part], dtype=float).reshape(-1, 2)
    count = [len(part) for part in parts]
    start = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    return Lines(xy, start, np.arange(len(parts)), np.zeros(0, dtype=np.int64))


def prepared(*parts, ids=None, **options):
    return prepare(lines_of(*parts), ids or list(range(1, len(parts) + 1)), **options)


def told(found):
    return [(one.tipo, one.feature + 1, round(one.distance, 6)) for one in found.issues]


def test_nodes_are_numbered_by_x_then_y_and_part_one_is_the_longest():
    found = prepared([(50, 0), (60, 0)], [(0, 10), (0, 0), (20, 0)], [(20, 0), (20, 5)])
    network = found.network
    # By x, y: (0, 10) (20, 0) (20, 5) (50, 0) (60, 0).
    assert found.node_number[network.node_from].tolist() == [4, 1, 2]
    assert found.node_number[network.node_to].tolist() == [5, 2, 3]
    assert found.edge_part.tolist() == [2, 1, 1]
    assert found.largest_share == pytest.approx(35 / 45)
    assert told(found) == [("isolato", 1, 30.0)]


def test_of_duplicates_either_way_round_the_lowest_id_stays():
    found = prepared(
        [(0, 0), (5, 1), (10, 0)],
        [(10, 0), (5, 1), (0, 0)],
        [(0, 0), (5, 2), (10, 0)],
        ids=[7, 3, 5],
    )
    assert sorted(found.network.feature_id[found.network.feature].tolist()) == [3, 5]
    issue = found.issues[0]
    assert (issue.tipo, issue.feature, issue.azione) == (
        "duplicato", 0, "scartata, uguale alla linea 3",
    )  # fmt: skip


def test_lines_without_length_are_told_and_left_out():
    found = prepared([(3, 4), (3, 4), (3, 4)], [(0, 0), (10, 0)])
    assert told(found) == [("lunghezza_zero", 1, 0.0)]
    assert (found.issues[0].x, found.issues[0].y) == (3.0, 4.0)
    assert found.network.size == 1


@pytest.mark.parametrize(("gap", "seen"), [(1.0, True), (1.01, False)])
def test_an_end_within_a_metre_of_another_line_is_told(gap, seen):
    found = prepared([(0, 0), (100, 0)], [(50, gap), (50, 40)])
    near = [one for one in told(found) if one[0] == "quasi_contatto"]
    assert near == ([("quasi_contatto", 2, gap)] if seen else [])
    assert found.network.size == 2


def test_a_gap_is_closed_on_the_end_in_reach_before_the_line():
    found = prepared([(0, 0), (100, 0)], [(98, 1.5), (50, 40)], snap_gaps=3.0)
    network = found.network
    assert network.size == 2
    assert found.edge_part.max() == 1
    assert (100.0, 0.0) in set(zip(network.x.tolist(), network.y.tolist()))
    issue = next(one for one in found.issues if one.tipo == "quasi_contatto")
    assert issue.distance == pytest.approx(2.5)
    assert issue.azione == "spostata sull'estremo della linea 1"


def test_a_gap_is_closed_on_the_line_which_is_split():
    found = prepared([(0, 0), (100, 0)], [(50, 1.5), (50, 40)], snap_gaps=1.5)
    assert sorted(found.network.length.tolist()) == [40.0, 50.0, 50.0]
    assert found.edge_part.max() == 1


def test_two_ends_facing_each_other_meet_and_do_not_swap():
    found = prepared([(0, 0), (10, 0)], [(12, 0), (20, 0)], [(11, 1.5), (11, 30)], snap_gaps=2.0)
    assert found.edge_part.max() == 1
    assert found.network.node_x.size == 4


def test_a_short_street_between_two_crossroads_is_not_a_gap():
    found = prepared([(0, 0), (100, 0)], [(100, 0), (100, 2)], [(100, 2), (160, 2)], snap_gaps=5.0)
    assert [one for one in told(found) if one[0] == "quasi_contatto"] == []
    assert sorted(found.network.length.tolist()) == [2.0, 60.0, 100.0]


def test_lines_that_cross_connect_only_when_asked():
    cross = [(0, 0), (10, 10)], [(0, 10), (10, 0)]
    assert prepared(*cross).network.size == 2
    found = prepared(*cross, split=True)
    assert found.network.size == 4
    assert found.edge_part.max() == 1
    assert told(found) == [("incrocio", 1, 0.0)]
    assert found.issues[0].azione == "divisa con la linea 2"


def test_a_line_that_ends_on_another_connects_when_crossings_are_split():
    found = prepared([(0, 0), (100, 0)], [(30, 0), (30, 20)], split=True)
    assert sorted(found.network.length.tolist()) == [20.0, 30.0, 70.0]
    assert told(found) == [("incrocio", 1, 0.0)]


def test_an_overshoot_is_a_crossing_not_a_gap():
    found = prepared([(0, 0), (100, 0)], [(30, -0.4), (30, 20)], split=True, snap_gaps=1.0)
    assert sorted(np.round(found.network.length, 6)) == [0.4, 20.0, 30.0, 70.0]


def test_three_lines_through_one_point_share_one_node():
    found = prepared([(0, 0), (10, 10)], [(0, 10), (10, 0)], [(5, 0), (5, 10)], split=True)
    assert found.network.size == 6
    assert found.network.node_x.size == 7


def test_no_usable_line_is_refused():
    with pytest.raises(SttmError, match="nessuna linea utilizzabile"):
        prepared([(1, 1), (1, 1)])


def test_progress_can_stop_the_run():
    assert prepared([(0, 0), (9, 0)], on_progress=lambda share: False) is None


coordinate = st.integers(0, 9)
part = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4)


def exact_places(parts):
    """Places, components, uses and ends of noded lines, in fractions, pair by pair."""
    segments = [(a, b) for line in parts for a, b in zip(line, line[1:])]
    on = [{a, b} for a, b in segments]
    for m, (a, b) in enumerate(segments):
        for n, (c, d) in enumerate(segments):
            on[m] |= {point for point in (c, d) if lies_on(point, a, b)}
            crossing = meeting_place(a, b, c, d)
            if crossing is not None:
                on[m].add(crossing)
                on[n].add(crossing)
    points = {point for places in on for point in places}
    root = {point: point for point in points}

    def find(point):
        while root[point] != point:
            point = root[point]
        return point

    uses = dict.fromkeys(points, 0)
    for first, *others in on:
        for point in others:
            root[find(point)] = find(first)
        for point in (first, *others):
            uses[point] += 1
    ends = {line[0] for line in parts} | {line[-1] for line in parts}
    return points, len({find(point) for point in points}), uses, ends


def lies_on(point, a, b):
    (x, y), (ax, ay), (bx, by) = point, a, b
    if (bx - ax) * (y - ay) != (by - ay) * (x - ax):
        return False
    return min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)


def meeting_place(a, b, c, d):
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    cross = ux * vy - uy * vx
    if cross == 0:
        return None
    t = Fraction((c[0] - a[0]) * vy - (c[1] - a[1]) * vx, cross)
    u = Fraction((c[0] - a[0]) * uy - (c[1] - a[1]) * ux, cross)
    if not (0 <= t <= 1 and 0 <= u <= 1):
        return None
    return (a[0] + t * ux, a[1] + t * uy)


def rounded(points):
    return {(round(float(x), 6), round(float(y), 6)) for x, y in points}


def length_of(line):
    return sum(np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(line, line[1:]))


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(part, min_size=1, max_size=6), order=st.randoms())
def test_split_lines_connect_where_exact_fractions_say(parts, order):
    parts = [[one for k, one in enumerate(line) if not k or one != line[k - 1]] for line in parts]
    parts = [line for line in parts if len(line) > 1]
    if not parts:
        return
    found = prepare(lines_of(*parts), list(range(len(parts))), split=True)
    drawn = sorted({min(tuple(line), tuple(line[::-1])) for line in parts})
    points, components, uses, ends = exact_places(drawn)
    ours = rounded(zip(found.network.node_x, found.network.node_y))
    assert ours <= rounded(points)
    # Ends, and what more than the two segments of a bend share, are nodes.
    assert rounded(point for point in points if point in ends or uses[point] > 2) <= ours
    assert found.edge_part.max() == components
    assert found.network.length.sum() == pytest.approx(sum(map(length_of, drawn)), abs=1e-6)
    shuffled = list(range(len(parts)))
    order.shuffle(shuffled)
    again = prepare(lines_of(*(parts[i] for i in shuffled)), shuffled, split=True)
    assert again.network.size == found.network.size
    assert again.network.node_x.size == found.network.node_x.size
