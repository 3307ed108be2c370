import itertools

import pytest
import torch
from torch import nn

from converters.networks.edge_recognizer import EdgeRecognizer, Features, RecognizerBlock, RecognizerShape
from training.teacher import thinning


@pytest.fixture
def rows():
    mixing = torch.randn(6, 6, generator=torch.Generator().manual_seed(2)).double()
    return torch.randn(4000, 6, generator=torch.Generator().manual_seed(3)).double() @ mixing


def covariance(rows):
    return (rows - rows.mean(0)).T @ (rows - rows.mean(0)) / len(rows)


def best_of(rows, weight, kept):
    """What the columns that are kept become by least squares, and the squared error."""
    centred = rows - rows.mean(0)
    wanted = centred @ weight.T
    solved = torch.linalg.lstsq(centred[:, list(kept)], wanted).solution.T
    return solved, float((wanted - centred[:, list(kept)] @ solved.T).square().sum())


def test_the_first_to_go_is_the_one_that_brute_force_finds(rows):
    weight = torch.randn(3, 6, generator=torch.Generator().manual_seed(4)).double()
    kept, solved = thinning.choose(covariance(rows), weight, 5)
    errors = {sub: best_of(rows, weight, sub)[1] for sub in itertools.combinations(range(6), 5)}
    best = min(errors, key=errors.get)
    assert tuple(kept.tolist()) == best
    assert max(errors.values()) > 2 * errors[best]
    torch.testing.assert_close(solved, best_of(rows, weight, best)[0], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_what_stays_makes_up_for_what_went(rows, count):
    weight = torch.randn(3, 6, generator=torch.Generator().manual_seed(4)).double()
    kept, solved = thinning.choose(covariance(rows), weight, count)
    assert len(kept) == count and kept.tolist() == sorted(set(kept.tolist()))
    torch.testing.assert_close(solved, best_of(rows, weight, kept.tolist())[0], rtol=1e-3, atol=1e-3)
    assert not torch.allclose(solved, weight[:, kept], rtol=1e-2)  # cut without making up for it


def block(inner=12, gated=True):
    torch.manual_seed(0)
    return RecognizerBlock(8, 8, inner, nn.ReLU, gated=gated).requires_grad_(False)


def test_a_channel_that_repeats_another_and_one_that_never_speaks_cost_nothing():
    found = block()
    found.expand.weight[3], found.expand.bias[3] = 2 * found.expand.weight[7], 2 * found.expand.bias[7]
    found.expand.bias[5] = -1e3
    x = torch.randn(4, 8, 4, 20)
    expected = found(x)
    thinning.thin(found, [x], 10)
    assert found.expand.weight.shape == (10, 8, 1, 1) and found.reduce.weight.shape == (8, 10, 1, 1)
    torch.testing.assert_close(found(x), expected, rtol=1e-3, atol=1e-3)
    assert not found.reduce.weight.requires_grad


def test_less_is_lost_than_by_cutting():
    x = torch.randn(4, 8, 4, 50)
    found, cut = block(), block()
    expected = found(x)
    thinning.thin(found, [x], 6)
    cut.expand.weight[6:], cut.expand.bias[6:] = 0, 0
    assert (found(x) - expected).square().mean() < 0.3 * (cut(x) - expected).square().mean()


def test_a_block_that_is_thin_enough_stays():
    found = block(4)
    before = {name: value.clone() for name, value in found.state_dict().items()}
    thinning.thin(found, [torch.randn(1, 8, 4, 4)], 4)
    assert all(torch.equal(value, before[name]) for name, value in found.state_dict().items())


def test_features_get_the_numbers_of_others():
    shapes = [
        RecognizerShape(stem=4, channels=(4, 6, 8), blocks=(1, 2, 1), gated=((), (0,), ()), expansion=e) for e in (2, 1)
    ]
    torch.manual_seed(0)
    found, like = (Features(shape) for shape in shapes)
    images = [torch.rand(1, 3, 32, 40) * 2 - 1]
    before = found(images[0])
    thinning.thin_all(found, images, like)
    like.load_state_dict(found.state_dict())
    torch.testing.assert_close(like(images[0]), found(images[0]))
    assert ((found(images[0]) - before).square().mean() / before.var()).item() < 0.5
    assert EdgeRecognizer(5, shapes[1]).features.load_state_dict(found.state_dict())
