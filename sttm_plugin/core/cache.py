"""What is costly to build, kept for the session within a bound of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np


class Cache:
    """Keeps the values used last, as many as fit in some bytes; safe between threads.

    Args:
        bound: bytes of the arrays kept, those of the values themselves and one level below.
    """

    def __init__(self, bound):
        self.bound = bound
        self._kept: OrderedDict = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key):
        """Return the value of a key, None where it isn't kept."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key, value):
        """Keep a value, and let go of those unused for longest; one too large isn't kept."""
        size = size_of(value)
        with self._lock:
            self._kept.pop(key, None)
            if size > self.bound:
                return
            self._kept[key] = (value, size)
            while sum(size for _, size in self._kept.values()) > self.bound:
                self._kept.popitem(last=False)

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self):
        return len(self._kept)


def size_of(value, depth=4) -> int:
    """Return the bytes of the arrays and lists a value holds."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, (list, tuple)):
        # A number or a short text each.
        return 64 * len(value)
    if isinstance(value, dict):
        return sum(size_of(one, depth) for one in value.values())
    if depth and hasattr(value, "__dict__"):
        return sum(size_of(one, depth - 1) for one in vars(value).values())
    return 0
