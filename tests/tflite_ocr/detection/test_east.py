"""EAST: boxes restored by hand and by rotation matrices, and merged to one a word."""

import cv2
import numpy as np
import pytest

from tflite_ocr.detection import create
from tflite_ocr.detection.east import EastDecoder, restore
from tflite_ocr.errors import ModelContractError
from tflite_ocr.geometry import overlap


def told(corners, angle, shape, stride=4.0):
    """Maps [h, w, 6] for a box of corners [4, 2] in pixels of the input: every pixel inside tells its distances."""
    height, width = shape
    maps = np.zeros((height, width, 6), np.float32)
    rows, columns = np.mgrid[:height, :width]
    points = np.stack([columns, rows], 2) * stride - corners[0]
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    across = points @ along / np.linalg.norm(along), points @ down / np.linalg.norm(down)
    right, bottom = np.linalg.norm(along) - across[0], np.linalg.norm(down) - across[1]
    inside = (across[0] >= 0) & (across[1] >= 0) & (right >= 0) & (bottom >= 0)
    maps[..., 1:] = np.stack([across[1], right, bottom, across[0], np.full(shape, angle)], 2)
    maps[..., 0] = np.where(inside, 0.9, 0.1)
    return maps


def turned(center, size, angle):
    """Corners of a rectangle turned counter-clockwise by an angle, as seen with y downwards."""
    offsets = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(size) / 2
    cosine, sine = np.cos(angle), np.sin(angle)
    return offsets @ np.array([[cosine, -sine], [sine, cosine]]) + center


def test_an_upright_box_by_hand():
    quads = restore(np.array([[5, 3]]), np.float32([[8, 20, 4, 12, 0]]), stride=4)
    np.testing.assert_allclose(quads, [[[2, 1], [10, 1], [10, 4], [2, 4]]])


def test_a_quarter_turn_by_hand():
    # The text runs upwards: what is right of the pixel along the text lies above it in the image.
    quads = restore(np.array([[0, 0]]), np.float32([[1, 2, 3, 4, np.pi / 2]]), stride=1)
    np.testing.assert_allclose(quads, [[[-1, 4], [-1, -2], [3, -2], [3, 4]]], atol=1e-6)


@pytest.mark.parametrize("angle", [-0.6, -0.2, 0.0, 0.3, 0.7])
def test_all_pixels_of_a_box_tell_that_box(angle):
    corners = turned((100, 80), (120, 36), angle)
    maps = told(corners, angle, (40, 50))
    quads, scores = EastDecoder().decode(maps, to_image=(4, 4))
    assert len(quads) == 1 and scores[0] == pytest.approx(0.9)
    np.testing.assert_allclose(quads[0], corners, atol=0.05)
    mirrored, _ = EastDecoder().decode(told(corners, -angle - 0.3, (40, 50)), to_image=(4, 4))
    assert not any(np.allclose(quad, corners, atol=2) for quad in mirrored)  # another angle is another box


def test_words_stay_apart_and_the_image_may_be_larger():
    first, second = turned((60, 40), (80, 20), 0), turned((150, 42), (70, 22), 0)
    maps = np.maximum(told(first, 0, (24, 50)), 0)
    other = told(second, 0, (24, 50))
    maps[other[..., 0] > 0.5] = other[other[..., 0] > 0.5]
    quads, scores = EastDecoder().decode(maps, to_image=(8, 2), image_size=(400, 48))
    assert len(quads) == 2
    quads = quads[np.argsort(quads[:, 0, 0])]
    np.testing.assert_allclose(quads[0], first * [2, 0.5], atol=0.05)
    np.testing.assert_allclose(quads[1], np.minimum(second * [2, 0.5], [400, 48]), atol=0.05)


def test_merged_boxes_are_means_weighted_by_score():
    maps = np.zeros((1, 2, 6), np.float32)
    maps[0, 0] = 0.9, 4, 40, 4, 40, 0  # at (0, 0): x from -10 to 10
    maps[0, 1] = 0.85, 4, 40, 4, 40, 0  # at (1, 0): x from -9 to 11
    quads, scores = EastDecoder(nms_threshold=0.5)._merge(
        restore(np.array([[0, 0], [1, 0]]), maps[0, :, 1:], 4), maps[0, :, 0]
    )
    np.testing.assert_allclose(quads[0, 0], [-10 + 0.85 / 1.75, -1], atol=1e-6)
    np.testing.assert_allclose(scores, [0.875])


def test_overlap_is_opencvs():
    rng = np.random.default_rng(3)
    for _ in range(50):
        first, second = (
            turned(rng.uniform(0, 30, 2), rng.uniform(5, 40, 2), rng.uniform(-1, 1)).astype(np.float32) for _ in "ab"
        )
        drawn = []
        for quad in (first, second):
            mask = np.zeros((1200, 1200), np.uint8)
            cv2.fillPoly(mask, [np.rint((quad + 30) * 10).astype(np.int32)], 1)
            drawn.append(mask > 0)
        wanted = (drawn[0] & drawn[1]).sum() / (drawn[0] | drawn[1]).sum()
        assert overlap(first, second) == pytest.approx(wanted, abs=0.02)


def test_nothing_and_other_tensors():
    quads, scores = create("east", {"score_threshold": 0.5}).decode(np.zeros((8, 8, 6), np.float32))
    assert quads.shape == (0, 4, 2) and scores.shape == (0,)
    with pytest.raises(ModelContractError, match="6"):
        EastDecoder().decode(np.zeros((8, 8, 5), np.float32))
