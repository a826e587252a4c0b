"""Records of several parts, split on request into a service each (D18)."""

from __future__ import annotations

import json

import pytest

from tests.algorithms.intake_runs import X, Y, lines, made_id, square

RHO = "015182"
EAST, NORTH = 501180, 5042430


def _multi(*wkts):
    return f"MULTIPOLYGON ({', '.join(wkt[len('POLYGON ') :] for wkt in wkts)})"


SCHOOLS = _multi(square(10), square(20, X + 100), square(30, X + 200))
TURNED = _multi(square(30, X + 200), square(10), square(20, X + 100))


def _plan(plan, wkt=SCHOOLS, **others):
    one = {"nome": "Scuole di via Verdi", "cod_serv": "S7", "posti": "300", **others}
    return plan(
        [(wkt, one), (square(50, X + 400), {**one, "nome": "Parco", "cod_serv": "S8"})],
        "MultiPolygon",
    )


def _cell(x):
    return f"{x // 10 * 10:.0f}|{(Y + 5) // 10 * 10:.0f}"


def test_parts_stay_together_unless_asked(importer, plan):
    found = importer(_plan(plan))

    assert (found["READ"], found["WRITTEN"], found["SPLIT"]) == (2, 2, 0)
    assert [line["regola"] for line in lines(found, "D18")] == ["area_in_piu_parti"]


def test_each_part_is_a_service_and_the_certificate_adds_up(importer, plan):
    found = importer(_plan(plan), SPLIT_PARTS=True)

    assert (found["READ"], found["WRITTEN"], found["REJECTED_COUNT"], found["SPLIT"]) == (
        4,
        4,
        0,
        2,
    )
    assert sorted(row["superficie_mq"] for row in found["OUTPUT"]) == pytest.approx(
        [100, 400, 900, 2500]
    )
    said = found["log"]["certificato"]
    assert said["elementi"] == {
        "letti": 4,
        "della_fonte": 2,
        "nati_dalla_divisione": 2,
        "uscite": {"aree": 4, "punti": 0, "senza_localizzazione": 0, "scartati": 0},
        "torna": True,
    }
    assert said["superfici_mq"]["lette"] == pytest.approx(3900)
    assert said["superfici_mq"]["torna"]
    assert [
        (line["fid"], line["prima"], line["dopo"])
        for line in lines(found, "D18")
        if line["regola"] == "parte_divisa"
    ] == [
        (1, "3 parti", "parte 1 di 3"),
        (1, "3 parti", "parte 2 di 3"),
        (1, "3 parti", "parte 3 di 3"),
    ]


def test_the_id_of_a_part_comes_from_the_key_of_its_record_and_its_place(importer, plan):
    ids = {}
    for wkt in (SCHOOLS, TURNED):
        found = importer(_plan(plan, wkt), SPLIT_PARTS=True)
        ids[wkt] = {row["superficie_mq"]: row["id_servizio"] for row in found["OUTPUT"]}
    centres = {100.0: X + 5, 400.0: X + 110, 900.0: X + 215}
    norths = {100.0: Y + 5, 400.0: Y + 10, 900.0: Y + 15}

    expected = {
        area: made_id(f"k|pds di rho|S7|{x // 10 * 10:.0f}|{norths[area] // 10 * 10:.0f}")
        for area, x in centres.items()
    }
    assert {round(area): own for area, own in ids[SCHOOLS].items() if area < 1000} == {
        round(area): own for area, own in expected.items()
    }
    assert sorted(ids[SCHOOLS].values()) == sorted(ids[TURNED].values())
    assert made_id("k|pds di rho|S8") in ids[SCHOOLS].values()


def test_what_is_said_of_the_whole_is_none_of_its_parts(importer, plan):
    found = importer(_plan(plan), SPLIT_PARTS=True)
    rows = found["OUTPUT"]

    assert [row["capacita"] for row in rows if row["denominazione"] == "Scuole di via Verdi"] == [
        None
    ] * 3
    assert [row["capacita"] for row in rows if row["denominazione"] == "Parco"] == [300.0]
    assert {json.loads(row["attributi_origine"])["posti"] for row in rows} == {"300"}
    told = [line for line in lines(found, "D18") if line["regola"] == "quantita_del_record_intero"]
    assert [line["gravita"] for line in told] == ["W"] * 3
    assert "capacita: 300" in told[0]["prima"]


def test_parts_that_touch_are_one_service(importer, plan):
    # Two squares with an edge in common, as digitised block by block, and one apart.
    wkt = _multi(square(10), square(10, X + 10), square(10, X + 100))

    found = importer(_plan(plan, wkt), SPLIT_PARTS=True)

    areas = sorted(row["superficie_mq"] for row in found["OUTPUT"])
    assert areas == pytest.approx([100, 200, 2500])


def test_the_points_of_one_record_are_split_too_and_one_outside_is_rejected(importer, plan):
    far = X + 60_000
    made = plan(
        [(f"MULTIPOINT (({X} {Y}), ({X + 50} {Y}), ({far} {Y}))", {"nome": "Biblioteca"})],
        "MultiPoint",
    )

    found = importer(made, SPLIT_PARTS=True)

    assert (found["READ"], found["WRITTEN"], found["REJECTED_COUNT"], found["SPLIT"]) == (
        3,
        2,
        1,
        2,
    )
    assert sorted(row["id_servizio"] for row in found["OUTPUT"]) == sorted(
        made_id(f"n|{RHO}|biblioteca|{x}|{Y // 10 * 10:.0f}") for x in (EAST, EAST + 50)
    )
    assert found["REJECTED"][0]["motivo"] == "fuori_area"


def test_the_parts_keep_their_ids_from_the_earlier_import_but_not_that_of_the_whole(importer, plan):
    bare = [(SCHOOLS, {"nome": "Scuole di via Verdi"})]
    whole = importer(plan(bare, "MultiPolygon"))
    first = importer(plan(bare, "MultiPolygon"), SPLIT_PARTS=True)
    moved = _multi(square(10, X + 8), square(20, X + 108), square(30, X + 208))
    source = plan([(moved, {"nome": "Scuole di via Verdi"})], "MultiPolygon")

    again = importer(source, SPLIT_PARTS=True, PREVIOUS=[first["OUTPUT_LAYER"]])
    after_whole = importer(source, SPLIT_PARTS=True, PREVIOUS=[whole["OUTPUT_LAYER"]])

    def ids(run):
        return {round(row["superficie_mq"]): row["id_servizio"] for row in run["OUTPUT"]}

    assert ids(again) == ids(first)
    assert whole["OUTPUT"][0]["id_servizio"] not in ids(after_whole).values()
