"""Files of ours: one way to write a value, whole or not at all."""

from __future__ import annotations

import errno
import json
import math
import zipfile

import pytest

from sttm_plugin.core import documents
from sttm_plugin.core.errors import SttmError


def test_json_is_written_in_one_way():
    written = documents.canonical_json({"b": 1.23456789, "a": [math.nan, -0.0, "è"], "c": True})

    assert written.decode() == (
        '{\n  "a": [\n    null,\n    0.0,\n    "è"\n  ],\n  "b": 1.234568,\n  "c": true\n}\n'
    )


def test_the_time_of_a_run_can_be_fixed(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    assert documents.generated_at() == "2023-11-14T22:13:20Z"
    assert documents.head("sttm.log/1", "checkplan")["algoritmo"] == "sttm:checkplan"


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path):
    target = tmp_path / "rilievi.json"
    target.write_text("vecchio")

    with pytest.raises(SttmError, match="Disco pieno durante la scrittura di «rilievi.json»"):
        with documents.WholeFile(target) as temporary:
            temporary.write_text("nuo")
            raise OSError(errno.ENOSPC, "No space left on device")

    assert target.read_text() == "vecchio"
    assert [path.name for path in tmp_path.iterdir()] == ["rilievi.json"]


def test_zips_depend_on_their_members_alone(tmp_path):
    inside = tmp_path / "b.txt"
    inside.write_text("due")
    documents.write_zip(tmp_path / "uno.zip", {"b.txt": inside, "a.txt": b"uno"})
    documents.write_zip(tmp_path / "due.zip", {"a.txt": b"uno", "b.txt": b"due"})

    assert (tmp_path / "uno.zip").read_bytes() == (tmp_path / "due.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "uno.zip") as archive:
        assert [(e.filename, e.date_time) for e in archive.infolist()] == [
            ("a.txt", (1980, 1, 1, 0, 0, 0)),
            ("b.txt", (1980, 1, 1, 0, 0, 0)),
        ]


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"b": [], "a": {}, "c": [1, [2.5, {"x": None}], 'è\n"\\']},
        {1: True, "0": (1, 2), "z": {"b", "a"}, "n": math.nan, "neg": -0.0},
        [{"layer": "x", "fid": 3, "prima": "=cmd\x00", "dopo": 1e-9}],
        "testo",
        3,
    ],
)
def test_the_one_way_is_that_of_json_itself(value):
    expected = json.dumps(documents.plain(value), ensure_ascii=False, sort_keys=True, indent=2)

    assert documents.canonical_json(value) == (expected + "\n").encode("utf-8")


def test_rows_encoded_at_once_are_those_encoded_one_by_one():
    from sttm_plugin.core.documents import canonical_json, plain

    rows = [
        {"b": 'x"},\n{"y', "a": 1, "è": None},
        {"a": "},\n      {", "b": True},
        {"a": "\u2028 ,\n", "n": -3},
    ]
    for given in (rows, [*rows, {"a": 0.1 + 0.2}], [*rows, {}], [{"a": {"c": 1}}, *rows]):
        for value in (given, {"righe": given, "vuoto": []}):
            expected = json.dumps(plain(value), ensure_ascii=False, sort_keys=True, indent=2)
            assert canonical_json(value).decode() == expected + "\n"


@pytest.mark.parametrize("lots", [[], [1], [3], [2, 1]])
def test_rows_written_piece_by_piece_are_those_of_a_list(tmp_path, lots):
    class Rows(documents.EncodedRows):
        def encoded(self, inner):
            number = iter(range(10))
            for size in lots:
                yield [f'{{{inner}"a": {next(number)}' for _ in range(size)]

    rows = [{"a": number} for number in range(sum(lots))]
    path = tmp_path / "registro.json"

    documents.write_canonical(path, {"z": 1, "righe": Rows(), "b": {"è": [2]}})

    assert path.read_bytes() == documents.canonical_json({"z": 1, "righe": rows, "b": {"è": [2]}})
