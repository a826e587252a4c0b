"""The package: written, read back, refused when it isn't what we would have written."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import stat
import zipfile

import pytest

X, Y = 502000.0, 5042000.0
RHO = "015182"
AREA = f"MULTIPOLYGON((({X} {Y},{X + 50} {Y},{X + 50} {Y + 50},{X} {Y + 50},{X} {Y})))"
ROWS = [
    {
        "id_servizio": "11111111-1111-4111-8111-111111111111",
        "denominazione": "Biblioteca <script>alert(1)</script>",
        "codice_sttm": "CUL.01",
        "stato": "esistente",
        "fonte": "PdS",
        "gestore": "Comune di Rho",
        "proprietario": "Comune di Rho",
    },
    {
        "id_servizio": "22222222-2222-4222-8222-222222222222",
        "denominazione": "Giardino",
        "codice_sttm": "VER.01",
        "stato": "esistente",
        "superficie_mq": 2500.0,
        "fonte": "PdS",
        "wkt": AREA,
    },
    {
        "id_servizio": "33333333-3333-4333-8333-333333333333",
        "denominazione": "Casa rifugio",
        "codice_sttm": "EXT.07",
        "stato": "esistente",
        "fonte": "PdS",
    },
]
DAY = "1767225600"  # 1 January 2026
NAME = f"sttm2_pds_{RHO}_20260101_v1.zip"
MEMBERS = ["manifest.json", "rapporto.html", "rapporto.pdf", "restituzione.gpkg", "rilievi.json"]


@pytest.fixture
def export(sttm_provider, services, tmp_path, monkeypatch):
    """Run exportcompatibility into a folder; return the path of the zip."""
    from qgis import processing

    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)

    def run(rows=ROWS, folder="consegna", feedback=None, **others):
        target = tmp_path / folder
        target.mkdir(exist_ok=True)
        found = processing.run(
            "sttm:exportcompatibility",
            {
                "SERVICES": services(rows),
                "COMUNE": RHO,
                "AUTHOR": "A. Bianchi",
                "OFFICE": "Ufficio di piano",
                "ROLE": "Responsabile del procedimento",
                "OUTPUT": str(target),
                **others,
            },
            feedback=feedback,
        )
        return found["OUTPUT"]

    return run


@pytest.fixture
def validate(sttm_provider, tmp_path):
    """Run validatesubmission; return its results with the JSON report read."""
    from qgis import processing

    def run(path, **others):
        found = processing.run(
            "sttm:validatesubmission",
            {
                "INPUT": str(path),
                "REPORT_HTML": str(tmp_path / "validazione.html"),
                "REPORT_JSON": str(tmp_path / "validazione.json"),
                **others,
            },
        )
        found["json"] = json.loads((tmp_path / "validazione.json").read_text("utf-8"))
        found["html"] = (tmp_path / "validazione.html").read_text("utf-8")
        found["stages"] = {stage["nome"]: stage for stage in found["json"]["fasi"]}
        found["texts"] = [
            problem["messaggio"] for stage in found["json"]["fasi"] for problem in stage["problemi"]
        ]
        return found

    return run


def contents(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, target, change=None, names=None):
    """Write a zip again with some members changed and the manifest telling the truth."""
    members = contents(path)
    for name, content in (change or {}).items():
        members[name] = content
    manifest = json.loads(members["manifest.json"])
    for entry in manifest["file"]:
        content = members.get(entry["nome"], b"")
        entry["byte"], entry["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or sorted(members):
            archive.writestr(name, members[name])
    return target


def table(path, name, folder):
    target = folder / "letto.gpkg"
    target.write_bytes(contents(path)["restituzione.gpkg"])
    connection = sqlite3.connect(target)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608
    finally:
        connection.close()


def test_the_zip_is_flat_named_as_proposed_and_dated_1980(export):
    from pathlib import Path

    path = Path(export())
    assert path.name == NAME
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == MEMBERS
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    members = contents(path)
    manifest = json.loads(members["manifest.json"])
    assert (manifest["istat"], manifest["tipo"], manifest["numero"]) == (RHO, "prima", 1)
    assert {entry["nome"] for entry in manifest["file"]} == set(MEMBERS) - {"manifest.json"}
    for entry in manifest["file"]:
        assert hashlib.sha256(members[entry["nome"]]).hexdigest() == entry["sha256"]
    assert members["rapporto.pdf"].startswith(b"%PDF-")
    assert b"<script>" not in members["rapporto.html"]
    assert json.loads(members["rilievi.json"])["schema"] == "sttm.rilievi/1"


def test_the_same_data_give_the_same_bytes(export):
    from pathlib import Path

    first = Path(export(folder="uno")).read_bytes()
    again = Path(export(list(reversed(ROWS)), folder="due")).read_bytes()
    assert again == first


def test_roles_become_rows_and_shelters_lose_their_place(export, tmp_path):
    path = export()
    bodies = table(path, "servizi_enti", tmp_path)
    assert {(row["ruolo"], row["ente"]) for row in bodies} == {
        ("gestore", "Comune di Rho"),
        ("proprietario", "Comune di Rho"),
    }
    assert [
        row["denominazione"] for row in table(path, "servizi_senza_localizzazione", tmp_path)
    ] == ["Casa rifugio"]
    assert len(table(path, "servizi_punti", tmp_path)) == 1
    assert len(table(path, "servizi_poligoni", tmp_path)) == 1
    (meta,) = table(path, "metadati_consegna", tmp_path)
    assert (meta["ente"], meta["autore"]) == ("Comune di Rho", "A. Bianchi")
    rules = {row["codice_regola"] for row in table(path, "valutazioni", tmp_path)}
    assert "VER.01-R01" in rules


def test_what_we_write_is_valid(export, validate):
    found = validate(export())
    assert found["VALID"] is True
    assert {name: stage["esito"] for name, stage in found["stages"].items()} == {
        "pacchetto": "superata",
        "schema": "superata",
        "contenuto": "superata",
    }
    verdicts = {row["codice"]: row["verdetto"] for row in found["json"]["controlli"]}
    for code in ("STTM2-101", "STTM2-102", "STTM2-946", "STTM2-947"):
        assert verdicts[code] == "soddisfatto"
    assert "La consegna è valida" in found["html"]
    assert "<script>" not in found["html"]


def test_a_blocking_finding_stops_the_delivery(export, validate, tmp_path):
    from qgis.core import QgsProcessingException

    rows = [{**ROWS[0], "wkt": "POINT EMPTY"}, ROWS[1]]
    with pytest.raises(QgsProcessingException, match="La consegna non parte: 1 rilievi bloccanti"):
        export(rows)
    assert list((tmp_path / "consegna").iterdir()) == []


def test_a_blocked_package_written_for_a_trial_is_rejected(export, validate):
    bow = f"MULTIPOLYGON((({X} {Y},{X + 50} {Y + 50},{X + 50} {Y},{X} {Y + 50},{X} {Y})))"
    path = export([ROWS[0], {**ROWS[1], "wkt": bow}], ALLOW_BLOCKING=True)
    found = validate(path)
    assert found["VALID"] is False
    assert found["stages"]["contenuto"]["esito"] == "non superata"
    assert "Giardino: geometria non valida" in found["texts"]


def test_an_update_holds_only_what_changed(export, validate, tmp_path):
    first = export()
    rows = [{**row} for row in ROWS]
    rows[0]["capacita"], rows[0]["capacita_um"] = 80.0, "posti a sedere"
    path = export(rows, folder="nuova", KIND=1, PREVIOUS_PACKAGE=first)
    assert path.endswith("_v2.zip")
    manifest = json.loads(contents(path)["manifest.json"])
    assert (manifest["tipo"], manifest["numero"]) == ("aggiornamento", 2)
    assert manifest["precedente"]
    assert [row["denominazione"] for row in table(path, "servizi_punti", tmp_path)] == [
        ROWS[0]["denominazione"]
    ]
    assert table(path, "servizi_poligoni", tmp_path) == []
    events = {row["evento"] for row in table(path, "storico", tmp_path)}
    assert events == {"modifica"}
    assert validate(path)["VALID"] is True


def test_an_update_without_the_package_before_is_refused(export):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="serve la consegna precedente"):
        export(KIND=1)


def test_a_reference_system_that_is_not_of_the_delivery_is_refused(export):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="EPSG:3003"):
        export(CRS="EPSG:3003")


def test_no_service_of_the_comune_is_refused(export):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Nessun servizio del comune"):
        export([{**ROWS[0], "istat": "015146"}])


# What is refused by who receives --------------------------------------------------------------


def invalid(found, *pieces):
    assert found["VALID"] is False
    assert found["ERRORS"] >= 1
    assert "non è valida" in found["html"]
    for piece in pieces:
        assert any(piece in text for text in found["texts"]), found["texts"]


def test_a_changed_byte_is_seen(export, validate, tmp_path):
    members = contents(export())
    members["rilievi.json"] += b" "
    target = tmp_path / NAME
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    invalid(validate(target), "impronta SHA-256")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../fuori.txt", "percorso"),
        ("/etc/passwd", "percorso"),
        ("sotto/dati.gpkg", "percorso"),
        ("C:\\dati.gpkg", "percorso"),
        ("leggimi.txt", "file in più"),
    ],
)
def test_members_that_are_not_of_a_package_are_refused_unopened(
    export, validate, tmp_path, name, sentence
):
    target = tmp_path / NAME
    shutil.copy(export(), target)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, b"x")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    found = validate(target)
    invalid(found, sentence)
    assert found["stages"]["schema"]["esito"] == "non eseguita"
    after = sorted(path.name for path in tmp_path.rglob("*"))
    assert set(after) - set(before) == {"validazione.html", "validazione.json"}


def test_a_link_a_double_and_a_bomb_are_refused(export, validate, tmp_path):
    path = export()
    members = contents(path)

    def packed(kind):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                if kind == "link" and name == "rapporto.html":
                    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
                    content = b"/etc/passwd"
                if kind == "bomb" and name == "rapporto.html":
                    content = b"\0" * (64 << 20)
                archive.writestr(entry, content)
            if kind == "double":
                archive.writestr("rilievi.json", b"{}")
        target = tmp_path / NAME
        target.write_bytes(buffer.getvalue())
        return target

    for kind, sentence in (
        ("link", "collegamento"),
        ("double", "compare 2 volte"),
        ("bomb", "bomba"),
    ):
        invalid(validate(packed(kind)), sentence)


def test_a_truncated_zip_and_something_else_are_told(export, validate, tmp_path):
    from pathlib import Path

    whole = Path(export()).read_bytes()
    target = tmp_path / NAME
    target.write_bytes(whole[: len(whole) // 2])
    invalid(validate(target), "troncato o danneggiato")
    target.write_bytes(b"non sono uno zip, ma un testo")
    invalid(validate(target), "non è uno zip")


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        (
            "CREATE TRIGGER male AFTER INSERT ON servizi_punti BEGIN DELETE FROM storico; END",
            "trigger",
        ),
        ("CREATE VIEW vista AS SELECT * FROM servizi_punti", "vista"),
        ("DROP TABLE metadati_consegna", "Manca la tabella «metadati_consegna»"),
        ("ALTER TABLE servizi_punti DROP COLUMN stato", "manca il campo «stato»"),
        ("UPDATE servizi_punti SET istat = '015146'", "codice ISTAT di un altro comune"),
        ("UPDATE servizi_punti SET stato = 'aperto'", "valori non previsti (aperto)"),
        ("DELETE FROM servizi_poligoni", "il manifest dice 1 righe"),
        ("UPDATE metadati_consegna SET versione_criteri = NULL", "con quali criteri"),
    ],
)
def test_each_stage_says_what_is_wrong_with_the_data(export, validate, tmp_path, sql, sentence):
    path = export()
    database = tmp_path / "cambiato.gpkg"
    database.write_bytes(contents(path)["restituzione.gpkg"])
    connection = sqlite3.connect(database)
    connection.execute(sql)
    connection.commit()
    connection.execute("VACUUM")
    connection.close()
    target = rewrite(path, tmp_path / NAME, {"restituzione.gpkg": database.read_bytes()})
    invalid(validate(target), sentence)


def test_a_geopackage_alone_can_be_valid_with_a_warning(export, validate, tmp_path):
    database = tmp_path / "restituzione.gpkg"
    database.write_bytes(contents(export())["restituzione.gpkg"])
    found = validate(database)
    assert found["VALID"] is True
    assert any("integrità non è dimostrata" in text for text in found["texts"])


def test_a_file_that_is_not_there_is_a_sentence(validate, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="non si apre"):
        validate(tmp_path / "manca.zip")


# --- the tables a comune may leave empty ---------------------------------------------


def as_table(layer, fields, rows):
    return layer("None", fields, [(*row, None) for row in rows])


def verdicts(found):
    return {one["codice"]: one["verdetto"] for one in found["json"]["controlli"]}


def test_what_the_comune_gives_is_delivered_and_checked_where_it_arrives(
    export, validate, layer, tmp_path
):
    users = {"utenti_per_comune": {"valore": {"015146": 40, "015011": 3}, "natura": "rilevato"}}
    rows = [{**ROWS[0], "attributi": json.dumps(users), "fonte_id": "CUP1"}, *ROWS[1:]]
    path = export(
        rows,
        REGENERATION=layer("Polygon", "&field=nome:string", [("Ex scalo", AREA)]),
        FUNDING=as_table(layer, "&field=cup:string&field=data_fine_prevista:string", [
            ("CUP1", "2026-12-31"),
        ]),
        LOG=str(tmp_path / "registro.json"),
    )  # fmt: skip
    assert [
        (row["cod_istat_origine"], row["utenti"]) for row in table(path, "servizi_bacino", tmp_path)
    ] == [("015146", 40), ("999999", 3)]
    (area,) = table(path, "aree_opportunita", tmp_path)
    assert area["superficie_mq"] == 2500.0
    (project,) = table(path, "finanziamenti", tmp_path)
    assert (project["id_fin"], project["id_servizio"]) == ("CUP1", ROWS[0]["id_servizio"])
    log = json.loads((tmp_path / "registro.json").read_text("utf-8"))
    assert ("STTM2-942", "utenti_per_comune") in {
        (row["regola"], row["campo"]) for row in log["righe"]
    }
    found = validate(path)
    assert found["VALID"]
    said = verdicts(found)
    codes = ("STTM2-904", "STTM2-942", "STTM2-921", "STTM2-924")
    assert [said[code] for code in codes] == ["soddisfatto"] * 4


def test_a_zone_that_is_not_the_comune_s_and_a_small_cell_are_found_where_they_arrive(
    export, validate, tmp_path
):
    users = {"utenti_per_comune": {"valore": {"015146": 40}}}
    path = export([{**ROWS[0], "attributi": json.dumps(users)}, *ROWS[1:]])
    database = tmp_path / "cambiato.gpkg"
    database.write_bytes(contents(path)["restituzione.gpkg"])
    connection = sqlite3.connect(database)
    connection.execute("UPDATE servizi_senza_localizzazione SET cod_zo = 'SUE'")
    connection.execute("UPDATE servizi_bacino SET utenti = 4")
    connection.commit()
    connection.close()
    changed = rewrite(path, tmp_path / NAME, {"restituzione.gpkg": database.read_bytes()})
    found = validate(changed)
    said = verdicts(found)
    assert (said["STTM2-904"], said["STTM2-942"]) == ("non_soddisfatto",) * 2
    by_code = {one["codice"]: one for one in found["json"]["rilievi"]}
    assert by_code["STTM2-904"]["id_oggetto"] == ROWS[2]["id_servizio"]
    assert by_code["STTM2-904"]["valore"] == "SUE"
    assert (by_code["STTM2-942"]["id_oggetto"], by_code["STTM2-942"]["valore"]) == (
        ROWS[0]["id_servizio"], "4",
    )  # fmt: skip


def test_tables_left_empty_say_why_and_no_check_waits_for_them(export, validate):
    path = export()
    page = contents(path)["rapporto.html"].decode()
    assert "non è indicata una tabella degli interventi finanziati" in page
    assert "non è indicato un layer delle aree di rigenerazione" in page
    said = verdicts(validate(path))
    assert (said["STTM2-904"], said["STTM2-942"]) == ("soddisfatto", "non_applicabile")
