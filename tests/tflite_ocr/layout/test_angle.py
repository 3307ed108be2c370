"""The angle of a page: quarters by how most characters stand, degrees by the lines; nothing turns an upright page."""

import numpy as np
import pytest

from tflite_ocr.layout import angle_of
from tflite_ocr.page import TextLine


def line(text, x, y, degrees=0.0, confidence=0.9, size=20.0, rng=None):
    """A line whose reader turns his head by so many degrees clockwise."""
    corners = np.array([(0, 0), (len(text) * size / 2, 0), (len(text) * size / 2, size), (0, size)])
    if rng is not None:
        corners = corners + rng.normal(0, 0.5, (4, 2))
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return TextLine(text, confidence, tuple(map(tuple, (corners @ matrix + (x, y)).tolist())))


def page(degrees, rng, rows=12):
    return [line("a line of text that is long enough", 0, 40 * i, degrees, rng=rng) for i in range(rows)]


@pytest.mark.parametrize("quarter", [0, 90, 180, -90])
@pytest.mark.parametrize("fine", [0, 0.6, -4, 14.9, -15])
def test_angles_of_drawn_pages(quarter, fine):
    wanted = 180 - (180 - quarter - fine) % 360
    found = angle_of(page(quarter + fine, np.random.default_rng(7)))
    assert found == pytest.approx(wanted, abs=0.2) and -180 < found <= 180


def test_upright_pages_are_exactly_upright():
    for seed in range(20):
        assert angle_of(page(0, np.random.default_rng(seed))) == 0.0


def test_text_on_its_side_does_not_turn_a_page():
    rng = np.random.default_rng(1)
    spine = [line("a long title on the spine of a book", 300, 500, -90), line("another title here", 340, 500, -90)]
    assert angle_of(page(0, rng, rows=4) + spine) == 0.0
    assert angle_of([line("1.50", 10, 10, 90)]) is None  # a number alone says too little
    doubtful = [line("xIl|ii lIIx il|x", 50 * i, 10, 90, confidence=0.4) for i in range(5)]
    assert angle_of(doubtful) is None
    assert angle_of([line("clearly read from the side", 50 * i, 10, 90) for i in range(5)]) == 90.0


def test_lines_that_fell_into_letters_do_not_outvote_words():
    letters = [line("ab", 30 * i, 20, confidence=0.8) for i in range(60)]
    words = [line("whole words", 30 * i, 400, 90, confidence=0.9) for i in range(6)]
    assert angle_of(letters + words) == 90.0
    assert angle_of(letters) == 0.0


def test_half_of_the_characters_turn_nothing():
    halves = [line("sixteen letters.", 0, 40 * i, 180 * (i % 2)) for i in range(8)]
    assert angle_of(halves) == 0.0


def test_signs_at_all_angles_have_none():
    rng = np.random.default_rng(3)
    assert angle_of([line("a sign", 50, 60 * i, degrees) for i, degrees in enumerate((-30, -14, 3, 17, 33))]) is None
    assert angle_of([]) == 0.0
    point = TextLine("no area at all", 0.9, ((5.0, 5.0),) * 4)
    assert angle_of([point, point]) == 0.0
    outlier = [*page(5, rng), line("stamp", 10, 10, 30)]
    assert angle_of(outlier) == pytest.approx(5, abs=0.2)
