"""Run inside QGIS by tools/screenshots.sh: opens the demonstration and takes the pictures."""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

from qgis.core import Qgis, QgsApplication, QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QToolBar
from qgis.utils import iface, plugins

DEMO, PICTURES = Path(os.environ["STTM_DEMO"]), Path(os.environ["STTM_PICTURES"])
LOG = Path(os.environ["STTM_LOG"])
ISTAT = "015108"
# The smallest screen the panels must fit.
SMALL = (1366, 768)
# A picture of the documentation is no bigger than this.
MOST_BYTES = 350_000
lines, heights = [], []


def on_message(message, tag, level):
    """Keep what the log says of the plugin, and any Python error."""
    ours = "sttm" in message.lower() or "sttm" in tag.lower() or tag == "Python warning"
    if level >= Qgis.MessageLevel.Warning and (ours or "Traceback" in message):
        grave = level >= Qgis.MessageLevel.Critical or "Traceback" in message
        lines.append(f"{'ERRORE' if grave else 'avviso'} [{tag}] {message}")


def finish():
    """Write what was seen and leave QGIS."""
    temporary = LOG.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(LOG)
    os._exit(0)


def guarded(step):
    """Return a step whose failure is written down."""

    def run(*_):
        try:
            step()
        except Exception:
            lines.append("ERRORE " + traceback.format_exc())
            finish()

    return run


def picture(name, part=None):
    """Take the screen, the whole of it or a part of it."""
    path = PICTURES / f"{name}.png"
    crop = ["-crop", part, "+repage"] if part else []
    subprocess.run(
        ["import", "-window", "root", *crop, "-strip", "-quality", "95", str(path)], check=True
    )
    if path.stat().st_size > MOST_BYTES:
        subprocess.run(["mogrify", "+dither", "-colors", "255", str(path)], check=True)
    lines.append(f"{path.name}: {path.stat().st_size} byte")


def later(step, milliseconds):
    """Do a step once QGIS has drawn what came before."""
    QTimer.singleShot(milliseconds, guarded(step))


def begin():
    """Open the project with its layers and the panel."""
    window = iface.mainWindow()
    window.showNormal()
    window.setGeometry(0, 0, 1680, 1000)
    if "sttm_plugin" not in plugins:
        raise RuntimeError("il plugin non si è caricato")
    QgsProject.instance().read(str(DEMO / "verifica.qgz"))
    for dock in window.findChildren(QDockWidget):
        dock.setVisible(dock.objectName() == "Layers")
    for bar in ("mLabelToolBar", "mDatabaseToolBar", "mWebToolBar"):
        found = window.findChild(QToolBar, bar)
        if found is not None:
            found.hide()
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        node.setExpanded(node.name().startswith(("Rilievi", "Servizi (punti)", "Bacini")))
    later(show_map, 5000)


def show_map():
    """The map with its legend."""
    picture("mappa")
    dock = plugins["sttm_plugin"].dock
    dock.show()
    dock.raise_()
    iface.mainWindow().resizeDocks([dock], [620], Qt.Orientation.Horizontal)
    dock.inputs.choose_comune(ISTAT)
    dock.inputs.recognise_layers()
    dock.panel.tabs.setCurrentIndex(0)
    later(run_check, 1500)


def run_check():
    """Run the check as the button does, and wait for its end."""
    picture("dati")
    plugins["sttm_plugin"].dock.check()
    wait_check(120)


def wait_check(left):
    """Look every half second whether the run has ended."""
    dock = plugins["sttm_plugin"].dock
    if dock.is_running() and left:
        later(lambda: wait_check(left - 1), 500)
        return
    if dock.is_running():
        raise RuntimeError("la verifica non finisce")
    later(show_findings, 2500)


def show_findings():
    """The panel with the findings and why one was raised."""
    dock = plugins["sttm_plugin"].dock
    findings = dock.findings.model.findings()
    if not findings:
        raise RuntimeError("la verifica non ha dato rilievi")
    wanted = [one for one in findings if one.codice in ("STTM2-503", "STTM2-502")] or [
        one for one in findings if one.gruppo == "LUM" and one.severita == "avviso"
    ]
    dock.findings.select((wanted or findings)[0].id_rilievo)
    dock.findings.show_current()
    lines.append(f"rilievi nel pannello: {len(findings)}")
    later(lambda: (picture("pannello"), show_checks()), 2500)


def show_checks():
    """The verdicts of every check."""
    plugins["sttm_plugin"].dock.panel.tabs.setCurrentIndex(2)
    later(lambda: (picture("controlli"), open_import()), 1500)


def when_idle(runs, step, left=240):
    """Do a step once nothing runs, and nothing is about to."""
    if runs.is_running() and left:
        later(lambda: when_idle(runs, step, left - 1), 500)
        return
    if runs.is_running():
        raise RuntimeError("un'elaborazione non finisce")
    later(step, 1500)


def open_import():
    """The import assistant on the table of services as the comune keeps it."""
    sys.path.insert(0, os.environ["STTM_ROOT"])
    from demo.generator import generate

    generate(DEMO / "ingressi")
    plugins["sttm_plugin"].dock.hide()
    plugins["sttm_plugin"].dock.import_services()
    dialog = plugins["sttm_plugin"].dock.import_dialog
    dialog.setGeometry(560, 390, 1110, 570)
    dialog.file.setFilePath(str(DEMO / "ingressi" / "servizi_puntuali.csv"))
    dialog.source.setText("Piano dei Servizi di Gorgonzola")
    later(lambda: (picture_of_work("importazione_fonte"), dialog.go_on()), 500)
    later(lambda: when_idle(dialog.runs, show_columns), 1500)


def show_columns():
    """What is proposed for each column."""
    dialog = plugins["sttm_plugin"].dock.import_dialog
    if not dialog.columns_model.rows:
        raise RuntimeError("nessuna colonna proposta")
    lines.append(f"colonne proposte: {len(dialog.columns_model.rows)}")
    dialog.columns.selectRow(1)
    later(lambda: (picture("importazione"), dialog.tabs.setCurrentIndex(2)), 800)
    later(lambda: when_idle(dialog.runs, show_values), 1600)


def show_values():
    """What each value becomes; the taxonomy beside."""
    dialog = plugins["sttm_plugin"].dock.import_dialog
    dialog.values.selectRow(0)
    later(lambda: (picture_of_work("importazione_valori"), dialog.tabs.setCurrentIndex(3)), 800)
    later(lambda: (picture_of_work("importazione_posizione"), dialog.tabs.setCurrentIndex(4)), 2000)
    later(lambda: when_idle(dialog.runs, show_preview), 3000)


def show_preview():
    """What would be written, on the map too."""
    dialog = plugins["sttm_plugin"].dock.import_dialog
    if not dialog.services_model.rows:
        raise RuntimeError("l'anteprima non ha servizi: " + dialog.summary.text())
    lines.append("anteprima: " + dialog.summary.text())
    later(lambda: (picture("importazione_anteprima"), dialog.reject(), open_panel()), 2500)


def second_reading():
    """The services as another source might tell them: other names, a little away."""
    [plan] = QgsProject.instance().mapLayersByName("Servizi (punti)")
    fields = plan.fields()
    layer = QgsVectorLayer(f"Point?crs={plan.crs().authid()}", "Lettura 2 (altre fonti)", "memory")
    layer.dataProvider().addAttributes(list(fields))
    layer.updateFields()
    features = []
    for number, service in enumerate(plan.getFeatures()):
        if number % 4 == 3:
            continue
        feature = QgsFeature(layer.fields())
        feature.setAttributes(service.attributes())
        feature["id_servizio"] = f"L2-{number:04d}"
        feature["lettura"] = 2
        feature["fonte"] = "Anagrafe di fantasia"
        name = str(service["denominazione"])
        for long, short in (
            ("Scuola secondaria di I grado", "S.M.S."),
            ("Istituto tecnico", "I.T."),
            ("Liceo scientifico", "L.S."),
            ("Biblioteca comunale", "Biblioteca"),
        ):
            name = name.replace(long, short)
        feature["denominazione"] = name.upper() if number % 3 else name
        place = service.geometry()
        place.translate(9 * (number % 7), -11 * (number % 5))
        feature.setGeometry(QgsGeometry(place))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    QgsProject.instance().addMapLayer(layer)
    return plan, layer


def open_panel():
    """The two readings side by side."""
    plan, other = second_reading()
    panel = plugins["sttm_plugin"].docks["Reconciliation"]
    panel.show()
    panel.raise_()
    iface.mainWindow().resizeDocks([panel], [430], Qt.Orientation.Vertical)
    panel.tick(1, [plan])
    panel.tick(2, [other])
    panel.panel.workspace.setFilePath(str(DEMO / "comune.gpkg"))
    panel.panel.author.setText("Ada Rossi, ufficio di piano")
    later(lambda: (picture_of_work("riconciliazione_letture"), panel.reconcile()), 1000)
    later(lambda: when_idle(panel.runs, decide_some), 2000)


def decide_some():
    """Three decisions, then the pair that waits next."""
    panel = plugins["sttm_plugin"].docks["Reconciliation"]
    if len(panel.model.rows) < 10:
        raise RuntimeError("poche coppie")
    lines.append(f"coppie nel pannello: {len(panel.model.rows)}")
    for decision in (0, 2, 1):
        panel.decide(decision)
    later(lambda: when_idle(panel.runs, show_pairs), 1500)


def show_pairs():
    """The pair under the cursor, on the map and side by side."""
    panel = plugins["sttm_plugin"].docks["Reconciliation"]
    panel.message_bar.clearWidgets()
    panel.panel.pairs.selectRow(4)
    later(lambda: (picture("riconciliazione"), open_services()), 2500)


def small_window(dock, width=430):
    """A laptop's screen, with one panel on the right."""
    window = iface.mainWindow()
    window.setGeometry(0, 0, *SMALL)
    for other in window.findChildren(QDockWidget):
        other.setVisible(other is dock)
    dock.raise_()
    dock.message_bar.clearWidgets()

    def settle():
        # A theme lays the window out again, as tall as it likes.
        window.setGeometry(0, 0, *SMALL)
        window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)

    settle()
    later(settle, 700)


def small_picture(name):
    """Take the part of the screen that a laptop has."""
    picture(name, f"{SMALL[0]}x{SMALL[1]}+0+0")
    heights.append(str(iface.mainWindow().frameGeometry().height()))


def panel_picture(dock, name):
    """Take a panel alone."""
    at = dock.mapToGlobal(dock.rect().topLeft())
    picture(name, f"{dock.width()}x{dock.height()}+{at.x()}+{at.y()}")
    heights.append(str(iface.mainWindow().frameGeometry().height()))


def services_dock():
    """The panel "Piano dei Servizi"."""
    return plugins["sttm_plugin"].docks["Services"]


def open_services():
    """The panel on the services of the workspace."""
    dock = services_dock()
    small_window(dock)
    dock.message_bar.clearWidgets()
    plan = [
        layer
        for name in ("Servizi (punti)", "Servizi (aree)", "Servizi (poligoni)")
        for layer in QgsProject.instance().mapLayersByName(name)
    ]
    dock.inputs.tick([*plan, unclassified_layer()])
    dock.panel.tabs.setCurrentIndex(4)
    later(lambda: (picture_of_work("servizi_valenza"), dock.valenza.classify()), 1500)
    later(lambda: when_idle(dock.runs, show_services), 2500)


def unclassified_layer():
    """Some services as an import leaves them: without a category, or without a place."""
    [plan] = QgsProject.instance().mapLayersByName("Servizi (punti)")
    layer = QgsVectorLayer("NoGeometry", "Servizi senza posizione", "memory")
    layer.dataProvider().addAttributes(list(plan.fields()))
    layer.updateFields()
    features = []
    for number, (name, kind, street) in enumerate(
        (
            ("Cascina Nuova", "Casa delle associazioni", "via Adda 4"),
            ("Ex filanda", "Casa delle associazioni", "via Trieste 18"),
            ("Sala prove", "Spazio giovani", "via Kennedy 2"),
            ("Il Cortile", "Casa delle associazioni", "piazza De Gasperi 1"),
            ("Orti di via Verdi", "Orti urbani", "via Verdi"),
        )
    ):
        feature = QgsFeature(layer.fields())
        feature["id_servizio"], feature["denominazione"] = f"senza-{number}", name
        feature["istat"], feature["comune"], feature["lettura"] = ISTAT, "Gorgonzola", 1
        original = {"DENOMINAZIONE": name, "TIPO": kind, "INDIRIZZO": street, "PROPRIETA": "Comune"}
        feature["attributi_origine"] = json.dumps(original)
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def show_services():
    """A service with its valenza and why."""
    dock = services_dock()
    dock.message_bar.clearWidgets()
    rows = dock.table.model.all_rows
    lines.append(f"servizi nel pannello: {len(rows)}")
    told = [row for row in rows if row["esito"] == "sovradichiarato"] or rows
    dock.panel.tabs.setCurrentIndex(1)
    dock.table.choose(told[0]["id_servizio"])
    dock.table.show_current()
    later(lambda: (small_picture("piano_servizi"), dock.panel.tabs.setCurrentIndex(2)), 2500)
    later(lambda: when_idle(dock.runs, show_unclassified), 3500)


def show_unclassified():
    """The texts without a category; then those without a place."""
    dock = services_dock()
    if not dock.texts.model.rows:
        raise RuntimeError("nessun testo da classificare")
    lines.append(f"testi da classificare: {len(dock.texts.model.rows)}")
    later(
        lambda: (panel_picture(dock, "da_classificare"), dock.panel.tabs.setCurrentIndex(3)), 1200
    )
    later(lambda: (panel_picture(dock, "da_collocare"), open_lum()), 2800)


def lum_dock():
    """The panel "LUM e accessibilità"."""
    return plugins["sttm_plugin"].docks["Lum"]


def open_lum():
    """The panel on the inputs of the demonstration."""
    folder = DEMO / "ingressi"
    layers = {}
    for key, name, title in (
        ("STOPS", "lum.geojson", "Fermate e nodi"),
        ("NETWORK", "rete.geojson", "Rete stradale"),
        ("POPULATION", "popolazione.geojson", "Popolazione"),
        ("COMUNI", "confini.geojson", "Confini"),
    ):
        layers[key] = QgsVectorLayer(str(folder / name), title, "ogr")
        QgsProject.instance().addMapLayer(layers[key], key == "STOPS")
    dock = lum_dock()
    small_window(dock)
    dock.panel.tabs.setCurrentIndex(0)
    for key, combo in (
        ("STOPS", dock.panel.stops),
        ("NETWORK", dock.panel.network),
        ("POPULATION", dock.panel.population),
        ("COMUNI", dock.panel.boundaries),
    ):
        combo.setLayer(layers[key])
        combo.activated.emit(combo.currentIndex())
    later(lambda: (picture_of_work("lum_dati"), dock.compute()), 1500)
    later(lambda: when_idle(dock.runs, show_lum), 2500)


def show_lum():
    """A LUM, what it hosts and reaches."""
    dock = lum_dock()
    if not dock.lum.rows:
        raise RuntimeError("nessun LUM")
    lines.append(f"LUM nel pannello: {len(dock.lum.rows)}")
    dock.message_bar.clearWidgets()
    later(lambda: (small_picture("lum_pannello"), dock.panel.tabs.setCurrentIndex(3)), 2000)
    later(dock.measure, 2500)
    later(lambda: when_idle(dock.runs, show_accessibility), 3500)


def show_accessibility():
    """Who reaches what; then the network."""
    dock = lum_dock()
    dock.message_bar.clearWidgets()
    later(
        lambda: (panel_picture(dock, "lum_accessibilita"), dock.panel.tabs.setCurrentIndex(1)), 1500
    )
    later(dock.check_network, 2000)
    later(lambda: when_idle(dock.runs, show_network), 3000)


def show_network():
    """What is wrong with the network; then the delivery."""
    picture_of_work("lum_rete")
    open_delivery()


def delivery_dock():
    """The panel "Consegna"."""
    return plugins["sttm_plugin"].docks["Delivery"]


def open_delivery():
    """What the comune must still do before it hands in."""
    dock = delivery_dock()
    small_window(dock)
    dock.panel.tabs.setCurrentIndex(0)
    dock.panel.role.setText("responsabile del procedimento")
    later(dock.check_ready, 1500)
    later(lambda: when_idle(dock.runs, show_ready), 3000)


def show_ready():
    """What is to be explained; then the package."""
    dock = delivery_dock()
    if not dock.items.all_rows:
        raise RuntimeError("nessuna voce prima della consegna")
    lines.append(f"voci prima della consegna: {len(dock.items.all_rows)}")
    dock.panel.items.selectRow(min(4, len(dock.items.rows) - 1))
    later(lambda: (small_picture("consegna"), write_package()), 1500)


def write_package():
    """The package, for a trial where something blocks."""
    dock = delivery_dock()
    dock.panel.author.setText("Ada Rossi")
    dock.panel.office.setText("Settore Urbanistica")
    dock.panel.output.setFilePath(str(DEMO / "consegna" / "prova.zip"))
    dock.panel.allow_blocking.setChecked(True)
    dock.panel.sheets.setChecked(True)
    dock.export()
    later(lambda: when_idle(dock.runs, show_package), 1500)


def show_package():
    """The package as it was written; then as who receives it reads it."""
    dock = delivery_dock()
    dock.message_bar.clearWidgets()
    told = dock.panel.written.toPlainText()
    if "SHA-256" not in told:
        raise RuntimeError("il pacchetto non è scritto")
    # Where this copy of the project stands is nobody's business.
    dock.panel.written.setHtml(dock.panel.written.toHtml().replace(f"{DEMO}/", ""))
    bar = dock.panel.package_scroll.verticalScrollBar()
    bar.setValue(bar.maximum())
    later(lambda: (panel_picture(dock, "consegna_pacchetto"), receive_package()), 1500)


def receive_package():
    """The three stages."""
    dock = delivery_dock()
    dock.panel.received.setFilePath(str(DEMO / "consegna" / "prova.zip"))
    dock.panel.tabs.setCurrentIndex(2)
    dock.validate()
    later(lambda: when_idle(dock.runs, show_stages), 1500)


def show_stages():
    """How each stage ended; then the criteria."""
    dock = delivery_dock()
    lines.append(f"fasi della validazione: {len(dock.stages.rows)}")
    field = dock.panel.received.lineEdit()
    field.blockSignals(True)
    field.setText("consegna/prova.zip")
    field.blockSignals(False)
    later(lambda: (panel_picture(dock, "consegna_ricevi"), open_criteria()), 1200)


def open_criteria():
    """The criteria as tables, with a value changed."""
    dock = plugins["sttm_plugin"].dock
    dock.open_criteria()
    dialog = dock.criteria_dialog
    dialog.setGeometry(90, 70, 1180, 620)
    later(lambda: when_idle(dialog.runs, change_criteria), 1500)


def change_criteria():
    """A threshold, and what it would change."""
    dialog = plugins["sttm_plugin"].dock.criteria_dialog
    dialog.edit("valenza", "GEN-R02", "soglia", "0.1")
    later(lambda: when_idle(dialog.runs, show_criteria), 1500)


def show_criteria():
    """The editor; then which services flip, and every panel by night."""
    dialog = plugins["sttm_plugin"].dock.criteria_dialog
    if not dialog.edits():
        raise RuntimeError("il criterio non è cambiato")
    frame = dialog.geometry()
    size = f"{frame.width()}x{frame.height()}+{frame.x()}+{frame.y()}"
    picture("criteri", size)
    dialog.run_whatif()
    later(lambda: when_idle(dialog.runs, show_flips), 1500)


def show_flips():
    """Which services would change valenza."""
    dialog = plugins["sttm_plugin"].dock.criteria_dialog
    lines.append("criteri: " + dialog.flips_told.text())
    picture_of_work("criteri_prova")
    dialog.done(0)
    QgsApplication.setUITheme("Night Mapping")
    by_night(
        (plugins["sttm_plugin"].dock, 1, "scuro_verifica"),
        (services_dock(), 1, "scuro_servizi"),
        (lum_dock(), 2, "scuro_lum"),
        (delivery_dock(), 0, "scuro_consegna"),
    )


def by_night(panel, *others):
    """A panel on one of its pages in the dark theme, then the others; the criteria last."""
    dock, page, name = panel
    small_window(dock)
    dock.panel.tabs.setCurrentIndex(page)
    following = (lambda: by_night(*others)) if others else dark_criteria
    later(lambda: (small_picture(name), following()), 2500)


def dark_criteria():
    """The criteria by night."""
    plugins["sttm_plugin"].dock.open_criteria()
    dialog = plugins["sttm_plugin"].dock.criteria_dialog
    dialog.setGeometry(90, 70, 1180, 620)
    later(lambda: when_idle(dialog.runs, finish_by_night), 2500)


def finish_by_night():
    """The criteria by night, the last picture."""
    picture_of_work("scuro_criteri")
    tell_heights()
    finish()


def tell_heights():
    """How tall the window was in the pictures of a laptop's screen."""
    lines.append("altezza della finestra: " + ";".join(heights))


def picture_of_work(name):
    """Take a picture that the documentation doesn't use, when it is asked for."""
    if os.environ.get("STTM_ALL_PICTURES"):
        picture(name)


QgsApplication.messageLog().messageReceived.connect(on_message)
later(begin, 3000)
