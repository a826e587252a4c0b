"""Checks a pack writes as expressions, where nobody evaluates them; what a message may say."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

pytest.importorskip("geopandas")

from sttm_plugin.core import expressions, pack_review
from sttm_plugin.core.checks.engine import run_checks
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.pack import BUNDLED, load_pack
from sttm_plugin.core.pack_tables import apply_changes, differences, open_draft, parse_changes

from .plans import plan_with

ROOT = Path(__file__).resolve().parents[2]
ROW = {
    "codice": "RHO-01",
    "gruppo": "dotazioni",
    "titolo": "Biblioteca capiente",
    "cosa_verifica": "Posti delle biblioteche",
    "severita": "avviso",
    "ammette_giustificazione": "si",
    "layer": "servizi",
    "espressione": "capacita",
    "operatore": ">=",
    "soglia": "40",
    "unita": "posti",
    "messaggio": "{nome}: {valore} posti (soglia {soglia})",
    "suggerimento": "Ampliare o motivare",
    "provenienza": "proposta",
    "riferimento": "Regolamento comunale",
    "stato_riscontro": "non applicabile",
}


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled pack that a test may change."""
    return pack_copy(tmp_path)


def pack_copy(tmp_path):
    shutil.copytree(BUNDLED.parent, tmp_path / "criteri")
    return tmp_path / "criteri"


def add_rows(folder, *rows):
    with (folder / "espressioni.csv").open("a", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, expressions.COLUMNS, restval="", lineterminator="\n")
        writer.writerows({**ROW, **row} for row in rows)


def test_the_bundled_pack_has_the_table_and_no_row():
    assert not [one for one in load_pack().controlli if one.prova == expressions.EACH]
    assert (BUNDLED.parent / "espressioni.csv").read_text(encoding="utf-8").strip() == ",".join(
        expressions.COLUMNS
    )


def test_a_row_is_a_check_as_the_others(folder):
    add_rows(folder, {})
    pack = load_pack(folder)
    one = pack.check("RHO-01")
    assert len(pack.controlli) == 89
    assert [c.codice for c in pack.controlli] == sorted(c.codice for c in pack.controlli)
    assert (one.prova, one.severita, one.bloccante, one.verificato) == (
        "espressione", "avviso", False, False,
    )  # fmt: skip
    assert one.formula == "capacita >="
    assert one.parametri["soglia"] == 40.0


def test_where_nobody_evaluates_expressions_the_check_is_not_verifiable(folder):
    add_rows(folder, {}, {"codice": "RHO-02", "layer": "piano", "espressione": "count(1)"})
    plan = plan_with({"capacita": 10.0})
    result = run_checks(plan, load_pack(folder), only={"RHO-01", "RHO-02"})
    assert result.checks["verdetto"].tolist() == ["non_verificabile"] * 2
    assert result.mancanze[0]["dato"] == "ESPRESSIONE"
    assert "espressioni.csv" in result.mancanze[0]["dove_trovarlo"]


FAULTS = (
    ({"codice": "RHO 01"}, "codice", "servono da 2 a 40"),
    ({"codice": "STTM2-401"}, "codice", "«STTM2-401» è ripetuto"),
    ({"severita": "grave"}, "severita", "non è ammesso"),
    ({"severita": "blocco"}, "ammette_giustificazione", "un blocco non si giustifica"),
    ({"layer": "strade"}, "layer", "servizi, piano, lum, lum_perimetri"),
    ({"soglia": ""}, "soglia", "con un operatore serve una soglia"),
    ({"soglia": "molti"}, "soglia", "non è un numero"),
    ({"espressione": ""}, "espressione", "valore mancante"),
    ({"espressione": "1" * 2001}, "espressione", "2001 caratteri: al massimo 2000"),
    ({"filtro": "a\x07b"}, "filtro", "caratteri di controllo"),
    ({"layer": "piano", "filtro": "true"}, "filtro", "dentro l'aggregato"),
    ({"messaggio": "{nome"}, "messaggio", "le graffe non sono in coppia"),
    ({"messaggio": "{nome.__class__}"}, "messaggio", "non è un segnaposto"),
    ({"messaggio": "{valore:>99999999}"}, "messaggio", "non è un segnaposto"),
    ({"messaggio": "{telefono}"}, "messaggio", "il segnaposto «{telefono}» non c'è"),
    ({"gruppo": ""}, "gruppo", "valore mancante"),
    ({"provenienza": "legge"}, "provenienza", "non è ammesso"),
)


@pytest.mark.parametrize(("change", "key", "sentence"), FAULTS)
def test_a_fault_is_told_with_file_line_and_key(folder, change, key, sentence):
    add_rows(folder, {}, {"codice": "RHO-02", **change})
    (fault,) = pack_review.review(folder / "pacchetto.json").faults
    assert (fault.file, fault.riga, fault.chiave) == ("espressioni.csv", 3, key)
    assert sentence in f"{fault.messaggio} {fault.ammessi}"


def test_a_message_of_the_other_checks_is_held_to_plain_placeholders_too(folder):
    path = folder / "controlli.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{nome}: senza geometria", "{nome!r}: senza {"), encoding="utf-8")
    with pytest.raises(SttmError, match="riga 6, chiave «messaggio»: le graffe"):
        load_pack(folder)


def test_what_it_may_not_have_meant_is_a_doubt(folder):
    change = {"operatore": "", "suggerimento": "", "provenienza": "norma", "riferimento": ""}
    add_rows(folder, change)
    found = pack_review.review(folder / "pacchetto.json")
    doubts = {one.chiave: one.messaggio for one in found.faults if one.file == "espressioni.csv"}
    assert found.valid
    assert set(doubts) == {"soglia", "riferimento", "suggerimento", "stato_riscontro"}
    assert doubts["stato_riscontro"].endswith("a terzi: 1")


def test_its_values_are_changed_saved_and_compared_as_the_others(folder, tmp_path):
    add_rows(folder, {"provenienza": "norma", "stato_riscontro": "riscontrato su fonte consultata"})
    before, draft = open_draft(folder), open_draft(folder)
    changed = apply_changes(draft, parse_changes("RHO-01=60"))
    assert {(row["tabella"], row["campo"], row["dopo"]) for row in changed} >= {
        ("espressioni", "soglia", "60"), ("espressioni", "provenienza", "proposta"),
    }  # fmt: skip
    draft.save(tmp_path / "nuovo.zip", "Ufficio", "prova", "9.0")
    assert load_pack(tmp_path / "nuovo.zip").check("RHO-01").parametri["soglia"] == 60.0
    rows = [row for row in differences(before, draft) if row["campo"] == "soglia"]
    assert [(row["chiave"], row["prima"], row["dopo"]) for row in rows] == [("RHO-01", "40", "60")]


def test_a_row_is_added_through_the_tables_of_the_pack(folder):
    draft = open_draft(folder)
    assert draft.add_row("espressioni", ROW) == "RHO-01"
    assert draft.pack().check("RHO-01").titolo == "Biblioteca capiente"


def example_rows():
    page = (ROOT / "docs" / "manuale" / "pagine" / "criteri.html.j2").read_text(encoding="utf-8")
    text = page.partition('<pre id="esempio-espressioni">\n')[2].partition("</pre>")[0]
    return list(csv.DictReader(text.splitlines(), expressions.COLUMNS))


def test_the_examples_of_the_manual_can_be_copied_into_a_pack(folder):
    add_rows(folder, *example_rows())
    pack = load_pack(folder)
    assert [pack.check(code).parametri["soglia"] for code in ("RHO-01", "RHO-02")] == [40.0, 3.0]
