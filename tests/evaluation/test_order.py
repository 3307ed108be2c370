"""Words in order: against a table filled by hand of the recurrence, and columns read across."""

import numpy as np
import pytest

from evaluation.order import longest_common, words_in_order


def by_table(one, other):
    lengths = np.zeros((len(one) + 1, len(other) + 1), int)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            lengths[i + 1, j + 1] = lengths[i, j] + 1 if a == b else max(lengths[i, j + 1], lengths[i + 1, j])
    return int(lengths[-1, -1])


def test_the_longest_common_subsequence_is_that_of_the_table():
    rng = np.random.default_rng(6)
    for _ in range(300):
        one, other = (list(rng.choice(list("abcd"), rng.integers(0, 90))) for _ in range(2))
        assert longest_common(one, other) == by_table(one, other)


@pytest.mark.parametrize(
    ("found", "true", "counts"),
    [
        (["One two", "three"], ["one", "TWO three."], (3, 3)),
        (["three", "one two"], ["one two three"], (2, 3)),
        (["one xyz two"], ["one two three"], (2, 2)),
        (["a a a"], ["a a"], (2, 2)),
        ([], ["a"], (0, 0)),
        (["a"], [], (0, 0)),
    ],
)
def test_words_in_order(found, true, counts):
    assert words_in_order(found, true) == counts


def test_columns_that_are_read_across_lose_half_of_their_words():
    left, right = ([f"{side}{i}" for i in range(100)] for side in "lr")
    across = [word for pair in zip(left, right, strict=True) for word in pair]
    assert words_in_order(left + right, left + right) == (200, 200)
    assert words_in_order(across, left + right) == (101, 200)
