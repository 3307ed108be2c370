"""Lines of text as a detector cuts them out of pictures, with what they say."""

from dataclasses import dataclass

import cv2
import numpy as np

from training import corpus, degradations
from training.fonts import Font, face, fonts

_USES = ("scene", "document", "receipt", "screen")
_USE_SHARES = np.cumsum((0.4, 0.26, 0.16, 0.18))


@dataclass(frozen=True)
class Line:
    """A picture of one line.

    Attributes:
        image_bgr: uint8 [H, W, 3], H about 14 to 80.
        text: What it says: 1 to 60 characters of the edge charset.
    """

    image_bgr: np.ndarray
    text: str


def render_line(rng: np.random.Generator, split: str = "train") -> Line:
    """Renders a line; equal states of the generator give equal pictures.

    Args:
        rng: Source of randomness.
        split: "train" or "dev", of the fonts.

    Raises:
        TrainingError: This machine has no fonts or no words.
    """
    use = _USES[int(np.searchsorted(_USE_SHARES, rng.random() * _USE_SHARES[-1], side="right"))]
    written, font = _text_and_font(rng, use, split)
    size = float(np.clip(np.exp(rng.normal(3.25, 0.38)), 12, 64))
    mask = _mask(rng, written, font, size)
    margins = rng.normal(0.12, 0.1, 4) * size  # left, top, right, bottom
    image = _paint(rng, _place(rng, mask, margins))
    return Line(_degrade(rng, image, use), written)


def _text_and_font(rng: np.random.Generator, use: str, split: str) -> tuple[str, Font]:
    while True:
        written = corpus.text(rng, use)
        font = fonts(split).pick(rng, written, use)
        if font is not None:
            return written, font


def _mask(rng: np.random.Generator, written: str, font: Font, size: float) -> np.ndarray:
    """The text's coverage [h, w] uint8, cut to its ink."""
    opened = face(font.path, round(size))
    core = opened.getmask(written, "L")
    mask = np.array(core, np.uint8).reshape(core.size[1], core.size[0])
    rows, columns = np.flatnonzero(mask.max(1) > 40), np.flatnonzero(mask.max(0) > 40)
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place(rng: np.random.Generator, mask: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Puts the text into its crop with margins (left, top, right, bottom) in pixels, turned and sheared a little."""
    height, width = mask.shape
    left, top, right, bottom = np.maximum(margins, -0.08 * height)
    crop_height = int(np.clip(round(height + top + bottom), 14, 96))
    crop_width = max(6, round(width + left + right))
    stretch = float(np.exp(rng.normal(0, 0.12)))
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    y = (crop_height - height - top - bottom) / 2 + top
    target = corners + np.float32([left, y]) + rng.normal(0, 0.02 * height, (4, 2)).astype(np.float32)
    target[:, 0] *= stretch
    matrix = cv2.getPerspectiveTransform(corners, target)
    return cv2.warpPerspective(mask, matrix, (max(6, round(crop_width * stretch)), crop_height))


def _paint(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    contrast = rng.uniform(60, 255)
    low = rng.uniform(0, 255 - contrast)
    ground, ink = low + contrast, low
    if rng.random() < 0.35:
        ground, ink = ink, ground
    tint = rng.choice([3, 25])
    colours = np.clip([[ground], [ink]] + rng.normal(0, tint, (2, 3)), 0, 255).astype(np.float32)
    alpha = mask[..., None].astype(np.float32) / 255
    x = np.linspace(-1, 1, mask.shape[1], dtype=np.float32)[None, :, None] * rng.normal(0, 0.1)
    y = np.linspace(-1, 1, mask.shape[0], dtype=np.float32)[:, None, None] * rng.normal(0, 0.1)
    image = (colours[0] + alpha * (colours[1] - colours[0])) * (1 + x + y)
    return np.clip(image, 0, 255).astype(np.uint8)


def _degrade(rng: np.random.Generator, image: np.ndarray, use: str) -> np.ndarray:
    chance = {"scene": 0.5, "document": 0.3, "receipt": 0.35, "screen": 0.12}[use]
    for degrade in (
        degradations.defocus,
        degradations.motion_blur,
        degradations.low_resolution,
        degradations.noise,
        degradations.jpeg,
    ):
        if rng.random() < chance:
            image = degrade(rng, image, rng.random())
    return image
