"""Every limit refuses a broken network, and good int8 networks pass all of them."""

import numpy as np
import pytest
from ai_edge_litert.tools import flatbuffer_utils

from converters import finding, limits, parity, ranges, reading, samples, tflite_export
from converters.errors import ParityError
from tests.converters import readers

SHAPE = (1, 1, readers.HEIGHT, readers.WIDTH)
MAP = (1, 1, 96, 128)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory, tiny_onnx):
    """(source, tensors, float32 file, int8 file) of the small recogniser."""
    return _files(tmp_path_factory.mktemp("reader"), readers.recognizer(tiny_onnx), SHAPE, readers.lines(24))


@pytest.fixture(scope="module")
def detector(tmp_path_factory, tiny_onnx):
    """The same of the small detector."""
    return _files(tmp_path_factory.mktemp("finder"), readers.detector(tiny_onnx), MAP, readers.pages(8))


def _files(folder, model, shape, pictures):
    tensors = samples.crop_tensors(readers.GRAY, *shape[2:], pictures)
    source, saved = readers.saved(model, folder, shape)
    for precision in ("float32", "int8"):
        tflite_export.export(saved, folder / f"{precision}.tflite", precision, lambda: ([x] for x in tensors))
    return parity.onnx_forward(source), tensors, folder / "float32.tflite", folder / "int8.tflite"


def _offset_added(model):
    """The last convolution adds 50 of 256 steps of its output to one channel."""
    _, _, bias, output = _last_convolution(model)
    values = _values(model, bias, np.int32)
    channel = len(values) // 2
    steps = np.atleast_1d(model.subgraphs[0].tensors[bias].quantization.scale)
    output_step = model.subgraphs[0].tensors[output].quantization.scale[0]
    values[channel] += round(50 * output_step / steps[min(channel, len(steps) - 1)])
    _store(model, bias, values)


def _channels_swapped(model):
    """Two channels of the last convolution that has more than one have changed places."""
    convolutions = [one for one in _convolutions(model) if model.subgraphs[0].tensors[one[1]].shape[0] > 1]
    _, kernel, bias, _ = convolutions[-1]
    for tensor, kind in ((kernel, np.int8), (bias, np.int32)):
        values = _values(model, tensor, kind).reshape(model.subgraphs[0].tensors[tensor].shape)
        values[[-2, -1]] = values[[-1, -2]]
        _store(model, tensor, values)


def _weights_zeroed(model):
    """A layer has lost its kernel: the convolution before the last one."""
    _, kernel, _, _ = _convolutions(model)[-2]
    _store(model, kernel, np.zeros_like(_values(model, kernel, np.int8)))


def _last_convolution(model):
    return _convolutions(model)[-1]


def _convolutions(model):
    """Of each the indices of its input, kernel, bias and output."""
    found = [one for one in model.subgraphs[0].operators if len(one.inputs) == 3]
    return [[*map(int, one.inputs), int(one.outputs[0])] for one in found]


def _values(model, tensor, kind):
    return np.frombuffer(bytes(model.buffers[model.subgraphs[0].tensors[tensor].buffer].data), kind).copy()


def _store(model, tensor, values):
    model.buffers[model.subgraphs[0].tensors[tensor].buffer].data = np.frombuffer(values.tobytes(), np.uint8)


def _damaged(int8, damage, tensors, target):
    """An int8 file after some damage; without one, calibrated to half of every range, beyond which values are cut."""
    if damage is None:
        ranges.export(int8.parent / "saved_model", target.with_name("cut"), [x / 2 for x in tensors])
        target = target.with_name("cut") / ranges.INT8
    else:
        model = flatbuffer_utils.read_model_from_bytearray(bytearray(int8.read_bytes()))
        damage(model)
        target.write_bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    return parity.tflite_forward(target)


def test_good_recognisers_pass(recognizer):
    reference, tensors, plain, int8 = recognizer
    judge = reading.Texts(readers.FACTS, reference, tensors).judge
    for kind, file in (("float32", plain), ("int8", int8)):
        figures = judge(parity.tflite_forward(file))
        assert limits.failures(kind, figures) == [] and figures["texts_equal"] == 1


@pytest.mark.parametrize("damage", [None, _offset_added, _channels_swapped, _weights_zeroed])
def test_a_bad_int8_recogniser_is_refused_by_its_text(recognizer, damage, tmp_path):
    reference, tensors, _, int8 = recognizer
    broken = _damaged(int8, damage, tensors, tmp_path / "int8.tflite")
    figures = reading.Texts(readers.FACTS, reference, tensors).judge(broken)
    assert {one.figure for one in limits.failures("int8", figures)} >= {"character_error_most"}
    with pytest.raises(ParityError, match="bars int8 "):
        limits.require("bars", "int8", figures)


def test_good_detectors_pass(detector):
    reference, tensors, plain, int8 = detector
    judge = finding.Finds(readers.FINDER, 0.9, reference, {"": tensors, "_96x96": [x[:, :, :96] for x in tensors]})
    figures = judge.judge(parity.tflite_forward(plain))
    assert limits.failures("float32", figures) == [] and len(figures) == 4
    assert limits.failures("int8", judge.judge(parity.tflite_forward(int8))) == []


@pytest.mark.parametrize("damage", [None, _offset_added, _channels_swapped, _weights_zeroed])
def test_a_bad_int8_detector_is_refused(detector, damage, tmp_path):
    reference, tensors, _, int8 = detector
    broken = _damaged(int8, damage, tensors, tmp_path / "int8.tflite")
    figures = finding.Finds(readers.FINDER, 0.9, reference, {"_96x128": tensors}).judge(broken)
    assert {one.figure for one in limits.failures("int8", figures)} & {"quads_iou_96x128", "mask_iou_96x128"}


def test_a_map_that_is_wrong_at_its_edges_passes_the_cosine_and_is_refused(detector):
    reference, tensors, *_ = detector

    def shifted(x):  # 0.09 off at some pixels of edges
        maps = reference(x).copy()
        edges = np.argwhere(np.abs(np.diff(maps[0, :, :, 0], axis=1, prepend=0)) > 0.2)[:20]
        maps[0, edges[:, 0], edges[:, 1], 0] -= 0.09
        return maps

    large = [np.tile(x, (1, 4, 4, 1)) for x in tensors]
    figures = parity.compare(reference, shifted, large)
    assert figures["cosine"] > limits.COSINE["float32"] and figures["max_abs_error"] == pytest.approx(0.09)
    assert [one.figure for one in limits.failures("float32", figures)] == ["relative_error"]


@pytest.mark.parametrize(
    ("figure", "form", "good", "bad"),
    [
        ("cosine", "int8", 0.85, 0.79),
        ("relative_error", "saved_model", 0.001, 0.09),
        ("frames_equal", "int8", 0.969, 0.727),
        ("character_error_most", "mixed", 0.006, 0.4),
        ("photographed_character_error_most", "int8", 0.013, 0.024),
        ("mask_iou", "int8", 0.87, 0.57),
        ("quads_iou", "int8", 0.94, 0.918),
        ("sure_quads_iou", "int8", 0.964, 0.949),
        ("labels_equal", "float32", 1.0, 0.9),
    ],
)
def test_every_row_of_the_table(figure, form, good, bad):
    for name in (figure, f"{figure}_704x1280"):
        assert limits.failures(form, {name: good}) == []
        (found,) = limits.failures(form, {name: bad})
        assert (found.figure, found.measured) == (name, bad)
    assert limits.failures(form, {figure: float("nan")})
    with pytest.raises(ParityError, match=f"net {form} {figure}"):
        limits.require("net", form, {figure: bad})


def test_the_table_is_tested_and_documented_whole():
    tested = {mark for mark, *_ in test_every_row_of_the_table.pytestmark[0].args[1]}
    assert tested == {limit.figure for limit in limits.TABLE}
    assert all(limit.reason and set(limit.bounds) for limit in limits.TABLE)
    assert limits.failures("int8", {"resized_cosine": 0.0, "painted_cosine": 0.0, "anything_96x96": 0.0}) == []
