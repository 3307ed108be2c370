import functools
import hashlib
import shutil

import cv2
import numpy as np
import pytest
import torch

from converters import distil, edge_weights, pipeline
from converters.errors import ConversionError
from converters.networks.edge_detector import DetectorShape, EdgeDetector
from converters.networks.edge_recognizer import EdgeRecognizer, RecognizerShape
from converters.sources import edge
from tflite_ocr import Reader, engines, manifest

CHARSET = ("", *"abcdef")
RECOGNIZER = RecognizerShape(stem=4, channels=(4, 8, 8), blocks=(1, 1, 1), neck=8, neck_blocks=1)
DETECTOR = DetectorShape(channels=(4, 8, 8, 8), blocks=(1, 1, 1, 1))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with the weights of small seeded networks."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    with (folder / edge.RECOGNIZER).open("wb") as file:
        edge_weights.save(file, EdgeRecognizer(len(CHARSET), RECOGNIZER), edge_weights.RECOGNIZER, CHARSET)
    with (folder / edge.DETECTOR).open("wb") as file:
        edge_weights.save(file, EdgeDetector(DETECTOR), edge_weights.DETECTOR)
    return folder


def convert(weights, out):
    rng = np.random.default_rng(0)
    pictures = tuple(rng.integers(0, 256, (200, 300, 3), np.uint8) for _ in range(3))
    lines = tuple(rng.integers(0, 256, (24, 120, 3), np.uint8) for _ in range(4))
    settings = pipeline.Settings(("float32", "int8"), pictures, lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distil, "Options", functools.partial(distil.Options, samples=40))
        return pipeline.convert(edge.plan(weights), out, settings, lambda line: None)


@pytest.fixture(scope="module")
def converted(weights, tmp_path_factory):
    return convert(weights, tmp_path_factory.mktemp("out"))[0]


def test_every_network_is_one_partition(converted):
    files = manifest.load(converted).files()
    assert len(files) == 4
    for file in files:
        assert (file.delegation.partitions, file.delegation.undelegated) == (1, {}), file.path
        assert file.resizable


def test_crops_are_flattened_as_the_network_was_trained(weights):
    facts = edge.plan(weights).recognizers[0]
    assert (facts.height, facts.charset) == (32, CHARSET)
    # A frame is 8 columns: no letter may become narrower than that, and doubtful words are read as the teacher does.
    assert 1 < facts.stretch <= facts.retry.stretch <= edge.TEACHER_HEIGHT / 32 * 1.5


def test_the_committed_manifest_says_what_the_source_does(weights, converted):
    committed, made = manifest.load(edge.WEIGHTS_FOLDER), manifest.load(converted)
    for field in ("decoder", "input", "resize", "options", "doubtful"):
        assert getattr(committed.detector, field) == getattr(made.detector, field), field
    (ours,), (theirs,) = committed.recognizers, made.recognizers
    for field in ("input", "widths", "stretch", "min_confidence", "retry"):
        assert getattr(ours, field) == getattr(theirs, field), field


def test_the_language_model_stands_beside_the_networks(weights, converted, tmp_path):
    facts = manifest.load(converted).recognizers[0].language_model
    data = (converted / facts.path).read_bytes()
    assert data == (edge.WEIGHTS_FOLDER / edge.LANGUAGE_MODEL).read_bytes()
    assert (facts.sha256, facts.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    own = tmp_path / "weights"
    shutil.copytree(weights, own)
    (own / edge.LANGUAGE_MODEL).write_bytes(b"of another language")
    plan = edge.plan(own)
    assert plan.attached == (own / edge.LANGUAGE_MODEL,)
    assert plan.recognizers[0].language_model.size_bytes == len(b"of another language")


def test_without_any_language_model_it_is_said_how_to_make_one(weights, monkeypatch, tmp_path):
    monkeypatch.setattr(edge, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(ConversionError, match="found none; make it: python -m training language-model --out"):
        edge.plan(weights)


def test_a_language_model_that_is_gone_is_put_back(weights, converted):
    """The second conversion reuses every stage, and still finds the folder incomplete."""
    (converted / edge.LANGUAGE_MODEL).unlink()
    assert convert(weights, converted.parent)[1]
    assert (converted / edge.LANGUAGE_MODEL).is_file()
    assert not convert(weights, converted.parent)[1]


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_converted_recogniser_reads_what_the_torch_one_reads(weights, converted, precision):
    """Wide, narrow and odd crops, which the exported width does not fit."""
    network, charset = edge_weights.recognizer(weights / edge.RECOGNIZER)
    reader = Reader(converted, precision=precision, threads=1)
    rng = np.random.default_rng(1)
    agree = []
    for width in (20, 61, 150, 420):
        crop = cv2.resize(rng.integers(0, 256, (6, 1 + width // 4, 3), np.uint8), (width, 24))
        canvas = reader.manifest.recognizers[0].widths
        fitted = next(w for w in canvas if w >= 2 * width)
        resized = cv2.resize(crop, (2 * width, 32))
        padded = cv2.copyMakeBorder(resized, 0, 0, 0, fitted - 2 * width, cv2.BORDER_CONSTANT, value=(128,) * 3)
        x = torch.from_numpy(padded.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1)
        best = network(x)[0, :, 0].argmax(0).tolist()
        expected = "".join(charset[c] for i, c in enumerate(best) if c and (i == 0 or c != best[i - 1]))
        agree.append(reader.recognize([crop])[0].text == expected)
    assert all(agree) if precision == "float32" else sum(agree) >= 2


def test_the_converted_recogniser_runs_at_the_height_of_the_second_reading(weights, converted):
    network, charset = edge_weights.recognizer(weights / edge.RECOGNIZER)
    facts = manifest.load(converted).recognizers[0]
    assert facts.retry.height == 48
    (file,) = [file for file in facts.files if file.precision == "float32"]
    engine = engines.load(engines.read_verified(converted, file), file, threads=1)
    picture = np.random.default_rng(2).uniform(-1, 1, (1, 48, 144, 3)).astype(np.float32)
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(picture).permute(0, 3, 1, 2))[0, :, 0].T.numpy()
        rows = network.features(torch.from_numpy(picture).permute(0, 3, 1, 2))[:, :, :2]  # a pool of a fixed height
        broken = network.logits(network.rows(rows))[0, :, 0].T.numpy()
    found = engine.run(picture)[0].reshape(expected.shape)
    error, of_broken = np.abs(found - expected).max(), np.abs(found - broken).max()
    assert error < 1e-5 and of_broken > 100 * error, (error, of_broken)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConversionError, match="detector.pt in .*make train"):
        edge.plan(tmp_path)
