"""Cells of a table that a detector joined: parted at whitespace that stands in all its rows, beside numbers.

Spaces between words do not stand one below the other, and are narrower.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tflite_ocr.layout.joined import WordSource, pieces
from tflite_ocr.layout.rows import Row
from tflite_ocr.layout.straight import Straight, straighten
from tflite_ocr.page import TextLine, Word

# A word of figures: an amount, a count, a date or a time.
_NUMBER = re.compile(r"[-+(]?\W?\d[\d.,:/'-]*\)?\W?")
# Rows that show where cells end.
_LEAST_ROWS = 3
# Of the usual height: whitespace so wide parts cells (a space between words has half of it); so finely rows compare.
_WIDE, _UNIT = 0.6, 0.0625
# Of the rows: so many have text on both sides of it; of those whose cells it parts, so many have a number beside it.
_BOTH_SIDES, _BESIDE_NUMBERS = 0.5, 0.6
# Of many rows so many may have ink there, as a wider sum below amounts.
_INKED = 0.15
# Letters: where a line has ink in the whitespace that others have, as a wide sum, a gap so wide parts it, not a space.
_GAP, _INTO = 1.6, 1.0
# Of the usual height: quads reach so far beyond their text.
_PADDING = 0.2
# A row of headings has so many words a cell at most.
_HEADING_WORDS = 2


@dataclass(frozen=True)
class Cut:
    """Where lines of a page are parted.

    Attributes:
        places: Indices of the words that begin further cells, by the index of their line.
        begins: Indices of the lines that begin a cell though they stand close to the one before them.
    """

    places: dict[int, set[int]] = field(default_factory=dict)
    begins: set[int] = field(default_factory=set)


def parted(
    lines: Straight, columns: Sequence[Sequence[Row]], angle: float, source: WordSource
) -> tuple[Straight, list[list[int]]] | None:
    """The lines with joined cells apart, and which of them stand for each of those given; None if none are joined.

    Args:
        lines: Of the page.
        columns: Its rows, by column, from the top.
        angle: Of the page, in degrees clockwise.
        source: Of the words and blanks of lines.
    """
    cut = Cut()
    known = _Words(lines, angle, source)
    for rows in columns:
        for start, end in _runs(rows):
            _cut_run(lines, rows[max(0, start - 1) : end], bool(start), known, cut)
    if not cut.places and not cut.begins:
        return None
    made: list[TextLine] = []
    begins: list[bool] = []
    indices: list[list[int]] = []
    for i, line in enumerate(lines.lines):
        own = pieces(line, known.of(i)[0], sorted(cut.places[i])) if i in cut.places else [line]
        indices.append(list(range(len(made), len(made) + len(own))))
        made += own
        begins += [i in cut.begins, *[True] * (len(own) - 1)]
    return straighten(made, angle, begins), indices


class _Words:
    """The words of lines; those of a line are asked for once."""

    def __init__(self, lines: Straight, angle: float, source: WordSource):
        self._lines, self._angle, self.source = lines, angle, source
        self._own: dict[int, tuple[Sequence[Word], Straight]] = {}

    def of(self, i: int) -> tuple[Sequence[Word], Straight]:
        """Those of a line, as they are and laid straight."""
        if i not in self._own:
            found = self.source.words_of(self._lines.lines[i])
            self._own[i] = found, straighten(found, self._angle)
        return self._own[i]

    def beside(self, i: int, at: int) -> list[str]:
        """The words before and behind a gap."""
        return [word.text for word in self.of(i)[0][at - 1 : at + 1]]


def _runs(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """From and to of rows below each other that have several words and a number among them."""
    likely = [len(row.text.split()) > 1 and any(map(_NUMBER.fullmatch, row.text.split())) for row in rows]
    start = 0
    for at in range(len(rows) + 1):
        follows = start < at < len(rows) and rows[at].follows(rows[at - 1])
        if at < len(rows) and likely[at] and (at == start or follows):
            continue
        if at - start >= _LEAST_ROWS:
            yield start, at
        start = at if at < len(rows) and likely[at] else at + 1


def _cut_run(lines: Straight, rows: Sequence[Row], headed: bool, known: _Words, cut: Cut) -> None:
    """Notes where the lines of some rows are parted; if these are `headed` the first may be one of headings."""
    members = [row.members for row in rows[headed:]]
    stripes = [
        stripe for stripe in _stripes(lines, members, known.source) if _beside_numbers(lines, members, stripe, known)
    ]
    for row in members:
        for stripe in stripes:
            for i in row:
                at = _word_after(known.of(i)[1], stripe) if _crosses(lines, i, stripe) else 0
                beside = known.beside(i, at) if at else []
                # Without a number it is text over several columns.
                if any(map(_NUMBER.fullmatch, beside)) and not _is_space(known.of(i)[1], at, stripe):
                    cut.places.setdefault(i, set()).add(at)
            cut.begins.update(_beyond(lines, row, stripe))
    if headed and stripes and rows[1].follows(rows[0]):
        _cut_headings(lines, rows[0], stripes, known, cut)


def _cut_headings(lines: Straight, row: Row, stripes: Sequence[tuple[float, float]], known: _Words, cut: Cut) -> None:
    """Notes where headings are parted: each at all whitespace that it crosses, or none at all."""
    for i in row.members:
        crossed = [stripe for stripe in stripes if _crosses(lines, i, stripe)]
        if not crossed or len(lines.lines[i].text.split()) > _HEADING_WORDS * (len(crossed) + 1):
            continue
        places = {_word_after(known.of(i)[1], stripe) for stripe in crossed}
        title = len(row.members) == 1 and _is_space(known.of(i)[1], max(places), crossed[0])  # of the whole table
        if 0 not in places and len(places) == len(crossed) and not title:
            cut.places.setdefault(i, set()).update(places)
    for stripe in stripes:
        cut.begins.update(_beyond(lines, row.members, stripe))


def _stripes(lines: Straight, rows: Sequence[Sequence[int]], source: WordSource) -> list[tuple[float, float]]:
    """Whitespace that stands in all rows, from and to."""
    usual = float(np.median([lines.height[i] for row in rows for i in row]))
    unit, all_of = _UNIT * usual, [i for row in rows for i in row]
    left = float(lines.left[all_of].min())
    width = int((lines.right[all_of].max() - left) / unit) + 2
    inked = np.zeros((len(rows), width), bool)
    for own, row in zip(inked, rows, strict=True):
        for i in row:
            begins, ends = lines.left[i] + _PADDING * usual, lines.right[i] - _PADDING * usual
            own[round((begins - left) / unit) : max(round((begins - left) / unit) + 1, round((ends - left) / unit))] = (
                True
            )
            if " " not in lines.lines[i].text.strip():
                continue
            begin, length = float(lines.left[i]) - left, float(lines.right[i] - lines.left[i])
            for first, last in source.blanks_of(lines.lines[i]).tolist():
                own[round((begin + first * length) / unit) : round((begin + last * length) / unit)] = False
    before = np.logical_or.accumulate(inked, axis=1)
    after = np.logical_or.accumulate(inked[:, ::-1], axis=1)[:, ::-1]
    both = (before & after).sum(axis=0)
    free = (inked.sum(axis=0) <= _INKED * len(rows)) & (both >= max(_LEAST_ROWS, _BOTH_SIDES * len(rows)))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(int)))
    wide = [(begin, end) for begin, end in edges.reshape(-1, 2).tolist() if (end - begin) * unit >= _WIDE * usual]
    return [(left + begin * unit, left + end * unit) for begin, end in _filled(inked, wide)]


def _filled(inked: np.ndarray, stripes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The whitespace without that which parts the last word of some cells from the rest of them.

    Args:
        inked: By row and unit, bool.
        stripes: From and to, in units.
    """
    for at, ((_, begin), (end, _)) in enumerate(itertools.pairwise(stripes)):
        if inked[:, begin:end].any(axis=1).sum() < _LEAST_ROWS:
            narrower = min(at, at + 1, key=lambda i: stripes[i][1] - stripes[i][0])
            return _filled(inked, stripes[:narrower] + stripes[narrower + 1 :])
    return stripes


def _beside_numbers(lines: Straight, rows: Sequence[Sequence[int]], stripe: tuple[float, float], known: _Words) -> bool:
    """Whether most rows have a number beside the whitespace, and other words than numbers of a list before it."""
    beside = []
    for row in rows:
        near: list[str] = ["", ""]
        for i in row:
            if _crosses(lines, i, stripe):
                at = _word_after(known.of(i)[1], stripe)
                near = known.beside(i, at) if at else near
            elif lines.right[i] <= (stripe[0] + stripe[1]) / 2:
                near[0] = lines.lines[i].text.split()[-1]
            elif not near[1]:
                near[1] = lines.lines[i].text.split()[0]
        if all(near):
            beside.append(any(map(_NUMBER.fullmatch, near)))
    return len(beside) >= _LEAST_ROWS and sum(beside) >= _BESIDE_NUMBERS * len(beside)


def _crosses(lines: Straight, i: int, stripe: tuple[float, float]) -> bool:
    return bool(lines.left[i] < stripe[0] and lines.right[i] > stripe[1])


def _beyond(lines: Straight, row: Sequence[int], stripe: tuple[float, float]) -> list[int]:
    """The line of a row that begins beyond whitespace before which another one ends."""
    begins, ends = lines.text
    after = [i for i in row if begins[i] > stripe[0]]
    before = [i for i in row if begins[i] < stripe[0] and ends[i] < stripe[1]]
    return after[:1] if before else []


def _word_after(words: Straight, stripe: tuple[float, float]) -> int:
    """Index of the word that begins beyond whitespace; 0 where no gap between words is there."""
    over = (words.right[:-1] < stripe[1]) & (words.left[1:] > stripe[0])
    if not over.any():
        return 0
    return int(np.where(over, words.left[1:] - words.right[:-1], -np.inf).argmax()) + 1


def _is_space(words: Straight, at: int, stripe: tuple[float, float]) -> bool:
    """Whether the gap before a word is no wider than a space, and one of the words beside it is in the whitespace."""
    letter = (words.right - words.left).sum() / max(1, sum(len(word.text) for word in words.lines))
    inked = max(words.right[at - 1] - stripe[0], stripe[1] - words.left[at]) > _INTO * letter
    return bool(inked and words.left[at] - words.right[at - 1] < _GAP * letter)
