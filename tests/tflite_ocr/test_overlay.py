"""Drawing of results: the copy, the outline, and labels that never turn into question marks."""

import numpy as np
import pytest

from tflite_ocr.overlay import draw, label_text
from tflite_ocr.page import TextLine


def line(text, left, top, right, bottom) -> TextLine:
    return TextLine(text, 0.9, ((left, top), (right, top), (right, bottom), (left, bottom)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total: 12.50", "Total: 12.50"),
        ("Crème brûlée", "Creme brulee"),
        ("Straße Ærø Łódź", "Strasse AEro Lodz"),
        ("„5 €“ – 3…", '"5 EUR" - 3...'),
        ("ﬁne ½", "fine 1/2"),
        ("tab\there", "tab here"),
        ("漢字", "#7"),
        ("12 漢", "#7"),
        ("Ωmega", "#7"),
        ("", "#7"),
    ],
)
def test_labels_are_ascii_or_a_number(text, expected):
    found = label_text(text, 7)
    assert found == expected
    assert found.isascii()


def test_draws_on_a_copy():
    image = np.full((200, 300, 3), 255, np.uint8)
    found = draw(image, [line("hello", 50, 80, 200, 110)])
    assert (image == 255).all()
    assert found.shape == image.shape and found.dtype == np.uint8
    assert (found[80, 60:190] != 255).any(axis=-1).all()  # top side of the outline
    assert (found[110, 60:190] != 255).any(axis=-1).all()
    assert (found[85:108, 55:195] == 255).all()  # the text itself stays to be seen
    plate = found[60:79, 50:110]
    assert (plate != 255).any(axis=-1).mean() > 0.3  # a label above it
    assert (found[130:] == 255).all()
    assert (draw(image, []) == image).all()


@pytest.mark.parametrize("size", [(1, 1), (10, 400), (400, 10), (50, 50)])
def test_labels_stay_inside_small_images(size):
    image = np.full((*size, 3), 255, np.uint8)
    found = draw(image, [line("a rather long line of text", -5, -5, size[1] + 5, size[0] + 5), line("漢", 0, 0, 1, 1)])
    assert found.shape == image.shape


def test_a_view_can_be_drawn_on():
    image = np.full((100, 100, 3), 255, np.uint8)
    assert draw(image[::-1, ::-1], [line("x", 10, 50, 60, 70)]).shape == image.shape
