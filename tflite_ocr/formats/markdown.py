"""Markdown (CommonMark 0.31 with GitHub's tables): headings by size, paragraphs joined, tables where rows are clear."""

import re

import numpy as np

from tflite_ocr.formats.result import Result, Unframed, blocks_of, paragraphs_of
from tflite_ocr.layout import paragraph_text
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
    for block in blocks_of(page):
        if block.rows:
            pieces.append(_table(block))
        elif block.kind == "heading":
            text = " ".join(escaped(line.text) for line in block.lines)
            pieces.append(f"{'#' * _level(block, usual)} {text}")
        elif page.blocks:
            pieces += [_start_escaped(escaped(paragraph_text(lines))) for lines in paragraphs_of(block)]
        else:  # nothing is known of paragraphs: each line stays one
            pieces.append("  \n".join(_start_escaped(escaped(line.text)) for line in block.lines))
    return "\n\n".join(pieces) + "\n" if pieces else ""


def escaped(text: str) -> str:
    """A text without signs of Markdown."""
    return _ANYWHERE.sub(r"\\\1", " ".join(text.split()))


def _start_escaped(text: str) -> str:
    return _AT_START.sub(lambda match: f"{match[1]}\\{match[2]}{match[3]}" if match[1] else f"\\{match[4]}", text)


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
