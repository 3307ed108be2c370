"""Puts ReLU in the place of GELU, so that almost the same comes out.

What reaches a GELU in the teacher lies within one unit around 0, where GELU is nearly a parabola and ReLU is not like
it at all: the difference has several times the variance of what GELU gives. But p ReLU(x + q) + r, with p, q and r
fitted for each channel, leaves a few percent of that variance, and the convolutions before and behind take up all
three: nothing is added to the network.
"""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import nn
from torch.nn import functional

from converters.networks.edge_recognizer import RecognizerBlock

_SHIFTS = torch.linspace(-1.5, 4.0, 45)  # tried for q, in standard deviations of the channel
_ROWS = 20_000  # places that a fit is made on


@torch.no_grad()
def fit(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Scale p, shift q and offset r, [C] each, that bring p ReLU(x + q) + r nearest to GELU(x) by least squares.

    Args:
        values: float32 [N, C], what reaches the channels.
    """
    wanted = functional.gelu(values)
    best = None
    for shift in _SHIFTS.to(values)[:, None] * values.std(0):
        bent = functional.relu(values + shift)
        middle, aim = bent.mean(0), wanted.mean(0)
        scale = ((bent - middle) * (wanted - aim)).mean(0) / bent.var(0, unbiased=False).clamp(min=1e-9)
        offset = aim - scale * middle
        error = (scale * bent + offset - wanted).square().mean(0)
        found = error, scale, shift, offset
        if best is not None:
            found = tuple(torch.where(error < best[0], new, old) for new, old in zip(found, best, strict=True))
        best = found
    return best[1:]


@torch.no_grad()
def expanded(block: RecognizerBlock, inputs: Sequence[torch.Tensor], count: int) -> torch.Tensor:
    """What reaches a block's activation at `count` places (or all there are), the same ones each time, [count, C].

    Args:
        inputs: float32 [N, C, H, W] each, what the block is given.
        count: Drawn at random from all places of all inputs.
    """
    rows = torch.cat([block.expand(block.gate(block.mix(x))).permute(0, 2, 3, 1).flatten(0, 2) for x in inputs])
    return rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:count]]


@torch.no_grad()
def replace(block: RecognizerBlock, inputs: Sequence[torch.Tensor]) -> None:
    """Makes a block with GELU one with ReLU, in place.

    Args:
        inputs: float32 [N, C, H, W] each, what the block is given.
    """
    scale, shift, offset = fit(expanded(block, inputs, _ROWS).float())
    block.expand.bias += shift
    block.reduce.bias += block.reduce.weight[:, :, 0, 0] @ offset
    block.reduce.weight *= scale[:, None, None]
    block.activation = nn.ReLU()


@torch.no_grad()
def gate_means(
    run: Callable[[torch.Tensor], object], gates: Iterable[nn.Module], factors: str, inputs: Sequence[torch.Tensor]
) -> dict[nn.Module, torch.Tensor]:
    """The mean factor of each channel of each gate, [C], over all pictures.

    Args:
        run: Computes a network that holds the gates.
        gates: What is looked at.
        factors: Name of their method from their input to factors [N, C, 1, 1].
        inputs: float32 [N, 3, H, W] each.
    """
    seen: dict[nn.Module, list[torch.Tensor]] = {}

    def note(gate: nn.Module, given: tuple[torch.Tensor], _) -> None:
        seen.setdefault(gate, []).append(getattr(gate, factors)(given[0]).flatten(1))

    hooks = [gate.register_forward_hook(note) for gate in gates]
    for x in inputs:
        run(x)
    for hook in hooks:
        hook.remove()
    return {gate: torch.cat(found).mean(0) for gate, found in seen.items()}
