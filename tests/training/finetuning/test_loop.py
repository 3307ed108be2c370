import csv
import dataclasses
import os
import signal

import pytest
import torch

from tests.training import bars
from training.errors import TrainingError
from training.finetuning import data as finetune_data
from training.finetuning import loop as finetune_loop
from training.finetuning.best import BEST
from training.finetuning.loop import Student, TuneSettings, read_accuracy, tune
from training.learning import checkpoints, loop

SETTINGS = TuneSettings(steps=60, rate=5e-3, patience=9, evaluate_every=20, replay=0.0, columns=1200, workers=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Crops in which two of the four bars mean each other's character."""
    folder = bars.write_crops(tmp_path_factory.mktemp("crops"))
    return finetune_data.load(folder, bars.CHARSET, bars.EDGE, 0.25)


def student():
    return Student("tiny", bars.taught_recognizer(), bars.CHARSET, bars.EDGE, bars.edge_logits)


def changed(settings=SETTINGS, **values):
    return dataclasses.replace(settings, **values)


def test_fine_tuning_improves_accuracy(data, tmp_path):
    learner = student()
    outcome = tune(learner, data, SETTINGS, tmp_path)
    assert outcome.before.exact < 0.3 and outcome.before.cer > 0.3
    assert outcome.after.exact > 0.9 and outcome.after.cer < 0.05
    assert outcome.after.lines == len(data.validation) and 0 < outcome.best_step <= outcome.steps == 60
    # The network holds what the figures say.
    assert read_accuracy(learner, learner.network, data.batches(bars.EDGE, 1000)) == outcome.after
    rows = list(csv.DictReader((tmp_path / loop.FIGURES).open(encoding="utf-8")))
    assert [row["step"] for row in rows] == ["20", "40", "60"]
    assert {"exact", "exact_any_case", "cer", "loss"} <= set(rows[0])


def test_a_rate_of_zero_improves_nothing_and_keeps_the_start(data, tmp_path):
    learner, start = student(), bars.taught_recognizer().state_dict()
    outcome = tune(learner, data, changed(rate=0.0, steps=40), tmp_path)
    assert outcome.best_step == 0 and outcome.after == outcome.before
    assert outcome.after.exact < 0.3
    for name, tensor in learner.network.state_dict().items():
        assert torch.equal(tensor, start[name])


def test_it_ends_when_nothing_gets_better(data, tmp_path):
    outcome = tune(student(), data, changed(rate=0.0, steps=1000, evaluate_every=5, patience=3), tmp_path)
    assert outcome.steps == 15
    # Patience is remembered: once more does nothing, more of it goes on.
    again = tune(student(), data, changed(rate=0.0, steps=1000, evaluate_every=5, patience=3), tmp_path)
    assert again == outcome
    more = tune(student(), data, changed(rate=0.0, steps=1000, evaluate_every=5, patience=4), tmp_path)
    assert more.steps == 20


def test_weights_that_get_worse_are_not_kept(data, tmp_path):
    """A rate at which it falls apart after the first evaluation: the better weights come back."""
    outcome = tune(student(), data, changed(steps=40), tmp_path / "good")
    wild = tune(student(), data, changed(rate=3.0, steps=40), tmp_path / "wild")
    assert wild.after.cer <= wild.before.cer
    history = checkpoints.load(tmp_path / "wild" / BEST)["history"]
    assert (
        min(figures["cer"] for figures in history.values())
        == wild.after.cer
        < max(figures["cer"] for figures in history.values())
    )
    assert outcome.after.cer < wild.after.cer


def test_an_interrupted_run_goes_on(data, tmp_path, monkeypatch):
    learner = student()
    losses, count = finetune_loop._losses, []

    def interrupt(*arguments):
        count.append(1)
        if len(count) == 30:
            os.kill(os.getpid(), signal.SIGINT)
        return losses(*arguments)

    monkeypatch.setattr(finetune_loop, "_losses", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tune(learner, data, SETTINGS, tmp_path)
    assert checkpoints.load(tmp_path / loop.CHECKPOINT)["step"] == 30
    outcome = tune(student(), data, SETTINGS, tmp_path)
    assert len(count) == 60 and outcome.steps == 60
    assert outcome.before.exact < 0.3 and outcome.after.exact > 0.9


def test_a_folder_of_another_training_is_refused(data, tmp_path):
    tune(student(), data, changed(steps=1), tmp_path)
    fewer = dataclasses.replace(data, train=data.train[1:])
    with pytest.raises(TrainingError, match="use another folder"):
        tune(student(), fewer, changed(steps=1), tmp_path)
    (tmp_path / loop.CHECKPOINT).unlink()
    with pytest.raises(TrainingError, match="another folder for --out"):
        tune(student(), fewer, changed(steps=1), tmp_path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 0}, "at least 1 for steps, found 0"),
        ({"patience": 0}, "patience"),
        ({"rate": -1.0}, "rate"),
        ({"evaluate_every": 0}, "evaluate_every"),
        ({"replay": 1.0}, "from 0 to below 1, found 1"),
    ],
)
def test_settings_that_make_no_sense(data, tmp_path, values, message):
    with pytest.raises(TrainingError, match=message):
        tune(student(), data, changed(**values), tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_no_gpu(data, tmp_path):
    with pytest.raises(TrainingError, match="choose --device cpu"):
        tune(student(), data, changed(device="cuda"), tmp_path)


def test_statistics_of_batch_norms_stay(data, tmp_path):
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 5, (16, 8), 8), torch.nn.BatchNorm2d(5))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    learner = Student("norm", network, bars.CHARSET, bars.EDGE, lambda model, images: model(images)[:, :, 0])
    tune(learner, data, changed(steps=20), tmp_path)
    content = checkpoints.load(tmp_path / loop.CHECKPOINT)["model"]
    assert not torch.equal(content["1.weight"], before["1.weight"])
    for name in ("1.running_mean", "1.running_var", "1.num_batches_tracked"):
        assert torch.equal(content[name], before[name])
