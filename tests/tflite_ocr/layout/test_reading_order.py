"""Lines come in the order in which people read them: columns one after the other, tables and receipts row by row.

Pages are drawn as lines in the order of their text and given as a detector orders them.
"""

import sys

import numpy as np
import pytest

from tflite_ocr import geometry, layout
from tflite_ocr.page import Page, TextLine

WORDS = (
    "on the way home we met a small dog that had lost its owner near the river and wanted nothing but company".split()
)
LETTER = 0.48  # heights: how wide a letter is


def sentence(rng, width, size):
    """A text about as wide."""
    text = WORDS[int(rng.integers(len(WORDS)))]
    while True:
        longer = f"{text} {WORDS[int(rng.integers(len(WORDS)))]}"
        if len(longer) * size * LETTER > width:
            return text
        text = longer


def column(rng, left, top, width, bottom, style):
    """(text, x, y, width, height) of the lines of a column of paragraphs."""
    size, lead = style["size"], style["lead"]
    found, y, rest = [], top, 0
    while y + size < bottom:
        if rest == 0:
            rest = int(rng.integers(3, 10))
            y += style["gap"] * lead if found else 0
            first = True
        text = sentence(rng, width, size)
        wide = width if style["justified"] else min(width, len(text) * size * LETTER)
        inset = 1.5 * size if first and style["inset"] else 0
        rest -= 1
        share = rng.uniform(0.3, 0.95) if rest == 0 else 1
        found.append((text[: max(4, int(len(text) * share))], left + inset, y, max(size, (wide - inset) * share), size))
        y, first = y + lead, False
    return found


def columns_page(rng, count):
    """A page of columns, perhaps with a headline over all and a page number below."""
    size = rng.uniform(14, 34)
    style = {
        "size": size,
        "lead": size * rng.uniform(1.15, 1.6),
        "justified": rng.random() < 0.6,
        "inset": rng.random() < 0.5,
        "gap": rng.choice([0, rng.uniform(0.3, 1)]),
    }
    gutter, width = size * rng.uniform(0.9, 2.5), size * rng.uniform(14, 26)
    whole = count * (width + gutter) - gutter
    top, height, found = 3 * size, whole * rng.uniform(0.7, 1.2), []
    if rng.random() < 0.6:
        found.append((sentence(rng, 0.8 * whole, 2 * size), 3 * size, top, 0.8 * whole, 2 * size))
        top += 4 * size
    level = rng.random() < 0.4  # lines of neighbouring columns stand at one height
    for i in range(count):
        shift = 0 if level else rng.uniform(-0.5, 0.5) * style["lead"]
        short = rng.uniform(0.5, 1) if i == count - 1 else 1
        found += column(rng, 3 * size + i * (width + gutter), top + shift, width, top + height * short, style)
    if rng.random() < 0.4:
        found.append(("Page 12 of 20", 3 * size + 0.4 * whole, top + height + 3 * size, 6 * size, size))
    return found


def receipt_page(rng):
    """Items and prices, the price far to the right."""
    size, lead = rng.uniform(14, 30), rng.uniform(1.3, 2.2)
    width, found = size * rng.uniform(18, 30), []
    for i in range(int(rng.integers(4, 16))):
        y = (3 + i * lead) * size
        item, price = sentence(rng, width * rng.uniform(0.2, 0.6), size), f"{rng.uniform(0.5, 99):.2f}"
        found.append((item, 40, y, len(item) * size * LETTER, size))
        found.append((price, 40 + width - len(price) * size * LETTER, y, len(price) * size * LETTER, size))
    return found


def table_page(rng):
    """Names in the first column and numbers in the others."""
    size, lead = rng.uniform(14, 30), rng.uniform(1.3, 2.2)
    widths, found = size * rng.uniform(5, 12, int(rng.integers(3, 7))), []
    for i in range(int(rng.integers(4, 15))):
        x = 40
        for j, width in enumerate(widths):
            text = f"{rng.uniform(0, 5000):,.1f}" if j else sentence(rng, 0.9 * width, size)
            wide = min(0.92 * width, len(text) * size * LETTER)
            found.append((text, x + (0.92 * width - wide if j else 0), (3 + i * lead) * size, wide, size))
            x += width + size
    return found


def cells_page(rng):
    """A table of cells of several lines of text, with whitespace between its rows."""
    size, columns = rng.uniform(14, 30), int(rng.integers(2, 4))
    lead, widths = size * rng.uniform(1.15, 1.4), size * rng.uniform(9, 18, columns)
    found, y = [], 3 * size
    for _ in range(int(rng.integers(4, 9))):
        counts, row, x = rng.integers(1, 4, columns), [], 40
        for width, count in zip(widths, counts.tolist(), strict=True):
            row += [(sentence(rng, width * 0.9, size), x, y + lead * i, width * 0.9, size) for i in range(count)]
            x += width + 1.5 * size
        found += row
        y += lead * counts.max() + size
    return found


def wrapped_page(rng):
    """Two columns of text that runs around a picture between them and around its caption, which is read last."""
    size = rng.uniform(14, 30)
    lead, width, gutter = size * rng.uniform(1.15, 1.4), size * rng.uniform(18, 26), size * rng.uniform(1, 2)
    top, middle, bottom = rng.integers((4, 9, 4), (9, 18, 9))
    inset = size * rng.uniform(4, 7)  # how far the picture reaches into each column
    caption = int(rng.integers(3, 6))  # its lines, over the gutter and smaller than the text
    found = []
    for side in range(2):
        for i in range(top + middle + bottom):
            narrow = inset if top <= i < top + middle else 0
            left = 40 + side * (width + gutter) + (narrow if side else 0)
            found.append((sentence(rng, width - narrow, size), left, 60 + lead * i, width - narrow, size))
    wide = 2 * (inset - size) + gutter
    for i in range(caption):
        y = 60 + lead * (top + middle - caption + i)
        found.append((sentence(rng, wide, 0.7 * size), 40 + width - inset + size, y, wide, 0.7 * size))
    return found


def lines_of(rng, found, degrees=0.0):
    """TextLines of a page turned by some degrees clockwise, with the margins and the errors of a detector."""
    turn, lines = np.radians(degrees), []
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for text, x, y, width, height in found:
        left, right, top, bottom = rng.normal(0, 0.05 * height, 4) + (-0.24, 0.24, -0.12, 0.12) * np.full(4, height)
        left, right, top, bottom = x + left, x + width + right, y + top, y + height + bottom
        corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) @ matrix
        lines.append(TextLine(text, 0.9, tuple(map(tuple, corners.tolist()))))
    return lines


def neighbours(lines):
    """Of neighbouring lines of the text how many follow each other in the layout, and how many neighbours there are."""
    quads = np.array([geometry.order_quad(np.array(line.quad)) for line in lines])
    given = tuple(lines[i] for i in geometry.reading_order(quads))
    found = layout.arranged(Page(given, 1000, 1000, {}))
    assert sorted(map(id, found.lines)) == sorted(map(id, lines))
    assert [line for block in found.blocks for line in block.lines] == list(found.lines)
    return neighbours_of(list(map(id, lines)), list(map(id, found.lines)))


def neighbours_of(true, found):
    """Of neighbours in a list how many follow each other in another one, and how many neighbours there are."""
    places = {one: i for i, one in enumerate(found)}
    order = [places.get(one, -9 * i) for i, one in enumerate(true, 1)]
    return sum(after == before + 1 for before, after in zip(order, order[1:], strict=False)), len(order) - 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "pages"),
    [
        (lambda rng: columns_page(rng, 1), 15),
        (lambda rng: columns_page(rng, 2), 25),
        (lambda rng: columns_page(rng, 3), 25),
        (receipt_page, 25),
        (table_page, 25),
    ],
    ids=["one column", "two columns", "three columns", "receipts", "tables"],
)
def test_lines_follow_each_other_as_they_are_read(draw, pages):
    rng = np.random.default_rng(23)
    counts = [neighbours(lines_of(rng, draw(rng), rng.uniform(-3, 3))) for _ in range(pages)]
    right, whole = np.sum(counts, axis=0)
    assert right / whole >= 0.98


@pytest.mark.slow
def test_columns_around_a_picture_are_read_to_their_end(monkeypatch):
    def share():
        rng = np.random.default_rng(23)
        counts = [neighbours(lines_of(rng, wrapped_page(rng), rng.uniform(-3, 3))) for _ in range(25)]
        right, whole = np.sum(counts, axis=0)
        return right / whole

    assert share() >= 0.95
    monkeypatch.setattr(sys.modules["tflite_ocr.layout.columns"], "joined_parts", lambda lines, parts: parts)
    assert share() < 0.92


def test_tables_of_text_are_read_cell_by_cell():
    rng = np.random.default_rng(14)
    counts = [neighbours(lines_of(rng, cells_page(rng))) for _ in range(25)]
    right, whole = np.sum(counts, axis=0)
    assert right / whole >= 0.97


def test_the_measure_sees_columns_that_are_read_across():
    rng = np.random.default_rng(3)
    lines = lines_of(rng, columns_page(rng, 2))
    across = Page(tuple(lines[i] for i in geometry.reading_order(np.array([line.quad for line in lines]))), 9, 9, {})
    places = {id(line): i for i, line in enumerate(across.lines)}
    order = [places[id(line)] for line in lines]
    assert np.mean(np.diff(order) == 1) < 0.6


def test_turned_pages_are_read_as_upright_ones():
    rng = np.random.default_rng(8)
    found = columns_page(rng, 2)
    for degrees in (90, 180, -90, 15, -15, 97):
        right, whole = neighbours(lines_of(np.random.default_rng(1), found, degrees))
        assert right >= 0.97 * whole, degrees


def test_two_forms_of_columns_keep_their_head_and_foot():
    """A headline over two bands of two columns, each band read by itself."""
    size, found = 20, [("A headline over all of the page", 0, 0, 700, 40)]
    for band in range(2):
        for side in range(2):
            for i in range(6):
                y = 80 + 260 * band + 30 * i
                found.append((f"line {i} of column {side} in band {band}", 400 * side, y + 7 * side, 340, size))
        if band == 0:
            found.append(("Another headline over all of the page", 0, 300, 740, 30))
    lines = lines_of(np.random.default_rng(2), found)
    assert neighbours(lines) == (len(lines) - 1, len(lines) - 1)


def test_a_line_that_two_columns_share_by_mistake_does_not_part_them():
    """A detector took two level lines for one; it stands in one of the columns, and all others stay in order."""
    rng = np.random.default_rng(9)
    found = [(sentence(rng, 360, 20), 20 + 420 * side, 28 * i, 360, 20) for side in range(2) for i in range(14)]
    joined = (f"{found[6][0]} {found[20][0]}", 20, 28 * 6, 780, 20)
    lines = lines_of(rng, [*found[:6], joined, *found[7:20], *found[21:]])
    right, whole = neighbours(lines)
    assert right >= whole - 2


def test_lines_between_each_other_are_no_columns():
    """A catalogue: names in the middle, and under each its works, on the left."""
    found = []
    for i in range(6):
        found.append((f"Painter Number {i} of Bern", 400, 80 * i, 260, 20))
        found.append((f"{i}. Portrait in oil", 20, 80 * i + 40, 200, 20))
    lines = lines_of(np.random.default_rng(5), found)
    assert neighbours(lines) == (len(lines) - 1, len(lines) - 1)


def test_signs_of_a_street_are_read_from_the_top():
    places = [("EXIT", 300, 10, 4), ("Hotel", 40, 120, -25), ("Bar", 420, 130, 18), ("OPEN", 200, 300, 40)]
    lines = [
        lines_of(np.random.default_rng(i), [(text, x, y, 90, 30)], d)[0] for i, (text, x, y, d) in enumerate(places)
    ]
    found = layout.arranged(Page(tuple(lines), 600, 400, {}))
    assert [line.text for line in found.lines] == ["EXIT", "Hotel", "Bar", "OPEN"] and found.angle == 0


def test_nothing_and_one_line():
    empty = Page((), 10, 10, {})
    assert layout.arranged(empty) == empty and layout.rows(empty) == []
    (line,) = lines_of(np.random.default_rng(1), [("one", 5, 5, 40, 12)])
    found = layout.arranged(Page((line,), 60, 30, {}))
    assert found.lines == (line,) and [block.kind for block in found.blocks] == ["text"]


def test_rows_hold_together_on_bent_paper():
    """Receipts seen from the side: rows sink ever more towards the bottom, and bend."""
    rng = np.random.default_rng(12)
    lines, rows = [], 14
    for i in range(rows):
        for text, x in ((f"item number {i}", 20), (f"{i}.50", 420)):
            y = 40 + 30 * i
            width = 9 * len(text)
            corners = np.array([(x, y), (x + width, y), (x + width, y + 20), (x, y + 20)], float)
            corners[:, 1] += corners[:, 0] * 0.004 * i + 5 * np.sin(corners[:, 0] / 200) + rng.normal(0, 0.5)
            lines.append(TextLine(text, 0.9, tuple(map(tuple, corners.tolist()))))
    page = Page(tuple(lines[i] for i in rng.permutation(len(lines))), 600, 600, {})
    texts = [[page.lines[i].text for cell in row for i in cell] for row in layout.rows(page)]
    assert texts == [[f"item number {i}", f"{i}.50"] for i in range(rows)]
