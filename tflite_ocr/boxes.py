"""Boxes to tick, which detectors take for parts of the lines beside them and recognisers for brackets or letters."""

import re

import cv2
import numpy as np

from tflite_ocr import geometry

# What an empty box, or a part of it, is read as: a square or round sign or a stroke of its own, or signs before a word.
_SIGNS = r"\[\](){}|_!@©®°□■\ufffd"
_READ_AS = re.compile(rf"(?:^|\s)(?:[{_SIGNS}01lIiJOoDCQULucn]{{1,2}}(?:\s|$)|[{_SIGNS}]{{1,2}}(?=\w))")
_MOST_CHARACTERS = 2
# All in heights of the quad. How far around it is looked, and the sides of a box.
_BESIDE, _ABOVE = 1.5, 0.4
_SIDE = (0.45, 1.7)
_SQUARE = 1.25  # a side by the other one, at most
_EDGE, _WHOLE = 0.14, 0.95  # a side of the box: so thick at most, of its length; so much of it has ink
_INSIDE = 0.12  # so much of what is inside has ink at most
_CORNER = 0.1  # within so much of its length a box has ink in the corners, unlike round letters
_GAP, _NEAR = 0.1, 0.15  # heights of the quad: between a box and words, and between a box and a quad that begins in it
_INK, _LEAST_CONTRAST = 0.25, 24  # of the contrast there, and in luma steps: boxes are paler than words
_LEAST_HEIGHT, _LEAST_SIDE = 8.0, 6


def may_have(text: str) -> bool:
    """Whether a text has something that a box may be read as."""
    return _READ_AS.search(text) is not None


def is_without(shorter: str, text: str) -> bool:
    """Whether a text is another one without what boxes are read as, and nothing else changed."""
    rest = shorter.split()
    for word in text.split():
        if rest and word == rest[0]:
            rest.pop(0)
        elif rest and word.endswith(rest[0]) and len(word) - len(rest[0]) <= _MOST_CHARACTERS:
            rest.pop(0)
        elif len(word) > _MOST_CHARACTERS:
            return False
    return not rest and shorter != text


def erased(image: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """A line without the empty boxes in it: its crop, BGR uint8 [h, w, 3], and its quad, float32 [4, 2].

    The quad begins behind a box that the line begins with, and ends before one that it ends with.

    Args:
        image: BGR uint8 [H, W, 3].
        quad: float32 [4, 2] corners (x, y) in pixels, clockwise from the top-left; upright but for a little.

    Returns:
        None where there is no empty square, or the quad is turned.
    """
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    height = float(np.linalg.norm(quad[3] - quad[0]))
    if height < _LEAST_HEIGHT or not geometry.is_upright(quad):
        return None
    x0, y0 = max(0, int(left - _BESIDE * height)), max(0, int(top - _ABOVE * height))
    patch = image[y0 : int(bottom + _ABOVE * height) + 1, x0 : int(right + _BESIDE * height) + 1]
    first, last = left - x0 - _NEAR * height, right - x0
    found = [
        (x, y, width, high)
        for x, y, width, high in _boxes(patch, height)
        if x < last and x + width > first and top < y0 + y + high / 2 < bottom
    ]
    if not found:
        return None
    patch = patch.copy()
    paper = np.median(patch, axis=(0, 1))
    for x, y, width, high in found:
        patch[max(0, y - 1) : y + high + 1, max(0, x - 1) : x + width + 1] = paper
    shorter = _between(found, quad - (x0, y0), height)
    return geometry.crop(patch, shorter), shorter + np.array((x0, y0), np.float32)


def _between(boxes: list[tuple[int, int, int, int]], quad: np.ndarray, height: float) -> np.ndarray:
    """The quad without the boxes at its beginning and end, unless nothing were left."""
    left, right = float(quad[:, 0].min()), float(quad[:, 0].max())
    begin, end = left, right
    for x, _, width, _ in sorted(boxes):
        if x < begin + height / 2:
            begin = max(begin, x + width + _GAP * height)
    for x, _, width, _ in sorted(boxes, reverse=True):
        if x + width > end - height / 2:
            end = min(end, x - _GAP * height)
    result = quad.astype(np.float32)
    if end - begin < height / 2:
        return result
    along = (quad[1] - quad[0]) / max(1e-6, float(np.linalg.norm(quad[1] - quad[0])))
    result[[0, 3]] += (along * (begin - left)).astype(np.float32)
    result[[1, 2]] -= (along * (right - end)).astype(np.float32)
    return result


def _boxes(patch: np.ndarray, height: float) -> list[tuple[int, int, int, int]]:
    """The empty squares (x, y, width, height) in a patch, BGR uint8 [h, w, 3], with lines so high."""
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY)
    away = cv2.absdiff(grey, np.full_like(grey, int(np.median(grey[::2, ::2]))))
    contrast = int(away.max(initial=0))
    if contrast < _LEAST_CONTRAST:
        return []
    ink = (away > max(_LEAST_CONTRAST / 2, _INK * contrast)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    found = []
    for label, (x, y, width, high, _) in enumerate(stats[1:count].tolist(), 1):
        least, most = min(width, high), max(width, high)
        if least < max(_LEAST_SIDE, _SIDE[0] * height) or most > min(_SIDE[1] * height, _SQUARE * least):
            continue
        own = labels[y : y + high, x : x + width] == label
        if _is_box(own, ink[y : y + high, x : x + width]):
            found.append((x, y, width, high))
    return found


def _is_box(own: np.ndarray, ink: np.ndarray) -> bool:
    """Whether a shape, bool [height, width], has four whole sides and corners, and hardly any ink inside."""
    least = min(own.shape)
    edge, room = 1 + round(_EDGE * least), max(1, round(_CORNER * least))
    sides = own[:edge].any(axis=0), own[-edge:].any(axis=0), own[:, :edge].any(axis=1), own[:, -edge:].any(axis=1)
    corners = own[:room, :room], own[:room, -room:], own[-room:, :room], own[-room:, -room:]
    inner = ink[edge:-edge, edge:-edge]
    whole = min(float(side.mean()) for side in sides) >= _WHOLE and all(corner.any() for corner in corners)
    return whole and inner.size > 0 and float(inner.mean()) <= _INSIDE
