"""The GeoPackage of a package against the requirements of the standard, one by one."""

from __future__ import annotations

import sqlite3
import struct
import zipfile

import pytest

from .test_submission import ROWS, export  # noqa: F401


@pytest.fixture
def geopackage(export, tmp_path):  # noqa: F811
    """Path of the GeoPackage of a package, and its open connection."""
    with zipfile.ZipFile(export()) as archive:
        (tmp_path / "dentro").mkdir()
        path = archive.extract("restituzione.gpkg", tmp_path / "dentro")
    connection = sqlite3.connect(path)
    yield path, connection
    connection.close()


def test_it_meets_the_requirements_of_the_standard(geopackage):
    """OGC 12-128r18: the numbers are those of its requirements."""
    path, connection = geopackage

    def rows(sql, values=()):
        return connection.execute(sql, values).fetchall()

    with open(path, "rb") as stream:
        head = stream.read(100)
    assert head[:16] == b"SQLite format 3\x00"  # 1
    version, application = struct.unpack(">II", head[60:64] + head[68:72])  # 2
    # GeoPackage 1.2 as GDAL 3.6 makes it, 1.4 with the newest.
    assert version in (10200, 10300, 10400) and application == 0x47504B47
    assert head[18:20] == b"\x01\x01"  # no write-ahead log: it opens on a network drive
    assert rows("PRAGMA integrity_check") == [("ok",)]  # 6
    assert rows("PRAGMA foreign_key_check") == []  # 7
    systems = {
        row[0]: row
        for row in rows("SELECT srs_id, organization, definition FROM gpkg_spatial_ref_sys")
    }  # 10
    assert {-1, 0, 4326, 32632} <= set(systems)  # 11
    assert systems[32632][1] == "EPSG"
    assert systems[32632][2].startswith("PROJCS")

    contents = rows("SELECT table_name, data_type, last_change, srs_id FROM gpkg_contents")  # 13
    kinds = {row[0]: row[1] for row in contents}
    existing = {
        name
        for (name,) in rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith(("gpkg_", "sqlite_"))
    }
    assert set(kinds) == existing  # 14, 17
    assert {row[2] for row in contents} == {"2026-01-01T00:00:00.000Z"}  # 15
    geometries = rows(
        "SELECT table_name, column_name, geometry_type_name, srs_id, z, m "
        "FROM gpkg_geometry_columns"
    )  # 21, 22, 25-28
    assert {row[0] for row in geometries} == {
        name for name, kind in kinds.items() if kind == "features"
    }
    types = {row[0]: row[2:] for row in geometries}
    assert types["servizi_punti"] == ("POINT", 32632, 0, 0)
    assert types["servizi_poligoni"] == ("MULTIPOLYGON", 32632, 0, 0)
    for name, kind in kinds.items():  # 29, 150: an integer primary key
        keys = [row[1:3] for row in rows("SELECT * FROM pragma_table_info(?)", (name,)) if row[5]]
        assert [key[1] for key in keys] == ["INTEGER"], name
        assert kind in ("features", "attributes")
    for name, column, _, srs, _, _ in geometries:  # 19, 32, 33: what each geometry says
        sql = f'SELECT "{column}" FROM "{name}"'  # noqa: S608
        for (blob,) in rows(sql):
            assert blob[:3] == b"GP\x00"
            order = "<" if blob[3] & 1 else ">"
            assert struct.unpack(order + "i", blob[4:8])[0] == srs
    extensions = {
        row[0]: row[1:]
        for row in rows("SELECT table_name, extension_name, definition, scope FROM gpkg_extensions")
    }  # 58-64
    assert {name: row[0] for name, row in extensions.items()} == {
        "gpkg_data_columns": "gpkg_schema",
        "gpkg_data_column_constraints": "gpkg_schema",
        "gpkg_metadata": "gpkg_metadata",
        "gpkg_metadata_reference": "gpkg_metadata",
    }
    assert {row[2] for row in extensions.values()} == {"read-write"}
    # No trigger, view or virtual table, so no spatial index either: none is promised.
    assert rows(
        "SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view') "
        "OR sql LIKE 'CREATE VIRTUAL%'"
    ) == [(0,)]


def test_every_field_is_in_the_data_dictionary_with_its_domain(geopackage):
    from sttm_plugin.core import layout
    from sttm_plugin.core.schema import names

    _, connection = geopackage
    described = {
        (table, field): (title, text, constraint)
        for table, field, title, text, constraint in connection.execute(
            "SELECT table_name, column_name, title, description, constraint_name "
            "FROM gpkg_data_columns"
        )
    }
    assert set(described) == {
        (name, field) for name, table in layout.TABLES.items() for field in names(table.fields)
    }
    assert all(title and text for title, text, _ in described.values())
    assert described["servizi_punti", "capacita_um"][0] == "Unità della capacità"
    constraint = described["servizi_punti", "stato"][2]
    values = connection.execute(
        "SELECT value FROM gpkg_data_column_constraints WHERE constraint_name = ? "
        "AND constraint_type = 'enum' ORDER BY value",
        (constraint,),
    ).fetchall()
    assert [value for (value,) in values] == [
        "dismesso", "esistente", "in_corso", "previsto", "sospeso"
    ]  # fmt: skip
    # The same word has another list in another table.
    assert described["lum_perimetri", "stato"][2] != constraint
    shares = connection.execute(
        "SELECT min, min_is_inclusive, max, max_is_inclusive FROM gpkg_data_column_constraints "
        "WHERE constraint_name = ?",
        (described["servizi_punti", "copertura"][2],),
    ).fetchall()
    assert shares == [(0, 1, 1, 1)]


def test_layers_open_with_their_style_title_and_metadata(geopackage):
    from qgis.core import QgsVectorLayer

    path, connection = geopackage
    layer = QgsVectorLayer(f"{path}|layername=servizi_poligoni", "x", "ogr")
    assert layer.renderer().type() == "RuleRenderer"
    assert layer.metadata().title().startswith("Servizi areali – Piano dei Servizi di Rho")
    assert layer.metadata().contacts()[0].organization == "Comune di Rho"
    referenced = connection.execute(
        "SELECT count(*) FROM gpkg_metadata_reference r JOIN gpkg_metadata m "
        "ON m.id = r.md_file_id WHERE r.reference_scope = 'geopackage'"
    ).fetchone()
    assert referenced == (1,)
    del layer


def test_a_service_can_be_there_once_in_its_table(geopackage):
    _, connection = geopackage
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        connection.execute(
            "INSERT INTO servizi_punti (id_servizio) VALUES (?)", (ROWS[0]["id_servizio"],)
        )
