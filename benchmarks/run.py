"""Latency of a converted model's networks: the original, the SavedModel, and every .tflite precision.

All ways of running one network take turns, round after round, so that a busy machine slows all alike.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.engines import Call, SkippedEngine, litert, onnx_runtime, saved_model
from tflite_ocr.manifest import PRECISIONS, Manifest, ModelFile

# What the converters keep of their stages, beside the manifest.
BUILD_FOLDER = ".build"
_PAUSE_SECONDS = 0.01  # lets the threads of one engine come to rest before the next begins
_BUDGET_SECONDS = 20.0  # of one way of running one network; slow originals get fewer rounds
_LEAST_ROUNDS = 3


@dataclass(frozen=True)
class Variant:
    """One way of running one network.

    Attributes:
        network: "detector", "recognizer en", "direction".
        engine: "ONNX Runtime", "TensorFlow" or "LiteRT".
        precision: Of the weights and activations.
        device: "CPU" or "GPU".
        threads: None where the engine chooses.
        shape: Of the input, NHWC.
        prepare: Loads the model and returns the call to be timed.
    """

    network: str
    engine: str
    precision: str
    device: str
    threads: int | None
    shape: tuple[int, ...]
    prepare: Callable[[], Call]


@dataclass(frozen=True)
class Measurement:
    """Latency of a variant; `skipped` is the reason when there is none, and the figures are then None."""

    network: str
    engine: str
    precision: str
    device: str
    threads: int | None
    shape: tuple[int, ...]
    rounds: int
    median_ms: float | None
    low_ms: float | None
    high_ms: float | None
    skipped: str | None = None


def variants(manifest: Manifest, folder: Path, all_threads: int) -> dict[str, list[Variant]]:
    """All ways of running each network of a model, by network and input size."""
    groups: dict[str, list[Variant]] = {}
    for network, files in _networks(manifest):
        for title, same_size in _by_input(network, files).items():
            groups[title] = list(_of_network(network, same_size, folder, all_threads))
    return groups


def measure(group: list[Variant], rounds: int, clock: Callable[[], float] = time.perf_counter) -> list[Measurement]:
    """Times the variants of one network in turns.

    Args:
        group: What to run; each is run once unmeasured first.
        rounds: How often each is timed; fewer for one that would take longer than 20 seconds.
        clock: Seconds.

    Returns:
        A measurement for each variant, in order; low and high are the quartiles.
    """
    calls: dict[int, Call] = {}
    skipped: dict[int, str] = {}
    for index, variant in enumerate(group):
        try:
            calls[index] = variant.prepare()
            calls[index]()
        except SkippedEngine as reason:
            skipped[index] = str(reason)
    seconds: dict[int, list[float]] = {index: [] for index in calls}
    for _ in range(rounds):
        for index, call in calls.items():
            taken = seconds[index]
            if len(taken) >= _LEAST_ROUNDS and sum(taken) > _BUDGET_SECONDS:
                continue
            time.sleep(_PAUSE_SECONDS)
            start = clock()
            call()
            taken.append(clock() - start)
    return [_measurement(variant, seconds.get(i, []), skipped.get(i)) for i, variant in enumerate(group)]


def table(title: str, measurements: list[Measurement]) -> str:
    """The measurements of one network as lines of text; speeds are against the first that was measured."""
    heading = f"  {'engine':<14}{'precision':<10}{'device':<7}{'threads':>7}"
    lines = [title, f"{heading}{'median ms':>11}{'quartiles':>18}{'speed':>9}"]
    base = next((m.median_ms for m in measurements if m.median_ms is not None), None)
    for m in measurements:
        place = f"  {m.engine:<14}{m.precision:<10}{m.device:<7}{m.threads or 'own':>7}"
        if m.median_ms is None:
            lines.append(f"{place}   skipped: {m.skipped}")
            continue
        spread, speed = f"{m.low_ms:.2f} - {m.high_ms:.2f}", base / m.median_ms
        lines.append(f"{place}{m.median_ms:>11.2f}{spread:>18}{speed:>8.1f}x")
    return "\n".join(lines)


def machine() -> dict[str, str | int | None]:
    """What the figures were measured on."""
    return {"processor": _processor(), "cores": os.cpu_count(), "system": platform.platform(terse=True)}


def as_json(measurements: list[Measurement]) -> list[dict]:
    """The measurements as JSON values."""
    return [asdict(m) for m in measurements]


def _networks(manifest: Manifest) -> Iterator[tuple[str, tuple[ModelFile, ...]]]:
    """(name, files) of each part of a model."""
    yield "detector", manifest.detector.files
    for recognizer in manifest.recognizers:
        yield f"recognizer {recognizer.name}", recognizer.files
    if manifest.direction:
        yield "direction", manifest.direction.files


def _by_input(network: str, files: tuple[ModelFile, ...]) -> dict[str, list[ModelFile]]:
    """The files by title; one that stands for several precisions is there once, with the precision in its name."""
    groups: dict[str, list[ModelFile]] = {}
    once = {(file.path, file.inputs[0].shape): replace(file, precision=_stored(file)) for file in files}
    for file in sorted(once.values(), key=_order):
        stage = f", stage {file.stage}" if file.stage else ""
        step = " (one step)" if file.step else ""
        size = "x".join(map(str, file.inputs[0].shape))
        groups.setdefault(f"{network}{stage}{step}, input {size}", []).append(file)
    return groups


def _order(file: ModelFile) -> tuple:
    return file.stage, file.inputs[0].shape, PRECISIONS.index(file.precision)


def _stored(file: ModelFile) -> str:
    """The precision of the file itself: a part of an int8 model may be kept in another one, which its name says."""
    name = _split(file.path)[1]
    return name if name in PRECISIONS else file.precision


def _split(path: str) -> tuple[str, str]:
    """("recognizer_latin_features", "int8") of recognizer_latin_features_int8.tflite."""
    network, _, precision = Path(path).stem.rpartition("_")
    return network, precision


def _of_network(network: str, files: list[ModelFile], folder: Path, all_threads: int) -> Iterator[Variant]:
    shape = files[0].inputs[0].shape
    thread_counts = sorted({all_threads, 1}, reverse=True)
    build = folder / BUILD_FOLDER / _split(files[0].path)[0]
    for threads in thread_counts:
        call = partial(onnx_runtime.prepare, build / "source.onnx", shape, threads)
        yield Variant(network, "ONNX Runtime", "float32", "CPU", threads, shape, call)
    call = partial(saved_model.prepare, build / "saved_model", shape, 0)
    yield Variant(network, "TensorFlow", "float32", _tensorflow_device(), None, shape, call)
    for file in files:
        for threads in thread_counts:
            call = partial(litert.prepare, folder / file.path, shape, threads)
            yield Variant(network, "LiteRT", file.precision, "CPU", threads, shape, call)


def _tensorflow_device() -> str:
    try:
        return saved_model.device()
    except SkippedEngine:
        return "-"


def _measurement(variant: Variant, seconds: list[float], skipped: str | None) -> Measurement:
    low = median = high = None
    if seconds:
        milliseconds = [1000 * value for value in seconds]
        median = statistics.median(milliseconds)
        low, _, high = statistics.quantiles(milliseconds, n=4, method="inclusive") if len(seconds) > 1 else [median] * 3
    return Measurement(
        network=variant.network,
        engine=variant.engine,
        precision=variant.precision,
        device=variant.device,
        threads=variant.threads,
        shape=tuple(variant.shape),
        rounds=len(seconds),
        median_ms=median,
        low_ms=low,
        high_ms=high,
        skipped=skipped,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
