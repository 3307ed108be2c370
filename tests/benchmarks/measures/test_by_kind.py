"""Texts that are given exactly, counted kind by kind, against figures made by hand."""

from pathlib import Path

import pytest

from benchmarks.measures import by_kind
from benchmarks.running.protocol import EngineLine
from evaluation.labels import Label, Sample

LEFT = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
RIGHT = ((20.0, 0.0), (30.0, 0.0), (30.0, 10.0), (20.0, 10.0))


def sample(kind, *texts, latin=True, ignore=False):
    return Sample(Path("a.png"), tuple(Label(text, LEFT, ignore) for text in texts), kind, latin)


def lines(*texts, confidence=0.9):
    return [EngineLine(text, confidence, RIGHT) for text in texts]


@pytest.mark.parametrize(
    ("found", "true", "right"),
    [
        (["Gate 5", "exit"], ["Gate 5", "exit"], 2),
        (["exit", "Gate 5"], ["Gate 5", "exit"], 2),  # in whatever order
        (["gate 5"], ["Gate 5"], 0),  # case
        (["5"], ["-5"], 0),  # a sign
        (["Gate  5 "], ["Gate 5"], 1),  # white space
        (["Cafe\u0301"], ["Café"], 1),  # composed or not
        (["Cafe"], ["Café"], 0),
        (["7"], ["7", "7"], 1),  # one to one
        (["7", "7", "7"], ["7"], 1),
        (["Gate", "5"], ["Gate 5"], 0),  # a line in pieces
        ([], ["x"], 0),
    ],
)
def test_exact_texts_are_matched_one_to_one(found, true, right):
    assert by_kind.exact_texts(found, true) == right


@pytest.mark.parametrize(
    ("text", "confidence", "sure"),
    [
        ("COEP", 0.95, True),
        ("COEP", 0.5, False),
        ("COEP", None, True),
        ("\ufffd\ufffd 12", 0.99, False),
        ("Роза, 12!", 0.99, False),
        ("Рoза", 0.99, True),  # its o is Latin
        ("", 0.9, False),
    ],
)
def test_latin_letters_on_other_scripts_are_wrong_where_they_are_sure(text, confidence, sure):
    found = lines(text, confidence=confidence)
    assert bool(by_kind.surely_latin(found)) is sure
    counts = by_kind.count(sample("script", "Роза", latin=False, ignore=True), found)
    assert (counts["asked"], counts["right"]) == (1, int(not sure))


def test_rows_are_in_the_order_of_the_set_and_kinds_weigh_the_same():
    samples = [sample("b", "one two", "three"), sample("a", "four"), sample("b", "five"), sample(None, "no kind")]
    found = [lines("one two", "there"), lines("four"), [], lines("wrong")]
    b, a, all_kinds = by_kind.rows(samples, found)
    # Of b: 2 of 4 words are found, 3 were given: F1 is 2 * 2 / (3 + 4).
    assert b == {"kind": "b", "images": 2, "asked": 3, "right": 1, "share": 1 / 3, "bag_f1": 4 / 7}
    assert a == {"kind": "a", "images": 1, "asked": 1, "right": 1, "share": 1.0, "bag_f1": 1.0}
    assert all_kinds["kind"] == "all kinds"
    assert (all_kinds["images"], all_kinds["asked"], all_kinds["right"]) == (3, 4, 2)
    assert all_kinds["share"] == pytest.approx((1 / 3 + 1) / 2)
    assert all_kinds["bag_f1"] == pytest.approx((4 / 7 + 1) / 2)


def test_what_is_not_asked_for_has_no_figure():
    (row, all_kinds) = by_kind.rows([sample("script", "Роза", latin=False, ignore=True)], [[]])
    assert (row["share"], row["bag_f1"]) == (1.0, None)
    assert all_kinds["bag_f1"] is None
    assert by_kind.rows([sample(None, "x")], [lines("x")]) == []


def test_cropped_texts_without_places_are_counted_too():
    cropped = Sample(Path("a.png"), (Label("Gate 5"),), "word")
    assert list(by_kind.count(cropped, [EngineLine("Gate 5")]).values()) == [1, 1, 1, 4, 4]
