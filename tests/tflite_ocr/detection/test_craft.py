"""CRAFT decoding against hand values and against EasyOCR's own functions on the same maps."""

import functools

import cv2
import numpy as np
import pytest

from tflite_ocr.detection.craft import CraftDecoder
from tflite_ocr.errors import ModelContractError

THRESHOLDS = {"text_threshold": 0.7, "link_threshold": 0.4, "low_text": 0.4}
GROUPING = {"slope_ths": 0.1, "ycenter_ths": 0.5, "height_ths": 0.5, "width_ths": 0.5, "add_margin": 0.1}
MIN_SIZE = 20


def word_maps(seed: int, height: int = 240, width: int = 320, words: int = 14) -> np.ndarray:
    """Region and affinity maps of words at any angle: a Gaussian a character and one between two."""
    random = np.random.default_rng(seed)
    ys, xs = np.arange(height)[:, np.newaxis], np.arange(width)
    maps = np.zeros((height, width, 2))
    for _ in range(words):
        size = random.uniform(2, 7)
        angle = random.choice([0.0, random.normal(0, 0.05), random.uniform(-np.pi, np.pi)])
        step = np.array([np.cos(angle), np.sin(angle)]) * size * 1.7
        start = np.array([random.uniform(0, width), random.uniform(0, height)])
        peak = random.uniform(0.5, 1.0)
        for index in range(2 * random.integers(1, 8) - 1):
            x, y = start + step * index / 2
            spread = size * (0.8 if index % 2 else 1)
            spot = peak * np.exp(-((xs - x) ** 2) / (2 * spread**2)) * np.exp(-((ys - y) ** 2) / (2 * spread**2))
            maps[..., index % 2] = np.maximum(maps[..., index % 2], spot)
    return maps.astype(np.float32)


def noise_maps(seed: int, height: int = 120, width: int = 160) -> np.ndarray:
    """Smooth noise: components of every shape, holes, specks, touching the edges."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(height, width, 2)).astype(np.float32)
    sigma = random.uniform(1, 5)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
    return (smooth / smooth.std() * random.uniform(0.2, 0.5) + random.uniform(0, 0.3)).astype(np.float32)


@functools.cache
def both_kinds(count: int) -> list[np.ndarray]:
    return [word_maps(seed) for seed in range(count)] + [noise_maps(seed) for seed in range(count)]


def easyocr_words(easyocr_module, maps: np.ndarray) -> np.ndarray:
    core = easyocr_module("craft_utils").getDetBoxes_core
    boxes, _, _ = core(maps[..., 0], maps[..., 1], *THRESHOLDS.values())
    return np.array(boxes, np.float32).reshape(-1, 4, 2)


def easyocr_lines(easyocr_module, maps: np.ndarray, ratio: float) -> np.ndarray:
    """The quads that EasyOCR's Reader.detect finds, level ones first."""
    utils, craft_utils = easyocr_module("utils"), easyocr_module("craft_utils")
    boxes, _, _ = craft_utils.getDetBoxes(maps[..., 0], maps[..., 1], *THRESHOLDS.values())
    boxes = craft_utils.adjustResultCoordinates(boxes, ratio, ratio)
    polys = [np.array(box).astype(np.int32).reshape(-1) for box in boxes]
    level, turned = utils.group_text_box(polys, *GROUPING.values())
    quads = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, x1, y0, y1 in level if max(x1 - x0, y1 - y0) > MIN_SIZE]
    quads += [quad for quad in turned if np.ptp(np.array(quad), axis=0).max() > MIN_SIZE]
    return np.array(quads, np.float32).reshape(-1, 4, 2)


def clipped(quads: np.ndarray, maps: np.ndarray, ratio: float) -> np.ndarray:
    """As EasyOCR's get_image_list: level lines are cut at the image's edge, turned ones are not."""
    size = np.round(np.array(maps.shape[1::-1]) * 2 * ratio)
    level = (quads[:, 0, 1] == quads[:, 1, 1]) & (quads[:, 1, 0] == quads[:, 2, 0]) & (quads[:, 2, 1] == quads[:, 3, 1])
    inside = np.clip(quads, 0, size)
    visible = np.ptp(inside, axis=1).min(axis=1) > 0
    return np.where(level[:, None, None], inside, quads)[visible].astype(np.float32)


@pytest.fixture(scope="module")
def references(easyocr_module) -> list[tuple[np.ndarray, float, np.ndarray]]:
    """Maps, the ratio of original to resized size, and the lines that EasyOCR finds."""
    cases = []
    for index, maps in enumerate(both_kinds(12)):
        ratio = (1.0, 1.37, 0.61)[index % 3]
        cases.append((maps, ratio, clipped(easyocr_lines(easyocr_module, maps, ratio), maps, ratio)))
    return cases


def agrees(decoder: CraftDecoder, references) -> bool:
    for maps, ratio, wanted in references:
        quads, _ = decoder.decode(maps, to_image=(2 * ratio, 2 * ratio))
        if quads.shape != wanted.shape or not np.allclose(quads, wanted, rtol=0, atol=1e-3):
            return False
    return True


def test_words_equal_easyocr(easyocr_module):
    found = 0
    for maps in both_kinds(20):
        wanted = easyocr_words(easyocr_module, maps)
        region, affinity = (np.ascontiguousarray(maps[..., channel]) for channel in range(2))
        quads, peaks = CraftDecoder().words(region, affinity)
        np.testing.assert_allclose(quads, wanted, rtol=0, atol=1e-3)
        assert (peaks >= np.float32(0.7)).all()
        found += len(quads)
    assert found > 300


def test_lines_equal_easyocr(references):
    assert sum(len(wanted) for _, _, wanted in references) > 150
    assert agrees(CraftDecoder(), references)


@pytest.mark.parametrize(
    "broken",
    [
        {"text_threshold": 0.72},
        {"link_threshold": 0.42},
        {"low_text": 0.41},
        {"min_size": 25},
        {"slope_ths": 0.2},
        {"ycenter_ths": 0.2},
        {"height_ths": 0.2},
        {"width_ths": 1.0},
        {"add_margin": 0.05},
    ],
)
def test_check_rejects_broken_decoder(broken, references):
    assert not agrees(CraftDecoder(**broken), references)


def block_maps() -> np.ndarray:
    maps = np.zeros((60, 100, 2), np.float32)
    maps[20:30, 10:40, 0] = 0.9
    maps[20:30, 60:80, 0] = 0.8
    return maps


def test_words_by_hand():
    maps = block_maps()
    region, affinity = (np.ascontiguousarray(maps[..., channel]) for channel in range(2))
    quads, peaks = CraftDecoder().words(region, affinity)
    # A full 30 x 10 block: margin = int(sqrt(10) * 2) = 6, a 7 x 7 kernel, 3 pixels on each side.
    assert quads[0].tolist() == [[7, 17], [42, 17], [42, 32], [7, 32]]
    assert quads[1].tolist() == [[57, 17], [82, 17], [82, 32], [57, 32]]
    np.testing.assert_allclose(peaks, [0.9, 0.8], rtol=1e-6)


def test_affinity_joins_but_does_not_widen():
    maps = block_maps()
    maps[24:26, 38:62, 1] = 1
    quads, scores = CraftDecoder(add_margin=0).decode(maps)
    # 548 pixels in 70 x 10: margin = int(sqrt(548 * 10 / 700) * 2) = 5, a 6 x 6 kernel, 2 before and 3 after.
    assert quads.tolist() == [[[8, 18], [82, 18], [82, 32], [8, 32]]]
    np.testing.assert_allclose(scores, [0.9], rtol=1e-6)


def test_score_is_the_mean_over_words():
    quads, scores = CraftDecoder(width_ths=2.0).decode(block_maps())
    assert len(quads) == 1
    np.testing.assert_allclose(scores, [0.85], rtol=1e-6)


def test_level_lines_are_clipped_to_the_image():
    quads, _ = CraftDecoder(width_ths=2.0).decode(block_maps(), image_size=(70, 30))
    assert quads.tolist() == [[[6, 16], [70, 16], [70, 30], [6, 30]]]
    assert len(CraftDecoder().decode(block_maps(), image_size=(5, 5))[0]) == 0


@pytest.mark.parametrize("scale", [1 / 256, 1 / 128])
def test_bytes_equal_floats(scale):
    for maps in both_kinds(5):
        levels = np.clip(np.rint(maps / scale), 0, 255).astype(np.uint8)
        quads, scores = CraftDecoder().decode(levels, scale=scale, to_image=(2.0, 2.0))
        wanted, wanted_scores = CraftDecoder().decode(levels * np.float32(scale), to_image=(2.0, 2.0))
        np.testing.assert_array_equal(quads, wanted)
        np.testing.assert_allclose(scores, wanted_scores, rtol=1e-5)


def test_empty_maps_have_no_text():
    quads, scores = CraftDecoder().decode(np.zeros((32, 48, 2), np.float32))
    assert quads.shape == (0, 4, 2) and quads.dtype == np.float32
    assert scores.shape == (0,) and scores.dtype == np.float32


def test_links_alone_are_no_text():
    maps = np.zeros((32, 48, 2), np.float32)
    maps[5:20, 5:40, 1] = 1
    assert len(CraftDecoder().decode(maps)[0]) == 0


def test_low_text_above_text_threshold_finds_only_text():
    maps = np.full((32, 48, 2), 0.5, np.float32)
    assert len(CraftDecoder(text_threshold=0.4, low_text=0.6).decode(maps)[0]) == 0


@pytest.mark.parametrize(
    "maps", [np.zeros((8, 8), np.float32), np.zeros((8, 8, 1), np.float32), np.zeros((8, 8, 2), np.int8)]
)
def test_other_maps_are_refused(maps):
    with pytest.raises(ModelContractError, match="expected detection maps"):
        CraftDecoder().decode(maps)
