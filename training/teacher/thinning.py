"""Takes channels out from inside a block so that what it gives changes least.

Optimal Brain Surgeon (Hassibi and Stork 1993) for least squares: of all channels the one goes whose loss the others can
make up for best, they make up for it, and so on. Nothing is trained here, but little is lost: a quarter of the channels
costs 0.5 to 4 % of the variance of what a block adds.
"""

from collections.abc import Sequence

import torch
from torch import nn

from converters.networks.edge_recognizer import Features, RecognizerBlock
from training.teacher import relu_fit

_ROWS = 30_000  # places that channels are compared on


@torch.no_grad()
def thin(block: RecognizerBlock, inputs: Sequence[torch.Tensor], inner: int) -> None:
    """Leaves this many channels inside a block, in place; one that has no more is left as it is.

    Args:
        inputs: float32 [N, C, H, W] each, what the block is given.
        inner: Channels that stay.
    """
    if block.expand.out_channels <= inner:
        return
    rows = block.activation(relu_fit.expanded(block, inputs, _ROWS)).double()
    mean = rows.mean(0)
    weight = block.reduce.weight[:, :, 0, 0].double()
    kept, solved = choose((rows - mean).T @ (rows - mean) / len(rows), weight, inner)
    block.reduce.bias += (weight @ mean - solved @ mean[kept]).to(block.reduce.bias)
    for conv, name, values in (
        (block.reduce, "weight", solved[:, :, None, None].to(block.reduce.weight)),
        (block.expand, "weight", block.expand.weight[kept]),
        (block.expand, "bias", block.expand.bias[kept]),
    ):
        setattr(conv, name, nn.Parameter(values, requires_grad=getattr(conv, name).requires_grad))
    block.expand.out_channels = block.reduce.in_channels = inner


@torch.no_grad()
def thin_all(features: Features, images: Sequence[torch.Tensor], like: Features) -> None:
    """Leaves as many channels inside the blocks of features as others of as many blocks have, in place.

    Args:
        features: Their weights change, block after block, on what the ones before it give by then.
        images: float32 [N, 3, H, W] in [-1, 1] each.
    """
    inputs = [features.stem(x) for x in images]
    for stage, others in zip(features.stages, like.stages, strict=True):
        for block, other in zip(stage, others, strict=True):
            thin(block, inputs, other.expand.out_channels)
            inputs = [block(x) for x in inputs]


def choose(covariance: torch.Tensor, weight: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The columns of a matrix that stay, and what they become so that its product with a random vector changes least.

    Args:
        covariance: float64 [C, C], of the vector.
        weight: float64 [D, C].
        count: Columns that stay.

    Returns:
        Their indices, ascending, [count], and their new values, [D, count].
    """
    weight = weight.clone()
    ridge = 1e-6 * covariance.diag().mean().clamp(min=1e-12)
    inverse = torch.linalg.inv(covariance + ridge * torch.eye(len(covariance)).to(covariance))
    here = torch.ones(len(covariance), dtype=torch.bool)
    for _ in range(len(covariance) - count):
        scale = torch.where(here, inverse.diag(), 1.0)
        loss = torch.where(here, weight.square().sum(0) / scale, torch.inf)
        gone = int(loss.argmin())
        row = inverse[gone] / scale[gone]
        weight -= weight[:, gone, None] * row
        inverse -= inverse[:, gone, None] * row
        here[gone] = False
    kept = here.nonzero().flatten()
    return kept, weight[:, kept]
