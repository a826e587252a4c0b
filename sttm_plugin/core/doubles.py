"""Services entered twice: the record that stands for all, and those left out of every sum (D14)."""

from __future__ import annotations

import numpy as np

FIELD = "doppione_di"


def standing(ids, named):
    """Return for each record the row of the one that counts for it, its own where it counts.

    A record is the double of the one it names, and of that one's in turn. Where that one isn't
    there (deleted, of another layer) the record counts: only what another record tells is left
    out. Of records that name each other the lowest id counts.

    Args:
        ids: ``id_servizio`` of each record. named: its ``doppione_di``, None where it has none.

    Returns:
        int64 (n,), rows by position.
    """
    rows = np.arange(len(ids))
    said = [row for row, other in enumerate(named) if other]
    if not said:
        return rows
    place: dict = {}
    for row, own in enumerate(ids):
        place.setdefault(own, row)
    of = {row: place[named[row]] for row in said if named[row] in place}
    found: dict = {}
    for start in of:
        # Each step is walked once, or a long chain would take its cube.
        row, way = start, {}
        while row in of and row not in found and row not in way:
            way[row] = len(way)
            row = of[row]
        last = found.get(row, row)
        if row in way:  # a ring: from the one it comes back to
            ring = list(way)[way[row] :]
            last = min(ring, key=lambda one: (str(ids[one]), one))
        found.update(dict.fromkeys(way, last))
    for row, last in found.items():
        rows[row] = last
    return rows


def stands_for(services):
    """Return ``standing`` of a services frame; one without the field has no doubles."""
    if FIELD not in services.columns or services[FIELD].isna().all():
        return np.arange(len(services))
    named = services[FIELD].where(services[FIELD].notna(), None)
    return standing(services["id_servizio"].tolist(), named.tolist())


def counted(services):
    """Return which records count as services, bool (n,): all but the doubles of others."""
    rows = stands_for(services)
    return rows == np.arange(rows.size)


def without_doubles(services):
    """Return the services that count, index kept; the frame itself where all do."""
    mask = counted(services)
    return services if mask.all() else services[mask]
