"""The demonstration comune: the same each time, of the size promised, with the faults it names."""

from __future__ import annotations

import csv
import json

import pytest

from demo.generator import generate
from demo.inputs import InputError, find_inputs, kind_of, population_field


@pytest.fixture(scope="module")
def comune(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comune")
    return folder, generate(folder)


def features(folder, name):
    return json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))["features"]


def register(folder):
    with (folder / "servizi_puntuali.csv").open(encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_the_same_seed_gives_the_same_bytes(comune, tmp_path):
    folder, _ = comune
    generate(tmp_path)
    for path in sorted(folder.iterdir()):
        if path.suffix != ".dbf":  # its head holds the day it was written
            assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_town_has_the_size_promised(comune):
    folder, _ = comune
    assert len(features(folder, "rete")) == 1920
    assert sum(each["properties"]["POP21"] for each in features(folder, "popolazione")) == 21092
    assert len(register(folder)) + 40 + len(features(folder, "servizi_previsti")) == 112


def test_one_lum_is_metropolitano_and_exists_the_other_is_sovracomunale_and_planned(comune):
    folder, _ = comune
    found = [
        (each["properties"]["rango"], each["properties"]["stato"])
        for each in features(folder, "lum")
    ]
    assert found == [("metropolitano", "esistente"), ("sovracomunale", "previsto")]


def test_the_register_has_the_usual_flaws(comune):
    folder, _ = comune
    rows = {row["DENOMINAZIONE"]: row for row in register(folder)}
    assert rows["Liceo scientifico «Aurora»"]["COD_ISTAT"] == "15108"
    assert rows["Liceo scientifico «Aurora»"]["CAPACITA"] == "1.250"
    assert rows["Sala civica"]["STATO"] == ""
    assert rows["Caserma"]["TIPOLOGIA"] == "n.d."
    assert rows["TOTALE SERVIZI"]["COD_SERV"] == ""
    assert "," in rows["Farmacia Centrale"]["X"]


def test_each_fault_is_planted_where_it_says(comune):
    folder, faults = comune
    keys = {row["COD_SERV"] for row in register(folder)}
    for fault in faults:
        if fault.record.startswith("P"):
            assert fault.record in keys
    assert {"STTM2-208", "STTM2-304", "STTM2-110", "STTM2-501", "STTM2-503", "riga_totale"} <= {
        fault.expected for fault in faults
    }


def test_layers_are_found_by_how_their_names_begin(comune):
    folder, _ = comune
    found = find_inputs(folder)
    assert found.comune == "015108"
    assert [path.rpartition("/")[2] for path in found.servizi] == [
        "servizi_aree.shp",
        "servizi_previsti.geojson",
        "servizi_puntuali.csv",
    ]
    assert found.lum.endswith("/lum.geojson")
    assert found.perimetri.endswith("/perimetri_lum.geojson")
    assert found.deroghe is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Servizi_PdS.shp", "servizi"),
        ("lum_perimetri.gpkg", "perimetri"),
        ("LUM.gpkg", "lum"),
        ("fermate_2026.geojson", "fermate"),
        ("SEZIONI_2021.shp", "popolazione"),
        ("note.txt", None),
    ],
)
def test_a_name_tells_the_kind_of_layer(name, kind):
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("names", "wanted"),
    [(["SEZ21_ID", "POP21"], "POP21"), (["P1", "popolazione"], "popolazione"), (["fam"], None)],
)
def test_the_count_of_people_is_known_by_name(names, wanted):
    assert population_field(names) == wanted


def test_a_folder_without_services_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "COMUNE.txt").write_text("COMUNE=015108", encoding="utf-8")
    with pytest.raises(InputError, match="deve cominciare con «servizi»"):
        find_inputs(tmp_path)


def test_a_folder_without_comune_is_refused_with_what_to_write(tmp_path):
    (tmp_path / "servizi.csv").write_text("a;b\n", encoding="utf-8")
    with pytest.raises(InputError, match="COMUNE=<codice ISTAT>"):
        find_inputs(tmp_path)
