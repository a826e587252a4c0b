"""exchangewaivers: two workspaces that exchange their justifications through files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

REASON = "La convenzione con i comuni contermini ne garantisce l'uso condiviso."


def insert(path, number, finding, **changed):
    from sttm_plugin.core.ids import id_of

    row = {
        "id_deroga": id_of(f"d{number}"),
        "id_rilievo": id_of(f"r{finding}"),
        "codice": "STTM2-301",
        "giustificazione": REASON,
        "tipo_giustificazione": "atto",
        "autore": "Anna Rossi",
        "data": "2024-05-31",
        "revocata_il": None,
        **changed,
    }
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO deroghe (id_deroga, id_rilievo, codice, giustificazione, "
            "tipo_giustificazione, autore, data, revocata_il) VALUES (:id_deroga, :id_rilievo, "
            ":codice, :giustificazione, :tipo_giustificazione, :autore, :data, :revocata_il)",
            row,
        )


def rows_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return sorted(
            connection.execute("SELECT id_deroga, autore, data, revocata_il FROM deroghe")
        )


@pytest.fixture
def copies(sttm_provider, tmp_path):
    """Two workspaces of the same comune: Anna's with one justification, Bruno's with two."""
    import processing

    paths = []
    for name in ("anna", "bruno"):
        path = tmp_path / f"{name}.gpkg"
        processing.run("sttm:createworkspace", {"COMUNE": "015146", "OUTPUT": str(path)})
        paths.append(str(path))
    insert(paths[0], 1, 1, revocata_il="2024-07-01")
    insert(paths[1], 1, 1)
    insert(paths[1], 2, 2, autore="Bruno Neri")
    return paths


def exchange(**given):
    import processing

    return processing.run("sttm:exchangewaivers", given)


def test_after_exchanging_files_both_copies_hold_the_same(copies, tmp_path):
    anna, bruno = copies
    files = [str(tmp_path / "anna.json"), str(tmp_path / "bruno.json")]
    done = [
        exchange(DIRECTION=0, WORKSPACE=path, OUTPUT_FILE=file) for path, file in zip(copies, files)
    ]
    assert [(one["EXPORTED"], one["LEFT_OUT"]) for one in done] == [(1, 0), (2, 0)]

    found = exchange(DIRECTION=1, WORKSPACE=anna, FILE=files[1], OUTPUT="TEMPORARY_OUTPUT")
    assert (found["ADDED"], found["UPDATED"], found["UNCHANGED"]) == (1, 0, 1)
    assert found["OUTPUT"].featureCount() == 2
    found = exchange(DIRECTION=1, WORKSPACE=bruno, FILE=files[0])
    assert (found["ADDED"], found["UPDATED"], found["CONFLICTS_COUNT"]) == (0, 1, 0)

    assert rows_of(anna) == rows_of(bruno)
    assert sorted(row[1:] for row in rows_of(anna)) == [
        ("Anna Rossi", "2024-05-31", "2024-07-01"),
        ("Bruno Neri", "2024-05-31", None),
    ]
    again = exchange(DIRECTION=1, WORKSPACE=anna, FILE=files[1])
    assert (again["ADDED"], again["UPDATED"], again["UNCHANGED"]) == (0, 0, 2)


def test_two_justifications_of_a_finding_are_listed(copies, tmp_path):
    anna, bruno = copies
    insert(bruno, 3, 9, autore="Bruno Neri", data="2024-06-03")
    insert(anna, 4, 9)
    exchange(DIRECTION=0, WORKSPACE=bruno, OUTPUT_FILE=str(tmp_path / "b.json"))
    found = exchange(
        DIRECTION=1, WORKSPACE=anna, FILE=str(tmp_path / "b.json"), CONFLICTS="TEMPORARY_OUTPUT"
    )
    [row] = found["CONFLICTS"].getFeatures()
    assert row["tipo"] == "due_giustificazioni"
    assert row["non_vale"] == f"{REASON} – Anna Rossi, 2024-05-31"
    assert found["CONFLICTS_COUNT"] == 1


def test_a_bad_file_changes_nothing(copies, tmp_path):
    from qgis.core import QgsProcessingException

    anna, bruno = copies
    exchange(DIRECTION=0, WORKSPACE=bruno, OUTPUT_FILE=str(tmp_path / "b.json"))
    content = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    content["deroghe"][1]["data"] = "domani"
    (tmp_path / "b.json").write_text(json.dumps(content), encoding="utf-8")
    before = rows_of(anna)
    with pytest.raises(QgsProcessingException, match="«data» domani non è una data"):
        exchange(DIRECTION=1, WORKSPACE=anna, FILE=str(tmp_path / "b.json"))
    assert rows_of(anna) == before


def test_a_workspace_made_before_gets_the_field_it_lacks(copies, tmp_path):
    anna, bruno = copies
    with closing(sqlite3.connect(anna)) as connection, connection:
        connection.execute("ALTER TABLE deroghe DROP COLUMN letto")
    exchange(DIRECTION=0, WORKSPACE=bruno, OUTPUT_FILE=str(tmp_path / "b.json"))
    assert exchange(DIRECTION=1, WORKSPACE=anna, FILE=str(tmp_path / "b.json"))["ADDED"] == 1
    assert rows_of(anna)[0] != rows_of(anna)[1]


def test_a_table_without_a_workspace_is_merged_into_the_result(copies, tmp_path):
    anna, bruno = copies
    exchange(DIRECTION=0, WORKSPACE=anna, OUTPUT_FILE=str(tmp_path / "a.json"))
    found = exchange(
        DIRECTION=1,
        WAIVERS=f"{bruno}|layername=deroghe",
        FILE=str(tmp_path / "a.json"),
        OUTPUT="TEMPORARY_OUTPUT",
    )
    revoked = [
        row["revocata_il"].toString("yyyy-MM-dd")
        for row in found["OUTPUT"].getFeatures()
        if row["autore"] == "Anna Rossi"
    ]
    assert revoked == ["2024-07-01"]
    assert [row[3] for row in rows_of(bruno)] == [None, None]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"DIRECTION": 0, "OUTPUT_FILE": "x.json"}, "una delle due"),
        ({"DIRECTION": 1, "WORKSPACE": "area.gpkg"}, "da importare"),
        ({"DIRECTION": 0, "WORKSPACE": "area.gpkg"}, "in cui esportare"),
        ({"DIRECTION": 0, "WORKSPACE": "manca.gpkg", "OUTPUT_FILE": "x.json"}, "non esiste"),
    ],
)
def test_what_is_missing_is_named(sttm_provider, tmp_path, given, sentence):
    from qgis.core import QgsProcessingException

    given = {
        name: str(tmp_path / value) if name == "OUTPUT_FILE" else value
        for name, value in given.items()
    }
    with pytest.raises(QgsProcessingException, match=sentence):
        exchange(**given)
    assert not (tmp_path / "x.json").exists()
