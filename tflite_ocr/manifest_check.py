"""Limits of the values of a manifest: a stranger's model must not make the runtime fail in unforeseen places."""

import math
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, NoReturn

from tflite_ocr.errors import ArtifactError

if TYPE_CHECKING:
    from tflite_ocr.manifest import Detector, DirectionClassifier, Manifest, Recognizer

COLORS = {"BGR": (1, 3), "RGB": (1, 3), "GRAY": (1,)}  # and their numbers of means
MOST_SIDE = 8192  # pixels of a picture, far above those of any network here


# Gives what was expected where a value is beyond a limit, "" for others.
Limit = Callable[[Any], str]


def within(least: float, most: float) -> Limit:
    """The limits of a number, or of the length of a tuple."""

    def limit(value: Any) -> str:
        many = isinstance(value, tuple)
        size = len(value) if many else value
        good = math.isfinite(size) and least <= size <= most
        return "" if good else f"{least:g} to {most:g}" + (" values" if many else "")

    return limit


def one_of(*known: str) -> Limit:
    """The words that a text may be."""
    return lambda value: "" if value in known else " or ".join(known)


def in_folder(path: str) -> str:
    """A file must be in the model's folder, whatever system the manifest was written on."""
    for kind in (PurePosixPath, PureWindowsPath):
        pure = kind(path)
        if not pure.parts or pure.is_absolute() or pure.drive or ".." in pure.parts or not path.isprintable():
            return "the name of a file in the model's folder"
    return ""


def require(limit: Limit, value: Any, where: str) -> None:
    """Raises the ArtifactError of a place whose value is beyond a limit."""
    wanted = limit(value)
    if wanted:
        misfit(where, wanted, f"{value!r:.80}")


def misfit(where: str, wanted: str, found: str) -> NoReturn:
    """Raises the ArtifactError of a place, given what was expected there and what was found."""
    raise ArtifactError(f"{where}: expected {wanted}, found {found}; convert the model again")


def check(facts: "Manifest", where: str) -> None:
    """Checks the values that depend on one another; the others have their limits in their types.

    Raises:
        ArtifactError: A value is out of its range; the message names its place, below `where`.
    """
    from tflite_ocr import detection  # here: decoders need what a manifest holds

    resize = facts.detector.resize
    require(one_of(*sorted(detection.DECODERS)), facts.detector.decoder, f"{where}.detector.decoder")
    require(within(resize.multiple, MOST_SIDE), resize.max_side, f"{where}.detector.resize.max_side")
    _check_part(facts.detector, f"{where}.detector")
    for i, part in enumerate(facts.recognizers):
        place = f"{where}.recognizers[{i}]"
        require(within(0, len(part.charset) - 1), part.blank, f"{place}.blank")
        if list(part.widths) != sorted(part.widths):
            raise ArtifactError(f"{place}.widths: expected them in ascending order; convert the model again")
        _check_part(part, place)
    if facts.direction:
        _check_part(facts.direction, f"{where}.direction")


def _check_part(part: "Detector | Recognizer | DirectionClassifier", where: str) -> None:
    spec = part.input
    if len(spec.mean) != len(spec.std) or len(spec.mean) not in COLORS[spec.color]:
        raise ArtifactError(
            f"{where}.input: expected one mean and std for each channel of {spec.color}, found {len(spec.mean)} and "
            f"{len(spec.std)}; convert the model again"
        )
    for i, file in enumerate(part.files):
        require(one_of("tflite"), file.format, f"{where}.files[{i}].format")
    for file in (*part.files, *part.other_files):
        if len(file.canvas) not in (0, 2):
            raise ArtifactError(
                f"{where}: expected a canvas (height, width), found {file.canvas!r:.80}; convert it again"
            )
        if file.weights_path:
            require(in_folder, file.weights_path, f"{where}: weights_path of {file.path}")
