"""Ink on grounds: contrast, every manner of drawing, colours of the right kind."""

import numpy as np
import pytest

from synthetic.letters import ink

COVERAGE = np.zeros((44, 160), np.uint8)
COVERAGE[10:34, 12:20] = COVERAGE[10:34, 40:48] = COVERAGE[10:18, 70:110] = COVERAGE[26:34, 70:110] = 255


@pytest.mark.parametrize(
    ("color", "expected"), [((255, 255, 255), 255), ((0, 0, 255), 76.2), ((0, 255, 0), 149.7), ((255, 0, 0), 29.1)]
)
def test_luma(color, expected):
    assert ink.luma(np.float32(color)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("use", ["scene", "document", "receipt", "screen"])
@pytest.mark.parametrize("background", [(0, 0, 0), (128, 128, 128), (255, 255, 255), (40, 30, 200), (20, 200, 240)])
def test_ink_stands_out_from_its_ground(background, use):
    rng = np.random.default_rng(0)
    for _ in range(100):
        color = ink.contrasting(rng, np.float32(background), use, 50)
        assert color.shape == (3,) and color.min() >= 0 and color.max() <= 255
        assert abs(ink.luma(color) - ink.luma(np.float32(background))) >= 50


def test_papers_mostly_bear_grey_and_black():
    def colorful(use):
        rng = np.random.default_rng(1)
        drawn = [ink.contrasting(rng, np.float32([250, 250, 250]), use, 50) for _ in range(300)]
        return np.mean([np.ptp(color) > 60 for color in drawn])

    assert colorful("document") < 0.25 < colorful("scene")


@pytest.mark.parametrize("use", ["scene", "document", "receipt", "screen", "panel"])
def test_painting_changes_the_ground_where_the_letters_are(use):
    background = np.full((44, 160, 3), (200, 190, 180) if use != "panel" else (20, 20, 20), np.uint8)
    original = background.copy()
    for seed in range(60):
        picture = ink.paint(np.random.default_rng(seed), background, COVERAGE, 32.0, use)
        assert picture.shape == background.shape and picture.dtype == np.uint8
        difference = np.abs(picture.astype(int) - background).max(2)
        edges = difference[8:36, 8:114]
        assert (edges > 12).mean() > 0.08
        np.testing.assert_array_equal(picture, ink.paint(np.random.default_rng(seed), background, COVERAGE, 32.0, use))
    np.testing.assert_array_equal(background, original)


def test_nothing_is_painted_without_coverage():
    background = np.full((30, 50, 3), 90, np.uint8)
    for seed in range(40):
        picture = ink.paint(np.random.default_rng(seed), background, np.zeros((30, 50), np.uint8), 24.0, "scene")
        np.testing.assert_array_equal(picture, background)


def test_a_colour_is_laid_by_its_coverage():
    picture = np.full((1, 3, 3), 100, np.float32)
    laid = ink._laid(picture, np.uint8([[0, 255, 51]]), np.float32([0, 200, 50]))
    np.testing.assert_allclose(laid[0], [[100, 100, 100], [0, 200, 50], [80, 120, 90]], atol=0.01)


def test_letters_of_many_colours_change_between_letters_only():
    colors = ink._letter_colors(np.random.default_rng(3), COVERAGE, np.float32([255] * 3), np.float32([0, 0, 0]))
    assert colors.shape == (1, 160, 3)
    for first, last in ((12, 20), (40, 48), (70, 110)):
        assert (colors[0, first:last] == colors[0, first]).all()
