"""How far a long run on arrays is, and whether it is to stop, asked between bounded passes."""

from __future__ import annotations

import contextlib
import gc
import threading


class Stopped(Exception):  # noqa: N818
    """The user stopped the run."""


class Steps:
    """Asks ``on_progress`` at every call, the share growing by one of so many steps.

    Args:
        on_progress: share 0-1 → False to stop; None never stops.
        number: steps there are about; more are harmless.
    """

    def __init__(self, on_progress, number):
        self._on_progress, self._number, self._done = on_progress, number, 0

    def __call__(self):
        """Count a step.

        Raises:
            Stopped: the user stopped the run.
        """
        self._done += 1
        self.at(self._done / self._number)

    def at(self, share):
        """Tell the share that is done.

        Raises:
            Stopped: the user stopped the run.
        """
        if self._on_progress is not None and not self._on_progress(min(share, 1.0)):
            raise Stopped


_run = threading.local()


@contextlib.contextmanager
def stopped_by(stopped):
    """Let ``ask`` know, in this thread and meanwhile, whether the user stopped the run.

    Args:
        stopped: called without arguments, True when the run is to stop.
    """
    before = getattr(_run, "stopped", None)
    _run.stopped = stopped
    try:
        yield
    finally:
        _run.stopped = before


def ask():
    """Stop here when the user stopped the run; for what is deep inside one and tells no share.

    Raises:
        Stopped: the user stopped the run.
    """
    stopped = getattr(_run, "stopped", None)
    if stopped is not None and stopped():
        raise Stopped


def asking(items, every=500):
    """Yield some items, asking now and then whether the user stopped the run.

    Raises:
        Stopped: the user stopped the run.
    """
    for number, item in enumerate(items):
        if number % every == 0:
            ask()
        yield item


def growing(on_progress, begin, end):
    """Return an ``on_progress`` for the part of a run between two shares, which never goes back."""
    if on_progress is None:
        return None
    shown = [0.0]

    def progress(share):
        shown[0] = max(shown[0], min(max(share, 0.0), 1.0))
        return on_progress(begin + (end - begin) * shown[0])

    return progress


@contextlib.contextmanager
def without_collector():
    """Keep Python from looking for cycles while millions of plain values are made.

    Rows, texts and lines of a log hold no cycles, and each search walks all of them again: about
    a third of the import of 20,000 records. What was on is on again at the end.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
