"""Slow and plain: what the network engine must agree with, one heap Dijkstra at a time."""

from __future__ import annotations

import heapq
import itertools
import math

TIE = 1e-6


def nodes_of_vertices(parts, tolerance):
    """Return {(part, vertex): node}, by comparing every vertex with every other."""
    vertices = [(p, v) for p, (_, line) in enumerate(parts) for v in range(len(line))]
    parent = {vertex: vertex for vertex in vertices}

    def root(vertex):
        while parent[vertex] != vertex:
            vertex = parent[vertex]
        return vertex

    for a, b in itertools.combinations(vertices, 2):
        if a[0] == b[0] and abs(a[1] - b[1]) == 1:
            continue
        (ax, ay), (bx, by) = parts[a[0]][1][a[1]], parts[b[0]][1][b[1]]
        if math.hypot(ax - bx, ay - by) <= tolerance + TIE:
            parent[root(a)] = root(b)
    return {vertex: root(vertex) for vertex in vertices}


class Streets:
    """Lines [(fid, [(x, y), …])] with a direction and a cost of a metre for each fid."""

    def __init__(self, parts, tolerance=0.001, way=None, cost=None, off_road=1.0):
        # In the order of ids: of segments equally near, the first one wins.
        self.parts = sorted(parts, key=lambda part: part[0])
        self.way, self.cost = way or {}, cost or {}
        self.off_road = off_road
        self.node = nodes_of_vertices(self.parts, tolerance)
        self.segments = [
            (p, v)
            for p, (_, line) in enumerate(self.parts)
            for v in range(len(line) - 1)
            if line[v] != line[v + 1]
        ]
        self.on_segment = {segment: [] for segment in self.segments}
        self.links = {}

    def ends(self, segment):
        p, v = segment
        return self.parts[p][1][v], self.parts[p][1][v + 1]

    def nearest(self, point):
        """Return (distance, segment, share) of the nearest edge; of equals the lowest id."""
        found = []
        for segment in self.segments:
            distance, share = project(point, *self.ends(segment))
            found.append((distance, segment, share))
        least = min(distance for distance, _, _ in found)
        return next(row for row in found if row[0] <= least + TIE)

    def place(self, segment, share):
        """Add a node on a segment and return it."""
        name = ("on", segment, share)
        if (share, name) not in self.on_segment[segment]:
            self.on_segment[segment].append((share, name))
        return name

    def attach(self, point, max_snap):
        """Add a point with its connector; return (its node or None, distance)."""
        distance, segment, share = self.nearest(point)
        if distance > max_snap + TIE:
            return None, distance
        name = ("off", point, len(self.links))
        there = self.place(segment, share)
        self.link(name, there, distance * self.off_road)
        self.link(there, name, distance * self.off_road)
        return name, distance

    def link(self, a, b, cost):
        self.links.setdefault(a, []).append((b, cost))

    def enter_area(self, area, max_snap):
        """Add what an area touches (a shapely geometry); return (its nodes, distance)."""
        import shapely.geometry as sg
        from shapely.ops import nearest_points

        touched = []
        for segment in self.segments:
            a, b = self.ends(segment)
            common = sg.LineString([a, b]).intersection(area)
            for part in getattr(common, "geoms", [common]):
                if part.is_empty:
                    continue
                ends = part.coords if part.geom_type != "Polygon" else []
                for x, y in (ends[0], ends[-1]):
                    touched.append(self.place(segment, project((x, y), a, b)[1]))
        if touched:
            name = ("area", id(area))
            for node in touched:
                self.link(node, name, 0.0)
            return name, 0.0
        best = min(self.segments, key=lambda s: sg.LineString(self.ends(s)).distance(area))
        line = sg.LineString(self.ends(best))
        distance = line.distance(area)
        if distance > max_snap + TIE:
            return None, distance
        point = nearest_points(line, area)[0]
        name = ("area", id(area))
        there = self.place(best, project((point.x, point.y), *self.ends(best))[1])
        self.link(there, name, distance * self.off_road)
        return name, distance

    def inside(self, area, point):
        """Add a node for a point's projection that lies in an area, at no distance from it."""
        import shapely.geometry as sg

        _, segment, share = self.nearest(point)
        a, b = self.ends(segment)
        x, y = (a[k] + share * (b[k] - a[k]) for k in (0, 1))
        if sg.Point(x, y).distance(area) <= 1e-9:
            self.link(self.place(segment, share), ("area", id(area)), 0.0)

    def graph(self):
        """Return {node: [(node, cost)]}, every projection a node."""
        arcs = {node: list(links) for node, links in self.links.items()}
        for segment, places in self.on_segment.items():
            p, v = segment
            fid = self.parts[p][0]
            a, b = self.ends(segment)
            length = math.hypot(b[0] - a[0], b[1] - a[1]) * self.cost.get(fid, 1.0)
            stops = [(0.0, self.node[p, v]), *sorted(places, key=lambda s: s[0])]
            stops.append((1.0, self.node[p, v + 1]))
            for (s, one), (t, other) in zip(stops[:-1], stops[1:]):
                step = (t - s) * length
                # Places at a node are that node whatever the direction.
                both = step * 1 <= 1e-9
                if both or self.way.get(fid, "both") in ("both", "forward"):
                    arcs.setdefault(one, []).append((other, step))
                if both or self.way.get(fid, "both") in ("both", "backward"):
                    arcs.setdefault(other, []).append((one, step))
        return arcs


def project(point, a, b):
    """Return distance to a segment and share along it of the nearest point."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    share = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / square if square else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(point[0] - a[0] - share * dx, point[1] - a[1] - share * dy), share


def costs_from(arcs, source):
    """Return {node: cost} by Dijkstra with a heap."""
    found, heap, number = {}, [(0.0, 0, source)], itertools.count(1)
    while heap:
        cost, _, node = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = cost
        for other, step in arcs.get(node, ()):
            if other not in found:
                heapq.heappush(heap, (cost + step, next(number), other))
    return found


def cost_matrix(streets, origins, services, max_snap):
    """Return ([cost to each service or inf, or None where not attached], service attached).

    Args:
        services: points (x, y) or shapely areas.
    """
    names, attached = [], []
    for service in services:
        if isinstance(service, tuple):
            name, _ = streets.attach(service, max_snap)
        else:
            name, _ = streets.enter_area(service, max_snap)
        names.append(name)
        attached.append(name is not None)
    starts = [streets.attach(origin, max_snap)[0] for origin in origins]
    for service, name in zip(services, names):
        if name is not None and not isinstance(service, tuple):
            for origin in origins:
                streets.inside(service, origin)
    arcs = streets.graph()
    rows = []
    for start in starts:
        if start is None:
            rows.append(None)
            continue
        costs = costs_from(arcs, start)
        rows.append([costs.get(name, math.inf) for name in names])
    return rows, attached
