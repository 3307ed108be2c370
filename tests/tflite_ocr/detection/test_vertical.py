"""Words of lines that run up or down are joined; what merely stands below something is not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.detection import vertical
from tflite_ocr.geometry import order_quad, upright_quads

EDGE = Path(__file__).resolve().parents[3] / "artifacts" / "edge"


def quads(*boxes):
    return list(upright_quads(np.float32(boxes)))


def joined(found):
    """The joined quads alone."""
    return vertical.joined(found, [0.5] * len(found))[0]


def test_words_of_one_line_are_joined_at_the_place_of_the_first():
    beside = (60, 0, 200, 20)
    found = joined(quads((10, 10, 30, 80), beside, (11, 84, 30, 120), (9, 121, 31, 300)))
    np.testing.assert_allclose(found, quads((9, 10, 31, 300), beside), atol=1e-4)
    whole = quads((10, 10, 30, 80))
    assert np.array_equal(joined(whole), whole) and vertical.joined([], []) == ([], [])


def test_a_joined_line_is_as_sure_as_its_surest_word():
    found = quads((10, 84, 30, 120), (60, 0, 200, 20), (10, 10, 30, 80), (9, 121, 31, 300))
    assert vertical.joined(found, [0.4, 0.9, 0.6, 0.5])[1] == [0.6, 0.9]


def test_a_quad_without_any_width_is_joined_to_nothing_and_not_divided_by():
    with np.errstate(all="raise"):
        assert len(joined(quads((10, 10, 10, 80), (10, 82, 10, 150)))) == 2


@pytest.mark.parametrize(
    "other",
    [
        (10, 92, 30, 150),  # far below
        (20, 82, 40, 150),  # aside
        (10, 82, 44, 150),  # wider
        (10, 40, 30, 110),  # over half of it
        (34, 10, 54, 80),  # beside it
    ],
)
def test_others_are_not(other):
    assert len(joined(quads((10, 10, 30, 80), other))) == 2


def test_upright_letters_one_below_the_other_are_not():
    assert len(joined(quads(*((10, 40 * i, 30, 40 * i + 36) for i in range(5))))) == 5


@pytest.mark.parametrize("degrees", [-25, 10])
def test_a_slanted_line(degrees):
    """Turned about the origin, the quad around both is what the two straight ones make."""
    angle = np.radians(degrees)
    turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    (found,) = joined([order_quad(quad @ turn) for quad in quads((100, 10, 120, 80), (100, 82, 120, 150))])
    np.testing.assert_allclose(found, order_quad(quads((100, 10, 120, 150))[0] @ turn), atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("turn", [cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_90_CLOCKWISE])
@pytest.mark.parametrize("label", ["NOT TO BE SOLD", "Second copy of three"])
def test_a_label_beside_a_text_is_one_line(label, turn):
    strip, page = np.full((40, 330, 3), 255, np.uint8), np.full((350, 460, 3), 255, np.uint8)
    cv2.putText(strip, label, (10, 28), cv2.FONT_HERSHEY_DUPLEX, 0.8, (40,) * 3, 1, cv2.LINE_AA)
    page[10:340, 5:45] = cv2.rotate(strip, turn)
    for i in range(6):
        cv2.putText(
            page, f"Line {i} of the page", (90, 50 + 50 * i), cv2.FONT_HERSHEY_DUPLEX, 1, (0,) * 3, 1, cv2.LINE_AA
        )
    reader = Reader(EDGE, threads=1)
    lines = reader.read(page)
    assert label in [line.text for line in lines]
    found = reader.detect(page)
    assert found.dtype == np.float32 and found.shape == (len(lines), 4, 2)
