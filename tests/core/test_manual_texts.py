"""The manual's own words: a page each, four parts a check, examples that come out as written."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import tomllib

from sttm_plugin.core.pack import load_pack
from tools.build_manual import PARTS, SOURCES, check_texts, defects

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def texts():
    return check_texts()


def page_text(name):
    return (SOURCES / "pagine" / f"{name}.html.j2").read_text(encoding="utf-8")


def listed_pages():
    plan = tomllib.loads((SOURCES / "manuale.toml").read_text(encoding="utf-8"))
    return [file for section in plan["sezioni"] for file, _ in section["pagine"]]


def test_every_check_of_the_pack_has_its_four_parts_and_no_other_check_has(texts):
    wanted = {one.codice: set(PARTS) for one in load_pack().controlli}

    assert {code: set(parts) for code, parts in texts.items()} == wanted
    assert len(wanted) == 88


def test_every_part_is_a_sentence_of_its_own(texts):
    every = [(code, name, text) for code, one in texts.items() for name, text in one.items()]

    assert [each[:2] for each in every if not re.search(r"[.:?)»]$", each[2])] == []
    assert [each[:2] for each in every if len(each[2]) < 20] == []
    assert len({text for code, name, text in every if name != "correggere"}) == 3 * len(texts)


def test_two_files_cannot_tell_one_check(tmp_path):
    (tmp_path / "controlli").mkdir()
    for name in ("a", "b"):
        (tmp_path / "controlli" / f"{name}.toml").write_text("[STTM2-101]\nperche = 'x.'\n")

    with pytest.raises(SystemExit, match="STTM2-101"):
        check_texts(tmp_path)


def test_every_defect_has_its_row_with_what_happens_and_what_to_do():
    rows = defects()

    assert [row["codice"] for row in rows] == [f"D{number:02}" for number in range(1, 55)]
    assert [row["codice"] for row in rows if not all(row.values())] == []


def test_what_happens_to_a_defect_is_said_in_words_the_page_explains():
    explained = set(re.findall(r"<b>([^<]+)</b>", page_text("difetti")))
    used = {word for row in defects() for word in re.split(r" o | e ", row["esito"])}

    assert used - explained == set()
    assert explained - used == set()


def test_every_dock_has_its_page():
    docks = {
        path.stem
        for path in (ROOT / "sttm_plugin" / "gui").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base) == "SttmDock" for base in node.bases)
    }

    assert "verification_dock" in docks
    assert {f"pannelli/{name}" for name in docks} <= set(listed_pages())


def test_the_menu_lists_every_page_there_is_and_no_other():
    folder = SOURCES / "pagine"
    there = {
        path.relative_to(folder).as_posix().removesuffix(".html.j2")
        for path in folder.rglob("*.html.j2")
    }

    assert sorted(listed_pages()) == sorted(there)


def test_the_library_worked_by_hand_is_what_the_rules_give():
    import geopandas as gpd
    from shapely.geometry import Point

    from sttm_plugin.core.valenza import classify

    known = {
        "n_comuni_serviti": (4, "rilevato"),
        "bacino_effettivo_ab": (24000, "stimato"),
        "superficie_pubblico_mq": (1800, "rilevato"),
        "ore_apertura_settimana": (36, "rilevato"),
        "quota_iscritti_esterni": (0.32, "rilevato"),
    }
    attributi = {name: {"valore": one[0], "natura": one[1]} for name, one in known.items()}
    services = gpd.GeoDataFrame(
        {
            "id_servizio": ["b"],
            "istat": ["015146"],
            "denominazione": ["Biblioteca"],
            "codice_sttm": ["CUL.01"],
            "utenti_fuori_comune": [0.35],
            "attributi": [json.dumps(attributi)],
        },
        geometry=[Point(0, 0)],
        crs=32632,
    )

    found = classify(services, load_pack()).iloc[0]

    assert found["valenza_calcolata"] == "intercomunale"
    assert found["punteggio"] == pytest.approx(100 * 85 / 105)
    assert found["copertura"] == pytest.approx(115 / 165)
    assert found["esito"] == "sottodichiarato"
    page = page_text("valenza")
    assert "S = 85 / 105 = <b>0,8095</b>, punteggio <b>80,95</b>" in page
    assert "C = 115 / 165 = <b>0,697</b>" in page


def test_the_pair_worked_by_hand_has_the_weights_of_the_plugin():
    from sttm_plugin.core.reconciliation import WEIGHT_CATEGORY, WEIGHT_NAME, WEIGHT_NEAR

    score = WEIGHT_NAME * 0.60 + WEIGHT_NEAR * (1 - 30 / 150) + WEIGHT_CATEGORY

    assert score == pytest.approx(0.74)
    assert "<b>0,74</b>" in page_text("riconciliare")
    assert load_pack().parametri["distanza_abbinamento_m"] == 150


def test_the_lum_worked_by_hand_has_the_weights_of_the_pack():
    ils = load_pack().lum["ils"]
    varied, modes, permeable = 3 / 8, 4 / 5, min(0.37 / ils["permeabilita_riferimento"], 1)

    level = ils["pesi"]["D"] * varied + ils["pesi"]["T"] * modes + ils["pesi"]["Q"] * permeable

    assert round(100 * level, 1) == 56.3
    assert "<b>56,3</b>" in page_text("lum")
