"""How time goes with threads, with the number of crops in a call, and with the size of the image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.engines import easyocr, ours, rapidocr, tesseract
from benchmarks.measures.network_runs import milliseconds
from benchmarks.measures.reading import cell_key
from benchmarks.measures.sets import digest_files
from benchmarks.running.lanes import Lane
from benchmarks.running.protocol import Choice, Variant
from benchmarks.running.schedule import Group
from converters import calibration
from synthetic.calibration import scenes as synthetic_scenes

SIZES, QUICK_SIZES = (320, 640, 960, 1280, 1920, 2560), (640, 1280)
BATCHES, QUICK_BATCHES = (1, 2, 4, 8, 16, 32), (1, 8)
_MIDDLE_SIZE = 1280  # of the page on which threads are counted
_STREET = 1  # of synthetic_scenes, a sharp picture of that shape
_ENOUGH_S = 60.0


@dataclass(frozen=True)
class Axis:
    """One group of the schedule and what its figures mean.

    Attributes:
        name: "threads", "batch" or "size".
        group: For the schedule.
        engines: For each lane the engine's id in the report.
        xs: For each lane its thread count, or None; then the tasks have a value each.
        task_xs: Multiples of each task.
    """

    name: str
    group: Group
    engines: tuple[str, ...]
    xs: tuple[int | None, ...]
    task_xs: tuple[int, ...]


def axes(choice: Choice, names: Sequence[str], rounds: int) -> list[Axis]:
    """The groups of all three axes, for the chosen engines as a user gets them; draws their images."""
    folder = choice.build / "scaling"
    variants = [variant for variant in _defaults(choice, names, choice.threads) if not variant.skipped]
    if not variants:
        return []
    pages = _pages(folder, QUICK_SIZES if choice.quick else SIZES)
    crops = _crops(folder, max(BATCHES))
    batches = QUICK_BATCHES if choice.quick else BATCHES
    threads = [
        (t, engine.id, variant)
        for t in thread_counts(choice.threads)
        for engine, variant in zip(_threaded(choice, names, choice.threads), _threaded(choice, names, t), strict=True)
        if not variant.skipped
    ]
    page = str(pages[_MIDDLE_SIZE])
    found = [
        _axis(
            "threads",
            [variant for _, _, variant in threads],
            [{"do": "read", "image": page}],
            rounds,
            [pages[_MIDDLE_SIZE]],
            engines=[engine for _, engine, _ in threads],
            xs=[t for t, _, _ in threads],
        ),
        _axis(
            "size",
            variants,
            [{"do": "read", "image": str(path)} for path in pages.values()],
            rounds,
            list(pages.values()),
            task_xs=list(pages),
        ),
        _axis(
            "batch",
            variants,
            [{"do": "recognize", "images": [str(path) for path in crops[:n]]} for n in batches],
            rounds,
            crops,
            task_xs=list(batches),
        ),
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
        if value["status"] != "ok":
            continue
        for task_x, times in zip(axis.task_xs, value["ms"], strict=True):
            images = task_x if axis.name == "batch" else 1
            ms = milliseconds([time / images for time in times])
            found.append({"engine": engine, "axis": axis.name, "x": x or task_x, "ms": ms})
    return found


def _axis(
    name: str,
    variants: list[Variant],
    tasks: list[dict],
    rounds: int,
    images: list[Path],
    engines: list[str] | None = None,
    xs: list[int] | None = None,
    task_xs: Sequence[int] = (0,),
) -> Axis:
    key = {"images": digest_files(images), "xs": list(task_xs)}
    group = Group(
        kind=name,
        title=f"scaling with {name}",
        lanes=tuple(Lane(variant, cell_key(name, variant, rounds, **key)) for variant in variants),
        tasks=tuple(tasks),
        rounds=rounds,
        enough_s=_ENOUGH_S,
    )
    own = [variant.id for variant in variants]
    return Axis(name, group, tuple(engines or own), tuple(xs or [None] * len(variants)), tuple(task_xs))


def _threaded(choice: Choice, names: Sequence[str], threads: int) -> list[Variant]:
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


def _defaults(choice: Choice, names: Sequence[str], threads: int) -> list[Variant]:
    """One of each engine; Tesseract with one thread, which is its best on few cores."""
    return _threaded(choice, names, threads) + ([tesseract.variant(1)] if tesseract.NAME in names else [])


def _pages(folder: Path, sizes: Sequence[int]) -> dict[int, Path]:
    """A drawn page in several sizes, by its longer side in pixels."""
    drawn = synthetic_scenes.draw(_STREET, seed=0)
    height, width = drawn.shape[:2]
    found = {}
    for size in sizes:
        scale = size / max(height, width)
        shape = round(width * scale), round(height * scale)
        scaled = cv2.resize(drawn, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        found[size] = _written(folder / f"page_{size}.png", scaled)
    return found


def _crops(folder: Path, count: int) -> list[Path]:
    lines = calibration.rendered_lines(count)
    return [_written(folder / f"line_{index:02d}.png", crop) for index, (crop, _) in enumerate(lines)]


def _written(path: Path, image_bgr: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image_bgr)
    return path.resolve()
