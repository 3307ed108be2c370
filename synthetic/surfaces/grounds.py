"""What lies behind a line of text: paper, signs, screens, parts of photographs."""

from functools import lru_cache

import cv2
import numpy as np

from synthetic.letters.ink import sign_color
from synthetic.surfaces import backgrounds, textures

# Lines take parts of this many tiles, each made once: photographs are too slow to open for every line.
_TILES = 240
_TILE_SHAPE = 320, 640


def background(rng: np.random.Generator, height: int, width: int, use: str) -> np.ndarray:
    """A background on which a line can be read; BGR uint8 [height, width, 3].

    Args:
        use: scene, document, receipt, screen or panel.
    """
    if use == "scene":
        return _scene(rng, height, width)
    if use == "screen":
        return _screen(rng, height, width)
    if use == "panel" and rng.random() < 0.75:  # lamps, else liquid crystals
        return textures.plain(np.clip(rng.uniform(0, 50) + rng.normal(0, 8, 3), 0, 80), height, width)
    if use == "panel":
        return textures.plain(rng.uniform(130, 200) + np.float32([-10, 12, 0]) + rng.normal(0, 5, 3), height, width)
    return _sheet(rng, height, width, use)


def tile(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A part of one of the tiles at a random scale, flipped or not; BGR uint8 [height, width, 3]."""
    whole = _tile(int(rng.integers(_TILES)))
    rows, columns = whole.shape[:2]
    scale = min(rows / height, columns / width) * np.exp(rng.uniform(np.log(0.15), 0))
    h, w = max(1, int(height * scale)), max(1, int(width * scale))
    y, x = int(rng.integers(rows - h + 1)), int(rng.integers(columns - w + 1))
    part = whole[y : y + h, x : x + w]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    return cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=_TILES)
def _tile(index: int) -> np.ndarray:
    return backgrounds.crop(np.random.default_rng((7, index)), *_TILE_SHAPE, photograph_share=0.7)


def _gradient(rng: np.random.Generator, height: int, width: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """From one colour to another in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32) * np.cos(angle)
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32) * np.sin(angle)
    ramp = np.clip((x[None, :] + y[:, None]) * rng.uniform(0.5, 2) + 0.5, 0, 1)[..., None]
    return np.clip(first + ramp * (second - first), 0, 255).astype(np.uint8)


def _scene(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    kind = rng.random()
    if kind < 0.34:
        return textures.plain(sign_color(rng), height, width)
    if kind < 0.48:
        color = sign_color(rng)
        return _gradient(rng, height, width, color, color * np.float32(rng.uniform(0.5, 1.2)) + rng.normal(0, 15, 3))
    if kind < 0.56:
        spots = textures.noise(rng, height, width, rng.uniform(2, 40))[..., None] * rng.uniform(3, 14)
        return np.clip(sign_color(rng) + spots, 0, 255).astype(np.uint8)
    return _calmed(tile(rng, height, width), rng.uniform(3, 32))


def _screen(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    kind = rng.random()
    if kind < 0.42:
        return textures.plain(
            rng.uniform(228, 255) + rng.normal(0, 3, 3) if rng.random() < 0.6 else np.full(3, 255), height, width
        )
    if kind < 0.64:
        return textures.plain(rng.uniform(0, 60) + rng.normal(0, 6, 3), height, width)
    if kind < 0.82:
        return textures.plain(sign_color(rng), height, width)
    if kind < 0.9:
        return _gradient(rng, height, width, sign_color(rng), sign_color(rng))
    return _calmed(tile(rng, height, width), rng.uniform(3, 25))


def _sheet(rng: np.random.Generator, height: int, width: int, use: str) -> np.ndarray:
    kind = rng.random()
    if kind < 0.34:
        return textures.plain(
            np.full(3, 255) if rng.random() < 0.5 else rng.uniform(225, 255) + rng.normal(0, 3, 3), height, width
        )
    if kind < 0.78:
        return textures.paper(rng, height, width)
    if kind < 0.88:  # coloured forms, table heads, highlighters, bluish thermal paper
        tint = np.float32([rng.uniform(150, 255), rng.uniform(190, 255), rng.uniform(160, 255)])
        return textures.plain(tint, height, width)
    if kind < 0.95 or use == "receipt":
        light = rng.uniform(120, 240)
        return _gradient(
            rng, height, width, light + rng.normal(0, 6, 3), light * rng.uniform(0.6, 1.05) + rng.normal(0, 6, 3)
        )
    return textures.plain(sign_color(rng), height, width)


def _calmed(picture: np.ndarray, most: float) -> np.ndarray:
    """With a standard deviation of at most `most`, so that letters stand out."""
    mean, deviation = cv2.meanStdDev(picture)
    factor = min(1.0, most / max(float(deviation.max()), 1e-3))
    if factor == 1:
        return picture
    table = np.clip(mean.T + (np.arange(256)[:, None] - mean.T) * factor, 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table[None])
