"""Gutters across which a detector joined rows are found by the blanks that rows share; tables stay whole."""

import dataclasses

import cv2
import numpy as np
import pytest

from evaluation.texts import words_in_order
from tests.tflite_ocr.layout.test_joined import arranged, page, with_joined, worded
from tests.tflite_ocr.layout.test_reading_order import LETTER, lines_of, neighbours_of, sentence
from tflite_ocr import Reader, layout
from tflite_ocr.page import Page
from tflite_ocr.recognition import extents


@pytest.mark.slow
@pytest.mark.parametrize("share", [1.0, 0.7])
def test_columns_whose_rows_are_joined_are_read_one_after_the_other(share):
    rng = np.random.default_rng(51)
    right_ones = pairs = 0
    for _ in range(25):
        left, right, _ = page(rng, rng.uniform(0.5, 1.0))
        rows = {i for i in range(len(left)) if rng.random() < share}
        found = arranged(with_joined(left, right, rows))
        texts = [line.text for line in (*left, *right)]
        a, b = neighbours_of(texts, [line.text for line in found.lines])
        right_ones, pairs = right_ones + a, pairs + b
    assert right_ones / pairs >= 0.97


def test_blanks_tell_where_no_words_are_known():
    rng = np.random.default_rng(52)
    left, right, _ = page(rng, 0.7)
    given = with_joined(left, right, set(range(len(left))))
    own = {line.text: line.words for line in given}
    bare = Page(tuple(dataclasses.replace(line, words=()) for line in given), 2000, 2000, {})

    def blanks(line):
        corners = np.array([[word.quad[0], word.quad[1]] for word in own[line.text]])
        start, along = np.array(line.quad[0]), np.subtract(line.quad[1], line.quad[0])
        shares = (corners - start) @ along / (along @ along)
        return np.array([(0, shares[0, 0]), *zip(shares[:-1, 1], shares[1:, 0], strict=True), (shares[-1, 1], 1)])

    texts = [line.text for line in (*left, *right)]
    found = layout.arranged(bare, lambda line: own[line.text], blanks)
    assert [line.text for line in found.lines] == texts and not any(line.words for line in found.lines)
    unknown = layout.arranged(bare, lambda line: own[line.text])
    assert {line.text for line in unknown.lines} == {line.text for line in given}


@pytest.mark.slow
def test_text_of_one_column_stays_whole():
    rng = np.random.default_rng(53)
    for _ in range(40):
        size, width = 20, float(rng.uniform(400, 900))
        lines = [(sentence(rng, width, size), 40, 28 * i, width, size) for i in range(int(rng.integers(6, 40)))]
        drawn = worded(rng, lines_of(rng, lines))
        assert {line.text for line in arranged(drawn).lines} == {line.text for line in drawn}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["receipt", "form", "contents"])
def test_rows_of_tables_whose_cells_are_joined_are_read_across(kind):
    rng = np.random.default_rng(54)
    for _ in range(25):
        size, count = 20, int(rng.integers(6, 16))
        width = {"receipt": 300, "form": 160, "contents": 420}[kind]
        items = [(sentence(rng, width, size), 40, 30 * i, width, size) for i in range(count)]
        others = {
            "receipt": lambda: f"{rng.uniform(1, 99):.2f}",
            "form": lambda: sentence(rng, 160, size),
            "contents": lambda: str(int(rng.integers(1, 300))),
        }[kind]
        texts = [others() for _ in range(count)]
        cells = [
            (text, 40 + width + 14, 30 * i, max(size, len(text) * size * LETTER), size) for i, text in enumerate(texts)
        ]
        drawn = worded(rng, lines_of(rng, [*items, *cells]))
        given = with_joined(drawn[:count], drawn[count:], set(range(count)))
        assert " ".join(line.text for line in arranged(given).lines) == " ".join(line.text for line in given)


def test_blanks_of_a_crop():
    crop = np.full((40, 200, 3), 255, np.uint8)
    for left, right in ((10, 60), (64, 100), (120, 190)):  # the first gap is narrower than any gutter
        crop[8:32, left:right] = 0
    crop[:, 110:112] = 0  # a rule between two columns
    found = extents.blanks(crop) * 200
    assert np.abs(found - [(0, 10), (100, 120), (190, 200)]).max() < 2.5
    assert not len(extents.blanks(np.full((40, 200, 3), 255, np.uint8)))


@pytest.mark.slow
@pytest.mark.parametrize("angle", [0.0, 1.5])
def test_a_read_page_of_narrow_columns(angle):
    """Drawn: justified, gutters of .6 of the font's height, all rows level."""
    reader = Reader(threads=1)
    rng = np.random.default_rng(6)
    style = (cv2.FONT_HERSHEY_DUPLEX, 0.8, (0, 0, 0), 1, cv2.LINE_AA)
    picture = np.full((440, 1010, 3), 255, np.uint8)
    truth = []
    for left in (40, 515):
        for row in range(12):
            words = sentence(rng, 420, 24).split()
            widths = [cv2.getTextSize(word, style[0], style[1], style[3])[0][0] for word in words]
            while sum(widths) + 9 * len(widths) > 460:
                words, widths = words[:-1], widths[:-1]
            gap, x = (460 - sum(widths)) / (len(widths) - 1), float(left)
            for word, width in zip(words, widths, strict=True):
                cv2.putText(picture, word, (round(x), 50 + 31 * row), *style)
                x += width + gap
            truth.append(" ".join(words))
    matrix = cv2.getRotationMatrix2D((505, 220), angle, 1)
    picture = cv2.warpAffine(picture, matrix, (1010, 440), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    whole = reader.read(picture)
    ordered, common = words_in_order([line.text for line in whole], truth)
    assert common > 100 and ordered >= 0.97 * common


def test_columns_whose_quads_reach_over_the_gutter_are_parted():
    """Quads are wider than their text: those on either side of a gutter of 1 to 1.3 heights overlap."""
    rng = np.random.default_rng(55)
    right_ones = pairs = 0
    for _ in range(25):
        left, right, _ = page(rng, rng.uniform(1.0, 1.3))
        padded = []
        for line in (*left, *right):
            quad = np.array(line.quad)
            along = (quad[1] - quad[0]) / np.linalg.norm(quad[1] - quad[0])
            high = np.linalg.norm(quad[3] - quad[0])
            more = along * high * rng.uniform(0.25, 0.4)
            quad += np.array([-more, more, more, -more])
            padded.append(dataclasses.replace(line, quad=tuple(map(tuple, quad.tolist()))))
        a, b = neighbours_of([line.text for line in padded], [line.text for line in arranged(padded).lines])
        right_ones, pairs = right_ones + a, pairs + b
    assert right_ones / pairs >= 0.97
