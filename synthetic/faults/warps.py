"""What moves the pixels of a picture, with where each point goes.

Each takes a generator, a BGR uint8 image [H, W, 3] and a strength from 0 to 1. The matrices are 3 x 3 float64 and
take old points (x, y, 1) to new ones; new pictures hold all of the old one, what is beside it is repeated or black.
"""

from collections.abc import Callable

import cv2
import numpy as np


def box(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """Corners (x, y) of a box, clockwise from its top-left; float32 [4, 2]."""
    return np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])


def corners(rows: float, columns: float) -> np.ndarray:
    """Corners of a picture, clockwise from its top-left; float32 [4, 2]."""
    return box(0, 0, columns, rows)


def onto(rows: float, columns: float, place: np.ndarray) -> np.ndarray:
    """The matrix that brings the corners of a picture to a place, [4, 2]."""
    return cv2.getPerspectiveTransform(corners(rows, columns), np.asarray(place, np.float32))


def shift(x: float, y: float) -> np.ndarray:
    """The matrix of a move."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def move(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points [..., 2] after a 3 x 3 matrix; float32."""
    flat = np.asarray(points, np.float64).reshape(-1, 1, 2)
    return cv2.perspectiveTransform(flat, matrix).reshape(np.shape(points)).astype(np.float32)


def rotate(
    rng: np.random.Generator, image: np.ndarray, strength: float, border: int = cv2.BORDER_REPLICATE
) -> tuple[np.ndarray, np.ndarray]:
    """Turned by up to 25 degrees; the picture grows."""
    angle = np.deg2rad(25 * strength * rng.uniform(-1, 1))
    cosine, sine = np.cos(angle), np.sin(angle)
    return apply(image, np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]), border)


def stretch(
    rng: np.random.Generator, image: np.ndarray, strength: float, border: int = cv2.BORDER_REPLICATE
) -> tuple[np.ndarray, np.ndarray]:
    """Wider or narrower: 0.7 to 1.4 times at full strength."""
    factor = np.exp(strength * rng.uniform(np.log(0.7), np.log(1.4)))
    return apply(image, np.diag([factor, 1.0, 1.0]), border)


def apply(image: np.ndarray, matrix: np.ndarray, border: int = cv2.BORDER_REPLICATE) -> tuple[np.ndarray, np.ndarray]:
    """Warps a picture whole: the result is as large as the moved corners ask.

    Returns:
        The picture, and the matrix with the shift that brings the moved corners into it.
    """
    height, width = image.shape[:2]
    moved = move(corners(height, width), matrix)
    low, high = np.floor(moved.min(0)), np.ceil(moved.max(0))
    shifted = shift(*-low) @ matrix
    size = max(1, int(high[0] - low[0])), max(1, int(high[1] - low[1]))
    return cv2.warpPerspective(image, shifted, size, flags=cv2.INTER_LINEAR, borderMode=border), shifted


def curve(
    rng: np.random.Generator, image: np.ndarray, strength: float, border: int = cv2.BORDER_REPLICATE
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Rows bent to a wave, as pages of open books and flags are: columns move up and down.

    Returns:
        The picture, grown in height; and a function from old points [..., 2] to new ones.
    """
    height, width = image.shape[:2]
    depth = strength * 0.12 * min(width, 6 * height) * rng.uniform(0.3, 1)
    waves, phase = rng.uniform(0.3, 1.2), rng.uniform(0, 2 * np.pi)
    bow = np.sin(np.arange(width) / width * 2 * np.pi * waves + phase)
    bow = ((bow - bow.min()) * depth / max(np.ptp(bow), 1e-6)).astype(np.float32)
    rows = height + int(np.ceil(depth))
    map_x = np.broadcast_to(np.arange(width, dtype=np.float32), (rows, width))
    map_y = np.arange(rows, dtype=np.float32)[:, None] - bow
    bent = cv2.remap(image, np.ascontiguousarray(map_x), map_y, cv2.INTER_LINEAR, borderMode=border)

    def moved(points: np.ndarray) -> np.ndarray:
        points = np.array(points, np.float32)
        points[..., 1] += np.interp(points[..., 0], np.arange(width), bow)
        return points

    return bent, moved
