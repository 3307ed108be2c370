"""Bullets that a detector leaves outside its quads, or that are read as letters: equal small marks in a column.

One mark before one line may be anything; marks of one shape and size that stand one below the other are bullets.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr import geometry
from tflite_ocr.page import Place, Recognition

# All in heights of the quad. Where a mark is looked for: so far before the quad, and so far into it; so much whitespace
# is on either side of it.
_BEFORE, _INTO, _GAP, _CLEAR = 2.6, 0.9, 0.12, 0.6
# A mark's sides, where its middle lies from the quad's top; the letter behind is so high at least.
_DOT, _RING, _DASH, _THICK, _MIDDLE, _LETTER = (0.07, 0.7), (0.15, 0.5), (0.25, 1.1), 0.16, (0.3, 0.75), 0.25
# So much filled is all but a ring; a dash is so many times as wide as high, other marks no more than that.
_FILLED, _FLAT, _ROUND = 0.68, 2.2, 1.5
_INK, _LEAST_CONTRAST = 0.4, 40  # of the contrast in the line, and in luma steps
_LEAST_HEIGHT, _LEAST_PIXELS, _LEAST_LETTERS = 10.0, 4, 2
# Marks of one list: their sides differ by this share and a pixel, their places by so many heights; two are so near;
# lines that begin at one place differ by less.
_SAME_SIZE, _SAME_PLACE, _APART, _INDENT = 0.35, 0.35, 8.0, 0.25
# What a mark may have been read as.
_READ = {"•": "•", "–": "–-—", "◦": "◦"}


@dataclass(frozen=True)
class Mark:
    """A small mark before a line: the line's index, the sign that it looks like, and its box in pixels."""

    line: int
    sign: str
    left: float
    middle: float
    width: float
    height: float
    inside: bool  # the quad

    def is_like(self, other: "Mark", height: float) -> bool:
        """Whether another one is of the same list, lines being so high."""
        sizes = (self.width, other.width), (self.height, other.height)
        return (
            self.sign == other.sign
            and abs(self.left - other.left) <= _SAME_PLACE * height
            and 0 < abs(self.middle - other.middle) <= _APART * height
            and all(abs(a - b) <= _SAME_SIZE * max(a, b) + 1 for a, b in sizes)
        )

    def is_missing(self, text: str) -> bool:
        """Whether the text of its line, as it was read, lacks it."""
        if self.inside:
            return text[1:2] == " " and text[0] not in _READ[self.sign]
        return self.sign != "–" or text[0].isalpha()  # else it may be a minus


def before(image: np.ndarray, quads: Sequence[np.ndarray], texts: Sequence[str]) -> list[Mark]:
    """The bullets before the lines of a page.

    Args:
        image: BGR uint8 [H, W, 3].
        quads: float32 [4, 2] corners (x, y) each, in pixels, clockwise from the top-left.
        texts: Of the lines; "" for those that are not to be looked at.
    """
    if not quads:
        return []
    corners = np.stack(quads)
    low, high = corners.min(axis=1), corners.max(axis=1)
    heights, middles = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1), corners[:, :, 1].mean(axis=1)
    marks = []
    for i, text in enumerate(texts):
        letters = sum(map(str.isalpha, text))
        if heights[i] < _LEAST_HEIGHT or letters < _LEAST_LETTERS or not geometry.is_upright(quads[i]):
            continue
        beside = (np.abs(middles - middles[i]) < heights[i] / 2) & (low[:, 0] < low[i, 0])
        begin = max(low[i, 0] - _BEFORE * heights[i], high[beside, 0].max(initial=0.0))
        mark = _mark(image, quads[i], i, int(min(begin, low[i, 0])))
        if mark:
            marks.append(mark)
    found = []
    for mark in marks:
        height, text = heights[mark.line], texts[mark.line]
        like = [mark.line, *(other.line for other in marks if mark.is_like(other, height))]
        near = (np.abs(low[:, 0] - low[mark.line, 0]) <= _INDENT * height) & (
            np.abs(middles - mark.middle) <= _APART * height
        )
        near[like] = False
        # Words of one letter begin lines of paragraphs among others.
        if len(like) > 1 and mark.is_missing(text) and not (mark.inside and near.any()):
            found.append(mark)
    return found


def completed(mark: Mark, quad: np.ndarray, result: Recognition) -> tuple[np.ndarray, Recognition]:
    """A line with its bullet: its quad, float32 [4, 2], and what was read in it."""
    if mark.inside:
        return quad, dataclasses.replace(result, text=mark.sign + result.text[1:])
    along = quad[1] - quad[0]
    length, left = max(1e-6, float(np.linalg.norm(along))), float(min(quad[0, 0], quad[3, 0]))
    shift = left - mark.left + _GAP * float(np.linalg.norm(quad[3] - quad[0]))
    longer = quad.astype(np.float32).copy()
    longer[[0, 3]] -= (along * (shift / length)).astype(np.float32)
    begin, end = left - shift, length + shift
    places = [Place((place.x * length + shift) / end, place.confidence) for place in result.places]
    if places:
        middle, after = mark.left + mark.width / 2 - begin, (mark.left + mark.width + left) / 2 - begin
        places = [*(Place(x / end, result.confidence) for x in (middle, after)), *places]
    return longer, Recognition(f"{mark.sign} {result.text}", result.confidence, places=tuple(places))


def _mark(image: np.ndarray, quad: np.ndarray, line: int, begin: int) -> Mark | None:
    """The mark that stands alone before the letters of a line, from this column on."""
    height = float(np.linalg.norm(quad[3] - quad[0]))
    left = float(min(quad[0, 0], quad[3, 0]))
    top, bottom = max(0, int(min(quad[0, 1], quad[3, 1]))), int(max(quad[0, 1], quad[3, 1])) + 1
    patch = cv2.cvtColor(image[top:bottom, begin : int(left + 2 * height) + 1], cv2.COLOR_BGR2GRAY)
    if min(patch.shape) < 3:
        return None
    away = cv2.absdiff(patch, np.full_like(patch, int(np.median(patch))))
    contrast = int(away[:, max(0, int(left) - begin) :].max(initial=0))
    if contrast < _LEAST_CONTRAST:
        return None
    ink = (away > _INK * contrast).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts = sorted(part for part in stats[1:count].tolist() if part[4] >= _LEAST_PIXELS)
    if len(parts) < 2 or (begin and parts[0][0] < min(_CLEAR * height, left - begin - 1)):
        return None
    x, y, width, high, area = parts[0]
    hollow = not ink[y + high // 2, x + width // 2]
    sign = _sign(width / height, high / height, area / (width * high), hollow)
    centred = _MIDDLE[0] <= (y + high / 2) / (bottom - top) <= _MIDDLE[1]
    clear = parts[1][0] - (x + width) >= _GAP * height and begin + x <= left + _INTO * height
    if sign is None or not (centred and clear) or max(part[3] for part in parts[1:4]) < _LETTER * height:
        return None
    return Mark(line, sign, begin + x, top + y + high / 2, width, high, begin + x + width > left + _GAP * height)


def _sign(width: float, height: float, filled: float, hollow: bool) -> str | None:
    """What a mark of these sides, in heights of its line, and share of ink looks like; a hollow one is a ring."""
    if filled >= _FILLED and _DASH[0] <= width <= _DASH[1] and height <= min(_THICK, width / _FLAT):
        return "–"
    if max(width, height) > _ROUND * min(width, height):
        return None
    for sign, (least, most), fits in (("•", _DOT, filled >= _FILLED), ("◦", _RING, hollow)):
        if fits and least <= min(width, height) and max(width, height) <= most:
            return sign
    return None
