"""The dock: a click runs, shows, fails with the sentence, is stopped, and can run again."""

from __future__ import annotations

import pytest

from .rows import SERVICE_ID, a_finding

REASON = "La convenzione con i comuni contermini ne garantisce l'uso condiviso."


def click(qtbot, button):
    from qgis.PyQt.QtCore import Qt

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def wait_until_idle(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.is_running(), timeout=20000)


def run(qtbot, dock):
    click(qtbot, dock.panel.run)
    wait_until_idle(qtbot, dock)


def said(dock):
    """Return the last message as it is shown."""
    item = dock.message_bar.currentItem()
    return "" if item is None else item.text()


def level(dock):
    from qgis.core import Qgis

    item = dock.message_bar.currentItem()
    names = {Qgis.MessageLevel.Success: "success", Qgis.MessageLevel.Critical: "critical"}
    return names.get(item.level(), item.level())


def states(dock):
    return [finding.stato for finding in dock.findings.model.findings()]


def test_a_click_runs_and_shows_the_findings_as_success(qtbot, probe, chosen):
    from qgis.core import QgsProject

    run(qtbot, chosen)

    assert level(chosen) == "success"
    assert said(chosen) == "1 avviso."
    assert chosen.findings.current().codice == "STTM2-301"
    group = QgsProject.instance().layerTreeRoot().findGroup("STTM 2")
    assert [node.name() for node in group.findLayers()] == ["Rilievi", "Controlli"]
    assert probe.given["COMUNE"] == "015146"
    assert chosen.panel.run.isEnabled()
    assert not chosen.runs.isVisibleTo(chosen.panel)


def test_the_button_is_grey_while_it_runs_and_the_stage_is_told(qtbot, probe, chosen):
    probe.mode = "slow"
    click(qtbot, chosen.panel.run)
    qtbot.waitUntil(lambda: chosen.runs.stage.text() == "1 di 1: sonda", timeout=5000)
    qtbot.waitUntil(lambda: chosen.runs.progress.value() == 40, timeout=5000)

    assert not chosen.panel.run.isEnabled()
    assert chosen.runs.isVisibleTo(chosen.panel)


def test_a_run_is_stopped_and_another_one_works(qtbot, probe, chosen):
    probe.mode = "slow"
    click(qtbot, chosen.panel.run)
    qtbot.waitUntil(lambda: chosen.runs.stage.text() == "1 di 1: sonda", timeout=5000)
    click(qtbot, chosen.runs.cancel_button)
    wait_until_idle(qtbot, chosen)
    assert said(chosen) == "Interrotto: nulla è stato scritto."

    probe.mode = "work"
    run(qtbot, chosen)
    assert said(chosen) == "1 avviso."


def test_a_failure_shows_its_sentence_escaped_and_another_run_works(qtbot, probe, chosen):
    probe.mode, probe.sentence = "fail", "Il layer «<b>scuole</b>» non si apre."
    run(qtbot, chosen)
    assert level(chosen) == "critical"
    assert said(chosen) == "Il layer «&lt;b&gt;scuole&lt;/b&gt;» non si apre."
    assert chosen.panel.run.isEnabled()

    probe.mode = "work"
    run(qtbot, chosen)
    assert level(chosen) == "success"


def test_a_defect_of_ours_is_a_sentence_not_a_traceback(qtbot, probe, chosen, capsys):
    probe.mode = "bug"
    run(qtbot, chosen)
    assert level(chosen) == "critical"
    assert "Traceback" not in said(chosen)
    assert "registro dei messaggi" in said(chosen)


def test_a_refused_parameter_is_told_at_once(qtbot, probe, chosen):
    chosen.inputs.comune.setEditText("Atlantide")
    run(qtbot, chosen)
    assert level(chosen) == "critical"
    assert "Atlantide" in said(chosen)


@pytest.mark.parametrize(
    ("istat", "tick", "sentence"),
    [("", True, "Scegliere il comune"), ("015146", False, "Spuntare almeno un layer")],
)
def test_what_is_needed_is_asked_for(qtbot, probe, dock, services, istat, tick, sentence):
    dock.inputs.choose_comune(istat)
    if tick:
        dock.inputs.recognise_layers()
    run(qtbot, dock)
    assert said(dock).startswith(sentence)
    assert dock.panel.tabs.currentIndex() == 0


def test_running_again_passes_what_was_found_and_tells_what_changed(qtbot, probe, chosen):
    from qgis.core import QgsProject

    run(qtbot, chosen)
    assert probe.given.get("PREVIOUS") is None
    first = chosen.findings.model.findings()

    probe.rows = (
        a_finding(1, stato="risolto"),
        a_finding(2, stato="nuovo"),
        a_finding(3, stato="giustificazione_scaduta"),
    )
    run(qtbot, chosen)

    assert len(first) == 1
    assert probe.given["PREVIOUS"]
    assert said(chosen) == (
        "3 avvisi. Dalla volta prima: 1 nuovo, 1 risolto, 1 giustificazione scaduta."
    )
    assert states(chosen) == ["risolto", "nuovo", "giustificazione_scaduta"]
    names = [layer.name() for layer in QgsProject.instance().mapLayers().values()]
    assert sorted(names) == ["Controlli", "Rilievi", "servizi"]


def test_findings_of_another_comune_are_not_what_was_found_before(qtbot, probe, chosen):
    run(qtbot, chosen)
    chosen.inputs.choose_comune("015108")
    run(qtbot, chosen)
    assert probe.given.get("PREVIOUS") is None


def test_a_finding_is_justified_then_taken_back(qtbot, probe, chosen, monkeypatch):
    from qgis.PyQt.QtWidgets import QDialog

    from sttm_plugin.gui import verification_dock
    from sttm_plugin.gui.result_layers import result_layer

    def answer(dialog):
        dialog.reason.setPlainText(REASON)
        dialog.author.setText("Anna Rossi")
        assert dialog._ok.isEnabled()
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(verification_dock.JustifyDialog, "exec", answer)
    run(qtbot, chosen)

    click(qtbot, chosen.findings.justify)
    wait_until_idle(qtbot, chosen)

    assert states(chosen) == ["giustificato"]
    assert said(chosen) == "1 rilievo giustificati." or said(chosen) == "1 rilievo giustificato."
    assert REASON.split(",")[0] in chosen.findings.detail.toPlainText()
    [waiver] = result_layer("deroghe").getFeatures()
    assert (waiver["autore"], waiver["impronta"]) == ("Anna Rossi", "aaaa")

    click(qtbot, chosen.findings.revoke)
    wait_until_idle(qtbot, chosen)
    assert states(chosen) == ["aperto"]
    [waiver] = result_layer("deroghe").getFeatures()
    assert waiver["revocata_il"].isValid()

    probe.rows = (a_finding(),)
    run(qtbot, chosen)
    assert probe.given["WAIVERS"] == result_layer("deroghe").id()


def test_an_answer_opens_ok_only_when_it_is_whole(qtbot, chosen, findings_layer):
    from sttm_plugin.gui.dialogs import JustifyDialog
    from sttm_plugin.gui.findings_model import read_findings

    dialog = JustifyDialog(read_findings(findings_layer([a_finding()])))
    qtbot.addWidget(dialog)
    dialog.author.setText("Anna Rossi")
    dialog.reason.setPlainText("x" * 39)
    assert (dialog._ok.isEnabled(), dialog.count.text()) == (
        False,
        "39 caratteri, ne servono almeno 40",
    )
    dialog.reason.setPlainText("x" * 40)
    assert dialog._ok.isEnabled()
    dialog.author.setText(" ")
    assert not dialog._ok.isEnabled()


def test_the_map_goes_to_the_object_and_back_to_its_point_without_it(qtbot, probe, chosen, window):
    from qgis.core import QgsCoordinateReferenceSystem

    window.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
    run(qtbot, chosen)
    chosen.show_object(chosen.findings.current())
    centre = window.canvas.extent().center()
    assert (round(centre.x()), round(centre.y())) == (516050, 5036050)

    probe.rows = (a_finding(1, id_oggetto="sconosciuto"),)
    run(qtbot, chosen)
    chosen.show_object(chosen.findings.current())
    # The probe writes no geometry: the finding is of the plan, and the map stays where it is.
    assert said(chosen).startswith("Questo rilievo riguarda il piano")


def test_an_id_that_looks_like_an_expression_is_only_an_id(services, findings_layer):
    from sttm_plugin.gui.findings_model import read_findings
    from sttm_plugin.gui.map_focus import objects_of

    layer = findings_layer([a_finding(1, id_oggetto="' OR 1=1 --")])
    [finding] = read_findings(layer)
    [(geometry, _)] = objects_of(finding, layer, [services])
    assert geometry.asWkt() == "Point (514000 5034000)"


@pytest.mark.parametrize(
    ("key", "modifier", "page"),
    [
        ("Key_1", "ControlModifier", 0),
        ("Key_3", "ControlModifier", 2),
        ("Key_4", "ControlModifier", 3),
    ],
)
def test_pages_are_reached_from_the_keyboard(qtbot, dock, key, modifier, page):
    from qgis.PyQt.QtCore import Qt

    dock.panel.tabs.setCurrentIndex(1)
    qtbot.keyClick(dock.findings.tree, getattr(Qt.Key, key), getattr(Qt.KeyboardModifier, modifier))
    assert dock.panel.tabs.currentIndex() == page


def test_f5_checks_though_qgis_has_an_f5_of_its_own(qtbot, probe, chosen, window):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QAction

    redraws = []
    action = QAction("Aggiorna", window.window)
    action.setShortcut("F5")
    action.triggered.connect(lambda: redraws.append(1))
    window.window.addAction(action)
    chosen.panel.tabs.setCurrentIndex(1)
    chosen.activateWindow()
    chosen.findings.tree.setFocus()

    qtbot.keyClick(chosen.findings.tree, Qt.Key.Key_F5)
    wait_until_idle(qtbot, chosen)

    assert (said(chosen), redraws) == ("1 avviso.", [])


def test_enter_in_the_tree_shows_the_object(qtbot, probe, chosen):
    from qgis.PyQt.QtCore import Qt

    run(qtbot, chosen)
    with qtbot.waitSignal(chosen.findings.show_wanted) as asked:
        qtbot.keyClick(chosen.findings.tree, Qt.Key.Key_Return)
    assert asked.args[0].id_oggetto == SERVICE_ID


def test_the_project_remembers_choices_filter_and_results(qtbot, probe, chosen, tmp_path):
    from qgis.core import QgsProject

    from sttm_plugin.gui.verification_dock import VerificationDock

    run(qtbot, chosen)
    chosen.findings.set_filter_values("biblioteca", "avviso", "da_trattare")
    path = str(tmp_path / "progetto.qgz")
    assert QgsProject.instance().write(path)
    QgsProject.instance().clear()
    assert (chosen.inputs.istat(), chosen.findings.model.findings()) == ("", [])

    assert QgsProject.instance().read(path)

    assert chosen.inputs.istat() == "015146"
    assert [layer.name() for layer in chosen.inputs.service_layers()] == ["servizi"]
    assert chosen.findings.filter_values() == ("biblioteca", "avviso", "da_trattare", "")
    assert chosen.panel.tabs.currentIndex() == 1
    other = VerificationDock(chosen.iface)
    qtbot.addWidget(other)
    assert other.inputs.istat() == "015146"
    other.close_down()


def test_reading_the_findings_does_not_change_the_project(qtbot, probe, chosen):
    from qgis.core import QgsProject

    run(qtbot, chosen)
    QgsProject.instance().setDirty(False)
    chosen.findings.tree.setCurrentIndex(chosen.findings.model.first_finding())
    chosen.findings.set_filter_values("", "avviso", "")
    chosen.restore()
    assert not QgsProject.instance().isDirty()


def test_a_comune_is_found_by_the_beginning_of_its_name(qtbot, dock):
    from qgis.PyQt.QtCore import Qt

    qtbot.keyClicks(dock.inputs.comune.lineEdit(), "gorgonz")
    qtbot.keyClick(dock.inputs.comune.lineEdit(), Qt.Key.Key_Tab)
    dock.inputs.comune.lineEdit().editingFinished.emit()
    assert dock.inputs.istat() == "015108"
    assert dock.inputs.comune.count() == 133


def test_settlers_are_given_when_somebody_writes_them_and_remembered(chosen):
    from sttm_plugin.gui.project_state import recall

    spin = chosen.inputs.number_SETTLERS
    assert "SETTLERS" not in chosen.inputs.parameters()
    assert spin.text().strip() == ""
    spin.setValue(0)
    assert chosen.inputs.parameters()["SETTLERS"] == 0
    spin.setValue(1250)
    assert (recall("SETTLERS"), chosen.inputs.parameters()["SETTLERS"]) == ("1250", 1250)
    spin.blockSignals(True)
    spin.setValue(7)
    spin.blockSignals(False)
    chosen.restore()
    assert spin.value() == 1250
    spin.clear()
    assert recall("SETTLERS") == ""
    assert "SETTLERS" not in chosen.inputs.parameters()


def test_a_layer_that_goes_is_not_replaced_by_the_one_beside_it(chosen):
    from qgis.core import QgsProject, QgsVectorLayer

    from sttm_plugin.gui.project_state import recall

    names = ("popolazione", "quartieri", "zone")
    layers = [
        QgsVectorLayer("Polygon?crs=EPSG:32632&field=popolazione:integer", name, "memory")
        for name in names
    ]
    QgsProject.instance().addMapLayers(layers)
    chosen.inputs.recognise_layers()
    assert chosen.inputs.parameters()["POPULATION"] == layers[0].id()
    QgsProject.instance().removeMapLayer(layers[0].id())

    assert "POPULATION" not in chosen.inputs.parameters()
    assert "POP_FIELD" not in chosen.inputs.parameters()
    assert chosen.inputs.combos["POPULATION"].currentText() == "(nessuno)"
    chosen.remember_view()
    assert recall("POPULATION") == ""


def test_what_a_check_lacks_has_its_name_and_where_it_is_found(dock):
    from qgis.core import QgsFeature, QgsVectorLayer
    from qgis.PyQt.QtCore import Qt

    fields = "codice:string titolo:string verdetto:string dati_mancanti:string"
    fields += " oggetti_provati:integer oggetti_non_conformi:integer"
    uri = "&".join(f"field={one}" for one in fields.split())
    layer = QgsVectorLayer(f"NoGeometry?{uri}", "controlli", "memory")
    row = QgsFeature(layer.fields())
    lacking = "NETWORK;SETTLERS;campo:superficie_mq;<b>altro</b>"
    row.setAttributes(["STTM2-601", "Raggiunge", "non_verificabile", lacking, 0, 0])
    layer.dataProvider().addFeatures([row])
    dock.checks.set_checks(layer)

    head = dock.checks.model.index(0, 0)
    cell = dock.checks.model.index(0, 2, head)
    assert cell.data().startswith("Rete stradale o pedonale, Abitanti da insediare, ")
    assert "NETWORK" not in cell.data()
    assert "campo:" not in cell.data()
    said = cell.data(Qt.ItemDataRole.ToolTipRole)
    assert "Rete stradale o pedonale: Linee connesse nei vertici" in said
    assert "<b>" not in said


def test_a_long_message_is_read_whole_in_a_narrow_panel(qtbot, dock):
    from qgis.PyQt.QtWidgets import QTextBrowser

    dock.show()
    dock.setFixedWidth(380)
    dock.complain(" ".join(["Il pacchetto dei criteri non si trova."] * 5))
    browser = dock.message_bar.currentItem().findChild(QTextBrowser)
    qtbot.waitUntil(lambda: browser.height() >= browser.document().size().height(), timeout=5000)
    assert not browser.verticalScrollBar().isVisible()
    assert browser.height() > 3 * browser.fontMetrics().lineSpacing()
    dock.tell("Breve.")
    short = dock.message_bar.currentItem().findChild(QTextBrowser)
    qtbot.waitUntil(lambda: short.height() < 3 * short.fontMetrics().lineSpacing(), timeout=5000)
    dock.complain("lungo " * 400)
    longest = dock.message_bar.currentItem().findChild(QTextBrowser)
    qtbot.waitUntil(longest.verticalScrollBar().isVisible, timeout=5000)
    assert longest.height() < 10 * longest.fontMetrics().lineSpacing()


def test_the_panels_offer_every_input_of_their_algorithms(dock, window, sttm_provider):
    from qgis.core import QgsApplication, QgsProcessingParameterDefinition

    from sttm_plugin.gui.delivery_dock import DeliveryDock

    delivery = DeliveryDock(window, window.window)
    # Given by the panel itself, of what the project holds; how an algorithm is run by an expert.
    itself = {"PREVIOUS", "WORKSPACE", "FINDINGS", "WAIVERS", "CRS"}
    offered = {name for name in dir(dock.inputs) if name.startswith(("layer_", "file_"))}
    offered |= {"layer_SERVICES", "layer_COMUNE", "layer_POP_FIELD", "layer_SETTLERS"}
    here = {name.partition("_")[2] for name in offered}
    names = {"author", "office", "role", "kind", "notes", "keep_personal", "allow_blocking"}
    there = {name.upper() for name in names} | {"PREVIOUS_PACKAGE"}
    there |= {
        one.partition("_")[2] for one in dir(delivery.panel) if one.startswith(("layer_", "file_"))
    }
    registry = QgsApplication.processingRegistry()
    for algorithm, found in (("checkplan", here), ("exportcompatibility", here | there)):
        wanted = {
            one.name()
            for one in registry.algorithmById(f"sttm:{algorithm}").parameterDefinitions()
            if not one.isDestination()
            and not one.flags() & QgsProcessingParameterDefinition.Flag.FlagHidden
        }
        assert wanted - itself - found == set(), algorithm
    delivery.close_down()


def test_a_layer_in_other_columns_is_sent_to_the_import(dock, qgis_new_project):
    from qgis.core import QgsProject, QgsVectorLayer

    raw = QgsVectorLayer("Point?crs=EPSG:32632&field=NOME:string", "scuole", "memory")
    QgsProject.instance().addMapLayer(raw)
    dock.inputs.shared.tick([raw])
    assert dock.inputs.services_hint.text().startswith("«scuole» non ha ancora lo schema")


def test_closing_while_it_runs_stops_the_run_and_breaks_nothing(qtbot, probe, chosen, window):
    from qgis.core import QgsApplication

    probe.mode = "slow"
    click(qtbot, chosen.panel.run)
    qtbot.waitUntil(lambda: chosen.runs.stage.text() == "1 di 1: sonda", timeout=5000)
    running = chosen.runs._run
    running.cancel()
    with qtbot.waitSignal(QgsApplication.taskManager().allTasksFinished, timeout=10000):
        pass
    assert running.feedback.isCanceled()
