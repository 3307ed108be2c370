"""ReLU fitted to GELU."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from converters.networks.edge_recognizer import RecognizerBlock
from training.teacher import relu_fit


def test_the_fit_is_the_best_of_its_kind():
    """Against a search over all three numbers, where GELU is far from ReLU and where it is nearly one."""
    random = torch.Generator().manual_seed(0)
    values = torch.stack([torch.randn(800, generator=random) * spread for spread in (0.3, 4.0)], 1)
    scale, shift, offset = relu_fit.fit(values)
    for channel in range(2):
        column = values[:, channel]
        wanted = functional.gelu(column)
        found = (scale[channel] * functional.relu(column + shift[channel]) + offset[channel] - wanted).square().mean()
        grid = min(
            float((p * functional.relu(column + q * column.std()) + r - wanted).square().mean())
            for p in (0.3, 0.45, 0.6, 0.8, 1.0)
            for q in (-0.2, 0, 0.2, 0.7, 1.2, 2.0)
            for r in (-0.4, -0.2, 0, 0.1)
        )
        assert found <= grid
        assert found < 0.1 * wanted.var()
    plain = (functional.relu(values[:, 0]) - functional.gelu(values[:, 0])).square().mean()
    fitted = (scale[0] * functional.relu(values[:, 0] + shift[0]) + offset[0] - functional.gelu(values[:, 0])).square()
    assert plain > 5 * fitted.mean()


@pytest.mark.parametrize("gated", [False, True])
def test_the_convolutions_of_a_block_take_up_the_fit(gated):
    torch.manual_seed(0)
    block = RecognizerBlock(6, 6, 12, nn.GELU, gated).requires_grad_(False)
    inputs = [torch.randn(1, 6, 8, width) for width in (30, 50)]
    expected = torch.cat([block(x).flatten() for x in inputs])
    without = copy.deepcopy(block)
    without.activation = nn.ReLU()
    relu_fit.replace(block, inputs)
    assert isinstance(block.activation, nn.ReLU)
    changed = expected - torch.cat([x.flatten() for x in inputs])  # a residual block: what it adds
    errors = [
        float((torch.cat([one(x).flatten() for x in inputs]) - expected).square().mean() / changed.var())
        for one in (block, without)
    ]
    assert errors[0] < 0.01 and errors[1] > 5 * errors[0]
