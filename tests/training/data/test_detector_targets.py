import cv2
import numpy as np
import pytest

from training.data.detector_targets import targets

QUAD = np.float32([[10, 20], [50, 20], [50, 30], [10, 30]])  # 40 x 10 pixels
# D = area (1 - r^2) / perimeter = 400 * 0.84 / 100
SHRINK = 3.36


def blob(*boxes) -> np.ndarray:
    """A map with 0.9 in boxes (left, top, right, bottom)."""
    found = np.zeros((64, 64), np.float32)
    for left, top, right, bottom in boxes:
        found[top:bottom, left:right] = 0.9
    return found


def test_what_the_teacher_sees_in_a_quad_is_kept():
    teacher = blob((13, 23, 47, 27))
    target, weight = targets(teacher, QUAD[None], np.array([False]), complete=True)
    assert np.array_equal(target, teacher)
    assert (weight == 1).all()


def test_what_it_misses_is_drawn_shrunk():
    target, weight = targets(blob(), QUAD[None], np.array([False]), complete=True)
    ys, xs = np.nonzero(target == 1)
    assert (xs.min(), xs.max()) == (pytest.approx(10 + SHRINK, abs=0.6), pytest.approx(50 - SHRINK, abs=0.6))
    assert (ys.min(), ys.max()) == (pytest.approx(20 + SHRINK, abs=0.6), pytest.approx(30 - SHRINK, abs=0.6))
    assert weight[25, 30] == 1 and weight[21, 12] == pytest.approx(0.3) and weight[50, 50] == 1


def test_text_that_is_not_there_is_removed_only_where_everything_is_known():
    teacher = blob((13, 23, 47, 27), (20, 45, 40, 55))
    target, _ = targets(teacher, QUAD[None], np.array([False]), complete=True)
    assert target[50, 30] == 0 and target[25, 30] == np.float32(0.9)
    untouched, weight = targets(teacher, QUAD[None], np.array([False]), complete=False)
    assert np.array_equal(untouched, teacher) and (weight == 1).all()


def test_unreadable_text_does_not_count():
    _, weight = targets(blob(), QUAD[None], np.array([True]), complete=True)
    assert weight[25, 30] == 0 and weight[20, 10] == 0 and weight[50, 30] == 1


def test_the_shrunk_quad_of_turned_text_lies_inside_at_the_right_distance():
    turned = cv2.boxPoints(((32, 32), (40, 10), 30)).astype(np.float32)
    target, _ = targets(blob(), turned[None], np.array([False]), complete=True)
    inside = np.argwhere(target == 1)[:, ::-1].astype(np.float32)
    distances = [cv2.pointPolygonTest(turned, tuple(map(float, point)), True) for point in inside]
    assert min(distances) == pytest.approx(SHRINK, abs=1.0)
    assert len(inside) == pytest.approx((40 - 2 * SHRINK) * (10 - 2 * SHRINK), rel=0.35)


def test_unreadable_text_of_photographs_follows_a_teacher_that_is_sure():
    sure, unsure, none = blob((13, 23, 47, 27)), blob((13, 23, 30, 27)), blob()
    for teacher, counts in ((sure, 1), (unsure, 0), (none, 1)):
        target, weight = targets(teacher, QUAD[None], np.array([True]), complete=False)
        assert np.array_equal(target, teacher) and weight[25, 40] == counts, counts


def test_a_readable_line_that_the_teacher_misses_is_drawn_in_photographs_too():
    target, weight = targets(blob((0, 45, 20, 55)), QUAD[None], np.array([False]), complete=False)
    assert target[25, 30] == 1 and target[50, 10] == np.float32(0.9) and weight[50, 10] == 1
