"""Lines that a detector joined across a narrow gutter are split between their words; others stay whole.

Pages are drawn as lines of words; some rows of two columns are given as one line.
"""

import dataclasses

import cv2
import numpy as np
import pytest

from evaluation.texts import words_in_order
from tests.tflite_ocr.layout.test_reading_order import LETTER, lines_of, neighbours_of, sentence
from tflite_ocr import Reader, layout
from tflite_ocr.page import Page, PageOptions, Word


def worded(rng, lines, gap=0.3):
    """Lines with words, letters as wide as a line has room for, and gaps of about so many heights."""
    made = []
    for line in lines:
        quad = np.array(line.quad)
        height = np.linalg.norm(quad[3] - quad[0])
        texts, length = line.text.split(), np.linalg.norm(quad[1] - quad[0]) - 0.5 * height
        gaps = height * gap * rng.uniform(0.8, 1.2, len(texts) - 1)
        letter = max(0.2 * height, (length - gaps.sum()) / max(1, sum(map(len, texts))))
        x, words, along = 0.25 * height, [], (quad[1] - quad[0]) / np.linalg.norm(quad[1] - quad[0])
        for text, after in zip(texts, [*gaps, 0], strict=True):
            end = x + letter * len(text)
            corners = [quad[0] + along * x, quad[0] + along * end, quad[3] + along * end, quad[3] + along * x]
            words.append(Word(text, 0.9, tuple(map(tuple, np.array(corners).tolist()))))
            x = end + after
        made.append(dataclasses.replace(line, words=tuple(words)))
    return made


def joined(one, other):
    """Two lines as one."""
    quad = one.quad[0], other.quad[1], other.quad[2], one.quad[3]
    return dataclasses.replace(one, text=f"{one.text} {other.text}", quad=quad, words=one.words + other.words)


def page(rng, gutter, head=0):
    """Two columns of level lines with so narrow a gutter, in heights: (left, right, lines of a paragraph over both)."""
    size, rows = float(rng.uniform(14, 30)), int(rng.integers(12, 24))
    lead, width, degrees = size * rng.uniform(1.2, 1.5), size * rng.uniform(14, 22), rng.uniform(-2, 2)
    over = [
        (sentence(rng, 2 * width, size), 40, lead * (i - head), 2 * width + gutter * size, size) for i in range(head)
    ]
    left, right = (
        [(sentence(rng, width, size), 40 + x, lead * i, width, size) for i in range(rows)]
        for x in (0, width + gutter * size)
    )
    drawn = worded(rng, lines_of(rng, [*over, *left, *right], degrees))
    return drawn[head : head + rows], drawn[head + rows :], drawn[:head]


def with_joined(left, right, rows):
    """The lines of both columns as a detector gives them that joins some rows."""
    found = []
    for i, pair in enumerate(zip(left, right, strict=True)):
        found += [joined(*pair)] if i in rows else list(pair)
    return found


def arranged(lines, words=None):
    return layout.arranged(Page(tuple(lines), 2000, 2000, {}), words)


@pytest.mark.slow
@pytest.mark.parametrize("rows", ["one", "some", "neighbours", "first and last"])
def test_joined_lines_are_split_and_in_order(rows):
    rng = np.random.default_rng(31)
    right_ones = pairs = 0
    for _ in range(25):
        left, right, _ = page(rng, rng.uniform(0.6, 1.2))
        count = len(left)
        start = int(rng.integers(3, count - 5))
        chosen = {
            "one": {start},
            "some": set(rng.choice(count, count // 6, replace=False).tolist()),
            "neighbours": {start, start + 1, start + 2},
            "first and last": {0, count - 2, count - 1},
        }[rows]
        found = arranged(with_joined(left, right, chosen))
        texts = [line.text for line in (*left, *right)]
        assert [line.text for block in found.blocks for line in block.lines] == [line.text for line in found.lines]
        a, b = neighbours_of(texts, [line.text for line in found.lines])
        right_ones, pairs = right_ones + a, pairs + b
        for line in found.lines:
            assert line.text.split() == [word.text for word in line.words]
    assert right_ones / pairs >= 0.97


def test_pieces_lie_where_their_words_do_and_have_words_only_where_the_line_had():
    rng = np.random.default_rng(2)
    left, right, _ = page(rng, 0.9)
    given = with_joined(left, right, {6})
    whole = next(line for line in given if line.text == f"{left[6].text} {right[6].text}")
    found = {line.text: line for line in arranged(given).lines}
    for line in (left[6], right[6]):
        assert np.abs(np.array(found[line.text].quad) - line.quad).max() < 0.3 * np.ptp(np.array(line.quad)[:, 1])
        assert found[line.text].words == line.words
    asked = []

    def words(line):
        asked.append(line)
        return whole.words

    bare = [dataclasses.replace(line, words=()) for line in given]
    found = {line.text: line for line in arranged(bare, words).lines}
    assert {left[6].text, right[6].text} <= set(found) and not any(line.words for line in found.values())
    assert [line.text for line in asked] == [whole.text]  # words cost time: no other line's are asked for
    assert whole.text in {line.text for line in arranged(bare).lines}  # nobody can tell: it stays whole


@pytest.mark.slow
def test_paragraphs_over_both_columns_stay_whole():
    rng = np.random.default_rng(5)
    for _ in range(40):
        left, right, over = page(rng, rng.uniform(0.6, 1.2), head=int(rng.integers(1, 6)))
        found = arranged([*over, *left, *right])
        assert {line.text for line in over} <= {line.text for line in found.lines}


def test_rows_of_tables_and_receipts_are_read_across():
    rng = np.random.default_rng(6)
    for _ in range(20):
        size = 20
        rows = [(sentence(rng, 300, size), 40, 30 * i, 300, size) for i in range(12)]
        prices = [(f"{rng.uniform(1, 99):.2f}", 420, 30 * i, 4 * size * LETTER, size) for i in range(12)]
        drawn = worded(rng, lines_of(rng, [*rows, *prices]))
        given = with_joined(drawn[:12], drawn[12:], {3, 7})
        assert " ".join(line.text for line in arranged(given).lines) == " ".join(line.text for line in given)


@pytest.mark.slow
def test_a_read_page_is_split_where_its_detector_joined_two_columns():
    """Drawn: one row of the first column reaches so far into the gutter that it is found as one line."""
    rng, reader = np.random.default_rng(4), Reader(threads=1)
    picture = np.full((560, 1120, 3), 255, np.uint8)
    style = (cv2.FONT_HERSHEY_DUPLEX, 0.8, (0, 0, 0), 1, cv2.LINE_AA)
    texts = [[sentence(rng, 600, 24) for _ in range(16)] for _ in range(2)]
    for column in range(2):
        for i, text in enumerate(texts[column]):
            while cv2.getTextSize(text, style[0], style[1], style[3])[0][0] > 450:
                text = text.rpartition(" ")[0]
            texts[column][i] = text
            width = cv2.getTextSize(text, style[0], style[1], style[3])[0][0]
            left = 40 if column == 0 else 545
            if column == 0 and i == 7:
                left = 537 - width  # nearer to the other column than all other rows
            cv2.putText(picture, text, (left, 60 + 31 * i), *style)
    whole = reader.read_page(picture, options=PageOptions(layout=False))
    found = reader.read_page(picture)
    across = [line for line in whole.lines if line.quad[0][0] < 450 and line.quad[1][0] > 640]
    assert across and not [line for line in found.lines if line.quad[0][0] < 450 and line.quad[1][0] > 640]
    ordered, common = words_in_order([line.text for line in found.lines], sum(texts, []))
    assert ordered == common and not any(line.words for line in found.lines)
