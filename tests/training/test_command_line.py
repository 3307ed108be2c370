"""The training's command line refuses what counts nothing, and hands its options to the runs."""

from pathlib import Path

import pytest

from converters.networks.block_detector import BlockDetectorShape
from converters.networks.edge_detector import DetectorShape
from training.__main__ import main
from training.data.detector_batches import DetectorMixture
from training.data.line_batches import Mixture
from training.runs import detector as detectors
from training.runs import recognizer as recognizers


@pytest.mark.parametrize("option", ["--repeat", "--steps", "--threads", "--evaluate-every"])
@pytest.mark.parametrize("value", ["0", "-3", "many"])
def test_a_count_below_one_is_refused(option, value, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["recognizer", "--out", str(tmp_path / "run"), option, value])
    assert ended.value.code == 2
    assert option in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_options_reach_the_recognisers_run(tmp_path, monkeypatch, capsys):
    runs = []
    monkeypatch.setattr(recognizers, "train", lambda run: runs.append(run) or tmp_path / "weights.pt")
    options = "--steps 7 --rate 1e-3 --int8 --blocks 2 3 1 --frames 1 --real a b --real-share 0.2 --repeat 2 --hours 3"
    assert main(["recognizer", "--out", str(tmp_path), *options.split(), "--threads", "1", "--foreign", "0"]) == 0
    (run,) = runs
    assert (run.folder, run.rounded, run.repeat, run.morph_steps, run.start) == (tmp_path, True, 2, 1000, None)
    assert (run.settings.steps, run.settings.learning_rate, run.settings.hours) == (7, 1e-3, 3.0)
    assert (run.shape.blocks, run.shape.frames, run.shape.gated) == ((2, 3, 1), 1, ((0,), (0, 2), (0,)))
    assert run.mixture == Mixture(real=(Path("a"), Path("b")), real_share=0.2, foreign=0.0)
    assert capsys.readouterr().out == f"{tmp_path / 'weights.pt'}\n"
    assert main(["recognizer", "--out", str(tmp_path), "--no-gates", "--threads", "1"]) == 0
    assert runs[1].shape.gated == ((), (), ()) and not runs[1].rounded
    monkeypatch.setattr(recognizers, "train", lambda run: None)
    assert main(["recognizer", "--out", str(tmp_path), "--threads", "1"]) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_options_reach_the_detectors_run(tmp_path, monkeypatch):
    runs = []
    monkeypatch.setattr(detectors, "train", lambda run: runs.append(run) or tmp_path)
    options = ["--out", str(tmp_path), "--store", "scenes", "--real-share", "0.25", "--size", "96", "--workers", "0"]
    for plain in ([], ["--plain"]):
        assert main(["detector", *options, *plain, "--threads", "1"]) == 0
    assert [type(run.shape) for run in runs] == [BlockDetectorShape, DetectorShape]
    assert runs[0].mixture == DetectorMixture(Path("scenes"), size=96, real=0.25)
    assert (runs[0].settings.steps, runs[0].workers, runs[0].device) == (20_000, 0, "cpu")
