"""The JSON that describes a TensorFlow text detector whose graph does not say enough; every field is optional.

{"name": "My detector", "licence": "MIT", "default_precision": "int8",
 "detector": {"decoder": "db", "outputs": ["probability"], "color": "RGB", "mean": [0.5, 0.5, 0.5],
              "std": [0.5, 0.5, 0.5], "canvases": [[704, 1280]], "options": {"box_threshold": 0.6}}}
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from converters.sources import json_values
from converters.sources.json_values import build, description, expect
from tflite_ocr import detection
from tflite_ocr.manifest import UNIFORM
from tflite_ocr.manifest_check import one_of

# EAST was trained on pixels less the means of ImageNet (RGB, of 255).
EAST_MEAN = (123.68 / 255, 116.78 / 255, 103.94 / 255)
RAW_MEAN, RAW_STD = (0.0,) * 3, (1 / 255,) * 3


@dataclass(frozen=True)
class TensorFlowDetectorFacts:
    """Fields of "detector".

    Attributes:
        decoder: "boxes", "east", "db" or "craft"; without it the graph's names decide.
        outputs: Names of tensors or keys of the signature: boxes and scores; score map and geometry; or one map.
        color: "RGB" or "BGR".
        mean: With `std`: x = (pixel / 255 - mean) / std. Without both: pixels of 0..255 as they are for "boxes" and for
            graphs that subtract a mean themselves, else less EAST_MEAN.
        canvases: (height, width) in pixels; a network is made for each.
        quantized: False keeps the network float32 in "int8" and "dynamic" models.
    """

    decoder: Annotated[str, one_of(*sorted(detection.DECODERS))] | None = None
    outputs: tuple[str, ...] = ()
    input: str | None = None
    color: Annotated[str, one_of("BGR", "RGB")] = "RGB"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    canvases: tuple[tuple[int, ...], ...] = ()
    options: dict[str, float] = field(default_factory=dict)
    quantized: bool = True


@dataclass(frozen=True)
class TensorFlowFacts:
    """The whole file."""

    name: str = ""
    version: str = ""
    url: str = ""
    licence: str = "unknown"
    default_precision: Annotated[str, one_of(*UNIFORM)] = "float32"
    detector: TensorFlowDetectorFacts = TensorFlowDetectorFacts()


def load(path: Path | None) -> TensorFlowFacts:
    """Reads and checks the description; None for one without any field.

    Raises:
        ConversionError: The file is missing or not what it should be; the field is named.
    """
    if path is None:
        return TensorFlowFacts()
    facts = build(TensorFlowFacts, description(path, "the graph"), path.name)
    _check(facts.detector, f"{path.name}.detector")
    return facts


def _check(facts: TensorFlowDetectorFacts, where: str) -> None:
    if facts.decoder is not None:
        json_values.expect_options(facts, where)
    expect(facts.decoder is not None or not facts.options, "a decoder beside options", facts.options, where)
    wanted = {"boxes": (0, 2), "east": (0, 2), None: (0,)}.get(facts.decoder, (1,))
    expect(len(facts.outputs) in wanted, f"{wanted[-1]} names", list(facts.outputs), f"{where}.outputs")
    for name, values in (("mean", facts.mean), ("std", facts.std)):
        expect(len(values) in (0, 3), "3 numbers", list(values), f"{where}.{name}")
    expect(bool(facts.mean) == bool(facts.std), "both mean and std", list(facts.mean), f"{where}.mean")
    expect(all(value > 0 for value in facts.std), "positive numbers", list(facts.std), f"{where}.std")
    json_values.expect_canvases(facts, where, 1, "[height, width]")
