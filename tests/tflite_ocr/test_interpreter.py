"""The interpreter takes only files and tensors that its manifest promises."""

import dataclasses

import numpy as np
import pytest

from tflite_ocr import manifest
from tflite_ocr.engines import read_verified
from tflite_ocr.errors import ArtifactError, ModelContractError
from tflite_ocr.interpreter import Network, dequantize, quantize
from tflite_ocr.manifest import TensorSpec

INT8 = TensorSpec("x", (1, 5), "int8", 0.5, -3)


@pytest.fixture(scope="module")
def detector_file(tiny_model):
    """Returns the int8 detector's entry of the manifest, with changes."""
    file = next(f for f in manifest.load(tiny_model).detector.files if f.precision == "int8")
    return lambda **changes: dataclasses.replace(file, **changes)


@pytest.fixture(scope="module")
def data(tiny_model, detector_file):
    return read_verified(tiny_model, detector_file())[0]


def test_quantize_by_hand():
    values = np.float32([[0.0, 0.24, -0.26, 100.0, -100.0]])
    np.testing.assert_array_equal(quantize(values, INT8), np.int8([[-3, -3, -4, 127, -128]]))
    np.testing.assert_array_equal(dequantize(np.int8([[-3, -2, 127, -128]]), INT8), np.float32([[0, 0.5, 65, -62.5]]))


def test_quantize_keeps_whole_steps_and_float():
    steps = np.arange(-128, 128, dtype=np.int8)
    np.testing.assert_array_equal(quantize(dequantize(steps, INT8), INT8), steps)
    values = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)[:, ::2]
    spec = TensorSpec("x", (3, 2), "float32")
    assert quantize(values, spec).flags.c_contiguous
    np.testing.assert_array_equal(dequantize(quantize(values, spec), spec), values)


@pytest.mark.parametrize("damage", ["tampered", "truncated", "empty", "missing", "directory"])
def test_a_damaged_file_is_refused(tmp_path, detector_file, data, damage):
    file, path = detector_file(), tmp_path / detector_file().path
    content = {"tampered": data[:-1] + bytes([data[-1] ^ 1]), "truncated": data[: len(data) // 2], "empty": b""}
    if damage == "directory":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(content[damage])
    with pytest.raises(ArtifactError, match=f"{file.path}.*expected.*found.*convert the model again"):
        read_verified(tmp_path, file)


def test_an_unharmed_file_is_read(tmp_path, detector_file, data):
    (tmp_path / detector_file().path).write_bytes(data)
    assert read_verified(tmp_path, detector_file()) == [data]


def test_bytes_that_are_no_model_are_refused(detector_file):
    for content in (b"", b"no model", b"\0" * 4096):
        with pytest.raises(ArtifactError, match="expected a TensorFlow Lite model"):
            Network(content, detector_file(), threads=1)


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
@pytest.mark.parametrize(
    "changes",
    [{"name": "other"}, {"shape": (1, 64, 97, 3)}, {"dtype": "float32"}, {"scale": 0.01}, {"zero_point": 7}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_manifest_that_does_not_match_is_refused(detector_file, data, kind, changes):
    (spec,) = getattr(detector_file(), kind)
    wrong = detector_file(**{kind: (dataclasses.replace(spec, **changes),)})
    Network(data, detector_file(), threads=1)
    with pytest.raises(ModelContractError, match=wrong.path):
        Network(data, wrong, threads=1)


def test_another_number_of_tensors_is_refused(detector_file, data):
    outputs = detector_file().outputs
    for wrong in (outputs * 2, ()):
        with pytest.raises(ModelContractError, match=f"expected {len(wrong)} output tensors, found 1"):
            Network(data, detector_file(outputs=wrong), threads=1)


def test_a_tensor_of_another_dtype_is_refused(detector_file, data):
    network = Network(data, detector_file(), threads=1)
    with pytest.raises(ModelContractError, match="expected int8, found float32"):
        network.run(np.zeros((1, 64, 96, 3), np.float32))


def test_only_resizable_files_are_resized(detector_file, data):
    fixed = Network(data, detector_file(resizable=False), threads=1)
    with pytest.raises(ModelContractError, match="64, 96.*found.*32, 32"):
        fixed.run(np.zeros((1, 32, 32, 3), np.int8))
    assert fixed.run(np.zeros((1, 64, 96, 3), np.int8))[0].shape == (1, 64, 96, 1)


def test_a_resized_network_gives_what_the_network_of_that_size_gives(detector_file, data):
    rng = np.random.default_rng(3)
    network = Network(data, detector_file(), threads=1)
    first, other = (rng.integers(-128, 128, (1, *size, 3)).astype(np.int8) for size in ((64, 96), (32, 160)))
    wanted = network.run(first)[0]
    assert wanted.std() > 1
    assert network.run(other)[0].shape == (1, 32, 160, 1)
    np.testing.assert_array_equal(network.run(first)[0], wanted)
    np.testing.assert_array_equal(network.run(other)[0], Network(data, detector_file(), threads=1).run(other)[0])


@pytest.mark.parametrize("shape", [(1, 64, 96, 4), (64, 96, 3), (1, 0, 32, 3)])
def test_a_shape_that_no_network_takes_leaves_it_usable(detector_file, data, shape):
    network = Network(data, detector_file(), threads=1)
    x = np.random.default_rng(4).integers(-128, 128, (1, 64, 96, 3)).astype(np.int8)
    wanted = network.run(x)[0]
    with pytest.raises(ModelContractError, match=network.file.path):
        network.run(np.zeros(shape, np.int8))
    np.testing.assert_array_equal(network.run(x)[0], wanted)


def test_outputs_are_copies(detector_file, data):
    network = Network(data, detector_file(), threads=1)
    first = network.run(np.full((1, 64, 96, 3), -128, np.int8))[0]
    kept = first.copy()
    network.run(np.full((1, 64, 96, 3), 127, np.int8))
    np.testing.assert_array_equal(first, kept)
