"""Rounding and ranges of an int8 network that are learnt from its source, without labels.

Where measured ranges do not do, the network is run as int8 rounds it, with gradients that pass the rounding by
(arXiv 1308.3432), and its kernels, biases and steps of quantization (arXiv 1902.08153, section 2) move until it
answers on the calibration data as the source does (arXiv 1503.02531). All that is learnt is written into the float
file, which is then quantized as any other.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema

from converters.search.operators import OperatorGraph
from converters.tflite_torch import Program

# Their int8 outputs have steps that the runtime prescribes.
_PRESCRIBED = ("LOGISTIC", "SOFTMAX", "TANH")
_KERNELS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_LOW, _HIGH = -128, 127
_KERNEL_HIGH = 127  # kernels are symmetric


@dataclass(frozen=True)
class Options:
    """How long and how fast.

    Attributes:
        together: Inputs of which the gradients are added before a step.
        kernel_rate: Largest change of a kernel at a step, in its own quantization steps. All kernels move at once: at
            0.03 twenty steps made PP-OCRv4's recogniser worse than none (docs/gates.md).
        range_rate: Likewise of the logarithm of a range.
        classes: Whether the last axis of the output are logits of classes, else any values.
    """

    samples: int = 640
    together: int = 4
    kernel_rate: float = 0.001
    range_rate: float = 0.003
    classes: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Learnt:
    """What replaces the file's own.

    Attributes:
        ranges: (lowest, highest) value by the index of a computed tensor.
        loss: Before and after, as the mean over the calibration inputs seen in the first and the last tenth.
    """

    constants: Mapping[int, np.ndarray]
    ranges: Mapping[int, tuple[float, float]]
    loss: tuple[float, float]


def learn(
    plain: OperatorGraph,
    int8: OperatorGraph,
    tensors: Sequence[np.ndarray],
    source: Callable[[np.ndarray], np.ndarray],
    options: Options,
    advance: Callable[[int, int], None] = lambda done, of: None,
    exact: Collection[int] = (),
) -> Learnt:
    """Learns what the int8 form of a network needs to answer as its source.

    Args:
        int8: What the quantizer makes of it, with the same operators (converters.search.operators.aligned).
        tensors: float32 NHWC inputs.
        source: NHWC -> what the network should answer, float32.
        exact: Numbers of the steps that will stay float32: they are not rounded, and nothing of them is learnt.

    Raises:
        ConversionError: An operator cannot be learnt through, see converters.tflite_torch.
    """
    network = _Rounded(plain, int8, exact)
    rates = [
        {"params": network.moves(), "lr": options.kernel_rate},
        {"params": list(network.stretches.values()), "lr": options.range_rate},
    ]
    rates = [group for group in rates if group["params"]]
    optimizer = torch.optim.Adam(rates, betas=(0.9, 0.99))
    steps = max(1, options.samples // options.together)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
    rng, order, losses, wanted = np.random.default_rng(options.seed), [], [], {}
    for step in range(steps):
        optimizer.zero_grad()
        for _ in range(options.together):
            order = order or list(rng.permutation(len(tensors)))
            place = int(order.pop())
            if place not in wanted:
                wanted[place] = np.asarray(source(tensors[place]), np.float32)
            loss = _loss(network.run(torch.from_numpy(tensors[place])), torch.from_numpy(wanted[place]), options)
            (loss / options.together).backward()
            losses.append(float(loss.detach()))
        optimizer.step()
        schedule.step()
        advance((step + 1) * options.together, steps * options.together)
    tenth = max(1, len(losses) // 10)
    return Learnt(*network.result(), (float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:]))))


def _loss(found: torch.Tensor, wanted: torch.Tensor, options: Options) -> torch.Tensor:
    """How far an output is from the source's: of classes the divergence of their probabilities, a frame alike."""
    wanted = wanted.reshape(found.shape)
    if not options.classes:
        return torch.mean((found - wanted) ** 2) / torch.clamp(torch.var(wanted, correction=0), min=1e-12)
    likely = torch.log_softmax(wanted, -1)
    apart = torch.sum(likely.exp() * (likely - torch.log_softmax(found, -1)), -1)
    return apart.mean()


class _Rounded:
    """A float network that rounds where its int8 form does."""

    def __init__(self, plain: OperatorGraph, int8: OperatorGraph, exact: Collection[int] = ()):
        self._plain, self._int8 = plain, int8
        self._exact = frozenset({-1, *exact})  # the input is rounded by what reads it
        self._program = Program(plain)
        self._values = {
            index: torch.tensor(value)
            for index, value in self._program.constants().items()
            if value.dtype == np.float32
        }
        self._points = self._found_points()
        self._kernels = self._found_kernels()
        self._biases = self._found_biases()
        self.stretches = {
            key: torch.zeros(1, requires_grad=True) for key in self._points if not self._is_prescribed(key)
        }
        self._kernel_moves = {index: torch.zeros_like(self._values[index]).requires_grad_() for index in self._kernels}
        self._bias_moves = {index: torch.zeros_like(self._values[index]).requires_grad_() for index in self._biases}

    def moves(self) -> list[torch.Tensor]:
        """What kernels and biases are changed by, in their own steps."""
        return [*self._kernel_moves.values(), *self._bias_moves.values()]

    def run(self, x: torch.Tensor) -> torch.Tensor:
        """The output, rounded throughout."""
        self._used: dict[int, torch.Tensor] = {}
        self._read: dict[int, torch.Tensor] = {}
        return self._program.run(x, self._constant, self._rounded_output, self._rounded_input)

    def result(self) -> tuple[dict[int, np.ndarray], dict[int, tuple[float, float]]]:
        """Constants and ranges for the float file."""
        with torch.no_grad():
            constants = {i: self._kernel(i).numpy() for i in self._kernels}
            constants |= {i: self._bias(i).numpy() for i in self._biases}
            ranges = {}
            for number in range(-1, len(self._plain.steps)):
                key = self._roots[number]
                if key in self._points:
                    scale, zero = float(self._scale(key)), self._points[key][1]
                    ranges[self._output(self._plain, number)] = ((_LOW - zero) * scale, (_HIGH - zero) * scale)
        return constants, ranges

    def _rounded_output(self, number: int, value: torch.Tensor) -> torch.Tensor:
        """What a step of integers makes."""
        if number in self._exact or self._roots[number] != number:
            return value  # a value that was only moved about was rounded before
        return self._rounded(number, value)

    def _rounded_input(self, number: int, source: int, value: torch.Tensor) -> torch.Tensor:
        """What a step of integers reads of one of floats."""
        if number in self._exact or source not in self._exact:
            return value
        if source not in self._read:
            self._read[source] = self._rounded(self._roots[source], value)
        return self._read[source]

    def _rounded(self, key: int, value: torch.Tensor) -> torch.Tensor:
        if key not in self._points:
            return value
        zero = torch.tensor([float(self._points[key][1])])
        share = 1 / math.sqrt(value.numel() * _HIGH)
        return torch._fake_quantize_learnable_per_tensor_affine(value, self._scale(key), zero, _LOW, _HIGH, share)

    def _scale(self, number: int) -> torch.Tensor:
        scale = torch.tensor([self._points[number][0]], dtype=torch.float32)
        return scale * self.stretches[number].exp() if number in self.stretches else scale

    def _constant(self, index: int, number: int) -> torch.Tensor:
        if number in self._exact:
            return self._values[index]
        if index not in self._used:
            self._used[index] = self._rounded_constant(index, number)
        return self._used[index]

    def _rounded_constant(self, index: int, number: int) -> torch.Tensor:
        if index in self._kernels:
            return _rounded_kernel(self._kernel(index), self._kernels[index][1])
        if index in self._biases:
            return self._bias(index)
        return self._rounded_number(index, number)

    def _kernel(self, index: int) -> torch.Tensor:
        return self._values[index] + self._kernel_moves[index] * self._kernels[index][0]

    def _bias(self, index: int) -> torch.Tensor:
        return self._values[index] + self._bias_moves[index] * self._biases[index]

    def _rounded_number(self, index: int, number: int) -> torch.Tensor:
        """A constant of a sum or a product, which is not learnt."""
        place = next(i for i, one in enumerate(self._plain.steps[number].operands) if one.tensor == index)
        found = _format(self._int8, self._int8.steps[number].operands[place].tensor)
        if found is None:
            return self._values[index]
        scale, zero = found
        return ((self._values[index] / scale).round() + zero).clamp(_LOW, _HIGH).sub(zero).mul(scale)

    def _found_points(self) -> dict[int, tuple[float, int]]:
        """(scale, zero point) of the steps whose outputs are rounded; -1 is the network's input."""
        self._roots: dict[int, int] = {}
        found: dict[int, tuple[float, int]] = {}
        for number in range(-1, len(self._int8.steps)):
            own = _format(self._int8, self._output(self._int8, number))
            root = number
            if own is not None and number >= 0:
                first = self._int8.steps[number].operands[0]
                before = first.origin and self._roots.get(first.origin.step)
                # What moves values about keeps their steps.
                if before is not None and found.get(before) == own and not self._int8.steps[number].kernel:
                    root = before
            self._roots[number] = root
            if own is not None and root == number:
                found[number] = own
        return found

    def _found_kernels(self) -> dict[int, tuple[torch.Tensor, int]]:
        """(step of quantization by channel, axis of the channels; -1 for one step) of kernels."""
        found = {}
        for number, step in enumerate(self._plain.steps):
            if step.name not in _KERNELS or not step.kernel or number in self._exact:
                continue
            index = step.operands[1].tensor
            stored = self._int8.tensor(self._int8.steps[number].operands[1].tensor)
            if stored.type != schema.TensorType.INT8 or stored.quantization.scale is None:
                continue
            scale, value = np.asarray(stored.quantization.scale, np.float32), self._values[index]
            axis = int(stored.quantization.quantizedDimension) if len(scale) > 1 else -1
            shape = [-1 if place == axis else 1 for place in range(value.ndim)]
            found[index] = torch.tensor(scale).reshape(shape if axis >= 0 else [1] * value.ndim), axis
        return found

    def _found_biases(self) -> dict[int, float]:
        """The step of the output behind a bias, by the tensor of the bias."""
        found = {}
        for number, step in enumerate(self._plain.steps):
            if step.name in _KERNELS and len(step.operands) > 2 and step.operands[1].tensor in self._kernels:
                bias, after = step.operands[2], _format(self._int8, self._output(self._int8, number))
                if bias.origin is None and bias.tensor >= 0 and after is not None:
                    found[bias.tensor] = after[0]
        return found

    def _is_prescribed(self, number: int) -> bool:
        return number >= 0 and self._plain.steps[number].name in _PRESCRIBED

    @staticmethod
    def _output(graph: OperatorGraph, number: int) -> int:
        return int(graph.subgraph.inputs[0] if number < 0 else graph.steps[number].operator.outputs[0])


def _format(graph: OperatorGraph, index: int) -> tuple[float, int] | None:
    """(scale, zero point) of an int8 tensor of one step; None for others."""
    tensor = graph.tensor(index)
    found: Any = tensor.quantization
    if tensor.type != schema.TensorType.INT8 or found is None or found.scale is None or len(found.scale) != 1:
        return None
    return float(found.scale[0]), int(np.atleast_1d(found.zeroPoint)[0])


def _rounded_kernel(kernel: torch.Tensor, axis: int) -> torch.Tensor:
    """As the quantizer will round it: the largest value of a channel becomes 127. Gradients pass by."""
    with torch.no_grad():
        others = [place for place in range(kernel.ndim) if place != axis]
        largest = kernel.abs().amax(others, keepdim=True) if axis >= 0 else kernel.abs().max()
        step = torch.clamp(largest / _KERNEL_HIGH, min=1e-12)
        change = (kernel / step).round().clamp(-_KERNEL_HIGH, _KERNEL_HIGH) * step - kernel
    return kernel + change
