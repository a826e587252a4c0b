"""Tables decoded from their own bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sttm_plugin.core import tabletext
from sttm_plugin.core.errors import SttmError


def dbf(fields, rows, language=0, codec="cp1252"):
    """Return the bytes of a DBF: fields [(name, kind, width, decimals)], rows of texts."""
    size = 1 + sum(width for _, _, width, _ in fields)
    head = bytearray(32)
    head[0] = 3
    head[4:12] = struct.pack("<IHH", len(rows), 33 + 32 * len(fields), size)
    head[29] = language
    for name, kind, width, decimals in fields:
        part = bytearray(32)
        part[: len(name)] = name.encode("ascii")
        part[11] = ord(kind)
        part[16], part[17] = width, decimals
        head += part
    head += b"\r"
    for row in rows:
        head += b"*" if row[0] == "cancellata" else b" "
        for (_, kind, width, _), cell in zip(fields, row):
            raw = cell.encode(codec)
            head += raw.rjust(width) if kind == "N" else raw.ljust(width)
    return bytes(head)


@pytest.mark.parametrize(
    ("content", "declared", "name", "contradicts"),
    [
        ("città".encode(), "", "utf-8", ""),
        ("città".encode(), "1252", "utf-8", "cp1252"),
        ("città".encode("cp1252"), "", "cp1252", ""),
        ("città".encode("cp1252"), "UTF-8", "cp1252", "utf-8"),
        ("città".encode("cp850"), "cp850", "cp850", ""),
        ("\ufeffcittà".encode(), "", "utf-8-sig", ""),
        (b"citta", "", "utf-8", ""),
        # DOS: "è" and "ò" after a letter are signs of nothing in Windows-1252.
        ("caffè e però".encode("cp850"), "", "cp850", ""),
        ("caffè e però".encode("cp850"), "UTF-8", "cp850", "utf-8"),
        ("città • caffè…".encode("cp1252"), "", "cp1252", ""),
        ("uno• perché".encode("cp1252"), "", "cp1252", ""),
    ],
)
def test_the_encoding_is_found_from_the_content(content, declared, name, contradicts):
    found = tabletext.find_encoding(content, "", declared)

    assert (found.name, found.contradicts) == (name, contradicts)


def test_an_encoding_that_does_not_fit_is_refused():
    with pytest.raises(SttmError, match="posizione 4"):
        tabletext.find_encoding("città".encode("cp1252"), "UTF-8")
    with pytest.raises(SttmError, match="«klingon» sconosciuta"):
        tabletext.find_encoding(b"x", "klingon")


@pytest.mark.parametrize("written", ["1252", "Windows-1252", "cp1252", "ANSI 1252"])
def test_encodings_have_many_names(written):
    assert tabletext.codec_name(written) == "cp1252"


def test_a_semicolon_table_with_decimal_commas_and_quoted_lines():
    text = 'nome;lat;note\n"Asilo ""Rodari""";45,5;"due\nrighe"\nScuola;45,6;\n\n'

    table = tabletext.read_csv(text.encode("cp1252"))

    assert table.delimiter == ";"
    assert table.names == ["nome", "lat", "note"]
    assert table.rows == [['Asilo "Rodari"', "45,5", "due\nrighe"], ["Scuola", "45,6", None]]


def test_the_header_row_is_chosen_and_names_are_unique():
    text = "Elenco dei servizi,,\nnome,,nome\nA,B,C\n"

    table = tabletext.read_csv(text.encode(), header_row=2)

    assert table.names == ["nome", "campo_2", "nome_2"]
    assert table.rows == [["A", "B", "C"]]
    assert table.skipped == 1
    with pytest.raises(SttmError, match="riga di intestazione 9 non esiste"):
        tabletext.read_csv(text.encode(), header_row=9)


def test_a_row_with_too_many_cells_is_kept_as_broken():
    table = tabletext.read_csv(b"a,b\n1,2\n1,2,3\n1\n")

    assert table.rows == [["1", "2"], ["1", "2"], ["1", None]]
    assert list(table.broken) == [1]
    assert "3 celle e le colonne sono 2" in table.broken[1]


def test_a_table_cut_inside_quotes_is_refused_with_its_row():
    with pytest.raises(SttmError, match="alla riga 3.*troncato"):
        tabletext.read_csv(b'a,b\n1,2\n3,"met')


def test_a_dbf_is_decoded_by_its_language_byte_and_without_deleted_records():
    fields = [("NOME", "C", 10, 0), ("POSTI", "N", 6, 0), ("SUP", "N", 8, 2), ("DAL", "D", 8, 0)]
    rows = [
        ["Università"[:10], "12", "1.50", "20240131"],
        ["cancellata", "1", "1", "20240131"],
        ["", "", "", "00000000"],
    ]

    table = tabletext.read_dbf(dbf(fields, rows, 0x02, "cp850"))

    assert table.encoding.name == "cp850"
    assert table.kinds == ["text", "int", "real", "date"]
    assert table.widths == [10, 0, 0, 0]
    assert table.rows == [["Università", 12, 1.5, "2024-01-31"], [None, None, None, None]]
    assert table.numbers.tolist() == [0, 2]


def test_a_cpg_that_lies_is_contradicted_by_the_content():
    content = dbf([("NOME", "C", 12, 0)], [["Città"]], 0x57, "utf-8")

    table = tabletext.read_dbf(content, "", "1252")

    assert table.rows == [["Città"]]
    assert (table.encoding.name, table.encoding.contradicts) == ("utf-8", "cp1252")


def test_a_letter_cut_by_the_width_does_not_hide_utf8():
    whole = dbf([("NOME", "C", 7, 0)], [["Città"]], 0, "utf-8").replace(
        "Città".encode() + b" ", "è Citt".encode()[:6] + "à".encode()[:1]
    )

    assert tabletext.read_dbf(whole).encoding.name == "utf-8"


def test_a_truncated_dbf_is_refused():
    content = dbf([("NOME", "C", 10, 0)], [["uno"], ["due"]])

    with pytest.raises(SttmError, match="dichiara 2 righe e ne contiene 1"):
        tabletext.read_dbf(content[:-5])


cells = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.text("aè€ 1\n\0", max_size=4).map(str.encode),
        st.text("aèé 1", max_size=6).map(lambda text: text.encode("cp1252")),
    ).map(lambda raw: raw.rstrip(b"\0")),
    min_size=1,
    max_size=6,
)


@given(cells, st.sampled_from(["utf-8", "cp1252", "iso8859-1", "cp850", "cp437", "cp932"]))
def test_cells_of_a_dbf_are_decoded_together_as_they_are_one_by_one(raws, codec):
    one_by_one = [tabletext._dbf_value(raw, "C", 0, codec) for raw in raws]

    assert tabletext._dbf_values(raws, "C", 0, codec) == one_by_one


@given(cells, st.sampled_from(["", "cp1252", "utf-8"]))
def test_the_encoding_of_a_dbf_is_that_of_all_its_cells(raws, declared):
    width = max(2, *map(len, raws))
    content = dbf([("NOME", "C", width, 0)], [["x"]] * len(raws))
    content = content[: -len(raws) * (width + 1)]
    content += b"".join(b" " + raw.ljust(width) for raw in raws)
    whole = b"\n".join([b"NOME", *(tabletext._whole_letters(raw.rstrip()) for raw in raws)])

    expected = tabletext.find_encoding(whole, "", declared)
    found = tabletext.read_dbf(content, "", declared).encoding
    assert (found.name, found.contradicts) == (expected.name, expected.contradicts)


def test_blank_columns_of_a_dbf_hold_nothing():
    table = tabletext.read_dbf(dbf([("A", "C", 9, 0), ("B", "C", 4, 0)], [["", "x"], ["", ""]]))

    assert table.rows == [[None, "x"], [None, None]]


@pytest.mark.parametrize("first", [b"sep=;", b'"SEP=;"', b"\xef\xbb\xbfsep=;", b"sep=;;;"])
def test_the_line_by_which_excel_names_the_sign_between_cells_is_no_header(first):
    table = tabletext.read_csv(first + b"\r\nnome;note\r\nMuseo, civico;a,b,c\r\n")

    assert (table.names, table.rows) == (["nome", "note"], [["Museo, civico", "a,b,c"]])
    assert (table.delimiter, table.skipped, table.numbers.tolist()) == (";", 0, [1])


def test_a_column_called_sep_is_a_column():
    table = tabletext.read_csv(b"sep;nome\n;Museo\n")

    assert table.names == ["sep", "nome"]
