"""What the demonstration is made of: figures for the film, records of two readers, a small clip."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from demo.comparison.records import FrameResult, Record
from demo.encoding import VideoWriter
from tflite_ocr.manifest import (
    Delegation,
    Detector,
    DetectorResize,
    ImageInput,
    Manifest,
    ModelFile,
    Recognizer,
    Source,
    TensorSpec,
)

_REPORT = Path(__file__).resolve().parents[1] / "benchmarks" / "report" / "fixture.json"
_COSINES = {"float32": 1.0, "float16": 0.99999, "dynamic": 0.9987, "int8": 0.9844}
_BYTES = {"float32": 9_000_000, "float16": 5_000_000, "dynamic": 2_700_000, "int8": 2_800_000}


@pytest.fixture
def fixture_report():
    """A report with every part, to be changed at will."""
    return json.loads(_REPORT.read_text(encoding="utf-8"))


@pytest.fixture
def fixture_manifest():
    """A manifest of the report's model."""
    return made_manifest()


@pytest.fixture
def fixture_facts(fixture_report, fixture_manifest):
    """What the film is told of them."""
    from demo.film import facts

    return facts.collect(fixture_report, fixture_manifest)


@pytest.fixture
def result():
    """Makes a result with texts at one place."""
    return _result


@pytest.fixture
def record():
    """Makes the record of a reader."""
    return _record


@pytest.fixture
def both():
    """Records of two readers; see the numbers of frames for what each has read."""
    original = _record("original", _result(0, 0.4, "Open late"), _result(4, 0.9, "Gate 12"), _result(9, 1.5, "Exit"))
    texts = ["Gate 12"] * 8 + ["Exlt"] * 2
    converted = _record("converted", *(_result(i, i / 10 + 0.02, text) for i, text in enumerate(texts)))
    return {"original": original, "converted": converted}


@pytest.fixture
def small_clip():
    """Writes a clip with a bar that the tiny model takes for text."""
    pytest.importorskip("imageio_ffmpeg", reason="FFmpeg comes with the [video] extra")
    return _small_clip


def _result(frame, done_s, *texts):
    quad = [[100, 100], [300, 100], [300, 140], [100, 140]]
    return FrameResult(frame, done_s, 100.0, 150.0, 700.0, None, [{"text": text, "quad": quad} for text in texts])


def _record(role, *results):
    return Record(role, "Title", "Detail", 10.0, 10, 100.0, 10.0, results=list(results))


def _small_clip(path, frames=24):
    image = np.full((96, 128, 3), 255, np.uint8)
    cv2.rectangle(image, (16, 20), (100, 36), (20, 20, 20), -1)
    with VideoWriter(path, 128, 96, 12) as video:
        for _ in range(frames):
            video.write(image)
    return path


def made_manifest() -> Manifest:
    """Four precisions; the dynamic one leaves its delegate nine times."""
    image = ImageInput("BGR", (0.5,) * 3, (0.5,) * 3)
    resize = DetectorResize(min_side=736, max_side=2000, multiple=32, fit="stretch")
    return Manifest(
        schema=1,
        name="ppocr",
        source=Source("PP-OCRv6 small", "1", "https://example.org", "Apache-2.0", {}),
        default_precision="int8",
        detector=Detector("db", image, resize, _files("detector"), {}),
        recognizers=(Recognizer("latin", ("latin",), image, 48, (32, 64, 320), ("", "a", "b"), _files("recognizer")),),
    )


def _files(part: str) -> tuple[ModelFile, ...]:
    spec = (TensorSpec("x", (1, 64, 64, 3), "float32"),)
    return tuple(
        ModelFile(
            path=f"{part}_{precision}.tflite",
            precision=precision,
            sha256="0" * 64,
            size_bytes=_BYTES[precision],
            inputs=spec,
            outputs=spec,
            canvas=(64, 64),
            delegation=Delegation(9 if precision == "dynamic" else 1, 100, {}),
            parity={"cosine": cosine, "mask_iou": cosine, "max_abs_error": 0.1},
        )
        for precision, cosine in _COSINES.items()
    )
