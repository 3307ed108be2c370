"""What printers and time do to the ink of a line, before it lies on its background.

Each function takes a generator, coverage uint8 [h, w] and the em square's side in pixels and returns new coverage.
"""

import cv2
import numpy as np


def dot_matrix(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """Needles: the glyphs in a grid of 11 to 17 dots an em square, each a round dot that may touch its neighbours."""
    pitch = max(1.6, em / rng.uniform(11, 17))
    height, width = coverage.shape
    rows, columns = max(1, round(height / pitch)), max(1, round(width / pitch * rng.uniform(0.9, 1.3)))
    grid = cv2.resize(coverage, (columns, rows), interpolation=cv2.INTER_AREA)
    hit = np.where(grid > rng.uniform(70, 110), np.float32(1), np.float32(0))
    hit *= np.clip(1 + rng.normal(0, 0.15), 0.5, 1) * (rng.random(hit.shape) > 0.01)
    big = cv2.resize(hit, (width, height), interpolation=cv2.INTER_NEAREST)
    x = (np.arange(width) + 0.5) * columns / width % 1 - 0.5
    y = (np.arange(height) + 0.5) * rows / height % 1 - 0.5
    distance = np.hypot(x[None, :], y[:, None]) * pitch
    radius = pitch * rng.uniform(0.42, 0.62)
    dots = np.clip(radius - distance + 0.5, 0, 1)
    return (big * dots * 255).astype(np.uint8)


def thermal(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """A thermal printer: a bit blocky, weak rows or columns, faded in blotches."""
    height, width = coverage.shape
    pitch = max(1.0, em / rng.uniform(18, 30))
    size = max(1, round(width / pitch)), max(1, round(height / pitch))
    coarse = cv2.resize(coverage, size, interpolation=cv2.INTER_AREA)
    coarse = np.clip((coarse.astype(np.float32) - 70) * 2.2, 0, 255)
    weak = 1 - np.abs(rng.normal(0, rng.uniform(0, 0.35), (size[1], 1) if rng.random() < 0.5 else (1, size[0])))
    strength = np.clip(weak * _blotches(rng, coarse.shape, 2, rng.uniform(0, 0.4)), 0.25, 1)
    return cv2.resize(coarse * strength, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def worn(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """Rubbed off or badly inked: holes of several sizes."""
    cells = rng.uniform(0.08, 0.3) * em
    grain = _grain(rng, coverage.shape, cells)
    level = rng.uniform(-1.6, -0.7)
    keep = np.clip((grain - level) * rng.uniform(1.5, 5), rng.uniform(0, 0.4), 1)
    return (coverage * keep).astype(np.uint8)


def bleed(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """Ink that ran, or a copy of a copy: rough edges, thinner or thicker strokes."""
    soft = cv2.GaussianBlur(coverage, (0, 0), 0.03 * em + 0.4).astype(np.float32)
    rough = soft + _grain(rng, coverage.shape, max(1.0, 0.05 * em)) * rng.uniform(10, 45)
    cut = rng.uniform(80, 150)
    return np.clip((rough - cut) * rng.uniform(3, 8) + 128, 0, 255).astype(np.uint8)


def stencil(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """Bridges through every glyph, as letters cut from sheet metal need them."""
    result = coverage.copy()
    _, _, boxes, _ = cv2.connectedComponentsWithStats((coverage > 100).astype(np.uint8))
    gap = max(1, round(rng.uniform(0.05, 0.09) * em))
    for x, y, width, height, area in boxes[1:]:
        if width > 0.3 * em and area < 0.9 * width * height:
            middle = x + (width - gap) // 2
            result[y : y + height, middle : middle + gap] = 0
    return result


def striped(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """Thin bars cut out of the letters, as in logos."""
    period = max(3.0, em * rng.uniform(0.08, 0.25))
    gap = rng.uniform(0.15, 0.35)
    rows = (np.arange(coverage.shape[0]) / period + rng.random()) % 1 > gap
    return coverage * rows[:, None].astype(np.uint8)


def shaken(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """Strokes that waver as those of a hand."""
    height, width = coverage.shape
    reach = rng.uniform(0.01, 0.035) * em
    shape = max(2, round(height / em * 3)), max(2, round(width / em * 3))
    shift = rng.normal(0, reach, (*shape, 2)).astype(np.float32)
    shift = cv2.resize(shift, (width, height), interpolation=cv2.INTER_CUBIC)
    shift[..., 0] += np.arange(width, dtype=np.float32)[None, :]
    shift[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(coverage, shift, None, cv2.INTER_LINEAR)


def lit(rng: np.random.Generator, coverage: np.ndarray, em: float) -> np.ndarray:
    """A lamp or display: sharp in the middle, with light spilling around."""
    glow = cv2.GaussianBlur(coverage, (0, 0), em * rng.uniform(0.05, 0.14))
    return cv2.addWeighted(coverage, 1.0, glow, rng.uniform(0.4, 0.9), 0)


_LEAST_LEFT = 0.5  # of the ink

# How often the ink of a line is treated, and how, by the line's use; what is left stays as it is.
BY_USE = {
    "scene": ((worn, 0.05), (bleed, 0.05), (stencil, 0.02), (striped, 0.015), (shaken, 0.06), (lit, 0.03)),
    "document": ((bleed, 0.22), (worn, 0.06), (dot_matrix, 0.04), (shaken, 0.02)),
    "receipt": ((thermal, 0.45), (dot_matrix, 0.17), (bleed, 0.12), (worn, 0.04)),
    "screen": ((lit, 0.03),),
    "panel": ((lit, 0.7),),
}


def treat(rng: np.random.Generator, coverage: np.ndarray, em: float, use: str) -> np.ndarray:
    """One of the treatments of a use, or none; none too where thin letters would not survive it."""
    draw = rng.random()
    for change, chance in BY_USE[use]:
        draw -= chance
        if draw < 0:
            worn = change(rng, coverage, em)
            return worn if cv2.mean(worn)[0] > _LEAST_LEFT * cv2.mean(coverage)[0] else coverage
    return coverage


def _grain(rng: np.random.Generator, shape: tuple[int, int], cells: float) -> np.ndarray:
    """Noise [h, w] float32 with a deviation of about 1, whose grains are about `cells` pixels wide."""
    small = max(2, round(shape[0] / cells)), max(2, round(shape[1] / cells))
    grain = rng.standard_normal(small, np.float32)
    return cv2.resize(grain, shape[::-1], interpolation=cv2.INTER_CUBIC)


def _blotches(rng: np.random.Generator, shape: tuple[int, int], rows: int, depth: float) -> np.ndarray:
    """Factors [h, w] around 1 - depth that change slowly along the line."""
    grain = rng.uniform(-1, 1, (rows, max(2, shape[1] // 20))).astype(np.float32)
    return 1 - depth + depth * cv2.resize(grain, shape[::-1], interpolation=cv2.INTER_LINEAR)
