"""Columns of foreign tables and the fields they feed."""

from __future__ import annotations

import pytest

from sttm_plugin.core.mapping import (
    SHOWN,
    SYNONYMS,
    TICKED,
    TYPE_SYNONYMS,
    VALUES_ALONE,
    Suggestion,
    _assigned,
    capacity_unit,
    make_column,
    name_match,
    name_score,
    name_words,
    suggest,
    without_prefix,
)
from sttm_plugin.core.reference import istat_code

COMUNI = {"15182", "15146", "015182", "RHO", "MILANO"}


def which(text):
    return {"RHO": "015182", "MILANO": "015146"}.get(text) or (
        istat_code(text) if text in COMUNI else None
    )


def mapping(table, **others):
    columns = [make_column(name, "text", values) for name, values in table.items()]
    return suggest(columns, which_comune=which, **others)


def names(target):
    return SYNONYMS[target].split()


@pytest.mark.parametrize(
    ("name", "target", "least"),
    [
        ("DENOMINAZIONE", "denominazione", 0.97),
        ("DENOMINAZI", "denominazione", 0.87),  # cut by a DBF at ten characters
        ("denominazioni.ufficiale", "denominazione", 0.95),
        ("DenominazioneScuola", "denominazione", 0.95),
        ("Codice_ISTAT_comune_SEDE", "istat", 0.95),
        ("COD_ISTAT", "istat", 0.97),
        ("DENOMINAZONE", "denominazione", 0.7),  # a letter missing
    ],
)
def test_names_are_known_by_synonym_cut_and_slip(name, target, least):
    assert name_score(name, names(target)) >= least


def test_a_name_of_another_body_counts_half():
    assert name_score("Denominazione sede direttivo", names("denominazione")) < 0.5
    assert name_score("CAP", names("capacita")) == 0.0


def test_camel_case_and_prefixes_are_split():
    assert name_words("o_CodComune") == ["cod", "comune"]


def test_a_school_register_is_mapped_to_the_seat_not_to_its_body():
    found = mapping(
        {
            "DENOM_AUTONOMIA": ["Manzoni", "Manzoni", "Verdi"],
            "COD_MECCANOGRAFICO_AUTONOMIA": ["MIIC8A300D", "MIIC8A300D", "MIIC8B500Q"],
            "COD_MECCANOGRAFICO_SEDE": ["MIEE8A301E", "MIAA8A301B", "MIPS01000A"],
            "DENOM_SEDE": ["Primaria - Manzoni", "Infanzia - Rodari", "Liceo Verdi"],
            "TIPOLOGIA": ["Istituto Comprensivo", "Istituto Comprensivo", "Liceo"],
            "TIPOLOGIA_SEDE": ["Primaria", "Infanzia", "Liceo scientifico"],
            "COD_ISTAT_SEDE": ["15182", "15182", "15146"],
            "COMUNE_SEDE": ["RHO", "RHO", "MILANO"],
            "ALLIEVI_SEDE": ["136", "80", "900"],
            "coorY": ["45,53", "45,54", "45,47"],
            "coorX": ["9,01", "9,02", "9,19"],
        }
    )

    assert found.columns["denominazione"] == "DENOM_SEDE"
    assert found.columns["fonte_id"] == "COD_MECCANOGRAFICO_SEDE"
    assert found.columns["istat"] == "COD_ISTAT_SEDE"
    assert found.columns["capacita"] == "ALLIEVI_SEDE"
    assert (found.x, found.y) == ("coorX", "coorY")
    assert found.types == ["TIPOLOGIA_SEDE"]
    assert found.codes[0] == "COD_MECCANOGRAFICO_SEDE"
    # A code and a name that say the same comune leave nothing to choose.
    assert "istat" not in dict(found.doubts)


def test_values_decide_between_cut_names():
    found = mapping(
        {
            "TIPOLOGIA_": ["scuola", "scuola", "asilo", "asilo"],
            "DENOMINAZI": ["Scuola Rodari", "Scuola Manzoni", "Nido Arcobaleno", "Nido Sole"],
            "STATO": ["Italia", "Italia", "Italia", "Italia"],
            "MATRICE": ["SERVIZI ESISTENTI"] * 3 + ["SERVIZI PREVISTI"],
        }
    )

    assert found.columns["denominazione"] == "DENOMINAZI"
    assert found.columns["stato"] == "MATRICE"
    assert found.types == ["TIPOLOGIA_"]


def test_the_state_of_the_plan_wins_over_how_a_place_works():
    found = mapping(
        {
            "STATO": ["IN ESERCIZIO", "IN ESERCIZIO"],
            "MATRICE": ["SERVIZI PUBBLICI ESISTENTI", "SERVIZI PUBBLICI PREVISTI"],
        }
    )

    assert found.columns["stato"] == "MATRICE"


def test_two_columns_as_good_as_each_other_are_a_doubt():
    found = mapping({"NOME": ["Asilo A", "Asilo B"], "NOMINATIVO": ["Scuola C", "Scuola D"]})

    doubts = dict(found.doubts)
    assert "«NOME»" in doubts["denominazione"]
    assert "«NOMINATIVO»" in doubts["denominazione"]


def test_two_pairs_of_coordinates_are_a_doubt_and_the_outfall_is_not_the_plant():
    found = mapping(
        {
            "LAT_WWTP": ["45.39"],
            "LON_WWTP": ["8.897"],
            "LAT_OUT": ["45.323"],
            "LON_OUT": ["8.915"],
        }
    )

    assert (found.x, found.y) == ("LON_WWTP", "LAT_WWTP")
    assert "posizione" in dict(found.doubts)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("POSTI_LETTO", "posti letto"),
        ("cap_beds", "posti letto"),
        ("NUM_ISCR", "studenti"),
        ("ALLIEVI_SEDE", "studenti"),
        ("CAP_MAX", "posti"),
        ("volume", None),
    ],
)
def test_a_capacity_column_names_its_unit(name, unit):
    assert capacity_unit(name) == unit


def test_a_column_gives_way_where_the_whole_is_worth_more():
    # Taking the best pair first would leave one of the two fields empty.
    both = ["Comune di Rho", "Parrocchia", "Asl Milano", "Privato", "Provincia"]
    columns = [
        Suggestion("gestore", "A", 0.95, 1, 1, "", ()),
        Suggestion("gestore", "B", 0.90, 1, 1, "", ()),
    ]
    others = [Suggestion("proprietario", "A", 0.88, 1, 1, "", ())]
    cells = [make_column(name, "text", both) for name in ("A", "B")]

    chosen = _assigned(cells, {"gestore": columns, "proprietario": others})

    assert [(item.target, item.field) for item in chosen] == [
        ("gestore", "B"),
        ("proprietario", "A"),
    ]


def test_two_weak_columns_are_no_reason_to_give_up_a_sure_one():
    cells = [make_column(name, "text", ["x"]) for name in ("A", "B")]
    suggestions = {
        "gestore": [
            Suggestion("gestore", "A", 0.98, 1, 1, "", ()),
            Suggestion("gestore", "B", 0.58, 1, 1, "", ()),
        ],
        "proprietario": [Suggestion("proprietario", "A", 0.60, 1, 1, "", ())],
    }

    chosen = _assigned(cells, suggestions)

    assert [(item.target, item.field) for item in chosen] == [("gestore", "A")]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("TIPOLOGI_1", 1),
        ("DENOMINA_1", "denominazione"),
        ("SUPERFIC_2", "superficie_dichiarata_mq"),
    ],
)
def test_names_cut_and_numbered_by_a_dbf_are_known(name, target):
    words = names(target) if isinstance(target, str) else TYPE_SYNONYMS[target].split()

    score, how = name_match(name, words)

    assert 0.8 < score < 0.9
    assert how.startswith("nome tagliato e numerato")


def test_values_alone_are_shown_and_never_ticked():
    states = ["esistente", "previsto", "esistente", "dismesso", "esistente", "previsto"]
    found = mapping({"campo_7": states, "campo_8": ["E", "P", "E", "P", "E", "P"]})

    (suggestion,) = found.suggestions["stato"]
    assert (suggestion.field, suggestion.score) == ("campo_7", VALUES_ALONE)
    assert SHOWN <= suggestion.score < TICKED
    assert "il nome non dice nulla" in suggestion.reason


def test_the_layers_name_before_a_column_is_dropped():
    assert without_prefix("servizi_denominazione", "Servizi") == "denominazione"
    assert without_prefix("servizi", "Servizi") == "servizi"
    column = make_column("pds_stato", "text", ["esistente"] * 5, layer="pds")
    assert suggest([column]).suggestions["stato"][0].name_score == 1.0


def test_a_surface_is_believed_when_it_follows_the_measured_areas():
    columns = [make_column("AREA", "text", ["120", "75,5", "1.000"])]

    alone = suggest(columns).suggestions["superficie_dichiarata_mq"][0]
    measured = suggest(columns, areas=[119.0, 76.0, 1003.0])
    hectares = suggest(
        [make_column("AREA", "text", ["1,2", "3", "0,5"])], areas=[12100.0, 30000.0, 4900.0]
    )

    assert alone.score < TICKED
    best = measured.suggestions["superficie_dichiarata_mq"][0]
    assert best.score >= TICKED and "3 su 3 come le aree misurate" in best.reason
    assert "in ettari" in hectares.suggestions["superficie_dichiarata_mq"][0].reason


def test_the_text_of_a_code_and_description_pair_is_the_type():
    found = mapping(
        {
            "TIPO": ["A1", "B2", "A1", "C3", "B2"],
            "DTIPO": ["scuola", "parco", "scuola", "museo", "parco"],
            "STATO": ["1", "3", "1", "1", "3"],
            "DSTATO": ["esistente", "previsto", "esistente", "esistente", "previsto"],
        }
    )

    assert found.types == ["DTIPO"]
    assert found.columns["stato"] == "DSTATO"
    assert "coppia codice/descrizione" in found.suggestions["stato"][0].reason


def test_a_column_surely_named_needs_little_of_its_values():
    found = mapping(
        {"nome": ["A1", "B"], "codice": ["1", "2", "2", ""], "sede": ["a", "b", "b", ""]}
    )

    assert found.columns == {"denominazione": "nome", "fonte_id": "codice"}
    assert not found.doubts


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("nome", ["1", "2", "3"]),  # numbers are no names
        ("nome", ["MIIC8EV00R", "MIPS01000N", "MIIS02100L"]),  # nor are official codes
        ("etichetta", ["A1", "B", "C"]),  # a label may be a sign on the map
        ("codice", ["S1", "S1", "S2", "S2", "S2"]),  # two classes
        ("codice", ["S1", "S2", "", "", ""]),  # mostly missing
        ("scheda", ["1", "2", "2", "3"]),  # one sheet for several services
    ],
)
def test_other_short_or_repeated_values_are_no_names_and_no_keys(column, values):
    assert not {"denominazione", "fonte_id"} & set(mapping({column: values}).columns)
