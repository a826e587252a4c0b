"""Columns as codes say what the columns said."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sttm_plugin.core import documents, personal, schema, tabletext, values
from sttm_plugin.core.coded import Coded, Coder, Marks, places_of, together
from sttm_plugin.core.intake_positions import _PLAIN_NUMBER, _plain_numbers

text = st.text(st.sampled_from(" ab\t\n'=-\u00a0è\x00\x1f\u2003"), max_size=5)
cell = st.one_of(st.none(), text)
value = st.one_of(cell, st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 1.0, 0.5]))


def same(found, expected):
    return [(type(v), v) for v in found] == [(type(v), v) for v in expected]


@given(st.lists(st.lists(value, max_size=6), max_size=4))
def test_a_column_gives_back_what_was_added_in_lots(lots):
    coder = Coder()
    for lot in lots:
        coder.add(lot)

    column = coder.column()

    whole = [one for lot in lots for one in lot]
    assert same(column, whole)
    assert same([column[row] for row in range(len(column))], whole)
    assert column.true().tolist() == [one is not None for one in whole]
    assert sum(column.counts().tolist()) == len(whole)
    assert column.different() == len(set(whole))
    assert same(column.at(np.arange(len(whole))[::-1]), whole[::-1])


def test_a_column_of_different_values_is_not_looked_up():
    coder = Coder()
    first = coder.add([str(number) for number in range(5000)])
    again = coder.add(["7", None, "7"])

    assert first.tolist() == list(range(5000)) and again.tolist() == [5000, 5001, 5002]
    assert coder.missing(again).tolist() == [False, True, False]
    assert list(coder.column())[-3:] == ["7", None, "7"]


def test_values_put_on_rows_leave_the_others_empty_and_the_last_one_stands():
    marks = Marks(4)
    marks.put(np.array([0, 2]), "a")
    marks.put(2, "b")
    marks.put_column(np.array([3]), Coded.of(["x", "y", "z", "è"]))

    assert list(marks.column()) == ["a", None, "b", "è"]
    assert list(marks.column().changed({1: "c", 0: None})) == [None, "c", "b", "è"]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=20))
def test_rows_equal_in_every_column_are_one_group(pairs):
    one, two = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))

    groups, first = together(one, two)

    assert len(first) == len(set(pairs))
    assert all(pairs[first[group]] == pair for group, pair in zip(groups.tolist(), pairs))
    members = places_of(groups)
    assert sorted(row for rows in members.values() for row in rows.tolist()) == [*range(len(pairs))]


@given(st.lists(value, max_size=6))
def test_a_column_is_cleaned_as_its_values_are(column):
    assert same(values.cleaned(column), [values.clean(one) for one in column])


@given(st.lists(st.lists(st.one_of(cell, st.just(1.5)), max_size=3), max_size=6))
def test_rows_of_a_table_are_those_read_one_by_one(rows):
    table = tabletext.table_from_rows([["a", "b"], *rows], 1, None)

    expected, broken = [], []
    for cells in rows:
        read = [None if one is None or not str(one).strip() else one for one in cells]
        read = [values.written_cell(one) for one in read]
        if any(one is not None for one in read):
            broken += [len(expected)] * any(one is not None for one in read[2:])
            expected.append((read + [None, None])[:2])
    assert table.rows == expected
    assert sorted(table.broken) == broken


@given(
    st.lists(
        st.sampled_from(
            [
                "1",
                "-2.5",
                "1.",
                "a",
                "",
                "12\n3",
                "1" * 16,
                "1" * 32,
                "-",
                "--1",
                "1.2.3",
                ".5",
                "1e5",
                "1_0",
                "٣",
                None,
            ]
        )
    )
)
def test_numbers_are_read_at_once_only_where_all_are_plain(texts):
    found = _plain_numbers(texts)

    plain = all(text is not None and _PLAIN_NUMBER(text) for text in texts) and bool(texts)
    assert (found is not None) == plain
    assert found is None or found.tolist() == [float(text) for text in texts]


def test_what_may_be_a_total_is_looked_at():
    from sttm_plugin.core.intake import _TOTAL, _may_be_total
    from sttm_plugin.core.text import normalise

    for text in (
        "Totale",
        "  «TOT» 3",
        "s.o.m.m.a.",
        "Sub totale",
        "_tot",
        "tótale",
        "1 tot",
        "Asilo",
    ):
        assert _may_be_total(text) == bool(re.match(_TOTAL, normalise(text)))


@given(st.lists(st.one_of(st.none(), st.text("a@+03 ", min_size=1, max_size=17)), max_size=5))
def test_what_may_be_personal_is_told_together_as_it_is_one_by_one(texts):
    told = personal.may_be_personal(texts)

    assert told == [personal.may_be_personal([one])[0] for one in texts]


@given(st.lists(cell, max_size=6))
def test_texts_are_trimmed_together_as_they_are_one_by_one(texts):
    assert schema.trimmed(texts) == [(one.strip() or None) if one else None for one in texts]
    assert schema.trimmed([*texts, 1]) is None


@given(st.lists(st.text('aè"\\\n\x7f€', max_size=3), max_size=4))
def test_texts_need_no_escape_where_json_writes_them_as_they_are(texts):
    as_they_are = all(documents.one_value(one) == f'"{one}"' for one in texts)

    assert documents.need_no_escape(texts) == as_they_are
    assert documents.json_values(texts) == [documents.one_value(one) for one in texts]
    assert not documents.need_no_escape([*texts, None])
