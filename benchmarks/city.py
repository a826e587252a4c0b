"""A synthetic city: streets, buildings, services and stops, the same at every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A crossing each 72 m: the density of the streets of the metropolitan city.
STEP_M = 72.0
WEST, SOUTH = 500_000.0, 5_030_000.0
CATEGORIES = 25
SERVICES = 2_500
STOPS = 62
# Of the edges of a full grid, those that exist: 1.4 edges a node, as in real streets.
KEPT = 0.71


@dataclass
class City:
    """Arrays of a city, metres in EPSG:32632.

    Attributes:
        lines: list of float64 (k, 2), one street each.
        buildings: float64 (b, 2); people: int64 (b,).
        services: float64 (s, 2); category: int64 (s,); capacity: float64 (s,).
        stops: float64 (t, 2).
    """

    lines: list
    buildings: np.ndarray
    people: np.ndarray
    services: np.ndarray
    category: np.ndarray
    capacity: np.ndarray
    stops: np.ndarray


def make_city(edges: int, buildings: int = 200_000, seed: int = 7) -> City:
    """Return a city of about so many street edges: a bent grid with gaps, lines of 2-5 vertices."""
    rng = np.random.default_rng(seed)
    side = round(np.sqrt(edges / (2 * KEPT))) + 1
    column, row = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    x = WEST + STEP_M * column + rng.uniform(-20, 20, (side, side))
    y = SOUTH + STEP_M * row + rng.uniform(-20, 20, (side, side))
    across = np.stack((x[:-1], y[:-1], x[1:], y[1:]), axis=-1).reshape(-1, 4)
    along = np.stack((x[:, :-1], y[:, :-1], x[:, 1:], y[:, 1:]), axis=-1).reshape(-1, 4)
    ends = np.concatenate((across, along))
    ends = ends[rng.random(len(ends)) < KEPT]
    inner = rng.integers(0, 4, len(ends))
    lines = []
    for number in range(4):
        mine = ends[inner == number]
        share = np.linspace(0, 1, number + 2)[:, None]
        drawn = mine[:, None, :2] * (1 - share) + mine[:, None, 2:] * share
        drawn[:, 1:-1] += rng.uniform(-6, 6, (len(mine), number, 2))
        lines.extend(drawn)
    order = rng.permutation(len(lines))
    width = STEP_M * (side - 1)

    def places(count):
        return np.array([WEST, SOUTH]) + rng.uniform(0, width, (count, 2))

    return City(
        lines=[lines[k] for k in order],
        buildings=places(buildings),
        people=rng.integers(0, 40, buildings),
        services=places(SERVICES),
        category=rng.integers(0, CATEGORIES, SERVICES),
        capacity=rng.integers(20, 400, SERVICES).astype(float),
        stops=places(STOPS),
    )


def write_city(city, path):
    """Write a city as the layers of a GeoPackage: strade, edifici, servizi, fermate."""
    import struct

    from osgeo import ogr, osr

    ogr.UseExceptions()
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    found = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))

    def point(place):
        return struct.pack("<BI2d", 1, 1, *place)

    def line(vertices):
        return struct.pack("<BII", 1, 2, len(vertices)) + vertices.astype("<f8").tobytes()

    for name, kind, fields, rows in (
        ("strade", ogr.wkbLineString, {}, ((line(one), ()) for one in city.lines)),
        (
            "edifici",
            ogr.wkbPoint,
            {"popolazione": ogr.OFTInteger64},
            ((point(p), (int(n),)) for p, n in zip(city.buildings, city.people)),
        ),
        (
            "servizi",
            ogr.wkbPoint,
            {"id_servizio": ogr.OFTString, "codice_sttm": ogr.OFTString, "capacita": ogr.OFTReal},
            (
                (point(p), (f"s{k:05d}", f"CAT.{c:02d}", float(n)))
                for k, (p, c, n) in enumerate(zip(city.services, city.category, city.capacity))
            ),
        ),
        (
            "fermate",
            ogr.wkbPoint,
            {"id_lum": ogr.OFTString, "rango": ogr.OFTString},
            ((point(p), (f"L{k:03d}", "metropolitano")) for k, p in enumerate(city.stops)),
        ),
    ):
        layer = found.CreateLayer(name, crs, kind)
        for field, datum in fields.items():
            layer.CreateField(ogr.FieldDefn(field, datum))
        layer.StartTransaction()
        for wkb, values in rows:
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
            for place, value in enumerate(values):
                feature.SetField(place, value)
            layer.CreateFeature(feature)
        layer.CommitTransaction()
    found = None
