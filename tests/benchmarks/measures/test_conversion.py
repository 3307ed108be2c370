"""Every stage of the tiny model through one Reader; a damaged stage shows up as worse."""

import importlib
import json
import shutil

import cv2
import numpy as np
import pytest

from benchmarks.engines.networks import BUILD_FOLDER
from benchmarks.measures import conversion, sets
from benchmarks.measures.reading import SetResult
from benchmarks.running.protocol import EngineLine, MeasurementChoice, Skipped
from evaluation import quality
from tflite_ocr import Reader
from tflite_ocr.interpreter import Network

FLOAT_STAGES = [("source", "float32"), ("onnx", "float32"), ("saved_model", "float32")]


@pytest.fixture(scope="module")
def model(tiny_model, tmp_path_factory):
    """A copy of the tiny model that may be written to."""
    return shutil.copytree(tiny_model, tmp_path_factory.mktemp("copy") / "tiny")


@pytest.fixture(scope="module")
def spotted_set(model, tmp_path_factory):
    """Two images of other sizes than the model was converted at, labelled with what the source reads in them."""
    folder = tmp_path_factory.mktemp("sets") / "spotted"
    folder.mkdir()
    source = conversion.create(str(model), "source", "float32", 1)
    with open(folder / "labels.jsonl", "w", encoding="utf-8") as stream:
        for name, (height, width) in {"wide.png": (64, 160), "tall.png": (128, 96)}.items():
            cv2.imwrite(str(folder / name), bars(height, width))
            items = [{"text": line.text, "quad": line.quad} for line in source.read(folder / name)]
            assert items
            stream.write(json.dumps({"image": name, "items": items}) + "\n")
    return sets.load(folder, {})


def bars(height, width):
    """Dark bars of changing shades on white: what the tiny model takes for lines of text."""
    rng, image = np.random.default_rng(height), np.full((height, width, 3), 255, np.uint8)
    for top in range(8, height - 16, 32):
        image[top : top + 16, 8 : width - 8] = rng.integers(0, 90, (1, width - 16, 3))
    return image


def result_of(variant, evaluation_set):
    """What the engine of a variant reads, in this process."""
    module, _, factory = variant.factory.partition(":")
    engine = getattr(importlib.import_module(module), factory)(**variant.options)
    if evaluation_set.kind == quality.LINES:
        found = [(EngineLine(text),) for text in engine.recognize([s.image_path for s in evaluation_set.samples])]
    else:
        found = [tuple(engine.read(sample.image_path)) for sample in evaluation_set.samples]
    return SetResult(evaluation_set, tuple(found), ())


def rows_of(folder, evaluation_sets):
    choice = MeasurementChoice((folder,), 1, False, folder / BUILD_FOLDER)
    results = {v.id: [result_of(v, one) for one in evaluation_sets] for v in conversion.variants(choice)}
    found = conversion.rows(choice, results.__getitem__, [one.name for one in evaluation_sets])
    return {(row["stage"], row["precision"], row["set"]): row for row in found}


def test_stages_are_found_in_order(model):
    names = [(stage.name, stage.precision) for stage in conversion.stages(model)]
    assert [name for name in names if name[1] == "float32"] == FLOAT_STAGES + [("tflite", "float32")]
    assert ("onnx", conversion.INT8_GRAPH) in names, "the tiny recogniser is equalized for int8"
    assert ("saved_model", conversion.INT8_GRAPH) in names
    equalized = next(stage for stage in conversion.stages(model) if stage.precision == conversion.INT8_GRAPH)
    assert equalized.files["features"].endswith("equalized.onnx")
    assert equalized.files["detector"].endswith("rewritten.onnx"), "the detector's graph is the same for int8"


def test_float_stages_read_what_the_source_reads(model, spotted_set):
    rows = rows_of(model, [spotted_set])
    for stage, precision in [*FLOAT_STAGES, ("tflite", "float32")]:
        row = rows[stage, precision, "spotted"]
        assert row["differs"] == [], stage
        assert row["against_source"]["exact_lines"] == {"value": 0, "low": 0, "high": 0}, stage
        assert row["metrics"]["cer"]["value"] == 0 and row["metrics"]["detection_hmean"]["value"] == 1, stage
        assert row["counts"]["images"] == ["wide.png", "tall.png"]
    assert ("tflite", "int8", "all") in rows


def test_a_damaged_stage_is_worse_and_its_texts_are_shown(model, spotted_set, tmp_path):
    import onnx
    from onnx import numpy_helper

    damaged = shutil.copytree(model, tmp_path / "tiny")
    path = damaged / ".build" / "head" / "rewritten.onnx"
    graph = onnx.load(path)
    for tensor in graph.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor)[::-1].copy(), tensor.name))
    onnx.save(graph, path)
    rows = rows_of(damaged, [spotted_set])
    whole, broken = rows["source", "float32", "spotted"], rows["onnx", "float32", "spotted"]
    assert whole["metrics"]["cer"]["value"] == 0
    assert broken["metrics"]["cer"]["value"] > 0.2
    assert broken["metrics"]["exact_lines"]["value"] < whole["metrics"]["exact_lines"]["value"]
    assert {image["image"] for image in broken["differs"]} == {"wide.png", "tall.png"}
    assert all(image["text"] != image["source_text"] for image in broken["differs"])
    assert rows["saved_model", "float32", "spotted"]["differs"] == [], "the arrows after it start from other files"


def test_no_tflite_network_runs_in_an_exchanged_reader(model, spotted_set, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("a .tflite file was loaded")

    engine = conversion.create(str(model), "source", "float32", 2)
    monkeypatch.setattr(Network, "__init__", refuse)
    assert engine.read(spotted_set.samples[0].image_path)
    with pytest.raises(AssertionError, match="loaded"):
        Reader(model, threads=1).read(spotted_set.samples[0].image_path)


def test_a_stage_that_was_not_kept_is_skipped_with_its_file(model, tmp_path):
    bare = shutil.copytree(model, tmp_path / "tiny")
    shutil.rmtree(bare / ".build" / "detector" / "saved_model")
    choice = MeasurementChoice((bare,), 1, False, tmp_path)
    reasons = {variant.info.title: variant.skipped for variant in conversion.variants(choice)}
    assert "detector/saved_model" in reasons["tiny, saved model"]
    assert reasons["tiny, source"] is None
    with pytest.raises(Skipped, match="detector/saved_model.*convert the model again"):
        conversion.create(str(bare), "saved_model", "float32", 1)


def test_variants_leave_out_what_is_measured_anyway(model, tmp_path):
    choice = MeasurementChoice((model,), 1, False, tmp_path)
    every = conversion.variants(choice)
    ours = [variant for variant in every if variant.info.name == "ours"]
    assert {variant.info.precision for variant in ours} == {"float32", "int8"}
    rest = conversion.variants(choice, ours)
    assert [variant.id for variant in rest] == [variant.id for variant in every if variant not in ours]
    quick = conversion.variants(MeasurementChoice((model,), 1, True, tmp_path), ours)
    assert [variant.info.title for variant in quick] == ["tiny, source"]


def test_rows_need_no_stage_that_was_not_run(model, spotted_set, tmp_path):
    choice = MeasurementChoice((model,), 1, False, tmp_path)
    assert list(conversion.rows(choice, lambda name: (), ["pages"])) == []
