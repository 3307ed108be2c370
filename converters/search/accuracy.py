"""How well a model reads labelled images, in percent: what the budget of a search is counted in.

Pages are measured by the F1 of their bags of words, cropped lines by the share that is read exactly (letters a-z and
digits), as the benchmark does.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.errors import ConversionError
from converters.search.errors import STAGE
from evaluation import labels, texts
from evaluation.labels import Sample
from tflite_ocr import Reader, geometry, image

Advance = Callable[[int, int], None]
# Lines that are read at once; between two the progress bar moves.
_BATCH = 32
# So many lines at least should fit into a budget.
_LEAST_LINES = 4


@dataclass(frozen=True)
class LabelledSet:
    """Images of one folder.

    Attributes:
        name: Name of the folder.
        samples: Images and labels.
        lines: Whether they are cropped lines; pages otherwise.
    """

    name: str
    samples: tuple[Sample, ...]
    lines: bool


def load(folders: Sequence[Path], pages: int, lines: int) -> list[LabelledSet]:
    """Reads the labels of folders, of each at most this many images, evenly spread.

    Raises:
        DatasetError: A folder or its labels cannot be read.
        ConversionError: None of them holds pages, or two have one name.
    """
    found = []
    for folder in folders:
        samples = labels.load(folder)
        texts_alone = all(label.quad is None for sample in samples for label in sample.labels)
        cropped = texts_alone and not any("\n" in label.text for sample in samples for label in sample.labels)
        count = min(len(samples), lines if cropped else pages)
        places = np.linspace(0, len(samples) - 1, count).round().astype(int)
        found.append(LabelledSet(Path(folder).resolve().name, tuple(samples[i] for i in places), cropped))
    if all(one.lines for one in found):
        raise ConversionError(
            STAGE,
            "expected a folder of labelled pages, on which text has to be found, found cropped lines alone; "
            "name one with --data",
        )
    if len({one.name for one in found}) < len(found):
        raise ConversionError(STAGE, "expected folders of different names after --data, found two of one name")
    return found


def too_few(sets: Sequence[LabelledSet], budget: float) -> list[str]:
    """Sentences about sets of lines so small that chance decides: any change of a network turns some readings.

    Args:
        sets: To be measured on.
        budget: Points that may be lost.
    """
    return [
        f"{one.name}: one line of {len(one.samples)} counts for {100 / len(one.samples):.2f} points and the budget is "
        f"{budget:g}: a few lines misread by chance decide; give more (--search-lines)"
        for one in sets
        if one.lines and 100 / len(one.samples) > budget / _LEAST_LINES
    ]


def digest(sets: Sequence[LabelledSet]) -> str:
    """SHA-256 of all images and labels."""
    result = hashlib.sha256()
    for one in sets:
        result.update(repr((one.name, one.lines, [sample.labels for sample in one.samples])).encode())
        for sample in one.samples:
            result.update(hashlib.sha256(sample.image_path.read_bytes()).digest())
    return result.hexdigest()


def measure(reader: Reader, sets: Sequence[LabelledSet], advance: Advance) -> dict[str, float]:
    """The accuracy of a model in percent, by the name of the set.

    Args:
        reader: The model.
        sets: What to read.
        advance: Called with the number of images that are read and of all.
    """
    total = sum(len(one.samples) for one in sets)
    found, done = {}, 0
    for one in sets:
        score = _lines if one.lines else _pages
        found[one.name] = 100 * score(reader, one.samples, lambda read, before=done: advance(before + read, total))
        done += len(one.samples)
    return found


def pictures(sets: Sequence[LabelledSet], count: int) -> list[np.ndarray]:
    """Some pages, BGR uint8."""
    samples = [sample for one in sets if not one.lines for sample in one.samples]
    return [image.read(sample.image_path) for sample in _spread(samples, count)]


def crops(sets: Sequence[LabelledSet], count: int) -> list[np.ndarray]:
    """Some lines, BGR uint8: cropped ones and the labelled places of pages; none where pages have texts alone."""
    samples = [sample for one in sets if one.lines for sample in one.samples]
    found = [image.read(sample.image_path) for sample in _spread(samples, count)]
    pages = [sample for one in sets if not one.lines for sample in one.samples]
    for sample in _spread(pages, -(-count // 4)):
        quads = [np.float32(label.quad) for label in sample.labels if label.quad is not None and not label.ignore]
        picture = image.read(sample.image_path) if quads else None
        found += [geometry.crop(picture, quad) for quad in _spread(quads, 4)]
    return found


def _pages(reader: Reader, samples: Sequence[Sample], advance: Callable[[int], None]) -> float:
    counts = texts.BagCounts()
    for number, sample in enumerate(samples, 1):
        read = [line.text for line in reader.read(sample.image_path)]
        counts += texts.bag_of_words(read, sample.true_texts(), sample.ignored_texts())
        advance(number)
    return counts.f1


def _lines(reader: Reader, samples: Sequence[Sample], advance: Callable[[int], None]) -> float:
    exact = asked = 0
    for start in range(0, len(samples), _BATCH):
        batch = samples[start : start + _BATCH]
        for sample, read in zip(batch, reader.recognize([sample.image_path for sample in batch]), strict=True):
            right, one = texts.exact_texts([read.text], [" ".join(sample.true_texts())])
            exact, asked = exact + right, asked + one
        advance(start + len(batch))
    return exact / asked if asked else 0.0


def _spread(items: Sequence, count: int) -> list:
    return [items[i] for i in np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)]
