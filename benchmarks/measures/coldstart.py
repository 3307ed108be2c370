"""Cold start, in seconds and memory: a fresh process imports an engine, loads its model and reads an image.

    python -m benchmarks coldstart [IMAGE] [--model MODEL] [--precision P] [--runs N]

Without an image, a photo-like one of 1280x720 pixels is drawn (that needs the [convert] extra).
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.engines import ours
from benchmarks.running import machine, resources
from benchmarks.running.cells import Cells
from benchmarks.running.eta import CallProgress
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import EngineVariant, Skipped
from benchmarks.running.supervisor import EngineWorker, WorkerError
from tflite_ocr import manifest, models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import OcrError

_LIMIT_S = 120.0


class ColdStart(NamedTuple):
    """One start."""

    seconds: float  # From the start of the process to the text of the image
    lines: int  # Number of lines that were read
    peak_bytes: int  # Most resident memory of the process and of a program that it ran


def measure(variant: EngineVariant, image: Path, limit_s: float = _LIMIT_S) -> ColdStart:
    """Reads an image in a fresh process; files that it loads may still be in the system's cache.

    Raises:
        Skipped: The engine cannot run here.
        WorkerError: The process ended or was late.
    """
    with EngineWorker(variant) as worker:
        begun = worker.start(limit_s)
        answer = worker.ask({"do": "read", "image": str(image.resolve())}, limit_s)
        seconds = time.perf_counter() - begun
        peak_bytes = resources.usage(worker.pid).peak_bytes + worker.children_peak_bytes
    return ColdStart(seconds, len(answer["lines"]), peak_bytes)


def starts(lanes: Sequence[Lane], image: Path, limit_s: float, cells: Cells, progress: CallProgress) -> dict[str, dict]:
    """Starts engines interleaved, as often as the keys of their cells say.

    Returns:
        For each engine {"status": "ok", "ms": [milliseconds of each start], "peak_rss_bytes"}, or the status and the
        reason why there is none.
    """
    found = cells.known(lanes)
    todo = {lane: [] for lane in lanes if lane.variant.id not in found}
    progress.plan(sum(lane.key["rounds"] for lane in todo))
    if todo:
        progress.part("cold starts")
    for number in range(max((lane.key["rounds"] for lane in todo), default=0)):
        for lane, done in todo.items():
            name = lane.variant.id
            if name in found:
                continue
            try:
                done.append(measure(lane.variant, image, limit_s))
                progress.done()
            except (Skipped, WorkerError) as error:
                found[name] = {"status": getattr(error, "status", "skipped"), "reason": str(error)}
                progress.done(lane.key["rounds"] - number)
    for lane, done in todo.items():
        if lane.variant.id not in found:
            peak = max(start.peak_bytes for start in done)
            value = {"status": "ok", "ms": [1000 * start.seconds for start in done], "peak_rss_bytes": peak}
            cells.keep(lane.key, value)
            found[lane.variant.id] = value
    return found


def draw_photo(path: Path) -> None:
    """Writes a photo-like PNG of 1280x720 pixels with text in it."""
    import cv2

    from synthetic.calibration import scenes as synthetic_scenes

    street_of_that_size = 1
    cv2.imwrite(str(path), synthetic_scenes.draw(street_of_that_size, seed=0))


def arguments(add: Callable) -> None:
    add("image", nargs="?", type=Path, help="image to read (default: a drawn one)")
    add("--model", help="model name or folder (default: the Reader's own)")
    add("--precision", help="precision (default: the model's own)")
    add("--threads", type=positive, default=machine.cores(), help="threads (default: all cores)")
    add("--runs", type=positive, default=5, help="fresh processes (default: 5)")


def run(options: argparse.Namespace) -> int:
    """Measures and prints; returns the exit code."""
    folder = models.find(options.model)
    facts = manifest.load(folder)
    variant = ours.variant(folder, facts, options.precision or facts.default_precision, options.threads)
    with tempfile.TemporaryDirectory() as temporary:
        image = options.image or Path(temporary) / "photo.png"
        if not options.image:
            draw_photo(image)
        try:
            found = [measure(variant, image) for _ in range(options.runs)]
        except WorkerError as error:
            raise OcrError(f"the reading process {error}") from None
    _print("cold start (from a fresh process to the text of one image)", [start.seconds for start in found], "s", 3)
    _print("peak resident memory", [start.peak_bytes / 1e6 for start in found], "MB", 0)
    print(f"{'lines of text':<60}{found[0].lines:>9}")
    return 0


def _print(title: str, values: list[float], unit: str, places: int) -> None:
    spread = f"{min(values):.{places}f} to {max(values):.{places}f}"
    print(f"{title:<60}{statistics.median(values):>9.{places}f} {unit:<3} ({spread} in {len(values)} runs)")
