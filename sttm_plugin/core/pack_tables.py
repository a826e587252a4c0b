"""A criteria pack as tables: see them, change them, save them as a new version, compare two."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from .documents import today, write_bytes_whole, write_zip
from .errors import SttmError
from .pack import (
    BUNDLED,
    PROVENIENZE,
    TABLES,
    VERIFIED,
    json_lines,
    pack_of,
    provenance_text,
    reference_of,
)
from .pack import read_members as _read_members

MANIFEST = "pacchetto"
# What tells one row of a table from the others.
KEYS = {
    "tassonomia": ("codice",),
    "dizionario": ("codice_categoria", "segno", "parola"),
    "lessico": ("uso", "forma"),
    "valenza": ("codice_regola",),
    "controlli": ("codice",),
    "controlli_motore": ("codice",),
    "espressioni": ("codice",),
    "lum_matrice": ("codice_categoria",),
    "parametri": ("nome",),
    "intervalli": ("codice_categoria", "campo", "capacita_um"),
    "tipi_specifici": ("codice_categoria", "tipo_specifico", "attributo"),
    "codici": ("sistema", "valore"),
}
JSON_TABLES = (MANIFEST, "lum", "testi")
# The field a change means when it names none.
MAIN_FIELD = {
    "valenza": "soglia",
    "parametri": "valore",
    "controlli": "severita",
    "controlli_motore": "parametri",
    "espressioni": "soglia",
    "tassonomia": "soglia",
    "intervalli": "massimo",
}
# What each column is, for who edits: one file for every pack.
_COLUMNS = BUNDLED.parent.parent / "colonne.csv"
# Where a key without its table is looked for, in order.
_SEARCHED = ("valenza", "parametri", "controlli", "espressioni", "tassonomia")
_JOINT = "|"
_VALUE = "valore"


@dataclass
class Table:
    """A table of a pack: a CSV by rows, a JSON file by dotted paths.

    Attributes:
        name: as in ``pacchetto.json``. file: its file. columns: its fields, in order; of a JSON
            file only ``valore``.
        rows: {key: {column: text}} in the order of the file; a key of several columns is joined
            by ``|``. lines: {key: line in the file}.
    """

    name: str
    file: str
    columns: tuple
    rows: dict
    lines: dict


@dataclass(frozen=True)
class Change:
    """A value to set: ``tabella`` "" where the key alone tells it, ``campo`` "" for the main."""

    tabella: str
    chiave: str
    campo: str
    valore: str


@dataclass(frozen=True)
class RowChange:
    """A whole row: to add, with its values, or to take off by its key.

    Attributes:
        valori: ((column, text), …) of the row to add, its key included; None takes it off.
    """

    tabella: str
    chiave: str = ""
    valori: tuple | None = None


@dataclass
class Draft:
    """A pack being changed: the files it came from, and its tables.

    Attributes:
        members: {file: bytes}, as they are now. origin: what the pack it came from is known by.
    """

    members: dict
    origin: dict
    _tables: dict = field(default_factory=dict, repr=False)

    def table(self, name) -> Table:
        """Return a table by its name.

        Raises:
            SttmError: the pack has no such table, or it can't be read.
        """
        if name not in self._tables:
            self._tables[name] = self._read(name)
        return self._tables[name]

    def names(self) -> list:
        """Return the names of the tables the pack has, the manifest first."""
        named = self._manifest()["tabelle"]
        return [MANIFEST, *(name for name in TABLES if named.get(name) in self.members)]

    def find(self, change: Change) -> Change:
        """Return a change with its table, key and field told.

        Raises:
            SttmError: no row has that key, or its table no such field.
        """
        table, key, given = change.tabella, change.chiave, change.campo
        if table and table not in self.names():
            known = ", ".join(self.names())
            raise SttmError(f"«{table}» non è una tabella del pacchetto: {known}.")
        for name in [table] if table else [one for one in _SEARCHED if one in self.names()]:
            rows = self.table(name).rows
            alias = self._by_attribute(key) if name == "valenza" else None
            if key in rows or alias:
                default = _VALUE if name in JSON_TABLES else MAIN_FIELD.get(name, "")
                return self._told(Change(name, alias or key, given or default, change.valore))
        if not given and "." in key:
            head, _, last = key.rpartition(".")
            return self.find(Change(table, head, last, change.valore))
        wanted = f"{key}.{given}" if given else key
        raise SttmError(
            f"«{wanted}» non è nel pacchetto: scrivere il codice di una regola (SAN.01-R03), il "
            "nome di un parametro (tortuosita) o «tabella:chiave»."
        )

    def set(self, change: Change) -> Change:
        """Set a value; return the change with its place told. Args and errors: ``find``."""
        change = self.find(change)
        table = self.table(change.tabella)
        table.rows[change.chiave][change.campo] = change.valore
        self._write(table)
        return change

    def add_row(self, name, values: dict) -> str:
        """Add a row to a CSV table; return its key.

        Raises:
            SttmError: it is there already, has no key, or a field the table has not.
        """
        table = self._rows_of(name)
        unknown = sorted(set(values) - set(table.columns))
        if unknown:
            raise SttmError(f"«{unknown[0]}» non è un campo di {table.file}.")
        row = {column: str(values.get(column, "")) for column in table.columns}
        key = row_key(name, row)
        if not key.strip(_JOINT):
            raise SttmError(f"{table.file}: una riga nuova chiede {', '.join(KEYS[name])}.")
        if key in table.rows:
            raise SttmError(f"{table.file}: «{key}» c'è già, alla riga {table.lines[key]}.")
        table.rows[key] = row
        self._write(table)
        return key

    def remove_row(self, name, key) -> dict:
        """Take a row off a CSV table; return it."""
        table = self._rows_of(name)
        if key not in table.rows:
            raise SttmError(f"{table.file}: non c'è alcuna riga «{key}».")
        row = table.rows.pop(key)
        self._write(table)
        return row

    def pack(self):
        """Return the pack as it is now, or raise with what is wrong in it."""
        return pack_of(self.members)

    def save(self, path, author, reason, version, date=None) -> None:
        """Write the pack as a new version: a ``.zip``, or ``pacchetto.json`` with its tables.

        The manifest says who, why, when, and which version (with its hash) it comes from. The
        same draft gives the same bytes.

        Raises:
            SttmError: the pack isn't sound, author, reason or version lack, the version is the
                one it comes from, or something is already there.
        """
        for name, text in (("autore", author), ("motivo", reason), ("versione", version)):
            if not (text or "").strip():
                raise SttmError(f"Per salvare il pacchetto dei criteri serve: {name}.")
        if version.strip() == self.origin["versione"]:
            raise SttmError(
                f"La versione «{version}» è quella di partenza: dare un altro numero, per esempio "
                f"«{next_version(version.strip())}»."
            )
        manifest = self._manifest()
        manifest.update(
            versione=version.strip(),
            autore=author.strip(),
            motivo=reason.strip(),
            data=(date or today()).isoformat(),
            precedente=self.origin,
        )
        members = {**self.members, "pacchetto.json": _pretty(manifest)}
        pack_of(members)
        path = Path(path)
        folder = path.parent.resolve()
        bundled = BUNDLED.parent.parent.resolve()
        if folder == bundled or bundled in folder.parents:
            raise SttmError(
                "Il pacchetto fornito con il plugin non si sovrascrive: scegliere una cartella "
                "propria."
            )
        if path.suffix.lower() == ".zip":
            _refuse_there([path])
            write_zip(path, members)
            return
        if path.name != "pacchetto.json":
            raise SttmError(
                "Salvare come .zip, oppure come pacchetto.json in una cartella (le tabelle vi si "
                "scrivono accanto)."
            )
        _refuse_there([path.parent / name for name in members])
        for name in sorted(set(members) - {"pacchetto.json"}):
            write_bytes_whole(path.parent / name, members[name])
        # Last: without its manifest a folder is not yet a pack.
        write_bytes_whole(path, members["pacchetto.json"])

    def _told(self, change):
        table = self.table(change.tabella)
        if change.campo not in table.columns:
            known = ", ".join(table.columns)
            what = f"«{change.campo}» non è un campo" if change.campo else "indicare il campo"
            raise SttmError(f"{change.chiave}: {what} di {table.file} ({known}).")
        if change.campo in KEYS.get(change.tabella, ()):
            raise SttmError(f"{change.chiave}: «{change.campo}» è la chiave e non si cambia.")
        return change

    def _by_attribute(self, name):
        """Return the code of the rule that holds a parameter of the model, by its name."""
        for code, row in self.table("valenza").rows.items():
            if row.get("tipo_regola") == "parametro" and row.get("attributo") == name:
                return code
        return None

    def _rows_of(self, name):
        if name not in KEYS or name not in self.names():
            raise SttmError(f"«{name}» non è una tabella a righe di questo pacchetto.")
        return self.table(name)

    def _manifest(self) -> dict:
        return json.loads(self.members["pacchetto.json"].decode("utf-8-sig"))

    def _file(self, name) -> str:
        return "pacchetto.json" if name == MANIFEST else self._manifest()["tabelle"][name]

    def _read(self, name) -> Table:
        file = self._file(name)
        text = self.members[file].decode("utf-8-sig")
        if name in JSON_TABLES:
            flat = _flat(json.loads(text))
            lines = json_lines(text)
            rows = {path: {_VALUE: _as_text(value)} for path, value in flat.items()}
            return Table(name, file, (_VALUE,), rows, {path: lines.get(path, 0) for path in rows})
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        columns = tuple(column.strip() for column in next(reader, []))
        rows, lines = {}, {}
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = {**dict.fromkeys(columns, ""), **dict(zip(columns, cells))}
                key = row_key(name, row)
                rows[key], lines[key] = row, line
            line = reader.line_num + 1
        return Table(name, file, columns, rows, lines)

    def _write(self, table):
        """Put a table back among the files: the other files keep their bytes."""
        if table.name in JSON_TABLES:
            data = json.loads(self.members[table.file].decode("utf-8-sig"))
            for path, row in table.rows.items():
                _put(data, path, row[_VALUE])
            self.members[table.file] = _pretty(data)
        else:
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows(
                [row[column] for column in table.columns] for row in table.rows.values()
            )
            self.members[table.file] = text.getvalue().encode("utf-8")
        del self._tables[table.name]


def row_key(name, row) -> str:
    """Return what tells a row of a CSV table from the others: its key columns, joined by ``|``."""
    return _JOINT.join(row.get(column, "").strip() for column in KEYS[name])


class Column(NamedTuple):
    """What a column is for who edits: ``tipo`` is how it is edited, ``ammessi`` what it takes."""

    titolo: str
    tipo: str = "testo"
    ammessi: str = ""
    aiuto: str = ""


@functools.lru_cache(maxsize=1)
def _columns() -> dict:
    with _COLUMNS.open(encoding="utf-8", newline="") as file:
        return {
            (row["tabella"], row["colonna"]): Column(
                row["titolo"], row["tipo"], row["ammessi"], row["aiuto"]
            )
            for row in csv.DictReader(file)
        }


def described_tables() -> list:
    """Return (name, Column) of every table a pack may have, the manifest first."""
    return [(name, _columns()[name, ""]) for name in (MANIFEST, *TABLES)]


def described(table, column, key="") -> Column:
    """Return what a column is; of a JSON table, what stands at a path (``key``)."""
    known = _columns()
    if table not in JSON_TABLES:
        return known.get((table, column)) or known.get(("*", column)) or Column(column)
    last = key.rpartition(".")[2]
    if last in ("provenienza", "riferimento"):
        return known["*", last]
    while key and (table, key) not in known:
        key = key.rpartition(".")[0]
    return known[table, key or _VALUE]


def open_draft(path=None, sound=True) -> Draft:
    """Return a pack to see or to change: ``path`` as in ``load_pack``.

    Args:
        sound: False takes a pack with faults too, to mend it: only its manifest must be read.

    Raises:
        SttmError: the pack is not there or isn't sound.
    """
    members = _read_members(path)
    return Draft(dict(members), pack_of(members).as_reference() if sound else reference_of(members))


def parse_changes(text) -> list:
    """Return the changes a text asks for.

    ``SAN.01-R03.soglia=120000; GEN-R01=0.55; lum:ranghi.metropolitano.raggio_m=450`` is
    ``[tabella:]chiave[.campo]=valore``, one after the other, ``;`` or a new line between. What
    holds a ``;`` goes in the JSON form: ``[{"tabella", "chiave", "campo", "valore"}, …]``; there
    ``{"tabella", "azione": "aggiungi", "valori": {column: text}}`` adds a row and ``{"tabella",
    "azione": "togli", "chiave"}`` takes one off (``RowChange``).

    Raises:
        SttmError: a piece can't be read.
    """
    text = (text or "").strip()
    if text.startswith("["):
        return _json_changes(text)
    found = []
    for piece in re.split(r"[;\n]", text):
        if not piece.strip():
            continue
        key, sign, value = piece.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise SttmError(
                f"Modifica «{piece.strip()}» non leggibile: scrivere chiave=valore, per esempio "
                "«SAN.01-R03.soglia=120000» o «GEN-R01=0.55»."
            )
        table, colon, rest = key.strip().partition(":")
        table, key = (table.strip(), rest.strip()) if colon else ("", key.strip())
        found.append(Change(table, key, "", value.strip()))
    return found


def _json_changes(text):
    try:
        return [_json_change(item) for item in json.loads(text)]
    except (ValueError, AttributeError, RecursionError) as error:
        raise SttmError(
            "Modifiche non leggibili: serve un elenco JSON di oggetti con tabella, chiave, campo, "
            f"valore ({error})."
        ) from error


def _json_change(item):
    table, key, column, value, action = (
        str(item.get(name, "")) for name in ("tabella", "chiave", "campo", "valore", "azione")
    )
    if action == "aggiungi":
        values = item.get("valori", {}).items()
        return RowChange(table, "", tuple((str(name), str(text)) for name, text in values))
    if action == "togli":
        return RowChange(table, key)
    if action:
        raise SttmError(
            f"Modifica «{action}» sconosciuta: una riga si aggiunge (azione «aggiungi», con i "
            "suoi valori) o si toglie (azione «togli», con la sua chiave)."
        )
    return Change(table, key, column, value)


# What a source says: changed by hand, it is no longer the source's.
_SAID = (
    "soglia", "soglia_max", "tempo_max_min", "operatore", "valore", "minimo", "massimo", "filtro",
    "espressione",
)  # fmt: skip


def apply_changes(draft: Draft, changes) -> list:
    """Set some values; return each place with what was there and what is there now (PACK_CHANGES).

    Rows are taken off and added first, in their order: of each, every value it had or has. A value
    that a norm or a source gave becomes a ``proposta`` when it changes, and its reference says what
    it was, unless its provenance is among the changes.

    Raises:
        SttmError: a change has no place, or the same place is changed twice.
    """
    of_rows = [change for change in changes if isinstance(change, RowChange)]
    done = [one for change in of_rows for one in _change_row(draft, change)]
    found = [draft.find(change) for change in changes if change not in of_rows]
    places = [(one.tabella, one.chiave, one.campo) for one in found]
    for place in places:
        if places.count(place) > 1:
            raise SttmError(f"«{place[1]}.{place[2]}» è cambiato due volte: tenerne una.")
    found += [
        change
        for one in found
        if one.campo in _SAID and (one.tabella, one.chiave, "provenienza") not in places
        for change in _no_longer_official(draft, one)
        if (change.tabella, change.chiave, change.campo) not in places
    ]
    for change in dict.fromkeys(found):
        before = draft.table(change.tabella).rows[change.chiave][change.campo]
        if before != change.valore:
            draft.set(change)
            done.append(
                {
                    "tabella": change.tabella,
                    "chiave": change.chiave,
                    "campo": change.campo,
                    "prima": before,
                    "dopo": change.valore,
                }
            )
    return done


def _change_row(draft, change) -> list:
    """Add or take off a row; return a line for each of its values."""
    if change.valori is None:
        row = draft.remove_row(change.tabella, change.chiave)
        key, before, after = change.chiave, row, {}
    else:
        key = draft.add_row(change.tabella, dict(change.valori))
        before, after = {}, draft.table(change.tabella).rows[key]
    return [
        {
            "tabella": change.tabella,
            "chiave": key,
            "campo": column,
            "prima": before.get(column),
            "dopo": after.get(column),
        }
        for column in (before or after)
        if before.get(column) or after.get(column)
    ]


def _no_longer_official(draft, change):
    row = draft.table(change.tabella).rows[change.chiave]
    before = row[change.campo]
    if row.get("provenienza") not in ("norma", "letteratura") or _same(before, change.valore):
        return
    for column, text in (
        ("provenienza", "proposta"),
        ("stato_riscontro", "non applicabile"),
        ("riferimento", f"{row['riferimento']} (la fonte dava {change.campo} {before})"),
    ):
        if column in row:
            yield Change(change.tabella, change.chiave, column, text)


def row_tables(draft: Draft) -> dict:
    """Return {table: (file, its key columns, all its columns)} of those that have rows."""
    return {
        table.name: (table.file, KEYS[table.name], table.columns)
        for table in _readable(draft)
        if table.name in KEYS
    }


def _readable(draft):
    """Yield the tables of a pack that can be read: a fault of the pack tells the others."""
    for name in draft.names():
        try:
            table = draft.table(name)
        except (ValueError, AttributeError, csv.Error, RecursionError):
            continue
        yield table


def values_of(draft: Draft) -> list:
    """Return every value of a pack, one a row, with its place and provenance (PACK_VALUES).

    Of a pack that isn't sound those of the tables that can be read.
    """
    found = []
    for table in _readable(draft):
        name = table.name
        for key, row in table.rows.items():
            source = _provenance(draft, table, key)
            for column in table.columns:
                if column in KEYS.get(name, ()):
                    continue
                found.append(
                    {
                        "tabella": name,
                        "file": table.file,
                        "riga": table.lines.get(key, 0),
                        "chiave": key,
                        "campo": column,
                        "valore": row[column],
                        "provenienza": source,
                    }
                )
    return found


def differences(one: Draft, other: Draft) -> list:
    """Return what differs between two packs, one row a value (PACK_DIFFERENCES).

    Numbers that are the same number do not differ. Ordered by table, key and field.
    """
    found = []
    for name in (MANIFEST, *TABLES):
        here = one.table(name) if name in one.names() else None
        there = other.table(name) if name in other.names() else None
        if here is None and there is None:
            continue
        rows = (here.rows if here else {}), (there.rows if there else {})
        for key in sorted({*rows[0], *rows[1]}):
            before, after = rows[0].get(key), rows[1].get(key)
            columns = [*(here.columns if here else ()), *(there.columns if there else ())]
            for column in sorted(set(columns) - set(KEYS.get(name, ())), key=columns.index):
                values = [None if row is None else row.get(column) for row in (before, after)]
                if _same(*values) or not any(values):
                    continue
                found.append(
                    {
                        "tabella": name,
                        "file": (here or there).file,
                        "chiave": key,
                        "campo": column,
                        "tipo": (
                            "aggiunto"
                            if before is None
                            else "tolto"
                            if after is None
                            else "cambiato"
                        ),
                        "prima": values[0] or None,
                        "dopo": values[1] or None,
                        "provenienza_prima": _provenance(one, here, key) if before else None,
                        "provenienza_dopo": _provenance(other, there, key) if after else None,
                        "riga_prima": here.lines.get(key) if before else None,
                        "riga_dopo": there.lines.get(key) if after else None,
                    }
                )
    return found


def _same(one, other):
    if one is None or other is None:
        return one == other
    if one.strip() == other.strip():
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _provenance(draft, table, key):
    """Return where a row comes from, as it is shown; of a JSON path what stands beside it."""
    if table.name not in JSON_TABLES:
        row = table.rows[key]
        source = row.get("provenienza", "")
        return provenance_text(source, row.get("stato_riscontro") == VERIFIED) or None
    path = key
    while path:
        path = path.rpartition(".")[0]
        beside = table.rows.get(f"{path}.provenienza" if path else "provenienza")
        if beside and beside[_VALUE] in PROVENIENZE:
            read = table.rows.get(f"{path}.verificato", {_VALUE: ""})[_VALUE]
            return provenance_text(beside[_VALUE], read == "true")
    return None


def _flat(data, path="") -> dict:
    """Return {dotted path: value} of the leaves of a JSON object; a list is a leaf."""
    found: dict = {}
    for key, value in data.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            found.update(_flat(value, here))
        else:
            found[here] = value
    return found


def _as_text(value) -> str:
    """Return a JSON leaf as text: a text as it is, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _put(data, path, text):
    """Set a leaf of a JSON object from its text; it keeps its kind where it can."""
    if _as_text(_at(data, path)) == text:
        return
    *folders, last = _steps(data, path)
    for step in folders:
        data = data[step]
    value = text
    if not isinstance(data[last], str):
        try:
            value = json.loads(text)
        except ValueError:
            value = text  # The validation says what is accepted there.
    data[last] = value


def _at(data, path):
    for step in _steps(data, path):
        data = data[step]
    return data


def _steps(data, path):
    """Return the keys along a dotted path: a key may hold dots itself."""
    steps = []
    pieces = path.split(".")
    while pieces:
        for size in range(1, len(pieces) + 1):
            key = ".".join(pieces[:size])
            if isinstance(data, dict) and key in data:
                steps.append(key)
                data, pieces = data[key], pieces[size:]
                break
        else:
            raise KeyError(path)
    return steps


def _pretty(data) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def next_version(version) -> str:
    """Return the version after one: its last number and one."""
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdigit() else f"{version}.1"


def _refuse_there(paths):
    there = [path.name for path in paths if path.exists()]
    if there:
        raise SttmError(
            f"«{there[0]}» c'è già: una nuova versione non ne sovrascrive un'altra. Scegliere "
            "un'altra cartella o un altro nome."
        )
