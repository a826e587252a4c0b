"""The taxonomy on the names plans really use: its traps, its limits, its codes."""

from __future__ import annotations

import csv
import json
import shutil

import pytest

from sttm_plugin.core.pack import BUNDLED, load_pack
from sttm_plugin.core.taxonomy import category_of_code, classify_text


def match(*texts, code=None, area=None):
    return classify_text([list(texts)], load_pack(), [code], [area])[0]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        # pharmacies, doctors
        ("Farmacia comunale", "LOC.05"),
        ("Farmacia dell'Ospedale", "LOC.05"),
        ("Farmacia della Stazione", "LOC.05"),
        ("Farmacia Università", "LOC.05"),
        ("Ospedale di comunità", "EXT.01"),
        ("Casa della Comunità", "EXT.01"),
        ("Clinica veterinaria San Rocco", None),
        ("Ospedale civile", "SAN.01"),
        ("H", "SAN.01"),
        # schools
        ("Scuola media Manzoni", "LOC.04"),
        ("Scuola media superiore", "IST.01"),
        ("Scuola secondaria di I grado", "LOC.04"),
        ("Scuola secondaria di II grado", "IST.01"),
        ("I.T.I.S. Cannizzaro", "IST.01"),
        ("ITIS", "IST.01"),
        ("Istituto comprensivo", "LOC.04"),
        ("Scuola guida", None),
        ("Scuola", None),
        ("Università della terza età", None),
        ("Università degli Studi", "IST.02"),
        # stations
        ("Stazione ferroviaria", "TRA.01"),
        ("Stazione di servizio Agip", None),
        ("Stazione Carabinieri", "SIC.03"),
        ("Stazione ecologica", "LOC.17"),
        ("Stazione Centrale", "TRA.01"),
        ("Stazione metropolitana", "EXT.09"),
        ("Capolinea metropolitana", "TRA.02"),
        ("Stazione autobus", "TRA.02"),
        ("Piazza Stazione", None),
        # uniforms
        ("Polizia locale", "LOC.09"),
        ("Polizia di Stato", "SIC.04"),
        ("POLIZIA", "SIC.04"),
        ("caserma", None),
        ("Caserma dei Carabinieri", "SIC.03"),
        ("Vigili urbani", "LOC.09"),
        ("Vigili del fuoco", "SIC.06"),
        # what is no longer, what lies beside
        ("Ex ospedale", None),
        ("ex ospedale psichiatrico Antonini", None),
        ("Depuratore dismesso", None),
        ("Parcheggio ospedale", "LOC.08"),
        ("Parcheggio di interscambio", "EXT.05"),
        # pala*
        ("Palazzolo", None),
        ("Centro civico di Palazzolo", "LOC.14"),
        ("PalaSharp", "SPO.02"),
        ("Palazzetto dello sport", "SPO.02"),
        ("Palazzo comunale", "LOC.11"),
        ("Palestra comunale", "LOC.13"),
        ("Palestra con tribune", "SPO.02"),
        ("Palaghiaccio", "SPO.01"),
        # culture
        ("Biblioteca centrale", "CUL.01"),
        ("Biblioteca parrocchiale", "LOC.12"),
        ("Cineteatro Nuovo", "CUL.02"),
        ("Teatro parrocchiale", "LOC.12"),
        ("Museo del carcere", "CUL.03"),
        # plants
        ("Centrale", None),
        ("Centrale operativa", None),
        ("Centrale di cogenerazione", "IMP.01"),
        ("Cabina primaria", "IMP.01"),
        ("Cimitero con forno crematorio", "EXT.08"),
        # green without an area
        ("Parco urbano", "VER.01"),
        ("Giardino", "LOC.07"),
        ("Giardini pubblici", "VER.01"),
        # names of people and places
        ("Scuola primaria C.A. Dalla Chiesa", "LOC.03"),
        ("Pozzo d'Adda", None),
        ("Città metropolitana di Milano", None),
        ("Scuola secondaria di Iº grado", "LOC.04"),
        ("Scuola secondaria di 1° grado", "LOC.04"),
        ("Scuola secondaria 2º grado", "IST.01"),
        # what a column of kinds says
        ("SCUOLE PER L'INFANZIA", "LOC.02"),
        ("Scuole secondarie di I grado", "LOC.04"),
        ("Parcheggi a raso", "LOC.08"),
        ("Giardini e parchi", "VER.01"),
        ("Servizi per il culto", "LOC.12"),
        ("Farmacie", "LOC.05"),
        ("Attrezzature", None),
        # nothing
        ("", None),
        (None, None),
        ("---", None),
    ],
)
def test_a_name_falls_in_its_category(name, code):
    assert match(name).codice == code


@pytest.mark.parametrize(
    ("name", "area", "code"),
    [
        ("Parco urbano", 5000, "LOC.07"),
        ("Parco urbano", 5000.1, "VER.01"),
        ("Giardino", 5000, "LOC.07"),
        ("Giardino", 6000, "VER.01"),
        ("Parco urbano", None, "VER.01"),
        ("Parco urbano", float("nan"), "VER.01"),
        # An anti-keyword of VER.01 shuts it out at any size.
        ("Giardino di quartiere", 6000, "LOC.07"),
        ("Verde di pertinenza", 6000, "LOC.07"),
        ("Area cani", 6000, "LOC.20"),
        # An area says nothing of what isn't green.
        ("Ospedale", 300, "SAN.01"),
    ],
)
def test_the_area_decides_between_park_and_garden(name, area, code):
    assert match(name, area=area).codice == code


def test_a_garden_lifted_by_its_area_is_only_proposed():
    assert match("Giardino", area=6000).confidenza == 0.8
    assert "oltre 5000 mq" in match("Giardino", area=6000).motivo


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("MIM:MIPS01000G", "IST.01"),
        ("mim:mips01000g", "IST.01"),
        ("MIPS01000G", "IST.01"),
        ("MIM:MIMM8F201Q-02", "LOC.04"),
        ("MIM:MIIC8FU00A", "LOC.04"),
        ("MIM:MIEE8FU01C", "LOC.03"),
        ("MIM:MI1A50300N", "LOC.02"),
        ("HSP:030085-00", "SAN.01"),
        ("ISIL:IT-MI0022", "CUL.01"),
        ("IT-MI0022", "CUL.01"),
        ("GTFS:2", "TRA.01"),
        ("GTFS:3", None),
        ("MIM:MICT70600X", None),
        ("MIM:PS", None),
        ("CUP:J41B21005400001", None),
        ("", None),
        (None, None),
    ],
)
def test_an_official_code_says_the_category(written, code):
    said = category_of_code(written, load_pack())

    assert (said[0] if said else None) == code


def test_a_code_gives_the_category_a_name_does_not():
    found = match("Via Brodolini", code="MIM:MIAA8BR01C")

    assert (found.codice, found.confidenza) == ("LOC.02", 0.95)


def test_a_code_overrides_the_words_of_a_name():
    found = match("Liceo - via Roma", code="MIM:MIIC8FU00A")

    assert found.codice == "LOC.04"
    assert found.confidenza == 0.85


def test_a_code_and_a_name_that_agree_are_nearly_sure():
    assert match("Liceo scientifico", code="MIM:MIPS01000G").confidenza == 0.99


def test_a_beds_code_does_not_make_a_hospital_of_a_community_one():
    assert match("Ospedale di comunità", code="HSP:030999-00").codice == "EXT.01"


def test_a_code_on_a_former_hospital_asks_a_person():
    found = match("Ex ospedale", code="HSP:030999-00")

    assert (found.codice, found.confidenza) == ("SAN.01", 0.6)


def test_the_longest_keyword_wins_over_all_the_texts():
    found = match("Centro Falcone", "biblioteca", "attrezzature culturali")

    assert found.codice == "CUL.01"
    assert found.candidati == (("CUL.01", 10, "biblioteca"),)


def test_the_score_of_a_keyword_is_its_length():
    assert match("Museo e teatro").candidati == (
        ("CUL.02", 6, "teatro"),
        ("CUL.03", 5, "museo"),
    )


def test_an_anti_keyword_in_another_text_shuts_the_category_out():
    assert match("Stazione Agip", "stazione di servizio").codice is None


def test_an_anti_keyword_held_by_a_longer_keyword_does_not_count():
    found = match("Scuola media superiore")

    assert found.codice == "IST.01"
    assert ("IST.01", "scuola media", "scuola media superiore") not in found.esclusioni


def test_an_exclusion_names_category_and_word():
    assert match("Stazione di servizio").escluso_da == ("TRA.01", "stazione di servizio")
    assert match("Farmacia").escluso_da == ("SAN.01", "farmacia")
    assert match("Ex ospedale").escluso_da == ("SAN.01", "ex ospedale")
    assert match("Monumento ai caduti").escluso_da == ("GEN.00", "monumento ai caduti")
    assert match("Teatro civico").escluso_da is None


def test_a_global_exclusion_leaves_local_and_other_categories_alone():
    assert match("Farmacia di piazza Stazione").codice == "LOC.05"
    assert match("Canile di viale Stazione").codice == "EXT.08"
    assert match("Biblioteca di viale Stazione").codice is None


def test_a_whole_value_keyword_needs_the_whole_value():
    assert match("H").codice == "SAN.01"
    assert match("H Via Roma").codice is None


def test_a_root_begins_a_word_and_is_only_proposed():
    assert match("PalaIseo").confidenza == 0.8
    assert match("Impalatura").codice is None


def test_an_ambiguous_word_needs_its_macrocategory():
    assert match("Centrale").codice is None
    assert match("Centrale", "Impianti tecnologici").codice == "IMP.01"


def test_the_taxonomys_own_names_are_understood():
    pack = load_pack()
    texts = [[one.categoria] for one in pack.categorie.values()]

    found = [one.codice for one in classify_text(texts, pack)]

    # A cemetery "con crematorio" and a green "fino a 5.000 mq" included.
    assert found == list(pack.categorie)


def test_two_equal_keywords_leave_the_choice_to_a_person():
    found = match("Polo Rossi, biblioteca", "Polo Bianchi, università")

    assert found.codice is None
    assert found.candidati == (("CUL.01", 10, "biblioteca"), ("IST.02", 10, "universita"))


def test_two_near_keywords_give_the_longer_with_little_confidence():
    found = match("Polo Rossi, biblioteca", "Polo Bianchi, politecnico")

    assert found.codice == "IST.02"
    assert found.confidenza == pytest.approx(0.5 + 1 / 11, abs=1e-4)


def test_keywords_far_apart_are_taken():
    # (15 - 10) / 15 = 0.333: above the pack's 0.15.
    found = match("Polo Rossi, centro sportivo", "Polo Bianchi, biblioteca")

    assert found.codice == "SPO.01"
    assert 0.8 < found.confidenza < 0.95


def test_accents_case_and_punctuation_do_not_count():
    assert match("UNIVERSITA’").codice == "IST.02"
    assert match("scuola dell´infanzia").codice == "LOC.02"
    assert match("R.S.A. San Carlo").codice == "SAN.02"
    assert match("V.V.F. - distaccamento").codice == "SIC.06"


def test_results_keep_the_order_of_the_records():
    texts = [["Farmacia"], ["Museo"], ["Farmacia"], [None], ["Museo"]]

    found = [one.codice for one in classify_text(texts, load_pack())]

    assert found == ["LOC.05", "CUL.03", "LOC.05", None, "CUL.03"]


def test_no_records_give_no_matches():
    assert classify_text([], load_pack()) == []


def test_a_changed_dictionary_changes_the_answer(tmp_path):
    copy = tmp_path / "criteri"
    shutil.copytree(BUNDLED.parent, copy)
    with open(copy / "dizionario.csv", "a", encoding="utf-8") as table:
        table.write("CUL.01,+,sala prestito,proposta,dizionario del comune\n")

    before = classify_text([["Sala prestito"]], load_pack())[0].codice
    after = classify_text([["Sala prestito"]], load_pack(copy))[0].codice

    assert (before, after) == (None, "CUL.01")


# --- real names ------------------------------------------------------------------


def rows(path, separator=","):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=separator))


def counted(matches):
    codes = [one.codice for one in matches]
    return {code: codes.count(code) for code in sorted(set(codes), key=str)}


def test_the_schools_of_the_province_are_all_told_apart(shared_data):
    schools = rows(shared_data / "servizi" / "Anagrafe_Scuole_20260215_MI.csv")
    pack = load_pack()
    expected = {
        "IST.01": 273,
        "LOC.02": 297,
        "LOC.03": 471,
        "LOC.04": 284,
        "None": 18,  # adult education centres
    }

    by_kind = classify_text([[s["Denominazione"], s["Tipologia"]] for s in schools], pack)
    by_code = classify_text(
        [[s["Denominazione"]] for s in schools], pack, ["MIM:" + s["Codice"] for s in schools]
    )

    assert {str(code): n for code, n in counted(by_kind).items()} == expected
    assert {str(code): n for code, n in counted(by_code).items()} == expected


def test_a_school_in_a_hospital_is_a_school(shared_data):
    path = shared_data / "servizi" / "ds1305_elenco_scuole_statali_as2020_21.geojson"
    schools = [one["properties"] for one in json.loads(path.read_bytes())["features"]]
    texts = [
        [s["DENOMINAZIONESCUOLA"], s["DESCRIZIONETIPOLOGIAGRADOISTRUZIONESCUOLA"]] for s in schools
    ]

    found = classify_text(texts, load_pack())

    # Middle schools "OSPEDALE NIGUARDA - MILANO", "CASA CIRCONDARIALE - SAN VITTORE".
    assert [t for t, one in zip(texts, found) if one.codice in ("SAN.01", "SIC.02")] == []
    # A comprensivo that the centres for adults are only "c/o" is proposed, not taken; the
    # boarding school's kind is known, an "educandato" only a code tells.
    sure = [one for one in found if one.confidenza >= 0.8]
    assert counted(sure) == {"IST.01": 125, "LOC.02": 27, "LOC.03": 159, "LOC.04": 152}


def test_a_pharmacy_is_never_a_supramunicipal_service_when_its_kind_is_given(shared_data):
    pharmacies = rows(shared_data / "servizi" / "Elenco_Completo_Farmacie_20260215_MI.csv")

    # "Stazione Centrale Farma", "Del Parco", "Giardino": the kind decides where one is given.
    found = classify_text(
        [[p["DESCRIZIONE_FARMACIA"], "Farmacia"] for p in pharmacies], load_pack()
    )

    supra = [
        p["DESCRIZIONE_FARMACIA"]
        for p, one in zip(pharmacies, found)
        if one.codice and not one.codice.startswith("LOC")
    ]
    assert len(pharmacies) == 921
    assert supra == []


def test_the_libraries_with_an_isil_code_are_libraries(shared_data):
    libraries = rows(shared_data / "servizi" / "Centrale_biblioteche_015.csv", ";")

    found = classify_text(
        [[one["denominazioni.ufficiale"]] for one in libraries],
        load_pack(),
        ["ISIL:" + one["codici-identificativi.isil"] for one in libraries],
    )

    # The two parish libraries keep what their name says.
    assert counted(found) == {"CUL.01": 839, "LOC.12": 2}
