"""Candidate texts of doubtful logits: where a second class comes near the best one, CTC's most probable texts."""

import bisect
import math
import operator
from collections.abc import Sequence

import numpy as np

from tflite_ocr.recognition import ctc

# A text, and the natural logarithm of its probability.
Candidate = tuple[str, float]
# A line: its words and the blanks between them, each with one text or those to choose from.
Words = list[list[Candidate]]
# A word with more doubtful frames than this is noise, and its search would take long.
_MOST = 24


def candidates(
    lines: Sequence[np.ndarray],
    charset: Sequence[str],
    blank: int = 0,
    scale: float = 1.0,
    margin: float = 3.0,
    width: int = 8,
) -> list[Words]:
    """The words of lines, each with its most probable texts.

    Classes that are more than `margin` less likely than the best of their frame are skipped, so that most frames have
    one class. If that is the blank between words (" "), a word ends. Only the frames from a word's first doubtful
    one to its last are searched.

    Args:
        lines: Logits, float or int8 [T, C] each; real value = scale * logits, but for a constant.
        charset: C entries, class index to text; the entry at `blank` is not used.
        margin: In natural logarithms.
        width: Texts kept at every frame, see ctc.prefix_search;
            texts are skipped that are more than `margin` and 1 less likely than the best.

    Returns:
        For each line its words and the blanks between them, in order: one text (with 0.0) where there is no doubt,
        otherwise up to `width`, the best first.
    """
    if not lines:
        return []
    frames = _Frames(lines, charset, blank, scale, margin)
    least = math.exp(-margin - 1)
    found = []
    for start, end in zip(frames.borders, frames.borders[1:], strict=False):
        words: Words = []
        first = bisect.bisect_left(frames.spaces, start)
        last = bisect.bisect_left(frames.spaces, end, first)
        for space in [*frames.spaces[first:last], end]:
            if start < space:
                words.append(frames.word(start, space, width, least))
            if space < end:
                words.append([(" ", 0.0)])
            start = space + 1
        found.append(words)
    return found


class _Frames:
    """Frames of many lines, minus those that cannot change the text.

    All lines are handled at once: for one, NumPy's calls cost more than their work.

    Attributes:
        borders: First frame of each line, and the end of the last line.
        spaces: Frames that are certainly the blank between words.
    """

    def __init__(self, lines: Sequence[np.ndarray], charset: Sequence[str], blank: int, scale: float, margin: float):
        logits = np.concatenate(lines)
        classes = logits.shape[1]
        top = logits.max(axis=1)
        near = top - np.float32(margin / scale)
        if logits.dtype == np.int8:
            near = np.ceil(np.maximum(near, -128)).astype(np.int8)
        flat = np.flatnonzero(logits >= near[:, np.newaxis])
        places = flat // classes
        kinds = flat - places * classes
        counts = np.bincount(places)
        ends = np.cumsum(counts)
        borders = np.cumsum([0, *map(len, lines)])
        kept = _telling(flat, kinds, counts, ends, classes, borders, blank)
        values = np.exp((logits.reshape(-1)[flat].astype(np.float32) - top[places]) * np.float32(scale))
        self._shares = (values / np.bincount(places, values)[places]).tolist()
        self._kinds, self._charset, self._blank = kinds.tolist(), charset, blank
        first = kinds[ends - counts][kept]
        self._ends, self._counts = ends[kept].tolist(), counts[kept].tolist()
        self._doubtful = np.flatnonzero(counts[kept] > 1).tolist()
        self._sure = ["" if kind == blank else charset[kind] for kind in first.tolist()]
        self.borders = np.concatenate(([0], np.cumsum(kept)))[borders].tolist()
        space = [index for index, text in enumerate(charset) if text == " " and index != blank]
        self.spaces = np.flatnonzero((counts[kept] == 1) & np.isin(first, space)).tolist()

    def word(self, start: int, end: int, width: int, least: float) -> list[Candidate]:
        """The candidate texts of the word in these frames; only the frames around doubtful ones are searched."""
        begin = bisect.bisect_left(self._doubtful, start)
        doubtful = self._doubtful[begin : bisect.bisect_left(self._doubtful, end, begin)]
        if not doubtful:
            return [("".join(self._sure[start:end]), 0.0)]
        if len(doubtful) > _MOST:
            return [(self._best_path(start, end), 0.0)]
        # The certain frame on either side decides whether a doubtful one repeats it.
        first, last = max(doubtful[0] - 1, start), min(doubtful[-1] + 2, end)
        before, after = "".join(self._sure[start:first]), "".join(self._sure[last:end])
        found = ctc.prefix_search([self._frame(place) for place in range(first, last)], self._blank, width, least)
        return [
            (before + "".join([self._charset[index] for index in prefix]) + after, value) for prefix, value in found
        ]

    def _frame(self, place: int) -> ctc.Frame:
        end = self._ends[place]
        start = end - self._counts[place]
        if end - start == 1:
            return [(self._kinds[start], 1.0)]
        return list(zip(self._kinds[start:end], self._shares[start:end], strict=True))

    def _best_path(self, start: int, end: int) -> str:
        best = [max(self._frame(place), key=operator.itemgetter(1))[0] for place in range(start, end)]
        pairs = zip(best, [self._blank, *best], strict=False)
        return "".join([self._charset[index] for index, before in pairs if index not in (before, self._blank)])


def _telling(
    flat: np.ndarray,
    kinds: np.ndarray,
    counts: np.ndarray,
    ends: np.ndarray,
    classes: int,
    borders: np.ndarray,
    blank: int,
) -> np.ndarray:
    """Which frames make another text possible, bool [T]; see _Frames, flat are places times classes plus kinds.

    Excluded are frames that repeat the only class of the frame before, and frames between the blank and one character
    that is certain on one side.
    """
    frames = len(counts)
    first, sure = kinds[ends - counts], counts == 1
    kept = np.ones(frames, bool)
    kept[1:] = ~(sure[1:] & sure[:-1] & (first[1:] == first[:-1]))
    begins = np.zeros(frames + 1, bool)
    begins[borders] = True
    kept |= begins[:-1]
    two = np.flatnonzero(counts == 2)
    one, other = kinds[ends[two] - 2], kinds[ends[two] - 1]
    with_blank = (one == blank) | (other == blank)
    two, character = two[with_blank], np.where(one == blank, other, one)[with_blank]
    there, certain = [], []
    for beside, outside in ((two - 1, begins[two]), (two + 1, begins[two + 1])):
        wanted = beside * classes + character
        at = np.minimum(np.searchsorted(flat, wanted), len(flat) - 1)
        there.append((flat[at] == wanted) & ~outside)
        certain.append(there[-1] & sure[np.clip(beside, 0, frames - 1)])
    kept[two[(certain[0] & ~there[1]) | (certain[1] & ~there[0])]] = False
    return kept
