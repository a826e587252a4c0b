"""The tables a person's decisions live in, changed in one transaction, whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from ..core.errors import SttmError
from ..core.schema import ASSIGNMENTS, HISTORY, PAIRS, WAIVERS, names


class _Table(NamedTuple):
    """A table of the workspace; statements are written out, not put together."""

    name: str
    fields: tuple
    read: str
    update: str
    insert: str
    columns: str
    # Fields a workspace made earlier lacks, and the statement that adds each.
    added: dict
    # How to make the table in a workspace that lacks it whole.
    create: tuple = ()


_PAIRS = _Table(
    "coppie",
    PAIRS,
    "SELECT rowid, id_coppia, id_1, id_2, stato, autore, data, nota, prevale FROM coppie "
    "ORDER BY rowid",
    "UPDATE coppie SET id_coppia = ?, id_1 = ?, id_2 = ?, stato = ?, autore = ?, data = ?, "
    "nota = ?, prevale = ? WHERE rowid = ?",
    "INSERT INTO coppie (id_coppia, id_1, id_2, stato, autore, data, nota, prevale) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "PRAGMA table_info(coppie)",
    {"prevale": "ALTER TABLE coppie ADD COLUMN prevale TEXT"},
)
_WAIVERS = _Table(
    "deroghe",
    WAIVERS,
    "SELECT rowid, id_deroga, id_rilievo, codice, id_oggetto, impronta, giustificazione, "
    "tipo_giustificazione, riferimento_giustificazione, autore, data, documento, revocata_il, "
    "letto FROM deroghe ORDER BY rowid",
    "UPDATE deroghe SET id_deroga = ?, id_rilievo = ?, codice = ?, id_oggetto = ?, impronta = ?, "
    "giustificazione = ?, tipo_giustificazione = ?, riferimento_giustificazione = ?, autore = ?, "
    "data = ?, documento = ?, revocata_il = ?, letto = ? WHERE rowid = ?",
    "INSERT INTO deroghe (id_deroga, id_rilievo, codice, id_oggetto, impronta, giustificazione, "
    "tipo_giustificazione, riferimento_giustificazione, autore, data, documento, revocata_il, "
    "letto) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "PRAGMA table_info(deroghe)",
    {"letto": "ALTER TABLE deroghe ADD COLUMN letto TEXT"},
)
_ASSIGNMENTS = _Table(
    "assegnazioni",
    ASSIGNMENTS,
    "SELECT rowid, id_rilievo, codice, id_oggetto, assegnato_a, assegnato_da, data, momento, nota "
    "FROM assegnazioni ORDER BY rowid",
    "UPDATE assegnazioni SET id_rilievo = ?, codice = ?, id_oggetto = ?, assegnato_a = ?, "
    "assegnato_da = ?, data = ?, momento = ?, nota = ? WHERE rowid = ?",
    "INSERT INTO assegnazioni (id_rilievo, codice, id_oggetto, assegnato_a, assegnato_da, data, "
    "momento, nota) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "PRAGMA table_info(assegnazioni)",
    {},
    (
        "CREATE TABLE assegnazioni (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        "id_rilievo TEXT(36), codice TEXT, id_oggetto TEXT, assegnato_a TEXT, assegnato_da TEXT, "
        "data DATE, momento TEXT, nota TEXT)",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES "
        "('assegnazioni', 'attributes', 'assegnazioni', "
        "strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
    ),
)
_HISTORY = _Table(
    "rilievi_storico",
    HISTORY,
    "SELECT rowid, id_verifica, momento, istat, criteri, criteri_versione, criteri_sha256, "
    "servizi, bloccanti, errori, avvisi, informazioni, giustificati, eseguiti, non_verificabili, "
    "non_applicabili, nuovi, risolti, scadute, cambiamenti FROM rilievi_storico ORDER BY rowid",
    "UPDATE rilievi_storico SET id_verifica = ?, momento = ?, istat = ?, criteri = ?, "
    "criteri_versione = ?, criteri_sha256 = ?, servizi = ?, bloccanti = ?, errori = ?, "
    "avvisi = ?, informazioni = ?, giustificati = ?, eseguiti = ?, non_verificabili = ?, "
    "non_applicabili = ?, nuovi = ?, risolti = ?, scadute = ?, cambiamenti = ? WHERE rowid = ?",
    "INSERT INTO rilievi_storico (id_verifica, momento, istat, criteri, criteri_versione, "
    "criteri_sha256, servizi, bloccanti, errori, avvisi, informazioni, giustificati, eseguiti, "
    "non_verificabili, non_applicabili, nuovi, risolti, scadute, cambiamenti) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "PRAGMA table_info(rilievi_storico)",
    {},
    (
        "CREATE TABLE rilievi_storico (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        "id_verifica TEXT, momento TEXT, istat TEXT, criteri TEXT, criteri_versione TEXT, "
        "criteri_sha256 TEXT, servizi MEDIUMINT, bloccanti MEDIUMINT, errori MEDIUMINT, "
        "avvisi MEDIUMINT, informazioni MEDIUMINT, giustificati MEDIUMINT, eseguiti MEDIUMINT, "
        "non_verificabili MEDIUMINT, non_applicabili MEDIUMINT, nuovi MEDIUMINT, "
        "risolti MEDIUMINT, scadute MEDIUMINT, cambiamenti TEXT)",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES "
        "('rilievi_storico', 'attributes', 'rilievi_storico', "
        "strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
    ),
)
# How long another program may hold the file.
_WAIT_S = 10.0


def change_pairs(path, change):
    """Give the rows of ``coppie`` to a function and store what it returns (see ``_change``)."""
    return _change(path, (_PAIRS, change))[0]


def change_assignments(path, change):
    """Give the rows of ``assegnazioni``, made where there is none, to a function (``_change``)."""
    return _change(path, (_ASSIGNMENTS, change))[0]


def change_decisions(path, on_waivers, on_assignments) -> tuple:
    """Change ``deroghe`` and ``assegnazioni`` together; return what the two functions returned."""
    return _change(path, (_WAIVERS, on_waivers), (_ASSIGNMENTS, on_assignments))


def add_history(path, row) -> None:
    """Add the row of a run to the history of a workspace, made where it has none yet."""
    _change(path, (_HISTORY, lambda rows: ([*rows, row], 1)))


def read_decisions(path) -> tuple:
    """Return the rows of ``deroghe`` and of ``assegnazioni``, in the order they were written.

    Raises:
        SttmError: not a workspace, or it can't be read.
    """
    # Reading takes the same way in: a table made earlier gets the fields it lacks.
    waivers, assignments = change_decisions(path, _as_it_is, _as_it_is)
    return waivers[0], assignments[0]


def _as_it_is(rows):
    return rows, 0


def _change(path, *changes):
    """Give the rows of some tables to functions and store what they return, in one transaction.

    Args:
        path: workspace, a GeoPackage. changes: (table, change): rows (dicts of the schema) →
            (rows, changed, …): the same rows in the same order, some changed, then new ones.

    Returns:
        list of what each function returned.

    Raises:
        SttmError: not a workspace, or it can't be written; the tables stay as they were.
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
                results = [_change_rows(connection, file.name, *change) for change in changes]
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return results
    except sqlite3.Error as error:
        named = ", ".join(f"«{table.name}»" for table, _ in changes)
        raise SttmError(
            f"{named} di «{file.name}» non si scrive ({error}): controllare che "
            "il file sia un'area di lavoro, scrivibile e non bloccata da un altro programma. "
            "Nessuna decisione è stata salvata."
        ) from error


def _change_rows(connection, file_name, table, change):
    present = {row[1] for row in connection.execute(table.columns)}
    wanted = names(table.fields)
    if not present and table.create and connection.execute(_WAIVERS.columns).fetchone():
        for statement in table.create:
            connection.execute(statement)
        present = set(wanted)
    if not set(wanted) - set(table.added) <= present:
        raise SttmError(
            f"«{file_name}» non è un'area di lavoro: manca la tabella «{table.name}» con i suoi "
            "campi. Crearla con «Crea l'area di lavoro»."
        )
    for name, statement in table.added.items():
        if name not in present:
            connection.execute(statement)
    before, places = [], []
    for place, *values in connection.execute(table.read):
        places.append(place)
        before.append(dict(zip(wanted, values)))
    result = change([dict(row) for row in before])
    after, changed = result[:2]
    for place, old, new in zip(places, before, after):
        if old != new:
            connection.execute(table.update, [*(new[name] for name in wanted), place])
    for row in after[len(before) :]:
        connection.execute(table.insert, [row[name] for name in wanted])
    if changed:
        connection.execute(
            "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
            "WHERE table_name = ?",
            (table.name,),
        )
    return result
