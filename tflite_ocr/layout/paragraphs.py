"""Paragraphs: where one ends within a column, and their text."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tflite_ocr.layout.rows import Row
from tflite_ocr.page import Block, Page, TextLine

# Heights: so much more than the usual gap between rows parts paragraphs; a first row is set in by so much, and a last
# one ends so much before the column does.
_MORE_GAP, _INDENT, _SHORT = 0.35, 0.8, 3.0
# A row of other size and height is a paragraph of its own.
_OTHER_SIZE, _OTHER_HEIGHT = 1.25, 1.2
_HYPHENS = "-\u00ad\u2010"
_BULLETS = "•·▪‣◦●■–—*"
# What begins an item of a list: a bullet, a number, or a letter, and a blank.
_ITEM = re.compile(
    rf"\s*(?:(?P<bullet>[-{re.escape(_BULLETS)}])|\(?(?P<number>\d{{1,3}}|[a-zA-Z])(?P<mark>[.)]))\s+(?=\S)"
)
_SENTENCE_END = '.!?:\u2026"”»)'


@dataclass(frozen=True)
class ListItem:
    """An item of a list: its bullet, or what stands behind its number; the number, None without; and its text."""

    mark: str
    number: int | None
    text: str


def item_of(text: str) -> ListItem | None:
    """The item of a list that a text is, with a bullet or a number before it; None where it is none."""
    found = _ITEM.match(text)
    if not found or (found["number"] and not found["number"].isdecimal()):
        return None
    return ListItem(
        found["bullet"] or found["mark"], int(found["number"]) if found["number"] else None, text[found.end() :]
    )


def parted(rows: Sequence[Row], gap: float) -> list[list[Row]]:
    """Rows of one block by paragraph.

    Args:
        rows: From the top.
        gap: The usual whitespace between rows, in pixels.
    """
    if not rows:
        return []
    left = min(row.left for row in rows)
    right = max(row.right for row in rows)
    found = [[rows[0]]]
    for before, row in zip(rows, rows[1:], strict=False):
        if _begins(before, row, (left, right), gap, found[-1]):
            found.append([row])
        else:
            found[-1].append(row)
    return found


def _begins(before: Row, row: Row, sides: tuple[float, float], gap: float, paragraph: list[Row]) -> bool:
    """Whether a row begins a paragraph."""
    height = min(before.height, row.height)
    if row.top - before.bottom - gap > _MORE_GAP * height:
        return True
    sizes = sorted((before.size, row.size))
    other = sizes[1] > _OTHER_SIZE * sizes[0] and max(before.height, row.height) > _OTHER_HEIGHT * height
    if other or _ITEM.match(row.text):
        return True
    indented = row.left - before.left > _INDENT * height
    if indented and row.left - sides[0] > _INDENT * height:
        # A list has a hanging indent: what is indented after its first row continues it.
        hanging = len(paragraph) == 1 and _ITEM.match(before.text) is not None
        centred = abs((row.left + row.right) - (before.left + before.right)) < height
        return not hanging and not centred
    short = sides[1] - before.right > _SHORT * height
    return short and before.text.rstrip()[-1:] in _SENTENCE_END and not row.text[:1].islower()


def paragraphs_of(page: Page) -> list[tuple[TextLine, ...]]:
    """The lines of a page by paragraph, in reading order: a row of a table is one, and so is a line without a block."""
    if not page.blocks:
        return [(line,) for line in page.lines]
    found: list[tuple[TextLine, ...]] = []
    for kind, blocks in itertools.groupby(page.blocks, lambda block: block.kind):
        if kind == "text":
            found += text_paragraphs(blocks)
            continue
        for block in blocks:
            found += block.paragraphs
            found += [tuple(line for cell in row for line in cell) for row in block.rows]
    return found


def text_paragraphs(blocks: Iterable[Block]) -> list[tuple[TextLine, ...]]:
    """The paragraphs of blocks of text that follow each other: one goes on where a word is divided between columns."""
    found: list[tuple[TextLine, ...]] = []
    for block in blocks:
        first, *others = block.paragraphs or (block.lines,)
        if found and _is_divided(found[-1][-1].text.strip(), first[0].text.strip()):
            found[-1] += first
        else:
            found.append(first)
        found += others
    return found


def paragraph_text(lines: Sequence[TextLine], join_hyphens: bool = True) -> str:
    """The text of a paragraph on one line.

    Args:
        lines: In reading order.
        join_hyphens: Whether a word that is hyphenated at the end of a line becomes one: it is where the next line
            begins with a small letter, and a small letter stands before the hyphen.
    """
    text = ""
    for line in lines:
        piece = line.text.strip()
        if join_hyphens and _is_divided(text, piece):
            text = text[:-1] + piece
        else:
            text += (" " if text else "") + piece
    return text


def _is_divided(text: str, piece: str) -> bool:
    return len(text) > 1 and text[-1] in _HYPHENS and text[-2].islower() and piece[:1].islower()
