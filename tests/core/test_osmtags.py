"""OpenStreetMap tags and the categories they say."""

from __future__ import annotations

import pytest

from sttm_plugin.core.osmtags import category_of_tags, tag_keys
from sttm_plugin.core.pack import load_pack


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"leisure": "park"}, "VER.01"),
        ({"leisure": "garden"}, "LOC.07"),
        ({"leisure": "garden", "access": "yes"}, "VER.01"),
        ({"amenity": "police", "name": "Stazione Carabinieri di Rho"}, "SIC.03"),
        ({"amenity": "clinic", "beds": "20"}, "SAN.01"),
        ({"social_facility": "shelter"}, "EXT.07"),
        ({"healthcare": "centre"}, None),  # two categories say so
        ({"railway": "tram_stop"}, None),  # only where it is a terminus: a person's eye
        ({"amenity": "bar"}, None),
        ({}, None),
    ],
)
def test_the_most_specific_condition_wins(tags, code):
    assert category_of_tags(tags, load_pack())[0] == code


def test_a_name_or_an_operator_alone_is_no_sign_of_osm():
    keys = tag_keys(load_pack())

    assert {"leisure", "amenity", "landuse"} <= keys
    assert not {"name", "operator", "access"} & keys
