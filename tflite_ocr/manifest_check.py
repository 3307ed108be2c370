"""Checks the values of a manifest: a stranger's model must not make the runtime fail in unforeseen places."""

import math
from pathlib import PurePosixPath, PureWindowsPath

from tflite_ocr import manifest
from tflite_ocr.errors import ArtifactError

# Far above the values of any network here, far below what exhausts a computer.
_MOST_SIDE, _MOST_HEIGHT, _MOST_CLASSES, _MOST_FILES = 8192, 1024, 200_000, 1000
_MOST_WIDTH, _MOST_OPTION, _MOST_LEVEL = 65_536, 1e9, 1e6
_MOST_SCALE, _MOST_FRAMES = 64, 16
_DTYPES = ("float32", "float16", "int8", "uint8", "int16", "int32", "int64", "bool")
_COLORS = {"BGR": (1, 3), "RGB": (1, 3), "GRAY": (1,)}


def check(facts: "manifest.Manifest", where: str) -> None:
    """Checks that every value is in its range.

    Args:
        facts: The manifest as read.
        where: Name of the file, for messages.

    Raises:
        ArtifactError: A value is out of its range; the message names its place.
    """
    _one_of(facts.default_precision, manifest.PRECISIONS, f"{where}.default_precision")
    _check_detector(facts.detector, f"{where}.detector")
    for i, part in enumerate(facts.recognizers):
        _check_recognizer(part, f"{where}.recognizers[{i}]")
    if facts.direction:
        place = f"{where}.direction"
        _check_input(facts.direction.input, f"{place}.input")
        _range(facts.direction.threshold, 0, 1, f"{place}.threshold")
        _range(len(facts.direction.labels), 1, 360, f"{place}.labels: length")
        _check_files(facts.direction, place)


def _check_detector(part: "manifest.Detector", where: str) -> None:
    from tflite_ocr import detection  # here: decoders need what a manifest holds

    _one_of(part.decoder, tuple(sorted(detection.DECODERS)), f"{where}.decoder")
    _check_input(part.input, f"{where}.input")
    resize = part.resize
    _one_of(resize.fit, ("stretch", "pad"), f"{where}.resize.fit")
    _range(resize.multiple, 1, _MOST_SIDE, f"{where}.resize.multiple")
    _range(resize.min_side, 0, _MOST_SIDE, f"{where}.resize.min_side")  # EasyOCR's enlarges nothing
    _range(resize.max_side, resize.multiple, _MOST_SIDE, f"{where}.resize.max_side")
    _range(resize.max_scale, 0, _MOST_SCALE, f"{where}.resize.max_scale")
    _range(resize.second_scale, 0, 1, f"{where}.resize.second_scale")
    for name, value in part.options.items():
        _range(value, -_MOST_OPTION, _MOST_OPTION, f"{where}.options.{name}")
    _check_files(part, where)


def _check_recognizer(part: "manifest.Recognizer", where: str) -> None:
    _check_input(part.input, f"{where}.input")
    _range(part.height, 1, _MOST_HEIGHT, f"{where}.height")
    _range(len(part.charset), 1, _MOST_CLASSES, f"{where}.charset: length")
    _range(part.blank, 0, len(part.charset) - 1, f"{where}.blank")
    _range(part.frames, 1, _MOST_FRAMES, f"{where}.frames")
    _range(len(part.widths), 1, 1000, f"{where}.widths: length")
    for width in part.widths:
        _range(width, 1, _MOST_WIDTH, f"{where}.widths")
    if list(part.widths) != sorted(part.widths):
        raise ArtifactError(f"{where}.widths: expected them in ascending order; convert the model again")
    _one_of(part.confidence, ("mean", "easyocr"), f"{where}.confidence")
    for name in ("min_confidence", "retry_confidence", "retry_hopeless"):
        _range(getattr(part, name), 0, 1, f"{where}.{name}")
    for name, most in (
        ("retry_characters", 1000),
        ("retry_lowest", _MOST_WIDTH),
        ("retry_width", _MOST_WIDTH),
        ("retry_height", _MOST_HEIGHT),
    ):
        _range(getattr(part, name), 0, most, f"{where}.{name}")
    for name in ("stretch", "retry_stretch"):
        _range(getattr(part, name), 0.05, 20, f"{where}.{name}")
    if part.language_model:
        _check_words(part.language_model, f"{where}.language_model")
    _check_files(part, where)


def _check_words(part: "manifest.LanguageModel", where: str) -> None:
    _check_path(part.path, f"{where}.path")
    for name, least, most in (
        ("weight", 0, 1000),
        ("bonus", -1000, 1000),
        ("margin", 0, 1000),
        ("width", 1, 1000),
        ("hopeless", 0, 1),
        ("retry_lead", 0, 1e6),
        ("size_bytes", 0, 1 << 40),
    ):
        _range(getattr(part, name), least, most, f"{where}.{name}")


def _check_input(spec: "manifest.ImageInput", where: str) -> None:
    _one_of(spec.color, tuple(_COLORS), f"{where}.color")
    _one_of(spec.pad, ("zero", "edge", "black"), f"{where}.pad")
    _one_of(spec.shrink, ("linear", "area"), f"{where}.shrink")
    if len(spec.mean) != len(spec.std) or len(spec.mean) not in _COLORS[spec.color]:
        raise ArtifactError(
            f"{where}: expected one mean and std for each channel of {spec.color}, found {len(spec.mean)} and "
            f"{len(spec.std)}; convert the model again"
        )
    for mean, std in zip(spec.mean, spec.std, strict=True):
        _range(mean, -_MOST_LEVEL, _MOST_LEVEL, f"{where}.mean")
        _range(std, 1 / _MOST_LEVEL, _MOST_LEVEL, f"{where}.std")


def _check_files(part: "manifest.Part", where: str) -> None:
    _range(len(part.files) + len(part.other_files), 0, _MOST_FILES, f"{where}.files: number")
    for name, files in (("files", part.files), ("other_files", part.other_files)):
        for i, file in enumerate(files):
            _check_file(file, f"{where}.{name}[{i}]", manifest.FORMATS[:1] if name == "files" else manifest.FORMATS)


def _check_file(file: "manifest.ModelFile", where: str, formats: tuple[str, ...]) -> None:
    _one_of(file.format, formats, f"{where}.format")
    _one_of(file.precision, manifest.PRECISIONS, f"{where}.precision")
    _check_path(file.path, f"{where}.path")
    if file.weights_path:
        _check_path(file.weights_path, f"{where}.weights_path")
    _range(file.size_bytes, 0, 1 << 40, f"{where}.size_bytes")
    _range(file.stage, 0, 100, f"{where}.stage")
    if len(file.canvas) not in (0, 2):
        raise ArtifactError(f"{where}.canvas: expected (height, width), found {file.canvas!r:.80}; convert it again")
    for side in file.canvas:
        _range(side, 1, _MOST_WIDTH, f"{where}.canvas")
    _range(len(file.inputs), 1, 64, f"{where}.inputs: number")
    _range(len(file.outputs), 1, 64, f"{where}.outputs: number")
    for name, tensors in (("inputs", file.inputs), ("outputs", file.outputs)):
        for i, tensor in enumerate(tensors):
            _check_tensor(tensor, f"{where}.{name}[{i}]")


def _check_tensor(tensor: "manifest.TensorSpec", where: str) -> None:
    _one_of(tensor.dtype, _DTYPES, f"{where}.dtype")
    _range(len(tensor.shape), 0, 8, f"{where}.shape: length")
    for size in tensor.shape:
        _range(size, -1, 1 << 28, f"{where}.shape")
    _range(tensor.scale, 0, _MOST_OPTION, f"{where}.scale")
    _range(tensor.zero_point, -(1 << 31), 1 << 31, f"{where}.zero_point")


def _check_path(path: str, where: str) -> None:
    """Checks that a file is in the model's folder, whatever system the manifest was written on."""
    for kind in (PurePosixPath, PureWindowsPath):
        pure = kind(path)
        if not pure.parts or pure.is_absolute() or pure.drive or ".." in pure.parts or not path.isprintable():
            raise ArtifactError(f"{where}: expected the name of a file in the model's folder, found {path!r:.80}")


def _range(value: float, least: float, most: float, where: str) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise ArtifactError(f"{where}: expected {least:g} to {most:g}, found {value!r:.80}; convert the model again")


def _one_of(value: str, known: tuple[str, ...], where: str) -> None:
    if value not in known:
        raise ArtifactError(f"{where}: expected {', '.join(known)}, found {value!r:.80}; convert the model again")
