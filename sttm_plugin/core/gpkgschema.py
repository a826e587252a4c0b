"""A GeoPackage looked at as a plain SQLite file, read-only, before any library opens it."""

from __future__ import annotations

import re
import sqlite3
import struct
from pathlib import Path

from . import layout

_MAGIC = b"SQLite format 3\x00"
_APPLICATION_ID = 0x47504B47  # "GPKG"
_OLD_APPLICATION_IDS = (0x47503130, 0x47503131)  # "GP10", "GP11": GeoPackage 1.0 and 1.1

# What tools write in every GeoPackage. They only keep a table tidy, and never run on reading.
_TIDY = re.compile(
    r"CREATE TRIGGER ['\"]?gpkg_(?:tile_matrix|metadata)\w*['\"]? BEFORE (?:INSERT|UPDATE"
    r"(?: OF \w+)?) ON ['\"]?gpkg_(?:tile_matrix|metadata)\w*['\"]? FOR EACH ROW BEGIN "
    r"SELECT RAISE ?\((?:ABORT|ROLLBACK), ?'(?:[^']|'')*'\) WHERE [^;]*; END;?",
    re.IGNORECASE,
)
_INDEX = re.compile(
    r"CREATE TRIGGER \"(?P<name>(?:rtree_|trigger_(?:insert|delete)_feature_count_)\w+)\" AFTER "
    r"(?:INSERT|DELETE|UPDATE(?: OF \"?\w+\"?)?) ON \"\w+\" .{0,600}?BEGIN "
    r"(?:(?:INSERT OR REPLACE INTO|INSERT INTO|DELETE FROM|UPDATE) \"?(?:rtree_\w+"
    r"|gpkg_ogr_contents)\"? [^;]{0,600};\s*)+END;?",
    re.IGNORECASE | re.DOTALL,
)
_RTREE = re.compile(
    r"CREATE VIRTUAL TABLE \"rtree_\w+\" USING rtree\(id, minx, maxx, miny, maxy\)", re.IGNORECASE
)

_STORED = {
    "text": "'text', 'null'",
    "json": "'text', 'null'",
    "int": "'integer', 'null'",
    "real": "'real', 'integer', 'null'",
    "bool": "'integer', 'null'",
    "date": "'text', 'null'",
}
# An index on columns, not on an expression, which reading would compute.
_PLAIN_INDEX = re.compile(
    r"CREATE (?:UNIQUE )?INDEX ['\"\w]+ ON ['\"\w]+ ?\((?:\"?\w+\"?(?: ASC| DESC)?,? ?)+\)",
    re.IGNORECASE,
)
_MAX_OBJECTS = 1000
# What in a QGIS style would run: actions, and a form's Python (source 0 is none).
_CODE = re.compile(r"<actionsetting\b|<editforminitcodesource>\s*[1-9]", re.IGNORECASE)
# Tables of QGIS that a package holds beside those of the schema.
_BESIDE = ("layer_styles",)

_KINDS = {
    "text": ("TEXT", "VARCHAR", "CHAR", "JSON"),
    "json": ("TEXT", "VARCHAR", "JSON"),
    "int": ("INTEGER", "INT", "MEDIUMINT", "SMALLINT", "TINYINT", "BIGINT"),
    "real": ("REAL", "DOUBLE", "FLOAT", "INTEGER", "INT", "MEDIUMINT"),
    "bool": ("BOOLEAN", "INTEGER", "INT", "MEDIUMINT", "TINYINT"),
    "date": ("DATE", "DATETIME"),
}


def vet_geopackage(path, bare: bool = False) -> list[str]:
    """Return what makes a GeoPackage unfit to be opened, one Italian sentence each.

    Args:
        path: the file.
        bare: it came alone, not in a package: the spatial indexes and the upkeep triggers that
            common tools write are let pass, word by word; in a package nothing of the kind is.

    Refused: not SQLite, not a GeoPackage, truncated, with a journal to play back, damaged, with
    triggers, views, virtual tables, computed columns or indexes, or code in its styles.
    """
    path = Path(path)
    head = path.read_bytes()[:100] if path.stat().st_size < 100 else _first(path)
    if len(head) < 100 or head[:16] != _MAGIC:
        return ["Il file non è un GeoPackage (non è una base dati SQLite)."]
    application = struct.unpack(">I", head[68:72])[0]
    if application != _APPLICATION_ID and application not in _OLD_APPLICATION_IDS:
        return ["Il file è una base dati SQLite ma non un GeoPackage."]
    if head[18] != 1 or head[19] != 1:
        return [
            "Il GeoPackage è in modalità WAL: parte dei dati può stare in un file accanto. "
            "Riesportarlo."
        ]
    page = struct.unpack(">H", head[16:18])[0]
    page = 65536 if page == 1 else page
    pages = struct.unpack(">I", head[28:32])[0]
    if page < 512 or path.stat().st_size != page * pages:
        return ["Il GeoPackage è troncato: la dimensione non è quella che dichiara."]
    try:
        with Database(path) as database:
            faults = _forbidden(database, bare)
            if not faults and database.rows("PRAGMA quick_check(1)") != [("ok",)]:
                faults = ["Il GeoPackage è danneggiato (controllo di integrità di SQLite)."]
    except (sqlite3.Error, UnicodeError, ValueError) as error:
        return [f"Il GeoPackage non si legge ({error})."]
    return faults


def _first(path):
    with open(path, "rb") as stream:
        return stream.read(100)


def _forbidden(database, bare):
    faults = []
    objects = database.rows("SELECT type, name, sql FROM sqlite_master LIMIT ?", (_MAX_OBJECTS,))
    if len(objects) == _MAX_OBJECTS:
        return [f"Il GeoPackage contiene più di {_MAX_OBJECTS - 1} fra tabelle e indici."]
    for kind, name, sql in objects:
        name = "".join(sign if sign.isprintable() else "?" for sign in str(name))[:80]
        sql = " ".join(str(sql or "").split())
        if kind == "view":
            faults.append(f"Il GeoPackage contiene la vista «{name}»: non è ammessa.")
        elif kind == "trigger" and not (bare and (_TIDY.fullmatch(sql) or _INDEX.fullmatch(sql))):
            faults.append(f"Il GeoPackage contiene il trigger «{name}»: non è ammesso.")
        elif kind == "table" and re.match(r"CREATE\s+VIRTUAL", sql, re.IGNORECASE):
            if not (bare and _RTREE.fullmatch(sql)):
                faults.append(f"Il GeoPackage contiene la tabella virtuale «{name}».")
        elif kind == "index" and sql and not _PLAIN_INDEX.fullmatch(sql):
            faults.append(f"Il GeoPackage contiene l'indice calcolato «{name}»: non è ammesso.")
        elif kind not in ("table", "index", "view", "trigger"):
            faults.append(f"Il GeoPackage contiene «{name}», di tipo sconosciuto.")
    return faults or [*_computed(database), *_running_styles(database)]


def _computed(database):
    for table, column in database.rows(
        "SELECT m.name, x.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) x "
        "WHERE m.type = 'table' AND x.hidden IN (2, 3)"
    ):
        yield f"Il GeoPackage contiene la colonna calcolata «{table}.{column}»: non è ammessa."


def _running_styles(database):
    columns = {
        name.lower()
        for (name,) in database.rows("SELECT name FROM pragma_table_info('layer_styles')")
    }
    if not {"f_table_name", "styleqml"} <= columns:
        return
    for table, qml in database.rows("SELECT f_table_name, styleQML FROM layer_styles"):
        if _CODE.search(str(qml or "")):
            yield f"Lo stile del layer «{table}» contiene codice da eseguire: non è ammesso."


class Database:
    """A SQLite file opened read-only and immutable: nothing in it runs, nothing is written."""

    def __init__(self, path):
        # Path.as_uri needs an absolute path, and quotes what a URI can't hold.
        uri = Path(path).resolve().as_uri() + "?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True)
        # Functions named in a foreign schema are not called.
        self._connection.execute("PRAGMA trusted_schema=OFF")
        self._connection.execute("PRAGMA cell_size_check=ON")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def rows(self, sql, values=()):
        """Return all rows of a query."""
        return self._connection.execute(sql, values).fetchall()


class Problem:
    """Something a stage found: severity ``errore`` or ``avviso``, check, table, sentence."""

    __slots__ = ("codice", "gravita", "messaggio", "tabella")

    def __init__(self, gravita, codice, messaggio, tabella=""):
        self.gravita, self.codice = gravita, codice
        self.messaggio, self.tabella = messaggio, tabella


def check_schema(path) -> list[Problem]:
    """Return how a vetted GeoPackage differs from the schema of the package.

    Tables (STTM2-101), fields and types (STTM2-102), CRS (STTM2-104), geometry types.
    """
    with Database(path) as database:
        tables = {
            name
            for (name,) in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("gpkg_", "sqlite_", "rtree_")) and name not in _BESIDE
        }
        present = {name for (name,) in database.rows("SELECT table_name FROM gpkg_contents")}
        problems = list(_tables(tables, present))
        for name in layout.TABLES:
            if name in tables:
                problems.extend(_columns(database, name))
        problems.extend(_geometries(database, tables))
        problems.extend(_reference_systems(database, tables))
    return problems


def _tables(tables, present):
    for name, table in layout.TABLES.items():
        if name not in tables and table.required:
            yield Problem("errore", "STTM2-101", f"Manca la tabella «{name}».", name)
        elif name in tables and name not in present:
            text = f"La tabella «{name}» non è registrata in gpkg_contents."
            yield Problem("errore", "STTM2-101", text, name)
    if not {"servizi_punti", "servizi_poligoni"} & tables:
        text = "Manca il layer dei servizi: serve servizi_punti o servizi_poligoni."
        yield Problem("errore", "STTM2-101", text, "servizi_punti")
    for name in sorted(tables - set(layout.TABLES)):
        yield Problem("errore", "STTM2-101", f"La tabella «{name}» non è prevista.", name)


def _columns(database, name):
    table = layout.TABLES[name]
    found = {
        column.lower(): (kind or "").upper()
        for column, kind in database.rows("SELECT name, type FROM pragma_table_info(?)", (name,))
    }
    geometry = database.rows(
        "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (name,)
    )
    known = {field.name for field in table.fields} | {"fid", *(row[0].lower() for row in geometry)}
    for field in table.fields:
        if field.name not in found:
            gravita = "errore" if field.name in table.needed else "avviso"
            text = f"{name}: manca il campo «{field.name}»."
            yield Problem(gravita, "STTM2-102", text, name)
            continue
        declared = found[field.name].partition("(")[0].strip()
        if declared not in _KINDS[field.kind]:
            text = (
                f"{name}: il campo «{field.name}» è di tipo {found[field.name] or 'ignoto'}, "
                f"atteso {_KINDS[field.kind][0]}."
            )
            yield Problem("errore", "STTM2-102", text, name)
    yield from _stored(database, name, [field for field in table.fields if field.name in found])
    for column in sorted(set(found) - known):
        text = f"{name}: il campo «{column}» non è previsto dallo schema."
        yield Problem("avviso", "STTM2-944", text, name)


def _stored(database, name, fields):
    """Yield the fields whose values aren't stored as their type: SQLite takes a text anywhere."""
    wanted = [(field.name, _STORED[field.kind]) for field in fields]
    # The names are those of our schema: nothing of the file's own ends in the query.
    tests = ", ".join(f'total(typeof("{field}") NOT IN ({kinds}))' for field, kinds in wanted)
    ((*counts,),) = database.rows(" ".join(("SELECT", tests, "FROM", name)))
    for (field, _), count in zip(wanted, counts):
        if count:
            text = f"{name}: nel campo «{field}» {int(count)} valori non sono del tipo previsto."
            yield Problem("errore", "STTM2-102", text, name)


def _geometries(database, tables):
    declared = {
        name: (kind.upper(), z, m)
        for name, kind, z, m in database.rows(
            "SELECT table_name, geometry_type_name, z, m FROM gpkg_geometry_columns"
        )
    }
    for name in sorted(tables & set(layout.TABLES)):
        wanted = layout.TABLES[name].geometry
        kind, z, m = declared.get(name, (None, 0, 0))
        if wanted is None and kind is not None:
            text = f"{name}: ha una colonna geometrica, ma è una tabella senza geometria."
            yield Problem("errore", "STTM2-102", text, name)
        elif wanted is not None and kind != wanted.upper():
            text = f"{name}: geometria {kind or 'assente'}, attesa {wanted}."
            yield Problem("errore", "STTM2-102", text, name)
        elif wanted is not None and (z or m):
            text = f"{name}: la geometria ha quote o misure (Z, M): non sono previste."
            yield Problem("avviso", "STTM2-102", text, name)


def _reference_systems(database, tables):
    found = {}
    for name, organization, code in database.rows(
        "SELECT c.table_name, s.organization, s.organization_coordsys_id "
        "FROM gpkg_geometry_columns c LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = c.srs_id"
    ):
        if name in tables:
            found[name] = f"{organization or 'ignoto'}:{code}".upper()
    allowed = {f"EPSG:{code}" for code in layout.CRS_CODES}
    for name, crs in sorted(found.items()):
        if name in layout.TABLES and crs not in allowed:
            names = ", ".join(str(code) for code in layout.CRS_CODES)
            text = f"{name}: sistema di riferimento {crs} non ammesso (EPSG {names})."
            yield Problem("errore", "STTM2-104", text, name)
    if len(set(found.values())) > 1:
        names = ", ".join(sorted(set(found.values())))
        text = f"Più sistemi di riferimento nello stesso file: {names}."
        yield Problem("errore", "STTM2-104", text)
