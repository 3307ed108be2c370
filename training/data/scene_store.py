"""Pictures for the detector with the teacher's map of each, kept on disk: drawing and teaching cost more than learning.

One file a picture, numbered; a folder can be filled further at any time, also while a training reads it.
"""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tflite_ocr import files
from training.errors import TrainingError

_QUALITY = 92  # of the JPEG
_PATTERN = "*.npz"


@dataclass(frozen=True)
class Taught:
    """A picture with what is to be learnt from it."""

    image_bgr: np.ndarray  # uint8 [H, W, 3]
    teacher: np.ndarray  # uint8 [H / 2, W / 2], the teacher's probability times 255
    quads: np.ndarray  # float32 [N, 4, 2] of the lines of text, in pixels
    ignore: np.ndarray  # bool [N], lines that cannot be read
    complete: bool  # Whether all text lies in the quads; False where only the teacher knows


def fill(
    folder: Path,
    pictures: Iterator[tuple[str, Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray, bool]]]],
    teach: Callable[[np.ndarray], np.ndarray],
) -> int:
    """Adds the pictures that the folder does not hold yet; returns how many were added.

    Args:
        pictures: Names, and what makes the image, quads, ignore flags and `complete` of each; see Taught.
        teach: From an image to the teacher's probabilities, float32 [H / 2, W / 2].
    """
    folder.mkdir(parents=True, exist_ok=True)
    added = 0
    for name, make in pictures:
        target = folder / f"{name}.npz"
        if target.exists():
            continue
        image_bgr, quads, ignore, complete = make()
        teacher = np.rint(np.clip(teach(image_bgr), 0, 1) * 255).astype(np.uint8)
        content = {
            "jpeg": cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1],
            "teacher": cv2.imencode(".png", teacher)[1],
            "quads": np.float32(quads).reshape(-1, 4, 2),
            "ignore": np.asarray(ignore, bool),
            "complete": np.bool_(complete),
        }
        with files.replacing(target, parents=True) as file:
            np.savez(file, **content)
        added += 1
    return added


def names(folder: Path) -> list[Path]:
    """The files of a store, in order.

    Raises:
        TrainingError: There are none.
    """
    found = sorted(folder.glob(_PATTERN))
    if not found:
        raise TrainingError(
            f"{folder}: expected pictures of a scene store, found none; run `python -m training scenes`"
        )
    return found


def load(path: Path) -> Taught:
    """Reads one picture.

    Raises:
        TrainingError: The file is damaged.
    """
    try:
        with np.load(path) as data:
            image_bgr = cv2.imdecode(data["jpeg"], cv2.IMREAD_COLOR)
            teacher = cv2.imdecode(data["teacher"], cv2.IMREAD_GRAYSCALE)
            quads, ignore, complete = data["quads"], data["ignore"], bool(data["complete"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path}: expected a picture of a scene store, found {error}; remove the file") from None
    if image_bgr is None or teacher is None:
        raise TrainingError(f"{path}: expected a picture of a scene store, found damaged data; remove the file")
    return Taught(image_bgr, teacher, quads, ignore, complete)
