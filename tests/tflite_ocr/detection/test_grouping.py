"""Grouping of words to lines against hand values and against EasyOCR's group_text_box."""

import dataclasses

import numpy as np
import pytest

from tflite_ocr.detection.grouping import GroupingOptions, group_words

DEFAULTS = GroupingOptions()


def random_words(seed: int) -> np.ndarray:
    """Rows of words with scattered gaps, heights and offsets, some turned, some tiny; int32 [N, 4, 2]."""
    random = np.random.default_rng(seed)
    quads = []
    for _ in range(random.integers(1, 40)):
        width, height = random.uniform(2, 120), random.choice([random.uniform(8, 30), random.uniform(1, 60)])
        center = np.array([random.uniform(-10, 500), random.choice([40, 70, 100, 105, 140]) + random.normal(0, 5)])
        angle = random.choice([0.0, random.normal(0, 0.06), random.uniform(-1.5, 1.5)])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
        quads.append(corners @ turn.T + center)
    return np.array(quads).astype(np.int32)


def easyocr_quads(easyocr_module, words: np.ndarray) -> np.ndarray:
    level, turned = easyocr_module("utils").group_text_box(
        [word.reshape(-1) for word in words], *dataclasses.astuple(DEFAULTS)
    )
    quads = [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, x1, y0, y1 in level] + turned
    return np.array(quads, np.float64).reshape(-1, 4, 2)


def agrees(easyocr_module, options: GroupingOptions, seeds: range) -> bool:
    for seed in seeds:
        words = random_words(seed)
        quads, _, _ = group_words(words, options)
        wanted = easyocr_quads(easyocr_module, words)
        if quads.shape != wanted.shape or not np.allclose(quads, wanted, rtol=0, atol=1e-3):
            return False
    return True


@pytest.mark.slow
def test_equals_easyocr(easyocr_module):
    assert agrees(easyocr_module, DEFAULTS, range(300))


@pytest.mark.parametrize(
    "broken",
    [{"slope_ths": 0.12}, {"ycenter_ths": 0.45}, {"height_ths": 0.45}, {"width_ths": 0.55}, {"add_margin": 0.12}],
)
def test_check_rejects_broken_grouping(broken, easyocr_module):
    assert not agrees(easyocr_module, dataclasses.replace(DEFAULTS, **broken), range(300))


def test_every_word_belongs_to_one_line():
    for seed in range(50):
        words = random_words(seed)
        quads, members, level = group_words(words, DEFAULTS)
        assert len(quads) == len(members) == len(level)
        assert sorted(np.concatenate(members).tolist()) == list(range(len(words)))
        assert all(len(group) == 1 for group, flat in zip(members, level, strict=True) if not flat)
        for quad, group, flat in zip(quads, members, level, strict=True):
            if flat:
                low, high = words[group].min(axis=(0, 1)), words[group].max(axis=(0, 1))
                margin = int(0.1 * (high - low).min())
                assert quad[0].tolist() == (low - margin).tolist() and quad[2].tolist() == (high + margin).tolist()


def box(left: int, top: int, right: int, bottom: int) -> list:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_two_words_and_a_far_one_by_hand():
    words = np.array([box(200, 12, 240, 32), box(10, 10, 50, 30), box(59, 11, 90, 31)], np.int32)
    quads, members, level = group_words(words, DEFAULTS)
    # A gap of 9 is less than half of 20; the margin is a tenth of 21 or 20, cut to 2.
    assert quads.tolist() == [box(8, 8, 92, 33), box(198, 10, 242, 34)]
    assert [group.tolist() for group in members] == [[1, 2], [0]]
    assert level.all()


def test_turned_word_by_hand():
    words = np.array([[[0, 100], [60, 20], [76, 32], [16, 112]]], np.int32)
    quads, members, level = group_words(words, DEFAULTS)
    # Sides 100 and 20 (to the last corner), margin int(1.44 * 0.1 * 20) = 2; both runs are negative or short.
    assert not level[0] and members[0].tolist() == [0]
    first = np.arctan(68 / 10)
    second = np.arctan(92 / 44)
    wanted = words[0] + 2 * np.array(
        [
            [-np.cos(first), -np.sin(first)],
            [np.cos(second), -np.sin(second)],
            [np.cos(first), np.sin(first)],
            [-np.cos(second), np.sin(second)],
        ]
    )
    np.testing.assert_allclose(quads[0], wanted, atol=1e-4)


def test_no_words_no_lines():
    quads, members, level = group_words(np.zeros((0, 4, 2), np.int32), DEFAULTS)
    assert quads.shape == (0, 4, 2) and members == [] and level.shape == (0,)
