"""Single values as people write them."""

from __future__ import annotations

import pytest

from sttm_plugin.core import values
from sttm_plugin.core.errors import SttmError


@pytest.mark.parametrize(
    ("text", "decimal", "number", "unit"),
    [
        ("1.234,50 mq", ",", 1234.5, "mq"),
        ("1.234,50 mq", ".", 1234.5, "mq"),
        ("1,234.50", ",", 1234.5, ""),
        ("0,3 ha", ".", 0.3, "ha"),
        ("1.234", ",", 1234.0, ""),
        ("1.234", ".", 1.234, ""),
        ("0.500", ",", 0.5, ""),
        ("1.234.567", ".", 1234567.0, ""),
        ("12'500", ",", 12500.0, ""),
        ("12 500", ",", 12500.0, ""),
        ("-3,5", ",", -3.5, ""),
        ("120 posti letto", ",", 120.0, "posti letto"),
        ("850 m2", ",", 850.0, "m2"),
        ("1,5E+03", ",", 1500.0, ""),
    ],
)
def test_a_number_is_read_with_its_unit(text, decimal, number, unit):
    assert values.parse_number(text, decimal) == (number, unit)


@pytest.mark.parametrize("text", ["circa", "", None, "12 - 14", "1.23.456", "1,2,3", True])
def test_what_is_no_number_is_none(text):
    assert values.parse_number(text) is None


@pytest.mark.parametrize(
    ("texts", "sign"),
    [
        (["1,5", "2"], ","),
        (["1.5", "2"], "."),
        (["1.234,5"], ","),
        (["1.234.567"], ","),
        (["1.234", "5"], "ambiguo"),
        (["0.123"], "."),
        (["1,5", "1.5"], "misto"),
        (["12", None], ""),
    ],
)
def test_the_decimal_sign_is_proved_by_the_column(texts, sign):
    assert values.decimal_evidence(texts) == sign


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/12/2024", "2024-12-31"),
        ("1/2/98", "1998-02-01"),
        ("01-02-24", "2024-02-01"),
        ("20090101000000", "2009-01-01"),
        ("20240229", "2024-02-29"),
        ("2024-02-29T10:00:00Z", "2024-02-29"),
        ("5 marzo 2020", "2020-03-05"),
        ("00/00/0000", None),
        ("30/02/2024", None),
        ("2024", None),
    ],
)
def test_a_date_becomes_iso_or_nothing(text, day):
    assert values.parse_date(text) == day


def test_a_date_parameter_that_is_no_date_is_refused():
    with pytest.raises(SttmError, match="«ieri»"):
        values.given_date("ieri")


@pytest.mark.parametrize(
    ("text", "state", "phase"),
    [
        ("Esistente", "esistente", None),
        ("E", "esistente", None),
        ("in essere", "esistente", None),
        ("SERVIZI PUBBLICI ESISTENTI", "esistente", None),
        ("P", "previsto", None),
        ("non attuato", "previsto", None),
        ("di progetto", "previsto", None),
        ("in costruzione", "in_corso", None),
        ("in_corso", "in_corso", None),
        ("In ampliamento", "esistente", "cantiere"),
        ("dismesso", "dismesso", None),
        ("chiuso", None, None),
        ("da trasferire", None, None),
        ("parzialmente esistente", None, None),
        ("non esistente", None, None),
        ("X", None, None),
        (None, None, None),
    ],
)
def test_a_state_is_recognised_and_never_guessed(text, state, phase):
    assert values.parse_stato(text) == (state, phase)


@pytest.mark.parametrize(
    ("text", "valenza"),
    [
        ("Sovracomunale", "sovracomunale"),
        ("sovra-comunale", "sovracomunale"),
        ("livello metropolitano", "metropolitana"),
        ("comunale", "locale"),
        ("intercomunale", "intercomunale"),
        ("alto", None),
        ("locale / sovracomunale", None),
    ],
)
def test_a_valenza_is_recognised_and_never_guessed(text, valenza):
    assert values.parse_valenza(text) == valenza


@pytest.mark.parametrize(
    ("text", "column", "code"),
    [
        ("MIPS01000A", "Codice", "MIM:MIPS01000A"),
        ("mimm8f201q-02", "", "MIM:MIMM8F201Q-02"),
        ("MI1M083009", "", "MIM:MI1M083009"),
        ("IT-MI0022", "", "ISIL:IT-MI0022"),
        ("030085-00", "CODICE STRUTTURA DI RICOVERO", "HSP:030085-00"),
        ("030085-00", "telefono", None),
        ("MINISTERIA", "", None),
        ("MI6158", "", None),
        ("HSP:030085", "", "HSP:030085"),
    ],
)
def test_official_codes_carry_their_register(text, column, code):
    assert values.official_code(text, column) == code


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("UniversitÃ\u00a0", "Università"),
        ("Fabrizio De AndrÃÂ¨", "Fabrizio De Andrè"),
        ("Città", "Città"),
        ("SÃO PAULO", "SÃO PAULO"),
        ("lâ€™asilo", "l’asilo"),
        ("Â«LarioÂ» â€“ piscina", "«Lario» – piscina"),
        ("â€", "â€"),
        # The second half of "à" is a space that cannot break: plain ones and trims lose it.
        ("UniversitÃ  degli Studi", "Università  degli Studi"),
        ("piÃ¹ cittÃ", "più città"),
        ("SCUOLA Ã ", "SCUOLA Ã "),
    ],
)
def test_mojibake_is_mended_only_where_it_is(text, mended):
    assert values.mend_mojibake(text) == mended


def test_coordinates_in_one_text():
    assert values.parse_pair("(45.47174625, 9.24682725)") == (45.47174625, 9.24682725)
    assert values.parse_pair("45.5048719469, 9.16934145338") == (45.5048719469, 9.16934145338)
    assert values.parse_pair("45,47 9,24") == (45.47, 9.24)
    assert values.parse_pair("via Roma 3") is None
    assert values.looks_like_wkt("POINT (9.4 45.4)")
    assert not values.looks_like_wkt("Point Sud")


def test_null_tokens_add_to_ours_without_case():
    tokens = values.null_tokens("Boh; xx")

    assert values.is_null(" non disponibile ", tokens)
    assert values.is_null("BOH", tokens)
    assert values.is_null("\u00a0", tokens)
    assert not values.is_null("0", tokens)


def test_units_of_area():
    assert values.area_factor("mq") == 1.0
    assert values.area_factor("m²") == 1.0
    assert values.area_factor("Ha") == 10000.0
    assert values.area_factor("Km²") == 1000000.0
    assert values.area_factor("posti") is None
