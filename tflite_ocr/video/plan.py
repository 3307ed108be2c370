"""Decides by pixels alone which frames are searched for text; in the others texts are followed.

Searched frames are key frames. While something moves there is a key at most every KEY_INTERVAL_S; a picture that has
not changed since the last key needs none; a cut or the end of a movement makes one at once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tflite_ocr.video.changes import ChangeMeter
from tflite_ocr.video.frames import Frame

KEY_INTERVAL_S = 0.25
MOST_BETWEEN = 15  # frames from key to key at most, which bounds the memory
_CUT_SHARE = 0.5  # share of the tiles that change at once
_CALM_SHARE = 0.3  # largest share of changed tiles in the frame before a cut


@dataclass(frozen=True)
class Step:
    """A frame and its plan.

    Attributes:
        pending: Whether it shows something that no key frame has shown; always true for keys.
        moved: bool [rows, columns], tiles that differ from the frame before.
        fresh: bool [rows, columns], tiles that differ from the last key frame; all of them for the first.
        tolerance: Largest difference in luma that counts as noise.
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
        """With `exact` every frame is a key; otherwise frames whose number is a multiple of `every` can be keys."""
        self._exact, self._every = exact, every
        self._meter = ChangeMeter()
        self._key: Frame | None = None
        self._last: Frame | None = None
        self._last_share = 0.0
        self._since_key = 0

    def steps(self, frames: Iterable[Frame]) -> Iterator[Step]:
        """One step a frame, one frame late: the last frame is a key if it shows anything new."""
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
        if self._key is None or self._last is None:
            everything = self._meter.changed(luma, luma) | True
            step = Step(frame, True, True, everything, everything, self._meter.tolerance)
        else:
            moved = self._meter.changed(luma, self._last.picture.luma, learn=True)
            fresh = self._meter.changed(luma, self._key.picture.luma)
            share = float(moved.mean())
            waited_s = frame.time_s + frame.duration_s / 2 - self._key.time_s
            due = self._exact or (bool(fresh.any()) and self._is_due(waited_s, share))
            key = self._may_be_key(frame) and due
            step = Step(frame, key, key or bool(fresh.any()), moved, fresh, self._meter.tolerance)
            self._last_share = share
        if step.key:
            self._key, self._since_key = frame, 0
        self._last = frame
        return step

    def _is_due(self, waited_s: float, share: float) -> bool:
        """Whether a frame with something new should be a key, by the time since the last and the changed share."""
        settled = share == 0 and self._since_key > 1
        cut = share >= _CUT_SHARE and self._last_share <= _CALM_SHARE
        return settled or cut or waited_s >= KEY_INTERVAL_S or self._since_key >= MOST_BETWEEN
