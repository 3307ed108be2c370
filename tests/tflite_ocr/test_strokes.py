"""Strokes of drawn lines, and which sign each belongs to, against all ways to share them out."""

import itertools

import cv2
import numpy as np
import pytest

from tflite_ocr import letter_widths, strokes
from tflite_ocr.strokes import Stroke


def boxes(spans, height=32, marked=()):
    """Frames from column to column, some with a dot inside."""
    page = np.full((height, spans[-1][1] + 6, 3), 230, np.uint8)
    for number, (left, right) in enumerate(spans):
        page[5 : height - 5, left:right] = 20
        page[8 : height - 8, left + 3 : right - 3] = 230
        if number in marked:
            middle = (left + right) // 2
            page[height // 2 - 3 : height // 2 + 3, middle - 2 : middle + 2] = 20
    return page


def test_strokes_are_found_in_a_line_of_64_rows():
    found = strokes.found(boxes([(4, 20), (26, 46), (50, 62)], marked=(1,)))
    assert [(stroke.start, stroke.end) for stroke in found] == [(8, 40), (52, 92), (100, 124)]
    assert [stroke.marked for stroke in found] == [False, True, False]


@pytest.mark.parametrize("height", [11, 20, 90])
@pytest.mark.parametrize("is_dark", [True, False])
def test_sizes_and_colours_make_no_difference(height, is_dark):
    crop = boxes([(4, 20), (26, 46), (52, 66)], marked=(0,))
    crop = cv2.resize(
        crop if is_dark else 255 - crop, None, fx=height / 32, fy=height / 32, interpolation=cv2.INTER_AREA
    )
    found = strokes.found(crop)
    np.testing.assert_allclose([stroke.width for stroke in found], [32, 40, 28], atol=5)
    assert [stroke.marked for stroke in found] == [True, False, False]


def test_nothing_is_found_on_plain_and_empty_crops():
    assert strokes.found(np.full((20, 60, 3), 200, np.uint8)) == []
    assert strokes.found(np.zeros((0, 5, 3), np.uint8)) == []


def shared_out(signs, runs):
    """Of all ways to cut the signs into as many parts as there are strokes the nearest, by trying each."""
    widths = [letter_widths.typical(sign) for sign in signs]
    unit = sum(run.width for run in runs) / sum(widths)

    def error(cuts):
        parts = itertools.pairwise((0, *cuts, len(signs)))
        return sum(abs(np.log(run.width / (unit * sum(widths[a:b])))) for run, (a, b) in zip(runs, parts, strict=True))

    best = min(itertools.combinations(range(1, len(signs)), len(runs) - 1), key=error)
    owned = []
    for run, (a, b) in zip(runs, itertools.pairwise((0, *best, len(signs))), strict=True):
        owned += [run] if b - a == 1 else [None] * (b - a)
    return owned


def test_touching_signs_are_given_to_the_strokes_that_they_fit_best():
    rng = np.random.default_rng(2)
    for _ in range(100):
        signs = rng.choice(list("AMKO0289-J1"), rng.integers(2, 9)).tolist()
        runs = [Stroke(0, int(rng.integers(5, 80))) for _ in range(rng.integers(1, len(signs) + 1))]
        assert strokes.by_sign(signs, runs) == shared_out(signs, runs)


def test_of_broken_signs_and_without_strokes_nothing_is_known():
    assert strokes.by_sign("AB", [Stroke(0, 9)] * 3) == [None, None]
    assert strokes.by_sign("AB", []) == [None, None]


def at(middles, width=10):
    return [Stroke(middle - width // 2, middle + width // 2) for middle in middles]


def test_equal_distances_are_those_of_a_fixed_width():
    places = [0, 1, 2, 4, 5, 6]
    assert strokes.are_of_fixed_width("ABCDEF", places, at([20 + 30 * place for place in places]))
    assert not strokes.are_of_fixed_width("ABCDEF", places, at([20, 50, 74, 140, 175, 196]))
    # Narrow signs and those that touch others do not count; of four nothing is known.
    assert not strokes.are_of_fixed_width("ABCDE1", places, at([20, 50, 74, 140, 175, 196]))
    assert strokes.are_of_fixed_width("ABC-E1", places, at([20, 50, 74, 140, 175, 196]))
    assert strokes.are_of_fixed_width("ABCDEF", places, [*at([20, 50, 74, 140]), None, None])
