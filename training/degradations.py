"""What cameras, scanners, printers and files do to a picture.

Functions take a generator, a BGR uint8 image [H, W, 3] and a strength from 0 (barely seen) to 1 (as bad as a person
still reads text of ordinary size), and return an image of the same shape. Those that move pixels return the
3 x 3 matrix from old to new points as well.
"""

import cv2
import numpy as np


def defocus(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Blur of a lens that is out of focus; sigma up to 6 % of the height, at most 3 pixels."""
    sigma = 0.3 + strength * min(2.7, 0.06 * image.shape[0]) * rng.uniform(0.5, 1)
    return cv2.GaussianBlur(image, (0, 0), sigma)


def motion_blur(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Blur of a moving camera, up to 15 % of the height long."""
    length = max(2.0, strength * 0.15 * image.shape[0] * rng.uniform(0.5, 1))
    angle, side = rng.uniform(0, np.pi), 2 * int(np.ceil(length / 2)) + 1
    kernel, centre = np.zeros((side, side), np.float32), side // 2
    end = np.array([np.cos(angle), np.sin(angle)]) * length / 2 * 16
    start, stop = (centre * 16 - end).round().astype(int), (centre * 16 + end).round().astype(int)
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, stop)), 1.0, 1, cv2.LINE_AA, 4)
    kernel = np.maximum(kernel, 0)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def low_resolution(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Fewer pixels and back again: text keeps at least 9 rows."""
    height, width = image.shape[:2]
    least = min(1.0, 11 / height)
    factor = max(least, 1 - strength * rng.uniform(0.3, 0.8))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    down = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_NEAREST)[
        rng.integers(4 if factor > 0.6 else 3)
    ]
    return cv2.resize(cv2.resize(image, size, interpolation=down), (width, height), interpolation=up)


def noise(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Noise of a sensor, grey or coloured, fine or blotchy."""
    height, width = image.shape[:2]
    shape = (height, width, 1) if rng.random() < 0.5 else (height, width, 3)
    grain = rng.standard_normal(shape, np.float32) * (1.5 + 22 * strength * rng.uniform(0.4, 1))
    if rng.random() < 0.3:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.7).reshape(shape) * 2
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def jpeg(rng: np.random.Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """Through a JPEG file of quality 95 down to 20."""
    quality = int(95 - 75 * strength * rng.uniform(0.5, 1))
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)
