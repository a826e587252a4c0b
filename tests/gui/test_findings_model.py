"""The tree of findings: order, filter, size, and texts that look like HTML."""

from __future__ import annotations

import time

import pytest

from .rows import a_finding


@pytest.fixture
def model(qgis_app):
    from sttm_plugin.gui.findings_model import FindingsModel

    return FindingsModel()


@pytest.fixture
def findings_of(findings_layer):
    from sttm_plugin.gui.findings_model import read_findings

    return lambda rows: read_findings(findings_layer(rows))


def tree(model):
    """Return the model as nested lists of texts."""

    def texts(parent):
        rows = []
        for row in range(model.rowCount(parent)):
            index = model.index(row, 0, parent)
            below = texts(index)
            rows.append((index.data(), below) if below else index.data())
        return rows

    from qgis.PyQt.QtCore import QModelIndex

    return texts(QModelIndex())


def test_findings_stand_by_severity_then_group(model, findings_of):
    model.set_findings(
        findings_of(
            [
                a_finding(1, severita="info", gruppo="dati", descrizione="uno"),
                a_finding(2, severita="errore", gruppo="valenza", descrizione="due"),
                a_finding(3, severita="blocco", gruppo="dati", descrizione="tre"),
                a_finding(4, severita="errore", gruppo="dati", descrizione="quattro"),
                a_finding(5, severita="errore", gruppo="dati", descrizione="cinque"),
            ]
        )
    )
    assert tree(model) == [
        ("Blocchi (1)", [("Dati (1)", ["301  tre"])]),
        (
            "Errori (3)",
            [("Dati (2)", ["301  quattro", "301  cinque"]), ("Valenza (1)", ["301  due"])],
        ),
        ("Informazioni (1)", [("Dati (1)", ["301  uno"])]),
    ]


def test_the_tree_is_a_sound_qt_model(model, findings_of, qtmodeltester):
    model.set_findings(findings_of([a_finding(n, gruppo=f"g{n % 3}") for n in range(9)]))
    qtmodeltester.check(model)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("", "", ""), ["r1", "r2", "r3"]),
        (("SCUOLA milano", "", ""), ["r2"]),
        (("", "errore", ""), ["r3"]),
        (("", "", "giustificato"), ["r3"]),
        (("", "", "da_trattare"), ["r1", "r2"]),
        (("nulla", "", ""), []),
    ],
)
def test_the_filter_asks_for_all_its_words_the_severity_and_the_state(
    model, findings_of, wanted, expected
):
    model.set_findings(
        findings_of(
            [
                a_finding(1, descrizione="Scuola di Rho"),
                a_finding(2, descrizione="Scuola di Milano", stato="nuovo"),
                a_finding(3, severita="errore", stato="giustificato"),
            ]
        )
    )
    model.set_filter(*wanted)
    shown = sorted(name for name in ("r1", "r2", "r3") if model.index_of(name).isValid())
    assert shown == expected
    assert model.shown() == len(expected)


def test_a_branch_stands_for_all_that_is_under_it(model, findings_of):
    model.set_findings(findings_of([a_finding(1), a_finding(2, gruppo="dati")]))
    root = model.index(0, 0)
    assert [finding.id_rilievo for finding in model.findings_under(root)] == ["r2", "r1"]


def seconds(action):
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - started)
    return best


def test_twenty_thousand_findings_are_grouped_and_filtered_in_proportion(model, findings_of):
    rows = [
        a_finding(n, severita=("errore", "avviso")[n % 2], gruppo=f"gruppo {n % 11}")
        for n in range(20000)
    ]
    few, many = findings_of(rows[:2000]), findings_of(rows)
    turn = iter(range(1000))

    def show(findings):
        model.set_findings(findings)
        model.set_filter(f"biblioteca {next(turn) % 2 or ''}")

    small, large = seconds(lambda: show(few)), seconds(lambda: show(many))

    # Ten times the findings: at most twenty times the time, whatever the machine.
    assert large < 20 * max(small, 0.005)
    model.set_filter()
    assert model.shown() == 20000


def test_a_view_of_twenty_thousand_asks_only_for_the_rows_it_shows(qtbot, findings_of):
    from sttm_plugin.gui.findings_page import FindingsPage

    page = FindingsPage()
    qtbot.addWidget(page)
    page.resize(380, 600)
    page.show()
    asked = []
    whole = page.model.data

    def counting(index, role=0):
        asked.append(index)
        return whole(index, role)

    page.model.data = counting
    page.set_findings(findings_of([a_finding(n) for n in range(20000)]))
    page.tree.expandAll()
    page.tree.scrollToBottom()
    page.grab()

    assert page.shown.text() == "20000 rilievi"
    assert len(asked) < 5000


def test_names_that_look_like_html_are_shown_as_they_are(qtbot, findings_of):
    from sttm_plugin.gui.explanation import explain
    from sttm_plugin.gui.findings_page import FindingsPage

    name = "<img src=x onerror=alert(1)> <b>Scuola</b> & C."
    [finding] = findings_of(
        [a_finding(1, descrizione=name, titolo=name, valore=name, giustificazione=name)]
    )
    html = explain(finding)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 4

    page = FindingsPage()
    qtbot.addWidget(page)
    page.set_findings([finding])
    page.select("r1")
    assert name in page.detail.toPlainText()
    tip = page.model.index_of("r1").data(3)
    assert "<b>" not in tip


def test_the_detail_tells_value_threshold_margin_reference_and_that_it_was_not_read(findings_of):
    from sttm_plugin.gui.explanation import explain

    [finding] = findings_of([a_finding(1, valore="5000.5", soglia="40", margine=-28.0)])
    html = explain(finding)
    for text in (
        "5.000,50 punti",
        "40 punti",
        "-28 punti",
        "PTM NdA art. 8",
        "norma – da riscontrare",
        "Declassare o motivare",
        "STTM2-301 · Avviso · Valenza · aperto",
    ):
        assert text in html


@pytest.mark.parametrize(
    ("provenienza", "verificato", "expected"),
    [
        ("norma", False, "norma – da riscontrare"),
        ("norma", True, "norma"),
        ("letteratura", None, "letteratura – da riscontrare"),
        ("proposta", False, "proposta del progetto, non ufficiale"),
    ],
)
def test_provenance_says_what_was_not_read(qgis_app, provenienza, verificato, expected):
    from sttm_plugin.gui.explanation import provenance_label

    assert provenance_label(provenienza, verificato) == expected


def test_a_fault_of_the_data_cannot_be_justified_from_the_page(qtbot, findings_of):
    from sttm_plugin.gui.findings_page import FindingsPage

    page = FindingsPage()
    qtbot.addWidget(page)
    page.set_findings(findings_of([a_finding(1, ammette_giustificazione=False), a_finding(2)]))
    page.select("r1")
    assert not page.justify.isEnabled()
    assert "Si corregge, non si giustifica." in page.detail.toPlainText()
    page.select("r2")
    assert page.justify.isEnabled()
