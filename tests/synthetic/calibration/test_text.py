"""Parts of drawn scenes, against what they promise."""

import numpy as np
import pytest

from synthetic.calibration import text as synthetic

PLAIN = synthetic.PlainStyle(face=0, weight=0.0, slant=0.0, stretch=1.0)
OUTLINE = synthetic.PlainStyle(face=-1, weight=0.0, slant=0.0, stretch=1.0)


@pytest.mark.parametrize("line_style", [PLAIN, OUTLINE])
@pytest.mark.parametrize("height", [9, 31, 150])
def test_mask_is_tight_and_as_high_as_asked(line_style, height):
    mask = synthetic.text_mask("Exit 24", line_style, height)
    assert mask.shape[0] == height
    assert mask.dtype == np.float32
    assert 0 <= mask.min() and 0.7 < mask.max() <= 1
    for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert edge.max() > 0.02


def test_weight_thickens_and_stretch_widens():
    bold = synthetic.PlainStyle(face=-1, weight=1.0, slant=0.0, stretch=1.0)
    wide = synthetic.PlainStyle(face=-1, weight=0.0, slant=0.0, stretch=1.5)
    plain = synthetic.text_mask("Museum", OUTLINE, 40)
    assert synthetic.text_mask("Museum", bold, 40).mean() > 1.2 * plain.mean()
    assert synthetic.text_mask("Museum", wide, 40).shape[1] == pytest.approx(1.5 * plain.shape[1], abs=2)


def test_blank_text_is_a_mask_without_ink():
    assert synthetic.text_mask("  ", PLAIN, 10).max() == 0


@pytest.mark.parametrize("corner", [(0, 0), (-2, -1), (6, 3), (50, 50), (-9, 0)])
def test_put_cuts_what_lies_outside(corner):
    left, top = corner
    image = np.zeros((5, 8, 3), np.float32)
    synthetic.put(image, np.full((3, 4), 0.5, np.float32), left, top, np.array([200.0, 100.0, 0.0]))
    expected = np.zeros((5, 8, 3))
    for y in range(5):
        for x in range(8):
            if top <= y < top + 3 and left <= x < left + 4:
                expected[y, x] = (100, 50, 0)
    np.testing.assert_allclose(image, expected)


def test_color_pairs_keep_their_contrast():
    rng = np.random.default_rng(0)
    for contrast in (0.3, 0.6, 0.9):
        differences = [abs(np.subtract(*synthetic.color_pair(rng, contrast)).mean()) for _ in range(200)]
        assert np.mean(differences) == pytest.approx(255 * contrast, rel=0.15)


def test_gradient_is_light_around_one():
    light = synthetic.gradient(np.random.default_rng(1), 40, 60, 0.3)
    assert light.shape == (40, 60, 1) and light.dtype == np.float32
    assert 0.3 < light.min() < light.max() < 1.4
    np.testing.assert_array_equal(synthetic.gradient(np.random.default_rng(1), 40, 60, 0.0), 1)


def test_rough_texture_is_finer_than_smooth_texture():
    def fineness(roughness):
        grey = synthetic.texture(np.random.default_rng(2), 128, 128, roughness).mean(2)
        return np.abs(np.diff(grey, axis=1)).mean() / grey.std()

    assert fineness(0.9) > 1.5 * fineness(0.3)


def test_a_poor_photograph_loses_more_than_a_good_one():
    rng = np.random.default_rng(3)
    image = synthetic.texture(rng, 96, 96, 0.9)
    losses = [
        np.mean([np.abs(synthetic.photograph(rng, image, quality) - image).mean() for _ in range(8)])
        for quality in (1.0, 0.0)
    ]
    assert losses[1] > 1.5 * losses[0]
