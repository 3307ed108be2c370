"""Training as int8 arithmetic will compute: rounding in the forward pass, none in the backward pass.

Quantization-aware training after Jacob et al. (arXiv 1712.05877, section 3): activations are rounded to 256 levels
between about the least and the largest value of the last hundred batches, kernels symmetrically to 255 levels an
output channel, as the converter will do it. Gradients pass through the rounding (straight-through), and stop outside
the range.
"""

import torch
from torch import nn

from converters.networks.edge_recognizer import Stem
from training.learning import convolutions, depthwise

# Convolutions whose result is stored before anything follows that a kernel computes with them (a fused ReLU): those in
# front of an addition and of the networks' ends.
STORED = frozenset({"reduce", "second", "unfold", "raised", "lateral", "spread", "fuse", "head", "map", "mix"})
_LEVELS = 255
_MOMENTUM = 0.99


class Range:
    """Least and largest value of a tensor; copies of a network share it.

    It grows at once, as the converter's does that keeps the extremes of all its samples, and shrinks as a running mean.
    """

    def __init__(self) -> None:
        self.low = self.high = 0.0
        self.batches = 0

    def __deepcopy__(self, _) -> "Range":
        return self

    def observe(self, x: torch.Tensor) -> None:
        """Takes a batch into account; 0 is always inside, because padding must be exact."""
        low, high = (float(value) for value in torch.aminmax(x.detach()))
        kept = min(_MOMENTUM, self.batches / (self.batches + 1))
        self.low = min(0.0, low, kept * self.low + (1 - kept) * low)
        self.high = max(0.0, high, kept * self.high + (1 - kept) * high)
        self.batches += 1

    def rounded(self, x: torch.Tensor) -> torch.Tensor:
        """The tensor as 8 bits hold it; unchanged while nothing was observed."""
        if self.high <= self.low:
            return x
        scale = (self.high - self.low) / _LEVELS
        zero_point = round(-self.low / scale)
        return torch.fake_quantize_per_tensor_affine(x.float(), scale, zero_point, 0, _LEVELS).to(x.dtype)


class RoundingConv2d(convolutions.AdoptingConv2d):
    """A convolution on rounded activations with rounded kernels."""

    def __init__(self, conv: nn.Conv2d, stored: bool):
        super().__init__(conv)
        self._inputs, self._outputs = Range(), Range() if stored else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = depthwise.convolve(self, self._passed(self._inputs, x), rounded_kernel(self.weight))
        return y if self._outputs is None else self._passed(self._outputs, y)

    def _passed(self, bounds: Range, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            bounds.observe(x)
        return bounds.rounded(x)


def rounded_kernel(weight: torch.Tensor) -> torch.Tensor:
    """A kernel [out, in, kh, kw] in whole multiples, -127 to 127, of a scale an output channel."""
    scale = weight.detach().abs().amax((1, 2, 3)).clamp(min=1e-8).float() / 127
    zeros = torch.zeros(len(scale), dtype=torch.int32, device=weight.device)
    return torch.fake_quantize_per_channel_affine(weight, scale, zeros, 0, -127, 127)


def simulate(model: nn.Module) -> int:
    """Replaces the convolutions of a network by rounding ones, in place.

    Its parameters and their names stay. While it is in training mode the ranges of its activations are observed; in
    evaluation mode they are used as they are. A deep copy uses the ranges of its original.

    Returns:
        How many convolutions were replaced.
    """

    def rounding(parent: nn.Module, name: str, conv: nn.Conv2d) -> RoundingConv2d:
        inside_list = isinstance(parent, nn.ModuleList)
        stored = name in STORED or inside_list and _name_of(model, parent) in STORED
        return RoundingConv2d(conv, stored and not isinstance(parent, Stem))  # a stem's are followed by a fused ReLU

    return convolutions.replace(model, rounding)


def _name_of(model: nn.Module, wanted: nn.Module) -> str:
    return next(name.rpartition(".")[2] for name, module in model.named_modules() if module is wanted)
