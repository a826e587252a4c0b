"""The panel "Consegna": ready or not, the package and its check; the package one receives."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from .test_verification_dock import said

RHO = "015182"
HOSTILE = "<img src=x onerror=alert(1)>"
CODE = "RSSMRA80A01F205X"
ROWS = [
    ("11111111-1111-4111-8111-111111111111", HOSTILE, "CUL.01", "esistente", None),
    ("22222222-2222-4222-8222-222222222222", "Museo nuovo", "CUL.02", "previsto", "metropolitana"),
    ("33333333-3333-4333-8333-333333333333", f"Scuola di {CODE}", "IST.01", "esistente", None),
]


@pytest.fixture
def services(qgis_new_project):
    """Three services of Rho in the project, ticked."""
    from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer

    from sttm_plugin.gui.project_state import remember

    names = "id_servizio denominazione codice_sttm stato valenza_dichiarata istat fonte"
    fields = "&".join(f"field={name}:string" for name in names.split())
    layer = QgsVectorLayer(f"Point?crs=EPSG:32632&{fields}", "servizi", "memory")
    features = []
    for number, row in enumerate(ROWS):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([*row, RHO, "PdS"])
        feature.setGeometry(QgsGeometry.fromWkt(f"Point({502000 + 300 * number} 5042000)"))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    remember("comune", RHO)
    remember("SERVICES", [layer.id()])
    return layer


@pytest.fixture
def dock(window, sttm_provider, services, qtbot, tmp_path):
    from sttm_plugin.gui.delivery_dock import DeliveryDock

    made = DeliveryDock(window, window.window)
    window.window.addDockWidget(made.AREA, made)
    made.show()
    made.panel.output.setFilePath(str(tmp_path / "consegna.zip"))
    yield made
    if made.is_running():
        made.cancel()
    made.close_down()


@pytest.fixture
def signed(dock):
    """The panel with who hands in filled in."""
    dock.panel.author.setText("Ada Rossi")
    dock.panel.office.setText("Urbanistica")
    dock.panel.role.setText("responsabile")
    return dock


@pytest.fixture
def opened(monkeypatch):
    """What the panel opens outside."""
    from sttm_plugin.gui import delivery_dock

    found = []
    fake = type("Fake", (), {"openUrl": staticmethod(lambda url: found.append(url.toLocalFile()))})
    monkeypatch.setattr(delivery_dock, "QDesktopServices", fake)
    return found


def click(qtbot, button):
    from qgis.PyQt.QtCore import Qt

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def settle(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.is_running(), timeout=90000)


def export(qtbot, dock):
    dock.export()
    settle(qtbot, dock)


def test_what_is_handed_in_is_told_and_what_lacks_is_asked_for(qtbot, dock):
    from sttm_plugin.gui.project_state import remember

    assert dock.panel.data_told.text().startswith("Rho (015182): servizi. Senza rilievi")
    assert dock.panel.problem.text() == "Manca l'autore."
    assert not dock.panel.export_package.isEnabled()
    remember("SERVICES", [])
    assert dock.panel.data_told.text().startswith("Spuntare i layer dei servizi")
    dock.check_ready()
    assert said(dock).startswith("Spuntare i layer dei servizi")


def pick(combo, layer):
    combo.setLayer(layer)
    combo.activated.emit(combo.currentIndex())


def test_users_by_origin_areas_and_funding_chosen_here_are_in_the_package(
    qtbot, signed, tmp_path, window
):
    import json
    import sqlite3

    from qgis.core import QgsFeature, QgsProject, QgsVectorLayer

    from sttm_plugin.gui.verification_dock import VerificationDock

    fields = "field=id_servizio:string&field=cod_istat_origine:string&field=utenti:integer"
    users = QgsVectorLayer(
        f"NoGeometry?{fields}&field=anno:integer&field=natura_valore:string&field=fonte:string",
        "utenti",
        "memory",
    )
    row = QgsFeature(users.fields())
    row.setAttributes([ROWS[1][0], "015146", 40, 2024, "rilevato", "biglietteria"])
    users.dataProvider().addFeatures([row])
    funds = QgsVectorLayer("NoGeometry?field=cup:string", "PNRR", "memory")
    QgsProject.instance().addMapLayers([users, funds])
    log = tmp_path / "registro_l1.json"
    pick(signed.panel.layer_ORIGINS, users)
    pick(signed.panel.layer_FUNDING, funds)
    signed.panel.file_IMPORT_LOG.setFilePath(str(log))
    given = signed.parameters()
    assert (given["ORIGINS"], given["FUNDING"]) == (users.id(), funds.id())
    assert "REGENERATION" not in given
    assert "IMPORT_LOG" not in given  # it isn't there
    assert signed.panel.layer_REGENERATION.currentText() == "(nessuno)"
    other = VerificationDock(window, window.window)
    assert other.inputs.combos["STOPS"].currentText() == "(nessuno)"
    assert other.inputs.combos["FUNDING"].currentLayer() is funds
    log.write_text(json.dumps({}), encoding="utf-8")
    assert signed.parameters()["IMPORT_LOG"] == other.inputs.parameters()["IMPORT_LOG"] == str(log)
    other.close_down()
    log.unlink()

    signed.panel.allow_blocking.setChecked(True)
    export(qtbot, signed)
    with zipfile.ZipFile(tmp_path / "consegna.zip") as archive:
        archive.extract("restituzione.gpkg", tmp_path)
    with sqlite3.connect(tmp_path / "restituzione.gpkg") as written:
        found = written.execute("select cod_istat_origine, utenti from servizi_bacino").fetchall()
    written.close()
    assert found == [("015146", 40)]


def test_the_list_says_what_is_missing_and_what_to_do(qtbot, dock):
    click(qtbot, dock.panel.check_ready)
    settle(qtbot, dock)
    groups = {row["voce"] for row in dock.items.all_rows}
    assert {"metadati", "dati_personali", "da_spiegare", "non_verificato"} <= groups
    assert dock.panel.ready_told.text().startswith(
        "Nulla la blocca. Da guardare: metadati 3, dati personali 1,"
    )
    assert CODE not in str(dock.items.all_rows)
    at = dock.panel.filter_group.findData("metadati")
    assert dock.panel.filter_group.itemText(at) == "Metadati (3)"
    dock.panel.filter_group.setCurrentIndex(at)
    assert [row["testo"][:14] for row in dock.items.rows] == [
        "Manca l'autore", "Manca l'uffici", "Manca il ruolo",
    ]  # fmt: skip
    dock.panel.items.selectRow(0)
    assert "Che cosa fare: Compilare il pacchetto." in dock.panel.item_detail.toPlainText()
    assert not dock.panel.to_finding.isEnabled()
    dock.panel.filter_group.setCurrentIndex(dock.panel.filter_group.findData("da_spiegare"))
    dock.panel.items.selectRow(0)
    with qtbot.waitSignal(dock.finding_wanted) as wanted:
        click(qtbot, dock.panel.to_finding)
    assert wanted.args == [dock.items.rows[0]["id_rilievo"]]


def test_a_hostile_name_is_plain_text_in_the_list(qtbot, signed):
    signed.items.set_rows(
        [
            {
                "voce": "da_spiegare", "titolo": "Da spiegare", "testo": HOSTILE, "codice": HOSTILE,
                "numero": HOSTILE, "che_fare": HOSTILE, "id_oggetto": HOSTILE, "id_rilievo": None,
            }
        ]
    )  # fmt: skip
    signed.panel.items.selectRow(0)
    assert signed.panel.item_detail.toPlainText().count(HOSTILE) == 4
    assert "<img" not in signed.panel.item_detail.toHtml()


def test_the_package_is_written_validated_and_its_hashes_shown(qtbot, signed, tmp_path, opened):
    signed.panel.sheets.setChecked(True)
    signed.panel.log.setChecked(True)
    export(qtbot, signed)
    path = tmp_path / "consegna.zip"
    told = signed.panel.written.toPlainText()
    assert sha256(path.read_bytes()).hexdigest() in told
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name != "manifest.json":
                assert sha256(archive.read(name)).hexdigest() in told, name
    assert "Controllo: valido, nulla lo blocca" in told
    assert "3. Contenuto: superata" in told
    assert "consegna.zip.p7m" in told
    assert said(signed) == "Consegna scritta e validata: consegna.zip."
    assert (tmp_path / "consegna_schede" / "indice.html").is_file()
    assert CODE in (tmp_path / "consegna_non_consegnato.json").read_text(encoding="utf-8")
    assert CODE not in told

    signed.open_report()
    assert Path(opened[-1]).read_text(encoding="utf-8").lstrip().startswith("<!DOCTYPE html>")
    signed.open_folder()
    assert opened[-1] == str(tmp_path)


def test_what_blocks_stops_the_package_with_a_sentence(qtbot, signed, services, tmp_path):
    services.dataProvider().changeAttributeValues({2: {0: ROWS[0][0]}})
    export(qtbot, signed)
    assert said(signed).startswith("La consegna non parte: ")
    assert not (tmp_path / "consegna.zip").exists()
    assert signed.panel.export_package.isEnabled()


def test_an_update_asks_for_the_package_before(dock, tmp_path):
    dock.panel.author.setText("Ada")
    dock.panel.kind.setCurrentIndex(1)
    assert dock.panel.problem.text().startswith("Un aggiornamento o una rettifica")
    dock.panel.previous.setFilePath(str(tmp_path / "prima.zip"))
    assert dock.panel.export_package.isEnabled()
    assert dock.parameters()["PREVIOUS_PACKAGE"].endswith("prima.zip")
    assert dock.parameters()["KIND"] == 1


def test_the_next_free_name_is_proposed(tmp_path):
    from sttm_plugin.gui.delivery_dock import proposed_path

    assert proposed_path(tmp_path, "015146", "20250102").name == "sttm2_pds_015146_20250102_v1.zip"
    (tmp_path / "sttm2_pds_015146_20241231_v3.zip").touch()
    (tmp_path / "sttm2_pds_015108_20241231_v9.zip").touch()
    assert proposed_path(tmp_path, "015146", "20250102").name == "sttm2_pds_015146_20250102_v4.zip"


def receive(qtbot, dock, path):
    dock.panel.received.setFilePath(str(path))
    click(qtbot, dock.panel.validate)
    settle(qtbot, dock)
    return {row["fase"]: row["esito"] for row in dock.stages.rows}


def test_who_receives_reads_three_stages_and_gets_the_drafts(
    qtbot, signed, tmp_path, monkeypatch, opened
):
    from qgis.PyQt.QtWidgets import QFileDialog

    export(qtbot, signed)
    signed.panel.tabs.setCurrentIndex(2)
    found = receive(qtbot, signed, tmp_path / "consegna.zip")
    assert found == {"pacchetto": "superata", "schema": "superata", "contenuto": "superata"}
    assert signed.panel.verdict.text().startswith("Valida, nulla la blocca: errori ")
    assert signed.panel.verdict.text().endswith("Nessuna firma letta.")
    digest = sha256((tmp_path / "consegna.zip").read_bytes()).hexdigest()
    assert digest in signed.panel.problem_detail.toPlainText()
    drafts = tmp_path / "bozze"
    drafts.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a: str(drafts))
    click(qtbot, signed.panel.drafts)
    settle(qtbot, signed)
    assert opened[-1] == str(drafts / "indice.html")
    assert len(list(drafts.iterdir())) == 2


def test_a_tampered_package_says_in_which_stage_it_fails(qtbot, signed, tmp_path):
    export(qtbot, signed)
    tampered = tmp_path / "manomesso.zip"
    with zipfile.ZipFile(tmp_path / "consegna.zip") as one, zipfile.ZipFile(tampered, "w") as other:
        for name in one.namelist():
            content = one.read(name)
            other.writestr(name, content + b" " if name == "rilievi.json" else content)
    found = receive(qtbot, signed, tampered)
    assert found["pacchetto"] == "non superata"
    assert signed.panel.verdict.text().startswith("Non valida: errori ")
    assert signed.stages.row(signed.panel.stages.currentIndex())["fase"] == "pacchetto"
    assert any("rilievi.json" in row["messaggio"] for row in signed.problems.rows)
    signed.panel.problems.selectRow(0)
    assert signed.panel.problem_detail.toPlainText().startswith(
        signed.problems.rows[0]["messaggio"]
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the signature")
def test_who_signed_is_shown_and_not_judged(qtbot, signed, tmp_path):
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)  # noqa: S607

    export(qtbot, signed)
    package, key, person = (tmp_path / one for one in ("consegna.zip", "chiave.pem", "io.pem"))
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", person,
        "-days", "30", "-subj", "/O=Ente di prova/CN=Anna <b>Bianchi",
    )  # fmt: skip
    around = tmp_path / "ricevuta.zip.p7m"
    openssl(
        "cms", "-sign", "-binary", "-cades", "-in", package, "-signer", person, "-inkey", key,
        "-nodetach", "-outform", "DER", "-out", around,
    )  # fmt: skip
    found = receive(qtbot, signed, around)
    assert set(found.values()) == {"superata"}
    told = signed.panel.verdict.text()
    assert "Firmata da Anna <b>Bianchi, certificato di Ente di prova" in told
    assert told.endswith("(la validità della firma non è giudicata qui).")


def test_another_file_takes_the_old_verdict_away(qtbot, dock, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"no")
    receive(qtbot, dock, tmp_path / "a.zip")
    assert dock.panel.verdict.text()
    dock.panel.received.setFilePath(str(tmp_path / "b.zip"))
    assert (dock.panel.verdict.text(), dock.stages.rows) == ("", [])


def test_who_hands_in_comes_back_with_the_project(qtbot, signed):
    signed.panel.notes.setPlainText("seconda stesura")
    signed.panel.tabs.setCurrentIndex(1)
    signed.remember_view()
    signed.panel.author.setText("")
    signed.panel.notes.setPlainText("")
    signed.panel.tabs.setCurrentIndex(2)
    signed.restore()
    assert (signed.panel.author.text(), signed.panel.notes.toPlainText()) == (
        "Ada Rossi",
        "seconda stesura",
    )
    assert signed.panel.tabs.currentIndex() == 1


def test_f5_checks_and_escape_stops(qtbot, signed):
    from qgis.PyQt.QtCore import Qt

    signed.panel.tabs.setCurrentIndex(0)
    qtbot.keyClick(signed.panel.items, Qt.Key.Key_F5)
    assert signed.is_running()
    qtbot.keyClick(signed.panel.items, Qt.Key.Key_Escape)
    settle(qtbot, signed)
    assert said(signed).startswith("Interrotto")
    assert signed.panel.check_ready.isEnabled()


def test_the_panels_lead_to_one_another(qtbot, window, qgis_processing, services):
    import sttm_plugin

    plugin = sttm_plugin.classFactory(window)
    plugin.initGui()
    try:
        delivery = plugin.docks["Delivery"]
        plugin.dock.panel.export_package.click()
        assert delivery.isVisible()
        assert delivery.panel.tabs.currentIndex() == 1
        delivery.finding_wanted.emit("sconosciuto")
        assert said(plugin.dock).startswith("Questo rilievo non è fra quelli")
        size = delivery.minimumSizeHint()
        assert (size.height() <= 560, size.width() <= 480) == (True, True)
    finally:
        plugin.unload()
