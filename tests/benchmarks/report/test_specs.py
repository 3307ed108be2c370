"""Ticks of logarithmic axes are round, and few."""

import pytest

from benchmarks.report.specs import log_ticks


@pytest.mark.parametrize(
    "low, high, expected",
    [
        (11.0, 1300.0, [20, 50, 100, 200, 500, 1000]),
        (0.9, 20000.0, [1, 10, 100, 1000, 10000]),
        (110.0, 480.0, [200, 300, 400]),
        (0.021, 0.3, [0.05, 0.1, 0.2]),
    ],
)
def test_ticks_are_round_numbers_within_the_figures(low, high, expected):
    assert log_ticks(low, high) == pytest.approx(expected)


def test_a_narrow_range_still_has_ticks():
    ticks = log_ticks(141.0, 153.0)
    assert ticks and all(141 <= tick <= 153 for tick in ticks)


def test_one_figure_alone_is_its_own_tick():
    assert log_ticks(141.37, 141.37) == [141.37]
