"""Degradations keep the form of a picture, change it, leave its letters, and repeat for equal seeds."""

import cv2
import numpy as np
import pytest

from synthetic.faults import degradations, scans

CHANGES = sorted(
    {change for chain in degradations.CHAINS.values() for change, _ in chain}, key=lambda change: change.__name__
)


@pytest.fixture(scope="module")
def picture():
    """Dark letters on a light, slightly uneven ground: BGR uint8 [40, 220, 3]."""
    image = np.full((40, 220, 3), (225, 215, 205), np.uint8)
    image[:, :, 1] -= (np.arange(220) // 12).astype(np.uint8)
    cv2.putText(image, "Hand 4711", (8, 29), cv2.FONT_HERSHEY_SIMPLEX, 0.95, (30, 40, 60), 2, cv2.LINE_AA)
    return image


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_degradation_keeps_the_form_and_changes_the_picture(change, picture):
    original = picture.copy()
    different = 0
    for seed in range(8):
        seen = change(np.random.default_rng(seed), picture, 0.8, 24.0)
        assert seen.shape == picture.shape and seen.dtype == np.uint8
        different += not np.array_equal(seen, picture)
        again = change(np.random.default_rng(seed), picture, 0.8, 24.0)
        np.testing.assert_array_equal(seen, again)
    assert different >= 6
    np.testing.assert_array_equal(picture, original)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_letters_stay_visible(change, picture):
    """Brightness still follows the letters: the correlation with the clean picture stays above a half."""
    clean = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).ravel()
    for seed in range(6):
        seen = cv2.cvtColor(change(np.random.default_rng(seed), picture, 1.0, 24.0), cv2.COLOR_BGR2GRAY).ravel()
        assert np.corrcoef(clean, seen)[0, 1] > 0.5


@pytest.mark.parametrize("size", [(14, 9), (9, 300), (200, 160)])
@pytest.mark.parametrize("chain", degradations.CHAINS)
def test_chains_take_all_sizes(chain, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for seed in range(12):
        seen = degradations.degrade(np.random.default_rng(seed), image, chain, 1.0, 12.0)
        assert seen.shape == image.shape and seen.dtype == np.uint8


def test_strength_is_felt(picture):
    def damage(change, strength):
        made = [change(np.random.default_rng(seed), picture, strength, 24.0) for seed in range(20)]
        return np.mean([np.abs(seen.astype(int) - picture).mean() for seen in made])

    for change in (
        degradations.defocus,
        degradations.motion_blur,
        degradations.noise,
        degradations.jpeg,
        degradations.low_resolution,
        degradations.shading,
    ):
        assert damage(change, 1.0) > 1.3 * damage(change, 0.1), change.__name__


def test_blurs_are_measured_by_the_text(picture):
    def edge(text_height):
        seen = degradations.defocus(np.random.default_rng(0), picture, 1.0, text_height)
        return np.abs(np.diff(seen[..., 0].astype(int), axis=1)).max()

    assert edge(10.0) > edge(40.0)


def test_motion_blur_keeps_the_brightness(picture):
    flat = np.full((30, 30, 3), 117, np.uint8)
    for seed in range(10):
        seen = degradations.motion_blur(np.random.default_rng(seed), flat, 1.0, 20.0)
        np.testing.assert_allclose(seen, 117, atol=1)


def test_bilevel_has_black_and_white_alone():
    image = np.full((60, 90, 3), 200, np.uint8)
    image[20:40, 10:80] = 90
    for seed in range(10):
        seen = scans.fax(np.random.default_rng(seed), image, 0.3, 30.0)
        assert set(np.unique(seen)) == {0, 255}
        assert seen[30, 40, 0] == 0 and seen[5, 5, 0] == 255
        rough = scans.bilevel(np.random.default_rng(seed), image, 0.3, 60.0)
        assert (rough[25:35, 20:70] < 100).mean() > 0.95 and (rough[:10] > 155).mean() > 0.95


def test_subpixels_move_red_and_blue_apart():
    image = np.full((9, 40, 3), 255, np.uint8)
    image[:, 20:] = 0
    seen = degradations.subpixels(np.random.default_rng(0), image, 0.5, 9.0)
    np.testing.assert_array_equal(seen[..., 1], image[..., 1])
    blue, red = seen[4, 19:21, 0].astype(int).sum(), seen[4, 19:21, 2].astype(int).sum()
    assert {blue > 255, red > 255} == {True, False}
