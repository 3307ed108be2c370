"""A labelled set that is drawn once and kept: written whole or not at all, and drawn again when it is not as it was."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from evaluation.labels import LABELS_FILE_NAME, DatasetError
from synthetic.builtin.sheet import Line

_STAMP = "set.json"


def ensure(root: Path, folders: Iterable[str], version: int | str, draw_all: Callable[[Path], None]) -> None:
    """Draws a set unless it is there, whole and of this version.

    It is drawn beside `root` and put in its place when it is complete, so that a run that is cut off leaves nothing
    half done.

    Args:
        root: Folder that holds the set and nothing else; made where it does not exist.
        draw_all: Draws all folders into an empty root.

    Raises:
        DatasetError: The folder holds something else, or cannot be written.
        MissingDependencyError: matplotlib, which brings the fonts, is not installed.
    """
    root = Path(root)
    if is_intact(root, version):
        return
    _refuse_others(root, set(folders))
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{root.name}.", dir=root.parent) as fresh:
            draw_all(Path(fresh) / "set")
            stamp(Path(fresh) / "set", version)
            if root.exists():
                root.rename(Path(fresh) / "old")
            (Path(fresh) / "set").rename(root)
    except OSError as error:
        # Another run may have put its own set there in the meantime; it is as good.
        if not is_intact(root, version):
            raise DatasetError(f"{root}: expected to write the built-in set there, found: {error}") from None


def is_intact(root: Path, version: int | str) -> bool:
    """Whether a folder holds the set of a version with every file as it was written."""
    try:
        stamp = json.loads((root / _STAMP).read_text(encoding="utf-8"))
        return stamp["version"] == version and all(
            _digest((root / name).read_bytes()) == digest for name, digest in stamp["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def stamp(root: Path, version: int | str) -> None:
    """Writes down that a set is whole, and of which version."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    digests = {path.relative_to(root).as_posix(): _digest(path.read_bytes()) for path in files}
    (root / _STAMP).write_text(json.dumps({"version": version, "files": digests}, indent=1) + "\n", encoding="utf-8")


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Writes a picture, BGR [h, w, 3] uint8, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def write_labels(folder: Path, rows: Iterable[dict]) -> None:
    """Writes the labels of a data folder as evaluation/labels.py reads them."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / LABELS_FILE_NAME).write_text(text, encoding="utf-8")


def item(line: Line) -> dict:
    """A line as an item of a label, its words with their own places beside it."""
    return {
        "text": line.text,
        "quad": _corners(line.quad),
        "ignore": line.ignore,
        "words": [{"text": word.text, "quad": _corners(word.quad)} for word in line.words],
    }


def _refuse_others(root: Path, folders: set[str]) -> None:
    """What is replaced is the set, never a folder with something else in it."""
    if not root.exists():
        return
    found = sorted({path.name for path in root.iterdir()} - folders - {_STAMP}) if root.is_dir() else ["a file"]
    if found:
        listed = ", ".join(found[:3])
        raise DatasetError(f"{root}: expected a folder for the built-in set alone, found {listed}; name another one")


def _corners(quad: np.ndarray) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in quad.tolist()]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
