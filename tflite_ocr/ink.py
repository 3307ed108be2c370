"""What of a line is ink and what is paper, whatever their colours."""

from dataclasses import dataclass

import numpy as np

# Ink is at least this share of the contrast away from the paper.
SHARE = 0.4
_COLUMNS = 256  # so many tell the paper


@dataclass(frozen=True)
class Paper:
    """The ground of a line.

    Attributes:
        color: [3], BGR.
        least: How far from it ink is at least, the largest difference of the channels, in steps of 0 to 255.
    """

    color: np.ndarray
    least: float

    @staticmethod
    def measured(crop: np.ndarray) -> "Paper":
        """That of a crop of one line, BGR uint8 [h, w, 3]."""
        sample = crop[::2, :: max(1, crop.shape[1] // _COLUMNS)].reshape(-1, 3)
        color = np.median(sample, axis=0)
        away = np.abs(sample - color).max(axis=1)
        return Paper(color, SHARE * float(np.percentile(away, 98)))

    def has_ink(self, pixels: np.ndarray) -> np.ndarray:
        """Where there is ink: bool [...] of BGR uint8 [..., 3]."""
        return np.abs(pixels - self.color).max(axis=-1) > self.least
