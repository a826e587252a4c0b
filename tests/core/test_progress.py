"""Long passes ask whether to stop between bounded pieces of work, and stop when told."""

from __future__ import annotations

import numpy as np
import pytest

from sttm_plugin.core import accessibility, catchment, preparation
from sttm_plugin.core.network import build_network
from sttm_plugin.core.progress import Steps, Stopped, ask, asking, growing, stopped_by
from sttm_plugin.core.snapping import SegmentIndex
from sttm_plugin.core.wkb import Lines, Points, read_lines


@pytest.fixture(scope="module")
def grid():
    """Lines of a bent grid of 40 × 40 crossings, some of them nearly joined."""
    rng = np.random.default_rng(3)
    at = np.stack(np.meshgrid(np.arange(40.0), np.arange(40.0), indexing="ij"), axis=-1) * 100
    at += rng.uniform(-20, 20, at.shape)
    lines = [np.array([at[i, j], at[i + 1, j]]) for i in range(39) for j in range(40)]
    lines += [np.array([at[i, j], at[i, j + 1]]) for i in range(40) for j in range(39)]
    for line in lines[::50]:
        line[0] += 0.0004
    start = 2 * np.arange(len(lines) + 1)
    none = np.zeros(0, dtype=np.int64)
    return Lines(np.concatenate(lines), start, np.arange(len(lines)), none)


def asked(run):
    """Return the shares a run tells, in their order."""
    shares = []

    def on_progress(share):
        shares.append(share)
        return True

    run(on_progress)
    return shares


def every_stop(run, number):
    """Return what a run gives when it is stopped the first, second … time it asks."""
    found = []
    for stop in range(1, number + 1):
        left = [stop]

        def on_progress(_, left=left):
            left[0] -= 1
            return left[0] > 0

        try:
            found.append(run(on_progress))
        except Stopped:
            found.append(None)
    return found


def street_and_index(grid):
    network = build_network(grid, np.arange(len(grid.feature)))
    return network, SegmentIndex(network)


def services_of(number):
    rng = np.random.default_rng(5)
    return accessibility.Supply(
        ids=[f"s{k}" for k in range(number)],
        categories=["A" if k % 2 else "B" for k in range(number)],
        shapes=[Points(rng.uniform(0, 3900, (1, 2))) for _ in range(number)],
    )


def runs(grid):
    """Return {name: (run, passes over all the lines that there are at least)}."""
    ids = np.arange(len(grid.feature))
    network, index = street_and_index(grid)
    rng = np.random.default_rng(7)
    x, y = rng.uniform(0, 3900, (2, 300))
    lum = catchment.Lum("L", None, "r", False, "esistente", [300.0], x[:5], y[:5], [])
    options = accessibility.make_options(strategy=0, measures=(0, 1, 4))
    street = accessibility.Street(network, index)
    supply = services_of(20)
    blobs = [
        b"\x01\x02\x00\x00\x00\x02\x00\x00\x00" + line.tobytes()
        for line in grid.xy.reshape(-1, 2, 2)
    ]
    return {
        "read_lines": (lambda p: read_lines(blobs, p), 5),
        "build_network": (lambda p: build_network(grid, ids, 0.001, p), 10),
        "SegmentIndex": (lambda p: SegmentIndex(network, p), 7),
        "prepare": (lambda p: preparation.prepare(grid, ids, 0.001, 0.5, True, p), 40),
        "reach_lum": (lambda p: catchment.reach_lum(network, index, [lum], 200.0, p), 3),
        "measure": (
            lambda p: accessibility.measure(x, y, None, supply, street, options, p), 15
        ),
    }  # fmt: skip


NAMES = ("read_lines", "build_network", "SegmentIndex", "prepare", "reach_lum", "measure")


@pytest.mark.parametrize("name", NAMES)
def test_a_long_run_asks_between_its_passes(grid, name):
    run, least = runs(grid)[name]

    shares = asked(run)

    assert len(shares) >= least
    assert 0 <= min(shares) and max(shares) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_run_stops_whenever_it_is_told(grid, name):
    run, _ = runs(grid)[name]
    number = len(asked(run))

    assert every_stop(run, number) == [None] * number


@pytest.mark.parametrize("name", ["prepare", "measure"])
def test_the_share_never_goes_back(grid, name):
    shares = asked(runs(grid)[name][0])

    assert shares == sorted(shares)


def test_how_often_a_run_asks_grows_with_the_points(grid, monkeypatch):
    from sttm_plugin.core import snapping

    _, index = street_and_index(grid)
    x, y = np.random.default_rng(1).uniform(0, 3900, (2, 1000))
    monkeypatch.setattr(snapping, "_POINTS_AT_ONCE", 100)

    assert len(asked(lambda p: index.nearest(x, y, p))) >= 10


def test_steps_count_up_to_the_whole():
    shares = []
    steps = Steps(lambda share: shares.append(share) or True, 2)
    for _ in range(3):
        steps()

    assert shares == [0.5, 1.0, 1.0]


def test_a_part_of_a_run_never_goes_back():
    shares = []
    part = growing(lambda share: shares.append(share) or True, 0.5, 1.0)
    for share in (0.0, 0.5, 0.2, 2.0):
        part(share)

    assert shares == [0.5, 0.75, 0.75, 1.0]


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_off_inside_and_as_it_was_after_a_failure(was_on):
    import gc

    from sttm_plugin.core.progress import without_collector

    before = gc.isenabled()
    try:
        gc.enable() if was_on else gc.disable()
        with pytest.raises(KeyError), without_collector():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is was_on
    finally:
        gc.enable() if before else gc.disable()


def test_what_is_deep_in_a_run_stops_when_the_run_is_stopped_and_only_then():
    told = iter([False, False, True])
    with stopped_by(lambda: next(told)):
        seen = []
        with pytest.raises(Stopped):
            for number in asking(range(10), every=3):
                seen.append(number)
    assert seen == [0, 1, 2, 3, 4, 5]
    # Outside a run, and in a run around another that was stopped, nothing stops.
    ask()
    with stopped_by(lambda: False):
        with pytest.raises(Stopped), stopped_by(lambda: True):
            ask()
        ask()
    assert list(asking(range(4), every=1)) == [0, 1, 2, 3]
