"""What the tests of pages and of scenes check alike: where ink is, and what holds for all scenes."""

import cv2
import numpy as np

from synthetic.letters import ink
from synthetic.surfaces import blocks, sheet


def without_ink(monkeypatch):
    """From here on nothing is written; the generators run on as before."""

    def unpainted(rng, background, *rest):
        ink.paint(rng, background, *rest)
        return background.copy()

    monkeypatch.setattr(sheet, "paint", lambda *arguments: None)
    monkeypatch.setattr(blocks, "ink", type("Inkless", (), {"paint": staticmethod(unpainted)}))


def covered(quads, shape, reach=1):
    mask = np.zeros(shape, np.uint8)
    for quad in quads:
        cv2.fillPoly(mask, [np.round(quad * 16).astype(np.int32)], 1, shift=4)
    return cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)).astype(bool)


def check_quads(made, height, width):
    """What holds for all scenes: types, sizes, inside, clockwise."""
    assert made.image_bgr.shape == (height, width, 3) and made.image_bgr.dtype == np.uint8
    count = len(made.quads)
    assert made.quads.shape == (count, 4, 2) and made.quads.dtype == np.float32
    assert len(made.texts) == count and made.ignore.shape == (count,) and made.ignore.dtype == bool
    assert (made.quads >= 0).all() and (made.quads <= (width, height)).all()
    for quad in made.quads:
        # y grows downwards, so the shoelace sum of corners that run clockwise is positive.
        (x, y), (next_x, next_y) = quad.T, np.roll(quad, -1, axis=0).T
        assert (x * next_y - next_x * y).sum() > 0
