"""Which strokes of a line belong to which of its signs, and how wide each sign is."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr import letter_widths
from tflite_ocr.ink import SHARE, Paper

HEIGHT = 64  # pixels to which a line is brought: its letters are measured to parts of their own
# Signs that are narrow, or whose ink is not in the middle of their place.
_NARROW = "1-/.JLI"
# In fonts of fixed width the middles of signs are at most this part of their distance away from equal places.
_EVEN, _FEWEST_PLACES = 0.038, 5
# The middle of a sign: so much of its height and width, and where the ink in it counts as a mark.
_MIDDLE, _MARK = (0.4, 0.6), 0.25


@dataclass(frozen=True)
class Stroke:
    """What stands apart from its neighbours in a line.

    Attributes:
        start: First column, in pixels of a line that is 64 pixels high.
        end: The column behind the last.
        marked: Whether there is ink in its very middle, as in a zero with a dot or a bar.
    """

    start: int
    end: int
    marked: bool = False

    @property
    def width(self) -> int:
        """Columns."""
        return self.end - self.start


def found(crop: np.ndarray) -> list[Stroke]:
    """The strokes of a line from left to right.

    Args:
        crop: BGR uint8 [h, w, 3], the line alone, upright.
    """
    if 0 in crop.shape:
        return []
    scale = HEIGHT / crop.shape[0]
    large = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    paper = Paper.measured(large)
    edges = np.flatnonzero(np.diff(paper.has_ink(large).any(axis=0), prepend=False, append=False))
    return [Stroke(start, end, _is_marked(large[:, start:end], paper)) for start, end in edges.reshape(-1, 2).tolist()]


def by_sign(signs: Sequence[str], strokes: Sequence[Stroke]) -> list[Stroke | None]:
    """The stroke of each sign that touches no other; None for those that do, and for all where signs are broken.

    Of all ways to give the strokes to the signs, in order, that whose widths are nearest to what is expected.
    """
    touching = len(signs) - len(strokes)
    if touching < 0 or not strokes:
        return [None] * len(signs)
    ends = np.cumsum([0.0] + [letter_widths.typical(sign) for sign in signs])
    unit = sum(stroke.width for stroke in strokes) / ends[-1]
    # By the number of signs that the strokes so far have: the least error, and how many signs each stroke has.
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for stroke in strokes:
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for given, (error, counts) in best.items():
            for count in range(1, touching - (given - len(counts)) + 2):
                width = unit * float(ends[given + count] - ends[given])
                total = error + abs(float(np.log(stroke.width / width)))
                if total < following.get(given + count, (np.inf, ()))[0]:
                    following[given + count] = total, (*counts, count)
        best = following
    owned: list[Stroke | None] = []
    for stroke, count in zip(strokes, best[len(signs)][1], strict=True):
        owned += [stroke] if count == 1 else [None] * count
    return owned


def are_of_fixed_width(signs: Sequence[str], places: Sequence[int], strokes: Sequence[Stroke | None]) -> bool:
    """Whether signs stand at equal distances; so they do too where too few stand alone to know.

    Args:
        places: Which sign of the line each is, blanks counted.
        strokes: See by_sign.
    """
    middles = [
        (place, (stroke.start + stroke.end) / 2)
        for sign, place, stroke in zip(signs, places, strokes, strict=True)
        if stroke and sign not in _NARROW
    ]
    if len(middles) < _FEWEST_PLACES:
        return True
    x, y = np.array(middles).T
    distance, begin = np.polyfit(x, y, 1)
    return bool(np.std(y - begin - distance * x) < _EVEN * distance)


def _is_marked(sign: np.ndarray, paper: Paper) -> bool:
    """Whether there is ink in the middle of a sign, BGR uint8 [h, w, 3]."""
    away = np.abs(sign - paper.color).max(axis=-1)
    rows = np.flatnonzero((away > paper.least).any(axis=1))
    inside = away[rows[0] : rows[-1] + 1]
    top, bottom, left, right = (
        round(side * share) for side, share in zip(np.repeat(inside.shape, 2), 2 * _MIDDLE, strict=True)
    )
    middle = inside[top : bottom + 1, left : right + 1]
    return bool(middle.mean() > _MARK / SHARE * paper.least)
