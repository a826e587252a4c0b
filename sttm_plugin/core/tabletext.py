"""Tables decoded from their own bytes: CSV and DBF, without asking a driver (INTERFACE §5)."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import struct
from dataclasses import dataclass, field

import numpy as np

from .coded import Coded, Coder
from .errors import SttmError
from .values import written_cell

_HIGH = re.compile(rb"[\x80-\x9f]")
_UNDEFINED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# Accented letters after a letter: è, ì, ò as DOS writes them; à, è, é, ì, ò, ù as Windows does.
_DOS_ACCENTS = re.compile(rb"[a-z][\x8a\x8d\x95]")
_WINDOWS_ACCENTS = re.compile(rb"[A-Za-z][\xe0\xe8\xe9\xec\xf2\xf9]")
# DBF language byte → code page (the usual ones of Italian software).
_LANGUAGE_BYTE = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x04: "mac_roman",
    0x57: "cp1252",
    0x58: "cp1252",
    0x64: "cp852",
    0x78: "cp850",
    0xC8: "cp1250",
}
_NUMBERED = re.compile(r"^(?:cp|windows|ibm|ansi|oem)?[ _-]?(\d{3,5})$", re.IGNORECASE)


@dataclass
class Encoding:
    """How some bytes are read: the codec, why, and the other reading where there is a doubt."""

    name: str
    evidence: str
    contradicts: str = ""


@dataclass
class TextTable:
    """A table of texts: cells as read, "" never kept (None).

    Attributes:
        names: the columns, each once. kinds: "text", "int", "real", "date", "bool".
        widths: declared width of text columns (DBF), 0 where there is none.
        columns: core.coded.Coded each. numbers: the row of the file of each record (first data
            row = 1), int64 (n,).
        broken: {index of a row: why it can't be read}. guessed_header: the header's row where it
            isn't the one asked for, else 0.
    """

    names: list
    kinds: list
    widths: list
    columns: list
    numbers: np.ndarray
    encoding: Encoding
    delimiter: str = ""
    skipped: int = 0
    broken: dict = field(default_factory=dict)
    guessed_header: int = 0

    @property
    def rows(self) -> list:
        """The records, a list of cells each."""
        return [list(cells) for cells in zip(*self.columns)]


def codec_name(text: str) -> str:
    """Return the codec a name of an encoding stands for: "1252", "ISO 8859-1", "UTF-8".

    Raises:
        SttmError: nobody knows it.
    """
    wanted = str(text).strip()
    numbered = _NUMBERED.match(wanted)
    tries = [wanted, wanted.replace(" ", "-"), wanted.replace("ISO 88591", "latin-1")]
    if numbered:
        page = numbered[1]
        tries.insert(0, "latin-1" if page == "88591" else f"cp{page}")
        if page == "65001":
            tries.insert(0, "utf-8")
    for name in tries:
        try:
            return codecs.lookup(name).name
        except LookupError:
            continue
    raise SttmError(
        f"Codifica «{text}» sconosciuta: indicare UTF-8, Windows-1252 oppure ISO-8859-1, o "
        "lasciare vuoto perché sia riconosciuta dal contenuto."
    )


def find_encoding(content: bytes, given: str = "", declared: str = "") -> Encoding:
    """Return how to read some bytes (PDS_SCHEMA §2.7).

    Order: what the user says; a BOM; valid UTF-8 with letters outside ASCII; what a ``.cpg``
    or the DBF declares; else Windows-1252 (ISO-8859-1 where bytes have no sign there), or the
    DOS's 850 where only its accented letters make words.

    Args:
        given: encoding chosen by the user, "" for none.
        declared: what the file declares of itself, "" for nothing.

    Raises:
        SttmError: the encoding given or declared is unknown, or doesn't fit the bytes.
    """
    if given:
        name = codec_name(given)
        if name == "utf-8" and content.startswith(codecs.BOM_UTF8):
            name = "utf-8-sig"
        try:
            content.decode(name)
        except UnicodeDecodeError as error:
            raise SttmError(
                f"Il file non è in {given}: il byte in posizione {error.start} non ha senso in "
                "quella codifica. Lasciare vuota la codifica perché sia riconosciuta."
            ) from error
        return Encoding(name, "scelta dall'utente")
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(bom):
            return Encoding(name, "segno BOM in testa al file")
    known = _declared_codec(declared)
    if content.isascii():
        return Encoding(known or "utf-8", "solo caratteri ASCII")
    try:
        content.decode("utf-8")
        is_utf8 = True
    except UnicodeDecodeError:
        is_utf8 = False
    if is_utf8:
        other = known if known and known != "utf-8" else ""
        return Encoding("utf-8", "contenuto UTF-8 valido", other)
    if known and known != "utf-8":
        return Encoding(known, f"dichiarata dal file ({declared})")
    if _DOS_ACCENTS.search(content) and not _WINDOWS_ACCENTS.search(content):
        return Encoding("cp850", "il contenuto ha le lettere accentate del DOS", known)
    name = "latin-1" if _UNDEFINED_1252.search(content) else "cp1252"
    if not _HIGH.search(content):
        name = "cp1252"
    return Encoding(name, "il contenuto non è UTF-8", "utf-8" if known == "utf-8" else "")


def _declared_codec(declared: str) -> str:
    if not declared:
        return ""
    try:
        return codec_name(declared)
    except SttmError:
        return ""


# CSV ---------------------------------------------------------------------------------------


def find_delimiter(text: str, header_row: int = 1) -> str:
    """Return what splits the cells of a table: the sign that gives most rows the same width.

    Args:
        text: the table, or as much of it as has the header and the next 200 lines.
    """
    lines = text.splitlines()[max(header_row - 1, 0) :][:_JUDGED_LINES]
    sample = "\n".join(lines)
    best = (0.0, ",")
    for order, delimiter in enumerate((";", ",", "\t", "|")):
        try:
            rows = csv.reader(io.StringIO(sample), delimiter=delimiter)
            widths = [len(row) for row in rows if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        same = sum(width == widths[0] for width in widths) / len(widths)
        score = same * widths[0] - order * 1e-6
        if same > 0.5 and score > best[0]:
            best = (score, delimiter)
    return best[1]


_JUDGED_LINES = 200
# What Excel writes, and reads, above a table: "sep=;".
_SEP_LINE = re.compile(rb'(?:\xef\xbb\xbf)?"?sep=([;,|\t])"?[;,\t ]*(?:\r\n|\n|\r)', re.IGNORECASE)


def read_csv(
    content: bytes, encoding: str = "", declared: str = "", header_row: int = 1, keep_going=None
):
    """Return a CSV as a TextTable, decoded and split by what it holds; None when stopped.

    Args:
        content: the bytes of the file.
        encoding: chosen by the user, "" to find it.
        header_row: the line that names the columns, from 1; those above are skipped.
        keep_going: asked between lots of rows; False stops.

    Raises:
        SttmError: no such header row, or the file breaks off inside a quoted cell.
    """
    found = find_encoding(content, encoding, declared)
    named = _SEP_LINE.match(content) if header_row <= 1 else None
    if named:
        content = content[named.end() :]
    text = _Text(content, found.name)
    delimiter = named[1].decode("ascii") if named else ""
    if not delimiter:
        delimiter = find_delimiter(text.beginning(max(header_row, 1) + _JUDGED_LINES), header_row)
    csv.field_size_limit(1 << 27)
    reader = csv.reader(text.lines(), delimiter=delimiter, strict=False)
    try:
        table = table_from_rows(reader, header_row, found, keep_going)
    except csv.Error as error:
        raise SttmError(
            f"La tabella si interrompe alla riga {reader.line_num} ({error}): il file è troncato "
            "o danneggiato. Esportarlo di nuovo dal programma di origine."
        ) from error
    if table is None:
        return None
    if reader.line_num and text.ends_inside_quotes(delimiter):
        raise SttmError(
            f"La tabella si interrompe alla riga {reader.line_num}, dentro un testo tra virgolette "
            "mai chiuse: il file è troncato. Esportarlo di nuovo dal programma di origine."
        )
    table.delimiter = delimiter
    return table


class _Text:
    """The bytes of a table as text, decoded as it is read where one byte is one sign of ASCII."""

    def __init__(self, content, codec):
        self._content, self._codec = content, codec
        self._text = None
        if b"\0" in content or not _extends_ascii(codec):
            self._text = content.decode(codec, errors="replace").replace("\x00", "")

    def beginning(self, lines) -> str:
        """Return at least so many lines, or all of them."""
        if self._text is not None:
            return self._text
        size = 1 << 16
        while True:
            part = self._content[:size]
            text = part.decode(self._codec, errors="replace")
            found = text.splitlines()
            if size >= len(self._content):
                return text
            if len(found) > lines + 1:
                return "\n".join(found[:-1])  # the last one may be cut
            size *= 4

    def lines(self):
        """Return the lines, each with its end."""
        if self._text is not None:
            return io.StringIO(self._text, newline="")
        stream = io.BytesIO(self._content)
        return io.TextIOWrapper(stream, encoding=self._codec, errors="replace", newline="")

    def ends_inside_quotes(self, delimiter: str) -> bool:
        """Tell whether the text breaks off inside a quoted cell."""
        if self._text is None:
            whole, quote, ends = self._content, b'"', (delimiter.encode(), b"\n", b"\r")
        else:
            whole, quote, ends = self._text, '"', (delimiter, "\n", "\r")
        if whole.count(quote) % 2 == 0:
            return False
        last = whole.rfind(quote)
        # A lone quote in the middle of an unquoted word is a sign like another.
        return last == 0 or whole[last - 1 : last] in ends


def _extends_ascii(codec) -> bool:
    """Tell whether a codec writes the signs of ASCII as ASCII does, and no others with them."""
    plain = bytes(range(1, 128))
    try:
        return plain.decode(codec) == plain.decode("ascii")
    except UnicodeDecodeError:
        return False


_ROWS_AT_ONCE = 20_000


def table_from_rows(lines, header_row: int, encoding: Encoding, keep_going=None):
    """Return rows of cells as a TextTable whose columns are named by one of them.

    Blank rows are not records. A row with more filled cells than columns is kept as broken.

    Args:
        lines: an iterable of lists of cells, read once.
        keep_going: asked between lots of rows; where it says no the result is None.

    Raises:
        SttmError: there is no such header row.
    """
    header_row = max(int(header_row or 1), 1)
    lines = iter(lines)
    top = list(itertools.islice(lines, max(header_row, _HEADER_WITHIN)))
    if not top:
        return TextTable([], [], [], [], np.zeros(0, dtype=np.int64), encoding)
    if header_row > len(top):
        raise SttmError(
            f"La riga di intestazione {header_row} non esiste: la tabella ha {len(top)} righe."
        )
    chosen = header_row
    header_row = _header_below(top) if header_row == 1 else header_row
    names = unique_names(top[header_row - 1])
    body = _Body(len(names))
    rest = itertools.chain(top[header_row:], lines)
    while True:
        lot = list(itertools.islice(rest, _ROWS_AT_ONCE))
        if not lot:
            break
        if keep_going is not None and not keep_going():
            return None
        body.add(lot)
    width = len(names)
    kinds, widths = ["text"] * width, [0] * width
    columns, numbers = body.columns(), body.numbers()
    table = TextTable(
        names, kinds, widths, columns, numbers, encoding, "", header_row - 1, body.broken
    )
    table.guessed_header = header_row if header_row != chosen else 0
    return table


class _Body:
    """The records of a table under its header, a lot of rows at a time."""

    def __init__(self, width):
        self.broken: dict = {}
        self._width = width
        self._coders = [Coder(_cells) for _ in range(width)]
        self._numbers: list = []
        self._read = self._kept = 0

    def add(self, rows):
        """Add some rows of cells: blank ones are left out, long and short ones made to fit."""
        extra = self._fit(rows)
        blank = np.ones(len(rows), dtype=bool)
        for coder, cells in zip(self._coders, zip(*rows)):
            codes = coder.add(cells)
            if blank.any():
                some = np.flatnonzero(blank)
                blank[some] = coder.missing(codes[some])
        blank[list(extra)] = False
        kept = np.flatnonzero(~blank)
        if len(kept) < len(rows):
            for coder in self._coders:
                coder.keep(~blank)
        for place, message in extra.items():
            self.broken[self._kept + int(np.searchsorted(kept, place))] = message
        self._numbers.append(self._read + 1 + kept)
        self._read += len(rows)
        self._kept += len(kept)

    def _fit(self, rows) -> dict:
        """Make every row as long as the header; return {place: why} of those that hold more."""
        extra = {}
        if set(map(len, rows)) == {self._width}:
            return extra
        for place, cells in enumerate(rows):
            beyond = list(filter(None, map(_cell, cells[self._width :])))
            if beyond:
                extra[place] = (
                    f"La riga ha {len(cells)} celle e le colonne sono {self._width}: di troppo "
                    f"«{str(beyond[0])[:60]}»."
                )
            rows[place] = [*cells, *[None] * (self._width - len(cells))][: self._width]
        return extra

    def columns(self) -> list:
        """Return the columns of the records."""
        return [coder.column() for coder in self._coders]

    def numbers(self):
        """Return which row under the header each record is, from 1."""
        return np.concatenate([*self._numbers, np.zeros(0, dtype=np.int64)]).astype(np.int64)


# What ``_cell`` changes: a blank, an apostrophe that a spreadsheet's reader was given.
_TO_READ = re.compile(r"\n(?:\s*\n|')")
_TO_LOOK_AT = tuple("\n" + sign for sign in "'\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f ")


def _cells(cells) -> list:
    """Return cells as they were meant; where nothing is to do, that is told at once."""
    try:
        whole = "\n".join(["", *cells, ""])
    except TypeError:  # not all of them are texts
        return list(map(_cell, cells))
    # Few cells begin with a sign that needs a closer look, and that is told many times faster.
    begins = not whole.isascii() or any(begin in whole for begin in _TO_LOOK_AT)
    return list(map(_cell, cells)) if begins and _TO_READ.search(whole) else cells


def _cell(cell):
    """Return a cell as it was meant, None where it is blank."""
    if cell is None or not str(cell).strip():
        return None
    return written_cell(cell)


_HEADER_WITHIN = 20


def _header_below(lines) -> int:
    """Return the row of the column names where a title or merged cells lie above them (D44).

    The first row stays the header unless most of its cells are blank and one of the next four has
    a name, each its own, in (nearly) every column.
    """
    width = max(map(len, lines[:_HEADER_WITHIN]))

    def filled(cells):
        return [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]

    if width < 3 or len(filled(lines[0])) * 2 > width:
        return 1
    for number, cells in enumerate(lines[1:5], start=2):
        names = filled(cells)
        words = [name for name in names if re.search(r"[^\W\d_]", name)]
        if len(names) >= width - 1 and len(words) == len(names) == len(set(names)):
            return number
    return 1


def unique_names(cells) -> list:
    """Return names for columns: trimmed, one line, none empty, none twice."""
    names: list = []
    seen = set()
    for number, cell in enumerate(cells, start=1):
        name = re.sub(r"\s+", " ", str(cell or "")).strip().lstrip("\ufeff") or f"campo_{number}"
        unique, turn = name, 1
        while unique.lower() in seen:
            turn += 1
            unique = f"{name}_{turn}"
        seen.add(unique.lower())
        names.append(unique)
    return names


# DBF ---------------------------------------------------------------------------------------

_KINDS = {"C": "text", "M": "text", "N": "real", "F": "real", "D": "date", "L": "bool"}


def read_dbf(content: bytes, encoding: str = "", cpg: str = "") -> TextTable:
    """Return a DBF as a TextTable; deleted records are left out, ``numbers`` counts from 0.

    Args:
        content: the bytes of the file.
        encoding: chosen by the user, "" to find it.
        cpg: what the ``.cpg`` beside it says, "" where there is none.

    Raises:
        SttmError: it isn't a DBF, or it is shorter than it says.
    """
    if len(content) < 33:
        raise SttmError("Il file .dbf è vuoto o troncato: chiederne una copia integra.")
    count, head, size = struct.unpack("<IHH", content[4:12])
    fields = []
    position = 32
    while position + 32 <= min(head, len(content)) and content[position] != 0x0D:
        raw = content[position : position + 32]
        name = raw[:11].split(b"\x00")[0]
        fields.append((name, chr(raw[11]), raw[16], raw[17]))
        position += 32
    if not fields or size < 2:
        raise SttmError("Il file .dbf non è leggibile: l'intestazione non descrive colonne.")
    whole = (len(content) - head) // size
    if whole < count:
        raise SttmError(
            f"Il file .dbf è troncato: dichiara {count} righe e ne contiene {whole}. Chiederne "
            "una copia integra."
        )
    table = np.frombuffer(content, np.uint8, count * size, head).reshape(count, size)
    declared = cpg or _LANGUAGE_BYTE.get(content[29], "")
    found = find_encoding(_telling_bytes(table, fields, encoding), encoding, declared)
    if not cpg and declared and found.contradicts:
        found.evidence += f" (il byte di lingua direbbe {found.contradicts})"
    names = unique_names([name.decode(found.name, errors="replace") for name, *_ in fields])
    numbers = np.flatnonzero(table[:, 0] != ord("*"))
    columns, start = [], 1
    for _, kind, width, decimals in fields:
        columns.append(_dbf_column(table, numbers, start, width, kind, decimals, found.name))
        start += width
    kinds = [
        "int" if kind == "N" and decimals == 0 else _KINDS.get(kind, "text")
        for _, kind, _, decimals in fields
    ]
    widths = [width if kind == "C" else 0 for _, kind, width, _ in fields]
    return TextTable(names, kinds, widths, columns, numbers, found)


def _dbf_column(table, numbers, start, width, kind, decimals, codec) -> Coded:
    """Return the values of one column of a DBF, each different cell decoded once."""
    coder = Coder(lambda cells: _dbf_values(cells, kind, decimals, codec))
    for first in range(0, len(numbers), _ROWS_AT_ONCE):
        cells = table[numbers[first : first + _ROWS_AT_ONCE], start : start + width]
        # Columns are as wide as their longest cell could be: the blanks after all of them go.
        used = np.flatnonzero(((cells != ord(" ")) & (cells != 0)).any(axis=0))
        if not used.size:
            coder.add([b""] * len(cells))
            continue
        each = np.ascontiguousarray(cells[:, : used[-1] + 1]).view(f"S{used[-1] + 1}")
        coder.add(each.ravel().tolist())
    return coder.column()


def _telling_bytes(table, fields, given) -> bytes:
    """Return the bytes an encoding is judged by: of the texts, and where it makes a difference.

    Cells of ASCII read the same in all the encodings a DBF may have.
    """
    spans, start = [], 1
    for _name, kind, width, _ in fields:
        if kind == "C":
            spans.append((start, start + width))
        start += width
    every = bool(given) and not _extends_ascii(codec_name(given))
    pieces = [name for name, *_ in fields]
    for first in range(0, len(table), _ROWS_AT_ONCE):
        lot = table[first : first + _ROWS_AT_ONCE]
        for begin, end in spans:
            cells = lot[:, begin:end]
            told = cells if every else cells[(cells >= 0x80).any(axis=1)]
            pieces += [cell.tobytes().rstrip() for cell in told]
    # Each cell ends where it ends: a cut letter must not join the next cell.
    return b"\n".join(_whole_letters(piece) for piece in pieces)


def _whole_letters(piece: bytes) -> bytes:
    """Return a cell without a UTF-8 letter that the column's width cut in the middle."""
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            try:
                piece[:-back].decode("utf-8")
            except UnicodeDecodeError:
                break
            # Latin-1 text ends like this too; only UTF-8 has letters of several bytes before.
            if back < needed and any(sign >= 0x80 for sign in piece[:-back]):
                return piece[:-back]
            break
    return piece


def _dbf_values(cells, kind: str, decimals: int, codec: str) -> list:
    """Return what cells of a column hold; texts that no letter can join are decoded together."""
    if kind not in "NFLD" and codec in _LETTER_BY_LETTER:
        whole = b"\n".join(cells)
        if whole.count(b"\n") == len(cells) - 1 and b"\0" not in whole:
            texts = whole.decode(codec, errors="replace").split("\n")
            return [text.rstrip() or None for text in texts]
    return [_dbf_value(raw, kind, decimals, codec) for raw in cells]


# Here an end of line is never a part of a letter, cut as it may be.
_LETTER_BY_LETTER = frozenset(("utf-8", "cp1252", "iso8859-1", "cp850", "cp437"))


def _dbf_value(raw: bytes, kind: str, decimals: int, codec: str):
    if kind in "NF":
        text = raw.decode("ascii", errors="replace").strip(" \x00")
        if not text or text.startswith("*"):
            return None
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            return text
        whole = decimals == 0 and number.is_integer() and abs(number) < 2**63
        return int(text) if whole and text.lstrip("+-").isdigit() else number
    text = raw.decode(codec, errors="replace").replace("\x00", "").rstrip()
    if not text.strip():
        return None
    if kind == "L":
        return {"T": True, "Y": True, "F": False, "N": False}.get(text.strip().upper())
    if kind == "D":
        day = text.strip()
        return None if day == "00000000" else f"{day[:4]}-{day[4:6]}-{day[6:8]}"
    return text
