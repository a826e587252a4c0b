"""Files we write: canonical JSON, deterministic zips, whole or not at all (INTERFACE §1, §4)."""

from __future__ import annotations

import configparser
import datetime
import errno
import functools
import hashlib
import json
import math
import operator
import os
import tempfile
import zipfile
from pathlib import Path

from .errors import SttmError
from .progress import ask, asking
from .values import all_texts

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_PACKAGE_DIR = Path(__file__).resolve().parent.parent


def plugin_version() -> str:
    """Return the version written in metadata.txt."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(_PACKAGE_DIR / "metadata.txt", encoding="utf-8")
    return metadata.get("general", "version", fallback="0")


def generated_at() -> str:
    """Return the time of this run, UTC, ISO 8601 to the second.

    SOURCE_DATE_EPOCH (reproducible-builds.org) fixes it, so that two runs can be
    compared byte by byte.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        moment = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    else:
        moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> datetime.date:
    """Return the date of this run; SOURCE_DATE_EPOCH fixes it."""
    return datetime.date.fromisoformat(generated_at()[:10])


def head(schema: str, algoritmo: str, criteri: dict | None = None) -> dict:
    """Return the head every JSON of ours begins with.

    Args:
        schema: "sttm.log/1", "sttm.rilievi/1", "sttm.consegna/1" or "sttm.profilo/1".
        algoritmo: id of the algorithm that writes it, with or without the provider.
        criteri: ``Pack.as_reference()``: id, versione, sha256.
    """
    algoritmo = algoritmo if ":" in algoritmo else f"sttm:{algoritmo}"
    return {
        "schema": schema,
        "plugin": plugin_version(),
        "algoritmo": algoritmo,
        "criteri": criteri,
        "generato_il": generated_at(),
    }


def plain(value):
    """Return a value JSON can hold: floats to 6 decimals, NaN and infinities as None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [plain(item) for item in items]
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if hasattr(value, "item"):  # numpy scalars
        return plain(value.item())
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        rounded = round(value, 6)
        return 0.0 if rounded == 0 else rounded
    return str(value)


def canonical_json(value) -> bytes:
    """Return the one way a value is written: keys sorted, indent 2, UTF-8, final newline."""
    pieces: list = []
    _indented(value, "\n", pieces.append)
    pieces.append("\n")
    return "".join(pieces).encode("utf-8", errors="replace")


class EncodedRows:
    """Rows of a list that come as text, a lot at a time, so that no list of them is held.

    ``encoded(inner)`` yields lists of JSON objects without their last brace, their keys sorted,
    each key after ``inner``.
    """

    def encoded(self, inner):
        raise NotImplementedError


def write_canonical(path, value) -> None:
    """Write ``canonical_json`` of a value into a file, whole or not at all, piece by piece."""
    with WholeFile(path) as temporary:
        with open(temporary, "w", encoding="utf-8", errors="replace", newline="") as stream:
            _indented(value, "\n", stream.write)
            stream.write("\n")


def one_value(value) -> str:
    """Return a plain value as JSON writes it in our files."""
    return _quoted(value) if type(value) is str else _one_value(plain(value))


def json_values(values) -> list:
    """Return ``one_value`` of each of some values, a list."""
    return list(map(_quoted if all_texts(values) else one_value, values))


def need_no_escape(values) -> bool:
    """Tell whether all of some values are texts that JSON has as they are, between quotes."""
    if not all_texts(values):
        return False
    whole = "".join(values)
    return len(_quoted(whole)) == len(whole) + 2


# json's own encoder turns to pure Python as soon as it must indent: these are its pieces in C.
_one_value = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_quoted = json.encoder.encode_basestring
_first = operator.itemgetter(0)


def _flat_dict(value) -> bool:
    return (
        bool(value)
        and _PLAIN.issuperset(map(type, value.values()))
        and _TEXT.issuperset(map(type, value))
    )


def _flat_row(value) -> bool:
    return (
        type(value) is dict
        and bool(value)
        and _PLAIN_OR_REAL.issuperset(map(type, value.values()))
        and _TEXT.issuperset(map(type, value))
    )


def _rounded(row):
    """Return a row of plain values with its floats as ``plain`` makes them."""
    if float not in map(type, row.values()):
        return row
    return {name: plain(value) if type(value) is float else value for name, value in row.items()}


_BYTES_AT_ONCE = 1 << 22
# Rows of a list encoded together.
_ROWS_AT_ONCE = 5_000


@functools.lru_cache(maxsize=64)
def _flat(line):
    """Return the encoder of dicts of plain values, each value on a line of its own."""
    return json.JSONEncoder(
        ensure_ascii=False, sort_keys=True, separators=("," + line, ": "), allow_nan=False
    ).encode


def _indented(value, line, write):
    """Write data as ``json.dumps(plain(…), sort_keys=True, indent=2)`` does, without a copy."""
    kind = type(value)
    if kind is str:
        write(_quoted(value))
    elif value is None:
        write("null")
    elif kind is int:
        write(repr(value))
    elif kind is dict and _flat_dict(value):
        # Most of a log: rows of plain values, each written by json's encoder in C at once.
        deeper = line + "  "
        write("{" + deeper + _flat(deeper)(value)[1:-1] + line + "}")
    elif kind is dict and value:
        opening = "{"
        deeper = line + "  "
        for key, item in sorted(((str(key), item) for key, item in value.items()), key=_first):
            write(f"{opening}{deeper}{_quoted(key)}: ")
            _indented(item, deeper, write)
            opening = ","
        write(line + "}")
    elif kind is list and value and all(map(_flat_row, asking(value))):
        # A raw end of line is never inside a text: it tells one row from the next.
        outer, inner = line + "  ", line + "    "
        opening = "["
        for first in range(0, len(value), _ROWS_AT_ONCE):
            ask()
            part = value[first : first + _ROWS_AT_ONCE]
            rows = _flat(inner)([_rounded(one) for one in part])[2:-2]
            rows = rows.replace("}," + inner + "{", f"{outer}}},{outer}{{{inner}")
            write(f"{opening}{outer}{{{inner}{rows}{outer}}}")
            opening = ","
        write(line + "]")
    elif isinstance(value, EncodedRows):
        outer, opening = line + "  ", "["
        for lot in value.encoded(outer + "  "):
            write(opening + outer)
            write(f"{outer}}},{outer}".join(lot))
            write(outer + "}")
            opening = ","
        write("[]" if opening == "[" else line + "]")
    elif kind in (list, tuple) and value:
        opening = "["
        deeper = line + "  "
        for item in value:
            write(opening + deeper)
            _indented(item, deeper, write)
            opening = ","
        write(line + "]")
    else:
        made = plain(value)
        if type(made) in (dict, list, str, int) and type(made) is not kind:
            _indented(made, line, write)
        else:
            write(_one_value(made))


def compact_json(value) -> str:
    """Return a value as the JSON text of a field: keys sorted, no spaces."""
    if type(value) is not dict or not _PLAIN.issuperset(map(type, value.values())):
        value = plain(value)
    return _one_line(value)


_TEXT = frozenset((str,))
_PLAIN = frozenset((str, int, bool, type(None)))
_PLAIN_OR_REAL = _PLAIN | {float}
_one_line = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


def bytes_sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path) -> str:
    """Return the SHA-256 of a file, in hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


class WholeFile:
    """A file that appears under its name only when everything was written.

    ``with WholeFile(path) as temporary: …`` gives the path to write to, in the same
    folder; on success it takes the final name, on any error it goes away.

    Raises:
        SttmError: the folder can't be written, the disk is full, the file is in use.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._temporary: Path | None = None

    def __enter__(self) -> Path:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                prefix=f".{self.path.stem}-", suffix=self.path.suffix, dir=self.path.parent
            )
            os.close(handle)
        except OSError as error:
            raise write_error(self.path, error) from error
        self._temporary = Path(name)
        return self._temporary

    def __exit__(self, kind, error, trace):
        try:
            if kind is None:
                # mkstemp makes private files; a delivered one follows the user's umask.
                mask = os.umask(0)
                os.umask(mask)
                os.chmod(self._temporary, 0o666 & ~mask)
                os.replace(self._temporary, self.path)
        except OSError as failure:
            raise write_error(self.path, failure) from failure
        finally:
            if self._temporary.exists():
                self._temporary.unlink()
        if isinstance(error, OSError):
            raise write_error(self.path, error) from error
        return False


def write_error(path, error: OSError) -> SttmError:
    """Return the sentence for a file that could not be written."""
    if error.errno == errno.ENOSPC:
        return SttmError(
            f"Disco pieno durante la scrittura di «{Path(path).name}»: liberare spazio o scegliere "
            "un'altra cartella. Nessun file incompleto è stato lasciato."
        )
    reason = error.strerror or str(error)
    return SttmError(
        f"Impossibile scrivere «{Path(path).name}» ({reason}): controllare che la cartella esista, "
        "che sia scrivibile e che il file non sia aperto in un altro programma."
    )


def write_bytes_whole(path, content: bytes) -> None:
    """Write a file so that it is there whole, or not at all."""
    with WholeFile(path) as temporary:
        temporary.write_bytes(content)


def write_zip(path, members: dict) -> None:
    """Write a zip whose bytes depend on its members alone: sorted, dated 1980-01-01.

    Args:
        path: where to write.
        members: {name without folders: bytes, or the path of a file}.
    """
    with WholeFile(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same bytes on Windows and elsewhere
            content = members[name]
            if not isinstance(content, bytes):
                content = Path(content).read_bytes()
            # As writestr does, but in pieces.
            entry.file_size = len(content)
            with archive.open(entry, "w") as member:
                for first in asking(range(0, len(content), _BYTES_AT_ONCE), 1):
                    member.write(content[first : first + _BYTES_AT_ONCE])
