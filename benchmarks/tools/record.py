"""Measures the networks of a model on a GPU, to be kept as a recording.

    python -m benchmarks record [MODEL] --out FILE               PyTorch on CUDA, and TensorFlow where it sees the GPU

A time is that of one call, from the input in host memory to the output in host memory, as everywhere in the benchmarks.
benchmarks/measures/recorded/README.md says how recordings are kept; `recordings` reads them.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from benchmarks.engines import pytorch, saved_model
from benchmarks.engines.networks import networks, tensors
from benchmarks.measures.recordings import VERSION, check
from benchmarks.running import machine, resources
from benchmarks.running.protocol import EngineVariant, MeasurementChoice, NetworkEngine, Skipped
from tflite_ocr import models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import MissingDependencyError
from tflite_ocr.files import replacing

_BATCHES = (1, 8)
_WARM_UP = 10
# Of the packages that matter to a GPU.
_PACKAGES = ("torch", "onnx2torch", "tensorflow", "numpy")


class NoGpuError(MissingDependencyError):
    """There is no GPU, or nothing here can use it."""


def arguments(add: Callable) -> None:
    add("model", nargs="?", metavar="MODEL", help="name or folder of a converted model (default: the Reader's own)")
    add("--out", type=Path, required=True, metavar="FILE", help="the recording, JSON")
    add("--rounds", type=positive, default=100, metavar="N", help="timed calls of each network (default: 100)")


def run(options: argparse.Namespace) -> int:
    """Measures and writes the recording; returns the exit code."""
    recording = record(options.model, options.rounds, options.typed)
    with replacing(options.out) as stream:
        stream.write((json.dumps(recording, ensure_ascii=False, indent=1) + "\n").encode())
    print(options.out)
    return 0


def record(model: str | None, rounds: int, command: str) -> dict:
    """Measures on the first GPU; gives a recording, see benchmarks/measures/recorded/README.md."""
    found = resources.gpus()
    if not found:
        raise NoGpuError(
            "expected an NVIDIA GPU with its driver, and the package nvidia-ml-py to see it; found none. Nothing was "
            "recorded: run this on a machine with a GPU, or benchmark without (the report says it was not measured)"
        )
    samples, skipped, folder = [], [], models.find(model)
    with tempfile.TemporaryDirectory() as build:
        choice = MeasurementChoice((folder,), machine.cores(), False, Path(build))
        for network in (one.with_batch(size) for one in networks(folder) if one.input for size in _BATCHES):
            described = {"model": network.model, "network": network.title, "shape": list(network.shape)}
            variants = [*pytorch.variants(choice, network), *saved_model.variants(choice, network)]
            for variant in (variant for variant in variants if variant.info.device == "GPU"):
                row = described | {"engine": variant.info.title, "precision": variant.info.precision}
                try:
                    engine = _engine(variant)
                    engine.prepare(tensors(network)[0])
                    samples.append(row | {"samples_ms": timed(engine.run, rounds)})
                except Skipped as reason:
                    skipped.append(row | {"skipped": str(reason)})
    if not samples:
        reasons = sorted({row["skipped"] for row in skipped}) or ["there are no networks"]
        raise NoGpuError(f"expected PyTorch or TensorFlow that can use {found[0]['name']}, found: {'; '.join(reasons)}")
    gpu = found[0]
    recording = {
        "schema": VERSION,
        "device": gpu["name"],
        "driver": gpu["driver"],
        "memory_mib": gpu["memory_mib"],
        "cpu": machine.processor()[0],
        "versions": _versions(),
        "command": command,
        "commit": machine.commit(),
        "date": date.today().isoformat(),
        "samples": samples,
        "skipped": skipped,
    }
    check(recording, "this recording")
    return recording


def timed(call: Callable[[], object], rounds: int, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Milliseconds of each of some calls, after some that are not counted."""
    for _ in range(_WARM_UP):
        call()
    found = []
    for _ in range(rounds):
        start = clock()
        call()
        found.append(1000 * (clock() - start))
    return found


def _engine(variant: EngineVariant) -> NetworkEngine:
    if variant.skipped:
        raise Skipped(variant.skipped)
    module, _, function = variant.factory.partition(":")
    return getattr(importlib.import_module(module), function)(**variant.options)


def _versions() -> dict[str, str]:
    found = machine.installed(_PACKAGES)
    if "torch" in found:
        import torch

        found["cuda"] = str(torch.version.cuda)
    return found
