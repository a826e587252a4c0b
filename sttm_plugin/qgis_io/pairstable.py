"""The table of decided pairs of a workspace: changed in one transaction, whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ..core.errors import SttmError
from ..core.schema import PAIRS, names

# Written out, not put together: the columns are those of ``schema.PAIRS``, in its order.
_READ = (
    "SELECT rowid, id_coppia, id_1, id_2, stato, autore, data, nota, prevale FROM coppie "
    "ORDER BY rowid"
)
_UPDATE = (
    "UPDATE coppie SET id_coppia = ?, id_1 = ?, id_2 = ?, stato = ?, autore = ?, data = ?, "
    "nota = ?, prevale = ? WHERE rowid = ?"
)
_INSERT = (
    "INSERT INTO coppie (id_coppia, id_1, id_2, stato, autore, data, nota, prevale) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
# How long another program may hold the file.
_WAIT_S = 10.0


def change_pairs(path, change):
    """Give the rows of ``coppie`` to a function and store what it returns, in one transaction.

    Args:
        path: workspace, a GeoPackage. change: rows (dicts of ``schema.PAIRS``) → (rows, changed):
            the same rows in the same order, some changed, then new ones.

    Returns:
        What ``change`` returned.

    Raises:
        SttmError: not a workspace, or it can't be written; the table stays as it was.
    """
    file = Path(path)
    if not file.is_file():
        raise SttmError(
            f"L'area di lavoro «{file.name}» non esiste: crearla con «Crea l'area di lavoro»."
        )
    try:
        uri = file.resolve().as_uri() + "?mode=rw"
        with closing(
            sqlite3.connect(uri, uri=True, timeout=_WAIT_S, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = _change(connection, file.name, change)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result
    except sqlite3.Error as error:
        raise SttmError(
            f"La tabella «coppie» di «{file.name}» non si scrive ({error}): controllare che il "
            "file sia un'area di lavoro, scrivibile e non bloccata da un altro programma. Nessuna "
            "decisione è stata salvata."
        ) from error


def _change(connection, file_name, change):
    fields = {row[1] for row in connection.execute("PRAGMA table_info(coppie)")}
    if not set(names(PAIRS)) - {"prevale"} <= fields:
        raise SttmError(
            f"«{file_name}» non è un'area di lavoro: manca la tabella «coppie» con i suoi campi. "
            "Crearla con «Crea l'area di lavoro»."
        )
    if "prevale" not in fields:
        # A workspace made before merging could be decided.
        connection.execute("ALTER TABLE coppie ADD COLUMN prevale TEXT")
    before, places = [], []
    for place, *values in connection.execute(_READ):
        places.append(place)
        before.append(dict(zip(names(PAIRS), values)))
    after, changed = change([dict(row) for row in before])
    for place, old, new in zip(places, before, after):
        if old != new:
            connection.execute(_UPDATE, [*(new[name] for name in names(PAIRS)), place])
    for row in after[len(before) :]:
        connection.execute(_INSERT, [row[name] for name in names(PAIRS)])
    if changed:
        connection.execute(
            "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
            "WHERE table_name = 'coppie'"
        )
    return after, changed
