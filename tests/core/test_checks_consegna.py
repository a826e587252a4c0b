"""Checks on what must not leave the office."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

from .plans import failing_ids, outcome_of, plan_with


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"gestore": "Rossi Mario RSSMRA80A01F205X"}, "gestore"),
        ({"giustificazione": "scrivere a mario.rossi@comune.rho.mi.it"}, "giustificazione"),
        ({"attributi_origine": '{"tel": "333 1234567"}'}, "attributi_origine"),
        ({"gestore": "info@comune.rho.mi.it, tel. 02 93332223"}, None),
        ({"attributi_origine": '{"area": 3331234567.25, "x": 3331.5}'}, None),
    ],
)
def test_personal_data(row, field):
    verdict, findings = outcome_of("STTM2-941", plan_with(row))
    assert list(findings["altri_oggetti"]) == ([f"campo:{field}"] if field else [])
    if field:
        assert verdict == "non_soddisfatto"
        # The datum itself must not travel with the report.
        whole = " ".join(str(value) for value in findings.iloc[0])
        assert not any(piece in whole for piece in ("RSSMRA80A01F205X", "mario.rossi", "1234567"))


def test_what_must_not_be_located():
    plan = plan_with(
        {"codice_sttm": "EXT.07"},
        {"codice_sttm": "EXT.07", "geometry": None},
        {"denominazione": "Centro antiviolenza Aurora"},
        {"denominazione": "Antiviolenzabile"},
    )
    verdict, findings = outcome_of("STTM2-943", plan)
    assert sorted(findings["id_oggetto"]) == ["s1", "s3"]
    assert "servizio 1: localizzazione da non pubblicare" in list(findings["descrizione"])


def test_personal_data_is_told_by_field():
    plan = plan_with({"denominazione": "Sportello", "gestore": "tel. +39 347 123 4567"}, {})
    verdict, findings = outcome_of("STTM2-941", plan)
    assert list(findings["descrizione"]) == [
        "Sportello: possibile dato personale nel campo Gestore"
    ]
    assert findings["valore"][0] == "cellulare"
    assert failing_ids("STTM2-941", plan_with({})) == ("soddisfatto", [])


def test_without_protected_structures_there_is_nothing_to_hide():
    assert failing_ids("STTM2-943", plan_with({}))[0] == "non_applicabile"


@pytest.mark.parametrize(
    ("attributes", "needless"),
    [
        ('{"potenza_mw": {"valore": 3}}', None),
        ('{"indirizzo": {"valore": "via Po 1"}, "n_comuni_serviti": 4}', None),
        ('{"potenza_mw": 3, "turni_guardia": "8-20", "accessi": 2}', "accessi;turni_guardia"),
        ('["turni"]', None),
        ("{", None),
        (None, None),
    ],
)
def test_details_of_plants_beyond_the_schema(attributes, needless):
    row = {"denominazione": "Centrale", "codice_sttm": "IMP.01", "attributi": attributes}
    verdict, findings = outcome_of("STTM2-944", plan_with(row))
    if needless is None:
        assert (verdict, len(findings)) == ("soddisfatto", 0)
    else:
        assert list(findings["valore"]) == [needless]
        assert list(findings["descrizione"]) == ["Centrale: dettaglio non necessario"]


def test_details_matter_for_plants_and_safety_alone():
    more = {"attributi": '{"planimetria": "A3"}'}
    plan = plan_with({**more, "codice_sttm": "SIC.02"}, {**more, "codice_sttm": "CUL.01"})
    assert failing_ids("STTM2-944", plan) == ("non_soddisfatto", ["s1"])
    assert failing_ids("STTM2-944", plan_with(more))[0] == "non_applicabile"
