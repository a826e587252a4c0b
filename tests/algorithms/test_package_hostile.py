"""A good package damaged in many ways: a sentence each time, never a crash, nothing outside."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from .test_submission import contents, export, invalid, rewrite, validate  # noqa: F401

NAME = "sttm2_pds_015182_20260101_v1.zip"
DAMAGES = 600


@pytest.fixture
def good(export):  # noqa: F811
    """Path of a good package."""
    return Path(export())


def packed(members) -> bytes:
    """Return a zip whose manifest tells the truth of whatever it holds."""
    manifest = json.loads(members["manifest.json"])
    for entry in manifest["file"]:
        content = members[entry["nome"]]
        entry["byte"], entry["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            text = json.dumps(manifest).encode() if name == "manifest.json" else members[name]
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def damaged(data: bytes, random) -> bytes:
    """Return some bytes with one to four damages of six kinds, anywhere."""
    made = bytearray(data)
    for _ in range(int(random.integers(1, 5))):
        # Half of the damages fall where the structure is: the last and the first bytes.
        size = len(made)
        near = int(random.integers(0, min(size, 700)))
        place = int(random.choice([near, size - 1 - near, int(random.integers(0, size))]))
        kind = int(random.integers(0, 6))
        piece = bytes(random.integers(0, 256, int(random.integers(1, 9)), dtype=np.uint8))
        if kind == 0:
            made[place] ^= 1 << int(random.integers(0, 8))
        elif kind == 1:
            made[place : place + len(piece)] = piece
        elif kind == 2:
            made[place:place] = piece
        elif kind == 3:
            del made[place : place + len(piece)]
        elif kind == 4:
            made[place : place + 4] = b"\xff\xff\xff\xff"
        elif size > 1000:
            del made[int(random.integers(500, size)) :]
    return bytes(made)


def test_damaged_packages_are_opened_or_refused_with_sentences(good, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.core.errors import SttmError
    from sttm_plugin.core.package import open_package
    from sttm_plugin.qgis_io.submission import read_package_services

    members = contents(good)
    whole = good.read_bytes()
    random = np.random.default_rng(20260101)
    crs = QgsCoordinateReferenceSystem("EPSG:32632")
    target, inside = tmp_path / NAME, tmp_path / "dentro"
    before = {path for path in tmp_path.rglob("*") if path.parent != inside}
    opened_well = refused = 0
    for number in range(DAMAGES):
        if number % 3 == 0:
            target.write_bytes(damaged(whole, random))
        else:
            name = ["restituzione.gpkg", "manifest.json", "rilievi.json"][number % 3 - 1]
            name = "restituzione.gpkg" if number % 2 else name
            if name == "manifest.json":
                changed = {**members, name: damaged(members[name], random)}
                buffer = io.BytesIO()
                with zipfile.ZipFile(buffer, "w") as archive:
                    for key in sorted(changed):
                        archive.writestr(key, changed[key])
                target.write_bytes(buffer.getvalue())
            else:
                target.write_bytes(packed({**members, name: damaged(members[name], random)}))
        shutil.rmtree(inside, ignore_errors=True)
        inside.mkdir()

        opened = open_package(target, inside)

        assert {path.name for path in inside.iterdir()} <= {"restituzione.gpkg"}
        assert all(problem.messaggio for problem in opened.problems)
        if opened.refused:
            refused += 1
            assert not opened.sound
            assert opened.geopackage is None
        elif opened.geopackage is not None and opened.sound:
            opened_well += 1
            try:
                services = read_package_services(opened.geopackage, crs)
            except SttmError as error:
                assert str(error).endswith(".")
            else:
                assert "id_servizio" in services.columns
    after = {path for path in tmp_path.rglob("*") if path.parent != inside}
    assert after - before <= {target, inside}
    # Both ends were tried: most are refused, some damages fall where nothing depends on them.
    assert refused > DAMAGES // 2
    assert opened_well > 0


ODD = {
    "testi al posto dei numeri": [
        "UPDATE servizi_punti SET capacita = 'molti', confidenza = 'x', anno_previsto = 'ieri'",
    ],
    "testi che non sono quello che dicono": [
        "UPDATE servizi_punti SET attributi = '{', data_rif = 'ieri', stato = X'00FF'",
        "UPDATE servizi_punti SET denominazione = NULL, valenza_calcolata = '=1+1'",
        "UPDATE metadati_consegna SET data_consegna = '2026-02-30', numero = 1e300",
    ],
    "geometrie rotte": [
        "UPDATE servizi_punti SET geom = X'4750000300000000'",
        "UPDATE servizi_poligoni SET geom = X'47500001787F0000010300000001000000FFFFFF7F'",
    ],
    "identificativi ripetuti fra le tabelle": [
        "UPDATE servizi_poligoni SET id_servizio = (SELECT id_servizio FROM servizi_punti)",
    ],
}


@pytest.mark.parametrize("kind", sorted(ODD))
def test_odd_values_in_a_sound_package_are_told(good, validate, tmp_path, kind):  # noqa: F811
    database = tmp_path / "cambiato.gpkg"
    database.write_bytes(contents(good)["restituzione.gpkg"])
    connection = sqlite3.connect(database)
    for sql in ODD[kind]:
        connection.execute(sql)
    connection.commit()
    connection.close()
    found = validate(rewrite(good, tmp_path / NAME, {"restituzione.gpkg": database.read_bytes()}))
    invalid(found)


HOSTILE = {
    "indice calcolato": "CREATE INDEX i ON servizi_punti (abs(id_servizio))",
    "colonna calcolata": "CREATE TABLE t (a INTEGER, b AS (hex(zeroblob(900000000))))",
    "tabella virtuale": "CREATE VIRTUAL TABLE v USING fts5(testo)",
    "vista": "CREATE VIEW v AS SELECT * FROM servizi_punti",
    "contiene codice": 'UPDATE layer_styles SET styleQML = \'<qgis><actionsetting type="1" '
    'action="import os"/></qgis>\'',
    "trigger": "CREATE TRIGGER t AFTER INSERT ON storico BEGIN DELETE FROM storico; END",
}


def test_what_would_run_in_a_geopackage_is_refused_unopened(good, tmp_path):
    from sttm_plugin.core.package import open_package

    members = contents(good)
    for number, (sentence, sql) in enumerate(HOSTILE.items()):
        database = tmp_path / f"{number}.gpkg"
        database.write_bytes(members["restituzione.gpkg"])
        connection = sqlite3.connect(database)
        connection.execute(sql)
        connection.commit()
        connection.close()
        target = tmp_path / NAME
        target.write_bytes(packed({**members, "restituzione.gpkg": database.read_bytes()}))
        folder = tmp_path / f"dentro{number}"
        folder.mkdir()

        opened = open_package(target, folder)

        assert opened.refused
        assert opened.geopackage is None
        assert any(sentence in problem.messaggio for problem in opened.problems), sentence


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the signature")
def test_a_signed_package_is_opened_and_its_signer_shown(good, validate, tmp_path):  # noqa: F811
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)  # noqa: S607

    key, person = tmp_path / "chiave.pem", tmp_path / "persona.pem"
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", person,
        "-days", "30", "-subj", "/O=Ente di prova/CN=Anna <b>Bianchi",
    )  # fmt: skip
    signing = ("cms", "-sign", "-binary", "-cades", "-in", good, "-signer", person, "-inkey", key)
    folder = tmp_path / "ricevuti"
    folder.mkdir()
    around, beside = folder / f"{NAME}.p7m", folder / f"{NAME}.p7s"
    openssl(*signing, "-nodetach", "-outform", "DER", "-out", around)

    found = validate(around)

    assert found["VALID"] is True
    (signer,) = found["json"]["firma"]["firmatari"]
    assert (signer["nome"], signer["emittente"]) == ("Anna <b>Bianchi", "Ente di prova")
    assert "Anna &lt;b&gt;Bianchi" in found["html"]
    assert "non è giudicata" in found["html"]

    around.unlink()
    shutil.copy(good, folder / NAME)
    openssl(*signing, "-outform", "DER", "-out", beside)
    found = validate(folder / NAME)
    assert found["VALID"] is True
    assert [one["nome"] for one in found["json"]["firma"]["firmatari"]] == ["Anna <b>Bianchi"]

    # The same signature beside another package.
    shutil.copy(rewrite(good, folder / "altro.zip"), folder / NAME)
    os.unlink(folder / "altro.zip")
    invalid(validate(folder / NAME), "non è quello che è stato firmato")
