"""Drawing of results: outlines on a copy, texts beside it, and labels that never turn into question marks."""

import numpy as np
import pytest

from tflite_ocr.overlay import draw, label_text
from tflite_ocr.page import Block, TextLine


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


def test_draws_on_a_copy_and_covers_nothing():
    image = np.full((200, 300, 3), 255, np.uint8)
    found = draw(image, [line("hello", 50, 80, 200, 110)])
    assert (image == 255).all()
    assert found.shape == (200, 600, 3) and found.dtype == np.uint8
    left, right = found[:, :300], found[:, 300:]
    assert (left[80, 60:190] != 255).any(axis=-1).all()  # top side of the outline
    assert (left[110, 60:190] != 255).any(axis=-1).all()
    assert (left[85:108, 55:195] == 255).all() and (left[:77] == 255).all()  # the text stays to be seen, all around too
    assert 0.05 < (right[80:111, 50:201] < 128).any(axis=-1).mean() < 0.6  # its letters, where it stands
    right[80:111, 50:201] = 255
    assert (right == 255).all()
    assert (draw(image, []) == 255).all()


@pytest.mark.parametrize("degrees", [0, 20, 90, 180])
def test_texts_stand_as_their_lines_do(degrees):
    """Ink of a turned line lies in its quad, with most of it on the side of the capital letters' feet."""
    turn = np.deg2rad(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.array([(-60, -12), (60, -12), (60, 12), (-60, 12)]) @ matrix + 100
    image = np.full((200, 200, 3), 255, np.uint8)
    sheet = draw(image, [TextLine("LLLLLLLL", 0.9, tuple(map(tuple, corners.tolist())))])[:, 200:]
    ys, xs = np.nonzero(sheet[..., 0] < 128)
    inside = (np.stack([xs, ys], axis=1) - 100) @ matrix.T
    assert len(xs) > 50 and (np.abs(inside) <= (61, 13)).all()
    assert (inside[:, 1] > 3).sum() > (inside[:, 1] < -3).sum()  # an L is heavy below


def test_confidence_is_a_colour_and_blocks_are_numbered():
    image = np.full((100, 200, 3), 255, np.uint8)
    lines = [TextLine("ab", value, line("", 60, 20, 120, 40).quad) for value in (0.99, 0.9, 0.75, 0.1)]
    colors = [tuple(draw(image, [one])[20, 90].tolist()) for one in lines]
    assert len(set(colors)) == 4 and colors[0][1] == max(colors[0]) and colors[3][2] == max(colors[3])
    plain, numbered = draw(image, lines[:1]), draw(image, lines[:1], [Block("text", (lines[0],))])
    for half in (slice(0, 200), slice(200, 400)):
        assert (numbered[:, half][15:45, :58] != plain[:, half][15:45, :58]).any()


@pytest.mark.parametrize("size", [(1, 1), (10, 400), (400, 10), (50, 50)])
def test_drawings_of_small_images(size):
    image = np.full((*size, 3), 255, np.uint8)
    lines = [line("a rather long line of text", -5, -5, size[1] + 5, size[0] + 5), line("漢", 0, 0, 1, 1)]
    lines += [line("outside", 500, 500, 600, 520), line("flat", 3, 3, 3, 3)]
    assert draw(image, lines, [Block("text", tuple(lines))]).shape == (size[0], 2 * size[1], 3)


def test_a_view_can_be_drawn_on():
    image = np.full((100, 100, 3), 255, np.uint8)
    assert draw(image[::-1, ::-1], [line("x", 10, 50, 60, 70)]).shape == (100, 200, 3)
