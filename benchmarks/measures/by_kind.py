"""How well an engine reads each kind of picture: texts that it gives exactly, counted kind by kind.

An expected text is found when the engine gives a line with just that text: case, accents, signs and marks count, only
white space is normalized (Unicode NFC, runs of it as one blank, none at the ends). Lines and texts of a picture are
matched one to one, wherever they lie and in whatever order. A picture whose letters are of another script than Latin
asks for one thing: that no line with a Latin letter has a confidence above 0.5; a line without a confidence counts as
sure.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.running.protocol import FoundLine
from evaluation import quality
from evaluation.labels import Sample

SURE = 0.5
ALL = "all kinds"


@dataclass(frozen=True)
class KindCounts:
    """Counts of the pictures of a kind.

    Attributes:
        kind: Its name.
        images: Pictures.
        asked: Texts that are expected; of another script than Latin, pictures.
        right: Those that are right.
        words: Bag of words: twice the matched ones, and the found and the true ones together.
    """

    kind: str
    images: int = 0
    asked: int = 0
    right: int = 0
    words: tuple[int, int] = (0, 0)

    @property
    def share(self) -> float | None:
        """Right ones of the asked; None where nothing is asked for."""
        return self.right / self.asked if self.asked else None

    @property
    def bag_f1(self) -> float | None:
        """F1 of the bags of [a-z0-9] tokens; None where there are none."""
        return self.words[0] / self.words[1] if self.words[1] else None


def same(text: str) -> str:
    """What of a text counts."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def exact_texts(found: Iterable[str], true: Iterable[str]) -> int:
    """How many expected texts were given exactly, matched one to one."""
    return (Counter(map(same, found)) & Counter(map(same, true))).total()


def surely_latin(found: Iterable[FoundLine]) -> list[FoundLine]:
    """Lines with a Latin letter of which the engine is sure."""
    return [line for line in found if (line.confidence is None or line.confidence > SURE) and _has_latin(line.text)]


def count(sample: Sample, found: Sequence[FoundLine]) -> KindCounts:
    """Counts one picture."""
    if sample.latin:
        true = sample.true_texts()
        asked, right = len(true), exact_texts((line.text for line in found), true)
    else:
        asked, right = 1, int(not surely_latin(found))
    counts = (
        quality.count_page(sample, found)
        if _has_places(sample)
        else quality.count_line(sample, " ".join(line.text for line in found))
    )
    words = (2 * counts.bag_matched, counts.bag_found + counts.bag_true)
    return KindCounts(sample.kind or "", 1, asked, right, words)


def rows(samples: Sequence[Sample], found: Sequence[Sequence[FoundLine]]) -> list[dict]:
    """Figures of each kind in the order of the set, and of all kinds together; none where no picture has a kind.

    Args:
        samples: Pictures; those without a kind are skipped.
        found: What the engine read on each.

    Returns:
        {"kind", "images", "asked", "right", "share", "bag_f1"} a kind. In the last, "all kinds", each kind weighs the
        same: its "share" and "bag_f1" are the means of theirs, the rest are sums.
    """
    kinds: dict[str, KindCounts] = {}
    for sample, lines in zip(samples, found, strict=True):
        if sample.kind is not None:
            kinds[sample.kind] = _sum(kinds.get(sample.kind, KindCounts(sample.kind)), count(sample, lines))
    if not kinds:
        return []
    return [*map(_row, kinds.values()), _of_all(list(kinds.values()))]


def _row(counts: KindCounts) -> dict:
    return {
        "kind": counts.kind,
        "images": counts.images,
        "asked": counts.asked,
        "right": counts.right,
        "share": counts.share,
        "bag_f1": counts.bag_f1,
    }


def _of_all(kinds: list[KindCounts]) -> dict:
    shares = [kind.share for kind in kinds if kind.share is not None]
    bags = [kind.bag_f1 for kind in kinds if kind.bag_f1 is not None]
    return {
        "kind": ALL,
        "images": sum(kind.images for kind in kinds),
        "asked": sum(kind.asked for kind in kinds),
        "right": sum(kind.right for kind in kinds),
        "share": sum(shares) / len(shares) if shares else None,
        "bag_f1": sum(bags) / len(bags) if bags else None,
    }


def _sum(one: KindCounts, other: KindCounts) -> KindCounts:
    words = (one.words[0] + other.words[0], one.words[1] + other.words[1])
    return KindCounts(one.kind, one.images + other.images, one.asked + other.asked, one.right + other.right, words)


def _has_latin(text: str) -> bool:
    return any(unicodedata.name(character, "").startswith("LATIN ") for character in text)


def _has_places(sample: Sample) -> bool:
    return any(label.quad is not None for label in sample.labels)
