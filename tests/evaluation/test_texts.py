"""Figures of texts against counts made by hand, and against tables filled cell by cell, and against jiwer."""

import random

import numpy as np
import pytest

from evaluation.texts import (
    MatchCounts,
    bag_of_words,
    edit_distance,
    exact_texts,
    key,
    normalized,
    tokens,
    words_found,
    words_in_order,
)

WORDS = ["Total", "12.50", "café", "Straße", "No.", "31G&33G,", "-", "a", "the", "exit"]


def garbled(rng, text):
    letters = list(text)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(letters) + 1)
        rng.choice([lambda: letters.insert(at, "x"), lambda: letters[at : at + 1].clear(), lambda: letters.reverse()])()
    return "".join(letters)


@pytest.fixture(scope="module")
def pairs():
    rng = random.Random(0)
    true = [" ".join(rng.choices(WORDS, k=rng.randrange(1, 8))) for _ in range(200)]
    return [(text, garbled(rng, text)) for text in true] + [("", ""), ("abc", ""), ("", "abc")]


def test_tokens_are_runs_of_ascii_letters_and_digits_in_lower_case():
    assert tokens("Café No.31G&33G, it's\nU13/X -- ") == ["caf", "no", "31g", "33g", "it", "s", "u13", "x"]
    assert key("No. 31-G") == "no31g"
    assert key("-- é") == ""


def test_normalized_collapses_white_space_and_case_and_composes_accents():
    assert normalized(" The\tCafe\u0301 \n 12.50 ") == "the café 12.50"


def test_order_and_division_in_lines_do_not_matter():
    assert bag_of_words(["total 12", "Cash"], ["CASH", "12", "Total"]) == MatchCounts(3, 3, 3)


def test_repeated_tokens_match_as_often_as_they_are_true():
    # Found a,a,a,b; true a,a,c. Intersection a,a.
    counts = bag_of_words(["a a a b"], ["a a c"])
    assert counts == MatchCounts(matched=2, found=4, true=3)
    assert counts.precision == pytest.approx(2 / 4)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(4 / 7)


def test_ignored_tokens_are_neither_asked_for_nor_wrong():
    # "exit" is ignored once: of two found, one is excused, one is wrong. "missed" is ignored and not found.
    assert bag_of_words(["exit exit gate"], ["gate"], ["EXIT", "missed"]) == MatchCounts(1, 2, 1)


def test_a_true_token_is_matched_before_an_ignored_one_excuses_it():
    assert bag_of_words(["exit"], ["exit"], ["exit"]) == MatchCounts(1, 1, 1)


def test_counts_add_over_a_set_rather_than_averaging_images():
    total = bag_of_words(["a"], ["a"]) + bag_of_words(["x y z"], ["w"])
    assert total == MatchCounts(1, 4, 2)
    assert total.f1 == pytest.approx(2 / 6)


def test_nothing_found_and_nothing_asked():
    empty = bag_of_words([], [])
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)
    assert bag_of_words([], ["word"]) == MatchCounts(0, 0, 1)


def test_words_keep_their_punctuation_and_accents():
    assert words_found(["total: 12.50", "cafe"], ["Total 12.50", "Café"]) == (1, 3)
    assert words_found(["a", "A"], ["a a a"]) == (2, 3)


@pytest.mark.parametrize(
    ("true", "found", "distance"),
    [("kitten", "sitting", 3), ("exit", "exit", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "cab", 2), ("", "", 0)],
)
def test_edit_distance_by_hand(true, found, distance):
    assert edit_distance(true, found) == distance


@pytest.mark.parametrize(
    ("true", "found", "distance"),
    [("exit", "the exit 24", 0), ("exit", "the exlt 24", 1), ("exit", "", 4), ("abc", "cba", 2), ("", "abc", 0)],
)
def test_free_insertions_cost_only_what_is_missing(true, found, distance):
    assert edit_distance(true, found, free_insertions=True) == distance


def by_recurrence(true, found, insertion):
    """Wagner and Fischer's table, cell by cell."""
    costs = np.zeros((len(true) + 1, len(found) + 1), int)
    costs[:, 0], costs[0] = np.arange(len(true) + 1), insertion * np.arange(len(found) + 1)
    for i, a in enumerate(true):
        for j, b in enumerate(found):
            costs[i + 1, j + 1] = min(costs[i, j] + (a != b), costs[i, j + 1] + 1, costs[i + 1, j] + insertion)
    return costs[-1, -1]


def test_edit_distance_is_that_of_the_recurrence(pairs):
    for true, found in pairs[:60]:
        assert edit_distance(true, found) == by_recurrence(true, found, 1)
        assert edit_distance(true, found, True) == by_recurrence(true, found, 0)


def test_character_error_rate_is_that_of_jiwer(pairs):
    jiwer = pytest.importorskip("jiwer", reason="jiwer comes with the [bench] extra")
    asked = [(normalized(true), normalized(found)) for true, found in pairs if true]
    edits = sum(edit_distance(true, found) for true, found in asked)
    rate = edits / sum(len(true) for true, _ in asked)
    assert rate == pytest.approx(jiwer.cer([true for true, _ in asked], [found for _, found in asked]))


def test_words_of_lines_in_order_are_the_hits_of_jiwer():
    """jiwer aligns words in order; where no two words are alike and none moves, the multiset counts the same."""
    jiwer = pytest.importorskip("jiwer", reason="jiwer comes with the [bench] extra")
    rng = random.Random(1)
    for _ in range(50):
        true = rng.sample(WORDS, k=6)
        found = [word if rng.random() < 0.6 else f"{word}{number}" for number, word in enumerate(true)]
        hits = jiwer.process_words(normalized(" ".join(true)), normalized(" ".join(found))).hits
        assert words_found([" ".join(found)], [" ".join(true)]) == (hits, 6)


def test_exact_texts():
    assert exact_texts(["TOTAL 12.50"], ["Total  1250"]) == (1, 1)  # letters and digits alone
    assert exact_texts(["total 12.50"], ["total", "12.50"]) == (2, 2)  # a line over words
    assert exact_texts(["total 12.60"], ["total", "12.50"]) == (1, 2)
    assert exact_texts(["to", "tal"], ["total"]) == (1, 1)  # pieces of a label
    assert exact_texts(["total", "12"], ["total 12", "cash"]) == (0, 2)
    assert exact_texts(["total 12", "cash"], ["cash", "total 12"]) == (2, 2)
    assert exact_texts([], ["word", "--"]) == (0, 1)  # "--" has nothing to ask for
    assert exact_texts(["word"], []) == (0, 0)


def test_a_found_word_makes_one_label_exact_and_no_more():
    assert exact_texts(["a"], ["a", "a"]) == (1, 2)
    assert exact_texts(["a b", "c"], ["a", "a", "c"]) == (2, 3)


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
        assert words_in_order([" ".join(one)], [" ".join(other)])[0] == by_table(one, other)


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
