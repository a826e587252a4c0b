"""Archives built to harm are told apart from packages, and never decompressed."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from sttm_plugin.core.archive import vet_archive
from sttm_plugin.core.layout import MEMBERS


def archive_of(names=MEMBERS, content=b"contenuto", method=zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def faults_of(data: bytes) -> str:
    return " ".join(vet_archive(io.BytesIO(data)))


def changed(data: bytes, place: int, kind: str, value) -> bytes:
    made = bytearray(data)
    struct.pack_into(kind, made, place, value)
    return bytes(made)


def test_a_package_passes_written_at_once_or_in_a_stream():
    class Stream(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

    stream = Stream()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in MEMBERS:
            with archive.open(name, "w") as member:
                member.write(b"contenuto")

    assert faults_of(archive_of()) == ""
    assert faults_of(stream.getvalue()) == ""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../fuori.txt", "nome con un percorso"),
        ("..\\fuori.txt", "nome con un percorso"),
        ("/etc/passwd", "nome con un percorso"),
        ("C:fuori.txt", "nome con un percorso"),
        ("C:\\fuori.txt", "nome con un percorso"),
        ("sotto/rilievi.json", "nome con un percorso"),
        ("sotto/", "è una cartella"),
        ("RILIEVI.JSON", "compare anche con altre maiuscole"),
        ("leggimi.txt", "file in più"),
        ("rilievi.json ", "file in più"),
    ],
)
def test_a_member_that_is_not_of_a_package_is_told(name, sentence):
    assert sentence in faults_of(archive_of([*MEMBERS, name]))


def test_what_lies_before_after_or_between_the_members_is_told():
    good = archive_of()
    ending = good.rfind(b"PK\x05\x06")
    directory = struct.unpack_from("<L", good, ending + 16)[0]
    hole = good[:directory] + b"x" * 30 + good[directory:]
    hole = changed(hole, ending + 30 + 16, "<L", directory + 30)

    assert "non è uno zip" in faults_of(b"MZ" + good)
    assert "non comincia o non finisce" in faults_of(archive_of(["x"]) + good)
    assert "qualcosa dopo la fine" in faults_of(good + b"x")
    assert "nascosto" in faults_of(hole)


def test_members_that_share_bytes_are_told():
    good = archive_of()
    ending = good.rfind(b"PK\x05\x06")
    entry = good.find(b"PK\x01\x02")
    second = good.find(b"PK\x01\x02", entry + 4)
    # Both say they begin at the first; the name in the local header is then not the second's.
    twice = changed(good, second + 42, "<L", struct.unpack_from("<L", good, entry + 42)[0])
    longer = changed(good, entry + 20, "<L", 5000)

    assert "si sovrappongono" in faults_of(twice)
    assert "si sovrappongono" in faults_of(longer)
    assert faults_of(good[:ending]) != ""


@pytest.mark.parametrize(
    ("offset", "kind", "value", "sentence"),
    [
        (8, "<HH", (60000, 60000), "dichiara 60000 file"),
        (8, "<HH", (0xFFFF, 0xFFFF), "ZIP64"),
        (12, "<L", (0xFFFFFFFF,), "ZIP64"),
        (4, "<H", (1,), "diviso in più parti"),
        (20, "<H", (3,), "qualcosa dopo la fine"),
    ],
)
def test_a_lying_directory_is_told_before_it_is_read(offset, kind, value, sentence):
    good = bytearray(archive_of())
    struct.pack_into(kind, good, good.rfind(b"PK\x05\x06") + offset, *value)

    assert sentence in faults_of(bytes(good))


@pytest.mark.parametrize(
    ("offset", "kind", "value", "sentence"),
    [
        (8, "<H", 1, "è cifrato"),
        (10, "<H", 12, "metodo di compressione non ammesso"),
        (24, "<L", 0x7FFFFFFF, "il massimo è"),
        (24, "<L", 0x0BFFFFFF, "bomba"),
        (40, "<H", 0o120777, "è un collegamento"),
        (40, "<H", 0o060666, "file speciale"),
    ],
)
def test_a_lying_member_is_told(offset, kind, value, sentence):
    good = archive_of()
    entry = good.find(b"PK\x01\x02", good.find(b"PK\x01\x02") + 4)

    assert sentence in faults_of(changed(good, entry + offset, kind, value))


def test_a_truncated_archive_is_told_wherever_it_ends():
    good = archive_of()

    assert all(faults_of(good[:end]) for end in range(len(good)))
