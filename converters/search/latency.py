"""How fast a network is, beside its float32 file: both interleaved, so that other load on the machine hits both."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from converters.quiet import Quiet
from tflite_ocr import interpreter
from tflite_ocr.interpreter import quantize
from tflite_ocr.manifest import ModelFile

_ROUNDS, _FEWEST = 9, 3
# Slow networks are timed in fewer rounds, once these seconds are over.
_LONGEST_S = 6.0
# A timing takes at least so long: small networks run several times for one.
_SHORTEST_S = 0.03


@dataclass(frozen=True)
class Latency:
    """A network's time.

    Attributes:
        ms: Median milliseconds a run.
        ratio: Median of the rounds' ratios to the float32 file; below 1 is faster.
    """

    ms: float
    ratio: float


def measure(candidate: Path, plain: Path, tensor: np.ndarray, threads: int) -> Latency:
    """Times a .tflite file against the float32 file of the same network.

    Args:
        tensor: float32 NHWC input.
    """
    rounds = interleaved([path.read_bytes() for path in (candidate, plain)], [tensor] * 2, threads)
    return Latency(1000 * median(own for own, _ in rounds), median(own / other for own, other in rounds))


def interleaved(
    contents: Sequence[bytes],
    tensors: Sequence[np.ndarray],
    threads: int,
    most: int = _ROUNDS,
    enough_s: float = _LONGEST_S,
) -> list[list[float]]:
    """Seconds of a run of each file, round by round.

    Args:
        tensors: float32 NHWC input of each.
        most: Rounds; a few when they take longer than `enough_s`.
    """
    runs = [_runner(data, tensor, threads) for data, tensor in zip(contents, tensors, strict=True)]
    repeats = []
    for run in runs:
        run()  # plans and packs
        repeats.append(max(1, round(_SHORTEST_S / max(_seconds(run, 1), 1e-6))))
    rounds, began = [], time.perf_counter()
    while len(rounds) < (min(_FEWEST, most) if time.perf_counter() - began > enough_s else most):
        rounds.append([_seconds(run, count) for run, count in zip(runs, repeats, strict=True)])
    return rounds


def _runner(data: bytes, tensor: np.ndarray, threads: int):
    inputs, outputs = interpreter.tensor_specs(data)
    file = ModelFile("network", "", "", len(data), inputs, outputs, (), resizable=True)
    with Quiet():
        network = interpreter.Network(data, file, threads)
    stored = quantize(tensor, inputs[0])
    return lambda: network.run(stored)


def _seconds(run, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - began) / repeats
