"""Run inside QGIS by tools/screenshots.sh: opens the demonstration and takes the pictures."""

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
# A picture of the documentation is no bigger than this.
MOST_BYTES = 350_000
lines = []


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


def picture(name):
    """Take the whole screen."""
    path = PICTURES / f"{name}.png"
    subprocess.run(["import", "-window", "root", "-strip", "-quality", "95", str(path)], check=True)
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
    later(lambda: (picture("riconciliazione"), finish()), 2500)


def picture_of_work(name):
    """Take a picture that the documentation doesn't use, when it is asked for."""
    if os.environ.get("STTM_ALL_PICTURES"):
        picture(name)


QgsApplication.messageLog().messageReceived.connect(on_message)
later(begin, 3000)
