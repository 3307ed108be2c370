"""Boxes with scores: by hand, and against suppression spelled out."""

import numpy as np
import pytest

from tflite_ocr.detection import create
from tflite_ocr.detection.boxes import BoxesDecoder
from tflite_ocr.errors import ModelContractError


def rows(*boxes):
    return np.array(boxes, np.float32).reshape(-1, 5)


def test_corners_and_scores_by_hand():
    maps = rows((0.6, 0.25, 0.1, 0.5, 0.4), (0.9, 0.75, 0.5, 1.0, 1.0), (0.5, 0, 0, 1, 1))  # 0.5 is not above 0.5
    quads, scores = BoxesDecoder().decode(maps, to_image=(200, 100), image_size=(200, 100))
    np.testing.assert_allclose(scores, [0.9, 0.6])
    np.testing.assert_allclose(quads[0], [[100, 75], [200, 75], [200, 100], [100, 100]])
    np.testing.assert_allclose(quads[1], [[20, 25], [80, 25], [80, 50], [20, 50]], atol=1e-5)
    assert quads.dtype == scores.dtype == np.float32


def test_boxes_are_clipped_and_what_is_left_of_none_goes():
    maps = rows(
        (0.9, -0.5, 0.5, 0.5, 1.5), (0.9, 0.9, 0.9, 1.4, 1.4), (0.9, 0.6, 0.3, 0.5, 0.2), (0.9, np.nan, 0, 1, 1)
    )
    quads, _ = BoxesDecoder().decode(maps[:3], to_image=(100, 100), image_size=(80, 60))
    np.testing.assert_allclose(quads, [[[50, 0], [80, 0], [80, 50], [50, 50]]])
    assert len(BoxesDecoder().decode(maps[3:], to_image=(100, 100))[0]) == 1  # nothing is raised


def test_suppression_is_the_greedy_one():
    rng = np.random.default_rng(2)
    corner = rng.uniform(0, 0.6, (200, 2))
    maps = np.concatenate([rng.uniform(0, 1, (200, 1)), corner, corner + rng.uniform(0.1, 0.4, (200, 2))], 1)
    maps = maps.astype(np.float32)
    decoder = BoxesDecoder(score_threshold=0.3, nms_threshold=0.4)
    quads, scores = decoder.decode(maps, to_image=(1000, 1000))
    kept = []
    for box in maps[np.argsort(-maps[:, 0])]:
        if box[0] > 0.3 and all(overlap(box[1:], other[1:]) <= 0.4 for other in kept):
            kept.append(box)
    np.testing.assert_allclose(scores, [box[0] for box in kept])
    np.testing.assert_allclose(quads[:, 0], [box[[2, 1]] * 1000 for box in kept], atol=1e-3)
    assert 5 < len(kept) < (maps[:, 0] > 0.3).sum()  # some overlapped


def overlap(first, second):
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    shared = np.prod(np.maximum(sides, 0))
    return shared / (np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - shared)


def test_no_box_and_few_boxes():
    quads, scores = BoxesDecoder().decode(rows(), to_image=(10, 10))
    assert quads.shape == (0, 4, 2) and scores.shape == (0,)
    apart = rows(*((0.6 + i / 100, 0, i / 10, 0.1, i / 10 + 0.1) for i in range(9)))
    quads, scores = create("boxes", {"max_boxes": 3}).decode(apart, to_image=(100, 100))
    np.testing.assert_allclose(scores, [0.68, 0.67, 0.66])


def test_no_number_of_boxes_is_too_many():
    grid = [(0.9, i / 50, j / 50, (i + 0.6) / 50, (j + 0.6) / 50) for i in range(50) for j in range(50)]
    assert len(BoxesDecoder().decode(rows(*grid), to_image=(1000, 1000))[0]) == 2500


@pytest.mark.parametrize(("shape", "dtype"), [((3, 4), np.float32), ((3, 5), np.uint8), ((1, 3, 5), np.float32)])
def test_other_tensors_are_refused(shape, dtype):
    with pytest.raises(ModelContractError, match="float32 .N, 5."):
        BoxesDecoder().decode(np.zeros(shape, dtype))
