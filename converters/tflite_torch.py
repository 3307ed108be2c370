"""A .tflite network of floats in PyTorch, so that its constants can be learnt (converters.distil).

Tensors are as TensorFlow Lite has them, channels last; convolutions turn them for a moment. What stands here is what
recognisers and detectors are made of; another operator is named, and then nothing is learnt.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from ai_edge_litert import schema_py_generated as schema

from converters.errors import ConversionError
from converters.search.operators import OperatorGraph, OperatorStep

Tensor = torch.Tensor
_RELU, _RELU6 = schema.ActivationFunctionType.RELU, schema.ActivationFunctionType.RELU6
_FUSED = {schema.ActivationFunctionType.NONE: lambda x: x, _RELU: F.relu, _RELU6: F.relu6}
_SAME = schema.Padding.SAME


class Program:
    """The network as a function of its input and its constants."""

    def __init__(self, graph: OperatorGraph):
        """Looks whether all of it is known.

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
            value = _fused(step, _OPERATORS[step.name](step.operator.builtinOptions, *inputs))
            values[number, 0] = made(number, value)
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


def _fused(step: OperatorStep, value: Tensor) -> Tensor:
    """An output behind the activation that the operator has fused."""
    none = schema.ActivationFunctionType.NONE
    kind = getattr(step.operator.builtinOptions, "fusedActivationFunction", none)
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


def _convolution(
    options: Any, x: Tensor, kernel: Tensor, bias: Tensor | None = None, depthwise: bool = False
) -> Tensor:
    stride, dilation = (options.strideH, options.strideW), (options.dilationHFactor, options.dilationWFactor)
    groups = x.shape[3] if depthwise else x.shape[3] // kernel.shape[3]
    kernel = kernel.permute(3, 0, 1, 2) if depthwise else kernel.permute(0, 3, 1, 2)
    size = [(side - 1) * step + 1 for side, step in zip(kernel.shape[2:], dilation, strict=True)]
    x = _padded(x.permute(0, 3, 1, 2), options, size, stride)
    return F.conv2d(x, kernel, bias, stride, 0, dilation, groups).permute(0, 2, 3, 1)


def _dense(options: Any, x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    return F.linear(x if options.keepNumDims else x.reshape(-1, kernel.shape[1]), kernel, bias)


def _maximum(options: Any, x: Tensor) -> Tensor:
    size, stride = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
    x = _padded(x.permute(0, 3, 1, 2), options, size, stride, -np.inf)
    return F.max_pool2d(x, size, stride).permute(0, 2, 3, 1)


def _average(options: Any, x: Tensor) -> Tensor:
    size, stride = (options.filterHeight, options.filterWidth), (options.strideH, options.strideW)
    x = x.permute(0, 3, 1, 2)
    if options.padding == _SAME and any(side % one for side, one in zip(x.shape[2:], stride, strict=True)):
        raise ConversionError("learn", "expected an average over whole windows, found one at the edge")
    return F.avg_pool2d(x, size, stride).permute(0, 2, 3, 1)


def _reduced(function: Callable) -> Callable:
    return lambda options, x, axes: function(x, _integers(np.atleast_1d(axes)), keepdim=bool(options.keepDims))


def _strided_slice(options: Any, x: Tensor, begin: Any, end: Any, strides: Any) -> Tensor:
    if options.ellipsisMask or options.newAxisMask or min(strides) < 1:
        raise ConversionError("learn", "expected a plain slice, found one with new axes or backward steps")
    places = []
    for axis, (first, last, every) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << axis
        first, last = None if options.beginMask & bit else int(first), None if options.endMask & bit else int(last)
        places.append(int(begin[axis]) if options.shrinkAxisMask & bit else slice(first, last, int(every)))
    return x[tuple(places)]


def _slice(options: Any, x: Tensor, begin: Any, size: Any) -> Tensor:
    ends = [side if count < 0 else first + count for side, first, count in zip(x.shape, begin, size, strict=True)]
    return x[tuple(slice(int(first), int(last)) for first, last in zip(begin, ends, strict=True))]


def _pad(options: Any, x: Tensor, pairs: Any, value: Tensor | None = None) -> Tensor:
    ends = [int(count) for pair in reversed(pairs) for count in pair]
    return F.pad(x, ends, value=0.0 if value is None else float(value.detach()))


def _depth_to_space(options: Any, x: Tensor) -> Tensor:
    n, h, w, c = x.shape
    block = options.blockSize
    x = x.reshape(n, h, w, block, block, c // block**2).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(n, h * block, w * block, c // block**2)


def _matmul(options: Any, first: Tensor, second: Tensor) -> Tensor:
    first = first.transpose(-1, -2) if options.adjX else first
    return first @ (second.transpose(-1, -2) if options.adjY else second)


def _squeeze(options: Any, x: Tensor) -> Tensor:
    axes = [] if options.squeezeDims is None else _integers(options.squeezeDims)
    return x.squeeze(tuple(axes)) if axes else x.squeeze()


def _integers(values: Any) -> list[int]:
    return [int(value) for value in values]


def _plain(function: Callable) -> Callable:
    """An operator without options."""
    return lambda options, *inputs: function(*inputs)


_OPERATORS: dict[str, Callable] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": functools.partial(_convolution, depthwise=True),
    "FULLY_CONNECTED": _dense,
    "BATCH_MATMUL": _matmul,
    "ADD": _plain(torch.add),
    "SUB": _plain(torch.sub),
    "MUL": _plain(torch.mul),
    "DIV": _plain(torch.div),
    "MAXIMUM": _plain(torch.maximum),
    "MINIMUM": _plain(torch.minimum),
    "SQUARED_DIFFERENCE": _plain(lambda a, b: (a - b) ** 2),
    "RSQRT": _plain(torch.rsqrt),
    "SQRT": _plain(torch.sqrt),
    "EXP": _plain(torch.exp),
    "NEG": _plain(torch.neg),
    "ABS": _plain(torch.abs),
    "LOGISTIC": _plain(torch.sigmoid),
    "TANH": _plain(torch.tanh),
    "RELU": _plain(F.relu),
    "RELU6": _plain(F.relu6),
    "GELU": lambda options, x: F.gelu(x, approximate="tanh" if options.approximate else "none"),
    "HARD_SWISH": _plain(F.hardswish),
    "LEAKY_RELU": lambda options, x: F.leaky_relu(x, options.alpha),
    "SOFTMAX": lambda options, x: torch.softmax(x * options.beta, -1),
    "MEAN": _reduced(torch.mean),
    "SUM": _reduced(torch.sum),
    "MAX_POOL_2D": _maximum,
    "AVERAGE_POOL_2D": _average,
    "CONCATENATION": lambda options, *inputs: torch.cat(inputs, options.axis),
    "RESHAPE": lambda options, x, shape: x.reshape(_integers(shape)),
    "SQUEEZE": _squeeze,
    "TRANSPOSE": lambda options, x, order: x.permute(_integers(order)),
    "STRIDED_SLICE": _strided_slice,
    "SLICE": _slice,
    "PAD": _pad,
    "PADV2": _pad,
    "DEPTH_TO_SPACE": _depth_to_space,
}
