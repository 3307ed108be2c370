"""Grounds of lines: of the asked size, calm enough to read on, equal for equal seeds."""

import cv2
import numpy as np
import pytest

from synthetic.surfaces import grounds

USES = ("scene", "document", "receipt", "screen", "panel")


@pytest.fixture(autouse=True)
def drawn_tiles(monkeypatch):
    """Tiles of noise, which are quicker than photographs."""
    noise = np.random.default_rng(0).integers(0, 256, (*grounds._TILE_SHAPE, 3), np.uint8)
    monkeypatch.setattr(grounds, "_tile", lambda index: np.roll(noise, 13 * index, 1))


@pytest.mark.parametrize("size", [(14, 7), (40, 260), (88, 1800)])
@pytest.mark.parametrize("use", USES)
def test_grounds_have_the_asked_size(use, size):
    for seed in range(15):
        background = grounds.background(np.random.default_rng(seed), *size, use)
        assert background.shape == (*size, 3) and background.dtype == np.uint8
        np.testing.assert_array_equal(background, grounds.background(np.random.default_rng(seed), *size, use))


def test_busy_grounds_are_calmed():
    for seed in range(40):
        background = grounds.background(np.random.default_rng(seed), 40, 200, "scene")
        assert cv2.meanStdDev(background)[1].max() < 80
    busy = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    calm = grounds._calmed(busy, 10.0)
    assert cv2.meanStdDev(calm)[1].max() == pytest.approx(10, abs=0.8)
    np.testing.assert_allclose(cv2.mean(calm)[:3], cv2.mean(busy)[:3], atol=1.5)
    assert grounds._calmed(calm, 40.0) is calm


def test_papers_are_light_and_displays_dark():
    paper = [grounds.background(np.random.default_rng(seed), 30, 90, "document").mean() for seed in range(60)]
    panel = [grounds.background(np.random.default_rng(seed), 30, 90, "panel").mean() for seed in range(60)]
    assert np.median(paper) > 200 and np.median(panel) < 90


def test_tiles_are_parts_of_one_picture(monkeypatch):
    ramp = np.zeros((*grounds._TILE_SHAPE, 3), np.uint8)
    ramp[:] = np.linspace(0, 255, ramp.shape[1]).astype(np.uint8)[None, :, None]
    monkeypatch.setattr(grounds, "_tile", lambda index: ramp)
    for seed in range(20):
        part = grounds.tile(np.random.default_rng(seed), 20, 50)[..., 0].astype(int)
        steps = np.diff(part[10])
        assert (steps >= 0).all() or (steps <= 0).all()
