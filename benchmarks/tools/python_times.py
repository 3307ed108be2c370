"""Where the time of Reader.read goes, as the runtime times its own steps."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from tflite_ocr import Reader, steps

REST = "all else in Python"


def measure(model: Path, precision: str, picture: Path, runs: int) -> dict:
    """Reads an image some times with one thread.

    Args:
        model: Folder of a converted model.
        precision: Of its files.
        picture: The image.
        runs: Counted readings, after one that is not.

    Returns:
        {"steps": [{"name", "calls" (of a reading), "ms" (own time of a reading)}], longest first, with
        REST for what no step names, "total_ms": mean time of a reading, "lines": found, "runs"}.

    Raises:
        ArtifactError: The model cannot be loaded.
        ImageReadError: The image cannot be read.
    """
    # With one thread nothing runs beside anything else, and the parts add up to the whole.
    with Reader(model, precision, threads=1) as reader, _one_thread_in_opencv():
        lines = reader.read(picture)
        with steps.recording() as recorded:
            start = time.perf_counter()
            for _ in range(runs):
                reader.read(picture)
            total = time.perf_counter() - start
    found = [
        {"name": name.removesuffix(".tflite"), "calls": recorded.calls[name] / runs, "ms": 1000 * seconds / runs}
        for name, seconds in recorded.seconds.items()
    ]
    rest = total - sum(recorded.seconds.values())
    found.append({"name": REST, "calls": 1, "ms": 1000 * max(0.0, rest) / runs})
    found.sort(key=lambda step: -step["ms"])
    return {"steps": found, "total_ms": 1000 * total / runs, "lines": len(lines), "runs": runs}


@contextlib.contextmanager
def _one_thread_in_opencv() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
