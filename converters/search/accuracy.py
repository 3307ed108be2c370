"""How well a model reads labelled images, in percent: what the budget of a search is counted in.

Pages are measured by the F1 of their bags of words, cropped lines by the share that is read exactly (letters a-z and
digits), as the benchmark does.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.errors import search_error
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
        lines: Whether they are cropped lines; pages otherwise.
    """

    name: str
    samples: tuple[Sample, ...]
    lines: bool

    @property
    def kind(self) -> str:
        """What its images are."""
        return "lines" if self.lines else "pages"


def load(folders: Sequence[Path], pages: int, lines: int) -> list[LabelledSet]:
    """Reads the labels of folders, of each at most this many images, evenly spread.

    Raises:
        DatasetError: A folder or its labels cannot be read.
        ConversionError: None of them holds pages, or two have one name.
    """
    found = []
    for folder in folders:
        samples = labels.load(folder)
        cropped = all(label.quad is None and "\n" not in label.text for sample in samples for label in sample.labels)
        chosen = tuple(_spread(samples, lines if cropped else pages))
        found.append(LabelledSet(Path(folder).resolve().name, chosen, cropped))
    if all(one.lines for one in found):
        raise search_error(
            "expected a folder of labelled pages, on which text has to be found, found cropped lines alone; name one "
            "with --data"
        )
    if len({one.name for one in found}) < len(found):
        raise search_error("expected folders of different names after --data, found two of one name")
    return found


def too_few(sets: Sequence[LabelledSet], budget: float) -> list[str]:
    """Sentences about sets of lines so small that chance decides: any change of a network turns some readings."""
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
    """The accuracy of a model in percent, by the name of the set."""
    total = sum(len(one.samples) for one in sets)
    found, done = {}, 0
    for one in sets:
        score = _lines if one.lines else _pages
        found[one.name] = 100 * score(reader, one.samples, lambda read, before=done: advance(before + read, total))
        done += len(one.samples)
    return found


def pictures(sets: Sequence[LabelledSet], count: int) -> list[np.ndarray]:
    """Some pages, BGR uint8."""
    return [image.read(sample.image_path) for sample in _spread(_samples(sets, lines=False), count)]


def crops(sets: Sequence[LabelledSet], count: int) -> list[np.ndarray]:
    """Some lines, BGR uint8: cropped ones and the labelled places of pages; none where pages have texts alone."""
    found = [image.read(sample.image_path) for sample in _spread(_samples(sets, lines=True), count)]
    for sample in _spread(_samples(sets, lines=False), -(-count // 4)):
        quads = [np.float32(label.quad) for label in sample.labels if label.quad is not None and not label.ignore]
        picture = image.read(sample.image_path) if quads else None
        found += [geometry.crop(picture, quad) for quad in _spread(quads, 4)]
    return found


def _samples(sets: Sequence[LabelledSet], lines: bool) -> list[Sample]:
    return [sample for one in sets if one.lines == lines for sample in one.samples]


def _pages(reader: Reader, samples: Sequence[Sample], advance: Callable[[int], None]) -> float:
    counts = texts.MatchCounts()
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
