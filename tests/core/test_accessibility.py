"""What each origin reaches: every measure against plain sums over the oracle's costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core import accessibility as acc
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.snapping import SegmentIndex
from sttm_plugin.core.wkb import Area, Points
from tests.core import street_oracle as oracle
from tests.core.test_network import network_of

ALL = (0, 1, 2, 3, 4)


def metres(thresholds="500,1000,1500", **others):
    return acc.make_options(thresholds=thresholds, strategy=acc.METRES, **others)


def street(lines, direction=None, speed=None):
    network = network_of(lines)
    return acc.Street(network, SegmentIndex(network), direction, speed)


def points(rows, categories="SCUOLA", capacity=None):
    """Return a Supply of points [(id, x, y)] of one category, or of one category each."""
    if isinstance(categories, str):
        categories = [categories] * len(rows)
    shapes = [Points(np.array([[x, y]], float)) for _, x, y in rows]
    return acc.Supply([row[0] for row in rows], categories, shapes, capacity)


def nearest(origins, supply, streets, options, population=None):
    x, y = np.array(origins, float).reshape(-1, 2).T
    result = acc.measure(x, y, population, supply, streets, options)
    measured = result.categories["SCUOLA"]
    names = [supply.ids[n] if n >= 0 else None for n in measured.service]
    return measured.cost.round(6).tolist(), names, [acc.REASONS[n] for n in measured.reason]


STRAIGHT = [[(0, 0), (1000, 0)]]


def test_connectors_are_walked_and_counted():
    cost, _, _ = nearest([(100, 30)], points([("s", 300, -20)]), street(STRAIGHT), metres())

    assert cost == [30 + 200 + 20]


def test_minutes_use_the_speed_of_the_edge_and_the_default_off_the_road():
    options = acc.make_options(speed=4.5)
    streets = street(STRAIGHT, speed=np.array([9.0]))

    cost, _, _ = nearest([(100, 75)], points([("s", 400, 0)]), streets, options)
    slow, _, _ = nearest(
        [(100, 75)], points([("s", 400, 0)]), street(STRAIGHT, speed=np.array([np.nan])), options
    )

    # 75 m at 4.5 km/h are a minute; 300 m at 9 km/h are two, at 4.5 four.
    assert (cost, slow) == ([3.0], [5.0])


def test_two_points_on_one_edge_see_each_other_along_it_and_off_it_pay_both_connectors():
    supply = points([("s", 300, 40)])

    assert nearest([(300, 40), (290, 0)], supply, street(STRAIGHT), metres())[0] == [80.0, 50.0]


def test_a_one_way_edge_is_walked_one_way_only():
    # A square block, 400 m around.
    lines = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    one_way = street(lines, direction=np.full(4, acc.FORWARD))
    other_way = street(lines, direction=np.full(4, acc.BACKWARD))
    supply = points([("s", 20, 0)])

    assert nearest([(50, 0)], supply, one_way, metres())[0] == [370.0]
    assert nearest([(50, 0)], supply, other_way, metres())[0] == [30.0]


def test_at_a_node_one_leaves_by_any_street():
    lines = [[(0, 0), (100, 0)], [(100, 0), (200, 0)]]
    streets = street(lines, direction=np.array([acc.FORWARD, acc.BACKWARD]))
    supply = points([("s", 100, 0)])

    assert nearest([(100, 10), (0, 0), (200, 0)], supply, streets, metres())[0] == [10, 100, 100]


def test_ties_go_to_the_lower_id_and_limits_include_their_end():
    supply = points([("b", 0, 0), ("a", 1000, 0), ("Z", 1000, 0.0000004)])

    cost, names, _ = nearest([(500, 0), (499, 0), (0, 0)], supply, street(STRAIGHT), metres("500"))

    assert cost == [500, 499, 0]
    assert names == ["Z", "b", "b"]


def test_each_missing_cost_has_its_reason():
    lines = [[(0, 0), (1000, 0)], [(0, 5000), (10, 5000)]]
    origins = [(900, 0), (0, 5000), (0, 9000), (math.nan, math.nan), (99.999, 0)]

    cost, names, reasons = nearest(origins, points([("s", 0, 0)]), street(lines), metres("100"))
    _, _, alone = nearest(origins[:3], points([("s", 0, 9000)]), street(lines), metres("100"))

    assert cost == [math.inf] * 4 + [99.999]
    assert names == [None] * 4 + ["s"]
    assert reasons == ["oltre_soglia", "non_raggiunto", "non_agganciato", "non_agganciato", None]
    assert alone == ["senza_servizi", "senza_servizi", "non_agganciato"]


def test_one_way_streets_decide_between_no_way_and_too_far():
    streets = street(STRAIGHT, direction=np.array([acc.FORWARD]))

    reasons = nearest([(900, 0), (100, 0)], points([("s", 500, 0)]), streets, metres("100"))[2]

    assert reasons == ["non_raggiunto", "oltre_soglia"]


def test_states_and_categories_reached():
    lines = [[(0, 0), (1000, 0)]]
    supply = points([("s", 0, 0), ("t", 300, 0)], ["A", "B"])
    x, y = np.array([0.0, 400.0, 0.0, np.nan]), np.array([0.0, 0.0, 900.0, np.nan])

    result = acc.measure(x, y, None, supply, street(lines), metres("300"))

    assert result.states.tolist() == [
        "agganciato",
        "agganciato",
        "non_agganciato",
        "senza_geometria",
    ]
    assert result.categories_reached.tolist() == [2, 1, -1, -1]
    assert result.snap_m.tolist() == pytest.approx([0, 0, 900, math.nan], nan_ok=True)


def square(x, y, size):
    ring = np.array([(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)], float)
    return Area([[ring]])


def test_an_area_is_entered_at_its_boundary_and_from_edges_inside():
    supply = acc.Supply(["park"], ["SCUOLA"], [square(300, -50, 100)])

    cost, _, _ = nearest([(0, 0), (350, 7), (600, 0)], supply, street(STRAIGHT), metres())

    assert cost == [300.0, 7.0, 200.0]


def test_an_area_off_the_streets_is_walked_to():
    supply = acc.Supply(["park"], ["SCUOLA"], [square(300, 50, 100)])

    assert nearest([(350, 0), (0, 0)], supply, street(STRAIGHT), metres())[0][1] == 300 + 50


def test_without_network_costs_are_straight_lines_times_the_detour():
    options = metres("130", detour=1.3)
    supply = acc.Supply(
        ["park", "s"], ["SCUOLA"] * 2, [square(0, 0, 100), Points(np.array([[500.0, 0.0]]))]
    )

    cost, names, reasons = nearest(
        [(50, 50), (200, 50), (201, 50), (460, 30)], supply, None, options
    )

    assert cost == [0.0, 130.0, math.inf, 65.0]
    assert names == ["park", "park", None, "s"]
    assert reasons == [None, None, "oltre_soglia", None]


# Measures of supply, worked by hand -----------------------------------------------------------


def test_two_step_measures_of_two_services_and_three_origins():
    # a at 0 with 10 places, b at 1000 with 20; people at 100 (50), 500 (30), 900 (0, unknown).
    supply = points([("a", 0, 0), ("b", 1000, 0)], capacity=np.array([10.0, 20.0]))
    x, y = np.array([100.0, 500.0, 900.0]), np.zeros(3)
    people = np.array([50.0, 30.0, np.nan])
    options = metres("500", measures=ALL, zones="200=1,500=0.5", decay=acc.POWER, beta=1.0)

    measured = acc.measure(x, y, people, supply, street(STRAIGHT), options).categories["SCUOLA"]

    ratio_a, ratio_b = 10 / (50 + 30), 20 / 30
    assert measured.two_step.tolist() == pytest.approx([ratio_a, ratio_a + ratio_b, ratio_b])
    near_a, near_b = 10 / (50 * 1 + 30 * 0.5), 20 / (30 * 0.5)
    assert measured.enhanced.tolist() == pytest.approx(
        [near_a, 0.5 * near_a + 0.5 * near_b, near_b]
    )
    assert measured.gravity.tolist() == pytest.approx([10 / 100, 10 / 500 + 20 / 500, 20 / 100])
    assert measured.count[500.0].tolist() == [1, 2, 1]


def test_a_service_without_capacity_counts_but_supplies_nothing():
    supply = points([("a", 0, 0), ("b", 0, 0)], capacity=np.array([0.0, np.nan]))
    options = metres("500", measures=ALL)

    result = acc.measure(
        np.array([100.0]), np.zeros(1), np.array([5.0]), supply, street(STRAIGHT), options
    )
    measured = result.categories["SCUOLA"]

    assert measured.count[500.0].tolist() == [2]
    assert (measured.two_step[0], measured.gravity[0]) == (0.0, 0.0)
    assert any("2 servizi senza capacità" in sentence for sentence in result.log)


def test_a_service_nobody_reaches_has_no_ratio():
    options = metres("500", measures=(2,))

    result = acc.measure(
        np.array([100.0]), np.zeros(1), np.array([np.nan]), points([("a", 0, 0)]),
        street(STRAIGHT), options,
    )  # fmt: skip

    assert result.categories["SCUOLA"].two_step.tolist() == [0.0]
    assert any("1 servizi senza popolazione entro la soglia" in text for text in result.log)


def test_what_is_received_is_what_the_services_in_reach_offer():
    # b has no one in reach, c no capacity; two categories.
    supply = points(
        [("a", 0, 0), ("b", 9000, 0), ("c", 400, 0), ("d", 300, 0)],
        ["A", "A", "A", "B"],
        np.array([10.0, 20.0, np.nan, 7.0]),
    )
    long = street([[(0, 0), (9000, 0)]])
    x, people = np.array([100.0, 450.0, 8000.0]), np.array([50.0, 30.0, 9.0])

    result = acc.measure(x, np.zeros(3), people, supply, long, metres("500", measures=(2, 3)))

    total = sum((m.two_step * people).sum() for m in result.categories.values())
    assert total == pytest.approx(17.0)
    assert result.log[-2:] == [
        "Bilancio 2SFCA: la somma di accessibilità × popolazione è 17.000, l'offerta "
        "raggiungibile è 17.000: coincidono.",
        "Bilancio E2SFCA: la somma di accessibilità × popolazione è 17.000, l'offerta "
        "raggiungibile è 17.000: coincidono.",
    ]


def test_a_balance_that_is_off_is_told():
    sums = acc._Sums.__new__(acc._Sums)
    sums.log, sums.offered, sums.people = [], {acc.TWO_STEP: 10.0}, np.array([4.0, 1.0])
    none = np.zeros(2)
    sums.measured = [acc.Measured(none, none, none, two_step=np.array([2.0, 1.0]))]

    sums._tell_balance()

    assert sums.log == [
        "Bilancio 2SFCA: la somma di accessibilità × popolazione è 9.000, l'offerta raggiungibile "
        "è 10.000: NON coincidono, i valori non sono affidabili."
    ]


def test_zones_cover_up_to_their_end_and_nothing_beyond():
    options = acc.make_options(thresholds="30", zones="15=0.22, 5=1; 10=0.68")

    weights = options.zone_weight(np.array([0.0, 5.0, 5.0000005, 5.1, 10.0, 15.0, 15.1]))

    assert weights.tolist() == [1, 1, 1, 0.68, 0.68, 0.22, 0]


@pytest.mark.parametrize(
    ("decay", "beta", "expected"),
    [
        (acc.EXPONENTIAL, None, [math.exp(-0.05), math.exp(-1.0)]),
        (acc.POWER, None, [1.0, 0.01]),
        (acc.GAUSSIAN, None, [math.exp(-0.25 / 112.5), math.exp(-100 / 112.5)]),
        (acc.EXPONENTIAL, 0.5, [math.exp(-0.25), math.exp(-5.0)]),
    ],
)
def test_decays_of_gravity(decay, beta, expected):
    options = acc.make_options(decay=decay, beta=beta)

    assert options.decayed(np.array([0.5, 10.0])).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        ({"thresholds": "5,x"}, "«x»"),
        ({"thresholds": "5,-1"}, "«-1»"),
        ({"thresholds": "5;5.0"}, "«5.0»"),
        ({"thresholds": ","}, "almeno un numero"),
        ({"zones": "5=1,5.0=2"}, "«5.0»"),
        ({"zones": "5"}, "«5»"),
        ({"zones": "a=1"}, "«a»"),
        ({"beta": 0.0}, "Beta"),
        ({"speed": 0.0}, "Velocità"),
    ],
)
def test_parameters_are_refused_with_the_piece_named(arguments, piece):
    with pytest.raises(SttmError, match=piece):
        acc.make_options(**arguments)


def test_isolated_parts_and_unattached_services_are_told():
    lines = [[(0, 0), (1000, 0)], [(0, 5000), (10, 5000)]]
    supply = points([("far", 0, 9000), ("alone", 0, 5000), ("main", 0, 0)])

    result = acc.measure(
        np.array([0.0, 5.0]), np.array([0.0, 5000.0]), None, supply, street(lines), metres()
    )

    assert result.log == [
        "1 servizi a più di 200 m dalla rete, non agganciati: far.",
        "1 origini agganciati a parti isolate della rete (numerate per lunghezza, 1 è la "
        "principale): parte 2 (1).",
        "1 servizi agganciati a parti isolate della rete (numerate per lunghezza, 1 è la "
        "principale): parte 2 (1).",
    ]


def test_a_run_can_be_stopped():
    supply = points([("s", 0, 0)])

    assert acc.measure(
        np.zeros(1), np.zeros(1), None, supply, street(STRAIGHT), metres(), lambda share: False
    ) is None  # fmt: skip


def test_progress_never_goes_back():
    shares = []
    supply = points([(str(k), 100.0 * k, 0) for k in range(8)], [f"C{k % 3}" for k in range(8)])
    acc.measure(
        np.arange(5) * 100.0, np.zeros(5), np.ones(5), supply, street(STRAIGHT),
        metres(measures=ALL), lambda share: shares.append(share) or True,
    )  # fmt: skip

    assert shares == sorted(shares)
    assert max(shares) <= 1.0


# Equity ---------------------------------------------------------------------------------------


def test_gini_and_percentiles_by_hand():
    assert acc.gini([1, 1, 1], [5, 1, 9]) == pytest.approx(0.0)
    # Two people with 0 and two with 1: half of the pairs differ by 1, over twice the mean.
    assert acc.gini([0, 1], [2, 2]) == pytest.approx(0.5)
    assert acc.gini([1, 2, 3, 4], [1, 1, 1, 1]) == pytest.approx(0.25)
    assert math.isnan(acc.gini([0, 0], [1, 1]))
    assert acc.ratio_90_10(range(1, 11), np.ones(10)) == pytest.approx(9.0)
    assert acc.ratio_90_10([1, 7, 3], [1, 0, 9]) == pytest.approx(3.0)
    assert math.isnan(acc.ratio_90_10([0, 5], [5, 5]))


def test_summary_counts_everybody_and_serves_those_within():
    supply = points([("s", 0, 0)])
    x, y = np.array([100.0, 600.0, 0.0]), np.array([0.0, 0.0, 9000.0])
    people = np.array([10.0, 30.0, 60.0])
    options = metres("500,1000")
    result = acc.measure(x, y, people, supply, street(STRAIGHT), options)

    rows = acc.summarise(result, people, [("totale", "Totale", None, np.ones(3, bool))], options)

    assert [(row["soglia"], row["popolazione"], row["popolazione_servita"], row["quota"])
            for row in rows] == [(500.0, 100.0, 10.0, 0.1), (1000.0, 100.0, 40.0, 0.4)]  # fmt: skip
    # Of costs 100 (10 people) and 600 (30): Σ w w |Δ| / (2 W² mean).
    assert rows[0]["gini"] == pytest.approx(2 * 10 * 30 * 500 / (2 * 40**2 * 475))
    assert rows[0]["rapporto_90_10"] == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("measures", "field"),
    [
        ((0, 1, 2, 3, 4), "enhanced"),
        ((0, 2, 4), "two_step"),
        ((0, 1, 4), "gravity"),
        ((0, 1), "cost"),
    ],
)
def test_equity_is_of_e2_else_s2_else_g_else_t_of_attached_origins(measures, field):
    supply = points([("a", 0, 0), ("b", 300, 0)], capacity=np.array([10.0, 70.0]))
    x = np.array([0.0, 250.0, 900.0, 100.0])
    y = np.array([0.0, 0.0, 0.0, 9000.0])
    people = np.array([10.0, 25.0, 40.0, 1000.0])
    options = metres("400,1000", measures=measures)

    result = acc.measure(x, y, people, supply, street(STRAIGHT), options)
    rows = acc.summarise(result, people, [("totale", None, None, np.ones(4, bool))], options)

    values = getattr(result.categories["SCUOLA"], field)[:3]
    weights = people[:3]
    apart = np.abs(values[:, None] - values) * weights[:, None] * weights
    mean = (values * weights).sum() / weights.sum()
    expected = apart.sum() / (2 * weights.sum() ** 2 * mean)
    assert {round(row["gini"], 12) for row in rows} == {round(expected, 12)}
    assert [row["popolazione"] for row in rows] == [1075.0, 1075.0]


def test_no_measure_of_equity_without_one_to_judge_or_without_people():
    supply = points([("a", 0, 0)])
    options = metres("500", measures=(1,))
    result = acc.measure(np.zeros(1), np.zeros(1), None, supply, street(STRAIGHT), options)
    whole = [("totale", None, None, np.ones(1, bool))]

    (judged,) = acc.summarise(result, np.ones(1), whole, options)
    (nobody,) = acc.summarise(result, None, whole, options)
    (empty,) = acc.summarise(result, np.zeros(1), whole, options)

    assert (judged["gini"], judged["rapporto_90_10"], judged["quota"]) == (None, None, 1.0)
    assert (nobody["popolazione"], nobody["popolazione_servita"], nobody["quota"]) == (None,) * 3
    assert (empty["popolazione"], empty["quota"]) == (0.0, None)


# Against the oracle ---------------------------------------------------------------------------

_at = st.integers(0, 8).map(lambda k: k * 25.0)
_near = st.tuples(_at, _at, st.integers(-9, 9), st.integers(-9, 9)).map(
    lambda v: (v[0] + v[2] / 3, v[1] + v[3] / 7)
)
_corner = st.tuples(_at, _at)
_line = st.lists(st.one_of(_corner, _near), min_size=2, max_size=4).filter(
    lambda line: all(a != b for a, b in zip(line[:-1], line[1:]))
)
_box = st.tuples(_near, st.sampled_from([7.0, 30.0, 60.0]))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    lines=st.lists(_line, min_size=1, max_size=9),
    origins=st.lists(st.one_of(_near, _corner), min_size=1, max_size=5),
    services=st.lists(st.one_of(_near, _corner), min_size=1, max_size=4),
    boxes=st.lists(_box, max_size=2),
    ways=st.lists(st.sampled_from(["both", "forward", "backward"]), min_size=9, max_size=9),
    speeds=st.lists(st.sampled_from([3.0, 4.5, 6.0]), min_size=9, max_size=9),
    cells=st.sampled_from([24_000_000, 60]),
)
def test_every_measure_is_that_of_the_slow_way(
    lines, origins, services, boxes, ways, speeds, cells
):
    agree_with_the_slow_way(lines, origins, services, boxes, ways, speeds, cells)


# Few streets on a coarse grid and many points on them: several on an edge, at nodes, equally far.
_on_grid = st.tuples(st.integers(0, 4), st.integers(0, 2)).map(lambda v: (v[0] * 10.0, v[1] * 10.0))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    lines=st.lists(
        st.sampled_from(
            [
                [(0.0, 0.0), (40.0, 0.0)],
                [(0.0, 0.0), (0.0, 20.0)],
                [(40.0, 20.0), (0.0, 20.0)],
                [(40.0, 0.0), (40.0, 20.0)],
                [(20.0, 0.0), (20.0, 20.0)],
                [(0.0, 0.0), (40.0, 0.0), (40.0, 20.0), (0.0, 20.0), (0.0, 0.0)],
            ]
        ),
        min_size=1,
        max_size=4,
    ),
    origins=st.lists(_on_grid, min_size=3, max_size=8),
    services=st.lists(_on_grid, min_size=3, max_size=8),
    boxes=st.lists(st.tuples(_on_grid, st.sampled_from([5.0, 10.0])), max_size=1),
    ways=st.lists(st.sampled_from(["both", "forward", "backward"]), min_size=9, max_size=9),
    speeds=st.lists(st.sampled_from([0.6, 1.2]), min_size=9, max_size=9),
)
def test_many_points_on_an_edge_and_ties_go_as_the_slow_way_says(
    lines, origins, services, boxes, ways, speeds
):  # fmt: skip
    agree_with_the_slow_way(lines, origins, services, boxes, ways, speeds, 24_000_000)


def agree_with_the_slow_way(lines, origins, services, boxes, ways, speeds, cells):
    """Measure with the engine and with the oracle, and compare everything."""
    sg = pytest.importorskip("shapely.geometry", reason="the oracle uses shapely")
    codes = {"both": acc.BOTH, "forward": acc.FORWARD, "backward": acc.BACKWARD}
    n = len(lines)
    streets = street(lines, np.array([codes[w] for w in ways[:n]]), np.array(speeds[:n]))
    off_road = 0.06 / 4.5
    slow = oracle.Streets(
        [(k + 1, line) for k, line in enumerate(lines)],
        way={k + 1: way for k, way in enumerate(ways)},
        cost={k + 1: 0.06 / speed for k, speed in enumerate(speeds)},
        off_road=off_road,
    )
    areas = [square(x, y, size) for (x, y), size in boxes]
    shapes = [Points(np.array([p])) for p in services] + areas
    places = [*services, *(sg.Polygon(area.polygons[0][0]) for area in areas)]
    ids = [f"id{(7 * k) % 11:02d}" for k in range(len(places))]
    categories = ["ABC"[k % 2] for k in range(len(places))]
    capacity = np.array([1.0 + k for k in range(len(places))])
    people = np.array([10.0 * (k % 3) for k in range(len(origins))])
    options = acc.make_options(
        thresholds="0.5,1.5,3", zones="1=1,2=0.5,3=0.2", measures=ALL, max_snap=20.0
    )
    expected, attached = oracle.cost_matrix(slow, origins, places, 20.0)

    x, y = np.array(origins).T
    acc_cells, acc.TABLE_CELLS = acc.TABLE_CELLS, cells
    try:
        result = acc.measure(
            x, y, people, acc.Supply(ids, categories, shapes, capacity), streets, options
        )
        only = acc.measure(
            x, y, people, acc.Supply(ids, categories, shapes, capacity), streets,
            acc.make_options(thresholds="0.5,1.5,3", measures=(0,), max_snap=20.0),
        )  # fmt: skip
    finally:
        acc.TABLE_CELLS = acc_cells

    for code, measured in result.categories.items():
        mine = [k for k, category in enumerate(categories) if category == code]
        compare(measured, mine, expected, attached, ids, capacity, people)
        assert only.categories[code].service.tolist() == measured.service.tolist()
        assert only.categories[code].cost.tolist() == measured.cost.tolist()


def compare(measured, mine, expected, attached, ids, capacity, people):
    """Compare a category with plain sums over the oracle's costs."""
    tiny = 1e-6
    ratio, ratio_zones = {}, {}
    for j in mine:
        within = [
            (people[i], row[j]) for i, row in enumerate(expected) if row and row[j] <= 3 + tiny
        ]
        demand = sum(p for p, _ in within)
        weighted = sum(p * zone(c) for p, c in within)
        ratio[j] = capacity[j] / demand if demand else 0.0
        ratio_zones[j] = capacity[j] / weighted if weighted else 0.0
    for i, row in enumerate(expected):
        if row is None:
            assert acc.REASONS[measured.reason[i]] == "non_agganciato"
            continue
        costs = {j: row[j] for j in mine}
        least = min(costs.values())
        reason = acc.REASONS[measured.reason[i]]
        if not any(attached[j] for j in mine):
            assert reason == "senza_servizi"
        elif least == math.inf:
            assert reason == "non_raggiunto"
        elif least > 3 + tiny:
            assert reason == "oltre_soglia"
        else:
            assert reason is None
            assert measured.cost[i] == pytest.approx(least, abs=tiny)
            tied = [ids[j] for j, cost in costs.items() if cost <= least + tiny]
            assert ids[measured.service[i]] == min(tied)
        reached = {j: cost for j, cost in costs.items() if cost <= 3 + tiny}
        for threshold in (0.5, 1.5, 3.0):
            count = sum(cost <= threshold + tiny for cost in reached.values())
            assert measured.count[threshold][i] == count
        assert measured.two_step[i] == pytest.approx(sum(ratio[j] for j in reached))
        assert measured.enhanced[i] == pytest.approx(
            sum(ratio_zones[j] * zone(cost) for j, cost in reached.items())
        )
        assert measured.gravity[i] == pytest.approx(
            sum(capacity[j] * math.exp(-0.1 * cost) for j, cost in reached.items())
        )


def zone(cost):
    return next((w for end, w in ((1, 1), (2, 0.5), (3, 0.2)) if cost <= end + 1e-6), 0.0)


def test_the_table_lent_to_the_pairs_comes_back_without_costs():
    lines = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 1000)]]
    x, y = np.array([[100, 30], [900, 5], [995, 800]], float).T
    ways = acc._Streets.prepare(
        x, y, points([("a", 300, -20), ("b", 990, 10)]), street(lines), metres(), None
    )

    for _ in ways.pairs(
        np.zeros(1, np.int64), np.arange(2), np.zeros(2, np.int64), None, True, None
    ):
        assert np.isinf(ways.spreader.table).all()


@pytest.mark.parametrize("number", [120, 128, 255, 256, 300])
def test_as_many_services_of_a_category_as_there_are_are_counted(number):
    supply = points([(f"s{k:03d}", 500 + k / 10, 0) for k in range(number)])
    for streets in (street(STRAIGHT), None):
        result = acc.measure(
            np.array([520.0]), np.array([0.0]), None, supply, streets, metres(measures=(0, 1))
        )
        measured = result.categories["SCUOLA"]

        assert measured.count[500.0].tolist() == [number]
        assert supply.ids[measured.service[0]] == f"s{min(number - 1, 200):03d}"


@given(
    seed=st.integers(0, 10_000),
    width=st.sampled_from([10.0, 800.0, 5_000.0, 60_000.0]),
    limit=st.sampled_from([2.0, 400.0, 5_000.0]),
    pairs=st.sampled_from([1, 40, 100_000]),
)
@settings(max_examples=60, deadline=None)
def test_in_a_straight_line_every_pair_in_reach_is_found_once_and_no_other(
    seed, width, limit, pairs
):
    sg = pytest.importorskip("shapely.geometry", reason="the oracle uses shapely")
    rng = np.random.default_rng(seed)
    x, y = np.round(rng.uniform(0, width, (2, int(rng.integers(0, 60)))), int(rng.integers(0, 3)))
    x[rng.random(x.size) < 0.1] = np.nan
    shapes, plain = [], []
    for k in range(int(rng.integers(1, 12))):
        place = np.round(rng.uniform(-0.2 * width, 1.2 * width, 2))
        kind = k % 4
        if kind == 1:
            more = place + np.round(rng.uniform(-500, 500, (3, 2)))
            shapes.append(Points(more))
            plain.append(sg.MultiPoint(more))
        elif kind == 2:
            shapes.append(square(*place, float(rng.integers(1, 900))))
            plain.append(sg.Polygon(shapes[-1].polygons[0][0]))
        elif kind == 3 and rng.random() < 0.5:
            shapes.append(None)
            plain.append(None)
        else:
            shapes.append(Points(place[None, :]))
            plain.append(sg.Point(place))
    options = metres(f"{limit / 2:g},{limit:g}", detour=1.3)
    supply = acc.Supply([f"s{k}" for k in range(len(shapes))], ["A"] * len(shapes), shapes)
    at_once, acc._PAIRS_AT_ONCE = acc._PAIRS_AT_ONCE, pairs
    try:
        service, origin, cost, located = acc.reach(x, y, supply, None, options)
    finally:
        acc._PAIRS_AT_ONCE = at_once

    wanted = {
        (k, row): shape.distance(sg.Point(x[row], y[row])) * 1.3
        for k, shape in enumerate(plain)
        for row in range(x.size)
        if shape is not None and np.isfinite(x[row])
    }
    found = dict(zip(zip(service.tolist(), origin.tolist()), cost.tolist()))
    assert len(found) == service.size
    assert located.tolist() == [shape is not None for shape in shapes]
    for pair, far in wanted.items():
        if far <= limit:
            assert found[pair] == pytest.approx(far, abs=1e-9)
        elif far > limit + 1e-5:
            assert pair not in found
