"""Lays lettering on a background: which colours, and how the letters stand out from what is behind them."""

import cv2
import numpy as np

# Colours of signs, packages and posters, BGR: what is written on what is drawn among all pairs that differ enough.
_SIGN_COLORS = np.float32(
    [
        tuple(bytes.fromhex(color))
        for color in (
            "ffffff ffffff ffffff 141414 141414 141414 f0f5f8 e1e1e1 b4b4b4 787878 3c3c3c 2d2826 2319c8 281ea0 "
            "964614 be6e1e 5a280a 3c821e 285014 1ed2fa 14b4f5 2878f0 8c3c78 aa82e6 3c506e 96bedc d7e6f0 e6c88c "
        ).split()
    ]
)
_LAMPS = np.float32([(20, 20, 255), (40, 60, 255), (60, 255, 40), (0, 170, 255), (255, 220, 60), (250, 250, 250)])
_LEAST_CONTRAST = 38.0  # of luma, between ink and background


def luma(color: np.ndarray) -> float:
    """Brightness of a BGR colour, 0 to 255 (Rec. 601)."""
    blue, green, red = color.tolist()
    return blue * 0.114 + green * 0.587 + red * 0.299


def sign_color(rng: np.random.Generator) -> np.ndarray:
    """A colour of signs, slightly changed; BGR float32 [3]."""
    base = _SIGN_COLORS[rng.integers(len(_SIGN_COLORS))]
    return np.clip(base + rng.normal(0, 12, 3), 0, 255).astype(np.float32)


def contrasting(rng: np.random.Generator, background: np.ndarray, use: str, least: float) -> np.ndarray:
    """A colour for ink on a background; BGR float32 [3].

    Args:
        background: Mean colour of the background, BGR.
        use: Use of the line; papers mostly bear black.
        least: Difference of luma from the background that the ink has at least, as far as the background leaves room.
    """
    level = luma(background)
    plain = {"document": 0.85, "receipt": 0.88, "screen": 0.6}.get(use, 0.0)
    if rng.random() < plain:  # grey, near black or near white, whichever is the farther from the background
        far = rng.random() ** 2 * max(0.0, max(level, 255 - level) - max(least, 70))
        grey = far if level > 127 else 255 - far
        color = np.clip(grey + rng.normal(0, rng.choice([1, 12]), 3), 0, 255).astype(np.float32)
        if abs(luma(color) - level) >= least:
            return color
    for _ in range(6):
        color = sign_color(rng) if rng.random() < 0.88 else rng.uniform(0, 255, 3).astype(np.float32)
        if abs(luma(color) - level) >= least:
            return color
    return np.full(3, 0 if level > 127 else 255, np.float32)


def paint(rng: np.random.Generator, background: np.ndarray, coverage: np.ndarray, em: float, use: str) -> np.ndarray:
    """Draws letters on a background; BGR uint8 [h, w, 3].

    Args:
        background: BGR uint8 [h, w, 3].
        coverage: Ink, uint8 [h, w].
        em: Side of the em square in pixels.
        use: scene, document, receipt, screen or panel.
    """
    mean, deviation = cv2.meanStdDev(background)
    mean, unrest = mean[:, 0], float(deviation.mean())
    color = contrasting(rng, mean, use, _LEAST_CONTRAST + 1.6 * unrest)
    picture = background.astype(np.float32)
    if use == "scene":
        return _round(_decorated(rng, picture, coverage, em, mean, color))
    if use == "screen" and em >= 14 and rng.random() < 0.1:
        picture = _shadow(rng, picture, coverage, em, color)
    if use == "panel":
        color = _LAMPS[rng.integers(len(_LAMPS))] * rng.uniform(0.6, 1) if luma(mean) < 100 else np.full(3, 35.0)
    if use in ("document", "receipt") and rng.random() < 0.5:  # toner and ink are not all of one density
        color = color + (mean - color) * rng.uniform(0, 0.35)
    return _round(_laid(picture, coverage, color.astype(np.float32)))


def _decorated(
    rng: np.random.Generator, picture: np.ndarray, coverage: np.ndarray, em: float, mean: np.ndarray, color: np.ndarray
) -> np.ndarray:
    """Letters of signs and posters: plain, filled, outlined, with shadows, in relief ..."""
    kind = rng.random()
    if kind < 0.44 or em < 14:
        return _laid(picture, coverage, color)
    if kind < 0.56:
        return _laid(picture, coverage, _fill(rng, coverage, em, mean, color))
    if kind < 0.67:
        return _outlined(rng, picture, coverage, em, color)
    if kind < 0.78:
        return _laid(_shadow(rng, picture, coverage, em, color), coverage, color)
    if kind < 0.83:
        return _relief(rng, picture, coverage, em)
    if kind < 0.87:
        halo = cv2.GaussianBlur(coverage, (0, 0), em * rng.uniform(0.08, 0.2))
        return _laid(
            _laid(picture, cv2.convertScaleAbs(halo, alpha=rng.uniform(0.5, 1.2)), color),
            coverage,
            color + (255 - color) * np.float32(0.55),
        )
    if kind < 0.9:
        return _hollow(rng, picture, coverage, em, color)
    if kind < 0.97:
        return _extruded(rng, picture, coverage, em, mean, color)
    return _laid(picture, coverage, _letter_colors(rng, coverage, mean, color))


def _laid(picture: np.ndarray, coverage: np.ndarray, color: np.ndarray) -> np.ndarray:
    """A colour, [3] or [h, w, 3], over a picture, float32."""
    alpha = coverage[..., None] * np.float32(1 / 255)
    return picture + alpha * (color - picture)


def _round(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture, 0, 255).astype(np.uint8)


def _step(rng: np.random.Generator, em: float, least: float, most: float) -> int:
    return max(1, round(em * rng.uniform(least, most)))


def _fill(rng: np.random.Generator, coverage: np.ndarray, em: float, mean: np.ndarray, color: np.ndarray) -> np.ndarray:
    """A gradient or a texture that keeps its distance from the background; [h, w, 3] or broadcastable to it."""
    height, width = coverage.shape
    away = np.sign(luma(color) - luma(mean)) or 1.0
    other = np.clip(color + away * rng.uniform(0, 70) + rng.normal(0, 45, 3), 0, 255).astype(np.float32)
    if abs(luma(other) - luma(mean)) < _LEAST_CONTRAST:
        other = color
    if rng.random() < 0.6:
        along = rng.random() < 0.3
        ramp = np.linspace(0, 1, width if along else height, dtype=np.float32)
        ramp = np.clip((ramp - 0.5) * rng.uniform(1, 4) + 0.5, 0, 1)
        ramp = ramp[None, :, None] if along else ramp[:, None, None]
        return color + ramp * (other - color)
    cells = max(2, round(height / em * rng.uniform(4, 14))), max(2, round(width / em * rng.uniform(4, 14)))
    pattern = cv2.resize(rng.random(cells, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return color + pattern[..., None] * (other - color)


def _shadow(
    rng: np.random.Generator, picture: np.ndarray, coverage: np.ndarray, em: float, color: np.ndarray
) -> np.ndarray:
    """What the letters cast on the background, dark (or light around dark letters)."""
    shift = rng.normal(0, 0.06 * em, 2)
    shift = np.sign(shift) * np.clip(np.abs(shift), 1, 0.12 * em)
    matrix = np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
    cast = cv2.warpAffine(coverage, matrix, coverage.shape[::-1])
    if rng.random() < 0.6:
        cast = cv2.GaussianBlur(cast, (0, 0), em * rng.uniform(0.02, 0.08) + 0.3)
    shade = 0.0 if luma(color) > 110 or rng.random() < 0.3 else rng.uniform(150, 255)
    return _laid(picture, cast, np.full(3, shade, np.float32) + (picture - shade) * np.float32(rng.uniform(0, 0.5)))


def _outlined(
    rng: np.random.Generator, picture: np.ndarray, coverage: np.ndarray, em: float, color: np.ndarray
) -> np.ndarray:
    """A seam of another colour around the letters, from which they stand out."""
    side = 2 * _step(rng, em, 0.02, 0.09) + 1
    grown = cv2.dilate(coverage, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    seam = contrasting(rng, color, "scene", 60)
    result = _laid(picture, grown, seam)
    return _laid(result, coverage, color)


def _hollow(
    rng: np.random.Generator, picture: np.ndarray, coverage: np.ndarray, em: float, color: np.ndarray
) -> np.ndarray:
    """Outlines alone, of letters large enough for it."""
    if em < 26:
        return _laid(picture, coverage, color)
    side = 2 * _step(rng, em, 0.015, 0.035) + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    rim = cv2.dilate(coverage, element) - cv2.erode(coverage, np.ones((2, 2), np.uint8))
    return _laid(picture, rim, color)


def _relief(rng: np.random.Generator, picture: np.ndarray, coverage: np.ndarray, em: float) -> np.ndarray:
    """Raised or engraved: edges lit from one side, the face a little lighter or darker than the background."""
    soft = cv2.GaussianBlur(coverage, (0, 0), max(0.6, em * rng.uniform(0.015, 0.04))).astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * cv2.Sobel(soft, cv2.CV_32F, 1, 0) + np.sin(angle) * cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    face = rng.choice([-1, 1]) * rng.uniform(25, 60)
    light = slope * (rng.uniform(60, 110) / max(float(np.abs(slope).max()), 1)) + coverage * (face / 255)
    return picture + light[..., None].astype(np.float32)


def _extruded(
    rng: np.random.Generator, picture: np.ndarray, coverage: np.ndarray, em: float, mean: np.ndarray, color: np.ndarray
) -> np.ndarray:
    """Letters with depth: a solid body that reaches to one side, at times far, and of the letters' own colour."""
    depth, down = _step(rng, em, 0.05, 0.13 if rng.random() < 0.6 else 0.3), int(rng.choice([-1, 0, 1]))
    right = int(rng.choice([-1, 1]))
    body = coverage.copy()
    for step in range(1, depth + 1):
        matrix = np.float32([[1, 0, right * step], [0, 1, down * step]])
        np.maximum(body, cv2.warpAffine(coverage, matrix, coverage.shape[::-1]), out=body)
    side = (mean + (0 if luma(color) > luma(mean) else 255)) / 2
    if rng.random() < 0.4:  # lit from the front: the sides are the same paint in the shade
        side = color * np.float32(rng.uniform(0.3, 0.7))
    return _laid(_laid(picture, body, side.astype(np.float32)), coverage, color)


def _letter_colors(rng: np.random.Generator, coverage: np.ndarray, mean: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Another colour for every letter that stands apart; [1, w, 3]."""
    empty = ~(coverage > 60).any(0)
    letter = np.cumsum(empty[1:] != empty[:-1]) // 2
    letter = np.concatenate([letter[:1], letter])
    colors = np.stack([color] + [contrasting(rng, mean, "scene", 45) for _ in range(int(rng.integers(1, 5)))])
    order = rng.integers(0, len(colors), int(letter.max()) + 1)
    return colors[order[letter]][None]
