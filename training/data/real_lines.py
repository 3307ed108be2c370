"""Crops of real lines and words with their texts, cut anew and changed a little every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evaluation import labels
from tflite_ocr import image
from training.data.stored_lines import LEAST_SIDE, StoredLine, stored
from training.errors import TrainingError

# One of this many images belongs to the development set.
_DEV_EVERY = 20


@dataclass(frozen=True)
class LineSample:
    """A crop to learn from."""

    image_bgr: np.ndarray  # uint8 [h, w, 3]
    text: str | None  # What it says; None when nobody knows, the teacher is then followed
    cased: bool = True  # Whether capitals and small letters of `text` are those of the picture
    stretch: float = 1.0  # Width to height at which it is read, relative to its own


class RealLines:
    """The lines of labelled folders, held in memory as JPEG.

    Args:
        folders: Each with a labels.jsonl of full images or of crops; one that is named twice is drawn from twice as
            often.
        split: "train", or "dev" for every twentieth image, which is never trained on.

    Raises:
        DatasetError: A folder's labels cannot be read.
        TrainingError: No labelled line in them.
    """

    def __init__(self, folders: list[Path], split: str = "train"):
        loaded = {folder: list(_lines(folder, split)) for folder in dict.fromkeys(folders)}
        self._sets = [loaded[folder] for folder in folders if loaded[folder]]
        if not self._sets:
            names = ", ".join(str(folder) for folder in folders) or "none"
            raise TrainingError(f"expected labelled lines in {names}, found none; give a folder with labels.jsonl")

    def __len__(self) -> int:
        return sum(len(one) for one in self._sets)

    def draw(self, rng: np.random.Generator) -> LineSample:
        """A random line, each folder as often as another, cut and changed at random."""
        one = self._sets[rng.integers(len(self._sets))]
        line = one[rng.integers(len(one))]
        return LineSample(line.varied(rng), line.text, line.cased)

    def plain(self, count: int) -> list[LineSample]:
        """At most `count` lines a folder, evenly spread, cut as they are labelled."""
        return [
            LineSample(one[i].picture(), one[i].text, one[i].cased)
            for one in self._sets
            for i in np.linspace(0, len(one) - 1, min(count, len(one))).astype(int)
        ]


def _lines(folder: Path, split: str) -> Iterator[StoredLine]:
    for number, sample in enumerate(labels.load(folder)):
        if (number % _DEV_EVERY == 0) != (split == "dev"):
            continue
        usable = [label for label in sample.labels if not label.ignore and label.text.strip()]
        if not usable:
            continue
        picture = image.read(sample.image_path)
        # Where a page's labels are all in capitals, they do not tell the case of the picture.
        cased = usable[0].quad is None or any(c.islower() for label in sample.labels for c in label.text)
        for label in usable:
            line = stored(picture, label.quad, label.text.strip(), cased)
            if min(line.picture().shape[:2]) >= LEAST_SIDE:
                yield line
