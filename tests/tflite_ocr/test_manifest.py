"""manifest.json: what is written is read back, and what does not fit is refused by name."""

import dataclasses
import json

import pytest

from tflite_ocr import manifest
from tflite_ocr.errors import ArtifactError


def model_file(path: str, precision: str, **more) -> manifest.ModelFile:
    tensor = manifest.TensorSpec("x", (1, 32, 64, 3), "int8", 0.02, -3)
    return manifest.ModelFile(path, precision, "ab" * 32, 123, (tensor,), (tensor,), (32, 64), **more)


def example() -> manifest.Manifest:
    pixels = manifest.ImageInput("RGB", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    delegation = manifest.Delegation(2, 40, {"GELU": 3})
    files = tuple(model_file(f"det_{p}.tflite", p, delegation=delegation) for p in ("int8", "float32"))
    recognizer = manifest.Recognizer(
        "latin",
        ("en", "de"),
        pixels,
        48,
        (160, 320),
        ("", "a", "é", "€", " "),
        (model_file("rec.tflite", "float32", resizable=True, parity={"cosine": 0.99999}),),
        language_model=manifest.LanguageModelFacts("words.npz", "ef" * 32, 5000, 0.4, 1.0, 3.0, 5),
    )
    detector = manifest.Detector("db", pixels, manifest.DetectorResize(736, 2000), files, {"threshold": 0.3})
    direction = manifest.DirectionClassifier(pixels, (0, 180), 0.9, (model_file("cls.tflite", "float32"),))
    source = manifest.Source("PP-OCRv6", "6", "https://example.org", "Apache-2.0", {"det": "cd" * 32})
    return manifest.Manifest(manifest.SCHEMA, "ppocr", source, "float32", detector, (recognizer,), direction)


@pytest.fixture
def data() -> dict:
    return json.loads(manifest.dump(example()))


def load(tmp_path, data) -> manifest.Manifest:
    (tmp_path / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    return manifest.load(tmp_path)


@pytest.mark.parametrize("direction", [True, False])
def test_round_trip(tmp_path, direction):
    written = example() if direction else dataclasses.replace(example(), direction=None)
    (tmp_path / "manifest.json").write_text(manifest.dump(written), encoding="utf-8")
    found = manifest.load(tmp_path)
    assert found == written
    assert found.recognizers[0].charset[3] == "€"
    assert found != dataclasses.replace(written, name="other")


def test_what_lacks_of_a_sure_region_is_doubt():
    doubtful = manifest.DoubtfulRegions(lowest=0.3, sure=0.6, weight=0.5)
    assert [doubtful.doubt(score) for score in (0.3, 0.5, 0.6, 0.9)] == pytest.approx([0.15, 0.05, 0, 0])
    assert manifest.DoubtfulRegions().doubt(0.0) == 0


def test_older_manifests_have_no_doubtful_regions(tmp_path, data):
    del data["detector"]["doubtful"]
    assert load(tmp_path, data).detector.doubtful == manifest.DoubtfulRegions()


def test_older_manifests_name_the_facts_of_the_second_reading_one_by_one(tmp_path, data):
    del data["recognizers"][0]["retry"]
    data["recognizers"][0] |= {"retry_confidence": 0.8, "retry_width": 160}
    assert load(tmp_path, data).recognizers[0].retry == manifest.Retry(0.8, width=160)


def test_files_and_precisions():
    model = example()
    assert [file.path for file in model.files()] == [
        "det_int8.tflite",
        "det_float32.tflite",
        "rec.tflite",
        "cls.tflite",
    ]
    assert model.precisions() == ("float32",)  # int8 lacks a recogniser


def test_size_is_that_of_every_file_once_and_of_the_language_models():
    model = example()
    recognizer = model.recognizers[0]
    size = model.files()[0].size_bytes
    assert model.size_bytes("float32") == 3 * size + 5000
    assert model.size_bytes("int8") == size + 5000
    both = dataclasses.replace(model, recognizers=(recognizer, dataclasses.replace(recognizer, name="other")))
    assert both.size_bytes("float32") == 3 * size + 5000


def test_defaults_may_be_left_out(tmp_path, data):
    del data["detector"]["files"][0]["stage"], data["detector"]["options"], data["direction"]
    model = load(tmp_path, data)
    assert model.detector.files[0].stage == 0 and model.detector.options == {} and model.direction is None
    del data["recognizers"][0]["language_model"]
    assert load(tmp_path, data).recognizers[0].language_model is None


REQUIRED = [
    ((), "name"),
    ((), "detector"),
    (("source",), "licence"),
    (("detector",), "decoder"),
    (("detector", "resize"), "max_side"),
    (("detector", "files", 0), "sha256"),
    (("detector", "files", 1, "inputs", 0), "shape"),
    (("recognizers", 0), "charset"),
    (("recognizers", 0, "language_model"), "sha256"),
    (("direction", "input"), "mean"),
]


@pytest.mark.parametrize(("place", "name"), REQUIRED)
def test_a_missing_field_is_named(tmp_path, data, place, name):
    target = data
    for step in place:
        target = target[step]
    del target[name]
    with pytest.raises(ArtifactError, match=f"expected the field '{name}', found none"):
        load(tmp_path, data)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ((), "name", 3),
        ((), "name", None),
        ((), "recognizers", {}),
        ((), "detector", []),
        (("detector", "resize"), "min_side", "736"),
        (("detector", "resize"), "min_side", 736.5),
        (("detector", "resize"), "min_side", True),
        (("detector", "input"), "mean", 0.5),
        (("detector", "input"), "mean", ["0.5"]),
        (("detector", "files", 0), "resizable", 1),
        (("detector", "files", 0), "parity", {"cosine": "high"}),
        (("direction",), "threshold", False),
    ],
)
def test_a_wrong_type_is_named(tmp_path, data, place, name, value):
    target = data
    for step in place:
        target = target[step]
    target[name] = value
    with pytest.raises(ArtifactError, match=rf"\.{name}(\[0\]|\.cosine)?: expected"):
        load(tmp_path, data)


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_an_unknown_schema_is_refused(tmp_path, data, schema):
    data["schema"] = schema
    with pytest.raises(ArtifactError, match="expected schema 1"):
        load(tmp_path, data)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\ufeff{}", '{"schema": 1'])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError):
        manifest.load(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ArtifactError, match="expected JSON"):
        manifest.load(tmp_path)


def test_no_manifest_names_the_command(tmp_path):
    with pytest.raises(ArtifactError, match="make convert"):
        manifest.load(tmp_path / "absent")
