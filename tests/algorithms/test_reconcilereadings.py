"""reconcilereadings, decidepairs, readingsbyzone: pairs, decisions that stay, counts by zone."""

from __future__ import annotations

import json
import sqlite3

import pytest

X, Y = 502000.0, 5042000.0
RHO = "015182"

PLAN = [
    {"id_servizio": "a1", "denominazione": "Liceo scientifico B. Volta", "codice_sttm": "IST.01"},
    {
        "id_servizio": "a2",
        "denominazione": "Biblioteca civica",
        "codice_sttm": "CUL.01",
        "wkt": f"POLYGON(({X + 900} {Y}, {X + 1000} {Y}, {X + 1000} {Y + 100}, {X + 900} {Y}))",
    },
    {
        "id_servizio": "a3",
        "denominazione": "Parco delle Querce",
        "codice_sttm": "VER.01",
        "wkt": f"POINT({X + 5000} {Y})",
    },
]
OTHER = [
    {
        "id_servizio": "b1",
        "denominazione": "L.S. Volta",
        "codice_sttm": "IST.01",
        "lettura": 2,
        "wkt": f"POINT({X + 75} {Y})",
    },
    {
        "id_servizio": "b2",
        "denominazione": "BIBLIOTECA CIVICA",
        "codice_sttm": "CUL.01",
        "lettura": 2,
        "wkt": f"POINT({X + 990} {Y + 50})",
    },
    {
        "id_servizio": "b3",
        "denominazione": "Ospedale civile",
        "codice_sttm": "SAN.01",
        "lettura": 2,
        "wkt": f"POINT({X + 3000} {Y})",
    },
]


def reconcile(one, two, **changed):
    import processing

    given = {
        "READING1": one,
        "READING2": two,
        "PAIRS": "TEMPORARY_OUTPUT",
        "ONLY1": "TEMPORARY_OUTPUT",
        "ONLY2": "TEMPORARY_OUTPUT",
        "DUPLICATES": "TEMPORARY_OUTPUT",
        **changed,
    }
    return processing.run("sttm:reconcilereadings", given)


def ids(layer, field="id_servizio"):
    return sorted(feature[field] for feature in layer.getFeatures())


@pytest.fixture
def workspace(sttm_provider, tmp_path):
    """An empty workspace of Rho."""
    import processing

    path = str(tmp_path / "area.gpkg")
    processing.run("sttm:createworkspace", {"COMUNE": RHO, "OUTPUT": path})
    return path


def decide(workspace, pairs, pair_ids, decision=0, **changed):
    import processing

    given = {
        "WORKSPACE": workspace,
        "PAIRS": pairs,
        "PAIR_IDS": pair_ids,
        "DECISION": decision,
        "AUTHOR": "Ada Rossi, ufficio di piano",
        "DATE": "2026-01-31",
        **changed,
    }
    return processing.run("sttm:decidepairs", given)


def stored(workspace):
    with sqlite3.connect(workspace) as connection:
        return connection.execute(
            "SELECT id_1, id_2, stato, autore, data, nota, prevale FROM coppie ORDER BY id_1"
        ).fetchall()


def test_a_decision_is_dated_as_people_write_dates(workspace, services):
    pairs = reconcile(services(PLAN), services(OTHER))["PAIRS"]
    pair_id = ids(pairs, "id_coppia")[0]

    decide(workspace, pairs, pair_id, DATE="31/01/2026")

    assert [row[4] for row in stored(workspace)] == ["2026-01-31"]


def test_the_score_is_the_sum_of_name_nearness_and_category(sttm_provider, services):
    found = reconcile(services(PLAN), services(OTHER))

    pairs = {feature["id_1"]: feature for feature in found["PAIRS"].getFeatures()}
    assert {key: pair["id_2"] for key, pair in pairs.items()} == {"a1": "b1", "a2": "b2"}
    first = pairs["a1"]
    assert first["distanza_m"] == pytest.approx(75.0)
    # liceo, scientifico and the initial weigh 0.1 each, Volta 1: 2 · 1.2 of 1.3 + 1.2.
    assert first["similarita_nome"] == pytest.approx(0.96)
    assert first["punteggio"] == pytest.approx(0.5 * 0.96 + 0.3 * 0.5 + 0.2)
    # A point in an area is at no distance from it.
    assert pairs["a2"]["distanza_m"] == 0.0
    assert pairs["a2"]["punteggio"] == pytest.approx(1.0)
    assert pairs["a2"]["stato"] == "proposto"
    assert ids(found["ONLY1"]) == ["a3"] and ids(found["ONLY2"]) == ["b3"]
    assert (found["PROPOSED"], found["ONLY1_COUNT"], found["ONLY2_COUNT"]) == (2, 1, 1)
    line = pairs["a1"].geometry().asPolyline()
    assert [(point.x(), point.y()) for point in line] == [(X, Y), (X + 75, Y)]
    assert json.loads(first["motivo"])["stessa_categoria"] is True


def test_limits_out_of_range_are_refused_with_a_sentence(sttm_provider, services):
    from qgis.core import QgsProcessingException

    for changed, sentence in (
        ({"MAX_DISTANCE": 0}, "maggiore di 0"),
        ({"MIN_SCORE": 0}, "fino a 1"),
    ):
        with pytest.raises(QgsProcessingException, match=sentence):
            reconcile(services(PLAN), services(OTHER), **changed)


def test_a_layer_of_both_readings_is_told_apart_by_its_field(sttm_provider, services):
    both = services([*PLAN, *OTHER])

    found = reconcile(both, both)

    assert (found["READ1"], found["READ2"], found["PROPOSED"]) == (3, 3, 2)


def test_an_empty_reading_leaves_everything_on_the_other_side(sttm_provider, services):
    found = reconcile(services([]), services(OTHER))

    assert found["PROPOSED"] == 0
    assert ids(found["ONLY2"]) == ["b1", "b2", "b3"] and ids(found["ONLY1"]) == []


def test_a_confirmed_pair_stays_and_a_rejected_one_is_not_proposed_again(
    sttm_provider, services, workspace
):
    one, two = services(PLAN), services(OTHER)
    pairs = reconcile(one, two)["PAIRS"]
    by_first = {feature["id_1"]: feature["id_coppia"] for feature in pairs.getFeatures()}

    assert decide(workspace, pairs, by_first["a1"], 0, NOTE="vista in loco")["WRITTEN"] == 1
    assert decide(workspace, pairs, by_first["a2"], 1)["WRITTEN"] == 1
    again = reconcile(one, two, CONFIRMED=f"{workspace}|layername=coppie", MIN_SCORE=1.0)

    states = {feature["id_1"]: feature for feature in again["PAIRS"].getFeatures()}
    # Confirmed, though its score is below the least asked for.
    assert states["a1"]["stato"] == "confermato"
    assert states["a1"]["autore"] == "Ada Rossi, ufficio di piano"
    assert states["a1"]["data"].toString("yyyy-MM-dd") == "2026-01-31"
    assert states["a2"]["stato"] == "respinto"
    assert again["PROPOSED"] == 0 and again["MATCHED"] == 1
    assert ids(again["ONLY1"]) == ["a2", "a3"] and ids(again["ONLY2"]) == ["b2", "b3"]
    reasons = {f["id_servizio"]: f["esito_riconciliazione"] for f in again["ONLY1"].getFeatures()}
    assert reasons == {"a2": "coppia_respinta", "a3": "nessun_candidato"}


def test_the_same_decision_twice_changes_nothing(sttm_provider, services, workspace):
    pairs = reconcile(services(PLAN), services(OTHER))["PAIRS"]
    both = ";".join(ids(pairs, "id_coppia"))

    first = decide(workspace, pairs, both)
    second = decide(workspace, pairs, both, AUTHOR="Un altro", DATE="2026-02-01")

    assert (first["WRITTEN"], first["UNCHANGED"]) == (2, 0)
    assert (second["WRITTEN"], second["UNCHANGED"]) == (0, 2)
    assert {row[3] for row in stored(workspace)} == {"Ada Rossi, ufficio di piano"}


def test_merging_keeps_which_record_prevails(sttm_provider, services, workspace):
    pairs = reconcile(services(PLAN), services(OTHER))["PAIRS"]
    pair = next(f["id_coppia"] for f in pairs.getFeatures() if f["id_1"] == "a1")

    found = decide(workspace, pairs, pair, 2, KEEP=1, OUTPUT="TEMPORARY_OUTPUT")

    assert stored(workspace) == [
        ("a1", "b1", "confermato", "Ada Rossi, ufficio di piano", "2026-01-31", None, "b1")
    ]
    assert [f["prevale"] for f in found["OUTPUT"].getFeatures()] == ["b1"]


@pytest.mark.parametrize(
    "decision, changed, sentence",
    [
        (1, {}, "già stata decisa: «confermato» da Ada Rossi"),
        (0, {"PAIR_IDS": "x9"}, "Coppia sconosciuta: x9"),
        (0, {"PAIR_IDS": " ; "}, "almeno una coppia"),
        (0, {"AUTHOR": "  "}, "Manca l'autore"),
        (0, {"DATE": "ieri"}, "Data «ieri» non riconosciuta"),
        (3, {"PAIR_IDS": "OTHER"}, "Nessuna decisione da annullare"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_nothing_is_written(
    sttm_provider, services, workspace, decision, changed, sentence
):
    from qgis.core import QgsProcessingException

    pairs = reconcile(services(PLAN), services(OTHER))["PAIRS"]
    by_first = {feature["id_1"]: feature["id_coppia"] for feature in pairs.getFeatures()}
    decide(workspace, pairs, by_first["a1"])
    before = stored(workspace)
    if changed.get("PAIR_IDS") == "OTHER":
        changed = {"PAIR_IDS": by_first["a2"]}
    # With the other pair in the list: all or nothing.
    given = {"pair_ids": ";".join(by_first.values()), **changed}
    chosen = given.pop("PAIR_IDS", given.pop("pair_ids", None))
    given.pop("pair_ids", None)

    with pytest.raises(QgsProcessingException, match=sentence):
        decide(workspace, pairs, chosen, decision, **given)

    assert stored(workspace) == before


def test_a_service_is_in_one_confirmed_pair_only(sttm_provider, services, workspace):
    from qgis.core import QgsProcessingException

    twice = [*OTHER, {**OTHER[0], "id_servizio": "b9", "denominazione": "Liceo Volta"}]
    one = services(PLAN)
    first = reconcile(one, services(OTHER))["PAIRS"]
    second = reconcile(one, services(twice[1:]))["PAIRS"]
    pair = {f["id_1"]: f["id_coppia"] for f in first.getFeatures()}["a1"]
    rival = {f["id_1"]: f["id_coppia"] for f in second.getFeatures()}["a1"]
    decide(workspace, first, pair)

    with pytest.raises(QgsProcessingException, match="a1 è già nella coppia confermata"):
        decide(workspace, second, rival)

    decide(workspace, None, pair, 3)
    assert decide(workspace, second, rival)["WRITTEN"] == 1
    assert [row[1:3] for row in stored(workspace)] == [("b1", "proposto"), ("b9", "confermato")]


def test_a_file_that_is_no_workspace_is_refused(sttm_provider, services, tmp_path):
    from qgis.core import QgsProcessingException

    (tmp_path / "testo.gpkg").write_text("ciao", encoding="utf-8")
    for name, sentence in (("manca.gpkg", "non esiste"), ("testo.gpkg", "Nessuna decisione")):
        with pytest.raises(QgsProcessingException, match=sentence):
            decide(str(tmp_path / name), None, "x")


def test_a_workspace_made_before_merging_gets_the_column(sttm_provider, services, workspace):
    with sqlite3.connect(workspace) as connection:
        connection.execute("ALTER TABLE coppie DROP COLUMN prevale")
    pairs = reconcile(services(PLAN), services(OTHER))["PAIRS"]
    pair = next(f["id_coppia"] for f in pairs.getFeatures() if f["id_1"] == "a1")

    decide(workspace, pairs, pair, 2)

    assert stored(workspace)[0][-1] == "a1"


HOSTILE = '=cmd|"/C calc"!A1 <script>alert(1)</script> \'; DROP TABLE coppie;-- 🏥'


def test_hostile_names_come_out_unharmed_and_harmless(sttm_provider, services, workspace, tmp_path):
    import processing

    one = [{**PLAN[0], "denominazione": HOSTILE, "macrocategoria": "<b>X</b>"}]
    two = [{**OTHER[0], "denominazione": HOSTILE}]
    pairs = reconcile(services(one), services(two))["PAIRS"]
    pair = ids(pairs, "id_coppia")[0]
    decide(workspace, pairs, pair, NOTE=HOSTILE)
    page = tmp_path / "letture.html"
    processing.run(
        "sttm:readingsbyzone",
        {
            "SERVICES": services(one),
            "PAIRS": pairs,
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REPORT_HTML": str(page),
        },
    )

    assert next(pairs.getFeatures())["nome_1"] == HOSTILE
    assert stored(workspace)[0][5] == HOSTILE
    html = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;X&lt;/b&gt;" in html and "<b>X</b>" not in html


def zone_rows():
    rows = []
    for number, (state, declared, esito, reading, istat) in enumerate(
        [
            ("esistente", "metropolitana", "sovradichiarato", 1, RHO),
            ("esistente", "locale", "coerente", 1, RHO),
            ("previsto", "intercomunale", "da_verificare", 1, "015146"),
            (None, None, None, 1, None),
            ("in_corso", "locale", "coerente", 2, "015146"),
            ("dismesso", "locale", "coerente", 2, RHO),
        ]
    ):
        rows.append(
            {
                "id_servizio": f"s{number}",
                "denominazione": f"Servizio {number}",
                "codice_sttm": "CUL.01",
                "macrocategoria": "CULTURALI",
                "stato": state,
                "valenza_dichiarata": declared,
                "esito": esito,
                "lettura": reading,
                "istat": istat,
            }
        )
    return rows


def test_an_id_is_one_service_and_a_code_says_its_macrocategoria(sttm_provider, services, layer):
    import processing

    rows = [{**row, "macrocategoria": None} for row in zone_rows()]
    again = services([rows[0]])[0]
    nowhere = layer(
        "None",
        "&field=id_servizio:string&field=denominazione:string&field=codice_sttm:string",
        [("s1", "Servizio 1", "CUL.01", None), ("s9", "Senza codice", None, None)],
    )
    found = processing.run(
        "sttm:readingsbyzone",
        {"SERVICES": [*services(rows), again, nowhere], "OUTPUT": "TEMPORARY_OUTPUT"},
    )

    counts = {}
    for row in found["OUTPUT"].getFeatures():
        if row["livello"] == "totale":
            counts[row["macrocategoria"]] = counts.get(row["macrocategoria"], 0) + row["n"]
    assert counts == {"CULTURALI": 6, "Senza categoria": 1}
    assert (found["READING1"], found["READING2"]) == (5, 2)


def test_each_service_counts_once_at_each_level(sttm_provider, services, tmp_path):
    import processing

    page = tmp_path / "letture.html"
    found = processing.run(
        "sttm:readingsbyzone",
        {
            "SERVICES": services(zone_rows()),
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REPORT_HTML": str(page),
        },
    )

    rows = [
        {name: feature[name] or None for name in feature.fields().names()}
        for feature in found["OUTPUT"].getFeatures()
    ]
    for level in ("totale", "zona_omogenea", "comune"):
        assert sum(row["n"] for row in rows if row["livello"] == level) == 6
    assert found["READING1"] == 4 and found["READING2"] == 2
    # The service without a state counts as existing; the one given up does not.
    assert (found["READING1_EXISTING"], found["READING1_PLANNED"]) == (3, 4)
    assert (found["READING2_EXISTING"], found["READING2_PLANNED"]) == (0, 1)
    assert found["WITHOUT_COMUNE"] == 1
    zones = {row["zona_omogenea"] for row in rows if row["livello"] == "zona_omogenea"}
    assert zones == {"Nord Ovest", "Milano", None}
    over = [
        row
        for row in rows
        if row["livello"] == "comune" and row["valenza_dichiarata"] == "metropolitana"
    ]
    assert [(row["istat"], row["n"], row["quota_sovradichiarata"]) for row in over] == [
        (RHO, 1, 1.0)
    ]
    assert over[0]["n_abbinati"] is None
    html = page.read_text(encoding="utf-8")
    # Evaluated 4 (one of them over-declared): 25 %.
    assert "25 %" in html and "Comune non indicato" in html


def test_pairs_say_how_many_services_are_in_both_readings(sttm_provider, services):
    import processing

    one, two = services(PLAN), services(OTHER)
    pairs = reconcile(one, two)["PAIRS"]
    sure = sum(feature["punteggio"] >= 0.8 for feature in pairs.getFeatures())

    found = processing.run(
        "sttm:readingsbyzone",
        {"SERVICES": [*one, *two], "PAIRS": pairs, "OUTPUT": "TEMPORARY_OUTPUT"},
    )

    whole = [f for f in found["OUTPUT"].getFeatures() if f["livello"] == "totale"]
    for reading in (1, 2):
        part = [f for f in whole if f["lettura"] == reading]
        assert sum(f["n_abbinati"] for f in part) == sure
        assert sum(f["n_solo"] for f in part) == 3 - sure
