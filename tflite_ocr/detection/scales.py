"""Sizes at which a picture is searched: small ones framed, tall ones in strips, all once more for large letters."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tflite_ocr.geometry import shared_area
from tflite_ocr.manifest import DetectorResize

# Pixels of repeated border around a framed picture, and its least shorter side at the second, smaller scale.
_FRAME, _LEAST_SIDE = 32, 64
# Largest ratio of the second scale to the first at which it is worth its time, and the least height of what it finds,
# in pixels of the first: lower letters are found better there.
_SMALLER, _LEAST_HEIGHT = 0.7, 80
# A quad of the second scale counts if it shares less than this part of its area with all of the first together.
_SHARED = 0.1
# Quads of the first search are pieces of a line of the second that are at least so high by its height, and share at
# least this part of their areas with it. One alone is the line itself if it takes at least this part of its area, and
# what is together this many times as long as it are lines one below the other.
_PIECE_HEIGHT, _PIECE_INSIDE, _WHOLE, _SIDE_BY_SIDE = 0.6, 0.6, 0.5, 1.3
# Least ratio of height to width of a picture that is cut into strips rather than shrunk; the strips' overlap, pixels.
_TALL, _OVERLAP = 2.0, 128
# Strips of narrow pictures are enlarged no further, or ten columns of pixels would be a thousand strips.
_MOST_ENLARGED = 4.0


@dataclass(frozen=True)
class Framed:
    """A picture scaled by a factor, BGR uint8 [h, w, 3], with a border of so many pixels left of and above it.

    Its sides are padded to multiples with grey at the right and below.
    """

    image: np.ndarray
    scale: float
    border: int

    def restore(self, quads: np.ndarray, width: int, height: int) -> np.ndarray:
        """Moves quads [N, 4, 2] to pixels of the original, clipped to its size; float32."""
        points = (np.asarray(quads, np.float32) - self.border) / np.float32(self.scale)
        return np.clip(points, 0, np.array([width, height], np.float32))


def first_scale(height: int, width: int, resize: DetectorResize) -> float:
    """Factor by which a picture is scaled for the first search, strips aside; below 1 shrinks it."""
    wanted = max(1.0, resize.min_side / min(height, width))
    if is_small(height, width, resize):
        wanted = resize.max_scale
    if is_tall(height, width, resize):
        return wanted
    return min(wanted, resize.max_side / max(height, width))


def is_small(height: int, width: int, resize: DetectorResize) -> bool:
    """Whether a picture is too small to be enlarged to the least side, and gets a frame instead."""
    return bool(resize.max_scale) and min(height, width) * resize.max_scale < resize.min_side


def is_tall(height: int, width: int, resize: DetectorResize) -> bool:
    """Whether a picture is searched in strips."""
    scale = max(1.0, resize.min_side / min(height, width))
    return height >= _TALL * width and height * scale > resize.max_side and not is_small(height, width, resize)


def second_scale(height: int, width: int, resize: DetectorResize) -> float | None:
    """Factor of the second search, for large letters; None where there is none."""
    if not resize.second_scale:
        return None
    first = first_scale(height, width, resize)
    scale = max(resize.second_scale * first, _LEAST_SIDE / min(height, width))
    scale = min(scale, resize.max_side / max(height, width))
    return scale if scale <= _SMALLER * first else None


def strips(height: int, width: int, resize: DetectorResize) -> list[tuple[int, int]]:
    """Overlapping strips of a tall picture from the top: first row, and the row after the last."""
    scale = min(_MOST_ENLARGED, max(1.0, resize.min_side / width))
    longest, overlap = max(1, int(resize.max_side / scale)), math.ceil(_OVERLAP / scale)
    count = max(1, math.ceil((height - overlap) / max(1, longest - overlap)))
    starts = np.linspace(0, max(0, height - longest), count).round().astype(int)
    return [(int(start), min(height, int(start) + longest)) for start in starts]


def in_strip(quads: np.ndarray, index: int, cuts: list[tuple[int, int]]) -> np.ndarray:
    """bool [N]: quads whose middle is in the strip's own part, which includes half of each overlap."""
    middles = quads[:, :, 1].mean(1)
    above = -math.inf if index == 0 else (cuts[index][0] + cuts[index - 1][1]) / 2
    below = math.inf if index == len(cuts) - 1 else (cuts[index + 1][0] + cuts[index][1]) / 2
    return (middles >= above) & (middles < below)


def frame(image_bgr: np.ndarray, scale: float, multiple: int, grey: int) -> Framed:
    """Scales a picture, repeats its border around it, and fills up to whole multiples with a grey, 0 to 255."""
    height, width = image_bgr.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != (width, height):
        way = cv2.INTER_LINEAR if scale >= 0.5 else cv2.INTER_AREA
        image_bgr = cv2.resize(image_bgr, size, interpolation=way)
    framed = cv2.copyMakeBorder(image_bgr, _FRAME, _FRAME, _FRAME, _FRAME, cv2.BORDER_REPLICATE)
    down, right = (-side % multiple for side in framed.shape[:2])
    framed = cv2.copyMakeBorder(framed, 0, down, 0, right, cv2.BORDER_CONSTANT, value=(grey,) * 3)
    return Framed(framed, scale, _FRAME)


def merged(usual: np.ndarray, large: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Selects what counts of both searches: float32 quads [N, 4, 2] and [M, 4, 2] in pixels; bool [N], bool [M].

    Quads of the second search count that are high enough at the scale of the first one, and where that found nothing,
    or pieces of this line. Elsewhere the first is more exact, and its pieces cannot be distinguished from lines.
    """
    first, second = np.ones(len(usual), bool), np.zeros(len(large), bool)
    for index in np.flatnonzero(_heights(large) * scale >= _LEAST_HEIGHT):
        quad = np.asarray(large[index], np.float32)
        pieces = _pieces(quad, usual) & first
        others = [*usual[first & ~pieces], *large[second]]
        if sum(shared_area(quad, other) for other in others) <= _SHARED * cv2.contourArea(quad):
            second[index] = True
            first &= ~pieces
    return first, second


def _pieces(quad: np.ndarray, others: np.ndarray) -> np.ndarray:
    """bool [N]: quads that lie in a line and are about as high as it, and are not one that is the whole of it."""
    (widths, heights), (width, height) = _sides(others), _sides(quad[None])
    high = heights >= _PIECE_HEIGHT * height
    areas = np.array([cv2.contourArea(np.asarray(other, np.float32)) for other in others])
    shared = np.array([shared_area(quad, other) for other in others])
    pieces = high & (shared >= _PIECE_INSIDE * areas)
    whole = pieces.sum() == 1 and shared[pieces][0] >= _WHOLE * cv2.contourArea(quad)
    stacked = widths[pieces].sum() > _SIDE_BY_SIDE * width
    return np.zeros(len(others), bool) if whole or stacked else pieces


def _sides(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Widths and heights of quads [N, 4, 2], each [N], as means of opposite sides."""
    along, down = quads[:, [1, 2]] - quads[:, [0, 3]], quads[:, [3, 2]] - quads[:, [0, 1]]
    return np.linalg.norm(along, axis=2).mean(axis=1), np.linalg.norm(down, axis=2).mean(axis=1)


def _heights(quads: np.ndarray) -> np.ndarray:
    """[N]: of each the mean of the shorter two opposite sides."""
    return np.minimum(*_sides(quads))
