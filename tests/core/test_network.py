"""Nodes, edges, snapping and paths of the network engine."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.network import (
    build_network,
    components,
    same_places,
    scatter_min,
    split_network,
)
from sttm_plugin.core.paths import Spreader, graph_of_pieces
from sttm_plugin.core.snapping import SegmentIndex, attach_places, attach_points
from sttm_plugin.core.wkb import Area, Lines, Points, read_lines, read_shape
from tests.core import street_oracle as oracle


def wkb_line(vertices, kind=2):
    width = len(vertices[0])
    flat = [number for vertex in vertices for number in vertex]
    return struct.pack(f"<BII{len(vertices) * width}d", 1, kind, len(vertices), *flat)


def wkb_lines(parts, kind=5, part_kind=2):
    return struct.pack("<BII", 1, kind, len(parts)) + b"".join(
        wkb_line(part, part_kind) for part in parts
    )


def network_of(lines, tolerance=0.001, fids=None):
    blobs = [wkb_line(line) for line in lines]
    return build_network(read_lines(blobs), fids or range(1, len(lines) + 1), tolerance)


def edges_of(network):
    return sorted(np.round(network.length, 6).tolist())


def test_wkb_lines_of_every_kind_are_read():
    read = read_lines(
        [
            wkb_line([(0.0, 0.0), (1.0, 0.0)]),
            None,
            wkb_line([(0.0, 0.0, 9.0), (0.0, 2.0, 9.0), (0.0, 3.0, 9.0)], kind=1002),
            wkb_lines([[(5.0, 5.0), (6.0, 5.0)], [(7.0, 5.0), (8.0, 5.0)]]),
            wkb_line([(1.0, 1.0, 2.0, 3.0), (2.0, 1.0, 2.0, 3.0)], kind=3002),
            wkb_line([(1.0, 1.0, 0.0), (2.0, 1.0, 0.0)], kind=0x80000002),
            wkb_line([(math.nan, 1.0), (2.0, 1.0)]),
        ]
    )

    assert read.feature.tolist() == [0, 2, 3, 3, 4, 5]
    assert np.diff(read.start).tolist() == [2, 3, 2, 2, 2, 2]
    assert read.xy[2:5].tolist() == [[0, 0], [0, 2], [0, 3]]
    assert read.xy[-2:].tolist() == [[1, 1], [2, 1]]
    assert read.left_out.tolist() == [6]


def test_wkb_shapes_are_points_or_areas():
    point = struct.pack("<BI2d", 1, 1, 3.0, 4.0)
    ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]
    polygon = struct.pack("<BIII8d", 1, 3, 1, 4, *[n for v in ring for n in v])
    multi = struct.pack("<BII", 1, 6, 1) + polygon

    assert read_shape(point).xy.tolist() == [[3.0, 4.0]]
    assert read_shape(multi).polygons[0][0].tolist() == [list(v) for v in ring]
    assert read_shape(wkb_line([(0.0, 0.0), (1.0, 0.0)])) is None
    assert read_shape(struct.pack("<BI2d", 1, 1, math.nan, math.nan)) is None


def test_a_vertex_shared_by_two_lines_is_a_node():
    network = network_of([[(0, 0), (10, 0), (20, 0)], [(10, 0), (10, 7)]])

    assert edges_of(network) == [7.0, 10.0, 10.0]
    assert network.node_x.size == 4


def test_lines_that_merely_cross_do_not_connect():
    network = network_of([[(0, 0), (20, 0)], [(10, -5), (10, 5)]])

    assert edges_of(network) == [10.0, 20.0]
    assert sorted(network.part.tolist()) == [1, 1, 2, 2]


def test_a_degree_two_vertex_is_no_node_and_one_met_twice_by_its_line_is():
    straight = network_of([[(0, 0), (10, 0), (20, 5), (30, 0)]])
    eight = network_of([[(0, 0), (10, 0), (10, 10), (5, 10), (5, 0), (5, -5)], [(5, 0), (5, 0)]])
    loop = network_of([[(0, 0), (10, 0), (10, 10), (10, 0), (20, 0)]])

    assert straight.size == 1
    assert eight.zero_length == 1
    assert eight.size == 1
    assert edges_of(loop) == [10.0, 10.0, 20.0]


def test_tolerance_joins_in_a_chain_and_across_cells():
    # Each end 0.9 mm from the next: the first and the last are 2.7 mm apart.
    x = 500_000.0
    lines = [[(x + k * 0.0009, 0.0), (x + 100, 10.0 * k)] for k in range(4)]

    joined = network_of(lines, tolerance=0.001)
    apart = network_of(lines, tolerance=0.0008)

    assert joined.node_x.size == 5
    assert apart.node_x.size == 8


def test_tolerance_includes_its_end_in_coordinates_of_utm():
    lines = [[(514_000.0, 5_034_000.0), (514_100.0, 5_034_000.0)],
             [(514_000.001, 5_034_000.0), (514_000.0, 5_034_100.0)]]  # fmt: skip

    assert network_of(lines, tolerance=0.001).node_x.size == 3


def test_vertices_next_to_each_other_in_a_line_are_not_joined():
    network = network_of([[(0, 0), (0.5, 0), (10, 0)]], tolerance=1.0)

    assert network.node_x.size == 2
    assert edges_of(network) == [10.0]


def test_a_short_line_keeps_its_length_and_its_two_nodes():
    network = network_of([[(0, 0), (0.0005, 0)]])

    assert network.node_x.size == 2
    assert network.length.tolist() == pytest.approx([0.0005])


def test_a_network_without_length_is_refused():
    with pytest.raises(SttmError, match="nessuna linea utilizzabile"):
        network_of([[(1, 1), (1, 1)]])


def test_parts_are_numbered_by_falling_length():
    network = network_of([[(0, 0), (5, 0)], [(100, 0), (200, 0)], [(0, 50), (20, 50)]])

    assert network.edge_part(np.arange(3)).tolist() == [3, 1, 2]


def test_components_of_a_long_chain():
    count = 5000
    order = np.random.default_rng(1).permutation(count)

    assert (components(count, order[:-1], order[1:]) == 0).all()


def test_scatter_min_keeps_the_lowest_of_repeated_indexes():
    array = np.array([5.0, 5.0])
    scatter_min(array, np.array([0, 0, 0, 1]), np.array([4.0, 2.0, 3.0, 9.0]))

    assert array.tolist() == [2.0, 5.0]


def test_scatter_min_of_an_index_repeated_many_times():
    array = np.full(3, 100.0)
    # Each write undoes the one before, until the lowest is left.
    values = np.concatenate((np.arange(50.0, 100.0), [120.0, 7.0]))
    scatter_min(array, np.array([1] * 50 + [0, 2]), values)

    assert array.tolist() == [100.0, 50.0, 7.0]


def raw_lines(xy, count):
    count = np.asarray(count)
    start = np.concatenate(([0], np.cumsum(count)))
    return Lines(np.asarray(xy, float), start, np.arange(count.size), np.zeros(0, np.int64))


def test_a_million_duplicate_vertices_are_one_place():
    million = 1_000_000
    still = np.zeros((million + 1, 2))
    still[-1] = (100.0, 0.0)
    one = build_network(raw_lines(still, [million + 1]), [1])
    same = np.tile([[0.0, 0.0], [100.0, 0.0]], (million // 2, 1))
    # Some of the copies lie a few tenths of a millimetre off.
    same[::2, 0] = np.tile([0.0, 1e-4, -2e-4, 3e-4], million // 8)
    many = build_network(raw_lines(same, np.full(million // 2, 2)), np.arange(million // 2))

    assert (one.length.tolist(), one.node_x.size) == ([100.0], 2)
    assert (many.size, many.node_x.size) == (500_000, 2)
    assert many.length.min() == pytest.approx(99.9997)


def test_a_closed_ring_alone_is_one_edge_from_its_node_to_itself():
    network = network_of([[(0, 0), (30, 0), (30, 40), (0, 40), (0, 0)]])

    assert (network.size, network.node_x.size) == (1, 1)
    assert network.length.tolist() == [140.0]
    assert network.node_from.tolist() == network.node_to.tolist()


def test_coordinates_that_are_no_numbers_leave_only_their_part_out():
    blobs = [
        wkb_lines([[(0.0, 0.0), (math.inf, 0.0)], [(0.0, 0.0), (9.0, 0.0)]]),
        wkb_line([(5.0, 5.0), (5.0, -math.inf)]),
    ]
    read = read_lines(blobs)

    network = build_network(read, [1, 2])

    assert (network.length.tolist(), network.left_out) == ([9.0], 2)


coordinates = st.integers(0, 6).map(float)
fine = st.tuples(st.floats(0, 40, allow_nan=False), st.floats(0, 40, allow_nan=False)).map(
    lambda v: (round(v[0], 4), round(v[1], 4))
)
grid_vertex = st.tuples(coordinates, coordinates).map(lambda v: (v[0] * 5, v[1] * 5))
wobbly_vertex = st.tuples(grid_vertex, st.sampled_from([0.0, 0.0004, -0.0009])).map(
    lambda v: (v[0][0] + v[1], v[0][1])
)
line = st.lists(st.one_of(grid_vertex, wobbly_vertex, fine), min_size=2, max_size=5)
street_lines = st.lists(line, min_size=1, max_size=8).filter(
    lambda lines: any(len(set(line)) > 1 for line in lines)
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(street_lines)
def test_nodes_are_those_of_comparing_every_pair(lines):
    network = network_of(lines)
    # The engine takes repeated vertices as one; so does the comparison.
    parts = [(k, [v for n, v in enumerate(line) if n == 0 or v != line[n - 1]])
             for k, line in enumerate(lines)]  # fmt: skip
    parts = [part for part in parts if len(part[1]) > 1]
    expected = oracle.nodes_of_vertices(parts, 0.001)
    ends = {(p, v) for p, (_, line) in enumerate(parts) for v in (0, len(line) - 1)}
    size = {}
    for root in expected.values():
        size[root] = size.get(root, 0) + 1
    nodes = {root for vertex, root in expected.items() if size[root] > 1 or vertex in ends}

    assert network.node_x.size == len(nodes)
    total = sum(math.dist(a, b) for _, line in parts for a, b in zip(line[:-1], line[1:]))
    assert network.length.sum() == pytest.approx(total)


# Snapping -----------------------------------------------------------------------------------


def test_a_point_goes_to_the_nearest_edge_and_of_equals_to_the_lowest_id():
    network = network_of([[(0, 0), (10, 0)], [(0, 4), (10, 4)]], fids=[9, 2])
    edge, offset, distance, attached = attach_points(
        SegmentIndex(network), [3.0, 3.0, 3.0, math.nan], [2.0, 1.9, 204.0, 0.0], 200.0
    )

    assert network.feature_id[network.feature[edge[:3]]].tolist() == [2, 9, 2]
    assert offset[:3].tolist() == [3.0, 3.0, 3.0]
    assert distance.tolist() == pytest.approx([2.0, 1.9, 200.0, math.nan], nan_ok=True)
    assert attached.tolist() == [True, True, True, False]


def test_beyond_max_snap_the_distance_is_still_given():
    network = network_of([[(0, 0), (10, 0)]])
    _, _, distance, attached = attach_points(
        SegmentIndex(network), [5.0, 5.0, 50_000.0], [200.000_000_5, 200.01, 0.0], 200.0
    )

    assert distance.tolist() == pytest.approx([200.000_000_5, 200.01, 49_990.0])
    assert attached.tolist() == [True, False, False]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(street_lines, st.lists(st.one_of(grid_vertex, fine), min_size=1, max_size=6),
       st.sampled_from([1.0, 30.0, 5000.0]))  # fmt: skip
def test_nearest_edge_is_that_of_trying_them_all(lines, points, stretch):
    points = [(x * stretch - 3, y * stretch + 2) for x, y in points]
    network = network_of(lines)
    index = SegmentIndex(network)
    x, y = np.array(points).T
    distance, segment = index.nearest(x, y)
    streets = oracle.Streets([(k + 1, line) for k, line in enumerate(lines)])

    for number, point in enumerate(points):
        expected, (part, _), _ = streets.nearest(point)
        assert distance[number] == pytest.approx(expected, abs=2e-6)
        fid = network.feature_id[network.feature[index.edge[segment[number]]]]
        assert fid == streets.parts[part][0]


def square(x, y, size):
    ring = np.array([(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)], float)
    return Area([[ring]])


def entrances(network, shape, max_snap=200.0):
    found = attach_places(SegmentIndex(network), [shape], max_snap)
    rows = sorted(zip(found.edge.tolist(), found.offset.round(6).tolist(), found.connector))
    return [(edge, offset, round(connector, 6)) for edge, offset, connector in rows], found


def test_an_area_is_entered_at_each_crossing_of_its_boundary():
    network = network_of([[(0, 5), (30, 5)], [(15, -20), (15, 2)]])

    rows, found = entrances(network, square(10, 0, 10))

    assert rows == [(0, 10.0, 0.0), (0, 20.0, 0.0), (1, 20.0, 0.0), (1, 22.0, 0.0)]
    assert found.inside_from.tolist() == [10.0, 20.0]
    assert found.inside_to.tolist() == [20.0, 22.0]
    assert found.distance.tolist() == [0.0]


def test_an_area_with_a_hole_is_not_entered_from_inside_the_hole():
    network = network_of([[(0, 5), (30, 5)]])
    outer, hole = square(5, 0, 20).polygons[0][0], square(12, 2, 6).polygons[0][0]

    rows, found = entrances(network, Area([[outer, hole[::-1]]]))

    assert rows == [(0, 5.0, 0.0), (0, 12.0, 0.0), (0, 18.0, 0.0), (0, 25.0, 0.0)]
    assert list(zip(found.inside_from, found.inside_to)) == [(5.0, 12.0), (18.0, 25.0)]


def test_an_area_touched_at_a_corner_or_along_a_side_is_entered_there():
    corner, _ = entrances(network_of([[(0, 10), (10, 10), (10, 30)]]), square(10, 0, 10))
    side, found = entrances(network_of([[(0, 10), (40, 10)]]), square(10, 0, 10))

    assert corner == [(0, 10.0, 0.0)]
    assert side == [(0, 10.0, 0.0), (0, 20.0, 0.0)]
    assert found.inside_to.tolist() == [20.0]


def test_an_area_that_touches_nothing_is_entered_at_the_nearest_pair_of_points():
    # A street that ends 4 m from the middle of a side; another passes 3 m from a corner.
    network = network_of([[(15, 14), (15, 40)], [(-20, -3), (10, -3)]])

    rows, found = entrances(network, square(10, 0, 10))
    far, lost = entrances(network, square(10, 0, 10), max_snap=2.0)

    assert rows == [(1, 30.0, 3.0)]
    assert found.distance.tolist() == [3.0]
    assert (far, lost.attached.tolist(), lost.distance.tolist()) == ([], [False], [np.inf])


def test_each_point_of_a_multipoint_is_an_entrance():
    rows, _ = entrances(
        network_of([[(0, 0), (50, 0)]]), Points(np.array([[5.0, 2.0], [40.0, 0.0]]))
    )

    assert rows == [(0, 5.0, 2.0), (0, 40.0, 0.0)]


# Paths --------------------------------------------------------------------------------------


def test_a_cut_at_an_end_is_the_node_there_and_equal_cuts_are_one():
    network = network_of([[(0, 0), (10, 0)], [(10, 0), (10, 5)]])
    split = split_network(network, [0, 0, 0, 1], [0.0, 4.0, 4.0, 0.0])

    assert split.cut_node[1] == split.cut_node[2] == 3
    assert split.cut_node[3] == network.node_to[0]
    assert split.nodes == 4
    assert split.length.tolist() == [4.0, 6.0, 5.0]
    assert split.piece_at(np.array([0, 0, 0, 1]), np.array([3.9, 4.0, 10.0, 5.0])).tolist() == [
        0, 1, 1, 2,
    ]  # fmt: skip


def random_graph(seed, nodes=400):
    generator = np.random.default_rng(seed)
    # Whole metres: many ties.
    x, y = generator.integers(0, 60, nodes) * 10.0, generator.integers(0, 60, nodes) * 10.0
    lines = []
    for a, b in generator.integers(0, nodes, (3 * nodes, 2)):
        if (x[a], y[a]) != (x[b], y[b]) and math.hypot(x[a] - x[b], y[a] - y[b]) < 120:
            lines.append([(x[a], y[a]), (x[b], y[b])])
    network = network_of(lines)
    split = split_network(network, [], [])
    ones = np.ones(network.size)
    closed = np.where(generator.random(network.size) < 0.2, np.inf, 1.0)
    return network, graph_of_pieces(split, ones, closed)


@pytest.mark.parametrize("limit", [0.0, 35.0, 150.0, math.inf])
def test_costs_are_those_of_scipy(limit):
    csgraph = pytest.importorskip("scipy.sparse.csgraph", reason="scipy is optional")
    from scipy.sparse import coo_matrix, csr_matrix

    network, graph = random_graph(7)
    source = np.repeat(np.arange(graph.nodes), np.diff(graph.begin))
    # Parallel edges: scipy would add them up.
    key = source * graph.nodes + graph.target
    order = np.lexsort((graph.cost, key))
    first = order[np.append(True, np.diff(key[order]) > 0)]
    matrix = csr_matrix(
        coo_matrix((graph.cost[first], (source[first], graph.target[first])),
                   (graph.nodes, graph.nodes))
    )  # fmt: skip
    starts = np.array([0, 5, 17, 200 % graph.nodes])
    expected = csgraph.dijkstra(matrix, indices=starts, limit=limit + 1e-6)

    group, node, cost = Spreader(graph, 4).spread(np.arange(4), starts, np.zeros(4), limit)

    found = np.full((4, graph.nodes), np.inf)
    found[group, node] = cost
    # The same sums in the same order: equal to the last digit.
    assert (found == expected).all()


def test_sources_of_a_group_compete_and_tables_are_clean_after_a_stop():
    network = network_of([[(k * 10.0, 0), (k * 10.0 + 10, 0)] for k in range(20)])
    graph = graph_of_pieces(split_network(network, [], []), np.ones(20), np.ones(20))
    spreader = Spreader(graph, 2)

    assert spreader.spread([0], [0], [0.0], 500, on_progress=lambda share: False) is None
    group, node, cost = spreader.spread([0, 0, 1], [0, 20, 10], [0.0, 30.0, 0.0], 1000)

    assert cost[group == 0].tolist() == [min(10.0 * k, 30 + 10.0 * (20 - k)) for k in range(21)]
    assert cost[group == 1].tolist() == [10.0 * abs(k - 10) for k in range(21)]


def test_the_limit_is_included_with_its_slack():
    network = network_of([[(0, 0), (100.0000005, 0)], [(0, 0), (0, 100.00001)]])
    graph = graph_of_pieces(split_network(network, [], []), np.ones(2), np.ones(2))
    start = int(np.flatnonzero((network.node_x == 0) & (network.node_y == 0))[0])

    _, node, cost = Spreader(graph, 1).spread([0], [start], [0.0], 100.0)

    assert sorted(cost.tolist()) == [0.0, 100.0000005]


@pytest.mark.parametrize("seed", range(4))
def test_places_are_those_of_sorting_by_x_then_y(seed):
    numbers = np.random.default_rng(seed)
    xy = numbers.integers(0, 6, (200, 2)) + numbers.choice([0.0, 0.5], (200, 2))
    at, place = same_places(xy)
    expected, of = np.unique(xy, axis=0, return_inverse=True)
    assert np.array_equal(at, expected)
    assert np.array_equal(place, of.ravel())
