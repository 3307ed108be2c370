"""A CRNN cut into networks that XNNPACK runs whole: convolutions, linear layers and LSTM steps.

TensorFlow Lite's own sequence operators run outside XNNPACK, one crop at a time (about 7 ms a crop), and an
unrolled graph packs its weights once a step. So the recurrence is a network of ONE time step for many
crops and both directions, which the runtime runs T times, and everything that does not depend on the
step before is a 1x1 convolution over all columns at once:

    features -> project1 -> step1 x T -> project2 -> step2 x T -> head

The cut is exact: the parts compute what `Crnn.forward` does, up to the order of float additions. All
tensors are [N, channels, 1, columns] (NHWC after conversion), and nothing but the channels is fixed by the
export. LSTM: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from converters.networks.crnn import CROP_HEIGHT, Crnn
from converters.onnx_export import export, forward
from converters.plan import PlannedNetwork
from tflite_ocr.recognition import recurrent

_BATCH = 8  # sequences with which recurrent parts are exported


@dataclass(frozen=True)
class RecognizerPart:
    """One network of the cut recogniser.

    Attributes:
        module: In evaluation mode; float32, one input, one output.
        shape: NCHW, of the input to export it with.
        step: Whether the runtime runs it once a time step (see LstmStep) instead of once.
    """

    name: str
    module: nn.Module
    shape: tuple[int, int, int, int]
    step: bool = False


class FeatureColumns(nn.Module):
    """Crops float32 [N, 1, 64, W] -> feature columns [N, channels, 1, T]."""

    def __init__(self, crnn: Crnn):
        super().__init__()
        self.features = crnn.FeatureExtraction
        rows = self.features(torch.zeros(1, 1, CROP_HEIGHT, 2 * CROP_HEIGHT)).shape[2]
        # A pooling of fixed size follows the crop's width, which a mean in the exported graph need not.
        self.mean = nn.AvgPool2d((rows, 1)) if rows > 1 else nn.Identity()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.mean(self.features(image))


class _Step(nn.Module):
    """One time step of a bidirectional layer.

    The backward direction reads its columns from last to first; which column that is, is the runtime's affair.
    """

    def __init__(self, rnn: nn.LSTM | nn.GRU):
        super().__init__()
        self.hidden = rnn.hidden_size
        self.forward_gates = self._recurrent(rnn.weight_hh_l0, rnn.bias_hh_l0)
        self.backward_gates = self._recurrent(rnn.weight_hh_l0_reverse, rnn.bias_hh_l0_reverse)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Advances both directions of N sequences by one column.

        Args:
            x: float32 [1, 12 * hidden, 1, N]: the projected column of the forward direction (four blocks of gates;
                biases included), that of the backward direction, and the state: h forward, h backward, c forward,
                c backward, all zero at the start.

        Returns:
            float32 [1, 4 * hidden, 1, N], the next state; its first half is the layer's output at these columns.
        """
        gates = 4 * self.hidden
        x_forward, x_backward, *state = x.split([gates, gates] + [self.hidden] * 4, dim=1)
        h_forward, h_backward, c_forward, c_backward = state
        h_forward, c_forward = self._cell(x_forward, self.forward_gates(h_forward), h_forward, c_forward)
        h_backward, c_backward = self._cell(x_backward, self.backward_gates(h_backward), h_backward, c_backward)
        return torch.cat([h_forward, h_backward, c_forward, c_backward], dim=1)


class LstmStep(_Step):
    """The step of an LSTM; its gates are i, f, g and o as PyTorch orders them."""

    def _recurrent(self, weight: torch.Tensor, bias: torch.Tensor) -> nn.Conv2d:
        return _pointwise(weight)

    def _cell(self, x: torch.Tensor, recurrent: torch.Tensor, h: torch.Tensor, c: torch.Tensor):
        i, f, g, o = (x + recurrent).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class GruStep(_Step):
    """The step of a GRU in the shape of an LSTM's, so that the runtime needs no second one.

    A GRU has three gates (r, z, n) and one state where an LSTM has four and two: the fourth block of the projected
    gates and the states c are zero. Cho et al., arXiv 1406.1078, with the reset gate behind the recurrent product, as
    PyTorch and cuDNN have it (linear_before_reset of ONNX).
    """

    def _recurrent(self, weight: torch.Tensor, bias: torch.Tensor) -> nn.Conv2d:
        """The recurrent products of all gates, with the bias of n alone."""
        return _pointwise(weight, torch.cat([torch.zeros(2 * self.hidden), bias[2 * self.hidden :]]))

    def _cell(self, x: torch.Tensor, recurrent: torch.Tensor, h: torch.Tensor, c: torch.Tensor):
        x_r, x_z, x_n, _ = x.chunk(4, dim=1)
        h_r, h_z, h_n = recurrent.chunk(3, dim=1)
        z = torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
        return n + z * (h - n), c


def cut(crnn: Crnn, width: int = 320, batch: int = _BATCH) -> tuple[RecognizerPart, ...]:
    """Cuts a recogniser into parts, in the order in which they run.

    Args:
        width: Width in pixels of the crop with which the parts are exported.
    """
    hidden, channels = crnn.shape.hidden, crnn.shape.channels
    first, second = crnn.SequenceModeling
    with torch.no_grad():
        columns = FeatureColumns(crnn).eval()
        crop = (1, 1, CROP_HEIGHT, width)
        steps = columns(torch.zeros(crop)).shape[3]
        return (
            RecognizerPart("features", columns, crop),
            RecognizerPart("project1", _projection(first.rnn), (1, channels, 1, steps)),
            RecognizerPart("step1", LstmStep(first.rnn).eval(), (1, 12 * hidden, 1, batch), step=True),
            RecognizerPart("project2", _join(first.linear, _projection(second.rnn)), (1, 2 * hidden, 1, steps)),
            RecognizerPart("step2", LstmStep(second.rnn).eval(), (1, 12 * hidden, 1, batch), step=True),
            RecognizerPart("head", _join(second.linear, crnn.Prediction), (1, 2 * hidden, 1, steps)),
        )


def cut_layers(
    layers: Sequence[nn.LSTM | nn.GRU], behind: Sequence[Sequence[nn.Module]], columns: int
) -> tuple[RecognizerPart, ...]:
    """The parts of recurrent layers behind each other, without the convolutions before them.

    Args:
        layers: Bidirectional, of one layer each.
        behind: Layers behind each: the linear ones and ReLUs up to the next one or the logits.
    """
    parts: list[RecognizerPart] = []
    before: list[nn.Module] = []
    with torch.no_grad():
        for number, (layer, following) in enumerate(zip(layers, behind, strict=True), 1):
            shape = (1, before[0].in_features if before else layer.input_size, 1, columns)
            parts.append(RecognizerPart(f"project{number}", _chain([*before, _projection(layer)]), shape))
            step = GruStep(layer) if isinstance(layer, nn.GRU) else LstmStep(layer)
            parts.append(RecognizerPart(f"step{number}", step.eval(), (1, 12 * layer.hidden_size, 1, _BATCH), True))
            before = list(following)
            if before and not isinstance(before[0], nn.Linear):  # a shape is known of a linear layer alone
                before.insert(0, _identity(2 * layer.hidden_size))
        if before:
            parts.append(RecognizerPart("head", _chain(before), (1, before[0].in_features, 1, columns)))
    return tuple(parts)


def _identity(channels: int) -> nn.Linear:
    layer = nn.Linear(channels, channels)
    layer.weight.copy_(torch.eye(channels))
    layer.bias.zero_()
    return layer


def _chain(modules: Sequence[nn.Module]) -> nn.Module:
    """Linear layers as 1x1 convolutions, two behind each other as one where that is less work."""
    if len(modules) == 2 and isinstance(modules[0], nn.Linear) and not isinstance(modules[1], nn.ReLU):
        return _join(*modules)
    made = [_pointwise(one.weight, one.bias) if isinstance(one, nn.Linear) else one for one in modules]
    return nn.Sequential(*made).eval()


def networks(
    parts: Sequence[RecognizerPart],
    name: str,
    owner: str,
    fingerprint: str,
    samples: Callable[[int, Sequence[np.ndarray]], list[np.ndarray]],
    first: int = 0,
    quantized: bool = True,
) -> list[PlannedNetwork]:
    """The parts as networks of a plan.

    Convolutions suit fixed scales in int8 models; gates and logits are measured better one column at a time.

    Args:
        samples: Inputs (NHWC) of the part of a stage, given those of stage 0.
    """
    return [
        PlannedNetwork(
            name=f"{name}_{part.name}",
            role="recognizer",
            owner=owner,
            stage=stage,
            shape=part.shape,
            fingerprint=f"{fingerprint} {part.name}",
            write_onnx=functools.partial(export, part.module, part.shape),
            reference=functools.partial(forward, part.module),
            resizable=True,
            step=part.step,
            quantized=quantized,
            int8_as="dynamic" if stage else "int8",
            samples=functools.partial(samples, stage) if stage else None,
        )
        for stage, part in enumerate(parts, first)
    ]


def run(parts: Sequence[RecognizerPart], columns: np.ndarray) -> np.ndarray:
    """Runs parts behind the convolutions as the runtime does.

    Args:
        columns: float32 [N, channels, 1, T].

    Returns:
        float32 [N, T, classes].
    """
    return trace(parts, columns)[1]


def trace(parts: Sequence[RecognizerPart], crops: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Runs the parts as the runtime does and keeps what each of them reads.

    Args:
        crops: float32 [N, 1, 64, W], or what the first of the parts reads.

    Returns:
        One input (NCHW) a part, and the logits [N, T, classes]. Of a step's T inputs as many columns are kept as it
        is exported with, spread evenly over time and crops.
    """
    inputs, x = [], crops
    for part in parts:
        if not part.step:
            inputs.append(x)
            x = forward(part.module, x)
            continue
        seen: list[np.ndarray] = []

        def step(column: np.ndarray, part=part, seen=seen) -> np.ndarray:
            seen.append(column.copy())
            return _nhwc(forward(part.module, _nchw(column)))

        x = _nchw(recurrent.unroll(step, _nhwc(x)))
        columns = np.concatenate([_nchw(column) for column in seen], axis=3)
        chosen = np.linspace(0, columns.shape[3] - 1, part.shape[3]).astype(int)
        inputs.append(np.ascontiguousarray(columns[..., chosen]))
    return inputs, _nhwc(x)[:, 0]


def _nhwc(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 3, 1)


def _nchw(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 3, 1, 2)


def _pointwise(weight: torch.Tensor, bias: torch.Tensor | None = None) -> nn.Conv2d:
    """A linear layer as 1x1 convolution; a zero bias in place of none, which XNNPACK asks for."""
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
    layer.weight.copy_(weight[:, :, None, None])
    layer.bias.copy_(torch.zeros(weight.shape[0]) if bias is None else bias)
    return layer.eval()


def _projection(rnn: nn.LSTM | nn.GRU) -> nn.Conv2d:
    """The part of all four blocks of gates that depends on the input alone; of a GRU the fourth is zero."""
    weights, biases, hidden = [], [], rnn.hidden_size
    for suffix in ("", "_reverse"):
        own, recurrent = getattr(rnn, f"bias_ih_l0{suffix}"), getattr(rnn, f"bias_hh_l0{suffix}")
        weights.append(getattr(rnn, f"weight_ih_l0{suffix}"))
        if isinstance(rnn, nn.GRU):
            # The recurrent bias of n is multiplied by r, so it stays in the step.
            recurrent = torch.cat([recurrent[: 2 * hidden], torch.zeros(hidden)])
            weights.append(torch.zeros(hidden, weights[-1].shape[1]))
            biases += [own + recurrent, torch.zeros(hidden)]
        else:
            biases.append(own + recurrent)
    return _pointwise(torch.cat(weights), torch.cat(biases))


def _join(first: nn.Linear, second: nn.Linear | nn.Conv2d) -> nn.Module:
    """Two linear layers after another, as one matrix where that takes no more multiplications."""
    weight = second.weight.reshape(second.weight.shape[:2])
    inputs, middle, outputs = first.in_features, first.out_features, weight.shape[0]
    if inputs * outputs > inputs * middle + middle * outputs:
        return nn.Sequential(_pointwise(first.weight, first.bias), _pointwise(weight, second.bias)).eval()
    return _pointwise(weight @ first.weight, weight @ first.bias + second.bias)
