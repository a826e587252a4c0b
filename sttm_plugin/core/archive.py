"""The zip of a package, looked at before it is opened: only what we would have written passes."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib

from .errors import SttmError
from .layout import GEOPACKAGE, MEMBERS

# A plan of thousands of services takes a few tens of megabytes.
MAX_FILE = 1 << 30
_MAX_GEOPACKAGE = 1 << 30
_MAX_OTHER = 200 << 20
# Deflate can't go beyond about 1,030 to 1: what nears it is a bomb. Small files may.
_MAX_RATIO = 200
_RATIO_FROM = 4 << 20
_PIECE = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def vet_archive(stream) -> list[str]:
    """Return what is wrong with a zip, one Italian sentence each; nothing is decompressed.

    Args:
        stream: binary file, seekable.

    Refused: not a zip, something before or after it, folders, links, encrypted members, names
    with a path, names not of a package, repeated or missing ones, members that overlap, sizes
    or compression ratios of a bomb.
    """
    size = stream.seek(0, 2)
    if size > MAX_FILE:
        return [f"Il file è di {size >> 20} MB: un pacchetto non ne supera {MAX_FILE >> 20}."]
    stream.seek(0)
    if stream.read(4) != b"PK\x03\x04":
        return ["Il file non è uno zip (o qualcosa precede l'archivio): non viene aperto."]
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            trailing = archive.comment
            directory = archive.start_dir
    except (zipfile.BadZipFile, zipfile.LargeZipFile, *_READ_ERRORS) as error:
        return [f"Lo zip è troncato o danneggiato ({error}): non viene aperto."]
    faults = [fault for entry in entries for fault in _entry_faults(entry)]
    names = [entry.filename for entry in entries]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.append(f"«{_shown(name)}» compare {names.count(name)} volte nello zip.")
    lowered = [name.lower() for name in names]
    for name in sorted(set(names)):
        if name not in MEMBERS:
            faults.append(f"«{_shown(name)}» non fa parte di un pacchetto: file in più.")
        elif lowered.count(name.lower()) > names.count(name):
            faults.append(f"«{_shown(name)}» compare anche con altre maiuscole.")
    faults.extend(f"Manca «{name}»." for name in MEMBERS if name not in names)
    if trailing:
        faults.append("Lo zip ha un commento: un pacchetto non ne ha.")
    faults.extend(_overlaps(entries, directory))
    return faults


_READ_ERRORS = (OSError, EOFError, ValueError, struct.error, zlib.error, NotImplementedError)


def _entry_faults(entry):
    name = entry.filename
    shown = _shown(name)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    parts = name.replace("\\", "/").split("/")
    original = getattr(entry, "orig_filename", name)
    if len(parts) > 1 or ".." in parts or ":" in name or "\x00" in original or not name:
        yield f"«{shown}»: nome con un percorso. I file del pacchetto stanno tutti alla radice."
    if entry.is_dir() or kind == stat.S_IFDIR:
        yield f"«{shown}» è una cartella."
    elif kind not in (0, stat.S_IFREG):
        yield f"«{shown}» è un collegamento o un file speciale."
    if entry.flag_bits & 0x1:
        yield f"«{shown}» è cifrato."
    if entry.compress_type not in _METHODS:
        yield f"«{shown}» usa un metodo di compressione non ammesso."
    limit = _MAX_GEOPACKAGE if name == GEOPACKAGE else _MAX_OTHER
    if entry.file_size > limit:
        yield f"«{shown}» dichiara {entry.file_size >> 20} MB: il massimo è {limit >> 20}."
    elif entry.file_size > _RATIO_FROM and entry.file_size > _MAX_RATIO * max(
        entry.compress_size, 1
    ):
        yield (
            f"«{shown}» si espande {entry.file_size // max(entry.compress_size, 1)} volte: "
            "sembra una bomba di decompressione."
        )


def _overlaps(entries, directory):
    """Members that share bytes: how a small zip hides a huge one."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    ends = [entry.header_offset for entry in ordered[1:]] + [directory]
    for entry, end in zip(ordered, ends):
        # The local header is 30 bytes, then the name.
        if entry.header_offset + 30 + entry.compress_size > end:
            return ["I file dello zip si sovrappongono: l'archivio è costruito ad arte."]
    return []


def read_member(archive: zipfile.ZipFile, name: str, write) -> None:
    """Decompress one member of a vetted zip, piece by piece, never beyond its declared size.

    Args:
        write: callable that takes each piece (a file's ``write``, a list's ``append``).

    Raises:
        SttmError: damaged, or larger than declared.
    """
    entry = archive.getinfo(name)
    left = entry.file_size
    try:
        with archive.open(entry) as source:
            while piece := source.read(min(_PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise SttmError(f"«{name}» è più grande di quanto dichiara: non viene letto.")
                write(piece)
    except (zipfile.BadZipFile, RuntimeError, *_READ_ERRORS) as error:
        raise SttmError(f"«{name}» è danneggiato nello zip ({error}).") from error
    if left:
        raise SttmError(f"«{name}» è più corto di quanto dichiara: lo zip è danneggiato.")


def _shown(name: str) -> str:
    """A foreign name made safe to show."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in name)
    return plain if len(plain) <= 80 else plain[:77] + "…"
