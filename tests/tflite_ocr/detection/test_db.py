"""DB decoding against hand values and against RapidOCR's post-processing on the same maps."""

import cv2
import numpy as np
import pytest

from tflite_ocr.detection.db import DbDecoder
from tflite_ocr.errors import ModelContractError

# Map pixels. RapidOCR offsets a polygon of integers and rounds its corners; we grow the rectangle itself. So turned
# quads differ by up to this, upright ones not at all.
WORST_CORNER = 2.0
MEAN_CORNER = 0.3
HEIGHT, WIDTH = 320, 448


def probability_map(seed: int, upright: bool = False) -> np.ndarray:
    """Blurred rectangles of several sizes, angles and probabilities, some overlapping, some over the edge."""
    random = np.random.default_rng(seed)
    result = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(16):
        center = (random.uniform(0, WIDTH), random.uniform(0, HEIGHT))
        size = (random.uniform(4, 150), random.uniform(3, 26))
        angle = 0.0 if upright else random.choice([0.0, random.uniform(-12, 12), random.uniform(0, 180)])
        quad = cv2.boxPoints((center, size, angle)).astype(np.int32)
        layer = cv2.fillPoly(np.zeros_like(result), [quad], random.uniform(0.4, 1.0))
        result = np.maximum(result, layer)
    return result if upright else cv2.GaussianBlur(result, (5, 5), 0)


def rapidocr_result(probability: np.ndarray, image_size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    reference = pytest.importorskip("rapidocr.ch_ppocr_det.utils")
    process = reference.DBPostProcess(
        thresh=0.3, box_thresh=0.5, max_candidates=1000, unclip_ratio=1.6, score_mode="fast", use_dilation=True
    )
    quads, scores = process(probability[np.newaxis, np.newaxis], image_size[::-1])
    return np.array(quads, np.float32).reshape(-1, 4, 2), np.array(scores)


def corner_errors(quad: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Differences [4, 2] in image pixels.

    Which corner comes first hangs on a pixel where the second and third corner from the left are about equally
    far left; only then may the quad be turned by one corner.
    """
    second, third = np.sort(wanted[:, 0])[1:3]
    turns = (0, 1, -1) if third - second <= WORST_CORNER else (0,)
    return min((np.abs(np.roll(quad, turn, axis=0) - wanted) for turn in turns), key=np.max)


def disagreement(decoder: DbDecoder, seeds: range) -> str | None:
    """What differs between a decoder and RapidOCR beyond the tolerances; None where they agree."""
    errors = []
    for seed in seeds:
        probability = probability_map(seed)
        image_size = [(WIDTH, HEIGHT), (700, 450), (300, 200)][seed % 3]
        to_image = (image_size[0] / WIDTH, image_size[1] / HEIGHT)
        wanted, wanted_scores = rapidocr_result(probability, image_size)
        quads, scores = decoder.decode(probability, to_image=to_image, image_size=image_size)
        if len(quads) != len(wanted):
            return f"seed {seed}: {len(quads)} quads, wanted {len(wanted)}"
        if not np.allclose(scores, wanted_scores, atol=1e-5):
            return f"seed {seed}: scores"
        errors += [corner_errors(quad, other) / to_image for quad, other in zip(quads, wanted, strict=True)]
    errors = np.array(errors)
    if errors.max() > WORST_CORNER or errors.mean() > MEAN_CORNER:
        return f"corners: at worst {errors.max():.2f}, mean {errors.mean():.2f}"
    return None


def test_agrees_with_rapidocr():
    assert disagreement(DbDecoder(), range(36)) is None


@pytest.mark.parametrize(
    "broken",
    [{"unclip_ratio": 2.0}, {"unclip_ratio": 1.3}, {"dilate": False}, {"threshold": 0.35}, {"box_threshold": 0.6}],
)
def test_check_rejects_broken_decoder(broken):
    assert disagreement(DbDecoder(**broken), range(36)) is not None


@pytest.mark.parametrize("seed", range(6))
def test_upright_quads_equal_rapidocr(seed):
    probability = probability_map(seed, upright=True)
    wanted, wanted_scores = rapidocr_result(probability, (WIDTH, HEIGHT))
    quads, scores = DbDecoder().decode(probability)
    upright = [len(np.unique(quad[:, 0])) == 2 and len(np.unique(quad[:, 1])) == 2 for quad in wanted]
    assert sum(upright) >= 4
    np.testing.assert_array_equal(quads[upright], wanted[upright])
    np.testing.assert_allclose(scores, wanted_scores, atol=1e-5)


def test_rectangle_by_hand():
    probability = np.zeros((80, 100), np.float32)
    probability[30:40, 20:60] = 1
    quads, scores = DbDecoder().decode(probability)
    # Dilation adds a column and a row: 20..60 by 30..40, width 40, height 10; distance 400 * 1.6 / 100 = 6.4.
    assert quads.tolist() == [[[14, 24], [66, 24], [66, 46], [14, 46]]]
    np.testing.assert_allclose(scores, [400 / (41 * 11)], rtol=1e-6)


def test_scaled_and_clipped_by_hand():
    probability = np.zeros((80, 100), np.float32)
    probability[30:40, 20:60] = 1
    quads, _ = DbDecoder().decode(probability, to_image=(2.0, 1.5), image_size=(120, 60))
    assert quads.tolist() == [[[28, 36], [119, 36], [119, 59], [28, 59]]]


@pytest.mark.parametrize("scale", [1 / 255, 1 / 256, 0.0031])
def test_bytes_equal_floats(scale):
    levels = np.clip(np.rint(probability_map(4) / scale), 0, 255).astype(np.uint8)
    quads, scores = DbDecoder().decode(levels, scale=scale)
    wanted, wanted_scores = DbDecoder().decode(levels.astype(np.float32) * np.float32(scale))
    assert len(quads) > 4
    np.testing.assert_array_equal(quads, wanted)
    np.testing.assert_allclose(scores, wanted_scores, atol=1e-5)


def test_channel_axis_is_optional():
    probability = probability_map(1)
    np.testing.assert_array_equal(DbDecoder().decode(probability[..., None])[0], DbDecoder().decode(probability)[0])


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_empty_map_has_no_text(dtype):
    quads, scores = DbDecoder().decode(np.zeros((32, 64), dtype))
    assert quads.shape == (0, 4, 2) and quads.dtype == np.float32
    assert scores.shape == (0,) and scores.dtype == np.float32


def test_specks_are_dropped():
    probability = np.zeros((64, 64), np.float32)
    probability[10:12, 10:50] = 1
    assert len(DbDecoder().decode(probability)[0]) == 0


def test_a_bent_line_is_judged_by_itself():
    probability = np.zeros((200, 400), np.float32)
    cv2.ellipse(probability, (200, 260), (180, 180), 0, 215, 325, 0.8, 9)
    probability[20:32, 20:120] = 0.7
    straight = DbDecoder().decode(probability)
    both = DbDecoder(hollow=0.5).decode(probability)
    assert len(straight[0]) == 1 and len(both[0]) == 2
    assert both[1].min() == straight[1][0] and 0.7 < both[1].max() < 0.8  # an outline's corners cut a little of both
    bent = both[0][int(both[1].argmax())]
    assert np.ptp(bent[:, 0]) > 280 and np.ptp(bent[:, 1]) > 70
    assert len(DbDecoder(hollow=0.5, box_threshold=0.85).decode(probability)[0]) == 0
    probability[probability == 0.8] = 0.4  # seen, and not surely
    assert len(DbDecoder(hollow=0.5).decode(probability)[0]) == 1


def test_no_number_of_texts_is_too_many():
    """Sheets have more cells than the limit of 1000 that the usual implementation has."""
    columns, rows = 60, 40
    probability = np.zeros((rows * 12, columns * 16), np.float32)
    for row in range(rows):
        for column in range(columns):
            probability[row * 12 + 2 : row * 12 + 8, column * 16 + 2 : column * 16 + 13] = 1
    quads, scores = DbDecoder().decode(probability)
    assert len(quads) == len(scores) == rows * columns
    places = {tuple(place) for place in (quads.mean(axis=1) // (16, 12)).astype(int).tolist()}
    assert len(places) == rows * columns


def test_candidates_can_be_limited():
    probability = np.zeros((100, 100), np.float32)
    for top in range(5, 90, 20):
        probability[top : top + 8, 10:60] = 1
    assert len(DbDecoder().decode(probability)[0]) == 5
    assert len(DbDecoder(max_candidates=2).decode(probability)[0]) == 2


@pytest.mark.parametrize(
    "maps",
    [
        np.zeros((8, 8, 2), np.float32),
        np.zeros((1, 8, 8, 1), np.float32),
        np.zeros((8, 8), np.float64),
        np.zeros((8, 8), np.int8),
        np.zeros((0, 8), np.uint8),
    ],
)
def test_other_maps_are_refused(maps):
    with pytest.raises(ModelContractError, match="expected detection maps"):
        DbDecoder().decode(maps)
