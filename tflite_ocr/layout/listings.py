"""Listings: rows of letters of one width that look like a program's source, and their text with its indentation."""

import itertools
import re
from collections.abc import Sequence

import numpy as np

from tflite_ocr.layout.rows import Row, rows_of
from tflite_ocr.layout.straight import straighten
from tflite_ocr.page import TextLine

# What few lines of other text have: signs, calls, assignments, attributes, keys in small letters, prompts.
_SOURCE = re.compile(
    r"[{}\\]|;$|[=!<>+]=|->|=>|::|//|&&|\|\||\b[a-z_][\w.]*\(|[\w\])] = |[a-z]{2,}[._][a-z_]{2,}|\):$"
    r"|^(#[a-z!]|>>>|@[a-z]|\$ ?[a-z.])|^[a-z][\w-]*:($| \S)"
)
# A listing has so many rows that look so, and they are this share of its rows.
_LEAST_ROWS, _SHARE = 3, 0.33
# A row's width agrees with its letters when it is off by less than so many of them, or by this share of its width.
_LETTERS_OFF, _WIDTH_OFF = 1.0, 0.03
# Rows of so many letters tell how wide one is.
_TELLING = 8
# Rows so long between empty lines are text, where none of them looks like source.
_LONG_ROW = 60
# An empty line is a step this much wider than usual.
_EMPTY = 1.6


def listings(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """The listings among the rows of a column, from and to, from the top."""
    source = [bool(_SOURCE.search(row.text)) for row in rows]
    if sum(source) < _LEAST_ROWS:
        return []
    found: list[tuple[int, int]] = []
    for seed, row in enumerate(rows):
        if not source[seed] or len(row.text) < _TELLING or (found and seed < found[-1][1]):
            continue
        least, letter = found[-1][1] if found else 0, _letter(row)
        for _ in range(2):  # what one short row tells is not exact
            start, end = _reach(rows, source, seed, letter, least)
            letter = float(np.median([_letter(one) for one in rows[start:end] if len(one.text) >= _TELLING]))
        start, end = _without_text(rows, source, (start, end), seed)
        if sum(source[start:end]) >= max(_LEAST_ROWS, _SHARE * (end - start)):
            found.append((start, end))
    return found


def listing_text(lines: Sequence[TextLine], angle: float) -> str:
    """The lines of a listing, each where it stands: indented, with empty lines between.

    Args:
        lines: In reading order.
        angle: Of the page, in degrees clockwise.
    """
    straight = straighten(lines, angle)
    rows = rows_of(straight, range(len(lines)))
    telling = [row for row in rows if len(row.text) >= _TELLING and len(row.members) == 1] or rows
    letter = max(float(np.median([_letter(row) for row in telling])), 1.0)
    left = min(row.left for row in rows)
    steps = np.diff([row.middle for row in rows])
    usual = float(np.median(steps)) if len(steps) else 1.0
    out: list[str] = []
    for row, step in zip(rows, [0.0, *steps.tolist()], strict=True):
        out += [""] * (max(1, round(step / usual)) - 1 if step > _EMPTY * usual else 0)
        text = ""
        for i in row.members:
            text = text.ljust(max(round((float(straight.left[i]) - left) / letter), len(text) + bool(text)))
            text += straight.lines[i].text
        out.append(text)
    return "\n".join(out)


def _reach(rows: Sequence[Row], source: Sequence[bool], seed: int, letter: float, least: int) -> tuple[int, int]:
    """From and to of the rows around one whose letters are as wide, misread ones between them included."""
    agree = [_agrees(row, letter) for row in rows]

    def end_of(order: Sequence[int]) -> int:
        last, before, missed = seed, seed, False
        for i in order:
            missed = not agree[i] and not source[i] and not missed
            if not rows[max(before, i)].follows(rows[min(before, i)]) or not (agree[i] or source[i] or missed):
                break
            before, last = i, i if agree[i] else last
        return last

    return end_of(range(seed - 1, least - 1, -1)), end_of(range(seed + 1, len(rows))) + 1


def _without_text(rows: Sequence[Row], source: Sequence[bool], span: tuple[int, int], seed: int) -> tuple[int, int]:
    """From and to of a listing without the text above and below that is as wide by chance: whitespace parts them."""
    start, end = span
    steps = np.diff([row.middle for row in rows[start:end]])
    wide = np.flatnonzero(steps > _EMPTY * np.median(steps)) + start + 1 if len(steps) else np.zeros(0, int)
    borders = [start, *wide.tolist(), end]
    stretches = list(itertools.pairwise(borders))
    for begin, after in stretches:
        if any(source[begin:after]) or (start < begin and after < end and not _is_long(rows[begin:after])):
            continue
        start, end = (max(start, after), end) if after <= seed else (start, min(end, begin))
    return start, end


def _is_long(rows: Sequence[Row]) -> bool:
    return max(len(row.text) for row in rows) >= _LONG_ROW


def _letter(row: Row) -> float:
    """How wide a letter of a row is, by its longest piece."""
    begins, ends = row.lines.text
    longest = max(row.members, key=lambda i: len(row.lines.lines[i].text))
    return float(ends[longest] - begins[longest]) / max(1, len(row.lines.lines[longest].text))


def _agrees(row: Row, letter: float) -> bool:
    """Whether the pieces of a row are as wide as their letters ask."""
    begins, ends = row.lines.text
    for i in row.members:
        width = float(ends[i] - begins[i])
        if abs(width - letter * len(row.lines.lines[i].text)) > max(_LETTERS_OFF * letter, _WIDTH_OFF * width):
            return False
    return True
