"""Extents of words and characters in a crop: from where they were read to the gaps in the ink around them."""

import bisect
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from tflite_ocr.page import Recognition
from tflite_ocr.recognition.ink import ink

# Heights of the crop: largest distance between a space as read and its gap; its cost as a share of the gap's width.
_REACH, _FAR = 0.5, 0.6
# Largest height in pixels at which the ink is analysed: gaps between words are wide, and large crops take long.
_HEIGHT = 48
# The same where only wide blanks are looked for, those of so many heights; a rule is no thicker than that.
_LOW, _LEAST_BLANK, _UPRIGHT = 24, 0.12, 0.12
# A row that is inked over this share of the crop is a rule or a border, not text.
_RULE = 0.85
# Heights of the crop: a gap this wide separates a line's first and last character from what is not text.
_OUTSIDE_GAP = 0.35
# Weight of a word's own ink in its upper and lower side, the rest being the line's: boxes lie between those that
# enclose the ink and those of the font's height.
_OWN = 0.55


@dataclass(frozen=True)
class Extent:
    """A part of a text and the rectangle of its crop that holds it.

    Attributes:
        left, right: Sides as shares of the crop's width, in [0, 1].
        top, bottom: Sides as shares of the crop's height, in [0, 1].
    """

    start: int
    end: int
    left: float
    right: float
    top: float
    bottom: float
    parts: tuple["Extent", ...] = ()


def words(result: Recognition, crop: np.ndarray, characters: bool = True) -> list[Extent]:
    """The words of a text with places, what stands between blanks, in order; if wanted, with their characters as parts.

    The crop in which it was read is BGR uint8 [h, w, 3], upright for its reader.
    """
    spans = list(_spans(result.text))
    if not spans or len(result.places) != len(result.text):
        return []
    xs = np.maximum.accumulate([place.x for place in result.places])
    picture = _Picture(crop, _pitch(xs, spans, crop))
    between = picture.between([(xs[one[1] - 1], xs[other[0]]) for one, other in itertools.pairwise(spans)])
    lefts = [right for _, right in between]
    rights = [left for left, _ in between]
    lefts.insert(0, picture.begin(xs[spans[0][0]], rights[0] if rights else 1.0))
    rights.append(picture.end(xs[spans[-1][1] - 1], lefts[-1]))
    found = []
    for (start, end), left, right in zip(spans, lefts, rights, strict=True):
        top, bottom = picture.rows(left, right)
        stretches = picture.letters(xs[start:end], left, right) if characters else []
        parts = tuple(Extent(start + i, start + i + 1, *one, top, bottom) for i, one in enumerate(stretches))
        found.append(Extent(start, end, left, right, top, bottom, parts))
    return found


def blanks(crop: np.ndarray) -> np.ndarray:
    """Where a crop has no ink from top to bottom, float64 [N, 2]: from and to, as shares of its width.

    The crop is BGR uint8 [h, w, 3]. A rule that stands upright between two columns is no ink.
    """
    height = min(_LOW, crop.shape[0])
    width = max(1, round(crop.shape[1] * height / crop.shape[0]))
    # Green alone is as dark as ink of any usual colour, and a third of the work.
    found = ink(cv2.resize(cv2.extractChannel(crop, 1), (width, height), interpolation=cv2.INTER_AREA))
    if found is None:
        return np.zeros((0, 2))
    counts = found.sum(axis=0)
    for begin, end in _runs(counts == height):
        if end - begin <= _UPRIGHT * height:
            counts[begin:end] = 0
    runs = [run for run in _runs(counts == 0) if run[1] - run[0] >= _LEAST_BLANK * height]
    return np.array(runs, np.float64).reshape(-1, 2) / width


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of the words: index of the first character, and index behind the last."""
    start = None
    for i, character in enumerate(text + " "):
        if character.isspace():
            if start is not None:
                yield start, i
            start = None
        elif start is None:
            start = i


def _pitch(xs: np.ndarray, spans: Sequence[tuple[int, int]], crop: np.ndarray) -> float:
    """Usual distance between the middles of neighbouring characters, as a share of the width."""
    steps = np.concatenate([np.diff(xs[start:end]) for start, end in spans])
    return float(np.sort(steps)[len(steps) // 2]) if len(steps) else min(1.0, 0.5 * crop.shape[0] / crop.shape[1])


class _Picture:
    """The ink of a crop by columns; places are shares of its width."""

    def __init__(self, crop: np.ndarray, pitch: float):
        self._pitch = pitch
        height = min(_HEIGHT, crop.shape[0])
        if height < crop.shape[0]:
            width = max(1, round(crop.shape[1] * height / crop.shape[0]))
            crop = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
        self._height, self._width = crop.shape[:2]
        found = ink(crop)
        self._ink = None if found is None else found & (found.mean(axis=1, keepdims=True) < _RULE)
        self._counts = None if self._ink is None else self._ink.sum(axis=0)
        self._blank = [] if self._counts is None else _runs(self._counts == 0)
        self._ends = [end for _, end in self._blank]

    def begin(self, x: float, end: float) -> float:
        """Where the first character begins, whose middle was read at x, of a word that ends at `end`."""
        if self._counts is None or not self._counts.any():
            return max(0.0, x - self._pitch)
        least, latest = self._outside(x)
        latest = min(latest, end * self._width)
        wide = [stop for start, stop in self._blank if stop < latest and stop - start >= least]
        first = wide[-1] if wide else int(np.flatnonzero(self._counts)[0])
        return first / self._width if first < end * self._width else min(x, end)

    def end(self, x: float, begin: float) -> float:
        """Where the last character ends, whose middle was read at x, of a word that begins at `begin`."""
        if self._counts is None or not self._counts.any():
            return min(1.0, x + self._pitch)
        least, earliest = self._outside(x, -1)
        wide = [
            start
            for start, stop in self._blank
            if start >= earliest and start > begin * self._width and stop - start >= least
        ]
        last = wide[0] if wide else int(np.flatnonzero(self._counts)[-1]) + 1
        return last / self._width if last > begin * self._width else max(x, begin)

    def _outside(self, x: float, side: int = 1) -> tuple[float, float]:
        """How wide a gap outside the text is at least, and how far beside x its end may lie."""
        return _OUTSIDE_GAP * self._height, x * self._width + side * _REACH * self._height / 2

    def between(self, spaces: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Where words end and the next ones begin, by the middles of the characters on either side of each space.

        Frames may be beside their glyphs, so a gap counts by its width less its distance from the space; of the ways
        to give each space a gap of its own, in order, the one that counts most is taken.
        """
        reach = _REACH * self._height
        chains: list[tuple[float, float, tuple[Any, ...]]] = [(0.0, -1.0, ())]  # worth, end of the last gap, gaps
        for before, after in spaces:
            begin, end = before * self._width, after * self._width
            near = []
            for start, stop in self._blank[bisect.bisect(self._ends, begin - reach) :]:
                if start > end + reach:
                    break
                near.append((stop - start - _FAR * max(0, start - end, begin - stop), start, stop))
            longer = [
                (best[0] + counts, stop, (*best[2], (start, stop)))
                for counts, start, stop in near
                if (best := max((chain for chain in chains if chain[1] < start), key=_worth, default=None)) is not None
            ]
            total, last, gaps = max(chains, key=_worth)
            # Without a gap, words are parted in the middle, which counts as nothing.
            chains = _best_by_end([*longer, (total, max(last, begin), (*gaps, None))])
        gaps = max(chains, key=_worth)[2]
        return [self._sides(gap, *space) for gap, space in zip(gaps, spaces, strict=True)]

    def _sides(self, gap: tuple[int, int] | None, before: float, after: float) -> tuple[float, float]:
        if gap is None:
            half = min(self._pitch / 2, (after - before) / 2)
            return before + half, after - half
        return gap[0] / self._width, gap[1] / self._width

    def letters(self, xs: np.ndarray, left: float, right: float) -> list[tuple[float, float]]:
        """Where the characters of a word begin and end, by their middles.

        As many glyphs as characters are those; else borders are in the nearest gap or halfway.
        """
        begin, end = left * self._width, right * self._width
        inner = [run for run in self._blank if run[0] > begin and run[1] < end]
        if len(inner) == len(xs) - 1:
            borders = [(start / self._width, stop / self._width) for start, stop in inner]
        else:
            middles = np.clip((xs[1:] + xs[:-1]) / 2, left, right)
            borders = [self._border(x, inner) for x in middles.tolist()]
        lefts, rights = [left, *(stop for _, stop in borders)], [*(start for start, _ in borders), right]
        return [(one, max(one, other)) for one, other in zip(lefts, rights, strict=True)]

    def _border(self, x: float, gaps: Sequence[tuple[int, int]]) -> tuple[float, float]:
        near = min(gaps, key=lambda gap: abs((gap[0] + gap[1]) / 2 - x * self._width), default=None)
        if near and near[0] / self._width - self._pitch / 4 <= x <= near[1] / self._width + self._pitch / 4:
            return near[0] / self._width, near[1] / self._width
        return x, x

    def rows(self, left: float, right: float) -> tuple[float, float]:
        """Upper and lower side of what stands between two places."""
        if self._ink is None:
            return 0.0, 1.0
        begin = int(left * self._width)
        inked = np.flatnonzero(self._ink[:, begin : max(begin + 1, round(right * self._width))].any(axis=1))
        if not len(inked):
            return 0.0, 1.0
        top, bottom = inked[0] / self._height, (inked[-1] + 1) / self._height
        return _OWN * top, 1 - _OWN * (1 - bottom)


def _worth(chain: tuple) -> tuple[float, float]:
    """What a chain of gaps counts, and for equal ones where it ends."""
    return chain[0], -chain[1]


def _best_by_end(chains: list[tuple]) -> list[tuple]:
    """Of chains that end at one place the best."""
    found: dict[float, tuple] = {}
    for chain in chains:
        if chain[1] not in found or chain[0] > found[chain[1]][0]:
            found[chain[1]] = chain
    return list(found.values())


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of True, each with the index behind its last."""
    borders = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in borders.reshape(-1, 2)]
