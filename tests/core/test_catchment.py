"""Ranks, radii and what a LUM reaches along the streets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core import catchment
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.snapping import SegmentIndex
from sttm_plugin.core.wkb import Points
from tests.core import street_oracle as oracle
from tests.core.test_network import fine, grid_vertex, network_of, street_lines

PACK = {"metropolitano": 500.0, "sovracomunale": 350.0}


@pytest.mark.parametrize(
    ("text", "radii"),
    [
        ("", PACK),
        ("400", {None: 400.0}),
        (
            " Metropolitano = 450.5 ; sovracomunale=300",
            {"metropolitano": 450.5, "sovracomunale": 300},
        ),
        ("locale=200", {"locale": 200.0}),
    ],
)
def test_radii_are_read(text, radii):
    assert catchment.read_radii(text, PACK) == radii


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("metropolitano=500,Metropolitano=400", "«Metropolitano» è ripetuto"),
        ("metropolitano=-5", "«-5»"),
        ("metropolitano=abc", "«abc»"),
        ("metropolitano=0", "metropolitano=0"),
        ("500,350", "«500,350»"),
        ("metropolitano=500,350", "«350» non è nella forma"),
        ("=500", "«=500»"),
    ],
)
def test_radii_that_cannot_be_read_are_refused(text, piece):
    with pytest.raises(SttmError, match=piece):
        catchment.read_radii(text, PACK)


def test_bands_are_sorted_and_refused_by_piece():
    assert catchment.read_bands("800; 200, 7.5") == [7.5, 200.0, 800.0]
    assert catchment.read_bands("") == []
    for text, piece in (("200,200", "«200»"), ("0", "«0»"), ("-1", "«-1»"), ("a", "«a»")):
        with pytest.raises(SttmError, match=piece):
            catchment.read_bands(text)


@pytest.mark.parametrize(
    ("lines", "kinds", "rank"),
    [
        (["S5 S6 R4"], ["ferrovia"], "metropolitano"),
        (["S5 S6"], ["ferrovia"], "sovracomunale"),
        (["S5;S6;RE2"], [None], "metropolitano"),
        (["S5 S5 S6"], ["ferrovia"], "sovracomunale"),
        (["M2"], ["metropolitana"], "sovracomunale"),
        (["S9"], ["ferrovia;metropolitana"], "metropolitano"),
        (["M1", "S6"], ["metropolitana", "ferrovia"], "metropolitano"),
        (["M1 S6"], [None], "metropolitano"),
        ([None], ["interscambio"], "metropolitano"),
        ([None], ["interscambio ferro–metropolitana"], "metropolitano"),
        (["3"], ["ferrovia"], "metropolitano"),
        (["2"], ["ferrovia"], "sovracomunale"),
        (["3"], ["metropolitana"], "sovracomunale"),
        (["14 27 31"], ["metrotranvia"], "sovracomunale"),
        ([None], [None], "sovracomunale"),
    ],
)
def test_rank_is_derived_from_lines_and_kinds(lines, kinds, rank):
    assert catchment.derive_rank(lines, kinds) == rank


def stops(rows, **columns):
    """Return Stops from [(id, x, y)] and columns of texts."""
    size = len(rows)
    empty = [None] * size
    return catchment.Stops(
        ids=[row[0] for row in rows],
        ranks=columns.get("ranks", empty),
        names=columns.get("names", empty),
        states=columns.get("states", empty),
        lines=columns.get("lines", empty),
        kinds=columns.get("kinds", empty),
        shapes=[None if row[1] is None else Points(np.array([row[1:]], float)) for row in rows],
        labels=[row[0] for row in rows],
    )


def test_stops_of_one_id_are_one_lum_with_several_sources():
    read = stops(
        [("b", 0, 0), ("a", 5, 5), ("b", 9, 0), ("b", None, None)],
        ranks=["Sovracomunale", None, "metropolitano", None],
        names=[None, "Alfa", "Beta", None],
        states=["previsto", None, "previsto", None],
    )

    found, log = catchment.group_stops(read, PACK, [200.0, 500.0])

    assert [(lum.id_lum, lum.nome, lum.rango, lum.rango_derivato, lum.stato) for lum in found] == [
        ("a", "Alfa", "sovracomunale", True, "esistente"),
        ("b", "Beta", "metropolitano", False, "previsto"),
    ]
    assert [lum.radii for lum in found] == [[200.0, 350.0, 500.0], [200.0, 500.0]]
    assert found[1].x.tolist() == [0.0, 9.0]
    assert log[0].startswith("LUM «b»: le fermate hanno ranghi diversi")
    assert "derivato per 1 LUM: a → sovracomunale" in log[1]
    assert "considerati esistenti: a" in log[2]


def test_a_rank_the_radii_lack_is_refused_and_both_are_named():
    for ranks in (["locale"], [None]):
        with pytest.raises(SttmError) as error:
            catchment.group_stops(stops([("x1", 0, 0)], ranks=ranks), {"metropolitano": 500.0}, [])
        assert "«x1»" in str(error.value)
        assert (ranks[0] or "sovracomunale") in str(error.value)
        assert "(metropolitano)" in str(error.value)


# Reached edges --------------------------------------------------------------------------------


def lum(x, y, radii, name="L"):
    return catchment.Lum(
        name, None, "metropolitano", False, "esistente", sorted(radii),
        np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float)), [name],
    )  # fmt: skip


def reach(lines, lum_list, max_snap=200.0):
    network = network_of(lines)
    found = catchment.reach_lum(network, SegmentIndex(network), lum_list, max_snap)
    return network, found


def parts(network, reached):
    """Return the drawn parts: (vertices, cost at the beginning, cost at the end)."""
    xy, start = catchment.draw(network, reached)
    return sorted(
        (xy[a:b].round(6).tolist(), round(c, 6), round(d, 6))
        for a, b, c, d in zip(start[:-1], start[1:], reached.cost_begin, reached.cost_end)
    )


def test_the_connector_is_taken_off_the_radius():
    network, [found] = reach([[(0, 0), (400, 0)]], [lum(100, 30, [80, 30, 20])])

    assert [found.reached[r].length for r in (20, 30, 80)] == [0.0, 0.0, 100.0]
    assert found.snap_m.tolist() == [30.0]
    assert parts(network, found.reached[80]) == [
        ([[100.0, 0.0], [50.0, 0.0]], 30.0, 80.0),
        ([[100.0, 0.0], [150.0, 0.0]], 30.0, 80.0),
    ]


def test_an_edge_reached_from_both_ends_is_cut_where_the_ways_meet():
    # A block of 100 × 40: from (0, 0) both ways around meet at 140 m.
    block = [[(0, 0), (100, 0), (100, 40)], [(100, 40), (0, 40), (0, 0)]]

    network, [found] = reach(block, [lum(0, 0, [130, 140, 500])])

    assert [found.reached[r].length for r in (130, 140, 500)] == [260.0, 280.0, 280.0]
    assert [(a, b) for _, a, b in parts(network, found.reached[500])] == [(0.0, 140.0)] * 2
    assert parts(network, found.reached[130])[0][0] == [
        [0.0, 0.0], [0.0, 40.0], [90.0, 40.0],
    ]  # fmt: skip


def test_a_peak_inside_an_edge_is_where_it_is_cut():
    # Two sources on one street of 100 m, 40 m apart.
    network, [found] = reach([[(0, 0), (100, 0)]], [lum([30, 70], [0, 0], [15, 25])])

    assert [found.reached[r].length for r in (15, 25)] == [60.0, 90.0]
    assert ([[30.0, 0.0], [50.0, 0.0]], 0.0, 20.0) in parts(network, found.reached[25])
    assert ([[70.0, 0.0], [50.0, 0.0]], 0.0, 20.0) in parts(network, found.reached[25])


def test_a_source_beyond_max_snap_is_not_attached():
    _, [found] = reach([[(0, 0), (100, 0)]], [lum([50, 50], [0, 201], [30])])

    assert found.attached.tolist() == [True, False]
    assert found.snap_m.tolist() == [0.0, 201.0]
    assert found.reached[30].length == 60.0


def test_lum_do_not_see_one_another():
    _, found = reach([[(0, 0), (100, 0)]], [lum(50, 0, [20], "a"), lum(50, 0, [60], "b")])

    assert [caught.reached[r].length for caught, r in zip(found, (20, 60))] == [40.0, 100.0]


def test_a_run_can_be_stopped():
    network = network_of([[(0, 0), (100, 0)]])

    assert (
        catchment.reach_lum(network, SegmentIndex(network), [lum(0, 0, [9])], 9, lambda s: False)
        is None
    )


def test_the_graph_is_not_made_for_a_run_stopped_once_the_stops_are_on_the_network(monkeypatch):
    network = network_of([[(0, 0), (100, 0)]])
    index, asked = SegmentIndex(network), []

    def until_attached(share):
        asked.append(share)
        return share < 0.2

    # None can be called: whoever comes to it fails.
    monkeypatch.setattr(catchment, "graph_of_pieces", None)
    found = catchment.reach_lum(network, index, [lum(0, 0, [9])], 9, until_attached)

    assert found is None
    assert asked == sorted(asked)
    assert asked[-1] == 0.2


@settings(max_examples=120, deadline=None, derandomize=True)
@given(street_lines, st.lists(st.one_of(grid_vertex, fine), min_size=1, max_size=3),
       st.sampled_from([3.0, 10.0, 25.0]))  # fmt: skip
def test_lengths_and_costs_are_those_of_the_slow_way(lines, sources, radius):
    network, [found] = reach(
        lines, [lum([p[0] for p in sources], [p[1] for p in sources], [radius])], 8.0
    )
    streets = oracle.Streets([(k + 1, line) for k, line in enumerate(lines)])
    names = [streets.attach(source, 8.0)[0] for source in sources]
    for name in names:
        if name is not None:
            streets.link("start", name, 0.0)
    arcs = streets.graph()
    costs = oracle.costs_from(arcs, "start")
    expected = 0.0
    for segment, places in streets.on_segment.items():
        p, v = segment
        length = math.dist(*streets.ends(segment))
        stops_at = [(0.0, streets.node[p, v]), *sorted(places, key=lambda s: s[0])]
        stops_at.append((1.0, streets.node[p, v + 1]))
        for (s, one), (t, other) in zip(stops_at[:-1], stops_at[1:]):
            a, b = costs.get(one, math.inf), costs.get(other, math.inf)
            left = max(0.0, radius - a) + max(0.0, radius - b)
            expected += min((t - s) * length, left)
    reached = found.reached[radius]

    assert reached.length == pytest.approx(expected, abs=1e-5)
    xy, start = catchment.draw(network, reached)
    drawn = [math.fsum(map(math.dist, xy[a : b - 1], xy[a + 1 : b]))
             for a, b in zip(start[:-1], start[1:])]  # fmt: skip
    assert math.fsum(drawn) == pytest.approx(expected, abs=1e-4)
    # Along each part the cost grows by its length, up to the limit and no further.
    assert np.allclose(reached.cost_end - reached.cost_begin, drawn, atol=1e-5)
    assert (reached.cost_end <= radius + 2e-6).all()


# Comuni ---------------------------------------------------------------------------------------


def test_comuni_by_falling_share_down_to_the_least():
    codes, quote = catchment.share_out(
        {"015003": 0.1, "015001": 0.45, "015002": 0.45, "015009": 0.0999, "015010": 0.0}, 0.10
    )

    assert codes == ["015001", "015002", "015003"]
    assert quote == {"015001": 0.45, "015002": 0.45, "015003": 0.1, "015009": 0.0999}
