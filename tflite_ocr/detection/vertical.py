"""Joins the words of lines that run up or down a page, which detectors trained on level lines find one by one."""

from collections.abc import Sequence

import numpy as np

from tflite_ocr import geometry

# All in widths of the longer quad, across its line. A quad as long as this is a word and no upright letter.
_LONG = 2.0
# How far the other one may begin behind its end or before it, stand aside, and differ in width.
_GAP, _OVERLAP, _ASIDE, _WIDER = 0.45, 0.6, 0.25, 1.6


def joined(
    quads: Sequence[np.ndarray] | np.ndarray, scores: Sequence[float] | np.ndarray
) -> tuple[list[np.ndarray], list[float]]:
    """Quads, float32 [4, 2], with those that continue a vertical one joined to it, at the place of the first.

    With them come their scores: of joined ones the highest.
    """
    if not len(quads):
        return [], []
    found, scores = np.stack(list(quads)), [float(score) for score in scores]
    steep = [bool(abs(y) > abs(x)) for x, y in _along(found)]
    i = 0
    while i < len(found):
        pair = _continued(found, i) if steep[i] else None
        if pair is None:
            i += 1
            continue
        other, whole = pair
        first, last = min(i, other), max(i, other)
        found[first], steep[first], scores[first] = whole, True, max(scores[i], scores[other])
        found = np.delete(found, last, axis=0)
        del steep[last], scores[last]
        i = first
    return list(found), scores


def _along(quads: np.ndarray) -> np.ndarray:
    """Along the longer sides of quads [N, 4, 2], float64 [N, 2]; a slanted quad begins at any corner."""
    a, b, c, d = np.moveaxis(quads.astype(np.float64), 1, 0)
    down, across = (d - a + c - b) / 2, (b - a + c - d) / 2
    longer = np.linalg.norm(down, axis=1) >= np.linalg.norm(across, axis=1)
    return np.where(longer[:, np.newaxis], down, across)


def _continued(quads: np.ndarray, i: int) -> tuple[int, np.ndarray] | None:
    """The index of the first of quads [N, 4, 2] that continues the line of quad i, which is steep.

    With it comes the quad around both.
    """
    (down,) = _along(quads[i : i + 1])
    down = down / np.linalg.norm(down)
    axes = np.array([(down[1], -down[0]), down]).T
    near = np.flatnonzero(_near(quads, i))
    seen = quads[near] @ axes
    low, high = seen.min(axis=1), seen.max(axis=1)  # [N, 2] each: across the line, along it
    breadth = high[:, 0] - low[:, 0]
    i = int(np.searchsorted(near, i))
    width = breadth[i]
    if high[i, 1] - low[i, 1] < _LONG * width:
        return None
    gap = np.maximum(low[:, 1] - high[i, 1], low[i, 1] - high[:, 1])
    ratio = np.maximum(breadth, width) / np.maximum(1e-6, np.minimum(breadth, width))
    aside = np.abs(low[:, 0] + high[:, 0] - low[i, 0] - high[i, 0])
    fits = (-_OVERLAP * width <= gap) & (gap <= _GAP * width) & (aside <= 2 * _ASIDE * width) & (ratio <= _WIDER)
    fits[i] = False
    if not fits.any():
        return None
    other = int(fits.argmax())
    around = np.concatenate([np.minimum(low[i], low[other]), np.maximum(high[i], high[other])])
    return int(near[other]), geometry.order_quad(geometry.upright_quads(around[None])[0] @ axes.T)


def _near(quads: np.ndarray, i: int) -> np.ndarray:
    """Which of quads [N, 4, 2] lie within the shorter side of quad i from it, this one too."""
    quad = quads[i]
    reach = min(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0]))
    (left, top), (right, bottom) = quad.min(axis=0) - reach, quad.max(axis=0) + reach
    x, y = quads[..., 0], quads[..., 1]
    beyond = (x < left).all(axis=1) | (x > right).all(axis=1) | (y < top).all(axis=1) | (y > bottom).all(axis=1)
    return ~beyond
