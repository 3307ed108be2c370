"""Buckets and windows against brute force."""

import numpy as np
import pytest

from tflite_ocr.recognition.windows import OVERLAP, Window, bucket, join, windows


def test_bucket_is_the_narrowest_that_holds_the_crop():
    widths = (32, 64, 96)
    for width in range(1, 120):
        assert bucket(width, widths) == min((w for w in widths if w >= width), default=None)
    assert bucket(1, ()) is None


@pytest.mark.parametrize("widest", [8, 96, 320, 1216])
def test_windows_cover_the_line_and_overlap(widest):
    assert windows(widest, widest) == [Window(0, widest)]
    for width in [*range(widest + 1, 3 * widest, max(1, widest // 37)), 20 * widest + 3]:
        found = windows(width, widest)
        assert found[0].start == 0 and found[-1].start + found[-1].width == width
        assert all(window.width == widest for window in found)
        shares = [a.start + a.width - b.start for a, b in zip(found, found[1:], strict=False)]
        assert min(shares) >= int(OVERLAP * widest) - 1  # starts are whole pixels
        assert max(shares) < widest
        # One window less could not cover the line with this overlap.
        assert widest + (len(found) - 2) * (widest * (1 - OVERLAP)) < width + len(found)


@pytest.mark.parametrize("stride", [1, 4, 8])
@pytest.mark.parametrize("width", [97, 128, 193, 240, 1000])
def test_join_takes_every_column_once_and_from_the_nearest_window(stride, width):
    widest = 96
    stretches = windows(width, widest)
    frames = widest // stride
    # Each frame says which window it comes from and where its middle lies in the line.
    parts = [
        np.stack([np.full(frames, i), window.start + (np.arange(frames) + 0.5) * stride], 1).astype(np.float32)
        for i, window in enumerate(stretches)
    ]
    found = join(parts, stretches)
    middles = found[:, 1]
    assert (np.diff(middles) > 0).all()
    # Starts are no multiples of the stride: at a seam the distance is a stride give or take less than one.
    assert np.diff(middles).max() < 2 * stride and abs(len(found) - width / stride) <= len(stretches)
    assert middles[0] == stride / 2 and middles[-1] == width - stride / 2
    centres = np.array([window.start + window.width / 2 for window in stretches])
    for owner, middle in found:
        distances = np.abs(centres - middle)
        assert distances[int(owner)] <= distances.min() + 1e-3


def test_join_at_whole_strides_is_the_line_itself():
    line = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    stretches = [Window(0, 80), Window(40, 80), Window(120, 80)]
    parts = [line[window.start // 4 : (window.start + window.width) // 4] for window in stretches]
    np.testing.assert_array_equal(join(parts, stretches), line)
    broken = [parts[0], parts[1][::-1], parts[2]]
    assert np.abs(join(broken, stretches) - line).max() > 0.1
