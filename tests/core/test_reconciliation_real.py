"""Reconciliation on real editions of the same services, against their official codes."""

from __future__ import annotations

import pytest

from benchmarks.reconciliation import LEAST, MATCHED, is_institute, judge, pair, sources

pytest.importorskip("geopandas")


@pytest.fixture(scope="module")
def real(shared_data):
    return sources()


@pytest.mark.parametrize(
    "one, two, precision, recall",
    [
        # Tuned on.
        ("Anagrafe regionale 2026", "MIUR Milano 2016/17", 0.97, 0.95),
        ("Anagrafe regionale 2026", "Milano ds1305 2020/21", 0.97, 0.95),
        ("Scuole lombarde 2026", "Milano ds1305 2020/21", 0.97, 0.95),
        ("Scuole lombarde 2026", "Milano ds1305 2020/21, solo sedi", 0.97, 0.95),
        ("MIUR Milano 2016/17", "Milano ds1305 2020/21, solo sedi", 0.97, 0.95),
        # Not tuned on.
        ("Scuole lombarde 2026", "MIUR Milano 2016/17", 0.97, 0.95),
        ("Strutture di ricovero 2026", "Eurostat ospedali 2020", 0.97, 0.95),
        ("ICCU provincia 2018", "Biblioteche Milano 2018", 0.97, 0.95),
        ("OSM parchi", "Parchi delle aree cani, metà 2", 0.97, 0.95),
        ("OSM parchi", "Sport nei parchi, metà 2", 0.97, 0.95),
    ],
)
def test_pairs_of_real_sources_agree_with_their_codes(real, one, two, precision, recall):
    found = judge(real[one], real[two], pair(real[one], real[two]), LEAST)

    assert found.within >= 23
    assert found.precision >= precision
    assert found.recall >= recall


@pytest.mark.parametrize(
    ("code", "institute"),
    [
        ("MIIC8D000T", True),
        ("MIIS07200D", True),
        ("MIEE30100X", True),  # the directorate of …
        ("MIEE301011", False),  # … this primary school
        ("MIEE8D001X", False),
        ("MIPS18000P", False),  # a liceo that stands alone
    ],
)
def test_only_institutes_and_directorates_run_schools(code, institute):
    assert is_institute(code) is institute


def test_pairs_counted_as_matched_are_hardly_ever_wrong(real):
    one, two = real["Scuole lombarde 2026"], real["MIUR Milano 2016/17"]
    found = judge(one, two, pair(one, two), MATCHED)

    assert found.right >= 120 and found.wrong <= 2
