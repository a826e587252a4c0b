"""Names compared, pairs assigned one to one, readings reconciled: values by hand and oracles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sttm_plugin.core import schema
from sttm_plugin.core.assignment import best_pairs
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.names import (
    address_key,
    kinds_exclude,
    name_similarity,
    prepare_names,
    word_likeness,
    words_of,
)
from sttm_plugin.core.pairs import near_pairs, same_keys
from sttm_plugin.core.reconciliation import pair_id, reconcile

X, Y = 514000.0, 5034000.0
MILANO = "015146"


def frame(rows, start=X):
    """Return a services frame of (id, name, category, metres east or None, more)."""
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry import Point

    made = [
        {
            "id_servizio": name,
            "denominazione": title,
            "codice_sttm": code,
            "istat": MILANO,
            **(more[0] if more else {}),
            "geometry": None if east is None else Point(start + east, Y),
        }
        for name, title, code, east, *more in rows
    ]
    columns = ["id_servizio", "denominazione", "codice_sttm", "istat", "geometry"]
    table = pd.DataFrame(made) if made else pd.DataFrame(columns=columns)
    geometry = gpd.GeoSeries(list(table["geometry"]), crs="EPSG:32632")
    table = gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=geometry, crs="EPSG:32632")
    return schema.conform_services(table)


def paired(one, two, decided=(), least=0.6, most=150.0):
    return reconcile(one, two, list(decided), most, least, 50.0, 0.85)


def told(result):
    pairs = result.pairs
    return {(a, b): s for a, b, s in zip(pairs["id_1"], pairs["id_2"], pairs["punteggio"])}


# --- names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one, other",
    [
        ("I.C. S. Ambrogio", "Istituto Comprensivo Sant'Ambrogio"),
        ("Ist. Compr. SS. Pietro e Paolo", "IC Santi Pietro e Paolo"),
        ("L.S. Einstein", "Liceo Scientifico EINSTEIN"),
        ("Papa Giovanni XXIII", "papa giovanni 23"),
        ("Via F.lli Ruffini", "VIA FRATELLI RUFFINI"),
        ("Scuola Media «Manzoni»", "Secondaria di I grado - Manzòni"),
        ("Scuola secondaria di 1° grado Manzoni", "SCUOLA SEC. DI 1 GR. MANZONI"),
        ("P.zza XXV Aprile", "Piazza 25 aprile"),
        ("Biblioteca 'Valvassori-Peroni'", "BIBL. VALVASSORI PERONI"),
    ],
)
def test_two_ways_to_write_a_name_are_the_same_name(one, other):
    assert name_similarity(one, other) >= 0.95


@pytest.mark.parametrize(
    "one, other",
    [
        ("Scuola primaria statale Manzoni", "Scuola primaria statale Volta"),
        ("Infanzia - via Dante", "Primaria - via Dante"),
        ("Biblioteca comunale di Rho", "Ospedale civile di Rho"),
        ("Asilo nido 3", "Asilo nido 4"),
        ("Liceo artistico Boccioni", "Istituto tecnico Boccioni"),
    ],
)
def test_what_many_names_share_does_not_make_them_alike(one, other):
    assert name_similarity(one, other) <= 0.6


def test_the_similarity_is_the_weight_of_the_words_that_meet():
    # primaria 0.1, Toti 1, initials 0.1 that begin no word of the other.
    assert name_similarity("Primaria - B. Toti", "Z. Toti") == pytest.approx(2.0 / (1.2 + 1.1))
    # A slip of the pen counts 0.85.
    assert name_similarity("Quarenghi", "Quarengi") == pytest.approx(0.85)
    assert name_similarity(None, "Toti") == 0.0 == name_similarity("", "")


def test_the_name_of_the_own_comune_tells_little():
    assert name_similarity("Teatro Legnano", "Cinema Legnano", "015118") == pytest.approx(0.5)
    assert name_similarity("Teatro Legnano", "Cinema Legnano") == pytest.approx(2.0 / 2.2)


def test_words_differ_by_initials_cuts_and_slips():
    assert word_likeness("alessandro", "a") == 0.9
    assert word_likeness("compr", "comprensorio") == 0.9
    assert word_likeness("panzini", "pazini") == 0.85
    assert word_likeness("manzoni", "mazzini") == 0.0
    assert word_likeness("12", "123") == 0.0


def test_numbers_are_read_in_roman_and_ordinal_form():
    assert words_of("IV Novembre") == ("4", "novembre")
    assert words_of("Liceo Parini, via Goito 4") == ("liceo", "parini", "via", "goito", "4")
    assert words_of("Vittorio Emanuele 02") == ("vittorio", "emanuele", "2")


names_ = st.text(
    alphabet=st.sampled_from(list("abcdei .'-/1239SVèİß°\x00🏥<=\"")), min_size=0, max_size=30
)


@given(names_, names_)
@settings(max_examples=300, deadline=None)
def test_similarity_is_the_same_both_ways_and_between_zero_and_one(one, other):
    value = name_similarity(one, other)
    assert 0.0 <= value <= 1.0
    assert value == name_similarity(other, one)
    if words_of(one):
        assert name_similarity(one, one) == pytest.approx(1.0)


# --- assignment ----------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_gains_sum_to_what_the_hungarian_of_scipy_finds(data):
    from scipy.optimize import linear_sum_assignment

    rows, columns = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 7))
    cells = data.draw(
        st.lists(st.integers(0, rows * columns - 1), min_size=1, max_size=30, unique=True)
    )
    gain = np.array(
        data.draw(
            st.lists(
                st.sampled_from([0.1, 0.3, 0.5, 0.6, 0.61, 0.9, 1.0]),
                min_size=len(cells),
                max_size=len(cells),
            )
        )
    )
    left, right = np.array(cells) // columns, np.array(cells) % columns
    matrix = np.zeros((rows, columns))
    matrix[left, right] = gain
    best = matrix[linear_sum_assignment(-matrix)].sum()

    chosen = best_pairs(left, right, gain)

    assert gain[chosen].sum() == pytest.approx(best)
    assert len(set(left[chosen])) == len(chosen) == len(set(right[chosen]))


def test_one_good_pair_is_not_given_up_for_two_poor_ones_of_less_gain():
    # 0 – 0 is worth 1; 0 – 1 and 1 – 0 together 0.54.
    assert best_pairs([0, 0, 1], [0, 1, 0], [1.0, 0.27, 0.27]).tolist() == [0]
    assert best_pairs([0, 0, 1], [0, 1, 0], [0.5, 0.27, 0.27]).tolist() == [1, 2]


# --- near -----------------------------------------------------------------------------------


@given(st.integers(0, 2**31), st.sampled_from([0.0, 1.0, 40.0, 150.0]))
@settings(max_examples=30, deadline=None)
def test_the_grid_finds_the_pairs_that_measuring_all_finds(seed, most):
    import geopandas as gpd

    rng = np.random.default_rng(seed)
    sides = [np.round(rng.uniform(0, 400, size=(25, 2)) / 20) * 20 for _ in range(2)]
    one, two = (gpd.GeoSeries(gpd.points_from_xy(*side.T), crs="EPSG:32632") for side in sides)
    metres = np.hypot(*(sides[0][:, None, :] - sides[1][None, :, :]).transpose(2, 0, 1))

    a, b, found = near_pairs(one, two, most)

    assert list(zip(a, b)) == list(zip(*np.nonzero(metres <= most + 1e-6)))
    assert found == pytest.approx(metres[a, b])


def test_a_point_inside_an_area_is_at_no_distance_and_missing_shapes_are_near_nothing():
    import geopandas as gpd
    from shapely.geometry import Point, Polygon, box

    one = gpd.GeoSeries([box(0, 0, 10, 10), None, Point(30, 5)], crs="EPSG:32632")
    two = gpd.GeoSeries([Point(5, 5), Point(20, 5), Polygon(), box(25, 0, 29, 9)], crs="EPSG:32632")

    a, b, metres = near_pairs(one, two, 10)

    assert list(zip(a, b, metres)) == [(0, 0, 0.0), (0, 1, 10.0), (2, 1, 10.0), (2, 3, 1.0)]


def test_equal_keys_meet_each_other():
    a, b = same_keys(np.array([5, 7, 5]), np.array([7, 5, 5, 9]))
    assert list(zip(a, b)) == [(0, 1), (0, 2), (1, 0), (2, 1), (2, 2)]


# --- reconcile ------------------------------------------------------------------------------


def test_same_name_and_category_score_by_distance():
    one = frame([("a", "Liceo Volta", "IST.01", 0), ("c", "Teatro Verdi", "CUL.02", 900)])
    two = frame([("b", "Liceo Volta", "IST.01", 75), ("d", "Teatro Verdi", "CUL.02", 1050)])

    assert told(paired(one, two)) == {("a", "b"): 0.85, ("c", "d"): 0.7}
    assert told(paired(one, two, most=149.9)).keys() == {("a", "b")}


def test_a_missing_category_is_told_by_the_words_and_null_is_never_the_same():
    named = paired(
        frame([("a", "Primaria Pascoli", None, 0)]), frame([("b", "Primaria Pascoli", "LOC.03", 0)])
    )
    mute = paired(frame([("a", "Zefiro", None, 0)]), frame([("b", "Zefiro", None, 0)]))

    assert told(named) == {("a", "b"): 1.0}
    assert told(mute) == {("a", "b"): 0.8}


def test_the_only_two_of_a_category_are_proposed_but_never_matched_by_that():
    one = frame([("a", "Primaria Leopardi", "LOC.03", 0)])
    two = frame([("b", "Via Bodio", "LOC.03", 0)])
    crowded = frame([("b", "Via Bodio", "LOC.03", 0), ("e", "Via Cima", "LOC.03", 40)])

    score = told(paired(one, two))["a", "b"]
    assert score == pytest.approx(0.775)
    assert told(paired(one, crowded)) == {}
    # Names half alike: 0.75, and with what the name lacks 0.8875; never that.
    longer = paired(
        frame([("a", "Leopardi", "LOC.03", 0)]),
        frame([("b", "Leopardi Quarenghi Cima", "LOC.03", 0)]),
    )
    assert told(longer) == {("a", "b"): 0.79}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("V.le U. Dini 7/a", "dini 7"),
        ("VIA ULISSE DINI, 7", "dini 7"),
        ("VIA T.PINI3", "pini 3"),
        ("Via 4 Novembre 12", "novembre 12"),
        ("Via Roma snc", None),
        ("12", None),
        (None, None),
    ],
)
def test_an_address_is_its_street_and_its_house_number(text, key):
    assert address_key(text) == key


def at(street, **more):
    return {"attributi_origine": json.dumps({"INDIRIZZO": street, **more})}


def test_the_only_two_of_a_category_at_one_house_number_are_proposed_whatever_their_names():
    one = frame([("a", "Curie", "LOC.03", 0, at("Via Guicciardi", CIVICO="1"))])
    rows = [("b", "Guicciardi", "LOC.03", 75), ("c", "Verdi", "LOC.03", 75)]
    where = [at("via Guicciardi 1"), at("via Verdi 8")]
    two = frame([(*row, place) for row, place in zip(rows, where)])
    bare = frame(rows)

    # 0 for the name + 0.3 · 0.5 + 0.2 + 0.5 · 0.55, under 0.79; without addresses 0.35.
    assert told(paired(one, two)) == {("a", "b"): pytest.approx(0.625)}
    assert told(paired(one, bare)) == {}


def test_two_at_one_house_number_are_not_lifted_where_another_there_has_a_likelier_name():
    here = at("Via Don Calabria 16")
    liceo = at("Via Don Calabria 16", TIPO="Liceo scientifico")
    natta = ("a", "Liceo scientifico Natta", "IST.01", 60, here)
    besta = ("c", "Liceo linguistico Besta", "IST.01", 60, here)
    two = frame([("b", "Besta", "IST.01", 0, liceo)])

    # One at the number: the names may differ. Two: it is the one that bears the name.
    assert told(paired(frame([natta]), two)).keys() == {("a", "b")}
    assert told(paired(frame([natta, besta]), two)).keys() == {("c", "b")}


def test_the_sectors_of_professional_institutes_are_not_one_another():
    one = frame([("a", "I.P. Servizi Bertarelli", "IST.01", 0)])
    rows = [
        (name, "Bertarelli Ferraris", "IST.01", 18, at("Corso Roma 110", TIPO=kind))
        for name, kind in (
            ("b", "IST PROF INDUSTRIA E ARTIGIANATO"),
            ("c", "IST PROF PER I SERVIZI COMMERCIALI E TURISTICI"),
        )
    ]
    made = prepare_names(["I.P. Servizi", "I.P. Servizi e Industria", "IST PROF INDUSTRIA"])

    assert told(paired(one, frame(rows))).keys() == {("a", "c")}
    assert kinds_exclude(made, [0, 0, 1], [1, 2, 2]).tolist() == [False, True, False]


def test_a_centre_for_adults_is_the_same_however_its_kind_is_written():
    one = frame([("a", "C.T.P. Viale Mugello", None, 0)])
    two = frame([("b", "Mugello", None, 110, at("Viale Mugello 5", TIPO="CENTRO TERRITORIALE"))])
    school = frame([("b", "Mugello", None, 110, at("Viale Mugello 5", TIPO="SCUOLA PRIMARIA"))])

    assert told(paired(one, two)).keys() == {("a", "b")}
    assert told(paired(one, school)) == {}


def test_what_is_alone_at_another_house_number_is_not_lifted():
    one = frame([("a", "Curie", "LOC.03", 0, at("Via Visconti 16"))])
    other = frame([("b", "Borsi", "LOC.03", 0, at("Via Viscontini 7"))])
    same = frame([("b", "Borsi", "LOC.03", 0, at("Via Visconti 16"))])

    assert told(paired(one, other)) == {}
    # 0.5, and both signs: 0.5 · (0.55 + 0.55), cut at 0.79: proposed, never matched.
    assert told(paired(one, same)) == {("a", "b"): pytest.approx(0.79)}


def test_a_school_comes_before_the_office_of_its_institute():
    one = frame([("a", "Liceo Severi Correnti", "IST.01", 0)])
    two = frame(
        [
            (
                "b",
                "Severi Correnti",
                "IST.01",
                5,
                {"attributi_origine": '{"t": "ISTITUTO SUPERIORE"}'},
            ),
            ("c", "Severi", "IST.01", 5, {"attributi_origine": '{"t": "LICEO SCIENTIFICO"}'}),
        ]
    )

    assert list(told(paired(one, two))) == [("a", "c")]


def test_categories_that_only_the_area_tells_apart_are_the_same():
    one = frame([("a", "Giardino Cederna", "LOC.07", 0)])
    two = frame([("b", "Giardino Cederna", "VER.01", 0)])

    found = reconcile(one, two, [], 150.0, 0.6, 50.0, 0.85, alike=("VER.01", "LOC.07"))

    assert told(found) == {("a", "b"): pytest.approx(1.0)}
    assert told(paired(one, two)) == {("a", "b"): pytest.approx(0.8)}


def test_a_double_takes_no_pair_and_is_told_among_the_duplicates():
    one = frame(
        [
            ("a", "Biblioteca Rossi", "CUL.01", 0),
            ("b", "Biblioteca Rossi", "CUL.01", 0, {"doppione_di": "a"}),
        ]
    )
    two = frame([("c", "Biblioteca Rossi", "CUL.01", 0), ("d", "Biblioteca Rossi", "CUL.01", 0)])

    found = paired(one, two)

    assert [pair[0] for pair in told(found)] == ["a"]
    assert len(found.only1) == 0
    assert found.duplicates["id_servizio"].tolist() == ["a", "b", "c", "d"]
    assert "Lettura 1: 1 doppioni" in found.notes[0]


def test_equal_official_codes_are_certain_wherever_they_are():
    code = {"codice_fonte": "MIM:MIPS01000G"}
    one = frame([("a", "Einstein", "IST.01", 0, code), ("c", "Einstein", "IST.01", 10)])
    two = frame([("b", "Nome nuovo", None, 4000, code), ("d", "Einstein", "IST.01", 0)])

    assert told(paired(one, two)) == {("a", "b"): 1.0, ("c", "d"): 0.98}


def test_without_a_position_name_comune_and_category_give_at_most_seven_tenths():
    one = frame([("a", "Biblioteca Gallaratese", "CUL.01", None)])
    two = frame(
        [
            ("b", "Biblioteca Gallaratese", "CUL.01", 300),
            ("c", "Biblioteca Gallaratese", "CUL.01", 900, {"istat": "015182"}),
            ("d", "Biblioteca Gallaratese", None, 500),
        ]
    )

    result = paired(one, two)

    assert told(result) == {("a", "b"): 0.7}
    assert result.pairs["distanza_m"].isna().all() and result.pairs.geometry.isna().all()


def test_each_record_is_in_one_pair_and_the_rest_is_left_with_its_reason():
    one = frame([("a1", "Parco Nord", "VER.01", 0), ("a2", "Parco Nord", "VER.01", 100)])
    two = frame([("b1", "Parco Nord", "VER.01", 10)])

    result = paired(one, two)

    assert set(told(result)) == {("a1", "b1")}
    left = result.only1.iloc[0]
    assert left["id_servizio"] == "a2"
    assert left["esito_riconciliazione"] == "candidato_gia_abbinato"
    assert left["miglior_candidato"] == "b1"
    assert result.pairs["ambigua"].tolist() == [False]


def test_nearly_equal_candidates_make_a_pair_ambiguous_and_are_listed():
    one = frame([("a1", "Parco Nord", "VER.01", 0), ("a2", "Parco Nord", "VER.01", 30)])
    two = frame([("b1", "Parco Nord", "VER.01", 10)])

    row = paired(one, two).pairs.iloc[0]

    assert bool(row["ambigua"])
    assert [c["id_1"] for c in json.loads(row["candidati"])] == ["a2"]


def test_duplicates_of_a_reading_are_grouped_and_a_twin_of_a_paired_one_says_so():
    one = frame([("a", "Teatro Verdi", "CUL.02", 0)])
    two = frame(
        [
            ("b", "Teatro Verdi", "CUL.02", 0),
            ("c", "TEATRO G. VERDI", "CUL.02", 20),
            ("d", "Teatro Verdi", "CUL.02", 90),
            ("e", "Museo Verdi", "CUL.03", 10),
        ]
    )

    result = paired(one, two)

    assert result.duplicates["id_servizio"].tolist() == ["b", "c"]
    assert result.duplicates["gruppo"].nunique() == 1
    reasons = dict(zip(result.only2["id_servizio"], result.only2["esito_riconciliazione"]))
    assert reasons["c"] == "duplicato_di_abbinato"
    assert len(result.only2) + len(result.pairs) == len(two)


def test_a_decided_pair_is_never_overturned_whichever_way_its_ids_are_written():
    one = frame([("a1", "Liceo Volta", "IST.01", 0), ("a2", "Ginnasio", "IST.01", 5000)])
    two = frame([("b1", "Liceo Volta", "IST.01", 0), ("b2", "Scuola", "IST.01", 9000)])
    base = {"autore": "Ada", "data": "2026-01-01"}
    rejected = {"id_1": "b1", "id_2": "a1", "stato": "respinto", **base}
    confirmed = {"id_1": "a2", "id_2": "b2", "stato": "confermato", **base}
    gone = {"id_1": "zz", "id_2": "b2", "stato": "confermato", **base}

    result = paired(one, two, [rejected, confirmed, gone])

    states = dict(zip(zip(result.pairs["id_1"], result.pairs["id_2"]), result.pairs["stato"]))
    assert states == {("a1", "b1"): "respinto", ("a2", "b2"): "confermato"}
    assert result.only1["id_servizio"].tolist() == ["a1"]
    assert "manca almeno un servizio nei layer indicati: 1" in result.notes[0]


def test_limits_are_told():
    empty = frame([])
    for most, least in ((0, 0.6), (float("inf"), 0.6), (150, 0), (150, 1.1)):
        with pytest.raises(SttmError, match="non ammess"):
            paired(empty, empty, most=most, least=least)


def test_a_stop_gives_nothing():
    one = frame([("a", "Liceo Volta", "IST.01", 0)])
    assert reconcile(one, one, [], 150, 0.6, 50, 0.85, lambda share: False) is None


services_ = st.lists(
    st.tuples(
        st.sampled_from(["Liceo Volta", "Volta", "Primaria Dante", "via Dante 3", "", None]),
        st.sampled_from(["IST.01", "LOC.03", None]),
        st.one_of(st.none(), st.integers(0, 12)),
    ),
    max_size=8,
)


def made(rows, letter):
    return frame(
        [
            (f"{letter}{at}", name, code, None if east is None else east * 25)
            for at, (name, code, east) in enumerate(rows)
        ]
    )


@given(services_, services_, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_neither_the_order_of_rows_nor_of_readings_matters_and_pairs_are_one_to_one(
    first, second, chance
):
    one, two = made(first, "a"), made(second, "b")
    result = paired(one, two)
    mixed = [
        part.iloc[chance.sample(range(len(part)), len(part))].reset_index(drop=True)
        for part in (one, two)
    ]

    again, swapped = paired(*mixed), paired(two, one)

    assert again.pairs.drop(columns="geometry").equals(result.pairs.drop(columns="geometry"))
    assert {(b, a): s for (a, b), s in told(swapped).items()} == pytest.approx(told(result))
    assert set(swapped.pairs["id_coppia"]) == set(result.pairs["id_coppia"])
    assert result.pairs["id_1"].is_unique and result.pairs["id_2"].is_unique
    assert len(result.pairs) + len(result.only1) == len(one)
    assert len(result.pairs) + len(result.only2) == len(two)


def test_a_pair_has_the_same_id_whichever_reading_comes_first():
    assert pair_id("x", "y") == pair_id("y", "x") != pair_id("x", "z")
