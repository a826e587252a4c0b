"""The manual as it is built: nothing broken, nothing missing, nothing from outside."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from markupsafe import escape

from sttm_plugin.core.pack import load_pack
from sttm_plugin.processing_algorithms import algorithm_classes, manual
from tools.build_manual import Manual

UNOFFICIAL = "proposta del progetto, non ufficiale"


class Page(HTMLParser):
    """The ids of a page and what it points to."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.targets = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids.add(attributes.get("id"))
        self.targets += [attributes[name] for name in ("href", "src") if name in attributes]


@pytest.fixture(scope="module")
def algorithms(qgis_processing):
    return [one().create() for one in algorithm_classes()]


@pytest.fixture(scope="module")
def built(algorithms, tmp_path_factory):
    """The folder of the manual."""
    folder = tmp_path_factory.mktemp("manuale") / "pagine"
    Manual(folder, algorithms).build()
    return folder


@pytest.fixture(scope="module")
def pages(built):
    return {path.resolve(): Page(path) for path in built.rglob("*.html")}


@pytest.fixture(scope="module")
def sections(built):
    """{code: HTML of the section of a check}."""
    found = {}
    for path in (built / "controlli").glob("*.html"):
        for text in path.read_text(encoding="utf-8").split('<section class="controllo">')[1:]:
            code = re.search(r'<h2 id="([^"]+)"', text).group(1)
            assert code not in found
            found[code] = text.partition("</section>")[0]
    return found


def test_no_link_anchor_or_picture_is_broken_and_none_leads_outside(pages):
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlparse(target)
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            wrong_anchor = parts.fragment and parts.fragment not in pages[there].ids
            if parts.scheme or parts.netloc or not there.is_file() or wrong_anchor:
                broken.append((path.name, target))

    assert broken == []
    assert sum(len(page.targets) for page in pages.values()) > 1500


def test_styles_and_scripts_ask_nothing_of_the_network(built):
    for path in (*built.glob("*.css"), *built.glob("*.js")):
        if path.name != "indice.js":
            assert not re.search(r"https?:|@import|url\(|fetch\(", path.read_text("utf-8"))


def test_every_entry_of_the_search_leads_to_a_heading(built, pages):
    content = (built / "indice.js").read_text(encoding="utf-8")
    entries = json.loads(content.removeprefix("window.STTM_INDICE=").removesuffix(";"))
    lost = []
    for entry in entries:
        page, _, anchor = entry["u"].partition("#")
        if anchor and anchor not in pages[(built / page).resolve()].ids:
            lost.append(entry["u"])

    assert lost == []
    targets = {entry["u"] for entry in entries}
    assert {"controlli/dati.html#STTM2-104", "algoritmi/importservices.html"} <= targets
    [crs] = [entry for entry in entries if entry["u"] == "controlli/dati.html#STTM2-104"]
    assert "Gauss-Boaga" in crs["x"]


def test_every_check_has_its_section_with_why_how_an_example_and_how_to_put_it_right(sections):
    checks = load_pack().controlli

    assert set(sections) == {one.codice for one in checks}
    for one in checks:
        headings = re.findall(r"<h3>(.*?)</h3>", sections[one.codice])
        wanted = ["Perché esiste", "Come si calcola", "Esempio", "Come si corregge"]
        assert headings == wanted, one.codice


def test_every_proposal_is_said_to_be_one(sections):
    checks = load_pack().controlli
    said = {one.codice for one in checks if UNOFFICIAL in sections[one.codice]}

    assert said == {one.codice for one in checks if one.provenienza == "proposta"}


def test_a_law_that_was_not_read_again_says_so(sections):
    assert "norma – da riscontrare" in sections["STTM2-104"]
    assert "norma – da riscontrare" not in sections["STTM2-303"]


def test_a_pack_of_ones_own_has_its_thresholds_and_what_is_done_by_hand(
    built, algorithms, tmp_path
):
    from dataclasses import replace

    pack = load_pack()
    changes = {
        "STTM2-110": {"parametri": {**pack.check("STTM2-110").parametri, "distanza_m": 77.5}},
        "STTM2-111": {"prova": ""},
    }
    checks = tuple(replace(one, **changes.get(one.codice, {})) for one in pack.controlli)
    Manual(tmp_path / "m", algorithms, pack=replace(pack, controlli=checks)).build()

    ours, theirs = (
        (folder / "controlli" / "dati.html").read_text(encoding="utf-8")
        for folder in (built, tmp_path / "m")
    )
    assert "a non più di 50 m sono probabili doppioni" in ours
    assert "a non più di 77,5 m sono probabili doppioni" in theirs
    by_hand = "la prova automatica non c'è"
    assert theirs.count(by_hand) == ours.count(by_hand) + 1


def test_no_decimal_of_a_threshold_is_lost(built):
    page = (built / "fonti.html").read_text(encoding="utf-8")

    assert "<td>0,0037 posti letto/abitante</td>" in page
    assert "<td>20.000.000 mq</td>" in page


def test_every_algorithm_has_a_page_that_names_each_parameter_and_result(built, algorithms):
    for one in algorithms:
        text = (built / "algoritmi" / f"{one.name()}.html").read_text(encoding="utf-8")
        named = set(re.findall(r"<code>([A-Z0-9_]+)</code>", text))
        parameters = {each.name() for each in one.parameterDefinitions()}
        results = {each.name() for each in one.outputDefinitions()}
        assert parameters | results <= named, one.name()
        assert f"<h1>{escape(one.displayName())}</h1>" in text


def test_kinds_and_defaults_are_told_in_italian(built):
    for path in (built / "algoritmi").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        kinds = set(
            re.findall(r"<td>(source|sink|multilayer|enum|boolean|file\w+|output\w+)", text)
        )
        assert kinds - {"file"} == set(), path.name
        assert not re.search(r"\b(None|True|False|NULL)</small>", text), path.name


def test_the_same_sources_give_the_same_bytes_and_little_of_them(built, algorithms, tmp_path):
    def content(folder):
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    Manual(tmp_path / "m", algorithms).build()

    assert content(tmp_path / "m") == content(built)
    # Five panels and more than thirty algorithms; a picture is a tenth of a megabyte at most.
    assert sum(map(len, content(built).values())) < 2e6


def test_the_help_button_of_every_algorithm_opens_its_page(built, algorithms, monkeypatch):
    monkeypatch.setattr(manual, "FOLDER", built)

    for one in algorithms:
        page = built / "algoritmi" / f"{one.name()}.html"
        assert Path(unquote(urlparse(one.helpUrl()).path)) == page


def test_without_the_manual_there_is_no_help_button(algorithms, monkeypatch, tmp_path):
    monkeypatch.setattr(manual, "FOLDER", tmp_path)

    assert {one.helpUrl() for one in algorithms} == {""}
