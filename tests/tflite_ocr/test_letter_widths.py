"""Likelihoods of widths against the joint Gaussian written out, and against the letters of a font."""

import numpy as np
import pytest

from tflite_ocr import letter_widths

SIGNS = sorted(letter_widths.SIGNS)


def likelihood_written_out(sign, width, others, error):
    """By the covariance of all widths at once, conditioned on those that are known."""
    rows = np.array([letter_widths._ROWS[other] for other, _ in [(sign, width), *others]])
    widths = np.array([width] + [other_width for _, other_width in others])
    covariance = rows[:, 2:] @ rows[:, 2:].T + letter_widths._SIZE_VARIANCE
    covariance += np.diag(rows[:, 1] ** 2 + (error / widths) ** 2)
    away = np.log(widths) - rows[:, 0]
    gain = np.linalg.solve(covariance[1:, 1:], covariance[1:, 0])
    variance = covariance[0, 0] - gain @ covariance[1:, 0]
    return -0.5 * ((away[0] - gain @ away[1:]) ** 2 / variance + np.log(2 * np.pi * variance))


def test_likelihoods_are_those_of_the_joint_gaussian():
    rng = np.random.default_rng(7)
    for _ in range(50):
        others = [(SIGNS[rng.integers(len(SIGNS))], float(rng.uniform(10, 50))) for _ in range(rng.integers(3, 12))]
        sign, width, error = SIGNS[rng.integers(len(SIGNS))], float(rng.uniform(10, 50)), float(rng.uniform(0.1, 3))
        found = letter_widths.log_likelihood(sign, width, others, error)
        assert found == pytest.approx(likelihood_written_out(sign, width, others, error), abs=1e-6)


def test_sizes_say_nothing_and_signs_without_widths_neither():
    others = [("A", 30.0), ("8", 22.0), ("C", 28.0)]
    first = letter_widths.log_likelihood("0", 23.0, others, 1.0)
    twice = letter_widths.log_likelihood("0", 46.0, [(sign, 2 * width) for sign, width in others], 2.0)
    assert twice == pytest.approx(first, abs=0.01)
    assert letter_widths.log_likelihood("0", 23.0, [*others, ("-", 9.0), ("é", 3.0)], 1.0) == first
    assert letter_widths.log_likelihood("0", 23.0, others[:2], 1.0) == 0.0


def test_typical_widths():
    assert letter_widths.typical("M") > letter_widths.typical("O") > letter_widths.typical("8")
    assert letter_widths.typical("8") > letter_widths.typical("1") > letter_widths.typical(".")
