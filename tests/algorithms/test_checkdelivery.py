"""checkdelivery: what stands between a comune and its delivery, told before anything is written."""

from __future__ import annotations

import pytest

from .test_submission import DAY, RHO, ROWS, export, validate  # noqa: F401 - fixtures

SIGNED = {"AUTHOR": "A. Bianchi", "OFFICE": "Ufficio di piano", "ROLE": "Responsabile"}
CODE = "RSSMRA80A01F205X"
PLANNED = {
    "id_servizio": "44444444-4444-4444-8444-444444444444",
    "denominazione": f"Museo <b>nuovo</b> di {CODE}",
    "codice_sttm": "CUL.02",
    "stato": "previsto",
    "valenza_dichiarata": "metropolitana",
    "fonte": "PdS",
}


@pytest.fixture
def check(sttm_provider, services, monkeypatch):
    """Run checkdelivery; the rows come back as {voce: [row]}."""
    from qgis import processing

    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)

    def run(rows=ROWS, **others):
        given = {"SERVICES": services(rows), "COMUNE": RHO, "OUTPUT": "TEMPORARY_OUTPUT"}
        found = processing.run("sttm:checkdelivery", {**given, **others})
        layer, found["rows"] = found["OUTPUT"], {}
        for feature in layer.getFeatures():
            row = dict(zip(layer.fields().names(), feature.attributes()))
            found["rows"].setdefault(row["voce"], []).append(row)
        return found

    return run


def test_what_is_missing_is_listed_in_the_order_one_deals_with_it(check):
    found = check([*ROWS, PLANNED])
    assert list(found["rows"]) == [
        "metadati", "dati_personali", "da_spiegare", "non_verificato",
    ]  # fmt: skip
    assert [row["testo"] for row in found["rows"]["metadati"]] == [
        "Manca l'autore: chi consegna.",
        "Manca l'ufficio responsabile del dato.",
        "Manca il ruolo di chi risponde del dato.",
    ]
    assert (found["READY"], found["BLOCKING"], found["METADATA"]) == (True, 0, 3)
    assert found["UNEXPLAINED"] == len(found["rows"]["da_spiegare"])
    assert all(row["id_rilievo"] for row in found["rows"]["da_spiegare"])
    lacking = found["rows"]["non_verificato"]
    assert found["NOT_VERIFIED"] == len(lacking) and all(row["che_fare"] for row in lacking)


def test_a_personal_datum_is_told_and_never_quoted(check):
    found = check([*ROWS, PLANNED], **SIGNED)
    rows = {row["id_oggetto"]: row for row in found["rows"]["dati_personali"]}
    assert rows.keys() == {PLANNED["id_servizio"], ROWS[2]["id_servizio"]}
    row = rows[PLANNED["id_servizio"]]
    assert rows[ROWS[2]["id_servizio"]]["testo"].startswith("La posizione non si consegna")
    assert row["testo"].startswith("Nel campo denominazione c'è forse: codice fiscale.")
    every = " ".join(
        str(one) for rows in found["rows"].values() for row in rows for one in row.values()
    )
    assert CODE not in every
    assert (found["PERSONAL"], found["METADATA"]) == (2, 0)


def test_what_blocks_comes_first_and_is_what_stops_the_export(check, export):  # noqa: F811
    from qgis.core import QgsProcessingException

    doubled = [*ROWS, {**ROWS[0], "denominazione": None}]
    doubled[-1]["id_servizio"] = None
    found = check(doubled, **SIGNED)
    assert not found["READY"]
    assert list(found["rows"])[0] == "blocca"
    codes = {row["codice"] for row in found["rows"]["blocca"]}
    with pytest.raises(QgsProcessingException, match=sorted(codes)[0]):
        export(doubled)


def test_a_finding_justified_after_the_check_is_explained(check, services):
    from qgis import processing

    before = check([*ROWS, PLANNED], **SIGNED)
    layers = services([*ROWS, PLANNED])
    findings = processing.run(
        "sttm:checkplan", {"SERVICES": layers, "COMUNE": RHO, "OUTPUT": "TEMPORARY_OUTPUT"}
    )["OUTPUT"]
    one = before["rows"]["da_spiegare"][0]["id_rilievo"]
    waivers = processing.run(
        "sttm:justifyfindings",
        {
            "FINDINGS": findings, "IDS": one, "AUTHOR": "Ada", "OUTPUT": "TEMPORARY_OUTPUT",
            "REASON": "La convenzione con i comuni contermini ne garantisce l'uso condiviso.",
        },
    )["OUTPUT"]  # fmt: skip
    after = check([*ROWS, PLANNED], WAIVERS=waivers, FINDINGS=findings, **SIGNED)
    assert one not in {row["id_rilievo"] for row in after["rows"].get("da_spiegare", ())}


LICENSED = {
    "id_servizio": "55555555-5555-4555-8555-555555555555",
    "denominazione": "Museo della torre",
    "codice_sttm": "CUL.03",
    "stato": "esistente",
    "valenza_dichiarata": "locale",
    "fonte": "Elenco dei musei",
    "lettura": 2,
    "macrocategoria": "ISTRUZIONE",
}


@pytest.fixture
def justified(sttm_provider, services):
    """Findings of a plan, one of them justified: (their layer, its id, the waivers)."""
    from qgis import processing

    layers = services([*ROWS, LICENSED])

    def checked(**more):
        given = {"SERVICES": layers, "COMUNE": RHO, "OUTPUT": "TEMPORARY_OUTPUT", **more}
        return processing.run("sttm:checkplan", given)["OUTPUT"]

    findings = checked()
    one = next(
        row["id_rilievo"]
        for row in findings.getFeatures()
        if (row["codice"], row["id_oggetto"]) == ("STTM2-204", LICENSED["id_servizio"])
    )
    waivers = processing.run(
        "sttm:justifyfindings",
        {
            "FINDINGS": findings, "IDS": one, "AUTHOR": "Ada", "OUTPUT": "TEMPORARY_OUTPUT",
            "REASON": "Il museo è la sezione didattica di una scuola, e così lo conta il piano.",
        },
    )["OUTPUT"]  # fmt: skip
    return checked(WAIVERS=waivers), one, waivers


def unexplained(found):
    return {row["id_rilievo"] for row in found["rows"].get("da_spiegare", ())}


def test_a_justification_holds_until_its_object_changes(check, justified):
    findings, one, _ = justified
    same = check([*ROWS, LICENSED], FINDINGS=findings, **SIGNED)
    assert one not in unexplained(same)
    changed = {**LICENSED, "macrocategoria": "SANITA'"}
    assert one in unexplained(check([*ROWS, changed], FINDINGS=findings, **SIGNED))


def test_a_justification_revoked_after_the_check_counts_no_longer(check, justified):
    from qgis import processing

    findings, one, waivers = justified
    revoked = processing.run(
        "sttm:justifyfindings",
        {
            "FINDINGS": findings, "IDS": one, "AUTHOR": "Ada", "WAIVERS": waivers, "REVOKE": True,
            "OUTPUT": "TEMPORARY_OUTPUT",
        },
    )["OUTPUT"]  # fmt: skip
    given = {"FINDINGS": findings, **SIGNED}
    assert one not in unexplained(check([*ROWS, LICENSED], WAIVERS=waivers, **given))
    assert one in unexplained(check([*ROWS, LICENSED], WAIVERS=revoked, **given))


def test_what_nobody_could_check_is_told_by_its_name(check):
    texts = [row["testo"] for row in check(**SIGNED)["rows"]["non_verificato"]]
    assert any(text.startswith("Popolazione: ") for text in texts)
    assert not any(text.startswith(("POPULATION", "campo:", "LUM_PERIMETERS")) for text in texts)
    assert all("1 controllo non" in text or " controlli non" in text for text in texts)


def test_a_rectification_without_a_reason_is_told(check, export):  # noqa: F811
    path = export()
    found = check(KIND=2, PREVIOUS_PACKAGE=path, **SIGNED)
    assert [row["testo"] for row in found["rows"]["metadati"]] == ["Rettifica senza motivo."]


def test_the_package_and_its_validation_give_hashes_stages_and_drafts(export, validate, tmp_path):  # noqa: F811
    from hashlib import sha256
    from pathlib import Path

    path = Path(export([*ROWS, PLANNED]))
    sheets = tmp_path / "schede"
    found = validate(path, OUTPUT="TEMPORARY_OUTPUT", SHEETS=str(sheets))
    assert found["SHA256"] == sha256(path.read_bytes()).hexdigest()
    assert found["SIGNERS"] == ""
    rows = [(row["fase"], row["esito"]) for row in found["OUTPUT"].getFeatures()]
    assert {("pacchetto", "superata"), ("schema", "superata")} <= set(rows)
    problems = sum(len(stage["problemi"]) for stage in found["json"]["fasi"])
    assert len(rows) == problems + sum(not s["problemi"] for s in found["json"]["fasi"])
    names = sorted(one.name for one in sheets.iterdir())
    assert names == ["indice.html", "scheda_museo_b_nuovo_b_di_omesso_44444444.html"]
    text = (sheets / names[1]).read_text(encoding="utf-8")
    assert "<b>nuovo</b>" not in text and "Museo" in text
