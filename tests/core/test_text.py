"""Texts and lists as the contract reads them."""

from __future__ import annotations

import pytest

from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.text import (
    code_name,
    code_names,
    normalise,
    number_list,
    number_pairs,
    threshold_name,
)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("I.T.I.S. «Galileo»", "itis galileo"),
        ("Scuola dell'Infanzia  Già", "scuola dell infanzia gia"),
        ("A.S.S.T. - Nord", "asst nord"),
        (None, ""),
        ("vv.f.", "vv f"),
    ],
)
def test_texts_are_compared_without_case_accents_and_dots(written, compared):
    assert normalise(written) == compared


def test_names_made_from_codes():
    assert code_name("SAN.01") == "san_01"
    assert code_name("Verde pubblico!") == "verde_pubblico_"
    with pytest.raises(SttmError, match="stesso nome di campo"):
        code_names(["a.b", "a-b"])


def test_thresholds_are_written_with_their_shortest_decimal():
    assert [threshold_name(value) for value in (7.5, 10.0, 0.1, 1500)] == [
        "7_5",
        "10",
        "0_1",
        "1500",
    ]


def test_number_lists_are_sorted_and_refused_piece_by_piece():
    assert number_list(" 15; 5,10 ", "Soglie") == [5.0, 10.0, 15.0]
    for wrong, named in (("5,5", "5"), ("5,-1", "-1"), ("5,dieci", "dieci"), ("nan", "nan")):
        with pytest.raises(SttmError, match=f"«{named}»"):
            number_list(wrong, "Soglie")


def test_pairs_keep_their_names():
    assert number_pairs("metropolitano=500; sovracomunale = 350", "Raggi") == [
        ("metropolitano", 500.0),
        ("sovracomunale", 350.0),
    ]
    with pytest.raises(SttmError, match="ripetuto"):
        number_pairs("a=1,a=2", "Raggi")
    with pytest.raises(SttmError, match="nome=numero"):
        number_pairs("500", "Raggi")
