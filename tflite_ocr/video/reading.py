"""The pipeline: one thread decodes and plans, some search, the caller's follows and reads.

FFmpeg decodes in its own process, and LiteRT, OpenCV and pipes release Python's lock, so threads are enough.
Queues are bounded: memory does not grow with the length of the video.
"""

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflite_ocr import forks
from tflite_ocr.errors import VideoReadError
from tflite_ocr.recognition.recognizer import Decoding
from tflite_ocr.video import ffmpeg
from tflite_ocr.video.changes import boxes_of
from tflite_ocr.video.decode import VideoDecoder, VideoPart
from tflite_ocr.video.frames import Counts, VideoFrame, VideoInfo
from tflite_ocr.video.plan import MOST_BETWEEN, Planner, Step
from tflite_ocr.video.search import PART_SHARE, ReaderParts, Search, TextReader
from tflite_ocr.video.source import resolve
from tflite_ocr.video.tracker import Tracker
from tflite_ocr.video.tracks import TrackSummary

if TYPE_CHECKING:
    from tflite_ocr.reader import Reader

_MOST_SEARCHES = 4  # detectors in parallel; each has its own interpreters
_QUEUE_BYTES = 128 << 20  # bytes of decoded frames ahead of the one that is read
_EXACT_AHEAD = 2 * _MOST_SEARCHES  # frames, when every one of them is searched: enough for all cores
_WAIT_S = 0.2


@dataclass(frozen=True)
class VideoOptions:
    """Options of Reader.read_video, as described there."""

    every: int = 1
    start_s: float | None = None
    end_s: float | None = None
    exact: bool = False
    between: bool = False
    ffmpeg: str | None = None
    min_confidence: float | None = None
    decoding: Decoding | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"expected every to be at least 1, found {self.every}")
        if (self.start_s or 0) < 0 or (self.end_s is not None and self.end_s <= (self.start_s or 0)):
            raise ValueError(f"expected an end after a start of at least 0, found {self.start_s} to {self.end_s}")


class VideoReading(Iterator[VideoFrame]):
    """The frames of a video with their text. Use it in a `with`, or read it to its end."""

    def __init__(
        self, reader: "Reader", source: str | int | os.PathLike, options: VideoOptions, parts: TextReader | None = None
    ):
        """Starts to decode; `parts` are detectors and a recogniser in place of the reader's own.

        Raises:
            VideoReadError: The source does not exist.
            MissingDependencyError: There is no FFmpeg.
        """
        self.program = ffmpeg.executable(options.ffmpeg)
        self.source = resolve(source)
        self.options = options
        parts = parts or ReaderParts(reader, options.decoding, options.min_confidence)
        part = VideoPart(options.start_s, options.end_s, 1 if options.between else options.every)
        self._decoder = VideoDecoder(self.program, self.source, part, reader.threads)
        self._planner = Planner(options.exact, options.every if options.between else 1)
        self._search = Search(parts, min(reader.threads, _MOST_SEARCHES))
        self._tracker = Tracker(parts, self._search, options.exact)
        # The size of the first frame decides how many may wait; see _put.
        self._steps: queue.Queue[tuple[Step, Future | None] | BaseException | None] = queue.Queue()
        self._ready: deque[VideoFrame] = deque()
        self._closed = threading.Event()
        self._ended = False
        self._error: BaseException | None = None
        self._forked = False
        forks.watch(self)
        self._worker = threading.Thread(target=self._prepare, name="decode", daemon=True)
        self._worker.start()

    @property
    def info(self) -> VideoInfo | None:
        """Facts about the video; None before the first frame."""
        return self._decoder.info

    @property
    def counts(self) -> Counts:
        """What was computed so far."""
        return self._tracker.counts

    @property
    def decoding_errors(self) -> tuple[int, str]:
        """Number of errors after which FFmpeg continued, and the first of them."""
        return self._decoder.error_count, self._decoder.first_error

    def texts(self) -> list[TrackSummary]:
        """The texts so far, each with its first and last time, sorted by the first."""
        return self._tracker.texts()

    def after_fork(self) -> None:
        """See forks.Owner: threads and FFmpeg stay with the parent."""
        forks.abandon(dict(self.__dict__))
        self._forked = True

    def __next__(self) -> VideoFrame:
        if self._forked:
            raise VideoReadError(
                f"{self.source.name}: this video was opened before the process forked; call read_video in the child"
            )
        while not self._ready and not self._ended:
            item = self._steps.get()
            if isinstance(item, tuple):
                self._ready += self._tracker.take(*item)
            else:
                self._ready += self._tracker.end()
                self._ended, self._error = True, item
        if self._ready:
            return self._ready.popleft()
        self.close()
        if self._error:
            error, self._error = self._error, None
            raise error
        raise StopIteration

    def stop(self) -> None:
        """Stops decoding; frames that are decoded already are still returned. May be called from a signal handler."""
        if self._forked:
            return
        self._closed.set()
        self._decoder.request_stop()

    def close(self) -> None:
        """Cancels what is not done yet, and frees everything."""
        if self._forked:
            return
        self._closed.set()
        self._decoder.stop()
        while self._worker.is_alive():
            with contextlib.suppress(queue.Empty):
                while True:
                    self._steps.get_nowait()
            self._worker.join(_WAIT_S)
        self._search.close()
        self._ended = True

    def __enter__(self) -> "VideoReading":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _prepare(self) -> None:
        """Decodes and plans; starts the searches of whole pictures early."""
        end: BaseException | None = None
        try:
            for step in self._planner.steps(self._decoder.frames()):
                found = self._search.submit(step.frame.picture) if self._is_whole_search(step) else None
                self._put(step, found)
                if self._closed.is_set():
                    break
        except Exception as error:
            end = error
        self._steps.put(end)

    def _is_whole_search(self, step: Step) -> bool:
        if not step.key or self.options.exact:
            return step.key
        picture = step.frame.picture
        areas = boxes_of(step.fresh, picture.width, picture.height)
        return sum(area.area for area in areas) > PART_SHARE * picture.width * picture.height

    def _put(self, step: Step, found: Future | None) -> None:
        """Queues a step; waits while the queue is full."""
        ahead = _EXACT_AHEAD if self.options.exact else 2 * MOST_BETWEEN
        most = max(2, min(ahead, _QUEUE_BYTES // step.frame.picture.data.nbytes))
        while self._steps.qsize() >= most and not self._closed.wait(0.005):
            pass
        self._steps.put((step, found))
