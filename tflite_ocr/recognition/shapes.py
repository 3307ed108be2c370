"""Text in other shapes than a straight line: along an arc, or letters one below the other.

A recogniser reads straight lines. What it reads without confidence is tried once more where its ink lies along an arc
(a sign over a door) or in cells one below the other (a sign beside it): made straight, it is a line like any other.
The likelier of both texts counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from tflite_ocr import geometry
from tflite_ocr.page import Recognition
from tflite_ocr.recognition.ctc import likelihood
from tflite_ocr.recognition.ink import ink
from tflite_ocr.recognition.turning import Read

# Lines read with less are tried along an arc. Stacked letters turned by 90 degrees can be sure of a wrong text ("M" is
# "3"), so that lines across the page are tried below a higher limit.
_DOUBTFUL_ARC, _DOUBTFUL_STACK = 0.85, 0.97
# How likely the other text must be, and by how much likelier: a misread word of a photograph, bent, becomes others.
_LIKELY, _GAIN = 0.9, 0.02
# An arc's band of ink is at most this share of its crop's height, and holds this share of the ink. The arc's middle is
# at least this share of the band above its ends.
_BAND, _INLIERS, _BEND = 0.8, 0.95, 0.3
_LEAST_HEIGHT = 12  # pixels of a crop in which a bend can be told from letters
_WIDEST_ANGLE = math.radians(200)
_STRAIGHT = 4.0  # widths of a crop; a circle of this radius is a straight line
_MOST_POINTS = 800
_STEPS = 5
_MARGIN = 0.15  # around the ink, as a share of a line's height
# Stacked letters: the least number of them, the share of a letter's height that its parts may be apart, the least gap
# between letters as a share of their height, and the space between them once they stand in a row.
_LETTERS, _PARTS, _GAP, _SPACE = 3, 0.12, 0.04, 0.25
_TALL = 2.0  # times as long as wide


@dataclass(frozen=True)
class Straightened:
    """A crop made straight.

    Attributes:
        image_bgr: uint8 [h, w, 3].
        shares: float64 [2, N], ascending: places along image_bgr and along the crop that are the same, as shares of
            their widths.
    """

    image_bgr: np.ndarray
    shares: np.ndarray

    def back(self, result: Recognition) -> Recognition:
        """A reading of image_bgr, its places those along the crop."""
        moved = tuple(replace(place, x=float(np.interp(place.x, *self.shares))) for place in result.places)
        return replace(result, places=moved)


def reread(
    crops: Sequence[np.ndarray], quads: Sequence[np.ndarray | None], results: Sequence[Recognition], read: Read
) -> dict[int, tuple[Recognition, bool]]:
    """Reads doubtful lines straightened, where their ink has another shape than a line.

    Args:
        crops: uint8 [h, w, 3] each, of all pages, as they were read.
        quads: For each crop the [4, 2] corners (x, y) that it was cut out of by geometry.crop; None where it is as in
            its picture.

    Returns:
        By its index, for each crop whose straightened reading is likelier: its text, and whether it begins at the right
        end of the crop.
    """
    tried: dict[int, tuple[Straightened, bool]] = {}
    for index, (crop, quad, result) in enumerate(zip(crops, quads, results, strict=True)):
        likely = likelihood(result)
        if likely >= _DOUBTFUL_STACK:
            continue
        quarters = quarters_of(quad) if quad is not None else 0
        upright = np.rot90(crop, quarters)
        if len(upright) >= _TALL * upright.shape[1]:
            straight = stacked(upright)
        else:
            straight = along_arc(upright) if likely < _DOUBTFUL_ARC and not quarters else None
        if straight is not None:
            tried[index] = straight, quarters == 1
    again = read([straight.image_bgr for straight, _ in tried.values()]) if tried else []
    return {
        index: (straight.back(result), backwards)
        for (index, (straight, backwards)), result in zip(tried.items(), again, strict=True)
        if likelihood(result) >= max(_LIKELY, likelihood(results[index]) + _GAIN)
    }


def along_arc(crop: np.ndarray) -> Straightened | None:
    """Unrolls a line along a circle's arc, above or below its centre.

    Args:
        crop: BGR uint8 [h, w, 3].

    Returns:
        The line made straight; None where the ink does not lie along an arc that bends visibly.
    """
    height, width = crop.shape[:2]
    dark = ink(crop) if height >= _LEAST_HEIGHT else None
    if dark is None or not dark.any():
        return None
    rows, columns = np.nonzero(dark)
    few = slice(None, None, max(1, len(rows) // _MOST_POINTS))
    points = np.column_stack([columns[few], rows[few]]) / width
    circle = _circle(points)
    if circle is None:
        return None
    x, y, radius = circle
    away = np.hypot(points[:, 0] - x, points[:, 1] - y)
    low, high = np.percentile(away, (50 * (1 - _INLIERS), 50 * (1 + _INLIERS)))
    low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)
    below = y > points[:, 1].mean()  # the centre is below the line: it is the crown of the circle
    # Angles from the middle of the crop's upper or lower side, growing to the right.
    angles = np.arctan2(points[:, 0] - x, (y - points[:, 1]) if below else (points[:, 1] - y))
    first, last = np.percentile(angles, (0.1, 99.9))
    rise = radius * (1 - math.cos((last - first) / 2))
    if high - low > min(_BAND * height / width, rise / _BEND) or last - first > _WIDEST_ANGLE:
        return None
    margin = _MARGIN * (high - low)
    low, high, first, last = low - margin, high + margin, first - margin / radius, last + margin / radius
    if low <= 0:
        return None
    size = max(1, round((last - first) * radius * width)), max(1, round((high - low) * width))
    at = first + (np.arange(size[0]) + 0.5) / size[0] * (last - first)
    from_centre = low + (np.arange(size[1]) + 0.5) / size[1] * (high - low)
    if below:
        from_centre = from_centre[::-1]
    across, along = np.outer(from_centre, np.sin(at)), np.outer(from_centre, np.cos(at))
    places = [(x + across) * width, (y - along if below else y + along) * width]
    columns_of, rows_of = [(place - 0.5).astype(np.float32) for place in places]
    straight = cv2.remap(crop, columns_of, rows_of, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shares = np.array([(np.arange(size[0]) + 0.5) / size[0], np.clip(x + radius * np.sin(at), 0, 1)])
    return Straightened(straight, np.maximum.accumulate(shares, axis=1))


def stacked(crop: np.ndarray) -> Straightened | None:
    """Puts letters that stand one below the other side by side.

    Args:
        crop: BGR uint8 [h, w, 3], upright.

    Returns:
        The letters in a row; None where there are no three cells with a gap between them. The places along the crop
        are shares of its height.
    """
    height, width = crop.shape[:2]
    dark = ink(np.ascontiguousarray(crop)) if width >= _LEAST_HEIGHT else None
    if dark is None:
        return None
    cells = _cells(dark.any(axis=1))
    tallest = max((end - start for start, end in cells), default=0)
    letters = [(start, end) for start, end in cells if end - start > tallest / 4]
    if len(letters) < _LETTERS or tallest > 2 * width:
        return None
    space = max(2, round(_SPACE * tallest))
    high = tallest + 2 * space
    paper = np.median(crop[~dark], axis=0).astype(np.uint8)
    parts, borders, at = [np.broadcast_to(paper, (high, space, 3))], [0], space
    for start, end in letters:
        columns = np.flatnonzero(dark[start:end].any(axis=0))
        left, right = max(0, int(columns[0]) - 1), min(width, int(columns[-1]) + 2)
        cell = np.tile(paper, (high, right - left + space, 1))
        cell[high - space - (end - start) : high - space, : right - left] = crop[start:end, left:right]
        parts.append(cell)
        at += cell.shape[1]
        borders.append(at)
    shares = np.array([np.array(borders) / at, np.array([start for start, _ in letters] + [letters[-1][1]]) / height])
    return Straightened(np.ascontiguousarray(np.concatenate(parts, axis=1)), shares)


def quarters_of(quad: np.ndarray) -> int:
    """How often the crop of a quad [4, 2] must be turned counter-clockwise to stand as in its picture: 0, 1 or 3."""
    right, down = quad[3] - quad[0] if geometry.is_vertical(quad) else quad[1] - quad[0]
    if abs(down) < 2 * abs(right):
        return 0
    return 3 if down > 0 else 1


def _circle(points: np.ndarray) -> tuple[float, float, float] | None:
    """Centre and radius of the circle nearest to points [N, 2]; None where they lie along a straight line.

    Begins with the algebraic fit of Kasa (1976, IEEE Transactions on Instrumentation and Measurement 25, pages 8 to
    14) and minimises the distances from the circle by Gauss-Newton steps.
    """
    system = np.column_stack([2 * points, np.ones(len(points))])
    found, _, rank, _ = np.linalg.lstsq(system, (points**2).sum(axis=1), rcond=1e-9)
    if rank < 3:
        return None
    x, y = found[:2]
    radius = math.sqrt(max(0.0, found[2] + x * x + y * y))
    for _ in range(_STEPS):
        if not 0 < radius < _STRAIGHT:
            return None
        away = np.maximum(np.hypot(points[:, 0] - x, points[:, 1] - y), 1e-9)
        slopes = np.column_stack([(points[:, 0] - x) / away, (points[:, 1] - y) / away, np.ones(len(points))])
        step, _, rank, _ = np.linalg.lstsq(slopes, away - radius, rcond=1e-9)
        if rank < 3:
            return None
        x, y, radius = x + step[0], y + step[1], radius + step[2]
    return (float(x), float(y), float(radius)) if 0 < radius < _STRAIGHT else None


def _cells(rows: np.ndarray) -> list[tuple[int, int]]:
    """Starts and ends of the runs of rows [h] with ink, parts of one letter joined."""
    borders = np.flatnonzero(np.diff(np.concatenate(([0], rows.astype(np.int8), [0]))))
    runs = [(int(start), int(end)) for start, end in borders.reshape(-1, 2)]
    if not runs:
        return []
    tallest = max(end - start for start, end in runs)
    joined = [runs[0]]
    for start, end in runs[1:]:
        before = joined[-1]
        near = start - before[1] <= max(_PARTS * tallest, 1) and end - before[0] <= 1.15 * tallest
        if near or start - before[1] < _GAP * tallest:
            joined[-1] = before[0], end
        else:
            joined.append((start, end))
    return joined
