"""verificacomuni: three comuni, one fails, the others are whole and the table says it all."""

from __future__ import annotations

import pytest

from .rows import as_dict


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The demonstration comune, a list of three comuni and a file that holds no services."""
    from demo.generator import generate

    place = tmp_path_factory.mktemp("comuni")
    generate(place)
    (place / "rotto.gpkg").write_bytes(b"non e' un GeoPackage")
    (place / "elenco.csv").write_text(
        "comune,servizi\nGorgonzola,servizi_aree.shp\n015146,rotto.gpkg\nMelzo,servizi_aree.shp\n",
        encoding="utf-8",
    )
    return place


@pytest.fixture
def verify(sttm_provider, folder, tmp_path):
    """Return a function that runs a list of the folder."""
    import processing

    def run(table="elenco.csv", feedback=None, **more):
        given = {
            "JOBS": str(folder / table),
            "OUTPUT_FOLDER": str(tmp_path / "risultati"),
            "OUTPUT": "TEMPORARY_OUTPUT",
            **more,
        }
        return processing.run("sttm:verificacomuni", given, feedback=feedback)

    return run


def test_a_comune_that_fails_does_not_stop_the_others(verify, messages, tmp_path):
    left = tmp_path / "risultati" / "015146_milano"
    left.mkdir(parents=True)
    (left / "rapporto.html").write_text("di ieri", encoding="utf-8")

    found = verify(feedback=messages)

    rows = [as_dict(feature) for feature in found["OUTPUT"].getFeatures()]
    assert [(row["istat"], row["comune"], row["esito"]) for row in rows] == [
        ("015108", "Gorgonzola", "riuscito"),
        ("015146", "Milano", "fallito"),
        ("015142", "Melzo", "riuscito"),
    ]
    assert (found["DONE"], found["FAILED"], found["BLOCKED"]) == (2, 1, 0)
    assert rows[1]["messaggio"].startswith("Servizi del piano: il layer «")
    assert "rotto.gpkg» non si apre" in rows[1]["messaggio"]
    assert any(text.startswith("Milano: ") for text in messages.texts)
    for name in ("015108_gorgonzola", "015142_melzo"):
        files = sorted(path.name for path in (tmp_path / "risultati" / name).iterdir())
        assert files == ["controlli.gpkg", "rapporto.html", "rilievi.gpkg"]
    # Yesterday's report must not pass for today's.
    assert list(left.iterdir()) == []
    assert messages.shares == sorted(messages.shares)


def test_the_summary_counts_what_the_findings_hold(verify, tmp_path):
    from qgis.core import QgsVectorLayer

    row = as_dict(next(verify()["OUTPUT"].getFeatures()))
    layer = QgsVectorLayer(str(tmp_path / "risultati/015108_gorgonzola/rilievi.gpkg"), "r", "ogr")
    severities = [feature["severita"] for feature in layer.getFeatures()]
    assert (row["errori"], row["avvisi"]) == (
        severities.count("errore"),
        severities.count("avviso"),
    )
    assert row["avvisi"] > 0


def test_packages_are_written_where_nothing_blocks(verify, folder):
    import zipfile

    (folder / "uno.csv").write_text("comune,servizi\n15108,servizi_aree.shp\n", encoding="utf-8")
    found = verify("uno.csv", PACKAGES=True, AUTHOR="Tecnico di prova")
    row = as_dict(next(found["OUTPUT"].getFeatures()))
    with zipfile.ZipFile(row["consegna"]) as archive:
        assert "manifest.json" in archive.namelist()


def test_a_cancelled_list_stops_without_a_table(verify, messages):
    from qgis.core import QgsProcessingException

    messages.cancel()
    with pytest.raises((QgsProcessingException, KeyError)):
        assert verify(feedback=messages)["OUTPUT"]
