import dataclasses

import pytest
import torch
from torch import nn

from converters.networks.edge_recognizer import EdgeRecognizer, Features, RecognizerShape
from training import halving

SHAPE = RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(1, 1, 2), gated=((), (), (0,)), neck=8, neck_blocks=1)
HALVED = dataclasses.replace(SHAPE, last_columns=8)


def stage(shape=SHAPE):
    torch.manual_seed(0)
    return Features(shape).stages[-1].requires_grad_(False)


def pairs(x):
    return nn.functional.avg_pool2d(x, (1, 2))


@pytest.fixture
def x():
    return torch.randn(2, 6, 4, 20, generator=torch.Generator().manual_seed(1))


def test_the_strided_convolution_gives_the_averages_of_pairs(x):
    found, before = stage(), stage()
    halving.halve(found)
    torch.testing.assert_close(found[0].mix(x), pairs(before[0].mix(x)))
    assert not halving.is_halved(before) and halving.is_halved(found)
    assert not found[0].mix.weight.requires_grad


def test_a_convolution_over_equal_pairs_gives_the_averages_of_pairs():
    found, before = stage(), stage()
    halving.halve(found)
    doubled = torch.randn(2, 8, 2, 9).repeat_interleave(2, -1)
    expected = pairs(before[1].mix(doubled))
    torch.testing.assert_close(found[1].mix(pairs(doubled)), expected)
    assert not torch.allclose(before[1].mix(pairs(doubled)), expected, atol=1e-3)  # the kernel as it was


def test_the_weights_fit_a_network_of_that_shape():
    whole, small = EdgeRecognizer(5, SHAPE), EdgeRecognizer(5, HALVED)
    halving.halve(whole.features.stages[-1])
    small.load_state_dict(whole.state_dict())
    image = torch.rand(1, 3, 32, 72)
    assert small(image).shape == EdgeRecognizer(5, SHAPE)(image).shape == (1, 5, 1, 9)
    torch.testing.assert_close(small.features(image), whole.features(image))
