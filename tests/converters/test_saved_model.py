"""The stage ONNX -> SavedModel: the same function in NHWC, without side effects."""

import hashlib
import os
from pathlib import Path

import numpy as np
import onnx
import onnx_graphsurgeon as gs
import pytest
import tensorflow as tf

from converters import onnx_rewrite, saved_model
from converters.errors import ConversionError

RNG = np.random.default_rng(12)


def largest_difference(onnx_path, folder, run_onnx):
    x = RNG.normal(0, 1, (1, 3, 24, 32)).astype(np.float32)
    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures["serving_default"]
    name = next(iter(signature.structured_input_signature[1]))
    found = next(iter(signature(**{name: tf.constant(x.transpose(0, 2, 3, 1))}).values())).numpy()
    wanted = run_onnx(onnx_path, x)[0].transpose(0, 2, 3, 1)
    assert found.shape == wanted.shape
    return np.abs(found - wanted).max()


def test_the_network_stays_the_same(convolutions_onnx, convolutions_saved_model, run_onnx):
    assert largest_difference(convolutions_onnx, convolutions_saved_model, run_onnx) < 1e-5


def test_another_network_is_seen(convolutions_onnx, convolutions_saved_model, run_onnx, tmp_path):
    graph = gs.import_onnx(onnx.load(convolutions_onnx))
    graph.nodes[0].inputs[1].values = graph.nodes[0].inputs[1].values[:, ::-1].copy()  # RGB for BGR
    model = gs.export_onnx(graph)
    model.ir_version = 9
    onnx.save(model, tmp_path / "broken.onnx")
    assert largest_difference(tmp_path / "broken.onnx", convolutions_saved_model, run_onnx) > 0.05


def test_success_leaves_no_trace(convolutions_onnx, tmp_path, monkeypatch):
    """Relative paths, a target that exists already, and the working directory and the source as before."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.onnx").write_bytes(convolutions_onnx.read_bytes())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "stale").write_text("of an earlier run")
    before = hashlib.sha256((tmp_path / "in.onnx").read_bytes()).hexdigest()
    saved_model.convert(Path("in.onnx"), Path("out"))
    assert os.getcwd() == str(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["in.onnx", "out"]
    assert hashlib.sha256((tmp_path / "in.onnx").read_bytes()).hexdigest() == before
    names = os.listdir(tmp_path / "out")
    assert "saved_model.pb" in names and "stale" not in names
    assert not list((tmp_path / "out").rglob("*.tflite"))


@pytest.mark.parametrize("damage", ["missing", "text", "operator"])
def test_failure_leaves_no_trace(convolutions_onnx, tmp_path, monkeypatch, damage):
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "in.onnx"
    if damage == "text":
        source.write_text("not a model")
    if damage == "operator":
        model = onnx.load(convolutions_onnx)
        model.graph.node[1].op_type = "Frobnicate"
        onnx.save(model, source)
    listing = sorted(os.listdir(tmp_path))
    with pytest.raises(ConversionError) as caught:
        saved_model.convert(source, tmp_path / "out")
    assert caught.value.stage == "saved_model"
    assert "in.onnx" in str(caught.value)
    assert os.getcwd() == str(tmp_path)
    assert sorted(os.listdir(tmp_path)) == listing


def attention(build):
    """Tokens as an exporter writes them: [1, T, C] sums, a softmax over T x T, T equal to a number of heads times C."""
    size, heads = 8, 2
    rng = np.random.default_rng(14)
    shapes = {"k": (size, 3, 3, 3), "q": (size, 3 * size), "b": (3 * size,), "o": (size, size), "e": (size,)}
    constants = {name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    constants |= {
        "flat": np.array([1, size, -1]),
        "split": np.array([1, -1, 3, heads, size // heads]),
        "join": np.array([1, -1, size]),
        "zero": np.array(0),
        "one": np.array(1),
        "two": np.array(2),
    }
    nodes = [
        ("Conv", "x k", "a", {"strides": [6, 8], "pads": [1, 1, 1, 1]}),
        ("Reshape", "a flat", "f", {}),
        ("Transpose", "f", "t", {"perm": [0, 2, 1]}),
        ("MatMul", "t q", "m", {}),
        ("Add", "m b", "qkv", {}),
        ("Reshape", "qkv split", "p", {}),
        ("Transpose", "p", "h", {"perm": [2, 0, 3, 1, 4]}),
        ("Gather", "h zero", "Q", {"axis": 0}),
        ("Gather", "h one", "K", {"axis": 0}),
        ("Gather", "h two", "V", {"axis": 0}),
        ("Transpose", "K", "KT", {"perm": [0, 1, 3, 2]}),
        ("MatMul", "Q KT", "w", {}),
        ("Softmax", "w", "s", {"axis": 3}),
        ("MatMul", "s V", "v", {}),
        ("Transpose", "v", "r", {"perm": [0, 2, 1, 3]}),
        ("Reshape", "r join", "j", {}),
        ("MatMul", "j o", "n", {}),
        ("Add", "n e", "z", {}),
        ("Add", "t z", "y", {}),
    ]
    return build(nodes, constants, channels=3)


def test_sums_of_tokens_stay_sums_of_tokens(tiny_onnx, run_onnx, tmp_path):
    onnx.save(attention(tiny_onnx), tmp_path / "free.onnx")
    onnx_rewrite.rewrite(tmp_path / "free.onnx", tmp_path / "in.onnx", {"x": (1, 3, 24, 32)}, ())
    saved_model.convert(tmp_path / "in.onnx", tmp_path / "out")
    x = RNG.normal(0, 1, (1, 3, 24, 32)).astype(np.float32)
    signature = tf.saved_model.load(str(tmp_path / "out")).signatures["serving_default"]
    found = next(iter(signature(tf.constant(x.transpose(0, 2, 3, 1))).values())).numpy()
    np.testing.assert_allclose(found, run_onnx(tmp_path / "in.onnx", x)[0], atol=1e-5)


def test_what_ran_before_changes_no_byte_of_the_file(convolutions_onnx, tmp_path):
    """Keras counts the models and layers of a process, and its numbers become names of tensors."""
    from converters import converter_process

    made = []
    for number in range(3):
        saved_model.convert(convolutions_onnx, tmp_path / str(number))
        made.append(converter_process.convert(tmp_path / str(number), "float32", [], False))
    assert made[0] == made[1] == made[2] and len(made[0]) > 1000
