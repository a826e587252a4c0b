"""The optional tables of a package: origins of users, areas of opportunity, funded projects."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("geopandas")

import pandas as pd
from shapely.geometry import MultiPolygon, Point, box

from sttm_plugin.core import delivery_tables
from sttm_plugin.core.delivery_tables import Origins, absent_tables, opportunity_areas
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.reference import resolve_comune

from .plans import CENTRE, CRS, ISTAT, layer, services

RHO = resolve_comune(ISTAT)
X, Y = CENTRE
GROUND = box(X - 1000, Y - 1000, X + 1000, Y + 1000)


def users(value, **more):
    entry = {"valore": value, "natura": "rilevato", "fonte": "Indagine 2024", **more}
    return json.dumps({"utenti_per_comune": entry, "posti": {"valore": 3}})


def told(rows):
    return {(row["cod_istat_origine"], row["utenti"]) for row in rows}


def test_users_by_comune_leave_attributi_for_their_table_the_few_together():
    said = {"015146": 120, "015182": 30, "015108": 4, "015011": 3, "999999": 2, "015086": 0}
    own = services({"attributi": users(said)}, {"attributi": '{"posti": {"valore": 1}}'})
    found = Origins(own, None, load_pack())
    assert told(found.rows) == {
        ("015146", 120.0), ("015182", 30.0), ("999999", 9.0), ("015086", 0.0),
    }  # fmt: skip
    assert sum(row["utenti"] for row in found.rows) == sum(said.values())
    assert {(row["anno"], row["natura_valore"], row["fonte"]) for row in found.rows} == {
        (2025, "rilevato", "Indagine 2024")
    }
    assert found.moved == {"s1": '{"posti":{"valore":3}}'}
    (grouped,) = found.omitted
    assert (grouped["id_servizio"], grouped["campo"]) == ("s1", "utenti_per_comune")
    assert json.loads(grouped["prima"]) == {"015108": 4.0, "015011": 3.0}


def test_five_users_are_told_by_themselves():
    found = Origins(services({"attributi": users("015146=5;015182=4")}), None, load_pack())
    assert told(found.rows) == {("015146", 5.0), ("999999", 4.0)}


def test_a_table_of_users_counts_before_what_the_service_says():
    own = services({"attributi": users({"015146": 9})}, {"attributi": users({"015146": 8})})
    given = pd.DataFrame(
        {
            "ID_SERVIZIO": ["s1", "s1", "s1", "altrove", "s1"],
            "cod_istat_origine": [15146, "015182", "015182", "015146", "015011"],
            "utenti": ["1.200", 3, 4, 50, None],
            "anno": [2024, 2024, 2024, 2024, 2024],
            "natura_valore": ["Stimato"] * 5,
            "fonte": ["mario.rossi@rho.it"] * 5,
        }
    )
    found = Origins(own, given, load_pack())
    assert {(row["id_servizio"], *one) for row in found.rows for one in told([row])} == {
        ("s1", "015146", 1200.0), ("s1", "015182", 7.0), ("s2", "015146", 8.0),
    }  # fmt: skip
    mine = [row for row in found.rows if row["id_servizio"] == "s1"]
    assert {(row["anno"], row["natura_valore"], row["fonte"]) for row in mine} == {
        (2024, "stimato", "[omesso]")
    }


def test_areas_of_the_comune_are_delivered_with_the_words_of_the_package():
    near, far = box(X, Y, X + 20, Y + 10), box(X + 5000, Y, X + 5020, Y + 10)
    rows = layer(
        {"nome": "Ex scalo", "tipo": "Area dismessa", "proprieta": "Pubblico", "geometry": near},
        {"nome": "Altrove", "tipo": "x", "proprieta": None, "geometry": far},
        {"nome": "Cascina", "tipo": "rigenerazione urbana", "proprieta": "privata",
         "geometry": MultiPolygon([box(X, Y + 50, X + 10, Y + 60)])},
        {"nome": "Punto", "tipo": "dismessa", "proprieta": None, "geometry": Point(X, Y)},
    )  # fmt: skip
    found, notes = opportunity_areas(rows, RHO, GROUND, CRS)
    said = {row["superficie_mq"]: (row["tipo"], row["proprieta"]) for _, row in found.iterrows()}
    assert said == {200.0: ("dismessa", "pubblica"), 100.0: ("rigenerazione", "privata")}
    assert found["id_area"].is_unique
    assert {shape.geom_type for shape in found.geometry} == {"MultiPolygon"}
    assert notes == [
        "1 aree di rigenerazione senza un poligono non si consegnano: la tabella "
        "aree_opportunita tiene superfici."
    ]
    again, _ = opportunity_areas(rows.iloc[::-1].reset_index(drop=True), RHO, GROUND, CRS)
    assert again["id_area"].tolist() == found["id_area"].tolist()


def test_a_project_is_delivered_with_the_service_it_is_about():
    own = services({"fonte_id": "E55F22000010006"}, {"geometry": Point(X + 400, Y)})
    areas = layer({"id_area": "a1", "geometry": box(X + 300, Y - 50, X + 500, Y + 50)})
    rows = layer(
        {"istat": ISTAT, "CUP ": "E55F22000010006", "Programma": "PNRR",
         "FINANZ_TOTALE ": "114.000.000", "data_fine_prevista": "30/06/2026",
         "ente_attuatore": "Comune, mario.rossi@rho.it", "geometry": Point(X + 90_000, Y)},
        {"istat": 15182, "CUP ": None, "Programma": "Bando Periferie", "FINANZ_TOTALE ": "N/D",
         "data_fine_prevista": None, "ente_attuatore": None, "geometry": Point(X + 420, Y)},
        {"istat": "015146", "CUP ": "X", "Programma": "PNRR", "FINANZ_TOTALE ": "1",
         "data_fine_prevista": None, "ente_attuatore": None, "geometry": Point(X, Y)},
    )  # fmt: skip
    found, notes = delivery_tables.funding(rows, own, RHO, None, areas, 100)
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    first, second = rows
    if first["cup"] is None:
        first, second = second, first
    assert (first["id_fin"], first["bando"], first["importo_totale"], first["id_servizio"]) == (
        "E55F22000010006", "PNRR", 114_000_000.0, "s1",
    )  # fmt: skip
    assert (first["data_fine_prevista"], first["ente_attuatore"]) == (
        "2026-06-30", "Comune, [omesso]",
    )  # fmt: skip
    names = ("bando", "importo_totale", "id_servizio", "id_area")
    assert tuple(second[name] for name in names) == (
        "Bando_Periferie", None, "s2", "a1",
    )  # fmt: skip
    assert notes == ["1 interventi finanziati di altri comuni non si consegnano."]


def test_one_project_of_two_services_has_two_rows_with_a_key_each():
    own = services({"fonte_id": "CUP1"}, {"denominazione": "CUP1 bis"})
    rows = layer({"cup": "cup1", "geometry": None})
    found, _ = delivery_tables.funding(rows, own, RHO, None, layer({"geometry": None}), 100)
    assert list(zip(found["id_fin"], found["id_servizio"])) == [("cup1", "s1"), ("cup1|2", "s2")]


def test_a_table_without_rows_says_whether_nothing_was_given_or_nothing_found():
    tables = {"finanziamenti": [], "aree_opportunita": [], "servizi_bacino": [1]}
    said = absent_tables(tables, finanziamenti=None, aree_opportunita=[1], servizi_bacino=None)
    assert said == {
        "finanziamenti": "non è indicata una tabella degli interventi finanziati",
        "aree_opportunita": "nessuna area del comune nel layer indicato",
    }
