"""A labelled set that the project draws itself, so that engines can be compared without any data.

Twelve pictures of pages, receipts, forms, signs and boards, and sixty cropped words, in the format of
converters/labels.py. Items are lines; each has its words beside it under "words", with their own quads. What is too
fine to be read is marked as don't care. It is easier than real photos and scans: good for telling engines and
precisions apart, not for saying how well an engine reads.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks import builtin_papers as papers
from benchmarks import builtin_places as places
from benchmarks import builtin_receipts as receipts
from benchmarks.builtin_sheet import Line, Sheet, shrunken
from converters import synthetic_text as synthetic
from converters.labels import LABELS_FILE_NAME, DatasetError

# To be raised with every change of what is drawn: sets of other versions are drawn again.
VERSION = 1
PAGES, WORDS = "builtin_pages", "builtin_words"
LICENCE = "drawn by the project, Apache-2.0"
_STAMP = "set.json"
_SEED = 4
# What is drawn, the quality of its picture from 0 (a poor phone) to 1 (a good scanner), its scale. Kinds take turns,
# so that the first few are a fair choice.
_SCENES: tuple[tuple[Callable[[np.random.Generator], Sheet], float, float], ...] = (
    (papers.letter, 0.9, 0.7),
    (places.shop_front, 0.3, 0.8),
    (receipts.shop_receipt, 0.4, 0.7),
    (papers.application, 0.8, 0.75),
    (places.poster, 0.3, 0.7),
    (receipts.fuel_and_parking, 0.1, 0.8),
    (papers.article, 0.7, 0.75),
    (places.departures, 0.2, 0.6),
    (papers.invoice, 1.0, 1.0),
    (receipts.cafe_receipt, 0.3, 0.6),
    (places.airport, 0.3, 0.6),
    (papers.instructions, 0.5, 0.75),
)
_WORD_QUALITIES = (0.0, 0.5)


def ensure(root: Path) -> tuple[Path, Path]:
    """Draws the set unless it is there, whole and of this version.

    It is drawn beside `root` and put in its place when it is complete, so that a run that is cut off leaves nothing
    half done.

    Args:
        root: Folder that holds the set and nothing else; made where it does not exist.

    Returns:
        The data folders of the pages and of the words, each with labels.jsonl.

    Raises:
        DatasetError: The folder holds something else, or cannot be written.
        MissingDependencyError: matplotlib, which brings the fonts, is not installed.
    """
    root = Path(root)
    folders = (root / PAGES, root / WORDS)
    if is_intact(root):
        return folders
    _refuse_others(root)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{root.name}.", dir=root.parent) as fresh:
            _draw_all(Path(fresh) / "set")
            if root.exists():
                root.rename(Path(fresh) / "old")
            (Path(fresh) / "set").rename(root)
    except OSError as error:
        # Another run may have put its own set there in the meantime; it is as good.
        if not is_intact(root):
            raise DatasetError(f"{root}: expected to write the built-in set there, found: {error}") from None
    return folders


def is_intact(root: Path) -> bool:
    """Whether a folder holds the set of this version with every file as it was written."""
    try:
        stamp = json.loads((root / _STAMP).read_text(encoding="utf-8"))
        return stamp["version"] == VERSION and all(
            _digest((root / name).read_bytes()) == digest for name, digest in stamp["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def draw(index: int) -> tuple[np.ndarray, list[Line]]:
    """One of the pages: BGR [h, w, 3], uint8, and its lines in the order in which they were written."""
    scene, quality, scale = _SCENES[index]
    rng = np.random.default_rng((_SEED, 0, index))
    sheet = shrunken(scene(rng), scale)
    return synthetic.photograph(rng, sheet.image, quality), sheet.lines


def draw_word(index: int) -> tuple[np.ndarray, str]:
    """One of the cropped words: BGR [h, w, 3], uint8, and its text."""
    rng, text = np.random.default_rng((_SEED, 1, index)), places.WORDS[index]
    return synthetic.photograph(rng, places.word(rng, text), rng.uniform(*_WORD_QUALITIES)), text


def _refuse_others(root: Path) -> None:
    """What is replaced is the built-in set, never a folder with something else in it."""
    if not root.exists():
        return
    found = sorted({path.name for path in root.iterdir()} - {PAGES, WORDS, _STAMP}) if root.is_dir() else ["a file"]
    if found:
        listed = ", ".join(found[:3])
        raise DatasetError(f"{root}: expected a folder for the built-in set alone, found {listed}; name another one")


def _draw_all(root: Path) -> None:
    pages, words = [], []
    for index, (scene, *_) in enumerate(_SCENES):
        pixels, lines = draw(index)
        name = f"images/{index:02d}_{scene.__name__}.png"
        _write_png(root / PAGES / name, pixels)
        pages.append({"image": name, "items": [_item(line) for line in lines]})
    for index in range(len(places.WORDS)):
        pixels, text = draw_word(index)
        name = f"images/{index:02d}.png"
        _write_png(root / WORDS / name, pixels)
        words.append({"image": name, "text": text})
    for folder, rows in ((PAGES, pages), (WORDS, words)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (root / folder / LABELS_FILE_NAME).write_text(text, encoding="utf-8")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    digests = {path.relative_to(root).as_posix(): _digest(path.read_bytes()) for path in files}
    (root / _STAMP).write_text(json.dumps({"version": VERSION, "files": digests}, indent=1) + "\n", encoding="utf-8")


def _item(line: Line) -> dict:
    return {
        "text": line.text,
        "quad": _corners(line.quad),
        "ignore": line.ignore,
        "words": [{"text": word.text, "quad": _corners(word.quad)} for word in line.words],
    }


def _corners(quad: np.ndarray) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in quad.tolist()]


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
