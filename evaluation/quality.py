"""How well an engine reads a set: counts of each image, and the figures made of their sums.

| metric | what it says | pages with boxes | cropped lines | page texts |
|---|---|---|---|---|
| bag_f1 | F1 of the bags of [a-z0-9] tokens | yes | yes | yes |
| cer | edits over true characters; may pass 1 | by place | yes | no: the order is unknown |
| word_accuracy | share of the true words that were found, in any order | yes | yes | yes |
| exact_lines | share of the labels read exactly, letters a-z and digits | by place | yes | no |
| word_order | share of the words found that are in the order of the true text | no | no | yes |
| detection_* | precision, recall, H-mean at IoU 0.5 | yes | no | no |

How texts are compared is said in evaluation/texts.py, what "by place" means in evaluation/places.py, and how regions
are matched in evaluation/detection.py.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import numpy as np

from evaluation import texts
from evaluation.bootstrap import Interval, differences, intervals
from evaluation.detection import detection_counts
from evaluation.labels import Sample
from evaluation.places import FoundText, place_counts
from evaluation.quads import LYING_SHARE, overlaps

PAGES, LINES, PAGE_TEXT = "pages", "lines", "page_text"
Count = int | None


@dataclass(frozen=True)
class ImageCounts:
    """Counts of one image. None stands for what cannot be counted there (see the table above)."""

    bag_matched: int = 0  # tokens, see texts.bag_of_words
    bag_found: int = 0
    bag_true: int = 0
    words_matched: int = 0  # words of the normalized texts
    words_true: int = 0
    edits: Count = None  # characters, see places.PlaceCounts
    characters: Count = None
    exact: Count = None  # labels
    exact_asked: Count = None
    regions_matched: Count = None  # see detection.detection_counts
    regions_found: Count = None
    regions_true: Count = None
    in_order: Count = None  # words, see texts.words_in_order
    order_asked: Count = None


COLUMNS = tuple(field.name for field in fields(ImageCounts))


@dataclass(frozen=True)
class Metric:
    """A ratio of weighted sums of counts."""

    title: str  # For headings and running text
    above: tuple[str, int]  # Column of ImageCounts and its weight in the numerator
    below: tuple[str, ...]  # Columns that add up to the denominator
    meaning: str  # A sentence for readers of a report
    higher_is_better: bool = True  # False for errors


def _metric(row: dict[str, str]) -> Metric:
    above, below = (row["above"], int(row["weight"])), tuple(row["below"].split())
    return Metric(row["title"], above, below, row["meaning"], row["higher_is_better"] == "1")


# The first one that a set has is the one by which the report chooses engines.
with Path(__file__).with_name("metrics.csv").open(encoding="utf-8", newline="") as _file:
    METRICS: dict[str, Metric] = {row["name"]: _metric(row) for row in csv.DictReader(_file)}


def set_kind(samples: Sequence[Sample]) -> str:
    """What a set's labels are: "pages" (with boxes), "page_text" (texts of several lines), or "lines" (cropped)."""
    labels = [label for sample in samples for label in sample.labels]
    if not labels or any(label.quad is not None for label in labels):
        return PAGES
    return PAGE_TEXT if any("\n" in label.text.strip() for label in labels) else LINES


def count(kind: str, sample: Sample, found: Sequence[FoundText]) -> ImageCounts:
    """Counts one image.

    Args:
        kind: Kind of the set, from set_kind.
        sample: The image's labels.
        found: What the engine read; of a cropped line all texts in reading order. When a quad is None, nothing is
            counted by place.

    Raises:
        ValueError: The kind is none of the three.
    """
    if kind == PAGES:
        return count_page(sample, found)
    if kind == LINES:
        return count_line(sample, " ".join(line.text for line in found))
    if kind == PAGE_TEXT:
        read, true = [line.text for line in found], sample.true_texts()
        in_order, asked = texts.words_in_order(read, true)
        counts = _order_free(read, true, sample.ignored_texts())
        return ImageCounts(**counts, in_order=in_order, order_asked=asked)
    raise ValueError(f"expected {PAGES}, {LINES} or {PAGE_TEXT}, found {kind!r}")


def count_line(sample: Sample, text: str) -> ImageCounts:
    """Counts a cropped line or word that was read as `text`."""
    true = " ".join(sample.true_texts())
    exact, asked = texts.exact_texts([text], [true])
    return ImageCounts(
        **_order_free([text], [true], ()),
        edits=texts.edit_distance(texts.normalized(true), texts.normalized(text)),
        characters=len(texts.normalized(true)),
        exact=exact,
        exact_asked=asked,
    )


def count_page(sample: Sample, found: Sequence[FoundText]) -> ImageCounts:
    """Counts an image whose labels have boxes."""
    found_texts = [line.text for line in found]
    if any(line.quad is None for line in found):
        return ImageCounts(**_order_free(found_texts, sample.true_texts(), sample.ignored_texts()))
    # A label without a place cannot be looked for by place; its words still count.
    labels = [label for label in sample.labels if label.quad is not None]
    table = overlaps([line.quad for line in found], [label.quad for label in labels])
    is_ignored = np.array([label.ignore for label in labels], bool)
    excused = table.of_found[:, is_ignored].sum(axis=1) >= LYING_SHARE
    ignored_texts = sample.ignored_texts() + [text for text, skip in zip(found_texts, excused, strict=True) if skip]
    asked, ignored = ([label.quad for label in labels if label.ignore is skip] for skip in (False, True))
    regions = detection_counts([line.quad for line in found], asked, ignored)
    return ImageCounts(
        **_order_free(found_texts, sample.true_texts(), ignored_texts),
        **asdict(place_counts(found, labels, table, excused)),
        **{f"regions_{name}": value for name, value in asdict(regions).items()},
    )


def as_array(counts: Iterable[ImageCounts]) -> np.ndarray:
    """Counts as float64 [images, COLUMNS]; NaN where there is none."""
    rows = [[np.nan if value is None else value for value in astuple(image)] for image in counts]
    return np.array(rows, np.float64).reshape(-1, len(COLUMNS))


def ratios() -> tuple[np.ndarray, np.ndarray]:
    """Weights [COLUMNS, METRICS] that make numerators and denominators of summed counts."""
    above, below = (np.zeros((len(COLUMNS), len(METRICS))) for _ in range(2))
    for index, metric in enumerate(METRICS.values()):
        above[COLUMNS.index(metric.above[0]), index] = metric.above[1]
        below[[COLUMNS.index(column) for column in metric.below], index] = 1
    return above, below


def summary(*sets: Iterable[ImageCounts]) -> dict[str, dict[str, float] | None]:
    """The figures of a set, or the means over several sets, as values of report.json.

    Args:
        sets: Counts of the images of each set. Of several sets each weighs the same, however many images it has, and
            a metric is the mean over those sets to which it applies.

    Returns:
        For every metric {"value", "low", "high"}, low and high being the 95 % bootstrap interval, or None where it
        does not apply.
    """
    return _by_metric(intervals([as_array(counts) for counts in sets], *ratios()))


def differences_from(
    old: Sequence[Iterable[ImageCounts]], new: Sequence[Iterable[ImageCounts]]
) -> dict[str, dict | None]:
    """The figures of `new` less those of `old` on the same images of each set, with paired intervals; see summary."""
    return _by_metric(
        differences([as_array(counts) for counts in old], [as_array(counts) for counts in new], *ratios())
    )


def counts_as_json(images: Sequence[str], counts: Iterable[ImageCounts]) -> dict:
    """Counts of a set's images for report.json, from which compare.py makes paired differences."""
    rows = [list(astuple(image)) for image in counts]
    if len(rows) != len(images):
        raise ValueError(f"expected counts of {len(images)} images, found {len(rows)}")
    return {"images": list(images), "columns": list(COLUMNS), "rows": rows}


def _by_metric(found: list[Interval | None]) -> dict[str, dict[str, float] | None]:
    return {name: interval and asdict(interval) for name, interval in zip(METRICS, found, strict=True)}


def _order_free(found: list[str], true: list[str], ignored: Iterable[str]) -> dict[str, int]:
    bag, words = texts.bag_of_words(found, true, ignored), texts.words_found(found, true)
    counts = (bag.matched, bag.found, bag.true, *words)
    return dict(zip(COLUMNS, counts, strict=False))
