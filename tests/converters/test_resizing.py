import shutil

import numpy as np
import pytest

from converters import inputs, parity, resizing
from converters.errors import ConversionError
from converters.plan import PlannedNetwork
from tflite_ocr.errors import ModelContractError

TENSOR = np.random.default_rng(0).normal(0, 1, (1, 96, 160, 3)).astype(np.float32)


def halves(x):
    """A network of stride 2 that takes any size."""
    return x[:, ::2, ::2, :1]


def test_other_size():
    assert resizing.other_size(TENSOR, height_too=True).shape == (1, 64, 96, 3)
    assert resizing.other_size(TENSOR, height_too=False).shape == (1, 96, 96, 3)
    assert resizing.other_size(TENSOR[:, :32, :40], height_too=True).shape == (1, 32, 32, 3)


def test_a_network_for_any_size_is_compared():
    tensor = resizing.other_size(TENSOR, True)
    assert resizing.cosine("x", halves, halves, tensor) == pytest.approx(1)
    assert resizing.cosine("x", halves, lambda x: -halves(x), tensor) == pytest.approx(-1)


def test_a_size_inside_the_graph_is_found():
    def fixed(x):
        return np.zeros((1, 48, 80, 1), np.float32)

    with pytest.raises(ConversionError, match=r"detector: .*\(1, 32, 48, 1\).*found \(1, 48, 80, 1\)"):
        resizing.cosine("detector", halves, fixed, resizing.other_size(TENSOR, True))

    def refuses(x):
        raise ModelContractError("cannot be resized")

    with pytest.raises(ConversionError, match="any size of image, found cannot be resized"):
        resizing.cosine("detector", halves, refuses, TENSOR)


@pytest.fixture(scope="module")
def attention(tmp_path_factory):
    """A .tflite file [1, 8, 64, 3] -> [1, 16, 5] whose frames are reshaped by their number, as exporters write it."""
    tf = pytest.importorskip("tensorflow", reason="the converters need the [convert] extra")
    from converters import tflite_export

    rng = np.random.default_rng(1)
    kernel, head = (rng.normal(0, 0.3, shape).astype(np.float32) for shape in ((8, 4, 3, 12), (6, 5)))

    def network(x):
        x = tf.reshape(tf.nn.conv2d(x, kernel, (1, 4), "VALID"), [1, 16, 2, 6])
        x = tf.nn.softmax(x[:, :, 0] @ tf.transpose(x[:, :, 1], [0, 2, 1])) @ x[:, :, 1]
        return {"y": tf.reshape(x, [1, 16, 6]) @ head}

    folder = tmp_path_factory.mktemp("attention")
    module = tf.Module()
    module.forward = tf.function(network, input_signature=[tf.TensorSpec((1, 8, 64, 3), tf.float32, "x")])
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.forward})
    tflite_export.export(folder / "saved", folder / "float32.tflite", "float32")

    def forward(x):
        rows = np.stack([np.tensordot(x[0, :, 4 * i : 4 * i + 4], kernel, 3) for i in range(x.shape[2] // 4)])
        query, key = rows[:, :6], rows[:, 6:]
        scores = np.exp(query @ key.T - (query @ key.T).max(axis=1, keepdims=True))
        return (scores / scores.sum(axis=1, keepdims=True) @ key @ head)[None]

    return folder / "float32.tflite", forward


def test_frames_that_are_counted_in_the_graph_follow_the_width(attention, tmp_path):
    fixed, forward = attention
    file = tmp_path / "free.tflite"
    shutil.copyfile(fixed, file)
    tensors = [np.random.default_rng(w).normal(0, 1, (1, 8, w, 3)).astype(np.float32) for w in (64, 96, 32, 64)]
    np.testing.assert_allclose(parity.tflite_forward(fixed)(tensors[0]), forward(tensors[0]), atol=1e-4)
    with pytest.raises(ModelContractError, match="cannot be resized"):
        parity.tflite_forward(fixed)(tensors[1])
    assert resizing.free_width(file) >= 1
    candidate = parity.tflite_forward(file)
    for tensor in tensors:
        np.testing.assert_allclose(candidate(tensor), forward(tensor), atol=1e-4)
    before = file.read_bytes()
    assert resizing.free_width(file) == 0 and file.read_bytes() == before  # it takes any width now


def test_a_network_that_takes_any_width_stays_as_it_is(convolutions_saved_model, tmp_path):
    from converters import tflite_export

    tflite_export.export(convolutions_saved_model, tmp_path / "x.tflite", "float32")
    before = (tmp_path / "x.tflite").read_bytes()
    assert resizing.free_width(tmp_path / "x.tflite") == 0 and (tmp_path / "x.tflite").read_bytes() == before


def test_the_source_runs_at_other_sizes_than_its_file_notes(convolutions_onnx):
    network = PlannedNetwork("n", "detector", (1, 3, 24, 32), "", lambda path: None)
    forward = inputs.reference(network, convolutions_onnx, free=True)
    assert forward(np.zeros((1, 40, 16, 3), np.float32)).shape == (1, 20, 8, 4)
    other = PlannedNetwork("n", "detector", (1, 3, 24, 32), "", None, reference=halves)
    assert inputs.reference(other, convolutions_onnx, free=True) is halves
