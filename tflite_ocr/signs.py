"""Minus signs and leading points that a detector leaves outside its quads: small ink right before a number."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from tflite_ocr import geometry

# All in heights of the quad. Where it is looked for: so far before the quad, and so far into it.
_BEFORE, _INTO = 1.4, 0.8
# A minus: its width and height, and where its middle lies from the quad's top.
_MINUS_WIDTH, _MINUS_HEIGHT, _MINUS_MIDDLE = (0.15, 0.75), 0.25, (0.3, 0.75)
# A point: its sides, and how low it stands.
_POINT_SIDE, _POINT_BOTTOM = 0.3, 0.65
_MOST_GAP, _DIGIT_HEIGHT = 0.55, 0.45
_INK, _LEAST_INK = 0.2, 12  # of the contrast inside the quad, and in luma steps: strokes of a minus are thin
_LEAST_CONTRAST = 20  # luma steps
_ROOM = 0.15  # left before the sign, for a recogniser misses what touches the edge
_LEAST_PIXELS = 3
_SIGNS = "-–−+±.,"


def may_lack(text: str) -> bool:
    """Whether a sign or a point may belong before a text: it begins with a digit, or a point before one."""
    return text[:1].isdigit() or (text[:1] in (".", ",") and text[1:2].isdigit())


def completes(longer: str, text: str) -> bool:
    """Whether a text is another one with signs before it, and nothing else changed."""
    before = longer[: -len(text)].strip() if longer.endswith(text) else ""
    return bool(before) and all(character in _SIGNS for character in before)


def extended(image: np.ndarray, quad: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray | None:
    """A quad, float32 [4, 2], that begins with the sign before it.

    Args:
        image: BGR uint8 [H, W, 3].
        quad: float32 [4, 2] corners (x, y) in pixels, clockwise from the top-left; upright but for a little.

    Returns:
        None where nothing like a sign stands there alone, or the quad is turned.
    """
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    height = float(np.linalg.norm(quad[3] - quad[0]))
    if height < 4 or not geometry.is_upright(quad):
        return None
    x0, y0 = max(0, int(left - _BEFORE * height)), max(0, int(top))
    x1, y1 = min(image.shape[1], int(left + _INTO * height) + 1), min(image.shape[0], int(bottom) + 1)
    if x1 - x0 < 3 or _crowded((x0, y0), (math.ceil(left), y1), [other for other in others if other is not quad]):
        return None
    grey = cv2.cvtColor(image[y0:y1, x0 : max(x1, int(right))], cv2.COLOR_BGR2GRAY).astype(np.int16)
    away = np.abs(grey - int(np.median(grey)))
    contrast = np.percentile(away[:, int(left) - x0 :], 98) if int(left) - x0 < away.shape[1] else 0
    if contrast < _LEAST_CONTRAST:
        return None
    ink = (away > max(_LEAST_INK, _INK * contrast)).astype(np.uint8)
    found = _sign(ink, left - x0, height, x0 > 0)
    if found is None:
        return None
    shift = left - (x0 + found) + max(1.0, _ROOM * height)
    if shift < 1:
        return None
    result = quad.astype(np.float32).copy()
    along = (quad[1] - quad[0]) / max(1e-6, float(np.linalg.norm(quad[1] - quad[0])))
    result[[0, 3]] -= (along * shift).astype(np.float32)
    return np.clip(result, 0, np.array(image.shape[1::-1], np.float32))


def _crowded(low: tuple[int, int], high: tuple[int, int], others: Sequence[np.ndarray]) -> bool:
    """Whether the pixels from `low` to `high` (x, y) are also those around one of other quads."""
    if not others:
        return False
    corners = np.stack(others)
    return bool(((np.floor(corners.min(axis=1)) < high) & (np.ceil(corners.max(axis=1)) > low)).all(axis=1).any())


def _sign(ink: np.ndarray, begin: float, height: float, cut: bool) -> int | None:
    """Column where a sign begins that alone stands before column `begin`; `cut`: more may lie left of the ink."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    parts = sorted(part for part in stats[1:count].tolist() if part[4] >= _LEAST_PIXELS)
    if len(parts) < 2 or parts[0][0] > begin + _INTO * height:
        return None
    (left, top, width, high, _), first = parts[0], parts[1][0]
    # What follows is a digit, and not another dot of a row of them.
    if first < left + width - 1 or parts[1][3] < _DIGIT_HEIGHT * height:
        return None
    if (cut and ink[:, 0].any()) or first - (left + width) > _MOST_GAP * height:
        return None
    shares = np.array([top, top + high / 2, top + high]) / ink.shape[0]
    flat = _MINUS_WIDTH[0] * height <= width <= _MINUS_WIDTH[1] * height and high <= _MINUS_HEIGHT * height
    minus = flat and width > high and _MINUS_MIDDLE[0] <= shares[1] <= _MINUS_MIDDLE[1]
    point = max(width, high) <= _POINT_SIDE * height and shares[2] >= _POINT_BOTTOM and shares[0] > 0.4
    return left if minus or point else None
