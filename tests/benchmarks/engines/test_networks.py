"""Networks of a manifest, each once a size, with its original and its inputs."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.engines import networks
from tflite_ocr import manifest

SHAPE = (1, 32, 48, 3)


def model_file(name, precision, shape=SHAPE, **more):
    spec = manifest.TensorSpec("x", shape, "float32")
    canvas = () if more.get("stage") else shape[1:3]
    return manifest.ModelFile(name, precision, "", 0, (spec,), (spec,), canvas, **more)


def folder_of(path, *files):
    image = manifest.ImageInput("BGR", (0.5,), (0.5,))
    source = manifest.Source("test", "1", "", "Apache-2.0")
    detector = manifest.Detector("db", image, manifest.DetectorResize(32, 64), files)
    recognizer = manifest.Recognizer("en", ("en",), image, 32, (48,), ("", "a"), files)
    facts = manifest.Manifest(manifest.SCHEMA, "small", source, "int8", detector, (recognizer,))
    path.mkdir(exist_ok=True)
    (path / manifest.FILE_NAME).write_text(manifest.dump(facts), encoding="utf-8")
    return path


def test_a_network_has_a_file_for_each_precision_and_one_original(tmp_path):
    files = [model_file(f"detector_{precision}.tflite", precision) for precision in ("int8", "float32")]
    folder = folder_of(tmp_path, *files)
    (detector,) = [n for n in networks.networks(folder) if n.title == "detector"]
    assert list(detector.files) == ["float32", "int8"] and detector.shape == SHAPE
    assert detector.source == folder / ".build" / "detector" / "source.onnx"
    assert detector.saved_model == folder / ".build" / "detector" / "saved_model"


def test_a_file_that_stands_for_several_precisions_is_there_once_with_its_own(tmp_path):
    shared = "neck_float32.tflite"
    files = (
        model_file("features_int8.tflite", "int8"),
        model_file(shared, "float32", stage=1),
        model_file(shared, "int8", stage=1),
        model_file("head_dynamic.tflite", "int8", (1, 1, 9, 5), stage=2),
    )
    found = {n.part: n for n in networks.networks(folder_of(tmp_path, *files))}
    assert found["neck"].files == {"float32": shared} and found["neck"].title == "detector, stage 1"
    assert found["head"].files == {"dynamic": "head_dynamic.tflite"}
    assert found["neck"].input is None and found["features"].input is not None


def test_sizes_stand_apart_and_a_worker_finds_its_own_again(tmp_path):
    files = (model_file("d_int8.tflite", "int8"), model_file("d_int8.tflite", "int8", (1, 64, 96, 3)))
    found = networks.networks(folder_of(tmp_path, *files))
    assert [n.shape for n in found] == [SHAPE, (1, 64, 96, 3)]
    batch = found[1].with_batch(8)
    assert networks.find(**networks.options(batch)) == replace(batch, folder=tmp_path.resolve())
    with pytest.raises(ValueError, match="found none"):
        networks.find(str(tmp_path), "absent", [1, 2, 3, 4])


def test_inputs_are_drawn_scaled_and_equal_every_time(tmp_path):
    files = (model_file("detector_int8.tflite", "int8"), model_file("neck_int8.tflite", "int8", (1, 1, 9, 5), stage=1))
    pages, neck = networks.networks(folder_of(tmp_path, *files))
    tensors = networks.tensors(pages, 2)
    assert [t.shape for t in tensors] == [SHAPE, SHAPE] and tensors[0].dtype == np.float32
    assert -1 <= tensors[0].min() < tensors[0].max() <= 1 and (tensors[0] != tensors[1]).any()
    (both,) = networks.tensors(pages.with_batch(2))
    assert (both == np.concatenate(tensors)).all()
    (line,) = networks.tensors(replace(pages, title="recognizer en"))
    assert line.shape == SHAPE and (line != tensors[0]).any()
    assert (networks.tensors(neck)[0] == networks.tensors(neck)[0]).all()
