"""Checkpoints that are what they say, and all the ways in which they are not."""

import pickle

import pytest
import torch

from converters.checkpoints import load_into, load_state_dict
from converters.errors import ConversionError


def network():
    return torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def saved(request, tmp_path):
    """A function that saves something in one of torch's two formats."""

    def save(value):
        path = tmp_path / "weights.pth"
        torch.save(value, path, _use_new_zipfile_serialization=request.param)
        return path

    return save


@pytest.mark.parametrize("prefix", ["", "module."])
def test_weights_arrive(saved, prefix):
    source = network()
    path = saved({prefix + name: tensor for name, tensor in source.state_dict().items()})
    target = load_into(network(), load_state_dict(path), "toy")
    assert not target.training
    for name, tensor in source.state_dict().items():
        assert torch.equal(target.state_dict()[name], tensor)


def test_checkpoints_older_than_the_batch_counter_load(saved):
    state = {name: t for name, t in network().state_dict().items() if not name.endswith("num_batches_tracked")}
    load_into(network(), load_state_dict(saved(state)), "toy")


@pytest.mark.parametrize("keep", [0, 1, 100, -200])
def test_truncated(saved, keep):
    path = saved(network().state_dict())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ConversionError, match="damaged or truncated"):
        load_state_dict(path)


def test_missing_file_and_other_file(tmp_path):
    with pytest.raises(ConversionError, match="found none"):
        load_state_dict(tmp_path / "nothing.pth")
    path = tmp_path / "text.pth"
    path.write_text("not a checkpoint\n" * 50)
    with pytest.raises(ConversionError, match="damaged"):
        load_state_dict(path)


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_code_in_a_pickle_does_not_run(saved, tmp_path):
    mark = tmp_path / "ran"
    path = saved({"weight": torch.zeros(1), "extra": Bomb(mark)})
    with pytest.raises(ConversionError, match="would run code") as caught:
        load_state_dict(path)
    assert caught.value.exit_code == 7
    plain = tmp_path / "plain.pth"
    plain.write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(ConversionError):
        load_state_dict(plain)
    assert not mark.exists()


def test_a_whole_network_is_refused_like_any_code(saved):
    with pytest.raises(ConversionError, match="would run code"):
        load_state_dict(saved(network()))


@pytest.mark.parametrize("value", [[torch.zeros(1)], {}, {"epoch": 3}, torch.zeros(2)])
def test_no_state_dict(saved, value):
    with pytest.raises(ConversionError, match="state dict"):
        load_state_dict(saved(value))


def test_missing_unknown_and_reshaped_parameters_are_named():
    state = network().state_dict()
    state["2.scale"] = state.pop("2.weight")
    state["0.weight"] = torch.zeros(4, 1, 5, 5)
    with pytest.raises(ConversionError) as caught:
        load_into(network(), state, "toy.pth")
    for part in ("toy.pth", "1 missing (2.weight)", "1 unknown (2.scale)", "(4, 1, 5, 5) instead of (4, 1, 3, 3)"):
        assert part in str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(value):
    state = network().state_dict()
    state["0.bias"][1] = value
    with pytest.raises(ConversionError, match="0.bias"):
        load_into(network(), state, "toy")
