"""Patches that are found again."""

import numpy as np
import pytest

from tests.tflite_ocr.video.clips import page
from tflite_ocr.video.follow import PatchMatch, Template


def digit(value):
    return page((f"12:0{value}", 20, 60))[..., 1]


@pytest.mark.parametrize("first", range(10))
def test_every_digit_looks_other_than_the_others(first):
    quad = np.float32([(18, 38), (110, 38), (110, 64), (18, 64)])
    template = Template(digit(first), quad)
    noise = np.random.default_rng(first).integers(-4, 5, digit(0).shape)
    for second in range(10):
        there = np.clip(digit(second) + noise, 0, 255).astype(np.uint8)
        assert template.differs(there, PatchMatch(0, 0, 1), 12.0) == (first != second)
