"""Run inside QGIS by tools/screenshots.sh: opens the demonstration and takes the pictures."""

import os
import subprocess
import traceback
from pathlib import Path

from qgis.core import Qgis, QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QToolBar
from qgis.utils import iface, plugins

DEMO, PICTURES = Path(os.environ["STTM_DEMO"]), Path(os.environ["STTM_PICTURES"])
LOG = Path(os.environ["STTM_LOG"])
ISTAT = "015108"
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
    later(lambda: (picture("controlli"), finish()), 1500)


QgsApplication.messageLog().messageReceived.connect(on_message)
later(begin, 3000)
