"""Each defect of a Piano dei Servizi, D01-D54: one file with it, and what the import makes of it.

Every run here is also held to: read = written + rejected, square metres in = out, the folder of
the source unchanged to the byte.
"""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.algorithms.intake_runs import LAT, LON, RHO, X, Y, lines, made_id, save_layer, square


@pytest.fixture
def folder(tmp_path):
    """Where the sources lie."""
    made = tmp_path / "fonte"
    made.mkdir()
    return made


def _listing(folder):
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def imported(importer, folder):
    """Run the import; hold it to what is true of every run."""

    def run(source, **others):
        before = _listing(folder)
        found = importer(source, **others)
        assert _listing(folder) == before
        said = found["log"]["certificato"]
        assert said["elementi"]["torna"] and said["superfici_mq"]["torna"]
        assert sum(said["elementi"]["uscite"].values()) == found["READ"]
        assert said["elementi"]["uscite"]["scartati"] == found["REJECTED_COUNT"]
        assert len(found.get("REJECTED", ())) == found["REJECTED_COUNT"]
        assert {line["fid"] for line in found["log"]["righe"] if line["gravita"] == "Q"} == {
            row["fid_origine"] for row in found["REJECTED"]
        }
        return found

    return run


@pytest.fixture
def refused(importer, folder, tmp_path):
    """Run an import that must stop; return its sentence."""
    from qgis.core import QgsProcessingException

    def run(source, **others):
        before = _listing(folder)
        with pytest.raises(QgsProcessingException) as error:
            importer(source, **others)
        assert _listing(folder) == before
        assert not (tmp_path / "registro.json").exists()
        assert "Traceback" not in str(error.value)
        return str(error.value)

    return run


@pytest.fixture
def csv(table, folder):
    """Write a CSV among the sources and return its path."""

    def write(text, name="servizi.csv", codec="utf-8"):
        return table(text, f"{folder.name}/{name}", codec)

    return write


@pytest.fixture
def saved(plan, folder):
    """Write records as a file of the format its ending says; return its path."""

    def write(rows, name="servizi.shp", kind="Point", crs="EPSG:32632", encoding="UTF-8"):
        path = folder / name
        return save_layer(plan(rows, kind, crs, path.stem), path, encoding)

    return write


@pytest.fixture
def ground(plan):
    """A boundary of Rho: a square of 2 km around the point the tests use."""
    return plan([(square(2000, X - 1000, Y - 1000), {"PRO_COM_T": RHO})], "Polygon", name="confini")


def the(found, difetto, regola, **expected):
    """Return the one line of the log with a defect and a rule; check what is said of it."""
    (line,) = [line for line in lines(found, difetto) if line["regola"] == regola]
    for name, value in expected.items():
        if name in ("prima", "dopo"):
            assert value in str(line[name]), line
        else:
            assert line[name] == value, line
    return line


MUSEUM = [(f"POINT ({X} {Y})", {"DENOMINAZ": "Museo civico"})]


# Files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "rule", "before"),
    [
        ({".shx": None}, "indice_ricostruito", "manca servizi.shx"),
        ({".shp": ".Shp", ".dbf": ".DBF"}, "estensioni_uniformate", "servizi.Shp"),
    ],
)
def test_d01_a_shapefile_without_index_is_read_from_a_copy(imported, saved, names, rule, before):
    path = saved(MUSEUM)
    for ending, other in names.items():
        part = path.with_suffix(ending)
        if other is None:
            part.unlink()
        else:
            part.rename(path.with_suffix(other))
    path = path.with_suffix(names.get(".shp") or ".shp")

    found = imported(path)

    the(found, "D01", rule, gravita="R", fid=None, prima=before, dopo="copia temporanea")
    assert found["OUTPUT"][0]["denominazione"] == "Museo civico"


def test_d02_a_shapefile_without_attributes_is_refused(refused, saved):
    path = saved(MUSEUM)
    path.with_suffix(".dbf").unlink()

    message = refused(path)

    assert "«servizi.dbf» (D02)" in message
    assert "servizi.shp" in message and "servizi.shx" in message


def test_d03_without_prj_the_system_is_the_one_that_reaches_the_comune(imported, saved):
    path = saved([(f"POINT ({LON} {LAT})", {"DENOMINAZ": "Museo"})], crs="EPSG:4326")
    path.with_suffix(".prj").unlink()

    found = imported(path)

    the(found, "D03", "sistema_di_riferimento", gravita="A", prima="nessun sistema", dopo="4326")
    assert found["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"


def test_d04_a_wrong_declared_system_is_named_with_the_right_one(imported, saved):
    path = saved([("POINT (1501214.1 5042453.6)", {"DENOMINAZ": "Museo"})], "a.gpkg")

    found = imported(path)

    the(found, "D04", "sistema_di_riferimento", gravita="R", prima="32632", dopo="EPSG:3003")
    assert found["profile"]["source"]["crs"] == "EPSG:3003"


def test_d05_swapped_axes_are_put_right(imported, csv):
    found = imported(csv(f"nome;x;y\nMuseo;{LAT};{LON}\n"))

    the(found, "D05", "assi_scambiati", gravita="R", fid=None, dopo="assi scambiati")
    assert found["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"


def test_d06_a_geojson_in_metres_is_placed_and_said(imported, folder):
    path = folder / "metri.geojson"
    feature = {
        "type": "Feature",
        "properties": {"nome": "Museo"},
        "geometry": {"type": "Point", "coordinates": [X, Y]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))

    found = imported(path)

    the(found, "D06", "sistema_di_riferimento", gravita="R", dopo="EPSG:32632")
    assert found["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"


def test_d07_numbers_prevail_over_the_words_around_them(imported, csv):
    found = imported(csv("nome;LONG_WGS84;LAT_WGS84\nMuseo;1501214.1;5042453.6\n"))

    the(found, "D07", "sistema_di_riferimento", gravita="R", prima="4326", dopo="EPSG:3003")
    x, _ = found["OUTPUT"][0]["wkt"][7:-1].split()
    assert abs(float(x) - X) < 8


def test_d08_a_shift_of_datum_is_measured_and_nothing_is_moved(imported, plan, ground):
    grid = [
        (X + 180 * i + 83, Y + 180 * j + 198, f"Panchina {i} {j}")
        for i in range(-5, 6)
        for j in range(-5, 6)
    ]
    made = plan([(f"POINT ({x} {y})", {"nome": name}) for x, y, name in grid])

    found = imported(made, BOUNDARIES=ground)

    # The northern row lies 98 m out, and nothing else does.
    the(
        found,
        "D08",
        "spostamento",
        gravita="W",
        prima="11 di 121 posizioni fuori da Rho, in media di 98 m",
        dopo="EPSG:23032",
    )
    assert found["OUTPUT"][0]["wkt"] == f"Point ({grid[0][0]:.1f} {grid[0][1]:.1f})"


def test_d09_far_records_are_rejected_and_near_ones_kept(imported, plan, ground):
    places = {"Dentro": X, "Vicino": X + 3000, "Lontano": X + 9000, "Zero": 0}
    made = plan([(f"POINT ({x} {Y if x else 0})", {"nome": name}) for name, x in places.items()])

    found = imported(made, BOUNDARIES=ground)

    the(found, "D09", "fuori_confine", gravita="W", fid=2, prima="2000 m fuori", dopo="tenuto")
    the(found, "D09", "fuori_area", gravita="Q", fid=3)
    the(found, "D09", "coordinate_non_valide", gravita="Q", fid=4)
    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Dentro", "Vicino"]


def test_d10_an_area_across_the_boundary_is_kept_whole(imported, plan, ground):
    made = plan([(square(100, X + 950, Y), {"nome": "Parco"})], "Polygon")

    found = imported(made, BOUNDARIES=ground)

    the(found, "D10", "a_cavallo_del_confine", gravita="W", prima="50% fuori", dopo="intero")
    assert found["OUTPUT"][0]["superficie_mq"] == pytest.approx(10000)


# Geometry ----------------------------------------------------------------------------------


def _bow_tie(side=100.0):
    return f"POLYGON (({X} {Y}, {X + side} {Y + side}, {X + side} {Y}, {X} {Y + side}, {X} {Y}))"


def test_d11_a_bow_tie_is_repaired_with_its_area_before_and_after(imported, plan):
    # The second wing goes the other way round: what the ring sums to is not its ground.
    text = f"POLYGON (({X} {Y}, {X + 60} {Y}, {X} {Y + 40}, {X + 60} {Y + 40}, {X} {Y}))"
    text = text.replace(f"{X + 60} {Y + 40}", f"{X + 90} {Y + 40}")

    found = imported(plan([(text, {"nome": "Parco"})], "Polygon"))

    the(found, "D11", "area_riparata", gravita="R", fid=1, prima="autointersezione", dopo="valida")
    (repair,) = found["log"]["certificato"]["riparazioni"]
    assert repair["fid"] == 1
    assert repair["prima_mq"] == pytest.approx(600.0)  # |1200 - 1800|: the wings take off
    assert repair["dopo_mq"] == pytest.approx(1560.0)  # 60·16/2 + 90·24/2
    assert found["OUTPUT"][0]["superficie_mq"] == pytest.approx(1560.0)


def test_d12_an_area_without_ground_is_rejected_as_it_was(imported, plan):
    text = f"POLYGON (({X} {Y}, {X + 10} {Y + 10}, {X + 20} {Y + 20}, {X} {Y}))"

    found = imported(plan([(text, {"nome": "Lama"})], "Polygon"))

    the(found, "D12", "geometria_irreparabile", gravita="Q", fid=1)
    (row,) = found["REJECTED"]
    assert row["geometria_wkt"].startswith("POLYGON ((501186.1 5042433.6")
    assert json.loads(row["attributi_origine"]) == {"nome": "Lama"}


def test_d13_a_record_without_geometry_keeps_its_attributes(imported, plan):
    made = plan([(square(10), {"nome": "Parco"}), ("", {"nome": "Scuola media"})], "Polygon")

    kept = imported(made)
    left = imported(made, UNPLACED=None)

    the(kept, "D13", "senza_posizione", gravita="W", fid=2, dopo="non localizzati")
    assert [row["denominazione"] for row in kept["UNPLACED"]] == ["Scuola media"]
    the(left, "D13", "senza_posizione", gravita="Q", fid=2)
    assert json.loads(left["REJECTED"][0]["attributi_origine"]) == {"nome": "Scuola media"}


def test_d14_exact_duplicates_are_kept_and_their_ground_counts_once(imported, plan):
    made = plan([(square(10), {"nome": "Parco"})] * 2, "Polygon")

    found = imported(made)

    assert [line["gravita"] for line in lines(found, "D14")] == ["W", "W"]
    assert found["WRITTEN"] == 2
    assert found["log"]["certificato"]["suolo_mq"] == {
        "lordo": 200.0,
        "netto": 100.0,
        "contato_piu_volte": 100.0,
    }


def test_d15_two_services_in_one_building_are_both_kept(imported, plan):
    made = plan([(square(10), {"nome": "Biblioteca"}), (square(10), {"nome": "Museo"})], "Polygon")

    found = imported(made)

    assert {line["regola"] for line in lines(found, "D15")} == {"stessa_posizione"}
    assert [line["fid"] for line in lines(found, "D15")] == [1, 2]
    assert found["log"]["certificato"]["suolo_mq"]["netto"] == 100.0


def test_d16_areas_on_the_same_ground_are_named_with_the_net_sum(imported, plan):
    made = plan(
        [(square(100), {"nome": "Parco"}), (square(100, X + 60), {"nome": "Campo"})], "Polygon"
    )

    found = imported(made)

    other = found["OUTPUT"][1]["id_servizio"]
    the(found, "D16", "aree_sovrapposte", gravita="W", fid=1, prima="4000.0 m²", dopo=other)
    the(found, "D16", "somma_netta", prima="somma lorda 20000 m²", dopo="somma netta 16000 m²")


def test_d17_slivers_between_areas_and_the_boundary_are_told(imported, plan, ground):
    made = plan(
        [
            (square(100, X, Y), {"nome": "Parco"}),
            (square(100, X + 100.4, Y), {"nome": "Campo"}),  # 0.4 m from the park
            (square(100, X + 899.5, Y + 500), {"nome": "Bosco"}),  # 0.5 m from the boundary
            (square(100, X - 500, Y - 500), {"nome": "Prato"}),
        ],
        "Polygon",
    )

    near = imported(made, BOUNDARIES=ground)
    alone = imported(plan([(square(100), {"nome": "Parco"})], "Polygon"), BOUNDARIES=ground)

    line = the(near, "D17", "fessure", gravita="W", fid=None, prima="2 fessure")
    assert float(line["dopo"].split()[0]) == pytest.approx(0.4 * 100 + 0.5 * 100, abs=1)
    assert not lines(alone, "D17")


def test_d18_an_area_in_parts_is_kept_together(imported, plan):
    text = square(10)[7:].strip()
    parts = f"MULTIPOLYGON ({text}, {square(10, X + 500)[7:].strip()})"

    found = imported(plan([(parts, {"nome": "Scuole e palestre"})], "MultiPolygon"))

    the(found, "D18", "area_in_piu_parti", gravita="W", fid=1, prima="2 parti", dopo="insieme")
    assert found["OUTPUT"][0]["superficie_mq"] == pytest.approx(200)


def test_d19_curves_heights_and_mixed_kinds_are_read(imported, folder):
    from osgeo import ogr, osr

    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32632)
    path = folder / "misto.gpkg"
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    table = source.CreateLayer("misto", crs, ogr.wkbUnknown)
    table.CreateField(ogr.FieldDefn("nome", ogr.OFTString))
    circle = f"CURVEPOLYGON (CIRCULARSTRING ({X} {Y}, {X + 100} {Y}, {X} {Y}))"
    mixed = f"GEOMETRYCOLLECTION ({square(10, X + 300)}, POINT ({X} {Y}))"
    for name, text in (
        ("Rotonda", circle),
        ("Museo", f"POINT ZM ({X} {Y} 150 7)"),
        ("Parco", mixed),
        ("Ciclabile", f"LINESTRING ({X} {Y}, {X + 9} {Y})"),
    ):
        feature = ogr.Feature(table.GetLayerDefn())
        feature.SetField("nome", name)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(text))
        table.CreateFeature(feature)
    del feature, table, source

    found = imported(path)

    the(found, "D19", "curve_segmentate", gravita="R", fid=1, dopo="0,05 m")
    the(found, "D19", "quote_tolte", gravita="R", fid=None)
    the(found, "D19", "raccolta_mista", gravita="R", fid=3, prima="1 aree, 0 linee, 1 punti")
    assert found["OUTPUT"][0]["superficie_mq"] == pytest.approx(7854, abs=20)  # π·50²
    assert found["OUTPUT_POINTS"][0]["wkt"] == f"Point ({X} {Y})"
    assert [row["motivo"] for row in found["REJECTED"]] == ["geometria_lineare"]


def test_d20_closed_polylines_of_a_drawing_are_areas(imported, folder):
    from osgeo import ogr

    path = folder / "tavola.dxf"
    source = ogr.GetDriverByName("DXF").CreateDataSource(str(path))
    table = source.CreateLayer("entities")
    ring = square(100)[8:].strip("()")
    gap = ring.rsplit(",", 1)[0]
    for text in (f"{ring}", f"{gap}, {X + 0.05} {Y}", f"{gap}, {X + 5} {Y + 5}"):
        feature = ogr.Feature(table.GetLayerDefn())
        feature.SetField("Layer", "PARCHI")
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"LINESTRING ({text})"))
        table.CreateFeature(feature)
    del feature, table, source

    found = imported(path)

    assert [(line["regola"], line["gravita"]) for line in lines(found, "D20")] == [
        ("linea_chiusa", "R"),
        ("linea_chiusa", "R"),
        ("geometria_lineare", "Q"),
    ]
    assert [round(row["superficie_mq"]) for row in found["OUTPUT"]] == [10000, 10000]


# Columns and texts -------------------------------------------------------------------------


def test_d21_cut_and_colliding_names_are_told_by_their_values(imported, refused, saved, csv):
    rows = [
        (
            f"POINT ({X + n} {Y})",
            {
                "DENOMINAZIONE_SERVIZIO": f"{kind.title()} n. {n}",
                "TIPOLOGIA_SERVIZIO": kind,
                "TIPOLOGIA_GESTIONE": "diretta",
            },
        )
        for n, kind in enumerate(("biblioteca", "museo", "liceo"))
    ]
    tie = csv(f"nome;denominazione;x;y\nMuseo;Pinacoteca;{X};{Y}\nTeatro;Cinema;{X};{Y}\n")

    found = imported(saved(rows))
    taken = imported(tie)

    assert found["OUTPUT"][0]["denominazione"] == "Biblioteca n. 0"
    assert [row["codice_sttm"] for row in found["OUTPUT"]] == ["CUL.01", "CUL.03", "IST.01"]
    the(taken, "D21", "colonna_dubbia", gravita="A", prima="«nome»")
    message = refused_first_time(refused, tie)
    assert "«denominazione»" in message and "Pinacoteca" in message


def refused_first_time(refused, source, **others):
    """An earlier run of the test left its log: it must not be taken for this one's."""
    from pathlib import Path

    for log in Path(source).parent.parent.glob("registro.json"):
        log.unlink()
    return refused(source, ON_DOUBT=0, **others)


def test_d22_texts_as_long_as_their_column_are_counted(imported, folder):
    from osgeo import ogr

    path = folder / "tagliati.shp"
    source = ogr.GetDriverByName("ESRI Shapefile").CreateDataSource(str(path))
    table = source.CreateLayer("tagliati", None, ogr.wkbPoint)
    field = ogr.FieldDefn("NOME", ogr.OFTString)
    field.SetWidth(20)
    table.CreateField(field)
    for name in ("Scuola primaria Anna", "Museo"):
        feature = ogr.Feature(table.GetLayerDefn())
        feature.SetField("NOME", name)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({X} {Y})"))
        table.CreateFeature(feature)
    del feature, table, source

    found = imported(path)

    the(found, "D22", "testo_al_limite", gravita="W", prima="NOME, 20 caratteri", dopo="1 valori")
    assert found["OUTPUT"][0]["denominazione"] == "Scuola primaria Anna"


def test_d23_mojibake_is_mended_and_the_original_kept(imported, csv):
    found = imported(csv(f"nome;x;y\nUniversit\u00c3\u00a0 di Rho;{X};{Y}\n"))

    the(found, "D23", "testo_ricodificato", gravita="R", fid=1, dopo="Università di Rho")
    assert found["OUTPUT"][0]["denominazione"] == "Università di Rho"
    assert "Universit\u00c3" in found["OUTPUT"][0]["attributi_origine"]


def test_d24_a_cpg_that_lies_is_contradicted(imported, refused, saved):
    rows = [(f"POINT ({X} {Y})", {"DENOMINAZ": "Biblioteca della Città"})]
    path = saved(rows, encoding="UTF-8")
    path.with_suffix(".cpg").write_text("1252")

    found = imported(path)

    the(found, "D24", "codifica", gravita="A", prima="dichiarata", dopo="utf-8")
    assert found["OUTPUT"][0]["denominazione"] == "Biblioteca della Città"
    assert "(D24)" in refused_first_time(refused, path)


@pytest.mark.parametrize(
    ("code", "difetto", "rule"),
    [
        ("15182", "D25", "istat_riparato"),
        ("15182.0", "D25", "istat_riparato"),
        ("H264", "D26", "istat_da_catastale"),
        ("RHO", "D26", "istat_da_nome"),
    ],
)
def test_d25_d26_other_ways_of_writing_a_comune_are_resolved(imported, csv, code, difetto, rule):
    found = imported(csv(f"nome;cod_istat;x;y\nMuseo;{code};{X};{Y}\n"))

    the(found, difetto, rule, gravita="R", fid=1, prima=code, dopo=RHO)
    assert found["OUTPUT"][0]["istat"] == RHO


def test_d27_a_suppressed_comune_becomes_its_successor_since_when(imported, csv):
    found = imported(csv("nome;cod_istat\nMuseo;015235\n"), COMUNE=None)

    the(found, "D27", "istat_soppresso", gravita="W", prima="015235", dopo="015251, dal 2019-02-08")
    assert found["UNPLACED"][0]["istat"] == "015251"
    assert json.loads(found["UNPLACED"][0]["attributi_origine"])["cod_istat"] == "015235"


def test_d28_records_of_other_comuni_are_kept_apart(imported, csv):
    found = imported(csv(f"nome;cod_istat;x;y\nMuseo;{RHO};{X};{Y}\nTeatro;015146;{X};{Y}\n"))

    the(found, "D28", "altro_comune", gravita="Q", fid=2, dopo="Milano")
    assert found["WRITTEN"] == 1


def test_d29_how_a_place_works_is_no_plan_and_unknown_states_stay_empty(imported, refused, csv):
    path = csv(
        f"nome;stato;x;y\nMuseo;IN ESERCIZIO;{X};{Y}\nTeatro;boh;{X + 9};{Y}\nLiceo;;{X};{Y + 9}\n"
        + "".join(f"Parco {word};{word};{X};{Y + 20}\n" for word in ("previsto", "attuato"))
        + f"Campo;esistente;{X + 30};{Y}\nBosco;di progetto;{X + 40};{Y}\n"
    )

    found = imported(path)

    the(found, "D29", "stato_di_esercizio", gravita="W", fid=1, prima="IN ESERCIZIO")
    the(found, "D29", "stato_non_chiaro", gravita="A", fid=2, prima="boh")
    assert [row["stato"] for row in found["OUTPUT"]][:3] == ["esistente", None, None]
    assert "«boh» (1)" in refused_first_time(refused, path)


def test_d30_a_state_only_in_the_name_of_the_layer_is_asked(imported, csv, tmp_path):
    path = csv(f"nome;x;y\nMuseo;{X};{Y}\n", "servizi_previsti.csv")

    found = imported(path)
    profile = found["profile"]
    profile["columns"]["stato"] = {"constant": "previsto"}
    (tmp_path / "dato.json").write_text(json.dumps(profile))
    decided = imported(path, PROFILE=str(tmp_path / "dato.json"))

    the(found, "D30", "stato_assente", gravita="W", dopo="costante nel profilo")
    assert found["OUTPUT"][0]["stato"] is None
    assert decided["OUTPUT"][0]["stato"] == "previsto"
    assert decided["profile"]["columns"]["stato"] == {"constant": "previsto"}


def test_d31_one_column_of_two_facts_feeds_two_fields(imported, csv, tmp_path):
    path = csv(
        f"nome;matrice;x;y\nA;BIBLIOTECHE ESISTENTI;{X};{Y}\nB;BIBLIOTECHE PREVISTE;{X + 9};{Y}\n"
    )
    profile = imported(path)["profile"]
    column = "matrice"
    profile["columns"]["stato"] = {
        "field": column,
        "map": {"BIBLIOTECHE ESISTENTI": "esistente", "BIBLIOTECHE PREVISTE": "previsto"},
    }
    profile["columns"]["codice_sttm"] = {
        "field": column,
        "map": {"BIBLIOTECHE ESISTENTI": "CUL.01", "BIBLIOTECHE PREVISTE": "CUL.01"},
    }
    (tmp_path / "dato.json").write_text(json.dumps(profile))

    found = imported(path, PROFILE=str(tmp_path / "dato.json"))

    assert [(row["stato"], row["codice_sttm"]) for row in found["OUTPUT"]] == [
        ("esistente", "CUL.01"),
        ("previsto", "CUL.01"),
    ]
    the(found, "", "profilo_applicato", deciso_da="profilo", dopo="stato ← matrice")


def test_d32_one_class_written_in_several_ways_is_one(imported, csv):
    path = csv(
        f"nome;tipologia;x;y\nA;biblioteca;{X};{Y}\nB;BIBLIOTECA ;{X + 9};{Y}\n"
        f"C;Bibliotéca;{X};{Y + 9}\n"
    )

    found = imported(path)

    the(found, "D32", "diciture_uguali", gravita="R", prima="«biblioteca» = «BIBLIOTECA »")
    assert {row["codice_sttm"] for row in found["OUTPUT"]} == {"CUL.01"}
    assert json.loads(found["OUTPUT"][1]["attributi_origine"])["tipologia"] == "BIBLIOTECA "


def test_d33_codes_without_a_legend_are_asked_and_never_dropped(imported, refused, csv):
    path = csv(f"nome;tipologia;x;y\nUno;A1;{X};{Y}\nDue;B2;{X + 9};{Y}\nTre;A1;{X};{Y + 9}\n")

    found = imported(path)

    the(found, "D33", "codici_senza_legenda", gravita="A", prima="«A1», «B2»")
    assert (found["WRITTEN"], found["UNCLASSIFIED"]) == (3, 3)
    assert "(D33)" in refused_first_time(refused, path)


def test_d34_an_unknown_class_stays_to_classify_and_is_counted(imported, csv):
    found = imported(csv(f"nome;tipologia;x;y\nUno;zzz qualcosa;{X};{Y}\n"))

    the(found, "D34", "da_classificare", gravita="A", fid=1, prima="zzz qualcosa")
    assert found["UNCLASSIFIED"] == 1
    assert found["OUTPUT"][0]["codice_sttm"] is None


def test_d35_zero_that_means_unknown_is_no_capacity(imported, csv):
    found = imported(csv(f"nome;cap_max;x;y\nMuseo;0;{X};{Y}\nTeatro;90;{X + 9};{Y}\n"))

    the(found, "D35", "zero_ignoto", gravita="R", fid=1, prima="capacita: 0", dopo="None")
    assert [row["capacita"] for row in found["OUTPUT"]] == [None, 90]
    assert found["profile"]["source"]["zero_is_null"] == ["cap_max"]


@pytest.mark.parametrize("text", ["-", "n.d.", "Non Disponibile", "NULL", "9999"])
def test_d36_words_for_nothing_are_nothing(imported, csv, text):
    found = imported(csv(f"nome;cap_max;x;y\nMuseo;{text};{X};{Y}\nTeatro;90;{X + 9};{Y}\n"))

    the(found, "D36", "valore_nullo", gravita="R", fid=1, prima=text, dopo="None")
    assert found["OUTPUT"][0]["capacita"] is None


def test_d37_numbers_are_read_with_their_signs_and_units(imported, refused, csv):
    sure = imported(
        csv(f'nome;superficie;x;y\nA;1.234,50 mq;{X};{Y}\nB;"0,3 ha";{X + 9};{Y}\n', "sicuri.csv")
    )
    doubtful = csv(f"nome;cap_max;x;y\nTeatro;1.234;{int(X)};{int(Y)}\n")
    taken = imported(doubtful)

    assert [row["superficie_dichiarata_mq"] for row in sure["OUTPUT"]] == [1234.5, 3000.0]
    assert {line["regola"] for line in lines(sure, "D37")} >= {"unita_letta", "virgola_decimale"}
    the(taken, "D37", "separatore_ambiguo", gravita="A", prima="1.234 o 1234", dopo="1234")
    assert taken["OUTPUT"][0]["capacita"] == 1234.0
    assert "(D37)" in refused_first_time(refused, doubtful)


@pytest.mark.parametrize(
    ("declared", "factor"), [("120", ""), ("1000", "fattore 10"), ("0.01", "fattore 0.0001")]
)
def test_d38_a_declared_area_unlike_the_measured_one_names_the_factor(
    imported, plan, declared, factor
):
    made = plan([(square(10), {"nome": "Parco", "SUP_FOND": declared})], "Polygon")

    found = imported(made)

    the(found, "D38", "superficie_diversa", gravita="W", prima="dichiarata", dopo=factor)
    row = found["OUTPUT"][0]
    assert (row["superficie_dichiarata_mq"], row["superficie_mq"]) == (float(declared), 100.0)


def test_d39_several_kinds_of_surface_are_asked(imported, refused, csv):
    path = csv(f"nome;sup_fond;slp;x;y\nMuseo;1200;800;{X};{Y}\nTeatro;900;500;{X + 9};{Y}\n")

    found = imported(path)

    the(found, "D39", "superficie_scelta", gravita="A", prima="sup_fond, slp", dopo="sup_fond")
    assert "(D39)" in refused_first_time(refused, path)


def test_d40_a_repeated_key_is_no_key(imported, csv):
    rows = "".join(f"K{n};Museo {n};{X + n};{Y}\n" for n in range(60))
    found = imported(csv(f"codice;nome;x;y\n{rows}K0;Teatro;{X};{Y + 9}\n"))

    assert [line["fid"] for line in lines(found, "D40")] == [1, 61]
    assert {line["regola"] for line in lines(found, "D40")} == {"chiave_ripetuta"}
    assert found["OUTPUT"][1]["id_servizio"] == made_id("k|pds di rho|K1")
    assert found["OUTPUT"][0]["id_servizio"] == made_id(f"n|{RHO}|museo 0")


def test_d41_areas_without_sheet_and_sheets_without_area_are_both_kept(imported, plan):
    made = plan(
        [
            (square(10), {"nome": "Parco"}),
            (square(10, X + 50), {"nome": None}),
            ("", {"nome": "Scuola"}),
        ],
        "Polygon",
    )

    found = imported(made)

    the(found, "D41", "area_senza_scheda", gravita="W", fid=2)
    the(found, "D41", "schede_e_aree", prima="1 aree senza scheda, 1 schede senza area")
    assert found["WRITTEN"] == 3


@pytest.mark.parametrize(
    ("text", "day", "gravity"),
    [
        ("31/12/2020", "2020-12-31", "R"),
        ("20201231", "2020-12-31", "R"),
        ("31/12/98", "1998-12-31", "R"),
        ("00/00/0000", None, "W"),
    ],
)
def test_d42_dates_become_iso_or_nothing(imported, csv, text, day, gravity):
    found = imported(csv(f"nome;data_rif;x;y\nMuseo;{text};{X};{Y}\nLiceo;2020-01-01;{X};{Y}\n"))

    the(found, "D42", "data_riscritta", gravita=gravity, fid=1, prima=text, dopo=str(day))
    read = found["OUTPUT"][0]["data_rif"]
    assert (read and read.toString("yyyy-MM-dd")) == day


def test_d43_services_at_one_place_are_listed(imported, csv):
    found = imported(csv(f"nome;x;y\nMuseo;{X};{Y}\nTeatro;{X};{Y}\nLiceo;{X + 9};{Y}\n"))

    assert [(line["fid"], line["prima"]) for line in lines(found, "D43")] == [
        (1, "2 servizi"),
        (2, "2 servizi"),
    ]


def _sheet(path, rows, merged):
    """Write a sheet as spreadsheets do: cells of text, a merged title."""
    cells = "".join(
        f'<row r="{r}">'
        + "".join(
            f'<c r="{"ABCDEF"[c]}{r}" t="inlineStr"><is><t>{text}</t></is></c>'
            for c, text in enumerate(row)
            if text
        )
        + "</row>"
        for r, row in enumerate(rows, start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheet}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{sheet}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Servizi" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData>'
        f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return path


def test_d44_titles_above_the_header_and_totals_below_are_no_services(imported, refused, folder):
    path = _sheet(
        folder / "servizi.xlsx",
        [
            ["Servizi del comune di Rho", "", "", ""],
            ["nome", "tipologia", "posti", "x", "y"],
            ["Asilo Rosa", "asilo nido", "40", str(X), str(Y)],
            ["Asilo Viola", "asilo nido", "30", str(X + 9), str(Y)],
            ["Totale", "", "70", "", ""],
        ],
        "A1:D1",
    )

    found = imported(path)

    the(found, "D44", "intestazione", gravita="A", prima="sembrano nella 2", dopo="riga 2")
    the(found, "D44", "riga_totale", gravita="Q", dopo="totale")
    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Asilo Rosa", "Asilo Viola"]
    assert found["profile"]["source"]["header_row"] == 2
    assert "HEADER_ROW" in refused_first_time(refused, path)


@pytest.mark.parametrize("ruined", ["1,23E+11", "01-feb", "2024-02-01 00:00:00"])
def test_d45_keys_ruined_by_a_spreadsheet_stop_the_import(refused, csv, ruined):
    message = refused(csv(f'codice;nome;x;y\n"{ruined}";Museo;{X};{Y}\nA7;Liceo;{X};{Y}\n'))

    assert f"«{ruined}»" in message and "(D45)" in message
    assert "come testo" in message


def test_d46_layers_of_one_name_are_listed_with_what_tells_them_apart(refused, saved, folder):
    old = saved(MUSEUM, "vecchio/servizi.shp")
    new = saved([*MUSEUM, *MUSEUM], "nuovo/servizi.shp")
    path = folder / "tutto.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for shape, year in ((old, 2019), (new, 2024)):
            for part in shape.parent.iterdir():
                info = zipfile.ZipInfo(f"{shape.parent.name}/{part.name}", (year, 5, 6, 0, 0, 0))
                archive.writestr(info, part.read_bytes())

    message = refused(path)

    assert "vecchio/servizi.shp, 06/05/2019, 1 elementi, tra 501186 5042434" in message
    assert "nuovo/servizi.shp, 06/05/2024, 2 elementi" in message


def _zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_d47_a_zip_in_a_zip_is_opened_one_level_with_its_windows_names(imported, folder, refused):
    text = f"nome;x;y\nMuseo;{X};{Y}\n".encode()
    one = _zipped(folder / "uno.zip", {"attivit?.csv": text})
    # As Windows writes it: code page 850, no UTF-8 flag.
    one.write_bytes(one.read_bytes().replace(b"attivit?.csv", b"attivit\x85.csv"))
    two = _zipped(folder / "due.zip", {"uno.zip": one.read_bytes()})
    three = _zipped(folder / "tre.zip", {"due.zip": two.read_bytes()})

    found = imported(two)

    the(found, "D47", "archivio_in_archivio", gravita="R", prima="uno.zip", dopo="un livello")
    the(found, "D47", "nome_nel_zip", gravita="R", dopo="attività.csv")
    assert found["OUTPUT"][0]["denominazione"] == "Museo"
    log = folder.parent / "registro.json"
    log.unlink()
    assert "(D47)" in refused(three)


def test_d48_personal_data_are_pointed_out(imported, csv):
    found = imported(
        csv(
            "nome;referente;cf;cellulare;x;y\n"
            f"Museo;a.rossi@esempio.it;RSSMRA80A01F205X;3331234567;{X};{Y}\n"
        )
    )

    said = [(line["prima"], line["dopo"]) for line in lines(found, "D48", None)]
    assert [column for column, _ in said] == [
        "colonna referente",
        "colonna cf",
        "colonna cellulare",
    ]
    assert all("fuori dalla consegna" in what for _, what in said)


def _cut_shapefile(saved):
    path = saved(MUSEUM * 20)
    path.write_bytes(path.read_bytes()[:-200])
    path.with_suffix(".shx").unlink()
    return path


def _cut_dbf(saved):
    path = saved(MUSEUM * 20)
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-400])
    return path


def _cut_geopackage(saved):
    path = saved(MUSEUM * 2000, "servizi.gpkg")
    path.write_bytes(path.read_bytes()[: 4096 * 4])
    return path


@pytest.mark.parametrize("cut", [_cut_shapefile, _cut_dbf, _cut_geopackage])
def test_d49_a_truncated_file_imports_nothing(refused, saved, tmp_path, cut):
    output = tmp_path / "esito.gpkg"

    message = refused(cut(saved), OUTPUT=str(output))

    assert "tronc" in message or "danneggiato" in message or "interrotta" in message
    assert not output.exists()


def test_d49_a_csv_cut_in_a_quoted_cell_names_its_row(refused, csv):
    assert "riga 3" in refused(csv(f'nome;x;y\nMuseo;{X};{Y}\n"Teatro;{X};{Y}'))


def test_d49_a_row_that_does_not_fit_is_rejected_alone(imported, csv):
    found = imported(csv(f"nome;x;y\nMuseo;{X};{Y}\nTeatro;{X};{Y};di;troppo\n"))

    the(found, "D49", "illeggibile", gravita="Q", fid=2)
    assert found["WRITTEN"] == 1


@pytest.mark.parametrize("how", ["selezione", "filtro"])
def test_d50_a_selection_or_a_filter_is_said(imported, saved, how):
    from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject, QgsVectorLayer

    rows = [(f"POINT ({X + n} {Y})", {"nome": name}) for n, name in enumerate(("Museo", "Liceo"))]
    path = saved(rows, "servizi.gpkg")
    opened = QgsVectorLayer(f"{path}|layername=servizi", "servizi", "ogr")
    source = opened.id()
    if how == "filtro":
        opened.setSubsetString("nome = 'Liceo'")
    else:
        opened.selectByExpression("nome = 'Liceo'")
        source = QgsProcessingFeatureSourceDefinition(source, selectedFeaturesOnly=True)
    QgsProject.instance().addMapLayer(opened)

    found = imported(source)
    QgsProject.instance().removeMapLayer(opened.id())

    the(found, "D50", "filtro_attivo", gravita="W", prima="2 elementi", dopo="1 di 2")
    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Liceo"]


def test_d51_d52_what_an_earlier_layer_has_already_is_said(imported, plan):
    regional = imported(
        plan(
            [
                (square(100), {"nome": "Liceo Majorana"}),
                (square(100, X + 500), {"nome": "Parco pubblico"}),
            ],
            "Polygon",
            name="regione",
        ),
        SOURCE="Mosaico regionale",
    )
    municipal = plan(
        [
            (square(98), {"nome": "Nuovo liceo scientifico"}),
            (square(100, X + 560), {"nome": "Campo sportivo"}),
        ],
        "Polygon",
    )

    found = imported(municipal, PREVIOUS=[regional["OUTPUT_LAYER"]])

    school, park = (row["id_servizio"] for row in regional["OUTPUT"])
    the(found, "D51", "stesso_servizio", gravita="A", fid=1, prima="«Liceo Majorana»", dopo=school)
    the(found, "D52", "area_gia_contata", gravita="W", fid=2, prima="4000.0 m²", dopo=park)
    twice = 98 * 98 + 40 * 100
    the(found, "D52", "somma_netta_con_il_precedente", dopo=f"{twice} m² contati due volte")
    assert found["WRITTEN"] == 2


def test_d53_a_cancelled_run_stops_at_once_and_leaves_nothing(sttm_provider, csv, tmp_path):
    import time

    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

    rows = "".join(f"S{n};Museo {n};museo;{X + n % 900};{Y + n // 900}\n" for n in range(6000))
    path = csv("codice;nome;tipologia;x;y\n" + rows)
    output, log = tmp_path / "servizi.gpkg", tmp_path / "registro.json"
    parameters = {"INPUT": str(path), "COMUNE": RHO, "OUTPUT": str(output), "LOG": str(log)}

    class Watch(QgsProcessingFeedback):
        def __init__(self, stop):
            super().__init__(False)
            self.shares, self.stop, self.when = [], stop, 0.0
            self.progressChanged.connect(self.seen)

        def seen(self, share):
            self.shares.append(share)
            if share >= self.stop and not self.when:
                self.when = time.perf_counter()
                self.cancel()

    def run(stop):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("sttm:importservices")
        watch, context = Watch(stop), QgsProcessingContext()
        start = time.perf_counter()
        results, _ = algorithm.run(parameters, context, watch)
        end = time.perf_counter()
        return results, watch, end - start, end - (watch.when or end)

    _, whole, seconds, _ = run(101)
    output.unlink()
    log.unlink()
    for stop in (34, 40, 50, 60):
        results, watch, _, waited = run(stop)
        assert results == {} and watch.when
        assert waited < max(seconds / 4, 0.5)
        assert not output.exists() and not log.exists()
    assert whole.shares == sorted(whole.shares)
    assert max(b - a for a, b in zip(whole.shares, whole.shares[1:])) < 34


def test_d54_columns_of_ages_are_pointed_out_and_not_used(imported, refused, csv):
    path = csv(f"nome;6;13;x;y\nComunità;4;7;{X};{Y}\nTeatro;1;2;{X + 9};{Y}\n")

    found = imported(path)

    the(found, "D54", "colonne_di_eta", gravita="A", prima="«6», «13»", dopo="documentazione")
    assert found["OUTPUT"][0]["capacita"] is None
    assert "(D54)" in refused_first_time(refused, path)


def test_every_defect_of_the_specification_has_a_test_here(shared_domain):
    import re
    from pathlib import Path

    table = (shared_domain / "PDS_SCHEMA.md").read_text(encoding="utf-8")
    asked = set(re.findall(r"^\| (D\d\d) \|", table, re.MULTILINE))
    here = re.findall(r"def test_((?:d\d\d_)+)", Path(__file__).read_text(encoding="utf-8"))
    assert asked == {code.upper() for name in here for code in re.findall(r"d\d\d", name)}
