"""Tables that a spreadsheet will open: no text of theirs runs as a formula."""

from __future__ import annotations

from qgis.core import QgsFeature

from ..core.values import plain_cell

SHEET_ENDINGS = (".csv", ".tsv", ".xlsx", ".ods")


class PlainCells:
    """A sink whose texts are written so that a spreadsheet takes them as texts."""

    def __init__(self, sink):
        self._sink = sink

    def addFeature(self, feature, *flags):  # noqa: N802
        """Write one feature."""
        return self._sink.addFeature(_plain(feature), *flags)

    def addFeatures(self, features, *flags):  # noqa: N802
        """Write several features."""
        return self._sink.addFeatures([_plain(feature) for feature in features], *flags)

    def lastError(self):  # noqa: N802
        """Return why the last write failed."""
        return self._sink.lastError() if hasattr(self._sink, "lastError") else ""

    def flushBuffer(self):  # noqa: N802
        """Write what is waiting."""
        return self._sink.flushBuffer()


def _plain(feature):
    plain = QgsFeature(feature)
    plain.setAttributes(
        [plain_cell(value) if isinstance(value, str) else value for value in feature.attributes()]
    )
    return plain
