"""Cells, spreads and marked differences, and the digits that a spread allows, by hand."""

import pytest

from benchmarks.report.table import Column, absent, decimals, difference, figure, in_line, number, spread, table, words


def test_a_value_and_its_spread_have_the_same_decimals():
    cell = spread({"value": 0.9234, "low": 0.9112, "high": 1}, "value")
    assert (cell.text, cell.spread, cell.sort) == ("0.92", "0.91–1.00", 0.9234)
    assert in_line({"value": 0.9234, "low": 0.9112, "high": 1}, "value") == "0.92\u20020.91–1.00"
    assert in_line({"median": 12.34, "low": None, "high": None}, "median") == "12.3"
    assert spread(None, "value") == absent()


def test_what_is_not_there_is_said():
    assert words(None).text == figure(None).text == "–" and words(None).sort is None
    assert (words("").text, words("").kind) == ("(empty)", "quiet")
    assert figure(2).text == "2"


def marked(cell):
    return [piece for piece, is_marked in cell.pieces if is_marked]


def test_words_that_differ_are_marked_on_both_sides():
    texts = "TOTAL 18.90 EUR\nthank you", "TOTAL 18.80 EUR\nthank  you all"
    one, other = difference(*texts)
    assert marked(one) == ["18.90 "]
    assert marked(other) == ["18.80 ", "all"]
    for cell, text in zip((one, other), texts, strict=True):
        assert "".join(piece for piece, _ in cell.pieces) == cell.text == text


def test_an_empty_text_differs_whole():
    one, other = difference("some words", "")
    assert marked(one) == ["some words"] and other.text == "(empty)" and other.pieces == ()


def test_columns_without_any_figure_are_dropped():
    rows = ((figure(1.0), figure(None), absent()), (absent(), absent(), absent()))
    found = table("t", (Column("a"), Column("b"), Column("c")), rows)
    assert [column.title for column in found.columns] == ["a"]
    assert [len(row) for row in found.rows] == [1, 1]
    assert table("t", (Column("a"),), ()) is None


@pytest.mark.parametrize(
    "value, low, high, expected",
    [
        (0.9231, 0.9110, 0.9350, "0.923"),  # half 0.012: two digits
        (0.9231, 0.8800, 0.9500, "0.92"),  # half 0.035: one digit
        (142.37, 136.2, 151.4, "142"),  # half 7.6
        (142.37, 141.9, 142.8, "142.4"),  # half 0.45
        (142.37, 142.0, 142.6, "142.4"),  # half 0.3: one digit
        (142.37, 142.1, 142.6, "142.37"),  # half 0.25: two digits
        (1234.5, 900.0, 1500.0, "1234"),  # half 300: not below ones
        (0.5, 0.5, 0.5, "0.500"),  # no spread measured: three digits
        (0.00012345, 0.0001, 0.00014, "0.0001"),  # never more than four decimals
    ],
)
def test_the_spread_decides_how_many_decimals_are_shown(value, low, high, expected):
    assert number(value, decimals(value, low, high)) == expected


@pytest.mark.parametrize(
    "value, expected",
    [(7.7, "7.70"), (31.46, "31.5"), (433.4, "433"), (2010.4, "2010"), (0.0, "0"), (3, "3"), (1200, "1200")]
    + [(0.061, "0.0610"), (1, "1"), (0, "0")],
)
def test_without_a_spread_three_digits_are_shown(value, expected):
    assert number(value) == expected


def test_no_minus_stands_before_zero():
    assert number(-0.0004, 2) == "0.00"
    assert number(-0.4, 1) == "-0.4"
