"""The network engine against pgRouting and PySAL access, which know nothing of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sttm_plugin.core import accessibility as acc
from sttm_plugin.core import catchment
from sttm_plugin.core.snapping import SegmentIndex
from sttm_plugin.core.wkb import Points
from tests.core.test_network import network_of

CLOSE = 1e-6


def blocks(seed, side=16, step=80.0):
    """Streets of a town: blocks with bent sides, some missing, some one line through several."""
    generator = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1) * step
    corner = corner + generator.uniform(-25, 25, corner.shape) + (512_000, 5_034_000)
    lines = []
    for along in (corner, corner.transpose(1, 0, 2)):
        for row in along:
            line = [tuple(row[0])]
            for here, there in zip(row[:-1], row[1:]):
                if generator.random() < 0.2:
                    lines.append(line)
                    line = [tuple(there)]
                    continue
                if generator.random() < 0.4:
                    line.append(tuple((here + there) / 2 + generator.uniform(-9, 9, 2)))
                line.append(tuple(there))
            lines.append(line)
    return [line for line in lines if len(line) > 1]


def real_streets(folder, name, layer=None):
    """Return the lines of a real network, metres."""
    geopandas = pytest.importorskip("geopandas", reason="real networks are read with geopandas")
    read = geopandas.read_file(folder / "rete" / name, **({"layer": layer} if layer else {}))
    return [list(line.coords) for line in read.to_crs("EPSG:32632").geometry]


def random_places(lines, seed, number, off=60.0):
    """Return places near vertices drawn at random, float64 (number, 2)."""
    generator = np.random.default_rng(seed)
    vertices = np.array([vertex[:2] for line in lines for vertex in line])
    chosen = vertices[generator.integers(0, len(vertices), number)]
    return chosen + generator.uniform(-off, off, (number, 2))


# pgRouting ------------------------------------------------------------------------------------

# Every segment is an edge and every distinct vertex a node: nothing of ours decides them.
_TOWN = """
CREATE TABLE strade (fid bigint PRIMARY KEY, geom geometry(LineString, 32632));
CREATE TABLE fermate (lum int, geom geometry(Point, 32632));
"""
_GRAPH = """
CREATE TABLE tratti AS
  SELECT row_number() OVER () AS id, fid, (d).geom AS geom,
         ST_StartPoint((d).geom) AS a, ST_EndPoint((d).geom) AS b
  FROM (SELECT fid, ST_DumpSegments(geom) AS d FROM strade) s
  WHERE ST_Length((d).geom) > 0;
CREATE TABLE nodi AS
  SELECT row_number() OVER () AS id, x, y
  FROM (SELECT ST_X(a) AS x, ST_Y(a) AS y FROM tratti
        UNION SELECT ST_X(b), ST_Y(b) FROM tratti) v;
CREATE INDEX ON nodi (x, y);
CREATE INDEX ON tratti USING gist (geom);
ANALYZE tratti;
ANALYZE nodi;
CREATE TABLE archi AS
  SELECT t.id, t.fid, s.id AS source, e.id AS target, ST_Length(t.geom) AS cost
  FROM tratti t JOIN nodi s ON s.x = ST_X(t.a) AND s.y = ST_Y(t.a)
                JOIN nodi e ON e.x = ST_X(t.b) AND e.y = ST_Y(t.b);
-- Where each stop meets the nearest segment, of equals the one of the lowest fid.
CREATE TABLE agganci AS
  SELECT DISTINCT ON (f.n) f.n, f.lum, t.id AS tratto, ST_Distance(f.geom, t.geom) AS connettore,
         ST_LineLocatePoint(t.geom, f.geom) * ST_Length(t.geom) AS da,
         (1 - ST_LineLocatePoint(t.geom, f.geom)) * ST_Length(t.geom) AS a
  FROM (SELECT row_number() OVER () AS n, * FROM fermate) f, tratti t
  WHERE t.geom && ST_Expand(f.geom, 200)
  ORDER BY f.n, ST_Distance(f.geom, t.geom) , t.fid;
"""
# The LUM is a node of its own, -1; each stop enters its segment by the two parts of it.
_REACHED = """
SELECT node, agg_cost FROM pgr_drivingDistance(
  $q$ SELECT id, source, target, cost, cost AS reverse_cost FROM archi
      UNION ALL SELECT -4 * g.n, -1, e.source, g.connettore + g.da, -1
        FROM agganci g JOIN archi e ON e.id = g.tratto WHERE g.lum = {lum}
      UNION ALL SELECT -4 * g.n - 1, -1, e.target, g.connettore + g.a, -1
        FROM agganci g JOIN archi e ON e.id = g.tratto WHERE g.lum = {lum} $q$,
  -1, {radius}, true)
WHERE node > 0
"""


class Town:
    """Streets and stops in a database with pgRouting."""

    def __init__(self, database, lines, stops):
        from psycopg2.extras import execute_values

        database.run(_TOWN)
        with database.connect() as connection, connection.cursor() as cursor:
            execute_values(
                cursor,
                "INSERT INTO strade VALUES %s",
                [(k + 1, _wkt("LINESTRING", line)) for k, line in enumerate(lines)],
                "(%s, ST_GeomFromText(%s, 32632))",
            )
            execute_values(
                cursor,
                "INSERT INTO fermate VALUES %s",
                [(lum, _wkt("POINT", [place])) for lum, place in stops],
                "(%s, ST_GeomFromText(%s, 32632))",
            )
        database.run(_GRAPH)
        self.database = database
        self.places = {n: (x, y) for n, x, y in database.run("SELECT id, x, y FROM nodi")}
        self.edges = database.run("SELECT id, source, target, cost FROM archi")
        self.stops = database.run("SELECT lum, tratto, connettore, da FROM agganci")

    def reached(self, lum, limit):
        """Return {node: cost} from a LUM."""
        return dict(self.database.run(_REACHED.format(lum=lum, radius=limit)))

    def length(self, lum, costs, radius):
        """Return the metres of network within a radius of a LUM."""
        stops: dict = {}
        for owner, segment, connector, begin in self.stops:
            if owner == lum:
                stops.setdefault(segment, []).append((begin, connector))
        parts = []
        for edge, source, target, width in self.edges:
            low, high = costs.get(source, math.inf), costs.get(target, math.inf)
            chain = [(0.0, low), (width, high)]
            # A stop cuts its segment: what lies between two cuts is reached from either side.
            for at, own in stops.get(edge, []):
                ways = [own, low + at, high + width - at]
                ways += [other + abs(at - place) for place, other in stops[edge]]
                chain.append((at, min(ways)))
            chain.sort()
            for (at, cost), (to, further) in zip(chain[:-1], chain[1:]):
                left = max(0.0, radius - cost) + max(0.0, radius - further)
                parts.append(min(to - at, left))
        return math.fsum(parts)


def _wkt(kind, line):
    return f"{kind}({', '.join(f'{float(x)!r} {float(y)!r}' for x, y, *_ in line)})"


def drawn_reach(network, reached):
    """Return {(x, y): cost} of every vertex drawn, and of the places where parts end."""
    xy, start = catchment.draw(network, reached)
    costs = {}
    for part, (first, last) in enumerate(zip(start[:-1], start[1:])):
        step = np.hypot(*np.diff(xy[first:last], axis=0).T)
        along = reached.cost_begin[part] + np.concatenate(([0.0], np.cumsum(step)))
        for vertex, cost in zip(map(tuple, xy[first:last].tolist()), along.tolist()):
            costs[vertex] = min(cost, costs.get(vertex, math.inf))
    return costs


NETWORKS = {
    "random": lambda folder: blocks(3),
    "Povo": lambda folder: real_streets(folder(), "trento_povo_rete_pedonale.gpkg", "edges"),
    "Milano": lambda folder: real_streets(folder(), "osm_milano_centro_pedonale.geojson"),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_catchments_are_those_of_pgrouting(name, pgrouting, request):
    lines = NETWORKS[name](lambda: request.getfixturevalue("shared_data"))
    places = random_places(lines, 11, 12).tolist()
    # Eight LUM of one stop, two of two.
    stops = [(k % 10, tuple(place)) for k, place in enumerate(places)]
    radii = [120.0, 350.0, 500.0]
    lum_list = []
    for lum in range(10):
        x, y = np.array([place for owner, place in stops if owner == lum]).T
        lum_list.append(
            catchment.Lum(str(lum), None, "", False, "", radii, x, y, ["fermata"] * x.size)
        )
    network = network_of(lines, tolerance=0.0)
    found = catchment.reach_lum(network, SegmentIndex(network), lum_list, 200.0)
    town = Town(pgrouting, lines, stops)
    known = set(town.places.values())

    compared = 0
    for lum, caught in enumerate(found):
        assert caught.attached.all()
        costs = town.reached(lum, radii[-1] + 1)
        expected = {town.places[node]: cost for node, cost in costs.items()}
        for radius in radii:
            reached = caught.reached[radius]
            assert reached.length == pytest.approx(town.length(lum, costs, radius), abs=CLOSE)
            drawn = drawn_reach(network, reached)
            # What lies at the very limit may fall on either side of the last digit.
            inside = {place for place, cost in expected.items() if cost < radius - CLOSE}
            assert inside <= drawn.keys()
            for place in drawn.keys() & known:
                assert drawn[place] == pytest.approx(expected[place], abs=CLOSE)
            compared += len(inside)
    assert compared > 400


# scipy ----------------------------------------------------------------------------------------


def scipy_costs(lines, way, metre, origins, services, off_road):
    """Return the costs (origins, services) by scipy on a graph of every segment and projection.

    Args:
        way: 0 forward, 1 backward, 2 both; metre: cost of a metre; of each line.
    """
    csgraph = pytest.importorskip("scipy.sparse.csgraph", reason="scipy is the oracle here")
    from scipy.sparse import coo_matrix

    nodes: dict = {}
    segments, feature = [], []
    for fid, line in enumerate(lines):
        for a, b in zip(line[:-1], line[1:]):
            if a[:2] != b[:2]:
                ends = [nodes.setdefault(tuple(v[:2]), len(nodes)) for v in (a, b)]
                segments.append((*a[:2], *b[:2], *ends))
                feature.append(fid)
    a, b = np.array(segments)[:, :2], np.array(segments)[:, 2:4]
    ends = np.array(segments)[:, 4:].astype(int)
    length = np.hypot(*(b - a).T)
    cuts: dict = {}
    arcs = []
    size = len(nodes)
    points = []
    for point in [*origins, *services]:
        share = ((point - a) * (b - a)).sum(axis=1) / length**2
        share = np.clip(share, 0.0, 1.0)
        away = np.hypot(*(a + share[:, None] * (b - a) - point).T)
        # Of equals the lowest id, as segments go by id.
        segment = int(np.flatnonzero(away <= away.min() + CLOSE)[0])
        connector = float(away[segment]) * off_road
        cuts.setdefault(segment, []).append((float(share[segment] * length[segment]), size + 1))
        arcs += [(size, size + 1, connector), (size + 1, size, connector)]
        points.append(size)
        size += 2
    for segment, fid in enumerate(feature):
        chain = [(0.0, ends[segment, 0]), *sorted(cuts.get(segment, []))]
        chain.append((length[segment], ends[segment, 1]))
        for (begin, one), (end, other) in zip(chain[:-1], chain[1:]):
            cost = (end - begin) * metre[fid]
            # A place at a node is that node whatever the direction.
            if way[fid] != 1 or end - begin <= 1e-9:
                arcs.append((one, other, cost))
            if way[fid] != 0 or end - begin <= 1e-9:
                arcs.append((other, one, cost))
    least: dict = {}
    for one, other, cost in arcs:
        # Parallel arcs would be added up, and an arc without cost isn't one: it gets the least.
        least[one, other] = min(max(cost, 1e-300), least.get((one, other), math.inf))
    (row, column), cost = np.array(list(least)).T, np.array(list(least.values()))
    graph = coo_matrix((cost, (row, column)), (size, size)).tocsr()
    found = csgraph.dijkstra(graph, indices=points[: len(origins)])
    return found[:, points[len(origins) :]]


@pytest.mark.parametrize("name", NETWORKS)
def test_costs_one_way_and_with_speeds_are_those_of_scipy(name, request):
    lines = NETWORKS[name](lambda: request.getfixturevalue("shared_data"))
    origins, services = random_places(lines, 5, 60), random_places(lines, 6, 25)
    generator = np.random.default_rng(9)
    way = generator.choice([acc.FORWARD, acc.BACKWARD, acc.BOTH], len(lines), p=[0.2, 0.2, 0.6])
    speed = generator.choice([3.0, 4.5, 15.0, 30.0, np.nan], len(lines))
    options = acc.make_options(thresholds="40", speed=4.5)
    metre = 0.06 / np.where(np.isnan(speed), 4.5, speed)
    expected = scipy_costs(lines, way, metre, origins, services, 0.06 / 4.5)

    network = network_of(lines, tolerance=0.0)
    street = acc.Street(network, SegmentIndex(network), way, speed)
    supply = acc.Supply(
        [str(k) for k in range(25)], ["A"] * 25, [Points(place[None, :]) for place in services]
    )
    service, origin, cost, attached = acc.reach(*origins.T, supply, street, options)

    assert attached.all()
    found = np.full(expected.shape, np.inf)
    found[origin, service] = cost
    within = expected <= 40
    assert within.sum() > 200
    assert (np.isfinite(found) == within).all()
    assert np.abs(found[within] - expected[within]).max() < CLOSE


# PySAL access ---------------------------------------------------------------------------------


@pytest.fixture
def fca():
    """The measures of PySAL access; the test is skipped where it isn't installed."""
    return pytest.importorskip(
        "access.fca", reason="PySAL access is not installed (requirements-oracles.txt)"
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_supply_measures_are_those_of_pysal_access(name, fca, request):
    import pandas as pd
    from access import weights

    lines = NETWORKS[name](lambda: request.getfixturevalue("shared_data"))
    origins, services = random_places(lines, 21, 150), random_places(lines, 22, 30)
    generator = np.random.default_rng(23)
    people = np.round(generator.uniform(0, 400, 150))
    people[:5] = 0
    capacity = np.round(generator.uniform(1, 90, 30))
    network = network_of(lines, tolerance=0.0)
    street = acc.Street(network, SegmentIndex(network))
    shapes = [Points(place[None, :]) for place in services]
    supply = acc.Supply([f"{k:02d}" for k in range(30)], ["A"] * 30, shapes, capacity)
    every_way = acc.make_options(thresholds="15")
    service, origin, cost, _ = acc.reach(*origins.T, supply, street, every_way)

    costs = pd.DataFrame({"origin": origin, "dest": service, "cost": cost})
    demand = pd.DataFrame({"geoid": np.arange(150), "demand": people})
    offered = pd.DataFrame({"geoid": np.arange(30), "supply": capacity})
    # Services without anyone in reach have no ratio: PySAL divides by zero.
    reached = costs.merge(demand, left_on="origin", right_on="geoid")
    alive = reached.groupby("dest")["demand"].sum()
    costs = costs[costs["dest"].isin(alive[alive > 0].index)]

    def steps(weight=None):
        found = fca.two_stage_fca(
            demand.set_index("geoid", drop=False).rename_axis(None),
            offered.set_index("geoid", drop=False).rename_axis(None),
            costs, 15, demand_index="geoid", supply_index="geoid", weight_fn=weight,
        )  # fmt: skip
        return found.reindex(range(150)).fillna(0.0).to_numpy()

    def hansen(weight):
        found = fca.weighted_catchment(
            offered, pd.DataFrame({"origin": service, "dest": origin, "cost": cost}), 15,
            loc_index="geoid", loc_value="supply", weight_fn=weight,
        )  # fmt: skip
        return found.reindex(range(150)).fillna(0.0).to_numpy()

    def ours(field, **others):
        options = acc.make_options(thresholds="15", measures=(2, 3, 4), **others)
        return getattr(
            acc.measure(*origins.T, people, supply, street, options).categories["A"], field
        )

    zones = weights.step_fn({5: 1, 10: 0.68, 15: 0.22})
    for found, expected in (
        (ours("two_step"), steps()),
        (ours("enhanced"), steps(zones)),
        (ours("gravity", decay=acc.POWER, beta=1.7), hansen(weights.gravity(1, -1.7, 1))),
        (ours("gravity", decay=acc.GAUSSIAN, beta=6.0), hansen(weights.gaussian(6.0))),
        (ours("gravity", beta=0.2), hansen(lambda c: math.exp(-0.2 * c))),
    ):
        assert (expected > 0).sum() > 20
        assert np.abs(found - expected).max() < CLOSE
