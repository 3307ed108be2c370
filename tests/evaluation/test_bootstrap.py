"""Intervals against a plain loop over resamples, known distributions, and cases without spread."""

import numpy as np
import pytest

from evaluation.bootstrap import differences, draws_of, intervals

ABOVE, BELOW = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])


def errors(images, rate, seed):
    """Counts [images, 2]: errors among 20 to 60 characters each."""
    rng = np.random.default_rng(seed)
    characters = rng.integers(20, 60, images)
    return np.stack([rng.binomial(characters, rate), characters], axis=1).astype(float)


def test_draws_are_with_replacement_and_of_the_size_of_the_set():
    draws = draws_of(12)
    assert draws.shape == (1000, 12) and draws.dtype == np.float64
    np.testing.assert_array_equal(draws.sum(axis=1), 12)
    assert draws.mean(axis=0) == pytest.approx(np.ones(12), abs=0.15)
    assert draws.var() == pytest.approx(11 / 12, rel=0.05)
    np.testing.assert_array_equal(draws, draws_of(12))
    assert (draws != draws_of(12, seed=1)).any()


def test_an_interval_is_that_of_a_plain_loop():
    counts = errors(40, 0.1, 1)
    (interval,) = intervals([counts], ABOVE, BELOW)
    rng = np.random.default_rng(2)
    rates = []
    for _ in range(4000):
        drawn = counts[rng.integers(0, 40, 40)]
        rates.append(drawn[:, 0].sum() / drawn[:, 1].sum())
    low, high = np.percentile(rates, [2.5, 97.5])
    assert interval.value == pytest.approx(counts[:, 0].sum() / counts[:, 1].sum())
    width = high - low
    assert interval.low == pytest.approx(low, abs=0.06 * width)
    assert interval.high == pytest.approx(high, abs=0.06 * width)


@pytest.mark.slow
def test_intervals_hold_the_true_rate_about_as_often_as_they_say():
    held = 0
    for seed in range(200):
        (interval,) = intervals([errors(60, 0.1, 100 + seed)], ABOVE, BELOW)
        held += interval.low <= 0.1 <= interval.high
    assert 0.88 <= held / 200 <= 0.99


def test_more_images_narrow_an_interval_by_the_root_of_their_number():
    few, many = (intervals([errors(n, 0.1, 3)], ABOVE, BELOW)[0] for n in (50, 5000))
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(10, rel=0.35)


def test_images_that_are_all_alike_have_no_spread():
    (interval,) = intervals([np.full((9, 2), [1.0, 4.0])], ABOVE, BELOW)
    assert (interval.value, interval.low, interval.high) == (0.25, 0.25, 0.25)


def test_figures_without_a_denominator_or_with_missing_counts_are_none():
    assert intervals([np.array([[1.0, 0.0]] * 5)], ABOVE, BELOW) == [None]
    assert intervals([np.array([[1.0, 2.0], [np.nan, 2.0]])], ABOVE, BELOW) == [None]
    assert intervals([], ABOVE, BELOW) == [None]
    assert intervals([np.zeros((0, 2))], ABOVE, BELOW) == [None]


def test_missing_counts_spoil_only_the_figures_made_of_them():
    counts = np.array([[1.0, 2.0, np.nan], [1.0, 2.0, 3.0]])
    above, below = np.array([[1.0, 0], [0, 0], [0, 1]]), np.array([[0.0, 0], [1, 1], [0, 0]])
    first, second = intervals([counts], above, below)
    assert first.value == 0.5 and second is None


def test_over_sets_a_figure_is_the_mean_and_its_spread_shrinks():
    sets = [errors(50, 0.1, seed) for seed in (4, 5, 6, 7)]
    alone = [intervals([counts], ABOVE, BELOW)[0] for counts in sets]
    (together,) = intervals(sets, ABOVE, BELOW)
    assert together.value == pytest.approx(np.mean([interval.value for interval in alone]))
    width = np.mean([interval.high - interval.low for interval in alone])
    assert together.high - together.low == pytest.approx(width / 2, rel=0.2)


def test_sets_of_equal_size_are_drawn_independently():
    counts = errors(50, 0.1, 4)
    alone, together = intervals([counts], ABOVE, BELOW)[0], intervals([counts] * 4, ABOVE, BELOW)[0]
    assert together.high - together.low == pytest.approx((alone.high - alone.low) / 2, rel=0.15)


def test_a_paired_difference_sees_what_the_intervals_of_both_hide():
    old = errors(40, 0.1, 8)
    new = old + np.array([[1.0, 0.0]])  # one more error in every image
    (difference,) = differences([old], [new], ABOVE, BELOW)
    before, after = (intervals([counts], ABOVE, BELOW)[0] for counts in (old, new))
    assert before.high > after.low
    assert difference.value == pytest.approx(after.value - before.value)
    assert 0 < difference.low <= difference.value <= difference.high


def test_a_paired_difference_of_nothing_is_nothing():
    counts = errors(30, 0.1, 9)
    (difference,) = differences([counts], [counts], ABOVE, BELOW)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


@pytest.mark.slow
def test_a_paired_difference_of_chance_holds_zero():
    held = 0
    for seed in range(100):
        pair = [[errors(40, 0.1, 1000 + seed)], [errors(40, 0.1, 2000 + seed)]]
        (difference,) = differences(*pair, ABOVE, BELOW)
        held += difference.low <= 0 <= difference.high
    assert 86 <= held <= 100


def test_other_images_cannot_be_paired():
    with pytest.raises(ValueError, match=r"expected the same images, found \[3\] and \[4\]"):
        differences([errors(3, 0.1, 0)], [errors(4, 0.1, 0)], ABOVE, BELOW)
