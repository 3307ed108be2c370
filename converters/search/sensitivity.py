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
        noise: Power of the output's error by the power of the output around its mean; 0 for none.
    """

    layer: str
    noise: float


def analyse(
    graphs: Mapping[str, Graph], found: Sequence[Layer], tensors: Sequence[np.ndarray], work: Path,
    advance: Callable[[int, int], None],
) -> list[Sensitivity]:  # fmt: skip
    """Measures every layer.

    Args:
        graphs: The network's files by precision, with "float32" and "int8".
        found: Its layers.
        tensors: float32 NHWC inputs.
        work: Folder for a file.
        advance: Called with the number of layers done and of all.

    Returns:
        The most sensitive first; equal ones in the order of the network.
    """
    path = work / "one_layer.tflite"
    splice(graphs, by_operator(found, {}, "float32"), path)
    forward = parity.tflite_forward(path)
    wanted = [np.asarray(forward(tensor), np.float64) for tensor in tensors]
    power = sum(float(np.square(values - values.mean()).sum()) for values in wanted)
    measured = []
    for number, layer in enumerate(found):
        splice(graphs, by_operator(found, {layer.name: "int8"}, "float32"), path)
        forward = parity.tflite_forward(path)
        error = sum(float(np.square(forward(x) - y).sum()) for x, y in zip(tensors, wanted, strict=True))
        measured.append(Sensitivity(layer.name, error / power if power else error))
        advance(number + 1, len(found))
    path.unlink()
    # What is no number suffers most.
    return sorted(measured, key=lambda one: -one.noise if np.isfinite(one.noise) else -np.inf)
