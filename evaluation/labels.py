"""Labelled image folders: `labels.jsonl` beside the images, one JSON object a line.

A full image is {"image", "items": [{"text", "quad": [[x, y] * 4], "ignore"}]}; a cropped word, or a page
without boxes, is {"image", "text"}. Either may say its "kind", a name by which figures are distinguished, and
"latin": false where its letters are of another script. Other keys are allowed and not read. For training, "items" or
a text may be null: nobody has looked, or the quad is known and its text is not.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tflite_ocr import files
from tflite_ocr.errors import OcrError
from tflite_ocr.page import Point

LABELS_FILE_NAME = "labels.jsonl"
MOST_BYTES = 1 << 28  # of a file of labels: some millions of lines
_MOST_PIXELS = 100_000  # of a coordinate
_SURROGATE = re.compile("[\ud800-\udfff]")


class DatasetError(OcrError):
    """A data folder or its labels cannot be read; the message names the file and the line."""

    exit_code = 9


@dataclass(frozen=True)
class Label:
    """One labelled text."""

    text: str  # What is written there; may be empty when it is ignored
    # Four (x, y) corners in pixels, clockwise from top-left; None for a label without a place
    quad: tuple[Point, Point, Point, Point] | None = None
    ignore: bool = False  # Neither asked for nor counted as wrong


@dataclass(frozen=True)
class Sample:
    """One image with its labels."""

    image_path: Path  # The image
    labels: tuple[Label, ...]  # What is written on it
    kind: str | None = None  # Name of the sort of picture, where the labels say one
    latin: bool = True  # False where its letters are of other scripts, so that nothing Latin is to be read there

    def true_texts(self) -> list[str]:
        """Texts that a reader should find."""
        return [label.text for label in self.labels if not label.ignore]

    def ignored_texts(self) -> list[str]:
        """Texts that a reader may find or miss."""
        return [label.text for label in self.labels if label.ignore]


def load(folder: Path, unlabelled: bool = False) -> list[Sample]:
    """Reads the labels of a data folder; images are not opened.

    Args:
        folder: With a labels.jsonl.
        unlabelled: Whether images without labels and quads without texts are allowed; their texts are then "".

    Raises:
        DatasetError: There is no labels.jsonl, it has no line, a line is malformed, or an image is missing.
    """
    folder = Path(folder)
    path = folder / LABELS_FILE_NAME
    try:
        lines = files.read_regular(path, MOST_BYTES).decode("utf-8").split("\n")
    except FileNotFoundError:
        raise DatasetError(f"{folder}: expected a data folder with {LABELS_FILE_NAME}, found none") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: expected a readable UTF-8 file, found: {error}") from None
    samples = [
        _sample(line, folder, f"{path}:{number}", unlabelled) for number, line in enumerate(lines, 1) if line.strip()
    ]
    if not samples:
        raise DatasetError(f"{path}: expected one JSON object a line, found an empty file")
    return samples


def _sample(line: str, folder: Path, where: str, unlabelled: bool) -> Sample:
    try:
        data = json.loads(line)
    except RecursionError:
        raise DatasetError(f"{where}: expected a JSON object, found brackets too deep") from None
    except ValueError as error:
        raise DatasetError(f"{where}: expected a JSON object, found {error}") from None
    _expect(isinstance(data, dict), where, "a JSON object", type(data))
    image_path = folder / _text(data, "image", where)
    if not is_file(image_path):
        raise DatasetError(f"{where}: image {image_path} does not exist")
    kind = _text(data, "kind", where) if "kind" in data else None
    latin, items = data.get("latin", True), data.get("items")
    _expect(isinstance(latin, bool), where, "true or false in 'latin'", latin)
    if "items" not in data:
        return Sample(image_path, (Label(_text(data, "text", where)),), kind, latin)
    if unlabelled and items is None:
        return Sample(image_path, (), kind, latin)
    _expect(isinstance(items, list), where, "a list in 'items'", items)
    labels = tuple(_label(item, f"{where}: items[{i}]", unlabelled) for i, item in enumerate(items))
    return Sample(image_path, labels, kind, latin)


def _expect(holds: bool, where: str, what: str, found: object) -> None:
    if not holds:
        raise DatasetError(f"{where}: expected {what}, found {found!r:.80}")


def is_file(path: Path) -> bool:
    """Whether there is a regular file; also False for names that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a character that names do not hold
        return False


def _label(item, where: str, unlabelled: bool) -> Label:
    _expect(isinstance(item, dict), where, "an object", item)
    ignore = item.get("ignore", False)
    _expect(isinstance(ignore, bool), where, "true or false in 'ignore'", ignore)
    text = "" if unlabelled and item.get("text") is None else _text(item, "text", where)
    return Label(text, _quad(item.get("quad"), where), ignore)


def _text(data: dict, key: str, where: str) -> str:
    value = data.get(key)
    _expect(isinstance(value, str), where, f"a string in {key!r}", value)
    _expect(not _SURROGATE.search(value), where, f"whole characters in {key!r}", value)
    return value


def _quad(value, where: str) -> tuple[Point, Point, Point, Point]:
    is_quad = isinstance(value, list) and len(value) == 4 and all(map(_is_point, value))
    _expect(is_quad, where, "four [x, y] corners in 'quad'", value)
    near = all(abs(number) <= _MOST_PIXELS for point in value for number in point)  # false for NaN too
    _expect(near, where, f"corners of at most {_MOST_PIXELS} pixels in 'quad'", value)
    return tuple((float(x), float(y)) for x, y in value)


def _is_point(point) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(type(value) in (int, float) for value in point)
