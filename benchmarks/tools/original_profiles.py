"""Profiles of what a .tflite file was made from, on the CPU: the SavedModel in TensorFlow, the original in PyTorch."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.engines.installed import require
from benchmarks.engines.networks import Network
from benchmarks.running.protocol import Skipped

_WARM_UP = 2
_TRACER_LEVEL = 3  # every operator


def tensorflow(network: Network, tensor: np.ndarray, runs: int, folder: Path) -> dict:
    """Runs a SavedModel under TensorFlow's profiler.

    Args:
        network: Whose SavedModel is run.
        tensor: float32 [N, H, W, C] of its own size.
        runs: Profiled ones, after two that are not.
        folder: Where the trace is written, for TensorBoard.

    Returns:
        {"operators": [{"name": type of the operator, "calls" and "ms" (of one run, added up over threads)}], the
        longest first, "trace": folder}.

    Raises:
        Skipped: TensorFlow or the SavedModel is not there.
    """
    require("tensorflow", ">=2.15", "convert")
    if not network.saved_model.is_dir():
        raise Skipped("the SavedModel was not kept; convert the model again")
    import tensorflow as tf

    loaded = tf.saved_model.load(str(network.saved_model))
    signature = loaded.signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]
    given = {name: tf.constant(tensor)}
    for _ in range(_WARM_UP):
        signature(**given)
    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=_TRACER_LEVEL, python_tracer_level=0)
    with tf.profiler.experimental.Profile(str(folder), options=options):
        for run in range(runs):
            with tf.profiler.experimental.Trace("run", step_num=run):
                for output in signature(**given).values():
                    output.numpy()
    return {"operators": _tensorflow_operators(folder, runs), "trace": folder.name}


def pytorch(network: Network, tensor: np.ndarray, runs: int, trace: Path) -> dict:
    """Runs the original, as a PyTorch module of the same operators, under PyTorch's profiler.

    Args:
        network: Whose original is run.
        tensor: float32 [N, H, W, C].
        runs: Profiled ones, after two that are not.
        trace: JSON file that is written, for chrome://tracing or ui.perfetto.dev.

    Returns:
        As tensorflow; an operator's time is its own, without those that it calls.

    Raises:
        Skipped: PyTorch or the original is not there, or it has an operator that onnx2torch does not know.
    """
    require("torch", ">=2.1", "convert")
    import torch

    from benchmarks.engines import derived

    module = derived.torch_module(network)
    given = torch.from_numpy(derived.nchw(tensor))
    with torch.inference_mode():
        for _ in range(_WARM_UP):
            module(given)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
            for _ in range(runs):
                module(given)
    profiler.export_chrome_trace(str(trace))
    operators = [
        {"name": event.key, "calls": event.count / runs, "ms": event.self_cpu_time_total / 1000 / runs}
        for event in profiler.key_averages()
    ]
    return {"operators": _longest_first(operators), "trace": trace.name}


def _tensorflow_operators(folder: Path, runs: int) -> list[dict]:
    """Times by type of operator, from the trace's events "name:type" on the host."""
    from tensorflow.core.profiler.protobuf import xplane_pb2

    spent_ps, calls = Counter(), Counter()
    for path in folder.rglob("*.xplane.pb"):
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
        for plane in space.planes:
            if not plane.name.startswith("/host:CPU"):
                continue
            for line in plane.lines:
                for event in line.events:
                    name, _, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                    # "Executor::Run" is no operator; "_FusedConv2D" is one.
                    if name and not name.endswith(":") and kind.isidentifier() and kind.lstrip("_")[:1].isupper():
                        spent_ps[kind] += event.duration_ps
                        calls[kind] += 1
    if not calls:
        raise Skipped("TensorFlow's trace has no operators")
    return _longest_first(
        [{"name": kind, "calls": calls[kind] / runs, "ms": spent_ps[kind] / 1e9 / runs} for kind in calls]
    )


def _longest_first(operators: list[dict]) -> list[dict]:
    return sorted(operators, key=lambda operator: (-operator["ms"], operator["name"]))
