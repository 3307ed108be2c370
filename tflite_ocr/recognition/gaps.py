"""Finds blanks and unknown characters that a recogniser without a language model has skipped, by the crop's ink.

A gap that is wide for the digits around it is a blank between two numbers; isolated glyphs at which nothing was read
are characters that the recogniser does not know, U+FFFD. With words (IC13, IC15, IIIT5K) and pages
(FUNSD, SROIE) that PP-OCRv6 reads this changes next to nothing.
"""

from collections.abc import Sequence

import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.recognition.ctc import UNKNOWN
from tflite_ocr.recognition.ink import ink

# Digits of a number have equal distances. Two numbers are farther apart by this share of that distance and of the
# height of the digits.
_APART, _APART_HEIGHTS = 1.38, 0.25
_WIDE_GAP = 0.3  # heights: least width of the background between two numbers
_LEAST_DIGITS = 4  # least number of digits from which their distance is estimated
# Least height, least width and largest width of an unknown character, in heights of the line's glyphs.
_HIGH, _NARROW, _WIDE = 0.6, 0.3, 1.3
# A single unread glyph among many read ones is seldom an unknown character, but a broken or misplaced letter.
_LEAST_UNKNOWN, _UNKNOWN_SHARE = 2, 0.1
_NEAR = 0.3  # heights from a glyph: a character read there may be it


def restored(text: str, places: Sequence[float], crop: np.ndarray) -> str:
    """A text with the blanks and unknown characters that its crop, BGR uint8 [h, w, 3], shows.

    Each character of the text has its place as a share of the crop's width, ascending.
    """
    if len(text) != len(places) or len(text) < 2:
        return text
    glyphs = _glyphs(crop)
    letters = [i for i, character in enumerate(text) if not character.isspace()]
    if not glyphs or not letters:
        return text
    at = {}
    for i in letters:
        x = places[i] * crop.shape[1]
        at[i] = min(range(len(glyphs)), key=lambda j: max(glyphs[j].left - x, x - glyphs[j].right, 0.0))
    height = float(np.median([glyphs[j].height for j in at.values()]))
    blanks = _blanks(text, at, glyphs, height)
    unknown = _unknown(set(at.values()), glyphs, height, np.array(places) * crop.shape[1], crop.shape[1])
    pieces = []
    for i, character in enumerate(text):
        pieces += [UNKNOWN * unknown.get(i, 0), " " if i in blanks else "", character]
    return "".join(pieces) + UNKNOWN * unknown.get(len(text), 0)


def _glyphs(crop: np.ndarray) -> list[Box]:
    """The glyphs of a crop from left to right: ranges of columns with ink, and its rows."""
    inked = ink(crop)
    if inked is None:
        return []
    columns = np.flatnonzero(np.diff(np.concatenate([[0], inked.any(axis=0), [0]])))
    found = []
    for left, right in columns.reshape(-1, 2).tolist():
        rows = np.flatnonzero(inked[:, left:right].any(axis=1))
        found.append(Box(left, int(rows[0]), right, int(rows[-1]) + 1))
    return found


def _blanks(text: str, at: dict[int, int], glyphs: list[Box], height: float) -> set[int]:
    """Indices of characters with an unread blank before them: digits, each with its own glyph."""
    alone = {i: glyphs[j] for i, j in at.items() if sum(j == other for other in at.values()) == 1}
    steps = {
        i: alone[i].middle - alone[i - 1].middle
        for i in range(1, len(text))
        if i in alone and i - 1 in alone and text[i].isdigit() and text[i - 1].isdigit() and at[i] == at[i - 1] + 1
    }
    if len(steps) < _LEAST_DIGITS:
        return set()
    usual = float(np.median(list(steps.values())))
    least = max(_APART * usual, usual + _APART_HEIGHTS * height)
    return {
        i for i, step in steps.items() if step >= least and alone[i].left - alone[i - 1].right >= _WIDE_GAP * height
    }


def _unknown(taken: set[int], glyphs: list[Box], height: float, read: np.ndarray, width: int) -> dict[int, int]:
    """How many unknown characters stand before a character, by its number; behind the last by the text's length.

    `taken` are glyphs at which something was read, of the usual height; `read` are all places as read. All in pixels.
    """
    found: dict[int, int] = {}
    for j, glyph in enumerate(glyphs):
        inside = glyph.left > 1 and glyph.right < width - 1
        like_others = _HIGH * height <= glyph.height <= height / _HIGH and (
            _NARROW * height <= glyph.right - glyph.left <= _WIDE * height
        )
        far = np.maximum(glyph.left - read, read - glyph.right).min() > _NEAR * height
        if j not in taken and inside and like_others and far:
            before = int(np.searchsorted(read, glyph.middle))
            found[before] = found.get(before, 0) + 1
    return found if sum(found.values()) >= max(_LEAST_UNKNOWN, _UNKNOWN_SHARE * len(taken)) else {}
