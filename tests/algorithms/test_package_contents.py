"""What a package says to people, what it leaves out, and what lies beside it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from .test_submission import RHO, ROWS, X, Y, contents, export, table  # noqa: F401

PLANNED = {
    "id_servizio": "44444444-4444-4444-8444-444444444444",
    "denominazione": "Nuovo <b>ospedale</b>",
    "codice_sttm": "SAN.01",
    "stato": "previsto",
    "anno_previsto": 2030,
    "valenza_dichiarata": "metropolitana",
    "fonte": "PdS",
    "wkt": f"POINT({X + 100} {Y})",
}
LOCAL = {
    "id_servizio": "55555555-5555-4555-8555-555555555555",
    "denominazione": "Nuovo parcheggio",
    "codice_sttm": "LOC.01",
    "stato": "previsto",
    "valenza_dichiarata": "locale",
    "fonte": "PdS",
}
TAX_CODE = "RSSMRA80A01F205X"
PRIVATE = {
    "id_servizio": "66666666-6666-4666-8666-347123456789",
    "denominazione": "Sportello, tel. 347 1234567",
    "codice_sttm": "CUL.01",
    "stato": "esistente",
    "fonte": "PdS",
    "gestore": f"Mario Rossi {TAX_CODE}",
    "giustificazione": "Chiedere a mario.rossi@example.org dell'ufficio: convenzione 12/2020",
    "attributi": json.dumps(
        {"referente": {"valore": "mario.rossi@example.org"}, "utenti_anno": {"valore": 3000}}
    ),
    "attributi_origine": json.dumps({"tel": "347 1234567"}),
}
SECRETS = (TAX_CODE.encode(), b"mario.rossi", b"347 1234567", b"Mario Rossi")


def test_what_may_be_personal_is_left_out_of_every_file_and_told_to_the_comune(export, tmp_path):  # noqa: F811
    log = tmp_path / "registro.json"
    path = export(
        [*ROWS, PRIVATE], LOG=str(log), NOTES=f"Referente {TAX_CODE}", AUTHOR="A. Bianchi"
    )
    for name, content in contents(path).items():
        for secret in SECRETS:
            assert secret not in content, (name, secret)

    (sportello,) = [
        row
        for row in table(path, "servizi_punti", tmp_path)
        if row["id_servizio"] == PRIVATE["id_servizio"]
    ]
    assert sportello["denominazione"] == "Sportello, tel. [omesso]"
    assert sportello["giustificazione"].startswith("Chiedere a [omesso] dell'ufficio")
    assert json.loads(sportello["attributi"]) == {"utenti_anno": {"valore": 3000}}
    roles = {
        row["ruolo"]
        for row in table(path, "servizi_enti", tmp_path)
        if row["id_servizio"] == PRIVATE["id_servizio"]
    }
    assert roles == set()
    assert table(path, "metadati_consegna", tmp_path)[0]["note"] == "Referente [omesso]"
    verdicts = {
        row["codice"]: row["verdetto"]
        for row in json.loads(contents(path)["rilievi.json"])["controlli"]
    }
    assert verdicts["STTM2-941"] == "soddisfatto"

    told = json.loads(log.read_text("utf-8"))
    assert (told["schema"], told["letti"], told["scritti"]) == ("sttm.log/1", 4, 4)
    rows = {(row["campo"], row["prima"]) for row in told["righe"] if row["regola"] == "STTM2-941"}
    assert ("gestore", f"Mario Rossi {TAX_CODE}") in rows
    assert {campo for campo, _ in rows} == {
        "gestore", "denominazione", "giustificazione", "attributi"
    }  # fmt: skip
    (place,) = [row for row in told["righe"] if row["regola"] == "STTM2-943"]
    assert place["id_servizio"] == ROWS[2]["id_servizio"]
    assert place["prima"].startswith("POINT")


def test_what_must_not_be_located_does_not_tell_its_place_by_other_ways(services):
    """The LUM, the rules on the position and the distances found by another run go too."""
    import datetime

    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.core.attributes import classify_missing
    from sttm_plugin.core.delivery import Declaration, build_delivery
    from sttm_plugin.core.pack import load_pack
    from sttm_plugin.core.reference import comune_of
    from sttm_plugin.core.review import check_delivery
    from sttm_plugin.qgis_io.frames import read_services

    row = {**ROWS[0], "denominazione": "Centro antiviolenza Aurora", "in_lum": True, "id_lum": "L1"}
    other = {**ROWS[0], "id_servizio": "77777777-7777-4777-8777-777777777777", "id_lum": "L1"}
    crs = QgsCoordinateReferenceSystem("EPSG:32632")
    frame = read_services(services([row, {**other, "denominazione": "Biblioteca"}]), crs)
    pack, comune, day = load_pack(), comune_of(RHO), datetime.date(2026, 1, 1)
    frame = classify_missing(frame, pack)
    delivery = build_delivery(frame, comune=comune, pack=pack, declaration=Declaration(giorno=day))
    (hidden,) = delivery.tables["servizi_senza_localizzazione"].to_dict("records")
    (shown,) = delivery.tables["servizi_punti"].to_dict("records")
    assert (hidden["id_lum"], hidden["in_lum"]) == (None, None)
    assert shown["id_lum"] == "L1"
    rules = delivery.tables["valutazioni"]
    near = rules["codice_regola"] == "GEN-R14"
    assert list(rules.loc[near, "id_servizio"]) == [other["id_servizio"]]

    spatial = next(
        one.codice for one in pack.controlli if one.legge_geometria and one.codice > "STTM2-5"
    )
    again = check_delivery(delivery, comune=comune, pack=pack, crs="EPSG:32632", day=day)
    given = again.result.findings.head(2).copy()
    given["codice"] = spatial
    given["id_oggetto"] = [row["id_servizio"], other["id_servizio"]]
    given["id_rilievo"] = ["a", "b"]
    given["descrizione"] = "a 120 m dalla fermata"
    found = check_delivery(
        delivery, comune=comune, pack=pack, crs="EPSG:32632", day=day, given=given
    ).result.findings
    told = set(found.loc[found["descrizione"] == "a 120 m dalla fermata", "id_oggetto"])
    assert told == {other["id_servizio"]}


def test_what_is_found_personal_is_delivered_when_the_comune_says_so(export, tmp_path):  # noqa: F811
    path = export([PRIVATE], KEEP_PERSONAL=True)

    (row,) = table(path, "servizi_punti", tmp_path)
    assert row["denominazione"] == PRIVATE["denominazione"]


def test_the_report_has_the_map_the_balance_and_the_provenance(export):  # noqa: F811
    from qgis.PyQt.QtGui import QColor, QImage

    members = contents(export([*ROWS, {**ROWS[0], "id_servizio": None, "istat": "015146"}]))
    html = members["rapporto.html"].decode()

    picture = re.search(r'src="data:image/png;base64,([^"]+)"', html).group(1)
    image = QImage.fromData(base64.b64decode(picture))
    assert (image.width(), image.height()) == (1280, 900)
    # The garden, a square of 50 m whose corner is the library: the colour of "al limite…".
    colours = {
        QColor(image.pixel(x, y)).name() for x in range(0, 1280, 4) for y in range(0, 900, 4)
    }
    assert "#f4c20d" in colours
    assert "#1a1a1a" in colours  # the bar of scale and the north
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
    assert "Letti 4 Di altri comuni, non consegnati 1" in text
    assert (
        "Consegnati come punti 1 Consegnati come aree 1 Consegnati senza localizzazione 1" in text
    )
    assert "I conti tornano" in text
    assert "Soglia proposta da questo progetto, non ufficiale" in text
    assert "Geometria Perché" not in text
    assert "Geometria da non localizzare 1" in text
    assert "Ufficio Ufficio di piano" in text
    # A page for people: no script, and nothing fetched from elsewhere.
    assert not re.search(r"<script|<link|src=\"(?!data:)|https?://", html)


def test_without_a_place_there_is_no_map(export):  # noqa: F811
    html = contents(export([ROWS[2]]))["rapporto.html"].decode()

    assert "La mappa dei servizi" not in html


def test_the_pages_of_the_pdf_are_numbered(export, tmp_path):  # noqa: F811
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) reads the PDF of this test")
    (tmp_path / "r.pdf").write_bytes(contents(export())["rapporto.pdf"])
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "r.pdf", "-"],  # noqa: S607
        check=True,
        capture_output=True,
    ).stdout.decode()
    pages = text.split("\f")[:-1]
    for number, page in enumerate(pages, start=1):
        assert f"pagina {number} di {len(pages)}" in page
    assert "Piano dei Servizi di Rho" in pages[0]


def test_two_exports_of_the_same_day_differ_by_the_moment_alone(export, monkeypatch):  # noqa: F811
    first = contents(export(folder="uno"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1767225600 + 3600 * 5))
    again = contents(export(folder="due"))

    assert again["restituzione.gpkg"] == first["restituzione.gpkg"]
    assert again["rapporto.html"] == first["rapporto.html"]
    one, two = (json.loads(members["rilievi.json"]) for members in (first, again))
    assert one.pop("generato_il") == "2026-01-01T00:00:00Z"
    assert two.pop("generato_il") == "2026-01-01T05:00:00Z"
    assert one == two


def test_each_planned_service_of_possible_relevance_has_its_draft(export, tmp_path):  # noqa: F811
    folder = tmp_path / "schede"
    path = export([*ROWS, PLANNED, LOCAL], SHEETS=str(folder))

    assert sorted(one.name for one in folder.iterdir()) == [
        "indice.html",
        "scheda_nuovo_b_ospedale_b_44444444.html",
    ]
    text = (folder / "scheda_nuovo_b_ospedale_b_44444444.html").read_text("utf-8")
    assert "<b>ospedale" not in text
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))
    assert "Dichiarata nel piano metropolitana" in plain
    assert "Anno previsto 2030" in plain
    assert "Fase del progetto a che punto è il progetto" in plain
    assert "Gestore chi gestirà il servizio" in plain
    assert "Anno previsto quando il servizio" not in plain
    assert "da riscontrare" in plain
    assert set(contents(path)) == {
        "manifest.json", "rapporto.html", "rapporto.pdf", "restituzione.gpkg", "rilievi.json"
    }  # fmt: skip


def test_a_correction_holds_every_service_and_says_what_changed(export, tmp_path):  # noqa: F811
    first = export()
    rows = [dict(row) for row in ROWS]
    rows[0]["gestore"] = "Cooperativa Prova"
    rows[1]["stato"], rows[1]["data_fine_validita"] = "dismesso", "2025-12-31"
    path = export(
        rows[:2], folder="nuova", KIND=2, PREVIOUS_PACKAGE=first, NOTES="Errore materiale"
    )

    assert len(table(path, "servizi_poligoni", tmp_path)) == 1
    events = {
        (row["id_servizio"], row["evento"], row["data"]) for row in table(path, "storico", tmp_path)
    }
    assert events == {
        (ROWS[0]["id_servizio"], "modifica", "2026-01-01"),
        (ROWS[1]["id_servizio"], "dismissione", "2025-12-31"),
    }
    html = contents(path)["rapporto.html"].decode()
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
    assert "Servizi nuovi: 0, modificati: 1, chiusi: 1, invariati: 0." in plain
    assert "modificato: campi Gestore" in plain
    assert "Assenti senza essere stati chiusi: 1" in plain
    assert "Rettifica, numero 2" in plain
    assert Path(path).name.endswith("_v2.zip")
