"""Borders around a line: found where they run around it, and left out where that reads better."""

import zlib

import cv2
import numpy as np
import pytest

from synthetic.everyday.kinds import KINDS
from tflite_ocr import Reader, borders, geometry
from tflite_ocr.page import Recognition


def picture(height=60, width=240, edges="tblr", thickness=3, ink=30, paper=220, text="4071"):
    """Digits in a border whose edges lie 5 pixels from those of the picture; letters name the edges that it has."""
    image = np.full((height, width, 3), paper, np.uint8)
    cv2.putText(image, text, (30, height - 18), cv2.FONT_HERSHEY_SIMPLEX, 1, (ink,) * 3, 3, cv2.LINE_AA)
    low, high, left, right = 5, height - 5 - thickness, 5, width - 5 - thickness
    for edge, rows, columns in (
        ("t", slice(low, low + thickness), slice(left, right + thickness)),
        ("b", slice(high, high + thickness), slice(left, right + thickness)),
        ("l", slice(low, high + thickness), slice(left, left + thickness)),
        ("r", slice(low, high + thickness), slice(right, right + thickness)),
    ):
        if edge in edges:
            image[rows, columns] = ink
    return image


def whole(image, x=0, y=0):
    height, width = image.shape[:2]
    return np.float32([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


@pytest.mark.parametrize(
    ("edges", "inner"),
    [("tblr", (8, 8, 232, 52)), ("tbl", (8, 8, 240, 52)), ("tbr", (0, 8, 232, 52)), ("tb", (0, 8, 240, 52))],
)
@pytest.mark.parametrize(("ink", "paper"), [(30, 220), (220, 30)])
def test_what_a_border_holds(edges, inner, ink, paper):
    image = picture(edges=edges, ink=ink, paper=paper)
    crop, quad = borders.within(image, whole(image, 100, 50))
    left, top, right, bottom = inner
    np.testing.assert_array_equal(crop, image[top:bottom, left:right])
    moved = np.float32([[left, top], [right, top], [right, bottom], [left, bottom]]) + (100, 50)
    np.testing.assert_allclose(quad, moved, atol=1e-3)


@pytest.mark.parametrize(
    "image",
    [
        picture(edges=""),
        picture(edges="lr"),
        picture(edges="t"),
        picture(edges="b"),
        picture(edges="tblr", ink=200),  # too pale
        picture(edges="tblr")[:10],
        picture(60, 50),  # higher than wide
        np.full((40, 200, 3), 7, np.uint8),
    ],
    ids=["none", "at the sides", "above", "below", "pale", "low", "high", "blank"],
)
def test_other_lines_have_none(image):
    assert borders.within(image, whole(image)) is None


def test_the_quad_of_a_turned_line_is_turned():
    image = picture()
    angle = np.deg2rad(20)
    turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    _, quad = borders.within(image, whole(image) @ turn + 100)
    inner = np.float32([[8, 8], [232, 8], [232, 52], [8, 52]])
    np.testing.assert_allclose(quad, inner @ turn + 100, atol=1e-2)


def test_lines_that_run_down_are_left_alone():
    page = np.ascontiguousarray(np.rot90(picture()))
    quad = whole(page)
    assert borders.within(geometry.crop(page, quad), quad) is None


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [
        (("2377153", 0.93), ("1377153", 1.0), True),
        (("2377153", 0.93), ("1377153", 0.92), False),
        (("4711", 0.93), ("4711", 1.0), False),
        (("[4RJD227", 0.93), ("4RJD227", 1.0), True),
        (("GBB2105", 0.8), ("6332105", 1.0), True),
        (("3rd 12 May", 0.8), ("3rd 12 Mav", 1.0), False),  # words
        (("GATE 2", 0.8), ("GATE 7", 1.0), False),
        (("19837", 0.93), ("9837", 0.99), False),  # the 1 was no edge
        (("22", 0.8), ("12", 1.0), False),  # short
    ],
)
def test_the_surer_reading_counts(before, after, better):
    assert borders.is_better(Recognition(*after), Recognition(*before)) == better


def test_sure_and_empty_lines_are_not_looked_at():
    assert borders.may_have(Recognition("2377", 0.9))
    for sure in (Recognition("2377", 0.995), Recognition("", 0.0), Recognition("Payless", 0.8)):
        assert not borders.may_have(sure)


@pytest.mark.slow
def test_counters_are_read_without_their_borders(monkeypatch):
    drawn = []
    for number in range(50):
        sheet = KINDS["meter"].draw(np.random.default_rng((98, zlib.crc32(b"meter"), number)), number)
        texts = {" ".join(word.text for word in line.words) for line in sheet.lines}
        drawn.append((np.clip(np.rint(sheet.image), 0, 255).astype(np.uint8), texts))
    reader = Reader("edge", threads=1)

    def right():
        return sum(len(texts & {line.text for line in reader.read(image)}) for image, texts in drawn)

    found, count = right(), sum(len(texts) for _, texts in drawn)
    monkeypatch.setattr(borders, "may_have", lambda result: False)
    assert found >= 0.95 * count and right() < found
