"""Quads: their corners, their reading order, and the crops that they cut out of an image.

A quad is float32 [4, 2], corners (x, y) in pixels, clockwise from the top-left as the text is read.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from tflite_ocr.page import Quad

# Rows are separated by half the usual line height; RapidOCR's fixed 10 pixels are the same for lines of 20.
ROW_SHARE = 0.5
# Crops at least this much taller than wide hold vertical text and are turned.
VERTICAL_RATIO = 1.5
# An upright quad is at most so many of its heights high in its picture.
_LEVEL = 1.3
# OpenCV's warps take no side of 2^15 pixels or more.
_MAX_SIDE = 32_000
_SMALL_AREA = 1 << 20
# Bicubic interpolation reads up to two pixels outside a quad.
_MARGIN = 3


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels: columns [left, right), rows [top, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """The area in pixels; 0 for an empty box."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)

    @property
    def height(self) -> int:
        """Number of its rows."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The column in its middle."""
        return (self.left + self.right) / 2

    def overlap(self, other: "Box") -> int:
        """Number of pixels that both boxes have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)

    def joined(self, other: "Box") -> "Box":
        """The smallest box around both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Box(left, top, max(self.right, other.right), max(self.bottom, other.bottom))

    def grown(self, margin: int, width: int, height: int, down: int | None = None) -> "Box":
        """The box larger by a margin on all sides, or another one up and down, clipped to a picture."""
        down = margin if down is None else down
        left, top = max(0, self.left - margin), max(0, self.top - down)
        return Box(left, top, min(width, self.right + margin), min(height, self.bottom + down))

    @staticmethod
    def around(quad: np.ndarray) -> "Box":
        """The box around a quad [4, 2] of (x, y)."""
        low, high = np.floor(quad.min(axis=0)), np.ceil(quad.max(axis=0))
        return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def order_quad(points: np.ndarray) -> np.ndarray:
    """Orders four corners [4, 2] (x, y) of a convex quadrangle clockwise from its top-left, float32 [4, 2].

    The top-left is the upper of the two leftmost corners, for lines that run from left to right.
    """
    points = np.asarray(points, np.float32)
    center = points.mean(axis=0)
    # In image coordinates y grows downwards, so growing angles run clockwise.
    angles = np.arctan2(points[:, 1] - center[1], points[:, 0] - center[0])
    points = points[np.argsort(angles, kind="stable")]
    left = np.argsort(points[:, 0], kind="stable")[:2]
    first = left[np.argmin(points[left, 1])]
    return np.roll(points, -first, axis=0)


def reading_order(quads: np.ndarray) -> np.ndarray:
    """Indices that put quads in reading order: by rows from the top, within a row from the left.

    Sorted by the y of their top-left corners, quads start a new row where y steps by at least half the median
    height of the quads.

    Args:
        quads: [N, 4, 2] in pixels.

    Returns:
        int64 [N], a permutation.
    """
    quads = np.asarray(quads, np.float32).reshape(-1, 4, 2)
    if len(quads) == 0:
        return np.zeros(0, np.int64)
    step = ROW_SHARE * np.median(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1))
    by_y = np.argsort(quads[:, 0, 1], kind="stable")
    new_row = np.diff(quads[by_y, 0, 1]) >= max(step, np.finfo(np.float32).tiny)
    rows = np.concatenate(([0], np.cumsum(new_row)))
    return by_y[np.lexsort((quads[by_y, 0, 0], rows))]


def shared_area(first: np.ndarray, second: np.ndarray) -> float:
    """Area that two convex polygons [N, 2] have in common, in square pixels.

    The first is cut along the edges of the second (Sutherland and Hodgman 1974). OpenCV's intersectConvexConvex gives
    the whole of a quad where edges of turned ones lie on one line.
    """
    if (first.max(axis=0) <= second.min(axis=0)).any() or (second.max(axis=0) <= first.min(axis=0)).any():
        return 0.0
    corners, points = second.tolist(), first.tolist()
    inside = 1.0 if _twice_area(corners) > 0 else -1.0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        dx, dy = inside * (x1 - x0), inside * (y1 - y0)
        depths = [dx * (y - y0) - dy * (x - x0) for x, y in points]
        kept = []
        for i, (x, y) in enumerate(points):
            (other_x, other_y), depth, other = points[i - 1], depths[i], depths[i - 1]
            if (depth < 0) != (other < 0):
                part = other / (other - depth)
                kept.append([other_x + part * (x - other_x), other_y + part * (y - other_y)])
            if depth >= 0:
                kept.append([x, y])
        points = kept
    return abs(_twice_area(points)) / 2


def _twice_area(points: list[list[float]]) -> float:
    """Twice the area of a polygon, negative for one that runs against the first one's sense."""
    return sum(points[i - 1][0] * y - x * points[i - 1][1] for i, (x, y) in enumerate(points))


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two convex quads, float32 [4, 2]."""
    shared = shared_area(first, second)
    either = cv2.contourArea(first) + cv2.contourArea(second) - shared if shared else 0.0
    return shared / either if either > 0 else 0.0


def clip_quads(quads: np.ndarray, width: int, height: int) -> np.ndarray:
    """Moves corners [..., 2] into 0 <= x <= width, 0 <= y <= height; float32."""
    return np.clip(np.asarray(quads, np.float32), 0, np.asarray((width, height), np.float32))


def checked_quads(quads: Any, expected: str) -> np.ndarray:
    """Quads that a caller gives, as float32 [N, 4, 2].

    Raises:
        ValueError: They are not of this shape, or not finite; the message says what was expected.
    """
    try:
        found = np.array(list(quads), np.float32)
    except (TypeError, ValueError):
        found = None
    if found is None or (len(found) and found.shape[1:] != (4, 2)) or not np.isfinite(found).all():
        text = repr(quads)
        raise ValueError(f"expected {expected}, found {text if len(text) < 80 else text[:77] + '...'}")
    return found.reshape(-1, 4, 2)


def upright_quads(boxes: np.ndarray) -> np.ndarray:
    """Quads [N, 4, 2] of boxes [N, 4]: left, top, right, bottom."""
    return boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def whole(width: int, height: int) -> np.ndarray:
    """The quad of a picture of so many pixels, float32 [4, 2]."""
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def corners_of(quad: np.ndarray) -> Quad:
    """The corners of a quad [4, 2] as tuples of (x, y)."""
    (a, b), (c, d), (e, f), (g, h) = quad.tolist()
    return (a, b), (c, d), (e, f), (g, h)


def is_vertical(quad: np.ndarray) -> bool:
    """Whether `crop` turns what it cuts out."""
    width, height = _extent(quad)
    return max(1, int(height)) >= VERTICAL_RATIO * max(1, int(width))


def is_upright(quad: np.ndarray) -> bool:
    """Whether a quad stands as in its picture, but for a little: neither turned nor steep."""
    height = float(np.linalg.norm(quad[3] - quad[0]))
    return bool(np.ptp(quad[:, 1]) <= _LEVEL * height and quad[0, 0] <= quad[1, 0])


def crop(image: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """Cuts a quad out of an image and makes it a rectangle.

    Width and height are those of the longer opposite sides; corners outside the image see its border repeated.
    A crop at least 1.5 times as high as wide is turned by 90 degrees counter-clockwise.

    Args:
        image: BGR uint8 [H, W, 3].
        quad: [4, 2] corners (x, y) in pixels, clockwise from the top-left.

    Returns:
        BGR uint8 [h, w, 3], at least 1x1; a view of the image where the quad is a rectangle of whole pixels.
    """
    quad = np.asarray(quad, np.float32)
    result = _slice(image, quad)
    if result is None:
        result = _warp(image, quad)
    if result.shape[0] >= VERTICAL_RATIO * result.shape[1]:
        result = cv2.rotate(result, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return result


def reading_corners(quad: np.ndarray, across: bool, turned: bool) -> np.ndarray:
    """Corners [4, 2] of a quad, clockwise from the one that is top-left for the reader of its text."""
    return np.roll(quad, 2 * turned - across, axis=0)


def inside(corners: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Where points of a crop lie in the image, float64 [..., 2] (x, y) in pixels.

    Args:
        corners: [4, 2] of the quad that the crop was cut from, see `reading_corners`.
        shares: [..., 2] (x, y), of the crop's width and height.
    """
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    matrix = cv2.getPerspectiveTransform(square, np.asarray(corners, np.float32))
    if not np.isfinite(matrix).all():  # a quad without area
        return np.broadcast_to(np.mean(corners, axis=0), np.shape(shares)).astype(np.float64)
    points = cv2.perspectiveTransform(np.asarray(shares, np.float64).reshape(1, -1, 2), matrix)
    return points.reshape(np.shape(shares))


def angles(quads: np.ndarray | Quad) -> np.ndarray:
    """How far the lines of quads [..., 4, 2] are turned, [...] in degrees clockwise, in (-180, 180]."""
    corners = np.asarray(quads, np.float64)
    along = corners[..., 1, :] - corners[..., 0, :] + corners[..., 2, :] - corners[..., 3, :]
    return np.degrees(np.arctan2(along[..., 1], along[..., 0]))


def part(quad: Quad, first: float, last: float) -> Quad:
    """What lies between two shares of a quad's length."""
    top_left, top_right, bottom_right, bottom_left = np.array(quad, np.float64)
    shares = np.array([[first], [last]])
    top, bottom = top_left + (top_right - top_left) * shares, bottom_left + (bottom_right - bottom_left) * shares
    return corners_of(np.array([*top, *bottom[::-1]]))


def _slice(image: np.ndarray, quad: np.ndarray) -> np.ndarray | None:
    """The view that equals the warp exactly, when the quad is an upright rectangle of whole pixels in the image."""
    (left, top), (right, bottom) = quad[0].tolist(), quad[2].tolist()
    if quad[1].tolist() != [right, top] or quad[3].tolist() != [left, bottom]:
        return None
    if not all(value.is_integer() for value in (left, top, right, bottom)):
        return None
    if not (0 <= left < right <= image.shape[1] and 0 <= top < bottom <= image.shape[0]):
        return None
    return image[int(top) : int(bottom), int(left) : int(right)]


def _extent(quad: np.ndarray) -> tuple[float, float]:
    """Width and height of a quad [4, 2]: the longer ones of its opposite sides."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return max(sides[0], sides[2]), max(sides[1], sides[3])


def _size(width: float, height: float, image: np.ndarray) -> tuple[int, int]:
    """Of a crop; bounded for quads that reach far beyond the image, where its border alone would fill gigabytes."""
    longest = sum(image.shape[:2])
    width, height = max(1.0, min(width, longest)), max(1.0, min(height, longest))
    shrink = min(1.0, ((2 * image.shape[0] * image.shape[1] + _SMALL_AREA) / (width * height)) ** 0.5)
    return max(1, int(width * shrink)), max(1, int(height * shrink))


def _warp(image: np.ndarray, quad: np.ndarray) -> np.ndarray:
    width, height = _size(*_extent(quad), image)
    # Work on the quad's surroundings: exact, and it keeps wide images below the warp's limit.
    low = np.floor(quad.min(axis=0)).astype(int) - _MARGIN
    high = np.ceil(quad.max(axis=0)).astype(int) + _MARGIN + 1
    limit = np.array(image.shape[1::-1])
    low = np.clip(low, 0, limit - 1)
    high = np.clip(high, low + 1, limit)
    region = image[low[1] : high[1], low[0] : high[0]]
    quad = quad - low.astype(np.float32)
    longest = max(width, height, *region.shape[:2])
    if longest > _MAX_SIDE:
        shrink = _MAX_SIDE / longest
        size = [max(1, int(side * shrink)) for side in region.shape[1::-1]]
        quad = quad * np.array([size[0] / region.shape[1], size[1] / region.shape[0]], np.float32)
        region = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
        width, height = max(1, int(width * shrink)), max(1, int(height * shrink))
    target = whole(width, height)
    matrix = cv2.getPerspectiveTransform(np.asarray(quad, np.float32), target)
    return cv2.warpPerspective(region, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
