"""Which frames are searched."""

import numpy as np
import pytest

from tflite_ocr.video.frames import Frame, Picture
from tflite_ocr.video.plan import Planner

GROUND = np.random.default_rng(0).integers(0, 256, (96, 160, 3)).astype(np.uint8)


def frames(images, rate=20):
    return [Frame(i, i / rate, 1 / rate, Picture.from_bgr(image)) for i, image in enumerate(images)]


def keys(images, **options):
    return [step.frame.index for step in Planner(**options).steps(frames(images)) if step.key]


def test_a_still_picture_has_one_key():
    assert keys([GROUND] * 50) == [0]


def test_noise_of_a_camera_makes_no_keys():
    noise = np.random.default_rng(1)
    noisy = [np.clip(GROUND + noise.normal(0, 2, GROUND.shape), 0, 255).astype(np.uint8) for _ in range(30)]
    assert keys(noisy) == [0]


def test_a_cut_is_a_key_at_once_and_a_movement_one_now_and_then_and_at_its_end():
    assert keys([GROUND] * 10 + [255 - GROUND] * 10) == [0, 10]
    moving = [np.roll(GROUND, 4 * min(i, 13), axis=1) for i in range(30)]
    assert keys(moving) == [0, 1, 6, 11, 14]  # its beginning looks like a cut


@pytest.mark.parametrize(
    ("options", "expected"),
    [({"exact": True}, [0, 1, 2, 3, 4, 5]), ({"every": 4}, [0, 4]), ({"exact": True, "every": 2}, [0, 2, 4])],
)
def test_all_frames_or_some(options, expected):
    assert keys([GROUND] * 3 + [255 - GROUND] * 3, **options) == expected


def test_a_change_in_the_last_frame_is_not_overlooked():
    changed = GROUND.copy()
    changed[40:60, 40:100] = 0
    assert keys([GROUND] * 5 + [changed]) == [0, 5]
