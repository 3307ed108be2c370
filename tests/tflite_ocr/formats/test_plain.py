"""TSV, Markdown, CSV and text that is laid out, by hand values."""

import csv
import io

import numpy as np
import pytest

from tests.tflite_ocr.formats import drawn
from tflite_ocr import formats
from tflite_ocr.formats.markdown import to_markdown
from tflite_ocr.page import Block, Page


def written(name, *pages, many=False):
    made = formats.find(name)("edge", many)
    return made.head() + "".join(made.body(formats.Result("a.png", page)) for page in pages) + made.tail()


def test_tsv_has_tesseracts_columns():
    rows = list(
        csv.DictReader(io.StringIO(written("tsv", drawn.page(), drawn.page())), delimiter="\t", quoting=csv.QUOTE_NONE)
    )
    assert list(rows[0]) == (
        "level page_num block_num par_num line_num word_num left top width height conf text".split()
    )
    words = [row for row in rows if row["level"] == "5" and row["page_num"] == "2"]
    assert [row["text"] for row in words] == [word.text for line in drawn.page().lines for word in line.words]
    assert {row["conf"] for row in words} == {"75.000000"}
    assert {row["conf"] for row in rows if row["level"] != "5"} == {"-1"}
    first = next(row for row in rows if row["text"] == "Heading")
    assert [first[name] for name in ("block_num", "par_num", "line_num", "word_num")] == ["1", "1", "1", "2"]
    assert [first[name] for name in ("left", "top", "width", "height")] == ["80", "20", "140", "40"]
    assert len([row for row in rows if row["level"] == "3"]) == 2 * (1 + 2 + 2)


def test_markdown():
    assert written("markdown", drawn.page()) == (
        "# A Heading\n\n"
        "| Tea | 1.50 |\n| --- | --- |\n| Bun |  |\n\n"
        'Grüße & \\<Maß\\> "12" für €5 naïve ﬁne 東京 𝛼𝛽 test\n\n'
        "x = y\\_1 \\* \\[2\\] \\| \\`z\\` \\\\ # żółć İstanbul Ωmega plain words only here\n"
    )
    assert written("markdown", Page((), 5, 5, drawn.TIMING)) == ""
    assert "\n---\n" in written("markdown", drawn.page(), drawn.page())


def test_markdown_reads_as_it_was_meant():
    markdown = pytest.importorskip("markdown_it", reason="markdown-it reads Markdown")
    html = markdown.MarkdownIt("commonmark").enable("table").render(to_markdown(drawn.page()))
    assert "<h1>A Heading</h1>" in html and "<td>Bun</td>" in html
    for start in ("1. one", "- two", "# three", "+ four", "> five", "12) six"):
        page = Page((drawn.line(start, 0, 0),), 100, 100, drawn.TIMING)
        shown = markdown.MarkdownIt("commonmark").render(to_markdown(page))
        assert shown == f"<p>{start.replace('>', '&gt;')}</p>\n"


def test_csv_holds_tables_alone():
    found = written("csv", drawn.page(), drawn.page())
    assert found == "Tea,1.50\r\nBun,\r\n\r\nTea,1.50\r\nBun,\r\n"
    assert written("csv", drawn.page(blocks=False)) == ""
    comma = drawn.line('a,"b"', 0, 0)
    page = Page((comma,), 100, 100, drawn.TIMING, (Block("table", (comma,), rows=(((comma,),),)),))
    assert list(csv.reader(io.StringIO(written("csv", page)))) == [['a,"b"']]


def grid(rng, angle=0.0):
    """Two columns of prose beside each other, and a table below, as a typewriter would set them."""
    rows = [
        "the quick brown     jumps over the",
        "fox that nobody     lazy dog that",
        "",
        "Item       Count   Price",
        "Tea            2    1.50",
        "Sugar         10   12.00",
    ]
    lines = []
    for number, row in enumerate(rows):
        for piece in filter(None, row.replace("  ", "\0").split("\0")):
            column = row.index(piece)
            lines.append((piece.strip(), 10.0 * (column + len(piece) - len(piece.lstrip())), 30.0 * number))
    turn = np.deg2rad(angle)
    placed = [
        drawn.line(
            text, 300 + x * np.cos(turn) - y * np.sin(turn), 300 + x * np.sin(turn) + y * np.cos(turn), 20, angle
        )
        for text, x, y in lines
    ]
    order = rng.permutation(len(placed))
    return Page(tuple(placed[i] for i in order), 900, 900, drawn.TIMING), "\n".join(rows) + "\n"


@pytest.mark.parametrize("angle", [0, 5, -8, 90, 180])
def test_layout_puts_words_where_they_stand(angle):
    page, text = grid(np.random.default_rng(angle % 360), angle)
    assert formats.to_layout(page) == text


def test_layout_of_nothing():
    assert formats.to_layout(Page((), 5, 5, drawn.TIMING)) == ""


def test_words_of_a_line_without_words_lie_where_their_letters_do():
    for text in drawn.TEXTS:
        whole, split = drawn.line(text, 10, 20, angle=5, words=False), drawn.line(text, 10, 20, angle=5)
        for found, wanted in zip(formats.result.words_of(whole), split.words, strict=True):
            assert found.text == wanted.text
            np.testing.assert_allclose(found.quad, wanted.quad, atol=1e-6)


def test_markdown_has_lists():
    def shown(*texts):
        lines = [drawn.line(text, 0, 30 * i) for i, text in enumerate(texts)]
        block = Block("text", tuple(lines), tuple((line,) for line in lines))
        return to_markdown(Page(tuple(lines), 100, 100, drawn.TIMING, (block,)))

    assert shown("Before", "• one", "• two", "After") == "Before\n\n- one\n- two\n\nAfter\n"
    assert shown("1. one", "2. two *", "4. four") == "1. one\n2. two \\*\n\n4\\. four\n"
    assert shown("a) one", "b) two") == "a) one\n\nb) two\n"
    assert shown("- alone", "text") == "\\- alone\n\ntext\n"
