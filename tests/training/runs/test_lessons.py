from collections import Counter

import numpy as np
import pytest

from training.runs.lessons import repeated


def test_once_is_as_they_come():
    assert list(repeated(range(9), 1, np.random.default_rng(0), kept=2)) == list(range(9))


@pytest.mark.parametrize("times", [2, 3, 5])
def test_each_is_given_so_often_among_others(times):
    found = list(repeated(range(400), times, np.random.default_rng(0), kept=8))
    counts = Counter(found)
    assert set(counts) == set(range(400))
    assert max(counts.values()) == times
    assert sum(counts[i] == times for i in range(400)) >= 375  # what still waits at the end is left
    first = {item: found.index(item) for item in counts}
    assert all(first[i] < first[i + 1] for i in range(399))


def test_equal_ones_do_not_stand_together_as_a_rule():
    found = list(repeated(range(2000), 3, np.random.default_rng(0), kept=64))
    assert np.mean(np.diff(found) == 0) < 0.03


def test_equal_seeds_give_the_same_order():
    once, again = (list(repeated(range(300), 3, np.random.default_rng(5), kept=4)) for _ in range(2))
    assert once == again != list(repeated(range(300), 3, np.random.default_rng(6), kept=4))
