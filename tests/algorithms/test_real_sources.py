"""Every real source of services beside the project, loaded through the profile that knows it."""

from __future__ import annotations

import json
from collections import Counter

import pytest

# file: (profile, read, written, {reason: rejected}). Written are those of the 133 comuni.
SOURCES = {
    "servizi/Anagrafe_Scuole_20260215_MI.csv": ("regione_scuole", 1343, 1340, {"fuori_area": 3}),
    "servizi/Anagrafe_Scuole_Lombarde_20260215_MI.csv": (
        "regione_scuole_cfp",
        1419,
        1390,
        {"altro_comune": 29},
    ),
    "servizi/CITTA_METROPOLITANA_MILANO_-_Scuole_di_ogni_ordine_e_grado.csv": (
        "regione_scuole",
        1343,
        1340,
        {"fuori_area": 3},
    ),
    "servizi/Centrale_biblioteche_015.csv": (
        "iccu_biblioteche",
        841,
        812,
        {"fuori_area": 14, "coordinate_non_valide": 15},
    ),
    "servizi/EPRTR_plants_015.csv": ("eprtr_impianti", 13, 13, {}),
    "servizi/Elenco_Completo_Farmacie_20260215_MI.csv": ("regione_farmacie", 921, 921, {}),
    "servizi/Georeferenziazione_strutture_20260215.csv": (
        "regione_ospedali",
        212,
        62,
        {"fuori_area": 128, "altro_comune": 22},
    ),
    "servizi/JRC_OPEN_UNITS_ITC4.csv": ("jrc_centrali", 99, 20, {"fuori_area": 79}),
    "servizi/Milano_anagrafica_scuole_geoloc.csv": (
        "mim_scuole_statali_posizionate",
        809,
        807,
        {"fuori_area": 2},
    ),
    "servizi/Milano_biblioteche.geojson": ("iccu_biblioteche_milano", 143, 143, {}),
    "servizi/SCUANAGRAFEPAR20232420230901_MI.csv": ("mim_scuole_paritarie", 709, 709, {}),
    "servizi/centri_sportivi_2016.geojson": ("regione_centri_sportivi", 186, 186, {}),
    "servizi/chiese_2016.geojson": ("cei_chiese", 89, 89, {}),
    "servizi/comandi_polizia_locale_milano.geojson": ("milano_polizia_locale", 14, 14, {}),
    "servizi/depuratori_hydrowaste_015.csv": ("hydrowaste_depuratori", 27, 27, {}),
    "servizi/ds1305_elenco_scuole_statali_as2020_21.geojson": (
        "milano_scuole_statali",
        472,
        472,
        {},
    ),
    "servizi/ds32_centri_balneari.geojson": ("milano_centri_balneari", 28, 28, {}),
    "servizi/ds52_aree_fruizione_cani.geojson": ("milano_aree_cani", 303, 303, {}),
    "servizi/ds555_uffici_postali_milano.geojson": ("milano_uffici_postali", 82, 82, {}),
    "servizi/ds629_impianti_sportivi.geojson": ("milano_impianti_sportivi", 407, 407, {}),
    "servizi/ds632_street_sport_gennaio.geojson": ("milano_sport_nei_parchi", 531, 531, {}),
    "servizi/enipedia_rifiuti_lombardia_e_dintorni.csv": (
        "enipedia_termovalorizzatori",
        6,
        0,
        {"fuori_area": 6},
    ),
    "servizi/gisco_healthcare_015.csv": ("gisco_ospedali", 53, 53, {}),
    "servizi/gisco_healthcare_IT.csv": (
        "gisco_ospedali",
        1283,
        53,
        {"fuori_area": 1209, "altro_comune": 21},
    ),
    "servizi/istituti_penitenziari_italia.csv": (
        "giustizia_istituti_penitenziari",
        190,
        4,
        {"altro_comune": 186},
    ),
    "servizi/luoghi_cultura_015.tsv": ("luoghi_cultura", 795, 647, {"non_servizio": 148}),
    "servizi/osm_parchi_milano.gpkg": ("osm_parchi", 1073, 1018, {"non_servizio": 55}),
    "servizi/rsa_accreditate_lombardia_2013.csv": (
        "regione_rsa",
        650,
        136,
        {"altro_comune": 514},
    ),
    "servizi/scuole_2016.geojson": ("regione_scuole_mappa", 156, 155, {"fuori_area": 1}),
    "servizi/sert_2016.geojson": ("servizi_dipendenze_mappa", 4, 4, {}),
    "servizi/servizi_sociali_2016.geojson": ("servizi_sociali_mappa", 10, 10, {}),
    "servizi/strutture_ricovero_2016.geojson": ("regione_ospedali_mappa", 5, 5, {}),
    "servizi/trento_povo_servizi.geojson": ("rilevazione_servizi_povo", 41, 0, {"fuori_area": 41}),
    "trasporti/stazioni_trenitalia_015.geojson": ("trenitalia_stazioni", 43, 43, {}),
    "pgt/milano_catalogo_servizi_nidi_campione.geojson": ("milano_catalogo_nidi", 1, 1, {}),
    "pgt/milano_catalogo_servizi_scuole_infanzia_campione.geojson": (
        "milano_catalogo_servizi",
        1,
        1,
        {},
    ),
    "sporchi/rsa_2016_coordinate_testo.geojson": ("luoghi_sensibili_mappa", 18, 18, {}),
    "sporchi/centri_diurni_2016_coordinate_testo.geojson": ("luoghi_sensibili_mappa", 5, 5, {}),
    "sporchi/centri_giovani_2016_coordinate_testo.geojson": ("luoghi_sensibili_mappa", 44, 44, {}),
    "sporchi/trento_povo_questionario_servizi.csv": ("rilevazione_questionario_povo", 40, 40, {}),
    # Not services: they are read all the same, without a profile, and stay to be classified.
    "pgt/NIL_PGT_Milano2030/NIL_WM.shp": ("", 88, 88, {}),
    "sporchi/DBT2012_milano/L010105.Shp": ("", 52, 0, {"geometria_lineare": 52}),
    "sporchi/maiuscole_senza_prj/TPL_Metrofermate.Shp": ("", 130, 130, {}),
}
# What the profile alone decides: every record written has this category.
CATEGORY = {
    "servizi/Centrale_biblioteche_015.csv": "CUL.01",
    "servizi/Elenco_Completo_Farmacie_20260215_MI.csv": "LOC.05",
    "servizi/Georeferenziazione_strutture_20260215.csv": "SAN.01",
    "servizi/comandi_polizia_locale_milano.geojson": "LOC.09",
    "servizi/depuratori_hydrowaste_015.csv": "IMP.02",
    "servizi/ds32_centri_balneari.geojson": "SPO.01",
    "servizi/ds52_aree_fruizione_cani.geojson": "LOC.20",
    "servizi/ds555_uffici_postali_milano.geojson": "LOC.19",
    "servizi/istituti_penitenziari_italia.csv": "SIC.02",
    "servizi/rsa_accreditate_lombardia_2013.csv": "SAN.02",
    "trasporti/stazioni_trenitalia_015.geojson": "TRA.01",
}
BROKEN = {
    "sporchi/Centri_Storici_senza_prj/Centri_Storici.shp": "Centri_Storici.dbf",
    "sporchi/siena_coordinate_scambiate.geojson": "nessun candidato ci riesce",
    "sporchi/ds522_AreeVerdi.json": "non si apre",
    "sporchi/shp_latin1/PRESCRIPTION_PCT.shp": "Lambert",
}


@pytest.fixture(scope="module")
def comuni(shared_data):
    return str(shared_data / "confini" / "limits_P_15_municipalities.geojson")


@pytest.fixture
def imported(sttm_provider, shared_data, comuni, tmp_path):
    def run(file):
        from qgis import processing

        found = processing.run(
            "sttm:importservices",
            {
                "INPUT": str(shared_data / file),
                "BOUNDARIES": comuni,
                "READING": 1,
                **dict.fromkeys(
                    ("OUTPUT", "OUTPUT_POINTS", "UNPLACED", "REJECTED"), "TEMPORARY_OUTPUT"
                ),
                "LOG": str(tmp_path / "registro.json"),
            },
        )
        found["log"] = json.loads((tmp_path / "registro.json").read_text(encoding="utf-8"))
        return found

    return run


@pytest.mark.parametrize("file", SOURCES)
def test_a_source_loads_through_its_profile_and_nothing_is_lost(imported, file):
    profile, read, written, rejected = SOURCES[file]

    found = imported(file)

    lines = found["log"]["righe"]
    recognised = [line["dopo"] for line in lines if line["regola"] == "profilo_riconosciuto"]
    assert [name.partition(" ")[0] for name in recognised] == ([profile] if profile else [])
    assert (found["READ"], found["WRITTEN"]) == (read, written)
    assert found["READ"] == found["WRITTEN"] + found["REJECTED_COUNT"]
    services = [
        feature
        for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED")
        for feature in found[name].getFeatures()
    ]
    assert len(services) == written
    assert Counter(row["motivo"] for row in found["REJECTED"].getFeatures()) == rejected
    assert {row["lettura"] for row in services} <= {2}
    assert len({row["id_servizio"] for row in services}) == written
    if profile and profile != "rilevazione_questionario_povo":
        assert {str(row["istat"])[:3] for row in services} <= {"015"}
    if file in CATEGORY:
        assert {row["codice_sttm"] for row in services} == {CATEGORY[file]}
    if file == "servizi/osm_parchi_milano.gpkg":
        # "leisure=park" is a green area, not the English of a car park: the tags say so.
        kinds = Counter(row["codice_sttm"] for row in services)
        assert kinds["LOC.08"] == 0
        assert kinds["VER.01"] + kinds["LOC.07"] >= 990
    # A line for each repair. By id: the ids of the file's own features may repeat.
    repaired = {line["id_servizio"] for line in lines if line["gravita"] == "R"} - {None}
    assert found["REPAIRED"] == found["log"]["riparati"] == len(repaired)


@pytest.mark.parametrize("file", BROKEN)
def test_a_broken_source_stops_with_its_sentence(imported, file):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as error:
        imported(file)

    assert BROKEN[file] in str(error.value)


def test_every_file_of_services_is_tried(shared_data):
    files = {f"servizi/{path.name}" for path in (shared_data / "servizi").iterdir()}

    assert files == {file for file in SOURCES if file.startswith("servizi/")}


def test_the_lettura2_lists_every_source_of_services_once(shared_data):
    from acceptance.lettura2 import missing_data, sources

    rows = sources()

    assert missing_data() == ""
    files = [row["file"] for row in rows]
    assert len(set(files)) == len(files)
    assert {row["ruolo"] for row in rows} == {"principale", "confronto"}
    assert {file for file in SOURCES if file.startswith("servizi/")} <= set(files)


@pytest.mark.acceptance
def test_the_lettura2_is_of_the_province_and_adds_up(
    sttm_provider, shared_data, tmp_path, monkeypatch
):
    import sqlite3
    from contextlib import closing

    from acceptance import lettura2

    wanted = ("servizi/JRC_OPEN_UNITS_ITC4.csv", "servizi/luoghi_cultura_015.tsv")
    few = [row for row in lettura2.sources() if row["file"] in wanted]
    monkeypatch.setattr(lettura2, "sources", lambda: few)

    lettura2.build(tmp_path, say=lambda text: None)

    with closing(sqlite3.connect(tmp_path / "lettura2.gpkg")) as database:

        def ask(sql):
            return database.execute(sql).fetchall()

        # Of the 20 units within 5 km of the boundaries, 16 lie inside (SOURCES.md).
        counts = ask("SELECT fonte, letti, scritti, scartati, in_lettura2 FROM conteggi_fonte")
        assert sorted(counts) == [
            ("JRC_OPEN_UNITS_ITC4.csv", 99, 16, 83, 16),
            ("luoghi_cultura_015.tsv", 795, 647, 148, 133),
        ]
        assert ask("SELECT count(*), min(lettura), max(lettura) FROM servizi_punti") == [
            (149, 2, 2)
        ]
        assert ask("SELECT count(*) FROM servizi_punti WHERE istat NOT LIKE '015%'") == [(0,)]
        assert ask("SELECT DISTINCT codice_sttm FROM confronto_punti") == [("CUL.01",)]
        assert ask("SELECT sum(totale) FROM conteggi_comune") == [(149,)]
        assert ask("SELECT count(*) FROM scartati") == [(83 + 148,)]
