"""The ink of a crop: what differs from its background."""

import math

import cv2
import numpy as np

# Share of the strongest contrast in the crop; pixels that differ more from the background are ink.
_SHARE = 0.4
_STRONGEST = 99  # percent of the pixels differ less than the strongest contrast
_LEAST_CONTRAST = 30  # luma steps; crops with less contrast are not analysed


def ink(crop: np.ndarray) -> np.ndarray | None:
    """The ink of a crop (BGR or grey uint8 [h, w, 3] or [h, w]), bool [h, w]; None where its contrast is too faint.

    The background is the median brightness of the crop's border.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY) if crop.ndim == 3 else crop
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    away = cv2.absdiff(grey, np.full_like(grey, int(np.median(border))))
    strongest = _percentile(away, _STRONGEST)
    return None if strongest < _LEAST_CONTRAST else away > _SHARE * strongest


def _percentile(values: np.ndarray, percent: float) -> float:
    """np.percentile of uint8, in a fifth of its time."""
    counts = np.cumsum(np.bincount(values.ravel(), minlength=256))
    rank = percent / 100 * (int(counts[-1]) - 1)
    low, high = np.searchsorted(counts, (int(rank), math.ceil(rank)), side="right").tolist()
    return low + (high - low) * (rank - int(rank))
