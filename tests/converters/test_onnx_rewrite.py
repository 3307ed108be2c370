"""The stage ONNX -> ONNX as a whole, on tiny graphs and on the real detector."""

import hashlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from converters import onnx_rewrite
from converters.errors import ConversionError
from converters.onnx_rewrite import EXACT_PASSES, INT8_PASSES
from converters.sources.ppocr import DETECTOR

CANVAS = (1, 3, 96, 160)


@pytest.fixture(scope="module")
def detector():
    found = importlib.util.find_spec("rapidocr")
    if found is None:
        pytest.skip("rapidocr is not installed (the [convert] extra brings it)")
    return Path(next(iter(found.submodule_search_locations))) / "models" / DETECTOR


@pytest.fixture(scope="module")
def rewritten(detector, tmp_path_factory):
    """(report, path) of the detector with the exact passes, and the digest of the source before that."""
    before = hashlib.sha256(detector.read_bytes()).hexdigest()
    target = tmp_path_factory.mktemp("rewrite") / "detector.onnx"
    report = onnx_rewrite.rewrite(detector, target, {"x": CANVAS}, EXACT_PASSES)
    return report, target, before


@pytest.fixture(scope="module")
def page():
    image = np.random.default_rng(0).normal(230, 8, CANVAS[2:] + (3,)).clip(0, 255).astype(np.uint8)
    cv2.putText(image, "Reading", (8, 60), cv2.FONT_HERSHEY_DUPLEX, 1.1, (20, 20, 20), 2, cv2.LINE_AA)
    return (image.transpose(2, 0, 1)[None] / 127.5 - 1).astype(np.float32)


def test_the_real_detector_stays_the_same_function(detector, rewritten, page, run_onnx):
    _, target, _ = rewritten
    wanted, found = run_onnx(detector, page)[0], run_onnx(target, page)[0]
    assert 0.05 < (wanted > 0.5).mean() < 0.6  # there is text to find, and ground
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_what_xnnpack_does_not_run_is_gone(rewritten):
    report, target, _ = rewritten
    operators = {node.op_type for node in onnx.load(target).graph.node}
    assert not operators & {"Erf", "HardSigmoid", "Resize", "ConvTranspose", "ReduceMean"}
    for name in ("fuse_gelu", "hard_sigmoid_to_clip", "nearest_to_depth_to_space", "transposed_to_depth_to_space"):
        assert report[name] > 0
    assert list(report) == [one_pass.__name__ for one_pass in EXACT_PASSES]


def test_the_source_is_not_touched_and_nothing_else_is_left(detector, rewritten):
    _, target, before = rewritten
    assert hashlib.sha256(detector.read_bytes()).hexdigest() == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_the_graph_for_int8_finds_the_same_text_and_a_broken_one_does_not(detector, tmp_path, page, run_onnx):
    def broken(graph):
        convolution = next(node for node in graph.nodes if node.op == "Conv")
        convolution.inputs[1].values = np.roll(convolution.inputs[1].values, 1, axis=0)
        return 1

    wanted = run_onnx(detector, page)[0] > 0.3
    overlaps = []
    for passes in (EXACT_PASSES + INT8_PASSES, (*EXACT_PASSES, broken)):
        onnx_rewrite.rewrite(detector, tmp_path / "d.onnx", {"x": CANVAS}, passes)
        found = run_onnx(tmp_path / "d.onnx", page)[0] > 0.3
        overlaps.append((wanted & found).sum() / (wanted | found).sum())
    assert overlaps[0] > 0.95 > overlaps[1]


def tiny(tiny_onnx, path):
    onnx.save(tiny_onnx([("Relu", "x", "a", {}), ("Exp", "a", "y", {})], {}), path)
    return path


def test_shapes_are_fixed_and_stale_notes_are_forgotten(tiny_onnx, tmp_path):
    source = tiny(tiny_onnx, tmp_path / "s.onnx")
    model = onnx.load(source)
    note = onnx.helper.make_tensor_value_info("a", onnx.TensorProto.FLOAT, [-1, 4, "u", "v"])
    del model.graph.value_info[:]
    model.graph.value_info.append(note)
    onnx.save(model, source)
    onnx_rewrite.rewrite(source, tmp_path / "t.onnx", {"x": (1, 4, 6, 8)}, EXACT_PASSES)
    graph = onnx.load(tmp_path / "t.onnx").graph
    for info in [*graph.input, *graph.output, *graph.value_info]:
        assert [dim.dim_value for dim in info.type.tensor_type.shape.dim] == [1, 4, 6, 8]


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated"])
def test_a_damaged_file_is_refused(tiny_onnx, tmp_path, damage):
    source, target = tmp_path / "source.onnx", tmp_path / "target.onnx"
    if damage != "missing":
        content = tiny(tiny_onnx, source).read_bytes()
        source.write_bytes({"empty": b"", "text": b"not a model", "truncated": content[: len(content) // 2]}[damage])
    target.write_bytes(b"the last good one")
    with pytest.raises(ConversionError) as caught:
        onnx_rewrite.rewrite(source, target, {"x": (1, 4, 6, 8)}, EXACT_PASSES)
    assert caught.value.stage == "rewrite"
    assert target.read_bytes() == b"the last good one"
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("defect", ["input", "operator", "version"])
def test_a_graph_that_cannot_be_rewritten_is_refused(tiny_onnx, tmp_path, defect):
    source = tiny(tiny_onnx, tmp_path / "source.onnx")
    model = onnx.load(source)
    if defect == "operator":
        model.graph.node[0].op_type = "Frobnicate"
    if defect == "version":
        model.opset_import[0].version = 99
    onnx.save(model, source)
    with pytest.raises(ConversionError):
        onnx_rewrite.rewrite(
            source, tmp_path / "target.onnx", {"z" if defect == "input" else "x": (1, 4, 6, 8)}, EXACT_PASSES
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.onnx"]


def test_a_pass_that_breaks_the_graph_leaves_nothing_behind(tiny_onnx, tmp_path):
    def breaks(graph):
        graph.nodes[0].op = "Frobnicate"
        return 1

    source = tiny(tiny_onnx, tmp_path / "source.onnx")
    with pytest.raises(ConversionError, match="not valid"):
        onnx_rewrite.rewrite(source, tmp_path / "target.onnx", {"x": (1, 4, 6, 8)}, (breaks,))
    assert [path.name for path in tmp_path.iterdir()] == ["source.onnx"]


def test_an_interrupted_write_leaves_nothing_behind(tiny_onnx, tmp_path, monkeypatch):
    def interrupted(written, target):
        assert written.parent == tmp_path and target == tmp_path / "target.onnx"
        raise KeyboardInterrupt

    source = tiny(tiny_onnx, tmp_path / "source.onnx")
    monkeypatch.setattr("tflite_ocr.files.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        onnx_rewrite.rewrite(source, tmp_path / "target.onnx", {"x": (1, 4, 6, 8)}, EXACT_PASSES)
    assert [path.name for path in tmp_path.iterdir()] == ["source.onnx"]
