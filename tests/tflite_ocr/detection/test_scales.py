import cv2
import numpy as np
import pytest

from tflite_ocr.detection import scales
from tflite_ocr.manifest import DetectorResize

EDGE = DetectorResize(min_side=720, max_side=2000, multiple=32, max_scale=3.0, second_scale=0.25)
PLAIN = DetectorResize(min_side=736, max_side=2000)


def box(left, top, right, bottom) -> np.ndarray:
    return np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])


@pytest.mark.parametrize(
    "size, small, tall, first, second",
    [
        ((40, 200), True, False, 3.0, 1.6),  # 64 / 40
        ((20, 15), True, False, 3.0, None),  # 64 / 15 is more than the first
        ((239, 400), True, False, 3.0, 0.75),
        ((240, 400), False, False, 3.0, 0.75),
        ((720, 1280), False, False, 1.0, 0.25),
        ((1000, 800), False, False, 1.0, 0.25),
        ((3000, 2500), False, False, 2000 / 3000, 2000 / 3000 / 4),
        ((9000, 540), False, True, 720 / 540, 2000 / 9000),  # the second look is not cut
        ((100, 4000), True, False, 0.5, None),
    ],
)
def test_scales_of_pictures(size, small, tall, first, second):
    assert scales.is_small(*size, EDGE) is small and scales.is_tall(*size, EDGE) is tall
    assert scales.first_scale(*size, EDGE) == pytest.approx(first)
    assert scales.second_scale(*size, EDGE) == (second if second is None else pytest.approx(second))


@pytest.mark.parametrize("size", [(40, 200), (720, 1280), (5000, 5000)])
def test_models_that_do_not_ask_for_it_look_once(size):
    assert not scales.is_small(*size, PLAIN) and scales.second_scale(*size, PLAIN) is None


def test_strips_of_narrow_pictures_cost_no_more_than_wide_ones():
    """A picture of any shape is searched on about as many pixels as its own, enlarged sixteen times at most."""
    rng, whole = np.random.default_rng(3), DetectorResize(min_side=736, max_side=2000, multiple=32)
    for _ in range(200):
        width = int(np.exp(rng.uniform(0, np.log(3000))))
        height = max(2 * width, int(np.exp(rng.uniform(0, np.log(40_000)))))
        cuts = scales.strips(height, width, whole)
        searched = sum((bottom - top) * width for top, bottom in cuts) * 16
        assert searched <= 16 * (2 * width * height + 2000 * width) and len(cuts) <= 2 + height / 300


def test_strips_cover_a_picture_and_each_middle_belongs_to_one():
    rng = np.random.default_rng(0)
    for _ in range(60):
        width = int(rng.integers(80, 1600))
        height = int(width * rng.uniform(2.1, 30)) + 2000
        cuts = scales.strips(height, width, EDGE)
        assert cuts[0][0] == 0 and cuts[-1][1] == height
        scale = min(4.0, max(1.0, EDGE.min_side / width))
        for (top, bottom), (following, _) in zip(cuts, cuts[1:]):
            assert 0 < bottom - top <= EDGE.max_side / scale and (bottom - following) * scale >= 127
        tops = rng.uniform(0, height - 1, 40)
        quads = np.stack([box(0, top, 10, top + 1) for top in tops])
        owners = sum(scales.in_strip(quads, index, cuts).astype(int) for index in range(len(cuts)))
        assert (owners == 1).all()


def test_a_frame_repeats_the_border_and_its_way_back_is_exact():
    rng = np.random.default_rng(1)
    for _ in range(20):
        height, width = rng.integers(5, 200, 2)
        scale = float(rng.uniform(0.3, 3))
        picture = np.full((height, width, 3), 40, np.uint8)
        framed = scales.frame(picture, scale, 32, 128)
        assert framed.image.shape[0] % 32 == 0 and framed.image.shape[1] % 32 == 0
        inner = round(height * scale) + 64, round(width * scale) + 64
        assert (framed.image[: inner[0], : inner[1]] == 40).all()
        assert (framed.image[inner[0] :] == 128).all() and (framed.image[:, inner[1] :] == 128).all()
        quad = box(0, 0, width, height)
        moved = quad * scale + framed.border
        np.testing.assert_allclose(framed.restore(moved[None], width, height)[0], quad, atol=1e-3)
        assert framed.restore(moved[None] + 100, width, height).max() <= max(width, height)


def counting(usual, large, scale=1.0):
    return tuple(found.tolist() for found in scales.merged(usual, large, scale))


def test_a_second_look_adds_large_text_where_nothing_was_found():
    usual = np.stack([box(0, 0, 200, 20)])
    large = np.stack([box(10, 100, 300, 200), box(10, 110, 300, 190), box(0, 0, 200, 90), box(400, 0, 500, 30)])
    # The second lies on the first, the third on what is known, the fourth is low.
    assert counting(usual, large) == ([True], [True, False, False, False])
    assert counting(usual, large, 3.0) == ([True], [True, False, False, True])
    assert counting(usual[:0], large[:0]) == ([], []) and counting(usual, large[:0]) == ([True], [])
    assert counting(usual[:0], large[:2]) == ([], [True, False])


def test_a_second_look_does_not_add_a_paragraph_as_one_line():
    lines = np.stack([box(0, 24 * i, 300, 24 * i + 16) for i in range(10)])
    paragraph = box(10, 10, 290, 230)[None]
    assert counting(lines[:1], paragraph) == ([True], [True])  # no line alone is in its way
    assert counting(lines, paragraph) == ([True] * 10, [False])


@pytest.mark.parametrize(
    ("first", "pieces", "joined"),
    [
        ([(0, 0, 150, 100), (160, 10, 400, 90)], [True, True], True),  # two words, or two halves of one
        ([(-20, -10, 260, 110), (200, 20, 420, 95)], [True, True], True),  # larger than the line, and over one another
        ([(0, 0, 150, 100), (160, 0, 290, 100), (300, 0, 400, 100)], [True] * 3, True),
        ([(0, 0, 300, 100)], [False], False),  # one alone is that line, found more exactly
        ([(0, 0, 150, 100)], [True], True),  # or less than half of it
        ([(0, 0, 400, 45), (0, 55, 400, 100)], [False] * 2, False),  # two lines
        ([(0, -15, 400, 47), (0, 53, 400, 115)], [False] * 2, False),  # or two lines, each as high as pieces are
        ([(0, 0, 150, 100), (160, 0, 400, 100), (0, 60, 400, 160)], [False] * 3, False),  # another line in the way
        ([(0, 0, 150, 100), (160, 0, 400, 100), (0, 200, 400, 300)], [True, True, False], True),
        ([(-300, 0, 100, 100), (160, 0, 400, 100)], [False, False], False),  # mostly beside it
    ],
)
def test_a_line_of_the_second_look_stands_for_its_pieces(first, pieces, joined):
    rng = np.random.default_rng(len(first))
    usual, large = np.stack([box(*one) for one in first]), box(0, 0, 400, 100)[None]
    for angle in (0.0, *rng.uniform(-np.pi, np.pi, 6)):
        turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        assert counting(usual @ turn, large @ turn) == ([not piece for piece in pieces], [joined])
    assert counting(usual, large, 0.7) == ([True] * len(first), [False])  # too low


@pytest.mark.parametrize("text, size, thickness", [("7", (24, 40), 2), ("1.50", (40, 90), 2), ("AB 123", (30, 130), 2)])
def test_the_embedded_model_reads_pictures_that_text_fills(text, size, thickness):
    """Characters and numbers cut out of a page: enlarged until 720 rows they would not be seen."""
    from tflite_ocr import Reader

    height, width = size
    picture = np.full((height, width, 3), 255, np.uint8)
    scale = 0.75 * height / 30
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    scale *= min(1.0, 0.9 * width / wide)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    cv2.putText(
        picture,
        text,
        ((width - wide) // 2, (height + high) // 2),
        cv2.FONT_HERSHEY_SIMPLEX,
        scale,
        (0,) * 3,
        thickness,
        cv2.LINE_AA,
    )
    assert [line.text for line in Reader("edge", threads=1).read(picture)] == [text]


def test_the_embedded_model_reads_every_line_of_a_tall_picture():
    from tflite_ocr import Reader

    count = 50
    picture = np.full((60 * count, 400, 3), 255, np.uint8)
    expected = [f"Message {number}" for number in range(1, count + 1)]
    for index, text in enumerate(expected):
        cv2.putText(picture, text, (20, 60 * index + 40), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (30, 30, 30), 2, cv2.LINE_AA)
    read = [line.text for line in Reader("edge", threads=1).read(picture)]
    assert len(read) == count and sum(a == b for a, b in zip(read, expected, strict=True)) >= count - 2
