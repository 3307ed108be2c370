"""A CRNN cut into networks that XNNPACK runs whole: convolutions, row-wise linear layers and LSTM steps.

TensorFlow Lite's own sequence operators run outside XNNPACK, one crop at a time (about 7 ms a crop and
layer pair); an unrolled graph packs its weights once a step. So the recurrence is a network of ONE time
step for a batch of crops and both directions, which the runtime runs T times, and everything that
does not depend on the step before is a matrix product over all columns at once:

    features -> project1 -> [step1 x T] -> project2 -> [step2 x T] -> head

The cut is exact: the parts compute what `Crnn.forward` does, up to the order of float additions. LSTM
equations: Hochreiter & Schmidhuber 1997 with forget gate (Gers et al. 2000); gates in PyTorch's order i, f, g, o.
"""

from dataclasses import dataclass

import torch
from torch import nn

from converters.networks.crnn import CROP_HEIGHT, Crnn


@dataclass(frozen=True)
class Part:
    """One network of the cut recogniser.

    Attributes:
        name: Unique within a recogniser.
        kind: "convolution" (image -> feature columns), "rows" (every row of a matrix on its own) or
            "recurrent" (one time step, see LstmStep.forward).
        module: In evaluation mode; float32, one input, one output.
        shape: Of the input to export it with; only channels (and the height of crops) are fixed in the result.
    """

    name: str
    kind: str
    module: nn.Module
    shape: tuple[int, ...]


class FeatureColumns(nn.Module):
    """Crops float32 [N, 1, 64, W] -> feature columns [N, channels, 1, T]."""

    def __init__(self, crnn: Crnn):
        super().__init__()
        self.features = crnn.FeatureExtraction
        rows = self.features(torch.zeros(1, 1, CROP_HEIGHT, 2 * CROP_HEIGHT)).shape[2]
        # An average pooling of fixed size follows the crop's width; a mean over an axis is the same.
        self.mean = nn.AvgPool2d((rows, 1)) if rows > 1 else nn.Identity()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.mean(self.features(image))


class LstmStep(nn.Module):
    """One time step of a bidirectional LSTM layer for N sequences.

    The backward direction reads its columns from last to first; which column that is, is the runtime's affair.
    """

    def __init__(self, rnn: nn.LSTM):
        super().__init__()
        self.hidden = rnn.hidden_size
        self.forward_gates = _linear(rnn.weight_hh_l0)
        self.backward_gates = _linear(rnn.weight_hh_l0_reverse)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Advances both directions by one column.

        Args:
            x: float32 [N, 12 * hidden]: the projected column of the forward direction (gates i, f, g, o;
                biases included), that of the backward direction, and the state: h forward, h backward,
                c forward, c backward, all zero at the start.

        Returns:
            float32 [N, 4 * hidden], the next state; its first half is the layer's output at these columns.
        """
        gates = 4 * self.hidden
        x_forward, x_backward, *state = x.split([gates, gates] + [self.hidden] * 4, dim=1)
        h_forward, h_backward, c_forward, c_backward = state
        h_forward, c_forward = _cell(x_forward + self.forward_gates(h_forward), c_forward)
        h_backward, c_backward = _cell(x_backward + self.backward_gates(h_backward), c_backward)
        return torch.cat([h_forward, h_backward, c_forward, c_backward], dim=1)


def cut(crnn: Crnn, width: int = 320, batch: int = 8) -> tuple[Part, ...]:
    """Cuts a recogniser into parts, in the order in which they run.

    Args:
        crnn: In evaluation mode.
        width: Width in pixels of the crop with which the convolutional part is exported.
        batch: Crops with which the recurrent parts are exported.
    """
    hidden, channels = crnn.shape.hidden, crnn.shape.channels
    first, second = crnn.SequenceModeling
    with torch.no_grad():
        columns = FeatureColumns(crnn).eval()
        crop = (1, 1, CROP_HEIGHT, width)
        rows = columns(torch.zeros(crop)).shape[3] * batch
        return (
            Part("features", "convolution", columns, crop),
            Part("project1", "rows", _projection(first.rnn), (rows, channels)),
            Part("step1", "recurrent", LstmStep(first.rnn).eval(), (batch, 12 * hidden)),
            Part("project2", "rows", _join(first.linear, _projection(second.rnn)), (rows, 2 * hidden)),
            Part("step2", "recurrent", LstmStep(second.rnn).eval(), (batch, 12 * hidden)),
            Part("head", "rows", _join(second.linear, crnn.Prediction), (rows, 2 * hidden)),
        )


def _cell(gates: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    i, f, g, o = gates.chunk(4, dim=1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def _linear(weight: torch.Tensor, bias: torch.Tensor | None = None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.copy_(weight)
    if bias is not None:
        layer.bias.copy_(bias)
    return layer


def _projection(rnn: nn.LSTM) -> nn.Linear:
    """The part of all gates that depends on the input alone, both biases of PyTorch's LSTM included."""
    weight = torch.cat([rnn.weight_ih_l0, rnn.weight_ih_l0_reverse])
    bias = torch.cat([rnn.bias_ih_l0 + rnn.bias_hh_l0, rnn.bias_ih_l0_reverse + rnn.bias_hh_l0_reverse])
    return _linear(weight, bias)


def _join(first: nn.Linear, second: nn.Linear) -> nn.Module:
    """Two linear layers after another, as one matrix where that takes no more multiplications."""
    joint = first.in_features * second.out_features
    apart = first.in_features * first.out_features + first.out_features * second.out_features
    if joint > apart:
        return nn.Sequential(first, second)
    return _linear(second.weight @ first.weight, second.weight @ first.bias + second.bias)
