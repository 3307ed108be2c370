"""Manifests and language models of strangers: each is refused with an error of ours, or loads with values that hold."""

import copy
import io
import json
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tflite_ocr import manifest
from tflite_ocr.errors import ArtifactError
from tflite_ocr.recognition import language_model

EDGE = Path(__file__).resolve().parents[2] / "artifacts" / "edge" / "manifest.json"
TEXT = EDGE.read_text(encoding="utf-8")
FILE, PART = ("detector", "files", 0), ("recognizers", 0)
# Of each place values that broke something once, or would.
WRONG = [
    ((*FILE, "path"), ["/dev/zero", "../a.tflite", "a/../../b", "a\0b", "", "C:\\a.tflite", "\\\\host\\a", "a\nb", 5]),
    ((*FILE, "weights_path"), ["/etc/passwd", ".."]),
    ((*FILE, "format"), ["x", "onnx"]),
    ((*FILE, "canvas"), [[1], [0, 5], [10**9, 4], "ab", [1, 2, 3]]),
    ((*FILE, "inputs"), [[], {}, [5]]),
    ((*FILE, "inputs", 0, "dtype"), ["object", "float128"]),
    ((*FILE, "inputs", 0, "scale"), [-1, float("nan"), 10**400]),
    ((*FILE, "inputs", 0, "shape"), [[10**30], [1] * 40]),
    ((*FILE, "stage"), [-1, 10**9]),
    (("detector", "decoder"), ["x", None]),
    (("detector", "resize", "multiple"), [0, -32, 10**12]),
    (("detector", "resize", "min_side"), [-1, 10**9]),
    (("detector", "resize", "max_scale"), [-1, 1e9, float("nan")]),
    (("detector", "resize", "second_scale"), [-0.1, 1.5, float("inf")]),
    (("detector", "resize", "max_side"), [0, 10**9]),
    (("detector", "resize", "fit"), ["x"]),
    (("detector", "input", "mean"), [[], [1e308] * 3, [0.5, 0.5], [True] * 3]),
    (("detector", "input", "std"), [[0, 0, 0], [-1, 1, 1], [1, 1]]),
    (("detector", "input", "color"), ["HSV"]),
    ((*PART, "input", "pad"), ["mirror"]),
    ((*PART, "height"), [0, -3, 10**6, 4.5]),
    ((*PART, "widths"), [[], [0], [90, 10], [10**9]]),
    ((*PART, "blank"), [-1, 10**6]),
    ((*PART, "charset"), [[], ["\ud800"]]),
    ((*PART, "frames"), [0, -2, 10**6, 1.5]),
    ((*PART, "stretch"), [0, float("inf"), -1, 1e9]),
    ((*PART, "min_confidence"), [-0.1, 7]),
    ((*PART, "confidence"), ["x"]),
    ((*PART, "language_model", "margin"), [-3]),
    ((*PART, "language_model", "width"), [0, 10**9]),
    ((*PART, "language_model", "path"), ["/dev/zero"]),
    (("default_precision",), ["int4", "\ud800"]),
    (("schema",), ["\ud800", 2, None]),
]


def put(data: dict, place: tuple, value) -> dict:
    data = copy.deepcopy(data)
    inside = data
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return data


def refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ArtifactError) as caught:
        manifest.load(folder)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("place", "values"), WRONG, ids=lambda part: ".".join(map(str, part))[:50])
def test_values_out_of_range_are_refused(place, values, tmp_path):
    whole = json.loads(TEXT)
    for value in values:
        refused(tmp_path, json.dumps(put(whole, place, value)))


def test_a_detector_that_enlarges_nothing_is_taken(tmp_path):
    """As EasyOCR's, which has no least side."""
    data = put(json.loads(TEXT), ("detector", "resize", "min_side"), 0)
    (tmp_path / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    assert manifest.load(tmp_path).detector.resize.min_side == 0


@pytest.mark.parametrize("text", ["[" * 6000, '{"a":' * 9000, "", "\ud800", "[1" + "0" * 9000 + "]", "nan"])
def test_what_is_no_manifest_is_refused(text, tmp_path):
    refused(tmp_path, text)


def test_a_manifest_that_is_no_file_is_refused(tmp_path):
    (tmp_path / "manifest.json").symlink_to("/dev/zero")
    with pytest.raises(ArtifactError, match="a device, no regular file"):
        manifest.load(tmp_path)


@pytest.mark.slow
def test_random_changes_are_refused_or_load(tmp_path):
    rng, whole = random.Random(4), json.loads(TEXT)
    values = [None, -1, 0, 1e308, float("nan"), 10**50, "", "x", [], {}, True, [[]], "\ud800", {"a": 1}]
    loaded = 0
    for _ in range(400):
        inside, place = whole, []
        while isinstance(inside, (dict, list)) and inside and (not place or rng.random() < 0.85):
            place.append(rng.choice(list(inside) if isinstance(inside, dict) else range(len(inside))))
            inside = inside[place[-1]]
        text = json.dumps(put(whole, tuple(place), rng.choice(values)))
        (tmp_path / "manifest.json").write_text(text)
        try:
            manifest.load(tmp_path)
            loaded += 1
        except ArtifactError as error:
            assert str(error).isprintable()
    assert 0 < loaded < 200


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            one = io.BytesIO()
            np.save(one, array, allow_pickle=True)
            archive.writestr(name + ".npy", one.getvalue())
    return file.getvalue()


def test_hostile_language_models_are_refused():
    good = {
        "gaps": np.ones((5, 9), np.uint8),
        "log_probabilities": np.zeros(9, np.uint8),
        "backoffs": np.zeros(9, np.uint8),
    }
    whole = npz(**good)
    assert len(language_model.unpack(whole, Path("words.npz"))) == 9
    at = whole.find(b"PK\1\2")
    alone = io.BytesIO()
    np.save(alone, np.zeros(4, np.uint8))
    cases = [
        alone.getvalue(),
        b"",
        b"PK",
        whole[: at + 10] + struct.pack("<H", 99) + whole[at + 12 :],  # an unknown method
        whole[: at + 8] + b"\1\0" + whole[at + 10 :],  # encrypted
        whole[:38] + b"\7" + whole[39:],  # a damaged stream
        npz(**{**good, "gaps": np.zeros((5, 0), np.uint8)}),
        npz(**{**good, "backoffs": np.zeros(8, np.uint8)}),
        npz(**{**good, "gaps": np.ones((5, 9), np.float64)}),
        npz(**{**good, "gaps": np.array([print], object)}),
    ]
    for data in cases:
        with pytest.raises(ArtifactError) as caught:
            language_model.unpack(data, Path("words.npz"))
        assert str(caught.value).isprintable()
    rng = np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(whole)
        for position in rng.integers(0, len(broken), 2):
            broken[position] = rng.integers(0, 256)
        try:
            table = language_model.unpack(bytes(broken), Path("words.npz"))
        except ArtifactError:
            continue
        assert np.isfinite(table.log_probabilities(["total", "a b"])).all()
