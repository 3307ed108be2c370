"""Markdown (CommonMark 0.31 with GitHub's tables): headings by size, paragraphs joined, tables where rows are clear."""

import itertools
import re
from collections.abc import Sequence

import numpy as np

from tflite_ocr.formats.result import Result, Unframed, blocks_of
from tflite_ocr.layout import listing_text, paragraph_text
from tflite_ocr.layout.paragraphs import ListItem, item_of, text_paragraphs
from tflite_ocr.page import Block, Page, TextLine

# Signs that Markdown would take for its own, anywhere and at the start of a paragraph.
_ANYWHERE = re.compile(r"([\\`*_\[\]<>|])")
_AT_START = re.compile(r"^(\d{1,9})([.)])(\s|$)|^([-+#=~])")
_LEVELS = (1.8, 1.35)  # a heading at least so many times as high as the text is of level 1, 2; others of level 3


class Markdown(Unframed):
    """Writes pages as one Markdown document."""

    suffix = ".md"

    def __init__(self, model: str, many: bool = False):
        """With `many`, each document's name stands above it as a comment."""
        self._many, self._begun = many, False

    def body(self, result: Result) -> str:
        """One page; a rule stands between pages."""
        before = "\n---\n\n" if self._begun else ""
        self._begun = True
        name = f"<!-- {result.title.replace('--', '- -')} -->\n\n" if self._many else ""
        return before + name + to_markdown(result.page)


def to_markdown(page: Page) -> str:
    """The blocks of a page in reading order; "" for a page without text."""
    usual = _usual_height(page)
    pieces = []
    if not page.blocks and page.lines:  # nothing is known of paragraphs: each line stays one
        pieces.append("  \n".join(_start_escaped(escaped(line.text)) for line in page.lines))
    for kind, blocks in itertools.groupby(page.blocks, lambda block: block.kind):
        if kind == "text":
            pieces += _paragraphs([paragraph_text(lines) for lines in text_paragraphs(blocks)])
            continue
        for block in blocks:
            if block.rows:
                pieces.append(_table(block))
            elif kind == "heading":
                text = " ".join(escaped(line.text) for line in block.lines)
                pieces.append(f"{'#' * _level(block, usual)} {text}")
            else:
                pieces.append(_fenced(listing_text(block.lines, page.angle)))
    return "\n\n".join(pieces) + "\n" if pieces else ""


def escaped(text: str) -> str:
    """A text without signs of Markdown."""
    return _ANYWHERE.sub(r"\\\1", " ".join(text.split()))


def _start_escaped(text: str) -> str:
    return _AT_START.sub(lambda match: f"{match[1]}\\{match[2]}{match[3]}" if match[1] else f"\\{match[4]}", text)


def _fenced(text: str) -> str:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}\n{text}\n{fence}"


def _paragraphs(texts: Sequence[str]) -> list[str]:
    """Paragraphs, and lists of those that follow each other with a bullet, or numbered in order."""
    items = [item_of(text) for text in texts]
    pieces: list[str] = []
    for i, (text, item) in enumerate(zip(texts, items, strict=True)):
        after = bool(i) and _follow(items[i - 1], item)
        if item is None or not (after or (i + 1 < len(items) and _follow(item, items[i + 1]))):
            pieces.append(_start_escaped(escaped(text)))
        elif after:
            pieces[-1] += "\n" + _listed(item)
        else:
            pieces.append(_listed(item))
    return pieces


def _follow(item: ListItem | None, after: ListItem | None) -> bool:
    """Whether one item of a list follows another."""
    if item is None or after is None:
        return False
    if item.number is None or after.number is None:
        return item.number == after.number
    return after.number == item.number + 1 and after.mark == item.mark


def _listed(item: ListItem) -> str:
    mark = "-" if item.number is None else f"{item.number}{item.mark}"
    return f"{mark} {_start_escaped(escaped(item.text))}"


def _table(block: Block) -> str:
    rows = [[escaped(" ".join(line.text for line in cell)) for cell in row] for row in block.rows]
    width = max(map(len, rows))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _level(block: Block, usual: float) -> int:
    height = float(np.median([_height(line) for line in block.lines]))
    return next((level for level, least in enumerate(_LEVELS, 1) if height >= least * usual), 3)


def _usual_height(page: Page) -> float:
    """Of the lines that are no headings, weighed by their letters."""
    plain = [line for block in blocks_of(page) if block.kind != "heading" for line in block.lines] or list(page.lines)
    heights = [_height(line) for line in plain for _ in line.text]
    return float(np.median(heights)) if heights else 1.0


def _height(line: TextLine) -> float:
    quad = np.array(line.quad)
    return float((np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2)
