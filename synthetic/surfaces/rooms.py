"""Views into streets and halls without text: walls, floor and ceiling in perspective, openings, lamps, people."""

import cv2
import numpy as np

from synthetic.faults import warps
from synthetic.surfaces import backgrounds, textures

_DRAWN = 0.5  # of the size at which the view is asked for; such pictures are never sharp


def room(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A street or a hall that leads to a vanishing point; BGR uint8 [height, width, 3]."""
    h, w = max(32, int(height * _DRAWN)), max(32, int(width * _DRAWN))
    centre = np.array([w * rng.uniform(0.1, 0.9), h * rng.uniform(0.3, 0.6)])
    outer = np.float32([[-0.2 * w, -0.2 * h], [1.2 * w, -0.2 * h], [1.2 * w, 1.2 * h], [-0.2 * w, 1.2 * h]])
    inner = (centre + (outer - centre) * rng.uniform(0.12, 0.5)).astype(np.float32)
    image = _surface(rng, h, w)
    walls = ((0, 3), (2, 1))  # left, right: outer edge, from the top at the left wall
    _lay(image, _floor(rng), np.stack([inner[3], inner[2], outer[2], outer[3]]))
    _lay(image, _ceiling(rng), np.stack([outer[0], outer[1], inner[1], inner[0]]))
    for first, second in walls:
        corners = [outer[first], inner[first], inner[second], outer[second]]
        _lay(image, _wall(rng), np.stack(corners) if first == 0 else np.stack([inner[1], outer[1], outer[2], inner[2]]))
    low, high = inner.min(axis=0), inner.max(axis=0)
    _lay(image, _wall(rng), np.float32([low, [high[0], low[1]], high, [low[0], high[1]]]))
    for _ in range(int(rng.integers(0, 5))):
        _person(rng, image, centre[1])
    dim = np.clip(np.arange(256) * rng.uniform(0.55, 1.1), 0, 255).astype(np.uint8)
    return cv2.resize(cv2.LUT(image, dim), (width, height), interpolation=cv2.INTER_LINEAR)


def _surface(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    return backgrounds.crop(rng, height, width, 0.6)


def _wall(rng: np.random.Generator) -> np.ndarray:
    """A wall with doors, shop windows and columns, seen from the front."""
    image = _surface(rng, 160, 320) if rng.random() < 0.7 else textures.paper(rng, 160, 320)
    x = int(rng.integers(0, 60))
    while x < 300 and rng.random() < 0.85:
        wide, top = int(rng.integers(20, 110)), int(rng.integers(10, 80))
        right = min(319, x + wide)
        if right - x > 8:
            lit = rng.random() < 0.6
            inside = _surface(rng, 160 - top, right - x)
            image[top:, x:right] = cv2.convertScaleAbs(inside, alpha=1.0 if lit else 0.3, beta=60 if lit else 0)
            cv2.rectangle(image, (x, top), (right, 170), textures.color(rng).tolist(), int(rng.integers(1, 4)))
        x = right + int(rng.integers(4, 60))
    return image


def _floor(rng: np.random.Generator) -> np.ndarray:
    image = textures.surface(rng, 160, 160) if rng.random() < 0.5 else _speckled(rng)
    step, joint = int(rng.integers(16, 60)), textures.color(rng, chroma=6).tolist()
    for place in range(0, 160, step):
        cv2.line(image, (place, 0), (place, 160), joint, 1)
        cv2.line(image, (0, place), (160, place), joint, 1)
    return image


def _ceiling(rng: np.random.Generator) -> np.ndarray:
    image = _speckled(rng) if rng.random() < 0.7 else textures.surface(rng, 160, 160)
    for _ in range(int(rng.integers(0, 14))):
        x, y = int(rng.integers(160)), int(rng.integers(160))
        cv2.ellipse(image, (x, y), (int(rng.integers(2, 8)), int(rng.integers(2, 14))), 0, 0, 360, (250, 252, 255), -1)
    return cv2.GaussianBlur(image, (0, 0), 1.2)


def _speckled(rng: np.random.Generator) -> np.ndarray:
    shade = textures.color(rng, 40, 235, 8)
    relief = textures.noise(rng, 160, 160, 5, 0.7) * rng.uniform(1, 10)
    return np.clip(shade + relief[..., None], 0, 255).astype(np.uint8)


def _lay(image: np.ndarray, patch: np.ndarray, corners: np.ndarray) -> None:
    matrix = warps.onto(*patch.shape[:2], corners)
    size = image.shape[1::-1]
    cover = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, np.round(corners).astype(np.int32), 255)
    moved = cv2.warpPerspective(patch, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    cv2.copyTo(moved, cover, image)


def _person(rng: np.random.Generator, image: np.ndarray, horizon: float) -> None:
    """A dim figure that stands on the floor: head, body, legs."""
    height, width = image.shape[:2]
    feet = rng.uniform(horizon + 0.1 * height, 1.1 * height)
    tall = max(8.0, (feet - horizon) * rng.uniform(0.9, 1.3))
    x, unit = float(rng.uniform(0, width)), tall / 8
    coat, legs = textures.color(rng, 10, 170, 30).tolist(), textures.color(rng, 5, 90, 15).tolist()
    skin = (rng.uniform(0.4, 1) * np.array([130, 165, 210])).tolist()
    for shade, middle, reach in (
        (legs, feet - 2 * unit, (0.7, 2.1)),
        (coat, feet - 5 * unit, (1.0, 1.8)),
        (skin, feet - 7.3 * unit, (0.45, 0.6)),
    ):
        axes = max(1, round(reach[0] * unit)), max(1, round(reach[1] * unit))
        cv2.ellipse(image, (round(x), round(middle)), axes, 0, 0, 360, shade, -1, cv2.LINE_AA)
