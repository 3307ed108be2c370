"""Gutters so narrow that a detector joins all rows across them: blanks that stand one below the other in many rows.

Spaces between words do so by chance alone, and the chance is known from how much of a row is blank.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr.geometry import part
from tflite_ocr.layout.columns import MOST_HEIGHT
from tflite_ocr.layout.joined import WordSource
from tflite_ocr.layout.straight import Straight, straighten
from tflite_ocr.page import TextLine

# Of the usual height: a line that may be joined is so long at least, and has so many characters; so finely rows are
# compared; lines whose middles differ by less are of one row.
_LONG, _CHARACTERS, _UNIT, _SAME_ROW = 16.0, 36, 0.0625, 0.4
# Of the usual height: quads reach so far beyond their text in the worst case.
_BEYOND = 1.0
# Units of blank that rows share.
_LEAST_WIDTH = 3
# Rows that are parted by it, lines among them that are joined, and how often it may be found in text without gutters.
_LEAST_ROWS = 5
_ALL, _SAMPLED = (_LEAST_ROWS, 3, 1e-3), (3, 1, 1.0)
_MOST_GUTTERS, _MANY = 6, 20
_NEAR = 0.15  # of the usual height: so far from the middle of a gutter a line's own blank may end
# Of the rows between the first and the last, so many may have ink there, but never two that follow each other.
_MOST_INKED = 0.15
# Of a page's rows across a place, this share is blank there; of text it is a tenth.
_LEAST_SHARE = 0.25
_BLANK, _INK, _OUTSIDE = 0, 1, 2


@dataclass(frozen=True)
class NarrowGutter:
    """Blank that rows share: its sides, and from where to where it reaches, in pixels of the straightened page."""

    left: float
    right: float
    top: float
    bottom: float


def narrow_gutters(lines: Straight, source: WordSource) -> tuple[list[NarrowGutter], dict[int, np.ndarray]]:
    """The gutters across which lines may be joined, and the blanks of such lines by their indices.

    Some gutters are none, as those between the cells of tables.

    Args:
        lines: Of the page.
        source: Of the blanks of lines.
    """
    usual = float(np.median(lines.height))
    ordinary = lines.height < MOST_HEIGHT * usual
    long = ordinary & (lines.right - lines.left >= _LONG * usual)
    chosen = [i for i in np.flatnonzero(long).tolist() if len(lines.lines[i].text) >= _CHARACTERS]
    if len(chosen) < _LEAST_ROWS:
        return [], {}
    # Of many lines every second one tells whether the others have to be looked at.
    skipped = chosen[1::2] if len(chosen) > _MANY else []
    free = {i: source.blanks_of(lines.lines[i]) for i in chosen if i not in skipped}
    if skipped and not _shared(lines, np.setdiff1d(np.flatnonzero(ordinary), skipped), free, _SAMPLED):
        return [], {}
    free |= {i: source.blanks_of(lines.lines[i]) for i in skipped}
    return _shared(lines, np.flatnonzero(ordinary), free, _ALL), free


def parted(lines: Straight, angle: float, gutters: Sequence[NarrowGutter], free: dict[int, np.ndarray]) -> Straight:
    """The lines as they would be if none were joined.

    Texts of pieces are guessed by their length: they tell what columns look like, not what stands in them.

    Args:
        lines: Of the page.
        angle: Of the page, in degrees clockwise.
        gutters: See narrow_gutters.
        free: Of the lines that may be joined, see there.
    """
    near = _NEAR * float(np.median(lines.height))
    pieces: list[TextLine] = []
    for i, line in enumerate(lines.lines):
        cuts: set[float] = set()
        if i in free:
            length, begin = lines.right[i] - lines.left[i], lines.left[i]
            beside = [gutter for gutter in gutters if gutter.top <= lines.middle[i] <= gutter.bottom]
            found = [_blank_at(free[i], ((g.left + g.right) / 2 - begin) / length, near / length) for g in beside]
            cuts = {cut for cut in found if cut is not None}
        pieces += _pieces(line, sorted(cuts))
    return straighten(pieces, angle)


def apart(lines: Straight, gutters: Sequence[NarrowGutter]) -> Straight:
    """The lines without what their quads have beyond their text where that reaches into a narrow gutter."""
    beyond = _BEYOND * float(np.median(lines.height))
    left, right = lines.left.copy(), lines.right.copy()
    for gutter in gutters:
        beside = (lines.middle >= gutter.top) & (lines.middle <= gutter.bottom)
        over = beside & (left < gutter.left) & (right < gutter.right + beyond)
        right[over] = np.minimum(right[over], gutter.left)
        over = beside & (right > gutter.right) & (left > gutter.left - beyond)
        left[over] = np.maximum(left[over], gutter.right)
    return dataclasses.replace(lines, left=left, right=right)


def _shared(
    lines: Straight, members: np.ndarray, free: dict[int, np.ndarray], least: tuple[int, int, float]
) -> list[NarrowGutter]:
    """Blanks that rows of some lines share, see _ALL for `least`; free are those of the lines that may be joined."""
    usual = float(np.median(lines.height))
    unit = _UNIT * usual
    order = members[np.argsort(lines.middle[members], kind="stable")]
    rows = np.split(order, np.flatnonzero(np.diff(lines.middle[order]) > _SAME_ROW * usual) + 1)
    left = float(lines.left[members].min())
    states = np.full((len(rows), int((lines.right[members].max() - left) / unit) + 2), _OUTSIDE, np.uint8)
    joined = np.zeros(states.shape, bool)

    def units(begin: float, end: float) -> slice:
        return slice(round((begin - left) / unit), round((end - left) / unit))

    begins, ends = (side.copy() for side in lines.text)
    inner: dict[int, np.ndarray] = {}
    for i, shares in free.items():  # blanks at either end are none between words
        blanks = shares * (lines.right[i] - lines.left[i]) + lines.left[i]
        begins[i] = max(blanks[(shares[:, 0] == 0), 1], default=begins[i])
        ends[i] = min(blanks[(shares[:, 1] == 1), 0], default=ends[i])
        inner[i] = blanks[(shares[:, 0] > 0) & (shares[:, 1] < 1)]
    for state, own, row in zip(states, joined, rows, strict=True):
        state[units(begins[row].min(), ends[row].max())] = _BLANK
        for i in row.tolist():
            state[units(begins[i], ends[i])] = _INK
            for stretch in inner.get(i, ()):
                state[units(*stretch)] = _BLANK
                own[units(*stretch)] = True
    found: list[NarrowGutter] = []
    middles = np.array([float(lines.middle[row].mean()) for row in rows])
    while len(found) < _MOST_GUTTERS and (best := _best(states, joined, *least)):
        top, bottom, begin, end = best
        ends_at = float(middles[top]) - usual / 2, float(middles[bottom]) + usual / 2
        found.append(NarrowGutter(left + begin * unit, left + end * unit, *ends_at))
        states[top : bottom + 1, max(0, begin - 2) : end + 2] = _OUTSIDE
    return found


def _best(
    states: np.ndarray, joined: np.ndarray, least: int, least_joined: int, by_chance: float
) -> tuple[int, int, int, int] | None:
    """First and last row and the units, from and to, of the blank that most rows share; None where none tells."""
    # A blank of the least width at every place.
    wide = np.lib.stride_tricks.sliding_window_view(states, _LEAST_WIDTH, axis=1)
    windows = np.where((wide == _INK).any(axis=2), _INK, np.where((wide == _BLANK).all(axis=2), _BLANK, _OUTSIDE))
    best = None
    free = (windows == _BLANK).sum(axis=0)
    likely = (free >= least) & (free >= _LEAST_SHARE * (windows != _OUTSIDE).sum(axis=0))
    # A place at which all rows are as at the one before it is no better, nor is one with fewer blanks than the best.
    likely[1:] &= (
        (windows[:, 1:] != windows[:, :-1]) | (joined[:, 1 : len(likely)] != joined[:, : len(likely) - 1])
    ).any(0)
    for place in np.flatnonzero(likely).tolist():
        if best is not None and free[place] <= len(best[0]):
            continue
        for begin, end in _stretches(windows[:, place]):
            rows = np.flatnonzero(windows[begin:end, place] == _BLANK) + begin
            if len(rows) < least or joined[rows, place].sum() < least_joined:
                continue
            if best is None or len(rows) > len(best[0]):
                best = rows, place
    if best is None:
        return None
    rows, place = best
    seen = windows[rows]
    blank = max(0.02, float((seen == _BLANK).sum()) / max(1, int((seen != _OUTSIDE).sum())))
    if blank ** len(rows) * windows.shape[1] * len(windows) > by_chance:
        return None
    shared = (states[rows] == _BLANK).mean(axis=0) > 0.9
    begin, end = place, place + _LEAST_WIDTH
    while begin and shared[begin - 1]:
        begin -= 1
    while end < len(shared) and shared[end]:
        end += 1
    return int(rows[0]), int(rows[-1]), begin, end


def _stretches(states: np.ndarray) -> list[tuple[int, int]]:
    """From and to of rows between which none, or few and far between, have ink."""
    borders = [-1, *np.flatnonzero(states == _INK).tolist(), len(states)]
    free = [(before + 1, after) for before, after in itertools.pairwise(borders) if after > before + 1]
    found: list[tuple[int, int, int]] = []
    for begin, end in free:
        if found and begin == found[-1][1] + 1 and found[-1][2] + 1 <= _MOST_INKED * (end - found[-1][0]):
            found[-1] = found[-1][0], end, found[-1][2] + 1
        else:
            found.append((begin, end, 0))
    return [(begin, end) for begin, end, _ in found]


def _blank_at(blanks: np.ndarray, share: float, near: float) -> float | None:
    """The middle of the widest blank near a place of a line, between two of its words."""
    inner = (blanks[:, 0] > 0) & (blanks[:, 1] < 1)
    over = blanks[inner & (blanks[:, 0] <= share + near) & (share - near <= blanks[:, 1])]
    return float(max(over, key=np.ptp).mean()) if len(over) else None


def _pieces(line: TextLine, cuts: Sequence[float]) -> list[TextLine]:
    """A line cut at shares of its length."""
    if not cuts:
        return [line]
    ends = [0.0, *cuts, 1.0]
    at = [round(end * len(line.text)) for end in ends]
    return [
        dataclasses.replace(line, text=line.text[a:b], quad=part(line.quad, begin, end), words=())
        for begin, end, a, b in zip(ends, ends[1:], at, at[1:], strict=False)
    ]
