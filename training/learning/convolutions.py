"""Convolutions that take the place of a network's own for its training."""

from collections.abc import Callable

from torch import nn


class AdoptingConv2d(nn.Conv2d):
    """A convolution with the parameters of another one, by the same names: state dicts stay what they were."""

    def __init__(self, conv: nn.Conv2d):
        sizes = conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation
        super().__init__(*sizes, conv.groups, device="meta")
        self.weight, self.bias = conv.weight, conv.bias
        self.train(conv.training)


def replace(model: nn.Module, made: Callable[[nn.Module, str, nn.Conv2d], nn.Conv2d | None]) -> int:
    """Replaces plain convolutions of a network, in place; returns how many were replaced.

    Args:
        model: The network; convolutions of other classes stay.
        made: From the parent, the name in it and the convolution to what takes its place; None to let it stay.
    """
    found = [
        (parent, name, new)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is nn.Conv2d and (new := made(parent, name, child)) is not None
    ]
    for parent, name, new in found:
        setattr(parent, name, new)
    return len(found)
