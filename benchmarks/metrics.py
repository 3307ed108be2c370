"""Figures of merit of read text, as pure functions of the found and the true text."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

_TOKEN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class BagCounts:
    """Token counts of one image, or of many when added.

    Attributes:
        matched: Tokens both found and true (multiset intersection).
        found: Tokens found, without those excused by ignored labels.
        true: Tokens of the labels that are asked for.
    """

    matched: int = 0
    found: int = 0
    true: int = 0

    def __add__(self, other: "BagCounts") -> "BagCounts":
        return BagCounts(self.matched + other.matched, self.found + other.found, self.true + other.true)

    @property
    def precision(self) -> float:
        """Share of the found tokens that are true; 0.0 when none was found."""
        return self.matched / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the true tokens that were found; 0.0 when there are none."""
        return self.matched / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0.0 when nothing was found and nothing was asked for."""
        total = self.found + self.true
        return 2 * self.matched / total if total else 0.0


def tokens(text: str) -> list[str]:
    """The runs of [a-z0-9] in the lower-cased text, in order."""
    return _TOKEN.findall(text.lower())


def bag_of_words(found: Iterable[str], true: Iterable[str], ignored: Iterable[str] = ()) -> BagCounts:
    """Compares what was read in one image with its labels, whatever the order and the division in lines.

    A found token that matches no true one but an ignored one is dropped: ignored text is neither asked for
    nor counted as wrong.

    Args:
        found: Texts read.
        true: Texts of the labels that are asked for.
        ignored: Texts of the labels marked as don't care, and texts read where such labels lie.
    """
    found_bag, true_bag, ignored_bag = _bag(found), _bag(true), _bag(ignored)
    matched = found_bag & true_bag
    wrong = found_bag - matched - ignored_bag
    return BagCounts(matched.total(), matched.total() + wrong.total(), true_bag.total())


def covered_share(quad: np.ndarray, others: Iterable[np.ndarray]) -> float:
    """Share of a quad's area that other quads cover; where those overlap each other it counts twice, up to 1.

    Args:
        quad: [4, 2], (x, y) in pixels, convex.
        others: Quads of the same form.

    Returns:
        In [0, 1]; 0.0 for a quad without area.
    """
    quad = np.asarray(quad, np.float32)
    area = cv2.contourArea(quad)
    if area <= 0:
        return 0.0
    common = sum(cv2.intersectConvexConvex(quad, np.asarray(other, np.float32))[0] for other in others)
    return min(1.0, common / area)


def _bag(texts: Iterable[str]) -> Counter[str]:
    return Counter(token for text in texts for token in tokens(text))
