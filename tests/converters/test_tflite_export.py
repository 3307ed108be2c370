"""The stage SavedModel -> .tflite in each precision."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from converters import tflite_export
from converters.errors import ConversionError
from tflite_ocr.manifest import UNIFORM

RNG = np.random.default_rng(13)
X = RNG.normal(0, 1, (1, 3, 24, 32)).astype(np.float32)
# The largest distance from the source that a precision may make, as a share of the output's length.
LIMITS = {"float32": 1e-6, "float16": 1e-3, "dynamic": 0.02, "int8": 0.05}


def samples():
    return ([RNG.normal(0, 1, (1, 24, 32, 3)).astype(np.float32)] for _ in range(4))


@pytest.fixture(scope="module")
def files(convolutions_saved_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tflite")
    for precision in UNIFORM:
        tflite_export.export(convolutions_saved_model, folder / f"{precision}.tflite", precision, samples)
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{precision}.tflite" for precision in UNIFORM)
    return {precision: folder / f"{precision}.tflite" for precision in UNIFORM}


def run(path, x_nhwc):
    """The output as real numbers, with the quantization that the file asks for."""
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if source["dtype"] == np.int8:
        scale, zero = source["quantization"]
        x_nhwc = np.clip(np.rint(x_nhwc / scale) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(source["index"], x_nhwc)
    interpreter.invoke()
    y = interpreter.get_tensor(result["index"])
    if result["dtype"] == np.int8:
        scale, zero = result["quantization"]
        y = (y.astype(np.float32) - zero) * scale
    return y


def types(path):
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    ends = [interpreter.get_input_details()[0]["dtype"], interpreter.get_output_details()[0]["dtype"]]
    return [np.dtype(end).name for end in ends]


@pytest.mark.parametrize("precision", UNIFORM)
def test_every_precision_runs_and_stays_near_the_source(files, convolutions_onnx, run_onnx, precision):
    wanted = run_onnx(convolutions_onnx, X)[0].transpose(0, 2, 3, 1)
    found = run(files[precision], X.transpose(0, 2, 3, 1))
    assert types(files[precision]) == (["int8"] * 2 if precision == "int8" else ["float32"] * 2)
    length = np.linalg.norm(wanted)
    assert np.linalg.norm(found - wanted) < LIMITS[precision] * length
    assert np.linalg.norm(found[:, :, ::-1] - wanted) > 0.3 * length  # a mirrored output is no match


def test_precisions_are_what_they_are_called(files):
    def stored(precision):
        interpreter = Interpreter(str(files[precision]), num_threads=1)
        return {np.dtype(detail["dtype"]).name for detail in interpreter.get_tensor_details()}

    assert stored("float32") <= {"float32", "int32"}
    assert "float16" in stored("float16")
    assert "int8" in stored("int8")
    assert len({files[precision].read_bytes() for precision in UNIFORM}) == len(UNIFORM)


def test_int8_kernels_have_a_scale_a_channel(files):
    interpreter = Interpreter(str(files["int8"]), num_threads=1)
    scales = {
        tuple(detail["shape"]): len(detail["quantization_parameters"]["scales"])
        for detail in interpreter.get_tensor_details()
        if detail["dtype"] == np.int8
    }
    assert scales[8, 3, 3, 3] == 8
    assert scales[1, 3, 3, 8] == 8


def test_int8_without_calibration_is_refused(convolutions_saved_model, tmp_path):
    with pytest.raises(ConversionError, match="calibration"):
        tflite_export.export(convolutions_saved_model, tmp_path / "x.tflite", "int8")
    assert not list(tmp_path.iterdir())


def test_an_unknown_precision_is_refused(convolutions_saved_model, tmp_path):
    with pytest.raises(ConversionError, match="bfloat16") as caught:
        tflite_export.export(convolutions_saved_model, tmp_path / "x.tflite", "bfloat16")
    assert all(precision in str(caught.value) for precision in UNIFORM)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ConversionError, match="expected a SavedModel"):
        tflite_export.export(tmp_path, tmp_path / "x.tflite", "float32")
    assert not list(tmp_path.iterdir())


def test_an_empty_calibration_set_leaves_the_last_file_alone(convolutions_saved_model, tmp_path):
    target = tmp_path / "x.tflite"
    target.write_bytes(b"the last good one")
    with pytest.raises(ConversionError, match="empty"):
        tflite_export.export(convolutions_saved_model, target, "int8", lambda: iter(()))
    assert target.read_bytes() == b"the last good one"
    assert [path.name for path in tmp_path.iterdir()] == ["x.tflite"]


def test_calibration_that_fails_is_named(convolutions_saved_model, tmp_path):
    def failing():
        yield [np.zeros((1, 24, 32, 3), np.float32)]
        raise ValueError("image 2 is broken")

    with pytest.raises(ConversionError, match="image 2 is broken"):
        tflite_export.export(convolutions_saved_model, tmp_path / "x.tflite", "int8", failing)
    assert not list(tmp_path.iterdir())
