"""The JSON that describes a user's own models: everything that cannot be read off a graph; see docs/convert.md.

{"name": "My OCR", "licence": "MIT",
 "detector": {"decoder": "db", "color": "BGR", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
              "options": {"box_threshold": 0.6}},
 "recognizer": {"charset_file": "characters.txt", "color": "BGR", "mean": [0.5, 0.5, 0.5],
                "std": [0.5, 0.5, 0.5], "height": 48, "output_layout": "NTC",
                "probabilities": true}}
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from converters import naming
from converters.errors import source_error
from converters.sources import json_values
from converters.sources.json_values import build, description, expect
from tflite_ocr.manifest import UNIFORM
from tflite_ocr.manifest_check import COLORS, one_of, within

ROLES = ("detector", "recognizer", "direction")
DECODERS = ("db", "craft", "boxes")
# Where neither the description nor the graph says a size: a square, so that pages of either orientation are treated
# alike, and widths for words and for lines.
CANVAS = (640, 640)
WIDTHS = (160, 320, 640, 1280)
# Of a recogniser that follows its input, finer ones: empty columns cost as much as text (of PP-OCRv6, changing the
# width costs 0.2 ms, a pixel of it 0.02 ms). None is narrower than so many
# heights: single characters are read worse on canvases that hold nothing else (docs/experiments.md).
FOLLOWED_WIDTHS = (*range(32, 256, 16), *range(256, 640, 32), *range(640, 1281, 64))
NARROWEST = 2
UNKNOWN = "?"
TORCH, PROGRAM, ONNX = "torch", ".pt2", ".onnx"
_Color = Annotated[str, one_of(*COLORS)]
_Pad = Annotated[str, one_of("zero", "edge", "black")]
_Pixels = Annotated[int, within(1, 65_536)]
_Share = Annotated[float, within(0, 1)]


@dataclass(frozen=True)
class OnnxDetectorFacts:
    """Fields of "detector". `color` to `fit` and `options` are those of tflite_ocr.manifest.

    Attributes:
        canvases: (height, width) in pixels; a network is made for each, or for the first if `resizable`. Without them
            the network is resizable if its input is, else it keeps the size that it has.
        resizable: The network follows its input's size, in multiples of `multiple`.
        quantized: False keeps it float32 in "int8" and "dynamic" models.
        output: Name of the output with the maps or boxes; needed where the graph has several.
        output_layout: "NCHW", or "NHWC" by a Transpose at the end; with one map for "db" and two (region,
            affinity) for "craft". Of "boxes" "NAC" for [1, boxes, columns] or "NCA" for [1, columns, boxes].
        scores_output: Of "boxes": name of an output with the scores of classes; without it they are the columns
            behind the box.
        box_format: "cxcywh", "xyxy" or "yxyx".
        box_unit: "pixels" of the canvas, or "shares" of it.
        objectness: Column 4 is a score that those of the classes are multiplied with.
    """

    decoder: Annotated[str, one_of(*DECODERS)]
    color: _Color
    mean: tuple[float, ...]
    std: tuple[float, ...]
    min_side: int = 736
    max_side: int = 2000
    canvases: tuple[tuple[int, ...], ...] = ()
    pad: _Pad = "zero"
    multiple: _Pixels = 32
    fit: Annotated[str, one_of("stretch", "pad")] = "stretch"
    options: dict[str, float] = field(default_factory=dict)
    resizable: bool | None = None
    quantized: bool = True
    output: str | None = None
    output_layout: str = ""
    scores_output: str | None = None
    box_format: Annotated[str, one_of("cxcywh", "xyxy", "yxyx")] = "cxcywh"
    box_unit: Annotated[str, one_of("pixels", "shares")] = "pixels"
    objectness: bool = False
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RecognizerFacts:
    """Fields of "recognizer". `color` to `pad`, `confidence` and `min_confidence` are those of tflite_ocr.manifest.

    Attributes:
        height: Height of the crops, in pixels.
        widths: Widths of the crops, in pixels, ascending; a network is made for each, or one if `resizable`.
        output_layout: "NTC" for [1, frames, classes], "NCT" for [1, classes, frames] or [1, classes, 1, frames],
            "TNC" for [frames, 1, classes].
        charset: Characters in the order of the classes, without the blank.
        charset_file: The same as UTF-8 text, one character a line; relative to the JSON file.
        probabilities: The graph ends in a softmax, which is taken off: the decoder works on logits.
        quantized: False keeps it float32 in "int8" and "dynamic" models.
        output: Name of the output with the classes; needed where the graph has several.
        arguments: Arguments of the class, where the network comes from PyTorch.
    """

    color: _Color
    mean: tuple[float, ...]
    std: tuple[float, ...]
    height: _Pixels
    output_layout: Annotated[str, one_of("NTC", "NCT", "TNC")]
    widths: tuple[int, ...] = ()
    charset: tuple[str, ...] = ()
    charset_file: str | None = None
    blank: int = 0
    pad: _Pad = "zero"
    confidence: Annotated[str, one_of("mean", "easyocr")] = "mean"
    min_confidence: _Share = 0.5
    languages: tuple[str, ...] = ()
    probabilities: bool = False
    resizable: bool = False
    quantized: bool = True
    output: str | None = None
    arguments: dict[str, object] = field(default_factory=dict)

    def classes(self) -> tuple[str, ...]:
        """The charset with "" at the blank's place."""
        return (*self.charset[: self.blank], "", *self.charset[self.blank :])


@dataclass(frozen=True)
class DirectionFacts:
    """Fields of "direction", a classifier that says by how much a crop is turned.

    Attributes:
        height: Height of the crops, in pixels.
        width: Width of the crops, in pixels.
    """

    color: _Color
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: tuple[int, ...] = (0, 180)
    threshold: _Share = 0.9
    height: _Pixels = 48
    width: _Pixels = 192
    pad: _Pad = "zero"
    quantized: bool = True
    output: str | None = None
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class OnnxFacts:
    """The whole file; at least one of the networks. A recogniser alone gets the detector of the model `edge`.

    Attributes:
        notes: What describe was not sure of; read by people.
    """

    name: str
    licence: str
    detector: OnnxDetectorFacts | None = None
    recognizer: RecognizerFacts | None = None
    direction: DirectionFacts | None = None
    version: str = ""
    url: str = ""
    default_precision: Annotated[str, one_of(*UNIFORM)] = "float32"
    notes: dict[str, str] = field(default_factory=dict)

    def roles(self) -> tuple[str, ...]:
        """Those of ROLES that are described, in this order."""
        return tuple(role for role in ROLES if getattr(self, role))


def words_of(words: str) -> tuple[list[str], list[str]]:
    """The networks and the descriptions that the command line names, with commas between."""
    parts = [part.strip() for part in words.split(",") if part.strip()]
    return [one for one in parts if not one.endswith(".json")], [one for one in parts if one.endswith(".json")]


def opened(source: str, words: str) -> tuple[list[Path], OnnxFacts]:
    """Networks and their description, as the command line names them.

    Args:
        words: "A,B,FACTS.json", or "A,B" for the description A.json.

    Raises:
        ConversionError: As load, or there are too many files.
    """
    names, described = words_of(words)
    paths = [Path(name) for name in names]
    if not 1 <= len(paths) <= len(ROLES) or len(described) > 1:
        raise source_error(f"expected {source}:DET.onnx,REC.onnx[,FACTS.json], found {source}:{words}")
    for path in paths:
        if not path.is_file():
            raise source_error(f"{path}: expected an ONNX file, found none")
    return paths, load(Path(described[0]) if described else paths[0].with_suffix(".json"), len(paths))


def opened_torch(words: str) -> tuple[list[str], OnnxFacts]:
    """The networks' parts and their description, as the command line names them.

    Args:
        words: "PART,PART,FACTS.json"; a part is MODULE:CLASS, PROGRAM.pt2 or MODEL.onnx. Without a description that of
            the first part's name is taken, in the working directory.

    Raises:
        ConversionError: A part is none, or the description is missing or wrong.
    """
    parts, described = words_of(words)
    wrong = [part for part in parts if not part.endswith((PROGRAM, ONNX)) and not re.fullmatch(r".+:\w+", part)]
    if not parts or len(described) > 1 or wrong:
        raise source_error(
            f"expected {TORCH}:MODULE:CLASS[,MODULE:CLASS][,FACTS.json] or {TORCH}:PROGRAM.pt2, found {TORCH}:{words}"
        )
    facts = Path(described[0]) if described else Path(f"{naming.name_of(f'{TORCH}:{parts[0]}')}.json")
    return parts, load(facts, len(parts))


def with_canvases(facts: OnnxFacts, canvases: Sequence[tuple[int, int]]) -> OnnxFacts:
    """A description with other sizes of the detector."""
    return dataclasses.replace(facts, detector=dataclasses.replace(facts.detector, canvases=tuple(canvases)))


def load(path: Path, networks: int | None = None) -> OnnxFacts:
    """Reads and checks the description.

    Args:
        networks: How many networks were given; None not to compare.

    Raises:
        ConversionError: The file or its charset_file is missing or not what it should be; the field is named.
    """
    data = description(path, "the networks")
    _require_said(data, path.name)
    facts = build(OnnxFacts, data, path.name)
    roles = facts.roles()
    expect("detector" in roles or "recognizer" in roles, '"detector" or "recognizer"', list(roles), path.name)
    if networks is not None and networks != len(roles):
        raise source_error(
            f"{path.name}: expected a file for each of {', '.join(roles)}, in this order, found {networks}"
        )
    if facts.detector:
        facts = dataclasses.replace(facts, detector=_checked_detector(facts.detector, f"{path.name}.detector"))
    if facts.direction:
        _check_direction(facts.direction, f"{path.name}.direction")
    if facts.recognizer:
        facts = dataclasses.replace(facts, recognizer=_checked_recognizer(facts.recognizer, path))
    return facts


def _require_said(data, where: str) -> None:
    """Refuses what describe left to the user."""
    for name, value in data.items() if isinstance(data, dict) else ():
        if value == UNKNOWN:
            raise source_error(
                f'{where}.{name}: expected a value, found {UNKNOWN!r}, which describe could not know; see "notes" and '
                "docs/convert.md"
            )
        _require_said(value, f"{where}.{name}")


def _checked_detector(facts: OnnxDetectorFacts, where: str) -> OnnxDetectorFacts:
    boxes = facts.decoder == "boxes"
    layouts = ("NAC", "NCA") if boxes else ("NCHW", "NHWC")
    facts = dataclasses.replace(facts, output_layout=facts.output_layout or layouts[0])
    _check_input(facts, where)
    json_values.expect_options(facts, where)
    expect(0 <= facts.min_side <= facts.max_side, "min_side <= max_side", facts.min_side, f"{where}.min_side")
    expect(len(set(facts.canvases)) == len(facts.canvases), "different canvases", facts.canvases, f"{where}.canvases")
    json_values.expect_canvases(facts, where, facts.multiple, f"[height, width] in multiples of {facts.multiple}")
    json_values.expect_known(facts, where, output_layout=layouts)
    expect(not (boxes and facts.resizable), "false for boxes", facts.resizable, f"{where}.resizable")
    return facts


def _check_direction(facts: DirectionFacts, where: str) -> None:
    _check_input(facts, where)
    labels = set(facts.labels)
    expect(labels <= {0, 180} and len(labels) == 2, "0 and 180", list(facts.labels), f"{where}.labels")


def _checked_recognizer(facts: RecognizerFacts, path: Path) -> RecognizerFacts:
    where = f"{path.name}.recognizer"
    if bool(facts.charset) == bool(facts.charset_file):
        raise source_error(f"{where}: expected either charset or charset_file")
    if facts.charset_file:
        facts = dataclasses.replace(facts, charset=read_charset(path.parent / facts.charset_file, where))
    _check_input(facts, where)
    ascending = sorted(set(facts.widths)) == list(facts.widths) and all(width > 0 for width in facts.widths)
    expect(ascending, "ascending positive numbers", list(facts.widths), f"{where}.widths")
    expect(bool(facts.charset) and "" not in facts.charset, "characters", list(facts.charset), f"{where}.charset")
    expect(0 <= facts.blank <= len(facts.charset), f"0 to {len(facts.charset)}", facts.blank, f"{where}.blank")
    return facts


def _check_input(facts: OnnxDetectorFacts | RecognizerFacts | DirectionFacts, where: str) -> None:
    channels = 1 if facts.color == "GRAY" else 3
    for name, values in (("mean", facts.mean), ("std", facts.std)):
        expect(len(values) == channels, f"{channels} numbers for {facts.color}", list(values), f"{where}.{name}")
    expect(all(value > 0 for value in facts.std), "positive numbers", list(facts.std), f"{where}.std")


def read_charset(file: Path, where: str) -> tuple[str, ...]:
    """The characters of a UTF-8 file, one a line."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise source_error(f"{where}: expected UTF-8 text in charset_file {file}, found {error}") from None
    lines = [line.rstrip("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
    for number, line in enumerate(lines, 1):
        expect(line != "", "a character", "an empty line", f"{file}, line {number}")
    return tuple(lines)
