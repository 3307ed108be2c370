"""The pictures that published figures, calibration and running trainings rest on are drawn as they always were."""

import dataclasses
import hashlib
import platform

import cv2
import numpy as np
import pytest

from converters import calibration
from demo.clip import render
from synthetic.builtin import builtin_set, video_clips
from synthetic.everyday import stored
from synthetic.pictures import closeups, foreign, lines, pages, scenes
from synthetic.surfaces import backgrounds

# Other versions blend and compress a little differently.
TAKEN_WITH = ("4.11.0", "1.26.4", "x86_64")
DEJAVU = "abdc775b21b1bc47"
DIGESTS = {
    "scenes of calibration": "bfbe578c97c8cfca",
    "lines of calibration": "ee2b05681b26513d",
    "built-in pages": "a26cb5359a96a516",
    "built-in words": "10231f21910988f5",
    "everyday pictures": "df7305a176257338",
    "lines": "4371c03a6ad3af26",
    "runs": "874ce894c200b0a3",
    "lines upside down": "109a4fbfc41548e7",
    "pages": "676c5d0fda928b1d",
    "scenes": "eb9df6bddf991c8a",
    "close-ups": "ed524c02b4454b63",
    "clip": "015268d4eb490bd5",
    "moving": "d1d4d1a7cc497d50",
    "slides": "96a193e03509a3f1",
}

# OpenCV's code for processors with AVX512 blends these a little differently from that for AVX2.
AVX2, AVX512 = 11, 256  # cv2.checkHardwareSupport
WITHOUT_AVX512 = {"pages": "fcead9675fb561db", "clip": "569fdd06093d24ef"}


@pytest.fixture(autouse=True)
def same_libraries():
    if platform.machine() == "x86_64" and not cv2.checkHardwareSupport(AVX2):
        pytest.skip("the digests were taken on processors with AVX2")
    found = (cv2.__version__, np.__version__, platform.machine())
    if found != TAKEN_WITH:
        pytest.skip(f"the digests were taken with {TAKEN_WITH}, found {found}")


@pytest.fixture
def no_photographs(plain_fonts, monkeypatch):
    """Drawing for training, with the fonts and words of the tests and drawn backgrounds alone."""
    if digest([(plain_fonts / "DejaVuSans.ttf").read_bytes()]) != DEJAVU:
        pytest.skip("the digests were taken with another edition of the DejaVu fonts")
    monkeypatch.setattr(backgrounds, "photographs", lambda: ())


def digest(parts) -> str:
    """First digits of the SHA-256 of bytes, texts, arrays and dataclasses of them, one after another."""
    found = hashlib.sha256()
    for part in parts:
        if dataclasses.is_dataclass(part):
            part = digest(getattr(part, field.name) for field in dataclasses.fields(part))
        elif isinstance(part, (list, tuple)):
            part = digest(part)
        elif isinstance(part, np.ndarray):
            found.update(repr((part.dtype.str, part.shape)).encode())
            part = np.ascontiguousarray(part).tobytes()
        found.update(part if isinstance(part, bytes) else str(part).encode())
    return found.hexdigest()[:16]


def generators(count, seed=77):
    return [np.random.default_rng((seed, index)) for index in range(count)]


def check(name, parts):
    expected = DIGESTS if cv2.checkHardwareSupport(AVX512) else DIGESTS | WITHOUT_AVX512
    assert digest(parts) == expected[name]


@pytest.mark.slow
def test_calibration():
    check("scenes of calibration", calibration.default_images(6))
    check("lines of calibration", calibration.rendered_lines(4))


@pytest.mark.slow
def test_the_builtin_set():
    check("built-in pages", [builtin_set.draw(index) for index in range(12)])
    check("built-in words", [builtin_set.draw_word(index) for index in range(6)])


def test_the_everyday_set():
    drawn = [stored.draw("dev", kind, number) for kind, number in stored.order()[:10]]
    check("everyday pictures", [(sheet.image, sheet.lines) for sheet in drawn])


def test_lines_for_training(no_photographs):
    check("lines", [lines.render_line(rng) for rng in generators(10)])
    check("runs", [lines.draw_run(rng, "train") for rng in generators(4)])
    check("lines upside down", [foreign.turned(line) for line in map(lines.render_line, generators(4))])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "render_one"),
    [("pages", pages.render_page), ("scenes", scenes.render_scene), ("close-ups", closeups.render_closeup)],
)
def test_scenes_for_training(no_photographs, name, render_one):
    check(name, [render_one(rng, 320, 320) for rng in generators(10)])


def test_clips():
    small = render.ClipOptions(320, 180, 5, 0.4)
    check("clip", [(frame.image, frame.lines) for frame in render.frames(small)])
    check("moving", list(video_clips.moving(0.2)))
    check("slides", list(video_clips.slides(0.2)))


def test_one_grey_level_of_one_pixel_is_seen():
    drawn = np.zeros((4, 4, 3), np.uint8)
    changed = drawn.copy()
    changed[1, 2, 0] = 1
    assert digest([("a", drawn)]) != digest([("a", changed)]) != digest([("b", changed)])
    assert digest([("a", drawn)]) == digest([("a", drawn.copy())])
