"""What hosts ask about a page beside its text: how it is turned, how it is skewed; and readers for their threads."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tflite_ocr import geometry, layout
from tflite_ocr.layout.angle import along_rows
from tflite_ocr.page import Quad, TextLine

if TYPE_CHECKING:
    from tflite_ocr.image import ImageSource
    from tflite_ocr.reader import Reader

# Letters from which a page's direction is as good as certain, and the share of them that must agree.
_ENOUGH_LETTERS, _LEAST_SHARE = 60, 0.75
# So many lines tell how a page is turned.
_MOST_LINES = 24
# A line tells the skew when it is so many times as long as high.
_LONG = 4.0
_MOST_SKEW = 20.0


def longest_lines(reader: "Reader", source: "ImageSource") -> list[TextLine]:
    """Some lines of a page, the longest, as they stand in its image: they tell how it is turned in half the time.

    Raises:
        ImageReadError: The source is not a readable image.
    """
    from tflite_ocr import image

    picture = image.read(source)
    quads = reader.detect(picture)
    sides = np.linalg.norm(quads[:, [1, 3]] - quads[:, [0, 0]], axis=2).max(axis=1)
    longest = np.argsort(-sides, kind="stable")[:_MOST_LINES]
    return [line for line in reader.read_quads(picture, [quads[i] for i in sorted(longest)]) if line]


def quarter_turn(lines: Sequence[TextLine]) -> tuple[int, float]:
    """How far the text of a page is turned, by its lines' directions, each weighed by its letters.

    Returns:
        0, 90, 180 or 270 degrees clockwise, and in [0, 1] how sure that is: 0.0 where there is little text or lines do
        not agree.
    """
    weights = np.zeros(4)
    for line in lines:
        letters = sum(character.isalnum() for character in line.text)
        weights[layout.quarter_of(float(geometry.angles(line.quad)))] += letters * line.confidence
    total = float(weights.sum())
    best = int(weights.argmax())
    if not total or weights[best] < _LEAST_SHARE * total:
        return 90 * best if total else 0, 0.0
    return 90 * best, min(1.0, float(weights[best]) / _ENOUGH_LETTERS)


def skew(quads: Sequence[Quad]) -> float:
    """By how many degrees clockwise lines are off the nearest quarter turn: the middle one of long ones, or 0.0."""
    corners = np.array(quads, np.float64).reshape(-1, 4, 2)
    angles = (geometry.angles(corners) + 45) % 90 - 45
    sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
    lengths, heights = sides[:, 0] + sides[:, 2], sides[:, 1] + sides[:, 3]
    return along_rows(
        corners, angles, np.where((lengths >= _LONG * heights) & (np.abs(angles) <= _MOST_SKEW), lengths, 0.0)
    )


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
