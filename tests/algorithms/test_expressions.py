"""Checks a pack writes as QGIS expressions, evaluated by QGIS: verdicts, limits, refusals."""

from __future__ import annotations

import time

import pytest
from shapely.geometry import box

from sttm_plugin.core import pack_review
from sttm_plugin.core.checks.engine import run_checks
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.pack import load_pack
from tests.core.plans import ISTAT, layer, plan_with
from tests.core.test_expressions import add_rows, example_rows, pack_copy

MET, NOT_MET = "soddisfatto", "non_soddisfatto"
PLAN = {"layer": "piano", "operatore": ">=", "soglia": "0.5", "unita": "mq/ab"}
SHARE = 'sum("superficie_mq", filter:="codice_sttm" = \'VER.01\') / @abitanti'
LUM_ROW = {"layer": "lum", "espressione": '"area_mq"', "soglia": "700000", "unita": "mq"}


@pytest.fixture
def folder(tmp_path):
    """A copy of the bundled pack that a test may change."""
    return pack_copy(tmp_path)


@pytest.fixture
def judged(qgis_app_with_expressions, folder):
    """Return a function: a row of the pack's table, a plan → verdict and findings."""

    def run(row, plan):
        add_rows(folder, row)
        plan.pack = load_pack(folder)
        result = run_checks(plan, plan.pack, only={"RHO-01"})
        (check,) = result.checks.to_dict("records")
        return check["verdetto"], result.findings, check["dati_mancanti"]

    return run


@pytest.fixture
def qgis_app_with_expressions(sttm_provider):
    """QGIS with the algorithms: they lend the packs its expressions."""
    from sttm_plugin.core.expressions import evaluator

    assert evaluator() is not None


def plot(side):
    return {"geometry": box(502000, 5042000, 502000 + side, 5042100), "superficie_mq": side * 100.0}


def park(share):
    from sttm_plugin.core.reference import resolve_comune

    return {"codice_sttm": "VER.01", "superficie_mq": share * resolve_comune(ISTAT).popolazione}


def lum(area):
    shape = box(502000, 5042000, 503000, 5043000)
    return layer({"id_lum": "L1", "comuni": ISTAT, "area_mq": area, "geometry": shape})


# A check, and a plan that fails it, one that meets it, one at the limit with its verdict.
CASES = {
    "a number against a threshold": (
        {"espressione": '"capacita"'},
        lambda: plan_with({"capacita": 39.0}),
        lambda: plan_with({"capacita": 41.0}),
        lambda: plan_with({"capacita": 40.0}), MET, "s1",
    ),
    "at most": (
        {"espressione": '"capacita"', "operatore": "<="},
        lambda: plan_with({"capacita": 41.0}),
        lambda: plan_with({"capacita": 39.0}),
        lambda: plan_with({"capacita": 40.0}), MET, "s1",
    ),
    "less than, excluded": (
        {"espressione": '"capacita"', "operatore": "<"},
        lambda: plan_with({"capacita": 41.0}),
        lambda: plan_with({"capacita": 39.0}),
        lambda: plan_with({"capacita": 40.0}), NOT_MET, "s1",
    ),
    "true or false": (
        {"operatore": "", "soglia": "", "espressione": '"gestore" is not null'},
        lambda: plan_with({"gestore": None}),
        lambda: plan_with({"gestore": "Comune"}),
        lambda: plan_with({"gestore": " "}), NOT_MET, "s1",
    ),
    "the area, measured in the analysis CRS": (
        {"espressione": "area($geometry)", "soglia": "5000"},
        lambda: plan_with(plot(49)),
        lambda: plan_with(plot(51)),
        lambda: plan_with(plot(50)), MET, "s1",
    ),
    "an entry of attributi": (
        {"espressione": '"attributi.posti_studio"', "operatore": ">"},
        lambda: plan_with({"attributi": '{"posti_studio": {"valore": 12}}'}),
        lambda: plan_with({"attributi": '{"posti_studio": {"valore": 80}}'}),
        lambda: plan_with({"attributi": '{"posti_studio": {"valore": 40}}'}), NOT_MET, "s1",
    ),
    "a date against the day of the run": (
        {"operatore": "", "soglia": "2", "espressione": 'year(@oggi)-year("data_rif") <= @soglia'},
        lambda: plan_with({"data_rif": "2023-12-31"}),
        lambda: plan_with({"data_rif": "2025-12-31"}),
        lambda: plan_with({"data_rif": "2024-01-01"}), MET, "s1",
    ),
    "what the plan holds for each inhabitant": (
        {**PLAN, "espressione": SHARE},
        lambda: plan_with(park(0.4)),
        lambda: plan_with(park(0.6)),
        lambda: plan_with(park(0.5)), MET, ISTAT,
    ),
    "a LUM": (
        LUM_ROW,
        lambda: plan_with({}, lum=lum(600_000.0)),
        lambda: plan_with({}, lum=lum(800_000.0)),
        lambda: plan_with({}, lum=lum(700_000.0)), MET, "L1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_object_that_fails_the_one_that_passes_and_the_one_at_the_limit(judged, folder, name):
    row, fails, passes, limit, at_limit, object_id = CASES[name]
    verdict, findings, _ = judged(row, fails())
    assert (verdict, findings["id_oggetto"].tolist()) == (NOT_MET, [object_id])
    for make, expected in ((passes, MET), (limit, at_limit)):
        plan = make()
        result = run_checks(plan, load_pack(folder), only={"RHO-01"})
        assert result.checks["verdetto"].tolist() == [expected]


def test_the_finding_says_value_threshold_margin_and_where_it_comes_from(judged):
    verdict, findings, _ = judged({"espressione": '"capacita"'}, plan_with({"capacita": 25.0}))
    (one,) = findings.to_dict("records")
    assert verdict == NOT_MET
    assert one["descrizione"] == "servizio 1: 25 posti (soglia 40)"
    assert (one["valore"], one["soglia"], one["unita"], one["margine"]) == (
        "25", "40", "posti", -15.0,
    )  # fmt: skip
    assert (one["gruppo"], one["provenienza"], one["riferimento"], one["suggerimento"]) == (
        "dotazioni", "proposta", "Regolamento comunale", "Ampliare o motivare",
    )  # fmt: skip


def test_only_what_the_filter_takes_is_concerned(judged):
    row = {"espressione": '"capacita"', "filtro": "\"codice_sttm\" = 'CUL.01'"}
    plan = plan_with({"codice_sttm": "CUL.02", "capacita": 1.0}, {"capacita": 50.0})
    verdict, findings, _ = judged(row, plan)
    assert (verdict, len(findings)) == (MET, 0)


def test_a_filter_that_takes_nothing_is_not_applicable(judged):
    row = {"espressione": '"capacita"', "filtro": '"capacita" > 1000'}
    assert judged(row, plan_with({"capacita": 1.0}))[0] == "non_applicabile"


@pytest.mark.parametrize(
    ("row", "services", "missing"),
    [
        ({"espressione": '"capacita"'}, [{}, {"capacita": 90.0}], "campo:capacita"),
        ({"espressione": '"attributi.sale"'}, [{"attributi": "["}], "campo:sale"),
        ({"espressione": "to_int('x')"}, [{}], "ESPRESSIONE"),
        ({"espressione": '"denominazione"'}, [{}], "ESPRESSIONE"),
        ({"espressione": '"denominazione"', "operatore": ""}, [{}], "ESPRESSIONE"),
        ({**PLAN, "espressione": 'mean("capacita")'}, [{}], "ESPRESSIONE"),
        (LUM_ROW, [{}], "LUM"),
    ],
)
def test_what_cannot_be_judged_is_not_verifiable_and_says_what_is_missing(
    judged, row, services, missing
):
    verdict, findings, said = judged(row, plan_with(*services))
    assert (verdict, len(findings), said) == ("non_verificabile", 0, missing)


def test_one_that_fails_counts_before_one_that_is_not_known(judged):
    plan = plan_with({}, {"capacita": 1.0})
    verdict, findings, said = judged({"espressione": '"capacita"'}, plan)
    assert (verdict, findings["id_oggetto"].tolist()) == (NOT_MET, ["s2"])
    assert said == "campo:capacita"


def test_the_pack_s_parameters_and_the_comune_are_variables(judged):
    row = {
        "operatore": "",
        "espressione": "@verde_soglia_mq = 5000 and @comune = 'Rho' and @codice_zo = 'NOV' and "
        "@polo is not null and @abitanti > 50000 and not @citta_centrale",
    }
    assert judged(row, plan_with({}))[0] == MET


def test_planned_services_count_in_what_will_be_and_not_in_what_is(judged, folder):
    judged({**PLAN, "espressione": SHARE}, plan_with(park(0.6)))
    plan = plan_with({**park(0.3)}, {**park(0.3), "stato": "previsto"})
    result = run_checks(plan, load_pack(folder), only={"RHO-01"})
    assert [(one["oggi"], one["previsto"]) for one in result.scenari] == [(1, 0)]


def test_a_justification_holds_until_what_the_expression_reads_changes(judged, folder):
    _, findings, _ = judged({"espressione": '"capacita"'}, plan_with({"capacita": 25.0}))

    def print_of(**row):
        plan = plan_with({"capacita": 25.0, **row})
        result = run_checks(plan, load_pack(folder), only={"RHO-01"})
        return result.findings["impronta"].iloc[0]

    first = findings["impronta"].iloc[0]
    assert print_of(gestore="altri") == first
    assert print_of(capacita=26.0) != first


def test_the_examples_of_the_manual_do_what_they_say(qgis_app_with_expressions, folder):
    add_rows(folder, *example_rows())
    plan = plan_with({"attributi": '{"posti_lettura": {"valore": 30}}'}, park(2.0))
    result = run_checks(plan, load_pack(folder), only={"RHO-01", "RHO-02"})
    assert result.findings["descrizione"].tolist() == [
        "servizio 1: 30 posti di lettura (soglia 40)", "Rho: 2 mq per abitante (soglia 3)",
    ]  # fmt: skip
    plan = plan_with({"codice_sttm": "VER.01"}, park(5.0))
    result = run_checks(plan, load_pack(folder), only={"RHO-02"})
    assert result.checks["verdetto"].tolist() == ["non_verificabile"]


# --- what a pack may not do ------------------------------------------------------------

REFUSED = (
    ('"capacita', "l'espressione non si legge"),
    ("capienza", "la colonna «capienza» non c'è in servizi"),
    ("@tetto", "la variabile «@tetto» non c'è"),
    ("@project_path", "la variabile «@project_path» non c'è"),
    ("var('so' || 'glia')", "va scritto per intero"),
    ("env('HOME')", "la funzione «env» non è ammessa"),
    ("eval('1')", "la funzione «eval» non è ammessa"),
    ("eval_template('[% 1 %]')", "la funzione «eval_template» non è ammessa"),
    ("file_exists('/etc/passwd')", "la funzione «file_exists» non è ammessa"),
    ("raster_value('r', 1, make_point(1, 1))", "la funzione «raster_value» non è ammessa"),
    ("aggregate('servizi', 'sum', 1)", "la funzione «aggregate» non è ammessa"),
    ("get_feature('servizi', 'a', 1)", "la funzione «get_feature» non è ammessa"),
    ("attribute('gestore')", "la funzione «attribute» non è ammessa"),
    ('from_json("attributi")', "la funzione «from_json» non è ammessa"),
    ("now()", "la funzione «now» non è ammessa"),
    ("rand(1, 2)", "la funzione «rand» non è ammessa"),
    ("uuid()", "la funzione «uuid» non è ammessa"),
    ("lpad('a', 2000000000, 'b')", "la funzione «lpad» non è ammessa"),
    ("replace('aa', 'a', 'aaaaaaaaaa')", "la funzione «replace» non è ammessa"),
    ("generate_series(1, 1e12)", "la funzione «generate_series» non è ammessa"),
    ("with_variable('x', 1, @x)", "la funzione «with_variable» non è ammessa"),
    ("regexp_match(\"gestore\", '(a+)+$')", "la funzione «regexp_match» non è ammessa"),
    ("\"gestore\" ~ '(a+)+$'", "le espressioni regolari (~) non sono ammesse"),
    ("\"gestore\" like '%a%a%'", "al massimo 2 «%»"),
    ('"gestore" like "fonte"', "dopo like serve un testo fra apici"),
    ("buffer($geometry, 1, 1000000000)", "buffer(): al massimo 2 argomenti"),
    ("$area", "usare area($geometry)"),
    ('sum("capacita")', "va solo con layer «piano»"),
    ("array(1, 2)[0]", "costrutto non ammesso"),
    ("nostra_funzione()", "l'espressione non si legge"),
)


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_not_allowed_is_a_fault_of_the_pack(
    qgis_app_with_expressions, folder, text, sentence
):  # fmt: skip
    add_rows(folder, {}, {"codice": "RHO-02", "espressione": text})
    faults = pack_review.review(folder / "pacchetto.json").faults
    assert {(one.file, one.riga, one.chiave) for one in faults} == {
        ("espressioni.csv", 3, "espressione")
    }
    assert any(sentence in one.messaggio for one in faults)
    with pytest.raises(SttmError, match="espressioni.csv, riga 3, chiave «espressione»"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"capacita" > 1', "va dentro un aggregato"),
        ('sum("capacita", group_by:="comune")', "group_by non è ammesso"),
        ('sum(count("capacita"))', "dentro un altro aggregato"),
        ("+".join(['sum("capacita")'] * 11), "al massimo 10 aggregati"),
        ("sum(area($geometry))", "usare superficie_mq"),
    ],
)
def test_what_is_not_allowed_on_the_plan(
    qgis_app_with_expressions, folder, text, sentence
):  # fmt: skip
    add_rows(folder, {**PLAN, "espressione": text})
    faults = pack_review.review(folder / "pacchetto.json").faults
    assert any(sentence in one.messaggio for one in faults)


def test_a_function_that_python_adds_to_the_language_is_not_allowed(
    qgis_app_with_expressions, folder
):  # fmt: skip
    from qgis.core import QgsExpression
    from qgis.utils import qgsfunction

    @qgsfunction(args=0, group="Custom")
    def sttm_apri(values, feature, parent):
        raise AssertionError("a pack must never get here")

    try:
        add_rows(folder, {"espressione": "sttm_apri()"})
        (fault,) = pack_review.review(folder / "pacchetto.json").faults
        assert "la funzione «sttm_apri» non è ammessa" in fault.messaggio
    finally:
        QgsExpression.unregisterFunction("sttm_apri")


def test_a_deep_expression_and_a_long_text_are_read_without_harm(judged):
    row = {"operatore": "", "espressione": "not " * 480 + "\"gestore\" like '%x%z'"}
    begin = time.process_time()
    assert judged(row, plan_with({"gestore": "xy" * 500_000}))[0] == NOT_MET
    assert time.process_time() - begin < 20


def test_an_expression_that_takes_too_long_stops_the_run_with_its_name(judged, monkeypatch):
    from sttm_plugin.qgis_io import expressions

    monkeypatch.setattr(expressions, "_MOST_SECONDS", -1.0)
    with pytest.raises(SttmError, match='«"capacita"» impiega più di'):
        judged({"espressione": '"capacita"'}, plan_with({"capacita": 1.0}))


def test_a_run_stopped_in_the_middle_of_an_expression_gives_nothing(judged, folder):
    judged({"espressione": '"capacita"'}, plan_with({"capacita": 50.0}))
    plan = plan_with({"capacita": 50.0})
    asked = []
    assert (
        run_checks(plan, load_pack(folder), lambda s: asked.append(s) or False, {"RHO-01"}) is None
    )
    assert asked == [0.0]


# --- through the algorithms -----------------------------------------------------------


def test_the_algorithms_take_it_all_the_way(sttm_provider, services, folder, tmp_path):
    from qgis import processing

    add_rows(folder, {"espressione": '"capacita"', "filtro": '"capacita" is not null'})
    criteria = str(folder / "pacchetto.json")
    valid = processing.run(
        "sttm:validatecriteria",
        {"CRITERIA": criteria, "OUTPUT": "TEMPORARY_OUTPUT", "VALUES": "TEMPORARY_OUTPUT"},
    )
    values = {
        row["campo"]: row["valore"]
        for row in valid["VALUES"].getFeatures()
        if row["tabella"] == "espressioni"
    }
    assert valid["VALID"]
    assert (values["espressione"], values["soglia"]) == ('"capacita"', "40")
    rows = [
        {
            "id_servizio": "a",
            "denominazione": "<b>Sala</b>",
            "codice_sttm": "CUL.01",
            "capacita": 9,
        },
        {"id_servizio": "b", "denominazione": "Museo", "codice_sttm": "CUL.03"},
    ]
    rows[0]["capacita"] = 9
    found = processing.run(
        "sttm:checkplan",
        {
            "SERVICES": services(rows),
            "COMUNE": ISTAT,
            "CRITERIA": criteria,
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REPORT_HTML": str(tmp_path / "rapporto.html"),
        },
    )
    mine = [row for row in found["OUTPUT"].getFeatures() if row["codice"] == "RHO-01"]
    assert [(row["id_oggetto"], row["valore"]) for row in mine] == [("a", "9")]
    assert found["CHECKS_RUN"] + found["NOT_RUN"] + found["NOT_APPLICABLE"] == 89
    page = (tmp_path / "rapporto.html").read_text(encoding="utf-8")
    assert "Biblioteca capiente" in page
    assert "&lt;b&gt;Sala&lt;/b&gt;: 9 posti" in page


def test_a_bad_expression_stops_checkplan_with_file_line_and_key(sttm_provider, services, folder):
    from qgis import processing
    from qgis.core import QgsProcessingException

    add_rows(folder, {"espressione": "env('HOME')"})
    parameters = {
        "SERVICES": services([]),
        "COMUNE": ISTAT,
        "CRITERIA": str(folder / "pacchetto.json"),
    }
    with pytest.raises(
        QgsProcessingException, match="espressioni.csv, riga 2, chiave «espressione»"
    ):
        processing.run("sttm:checkplan", {**parameters, "OUTPUT": "TEMPORARY_OUTPUT"})
