import csv
import dataclasses
import itertools

import cv2
import pytest
import torch

from training.errors import TrainingError
from training.learning import checkpoints
from training.learning.loop import CHECKPOINT, FIGURES, PLOT, LoopSettings, Training, rate

SETTINGS = LoopSettings(steps=40, learning_rate=0.05, warmup=4, average=0.9, save_every=10, evaluate_every=20)


def line(seed: int = 0) -> torch.nn.Linear:
    torch.manual_seed(seed)
    return torch.nn.Linear(2, 1)


def batches(start: int = 0):
    """Points of y = 3 a - b, the same ones for the same number of the step."""
    for step in itertools.count(start):
        x = torch.randn(16, 2, generator=torch.Generator().manual_seed(step))
        yield x, 3 * x[:, :1] - x[:, 1:]


def losses(model):
    return lambda batch: {"loss": ((model(batch[0]) - batch[1]) ** 2).mean()}


def train(folder, settings=SETTINGS, model=None, start=None):
    model = model or line()
    training = Training(folder, model, settings, {"kind": "line"})
    training.run(batches(training.step if start is None else start), losses(model), lambda average: {"score": 0.5})
    return training


def test_rate_rises_and_falls_to_a_hundredth():
    assert rate(0, SETTINGS) == pytest.approx(0.05 / 4)
    assert rate(4, SETTINGS) == pytest.approx(0.05)
    assert rate(22, SETTINGS) == pytest.approx(0.05 * (0.01 + 0.99 / 2))
    assert rate(40, SETTINGS) == pytest.approx(0.05 * 0.01)
    assert rate(400, SETTINGS) == pytest.approx(0.05 * 0.01)


def test_rate_is_held_before_it_falls():
    held = dataclasses.replace(SETTINGS, hold=0.5)  # of the 36 steps behind the warm-up
    assert rate(4, held) == rate(22, held) == pytest.approx(0.05)
    assert rate(31, held) == pytest.approx(0.05 * (0.01 + 0.99 / 2)) and rate(40, held) == pytest.approx(0.05 * 0.01)
    assert rate(400, dataclasses.replace(SETTINGS, hold=1.0)) == pytest.approx(0.05)


def test_it_learns_and_writes_figures(tmp_path):
    training = train(tmp_path, LoopSettings(steps=200, learning_rate=0.05, warmup=4, average=0.9, evaluate_every=50))
    assert training.average.weight.detach().tolist()[0] == pytest.approx([3, -1], abs=0.05)
    rows = list(csv.DictReader((tmp_path / FIGURES).open(encoding="utf-8")))
    assert [int(row["step"]) for row in rows] == [50, 100, 150, 200]
    assert float(rows[-1]["loss"]) < 0.01 * float(rows[0]["loss"])
    assert rows[0]["score"] == "0.5"
    assert cv2.imread(str(tmp_path / PLOT)) is not None


def test_figures_of_other_columns_do_not_end_a_run(tmp_path, capsys):
    (tmp_path / FIGURES).write_text("step,seconds\n10,1\n", encoding="utf-8")
    assert train(tmp_path, dataclasses.replace(SETTINGS, steps=20)).step == 20
    assert "no plot: " in capsys.readouterr().out
    assert not (tmp_path / PLOT).exists()


def test_a_run_that_is_cut_goes_on_as_if_it_had_not_been(tmp_path):
    whole = train(tmp_path / "whole")
    model = line()
    cut = Training(tmp_path / "cut", model, SETTINGS, {"kind": "line"})
    cut.run(itertools.islice(batches(), 17), losses(model), lambda average: {"score": 0.5})
    assert cut.step == 17
    resumed = train(tmp_path / "cut", model=line(seed=1))
    assert resumed.step == whole.step == 40
    assert torch.equal(resumed.model.weight, whole.model.weight)
    assert torch.equal(resumed.average.weight, whole.average.weight)
    other = train(tmp_path / "other", model=line(seed=1))
    assert not torch.equal(other.model.weight, whole.model.weight)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    train(tmp_path)
    with pytest.raises(TrainingError, match="use another folder"):
        Training(tmp_path, line(), SETTINGS, {"kind": "curve"})


def test_a_damaged_checkpoint_is_named(tmp_path):
    train(tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(TrainingError, match=CHECKPOINT):
        Training(tmp_path, line(), SETTINGS, {"kind": "line"})


def test_a_bad_batch_does_not_spoil_the_weights(tmp_path):
    model = line()
    training = Training(tmp_path, model, SETTINGS, {"kind": "line"})
    before = model.weight.clone()
    bad = [(torch.full((4, 2), torch.nan), torch.zeros(4, 1))]
    training.run(bad, losses(model), lambda average: {})
    assert training.step == 1
    assert torch.equal(model.weight, before)


def test_the_time_limit_ends_a_run_with_a_checkpoint(tmp_path):
    train(tmp_path, LoopSettings(steps=10**6, hours=0.0))
    assert checkpoints.load(tmp_path / CHECKPOINT)["step"] == 0


def test_nothing_half_written_is_left(tmp_path):
    with pytest.raises(AttributeError):
        checkpoints.save(tmp_path / "x.pt", {"unpicklable": lambda: 0})
    assert list(tmp_path.iterdir()) == []
