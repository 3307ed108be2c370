"""Areas that quads have in common.

Quads are [4, 2], corners (x, y) in pixels. One that is not convex (labels drawn by hand cross over at times) stands
for its convex hull.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr.geometry import shared_area

# Share of an area that lies on another quad to be said to lie on it.
LYING_SHARE = 0.5


@dataclass(frozen=True)
class Overlaps:
    """Two lists of quads, and what they have in common."""

    common: np.ndarray  # [found, labels] areas in square pixels, float64
    found_areas: np.ndarray  # [found]
    label_areas: np.ndarray  # [labels]

    @property
    def of_found(self) -> np.ndarray:
        """[found, labels] share of each found quad that a label covers; 0 for quads without area."""
        return _ratio(self.common, self.found_areas[:, None])

    @property
    def of_labels(self) -> np.ndarray:
        """[found, labels] share of each label that a found quad covers; 0 for labels without area."""
        return _ratio(self.common, self.label_areas[None])

    @property
    def iou(self) -> np.ndarray:
        """[found, labels] intersection over union."""
        return _ratio(self.common, self.found_areas[:, None] + self.label_areas[None] - self.common)


def overlaps(found: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> Overlaps:
    """Intersects every quad of one list with every quad of another."""
    found_hulls, label_hulls = [hull(quad) for quad in found], [hull(quad) for quad in labels]
    common = np.zeros((len(found_hulls), len(label_hulls)))
    found_boxes, label_boxes = _boxes(found_hulls), _boxes(label_hulls)
    low = np.maximum(found_boxes[:, None, :2], label_boxes[None, :, :2])
    high = np.minimum(found_boxes[:, None, 2:], label_boxes[None, :, 2:])
    for i, j in np.argwhere((low < high).all(axis=2)):
        common[i, j] = _common(found_hulls[i], label_hulls[j])
    return Overlaps(common, _areas(found_hulls), _areas(label_hulls))


def iou(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of the convex hulls of two sets of points [N, 2]; 0.0 when neither has an area."""
    return float(overlaps([first], [second]).iou[0, 0])


def hull(points: np.ndarray) -> np.ndarray:
    """Convex hull of points [N, 2]; float32 [M, 2]."""
    return cv2.convexHull(np.asarray(points, np.float32).reshape(-1, 2))[:, 0]


def on_one_line(quads: Sequence[np.ndarray], line: np.ndarray) -> bool:
    """Whether quads stand one after the other along the longer side of another quad.

    Sorted along it, each has to share with the next at least half of the lower one's height, so that a line may
    slant in upright boxes, and rows above each other are no line.

    Args:
        line: Quad that gives the direction, horizontal or not.
    """
    _, (width, height), angle = cv2.minAreaRect(hull(line))
    radians = np.deg2rad(angle if width >= height else angle + 90)
    along = np.array([np.cos(radians), np.sin(radians)])
    across = np.array([-along[1], along[0]])
    corners = np.stack([np.asarray(quad, np.float64) for quad in quads])
    order = np.argsort((corners @ along).mean(axis=1), kind="stable")
    heights = (corners @ across)[order]
    low, high = heights.min(axis=1), heights.max(axis=1)
    shared = np.minimum(high[1:], high[:-1]) - np.maximum(low[1:], low[:-1])
    lower = np.minimum((high - low)[1:], (high - low)[:-1])
    return bool((shared >= 0.5 * lower).all())


def _boxes(hulls: list[np.ndarray]) -> np.ndarray:
    return np.array([[*points.min(axis=0), *points.max(axis=0)] for points in hulls]).reshape(-1, 4)


def _areas(hulls: list[np.ndarray]) -> np.ndarray:
    return np.array([cv2.contourArea(points) for points in hulls], np.float64)


def _common(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 3 or len(second) < 3:
        return 0.0
    return shared_area(first, second)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    denominator = np.broadcast_to(denominator, numerator.shape)
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0)
