"""The profiles that come with the plugin, and how a source is recognised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sttm_plugin.core import schema
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.profile import (
    bundled_names,
    match_columns,
    read_profile,
    recognise,
    rule_fields,
    split_field,
)

KNOWN = schema.names(schema.SERVICES)
FOLDER = Path(__file__).resolve().parents[2] / "sttm_plugin" / "resources" / "profili"


@pytest.fixture(scope="module")
def pack():
    return load_pack(None)


def names():
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", names())
def test_a_bundled_profile_is_valid_and_knows_only_categories_and_columns_that_exist(name, pack):
    profile = read_profile(name, pack.versione, KNOWN)

    columns = {split_field(field)[0] for field in profile.fingerprint["fields"]}
    for target, rule in profile.columns.items():
        assert set(rule_fields(rule)) <= columns, target
        codes = [rule["constant"]] if "constant" in rule else rule.get("map", {}).values()
        if target == "codice_sttm":
            assert set(codes) <= set(pack.categorie)
        if target == "stato":
            assert set(codes) <= set(schema.DOMAINS["stato"])
    for key in ("x_field", "y_field"):
        assert profile.source.get(key, "") in columns | {""}
    assert set(profile.source.get("only", {})) <= columns
    assert set(profile.values) <= columns
    assert profile.source["fonte"] and profile.name


def test_no_bundled_profile_holds_a_persons_data_or_a_folder():
    text = "".join((FOLDER / f"{name}.json").read_text(encoding="utf-8") for name in names())

    assert "@" not in text
    assert '"/' not in text and ":\\\\" not in text


def test_each_fingerprint_is_recognised_as_its_own_profile(pack):
    for name in names():
        content = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        fingerprint = content["fingerprint"]
        found = recognise(fingerprint["fields"], fingerprint["geometry"], pack.versione, KNOWN)
        assert [profile.file_name for profile in found] == [f"{name}.json"]


def test_one_column_more_is_no_exact_source_but_may_be_a_convention(pack):
    plan = ["NOME_COM", "LEGENDA", "AMB_URB", "COD_DEST1", "DCOD_DEST1"]
    fields = [f"{name}:String" for name in [*plan, "SPEC_DEST", "SCHEDA"]]
    churches = json.loads((FOLDER / "cei_chiese.json").read_text(encoding="utf-8"))["fingerprint"]

    (convention,) = recognise(fields, "Polygon", pack.versione, KNOWN)

    assert convention.file_name == "regione_pgt_tessuto_consolidato.json"
    assert recognise([*churches["fields"], "altra:String"], "Point", pack.versione, KNOWN) == []
    assert recognise(churches["fields"], "Polygon", pack.versione, KNOWN) == []
    assert recognise(["NOME:String"], "Point", pack.versione, KNOWN) == []


def test_names_are_listed_for_a_choice():
    assert dict(bundled_names())["regione_farmacie"] == "Regione Lombardia, farmacie"


def test_columns_are_found_under_another_spelling():
    found, changed = match_columns(
        ["DENOMINAZIONE_SERVIZIO", "Cod. Comune", "TIPO", "X"],
        ["DENOMINAZI", "cod_comune", "TIPO", "altro"],
    )

    assert found == {
        "DENOMINAZIONE_SERVIZIO": "DENOMINAZI",
        "Cod. Comune": "cod_comune",
        "TIPO": "TIPO",
    }
    assert changed == [("Cod. Comune", "cod_comune"), ("DENOMINAZIONE_SERVIZIO", "DENOMINAZI")]


def test_two_columns_that_could_be_the_same_are_not_guessed():
    found, _ = match_columns(["TIPOLOGIA_SERVIZIO", "TIPOLOGIA_GESTIONE"], ["TIPOLOGIA_"])

    assert found == {}


def test_a_field_of_a_fingerprint_may_hold_a_colon():
    assert split_field("addr:city:String") == ("addr:city", "String")
    assert split_field("addr:city") == ("addr:city", "")
    assert split_field("NOME") == ("NOME", "")


def test_points_without_a_place_are_compared_as_a_table():
    import numpy as np

    from sttm_plugin.core.coded import Coded
    from sttm_plugin.core.intake_model import SourceTable

    def table(shapes, geometry="Point"):
        columns, fids = [Coded.of(range(len(shapes)))], np.zeros(len(shapes), dtype=np.int64)
        return SourceTable("l", "", ["id"], ["int"], [0], columns, fids, shapes, geometry)

    assert table([None, None]).found_geometry == "None"
    assert table([None, object()]).found_geometry == "Point"
    assert table([]).found_geometry == "Point"
    assert table([None], "None").found_geometry == "None"
