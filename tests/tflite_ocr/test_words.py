"""Words of born-digital pages lie where the PDF has them, upright, turned and tilted."""

import dataclasses

import cv2
import numpy as np
import pytest

from tflite_ocr import Reader
from tflite_ocr.page import PageOptions

fpdf = pytest.importorskip("fpdf", reason="needs the [pdf] extra")
pdfium = pytest.importorskip("pypdfium2", reason="needs the [pdf] extra")

POINTS_PER_INCH = 72
# Drawn for this test: short and long words, digits, signs, glyphs of all widths.
TEXTS = (
    ("helvetica", "", 11, "I will pay the amount of 1,250.00 EUR within 30 days, or return all of it on Monday."),
    ("times", "", 12, "Little by little, a little becomes a lot: we saw 17 ships (all white) as we ran home."),
    ("courier", "B", 9, "Order no. 4711-A was sent to Mr W. Miller at 5 a.m.; no one is in."),
    ("times", "I", 10, "None of us ever was so sure as in our summer on a sea near Norway."),
)
WITH_WORDS = PageOptions(words=True, characters=True)


@pytest.fixture(scope="module")
def reader():
    return Reader(threads=1)


@pytest.fixture(scope="module")
def page():
    document = fpdf.FPDF(unit="pt", format=(330, 190))
    document.set_auto_page_break(False)
    document.add_page()
    for i, (family, style, size, text) in enumerate(TEXTS):
        document.set_font(family, style, size)
        document.set_xy(15, 12 + 43 * i)
        document.multi_cell(300, size * 1.25, text, align="L")
    return pdfium.PdfDocument(bytes(document.output()))[0]


def words_of(page, scale):
    """(text, quad) of the words of a PDF, the quad around the boxes that its font gives the characters."""
    text_page = page.get_textpage()
    words, boxes, text = [], [], ""
    for i in range(text_page.count_chars() + 1):
        character = text_page.get_text_range(i, 1) if i < text_page.count_chars() else " "
        if character.strip():
            left, bottom, right, top = text_page.get_charbox(i, loose=True)
            boxes.append((left, page.get_height() - top, right, page.get_height() - bottom))
            text += character
        elif boxes:
            left, top = np.min(boxes, axis=0)[:2] * scale
            right, bottom = np.max(boxes, axis=0)[2:] * scale
            words.append((text, np.array([(left, top), (right, top), (right, bottom), (left, bottom)])))
            boxes, text = [], ""
    return words


def overlap(one, other):
    """Intersection over union of two convex quads."""
    one, other = np.float32(one), np.float32(other)
    common = cv2.intersectConvexConvex(one, other)[0]
    return common / (cv2.contourArea(one) + cv2.contourArea(other) - common)


def hits(wanted, lines):
    """Of the words that were read right, how many lie where they should, and how many they are."""
    found = [word for line in lines for word in line.words]
    best = [max((overlap(word.quad, quad) for word in found if word.text == text), default=0) for text, quad in wanted]
    right = [value for value in best if value > 0]  # the same word elsewhere is another one
    return sum(value >= 0.5 for value in right), len(right)


def moved(picture, words, matrix, size):
    """A picture of another size and the words' quads under a perspective."""
    warped = cv2.warpPerspective(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=(255, 255, 255)
    )
    return warped, [(text, cv2.perspectiveTransform(np.float64([quad]), matrix)[0]) for text, quad in words]


def views(picture):
    """Ways in which a page lies: (name, perspective, size)."""
    height, width = picture.shape[:2]
    tilt = np.vstack([cv2.getRotationMatrix2D((width / 2, height / 2), -7, 1), (0, 0, 1)])
    tilt[:2, 2] += 60
    bent = np.array([[1, 0.02, 10], [0.03, 1, 10], [4e-5, 3e-5, 1]])
    yield "upright", np.eye(3), (width, height)
    yield "on its head", np.array([[-1.0, 0, width - 1], [0, -1, height - 1], [0, 0, 1]]), (width, height)
    yield "tilted", tilt, (width + 120, height + 120)
    yield "seen from the side", bent, (width + 30, height + 30)


@pytest.mark.slow
@pytest.mark.parametrize("dpi", [150, 300])
def test_words_lie_where_the_pdf_has_them(reader, page, dpi):
    scale = dpi / POINTS_PER_INCH
    picture = np.ascontiguousarray(page.render(scale=scale).to_numpy()[..., :3])
    words = words_of(page, scale)
    assert len(words) > 60
    for name, matrix, size in views(picture):
        seen, wanted = moved(picture, words, matrix, size)
        lines = reader.read_page(seen, options=WITH_WORDS).lines
        good, right = hits(wanted, lines)
        assert right >= 0.85 * len(words) and good >= 0.95 * right, (name, good, right)
        # The measure tells: words that share their line evenly miss it.
        spread = [dataclasses.replace(line, words=evenly(line)) for line in lines]
        assert hits(wanted, spread)[0] < 0.95 * right, name


def evenly(line):
    words, corners, widest = [], np.array(line.quad), len(line.words)
    for i, word in enumerate(line.words):
        quad = [
            corners[a] + (corners[b] - corners[a]) * share / widest
            for a, b, share in ((0, 1, i), (0, 1, i + 1), (3, 2, i + 1), (3, 2, i))
        ]
        words.append(dataclasses.replace(word, quad=tuple(map(tuple, quad))))
    return tuple(words)


@pytest.mark.slow
def test_a_page_that_lies_on_its_side_has_its_words_too(reader, page):
    picture = np.ascontiguousarray(page.render(scale=2).to_numpy()[..., :3])
    height, width = picture.shape[:2]
    for matrix in ([[0.0, -1, height - 1], [1, 0, 0], [0, 0, 1]], [[0.0, 1, 0], [-1, 0, width - 1], [0, 0, 1]]):
        seen, wanted = moved(picture, words_of(page, 2), np.array(matrix), (height, width))
        found = reader.read_page(seen, options=WITH_WORDS)
        good, right = hits(wanted, found.lines)
        assert right >= 0.9 * len(wanted) and good >= 0.95 * right
        assert (found.width, found.height) == (height, width)


@pytest.mark.slow
def test_words_change_nothing_else(reader, page):
    picture = np.ascontiguousarray(page.render(scale=2).to_numpy()[..., :3])
    plain, full = reader.read_page(picture), reader.read_page(picture, options=WITH_WORDS)
    assert len(plain.lines) >= 6 and not any(line.words for line in plain.lines)
    assert [dataclasses.replace(line, words=()) for line in full.lines] == list(plain.lines)
    for line in full.lines:
        assert [word.text for word in line.words] == line.text.split()
        for word in line.words:
            assert "".join(character.text for character in word.characters) == word.text
            assert 0 <= word.confidence <= 1
            lefts = [np.mean(character.quad, axis=0)[0] for character in word.characters]
            assert lefts == sorted(lefts)
    some = reader.read_page(picture, options=PageOptions(words=True)).lines
    assert not any(word.characters for line in some for word in line.words)


def test_a_crop_has_words_too(reader, page):
    picture = np.ascontiguousarray(page.render(scale=2).to_numpy()[20:56, ..., :3])
    (line,) = reader.read_crop(picture, options=WITH_WORDS).lines
    wanted = [(text, quad - (0, 20)) for text, quad in words_of(page, 2)]
    assert len(line.words) >= 8 and hits(wanted, [line])[0] >= 8
    assert reader.read_crop(picture).lines[0] == dataclasses.replace(line, words=())
