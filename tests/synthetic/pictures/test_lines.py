"""Lines: the same for the same seed, of the promised sizes and characters, and they show their text."""

import cv2
import numpy as np
import pytest

from synthetic.charset import drawable
from synthetic.corpora import corpus
from synthetic.letters import fonts
from synthetic.pictures import lines
from synthetic.surfaces import grounds

USES = tuple(lines._SHARES)


@pytest.fixture(autouse=True)
def drawn_tiles(monkeypatch):
    """Tiles of soft noise, which are quicker than photographs."""
    noise = np.random.default_rng(0).integers(90, 166, (*grounds._TILE_SHAPE, 3), np.uint8)
    monkeypatch.setattr(grounds, "_tile", lambda index: np.roll(noise, 13 * index, 1))


@pytest.fixture(scope="module")
def plain(plain_fonts):
    return next(font for font in fonts.inspect([plain_fonts / "DejaVuSans.ttf"]))


@pytest.fixture
def split(plain):
    """The split to which the few fonts of the tests belong."""
    return "dev" if fonts._is_dev(plain) else "train"


@pytest.mark.parametrize("use", USES)
def test_lines_keep_their_promises(use, split):
    charset = set(drawable())
    rng = np.random.default_rng(1)
    heights = []
    for _ in range(60):
        line = lines.render_line(rng, split, use)
        height, width, channels = line.image_bgr.shape
        assert line.image_bgr.dtype == np.uint8 and channels == 3
        assert lines.MIN_HEIGHT <= height <= lines.MAX_HEIGHT and width >= 5
        assert set(line.text) <= charset and 1 <= len(line.text) <= corpus.LONGEST
        heights.append(height)
    assert len(set(heights)) > 8


def test_equal_seeds_render_equal_lines(split):
    def rendered(seed):
        rng = np.random.default_rng(seed)
        return [lines.render_line(rng, split) for _ in range(12)]

    for first, second, other in zip(rendered(5), rendered(5), rendered(6), strict=True):
        assert first.text == second.text
        np.testing.assert_array_equal(first.image_bgr, second.image_bgr)
        assert first.image_bgr.shape != other.image_bgr.shape or (first.image_bgr != other.image_bgr).any()


@pytest.mark.parametrize("use", USES)
def test_the_text_is_drawn(use, plain, monkeypatch):
    """With all else equal, another text of the same width gives other pixels, and the same text the same."""
    monkeypatch.setattr(lines, "_legible", lambda *pictures: True)
    for seed in range(12):
        texts = ("8086", "8068", "8086")
        drawn = [lines.draw_line(np.random.default_rng(seed), text, plain, use) for text in texts]
        assert drawn[0].shape[0] == drawn[2].shape[0]
        np.testing.assert_array_equal(drawn[0], drawn[2])
        if drawn[0].shape == drawn[1].shape:
            assert np.abs(drawn[0].astype(int) - drawn[1]).max() > 10


def test_single_and_long_lines_have_the_widths_of_their_texts(plain):
    rng = np.random.default_rng(2)

    def width(written):
        return np.mean([lines.draw_line(rng, written, plain, "document").shape[1] for _ in range(30)])

    assert width("Ahoi ihr alten Matrosen dort") > 3.5 * width("Ahoi")


def test_light_on_dark_is_a_third(split):
    rng = np.random.default_rng(3)

    def light_on_dark(picture):
        grey = picture.astype(int).mean(2)
        return np.abs(grey.max() - np.median(grey)) > np.abs(grey.min() - np.median(grey))

    share = np.mean([light_on_dark(lines.render_line(rng, split).image_bgr) for _ in range(240)])
    assert 0.18 < share < 0.52


def test_letters_that_vanished_are_noticed():
    coverage = np.zeros((30, 90), np.uint8)
    coverage[8:22, 10:80:8] = 255
    clean = np.full((30, 90, 3), 220, np.uint8)
    clean[coverage > 0] = 30
    faint = (200 + clean * 0.02).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, clean.shape, np.uint8)
    assert lines._legible(clean, clean, coverage)
    assert lines._legible(clean, (clean * 0.3 + 60).astype(np.uint8), coverage)
    assert not lines._legible(clean, faint, coverage)
    assert not lines._legible(clean, noise, coverage)
    assert not lines._legible(clean, np.zeros_like(clean), coverage)


@pytest.mark.parametrize(("width", "letters"), [(90, 3), (150, 5), (300, 8), (600, 25)])
def test_steep_lines_keep_columns_for_their_letters(width, letters):
    rng, height = np.random.default_rng(3), 30
    angles = [lines._steep(rng, width, height, letters) for _ in range(200)]
    assert min(angles) < 0 < max(angles) and max(np.abs(angles)) <= 0.9
    for angle in angles:
        turned = cv2.boxPoints(((0, 0), (width, height), np.rad2deg(angle)))
        wide, tall = np.ptp(turned, axis=0)
        assert abs(angle) <= 0.1 or 48 * wide / tall >= lines._LETTER_WIDTH * letters
    if letters <= 8:
        assert max(np.abs(angles)) > 0.35  # there is room


@pytest.mark.parametrize(
    ("size", "expected"), [((200, 7), (400, 14)), ((50, 176), (25, 88)), ((90, 30), (90, 30)), ((3600, 40), (1800, 20))]
)
def test_crops_are_scaled_into_the_limits(size, expected):
    matrix, bounded = lines._bounded(np.eye(3), np.float64(size))
    assert bounded == expected
    np.testing.assert_allclose(np.diag(matrix), [expected[1] / size[1]] * 2 + [1], rtol=1e-6)
