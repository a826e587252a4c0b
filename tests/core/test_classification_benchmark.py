"""The measure of the classification: its counting, its labels, and the level it must keep."""

from __future__ import annotations

import csv
import json
import re

import pytest

from benchmarks import labelled
from benchmarks.classification import by_category, calibration, measure, overall
from benchmarks.labelled import Labelled, load
from sttm_plugin.core.pack import load_pack


def text(said, code, told=True, area=None):
    return Labelled("prova", "taratura", (said,), area, code, told)


ITEMS = [
    text("Museo civico", "CUL.03"),
    text("Biblioteca comunale", "CUL.01"),
    text("Farmacia dell'ospedale", "SAN.01"),  # labelled wrong on purpose: an error
    text("Villa Serena", "SAN.02"),  # told by nobody: missed
    text("Villa Ada", "SAN.02", told=False),  # doesn't say: no miss
    text("Via Roma", None, told=False),
    text("Museo e biblioteca", "CUL.03"),  # left to a person: missed
]


def test_precision_counts_what_was_taken_and_recall_what_the_text_tells():
    score = overall(measure(ITEMS))

    assert (score.testi, score.detti, score.classificati, score.giusti) == (7, 5, 3, 2)
    assert score.precisione == pytest.approx(2 / 3)
    assert score.richiamo == pytest.approx(2 / 5)
    assert score.astensione == pytest.approx(4 / 7)


def test_each_category_has_its_own_counts():
    found = by_category(measure(ITEMS))

    assert found["CUL.03"] == (2, 1, 1, 1)
    assert found["LOC.05"] == (0, 1, 0, 0)
    assert found["SAN.01"] == (1, 0, 0, 0)


def test_calibration_holds_confidence_against_what_was_right():
    rows = {(low, number): ok for low, _, number, _, ok in calibration(measure(ITEMS))}

    assert rows[0.95, 3] == pytest.approx(2 / 3)
    assert len(rows) == 2  # the two services joined stand in a bin of their own


def test_labels_read_by_hand_keep_no_text_and_name_known_categories():
    pack = load_pack()
    with open(labelled.LABELS / "a_mano.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))

    known = {source.get("come", source["id"]) for source in labelled.sources()}
    assert rows
    for row in rows:
        assert re.fullmatch(r"[0-9a-f]{12}", row["impronta"])
        assert row["codice"] == labelled.UNSAID or row["codice"] in pack.categorie
        assert row["fonte"] in known


def test_a_text_that_a_source_gives_two_categories_does_not_say_which(tmp_path, monkeypatch):
    (tmp_path / "scuole.csv").write_text(
        "nome,tipo\nManzoni,a\nMANZONI,b\nRodari,a\nRodari,a\n,a\n", encoding="utf-8"
    )
    source = {
        "id": "prova",
        "parte": "taratura",
        "file": "scuole.csv",
        "nome": "nome",
        "tipi": [],
        "etichetta": {"colonna": "tipo", "mappa": {"a": "LOC.03", "b": "LOC.04"}},
    }
    monkeypatch.setattr(labelled, "sources", lambda: [source])

    found = {item.testi: item.detto for item in load(tmp_path)}

    assert found == {("Manzoni",): False, ("Rodari",): True}


def test_a_source_is_halved_skipped_and_read_with_its_tags(tmp_path, monkeypatch):
    tags = [f'"amenity"=>"{kind}","note"=>"n"' for kind in ("pharmacy", "bar", "pharmacy", "bar")]
    features = [
        {"properties": {"name": f"Nome {number}", "other_tags": text}}
        for number, text in enumerate(tags)
    ]
    (tmp_path / "civici.geojson").write_text(json.dumps({"features": features}), encoding="utf-8")
    rule = {"colonna": "amenity", "mappa": {"pharmacy": "LOC.05"}}
    one = {"parte": "taratura", "file": "civici.geojson", "nome": "name", "tipi": []}
    whole = {**one, "id": "tutti", "etichetta": rule}
    halves = [{**whole, "id": f"meta_{at}", "come": "tutti", "meta": at} for at in (0, 1)]
    rest = {**whole, "id": "resto", "come": "tutti", "salta": 3}
    found = {}
    for source in (whole, *halves, rest):
        monkeypatch.setattr(labelled, "sources", lambda source=source: [source])
        found[source["id"]] = {item.testi[0]: item.codice for item in load(tmp_path)}

    assert found["tutti"] == {
        "Nome 0": "LOC.05",
        "Nome 1": None,
        "Nome 2": "LOC.05",
        "Nome 3": None,
    }
    assert not set(found["meta_0"]) & set(found["meta_1"])
    assert {**found["meta_0"], **found["meta_1"]} == found["tutti"]
    assert len(found["resto"]) == 1


def test_a_source_that_came_later_gives_up_the_reserved_texts(tmp_path, monkeypatch):
    for name, rows in (("a", "Rodari\n"), ("b", "Rodari\nManzoni\n"), ("c", "Manzoni\nVerdi\n")):
        (tmp_path / f"{name}.csv").write_text("nome,x\n" + rows.replace("\n", ",\n"), "utf-8")
    base = {"nome": "nome", "tipi": [], "etichetta": {"tutti": None}}
    later = {**base, "id": "c", "parte": "taratura", "aggiunta": True, "file": "c.csv"}
    reserve = {**base, "id": "b", "parte": "riserva", "file": "b.csv"}
    first = {**base, "id": "a", "parte": "taratura", "file": "a.csv"}
    monkeypatch.setattr(labelled, "sources", lambda: [later, reserve, first])

    found = [(item.fonte, item.testi[0]) for item in load(tmp_path)]

    assert found == [("a", "Rodari"), ("b", "Manzoni"), ("c", "Verdi")]
    assert [item.testi[0] for item in load(tmp_path, parte="taratura")] == ["Rodari", "Verdi"]


# --- on the real texts -----------------------------------------------------------


@pytest.fixture(scope="module")
def measured(shared_data):
    return measure(load(shared_data))


def part(measured, name):
    return [one for one in measured if one[0].parte == name]


def test_no_reserved_text_occurs_among_those_used_for_tuning(measured):
    tuned = {labelled._key(item) for item, _, _ in part(measured, "taratura")}

    assert not tuned & {labelled._key(item) for item, _, _ in part(measured, "riserva")}


def test_the_texts_used_for_tuning_keep_their_level(measured):
    score = overall(part(measured, "taratura"))

    assert score.testi > 8000
    assert score.precisione >= 0.985
    assert score.richiamo >= 0.985


def test_the_reserved_texts_keep_their_level(measured):
    score = overall(part(measured, "riserva"))
    services = overall([one for one in part(measured, "riserva") if one[0].codice is not None])

    assert score.testi > 3000
    assert score.precisione >= 0.98
    assert score.richiamo >= 0.96
    # Of services of the taxonomy: without archives, firms and names of streets.
    assert services.precisione >= 0.99


def test_what_is_taken_is_right_as_often_as_it_says(measured):
    for name, low in (("taratura", 0.95), ("riserva", 0.95)):
        rows = {row[0]: row for row in calibration(part(measured, name))}
        assert rows[low][4] >= rows[low][3]


def test_what_is_not_taken_deserves_no_trust(measured):
    doubtful = [
        match.codice == item.codice
        for item, match, code in measured
        if code is None and match.codice is not None
    ]

    assert len(doubtful) > 50
    assert sum(doubtful) / len(doubtful) < 0.5
