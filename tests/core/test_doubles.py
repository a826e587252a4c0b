"""Which records count when a service is entered twice."""

from __future__ import annotations

from shapely.geometry import Point

from sttm_plugin.core.doubles import counted, standing, without_doubles
from tests.core.plans import CENTRE, outcome_of, plan_with, services


def test_a_record_that_names_another_stands_behind_it_and_that_ones_in_turn():
    assert standing(["a", "b", "c", "d"], [None, "a", "b", None]).tolist() == [0, 0, 0, 3]


def test_a_record_whose_service_is_not_there_counts():
    assert standing(["a", "b"], ["gone", None]).tolist() == [0, 1]


def test_of_records_that_name_each_other_the_lowest_id_counts():
    assert standing(["c", "b", "a"], ["b", "c", "b"]).tolist() == [1, 1, 1]
    assert standing(["a"], ["a"]).tolist() == [0]


def test_a_chain_of_doubles_is_walked_once():
    count = 20_000
    ids = [f"s{row}" for row in range(count)]
    # Step by step from each record it would be walked two hundred million times.
    assert set(standing(ids, [None, *ids[:-1]]).tolist()) == {0}
    assert set(standing(ids, [ids[-1], *ids[:-1]]).tolist()) == {0}  # a ring: the lowest id


def test_a_frame_without_doubles_is_given_back_as_it_is():
    frame = services({}, {})

    assert without_doubles(frame) is frame
    assert counted(frame.drop(columns="doppione_di")).tolist() == [True, True]


def test_the_area_of_a_double_adds_nothing_to_the_dotazione():
    # Rho has 50,000 inhabitants and more: one area of 2,000 m² is far too little, counted once.
    one = {"superficie_mq": 2000.0, "codice_sttm": "VER.01"}
    alone = plan_with(one)
    twice = plan_with(one, {**one, "doppione_di": "s1"})
    both = plan_with(one, one)

    values = [outcome_of("STTM2-401", plan)[1]["valore"].tolist() for plan in (alone, twice, both)]

    assert values[0] == values[1]
    assert float(values[2][0]) == 2 * float(values[0][0])


def test_a_double_has_no_finding_of_its_own_but_where_records_are_looked_at():
    one = {"codice_sttm": None, "valenza_calcolata": None}
    plan = plan_with(one, {**one, "doppione_di": "s1", "denominazione": "Citt\ufffd"}, one)

    # STTM2-201 counts services, STTM2-119 reads every text that is handed in.
    assert sorted(outcome_of("STTM2-201", plan)[1]["id_oggetto"]) == ["s1", "s3"]
    assert sorted(outcome_of("STTM2-119", plan)[1]["id_oggetto"]) == ["s2"]


def test_the_double_of_the_other_reading_pairs_with_nothing():
    own = {"denominazione": "Biblioteca Villa Burba", "geometry": Point(CENTRE)}
    other = {**own, "lettura": 2}
    two = services(other, {**other, "doppione_di": "s1"})

    alone = outcome_of("STTM2-805", plan_with(own, reading2=services(other, other)))
    flagged = outcome_of("STTM2-805", plan_with(own, reading2=two))

    assert (alone[0], flagged[0]) == ("non_soddisfatto", "soddisfatto")
