"""What a new reading makes of a text that is known."""

import numpy as np
import pytest

from tflite_ocr.results import TextLine
from tflite_ocr.video.follow import Template
from tflite_ocr.video.tracks import Track
from tflite_ocr.video.verdict import Verdict, judge, record

QUAD = np.float32([(10, 10), (90, 10), (90, 30), (10, 30)])


def line(text, confidence=0.99):
    return TextLine(text, confidence, tuple(map(tuple, QUAD.tolist())))


@pytest.fixture
def clock():
    track = Track(1, QUAD, Template(np.zeros((40, 100), np.uint8), QUAD), QUAD, 0.0, 0.0)
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


def test_a_doubt_is_settled_by_a_second_reading_though_the_text_looks_the_same_by_then(clock):
    clock.unrest = 0.6  # it has looked other often and said the same
    other = line("08:03:31")
    assert judge(clock, other, False, True, False) is Verdict.UNSURE
    record(clock, other, Verdict.UNSURE, False, True)
    assert judge(clock, line("08:03:37"), True, True, False) is Verdict.UNSURE
    assert judge(clock, other, True, True, False) is Verdict.OTHER
    assert judge(clock, line("08:03:30"), True, True, False) is Verdict.SAME
    record(clock, line("08:03:30"), Verdict.SAME, True, True)
    assert clock.doubt is None and judge(clock, other, True, True, False) is Verdict.SAME
