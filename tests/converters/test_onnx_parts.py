"""ONNX files of other kinds: one network alone, classifiers, boxes, weights beside the file, recurrent layers."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from converters import cache
from converters.errors import ConversionError
from converters.sources import onnx_file
from tests.converters import small_networks as nets
from tflite_ocr.detection.boxes import BoxesDecoder

RNG = np.random.default_rng(41)
PIXELS = {"color": "RGB", "mean": [0.5] * 3, "std": [0.5] * 3}
LETTERS = [chr(97 + i) for i in range(nets.CLASSES - 1)]
RECOGNIZER = {**PIXELS, "charset": LETTERS, "height": nets.HEIGHT, "output_layout": "NTC", "probabilities": True}
DETECTOR = {**PIXELS, "decoder": "db"}


def plan(tmp_path, files, **parts):
    facts = {"name": "Mine", "licence": "MIT", **parts}
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    return onnx_file.plan(",".join(map(str, [*files, tmp_path / "facts.json"])))


def run(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A detector and a recogniser with free sizes, and a recogniser with an LSTM of fixed size."""
    folder = tmp_path_factory.mktemp("files")
    nets.write(nets.seeded(nets.Detector()), folder / "det.onnx", free=(2, 3))
    nets.write(nets.seeded(nets.Recognizer()), folder / "rec.onnx", free=(3,))
    nets.write(nets.seeded(nets.Recognizer(recurrent="lstm")), folder / "lstm.onnx")
    return folder


def names(plan):
    return [(network.name, network.shape[2:], network.resizable) for network in plan.networks]


def test_sizes_that_nobody_named(files, tmp_path):
    """A detector of free size is resizable, four widths; what is fixed stays so."""
    found = plan(tmp_path, [files / "det.onnx", files / "rec.onnx"], detector=DETECTOR, recognizer=RECOGNIZER)
    assert names(found) == [
        ("detector", (640, 640), True),
        *((f"recognizer_16x{w}", (16, w), False) for w in (160, 320, 640, 1280)),
    ]
    assert found.detector.resize.min_side == 736 and found.recognizers[0].widths == (160, 320, 640, 1280)
    followed = plan(tmp_path, [files / "rec.onnx"], recognizer={**RECOGNIZER, "resizable": True})
    assert names(followed)[1:] == [("recognizer", (16, 640), True)]
    widths = followed.recognizers[0].widths
    assert (widths[0], widths[-1]) == (32, 1280) and max(np.diff(widths)) <= 64 and max(np.diff(widths[:10])) <= 16
    fixed = plan(tmp_path, [files / "lstm.onnx"], recognizer=RECOGNIZER)
    assert names(fixed)[1:] == [("recognizer_16x64", (16, 64), False)]
    with pytest.raises(ConversionError, match="free height and width for .resizable.: true.*found an input"):
        nets.write(nets.seeded(nets.Detector()), tmp_path / "fixed.onnx")
        plan(tmp_path, [tmp_path / "fixed.onnx"], detector={**DETECTOR, "resizable": True})


def test_a_recogniser_alone_gets_the_detector_in_the_repository(files, tmp_path):
    found = plan(tmp_path, [files / "rec.onnx"], recognizer={**RECOGNIZER, "widths": [64]})
    assert [network.role for network in found.networks] == ["detector", "recognizer"]
    assert found.detector.decoder == "db" and found.parameters == {"detector": "edge"} and found.read_by == ""
    assert set(found.source.sha256) == {"rec.onnx"}


def test_unknown_operators_are_refused_before_anything_is_made(files, tmp_path):
    model = onnx.load(files / "det.onnx")
    node = next(node for node in model.graph.node if node.op_type == "HardSigmoid")
    node.op_type, node.domain = "DynamicQuantizeLSTM", "com.microsoft"
    onnx.save(model, tmp_path / "det.onnx")
    with pytest.raises(ConversionError) as caught:
        plan(tmp_path, [tmp_path / "det.onnx"], detector=DETECTOR)
    said = str(caught.value)
    assert f"det.onnx: operator com.microsoft.DynamicQuantizeLSTM (node {node.name}) has no form in TensorFlow" in said
    assert "from its float original" in said and "\n" not in said


def local_functions(path, model):
    """The model with its first Relu as a function of the file."""
    node = next(node for node in model.graph.node if node.op_type == "Relu")
    body = [onnx.helper.make_node("Relu", ["a"], ["b"])]
    sets = [onnx.helper.make_opsetid("", 17)]
    model.functions.append(onnx.helper.make_function("local", "MyRelu", ["a"], ["b"], body, sets))
    model.opset_import.append(onnx.helper.make_opsetid("local", 1))
    node.op_type, node.domain = "MyRelu", "local"
    onnx.save(model, path)


def test_functions_of_a_file_are_written_out(files, tmp_path):
    local_functions(tmp_path / "det.onnx", onnx.load(files / "det.onnx"))
    found = plan(tmp_path, [tmp_path / "det.onnx"], detector=DETECTOR)
    found.networks[0].write_onnx(tmp_path / "w.onnx")
    assert "MyRelu" not in {node.op_type for node in onnx.load(tmp_path / "w.onnx").graph.node}
    x = RNG.normal(0, 1, (1, 3, 64, 96)).astype(np.float32)
    np.testing.assert_allclose(run(tmp_path / "w.onnx", x), run(files / "det.onnx", x), atol=1e-6)


def test_a_detector_alone_is_read_by_another(files, tmp_path):
    found = plan(tmp_path, [files / "det.onnx"], detector=DETECTOR)
    assert found.recognizers == () and found.read_by == "tesseract" and len(found.networks) == 1


def test_recurrent_layers_stay_out_of_int8(files, tmp_path, caplog):
    found = plan(tmp_path, [files / "lstm.onnx"], recognizer=RECOGNIZER)
    assert [network.quantized for network in found.networks] == [True, False]
    (record,) = caplog.records
    assert "lstm.onnx: operator LSTM (node /recurrent/LSTM) has no int8 form" in record.getMessage()


def save(path, nodes, constants, outputs, size=(16, 32)):
    """An ONNX file of input [1, 3, *size]; nodes are (operator, inputs, output, attributes)."""
    made = [onnx.helper.make_node(op, inputs.split(), [out], **attributes) for op, inputs, out, attributes in nodes]
    weights = [onnx.numpy_helper.from_array(np.asarray(values), name) for name, values in constants.items()]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, *size])
    results = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs]
    graph = onnx.helper.make_graph(made, "g", [x], results, weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)
    return path


def test_frames_first(tmp_path):
    """[frames, 1, classes], as nn.LSTM and nn.CTCLoss have it."""
    kernel = RNG.normal(0, 0.4, (nets.CLASSES, 3, 16, 4)).astype(np.float32)
    nodes = [
        ("Conv", "x k", "c", {"strides": [1, 4]}),
        ("Squeeze", "c axes", "s", {}),
        ("Transpose", "s", "y", {"perm": [2, 0, 1]}),
    ]
    path = save(tmp_path / "rec.onnx", nodes, {"k": kernel, "axes": np.array([2])}, ["y"])
    facts = {**RECOGNIZER, "probabilities": False}
    with pytest.raises(ConversionError, match="found an output of shape .8, 1, 12.; say .output_layout.: .TNC."):
        plan(tmp_path, [path], recognizer=facts)
    found = plan(tmp_path, [path], recognizer={**facts, "output_layout": "TNC"})
    found.networks[-1].write_onnx(tmp_path / "w.onnx")
    x = RNG.normal(0, 1, (1, 3, 16, 32)).astype(np.float32)
    np.testing.assert_array_equal(run(tmp_path / "w.onnx", x), run(path, x).transpose(1, 0, 2))


def test_a_direction_classifier(files, tmp_path):
    nodes = [
        ("GlobalAveragePool", "x", "p", {}),
        ("Flatten", "p", "f", {}),
        ("MatMul", "f m", "l", {}),
        ("Softmax", "l", "y", {"axis": 1}),
    ]
    path = save(tmp_path / "cls.onnx", nodes, {"m": RNG.normal(0, 1, (3, 2)).astype(np.float32)}, ["y"], (48, 192))
    parts = {"detector": DETECTOR, "recognizer": {**RECOGNIZER, "widths": [64]}, "direction": PIXELS}
    found = plan(tmp_path, [files / "det.onnx", files / "rec.onnx", path], **parts)
    assert found.networks[-1].name == "direction" and found.direction.labels == (0, 180)
    found.networks[-1].write_onnx(tmp_path / "w.onnx")
    x = RNG.normal(0, 1, (1, 3, 48, 192)).astype(np.float32)
    np.testing.assert_array_equal(run(tmp_path / "w.onnx", x), run(path, x))
    with pytest.raises(ConversionError, match=r"det.onnx: .*shape \[1, 2\] for the labels \[0, 180\], found \[1, 1, "):
        plan(tmp_path, [files / "det.onnx", files / "rec.onnx", files / "det.onnx"], **parts)


BOXES = np.array([[4, 2, 20, 10], [8, 4, 30, 14], [1, 1, 9, 5]], np.float32)  # left, top, right, bottom in pixels
SCORES = np.array([0.9, 0.2, 0.7], np.float32)


def table(form, unit):
    left, top, right, bottom = BOXES.T / (np.array([32, 16, 32, 16])[:, None] if unit == "shares" else 1)
    forms = {
        "xyxy": [left, top, right, bottom],
        "yxyx": [top, left, bottom, right],
        "cxcywh": [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top],
    }
    return np.stack(forms[form], 1).astype(np.float32)


@pytest.mark.parametrize(
    ("form", "unit", "layout", "objectness", "apart"),
    [
        ("cxcywh", "pixels", "NAC", True, False),
        ("cxcywh", "pixels", "NCA", False, False),
        ("xyxy", "shares", "NAC", False, True),
        ("yxyx", "pixels", "NCA", False, True),
    ],
)
def test_boxes_of_every_kind(tmp_path, form, unit, layout, objectness, apart):
    """The file answers constants, so that what the runtime decodes can be said by hand."""
    classes = np.stack([SCORES, SCORES / 2], 1)
    columns = [table(form, unit)] + ([np.full((3, 1), 0.5, np.float32)] if objectness else [])
    values = {"b": columns[0], "s": classes} if apart else {"b": np.concatenate([*columns, classes], 1)}
    nodes = [("ReduceSum", "x", "sum", {"keepdims": 0}), ("Mul", "sum zero", "z", {})]
    for name, value in values.items():
        values[name] = (value if layout == "NAC" else value.T)[None]
        nodes.append(("Add", f"{name} z", f"{name}_out", {}))
    path = save(tmp_path / "det.onnx", nodes, {**values, "zero": np.float32(0)}, [f"{name}_out" for name in values])
    facts = {
        **PIXELS,
        "decoder": "boxes",
        "box_format": form,
        "box_unit": unit,
        "output_layout": layout,
        "objectness": objectness,
    } | ({"output": "b_out", "scores_output": "s_out"} if apart else {})
    found = plan(tmp_path, [path], detector=facts)
    (network,) = found.networks
    assert network.shape == (1, 3, 16, 32) and not network.quantized
    network.write_onnx(tmp_path / "w.onnx")
    maps = run(tmp_path / "w.onnx", np.zeros((1, 3, 16, 32), np.float32))[0]
    factor = 0.5 if objectness else 1
    np.testing.assert_allclose(maps[:, 0], SCORES * factor, rtol=1e-6)
    quads, scores = BoxesDecoder().decode(maps, 1 / factor, (32, 16))
    np.testing.assert_allclose(quads[:, [0, 2]].reshape(-1, 4), BOXES[[0, 2]], atol=1e-4)
    np.testing.assert_allclose(scores, SCORES[[0, 2]], rtol=1e-6)


def test_boxes_of_another_shape_are_refused(files, tmp_path):
    with pytest.raises(ConversionError, match="expected boxes as .1, boxes, columns. with 5 columns or more, found"):
        plan(tmp_path, [files / "det.onnx"], detector={**DETECTOR, "decoder": "boxes"})


def test_weights_beside_the_file_count(files, tmp_path):
    """They are part of the fingerprint and of the manifest's digests, and are missed when they are missing."""
    model = onnx.load(files / "det.onnx")
    onnx.save(model, tmp_path / "det.onnx", save_as_external_data=True, location="det.data", size_threshold=0)
    before = plan(tmp_path, [tmp_path / "det.onnx"], detector=DETECTOR)
    assert set(before.source.sha256) == {"det.onnx", "det.data"}
    before.networks[0].write_onnx(tmp_path / "w.onnx")
    x = RNG.normal(0, 1, (1, 3, 64, 96)).astype(np.float32)
    np.testing.assert_allclose(run(tmp_path / "w.onnx", x), run(files / "det.onnx", x), atol=1e-6)
    data = np.fromfile(tmp_path / "det.data", np.float32)
    (data * 1.5).tofile(tmp_path / "det.data")
    after = plan(tmp_path, [tmp_path / "det.onnx"], detector=DETECTOR)
    assert before.networks[0].fingerprint != after.networks[0].fingerprint
    assert before.source.sha256["det.data"] != after.source.sha256["det.data"]
    assert after.source.sha256["det.onnx"] == cache.digest_file(tmp_path / "det.onnx")
    (tmp_path / "det.data").unlink()
    with pytest.raises(ConversionError, match="det.data: expected the weights of det.onnx beside it, found none"):
        plan(tmp_path, [tmp_path / "det.onnx"], detector=DETECTOR)
