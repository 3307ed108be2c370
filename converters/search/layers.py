"""What the search chooses a precision for: a layer with a kernel, and the operators behind it up to the next one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from converters.converter_process import INT16X8
from converters.search.operators import OperatorGraph, OperatorStep

# They prepare the input of the layer behind them.
_BEFORE = ("PAD", "PADV2", "MIRROR_PAD")
# XNNPACK has no integer kernels of these; in the middle of a network that costs more than converting there and back.
_FLOATS = ("GELU", "HARD_SWISH")
_INTEGERS = ("int8", INT16X8)


@dataclass(frozen=True)
class NetworkLayer:
    """Neighbouring operators that share one precision.

    Attributes:
        multiplications: Multiplications of its kernel, at the size of the file; 0 without a kernel.
    """

    name: str
    first: int
    stop: int
    multiplications: int = 0


def layers(graph: OperatorGraph) -> list[NetworkLayer]:
    """Divides a network into layers, in the order in which they run; at least one for a network with operators."""
    steps = graph.steps
    starts = []
    for number, step in enumerate(steps):
        if step.kernel:
            begin = number
            while begin > 0 and steps[begin - 1].name in _BEFORE:
                begin -= 1
            starts.append((begin, number))
    if not starts:
        return [NetworkLayer(f"0 {steps[0].name}", 0, len(steps))] if steps else []
    bounds = [0, *(begin for begin, _ in starts[1:]), len(steps)]
    return [
        NetworkLayer(
            f"{index} {steps[number].name} {steps[number].kernel}",
            bounds[index],
            bounds[index + 1],
            _multiplications(graph, steps[number]),
        )
        for index, (_, number) in enumerate(starts)
    ]


def _multiplications(graph: OperatorGraph, step: OperatorStep) -> int:
    """Every place of the output sees the whole kernel once; of a transposed convolution, every place of the input."""
    places = step.operands[2].tensor if step.name == "TRANSPOSE_CONV" else step.operator.outputs[0]
    return math.prod(map(int, graph.tensor(places).shape[:-1])) * math.prod(map(int, step.kernel.split("x")))


def by_operator(
    graph: OperatorGraph, found: Sequence[NetworkLayer], chosen: Mapping[str, str], otherwise: str
) -> list[str]:
    """The precision of every operator; those that XNNPACK runs in float alone are float32 in layers of integers."""
    kinds = [chosen.get(layer.name, otherwise) for layer in found for _ in range(layer.first, layer.stop)]
    return [
        "float32" if step.name in _FLOATS and kind in _INTEGERS else kind
        for step, kind in zip(graph.steps, kinds, strict=True)
    ]
