"""Underscores that a detector leaves below its quads: short flat ink right under a line."""

import math
import re
from collections.abc import Sequence

import cv2
import numpy as np

from tflite_ocr import geometry

# All in heights of the quad. Where it is looked for: so far above the lower edge, and so far below it.
_ABOVE, _BELOW = 0.12, 0.22
# Its width, its height, and what is left below it.
_WIDTH, _HEIGHT, _ROOM = (0.25, 0.9), 0.14, 0.12
_INK, _LEAST_CONTRAST = 0.4, 40  # of the contrast there, and in luma steps
_BLANK = re.compile(r"\w \w")
_UNDERSCORES = re.compile(r" ?_+ ?")


def may_lack(text: str) -> bool:
    """Whether an underscore may stand where a blank was read: between letters or digits."""
    return _BLANK.search(text) is not None


def completes(longer: str, text: str) -> bool:
    """Whether a text is another one with underscores in place of blanks, and nothing else changed."""
    return "_" in longer and _UNDERSCORES.sub(" ", longer).strip() == text


def extended(image: np.ndarray, quad: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray | None:
    """A quad, float32 [4, 2], that reaches below the underscores under it.

    Args:
        image: BGR uint8 [H, W, 3].
        quad: float32 [4, 2] corners (x, y) in pixels, clockwise from the top-left; upright but for a little.
        others: Not looked at: a bar that is part of another line's letters is not as flat.

    Returns:
        None where nothing like an underscore is cut by the lower edge or stands below it, or the quad is turned.
    """
    left, right, bottom = float(quad[:, 0].min()), float(quad[:, 0].max()), float(quad[:, 1].max())
    height = float(np.linalg.norm(quad[3] - quad[0]))
    if height < 6 or not geometry.is_upright(quad):
        return None
    edge = float(quad[2:, 1].min())
    x0, x1 = max(0, math.floor(left)), min(image.shape[1], math.ceil(right))
    y0, y1 = max(0, math.floor(edge - _ABOVE * height)), min(image.shape[0], math.ceil(bottom + _BELOW * height) + 1)
    if x1 - x0 < height or y1 - y0 < 3 or y1 <= bottom:
        return None
    band = cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_BGR2GRAY).astype(np.int16)
    away = np.abs(band - int(np.median(band[-2:])))
    contrast = int(away.max())
    if contrast < _LEAST_CONTRAST:
        return None
    low = _lowest((away > _INK * contrast).astype(np.uint8), height)
    if low is None or y0 + low < edge - 1:
        return None
    result = quad.astype(np.float32).copy()
    down = (quad[3] - quad[0]) / height
    result[2:] += (down * (y0 + low + _ROOM * height - edge)).astype(np.float32)
    return np.clip(result, 0, np.array(image.shape[1::-1], np.float32))


def _lowest(ink: np.ndarray, height: float) -> int | None:
    """The row below the lowest bar in a band of ink [rows, columns] that is an underscore, as long as all bars are."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    lows = []
    for _, top, width, high, area in stats[1:count].tolist():
        if top == 0 and high < len(ink):
            continue  # a letter that ends here
        flat = high <= max(1.5, _HEIGHT * height) and area >= 0.8 * width * high
        if not flat or width > _WIDTH[1] * height or top + high == len(ink):
            return None  # a rule, or the line below
        if width >= _WIDTH[0] * height:
            lows.append(top + high)
    return max(lows, default=None)
