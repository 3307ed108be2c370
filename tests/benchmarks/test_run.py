"""The latency report, with calls that move a clock of their own, and each engine on a network of one operator."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import __main__, run
from benchmarks.engines import SkippedEngine, litert, onnx_runtime, saved_model
from tflite_ocr import manifest

SHAPE = (1, 8, 12, 3)


class Clock:
    """Stands still except when a call of known length runs."""

    def __init__(self):
        self.now = 0.0
        self.calls = []

    def __call__(self):
        return self.now

    def variant(self, name, seconds):
        lengths = iter(seconds)

        def call():
            self.calls.append(name)
            self.now += next(lengths)

        return run.Variant("detector", name, "int8", "CPU", 1, SHAPE, lambda: call)


def refused():
    raise SkippedEngine("not here")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(run.time, "sleep", lambda seconds: None)


def test_variants_take_turns_and_the_first_run_of_each_is_not_counted():
    clock = Clock()
    group = [clock.variant("a", [9, 1, 2, 3, 4, 5]), clock.variant("b", [9, 0.5, 0.5, 0.5, 0.5, 0.5])]
    first, second = run.measure(group, rounds=5, clock=clock)
    assert clock.calls == ["a", "b"] + ["a", "b"] * 5
    assert (first.low_ms, first.median_ms, first.high_ms) == pytest.approx((2000, 3000, 4000))
    assert (second.median_ms, second.rounds) == (pytest.approx(500), 5)


def test_a_slow_variant_gets_fewer_rounds():
    clock = Clock()
    slow, fast = run.measure([clock.variant("s", [8] * 9), clock.variant("f", [1] * 9)], rounds=8, clock=clock)
    assert (slow.rounds, fast.rounds) == (3, 8)


def test_a_variant_that_cannot_run_says_why():
    clock = Clock()
    absent = run.Variant("detector", "TensorFlow", "float32", "-", None, SHAPE, refused)
    skipped, measured = run.measure([absent, clock.variant("b", [1, 1, 1])], rounds=2, clock=clock)
    assert (skipped.skipped, skipped.median_ms, skipped.rounds) == ("not here", None, 0)
    assert measured.skipped is None
    text = run.table("detector", [skipped, measured])
    assert "skipped: not here" in text and "1000.00" in text and "1.0x" in text


def small_manifest(*files):
    image = manifest.ImageInput("BGR", (0.5,), (0.5,))
    source = manifest.Source("test", "1", "", "Apache-2.0")
    detector = manifest.Detector("db", image, manifest.DetectorResize(32, 64), files)
    recognizer = manifest.Recognizer("en", ("en",), image, 8, (12,), ("", "a"), files)
    return manifest.Manifest(manifest.SCHEMA, "small", source, "int8", detector, (recognizer,))


def model_file(precision, shape=SHAPE, stage=0):
    spec = manifest.TensorSpec("x", shape, "float32")
    return manifest.ModelFile(f"{precision}.tflite", precision, "", 0, (spec,), (), shape[1:3], stage=stage)


def test_every_precision_runs_at_one_and_all_threads_beside_its_original(tmp_path):
    groups = run.variants(small_manifest(model_file("int8"), model_file("float32")), tmp_path, all_threads=4)
    assert list(groups) == ["detector, input 1x8x12x3", "recognizer en, input 1x8x12x3"]
    rows = [(v.engine, v.precision, v.threads) for v in groups["detector, input 1x8x12x3"]]
    assert rows == [
        ("ONNX Runtime", "float32", 4),
        ("ONNX Runtime", "float32", 1),
        ("TensorFlow", "float32", None),
        ("LiteRT", "float32", 4),
        ("LiteRT", "float32", 1),
        ("LiteRT", "int8", 4),
        ("LiteRT", "int8", 1),
    ]


def test_sizes_and_later_stages_stand_apart(tmp_path):
    files = (model_file("int8"), model_file("int8", (1, 16, 12, 3)), model_file("int8", (1, 9, 5), stage=1))
    groups = run.variants(small_manifest(*files), tmp_path, all_threads=1)
    detector = {title: group for title, group in groups.items() if title.startswith("detector")}
    assert len(detector) == 3
    assert detector["detector, stage 1, input 1x9x5"][-1].engine == "LiteRT"


def named(name, precision, **more):
    return replace(model_file(precision, **more), path=name)


def test_each_network_is_beside_its_own_original_and_a_file_of_two_precisions_runs_once(tmp_path):
    shared = "neck_float32.tflite"
    files = (named("features_int8.tflite", "int8"), named(shared, "float32", stage=1), named(shared, "int8", stage=1))
    groups = run.variants(small_manifest(*files), tmp_path, all_threads=1)
    features, neck = groups["detector, input 1x8x12x3"], groups["detector, stage 1, input 1x8x12x3"]
    assert [variant.prepare.args[0] for variant in features] == [
        tmp_path / ".build" / "features" / "source.onnx",
        tmp_path / ".build" / "features" / "saved_model",
        tmp_path / "features_int8.tflite",
    ]
    assert [(variant.engine, variant.precision) for variant in neck][2:] == [("LiteRT", "float32")]
    assert neck[0].prepare.args[0] == tmp_path / ".build" / "neck" / "source.onnx"


def test_the_precision_of_a_file_is_its_own_and_not_the_model_s(tmp_path):
    groups = run.variants(small_manifest(named("neck_dynamic.tflite", "int8")), tmp_path, all_threads=1)
    assert groups["detector, input 1x8x12x3"][-1].precision == "dynamic"


def onnx_file(path, height="height"):
    onnx = pytest.importorskip("onnx")
    kind = onnx.TensorProto.FLOAT
    inputs = [onnx.helper.make_tensor_value_info("x", kind, [1, 3, height, "width"])]
    outputs = [onnx.helper.make_tensor_value_info("y", kind, [1, 3, height, "width"])]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "relu", inputs, outputs)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_onnx_runtime_runs_at_the_size_of_the_tflite_file(tmp_path):
    pytest.importorskip("onnxruntime")
    (result,) = onnx_runtime.prepare(onnx_file(tmp_path / "free.onnx"), SHAPE, 1)()
    assert result.shape == (1, 3, 8, 12) and result.min() == 0 < result.max()
    with pytest.raises(SkippedEngine, match="fixed input"):
        onnx_runtime.prepare(onnx_file(tmp_path / "fixed.onnx", 32), SHAPE, 1)


@pytest.mark.parametrize("engine", [litert, onnx_runtime, saved_model])
def test_what_was_not_kept_is_skipped(tmp_path, engine):
    with pytest.raises(SkippedEngine, match="missing|not kept"):
        engine.prepare(tmp_path / "absent", SHAPE, 1)


def test_random_values_span_the_type():
    rng = np.random.default_rng(0)
    whole = litert._values(rng, (1000,), np.int8)
    assert whole.dtype == np.int8 and (whole.min(), whole.max()) == (-128, 127)
    assert np.abs(litert._values(rng, (9,), np.float32)).max() <= 1


def test_command_line_writes_json_and_names_what_it_did_not_find(tmp_path, capsys):
    assert __main__.main([str(tmp_path / "absent")]) == 4
    assert "manifest.json" in capsys.readouterr().err
    folder = tmp_path / "small"
    folder.mkdir()
    text = manifest.dump(small_manifest(model_file("float32")))
    (folder / manifest.FILE_NAME).write_text(text, encoding="utf-8")
    assert __main__.main([str(folder), "--rounds", "1", "--threads", "1", "--out", str(tmp_path / "r.json")]) == 0
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["model"] == "small" and report["machine"]["cores"] > 0
    assert {m["engine"] for m in report["measurements"]} == {"ONNX Runtime", "TensorFlow", "LiteRT"}
    assert all(m["skipped"] for m in report["measurements"])
