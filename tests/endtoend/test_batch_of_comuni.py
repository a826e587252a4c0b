"""Several comuni one after the other through qgis_process, one of which fails."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import pytest

pytestmark = pytest.mark.endtoend
# In Melzo.
X, Y = 534500.0, 5038000.0


@pytest.fixture(scope="module")
def batch(qgis_process, demo, tmp_path_factory):
    """The results of a batch of five comuni, and its folder."""
    folder = tmp_path_factory.mktemp("comuni")
    (folder / "rotto.gpkg").write_bytes(b"non e' un GeoPackage")
    areas = demo / "servizi_aree.shp"
    rows = ["nome,tipo,x,y", *(f"Scuola {n},scuola media,{X + 40 * n},{Y}" for n in range(5))]
    (folder / "melzo.csv").write_text("\n".join(rows), encoding="utf-8")
    (folder / "elenco.csv").write_text(
        "comune,servizi,abitanti_da_insediare\n"
        f"Gorgonzola,{areas},1500\n015146,rotto.gpkg,\nMelzo,melzo.csv,\n"
        f"Gorgonzolla,{areas},\nCassano d'Adda,{areas},\n",
        encoding="utf-8",
    )
    found = qgis_process.run(
        "verificacomuni",
        JOBS=folder / "elenco.csv",
        OFFICE="Ufficio di piano",
        ROLE="Responsabile",
        PACKAGES="true",
        OUTPUT_FOLDER=folder / "risultati",
        OUTPUT=folder / "riepilogo.gpkg",
    )
    return found, folder


def summary(folder):
    connection = sqlite3.connect(str(folder / "riepilogo.gpkg"))
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM riepilogo ORDER BY fid")]
    finally:
        connection.close()


def test_the_comuni_that_fail_are_told_and_the_others_are_whole(batch):
    found, folder = batch
    rows = summary(folder)
    assert [(row["comune"], row["esito"]) for row in rows] == [
        ("Gorgonzola", "riuscito"),
        ("Milano", "fallito"),
        ("Melzo", "riuscito"),
        ("Gorgonzolla", "fallito"),
        ("Cassano d'Adda", "fallito"),
    ]
    assert (found["DONE"], found["FAILED"], found["BLOCKED"]) == (2, 3, 0)
    assert "rotto.gpkg» non si apre" in rows[1]["messaggio"]
    assert "Gorgonzola" in rows[3]["messaggio"]
    # Its services lie in Gorgonzola: there is nothing of its own to deliver.
    assert rows[4]["messaggio"].startswith("Nessun servizio del comune di Cassano d'Adda")
    for name in ("015108_gorgonzola", "015142_melzo"):
        files = {path.name for path in (folder / "risultati" / name).iterdir()}
        assert {"rilievi.gpkg", "controlli.gpkg", "rapporto.html", "registro.json"} <= files


def test_each_package_of_the_batch_is_valid_where_it_arrives(batch, qgis_process):
    _, folder = batch
    packages = sorted((folder / "risultati").glob("*/sttm2_pds_*.zip"))
    assert len(packages) == 2
    for package in packages:
        report = folder / f"{package.stem}.json"
        found = qgis_process.run("validatesubmission", INPUT=package, REPORT_JSON=report)
        assert found["VALID"]
        said = {one["codice"]: one for one in json.loads(report.read_text("utf-8"))["controlli"]}
        assert said["STTM2-904"]["verdetto"] == "soddisfatto"
        with zipfile.ZipFile(package) as archive:
            page = archive.read("rapporto.html").decode()
        assert "Certificato di conservazione" in page
        assert "Ufficio di piano" in page


def test_the_inhabitants_to_settle_are_those_of_the_row(batch):
    _, folder = batch
    lacking = {}
    for name in ("015108_gorgonzola", "015142_melzo"):
        path = folder / "risultati" / name / "controlli.gpkg"
        connection = sqlite3.connect(str(path))
        query = "SELECT dati_mancanti FROM controlli WHERE codice = 'STTM2-401'"
        lacking[name] = connection.execute(query).fetchone()[0] or ""
        connection.close()
    assert "SETTLERS" not in lacking["015108_gorgonzola"]
    assert "SETTLERS" in lacking["015142_melzo"]
