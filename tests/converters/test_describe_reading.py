"""Normalization found by reading: the way in which a reader sees what it was made for."""

import numpy as np
import pytest

from converters import calibration, describe_reading

CHARACTERS = sorted({character for _, text in calibration.rendered_lines(64, seed=3) for character in text})
CLASSES = ["", *CHARACTERS]


@pytest.fixture(scope="module")
def lines():
    return calibration.rendered_lines(64, seed=3)[:16]


def reader(lines, way, also=()):
    """Answers the texts of the drawn lines one after the other where pixels lie as in `way`, and else nothing."""
    count = [0]

    def run(x):
        text = lines[count[0] % len(lines)][1]
        count[0] += 1
        seen = kind(x)
        frames = np.zeros((2 * len(text) + 1, len(CLASSES)), np.float32)
        frames[:, 0] = 0.5
        if seen == way or seen in also:
            for i, character in enumerate(text):
                frames[2 * i + 1, CLASSES.index(character)] = 1
        return frames

    def kind(x):
        if x.max() > 3:
            return 3
        if x.max() > 1.01 or x.min() < -1.01:
            return 1
        return 0 if x.min() < 0 else 2

    return run


@pytest.mark.parametrize("way", [0, 2, 3])
def test_the_way_that_reads_is_found(lines, way):
    spec, share = describe_reading.try_ways(reader(lines, way), 32, None, CLASSES, "RGB")
    assert share == 1
    assert (spec.mean[0], round(spec.std[0], 4)) == ((0.5, 0.5), None, (0.0, 1.0), (0.0, 0.0039))[way]


def test_ways_that_read_alike_leave_the_usual_one(lines):
    spec, share = describe_reading.try_ways(reader(lines, 2, also=(0,)), 32, 320, CLASSES, "GRAY")
    assert spec.mean == (0.5,) and spec.std == (0.5,) and share == 1


def test_a_reader_of_something_else_reads_nothing(lines):
    _, share = describe_reading.try_ways(reader(lines, 5), 32, None, CLASSES, "BGR")
    assert share < describe_reading.ENOUGH
