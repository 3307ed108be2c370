"""Counting what XNNPACK runs, on networks of which it is known."""

import numpy as np
import onnx
import pytest
import tensorflow as tf

from converters import delegation, onnx_rewrite, saved_model, tflite_export
from converters.errors import ConversionError
from tflite_ocr.manifest import Delegation

KERNEL = np.random.default_rng(0).normal(0, 0.3, (3, 3, 4, 4)).astype(np.float32)


def convolve(x):
    return tf.nn.relu(tf.nn.conv2d(x, KERNEL, 1, "SAME"))


def turned_between_convolutions(x):
    return convolve(tf.reverse(convolve(x), [2]))  # XNNPACK turns nothing around


def turned_beside_convolutions(x):
    """The first convolution is read by an operator inside and by one outside the partition."""
    first = convolve(x)
    return tf.reverse(first, [1]), convolve(first)


NETWORKS = [
    (convolve, Delegation(1, 1, {})),
    (lambda x: convolve(convolve(x)), Delegation(1, 2, {})),
    (turned_between_convolutions, Delegation(2, 2, {"REVERSE_V2": 1})),
    (turned_beside_convolutions, Delegation(1, 2, {"REVERSE_V2": 1})),
    (lambda x: tf.reverse(tf.reverse(x, [1]), [2]), Delegation(0, 0, {"REVERSE_V2": 2})),
]


@pytest.mark.parametrize(("network", "wanted"), NETWORKS)
def test_partitions_and_operators_outside(tmp_path, network, wanted):
    traced = tf.function(network, input_signature=[tf.TensorSpec((1, 8, 8, 4), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([traced.get_concrete_function()])
    path = tmp_path / "network.tflite"
    path.write_bytes(converter.convert())
    for threads in (1, 2):
        assert delegation.measure(path, threads) == wanted


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_no_model(tmp_path, content):
    path = tmp_path / "network.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConversionError, match="network.tflite"):
        delegation.measure(path)


@pytest.mark.parametrize(("passes", "outside"), [(onnx_rewrite.EXACT_PASSES, {}), ((), {"HARD_SWISH": 1})])
def test_rewritten_hard_swish_is_delegated_in_int8(tiny_onnx, tmp_path, passes, outside):
    nodes = [
        ("Conv", "x k b", "a", {}),
        ("Add", "a three", "c", {}),
        ("Clip", "c zero six", "d", {}),
        ("Mul", "a d", "e", {}),
        ("Div", "e six", "f", {}),
        ("Conv", "f k b", "y", {}),
    ]
    numbers = {"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)}
    kernel = np.ascontiguousarray(KERNEL.transpose(3, 2, 0, 1))
    model = tiny_onnx(nodes, {"k": kernel, "b": np.ones(4, np.float32), **numbers})
    onnx.save(model, tmp_path / "source.onnx")
    onnx_rewrite.rewrite(tmp_path / "source.onnx", tmp_path / "rewritten.onnx", {"x": (1, 4, 16, 16)}, passes)
    saved_model.convert(tmp_path / "rewritten.onnx", tmp_path / "saved_model")
    samples = [[np.random.default_rng(i).normal(0, 1, (1, 16, 16, 4)).astype(np.float32)] for i in range(3)]
    tflite_export.export(tmp_path / "saved_model", tmp_path / "int8.tflite", "int8", lambda: iter(samples))
    assert delegation.measure(tmp_path / "int8.tflite").undelegated == outside
