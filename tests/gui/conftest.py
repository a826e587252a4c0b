"""A window with what the dock needs, and probes that stand for long or broken algorithms."""

from __future__ import annotations

import time

import pytest

from .rows import SERVICE_ID, a_finding


@pytest.fixture
def findings_layer(qgis_app):
    """A function that makes a findings layer of rows, each at its own point."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer

    from sttm_plugin.core.schema import FINDINGS
    from sttm_plugin.qgis_io.fields import make_fields

    def make(rows):
        layer = QgsVectorLayer("Point", "rilievi", "memory")
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32632"))
        layer.dataProvider().addAttributes(list(make_fields(FINDINGS)))
        layer.updateFields()
        features = []
        for number, row in enumerate(rows):
            feature = QgsFeature(layer.fields())
            for name, value in row.items():
                feature[name] = value
            feature.setGeometry(QgsGeometry.fromWkt(f"Point({514000 + number} 5034000)"))
            features.append(feature)
        layer.dataProvider().addFeatures(features)
        return layer

    return make


@pytest.fixture
def probe(qgis_processing, findings_layer):
    """The provider with a checkplan that does as a test says, and the real actions on findings."""
    from qgis.core import (
        QgsApplication,
        QgsProcessing,
        QgsProcessingException,
        QgsProcessingParameterFeatureSink,
        QgsProcessingParameterMultipleLayers,
        QgsProcessingParameterString,
        QgsProcessingParameterVectorLayer,
        QgsProcessingProvider,
        QgsWkbTypes,
    )

    from sttm_plugin.core.schema import CHECKS, FINDINGS
    from sttm_plugin.processing_algorithms.assignfindings import AssignFindings
    from sttm_plugin.processing_algorithms.base import SttmAlgorithm
    from sttm_plugin.processing_algorithms.justifyfindings import JustifyFindings
    from sttm_plugin.qgis_io.fields import make_fields
    from sttm_plugin.qgis_io.tables import write_rows

    class Told:
        """What the probe is told to do, and what it was given."""

        mode = "work"
        rows = (a_finding(),)
        sentence = ""
        given = None

    class CheckProbe(SttmAlgorithm):
        NAME = DISPLAY_NAME = "checkplan"
        GROUP = "Verifica"
        HELP = "Sonda."
        NEEDS = ()

        def define(self):
            self.addParameter(
                QgsProcessingParameterMultipleLayers(
                    "SERVICES", "Servizi", QgsProcessing.SourceType.TypeVector
                )
            )
            self.addParameter(QgsProcessingParameterString("COMUNE", "Comune"))
            for name in ("PREVIOUS", "WAIVERS"):
                self.addParameter(QgsProcessingParameterVectorLayer(name, name, optional=True))
            for name in ("OUTPUT", "CHECKS"):
                self.addParameter(QgsProcessingParameterFeatureSink(name, name))
            self.add_file_output("REPORT_HTML", "Rapporto", "Rapporto", "HTML (*.html)")
            self.add_numbers({"WARNINGS": "Avvisi"})

        def compute(self, parameters, context, feedback):
            Told.given = dict(parameters)
            feedback.setProgressText("1 di 1: sonda")
            feedback.setProgress(40)
            if Told.mode == "fail":
                raise QgsProcessingException(Told.sentence)
            if Told.mode == "bug":
                return {}["difetto"]
            if Told.mode == "slow":
                for _ in range(2000):
                    if feedback.isCanceled():
                        return {}
                    time.sleep(0.01)
            outputs = {"WARNINGS": len(Told.rows)}
            for name, fields, rows, kind in (
                ("OUTPUT", FINDINGS, Told.rows, QgsWkbTypes.Type.Point),
                ("CHECKS", CHECKS, (), QgsWkbTypes.Type.NoGeometry),
            ):
                sink, outputs[name] = self.open_sink(
                    parameters, name, context, make_fields(fields), kind,
                    findings_layer([]).crs(),
                )  # fmt: skip
                whole = [{**dict.fromkeys([f.name for f in fields]), **row} for row in rows]
                write_rows(sink, whole, fields)
            report = self.file_output(parameters, "REPORT_HTML", context)
            with open(report, "w", encoding="utf-8") as written:
                written.write("<!DOCTYPE html>")
            outputs["REPORT_HTML"] = report
            return outputs

    class ProbeProvider(QgsProcessingProvider):
        def id(self):
            return "sttm"

        def name(self):
            return "Sonda"

        def loadAlgorithms(self):  # noqa: N802
            self.addAlgorithm(CheckProbe())
            self.addAlgorithm(JustifyFindings())
            self.addAlgorithm(AssignFindings())

    provider = ProbeProvider()
    registry = QgsApplication.processingRegistry()
    assert registry.addProvider(provider)
    yield Told
    registry.removeProvider(provider)


class Window:
    """What the plugin asks of QGIS's interface, on a real main window."""

    def __init__(self):
        from qgis.gui import QgsMapCanvas
        from qgis.PyQt.QtCore import QObject, pyqtSignal
        from qgis.PyQt.QtWidgets import QMainWindow

        self.window = QMainWindow()
        self.canvas = QgsMapCanvas(self.window)
        self.window.setCentralWidget(self.canvas)
        self.bar = self.window.addToolBar("Plugin")
        self.menu = self.window.menuBar().addMenu("Plugin")
        self.window.resize(1000, 700)

        class Signals(QObject):
            ready = pyqtSignal()

        self._signals = Signals()
        self.initializationCompleted = self._signals.ready

    def mainWindow(self):  # noqa: N802
        return self.window

    def activeLayer(self):  # noqa: N802
        return None

    def mapCanvas(self):  # noqa: N802
        return self.canvas

    def addDockWidget(self, area, dock):  # noqa: N802
        self.window.addDockWidget(area, dock)

    def removeDockWidget(self, dock):  # noqa: N802
        self.window.removeDockWidget(dock)

    def addToolBarIcon(self, action):  # noqa: N802
        self.bar.addAction(action)

    def removeToolBarIcon(self, action):  # noqa: N802
        self.bar.removeAction(action)

    def addPluginToMenu(self, _name, action):  # noqa: N802
        self.menu.addAction(action)

    def removePluginMenu(self, _name, action):  # noqa: N802
        self.menu.removeAction(action)


@pytest.fixture
def window(qgis_app, qgis_new_project, qtbot):
    """A QGIS-like main window on an empty project."""
    made = Window()
    qtbot.addWidget(made.window)
    made.window.show()
    return made


@pytest.fixture
def services(qgis_new_project):
    """One service in the project."""
    from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer

    fields = "field=id_servizio:string&field=denominazione:string&field=codice_sttm:string"
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:32632&{fields}", "servizi", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes([SERVICE_ID, "Biblioteca", "CUL.01"])
    feature.setGeometry(
        QgsGeometry.fromWkt(
            "Polygon((516000 5036000,516100 5036000,516100 5036100,516000 5036100,516000 5036000))"
        )
    )
    layer.dataProvider().addFeatures([feature])
    layer.updateExtents()
    QgsProject.instance().addMapLayer(layer)
    return layer


@pytest.fixture
def dock(window, qtbot):
    """The dock in the window, over the probe or over the real provider."""
    from qgis.PyQt.QtCore import Qt

    from sttm_plugin.gui.verification_dock import VerificationDock

    made = VerificationDock(window, window.window)
    window.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, made)
    yield made
    if made.is_running():
        made.cancel()
    made.close_down()


@pytest.fixture
def chosen(dock, services):
    """The dock with a comune and a layer of services chosen."""
    dock.inputs.choose_comune("015146")
    dock.inputs.recognise_layers()
    return dock
