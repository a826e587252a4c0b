"""Pytest plugin that makes any import of QGIS fail, so that core is proven to run without it."""

from __future__ import annotations

import sys

_FORBIDDEN = ("qgis", "PyQt5", "PyQt6", "osgeo", "processing")


class _Refuser:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in _FORBIDDEN:
            raise ImportError(f"core is tested without QGIS: {name} must not be imported")
        return None


sys.meta_path.insert(0, _Refuser())
