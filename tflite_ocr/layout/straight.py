"""Lines laid straight: the page turned back by its angle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tflite_ocr.forks import Lazy
from tflite_ocr.layout.angle import turning
from tflite_ocr.page import TextLine, Word

# Lines this much longer than high tell how the rows around them slope.
_LONG = 5.0
# Of their height: quads reach so far beyond their text usually, by this share of their width at most.
_PADDING, _MOST_PADDING = 0.25, 0.1


@dataclass(frozen=True)
class Straight:
    """Lines as a reader sees them, in pixels; N of them, in the order in which they were given.

    Attributes:
        lines: The lines themselves.
        left, right: Where they begin and end, float64 [N].
        middle: The height at which they stand, in the middle of their length, growing downwards.
        height: How high they are.
        slope: How far they sink for every pixel to the right.
        begins: Which of them begin a cell of a table though they stand close to the line before them, bool [N].
    """

    lines: tuple[TextLine, ...]
    left: np.ndarray
    right: np.ndarray
    middle: np.ndarray
    height: np.ndarray
    slope: np.ndarray
    begins: np.ndarray

    @property
    def top(self) -> np.ndarray:
        """Upper sides."""
        return self.middle - self.height / 2

    @property
    def bottom(self) -> np.ndarray:
        """Lower sides."""
        return self.middle + self.height / 2

    @Lazy
    def text(self) -> tuple[np.ndarray, np.ndarray]:
        """Where their texts begin and end, without what quads usually have beyond them."""
        beyond = np.minimum(_PADDING * self.height, _MOST_PADDING * (self.right - self.left))
        return self.left + beyond, self.right - beyond


def straighten(lines: Sequence[TextLine | Word], angle: float, apart: Sequence[bool] = ()) -> Straight:
    """Turns lines back.

    Args:
        lines: Of one page; or words, each for itself.
        angle: In degrees clockwise.
        apart: Which of them begin a cell, see Straight; () where none does.
    """
    quads = np.array([line.quad for line in lines], np.float64).reshape(-1, 4, 2) @ turning(angle)
    begins, ends = quads[:, [0, 3]].mean(axis=1), quads[:, [1, 2]].mean(axis=1)
    # Lines that stand across the page take the room that they take.
    across = np.abs(ends[:, 1] - begins[:, 1]) > np.abs(ends[:, 0] - begins[:, 0])
    low, high = quads.min(axis=1), quads.max(axis=1)
    left = np.where(across, low[:, 0], np.minimum(begins[:, 0], ends[:, 0]))
    right = np.where(across, high[:, 0], np.maximum(begins[:, 0], ends[:, 0]))
    sides = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1) + np.linalg.norm(quads[:, 2] - quads[:, 1], axis=1)
    height = np.maximum(np.where(across, high[:, 1] - low[:, 1], sides / 2), 1e-6)
    middle = (low[:, 1] + high[:, 1]) / 2
    slope = np.zeros(len(lines))
    long = ~across & (right - left >= _LONG * height)
    slope[long] = ((ends - begins)[long, 1] / (ends - begins)[long, 0]).clip(-0.5, 0.5)
    if long.any():  # short lines slope as those around them
        slope[~long] = np.median(slope[long])
    own = tuple(TextLine(line.text, line.confidence, line.quad) if isinstance(line, Word) else line for line in lines)
    cells = np.array(apart, bool) if len(apart) else np.zeros(len(lines), bool)
    return Straight(own, left, right, middle, height, slope, cells)
