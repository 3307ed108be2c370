"""Borders around a line, as counters, plates and fields have them, which are read as strokes of its characters."""

import numpy as np

from tflite_ocr import geometry, ink
from tflite_ocr.ink import Paper
from tflite_ocr.page import Recognition

# Surer lines hold nothing that a border could have become.
_SURE = 0.99
_LEAST_CONTRAST = 40  # of ink and paper, in steps
_LEAST_HEIGHT = 12  # pixels of a crop in which edges can be told from letters
# An edge has ink in this share of its row, or of its column between the rows. It is so near to the end of the crop, in
# its heights; columns that a crop begins with may be of the cell before.
_ROW, _COLUMN = 0.6, 0.9
_ABOVE, _BESIDE = 0.25, 0.35
_LEAST_SIGNS = 3
_COLUMNS = 256  # so many tell what a row is


def may_have(result: Recognition) -> bool:
    """Whether a line is unsure enough to have a border in it, and no words."""
    return bool(result.text) and result.confidence < _SURE and any(map(str.isdigit, result.text))


def is_better(within: Recognition, result: Recognition) -> bool:
    """Whether the reading within the border counts: a number or code, as sure as the one with it.

    In words more often underlines and large letters are taken for edges, and descenders are cut off with them; nor is
    a 1 at an end an edge: what was read as well and is now missing was no border.
    """
    signs, before = ("".join(filter(str.isalnum, one.text)) for one in (within, result))
    if signs != before and signs in before:
        return False
    digits = sum(map(str.isdigit, signs))
    code = len(signs) >= _LEAST_SIGNS and 2 * digits >= len(signs) and not any(map(str.islower, signs))
    return code and within.text != result.text and within.confidence >= result.confidence


def within(crop: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """What a border holds: its crop, BGR uint8 [h, w, 3], and its quad, float32 [4, 2].

    Args:
        crop: BGR uint8 [h, w, 3], the line with its border.
        quad: [4, 2] corners (x, y) that it was cut out of by geometry.crop.

    Returns:
        None where edges above and below do not both run along most of the crop, or the quad is turned.
    """
    height, width = crop.shape[:2]
    if height < _LEAST_HEIGHT or width < height or geometry.is_vertical(quad):
        return None
    paper = Paper.measured(crop)
    if paper.least < ink.SHARE * _LEAST_CONTRAST:
        return None
    few = crop[:, :: max(1, width // _COLUMNS)]
    rows = paper.has_ink(few).mean(axis=1) >= _ROW
    top, bottom = _edge(rows, int(_ABOVE * height)), _edge(rows[::-1], int(_ABOVE * height))
    if not top or not bottom:
        return None
    reach = min(width // 3, int(_BESIDE * height))
    ends = np.concatenate([crop[top : height - bottom, :reach], crop[top : height - bottom, width - reach :]], axis=1)
    columns = paper.has_ink(ends).mean(axis=0) >= _COLUMN
    left, right = _edge(columns[:reach], reach), _edge(columns[reach:][::-1], reach)
    inner = np.array([[left, top], [width - right, top], [width - right, height - bottom], [left, height - bottom]])
    corners = geometry.inside(quad, inner / (width, height)).astype(np.float32)
    return np.ascontiguousarray(crop[top : height - bottom, left : width - right]), corners


def _edge(found: np.ndarray, reach: int) -> int:
    """How many rows or columns from the first on end with the last edge within reach; 0 without one."""
    places = np.flatnonzero(found[:reach])
    return int(places[-1]) + 1 if len(places) else 0
