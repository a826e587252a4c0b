"""Sources in odd containers, with odd names and few values: read whole, or refused in words."""

from __future__ import annotations

import json
import struct
import zipfile

import pytest

from tests.algorithms.intake_runs import (
    LAT,
    LON,
    RHO,
    X,
    Y,
    lines,
    made_id,
    refusal,
    save_layer,
    square,
)


def rules(found, difetto):
    return [line["regola"] for line in lines(found, difetto)]


# Columns -----------------------------------------------------------------------------------


def test_every_column_is_kept_whatever_its_name(importer, plan):
    odd = ["%s", "100%", '%d"', "a'b", "=cmd", "<b>x</b>", "{0}", "%(x)s"]
    made = plan([(f"POINT ({X} {Y})", {"nome": "Museo civico"})])
    layer = made.__class__("Point?crs=EPSG:32632", "piano", "memory")
    from qgis.core import QgsFeature, QgsField
    from qgis.PyQt.QtCore import QVariant

    layer.dataProvider().addAttributes([QgsField(name, QVariant.String) for name in ["nome", *odd]])
    layer.updateFields()
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["Museo civico", *map(str, range(len(odd)))])
    feature.setGeometry(next(made.getFeatures()).geometry())
    layer.dataProvider().addFeatures([feature])

    found = importer(layer)

    kept = json.loads(found["OUTPUT"][0]["attributi_origine"])
    assert kept == {"nome": "Museo civico", **{name: str(n) for n, name in enumerate(odd)}}


def test_a_column_called_the_name_holds_the_names_however_short(importer, table):
    found = importer(table(f"nome;tipo;x;y\nA1;museo;{X};{Y}\nB;teatro;{X + 9};{Y}\n"), ON_DOUBT=0)

    assert [row["denominazione"] for row in found["OUTPUT"]] == ["A1", "B"]


def test_numbers_in_a_column_called_the_name_are_no_names(importer, table):
    found = importer(table(f"nome;tipo;x;y\n1;museo;{X};{Y}\n2;teatro;{X + 9};{Y}\n"))

    assert [row["denominazione"] for row in found["OUTPUT"]] == [None, None]


def test_a_key_twice_or_missing_takes_no_key_from_the_others(importer, table):
    found = importer(
        table(
            f"codice;nome;x;y\nK1;Museo;{X};{Y}\nK2;Teatro;{X + 9};{Y}\nK2;Cinema;{X + 18};{Y}\n"
            f";Palestra;{X + 27};{Y}\n"
        )
    )

    ids = [row["id_servizio"] for row in found["OUTPUT"]]
    named = [made_id(f"n|{RHO}|{name}") for name in ("teatro", "cinema", "palestra")]
    assert ids == [made_id("k|pds di rho|K1"), *named]
    assert [(line["fid"], line["regola"]) for line in lines(found, "D40")] == [
        (2, "chiave_ripetuta"),
        (3, "chiave_ripetuta"),
        (4, "chiave_mancante"),
    ]
    assert found["REPAIRED"] == 3


def test_a_code_of_a_few_classes_is_no_key(importer, table):
    rows = "".join(f"S{n % 2};Museo {n};{X + n};{Y}\n" for n in range(5))
    found = importer(table(f"codice;nome;x;y\n{rows}"))

    assert {row["fonte_id"] for row in found["OUTPUT"]} == {None}
    assert not lines(found, "D40")


def test_a_category_that_no_taxonomy_has_stays_to_classify(importer, table):
    found = importer(
        table(
            f"nome;codice_sttm;x;y\nUno;CUL.01;{X};{Y}\nDue;ZZZ.09;{X + 9};{Y}\n"
            f"Tre;n.d.;{X + 18};{Y}\nQuattro;cul.02;{X + 27};{Y}\n"
        )
    )

    assert [row["codice_sttm"] for row in found["OUTPUT"]] == ["CUL.01", None, None, "CUL.02"]
    (line,) = [line for line in lines(found, "D34") if line["regola"] == "valori_nuovi"]
    assert line["prima"] == "«ZZZ.09» (1)"
    assert found["UNCLASSIFIED"] == 2


# Values ------------------------------------------------------------------------------------


def test_places_are_whole_even_where_coordinates_have_a_decimal_point(importer, table):
    found = importer(
        table(f"nome;posti;x;y\nMuseo;1.200;{X + 0.5};{Y}\nTeatro;2.000;{X + 9.5};{Y}\n")
    )

    assert [row["capacita"] for row in found["OUTPUT"]] == [1200.0, 2000.0]
    (line,) = [line for line in lines(found, "D37") if line["regola"] == "separatore_ambiguo"]
    assert (line["prima"], line["dopo"]) == ("capacita: 1.200 può valere 1.2 o 1200", "1200")


def test_two_signs_in_one_column_are_told_by_a_value_they_change(importer, table):
    found = importer(
        table(
            f"nome;superficie;x;y\nParco;0.5 ha;{X};{Y}\nBosco;0,3 ha;{X + 9};{Y}\n"
            f"Prato;1.234 mq;{X + 18};{Y}\n"
        )
    )

    assert [row["superficie_dichiarata_mq"] for row in found["OUTPUT"]] == [5000.0, 3000.0, 1234.0]
    (line,) = [line for line in lines(found, "D37") if line["regola"] == "separatore_ambiguo"]
    assert line["prima"].startswith("superficie_dichiarata_mq: 1.234 mq può valere 1.234 o 1234")


def test_a_comune_that_is_none_is_told_where_the_place_decides(importer, table, plan):
    text = f"nome;cod_istat;x;y\nMuseo;Castano;{X};{Y}\nTeatro;015182;{X + 9};{Y}\n"
    bounds = plan([(square(2000, X - 1000, Y - 1000), {"PRO_COM_T": RHO})], "Polygon")

    asked = importer(table(text))
    placed = importer(table(text), COMUNE=None, BOUNDARIES=bounds)

    for found in (asked, placed):
        assert [row["istat"] for row in found["OUTPUT"]] == [RHO, RHO]
        (line,) = lines(found, "D26")
        assert (line["fid"], line["regola"]) == (1, "comune_non_riconosciuto")
        assert (line["gravita"], line["prima"], line["dopo"]) == ("W", "Castano", RHO)


def test_an_unknown_comune_without_boundaries_is_not_said_to_be_far(importer, table):
    found = importer(
        table(f"nome;comune;x;y\nMuseo;Rho;{X};{Y}\nTeatro;Roma;{X};{Y}\n"), COMUNE=None
    )

    (rejected,) = found["REJECTED"]
    assert (rejected["motivo"], rejected["difetto"]) == ("altro_comune", "D28")
    assert "Comune «Roma» non riconosciuto: dare i confini" in rejected["messaggio"]


def test_an_address_in_any_words_of_a_service_not_to_be_located_is_left_out(importer, plan):
    made = plan(
        [
            (
                f"POINT ({X} {Y})",
                {"nome": "Casa rifugio", "tipo": "casa rifugio", "note": "dietro a Via Roma 1"},
            ),
            (f"POINT ({X} {Y})", {"nome": "Museo", "tipo": "museo", "note": "in via Roma 1"}),
        ]
    )

    found = importer(made)

    assert "Roma" not in found["UNPLACED"][0]["attributi_origine"]
    assert json.loads(found["OUTPUT"][0]["attributi_origine"])["note"] == "in via Roma 1"


def test_words_all_as_long_as_their_column_may_be_cut_and_codes_are_whole(importer, plan):
    made = plan([(f"POINT ({X} {Y})", {"nome": "Scuola dell'infanzia", "tipo": "MIIC8EV00R"})])
    layer = made.__class__(
        "Point?crs=EPSG:32632&field=nome:string(20)&field=tipo:string(10)", "piano", "memory"
    )
    layer.dataProvider().addFeatures(list(made.getFeatures()))

    found = importer(layer)

    assert [line["prima"] for line in lines(found, "D22")] == ["colonna nome, 20 caratteri"]


def test_a_strip_of_the_comune_away_from_the_areas_is_no_gap_of_theirs(importer, plan):
    x, y = X - 1000, Y - 1000
    spiked = (
        f"POLYGON (({x} {y}, {x + 2000} {y}, {x + 2000} {y + 2000}, {x} {y + 2000}, "
        f"{x} {y + 1500.4}, {x - 30} {y + 1500.4}, {x - 30} {y + 1500}, {x} {y + 1500}, {x} {y}))"
    )
    bounds = plan([(spiked, {"PRO_COM_T": RHO})], "Polygon")
    made = plan([(square(100), {"nome": "Parco"})], "Polygon")

    assert not lines(importer(made, BOUNDARIES=bounds), "D17")


# Containers --------------------------------------------------------------------------------


@pytest.fixture
def archive(saved, tmp_path):
    """A zip with two shapefiles of one name in two folders."""
    path = tmp_path / "consegna.zip"
    with zipfile.ZipFile(path, "w") as content:
        for folder, name in (("v1", "Museo"), ("v2", "Teatro")):
            made = saved([(f"POINT ({X} {Y})", {"nome": name})], f"{folder}/servizi.shp")
            for part in made.parent.iterdir():
                content.write(part, f"{folder}/{part.name}")
    return path


@pytest.fixture
def saved(plan, tmp_path):
    """Write records as a file of the format its ending says; return its path."""

    def write(rows, name, kind="Point", crs="EPSG:32632"):
        path = tmp_path / "fonte" / name
        return save_layer(plan(rows, kind, crs, path.stem), path)

    return write


@pytest.mark.parametrize("form", ["/vsizip/{}/v2/servizi.shp", "/vsizip/{{{}}}/v2/servizi.shp"])
def test_a_file_in_an_archive_is_read_by_the_path_that_qgis_gives_it(importer, archive, form):
    found = importer(form.format(archive))

    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Teatro"]
    assert rules(found, "")[:1] == ["codifica"]


def test_a_layer_loaded_from_an_archive_is_read(importer, archive):
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(f"/vsizip/{archive}/v1/servizi.shp", "servizi", "ogr")

    assert [row["denominazione"] for row in importer(layer)["OUTPUT"]] == ["Museo"]


def test_a_table_loaded_from_an_archive_is_read(importer, table, tmp_path):
    from qgis.core import QgsVectorLayer

    path = tmp_path / "tabelle.zip"
    with zipfile.ZipFile(path, "w") as content:
        content.write(table(f"nome;x;y\nMuseo;{X};{Y}\n"), "servizi.csv")
    layer = QgsVectorLayer(f"/vsizip/{path}/servizi.csv", "servizi", "ogr")

    assert [row["denominazione"] for row in importer(layer)["OUTPUT"]] == ["Museo"]


def test_what_an_archive_has_not_is_said(importer, archive):
    assert "Nell'archivio «consegna.zip» non c'è «v3/servizi.shp»." in refusal(
        importer, f"/vsizip/{archive}/v3/servizi.shp"
    )


def test_a_kmz_keeps_the_columns_of_its_kml(importer, saved, tmp_path):
    from osgeo import ogr

    if ogr.GetDriverByName("LIBKML") is None:
        pytest.skip("this build of GDAL reads a KML without its columns")
    row = {"DENOMINAZ": "Museo civico", "TIPOLOGIA": "museo", "GESTORE": "Comune"}
    kml = saved([(f"POINT ({LON} {LAT})", row)], "servizi.kml", crs="EPSG:4326")
    path = tmp_path / "servizi.kmz"
    with zipfile.ZipFile(path, "w") as content:
        content.write(kml, "doc.kml")
        content.writestr("files/icona.png", b"PNG")

    (museum,) = importer(path)["OUTPUT"]

    assert (museum["denominazione"], museum["gestore"]) == ("Museo civico", "Comune")


def test_a_layer_that_a_geopackage_has_not_is_said_with_those_it_has(importer, saved):
    path = saved([(f"POINT ({X} {Y})", {"nome": "Museo"})], "piano.gpkg")

    said = refusal(importer, f"{path}|layername=servizi")

    assert "In «piano.gpkg» non c'è il layer «servizi». Layer presenti: piano." in said


@pytest.mark.parametrize("loaded", [False, True])
def test_a_shapefile_cut_short_names_its_first_lost_record(importer, saved, loaded):
    from qgis.core import QgsVectorLayer

    rows = [(f"POINT ({X + n} {Y})", {"nome": f"Museo {n}"}) for n in range(4)]
    path = saved(rows, "servizi.shp")
    path.write_bytes(path.read_bytes()[:-30])  # the last record whole, and 2 bytes of the third

    said = refusal(importer, QgsVectorLayer(str(path), "servizi", "ogr") if loaded else path)

    assert "«servizi.shp» è troncato al record 3: 182 byte invece di 212 (D49)" in said


def test_a_file_of_points_and_areas_keeps_the_system_it_declares(importer, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem as System
    from qgis.core import QgsCoordinateTransform, QgsProject

    there = QgsCoordinateTransform(
        System("EPSG:32632"), System("EPSG:23032"), QgsProject.instance()
    ).transform(X, Y)
    x, y = there.x(), there.y()
    ring = [[x, y], [x + 100, y], [x + 100, y + 100], [x, y]]
    shapes = (
        {"type": "Point", "coordinates": [x, y]},
        {"type": "Polygon", "coordinates": [ring]},
    )
    path = tmp_path / "misto.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::23032"}},
                "features": [
                    {"type": "Feature", "properties": {"nome": f"Parco {n}"}, "geometry": shape}
                    for n, shape in enumerate(shapes)
                ],
            }
        ),
        encoding="utf-8",
    )

    found = importer(path)

    # ED50 taken for UTM 32 would lie 215 m away.
    assert found["OUTPUT_POINTS"][0]["wkt"] == f"Point ({X} {Y})"
    assert not lines(found, "D06") and not lines(found, "D03")


def test_a_limit_on_the_features_is_a_filter_and_no_broken_file(importer, saved):
    from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject, QgsVectorLayer

    rows = [(f"POINT ({X + n} {Y})", {"nome": f"Museo {n}"}) for n in range(4)]
    layer = QgsVectorLayer(str(saved(rows, "servizi.gpkg")), "servizi", "ogr")
    QgsProject.instance().addMapLayer(layer, False)

    found = importer(QgsProcessingFeatureSourceDefinition(layer.id(), False, 2))

    assert found["READ"] == 2
    (line,) = lines(found, "D50")
    assert line["dopo"] == "importati 2 di 4"


def test_a_dbf_of_dos_times_is_read_with_its_accents(importer, saved):
    path = saved([(f"POINT ({X} {Y})", {"nome": "x" * 20})], "servizi.shp")
    (path.with_suffix(".cpg")).unlink()
    name = "Comunità perciò".encode("cp850")
    head = struct.pack("<BBBBIHH20x", 3, 90, 1, 1, 1, 65, 21)
    field = struct.pack("<11sc4xBB14x", b"nome", b"C", 20, 0)
    path.with_suffix(".dbf").write_bytes(head + field + b"\r " + name.ljust(20) + b"\x1a")

    found = importer(path)

    assert found["OUTPUT"][0]["denominazione"] == "Comunità perciò"
    assert lines(found, "")[0]["dopo"] == ("cp850: il contenuto ha le lettere accentate del DOS")


# Parameters --------------------------------------------------------------------------------


def test_boundaries_without_areas_are_refused(importer, plan, table):
    points = plan([(f"POINT ({X} {Y})", {"PRO_COM_T": RHO})])

    said = refusal(importer, table(f"nome;x;y\nMuseo;{X};{Y}\n"), BOUNDARIES=points)

    assert "il layer non contiene aree" in said


def test_a_profile_that_is_not_there_names_those_that_come_with_the_plugin(importer, table):
    said = refusal(importer, table(f"nome;x;y\nMuseo;{X};{Y}\n"), PROFILE="scuole_inesistenti")

    assert "Il profilo «scuole_inesistenti» non c'è" in said
    assert "mim_scuole_paritarie" in said and "No such file" not in said
