import pytest
import torch
from torch import nn

from training.errors import TrainingError
from training.learning import checkpoints


def test_what_fits_is_copied_and_the_rest_keeps_its_values():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
    kept = model[1].weight.detach().clone()
    bias = torch.full((3,), 2.0)
    state = {"0.weight": torch.ones(3, 2), "0.bias": bias, "1.weight": torch.ones(4, 5), "9.bias": kept}
    left = checkpoints.copy_fitting(model, state)
    assert left == ["1.weight", "1.bias"]
    assert (model[0].weight == 1).all() and (model[0].bias == 2).all()
    assert torch.equal(model[1].weight, kept)


def test_weights_of_another_network_are_refused():
    with pytest.raises(TrainingError, match="none that fits"):
        checkpoints.copy_fitting(nn.Linear(2, 3), {"weight": torch.ones(5, 5), "other": torch.ones(3)})


def test_a_checkpoint_is_read_back_and_anything_else_is_refused(tmp_path):
    checkpoints.save(tmp_path / "run.pt", {"step": 3, "model": {"a": torch.arange(3)}})
    content = checkpoints.load(tmp_path / "run.pt")
    assert content["step"] == 3 and content["model"]["a"].tolist() == [0, 1, 2]
    checkpoints.save(tmp_path / "list.pt", [1, 2])
    with pytest.raises(TrainingError, match="expected a checkpoint, found list"):
        checkpoints.load(tmp_path / "list.pt")
    with pytest.raises(TrainingError, match="found none"):
        checkpoints.load(tmp_path / "absent.pt")
