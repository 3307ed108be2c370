"""The whole command, from labelled crops to a model that a Reader loads."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from converters import edge_weights
from converters.networks.crnn import Crnn, CrnnShape
from converters.networks.edge_detector import DetectorShape, EdgeDetector
from converters.sources import edge
from synthetic.errors import DrawingError
from synthetic.pictures import lines
from tests.training import bars
from tflite_ocr import Reader, manifest
from tflite_ocr.page import Recognition
from training.__main__ import main
from training.finetuning import case as finetune_case
from training.finetuning import command as finetune
from training.finetuning import easyocr as finetune_easyocr
from training.finetuning import edge as finetune_edge
from training.finetuning.accuracy import Accuracy
from training.finetuning.loop import Student, TuneSettings

LEARN = "--steps 60 --rate 5e-3 --evaluate-every 20 --validation 0.25 --replay 0 --workers 0 --threads 1".split()


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder of a tiny edge model."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    detector = EdgeDetector(DetectorShape((8, 8, 8, 8), (1, 1, 1, 1)))
    with (folder / edge.DETECTOR).open("wb") as file:
        edge_weights.save(file, detector, edge_weights.DETECTOR)
    with (folder / edge.RECOGNIZER).open("wb") as file:
        edge_weights.save(file, bars.taught_recognizer(), edge_weights.RECOGNIZER, bars.CHARSET)
    return folder


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    return bars.write_crops(tmp_path_factory.mktemp("crops"))


def arguments(**paths):
    return ["finetune", *(part for name, value in paths.items() for part in (f"--{name}", str(value)))]


@pytest.mark.parametrize(
    "alone, helped, kept", [("abcd", "abcx", False), ("abcx", "abcd", True), ("abxd", "abcx", True)]
)
def test_the_language_model_is_kept_where_it_does_not_harm(monkeypatch, alone, helped, kept):
    class Line:
        def __init__(self, text):
            self.text = text

        def picture(self):
            return self.text

    class StandIn:
        def __init__(self, model, language_model):
            self.texts = dict(zip("abcd", helped if language_model else alone, strict=True))

        def recognize(self, pictures):
            return [Recognition(self.texts[picture], 1.0) for picture in pictures]

    monkeypatch.setattr(finetune_edge, "Reader", StandIn)
    data = SimpleNamespace(validation=[Line("a"), Line("b")], train=[Line("c"), Line("d")])
    assert finetune_edge._words_help(Path("model"), data) is kept


def test_it_ends_with_a_converted_model(weights, crops, tmp_path, monkeypatch, capsys):
    for package in ("tensorflow", "onnx2tf"):
        pytest.importorskip(package, reason="the converters need the [convert] extra")
    monkeypatch.setattr(edge, "CALIBRATED_SIDE", 64)
    monkeypatch.setattr(finetune_edge, "_IMAGES", 2)
    out = tmp_path / "out"
    before = {path.name: path.read_bytes() for path in weights.iterdir()}
    assert main([*arguments(data=crops, out=out, weights=weights, name="my_bars"), *LEARN]) == 0
    printed = capsys.readouterr().out
    report = json.loads((out / finetune.REPORT).read_text(encoding="utf-8"))
    figures = report["accuracy"]
    assert figures["before"]["exact"] < 0.3 and figures["after"]["exact"] > 0.9
    assert abs(figures["written"]["exact"] - figures["after"]["exact"]) < 0.1
    assert report["data"]["validation"] == {"images": 15, "lines": 15}
    assert "crops: 45 lines of 45 images to learn from, 15 lines of 15 images for validation" in printed
    for row in ("before", f"after (step {report['best_step']})", "int8 .tflite"):
        assert f"\n{row} " in printed

    model = manifest.load(out / "my_bars")
    assert model.name == "my_bars" and model.precisions() == ("int8",) and "fine-tuned" in model.source.name
    labels = [json.loads(line) for line in (crops / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    read = Reader(out / "my_bars").recognize([crops / label["image"] for label in labels])
    right = [result.text == label["text"] for result, label in zip(read, labels, strict=True)]
    assert sum(right) > 0.9 * len(right)
    # These bars are no words: the language model would read fewer of them right.
    assert model.recognizers[0].language_model is None and not (out / "my_bars" / edge.LANGUAGE_MODEL).exists()
    assert "without the language model" in printed

    # The weights that were started from are untouched; the new ones can be started from again.
    assert {path.name: path.read_bytes() for path in weights.iterdir()} == before
    assert (out / "weights" / edge.DETECTOR).read_bytes() == before[edge.DETECTOR]
    assert finetune_edge.student(out / "weights").charset == bars.CHARSET


def test_easyocr_ends_with_a_custom_model(crops, tmp_path, monkeypatch, capsys):
    torch.manual_seed(0)
    network = Crnn(CrnnShape("vgg", 16, 16, len(bars.CHARSET)))
    monkeypatch.setattr(
        finetune_easyocr,
        "student",
        lambda languages, weights: Student(
            "tiny", network, bars.CHARSET, finetune_easyocr.SIGHT, lambda module, images: module(images).transpose(1, 2)
        ),
    )
    out = tmp_path / "out"
    options = arguments(data=crops, out=out, weights=tmp_path, model="easyocr", name="bars_reader")
    learn = [*LEARN, "--steps", "1", "--rate", "0"]
    assert main([*options, *learn]) == 0
    printed = capsys.readouterr().out
    assert "1 steps, none of them better on the validation lines than the start, whose weights are kept" in printed
    assert (
        f"easyocr.Reader(['en'], recog_network='bars_reader', user_network_directory={str(out / 'user_network')!r}"
        in printed
    )
    assert {path.relative_to(out).as_posix() for path in out.rglob("bars_reader.*") if path.suffix != ".pyc"} == {
        "user_network/bars_reader.py",
        "user_network/bars_reader.yaml",
        "model/bars_reader.pth",
    }
    report = json.loads((out / finetune.REPORT).read_text(encoding="utf-8"))
    assert report["best_step"] == 0 and report["accuracy"]["before"] == report["accuracy"]["after"]


@pytest.mark.parametrize(("small", "reason"), [(False, "--case picture"), (True, "a lower --rate")])
def test_a_model_that_reads_less_is_refused_unless_asked_for(
    weights, crops, tmp_path, monkeypatch, capsys, small, reason
):
    """Its conversion is left out here; the figures are made up."""
    out = tmp_path / "out"

    def finish(options, student, data):
        (out / options.name).mkdir()
        return "int8 .tflite", Accuracy(15, 0.0, 0.0, 2.0, 2.0), "it is ready"

    monkeypatch.setattr(finetune, "_finish", finish)
    monkeypatch.setattr(finetune_case, "all_capitals", lambda data, charset: not small)
    options = [*arguments(data=crops, out=out, weights=weights, name="worse"), *LEARN, "--steps", "1", "--rate", "0"]
    assert main(options) == 9
    said = capsys.readouterr()
    assert reason in said.err and "expected a model that reads at least as well as before" in said.err
    assert "it is ready" not in said.out and "\nbefore: " in "\n" + said.out
    assert not (out / "worse").exists() and (out / "worse.refused").is_dir()
    assert main([*options, "--accept-worse"]) == 0
    assert "it is ready" in capsys.readouterr().out and (out / "worse").is_dir()


def test_every_option_tells_its_default(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["finetune", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for default in ("2000", "0.0001", "0.3", "labels", "edge"):
        assert f"(default: {default})" in text


def test_errors_are_sentences(weights, crops, tmp_path, capsys):
    out = tmp_path / "out"
    for options, message in (
        (arguments(data=tmp_path, out=out, weights=weights), "expected labels.jsonl"),
        (arguments(data=crops, out=out, weights=tmp_path), "expected detector.pt in"),
        (arguments(data=crops, out=out, weights=weights, name="a/b"), "expected a plain name for the model"),
        (arguments(data=crops, out=out, weights=weights, steps=0), "expected at least 1 for steps"),
        (arguments(data=crops, out=out, model="easyocr"), "expected --weights, the folder of english_g2.pth"),
        (arguments(data=crops, out=out, model="easyocr", name="json"), "expected a name of no other Python module"),
    ):
        assert main(options) in (7, 9)
        error = capsys.readouterr().err
        assert error.startswith("error: ") and message in error and "Traceback" not in error
    assert not out.exists()


def test_without_fonts_nothing_is_drawn_and_this_is_said(monkeypatch, capsys):
    def none(rng):
        raise DrawingError("expected fonts, found none")

    assert finetune.drawable(TuneSettings(replay=0.0)).replay == 0
    monkeypatch.setattr(lines, "render_line", none)
    assert finetune.drawable(TuneSettings(replay=0.0)).replay == 0 and capsys.readouterr().out == ""
    assert finetune.drawable(TuneSettings(replay=0.3)).replay == 0
    assert "no lines are drawn beside yours" in capsys.readouterr().out


def test_with_fonts_lines_are_drawn(plain_fonts):
    assert finetune.drawable(TuneSettings(replay=0.3)).replay == 0.3
