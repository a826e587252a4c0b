"""Where coordinates fall under each reference system."""

from __future__ import annotations

import numpy as np
import pytest

from sttm_plugin.core.crsdoctor import diagnose
from sttm_plugin.core.errors import SttmError

# Milano as PDS_SCHEMA §2.5 measured it.
DEGREES = ([9.1919], [45.4641])
UTM = ([515002.06], [5034526.04])
GAUSS_BOAGA = ([1515030.05], [5034546.05])
ED50 = ([515084.81], [5034723.85])


def project(crs, xs, ys):
    """The measured points, and everything else carried by the same shift."""
    if crs == "EPSG:4326":
        ok = (np.abs(xs) <= 180) & (np.abs(ys) <= 90)
        east = 515002.06 + (xs - 9.1919) * 78000
        north = 5034526.04 + (ys - 45.4641) * 111000
        return np.where(ok, east, np.nan), np.where(ok, north, np.nan)
    shift = {
        "EPSG:32632": (0.0, 0.0),
        "EPSG:7791": (0.0, 0.0),
        "EPSG:3003": (-1000027.99, -20.01),
        "EPSG:23032": (-82.75, -197.81),
        "EPSG:3857": (-508000.0, -660000.0),
        "EPSG:32633": (469000.0, 0.0),
    }[crs]
    return xs + shift[0], ys + shift[1]


def around(metres):
    def inside(xs, ys):
        with np.errstate(invalid="ignore"):
            return (np.abs(xs - 515002) <= metres) & (np.abs(ys - 5034526) <= metres)

    return inside


def run(points, declared, metres=5000.0, **others):
    return diagnose(points[0], points[1], declared, around(metres), project, **others)


@pytest.mark.parametrize(
    ("points", "declared", "crs", "swapped", "difetto"),
    [
        (UTM, "EPSG:32632", "EPSG:32632", False, ""),
        (UTM, "EPSG:7791", "EPSG:7791", False, ""),
        (GAUSS_BOAGA, "EPSG:32632", "EPSG:3003", False, "D04"),
        (GAUSS_BOAGA, "", "EPSG:3003", False, "D03"),
        (DEGREES, "EPSG:32632", "EPSG:4326", False, "D04"),
        (DEGREES[::-1], "EPSG:4326", "EPSG:4326", True, "D05"),
        (DEGREES[::-1], "", "EPSG:4326", True, "D05"),
        (UTM[::-1], "EPSG:7791", "EPSG:7791", True, "D05"),
    ],
)
def test_the_one_candidate_that_fits_is_taken(points, declared, crs, swapped, difetto):
    found = run(points, declared)

    assert (found.crs, found.swapped, found.difetto) == (crs, swapped, difetto)
    assert found.changed == bool(difetto)


def test_geojson_in_metres_is_its_own_defect():
    assert run(GAUSS_BOAGA, "EPSG:4326", geojson=True).difetto == "D06"


def test_utm_chosen_says_that_ed50_is_not_excluded():
    assert "23032" in run(UTM, "").sentence


def test_ed50_is_tried_only_when_nothing_else_fits():
    assert run(ED50, "").crs == "EPSG:32632"  # 200 m off is within 5 km
    found = run(ED50, "", metres=50.0)
    assert (found.crs, found.difetto) == ("EPSG:23032", "D08")


def test_no_candidate_stops_and_names_those_tried():
    with pytest.raises(SttmError, match="nessun candidato.*UTM 33N"):
        run(([43.3], [11.3]), "EPSG:4326")


def test_data_that_lie_elsewhere_are_not_a_wrong_crs():
    far = ([9.9], [45.1])
    near = around(200_000.0)

    found = run(far, "EPSG:4326", near=near)

    assert (found.crs, found.changed) == ("EPSG:4326", False)
    assert "non è in dubbio" in found.sentence


def test_what_the_user_chose_only_swaps_its_axes():
    assert run(UTM[::-1], "EPSG:32632", chosen=True).swapped
    with pytest.raises(SttmError, match="dichiarato"):
        run(GAUSS_BOAGA, "EPSG:32632", chosen=True)


def test_outliers_and_zeros_do_not_decide():
    xs = GAUSS_BOAGA[0] * 5 + [0.0, np.nan, 1_900_000.0]
    ys = GAUSS_BOAGA[1] * 5 + [0.0, np.nan, 5_500_000.0]

    found = run((xs, ys), "EPSG:32632")

    assert found.crs == "EPSG:3003"
    assert "5 di 6" in found.sentence
