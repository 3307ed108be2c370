"""Cells that a detector joined are parted where all rows have whitespace beside numbers; text is left as it is."""

import numpy as np
import pytest

from tests.tflite_ocr.layout.test_joined import arranged, joined, worded
from tests.tflite_ocr.layout.test_reading_order import LETTER, lines_of, sentence

ITEMS = "Copper pipe;Door handle, brass;Wood screws 4x40;Hammer;Garden hose 20 m;LED lamp E27;Cable ties;Ladder".split(
    ";"
)


def invoice(rng, gap):
    """The rows of a table with so many heights of whitespace between its columns, numbers on the right of theirs."""
    rows = [("Item", "Qty", "Price", "Amount")]
    for _ in range(int(rng.integers(4, 12))):
        count, price = int(rng.integers(1, 60)), rng.uniform(0.5, 90)
        rows.append((str(rng.choice(ITEMS)), str(count), f"{price:.2f}", f"{count * price:.2f}"))
    size = float(rng.uniform(14, 30))
    widths = [max(len(row[i]) for row in rows) * size * LETTER for i in range(4)]
    found, ends = [], np.cumsum(np.array(widths) + gap * size) - gap * size + 40
    for number, row in enumerate(rows):
        for i, text in enumerate(row):
            wide = len(text) * size * LETTER
            left = ends[i] - wide if i else 40
            found.append((text, left, 40 + 1.6 * size * number, wide, size))
    return rows, found


def with_neighbours_joined(rng, lines, share):
    """The lines of a table of four columns, so many neighbours of a row as one line."""
    given = []
    for row in range(len(lines) // 4):
        for i, line in enumerate(lines[4 * row : 4 * row + 4]):
            if i and rng.random() < share:
                given[-1] = joined(given[-1], line)
            else:
                given.append(line)
    return given


def table_of(page):
    (block,) = page.blocks
    return [tuple(" ".join(line.text for line in cell) for cell in row) for row in block.rows]


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.2, 0.6, 1.0])
def test_joined_cells_are_parted(share):
    rng = np.random.default_rng(61)
    right = whole = 0
    for _ in range(25):
        rows, found = invoice(rng, rng.uniform(0.8, 1.6))
        drawn = worded(rng, lines_of(rng, found, rng.uniform(-1, 1)))
        page = arranged(with_neighbours_joined(rng, drawn, share))
        parted = table_of(page) if len(page.blocks) == 1 else []
        right, whole = right + sum(row in parted for row in rows), whole + len(rows)
    assert right / whole >= 0.95


def test_a_line_over_several_columns_stays_whole():
    rng = np.random.default_rng(62)
    rows, found = invoice(rng, 1.0)
    size, last = found[0][4], found[-1][2]
    right = max(x + width for _, x, _, width, _ in found)
    over = ("All prices in euro without tax, paid within two weeks", 40, last + 1.6 * size, right - 40, size)
    drawn = worded(rng, lines_of(rng, [*found, over]))
    texts = [line.text for line in arranged(drawn).lines]
    assert texts[-1] == over[0] and len(texts) == len(found) + 1


def test_a_title_above_two_columns_stays_whole():
    rng, size = np.random.default_rng(66), 20
    for _ in range(20):
        found, end = [("JACKET MARKET", 180, 8, 170, size)], rng.uniform(220, 240)
        for row in range(1, int(rng.integers(7, 12))):
            name = (str(rng.choice(ITEMS)), 40, 32 * row, end - 40, size)
            found += [name, (f"{rng.uniform(1, 99):.2f}", end + rng.uniform(40, 60), 32 * row, 60, size)]
        texts = [line.text for line in arranged(worded(rng, lines_of(rng, found))).lines]
        assert texts[0] == "JACKET MARKET"


def test_numbers_with_their_unit_stay_whole():
    rng = np.random.default_rng(64)
    for unit in ("KB", "km", "EUR", "pieces"):
        size, found = 20, []
        for row in range(9):
            number = str(int(rng.integers(100, 999)))
            found += [
                (text, left, 40 + 32 * row, len(text) * size * LETTER, size)
                for text, left in ((number, 300), (unit, 300 + len(number) * size * LETTER + 0.4 * size))
            ]
        drawn = worded(rng, lines_of(rng, found))
        given = [joined(*drawn[i : i + 2]) for i in range(0, 18, 2)]
        assert [line.text for line in arranged(given).lines] == [line.text for line in given]


@pytest.mark.parametrize("gap, whole", [(0.1, True), (1.6, False)])
def test_what_is_wider_than_the_amounts_is_parted_at_wide_gaps_alone(gap, whole):
    rng, size, right = np.random.default_rng(65), 20, 700
    word = 4 * 0.6 * size  # of four letters, of a till's print
    for _ in range(20):
        found, ends = [], right - word - rng.uniform(1.2, 1.8) * size
        for row in range(int(rng.integers(7, 12))):
            name = ("A name of many letters", 40, 32 * row, rng.uniform(0.97, 1) * (ends - 40), size)
            found += [name, (f"{rng.uniform(1, 9.9):.2f}", right - word, 32 * row, word, size)]
        y = 32 * (row + 1)
        found += [("CARD", 40, y, word, size), ("****", right - 2 * word - gap * size, y, word, size)]
        drawn = worded(rng, lines_of(rng, [*found, (str(rng.integers(1000, 9999)), right - word, y, word, size)]))
        given = [*drawn[:-2], joined(*drawn[-2:])]
        assert (given[-1].text in [line.text for line in arranged(given).lines]) == whole


def test_paragraphs_with_numbers_stay_whole():
    rng = np.random.default_rng(63)
    for _ in range(40):
        size, width = 20, float(rng.uniform(300, 900))
        lines = []
        for i in range(int(rng.integers(4, 20))):
            words = sentence(rng, width, size).split()
            words[int(rng.integers(len(words)))] = str(int(rng.integers(1, 3000)))
            lines.append((" ".join(words), 40, 28 * i, width, size))
        drawn = worded(rng, lines_of(rng, lines))
        assert [line.text for line in arranged(drawn).lines] == [line.text for line in drawn]
