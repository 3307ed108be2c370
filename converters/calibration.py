"""Images on which ranges of activations and differences between models are measured.

int8 conversion reads the range of every tensor from such images (arXiv 1712.05877, section 3.1), so they should
look like what will be read: scans, receipts, signs and photos with some text in them. The default set is drawn by
the project itself, so nothing has to be downloaded; `load_images` takes a folder of real ones.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from converters.errors import ConversionError
from synthetic.calibration import scenes as synthetic_scenes
from synthetic.calibration import text as synthetic
from tflite_ocr import image
from tflite_ocr.errors import ImageReadError

_log = logging.getLogger(__name__)
_SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


def default_images(count: int = 16, seed: int = 0) -> list[np.ndarray]:
    """Draws scenes with text: documents, receipts, forms, signs, screens and street-like photos.

    Args:
        count: How many; every kind comes in rotation, in several sizes.

    Returns:
        BGR images [h, w, 3], uint8, between 240x320 and 1280x1280 pixels.
    """
    return [synthetic_scenes.draw(index, seed) for index in range(count)]


def rendered_lines(count: int, seed: int = 0) -> list[tuple[np.ndarray, str]]:
    """Draws single lines of text as a detector would cut them out.

    Returns:
        Pairs of a BGR crop [h, w, 3], uint8, 14 to 95 pixels high, and its text.
    """
    return [_drawn(np.random.default_rng((seed, 1, index)), _LINE) for index in range(count)]


def photographed_words(count: int, seed: int = 0) -> list[tuple[np.ndarray, str]]:
    """Draws single words as a poor camera sees them from afar: small, tilted, blurred, on uneven grounds.

    Returns:
        Pairs of a BGR crop [h, w, 3], uint8, 13 to 47 pixels high, and its text.
    """
    return [_drawn(np.random.default_rng((seed, 2, index)), _PHOTOGRAPHED) for index in range(count)]


def load_images(folder: Path) -> list[np.ndarray]:
    """Reads the images of a folder, in the order of their names; unreadable ones are skipped with a warning.

    Args:
        folder: Searched without its sub-folders for BMP, JPEG, PNG, TIFF and WebP files.

    Returns:
        BGR images [h, w, 3], uint8.

    Raises:
        ConversionError: The folder does not exist or has no image that can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ConversionError("calibration", f"{folder}: expected a folder of images, found none; check --calibration")
    images = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES):
        try:
            images.append(image.read(path))
        except ImageReadError as error:
            _log.warning("%s: skipped for calibration: %s", path, error)
    if not images:
        raise ConversionError(
            "calibration",
            f"{folder}: expected at least one readable image ({', '.join(sorted(_SUFFIXES))}), found none; name "
            "another folder with --calibration, or leave it out to use the built-in images",
        )
    return images


@dataclass(frozen=True)
class _Look:
    """How text is drawn: ranges of what is drawn by chance; ends of integers are not in them.

    Attributes:
        words: How many.
        heights: Of the letters in the crop, in pixels.
        contrast: Of paper and ink; 1 is black on white.
        rough: Share of grounds that are not plain.
        tilt: See scenes.tilt.
        shade: The most of a gradient.
        quality: See synthetic.photograph.
        taken_from: Height in pixels at which it is drawn before it is shrunk to its own; 0 for its own.
    """

    words: tuple[int, int]
    heights: tuple[int, int]
    contrast: tuple[float, float]
    rough: float
    tilt: float
    shade: float
    quality: tuple[float, float]
    taken_from: int = 0


_LINE = _Look((1, 6), (12, 64), (0.3, 0.95), 0.4, 0.04, 0.2, (0.3, 1))
_PHOTOGRAPHED = _Look((1, 2), (12, 32), (0.15, 0.7), 1.0, 0.12, 0.5, (0, 0.5), taken_from=48)


def _drawn(rng: np.random.Generator, look: _Look) -> tuple[np.ndarray, str]:
    text = synthetic.phrase(rng, int(rng.integers(*look.words)))
    height = int(rng.integers(*look.heights))
    drawn = look.taken_from or height
    mask = synthetic.text_mask(text, synthetic.style(rng), drawn)
    margin = max(1, round(drawn * rng.uniform(0.05, 0.25)))
    shape = (drawn + 2 * margin, mask.shape[1] + 2 * margin)
    background, ink = synthetic.color_pair(rng, rng.uniform(*look.contrast))
    crop = np.empty((*shape, 3), np.float32)
    crop[:] = background
    if rng.random() < look.rough:
        rough = synthetic.texture(rng, *shape, rng.uniform(0.3, 0.8))
        crop += (rough - rough.mean()) * rng.uniform(0.1, 0.5)
    synthetic.put(crop, mask, margin, margin, ink)
    crop = synthetic_scenes.tilt(rng, crop, look.tilt) * synthetic.gradient(rng, *shape, rng.uniform(0, look.shade))
    if drawn != height:
        crop = cv2.resize(crop, None, fx=height / drawn, fy=height / drawn, interpolation=cv2.INTER_AREA)
    return synthetic.photograph(rng, crop, rng.uniform(*look.quality)), text
