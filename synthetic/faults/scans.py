"""What happens to paper and in scanners, copiers and fax machines; the form is that of degradations."""

import cv2
import numpy as np


def bilevel(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Black and white alone, cut at a threshold from a slightly rough picture, and mostly scaled down afterwards."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    factor = 2.4 if text_height < 15 else rng.choice([1.0, 1.6, 2.2]) if text_height < 40 else 1.0
    size = round(width * factor), round(height * factor)
    fine = cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    low, high = _levels(grey)
    grain = cv2.GaussianBlur(rng.standard_normal(fine.shape, np.float32), (0, 0), 0.8)
    fine += grain * (high - low) * rng.uniform(0.03, 0.08 + 0.27 * strength)
    cut = (low + high) / 2 + (high - low) * rng.uniform(-0.25, 0.25) * (0.3 + 0.7 * strength)
    black = np.where(fine > cut, np.uint8(255), np.uint8(0))
    if rng.random() < 0.5:  # ink and paper of a viewer that shows greys
        black = cv2.GaussianBlur(black, (0, 0), 0.4 * factor)
    grey = cv2.resize(black, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def fax(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Few rows, black and white, some rows lost or smeared."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    rows = max(6, round(height * max(min(1.0, 11 / text_height), rng.uniform(0.5, 1 - 0.3 * strength))))
    coarse = cv2.resize(grey, (width, rows), interpolation=cv2.INTER_AREA)
    low, high = _levels(coarse)
    black = np.where(coarse > (low + high) / 2, np.uint8(255), np.uint8(0))
    lost = np.flatnonzero(rng.random(rows) < 0.06 * strength)
    black[lost] = black[np.maximum(lost - 1, 0)]
    black = cv2.resize(black, (width, height), interpolation=cv2.INTER_NEAREST)
    return cv2.cvtColor(black, cv2.COLOR_GRAY2BGR)


def specks(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Dust: dark and light specks of up to a tenth of the text's height."""
    result = image.copy()
    height, width = image.shape[:2]
    count = rng.poisson(strength * 14 * max(1.0, width * height / (12 * text_height**2)))
    dark = rng.random() < 0.6
    for x, y in zip(rng.integers(0, width, count), rng.integers(0, height, count), strict=True):
        radius = int(rng.integers(0, 1 + max(1, round(0.05 * text_height))))
        shade = rng.uniform(0, 90) if dark != (rng.random() < 0.2) else rng.uniform(190, 255)
        cv2.circle(result, (int(x), int(y)), radius, (shade, shade, shade), -1, cv2.LINE_AA)
    return result


def scratches(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Thin straight marks, a few, lighter or darker than what they cross."""
    result = image.copy()
    height, width = image.shape[:2]
    for _ in range(1 + rng.poisson(2 * strength)):
        ends = rng.uniform(0, 1, (2, 2)) * (width, height)
        if rng.random() < 0.4:  # along the feed of a scanner
            ends[1] = ends[0] * (1, 0) + (0, height) if rng.random() < 0.5 else ends[0] * (0, 1) + (width, 0)
        shade = rng.uniform(0, 255) + rng.normal(0, 6, 3)
        start, stop = (tuple(map(int, end)) for end in ends)
        thickness = 1 if rng.random() < 0.8 else max(1, round(0.05 * text_height))
        layer = cv2.line(result.copy(), start, stop, tuple(map(float, shade)), thickness, cv2.LINE_AA)
        weight = rng.uniform(0.3, 0.9)
        result = cv2.addWeighted(layer, weight, result, 1 - weight, 0)
    return result


def creases(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Folds of paper: light on one side, shade on the other."""
    height, width = image.shape[:2]
    light = np.ones((height, width), np.float32)
    for _ in range(1 + rng.poisson(strength)):
        angle = rng.uniform(0, np.pi)
        x = (np.arange(width, dtype=np.float32) - rng.uniform(0, width)) * np.cos(angle)
        distance = (
            x[None, :] + ((np.arange(height, dtype=np.float32) - rng.uniform(0, height)) * np.sin(angle))[:, None]
        )
        reach = text_height * rng.uniform(0.1, 0.8)
        fold = np.exp(-np.minimum(np.abs(distance) / reach, 9)) * np.sign(distance)
        light += fold * (0.05 + 0.25 * strength) * rng.choice([-1, 1])
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


def stains(rng: np.random.Generator, image: np.ndarray, strength: float, text_height: float) -> np.ndarray:
    """Coffee, water, grease: tinted blots with a darker rim."""
    height, width = image.shape[:2]
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    radius = text_height * rng.uniform(0.6, 4)
    distance = np.hypot(x - rng.uniform(0, width), y - rng.uniform(0, height)) / radius
    inside = np.clip((1 - distance) * radius / 2, 0, 1)
    rim = np.exp(-np.minimum(((distance - 1) * 9) ** 2, 20))
    alpha = np.clip((0.12 + 0.3 * strength) * (0.6 * inside + 0.6 * rim), 0, 0.6)[..., None]
    color = np.float32([60, 110, 160]) + rng.normal(0, 30, 3).astype(np.float32)
    return np.clip(image * (1 - alpha * (1 - color / 255)), 0, 255).astype(np.uint8)


def _levels(grey: np.ndarray) -> tuple[float, float]:
    """The darkest and the lightest that is more than a speck."""
    soft = cv2.blur(grey, (2, 2))
    return float(soft.min()), float(soft.max())
