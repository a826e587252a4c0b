"""The shared catchment: shares worked by hand, and a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core.accessibility import Supply, make_options
from sttm_plugin.core.huff import share_out
from sttm_plugin.core.wkb import Points


def shared(origins, services, limits=(15.0,), exponent=2.0, capacity=None, detour=1.0, stop=None):
    """Origins (x, people, home), services x on a line; 60 km/h: a kilometre is a minute."""
    x = np.array([one[0] for one in origins], dtype=float)
    supply = Supply(
        [f"s{k}" for k in range(len(services))],
        ["A"] * len(services),
        [Points(np.array([[float(place), 0.0]])) for place in services],
        None if capacity is None else np.array(capacity, dtype=float),
    )
    return share_out(
        x,
        np.zeros(x.size),
        np.array([one[1] for one in origins], dtype=float),
        np.array([one[2] for one in origins], dtype=object),
        supply,
        None,
        make_options(speed=60.0, detour=detour),
        limits,
        exponent,
        stop,
    )


def test_two_services_share_by_the_square_of_time():
    # From 0: 2 minutes to the first, 4 to the second: 1/4 against 1/16, four fifths and one.
    found = shared([(0, 100, "A")], [2000, -4000])[15.0]
    assert found.users == pytest.approx([80.0, 20.0])


def test_capacity_pulls_and_a_service_without_it_pulls_nobody():
    found = shared([(0, 100, "A")], [2000, -4000, 1000], capacity=[1, 4, np.nan])[15.0]
    assert found.users == pytest.approx([50.0, 50.0, 0.0])


def test_less_than_a_minute_counts_one():
    found = shared([(0, 90, "A")], [10, -1000, 2000])[15.0]
    assert found.users == pytest.approx([40.0, 40.0, 10.0])


def test_the_limit_is_included_and_beyond_it_nobody_competes():
    origins = [(0, 100, "A"), (20_000, 40, "B")]
    found = shared(origins, [15_000, -2000], limits=(5.0, 15.0))
    assert found[5.0].users == pytest.approx([40.0, 100.0])
    near, far = 1 / 4, 1 / 225
    assert found[15.0].users == pytest.approx(
        [40 + 100 * far / (near + far), 100 * near / (near + far)]
    )


def test_shares_by_home_leave_out_homes_that_are_not_known():
    found = shared([(0, 60, "B"), (0, 20, "A"), (0, 20, None)], [1000])[15.0]
    assert found.homes == ["A", "B"]
    assert found.shares().tolist() == [[pytest.approx(0.2), pytest.approx(0.6)]]


def test_a_service_nobody_reaches_has_no_shares():
    found = shared([(0, 60, "B")], [1000, 900_000])[15.0]
    assert found.users.tolist() == [60.0, 0.0]
    assert np.isnan(found.shares()[1]).all()


def test_progress_can_stop_the_run():
    assert shared([(0, 60, "B")], [1000], stop=lambda share: False) is None


place = st.integers(-40, 40).map(lambda k: 500.0 * k)


@settings(max_examples=100, deadline=None)
@given(
    origins=st.lists(
        st.tuples(place, st.integers(0, 500), st.sampled_from(["A", "B", None])),
        min_size=1,
        max_size=8,
    ),
    services=st.lists(place, min_size=1, max_size=5),
    capacity=st.lists(st.integers(1, 9), min_size=5, max_size=5),
    exponent=st.sampled_from([1.0, 2.0]),
)
def test_agrees_with_a_slow_reference(origins, services, capacity, exponent):
    found = shared(origins, services, (5.0, 12.5), exponent, capacity[: len(services)])
    for limit, catchment in found.items():
        users = dict.fromkeys(range(len(services)), 0.0)
        for x, people, _ in origins:
            pulls = {
                k: capacity[k] / max(abs(x - at) / 1000, 1.0) ** exponent
                for k, at in enumerate(services)
                if abs(x - at) / 1000 <= limit + 1e-6
            }
            for k, pull in pulls.items():
                users[k] += people * pull / sum(pulls.values())
        assert catchment.users == pytest.approx(list(users.values()), abs=1e-6)
