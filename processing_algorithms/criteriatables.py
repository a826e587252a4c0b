"""Tables and pages about a criteria pack, as its algorithms write them."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem, QgsWkbTypes

from .base import SttmAlgorithm


class CriteriaAlgorithm(SttmAlgorithm):
    """What the algorithms on a pack share."""

    GROUP = "5 – Criteri"
    NEEDS = ("pandas", "geopandas", "shapely", "jinja2")

    def write_table(self, parameters, name, context, feedback, rows, fields):
        """Write rows (dicts) into a sink of a table; return its id, None when it isn't wanted."""
        import pandas as pd

        from ..core.schema import names

        frame = pd.DataFrame(rows, columns=names(fields))
        none = QgsWkbTypes.Type.NoGeometry
        crs = QgsCoordinateReferenceSystem()
        return self.write(parameters, name, context, feedback, frame, fields, none, crs)

    def write_page(self, parameters, name, context, page):
        """Write a page (a function that returns HTML) where one is wanted; return its path."""
        from ..core.documents import write_bytes_whole

        target = self.file_output(parameters, name, context)
        if target:
            write_bytes_whole(target, page().encode("utf-8"))
        return target or None
