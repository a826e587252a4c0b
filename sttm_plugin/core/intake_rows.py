"""Rows of an output made a lot at a time: columns as codes, long texts when they are written."""

from __future__ import annotations

import struct

from . import schema


class LotRows:
    """The rows of an output.

    Attributes:
        fields: ``core.schema.Field`` tuple. columns: {field: Coded, of these rows}.
        made: {field: places → texts}, places an int array of rows from 0.
        x, y: float64 (n,) of points known by their numbers, else None. shapes: list of shapely
            where there are other geometries, else None. crs: theirs.
        layer, fids: where the rows come from; None and None for rows that need not tell.
    """

    def __init__(self, count, fields, columns, made, crs=None, layer=None, fids=None):
        self._count, self.fields, self.columns, self.made = count, fields, columns, made
        self.x = self.y = self.shapes = None
        self.crs, self.layer, self.fids = crs, layer, fids

    def __len__(self):
        return self._count

    def frame(self, places):
        """Return some rows, int (n,), as the frame ``core.schema.conform`` gives."""
        import numpy as np
        import pandas as pd

        columns = {name: list(column.at(places)) for name, column in self.columns.items()}
        columns.update({name: make(places) for name, make in self.made.items()})
        index = pd.RangeIndex(len(places))
        frame = pd.DataFrame(columns, dtype=object, index=index)
        if self.fids is None:
            return schema.conform(frame, self.fields)
        import geopandas as gpd

        frame["_layer"] = pd.Series([self.layer] * len(places), dtype=object, index=index)
        frame["_fid"] = pd.Series(self.fids[places], dtype="int64", index=index)
        # One by one: numpy and pandas ask each shape of a list for its coordinates.
        shapes = np.empty(len(places), dtype=object)
        if self.x is not None:
            # Shapely takes long to write a point: these are known as numbers.
            at = zip(self.x[places].tolist(), self.y[places].tolist())
            points = [struct.pack("<BIdd", 1, 1, x, y) for x, y in at]
            frame["_wkb"] = pd.Series(points, dtype=object, index=index)
        elif self.shapes is not None:
            for place, row in enumerate(places.tolist()):
                shapes[place] = self.shapes[row]
        shapes = gpd.array.GeometryArray(shapes, crs=self.crs)
        return schema.conform(gpd.GeoDataFrame(frame, geometry=shapes), self.fields)
