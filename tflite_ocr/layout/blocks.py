"""Blocks: the rows of a column by what they are, text in paragraphs, headings, listings, or tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr.layout.angle import median
from tflite_ocr.layout.listings import listings
from tflite_ocr.layout.paragraphs import parted
from tflite_ocr.layout.rows import Row
from tflite_ocr.layout.straight import Straight
from tflite_ocr.layout.tables import table_at
from tflite_ocr.page import Block, TextLine

# A heading is so much larger than most text, higher too, and has no more rows and characters.
_HEADING, _HIGHER, _HEADING_ROWS, _HEADING_CHARACTERS = 1.25, 1.15, 3, 150
# Heights: whitespace so much higher than usual parts blocks.
_BLOCK_GAP = 1.2
# So many gaps tell what is usual; fewer are wide where they are wider than this, in heights.
_MANY_GAPS, _FEW_GAP = 4, 0.5


@dataclass(frozen=True)
class _Usual:
    """Size and height of most text, in pixels."""

    size: float
    height: float


def blocks_of(lines: Straight, columns: Sequence[Sequence[Row]]) -> list[Block]:
    """Blocks in reading order.

    Args:
        lines: Of the page.
        columns: Rows of each column from the top.
    """
    usual = _usual(columns)
    return [block for rows in columns for block in _column(lines, rows, usual)]


def _column(lines: Straight, rows: Sequence[Row], usual: _Usual) -> list[Block]:
    gap = _usual_gap(rows)
    ends = dict(listings(rows))
    found: list[Block] = []
    text: list[Row] = []
    at = 0
    while at < len(rows):
        table = None if at in ends else table_at(rows, at)
        if table is None and at not in ends:
            text.append(rows[at])
            at += 1
            continue
        found += _texts(lines, text, usual, gap)
        text = []
        if table:
            cells, taken = table
            found.append(_table(lines, cells))
            at += taken
        else:
            found.append(_listing(lines, rows[at : ends[at]]))
            at = ends[at]
    return found + _texts(lines, text, usual, gap)


def _texts(lines: Straight, rows: Sequence[Row], usual: _Usual, gap: float) -> list[Block]:
    """Blocks of rows that are no table."""
    groups: list[list[Row]] = []
    for row in rows:
        before = groups[-1][-1] if groups else None
        if before and not _apart(before, row, usual, gap):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_text(lines, group, usual, gap) for group in groups]


def _apart(before: Row, row: Row, usual: _Usual, gap: float) -> bool:
    height = min(before.height, row.height)
    if row.top - before.bottom - gap > _BLOCK_GAP * height:
        return True
    return _is_large(before, usual) != _is_large(row, usual)


def _text(lines: Straight, rows: Sequence[Row], usual: _Usual, gap: float) -> Block:
    paragraphs = tuple(
        tuple(line for row in paragraph for line in _lines(lines, row)) for paragraph in parted(rows, gap)
    )
    characters = sum(len(row.text) for row in rows)
    heading = (
        all(_is_large(row, usual) for row in rows) and len(rows) <= _HEADING_ROWS and characters <= _HEADING_CHARACTERS
    )
    members = tuple(line for paragraph in paragraphs for line in paragraph)
    return Block("heading" if heading else "text", members, paragraphs)


def _listing(lines: Straight, rows: Sequence[Row]) -> Block:
    members = [_lines(lines, row) for row in rows]
    return Block("code", tuple(line for row in members for line in row), tuple(members))


def _table(lines: Straight, table: Sequence[Sequence[Sequence[int]]]) -> Block:
    rows = tuple(tuple(tuple(lines.lines[i] for i in cell) for cell in row) for row in table)
    return Block("table", tuple(line for row in rows for cell in row for line in cell), rows=rows)


def _lines(lines: Straight, row: Row) -> tuple[TextLine, ...]:
    return tuple(lines.lines[i] for i in row.members)


def _is_large(row: Row, usual: _Usual) -> bool:
    begun = not row.text.lstrip()[:1].islower()  # few headings begin in the middle of a sentence
    return begun and row.size > _HEADING * usual.size and row.height > _HIGHER * usual.height


def _usual(columns: Sequence[Sequence[Row]]) -> _Usual:
    """That of most characters."""
    rows = [row for column in columns for row in column]
    counts = np.array([len(row.text) for row in rows])
    sizes, heights = np.array([(row.size, row.height) for row in rows]).T
    return _Usual(median(sizes, counts), median(heights, counts))


def _usual_gap(rows: Sequence[Row]) -> float:
    """Whitespace between two rows of one paragraph, in pixels: of the many gaps of a column a small one."""
    gaps = [after.top - before.bottom for before, after in zip(rows, rows[1:], strict=False)]
    if not gaps:
        return 0.0
    usual = float(np.quantile(gaps, 0.35))
    few = len(gaps) < _MANY_GAPS
    return min(usual, _FEW_GAP * float(np.median([row.height for row in rows]))) if few else usual
