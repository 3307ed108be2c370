"""Spans, spreads and marked differences, by hand."""

from benchmarks.report.cells import (
    Column,
    Table,
    absent,
    difference,
    figure,
    interval,
    number,
    plain,
    text,
    without_empty,
)
from benchmarks.report.pointer import Node


def test_a_value_and_its_spread_have_the_same_decimals_and_their_own_paths():
    node = Node({"value": 0.9234, "low": 0.9112, "high": 1})
    spans = interval(node, "value")
    assert plain(spans) == "0.92\u20020.91–1.00"
    assert [span.path for span in spans] == ["/value", None, "/low", None, "/high"]
    assert plain(interval(Node({"median": 12.34, "low": None, "high": None}), "median")) == "12.3"
    assert plain(interval(Node(None), "value")) == "–"


def test_what_is_not_there_is_said():
    assert text(Node(None)).text == "–" and text(Node(None)).path is None
    assert text(Node("")).text == "(empty)"
    assert number(Node(None)).text == "–"
    assert number(Node(2)).text == "2"


def marked(span):
    return [piece for piece, is_marked in span.pieces if is_marked]


def test_words_that_differ_are_marked_on_both_sides():
    document = Node({"source": "TOTAL 18.90 EUR\nthank you", "text": "TOTAL 18.80 EUR\nthank  you all"})
    one, other = difference(document["source"], document["text"])
    assert marked(one) == ["18.90 "]
    assert marked(other) == ["18.80 ", "all"]
    for span, key in ((one, "source"), (other, "text")):
        assert "".join(piece for piece, _ in span.pieces) == span.text == document.value[key]
        assert span.path == f"/{key}"


def test_an_empty_text_differs_whole():
    document = Node(["some words", ""])
    one, other = difference(document[0], document[1])
    assert marked(one) == ["some words"] and other.text == "(empty)" and other.pieces == ()


def test_columns_without_any_figure_are_dropped():
    node = Node({"a": 1.0, "b": None})
    rows = ((figure(node["a"]), figure(node["b"]), absent()), (absent(), absent(), absent()))
    table = without_empty(Table("t", (Column("a"), Column("b"), Column("c")), rows))
    assert [column.title for column in table.columns] == ["a"]
    assert [len(row) for row in table.rows] == [1, 1]
