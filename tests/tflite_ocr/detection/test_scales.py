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


def test_a_second_look_adds_large_text_where_nothing_was_found():
    usual = np.stack([box(0, 0, 200, 20)])
    large = np.stack([box(10, 100, 300, 200), box(10, 110, 300, 190), box(0, 0, 200, 90), box(400, 0, 500, 30)])
    # The second lies on the first, the third on what is known, the fourth is low.
    assert scales.added(usual, large, 1.0).tolist() == [True, False, False, False]
    assert scales.added(usual, large, 3.0).tolist() == [True, False, False, True]
    assert scales.added(usual[:0], large[:0], 1.0).tolist() == []


def test_a_second_look_does_not_add_a_paragraph_as_one_line():
    lines = np.stack([box(0, 24 * i, 300, 24 * i + 16) for i in range(10)])
    paragraph = box(10, 10, 290, 230)[None]
    assert scales.added(lines[:1], paragraph, 1.0).tolist() == [True]  # no line alone is in its way
    assert scales.added(lines, paragraph, 1.0).tolist() == [False]


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
