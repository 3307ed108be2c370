"""Common areas against shapely and by hand."""

import numpy as np
import pytest

from evaluation.quads import iou, on_one_line, overlaps


def rectangle(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def turned(quad, degrees, center=(0, 0)):
    radians = np.deg2rad(degrees)
    matrix = np.array([[np.cos(radians), np.sin(radians)], [-np.sin(radians), np.cos(radians)]])
    return (quad - center) @ matrix + center


def test_overlaps_are_those_of_shapely():
    shapely = pytest.importorskip("shapely", reason="shapely comes with the [convert] extra")
    rng = np.random.default_rng(0)
    quads = [
        turned(rectangle(0, 0, *rng.uniform(4, 60, 2)), rng.uniform(0, 360)) + rng.uniform(0, 120, 2) for _ in range(60)
    ]
    quads += [rng.uniform(0, 120, (4, 2)) for _ in range(20)]  # of any form, crossing themselves too
    found, labels = quads[::2], quads[1::2]
    table = overlaps(found, labels)
    hulls = [[shapely.MultiPoint(quad).convex_hull for quad in part] for part in (found, labels)]
    pairs = 0
    for i, first in enumerate(hulls[0]):
        for j, second in enumerate(hulls[1]):
            common, union = first.intersection(second).area, first.union(second).area
            assert table.common[i, j] == pytest.approx(common, rel=1e-3, abs=0.05)
            assert table.iou[i, j] == pytest.approx(common / union, abs=1e-3)
            assert table.of_found[i, j] == pytest.approx(common / first.area, abs=1e-3)
            assert table.of_labels[i, j] == pytest.approx(common / second.area, abs=1e-3)
            pairs += common > 1
    assert pairs > 100


def test_no_quads_at_all():
    assert overlaps([], []).iou.shape == (0, 0)
    assert overlaps([rectangle(0, 0, 1, 1)], []).of_found.shape == (1, 0)
    assert overlaps([], [rectangle(0, 0, 1, 1)]).of_labels.shape == (0, 1)


def test_quads_without_area_have_nothing_in_common():
    line = rectangle(3, 3, 9, 3)
    table = overlaps([line, rectangle(0, 0, 10, 10)], [line])
    assert not table.common.any() and not table.iou.any() and not table.of_found.any() and not table.of_labels.any()


def test_iou_by_hand():
    assert iou(rectangle(0, 0, 10, 10), rectangle(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou(rectangle(0, 0, 10, 10), rectangle(10, 0, 20, 10)) == 0.0


@pytest.mark.parametrize("degrees", [0, 7, 90, 180, 250])
def test_words_side_by_side_are_a_line_and_rows_are_none(degrees):
    row = [rectangle(0, 0, 40, 20), rectangle(50, 5, 60, 20), rectangle(70, -2, 120, 24)]
    below = [rectangle(0, 30, 60, 50)]
    two_rows = rectangle(0, 0, 120, 50)
    assert on_one_line([turned(quad, degrees) for quad in row], turned(rectangle(0, 0, 120, 20), degrees))
    assert not on_one_line([turned(quad, degrees) for quad in row + below], turned(two_rows, degrees))


def test_a_slanting_line_in_upright_boxes_is_a_line():
    steps = [rectangle(60 * i, 8 * i, 60 * i + 50, 8 * i + 20) for i in range(6)]
    assert on_one_line(steps, rectangle(0, 0, 350, 60))


def test_two_short_rows_one_above_the_other_are_no_line():
    assert not on_one_line([rectangle(0, 0, 30, 10), rectangle(2, 12, 28, 22)], rectangle(0, 0, 30, 22))
