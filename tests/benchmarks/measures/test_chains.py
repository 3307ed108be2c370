"""Our conversion beside other chains: what is measured, what is said of one that fails, whichever layout it leaves."""

import dataclasses
import json
import shutil
import sys

import numpy as np
import pytest

from benchmarks import __main__ as command_line
from benchmarks.measures.chains import command, peers
from converters import parity, pipeline, tflite_export
from converters.errors import ConversionError
from tests.converters import readers
from tests.converters.conftest import build
from tflite_ocr.errors import ModelContractError

tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")

_PEER = """
import pathlib, shutil, sys
form, source, calibration, folder = sys.argv[1:]
if form == "int8":
    sys.exit("Unsupported op: RELU_0_TO_1")
shutil.copyfile({file!r}, pathlib.Path(folder) / "float32.tflite")
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A converted model of a recogniser and a detector, with the ONNX files that it was made of."""
    plan = readers.plan(readers.recognizer(build), readers.detector(build))
    settings = pipeline.Settings(("float32",), tuple(readers.pages(4)), tuple(readers.lines(8)))
    return pipeline.convert(plan, tmp_path_factory.mktemp("chains"), settings)[0]


def peer(tmp_path, file):
    script = tmp_path / "peer.py"
    script.write_text(_PEER.format(file=str(file)), encoding="utf-8")
    return peers.Peer("a peer", str(script))


def test_both_chains_are_measured_on_the_same_inputs(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(peers, "PEERS", {"one": peer(tmp_path, model / "recognizer_float32.tflite")})
    words = [
        "chains",
        str(model),
        "--peers",
        "one",
        "--parts",
        "rec",
        "--work",
        str(tmp_path / "work"),
        "--rounds",
        "2",
    ]
    assert command_line.main([*words, "--out", str(tmp_path / "report")]) == 0
    rows = {
        (row["chain"], row["form"]): row
        for row in json.loads((tmp_path / "report" / "chains.json").read_text(encoding="utf-8"))["rows"]
    }
    assert set(rows) == {(chain, form) for chain in (command.OURS, "a peer") for form in peers.FORMS}
    for chain in (command.OURS, "a peer"):
        row = rows[chain, "float32"]
        assert row["ms"] > 0 and row["partitions"] == 1 and row["figures"]["cosine"] > 0.9999
    assert rows["a peer", "int8"]["ms"] is None and rows["a peer", "int8"]["reason"] == "Unsupported op: RELU_0_TO_1"
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 6 and any("| a peer | int8 | - | | Unsupported op" in line for line in printed)


def test_a_file_that_runs_at_one_size_alone_is_said(model, tmp_path, monkeypatch, capsys):
    def judge(*_):
        def fails(_):
            raise ModelContractError(
                "float32.tflite: expected a network that runs, found that\nnode 221 failed to reshape"
            )

        return fails

    monkeypatch.setattr(command, "_judge", judge)
    monkeypatch.setattr(peers, "PEERS", {"one": peer(tmp_path, model / "recognizer_float32.tflite")})
    words = ["chains", str(model), "--peers", "one", "--parts", "rec", "--rounds", "2"]
    assert command_line.main([*words, "--work", str(tmp_path / "work"), "--out", str(tmp_path / "report")]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "| float32 |" in line]
    assert len(lines) == 2 and all("other sizes fail: float32.tflite: expected" in line for line in lines)


def test_a_mixed_file_stands_for_int8(model):
    network = next(one for one in command.networks.networks(model) if one.part == "recognizer")
    assert set(command._own(network).files) == {"float32"}
    mixed = dataclasses.replace(network, files={**network.files, "mixed": "recognizer_mixed.tflite"})
    assert command._own(mixed).files["int8"] == model / "recognizer_mixed.tflite"
    both = dataclasses.replace(mixed, files={**mixed.files, "int8": "recognizer_int8.tflite"})
    assert command._own(both).files["int8"] == model / "recognizer_int8.tflite"


def test_another_network_is_seen(model, tmp_path):
    """A peer that converts wrongly is not said to agree."""
    wrong = tmp_path / "wrong.tflite"
    shutil.copyfile(model / "detector_float32.tflite", wrong)
    network = next(one for one in command.networks.networks(model) if one.part == "detector")
    judge = command._judge(network, command.manifest.load(model))
    assert judge(command.forward(wrong))["cosine"] > 0.9999
    assert judge(lambda x: 1 - command.forward(wrong)(x))["cosine"] < 0.9


def test_files_with_the_channels_first_are_turned(tmp_path):
    kernel = np.random.default_rng(2).normal(0, 1, (3, 3, 3, 5)).astype(np.float32)
    x = np.random.default_rng(3).normal(0, 1, (1, 6, 8, 3)).astype(np.float32)

    def first(x):
        return {"y": tf.transpose(tf.nn.conv2d(tf.transpose(x, [0, 2, 3, 1]), kernel, 1, "SAME"), [0, 3, 1, 2])}

    module = tf.Module()
    module.forward = tf.function(first, input_signature=[tf.TensorSpec((1, 3, 6, 8), tf.float32, "x")])
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures={"serving_default": module.forward})
    tflite_export.export(tmp_path / "saved", tmp_path / "first.tflite", "float32")
    wanted = tf.nn.conv2d(x, kernel, 1, "SAME").numpy()
    np.testing.assert_allclose(command.forward(tmp_path / "first.tflite")(x), wanted, atol=1e-4)


def test_what_was_made_is_not_made_again(model, tmp_path):
    one, source = peer(tmp_path, model / "recognizer_float32.tflite"), tmp_path / "source.onnx"
    python = peers.environment(one, tmp_path)
    tensors = [np.zeros((1, 8, 96, 1), np.float32)]
    first = peers.convert(one, python, source, tensors, tmp_path / "made")
    assert set(first.files) == {"float32"} and parity.loads(first.files["float32"])
    changed = first.files["float32"].stat().st_mtime_ns
    assert peers.convert(one, python, source, tensors, tmp_path / "made") == first
    assert first.files["float32"].stat().st_mtime_ns == changed
    (tmp_path / "peer.py").write_text("raise SystemExit('no longer')")  # another script makes it anew
    again = peers.convert(one, python, source, tensors, tmp_path / "made")
    assert not again.files and set(again.reasons.values()) == {"no longer"}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "Traceback\n  raise\nmypackage.BadError: no: 7\n\nsee the list of all errors, you can\n",
            "mypackage.BadError: no: 7",
        ),
        ("ValueError: first\nKeyError: 'second'\nOriginal traceback:\nNone", "KeyError: 'second'"),
        ("one\ntwo words: three\n", "two words: three"),
        ("\n", ""),
    ],
)
def test_the_line_that_names_an_exception_is_shown(said, line):
    assert peers._last(said) == line


def test_an_environment_that_cannot_be_made_is_said(model, tmp_path, monkeypatch, capsys):
    missing = peers.Peer("none", "none_peer.py", (f"{tmp_path}/there-is-no-such-package",))
    monkeypatch.setattr(peers, "PEERS", {"none": missing})
    words = [
        "chains",
        str(model),
        "--peers",
        "none",
        "--parts",
        "det",
        "--work",
        str(tmp_path / "work"),
        "--rounds",
        "1",
    ]
    assert command_line.main([*words, "--out", str(tmp_path)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| detector | none | ")]
    assert len(lines) == 2 and all("none: its environment cannot be made: " in line for line in lines)


def test_a_chain_that_needs_a_later_python_takes_one_on_the_path_or_says_so(tmp_path, monkeypatch):
    later = sys.version_info[1] + 1
    needy = peers.Peer("needy", "needy_peer.py", ("a-package",), later)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConversionError, match=rf"needy: expected Python 3\.{later} or later on the PATH, found 3"):
        peers.environment(needy, tmp_path / "work")
    python = tmp_path / f"python3.{later + 1}"
    python.write_text("#!/bin/sh\necho $3 is not made >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(ConversionError, match="--clear is not made"):
        peers.environment(needy, tmp_path / "work")


def test_a_model_without_sources_is_refused(model, tmp_path, capsys):
    bare = tmp_path / "bare"
    shutil.copytree(model, bare, ignore=shutil.ignore_patterns(".build"))
    assert command_line.main(["chains", str(bare)]) != 0
    error = capsys.readouterr().err
    assert "expected networks with the ONNX files" in error and len(error.splitlines()) == 1
