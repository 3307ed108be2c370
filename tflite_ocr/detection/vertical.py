"""Joins the words of lines that run up or down a page, which detectors trained on level lines find one by one."""

from collections.abc import Sequence

import numpy as np

from tflite_ocr import geometry

# All in widths of the longer quad, across its line. A quad as long as this is a word and no upright letter.
_LONG = 2.0
# How far the other one may begin behind its end or before it, stand aside, and differ in width.
_GAP, _OVERLAP, _ASIDE, _WIDER = 0.45, 0.6, 0.25, 1.6


def joined(quads: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Quads, float32 [4, 2], with those that continue a vertical one joined to it, at the place of the first."""
    found = list(quads)
    i = 0
    while i < len(found):
        pair = _continued(found, i)
        if pair is None:
            i += 1
            continue
        other, whole = pair
        found[min(i, other)] = whole
        del found[max(i, other)]
        i = min(i, other)
    return found


def _continued(quads: Sequence[np.ndarray], i: int) -> tuple[int, np.ndarray] | None:
    """The index of a quad that continues the line of quad i, where that is steep, and the quad around both."""
    quad = np.asarray(quads[i], np.float64)
    sides = (quad[3] - quad[0] + quad[2] - quad[1]) / 2, (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = max(sides, key=np.linalg.norm)  # a slanted quad begins at any corner
    if abs(down[1]) <= abs(down[0]):
        return None
    down = down / np.linalg.norm(down)
    axes = np.array([(down[1], -down[0]), down]).T
    left, top, right, bottom = _sides(quad @ axes)
    width = right - left
    if bottom - top < _LONG * width:
        return None
    for j, other in enumerate(quads):
        x0, y0, x1, y1 = _sides(np.asarray(other, np.float64) @ axes)
        gap = max(y0 - bottom, top - y1)
        ratio = max((x1 - x0) / width, width / max(1e-6, x1 - x0))
        if (
            j != i
            and -_OVERLAP * width <= gap <= _GAP * width
            and abs(x0 + x1 - left - right) <= 2 * _ASIDE * width
            and ratio <= _WIDER
        ):
            around = np.array([min(left, x0), min(top, y0), max(right, x1), max(bottom, y1)])
            return j, geometry.order_quad(geometry.upright_quads(around[None])[0] @ axes.T)
    return None


def _sides(points: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom of points [N, 2]."""
    return np.concatenate([points.min(axis=0), points.max(axis=0)])
