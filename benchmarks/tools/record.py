"""python -m benchmarks record: measures the networks of a model on a GPU, to be kept as a recording.

    python -m benchmarks record [MODEL] --out FILE               PyTorch on CUDA, and TensorFlow where it sees the GPU

A time is that of one call, from the input in host memory to the output in host memory, as everywhere in the benchmarks.
benchmarks/measures/recorded/README.md says how recordings are kept; `recordings` reads them.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.engines.networks import Network, networks, tensors
from benchmarks.measures.recordings import SCHEMA, check
from benchmarks.running import machine, resources
from benchmarks.running.protocol import Skipped
from tflite_ocr import models
from tflite_ocr.arguments import positive
from tflite_ocr.errors import MissingDependencyError, OcrError
from tflite_ocr.files import replacing

_BATCHES = (1, 8)
_WARM_UP = 10
# Of the packages that matter to a GPU.
_PACKAGES = ("torch", "onnx2torch", "tensorflow", "numpy")


class NoGpuError(MissingDependencyError):
    """There is no GPU, or nothing here can use it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        command = shlex.join(["python", "-m", "benchmarks", "record", *arguments])
        recording = record(options.model, options.rounds, command)
        with replacing(options.out) as stream:
            stream.write((json.dumps(recording, ensure_ascii=False, indent=1) + "\n").encode())
    except OcrError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(options.out)
    return 0


def record(model: str | None, rounds: int, command: str) -> dict:
    """Measures on the first GPU.

    Args:
        model: Name or folder of a converted model.
        rounds: Timed calls of each network, after ten that are not.
        command: As typed.

    Returns:
        A recording, see benchmarks/measures/recorded/README.md.

    Raises:
        NoGpuError: No GPU is visible, or no library here can use it.
        ArtifactError: The model cannot be read.
    """
    found = resources.gpus()
    if not found:
        raise NoGpuError(
            "expected an NVIDIA GPU with its driver, and the package nvidia-ml-py to see it; found none. Nothing was "
            "recorded: run this on a machine with a GPU, or benchmark without (the report says it was not measured)"
        )
    runs = _libraries(networks(models.find(model)))
    samples, skipped = [], []
    for described, prepare in runs:
        try:
            samples.append(described | {"samples_ms": timed(prepare(), rounds)})
        except Skipped as reason:
            skipped.append(described | {"skipped": str(reason)})
    if not samples:
        reasons = sorted({row["skipped"] for row in skipped}) or ["there are no networks"]
        raise NoGpuError(f"expected PyTorch or TensorFlow that can use {found[0]['name']}, found: {'; '.join(reasons)}")
    recording = {
        "schema": SCHEMA,
        "device": found[0]["name"],
        "driver": found[0]["driver"],
        "memory_mib": found[0]["memory_mib"],
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


def _libraries(found: Sequence[Network]) -> Iterator[tuple[dict, Callable]]:
    """What is to be measured, and what prepares its call."""
    for network in (single.with_batch(size) for single in found if single.input for size in _BATCHES):
        described = {"model": network.model, "network": network.title, "shape": list(network.shape)}
        for precision in ("float32", "float16"):
            yield (
                described | {"engine": "PyTorch", "precision": precision},
                lambda network=network, precision=precision: _pytorch(network, precision),
            )
        yield (
            described | {"engine": "TensorFlow SavedModel", "precision": "float32"},
            lambda network=network: _tensorflow(network),
        )


def _pytorch(network: Network, precision: str) -> Callable[[], np.ndarray]:
    try:
        import torch

        from benchmarks.engines import derived
    except ImportError as error:
        raise Skipped(f"{error.name} is not installed: pip install -e '.[convert]'") from None
    if not torch.cuda.is_available():
        raise Skipped(f"PyTorch {torch.__version__} sees no GPU")
    kind = getattr(torch, precision)
    module = derived.torch_module(network).to("cuda", kind)
    values = torch.from_numpy(derived.nchw(tensors(network)[0]))

    @torch.inference_mode()
    def call() -> np.ndarray:
        return module(values.to("cuda", kind)).float().cpu().numpy()

    return call


def _tensorflow(network: Network) -> Callable[[], object]:
    try:
        import tensorflow as tf
    except ImportError:
        raise Skipped("tensorflow is not installed: pip install -e '.[convert]'") from None
    if not tf.config.list_physical_devices("GPU"):
        raise Skipped(f"TensorFlow {tf.__version__} sees no GPU")
    from benchmarks.engines.saved_model import SavedModel

    engine = SavedModel(network.saved_model, "GPU", xla=False)
    engine.prepare(tensors(network)[0])
    return engine.run


def _versions() -> dict[str, str]:
    import importlib.metadata

    installed = {of.metadata["Name"].lower(): of.version for of in importlib.metadata.distributions()}
    found = {name: installed[name] for name in _PACKAGES if name in installed}
    if "torch" in found:
        import torch

        found["cuda"] = str(torch.version.cuda)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks record", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("model", nargs="?", metavar="MODEL", help="name or folder of a converted model (default: the Reader's own)")
    add("--out", type=Path, required=True, metavar="FILE", help="the recording, JSON")
    add("--rounds", type=positive, default=100, metavar="N", help="timed calls of each network (default: 100)")
    return parser
