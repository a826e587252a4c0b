"""The packs of STTM 1 and STTM 3: the engine runs on strategies it was not written for."""

from __future__ import annotations

import dataclasses

import pytest

pytest.importorskip("geopandas")

from shapely.geometry import box

from sttm_plugin.core import attributes, pack_review, valenza
from sttm_plugin.core.checks.engine import run_checks
from sttm_plugin.core.pack import BUNDLED, load_pack
from sttm_plugin.core.taxonomy import classify_text

from .plans import CENTRE, layer, plan_with, services

FOLDER = BUNDLED.parent.parent
STRATEGIES = ("sttm1", "sttm3")


def pack_named(name):
    return load_pack(FOLDER / name / "pacchetto.json")


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_pack_is_valid_and_says_it_is_a_skeleton(name):
    found = pack_review.review(FOLDER / name / "pacchetto.json")
    assert found.valid
    assert found.pack.id == name
    assert found.pack.stato == "scheletro proposto"
    assert "non ufficiale" in found.pack.avvertenza
    assert "non ufficiale" in found.pack.testi["avvertenza_rapporto"]


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_threshold_of_its_own_is_a_proposal(name):
    pack = pack_named(name)
    own = [rule for rule in pack.regole if rule.codice_categoria != "*"]
    assert own
    assert {rule.provenienza for rule in own} == {"proposta"}


@pytest.mark.parametrize("name", STRATEGIES)
def test_services_of_the_other_strategy_are_outside_its_taxonomy(name):
    others = [one for one in load_pack().categorie.values() if one.tipo_riga == "categoria"]
    frame = services(*({"codice_sttm": one.codice} for one in others))
    pack = pack_named(name)
    computed = attributes.compute_attributes(frame, pack)
    classified = valenza.classify(frame, pack, computed, explain=True)
    assert set(classified["valenza_calcolata"]) == {"fuori_tassonomia"}
    assert set(classified["esito"]) == {"da_verificare"}
    assert classified["spiegazione"].str.startswith("Fuori tassonomia").all()


@pytest.mark.parametrize(
    ("name", "fields", "expected", "decisive"),
    [
        # 2 ha of regeneration in Rho, a polo: 60 of 60 + 40 / 2 measured, the place estimated.
        ("sttm1", {"codice_sttm": "RIG.01", "superficie_mq": 20000.0}, "intercomunale", "GEN-R01"),
        ("sttm1", {"codice_sttm": "RIG.01", "superficie_mq": 19999.0}, "locale", "GEN-R28"),
        ("sttm1", {"codice_sttm": "RIG.01", "superficie_mq": 1e5}, "metropolitana", "GEN-R01"),
        ("sttm1", {"codice_sttm": "AMB.01"}, "non_determinabile", "GEN-R02"),
        ("sttm3", {"codice_sttm": "LGS.01", "superficie_mq": 20000.0}, "intercomunale", "GEN-R01"),
        ("sttm3", {"codice_sttm": "LGS.01", "superficie_mq": 150000.0}, "metropolitana", "GEN-R01"),
        ("sttm3", {"codice_sttm": "LGS.01", "superficie_mq": 5000.0}, "locale", "GEN-R28"),
        (
            "sttm3",
            {"codice_sttm": "LGS.01", "superficie_mq": 5000.0, "atto_gestione_associata": "si"},
            "intercomunale",
            "GEN-R16",
        ),
    ],
)
def test_its_own_categories_are_judged_by_its_own_rules(name, fields, expected, decisive):
    frame, pack = services(fields), pack_named(name)
    computed = attributes.compute_attributes(frame, pack)
    one = valenza.classify(frame, pack, computed, explain=True).iloc[0]
    assert (one["valenza_calcolata"], one["regola_decisiva"]) == (expected, decisive)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_layer_around_may_be_given(name):
    x, y = CENTRE
    comuni = layer(
        {"istat": "015182", "nome": "Rho", "geometry": box(x - 5e3, y - 5e3, x + 5e3, y + 5e3)}
    )
    people = layer({"popolazione": 100.0, "istat": "015182", "geometry": box(x, y, x + 9, y + 9)})
    pack = pack_named(name)
    code = next(iter(pack.categorie))
    frame = services({"codice_sttm": code, "geometry": box(x, y, x + 300, y + 300)})
    computed = attributes.compute_attributes(frame, pack, comuni=comuni, population=people)
    assert valenza.classify(frame, pack, computed)["valenza_calcolata"].notna().all()


@pytest.mark.parametrize("name", STRATEGIES)
def test_its_checks_run_and_what_concerns_no_object_is_not_applicable(name):
    pack = pack_named(name)
    plan = plan_with({"codice_sttm": "SAN.01", "valenza_calcolata": "fuori_tassonomia"})
    plan = dataclasses.replace(plan, pack=pack)
    result = run_checks(plan, pack)
    assert len(result.checks) == len(pack.controlli) == 10
    verdicts = dict(zip(result.checks["codice"], result.checks["verdetto"]))
    prefix = name.upper()
    assert verdicts[f"{prefix}-101"] == "soddisfatto"
    assert verdicts[f"{prefix}-202"] == "non_soddisfatto"  # outside this taxonomy
    assert "non_applicabile" in verdicts.values()
    counts = result.counts
    total = counts["CHECKS_RUN"] + counts["NOT_RUN"] + counts["NOT_APPLICABLE"]
    assert total == len(pack.controlli)


def test_its_words_find_its_categories():
    (match,) = classify_text([["Nuovo polo logistico di via Po"]], pack_named("sttm3"))
    assert match.codice == "LGS.01"
