"""The order in which people read a page: its angle, columns, rows, blocks and paragraphs, from the lines alone.

Lines are laid straight by the page's angle; columns are cut apart at gutters of whitespace (recursive X-Y cut: Nagy and
Seth, 1984, ICPR), and what stands side by side within a column is a row.
"""

import dataclasses

from tflite_ocr.layout import cells, narrow
from tflite_ocr.layout.angle import angle_of, quarter_of
from tflite_ocr.layout.blocks import blocks_of
from tflite_ocr.layout.columns import columns
from tflite_ocr.layout.joined import BlanksOf, WordsOf, WordSource, split
from tflite_ocr.layout.listings import listing_text
from tflite_ocr.layout.paragraphs import paragraph_text, paragraphs_of
from tflite_ocr.layout.rows import rows_of
from tflite_ocr.layout.straight import straighten
from tflite_ocr.layout.turned import turned
from tflite_ocr.page import Page

__all__ = ["angle_of", "arranged", "listing_text", "paragraph_text", "paragraphs_of", "quarter_of", "rows", "turned"]


def arranged(page: Page, words: WordsOf | None = None, blanks: BlanksOf | None = None) -> Page:
    """The page with its lines in reading order, in blocks, and with its angle.

    A line that runs across the gutter between two columns, or over cells of a table, as detectors join them, is split
    between its words.

    Args:
        page: Its lines in rows from the top.
        words: Gives the words of a line that has none; None where they cannot be told: such lines stay whole.
        blanks: Where a line that has no words is blank, from and to as shares of its length, float64 [N, 2]; None where
            that cannot be told: a gutter across which all rows were joined is then not found.
    """
    angle = angle_of(page.lines)
    if angle is None or not page.lines:  # no direction that most lines share: a photo of signs, read from the top
        return page
    lines, source = straighten(page.lines, angle), WordSource(words, blanks)
    close, free = narrow.narrow_gutters(lines, source)
    parts, gutters = columns(narrow.apart(narrow.parted(lines, angle, close, free), close) if close else lines)
    pieces = split(lines, gutters, angle, source)
    if close or len(pieces) > len(lines.lines):
        lines = straighten(pieces, angle)
        parts, _ = columns(narrow.apart(lines, close))
    found = [rows_of(lines, members) for members in parts]
    parted = cells.parted(lines, found, angle, source)
    if parted:
        lines, members_of = parted
        found = [rows_of(lines, [j for i in members for j in members_of[i]]) for members in parts]
    blocks = blocks_of(lines, found)
    ordered = tuple(line for block in blocks for line in block.lines)
    return dataclasses.replace(page, lines=ordered, blocks=tuple(blocks), angle=angle)


def rows(page: Page) -> list[list[list[int]]]:
    """The lines of a page as rows from the top, whatever columns there are.

    Returns:
        Rows of cells from the left; the lines of a cell, indices of the page's, are no farther apart than words.
    """
    lines = straighten(page.lines, angle_of(page.lines) or 0.0)
    return [row.cells() for row in rows_of(lines, range(len(page.lines)))]
