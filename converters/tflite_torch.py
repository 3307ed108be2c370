"""A .tflite network of floats in PyTorch, so that its constants can be learnt (converters.distil).

Tensors are as TensorFlow Lite has them, channels last; convolutions turn them for a moment. What stands here is what
recognisers and detectors are made of; another operator is named, and then nothing is learnt.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from ai_edge_litert import schema_py_generated as schema

from converters.errors import ConversionError
from converters.search.operators import Graph, Step

Tensor = torch.Tensor
_RELU, _RELU6 = schema.ActivationFunctionType.RELU, schema.ActivationFunctionType.RELU6
_FUSED = {schema.ActivationFunctionType.NONE: lambda x: x, _RELU: F.relu, _RELU6: F.relu6}
_SAME = schema.Padding.SAME


class Program:
    """The network as a function of its input and its constants."""

    def __init__(self, graph: Graph):
        """Looks whether all of it is known.

        Args:
            graph: Graph of a float file with one input and one output.

        Raises:
            ConversionError: An operator has no form here.
        """
        unknown = sorted({step.name for step in graph.steps if step.name not in _OPERATORS})
        if unknown or len(graph.outputs) != 1 or len(graph.subgraph.inputs) != 1:
            found = f"operators {', '.join(unknown)}" if unknown else "several inputs or outputs"
            raise ConversionError("learn", f"expected a network of known operators and one output, found {found}")
        self._graph = graph

    def constants(self) -> dict[int, np.ndarray]:
        """Values of all constant tensors, by their index."""
        found = {}
        for step in self._graph.steps:
            for operand in step.operands:
                if operand.origin is None and operand.tensor >= 0:
                    found[operand.tensor] = self._stored(operand.tensor)
        return found

    def run(
        self,
        x: Tensor,
        constant: Callable[[int, int], Tensor],
        made: Callable[[int, Tensor], Tensor] = lambda _, value: value,
        read: Callable[[int, int, Tensor], Tensor] = lambda _, __, value: value,
    ) -> Tensor:
        """The network's output.

        Args:
            x: float32, as the file's input, of any size that the graph takes.
            constant: The float constant of a tensor's index, as a step (the other number) reads it.
            made: Called with every step's number and output, -1 and the input first; what it returns is used.
            read: Called with the numbers of a step and of the one that made its input, and that; likewise.
        """
        values = {(-1, 0): made(-1, x)}
        left = self._readers()
        for number, step in enumerate(self._graph.steps):
            inputs = [
                read(number, operand.origin.step, values[operand.origin.step, operand.origin.number])
                if operand.origin is not None
                else self._constant(number, operand.tensor, constant)
                for operand in step.operands
            ]
            outputs = _OPERATORS[step.name](self._graph, step, inputs)
            outputs = outputs if isinstance(outputs, Sequence) else (outputs,)
            for place, value in enumerate(outputs):
                values[number, place] = made(number, value)
            for operand in step.operands:
                key = operand.origin and (operand.origin.step, operand.origin.number)
                if key:
                    left[key] -= 1
                    if not left[key]:
                        del values[key]
        origin = self._graph.outputs[0]
        return values[origin.step, origin.number]

    def _readers(self) -> dict[tuple[int, int], int]:
        """How often each computed value is read; the network's output once more."""
        found: dict[tuple[int, int], int] = {}
        origins = [operand.origin for step in self._graph.steps for operand in step.operands if operand.origin]
        for origin in [*origins, *self._graph.outputs]:
            key = origin.step, origin.number
            found[key] = found.get(key, 0) + 1
        return found

    def _constant(self, number: int, index: int, constant: Callable[[int, int], Tensor]) -> Any:
        if index < 0:
            return None
        if self._graph.tensor(index).type == schema.TensorType.FLOAT32:
            return constant(index, number)
        return self._stored(index)

    def _stored(self, index: int) -> np.ndarray:
        tensor = self._graph.tensor(index)
        kind = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.INT32: np.int32}.get(tensor.type)
        if kind is None:
            raise ConversionError("learn", f"expected constants of float32 or int32, found type {tensor.type}")
        data = self._graph.model.buffers[tensor.buffer].data
        shape = () if tensor.shape is None else tuple(int(size) for size in np.atleast_1d(tensor.shape))
        return np.frombuffer(bytes(data if data is not None else b""), kind).reshape(shape)


def _fused(step: Step, value: Tensor) -> Tensor:
    options = step.operator.builtinOptions
    kind = getattr(options, "fusedActivationFunction", schema.ActivationFunctionType.NONE)
    if kind not in _FUSED:
        raise ConversionError("learn", f"expected a fused ReLU or ReLU6, found activation {kind} of {step.name}")
    return _FUSED[kind](value)


def _padded(x: Tensor, options: Any, size: Sequence[int], stride: Sequence[int], value: float = 0.0) -> Tensor:
    """NCHW as the operator's own padding makes it: what is odd goes to the right and to the bottom."""
    if options.padding != _SAME:
        return x
    ends = []
    for side, (kernel, step) in zip(x.shape[2:], zip(size, stride, strict=True), strict=True):
        more = max(0, (-(-side // step) - 1) * step + kernel - side)
        ends = [more // 2, more - more // 2, *ends]
    return F.pad(x, ends, value=value) if any(ends) else x


def _convolution(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    x, kernel, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    options = step.operator.builtinOptions
    stride, dilation = (options.strideH, options.strideW), (options.dilationHFactor, options.dilationWFactor)
    if step.name == "DEPTHWISE_CONV_2D":
        kernel, groups = kernel.permute(3, 0, 1, 2), x.shape[3]
    else:
        kernel, groups = kernel.permute(0, 3, 1, 2), x.shape[3] // kernel.shape[3]
    size = [(side - 1) * step + 1 for side, step in zip(kernel.shape[2:], dilation, strict=True)]
    x = _padded(x.permute(0, 3, 1, 2), options, size, stride)
    return _fused(step, F.conv2d(x, kernel, bias, stride, 0, dilation, groups).permute(0, 2, 3, 1))


def _dense(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    x, kernel, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    if not step.operator.builtinOptions.keepNumDims:
        x = x.reshape(-1, kernel.shape[1])
    return _fused(step, F.linear(x, kernel, bias))


def _pool(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    options, (x,) = step.operator.builtinOptions, inputs
    size, stride = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
    x = x.permute(0, 3, 1, 2)
    if step.name == "MAX_POOL_2D":
        return _fused(step, F.max_pool2d(_padded(x, options, size, stride, -np.inf), size, stride).permute(0, 2, 3, 1))
    if options.padding == _SAME and any(side % one for side, one in zip(x.shape[2:], stride, strict=True)):
        raise ConversionError("learn", "expected an average over whole windows, found one at the edge")
    return _fused(step, F.avg_pool2d(x, size, stride).permute(0, 2, 3, 1))


def _mean(graph: Graph, step: Step, inputs: Sequence[Any]) -> Tensor:
    axes = [int(axis) for axis in np.atleast_1d(inputs[1])]
    function = torch.mean if step.name == "MEAN" else torch.sum
    return function(inputs[0], axes, keepdim=bool(step.operator.builtinOptions.keepDims))


def _reshape(graph: Graph, step: Step, inputs: Sequence[Any]) -> Tensor:
    return inputs[0].reshape([int(size) for size in inputs[1]])


def _strided_slice(graph: Graph, step: Step, inputs: Sequence[Any]) -> Tensor:
    options = step.operator.builtinOptions
    x, begin, end, strides = inputs
    if options.ellipsisMask or options.newAxisMask or min(strides) < 1:
        raise ConversionError("learn", "expected a plain slice, found one with new axes or backward steps")
    places = []
    for axis, (first, last, every) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << axis
        first = None if options.beginMask & bit else int(first)
        if options.shrinkAxisMask & bit:
            places.append(int(begin[axis]))
        else:
            places.append(slice(first, None if options.endMask & bit else int(last), int(every)))
    return x[tuple(places)]


def _slice(graph: Graph, step: Step, inputs: Sequence[Any]) -> Tensor:
    x, begin, size = inputs
    ends = [side if count < 0 else first + count for side, first, count in zip(x.shape, begin, size, strict=True)]
    return x[tuple(slice(int(first), int(last)) for first, last in zip(begin, ends, strict=True))]


def _pad(graph: Graph, step: Step, inputs: Sequence[Any]) -> Tensor:
    ends = [int(count) for pair in reversed(inputs[1]) for count in pair]
    value = float(inputs[2].detach()) if len(inputs) > 2 else 0.0
    return F.pad(inputs[0], ends, value=value)


def _depth_to_space(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    block, (x,) = step.operator.builtinOptions.blockSize, inputs
    n, h, w, c = x.shape
    x = x.reshape(n, h, w, block, block, c // block**2).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(n, h * block, w * block, c // block**2)


def _matmul(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    options, (first, second) = step.operator.builtinOptions, inputs
    first = first.transpose(-1, -2) if options.adjX else first
    return first @ (second.transpose(-1, -2) if options.adjY else second)


def _join(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    return _fused(step, torch.cat(list(inputs), step.operator.builtinOptions.axis))


def _leaky(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    return F.leaky_relu(inputs[0], step.operator.builtinOptions.alpha)


def _softmax(graph: Graph, step: Step, inputs: Sequence[Tensor]) -> Tensor:
    return torch.softmax(inputs[0] * step.operator.builtinOptions.beta, -1)


def _of_two(function: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    return lambda graph, step, inputs: _fused(step, function(*inputs))


def _of_one(function: Callable[[Tensor], Tensor]) -> Callable:
    return lambda graph, step, inputs: function(inputs[0])


_OPERATORS: dict[str, Callable] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "FULLY_CONNECTED": _dense,
    "BATCH_MATMUL": _matmul,
    "ADD": _of_two(torch.add),
    "SUB": _of_two(torch.sub),
    "MUL": _of_two(torch.mul),
    "DIV": _of_two(torch.div),
    "MAXIMUM": _of_two(torch.maximum),
    "MINIMUM": _of_two(torch.minimum),
    "SQUARED_DIFFERENCE": _of_two(lambda a, b: (a - b) ** 2),
    "RSQRT": _of_one(torch.rsqrt),
    "SQRT": _of_one(torch.sqrt),
    "EXP": _of_one(torch.exp),
    "NEG": _of_one(torch.neg),
    "ABS": _of_one(torch.abs),
    "LOGISTIC": _of_one(torch.sigmoid),
    "TANH": _of_one(torch.tanh),
    "RELU": _of_one(F.relu),
    "RELU6": _of_one(F.relu6),
    "GELU": lambda graph, step, inputs: F.gelu(
        inputs[0], approximate="tanh" if step.operator.builtinOptions.approximate else "none"
    ),
    "HARD_SWISH": _of_one(F.hardswish),
    "LEAKY_RELU": _leaky,
    "SOFTMAX": _softmax,
    "MEAN": _mean,
    "SUM": _mean,
    "MAX_POOL_2D": _pool,
    "AVERAGE_POOL_2D": _pool,
    "CONCATENATION": _join,
    "RESHAPE": _reshape,
    "SQUEEZE": lambda graph, step, inputs: inputs[0].reshape(
        [int(size) for size in graph.tensor(int(step.operator.outputs[0])).shape]
    ),
    "TRANSPOSE": lambda graph, step, inputs: inputs[0].permute([int(axis) for axis in inputs[1]]),
    "STRIDED_SLICE": _strided_slice,
    "SLICE": _slice,
    "PAD": _pad,
    "PADV2": _pad,
    "DEPTH_TO_SPACE": _depth_to_space,
}
