"""Bag-of-words figures against counts made by hand."""

import pytest

from benchmarks.metrics import BagCounts, bag_of_words, covered_share, tokens


def test_tokens_are_runs_of_ascii_letters_and_digits_in_lower_case():
    assert tokens("Café No.31G&33G, it's\nU13/X -- ") == ["caf", "no", "31g", "33g", "it", "s", "u13", "x"]


def test_order_and_division_in_lines_do_not_matter():
    assert bag_of_words(["total 12", "Cash"], ["CASH", "12", "Total"]) == BagCounts(3, 3, 3)


def test_repeated_tokens_match_as_often_as_they_are_true():
    # Found a,a,a,b; true a,a,c. Intersection a,a.
    counts = bag_of_words(["a a a b"], ["a a c"])
    assert counts == BagCounts(matched=2, found=4, true=3)
    assert counts.precision == pytest.approx(2 / 4)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(4 / 7)


def test_ignored_tokens_are_neither_asked_for_nor_wrong():
    # "exit" is ignored once: of two found, one is excused, one is wrong. "missed" is ignored and not found.
    assert bag_of_words(["exit exit gate"], ["gate"], ["EXIT", "missed"]) == BagCounts(1, 2, 1)


def test_a_true_token_is_matched_before_an_ignored_one_excuses_it():
    assert bag_of_words(["exit"], ["exit"], ["exit"]) == BagCounts(1, 1, 1)


def test_counts_add_over_a_set_rather_than_averaging_images():
    total = bag_of_words(["a"], ["a"]) + bag_of_words(["x y z"], ["w"])
    assert total == BagCounts(1, 4, 2)
    assert total.f1 == pytest.approx(2 / 6)


def test_nothing_found_and_nothing_asked():
    empty = bag_of_words([], [])
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)
    assert bag_of_words([], ["word"]) == BagCounts(0, 0, 1)


def rectangle(left, top, right, bottom):
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_covered_share_of_rectangles():
    quad = rectangle(0, 0, 10, 10)
    assert covered_share(quad, []) == 0.0
    assert covered_share(quad, [rectangle(20, 0, 30, 10)]) == 0.0
    assert covered_share(quad, [rectangle(-5, -5, 5, 5)]) == pytest.approx(0.25)
    assert covered_share(quad, [rectangle(0, 0, 5, 10), rectangle(5, 0, 8, 10)]) == pytest.approx(0.8)
    assert covered_share(quad, [rectangle(0, 0, 10, 10)] * 3) == 1.0
    assert covered_share(rectangle(3, 3, 3, 3), [quad]) == 0.0
