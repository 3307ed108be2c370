"""Figures for the film: the fixture report of the benchmarks' tests and a manifest made for them."""

import json
from pathlib import Path

import pytest

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
            path=f"{part}_{precision}.tflite", precision=precision, sha256="0" * 64, size_bytes=_BYTES[precision],
            inputs=spec, outputs=spec, canvas=(64, 64),
            delegation=Delegation(9 if precision == "dynamic" else 1, 100, {}),
            parity={"cosine": cosine, "mask_iou": cosine, "max_abs_error": 0.1},
        )  # fmt: skip
        for precision, cosine in _COSINES.items()
    )
