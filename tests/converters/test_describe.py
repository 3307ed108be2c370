"""Descriptions that write themselves: what is read off a file is right, and the conversion takes it."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest

from converters import describe, describe_networks
from converters.__main__ import main
from converters.errors import ConversionError
from converters.sources import onnx_facts, onnx_file
from tests.converters import small_networks as nets
from tests.converters.test_onnx_parts import save

RNG = np.random.default_rng(51)
LETTERS = [chr(97 + i) for i in range(nets.CLASSES - 2)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A detector and a recogniser of free sizes; the characters, but for the space, in the recogniser's metadata."""
    folder = tmp_path_factory.mktemp("files")
    nets.write(nets.seeded(nets.Detector()), folder / "my_det.onnx", free=(2, 3))
    nets.write(nets.seeded(nets.Recognizer()), folder / "plain.onnx", free=(3,))
    model = onnx.load(folder / "plain.onnx")
    onnx.helper.set_model_props(model, {"character": "\n".join(LETTERS)})
    onnx.save(model, folder / "my_rec.onnx")
    return folder


def test_a_pair_is_described_and_the_description_is_taken(files, tmp_path):
    target = tmp_path / "pair.json"
    said = describe.describe([files / "my_rec.onnx", files / "my_det.onnx"], output=target)
    data = json.loads(target.read_text(encoding="utf-8"))
    jsonschema.validate(data, describe.schema())
    assert data["detector"] | {"options": 0} == {
        "color": "BGR",
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "decoder": "db",
        "output_layout": "NCHW",
        "min_side": 736,
        "max_side": 2000,
        "options": 0,
        "resizable": True,
    } | {"color": data["detector"]["color"]}
    recognizer = data["recognizer"]
    assert (recognizer["height"], recognizer["output_layout"], recognizer["probabilities"]) == (16, "NTC", True)
    assert onnx_facts.read_charset(tmp_path / recognizer["charset_file"], "") == (*LETTERS, " ")
    assert "a guess" in data["notes"]["detector.color"] and "space" in data["notes"]["recognizer.charset_file"]
    assert f"onnx:{files / 'my_det.onnx'},{files / 'my_rec.onnx'},{target}" in said  # in the right order
    plan = onnx_file.plan(f"{files / 'my_det.onnx'},{files / 'my_rec.onnx'},{target}")
    assert [network.role for network in plan.networks] == ["detector", "recognizer"]
    assert recognizer["resizable"] and plan.networks[1].resizable  # one for all widths
    with pytest.raises(ConversionError, match="exists; --output"):
        describe.describe([files / "my_det.onnx"], output=target)


def test_what_nobody_can_know_has_to_be_said(files, tmp_path):
    target = tmp_path / "alone.json"
    describe.describe([files / "plain.onnx"], output=target)
    data = json.loads(target.read_text())
    assert data["recognizer"]["charset_file"] == "?"
    assert "11 characters by class" in data["notes"]["recognizer.charset_file"]
    with pytest.raises(ConversionError, match="alone.json.recognizer.charset_file: expected a value, found '.'"):
        onnx_file.plan(f"{files / 'plain.onnx'},{target}")
    (tmp_path / "chars.txt").write_text("".join(f"{one}\n" for one in [*LETTERS, "é"]), encoding="utf-8")
    describe.describe([files / "plain.onnx"], tmp_path / "chars.txt", target, replace=True)
    assert onnx_file.plan(f"{files / 'plain.onnx'},{target}").recognizers[0].charset == ("", *LETTERS, "é")
    (tmp_path / "chars.txt").write_text("a\nb\n")
    with pytest.raises(ConversionError, match="expected 11 characters .* found 2 in --charset"):
        describe.describe([files / "plain.onnx"], tmp_path / "chars.txt", target, replace=True)


def rows(tmp_path, layout):
    """A recogniser of 12 classes whose last one a blank image gets, and whose output has a layout."""
    kernel, bias = RNG.normal(0, 0.1, (12, 3, 16, 4)).astype(np.float32), np.eye(12)[11].astype(np.float32) * 9
    nodes = [("Conv", "x k b", "c", {"strides": [1, 4]}), ("Squeeze", "c axes", "s" if layout != "NCT" else "y", {})]
    if layout != "NCT":
        nodes.append(("Transpose", "s", "y", {"perm": [0, 2, 1] if layout == "NTC" else [2, 0, 1]}))
    return save(tmp_path / "rec.onnx", nodes, {"k": kernel, "b": bias, "axes": np.array([2])}, ["y"], (16, "w"))


@pytest.mark.parametrize("layout", ["NTC", "NCT", "TNC"])
def test_layouts_and_the_blank_are_found_by_running(tmp_path, layout):
    part = describe_networks.look_at(rows(tmp_path, layout), LETTERS + ["é"])
    assert part.role == "recognizer" and part.fields["output_layout"] == layout and part.fields["blank"] == 11
    assert not part.fields["probabilities"]


def test_a_classifier_and_boxes_are_told_apart(tmp_path):
    nodes = [("GlobalAveragePool", "x", "p", {}), ("Flatten", "p", "f", {}), ("MatMul", "f m", "y", {})]
    weights = {"m": RNG.normal(0, 1, (3, 2)).astype(np.float32)}
    part = describe_networks.look_at(save(tmp_path / "cls.onnx", nodes, weights, ["y"], (48, "w")))
    assert part.role == "direction" and (part.fields["height"], part.fields["width"]) == (48, 192)
    with pytest.raises(ConversionError, match="cls.onnx: expected a detector or a recogniser beside the classifier"):
        describe.describe([tmp_path / "cls.onnx"])
    nodes = [
        ("Conv", "x k", "c", {"strides": [8, 8]}),
        ("Reshape", "c flat", "r", {}),
        ("Transpose", "r", "y", {"perm": [0, 2, 1]}),
    ]
    weights = {"k": RNG.normal(0, 1, (6, 3, 8, 8)).astype(np.float32), "flat": np.array([1, 6, -1])}
    part = describe_networks.look_at(save(tmp_path / "yolo.onnx", nodes, weights, ["y"], ("h", "w")))
    assert part.role == "detector" and part.fields["decoder"] == "boxes" and part.fields["objectness"]
    assert part.fields["output_layout"] == "NAC" and "a guess" in part.notes["box_format"]


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([("Div", "x n", "d", {}), ("Conv", "d k", "y", {})], {"n": np.float32(255)}),
        ([("Sub", "x n", "d", {}), ("Conv", "d k", "y", {})], {"n": np.full((1, 3, 1, 1), 123, np.float32)}),
        ([("Mul", "x n", "d", {}), ("Conv", "d k", "y", {})], {"n": np.float32(1)}),
    ],
)
def test_normalization_at_the_head_is_seen(tmp_path, nodes, constants):
    kernel = RNG.normal(0, 1, (1, 3, 1, 1)).astype(np.float32)
    part = describe_networks.look_at(save(tmp_path / "det.onnx", nodes, {**constants, "k": kernel}, ["y"], ("h", "w")))
    inside = constants["n"].max() != 1
    assert part.fields["mean"] == ([0] * 3 if inside else [0.5] * 3) and ("mean" in part.notes) != inside


def test_other_networks_are_refused_with_what_they_give(tmp_path):
    nodes = [("GlobalAveragePool", "x", "p", {}), ("Flatten", "p", "y", {})]
    path = save(tmp_path / "net.onnx", nodes, {}, ["y"], ("h", "w"))
    with pytest.raises(ConversionError, match=r"net.onnx: expected maps .* found {'y': \[1, 3\]}; take what comes"):
        describe_networks.look_at(path)


def test_the_schema_refuses_what_the_loader_refuses():
    facts = {"name": "a", "licence": "b", "detector": {"decoder": "db", "color": "RGB", "mean": [0], "std": [1]}}
    jsonschema.validate(facts, describe.schema())
    for wrong in ({**facts, "nmae": "a"}, {"name": "a", "licence": "b"}, {**facts, "detector": {"decoder": "db"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, describe.schema())


def test_the_command_line(files, tmp_path, capsys):
    assert main(["describe", str(files / "my_det.onnx"), "--output", str(tmp_path / "d.json")]) == 0
    assert "a detector" in capsys.readouterr().out and (tmp_path / "d.json").is_file()
    assert main(["describe", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"]
    assert main(["describe"]) == 2
    assert main(["describe", str(tmp_path / "none.onnx")]) == 7
    assert "none.onnx: expected an ONNX file, found none" in capsys.readouterr().err


def test_what_is_wrong_is_said_before_anything_heavy_is_imported(files, tmp_path):
    """A missing description, and a wrong field in one."""
    (tmp_path / "wrong.json").write_text('{"name": "a", "licence": "b", "detector": {"decoder": "yolo"}}')
    wrong = tmp_path / "wrong.json"
    for words in (f"onnx:{files / 'my_det.onnx'}", f"onnx:{files / 'my_det.onnx'},{wrong}", f"torch:a.py:Net,{wrong}"):
        code = (
            "import sys; from converters.__main__ import main; code = main(sys.argv[1:]); "
            "print([name for name in ('torch', 'tensorflow', 'onnxruntime', 'onnx2tf') if name in sys.modules], code)"
        )
        root = Path(__file__).parents[2]
        run = subprocess.run([sys.executable, "-c", code, words], capture_output=True, text=True, cwd=root, check=True)
        assert run.stdout == "[] 7\n" and run.stderr.startswith("error: source: ") and run.stderr.count("\n") == 1
