"""The import assistant: what is proposed, changed and seen beforehand is what is imported."""

from __future__ import annotations

import json

import pytest

# Eastings and northings of Rho; the third record has no place, the last one lies in Rome.
ROWS = (
    "ID_SERV;NOME;TIPO;STATO_ATT;NOTA1;EST;NORD\n"
    "A1;Biblioteca Villa Burba;biblioteca;esistente;x;503400;5041900\n"
    'A2;Asilo "Le <b>Stelle</b>";chissà;di progetto;y;503500;5041950\n'
    "A3;Centro Majorana;CHISSÀ;esistente;z;503600;5042000\n"
    "A4;Lontano;biblioteca;boh;w;790000;4640000\n"
)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "piano.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


@pytest.fixture
def dialog(window, sttm_provider, qtbot):
    from sttm_plugin.gui.import_dialog import ImportDialog

    made = ImportDialog(window, window.window)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.done(0)


def click(qtbot, button):
    from qgis.PyQt.QtCore import Qt

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def settle(qtbot, dialog):
    """Wait until nothing runs and nothing is about to run."""
    from qgis.PyQt.QtCore import QCoreApplication

    for _ in range(6):
        qtbot.waitUntil(lambda: not dialog.runs.is_running(), timeout=60000)
        QCoreApplication.processEvents()
    qtbot.waitUntil(lambda: not dialog.runs.is_running(), timeout=60000)


def read(qtbot, dialog, source, istat="015182"):
    from sttm_plugin.gui.comune_choice import choose_istat

    choose_istat(dialog.comune, istat)
    dialog.file.setFilePath(str(source))
    click(qtbot, dialog.next)
    settle(qtbot, dialog)


def show(qtbot, dialog, page):
    dialog.tabs.setCurrentIndex(page)
    settle(qtbot, dialog)


def said(dialog):
    item = dialog.message_bar.currentItem()
    return "" if item is None else item.text()


def column(dialog, name):
    return next(row for row in dialog.columns_model.rows if row["colonna"] == name)


def set_column(dialog, name, field):
    """Choose a field as the delegate's combo box does."""
    from qgis.PyQt.QtCore import Qt

    model = dialog.columns_model
    at = next(i for i, row in enumerate(model.rows) if row["colonna"] == name)
    assert model.setData(model.index(at, model.FIELD), field, Qt.ItemDataRole.EditRole)


def choose_value(dialog, value):
    proxy = dialog.values_proxy
    for at in range(proxy.rowCount()):
        if proxy.row(proxy.index(at, 0))["valore"] == value:
            dialog.values.selectRow(at)
            return
    raise AssertionError(value)


def meaning(dialog, value):
    return next(row for row in dialog.values_model.rows if row["valore"] == value)["proposto"]


def imported(qtbot, dialog):
    with qtbot.waitSignal(dialog.imported, timeout=60000) as told:
        click(qtbot, dialog.do_import)
    settle(qtbot, dialog)
    rows = {}
    for layer in told.args[0]:
        for feature in layer.getFeatures():
            rows[feature["fonte_id"]] = feature.attributeMap()
    return rows


def test_the_proposal_is_shown_with_samples_score_and_reason(qtbot, dialog, source):
    read(qtbot, dialog, source)

    assert dialog.tabs.currentIndex() == 1
    shown = {row["colonna"]: row["campo"] for row in dialog.columns_model.rows}
    assert shown == {
        "ID_SERV": "fonte_id",
        "NOME": "denominazione",
        "TIPO": "codice_sttm",
        "STATO_ATT": "stato",
        "NOTA1": None,
        "EST": "posizione_x",
        "NORD": "posizione_y",
    }
    model = dialog.columns_model
    texts = [model.index(1, at).data() for at in range(model.columnCount())]
    assert texts[0] == "NOME"
    assert 'Asilo "Le <b>Stelle</b>"' in texts[1]
    assert texts[2] == "Denominazione"
    assert texts[3].startswith(("0,", "1"))
    assert "<b>" not in model.index(1, 1).data(3)  # ToolTipRole
    assert dialog.columns_hint.text().startswith("7 colonne: 6 usate, 1 solo fra i dati")
    assert dialog.source.text() == "piano"


def test_a_field_changed_changes_the_import(qtbot, dialog, source):
    read(qtbot, dialog, source)
    set_column(dialog, "NOTA1", "denominazione")
    assert column(dialog, "NOME")["campo"] is None
    assert said(dialog) == "«NOME» non va più in «Denominazione»."
    show(qtbot, dialog, 4)

    rows = imported(qtbot, dialog)

    assert {key: row["denominazione"] for key, row in rows.items()} == {
        "A1": "x",
        "A2": "y",
        "A3": "z",
    }


def test_the_combo_box_offers_the_alternatives_and_is_opened_by_a_key(qtbot, dialog, source):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QComboBox

    read(qtbot, dialog, source)
    dialog.columns.setCurrentIndex(dialog.columns_proxy.index(4, 2))
    dialog.columns.setFocus()
    qtbot.keyClick(dialog.columns, Qt.Key.Key_F2)
    combo = dialog.columns.findChild(QComboBox)
    offered = [combo.itemData(at) for at in range(combo.count())]
    assert offered[0] == ""
    assert {"denominazione", "codice_sttm", "posizione_x", "capacita"} <= set(offered)
    assert len(offered) == len(set(offered))
    combo.setCurrentIndex(combo.findData("gestore"))
    combo.activated.emit(combo.currentIndex())
    assert column(dialog, "NOTA1")["campo"] == "gestore"


def test_a_category_goes_to_equal_values_and_into_the_profile(qtbot, dialog, source, tmp_path):
    from qgis.PyQt.QtCore import Qt

    read(qtbot, dialog, source)
    show(qtbot, dialog, 2)
    assert meaning(dialog, "biblioteca") == "CUL.01"
    assert (meaning(dialog, "chissà"), meaning(dialog, "CHISSÀ")) == (None, None)
    assert dialog.tabs.tabText(2) == "3  Valori (3)"
    choose_value(dialog, "chissà")
    qtbot.keyClicks(dialog.choice_search, "asilo nido")
    first = dialog.choices.item(0).data(Qt.ItemDataRole.UserRole)
    several = dialog.choices.count() > 1
    qtbot.keyClick(dialog.choice_search, Qt.Key.Key_Return)
    if several:
        qtbot.keyClick(dialog.choices, Qt.Key.Key_Return)
    assert (meaning(dialog, "chissà"), meaning(dialog, "CHISSÀ")) == (first, first)
    assert dialog.tabs.tabText(2) == "3  Valori (1)"
    dialog.profile_out.setFilePath(str(tmp_path / "profilo_di_rho"))
    show(qtbot, dialog, 4)

    rows = imported(qtbot, dialog)

    codes = {key: row["codice_sttm"] for key, row in rows.items()}
    assert codes == {"A1": "CUL.01", "A2": first, "A3": first}
    kept = json.loads((tmp_path / "profilo_di_rho.json").read_text(encoding="utf-8"))
    assert first in kept["columns"]["codice_sttm"]["map"].values()
    assert kept["columns"]["denominazione"]["field"] == "NOME"


@pytest.fixture
def own_criteria(tmp_path, qgis_new_project):
    """A pack with a category of its own, chosen in the project."""
    from sttm_plugin.core.pack_tables import open_draft
    from sttm_plugin.gui.project_state import remember_path

    draft = open_draft()
    row = dict(draft.table("tassonomia").rows["LOC.14"])
    row.update(codice="LOC.99", categoria="Case delle erbe", parole_chiave="casa delle erbe")
    draft.add_row("tassonomia", row)
    path = tmp_path / "criteri_nostri.zip"
    draft.save(path, "Ada", "una categoria del comune", "9.0")
    remember_path("CRITERIA", str(path))
    return path


def test_the_categories_are_those_of_the_criteria_in_use(qtbot, own_criteria, dialog, source):
    from qgis.PyQt.QtCore import Qt

    source.write_text(ROWS.replace("CHISSÀ", "Casa delle erbe"), encoding="utf-8")
    read(qtbot, dialog, source)
    assert meaning(dialog, "Casa delle erbe") == "LOC.99"
    show(qtbot, dialog, 2)
    choose_value(dialog, "chissà")
    dialog.choice_search.setText("erbe")
    offered = [dialog.choices.item(at).text() for at in range(dialog.choices.count())]
    assert offered[0] == "LOC.99  Case delle erbe"
    assert dialog.choices.item(0).data(Qt.ItemDataRole.ToolTipRole)
    click(qtbot, dialog.assign)
    show(qtbot, dialog, 4)
    rows = imported(qtbot, dialog)
    assert (rows["A2"]["codice_sttm"], rows["A3"]["codice_sttm"]) == ("LOC.99", "LOC.99")


def test_criteria_that_cannot_be_used_are_said_by_the_run_and_nothing_breaks(
    qtbot, dialog, source, tmp_path
):
    from sttm_plugin.gui.project_state import remember_path

    remember_path("CRITERIA", str(tmp_path / "non_ci_sono.zip"))
    read(qtbot, dialog, source)
    assert "non_ci_sono.zip" in said(dialog)
    remember_path("CRITERIA", "")
    read(qtbot, dialog, source)
    assert dialog.tabs.currentIndex() == 1


def test_a_value_may_be_left_without_a_category(qtbot, dialog, source):
    read(qtbot, dialog, source)
    show(qtbot, dialog, 2)
    choose_value(dialog, "biblioteca")
    click(qtbot, dialog.leave_empty)
    show(qtbot, dialog, 4)
    rows = imported(qtbot, dialog)
    assert rows["A1"]["codice_sttm"] is None or rows["A1"]["codice_sttm"] != "CUL.01"


def test_a_state_is_chosen_among_the_words_of_its_field(qtbot, dialog, source):
    read(qtbot, dialog, source)
    show(qtbot, dialog, 2)
    choose_value(dialog, "boh")
    offered = [dialog.choices.item(at).text() for at in range(dialog.choices.count())]
    assert offered == ["esistente", "previsto", "in corso", "sospeso", "dismesso"]
    assert not dialog.choice_search.isVisible()
    dialog.choices.setCurrentRow(4)
    click(qtbot, dialog.assign)
    assert meaning(dialog, "boh") == "dismesso"
    # The words that were clear stay clear.
    show(qtbot, dialog, 4)
    assert {key: row["stato"] for key, row in imported(qtbot, dialog).items()} == {
        "A1": "esistente",
        "A2": "previsto",
        "A3": "esistente",
    }


def test_the_preview_counts_what_the_import_then_counts(qtbot, dialog, source):
    from qgis.core import QgsProject

    read(qtbot, dialog, source)
    show(qtbot, dialog, 4)

    assert dialog.summary.text().startswith("Letti 4 = 3 da scrivere + 1 scartati.")
    assert [row["fid_origine"] for row in dialog.rejected_model.rows] == [4]
    assert len(dialog.services_model.rows) == 3
    assert dialog.preview_tabs.tabText(1) == "Scartati (1)"
    before = dict(dialog._counts)
    rows = imported(qtbot, dialog)
    assert len(rows) == before["WRITTEN"] == 3
    assert said(dialog).startswith("Scritti 3 servizi su 4 letti, 1 scartati.")
    names = sorted(layer.name() for layer in QgsProject.instance().mapLayers().values())
    assert names == ["Scartati – piano", "Servizi – piano"]


def test_the_preview_is_on_the_map_and_goes_away_with_the_dialog(qtbot, dialog, source, window):
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject

    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    read(qtbot, dialog, source)
    show(qtbot, dialog, 4)
    [layer] = dialog.preview.layers()
    assert layer.featureCount() == 3
    centre = window.canvas.extent().center()
    assert (round(centre.x()), round(centre.y())) == (503500, 5041950)

    dialog.services.selectRow(0)
    centre = window.canvas.extent().center()
    shown = dialog.services_model.rows[0]["denominazione"]
    assert shown == "Biblioteca Villa Burba"
    assert (round(centre.x()), round(centre.y())) == (503400, 5041900)

    click(qtbot, dialog.close_button)
    assert QgsProject.instance().mapLayers() == {}
    assert not QgsProject.instance().isDirty()


def test_repaired_and_rejected_areas_are_marked_and_unmarked(qtbot, dialog, tmp_path, window):
    from qgis.core import QgsCoordinateReferenceSystem

    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    path = tmp_path / "aree.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [area(9.04), area(12.5, 41.9)]}),
        encoding="utf-8",
    )
    before = len(window.canvas.scene().items())
    read(qtbot, dialog, path)
    show(qtbot, dialog, 4)
    assert dialog.summary.text().startswith("Letti 2 = 1 da scrivere + 1 scartati. Riparati 1")
    assert dialog.preview.marks() == 2
    shown = [row["regola"] for row in dialog.repairs_model.rows if row["gravita"] == "R"]
    assert shown
    dialog.rejected.selectRow(0)
    centre = window.canvas.extent().center()
    # Rome, in the map's own reference system.
    assert (round(centre.x(), -4), round(centre.y(), -4)) == (1390000, 5150000)
    dialog.preview.clear()
    assert dialog.preview.marks() == 0
    items = window.canvas.scene().items()
    qtbot.waitUntil(lambda: len(window.canvas.scene().items()) <= before + 1, timeout=10000)
    assert items


def area(x, y=45.53):
    """A park whose outline crosses itself."""
    side = 0.001
    ring = [[x, y], [x + side, y + side], [x + side, y], [x, y + side], [x, y]]
    return {
        "type": "Feature",
        "properties": {"NOME": "Parco", "TIPO": "parco"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_the_workspace_gets_a_table_for_the_source_and_keeps_ids_the_second_time(
    qtbot, dialog, source, tmp_path
):
    from qgis.core import QgsVectorLayer

    workspace = tmp_path / "area.gpkg"
    make_workspace(workspace)
    dialog.workspace.setFilePath(str(workspace))
    read(qtbot, dialog, source)
    show(qtbot, dialog, 4)
    assert dialog.table_name.text() == "servizi_l1_piano"
    assert dialog.destination_hint.text() == "Si scrive una tabella nuova."
    first = imported(qtbot, dialog)
    assert (tmp_path / "profilo_l1_piano.json").is_file()
    assert (tmp_path / "registro_l1_piano.json").is_file()
    assert dialog.destination_hint.text().startswith("«servizi_l1_piano» c'è già")

    source.write_text(
        ROWS.replace("Centro Majorana", "Centro Ettore Majorana").replace("A1;", "Z1;"),
        encoding="utf-8",
    )
    read_again(qtbot, dialog)
    second = imported(qtbot, dialog)
    kept = {key: row["id_servizio"] for key, row in second.items()}
    before = {key: row["id_servizio"] for key, row in first.items()}
    # Another key, the same name in the same place: it is the same service.
    assert kept == {"Z1": before["A1"], "A2": before["A2"], "A3": before["A3"]}
    assert second["A3"]["denominazione"] == "Centro Ettore Majorana"
    table = QgsVectorLayer(f"{workspace}|layername=servizi_l1_piano", "", "ogr")
    assert table.featureCount() == 3


def make_workspace(path):
    from qgis import processing

    processing.run("sttm:createworkspace", {"COMUNE": "015182", "OUTPUT": str(path)})


def read_again(qtbot, dialog):
    dialog.tabs.setCurrentIndex(0)
    dialog.header_row.setValue(1)
    dialog.encoding.setText("UTF-8")
    click(qtbot, dialog.next)
    settle(qtbot, dialog)
    show(qtbot, dialog, 4)


def test_the_table_is_named_after_source_and_reading_until_somebody_names_it(qtbot, dialog, source):
    read(qtbot, dialog, source)
    assert dialog.table_name.text() == "servizi_l1_piano"
    dialog.reading.setCurrentIndex(1)
    assert dialog.table_name.text() == "servizi_l2_piano"
    dialog.table_name.setText("scuole")
    dialog.reading.setCurrentIndex(0)
    assert dialog.table_name.text() == "scuole"


def test_a_table_keeps_its_name_when_the_year_in_the_source_changes():
    from sttm_plugin.gui.import_profile import table_name

    assert table_name("Scuole di Rho 2024", 2) == "servizi_l2_scuole_di_rho"
    assert table_name("2025 – Scuole di Rho", 2) == "servizi_l2_scuole_di_rho"
    assert table_name('"; DROP TABLE x', 1) == "servizi_l1_drop_table_x"
    assert table_name("", 1) == "servizi_l1_importati"


def test_last_years_profile_shows_what_changed(qtbot, dialog, source, tmp_path):
    read(qtbot, dialog, source)
    dialog.profile_out.setFilePath(str(tmp_path / "anno.json"))
    show(qtbot, dialog, 4)
    imported(qtbot, dialog)
    source.write_text(ROWS.replace("NOTA1", "NOTE_NUOVE"), encoding="utf-8")

    dialog.profile_file.setFilePath(str(tmp_path / "anno.json"))
    show(qtbot, dialog, 1)

    assert dialog.drift_box.isVisible()
    events = {(row["nome"], row["evento"]) for row in dialog.drift_model.rows}
    assert events == {("NOTA1", "persa"), ("NOTE_NUOVE", "nuova")}
    assert column(dialog, "NOME")["deciso_da"] == "profilo"


def test_the_reference_system_has_its_sentence_and_a_row_is_a_choice(qtbot, dialog, source):
    read(qtbot, dialog, source)
    show(qtbot, dialog, 3)
    assert "32632" in dialog.crs_sentence.text() or "UTM" in dialog.crs_sentence.text()
    proxy = dialog.crs_proxy
    found = next(at for at in range(proxy.rowCount()) if proxy.row(proxy.index(at, 0))["trovato"])
    dialog.crs_table.doubleClicked.emit(proxy.index(found, 0))
    assert dialog.crs_own.isChecked()
    assert dialog.crs.crs().authid() in ("EPSG:32632", "EPSG:25832")
    show(qtbot, dialog, 4)
    assert dialog.summary.text().startswith("Letti 4 = 3 da scrivere")


def test_a_source_without_places_is_told_and_imported_as_a_table(qtbot, dialog, tmp_path):
    path = tmp_path / "elenco.csv"
    path.write_text("NOME;TIPO\nBiblioteca;biblioteca\n", encoding="utf-8")
    read(qtbot, dialog, path)
    assert dialog.tabs.currentIndex() == 1
    assert dialog.crs_sentence.text().startswith("In «elenco» non c'è nessuna posizione")
    show(qtbot, dialog, 4)
    assert dialog.summary.text().startswith("Letti 1 = 1 da scrivere + 0 scartati.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"\x00\x01\x02", "non si apre"), (None, "Scegliere un layer del progetto")],
)
def test_what_is_wrong_is_a_sentence_and_one_can_go_on(
    qtbot, dialog, source, tmp_path, content, sentence
):
    path = tmp_path / "rotto.gpkg"
    if content is not None:
        path.write_bytes(content)
    read(qtbot, dialog, path if content is not None else "")
    assert sentence in said(dialog)
    assert dialog.tabs.currentIndex() == 0
    read(qtbot, dialog, source)
    assert dialog.tabs.currentIndex() == 1


def test_a_preview_that_fails_says_why_once_and_stops(qtbot, dialog, source):
    started = []
    read(qtbot, dialog, source)
    show(qtbot, dialog, 3)
    before = dialog.runs.start
    dialog.runs.start = lambda name, given, *then: (
        started.append(name),
        before(name, given, *then),
    )
    dialog._proposed["columns"]["denominazione"] = {"field": "CHE NON ESISTE"}
    column(dialog, "NOME")["colonna"] = "CHE NON ESISTE"
    dialog._valued_with = dialog._fields()
    click(qtbot, dialog.next)
    settle(qtbot, dialog)

    assert "manca la colonna «CHE NON ESISTE»" in said(dialog)
    assert started == ["sttm:importservices"]
    assert dialog.tabs.currentIndex() == 3
    assert dialog.summary.text() == "Anteprima non ancora calcolata."
    assert not dialog.do_import.isEnabled()


COMPUTED = (
    "Tipo;VIA;SPECIFICA_LOCALITA;Longitudine;Latitudine\n"
    "Calcio a 5;Via Cusago 1;Centro sportivo;9.19;45.46\n"
    "Tennis;Via Feltre 2;Centro sportivo;9.23;45.49\n"
)


@pytest.mark.parametrize("moved", [False, True])
def test_a_column_that_the_profile_computes_stays_computed(qtbot, dialog, tmp_path, moved):
    profile = {
        "profile_version": 1,
        "name": "prova",
        "columns": {"denominazione": {"expression": 'concat("Tipo", \', \', "VIA")'}},
        "source": {"x_field": "Longitudine", "y_field": "Latitudine", "crs": "EPSG:4326"},
    }
    (tmp_path / "profilo.json").write_text(json.dumps(profile), encoding="utf-8")
    (tmp_path / "piano.csv").write_text(COMPUTED, encoding="utf-8")
    dialog.profile_file.setFilePath(str(tmp_path / "profilo.json"))
    read(qtbot, dialog, tmp_path / "piano.csv", istat="015146")
    row = column(dialog, "=denominazione")
    assert (row["campo"], row["deciso_da"], row["spuntata"]) == ("denominazione", "profilo", True)
    assert dialog.columns_model.shown(row, "colonna") == "(calcolata dal profilo: denominazione)"
    if moved:
        set_column(dialog, "=denominazione", "gestore")
        set_column(dialog, "VIA", "denominazione")
    show(qtbot, dialog, 4)
    dialog.profile_out.setFilePath(str(tmp_path / "nuovo.json"))
    with qtbot.waitSignal(dialog.imported, timeout=60000) as told:
        click(qtbot, dialog.do_import)
    settle(qtbot, dialog)

    field = "gestore" if moved else "denominazione"
    found = [feature[field] for layer in told.args[0] for feature in layer.getFeatures()]
    assert sorted(found) == ["Calcio a 5, Via Cusago 1", "Tennis, Via Feltre 2"]
    kept = json.loads((tmp_path / "nuovo.json").read_text(encoding="utf-8"))["columns"]
    assert kept[field]["expression"] == 'concat("Tipo", \', \', "VIA")'
    assert moved == (kept["denominazione"] == {"field": "VIA"})


def test_a_source_that_is_removed_is_asked_for_again(qtbot, dialog):
    from qgis.core import QgsProject, QgsVectorLayer

    layers = [
        QgsVectorLayer("Point?crs=EPSG:32632&field=nome:string", name, "memory")
        for name in ("asili", "biblioteche", "cimiteri")
    ]
    QgsProject.instance().addMapLayers(layers)
    dialog.layer.setLayer(layers[1])
    QgsProject.instance().removeMapLayer(layers[1].id())

    assert dialog.layer.currentLayer() is None
    click(qtbot, dialog.next)
    assert said(dialog) == "Scegliere un layer del progetto o indicare un file."


def test_a_run_is_stopped_by_escape_and_nothing_is_written(qtbot, dialog, source):
    from qgis.core import QgsProject
    from qgis.PyQt.QtCore import Qt

    from sttm_plugin.gui.comune_choice import choose_istat

    choose_istat(dialog.comune, "015182")
    dialog.file.setFilePath(str(source))
    click(qtbot, dialog.next)
    assert dialog.runs.is_running()
    assert not dialog.next.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    settle(qtbot, dialog)
    assert dialog.isVisible()
    assert dialog.tabs.currentIndex() == 0
    assert said(dialog) == "Interrotto: nulla è stato scritto."
    assert QgsProject.instance().mapLayers() == {}
    read(qtbot, dialog, source)
    assert dialog.tabs.currentIndex() == 1


def test_records_of_several_parts_are_split_where_the_box_is_ticked(qtbot, dialog, tmp_path):
    squares = [
        [[[x, y], [x + 0.001, y], [x + 0.001, y + 0.001], [x, y + 0.001], [x, y]]]
        for x, y in ((9.03, 45.53), (9.04, 45.53))
    ]
    shape = {"type": "MultiPolygon", "coordinates": squares}
    feature = {"type": "Feature", "properties": {"nome": "Scuole"}, "geometry": shape}
    path = tmp_path / "scuole.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    read(qtbot, dialog, path)
    show(qtbot, dialog, 4)
    whole = dialog.summary.text()
    show(qtbot, dialog, 3)

    click(qtbot, dialog.split_parts)
    show(qtbot, dialog, 4)

    assert whole.startswith("Letti 1 = 1 da scrivere + 0 scartati.")
    assert dialog.summary.text().startswith("Letti 2 = 2 da scrivere + 0 scartati.")
    assert dialog.summary.text().endswith("Nati dalla divisione dei record in più parti: 1.")


def test_of_a_very_large_log_the_beginning_is_shown_and_told(
    qtbot, dialog, source, monkeypatch, tmp_path
):
    from sttm_plugin.core.documents import canonical_json
    from sttm_plugin.gui import import_preview

    line = {"fid": 1, "gravita": "R", "regola": "prova", "dopo": 'a "], \n è'}
    rows = [{**line, "fid": None}, *({**line, "fid": fid} for fid in range(200))]
    log = tmp_path / "registro.json"
    log.write_bytes(canonical_json({"certificato": {"righe": [1]}, "righe": rows, "scritti": 200}))
    whole, told_whole = import_preview.repairs_of(log)
    monkeypatch.setattr(import_preview, "_MOST_BYTES", log.stat().st_size // 2)
    part, told_part = import_preview.repairs_of(log)
    monkeypatch.setattr(import_preview, "_MOST_BYTES", 400)
    read(qtbot, dialog, source)
    show(qtbot, dialog, 4)

    assert (whole, told_whole) == (rows[1:], True)
    assert not told_part
    assert 80 < len(part) < 120 and part == rows[1 : 1 + len(part)]
    assert dialog.preview_tabs.tabText(0).endswith("+)")
    assert "Il registro è molto grande" in dialog.preview_hint.text()


def test_hostile_names_are_shown_as_text(qtbot, dialog, tmp_path):
    path = tmp_path / "ostile.csv"
    name = "<img src=x onerror=alert(1)>'); DROP TABLE servizi;--"
    path.write_text(
        f'NOME;TIPO;EST;NORD\n"{name}";"<b>chissà</b>";503400;5041900\n', encoding="utf-8"
    )
    read(qtbot, dialog, path)
    show(qtbot, dialog, 2)
    choose_value(dialog, "<b>chissà</b>")
    from qgis.PyQt.QtCore import Qt

    assert dialog.choice_hint.textFormat() == Qt.TextFormat.PlainText
    assert dialog.choice_hint.text() == "Che cos'è «<b>chissà</b>»?"
    show(qtbot, dialog, 4)
    assert dialog.services_model.rows[0]["denominazione"] == name
    assert dialog.services_model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole).startswith("‹img")


def test_the_dialog_fits_a_small_screen(dialog):
    size = dialog.minimumSizeHint()
    assert size.width() <= 1000
    assert size.height() <= 640


def test_the_dock_opens_it_with_what_it_knows_and_ticks_what_was_imported(
    qtbot, sttm_provider, dock, source
):
    dock.inputs.choose_comune("015182")
    click(qtbot, dock.inputs.import_services)
    dialog = dock.import_dialog
    assert dialog.comune.currentData() == "015182"
    dialog.file.setFilePath(str(source))
    click(qtbot, dialog.next)
    settle(qtbot, dialog)
    show(qtbot, dialog, 4)
    imported(qtbot, dialog)
    assert [layer.name() for layer in dock.inputs.service_layers()] == ["Servizi – piano"]
    assert dock.inputs.missing() == ""
    click(qtbot, dialog.close_button)
    assert dock.import_dialog is None
