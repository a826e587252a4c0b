"""Other criteria on the same services: what flips, and nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("geopandas")

from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core import attributes, valenza, whatif
from sttm_plugin.core.pack_tables import apply_changes, open_draft, parse_changes

from .plans import services
from .test_valenza import HIGH, LOW, PACK, bundled_services, pack_of, row, rule, stored_row


def edited(text):
    draft = open_draft()
    apply_changes(draft, parse_changes(text))
    return draft.pack()


def classified(frame, pack, **around):
    computed = attributes.compute_attributes(frame, pack, **around)
    return valenza.classify(frame, pack, computed)["valenza_calcolata"].to_numpy()


@settings(max_examples=25, deadline=None)
@given(st.lists(bundled_services(), min_size=1, max_size=6))
def test_no_change_flips_nothing(several):
    frame = services(*(stored_row(code, have) for code, have in several))
    result = whatif.what_if(frame, PACK, PACK)
    assert result.counts()["FLIPPED"] == 0
    assert result.counts()["UNCHANGED"] == len(several)


CHANGES = (
    "GEN-R01=0.4",
    "GEN-R02=0.1; GEN-R04=0",
    "GEN-R08=0.6; GEN-R10.peso=60",
    "SAN.01-R03=1; SAN.01-R01.peso=90",
    "VER.01-R01=100; verde_soglia_mq=100",
    "IMP.03-R01.operatore=<",
    "SAN.01-R02=base|DEA_I|altro; SAN.01-R02.valenza=metropolitana",
    "GEN-R03=1; GEN-R13=9",
    "standard_capacita.SAN.01=0.0001",
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CHANGES), st.lists(bundled_services(), min_size=1, max_size=8))
def test_what_flips_is_what_a_classification_with_the_edited_pack_says(text, several):
    frame = services(*(stored_row(code, have) for code, have in several))
    other = edited(text)
    before, after = classified(frame, PACK), classified(frame, other)
    result = whatif.what_if(frame, PACK, other)
    assert result.before.tolist() == before.tolist()
    assert result.after.tolist() == after.tolist()
    flipped = {f"s{number + 1}" for number in np.flatnonzero(before != after)}
    assert set(result.flips["id_servizio"]) == flipped


def test_flips_say_before_after_and_the_deciding_rules():
    one = pack_of(rule("intercomunale", "graduata", "a", soglia=10.0, peso=100))
    other = dataclasses.replace(
        one,
        regole=tuple(
            dataclasses.replace(each, soglia=30.0) if each.attributo == "a" else each
            for each in one.regole
        ),
        _rules={},
    )
    rows = [{**row(a=20), "valenza_dichiarata": "intercomunale"}, row(a=40), row(a=5)]
    result = whatif.what_if(services(*rows), one, other)
    (flip,) = result.flips.to_dict("records")
    assert (flip["id_servizio"], flip["prima"], flip["dopo"]) == ("s1", "intercomunale", "locale")
    assert (flip["regola_prima"], flip["regola_dopo"]) == ("GEN-R01", "")
    assert (flip["esito_prima"], flip["esito_dopo"]) == ("coerente", "sovradichiarato")
    assert (flip["punteggio_prima"], flip["punteggio_dopo"]) == (100.0, 0.0)
    assert flip["zona_omogenea"] == "Nord Ovest"
    assert result.counts() == {
        "SERVICES_COUNT": 3,
        "FLIPPED": 1,
        "RAISED": 0,
        "LOWERED": 1,
        "UNCHANGED": 2,
    }
    summary = whatif.flips_summary(result)
    assert summary.to_numpy().tolist() == [
        ["totale", "", "", "intercomunale", "locale", 1],
        ["categoria", "CUL.02", "", "intercomunale", "locale", 1],
        ["zona_omogenea", "Nord Ovest", "Nord Ovest", "intercomunale", "locale", 1],
        ["comune", "015182", "Rho", "intercomunale", "locale", 1],
    ]


def test_without_flips_the_tables_are_empty():
    result = whatif.what_if(services(row(**HIGH), row(**LOW)), PACK, PACK)
    assert len(result.flips) == 0
    assert len(whatif.flips_summary(result)) == 0
    assert len(whatif.what_if(services(row()).iloc[:0], PACK, PACK).before) == 0


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("GEN-R01=0.5; SAN.01-R03=1; SAN.01-R03.peso=9", 1),
        ("tortuosita=1.5", 2),
        ("GEN-R06=0.5", 2),
        ("GEN-R11.tempo_max_min=30", 2),
        ("standard_capacita.SAN.01=0.01", 2),
        ("lum:ranghi.metropolitano.raggio_m=450", 2),
    ],
)
def test_attributes_are_computed_again_only_where_the_packs_compute_them_otherwise(
    monkeypatch, text, times
):
    calls = []
    compute = whatif.compute_attributes

    def counted(*given, **more):
        calls.append(1)
        return compute(*given, **more)

    monkeypatch.setattr(whatif, "compute_attributes", counted)
    result = whatif.what_if(services(row()), PACK, edited(text))
    assert len(calls) == times
    assert result.recomputed is (times == 2)


def test_a_new_standard_changes_the_excess_of_capacity():
    # Rho has about 51,000 residents: 300 beds are 1.6 times 0.0037 each, and 59 times 0.0001.
    hospital = {
        "codice_sttm": "SAN.01",
        "capacita": 300.0,
        "capacita_um": "posti letto",
        "utenti_fuori_comune": 0.1,
        "ente_pianificatore": "ATS",
    }
    frame = services(hospital)
    other = edited("standard_capacita.SAN.01=1")
    result = whatif.what_if(frame, PACK, other)
    assert result.after.tolist() == classified(frame, other).tolist()


def test_progress_never_goes_back_and_can_stop_the_run():
    shares = []
    frame = services(row(**HIGH), row("LOC.01"))
    whatif.what_if(frame, PACK, edited("tortuosita=2"), None, lambda s: shares.append(s) or True)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert whatif.what_if(frame, PACK, PACK, None, lambda share: False) is None
