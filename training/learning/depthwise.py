"""Depthwise convolutions in float32 during training on a CPU.

The gradient of a depthwise convolution in bfloat16 takes three to five times as long as in float32 where the map is low
or the stride is above one (oneDNN has no fast kernel for it): a fifth of a whole training step of the recogniser.
"""

import torch
from torch import nn
from torch.nn import functional

from training.learning import convolutions


class DepthwiseConv2d(convolutions.AdoptingConv2d):
    """A depthwise convolution that autocast leaves alone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolve(self, x, self.weight)


def convolve(conv: nn.Conv2d, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """What a convolution computes with another kernel of the same shape; on a CPU a depthwise one in float32.

    Args:
        x: [N, C, H, W].
        weight: [out, C / groups, kh, kw].

    Returns:
        [N, out, H', W'] in the type of autocast where that is on, else of x.
    """
    slow = x.device.type == "cpu" and _is_depthwise(conv) and torch.is_autocast_enabled("cpu")
    options = conv.stride, conv.padding, conv.dilation, conv.groups
    if not slow:
        return functional.conv2d(x, weight, conv.bias, *options)
    with torch.autocast("cpu", enabled=False):
        bias = None if conv.bias is None else conv.bias.float()
        y = functional.conv2d(x.float(), weight.float(), bias, *options)
    return y.to(torch.get_autocast_dtype("cpu"))


def exempt(model: nn.Module) -> int:
    """Replaces the plain depthwise convolutions of a network, in place; returns how many were replaced."""
    return convolutions.replace(model, lambda _, __, conv: DepthwiseConv2d(conv) if _is_depthwise(conv) else None)


def _is_depthwise(conv: nn.Conv2d) -> bool:
    return conv.groups == conv.in_channels > 1
