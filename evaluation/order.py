"""How many words of a page come in the order in which they are read.

Found and true text are compared as sequences of [a-z0-9] tokens: the longest common subsequence is what is in order
(Crochemore et al., 2001, "A fast and practical bit-vector algorithm for the longest common subsequence problem").
"""

from collections import Counter
from collections.abc import Iterable

from evaluation.texts import tokens


def words_in_order(found: Iterable[str], true: Iterable[str]) -> tuple[int, int]:
    """Words of the true text that were found, in its order.

    Args:
        found: Texts read, in the order in which they are given.
        true: The true texts in reading order.

    Returns:
        How many of the words that are both found and true are in order, and how many they are. A word that is found
        a second time may stand for one that was missed.
    """
    found_words = [word for text in found for word in tokens(text)]
    true_words = [word for text in true for word in tokens(text)]
    common = Counter(found_words) & Counter(true_words)
    return longest_common(found_words, true_words), sum(common.values())


def longest_common(one: list[str], other: list[str]) -> int:
    """Length of the longest common subsequence of two sequences."""
    masks: dict[str, int] = {}
    for place, word in enumerate(one):
        masks[word] = masks.get(word, 0) | 1 << place
    whole = (1 << len(one)) - 1
    row = whole  # a zero for every place at which the subsequence grows
    for word in other:
        same = row & masks.get(word, 0)
        row = ((row + same) | (row - same)) & whole
    return len(one) - row.bit_count()
