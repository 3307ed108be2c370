"""Where text is in a key frame: the whole of it is searched, or only what is new in it."""

from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.video.changes import boxes_of
from tflite_ocr.video.frames import Counts
from tflite_ocr.video.plan import Step
from tflite_ocr.video.search import PART_SHARE, Search, parts_to_search
from tflite_ocr.video.segment import Segment
from tflite_ocr.video.tracks import Track


class KeySearch:
    """Searches key frames one after another; remembers the one before."""

    def __init__(self, search: Search, counts: Counts, exact: bool):
        """For the detectors and the counts of searched frames; `exact` always searches pictures as a whole."""
        self._search, self._counts, self._exact = search, counts, exact
        self._before: np.ndarray | None = None

    def quads(
        self, segment: Segment, step: Step, tracks: Sequence[Track], found: "Future[Sequence[np.ndarray]] | None"
    ) -> tuple[Sequence[np.ndarray], list[Box] | None]:
        """Searches a key, the last frame of a segment through which the known texts were followed.

        Returns:
            The quads, float32 [4, 2] each, and the parts that were searched for them; None for the whole picture, whose
            search may be running already as `found`.
        """
        luma = step.frame.picture.luma
        before, self._before = self._before, luma
        if found is None and before is not None and not self._exact:
            height, width = luma.shape
            # More may be visible by now of a text that was cut by the frame border, so that is searched.
            known = [track for track in tracks if segment.path(track).seen and (track.whole or not track.text)]
            again = [track.box.grown(round(track.height / 4), width, height) for track in known]
            areas = parts_to_search(boxes_of(step.fresh, width, height), again, luma, before, step.tolerance)
            if not areas:
                return [], []
            if sum(area.area for area in areas) <= PART_SHARE * width * height:
                parts = self._search.parts(step.frame.picture, areas)
                if parts is not None:
                    self._counts.searched_in_part += 1
                    return parts
        self._counts.searched += 1
        return list((found or self._search.submit(step.frame.picture)).result()), None
