"""How time goes with threads, with the number of crops in a call, and with the size of the image."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.engines import easyocr, ours, rapidocr, tesseract
from benchmarks.measures.network_runs import milliseconds
from benchmarks.measures.reading import cell_key
from benchmarks.measures.sets import digest_files
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import EngineVariant, MeasurementChoice
from benchmarks.running.schedule import Group
from converters import calibration
from synthetic.calibration import scenes as synthetic_scenes

SIZES, QUICK_SIZES = (320, 640, 960, 1280, 1920, 2560), (640, 1280)
BATCHES, QUICK_BATCHES = (1, 2, 4, 8, 16, 32), (1, 8)
_MIDDLE_SIZE = 1280  # of the page on which threads are counted
_STREET = 1  # of synthetic_scenes, a sharp picture of that shape
_ENOUGH_S = 60.0


class Axis(NamedTuple):
    """One group of the schedule and what its figures mean."""

    name: str  # "threads", "batch" or "size"
    group: Group  # For the schedule
    engines: tuple[str, ...]  # For each lane the engine's id in the report
    xs: tuple[int | None, ...]  # For each lane its thread count, or None; then the tasks have a value each
    task_xs: tuple[int, ...]  # Multiples of each task


def axes(choice: MeasurementChoice, names: Sequence[str], rounds: int) -> list[Axis]:
    """The groups of all three axes, for the chosen engines as a user gets them; draws their images."""
    folder = choice.build / "scaling"
    own = _threaded(choice, names, choice.threads)
    # Tesseract with one thread, which is its best on few cores.
    engines = [(None, v.id, v) for v in own + ([tesseract.variant(1)] if tesseract.NAME in names else [])]
    engines = [engine for engine in engines if not engine[2].skipped]
    if not engines:
        return []
    threads = [
        (count, engine.id, variant)
        for count in thread_counts(choice.threads)
        for engine, variant in zip(own, _threaded(choice, names, count), strict=True)
        if not variant.skipped
    ]
    pages = _pages(folder, QUICK_SIZES if choice.quick else SIZES)
    lines, batches = calibration.rendered_lines(max(BATCHES)), QUICK_BATCHES if choice.quick else BATCHES
    crops = [_written(folder / f"line_{index:02d}.png", crop) for index, (crop, _) in enumerate(lines)]
    tasks = {size: {"do": "read", "image": str(path)} for size, path in pages.items()}
    calls = {count: {"do": "recognize", "images": [str(path) for path in crops[:count]]} for count in batches}
    middle = {0: tasks[_MIDDLE_SIZE]}
    found = [
        _axis("threads", threads, middle, rounds, [pages[_MIDDLE_SIZE]]),
        _axis("size", engines, tasks, rounds, list(pages.values())),
        _axis("batch", engines, calls, rounds, crops),
    ]
    return [axis for axis in found if axis.group.lanes]


def thread_counts(most: int) -> list[int]:
    """1, 2, 4, ... and the most."""
    return sorted({most, *(1 << i for i in range(most.bit_length()) if 1 << i <= most)})


def rows(axis: Axis, values: dict[str, dict]) -> list[dict]:
    """Rows of "scaling" in the report; of a batch the time of each image."""
    found = []
    for lane, engine, x in zip(axis.group.lanes, axis.engines, axis.xs, strict=True):
        value = values[lane.variant.id]
        for task_x, times in zip(axis.task_xs, value["ms"], strict=True) if value["status"] == "ok" else ():
            images = task_x if axis.name == "batch" else 1
            ms = milliseconds([time / images for time in times])
            found.append({"engine": engine, "axis": axis.name, "x": x or task_x, "ms": ms})
    return found


def _axis(
    name: str,
    engines: Sequence[tuple[int | None, str, EngineVariant]],
    tasks: dict[int, dict],
    rounds: int,
    images: list[Path],
) -> Axis:
    """An axis of (x, id in the report, variant) and of tasks by their x."""
    key = {"images": digest_files(images), "xs": list(tasks)}
    lanes = tuple(Lane(variant, cell_key(name, variant, rounds, **key)) for _, _, variant in engines)
    group = Group(f"scaling with {name}", lanes, tuple(tasks.values()), rounds, enough_s=_ENOUGH_S)
    return Axis(name, group, tuple(id for _, id, _ in engines), tuple(x for x, _, _ in engines), tuple(tasks))


def _threaded(choice: MeasurementChoice, names: Sequence[str], threads: int) -> list[EngineVariant]:
    """Engines that take a number of threads."""
    found = []
    if ours.NAME in names:
        found += [ours.default_variant(folder, threads) for folder in choice.models]
    if rapidocr.NAME in names:
        runtimes = ("onnxruntime",) if choice.quick else ("onnxruntime", "openvino")
        found += [rapidocr.variant(runtime, threads) for runtime in runtimes]
    if easyocr.NAME in names and not choice.quick:
        found.append(easyocr.variant(choice, "CPU", threads))
    return found


def _pages(folder: Path, sizes: Sequence[int]) -> dict[int, Path]:
    """A drawn page in several sizes, by its longer side in pixels."""
    drawn, found = synthetic_scenes.draw(_STREET, seed=0), {}
    for size in sizes:
        scale = size / max(drawn.shape[:2])
        shape = tuple(round(side * scale) for side in drawn.shape[1::-1])
        scaled = cv2.resize(drawn, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        found[size] = _written(folder / f"page_{size}.png", scaled)
    return found


def _written(path: Path, image_bgr: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image_bgr)
    return path.resolve()
