"""Changes to real crops that a camera or scanner could have made as well."""

import cv2
import numpy as np


def line(rng: np.random.Generator, image_bgr: np.ndarray) -> np.ndarray:
    """A changed crop of a line: stretched, lit otherwise, less sharp, compressed; uint8 BGR of about the same size."""
    picture = image_bgr
    if rng.random() < 0.5:
        picture = _stretched(rng, picture)
    if rng.random() < 0.5:
        picture = _relit(rng, picture)
    if rng.random() < 0.25:
        picture = _softened(rng, picture)
    picture = _recolored(rng, picture)
    if rng.random() < 0.25:
        quality = int(rng.integers(25, 90))
        encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture)


def scene(rng: np.random.Generator, image_bgr: np.ndarray) -> np.ndarray:
    """A changed picture of the same size, in which everything stays in its place; uint8 BGR."""
    picture = image_bgr
    if rng.random() < 0.6:
        picture = _relit(rng, picture)
    picture = _recolored(rng, picture)
    if rng.random() < 0.2:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.15:
        noisy = picture.astype(np.float32) + rng.normal(0, rng.uniform(3, 12), picture.shape)
        picture = np.clip(noisy, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture)


def _recolored(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Now and then a negative, or with its channels in another order."""
    if rng.random() < 0.1:
        picture = 255 - picture
    return picture[..., rng.permutation(3)] if rng.random() < 0.15 else picture


def _stretched(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Another width, and a slight slant."""
    height, width = picture.shape[:2]
    scale = float(np.exp(rng.normal(0, 0.13)))
    lean = float(rng.normal(0, 0.06)) * height
    rise = float(rng.normal(0, 0.03)) * height
    target = max(4, round(width * scale))
    matrix = cv2.getAffineTransform(
        np.float32([[0, 0], [width, 0], [0, height]]),
        np.float32([[lean / 2, -rise / 2], [target + lean / 2, rise / 2], [-lean / 2, height - rise / 2]]),
    )
    return cv2.warpAffine(picture, matrix, (target, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _relit(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Other contrast, brightness, cast and gamma, through one table a channel."""
    levels = np.arange(256, dtype=np.float64) / 255
    gain, offset, gamma = np.exp(rng.normal(0, 0.2)), rng.normal(0, 0.08), np.exp(rng.normal(0, 0.2))
    casts = 1 + rng.normal(0, 0.06, 3)
    curve = gain * (levels**gamma - 0.5) + 0.5 + offset
    table = np.clip(curve[:, np.newaxis] * casts * 255, 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table[np.newaxis])


def _softened(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Blurred, or scaled down and up again, or noisy."""
    height, width = picture.shape[:2]
    kind = rng.integers(3)
    if kind == 0:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.02, 0.05) * height)
    if kind == 1:
        factor = rng.uniform(0.4, 0.8)
        small = cv2.resize(
            picture, (max(4, round(width * factor)), max(8, round(height * factor))), interpolation=cv2.INTER_AREA
        )
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    noisy = picture.astype(np.float32) + rng.normal(0, rng.uniform(3, 14), picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)
