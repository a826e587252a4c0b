"""The criteria editor: tables with provenance, changes judged, tried, saved as a new version."""

from __future__ import annotations

import json
import shutil

import pytest

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def dialog(qtbot, sttm_provider, tmp_path):
    """The editor on the bundled pack, with no services chosen."""
    from sttm_plugin.gui.criteria_dialog import CriteriaDialog

    chosen: dict = {}
    made = CriteriaDialog(lambda: chosen, lambda: str(tmp_path), "Ada Rossi, ufficio di piano")
    # Closed by hand it asks about changes, and waits for an answer.
    qtbot.addWidget(made, before_close_func=lambda one: one.done(0))
    made.chosen = chosen
    made.open_path()
    made.show()
    settle(qtbot, made)
    return made


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled pack that a test may break."""
    from sttm_plugin.core.pack import BUNDLED

    copy = tmp_path / "criteri"
    shutil.copytree(BUNDLED.parent, copy)
    return copy


def settle(qtbot, dialog):
    qtbot.waitUntil(
        lambda: not dialog.runs.is_running() and not dialog._pause.isActive(), timeout=60000
    )


def keys(dialog):
    from qgis.PyQt.QtCore import Qt

    shown = range(dialog.proxy.rowCount())
    return [dialog.proxy.headerData(at, Qt.Orientation.Vertical) for at in shown]


def choose(dialog, table, key, column):
    dialog._choose_table(table)
    assert dialog._show(key, column)
    return dialog.values.currentIndex()


def change(qtbot, dialog, table, key, column, text):
    from qgis.PyQt.QtCore import Qt

    index = choose(dialog, table, key, column)
    assert index.flags() & Qt.ItemFlag.ItemIsEditable
    dialog.proxy.setData(index, text, Qt.ItemDataRole.EditRole)
    settle(qtbot, dialog)


def click(qtbot, button):
    from qgis.PyQt.QtCore import Qt

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def value(dialog, table, key, column="valore"):
    return dialog._tables[table].cells[key][column]


def test_the_bundled_pack_is_shown_as_tables_and_never_as_official(dialog):
    from sttm_plugin.core.pack import load_pack

    tables = [dialog.tables.item(at).text() for at in range(dialog.tables.count())]
    pack = load_pack()
    assert f"Regole di valenza ({len(pack.regole)})" in tables
    assert f"Controlli ({len(pack.controlli)})" in tables
    assert "proposta del progetto, non ufficiale" in dialog.about_pack.text()
    sources = {row["_origine"] for row in dialog.model.rows}
    assert "proposta, non ufficiale" in sources
    assert "proposta" not in sources
    warnings = len(dialog.faults_model.rows)
    assert dialog.tabs.tabText(1) == f"&Errori e avvisi ({warnings})"
    assert dialog.faults_told.text().startswith(f"Nessun errore, avvisi: {warnings}.")
    assert {row["gravita"] for row in dialog.faults_model.rows} == {"avviso"}


def test_the_filter_keeps_a_provenance_and_words(dialog):
    dialog._choose_table("parametri")
    dialog.filter_source.setCurrentIndex(dialog.filter_source.findData("letteratura"))
    assert "velocita_piedi_kmh" in keys(dialog)
    assert "tortuosita" not in keys(dialog)
    dialog.filter_source.setCurrentIndex(0)
    dialog.filter_text.setText("chi cammina")
    assert keys(dialog) == ["velocita_piedi_kmh"]


def test_a_value_says_what_it_is_what_it_takes_and_where_it_comes_from(dialog):
    choose(dialog, "valenza", "SAN.01-R03", "tipo_regola")
    told = dialog.about.toPlainText()
    assert "SAN.01-R03, Tipo di regola" in told
    assert "Ammessi: parametro, necessaria, sufficiente, graduata" in told
    choose(dialog, "lum", "ranghi.metropolitano.raggio_m", "valore")
    assert "Ammessi: un numero di metri" in dialog.about.toPlainText()


def test_keys_and_what_saving_gives_are_not_edited(dialog):
    from qgis.PyQt.QtCore import Qt

    index = choose(dialog, "pacchetto", "versione", "valore")
    assert not index.flags() & Qt.ItemFlag.ItemIsEditable
    assert not index.siblingAtColumn(0).flags() & Qt.ItemFlag.ItemIsEditable


def test_a_list_is_edited_by_choosing_and_a_long_text_in_a_box(dialog):
    from qgis.PyQt.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit

    delegate = dialog.values.itemDelegate()
    kinds = []
    for place in (
        ("valenza", "SAN.01-R03", "operatore"),
        ("valenza", "SAN.01-R03", "soglia"),
        ("controlli_motore", "STTM2-502", "parametri"),
    ):
        index = choose(dialog, *place)
        kinds.append(delegate.createEditor(dialog.values.viewport(), None, index))
    assert [type(one) for one in kinds] == [QComboBox, QLineEdit, QPlainTextEdit]
    assert [kinds[0].itemText(at) for at in range(kinds[0].count())] == [
        "=", ">", ">=", "<", "<=", "in",
    ]  # fmt: skip


def test_a_changed_norm_becomes_a_proposal_and_can_be_undone(qtbot, dialog):
    table = dialog._tables["valenza"]
    key = next(
        one
        for one, cells in table.cells.items()
        if cells["provenienza"] == "norma" and cells["soglia"].isdigit()
    )
    before = value(dialog, "valenza", key, "soglia")
    change(qtbot, dialog, "valenza", key, "soglia", "12.345,5")
    assert value(dialog, "valenza", key, "soglia") == "12345.5"
    assert value(dialog, "valenza", key, "provenienza") == "proposta"
    row = dialog.model.rows[dialog.model.row_of(key)]
    assert (row["_origine"], "soglia" in row["_cambiati"]) == ("proposta, non ufficiale", True)
    assert dialog.save.isEnabled()
    click(qtbot, dialog.undo)
    settle(qtbot, dialog)
    assert value(dialog, "valenza", key, "soglia") == before
    assert value(dialog, "valenza", key, "provenienza") == "norma"
    assert (dialog.edits(), dialog.save.isEnabled()) == ([], False)
    click(qtbot, dialog.redo)
    settle(qtbot, dialog)
    assert [one["valore"] for one in dialog.edits()] == ["12345.5"]
    dialog.only_changed.setChecked(True)
    assert dialog.proxy.rowCount() == 1


def test_a_fault_is_told_as_it_is_made_and_a_click_goes_to_its_cell(qtbot, dialog):
    change(qtbot, dialog, "parametri", "tortuosita", "valore", "uno")
    [fault] = [row for row in dialog.faults_model.rows if row["gravita"] == "errore"]
    assert (fault["file"], fault["riga"], fault["chiave"]) == ("parametri.csv", 2, "valore")
    assert not dialog.save.isEnabled()
    choose(dialog, "valenza", "SAN.01-R03", "peso")
    dialog.tabs.setCurrentIndex(1)
    dialog.faults.clicked.emit(dialog.faults.model().index(0, 0))
    assert dialog.tabs.currentIndex() == 0
    assert dialog._table_name() == "parametri"
    assert dialog._place() == ("tortuosita", "valore")


def test_a_pack_with_faults_is_opened_and_mended(qtbot, dialog, folder, tmp_path, monkeypatch):
    path = folder / "parametri.csv"
    text = path.read_text(encoding="utf-8").replace("tortuosita,1.3", "tortuosita,uno", 1)
    path.write_text(text.replace("Distanza a piedi", HOSTILE), encoding="utf-8")
    dialog.open_path(str(folder), "parametri")
    settle(qtbot, dialog)
    assert dialog.faults_told.text().startswith("Errori: 1, avvisi: 0.")
    index = choose(dialog, "parametri", "tortuosita", "descrizione")
    assert HOSTILE in dialog.about.toPlainText()
    assert index.data().startswith(HOSTILE)
    change(qtbot, dialog, "parametri", "tortuosita", "valore", "1,4")
    assert value(dialog, "parametri", "tortuosita") == "1.4"
    assert dialog.save.isEnabled()


def answered(monkeypatch, **given):
    from qgis.PyQt.QtWidgets import QDialog

    from sttm_plugin.gui import criteria_dialog

    class Answered(criteria_dialog.SaveCriteriaDialog):
        def exec(self):
            Answered.proposed = self.values()
            self.reason.setPlainText(given.get("reason", "studio sui bacini del 2026"))
            self.use.setChecked(given.get("use", True))
            Answered.enabled = self._ok.isEnabled()
            return QDialog.DialogCode.Accepted

    monkeypatch.setattr(criteria_dialog, "SaveCriteriaDialog", Answered)
    return Answered


def test_a_new_version_is_saved_with_author_and_reason_and_compared(
    qtbot, dialog, tmp_path, monkeypatch
):
    from sttm_plugin.core.pack import BUNDLED, load_pack

    before = BUNDLED.read_bytes()
    version = load_pack().versione
    asked = answered(monkeypatch)
    change(qtbot, dialog, "lum", "ranghi.metropolitano.raggio_m", "valore", "450")
    with qtbot.waitSignal(dialog.saved, timeout=60000) as saved:
        click(qtbot, dialog.save)
    settle(qtbot, dialog)
    path, use = saved.args
    assert (path, use, asked.enabled) == (asked.proposed["OUTPUT"], True, True)
    pack = load_pack(path)
    manifest = json.loads(pack_member(path, "pacchetto.json"))
    assert pack.lum["ranghi"]["metropolitano"]["raggio_m"] == 450
    assert (manifest["autore"], manifest["motivo"]) == (
        "Ada Rossi, ufficio di piano",
        "studio sui bacini del 2026",
    )
    assert manifest["precedente"]["versione"] == version != manifest["versione"]
    assert BUNDLED.read_bytes() == before
    assert dialog.pack.currentData() == path
    assert dialog.about_pack.text().startswith("Salvata: ")
    assert dialog.edits() == []

    dialog.tabs.setCurrentIndex(3)
    dialog.other.setCurrentIndex(0)
    click(qtbot, dialog.compare)
    settle(qtbot, dialog)
    rows = {
        (row["tabella"], row["chiave"]): (row["prima"], row["dopo"])
        for row in dialog.differences_model.rows
    }
    assert rows["lum", "ranghi.metropolitano.raggio_m"] == ("500", "450")
    assert dialog.compare_told.text().startswith(f"{len(rows)} valori diversi: ")
    assert dialog.compare_report.isEnabled()


def pack_member(path, name):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def test_a_version_needs_a_number_an_author_a_reason_and_a_free_name(qtbot, qgis_app, tmp_path):
    from sttm_plugin.gui.criteria_dialog import SaveCriteriaDialog

    made = SaveCriteriaDialog({"id": "sttm2", "versione": "0.1.0"}, 1, str(tmp_path))
    qtbot.addWidget(made)
    assert made.version.text() == "0.1.1"
    assert made.output.filePath() == str(tmp_path / "criteri_sttm2_0.1.1.zip")
    assert made.problem.text() == "Manca l'autore."
    made.author.setText("Ada")
    assert made.problem.text().startswith("Manca il motivo")
    made.reason.setPlainText("prova")
    assert made._ok.isEnabled()
    made.version.setText("0.1.0")
    assert made.problem.text().endswith("diverso da 0.1.0.")
    made.version.setText("0.2")
    (tmp_path / "c.zip").write_bytes(b"")
    made.output.setFilePath(str(tmp_path / "c.zip"))
    assert "non si sovrascrive" in made.problem.text()


def test_what_if_shows_which_services_flip_before_anything_is_saved(qtbot, dialog, tmp_path):
    from qgis.core import QgsFeature, QgsProject, QgsVectorLayer

    attributes = json.dumps(
        {
            name: {"valore": number, "natura": "rilevato"}
            for name, number in (
                ("posti_sedere", 310), ("giorni_spettacolo_anno", 60), ("n_comuni_serviti", 2),
            )
        }
    )  # fmt: skip
    fields = "id_servizio denominazione codice_sttm istat comune valenza_dichiarata attributi"
    uri = "&".join(f"field={name}:string" for name in fields.split())
    layer = QgsVectorLayer(
        f"Point?crs=EPSG:32632&{uri}&field=utenti_fuori_comune:double", "s", "memory"
    )
    feature = QgsFeature(layer.fields())
    feature.setAttributes(
        ["teatro", HOSTILE, "CUL.02", "015182", "Rho", "intercomunale", attributes, 0.3]
    )
    layer.dataProvider().addFeatures([feature])
    QgsProject.instance().addMapLayer(layer)

    click(qtbot, dialog.try_out)
    change(qtbot, dialog, "valenza", "CUL.02-R01", "soglia", "350")
    dialog.run_whatif()
    assert "Servono i servizi" in dialog.flips_told.text()
    dialog.chosen.update(SERVICES=[layer.id()], COMUNE="015182", GTFS="no.zip")
    dialog.run_whatif()
    settle(qtbot, dialog)
    [flip] = dialog.flips_model.rows
    assert (flip["prima"], flip["dopo"]) == ("intercomunale", "al limite")
    assert dialog.flips.model().index(0, 0).data() == HOSTILE
    told = dialog.flips_told.text()
    assert told.startswith("Cambierebbero valenza 1 servizi su 1: 0 salgono, 0 scendono, 1 pass")
    assert not list(tmp_path.glob("*.zip"))


def test_closing_asks_before_changes_are_lost(qtbot, dialog, monkeypatch):
    from qgis.PyQt.QtWidgets import QMessageBox

    change(qtbot, dialog, "valenza", "GEN-R01", "soglia", "0.55")
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *a: answers.pop(0))
    dialog.reject()
    assert dialog.isVisible()
    dialog.reject()
    assert not dialog.isVisible()


def test_the_editor_opens_from_the_dock_and_a_saved_pack_is_used_there(
    qtbot, sttm_provider, chosen, tmp_path, monkeypatch
):
    click(qtbot, chosen.inputs.edit_criteria)
    editor = chosen.criteria_dialog
    settle(qtbot, editor)
    assert editor.isVisible()
    editor.saved.emit(str(tmp_path / "a.zip"), False)
    assert chosen.inputs.criteria_path() == ""
    editor.saved.emit(str(tmp_path / "a.zip"), True)
    assert chosen.inputs.criteria_path() == str(tmp_path / "a.zip")
    editor.done(0)
    assert chosen.criteria_dialog is None


def test_the_editor_fits_a_small_screen(dialog):
    size = dialog.minimumSizeHint()
    assert size.width() <= 1100
    assert size.height() <= 640
