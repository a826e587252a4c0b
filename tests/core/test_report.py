"""The findings as documents: what comes first, what is escaped, what never changes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

pytest.importorskip("geopandas")
pytest.importorskip("jinja2")

from sttm_plugin.core.checks.engine import run_checks
from sttm_plugin.core.report import report_html, rilievi_document

from .plans import ISTAT, plan_with

OPENING = (
    "Verifica di supporto con criteri proposti, non ufficiali; non sostituisce la valutazione di "
    "compatibilità con il PTM (NdA artt. 8-9)."
)
NASTY = "<script>alert('x')</script> & \"Bar\""


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # 1 January 2026


def documents(*rows, **layers):
    plan = plan_with(*rows, **layers)
    result = run_checks(plan, plan.pack)
    return report_html(result, plan), json.loads(rilievi_document(result, plan)), result


class Text(HTMLParser):
    """What a reader sees, and whether every element is closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.texts.append(" ".join(data.split()))


def read(html):
    parser = Text()
    parser.feed(html)
    assert parser.open == []
    return parser, " ".join(text for text in parser.texts if text)


def test_it_opens_with_the_disclaimer():
    parser, text = read(documents({})[0])
    body = [one for one in parser.texts if one][1:]
    assert body[0] == OPENING


def test_names_from_the_data_are_text_not_markup():
    html, _, _ = documents({"denominazione": NASTY, "codice_sttm": None})
    parser, text = read(html)
    assert "script" not in parser.tags
    assert f"{NASTY}: non classificabile" in text


def test_what_cannot_be_justified_comes_first():
    html, _, _ = documents(
        {"denominazione": None, "valenza_dichiarata": "metropolitana", "id_servizio": "a"},
        {"stato": "aperto", "id_servizio": "b"},
    )
    _, text = read(html)
    places = [text.index(title) for title in ("Da correggere (", "Da correggere o giustificare (")]
    assert places == sorted(places)
    assert places[0] < text.index("Stato: valore 'aperto' non previsto") < places[1]


def test_the_verdict_says_what_to_do():
    _, text = read(documents({"id_servizio": None}, {})[0])
    assert "1 rilievo blocca la consegna: va corretto prima di esportarla." in text
    assert "Su 88 controlli, " in text
    clean = {"confidenza": 1.0, "superficie_mq": 10_000_000.0, "titolo_servizio": "pubblico"}
    html, document, _ = documents({**clean, "macrocategoria": "CULTURALI"})
    _, text = read(html)
    assert document["conteggi"]["BLOCKING"] == document["conteggi"]["ERRORS"] == 0


def test_values_thresholds_and_provenance_are_shown_the_italian_way():
    _, text = read(documents({"superficie_mq": 1234.5})[0])
    assert "L.r. Lombardia 12/2005" in text
    assert "norma – da riscontrare" in text
    # 1,234.5 m² over some 50,000 inhabitants.
    assert re.search(r"0,02\d mq/ab 18 -17,9[78]", text)


def test_missing_data_say_what_they_unlock_and_where_they_are():
    html, document, _ = documents({})
    _, text = read(html)
    lum = next(row for row in document["mancanze"] if row["dato"] == "LUM")
    assert set(lum) == {"dato", "controlli", "dove_trovarlo"}
    assert "STTM2-501" in lum["controlli"]
    assert lum["dove_trovarlo"] in text
    numbers = [len(row["controlli"]) for row in document["mancanze"]]
    assert numbers == sorted(numbers, reverse=True)


def test_the_document_has_the_head_the_counts_and_every_check():
    _, document, result = documents({"stato": "aperto"})
    assert document["schema"] == "sttm.rilievi/1"
    assert document["algoritmo"] == "sttm:checkplan"
    assert document["generato_il"] == "2026-01-01T00:00:00Z"
    assert document["comune"]["istat"] == ISTAT
    assert len(document["controlli"]) == 88
    assert document["conteggi"] == result.counts
    finding = next(row for row in document["rilievi"] if row["codice"] == "STTM2-114")
    assert (finding["id_oggetto"], finding["valore"]) == ("s1", "aperto")
    assert finding["ammette_giustificazione"] is False
    assert finding["margine"] is None


def test_the_same_plan_gives_the_same_bytes():
    rows = [{"denominazione": "Biblioteca"}, {"stato": "aperto"}, {"codice_sttm": None}]
    plans = [plan_with(*rows), plan_with(*rows)]
    results = [run_checks(plan, plan.pack) for plan in plans]
    assert rilievi_document(results[0], plans[0]) == rilievi_document(results[1], plans[1])
    assert report_html(results[0], plans[0]) == report_html(results[1], plans[1])


def test_justified_and_resolved_findings_have_their_place():
    plan = plan_with({"stato": "dismesso"}, {"stato": "dismesso"})
    first = run_checks(plan, plan.pack).findings
    ceased = first[first["codice"] == "STTM2-208"]
    waivers = pd.DataFrame(
        [
            {
                "id_deroga": "d1",
                "id_rilievo": ceased["id_rilievo"].iloc[0],
                "impronta": ceased["impronta"].iloc[0],
                "giustificazione": "Resta in elenco fino alla riconversione già finanziata.",
                "autore": "A. Rossi <b>",
                "data": "2025-11-03",
                "revocata_il": None,
            }
        ]
    )
    after = plan_with({"stato": "dismesso"}, {}, waivers=waivers, previous=first)
    result = run_checks(after, after.pack)
    _, text = read(report_html(result, after))
    assert "Giustificati (1)" in text
    assert "– A. Rossi <b>, 03/11/2025" in text
    assert text.index("Giustificati (1)") < text.index("Risolti (1)")


def test_a_plan_without_services_is_told_without_fuss():
    plan = plan_with({"istat": "015146"})
    result = run_checks(plan, plan.pack)
    _, text = read(report_html(result, plan))
    assert "Il piano ha 0 servizi." in text
    assert not re.search(r"\bnan\b|\bNone\b", text, re.IGNORECASE)


def test_many_findings_of_a_check_are_counted_not_all_listed():
    rows = [{"stato": "dismesso", "denominazione": f"Centro {k:03d}"} for k in range(103)]
    _, text = read(documents(*rows)[0])
    assert "E altri 3:" in text
    assert text.count(": risulta cessato") == 100
