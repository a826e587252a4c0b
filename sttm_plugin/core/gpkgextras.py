"""What a package's GeoPackage says of itself: data dictionary, domains, metadata, styles, keys.

Written with the extensions of the standard (schema and metadata, OGC 12-128 annexes F.9 and F.8)
and with the ``layer_styles`` table that QGIS reads.
"""

from __future__ import annotations

import csv
import functools
import sqlite3
from html import escape
from pathlib import Path

from . import layout
from .errors import SttmError

_DICTIONARY = (
    Path(__file__).resolve().parent.parent / "resources" / "restituzione" / "dizionario.csv"
)
# The fields of the three service tables are described once, under this name.
_SERVICES = "servizi"
QMD = "http://mrcc.com/qgis.dtd"
_SPEC = "http://www.geopackage.org/spec121/#extension_"

# Newer libraries write aliases into tables of their own making: ours take their place.
_TABLES = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT,
  extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
DROP TABLE IF EXISTS gpkg_data_columns;
DROP TABLE IF EXISTS gpkg_data_column_constraints;
DELETE FROM gpkg_extensions WHERE extension_name = 'gpkg_schema';
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,
  title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,
  constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
  max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,
  md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
  mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT,
  column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME);
"""
# Keys of DATO_RESTITUZIONE §6 that one table can hold by itself; the key of a service runs
# through three tables and is checked by STTM2-103.
_KEYS = {
    **{name: ("id_servizio",) for name in layout.SERVICE_TABLES},
    "lum_perimetri": ("id_lum", "istat"),
    "aree_opportunita": ("id_area",),
    "servizi_bacino": ("id_servizio", "cod_istat_origine", "anno"),
    "finanziamenti": ("id_fin",),
    "esiti_controlli": ("id_rilievo",),
}
# Shares and scores: (from, to), both included.
_RANGES = {
    "quota": (0, 1, ("confidenza", "utenti_fuori_comune", "copertura", "quota_cerchio")),
    "punteggio": (
        0,
        100,
        (
            "punteggio",
            "punteggio_intercomunale",
            "punteggio_metropolitana",
            "livello_servizio",
            "disponibilita",
        ),
    ),
}


@functools.lru_cache(maxsize=1)
def dictionary() -> dict:
    """Return {(table, field): (title, description)}; the field of a table itself is ""."""
    with open(_DICTIONARY, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    found = {(row["tabella"], row["campo"]): (row["titolo"], row["descrizione"]) for row in rows}
    for name in layout.SERVICE_TABLES:
        for field in layout.SERVICE_FIELDS:
            found[name, field.name] = found[_SERVICES, field.name]
    return {key: value for key, value in found.items() if key[0] != _SERVICES}


def domain_of(table: str, field: str):
    """Return the values a field of the package may have, None where they are free."""
    allowed = layout.TABLE_DOMAINS.get((table, field))
    if allowed is None and table in layout.SERVICE_TABLES:
        allowed = layout.PACKAGE_DOMAINS.get(field)
    return allowed


def describe(path, *, metadata, styles, moment) -> None:
    """Write into a package's GeoPackage what it says of itself.

    Args:
        metadata: {"titolo", "riassunto", "ente", "ufficio", "ruolo", "storia": [sentences],
            "crs": "EPSG:…"}: texts, escaped here.
        styles: {table: QML text}.
        moment: ISO 8601 time in UTC with milliseconds.

    Raises:
        SttmError: the file can't be written.
    """
    try:
        connection = sqlite3.connect(str(path), isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys=ON")
            connection.executescript(_TABLES)
            connection.execute("BEGIN")
            _columns(connection)
            _metadata(connection, metadata, moment)
            _styles(connection, styles, moment)
            _extensions(connection)
            _keys(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SttmError(
            f"Le descrizioni di «{Path(path).name}» non sono state scritte ({error}): controllare "
            "spazio e permessi della cartella."
        ) from error


def _columns(connection):
    for name, (title, description) in (
        (key[0], text) for key, text in dictionary().items() if not key[1]
    ):
        connection.execute(
            "UPDATE gpkg_contents SET description = ? WHERE table_name = ?",
            (f"{title}. {description}", name),
        )
    known = set()
    for (table, field), (title, description) in dictionary().items():
        if not field:
            continue
        allowed = domain_of(table, field)
        constraint = None
        if allowed is not None:
            # The same list has the same name wherever it is used.
            shared = (table, field) not in layout.TABLE_DOMAINS
            constraint = field if shared else f"{table}_{field}"
            if constraint not in known:
                connection.executemany(
                    "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, "
                    "value, description) VALUES (?, 'enum', ?, ?)",
                    [(constraint, str(one), str(one).replace("_", " ")) for one in allowed],
                )
        for range_name, (least, most, fields) in _RANGES.items():
            if field in fields:
                constraint = f"da_{least}_a_{most}_{range_name}"
                if constraint not in known:
                    connection.execute(
                        "INSERT INTO gpkg_data_column_constraints (constraint_name, "
                        "constraint_type, min, min_is_inclusive, max, max_is_inclusive) "
                        "VALUES (?, 'range', ?, 1, ?, 1)",
                        (constraint, least, most),
                    )
        known.add(constraint)
        connection.execute(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description, "
            "constraint_name) VALUES (?, ?, ?, ?, ?, ?)",
            (table, field, title, title, description, constraint),
        )


def _metadata(connection, metadata, moment):
    connection.execute(
        "INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES (1, 'dataset', ?, 'text/xml', ?)",
        (QMD, metadata_xml(metadata)),
    )
    connection.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, timestamp, md_file_id) "
        "VALUES ('geopackage', ?, 1)",
        (moment,),
    )
    for number, name in enumerate(layout.TABLES, start=2):
        title, description = dictionary()[name, ""]
        text = {**metadata, "titolo": f"{title} – {metadata['titolo']}"}
        text["riassunto"] = f"{description} {metadata['riassunto']}"
        connection.execute(
            "INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata) "
            "VALUES (?, 'dataset', ?, 'text/xml', ?)",
            (number, QMD, metadata_xml(text)),
        )
        connection.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, "
            "md_file_id, md_parent_id) VALUES ('table', ?, ?, ?, 1)",
            (name, moment, number),
        )


def metadata_xml(metadata) -> str:
    """Return metadata in the form QGIS reads (.qmd)."""

    def text(name):
        return escape(str(metadata.get(name) or ""))

    history = "".join(f"<history>{escape(one)}</history>" for one in metadata.get("storia", ()))
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22.0"><identifier></identifier><parentidentifier></parentidentifier>'
        f"<language>ITA</language><type>dataset</type><title>{text('titolo')}</title>"
        f"<abstract>{text('riassunto')}</abstract><contact><name>{text('ufficio')}</name>"
        f"<organization>{text('ente')}</organization><position>{text('ruolo')}</position>"
        "<voice></voice><fax></fax><email></email><role>owner</role></contact><links/>"
        f"{history}<fees></fees><encoding>UTF-8</encoding>"
        f"<crs><spatialrefsys><authid>{text('crs')}</authid></spatialrefsys></crs></qgis>"
    )


def _styles(connection, styles, moment):
    for name in sorted(styles):
        geometry = "geom" if layout.TABLES[name].geometry else ""
        connection.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', ?)",
            (name, geometry, name, styles[name], f"STTM 2: {dictionary()[name, ''][0]}", moment),
        )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Stili per QGIS', ?)",
        (moment,),
    )


def _extensions(connection):
    for table, extension in (
        ("gpkg_data_columns", "schema"),
        ("gpkg_data_column_constraints", "schema"),
        ("gpkg_metadata", "metadata"),
        ("gpkg_metadata_reference", "metadata"),
    ):
        connection.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
            (table, f"gpkg_{extension}", _SPEC + extension),
        )


def _keys(connection):
    """Add the keys that hold; where two rows share one, STTM2-103 says so and none is promised."""
    for table, fields in _KEYS.items():
        columns = ", ".join(f'"{field}"' for field in fields)
        try:
            connection.execute(f'CREATE UNIQUE INDEX "chiave_{table}" ON "{table}" ({columns})')
        except sqlite3.IntegrityError:
            continue
