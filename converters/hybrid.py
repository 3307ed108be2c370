"""Kernels in int8 between activations in float32, which XNNPACK rounds anew for every pixel or frame when it runs.

Networks that fail in int8 mostly fail by the fixed ranges of their activations. Here every vector that meets a kernel
has a range of its own (TensorFlow's dynamic range quantization), which works for matrices alone: 1x1 convolutions,
written as FULLY_CONNECTED, and linear layers. Kernels are rounded one column after the other, and each error is made
up for by the columns that follow, as the calibration data ask (GPTQ, arXiv 2210.17323, section 3).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from converters import ranges
from converters.search import layers, operators, sensitivity
from converters.search.operators import OperatorGraph, OperatorStep

# Inputs from which kernels are rounded, and the most channels: the statistics have their square.
_INPUTS, _MOST_CHANNELS = 32, 4096
# Layers with a smaller share of the multiplications stay float32: it costs nothing.
_LEAST = 0.002
# Shares of the largest weight that may be the largest step; what is added to the statistics of a channel, in means.
_CUTS, _DAMPING = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5), 0.01
_STEPS = 127
_VERSION = 12  # of FULLY_CONNECTED with a step for every row of the kernel


@dataclass(frozen=True)
class RoundedKernel:
    """A kernel [rows, channels] in int8: values are steps times scales.

    Attributes:
        steps: int8 [rows, channels].
        scales: float32 [rows].
    """

    steps: np.ndarray
    scales: np.ndarray


class Hybrid:
    """A network of which some layers may have their kernel in int8.

    Attributes:
        found: All layers of the network.
        kernels: Rounded kernels by the name of a layer.
    """

    def __init__(self, plain: Path, tensors: Sequence[np.ndarray]):
        """Rounds the kernels.

        Args:
            plain: .tflite file in float32.
            tensors: float32 NHWC inputs.

        Raises:
            ConversionError: The network has loops or states.
        """
        self._data = plain.read_bytes()
        graph = operators.read(plain)
        self.found = layers.layers(graph)
        steps = self._matrices(graph)
        inputs = {name: int(step.operator.inputs[0]) for name, step in steps.items()}
        statistics = _statistics(self._data, set(inputs.values()), tensors)
        self.kernels = {
            name: rounded(_kernel(graph, step), statistics[inputs[name]])
            for name, step in steps.items()
            if inputs[name] in statistics
        }
        numbers = {id(operator): number for number, operator in enumerate(graph.subgraph.operators)}
        self._operators = {name: numbers[id(step.operator)] for name, step in steps.items()}

    def share(self, names: Iterable[str]) -> float:
        """Share of all multiplications, those of some layers."""
        names = set(names)
        return sum(layer.multiplications for layer in self.found if layer.name in names) / max(1, self._all())

    def precisions(self, names: Iterable[str]) -> dict[str, str]:
        """Of all layers by name: "dynamic" for some, float32 for the others."""
        names = set(names)
        return {layer.name: "dynamic" if layer.name in names else "float32" for layer in self.found}

    def write(self, target: Path, floats: Iterable[str] = ()) -> None:
        """Writes the network as a .tflite file; input and output are float32.

        Args:
            floats: Names of layers that stay float32.
        """
        model = flatbuffer_utils.read_model_from_bytearray(bytearray(self._data))
        every = model.subgraphs[0].operators
        for name in sorted(self.kernels.keys() - set(floats)):
            _set(model, every[self._operators[name]], self.kernels[name])
        _forget(model)
        target.write_bytes(bytes(flatbuffer_utils.convert_object_to_bytearray(model)))

    def sensitive(self, noise: sensitivity.Noise, work: Path) -> list[str]:
        """Names of the layers with a rounded kernel, those first that should be float32.

        Args:
            noise: Of the network in float32.
            work: Folder for files.
        """
        path, measured = work / "one_kernel.tflite", []
        for layer in self.found:
            if layer.name in self.kernels:
                self.write(path, self.kernels.keys() - {layer.name})
                measured.append(sensitivity.Sensitivity(layer.name, noise.of(path), layer.multiplications))
        path.unlink(missing_ok=True)
        return sensitivity.worth(measured)

    def _all(self) -> int:
        return sum(layer.multiplications for layer in self.found)

    def _matrices(self, graph: OperatorGraph) -> dict[str, OperatorStep]:
        """The operators whose kernels are rounded, by the name of their layer."""
        found, least = {}, _LEAST * self._all()
        for layer in self.found:
            step = next((one for one in graph.steps[layer.first : layer.stop] if one.kernel), None)
            if step and layer.multiplications >= least and _is_matrix(graph, step):
                found[layer.name] = step
        return found


def rounded(kernel: np.ndarray, statistics: np.ndarray) -> RoundedKernel:
    """Rounds a kernel so that its products with the data it meets change least.

    Args:
        kernel: float32 [rows, channels].
        statistics: Sum of x x^T over the vectors x that it meets, float64 [channels, channels].
    """
    left, statistics = kernel.astype(np.float64), statistics.copy()
    power = np.diag(statistics).copy()
    diagonal = np.diag_indices_from(statistics)
    statistics[diagonal] += np.where(power == 0, 1.0, 0.0)  # channels that are always 0
    statistics[diagonal] += _DAMPING * power.mean()
    scales = _scales(left, power)
    order = np.argsort(-power, kind="stable")  # what weighs most is rounded first: the others make up for it
    left, statistics = left[:, order], statistics[np.ix_(order, order)]
    factor = np.linalg.cholesky(np.linalg.inv(statistics)).T
    steps = np.empty_like(left)
    for channel in range(left.shape[1]):
        steps[:, channel] = np.clip(np.rint(left[:, channel] / scales), -_STEPS, _STEPS)
        error = (left[:, channel] - steps[:, channel] * scales) / factor[channel, channel]
        left[:, channel + 1 :] -= np.outer(error, factor[channel, channel + 1 :])
    placed = np.empty(kernel.shape, np.int8)
    placed[:, order] = steps
    return RoundedKernel(placed, scales.astype(np.float32))


def _scales(kernel: np.ndarray, power: np.ndarray) -> np.ndarray:
    """The step of each row: large weights are cut off where the others then round better."""
    widest = np.maximum(np.abs(kernel).max(1), 1e-8) / _STEPS
    best, chosen = np.full(len(kernel), np.inf), widest
    for cut in _CUTS:
        scales = widest * cut
        steps = np.clip(np.rint(kernel / scales[:, None]), -_STEPS, _STEPS)
        error = (np.square(steps * scales[:, None] - kernel) * power).sum(1)
        chosen = np.where(error < best, scales, chosen)
        best = np.minimum(error, best)
    return chosen


def _statistics(model: bytes, wanted: Iterable[int], tensors: Sequence[np.ndarray]) -> dict[int, np.ndarray]:
    """Sum of x x^T over the vectors of some tensors, by their index."""
    found: dict[int, np.ndarray] = {}
    for interpreter in ranges.runs(model, tensors[:: math.ceil(len(tensors) / _INPUTS)]) if wanted else ():
        for index in wanted:
            values = interpreter.get_tensor(index)
            vectors = values.reshape(-1, values.shape[-1]).astype(np.float64)
            found[index] = found.get(index, 0.0) + vectors.T @ vectors
    return found


def _is_matrix(graph: OperatorGraph, step: OperatorStep) -> bool:
    """Whether each vector of the input is multiplied with a constant float32 matrix, and nothing else is done."""
    kernel = graph.tensor(int(step.operator.inputs[1]))
    if kernel.type != schema.TensorType.FLOAT32 or len(kernel.shape) not in (2, 4):
        return False
    channels = int(graph.tensor(int(step.operator.inputs[0])).shape[-1])
    if channels != int(kernel.shape[-1]) or channels > _MOST_CHANNELS:
        return False
    options = step.operator.builtinOptions
    if step.name == "FULLY_CONNECTED":
        return options.weightsFormat == schema.FullyConnectedOptionsWeightsFormat.DEFAULT
    return step.name == "CONV_2D" and list(kernel.shape[1:3]) == [1, 1] == [options.strideH, options.strideW]


def _kernel(graph: OperatorGraph, step: OperatorStep) -> np.ndarray:
    tensor = graph.tensor(int(step.operator.inputs[1]))
    stored = bytes(graph.model.buffers[tensor.buffer].data)
    return np.frombuffer(stored, np.float32).reshape(int(tensor.shape[0]), -1)


def _set(model: Any, operator: Any, kernel: RoundedKernel) -> None:
    """Gives an operator a rounded kernel; a convolution becomes a linear layer."""
    subgraph, place = model.subgraphs[0], int(operator.inputs[1])
    if sum(place in map(int, other.inputs) for other in subgraph.operators) > 1:
        subgraph.tensors.append(schema.TensorT())
        subgraph.tensors[-1].name = subgraph.tensors[place].name
        operator.inputs[1] = place = len(subgraph.tensors) - 1
    model.buffers.append(schema.BufferT())
    model.buffers[-1].data = np.frombuffer(kernel.steps.tobytes(), np.uint8)
    tensor = subgraph.tensors[place]
    tensor.type, tensor.buffer = schema.TensorType.INT8, len(model.buffers) - 1
    tensor.shape = np.int32(kernel.steps.shape)
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale = kernel.scales
    tensor.quantization.zeroPoint = np.zeros(len(kernel.scales), np.int64)
    tensor.quantization.quantizedDimension = 0
    options, before = schema.FullyConnectedOptionsT(), operator.builtinOptions
    options.fusedActivationFunction = before.fusedActivationFunction
    options.keepNumDims = getattr(before, "keepNumDims", True)
    options.asymmetricQuantizeInputs = True
    operator.opcodeIndex = _code(model)
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.FullyConnectedOptions, options


def _forget(model: Any) -> None:
    """Empties the buffers that no tensor has any more."""
    used = {tensor.buffer for tensor in model.subgraphs[0].tensors} | {one.buffer for one in model.metadata or ()}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None


def _code(model: Any) -> int:
    """Index of FULLY_CONNECTED among the operators that a model uses."""
    wanted = schema.BuiltinOperator.FULLY_CONNECTED
    for index, code in enumerate(model.operatorCodes):
        if flatbuffer_utils.get_builtin_code_from_operator_code(code) == wanted and code.version >= _VERSION:
            return index
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = wanted, wanted, _VERSION
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
