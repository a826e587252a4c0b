"""lumservices: what a LUM reaches, hosts and misses, counted by hand."""

from __future__ import annotations

import pytest

from tests.algorithms.rows import as_dict

X, Y = 502000.0, 5042000.0


def square(x, side):
    half = side / 2
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return "Polygon((" + ",".join(f"{x + dx} {Y + dy}" for dx, dy in corners) + "))"


LUM_FIELDS = "".join(
    f"&field={name}"
    for name in (
        "id_lum:string", "nome:string", "rango:string", "stato:string", "contesto:string",
        "raggio_m:double", "popolazione:double",
    )
)  # fmt: skip


@pytest.fixture
def lum(layer):
    """Two LUM, one of them with a smaller distance too: its own radius counts."""
    rows = [
        ("A", "Stazione", "metropolitano", "esistente", "urbano", 500.0, 1200.0, square(X, 800)),
        ("A", "Stazione", "metropolitano", "esistente", "urbano", 200.0, 300.0, square(X, 300)),
        ("B", "Fermata", "sovracomunale", "esistente", None, 350.0, None, square(X + 5000, 600)),
    ]
    return layer("Polygon", LUM_FIELDS, rows, "bacini")


SERVICES = [
    {"id_servizio": "s1", "denominazione": "Ospedale", "codice_sttm": "SAN.01"},
    # On the edge.
    {"id_servizio": "s2", "denominazione": "Museo", "codice_sttm": "CUL.02",
     "wkt": f"POINT({X + 400} {Y})"},
    {"id_servizio": "s3", "denominazione": "Chiusa", "codice_sttm": "CUL.01", "stato": "dismesso"},
    {"id_servizio": "s4", "denominazione": "Futura", "codice_sttm": "IST.01", "stato": "previsto"},
    # Half of its area.
    {"id_servizio": "s5", "denominazione": "Parco", "codice_sttm": "VER.01",
     "wkt": f"MULTIPOLYGON((({X + 300} {Y},{X + 500} {Y},{X + 500} {Y + 100},"
            f"{X + 300} {Y + 100},{X + 300} {Y})))"},
    # Touches the edge with no area inside.
    {"id_servizio": "s6", "denominazione": "Accanto", "codice_sttm": "VER.01",
     "wkt": f"MULTIPOLYGON((({X + 400} {Y - 50},{X + 500} {Y - 50},{X + 500} {Y - 40},"
            f"{X + 400} {Y - 40},{X + 400} {Y - 50})))"},
    {"id_servizio": "s7", "denominazione": "Lontana", "codice_sttm": "CUL.01",
     "wkt": f"POINT({X + 2000} {Y})"},
    {"id_servizio": "s8", "denominazione": "Lontanissimo", "codice_sttm": "SAN.01",
     "wkt": f"POINT({X + 5000} {Y})"},
]  # fmt: skip


@pytest.fixture
def found(sttm_provider, services, lum):
    from qgis import processing

    results = processing.run(
        "sttm:lumservices",
        {
            "LUM": lum,
            "SERVICES": services(SERVICES),
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REACHED": "TEMPORARY_OUTPUT",
        },
    )
    rows = {name: list(map(as_dict, results[name].getFeatures())) for name in ("OUTPUT", "REACHED")}
    return {**results, **rows}


def test_a_lum_reaches_what_lies_in_the_area_of_its_own_radius(found):
    assert [(row["id_lum"], row["id_servizio"], row["quota"]) for row in found["REACHED"]] == [
        ("A", "s4", 1.0),
        ("A", "s2", 1.0),
        ("A", "s1", 1.0),
        ("A", "s5", 0.5),
        ("B", "s8", 1.0),
    ]
    assert (found["LUM_COUNT"], found["REACHED_COUNT"]) == (2, 5)


def test_what_exists_is_hosted_and_what_is_planned_only_counted(found):
    first, second = found["OUTPUT"]
    assert (first["nome"], first["raggio_m"], first["popolazione"]) == ("Stazione", 500.0, 1200.0)
    assert first["categorie_presenti"] == "CUL.02;SAN.01;VER.01"
    assert (first["n_servizi"], first["n_previsti"], first["n_categorie"]) == (4, 1, 3)
    assert (second["categorie_presenti"], second["popolazione"]) == ("SAN.01", None)


def test_what_is_missing_is_what_the_matrix_prefers_and_is_not_there(found, project_root):
    import csv

    with (project_root / "sttm_plugin/resources/criteri/sttm2/lum_matrice.csv").open() as table:
        matrix = {row["codice_categoria"]: row for row in csv.DictReader(table)}
    preferred = {code for code, row in matrix.items() if row["MU"] == "P"}
    first, second = found["OUTPUT"]
    assert set(first["categorie_mancanti"].split(";")) == preferred - {"CUL.02", "SAN.01", "VER.01"}
    assert first["n_mancanti"] == len(first["categorie_mancanti"].split(";"))
    # Context not known: only what urban and suburban agree about.
    agreed = {code for code, row in matrix.items() if row["SU"] == row["SP"] == "P"}
    assert set((second["categorie_mancanti"] or "").split(";")) - {""} == agreed - {"SAN.01"}
    # SU says "C" of an emergency hospital, SP "N": nobody can say it is unwanted.
    assert (matrix["SAN.01"]["SU"], matrix["SAN.01"]["SP"]) == ("C", "N")
    assert second["categorie_non_preferite"] is None


def test_each_reached_service_has_the_judgement_of_the_matrix(found):
    judged = {row["id_servizio"]: row["giudizio"] for row in found["REACHED"]}
    # MU: SAN.01 and VER.01 are "A".
    assert (judged["s1"], judged["s5"]) == ("ammessa", "ammessa")
    assert judged["s8"] is None
