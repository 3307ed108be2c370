"""manifest.json: every fact about a converted model that the runtime needs, never guessed from shapes."""

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn

from tflite_ocr import files
from tflite_ocr.errors import ArtifactError
from tflite_ocr.manifest_check import COLORS, MOST_SIDE, check, in_folder, one_of, within
from tflite_ocr.manifest_check import misfit as manifest_misfit

SCHEMA = 1
FILE_NAME = "manifest.json"
# Precisions of whole networks, and the one in which every layer has its own, which converters.search finds.
UNIFORM = ("float32", "float16", "dynamic", "int8")
MIXED = "mixed"
PRECISIONS = (*UNIFORM, MIXED)
# Formats in which a network may be stored; the first is what every model has.
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_BYTES, _LARGEST = 1 << 26, 1e300
TFLITE, ONNX, OPENVINO = FORMATS = ("tflite", "onnx", "openvino")
# Values that no manifest exceeds: far above those of any network here, far below what exhausts a computer.
_Side = Annotated[int, within(1, MOST_SIDE)]
_Width = Annotated[int, within(1, 65_536)]
_NoWidth = Annotated[int, within(0, 65_536)]
_Share = Annotated[float, within(0, 1)]
_Bytes = Annotated[int, within(0, 1 << 40)]
_Dtype = Annotated[str, one_of("float32", "float16", "int8", "uint8", "int16", "int32", "int64", "bool")]
_Shape = Annotated[tuple[Annotated[int, within(-1, 1 << 28)], ...], within(0, 8)]
_Height = Annotated[int, within(1, 1024)]
_Stretch = Annotated[float, within(0.05, 20)]


@dataclass(frozen=True)
class TensorSpec:
    """One input or output tensor of a .tflite file.

    Attributes:
        shape: Dimensions as exported; resizable files may be run at others.
        dtype: Name in numpy, "float32" or "int8".
        scale: Quantization step (real = scale * (q - zero_point)); 0.0 for float tensors.
        zero_point: Quantized value of real 0; 0 for float tensors.
    """

    name: str
    shape: _Shape
    dtype: _Dtype
    scale: Annotated[float, within(0, 1e9)] = 0.0
    zero_point: Annotated[int, within(-(1 << 31), 1 << 31)] = 0


@dataclass(frozen=True)
class Delegation:
    """The parts of a file that XNNPACK runs and those that run in the slower built-in kernels."""

    partitions: int
    delegated: int
    undelegated: dict[str, int]


@dataclass(frozen=True)
class ModelFile:
    """One network in one file: a .tflite file, or the same network in another format.

    Attributes:
        path: Path relative to the manifest.
        stage: Files of equal precision run one after another in this order (a recogniser may be
            a convolutional part and a recurrent part); 0 for a model of one file.
        canvas: (height, width) in pixels of the exported input; () for a stage that takes no image.
        resizable: Whether height and width may be resized at run time without another export.
        step: The file is one time step of a recurrent layer, see tflite_ocr.recognition.recurrent.
        sha256: Digest of the file's bytes, hexadecimal.
        sparsity: _Share of zeros by kernel; only of pruned models.
        layers: Precision by layer ("number operator kernel"); only of files of mixed precision.
        weights_path: Path of OpenVINO's separate weights, relative to the manifest; otherwise "".
        weights_sha256: Digest of that file's bytes, hexadecimal.
    """

    path: Annotated[str, in_folder]
    precision: Annotated[str, one_of(*PRECISIONS)]
    sha256: str
    size_bytes: _Bytes
    inputs: Annotated[tuple[TensorSpec, ...], within(1, 64)]
    outputs: Annotated[tuple[TensorSpec, ...], within(1, 64)]
    canvas: tuple[_Width, ...]
    resizable: bool = False
    stage: Annotated[int, within(0, 100)] = 0
    step: bool = False
    delegation: Delegation | None = None
    parity: dict[str, float] = field(default_factory=dict)
    sparsity: dict[str, float] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)
    format: Annotated[str, one_of(*FORMATS)] = TFLITE
    weights_path: str = ""
    weights_sha256: str = ""


_Files = Annotated[tuple[ModelFile, ...], within(0, 1000)]


@dataclass(frozen=True)
class ImageInput:
    """How a uint8 image becomes the input tensor: x = (pixel / 255 - mean) / std, layout NHWC.

    Attributes:
        color: "BGR", "RGB" or "GRAY".
        mean: One value a channel.
        std: One value a channel.
        pad: Padding right of and below the image: "zero" (normalized 0), "edge" (the last
            column and row repeated) or "black" (pixel value 0).
        shrink: How crops of lines become less than half as large: "linear" (of the pixels beside each place, as most
            originals do it) or "area" (the mean of all).
    """

    color: Annotated[str, one_of(*COLORS)]
    mean: tuple[Annotated[float, within(-1e6, 1e6)], ...]
    std: tuple[Annotated[float, within(1e-6, 1e6)], ...]
    pad: Annotated[str, one_of("zero", "edge", "black")] = "zero"
    shrink: Annotated[str, one_of("linear", "area")] = "linear"


@dataclass(frozen=True)
class DetectorResize:
    """Rules of scaling an image before detection; sizes in pixels.

    The shorter side is enlarged to at least `min_side`, then the longer side reduced to at most
    `max_side`; both then become multiples of `multiple`, by scaling ("stretch") or by padding ("pad").

    Attributes:
        max_scale: Largest enlargement, whatever `min_side` asks for; 0 for no limit. A picture that stays smaller than
            `min_side` is little else than text: its border is repeated around it.
        second_scale: If not 0, the picture is searched once more at this factor of the first scale, for letters too
            large to be found whole.
    """

    min_side: Annotated[int, within(0, MOST_SIDE)]  # EasyOCR's enlarges nothing
    max_side: _Side
    multiple: _Side = 32
    fit: Annotated[str, one_of("stretch", "pad")] = "stretch"
    max_scale: Annotated[float, within(0, 64)] = 0.0
    second_scale: _Share = 0.0


@dataclass(frozen=True)
class DoubtfulRegions:
    """Regions below the decoder's option `box_threshold` that are read all the same, as what is read may confirm them.

    Attributes:
        lowest: Least score of a region that is read; 0 where none below `box_threshold` is.
        sure: Score from which on a region is as good as any.
        weight: What a line's confidence loses for each unit by which its region's score is below `sure`.
    """

    lowest: _Share = 0.0
    sure: _Share = 0.0
    weight: _Share = 0.0

    def doubt(self, score: float) -> float:
        """What the confidence of a line loses whose region has this score."""
        return self.weight * max(0.0, self.sure - score)


@dataclass(frozen=True)
class Detector:
    """Text detector: `decoder` names the class in tflite_ocr.detection, `options` its parameters.

    Attributes:
        other_files: The network in the other FORMATS, here and below.
    """

    decoder: str
    input: ImageInput
    resize: DetectorResize
    files: _Files
    options: dict[str, Annotated[float, within(-1e9, 1e9)]] = field(default_factory=dict)
    other_files: _Files = ()
    doubtful: DoubtfulRegions = DoubtfulRegions()


@dataclass(frozen=True)
class LanguageModelFacts:
    """Language model and its weights; see tflite_ocr.recognition.rescoring.

    Attributes:
        path: Path relative to the manifest.
        sha256: Digest of the file's bytes, hexadecimal.
        weight: Weight of the logarithm of a text's probability against the network's own.
        bonus: Bonus for each character of a text, in natural logarithms.
        margin: Classes less likely than the best of their frame by more than this, in natural logarithms, are skipped.
        width: Number of texts of a word that are kept at every frame.
        hopeless: Readings below this confidence are not changed.
        retry_lead: Crops whose best text leads by less than this, in natural logarithms, are read once more
            whatever their confidence, if the recogniser's other limits allow it.
    """

    path: Annotated[str, in_folder]
    sha256: str
    size_bytes: _Bytes
    weight: Annotated[float, within(0, 1000)]
    bonus: Annotated[float, within(-1000, 1000)]
    margin: Annotated[float, within(0, 1000)]
    width: Annotated[int, within(1, 1000)]
    hopeless: _Share = 0.0
    retry_lead: Annotated[float, within(0, 1e6)] = 0.0


@dataclass(frozen=True)
class Retry:
    """Which crops are read once more, and how; the better reading counts.

    Attributes:
        confidence: Confidence below which crops are read again; 0 for never.
        hopeless: Confidence below which they are not read again either.
        characters: Least number of characters of a text that is read again.
        lowest: Least original height in pixels of a crop that is read again.
        width: Width in pixels below which crops are read again, on a canvas of this width (a network with attention
            spreads dense text over the empty frames).
        stretch: If not 1, the factor of width for the second reading, instead of a wider canvas.
        height: Height in pixels of the second reading, for a network that can be resized; 0 for the first one's.
        wider: Factor of width with which lines of programs and addresses, and doubtful ones with accents, are read once
            more; 1 for never.
    """

    confidence: _Share = 0.0
    hopeless: _Share = 0.0
    characters: Annotated[int, within(0, 1000)] = 0
    lowest: _NoWidth = 0
    width: _NoWidth = 0
    stretch: _Stretch = 1.0
    height: Annotated[int, within(0, 1024)] = 0
    wider: _Stretch = 1.0


@dataclass(frozen=True)
class Recognizer:
    """Line recogniser with a CTC output.

    Attributes:
        charset: Class index to character; the entry at `blank` is "". Reject classes (signs outside the
            charset) are U+FFFD; there may be many.
        height: Height of its crops in pixels.
        widths: Input widths in pixels to which crops are grouped, ascending.
        min_confidence: Default confidence below which lines are dropped.
        frames: Number of CTC frames in a column of the output, which are successive in its channels.
        stretch: Factor of the width of crops beyond their aspect ratio; 1.5 for a network trained on letters of 48
            pixels flattened to 32.
        confidence: "mean" (arithmetic mean of the emitted characters' probabilities) or
            "easyocr" (their product to the power 2 / sqrt(length)).
    """

    name: str
    languages: tuple[str, ...]
    input: ImageInput
    height: _Height
    widths: Annotated[tuple[_Width, ...], within(1, 1000)]
    charset: Annotated[tuple[str, ...], within(1, 200_000)]
    files: _Files
    blank: int = 0
    confidence: Annotated[str, one_of("mean", "easyocr")] = "mean"
    min_confidence: _Share = 0.5
    retry: Retry = Retry()
    stretch: _Stretch = 1.0
    frames: Annotated[int, within(1, 16)] = 1
    other_files: _Files = ()
    language_model: LanguageModelFacts | None = None


@dataclass(frozen=True)
class DirectionClassifier:
    """Classifier of upright and upside-down crops; `labels` are degrees, in the order of the outputs."""

    input: ImageInput
    labels: Annotated[tuple[int, ...], within(1, 360)]
    threshold: _Share
    files: _Files
    other_files: _Files = ()


Part = Detector | Recognizer | DirectionClassifier


@dataclass(frozen=True)
class Source:
    """Origin of the weights."""

    name: str
    version: str
    url: str
    licence: str
    sha256: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A model: one detector, its recognisers if it has any, perhaps a direction classifier.

    Attributes:
        read_by: Default recogniser of a model without one: "tesseract" or the name of another model; "" for none.
    """

    schema: int
    name: str
    source: Source
    default_precision: Annotated[str, one_of(*PRECISIONS)]
    detector: Detector
    recognizers: tuple[Recognizer, ...]
    direction: DirectionClassifier | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    read_by: str = ""

    def files(self, format: str = TFLITE) -> tuple[ModelFile, ...]:
        """All files of a format, detector first."""
        parts: list[Part] = [self.detector, *self.recognizers, *([self.direction] if self.direction else [])]
        return tuple(file for part in parts for file in files_of(part, format))

    def size_bytes(self, precision: str) -> int:
        """Size of a precision of the model on disk as TFLITE, including language models."""
        sizes = {file.path: file.size_bytes for file in self.files() if file.precision == precision}
        words = [part.language_model for part in self.recognizers if part.language_model]
        return sum((sizes | {file.path: file.size_bytes for file in words}).values())

    def precisions(self, format: str = TFLITE) -> tuple[str, ...]:
        """Precisions for which every part has a file of a format, in the order of PRECISIONS."""
        parts: list[Part] = [self.detector, *self.recognizers]
        found = [{file.precision for file in files_of(part, format)} for part in parts]
        return tuple(p for p in PRECISIONS if all(p in precisions for precisions in found))


def files_of(part: Part, format: str) -> tuple[ModelFile, ...]:
    """The files of a part in one of FORMATS."""
    if format == TFLITE:
        return part.files
    return tuple(file for file in part.other_files if file.format == format)


def load(folder: Path) -> Manifest:
    """Reads and checks folder/manifest.json.

    Raises:
        ArtifactError: The file is missing, not JSON, of another schema, or lacks a field.
    """
    path = Path(folder) / FILE_NAME
    try:
        data = json.loads(files.read_regular(path, _MOST_BYTES).decode("utf-8"), parse_constant=_no_number)
    except FileNotFoundError:
        raise ArtifactError(
            f"{folder}: expected a model folder with {FILE_NAME}, found none; run `make convert` or check --model"
        ) from None
    except RecursionError:
        raise ArtifactError(f"{path}: expected JSON, found brackets too deep; convert the model again") from None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: expected JSON, found {error}; convert the model again") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise ArtifactError(
            f"{path}: expected schema {SCHEMA}, found {found!r:.80}; convert the model with this version"
        )
    facts = build(Manifest, data, str(path), manifest_misfit)
    check(facts, str(path))
    return facts


def dump(manifest: Manifest) -> str:
    """The manifest as JSON text; `load` of it gives an equal manifest."""
    return json.dumps(dataclasses.asdict(manifest), indent=1, ensure_ascii=False) + "\n"


def build(kind: Any, data: Any, where: str, misfit: Callable[[str, str, str], NoReturn], strict: bool = False) -> Any:
    """A value of the annotated type `kind` from JSON data.

    Args:
        kind: A dataclass, list, dictionary, number, text or truth value; `object` for anything.
        misfit: Raises the error of a place, given what was expected there and what was found.
        strict: Whether fields that a dataclass does not have are refused, as misspelt.
    """

    def inner(kind: Any, data: Any, place: str) -> Any:
        return build(kind, data, where + place, misfit, strict)

    def expect(condition: bool, wanted: str) -> None:
        if not condition:
            misfit(where, wanted, f"{data!r:.80}")

    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        value = inner(kind.__origin__, data, "")
        for limit in kind.__metadata__:
            wanted = limit(value)
            if wanted:
                misfit(where, wanted, f"{value!r:.80}")
        return value
    if origin in (types.UnionType, typing.Union):
        return None if data is None else inner(next(a for a in arguments if a is not type(None)), data, "")
    if origin is tuple:
        expect(isinstance(data, list), "a list")
        return tuple(inner(arguments[0], value, f"[{i}]") for i, value in enumerate(data))
    if origin is dict or dataclasses.is_dataclass(kind):
        expect(isinstance(data, dict), "an object")
    if origin is dict:
        return {key: inner(arguments[1], value, f".{key}") for key, value in data.items()}
    if dataclasses.is_dataclass(kind):
        if kind is Recognizer and "retry" not in data:  # as older versions wrote it
            flat = {key.removeprefix("retry_"): value for key, value in data.items() if key.startswith("retry_")}
            data = data | {"retry": flat}
        known = {item.name: item for item in dataclasses.fields(kind)}
        for name in data if strict else ():
            if name not in known:
                misfit(where, f"one of {', '.join(known)}", f"{name!r:.80}")
        for name, item in known.items():
            if item.default is item.default_factory is dataclasses.MISSING and name not in data:
                misfit(where, f"the field {name!r}", "none")
        hints = typing.get_type_hints(kind, include_extras=True)
        make: Any = kind
        return make(**{name: inner(hints[name], value, f".{name}") for name, value in data.items() if name in known})
    if kind is object:
        return data
    wanted = "a number" if kind is float else kind.__name__
    accepted = (int, float) if kind is float else kind
    expect(isinstance(data, accepted) and (kind is bool or not isinstance(data, bool)), wanted)
    if kind in (int, float):
        expect(abs(data) < _LARGEST, f"a number below {_LARGEST:g}")
    if kind is str:
        expect(not _SURROGATE.search(data), "text of whole characters")
    return kind(data)


def _no_number(word: str) -> None:
    raise ValueError(f"{word}, which is no number")
