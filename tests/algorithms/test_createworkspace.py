"""createworkspace: every table of the contract, styled, with a project inside."""

from __future__ import annotations

import sqlite3

import pytest


@pytest.fixture
def create(sttm_provider, tmp_path):
    from qgis import processing

    def run(name="lavoro.gpkg", **others):
        given = {"COMUNE": "Rho", "OUTPUT": str(tmp_path / name), **others}
        return processing.run("sttm:createworkspace", given)["OUTPUT"]

    return run


def rows(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_every_table_is_there_empty_with_its_fields(create):
    from qgis.core import QgsVectorLayer

    from sttm_plugin.core.schema import WORKSPACE, names

    path = create()
    for name, (geometry, fields) in WORKSPACE.items():
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        assert layer.isValid(), name
        assert layer.fields().names() == ["fid", *names(fields)]
        assert layer.isSpatial() is (geometry is not None)
        assert layer.featureCount() == 0, name
        if geometry:
            assert layer.crs().authid() == "EPSG:32632"


def test_layers_open_with_their_styles(create):
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(f"{create()}|layername=rilievi", "rilievi", "ogr")
    layer.loadDefaultStyle()
    labels = [rule.label() for rule in layer.renderer().rootRule().children()]
    assert labels == ["Da esaminare", "Giustificato", "Risolto"]


def test_the_project_inside_opens_on_the_comune(create):
    from qgis.core import QgsProject

    path = create()
    (name,) = rows(path, "SELECT name FROM qgis_projects")[0]
    project = QgsProject()
    assert project.read(f"geopackage:{path}?projectName={name}")
    layers = {layer.name() for layer in project.mapLayers().values()}
    assert any("Servizi" in layer or "servizi" in layer for layer in layers)
    assert all(layer.isValid() for layer in project.mapLayers().values())
    assert project.crs().authid() == "EPSG:32632"
    project.clear()


def test_a_workspace_with_data_is_never_overwritten(create, tmp_path):
    from qgis.core import QgsProcessingException

    path = create()
    create()  # still empty: made again
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO coppie (id_coppia) VALUES ('c1')")
    connection.commit()
    connection.close()
    with pytest.raises(QgsProcessingException, match="contiene dati: coppie"):
        create()
    assert rows(path, "SELECT id_coppia FROM coppie") == [("c1",)]


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"COMUNE": "Atlantide"}, "Atlantide"),
        ({"CRS": "EPSG:4326"}, "metri"),
        ({"name": "lavoro.shp"}, ".gpkg"),
        ({"name": "no/lavoro.gpkg"}, "lavoro.gpkg"),
    ],
)
def test_bad_input_gets_a_sentence(create, tmp_path, others, sentence):
    from qgis.core import QgsProcessingException

    (tmp_path / "no").write_text("un file, non una cartella")
    with pytest.raises(QgsProcessingException) as refused:
        create(**others)
    assert sentence in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".gpkg"]
