"""Blocks, paragraphs, headings and tables of drawn columns, and the text of paragraphs."""

import numpy as np
import pytest

from tflite_ocr import layout
from tflite_ocr.formats.markdown import to_markdown
from tflite_ocr.page import Page, TextLine


def line(text, left, top, width, height=20.0):
    right, bottom = left + width, top + height
    return TextLine(text, 0.9, ((left, top), (right, top), (right, bottom), (left, bottom)))


def arranged(*lines):
    return layout.arranged(Page(lines, 1000, 1000, {}))


def texts(lines):
    return [one.text for one in lines]


def prose(top, count, left=10.0, width=500.0, first="It", indent=0.0):
    """Lines of one paragraph, each begun by another small word; the last one is short."""
    words = [first, *(["which"] * (count - 1))]
    found = []
    for i, word in enumerate(words):
        inset = indent if i == 0 else 0
        wide = width * 0.6 if i == count - 1 else width - inset
        end = "ends here." if i == count - 1 else "goes on over the line"
        found.append(line(f"{word} {i} {end}", left + inset, top + 28 * i, wide))
    return found


def test_paragraphs_by_gaps():
    first, second = prose(10, 4), prose(10 + 4 * 28 + 18, 3)
    (block,) = arranged(*first, *second).blocks
    assert block.kind == "text" and [texts(part) for part in block.paragraphs] == [texts(first), texts(second)]
    assert block.rows == ()


def test_paragraphs_by_indents_and_short_ends():
    for indent in (30, 0):
        first, second = prose(10, 4), prose(10 + 4 * 28, 3, indent=indent)
        (block,) = arranged(*first, *second).blocks
        assert [len(part) for part in block.paragraphs] == [4, 3], indent


def test_a_list_hangs_on_its_bullets():
    lines = []
    for i in range(3):
        lines.append(line(f"• point {i} goes on over the line", 10, 10 + 56 * i, 480))
        lines.append(line("and ends in the next", 40, 38 + 56 * i, 300))
    (block,) = arranged(*lines).blocks
    assert [len(part) for part in block.paragraphs] == [2, 2, 2]


def test_headings_are_higher_and_short():
    heading = line("Of dogs and rivers", 10, 10, 380, 34)
    text = prose(70, 6)
    first, second = arranged(heading, *text).blocks
    assert (first.kind, texts(first.lines), first.paragraphs) == ("heading", [heading.text], ((heading,),))
    assert (second.kind, len(second.lines)) == ("text", 6)
    high = [line("A whole page of one size is no heading", 10, 10 + 50 * i, 700, 34) for i in range(8)]
    assert {block.kind for block in arranged(*high).blocks} == {"text"}


def test_wide_whitespace_parts_blocks():
    found = arranged(*prose(10, 4), *prose(220, 4))
    assert [len(block.lines) for block in found.blocks] == [4, 4]


@pytest.mark.parametrize("degrees", [0, 2.5, -2.5])
def test_a_table_has_rows_of_cells(degrees):
    cells = [("Name", "Count", "Price"), ("Nails", "200", "4.10"), ("Screws", None, "7.35"), ("Glue", "2", "11.00")]
    lefts, turn = (20, 220, 380), np.radians(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    lines = []
    for i, row in enumerate(cells):
        for text, left in zip(row, lefts, strict=True):
            if text:
                flat = line(text, left, 100 + 32 * i, 11 * len(text))
                lines.append(TextLine(text, 0.9, tuple(map(tuple, (np.array(flat.quad) @ matrix).tolist()))))
    text = [line(f"{word} before the table goes on", 20, y, 400) for word, y in (("What", 8), ("comes", 36))]
    text = [TextLine(one.text, 0.9, tuple(map(tuple, (np.array(one.quad) @ matrix).tolist()))) for one in text]
    first, table = arranged(*text, *lines).blocks
    assert (first.kind, table.kind) == ("text", "table") and table.paragraphs == ()
    found = [[" ".join(texts(cell)) or None for cell in row] for row in table.rows]
    assert found == [list(row) for row in cells]
    assert texts(table.lines) == [text for row in cells for text in row if text]


def test_two_rows_are_no_table():
    lines = [line(text, left, 10 + 30 * i, 60) for i in range(2) for text, left in (("one", 10), ("two", 300))]
    assert {block.kind for block in arranged(*lines).blocks} == {"text"}


def test_words_of_a_cell_stay_together():
    lines = []
    for i in range(4):
        lines += [
            line("two", 10, 10 + 30 * i, 30),
            line("words", 46, 10 + 30 * i, 50),
            line("9.99", 300, 10 + 30 * i, 40),
        ]
    (table,) = arranged(*lines).blocks
    assert [[texts(cell) for cell in row] for row in table.rows] == [[["two", "words"], ["9.99"]]] * 4


def test_numbered_items_are_no_table():
    lines = []
    for i in range(4):
        lines += [
            line(f"{i + 1}.", 10, 10 + 40 * i, 20),
            line(f"Wash the cup number {i} and dry it well", 80, 10 + 40 * i, 400),
        ]
    (block,) = arranged(*lines).blocks
    assert block.kind == "text" and [len(part) for part in block.paragraphs] == [2] * 4
    (table,) = arranged(
        *(one if one.text[1] != "." else line(one.text[0], 10, one.quad[0][1], 20) for one in lines)
    ).blocks
    assert table.kind == "table"


def grid(*rows, lefts=(20, 240, 460), gap=0):
    """Lines of a table: rows of cells of (lines of) text, so many pixels more between rows than between lines."""
    found, y = [], 10
    for row in rows:
        for left, cell in zip(lefts, row, strict=True):
            found += [line(text, left, y + 28 * i, 9 * len(text)) for i, text in enumerate(cell)]
        y += 28 * max(map(len, row)) + gap
    return found


def table_of(lines):
    (table,) = arranged(*lines).blocks
    assert table.kind == "table" and sum(table.rows, ()) and len(table.lines) == len(lines)
    return [[texts(cell) for cell in row] for row in table.rows]


def test_cells_of_several_lines():
    rows = [
        (["Of what"], ["Found in"], ["Year"]),
        (["A small dog", "without owner"], ["the river"], ["1904"]),
        (["Nothing"], ["an old house", "at the end", "of a street"], ["1911"]),
        (["Some company", "on the way"], ["the fields"], ["1923"]),
    ]
    assert table_of(grid(*rows, gap=20)) == [list(row) for row in rows]


def test_a_line_that_continues_one_cell_alone_is_no_row():
    rows = [
        (["1"], ["A small dog", "without owner"], ["4.10"]),
        (["2"], ["Nothing"], ["7.35"]),
        (["3"], ["Some company"], ["11.00"]),
        ([], ["All of it"], ["22.45"]),
    ]
    assert table_of(grid(*rows)) == [list(row) for row in rows]


def test_groups_of_rows_stay_rows():
    """Whitespace between every two rows of numbers, or under the head alone, makes none of several lines."""
    numbers = [([f"name {i}"], [f"{i}.50"], [f"{3 * i}.25"]) for i in range(6)]
    lines = grid(*numbers)
    for i, one in enumerate(lines):
        moved = 24 * (i // 6)
        lines[i] = TextLine(one.text, 0.9, tuple((x, y + moved) for x, y in one.quad))
    assert table_of(lines) == [list(row) for row in numbers]
    head = grid((["What"], ["Where"], ["Who"]), gap=24)
    body = [(["a dog"], ["a river"], ["nobody"]), (["a house"], [], ["an owner"]), (["a way"], ["home"], ["all"])]
    below = [TextLine(one.text, 0.9, tuple((x, y + 52) for x, y in one.quad)) for one in grid(*body)]
    assert table_of([*head, *below])[1:] == [list(row) for row in body]


@pytest.mark.parametrize(
    ("pieces", "joined", "kept"),
    [
        (("the compa-", "ny of dogs"), "the company of dogs", "the compa- ny of dogs"),
        (("Baden-", "Baden is"), "Baden- Baden is", "Baden- Baden is"),
        (("from 10-", "20 dogs"), "from 10- 20 dogs", "from 10- 20 dogs"),
        (("soft\u00ad", "ly said"), "softly said", "soft\u00ad ly said"),
        (("-", "a"), "- a", "- a"),
        ((), "", ""),
    ],
)
def test_the_text_of_a_paragraph(pieces, joined, kept):
    lines = [line(piece, 0, 0, 10) for piece in pieces]
    assert layout.paragraph_text(lines) == joined and layout.paragraph_text(lines, join_hyphens=False) == kept


def test_paragraphs_of_a_page():
    first, second = prose(10, 2), prose(10 + 2 * 28 + 18, 2)
    cells = [line(text, left, 200 + 30 * i, 60) for i in range(3) for text, left in ((f"n{i}", 10), (f"v{i}", 300))]
    page = arranged(*first, *second, *cells)
    assert layout.paragraphs_of(page)[:2] == [tuple(first), tuple(second)]
    assert page.paragraphs()[2:] == ["n0 v0", "n1 v1", "n2 v2"]
    assert page.paragraphs()[0] == " ".join(texts(first))
    plain = Page(tuple(first), 10, 10, {})
    assert plain.paragraphs() == texts(first)


def test_paragraphs_join_hyphens_on_request():
    page = arranged(line("the whole compa-", 10, 10, 300), line("ny came home.", 10, 38, 200))
    assert page.paragraphs() == ["the whole company came home."]
    assert page.paragraphs(join_hyphens=False) == ["the whole compa- ny came home."]


def test_a_word_divided_between_columns_joins_their_paragraphs():
    left = [line(f"Row {i} of the first column which is long", 10, 10 + 28 * i, 400) for i in range(7)]
    right = [line(f"row {i} of the other column which is long", 450, 17 + 28 * i, 400) for i in range(7)]
    left.append(line("and it ends with a divi-", 10, 10 + 28 * 7, 400))
    right[0] = line("ded word of both columns here", 450, 17, 400)
    page = arranged(*left, *right)
    assert [block.kind for block in page.blocks] == ["text", "text"]
    (text,) = page.paragraphs()
    assert "ends with a divided word of both" in text and "divi- ded" in page.paragraphs(join_hyphens=False)[0]
    assert page.paragraphs() == to_markdown(page).rstrip("\n").split("\n\n")
