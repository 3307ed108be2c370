"""Seconds and memory from nothing to text: a fresh process imports an engine, loads its model and reads an image.

    python -m benchmarks coldstart [IMAGE] [--model MODEL] [--precision P] [--runs N]

Without an image, a photo-like one of 1280x720 pixels is drawn (that needs the [convert] extra).
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import ours
from benchmarks.running import machine, resources
from benchmarks.running.cells import Cells
from benchmarks.running.eta import Progress
from benchmarks.running.protocol import Skipped, Variant
from benchmarks.running.supervisor import Worker, WorkerError
from tflite_ocr import manifest, models
from tflite_ocr.errors import OcrError

_LIMIT_S = 120.0


@dataclass(frozen=True)
class ColdStart:
    """One start.

    Attributes:
        seconds: From the start of the process to the text of the image.
        lines: Number of lines that were read.
        peak_bytes: Most resident memory of the process and of a program that it ran.
    """

    seconds: float
    lines: int
    peak_bytes: int


def measure(variant: Variant, image: Path, limit_s: float = _LIMIT_S) -> ColdStart:
    """Reads an image in a fresh process; files that it loads may still be in the system's cache.

    Raises:
        Skipped: The engine cannot run here.
        WorkerError: The process ended or was late.
    """
    with Worker(variant) as worker:
        begun = worker.start(limit_s)
        answer = worker.ask({"do": "read", "image": str(image.resolve())}, limit_s)
        seconds = time.perf_counter() - begun
        peak_bytes = resources.usage(worker.pid).peak_bytes + worker.children_peak_bytes
    return ColdStart(seconds, len(answer["lines"]), peak_bytes)


def in_turns(
    variants: Sequence[Variant],
    keys: Sequence[dict],
    image: Path,
    runs: int,
    cells: Cells,
    progress: Progress,
    limit_s: float = _LIMIT_S,
) -> dict[str, dict]:
    """Starts engines interleaved, run after run.

    Args:
        variants: The engines.
        keys: Keys of their cells.
        image: That each reads.
        runs: Starts of each.
        cells: Where finished ones are.
        progress: Is called for every start.
        limit_s: Seconds for each step of a start.

    Returns:
        For each engine {"status": "ok", "ms": [milliseconds of each start], "peak_rss_bytes"}, or the status and the
        reason why there is none.
    """
    found = {}
    for variant, key in zip(variants, keys, strict=True):
        if variant.skipped:
            found[variant.id] = {"status": "skipped", "reason": variant.skipped}
        elif (value := cells.find(key)) is not None:
            found[variant.id] = value
    todo = [(variant, key) for variant, key in zip(variants, keys, strict=True) if variant.id not in found]
    starts: dict[str, list[ColdStart]] = {variant.id: [] for variant, _ in todo}
    for variant, _ in todo:
        progress.plan("start", variant.id, runs)
    if todo:
        progress.part("cold starts")
    for number in range(runs):
        for variant, _ in todo:
            if variant.id in found:
                continue
            try:
                start = measure(variant, image, limit_s)
            except (Skipped, WorkerError) as error:
                found[variant.id] = {"status": getattr(error, "status", "skipped"), "reason": str(error)}
                progress.drop("start", variant.id, runs - number)
                continue
            starts[variant.id].append(start)
            progress.call("start", variant.id, start.seconds)
    for variant, key in todo:
        if variant.id not in found:
            own = starts[variant.id]
            value = {
                "status": "ok",
                "ms": [1000 * start.seconds for start in own],
                "peak_rss_bytes": max(start.peak_bytes for start in own),
            }
            cells.keep(key, value)
            found[variant.id] = value
    return found


def draw_photo(path: Path) -> None:
    """Writes a photo-like PNG of 1280x720 pixels with text in it."""
    import cv2

    from synthetic.calibration import scenes as synthetic_scenes

    street_of_that_size = 1
    cv2.imwrite(str(path), synthetic_scenes.draw(street_of_that_size, seed=0))


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line, measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks coldstart", description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", type=Path, help="image to read (default: a drawn one)")
    parser.add_argument("--model", help="model name or folder (default: the Reader's own)")
    parser.add_argument("--precision", help="precision (default: the model's own)")
    parser.add_argument("--threads", type=int, help="threads (default: all cores)")
    parser.add_argument("--runs", type=int, default=5, help="fresh processes (default: 5)")
    options = parser.parse_args(arguments)
    try:
        folder = models.find(options.model)
        facts = manifest.load(folder)
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    precision, threads = options.precision or facts.default_precision, options.threads or machine.cores()
    variant = ours.variant(folder, facts, precision, threads)
    with tempfile.TemporaryDirectory() as temporary:
        image = options.image or Path(temporary) / "photo.png"
        if not options.image:
            draw_photo(image)
        try:
            runs = [measure(variant, image) for _ in range(max(1, options.runs))]
        except WorkerError as error:
            print(f"error: the reading process {error}", file=sys.stderr)
            return 1
    _print("cold start (from a fresh process to the text of one image)", [run.seconds for run in runs], "s", 3)
    _print("peak resident memory", [run.peak_bytes / 1e6 for run in runs], "MB", 0)
    print(f"{'lines of text':<60}{runs[0].lines:>9}")
    return 0


def _print(title: str, values: list[float], unit: str, places: int) -> None:
    spread = f"{min(values):.{places}f} to {max(values):.{places}f}"
    print(f"{title:<60}{statistics.median(values):>9.{places}f} {unit:<3} ({spread} in {len(values)} runs)")
