"""How much a network suffers when one layer alone is int8 and all others are float32."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters import parity
from converters.search.layers import NetworkLayer, by_operator
from converters.search.operators import OperatorGraph
from converters.search.splice import splice


@dataclass(frozen=True)
class Sensitivity:
    """Of one layer."""

    layer: str
    noise: float
    multiplications: int = 0


class Noise:
    """How far forms of a network are from one of them: power of the error by the power of the output around its mean.

    Of logits the mean of a frame counts for nothing. It is their power and not the divergence of the probabilities:
    noise of that kind adds up over layers, while one frame that turns from one sure class to another outweighs in the
    divergence whatever else a dozen of lines have to tell (docs/gates.md).
    """

    def __init__(self, file: Path, tensors: Sequence[np.ndarray], classes: bool = False):
        """Runs the form that the others are compared with.

        Args:
            tensors: float32 NHWC inputs.
            classes: Whether the last axis of the output are logits of classes.
        """
        self._tensors, self._classes = tensors, classes
        self._wanted = self._outputs(file)
        self._power = sum(float(np.square(one if classes else one - one.mean()).sum()) for one in self._wanted)

    def of(self, file: Path) -> float:
        """0 for none, infinite where the runtime does not take the file."""
        if not parity.loads(file):
            return np.inf
        error = sum(
            float(np.square(one - wanted).sum()) for one, wanted in zip(self._outputs(file), self._wanted, strict=True)
        )
        return error / self._power if self._power else error

    def _outputs(self, file: Path) -> list[np.ndarray]:
        forward = parity.tflite_forward(file)
        found = [np.asarray(forward(tensor), np.float64) for tensor in self._tensors]
        return [one - one.mean(-1, keepdims=True) for one in found] if self._classes else found


def analyse(
    graphs: Mapping[str, OperatorGraph],
    found: Sequence[NetworkLayer],
    tensors: Sequence[np.ndarray],
    work: Path,
    advance: Callable[[int, int], None],
    classes: bool = False,
) -> list[Sensitivity]:
    """Measures every layer.

    Args:
        graphs: The network's files by precision, with "float32" and "int8".
        tensors: float32 NHWC inputs.
        classes: Whether the last axis of the output are logits of classes.

    Returns:
        The most sensitive first; equal ones in the order of the network.
    """
    path = work / "one_layer.tflite"
    splice(graphs, by_operator(graphs["float32"], found, {}, "float32"), path)
    noise, measured = Noise(path, tensors, classes), []
    for number, layer in enumerate(found):
        splice(graphs, by_operator(graphs["float32"], found, {layer.name: "int8"}, "float32"), path)
        measured.append(Sensitivity(layer.name, noise.of(path), layer.multiplications))
        advance(number + 1, len(found))
    path.unlink()
    return sorted(measured, key=lambda one: -_finite(one.noise))


def worth(found: Sequence[Sensitivity]) -> list[str]:
    """Names of layers in the order in which they are given back their precision: most noise for a multiplication.

    The time that a layer costs in float32 goes by its multiplications, and a layer of few is given back for nothing.
    """
    return [one.layer for one in sorted(found, key=lambda one: -_finite(one.noise) / max(1, one.multiplications))]


def _finite(noise: float) -> float:
    """What is no number suffers most."""
    return noise if np.isfinite(noise) else float(np.finfo(np.float64).max)
