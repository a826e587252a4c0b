"""What a person decides of single services: a category for equal texts, a place for one."""

from __future__ import annotations

import json

import pytest

from tests.algorithms.rows import as_dict

X, Y = 502000.0, 5042000.0
RHO = "015182"
HOSTILE = "<b>x</b>'); DROP TABLE servizi;--"


def a_service(number, name, kind=None, **more):
    original = {"NOME": name, "TIPO": kind}
    return {
        "id_servizio": f"s{number}",
        "denominazione": name,
        "attributi_origine": json.dumps(original),
        **more,
    }


SERVICES = [
    a_service(1, "Cascina Rossa", "Casa delle idee"),
    a_service(2, "Cascina Blu", "CASA DELLE IDEE"),
    a_service(3, "Biblioteca", "Biblioteca", codice_sttm="CUL.01", categoria="Biblioteche"),
    a_service(4, HOSTILE),
    a_service(5, "Cascina Verde", "casa  delle idee", codice_sttm="VER.01"),
]


@pytest.fixture
def stored(sttm_provider, services, tmp_path):
    """A function that writes rows into a GeoPackage and returns the sources of its tables."""
    from qgis.core import QgsProject, QgsVectorFileWriter

    def write(rows, name="servizi", place=0):
        layer = services(rows)[place]
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = name
        path = str(tmp_path / "area.gpkg")
        if (tmp_path / "area.gpkg").is_file():
            options.actionOnExistingFile = (
                QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
            )
        context = QgsProject.instance().transformContext()
        written = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context, options)
        assert written[0] == QgsVectorFileWriter.WriterError.NoError, written
        return f"{path}|layername={name}"

    return write


def run(name, **parameters):
    from qgis import processing

    return processing.run(f"sttm:{name}", parameters)


def refused(name, **parameters):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as said:
        run(name, **parameters)
    return str(said.value)


def rows_of(source):
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(source, "t", "ogr")
    assert layer.isValid()
    return {row["id_servizio"]: row for row in map(as_dict, layer.getFeatures())}


@pytest.fixture
def profile(tmp_path):
    """A profile as the import assistant saves it."""
    path = tmp_path / "profilo.json"
    content = {
        "profile_version": 1,
        "name": "Piano di Rho",
        "columns": {
            "denominazione": {"field": "NOME"},
            "codice_sttm": {"fields": ["TIPO"], "map": {"Biblioteca": "CUL.01"}, "unmapped": "ask"},
        },
        "fingerprint": {"fields": ["NOME:String", "TIPO:String"]},
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_equal_texts_are_one_line_and_classified_services_are_none(stored):
    found = run("findunclassified", SERVICES=[stored(SERVICES)], OUTPUT="TEMPORARY_OUTPUT")

    rows = [as_dict(one) for one in found["OUTPUT"].getFeatures()]
    assert [(row["testo"], row["colonna"], row["n"], row["esempi"]) for row in rows] == [
        ("Casa delle idee", "TIPO", 2, "Cascina Rossa; Cascina Blu"),
        (HOSTILE, "denominazione", 1, HOSTILE),
    ]
    assert (found["TEXTS"], found["UNCLASSIFIED"]) == (2, 3)


def test_a_type_that_says_nothing_leaves_the_word_to_the_name(stored):
    rows = [a_service(1, "Farmacia comunale", "n.d."), a_service(2, "farmacia  COMUNALE", " ")]
    found = run("findunclassified", SERVICES=[stored(rows)], OUTPUT="TEMPORARY_OUTPUT")

    [row] = [as_dict(one) for one in found["OUTPUT"].getFeatures()]
    assert (row["testo"], row["colonna"], row["n"]) == ("Farmacia comunale", "denominazione", 2)


def test_a_text_the_taxonomy_knows_comes_with_its_category(stored):
    rows = [a_service(1, "Sede di via Roma", "Farmacia comunale")]
    found = run("findunclassified", SERVICES=[stored(rows)], OUTPUT="TEMPORARY_OUTPUT")

    [row] = [as_dict(one) for one in found["OUTPUT"].getFeatures()]
    assert (row["testo"], row["proposto"]) == ("Farmacia comunale", "LOC.05")


def test_the_columns_of_the_profile_speak_before_names_that_look_like_a_type(stored, profile):
    content = json.loads(profile.read_text(encoding="utf-8"))
    content["columns"]["codice_sttm"]["fields"] = ["NOME"]
    profile.write_text(json.dumps(content), encoding="utf-8")

    found = run(
        "findunclassified",
        SERVICES=[stored(SERVICES)],
        PROFILE=str(profile),
        OUTPUT="TEMPORARY_OUTPUT",
    )

    assert found["TEXTS"] == 3


def test_one_decision_classifies_every_equal_text_and_is_remembered(stored, profile):
    points = stored(SERVICES)
    table = stored([a_service(9, "Altra", "Casa delle Idee", wkt="POINT EMPTY")], "senza")

    found = run(
        "assigncategory",
        SERVICES=[points, table],
        TEXTS="casa delle idee",
        CODE="cul.03",
        PROFILE=str(profile),
    )

    assert (found["ASSIGNED"], found["REMEMBERED"]) == (3, 1)
    after = rows_of(points)
    name = after["s1"]["categoria"]
    assert name and after["s1"]["macrocategoria"]
    for row in (after["s1"], after["s2"], rows_of(table)["s9"]):
        assert (row["codice_sttm"], row["categoria"], row["confidenza"]) == ("CUL.03", name, 1.0)
    assert [after[key]["codice_sttm"] for key in ("s3", "s4", "s5")] == ["CUL.01", None, "VER.01"]
    rule = json.loads(profile.read_text(encoding="utf-8"))["columns"]["codice_sttm"]
    assert rule["fields"] == ["TIPO"]
    assert rule["map"] == {"Biblioteca": "CUL.01", "Casa delle idee": "CUL.03"}


def test_the_next_import_knows_what_was_decided(stored, profile, tmp_path):
    run(
        "assigncategory",
        SERVICES=[stored(SERVICES)],
        TEXTS=f"Casa delle idee\n{HOSTILE}",
        CODE="CUL.03",
        PROFILE=str(profile),
    )
    source = tmp_path / "nuovo.csv"
    source.write_text(
        "NOME,TIPO,X,Y\n"
        f"Cascina Gialla,CASA DELLE IDEE,{X},{Y}\n"
        f'"{HOSTILE}",,{X + 50},{Y}\n'
        f"Casa strana,Mai vista,{X + 90},{Y}\n",
        encoding="utf-8",
    )

    found = run(
        "importservices",
        INPUT=str(source),
        COMUNE=RHO,
        PROFILE=str(profile),
        X_FIELD="X",
        Y_FIELD="Y",
        OUTPUT="TEMPORARY_OUTPUT",
    )

    codes = {
        one["denominazione"]: as_dict(one)["codice_sttm"] for one in found["OUTPUT"].getFeatures()
    }
    assert codes == {"Cascina Gialla": "CUL.03", HOSTILE: "CUL.03", "Casa strana": None}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"CODE": "ZZZ.99"}, "ZZZ.99"),
        ({"TEXTS": "Mai scritto"}, "Mai scritto"),
        ({"TEXTS": "  "}, "almeno un testo"),
    ],
)
def test_a_decision_without_sense_is_refused_and_nothing_changes(stored, profile, given, sentence):
    points = stored(SERVICES)
    before = profile.read_bytes()
    parameters = {"TEXTS": "Casa delle idee", "CODE": "CUL.03", "PROFILE": str(profile), **given}

    assert sentence in refused("assigncategory", SERVICES=[points], **parameters)

    assert rows_of(points)["s1"]["codice_sttm"] is None
    assert profile.read_bytes() == before


def test_a_table_that_cannot_be_written_leaves_the_others_as_they_were(stored, services):
    points = stored(SERVICES)
    busy = services([a_service(7, "Altra", "Casa delle idee")])[0]
    busy.startEditing()

    said = refused(
        "assigncategory", SERVICES=[points, busy], TEXTS="Casa delle idee", CODE="CUL.03"
    )

    assert "è in modifica" in said
    assert rows_of(points)["s1"]["codice_sttm"] is None
    busy.rollBack()


UNPLACED = [
    a_service(1, "Centro civico", "Centro civico", codice_sttm="CUL.03", capacita=80.0),
    a_service(2, "Casa rifugio delle donne", "Accoglienza"),
    a_service(3, "Sportello", codice_sttm="EXT.07"),
]


@pytest.fixture
def tables(stored):
    """The services without a place, and the points of the comune."""
    nowhere = stored([{**row, "wkt": "POINT EMPTY"} for row in UNPLACED], "senza_posizione")
    return nowhere, stored([a_service(8, "Scuola", codice_sttm="IST.01")], "punti")


def place(tables, identifier, point, **more):
    return run(
        "placeservice",
        UNPLACED=tables[0],
        SERVICE_ID=identifier,
        POINT=point,
        TARGET=tables[1],
        **more,
    )


def test_a_placed_service_leaves_the_table_and_keeps_everything_it_had(tables):
    found = place(tables, "s1", f"{X},{Y} [EPSG:32632]")

    assert (found["PLACED"], found["NOTE"]) == (1, "")
    assert sorted(rows_of(tables[0])) == ["s2", "s3"]
    moved = rows_of(tables[1])["s1"]
    assert (moved["denominazione"], moved["capacita"]) == ("Centro civico", 80.0)
    assert json.loads(moved["attributi_origine"])["TIPO"] == "Centro civico"

    from qgis.core import QgsVectorLayer

    points = {one["id_servizio"]: one.geometry() for one in QgsVectorLayer(tables[1]).getFeatures()}
    assert points["s1"].asPoint().x() == pytest.approx(X)
    assert points["s1"].asPoint().y() == pytest.approx(Y)


def test_a_point_in_degrees_comes_to_the_crs_of_the_layer(tables):
    # 9° is the central meridian of zone 32: 500,000 m east, wherever one is.
    place(tables, "s1", "9.0,45.53 [EPSG:4326]")

    from qgis.core import QgsVectorLayer

    points = {one["id_servizio"]: one.geometry() for one in QgsVectorLayer(tables[1]).getFeatures()}
    assert points["s1"].asPoint().x() == pytest.approx(500000.0, abs=0.01)


@pytest.mark.parametrize("identifier", ["s2", "s3"])
def test_a_service_that_must_not_be_located_is_refused_a_place(tables, identifier):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="da non localizzare"):
        place(tables, identifier, f"{X},{Y} [EPSG:32632]")
    assert sorted(rows_of(tables[0])) == ["s1", "s2", "s3"]
    assert sorted(rows_of(tables[1])) == ["s8"]


def test_a_point_outside_the_comune_is_told_and_one_far_away_is_refused(tables, layer):
    from qgis.core import QgsProcessingException

    corners = [(-100, -100), (100, -100), (100, 100), (-100, 100), (-100, -100)]
    square = "Polygon((" + ",".join(f"{X + dx} {Y + dy}" for dx, dy in corners) + "))"
    boundaries = layer("Polygon", "&field=istat:string", [(RHO, square)])
    with pytest.raises(QgsProcessingException, match="5,1 km da Rho"):
        place(tables, "s1", f"{X + 5200},{Y}", BOUNDARIES=boundaries)
    found = place(tables, "s1", f"{X + 400},{Y}", BOUNDARIES=boundaries)
    assert found["NOTE"] == "Il punto è fuori da Rho, a 300 m."


def test_a_service_that_is_gone_or_already_there_is_told(tables, stored):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="forse è già stato collocato"):
        place(tables, "mai", f"{X},{Y}")
    place(tables, "s1", f"{X},{Y}")
    nowhere = stored([{**UNPLACED[0], "wkt": "POINT EMPTY"}], "ancora")
    with pytest.raises(QgsProcessingException, match="c'è già un servizio"):
        place((nowhere, tables[1]), "s1", f"{X},{Y}")
    assert sorted(rows_of(nowhere)) == ["s1"]


def test_a_service_stays_where_it_was_when_the_layer_of_points_is_being_edited(tables, services):
    target = services([a_service(8, "Scuola")])[0]
    target.startEditing()
    said = refused(
        "placeservice", UNPLACED=tables[0], SERVICE_ID="s1", POINT=f"{X},{Y}", TARGET=target
    )
    assert "è in modifica" in said
    assert sorted(rows_of(tables[0])) == ["s1", "s2", "s3"]
    target.rollBack()


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("Point", "&field=nome:string", "non ha i campi id_servizio, "),
        ("Point", "&field=id_servizio:string&field=denominazione:string", "capacita"),
        ("Polygon", None, "non è di punti"),
    ],
)
def test_a_layer_that_would_lose_what_the_service_has_is_refused(
    tables, layer, kind, fields, sentence
):
    from sttm_plugin.core.schema import SERVICES

    every = "".join(f"&field={field.name}:string" for field in SERVICES)
    target = layer(kind, fields or every, [], name="altro")

    said = refused(
        "placeservice", UNPLACED=tables[0], SERVICE_ID="s1", POINT=f"{X},{Y}", TARGET=target
    )

    assert sentence in said and "Nulla è stato spostato." in said
    assert sorted(rows_of(tables[0])) == ["s1", "s2", "s3"]
    assert target.featureCount() == 0
