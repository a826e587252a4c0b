"""Identifiers do not depend on the order of rows."""

from __future__ import annotations

import uuid

from sttm_plugin.core import ids

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "sttm2")


def test_the_source_is_known_without_years_and_dates():
    assert ids.source_name("Anagrafe_Scuole_20260215_MI") == "anagrafe scuole mi"
    assert ids.source_name("PGT 2024 (agg. 31/12/2023)") == "pgt agg"


def test_a_keyed_service_takes_its_id_from_source_and_key():
    expected = str(uuid.uuid5(NAMESPACE, "k|anagrafe scuole|MIPS000001"))

    assert ids.id_from_key("Anagrafe scuole 2026", "MIPS000001") == expected


def test_a_named_service_takes_its_id_from_comune_and_name():
    expected = str(uuid.uuid5(NAMESPACE, "n|015146|scuola a manzoni"))

    assert ids.id_of(ids.name_key("015146", "Scuola «A. Manzoni»")) == expected


def test_many_ids_made_at_once_are_those_made_one_by_one():
    keys = [f"k|fonte|è{number}" for number in range(100)]

    assert ids.ids_of(keys) == [str(uuid.uuid5(NAMESPACE, key)) for key in keys]
    assert ids.ids_of([]) == []


def test_homonyms_are_told_apart_by_their_ten_metre_cell():
    assert ids.name_key("015146", "Parco", 514999.9, 5034520.0) == "n|015146|parco|514990|5034520"
    assert ids.name_key("015146", None, 514999.9, 5034520.0) == "n|015146||514990|5034520"


def test_the_other_objects_of_a_finding_come_in_any_order():
    one = ids.finding_id("STTM2-110", "a", ["c", "b"])

    assert one == ids.finding_id("STTM2-110", "a", ["b", "c"])
    assert one == str(uuid.uuid5(NAMESPACE, "r|STTM2-110|a|b;c"))


def test_only_whole_uuids_are_kept():
    assert ids.valid_uuid("123e4567-e89b-42d3-a456-426614174000")
    assert not ids.valid_uuid("123e4567e89b42d3a456426614174000")
    assert not ids.valid_uuid("MIPS000001")


def test_an_id_is_the_uuid5_of_its_key():
    import uuid

    from sttm_plugin.core.ids import NS, id_of

    for key in ("", "n|015182|scuola", "k|però|12", *map(str, range(300))):
        assert id_of(key) == str(uuid.uuid5(NS, key))
