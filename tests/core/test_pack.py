"""The criteria pack: what it holds, what it refuses, and that it is the domain's own."""

from __future__ import annotations

import importlib.util
import shutil
import zipfile

import pytest

from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.pack import BUNDLED, load_pack, provenance_text
from sttm_plugin.core.taxonomy import classify_text


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled pack that a test may break."""
    copy = tmp_path / "criteri"
    shutil.copytree(BUNDLED.parent, copy)
    return copy


def replace(folder, name, old, new, count=1):
    """Change a piece of a table, once, and fail where it isn't there."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} not in {name}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def refusal(folder):
    with pytest.raises(SttmError) as caught:
        load_pack(folder / "pacchetto.json")
    return str(caught.value)


def zipped(folder, path, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for member in sorted(folder.iterdir()):
            archive.writestr(prefix + member.name, member.read_bytes())
    return path


# --- what it holds -------------------------------------------------------------


def test_the_bundled_pack_holds_the_whole_domain():
    pack = load_pack()

    kinds = [one.tipo_riga for one in pack.categorie.values()]
    assert (kinds.count("categoria"), kinds.count("locale"), kinds.count("fuori_tassonomia")) == (
        23,
        22,
        10,
    )
    assert len(pack.regole) == 163
    assert len(pack.controlli) == 88
    assert pack.id == "sttm2"
    assert pack.stato == "proposta"


def test_the_compiled_files_are_those_of_the_domain(shared_domain, project_root):
    spec = importlib.util.spec_from_file_location("build", project_root / "tools/build_pack.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)

    for name, content in build.compile_pack(shared_domain).items():
        assert (project_root / name).read_bytes() == content, f"{name}: run tools/build_pack.py"


def test_parameters_are_read_by_code_and_by_name():
    parametri = load_pack().parametri

    assert parametri["GEN-R01"] == parametri["punteggio_minimo_valenza"] == 0.6
    assert parametri["GEN-R02"] == 0.5
    assert parametri["GEN-R03"] == 0.5
    assert parametri["GEN-R04"] == 0.1
    assert parametri["GEN-R07"] == 250
    assert parametri["tortuosita"] == 1.3
    assert parametri["verde_soglia_mq"] == 5000


def test_a_threshold_is_a_number_a_code_or_a_list():
    rules = {rule.codice_regola: rule for rule in load_pack().regole}

    assert rules["SAN.01-R03"].soglia == 80000.0
    assert rules["SAN.01-R03"].soglia_max == 300000.0
    assert rules["SAN.01-R03"].tempo_max_min == 30.0
    assert rules["SAN.01-R02"].soglia == ("base", "DEA_I")
    assert rules["GEN-R14"].soglia == "si"
    assert rules["GEN-R26"].soglia == "metropolitana"


def test_a_rule_of_the_category_replaces_the_general_one():
    codes = [rule.codice_regola for rule in load_pack().rules_for("SAN.01")]

    assert "GEN-R11" not in codes  # catchment of an intercomunale: SAN.01-R03
    assert "GEN-R22" not in codes  # catchment of a metropolitana: SAN.01-R05
    assert "GEN-R08" in codes  # users from outside: SAN.01 has no rule of its own
    assert "SAN.01-R03" in codes


def test_a_sufficient_rule_replaces_a_graded_one_of_the_same_attribute():
    codes = [rule.codice_regola for rule in load_pack().rules_for("CUL.01")]

    assert "CUL.01-R01" in codes
    assert "GEN-R15" not in codes


def test_an_informative_rule_replaces_nothing(folder):
    # Turned informative, the hospital's own catchment rule leaves the general one in force.
    replace(
        folder,
        "valenza.csv",
        "SAN.01-R03,SAN.01,Ospedali,intercomunale,bacino,graduata",
        "SAN.01-R03,SAN.01,Ospedali,intercomunale,bacino,informativa",
    )

    codes = [rule.codice_regola for rule in load_pack(folder).rules_for("SAN.01")]

    assert "GEN-R11" in codes
    assert "SAN.01-R03" in codes


def test_a_rule_of_another_valenza_replaces_nothing():
    codes = [rule.codice_regola for rule in load_pack().rules_for("VER.01")]

    assert "GEN-R20" not in codes  # n_comuni_serviti, metropolitana: VER.01-R08
    assert "GEN-R10" in codes  # n_comuni_serviti, intercomunale


def test_local_categories_keep_no_graded_rule():
    codes = [rule.codice_regola for rule in load_pack().rules_for("LOC.05")]

    assert codes == ["GEN-R16", "GEN-R26", "GEN-R27", "GEN-R28", "LOC.05-R01"]


def test_a_code_the_taxonomy_lacks_has_no_rules():
    assert load_pack().rules_for("GEN.00") == ()


def test_seven_checks_block_and_a_block_is_never_justified():
    blocking = [check for check in load_pack().controlli if check.bloccante]

    assert [check.codice for check in blocking] == [f"STTM2-10{n}" for n in range(1, 8)]
    assert {check.severita for check in blocking} == {"blocco"}
    assert not any(check.ammette_giustificazione for check in blocking)


def test_severities_are_those_of_the_contract():
    severities = [check.severita for check in load_pack().controlli]

    counted = {name: severities.count(name) for name in ("blocco", "errore", "avviso", "info")}
    assert counted == {"blocco": 7, "errore": 12, "avviso": 41, "info": 28}


def test_a_check_carries_its_numbers():
    pack = load_pack()

    assert pack.check("STTM2-110").parametri["distanza_m"] == 50
    assert pack.check("STTM2-110").parametri["similarita"] == 0.85
    assert pack.check("STTM2-401").parametri["mq_ab"] == 18
    assert pack.check("STTM2-107").legge_geometria is True


def test_only_a_reference_that_was_read_is_verified():
    pack = load_pack()

    assert pack.check("STTM2-303").verificato is True
    assert pack.check("STTM2-104").verificato is False
    assert provenance_text("norma", False) == "norma – da riscontrare"
    assert provenance_text("norma", True) == "norma"
    assert provenance_text("proposta", False) == "proposta"


def test_every_value_says_where_it_comes_from():
    pack = load_pack()
    allowed = {"norma", "letteratura", "proposta"}

    for table in (pack.regole, pack.controlli, pack.parametri_descritti.values(), pack.intervalli):
        assert {one.provenienza for one in table} <= allowed
    for name in ("quota_comune", "ils", "ida", "iu", "opportunita"):
        assert pack.lum[name]["provenienza"] in allowed
    assert all(rank["provenienza"] == "proposta" for rank in pack.lum["ranghi"].values())


@pytest.mark.parametrize(
    ("rango", "raggio", "minimo", "massimo", "attivo"),
    [
        ("metropolitano", 500, 400, 600, True),
        ("sovracomunale", 350, 250, 450, True),
        ("locale", 200, 150, 300, False),
    ],
)
def test_the_radii_are_those_of_the_model(rango, raggio, minimo, massimo, attivo):
    rank = load_pack().lum["ranghi"][rango]

    assert (rank["raggio_m"], rank["minimo_m"], rank["massimo_m"]) == (raggio, minimo, massimo)
    assert rank["attivo"] is attivo


def test_the_weights_of_the_indices_are_those_of_the_model():
    lum = load_pack().lum

    assert lum["ils"]["pesi"] == {"D": 0.45, "T": 0.30, "Q": 0.25}
    assert lum["ida"]["pesi"] == {"O": 0.40, "V": 0.25, "A": 0.20, "M": 0.15}
    assert lum["iu"]["pesi"] == {"a": 0.50, "d": 0.30, "n": 0.20}
    assert lum["ils"]["soglie"] == {"metropolitano": 60, "sovracomunale": 45}
    assert lum["quota_comune"]["valore"] == 0.10


@pytest.mark.parametrize(
    ("codice", "rango", "contesto", "lettera", "testo"),
    [
        ("SAN.01", "sovracomunale", "periurbano", "N", "bacino insufficiente"),
        ("CUL.02", "metropolitano", "periurbano", "C", "corse serali"),
        ("SIC.06", "sovracomunale", "periurbano", "P", ""),
        ("SIC.05", "sovracomunale", "periurbano", "C", "presenza di abitato e accesso viario"),
        # Two contexts only in the matrix: suburbano is read as periurbano.
        ("CUL.02", "sovracomunale", "suburbano", "N", "utenza serale non servita"),
        ("IMP.02", "metropolitano", "urbano", "N", "incompatibilità ambientale"),
    ],
)
def test_a_cell_of_the_matrix_gives_letter_and_reason(codice, rango, contesto, lettera, testo):
    cell = load_pack().cell(codice, rango, contesto)

    assert (cell.lettera, cell.testo) == (lettera, testo)


def test_the_matrix_covers_the_23_categories():
    pack = load_pack()

    assert set(pack.matrice) == {
        code for code, one in pack.categorie.items() if one.tipo_riga == "categoria"
    }
    assert pack.cell("LOC.05", "metropolitano", "urbano") is None


def test_every_code_the_rules_know_has_a_specific_type():
    pack = load_pack()
    known = {
        (one.codice_categoria, one.attributo, one.valore)
        for types in pack.tipi_specifici.values()
        for one in types
    }
    # Levels of competition and recognitions are not kinds of service, nor is a LUM's rank.
    other = {
        "codice_categoria",
        "rango_lum",
        "ruolo_rete",
        "livello_competizioni",
        "riconoscimento_museale",
        "riconoscimento_art10_ptm",
    }

    missing = [
        (rule.codice_regola, value)
        for rule in pack.regole
        if rule.unita == "codice" and rule.attributo not in other
        for value in (rule.soglia if isinstance(rule.soglia, tuple) else (rule.soglia,))
        if (rule.codice_categoria, rule.attributo, value) not in known
    ]

    assert missing == []
    names = [one.tipo_specifico for one in pack.tipi_specifici["TRA.02"]]
    assert "capolinea_metropolitana" in names


def test_the_reference_names_the_pack_by_its_bytes(folder):
    reference = load_pack(folder).as_reference()
    replace(folder, "parametri.csv", "tortuosita,1.3", "tortuosita,1.4")

    assert reference == load_pack().as_reference()
    assert load_pack(folder).as_reference()["sha256"] != reference["sha256"]
    assert len(reference["sha256"]) == 64


def test_line_ends_do_not_change_the_identity(folder):
    table = folder / "valenza.csv"
    table.write_bytes(table.read_bytes().replace(b"\n", b"\r\n"))

    assert load_pack(folder).sha256 == load_pack().sha256


def test_a_zip_of_the_folder_is_the_same_pack(folder, tmp_path):
    flat = load_pack(zipped(folder, tmp_path / "piatto.zip"))
    nested = load_pack(zipped(folder, tmp_path / "annidato.zip", "criteri/"))

    assert flat.sha256 == nested.sha256 == load_pack().sha256


def test_a_word_added_to_the_dictionary_is_a_keyword(folder):
    with open(folder / "dizionario.csv", "a", encoding="utf-8") as table:
        table.write("CUL.01,+,sala prestito,proposta,dizionario del comune\n")

    assert load_pack(folder).categorie["CUL.01"].parole_chiave[-1] == "sala prestito"


def test_a_word_for_every_category_is_an_exclusion(folder):
    with open(folder / "dizionario.csv", "a", encoding="utf-8") as table:
        table.write("GEN.00,-,di fantasia,proposta,dizionario del comune\n")

    assert load_pack(folder).esclusioni[-1] == "di fantasia"


def test_a_pack_may_do_without_the_words_that_help_to_read(folder):
    replace(folder, "pacchetto.json", '    "lessico": "lessico.csv",\n', "")
    (folder / "lessico.csv").unlink()

    pack = load_pack(folder)

    assert pack.lessico == {}
    assert classify_text([["Biblioteca comunale"]], pack)[0].codice == "CUL.01"
    assert classify_text([["Osp. Civile"]], pack)[0].codice is None
    assert classify_text([["Osp. Civile"]], load_pack())[0].codice == "SAN.01"


# --- what it refuses -----------------------------------------------------------


def test_a_pack_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SttmError, match="«assente.json» non trovato"):
        load_pack(tmp_path / "assente.json")


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "valenza.csv",
            "GEN-R08,*",
            "GEN-R08,SAN.99",
            ["valenza.csv, riga 9", "«codice_categoria»", "SAN.99"],
        ),
        (
            "valenza.csv",
            "quota_utenti_esterni,rilevato o stimato,>=,0.25",
            'quota_utenti_esterni,rilevato o stimato,>=,"0,25"',
            ["valenza.csv, riga 9", "«soglia»", "«0,25» non è un numero"],
        ),
        (
            "valenza.csv",
            "quota_utenti_esterni,rilevato o stimato,>=,0.25",
            "quota_utenti_esterni,rilevato o stimato,=>,0.25",
            ["valenza.csv, riga 9", "«operatore»", "=>"],
        ),
        (
            "valenza.csv",
            "GEN-R09,",
            "GEN-R08,",
            ["valenza.csv, riga 10", "«codice_regola»", "«GEN-R08» è ripetuto"],
        ),
        (
            "valenza.csv",
            "codice_regola,codice_categoria",
            "codice,codice_categoria",
            ["valenza.csv, riga 1", "«codice_regola»", "colonna mancante"],
        ),
        (
            "valenza.csv",
            "parametro,punteggio_minimo_valenza",
            "parametro,punteggio",
            ["«punteggio_minimo_valenza»", "manca il parametro"],
        ),
        (
            "tassonomia.csv",
            "TRA.01,categoria",
            "TRA.01,categorie",
            ["tassonomia.csv, riga 4", "«tipo_riga»", "«categorie» non è ammesso"],
        ),
        (
            "controlli.csv",
            "errore,no,si",
            "grave,no,si",
            ["controlli.csv, riga 11", "«severita»", "«grave» non è ammesso"],
        ),
        (
            "controlli_motore.csv",
            "STTM2-101,",
            "STTM2-199,",
            ["controlli_motore.csv, riga 2", "«codice»", "STTM2-199"],
        ),
        (
            "lum_matrice.csv",
            "SAN.01,A,C,C,N",
            "SAN.01,A,C,X,N",
            ["lum_matrice.csv, riga 5", "«SU»", "P, A, C, N"],
        ),
        (
            "lum.json",
            '"raggio_m": 500',
            '"raggio_m": 700',
            ["lum.json", "ranghi.metropolitano.raggio_m", "400–600"],
        ),
        ("lum.json", '"D": 0.45', '"D": 0.55', ["lum.json", "ils.pesi", "1.1"]),
        ("lum.json", '"provenienza": "proposta"', '"provenienza": "ufficiale"', ["ufficiale"]),
        ("lum.json", '"iu": {', '"iu": ', ["lum.json, riga", "JSON non leggibile"]),
        ("lum.json", '"raggio_m": 350', '"raggio_m": NaN', ["lum.json", "NaN"]),
        (
            "lum.json",
            '"urbano": "MU"',
            '"urbano": ["MU"]',
            ["lum.json", "colonne_matrice.metropolitano.urbano"],
        ),
        ("lum.json", '"previsto": ", dopo', '"futuro": ", dopo', ["lum.json", "lettura.previsto"]),
        (
            "testi.json",
            '"avvertenza_rapporto"',
            '"avvertenza"',
            ["testi.json", "avvertenza_rapporto"],
        ),
        ("intervalli.csv", "5000,20000000", "5000,200", ["intervalli.csv, riga 2", "«minimo»"]),
        (
            "tipi_specifici.csv",
            "livello_dm70,DEA_I,",
            "livello_dm70,DEA_9,",
            ["tipi_specifici.csv", "«valore»", "DEA_9"],
        ),
        ("codici.csv", "MIM,PS,IST.01", "MIM,PS,IST.77", ["codici.csv, riga 2", "IST.77"]),
        ("dizionario.csv", "IST.01,+,", "IST.01,?,", ["dizionario.csv, riga 2", "«segno»"]),
        (
            "dizionario.csv",
            "IST.01,-,secondaria di primo grado",
            "GEN.00,+,secondaria di primo grado",
            ["dizionario.csv", "«GEN.00» non è nella tassonomia"],
        ),
        ("lessico.csv", "abbreviazione,^ic,", "sigla,^ic,", ["lessico.csv, riga 2", "«sigla»"]),
        (
            "lessico.csv",
            "^ic,istituto comprensivo",
            "^ic,",
            ["lessico.csv, riga 2", "«estesa»"],
        ),
        ("lessico.csv", "vuota,sede,,", "vuota,sede,casa,", ["lessico.csv", "«estesa»"]),
        ("lessico.csv", "strada,viale,", "strada,via,", ["lessico.csv", "«strada via» è ripetuto"]),
        ("lessico.csv", "strada,viale,", "strada,--,", ["lessico.csv", "né cifre"]),
        ("pacchetto.json", '"id": "sttm2"', '"id": ""', ["pacchetto.json", "«id»"]),
        ("pacchetto.json", "sttm.criteri/1", "sttm.criteri/9", ["«schema»", "sttm.criteri/9"]),
        (
            "pacchetto.json",
            '"valenza.csv"',
            '"../valenza.csv"',
            ["«tabelle.valenza»", "senza cartelle"],
        ),
        ("pacchetto.json", '"valenza.csv"', '"regole.csv"', ["manca la tabella «regole.csv»"]),
        (
            "pacchetto.json",
            '"parametro": "verde_soglia_mq"',
            '"parametro": "verde"',
            ["pacchetto.json", "«superficie_decide.parametro»"],
        ),
    ],
)
def test_a_fault_is_told_with_file_line_and_key(folder, name, old, new, expected):
    replace(folder, name, old, new)

    sentence = refusal(folder)

    for piece in expected:
        assert piece in sentence


def test_a_fault_in_the_engine_table_is_told(folder):
    table = folder / "controlli_motore.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("STTM2-112,"))
    lines[at] = ",".join(["STTM2-112", "", "", "", "no", "{area_mq: 25}"])
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")

    sentence = refusal(folder)

    assert f"controlli_motore.csv, riga {at + 1}, chiave «parametri»: JSON" in sentence


def test_all_faults_are_told_at_once(folder):
    replace(folder, "valenza.csv", "GEN-R08,*", "GEN-R08,SAN.99")
    replace(folder, "lum_matrice.csv", "SAN.01,A,C,C,N", "SAN.01,A,C,X,N")

    sentence = refusal(folder)

    assert "valenza.csv, riga 9" in sentence
    assert "lum_matrice.csv, riga 5" in sentence


def test_a_row_of_another_width_is_told(folder):
    replace(folder, "parametri.csv", "tortuosita,1.3,", "tortuosita,1,3,")

    assert "parametri.csv, riga 2" in refusal(folder)


def test_a_table_in_another_encoding_is_told(folder):
    table = folder / "tassonomia.csv"
    table.write_bytes(table.read_bytes().decode("utf-8").encode("cp1252"))

    sentence = refusal(folder)

    assert "\ntassonomia.csv, riga " in sentence
    assert "UTF-8" in sentence


def test_a_semicolon_separated_table_is_told(folder):
    table = folder / "codici.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")

    assert "Il separatore dev'essere la virgola" in refusal(folder)


def test_an_empty_table_is_told(folder):
    (folder / "valenza.csv").write_bytes(b"")

    assert "valenza.csv, riga 1" in refusal(folder)


def test_a_bottomless_json_is_refused(folder):
    (folder / "lum.json").write_text("[" * 200_000, encoding="utf-8")

    assert "\nlum.json, riga 1: JSON non leggibile" in refusal(folder)


def test_an_unusual_compression_is_refused(folder, tmp_path):
    path = tmp_path / "criteri.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        for member in sorted(folder.iterdir()):
            archive.write(member, member.name)

    with pytest.raises(SttmError, match="compresso in modo insolito"):
        load_pack(path)


def test_a_damaged_member_is_refused(folder, tmp_path):
    path = tmp_path / "criteri.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "pacchetto.json", "pacchetto.json")
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)

    with pytest.raises(SttmError, match="lo zip è danneggiato"):
        load_pack(path)


def test_the_report_opens_with_the_sentence_of_the_contract():
    assert load_pack().testi["avvertenza_rapporto"] == (
        "Verifica di supporto con criteri proposti, non ufficiali; non sostituisce la valutazione "
        "di compatibilità con il PTM (NdA artt. 8-9)."
    )


def test_a_zip_that_is_no_zip_is_refused(tmp_path):
    path = tmp_path / "criteri.zip"
    path.write_bytes(b"PK\x03\x04 troncato")

    with pytest.raises(SttmError, match="lo zip è danneggiato"):
        load_pack(path)


def test_a_zip_without_a_manifest_is_refused(folder, tmp_path):
    (folder / "pacchetto.json").unlink()

    with pytest.raises(SttmError, match="serve un solo pacchetto.json"):
        load_pack(zipped(folder, tmp_path / "criteri.zip"))


def test_a_table_that_swells_is_refused(folder, tmp_path):
    (folder / "testi.json").write_bytes(b" " * (21 * 1024 * 1024))
    path = tmp_path / "criteri.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(folder.iterdir()):
            archive.write(member, member.name)

    with pytest.raises(SttmError, match="«testi.json» è troppo grande"):
        load_pack(path)
