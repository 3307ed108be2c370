"""The command line of the demonstration: one line an error, with its exit code; run by test_drawing.py."""

import json
import shutil
from pathlib import Path

import pytest

from demo import __main__ as command
from demo.comparison import original
from tflite_ocr.errors import MissingDependencyError

try:
    from demo.film import stage  # noqa: F401 - drawing needs libGL
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)

MODEL = Path(__file__).resolve().parents[2] / "artifacts" / "edge"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["film", "--report", "absent.json"], 12, "make benchmark"),
        (["compare"], 12, "python -m demo clip"),
        (["all", "--video", "absent.mp4"], 12, "expected a video"),
        (["preview", "--report", "absent.json"], 12, "make benchmark"),
    ],
)
def test_errors_are_one_line(arguments, code, message, tmp_path, capsys):
    assert command.main([*arguments, "--out", str(tmp_path / "out")]) == code
    said = capsys.readouterr().err
    assert message in said and said.startswith("error: ") and said.count("\n") == 1


def test_a_model_that_was_converted_elsewhere_is_said_before_the_clip_is_drawn(tmp_path, capsys):
    shutil.copytree(MODEL, tmp_path / "edge", ignore=shutil.ignore_patterns(".build"))
    assert command.main(["--model", str(tmp_path / "edge"), "--out", str(tmp_path / "out")]) == 12
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "original network" in said and "make convert MODEL=edge" in said
    assert not any((tmp_path / "out").iterdir())


def test_a_report_of_other_models_is_said_before_the_clip_is_drawn(tmp_path, capsys, monkeypatch, fixture_report):
    monkeypatch.setattr(original, "networks_of", lambda model: [])
    (tmp_path / "report.json").write_text(json.dumps(fixture_report))
    shutil.copytree(MODEL, tmp_path / "other", ignore=shutil.ignore_patterns(".build"))
    manifest = json.loads((MODEL / "manifest.json").read_text())
    (tmp_path / "other" / "manifest.json").write_text(json.dumps({**manifest, "name": "other"}))
    arguments = ["--model", str(tmp_path / "other"), "--report", str(tmp_path / "report.json")]
    assert command.main([*arguments, "--out", str(tmp_path / "out")]) == 12
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "expected figures of other" in said and "make benchmark MODEL=other" in said
    assert not any((tmp_path / "out").iterdir())


def test_an_output_folder_that_cannot_be_made_is_an_error(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert command.main(["clip", "--out", str(tmp_path / "file" / "out")]) == 1
    assert "file" in capsys.readouterr().err


def test_unknown_stages_are_wrong_usage():
    with pytest.raises(SystemExit) as ended:
        command.main(["dance"])
    assert ended.value.code == 2
