"""python -m benchmarks profile MODEL: where the time goes, operator by operator, on one page.

For every network of a converted model: the time of each operator of each .tflite file, run by XNNPACK (delegated) or by
a built-in kernel (not), and the whole without XNNPACK. For the Reader: the Python time around the networks. What cannot
be measured here says why.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np

from benchmarks.engines import networks
from benchmarks.engines.networks import MeasuredNetwork
from benchmarks.running import machine
from benchmarks.running.protocol import Skipped, thread_environment
from benchmarks.tools import litert_profiler
from tflite_ocr import Reader, manifest, models, steps
from tflite_ocr.arguments import positive
from tflite_ocr.files import replacing
from tflite_ocr.interpreter import quantize, tensor_specs

SCHEMA = 1
REST = "all else in Python"
PAGE, DATA = "index.html", "profile.json"
_SHOWN = 12  # kinds of operators before the rest is added up


def arguments(add: Callable) -> None:
    add("model", nargs="?", metavar="MODEL", help="name or folder of a converted model (default: the Reader's own)")
    add("--out", type=Path, metavar="DIR", help="folder of the page (default: artifacts/profile/NAME)")
    add("--image", type=Path, help="image for the Reader (default: a page that the project draws)")
    add("--runs", type=positive, default=10, metavar="N", help="runs over which means are taken (default: 10)")
    add("--threads", type=positive, default=1, metavar="N", help="threads of the networks (default: 1)")


def run(options: argparse.Namespace) -> int:
    """Measures and writes the page; returns the exit code."""
    os.environ.update(thread_environment(options.threads))
    folder = models.find(options.model)
    out = options.out or Path("artifacts/profile") / manifest.load(folder).name
    print(write(profile(folder, out, options.image, options.runs, options.threads, options.typed), out))
    return 0


def profile(folder: Path, out: Path, picture: Path | None, runs: int, threads: int, command: str) -> dict:
    """Measures a model.

    Returns:
        What profile.json holds.
    """
    facts = manifest.load(folder)
    out.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    _say(f"{facts.name}: Reader.read")
    reader = {
        precision: reading_times(folder, precision, picture or _drawn(out), runs) for precision in facts.precisions()
    }
    known = networks.networks(folder)
    files = [_files(network, runs, threads) for network in known]
    return {
        "schema": SCHEMA,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": command,
        "machine": machine.describe(),
        "model": facts.name,
        "method": {"operators": litert_profiler.METHOD, "runs": runs, "threads": threads, "load": load},
        "networks": [
            {"network": network.title, "shape": list(network.shape), "files": of}
            for network, of in zip(known, files, strict=True)
        ],
        "reader": reader,
    }


def reading_times(model: Path, precision: str, picture: Path, runs: int) -> dict:
    """Reads an image some times with one thread.

    Returns:
        {"steps": [{"name", "calls" (of a reading), "ms" (own time of a reading)}], longest first, with
        REST for what no step names, "total_ms": mean time of a reading, "lines": found, "runs"}.
    """
    # With one thread nothing runs beside anything else, and the parts add up to the whole.
    with Reader(model, precision, threads=1) as reader, _one_opencv_thread():
        lines = reader.read(picture)
        with steps.recording() as recorded:
            start = time.perf_counter()
            for _ in range(runs):
                reader.read(picture)
            total = time.perf_counter() - start
    rest = max(0.0, total - sum(recorded.seconds.values()))
    taken = {**recorded.seconds, REST: rest}
    calls = {**recorded.calls, REST: runs}
    found = [
        {"name": name.removesuffix(".tflite"), "calls": calls[name] / runs, "ms": 1000 * seconds / runs}
        for name, seconds in sorted(taken.items(), key=lambda step: -step[1])
    ]
    return {"steps": found, "total_ms": 1000 * total / runs, "lines": len(lines), "runs": runs}


@contextlib.contextmanager
def _one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def write(result: dict, out: Path) -> Path:
    """Writes profile.json and the page, which needs no other file; returns the page's path."""
    text = json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    for name, content in ((DATA, text), (PAGE, html(result))):
        with replacing(out / name) as stream:
            stream.write(content.encode())
    return out / PAGE


def html(result: dict) -> str:
    """The page of a result of `profile`."""
    from benchmarks.report.page import rendered

    return rendered("profile.html", result=result, kinds=by_kind, looks={}, marks={})


def by_kind(operators: Sequence[dict]) -> list[dict]:
    """Operators added up by name and delegation, the longest first; beyond a dozen, "others"."""
    sums: dict[tuple, dict] = {}
    for operator in operators:
        key = {"name": operator["name"], "delegated": operator.get("delegated")}
        one = sums.setdefault(tuple(key.values()), key | {"calls": 0, "ms": 0.0})
        one["calls"] += operator.get("calls", 1)
        one["ms"] += operator["ms"]
    ordered = sorted(sums.values(), key=lambda kind: -kind["ms"])
    shown, rest = ordered[:_SHOWN], ordered[_SHOWN:]
    if rest:
        total = {key: sum(kind[key] for kind in rest) for key in ("calls", "ms")}
        shown.append({"name": f"{len(rest)} others", "delegated": None} | total)
    return shown


def _files(network: MeasuredNetwork, runs: int, threads: int) -> dict:
    _say(f"{network.key}: .tflite files")
    tensor = networks.tensors(network)[0]
    return {precision: _file(network.folder / path, tensor, runs, threads) for precision, path in network.files.items()}


def _file(path: Path, tensor: np.ndarray, runs: int, threads: int) -> dict:
    inputs, _ = tensor_specs(path.read_bytes())
    given = quantize(tensor, inputs[0])
    found = {"file": path.name} | _or_reason(litert_profiler.profile, path, given, runs, threads)
    found["plain_ms"] = litert_profiler.whole_ms(path, given, runs, threads)
    without = _or_reason(lambda: {"ms": litert_profiler.whole_ms(path, given, runs, threads, xnnpack=False)})
    return found | {"without_xnnpack": without}


def _or_reason(measure: Callable[..., dict], *arguments) -> dict:
    try:
        return measure(*arguments)
    except Skipped as reason:
        return {"skipped": str(reason)}


def _drawn(out: Path) -> Path:
    """A page of the built-in set, so that the same is read everywhere."""
    from converters import calibration

    path = out / "page.png"
    if not path.is_file():
        cv2.imwrite(str(path), calibration.default_images(1)[0])
    return path


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
