"""How far a page is turned: by quarters as most characters stand, and the fine angle of its lines."""

from collections.abc import Sequence

import numpy as np

from tflite_ocr import geometry
from tflite_ocr.page import TextLine

# A page is turned by a quarter where this share of its characters stands so, read with this confidence on average.
_MOST, _SURE = 0.6, 0.6
# Fewer characters do not turn a page: a number beside a picture may stand on its side.
_LEAST_CHARACTERS = 8
# Shorter texts do not tell, where there are longer ones: of lines that run across, detectors see letters one by one.
_TELLING = 4
# Lines agree on the angle when this share of their length lies within so many degrees of it, and at least as much as
# the width of a page's lines in heights tells so.
_AGREE, _WITHIN = 0.5, 3.0
# Lines this much longer than high tell the angle; the quads of shorter ones are too uncertain.
_LONG = 4.0
# Cells of a table are no longer than so many heights. Two of them are of one row when they stand as level as that, in
# heights, on the page turned by the angle of all.
_SHORT, _LEVEL = 12.0, 0.6
_CHUNK = 256  # cells compared with all others at once, so that memory does not grow as their square
# A smaller angle is none, nor is one within so many standard errors of the lines' angles: quads are as uncertain.
_LEAST_DEGREES, _ERRORS = 0.12, 2.0


def angle_of(lines: Sequence[TextLine]) -> float | None:
    """How far text is turned, in degrees clockwise, in (-180, 180]; None where lines do not agree on one.

    The corners of a line tell how it stands: by its shape, and by the way in which it was read. An upright page is
    0.0.
    """
    if not lines:
        return 0.0
    quads = np.array([line.quad for line in lines], np.float64)
    angles = geometry.angles(quads)
    quarters = np.round(angles / 90).astype(int) % 4
    quarter = _quarter(lines, quarters)
    if quarter is None:
        return None
    off = (angles - 90 * quarter + 180) % 360 - 180
    lengths = np.linalg.norm(quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3], axis=1) / 2
    heights = np.maximum(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1), 1e-6)
    same = quarters == quarter
    weights = np.where(same & (lengths >= _LONG * heights), lengths, 0.0)
    if not weights.any():
        weights = np.where(same, lengths, 0.0)
    fine = along_rows(quads @ turning(90.0 * quarter), off, weights)
    if (weights * (np.abs(off - fine) <= _WITHIN)).sum() < _AGREE * weights.sum():
        return None if quarter == 0 else wrapped(90.0 * quarter)
    spread = median(np.abs(off - fine), weights)
    if abs(fine) < max(_LEAST_DEGREES, _ERRORS * spread / max(1, np.count_nonzero(weights)) ** 0.5):
        fine = 0.0
    return wrapped(90.0 * quarter + fine)


def along_rows(quads: np.ndarray, angles: np.ndarray, weights: np.ndarray) -> float:
    """The angle of upright lines, by their quads [N, 4, 2], also from cell to cell along the rows of a table.

    Quads of short lines lie straighter than the lines, so a cell and the last one of its row tell more than they do.

    Args:
        angles: Of the quads, in degrees clockwise.
        weights: Of the quads; 0.0 for those that do not tell.
    """
    coarse = median(angles, weights)
    straight = quads @ turning(coarse)
    low, high = straight.min(axis=1), straight.max(axis=1)
    begins, ends = (straight[:, corners].mean(axis=1) for corners in ([0, 3], [1, 2]))
    lengths, heights = ends[:, 0] - begins[:, 0], np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    short = (lengths > 0) & (lengths < _SHORT * heights)
    middles = (low + high) / 2
    far, rise = np.zeros(len(quads)), np.zeros(len(quads))
    for start in range(0, len(quads), _CHUNK):
        part = slice(start, start + _CHUNK)
        off = middles[:, np.newaxis] - middles[part]
        apart = _LEVEL * np.minimum(heights[:, np.newaxis], heights[part])
        level = short[:, np.newaxis] & short[part] & (np.abs(off[..., 1]) < apart)
        along = np.where(level & (off[..., 0] > 0), off[..., 0], 0.0)
        last = along.argmax(axis=0), np.arange(along.shape[1])
        far[part], rise[part] = along[last], off[..., 1][last]
    if not far.any():
        return coarse
    found = coarse + np.degrees(np.arctan2(rise, np.maximum(far, 1e-6)))
    return median(np.concatenate([angles, found]), np.concatenate([weights, far]))


def turning(degrees: float) -> np.ndarray:
    """Turns points [..., 2], as `points @ turning`, back by degrees clockwise."""
    turn = np.radians(degrees)
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def quarter_of(angle: float) -> int:
    """How many quarters clockwise an angle in degrees is, 0 to 3."""
    return round(angle / 90) % 4


def _quarter(lines: Sequence[TextLine], quarters: np.ndarray) -> int | None:
    """As most characters stand; None where those of a turned page are too few or too doubtful to tell."""
    counts = np.array([len("".join(line.text.split())) for line in lines])
    if (counts >= _TELLING).any():
        counts[counts < _TELLING] = 0
    sums = np.bincount(quarters, counts, 4)
    best = int(sums.argmax())
    if best == 0 or sums[best] < _MOST * sums.sum():
        return 0
    if sums[best] < _LEAST_CHARACTERS:
        return None
    confidences = np.array([line.confidence for line in lines])[quarters == best]
    return best if np.average(confidences, weights=counts[quarters == best]) >= _SURE else None


def median(values: np.ndarray, weights: np.ndarray) -> float:
    """The middle one of values by their weights; 0.0 where there are none."""
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order[int(np.searchsorted(sums, sums[-1] / 2))]]) if len(sums) and sums[-1] else 0.0


def wrapped(degrees: float) -> float:
    """The same angle in (-180, 180]."""
    return 180.0 - (180.0 - degrees) % 360.0
