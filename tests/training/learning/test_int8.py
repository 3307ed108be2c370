import copy

import pytest
import torch
from torch import nn

from converters.networks.edge_detector import DetectorShape, EdgeDetector
from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape
from training.learning import int8

SHAPE = RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(1, 1, 1), neck=8, neck_blocks=1)


def test_kernels_have_127_steps_a_channel():
    weight = torch.tensor([1.27, 0.014, -0.5, -127.0, 50.4, 0.2]).reshape(2, 3, 1, 1)
    found = int8.rounded_kernel(weight).flatten().tolist()
    assert found == pytest.approx([1.27, 0.01, -0.5, -127, 50, 0])


def test_ranges_follow_the_batches_and_hold_zero():
    bounds = int8.Range()
    x = torch.tensor([0.3, 7.0])
    assert bounds.rounded(x) is x
    bounds.observe(torch.tensor([2.0, 51.0]))
    assert (bounds.low, bounds.high) == (0, 51)  # of 0.2 a step
    assert bounds.rounded(torch.tensor([0.31, 7.0, 60.0, -3.0])).tolist() == pytest.approx([0.4, 7, 51, 0])
    bounds.observe(torch.tensor([-2.0, 49.0]))
    assert (bounds.low, bounds.high) == (-2, 50)


def test_gradients_pass_inside_the_range_alone():
    bounds = int8.Range()
    bounds.observe(torch.tensor([-1.0, 1.0]))
    x = torch.tensor([-3.0, 0.123, 5.0], requires_grad=True)
    bounds.rounded(x).sum().backward()
    assert x.grad.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "network",
    [
        lambda: EdgeRecognizer(11, SHAPE),
        lambda: EdgeDetector(DetectorShape(channels=(4, 6, 8, 8), blocks=(1, 1, 1, 1))),
    ],
)
def test_a_network_keeps_its_parameters_and_almost_its_function(network):
    torch.manual_seed(0)
    model = network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = torch.rand(2, 3, 32, 64) * 2 - 1
    with torch.no_grad():
        wanted = model(x)
    convolutions = sum(isinstance(module, nn.Conv2d) for module in model.modules())
    assert int8.simulate(model) == convolutions
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert before.keys() == model.state_dict().keys()
    with torch.no_grad():
        found = model.train()(x)
    error = float((found - wanted).abs().max() / wanted.abs().max())
    assert 1e-4 < error < 0.1


def test_copies_use_the_ranges_of_their_original():
    model = nn.Sequential(nn.Conv2d(1, 1, 1))
    nn.init.ones_(model[0].weight)
    nn.init.zeros_(model[0].bias)
    int8.simulate(model)
    average = copy.deepcopy(model).eval()
    x = torch.tensor([0.0, 0.31, 51.0]).reshape(1, 1, 1, 3)
    assert average(x).flatten().tolist() == pytest.approx([0, 0.31, 51])  # nothing observed yet
    model(x)
    assert average(x).flatten().tolist() == pytest.approx([0, 0.4, 51])
    average(100 * x)
    assert model[0]._inputs.high == 51  # evaluation observes nothing


def test_learning_moves_a_weight_that_rounding_would_lose():
    """The target needs a small weight beside a large one in the same channel: too fine for its steps."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 1, 1, bias=False))
    with torch.no_grad():
        model[0].weight[:] = torch.tensor([127.0, 0.4]).reshape(1, 2, 1, 1)
    int8.simulate(model)
    x = torch.zeros(1, 2, 1, 1)
    x[0, 1] = 1.0
    assert model(x).item() == 0
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(20):
        optimizer.zero_grad()
        ((model(x) - 0.9) ** 2).sum().backward()
        optimizer.step()
    assert model(x).item() == pytest.approx(1.0)


def test_what_a_fused_relu_follows_is_not_rounded_before_it():
    model = EdgeRecognizer(11, SHAPE)
    int8.simulate(model)
    assert model.features.stem.second._outputs is None
    assert model.features.stages[0][0].reduce._outputs is not None
    assert model.features.stages[0][0].expand._outputs is None
