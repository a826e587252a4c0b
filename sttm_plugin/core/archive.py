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
_MAX_MEMBERS = 64
_MAX_DIRECTORY = 64 << 10
_MAX_DESCRIPTOR = 24
# End of central directory and lengths in a local header (PKWARE APPNOTE 4.3.16, 4.3.7).
_ENDING = struct.Struct("<4s4H2LH")
_LENGTHS = struct.Struct("<2H")
_HIDDEN = "Fra i file dello zip c'è altro, nascosto: l'archivio è costruito ad arte."


def vet_archive(stream) -> list[str]:
    """Return what is wrong with a zip, one Italian sentence each; nothing is decompressed.

    Args:
        stream: binary file, seekable.

    Refused: not a zip, something before, after or between its members, ZIP64, too many members,
    folders, links, encrypted members, names with a path, names not of a package, repeated or
    missing ones, members that overlap, sizes or compression ratios of a bomb.
    """
    size = stream.seek(0, 2)
    if size > MAX_FILE:
        return [f"Il file è di {size >> 20} MB: un pacchetto non ne supera {MAX_FILE >> 20}."]
    stream.seek(0)
    if stream.read(4) != b"PK\x03\x04":
        return ["Il file non è uno zip (o qualcosa precede l'archivio): non viene aperto."]
    try:
        # Before zipfile, which would read a directory of millions of entries into memory.
        ending = _ending_fault(stream, size)
        if ending:
            return [ending]
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            directory = archive.start_dir
            between = _between(stream, entries, directory)
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
    faults.extend(between)
    return faults


def _ending_fault(stream, size) -> str:
    """Return what is wrong with the record that closes a zip, "" when it may be read."""
    tail = min(size, _ENDING.size + 0xFFFF)
    stream.seek(size - tail)
    ending = stream.read(tail)
    at = ending.rfind(b"PK\x05\x06")
    if at < 0 or tail - at < _ENDING.size:
        return "Lo zip è troncato o danneggiato: non viene aperto."
    _, disk, first, here, total, length, offset, comment = _ENDING.unpack_from(ending, at)
    if comment or tail - at != _ENDING.size:
        return "Lo zip ha un commento o qualcosa dopo la fine: un pacchetto non ne ha."
    if total == 0xFFFF or 0xFFFFFFFF in (length, offset):
        return "Lo zip usa l'estensione ZIP64, di cui un pacchetto non ha bisogno."
    if disk or first or here != total:
        return "Lo zip è diviso in più parti: consegnarlo intero."
    if total > _MAX_MEMBERS or length > _MAX_DIRECTORY:
        return f"Lo zip dichiara {total} file: un pacchetto ne ha {len(MEMBERS)}."
    if offset + length != size - _ENDING.size:
        return "Lo zip non comincia o non finisce dove dichiara: è danneggiato o costruito ad arte."
    return ""


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


def _between(stream, entries, directory):
    """Members that share bytes (how a small zip hides a huge one) or leave room for something."""
    place = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < place:
            return ["I file dello zip si sovrappongono: l'archivio è costruito ad arte."]
        # A member written in a stream is followed by its sizes.
        if entry.header_offset - place > (_MAX_DESCRIPTOR if place else 0):
            return [_HIDDEN]
        stream.seek(entry.header_offset)
        name, extra = _LENGTHS.unpack(stream.read(30)[26:30])
        place = entry.header_offset + 30 + name + extra + entry.compress_size
    if place > directory:
        return ["I file dello zip si sovrappongono: l'archivio è costruito ad arte."]
    return [_HIDDEN] if directory - place > _MAX_DESCRIPTOR else []


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
