"""Widths at which crops are read: a few fixed ones, and overlapping windows for lines longer than all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Neighbouring windows overlap by this share of their width; logits near a cut edge have too little context.
OVERLAP = 0.25


@dataclass(frozen=True)
class Window:
    """A range of columns of a resized crop: columns [start, start + width) in pixels."""

    start: int
    width: int


def bucket(width: int, widths: Sequence[int]) -> int | None:
    """The narrowest of the ascending `widths` that holds `width`; None when none does."""
    return next((candidate for candidate in widths if candidate >= width), None)


def windows(width: int, widest: int) -> list[Window]:
    """Windows of at most `widest` pixels that cover [0, width) and share at least OVERLAP of their width."""
    if width <= widest:
        return [Window(0, width)]
    step = int(widest * (1 - OVERLAP))
    count = -(-(width - widest) // step) + 1
    starts = np.linspace(0, width - widest, count).round().astype(int)
    return [Window(int(start), widest) for start in starts]


def join(parts: Sequence[np.ndarray], stretches: Sequence[Window]) -> np.ndarray:
    """Joins the logits of overlapping windows, each cut in the middle of what it shares with its neighbours.

    Parts are float32 [T, C] for each of the ascending windows, frames spread evenly over its columns; so is the result.
    """
    return np.concatenate([part[own] for part, (own, _) in zip(parts, _owned(parts, stretches), strict=True)])


def middles(parts: Sequence[np.ndarray], stretches: Sequence[Window]) -> np.ndarray:
    """Where the frames that `join` keeps have their middles, in pixels of the resized crop, float64 [T']."""
    return np.concatenate([centres[own] for own, centres in _owned(parts, stretches)])


def _owned(parts: Sequence[np.ndarray], stretches: Sequence[Window]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each window which of its frames are kept, bool [T], and the middles of all."""
    found = []
    for i, (part, window) in enumerate(zip(parts, stretches, strict=True)):
        begin, end = float(window.start), float(window.start + window.width)
        if i:
            begin = (stretches[i - 1].start + stretches[i - 1].width + begin) / 2
        if i + 1 < len(parts):
            end = (end + stretches[i + 1].start) / 2
        # A frame belongs to the window that has the middle of its columns.
        centres = window.start + (np.arange(len(part)) + 0.5) * window.width / len(part)
        found.append(((centres >= begin) & (centres < end), centres))
    return found
