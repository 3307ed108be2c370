"""Bullets that were left outside quads or read as letters: drawn lists, quads that begin at their text."""

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader, bullets
from tflite_ocr.page import PageOptions, Place, Recognition

FONT, SCALE, LEFT, STEP = cv2.FONT_HERSHEY_SIMPLEX, 0.8, 90, 40
TEXTS = ["Apples and pears", "bread of rye", "Cheese", "a bottle of milk"]


def dot(image, x, y, ink):
    cv2.circle(image, (x + 4, y), 4, ink, -1, cv2.LINE_AA)


def ring(image, x, y, ink):
    cv2.circle(image, (x + 5, y), 5, ink, 1, cv2.LINE_AA)


def square(image, x, y, ink):
    cv2.rectangle(image, (x, y - 4), (x + 8, y + 4), ink, -1)


def dash(image, x, y, ink):
    cv2.rectangle(image, (x, y - 1), (x + 12, y + 1), ink, -1)


def drawn(draw=None, marked=range(4), texts=TEXTS, shift=0, colors=(245, 30), place=lambda i: LEFT - 28):
    """A picture of a list, and the quads around its texts."""
    image, ink = np.full((60 + STEP * len(texts), 420, 3), colors[0], np.uint8), (colors[1],) * 3
    quads = []
    for i, text in enumerate(texts):
        base = 50 + STEP * i
        cv2.putText(image, text, (LEFT, base), FONT, SCALE, ink, 2, cv2.LINE_AA)
        if draw and i in marked:
            draw(image, place(i), base - 8, ink)
        right, left = LEFT + cv2.getTextSize(text, FONT, SCALE, 2)[0][0] + 3, LEFT - 3 - shift
        quads.append(np.float32([(left, base - 22), (right, base - 22), (right, base + 8), (left, base + 8)]))
    return image, quads


@pytest.mark.parametrize("colors", [(245, 30), (40, 220)])
@pytest.mark.parametrize("draw, sign", [(dot, "•"), (square, "•"), (ring, "◦"), (dash, "–")])
def test_equal_marks_below_each_other_are_bullets(draw, sign, colors):
    found = bullets.before(*drawn(draw, colors=colors), TEXTS)
    assert [(mark.line, mark.sign, mark.inside) for mark in found] == [(i, sign, False) for i in range(4)]
    assert all(abs(mark.left - (LEFT - 28)) <= 1 for mark in found)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"marked": [2]},  # one alone
        {"marked": [0, 1], "place": lambda i: LEFT - 24 - 17 * i},  # not below each other
        {"texts": ["7", "8", "12", "35"]},  # what stands before numbers is a sign of theirs
    ],
)
def test_other_marks_are_none(options):
    draw = dot if options else None
    assert bullets.before(*drawn(draw, **options), options.get("texts", TEXTS)) == []


@pytest.mark.parametrize(
    "draw",
    [
        lambda image, x, y, ink: cv2.putText(image, "x", (x, y + 8), FONT, SCALE, ink, 2, cv2.LINE_AA),
        lambda image, x, y, ink: [dot(image, x - step, y, ink) for step in (0, 12, 24)],  # a row that leads there
        lambda image, x, y, ink: dot(image, x, y + 16, ink),  # below the line
        lambda image, x, y, ink: cv2.rectangle(image, (x, y - 14), (x + 3, y + 14), ink, -1),  # a rule
    ],
)
def test_other_ink_before_lines_is_no_bullet(draw):
    assert bullets.before(*drawn(draw), TEXTS) == []


def test_what_belongs_to_another_line_is_none():
    image, quads = drawn(dot)
    beside = [quad - np.float32([quad[1, 0] - quad[0, 0] + 12, 0]) for quad in quads]
    assert bullets.before(image, [*quads, *beside], [*TEXTS, "", "", "", ""]) == []
    turned = [np.roll(quad, 1, axis=0) for quad in quads]
    assert bullets.before(image, turned, TEXTS) == [] and bullets.before(image, [], []) == []


def test_bullets_that_were_read_as_letters():
    image, quads = drawn(square, shift=28)
    read = [f"m {text}" for text in TEXTS[:3]] + [f"• {TEXTS[3]}"]
    found = bullets.before(image, quads, read)
    assert [(mark.line, mark.sign, mark.inside) for mark in found] == [(i, "•", True) for i in range(3)]
    quad, result = bullets.completed(found[0], quads[0], Recognition("m Apples", 0.8))
    assert result == Recognition("• Apples", 0.8) and quad is quads[0]


def test_words_of_one_letter_among_other_lines_stay():
    texts = ["o gato dorme", "o sol nasce", "uma casa branca"]
    image, quads = drawn(texts=texts)
    assert bullets.before(image, quads, texts) == []


def test_places_stay_where_they_are():
    image, quads = drawn(dot)
    mark = bullets.before(image, quads, TEXTS)[0]
    places = tuple(Place((i + 0.5) / 16, 0.9) for i in range(16))
    quad, result = bullets.completed(mark, quads[0], Recognition(TEXTS[0], 0.9, places=places))
    assert result.text == f"• {TEXTS[0]}" and len(result.places) == len(result.text)
    at = [quad[0, 0] + place.x * (quad[1, 0] - quad[0, 0]) for place in result.places]
    before = [quads[0][0, 0] + place.x * (quads[0][1, 0] - quads[0][0, 0]) for place in places]
    np.testing.assert_allclose(at[2:], before, atol=0.01)
    assert abs(at[0] - (mark.left + 4)) <= 1 and at[0] < at[1] < at[2] and quad[0, 0] <= mark.left


def test_a_list_is_read_with_its_bullets():
    image, _ = drawn(dot)
    image = cv2.copyMakeBorder(image, 60, 60, 60, 200, cv2.BORDER_REPLICATE)
    page = Reader(threads=1).read_page(image, options=PageOptions(words=True))
    assert [line.text[:2] for line in page.lines] == ["• "] * 4
    assert all(line.words[0].text == "•" and line.words[0].quad[1][0] < line.words[1].quad[0][0] for line in page.lines)
