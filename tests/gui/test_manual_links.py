"""From the window to the manual: the guide and each finding lead to their page."""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture
def manual(monkeypatch, tmp_path):
    """A manual of two pages, in a folder with a space."""
    from sttm_plugin.processing_algorithms import manual

    folder = tmp_path / "il manuale"
    for name in ("controlli/coerenza_zo_e_contermini", "pannelli/verification_dock"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text("<p>pagina</p>")
    monkeypatch.setattr(manual, "FOLDER", folder)
    return folder


def finding(**values):
    names = (
        "valore soglia margine unita riferimento provenienza verificato id_oggetto altri_oggetti "
        "layer codice severita gruppo stato titolo descrizione suggerimento giustificazione autore "
        "data ammette_giustificazione"
    )
    return SimpleNamespace(**{**dict.fromkeys(names.split()), **values})


def test_a_finding_leads_to_what_the_manual_says_of_its_check(manual):
    from sttm_plugin.gui.explanation import explain

    html = explain(finding(codice="STTM2-905", gruppo="coerenza ZO e contermini"))

    page = (manual / "controlli" / "coerenza_zo_e_contermini.html").as_uri()
    assert "%20" in page
    assert f'<a href="{page}#STTM2-905">' in html


def test_a_check_the_manual_does_not_tell_has_no_link(manual):
    from sttm_plugin.gui.explanation import explain

    assert "<a href" not in explain(finding(codice="MIO-1", gruppo="controlli del comune"))


def test_a_click_on_the_link_opens_the_page(manual, qtbot, monkeypatch):
    from qgis.PyQt.QtCore import QUrl

    from sttm_plugin.gui import findings_page

    opened = []
    fake = SimpleNamespace(openUrl=opened.append)
    monkeypatch.setattr(findings_page, "QDesktopServices", fake)
    page = findings_page.FindingsPage()
    qtbot.addWidget(page)
    url = QUrl((manual / "pannelli" / "verification_dock.html").as_uri())

    page.detail.anchorClicked.emit(url)

    assert opened == [url]


def test_the_guide_opens_the_manual(manual):
    from sttm_plugin.gui.guidance import guidance_html

    assert (manual / "pannelli" / "verification_dock.html").as_uri() in guidance_html()
    (manual / "pannelli" / "verification_dock.html").unlink()
    assert "file:" not in guidance_html()
