"""What a new reading makes of a text that is known."""

import numpy as np
import pytest

from tflite_ocr.page import TextLine
from tflite_ocr.video.follow import Template
from tflite_ocr.video.tracks import Track
from tflite_ocr.video.verdict import Verdict, is_value, judge, may_be_misread, record

QUAD = np.float32([(10, 10), (90, 10), (90, 30), (10, 30)])


def line(text, confidence=0.99):
    return TextLine(text, confidence, tuple(map(tuple, QUAD.tolist())))


@pytest.fixture
def clock():
    track = Track(1, QUAD, Template(np.zeros((40, 100), np.uint8), QUAD), QUAD, QUAD, 0.0, 0.0)
    track.vote(line("08:03:30"), whole=True)
    return track


@pytest.mark.parametrize(
    ("text", "verified", "whole", "outgrown", "verdict"),
    [
        ("08:03:30", False, True, False, Verdict.SAME),
        ("08:03:31", False, True, False, Verdict.OTHER),
        ("08:03:31", True, True, False, Verdict.SAME),  # it looks as before: a misreading
        ("08:03:31", False, False, False, Verdict.SAME),  # a piece of it is outside
        ("08:03:30 GATE", False, True, False, Verdict.GROWN),
        ("08:03:30 GATE", True, True, False, Verdict.GROWN),
        ("03:30", False, True, False, Verdict.UNSURE),
        ("x08:03:3O", False, True, True, Verdict.GROWN),
        (None, True, True, False, Verdict.SAME),
        (None, False, True, False, Verdict.GONE),
    ],
)
def test_verdicts(clock, text, verified, whole, outgrown, verdict):
    assert judge(clock, line(text) if text else None, verified, whole, outgrown) is verdict


@pytest.mark.parametrize(
    ("old_whole", "text", "whole", "outgrown", "verdict"),
    [
        (False, "Tuesday", False, True, Verdict.GROWN),  # more of it has come in
        (True, "Tuesday", False, True, Verdict.SAME),  # it has been read as a whole: nothing more can come
        (False, "Tuesday", False, False, Verdict.SAME),
        (False, "U", False, True, Verdict.SAME),
        (False, "I", True, True, Verdict.OTHER),
    ],
)
def test_a_text_that_was_cut_grows_by_any_longer_reading(old_whole, text, whole, outgrown, verdict):
    track = Track(1, QUAD, Template(np.zeros((40, 100), np.uint8), QUAD), QUAD, QUAD, 0.0, 0.0)
    track.vote(line("T"), old_whole)
    assert judge(track, line(text), False, whole, outgrown) is verdict


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("SCORE 115", "SCORE 116", True),
        ("08:03:59", "08:04:00", True),
        ("9", "10", True),
        ("-3 °C", "4 °C", True),
        ("SCORE 115", "SCORE 115", False),
        ("SCORE 115", "SCORE", False),
        ("Go left.", "Go left!", False),
        ("Gate 4", "Date 5", False),
    ],
)
def test_values_are_texts_that_differ_by_their_numbers(old, new, value):
    assert is_value(old, new) == value


def test_a_value_that_gets_longer_is_another_one(clock):
    clock.votes.clear()
    clock.vote(line("LAP 9"), whole=True)
    assert judge(clock, line("LAP 95"), False, True, False) is Verdict.OTHER
    assert judge(clock, line("LAP 9 of 12"), False, True, False) is Verdict.GROWN


def test_a_cut_text_is_read_once_more_when_it_is_whole(clock):
    cut = Track(1, QUAD, Template(np.zeros((40, 100), np.uint8), QUAD), QUAD, QUAD, 0.0, 0.0)
    cut.vote(line("Mind the gal"), whole=False)
    assert not cut.whole
    assert judge(cut, line("Mind the gap"), True, True, True) is Verdict.GROWN
    record(cut, line("Mind the gap"), Verdict.GROWN, True, True)
    assert cut.whole and cut.text == "Mind the gap"
    assert judge(cut, line("Mind the gal"), True, True, False) is Verdict.SAME


@pytest.mark.parametrize(
    ("text", "moving", "verdict"),
    [
        ("Best before júne", True, Verdict.SAME),
        ("Best before June!", True, Verdict.UNSURE),  # a mark may be misread too: a second reading decides
        ("Best before June!", False, Verdict.OTHER),
        ("Best betore Jume.", True, Verdict.SAME),
        ("Best betore Jume.", False, Verdict.OTHER),
        ("Best before 3 June", True, Verdict.OTHER),  # a number is no misread letter
        ("Something else", True, Verdict.OTHER),
    ],
)
def test_letters_over_a_moving_ground_are_misread(text, moving, verdict):
    track = Track(1, QUAD, Template(np.zeros((40, 100), np.uint8), QUAD), QUAD, QUAD, 0.0, 0.0)
    track.vote(line("Best before June."), whole=True)
    assert judge(track, line(text), False, True, False, moving) is verdict
    others = ("Best before 3 June", "Something else", "Best before June!")
    assert may_be_misread(track, line(text)) is (text not in others)


def test_a_doubt_is_settled_by_a_second_reading_though_the_text_looks_the_same_by_then(clock):
    clock.unrest = 0.6  # it has looked other often and said the same
    other = line("08:03:31")
    assert judge(clock, other, False, True, False) is Verdict.UNSURE
    record(clock, other, Verdict.UNSURE, False, True)
    assert judge(clock, line("08:03:37"), True, True, False) is Verdict.UNSURE
    assert judge(clock, other, True, True, False) is Verdict.OTHER
    assert judge(clock, line("08:03:30"), True, True, False) is Verdict.SAME
    record(clock, line("08:03:30"), Verdict.SAME, False, True)
    assert clock.doubt is None and judge(clock, other, True, True, False) is Verdict.SAME
