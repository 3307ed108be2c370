"""EAST: from a score map and a geometry map to quads (Zhou et al., arXiv 1704.03155, sections 3.2 and 3.4).

Every pixel of text has its distances to the four edges of its box and the box's angle (RBOX). Neighbours along a row
give nearly the same box and are merged first, weighted by their scores (locality-aware suppression, algorithm 1); the
result is suppressed as usual.
"""

from dataclasses import dataclass

import numpy as np

from tflite_ocr.detection.decoder import Decoder, Found, Placing
from tflite_ocr.detection.maps import image_size_of, planes
from tflite_ocr.geometry import clip_quads, overlap


@dataclass(frozen=True)
class EastDecoder(Decoder):
    """Decodes EAST's maps.

    Attributes:
        score_threshold: A pixel is text above this score.
        box_threshold: Least mean score of a box's pixels.
        nms_threshold: Of boxes whose intersection over union exceeds this, neighbours are merged, others suppressed.
        stride: Pixels of the network's input for a pixel of the maps; distances are in pixels of the input.
    """

    score_threshold: float = 0.8
    box_threshold: float = 0.1
    nms_threshold: float = 0.2
    stride: float = 4.0

    def _decode(self, maps: np.ndarray, placing: Placing) -> Found:
        """See Decoder.decode; a score is the mean score of the pixels of each box.

        Maps are float32 [h, w, 6]: score in [0, 1], distances to the top, right, bottom and left edge in pixels of the
        input, and the angle in radians, counter-clockwise.
        """
        scale, to_image, image_size = placing
        score, *geometry = (plane * np.float32(scale) for plane in planes(maps, 6))
        rows, columns = np.nonzero(score > self.score_threshold)  # row by row, as the merging needs it
        boxes = np.stack([plane[rows, columns] for plane in geometry], axis=1)
        quads = restore(np.stack([columns, rows], axis=1), boxes, self.stride)
        quads, scores = self._merge(quads, score[rows, columns])
        quads = clip_quads(quads * np.array(to_image, np.float32), *(image_size or image_size_of(score, to_image)))
        seen = (np.ptp(quads, axis=1) > 0).all(axis=1)
        return quads[seen].astype(np.float32), scores[seen].astype(np.float32)

    def _merge(self, quads: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Locality-aware suppression: boxes [N, 4, 2] in the order of their pixels to few, and their mean scores."""
        limit = self.nms_threshold
        merged: list[tuple[np.ndarray, float, int]] = []
        for quad, score in zip(quads, scores.tolist(), strict=True):
            if merged and overlap(merged[-1][0], quad) > limit:
                last, weight, count = merged[-1]
                together = weight + score
                merged[-1] = ((last * weight + quad * score) / together).astype(np.float32), together, count + 1
            else:
                merged.append((quad, score, 1))
        # Merged boxes weigh the sum of their scores, so that those of many pixels come first.
        kept: list[tuple[np.ndarray, float, int]] = []
        for box in sorted(merged, key=lambda box: -box[1]):
            if all(overlap(other[0], box[0]) <= limit for other in kept):
                kept.append(box)
        kept = [box for box in kept if box[1] / box[2] >= self.box_threshold]
        means = np.array([weight / count for _, weight, count in kept], np.float32)
        return np.array([quad for quad, _, _ in kept], np.float32).reshape(-1, 4, 2), means


def restore(places: np.ndarray, geometry: np.ndarray, stride: float) -> np.ndarray:
    """Boxes from the geometry of single pixels at (column, row), [N, 2]: float32 [N, 4, 2] in map pixels.

    Geometry is float32 [N, 5], see EastDecoder; boxes go clockwise from the top-left corner of the text.
    """
    top, right, bottom, left = (geometry[:, :4] / stride).T
    cosine, sine = np.cos(geometry[:, 4])[:, np.newaxis], np.sin(geometry[:, 4])[:, np.newaxis]
    x = np.stack([-left, right, right, -left], axis=1)
    y = np.stack([-top, -top, bottom, bottom], axis=1)
    turned = np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=2)
    return (turned + places[:, np.newaxis]).astype(np.float32)
