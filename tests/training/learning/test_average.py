import pytest
import torch

from converters import edge_weights
from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape
from training.__main__ import main

SMALL = RecognizerShape(stem=4, channels=(8, 8, 8), blocks=(1, 1, 1), neck=8, neck_blocks=1)
CHARSET = ("", "a", "b")


def write(path, seed, shape=SMALL, charset=CHARSET):
    torch.manual_seed(seed)
    with path.open("wb") as file:
        edge_weights.save(file, EdgeRecognizer(len(charset), shape), edge_weights.RECOGNIZER, charset)
    return path


def test_the_mean_of_three(tmp_path):
    paths = [write(tmp_path / f"{seed}.pt", seed) for seed in range(3)]
    target = tmp_path / "mean.pt"
    assert main(["average", *map(str, paths), "--out", str(target)]) == 0
    states = [edge_weights.recognizer(path)[0].state_dict() for path in paths]
    found, charset = edge_weights.recognizer(target)
    assert charset == CHARSET
    for name, value in found.state_dict().items():
        mean = (states[0][name] + states[1][name] + states[2][name]) / 3
        torch.testing.assert_close(value, mean, rtol=3e-3, atol=1e-4)  # rounded to nine bits when written
        assert not torch.allclose(value, states[0][name], rtol=3e-3, atol=1e-4)


def test_shares_of_each_and_a_network_of_fewer_frames(tmp_path):
    two = RecognizerShape(**vars(SMALL) | {"frames": 2})
    new, old = write(tmp_path / "new.pt", 0, two, ("", "a", "b", "c")), write(tmp_path / "old.pt", 1)
    target = tmp_path / "mean.pt"
    given = ["average", str(new), str(old), "--shares", "0.75", "0.25", "--out", str(target)]
    assert main(given) == 0
    found, charset = edge_weights.recognizer(target)
    assert charset == ("", "a", "b", "c") and found.shape == two
    states = [edge_weights.recognizer(path)[0].state_dict() for path in (new, old)]
    name = "features.stem.weight" if "features.stem.weight" in states[0] else next(iter(states[0]))
    wanted = 0.75 * states[0][name] + 0.25 * states[1][name]
    torch.testing.assert_close(found.state_dict()[name], wanted, rtol=3e-3, atol=1e-4)
    head = found.state_dict()["head.bias"].unflatten(0, (2, 4))[:, :3]
    grown = 0.75 * states[0]["head.bias"].unflatten(0, (2, 4))[:, :3] + 0.25 * states[1]["head.bias"]
    torch.testing.assert_close(head, grown, rtol=3e-3, atol=1e-3)


def test_shares_that_do_not_fit_are_refused(tmp_path, capsys):
    paths = [str(write(tmp_path / f"{seed}.pt", seed)) for seed in range(2)]
    for shares in (["0.5"], ["0.5", "0.6"]):
        assert main(["average", *paths, "--shares", *shares, "--out", str(tmp_path / "mean.pt")]) != 0
        assert "add up to 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "other",
    [
        {"shape": RecognizerShape(**vars(SMALL) | {"neck": 16})},
        {"shape": RecognizerShape(**vars(SMALL) | {"frames": 2})},
    ],
)
def test_others_have_no_mean(tmp_path, capsys, other):
    paths = write(tmp_path / "a.pt", 0), write(tmp_path / "b.pt", 1, **other)
    assert main(["average", *map(str, paths), "--out", str(tmp_path / "mean.pt")]) != 0
    assert "b.pt" in capsys.readouterr().err
    assert not (tmp_path / "mean.pt").exists()
