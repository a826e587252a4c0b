"""Names with quotes, newlines, NUL, HTML, SQL and formulas: unharmed, and harmless, to the end."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import pytest

from tests.algorithms.intake_runs import RHO, X, Y

NAMES = (
    'Biblioteca "Villa Burba"',
    "Biblioteca dell'Angelo'; DROP TABLE servizi;--",
    "<script>alert(1)</script> biblioteca & <b>museo</b>",
    "=cmd|'/c calc'!A1",
    "+39 biblioteca",
    "@SUM(A1:A9)",
    "-1+1 biblioteca",
    "Biblioteca 📚 dei ragazzi",
    "Biblioteca {{ 7*7 }} {% raw %}",
    "Biblioteca %s %(nome)s \\ ../../etc",
    "Библиотека biblioteca",
)
BROKEN = {"Biblioteca\ndi quartiere": "Biblioteca di quartiere", "Biblio\x00teca": "Biblioteca"}


@pytest.fixture(scope="module")
def kept():
    """What one run of the whole chain gave: it is run once."""
    return {}


@pytest.fixture
def chain(kept, sttm_provider, tmp_path_factory):
    """Import, classify, check, export hostile names; return where everything lies."""
    if kept:
        return kept
    from qgis import processing

    folder = tmp_path_factory.mktemp("ostili")
    lines = ["codice;nome;tipologia;x;y"]
    for number, name in enumerate((*NAMES, *BROKEN)):
        cell = '"' + name.replace('"', '""') + '"'
        lines.append(f"={number}+1;{cell};biblioteca;{X + 20 * number};{Y}")
    source = folder / "=servizi <i>.csv"
    source.write_bytes("\n".join(lines).encode("utf-8"))
    paths = {name: str(folder / name) for name in ("servizi.gpkg", "registro.json", "punti.gpkg")}
    imported = processing.run(
        "sttm:importservices",
        {
            "INPUT": str(source),
            "COMUNE": RHO,
            "SOURCE": "<img src=x onerror=alert(2)>",
            "OUTPUT": paths["servizi.gpkg"],
            "LOG": paths["registro.json"],
        },
    )
    processing.run(
        "sttm:classifyservices",
        {"SERVICES": [paths["servizi.gpkg"]], "OUTPUT_POINTS": paths["punti.gpkg"]},
    )
    page = str(folder / "rapporto.html")
    checked = processing.run(
        "sttm:checkplan",
        {
            "SERVICES": [paths["punti.gpkg"]],
            "COMUNE": RHO,
            "IMPORT_LOG": paths["registro.json"],
            "OUTPUT": str(folder / "rilievi.gpkg"),
            "REPORT_HTML": page,
            "REPORT_JSON": str(folder / "rilievi.json"),
        },
    )
    package = str(folder / "consegna.zip")
    processing.run(
        "sttm:exportcompatibility",
        {
            "SERVICES": [paths["punti.gpkg"]],
            "COMUNE": RHO,
            "AUTHOR": "Ufficio <b>piano</b>",
            "ALLOW_BLOCKING": True,
            "OUTPUT": package,
        },
    )
    kept.update(folder=folder, imported=imported, checked=checked, page=page, package=package)
    return kept


def names_in(path, table=None):
    """Return the names a GeoPackage holds, as SQLite stores them."""
    with sqlite3.connect(path) as stored:
        if table is None:
            query = "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
            table = stored.execute(query).fetchone()[0]
        return {row["denominazione"] for row in _rows(stored, table)}


def _rows(stored, table):
    stored.row_factory = sqlite3.Row
    quoted = '"' + table.replace('"', '""') + '"'
    return stored.execute("SELECT * FROM " + quoted).fetchall()  # noqa: S608


def test_names_come_out_of_import_and_classification_as_they_went_in(chain):
    expected = {*NAMES, *BROKEN.values()}

    assert chain["imported"]["READ"] == chain["imported"]["WRITTEN"] == len(NAMES) + len(BROKEN)
    assert names_in(chain["folder"] / "servizi.gpkg") == expected
    assert names_in(chain["folder"] / "punti.gpkg") == expected


def test_the_original_cells_are_kept_as_written(chain):
    with sqlite3.connect(chain["folder"] / "servizi.gpkg") as stored:
        (table,) = stored.execute("SELECT table_name FROM gpkg_contents").fetchone()
        cells = [json.loads(row["attributi_origine"]) for row in _rows(stored, table)]

    assert {cell["nome"] for cell in cells} >= {*NAMES, "Biblioteca\ndi quartiere"}
    assert {cell["codice"] for cell in cells} >= {"=0+1", "=1+1"}


def test_the_report_shows_names_and_runs_none_of_them(chain):
    text = (chain["folder"] / "rapporto.html").read_text(encoding="utf-8")

    assert "<script" not in text.lower() and "<img" not in text.lower()
    assert "{{" not in text.replace("{{ 7*7 }}", "")
    assert "Certificato di conservazione" in text
    assert "I conti tornano" in text
    # The layer's name comes from the file's.
    assert "=servizi &lt;i&gt;" in text


def test_the_package_holds_the_names_and_no_markup(chain, tmp_path):
    with zipfile.ZipFile(chain["package"]) as package:
        assert sorted(package.namelist()) == [
            "manifest.json",
            "rapporto.html",
            "rapporto.pdf",
            "restituzione.gpkg",
            "rilievi.json",
        ]
        page = package.read("rapporto.html").decode("utf-8")
        (tmp_path / "r.gpkg").write_bytes(package.read("restituzione.gpkg"))
    assert "<script" not in page.lower()
    # The map is the page's only picture.
    assert page.lower().count("<img") == page.count('<img src="data:image/png;base64,') == 1
    assert "<b>piano" not in page
    assert names_in(tmp_path / "r.gpkg") == {*NAMES, *BROKEN.values()}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_sheet_runs_no_formula_and_comes_back_the_same(chain, sttm_provider, tmp_path, ending):
    import csv

    from qgis import processing

    target = tmp_path / f"servizi.{ending}"
    processing.run(
        "sttm:importservices",
        {
            "INPUT": str(chain["folder"] / "servizi.gpkg"),
            "COMUNE": RHO,
            "OUTPUT": str(target),
        },
    )
    if ending == "csv":
        with open(target, encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "-1"))]
        assert "'=cmd|'/c calc'!A1" in cells
    else:
        with zipfile.ZipFile(target) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode("utf-8")
        assert "<f>" not in sheet and "<f " not in sheet
    again = processing.run(
        "sttm:importservices",
        {
            "INPUT": str(target),
            "COMUNE": RHO,
            "OUTPUT": "TEMPORARY_OUTPUT",
            "UNPLACED": str(tmp_path / "senza.gpkg"),
        },
    )

    assert again["READ"] == len(NAMES) + len(BROKEN)
    assert names_in(tmp_path / "senza.gpkg", "senza") == {*NAMES, *BROKEN.values()}
