"""A criteria pack seen as tables: every fault at once, values changed, versions saved, compared."""

from __future__ import annotations

import datetime
import json
import re
import shutil

import pytest

pytest.importorskip("geopandas")

from sttm_plugin.core import pack_review
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.pack import BUNDLED, json_lines, load_pack, read_members
from sttm_plugin.core.pack_tables import (
    JSON_TABLES,
    KEYS,
    Change,
    apply_changes,
    described,
    differences,
    open_draft,
    parse_changes,
    values_of,
)


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled pack that a test may break."""
    copy = tmp_path / "criteri"
    shutil.copytree(BUNDLED.parent, copy)
    return copy


def replace(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_of(folder, name, piece):
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if piece in line)


def edited(text, path=None):
    draft = open_draft(path)
    return draft, apply_changes(draft, parse_changes(text))


# --- faults -------------------------------------------------------------------------

PLANTED = (
    # file, what is there, what is put there, key, value found
    ("tassonomia.csv", "TRA.01,categoria", "TRA.01,categorie", "tipo_riga", "categorie"),
    ("dizionario.csv", "IST.01,+,scuola sec", "IST.01,?,scuola sec", "segno", "?"),
    ("valenza.csv", "GEN-R08,*", "GEN-R08,SAN.99", "codice_categoria", "SAN.99"),
    ("valenza.csv", "rilevato,<,0.15", "rilevato,<,poco", "soglia", "poco"),
    ("valenza.csv", "n_simili_cmm,calcolato,<=", "n_simili_cmm,calcolato,=<", "operatore", "=<"),
    ("controlli.csv", "errore,no,si", "grave,no,si", "severita", "grave"),
    ("controlli_motore.csv", "STTM2-101,", "STTM2-199,", "codice", "STTM2-199"),
    ("lum_matrice.csv", "SAN.01,A,C,C,N", "SAN.01,A,C,X,N", "SU", "X"),
    ("parametri.csv", "tortuosita,1.3", "tortuosita,uno", "valore", "uno"),
    ("intervalli.csv", "5000,20000000", "5000,200", "minimo", "5000"),
    ("tipi_specifici.csv", "livello_dm70,DEA_I,", "livello_dm70,DEA_9,", "valore", "DEA_9"),
    ("codici.csv", "MIM,PS,IST.01", "MIM,PS,IST.77", "codice_categoria", "IST.77"),
    ("lum.json", '"raggio_m": 500', '"raggio_m": 700', "ranghi.metropolitano.raggio_m", "700"),
    ("testi.json", '"avvertenza_rapporto"', '"avvertenza"', "avvertenza_rapporto", ""),
    ("pacchetto.json", '"sopra": "VER.01"', '"sopra": "X.9"', "superficie_decide.sopra", "X.9"),
)  # fmt: skip


def test_many_planted_faults_are_told_at_once_each_with_file_line_and_key(folder):
    where = {}
    for name, old, new, key, value in PLANTED:
        replace(folder, name, old, new)
        piece = new if name != "testi.json" else None
        where[name, key, value] = line_of(folder, name, piece) if piece else 0

    found = pack_review.review(folder / "pacchetto.json")

    assert not found.valid
    by_place = {(one.file, one.riga, one.chiave) for one in found.faults}
    for (name, key, _), line in where.items():
        assert (name, line, key) in by_place, (name, line, key)
    values = {(one.file, one.chiave, one.valore) for one in found.faults}
    for name, _, _, key, value in PLANTED:
        assert not value or (name, key, value) in values
    # Nothing more than what was planted.
    assert found.count("errore") == len(PLANTED)
    with pytest.raises(SttmError, match="e altri 5 errori"):
        load_pack(folder)


def test_what_is_accepted_is_said(folder):
    replace(folder, "controlli.csv", "errore,no,si", "grave,no,si")
    (fault,) = pack_review.review(folder / "pacchetto.json").faults
    assert fault.ammessi == "blocco, errore, avviso, info"
    assert str(fault).startswith("controlli.csv, riga 11, chiave «severita»: «grave» non è ammesso")


def test_a_table_that_cannot_be_read_does_not_hide_the_faults_of_the_others(folder):
    (folder / "tassonomia.csv").write_bytes(b"\xff\xfe")
    (folder / "codici.csv").unlink()
    (folder / "lum.json").write_text("{", encoding="utf-8")
    replace(folder, "parametri.csv", "tortuosita,1.3", "tortuosita,uno")
    replace(folder, "controlli.csv", "codice,gruppo", "code,gruppo")

    faults = pack_review.review(folder / "pacchetto.json").faults

    assert sorted((one.file, one.riga, one.chiave) for one in faults) == [
        ("controlli.csv", 1, "codice"),
        ("lum.json", 1, ""),
        ("pacchetto.json", line_of(folder, "pacchetto.json", '"codici"'), "tabelle.codici"),
        ("parametri.csv", 2, "valore"),
        ("tassonomia.csv", 1, ""),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "JSON non leggibile"),
        ("[]", "serve un oggetto JSON"),
        ('{"schema": "sttm.criteri/9"}', "non è riconosciuto"),
    ],
)
def test_a_manifest_that_is_none_is_a_result(folder, content, expected):
    (folder / "pacchetto.json").write_text(content, encoding="utf-8")
    found = pack_review.review(folder / "pacchetto.json")
    assert not found.valid
    assert any(expected in one.messaggio for one in found.faults)
    assert {one.file for one in found.faults} == {"pacchetto.json"}


def test_a_pack_that_is_not_there_is_a_result(tmp_path):
    found = pack_review.review(tmp_path / "assente.zip")
    assert not found.valid
    assert "«assente.zip» non trovato" in found.faults[0].messaggio


def test_the_bundled_pack_is_valid_and_says_what_nobody_read():
    found = pack_review.review()
    assert found.valid
    assert found.count("errore") == 0
    assert {one.chiave for one in found.faults} == {"stato_riscontro"}


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ("GEN-R08.peso=0", "peso", "non conta mai"),
        ("GEN-R08=25", "soglia", "fra 0 e 1"),
        ("GEN-R18=0.1", "soglia", "più facile di quella intercomunale (GEN-R08, 0,25)"),
        ("SAN.01-R03.soglia_max=10", "soglia_max", "sotto la soglia 80.000"),
        ("SAN.01-R01.riferimento= ;", None, None),
        ("GEN-R08.attributo=simpatia", "attributo", "non è un campo"),
        ("sensibilita=2", "valore", "fra 0 e 1"),
        ("SIC.04.anti_parole_chiave=questura", "parole_chiave", "insieme parola chiave e anti"),
        ("tortuosita=1.4", "versione", "cambiarla"),
        ("controlli_motore:STTM2-103.prova=magia", "prova", "non c'è in questa versione"),
    ],
)
def test_what_may_not_have_been_meant_is_a_warning(changes, key, words):
    if key is None:
        with pytest.raises(SttmError, match="non leggibile"):
            parse_changes(changes)
        return
    draft, _ = edited(changes)
    faults = pack_review.doubts(draft.pack(), draft)
    assert all(one.gravita == "avviso" for one in faults)
    assert any(one.chiave == key and words in one.messaggio for one in faults)


def test_lines_of_a_json_text_are_those_of_its_keys():
    text = '{\n  "a": {"b": [1, {"c": 2}],\n  "d.e": "x\\n{"},\n\n  "f": []\n}\n'
    assert json_lines(text) == {
        "a": 2, "a.b": 2, "a.b[0]": 2, "a.b[1]": 2, "a.b[1].c": 2, "a.d.e": 3, "f": 5,
    }  # fmt: skip


def test_the_page_escapes_what_comes_from_the_file(folder):
    replace(folder, "controlli.csv", "errore,no,si", "<script>alert(1)</script>,no,si")
    page = pack_review.validation_html(pack_review.review(folder / "pacchetto.json"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "controlli.csv" in page


# --- changes ------------------------------------------------------------------------


def test_changes_are_read_from_a_line():
    assert parse_changes(" SAN.01-R03.soglia=1;\nGEN-R01 = 0.55 ; lum:iu.pesi.a=0.5;") == [
        Change("", "SAN.01-R03.soglia", "", "1"),
        Change("", "GEN-R01", "", "0.55"),
        Change("lum", "iu.pesi.a", "", "0.5"),
    ]
    assert parse_changes("VER.01-R01.operatore=>=")[0].valore == ">="
    assert parse_changes(None) == []
    text = '[{"tabella": "tassonomia", "chiave": "CUL.01", "campo": "note", "valore": "a;b"}]'
    assert parse_changes(text) == [Change("tassonomia", "CUL.01", "note", "a;b")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("GEN-R01", "chiave=valore"),
        ("=3", "chiave=valore"),
        ("[1]", "elenco JSON"),
        ("[{]", "elenco JSON"),
        ("SAN.99-R01=3", "«SAN.99-R01» non è nel pacchetto"),
        ("SAN.01-R03.colore=3", "«colore» non è un campo di valenza.csv"),
        ("SAN.01-R03.codice_regola=X", "è la chiave"),
        ("niente:SAN.01-R03=3", "«niente» non è una tabella"),
        ("GEN-R01=0.5; punteggio_minimo_valenza=0.4", "cambiato due volte"),
    ],
)
def test_a_change_without_a_place_is_refused(text, words):
    with pytest.raises(SttmError) as caught:
        edited(text)
    assert words in str(caught.value)


def test_a_changed_value_is_what_the_pack_says():
    text = (
        "SAN.01-R03.soglia=120000; SAN.01-R03.peso=30; GEN-R01=0.55; tortuosita=1.2; "
        "SAN.01-R02=base|DEA_I|DEA_II; lum:ranghi.metropolitano.raggio_m=450; "
        "standard_capacita.SAN.01=0.004; peso_dato_stimato=0.25"
    )
    draft, _ = edited(text)
    pack = draft.pack()
    rules = {rule.codice_regola: rule for rule in pack.regole}
    assert (rules["SAN.01-R03"].soglia, rules["SAN.01-R03"].peso) == (120000.0, 30.0)
    assert rules["SAN.01-R02"].soglia == ("base", "DEA_I", "DEA_II")
    assert pack.parametri["punteggio_minimo_valenza"] == pack.parametri["GEN-R01"] == 0.55
    assert pack.parametri["GEN-R03"] == 0.25
    assert (pack.parametri["tortuosita"], pack.parametri["standard_capacita.SAN.01"]) == (
        1.2,
        0.004,
    )
    assert pack.lum["ranghi"]["metropolitano"]["raggio_m"] == 450
    # The bundled pack is another one still.
    assert load_pack().parametri["tortuosita"] == 1.3


def test_a_wrong_value_is_told_with_file_line_and_key():
    draft, _ = edited("GEN-R01=molto; lum:ranghi.metropolitano.raggio_m=tanto")
    with pytest.raises(SttmError) as caught:
        draft.pack()
    assert "valenza.csv, riga 2, chiave «soglia»: «molto» non è un numero" in str(caught.value)
    assert "ranghi.metropolitano.raggio_m" in str(caught.value)


def test_a_value_of_a_norm_that_changes_is_no_longer_the_norms():
    before = {rule.codice_regola: rule for rule in load_pack().regole}["SAN.01-R03"]
    assert before.provenienza == "norma"
    draft, changed = edited("SAN.01-R03=120000")
    after = {rule.codice_regola: rule for rule in draft.pack().regole}["SAN.01-R03"]
    assert (after.provenienza, after.stato_riscontro) == ("proposta", "non applicabile")
    assert after.riferimento == f"{before.riferimento} (la fonte dava soglia 80000)"
    assert [one["campo"] for one in changed] == [
        "soglia",
        "provenienza",
        "stato_riscontro",
        "riferimento",
    ]
    # Its weight was ours from the start; a provenance that is given stands.
    draft, changed = edited("SAN.01-R03.peso=30")
    assert [one["campo"] for one in changed] == ["peso"]
    draft, _ = edited("SAN.01-R03=120000; SAN.01-R03.provenienza=letteratura")
    rule = {rule.codice_regola: rule for rule in draft.pack().regole}["SAN.01-R03"]
    assert rule.provenienza == "letteratura"
    assert edited("SAN.01-R03=80000.0; tortuosita=1.3")[1] == [
        {
            "tabella": "valenza",
            "chiave": "SAN.01-R03",
            "campo": "soglia",
            "prima": "80000",
            "dopo": "80000.0",
        }
    ]


def test_rows_are_added_and_taken_off():
    draft = open_draft()
    word = {"codice_categoria": "CUL.01", "segno": "+", "parola": "sala; lettura"}
    key = draft.add_row("dizionario", {**word, "provenienza": "proposta"})
    assert draft.pack().categorie["CUL.01"].parole_chiave[-1] == "sala; lettura"
    with pytest.raises(SttmError, match="c'è già"):
        draft.add_row("dizionario", word)
    with pytest.raises(SttmError, match="«colore» non è un campo"):
        draft.add_row("dizionario", {"colore": "rosso"})
    with pytest.raises(SttmError, match="non è una tabella a righe"):
        draft.add_row("lum", {})
    draft.remove_row("dizionario", key)
    assert draft.pack().categorie == load_pack().categorie
    with pytest.raises(SttmError, match="alcuna riga"):
        draft.remove_row("dizionario", key)


def rows(*changes):
    return parse_changes(json.dumps(list(changes)))


WORD = {"codice_categoria": "CUL.01", "segno": "+", "parola": "sala; lettura"}
ADDED = {
    "tabella": "dizionario",
    "azione": "aggiungi",
    "valori": {**WORD, "provenienza": "proposta"},
}


def test_changes_may_add_and_take_off_whole_rows_and_tell_each_value():
    draft = open_draft()
    gone = {"tabella": "codici", "azione": "togli", "chiave": "MIM|PS"}

    done = apply_changes(draft, rows(gone, ADDED))

    assert [(one["chiave"], one["campo"], one["prima"], one["dopo"]) for one in done] == [
        ("MIM|PS", "sistema", "MIM", None),
        ("MIM|PS", "valore", "PS", None),
        ("MIM|PS", "codice_categoria", "IST.01", None),
        ("MIM|PS", "nota", "liceo scientifico", None),
        ("CUL.01|+|sala; lettura", "codice_categoria", None, "CUL.01"),
        ("CUL.01|+|sala; lettura", "segno", None, "+"),
        ("CUL.01|+|sala; lettura", "parola", None, "sala; lettura"),
        ("CUL.01|+|sala; lettura", "provenienza", None, "proposta"),
    ]
    assert draft.pack().categorie["CUL.01"].parole_chiave[-1] == "sala; lettura"
    found = {
        (row["tabella"], row["chiave"], row["tipo"]) for row in differences(open_draft(), draft)
    }
    assert found == {
        ("codici", "MIM|PS", "tolto"),
        ("dizionario", "CUL.01|+|sala; lettura", "aggiunto"),
    }


def test_a_row_is_replaced_by_taking_it_off_first_and_its_cells_may_change_at_once():
    draft = open_draft()
    row = dict(draft.table("parametri").rows["tortuosita"])
    gone = {"tabella": "parametri", "azione": "togli", "chiave": "tortuosita"}
    added = {"tabella": "parametri", "azione": "aggiungi", "valori": {**row, "valore": "1.2"}}
    cell = {"tabella": "parametri", "chiave": "tortuosita", "campo": "valore", "valore": "1.25"}

    apply_changes(draft, rows(cell, gone, added))

    assert draft.table("parametri").rows["tortuosita"]["valore"] == "1.25"
    assert list(draft.table("parametri").rows)[-1] == "tortuosita"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({**ADDED, "valori": {**WORD, "segno": "", "parola": "", "codice_categoria": " "}},
         "una riga nuova chiede codice_categoria, segno, parola"),
        ({**ADDED, "tabella": "lum"}, "«lum» non è una tabella a righe"),
        ({**ADDED, "azione": "raddoppia"}, "«raddoppia» sconosciuta"),
        ({"tabella": "codici", "azione": "togli", "chiave": "MIM|XX"}, "alcuna riga «MIM|XX»"),
        ({**ADDED, "valori": "tutti"}, "Modifiche non leggibili"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_come_or_go_is_said_why(change, sentence):
    with pytest.raises(SttmError, match=re.escape(sentence)):
        apply_changes(open_draft(), rows(change))


def test_only_the_files_that_change_are_written_again():
    draft, _ = edited("GEN-R01=0.55")
    before = read_members()
    changed = {name for name in before if draft.members[name] != before[name]}
    assert changed == {"valenza.csv"}
    # One line of it.
    pairs = zip(before["valenza.csv"].splitlines(), draft.members["valenza.csv"].splitlines())
    assert sum(one != other for one, other in pairs) == 1


def test_every_value_is_listed_with_its_place_and_provenance():
    rows = values_of(open_draft())
    found = {(row["tabella"], row["chiave"], row["campo"]): row for row in rows}
    rule = found["valenza", "SAN.01-R03", "soglia"]
    assert (rule["valore"], rule["riga"], rule["provenienza"]) == (
        "80000",
        54,
        "norma – da riscontrare",
    )
    radius = found["lum", "ranghi.metropolitano.raggio_m", "valore"]
    assert (radius["valore"], radius["riga"], radius["provenienza"]) == ("500", 4, "proposta")
    word = found["dizionario", "IST.01|+|l scientifico", "provenienza"]
    assert word["valore"] == "proposta"
    assert {row["tabella"] for row in rows} == {
        "pacchetto", "tassonomia", "dizionario", "lessico", "valenza", "controlli",
        "controlli_motore", "lum", "lum_matrice", "parametri", "intervalli", "tipi_specifici",
        "codici", "testi",
    }  # fmt: skip


# --- versions -------------------------------------------------------------------------

DAY = datetime.date(2026, 2, 1)


def save(path, text="GEN-R01=0.55", source=None, version="0.9.0"):
    draft, _ = edited(text, source)
    draft.save(path, "Ufficio piano", "soglia più prudente", version, DAY)
    return path


@pytest.mark.parametrize("name", ["criteri.zip", "nuovo/pacchetto.json"])
def test_a_saved_version_says_who_why_when_and_where_it_comes_from(tmp_path, name):
    pack = load_pack(save(tmp_path / name))
    assert (pack.versione, pack.parametri["GEN-R01"]) == ("0.9.0", 0.55)
    manifest = json.loads(read_members(tmp_path / name)["pacchetto.json"])
    assert (manifest["autore"], manifest["motivo"], manifest["data"]) == (
        "Ufficio piano",
        "soglia più prudente",
        "2026-02-01",
    )
    assert manifest["precedente"] == load_pack().as_reference()


def test_the_same_version_has_the_same_bytes_and_the_same_hash_in_both_forms(tmp_path):
    one, two = save(tmp_path / "a.zip"), save(tmp_path / "b.zip")
    assert one.read_bytes() == two.read_bytes()
    folder = save(tmp_path / "c" / "pacchetto.json")
    assert load_pack(folder).sha256 == load_pack(one).sha256


def test_a_version_of_a_version_names_the_one_before_it(tmp_path):
    first = save(tmp_path / "a.zip")
    second = save(tmp_path / "b.zip", "GEN-R01=0.5", first, "0.9.1")
    manifest = json.loads(read_members(second)["pacchetto.json"])
    assert manifest["precedente"] == load_pack(first).as_reference()
    assert load_pack(second).parametri["GEN-R01"] == 0.5


def test_nothing_is_overwritten(tmp_path):
    path = save(tmp_path / "a.zip")
    before = path.read_bytes()
    with pytest.raises(SttmError, match="non ne sovrascrive"):
        save(path, "GEN-R01=0.4", version="0.4.0")
    assert path.read_bytes() == before
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "valenza.csv").write_text("mio", encoding="utf-8")
    with pytest.raises(SttmError, match="«valenza.csv» c'è già"):
        save(tmp_path / "c" / "pacchetto.json")
    assert sorted(one.name for one in (tmp_path / "c").iterdir()) == ["valenza.csv"]


@pytest.mark.parametrize("name", ["pacchetto.json", "nuovo.zip", "../nuovo/pacchetto.json"])
def test_the_bundled_packs_are_never_written(name):
    before = {path.name for path in BUNDLED.parent.parent.rglob("*")}
    with pytest.raises(SttmError, match="non si sovrascrive"):
        save(BUNDLED.parent / name)
    assert {path.name for path in BUNDLED.parent.parent.rglob("*")} == before


@pytest.mark.parametrize(
    ("author", "reason", "version", "words"),
    [
        ("", "perché", "1", "autore"),
        ("Io", " ", "1", "motivo"),
        ("Io", "perché", "", "versione"),
        ("Io", "perché", "0.2.0", "«0.2.1»"),
    ],
)
def test_a_version_needs_author_reason_and_a_number_of_its_own(
    tmp_path, author, reason, version, words
):
    draft, _ = edited("GEN-R01=0.55")
    with pytest.raises(SttmError) as caught:
        draft.save(tmp_path / "a.zip", author, reason, version, DAY)
    assert words in str(caught.value)
    assert not (tmp_path / "a.zip").exists()


def test_an_unsound_draft_is_not_saved(tmp_path):
    draft, _ = edited("GEN-R01=molto")
    with pytest.raises(SttmError, match="«molto» non è un numero"):
        draft.save(tmp_path / "a.zip", "Io", "perché", "2", DAY)
    assert not list(tmp_path.iterdir())


# --- differences -------------------------------------------------------------------------


def test_a_pack_does_not_differ_from_itself_nor_in_how_a_number_is_written():
    assert differences(open_draft(), open_draft()) == []
    other, _ = edited("quota_lum_comune=0.1; GEN-R11=30000.0")
    assert differences(open_draft(), other) == []


def test_differences_say_where_what_and_from_whom(tmp_path):
    path = save(
        tmp_path / "a.zip", "SAN.01-R03.soglia=120000; lum:ranghi.metropolitano.raggio_m=450"
    )
    other = open_draft(path)
    other.remove_row("codici", "MIM|PS")
    other.add_row("codici", {"sistema": "X", "valore": "1", "codice_categoria": "IST.01"})
    rows = differences(open_draft(), other)
    found = {(row["file"], row["chiave"], row["campo"]): row for row in rows}
    rule = found["valenza.csv", "SAN.01-R03", "soglia"]
    assert (rule["tipo"], rule["prima"], rule["dopo"]) == ("cambiato", "80000", "120000")
    assert (rule["provenienza_prima"], rule["provenienza_dopo"]) == (
        "norma – da riscontrare",
        "proposta",
    )
    assert (rule["riga_prima"], rule["riga_dopo"]) == (54, 54)
    radius = found["lum.json", "ranghi.metropolitano.raggio_m", "valore"]
    assert (radius["prima"], radius["dopo"]) == ("500", "450")
    gone = found["codici.csv", "MIM|PS", "codice_categoria"]
    assert (gone["tipo"], gone["prima"], gone["dopo"]) == ("tolto", "IST.01", None)
    new = found["codici.csv", "X|1", "codice_categoria"]
    assert (new["tipo"], new["prima"], new["dopo"]) == ("aggiunto", None, "IST.01")
    assert found["pacchetto.json", "versione", "valore"]["dopo"] == "0.9.0"
    assert found["pacchetto.json", "precedente.versione", "valore"]["tipo"] == "aggiunto"
    # The same the other way round.
    back = differences(other, open_draft())
    assert len(back) == len(rows)
    page = pack_review.comparison_html(load_pack(), load_pack(path), rows)
    assert "SAN.01-R03" in page and "120000" in page


def test_a_review_with_changes_tells_what_the_pack_would_be():
    found = pack_review.review(None, [Change("valenza", "SAN.01-R03", "soglia", "molti")])
    assert [(one.file, one.riga, one.chiave, one.valore) for one in found.faults] == [
        ("valenza.csv", 54, "soglia", "molti")
    ]
    values = {(row["tabella"], row["chiave"], row["campo"]): row["valore"] for row in found.values}
    assert (found.valid, values["valenza", "SAN.01-R03", "soglia"]) == (False, "molti")
    assert pack_review.review().valid


def test_the_values_of_the_tables_that_can_be_read_are_there_to_be_mended(folder):
    (folder / "lum.json").write_text("[]", encoding="utf-8")
    replace(folder, "parametri.csv", "tortuosita,1.3", "tortuosita,uno")
    found = pack_review.review(folder / "pacchetto.json")
    tables = {row["tabella"] for row in found.values}
    assert ("lum" in tables, {"parametri", "valenza", "testi"} <= tables) == (False, True)


def test_a_pack_with_a_fault_is_saved_once_the_fault_is_mended(folder, tmp_path):
    replace(folder, "parametri.csv", "tortuosita,1.3", "tortuosita,uno")
    draft = open_draft(folder / "pacchetto.json", sound=False)
    with pytest.raises(SttmError, match="riga 2"):
        draft.save(tmp_path / "a.zip", "Anna", "prova", "0.9")
    apply_changes(draft, parse_changes("tortuosita=1.4"))
    draft.save(tmp_path / "a.zip", "Anna", "prova", "0.9")
    saved = open_draft(tmp_path / "a.zip").pack()
    assert (saved.versione, saved.parametri["tortuosita"]) == ("0.9", 1.4)


# --- columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sttm1", "sttm2", "sttm3"])
def test_every_column_of_every_pack_says_what_it_is(name):
    draft = open_draft(BUNDLED.parent.parent / name / "pacchetto.json")
    for table in draft.names():
        keys = list(draft.table(table).rows)
        for key in keys if table in JSON_TABLES else keys[:1]:
            for column in draft.table(table).columns:
                one = described(table, column, key)
                assert one.titolo and one.aiuto, (table, column, key)
                assert (one.tipo == "chiave") == (column in KEYS.get(table, ())), (table, column)


def test_the_checks_written_as_expressions_are_described_too():
    from sttm_plugin.core import expressions

    for column in expressions.COLUMNS:
        assert described("espressioni", column).aiuto, column
    for column, allowed in (("layer", expressions.LAYERS), ("operatore", expressions.OPERATORS)):
        assert described("espressioni", column).ammessi.split("|") == list(allowed)


@pytest.mark.parametrize(
    ("table", "key", "column"),
    [
        ("valenza", "SAN.01-R03", "tipo_regola"),
        ("valenza", "SAN.01-R03", "valenza"),
        ("valenza", "SAN.01-R03", "operatore"),
        ("valenza", "SAN.01-R03", "severita"),
        ("valenza", "SAN.01-R03", "provenienza"),
        ("tassonomia", "SAN.01", "tipo_riga"),
        ("controlli", "STTM2-301", "ammette_giustificazione"),
        ("controlli_motore", "STTM2-301", "legge_geometria"),
        ("lum_matrice", "VER.01", "MU"),
    ],
)
def test_what_a_list_offers_is_what_the_pack_accepts(table, key, column):
    found = pack_review.review(None, [Change(table, key, column, "?")])
    [fault] = [one for one in found.faults if one.chiave == column and one.gravita == "errore"]
    assert described(table, column).ammessi.split("|") == fault.ammessi.split(", ")
