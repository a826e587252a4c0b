"""The conservation certificate: what goes in comes out, or is told."""

from __future__ import annotations

import json

import pytest

from sttm_plugin.core.certificate import Certificate, read_log
from sttm_plugin.core.errors import SttmError


def _document(after, rejected=(), counts=None, fids=(1, 2, 3)):
    certificate = Certificate()
    for row, metres in enumerate((100.0, 200.0, 50.0)):
        certificate.read(row, metres)
    certificate.ground(301.0, 250.0)
    counts = counts or {"aree": 2, "punti": 0, "senza_localizzazione": 0, "scartati": 1}
    return certificate.document(after, rejected, counts, list(fids), {0: "a", 1: "b"})


def test_metres_read_and_repaired_are_those_written_and_rejected():
    found = _document({0: 100.0, 1: 204.0}, {2})

    assert found["superfici_mq"] == {
        "lette": 350.0,
        "scritte": 304.0,
        "scartate": 50.0,
        "senza_localizzazione": 0.0,
        "differenza_delle_riparazioni": 4.0,
        "torna": True,
    }
    assert found["elementi"]["torna"]


def test_a_record_that_vanished_breaks_the_certificate():
    counts = {"aree": 1, "punti": 0, "senza_localizzazione": 0, "scartati": 1}

    assert not _document({0: 100.0}, {2}, counts)["elementi"]["torna"]


def test_repairs_over_one_percent_and_one_square_metre_are_listed():
    # 1.0 m² of 100 is at the limit; 2.01 of 200 is over it.
    (only,) = _document({0: 101.0, 1: 202.01}, {2})["riparazioni"]

    assert (only["fid"], only["id_servizio"], only["prima_mq"]) == (2, "b", 200.0)
    assert only["differenza_mq"] == pytest.approx(2.01)


def test_the_page_shows_the_certificate_of_a_log(tmp_path):
    log = {"certificato": _document({0: 100.0, 1: 204.0}, {2}), "righe": [{"layer": "parchi"}]}
    (tmp_path / "registro.json").write_text(json.dumps(log), encoding="utf-8")

    page = read_log(tmp_path / "registro.json")

    assert page["layer"] == "parchi"
    assert page["righe"][0] == {"nome": "Letti", "elementi": 3, "mq": "350,0"}
    assert page["torna"] and page["frase"].startswith("I conti tornano")
    assert "301,0 m² e coprono 250,0 m²" in page["suolo"]


def test_the_page_tells_the_records_of_the_source_and_those_made_by_splitting(tmp_path):
    certificate = Certificate()
    document = certificate.document(
        {}, (), {"aree": 0, "punti": 3, "senza_localizzazione": 0, "scartati": 0}, [1, 1, 2], {}, 1
    )
    log = {"certificato": document, "righe": [{"layer": "scuole"}]}
    (tmp_path / "registro.json").write_text(json.dumps(log), encoding="utf-8")

    rows = read_log(tmp_path / "registro.json")["righe"][:3]

    assert [(row["nome"], row["elementi"]) for row in rows] == [
        ("Record della fonte", 2),
        ("Nati dalla divisione", 1),
        ("Letti, divisi i record in più parti", 3),
    ]


def test_another_file_is_no_log(tmp_path):
    (tmp_path / "altro.json").write_text("{}")

    with pytest.raises(SttmError, match="altro.json"):
        read_log(tmp_path / "altro.json")
    with pytest.raises(SttmError, match="non si legge"):
        read_log(tmp_path / "manca.json")
