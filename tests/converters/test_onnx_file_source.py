"""A user's own ONNX files: what the description promises is checked, and the runtime sees one layout."""

import copy
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter

from converters import onnx_rewrite, saved_model, tflite_export
from converters.errors import ConversionError
from converters.sources import onnx_file

CHARACTERS = "abcdefghij "
CLASSES = len(CHARACTERS) + 1
RNG = np.random.default_rng(21)
FACTS = {
    "name": "Tiny",
    "licence": "MIT",
    "detector": {
        "decoder": "db",
        "color": "RGB",
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.25],
        "min_side": 32,
        "max_side": 96,
        "canvases": [[32, 64], [64, 32]],
        "options": {"box_threshold": 0.6},
    },
    "recognizer": {
        "charset": list(CHARACTERS),
        "color": "GRAY",
        "mean": [0.5],
        "std": [0.5],
        "height": 16,
        "widths": [32, 48],
        "output_layout": "NTC",
        "languages": ["en"],
    },
}


def weights(*shape):
    return RNG.normal(0, 0.4, shape).astype(np.float32)


def detector_model(build, maps=1, layout="NCHW", opset=17):
    nodes = [
        ("Conv", "x k", "a", {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ("Relu", "a", "r", {}),
        ("ConvTranspose", "r t", "u", {"strides": [2, 2]}),
        ("Sigmoid", "u", "y" if layout == "NCHW" else "s", {}),
        ("Transpose", "s", "y", {"perm": [0, 2, 3, 1]}),
    ]
    constants = {"k": weights(4, 3, 3, 3), "t": weights(4, maps, 2, 2)}
    return build(nodes[:4] if layout == "NCHW" else nodes, constants, channels=3, opset=opset)


def recognizer_model(build, layout="NTC", softmax=False, opset=17):
    """One row of features, then classes: by a matrix product (NTC), or by a convolution (NCT, or NC1T of rank 4)."""
    nodes = [
        ("Conv", "x k", "a", {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("Relu", "a", "r", {}),
        ("AveragePool", "r", "p", {"kernel_shape": [8, 1]}),
    ]
    constants = {"k": weights(6, 1, 3, 3), "axes": np.array([2])}
    squeeze = ("Squeeze", "p axes", "q", {}) if opset >= 13 else ("Squeeze", "p", "q", {"axes": [2]})
    last = "z" if softmax else "y"
    if layout == "NTC":
        nodes += [squeeze, ("Transpose", "q", "t", {"perm": [0, 2, 1]}), ("MatMul", "t m", "n", {})]
        nodes += [("Add", "n b", last, {})]
        constants |= {"m": weights(6, CLASSES), "b": weights(CLASSES)}
    else:
        nodes.append(("Conv", "p m b", "c" if layout == "NCT" else last, {}))
        if layout == "NCT":
            nodes.append(("Squeeze", "c axes" if opset >= 13 else "c", last, {} if opset >= 13 else {"axes": [2]}))
        constants |= {"m": weights(CLASSES, 6, 1, 1), "b": weights(CLASSES)}
    if softmax:
        nodes.append(("Softmax", "z", "y", {"axis": 2 if layout == "NTC" else 1}))
    return build(nodes, constants, channels=1, opset=opset)


@pytest.fixture
def write(tmp_path, tiny_onnx):
    """Writes both models and the description, with changes "part.field" = value (None: without it)."""

    def files(detector=None, recognizer=None, changes=None):
        onnx.save(detector or detector_model(tiny_onnx), tmp_path / "det.onnx")
        onnx.save(recognizer or recognizer_model(tiny_onnx), tmp_path / "rec.onnx")
        facts = copy.deepcopy(FACTS)
        for place, value in (changes or {}).items():
            *parts, last = place.split(".")
            part = facts
            for name in parts:
                part = part[name]
            part[last] = value
            if value is None:
                del part[last]
        (tmp_path / "det.json").write_text(json.dumps(facts), encoding="utf-8")
        return f"{tmp_path / 'det.onnx'},{tmp_path / 'rec.onnx'}"

    return files


def test_the_plan_holds_what_the_description_says(write):
    plan = onnx_file.plan(write())
    assert plan.name == "onnx" and plan.source.name == "Tiny" and plan.source.licence == "MIT"
    assert plan.default_precision == "float32"
    assert set(plan.source.sha256) == {"det.onnx", "rec.onnx"}
    assert plan.detector.decoder == "db" and plan.detector.options == {"box_threshold": 0.6}
    assert plan.detector.input.color == "RGB" and plan.detector.input.std == (0.5, 0.5, 0.25)
    assert (plan.detector.resize.min_side, plan.detector.resize.max_side, plan.detector.resize.multiple) == (32, 96, 32)
    recognizer = plan.recognizers[0]
    assert recognizer.charset == ("", *CHARACTERS) and recognizer.blank == 0
    assert (recognizer.height, recognizer.widths, recognizer.languages) == (16, (32, 48), ("en",))
    assert [(n.name, n.role, n.shape, n.resizable) for n in plan.networks] == [
        ("detector_32x64", "detector", (1, 3, 32, 64), False),
        ("detector_64x32", "detector", (1, 3, 64, 32), False),
        ("recognizer_16x32", "recognizer", (1, 1, 16, 32), False),
        ("recognizer_16x48", "recognizer", (1, 1, 16, 48), False),
    ]
    assert all(n.owner == (recognizer.name if n.role == "recognizer" else "") for n in plan.networks)


def test_resizable_networks_are_made_once(write):
    plan = onnx_file.plan(write(changes={"detector.resizable": True, "recognizer.resizable": True}))
    assert [(n.name, n.shape[2:], n.resizable) for n in plan.networks] == [
        ("detector", (32, 64), True),
        ("recognizer", (16, 48), True),
    ]


def test_canvases_of_the_command_line_come_first(write):
    plan = onnx_file.plan(write(), canvases=[(96, 96)])
    assert [n.name for n in plan.networks if n.role == "detector"] == ["detector_96x96"]


def test_the_description_may_lie_elsewhere_and_name_a_file_of_characters(write, tmp_path):
    files = write(changes={"recognizer.charset": None, "recognizer.charset_file": "chars.txt", "recognizer.blank": 11})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "det.json").rename(tmp_path / "elsewhere" / "facts.json")
    (tmp_path / "elsewhere" / "chars.txt").write_bytes("\r\n".join(CHARACTERS).encode() + b"\r\n")
    plan = onnx_file.plan(f"{files},{tmp_path / 'elsewhere' / 'facts.json'}")
    assert plan.recognizers[0].charset == (*CHARACTERS, "")
    assert plan.recognizers[0].blank == 11


def test_fingerprints_follow_weights_and_description(write, tiny_onnx):
    first = onnx_file.plan(write()).networks
    same = onnx_file.plan(write(detector_model(tiny_onnx), recognizer_model(tiny_onnx))).networks
    assert all(a.fingerprint != b.fingerprint for a, b in zip(first, same, strict=True))  # other random weights
    files = write()
    before = onnx_file.plan(files).networks
    description = Path(files.split(",")[0]).with_suffix(".json")
    description.write_text(description.read_text().replace('"mean": [0.5]', '"mean": [0.4]'))  # the recogniser's
    after = onnx_file.plan(files).networks
    assert [a.fingerprint == b.fingerprint for a, b in zip(before, after, strict=True)] == [True, True, False, False]


def written(plan, role, tmp_path):
    network = next(network for network in plan.networks if network.role == role)
    network.write_onnx(tmp_path / f"{role}.onnx")
    return network, tmp_path / f"{role}.onnx"


@pytest.mark.parametrize(
    ("layout", "softmax", "opset"),
    [(layout, softmax, 17) for layout in ("NTC", "NCT", "NC1T") for softmax in (False, True)]
    + [("NTC", True, 11), ("NCT", False, 11)],  # a softmax of operator set 11 knows only the last axis
)
def test_recogniser_outputs_become_logits(write, tiny_onnx, run_onnx, tmp_path, layout, softmax, opset):
    model = recognizer_model(tiny_onnx, layout, softmax, opset)
    changes = {"recognizer.output_layout": layout.replace("1", ""), "recognizer.probabilities": softmax}
    _, path = written(onnx_file.plan(write(recognizer=model, changes=changes)), "recognizer", tmp_path)
    for width in (32, 48):
        x = RNG.normal(0, 1, (1, 1, 16, width)).astype(np.float32)
        wanted, found = run_onnx(model, x)[0].reshape(-1), run_onnx(path, x)[0]
        assert found.shape == ((1, width // 2, CLASSES) if layout == "NTC" else (1, CLASSES, 1, width // 2))
        if softmax:
            axis = 2 if layout == "NTC" else 1
            found = np.exp(found) / np.exp(found).sum(axis, keepdims=True)
        np.testing.assert_allclose(found.reshape(-1), wanted, atol=1e-5)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_detector_maps_become_nchw(write, tiny_onnx, run_onnx, tmp_path, layout):
    model = detector_model(tiny_onnx, 2, layout)
    changes = {"detector.output_layout": layout, "detector.decoder": "craft", "detector.options": {}}
    _, path = written(onnx_file.plan(write(detector=model, changes=changes)), "detector", tmp_path)
    x = RNG.normal(0, 1, (1, 3, 64, 96)).astype(np.float32)
    wanted = run_onnx(model, x)[0]
    found = run_onnx(path, x)[0]
    assert found.shape == (1, 2, 64, 96)
    np.testing.assert_array_equal(found, wanted if layout == "NCHW" else wanted.transpose(0, 3, 1, 2))


def test_maps_that_are_nhwc_by_other_means_are_refused(write, tiny_onnx, tmp_path):
    nodes = [
        ("Conv", "x k", "f", {"pads": [1, 1, 1, 1]}),
        ("Transpose", "f", "t", {"perm": [0, 2, 3, 1]}),
        ("Exp", "t", "y", {}),
    ]
    model = tiny_onnx(nodes, {"k": weights(1, 3, 3, 3)}, channels=3)
    plan = onnx_file.plan(write(detector=model, changes={"detector.output_layout": "NHWC"}))
    with pytest.raises(ConversionError, match="found Exp; export the network in NCHW"):
        written(plan, "detector", tmp_path)


def test_one_of_several_outputs_is_chosen_by_name(write, tiny_onnx, run_onnx, tmp_path):
    nodes = [("Conv", "x k", "f", {"pads": [1, 1, 1, 1]}), ("Sigmoid", "f", "y", {}), ("Exp", "f", "other", {})]
    model = tiny_onnx(nodes, {"k": weights(1, 3, 3, 3)}, channels=3, outputs=("other", "y"))
    with pytest.raises(ConversionError, match="output.*other.*y"):
        onnx_file.plan(write(detector=model))
    _, path = written(onnx_file.plan(write(detector=model, changes={"detector.output": "y"})), "detector", tmp_path)
    x = RNG.normal(0, 1, (1, 3, 32, 64)).astype(np.float32)
    found = run_onnx(path, x)
    assert len(found) == 1
    np.testing.assert_array_equal(found[0], run_onnx(model, x)[1])


def tflite(network, path, tmp_path, x_nhwc):
    """The output of the whole chain."""
    onnx_rewrite.rewrite(path, tmp_path / "r.onnx", {"x": network.shape}, onnx_rewrite.EXACT_PASSES)
    saved_model.convert(tmp_path / "r.onnx", tmp_path / "saved_model")
    tflite_export.export(tmp_path / "saved_model", tmp_path / "n.tflite", "float32")
    interpreter = Interpreter(str(tmp_path / "n.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x_nhwc)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@pytest.mark.parametrize("layout", ["NTC", "NCT", "NC1T"])
def test_the_runtime_sees_frames_by_classes(write, tiny_onnx, run_onnx, tmp_path, layout):
    model = recognizer_model(tiny_onnx, layout)
    changes = {"recognizer.output_layout": layout.replace("1", "")}
    network, path = written(onnx_file.plan(write(recognizer=model, changes=changes)), "recognizer", tmp_path)
    x = RNG.normal(0, 1, network.shape).astype(np.float32)
    found = tflite(network, path, tmp_path, np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
    assert found.shape == ((1, 16, CLASSES) if layout == "NTC" else (1, 1, 16, CLASSES))
    found = found.reshape(16, CLASSES)
    wanted = run_onnx(model, x)[0].reshape((16, CLASSES) if layout == "NTC" else (CLASSES, 16))
    wanted = wanted if layout == "NTC" else wanted.T
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert np.abs(found[::-1] - wanted).max() > 0.1  # frames from right to left are no match


def test_the_runtime_sees_maps_last(write, tiny_onnx, run_onnx, tmp_path):
    model = detector_model(tiny_onnx, 2, "NHWC")
    changes = {"detector.output_layout": "NHWC", "detector.decoder": "craft", "detector.options": {}}
    network, path = written(onnx_file.plan(write(detector=model, changes=changes)), "detector", tmp_path)
    x = RNG.normal(0, 1, network.shape).astype(np.float32)
    found = tflite(network, path, tmp_path, np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(found, run_onnx(model, x)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"licence": None}, "det.json: expected the field 'licence'"),
        ({"detector": None}, "expected a file for each of recognizer, in this order, found 2"),
        ({"detector": None, "recognizer": None}, "expected .detector. or .recognizer., found .."),
        ({"direction": {"color": "BGR", "mean": [0.5] * 3, "std": [0.5] * 3}}, "detector, recognizer, direction, in"),
        ({"detector.color": "?"}, "det.json.detector.color: expected a value, found '.'.*docs/convert.md"),
        ({"detector.mean": None}, "det.json.detector: expected the field 'mean'"),
        ({"recognizer.output_layout": None}, "expected the field 'output_layout'"),
        ({"detector.mean": "half"}, "detector.mean: expected a list, found 'half'"),
        ({"detector.mean": [0.5, "x", 0.5]}, "detector.mean.1.: expected a number, found 'x'"),
        ({"detector.mean": [0.5]}, "detector.mean: expected 3 numbers for RGB"),
        ({"recognizer.std": [0.0]}, "recognizer.std: expected positive numbers"),
        ({"detector.min_side": 32.5}, "detector.min_side: expected int"),
        ({"detector.min_side": True}, "detector.min_side: expected int"),
        ({"detector.min_side": 97}, "min_side <= max_side"),
        ({"detector.treshold": 0.3}, "found 'treshold'"),
        ({"detector.options": {"box_treshold": 0.3}}, "box_treshold"),
        ({"detector.decoder": "east"}, "east"),
        ({"detector.color": "HSV"}, "expected BGR or RGB or GRAY, found 'HSV'"),
        ({"detector.canvases": [[32, 33]]}, "canvases.0.: expected .height, width. in multiples of 32"),
        ({"detector.canvases": [[32, 64], [32, 64]]}, "different canvases"),
        ({"detector.output_layout": "HWC"}, "expected NCHW or NHWC"),
        ({"recognizer.output_layout": "TCN"}, "expected NTC or NCT or TNC"),
        ({"recognizer.widths": [48, 32]}, "widths: expected ascending"),
        ({"recognizer.blank": 12}, "blank: expected 0 to 11"),
        ({"recognizer.charset": None}, "either charset or charset_file"),
        ({"recognizer.charset_file": "c.txt"}, "either charset or charset_file"),
        ({"recognizer.charset": None, "recognizer.charset_file": "c.txt"}, "expected UTF-8 text in .*c.txt"),
        ({"recognizer.charset": ["a", ""]}, "charset: expected characters"),
        ({"recognizer.confidence": "product"}, "expected mean or easyocr"),
        ({"default_precision": "int4"}, "expected float32 or float16"),
    ],
)
def test_a_wrong_description_is_refused_by_name(write, changes, message):
    with pytest.raises(ConversionError, match=message) as caught:
        onnx_file.plan(write(changes=changes))
    assert caught.value.stage == "source"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recognizer.charset": list("abc")}, "rec.onnx: expected 4 classes .* found an output of shape .1, 16, 12."),
        ({"recognizer.output_layout": "NCT"}, "expected 12 classes .* layout NCT.*say .output_layout.: .NTC."),
        ({"recognizer.charset": list(CHARACTERS[:-1])}, "is the space its last class"),
        ({"detector.decoder": "craft", "detector.options": {}}, "det.onnx: expected 2 map"),
        ({"detector.output_layout": "NHWC"}, "det.onnx: expected 1 map"),
        ({"detector.color": "GRAY", "detector.mean": [0.5], "detector.std": [0.5]}, "takes .1, 1, 32, 64."),
        ({"detector.output": "maps"}, "output.*found 'maps'"),
    ],
)
def test_a_description_that_does_not_fit_the_networks_is_refused(write, changes, message):
    with pytest.raises(ConversionError, match=message):
        onnx_file.plan(write(changes=changes))


@pytest.mark.parametrize("softmax", [False, True])
def test_probabilities_must_be_announced_and_be_there(write, tiny_onnx, tmp_path, softmax):
    model = recognizer_model(tiny_onnx, softmax=softmax)
    plan = onnx_file.plan(write(recognizer=model, changes={"recognizer.probabilities": not softmax}))
    with pytest.raises(ConversionError, match="probabilities"):
        written(plan, "recognizer", tmp_path)
    assert not (tmp_path / "recognizer.onnx").exists()


def test_a_network_of_fixed_size_takes_no_other(write, tiny_onnx):
    model = detector_model(tiny_onnx)
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, 32, 64), strict=True):
        dim.dim_value = size
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ConversionError, match="takes .1, 3, 64, 32., found .1, 3, 32, 64."):
        onnx_file.plan(write(detector=model))
    onnx_file.plan(write(detector=model, changes={"detector.canvases": [[32, 64]]}))


@pytest.mark.parametrize("name", ["det.onnx", "rec.onnx", "det.json"])
@pytest.mark.parametrize("content", [None, b"", b"neither ONNX nor JSON"])
def test_missing_and_damaged_files_are_named(write, tmp_path, name, content):
    files = write()
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConversionError, match=name):
        onnx_file.plan(files)


@pytest.mark.parametrize("files", ["", "facts.json", "a.onnx,b.onnx,c.onnx,d.onnx", "a.onnx,b.json,c.json"])
def test_the_wrong_number_of_files_is_refused(files):
    with pytest.raises(ConversionError, match="expected onnx:DET.onnx,REC.onnx"):
        onnx_file.plan(files)


def test_the_files_are_not_written_to(write, tmp_path):
    plan = onnx_file.plan(write(changes={"recognizer.widths": [32]}))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for network in plan.networks:
        network.write_onnx(Path(tmp_path / f"{network.name}.out"))
    assert {path: path.read_bytes() for path in before} == before
