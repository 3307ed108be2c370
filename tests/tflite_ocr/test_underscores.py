"""Underscores that were left below a quad: drawn names, quads that end at their letters."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader, underscores

EDGE = Path(__file__).resolve().parents[2] / "artifacts" / "edge"
FONT, SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.9
BASE = 50


def drawn(text, background=245, ink=30, bar=20):
    """A picture with a text, a bar `bar` pixels wide under its blank, and the quad that ends at its letters."""
    image = np.full((90, 360, 3), background, np.uint8)
    first, _, second = text.partition("_")
    at = 40 + cv2.getTextSize(first, FONT, SCALE, 2)[0][0]
    cv2.putText(image, first, (40, BASE), FONT, SCALE, (ink,) * 3, 2, cv2.LINE_AA)
    cv2.putText(image, second, (at + bar, BASE), FONT, SCALE, (ink,) * 3, 2, cv2.LINE_AA)
    if bar:
        image[BASE + 4 : BASE + 7, at + 1 : at + bar - 1] = ink
    end = at + bar + cv2.getTextSize(second, FONT, SCALE, 2)[0][0]
    return image, np.float32([(36, 24), (end + 3, 24), (end + 3, BASE + 3), (36, BASE + 3)])


@pytest.mark.parametrize("colors", [(245, 30), (40, 220), (245, 140)])
@pytest.mark.parametrize("text", ["corner_63.txt", "my_name", "A_1"])
def test_an_underscore_below_comes_into_the_quad(text, colors):
    image, quad = drawn(text, *colors)
    longer = underscores.extended(image, quad, [])
    assert longer is not None and BASE + 7 <= longer[2, 1] <= BASE + 13
    np.testing.assert_array_equal(longer[:2], quad[:2])
    assert longer[2, 1] == longer[3, 1]


@pytest.mark.parametrize(
    "draw",
    [
        lambda image: None,
        lambda image: image[BASE + 4 : BASE + 7, 30:300].fill(30),  # an underlined line, or a rule
        lambda image: cv2.putText(image, "below", (60, BASE + 26), FONT, SCALE, (30,) * 3, 2, cv2.LINE_AA),
        lambda image: cv2.rectangle(image, (120, BASE + 4), (126, BASE + 24), (30,) * 3, -1),
        lambda image: cv2.putText(image, "gjpq", (120, BASE), FONT, SCALE, (30,) * 3, 2, cv2.LINE_AA),
    ],
    ids=["nothing", "rule", "next line", "stroke", "descenders"],
)
def test_other_things_below_a_line_are_none(draw):
    image, quad = drawn("corner_63", bar=0)
    draw(image)
    assert underscores.extended(image, quad, []) is None


def test_turned_quads_are_left_alone():
    image, quad = drawn("corner_63.txt")
    assert underscores.extended(image, np.roll(quad, 2, axis=0), []) is None
    assert underscores.extended(image, np.roll(quad, 1, axis=0), []) is None
    assert underscores.extended(image[: BASE + 3], quad, []) is None  # the picture ends with the quad


def test_only_underscores_in_place_of_blanks_are_added():
    assert underscores.completes("corner_63.txt", "corner 63.txt") and underscores.completes("a _b", "a b")
    for longer in ("corner 63.txt", "corner_68.txt", "corner_63.txt x", "_corner 63.txt x", ""):
        assert not underscores.completes(longer, "corner 63.txt")
    assert all(map(underscores.may_lack, ("corner 63.txt", "a b", "1 2")))
    assert not any(map(underscores.may_lack, ("", "corner", "a, b", " a")))


def test_a_reader_gives_the_underscore_that_its_detector_left_out(monkeypatch):
    reader = Reader(EDGE, threads=2)
    image, quad = drawn("corner_63.txt")
    monkeypatch.setattr(reader._loaded().detector, "detect", lambda picture: (quad[None], np.ones(1)))
    (line,) = reader.read(image)
    assert line.text == "corner_63.txt" and line.quad[2][1] >= BASE + 7
    monkeypatch.setattr(underscores, "extended", lambda *_: None)
    assert "_" not in reader.read(image)[0].text
