"""Digits that a spread allows, against values worked out by hand."""

import pytest

from benchmarks.report.numbers import decimals, shown


@pytest.mark.parametrize(
    "value, low, high, expected",
    [
        (0.9231, 0.9110, 0.9350, "0.923"),  # half 0.012: two digits
        (0.9231, 0.8800, 0.9500, "0.92"),  # half 0.035: one digit
        (142.37, 136.2, 151.4, "142"),  # half 7.6
        (142.37, 141.9, 142.8, "142.4"),  # half 0.45
        (142.37, 142.0, 142.6, "142.4"),  # half 0.3: one digit
        (142.37, 142.1, 142.6, "142.37"),  # half 0.25: two digits
        (1234.5, 900.0, 1500.0, "1234"),  # half 300: not below ones
        (0.5, 0.5, 0.5, "0.500"),  # no spread measured: three digits
        (0.00012345, 0.0001, 0.00014, "0.0001"),  # never more than four decimals
    ],
)
def test_the_spread_decides_how_many_decimals_are_shown(value, low, high, expected):
    assert shown(value, decimals(value, low, high)) == expected


@pytest.mark.parametrize(
    "value, expected",
    [(7.7, "7.70"), (31.46, "31.5"), (433.4, "433"), (2010.4, "2010"), (0.0, "0"), (3, "3"), (1200, "1200")]
    + [(0.061, "0.0610"), (1, "1"), (0, "0")],
)
def test_without_a_spread_three_digits_are_shown(value, expected):
    assert shown(value, decimals(value)) == expected


def test_no_minus_stands_before_zero():
    assert shown(-0.0004, 2) == "0.00"
    assert shown(-0.4, 1) == "-0.4"
