"""Signs that were left outside a quad: drawn numbers, quads that begin at their first digit."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader, signs

EDGE = Path(__file__).resolve().parents[2] / "artifacts" / "edge"
FONT, SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.9


def drawn(text, background=245, ink=30, left=60):
    """A picture with a text, and the quad around the part of it behind its sign."""
    image = np.full((80, 320, 3), background, np.uint8)
    cv2.putText(image, text, (left, 50), FONT, SCALE, (ink,) * 3, 2, cv2.LINE_AA)
    begin = left + cv2.getTextSize(text[0], FONT, SCALE, 2)[0][0] if text[0] in "-.+" else left
    end = left + cv2.getTextSize(text, FONT, SCALE, 2)[0][0]
    return image, np.float32([(begin, 26), (end + 3, 26), (end + 3, 54), (begin, 54)])


@pytest.mark.parametrize("colors", [(245, 30), (40, 220), (245, 140)])
@pytest.mark.parametrize("text", ["-5", "-264.27", ".75", ".5", "-12"])
def test_a_sign_before_a_number_comes_into_the_quad(text, colors):
    image, quad = drawn(text, *colors)
    longer = signs.extended(image, quad, [quad])
    assert longer is not None and 56 <= longer[0, 0] <= 66
    np.testing.assert_array_equal(longer[1:3], quad[1:3])
    assert longer[0, 0] == longer[3, 0]


@pytest.mark.parametrize("text", ["5", "264.27", "1200"])
def test_without_one_the_quad_stays(text):
    image, quad = drawn(text)
    assert signs.extended(image, quad, [quad]) is None


def test_other_things_before_a_number_are_no_signs():
    for draw in (
        lambda image: cv2.line(image, (0, 42), (70, 42), (30,) * 3, 2),  # a rule that begins elsewhere
        lambda image: cv2.putText(image, "x", (55, 50), FONT, SCALE, (30,) * 3, 2, cv2.LINE_AA),
        lambda image: cv2.rectangle(image, (52, 22), (56, 58), (30,) * 3, -1),
        lambda image: [cv2.circle(image, (x, 48), 2, (30,) * 3, -1) for x in (48, 56, 64)],  # dots that lead there
    ):
        image, quad = drawn("5", left=78)
        draw(image)
        assert signs.extended(image, quad, [quad]) is None


def test_what_belongs_to_another_quad_or_a_turned_one_is_left_alone():
    image, quad = drawn("-5")
    other = np.float32([(40, 26), (quad[0, 0] - 2, 26), (quad[0, 0] - 2, 54), (40, 54)])
    assert signs.extended(image, quad, [quad, other]) is None
    assert signs.extended(image, np.roll(quad, 2, axis=0), []) is None
    assert signs.extended(image, np.roll(quad, 1, axis=0), []) is None
    assert signs.extended(np.full_like(image, 200), quad, [quad]) is None


def test_only_signs_are_added():
    assert signs.completes("-5", "5") and signs.completes("- 5", "5") and signs.completes(".75", "75")
    assert signs.completes("-.5", ".5")
    for longer in ("5", "15", "x5", "-6", "-5 x", ""):
        assert not signs.completes(longer, "5")
    assert all(map(signs.may_lack, ("5", "264.27", ".5", ",5")))
    assert not any(map(signs.may_lack, ("", "-5", "x5", ".", "...", ".x")))


def test_a_reader_gives_the_sign_that_its_detector_left_out(monkeypatch):
    reader = Reader(EDGE, threads=2)
    image, quad = drawn("-264.27")
    monkeypatch.setattr(reader._loaded().detector, "detect", lambda picture: (quad[None], np.ones(1)))
    (line,) = reader.read(image)
    assert line.text in ("-264.27", "\u2212264.27") and line.quad[0][0] < 66  # a hyphen or a minus
    monkeypatch.setattr(signs, "extended", lambda *_: None)
    assert [line.text for line in reader.read(image)] == ["264.27"]
