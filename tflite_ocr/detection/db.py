"""Differentiable Binarization: from a probability map to quads (Liao et al., arXiv 1911.08947, section 3.5).

The network learns text shrunk towards its middle line. Each region of the binarized map gets its rectangle of
least area, which is then grown ("unclipped", equation 10) by D = area * unclip_ratio / perimeter.

The usual implementation offsets the rectangle as a polygon of integers with round joins and takes the rectangle
of least area again. Growing the sides by D gives the same without the rounding: identical for upright
rectangles, which are rounded here in the same way, and within about a pixel of the map for turned ones.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr.detection.decoder import Decoder, Found, Placing
from tflite_ocr.detection.maps import above, image_size_of, planes

# Pixels of the image: a quad with a side of at most this (whole pixels) cannot be read.
_UNREADABLE_SIDE = 3
# Map pixels that the shorter side must have gained by growing, above `min_size`.
_GROWN_MARGIN = 2


@dataclass(frozen=True)
class DbDecoder(Decoder):
    """Decodes DB's probability map.

    Attributes:
        threshold: A pixel is text above this probability.
        box_threshold: A region's mean probability must reach this.
        dilate: Whether the binarized map is dilated by 2x2 pixels first.
        unclip_ratio: r in equation 10.
        max_candidates: Largest number of regions that are decoded; 0 for all.
        min_size: Least shorter side, in map pixels, of a region before it is grown.
        hollow: A region that fills less than this share of its rectangle, as bent lines do, is judged by the mean over
            itself and not, as usual, over the rectangle.
    """

    threshold: float = 0.3
    box_threshold: float = 0.5
    dilate: bool = True
    unclip_ratio: float = 1.6
    max_candidates: int = 0
    min_size: float = 3.0
    hollow: float = 0.0

    def _decode(self, maps: np.ndarray, placing: Placing) -> Found:
        """See Decoder.decode; maps are the probability, float32 or uint8 [h, w] or [h, w, 1].

        Quads have whole pixels; a score is the mean probability inside the region before it was grown.
        """
        scale, to_image, image_size = placing
        (probability,) = planes(maps, 1)
        regions, contours = self._regions(above(probability, self.threshold, scale))
        scores = _mean_inside(probability, regions) * scale
        for index in _hollow(regions, contours, self.hollow):
            scores[index] = _mean_inside(probability, contours[index].reshape(1, -1, 2).astype(np.float32))[0] * scale
        confident = scores >= self.box_threshold
        grown = _grow(regions[confident], self.unclip_ratio)
        large = _sides(grown).min(axis=1) >= self.min_size + _GROWN_MARGIN
        quads = _to_image(grown[large], to_image, image_size or image_size_of(probability, to_image))
        readable = (_sides(quads).astype(np.int32) > _UNREADABLE_SIDE).all(axis=1)
        return quads[readable], scores[confident][large][readable].astype(np.float32)

    def _regions(self, mask: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """The rectangles of least area around a mask's regions, float32 [N, 4, 2] in map pixels, and N contours."""
        if self.dilate:
            mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        around = [(cv2.minAreaRect(contour), contour) for contour in contours[: self.max_candidates or None]]
        around = [(rectangle, contour) for rectangle, contour in around if min(rectangle[1]) >= self.min_size]
        corners = np.array([cv2.boxPoints(rectangle) for rectangle, _ in around], np.float32).reshape(-1, 4, 2)
        return corners, [contour for _, contour in around]


def _hollow(rectangles: np.ndarray, contours: list[np.ndarray], least: float) -> list[int]:
    """Indices of the contours that fill less than the share `least` of their rectangles [N, 4, 2]."""
    if not least:
        return []
    areas = least * _sides(rectangles).prod(axis=1)
    return [index for index, contour in enumerate(contours) if cv2.contourArea(contour) < areas[index]]


def _mean_inside(score_map: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Mean of a map [h, w] inside each polygon [N, K, 2], in units of the map, float64 [N].

    The corners are truncated to whole pixels relative to the bounding box, and the edges belong to the polygon.
    """
    height, width = score_map.shape
    bounds = np.array([width - 1, height - 1], np.float32)
    low = np.clip(np.floor(corners.min(axis=1)), 0, bounds)
    high = np.clip(np.ceil(corners.max(axis=1)), 0, bounds)
    polygons = (corners - low[:, np.newaxis]).astype(np.int32)
    boxes = np.concatenate([low, high + 1], axis=1).astype(np.int32).tolist()
    means = np.empty(len(corners))
    for index, (x0, y0, x1, y1) in enumerate(boxes):
        inside = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(inside, polygons[index : index + 1], (1,))
        means[index] = cv2.mean(score_map[y0:y1, x0:x1], inside)[0]
    return means


def _grow(rectangles: np.ndarray, unclip_ratio: float) -> np.ndarray:
    """Grows rectangles [N, 4, 2] on all sides by the distance of arXiv 1911.08947, equation 10."""
    rectangles = rectangles.astype(np.float64)
    sides = _sides(rectangles)
    distance = sides.prod(axis=1) * unclip_ratio / (2 * sides.sum(axis=1))
    along, across = np.moveaxis((rectangles[:, 1::2] - rectangles[:, :1]) / sides[:, :, np.newaxis], 1, 0)
    outwards = np.stack([-along - across, along - across, along + across, across - along], axis=1)
    upright = (along == 0).any(axis=1)
    # Usually a polygon of truncated corners is offset. Upright ones stay rectangles then; of the others only the
    # mean shift is kept, not the distortion.
    shift = np.trunc(rectangles) - rectangles
    shift[~upright] = shift[~upright].mean(axis=1, keepdims=True)
    grown = rectangles + shift + distance[:, np.newaxis, np.newaxis] * outwards
    grown[upright] = np.trunc(grown[upright] + np.copysign(0.5, grown[upright]))
    return grown


def _sides(quads: np.ndarray) -> np.ndarray:
    """Lengths of the first and the last side of quads [N, 4, 2], as [N, 2]."""
    return np.linalg.norm(quads[:, 1::2] - quads[:, :1], axis=2)


def _to_image(quads: np.ndarray, to_image: tuple[float, float], image_size: tuple[int, int]) -> np.ndarray:
    """Quads [N, 4, 2] in whole pixels of the image, inside it, clockwise from the top-left corner."""
    limits = np.array(image_size, np.float32)
    quads = np.clip(np.rint(_clockwise(quads) * np.array(to_image)), 0, limits).astype(np.float32)
    return np.minimum(_clockwise(quads), limits - 1)


def _clockwise(quads: np.ndarray) -> np.ndarray:
    """Orders corners [N, 4, 2]: of the two leftmost the upper is first and the lower last."""
    by_x = np.take_along_axis(quads, np.argsort(quads[:, :, :1], axis=1, kind="stable"), axis=1)
    left, right = (
        np.take_along_axis(pair, np.argsort(pair[:, :, 1:], axis=1, kind="stable"), axis=1)
        for pair in (by_x[:, :2], by_x[:, 2:])
    )
    return np.stack([left[:, 0], right[:, 0], right[:, 1], left[:, 1]], axis=1)
