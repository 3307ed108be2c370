"""The command line of the converters: what it says, its exit codes, and never a traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from converters import pipeline, tflite_export
from converters.__main__ import main
from converters.errors import ParityError
from tflite_ocr import manifest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tiny(monkeypatch, tiny_plan, tiny_settings, tmp_path):
    """Calls the command line with the tiny model in place of the sources."""
    seen = []
    monkeypatch.setattr("converters.sources.plan_for", lambda model, options: seen.append(options) or tiny_plan())
    monkeypatch.setattr(pipeline, "default_settings", lambda precisions, folder, formats: tiny_settings(precisions))

    def call(*arguments):
        return main(["tiny", "--out", str(tmp_path / "out"), "--precision", "float32", *arguments])

    call.seen = seen
    return call


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "MODEL"),
        (["ppocr", "--precision", "bad"], "expected some of float32,float16,dynamic,int8, found 'bad'"),
        (["ppocr", "--precision", "int8,bad"], "found 'int8,bad'"),
        (["ppocr", "--precision", ""], "found ''"),
        (["easyocr", "--canvas", "33x32"], "multiples of 32"),
        (["easyocr", "--canvas", "0x32"], "found '0x32'"),
        (["easyocr", "--canvas", "-32x32"], ""),
        (["ppocr", "--charset", "greek"], "latin"),
        (["ppocr", "--no-such-option"], "--no-such-option"),
        (["ppocr", "--prune", "1"], "expected a share between 0 and 1, such as 0.5, found '1'"),
        (["ppocr", "--prune", "half"], "found 'half'"),
        (["ppocr", "--channels", "-0.5"], "--channels"),
        (["ppocr", "--prune", "0.5", "--prune-steps", "0"], "expected a number of steps from 1 on, found '0'"),
        (["ppocr", "--prune", "0.5", "--prune-pattern", "3:7"], "2:4"),
    ],
)
def test_wrong_usage_exits_with_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_an_unknown_source_names_those_there_are(capsys, tmp_path):
    assert main(["no-such", "--out", str(tmp_path / "out")]) == 7
    error = capsys.readouterr().err
    assert "expected one of easyocr, edge, onnx, ppocr, tensorflow, torch, found 'no-such'" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["onnx:absent.onnx,other.onnx"],
        ["onnx:"],
        ["ppocr", "--weights", "no-such-folder"],
        ["easyocr", "--weights", "no-such-folder"],
        ["easyocr", "--langs", "xx"],
    ],
)
def test_sources_that_cannot_be_had_exit_with_7(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 7
    assert capsys.readouterr().err.startswith("error: ") and list(tmp_path.iterdir()) == []


def test_a_real_process_shows_no_traceback(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "converters", "no-such", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 7 and "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("error: source: expected one of")]


def test_the_result_is_listed_and_a_second_run_says_so(tiny, capsys, tmp_path):
    assert tiny() == 0
    said = capsys.readouterr().out
    assert f"{tmp_path / 'out' / 'tiny'} is ready" in said and "detector_float32.tflite" in said
    assert "tiny/detector: tflite float32 made" in said
    assert tiny() == 0
    said = capsys.readouterr().out.strip()
    assert "up to date: nothing to do" in said and len(said.splitlines()) == 1


def test_pruning_options_that_do_not_go_together_leave_nothing(tiny, capsys, tmp_path):
    assert tiny("--prune", "0.75", "--prune-pattern", "2:4") == 7
    assert "the pattern 2:4 is a ratio of 0.5, found 0.75" in capsys.readouterr().err
    assert not (tmp_path / "out").exists() and not tiny.seen


def test_options_reach_the_source(tiny, tmp_path):
    tiny("--langs", "de,fr", "--canvas", "64x96", "32x32", "--weights", str(tmp_path), "--precision", "int8, float32")
    (options,) = tiny.seen
    assert options.langs == "de,fr" and options.canvas == [(64, 96), (32, 32)] and options.weights == tmp_path
    assert options.precision == ("float32", "int8")
    assert manifest.load(tmp_path / "out" / "tiny").precisions() == ("float32", "int8")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
        (KeyboardInterrupt(), 130, "run the same command again"),
        (ParityError("detector float32 cosine", 0.5, 0.9), 8, "expected 0.9 or better, measured 0.5"),
        (ImportError("No module named 'tensorflow'", name="tensorflow"), 6, "expected the package tensorflow"),
    ],
)
def test_failures_in_the_middle_have_a_code_and_leave_no_model(
    tiny, capsys, tmp_path, monkeypatch, error, code, message
):
    def broken(source, target, *more, **options):
        target.write_bytes(b"half")
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(tflite_export, "export", broken)
        assert tiny() == code
    said = capsys.readouterr().err
    assert said.startswith("error: ") and message in said and "Traceback" not in said
    folder = tmp_path / "out" / "tiny"
    assert files(folder) == [] and not list(folder.rglob("*.partial")) and not list(folder.rglob("*.tflite"))
    assert tiny() == 0  # goes on from the finished stages


def test_a_folder_that_cannot_be_written_is_an_error(tiny, capsys, tmp_path):
    (tmp_path / "out").write_text("a file")
    assert tiny() == 1
    assert "choose another --out" in capsys.readouterr().err
