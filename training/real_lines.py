"""Crops of real lines and words with their texts, cut anew and changed a little every time."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from converters import labels
from tflite_ocr import geometry, image
from training.errors import TrainingError

# Around each line of a page so much of its height is kept, for cuts looser than the label.
_CONTEXT = 0.35
# One of so many images belongs to the development set.
_DEV_EVERY = 20
_JPEG_QUALITY = 95


@dataclass(frozen=True)
class LineSample:
    """A crop to learn from.

    Attributes:
        image_bgr: uint8 [h, w, 3].
        text: What it says; None when nobody knows, the teacher is then followed.
        cased: Whether capitals and small letters of `text` are those of the picture.
    """

    image_bgr: np.ndarray
    text: str | None
    cased: bool = True


@dataclass(frozen=True)
class _Stored:
    """A crop with context, as JPEG; `inner` is the labelled quad in its pixels, None for a crop that is used whole."""

    jpeg: bytes
    text: str
    cased: bool
    inner: np.ndarray | None


class RealLines:
    """The lines of labelled folders, held in memory as JPEG.

    Args:
        folders: Each with a labels.jsonl of full images or of crops.
        split: "train", or "dev" for every twentieth image, which is never trained on.

    Raises:
        DatasetError: A folder's labels cannot be read.
        TrainingError: No labelled line in them.
    """

    def __init__(self, folders: list[Path], split: str = "train"):
        self._sets = [stored for folder in folders if (stored := list(_stored(folder, split)))]
        if not self._sets:
            names = ", ".join(str(folder) for folder in folders) or "none"
            raise TrainingError(f"expected labelled lines in {names}, found none; give a folder with labels.jsonl")

    def __len__(self) -> int:
        return sum(len(one) for one in self._sets)

    def draw(self, rng: np.random.Generator) -> LineSample:
        """A random line, each folder as often as another, cut and changed at random."""
        one = self._sets[rng.integers(len(self._sets))]
        stored = one[rng.integers(len(one))]
        picture = cv2.imdecode(np.frombuffer(stored.jpeg, np.uint8), cv2.IMREAD_COLOR)
        picture = _trimmed(rng, picture) if stored.inner is None else _cut(rng, picture, stored.inner)
        return LineSample(picture, stored.text, stored.cased)

    def plain(self, count: int) -> list[LineSample]:
        """At most `count` lines a folder, evenly spread, cut as they are labelled."""
        chosen = []
        for one in self._sets:
            for i in np.linspace(0, len(one) - 1, min(count, len(one))).astype(int):
                picture = cv2.imdecode(np.frombuffer(one[i].jpeg, np.uint8), cv2.IMREAD_COLOR)
                if one[i].inner is not None:
                    picture = geometry.crop(picture, one[i].inner)
                chosen.append(LineSample(picture, one[i].text, one[i].cased))
        return chosen


def _stored(folder: Path, split: str):
    for number, sample in enumerate(labels.load(folder)):
        if (number % _DEV_EVERY == 0) != (split == "dev"):
            continue
        if sample.labels and sample.labels[0].quad is None:
            label = sample.labels[0]
            picture = image.read(sample.image_path)
            if label.text.strip() and min(picture.shape[:2]) >= 4:
                yield _Stored(_jpeg(picture), label.text.strip(), True, None)
            continue
        usable = [label for label in sample.labels if not label.ignore and label.quad and label.text.strip()]
        if not usable:
            continue
        picture = image.read(sample.image_path)
        # Where a set writes everything in capitals, its labels do not tell the case of the picture.
        cased = any(character.islower() for label in sample.labels for character in label.text)
        for label in usable:
            quad = np.float32(label.quad)
            margin = math.ceil(_CONTEXT * max(4.0, float(np.linalg.norm(quad[3] - quad[0]))))
            low = np.maximum(np.floor(quad.min(0)).astype(int) - margin, 0)
            high = np.minimum(np.ceil(quad.max(0)).astype(int) + margin, picture.shape[1::-1])
            part = picture[low[1] : high[1], low[0] : high[0]]
            if min(part.shape[:2]) >= 4:
                yield _Stored(_jpeg(part), label.text.strip(), cased, quad - low.astype(np.float32))


def _jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def _cut(rng: np.random.Generator, picture: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """A crop around a quad with corners moved as a detector moves them: mostly outwards."""
    height = max(4.0, float(np.linalg.norm(quad[3] - quad[0])))
    out = rng.uniform(-0.06, 0.22, 4) * height  # left, top, right, bottom
    along = (quad[1] - quad[0]) / max(1.0, float(np.linalg.norm(quad[1] - quad[0])))
    across = (quad[3] - quad[0]) / height
    left, top, right, bottom = (out[:, np.newaxis] * np.stack([-along, -across, along, across])).astype(np.float32)
    moved = quad + np.stack([left + top, right + top, right + bottom, left + bottom])
    moved += rng.normal(0, 0.02 * height, (4, 2)).astype(np.float32)
    return geometry.crop(picture, np.clip(moved, 0, np.float32(picture.shape[1::-1])))


def _trimmed(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """A crop with its edges moved a little: cut inwards, or continued outwards."""
    height, width = picture.shape[:2]
    out = (rng.uniform(-0.06, 0.1, 4) * height).round().astype(int)
    left, top, right, bottom = np.minimum(out, max(0, height // 4))
    grown = cv2.copyMakeBorder(
        picture, max(0, top), max(0, bottom), max(0, left), max(0, right), cv2.BORDER_REPLICATE
    )
    y0, x0 = max(0, -top), max(0, -left)
    y1, x1 = grown.shape[0] - max(0, -bottom), grown.shape[1] - max(0, -right)
    return grown[y0:y1, x0:x1] if y1 - y0 >= 4 and x1 - x0 >= 4 else picture
