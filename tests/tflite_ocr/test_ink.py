"""Paper and ink of drawn lines."""

import numpy as np

from tflite_ocr.ink import SHARE, Paper


def test_paper_and_ink_of_any_colours():
    rng = np.random.default_rng(0)
    for _ in range(20):
        paper, strokes = rng.integers(0, 256, (2, 3))
        if np.abs(paper - strokes).max() < 40:
            continue
        crop = np.empty((30, 120, 3), np.uint8)
        crop[:] = paper
        crop[5:25, 10:30] = strokes
        found = Paper.measured(crop)
        np.testing.assert_array_equal(found.color, paper)
        assert found.least == np.abs(paper - strokes).max() * SHARE
        ink = found.has_ink(crop)
        assert ink[5:25, 10:30].all() and ink.sum() == 400


def test_plain_crops_have_none():
    crop = np.full((10, 10, 3), 77, np.uint8)
    assert not Paper.measured(crop).has_ink(crop).any()
