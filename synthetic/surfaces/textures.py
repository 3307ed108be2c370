"""Drawn surfaces without text: walls, paper, cloth, bricks, boards, blinds, leaves, windows, lights out of focus."""

from collections.abc import Callable

import cv2
import numpy as np


def surface(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """One of the surfaces of this file, by chance; BGR uint8 [height, width, 3]."""
    return _SURFACES[rng.choice(len(_SURFACES), p=_SHARES)](rng, height, width)


def color(rng: np.random.Generator, low: float = 0, high: float = 255, chroma: float = 30) -> np.ndarray:
    """A colour near grey: BGR float32 [3], its brightness between `low` and `high`, its tint up to about `chroma`."""
    return np.clip(rng.uniform(low, high) + rng.normal(0, chroma, 3), 0, 255).astype(np.float32)


def noise(rng: np.random.Generator, height: int, width: int, cells: float, roughness: float = 0.5) -> np.ndarray:
    """Cloudy noise: octaves of resized normal deviates; float32 [height, width], mean 0, deviation 1.

    Args:
        cells: Spots across the longer side in the coarsest octave.
        roughness: Weight of each octave against the coarser one.
    """
    result, weight = np.zeros((height, width), np.float32), 1.0
    longest = max(height, width)
    for _ in range(6):
        shape = (max(2, int(cells * height / longest)), max(2, int(cells * width / longest)))
        grid = rng.standard_normal(shape, np.float32) * np.float32(weight)
        result += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC if weight == 1 else cv2.INTER_LINEAR)
        weight, cells = weight * roughness, cells * 2
        if cells > longest or weight < 0.05:
            break
    mean, deviation = cv2.meanStdDev(result)
    return (result - mean.item()) / max(deviation.item(), 1e-6)


def paper(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Light paper, sometimes yellowed, recycled or creased; BGR uint8 [height, width, 3]."""
    shade = 255 - 55 * rng.random() ** 2 if rng.random() < 0.9 else rng.uniform(140, 215)
    yellow = np.array([rng.uniform(0, 26), rng.uniform(0, 9), 0]) * rng.random()
    base = np.clip(shade - yellow + rng.normal(0, 3, 3), 0, 255)
    strength = rng.choice([0.0, 2.0, 5.0])
    if strength == 0:
        return plain(base, height, width)
    grain = noise(rng, height, width, rng.choice([6, 60, 300]), rng.uniform(0.5, 0.9)) * rng.uniform(0, strength)
    if rng.random() < 0.15:
        grain += _creases(rng, height, width)
    return _lit(base, grain)


def _plain(rng, height, width):
    return plain(color(rng, chroma=rng.choice([3, 45])), height, width)


def _gradient(rng, height, width):
    corners = np.stack([color(rng, chroma=40) for _ in range(4)]).reshape(2, 2, 3)
    if rng.random() < 0.6:  # along one direction only
        corners[:, 1] = corners[:, 0]
        corners = corners if rng.random() < 0.5 else corners.transpose(1, 0, 2)
    # Only the middle of the enlarged 2x2 image is a full gradient.
    large = cv2.resize(corners, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    top, left = height // 2, width // 2
    return large[top : top + height, left : left + width].astype(np.uint8)


def _clouds(rng, height, width):
    pattern = noise(rng, height, width, rng.uniform(2, 30), rng.uniform(0.4, 0.95))
    return _mix(color(rng), color(rng), pattern, rng.uniform(0.2, 0.7))


def _speckle(rng, height, width):
    """Asphalt, plaster, granite."""
    pattern = noise(rng, height, width, max(height, width) / rng.uniform(1.5, 5), 0.6)
    slow = noise(rng, height, width, 3) * rng.uniform(0, 12)
    return _lit(color(rng, 40, 230, 10), pattern * rng.uniform(4, 28) + slow)


def _bricks(rng, height, width):
    tall = int(rng.integers(10, 60))
    broad, joint = int(tall * rng.uniform(1.8, 3.6)), max(1, int(tall * rng.uniform(0.04, 0.16)))
    rows, columns = height // tall + 2, width // broad + 3
    shades = rng.normal(0, rng.uniform(3, 22), (rows, columns)).astype(np.float32)
    index = np.arange(height) // tall
    shift = (index % 2) * (broad // 2) if rng.random() < 0.85 else np.zeros_like(index)
    x = np.arange(width)[None] + shift[:, None]
    image = _lit(color(rng, 60, 220, 25), shades[index[:, None], x // broad] + _grain(rng, height, width))
    lines = (np.arange(height) % tall < joint)[:, None] | (x % broad < joint)
    image[lines] = color(rng, 60, 230, 8).astype(np.uint8)
    return cv2.GaussianBlur(image, (3, 3), 0)


def _boards(rng, height, width):
    """Planks, slats, corrugated iron, blinds: bands with a fine grain along them."""
    broad, turned = int(rng.integers(6, 120)), rng.random() < 0.5
    length, across = (height, width) if turned else (width, height)
    bands = np.repeat(rng.normal(0, rng.uniform(2, 20), across // broad + 1), broad)[:across].astype(np.float32)
    edge = (np.arange(across) % broad) / broad
    if rng.random() < 0.4:
        bands += np.sin(2 * np.pi * edge) * rng.uniform(8, 45)
    else:
        bands[edge < 2 / broad] -= rng.uniform(10, 80)
    stretched = noise(rng, across, max(2, length // 24), across / 4, 0.7) * rng.uniform(1, 9)
    pattern = cv2.resize(stretched, (length, across)) + bands[:, None]
    return _lit(color(rng, 40, 230, 25), pattern.T if turned else pattern)


def _cloth(rng, height, width):
    period = rng.uniform(2.5, 9)
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    weave = np.sin(2 * np.pi * y / period) * np.sin(2 * np.pi * x / period) * rng.uniform(4, 22)
    folds = noise(rng, height, width, rng.uniform(2, 6), 0.3) * rng.uniform(0, 22)
    return _lit(color(rng, 30, 230, 35), weave + folds)


def _stripes(rng, height, width):
    """Bands or checks in two or three colours."""
    shades = np.stack([color(rng, chroma=40) for _ in range(3)]).astype(np.uint8)
    broad = rng.integers(6, 90, 2)
    rows, columns = np.arange(height)[:, None] // broad[0], np.arange(width)[None] // broad[1]
    kind = rng.integers(3)
    if kind == 0:
        index = np.broadcast_to(rows, (height, width))
    elif kind == 1:
        index = np.broadcast_to(columns, (height, width))
    else:
        index = rows + columns
    return shades[index % int(rng.integers(2, 4))]


def _bokeh(rng, height, width):
    """Lights out of focus in front of a dark background."""
    image = _mix(color(rng, 5, 70, 15), color(rng, 20, 110, 25), noise(rng, height, width, 3), 0.5)
    for _ in range(int(rng.integers(10, 45))):
        light, radius = image.copy(), int(rng.integers(3, max(5, min(height, width) // 9)))
        x, y = int(rng.integers(width)), int(rng.integers(height))
        y0, y1, x0, x1 = max(0, y - radius), y + radius + 1, max(0, x - radius), x + radius + 1
        light = np.ascontiguousarray(image[y0:y1, x0:x1])
        cv2.circle(light, (x - x0, y - y0), radius, color(rng, 120, 255, 50).tolist(), -1, cv2.LINE_AA)
        image[y0:y1, x0:x1] = cv2.addWeighted(light, rng.uniform(0.2, 0.7), image[y0:y1, x0:x1], 0.5, 0)
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 5))


def _leaves(rng, height, width):
    """Many small pointed shapes over each other; grass where they are narrow."""
    image = plain(color(rng, 10, 90, 15), height, width)
    size, narrow = rng.uniform(5, 26), rng.uniform(0.1, 0.7)
    base, turn = color(rng, 40, 160, 10) * (0.5, 1.1, 0.7 + rng.uniform(0, 0.6)), rng.uniform(20, 180)
    count = int(min(1500, 1.1 * height * width / size**2))
    places = rng.integers(0, (width, height), (count, 2)).tolist()
    angles, shades = rng.normal(90, turn, count).tolist(), rng.uniform(0.4, 1.5, count).tolist()
    axes = (max(1, int(size)), max(1, int(size * narrow)))
    for place, angle, shade in zip(places, angles, shades, strict=True):
        cv2.ellipse(image, place, axes, angle, 0, 360, np.clip(base * shade, 0, 255).tolist(), -1)
    return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.5))


def _windows(rng, height, width):
    """A front of a building: equal windows in rows, with bars, some dark, some lit."""
    wall = color(rng, 70, 225, 18)
    image = _lit(wall, _grain(rng, height, width))
    tall, broad = int(rng.integers(40, 170)), int(rng.integers(30, 150))
    x_share, y_share, y_start = rng.uniform(0.35, 0.85), rng.uniform(0.4, 0.8), int(rng.integers(-30, 30))
    frame, bars, thick = color(rng, chroma=10).tolist(), rng.integers(1, 4, 2), int(rng.integers(1, 4))
    for y in range(y_start, height, tall):
        for x in range(int(-0.3 * broad), width, broad):
            right, bottom = x + int(broad * x_share), y + int(tall * y_share)
            pane = color(rng, 20, 110, 12) if rng.random() < 0.8 else color(rng, 120, 240, 20)
            cv2.rectangle(image, (x, y), (right, bottom), pane.tolist(), -1)
            for bar in range(1, int(bars[0])):
                middle = x + (right - x) * bar // int(bars[0])
                cv2.line(image, (middle, y), (middle, bottom), frame, thick)
            for bar in range(1, int(bars[1])):
                middle = y + (bottom - y) * bar // int(bars[1])
                cv2.line(image, (x, middle), (right, middle), frame, thick)
            cv2.rectangle(image, (x, y), (right, bottom), frame, thick)
    return image


def _grain(rng, height, width):
    return noise(rng, height, width, max(height, width) / 3, 0.5) * rng.uniform(1, 9)


def _creases(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Folds of a sheet: a few straight edges between lighter and darker parts, float32 [height, width]."""
    y, x = np.arange(height, dtype=np.float32)[:, None] / height, np.arange(width, dtype=np.float32)[None] / width
    result = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05)
        distance = np.cos(angle) * x + np.sin(angle) * y - rng.uniform(0.2, 0.8)
        result += rng.uniform(4, 14) * np.sign(distance) * np.exp(-np.abs(distance) * rng.uniform(6, 30))
    return result


def plain(shade, height: int, width: int) -> np.ndarray:
    """One colour, BGR; uint8 [height, width, 3]."""
    return np.full((height, width, 3), np.clip(shade, 0, 255).astype(np.uint8))


def _lit(base: np.ndarray, relief: np.ndarray) -> np.ndarray:
    """A colour [3] made lighter and darker by a relief [h, w] in grey levels; BGR uint8."""
    levels = np.clip(relief + 128, 0, 255).astype(np.uint8)
    # The relief is quantized to grey levels, so a table a channel does the rest.
    table = np.clip(np.asarray(base)[None] + (np.arange(256)[:, None] - 128), 0, 255).astype(np.uint8)
    return cv2.LUT(cv2.merge([levels] * 3), table.reshape(1, 256, 3))


def _mix(first: np.ndarray, second: np.ndarray, pattern: np.ndarray, strength: float) -> np.ndarray:
    """From one colour to the other as a pattern of deviation 1 says; BGR uint8."""
    levels = np.clip(128 + 255 * strength * 0.4 * pattern, 0, 255).astype(np.uint8)
    share = np.arange(256)[:, None] / 255
    table = np.clip(first * share + second * (1 - share), 0, 255).astype(np.uint8)
    return cv2.LUT(cv2.merge([levels] * 3), table.reshape(1, 256, 3))


_Surface = Callable[[np.random.Generator, int, int], np.ndarray]
_WEIGHTED: dict[_Surface, float] = {
    _plain: 2,
    _gradient: 2,
    paper: 2,
    _clouds: 2,
    _speckle: 1.5,
    _bricks: 1.5,
    _boards: 1.5,
    _cloth: 1,
    _stripes: 0.7,
    _bokeh: 0.7,
    _leaves: 1,
    _windows: 1,
}
_SURFACES: tuple[_Surface, ...] = tuple(_WEIGHTED)
_SHARES = np.array(list(_WEIGHTED.values())) / sum(_WEIGHTED.values())
