"""Where the time of Reader.read goes: timers around the steps of the runtime, put there while it is measured."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from tflite_ocr import Reader, geometry, image
from tflite_ocr.interpreter import Network
from tflite_ocr.recognition import ctc

REST = "all else in Python"
_NETWORK = "network"
# What a user would call it, and the functions whose own time it is.
_STEPS = {
    "decode the image file": ((image, "read"),),
    "resize for the detector": ((image, "resize_for_detector"), (image, "fit_canvas")),
    "make tensors": ((image, "to_tensor"),),
    "order the lines": ((geometry, "reading_order"),),
    "cut out the lines": ((geometry, "crop"),),
    "resize the lines": ((image, "resize_crop"), (image, "pad_crop")),
    "decode characters (CTC)": ((ctc, "greedy"), (ctc, "beam_search")),
}
_MAPS = "decode the detector's maps"


class Timers:
    """Own time of nested steps: what a step spends in another is the other's. Counts from several threads add up."""

    def __init__(self):
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a block as `name`."""
        inner = self._local.__dict__.setdefault("inner", [])
        inner.append(0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            own = spent - inner.pop()
            if inner:
                inner[-1] += spent
            with self._lock:
                self.seconds[name] = self.seconds.get(name, 0.0) + own
                self.calls[name] = self.calls.get(name, 0) + 1

    def around(self, function, name):
        """A function that is timed; `name` is a text, or makes one of the arguments."""

        def timed(*arguments, **options):
            with self.step(name if isinstance(name, str) else name(*arguments)):
                return function(*arguments, **options)

        return timed


def measure(model: Path, precision: str, picture: Path, runs: int) -> dict:
    """Reads an image some times with one thread.

    Args:
        model: Folder of a converted model.
        precision: Of its files.
        picture: The image.
        runs: Counted readings, after one that is not.

    Returns:
        {"steps": [{"name", "calls" (of a reading), "ms" (own time of a reading)}], longest first, with
        REST for what no timer stands around, "total_ms": mean time of a reading, "lines": found, "runs"}.

    Raises:
        ArtifactError: The model cannot be loaded.
        ImageReadError: The image cannot be read.
    """
    # With one thread nothing runs beside anything else, and the parts add up to the whole.
    reader = Reader(model, precision, threads=1)
    lines = reader.read(picture)
    timers, total = Timers(), 0.0
    with _timed(timers, reader), _one_thread_in_opencv():
        for _ in range(runs):
            start = time.perf_counter()
            reader.read(picture)
            total += time.perf_counter() - start
    steps = [
        {"name": name, "calls": timers.calls[name] / runs, "ms": 1000 * seconds / runs}
        for name, seconds in timers.seconds.items()
    ]
    rest = total - sum(timers.seconds.values())
    steps.append({"name": REST, "calls": 1, "ms": 1000 * max(0.0, rest) / runs})
    steps.sort(key=lambda step: -step["ms"])
    return {"steps": steps, "total_ms": 1000 * total / runs, "lines": len(lines), "runs": runs}


@contextlib.contextmanager
def _timed(timers: Timers, reader: Reader) -> Iterator[None]:
    detector = reader._loaded()[0]
    places = [(owner, name, step) for step, owners in _STEPS.items() for owner, name in owners]
    places += [(type(detector._decoder), "decode", _MAPS), (Network, "run", _network_name)]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, step in places:
        setattr(owner, name, timers.around(getattr(owner, name), step))
    try:
        yield
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


@contextlib.contextmanager
def _one_thread_in_opencv() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _network_name(network: Network, *arguments) -> str:
    return f"{_NETWORK} {network.file.path.removesuffix('.tflite')}"
