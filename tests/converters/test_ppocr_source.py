"""PP-OCRv6 out of the installed package: the parts together are the original, and cutting classes changes no logit."""

import hashlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from converters import onnx_export
from converters.calibration import rendered_lines
from converters.charsets import foreign, keep
from converters.errors import ConversionError
from converters.networks.svtr_neck import SvtrNeck
from converters.sources import ppocr
from tflite_ocr import image
from tflite_ocr.manifest import TensorSpec

CLASSES = 18_710


@pytest.fixture(scope="module")
def folder():
    found = importlib.util.find_spec("rapidocr")
    if found is None:
        pytest.skip("rapidocr is not installed (the [convert] extra brings it)")
    return Path(next(iter(found.submodule_search_locations))) / "models"


@pytest.fixture(scope="module")
def plans(folder):
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.onnx")}
    made = {name: ppocr.plan(name) for name in ("latin", "full")}
    yield made
    assert digests == {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.onnx")}


def part(plan, name):
    return next(network for network in plan.networks if network.name.endswith(name))


@pytest.fixture(scope="module")
def crop():
    """A rendered line as the recogniser's input, [1, 3, 48, 320]."""
    line = next(line for line, text in rendered_lines(20, seed=9) if len(text) > 8)
    fitted = image.pad_crop(image.resize_crop(line, ppocr.HEIGHT, 320), 320, ppocr.INPUT)
    tensor = image.to_tensor(fitted, ppocr.INPUT, TensorSpec("x", (), "float32"))
    return np.ascontiguousarray(tensor.transpose(0, 3, 1, 2))


@pytest.fixture(scope="module")
def features(plans, crop, tmp_path_factory, run_onnx):
    path = tmp_path_factory.mktemp("ppocr") / "features.onnx"
    part(plans["latin"], "features").write_onnx(path)
    return run_onnx(path, crop)[0]


@pytest.fixture(scope="module")
def original(folder, crop, run_onnx):
    """The probabilities of the package's own model, [frames, classes]."""
    return run_onnx(folder / ppocr.RECOGNIZER, crop)[0][0]


def logits(network, features):
    """[frames, classes] of the part behind the features."""
    return network.reference(features)[0, :, 0].T.astype(np.float64)


def softmax(values):
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def test_charset_has_blank_first_and_space_last(plans):
    full = plans["full"].recognizers[0].charset
    assert len(full) == CLASSES
    assert full[0] == "" and full[-1] == " "
    assert all(len(character) == 1 for character in full[1:])
    charset = plans["latin"].recognizers[0].charset
    latin, rejects = charset[: len(keep(full, "latin"))], charset[len(keep(full, "latin")) :]
    assert latin[0] == "" and latin[-1] == " "
    assert 300 < len(latin) < 500
    assert set("azAZ09é€ß.,") <= set(latin) and "中" not in charset
    assert rejects == ("\ufffd",) * 1000 and "\ufffd" not in full + latin


def test_both_parts_with_all_classes_are_the_original(plans, features, original):
    found = softmax(logits(part(plans["full"], "sequence"), features))
    assert found.shape == original.shape == (40, CLASSES)
    assert (original.argmax(1) != 0).sum() > 6  # letters are read, not only blanks
    np.testing.assert_allclose(found, original, atol=1e-4)


def test_cutting_classes_changes_no_logit_of_those_kept(plans, features, original):
    full, latin = (logits(part(plans[name], "sequence"), features) for name in ("full", "latin"))
    kept = keep(plans["full"].recognizers[0].charset, "latin")
    assert latin.shape == (40, len(kept) + 1000)
    latin, rejects = latin[:, : len(kept)], latin[:, len(kept) :]
    np.testing.assert_allclose(latin, full[:, kept], atol=1e-4)
    # The original has only probabilities: their logarithms have the same differences as the logits.
    likely = original[:, kept] > 1e-5
    log = np.log(original[:, kept].astype(np.float64))
    best = original[:, kept].argmax(1)[:, None]
    wanted, found = (v - np.take_along_axis(v, best, 1) for v in (log, latin))
    assert likely.sum() > 60
    np.testing.assert_allclose(found[likely], wanted[likely], atol=5e-3)
    # Every reject is one of the full head's classes of other scripts, and no two are the same.
    others = full[::4, foreign(plans["full"].recognizers[0].charset)]
    apart = [np.abs(others - reject[:, None]).max(0) for reject in rejects[::4].T]
    assert len({row.argmin() for row in apart}) == 1000 and max(row.min() for row in apart) < 1e-4


def test_where_a_sign_of_another_script_wins_in_the_full_head_a_reject_wins_in_the_cut_one(folder, plans, run_onnx):
    page = np.full((48, 320, 3), 255, np.uint8)
    for left in range(8, 300, 48):  # the ideograph for "middle": a box and a stroke through it
        cv2.rectangle(page, (left, 14), (left + 30, 30), (0, 0, 0), 3)
        cv2.line(page, (left + 15, 4), (left + 15, 44), (0, 0, 0), 3)
    x = image.to_tensor(page, ppocr.INPUT, TensorSpec("x", (), "float32")).transpose(0, 3, 1, 2)
    probabilities = run_onnx(folder / ppocr.RECOGNIZER, np.ascontiguousarray(x))[0][0]
    full = plans["full"].recognizers[0].charset
    strange = np.isin(probabilities.argmax(1), foreign(full))
    assert strange.sum() >= 5 and "中" in {full[i] for i in probabilities.argmax(1)}
    kept = keep(full, "latin")
    neck = ppocr.read_neck(folder / ppocr.RECOGNIZER, list(range(CLASSES)))
    rejects = ppocr._likely(neck, foreign(full))[:1000]
    assert (probabilities[strange][:, kept + rejects].argmax(1) >= len(kept)).all()
    last = ppocr._likely(neck, foreign(full))[-1000:]  # rejects chosen the wrong way round are seen
    assert (probabilities[strange][:, kept + last].argmax(1) < len(kept)).all()


def test_classes_are_ranked_by_what_their_logits_reach_for_random_tokens():
    torch.manual_seed(4)
    neck = SvtrNeck(classes=30)
    for values in (neck.norm.weight, neck.norm.bias, neck.shortcut.bias, neck.head.bias):
        torch.nn.init.normal_(values)
    resting = torch.nn.functional.silu(neck.shortcut.bias).reshape(-1, 1, 1)
    with torch.no_grad():
        tokens = torch.randn(50_000, neck.norm.weight.numel(), 1, 1) * neck.norm.weight + neck.norm.bias + resting
        logits = neck.head(tokens)[:, :, 0, 0]
    reached = (logits.mean(0) + logits.std(0)).numpy()
    classes = [3, 5, *range(9, 30)]
    found = ppocr._likely(neck, classes)
    assert sorted(found) == classes and found != classes
    assert np.diff(reached[found]).max() < 0.01 < reached[found].std()  # descending but for the chance of drawing


def test_a_head_with_its_rows_moved_is_seen(folder, plans, features, original):
    kept = keep(plans["full"].recognizers[0].charset, "latin")
    neck = ppocr.read_neck(folder / ppocr.RECOGNIZER, kept)
    neck.head.weight.data = neck.head.weight.data.roll(1, 0)
    wrong = onnx_export.forward(neck, features)[0, :, 0].T
    right = logits(part(plans["latin"], "sequence"), features)
    assert np.abs(wrong - right[:, : len(kept)]).max() > 1


def test_attention_without_its_scale_is_seen(folder, features, original):
    neck = ppocr.read_neck(folder / ppocr.RECOGNIZER, list(range(CLASSES)))
    for block in neck.blocks:
        for query in block.attention.query:
            query.weight.data *= 4
    wrong = softmax(onnx_export.forward(neck, features)[0, :, 0].T.astype(np.float64))
    assert np.abs(wrong - original).max() > 0.01


def test_detector_and_direction_are_the_files_of_the_package(folder, plans, tmp_path, run_onnx):
    for name, file, shape in (("detector", ppocr.DETECTOR, (1, 3, 64, 96)), ("direction", ppocr.DIRECTION, None)):
        network = part(plans["latin"], name)
        network.write_onnx(tmp_path / f"{name}.onnx")
        assert onnx.load(tmp_path / f"{name}.onnx").graph.input[0].name == "x"
        x = np.random.default_rng(1).uniform(-1, 1, shape or network.shape).astype(np.float32)
        wanted, found = run_onnx(folder / file, x)[0], run_onnx(tmp_path / f"{name}.onnx", x)[0]
        np.testing.assert_array_equal(found, wanted)


def test_the_plan_says_where_the_weights_come_from(folder, plans):
    source = plans["latin"].source
    assert source.licence == "Apache-2.0"
    assert source.sha256[ppocr.DETECTOR] == hashlib.sha256((folder / ppocr.DETECTOR).read_bytes()).hexdigest()
    assert set(source.sha256) == {ppocr.DETECTOR, ppocr.RECOGNIZER, ppocr.DIRECTION}


def test_the_charset_changes_the_fingerprint_of_what_depends_on_it(plans):
    latin, full = plans["latin"], plans["full"]
    assert part(latin, "features").fingerprint == part(full, "features").fingerprint
    assert part(latin, "sequence").fingerprint != part(full, "sequence").fingerprint


def test_an_absent_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConversionError, match="expected the package rapidocr"):
        ppocr.plan()


def test_an_absent_file_is_named(folder, tmp_path):
    (tmp_path / ppocr.DETECTOR).write_bytes((folder / ppocr.DETECTOR).read_bytes())
    with pytest.raises(ConversionError, match=ppocr.RECOGNIZER) as caught:
        ppocr.plan(folder=tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_an_unknown_charset_is_refused(folder):
    with pytest.raises(ConversionError, match="klingon"):
        ppocr.plan("klingon")


def test_another_network_under_the_same_name_is_refused(folder, tmp_path, tiny_onnx):
    for name in (ppocr.DETECTOR, ppocr.RECOGNIZER, ppocr.DIRECTION):
        onnx.save(tiny_onnx([("Relu", "x", "y", {})], {}), tmp_path / name)
    with pytest.raises(ConversionError, match="character"):
        ppocr.plan(folder=tmp_path)
