"""What hosts ask about a page beside its text: how it is turned, how it is skewed; and readers for their threads."""

import threading
from collections.abc import Sequence

import numpy as np

from tflite_ocr.page import Page, Quad

# Letters from which a page's direction is as good as certain, and the share of them that must agree.
_ENOUGH_LETTERS, _LEAST_SHARE = 60, 0.75
# A line tells the skew when it is so many times as long as high.
_LONG = 4.0
_MOST_SKEW = 20.0


def quarter_turn(page: Page) -> tuple[int, float]:
    """How far the text of a page is turned, by its lines' directions, each weighed by its letters.

    Returns:
        0, 90, 180 or 270 degrees clockwise, and in [0, 1] how sure that is: 0.0 where there is little text or lines do
        not agree.
    """
    weights = np.zeros(4)
    for line in page.lines:
        letters = sum(character.isalnum() for character in line.text)
        weights[round(_angle(line.quad) / 90) % 4] += letters * line.confidence
    total = float(weights.sum())
    best = int(weights.argmax())
    if not total or weights[best] < _LEAST_SHARE * total:
        return 90 * best if total else 0, 0.0
    return 90 * best, min(1.0, float(weights[best]) / _ENOUGH_LETTERS)


def skew(quads: Sequence[Quad]) -> float:
    """By how many degrees clockwise lines are off the nearest quarter turn: the middle one of long ones, or 0.0."""
    angles, weights = [], []
    for quad in quads:
        length, height = _sides(quad)
        if length < _LONG * height:
            continue
        angle = (_angle(quad) + 45) % 90 - 45
        if abs(angle) <= _MOST_SKEW:
            angles.append(angle)
            weights.append(length)
    if not angles:
        return 0.0
    order = np.argsort(angles)
    shares = np.cumsum(np.array(weights)[order])
    return float(np.array(angles)[order][np.searchsorted(shares, shares[-1] / 2)])


class ThreadReaders:
    """A Reader for each thread: hosts read several pages at once, with one thread a page."""

    def __init__(self):
        self._local = threading.local()

    def reader(self, model: str | None = None, threads: int = 1):
        """The reader of this thread; made anew when it is asked for with something else.

        Raises:
            ArtifactError: There is no such model.
        """
        from tflite_ocr.reader import Reader  # here: a host that only looks for plug-ins loads no libraries

        wanted = model, threads
        if getattr(self._local, "wanted", None) != wanted:
            self._local.reader, self._local.wanted = Reader(model, threads=threads), wanted
        return self._local.reader


def _sides(quad: Quad) -> tuple[float, float]:
    corners = np.array(quad, np.float64)
    edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return float(edges[0] + edges[2]) / 2, float(edges[1] + edges[3]) / 2


def _angle(quad: Quad) -> float:
    corners = np.array(quad, np.float64)
    along = corners[1] - corners[0] + corners[2] - corners[3]
    return float(np.degrees(np.arctan2(along[1], along[0])))
