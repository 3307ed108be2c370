"""Reads the clip with one reader in a process of its own, and writes its record.

python -m demo.comparison.worker ROLE CLIP MODEL THREADS TARGET     (started by demo.comparison.measure)
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import psutil

from benchmarks.measures import recordings
from benchmarks.running import resources
from benchmarks.running.resources import MIB
from demo.comparison import original, records, replay
from demo.comparison.records import FrameResult, Record
from tflite_ocr import Reader
from tflite_ocr.errors import OcrError
from tflite_ocr.page import TextLine
from tflite_ocr.video.decode import VideoDecoder
from tflite_ocr.video.ffmpeg import executable
from tflite_ocr.video.frames import VideoFrame
from tflite_ocr.video.source import resolve

_EVERY = (1, 2, 3, 4, 6)
_ALONE_S = 4.0  # one frame of this many seconds is read alone
_LATE_S = 0.5
_PATIENCE = 1.15  # of the clip's time; slower than that is not followed to its end
# Texts at a recorded GPU's pace would take hours on a CPU: they are read so often.
_TEXTS_S = 0.4
_LEAST_S = 0.25  # processor time is counted in hundredths of a second


def main(arguments: Sequence[str]) -> int:
    """Reads and writes; an error is a line on standard error and its exit code."""
    role, clip, model, threads, target = arguments
    try:
        records.write(_ROLES[role](Path(clip), Path(model), int(threads)), Path(target))
    except OcrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def read_original(clip: Path, model: Path, threads: int) -> Record:
    """As a camera would give them: a frame that comes while one is read is not seen."""
    load, where = os.getloadavg()[0], original.device()
    reader = original.reader(model, threads, where)
    played, results, time_s, meter, fps, frame = None, [], 0.0, None, 0.0, None
    for frame, fps in _frames(clip):  # noqa: B007 - the last one is used
        if meter is None:
            reader.read(frame.image)  # memory is taken and kernels are chosen at the first call
            height, width = frame.image.shape[:2]
            facts, meter = reader.manifest, Meter()
            recorded = [] if where == "cuda" else recordings.recordings()
            played = replay.find(recorded, facts.name, facts.detector.resize, width, height)
        if frame.time_s < time_s - 1e-6:
            continue
        with resources.GpuSampler(os.getpid() if where == "cuda" else None) as sampler:
            lines, ms = _timed(reader.read, frame.image)
        gpu = sum(sampler.percent) / len(sampler.percent) if sampler.percent else None
        ms = played.frame_ms(len(lines)) if played else ms
        results.append(FrameResult(frame.index, frame.time_s + ms / 1000, ms, *meter.look(), gpu, _listed(lines)))
        time_s = frame.time_s + max(ms / 1000, _TEXTS_S if played else 0.0)
    detail = f"PyTorch, float32, {'GPU' if where == 'cuda' else f'CPU, {_threads(threads)}'}"
    alone, recorded_on = median(result.ms for result in results), played and played.recorded_on
    more = {"recorded_on": recorded_on, "load": load, "results": results}
    return Record("original", "Original networks", detail, fps, frame.index + 1, alone, 1000 / alone, **more)


def read_converted(clip: Path, model: Path, threads: int) -> Record:
    """With Reader.read_video, as many frames as it keeps up with; and some frames alone."""
    load = os.getloadavg()[0]
    reader = Reader(model, threads=threads)
    times, fps, count = [], 0.0, 0
    for frame, fps in _frames(clip):  # noqa: B007 - the last one is used
        if frame.time_s >= len(times) * _ALONE_S:
            if not times:
                reader.read(frame.image)
            times.append(_timed(reader.read, frame.image)[1])
        count = frame.index + 1
    for every in _EVERY:
        results, seconds = _watched(reader, clip, every, count / fps)
        if len(results) == count and seconds <= count / fps:
            break
    detail = f"TensorFlow Lite, {reader.precision}, CPU, {_threads(threads)}"
    pace, more = len(results) / seconds, {"every": every, "load": load, "results": results}
    return Record("converted", "Converted, tflite-ocr", detail, fps, count, median(times), pace, **more)


class Meter:
    """Processor and memory of this process; measures since the last look that is long enough ago."""

    def __init__(self):
        self._wall_s, self._cpu_s = time.perf_counter(), _own_cpu_s()
        self._percent, self._rss_mib = 0.0, resources.usage(os.getpid()).rss_bytes / MIB

    def look(self) -> tuple[float, float]:
        """(percent of one core of this process alone, resident MiB with the programs that it runs)."""
        now = time.perf_counter()
        if now - self._wall_s >= _LEAST_S:
            used = _own_cpu_s()
            self._percent = 100 * (used - self._cpu_s) / (now - self._wall_s)
            self._rss_mib = resources.usage(os.getpid()).rss_bytes / MIB
            self._wall_s, self._cpu_s = now, used
        return self._percent, self._rss_mib


def _own_cpu_s() -> float:
    """Of this process; a decoder that ends would bring the time of its whole life at once."""
    times = psutil.Process().cpu_times()
    return times.user + times.system


def _watched(reader: Reader, clip: Path, every: int, clip_s: float) -> tuple[list[FrameResult], float]:
    """Every frame's result, and the seconds that it took; given up early where it does not keep up with the clip.

    Times of the clip are those of a queue: a frame waits for those before it, and one that would wait for longer than
    _LATE_S is skipped.
    """
    results, free_s, meter = [], 0.0, Meter()
    start = last = time.perf_counter()
    with reader.read_video(clip, every=every, between=every > 1) as reading:
        for frame in reading:
            now = time.perf_counter()
            ms, last = 1000 * (now - last), now
            done_s = None
            if free_s <= frame.time_s + _LATE_S:
                done_s = free_s = max(frame.time_s, free_s) + ms / 1000
            results.append(FrameResult(frame.index, done_s, ms, *meter.look(), None, _listed(frame.lines)))
            if every != _EVERY[-1] and now - start > _PATIENCE * max(frame.time_s, clip_s / 10):
                break
    return results, time.perf_counter() - start


def _frames(clip: Path) -> Iterator[tuple[VideoFrame, float]]:
    """The clip's frames without lines, and the frames per second."""
    decoder = VideoDecoder(executable(), resolve(clip))
    try:
        for frame in decoder.frames():
            yield VideoFrame(frame, ()), decoder.info.frame_rate
    finally:
        decoder.stop()


def _timed(read: Callable[..., list[TextLine]], image) -> tuple[list[TextLine], float]:
    start = time.perf_counter()
    lines = read(image)
    return lines, 1000 * (time.perf_counter() - start)


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _listed(lines: Sequence[TextLine]) -> list[dict]:
    return [{"text": line.text, "quad": [[round(x, 1), round(y, 1)] for x, y in line.quad]} for line in lines]


_ROLES = {"original": read_original, "converted": read_converted}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
