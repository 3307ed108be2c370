import copy

import pytest
import torch
from torch import nn

from training.learning import depthwise


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, (2, 1), padding=1, groups=8), nn.Conv2d(8, 4, 1))


def test_the_same_values_parameters_and_gradients(model):
    plain, x = copy.deepcopy(model), torch.randn(2, 3, 10, 12)
    assert depthwise.exempt(model) == 1
    assert type(model[1]) is depthwise.DepthwiseConv2d and type(model[0]) is type(model[2]) is nn.Conv2d
    assert list(model.state_dict()) == list(plain.state_dict())
    for net in (model, plain):
        net(x).square().sum().backward()
    torch.testing.assert_close(model(x), plain(x))
    torch.testing.assert_close(model[1].weight.grad, plain[1].weight.grad)


def test_under_autocast_it_computes_in_float32_and_hands_on_bfloat16(model):
    conv, x = model[1], torch.randn(2, 8, 10, 12)
    rounded = conv(x)
    with torch.autocast("cpu", torch.bfloat16):
        kept = depthwise.convolve(conv, x, conv.weight)
        lossy = conv(x.bfloat16())
    assert kept.dtype == torch.bfloat16
    assert (kept - rounded).abs().max() <= rounded.abs().max() / 256  # rounded once, at the end
    assert (lossy - rounded).abs().mean() > (kept - rounded).abs().mean()


def test_dense_convolutions_stay_in_bfloat16(model):
    with torch.autocast("cpu", torch.bfloat16):
        found = depthwise.convolve(model[0], torch.randn(1, 3, 8, 8), model[0].weight)
    assert found.dtype == torch.bfloat16
