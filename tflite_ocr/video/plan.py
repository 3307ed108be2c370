"""Decides by their pixels alone which frames are searched for text; the others are followed or unchanged.

A key frame is searched. Keys follow each other at most every KEY_INTERVAL_S while something moves; a picture that
stays as it was at the last key needs none, and a cut or the end of a movement makes one at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tflite_ocr.video.changes import ChangeMeter
from tflite_ocr.video.frames import Frame

KEY_INTERVAL_S = 0.25
MOST_BETWEEN = 15  # frames from key to key at most, which bounds what is kept in memory
_CUT_SHARE = 0.5  # of the tiles change at once
_CALM_SHARE = 0.3  # at most, in the frame before a cut


@dataclass(frozen=True)
class Step:
    """A frame and what is to be done with it.

    Attributes:
        frame: The frame.
        key: Whether text is searched in it.
        pending: Whether it shows something that no key frame has shown; always so for keys.
        moved: bool tiles that differ from the frame before.
        fresh: bool tiles that differ from the last key frame; all of them for the first.
        tolerance: Difference in luma that counts as noise.
    """

    frame: Frame
    key: bool
    pending: bool
    moved: np.ndarray
    fresh: np.ndarray
    tolerance: float


class Planner:
    """Plans frame by frame; see the module."""

    def __init__(self, exact: bool = False, every: int = 1):
        """Prepares.

        Args:
            exact: Every frame is a key.
            every: Only frames whose number is a multiple can be keys.
        """
        self._exact, self._every = exact, every
        self._meter = ChangeMeter()
        self._key: Frame | None = None
        self._last: Frame | None = None
        self._last_share = 0.0
        self._since_key = 0

    def steps(self, frames: Iterable[Frame]) -> Iterator[Step]:
        """One step a frame, one frame late: the last frame is a key if anything is left to see."""
        waiting: Step | None = None
        for frame in frames:
            if waiting:
                yield waiting
            waiting = self._step(frame)
        if waiting and waiting.pending and not waiting.key and self._may_be_key(waiting.frame):
            waiting = Step(waiting.frame, True, True, waiting.moved, waiting.fresh, waiting.tolerance)
        if waiting:
            yield waiting

    def _may_be_key(self, frame: Frame) -> bool:
        return frame.index % self._every == 0

    def _step(self, frame: Frame) -> Step:
        luma = frame.picture.luma
        self._since_key += 1
        if self._key is None:
            everything = self._meter.changed(luma, luma) | True
            step = Step(frame, True, True, everything, everything, self._meter.tolerance)
        else:
            moved = self._meter.changed(luma, self._last.picture.luma, learn=True)
            fresh = self._meter.changed(luma, self._key.picture.luma)
            share = float(moved.mean())
            key = self._may_be_key(frame) and (self._exact or (bool(fresh.any()) and self._is_due(frame, share)))
            step = Step(frame, key, key or bool(fresh.any()), moved, fresh, self._meter.tolerance)
            self._last_share = share
        if step.key:
            self._key, self._since_key = frame, 0
        self._last = frame
        return step

    def _is_due(self, frame: Frame, share: float) -> bool:
        """Whether a frame that shows something new should be a key now."""
        settled = share == 0 and self._since_key > 1
        cut = share >= _CUT_SHARE and self._last_share <= _CALM_SHARE
        waited = frame.time_s + frame.duration_s / 2 - self._key.time_s >= KEY_INTERVAL_S
        return settled or cut or waited or self._since_key >= MOST_BETWEEN
