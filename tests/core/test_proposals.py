"""What the assistant shows: distinct values, what they could be, and the search."""

from __future__ import annotations

from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.proposals import propose, search


def test_each_distinct_value_is_proposed_once_and_what_is_open_comes_first():
    texts = [["MUSEO"], ["Museo "], ["museo"], ["Caserma"], ["Villa"], ["Villa"]]

    found = propose(texts, load_pack())

    assert [(one.testi, one.quanti, one.codice) for one in found] == [
        (("Villa",), 2, None),
        (("Caserma",), 1, None),
        (("MUSEO",), 3, "CUL.03"),
    ]
    assert all(one.motivo for one in found)


def test_a_value_on_both_sides_of_the_area_limit_is_two_proposals():
    found = propose([["Parco"], ["Parco"], ["Parco"]], load_pack(), area_mq=[100, 9000, 200])

    assert [(one.codice, one.quanti) for one in found] == [("LOC.07", 2), ("VER.01", 1)]


def test_what_is_not_taken_keeps_its_confidence_and_its_candidates():
    (one,) = propose([["Museo e biblioteca"]], load_pack())

    assert (one.codice, one.confidenza) == (None, 0.6)
    assert one.alternative[:2] == ("CUL.01", "CUL.03")
    assert {"CUL.02", "CUL.04"} <= set(one.alternative)


def test_a_category_shut_out_although_named_is_offered():
    (one,) = propose([["Farmacia dell'ospedale"]], load_pack())

    assert one.codice == "LOC.05"
    assert one.alternative[:2] == ("LOC.05", "SAN.01")


def test_a_search_finds_by_name_before_it_finds_by_keyword():
    pack = load_pack()

    assert search("bibl", pack)[0] == "CUL.01"
    assert search("cinema", pack)[:2] == ["CUL.04", "CUL.02"]
    assert search("LOC.05", pack) == ["LOC.05"]
    assert search("forno crematorio", pack) == ["EXT.08"]
    assert search("impianti depur", pack)[0] == "IMP.02"
    assert search("sanità", pack)[:2] == ["SAN.01", "SAN.02"]
    assert search("zzz", pack) == []


def test_an_empty_search_is_the_whole_taxonomy_in_its_order():
    pack = load_pack()

    assert search(" ", pack) == list(pack.categorie)
