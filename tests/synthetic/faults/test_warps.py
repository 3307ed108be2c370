"""Warps tell where points go: a marked pixel is found where the matrix or function says."""

import cv2
import numpy as np
import pytest

from synthetic.faults import warps

MARKS = np.float32([[15, 12], [70, 14], [40, 30], [20, 44], [84, 41]])


def marked(mark):
    image = np.zeros((56, 100, 3), np.uint8)
    cv2.circle(image, tuple(map(int, mark)), 2, (255, 255, 255), -1)
    return image


def centre(image):
    """Where the mark is: the mean position, weighted with the brightness."""
    grey = image[..., 0].astype(np.float64)
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]]
    return np.array([(x * grey).sum(), (y * grey).sum()]) / grey.sum()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("warp", [warps.rotate, warps.stretch], ids=lambda warp: warp.__name__)
def test_marks_are_where_the_matrix_says(warp, seed):
    largest = 0
    for mark in MARKS:
        image, matrix = warp(np.random.default_rng(seed), marked(mark), 0.8, cv2.BORDER_CONSTANT)
        assert image.dtype == np.uint8 and image.ndim == 3
        moved = warps.move(mark, matrix)
        largest = max(largest, np.abs(moved - mark).max())
        np.testing.assert_allclose(centre(image), moved, atol=0.3)
    assert largest > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_marks_are_where_the_curve_says(seed):
    largest = 0
    for mark in MARKS:
        image, move = warps.curve(np.random.default_rng(seed), marked(mark), 0.8, cv2.BORDER_CONSTANT)
        original = mark.copy()
        moved = move(mark)
        np.testing.assert_array_equal(mark, original)
        assert image.shape[0] > 56 and image.shape[1] == 100
        largest = max(largest, np.abs(moved - mark).max())
        np.testing.assert_allclose(centre(image), moved, atol=0.3)
    assert largest > 0.1


def test_points_of_any_shape_are_moved():
    matrix = np.array([[2, 0, 3], [0, 1, -1], [0, 0, 1.0]])
    quads = np.arange(24, dtype=np.float32).reshape(3, 4, 2)
    expected = quads * (2, 1) + (3, -1)
    np.testing.assert_allclose(warps.move(quads, matrix), expected)


def test_a_warped_picture_holds_all_of_the_old_one():
    image, matrix = warps.rotate(np.random.default_rng(3), marked((50, 20)), 1.0)
    corners = warps.move(np.float32([[0, 0], [100, 0], [100, 56], [0, 56]]), matrix)
    assert corners.min() > -1e-3
    assert corners[:, 0].max() <= image.shape[1] + 1e-3 and corners[:, 1].max() <= image.shape[0] + 1e-3


def test_equal_seeds_warp_alike():
    first, second = (warps.rotate(np.random.default_rng(9), marked((50, 20)), 1.0) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
