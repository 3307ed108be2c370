"""The ink of a crop: what differs from its background."""

import cv2
import numpy as np

# Of the strongest contrast in the crop: what differs more from its background is ink.
_SHARE = 0.4
_STRONGEST = 99  # percent of the pixels differ less than the strongest contrast
_LEAST_CONTRAST = 30  # luma steps; fainter crops tell nothing


def ink(crop: np.ndarray) -> np.ndarray | None:
    """Where a crop (BGR uint8 [h, w, 3]) has ink, bool [h, w]; None where its contrast is too faint to tell.

    The background has the middle brightness of the crop's border.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    away = cv2.absdiff(grey, np.full_like(grey, int(np.median(border))))
    strongest = np.percentile(away, _STRONGEST)
    return None if strongest < _LEAST_CONTRAST else away > _SHARE * strongest
