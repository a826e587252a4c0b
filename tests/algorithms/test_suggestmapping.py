"""The mapping proposed before an import, its values, its drift; the names it must survive."""

from __future__ import annotations

import json

import pytest

HOSTILE = [
    'Scuola "A" di Rho',
    "O'Neill'); DROP TABLE servizi;--",
    "<script>alert(1)</script> & <b>",
    '=cmd|"/c calc"!A1',
    "Nido 🏫 àèìòù",
    "due\nrighe",
]


@pytest.fixture
def suggest(sttm_provider, tmp_path):
    def run(source, **others):
        from qgis import processing
        from qgis.core import NULL

        parameters = {
            "INPUT": str(source),
            **dict.fromkeys(("OUTPUT", "VALUES", "DRIFT"), "TEMPORARY_OUTPUT"),
            "PROFILE_OUT": str(tmp_path / "proposto.json"),
            **others,
        }
        found = processing.run("sttm:suggestmapping", parameters)
        for name in ("OUTPUT", "VALUES", "DRIFT"):
            fields = found[name].fields().names()
            found[name] = [
                {
                    field: None if value == NULL else value
                    for field, value in zip(fields, feature.attributes())
                }
                for feature in found[name].getFeatures()
            ]
        found["profile"] = json.loads((tmp_path / "proposto.json").read_text(encoding="utf-8"))
        return found

    return run


@pytest.fixture
def table(tmp_path):
    def write(text, name="servizi.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


PLAN = (
    "N_SCHEDA;DENOMINAZI;TIPOLOGI_1;ESIST_PREV;SUP_FOND;NOTE\n"
    "S1;Biblioteca Villa Burba;biblioteca;esistente;1.200;\n"
    "S2;Liceo Majorana;liceo;di progetto;0;\n"
    "S3;Sala Belli;sala;boh;300;vuota\n"
)


def column(found, name):
    (row,) = [row for row in found["OUTPUT"] if row["colonna"] == name]
    return row


def values(found, campo):
    return {row["valore"]: row for row in found["VALUES"] if row["campo"] == campo}


def test_each_column_has_its_field_score_reason_and_samples(suggest, table):
    found = suggest(table(PLAN))

    assert [(row["colonna"], row["campo"]) for row in found["OUTPUT"]] == [
        ("N_SCHEDA", "fonte_id"),
        ("DENOMINAZI", "denominazione"),
        ("TIPOLOGI_1", "codice_sttm"),
        ("ESIST_PREV", "stato"),
        ("SUP_FOND", "superficie_dichiarata_mq"),
        ("NOTE", None),
    ]
    name = column(found, "DENOMINAZI")
    assert name["spuntata"] is True and name["punteggio"] >= 0.8
    assert name["motivo"].startswith("nome tagliato a 10 caratteri (denominazione)")
    assert name["esempi"] == "Biblioteca Villa Burba · Liceo Majorana · Sala Belli"
    assert (name["n_valori"], name["n_vuoti"], name["n_distinti"]) == (3, 0, 3)
    assert column(found, "SUP_FOND")["n_zero"] == 1
    note = column(found, "NOTE")
    assert (note["n_valori"], note["n_vuoti"], note["spuntata"]) == (1, 2, False)
    assert "resta tra quelli di origine" in note["motivo"]
    assert (found["COLUMNS"], found["MAPPED"], found["UNMAPPED"]) == (6, 5, 1)
    assert found["VALUES_TO_DECIDE"] == sum(1 for row in found["VALUES"] if not row["proposto"])


def test_each_value_has_what_it_would_become_or_stays_to_decide(suggest, table):
    found = suggest(table(PLAN))

    states, kinds = values(found, "stato"), values(found, "codice_sttm")
    assert {value: row["proposto"] for value, row in states.items()} == {
        "esistente": "esistente",
        "di progetto": "previsto",
        "boh": None,
    }
    assert states["boh"]["motivo"] == "dicitura non chiara"
    assert states["boh"]["alternative"] == "esistente;previsto;in_corso;sospeso;dismesso"
    assert kinds["biblioteca"]["proposto"] == "CUL.01"
    assert kinds["biblioteca"]["etichetta"] == "Biblioteche"
    assert (kinds["biblioteca"]["n"], kinds["biblioteca"]["noto"]) == (1, None)


def test_the_profile_proposed_imports_the_same_table(suggest, table, tmp_path):
    from qgis import processing

    path = table(PLAN)
    found = suggest(path, SOURCE="PdS di Rho")
    assert found["profile"]["schema"] == "sttm.profilo/1"
    assert found["profile"]["algoritmo"] == "sttm:suggestmapping"
    assert found["profile"]["columns"]["denominazione"] == {"field": "DENOMINAZI"}
    assert found["profile"]["values"]["ESIST_PREV"] == ["boh", "di progetto", "esistente"]

    common = {"INPUT": str(path), "COMUNE": "015182", "UNPLACED": "TEMPORARY_OUTPUT"}
    plain = processing.run("sttm:importservices", {**common, "OUTPUT": "TEMPORARY_OUTPUT"})
    given = processing.run(
        "sttm:importservices",
        {**common, "OUTPUT": "TEMPORARY_OUTPUT", "PROFILE": str(tmp_path / "proposto.json")},
    )

    fields = ("denominazione", "codice_sttm", "stato", "fonte_id", "superficie_dichiarata_mq")

    def rows(result):
        return [[row[field] for field in fields] for row in result["UNPLACED"].getFeatures()]

    assert rows(given) == rows(plain)
    assert len(rows(given)) == 3
    assert {row["fonte"] for row in given["UNPLACED"].getFeatures()} == {"PdS di Rho"}


def test_next_years_file_shows_its_drift_before_anything_runs(suggest, table, tmp_path):
    suggest(table(PLAN))
    last_year = tmp_path / "anno_scorso.json"
    (tmp_path / "proposto.json").rename(last_year)
    new = table(
        "N_SCHEDA;Denominazi;TIPOLOGI_1;SUP_FOND;LIVELLO\n"
        "S1;Biblioteca Villa Burba;biblioteca;1.200;locale\n"
        "S4;Casa dei popoli;mediateca;50;locale\n",
        "nuovo.csv",
    )

    found = suggest(new, PROFILE=str(last_year))

    drift = {
        (row["oggetto"], row["evento"], row["nome"], row["dopo"]): row for row in found["DRIFT"]
    }
    lost = drift["colonna", "persa", "ESIST_PREV", None]
    assert (lost["campo"], lost["grave"]) == ("stato", True)
    assert drift["colonna", "rinominata", "DENOMINAZI", "Denominazi"]["grave"] is False
    assert ("colonna", "persa", "NOTE", None) in drift
    assert ("colonna", "nuova", "LIVELLO", "LIVELLO") in drift
    assert drift["valore", "nuova", "TIPOLOGI_1", "mediateca"]["n"] == 1
    assert {row["prima"] for row in found["DRIFT"] if row["evento"] == "persa"} >= {"liceo", "sala"}
    assert found["DRIFTED"] == len(found["DRIFT"])
    assert found["DRIFTED_SERIOUS"] == 2  # the state that went, the kind nobody decided
    assert [row["grave"] for row in found["DRIFT"]] == sorted(
        (row["grave"] for row in found["DRIFT"]), reverse=True
    )
    # The renamed column is used; the new one is proposed; what was known is said to be.
    assert column(found, "Denominazi")["deciso_da"] == "profilo"
    assert column(found, "LIVELLO")["campo"] == "valenza_dichiarata"
    assert {value: row["noto"] for value, row in values(found, "codice_sttm").items()} == {
        "biblioteca": True,
        "mediateca": False,
    }


def test_the_same_file_has_no_drift(suggest, table, tmp_path):
    suggest(table(PLAN))
    same = tmp_path / "stesso.json"
    (tmp_path / "proposto.json").rename(same)

    found = suggest(table(PLAN), PROFILE=str(same))

    assert (found["DRIFTED"], found["DRIFT"]) == (0, [])


def test_a_decision_on_a_value_is_kept_by_the_profile(suggest, table, tmp_path):
    suggest(table(PLAN))
    path = tmp_path / "deciso.json"
    content = json.loads((tmp_path / "proposto.json").read_text(encoding="utf-8"))
    content["columns"]["codice_sttm"] = {"fields": ["TIPOLOGI_1"], "map": {"Sala": "LOC.14"}}
    path.write_text(json.dumps(content), encoding="utf-8")

    found = suggest(table(PLAN), PROFILE=str(path))

    hall = values(found, "codice_sttm")["sala"]
    assert (hall["proposto"], hall["confidenza"], hall["deciso_da"]) == ("LOC.14", 1.0, "profilo")


def test_a_bundled_profile_is_recognised_named_or_put_aside(suggest, shared_data):
    path = shared_data / "servizi" / "chiese_2016.geojson"

    recognised = suggest(path)
    named = suggest(path, PROFILE="cei_chiese")
    aside = suggest(path, PROFILE="nessuno")

    assert recognised["profile"]["name"] == named["profile"]["name"] == "CEI e MiBACT, chiese"
    assert column(recognised, "pvcc")["deciso_da"] == "profilo"
    assert column(aside, "denominazi")["deciso_da"] == "proposta"


@pytest.mark.parametrize(
    "name",
    [
        "ds629_impianti_sportivi.geojson",
        "ds632_street_sport_gennaio.geojson",
        "ds52_aree_fruizione_cani.geojson",
        "ds555_uffici_postali_milano.geojson",
        "istituti_penitenziari_italia.csv",
    ],
)
def test_a_name_the_profile_computes_is_proposed_as_it_is_computed(
    suggest, shared_data, tmp_path, name
):
    from qgis import processing

    path = shared_data / "servizi" / name
    found = suggest(path)
    assert "expression" in found["profile"]["columns"]["denominazione"]
    row = column(found, "=denominazione")
    assert (row["campo"], row["deciso_da"], row["spuntata"]) == ("denominazione", "profilo", True)

    def names(**given):
        sinks = dict.fromkeys(("OUTPUT", "OUTPUT_POINTS", "UNPLACED"), "TEMPORARY_OUTPUT")
        result = processing.run("sttm:importservices", {"INPUT": str(path), **sinks, **given})
        layers = [result[sink] for sink in sinks if result.get(sink) is not None]
        return [row["denominazione"] for layer in layers for row in layer.getFeatures()]

    plain = names()
    assert len(plain) >= 4
    assert names(PROFILE=str(tmp_path / "proposto.json")) == plain


def test_hostile_names_and_values_come_out_as_they_are(suggest, tmp_path):
    import csv

    path = tmp_path / "ostile.csv"
    header = ["DENOMINAZIONE", "=HYPERLINK(1)", "TIPO'); DROP TABLE x;--", "<b>stato</b>"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        for number, text in enumerate(HOSTILE):
            writer.writerow([text, f"={number}", text, text])

    found = suggest(path)

    assert [row["colonna"] for row in found["OUTPUT"]] == header
    name = column(found, "DENOMINAZIONE")
    assert name["campo"] == "denominazione"
    # Runs of blanks are one space where values are compared; nothing else is touched.
    assert name["esempi"] == " · ".join(HOSTILE[:5])
    assert found["COLUMNS"] == 4


def test_a_nul_in_a_text_does_not_cut_it(suggest, tmp_path):
    path = tmp_path / "nul.csv"
    path.write_bytes(b"DENOMINAZIONE;TIPO\nNido\x00 Rosso;nido\nNido Blu;nido\n")

    found = suggest(path)

    assert column(found, "DENOMINAZIONE")["esempi"] == "Nido Rosso · Nido Blu"


def test_a_source_nobody_can_open_is_refused_with_a_sentence(suggest, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="non esiste: controllare il percorso"):
        suggest(tmp_path / "manca.csv")


def test_a_table_without_rows_is_a_success(suggest, table):
    found = suggest(table("NOME;TIPO\n"))

    assert (found["COLUMNS"], found["VALUES_COUNT"]) == (2, 0)


def test_a_large_table_is_judged_on_some_records_and_counted_on_all(suggest, tmp_path):
    lines = ["DENOMINAZIONE;TIPO;STATO"]
    lines += [f"Servizio {n};{'museo' if n % 2 else 'biblioteca'};esistente" for n in range(11_999)]
    lines.append("Servizio ultimo;depuratore;previsto")
    path = tmp_path / "grande.csv"
    path.write_text("\n".join(lines), encoding="utf-8")

    found = suggest(path)

    kinds = {
        value: (row["n"], row["proposto"]) for value, row in values(found, "codice_sttm").items()
    }
    assert kinds == {
        "biblioteca": (6000, "CUL.01"),
        "museo": (5999, "CUL.03"),
        # One in twelve thousand, on none of the records judged.
        "depuratore": (1, "IMP.02"),
    }
    assert {value: row["n"] for value, row in values(found, "stato").items()} == {
        "esistente": 11_999,
        "previsto": 1,
    }
    assert column(found, "DENOMINAZIONE")["n_distinti"] == 12_000
    assert found["profile"]["values"]["TIPO"] == ["biblioteca", "depuratore", "museo"]


def test_a_proposal_that_is_stopped_gives_nothing(sttm_provider, table):
    from qgis import processing
    from qgis.core import QgsProcessingFeedback

    feedback = QgsProcessingFeedback(False)
    feedback.cancel()

    found = processing.run(
        "sttm:suggestmapping",
        {"INPUT": str(table(PLAN)), "OUTPUT": "TEMPORARY_OUTPUT"},
        feedback=feedback,
    )

    assert found == {}


def test_ids_do_not_change_when_columns_are_spelt_otherwise(suggest, table, tmp_path):
    from qgis import processing

    suggest(table(PLAN), SOURCE="PdS di Rho")
    renamed = PLAN.replace("N_SCHEDA;DENOMINAZI;TIPOLOGI_1", "n. scheda;Denominazi;tipologi 1")

    def ids(path):
        found = processing.run(
            "sttm:importservices",
            {
                "INPUT": str(path),
                "COMUNE": "015182",
                "PROFILE": str(tmp_path / "proposto.json"),
                "UNPLACED": "TEMPORARY_OUTPUT",
                "OUTPUT": "TEMPORARY_OUTPUT",
            },
        )
        return {row["denominazione"]: row["id_servizio"] for row in found["UNPLACED"].getFeatures()}

    before = ids(table(PLAN))

    assert ids(table(renamed, "rinominate.csv")) == before
    assert set(before) == {"Biblioteca Villa Burba", "Liceo Majorana", "Sala Belli"}
