"""How much a network suffers when one layer alone is int8 and all others are float32."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters import parity
from converters.search.layers import Layer, by_operator
from converters.search.operators import Graph
from converters.search.splice import splice


@dataclass(frozen=True)
class Sensitivity:
    """Of one layer.

    Attributes:
        layer: Its name.
        noise: Power of the output's error by the power of the output around its mean, or, of classes, the mean
            divergence of their probabilities; 0 for none, infinite for a layer with which the runtime takes no file.
        multiplications: Multiplications of the layer.
    """

    layer: str
    noise: float
    multiplications: int = 0


def analyse(
    graphs: Mapping[str, Graph],
    found: Sequence[Layer],
    tensors: Sequence[np.ndarray],
    work: Path,
    advance: Callable[[int, int], None],
    classes: bool = False,
) -> list[Sensitivity]:
    """Measures every layer.

    Args:
        graphs: The network's files by precision, with "float32" and "int8".
        found: Its layers.
        tensors: float32 NHWC inputs.
        work: Folder for a file.
        advance: Called with the number of layers done and of all.
        classes: Whether the last axis of the output are logits of classes: few of them change what is read.

    Returns:
        The most sensitive first; equal ones in the order of the network.
    """
    path = work / "one_layer.tflite"
    splice(graphs, by_operator(graphs["float32"], found, {}, "float32"), path)
    forward = parity.tflite_forward(path)
    wanted = [np.asarray(forward(tensor), np.float64) for tensor in tensors]
    power = sum(1.0 if classes else float(np.square(values - values.mean()).sum()) for values in wanted)
    distance = _divergence if classes else _squares
    measured = []
    for number, layer in enumerate(found):
        splice(graphs, by_operator(graphs["float32"], found, {layer.name: "int8"}, "float32"), path)
        error = np.inf
        if parity.loads(path):
            forward = parity.tflite_forward(path)
            error = sum(distance(np.asarray(forward(x), np.float64), y) for x, y in zip(tensors, wanted, strict=True))
        measured.append(Sensitivity(layer.name, error / power if power else error, layer.multiplications))
        advance(number + 1, len(found))
    path.unlink()
    return sorted(measured, key=lambda one: -_finite(one.noise))


def _squares(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.square(found - wanted).sum())


def _divergence(found: np.ndarray, wanted: np.ndarray) -> float:
    """Mean of sum p log(p / q) over all frames."""
    p, q = (values - values.max(-1, keepdims=True) for values in (wanted, found))
    p, q = (values - np.log(np.exp(values).sum(-1, keepdims=True)) for values in (p, q))
    return float((np.exp(p) * (p - q)).sum(-1).mean())


def worth(found: Sequence[Sensitivity]) -> list[str]:
    """Names of layers in the order in which they are given back their precision: most noise for a multiplication.

    The time that a layer costs in float32 goes by its multiplications, and a layer of few is given back for nothing.
    """
    return [one.layer for one in sorted(found, key=lambda one: -_finite(one.noise) / max(1, one.multiplications))]


def _finite(noise: float) -> float:
    """What is no number suffers most."""
    return noise if np.isfinite(noise) else float(np.finfo(np.float64).max)
