"""Halves the number of columns of a stage whose result is averaged over pairs of columns anyway.

The average of a pair comes out of the first, strided convolution: the mean of the kernel and of the kernel one column
further. In the convolutions after it a place stands for the two columns of a pair, as if both had the pair's average.
What lies between the convolutions is not linear, so this is a start to learn from and not the same network.
"""

import torch
from torch import nn

from converters.networks.edge_recognizer import Block


def is_halved(stage: nn.Sequential) -> bool:
    """Whether the first block of a stage halves the columns."""
    return stage[0].mix.stride[1] == 2


@torch.no_grad()
def halve(stage: nn.Sequential) -> None:
    """Makes the first block of a stage halve the columns, in place.

    Args:
        stage: Blocks of which the first has a stride of (2, 1) and the others of 1, all with 3x3 kernels.
    """
    first, *others = stage
    first.mix = _strided(first.mix)
    for block in others:
        _pair(block)


def _strided(conv: nn.Conv2d) -> nn.Conv2d:
    """Gives the averages of the pairs of columns that a convolution gives."""
    found = nn.Conv2d(
        conv.in_channels, conv.out_channels, (3, 4), (conv.stride[0], 2), padding=1, groups=conv.groups
    ).to(conv.weight)
    found.weight.zero_()
    found.weight[..., :3] += conv.weight / 2
    found.weight[..., 1:] += conv.weight / 2
    found.bias.copy_(conv.bias)
    return found.requires_grad_(conv.weight.requires_grad)


def _pair(block: Block) -> None:
    """A kernel over columns of which both of a pair are equal: half of each side falls into the pair itself."""
    left, middle, right = block.mix.weight.unbind(-1)
    block.mix.weight.copy_(torch.stack([left / 2, middle + (left + right) / 2, right / 2], -1))
