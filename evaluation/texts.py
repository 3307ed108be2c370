"""Read text against true text, without places: characters, words, exact texts, and the bag of words.

Three views of a text, each for its own figure:
- normalized: Unicode NFC, case folded, runs of white space as one blank, none at the ends. Character error rate and
  word accuracy are taken of it, so punctuation and accents count; its words are what stands between blanks.
- tokens: the runs of [a-z0-9] in the lower-cased text. The bag of words is made of them.
- key: the tokens without anything between them, as the sets of cropped words are compared everywhere.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class MatchCounts:
    """Counts of tokens or of labels, of one image, or of many when added."""

    matched: int = 0  # Both found and true; of tokens the multiset intersection
    found: int = 0  # Found, without what ignored labels excuse; of labels those found and the regions that are wrong
    true: int = 0  # Asked for

    def __add__(self, other: "MatchCounts") -> "MatchCounts":
        return MatchCounts(self.matched + other.matched, self.found + other.found, self.true + other.true)

    @property
    def precision(self) -> float:
        """Share of the found ones that are true; 0.0 when none was found."""
        return self.matched / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the true ones that were found; 0.0 when there are none."""
        return self.matched / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0.0 when nothing was found and nothing was asked for."""
        total = self.found + self.true
        return 2 * self.matched / total if total else 0.0


def normalized(text: str) -> str:
    """The text in NFC, case folded, its white space collapsed."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def tokens(text: str) -> list[str]:
    """The runs of [a-z0-9] in the lower-cased text, in order."""
    return _TOKEN.findall(text.lower())


def key(text: str) -> str:
    """Letters a-z and digits of the lower-cased text; empty for a text that has none."""
    return "".join(tokens(text))


def bag_of_words(found: Iterable[str], true: Iterable[str], ignored: Iterable[str] = ()) -> MatchCounts:
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
    return MatchCounts(matched.total(), matched.total() + wrong.total(), true_bag.total())


def words_found(found: Iterable[str], true: Iterable[str]) -> tuple[int, int]:
    """(true words that were found, true words), as multisets of the words of normalized texts."""
    found_words = Counter(word for text in found for word in normalized(text).split())
    true_words = Counter(word for text in true for word in normalized(text).split())
    return (found_words & true_words).total(), true_words.total()


def edit_distance(true: str, found: str, free_insertions: bool = False) -> int:
    """Levenshtein's distance: the fewest characters to insert, delete or replace that make one text of the other.

    Args:
        free_insertions: Characters in `found` that are not in `true` cost nothing.
    """
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(true, found, weights=(int(not free_insertions), 1, 1))


def words_in_order(found: Iterable[str], true: Iterable[str]) -> tuple[int, int]:
    """Words of the true text that were found, in its order.

    Args:
        found: Texts read, in the order in which they are given.
        true: The true texts in reading order.

    Returns:
        How many of the words that are both found and true are in order (the longest common subsequence of the
        sequences of tokens), and how many they are. A word that is found a second time may stand for one that was
        missed.
    """
    from rapidfuzz.distance import LCSseq

    found_words, true_words = ([word for text in texts for word in tokens(text)] for texts in (found, true))
    return LCSseq.similarity(found_words, true_words), (Counter(found_words) & Counter(true_words)).total()


def exact_texts(found: Iterable[str], true: Iterable[str]) -> tuple[int, int]:
    """(true texts read exactly, true texts), of texts that belong together, by their keys.

    A true text is read exactly when a whole found text has its key, or a word of a found text that no other true
    text has taken whole, or when all true texts together are all found texts together. True texts without a letter
    or digit are not asked for.

    Args:
        found: Texts read at one place, in reading order.
        true: Labels of that place, in reading order.
    """
    found = list(found)
    asked = [label for label in map(key, true) if label]
    if asked and "".join(asked) == "".join(map(key, found)):
        return len(asked), len(asked)
    left = Counter(map(key, found))
    open_labels = []
    for label in asked:
        if left[label]:
            left[label] -= 1
        else:
            open_labels.append(label)
    words: Counter[str] = Counter()
    for text in found:
        if left[key(text)]:
            left[key(text)] -= 1
            words.update(map(key, text.split()))
    exact = len(asked) - len(open_labels) + (words & Counter(open_labels)).total()
    return exact, len(asked)


def _bag(texts: Iterable[str]) -> Counter[str]:
    return Counter(token for text in texts for token in tokens(text))
