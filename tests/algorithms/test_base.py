"""What every algorithm inherits, tried on a small one of its own."""

from __future__ import annotations

import pytest


@pytest.fixture
def copyservices(qgis_processing):
    """An algorithm that reads services and writes them again, in a provider of its own."""
    from qgis.core import QgsApplication, QgsProcessingProvider, QgsWkbTypes

    from sttm_plugin.core.schema import SERVICES
    from sttm_plugin.processing_algorithms.base import SttmAlgorithm

    class CopyServices(SttmAlgorithm):
        NAME, DISPLAY_NAME, GROUP, HELP = "copyservices", "Copia", "Prova", "Copia i servizi."

        def define(self):
            self.add_layers("SERVICES", "Servizi", "I servizi.")
            self.add_comune()
            self.add_source("COMUNI", "Comuni", "I comuni.")
            self.add_crs()
            self.add_sink("OUTPUT", "Copia", "La copia.", optional=False)

        def compute(self, parameters, context, feedback):
            stages = self.stages(feedback, "lettura", "scrittura")
            stages.next()
            crs = self.analysis_crs(parameters, context)
            frame = self.services(parameters, "SERVICES", crs, context, feedback)
            self.frame(parameters, "COMUNI", crs, context, feedback, needed=("istat",))
            stages.next()
            point = QgsWkbTypes.Type.Point
            output = self.write(
                parameters, "OUTPUT", context, feedback, frame, SERVICES, point, crs, "no_such"
            )
            return {"OUTPUT": output}

    class Provider(QgsProcessingProvider):
        def id(self):
            return "prova"

        def name(self):
            return "Prova"

        def loadAlgorithms(self):  # noqa: N802
            self.addAlgorithm(CopyServices())

    provider = Provider()
    registry = QgsApplication.processingRegistry()
    registry.addProvider(provider)
    yield CopyServices
    registry.removeProvider(provider)


@pytest.fixture
def points():
    """A memory layer of services: [(id, name, x, y)], in a CRS."""
    from qgis.core import QgsFeature, QgsGeometry, QgsPointXY, QgsVectorLayer

    def make(rows, crs="EPSG:32632"):
        layer = QgsVectorLayer(f"Point?crs={crs}", "prova", "memory")
        if not crs:
            from qgis.core import QgsCoordinateReferenceSystem

            layer.setCrs(QgsCoordinateReferenceSystem())
        from qgis.core import QgsField
        from qgis.PyQt.QtCore import QVariant

        layer.dataProvider().addAttributes(
            [
                QgsField(name, QVariant.Type.String)
                for name in ("id_servizio", "denominazione", "codice_sttm", "ISTAT")
            ]
        )
        layer.updateFields()
        for row in rows:
            feature = QgsFeature(layer.fields())
            feature.setAttributes([row[0], row[1], "SAN.01", "015146"])
            if len(row) > 2:
                feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(row[2], row[3])))
            layer.dataProvider().addFeature(feature)
        return layer

    return make


def run(layer, **others):
    from qgis import processing

    parameters = {"SERVICES": [layer], "COMUNE": "015146", "OUTPUT": "TEMPORARY_OUTPUT"}
    return processing.run("prova:copyservices", {**parameters, **others})


def test_services_come_back_in_the_analysis_crs_with_every_field(copyservices, points):
    from sttm_plugin.core.schema import SERVICES

    output = run(points([("b", " Ospedale ", 9.1919, 45.4641)], "EPSG:4326"))["OUTPUT"]

    assert [field.name() for field in output.fields()] == [field.name for field in SERVICES]
    (feature,) = output.getFeatures()
    assert feature["denominazione"] == "Ospedale"
    assert feature["istat"] == "015146"  # a field in capitals is the same field
    point = feature.geometry().asPoint()
    assert (round(point.x(), 1), round(point.y(), 1)) == (515002.1, 5034526.0)
    assert output.crs().authid() == "EPSG:32632"


def refusal(copyservices, layer, **others):
    from qgis.core import QgsProcessingContext

    parameters = {"SERVICES": [layer], "COMUNE": "015146", "OUTPUT": "TEMPORARY_OUTPUT", **others}
    algorithm = copyservices().create()
    accepted, message = algorithm.checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted
    return message


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"CRS": "EPSG:4326"}, "distanze e superfici si misurano in metri"),
        ({"CRS": "EPSG:3857"}, "distanze e superfici si misurano in metri"),
        ({"CRS": "EPSG:2225"}, "distanze e superfici si misurano in metri"),
        ({"COMUNE": "Atlantide"}, "Atlantide"),
        ({"COMUNE": "  "}, "Indicare il comune"),
        ({"OUTPUT": "esito.shp"}, "taglia i nomi dei campi"),
        ({"OUTPUT": "esito.MIF"}, "taglia i nomi dei campi"),
    ],
)
def test_wrong_parameters_are_refused_with_a_sentence(copyservices, points, others, sentence):
    assert sentence in refusal(copyservices, points([("a", "x", 515000, 5034500)]), **others)


def test_a_layer_without_crs_is_refused_with_what_to_do(copyservices, points):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="non ha un sistema di riferimento"):
        run(points([("a", "x", 515000, 5034500)], crs=""))


def test_a_wrong_layer_is_refused_naming_its_fields(copyservices, points):
    from qgis.core import QgsProcessingException, QgsVectorLayer

    other = QgsVectorLayer("Point?crs=EPSG:32632&field=nome:string", "fermate", "memory")
    with pytest.raises(QgsProcessingException, match="manca il campo id_servizio.*trovati: nome"):
        run(other)


def test_a_container_gives_every_layer_that_fits(copyservices, points, tmp_path):
    from qgis.core import QgsProcessingException, QgsVectorFileWriter, QgsVectorLayer

    path = str(tmp_path / "piano.gpkg")
    layers = {
        "strade": QgsVectorLayer("LineString?crs=EPSG:32632&field=nome:string", "s", "memory"),
        "punti_a": points([("a", "uno", 515000, 5034500)]),
        "punti_b": points([("b", "due", 515100, 5034500)]),
    }
    for number, (name, layer) in enumerate(layers.items()):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = name
        if number:
            options.actionOnExistingFile = (
                QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
            )
        from qgis.core import QgsProject

        transform = QgsProject.instance().transformContext()
        assert QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, transform, options)[0] == 0

    output = run(path)["OUTPUT"]

    assert sorted(f["denominazione"] for f in output.getFeatures()) == ["due", "uno"]

    only = str(tmp_path / "strade.gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV3(
        layers["strade"], only, transform, QgsVectorFileWriter.SaveVectorOptions()
    )
    with pytest.raises(QgsProcessingException, match="Layer presenti: strade"):
        run(only)


def test_a_missing_package_is_answered_with_how_to_add_it(copyservices, points, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "geopandas", None)
    layer = points([("a", "x", 515000, 5034500)])

    executable, sentence = copyservices().create().canExecute()

    assert not executable
    assert "geopandas" in sentence
    assert refusal(copyservices, layer) == sentence


def test_an_area_wins_over_the_point_with_its_id(copyservices, points):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    fields = "&".join(f"field={n}:string" for n in ("id_servizio", "denominazione", "codice_sttm"))
    areas = QgsVectorLayer(f"Polygon?crs=EPSG:32632&{fields}", "aree", "memory")
    feature = QgsFeature(areas.fields())
    feature.setAttributes(["a", "Parco area", "VER.01"])
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0,10 0,10 10,0 0))"))
    areas.dataProvider().addFeature(feature)
    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.qgis_io.frames import read_services

    layers = [points([("a", "Parco punto", 1, 1), ("c", "Altro", 2, 2)]), areas]
    frame = read_services(layers, QgsCoordinateReferenceSystem("EPSG:32632"))

    assert frame["denominazione"].tolist() == ["Parco area", "Altro"]
    assert frame.attrs["doppi"] == ["a"]


def test_a_cancelled_run_writes_nothing(copyservices, points, tmp_path):
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    feedback = QgsProcessingFeedback()
    feedback.cancel()
    path = tmp_path / "esito.gpkg"
    parameters = {
        "SERVICES": [points([("a", "x", 515000, 5034500)])],
        "COMUNE": "015146",
        "OUTPUT": str(path),
    }

    algorithm = copyservices().create()
    results, _ = algorithm.run(parameters, QgsProcessingContext(), feedback)

    assert results == {}
    assert not path.exists()


class _StoppedWhileWriting:
    """Says stop from the moment a file is there."""

    def __init__(self, path):
        from qgis.core import QgsProcessingFeedback

        class Feedback(QgsProcessingFeedback):
            def isCanceled(self):  # noqa: N802
                return path.is_file()

        self.feedback = Feedback()


@pytest.mark.parametrize("ending", ["gpkg", "csv", "geojson"])
def test_a_run_cancelled_while_it_writes_leaves_no_file(copyservices, points, tmp_path, ending):
    from qgis.core import QgsProcessingContext

    folder = tmp_path / "esiti"
    folder.mkdir()
    path = folder / f"esito.{ending}"
    parameters = {
        "SERVICES": [points([(f"s{k}", "x", 515000, 5034500) for k in range(1200)])],
        "COMUNE": "015146",
        "OUTPUT": str(path),
    }
    context = QgsProcessingContext()

    results, _ = (
        copyservices().create().run(parameters, context, _StoppedWhileWriting(path).feedback)
    )

    assert results == {}
    assert list(folder.iterdir()) == []
    assert context.layersToLoadOnCompletion() == {}


def test_a_run_that_fails_after_it_began_to_write_leaves_no_file(copyservices, points, tmp_path):
    from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProcessingFeedback

    from sttm_plugin.core.errors import SttmError

    class Fails(copyservices):
        def write(self, *given, **others):
            super().write(*given, **others)
            raise SttmError("Il disco è pieno.")

    path = tmp_path / "esito.gpkg"
    parameters = {
        "SERVICES": [points([("a", "x", 515000, 5034500)])],
        "COMUNE": "015146",
        "OUTPUT": str(path),
    }
    with pytest.raises(QgsProcessingException, match="Il disco è pieno"):
        Fails().create().run(parameters, QgsProcessingContext(), QgsProcessingFeedback(), {}, False)

    assert not path.exists()


def test_progress_never_goes_back(qgis_processing):
    from qgis.core import QgsProcessingFeedback

    from sttm_plugin.processing_algorithms.base import Stages

    feedback = QgsProcessingFeedback()
    seen = []
    feedback.progressChanged.connect(seen.append)
    stages = Stages(feedback, ["uno", "due"])
    stages.next()
    stages.progress(0.5)
    stages.progress(0.2)
    stages.next()
    stages.progress(1.0)

    assert seen == sorted(seen)
    assert seen[-1] == 100.0


def test_a_proj_context_is_kept_once_for_each_thread(monkeypatch):
    """With pyproj 3.7 a second run in a thread of Qt took QGIS down (test_window sees that)."""
    import sys
    from types import SimpleNamespace

    from sttm_plugin.processing_algorithms import base

    managers = [object()]
    module = SimpleNamespace(get_context_manager=lambda: managers[-1])
    monkeypatch.setitem(sys.modules, "pyproj._context", module)
    monkeypatch.setattr(base, "_proj_contexts", {})
    for manager in (managers[0], managers[0], None, object()):
        managers.append(manager)
        base._keep_proj_context()
    assert list(base._proj_contexts.values()) == [managers[0], managers[-1]]
    monkeypatch.setitem(sys.modules, "pyproj._context", SimpleNamespace())
    base._keep_proj_context()
    assert len(base._proj_contexts) == 2


def test_every_run_keeps_its_proj_context(qgis_processing, copyservices, points, monkeypatch):
    import sys
    from types import SimpleNamespace

    from sttm_plugin.processing_algorithms import base

    manager = object()
    module = SimpleNamespace(get_context_manager=lambda: manager)
    monkeypatch.setitem(sys.modules, "pyproj._context", module)
    monkeypatch.setattr(base, "_proj_contexts", {})
    run(points([("a", "Scuola", 514_000, 5_034_000)]))
    assert list(base._proj_contexts.values()) == [manager]
