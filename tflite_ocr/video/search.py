"""Searches pictures, or what is new in them, for text: several detectors in parallel, one thread each."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from tflite_ocr.geometry import Box
from tflite_ocr.image import resize_for_detector
from tflite_ocr.page import TextLine
from tflite_ocr.recognition.recognizer import Decoding
from tflite_ocr.video.changes import boxes_of
from tflite_ocr.video.frames import Counts, Picture
from tflite_ocr.video.plan import Step
from tflite_ocr.video.segment import Segment
from tflite_ocr.video.tracks import Track

if TYPE_CHECKING:
    from tflite_ocr.reader import Reader

# A line cut by the inner edge of a part is not reliable: the part is enlarged once by this many pixels.
_WIDER, _HIGHER = 192, 48
_EDGE = 4
_LARGEST = 1 << 14  # pixels: no limit
_COVERED = 0.5  # share of a quad under a larger one that shows the same text
_STEP = 64  # sides of parts are multiples of it, so that networks are planned for few sizes
_AROUND = 2  # pixels around a quad that compression changes with it
_MARGIN = 24  # pixels around a changed part
PART_SHARE = 0.35  # share of the picture above which all of it is searched


Detect = Callable[[np.ndarray], Sequence[np.ndarray]]  # BGR uint8 [H, W, 3] -> quads [4, 2] of (x, y)


class TextReader(Protocol):
    """The methods that reading a video needs."""

    def whole(self) -> Detect:
        """A new detector for whole pictures; one thread uses it."""

    def part(self, width: int, height: int) -> Detect | None:
        """A new detector for parts of pictures of a size, at the scale of the whole; None if the model allows none."""

    def read_quads(self, image: np.ndarray, quads: Sequence[np.ndarray]) -> list[TextLine | None]:
        """Reads quads of a picture, BGR uint8 [H, W, 3]; None for a quad without readable text."""


class ReaderParts:
    """A TextReader made of a Reader, with detectors of one thread."""

    def __init__(self, reader: "Reader", decoding: Decoding | None = None, min_confidence: float | None = None):
        """For a tflite_ocr.Reader; decoding and min_confidence as in Reader.read_page."""
        self._reader, self._decoding, self._min_confidence = reader, decoding, min_confidence

    def whole(self) -> Detect:
        # No second search for very large letters: they would flicker from frame to frame.
        resize = replace(self._reader.manifest.detector.resize, second_scale=0.0)
        detector = self._reader.detector(1, resize)
        return lambda image: list(detector.detect(image)[0])

    def part(self, width: int, height: int) -> Detect | None:
        facts = self._reader.manifest.detector
        if not all(
            file.resizable for file in (*facts.files, *facts.other_files) if file.precision == self._reader.precision
        ):
            return None  # its canvas would enlarge the part
        whole = resize_for_detector(np.zeros((height, width, 3), np.uint8), facts.resize, facts.input)
        scale_x, scale_y = whole.scale_x, whole.scale_y
        detector = self._reader.detector(1, replace(facts.resize, min_side=1, max_side=_LARGEST, second_scale=0.0))

        def detect(image: np.ndarray) -> Sequence[np.ndarray]:
            size = max(1, round(image.shape[1] * scale_x)), max(1, round(image.shape[0] * scale_y))
            scaled = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR if scale_x > 0.5 else cv2.INTER_AREA)
            return list(
                detector.detect(scaled)[0] / (np.array(size, np.float32) / np.array(image.shape[1::-1], np.float32))
            )

        return detect

    def read_quads(self, image: np.ndarray, quads: Sequence[np.ndarray]) -> list[TextLine | None]:
        return self._reader.read_quads(image, quads, self._decoding, self._min_confidence)


class Search:
    """A pool of detectors. Results do not depend on which of them runs."""

    def __init__(self, reader: TextReader, workers: int):
        """Detectors are made by the threads that use them, at their first search."""
        self._reader, self._workers = reader, workers
        self._pool = ThreadPoolExecutor(workers, "search")
        self._local = threading.local()

    def submit(self, picture: Picture) -> "Future[Sequence[np.ndarray]]":
        """Starts to search a whole picture; the result is quads [4, 2]."""
        return self._pool.submit(self._whole, picture)

    def parts(self, picture: Picture, boxes: Sequence[Box]) -> tuple[list[np.ndarray], list[Box]] | None:
        """Searches parts of a picture, which do not overlap.

        Returns:
            The quads, and the parts that were searched for them; None when all of the picture has to be searched, as
            the model cannot search parts or text extends beyond a part.
        """
        image = picture.bgr()
        futures = [self._pool.submit(self._part, image, box) for box in boxes]
        results = [result for result in [future.result() for future in futures] if result is not None]
        if len(results) < len(futures):
            return None
        return _once([quad for quads, _ in results for quad in quads]), [box for _, box in results]

    def close(self) -> None:
        """Waits for running searches and cancels the others."""
        self._pool.shutdown(cancel_futures=True)

    def _whole(self, picture: Picture) -> Sequence[np.ndarray]:
        if not hasattr(self._local, "detect"):
            self._local.detect = self._reader.whole()
        detect: Detect = self._local.detect
        return detect(picture.bgr())

    def _part(self, image: np.ndarray, box: Box) -> tuple[list[np.ndarray], Box] | None:
        height, width = image.shape[:2]
        if not hasattr(self._local, "detect_part"):
            self._local.detect_part = self._reader.part(width, height)
        if self._local.detect_part is None:
            return None
        for _ in range(2):
            quads = self._local.detect_part(np.ascontiguousarray(image[box.top : box.bottom, box.left : box.right]))
            quads = [quad + np.array([box.left, box.top], np.float32) for quad in quads]
            if not any(_is_cut(quad, box, width, height) for quad in quads):
                return quads, box
            box = box.grown(_WIDER, width, height, _HIGHER)
        return None


def _once(quads: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The quads without those mostly covered by a larger one: enlarged parts may overlap."""
    kept: list[tuple[np.ndarray, Box]] = []
    for quad, place in sorted(((quad, Box.around(quad)) for quad in quads), key=lambda found: -found[1].area):
        if not any(place.overlap(other) > _COVERED * place.area for _, other in kept):
            kept.append((quad, place))
    return [quad for quad, _ in kept]


def _is_cut(quad: np.ndarray, box: Box, width: int, height: int) -> bool:
    """Whether a quad touches an edge of a part that is not a border of the picture."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    return bool(
        (box.left > 0 and low[0] <= box.left + _EDGE)
        or (box.top > 0 and low[1] <= box.top + _EDGE)
        or (box.right < width and high[0] >= box.right - 1 - _EDGE)
        or (box.bottom < height and high[1] >= box.bottom - 1 - _EDGE)
    )


def parts_to_search(
    changed: Sequence[Box], known: Sequence[Box], luma: np.ndarray, before: np.ndarray, tolerance: float
) -> list[Box]:
    """Parts of a picture in which there may be unknown text.

    Args:
        known: Boxes of texts that are followed and read again anyway.
        luma: uint8 [H, W].
        before: uint8 [H, W], the picture that was searched before.
        tolerance: Largest difference in luma that is noise.

    Returns:
        Boxes that do not overlap; each has the whole of every text that it touches.
    """
    height, width = luma.shape
    found = []
    for box in changed:
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        different = cv2.absdiff(luma[rows, columns], before[rows, columns]) > tolerance
        for text in known:
            if text.overlap(box):
                top, left = max(0, text.top - box.top), max(0, text.left - box.left)
                different[top : text.bottom - box.top, left : text.right - box.left] = False
        if np.count_nonzero(different) > 4:
            found.append(box)
    return _separate(found, known, width, height)


def _separate(boxes: Sequence[Box], known: Sequence[Box], width: int, height: int) -> list[Box]:
    """Widens boxes to whole texts and to usual sizes, and joins those that then overlap."""
    result: list[Box] = []
    for box in boxes:
        for text in known:
            if text.overlap(box):
                box = box.joined(text)
        box = _rounded(box.grown(_MARGIN, width, height), width, height)
        while other := next((other for other in result if other.overlap(box)), None):
            result.remove(other)
            box = _rounded(box.joined(other), width, height)
        result.append(box)
    return result


def _rounded(box: Box, width: int, height: int) -> Box:
    """A box around another, its sides multiples of _STEP where the picture has room; never flatter than 6 to 1."""
    wide = min(width, -(-(box.right - box.left) // _STEP) * _STEP)
    high = min(height, -(-max(box.bottom - box.top, wide // 6) // _STEP) * _STEP)
    left = min(max(0, (box.left + box.right - wide) // 2), width - wide)
    top = min(max(0, (box.top + box.bottom - high) // 2), height - high)
    return Box(left, top, left + wide, top + high)


def _beyond(track: Track, segment: Segment) -> int:
    """Pixels around a known text where changes are its own; one that looks different may also have become longer."""
    return round(track.height / 4) if segment.path(track).verified else _AROUND


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
            again = [track.box.grown(_beyond(track, segment), width, height) for track in known]
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
