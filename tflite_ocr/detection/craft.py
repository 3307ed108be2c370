"""CRAFT: from region and affinity maps to lines (Baek et al., arXiv 1904.01941, section 3.1, inference).

Pixels with a high region or affinity score form connected components, one a word. Affinity bridges the gaps
between characters and is then removed again; the rest is widened and enclosed by the rectangle of least
area. The steps and their constants are those of EasyOCR, whose trained thresholds depend on them.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr.detection.decoder import Decoder, Found, Placing
from tflite_ocr.detection.grouping import GroupingOptions, group_words
from tflite_ocr.detection.maps import above, image_size_of, planes

# Map pixels: smaller components are noise.
_MIN_AREA = 10
# A rectangle whose sides differ by less than this share is taken as upright: for it, least area says little.
_SQUARE_TOLERANCE = 0.1


@dataclass(frozen=True)
class CraftDecoder(Decoder, GroupingOptions):
    """Decodes CRAFT's maps into lines; its words are grouped by the thresholds of GroupingOptions.

    Attributes:
        text_threshold: A word's highest region score must reach this.
        link_threshold: A pixel joins two characters above this affinity score.
        low_text: A pixel is text above this region score.
        min_size: The longer side of a line must exceed this, in image pixels.
    """

    text_threshold: float = 0.7
    link_threshold: float = 0.4
    low_text: float = 0.4
    min_size: float = 20.0

    def _decode(self, maps: np.ndarray, placing: Placing) -> Found:
        """Finds the lines of one image; see Decoder.decode.

        Words are found in the map, multiplied by to_image, cut to whole pixels and grouped into lines.

        Maps are float32 or uint8 [h, w, 2]: region and affinity score. They have half the size of CRAFT's input, so
        to_image is 2 / (resized size / original size). Upright lines come first and are clipped; the margin of turned
        ones may exceed the image. A score is a line's highest region score, averaged over its words.
        """
        scale, to_image, image_size = placing
        region, affinity = planes(maps, 2)
        words, peaks = self.words(region, affinity, scale)
        words = (words * np.array(to_image)).astype(np.float32).astype(np.int32)
        quads, members, upright = group_words(words, self)
        extents = quads.max(axis=1) - quads.min(axis=1)
        clipped = np.clip(quads, 0, np.array(image_size or image_size_of(region, to_image), np.float32))
        quads = np.where(upright[:, np.newaxis, np.newaxis], clipped, quads)
        visible = np.ptp(clipped, axis=1).min(axis=1) > 0
        kept = np.flatnonzero((extents.max(axis=1) > self.min_size) & visible)
        scores = [peaks[members[index]].mean() for index in kept]
        return quads[kept], np.array(scores, np.float32)

    def words(self, region: np.ndarray, affinity: np.ndarray, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Finds words in the maps, float32 or uint8 [h, w], C-contiguous; a score is a value * scale.

        Returns:
            quads: float32 [N, 4, 2] in map pixels, clockwise from the corner of least x + y.
            peaks: float32 [N], highest region score of each word.
        """
        text = above(region, self.low_text, scale)
        joined = text | above(affinity, self.link_threshold, scale)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=4)
        strong = np.zeros(count, bool)
        strong[labels[region >= self.text_threshold / scale]] = True
        strong &= stats[:, cv2.CC_STAT_AREA] >= _MIN_AREA
        strong[0] = False
        quads, peaks = [], []
        for label in np.flatnonzero(strong):
            left, top, width, height, area = stats[label].tolist()
            window = np.s_[top : top + height, left : left + width]
            inside = (labels[window] == label) & (text[window] != 0)
            if not inside.any():
                continue
            peaks.append(region[window][inside].max() * scale)
            margin = int(math.sqrt(area * min(width, height) / (width * height)) * 2)
            outline = _widened(inside, margin, (left, top), (region.shape[0], region.shape[1]))
            quads.append(_enclosing_quad(outline))
        return np.array(quads, np.float32).reshape(-1, 4, 2), np.array(peaks, np.float32)


def _widened(inside: np.ndarray, margin: int, corner: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """int32 [N, 2] points whose convex hull is that of a component dilated by (margin + 1) squared pixels.

    A pixel dilated and cut off at an upright window is an upright rectangle, whose corners are the pixel moved by
    the kernel's corners and clamped to the window; and of a row of pixels only its ends reach the hull. So nothing
    has to be dilated. The window exceeds the bounding box, bool [h, w] with its corner (x, y) in the map, by
    the margin, and ends at the map's edge, whose shape is (height, width).
    """
    height, width = inside.shape
    rows = np.flatnonzero(inside.any(axis=1))
    starts = inside[rows].argmax(axis=1)
    ends = width - 1 - inside[rows, ::-1].argmax(axis=1)
    pixels = np.stack([np.concatenate([starts, ends]), np.concatenate([rows, rows])], axis=1)
    before, after = margin - (margin + 1) // 2, (margin + 1) // 2
    x, y = corner
    low = (max(x - margin, 0), max(y - margin, 0))
    high = (min(x + width + margin, shape[1] - 1), min(y + height + margin, shape[0] - 1))
    moves = np.array([[-before, -before], [after, -before], [after, after], [-before, after]])
    moved = pixels[:, np.newaxis] + moves + corner
    return np.clip(moved, low, high).reshape(-1, 2).astype(np.int32)


def _enclosing_quad(points: np.ndarray) -> np.ndarray:
    """The rectangle of least area around points [N, 2], or the upright one where that is nearly a square.

    Float32 [4, 2], clockwise from the corner of least x + y.
    """
    quad = cv2.boxPoints(cv2.minAreaRect(points))
    first, second = np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[1] - quad[2])
    if abs(1 - max(first, second) / (min(first, second) + 1e-5)) <= _SQUARE_TOLERANCE:
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return np.roll(quad, -int(quad.sum(axis=1).argmin()), axis=0)
