"""Figures of reading and finding, by hand."""

import dataclasses

import cv2
import numpy as np
import pytest

from converters import finding, limits, reading
from tflite_ocr.errors import ModelContractError
from tflite_ocr.manifest import Detector, DetectorResize, ImageInput, Recognizer

GRAY = ImageInput("GRAY", (0.5,), (0.5,))
FACTS = Recognizer("r", (), GRAY, 8, (16, 32), ("", "a", "b"), ())

SAME = {"frames_equal": 1, "texts_equal": 1, "character_error": 0, "character_error_most": 0}


def line(*classes):
    """Logits [1, T, 3] in which these classes win."""
    return 9 * np.eye(3, dtype=np.float32)[list(classes)][None]


def test_texts_by_hand():
    inputs = [np.float32([[0]]), np.float32([[1]])]
    source = {0: line(1, 0, 1, 2), 1: line(2, 2, 0, 0)}  # "aab", "b"
    other = {0: line(1, 1, 1, 2), 1: line(2, 0, 2, 0)}  # "ab", "bb"
    judge = reading.Texts(FACTS, lambda x: source[int(x[0, 0])], inputs).judge
    assert judge(lambda x: source[int(x[0, 0])]) == SAME
    # One frame of four and two of four differ; both texts; one character is lost and one comes in, of four.
    assert judge(lambda x: other[int(x[0, 0])]) == {
        "frames_equal": pytest.approx(5 / 8),
        "texts_equal": 0,
        "character_error": pytest.approx(2 / 4),
        "character_error_most": pytest.approx(1),  # the second line alone: "bb" for "b"
    }
    assert judge(lambda x: source[0]) == {
        "frames_equal": 0.5,
        "texts_equal": 0.5,
        "character_error": pytest.approx(2 / 4),
        "character_error_most": pytest.approx(2),  # the second line alone: "aab" for "b"
    }
    # Where all classes are about equally likely nothing is asked.
    assert reading.Texts(FACTS, lambda x: line(1, 2) / 90, inputs).judge(lambda x: line(2, 1)) == {}
    nothing = {"frames_equal": 0.0, "texts_equal": 0.0, "character_error": 1.0, "character_error_most": 1.0}
    assert judge(lambda x: source[0][:, :2]) == nothing
    assert judge(lambda x: np.full((1, 4, 3), np.nan, np.float32))["texts_equal"] == 0
    assert len(judge(lambda x: source[0])) == 4


def test_the_interval_of_changed_characters_shrinks_with_the_lines():
    """One of twenty lines of ten characters has one error: .005 of them are wrong, however many there are."""
    right, wrong = line(*[1, 0] * 10), line(*[1, 0] * 9, 2, 0)
    found = []
    for count in (20, 100, 1000):
        inputs = [np.full((1, 1), number, np.float32) for number in range(count)]
        judge = reading.Texts(FACTS, lambda x: right, inputs).judge
        figures = judge(lambda x: wrong if x[0, 0] % 20 == 0 else right)
        assert figures["character_error"] == pytest.approx(0.005)
        found.append(figures["character_error_most"])
    # The normal approximation of the binomial: .005 + 1.645 * sqrt(.05 * .95 / lines) / 10.
    for count, most in zip((20, 100, 1000), found, strict=True):
        assert most == pytest.approx(0.005 + 0.1645 * np.sqrt(0.0475 / count), abs=0.0025)
    assert limits.failures("int8", {"character_error_most": found[0]})
    assert not limits.failures("int8", {"character_error_most": found[1]})


def test_the_frames_of_a_column_are_read_one_after_the_other():
    facts = dataclasses.replace(FACTS, frames=2)
    source = line(1, 0, 1, 2).reshape(1, 2, 6)  # two columns of two frames: "aab"
    judge = reading.Texts(facts, lambda x: source, [np.float32([[0]])]).judge
    assert judge(lambda x: source) == SAME
    assert judge(lambda x: source[:, ::-1])["texts_equal"] == 0


def test_lines_get_the_width_that_they_need():
    crops = [np.full((16, width, 3), 255, np.uint8) for width in (20, 50, 900)]
    network = type("N", (), {"shape": (1, 1, 8, 24)})
    assert [x.shape for x in reading.tensors(FACTS, network, crops, free=False)] == [(1, 8, 24, 1)] * 3
    shapes = [x.shape for x in reading.tensors(FACTS, network, crops, free=True)]
    assert shapes == [(1, 8, 16, 1), (1, 8, 32, 1), (1, 8, 32, 1)]


def square(left, top, side):
    return np.float32([[left, top], [left + side, top], [left + side, top + side], [left, top + side]])


def test_quads_by_hand():
    one, moved, far, empty = square(0, 0, 10), square(5, 0, 10), square(100, 0, 10), np.zeros((0, 4, 2))
    # Squares moved by half a side share 50 of 150, which is no match; by a tenth 90 of 110.
    near = square(1, 0, 10)
    assert finding.quads_iou([(np.stack([one, far]), np.stack([one, far]))]) == 1
    assert finding.quads_iou([(np.stack([one, far, moved]), np.stack([far, one, near + 200]))]) == pytest.approx(1)
    assert finding.quads_iou([(np.stack([one]), np.stack([moved])), (np.stack([one]), empty)]) == 0
    # The worst one is left out: of overlaps 0, 9/11 and 1 the last two remain.
    three = [(np.stack([one, far]), np.stack([near])), (np.stack([far]), np.stack([far]))]
    assert finding.quads_iou(three) == pytest.approx((9 / 11 + 1) / 2)
    assert finding.quads_iou([(empty, empty)]) == 1 and finding.quads_iou([(np.stack([one]), empty)]) == 1


def test_only_sure_quads_of_photographs_are_asked_for():
    """Nine sure ones; a tenth that the other side lacks counts where its score is sure, and one is always skipped."""
    quads = np.float32([[[x, 0], [x + 9, 0], [x + 9, 5], [x, 5]] for x in range(0, 100, 10)])
    scores = np.full(10, 0.9, np.float32)
    for last, lost in ((0.9, 1), (0.6, 0)):
        scores[-1] = last
        both = [((quads, scores), (quads[:9], scores[:9]))] * 2
        sure, missing = 2 * (18 + lost), 2 * lost
        assert finding.sure_quads_iou(both) == pytest.approx(1 - max(0, missing - 1) / (sure - 1))
    assert finding.sure_quads_iou([((quads[:2], scores[:2]), (quads[2:4], scores[2:4]))]) == 1


def test_overlap_of_turned_quads_is_that_of_their_pixels():
    rng = np.random.default_rng(0)
    for _ in range(20):
        quads = []
        for _ in range(2):
            center, sides = rng.uniform(80, 120, 2), rng.uniform(30, 90, 2)
            quads.append(cv2.boxPoints((tuple(center), tuple(sides), float(rng.uniform(0, 90)))))
        page = np.zeros((2000, 2000), np.uint8)
        masks = [cv2.fillConvexPoly(page.copy(), (quad * 10).astype(np.int32), 1) for quad in quads]
        wanted = (masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum()
        assert finding.overlap(*quads) == pytest.approx(wanted, abs=0.01)


def test_masks_by_hand():
    maps = np.zeros((1, 64, 64, 1), np.float32)
    maps[0, 8:24, 8:56] = 0.9
    maps[0, 40:56, 8:56] = 0.9
    half = maps.copy()
    half[0, 40:56] = 0
    detector = Detector("db", GRAY, DetectorResize(32, 64), (), {"threshold": 0.3, "dilate": 0.0})
    # Of 2 and of 8 quads; in the end four of eight are found, and one of those missing is left out.
    judge = finding.Finds(detector, 0.3, lambda x: maps, {"": [maps], "_64x64": [maps] * 4}).judge
    assert judge(lambda x: maps) == {"mask_iou_of_few": 1, "mask_iou_64x64": 1, "quads_iou_64x64": 1}
    found = judge(lambda x: half)
    assert found["mask_iou_of_few"] == found["mask_iou_64x64"] == 0.5
    assert found["quads_iou_64x64"] == pytest.approx(4 / 7)  # four of eight found, one of those missing left out
    assert judge(lambda x: np.full_like(maps, np.nan))["mask_iou_64x64"] == 0
    with pytest.raises(ModelContractError, match=r"a map of .32, 64. pixels in place of .64, 64."):
        judge(lambda x: maps[:, :32])


def test_thousands_of_quads_are_matched_as_one_by_one():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 3000, (2500, 2))
    sides = rng.uniform(3, 30, (2500, 2))
    wanted = np.stack([corners, corners + sides * (1, 0), corners + sides, corners + sides * (0, 1)], 1)
    found = wanted[rng.permutation(2500)[:2000]] + rng.uniform(-1, 1, (2000, 1, 2))
    value = finding.quads_iou([(wanted, found)])
    assert 0.5 < value < 0.8  # a fifth has no partner
    few, other = np.float32(wanted[:40]), np.float32(wanted[:40] + 1)
    table = np.array([[finding.overlap(a, b) for b in other] for a in few])
    matched = []
    while table.max() >= finding._MATCH:
        row, column = np.unravel_index(table.argmax(), table.shape)
        matched.append(table[row, column])
        table[row], table[:, column] = 0, 0
    assert finding._matched(few, other) == pytest.approx(matched)


def test_mask_iou_by_hand():
    mask = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
    moved, none = np.roll(mask, 1, axis=1), np.zeros_like(mask)
    # {00, 01, 10} against {01, 02, 11}: one shared of five.
    assert finding.mask_iou([(mask, moved)]) == finding.mask_iou([(none, none), (mask, moved)]) == pytest.approx(1 / 5)
    assert finding.mask_iou([(mask, mask)]) == finding.mask_iou([(none, none)]) == 1.0
    assert finding.mask_iou([(mask, none)]) == 0.0
