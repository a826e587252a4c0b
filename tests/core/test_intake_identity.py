"""Ids that stay the same when rows move."""

from __future__ import annotations

import uuid

from sttm_plugin.core.identity import Identified, assign_ids

NS = uuid.uuid5(uuid.NAMESPACE_OID, "sttm2")


def record(nome=None, key=None, own=None, x=None, y=None, canonical="", fonte="PdS di Rho 2024"):
    return Identified(own, fonte, key, "015182", nome, x, y, canonical or f"{nome}{key}{x}")


def made(text):
    return str(uuid.uuid5(NS, text))


def test_a_uuid_of_the_source_is_kept():
    own = "6f1f0a0e-0000-4000-8000-000000000001"

    ids, rules = assign_ids([record("A", own=own.upper())])

    assert (ids, rules) == ([own], ["uuid"])


def test_a_unique_key_makes_the_id_without_the_year_of_the_source():
    ids, rules = assign_ids([record("A", key="S12")])

    assert (ids, rules) == ([made("k|pds di rho|S12")], ["chiave"])


def test_a_name_makes_the_id_and_only_homonyms_add_their_cell():
    records = [
        record("Asilo Nido", x=501234.0, y=5042567.0),
        record("Scuola", x=501234.0, y=5042567.0),
        record("scuola", x=501999.0, y=5042001.0),
        record(None, x=501001.0, y=5042009.0),
        record(None),
    ]

    ids, _ = assign_ids(records)

    assert ids == [
        made("n|015182|asilo nido"),
        made("n|015182|scuola|501230|5042560"),
        made("n|015182|scuola|501990|5042000"),
        made("n|015182||501000|5042000"),
        made("n|015182|"),
    ]


def test_records_still_equal_are_numbered_by_their_attributes_whatever_the_order():
    first = record("Campo", x=1.0, y=1.0, canonical="a")
    second = record("Campo", x=2.0, y=2.0, canonical="b")

    assert assign_ids([first, second])[0] == [
        made("n|015182|campo|0|0"),
        made("n|015182|campo|0|0|2"),
    ]
    assert assign_ids([second, first])[0] == [
        made("n|015182|campo|0|0|2"),
        made("n|015182|campo|0|0"),
    ]


def test_a_key_that_repeats_is_no_key():
    records = [record("A", key="7", x=1, y=1), record("B", key="7", x=2, y=2)]

    ids, _ = assign_ids(records, frozenset({"7"}))

    assert ids == [made("n|015182|a"), made("n|015182|b")]


def test_an_earlier_layer_keeps_ids_by_key_then_by_name_within_15_m():
    from shapely.geometry import Point

    def at(item, x):
        item.shape = Point(x, 0.0)
        return item

    earlier = [
        at(record("Vecchio nome", key="K1", own="id-chiave"), 0),
        at(record("Biblioteca", own="id-nome"), 0),
        at(record("Teatro", own="id-lontano"), 0),
    ]
    now = [
        at(record("Nuovo nome", key="K1"), 500),
        at(record("BIBLIOTECA"), 15.0),
        at(record("Teatro"), 15.1),
    ]

    ids, rules = assign_ids(now, previous=earlier)

    assert ids == ["id-chiave", "id-nome", made("n|015182|teatro")]
    assert rules == ["precedente", "precedente", "nome"]


def test_a_key_of_another_source_needs_the_name_or_the_place_too():
    from shapely.geometry import Point

    def at(item, x):
        item.shape = Point(x, 0.0)
        return item

    earlier = [
        at(record("Museo", key="1", own="id-nome", fonte="PGT"), 0),
        at(record("Teatro", key="2", own="id-luogo", fonte="PGT"), 0),
        at(record("Cinema", key="3", own="id-altro", fonte="PGT"), 0),
        at(record("Asilo", key="4", own="id-senza-fonte", fonte=None), 0),
    ]
    now = [
        at(record("MUSEO", key="1"), 900),
        at(record("Teatro nuovo", key="2"), 15.0),
        at(record("Palestra", key="3"), 15.1),
        at(record("Nido", key="4"), 900),
    ]

    ids, rules = assign_ids(now, previous=earlier)

    assert ids == ["id-nome", "id-luogo", made("k|pds di rho|3"), "id-senza-fonte"]
    assert rules == ["precedente", "precedente", "chiave", "precedente"]
