"""Confidence intervals by resampling images (Efron and Tibshirani, "An Introduction to the Bootstrap", ch. 13).

Images are drawn with replacement, as many as there are, a thousand times; a figure's interval reaches from the 2.5th
to the 97.5th percentile of its values over these draws. Figures are ratios of sums of counts over images, so all draws
are one product of a matrix (how often each image is drawn) with the counts. Draws depend only on the seed and the
number of images: two engines on the same images are drawn alike, and the differences of their figures are paired.

Several sets are drawn each by itself, and a figure over them is the mean over the sets to which it applies. An
interval of a handful of images is too narrow, and one of a single image has no width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES, SEED = 1000, 0
_ENDS = (2.5, 97.5)  # percentiles


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval."""

    value: float
    low: float
    high: float


def intervals(sets: Sequence[np.ndarray], above: np.ndarray, below: np.ndarray) -> list[Interval | None]:
    """Figures of one engine.

    Args:
        sets: Counts of the images of each set, [images, columns] each; NaN for counts that do not apply, and then
            the figures made of them do not apply to that set.
        above: [columns, figures] weights of the numerators.
        below: [columns, figures] weights of the denominators.

    Returns:
        One interval a figure; None where it applies to no set, or all its denominators are zero.
    """
    return _intervals(*_figures(sets, above, below))


def differences(
    old: Sequence[np.ndarray], new: Sequence[np.ndarray], above: np.ndarray, below: np.ndarray
) -> list[Interval | None]:
    """Figures of `new` minus those of `old` on the same images, which have to be in the same order; see intervals.

    Raises:
        ValueError: The numbers of sets or images differ.
    """
    if [len(counts) for counts in old] != [len(counts) for counts in new]:
        raise ValueError(f"expected the same images, found {[len(c) for c in old]} and {[len(c) for c in new]}")
    pairs = zip(_figures(new, above, below), _figures(old, above, below), strict=True)
    return _intervals(*(after - before for after, before in pairs))


def draws_of(images: int, seed: int | tuple[int, ...] = SEED) -> np.ndarray:
    """How often each image is drawn; float64 [RESAMPLES, images], rows add up to `images`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(images, np.full(images, 1 / images), size=RESAMPLES).astype(np.float64)


def _figures(sets: Sequence[np.ndarray], above: np.ndarray, below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over the sets: [figures] as measured and [RESAMPLES, figures] of the draws; NaN where there is none."""
    sets = [counts for counts in sets if len(counts)]
    if not sets:
        return np.full(above.shape[1], np.nan), np.full((RESAMPLES, above.shape[1]), np.nan)
    measured = [_ratios(counts.sum(axis=0), above, below) for counts in sets]
    # NaN times a weight of zero would be NaN in any case: a missing count spoils its column in all draws alike.
    drawn = [_ratios(draws_of(len(counts), (SEED, i)) @ counts, above, below) for i, counts in enumerate(sets)]
    return _mean(measured), _mean(drawn)


def _ratios(sums: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Sums [..., columns] to figures [..., figures]; NaN for a denominator of zero or a column of NaN that counts."""
    missing = np.isnan(sums)
    spoiled = missing @ ((above != 0) | (below != 0)) > 0
    sums = np.where(missing, 0, sums)
    numerator, denominator = sums @ above, sums @ below
    usable = (denominator > 0) & ~spoiled
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=usable)


def _mean(figures: list[np.ndarray]) -> np.ndarray:
    """Mean over sets, of those that are not NaN."""
    stacked = np.stack(figures)
    there = ~np.isnan(stacked)
    total = np.where(there, stacked, 0).sum(axis=0)
    return np.divide(total, there.sum(axis=0), out=np.full(total.shape, np.nan), where=there.any(axis=0))


def _intervals(value: np.ndarray, draws: np.ndarray) -> list[Interval | None]:
    result: list[Interval | None] = []
    for figure, column in zip(value.tolist(), draws.T, strict=True):
        column = column[~np.isnan(column)]
        known = column.size and not np.isnan(figure)
        result.append(Interval(figure, *np.percentile(column, _ENDS).tolist()) if known else None)
    return result
