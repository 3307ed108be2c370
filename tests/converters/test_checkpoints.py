"""Checkpoints that are what they say, and all the ways in which they are not."""

import os
import pickle
import random
import zipfile

import pytest
import torch

from converters import checkpoints
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


@pytest.mark.parametrize("kind", ["sparse", "without values", "quantized"])
def test_tensors_that_no_layer_takes_are_refused(kind, tmp_path):
    tensor = torch.arange(12.0).reshape(3, 4)
    odd = {
        "sparse": tensor.to_sparse(),
        "without values": torch.empty(3, 4, device="meta"),
        "quantized": torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
    }[kind]
    torch.save({"weight": odd}, tmp_path / "odd.pth")
    with pytest.raises(ConversionError, match=f"'weight', which is {kind}"):
        checkpoints.load_state_dict(tmp_path / "odd.pth")


@pytest.mark.parametrize("name", [5, None, (1, 2), 1.5])
def test_names_that_are_none_are_refused(name, tmp_path):
    torch.save({name: torch.zeros(2)}, tmp_path / "odd.pth")
    with pytest.raises(ConversionError, match="tensors by name"):
        checkpoints.load_state_dict(tmp_path / "odd.pth")


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before(tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "good.pth")
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(tmp_path / "good.pth") as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for entry in good.infolist():
            bomb.writestr(entry.filename, bytes(100 << 20) if "/data/" in entry.filename else good.read(entry))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ConversionError, match="unpacks to"):
        checkpoints.load(path)
    os.mkfifo(tmp_path / "fifo.pth")
    with pytest.raises(ConversionError, match="a pipe, no regular file"):
        checkpoints.load(tmp_path / "fifo.pth")


def test_damaged_checkpoints_raise_nothing_else(tmp_path):
    torch.save({"weight": torch.zeros(3), "bias": torch.ones(2)}, tmp_path / "good.pth")
    data, path, rng = (tmp_path / "good.pth").read_bytes(), tmp_path / "damaged.pth", random.Random(1)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(rng.choice((1, 3))):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        path.write_bytes(bytes(broken[: rng.choice((len(broken), rng.randrange(1, len(broken))))]))
        try:
            checkpoints.load_state_dict(path)
        except ConversionError as error:
            assert str(error).isprintable()
